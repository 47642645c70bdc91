"""Three hosts, cut off in turn while players trade and listen: nothing is lost or doubled. Needs root and iproute2.

Each has web, streams, redistribution and beat; the database and Redis have a host of their own. The hosts are network
namespaces of this machine (`namespaces.py`), whose links are cut while players trade (`traders.py`) and listen
(`listeners.py`). What is shown is in `story.py`: one line each, and exit code 1 as soon as one of them does not hold.
"""

from deploy.rehearsals.hosts.story import main

__all__ = ["main"]
