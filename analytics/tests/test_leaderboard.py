"""The leaderboard, as a page and over the API: the ranking, the own rank, and the biomes by volume."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from analytics.leaderboard.rankings import rebuild_standings
from attention.biomes import Biome
from markets.models import Candle
from trading.models import Standing
from trading.payloads import public_name

pytestmark = pytest.mark.usefixtures("markets")

PAGE = "/leaderboard/"
API = "/api/v1/biome-market/leaderboard"
HTMX = {"HX-Request": "true"}
BDT = 1_000_000


@pytest.fixture
def browser(client, alice):
    client.force_login(alice)
    return client


def rank(players, period=Standing.Period.DAY, at=datetime(2026, 1, 1, 12, tzinfo=UTC)):
    """Write standings in the order of the players by gain, and the reverse by volume."""
    number = len(players)
    Standing.objects.bulk_create(
        Standing(
            period=period, player=player, gain_micro=(number - 2 * place) * BDT, volume_micro=place * BDT, at=at,
            gain_rank=place, volume_rank=number + 1 - place,
        )
        for place, player in enumerate(players, start=1)
    )  # fmt: skip


def crowd(number):
    return User.objects.bulk_create(
        User(username=f"crowd-{each}", email=f"crowd-{each}@example.com", is_simulated=True) for each in range(number)
    )


def traded(biome, volume_micro):
    same = dict.fromkeys(("open_micro", "high_micro", "low_micro", "close_micro", "total_shares_micro"), 1)
    opened_at = datetime.now(UTC) - timedelta(hours=1)
    Candle.objects.create(market_id=biome, interval="5m", opened_at=opened_at, volume_micro=volume_micro, **same)


def shown(response):
    """Return rank and name of each row, from the top."""
    text = response.content.decode()
    return re.findall(r'<td class="num rank">(\d+)</td>\s*<td class="player"><bdi>([^<]*)</bdi>', text)


def link(response, name):
    [href] = re.findall(rf'<a [^>]*id="{name}"[^>]* href="([^"]+)"', response.content.decode())
    return unescape(href)


def test_guests_see_who_is_ahead_and_how_to_take_part(client, alice, bob):
    rank([alice, bob])

    page = client.get(PAGE)
    text = page.content.decode()

    assert shown(page) == [("1", "alice"), ("2", "bob")]
    assert "As of" in text
    assert "12:00:00 UTC" in text
    assert "Sign in to see where you stand" in text
    assert 'title="0.00 BDT">\u2013 0.00' in text
    assert 'title="-2.00 BDT">▼ \u22122.00' in text
    assert "example.com" not in text


def test_by_gain_and_by_volume_over_each_period(client, alice, bob):
    rank([alice, bob])
    rank([bob], Standing.Period.WEEK)

    assert shown(client.get(f"{PAGE}?by=volume")) == [("1", "bob"), ("2", "alice")]
    assert shown(client.get(f"{PAGE}?period=7d")) == [("1", "bob")]
    assert "Nobody is ranked yet" in client.get(f"{PAGE}?period=all").content.decode()


def test_the_own_place_is_marked(browser, alice, bob):
    rank([bob, alice])

    text = browser.get(PAGE).content.decode()

    assert text.count('aria-current="true"') == 1
    assert re.search(r'<tr class="podium" aria-current="true">\s*<td class="num rank">2</td>', text)
    assert "<tfoot>" not in text


def test_the_own_place_is_shown_below_any_other_page(browser, alice, bob):
    rank([bob, *crowd(3), alice])

    first = browser.get(f"{PAGE}?limit=2")
    last = browser.get(link(browser.get(link(first, "next")), "next"))

    assert shown(first) == [("1", "bob"), ("2", "crowd-0"), ("5", "alice")]
    assert shown(last) == [("5", "alice")]
    assert "<tfoot>" not in last.content.decode()


def test_without_a_place_a_player_is_told_how_to_get_one(browser, bob):
    rank([bob])

    assert "You have no place here yet" in browser.get(PAGE).content.decode()


def test_simulated_players_are_marked(client, alice):
    rank([alice, *crowd(1)])

    assert client.get(PAGE).content.decode().count(">bot</span>") == 1


def test_names_are_text(client, alice):
    alice.display_name = "<script>alert(1)</script>"
    alice.save()
    rank([alice])

    text = client.get(PAGE).content.decode()

    assert ">&lt;script&gt;alert(1)&lt;/script&gt;</bdi>" in text
    assert "<script>alert" not in text


@pytest.mark.parametrize(
    ("username", "display_name", "name"),
    [
        ("ada", "", "ada"),
        ("ada", "Ada L.", "ada"),
        ("ada@example.com", "", "ada"),
        ("@ada", "", "player 7"),
    ],
)
def test_a_name_is_no_address(username, display_name, name):
    assert public_name(User(pk=7, username=username, display_name=display_name)) == name


def test_the_username_is_shown_and_a_display_name_beside_it_only(client, alice, bob):
    alice.display_name = "bob"
    alice.save()
    rank([alice, bob])

    text = client.get(PAGE).content.decode()
    [first, _] = client.get("/api/v1/biome-market/leaderboard").json()["results"]

    assert '<bdi>alice</bdi> <bdi class="soft called">bob</bdi>' in text
    assert (first["name"], first["username"], first["display_name"]) == ("alice", "alice", "bob")


def test_biomes_by_what_is_traded(client, alice):
    rank([alice])
    traded(Biome.SNOW, 200 * BDT)
    traded(Biome.BEACH, 50 * BDT)

    text = client.get(PAGE).content.decode()

    assert re.findall(r'<li data-biome="(\w+)">', text)[:3] == ["snow", "beach", "ocean"]
    assert re.findall(r'<rect width="(\d+)"', text) == ["100", "25", "0", "0", "0", "0", "0"]
    assert 'value="200.00"' in text


def test_before_anything_is_traded(client):
    text = client.get(PAGE).content.decode()

    assert "Nobody is ranked yet" in text
    assert "Nothing was traded in this period." in text
    assert "Players are ranked each minute" in text


@pytest.mark.parametrize("query", ["by=luck", "period=1y", "period=%00", "cursor=nonsense", "cursor=cD1h", "limit=0"])
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_what_cannot_be_meant_is_refused(client, alice, query, headers):
    rank([alice])

    response = client.get(f"{PAGE}?{query}", headers=headers)

    assert response.status_code == 400
    assert "There is no such leaderboard" in response.content.decode()
    assert shown(response) == []


def test_beyond_the_last_place_is_the_end(client, alice):
    rank([alice])

    # p=10^30
    page = client.get(f"{PAGE}?cursor=cD0xMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw")

    assert "No further places" in page.content.decode()


def test_htmx_gets_the_rankings_alone(client, alice):
    rank([alice])

    fragment = client.get(PAGE, headers=HTMX)

    assert fragment.content.decode().strip().startswith('<div class="stack" id="leaderboard"')
    assert shown(fragment) == [("1", "alice")]
    assert {"HX-Request", "Cookie"} <= set(fragment["Vary"].split(", "))
    assert fragment["Cache-Control"] == "private, no-cache"


def test_a_page_asks_the_database_little_however_many_players_there_are(
    browser, alice, fund, django_assert_max_num_queries
):
    fund(alice, 1)
    rank([*crowd(600), alice])

    with django_assert_max_num_queries(12):
        assert len(shown(browser.get(f"{PAGE}?limit=500"))) == 501


@pytest.fixture
def player(alice):
    client = APIClient()
    client.force_authenticate(alice)
    return client


def test_the_api_tells_the_same(player, alice, bob, hold, now):
    hold(alice, 5)
    hold(bob, 7, Biome.SNOW)
    rebuild_standings(now=now)

    reply = player.get(f"{API}?by=volume&period=all").json()

    own = {
        "rank": 2,
        "name": "alice",
        "username": "alice",
        "display_name": "",
        "is_simulated": False,
        "gain": "-9.998777",
        "volume": "500.001251",
    }
    assert reply["results"][1] == reply["own"] == own
    assert reply["results"][0]["name"] == "bob"
    assert (reply["as_of"], reply["by"], reply["period"]) == ("2026-01-01T12:00:00Z", "volume", "all")
    assert (reply["next"], reply["previous"]) == (None, None)
    assert [each["biome"] for each in reply["most_traded"]] == Biome.values


def test_the_api_has_pages(alice, bob):
    rank([*crowd(3), alice, bob])
    guest = APIClient()

    first = guest.get(f"{API}?limit=2").json()
    second = guest.get(first["next"]).json()
    back = guest.get(second["previous"]).json()

    assert [each["rank"] for page in (first, second) for each in page["results"]] == [1, 2, 3, 4]
    assert back["results"] == first["results"]
    assert (first["own"], first["previous"], first["results"][0]["is_simulated"]) == (None, None, True)


def test_what_has_not_changed_is_not_sent_again(player, alice):
    rank([alice])
    first = player.get(API)

    again = player.get(API, headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert first["Cache-Control"] == "private, no-cache"
    assert {name.strip() for name in first["Vary"].split(",")} == {
        "Accept-Encoding",
        "Authorization",
        "Cookie",
        "origin",
    }


@pytest.mark.parametrize(
    ("query", "attr"),
    [("by=luck", "by"), ("period=1y", "period"), ("cursor=nonsense", "cursor"), ("limit=501", "limit")],
)
def test_the_api_refuses_what_cannot_be_meant(query, attr):
    reply = APIClient().get(f"{API}?{query}")

    assert reply.status_code == 400
    assert reply.json()["errors"][0]["attr"] == attr
