"""Writes docs/codebook.md from the declarations of the exports."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import translation

from casestudies.exports.codebook import codebook

TARGET = Path("docs") / "codebook.md"


class Command(BaseCommand):
    """`manage.py write_codebook`"""

    help = "Write docs/codebook.md from the declarations of the exports."

    def handle(self, *args, **options) -> None:
        with translation.override("en"):
            (settings.BASE_DIR / TARGET).write_text(codebook(), encoding="utf-8")
        self.stdout.write(f"wrote {TARGET}")
