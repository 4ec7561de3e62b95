"""Settings from the environment. A bad value stops the start and names the variable."""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    """The variable's value without surrounding space, or `default` where it is not set."""
    return os.environ.get(name, default).strip()


def flag(name: str, default: bool = False) -> bool:
    """The variable as yes or no. Raises ImproperlyConfigured on anything else."""
    value = text(name, str(default)).lower()
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0 (or true/false, yes/no, on/off), not {value!r}.")


def number(name: str, default: int, low: int, high: int) -> int:
    """The variable as a whole number from `low` to `high`. Raises ImproperlyConfigured on anything else."""
    value = text(name, str(default))
    if not value.isdecimal() or not low <= int(value) <= high:
        raise ImproperlyConfigured(f"{name} must be a whole number from {low} to {high}, not {value!r}.")
    return int(value)


def names(name: str) -> list[str]:
    """The variable as a list, split at commas. Raises ImproperlyConfigured on a name with spaces or a scheme."""
    values = [part.strip() for part in text(name).split(",") if part.strip()]
    for value in values:
        if " " in value or "/" in value:
            raise ImproperlyConfigured(f"{name} must be host names with commas between them; {value!r} is none.")
    return values


def url(name: str, default: str, schemes: tuple[str, ...] = ("https", "http")) -> str:
    """The variable as an absolute address without a trailing slash. Raises ImproperlyConfigured on anything else."""
    value = text(name, default).rstrip("/")
    try:
        parts = urlsplit(value)
        _port = parts.port  # raises where the port is no number
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is no address: {value!r} ({error}).") from error
    if parts.scheme not in schemes or not parts.hostname:
        raise ImproperlyConfigured(f"{name} must be an address that starts with {' or '.join(schemes)}, not {value!r}.")
    return value


def urls(name: str) -> list[str]:
    """The variable as a list of addresses, split at commas. Raises ImproperlyConfigured on anything else."""
    found = []
    for part in text(name).split(","):
        if part.strip():
            parts = urlsplit(part.strip())
            if parts.scheme not in {"http", "https"} or not parts.netloc:
                raise ImproperlyConfigured(
                    f"{name} must be addresses such as https://example.org, not {part.strip()!r}."
                )
            found.append(part.strip().rstrip("/"))
    return found


@dataclass(frozen=True)
class Mail:
    """How e-mail is sent: the name of Django's backend and, for SMTP, the server."""

    backend: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    is_starttls: bool = False
    is_tls: bool = False


# The port of each way to reach a server: in the clear, by STARTTLS, by TLS from the start.
MAIL_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
MAIL_ELSEWHERE = {"console:": "console", "none:": "dummy"}


def mail(name: str, default: str) -> Mail:
    """The variable as a way to send e-mail. Raises ImproperlyConfigured on anything else; never shows the password."""
    value = text(name) or default
    if value in MAIL_ELSEWHERE:
        return Mail(MAIL_ELSEWHERE[value])
    try:
        parts = urlsplit(value)
        port = parts.port  # raises where the port is no number
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is no address of a mail server.") from error
    if parts.scheme not in MAIL_PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ImproperlyConfigured(
            f"{name} must be such as smtps://user:password@mail.example.org, smtp+starttls://…, smtp://localhost, "
            "console: or none:"
        )
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if password and parts.scheme == "smtp":
        raise ImproperlyConfigured(f"{name} would send a password in the clear: use smtps or smtp+starttls.")
    return Mail(
        "smtp",
        parts.hostname,
        MAIL_PORTS[parts.scheme] if port is None else port,
        user,
        password,
        is_starttls=parts.scheme == "smtp+starttls",
        is_tls=parts.scheme == "smtps",
    )
