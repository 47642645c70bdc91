"""Confirming a new address by the link that came by mail to it."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from accounts.errors import AddressLinkInvalid
from accounts.mail.new_address import claim_of, confirm_address
from core.web.rate_limits import limit_sign_ins
from core.web.requests import get_or_post

CONFIRMED = "The address is confirmed: from now on it is that of the account."


@get_or_post
@never_cache
@limit_sign_ins
def confirm(request: HttpRequest, proof: str) -> HttpResponse:
    """Show the effect of the link, and apply it when confirmed. No sign-in is required."""
    try:
        player, address = claim_of(proof)
        if request.method == "POST":
            confirm_address(proof=proof, now=timezone.now())
            messages.success(request, CONFIRMED)
            return redirect("account" if request.user.is_authenticated else "sign-in")
    except AddressLinkInvalid:
        return render(request, "accounts/confirm_address.html", status=HTTPStatus.BAD_REQUEST)
    return render(request, "accounts/confirm_address.html", {"player": player, "address": address})
