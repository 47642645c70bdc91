"""With MAINTENANCE on, pages and API answer when to come again; administrators, health checks and static files go
on.
"""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings


@pytest.fixture(autouse=True)
def closed(settings: Settings) -> None:
    settings.MAINTENANCE = True
    settings.MAINTENANCE_RETRY_SECS = 120


@pytest.mark.parametrize("path", ["/", "/biome-market/", "/sign-in/", "/nothing"])
def test_pages_are_closed_without_a_query(client: Client, path: str) -> None:
    reply = client.get(path)

    assert (reply.status_code, reply["Retry-After"]) == (503, "120")
    assert "closed for maintenance" in reply.content.decode()
    assert 'data-code="maintenance"' in reply.content.decode()


def test_a_fragment_is_a_notice(client: Client) -> None:
    reply = client.post("/biome-market/", HTTP_HX_REQUEST="true")

    assert (reply.status_code, reply["HX-Retarget"]) == (503, "#notices")


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("path", ["/api/v1/wallet", "/api/v1/biome-market/markets", "/api/v1/auth/token"])
def test_the_api_is_closed(client: Client, path: str, method: str) -> None:
    reply = getattr(client, method)(path)

    assert (reply.status_code, reply["Retry-After"]) == (503, "120")
    assert reply.json()["type"] == "server_error"
    assert reply.json()["errors"][0]["code"] == "maintenance"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"), [("/healthz", 200), ("/admin/login/", 200), ("/static/css/site.css", 200), ("/admin", 503)]
)
def test_administrators_health_checks_and_static_files_go_on(client: Client, path: str, status: int) -> None:
    reply = client.get(path)
    reply.close()

    assert reply.status_code == status


@pytest.mark.django_db
def test_readiness_goes_on(client: Client) -> None:
    assert "checks" in client.get("/readyz").json()
