"""The wiring of the site: settings, addresses, servers, errors. No models."""
