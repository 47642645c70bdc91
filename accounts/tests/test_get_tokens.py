import pytest
from django.contrib.sessions.models import Session
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts.tests.cast import ADA, ME, TOKEN, bearer, codes_of, sign_in_for_tokens


def test_a_name_and_a_password_give_a_pair(api, ada):
    pair = sign_in_for_tokens(api)

    assert set(pair) == {"access", "refresh"}
    assert api.get(ME, **bearer(pair["access"])).json()["username"] == "ada"
    assert OutstandingToken.objects.get().user == ada
    ada.refresh_from_db()
    assert ada.last_login is not None


def test_it_opens_no_session(api, ada):
    sign_in_for_tokens(api)

    assert not Session.objects.exists()
    assert "sessionid" not in api.cookies


@pytest.mark.parametrize("changes", [{"password": "wrong"}, {"username": "nobody"}])
def test_wrong_credentials_are_one_refusal(api, ada, changes):
    response = api.post(TOKEN, {**ADA, **changes})

    assert response.status_code == 401
    assert response.json() == {
        "type": "client_error",
        "errors": [
            {
                "code": "no_active_account",
                "detail": "No active account has this name and password.",
                "attr": None,
            }
        ],
    }
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'
    assert not OutstandingToken.objects.exists()
    ada.refresh_from_db()
    assert ada.last_login is None


def test_a_stale_access_token_does_not_stand_in_the_way(api, ada):
    assert api.post(TOKEN, ADA, **bearer("stale")).status_code == 200


def test_a_refresh_token_opens_no_door(api, ada):
    response = api.get(ME, **bearer(sign_in_for_tokens(api)["refresh"]))

    assert response.status_code == 401
    assert response.json()["errors"][0]["code"] == "token_not_valid"


@pytest.mark.parametrize("field", ["username", "password"])
def test_both_fields_are_required(api, db, field):
    response = api.post(TOKEN, {name: value for name, value in ADA.items() if name != field})

    assert response.status_code == 400
    assert codes_of(response) == [("required", field)]
