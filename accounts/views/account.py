"""The account's own page: each section is a form, saved by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from accounts.forms import PasswordForm, PlayerForm, PreferencesForm, ProfileForm
from accounts.models import User
from accounts.passwords.change import change_password
from accounts.powers import holds_power
from accounts.profile import asks_for_new_address, change_account, change_profile
from accounts.requests import player_of
from accounts.sign_ins.registry import number_of_session
from accounts.views.sign_ins import sign_ins_of
from core.web.middleware import is_htmx
from core.web.rate_limits import count_address_change, limit_requests, limit_sign_ins
from core.web.requests import get_or_post, sent_form
from core.web.theme import remember_theme


@dataclass(frozen=True, slots=True)
class Section:
    """A form of the page, with its template's name and its message of success."""

    form: type[PlayerForm]
    saved: str


ASKED = (
    "Your profile is saved. A mail is on its way to the new address: follow the link in it to confirm the address."
    " Until then the old one counts."
)
SECTIONS = {
    "profile": Section(ProfileForm, "Your profile is saved."),
    "preferences": Section(PreferencesForm, "Your preferences are saved."),
    "password": Section(PasswordForm, "Your password is changed. Other sessions and all refresh tokens have ended."),
}


@require_safe
@login_required
@never_cache
def account(request: HttpRequest) -> HttpResponse:
    """Show the account and its preferences."""
    return _account_page(request)


@get_or_post
@sensitive_post_parameters("current_password")
@login_required
@limit_requests
def profile(request: HttpRequest) -> HttpResponse:
    """Change the display name and the address."""
    player = player_of(request)

    def write(**changes: Any) -> str | None:
        if asks_for_new_address(player, changes["email"]):
            count_address_change(request)
        return ASKED if change_account(player=player, **changes) else None

    return _changed(request, "profile", ProfileForm(sent_form(request), player=player), write)


@get_or_post
@login_required
@limit_requests
def preferences(request: HttpRequest) -> HttpResponse:
    """Change how pages look and what orders tolerate."""
    player = player_of(request)
    write = partial(change_profile, player=player)
    reply = _changed(request, "preferences", PreferencesForm(sent_form(request), player=player), write)
    return remember_theme(reply, player.theme) if reply.status_code < HTTPStatus.BAD_REQUEST else reply


@get_or_post
@sensitive_post_parameters("current_password", "new_password")
@login_required
@limit_sign_ins
def password(request: HttpRequest) -> HttpResponse:
    """Change the password. Other sessions and every refresh token end; this session goes on."""
    player = player_of(request)

    def write(**passwords: str) -> None:
        keep = number_of_session(request.session)
        update_session_auth_hash(request, change_password(player_id=player.pk, keep=keep, **passwords))

    return _changed(request, "password", PasswordForm(sent_form(request), player=player), write)


@require_POST
@limit_requests
def save_theme(request: HttpRequest) -> HttpResponse:
    """Store the theme chosen in the bar: for the player, and for the guest in the browser."""
    theme = request.POST.get("theme", "")
    if theme not in User.Theme:
        raise BadRequest
    if request.user.is_authenticated:
        change_profile(player=player_of(request), theme=theme)
    return remember_theme(HttpResponse(status=HTTPStatus.NO_CONTENT), theme)


def _account_page(request: HttpRequest, **refused: PlayerForm) -> HttpResponse:
    """Render the page; a refused form keeps what was filled in."""
    forms = {name: section.form(player=player_of(request)) for name, section in SECTIONS.items()} | refused
    status = HTTPStatus.BAD_REQUEST if refused else HTTPStatus.OK
    # Where no code is demanded nobody looks for the way to give one here.
    has_power = settings.ADMIN_TOTP_REQUIRED and holds_power(player_of(request))
    context = {"forms": forms, "holds_power": has_power, **sign_ins_of(request)}
    return render(request, "accounts/account.html", context, status=status)


def _changed(request: HttpRequest, name: str, form: PlayerForm, write: Callable[..., object]) -> HttpResponse:
    """Save a section's form, and show the section again: alone for HTMX, else on the page."""
    if not form.is_bound:
        return redirect("account")
    told = _written(form, write)
    said = told or SECTIONS[name].saved
    if is_htmx(request):
        is_refused = bool(form.errors)
        return _refused_section(request, name, form) if is_refused else _saved_section(request, name, form.player, said)
    if form.errors:
        return _account_page(request, **{name: form})
    messages.success(request, said)
    return redirect("account")


def _saved_section(request: HttpRequest, name: str, player: User, said: str) -> HttpResponse:
    context = {"form": SECTIONS[name].form(player=player), "saved": said}
    reply = render(request, f"accounts/{name}.html", context)
    # The page that it is on follows (static/js/site.js).
    chosen = {"theme": player.theme, "motion": player.motion, "zone": player.time_zone}
    return trigger_client_event(reply, "appearance", chosen)


def _refused_section(request: HttpRequest, name: str, form: PlayerForm) -> HttpResponse:
    return render(request, f"accounts/{name}.html", {"form": form}, status=HTTPStatus.BAD_REQUEST)


def _written(form: PlayerForm, write: Callable[..., object]) -> str | None:
    """Save a valid form. Returns a message beyond the section's own; refusals are added to the form."""
    if not form.is_valid():
        return None
    try:
        told = write(**form.cleaned_data)
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return None
    return told if isinstance(told, str) else None
