"""Names identify players: of any script, with nothing invisible, and none that looks like another."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts.models import User
from accounts.naming.names import cleaned_name, look_of
from accounts.registration import register_player
from accounts.tests.cast import ADA, ME, PASSWORD, REGISTER, TOKEN, bearer, codes_of, sign_in_for_tokens

GRACE = {"username": "grace", "email": "grace@example.org", "password": PASSWORD}
PROFILE = "/account/profile/"

OF_ANY_SCRIPT = [
    "রবীন্দ্রনাথ",
    "हिन्दी",
    "தமிழ்",
    "שָׁלוֹם",
    "Ольга",
    "Σωκράτης",
    "علي",
    "สวัสดี",
    "山田太郎",
    "カード",
    "김철수",
    "José",
    "রবি-\u09ed",
    "रवि_kumar",
]
UNSEEN = [
    "gra\u200bce",
    "gra\u202ece",
    "gra\u00adce",
    "grace\ufe0f",
    "gra\u3164ce",
    "gr\U000e0061ace",
    "gra\u2066ce",
    "gra\u034fce",
]


@pytest.mark.parametrize("name", OF_ANY_SCRIPT)
def test_letters_with_their_marks_are_letters(api, db, name):
    assert api.post(REGISTER, {**GRACE, "username": name}).status_code == 201

    assert api.post(TOKEN, {"username": name, "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize("name", OF_ANY_SCRIPT)
def test_the_page_takes_them_too(browser, db, name):
    assert browser.post("/register/", {**GRACE, "username": name}).status_code == 302


@pytest.mark.parametrize("name", UNSEEN)
def test_what_cannot_be_seen_is_refused(api, browser, db, name):
    assert codes_of(api.post(REGISTER, {**GRACE, "username": name})) == [("invisible", "username")]
    assert browser.post("/register/", {**GRACE, "username": name}).context["form"].has_error("username", "invisible")
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "name", ["\u0430dmin", "gr\u0430ce", "p\u0430yp\u0430l", "\u03bfscar", "\u09e72", "a\u0431\u0432中"]
)
def test_scripts_are_not_mixed_to_look_alike(api, db, name):
    assert codes_of(api.post(REGISTER, {**GRACE, "username": name})) == [("mixed_scripts", "username")]
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "name", ["grace@example.org", "a@", "@", "a b", "\u0301a", ".\u0301", "a\u0301\u0302\u0303\u0304\u0305\u0306"]
)
def test_what_is_no_letter_is_refused(api, db, name):
    assert codes_of(api.post(REGISTER, {**GRACE, "username": name})) == [("invalid", "username")]


LOOK_ALIKES = [
    ("scope", "\u0455\u0441\u043e\u0440\u0435"),
    ("alice", "AIice"),
    ("alice", "a1ice"),
    ("modern", "modem"),
    ("Bob", "\u0412\u041e\u0412"),
    ("strasse", "straße"),
    ("\u041e\u0420\u0415\u0425", "opex"),
]


@pytest.mark.parametrize(("taken", "asked"), [*LOOK_ALIKES, *((asked, taken) for taken, asked in LOOK_ALIKES)])
def test_a_name_that_looks_like_anothers_is_refused(api, browser, db, taken, asked):
    register_player(username=taken, email="first@example.org", password=PASSWORD)

    assert codes_of(api.post(REGISTER, {**GRACE, "username": asked})) == [("look_alike", "username")]
    form = browser.post("/register/", {**GRACE, "username": asked}).context["form"]
    assert form.has_error("username", "look_alike")
    with pytest.raises(ValidationError) as behind_the_door:
        register_player(username=asked, email="second@example.org", password=PASSWORD)
    assert [error.code for error in behind_the_door.value.error_dict["username"]] == ["look_alike"]
    assert User.objects.count() == 1


def test_names_that_differ_are_let_in(db):
    for number, name in enumerate(["ana", "anna", "mail", "mall", "may", "mar", "jose", "josé", "rn-1", "user2"]):
        register_player(username=name, email=f"{number}@example.org", password=PASSWORD)


def test_the_database_keeps_looks_apart_and_leaves_earlier_ones_alone(ada):
    twin = User(username="ad\u0430", email="twin@example.org", look=ada.look)
    with pytest.raises(IntegrityError, match="user_look_unique"):
        twin.save()


def test_two_of_earlier_times_share_a_look(ada):
    twin = User(username="ad\u0430", email="twin@example.org", look=ada.look, look_shared=True)
    twin.set_password(PASSWORD)
    twin.save()

    assert set(User.objects.looking_like("ada")) == {ada, twin}


@pytest.mark.parametrize("name", ["Grace", "grace", "gr\u0430ce", "GRACE", "gra ce"])
def test_nobody_is_called_what_another_is_found_by(api, browser, ada, name):
    register_player(**GRACE)
    access = sign_in_for_tokens(api)["access"]
    browser.force_login(ada)

    reply = api.patch(ME, {"display_name": name}, **bearer(access))

    assert (reply.status_code, codes_of(reply)) == (400, [("look_alike", "display_name")])
    sent = {"display_name": name, "email": ada.email}
    assert browser.post(PROFILE, sent).status_code == 400
    ada.refresh_from_db()
    assert ada.display_name == "Ada L."


@pytest.mark.parametrize("name", [*UNSEEN[:3], "z" + "\u0301" * 6, "\u202eada"])
def test_a_display_name_hides_and_turns_nothing(api, ada, name):
    reply = api.patch(ME, {"display_name": name}, **bearer(sign_in_for_tokens(api)["access"]))

    assert (reply.status_code, codes_of(reply)) == (400, [("invisible", "display_name")])


def test_ones_own_name_may_be_a_display_name_and_is_on_one_line(api, ada):
    reply = api.patch(ME, {"display_name": "ADA \u2764\ufe0f\u00a0 now"}, **bearer(sign_in_for_tokens(api)["access"]))

    assert reply.json()["display_name"] == "ADA \u2764 now"
    assert api.patch(ME, {"display_name": "Ada"}, **bearer(sign_in_for_tokens(api)["access"])).status_code == 200


def test_a_name_cannot_be_what_another_is_called(api, ada):
    reply = api.post(REGISTER, {**GRACE, "username": "AdaL."})

    assert codes_of(reply) == [("look_alike", "username")]


def test_display_names_of_earlier_times_are_cleaned():
    assert cleaned_name("A\u202eda\u200b \n L\u2028.") == "Ada L."
    assert cleaned_name("z" + "\u0323" * 9) == "ẓ" + "\u0323" * 3
    assert cleaned_name("José") == "José"


def test_a_name_and_an_address_never_cross(api, ada):
    """A name of earlier rules that is another player's address signs nobody in by that address."""
    trickster = User.objects.create_user(ada.email, "trickster@example.org", "quite another passphrase")

    assert api.post(TOKEN, {"username": ada.email, "password": "quite another passphrase"}).status_code == 401
    assert api.post(TOKEN, {**ADA, "username": ada.email}).status_code == 200
    by_address = {"username": trickster.email, "password": "quite another passphrase"}
    assert api.post(TOKEN, by_address).status_code == 200


def test_a_name_of_earlier_times_with_an_at_goes_on(api, db):
    User.objects.create_user("ada@home", "ada@example.org", PASSWORD)

    assert api.post(TOKEN, {**ADA, "username": "ada@home"}).status_code == 200


def test_the_look_is_the_same_in_any_case_but_of_capitals_that_look_like_others():
    assert look_of("Ada") == look_of("ada") == look_of("\uff41da")
    assert look_of("AIice") == look_of("alice") != look_of("aiice")
