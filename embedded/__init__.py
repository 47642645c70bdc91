"""The embedded PostgreSQL and Redis: real servers of the project's own, on loopback, with their files in `.local/`.

Only what DATABASE_URL and REDIS_URL do not name is started. A keeper process (`embedded.keeper`) holds each
server, and each user process holds a lease, which is a shared file lock: when the last lease is gone, even by SIGKILL,
the keeper stops its server. So commands that run beside each other share the servers, and nobody stops them under
another's feet.

`embedded.services` is the door to it, for `manage.py`, `embedded.run` and the tests, before Django reads its
settings: nothing here imports Django.
"""
