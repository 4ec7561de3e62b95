"""Two to four cases side by side: the grid row by row, with what they share, where they differ, what is not stated.

Works on cases fetched with `for_page()`; makes no query of its own. Pages and downloads take the same rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .choices import BudgetBand, BudgetStatus, Section, Strength
from .models import Case, CoordinationMechanism, Period, Term
from .writing import money

FEWEST, MOST = 2, 4


class State(Enum):
    """What the cells of a row have in common."""

    SHARED = "shared"
    PARTLY = "partly"
    DIFFERENT = "different"
    NOT_STATED = "not-stated"

    @property
    def label(self) -> str | Promise:
        """In words: colour never speaks alone."""
        return STATE_LABELS[self]


STATE_LABELS = {
    State.SHARED: _("shared by all"),
    State.PARTLY: _("partly shared"),
    State.DIFFERENT: pgettext_lazy("of a row of the comparison", "differs"),
    State.NOT_STATED: _("not stated by any"),
}


@dataclass(frozen=True)
class Value:
    """One value in a cell: its text, whether other cases of the comparison have it too, and what leads to more."""

    text: str
    is_shared: bool = False
    detail: str = ""
    anchor: str = ""
    # The filter that finds all cases with this value: name and value of a parameter.
    facet: str = ""
    slug: str = ""

    @property
    def in_full(self) -> str:
        """The text with its detail, as a download has it."""
        return f"{self.text} ({self.detail})" if self.detail else self.text


@dataclass(frozen=True)
class Row:
    """A row of the comparison: a cell of values for each case."""

    label: str | Promise
    cells: tuple[tuple[Value, ...], ...]
    state: State
    # Running text stands as paragraphs, not as a list of values.
    is_text: bool = False


@dataclass(frozen=True)
class Part:
    """A part of the comparison: a section of the grid, or what stands before and after them."""

    slug: str
    label: str | Promise
    rows: tuple[Row, ...]


Getter = Callable[[Case], Iterable[Value]]


def compare(label: str | Promise, getter: Getter, cases: Sequence[Case], *, is_text: bool = False) -> Row:
    """A row of the values that `getter` finds in each case; those that another case has too are marked, but for texts.

    Two values are the same where their texts are: what stands beside them, such as the evidence, may differ.
    """
    cells = [tuple(getter(case)) for case in cases]
    keys = [{value.text for value in cell} for cell in cells]
    held = Counter(text for key in keys for text in key)
    marked = tuple(tuple(replace(v, is_shared=not is_text and held[v.text] > 1) for v in cell) for cell in cells)
    return Row(label, marked, _state(keys), is_text)


def _state(keys: list[set[str]]) -> State:
    if not any(keys):
        return State.NOT_STATED
    if all(key == keys[0] for key in keys):
        return State.SHARED
    every = [text for key in keys for text in key]
    return State.PARTLY if len(every) > len(set(every)) else State.DIFFERENT


# What the rows hold


def terms(vocabulary: str, facet: str = "") -> Getter:
    """The terms of a vocabulary that a case is classed under, in the vocabulary's order."""

    def getter(case: Case) -> list[Value]:
        rows = [row for row in case.caseterms.all() if row.term.vocabulary.slug == vocabulary]
        rows.sort(key=lambda row: (row.term.position, row.term.slug))
        return [
            Value(row.term.label, detail=row.get_evidence_display(), facet=facet, slug=row.term.slug) for row in rows
        ]

    return getter


def _of_terms(found: Iterable[Term], facet: str) -> list[Value]:
    ordered = sorted(set(found), key=lambda term: (term.position, term.slug))
    return [Value(term.label, facet=facet, slug=term.slug) for term in ordered]


def objectives(case: Case) -> list[Value]:
    return _of_terms((term for row in case.objectives.all() for term in row.broad_objectives.all()), "objective")


def beneficiaries(case: Case) -> list[Value]:
    return _of_terms((term for row in case.beneficiarygroups.all() for term in row.groups.all()), "beneficiary")


def actor_types(case: Case) -> list[Value]:
    return _of_terms((term for row in case.caseactors.all() for term in row.organization.types.all()), "actor")


def forms(case: Case) -> list[Value]:
    return _of_terms((row.form for row in case.coordinationmechanisms.all() if row.form), "")


def actors(case: Case) -> list[Value]:
    return [
        Value(
            str(row.organization),
            detail=", ".join(role.label for role in row.roles.all()),
            anchor=f"actor-{row.key}",
        )
        for row in case.caseactors.all()
    ]


def mechanisms(case: Case) -> list[Value]:
    return [
        Value(
            row.name,
            detail="; ".join(filter(None, [row.get_direction_display(), _levels(row)])),
        )
        for row in case.coordinationmechanisms.all()
    ]


def _levels(row: CoordinationMechanism) -> str:
    return ", ".join(term.label for term in row.levels.all())


def leads(case: Case) -> list[Value]:
    return [
        Value(str(row.organization), detail=row.lead_note, anchor=f"actor-{row.key}")
        for row in case.caseactors.all()
        if row.is_lead
    ]


def illustrated(strength: str) -> Getter:
    """The recommendations that a case illustrates with this strength."""

    def getter(case: Case) -> list[Value]:
        return [
            Value(
                f"{row.label} {row.subpoint.title if row.subpoint else row.recommendation.title}",
                anchor=f"illustration-{row.key}",
                facet="recommendation",
                slug=str(row.recommendation.number),
            )
            for row in case.illustrations.all()
            if row.strength == strength
        ]

    return getter


def budget(case: Case) -> list[Value]:
    found = getattr(case, "budget", None)
    if found is None or found.status == BudgetStatus.NOT_REPORTED:
        return []
    text = money(found.total, found.currency) if found.total is not None else str(found.get_status_display())
    return [Value(text, detail=str(found.get_period_display()), anchor="budget")]


def band(case: Case) -> list[Value]:
    found = getattr(case, "budget", None)
    return [Value(str(BudgetBand(found.band).label), facet="budget", slug=found.band)] if found and found.band else []


def payers(case: Case) -> list[Value]:
    return [
        Value(row.payer_stated, detail="" if row.amount is None else money(row.amount, row.currency), anchor="budget")
        for row in case.contributions.all()
    ]


def periods(case: Case) -> list[Value]:
    found = [(row.stated or _years(row), row.label) for row in case.periods.all()]
    return [Value(text, detail=label) for text, label in found if text]


def _years(row: Period) -> str:
    """The years of a period that the paper writes in no words of its own: «2009–2012», «2009–», «–2012»."""
    if row.start_year == row.end_year and not row.is_ongoing:
        return str(row.start_year or "")
    return f"{row.start_year or ''}–{row.end_year or ''}"


def places(case: Case) -> list[Value]:
    return [Value(row.name, detail=row.kind) for row in case.caseplaces.all()]


def narrative(section: str) -> Getter:
    """The text of a section."""
    return lambda case: [Value(row.text) for row in case.narratives.all() if row.section == section]


def components(section: str) -> Getter:
    """The titles of the lists of a section, the outer ones."""
    return lambda case: [
        Value(row.title) for row in case.components.all() if row.section == section and row.parent_id is None
    ]


def figures(section: str) -> Getter:
    """The figures of a section, as «what is counted: value as stated»."""
    return lambda case: [
        Value(f"{row.label}: {row.stated}", detail=row.period, anchor=f"figure-{row.key}")
        for row in case.figures.all()
        if row.section == section
    ]


def milestones(section: str) -> Getter:
    """The milestones of a section, as «date: what happened»."""
    return lambda case: [
        Value(f"{row.date_stated}: {row.text}") for row in case.milestones.all() if row.section == section
    ]


def of_rows(accessor: str, text: str, detail: str = "") -> Getter:
    """Rows of one kind: which field is the text, and which the detail."""
    return lambda case: [
        Value(str(getattr(row, text)), detail=str(getattr(row, detail) or "") if detail else "")
        for row in getattr(case, accessor).all()
    ]


Declared = tuple[str | Promise, Getter]
# The typed rows of each section; its text, lists, figures and milestones follow by themselves.
TYPED: dict[str, tuple[Declared, ...]] = {
    Section.OVERVIEW: ((_("Places"), places),),
    Section.MIGRATORY_CONTEXT: ((_("Migration profile"), terms("migration", "migration")),),
    Section.DECENTRALIZATION_CONTEXT: (
        (_("Kind of state"), terms("state", "state")),
        (_("National–local link"), terms("national-local-link")),
        (_("Tiers of government"), of_rows("governmenttiers", "name", "count_stated")),
        (_("Who holds which competence"), of_rows("competences", "holder", "matter")),
    ),
    Section.TRIGGERING_FACTORS: (
        (_("Trigger"), terms("trigger", "trigger")),
        (_("Approach"), terms("approach", "approach")),
    ),
    Section.ACTORS: ((_("Lead"), leads), (_("Types of actors"), actor_types), (_("Who takes part"), actors)),
    Section.COORDINATION_MECHANISMS: (
        (_("Coordination mechanisms"), mechanisms),
        (_("Forms of coordination"), forms),
    ),
    Section.OBJECTIVES: (
        (_("Broad objectives"), objectives),
        (_("The case's own objectives"), of_rows("objectives", "text")),
        (_("Beneficiaries"), beneficiaries),
        (_("Beneficiaries as stated"), of_rows("beneficiarygroups", "text")),
    ),
    Section.IMPLEMENTATION: ((_("Key mechanisms"), terms("mechanism", "mechanism")),),
}
GLANCE: tuple[Declared, ...] = (
    (_("Country"), lambda case: [Value(case.country.name, facet="country", slug=case.country.code)]),
    (_("Region"), lambda case: [Value(case.country.region.label, facet="region", slug=case.country.region.slug)]),
    (_("Level of government"), terms("level", "level")),
    (_("Period"), periods),
    (_("Purpose"), lambda case: [Value(case.purpose)] if case.purpose else []),
    (
        _("Supported by the JMDI"),
        lambda case: [
            Value(
                str(pgettext_lazy("answer", "Yes") if case.is_jmdi_supported else pgettext_lazy("answer", "No")),
                facet="jmdi",
                slug="yes" if case.is_jmdi_supported else "no",
            )
        ],
    ),
)
LAST: tuple[tuple[str, str | Promise, tuple[Declared, ...]], ...] = (
    ("budget", _("Budget"), ((_("Total as stated"), budget), (_("Size band (ours)"), band), (_("Who pays"), payers))),
    ("key-elements", _("Key mainstreaming elements"), ((_("Elements"), of_rows("keyelements", "title")),)),
    (
        "recommendations",
        _("Recommendations illustrated"),
        ((_("Central"), illustrated(Strength.CENTRAL)), (_("Supporting"), illustrated(Strength.SUPPORTING))),
    ),
)


@dataclass(frozen=True)
class Comparison:
    """The cases beside each other; `only_differences` leaves out what all share and what none states."""

    cases: Sequence[Case]
    only_differences: bool = False

    @cached_property
    def parts(self) -> list[Part]:
        """At a glance, the ten sections, budget, key elements, recommendations; parts without a row are left out."""
        parts = [Part("glance", _("At a glance"), self._rows(GLANCE))]
        parts += [Part(section.value, section.label, self._section(section)) for section in Section]
        parts += [Part(slug, label, self._rows(rows)) for slug, label, rows in LAST]
        return [part for part in parts if part.rows]

    def _section(self, section: Section) -> tuple[Row, ...]:
        text = compare(_("In words"), narrative(section), self.cases, is_text=True)
        more = (
            (_("Lists"), components(section)),
            (_("Figures"), figures(section)),
            (_("Milestones"), milestones(section)),
        )
        return (*self._kept([text]), *self._rows((*TYPED.get(section, ()), *more)))

    def _rows(self, declared: Iterable[Declared]) -> tuple[Row, ...]:
        return self._kept(compare(label, getter, self.cases) for label, getter in declared)

    def _kept(self, rows: Iterable[Row]) -> tuple[Row, ...]:
        """The rows to show: where only differences are asked for, none that all share and none that nobody states."""
        same = {State.SHARED, State.NOT_STATED}
        return tuple(row for row in rows if not (self.only_differences and row.state in same))


def comparison_rows(comparison: Comparison, base_url: str) -> Iterator[list[str]]:
    """The comparison as a table: part, row, what the cells have in common, and a cell for each case.

    Several values of one cell stand on lines of their own, as on the page, and what is not stated is said as there.
    """
    yield [str(_("Part")), str(_("Row")), str(_("In common")), *(case.name for case in comparison.cases)]
    yield ["", str(_("Address")), "", *(f"{base_url}{case.get_absolute_url()}" for case in comparison.cases)]
    for part in comparison.parts:
        for row in part.rows:
            common = "" if row.is_text else str(row.state.label)
            cells = ("\n".join(v.in_full for v in cell) or str(_("not stated")) for cell in row.cells)
            yield [str(part.label), str(row.label), common, *cells]
