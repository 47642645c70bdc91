"""What those who run the exchange see of it: log lines, metrics, signs of life, reports of errors."""
