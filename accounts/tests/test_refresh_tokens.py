from functools import partial

import pytest
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken

from accounts.models import User
from accounts.passwords import change_password
from accounts.tests.cast import ME, OTHER_PASSWORD, PASSWORD, REFRESH, bearer, codes_of, sign_in_for_tokens


def _assert_refused(response, code="token_not_valid"):
    assert response.status_code == 401
    assert codes_of(response) == [(code, None)]
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'


def test_a_refresh_token_gives_a_new_pair(api, ada):
    first = sign_in_for_tokens(api)
    response = api.post(REFRESH, {"refresh": first["refresh"]})

    assert response.status_code == 200
    second = response.json()
    assert set(second) == {"access", "refresh"}
    assert second["refresh"] != first["refresh"]
    assert api.get(ME, **bearer(second["access"])).json()["username"] == "ada"


def test_it_works_once(api, ada):
    first = sign_in_for_tokens(api)
    second = api.post(REFRESH, {"refresh": first["refresh"]}).json()

    _assert_refused(api.post(REFRESH, {"refresh": first["refresh"]}))
    assert OutstandingToken.objects.count() == 2
    assert api.post(REFRESH, {"refresh": second["refresh"]}).status_code == 200


def test_an_access_token_is_not_a_refresh_token(api, ada):
    _assert_refused(api.post(REFRESH, {"refresh": sign_in_for_tokens(api)["access"]}))
    assert not BlacklistedToken.objects.exists()


def test_a_forged_one_is_refused(api, ada):
    _assert_refused(api.post(REFRESH, {"refresh": sign_in_for_tokens(api)["refresh"] + "x"}))
    _assert_refused(api.post(REFRESH, {"refresh": "nonsense"}))
    assert not BlacklistedToken.objects.exists()


def test_an_expired_one_is_refused(api, ada):
    token = RefreshToken.for_user(ada)
    token.set_exp(from_time=timezone.now() - token.lifetime * 2)

    _assert_refused(api.post(REFRESH, {"refresh": str(token)}))
    assert not BlacklistedToken.objects.exists()


@pytest.mark.parametrize("fate", ["deactivated", "deleted"])
def test_a_player_who_is_gone_gets_no_new_pair(api, ada, fate):
    pair = sign_in_for_tokens(api)
    if fate == "deactivated":
        User.objects.update(is_active=False)
    else:
        ada.delete()

    _assert_refused(api.post(REFRESH, {"refresh": pair["refresh"]}), "no_active_account")
    assert OutstandingToken.objects.count() == 1
    assert not BlacklistedToken.objects.exists()


def test_of_simultaneous_exchanges_of_one_token_one_succeeds(transactional_db, ada, new_client, run_together):
    body = {"refresh": sign_in_for_tokens(new_client())["refresh"]}
    replies = run_together([partial(new_client().post, REFRESH, body) for _ in range(4)])

    assert sorted(reply.status_code for reply in replies) == [200, 401, 401, 401]
    assert (OutstandingToken.objects.count(), BlacklistedToken.objects.count()) == (2, 1)


def test_a_change_of_password_that_comes_between_revokes_the_token(transactional_db, api, ada, in_thread, run_before):
    pair = sign_in_for_tokens(api)
    change = partial(change_password, player_id=ada.pk, current_password=PASSWORD, new_password=OTHER_PASSWORD)
    run_before("accounts.tokens.active_player_locked", lambda: in_thread(change).result())

    _assert_refused(api.post(REFRESH, {"refresh": pair["refresh"]}))
    assert (OutstandingToken.objects.count(), BlacklistedToken.objects.count()) == (1, 1)


def test_a_change_of_password_waits_for_an_exchange_and_revokes_what_it_gave(
    transactional_db, api, ada, in_thread, run_after, until_blocked
):
    pair = sign_in_for_tokens(api)
    change = partial(change_password, player_id=ada.pk, current_password=PASSWORD, new_password=OTHER_PASSWORD)
    rivals = []

    def rival_waits():
        rivals.append(in_thread(change))
        until_blocked()

    run_after("accounts.tokens.active_player_locked", rival_waits)
    second = api.post(REFRESH, {"refresh": pair["refresh"]})
    rivals[0].result()

    assert second.status_code == 200
    _assert_refused(api.post(REFRESH, {"refresh": second.json()["refresh"]}))
    assert (OutstandingToken.objects.count(), BlacklistedToken.objects.count()) == (2, 2)
