import pytest

from accounts.models import User
from core.web.theme import SYSTEM, THEMES

THEME = "/account/theme/"


def test_a_player_keeps_it_on_every_device(browser, ada):
    browser.force_login(ada)
    reply = browser.post(THEME, {"theme": "dark"})
    ada.refresh_from_db()

    assert (reply.status_code, reply.content) == (204, b"")
    assert ada.theme == "dark"
    assert reply.cookies["theme"].value == "dark"


def test_a_guest_keeps_it_in_the_browser(browser, db):
    assert browser.post(THEME, {"theme": "light"}).status_code == 204
    assert browser.cookies["theme"].value == "light"


@pytest.mark.parametrize("form", [{}, {"theme": ""}, {"theme": "pink"}])
def test_another_is_refused(browser, ada, form):
    browser.force_login(ada)

    assert browser.post(THEME, form).status_code == 400
    ada.refresh_from_db()
    assert ada.theme == "system"


def test_a_browser_knows_the_themes_of_players():
    assert list(THEMES) == User.Theme.values
    assert SYSTEM == User.Theme.SYSTEM
