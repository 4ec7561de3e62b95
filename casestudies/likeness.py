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

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pyroaring import BitMap

from .facets import FACETS_BY_NAME, NOT_REPORTED
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


@dataclass(frozen=True)
class Ranked:
    """A case with its score in per cent and the aspects that make it up."""

    position: int
    score: Fraction
    matches: tuple[Match, ...]
    case: Case | None = None

    @property
    def percent(self) -> int:
        """The score rounded to whole per cents."""
        return round(self.score * 100)

    @property
    def compared(self) -> int:
        """In how many aspects both sides say something."""
        return sum(match.is_stated for match in self.matches)


def values_of(index: Index, position: int, aspect: str) -> frozenset[str]:
    """The values that a case has in an aspect; none where it states nothing."""
    having = index.facets[aspect]
    return frozenset(value for value, cases in having.items() if value != NOT_REPORTED and position in cases)


Shares = dict[int, Fraction]


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


def _shares(index: Index, aspect: str, wanted: frozenset[str], *, is_symmetric: bool) -> Shares:
    """The likeness, or the answer, of every case that states the aspect."""
    sizes, common = _sizes(index, aspect), _common(index, aspect, wanted)
    shares = {}
    for position, size in sizes.items():
        both = common.get(position, 0)
        whole = len(wanted) + size - both if is_symmetric else len(wanted)
        shares[position] = Fraction(both, whole)
    return shares


def _rank(
    index: Index,
    wanted: Mapping[str, frozenset[str]],
    weights: Mapping[str, int],
    *,
    is_symmetric: bool,
    leave: int | None,
) -> list[tuple[Fraction, int, int]]:
    """Score, number of aspects compared and position of every case, the best first; ties by aspects, then by number."""
    sums: dict[int, Fraction] = {}
    weight_of: dict[int, int] = {}
    compared: dict[int, int] = {}
    for name, values in wanted.items():
        if not values or not weights[name]:
            continue
        for position, share in _shares(index, name, values, is_symmetric=is_symmetric).items():
            sums[position] = sums.get(position, Fraction(0)) + weights[name] * share
            weight_of[position] = weight_of.get(position, 0) + weights[name]
            compared[position] = compared.get(position, 0) + 1
    scored = [(sums[p] / weight_of[p], compared[p], p) for p in sums if p != leave]
    return sorted(scored, key=lambda each: (-each[0], -each[1], each[2]))


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
    ranked = index.keep(("comparable", position, most), lambda: _comparable(index, position, most))
    return with_cases(index, ranked)


def _comparable(index: Index, position: int, most: int) -> list[Ranked]:
    wanted = {aspect.name: values_of(index, position, aspect.name) for aspect in ASPECTS}
    scored = _rank(index, wanted, DEFAULT_WEIGHTS, is_symmetric=True, leave=position)
    best = [each for each in scored if each[0] > 0 and each[1] >= FEWEST_ASPECTS][:most]
    return [
        Ranked(p, score, _matches(index, p, wanted, DEFAULT_WEIGHTS, is_symmetric=True)) for score, _compared, p in best
    ]


def with_cases(index: Index, ranked: Sequence[Ranked]) -> list[Ranked]:
    """The same with their cases, fetched by the gate. One query."""
    pks = [index.pks[each.position] for each in ranked]
    rows = Case.objects.published().filter(pk__in=pks).select_related("collection", "country")
    cases = {row.pk: row for row in rows}
    return [
        Ranked(each.position, each.score, each.matches, cases[index.pks[each.position]])
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
        key = ("answers", tuple(sorted(self.wanted.items(), key=str)), tuple(sorted(territory.weights.items())))
        self.scored = index.keep(
            key, lambda: _rank(index, self.wanted, territory.weights, is_symmetric=False, leave=None)
        )

    def __len__(self) -> int:
        return len(self.scored)

    def __getitem__(self, key: slice) -> list[Ranked]:
        ranked = [
            Ranked(p, score, _matches(self.index, p, self.wanted, self.territory.weights, is_symmetric=False))
            for score, _compared, p in self.scored[key]
        ]
        return with_cases(self.index, ranked)

    @property
    def best(self) -> BitMap:
        """The positions of the cases that answer at all."""
        return BitMap([p for score, _compared, p in self.scored if score > 0])
