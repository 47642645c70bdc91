"""The three first steps of a newcomer: look at a biome, buy for a little, see its worth."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from django import template
from django.conf import settings
from django.template.context import Context
from django.urls import reverse
from django.utils.http import urlencode

from attention.biomes import Biome

register = template.Library()

#: In an address: its page shows the steps, whatever was hidden before.
PARAMETER = "first-steps"


class Step(IntEnum):
    """The steps in order; DONE when all are taken."""

    LOOK = 1
    BUY = 2
    WORTH = 3
    DONE = 4


@dataclass(frozen=True, slots=True)
class Link:
    """The address of a step and its state: done, current or next."""

    url: str
    state: str


@register.inclusion_tag("trading/first_steps_strip.html", takes_context=True)
def first_steps_strip(context: Context, *, step: str, biome: str = "") -> dict[str, Any]:
    """Return the context of the strip of first steps, where the page's address asks for it; else empty.

    `step` is current.
    """
    request = context["request"]
    if PARAMETER not in request.GET:
        return {}
    return steps_of(is_guest=not request.user.is_authenticated, step=Step[step], biome=Biome(biome or Biome.OCEAN)) | {
        "csrf_token": context["csrf_token"]
    }


def steps_of(*, is_guest: bool, step: Step, biome: Biome) -> dict[str, Any]:
    """Return the context of the steps: each one's link, and the amount of the first buy in BDT."""
    market = reverse("market", args=[biome])
    asked = {PARAMETER: "1"}
    buy = f"{market}?{urlencode({'side': 'buy', 'spend': settings.FIRST_BUY_BDT, **asked})}"
    if is_guest:
        buy = f"{reverse('register')}?{urlencode({'next': buy})}"
    urls = {
        "look": f"{market}?{urlencode(asked)}",
        "buy": buy,
        "worth": f"{reverse('portfolio')}?{urlencode(asked)}",
    }
    links = {name: Link(url, _state(Step[name.upper()], step)) for name, url in urls.items()}
    return {"steps": links, "first_biome": biome, "first_buy": settings.FIRST_BUY_BDT, "is_guest": is_guest}


def _state(one: Step, current: Step) -> str:
    if one == current:
        return "current"
    return "done" if one < current else "next"
