"""Registering, signing in and out."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.errors import NoActiveAccount
from accounts.forms import RegisterForm, SignInForm
from accounts.models import User
from accounts.registration import register_player
from accounts.sign_ins.next_page import next_of
from accounts.sign_ins.sign_in import identify_player, start_session
from core.errors import DomainError, LockedOut
from core.web.rate_limits import limit_registrations, limit_requests, limit_sign_ins
from core.web.requests import get_or_post, sent_form
from core.web.theme import theme_of_browser


@get_or_post
@never_cache
@sensitive_post_parameters("password")
@limit_registrations
def register(request: HttpRequest) -> HttpResponse:
    """Open an account, sign in, and go back to where the player came from."""
    if request.user.is_authenticated:
        return redirect(next_of(request))
    form = RegisterForm(sent_form(request))
    # What was chosen as a guest stays.
    player = _registered(form, theme=theme_of_browser(request)) if form.is_valid() else None
    if player is None:
        return _guest_page(request, "accounts/register.html", form)
    start_session(request=request, player=player)
    messages.success(request, format_html("Welcome, <bdi>{}</bdi>.", player.username), extra_tags="welcome")
    return redirect(next_of(request))


@get_or_post
@never_cache
@sensitive_post_parameters("password")
@limit_sign_ins
def sign_in(request: HttpRequest) -> HttpResponse:
    """Start a session, and go back to where the player came from."""
    if request.user.is_authenticated:
        return redirect(next_of(request))
    form = SignInForm(sent_form(request))
    if not form.is_valid():
        return _guest_page(request, "accounts/sign_in.html", form)
    try:
        player = identify_player(request=request, **form.cleaned_data)
    except (NoActiveAccount, LockedOut) as refusal:
        return _refused_sign_in(request, form, refusal)
    start_session(request=request, player=player)
    return redirect(next_of(request))


@require_POST
@limit_requests
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    messages.info(request, "You are signed out.")
    return redirect("home")


def _registered(form: RegisterForm, *, theme: str) -> User | None:
    """Register the player. Returns None, with the errors in the form, when the name or address was taken meanwhile."""
    try:
        return register_player(**form.cleaned_data, theme=theme)
    except ValidationError as taken:
        form.add_error(None, taken)
        return None


def _guest_page(request: HttpRequest, template: str, form: Form) -> HttpResponse:
    context = {"form": form, "next": next_of(request)}
    return render(request, template, context, status=HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK)


def _refused_sign_in(request: HttpRequest, form: SignInForm, refusal: DomainError) -> HttpResponse:
    form.add_error(None, refusal.detail)
    page = _guest_page(request, "accounts/sign_in.html", form)
    page.status_code = refusal.status
    if refusal.retry_after_secs is not None:
        page["Retry-After"] = str(refusal.retry_after_secs)
    return page
