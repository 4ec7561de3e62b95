"""Cases × terms, or cases × recommendations: who shows what, how strongly, and what nobody shows.

Columns and their totals come from the index, whatever the size of the selection; cells from the rows of the cases on
the page. A selection of more cases than a page can hold against each other is counted by country or region instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from pyroaring import BitMap

from .choices import Evidence, Strength
from .exports.declaring import Column as ExportColumn
from .facets import FACETS_BY_NAME
from .grid import usage_of
from .index import Index
from .models import BeneficiaryGroup, Case, CaseActor, CaseChild, CaseTerm, Illustration, Objective
from .pictures import narrowed
from .selection import VIEW_PARAMETERS, Dropped, SelectedCases, Selection
from .writing import number

#: What can stand in the columns: the name of the parameter's value, which is a filter too.
COLUMNS: dict[str, str | Promise] = {
    "recommendation": gettext_lazy("Recommendations"),
    "trigger": gettext_lazy("Triggers"),
    "objective": gettext_lazy("Broad objectives"),
    "mechanism": gettext_lazy("Key mechanisms"),
    "actor": gettext_lazy("Types of actors"),
    "migration": gettext_lazy("Migration profile"),
    "beneficiary": gettext_lazy("Beneficiaries"),
}
ORDERS: dict[str, str | Promise] = {"number": gettext_lazy("Number"), "likeness": gettext_lazy("Likeness")}
ROWS: dict[str, str | Promise] = {
    "case": gettext_lazy("Cases"),
    "country": gettext_lazy("Countries"),
    "region": gettext_lazy("Regions"),
}
#: Up to so many cases stand in rows of their own; more are counted by country or region.
MOST_CASES = 200
PARAMETERS = frozenset({"columns", "order", "by", "page"})


@dataclass(frozen=True)
class Mark:
    """What a cell shows: a sign, what it means, how it looks, and where the reason stands.

    `more` is what a pointer finds out. The address is empty where no selection lists the cases that a number counts.
    """

    sign: str
    meaning: str | Promise
    kind: str
    url: str
    more: str = ""


@dataclass(frozen=True)
class Head:
    """A column: what it is, to which group it belongs, and how many of the selected cases show it.

    `short` stands at its head, `label` tells it in full, `name` is the label without a number.
    """

    value: str
    short: str
    label: str
    name: str
    group: str
    url: str
    total: int

    @property
    def is_gap(self) -> bool:
        """Whether no selected case shows it."""
        return not self.total


@dataclass(frozen=True)
class Line:
    """A row: what it is, its cells beside the heads, and how many of them hold something."""

    label: str
    detail: str
    url: str
    cells: tuple[Mark | None, ...]
    total: int


@dataclass(frozen=True)
class Asked:
    """The matrix that an address asks for, beside its selection."""

    columns: str = "recommendation"
    order: str = "number"
    by: str = "case"
    dropped: tuple[Dropped, ...] = ()

    def pairs(self, **changes: str) -> list[tuple[str, str]]:
        """The parameters of this matrix, or of one that differs from it; nothing where they are the usual ones."""
        state = {"columns": self.columns, "order": self.order, "by": self.by} | changes
        usual = Asked()
        return [(name, value) for name, value in state.items() if value != getattr(usual, name)]

    def query(self, selection: Selection, **changes: str) -> str:
        """The address of this matrix, or of one that differs from it."""
        return f"?{urlencode(selection.pairs() + self.pairs(**changes))}"


def read_asked(data: QueryDict, selection: Selection) -> Asked:
    """What a query string asks for; what is not understood, or not to be had, is dropped and said so."""
    dropped: list[Dropped] = []
    values = {}
    for name, offered in (("columns", COLUMNS), ("order", ORDERS), ("by", ROWS)):
        given = [value for value in dict.fromkeys(data.getlist(name)) if value]
        good = next((value for value in given if value in offered), getattr(Asked(), name))
        for value in given:
            if value != good:
                reason = _("Only one can be chosen.") if value in offered else _("There is no such choice.")
                dropped.append(Dropped(name, value, reason))
        values[name] = good
    if len(selection) > MOST_CASES and values["by"] == "case":
        if data.get("by"):
            reason = _("More than %(most)s cases are counted by country.") % {"most": MOST_CASES}
            dropped.append(Dropped("by", "case", reason))
        values["by"] = "country"
    if values["order"] == "likeness" and values["by"] != "case":
        dropped.append(Dropped("order", "likeness", _("Only cases can be put in the order of their likeness.")))
        values["order"] = "number"
    return Asked(**values, dropped=tuple(dropped))


def selection_data(data: QueryDict) -> QueryDict:
    """The part of a query string that is the selection's."""
    rest = data.copy()
    for name in PARAMETERS | VIEW_PARAMETERS:
        rest.pop(name, None)
    return rest


def heads(selection: Selection, columns: str) -> list[Head]:
    """The columns in the order of Part 2 or Part 3, with how many of the selected cases show each. No query."""
    if columns == "recommendation":
        return [
            Head(
                str(r.number), str(r.number), f"{r.number}. {r.title}", r.title, r.group.title,
                reverse("recommendation", args=[r.number]), _total(selection, columns, str(r.number)),
            )
            for r in selection.index.lists.recommendations
        ]  # fmt: skip
    listed = selection.index.lists.terms.get(FACETS_BY_NAME[columns].vocabulary, [])
    # A retired term stands there as long as a case bears it: what nobody needs any more is no gap.
    terms = [term for term in listed if not term.is_retired or selection.index.having(columns, term.slug)]
    labels = {term.pk: term.label for term in terms}
    has_parts = {term.parent_id for term in terms}
    return [
        Head(
            term.slug,
            term.label,
            term.label,
            term.label,
            labels.get(term.parent_id) or (term.label if term.pk in has_parts else ""),
            term.get_absolute_url(),
            _total(selection, columns, term.slug),
        )
        for term in terms
    ]


def _total(selection: Selection, columns: str, value: str) -> int:
    return selection.positions.intersection_cardinality(selection.index.having(columns, value))


def groups(found: Sequence[Head]) -> list[tuple[str, int]]:
    """The heads of the groups, each with how many columns it spans; empty where there are none."""
    spans = [(label, len(list(same))) for label, same in groupby(found, key=lambda head: head.group)]
    return spans if any(label for label, _span in spans) else []


# Rows of cases


def in_order(selection: Selection, asked: Asked) -> Sequence[int]:
    """The positions of the selected cases, by the selection's order or by their likeness."""
    if asked.order != "likeness":
        return selection.in_order
    return selection.index.keep(
        ("likeness", asked.columns, bytes(selection.positions.serialize())),
        lambda: _by_likeness(selection, asked.columns),
    )


def _by_likeness(selection: Selection, columns: str) -> list[int]:
    """Each case beside the one most like it: from the fullest on, always the most similar of those left.

    Likeness is the share of columns that two cases have in common of those that either has (Jaccard). Ties go by
    number.
    """
    held: dict[int, set[str]] = {position: set() for position in selection.positions}
    for head in heads(selection, columns):
        for position in selection.positions & selection.index.having(columns, head.value):
            held[position].add(head.value)
    left, ordered = set(held), []
    while left:
        if not ordered:
            best = min(left, key=lambda position: (-len(held[position]), position))
        else:
            last = held[ordered[-1]]
            best = min(left, key=lambda position: (-_jaccard(last, held[position]), position))
        ordered.append(best)
        left.remove(best)
    return ordered


def _jaccard(one: set, other: set) -> float:
    return len(one & other) / len(one | other) if one or other else 1.0


def case_lines(cases: Sequence[Case], columns: str, found: Sequence[Head], query: str) -> list[Line]:
    """The rows of some cases. A fixed number of queries; `query` is carried along to the cases."""
    marks = _marks(cases, columns, query)
    lines = []
    for case in cases:
        cells = tuple(marks.get((case.pk, head.value)) for head in found)
        total = sum(cell is not None for cell in cells)
        url = f"{case.get_absolute_url()}{query}"
        lines.append(Line(case.name, f"{case.number} · {case.country.name}", url, cells, total))
    return lines


EVIDENCE_SIGNS = {
    Evidence.STATED: ("●", "stated"),
    Evidence.PART_2: ("◐", "named"),
    Evidence.EDITORIAL: ("○", "editorial"),
}


def _marks(cases: Sequence[Case], columns: str, query: str) -> dict[tuple[int, str], Mark]:
    """What stands in the cells of some cases: the strongest of what a case shows of a column."""
    by_pk = {case.pk: case for case in cases}
    found: dict[tuple[int, str], tuple[float, Mark]] = {}
    for shown in _shown(list(by_pk), columns):
        key = (shown.case, shown.value)
        if key not in found or shown.rank < found[key][0]:
            url = f"{by_pk[shown.case].get_absolute_url()}{query}#{_anchor(shown.row)}"
            found[key] = (shown.rank, _mark(shown.row, url))
    return {key: mark for key, (_rank, mark) in found.items()}


@dataclass(frozen=True)
class Shown:
    """A row of a case that shows the value of a column: itself, or through a sub-point or a term below it.

    The row that shows it most strongly has the lowest rank; a value itself comes before what lies below it.
    """

    case: int
    value: str
    row: CaseChild
    through: str
    rank: float


def _shown(pks: list[int], columns: str) -> Iterator[Shown]:
    """Every row of the cases that shows a value of a column; those of a lower term show the upper one too."""
    if columns == "recommendation":
        rows = Illustration.objects.published().filter(case__in=pks).order_by("position", "pk")
        for row in rows.select_related("recommendation", "subpoint__recommendation"):
            through = f"{row.label} {row.subpoint.title}" if row.subpoint else ""
            rank = _rank(row) + 0.5 * bool(through)
            yield Shown(row.case_id, str(row.recommendation.number), row, through, rank)
        return
    for row, term in _term_rows(pks, columns):
        yield Shown(row.case_id, term.slug, row, "", _rank(row))
        if term.parent:
            yield Shown(row.case_id, term.parent.slug, row, term.label, _rank(row) + 0.5)


def _rank(row: CaseChild) -> int:
    if isinstance(row, Illustration):
        return int(row.strength != Strength.CENTRAL)
    return int(not row.is_lead) if isinstance(row, CaseActor) else list(EVIDENCE_SIGNS).index(row.evidence)


def _mark(row: CaseChild, url: str) -> Mark:
    """How a row looks in a cell: its strength, its role, or the ground on which it stands there."""
    if isinstance(row, Illustration):
        is_central = row.strength == Strength.CENTRAL
        sign = pgettext("sign of a supporting illustration", "S")
        if is_central:
            sign = pgettext("sign of a central illustration", "C")
        return Mark(sign, row.get_strength_display(), row.strength, url)
    if isinstance(row, CaseActor):
        sign, kind = (pgettext("sign of a leading actor", "L"), "central") if row.is_lead else ("●", "supporting")
        return Mark(sign, _("%(actor)s %(does)s") % {"actor": row, "does": _role(row)}, kind, url, _actor(row))
    sign, kind = EVIDENCE_SIGNS[row.evidence]
    return Mark(sign, row.get_evidence_display(), kind, url)


def _role(row: CaseActor) -> str:
    return pgettext("of an actor", "leads") if row.is_lead else pgettext("of an actor", "takes part")


def _actor(row: CaseActor) -> str:
    """An actor with its roles in brackets."""
    roles = ", ".join(role.label for role in row.roles.all())
    return f"{row.organization} ({roles})" if roles else str(row.organization)


ANCHORS = {
    CaseTerm: "term",
    Objective: "objective",
    BeneficiaryGroup: "beneficiary",
    CaseActor: "actor",
    Illustration: "illustration",
}


def _anchor(row: CaseChild) -> str:
    """Where on its case's page a row stands."""
    return f"{ANCHORS[type(row)]}-{row.key}"


def _term_rows(pks: list[int], columns: str) -> Iterator[tuple]:
    """The rows of the cases that bear terms of the vocabulary, with each term."""
    usage = usage_of(FACETS_BY_NAME[columns].vocabulary)
    rows = usage.model.objects.published().filter(case__in=pks).order_by("pk")
    if usage.model is CaseTerm:
        for row in rows.filter(term__vocabulary__slug=columns).select_related("term__parent"):
            yield row, row.term
        return
    many = {Objective: "broad_objectives", BeneficiaryGroup: "groups", CaseActor: "organization__types"}[usage.model]
    related = ["roles"] if usage.model is CaseActor else []
    for row in rows.select_related(*usage.related).prefetch_related(f"{many}__parent", *related):
        terms = row.organization.types if usage.model is CaseActor else getattr(row, many)
        for term in terms.all():
            yield row, term


# Rows of countries and regions


def place_lines(selection: Selection, asked: Asked, found: Sequence[Head]) -> list[Line]:
    """Countries or regions with how many of their selected cases show each column. No query."""
    lines = []
    for option in selection.index.options[asked.by]:
        here = selection.positions & selection.index.having(asked.by, option.value)
        if not here or (asked.by == "region" and option.depth):
            continue
        narrower = narrowed(selection, asked.by, option.value)
        cells = tuple(_counted(selection.index, here, narrower, asked.columns, head) for head in found)
        lines.append(Line(str(option.label), "", _list_of(narrower), cells, len(here)))
    return lines


def _counted(index: Index, here: BitMap, narrower: Selection | None, columns: str, head: Head) -> Mark | None:
    """How many of the cases `here`, which `narrower` selects, show a column; None where none does."""
    count = here.intersection_cardinality(index.having(columns, head.value))
    if not count:
        return None
    url = _list_of(None if narrower is None else narrowed(narrower, columns, head.value))
    return Mark(number(count), "", "count", url)


def _list_of(selection: Selection | None) -> str:
    """The address of the list of a selection's cases; empty where no selection says it."""
    return "" if selection is None else f"{reverse('cases')}{selection.query()}"


# The long table


@dataclass(frozen=True)
class Reason:
    """A row of the long table: a cell of the matrix with one of its reasons."""

    case: Case
    columns: str
    head: Head
    shown: Shown

    @property
    def strength(self) -> str:
        """How strongly an illustration shows it, what an actor does; of terms there is no more and less."""
        row = self.shown.row
        if isinstance(row, Illustration):
            return str(row.get_strength_display())
        return _role(row) if isinstance(row, CaseActor) else ""

    @property
    def evidence(self) -> str:
        """On what ground the case stands there; what it illustrates is a reading of ours."""
        row = self.shown.row
        return str(Evidence.EDITORIAL.label if isinstance(row, Illustration) else row.get_evidence_display())

    @property
    def reason(self) -> str:
        """Why, in the words of the case's page."""
        row = self.shown.row
        text = getattr(row, "reason", "") or getattr(row, "text", "")
        return ": ".join(filter(None, [_actor(row), text])) if isinstance(row, CaseActor) else text


def _address(reason: Reason, base_url: str) -> str:
    return f"{base_url}{reason.case.get_absolute_url()}#{_anchor(reason.shown.row)}"


LONG_COLUMNS: tuple[ExportColumn, ...] = (
    ExportColumn("url", _address, gettext_lazy("Where the reason stands on the case's page.")),
    ExportColumn("case_number", lambda r, base: r.case.number, gettext_lazy("Number of the case, text.")),
    ExportColumn("case", lambda r, base: r.case.slug, gettext_lazy("The case's short name in addresses.")),
    ExportColumn("case_name", lambda r, base: r.case.name, gettext_lazy("The territory of the case.")),
    ExportColumn("columns", lambda r, base: r.columns, gettext_lazy("What the columns of the matrix are.")),
    ExportColumn(
        "value", lambda r, base: r.head.value, gettext_lazy("The recommendation's number or the term's slug.")
    ),
    ExportColumn("label", lambda r, base: r.head.name, gettext_lazy("The recommendation or the term, in words.")),
    ExportColumn(
        "through",
        lambda r, base: r.shown.through,
        gettext_lazy("The sub-point or narrower term that it is shown through; empty where it is the value itself."),
    ),
    ExportColumn("strength", lambda r, base: r.strength, gettext_lazy("How strongly, or in what role.")),
    ExportColumn("evidence", lambda r, base: r.evidence, gettext_lazy("On what ground.")),
    ExportColumn("reason", lambda r, base: r.reason, gettext_lazy("Why.")),
    ExportColumn("place", lambda r, base: r.shown.row.place, gettext_lazy("Where in the paper it stands.")),
)
CHUNK = 200


def reasons(selection: Selection, asked: Asked) -> Iterator[Reason]:
    """Every cell of the matrix with its reasons: cases in the order of the screen, columns in theirs.

    Cases are fetched some at a time, so that memory stays flat.
    """
    by_value = {head.value: head for head in heads(selection, asked.columns)}
    places = {value: place for place, value in enumerate(by_value)}
    rows = Case.objects.published().select_related("collection", "country")
    cases = SelectedCases(selection.index, in_order(selection, asked), rows)
    for start in range(0, len(cases), CHUNK):
        chunk = cases[start : start + CHUNK]
        by_case: dict[int, list[Shown]] = {case.pk: [] for case in chunk}
        for shown in _shown(list(by_case), asked.columns):
            by_case[shown.case].append(shown)
        for case in chunk:
            # What came to be since the index was made is for the next version.
            known = [shown for shown in by_case[case.pk] if shown.value in places]
            for shown in sorted(known, key=lambda shown: (places[shown.value], shown.rank)):
                yield Reason(case, asked.columns, by_value[shown.value], shown)


def long_rows(selection: Selection, asked: Asked, base_url: str) -> Iterator[list[Any]]:
    """The long table: a row of headers, then a row for each cell that holds something."""
    yield [column.header for column in LONG_COLUMNS]
    for reason in reasons(selection, asked):
        yield [column.getter(reason, base_url) for column in LONG_COLUMNS]
