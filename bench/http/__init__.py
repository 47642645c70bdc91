"""Shared parts of the HTTP benchmarks: a lean client, the two servers, and players with tokens."""
