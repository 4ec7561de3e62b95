"""Settings from the environment. A bad value stops the start and names the variable."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

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
