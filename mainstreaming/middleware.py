"""What holds for every request, whatever the view."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.utils.translation import gettext as _


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
            return render(request, "400.html", {"reasons": [reason]}, status=400)
        return self.get_response(request)


class CompressionMiddleware(GZipMiddleware):
    """Compresses text for whoever takes it: a case's page has a fifth of its size then.

    Spreadsheets and archives are compressed already. Of lengths that tell a secret (BREACH) Django takes care: it masks
    its tokens anew in each answer and adds bytes at random.
    """

    TEXT = ("text/", "application/json", "application/xml")

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """The answer, compressed where it is text."""
        kind = response.get("Content-Type", "")
        is_text = kind.startswith(self.TEXT) or kind.partition(";")[0].endswith(("+json", "+xml"))
        return super().process_response(request, response) if is_text else response
