"""Tools for putting the exchange on the internet: docs/deploy.md."""
