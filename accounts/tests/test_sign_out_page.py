import pytest
from django.contrib.sessions.models import Session

pytestmark = pytest.mark.usefixtures("markets")


def test_the_session_ends(browser, ada):
    browser.force_login(ada)
    reply = browser.post("/sign-out/", follow=True)

    assert reply.redirect_chain == [("/", 302)]
    assert "You are signed out." in reply.content.decode()
    assert not reply.context["user"].is_authenticated
    assert not Session.objects.exists()


def test_it_takes_a_form(browser, ada):
    browser.force_login(ada)
    reply = browser.get("/sign-out/")

    assert (reply.status_code, reply["Allow"]) == (405, "POST")
    assert 'data-code="method_not_allowed"' in reply.content.decode()
    assert Session.objects.count() == 1


def test_without_the_token_it_goes_on(new_browser, ada):
    browser = new_browser(enforce_csrf_checks=True)
    browser.force_login(ada)

    assert browser.post("/sign-out/").status_code == 403
    assert Session.objects.count() == 1
