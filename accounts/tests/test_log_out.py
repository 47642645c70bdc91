from django.contrib.sessions.models import Session
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken

from accounts.tests.cast import LOGOUT, ME, REFRESH, bearer, codes_of, sign_in_by_session, sign_in_for_tokens


def test_the_refresh_token_is_revoked(api, ada):
    pair = sign_in_for_tokens(api)
    response = api.post(LOGOUT, {"refresh": pair["refresh"]})

    assert response.status_code == 204
    assert response.content == b""
    assert codes_of(api.post(REFRESH, {"refresh": pair["refresh"]})) == [("token_not_valid", None)]


def test_an_expired_access_token_does_not_stand_in_the_way(api, ada):
    pair = sign_in_for_tokens(api)

    assert api.post(LOGOUT, {"refresh": pair["refresh"]}, **bearer("stale")).status_code == 204


def test_other_refresh_tokens_live_on(api, ada):
    kept = sign_in_for_tokens(api)
    api.post(LOGOUT, {"refresh": sign_in_for_tokens(api)["refresh"]})

    assert api.post(REFRESH, {"refresh": kept["refresh"]}).status_code == 200


def test_the_session_ends_too(api, ada):
    pair = sign_in_for_tokens(api)
    sign_in_by_session(api)

    assert api.post(LOGOUT, {"refresh": pair["refresh"]}).status_code == 204
    assert api.get(ME).status_code == 401
    assert not Session.objects.exists()


def test_a_session_needs_its_csrf_token(api, ada):
    pair = sign_in_for_tokens(api)
    sign_in_by_session(api)
    api.credentials()
    response = api.post(LOGOUT, {"refresh": pair["refresh"]})

    assert response.status_code == 403
    assert codes_of(response) == [("permission_denied", None)]
    assert api.get(ME).status_code == 200
    assert not BlacklistedToken.objects.exists()


def test_a_revoked_token_is_refused(api, ada):
    refresh = sign_in_for_tokens(api)["refresh"]
    api.post(LOGOUT, {"refresh": refresh})
    sign_in_by_session(api)
    response = api.post(LOGOUT, {"refresh": refresh})

    assert response.status_code == 401
    assert codes_of(response) == [("token_not_valid", None)]
    assert api.get(ME).status_code == 200


def test_a_token_is_required(api, db):
    response = api.post(LOGOUT, {})

    assert response.status_code == 400
    assert codes_of(response) == [("required", "refresh")]
