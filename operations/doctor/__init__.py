"""The checks of `manage.py doctor`, with a line of result each."""
