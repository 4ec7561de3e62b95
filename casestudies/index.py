"""The index of the published collection, one in each process: what cases hold, as bitmaps over their order.

A case is a *position*: its place in the order of numbers. What a visitor selects is a bitmap of positions; counts are
sizes of intersections, so that they take the same time whatever the size of the collection. The index is made anew when
the version of the data has moved (`changes`), which one query tells.
"""

from __future__ import annotations

import threading
from array import array
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

from django.db.models import F, Func
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from pyroaring import BitMap

from . import changes
from .choices import Strength
from .facets import FACETS, OPEN_END, Lists, Option, Rows
from .models import Case

DEFAULT_SORT = "number"
# Computed things that an index keeps: the most recently asked ones.
KEPT = 64


class CodePoints(Func):
    """Sorts text by code points on every database, whatever its collation."""

    template = "%(expressions)s"

    def as_postgresql(self, compiler, connection, **context) -> tuple[str, list]:
        return self.as_sql(compiler, connection, template='%(expressions)s COLLATE "C"', **context)


BY_NUMBER = ("collection__position", "ordinal", CodePoints("slug"))
# How lists of cases are sorted; the order of relevance is the search's.
SORTS: dict[str, tuple[str | Promise, tuple]] = {
    "number": (_("Number"), BY_NUMBER),
    "title": (_("Title"), (CodePoints("sort_key"), *BY_NUMBER)),
    "country": (_("Country"), (CodePoints("country__sort_key"), *BY_NUMBER)),
    "start": (_("Start"), (F("start_year").asc(nulls_last=True), *BY_NUMBER)),
}


class Index:
    """The collection as it was at one version of the data. Nothing in it changes after it is made."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.lists = Lists()
        rows = Rows(self.lists)
        self.pks = array("Q", self._in_order(DEFAULT_SORT))
        self.position = {pk: position for position, pk in enumerate(self.pks)}
        self.all = BitMap(range(len(self.pks)))
        self.facets = {facet.name: self.bitmaps(facet.pairs(rows)) for facet in FACETS}
        self.terms = self.bitmaps(rows.bearing)
        self.central = self.bitmaps(
            (case, number) for case, number, strength in rows.illustrations if strength == Strength.CENTRAL
        )
        self._years = self._by_year(rows.periods)
        # What each list of options holds, so that no page asks for them again.
        self.options: dict[str, list[Option]] = {facet.name: facet.options(self.lists) for facet in FACETS}
        self._orders: dict[str, array] = {DEFAULT_SORT: array("I", range(len(self.pks)))}
        self._kept: OrderedDict[Any, Any] = OrderedDict()
        self._lock = threading.Lock()

    def _in_order(self, sort: str) -> Iterable[int]:
        return Case.objects.published().with_start().order_by(*SORTS[sort][1]).values_list("pk", flat=True)

    def bitmaps(self, pairs: Iterable[tuple[int, Any]]) -> dict[Any, BitMap]:
        """Pairs of a case and a value as a bitmap for each value."""
        lists: dict[Any, list[int]] = defaultdict(list)
        for pk, value in pairs:
            position = self.position.get(pk)
            # What was published between two queries is for the next version.
            if position is not None:
                lists[value].append(position)
        return {value: BitMap(positions) for value, positions in lists.items()}

    def _by_year(self, periods: Iterable[tuple[int, int, int]]) -> dict[tuple[int, int], BitMap]:
        """Cases by the first and last year of each period of theirs: there are few different ones."""
        by_span: dict[tuple[int, int], list[int]] = defaultdict(list)
        for pk, first, last in periods:
            if pk in self.position:
                by_span[first, last].append(self.position[pk])
        return {span: BitMap(positions) for span, positions in by_span.items()}

    # Asking

    def of(self, pks: Iterable[int]) -> BitMap:
        """The positions of cases by their primary keys; those that are not public have none."""
        return BitMap([self.position[pk] for pk in pks if pk in self.position])

    def having(self, facet: str, value: str) -> BitMap:
        """The cases that have a value of a facet."""
        return self.facets[facet].get(value) or BitMap()

    def within(self, first: int | None, last: int | None) -> BitMap:
        """The cases with a period that overlaps the years from `first` to `last`, both included; open where None."""
        first, last = first or 0, last or OPEN_END
        found = [cases for (start, end), cases in self._years.items() if start <= last and end >= first]
        return BitMap.union(*found) if found else BitMap()

    def order(self, sort: str) -> array:
        """The positions of all cases in the order of a sort."""
        if sort not in self._orders:
            found = [self.position[pk] for pk in self._in_order(sort) if pk in self.position]
            missing = self.all - BitMap(found)
            self._orders[sort] = array("I", [*found, *missing])
        return self._orders[sort]

    def rank(self, sort: str) -> array:
        """For each position its place in the order of a sort."""

        def make() -> array:
            ranks = array("I", bytes(4 * len(self.pks)))
            for place, position in enumerate(self.order(sort)):
                ranks[position] = place
            return ranks

        return self.keep(("rank", sort), make)

    def sorted(self, cases: BitMap, sort: str) -> Sequence[int]:
        """The positions of a selection in the order of a sort."""
        if sort == DEFAULT_SORT:
            return cases
        if len(cases) * 8 < len(self.all):
            return sorted(cases, key=self.rank(sort).__getitem__)
        return [position for position in self.order(sort) if position in cases]

    def keep(self, key: Any, make: Callable[[], Any]) -> Any:
        """What `make` gives, made once and kept as long as it is asked for often enough."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        value = make()
        with self._lock:
            self._kept[key] = value
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return value

    @cached_property
    def countries(self) -> int:
        """In how many countries the cases lie."""
        return len(self.facets["country"])


_current: Index | None = None
_making = threading.Lock()


def current() -> Index:
    """The index of the data as they are now. One query, and a few more where the data changed since it was made."""
    global _current
    version = changes.version()
    index = _current
    if index is None or index.version != version:
        with _making:
            index = _current
            if index is None or index.version != version:
                # The version was read before the rows: what changes meanwhile moves it, and this index goes soon.
                index = _current = Index(version)
    return index
