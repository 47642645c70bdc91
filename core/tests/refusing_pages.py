"""The site's addresses, and pages that refuse as their address names."""

from __future__ import annotations

from typing import NoReturn

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from redis.exceptions import ConnectionError as RedisConnectionError

from config import urls
from core.errors import InsufficientFunds, MarketBusy

handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500

ERRORS = {
    "funds": InsufficientFunds("You have 3 BDT."),
    "busy": MarketBusy(),
    "database": OperationalError("secret address"),
    "connection": InterfaceError("secret address"),
    "redis": RedisConnectionError("secret address"),
    "denied": PermissionDenied(),
    "denied-why": PermissionDenied("Only for the brave."),
    "missing": Http404(),
    "fault": KeyError("secret"),
}


def refuse(request: HttpRequest, how: str) -> NoReturn:
    raise ERRORS[how]


def remember(request: HttpRequest) -> HttpResponse:
    """Return a page after which the session must be written."""
    request.session["seen"] = True
    return HttpResponse("seen")


urlpatterns = [
    path("refuse/<slug:how>", refuse),
    path("api/refuse/<slug:how>", refuse),
    path("remember", remember),
    *urls.urlpatterns,
]
