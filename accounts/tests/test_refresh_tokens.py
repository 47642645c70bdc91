from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts.models import SignIn, User
from accounts.passwords.change import change_password
from accounts.sign_ins import revocations
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

    assert api.post(REFRESH, {"refresh": second["refresh"]}).status_code == 200
    _assert_refused(api.post(REFRESH, {"refresh": first["refresh"]}))
    assert OutstandingToken.objects.count() == 3


def test_one_that_comes_again_ends_its_sign_in_and_no_other(
    transactional_db, api, ada, mails_at_once, mailoutbox, caplog
):
    other = sign_in_for_tokens(api)
    first = sign_in_for_tokens(api)
    second = api.post(REFRESH, {"refresh": first["refresh"]}).json()

    _assert_refused(api.post(REFRESH, {"refresh": first["refresh"]}))
    _assert_refused(api.post(REFRESH, {"refresh": second["refresh"]}))
    revocations.ended_sign_ins.good_until = 0.0
    assert api.get(ME, **bearer(second["access"])).status_code == 401
    assert api.post(REFRESH, {"refresh": other["refresh"]}).status_code == 200
    [mail] = mailoutbox
    assert (mail.to, mail.subject) == (["ada@example.org"], "Biome Exchange: a sign-in of a program was ended")
    assert f"a refresh token of player {ada.pk} came a second time" in caplog.text


def test_a_token_that_was_signed_out_is_no_theft(transactional_db, api, ada, mails_at_once, mailoutbox):
    pair = sign_in_for_tokens(api)
    api.post("/api/v1/auth/logout", {"refresh": pair["refresh"]})

    _assert_refused(api.post(REFRESH, {"refresh": pair["refresh"]}))
    assert mailoutbox == []


def test_they_end_two_weeks_after_the_sign_in_however_much_they_rotate(api, ada):
    pair = sign_in_for_tokens(api)
    ends = RefreshToken(pair["refresh"])["exp"]
    # As if nine days had gone by.
    SignIn.objects.update(began_at=timezone.now() - timedelta(days=9))

    for _ in range(3):
        pair = api.post(REFRESH, {"refresh": pair["refresh"]}).json()
    last = RefreshToken(pair["refresh"])
    until = SignIn.objects.get().until

    assert ends - last["exp"] == pytest.approx(9 * 24 * 3600, abs=5)
    assert OutstandingToken.objects.get(jti=last["jti"]).expires_at.timestamp() == pytest.approx(last["exp"], abs=1)
    assert until.timestamp() == pytest.approx(last["exp"], abs=1)

    SignIn.objects.update(began_at=timezone.now() - timedelta(days=14, seconds=1))
    _assert_refused(api.post(REFRESH, {"refresh": pair["refresh"]}))


def test_an_access_token_does_not_outlive_its_sign_in(api, ada):
    pair = sign_in_for_tokens(api)
    SignIn.objects.update(began_at=timezone.now() - timedelta(days=14) + timedelta(minutes=5))
    following = api.post(REFRESH, {"refresh": pair["refresh"]}).json()

    assert AccessToken(following["access"])["exp"] == RefreshToken(following["refresh"])["exp"]


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
    run_before("accounts.sign_ins.tokens.active_player_locked", lambda: in_thread(change).result())

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

    run_after("accounts.sign_ins.tokens.active_player_locked", rival_waits)
    second = api.post(REFRESH, {"refresh": pair["refresh"]})
    rivals[0].result()

    assert second.status_code == 200
    _assert_refused(api.post(REFRESH, {"refresh": second.json()["refresh"]}))
    assert (OutstandingToken.objects.count(), BlacklistedToken.objects.count()) == (2, 2)
