"""`quality_report`: what is missing or thin, case by case, and what differs between the database and the files."""

from __future__ import annotations

import argparse
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from casestudies.collection.comparing import Difference, case_differences, shared_differences
from casestudies.models import Case
from casestudies.quality import Finding, case_reports, shared_reports
from casestudies.selection import BY_NUMBER

CHUNK = 20


class Command(BaseCommand):
    """The quality report as text."""

    help = (
        "Lists what is missing or thin in the cases and in what they share. Findings that the editors accepted are "
        "explained by their reason and shown with --accepted."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("slugs", nargs="*", metavar="SLUG", help="cases (all of them)")
        parser.add_argument("--accepted", action="store_true", help="also list what was accepted, with the reasons")
        parser.add_argument("--files", action="store_true", help="also compare with the files in fixtures/")
        parser.add_argument("--check", action="store_true", help="fail if anything is open")

    def handle(self, *, slugs: list[str], accepted: bool, files: bool, check: bool, **options) -> None:
        self.is_shown, self.is_open = accepted, 0
        root = Path(settings.FIXTURE_DIRS[0]) if files else None
        cases = Case.objects.live().for_page().order_by(*BY_NUMBER)
        if slugs:
            cases = cases.filter(slug__in=slugs)
            missing = sorted(set(slugs) - set(cases.values_list("slug", flat=True)))
            if missing:
                raise CommandError(f"There is no case {', '.join(missing)}.")
        total = 0
        # In slices: a report of every case never holds more than a few of them.
        while chunk := list(cases[total : total + CHUNK]):
            for report in case_reports(chunk):
                self._say(str(report.case), report.findings)
                self._differ(case_differences(report.case, root) if root else [])
            total += len(chunk)
        if not slugs:
            for report in shared_reports(limit=None):
                self._say(f"Shared: {report.label}", report.findings)
            self._differ(shared_differences(root) if root else [])
        self.stdout.write(f"{total} cases, {self.is_open} open.")
        if check and self.is_open:
            raise CommandError(f"{self.is_open} open.")

    def _say(self, title: str, findings: list[Finding]) -> None:
        shown = [finding for finding in findings if finding.is_open or self.is_shown]
        if shown:
            self.stdout.write(title)
        for finding in shown:
            detail = f" ({finding.detail})" if finding.detail else ""
            reason = f": {finding.reason}" if finding.reason else ""
            self.stdout.write(f"  {finding.rule:22}  {finding.subject}{detail}{reason}")
        self.is_open += sum(finding.is_open for finding in findings)

    def _differ(self, differences: list[Difference]) -> None:
        for difference in differences:
            self.stdout.write(f"  {'files':22}  {difference.name}: {difference.reason}")
        self.is_open += len(differences)
