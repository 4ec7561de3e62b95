"""What a query string asks of the API: which rows, which page of them. Whatever is not understood is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from ..selection import BadSelection, Dropped

PAGE, PAGE_SIZE = "page", "page_size"
PAGING = (PAGE, PAGE_SIZE)
DEFAULT_SIZE, LARGEST_SIZE = 20, 100
# No list has more pages; a longer number is no number of a page.
WHOLE_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


@dataclass(frozen=True)
class Parameter:
    """A parameter as the document describes it: the schema of one value, and whether it can be given several times."""

    name: str
    description: str | Promise
    schema: dict[str, Any]
    is_multiple: bool = False


@dataclass(frozen=True)
class Found:
    """The rows that were asked for: how many, how to have some of them in order, and what asks for them again."""

    count: int
    rows: Callable[[int, int], Sequence[Any]]
    pairs: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Page:
    """One page of what was found."""

    found: Found
    number: int = 1
    size: int = DEFAULT_SIZE

    @property
    def pages(self) -> int:
        """How many pages there are: one at least."""
        return max(1, -(-self.found.count // self.size))

    def rows(self) -> Sequence[Any]:
        """The rows of the page."""
        start = (self.number - 1) * self.size
        return self.found.rows(start, min(start + self.size, self.found.count))

    def query(self, number: int) -> str | None:
        """The query string of another page; None where there is no such page."""
        if not 1 <= number <= self.pages:
            return None
        size = [(PAGE_SIZE, self.size)] if self.size != DEFAULT_SIZE else []
        return f"?{urlencode([*self.found.pairs, *size, (PAGE, number)])}"


def part(data: QueryDict, names: Iterable[str], *, without: bool = False) -> QueryDict:
    """The parameters of these names alone, or with `without` all others."""
    names, found = set(names), QueryDict(mutable=True)
    for name, values in data.lists():
        if (name in names) is not without:
            found.setlist(name, values)
    return found


def unknown(data: QueryDict, names: Iterable[str]) -> list[Dropped]:
    """What a query string holds beside the parameters of these names, empty values included."""
    known = set(names)
    reason = _("There is no such parameter.")
    return [Dropped(name, value, reason) for name, values in data.lists() if name not in known for value in values]


def refuse_all(data: QueryDict) -> None:
    """Raises BadSelection where there is any parameter."""
    if bad := unknown(data, ()):
        raise BadSelection(bad)


def _whole(data: QueryDict, name: str, default: int, largest: int | None, bad: list[Dropped]) -> int:
    """A whole number from 1 to `largest`; what is none is added to `bad`."""
    given = data.getlist(name)
    if not given:
        return default
    bad += [Dropped(name, value, _("Only one value can be given.")) for value in given[1:]]
    if not WHOLE_NUMBER.fullmatch(given[0]) or (largest and int(given[0]) > largest):
        reason = _("It must be a whole number from 1 on.")
        if largest:
            reason = _("It must be a whole number from 1 to %(largest)s.") % {"largest": largest}
        bad.append(Dropped(name, given[0], reason))
        return default
    return int(given[0])


def read_page(data: QueryDict, names: Iterable[str], find: Callable[[QueryDict], Found]) -> Page:
    """The page that a query string asks for; `names` are the parameters beside those of pages, `find` reads them.

    Raises BadSelection with all that is wrong: parameters and values that do not exist, a page that is not there.
    """
    bad = unknown(data, (*names, *PAGING))
    number = _whole(data, PAGE, 1, None, bad)
    size = _whole(data, PAGE_SIZE, DEFAULT_SIZE, LARGEST_SIZE, bad)
    try:
        found = find(part(data, names))
    except BadSelection as error:
        raise BadSelection([*bad, *error.dropped]) from error
    page = Page(found, number, size)
    if not bad and number > page.pages:
        reason = _("The last page is %(last)s.") % {"last": page.pages}
        bad.append(Dropped(PAGE, data[PAGE], reason))
    if bad:
        raise BadSelection(bad)
    return page
