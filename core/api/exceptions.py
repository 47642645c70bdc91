"""The exception of refusals for DRF, by itself, for modules that DRF imports while it is being set up."""

from __future__ import annotations

from rest_framework.exceptions import APIException

from core.errors import DomainError
from core.observability.metrics import REFUSALS


class Refusal(APIException):
    """A domain error as an exception of DRF."""

    def __init__(self, error: DomainError) -> None:
        super().__init__(detail=error.detail, code=error.code)
        self.status_code = error.status
        self.attr = error.attr
        self.wait = error.retry_after_secs
        REFUSALS.labels(error.code).inc()
