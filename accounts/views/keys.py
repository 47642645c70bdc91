"""API keys on a page: made, shown once, listed with their last use, and ended."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.errors import SecondFactorMissing, TooManyKeys
from accounts.keys.forms import KeyForm
from accounts.keys.making import make_key
from accounts.keys.registry import end_key, keys_of
from accounts.requests import player_of
from accounts.sign_ins.second_factor import is_missing
from core.web.rate_limits import limit_requests, limit_sign_ins
from core.web.requests import get_or_post, sent_form


@get_or_post
@sensitive_post_parameters("current_password")
@login_required
@never_cache
@limit_sign_ins
def keys(request: HttpRequest) -> HttpResponse:
    """List the player's keys, and make one."""
    form = KeyForm(sent_form(request))
    made = _made(request, form) if form.is_bound and form.is_valid() else {}
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.CREATED if made else HTTPStatus.OK
    now = timezone.now()
    listed = list(keys_of(player_of(request).pk))
    for key in listed:
        key.is_ended = key.is_over(now)  # type: ignore[attr-defined]  # for the template
    context = {"form": KeyForm() if made else form, "keys": listed}
    return render(request, "accounts/keys.html", context | made, status=status)


@require_POST
@login_required
@limit_requests
def end(request: HttpRequest, number: int) -> HttpResponse:
    """End a key."""
    end_key(player_id=player_of(request).pk, number=number)
    messages.success(request, "That key has ended.")
    return redirect("api-keys")


def _made(request: HttpRequest, form: KeyForm) -> dict[str, Any]:
    """Return the context of a new key; empty where it was refused, with the reason in the form."""
    player, now = player_of(request), timezone.now()
    try:
        if player.second_factor_on and is_missing(player, request.session):
            raise SecondFactorMissing
        key, text = make_key(player_id=player.pk, now=now, **form.wanted(now))
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return {}
    except (TooManyKeys, SecondFactorMissing) as refusal:
        form.add_error(None, refusal.detail)
        return {}
    origin = f"{request.scheme}://{request.get_host()}"
    example = f"curl {origin}/api/v1/wallet \\\n  -H 'Authorization: Bearer {text}'"
    return {"made": key, "text": text, "example": example}
