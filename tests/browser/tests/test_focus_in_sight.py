"""No bar covers the element in focus, whatever the window's size and magnification."""

from __future__ import annotations

import pytest

from tests.browser.tests.conftest import Visit
from tests.browser.tests.test_keyboard import press_tab

MOST_STOPS = 60
PATHS = ("/", "/biome-market/ocean/", "/marketplace/", "/map/lands/", "/land/1/", "/leaderboard/", "/register/")
#: The widths and heights in CSS pixels of a low phone, and of a window of 1280 x 900 magnified to 200 % and 400 %.
SIZES = ((390, 300), (640, 450), (320, 225), (640, 640), (1440, 500))
#: What lies above the focused element at its middle or near a corner, and stays there while the page scrolls.
COVERED = """() => {
  const focused = document.activeElement;
  const { left, top, right, bottom, width, height } = focused.getBoundingClientRect();
  if (width < 3 || height < 3) return null;
  const [x1, x2] = [Math.max(left + 2, 1), Math.min(right - 2, innerWidth - 1)];
  // Of what is taller than the window there is a part in its middle.
  const middle = (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2;
  const [y1, y2] = height > innerHeight / 2 ? [middle, middle] : [top + 2, bottom - 2];
  for (const [x, y] of [[x1, y1], [x2, y1], [(x1 + x2) / 2, (y1 + y2) / 2], [x1, y2], [x2, y2]]) {
    if (y < 0 || y >= innerHeight) return `out of sight: ${focused.outerHTML.slice(0, 150)}`;
    const above = document.elementFromPoint(x, y);
    if (!above || focused.contains(above) || above.contains(focused)) continue;
    for (let bar = above; bar; bar = bar.parentElement) {
      const isBar = ["fixed", "sticky"].includes(getComputedStyle(bar).position) && !bar.contains(focused);
      if (isBar) return `${focused.outerHTML.slice(0, 150)} below ${bar.outerHTML.slice(0, 80)}`;
    }
  }
  return null;
}"""


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_nothing_covers_what_has_the_focus(visit: Visit, size: tuple[int, int]) -> None:
    width, height = size
    visitor = visit({"viewport": {"width": width, "height": height}})
    page, covered = visitor.page, []
    for path in PATHS:
        page.goto(path)
        page.emulate_media(reduced_motion="reduce")
        for key in ("Tab", "Shift+Tab"):
            for _ in range(MOST_STOPS):
                press_tab(page) if key == "Tab" else page.keyboard.press(key)
                if page.evaluate("document.activeElement === document.body"):
                    break
                if found := page.evaluate(COVERED):
                    covered.append((path, found))
    assert covered == []
