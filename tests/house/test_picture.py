"""docs/house.svg shows the house as it is. Where it does not: `make picture`."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from tests.house.picture import (
    BOX_WIDTH,
    FILE,
    PURPOSES,
    arrows_of,
    draw,
    imports_of_packages,
    lines_of_packages,
    tools,
)
from tests.house.source import ROOT, packages

#: The picture may be behind by so much: it need not be drawn anew with each commit.
LINES_OFF_PART = 0.15
LINES_OFF = 200


@pytest.fixture(scope="module")
def imports() -> dict[str, set[str]]:
    return imports_of_packages()


def drawn_lines() -> dict[str, int]:
    found = re.findall(r'data-package="(\w+)" data-lines="(\d+)"', FILE.read_text())
    return {package: int(lines) for package, lines in found}


def test_it_is_what_the_imports_say(imports: dict[str, set[str]]) -> None:
    assert set(drawn_lines()) == set(packages()) == set(PURPOSES)
    assert FILE.read_text() == draw(imports, drawn_lines(), tools()), "draw it anew: make picture"


def test_its_lines_are_about_right() -> None:
    drawn, true = drawn_lines(), lines_of_packages()
    off = {package: (drawn[package], lines) for package, lines in true.items()
           if abs(drawn[package] - lines) > max(LINES_OFF, lines * LINES_OFF_PART)}  # fmt: skip
    assert off == {}, "draw it anew: make picture"


def test_arrows_leave_out_what_others_explain() -> None:
    assert arrows_of({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == [("a", "b"), ("b", "c")]


def test_each_arrow_leads_down(imports: dict[str, set[str]]) -> None:
    elements = ElementTree.fromstring(FILE.read_text()).iter()  # our own file
    boxes = {element.attrib["data-package"]: element for element in elements if "data-package" in element.attrib}

    def y(package: str) -> int:
        return int(next(iter(boxes[package])).attrib["y"])

    assert [(above, below) for above, below in arrows_of(imports) if y(above) >= y(below)] == []


def test_texts_fit_their_boxes() -> None:
    # A character of this size is 7 px wide in the widest of the fonts.
    assert [line for line in re.findall(r'class="quiet" x="\d+" y="\d+">([^<]+)<', FILE.read_text())[1:]
            if len(line) * 7 > BOX_WIDTH - 8] == []  # fmt: skip


def test_the_readme_shows_it() -> None:
    assert "docs/house.svg" in (ROOT / "README.md").read_text()
