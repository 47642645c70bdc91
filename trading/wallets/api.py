"""The API of wallets: the balance, transfers, and money from and to the outside."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.keys.holders import READ, TRANSFER
from accounts.sign_ins.authentication import BY_TOKEN_ALONE
from accounts.sign_ins.second_factor import has_power, session_of
from core.api.conditional_get import OwnPolledView
from core.api.created import MADE, made_transaction
from core.api.known_fields import ApiView
from core.api.openapi_errors import refusals
from core.api.operations import IDEMPOTENCY_KEY, PLAYER_ONLY, WRITE, caller_id, operation_of
from core.api.query_params import checked_query
from core.database.transactions import retry_deadlocks
from core.errors import AmbiguousName, InsufficientFunds, NotVerified, UnknownPlayer
from trading import payloads
from trading.models import Transaction
from trading.serializers import (
    MovementReply,
    OutsideMoneyRequest,
    ReceiverQuery,
    ReceiverReply,
    TransferRequest,
    WalletReply,
)
from trading.wallets.wallets import player_named, receiver_named, top_up, transfer, wallet_or_empty, withdraw

MONEY = (InsufficientFunds, UnknownPlayer, *WRITE)

MONEY_REFUSALS = refusals(*MONEY)


class MovesOutsideMoney(BasePermission):
    """The permission of players whom an administrator allowed to top up and withdraw."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the caller holds the permission, and has proved it (`accounts.sign_ins.second_factor`)."""
        return has_power(request.user, "trading.move_outside_money", session_of(request))


class WalletView(OwnPolledView):
    required_scope = READ
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = PLAYER_ONLY

    @extend_schema(tags=["wallet"], responses=WalletReply)
    def get(self, request: Request) -> Response:
        """Return the balance, the reserved money, and both together."""
        return Response(payloads.wallet_json(wallet_or_empty(player_id=caller_id(request))))


class TopUpView(ApiView):
    moves_money = True
    permission_classes = [MovesOutsideMoney]

    @extend_schema(
        tags=["wallet"],
        request=OutsideMoneyRequest,
        responses={201: MovementReply, **MONEY_REFUSALS},
        parameters=[IDEMPOTENCY_KEY, *MADE],
    )
    @retry_deadlocks
    def post(self, request: Request) -> Response:
        """Bring money from outside into a player's wallet. For those allowed to."""
        return _move_outside_money(request, top_up)


class WithdrawView(ApiView):
    moves_money = True
    permission_classes = [MovesOutsideMoney]

    @extend_schema(
        tags=["wallet"],
        request=OutsideMoneyRequest,
        responses={201: MovementReply, **MONEY_REFUSALS},
        parameters=[IDEMPOTENCY_KEY, *MADE],
    )
    @retry_deadlocks
    def post(self, request: Request) -> Response:
        """Take money out of a player's wallet to the outside. For those allowed to."""
        return _move_outside_money(request, withdraw)


class TransferView(ApiView):
    required_scope = {"GET": READ, "POST": TRANSFER}
    moves_money = True
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = PLAYER_ONLY
    query_types = (ReceiverQuery,)

    @extend_schema(
        tags=["wallet"],
        operation_id="wallet_transfer_receiver",
        responses={200: ReceiverReply, **refusals(UnknownPlayer, AmbiguousName)},
    )
    def get(self, request: Request) -> Response:
        """Return the player whom a transfer, or a gift of land, would reach by a name. Nothing is sent."""
        asked = checked_query(ReceiverQuery, request)
        return Response(ReceiverReply(receiver_named(asked.validated_data["to"], attr="to")).data)

    @extend_schema(
        tags=["wallet"],
        request=TransferRequest,
        responses={201: MovementReply, **refusals(*MONEY, AmbiguousName, NotVerified)},
        parameters=[IDEMPOTENCY_KEY, *MADE],
    )
    @retry_deadlocks
    def post(self, request: Request) -> Response:
        """Give money to another player."""
        asked = TransferRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        moved = transfer(
            operation=operation_of(request),
            player_id=caller_id(request),
            payee_id=receiver_named(asked.validated_data["to"], attr="to").pk,
            amount_micro=asked.validated_data["amount"],
            reason=asked.validated_data["note"],
            now=timezone.now(),
        )
        return made_transaction(payloads.movement_json(moved, player_id=caller_id(request)), moved)


def _move_outside_money(request: Request, move: Callable[..., Transaction]) -> Response:
    asked = OutsideMoneyRequest(data=request.data)
    asked.is_valid(raise_exception=True)
    moved = move(
        operation=operation_of(request),
        initiator_id=request.user.pk,
        player_id=player_named(asked.validated_data["player"], attr="player", closed_too=True).pk,
        amount_micro=asked.validated_data["amount"],
        reason=asked.validated_data["reason"],
        now=timezone.now(),
    )
    return made_transaction(payloads.movement_json(moved), moved)
