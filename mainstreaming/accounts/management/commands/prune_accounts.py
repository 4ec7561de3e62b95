"""`manage.py prune_accounts`: removes what is kept of logins longer than needed."""

from __future__ import annotations

import argparse
import datetime
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils.timezone import now

from ...models import AccountEvent


def days(text: str) -> int:
    """A whole number of days, at least 1. Raises ArgumentTypeError on anything else."""
    if not text.isdecimal() or not 1 <= int(text) <= 36_500:
        raise argparse.ArgumentTypeError(f"must be a whole number of days from 1 on, not {text!r}.")
    return int(text)


class Command(BaseCommand):
    """Old entries of the audit list that tell of accounts, failures that no longer count, sessions that have ended."""

    help = "Remove entries about logins that are older than --days (default 365), and sessions that have ended."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """How long entries are kept."""
        parser.add_argument("--days", type=days, default=365, help="keep entries of that many days")

    def handle(self, *args: Any, days: int, **options: Any) -> None:
        """Removes, and says how many."""
        before = now() - datetime.timedelta(days=days)
        removed = sum(
            (
                AccessLog.objects.filter(attempt_time__lt=before).delete()[0],
                AccessFailureLog.objects.filter(attempt_time__lt=before).delete()[0],
                AccountEvent.objects.filter(when__lt=before).delete()[0],
            )
        )
        AccessAttempt.objects.filter(attempt_time__lt=now() - settings.AXES_COOLOFF_TIME).delete()
        call_command("clearsessions")
        self.stdout.write(f"{removed} entries older than {days} days removed.")
