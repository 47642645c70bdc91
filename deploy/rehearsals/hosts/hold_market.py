"""What a host that is cut off in the middle of a trade leaves behind: the ocean's market, locked, and nothing said.

`python -m deploy.rehearsals.hosts.hold_market PLAYER_ID`
"""

from __future__ import annotations

import os
import signal
import sys

import django


def main(player_id: int) -> None:
    """Print `locked`, then wait to be ended."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from attention.biomes import Biome
    from core.database.transactions import impatient_transaction
    from trading.locks import locked_for_buy

    with impatient_transaction():
        locked_for_buy(player_id=player_id, biome=Biome.OCEAN)
        sys.stdout.write("locked\n")
        sys.stdout.flush()
        signal.pause()


if __name__ == "__main__":
    main(int(sys.argv[1]))
