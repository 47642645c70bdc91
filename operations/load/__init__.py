"""The load test (`manage.py load`): a bounded load against an exchange of one's own, as its players make it."""
