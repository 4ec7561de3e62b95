"""Errors of the API as problem details (RFC 9457). Nothing here knows a model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: Where the API begins: everything below it answers in JSON, errors included.
API_PREFIX = "/api/"
DOCS_PATH = f"{API_PREFIX}v1/docs/"
PROBLEM_JSON = "application/problem+json"


class Kind(NamedTuple):
    """A kind of problem: what its type's address ends with, its title, and how it comes about."""

    name: str
    title: str | Promise
    description: str | Promise


#: By HTTP status: the kind of problem that it stands for.
KINDS: dict[int, Kind] = {
    400: Kind(
        "bad-request",
        _("The request was not understood"),
        _("A parameter, a value or a page that does not exist; “errors” names each with the reason."),
    ),
    404: Kind("not-found", _("There is nothing at this address"), _("No record has this name, or no address is this.")),
    405: Kind(
        "method-not-allowed",
        _("The API only reads"),
        _("Only GET, HEAD and OPTIONS are answered; the header “Allow” says so."),
    ),
    406: Kind(
        "not-acceptable",
        _("The API answers in JSON"),
        _("The header “Accept” allows no JSON."),
    ),
    410: Kind("gone", _("This has been archived"), _("A case that was public once and is no more.")),
    429: Kind(
        "too-many-requests",
        _("Too many requests"),
        _("More requests came within a minute than one sender may make; “Retry-After” says how long to wait."),
    ),
    500: Kind("server-error", _("Something went wrong"), _("The fault is the site's; it has been recorded.")),
}


class Fault(NamedTuple):
    """What is wrong with one value of one parameter."""

    parameter: str
    value: str
    reason: str | Promise


def is_api(request: HttpRequest) -> bool:
    """Whether the request is for the API."""
    return request.path_info.startswith(API_PREFIX)


def type_of(kind: Kind, base_url: str) -> str:
    """The address that names a kind of problem, where it is explained."""
    return f"{base_url}{DOCS_PATH}#problem-{kind.name}"


def problem(
    request: HttpRequest, status: int, detail: str | Promise, faults: Iterable[Fault] = (), **headers: str
) -> JsonResponse:
    """An error: its kind by its status, what happened this time, where, and what is wrong with which parameter.

    A header's name is written with `_` for `-`.
    """
    kind = KINDS[status]
    body: dict[str, Any] = {
        "type": type_of(kind, _base_url(request)),
        "title": str(kind.title),
        "status": status,
        "detail": str(detail),
        "instance": request.get_full_path(),
    }
    errors = [{"parameter": f.parameter, "value": f.value, "reason": str(f.reason)} for f in faults]
    if errors:
        body["errors"] = errors
    response = JsonResponse(body, status=status, content_type=PROBLEM_JSON, json_dumps_params={"ensure_ascii": False})
    for name, value in headers.items():
        response[name.replace("_", "-")] = value
    return response


def _base_url(request: HttpRequest) -> str:
    """The site's address; nothing where the request names a host that is not ours."""
    try:
        return settings.SITE_URL or request.build_absolute_uri("/").rstrip("/")
    except DisallowedHost:
        return ""
