"""Part 2 to browse: how cases come to stand under a term, how many there are, and the diagram of the mechanisms."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Coalesce

from .index import current
from .models import (
    BeneficiaryGroup,
    Case,
    CaseActor,
    CaseChild,
    CaseTerm,
    CoordinationMechanism,
    Objective,
    Term,
    Vocabulary,
)
from .querysets import CaseQuerySet


@dataclass(frozen=True)
class Usage:
    """How cases bear the terms of a vocabulary: through which rows, and where on a row the term stands.

    `related` is what the rows' texts need, fetched with them. Countries lie in a region without a row of the case's
    own: there the rows are the cases themselves.
    """

    model: type
    path: str
    related: tuple[str, ...] = ()

    @property
    def case(self) -> str:
        """Where on a row its case stands."""
        return "pk" if self.model is Case else "case"

    def rows(self, term: Term) -> QuerySet:
        """The published rows that bear the term or a term below it."""
        below = Q(**{self.path: term}) | Q(**{f"{self.path}__parent": term})
        bearing = self.model.objects.filter(below).order_by().values("pk")
        return self.model.objects.published().filter(pk__in=bearing)

    def cases(self, term: Term) -> CaseQuerySet:
        """The published cases that bear the term or a term below it."""
        return Case.objects.published().filter(pk__in=self.rows(term).order_by().values(self.case))

    def counts(self) -> dict[int, int]:
        """How many published cases bear each term or a term below it, by the term's primary key. Two queries."""
        found: dict[int, int] = {}
        for bearer in (F(self.path), Coalesce(f"{self.path}__parent", self.path)):
            rows = self.model.objects.published().order_by().values(bearer=bearer)
            for row in rows.annotate(cases=Count(self.case, distinct=True)):
                if row["bearer"] is not None:
                    found[row["bearer"]] = max(row["cases"], found.get(row["bearer"], 0))
        return found


CLASSED = Usage(CaseTerm, "term", ("source", "term"))
USAGES: Mapping[str, Usage] = {
    "objective": Usage(Objective, "broad_objectives", ("source",)),
    "beneficiary": Usage(BeneficiaryGroup, "groups", ("source",)),
    "actor-type": Usage(CaseActor, "organization__types", ("source", "organization")),
    "role": Usage(CaseActor, "roles", ("source", "organization")),
    "coordination-form": Usage(CoordinationMechanism, "form", ("source",)),
    "tier": Usage(CoordinationMechanism, "levels", ("source",)),
    "region": Usage(Case, "country__region"),
}


def usage_of(vocabulary: str) -> Usage:
    """How cases bear the terms of a vocabulary, by its slug: classified under them, unless it says otherwise."""
    return USAGES.get(vocabulary, CLASSED)


@dataclass(frozen=True)
class TermView:
    """A term with how many published cases bear it, and the terms below it."""

    term: Term
    cases: int
    children: tuple[TermView, ...] = ()


@dataclass(frozen=True)
class VocabularyView:
    """A vocabulary with its terms."""

    vocabulary: Vocabulary
    terms: tuple[TermView, ...]

    @property
    def is_used(self) -> bool:
        """Whether any case bears one of its terms. Part 2's challenges are tied to no case."""
        return any(view.cases for view in self.terms)


def grid(vocabularies: Iterable[Vocabulary]) -> list[VocabularyView]:
    """Vocabularies (with their terms prefetched) with counts: two queries for each way of bearing a term.

    They look through the whole collection, so the counts are kept with the index as long as the data stay the same.
    A retired term stands there only as long as a case bears it, or as one below it stands there.
    """
    index = current()
    views = []
    for vocabulary in vocabularies:
        usage = usage_of(vocabulary.slug)
        counts = index.keep(usage, usage.counts)
        views.append(VocabularyView(vocabulary, _nested(vocabulary.terms.all(), counts)))
    return views


def _nested(terms: Sequence[Term], counts: Mapping[int, int]) -> tuple[TermView, ...]:
    borne = [term for term in terms if not term.is_retired or counts.get(term.pk)]
    above = {term.parent_id for term in borne}
    shown = [term for term in terms if term in borne or term.pk in above]
    below = defaultdict(list)
    for term in shown:
        below[term.parent_id].append(TermView(term, counts.get(term.pk, 0)))
    return tuple(TermView(view.term, view.cases, tuple(below[view.term.pk])) for view in below[None])


def rows_of(usage: Usage, term: Term, cases: Iterable[Case]) -> dict[int, list[CaseChild]]:
    """The rows through which each of the cases bears the term, by the case's primary key. One query."""
    found: dict[int, list[CaseChild]] = {case.pk: [] for case in cases}
    if usage.model is Case:
        return found
    for row in usage.rows(term).filter(case__in=list(found)).select_related(*usage.related):
        found[row.case_id].append(row)
    return found


# The diagram. Sizes in units of its own; three columns of boxes, filled evenly.
COLUMNS, BOX_WIDTH, GAP, MARGIN = 3, 296, 16, 12
HEAD, LINE, LEADING, PADDING, FRAME = 40, 26, 20, 10, 54
HEAD_LETTERS, LINE_LETTERS = 27, 34


@dataclass(frozen=True)
class Label:
    """A line of text at its place; `view` is the term that it leads to."""

    x: float
    y: float
    lines: tuple[str, ...]
    view: TermView

    @property
    def height(self) -> float:
        """How high the target of the link is: a line's height for each line."""
        return LINE + (len(self.lines) - 1) * LEADING


@dataclass(frozen=True)
class Box:
    """A key mechanism with what belongs to it."""

    x: float
    y: float
    width: float
    height: float
    head: Label
    parts: tuple[Label, ...]


@dataclass(frozen=True)
class Diagram:
    """The mechanisms between their two frames, without an order: above the nation, below the place."""

    width: float
    height: float
    frame_height: float
    lower_frame: float
    boxes: tuple[Box, ...]

    @property
    def middle(self) -> float:
        """Where the labels of the frames stand."""
        return self.width / 2

    @property
    def frame_width(self) -> float:
        return self.width - 2 * MARGIN

    @property
    def lower_label(self) -> float:
        """The base line of the lower frame's label."""
        return self.lower_frame + 33

    @property
    def target_width(self) -> float:
        """How wide the target of a link within a box is."""
        return BOX_WIDTH - 12


def _wrapped(text: str, letters: int) -> tuple[str, ...]:
    return tuple(textwrap.wrap(text, letters)) or ("",)


def _lines(view: TermView, letters: int) -> tuple[str, ...]:
    """A label in lines that fit, with room for its count."""
    return _wrapped(f"{view.term.label}\u00a0({view.cases})", letters)


def _height(view: TermView) -> float:
    """How high a box is: its head, and a line for each line of its parts."""
    parts = sum(LINE + (len(_lines(child, LINE_LETTERS)) - 1) * LEADING for child in view.children)
    return HEAD + (len(_lines(view, HEAD_LETTERS)) - 1) * LEADING + parts + PADDING


def _box(view: TermView, x: float, y: float, height: float) -> Box:
    head = Label(x + 6, y + 6, _lines(view, HEAD_LETTERS), view)
    top, parts = y + HEAD + (len(head.lines) - 1) * LEADING, []
    for child in view.children:
        parts.append(Label(x + 6, top, _lines(child, LINE_LETTERS), child))
        top += parts[-1].height
    return Box(x, y, BOX_WIDTH, height, head, tuple(parts))


def diagram(terms: Sequence[TermView]) -> Diagram:
    """Places the top-level terms of the mechanisms, in the order of Part 2's headings, each in the shortest column.

    The last box of a column reaches down to the lower frame.
    """
    ends = [FRAME + GAP] * COLUMNS
    last: dict[int, int] = {}
    places: dict[int, tuple[int, float]] = {}
    for view in terms:
        column = ends.index(min(ends))
        places[view.term.pk] = (column, ends[column])
        last[column] = view.term.pk
        ends[column] += _height(view) + GAP
    bottom = max(ends)
    boxes = []
    for view in terms:
        column, y = places[view.term.pk]
        height = bottom - GAP - y if view.term.pk == last[column] else _height(view)
        boxes.append(_box(view, MARGIN + column * (BOX_WIDTH + GAP), y, height))
    width = 2 * MARGIN + COLUMNS * BOX_WIDTH + (COLUMNS - 1) * GAP
    return Diagram(width, bottom + FRAME, FRAME, bottom, tuple(boxes))
