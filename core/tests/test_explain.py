"""The words of the game are explained in place, by buttons that work without a script too."""

import re

import pytest
from django.template import Context, Template
from django.utils.html import escape

from core.explanations import EXPLANATIONS

pytestmark = pytest.mark.usefixtures("markets")

PAGES = ["/biome-market/", "/biome-market/ocean/", "/map/lands/"]
OPENED = re.compile(r'popovertarget="([^"]+)"')


def rendered(source):
    return Template("{% load explain %}" + source).render(Context())


@pytest.mark.parametrize("name", EXPLANATIONS)
def test_a_word_has_a_button_that_names_its_question_and_opens_its_answer(name):
    button = rendered(f'{{% explain "{name}" %}}')
    assert f'popovertarget="explain-{name}"' in button
    assert f'aria-label="{EXPLANATIONS[name].question}"' in button
    assert f'aria-describedby="explain-{name}"' in button


@pytest.mark.parametrize("name", EXPLANATIONS)
def test_an_answer_is_a_line_or_two(name):
    assert len(EXPLANATIONS[name].answer) <= 160
    assert f'id="explain-{name}" popover>{escape(EXPLANATIONS[name].answer)}</p>' in rendered("{% explanations %}")


def test_a_word_without_an_explanation_is_refused():
    with pytest.raises(KeyError):
        rendered('{% explain "no-such-word" %}')


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/biome-market/", {"attention", "cycle", "pool", "heading"}),
        ("/biome-market/ocean/", {"attention", "cycle", "why", "heading", "tolerance", "fee", "impact"}),
        ("/portfolio/", {"if-sold-now", "unrealised", "realised"}),
    ],
)
def test_words_are_explained_on_the_page_that_has_them(client, alice, path, words):
    client.force_login(alice)
    page = client.get(path).content.decode()
    assert words <= {target.removeprefix("explain-") for target in OPENED.findall(page)}


@pytest.mark.parametrize("path", PAGES)
def test_every_button_of_a_page_has_its_answer_once(client, path):
    page = client.get(path).content.decode()
    asked = OPENED.findall(page)
    assert asked
    assert [page.count(f'id="{target}"') for target in asked] == [1] * len(asked)
