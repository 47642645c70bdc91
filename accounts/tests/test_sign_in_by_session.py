import json

import pytest
from django.contrib.sessions.models import Session

from accounts.registration import register_player
from accounts.tests.cast import ADA, ME, PASSWORD, SESSION, codes_of, sign_in_by_session


def test_a_session_opens_the_account(api, ada):
    response = api.post(SESSION, ADA)

    assert response.status_code == 200
    assert response.json()["username"] == "ada"
    assert response.cookies["sessionid"]["httponly"]
    assert response.cookies["sessionid"]["samesite"] == "Lax"
    assert response.cookies["csrftoken"].value
    assert api.get(ME).json() == response.json()
    assert Session.objects.count() == 1


def test_wrong_credentials_open_none(api, ada):
    response = api.post(SESSION, {**ADA, "password": "wrong"})

    assert response.status_code == 401
    assert codes_of(response) == [("no_active_account", None)]
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'
    assert not Session.objects.exists()


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_another_site_cannot_sign_a_visitor_in(api, ada, content_type):
    # These are the only content types that a foreign page can send without asking first.
    response = api.generic("POST", SESSION, json.dumps(ADA), content_type=content_type)

    assert response.status_code == 415
    assert codes_of(response) == [("unsupported_media_type", None)]
    assert not Session.objects.exists()


def test_another_player_gets_a_session_of_their_own(api, ada):
    register_player(username="grace", email="grace@example.org", password=PASSWORD)
    sign_in_by_session(api)
    before = api.cookies["sessionid"].value

    assert api.post(SESSION, {**ADA, "username": "grace"}).status_code == 200
    assert api.get(ME).json()["username"] == "grace"
    assert api.cookies["sessionid"].value != before
    assert Session.objects.count() == 1


def test_who_has_a_session_needs_its_csrf_token_to_sign_in_again(api, ada):
    sign_in_by_session(api)
    api.credentials()
    response = api.post(SESSION, ADA)

    assert response.status_code == 403
    assert codes_of(response) == [("permission_denied", None)]
