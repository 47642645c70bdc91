"""A password is the same however a keyboard composed it; passwords from before the normal form keep working."""

import pytest
from django.contrib.auth.hashers import make_password

from accounts.models import User
from accounts.passwords.normal_form import normal_password
from accounts.tests.cast import CHANGE_PASSWORD, ME, PASSWORD, REGISTER, TOKEN, bearer, sign_in_for_tokens

COMPOSED, DECOMPOSED = "ein langes Ge\u00fcbtes \u00e9", "ein langes Geu\u0308btes e\u0301"
SPACED = "ein\u00a0langes\u3000Geu\u0308btes\u2003e\u0301"


@pytest.mark.parametrize("typed", [COMPOSED, DECOMPOSED, SPACED])
@pytest.mark.parametrize("chosen", [COMPOSED, DECOMPOSED, SPACED])
def test_it_signs_in_however_it_is_composed(api, db, chosen, typed):
    grace = {"username": "grace", "email": "grace@example.org", "password": chosen}
    assert api.post(REGISTER, grace).status_code == 201

    assert api.post(TOKEN, {"username": "grace", "password": typed}).status_code == 200


def test_one_that_is_changed_has_the_one_form_too(api, ada):
    changed = {"current_password": PASSWORD, "new_password": DECOMPOSED}
    access = sign_in_for_tokens(api)["access"]
    assert api.post(CHANGE_PASSWORD, changed, **bearer(access)).status_code == 204

    assert api.post(TOKEN, {"username": "ada", "password": COMPOSED}).status_code == 200


def test_one_of_earlier_times_goes_on_and_gets_the_one_form(api, ada):
    User.objects.filter(pk=ada.pk).update(password=make_password(DECOMPOSED))

    assert api.post(TOKEN, {"username": "ada", "password": DECOMPOSED}).status_code == 200
    assert api.post(TOKEN, {"username": "ada", "password": COMPOSED}).status_code == 200
    ada.refresh_from_db()
    assert ada.check_password(COMPOSED)


def test_a_wrong_one_stays_wrong(api, ada):
    assert api.post(TOKEN, {"username": "ada", "password": DECOMPOSED}).status_code == 401
    assert api.get(ME).status_code == 401


def test_nothing_is_cut_or_folded():
    assert normal_password("  A\tb  ") == "  A\tb  "
    assert normal_password("ﬁ\uff21") == "ﬁ\uff21"
