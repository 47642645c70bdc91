"""Pages, lists and files show players' texts as written and never interpret them."""

from __future__ import annotations

import re
from html import escape, unescape
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import User
from core.web.rate_limits import FixedWindowThrottle
from marketplace.models import Listing
from operations.tests.attackers import BDT, Exchange
from operations.tests.attackers import exchange as exchange
from operations.tests.hostile import MARKUP
from trading.wallets.wallets import transfer

pytestmark = pytest.mark.django_db

#: Where a listing's and a transfer's words, a display name and a username stand.
PAGES = (
    "/account/",
    "/transactions/",
    "/transactions/{transfer}/",
    "/transfer/?to={markup}&amount={markup}&note={markup}",
    "/transactions/?player={markup}",
    "/sign-in/?next={markup}",
    "/biome-market/ocean/?side=buy&spend={markup}&tolerance={markup}",
    "/marketplace/",
    "/marketplace/?least={markup}",
    "/marketplace/{listing}/",
    "/marketplace/own/",
    "/land/{land}/",
    "/portfolio/",
    "/nothing/{markup}",
    "/admin/trading/transaction/",
    "/admin/trading/transaction/?q={markup}",
    "/admin/trading/transaction/{transfer}/change/",
    "/admin/marketplace/listing/",
    "/admin/marketplace/listing/{listing}/change/",
    "/admin/accounts/user/",
    "/admin/accounts/user/{player}/change/",
)


def test_markup_in_every_text(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    markup = " ".join(MARKUP)
    monkeypatch.setattr(FixedWindowThrottle, "allow_request", lambda *_: True)
    # Past the doors, which take less: a name with markup in it is refused there.
    User.objects.filter(pk=exchange.player.pk).update(display_name=MARKUP[1], username=markup)
    Listing.objects.filter(seller=exchange.player).update(title=MARKUP[0], words=markup)
    moved = transfer(
        operation=uuid4(),
        player_id=exchange.player.pk,
        payee_id=exchange.other.pk,
        amount_micro=BDT,
        reason=markup,
        now=timezone.now(),
    )
    listing = Listing.objects.filter(seller=exchange.player).order_by("pk").first()
    places = {"transfer": moved.pk, "listing": listing.pk, "land": listing.land_id, "player": exchange.player.pk}
    shown = 0
    for page in PAGES:
        browser = Client()
        browser.force_login(exchange.administrator if page.startswith("/admin/") else exchange.player)
        path, _, query = page.partition("?")
        written = {name: value.format(markup=markup) for name, _, value in (p.partition("=") for p in query.split("&"))}
        reply = browser.get(path.format(markup=markup, **places), written if query else None)
        content = reply.content.decode()
        assert reply.status_code < 500, page
        assert not re.search(r"<script>alert|<img src=x|(href|src|action)=\"javascript:|\b49\b.*load x", content), page
        assert not [raw for raw in MARKUP if raw in content and escape(raw) != raw], page
        shown += MARKUP[0] in unescape(content)
    assert shown > 12


def test_no_text_of_a_player_is_a_formula_in_the_file(exchange: Exchange) -> None:
    transfer(
        operation=uuid4(),
        player_id=exchange.player.pk,
        payee_id=exchange.other.pk,
        amount_micro=BDT,
        reason="=HYPERLINK(1)",
        now=timezone.now(),
    )
    browser = Client()
    browser.force_login(exchange.player)
    lines = b"".join(browser.get("/transactions/export/").streaming_content).decode()
    assert "'=HYPERLINK(1)" in lines
    assert ",=HYPERLINK" not in lines


def test_scripts_make_no_markup_of_data() -> None:
    """Scripts insert data as text.

    The only exception inserts a fragment of ours, for administrators, escaped by the server.
    """
    makers = re.compile(
        r"innerHTML|insertAdjacentHTML|document\.write|createContextualFragment|\beval\(|new Function|outerHTML ="
    )
    found: dict[str, Any] = {
        script.name: makers.findall(script.read_text()) for script in (settings.BASE_DIR / "static" / "js").glob("*.js")
    }
    assert {name: made for name, made in found.items() if made} == {"economy.js": ["innerHTML"]}
