"""Shared parts of the streams' benchmarks: a lean client, and the servers that it connects to."""
