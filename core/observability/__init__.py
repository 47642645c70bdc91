"""Observability for operators: log lines, metrics, signs of life, reports of errors."""
