"""One player's day, by the client that openapi-python-client makes: run with the exchange's address and a name."""

from __future__ import annotations

import sys
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

from biome_client import AuthenticatedClient, Client
from biome_client.api.auth import auth_register_create
from biome_client.api.biome_market import biome_market_buy_create, biome_market_quote_create
from biome_client.api.marketplace import (
    marketplace_audit_trail_list,
    marketplace_lands_buy_create,
    marketplace_lands_list,
    marketplace_listings_bids_create,
    marketplace_listings_create,
    marketplace_listings_list,
)
from biome_client.models import (
    BidReply,
    BidRequest,
    BiomeEnum,
    BuyBySpend,
    BuyLandRequest,
    ImpactQuoteReply,
    LandSaleReply,
    ListingReply,
    MarketplaceListingsListKind,
    OpenAuction,
    PaginatedAuditReplyList,
    PaginatedLandReplyList,
    PaginatedListingReplyList,
    QuoteBuyBySpend,
    Register,
    Registered,
    TradeReply,
)

Got = TypeVar("Got")


def given(kind: type[Got], answer: object) -> Got:
    if not isinstance(answer, kind):
        raise SystemExit(f"{kind.__name__} was expected: {answer}")
    return answer


def main(url: str, name: str) -> None:
    password = "a long passphrase of one's own"
    account = Register(username=name, email=f"{name}@example.org", password=password)
    registered = given(Registered, auth_register_create.sync(client=Client(url), body=account))
    client = AuthenticatedClient(url, token=registered.access)

    wanted = QuoteBuyBySpend(biome=BiomeEnum.OCEAN, side="buy", spend="100")
    quote = given(ImpactQuoteReply, biome_market_quote_create.sync(client=client, body=wanted))
    order = BuyBySpend(biome=BiomeEnum.OCEAN, spend="100", worst_price=quote.price_after)
    key = "0b6f3f7e-58a4-4c3a-9a3c-5f1d2c3b4a59"
    bought = given(TradeReply, biome_market_buy_create.sync(client=client, body=order, idempotency_key=key))
    assert (bought.shares, str(bought.operation)) == (quote.shares, key)

    lands = given(PaginatedLandReplyList, marketplace_lands_list.sync(client=client, unowned=True, limit=1))
    [land] = lands.results
    assert land.base_price is not None
    most = BuyLandRequest(most=land.base_price)
    given(LandSaleReply, marketplace_lands_buy_create.sync(land.id, client=client, body=most))
    offer = OpenAuction(land=land.id, kind="auction", price="5", title="By the river")
    listed = given(ListingReply, marketplace_listings_create.sync(client=client, body=offer))
    assert listed.buy_now is None

    auctions = given(
        PaginatedListingReplyList,
        marketplace_listings_list.sync(client=client, kind=MarketplaceListingsListKind.AUCTION),
    )
    other = next(listing for listing in auctions.results if listing.seller != name)
    assert other.least_bid is not None
    bid = BidRequest(max_=other.least_bid)
    given(BidReply, marketplace_listings_bids_create.sync(other.id, client=client, body=bid))

    kinds, page = [], given(PaginatedAuditReplyList, marketplace_audit_trail_list.sync(client=client, limit=1))
    while True:
        kinds += [row.kind.value for row in page.results]
        if not page.next_:
            break
        [cursor] = parse_qs(urlsplit(page.next_).query)["cursor"]
        page = given(PaginatedAuditReplyList, marketplace_audit_trail_list.sync(client=client, limit=1, cursor=cursor))
    print(" ".join(kinds))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
