from functools import partial

import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from accounts.registration import register_player
from accounts.tests.cast import ME, PASSWORD, REGISTER, bearer, codes_of

GRACE = {"username": "grace", "email": "grace@example.org", "password": PASSWORD}


def test_a_guest_gets_an_account_and_is_signed_in(api, db):
    response = api.post(REGISTER, {**GRACE, "email": "Grace@EXAMPLE.org", "display_name": " Grace H. "})

    assert response.status_code == 201
    reply = response.json()
    grace = User.objects.get()
    assert reply["account"] == {
        "username": "grace",
        "email": "Grace@example.org",
        "display_name": "Grace H.",
        "theme": "system",
        "motion": "system",
        "time_zone": "",
        "default_tolerance_bps": 2_000,
        "date_joined": grace.date_joined.isoformat().replace("+00:00", "Z"),
        "verified_at": None,
    }
    assert set(reply) == {"account", "access", "refresh"}
    assert grace.password.startswith("argon2$argon2id$")
    assert grace.check_password(PASSWORD)
    assert (grace.is_active, grace.is_staff, grace.is_superuser, grace.is_simulated) == (True, False, False, False)
    assert api.get(ME, **bearer(reply["access"])).json() == reply["account"]


def test_privileges_cannot_be_asked_for(api, db):
    asked = {"is_staff": True, "is_superuser": True, "is_simulated": True, "default_tolerance_bps": 9_999}
    response = api.post(REGISTER, {**GRACE, **asked})

    assert response.status_code == 400
    assert codes_of(response) == [("unknown_field", name) for name in asked]
    assert not User.objects.exists()


def test_a_name_is_stored_in_its_normal_form(api, db):
    # A full-width g.
    response = api.post(REGISTER, {**GRACE, "username": "\uff47race"})

    assert response.status_code == 201
    assert User.objects.get().username == "grace"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"username": "ADA"}, [("unique", "username")]),
        ({"email": "ADA@example.org"}, [("unique", "email")]),
        ({"username": "Ada", "email": "Ada@Example.ORG"}, [("unique", "username"), ("unique", "email")]),
        ({"username": "no spaces"}, [("invalid", "username")]),
        ({"username": "a" * 151}, [("max_length", "username")]),
        ({"username": "nul\x00"}, [("invalid", "username"), ("null_characters_not_allowed", "username")]),
        ({"username": ""}, [("blank", "username")]),
        ({"email": "grace at example"}, [("invalid", "email")]),
        ({"display_name": "x" * 41}, [("max_length", "display_name")]),
        ({"password": "sh0rt"}, [("password_too_short", "password")]),
        ({"password": "1qaz2wsx3edc"}, [("password_too_common", "password")]),
        ({"password": "8164093527118"}, [("password_entirely_numeric", "password")]),
        ({"username": "grace.hopper", "password": "grace.hopper1"}, [("password_too_similar", "password")]),
        ({"email": "rear.admiral@example.org", "password": "rear.admiral"}, [("password_too_similar", "password")]),
        ({"display_name": "Amazing Grace", "password": "amazing grace"}, [("password_too_similar", "password")]),
        ({"password": "x" * 257}, [("max_length", "password")]),
    ],
)
def test_a_refusal_names_the_field_and_opens_no_account(api, ada, changes, expected):
    response = api.post(REGISTER, {**GRACE, **changes})

    assert response.status_code == 400
    assert response.json()["type"] == "validation_error"
    assert codes_of(response) == expected
    assert list(User.objects.values_list("username", flat=True)) == ["ada"]


def test_every_field_but_the_display_name_is_required(api, db):
    response = api.post(REGISTER, {})

    assert response.status_code == 400
    assert codes_of(response) == [("required", "username"), ("required", "email"), ("required", "password")]
    assert not User.objects.exists()


def test_only_json_is_read(api, db):
    response = api.post(REGISTER, "username=grace", content_type="application/x-www-form-urlencoded")

    assert response.status_code == 415
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("username", "email", "field"),
    [("ADA", "other@example.org", "username"), ("other", "ADA@example.org", "email")],
)
def test_the_database_refuses_what_the_door_let_through(ada, username, email, field):
    with pytest.raises(ValidationError) as refusal:
        register_player(username=username, email=email, password=PASSWORD)

    assert [error.code for error in refusal.value.error_dict[field]] == ["unique"]
    assert list(User.objects.values_list("username", flat=True)) == ["ada"]


def test_a_race_lost_behind_the_door_is_the_same_field_error(api, ada, monkeypatch):
    monkeypatch.setattr("accounts.serializers.UniqueIgnoringCase.__call__", lambda self, value, field: None)
    raced = api.post(REGISTER, {**GRACE, "username": "Ada"})
    monkeypatch.undo()
    refused_at_the_door = api.post(REGISTER, {**GRACE, "username": "Ada"})

    assert raced.status_code == 400
    assert raced.json() == refused_at_the_door.json()
    assert list(User.objects.values_list("username", flat=True)) == ["ada"]


def test_of_simultaneous_registrations_of_one_name_one_succeeds(new_client, run_together):
    names = ["grace", "Grace", "GRACE", "gracE"]
    requests = [{**GRACE, "username": name, "email": f"{name}@{at}.example.org"} for at, name in enumerate(names)]
    replies = run_together([partial(new_client().post, REGISTER, request) for request in requests])

    assert sorted(reply.status_code for reply in replies) == [201, 400, 400, 400]
    for reply in replies:
        assert reply.status_code == 201 or codes_of(reply) == [("unique", "username")]
    assert User.objects.count() == 1
