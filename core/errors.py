"""Errors by which the exchange refuses a request. Writers raise these; views turn them into a status and a body.

`code` is a stable word that clients may rely on; `attr` names the field of the request at fault, where one is.
"""

from typing import ClassVar


class DomainError(Exception):
    """A refusal. The code that raised it has changed nothing."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    message: ClassVar[str] = "The exchange refused this."
    retry_after_secs: int | None = None

    def __init__(self, message: str = "", *, attr: str | None = None) -> None:
        self.detail = message or self.message
        self.attr = attr
        super().__init__(self.detail)


class InsufficientFunds(DomainError):
    code, status, message = "insufficient_funds", 409, "The wallet does not hold enough BDT."


class InsufficientShares(DomainError):
    code, status, message = "insufficient_shares", 409, "You do not hold that many shares."


class TradeTooLarge(DomainError):
    code, status, message = "trade_too_large", 409, "The trade exceeds the limit for a single trade."


class AmountTooSmall(DomainError):
    code, status, message = "amount_too_small", 409, "The amount is too small: the trade rounds to zero."


class SoldOut(DomainError):
    code, status, message = "sold_out", 409, "The market does not have that many shares left."


class PriceMoved(DomainError):
    code, status, message = "price_moved", 409, "The price moved beyond your limit."


class LargeImpact(DomainError):
    code, status, message = "large_impact", 409, "This trade moves the price far. Confirm that you mean it."


class LargePurchase(DomainError):
    code, status, message = "large_purchase", 409, "This takes a large part of your balance. Confirm that you mean it."


class TradingPaused(DomainError):
    code, status, message = "trading_paused", 409, "Trading is paused."


class MarketBusy(DomainError):
    code, status, message = "market_busy", 503, "The market is busy. Send the same request again."
    retry_after_secs = 1


class IdempotencyConflict(DomainError):
    code, status, message = "idempotency_conflict", 409, "This Idempotency-Key was used for another request."


class UnknownPlayer(DomainError):
    code, status, message = "unknown_player", 404, "There is no such player."


class AmbiguousName(DomainError):
    code, status, message = (
        "ambiguous_name",
        409,
        "Several players look like this one, so nothing is sent: the name does not say who is meant.",
    )


class NotVerified(DomainError):
    code, status, message = (
        "not_verified",
        403,
        "This needs a verified e-mail address. Open the link that was sent to yours, or have it sent again.",
    )


class AccountClosed(DomainError):
    code, status, message = "account_closed", 403, "This account is closed."


class OwnWallet(DomainError):
    code, status, message = "own_wallet", 400, "You cannot send money to yourself."


class MarketplacePaused(DomainError):
    code, status, message = "marketplace_paused", 409, "The marketplace is paused."


class InvalidListing(DomainError):
    code, status, message = "invalid", 400, "The listing's fields contradict each other."


class ListingClosed(DomainError):
    code, status, message = "listing_closed", 409, "This listing is closed."


class ListingHasBids(DomainError):
    code, status, message = "listing_has_bids", 409, "Somebody has bid: the listing cannot be changed any more."


class BidTooLow(DomainError):
    code, status, message = "bid_too_low", 409, "The bid is below the lowest bid that is accepted."


class BuyNowGone(DomainError):
    code, status, message = "buy_now_gone", 409, "This listing has no buy-now price, or no longer offers it."


class OwnListing(DomainError):
    code, status, message = "own_listing", 409, "This listing is your own."


class NotLandOwner(DomainError):
    code, status, message = "not_land_owner", 403, "This parcel is not yours."


class LandTaken(DomainError):
    code, status, message = "land_taken", 409, "This parcel has an owner already."


class LandListed(DomainError):
    code, status, message = "land_listed", 409, "This parcel is listed for sale."


class TooManyParcels(DomainError):
    code, status, message = "too_many_parcels", 409, "The limit of parcels for one player is reached."


class TooManyListings(DomainError):
    code, status, message = "too_many_listings", 409, "The limit of active listings for one player is reached."


class NotRefundable(DomainError):
    code, status, message = "not_refundable", 409, "This transaction cannot be refunded, or was refunded already."


class RequestTooLarge(DomainError):
    code, status, message = "request_too_large", 413, "The request is too large."


class LockedOut(DomainError):
    code, status, message = "locked_out", 429, "Too many failed sign-ins. Wait, then try again."


class TooManyHashes(DomainError):
    code, status, message = (
        "too_many_passwords",
        503,
        "Too many people sign in at this moment. Wait a second, then try again.",
    )
    retry_after_secs = 1


class RateLimited(DomainError):
    code, status, message = "rate_limited", 429, "Too many requests."


class OriginRefused(DomainError):
    code, status, message = "origin_refused", 403, "Pages of this origin may not open a stream here."


class ServiceUnavailable(DomainError):
    code, status, message = "service_unavailable", 503, "A part of the exchange cannot be reached. Try again."
    retry_after_secs = 1


class Maintenance(DomainError):
    code, status, message = (
        "maintenance",
        503,
        "The exchange is closed for maintenance. Nothing is lost; come back soon.",
    )
