"""A case as its page shows it: rows grouped by section, nested where they nest, each with its notes beside it.

Works on a case fetched with `for_page()`; makes no query of its own but for the acronyms.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from .abbreviations import Explainer, explainers
from .choices import Section, Strength
from .facets import FACETS_BY_VOCABULARY
from .models import (
    Case,
    CaseActor,
    CaseTerm,
    Cited,
    Component,
    EditorialNote,
    Figure,
    Illustration,
    Milestone,
    Narrative,
    Source,
    Term,
    Vocabulary,
)

# The vocabularies whose terms stand beside a section's narrative.
SECTION_VOCABULARIES: dict[str, tuple[str, ...]] = {
    Section.OVERVIEW: ("level",),
    Section.MIGRATORY_CONTEXT: ("migration",),
    Section.DECENTRALIZATION_CONTEXT: ("state", "national-local-link"),
    Section.TRIGGERING_FACTORS: ("trigger", "approach"),
    Section.IMPLEMENTATION: ("mechanism",),
}
NOTHING_TYPED = "-"


def filter_query(vocabulary: str, slug: str) -> str:
    """The query string that leads from a term to its cases; empty where there is no such filter."""
    facet = FACETS_BY_VOCABULARY.get(vocabulary)
    return f"?{facet.name}={slug}" if facet else ""


@dataclass
class Node:
    """A component with what is nested in it."""

    component: Component
    children: list[Node] = field(default_factory=list)


@dataclass
class ClassedUnder:
    """A vocabulary with the case's classifications under it, in the vocabulary's order."""

    vocabulary: Vocabulary
    rows: list[CaseTerm]


@dataclass
class SectionView:
    """One of the ten sections."""

    slug: str
    label: str
    narrative: Narrative | None
    components: list[Node]
    figures: list[Figure]
    milestones: list[Milestone]
    classifications: list[ClassedUnder]
    notes: list[EditorialNote]
    has_more: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether the paper is silent here, so that the page says «not stated»."""
        typed = (self.components, self.figures, self.milestones, self.classifications)
        return self.narrative is None and not any(typed) and not self.has_more


@dataclass
class Bar:
    """A contribution drawn to scale: its share of the largest, in per cent of the drawing's width."""

    payer: str
    amount: Decimal | None
    currency: str
    width: float
    note: str
    share: Decimal | None


@dataclass
class CitedWork:
    """A work that the case cites: what it supports, by which of the paper's notes, and our notes beside it."""

    source: Source
    supports: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    notes: list[EditorialNote] = field(default_factory=list)


@dataclass
class ActorGroup:
    """Actors of one top-level type."""

    term: Term | None
    actors: list[CaseActor]


def nest(components: Iterable[Component]) -> list[Node]:
    """Components as trees, in order."""
    nodes = {component.pk: Node(component) for component in components}
    roots = []
    for node in nodes.values():
        parent = nodes.get(node.component.parent_id)
        (parent.children if parent else roots).append(node)
    return roots


def by_section(rows: Iterable) -> dict[str, list]:
    """Rows by their section, in order."""
    found = defaultdict(list)
    for row in rows:
        found[row.section].append(row)
    return found


class CasePage:
    """What a case's page shows, grouped for the template."""

    def __init__(self, case: Case) -> None:
        self.case = case

    @cached_property
    def explainer(self) -> Explainer:
        """What the acronyms in this case's texts mean."""
        # A working revision has the acronyms of the case that it becomes.
        of = Case(pk=self.case.revises_id or self.case.pk)
        return explainers([of])[of.pk]

    @cached_property
    def notes_by_row(self) -> dict[str, list[EditorialNote]]:
        """Editorial notes by what they stand beside: «figures/members», «budget», or nothing."""
        found = defaultdict(list)
        for note in self.case.editorialnotes.all():
            found[note.about].append(note)
        return dict(found)

    def notes_beside(self, about: str) -> list[EditorialNote]:
        return self.notes_by_row.get(about, [])

    @cached_property
    def classifications(self) -> dict[str, ClassedUnder]:
        """Classifications by vocabulary."""
        found: dict[str, ClassedUnder] = {}
        for row in sorted(self.case.caseterms.all(), key=lambda r: (r.term.position, r.term.slug)):
            vocabulary = row.term.vocabulary
            found.setdefault(vocabulary.slug, ClassedUnder(vocabulary, [])).rows.append(row)
        return found

    def under(self, vocabulary: str) -> list[CaseTerm]:
        """The case's classifications under one vocabulary."""
        return self.classifications[vocabulary].rows if vocabulary in self.classifications else []

    @cached_property
    def migration(self) -> list[CaseTerm]:
        return self.under("migration")

    @cached_property
    def triggers(self) -> list[CaseTerm]:
        return self.under("trigger")

    @cached_property
    def levels(self) -> list[CaseTerm]:
        return self.under("level")

    @cached_property
    def approach(self) -> list[CaseTerm]:
        return self.under("approach")

    @cached_property
    def state(self) -> list[CaseTerm]:
        return self.under("state")

    @cached_property
    def sections(self) -> list[SectionView]:
        """The ten sections in the order of the grid."""
        narratives = {row.section: row for row in self.case.narratives.all()}
        components = by_section(self.case.components.all())
        figures = by_section(self.case.figures.all())
        milestones = by_section(self.case.milestones.all())
        notes = by_section(note for note in self.case.editorialnotes.all() if not note.about)
        more = {
            Section.DECENTRALIZATION_CONTEXT: self.case.governmenttiers.all() or self.case.competences.all(),
            Section.ACTORS: self.case.caseactors.all(),
            Section.COORDINATION_MECHANISMS: self.case.coordinationmechanisms.all(),
            Section.OBJECTIVES: self.case.objectives.all() or self.case.beneficiarygroups.all(),
        }
        return [
            SectionView(
                slug=section.value,
                label=section.label,
                narrative=narratives.get(section),
                components=nest(components[section]),
                figures=figures[section],
                milestones=milestones[section],
                classifications=[
                    self.classifications[slug]
                    for slug in SECTION_VOCABULARIES.get(section, ())
                    if slug in self.classifications
                ],
                notes=notes[section],
                has_more=bool(more.get(section)),
            )
            for section in Section
        ]

    @cached_property
    def general_notes(self) -> list[EditorialNote]:
        """Notes that stand beside no row and in no section."""
        return [note for note in self.notes_beside("") if not note.section]

    @cached_property
    def actor_groups(self) -> list[ActorGroup]:
        """Actors by the first of their types' top level, leads first."""
        groups: dict[int | None, ActorGroup] = {}
        for actor in sorted(self.case.caseactors.all(), key=lambda a: (not a.is_lead, a.position, a.key)):
            types = sorted(actor.organization.types.all(), key=lambda term: (term.position, term.slug))
            top = (types[0].parent or types[0]) if types else None
            groups.setdefault(top and top.pk, ActorGroup(top, [])).actors.append(actor)
        return sorted(groups.values(), key=lambda g: (g.term is None, g.term.position if g.term else 0))

    @cached_property
    def bars(self) -> list[Bar]:
        """Contributions, drawn against the largest of the same currency."""
        rows = list(self.case.contributions.all())
        codes = {row.currency.code for row in rows if row.amount is not None}
        sums = [row.amount for row in rows if row.amount is not None]
        largest, total = max(sums, default=None), sum(sums)
        comparable = len(codes) == 1 and total
        return [
            Bar(
                row.payer_stated,
                row.amount,
                row.currency.code if row.currency else "",
                float(100 * row.amount / largest) if comparable and row.amount is not None else 0,
                row.note,
                100 * row.amount / total if comparable and row.amount is not None else None,
            )
            for row in rows
        ]

    @cached_property
    def illustrations(self) -> list[Illustration]:
        """Illustrations, the central ones first, each in the order of Part 3."""
        return sorted(
            self.case.illustrations.all(),
            key=lambda row: (
                row.strength != Strength.CENTRAL,
                row.recommendation.number,
                row.subpoint.letter if row.subpoint else "",
            ),
        )

    @cached_property
    def sources(self) -> list[CitedWork]:
        """Every work cited in the case with what it supports, by author and year."""
        found: dict[int, CitedWork] = {}
        for row in self.case.casesources.all():
            work = found.setdefault(row.source_id, CitedWork(row.source))
            work.supports += [row.supports] if row.supports and row.supports not in work.supports else []
            numbers = [number.strip() for number in row.notes.split(",") if number.strip()]
            work.numbers += [number for number in numbers if number not in work.numbers]
            work.notes += self.notes_beside(f"casesources/{row.key}")
        for row in self._cited_rows():
            if row.source_id:
                found.setdefault(row.source_id, CitedWork(row.source))
        return sorted(found.values(), key=lambda w: (w.source.authors.casefold(), w.source.year or 0, w.source.slug))

    def _cited_rows(self) -> Iterable[Cited]:
        case = self.case
        for rows in (
            case.narratives, case.components, case.figures, case.milestones, case.governmenttiers, case.competences,
            case.caseterms, case.caseactors, case.coordinationmechanisms, case.objectives, case.keyelements,
            case.illustrations, case.periods, case.caseplaces, case.beneficiarygroups, case.contributions,
            case.caselinks, case.editorialnotes,
        ):  # fmt: skip
            yield from rows.all()
        if hasattr(case, "budget"):
            yield case.budget
