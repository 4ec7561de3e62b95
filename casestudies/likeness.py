"""How alike two cases are, and how well a case answers a territory that somebody describes. See docs/likeness.md.

Both look at one aspect after the other (level, kind of state, migration profile, trigger …), each with its weight:

- *Likeness* of two cases in an aspect is the share of values that both have of those that either has (Jaccard). It is
  symmetric, 1 for the same values and 0 for none in common.
- *Answer* of a case to a description is the share of the values asked for that the case has.

The score is the weighted mean over the aspects that both sides state: what is not stated counts neither for nor
against.
All of it comes from the index; the pages say every match and every miss.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .facets import FACETS_BY_NAME, NOT_REPORTED, RowsOfOne
from .index import Index
from .models import Case
from .selection import Dropped


@dataclass(frozen=True)
class Aspect:
    """What is held against each other: a filter by its name, and what it weighs unless a visitor says otherwise."""

    name: str
    question: str | Promise
    weight: int

    @property
    def label(self) -> str | Promise:
        return FACETS_BY_NAME[self.name].label


#: Weights from 0 (leave out) to 3. What an initiative answers to and is for weighs most.
ASPECTS = (
    Aspect("level", gettext_lazy("At what level is it governed?"), 2),
    Aspect("state", gettext_lazy("In what kind of state?"), 1),
    Aspect("migration", gettext_lazy("What kind of migration does it know?"), 3),
    Aspect("trigger", gettext_lazy("What triggers it?"), 2),
    Aspect("objective", gettext_lazy("What is it for?"), 3),
    Aspect("actor", gettext_lazy("Who takes part?"), 1),
    Aspect("beneficiary", gettext_lazy("Who is it for?"), 2),
    Aspect("budget", gettext_lazy("What may it cost?"), 1),
)
HEAVIEST = 3
BY_NAME = {aspect.name: aspect for aspect in ASPECTS}
WEIGHT = "weight"


@dataclass(frozen=True)
class Match:
    """One aspect of an answer: what both have, what is missing, what the case has besides; None: it states nothing."""

    aspect: Aspect
    weight: int
    shared: tuple[str, ...]
    missing: tuple[str, ...]
    besides: tuple[str, ...]
    share: Fraction | None

    @property
    def is_stated(self) -> bool:
        """Whether the case says anything about it."""
        return self.share is not None

    @property
    def kind(self) -> str:
        """How it matches, as the class of its mark: "hit" in full, "part", "miss" not at all, "unknown" not stated."""
        if self.share is None:
            return "unknown"
        return "hit" if self.share == 1 else "part" if self.share else "miss"

    @property
    def whole(self) -> int:
        """Of how many values the shared ones are the share; 0 where none is shared."""
        return int(len(self.shared) / self.share) if self.share else 0


@dataclass(frozen=True)
class Ranked:
    """A case with the aspects that make up its score."""

    position: int
    matches: tuple[Match, ...]
    case: Case | None = None

    @property
    def score(self) -> Fraction:
        """The weighted mean of the shares of what is stated; 0 where nothing is."""
        stated = [(match.weight, match.share) for match in self.matches if match.share is not None]
        weight = sum(weight for weight, _share in stated)
        return sum((weight * share for weight, share in stated), Fraction(0)) / weight if weight else Fraction(0)

    @property
    def percent(self) -> int:
        """The score in whole per cents, halves upwards; only a full answer is 100, only none at all is 0."""
        rounded = math.floor(self.score * 100 + Fraction(1, 2))
        return rounded if self.score in (0, 1) else min(max(rounded, 1), 99)

    @property
    def compared(self) -> int:
        """In how many aspects both sides say something."""
        return sum(match.is_stated for match in self.matches)


def values_of(index: Index, position: int, aspect: str) -> frozenset[str]:
    """The values that a case has in an aspect; none where it states nothing."""
    having = index.facets[aspect]
    return frozenset(value for value, cases in having.items() if value != NOT_REPORTED and position in cases)


def _sizes(index: Index, aspect: str) -> dict[int, int]:
    """How many values each case has in an aspect, for those that state any."""

    def make() -> dict[int, int]:
        sizes: dict[int, int] = {}
        for value, cases in index.facets[aspect].items():
            if value != NOT_REPORTED:
                for position in cases:
                    sizes[position] = sizes.get(position, 0) + 1
        return sizes

    return index.keep(("sizes", aspect), make)


def _common(index: Index, aspect: str, wanted: Iterable[str]) -> dict[int, int]:
    """How many of the values each case has, for those that have any."""
    counts: dict[int, int] = {}
    for value in wanted:
        for position in index.having(aspect, value):
            counts[position] = counts.get(position, 0) + 1
    return counts


@dataclass(frozen=True)
class Order:
    """The positions of the cases that state anything asked for, the best first; the first `alike` have it in part."""

    positions: array
    alike: int


def _rank(
    index: Index, wanted: Mapping[str, frozenset[str]], weights: Mapping[str, int], *, is_symmetric: bool, fewest: int
) -> Order:
    """The cases that state at least `fewest` of the aspects asked for; ties by aspects compared, then by number.

    In whole numbers, as parts of a common multiple: exact, and faster than fractions by far.
    """
    asked = {name: values for name, values in wanted.items() if values and weights[name]}
    sizes = {name: _sizes(index, name) for name in asked}
    largest = [len(asked[name]) + (max(sizes[name].values(), default=0) if is_symmetric else 0) for name in asked]
    whole = math.lcm(*range(1, max(largest, default=0) + 1))
    total = math.lcm(*range(1, sum(weights[name] for name in asked) + 1))
    count = len(index.pks)
    sums, weight_of, compared = [0] * count, [0] * count, [0] * count
    for name, values in asked.items():
        weight, common, number = weights[name], _common(index, name, values), len(values)
        part = whole * weight // number
        for position, size in sizes[name].items():
            both = common.get(position, 0)
            if both:
                sums[position] += both * whole * weight // (number + size - both) if is_symmetric else both * part
            weight_of[position] += weight
            compared[position] += 1
    positions = [position for position in range(count) if compared[position] >= fewest]
    beyond = len(ASPECTS) + 1
    keys = {p: sums[p] * (total // weight_of[p]) * beyond + compared[p] for p in positions}
    # The sort is stable: equals stay in the order of their numbers.
    positions.sort(key=keys.__getitem__, reverse=True)
    return Order(array("I", positions), sum(sums[position] > 0 for position in positions))


def _matches(
    index: Index, position: int, wanted: Mapping[str, frozenset[str]], weights: Mapping[str, int], *, is_symmetric: bool
) -> tuple[Match, ...]:
    found = []
    for aspect in ASPECTS:
        asked = wanted.get(aspect.name, frozenset())
        if not asked or not weights[aspect.name]:
            continue
        has = values_of(index, position, aspect.name)
        whole = len(asked | has) if is_symmetric else len(asked)
        labels = [(option.value, str(option.label)) for option in index.options[aspect.name]]
        found.append(
            Match(
                aspect,
                weights[aspect.name],
                tuple(label for value, label in labels if value in asked & has),
                tuple(label for value, label in labels if value in asked - has),
                tuple(label for value, label in labels if value in has - asked),
                Fraction(len(asked & has), whole) if has else None,
            )
        )
    return tuple(found)


DEFAULT_WEIGHTS = {aspect.name: aspect.weight for aspect in ASPECTS}
#: A likeness that rests on fewer aspects says little and is not shown.
FEWEST_ASPECTS = 3


def comparable(index: Index, case: Case, most: int = 3) -> list[Ranked]:
    """The cases most like a published one, with the reasons; none where it states too little. One query."""
    position = index.position.get(case.pk)
    if position is None:
        return []
    wanted = {aspect.name: values_of(index, position, aspect.name) for aspect in ASPECTS}

    def make() -> list[int]:
        order = _rank(index, wanted, DEFAULT_WEIGHTS, is_symmetric=True, fewest=FEWEST_ASPECTS)
        # The case itself is among them.
        return [each for each in order.positions[: min(order.alike, most + 1)] if each != position][:most]

    best = index.keep(("comparable", position, most), make)
    return _alike(index, best, wanted)


def _alike(index: Index, best: Iterable[int], wanted: Mapping[str, frozenset[str]]) -> list[Ranked]:
    ranked = [Ranked(each, _matches(index, each, wanted, DEFAULT_WEIGHTS, is_symmetric=True)) for each in best]
    return with_cases(index, ranked)


def comparable_to(index: Index, case: Case, most: int = 3) -> list[Ranked]:
    """The published cases most like one that is not public, as they will be when it is; without what it revises."""
    rows = RowsOfOne(index.lists, case.pk)
    wanted = {
        aspect.name: frozenset(v for _pk, v in FACETS_BY_NAME[aspect.name].pairs(rows) if v != NOT_REPORTED)
        for aspect in ASPECTS
    }
    order = _rank(index, wanted, DEFAULT_WEIGHTS, is_symmetric=True, fewest=FEWEST_ASPECTS)
    itself = index.position.get(case.revises_id)
    best = [each for each in order.positions[: min(order.alike, most + 1)] if each != itself][:most]
    return _alike(index, best, wanted)


def with_cases(index: Index, ranked: Sequence[Ranked]) -> list[Ranked]:
    """The same with their cases, fetched by the gate. One query."""
    pks = [index.pks[each.position] for each in ranked]
    rows = Case.objects.published().filter(pk__in=pks).select_related("collection", "country")
    cases = {row.pk: row for row in rows}
    return [
        Ranked(each.position, each.matches, cases[index.pks[each.position]])
        for each in ranked
        if index.pks[each.position] in cases
    ]


# A territory that somebody describes


@dataclass(frozen=True)
class Territory:
    """A description: the values asked for in each aspect, and what each aspect weighs. Nothing is required."""

    wanted: Mapping[str, tuple[str, ...]]
    weights: Mapping[str, int]
    dropped: tuple[Dropped, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for that weighs anything."""
        return not any(values and self.weights[name] for name, values in self.wanted.items())

    def pairs(self) -> list[tuple[str, str]]:
        """Parameters and values in canonical order: the whole state of the page."""
        pairs = [(aspect.name, value) for aspect in ASPECTS for value in self.wanted.get(aspect.name, ())]
        changed = [a for a in ASPECTS if self.weights[a.name] != a.weight]
        return pairs + [(f"{WEIGHT}-{aspect.name}", str(self.weights[aspect.name])) for aspect in changed]

    def query(self) -> str:
        """The description as a query string with its question mark."""
        return f"?{urlencode(self.pairs())}" if self.pairs() else ""


def read_territory(data: QueryDict, index: Index) -> Territory:
    """The description in a query string; what is not understood is dropped and said so."""
    wanted, weights, dropped = {}, dict(DEFAULT_WEIGHTS), []
    for name, values in data.lists():
        values = [value for value in dict.fromkeys(values) if value]
        aspect = name.removeprefix(f"{WEIGHT}-")
        if name in BY_NAME:
            offered = [option.value for option in index.options[name] if option.value != NOT_REPORTED]
            wanted[name] = tuple(value for value in offered if value in values)
            dropped += [Dropped(name, v, _("There is no such value.")) for v in values if v not in offered]
        elif name.startswith(f"{WEIGHT}-") and aspect in BY_NAME:
            good = [v for v in values if v.isascii() and v.isdecimal() and int(v[:3]) <= HEAVIEST and len(v) == 1][:1]
            weights[aspect] = int(good[0]) if good else weights[aspect]
            reason = _("A weight is a whole number from 0 to %(most)s.") % {"most": HEAVIEST}
            dropped += [Dropped(name, value, reason) for value in values if value not in good]
        elif name != "page":
            dropped += [Dropped(name, value, _("There is no such question.")) for value in values]
    return Territory({name: values for name, values in wanted.items() if values}, weights, tuple(dropped))


class Answers(Sequence):
    """The cases that answer a description, the best first; a slice brings them with their reasons, in one query."""

    def __init__(self, territory: Territory, index: Index) -> None:
        self.territory, self.index = territory, index
        self.wanted = {name: frozenset(values) for name, values in territory.wanted.items()}
        key = ("answers", tuple(territory.pairs()))
        self.order: Order = index.keep(
            key, lambda: _rank(index, self.wanted, territory.weights, is_symmetric=False, fewest=1)
        )

    def __len__(self) -> int:
        return len(self.order.positions)

    def __getitem__(self, key: slice) -> list[Ranked]:
        return self._ranked(self.order.positions[key])

    def best(self, most: int) -> list[Ranked]:
        """At most so many of the cases that have anything of what is asked for."""
        return self._ranked(self.order.positions[: min(most, self.order.alike)])

    def _ranked(self, positions: Iterable[int]) -> list[Ranked]:
        ranked = [
            Ranked(p, _matches(self.index, p, self.wanted, self.territory.weights, is_symmetric=False))
            for p in positions
        ]
        return with_cases(self.index, ranked)
