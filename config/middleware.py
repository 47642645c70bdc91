"""What every reply carries."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


def rate_limit_headers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Tell a client its limit, what remains of it, and the seconds until it is whole again."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if (told := getattr(request, "rate_limit", None)) is not None:
            limit, remaining, reset_secs = told
            response["RateLimit-Limit"] = str(limit)
            response["RateLimit-Remaining"] = str(remaining)
            response["RateLimit-Reset"] = str(reset_secs)
        return response

    return middleware
