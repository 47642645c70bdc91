"""All checks of the doctor, in the order in which one would fix their findings."""

from __future__ import annotations

from operations.doctor import exchange, machine, services
from operations.doctor.findings import Finding, Look, failed
from operations.health import failure_of

LOOKS: dict[str, Look] = {
    "settings": machine.look_at_settings,
    "secrets": machine.look_at_secrets,
    "disks": machine.look_at_disks,
    "static files": machine.look_at_static_files,
    "database": services.look_at_database,
    "standbys": services.look_at_standbys,
    "migrations": services.look_at_migrations,
    "redis": services.look_at_redis,
    "clocks": services.look_at_clocks,
    **exchange.looks_at_processes(),
    "queues": exchange.look_at_queues,
    "cycles": exchange.look_at_cycles,
    "invariants": exchange.look_at_invariants,
    "safeguards": exchange.look_at_safeguards,
    "backups": machine.look_at_backups,
    "mail": machine.look_at_mail,
}


def examine() -> dict[str, Finding]:
    """Run every check; one that fails is reported, and keeps no other from running."""
    return {name: _taken(look) for name, look in LOOKS.items()}


def _taken(look: Look) -> Finding:
    try:
        return look()
    except Exception as error:  # whatever it is, it is what is wrong
        return failed(f"Cannot be looked at: {failure_of(error)}.")
