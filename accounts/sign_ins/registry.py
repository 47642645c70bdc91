"""The open sign-ins of players: browsers' sessions, and pairs of tokens, each a row until it ends.

A session carries its row's number in its data, a token as the claim `sign_in`. Without its row a refresh token is
not exchanged; an access token lives until `accounts.sign_ins.revocations` has announced its end.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.errors import NoSuchSignIn
from accounts.models import SignIn, User
from accounts.sign_ins.devices import Client, client_of
from accounts.sign_ins.stream_control import tell_ended
from core.database.transactions import after_commit, short_transaction

#: Where a session's data has its row.
FIELD = "sign_in"
#: How exactly it is known when one was last used.
SEEN_SECS = 300


def begin_session(*, request: HttpRequest, player: User) -> None:
    """Record a session that has just begun. It ends after SESSION_COOKIE_AGE however much it is used."""
    if request.session.session_key is None:
        # Another player's session has just made room for it.
        request.session.create()
    now, client = timezone.now(), client_of(request)
    until = now + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    kept = {"player": player, "began_at": now, "seen_at": now, "until": until}
    began, _ = SignIn.objects.update_or_create(
        session_key=request.session.session_key, defaults={**kept, "device": client.device, "address": client.address}
    )
    request.session.set_expiry(until)
    _note(request, began.pk, now)


def begin_tokens(*, player: User, client: Client, until: datetime) -> int:
    """Record a pair of tokens whose refresh token lasts `until`, and return its number."""
    now = timezone.now()
    began = SignIn.objects.create(
        player=player, began_at=now, seen_at=now, until=until, device=client.device, address=client.address
    )
    return began.pk


def renew_tokens(*, number: int, player: User, client: Client, until: datetime) -> bool:
    """Record that a pair was exchanged for the next one. Returns False when its sign-in has ended."""
    renewed = SignIn.objects.filter(pk=number, player=player, session_key="").update(
        seen_at=timezone.now(), until=until, device=client.device, address=client.address
    )
    return bool(renewed)


def note_use(request: HttpRequest) -> None:
    """Record the use of the request's session, every SEEN_SECS, and its key; guests have none."""
    session = request.session
    if not session.accessed or SESSION_KEY not in session or session.session_key is None:
        return
    noted, now = session.get(FIELD), timezone.now()
    if noted and noted["key"] == session.session_key and abs(now.timestamp() - noted["seen"]) < SEEN_SECS:
        return
    client = client_of(request)
    in_use = {"session_key": session.session_key, "seen_at": now, "device": client.device, "address": client.address}
    if noted and SignIn.objects.filter(pk=noted["id"]).update(**in_use):
        _note(request, noted["id"], now)
    elif request.user.is_authenticated:
        begin_session(request=request, player=request.user)


def open_sign_ins(*, player_id: int) -> QuerySet[SignIn]:
    """Return the player's sign-ins that still open the account, the latest used first."""
    goes_on = Exists(Session.objects.filter(pk=OuterRef("session_key"), expire_date__gt=timezone.now()))
    mine = SignIn.objects.filter(player_id=player_id, until__gt=timezone.now())
    return mine.filter(Q(session_key="") | goes_on).order_by("-seen_at", "-pk")


def number_of_session(session: object) -> int | None:
    """Return the row of a session's sign-in; None for a guest's."""
    noted = session.get(FIELD)  # type: ignore[attr-defined]  # any mapping of Django's sessions
    return noted["id"] if noted else None


def end_sign_in(*, player_id: int, number: int) -> None:
    """End one of a player's sign-ins, with its open streams. Raises NoSuchSignIn."""
    with short_transaction():
        if not end_sign_ins(SignIn.objects.filter(player_id=player_id, pk=number)):
            raise NoSuchSignIn


def end_others(*, player_id: int, keep: int | None) -> None:
    """End all of a player's sign-ins but one."""
    with short_transaction():
        end_sign_ins(SignIn.objects.filter(player_id=player_id).exclude(pk=keep or 0))


def end_sign_ins(sign_ins: QuerySet[SignIn]) -> int:
    """End these sign-ins of one player, within a transaction, and return how many there were."""
    ended = list(sign_ins.values_list("pk", "player_id", "session_key"))
    if not ended:
        return 0
    numbers = [number for number, _, _ in ended]
    Session.objects.filter(pk__in=[key for *_, key in ended if key]).delete()
    SignIn.objects.filter(pk__in=numbers).delete()
    after_commit(partial(tell_ended, ended[0][1], numbers))
    return len(ended)


def _note(request: HttpRequest, number: int, now: datetime) -> None:
    request.session[FIELD] = {"id": number, "key": request.session.session_key, "seen": now.timestamp()}
