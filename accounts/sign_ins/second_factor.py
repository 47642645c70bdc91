"""A second factor for accounts with a power (`accounts.powers`): a code of an app (TOTP), or a recovery code.

Playing needs a password only. Players who have one on, or must have one (ADMIN_TOTP_REQUIRED), use a power only in a
session in which a code was given; so never by token. Codes are verified by django-otp, which doubles the waiting
time after each wrong one.
"""

from __future__ import annotations

import math
from base64 import b32encode
from typing import Any

import segno
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY, verify_token
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

from accounts.models import User
from accounts.powers import holds_power
from core.database.transactions import short_transaction

RECOVERY_CODES = 10
APP_CODE_LENGTH = 6


def device_of(user: User) -> TOTPDevice | None:
    """Return the app that the user's codes come from; None where the second factor is off."""
    device: TOTPDevice | None = TOTPDevice.objects.filter(user=user, confirmed=True).first()
    return device


def is_missing(user: User, session: SessionBase | None) -> bool:
    """Return whether this user must still give a code before using a power.

    A token has no session, so it always must.
    """
    if not user.second_factor_on:
        return settings.ADMIN_TOTP_REQUIRED and holds_power(user)
    device = device_of(user)
    return device is None or session is None or session.get(DEVICE_ID_SESSION_KEY) != device.persistent_id


def has_power(user: Any, permission: str, session: SessionBase | None) -> bool:
    """Return whether somebody holds a permission that players do not have, and has proved to be who may use it."""
    return bool(user.has_perm(permission)) and not is_missing(user, session)


def session_of(request: Request) -> SessionBase | None:
    """Return the session by which the API was asked; None where it was by token."""
    is_by_session = isinstance(request.successful_authenticator, SessionAuthentication)
    return request._request.session if is_by_session else None


def new_device(user: User) -> TOTPDevice:
    """Return the app that the user is about to turn on: the same until then, so that a page can be loaded again."""
    device, _ = TOTPDevice.objects.get_or_create(user=user, confirmed=False, defaults={"name": "app"})
    return device


def turn_on(user: User, code: str) -> list[str] | None:
    """Turn the second factor on by a code of the new app.

    Returns the recovery codes, shown once; None for a wrong code.
    """
    device = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    if device is None or device_of(user) is not None or not _is_right(user, device, code):
        return None
    with short_transaction():
        TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
        _keep_state(user, is_on=True)
        return _new_recovery_codes(user)


def renew_recovery_codes(user: User) -> list[str]:
    """Replace the recovery codes, and return the new ones."""
    with short_transaction():
        return _new_recovery_codes(user)


def prove(request: HttpRequest, user: User, code: str) -> bool:
    """Return whether the code is valid, from the app or a recovery code, which works once.

    The session counts as proved then.
    """
    device = device_of(user)
    if device is None or not _is_right(user, device, code):
        return False
    take_as_proved(request, user)
    return True


def take_as_proved(request: HttpRequest, user: User) -> None:
    """Record that the user gave a code in this session, under a new session key as at every sign-in."""
    device = device_of(user)
    assert device is not None
    request.session.cycle_key()
    request.session[DEVICE_ID_SESSION_KEY] = device.persistent_id


def turn_off(user: User) -> bool:
    """Delete app and recovery codes. Returns False where the second factor was off."""
    with short_transaction():
        StaticDevice.objects.filter(user=user).delete()
        deleted, _ = TOTPDevice.objects.filter(user=user).delete()
        _keep_state(user, is_on=False)
    return bool(deleted)


def qr_code(device: TOTPDevice) -> str:
    """Draw the QR code of the app's key as an SVG element."""
    return str(segno.make(device.config_url, error="m").svg_inline(scale=5, border=3, light="#fff"))


def key_text(device: TOTPDevice) -> str:
    """Return the key for typing into the app, in groups of four characters."""
    key = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(key[place : place + 4] for place in range(0, len(key), 4))


def wait_secs(user: User) -> int:
    """Return the seconds until codes are accepted again after wrong ones; 0 when they are."""
    waits = (device.verify_is_allowed()[1] for device in _devices_of(user))
    ends = [wait["locked_until"] for wait in waits if wait]
    return max((math.ceil((end - timezone.now()).total_seconds()) for end in ends), default=0)


def _keep_state(user: User, *, is_on: bool) -> None:
    user.second_factor_on = is_on
    user.save(update_fields=["second_factor_on"])


def _devices_of(user: User) -> list[TOTPDevice | StaticDevice]:
    return [*TOTPDevice.objects.filter(user=user), *StaticDevice.objects.filter(user=user)]


def _is_right(user: User, device: TOTPDevice, code: str) -> bool:
    code = code.replace(" ", "").lower()
    if len(code) == APP_CODE_LENGTH and code.isascii() and code.isdecimal():
        return verify_token(user, device.persistent_id, code) is not None
    recovery = StaticDevice.objects.filter(user=user).first()
    return recovery is not None and verify_token(user, recovery.persistent_id, code) is not None


def _new_recovery_codes(user: User) -> list[str]:
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery")
    codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes
