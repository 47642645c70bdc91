"""The database engine `config.postgres`: Django looks for it under this name."""

from __future__ import annotations

import select

import psycopg
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Differs from Django's in how it finds out that a kept connection is dead."""

    def is_usable(self) -> bool:
        """Whether the server still holds the connection. Asked once a request, so without asking the server.

        A server that ends, or ends the session, closes the socket, and that can be read from it. Between two requests
        nothing else is to be read. A network that forgets connections without a word is found by the next statement.
        """
        return self._is_silent() or super().is_usable()

    def _is_silent(self) -> bool:
        if self.connection is None:
            return False
        try:
            socket = self.connection.fileno()
        except psycopg.Error:  # closed on our side
            return False
        readable = select.poll()
        readable.register(socket, select.POLLIN)
        return not readable.poll(0)
