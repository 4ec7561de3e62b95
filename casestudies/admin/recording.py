"""Everything that staff send to the admin is recorded, and happens whole or not at all."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from ..newsroom.history import recording


class RecordingMiddleware:
    """Wraps what signed-in staff send to the admin in one transaction and one recording of the history."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # The path first: public pages ask for no session.
        if (
            request.method != "POST"
            or not request.path_info.startswith(reverse("admin:index"))
            or not request.user.is_authenticated
        ):
            return self.get_response(request)
        with transaction.atomic(), recording(request.user):
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
            return response
