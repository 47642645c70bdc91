"""The API's error format: domain errors and DRF's own become `{"type", "errors": [{"code", "detail", "attr"}]}`."""

import math
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import JsonResponse
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler
from drf_standardized_errors.types import Error
from redis.exceptions import RedisError
from rest_framework.exceptions import APIException, AuthenticationFailed, NotAuthenticated, PermissionDenied, Throttled
from rest_framework.response import Response
from rest_framework_simplejwt.exceptions import AuthenticationFailed as TokenRefused

from core.api.exceptions import Refusal as Refusal
from core.errors import DomainError, RateLimited, ServiceUnavailable
from core.web.rate_limits import count_refused

UNREACHABLE = (OperationalError, InterfaceError, RedisError)


# What may be raised before a view's limits are asked.
_UNCOUNTED = (NotAuthenticated, AuthenticationFailed, PermissionDenied, Refusal)


class ProblemHandler(ExceptionHandler):
    """The library's handler of errors, with the exchange's own refusals."""

    def run(self) -> Response | None:
        """Answer an error; a request that failed before it was counted is counted now."""
        request, view = self.context.get("request"), self.context.get("view")
        if request is not None and isinstance(self.exc, _UNCOUNTED):
            try:
                count_refused(request, view)
            except RateLimited as refusal:
                self.exc = refusal
        response = super().run()
        is_answer = isinstance(self.exc, DomainError) and self.exc.retry_after_secs is not None
        if response is not None and is_answer and response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            # Or Django logs an answer that says when to come again as an error.
            response._has_been_logged = True  # type: ignore[attr-defined]
        return response

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        """Turn a domain error, or a database or Redis that went away, into an API exception."""
        if isinstance(exc, DomainError):
            return Refusal(exc)
        if isinstance(exc, UNREACHABLE):
            return Refusal(ServiceUnavailable())
        if isinstance(exc, TokenRefused):
            return _plain(exc)
        if isinstance(exc, Throttled):
            refusal = RateLimited()
            refusal.retry_after_secs = math.ceil(getattr(exc, "wait", None) or 1)
            return Refusal(refusal)
        return super().convert_known_exceptions(exc)

    def report_exception(self, exc: APIException, response: Response) -> None:
        """Report unexpected errors only: a busy market is an answer, not a fault."""
        if not isinstance(self.exc, DomainError):
            super().report_exception(exc, response)


def _plain(error: APIException) -> AuthenticationFailed:
    """Merge the library's several errors about a token into one error of one sentence."""
    details = error.detail
    assert isinstance(details, dict)
    plain = AuthenticationFailed(str(details["detail"]), str(details.get("code", error.default_code)))
    # So that the reply still says how to sign in.
    plain.auth_header = getattr(error, "auth_header", None)  # type: ignore[attr-defined]
    return plain


class ProblemFormatter(ExceptionFormatter):
    """The library's format of errors, with the field at fault for the exchange's own refusals too."""

    def get_errors(self) -> list[Error]:
        """Return the library's errors; a refusal's single error carries its `attr`."""
        errors: list[Error] = super().get_errors()
        if isinstance(self.exc, Refusal):
            errors[0].attr = self.exc.attr
        return errors


def problem_of(error: Exception) -> Error:
    """Return the API's error for an exception without a request, for sockets: the first where there are several.

    Raises the error again when it is a fault and no refusal.
    """
    refusal = ProblemHandler(error, {}).convert_known_exceptions(error)  # type: ignore[typeddict-item]  # no request
    if not isinstance(refusal, APIException):
        raise error
    return ProblemFormatter(refusal, {}, error).get_errors()[0]  # type: ignore[typeddict-item]


def problem_reply(*, status: int, code: str, detail: str) -> JsonResponse:
    """Make a problem outside of DRF's views, in the same shape."""
    kind = "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "client_error"
    error = {"code": code, "detail": detail, "attr": None}
    return JsonResponse({"type": kind, "errors": [error]}, status=status)
