"""Every setting that is read from the environment is in docs/settings.md, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

BASE = Path(settings.BASE_DIR)
NAME = r"[A-Z][A-Z_]+[A-Z]"


def test_every_setting_is_documented():
    parts = "".join(part.read_text() for part in (BASE / "config" / "settings").glob("*.py"))
    read = set(re.findall(rf'env\.\w+\(\s*"({NAME})"', parts))
    table = [line for line in (BASE / "docs" / "settings.md").read_text().splitlines() if line.startswith("|")]
    documented = {name for line in table for name in re.findall(rf"`({NAME})`", line.split("|")[1])}

    assert len(read) > 40
    assert documented == read
