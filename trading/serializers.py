"""Serializers of the trading API: its input, and its output for the documentation.

One serializer for each operation.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from attention.biomes import Biome
from core.api.fields import BdtChangeText, BdtText, PercentText, PriceText, SharesText, TextField
from core.api.known_fields import RequestSerializer, Variant
from trading.fields import AmountField
from trading.models import Kind
from trading.pricing.quotes import Limit, Side

REASON_LENGTH = 200
#: The one meaning of an amount, wherever a transaction is told.
AMOUNT_HELP = "BDT that the payer gave. The fee is in it: the payee got the amount less the fee."
BALANCE_CHANGE_HELP = (
    "BDT: what it did to the player's balance, negative where the player paid. Of who asks, else null."
)
BALANCE_AFTER_HELP = "BDT that the player had after it, what bids and orders hold included. Of who asks, else null."


class QuoteRequest(RequestSerializer):
    """A buy names `spend` or `shares`; a sale names `shares`."""

    VARIANTS = {
        "QuoteBuyBySpend": Variant(requires=("spend",), lacks=("shares",), given={"side": Side.BUY.value}),
        "QuoteBuyByShares": Variant(requires=("shares",), lacks=("spend",), given={"side": Side.BUY.value}),
        "QuoteSell": Variant(requires=("shares",), lacks=("spend",), given={"side": Side.SELL.value}),
    }

    biome = serializers.ChoiceField(choices=Biome.choices)
    side = serializers.ChoiceField(choices=[side.value for side in Side])
    spend = AmountField(required=False, help_text="BDT to spend, fee included. Buys only.")
    shares = AmountField(required=False, help_text="Shares to buy or to sell.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a size that is missing or given twice."""
        if attrs["side"] == Side.SELL:
            _require_shares_alone(attrs)
        else:
            _require_one_size(attrs)
        return attrs


class BuyRequest(RequestSerializer):
    """Name `spend` or `shares`."""

    VARIANTS = {
        "BuyBySpend": Variant(requires=("spend",), lacks=("shares",)),
        "BuyByShares": Variant(requires=("shares",), lacks=("spend",)),
    }

    biome = serializers.ChoiceField(choices=Biome.choices)
    spend = AmountField(required=False, help_text="BDT to spend, fee included.")
    shares = AmountField(required=False, help_text="Shares to get.")
    least_shares = AmountField(required=False, help_text="Refuse to get fewer shares.")
    worst_price = AmountField(required=False, help_text="Refuse a higher average price, before the fee.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a size that is missing or given twice."""
        _require_one_size(attrs)
        return attrs

    def limit(self) -> Limit:
        """Return the limit that the request carries."""
        return Limit(
            least_shares_micro=self.validated_data.get("least_shares"),
            worst_price_micro=self.validated_data.get("worst_price"),
        )


class SellRequest(RequestSerializer):
    """Shares to sell, and the worst that is accepted for them."""

    biome = serializers.ChoiceField(choices=Biome.choices)
    shares = AmountField(help_text="Shares to sell.")
    least_proceeds = AmountField(required=False, help_text="Refuse to get less BDT, after the fee.")
    worst_price = AmountField(required=False, help_text="Refuse a lower average price, before the fee.")

    def limit(self) -> Limit:
        """Return the limit that the request carries."""
        return Limit(
            least_proceeds_micro=self.validated_data.get("least_proceeds"),
            worst_price_micro=self.validated_data.get("worst_price"),
        )


class OutsideMoneyRequest(RequestSerializer):
    """A top-up or a withdrawal of a player's wallet."""

    player = TextField(max_length=150, help_text="Username.")
    amount = AmountField()
    reason = TextField(max_length=REASON_LENGTH)


class TransferRequest(RequestSerializer):
    """Money for another player."""

    to = TextField(max_length=150, help_text="Username.")
    amount = AmountField()
    note = TextField(max_length=REASON_LENGTH, required=False, allow_blank=True, default="")


class ReceiverQuery(serializers.Serializer[Any]):
    """The name that a transfer would be sent to."""

    to = TextField(max_length=150, help_text="Username, in any case.")


class ReceiverReply(serializers.Serializer[Any]):
    """The player whom a transfer of money or land would reach."""

    username = serializers.CharField()
    display_name = serializers.CharField(help_text="What the player is called beside it; empty for nothing.")
    is_simulated = serializers.BooleanField(help_text="One of the simulated crowd, not a person.")
    date_joined = serializers.DateTimeField()


class QuoteReply(serializers.Serializer[Any]):
    """The exact fill; all numbers are decimal strings."""

    biome = serializers.ChoiceField(choices=Biome.choices)
    side = serializers.ChoiceField(choices=[side.value for side in Side])
    shares = SharesText()
    amount = BdtText(help_text=AMOUNT_HELP)
    traded = BdtText(help_text="BDT along the curve: without the fee of a buy, before the fee of a sale.")
    fee = BdtText(help_text="BDT, to the platform. A buyer pays it on top of what is traded.")
    total = BdtText(help_text="BDT paid with the fee (buy), or got after it (sell).")
    average_price = PriceText(help_text="Before the fee.")
    price_before = PriceText()
    price_after = PriceText()


class ImpactQuoteReply(QuoteReply):
    """A quote."""

    price_impact_percent = PercentText()


class TradeReply(QuoteReply):
    """An executed trade."""

    id = serializers.IntegerField()
    operation = serializers.UUIDField(help_text="The Idempotency-Key.")
    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=[Kind.BIOME_BUY.value, Kind.BIOME_SELL.value])
    balance_change = BdtChangeText(help_text=BALANCE_CHANGE_HELP)
    balance_after = BdtText(help_text=BALANCE_AFTER_HELP, allow_null=True)
    cash_after = BdtText(help_text="BDT that the trade left in the market.")


class MovementReply(serializers.Serializer[Any]):
    """Money that moved without shares. A payer or payee of null is the world outside."""

    id = serializers.IntegerField()
    operation = serializers.UUIDField(help_text="The Idempotency-Key.")
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    payer = serializers.CharField(allow_null=True)
    payee = serializers.CharField(allow_null=True)
    amount = BdtText(help_text=AMOUNT_HELP)
    fee = BdtText()
    balance_change = BdtChangeText(help_text=BALANCE_CHANGE_HELP, allow_null=True)
    balance_after = BdtText(help_text=BALANCE_AFTER_HELP, allow_null=True)
    land = serializers.IntegerField(allow_null=True, help_text="The parcel that changed hands.")
    listing = serializers.IntegerField(allow_null=True)
    corrects = serializers.IntegerField(allow_null=True, help_text="The transaction that this one mends.")
    reason = serializers.CharField()


class WalletReply(serializers.Serializer[Any]):
    """A player's BDT."""

    balance = BdtText(help_text="What can be spent.")
    held = BdtText(help_text="What bids and resting orders have reserved.")
    total = BdtText()


class PositionReply(serializers.Serializer[Any]):
    """One holding."""

    biome = serializers.ChoiceField(choices=Biome.choices)
    shares = SharesText()
    cost = BdtText(help_text="What the shares held now cost, fees included.")
    average_cost = PriceText()
    price = PriceText()
    mark_value = BdtText(help_text="Shares times price.")
    value_if_sold_now = BdtText(help_text="After the price impact and the fee.")
    unrealised_gain = BdtChangeText(help_text="Value if sold now, less the cost.")
    realised_gain = BdtChangeText()


class PortfolioReply(WalletReply):
    """All property of a player. The portfolio page, its line and the leaderboard show the same figures."""

    worth = BdtText(help_text="Balance, held, shares at their price, and land at the world's price.")
    gain = BdtChangeText(
        help_text="By shares and land, sold or at their price, ever: worth, less all money and gifts that came, "
        "and with all that went."
    )
    mark_value = BdtText(help_text="All shares times their price; without money and land.")
    value_if_sold_now = BdtText(
        help_text="All shares, each market's by itself, after the price impact and the fee; without money and land."
    )
    land_value = BdtText(help_text="All parcels at what the world would ask for them now, offered for sale or not.")
    land_gain = BdtChangeText(
        help_text="By land ever: its value now and what sales brought, less what it cost; gifts at their value then."
    )
    land_parcels = serializers.IntegerField(help_text="How many parcels are owned.")
    unrealised_gain = BdtChangeText(help_text="Of shares: value if sold now, less the cost.")
    realised_gain = BdtChangeText(help_text="Of shares: what all sales brought, less their cost.")
    holdings = PositionReply(many=True)


def _require_one_size(attrs: dict[str, Any]) -> None:
    if ("spend" in attrs) == ("shares" in attrs):
        raise serializers.ValidationError({"spend": "Name either spend or shares."}, code="invalid")


def _require_shares_alone(attrs: dict[str, Any]) -> None:
    if "spend" in attrs:
        raise serializers.ValidationError({"spend": "A sale names shares."}, code="invalid")
    if "shares" not in attrs:
        raise serializers.ValidationError({"shares": "A sale names shares."}, code="required")
