"""The administration's pages of the second factor: entering a code, turning it on or off, new recovery codes."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.models import User
from accounts.powers import holds_power
from accounts.sign_ins import second_factor
from core.web.rate_limits import limit_sign_ins
from core.web.requests import get_or_post

WRONG = "This code is wrong, or was used before."


class CodeForm(forms.Form):
    """The form of a code, from the app or for recovery."""

    code = forms.CharField(
        label="Code",
        max_length=20,
        widget=forms.TextInput({"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}),
    )


@get_or_post
@never_cache
@sensitive_post_parameters("code")
@limit_sign_ins
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a code after the password; then redirect to the page that the administrator was going to."""
    user = _powerful(request)
    if second_factor.device_of(user) is None:
        return redirect("admin:set-up-second-factor")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        if second_factor.prove(request, user, form.cleaned_data["code"]):
            return HttpResponseRedirect(_next_of(request))
        _refuse(form, user)
    return _page(request, "ask", {"form": form, "next": _next_of(request), "title": "Enter your code"})


@get_or_post
@never_cache
@sensitive_post_parameters("code")
@limit_sign_ins
def set_up(request: HttpRequest) -> HttpResponse:
    """Turn the second factor on with an app; or, where it is on, off again, or make new recovery codes."""
    user = _powerful(request)
    if second_factor.device_of(user) is not None:
        return _change(request, user)
    form = CodeForm(request.POST or None)
    if form.is_valid():
        codes = second_factor.turn_on(user, form.cleaned_data["code"])
        if codes is not None:
            # The code has just been given.
            second_factor.take_as_proved(request, user)
            _log(user, "Turned the second factor on.")
            return _page(request, "codes", {"codes": codes, "title": "The second factor is on"})
        _refuse(form, user)
    device = second_factor.new_device(user)
    # Made by us of the key and the name, which it escapes.
    picture = mark_safe(second_factor.qr_code(device))  # noqa: S308
    key = second_factor.key_text(device)
    return _page(request, "turn_on", {"form": form, "picture": picture, "key": key, "title": "Turn on a second factor"})


def _change(request: HttpRequest, user: User) -> HttpResponse:
    if second_factor.is_missing(user, request.session):
        return redirect("admin:second-factor")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        if not second_factor.prove(request, user, form.cleaned_data["code"]):
            _refuse(form, user)
        elif "renew" in request.POST:
            _log(user, "Made new recovery codes.")
            codes = second_factor.renew_recovery_codes(user)
            return _page(request, "codes", {"codes": codes, "title": "New recovery codes"})
        else:
            second_factor.turn_off(user)
            _log(user, "Turned the second factor off.")
            messages.success(request, "The second factor is off.")
            return redirect(_home_of(request))
    return _page(request, "turn_off", {"form": form, "title": "The second factor is on"})


def _powerful(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User) or not (user.is_active and holds_power(user)):
        raise PermissionDenied
    return user


def _refuse(form: CodeForm, user: User) -> None:
    wait_secs = second_factor.wait_secs(user)
    form.add_error("code", WRONG if wait_secs <= 0 else f"{WRONG} Wait {wait_secs} s, then try again.")


def _log(user: User, told: str) -> None:
    LogEntry.objects.log_actions(user.pk, [user], CHANGE, change_message=told, single_object=True)


def _next_of(request: HttpRequest) -> str:
    asked = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if is_ours else _home_of(request)


def _home_of(request: HttpRequest) -> str:
    """Return the page for an account with a power after signing in: the administration's pages are for staff."""
    return reverse("admin:index" if _powerful(request).is_staff else "account")


def _page(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    form = context.get("form")
    status = HTTPStatus.BAD_REQUEST if form is not None and form.errors else HTTPStatus.OK
    context = {**admin.site.each_context(request), "home": _home_of(request), **context}
    return render(request, f"admin/second_factor/{name}.html", context, status=status)
