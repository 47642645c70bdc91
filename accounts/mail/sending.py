"""Mail to players: written from a template, and sent by the worker, so that no page waits for it.

What is logged names no address: a mail server's refusal would.
"""

from __future__ import annotations

from functools import partial
from smtplib import SMTPException
from typing import Any

from celery import shared_task
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from kombu.exceptions import OperationalError

from accounts.errors import NoMail
from core.errors import ServiceUnavailable

#: Of each template.
SUBJECTS = {
    "password_reset": "Biome Exchange: set a new password",
    "password_changed": "Biome Exchange: your password was changed",
    "token_reused": "Biome Exchange: a sign-in of a program was ended",
    "verification": "Biome Exchange: confirm your e-mail address",
    "new_address": "Biome Exchange: confirm your new e-mail address",
    "address_taken": "Biome Exchange: your e-mail address was named",
    "address_changed": "Biome Exchange: your e-mail address was changed",
}


class MailNotSent(Exception):
    """The mail server cannot be reached, or refuses. The message names the kind of error alone."""


#: A mail server that is away may be back: after so long, then twice as long each time, so often.
MAIL_AGAIN_SECS, MAIL_AGAIN_TIMES = 30, 6

#: Decorate a task that sends mail: it is tried again while the mail server is away.
mail_task = partial(
    shared_task, autoretry_for=(MailNotSent,), retry_backoff=MAIL_AGAIN_SECS, max_retries=MAIL_AGAIN_TIMES
)


def is_sent() -> bool:
    """Return whether this exchange sends mail at all (EMAIL_URL)."""
    return not settings.EMAIL_BACKEND.startswith("django.core.mail.backends.dummy")


def require_mail() -> None:
    """Raise NoMail where the exchange sends no mail."""
    if not is_sent():
        raise NoMail


def leave_to_worker(task: Any, **arguments: str) -> None:
    """Queue a task of the worker that writes and sends a mail. Raises ServiceUnavailable when it cannot be queued."""
    try:
        task.delay(**arguments)
    except OperationalError as error:
        raise ServiceUnavailable from error


def send(template: str, *, address: str, **content: Any) -> None:
    """Send a mail from `accounts/mails/<template>.txt`. Raises MailNotSent, upon which the task tries again."""
    text = render_to_string(f"accounts/mails/{template}.txt", content)
    try:
        send_mail(SUBJECTS[template], text, settings.DEFAULT_FROM_EMAIL, [address])
    except (SMTPException, OSError) as error:
        raise MailNotSent(type(error).__name__) from None
