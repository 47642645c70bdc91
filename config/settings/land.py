"""Settings of the world, of listings and of auctions."""

from config.settings.environment import env

# The world that `manage.py seed_world` makes: so many rows and columns, always the same from its seed.
WORLD_SEED = env.int("WORLD_SEED", default=7)
WORLD_SIDE_PARCELS = env.int("WORLD_SIDE_PARCELS", default=64)
# A parcel bought on a page for as large a part of what the player can spend needs the player's word that it is meant.
LARGE_PURCHASE_BPS = env.int("LARGE_PURCHASE_BPS", default=2500)
# How long it is kept, by the hour, which parcels brought attention.
LAND_ATTENTION_KEPT_SECS = env.int("LAND_ATTENTION_KEPT_SECS", default=30 * 24 * 3600)
# How many changes of its owner a parcel's page shows.
LAND_HISTORY_ROWS = env.int("LAND_HISTORY_ROWS", default=50)
# What a player may own, with the auctions led, and offer at the same time.
LAND_PARCELS_MAX = env.int("LAND_PARCELS_MAX", default=100)
LISTINGS_MAX = env.int("LISTINGS_MAX", default=50)
# How long a listing may last.
LISTING_SECS_MIN = env.int("LISTING_SECS_MIN", default=60)
LISTING_SECS_MAX = env.int("LISTING_SECS_MAX", default=30 * 24 * 3600)
# A bid later than this before the end moves the end to this after the bid, but never beyond the cap in all.
AUCTION_EXTENSION_SECS = env.int("AUCTION_EXTENSION_SECS", default=300)
AUCTION_EXTENDED_SECS_MAX = env.int("AUCTION_EXTENDED_SECS_MAX", default=3600)
# How often ended listings are looked for, and how many are settled in one go at most.
SETTLE_SECS = env.float("SETTLE_SECS", default=0.5)
SETTLE_AT_MOST = env.int("SETTLE_AT_MOST", default=100)
# Whom so many accounts that are no older gave money or land on a day is in the day's summary.
STAR_GIVERS_MIN = env.int("STAR_GIVERS_MIN", default=5)
STAR_YOUNG_DAYS = env.int("STAR_YOUNG_DAYS", default=7)
# A sale so many times above or below comparable prices is flagged; below the base price, it pays the fee of that.
LAND_PRICE_FAR_FACTOR = env.float("LAND_PRICE_FAR_FACTOR", default=5)
