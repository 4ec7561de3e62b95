"""What holds for every request, whatever the view."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from .problems import is_api, problem


class InputMiddleware:
    """Refuses what no database stores: a NUL character in the address or the query answers 400 with the reason.

    PostgreSQL raises on it where SQLite does not, so that it would be a server error on one database only.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        values = [request.path, *request.GET.keys(), *(v for vs in request.GET.lists() for v in vs[1])]
        if any("\x00" in value for value in values):
            reason = _("The address holds a character (NUL) that no value can have.")
            if is_api(request):
                return problem(request, 400, reason)
            return render(request, "400.html", {"reasons": [reason]}, status=400)
        return self.get_response(request)


class CompressionMiddleware(GZipMiddleware):
    """Compresses text for whoever takes it: a case's page has a fifth of its size then.

    Spreadsheets and archives are compressed already; what asks not to be held back (`X-Accel-Buffering`) is watched as
    it is made, which compression would hold back. Of lengths that tell a secret (BREACH) Django takes care: it masks
    its tokens anew in each answer and adds bytes at random.
    """

    TEXT = ("text/", "application/json", "application/xml")

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """The answer, compressed where it is text."""
        if response.status_code == 304:
            # It says what the answer would vary with that it stands for.
            patch_vary_headers(response, ("Accept-Encoding",))
            return response
        kind = response.get("Content-Type", "")
        is_text = kind.startswith(self.TEXT) or kind.partition(";")[0].endswith(("+json", "+xml"))
        is_watched = response.get("X-Accel-Buffering") == "no"
        return super().process_response(request, response) if is_text and not is_watched else response


class ApiMiddleware:
    """Lets the pages of other sites read the API, errors included: any may ask, without what identifies a visitor."""

    METHODS = "GET, HEAD, OPTIONS"
    #: What a page may send beside what any page may.
    TAKEN = "If-None-Match, If-Modified-Since"
    #: What a page may read of an answer beside what any page may.
    SHOWN = "RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, ETag, Allow"
    DAY = 24 * 60 * 60

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_api(request):
            return self.get_response(request)
        if request.method == "OPTIONS":
            response = HttpResponse(status=204, headers={"Allow": self.METHODS})
            del response["Content-Type"]
            response["Access-Control-Allow-Methods"] = self.METHODS
            response["Access-Control-Allow-Headers"] = self.TAKEN
            response["Access-Control-Max-Age"] = str(self.DAY)
        else:
            response = self.get_response(request)
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Expose-Headers"] = self.SHOWN
        return response
