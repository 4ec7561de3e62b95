"""Lists of rows other than the cases: figures, sources, acronyms. Filters and sort are validated as a selection's are.

A listing describes itself: its filters with their options, its sorts, and the published rows that it starts from. Its
query string is its whole state. Pages drop what they do not understand and say so; downloads refuse it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from .facets import Lists, Option
from .selection import BadSelection, Chip, Choice, Dropped, FacetView


@dataclass(frozen=True)
class ListFilter:
    """One filter of a listing: its options, and the condition that values put on a row.

    An open filter has no list of options: `find` says what values stand for; those that stand for nothing are left out.
    """

    name: str
    label: str | Promise
    condition: Callable[[Sequence[str]], Q]
    options: Callable[[Lists], list[Option]] | None = None
    find: Callable[[Sequence[str]], list[Option]] | None = None
    help_text: str | Promise = ""

    def known(self, values: Sequence[str], lists: Lists) -> list[Option]:
        """What the values stand for, in the order of the options; unknown ones are left out."""
        if self.options is not None:
            return [option for option in self.options(lists) if option.value in values]
        return self.find(values)


@dataclass(frozen=True)
class Listing:
    """A list of rows: where it starts, how it is filtered and sorted. The first sort is the default."""

    rows: Callable[[], QuerySet]
    filters: tuple[ListFilter, ...]
    sorts: Mapping[str, tuple[str | Promise, tuple]]

    @property
    def default_sort(self) -> str:
        return next(iter(self.sorts))

    def parse(self, data: QueryDict, *, strict: bool = False) -> ListState:
        """The rows that a query string asks for.

        What is not understood is dropped and listed in `dropped`; with `strict`, BadSelection is raised instead.
        """
        lists, dropped = Lists(), []
        given = {name: list(dict.fromkeys(v for v in values if v)) for name, values in data.lists()}
        names = {each.name for each in self.filters} | {"sort", "page"}
        for name, values in given.items():
            dropped += [Dropped(name, v, _("There is no such filter.")) for v in values if name not in names]
        chosen = {}
        for each in (each for each in self.filters if given.get(each.name)):
            found = each.known(given[each.name], lists)
            values = {option.value for option in found}
            dropped += [
                Dropped(each.name, v, _("This filter has no such value.")) for v in given[each.name] if v not in values
            ]
            if found:
                chosen[each.name] = tuple(found)
        sorts = given.get("sort", [])
        sort = next((value for value in sorts if value in self.sorts), self.default_sort)
        dropped += [Dropped("sort", v, _("The list cannot be sorted by this.")) for v in sorts if v != sort]
        if strict and dropped:
            raise BadSelection(dropped)
        return ListState(self, chosen, sort, tuple(dropped), lists)


@dataclass(frozen=True)
class ListState:
    """A listing as a visitor asked for it, all valid."""

    listing: Listing
    chosen: Mapping[str, tuple[Option, ...]]
    sort: str
    dropped: tuple[Dropped, ...] = ()
    lists: Lists = field(default_factory=Lists, compare=False, repr=False)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the sort was chosen."""
        return bool(self.chosen)

    def values(self, name: str) -> tuple[str, ...]:
        """The values chosen of one filter."""
        return tuple(option.value for option in self.chosen.get(name, ()))

    def rows(self) -> QuerySet:
        """The rows asked for, in their order."""
        rows = self.listing.rows()
        for each in self.listing.filters:
            if each.name in self.chosen:
                rows = rows.filter(each.condition(self.values(each.name)))
        return rows.order_by(*self.listing.sorts[self.sort][1])

    def pairs(self) -> list[tuple[str, str]]:
        """Parameters and values in canonical order."""
        pairs = [(each.name, value) for each in self.listing.filters for value in self.values(each.name)]
        return pairs + ([("sort", self.sort)] if self.sort != self.listing.default_sort else [])

    def query(self) -> str:
        """The state as a query string with its question mark; empty where nothing is chosen."""
        pairs = self.pairs()
        return f"?{urlencode(pairs)}" if pairs else ""

    @property
    def page_prefix(self) -> str:
        """What stands before «page=2» in the address of another page of the list."""
        query = self.query()
        return f"{query}&" if query else "?"

    def chips(self) -> list[Chip]:
        """What is active, each with the query string without it."""
        return [
            Chip(each.label, option.label, self._query_without(each.name, option.value))
            for each in self.listing.filters
            for option in self.chosen.get(each.name, ())
        ]

    def _query_without(self, name: str, value: str) -> str:
        return f"?{urlencode([pair for pair in self.pairs() if pair != (name, value)])}"

    def facets(self) -> list[FacetView]:
        """Every filter with a list of options, for the form."""
        return [
            FacetView(
                each.name,
                each.label,
                each.help_text,
                [
                    Choice(o.value, o.label, o.depth, o.value in self.values(each.name))
                    for o in each.options(self.lists)
                ],
            )
            for each in self.listing.filters
            if each.options is not None
        ]

    def hidden(self) -> list[tuple[str, str]]:
        """What the form carries along without showing options for it."""
        open_ones = {each.name for each in self.listing.filters if each.options is None}
        return [pair for pair in self.pairs() if pair[0] in open_ones]

    def sort_choices(self) -> list[tuple[str, str | Promise, bool]]:
        """Name, label and whether it is the one in force, of every sort."""
        return [(name, label, name == self.sort) for name, (label, _order) in self.listing.sorts.items()]
