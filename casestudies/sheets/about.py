"""What a workbook says of itself: when it was taken, at which version of the data, and from which edition of a case."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

from ..changes import data_version
from ..exports.workbook import CITATION, EDITION, TAKEN, VERSION
from ..models import Case
from ..querysets import REVISION
from .reading import Book


@dataclass(frozen=True)
class About:
    """`taken` is None where the file does not say. `editions`: of a working revision? which version?"""

    taken: datetime.datetime | None = None
    is_current: bool = False
    editions: dict[str, tuple[bool, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, book: Book) -> About:
        """What the sheet says on how the file was made; nothing, where there is no such sheet."""
        sheet = book.sheets.get(CITATION)
        told = {}
        for row in sheet.rows if sheet else ():
            if 1 in row.cells and 2 in row.cells:
                told[str(row.cells[1].value).strip()] = str(row.cells[2].value).strip()
        editions = {}
        for name, value in told.items():
            kind, _space, rest = value.partition(" ")
            number = rest.partition(" ")[0]
            if name.startswith(EDITION) and number.isdecimal():
                editions[name.removeprefix(EDITION)] = (kind == REVISION, int(number))
        return cls(_moment(told.get(TAKEN, "")), told.get(str(VERSION)) == str(data_version().number), editions)

    def is_of_revision(self, slug: str) -> bool:
        """Whether the rows of the case were those of its working revision."""
        return self.editions.get(slug, (False, 0))[0]

    def is_older_than(self, slug: str, case: Case) -> bool:
        """Whether the case, as it was when the file was taken, was changed since; so too where nothing tells."""
        if slug in self.editions:
            is_revision, version = self.editions[slug]
            return (case.is_revision, case.version) != (is_revision, version)
        if self.taken is None:
            return True
        return not self.is_current and case.updated_at > self.taken


def _moment(text: str) -> datetime.datetime | None:
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
