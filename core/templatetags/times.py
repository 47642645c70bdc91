"""Template tags for times: in the visitor's one zone, in UTC on hover. `static/js/times.js` shows live ones the same.

{% time movement.at "full" %} is <time datetime="..." title="31 Jan 2026, 10:00:00 UTC" data-show="full">...</time>.
Where there are no scripts the zone stands behind it.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from django import template
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.web.time_zones import UTC as UTC_ZONE
from core.web.time_zones import zone_of

register = template.Library()

# Not by strftime, whose words are those of the machine's language.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS_ALONE = ("day", "date")


@register.simple_tag(takes_context=True)
def time(context: Context, at: datetime | str, style: str = "full") -> SafeString:
    """Show a time in one of the styles of `in_style`."""
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    zone = _zone(context)
    # The browser's is shown by scripts; without them it must be said which it is.
    said = "" if style in _DAYS_ALONE else format_html("<noscript> {}</noscript>", moment.astimezone(zone).tzname())
    return format_html(
        '<time datetime="{}" title="{}" data-show="{}">{}</time>{}',
        exact_text(moment),
        hover_text(moment),
        style,
        in_style(moment.astimezone(zone), style),
        said,
    )


@register.simple_tag(takes_context=True)
def zone_name(context: Context) -> SafeString:
    """Show the zone's name, "Europe/Berlin"; with scripts the browser's, where the player chose none."""
    return format_html("<span data-zone-name>{}</span>", _zone(context))


def in_style(at: datetime, style: str) -> str:
    """Format a time without its zone. Raises KeyError for a style that times.js has not."""
    clock, minute = f"{at:%H:%M:%S}", f"{at:%H:%M}"
    day = f"{at.day} {_MONTHS[at.month - 1]}"
    return {
        "clock": clock,
        "minute": minute,
        "day": day,
        "date": f"{day} {at.year}",
        "moment": f"{day}, {minute}",
        "day-clock": f"{day}, {clock}",
        "date-minute": f"{day} {at.year}, {minute}",
        "full": f"{day} {at.year}, {clock}",
    }[style]


def hover_text(at: datetime) -> str:
    """Format a time in UTC: "31 Jan 2026, 10:00:00 UTC"."""
    return f"{in_style(at.astimezone(UTC), 'full')} UTC"


def exact_text(at: datetime) -> str:
    """Format a time for programs: RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _zone(context: Context) -> tzinfo:
    request = context.get("request")
    return zone_of(request) if request is not None else UTC_ZONE
