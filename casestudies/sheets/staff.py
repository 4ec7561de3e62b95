"""The workbook of any cases, for staff: drafts and working revisions as well, in the columns of the public one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from django.utils import timezone
from django.utils.translation import gettext as _

from ..changes import data_version
from ..exports.provenance import TITLE
from ..exports.rows import WHOLE_CHUNK, rows_of_cases
from ..exports.workbook import EDITION, TAKEN, VERSION, write_tables
from ..models import Case
from ..querysets import REVISION


def write_staff_workbook(file: BinaryIO, cases: Iterable[Case], site: str) -> None:
    """Writes the workbook. Of a case and its working revision it holds the revision. Raises NotForSpreadsheets."""
    # Before the cases are read: what is changed after it was changed since.
    taken, version = timezone.now(), data_version()
    chosen = {case.pk: case for case in cases}
    for case in list(chosen.values()):
        if case.revises_id in chosen:
            del chosen[case.revises_id]
    about: list[tuple[Any, Any]] = [
        (_("Title"), TITLE),
        (_("For staff only"), _("Holds texts that are not public.")),
        (_("Cases"), len(chosen)),
        (VERSION, version.number),
        (_("Made on"), timezone.localdate(taken)),
        (TAKEN, taken.isoformat()),
    ]
    for case in chosen.values():
        edition = REVISION if case.is_revision else "case"
        about.append((f"{EDITION}{case.slug}", f"{edition} {case.version} {case.status}"))
    write_tables(file, rows_of_cases(_whole(list(chosen))), about, site)


def _whole(pks: list[int]) -> Iterator[Case]:
    for start in range(0, len(pks), WHOLE_CHUNK):
        some = pks[start : start + WHOLE_CHUNK]
        found = {case.pk: case for case in Case.objects.filter(pk__in=some).for_page()}
        yield from (found[pk] for pk in some if pk in found)
