"""Administrators view the markets and change the settings."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission

from accounts.models import User
from attention.biomes import Biome
from attention.models import AttentionTotal
from core.admin import ROWS_WITHIN_REACH, BoundedPaginator
from core.errors import MarketBusy
from markets.admin_lists import grouped_text
from markets.economic_settings import change_settings, current_settings, values_of
from markets.models import Candle, Cycle, EconomicSettings, Market, Tick
from markets.redistribution.cycle import run_cycle

SETTINGS = "/admin/markets/economicsettings/"
CHANGE = f"{SETTINGS}change-settings/"
REFUSED, FOUND, OK = 403, 302, 200

#: Session, user, and the messages apart, what a list and a row of each model may ask the database.
MOST_QUERIES = 12


@pytest.fixture
def history(markets, alice, root, now):
    """Write a few rows of every model of the markets."""
    for number in range(1, 4):
        run_cycle(number=number, now=now)
    for biome in Biome:
        cash = {f"{part}_micro": 10**14 for part in ("open", "high", "low", "close")}
        Candle.objects.create(
            market_id=biome, interval="1m", opened_at=now, volume_micro=0, total_shares_micro=10**12, **cash
        )
        AttentionTotal.objects.create(player=alice, biome=biome, points=12_345)
    change_settings(changed_by=root, reason="dearer", now=now, trade_fee_bps=300)


def form_of(page):
    """Return the data that a browser would send back from an action's form."""
    form = page.context["form"]
    sent = {field.html_name: field.value() for field in form}
    sent |= {field.html_initial_name: field.value() for field in form if field.field.show_hidden_initial}
    return {name: value for name, value in sent.items() if value not in (None, False)} | {
        name: "False" for name, value in sent.items() if value is False and name.startswith("initial-")
    }


MODELS = [
    ("markets", "market", Market),
    ("markets", "cycle", Cycle),
    ("markets", "tick", Tick),
    ("markets", "candle", Candle),
    ("attention", "attentiontotal", AttentionTotal),
]


@pytest.mark.parametrize(("app", "name", "model"), MODELS)
def test_lists_and_rows_open_with_few_queries(administrator, history, django_assert_max_num_queries, app, name, model):
    with django_assert_max_num_queries(MOST_QUERIES):
        page = administrator.get(f"/admin/{app}/{name}/")
    assert (page.status_code, len(page.context["cl"].result_list)) == (OK, model.objects.count())

    with django_assert_max_num_queries(MOST_QUERIES):
        page = administrator.get(f"/admin/{app}/{name}/{model.objects.first().pk}/change/")
    assert page.status_code == OK


@pytest.mark.parametrize(("app", "name", "model"), [*MODELS, ("markets", "economicsettings", EconomicSettings)])
def test_nothing_is_added_changed_or_deleted_by_hand(administrator, history, app, name, model):
    row = model.objects.first()
    before = model.objects.filter(pk=row.pk).values().get(), model.objects.count()
    for address in ("add/", f"{row.pk}/change/", f"{row.pk}/delete/"):
        assert administrator.post(f"/admin/{app}/{name}/{address}", {"post": "yes"}).status_code == REFUSED
    assert (model.objects.filter(pk=row.pk).values().get(), model.objects.count()) == before


def test_numbers_are_exact_and_have_units(administrator, history):
    Market.objects.filter(pk="ocean").update(cash_micro=10**14 + 1, bar_high_micro=10**14 + 1)
    text = administrator.get("/admin/markets/market/").content.decode()

    assert '<span class="number">100,000,000.000001</span>' in text
    assert "Cash (BDT)" in text
    assert "Price (BDT/share)" in text
    assert [row.pk for row in administrator.get("/admin/markets/market/").context["cl"].result_list] == list(Biome)


@pytest.mark.parametrize(
    ("micro", "text"), [(-500_000, "-0.500000"), (0, "0.000000"), (2**63 - 1, "9,223,372,036,854.775807")]
)
def test_amounts_are_grouped(micro, text):
    assert grouped_text(micro) == text


def test_a_cycle_shows_its_ticks_in_canonical_order(administrator, history):
    page = administrator.get("/admin/markets/cycle/2/change/")
    [ticks] = page.context["inline_admin_formsets"]
    assert [form.instance.market_id for form in ticks.formset.forms] == list(Biome)


@pytest.mark.parametrize(("term", "found"), [("2", 7), ("99", 0), ("²", 0), ("9" * 30, 0), ("ocean", 0)])
def test_ticks_are_found_by_cycle(administrator, history, term, found):
    page = administrator.get("/admin/markets/tick/", {"q": term})
    assert len(page.context["cl"].result_list) == found


def test_candles_are_filtered_by_interval(administrator, history):
    for interval, found in (("1m", 7), ("1d", 0)):
        page = administrator.get("/admin/markets/candle/", {"interval__exact": interval})
        assert len(page.context["cl"].result_list) == found


def test_attention_is_found_by_player_in_any_case(administrator, history):
    for term, found in (("ALICE", 7), ("alic", 0)):
        page = administrator.get("/admin/attention/attentiontotal/", {"q": term})
        assert len(page.context["cl"].result_list) == found


def test_long_lists_are_not_counted_to_their_end(history, django_assert_num_queries):
    with django_assert_num_queries(1) as queries:
        assert BoundedPaginator(Tick.objects.order_by("-pk"), 50).count == 21
    assert f"LIMIT {ROWS_WITHIN_REACH}" in queries[0]["sql"]


def test_a_list_that_goes_on_beyond_its_pages_says_so(administrator, history, monkeypatch):
    monkeypatch.setattr("core.admin.ROWS_WITHIN_REACH", 20)
    assert "The first 20: search or filter for others." in administrator.get("/admin/markets/tick/").content.decode()
    assert "The first 20" not in administrator.get("/admin/markets/tick/", {"q": "2"}).content.decode()


def test_the_list_of_settings_says_who_changed_what_when_and_why(administrator, history, root):
    page = administrator.get(SETTINGS)
    newest, first = page.context["cl"].result_list
    text = page.content.decode()

    assert (newest.changed_by, newest.reason, first.changed_by) == (root, "dearer", None)
    assert "Trade fee, on buys and on sells: 2.00 % → 3.00 %" in text
    assert "2026-01-01 12:00:00.000" in text


def test_a_page_of_settings_takes_a_query_for_each_row_at_most(
    administrator, history, root, now, django_assert_max_num_queries
):
    for fee in range(30):
        change_settings(changed_by=root, reason="try", now=now, trade_fee_bps=fee)
    with django_assert_max_num_queries(MOST_QUERIES + 20):
        assert len(administrator.get(SETTINGS).context["cl"].result_list) == 20


def test_settings_are_changed_after_a_review(administrator, markets, root):
    sent = form_of(administrator.get(CHANGE)) | {
        "trade_fee_bps": "1.25",
        "price_floor_micro": "0.5",
        "prices_frozen": "on",
        "reason": "Season two",
    }
    review = administrator.post(CHANGE, sent)
    assert review.context["review"] == [
        ("Trade fee, on buys and on sells", "2.00 % → 1.25 %"),
        ("Price floor", "1.00 BDT a share → 0.50 BDT a share"),
        ("Prices frozen", "off → on"),
        ("Reason", "Season two"),
    ]
    assert EconomicSettings.objects.count() == 1

    assert administrator.post(CHANGE, sent | {"_confirmed": "yes"}).status_code == FOUND
    version = current_settings()
    assert (version.trade_fee_bps, version.price_floor_micro, version.prices_frozen) == (125, 500_000, True)
    assert (version.changed_by, version.reason) == (root, "Season two")
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (root, str(version.pk))
    assert "Prices frozen: off → on" in entry.get_change_message()


def test_what_the_review_hides_confirms_the_same(administrator, markets):
    sent = form_of(administrator.get(CHANGE)) | {"trade_fee_bps": "1.25", "trading_paused": "on", "reason": "x"}
    hidden = administrator.post(CHANGE, sent).context["form"].hidden_inputs()
    for name, value in {"trade_fee_bps": "1.25", "initial-trade_fee_bps": "2.00", "trading_paused": "True"}.items():
        assert f'name="{name}" value="{value}"' in hidden
    assert 'name="initial-prices_frozen" value="False"' in hidden


def test_going_back_from_the_review_keeps_what_was_typed(administrator, markets):
    sent = form_of(administrator.get(CHANGE)) | {"trade_fee_bps": "1.25", "reason": "Season two", "_edit": "Back"}
    text = administrator.post(CHANGE, sent).content.decode()
    assert 'value="1.25"' in text
    assert 'value="Season two"' in text
    assert EconomicSettings.objects.count() == 1


def test_a_change_made_meanwhile_is_kept(administrator, markets, root, now):
    sent = form_of(administrator.get(CHANGE)) | {"trade_fee_bps": "1.25", "reason": "mine", "_confirmed": "yes"}
    change_settings(changed_by=root, reason="theirs", now=now, land_fee_bps=700)
    assert administrator.post(CHANGE, sent).status_code == FOUND
    assert (current_settings().trade_fee_bps, current_settings().land_fee_bps) == (125, 700)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("reason", ""),
        ("reason", "   "),
        ("reason", "x" * 201),
        ("trade_fee_bps", "100.01"),
        ("trade_fee_bps", "1.001"),
        ("trade_fee_bps", "-1"),
        ("trade_fee_bps", "NaN"),
        ("trade_fee_bps", "1e400"),
        ("trade_fee_bps", "much"),
        ("trade_fee_bps", ""),
        ("max_trade_bps", "0"),
        ("price_floor_micro", "0"),
        ("price_floor_micro", "0.0000001"),
        ("attention_budget_points", "1.5"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(administrator, markets, field, typed):
    sent = form_of(administrator.get(CHANGE)) | {"land_fee_bps": "7", "reason": "Season two", "_confirmed": "yes"}
    page = administrator.post(CHANGE, sent | {field: typed})

    assert (page.status_code, list(page.context["form"].errors)) == (OK, [field])
    assert f'value="{typed}"' in page.content.decode() or not typed.strip()
    assert EconomicSettings.objects.count() == 1
    assert not LogEntry.objects.exists()


def test_nothing_to_change_is_refused(administrator, markets):
    sent = form_of(administrator.get(CHANGE)) | {"reason": "none", "_confirmed": "yes"}
    page = administrator.post(CHANGE, sent)
    assert page.context["form"].non_field_errors() == ["Nothing would change."]
    assert EconomicSettings.objects.count() == 1


def test_a_busy_market_loses_nothing_that_was_typed(administrator, markets, monkeypatch):
    def busy(**values):
        raise MarketBusy

    monkeypatch.setattr("markets.admin.change_settings", busy)
    sent = form_of(administrator.get(CHANGE)) | {"trade_fee_bps": "1.25", "reason": "mine", "_confirmed": "yes"}
    page = administrator.post(CHANGE, sent)
    assert page.context["form"].non_field_errors() == [MarketBusy.message]
    assert 'value="1.25"' in page.content.decode()


def test_a_pause_is_in_force_at_once(administrator, markets):
    assert "Trading runs" in administrator.get(SETTINGS).content.decode()
    assert administrator.post(f"{SETTINGS}pause-trading/", {"reason": "Maintenance"}).status_code == FOUND
    assert current_settings().trading_paused
    assert "Trading is paused" in administrator.get("/admin/markets/market/").content.decode()

    assert administrator.post(f"{SETTINGS}resume-trading/", {"reason": "Done"}).status_code == FOUND
    assert not current_settings().trading_paused


def test_freezing_is_recorded(administrator, markets, root):
    assert administrator.post(f"{SETTINGS}freeze-prices/", {"reason": "A bot"}).status_code == FOUND

    version = current_settings()
    assert (version.prices_frozen, version.changed_by, version.reason) == (True, root, "A bot")
    assert Market.objects.filter(settings=version).count() == 7
    assert LogEntry.objects.get().get_change_message() == "Freeze prices: Prices frozen: off → on. Reason: A bot"
    assert "Prices frozen: off → on" in administrator.get(SETTINGS).content.decode()

    assert administrator.post(f"{SETTINGS}thaw-prices/", {"reason": "Gone"}).status_code == FOUND
    assert not current_settings().prices_frozen


@pytest.mark.parametrize("sent", [{}, {"reason": " "}])
def test_a_switch_needs_a_reason(administrator, markets, sent):
    page = administrator.post(f"{SETTINGS}pause-trading/", sent)
    assert list(page.context["form"].errors) == ["reason"]
    assert not current_settings().trading_paused


def test_a_switch_that_is_on_is_not_turned_on_again(administrator, markets):
    for _ in range(2):
        page = administrator.post(f"{SETTINGS}pause-trading/", {"reason": "Maintenance"})
    assert page.context["form"].non_field_errors() == ["nothing would change"]
    assert EconomicSettings.objects.count() == 2


def test_only_buttons_that_change_something_are_shown(administrator, markets):
    text = administrator.get("/admin/markets/market/").content.decode()
    assert "pause-trading/" in text
    assert "resume-trading/" not in text


@pytest.mark.parametrize("action", ["change-settings", "pause-trading", "freeze-prices"])
def test_staff_without_the_permission_see_no_button_and_are_refused(clerk, markets, action):
    before = values_of(current_settings())
    for address in ("/admin/markets/market/", SETTINGS):
        assert f"{action}/" not in clerk.get(address).content.decode()
    assert clerk.get(f"{SETTINGS}{action}/").status_code == REFUSED
    assert clerk.post(f"{SETTINGS}{action}/", {"reason": "x", "_confirmed": "yes"}).status_code == REFUSED
    assert values_of(current_settings()) == before


def test_the_permission_is_enough(clerk, markets):
    User.objects.get(username="clerk").user_permissions.add(Permission.objects.get(codename="change_economicsettings"))
    assert "pause-trading/" in clerk.get("/admin/markets/market/").content.decode()
    assert clerk.post(f"{SETTINGS}pause-trading/", {"reason": "x"}).status_code == FOUND


def test_players_are_sent_to_sign_in(client, markets, alice):
    client.force_login(alice)
    assert client.post(f"{SETTINGS}pause-trading/", {"reason": "x"})["Location"].startswith("/admin/login/")
    assert not current_settings().trading_paused


def test_lists_open_before_the_markets_do(administrator, db):
    assert "The markets are not open." in administrator.get(SETTINGS).content.decode()
