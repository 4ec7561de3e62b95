"""The forms of a case: one table that drives the forms, the navigation between them and their tests.

Every row of a case's tree stands in one of them: by its model, and within a model by its section (narratives,
components, figures, milestones) or by the vocabulary of its term (classifications).
"""

from __future__ import annotations

from typing import NamedTuple

from django.contrib.admin.utils import quote
from django.db.models import Model, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ..choices import Section
from ..models import Case, CaseTerm
from . import inlines as row
from .rowinline import SectionInline

# The vocabularies that no other part claims, those that staff add later among them.
THE_REST = "*"

OF_A_SECTION = (row.NarrativeInline, row.ComponentInline, row.FigureInline, row.MilestoneInline)


class Part(NamedTuple):
    """One form of a case."""

    slug: str
    label: str
    inlines: tuple[type, ...]
    section: str = ""
    vocabularies: tuple[str, ...] = ()

    def terms(self, path: str = "") -> Q:
        """Which terms, or rows that lead to a term by `path`, stand in this part."""
        if THE_REST in self.vocabularies:
            return ~Q(**{f"{path}vocabulary__slug__in": claimed()})
        return Q(**{f"{path}vocabulary__slug__in": self.vocabularies})

    def has_terms_of(self, vocabulary: str) -> bool:
        """Whether the terms of a vocabulary stand in this part."""
        return vocabulary in self.vocabularies or (THE_REST in self.vocabularies and vocabulary not in claimed())


def claimed() -> list[str]:
    """The vocabularies that a part names."""
    return [slug for part in PARTS for slug in part.vocabularies]


IDENTITY = Part(
    "identity", _("Identity"), (row.PeriodInline, row.CasePlaceInline, row.CaseRedirectInline)
)  # fmt: skip

PARTS = (
    IDENTITY,
    Part(
        "overview",
        _("Overview and budget"),
        (row.BudgetInline, row.ContributionInline, *OF_A_SECTION, row.TermInline),
        Section.OVERVIEW,
        (THE_REST,),
    ),
    Part(
        "migratory-context",
        _("Migratory context"),
        (row.NarrativeInline, row.TermInline, *OF_A_SECTION[1:]),
        Section.MIGRATORY_CONTEXT,
        ("migration",),
    ),
    Part("institutional-background", _("Institutional background"), OF_A_SECTION, Section.INSTITUTIONAL_BACKGROUND),
    Part(
        "decentralization",
        _("Decentralization"),
        (
            row.NarrativeInline,
            row.TermInline,
            row.GovernmentTierInline,
            row.CompetenceInline,
            *OF_A_SECTION[1:],
        ),
        Section.DECENTRALIZATION_CONTEXT,
        ("state", "national-local-link"),
    ),
    Part(
        "triggering-factors",
        _("Triggering factors"),
        (row.NarrativeInline, row.TermInline, *OF_A_SECTION[1:]),
        Section.TRIGGERING_FACTORS,
        ("trigger", "approach"),
    ),
    Part("actors", _("Actors"), (row.NarrativeInline, row.CaseActorInline, *OF_A_SECTION[1:]), Section.ACTORS),
    Part(
        "coordination",
        _("Coordination mechanisms"),
        (row.NarrativeInline, row.CoordinationMechanismInline, *OF_A_SECTION[1:]),
        Section.COORDINATION_MECHANISMS,
    ),
    Part(
        "objectives",
        _("Objectives and beneficiaries"),
        (
            row.NarrativeInline,
            row.ObjectiveInline,
            row.BeneficiaryGroupInline,
            row.TermInline,
            *OF_A_SECTION[1:],
        ),
        Section.OBJECTIVES,
        ("objective", "beneficiary"),
    ),
    Part(
        "implementation",
        _("Implementation"),
        (row.NarrativeInline, row.TermInline, *OF_A_SECTION[1:]),
        Section.IMPLEMENTATION,
        ("mechanism",),
    ),
    Part("results", _("Results"), OF_A_SECTION, Section.RESULTS),
    Part("key-elements", _("Key elements and recommendations"), (row.KeyElementInline, row.IllustrationInline)),
    Part(
        "sources",
        _("Sources, links and notes"),
        (row.CaseSourceInline, row.CaseLinkInline, row.EditorialNoteInline),
    ),
)

BY_SLUG = {part.slug: part for part in PARTS}


def part_url(case: Case, part: Part) -> str:
    """The address of a part's form."""
    if part is IDENTITY:
        return reverse("admin:casestudies_case_change", args=[quote(case.pk)])
    return reverse("admin:casestudies_case_section", args=[quote(case.pk), part.slug])


def part_for(row: Model) -> Part:
    """The form that a row of a case's tree stands in."""
    for part in PARTS:
        for inline in part.inlines:
            if inline.model is not type(row):
                continue
            if issubclass(inline, SectionInline) and row.section != part.section:
                continue
            if not isinstance(row, CaseTerm) or row.term.vocabulary.slug in part.vocabularies:
                return part
    return next(part for part in PARTS if THE_REST in part.vocabularies)
