"""The seven markets: price curve, redistribution cycle, price history, live stream."""
