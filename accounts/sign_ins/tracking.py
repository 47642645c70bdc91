"""Middleware and signal handlers that record when sessions begin, are used and end, on all ways into the exchange."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.db import Error
from django.http import HttpRequest, HttpResponse

from accounts.models import SignIn, User
from accounts.sign_ins.registry import begin_session, end_sign_ins, note_use, number_of_session
from core.database.transactions import short_transaction

logger = logging.getLogger(__name__)


def note_sessions(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Note which sessions are in use. A middleware."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        try:
            note_use(request)
        except Error as error:
            # What was answered without the database stands; the next request notes it.
            logger.warning("The use of a session could not be noted: %s", type(error).__name__)
        return response

    return middleware


def session_began(*, request: HttpRequest, user: User, **about: Any) -> None:
    """Note a new session. A receiver of `user_logged_in`, which signing in with tokens sends too, without a session."""
    if request.session.get(SESSION_KEY) == str(user.pk) and number_of_session(request.session) is None:
        begin_session(request=request, player=user)


def session_ended(*, request: HttpRequest, **about: Any) -> None:
    """Note a session's end. A receiver of `user_logged_out`, called before the session's data goes."""
    if (number := number_of_session(request.session)) is not None:
        with short_transaction():
            end_sign_ins(SignIn.objects.filter(pk=number))
