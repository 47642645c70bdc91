from django.contrib.sessions.models import Session

from accounts.tests.cast import ME, SESSION, codes_of, sign_in_by_session


def test_the_session_ends(api, ada):
    sign_in_by_session(api)
    response = api.delete(SESSION)

    assert response.status_code == 204
    assert response.content == b""
    assert not Session.objects.exists()
    assert api.get(ME).status_code == 401


def test_without_the_csrf_token_it_goes_on(api, ada):
    sign_in_by_session(api)
    api.credentials()
    response = api.delete(SESSION)

    assert response.status_code == 403
    assert codes_of(response) == [("permission_denied", None)]
    assert api.get(ME).status_code == 200


def test_without_a_session_there_is_nothing_to_do(api, db):
    assert api.delete(SESSION).status_code == 204


def test_other_sessions_go_on(api, ada, new_client):
    other = new_client()
    sign_in_by_session(other)
    sign_in_by_session(api)
    api.delete(SESSION)

    assert other.get(ME).status_code == 200
