"""`dump_collection`: the database's collection back into its files."""

from __future__ import annotations

import argparse
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS

from casestudies.collection.dumping import EmptyCollection, differing, dump_texts, write


class Command(BaseCommand):
    """The database into the files."""

    help = (
        "Writes the collection to YAML files in their canonical form: every live case, drafts included, without "
        "working revisions, accounts and bookkeeping. Files of its own layout that hold nothing any more are removed."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="where to write (fixtures/)")
        parser.add_argument("--check", action="store_true", help="write nothing; fail and list the files that differ")
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS, help="the database to read")

    def handle(self, **options) -> None:
        folder = options["folder"] or Path(settings.FIXTURE_DIRS[0])
        try:
            texts = dump_texts(options["database"])
        except EmptyCollection as error:
            raise CommandError("The database holds no collection: nothing was written.") from error
        if options["check"]:
            names = differing(folder, texts)
            if names:
                raise CommandError("Not as the database has it:\n" + "\n".join(names), returncode=1)
            self.stdout.write(f"{len(texts)} files are as the database has them.")
            return
        names = write(folder, texts)
        for name in names:
            self.stdout.write(f"{'wrote' if name in texts else 'removed'} {name}")
        self.stdout.write(f"{len(texts)} files, {len(names)} changed.")
