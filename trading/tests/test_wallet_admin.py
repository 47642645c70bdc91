"""Administrators view wallets and transactions, and move money from and to the outside."""

from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from attention.biomes import Biome
from core.errors import MarketBusy, TradingPaused
from trading.models import Holding, Kind, Transaction, Wallet
from trading.orders.market_orders import buy_shares, sell_shares
from trading.wallets.wallets import top_up, transfer

TOP_UP, WITHDRAW = "/admin/trading/wallet/top-up/", "/admin/trading/wallet/withdraw/"
REFUSED, FOUND, OK = 403, 302, 200
MOST_QUERIES = 12


@pytest.fixture
def trades(markets, alice, bob, root, now):
    """Write rows of every kind: two top-ups, two buys, a sale and a transfer."""
    for player in (alice, bob):
        top_up(operation=uuid4(), initiator_id=root.pk, player_id=player.pk, amount_micro=10**9, reason="x", now=now)
        buy_shares(operation=uuid4(), player_id=player.pk, biome=Biome.OCEAN, shares_micro=2 * 10**6, now=now)
    sell_shares(operation=uuid4(), player_id=alice.pk, biome=Biome.OCEAN, shares_micro=10**6, now=now)
    transfer(operation=uuid4(), player_id=alice.pk, payee_id=bob.pk, amount_micro=1, reason="", now=now)


def asked(**changes):
    return {
        "player": "alice",
        "amount": "1000.5",
        "reason": "Welcome",
        "operation": str(uuid4()),
        "_confirmed": "yes",
    } | changes


def money():
    """Return all data that a refusal must not change."""
    return list(Wallet.objects.order_by("pk").values()), Transaction.objects.count(), LogEntry.objects.count()


MODELS = [("wallet", Wallet, 2), ("holding", Holding, 2), ("transaction", Transaction, 6)]


@pytest.mark.parametrize(("name", "model", "rows"), MODELS)
def test_lists_and_rows_open_with_few_queries(administrator, trades, django_assert_max_num_queries, name, model, rows):
    with django_assert_max_num_queries(MOST_QUERIES):
        page = administrator.get(f"/admin/trading/{name}/")
    assert (page.status_code, len(page.context["cl"].result_list)) == (OK, rows)

    for row in model.objects.all():
        with django_assert_max_num_queries(MOST_QUERIES):
            page = administrator.get(f"/admin/trading/{name}/{row.pk}/change/")
        assert page.status_code == OK


@pytest.mark.parametrize(("name", "model", "rows"), MODELS)
def test_nothing_is_added_changed_or_deleted_by_hand(administrator, trades, name, model, rows):
    row = model.objects.first()
    before = model.objects.filter(pk=row.pk).values().get()
    for address in ("add/", f"{row.pk}/change/", f"{row.pk}/delete/"):
        assert administrator.post(f"/admin/trading/{name}/{address}", {"post": "yes"}).status_code == REFUSED
    assert (model.objects.filter(pk=row.pk).values().get(), model.objects.count()) == (before, rows)


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ({"q": "ALICE"}, 4),
        ({"q": "root"}, 2),
        ({"q": "nobody"}, 0),
        ({"kind": "biome_buy"}, 2),
        ({"source": "wallet"}, 3),
        ({"q": "alice", "kind": "transfer"}, 1),
        ({"source": "biome"}, 3),
        ({"source": "marketplace"}, 0),
        ({"kind": "topup", "source": "wallet"}, 2),
        ({"kind": "topup", "source": "biome"}, 0),
        ({"kind": "nonsense"}, 0),
        ({"source": "nonsense"}, 0),
    ],
)
def test_transactions_are_found(administrator, trades, sought, found):
    page = administrator.get("/admin/trading/transaction/", sought)
    assert len(page.context["cl"].result_list) == found


def test_a_transaction_is_found_by_operation(administrator, trades):
    sale = Transaction.objects.get(kind=Kind.BIOME_SELL)
    page = administrator.get("/admin/trading/transaction/", {"q": str(sale.operation)})
    assert list(page.context["cl"].result_list) == [sale]


def test_wallets_and_holdings_are_found_by_player(administrator, trades):
    for name in ("wallet", "holding"):
        page = administrator.get(f"/admin/trading/{name}/", {"q": "Bob"})
        assert [row.player.username for row in page.context["cl"].result_list] == ["bob"]


def test_a_player_without_a_wallet_is_topped_up_after_a_review(administrator, alice, root):
    page = administrator.get(TOP_UP, {"player": "alice"})
    form = page.context["form"]
    sent = asked(operation=str(form["operation"].value()), player=form["player"].value())
    del sent["_confirmed"]

    review = administrator.post(TOP_UP, sent)
    assert review.context["review"] == [
        ("Player", "alice"),
        ("Balance now", "no wallet yet"),
        ("Amount", "1,000.500000 BDT"),
        ("Reason", "Welcome"),
    ]
    assert not Wallet.objects.exists()

    done = administrator.post(TOP_UP, sent | {"_confirmed": "yes"})
    assert (done.status_code, done["Location"]) == (FOUND, f"/admin/trading/wallet/{alice.pk}/change/")
    topup = Transaction.objects.get()
    assert (topup.kind, topup.initiator, topup.payee, topup.amount_micro, topup.reason, str(topup.operation)) == (
        (Kind.TOPUP, root, alice, 1_000_500_000, "Welcome", sent["operation"])
    )
    assert Wallet.objects.get().balance_micro == 1_000_500_000


def test_a_top_up_is_logged(administrator, alice, root):
    administrator.post(TOP_UP, asked())
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.content_type.model) == (root, str(alice.pk), "wallet")
    assert entry.get_change_message() == (
        f"Top up: alice, 1,000.500000 BDT, transaction {Transaction.objects.get().pk}. Reason: Welcome"
    )


def test_a_form_sent_twice_tops_up_once(administrator, alice):
    sent = asked()
    for _ in range(2):
        assert administrator.post(TOP_UP, sent).status_code == FOUND
    assert Wallet.objects.get().balance_micro == 1_000_500_000
    assert (Transaction.objects.count(), LogEntry.objects.count()) == (1, 1)


def test_a_form_sent_again_with_another_amount_is_refused(administrator, alice):
    sent = asked()
    administrator.post(TOP_UP, sent)
    before = money()
    page = administrator.post(TOP_UP, sent | {"amount": "2000"})
    assert page.context["form"].non_field_errors() == ["This form was sent before with other values: open it anew."]
    assert money() == before


def test_money_is_withdrawn(administrator, alice, root):
    administrator.post(TOP_UP, asked())
    assert administrator.post(WITHDRAW, asked(amount="0.000001", reason="Paid out")).status_code == FOUND
    withdrawal = Transaction.objects.get(kind=Kind.WITHDRAWAL)
    assert (withdrawal.payer, withdrawal.initiator, withdrawal.reason) == (alice, root, "Paid out")
    assert Wallet.objects.get().balance_micro == 1_000_499_999


def test_no_more_is_withdrawn_than_there_is(administrator, alice):
    administrator.post(TOP_UP, asked())
    before = money()
    page = administrator.post(WITHDRAW, asked(amount="1000.500001"))
    assert list(page.context["form"].errors) == ["amount"]
    assert 'value="1000.500001"' in page.content.decode()
    assert money() == before


@pytest.mark.parametrize("address", [TOP_UP, WITHDRAW])
@pytest.mark.parametrize(
    "amount",
    ["", "0", "-1", "++1", "NaN", "Infinity", "1e400", "1e2", "0.0000001", "1,000", "1000000000.000001"],
)
def test_wrong_amounts_are_refused(administrator, alice, address, amount):
    administrator.post(TOP_UP, asked())
    before = money()
    page = administrator.post(address, asked(amount=amount))
    assert (page.status_code, list(page.context["form"].errors)) == (OK, ["amount"])
    assert money() == before


@pytest.mark.parametrize(
    ("field", "typed"),
    [("reason", ""), ("reason", " "), ("reason", "x" * 201), ("player", "nobody"), ("player", ""), ("player", "a\0")],
)
def test_what_is_missing_is_said_beside_its_field(administrator, alice, field, typed):
    before = money()
    page = administrator.post(TOP_UP, asked(**{field: typed}))
    assert list(page.context["form"].errors) == [field]
    assert money() == before


def test_a_busy_wallet_keeps_the_form_and_its_operation(administrator, alice, monkeypatch):
    def busy(**values):
        raise MarketBusy

    monkeypatch.setattr("trading.wallets.wallets.wallet_for_writing", busy)
    sent = asked()
    page = administrator.post(TOP_UP, sent)
    assert page.context["form"].non_field_errors() == [MarketBusy.message]
    assert f'value="{sent["operation"]}"' in page.content.decode()


@pytest.mark.parametrize("address", [TOP_UP, WITHDRAW])
def test_staff_without_the_permission_see_no_button_and_are_refused(clerk, trades, alice, address):
    before = money()
    for page in (
        "/admin/trading/wallet/",
        f"/admin/trading/wallet/{alice.pk}/change/",
        "/admin/accounts/user/",
        f"/admin/accounts/user/{alice.pk}/change/",
    ):
        reply = clerk.get(page)
        assert reply.status_code == OK
        assert address not in reply.content.decode()
    assert clerk.get(address).status_code == REFUSED
    assert clerk.post(address, asked()).status_code == REFUSED
    assert money() == before


def test_the_permission_alone_is_enough(client, alice):
    treasurer = User.objects.create_user("treasurer", "treasurer@example.com", is_staff=True)
    treasurer.user_permissions.add(Permission.objects.get(codename="move_outside_money"))
    client.force_login(treasurer)
    done = client.post(TOP_UP, asked())
    assert (done.status_code, done["Location"]) == (FOUND, "/admin/")
    assert Wallet.objects.get().balance_micro == 1_000_500_000


def test_pausing_trading_stops_it_at_once(administrator, trades, alice, now):
    def buy():
        return buy_shares(operation=uuid4(), player_id=alice.pk, biome=Biome.OCEAN, spend_micro=10**6, now=now)

    administrator.post("/admin/markets/economicsettings/pause-trading/", {"reason": "Maintenance"})
    before = money()
    with pytest.raises(TradingPaused):
        buy()
    assert money() == before

    administrator.post("/admin/markets/economicsettings/resume-trading/", {"reason": "Done"})
    assert buy().shares_micro > 0


def test_buttons_lead_from_the_player_and_from_the_wallet(administrator, trades, alice):
    for page in (f"/admin/trading/wallet/{alice.pk}/change/", f"/admin/accounts/user/{alice.pk}/change/"):
        assert f"{TOP_UP}?player=alice" in administrator.get(page).content.decode()
    for page in ("/admin/trading/wallet/", "/admin/accounts/user/"):
        assert TOP_UP in administrator.get(page).content.decode()


def test_a_forged_form_is_refused(alice, root):
    client = Client(enforce_csrf_checks=True)
    client.force_login(root)
    assert client.post(TOP_UP, asked()).status_code == REFUSED
    assert not Transaction.objects.exists()
