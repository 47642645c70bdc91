"""The open sign-ins, on the account's page: each can be ended, and all others at once."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.requests import player_of
from accounts.sign_ins.registry import end_others, end_sign_in, number_of_session, open_sign_ins
from core.web.rate_limits import limit_requests

#: The page shows so many; the others can still be ended at once.
SHOWN = 50


def sign_ins_of(request: HttpRequest) -> dict[str, Any]:
    """Return the context of `accounts/sign_ins.html`."""
    mine = list(open_sign_ins(player_id=player_of(request).pk)[: SHOWN + 1])
    here = number_of_session(request.session)
    return {"sign_ins": mine[:SHOWN], "has_more_sign_ins": len(mine) > SHOWN, "this_sign_in": here}


@require_POST
@login_required
@limit_requests
def end_one(request: HttpRequest, number: int) -> HttpResponse:
    """End a session or a pair of tokens; this session too."""
    if number == number_of_session(request.session):
        logout(request)
        messages.info(request, "You are signed out.")
        return redirect("sign-in")
    end_sign_in(player_id=player_of(request).pk, number=number)
    messages.success(request, "That sign-in has ended.")
    return redirect("account")


@require_POST
@login_required
@limit_requests
def end_all_others(request: HttpRequest) -> HttpResponse:
    """End all but this session."""
    end_others(player_id=player_of(request).pk, keep=number_of_session(request.session))
    messages.success(request, "All other sign-ins have ended.")
    return redirect("account")
