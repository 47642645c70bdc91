import pytest
from django.contrib.sessions.models import Session
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken

from accounts.registration import register_player
from accounts.tests.cast import (
    CHANGE_PASSWORD,
    ME,
    OTHER_PASSWORD,
    PASSWORD,
    REFRESH,
    TOKEN,
    bearer,
    codes_of,
    sign_in_by_session,
    sign_in_for_tokens,
)

CHANGE = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}


def test_the_new_password_signs_in_and_the_old_does_not(api, ada):
    api.credentials(**bearer(sign_in_for_tokens(api)["access"]))
    response = api.post(CHANGE_PASSWORD, CHANGE)

    assert response.status_code == 204
    assert response.content == b""
    assert api.post(TOKEN, {"username": "ada", "password": PASSWORD}).status_code == 401
    assert api.post(TOKEN, {"username": "ada", "password": OTHER_PASSWORD}).status_code == 200


def test_the_asking_session_goes_on_and_others_end(api, ada, new_client):
    other = new_client()
    sign_in_by_session(other)
    sign_in_by_session(api)
    key = api.cookies["sessionid"].value

    assert api.post(CHANGE_PASSWORD, CHANGE).status_code == 204
    assert api.get(ME).status_code == 200
    assert api.cookies["sessionid"].value != key
    assert other.get(ME).status_code == 401


def test_every_refresh_token_of_the_player_ends(api, ada):
    first, second = sign_in_for_tokens(api), sign_in_for_tokens(api)
    register_player(username="grace", email="grace@example.org", password=PASSWORD)
    hers = sign_in_for_tokens(api, username="grace")
    api.post(CHANGE_PASSWORD, CHANGE, **bearer(first["access"]))

    for pair in (first, second):
        assert codes_of(api.post(REFRESH, {"refresh": pair["refresh"]})) == [("token_not_valid", None)]
    assert api.post(REFRESH, {"refresh": hers["refresh"]}).status_code == 200


def test_a_token_makes_no_session(api, ada):
    api.post(CHANGE_PASSWORD, CHANGE, **bearer(sign_in_for_tokens(api)["access"]))

    assert not Session.objects.exists()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"current_password": "wrong"}, [("password_incorrect", "current_password")]),
        ({"new_password": "sh0rt"}, [("password_too_short", "new_password")]),
        ({"new_password": "ada@example.org"}, [("password_too_similar", "new_password")]),
        ({"new_password": ""}, [("blank", "new_password")]),
    ],
)
def test_a_refusal_changes_nothing(api, ada, changes, expected):
    pair = sign_in_for_tokens(api)
    response = api.post(CHANGE_PASSWORD, {**CHANGE, **changes}, **bearer(pair["access"]))

    assert response.status_code == 400
    assert response.json()["type"] == "validation_error"
    assert codes_of(response) == expected
    before = ada.password
    ada.refresh_from_db()
    assert ada.password == before
    assert not BlacklistedToken.objects.exists()


def test_a_session_needs_its_csrf_token(api, ada):
    sign_in_by_session(api)
    api.credentials()

    assert api.post(CHANGE_PASSWORD, CHANGE).status_code == 403
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_a_guest_is_refused(api, db):
    response = api.post(CHANGE_PASSWORD, CHANGE)

    assert response.status_code == 401
    assert codes_of(response) == [("not_authenticated", None)]
