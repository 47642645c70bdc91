"""`make stress`: many workers deal in everything at once, and afterwards every law of money must hold."""
