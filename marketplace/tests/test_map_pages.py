"""The map, the list of parcels, a parcel's page, and the page of land's effect on prices."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from attention.biomes import Biome
from marketplace.models import Land, LandAttention, Listing, Region, World
from marketplace.selectors import base_prices
from marketplace.tests.conftest import Fund, Offering, State, broken_invariants
from marketplace.world.seeding import seed_world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def now() -> datetime:
    """Use the real time, as the pages and the API do."""
    return timezone.now()


@pytest.fixture
def world(land: Land, now: datetime) -> World:
    Land.objects.all().delete()
    Region.objects.all().delete()
    seed_world(seed=3, side=16, now=now)
    return World.objects.get()


def test_the_terrain_has_a_byte_a_parcel_and_never_changes(client: Client, world: World) -> None:
    reply = client.get("/api/v1/marketplace/map/terrain/3/16")
    biomes = [biome.value for biome in Biome]
    written = Land.objects.order_by("y", "x").values_list("market_id", flat=True)
    assert [biomes[number] for number in reply.content] == list(written)
    assert (reply["Content-Type"], "immutable" in reply["Cache-Control"]) == ("application/octet-stream", True)
    other = client.get("/api/v1/marketplace/map/terrain/4/16")
    assert (other.status_code, other["Content-Type"]) == (404, "application/json")


def test_marks_are_bits(client: Client, world: World, alice: User, now: datetime) -> None:
    Land.objects.filter(x=9, y=2).update(owner=alice, owned_since=now)
    reply = client.get("/api/v1/marketplace/map/marks")
    assert len(reply.content) == 2 * 32
    set_bits = [place for place in range(512) if reply.content[place >> 3] >> (place & 7) & 1]
    assert set_bits == [2 * 16 + 9]
    assert client.get("/api/v1/marketplace/map/marks", headers={"If-None-Match": reply["ETag"]}).status_code == 304


@pytest.mark.parametrize("path", ["/map/", "/map/lands/", "/map/lands/?biome=snow&unowned=1", "/map/impact/snow/"])
def test_pages_need_few_queries(
    client: Client, world: World, alice: User, django_assert_max_num_queries: Any, path: str
) -> None:
    client.force_login(alice)
    client.get(path)
    with django_assert_max_num_queries(12):
        assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/map/lands/?biome=moon", 400),
        ("/map/lands/?cursor=x", 400),
        ("/map/impact/moon/", 404),
        ("/map/impact/snow/?period=1y", 400),
        ("/map/99/99/", 404),
        ("/land/999999/", 404),
    ],
)
def test_what_is_not_there_is_said(client: Client, world: World, path: str, status: int) -> None:
    assert client.get(path).status_code == status


def test_a_place_of_the_map_tells_owner_and_price(client: Client, offered: Offering, land: Land) -> None:
    path = f"/api/v1/marketplace/map/parcels/{land.x}/{land.y}"
    told = client.get(path).json()
    assert (told["id"], told["owner"], told["base_price"], told["for_sale"]) == (land.pk, None, "150.00", None)
    listing = offered(Listing.Kind.FIXED_PRICE)
    told = client.get(path).json()
    assert (told["owner"], told["base_price"]) == ("alice", None)
    assert told["for_sale"] == {"listing": listing.pk, "kind": "fixed_price", "price": "100.00"}
    assert client.get("/api/v1/marketplace/map/parcels/99/99").status_code == 404


def test_layers_have_a_byte_a_parcel(client: Client, world: World, alice: User, now: datetime) -> None:
    looked, less = Land.objects.get(x=3, y=1), Land.objects.get(x=4, y=2)
    for parcel, points in ((looked, 40), (less, 10)):
        LandAttention.objects.create(land=parcel, market=parcel.market, hour=now, points=points)
    attention = client.get("/api/v1/marketplace/map/layers/attention").content
    assert {place: level for place, level in enumerate(attention) if level} == {16 + 3: 255, 2 * 16 + 4: 64}
    prices = client.get("/api/v1/marketplace/map/layers/price").content
    lands = list(Land.objects.order_by("y", "x"))
    asked = list(map(base_prices(lands).get, [parcel.pk for parcel in lands]))
    assert (len(prices), min(prices), max(prices)) == (256, 0, 255)
    assert prices[asked.index(max(asked))] == 255
    assert prices[asked.index(min(asked))] == 0


def test_for_sale_is_what_a_player_lists(client: Client, offered: Offering, land: Land) -> None:
    offered()
    for path in ("/api/v1/marketplace/lands?for_sale=true", "/api/v1/marketplace/lands?unowned=false&for_sale=1"):
        assert [found["id"] for found in client.get(path).json()["results"]] == [land.pk]
    assert [found["id"] for found in client.get("/api/v1/marketplace/lands?unowned=1").json()["results"]] != [land.pk]
    shown = client.get("/map/lands/?for_sale=1").content.decode()
    assert shown.count('href="/land/') == 1
    assert f'href="/land/{land.pk}/"' in shown


@pytest.mark.parametrize(("path", "name"), [("/map/", "Map"), ("/marketplace/", "Marketplace")])
def test_a_page_is_named_once(client: Client, world: World, path: str, name: str) -> None:
    shown = client.get(path).content.decode()
    assert f"<title>{name} · Biome Exchange</title>" in shown
    assert f"<h1>{name}</h1>" in shown
    [tab] = re.findall(rf'<a href="{path}" aria-current="page"><svg.*?</svg>(.*?)</a>', shown)
    assert tab == name


def test_a_place_leads_to_its_parcel(client: Client, world: World) -> None:
    land = Land.objects.get(x=4, y=5)
    assert client.get("/map/4/5/")["Location"] == f"/land/{land.pk}/"
    assert "at 4, 5" in client.get(f"/land/{land.pk}/").content.decode()


def test_a_parcel_is_bought_once_on_its_page(
    client: Client, fund: Fund, alice: User, land: Land, django_assert_max_num_queries: Any
) -> None:
    fund(200, alice)
    client.force_login(alice)
    form = {"operation": str(uuid4()), "most_micro": 150_000_000}
    for _ in range(2):
        assert client.post(f"/land/{land.pk}/buy/", form)["Location"] == f"/land/{land.pk}/"
    land.refresh_from_db()
    assert land.owner == alice
    with django_assert_max_num_queries(12):
        page = client.get(f"/land/{land.pk}/").content.decode()
    assert "List this parcel" in page
    assert broken_invariants() == []


@pytest.mark.parametrize(
    ("funds", "form", "status", "code"),
    [
        (200, {"most_micro": 149_999_999}, 409, "price_moved"),
        (100, {"most_micro": 150_000_000}, 409, "insufficient_funds"),
        (200, {"most_micro": "1e400"}, 400, None),
        (200, {"most_micro": 150_000_000, "operation": "x"}, 400, None),
    ],
)
def test_a_refused_purchase_says_why_and_changes_nothing(
    client: Client, fund: Fund, alice: User, land: Land, state: State,
    funds: int, form: dict[str, Any], status: int, code: str | None,
) -> None:  # fmt: skip
    fund(funds, alice)
    client.force_login(alice)
    before = state()
    reply = client.post(f"/land/{land.pk}/buy/", {"operation": str(uuid4())} | form)
    assert reply.status_code == status
    assert code is None or f'data-code="{code}"' in reply.content.decode()
    assert state() == before


@pytest.mark.usefixtures("no_land_fee")
def test_a_gift_is_confirmed(
    client: Client, own: Callable[..., None], alice: User, bob: User, land: Land, state: State
) -> None:
    own(alice, land)
    client.force_login(alice)
    form, before = {"operation": str(uuid4()), "to": "BOB", "note": "for you"}, state()
    unconfirmed = client.post(f"/land/{land.pk}/give/", form)
    assert (unconfirmed.status_code, 'value="BOB"' in unconfirmed.content.decode()) == (200, True)
    nobody = client.post(f"/land/{land.pk}/give/", form | {"to": "nobody", "confirmed": "on"})
    assert (nobody.status_code, state()) == (404, before)
    client.post(f"/land/{land.pk}/give/", form | {"confirmed": "on"})
    land.refresh_from_db()
    assert land.owner == bob


@pytest.mark.usefixtures("no_land_fee")
def test_a_gift_shows_whom_it_will_reach(
    client: Client, own: Callable[..., None], alice: User, bob: User, land: Land, state: State
) -> None:
    """As a transfer of money does: the name that is looked up, and the display name beside it."""
    User.objects.filter(pk=bob.pk).update(display_name="Bob <i>the builder</i>")
    own(alice, land)
    client.force_login(alice)
    form, before = {"operation": str(uuid4()), "to": "BOB", "note": "for you"}, state()

    page = client.post(f"/land/{land.pk}/give/", form).content.decode()

    assert "<strong><bdi>bob</bdi></strong>" in page
    assert "<bdi>Bob &lt;i&gt;the builder&lt;/i&gt;</bdi>" in page
    assert "here since" in page
    assert f'value="{form["operation"]}"' in page
    assert 'name="confirmed"' in page
    changed = client.post(f"/land/{land.pk}/give/", form | {"edit": "1"}).content.decode()
    assert 'value="for you"' in changed
    assert 'name="confirmed"' not in changed
    assert state() == before


@pytest.mark.parametrize(
    ("to", "status", "code"),
    [("alice", 400, "own_wallet"), ("nobody", 404, "unknown_player"), ("bob", 409, "insufficient_funds")],
)
def test_a_gift_that_would_be_refused_is_not_asked_for(
    client: Client, own: Callable[..., None], alice: User, bob: User, land: Land, state: State,
    to: str, status: int, code: str,
) -> None:  # fmt: skip
    own(alice, land)
    client.force_login(alice)
    before = state()

    refused = client.post(f"/land/{land.pk}/give/", {"operation": str(uuid4()), "to": to, "note": ""})

    assert (refused.status_code, f'data-code="{code}"' in refused.content.decode()) == (status, True)
    assert 'name="confirmed"' not in refused.content.decode()
    assert state() == before


def test_a_listed_parcel_leads_to_its_listing(client: Client, offered: Offering, land: Land) -> None:
    listing = offered(Listing.Kind.FIXED_PRICE)
    assert f'href="/marketplace/{listing.pk}/"' in client.get(f"/land/{land.pk}/").content.decode()


def test_guests_are_asked_to_sign_in(client: Client, land: Land) -> None:
    reply = client.post(f"/land/{land.pk}/buy/", {})
    assert (reply.status_code, reply["Location"].split("?")[0]) == (302, "/sign-in/")
