"""Rules common to all of the administrators' lists."""

import pytest

from attention.biomes import Biome
from attention.models import AttentionTotal

TOTALS = "/admin/attention/attentiontotal/"


@pytest.fixture
def totals(alice):
    """Write a row for each biome."""
    for biome in Biome:
        AttentionTotal.objects.create(player=alice, biome=biome, points=12_345)


def seen(browser, address, **asked):
    page = browser.get(address, asked)
    assert page.status_code == 200
    return page.content.decode()


def test_every_value_has_its_columns_name_for_where_rows_are_cards(administrator, totals):
    page = seen(administrator, TOTALS)
    assert page.count('<tr role="row"><th role="rowheader" data-name="Player"') == 7
    assert page.count('<td role="cell" data-name="Points"') == 7


def test_empty_values_are_marked_and_icons_are_none(administrator, alice):
    page = seen(administrator, "/admin/accounts/user/", q="alice")
    assert '<td role="cell" data-name="Display name" data-empty class="field-display_name">' in page
    assert '<td role="cell" data-name="Active" class="field-is_active">' in page
    assert '<td role="cell" data-name="" class="action-checkbox">' in page


def test_what_players_write_stays_text(administrator, alice):
    alice.display_name = "<b>x</b>"
    alice.save()
    assert "&lt;b&gt;x&lt;/b&gt;" in seen(administrator, "/admin/accounts/user/", q="alice")


def test_an_empty_list_says_so(administrator):
    assert "There are no attention totals yet." in seen(administrator, TOTALS)


@pytest.mark.parametrize("asked", [{"q": "nobody"}, {"biome__exact": "snow", "q": "bob"}])
def test_a_search_without_results_leads_back(administrator, totals, asked):
    page = seen(administrator, TOTALS, **asked)
    assert "Nothing is found with this search and these filters." in page
    assert '<a href="?">Show all attention totals</a>' in page


def test_a_search_keeps_the_filters_and_what_was_typed(administrator, totals):
    page = seen(administrator, TOTALS, q='al"ice', biome__exact="snow")
    assert 'value="al&quot;ice"' in page
    assert '<input type="hidden" name="biome__exact" value="snow">' in page
    assert '<label class="visually-hidden" for="searchbar">Search</label>' in page


@pytest.mark.parametrize(
    "query", ["p=nonsense", "p=99999", "q=%00", "biome__exact=nonsense", "nonsense=1", "o=9.9", "e=1"]
)
def test_nonsense_is_answered(administrator, totals, query):
    assert administrator.get(f"{TOTALS}?{query}", follow=True).status_code == 200
