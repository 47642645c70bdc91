"""The administration site: its name, its sections, and the start page with the economy's overview."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone

from accounts.models import User
from accounts.sign_ins.second_factor import is_missing
from accounts.views import admin_second_factor
from accounts.views.admin_password import OwnPassword
from analytics.economy.charts import cash_bands, hour_bars
from analytics.economy.overview import Version, take_overview
from core.web.rate_limits import limit_sign_ins
from markets.admin_forms import change_text, label_of, setting_text
from markets.economic_settings import values_of

#: Who sees the economy may see all that it is made of.
MAY_SEE_ECONOMY = (
    "markets.view_market",
    "markets.view_economicsettings",
    "trading.view_wallet",
    "trading.view_transaction",
)
#: The order of the sections, and where libraries' models stand.
SECTIONS = ("markets", "trading", "marketplace", "attention", "accounts")
GUESTS = {"auth": "accounts", "axes": "accounts", "admin": "accounts"}


class ExchangeAdminSite(admin.AdminSite):
    """Django's administration under the exchange's name."""

    site_title = site_header = "Biome Exchange"
    index_title = "Administration"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Return Django's addresses, and that of the figures, which the page updates by itself."""
        return [
            path("second-factor/", admin_second_factor.ask, name="second-factor"),
            path("second-factor/set-up/", admin_second_factor.set_up, name="set-up-second-factor"),
            path("figures/", self.admin_view(self.figures), name="figures"),
            *super().get_urls(),
        ]

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether this is staff, with a code in this session where a second factor is on or required."""
        return super().has_permission(request) and not _lacks_code(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show Django's sign-in page, its forms counted like sign-ins of the site; then the page for the second
        factor.
        """
        if request.method == "GET" and super().has_permission(request) and _lacks_code(request):
            query = urlencode({"next": request.GET.get(REDIRECT_FIELD_NAME, "")})
            return redirect(f"{reverse('admin:second-factor')}?{query}")
        return limit_sign_ins(super().login)(request, extra_context)

    def password_change(  # type: ignore[override]  # a redirect is no TemplateResponse, of which the stubs know alone
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Change one's own password with the function that sets all passwords. Attempts are counted like sign-ins."""
        told = self.each_context(request) | (extra_context or {})
        template = self.password_change_template or "registration/password_change_form.html"
        view = OwnPassword.as_view(extra_context=told, template_name=template)
        return limit_sign_ins(view)(request)  # type: ignore[arg-type]  # the stubs know no kind of response

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show the start page: the economy for those who may see it, then the sections to administrate."""
        return super().index(request, (extra_context or {}) | _economy(request))

    def figures(self, request: HttpRequest) -> HttpResponse:
        """Show the current figures of the start page; nothing where the markets are not open."""
        if not _may_see_economy(request):
            raise PermissionDenied
        context = _economy(request)
        if "economy" not in context:
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
        return render(request, "admin/economy/figures.html", context)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return all sections in their order, models as their `admin.py` registers them; or the requested section
        only.
        """
        if app_label is not None:
            return super().get_app_list(request, app_label)
        apps = self._build_app_dict(request)
        for guest, host in GUESTS.items():
            if guest in apps and host in apps:
                apps[host]["models"] += apps.pop(guest)["models"]
        known = [apps.pop(label) for label in SECTIONS if label in apps]
        return [*known, *apps.values()]


def _lacks_code(request: HttpRequest) -> bool:
    assert isinstance(request.user, User)
    # Asked several times a page.
    if not hasattr(request, "lacks_code"):
        request.lacks_code = is_missing(request.user, request.session)  # type: ignore[attr-defined]
    return bool(request.lacks_code)  # type: ignore[attr-defined]


def _may_see_economy(request: HttpRequest) -> bool:
    return request.user.has_perms(MAY_SEE_ECONOMY)


def _economy(request: HttpRequest) -> dict[str, Any]:
    """Return the context of the templates in `admin/economy` for those who may see it; else nothing."""
    if not _may_see_economy(request):
        return {}
    overview = take_overview(now=timezone.now())
    if overview is None:
        return {"markets_are_closed": True}
    return {
        "economy": overview,
        "tmc_percent": _percent(overview.money.markets_micro, overview.money.issued_micro),
        "trades": overview.money.of_the_day("trades"),
        "cash": cash_bands(overview.cash_history),
        "volume": hour_bars(overview.money.hours, "volume_micro"),
        "fees": hour_bars(overview.money.hours, "fees_micro"),
        "in_force": [
            (label_of(name), setting_text(name, value)) for name, value in values_of(overview.settings).items()
        ],
        "versions": [(version.settings, _changes(version)) for version in overview.versions],
        "invariants": overview.invariants,
    }


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}"


def _changes(version: Version) -> list[str]:
    return [
        f"{label_of(change.setting)}: {change_text(change.setting, change.old, change.new)}"
        for change in version.changes
    ]
