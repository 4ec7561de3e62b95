"""The selection: what a visitor chose, validated. The list, its downloads and whatever comes later take the same one.

Its query string is its whole state. Pages drop what they do not understand and say so; downloads refuse it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, Func, QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .facets import FACETS, Lists
from .filters import CaseFilterSet
from .models import Case
from .querysets import CaseQuerySet

YEARS = ("from", "to")
# Parameters of a view of the selection, not of the selection itself.
VIEW_PARAMETERS = frozenset({"page"})
DEFAULT_SORT = "number"


class CodePoints(Func):
    """Sorts text by code points on every database, whatever its collation."""

    template = "%(expressions)s"

    def as_postgresql(self, compiler, connection, **context) -> tuple[str, list]:
        return self.as_sql(compiler, connection, template='%(expressions)s COLLATE "C"', **context)


BY_NUMBER = ("collection__position", "ordinal", CodePoints("slug"))
SORTS: dict[str, tuple[str | Promise, tuple]] = {
    "number": (gettext_lazy("Number"), BY_NUMBER),
    "title": (gettext_lazy("Title"), (CodePoints("sort_key"), *BY_NUMBER)),
    "country": (gettext_lazy("Country"), (CodePoints("country__sort_key"), *BY_NUMBER)),
    "start": (gettext_lazy("Start"), (F("start_year").asc(nulls_last=True), *BY_NUMBER)),
}


@dataclass(frozen=True)
class Dropped:
    """A value that was not understood."""

    parameter: str
    value: str
    reason: str


@dataclass(frozen=True)
class Chip:
    """A value that is active: what it is, and the query string without it."""

    facet: str | Promise
    label: str | Promise
    query_without: str


@dataclass(frozen=True)
class Choice:
    """An option of a facet as the form shows it."""

    value: str
    label: str | Promise
    depth: int
    is_selected: bool


@dataclass(frozen=True)
class FacetView:
    """A facet as the form shows it."""

    name: str
    label: str | Promise
    help_text: str | Promise
    choices: list[Choice]

    @property
    def selected_count(self) -> int:
        return sum(choice.is_selected for choice in self.choices)


class BadSelection(ValueError):
    """The query string holds what no selection has; `dropped` says what and why."""

    def __init__(self, dropped: Iterable[Dropped]) -> None:
        self.dropped = tuple(dropped)
        super().__init__("; ".join(f"{d.parameter}={d.value}: {d.reason}" for d in self.dropped))


@dataclass(frozen=True)
class Selection:
    """Facet values, years and sort, all valid."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    years: Mapping[str, int] = field(default_factory=dict)
    sort: str = DEFAULT_SORT
    dropped: tuple[Dropped, ...] = ()
    lists: Lists = field(default_factory=Lists, compare=False, repr=False)
    filterset: CaseFilterSet | None = field(default=None, compare=False, repr=False)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the sort was chosen."""
        return bool(self.values or self.years)

    def cases(self) -> CaseQuerySet:
        """The published cases of the selection, in its order."""
        return self.filterset.qs.with_start().order_by(*SORTS[self.sort][1])

    def pairs(self, **changes: Any) -> list[tuple[str, str]]:
        """Parameters and values in canonical order; `changes` replace single parameters, None leaves one out."""
        state: dict[str, Iterable[Any]] = {f.name: self.values.get(f.name, ()) for f in FACETS}
        state |= {name: [self.years[name]] if name in self.years else [] for name in YEARS}
        state["sort"] = [self.sort] if self.sort != DEFAULT_SORT else []
        state |= {name: [] if value is None else [value] for name, value in changes.items()}
        return [(name, str(value)) for name, values in state.items() for value in values]

    def query(self, **changes: Any) -> str:
        """The selection as a query string with its question mark; empty where nothing is chosen."""
        pairs = self.pairs(**changes)
        return f"?{urlencode(pairs)}" if pairs else ""

    @property
    def page_prefix(self) -> str:
        """What stands before «page=2» in the address of another page of the selection."""
        query = self.query()
        return f"{query}&" if query else "?"

    def query_without(self, parameter: str, value: str) -> str:
        """The query string with one value removed; «?» alone where nothing is left, so that it is still a link."""
        pairs = [pair for pair in self.pairs() if pair != (parameter, value)]
        return f"?{urlencode(pairs)}"

    def chips(self) -> list[Chip]:
        """What is active, in the order of the facets."""
        chips = [
            Chip(view.label, choice.label, self.query_without(view.name, choice.value))
            for view in self.facets()
            for choice in view.choices
            if choice.is_selected
        ]
        labels = {"from": _("From year"), "to": _("To year")}
        return chips + [
            Chip(labels[name], str(self.years[name]), self.query_without(name, str(self.years[name])))
            for name in YEARS
            if name in self.years
        ]

    def facets(self) -> list[FacetView]:
        """Every facet with its options, for the form."""
        return [
            FacetView(
                facet.name,
                facet.label,
                facet.help_text,
                [
                    Choice(o.value, o.label, o.depth, o.value in self.values.get(facet.name, ()))
                    for o in facet.options(self.lists)
                ],
            )
            for facet in FACETS
        ]


def _known(data: QueryDict) -> tuple[dict[str, list[str]], list[Dropped]]:
    """The parameters that exist, with their values once each and without empty ones; and those that do not exist."""
    names = {facet.name for facet in FACETS} | {*YEARS, "sort"}
    known, dropped = {}, []
    for name, values in data.lists():
        values = list(dict.fromkeys(value for value in values if value != ""))
        if name in names:
            known[name] = values
        elif name not in VIEW_PARAMETERS and values:
            dropped += [Dropped(name, value, _("There is no such filter.")) for value in values]
    return known, dropped


def _valid_facets(known: Mapping[str, list[str]], lists: Lists) -> tuple[dict[str, tuple[str, ...]], list[Dropped]]:
    """The values that their facets offer, in the facet's order; and the others."""
    values, dropped = {}, []
    for facet in FACETS:
        given = known.get(facet.name, [])
        if not given:
            continue
        offered = [option.value for option in facet.options(lists)]
        values[facet.name] = tuple(value for value in offered if value in given)
        dropped += [Dropped(facet.name, v, _("This filter has no such value.")) for v in given if v not in offered]
    return {name: found for name, found in values.items() if found}, dropped


def _filterset(values: Mapping[str, tuple[str, ...]], years: Mapping[str, str], lists: Lists) -> CaseFilterSet:
    data = QueryDict(mutable=True)
    for name, found in values.items():
        data.setlist(name, list(found))
    data.update(years)
    return CaseFilterSet(data, Case.objects.published(), lists=lists)


def _valid_years(known: Mapping[str, list[str]], lists: Lists) -> tuple[dict[str, int], list[Dropped]]:
    """The years that the form accepts; where the two contradict each other the second is dropped."""
    given = {name: known[name] for name in YEARS if known.get(name)}
    dropped = [Dropped(n, v, _("Only one year can be given.")) for n, values in given.items() for v in values[1:]]
    form = _filterset({}, {name: values[0] for name, values in given.items()}, lists).form
    for name in list(form.errors):
        dropped.append(Dropped(name, given[name][0], " ".join(form.errors[name])))
    return {name: form.cleaned_data[name] for name in given if form.cleaned_data.get(name) is not None}, dropped


def _valid_sort(known: Mapping[str, list[str]]) -> tuple[str, list[Dropped]]:
    good = [value for value in known.get("sort", []) if value in SORTS][:1]
    dropped = [
        Dropped("sort", v, _("The list cannot be sorted by this.")) for v in known.get("sort", []) if v not in good
    ]
    return (good or [DEFAULT_SORT])[0], dropped


def parse(data: QueryDict, *, strict: bool = False) -> Selection:
    """The selection that a query string asks for.

    What is not understood is dropped and listed in `dropped`; with `strict`, BadSelection is raised instead.
    """
    lists = Lists()
    known, dropped = _known(data)
    values, bad_values = _valid_facets(known, lists)
    years, bad_years = _valid_years(known, lists)
    sort, bad_sorts = _valid_sort(known)
    dropped += bad_values + bad_years + bad_sorts
    if strict and dropped:
        raise BadSelection(dropped)
    filterset = _filterset(values, {name: str(year) for name, year in years.items()}, lists)
    if not filterset.is_valid():
        raise AssertionError(f"a validated selection is invalid: {filterset.errors}")
    return Selection(values, years, sort, tuple(dropped), lists, filterset)


def queryset_of(selection: Selection) -> QuerySet:
    """The selection's cases with what one row of a list shows."""
    return selection.cases().for_list()
