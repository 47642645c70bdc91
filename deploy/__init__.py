"""How the exchange is put on the internet: docs/deploy.md."""
