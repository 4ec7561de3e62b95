"""`load_collection`: the YAML files of the collection into a database in use."""

from __future__ import annotations

import argparse
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS

from casestudies.collection.loading import LoadError, Report, load_files
from casestudies.search import store


class Command(BaseCommand):
    """The files into the database."""

    help = (
        "Loads the collection's files into the database, all or nothing. What staff changed or removed since the last "
        "load is kept and reported. Without a path the whole folder is loaded, and what it no longer has is removed."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files or folders (all of fixtures/)")
        parser.add_argument("--overwrite", action="store_true", help="write over what staff changed or removed")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and write nothing")
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS, help="the database to load into")

    def handle(self, **options) -> None:
        try:
            report = load_files(
                options["paths"],
                Path(settings.FIXTURE_DIRS[0]),
                overwrite=options["overwrite"],
                dry_run=options["dry_run"],
                using=options["database"],
            )
        except LoadError as error:
            raise CommandError(f"{error}\n{len(error.problems)} problem(s). Nothing was written.") from error
        except FileNotFoundError as error:
            raise CommandError(f"There is no {error}.") from error
        if not options["dry_run"]:
            # Here and not at the first search: of many new cases that takes minutes.
            store.refresh(options["database"])
        self._print(report, dry_run=options["dry_run"])

    def _print(self, report: Report, *, dry_run: bool) -> None:
        for name in report.removed:
            self.stdout.write(f"removed  {name}")
        for name, reason in report.kept:
            self.stdout.write(f"kept     {name}: {reason}")
        counts = (
            f"{len(report.created)} created, {len(report.updated)} updated, {report.unchanged} unchanged, "
            f"{len(report.kept)} kept, {len(report.removed)} removed"
        )
        self.stdout.write(f"{counts}. Nothing was written (dry run)." if dry_run else f"{counts}.")
