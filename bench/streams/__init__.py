"""What the benchmarks of the streams share: a lean client, and the servers that it connects to."""
