"""`manage.py doctor`: what is in order and what is not, one line each."""
