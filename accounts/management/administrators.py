"""In whose name a command acts: whoever runs one has the server, and an administrator answers for what is done."""

from __future__ import annotations

from django.core.management.base import CommandError

from accounts.models import User


def administrator_who_may(name: str, *powers: str) -> User:
    """Return the administrator of this name. Raises CommandError unless all of the powers are theirs."""
    administrator = User.objects.named(name).filter(is_active=True).first()
    if administrator is None:
        raise CommandError(f"There is no active account {name!r}.")
    lacking = [power for power in powers if not administrator.has_perm(power)]
    if lacking:
        raise CommandError(f"{administrator} may not do this: {', '.join(lacking)} is missing.")
    return administrator
