import pytest

from accounts.models import User
from accounts.profile import change_profile
from accounts.registration import register_player
from accounts.tests.cast import ME, PASSWORD, bearer, codes_of, sign_in_by_session, sign_in_for_tokens

FIELDS = ["username", "email", "display_name", "theme", "motion", "time_zone", "default_tolerance_bps", "password"]


def _row():
    return User.objects.values(*FIELDS).get(username="ada")


@pytest.fixture
def signed_in(api, ada):
    api.credentials(**bearer(sign_in_for_tokens(api)["access"]))
    return api


def test_a_guest_has_no_account(api, db):
    for response in (api.get(ME), api.patch(ME, {"theme": "dark"})):
        assert response.status_code == 401
        assert codes_of(response) == [("not_authenticated", None)]


def test_a_player_reads_the_account(signed_in, ada):
    response = signed_in.get(ME)

    assert response.status_code == 200
    assert response.json() == {
        "username": "ada",
        "email": "ada@example.org",
        "display_name": "Ada L.",
        "theme": "system",
        "motion": "system",
        "time_zone": "",
        "default_tolerance_bps": 2_000,
        "date_joined": ada.date_joined.isoformat().replace("+00:00", "Z"),
        "verified_at": None,
    }


def test_every_preference_can_be_changed(signed_in, ada):
    changes = {
        "display_name": "",
        "theme": "dark",
        "motion": "reduced",
        "time_zone": "Europe/Berlin",
        "default_tolerance_bps": 10_000,
    }
    response = signed_in.patch(ME, changes)

    assert response.status_code == 200
    assert {field: response.json()[field] for field in changes} == changes
    assert _row() == {"username": "ada", "email": "ada@example.org", "password": ada.password, **changes}


def test_what_is_left_out_stays(signed_in, ada):
    before = _row()
    response = signed_in.patch(ME, {"default_tolerance_bps": 0})

    assert response.status_code == 200
    assert _row() == {**before, "default_tolerance_bps": 0}


def test_nothing_to_change_is_no_error(signed_in):
    before = _row()

    assert signed_in.patch(ME, {}).status_code == 200
    assert _row() == before


def test_only_the_given_fields_are_written(ada):
    stale = User.objects.get(username="ada")
    User.objects.update(theme="dark")
    change_profile(player=stale, motion="full")

    assert (_row()["theme"], _row()["motion"]) == ("dark", "full")


def test_the_own_address_in_another_case_is_not_taken(signed_in):
    response = signed_in.patch(ME, {"email": "ADA@example.org"})

    assert response.status_code == 200
    assert _row()["email"] == "ADA@example.org"


@pytest.mark.parametrize("field", ["username", "is_staff", "is_superuser", "is_simulated", "password"])
def test_the_rest_is_not_the_players_to_change(signed_in, field):
    before = User.objects.values().get()
    response = signed_in.patch(ME, {field: "1"})

    assert response.status_code == 400
    assert User.objects.values().get() == before


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"theme": "sepia"}, [("invalid_choice", "theme")]),
        ({"time_zone": "Mars/Base"}, [("invalid_choice", "time_zone")]),
        ({"motion": "wild", "theme": "dark"}, [("invalid_choice", "motion")]),
        ({"default_tolerance_bps": 10_001}, [("max_value", "default_tolerance_bps")]),
        ({"default_tolerance_bps": -1}, [("min_value", "default_tolerance_bps")]),
        ({"default_tolerance_bps": "1.5"}, [("invalid", "default_tolerance_bps")]),
        ({"display_name": "x" * 41}, [("max_length", "display_name")]),
        ({"email": "ada at example"}, [("invalid", "email")]),
        ({"email": "GRACE@example.org", "theme": "dark"}, [("required", "current_password")]),
    ],
)
def test_a_refusal_changes_nothing(signed_in, changes, expected):
    register_player(username="grace", email="grace@example.org", password=PASSWORD)
    before = _row()
    response = signed_in.patch(ME, changes)

    assert response.status_code == 400
    assert response.json()["type"] == "validation_error"
    assert codes_of(response) == expected
    assert _row() == before


def test_a_session_needs_its_csrf_token(api, ada):
    sign_in_by_session(api)
    assert api.patch(ME, {"theme": "dark"}).status_code == 200

    api.credentials()
    response = api.patch(ME, {"theme": "light"})

    assert response.status_code == 403
    assert codes_of(response) == [("permission_denied", None)]
    assert _row()["theme"] == "dark"
