"""The steps of arriving: the exchange is up, a player registers, signs in, is verified and has money."""

from __future__ import annotations

from http import HTTPStatus

from operations.smoke.visit import API, SPEND_BDT, Visit, expect


def see_alive(visit: Visit) -> str:
    """The web process answers."""
    return str(visit.get("/healthz")["status"])


def see_ready(visit: Visit) -> str:
    """Database and Redis answer, and cycles run."""
    cycle = visit.get("/readyz")["checks"]["last_cycle"]
    return f"cycle {cycle['number']}, {cycle['age_secs']} s ago"


def register(visit: Visit) -> str:
    """Open an account."""
    email = f"{visit.username}@example.com"
    request = {"username": visit.username, "email": email, "password": visit.password}
    visit.post(f"{API}/auth/register", request, status=HTTPStatus.CREATED)
    return visit.username


def sign_in(visit: Visit) -> str:
    """Get a token, and be known by it."""
    visit.access_token = visit.token(visit.username, visit.password)
    me = visit.get(f"{API}/auth/me")
    expect(f"the account {visit.username}", me["username"], visit.username)
    return f"as {visit.username}"


def verify_address(visit: Visit) -> str:
    """Have the operator say that the address is the player's, where nobody did: no mail reaches it."""
    if visit.get(f"{API}/auth/me")["verified_at"] is not None:
        return "verified already"
    if visit.administrator is None or not visit.administrator.verify(visit):
        return "not verified; an exchange that asks for it needs --operator"
    expect("a verified address", visit.get(f"{API}/auth/me")["verified_at"] is not None, wanted=True)
    return "verified by the operator"


def hold_money(visit: Visit) -> str:
    """Have something to spend: the starting grant, or else a top-up by the administrator."""
    visit.have(SPEND_BDT)
    return f"{visit.balance_bdt} BDT"
