"""A deactivated or deleted player is refused by every view."""

import pytest
from django.contrib.sessions.models import Session
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts.models import User
from accounts.tests.cast import ADA, ME, SESSION, TOKEN, bearer, codes_of, sign_in_by_session, sign_in_for_tokens


@pytest.mark.parametrize("url", [TOKEN, SESSION])
def test_a_deactivated_player_cannot_sign_in(api, ada, url):
    User.objects.update(is_active=False)
    response = api.post(url, ADA)

    assert response.status_code == 401
    assert codes_of(response) == [("no_active_account", None)]
    assert not OutstandingToken.objects.exists()
    assert not Session.objects.exists()


def test_the_access_token_of_a_deactivated_player_is_refused(api, ada):
    pair = sign_in_for_tokens(api)
    User.objects.update(is_active=False)
    response = api.patch(ME, {"theme": "dark"}, **bearer(pair["access"]))

    assert response.status_code == 401
    assert "user_inactive" in response.content.decode()
    assert User.objects.get().theme == "system"


def test_the_access_token_of_a_deleted_player_is_refused(api, ada):
    pair = sign_in_for_tokens(api)
    ada.delete()
    response = api.get(ME, **bearer(pair["access"]))

    assert response.status_code == 401
    assert "user_not_found" in response.content.decode()


def test_the_session_of_a_deactivated_player_is_refused(api, ada):
    sign_in_by_session(api)
    User.objects.update(is_active=False)
    response = api.patch(ME, {"theme": "dark"})

    assert response.status_code == 401
    assert codes_of(response) == [("not_authenticated", None)]
    assert User.objects.get().theme == "system"
