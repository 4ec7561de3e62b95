"""How often one may try to sign in: django-axes with limits of our own, and what it shows when one is reached."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt, AccessFailureLog
from django.conf import settings
from django.contrib import admin
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now
from django.utils.translation import ngettext

from ..addresses import sender_address, told_apart

#: Whoever tries from many addresses gets this many times as far with one name, and no further.
ADDRESSES_PER_NAME = 10


def client_address(request: HttpRequest) -> str | None:
    """The address that attempts are counted by, for django-axes; None where there is none."""
    ip = told_apart(sender_address(request))
    return str(ip) if ip else None


def _limits(username: str | None, address: str | None) -> Iterator[tuple[dict[str, str | None], int]]:
    """What is counted: conditions on failed attempts, each with how many there may be."""
    yield {"username": username, "ip_address": address}, settings.AXES_FAILURE_LIMIT
    yield {"username": username}, settings.AXES_FAILURE_LIMIT * ADDRESSES_PER_NAME
    # Without an address everybody would be one sender.
    if address:
        yield {"ip_address": address}, settings.LOGIN_FAILURES_PER_ADDRESS


class LoginHandler(AxesDatabaseHandler):
    """Counts failures in the database, so that all processes count alike: by name and address, by name, by address."""

    def get_failures(self, request: HttpRequest, credentials: dict | None = None) -> int:
        """How many attempts failed with this name from this address; the whole limit where another one is reached."""
        username, threshold = get_client_username(request, credentials), get_cool_off_threshold(request)
        most = 0
        for conditions, limit in _limits(username, request.axes_ip_address):
            recent = AccessAttempt.objects.filter(**conditions, attempt_time__gte=threshold)
            failures = recent.aggregate(total=Sum("failures_since_start"))["total"] or 0
            if limit == settings.AXES_FAILURE_LIMIT or failures >= limit:
                most = max(most, min(failures, settings.AXES_FAILURE_LIMIT))
        return most

    def locked_until(self, request: HttpRequest, credentials: dict | None = None) -> datetime.datetime:
        """When one may try again: when so many failures are too old to count that no limit is reached any more."""
        username, until = get_client_username(request, credentials), now()
        for conditions, limit in _limits(username, client_address(request)):
            rows = AccessAttempt.objects.filter(**conditions, attempt_time__gt=now() - settings.AXES_COOLOFF_TIME)
            times = list(rows.order_by("attempt_time").values_list("attempt_time", "failures_since_start"))
            failures = sum(number for _when, number in times)
            for when, number in times:
                if failures < limit:
                    break
                failures -= number
                until = max(until, when + settings.AXES_COOLOFF_TIME)
        return until

    def remove_out_of_limit_failure_logs(self, *, username: str, limit: int | None = None) -> int:
        """Removes the oldest entries beyond the limit. Django-axes would remove any, in no order."""
        keep = limit or settings.AXES_ACCESS_FAILURE_LOG_PER_USER_LIMIT
        entries = AccessFailureLog.objects.filter(username=username).order_by("-attempt_time", "-pk")
        return AccessFailureLog.objects.filter(pk__in=list(entries.values_list("pk", flat=True)[keep:])).delete()[0]


def lockout_response(request: HttpRequest, response: HttpResponse, credentials: dict | None = None) -> HttpResponse:
    """The login page again, with how long to wait and with what it carries. Status 429."""
    seconds = max(1, math.ceil((LoginHandler().locked_until(request, credentials) - now()).total_seconds()))
    minutes = math.ceil(seconds / 60)
    text = ngettext(
        "Too many attempts to sign in have failed. Please try again in %(minutes)d minute.",
        "Too many attempts to sign in have failed. Please try again in %(minutes)d minutes.",
        minutes,
    ) % {"minutes": minutes}
    page = admin.site.login_page(request, problem=text, status=429)
    page["Retry-After"] = str(seconds)
    return page
