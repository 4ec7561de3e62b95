"""Cases × terms, or cases × recommendations: who shows what, how strongly, and what nobody shows.

Columns and their totals come from the index, whatever the size of the selection; cells from the rows of the cases on
the page. A selection of more cases than a page can hold against each other is counted by country or region instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from pyroaring import BitMap

from .choices import Evidence, Strength
from .exports.declaring import Column as ExportColumn
from .facets import FACETS_BY_NAME
from .grid import usage_of
from .models import BeneficiaryGroup, Case, CaseActor, CaseChild, CaseTerm, Illustration, Objective
from .selection import VIEW_PARAMETERS, Dropped, SelectedCases, Selection

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
    """What a cell shows: a sign, what it means, how it looks, and where the reason stands."""

    sign: str
    meaning: str | Promise
    kind: str
    url: str


@dataclass(frozen=True)
class Head:
    """A column: what it is, to which group it belongs, and how many of the selected cases show it."""

    value: str
    short: str
    label: str
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
        dropped += [Dropped(name, value, _("There is no such choice.")) for value in given if value != good]
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
                str(r.number), str(r.number), f"{r.number}. {r.title}", r.group.title,
                reverse("recommendation", args=[r.number]), _total(selection, columns, str(r.number)),
            )
            for r in selection.index.lists.recommendations
        ]  # fmt: skip
    terms = selection.index.lists.terms.get(FACETS_BY_NAME[columns].vocabulary, [])
    labels = {term.pk: term.label for term in terms}
    has_parts = {term.parent_id for term in terms}
    return [
        Head(
            term.slug,
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
    marks = _marks(cases, columns)
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


def _marks(cases: Sequence[Case], columns: str) -> dict[tuple[int, str], Mark]:
    """What stands in the cells of some cases: the strongest of what a case shows of a column."""
    by_pk = {case.pk: case for case in cases}
    found: dict[tuple[int, str], tuple[int, Mark]] = {}
    for pk, value, rank, sign, meaning, kind, anchor in _shown(list(by_pk), columns):
        mark = Mark(sign, meaning, kind, f"{by_pk[pk].get_absolute_url()}#{anchor}")
        if (pk, value) not in found or rank < found[pk, value][0]:
            found[pk, value] = (rank, mark)
    return {key: mark for key, (_rank, mark) in found.items()}


def _shown(pks: list[int], columns: str) -> Iterator[tuple]:
    """Case, value, rank, sign, meaning, kind and anchor of every row that shows a value; the parent's value too."""
    if columns == "recommendation":
        rows = Illustration.objects.published().filter(case__in=pks).select_related("recommendation").order_by("pk")
        for row in rows:
            is_central = row.strength == Strength.CENTRAL
            sign = pgettext_lazy("sign of a central illustration", "C")
            if not is_central:
                sign = pgettext_lazy("sign of a supporting illustration", "S")
            number = str(row.recommendation.number)
            anchor = f"illustration-{row.key}"
            yield row.case_id, number, not is_central, sign, row.get_strength_display(), row.strength, anchor
        return
    for row, term in _term_rows(pks, columns):
        sign, kind = EVIDENCE_SIGNS[row.evidence]
        rank, meaning, anchor = list(EVIDENCE_SIGNS).index(row.evidence), row.get_evidence_display(), _anchor(row)
        if isinstance(row, CaseActor):
            is_lead = row.is_lead
            sign, kind = (pgettext_lazy("sign of a leading actor", "L"), "central") if is_lead else ("●", "supporting")
            rank = not is_lead
            roles = ", ".join(role.label for role in row.roles.all())
            meaning = ": ".join(filter(None, [str(row.organization), roles]))
        yield row.case_id, term.slug, rank, sign, meaning, kind, anchor
        if term.parent:
            yield row.case_id, term.parent.slug, rank + 0.5, sign, meaning, kind, anchor


ANCHORS = {CaseTerm: "term", Objective: "objective", BeneficiaryGroup: "beneficiary", CaseActor: "actor"}


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
        others = [pair for pair in selection.pairs() if pair[0] != asked.by]
        cells = tuple(_counted(selection, asked, here, head, option.value, others) for head in found)
        url = f"{reverse('cases')}?{urlencode([*others, (asked.by, option.value)])}"
        lines.append(Line(str(option.label), "", url, cells, len(here)))
    return lines


def _counted(
    selection: Selection, asked: Asked, here: BitMap, head: Head, place: str, others: list[tuple[str, str]]
) -> Mark | None:
    count = here.intersection_cardinality(selection.index.having(asked.columns, head.value))
    if not count:
        return None
    pairs = [pair for pair in others if pair[0] != asked.columns]
    query = urlencode([*pairs, (asked.by, place), (asked.columns, head.value)])
    return Mark(str(count), "", "count", f"{reverse('cases')}?{query}")


# The long table


@dataclass(frozen=True)
class Reason:
    """One cell of the matrix as a row of a long table."""

    case: Case
    columns: str
    value: str
    label: str
    strength: str
    reason: str
    place: str
    anchor: str


def _address(reason: Reason, base_url: str) -> str:
    return f"{base_url}{reason.case.get_absolute_url()}#{reason.anchor}"


LONG_COLUMNS: tuple[ExportColumn, ...] = (
    ExportColumn("url", _address, gettext_lazy("Where the reason stands on the case's page.")),
    ExportColumn("case_number", lambda r, base: r.case.number, gettext_lazy("Number of the case, text.")),
    ExportColumn("case", lambda r, base: r.case.slug, gettext_lazy("The case's short name in addresses.")),
    ExportColumn("case_name", lambda r, base: r.case.name, gettext_lazy("The territory of the case.")),
    ExportColumn("columns", lambda r, base: r.columns, gettext_lazy("What the columns of the matrix are.")),
    ExportColumn("value", lambda r, base: r.value, gettext_lazy("The recommendation's number, or the term's slug.")),
    ExportColumn("label", lambda r, base: r.label, gettext_lazy("The recommendation or the term, in words.")),
    ExportColumn("strength", lambda r, base: r.strength, gettext_lazy("How strongly, or on what ground.")),
    ExportColumn("reason", lambda r, base: r.reason, gettext_lazy("Why.")),
    ExportColumn("place", lambda r, base: r.place, gettext_lazy("Where in the paper it stands.")),
)
CHUNK = 200


def reasons(selection: Selection, asked: Asked) -> Iterator[Reason]:
    """Every cell of the matrix with its reason, case by case in the order of the screen; memory stays flat."""
    rows = Case.objects.published().select_related("collection", "country")
    cases = SelectedCases(selection.index, in_order(selection, asked), rows)
    for start in range(0, len(cases), CHUNK):
        chunk = cases[start : start + CHUNK]
        by_case: dict[int, list[Reason]] = {case.pk: [] for case in chunk}
        by_pk = {case.pk: case for case in chunk}
        for reason in _reasons_of(by_pk, asked.columns):
            by_case[reason.case.pk].append(reason)
        for case in chunk:
            yield from by_case[case.pk]


def _reasons_of(cases: Mapping[int, Case], columns: str) -> Iterator[Reason]:
    pks = list(cases)
    if columns == "recommendation":
        rows = Illustration.objects.published().filter(case__in=pks)
        for row in rows.select_related("recommendation", "subpoint__recommendation"):
            label = (row.subpoint or row.recommendation).title
            strength = str(row.get_strength_display())
            anchor = f"illustration-{row.key}"
            yield Reason(cases[row.case_id], columns, row.label, label, strength, row.reason, row.place, anchor)
        return
    for row, term in _term_rows(pks, columns):
        is_actor = isinstance(row, CaseActor)
        text = getattr(row, "reason", "") or getattr(row, "text", "")
        reason = ": ".join(filter(None, [str(row.organization), text])) if is_actor else text
        case, evidence = cases[row.case_id], str(row.get_evidence_display())
        yield Reason(case, columns, term.slug, term.label, evidence, reason, row.place, _anchor(row))


def long_rows(selection: Selection, asked: Asked, base_url: str) -> Iterator[list[Any]]:
    """The long table: a row of headers, then a row for each cell that holds something."""
    yield [column.header for column in LONG_COLUMNS]
    for reason in reasons(selection, asked):
        yield [column.getter(reason, base_url) for column in LONG_COLUMNS]
