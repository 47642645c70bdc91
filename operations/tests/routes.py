"""Every address of the site, with the expected answers: the expectations of `test_walk_routes`."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver


def all_routes() -> Iterator[str]:
    """Yield every route of the URL configuration, as it is written there."""
    return _routes(get_resolver().url_patterns, "")


def _routes(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        else:
            yield route


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
_OPERATION = "00000000-0000-4000-8000-000000000006"
_ORDER = {
    "side": "buy",
    "by": "spend",
    "spend": "1",
    "tolerance": "5",
    "operation": _OPERATION,
    "seen_cash_micro": "100000000000000",
}
_SALE = {"kind": "auction", "price": "1", "title": "Mine now", "lasts_secs": 86400}

#: What is sent: forms that are filled in well, but for whose things they are about. Of a GET, what stands behind `?`.
#: `$land_id` is the other player's parcel.
SENT: dict[tuple[str, str], object] = {
    ("api/v1/biome-market/candles/<str:biome>", "GET"): "interval=1m",
    ("api/v1/biome-market/track-attention", "POST"): {"biome": "ocean", "points": 1},
    ("api/v1/biome-market/quote", "POST"): {"biome": "ocean", "side": "sell", "shares": "1"},
    ("api/v1/biome-market/buy", "POST"): {"biome": "ocean", "spend": "1"},
    ("api/v1/biome-market/sell", "POST"): {"biome": "ocean", "shares": "1"},
    ("api/v1/wallet/topup", "POST"): {"player": "other", "amount": "1", "reason": "because"},
    ("api/v1/wallet/withdraw", "POST"): {"player": "other", "amount": "1", "reason": "because"},
    ("api/v1/wallet/transfer", "GET"): "to=other",
    ("api/v1/wallet/transfer", "POST"): {"to": "player", "amount": "1"},
    ("api/v1/marketplace/lands/<int:land_id>/buy", "POST"): {"most": "1"},
    ("api/v1/marketplace/listings/<int:listing_id>/buy", "POST"): {"most": "1"},
    ("api/v1/marketplace/lands/<int:land_id>/give", "POST"): {"to": "player"},
    ("api/v1/marketplace/lands/<int:land_id>/look", "POST"): {"points": 1},
    ("api/v1/marketplace/transactions/audit-trail", "GET"): "player=other",
    ("api/v1/marketplace/listings", "POST"): {"land": "$land_id", **_SALE},
    ("api/v1/marketplace/listings/<int:listing_id>", "PATCH"): {"price": "1"},
    ("api/v1/marketplace/listings/<int:listing_id>/bids", "POST"): {"max": "900"},
    ("api/v1/auth/register", "POST"): {"username": "other", "email": "Other@example.org", "password": "a long new one"},
    ("api/v1/auth/token", "POST"): {"username": "other", "password": "guessed"},
    ("api/v1/auth/token/refresh", "POST"): {"refresh": "forged"},
    ("api/v1/auth/logout", "POST"): {"refresh": "forged"},
    ("api/v1/auth/session", "POST"): {"username": "player", "password": "guessed"},
    ("api/v1/auth/me", "PATCH"): {"email": "Other@example.org"},
    ("api/v1/auth/password", "POST"): {"current_password": "guessed", "new_password": "a long new one"},
    ("biome-market/<biome>/trade/", "POST"): _ORDER,
    ("transactions/", "GET"): "player=other",
    ("transactions/export/", "GET"): "player=other",
    ("portfolio/", "GET"): "player=other",
    ("transfer/", "POST"): {"to": "player", "amount": "1", "operation": _OPERATION, "confirmed": "1"},
    ("marketplace/<int:listing_id>/bid/", "POST"): {"max": "900", "operation": _OPERATION},
    ("marketplace/<int:listing_id>/buy/", "POST"): {"most": "900", "operation": _OPERATION},
    ("marketplace/<int:listing_id>/price/", "POST"): {"price": "1"},
    ("land/<int:land_id>/list/", "POST"): {**_SALE, "operation": _OPERATION},
    ("land/<int:land_id>/buy/", "POST"): {"most_micro": "900000000", "operation": _OPERATION},
    ("land/<int:land_id>/give/", "POST"): {"to": "player", "operation": _OPERATION, "confirmed": "1"},
    ("register/", "POST"): {"username": "other", "email": "Other@example.org", "password": "a long new one"},
    ("sign-in/", "POST"): {"username": "stranger", "password": "guessed"},
    ("account/profile/", "POST"): {"display_name": "Other", "email": "Other@example.org"},
    ("account/preferences/", "POST"): {"theme": "dark", "motion": "full", "default_tolerance_bps": "1"},
    ("account/keys/", "POST"): {"name": "mine", "scopes": "trade", "current_password": "guessed"},
    ("api/v1/auth/keys", "POST"): {"name": "mine", "scopes": ["trade"], "current_password": "guessed"},
    ("account/password/", "POST"): {"current_password": "guessed", "new_password": "a long new one"},
    ("account/theme/", "POST"): {"theme": "dark"},
    ("api/v1/auth/password/reset", "POST"): {"email": "somebody@example.org"},
    ("api/v1/auth/password/reset/confirm", "POST"): {
        "uid": "$uidb64",
        "token": "forged",
        "new_password": "a long new one",
    },
    ("password-reset/", "POST"): {"email": "somebody@example.org"},
}

#: Of the administration what guests get, too.
OPEN_ADMINISTRATION = {"admin/login/", "admin/logout/", "admin/jsi18n/"}

#: What a guest, the stranger and an administrator are answered, by every method that an address takes; with `SENT`.
#: No cycle has run here, so there is none to read, and the exchange is not ready.
EXPECTED: dict[str, dict[str, tuple[int, int, int]]] = {
    "api/v1/biome-market/markets": {"GET": (200, 200, 200)},
    "api/v1/biome-market/markets/<str:biome>": {"GET": (200, 200, 200)},
    "api/v1/biome-market/price-changes": {"GET": (200, 200, 200)},
    "api/v1/biome-market/price-changes/coming": {"GET": (200, 200, 200)},
    "api/v1/biome-market/price-history/<str:biome>": {"GET": (200, 200, 200)},
    "api/v1/biome-market/candles/<str:biome>": {"GET": (200, 200, 200)},
    "api/v1/biome-market/rules": {"GET": (200, 200, 200)},
    "api/v1/biome-market/cycles": {"GET": (200, 200, 200)},
    "api/v1/time": {"GET": (200, 200, 200)},
    "api/v1/biome-market/cycles/<int:number>": {"GET": (404, 404, 404)},
    "api/v1/biome-market/track-attention": {"GET": (401, 200, 200), "POST": (401, 200, 200)},
    "api/v1/biome-market/quote": {"POST": (401, 200, 200)},
    "api/v1/biome-market/buy": {"POST": (401, 409, 409)},
    "api/v1/biome-market/sell": {"POST": (401, 409, 409)},
    "api/v1/biome-market/portfolio": {"GET": (401, 200, 200)},
    "api/v1/biome-market/transactions": {"GET": (401, 200, 200)},
    "api/v1/biome-market/leaderboard": {"GET": (200, 200, 200)},
    "api/v1/wallet": {"GET": (401, 200, 200)},
    "api/v1/wallet/topup": {"POST": (401, 403, 201)},
    "api/v1/wallet/withdraw": {"POST": (401, 403, 201)},
    "api/v1/wallet/transfer": {"GET": (401, 200, 200), "POST": (401, 409, 409)},
    "api/v1/wallet/holds": {"GET": (401, 200, 200)},
    "api/v1/transactions": {"GET": (401, 200, 200)},
    # The administrator asked for none of the other's.
    "api/v1/transactions/<int:number>": {"GET": (401, 404, 404)},
    "api/v1/biome-market/operations/<str:key>": {"GET": (401, 200, 200)},
    "api/v1/marketplace/bids": {"GET": (401, 200, 200)},
    "api/v1/marketplace/world": {"GET": (200, 200, 200)},
    "api/v1/marketplace/map/terrain/<int:seed>/<int:side>": {"GET": (200, 200, 200)},
    "api/v1/marketplace/map/marks": {"GET": (200, 200, 200)},
    "api/v1/marketplace/map/layers/price": {"GET": (200, 200, 200)},
    "api/v1/marketplace/map/layers/attention": {"GET": (200, 200, 200)},
    "api/v1/marketplace/map/parcels/<int:x>/<int:y>": {"GET": (200, 200, 200)},
    "api/v1/marketplace/lands": {"GET": (200, 200, 200)},
    "api/v1/marketplace/lands/<int:land_id>": {"GET": (200, 200, 200)},
    "api/v1/marketplace/lands/<int:land_id>/buy": {"POST": (401, 409, 409)},
    "api/v1/marketplace/lands/<int:land_id>/give": {"POST": (401, 403, 403)},
    "api/v1/marketplace/transactions/audit-trail": {"GET": (401, 403, 200)},
    "api/v1/marketplace/lands/<int:land_id>/look": {"POST": (401, 200, 200)},
    "api/v1/marketplace/impact/<str:biome>": {"GET": (200, 200, 200)},
    "api/v1/marketplace/listings": {"GET": (200, 200, 200), "POST": (401, 403, 403)},
    "api/v1/marketplace/listings/<int:listing_id>": {
        "GET": (200, 200, 200),
        "PATCH": (401, 403, 403),
        "DELETE": (401, 403, 403),
    },
    "api/v1/marketplace/listings/<int:listing_id>/bids": {"GET": (200, 200, 200), "POST": (401, 409, 409)},
    "api/v1/marketplace/listings/<int:listing_id>/buy": {"POST": (401, 409, 409)},
    "api/v1/auth/register": {"POST": (400, 400, 400)},
    "api/v1/auth/token": {"POST": (401, 401, 401)},
    "api/v1/auth/token/refresh": {"POST": (401, 401, 401)},
    "api/v1/auth/logout": {"POST": (401, 401, 401)},
    "api/v1/auth/session": {"POST": (401, 401, 401), "DELETE": (204, 204, 204)},
    "api/v1/auth/me": {"GET": (401, 200, 200), "PATCH": (401, 400, 400)},
    "api/v1/auth/password": {"POST": (401, 400, 400)},
    "api/schema/": {"GET": (200, 200, 200)},
    "api/docs/": {"GET": (200, 200, 200)},
    "api/redoc/": {"GET": (200, 200, 200)},
    "api/asyncapi/": {"GET": (200, 200, 200)},
    "": {"GET": (200, 200, 200)},
    "biome-market/": {"GET": (200, 200, 200)},
    "intro/": {"POST": (400, 400, 400)},
    "biome-market/<biome>/": {"GET": (200, 200, 200)},
    "biome-market/<biome>/quote/": {"GET": (200, 200, 200)},
    "biome-market/<biome>/trade/": {"GET": (302, 302, 302), "POST": (302, 409, 409)},
    "biome-market/<biome>/why/": {"GET": (200, 200, 200)},
    "biome-market/<biome>/trades/": {"GET": (200, 200, 200)},
    "transactions/": {"GET": (302, 403, 200)},
    "transactions/export/": {"GET": (302, 403, 200)},
    "transactions/<int:number>/": {"GET": (302, 404, 200)},
    "portfolio/": {"GET": (302, 200, 200)},
    "portfolio/worth/": {"GET": (302, 200, 200)},
    "portfolio/owned/": {"GET": (302, 200, 200)},
    "transfer/": {"GET": (302, 200, 200), "POST": (302, 409, 409)},
    "leaderboard/": {"GET": (200, 200, 200)},
    "marketplace/": {"GET": (200, 200, 200)},
    "marketplace/own/": {"GET": (302, 200, 200)},
    "marketplace/<int:listing_id>/": {"GET": (200, 200, 200)},
    "marketplace/<int:listing_id>/bid/": {"GET": (302, 302, 302), "POST": (302, 409, 409)},
    "marketplace/<int:listing_id>/buy/": {"GET": (302, 302, 302), "POST": (302, 409, 409)},
    "marketplace/<int:listing_id>/price/": {"GET": (302, 302, 302), "POST": (302, 403, 403)},
    "marketplace/<int:listing_id>/cancel/": {"GET": (302, 302, 302), "POST": (302, 403, 403)},
    "land/<int:land_id>/list/": {"GET": (302, 403, 403), "POST": (302, 403, 403)},
    "map/": {"GET": (200, 200, 200)},
    "map/lands/": {"GET": (200, 200, 200)},
    "map/impact/<biome>/": {"GET": (200, 200, 200)},
    "map/<int:x>/<int:y>/": {"GET": (302, 302, 302)},
    "land/<int:land_id>/": {"GET": (200, 200, 200)},
    "land/<int:land_id>/buy/": {"POST": (302, 409, 409)},
    "land/<int:land_id>/give/": {"POST": (302, 403, 403)},
    "api/v1/auth/password/reset": {"POST": (202, 202, 202)},
    "api/v1/auth/password/reset/confirm": {"POST": (400, 400, 400)},
    "password-reset/": {"GET": (200, 200, 200), "POST": (302, 302, 302)},
    "new-address/<str:proof>/": {"GET": (400, 400, 400), "POST": (400, 400, 400)},
    "password-reset/<uidb64>/<token>/": {"GET": (400, 400, 400), "POST": (400, 400, 400)},
    "api/v1/auth/keys": {"GET": (401, 200, 200), "POST": (401, 400, 400)},
    "api/v1/auth/keys/<int:key_id>": {"GET": (401, 404, 404), "DELETE": (401, 404, 404)},
    "account/keys/": {"GET": (302, 200, 200), "POST": (302, 400, 400)},
    "account/keys/<int:number>/end/": {"POST": (302, 404, 404)},
    "api/v1/auth/sign-ins": {"GET": (401, 200, 200), "DELETE": (401, 204, 204)},
    "api/v1/auth/sign-ins/<int:sign_in_id>": {"DELETE": (401, 404, 404)},
    "account/sign-ins/<int:number>/end/": {"POST": (302, 404, 404)},
    "account/sign-ins/others/end/": {"POST": (302, 302, 302)},
    "register/": {"GET": (200, 302, 302), "POST": (400, 302, 302)},
    "sign-in/": {"GET": (200, 302, 302), "POST": (401, 302, 302)},
    "sign-out/": {"POST": (302, 302, 302)},
    "account/": {"GET": (302, 200, 200)},
    "account/profile/": {"GET": (302, 302, 302), "POST": (302, 400, 400)},
    "account/preferences/": {"GET": (302, 302, 302), "POST": (302, 302, 302)},
    "account/password/": {"GET": (302, 302, 302), "POST": (302, 400, 400)},
    "account/verification/": {"POST": (302, 302, 302)},
    "api/v1/auth/verification": {"POST": (401, 202, 202)},
    "account/theme/": {"POST": (204, 204, 204)},
    "account/tokens/": {"GET": (302, 200, 200), "POST": (302, 200, 200)},
    "account/sign-out-everywhere/": {"POST": (302, 302, 302)},
    "robots.txt": {"GET": (200, 200, 200)},
    "site.webmanifest": {"GET": (200, 200, 200)},
    "favicon.ico": {"GET": (302, 302, 302)},
    "status": {"GET": (200, 200, 200)},
    "healthz": {"GET": (200, 200, 200)},
    "readyz": {"GET": (503, 503, 503)},
}

#: Doors that look at no credential: a key is answered there as a guest is.
WITHOUT_CREDENTIAL = {
    "api/v1/time",
    "api/v1/auth/register",
    "api/v1/auth/token",
    "api/v1/auth/token/refresh",
    "api/v1/auth/logout",
    "api/v1/auth/session",
    "api/v1/auth/password/reset",
    "api/v1/auth/password/reset/confirm",
    "api/schema/",
    "api/docs/",
    "api/redoc/",
    "api/asyncapi/",
}
#: Doors of the account, and of administrators, where no key is let in.
NOT_FOR_KEYS = {
    "api/v1/auth/me",
    "api/v1/auth/password",
    "api/v1/auth/keys",
    "api/v1/auth/keys/<int:key_id>",
    "api/v1/auth/sign-ins",
    "api/v1/auth/sign-ins/<int:sign_in_id>",
    "api/v1/auth/verification",
    "api/v1/wallet/topup",
    "api/v1/wallet/withdraw",
}
#: The scope that each other door asks of an API key; of a read that is not named it is `read`.
SCOPES = {
    ("api/v1/biome-market/track-attention", "POST"): "attention",
    ("api/v1/biome-market/quote", "POST"): "read",
    ("api/v1/biome-market/buy", "POST"): "trade",
    ("api/v1/biome-market/sell", "POST"): "trade",
    ("api/v1/wallet/transfer", "POST"): "transfer",
    ("api/v1/marketplace/lands/<int:land_id>/buy", "POST"): "trade",
    ("api/v1/marketplace/lands/<int:land_id>/give", "POST"): "transfer",
    ("api/v1/marketplace/lands/<int:land_id>/look", "POST"): "attention",
    ("api/v1/marketplace/listings", "POST"): "trade",
    ("api/v1/marketplace/listings/<int:listing_id>", "PATCH"): "trade",
    ("api/v1/marketplace/listings/<int:listing_id>", "DELETE"): "trade",
    ("api/v1/marketplace/listings/<int:listing_id>/bids", "POST"): "trade",
    ("api/v1/marketplace/listings/<int:listing_id>/buy", "POST"): "trade",
}
