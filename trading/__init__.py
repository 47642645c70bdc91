"""Wallets, holdings and the unified transactions table: buying, selling, portfolio."""
