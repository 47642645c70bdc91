"""Tokens for scripts, and the end of all of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timesince import timesince
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from rest_framework_simplejwt.settings import api_settings

from accounts.curl_examples import examples_for
from accounts.requests import player_of
from accounts.sign_ins.devices import Client, client_of
from accounts.sign_ins.sign_out import sign_out_everywhere as end_all_ways_in
from accounts.sign_ins.tokens import issue_tokens
from core.web.middleware import is_htmx
from core.web.rate_limits import limit_requests, limit_sign_ins
from core.web.requests import get_or_post

#: What a pair that was made for a script is called until it is first exchanged.
MADE_HERE = "Made on the page of API tokens"


@get_or_post
@login_required
@never_cache
@limit_sign_ins
def tokens(request: HttpRequest) -> HttpResponse:
    """Explain tokens for scripts, and show a new pair once."""
    context = _pair(request) if request.method == "POST" else {}
    if context and is_htmx(request):
        return render(request, "accounts/pair.html", context)
    lifetimes = {
        "access_lifetime": _duration(api_settings.ACCESS_TOKEN_LIFETIME),
        "refresh_lifetime": _duration(api_settings.REFRESH_TOKEN_LIFETIME),
    }
    return render(request, "accounts/tokens.html", context | lifetimes)


@require_POST
@login_required
@limit_requests
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """End every session, this one too, and every token."""
    end_all_ways_in(player_id=player_of(request).pk)
    logout(request)
    messages.info(request, "You are signed out everywhere.")
    return redirect("sign-in")


def _pair(request: HttpRequest) -> dict[str, Any]:
    pair = issue_tokens(player=player_of(request), client=Client(MADE_HERE, client_of(request).address))
    return {"pair": pair, "examples": examples_for(pair, origin=f"{request.scheme}://{request.get_host()}")}


def _duration(time: timedelta) -> str:
    """Describe a duration in words, such as "15 minutes"."""
    start = datetime(2000, 1, 1)
    return timesince(start, start + time)
