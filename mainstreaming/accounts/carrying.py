"""What was typed outlives the session: a form that was sent too late is carried through the login page.

It travels signed and compressed in a hidden field of the login page; nothing of it is stored on the server or stands in
an address. Afterwards it is shown with a button that sends it on. It is never sent by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.core import signing
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

#: The name of the hidden field.
FIELD = "carried"
SALT = "mainstreaming.accounts.carrying"
#: Characters of the hidden field. The fullest case makes a tenth of it.
MOST = 1_000_000
SECONDS = 24 * 60 * 60
# What is typed there is secret, or is nothing.
NEVER = ("login", "logout", "autocomplete", "jsi18n", "auth_user_password_change")
NEVER_PREFIXES = ("account", "password_", "second_factor")
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class TooBigError(Exception):
    """More was typed than the login page can carry."""


@dataclass(frozen=True)
class Carried:
    """A form that was not taken: where it belongs, its fields in their order, and the names of files left behind."""

    path: str
    fields: tuple[tuple[str, str], ...]
    files: tuple[str, ...]

    def readable(self) -> list[tuple[str, str]]:
        """The fields that hold something a person may have typed."""
        return [
            (name, value)
            for name, value in self.fields
            if value.strip() and not name.startswith("_") and not name.endswith("_FORMS") and "__prefix__" not in name
        ]


def typed(request: HttpRequest) -> Carried | None:
    """The form that the request sends; None where it is none of the admin, a script's, or one that holds secrets."""
    match = request.resolver_match
    name = (match.url_name or "") if match else ""
    is_form = request.method == "POST" and request.content_type in FORMS
    is_page = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    if not is_form or not is_page or not is_admins(request.path) or name in NEVER or name.startswith(NEVER_PREFIXES):
        return None
    fields = tuple(
        (field, value)
        for field, values in request.POST.lists()
        for value in values
        if field != "csrfmiddlewaretoken" and "password" not in field
    )
    files = tuple(file.name for _field, files in request.FILES.lists() for file in files)
    return Carried(request.get_full_path(), fields, files) if fields or files else None


def pack(carried: Carried) -> str:
    """The form as the text of the hidden field. Raises TooBigError."""
    text = signing.dumps([carried.path, carried.fields, carried.files], salt=SALT, compress=True)
    if len(text) > MOST:
        raise TooBigError
    return text


def unpack(text: str) -> Carried | None:
    """The form of a hidden field; None where the field is empty, older than a day or was not written by this site."""
    try:
        path, fields, files = signing.loads(text, salt=SALT, max_age=SECONDS)
    except signing.BadSignature:
        return None
    if not is_admins(urlsplit(path).path) or not url_has_allowed_host_and_scheme(path, allowed_hosts=None):
        return None
    return Carried(path, tuple((name, value) for name, value in fields), tuple(files))


def is_admins(path: str) -> bool:
    """Whether the path belongs to the admin of this site."""
    return path.startswith(reverse("admin:index"))


def is_from_here(request: HttpRequest) -> bool:
    """Whether a page of this very site sent the form, as the browser says. What another site sent is not kept."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin") or request.headers.get("Referer", "")
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return (parts.scheme, parts.netloc) == (request.scheme, request.get_host())
