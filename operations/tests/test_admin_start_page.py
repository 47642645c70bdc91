"""The administrators' start page: the economy for those who may see all of it, and the sections of the site."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from analytics.leaderboard.rankings import rebuild_standings
from attention.biomes import Biome
from markets.economic_settings import change_settings
from markets.models import Candle
from markets.redistribution.cycle import run_cycle
from operations.admin_site import MAY_SEE_ECONOMY
from trading.invariants.results import keep_result
from trading.invariants.rules import Invariant
from trading.models import Wallet
from trading.orders.market_orders import buy_shares
from trading.wallets.wallets import top_up

START, FIGURES = "/admin/", "/admin/figures/"
OK, NOTHING, REFUSED = 200, 204, 403
MOST_QUERIES = 12
MONEY_OF_ALL = "700,001,000.00"

HALTED = ("trading_paused", "prices_frozen", "marketplace_paused")

# Neither style attributes nor handlers, and no script or style with something in it.
INLINE = re.compile(r"""\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\bsrc=)""")


@pytest.fixture
def economy(markets, alice, root):
    """Write a few rows of everything, now."""
    now = timezone.now()
    top_up(operation=uuid4(), initiator_id=root.pk, player_id=alice.pk, amount_micro=10**9, reason="x", now=now)
    buy_shares(operation=uuid4(), player_id=alice.pk, biome=Biome.SNOW, shares_micro=10**6, now=now)
    run_cycle(number=1, now=now)
    change_settings(changed_by=root, reason="Dearer now", now=now, trade_fee_bps=300)
    rebuild_standings(now=now)


def text_of(page):
    """Return the page's text, without the markup."""
    assert page.status_code == OK
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))


def staff(client, *permissions):
    """Return the browser of staff with these permissions alone."""
    clerk = User.objects.create_user("staff", "staff@example.com", is_staff=True)
    for permission in permissions:
        app, codename = permission.split(".")
        clerk.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    client.force_login(clerk)
    return client


def test_the_economy_is_seen_at_a_glance(administrator, economy):
    seen = text_of(administrator.get(START))
    for words in (
        "Trading runs",
        "Prices move",
        "The marketplace runs",
        "Money is conserved, to the unit",
        f"Supply {MONEY_OF_ALL} BDT",
        "TMC 700,000,100.00 BDT",
        "Fees, 24 h 2.00 BDT Ever 2.00 BDT",
        "Volume, 24 h 100.00 BDT Ever 100.00 BDT",
        "Trades, 24 h 1 Ever 1",
        "Cycles a second 0.02 Cycle 1,",
        "Players 2 0 of them simulated 2 new today, 1 traded in 24 h",
        "Snow 100.00",
        "Trade fee, on buys and on sells 3.00 %",
        "Trade fee, on buys and on sells: 2.00 % → 3.00 % Dearer now",
        "by root,",
    ):
        assert words in seen


def test_staff_who_may_look_at_its_parts_see_it(clerk, economy):
    seen = text_of(clerk.get(START))
    assert MONEY_OF_ALL in seen
    assert "Change settings" not in seen


@pytest.mark.parametrize("missing", MAY_SEE_ECONOMY)
def test_staff_who_may_not_look_at_all_of_it_see_none(client, economy, missing):
    page = staff(client, *(set(MAY_SEE_ECONOMY) - {missing})).get(START)
    assert "economy" not in page.context
    assert "700,0" not in text_of(page)
    assert client.get(FIGURES).status_code == REFUSED


@pytest.mark.parametrize("address", [START, FIGURES])
def test_players_and_guests_are_sent_to_sign_in(client, economy, alice, address):
    assert client.get(address)["Location"].startswith("/admin/login/")
    client.force_login(alice)
    assert client.get(address)["Location"].startswith("/admin/login/")


def test_queries_are_few_with_many_rows(client, economy, root, django_assert_max_num_queries):
    now = timezone.now()
    for number in range(20):
        player = User.objects.create_user(f"p{number}", f"p{number}@example.com", is_simulated=True)
        top_up(operation=uuid4(), initiator_id=root.pk, player_id=player.pk, amount_micro=10**9, reason="x", now=now)
    for number in range(2, 20):
        run_cycle(number=number, now=now)
        change_settings(changed_by=root, reason="x", now=now, trade_fee_bps=number)
    Candle.objects.bulk_create(
        Candle(
            market_id=biome,
            interval="15m",
            opened_at=now - timedelta(minutes=15 * number),
            total_shares_micro=10**12,
            **{f"{part}_micro": 10**14 for part in ("open", "high", "low", "close", "volume")},
        )
        for biome in Biome
        for number in range(100)
    )
    browser = staff(client, *MAY_SEE_ECONOMY)
    # One more is prepared and not seen here: the changes of the prices.
    with django_assert_max_num_queries(MOST_QUERIES - 1):
        assert "Players 23" in text_of(browser.get(START))


def test_figures_are_brought_up_to_date_by_themselves(administrator, economy):
    page = administrator.get(FIGURES)
    assert f"Supply {MONEY_OF_ALL} BDT" in text_of(page)
    assert "<html" not in page.content.decode()
    assert "no-store" in page["Cache-Control"]


def test_lost_money_is_told(administrator, economy):
    Wallet.objects.update(balance_micro=F("balance_micro") - 10**6)
    assert "Conservation is broken by -1.00 BDT" in text_of(administrator.get(START))


def test_paused_and_frozen_markets_are_told(administrator, economy, root):
    change_settings(changed_by=root, reason="Maintenance", now=timezone.now(), **dict.fromkeys(HALTED, True))
    seen = text_of(administrator.get(START))
    assert "Trading is paused" in seen
    assert "Prices are frozen" in seen
    assert "The marketplace is paused" in seen


@pytest.mark.parametrize(
    ("breaches", "words"), [((), "All 1 invariants held on"), (("7 too many",), "Broken invariants: holds on")]
)
def test_the_last_check_of_the_invariants_is_told(administrator, economy, breaches, words):
    keep_result(invariants=[Invariant("holds", "", breaches)], took_ms=1, now=timezone.now())
    assert words in text_of(administrator.get(START))


def test_before_the_markets_open_it_says_how(administrator):
    seen = text_of(administrator.get(START))
    assert "The markets are not open: manage.py open_markets opens them." in seen
    assert administrator.get(FIGURES).status_code == NOTHING


def test_sections_stand_in_order_and_have_what_administrators_need(administrator, markets):
    sections = administrator.get(START).context["app_list"]
    assert [(section["name"], [model["name"] for model in section["models"]]) for section in sections] == [
        ("Markets", ["Economic settings", "Markets", "Cycles", "Ticks", "Candles"]),
        ("Trading", ["Wallets", "Holdings", "Ledger checks", "Transactions"]),
        (
            "Marketplace",
            ["Listings", "Holds", "Bids", "Flags", "Lands", "Regions", "Worlds", "Daily summaries"],
        ),
        ("Attention", ["Attention totals"]),
        ("Accounts", ["Users", "Groups", "Access attempts", "Log entries"]),
    ]


def test_a_section_by_itself_opens(administrator, markets):
    for label in ("markets", "trading", "marketplace", "attention", "accounts", "auth", "axes"):
        assert administrator.get(f"/admin/{label}/").status_code == OK


def test_whoever_may_see_groups_alone_finds_them(client, markets):
    sections = staff(client, "auth.view_group").get(START).context["app_list"]
    assert [section["app_label"] for section in sections] == ["auth"]


@pytest.mark.parametrize(
    "address",
    [
        START,
        FIGURES,
        "/admin/login/",
        "/admin/password_change/",
        "/admin/accounts/user/",
        "/admin/accounts/user/add/",
        "/admin/markets/market/",
        "/admin/markets/cycle/1/change/",
        "/admin/markets/economicsettings/change-settings/",
        "/admin/trading/transaction/",
        "/admin/trading/wallet/top-up/",
        "/admin/axes/accessattempt/",
    ],
)
def test_no_page_needs_inline_scripts_or_styles(administrator, client, economy, address):
    if "login" in address:
        client.logout()
    page = client.get(address).content.decode()
    assert INLINE.findall(page) == []


@pytest.mark.parametrize("theme", ["system", "light", "dark"])
def test_the_theme_is_the_players_choice(administrator, root, markets, theme):
    User.objects.filter(pk=root.pk).update(theme=theme)
    assert f"theme-{theme} " in administrator.get(START).content.decode()


def test_a_guests_theme_is_the_browsers(client, db):
    client.cookies["theme"] = "dark"
    assert "theme-dark " in client.get("/admin/login/").content.decode()
