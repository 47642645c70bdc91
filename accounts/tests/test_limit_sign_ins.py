import pytest

from accounts.models import User
from accounts.tests.cast import ADA, PASSWORD, REGISTER, SESSION, TOKEN, codes_of
from core.web.rate_limits import SignInThrottle

GRACE = {"username": "grace", "email": "grace@example.org", "password": PASSWORD}


@pytest.fixture(autouse=True)
def two_a_day(monkeypatch):
    # By the day, so that no window ends within the test.
    monkeypatch.setitem(SignInThrottle.THROTTLE_RATES, "sign_in", "2/day")


@pytest.mark.parametrize(("url", "body"), [(REGISTER, GRACE), (TOKEN, ADA), (SESSION, ADA)])
def test_an_address_is_limited_over_all_three_doors(api, ada, url, body):
    api.post(TOKEN, {})
    second = api.post(REGISTER, {})
    refused = api.post(url, body)

    assert second["RateLimit-Limit"] == "2"
    assert second["RateLimit-Remaining"] == "0"
    assert refused.status_code == 429
    assert codes_of(refused) == [("rate_limited", None)]
    assert 0 < int(refused["Retry-After"]) <= 86_401
    assert list(User.objects.values_list("username", "last_login")) == [("ada", None)]


def test_another_address_is_not(api, ada, new_client):
    api.post(TOKEN, {})
    api.post(TOKEN, {})

    assert new_client().post(TOKEN, ADA).status_code == 200
