"""Celery's transport to Redis, which treats a Redis without memory as one that is away: workers wait, and reconnect."""

from __future__ import annotations

from kombu.transport.redis import Transport
from redis.exceptions import OutOfMemoryError


class PatientTransport(Transport):
    """A Redis transport on which an error for want of memory ends no worker."""

    connection_errors = (*Transport.connection_errors, OutOfMemoryError)
    channel_errors = tuple(error for error in Transport.channel_errors if error is not OutOfMemoryError)
