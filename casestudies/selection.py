"""The selection: what a visitor chose, validated. The list, its views and its downloads take the same one.

Its query string is its whole state. Pages drop what they do not understand and say so; downloads refuse it. Which cases
it has, how many and in what order comes from the index, which is one version of the published collection.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pyroaring import BitMap

from .facets import FACETS, FACETS_BY_NAME, Facet
from .filters import YearsForm
from .index import BY_NUMBER, DEFAULT_SORT, SORTS, CodePoints, Index, current
from .models import Case
from .querysets import CaseQuerySet
from .search.matching import Found, find
from .search.words import Question, read_question

YEARS = ("from", "to")
SEARCH, MATCH_ALL, RELEVANCE = "q", "all", "relevance"
# Parameters of a view of the selection, not of the selection itself.
VIEW_PARAMETERS = frozenset({"page", "view", "columns", "compare"})
Pairs = Sequence[tuple[str, str]]
# How many cases are fetched at a time where all of them are wanted.
CHUNK = 500

__all__ = [
    "BY_NUMBER", "SORTS", "BadSelection", "Chip", "Choice", "CodePoints", "Dropped", "FacetView", "Selection", "parse",
    "sort_choices",
]  # fmt: skip


@dataclass(frozen=True)
class Dropped:
    """A value that was not understood."""

    parameter: str
    value: str
    reason: str


@dataclass(frozen=True)
class Chip:
    """A value that is active: what it is, the query string without it, and how many cases there would be then."""

    facet: str | Promise
    label: str | Promise
    query_without: str
    cases_without: int | None = None


@dataclass(frozen=True)
class Choice:
    """An option of a facet as the form shows it; `cases` is how many the selection has with it alone in its facet."""

    value: str
    label: str | Promise
    depth: int
    is_selected: bool
    cases: int | None = None
    query: str = ""


@dataclass(frozen=True)
class FacetView:
    """A facet as the form shows it."""

    name: str
    label: str | Promise
    help_text: str | Promise
    choices: list[Choice]
    can_match_all: bool = False
    matches_all: bool = False

    # A list longer than this can be searched.
    LONG = 12

    @property
    def selected_count(self) -> int:
        return sum(choice.is_selected for choice in self.choices)

    @property
    def is_long(self) -> bool:
        return len(self.choices) > self.LONG


class BadSelection(ValueError):
    """The query string holds what no selection has; `dropped` says what and why."""

    def __init__(self, dropped: Iterable[Dropped]) -> None:
        self.dropped = tuple(dropped)
        super().__init__("; ".join(f"{d.parameter}={d.value}: {d.reason}" for d in self.dropped))


class SelectedCases(Sequence):
    """The cases of a selection in its order, fetched as they are asked for: a slice is one query with its relations."""

    def __init__(self, index: Index, positions: Sequence[int], rows: CaseQuerySet) -> None:
        self.index, self.positions, self.rows = index, positions, rows

    def __len__(self) -> int:
        return len(self.positions)

    def __getitem__(self, key: int | slice) -> Any:
        if isinstance(key, slice):
            # A bitmap's slice would be in its own order.
            places = range(len(self))[key]
            return self._fetch([self.index.pks[self.positions[place]] for place in places])
        found = self._fetch([self.index.pks[self.positions[key]]])
        if not found:
            raise IndexError(key)
        return found[0]

    def __iter__(self) -> Iterator[Case]:
        return self.in_chunks(CHUNK)

    def in_chunks(self, size: int) -> Iterator[Case]:
        """The cases in order, so many fetched at a time: fewer where each brings its whole tree."""
        for start in range(0, len(self), size):
            yield from self[start : start + size]

    def _fetch(self, pks: list[int]) -> list[Case]:
        found = {case.pk: case for case in self.rows.filter(pk__in=pks)}
        # What was taken back since the index was made is not there.
        return [found[pk] for pk in pks if pk in found]


@dataclass(frozen=True)
class Selection:
    """Facet values, years, search and sort, all valid."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    years: Mapping[str, int] = field(default_factory=dict)
    search: str = ""
    match_all: tuple[str, ...] = ()
    sort: str = DEFAULT_SORT
    dropped: tuple[Dropped, ...] = ()
    index: Index | None = field(default=None, compare=False, repr=False)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the sort was chosen."""
        return bool(self.values or self.years or self.search)

    @property
    def default_sort(self) -> str:
        """The sort where none is asked for: what is found best first, else by number."""
        return RELEVANCE if self.search else DEFAULT_SORT

    @cached_property
    def question(self) -> Question:
        """The search, read."""
        return read_question(self.search)

    @cached_property
    def found(self) -> Found | None:
        """What the search finds, whatever else is chosen; None without a search."""
        return find(self.question, self.index) if self.search else None

    # The cases

    def _of_facet(self, facet: Facet, values: Iterable[str]) -> BitMap:
        """The cases that have any of the values, or all of them where the visitor asked for that."""
        bitmaps = [self.index.having(facet.name, value) for value in values]
        join = BitMap.intersection if facet.name in self.match_all else BitMap.union
        return join(*bitmaps)

    @cached_property
    def _parts(self) -> dict[str, BitMap]:
        """The cases that each part of the selection allows, by the name of the part."""
        parts = {name: self._of_facet(FACETS_BY_NAME[name], values) for name, values in self.values.items()}
        if self.years:
            parts["years"] = self.index.within(self.years.get("from"), self.years.get("to"))
        if self.found is not None:
            parts[SEARCH] = self.found.cases
        return parts

    def _without(self, *names: str) -> BitMap:
        """The cases that the selection would have without some of its parts."""
        parts = [cases for name, cases in self._parts.items() if name not in names]
        return BitMap.intersection(self.index.all, *parts)

    @cached_property
    def positions(self) -> BitMap:
        """The selected cases, as positions of the index."""
        return self._without()

    @cached_property
    def in_order(self) -> Sequence[int]:
        """The selected cases in the selection's order, as positions of the index."""
        if self.sort == RELEVANCE and self.found is not None:
            return list(self.found.sorted(self.positions))
        return self.index.sorted(self.positions, self.sort)

    def __len__(self) -> int:
        return len(self.positions)

    def cases(self, rows: CaseQuerySet | None = None) -> SelectedCases:
        """The published cases of the selection, in its order; `rows` brings what is shown of each."""
        rows = Case.objects.all() if rows is None else rows
        return SelectedCases(self.index, self.in_order, rows.published())

    def neighbours(self, case: Case) -> Neighbours | None:
        """Where a case stands in the selection, with those before and after it; None where it is not in it."""
        position = self.index.position.get(case.pk)
        if position is None or position not in self.positions:
            return None
        is_plain = self.sort == DEFAULT_SORT
        place = self.positions.rank(position) - 1 if is_plain else list(self.in_order).index(position)
        around = [self.in_order[i] if 0 <= i < len(self) else None for i in (place - 1, place + 1)]
        pks = [self.index.pks[each] for each in around if each is not None]
        found = {c.pk: c for c in Case.objects.published().filter(pk__in=pks).select_related("collection")}
        before, after = (None if each is None else found.get(self.index.pks[each]) for each in around)
        return Neighbours(place + 1, len(self), before, after)

    # The address

    def pairs(self, **changes: Any) -> list[tuple[str, str]]:
        """Parameters and values in canonical order; `changes` replace single parameters, None leaves one out."""
        state: dict[str, Iterable[Any]] = {SEARCH: [self.search] if self.search else []}
        state |= {f.name: self.values.get(f.name, ()) for f in FACETS}
        state |= {name: [self.years[name]] if name in self.years else [] for name in YEARS}
        state[MATCH_ALL] = self.match_all
        state["sort"] = [self.sort] if self.sort != self.default_sort else []
        state |= {name: [] if value is None else [value] for name, value in changes.items()}
        return [(name, str(value)) for name, values in state.items() for value in values]

    def query(self, **changes: Any) -> str:
        """The selection as a query string with its question mark; empty where nothing is chosen."""
        pairs = self.pairs(**changes)
        return f"?{urlencode(pairs)}" if pairs else ""

    @property
    def prefix(self) -> str:
        """What stands before a further parameter, such as «page=2», in an address of the selection."""
        query = self.query()
        return f"{query}&" if query else "?"

    page_prefix = prefix

    def query_without(self, parameter: str, value: str, also: Pairs = ()) -> str:
        """The query string with one value removed; «?» alone where nothing is left, so that it is still a link.

        `also` are parameters of a view, which it carries along.
        """
        pairs = [pair for pair in self.pairs() if pair != (parameter, value)]
        left = [name for name, _value in pairs]
        # «All of» goes with the last value of its facet.
        pairs = [pair for pair in pairs if pair[0] != MATCH_ALL or pair[1] in left]
        if parameter == SEARCH:
            # By number, which is the default again without a search.
            pairs = [pair for pair in pairs if pair != ("sort", DEFAULT_SORT)]
        return f"?{urlencode([*pairs, *also])}"

    # What is shown of it

    def chips(self, also: Pairs = ()) -> list[Chip]:
        """What is active, in the order of the form, each with how many cases there would be without it.

        `also` are the parameters of the view that the chips lead back to.
        """

        def chip(facet: str | Promise, label: str | Promise, parameter: str, value: str, cases: int) -> Chip:
            return Chip(facet, label, self.query_without(parameter, value, also), cases)

        chips = []
        if self.search:
            chips.append(chip(_("Search"), self.search, SEARCH, self.search, len(self._without(SEARCH))))
        labels = {name: {o.value: o.label for o in self.index.options[name]} for name in self.values}
        for facet in FACETS:
            for value in self.values.get(facet.name, ()):
                cases = self._cases_without(facet, value)
                chips.append(chip(facet.label, labels[facet.name][value], facet.name, value, cases))
        names = {"from": _("From year"), "to": _("To year")}
        for name in YEARS:
            if name in self.years:
                others = {key: year for key, year in self.years.items() if key != name}
                left = self._without("years")
                if others:
                    left &= self.index.within(others.get("from"), others.get("to"))
                year = str(self.years[name])
                chips.append(chip(names[name], year, name, year, len(left)))
        return chips

    def _cases_without(self, facet: Facet, value: str) -> int:
        rest = [other for other in self.values[facet.name] if other != value]
        others = self._without(facet.name)
        return len(others & self._of_facet(facet, rest)) if rest else len(others)

    def facets(self) -> list[FacetView]:
        """Every facet with its options and how many cases each would give, for the form.

        A facet ignores what is chosen in it: the number beside an option is what the list would hold with that option
        alone in its facet. Where a facet asks for all of its values, it is what the list would hold with that option
        added.
        """
        return [self._facet(facet) for facet in FACETS]

    def _facet(self, facet: Facet) -> FacetView:
        chosen = self.values.get(facet.name, ())
        matches_all = facet.name in self.match_all
        base = self.positions if matches_all and chosen else self._without(facet.name)
        having = self.index.facets[facet.name]
        choices = [
            Choice(
                option.value,
                option.label,
                option.depth,
                option.value in chosen,
                base.intersection_cardinality(having[option.value]) if option.value in having else 0,
            )
            for option in self.index.options[facet.name]
        ]
        return FacetView(facet.name, facet.label, facet.help_text, choices, facet.is_multiple, matches_all)


@dataclass(frozen=True)
class Neighbours:
    """Where a case stands in a selection: its place, of how many, and the cases before and after it."""

    place: int
    total: int
    before: Case | None
    after: Case | None


# Reading a query string


def _known(data: QueryDict) -> tuple[dict[str, list[str]], list[Dropped]]:
    """The parameters that exist, with their values once each and without empty ones; and those that do not exist."""
    names = {facet.name for facet in FACETS} | {*YEARS, "sort", SEARCH, MATCH_ALL}
    known, dropped = {}, []
    for name, values in data.lists():
        values = list(dict.fromkeys(value for value in values if value != ""))
        if name in names:
            known[name] = values
        elif name not in VIEW_PARAMETERS and values:
            dropped += [Dropped(name, value, _("There is no such filter.")) for value in values]
    return known, dropped


def _valid_facets(known: Mapping[str, list[str]], index: Index) -> tuple[dict[str, tuple[str, ...]], list[Dropped]]:
    """The values that their facets offer, in the facet's order; and the others."""
    values, dropped = {}, []
    for facet in FACETS:
        given = known.get(facet.name, [])
        if not given:
            continue
        offered = [option.value for option in index.options[facet.name]]
        values[facet.name] = tuple(value for value in offered if value in given)
        dropped += [Dropped(facet.name, v, _("This filter has no such value.")) for v in given if v not in offered]
    return {name: found for name, found in values.items() if found}, dropped


def _valid_years(known: Mapping[str, list[str]]) -> tuple[dict[str, int], list[Dropped]]:
    """The years that the form accepts; where the two contradict each other the second is dropped."""
    given = {name: known[name] for name in YEARS if known.get(name)}
    dropped = [Dropped(n, v, _("Only one year can be given.")) for n, values in given.items() for v in values[1:]]
    form = YearsForm({name: values[0] for name, values in given.items()})
    for name in list(form.errors):
        dropped.append(Dropped(name, given[name][0], " ".join(form.errors[name])))
    return {name: form.cleaned_data[name] for name in given if form.cleaned_data.get(name) is not None}, dropped


def _valid_search(known: Mapping[str, list[str]]) -> tuple[str, list[Dropped]]:
    """One search that holds a word."""
    good, dropped = "", []
    for text in known.get(SEARCH, []):
        if not read_question(text):
            dropped.append(Dropped(SEARCH, text, _("There is no word in it.")))
        elif good:
            dropped.append(Dropped(SEARCH, text, _("Only one search can be made.")))
        else:
            # A space at the end says that the last word is whole.
            good = read_question(text).text + " " * text.endswith(" ")
    return good, dropped


def _valid_match(
    known: Mapping[str, list[str]], values: Mapping[str, tuple[str, ...]]
) -> tuple[tuple[str, ...], list[Dropped]]:
    """The facets of which all values are asked for: those that can have several, and have one chosen."""
    good, dropped = [], []
    for name in known.get(MATCH_ALL, []):
        facet = FACETS_BY_NAME.get(name)
        if facet is None:
            dropped.append(Dropped(MATCH_ALL, name, _("There is no such filter.")))
        elif not facet.is_multiple:
            dropped.append(Dropped(MATCH_ALL, name, _("A case has one value of this at most.")))
        elif name in values:
            good.append(name)
    return tuple(facet.name for facet in FACETS if facet.name in good), dropped


def _valid_sort(known: Mapping[str, list[str]], search: str) -> tuple[str, list[Dropped]]:
    offered = {*SORTS, *([RELEVANCE] if search else [])}
    given = known.get("sort", [])
    good = [value for value in given if value in offered][:1]
    dropped = []
    for value in given:
        if value == RELEVANCE and not search:
            dropped.append(Dropped("sort", value, _("Only what was searched for can be sorted by this.")))
        elif value not in good:
            dropped.append(Dropped("sort", value, _("The list cannot be sorted by this.")))
    return (good or [RELEVANCE if search else DEFAULT_SORT])[0], dropped


def parse(data: QueryDict, *, strict: bool = False) -> Selection:
    """The selection that a query string asks for, on the collection as it is now.

    What is not understood is dropped and listed in `dropped`; with `strict`, BadSelection is raised instead.
    """
    index = current()
    known, dropped = _known(data)
    values, bad_values = _valid_facets(known, index)
    years, bad_years = _valid_years(known)
    search, bad_searches = _valid_search(known)
    match_all, bad_matches = _valid_match(known, values)
    sort, bad_sorts = _valid_sort(known, search)
    dropped += bad_values + bad_years + bad_searches + bad_matches + bad_sorts
    if strict and dropped:
        raise BadSelection(dropped)
    return Selection(values, years, search, match_all, sort, tuple(dropped), index)


def sort_choices(selection: Selection) -> list[tuple[str, str | Promise, bool]]:
    """Name, label and whether it is the one in force, of every sort that the selection can have."""
    labels = {RELEVANCE: gettext_lazy("Relevance")} if selection.search else {}
    labels |= {name: label for name, (label, _order) in SORTS.items()}
    return [(name, label, name == selection.sort) for name, label in labels.items()]
