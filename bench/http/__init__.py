"""What the HTTP benchmarks share: a lean client, the two servers, and players with tokens."""
