"""What the audit list has of accounts, and how something is noted there."""

from __future__ import annotations

from collections.abc import Callable

from axes.models import AccessFailureLog, AccessLog
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import audit
from .models import AccountEvent, EventKind
from .throttle import client_address


def note(request: HttpRequest, kind: EventKind, about: AbstractBaseUser | None) -> AccountEvent:
    """Notes for the audit list what the person who sends the request did to the account `about` (None: to no one's)."""
    who: AbstractBaseUser | AnonymousUser = request.user
    return AccountEvent.objects.create(
        kind=kind,
        who=who.get_username() if who.is_authenticated else "",
        about=about.get_username() if about is not None else "",
        address=client_address(request),
    )


def register() -> None:
    """Registers logins, failed ones, lockouts, logouts and what happens to accounts with the audit list."""
    kinds = [
        ("login", gettext_lazy("Login"), AccessLog, {}, "attempt_time"),
        ("failed-login", gettext_lazy("Failed login"), AccessFailureLog, {"locked_out": False}, "attempt_time"),
        ("lockout", gettext_lazy("Locked out"), AccessFailureLog, {"locked_out": True}, "attempt_time"),
        ("logout", gettext_lazy("Logout"), AccessLog, {"logout_time__isnull": False}, "logout_time"),
    ]
    for name, label, model, conditions, when in kinds:
        rows = _rows_of(model, conditions)
        audit.register(audit.Kind(name, label, rows, when, "username", _where_from))
    for kind in EventKind:
        rows = _rows_of(AccountEvent, {"kind": kind})
        audit.register(audit.Kind(kind.value, kind.label, rows, "when", "who", _about))


def _rows_of(model: type, conditions: dict) -> Callable:
    return lambda: model.objects.filter(**conditions)


def _where_from(row: AccessLog | AccessFailureLog) -> str:
    return _("from %(address)s, with %(program)s") % {
        "address": row.ip_address or _("an unknown address"),
        "program": row.user_agent,
    }


def _about(row: AccountEvent) -> str:
    if row.about:
        return _("account %(name)s, from %(address)s") % {
            "name": row.about,
            "address": row.address or _("an unknown address"),
        }
    return _("for no account of this site, from %(address)s") % {"address": row.address or _("an unknown address")}
