"""Template tags that explain a word of the game: a button beside it, and one popover for all buttons of a word."""

from __future__ import annotations

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from core.explanations import EXPLANATIONS

register = template.Library()


@register.simple_tag
def explain(name: str) -> SafeString:
    """Show the button that explains a word. Raises KeyError for a word without an explanation."""
    return format_html(
        '<button class="explain" type="button" popovertarget="explain-{0}" aria-describedby="explain-{0}"'
        ' aria-expanded="false" aria-label="{1}"></button>',
        name,
        EXPLANATIONS[name].question,
    )


@register.simple_tag
def explanations() -> SafeString:
    """Show the popovers of all words, once a page: a button that HTMX brings later finds its own."""
    return format_html_join(
        "\n  ",
        '<p class="explanation" id="explain-{}" popover>{}</p>',
        ((name, told.answer) for name, told in EXPLANATIONS.items()),
    )
