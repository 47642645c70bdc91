"""Many accounts and a script can neither create money nor give more attention than their budgets."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from accounts.registration import register_player
from attention.biomes import Biome
from core.errors import AmountTooSmall, DomainError
from markets.economic_settings import current_settings
from markets.models import Market
from markets.redistribution.attention import track_attention
from operations.tests.attackers import BDT, SHARE, Exchange
from operations.tests.attackers import exchange as exchange
from trading.models import Holding, Wallet
from trading.orders.market_orders import buy_shares, sell_shares
from trading.wallets.wallets import ensure_wallet, transfer

pytestmark = pytest.mark.django_db


def all_money() -> int:
    """Return the money of all players and markets, in micro-BDT."""
    wallets = Wallet.objects.aggregate(money=Sum("balance_micro") + Sum("held_micro"))["money"]
    return int(wallets + Market.objects.aggregate(money=Sum("cash_micro"))["money"])


def test_a_new_account_brings_no_money(exchange: Exchange) -> None:
    """New accounts bring no money, or a hundred accounts would give a hundred grants to one."""
    assert settings.STARTING_GRANT_BDT == 0
    newcomer = register_player(username="new", email="new@example.org", password="qzjx" * 4, display_name="")
    assert ensure_wallet(player_id=newcomer.pk, now=timezone.now()).balance_micro == 0


def test_many_tiny_trades_gain_nothing(exchange: Exchange) -> None:
    player = exchange.player.pk
    before = Wallet.objects.get(pk=player).balance_micro
    held = Holding.objects.get(player=player, market=Biome.OCEAN).shares_micro
    for spend_micro in (1, 2, 3, 99, 101, 12_345) * 5:
        try:
            buy_shares(
                operation=uuid4(), player_id=player, biome=Biome.OCEAN, spend_micro=spend_micro, now=timezone.now()
            )
        except AmountTooSmall:
            continue
    while (excess := Holding.objects.get(player=player, market=Biome.OCEAN).shares_micro - held) > 0:
        sell_shares(operation=uuid4(), player_id=player, biome=Biome.OCEAN, shares_micro=excess, now=timezone.now())
    assert Wallet.objects.get(pk=player).balance_micro <= before


def test_trading_with_oneself_through_a_second_account_gains_nothing(exchange: Exchange) -> None:
    first, second = exchange.player.pk, exchange.other.pk
    before = sum(Wallet.objects.filter(pk__in=(first, second)).values_list("balance_micro", flat=True))
    for buyer, seller in ((first, second), (second, first)) * 3:
        buy_shares(operation=uuid4(), player_id=buyer, biome=Biome.OCEAN, shares_micro=SHARE, now=timezone.now())
        sell_shares(operation=uuid4(), player_id=seller, biome=Biome.OCEAN, shares_micro=SHARE, now=timezone.now())
    after = sum(Wallet.objects.filter(pk__in=(first, second)).values_list("balance_micro", flat=True))
    assert after < before


def test_no_loop_of_refusals_and_gifts_makes_money(exchange: Exchange) -> None:
    before, key = all_money(), uuid4()
    ways = [exchange.player, exchange.other, exchange.stranger]
    for giver, taker in zip(ways * 4, (ways[1:] + ways[:1]) * 4, strict=True):
        for amount_micro in (BDT, 10**15):
            try:
                # The same id again and again, and across players.
                transfer(
                    operation=key,
                    player_id=giver.pk,
                    payee_id=taker.pk,
                    amount_micro=amount_micro,
                    reason="round",
                    now=timezone.now(),
                )
            except DomainError:
                continue
    assert all_money() == before


def test_attention_of_a_player_is_a_budget(exchange: Exchange) -> None:
    budget = current_settings().attention_budget_points
    given = [track_attention(player_id=exchange.player.pk, biome=biome, points=budget) for biome in Biome]
    assert sum(sum(one.accepted.values()) for one in given) == budget
