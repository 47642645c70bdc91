"""The marketplace's room of the stream carries listings and bids, as they happen, to everyone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from marketplace.tests.conftest import Fund, Offering
from streams.tests.sockets import OpenSocket, Socket, in_database

pytestmark = [pytest.mark.django_db(transaction=True)]

ROOM = "marketplace_all"


async def joined(open_socket: OpenSocket, query: str = "") -> tuple[Socket, dict[str, object]]:
    socket = await open_socket(query)
    await socket.say("subscribe_biome_market", room=ROOM)
    return socket, await socket.hear()


async def test_a_guest_is_told_of_listings_and_bids(
    open_socket: OpenSocket, offered: Offering, bid: Callable[..., object], fund: Fund, bob: User
) -> None:
    guest, welcome = await joined(open_socket)
    assert (welcome["type"], welcome["room"]) == ("marketplace_joined", ROOM)

    listing = await in_database(offered)()
    await in_database(fund)(500, bob)
    await in_database(bid)(listing, bob, 200)

    opened, made, updated = [await guest.hear() for _ in range(3)]
    assert (opened["type"], opened["listing"]["status"], opened["listing"]["bids"]) == ("listing_update", "active", 0)
    assert opened["seq"] > welcome["seq"]
    assert (made["type"], made["bid"]["bidder"], made["bid"]["price"]) == ("bid", "bob", "100.00")
    assert "200" not in str(made["bid"])
    assert (updated["listing"]["id"], updated["listing"]["top_bidder"]) == (listing.pk, "bob")


async def test_who_comes_back_gets_what_was_missed(open_socket: OpenSocket, offered: Offering) -> None:
    guest, welcome = await joined(open_socket)
    await guest.leave()
    listing = await in_database(offered)()

    again = await open_socket()
    await again.say("resume", epoch=welcome["epoch"], seq=welcome["seq"], rooms=[ROOM])

    missed = await again.hear()
    assert (missed["type"], missed["listing"]["id"]) == ("listing_update", listing.pk)


async def test_the_bidder_and_who_was_outbid_see_their_money(
    open_socket: OpenSocket, offered: Offering, fund: Fund, bid: Callable[..., object], bob: User, carol: User
) -> None:
    listing = await in_database(offered)()
    await in_database(fund)(500, bob, carol)
    # Who is answered hears private events from then on.
    bobs, _ = await joined(open_socket, f"?token={AccessToken.for_user(bob)}")
    carols, _ = await joined(open_socket, f"?token={AccessToken.for_user(carol)}")

    await in_database(bid)(listing, bob, 200)
    assert (await bobs.hear_until("portfolio_update"))["wallet"]["held"] == "200.00"
    await in_database(bid)(listing, carol, 300)

    assert (await carols.hear_until("portfolio_update"))["wallet"]["held"] == "300.00"
    outbid = await bobs.hear_until("portfolio_update")
    assert (outbid["wallet"]["balance"], outbid["wallet"]["held"]) == ("500.00", "0.00")
