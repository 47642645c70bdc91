"""The command of the stress test: `python -m bench.stress [--workers N] [--secs N] [--seed N]`; exit 1 after any
failure.
"""

from __future__ import annotations

import argparse
import os
import sys

from bench.world import benchmark_world

# A small world of short listings, in which everyone meets everyone and every limit is reached.
_CROWDED = {
    "WORLD_SIDE_PARCELS": "16",
    "LAND_PARCELS_MAX": "12",
    "LISTINGS_MAX": "6",
    "LISTING_SECS_MIN": "1",
    "AUCTION_EXTENSION_SECS": "1",
    "AUCTION_EXTENDED_SECS_MAX": "3",
    "STARTING_GRANT_BDT": "1000",
}


def main() -> None:
    """Run the stress test for a while, print its outcomes and every invariant, and exit."""
    parser = argparse.ArgumentParser(
        prog="bench.stress", description="Deal in everything at once, then check the invariants."
    )
    parser.add_argument("--workers", type=int, default=20, help="processes that deal (default 20)")
    parser.add_argument("--secs", type=float, default=60, help="for how long (default 60)")
    parser.add_argument("--seed", type=int, default=1, help="of what the workers choose (default 1)")
    arguments = parser.parse_args()
    os.environ |= _CROWDED
    with benchmark_world():
        # Imported only now: it imports models, and the world has just named their database.
        from bench.stress.run import run

        is_well = run(workers=arguments.workers, secs=arguments.secs, seed=arguments.seed)
    sys.exit(0 if is_well else 1)


if __name__ == "__main__":
    main()
