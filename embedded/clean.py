"""The command of `make clean`, which removes the embedded services with all of their data.

Needs no installed package.
"""

from __future__ import annotations

import shutil
import sys

from embedded.places import OPEN_DIR, STATE_DIR, Folder, ServiceUnavailable, home_of


def main() -> None:
    """Remove the state directory, and root's folder elsewhere for it. Exits with one line if a service runs."""
    if not STATE_DIR.exists():
        return
    try:
        home = home_of(STATE_DIR)
    except ServiceUnavailable as error:
        sys.exit(str(error))
    for lock in home.glob("*/keeper.lock"):
        if Folder(home=home, name=lock.parent.name).is_kept:
            sys.exit(f"The embedded {lock.parent.name} is in use: stop the exchange first.")
    if home.parent == OPEN_DIR:
        shutil.rmtree(home)
    shutil.rmtree(STATE_DIR)


if __name__ == "__main__":
    main()
