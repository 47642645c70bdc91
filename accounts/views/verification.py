"""Having the link that verifies an address sent again."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.mail.verification import ask_for_link
from accounts.requests import player_of
from core.web.rate_limits import limit_password_resets

SENT = "A link is on its way to your address. Open it, and your account is ready. None comes twice within a minute."


@require_POST
@login_required
@limit_password_resets
def send_link(request: HttpRequest) -> HttpResponse:
    """Send the link to the player's own address again."""
    ask_for_link(player=player_of(request))
    messages.info(request, SENT)
    return redirect("account")
