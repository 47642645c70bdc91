"""Checks of the exchange's environment: its settings, disks, files, mail, backups."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.core.mail import get_connection
from django.utils.timesince import timesince

from core.production_checks import SECRET_KEY_LENGTH
from operations.doctor.findings import Finding, failed, ok, warning
from operations.monitoring import backups, disks

_LEAST_LENGTHS = {"SECRET_KEY": SECRET_KEY_LENGTH, "METRICS_TOKEN": 20}
_SENDS_NOTHING = ("dummy", "console", "locmem", "filebased")


def look_at_settings() -> Finding:
    """Report the results of the deployment checks of Django and of its libraries."""
    told = checks.run_checks(include_deployment_checks=settings.PRODUCTION)
    faults = [f"{message.id} {message.msg}" for message in told if message.is_serious()]
    doubts = [f"{message.id} {message.msg}" for message in told if not message.is_serious()]
    if faults:
        return failed(" | ".join(faults))
    if doubts:
        return warning(" | ".join(doubts))
    if not settings.PRODUCTION:
        return warning("PRODUCTION is off: what is not safe is not refused. Strangers should not reach this exchange.")
    if settings.MAINTENANCE:
        return warning("MAINTENANCE is on: pages and API answer 503.")
    return ok(f"in production, for {', '.join(settings.ALLOWED_HOSTS)}")


def look_at_secrets() -> Finding:
    """Report whether secrets are too long to be guessed."""
    named = {"SECRET_KEY": settings.SECRET_KEY, "METRICS_TOKEN": settings.METRICS_TOKEN}
    short = [name for name, value in named.items() if value and len(value) < _LEAST_LENGTHS[name]]
    if not short:
        return ok("long enough")
    words = f"{' and '.join(short)} should be longer: openssl rand -hex 48 makes one."
    return failed(words) if settings.PRODUCTION else warning(words)


def look_at_mail() -> Finding:
    """Report whether the mail server accepts connections. Sends no mail."""
    backend = settings.EMAIL_BACKEND
    if any(f".{kind}." in backend for kind in _SENDS_NOTHING):
        return warning("EMAIL_URL names no mail server: nobody gets a mail, such as one to reset a password.")
    connection = get_connection()
    connection.open()
    connection.close()
    return ok(f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT} takes mail from {settings.DEFAULT_FROM_EMAIL}")


def look_at_disks() -> Finding:
    """Report whether the watched disks have free space."""
    paths = [*settings.DISK_PATHS, str(settings.BASE_DIR)]
    # That there is no such folder is said of the backups.
    if settings.BACKUP_DIR and Path(settings.BACKUP_DIR).is_dir():
        paths.append(settings.BACKUP_DIR)
    free = {path: disks.free_percent(path) for path in paths}
    words = ", ".join(f"{path} has {percent:.0f} % free" for path, percent in free.items())
    if (problem := disks.disk_problem()) is not None:
        return failed(problem)
    if min(free.values()) < settings.DISK_FREE_MIN_PERCENT:
        return failed(f"{words}; {settings.DISK_FREE_MIN_PERCENT} % should be.")
    return ok(words)


def look_at_backups() -> Finding:
    """Report whether there is a recent backup."""
    if not settings.BACKUP_DIR:
        return warning("BACKUP_DIR is not set: whether there are backups cannot be seen from here.")
    newest = backups.newest()
    if newest is None:
        return failed(f"There is no backup in {settings.BACKUP_DIR}.")
    age = timesince(datetime.fromtimestamp(newest.made_at_secs, UTC))
    words = f"{newest.name}, {newest.size_bytes / 1e6:.1f} MB, {age} old"
    is_old = time.time() - newest.made_at_secs > settings.BACKUP_AGE_MAX_SECS
    return failed(f"The newest backup is too old: {words}.") if is_old else ok(words)


def look_at_static_files() -> Finding:
    """Report whether static files were collected, where they are served by names made of their content."""
    if not settings.STATIC_HASHED:
        return ok("served from where they lie")
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if not manifest.is_file():
        return failed("Static files were not gathered: run manage.py collectstatic.")
    return ok(f"gathered in {settings.STATIC_ROOT}")
