import pytest

from accounts.models import User
from accounts.registration import register_player
from accounts.tests.cast import ME, OTHER_PASSWORD, PASSWORD, REFRESH, codes_of, sign_in_by_session, sign_in_for_tokens


@pytest.fixture
def administrator(client, db):
    client.force_login(User.objects.create_superuser("root", "root@example.org", PASSWORD))
    return client


def test_the_list_tells_people_from_the_simulated_crowd(administrator):
    register_player(username="ada", email="ada@example.org", password=PASSWORD)
    User.objects.create(username="robot", email="robot@example.org", is_simulated=True)
    page = administrator.get("/admin/accounts/user/", {"is_simulated__exact": "1"})

    assert page.status_code == 200
    assert [player.username for player in page.context["cl"].result_list] == ["robot"]


def test_a_player_is_added_with_an_address(administrator):
    form = {
        "username": "ada",
        "email": "ada@example.org",
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    assert administrator.post("/admin/accounts/user/add/", form).status_code == 302
    assert User.objects.get(username="ada").check_password(PASSWORD)

    again = administrator.post("/admin/accounts/user/add/", {**form, "username": "ADA", "email": "Ada@example.org"})
    assert again.status_code == 200
    assert len(again.context["errors"]) > 0
    assert User.objects.count() == 2


def test_a_password_reset_ends_every_way_in(administrator, api, ada):
    refresh = sign_in_for_tokens(api)["refresh"]
    sign_in_by_session(api)
    form = {
        "usable_password": "true",
        "password1": OTHER_PASSWORD,
        "password2": OTHER_PASSWORD,
        "reason": "Lost.",
    }

    assert administrator.post(f"/admin/accounts/user/{ada.pk}/password/", form).status_code == 302
    ada.refresh_from_db()
    assert ada.check_password(OTHER_PASSWORD)
    assert codes_of(api.post(REFRESH, {"refresh": refresh})) == [("token_not_valid", None)]
    assert api.get(ME).status_code == 401


def test_preferences_are_edited(administrator):
    ada = register_player(username="ada", email="ada@example.org", password=PASSWORD)
    page = administrator.get(f"/admin/accounts/user/{ada.pk}/change/")
    assert page.status_code == 200

    form = page.context["adminform"].form
    values = {
        name: value for name, value in form.initial.items() if value not in (None, False, []) and name != "password"
    }
    response = administrator.post(f"/admin/accounts/user/{ada.pk}/change/", {**values, "theme": "dark"})

    assert response.status_code == 302
    ada.refresh_from_db()
    assert (ada.theme, ada.email, ada.is_active) == ("dark", "ada@example.org", True)
    assert ada.check_password(PASSWORD)
