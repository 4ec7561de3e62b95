"""`cut_release`: the published collection of today, kept unchanged."""

from __future__ import annotations

import argparse

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from casestudies.models import Release
from casestudies.releasing import NothingToReleaseError, cut


class Command(BaseCommand):
    """A release."""

    help = "Cuts a release of the published collection: files that never change, under a permanent address."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--note", default="", help="what is new, for visitors to read")

    def handle(self, **options) -> None:
        if not settings.SITE_URL:
            # The files name the addresses of cases, and are never changed.
            raise CommandError("Set SITE_URL: the files of a release name the public address of each case.")
        try:
            release = cut(Release(note=options["note"].strip()), settings.SITE_URL)
        except NothingToReleaseError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{settings.SITE_URL}{release.get_absolute_url()}")
        for file in release.files.all():
            self.stdout.write(f"{file.sha256}  {file.name}  {file.size}")
