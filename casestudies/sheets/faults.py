"""What is wrong in a spreadsheet, and where: the words of every error."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from django.utils.translation import gettext as _

from mainstreaming.downloads import UNHOLDABLE

from ..text import fold

SHOWN = 120
#: With so many errors a file is not read to its end.
MOST_FAULTS = 5000


@dataclass(frozen=True, order=True)
class Fault:
    """One error: its sheet, row, column by letter and header, the value that stands there, the reason."""

    sheet: str = ""
    row: int = 0
    column: str = ""
    header: str = ""
    value: str = ""
    reason: str = ""

    def as_dict(self) -> dict[str, str | int]:
        """As JSON keeps it."""
        return asdict(self)


class TooManyFaults(Exception):
    """There is no point in reading on."""


class Faults(list[Fault]):
    """The errors found. Raises TooManyFaults where one more would be too many."""

    def append(self, fault: Fault) -> None:
        """One more."""
        if len(self) >= MOST_FAULTS:
            raise TooManyFaults
        super().append(fault)


def brief(value: object) -> str:
    """A value as messages show it: in one line, and not too long."""
    text = UNHOLDABLE.sub("\N{REPLACEMENT CHARACTER}", " ".join(str(value).split())) if value is not None else ""
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def nearest(text: str, known: Iterable[str], most: int = 3) -> list[str]:
    """The known names that are most like the text."""
    by_folded = {fold(name): name for name in known}
    return [by_folded[name] for name in difflib.get_close_matches(fold(text)[:200], by_folded, n=most, cutoff=0.6)]


def suggestion(text: str, known: Iterable[str]) -> str:
    """What may be meant, as a sentence that follows a reason; empty where nothing is like it."""
    found = nearest(text, known)
    return " " + _("Nearest: %(names)s.") % {"names": ", ".join(f"“{name}”" for name in found)} if found else ""
