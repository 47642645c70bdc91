"""The exchange as docker-compose.yml describes it, without Docker: the same processes on this machine's loopback.

Every service runs the compose file's own command, in the compose file's own environment; what differs is where things
are: addresses, ports and folders. `Loopback` is the door to it; `python -m deploy.loopback` opens it by hand.
"""

from deploy.loopback.exchange import Loopback
from deploy.loopback.places import CannotRun

__all__ = ["CannotRun", "Loopback"]
