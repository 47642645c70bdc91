"""Refusals in pages' forms: shown beside the field at fault, with the refusal's code and status."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpResponse

from core.errors import DomainError, IdempotencyConflict
from core.observability.metrics import REFUSALS

#: A form carries its operation id, which players never see.
SENT_BEFORE = "This form was sent before, with something else in it. Look at your transactions, then send it anew."


def refuse(form: BaseForm, refusal: DomainError, *, beside: str | None = None) -> None:
    """Add a refusal to a bound form: to the field `beside`, else to the one that its `attr` names, else above all."""
    field = beside or refusal.attr
    detail = SENT_BEFORE if isinstance(refusal, IdempotencyConflict) else refusal.detail
    form.add_error(field if field in form.fields else None, ValidationError(detail, code=refusal.code))


def operation_for(form: BaseForm, refusal: DomainError | None) -> UUID:
    """Return the operation id for the form that is shown next, by which it is executed once.

    A refused form keeps the id it was sent with: whatever happened to it, sent again it is executed once.
    """
    sent = form.cleaned_data.get("operation") if form.is_bound else None
    return uuid4() if sent is None or isinstance(refusal, IdempotencyConflict) else sent


def with_status(response: HttpResponse, form: BaseForm, refusal: DomainError | None) -> HttpResponse:
    """Set the status of a response that shows a form: the refusal's, or 400 for bad input. Returns the response."""
    if refusal is not None:
        REFUSALS.labels(refusal.code).inc()
        response.status_code = refusal.status
        if refusal.retry_after_secs is not None:
            response["Retry-After"] = str(refusal.retry_after_secs)
            # A reply that says when to come again is an answer, and no fault of this server's.
            response._has_been_logged = True  # type: ignore[attr-defined]
    elif form.errors:
        response.status_code = HTTPStatus.BAD_REQUEST
    return response
