"""Pages and downloads are sent again only where they changed: with the data, the language, the code or the day.

One place for all addresses. The version of the data is read once a request and before anything else, so that what a
browser keeps is never older than its tag says. Browsers ask each time (`no-cache`): a case that is taken back is gone
at once, and a draft was never there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.http import http_date, parse_etags, parse_http_date_safe
from django.utils.translation import get_language

from mainstreaming.problems import is_api

from ..changes import Version, data_version, one_version

#: What pages vary with: a swap of htmx is told where it leads; the language and the staff's messages.
VARY = ("Accept-Language", "Cookie", "HX-Request")
#: The API looks at no cookie.
VARY_API = ("Accept-Language",)
#: Addresses that follow something else than the data: by their names.
UNCONDITIONAL = frozenset({"healthz", "suggest", "suggest-thanks", "releases", "preview"})
#: Cookies of those who may have a message waiting for them on the next page.
TELLING = ("messages",)
CODE = ("casestudies", "mainstreaming", "recommendations", "templates", "locale")
KINDS = frozenset({".py", ".html", ".svg", ".xml", ".txt", ".mo"})


def _files() -> Iterator[tuple[str, Path]]:
    """Everything that pages are made by, each with its name: code, templates, the names of the static files."""
    base = Path(settings.BASE_DIR)
    for folder in CODE:
        found = sorted(path for path in (base / folder).rglob("*") if path.suffix in KINDS)
        yield from ((path.relative_to(base).as_posix(), path) for path in found)
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if manifest.is_file():
        yield manifest.name, manifest


@cache
def code_version() -> tuple[str, float]:
    """What tells this code and its settings from any other, and since when it is there. Read once by each process."""
    digest, newest = hashlib.sha256(), 0.0
    for name, path in _files():
        digest.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
        newest = max(newest, path.stat().st_mtime)
    shown = (django.get_version(), settings.SITE_URL, settings.CONTACT_EMAIL, settings.PAPER_URL)
    digest.update(repr(shown).encode())
    return digest.hexdigest(), newest


def etag_of(request: HttpRequest, version: Version) -> str:
    """The tag of what the address answers now. Weak: a proxy that compresses may pass it on."""
    said = (request.headers.get("HX-Request", ""), request.headers.get("Accept", ""))
    # Pages say when they were asked for: «accessed 24 November».
    today = timezone.localdate().isoformat()
    parts = (version.token, code_version()[0], get_language() or "", request.build_absolute_uri(), *said, today)
    return f'W/"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


def last_modified(version: Version) -> int:
    """Since when pages are as they are: the later of the data and the code, in seconds."""
    return int(max(version.changed_at.timestamp(), code_version()[1]))


def _tags(header: str) -> set[str]:
    """The tags of a header, compared as weak ones."""
    return {tag if tag.startswith("W/") else f"W/{tag}" for tag in parse_etags(header)}


def _is_read(request: HttpRequest) -> bool:
    """Whether an address of the public site is read: its answer names the version of the data."""
    match = request.resolver_match
    return request.method in ("GET", "HEAD") and "admin" not in match.app_names and match.url_name != "healthz"


def _is_for_all(request: HttpRequest) -> bool:
    """Whether the answer is the same for everyone, and changes with the version only."""
    telling = () if is_api(request) else (settings.SESSION_COOKIE_NAME, *TELLING)
    may_be_told = any(name in request.COOKIES for name in telling)
    # While developing templates change under a running process.
    return not may_be_told and not settings.DEBUG and request.resolver_match.url_name not in UNCONDITIONAL


class VersionMiddleware:
    """Names the version of the data in every public answer, and answers 304 to those who have it already."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        with one_version():
            response = self.get_response(request)
        version = getattr(request, "data_version", None)
        if version is None:
            return response
        patch_vary_headers(response, VARY_API if is_api(request) else VARY)
        response = _conditional(request, response, version)
        response.headers.setdefault("X-Data-Version", str(version.number))
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Reads the version; 304 without asking the view where the tag is the one of now."""
        if not _is_read(request):
            return None
        request.data_version = data_version()
        # Such a tag was given with a 200 of this version only. «*» and dates wait for what the view answers.
        given = _tags(request.headers.get("If-None-Match", ""))
        if _is_for_all(request) and etag_of(request, request.data_version) in given:
            return HttpResponseNotModified()
        return None


def _conditional(request: HttpRequest, response: HttpResponseBase, version: Version) -> HttpResponseBase:
    """The answer with its tag and date, or 304 (412) where the request's conditions say so."""
    if response.cookies or "no-store" in response.headers.get("Cache-Control", ""):
        return response
    # A view that knows better what its answer changes with has set a tag of its own.
    if not response.has_header("ETag"):
        if not _is_for_all(request):
            patch_cache_control(response, private=True, no_cache=True)
            return response
        if response.status_code not in (200, 304):
            return response
        response["ETag"] = etag_of(request, version)
        response["Last-Modified"] = http_date(last_modified(version))
        patch_cache_control(response, no_cache=True)
    if response.status_code == 304:
        return response
    modified = parse_http_date_safe(response.headers.get("Last-Modified", ""))
    return get_conditional_response(request, response["ETag"], modified, response)
