"""Template filters for a listing's remaining time. `static/js/marketplace.js` shows the same, every second."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.templatetags.times import exact_text, hover_text

register = template.Library()

_MINUTE_SECS, _HOUR_SECS, _DAY_SECS = 60, 3600, 24 * 3600


@register.simple_tag(takes_context=True)
def time_left(context: template.Context, ends_at: datetime) -> SafeString:
    """Show the time left at the page's `now`, which scripts update; the exact time on hover."""
    left_secs = max(0, int((ends_at - context["now"]).total_seconds()))
    return format_html(
        '<time class="left" data-ends datetime="{}" title="{}">{}</time>',
        exact_text(ends_at),
        hover_text(ends_at),
        left_text(left_secs),
    )


def left_text(secs: int) -> str:
    """Describe a duration in its two largest units: 3 d 04 h, 5 h 07 min, 4 min 09 s, 42 s."""
    if secs <= 0:
        return "Ended"
    if secs < _MINUTE_SECS:
        return f"{secs} s"
    if secs < _HOUR_SECS:
        return f"{secs // _MINUTE_SECS} min {secs % _MINUTE_SECS:02d} s"
    if secs < _DAY_SECS:
        return f"{secs // _HOUR_SECS} h {secs % _HOUR_SECS // _MINUTE_SECS:02d} min"
    return f"{secs // _DAY_SECS} d {secs % _DAY_SECS // _HOUR_SECS:02d} h"
