"""The rows of a case's tree as inlines. One class a model: the part of the form says which rows it shows (`rows`)."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import models
from django.db.models import Q

from ..collection.schema import Fields
from ..models import (
    BeneficiaryGroup,
    Budget,
    CaseActor,
    CaseLink,
    CasePlace,
    CaseRedirect,
    CaseSource,
    CaseTerm,
    Competence,
    Component,
    Contribution,
    CoordinationMechanism,
    EditorialNote,
    Figure,
    GovernmentTier,
    Illustration,
    KeyElement,
    Milestone,
    Narrative,
    Objective,
    Period,
)
from .base import FieldsMixin
from .rowinline import CITED, RowInline, SectionInline, folded, main
from .rows import ComponentFormSet, IllustrationFormSet, RedirectForm, RowFormSet, TermFormSet


class PeriodInline(RowInline):
    """Spans in which an initiative ran."""

    model = Period
    autocomplete_fields = ("source",)
    fieldsets = (
        main(("label", "stated"), ("start_year", "start_month", "end_year", "end_month", "is_ongoing")),
        folded(*CITED, ("position", "key")),
    )


class CasePlaceInline(RowInline):
    """Places where an initiative acts."""

    model = CasePlace
    autocomplete_fields = ("source",)
    fieldsets = (
        main(("name", "original_name"), ("kind", "latitude", "longitude")),
        folded(*CITED, ("position", "key")),
    )


class CaseRedirectInline(FieldsMixin, admin.TabularInline):
    """Former addresses."""

    model = CaseRedirect
    form = RedirectForm
    formset = RowFormSet
    extra = 0


class NarrativeInline(SectionInline):
    """The text of a section."""

    model = Narrative
    max_num = 1
    autocomplete_fields = ("source",)
    formfield_overrides = {
        **FieldsMixin.formfield_overrides,
        models.TextField: {
            **FieldsMixin.formfield_overrides[models.TextField],
            "widget": AdminTextareaWidget(attrs={"rows": 16}),
        },
    }
    fieldsets = (main("text"), folded(*CITED, ("section", "position", "key")))


class BudgetInline(RowInline):
    """What the paper says of a case's money."""

    model = Budget
    max_num = 1
    autocomplete_fields = ("source",)
    fieldsets = (
        main(
            ("status", "total", "currency"), ("period", "year_from", "year_to", "duration_months"), "note",
            "place", ("source", "source_detail"),
        ),
    )  # fmt: skip


class ContributionInline(RowInline):
    """Payers and what they give."""

    model = Contribution
    autocomplete_fields = ("source", "payer")
    fieldsets = (
        main(("payer_stated", "payer"), ("amount", "currency"), "note"),
        folded(*CITED, ("position", "key")),
    )


class TermInline(RowInline):
    """Classifications under the vocabularies of the part."""

    model = CaseTerm
    formset = TermFormSet
    related = ("term",)
    autocomplete_fields = ("source",)
    fieldsets = (main(("term", "evidence"), "reason"), folded(*CITED, ("position", "key")))

    def rows(self) -> Q:
        return self.part.terms("term__")

    def shows(self, fields: Fields) -> bool:
        return self.part.has_terms_of(fields["term"][0])


class FigureInline(SectionInline):
    """Numbers that the paper states."""

    model = Figure
    autocomplete_fields = ("source",)
    fieldsets = (
        main(
            ("label", "stated"), ("low", "high", "qualifier", "unit"), ("unit_label", "currency", "base"),
            ("period", "year_from", "year_to", "where"),
        ),
        folded(*CITED, ("section", "position", "key")),
    )  # fmt: skip


class ComponentInline(SectionInline):
    """Titled lists inside a section."""

    model = Component
    formset = ComponentFormSet
    autocomplete_fields = ("source",)
    fieldsets = (
        main(("title", "parent", "position"), "text"),
        folded(*CITED, ("section", "key")),
    )


class MilestoneInline(SectionInline):
    """Dated events."""

    model = Milestone
    autocomplete_fields = ("source", "bodies")
    prefetched = ("bodies",)
    fieldsets = (
        main(
            "date_stated", ("start_year", "start_month", "end_year", "end_month"), "text",
            ("instrument", "original_instrument"), "bodies",
        ),
        folded(*CITED, ("section", "position", "key")),
    )  # fmt: skip


class GovernmentTierInline(RowInline):
    """Tiers of government."""

    model = GovernmentTier
    autocomplete_fields = ("source",)
    fieldsets = (
        main(("name", "original_name"), ("count", "qualifier", "count_stated", "period"), "text"),
        folded(*CITED, ("position", "key")),
    )


class CompetenceInline(RowInline):
    """Who holds which competence."""

    model = Competence
    autocomplete_fields = ("source", "organization")
    fieldsets = (main(("holder", "organization"), "matter"), folded(*CITED, ("position", "key")))


class CaseActorInline(RowInline):
    """Organizations in a case."""

    model = CaseActor
    autocomplete_fields = ("source", "organization")
    prefetched = ("roles",)
    fieldsets = (
        main(("organization", "name_stated"), "roles", ("is_lead", "lead_note"), ("count", "evidence"), "text"),
        folded(*CITED, ("position", "key")),
    )


class CoordinationMechanismInline(RowInline):
    """Bodies and procedures of coordination."""

    model = CoordinationMechanism
    autocomplete_fields = ("source", "organization")
    prefetched = ("levels", "members")
    fieldsets = (
        main(
            ("name", "acronym"), ("original_name", "organization"), ("form", "direction", "evidence"), "levels",
            "text", "members", "members_stated",
        ),
        folded(*CITED, ("position", "key")),
    )  # fmt: skip


class ObjectiveInline(RowInline):
    """A case's own objectives."""

    model = Objective
    autocomplete_fields = ("source",)
    prefetched = ("broad_objectives",)
    fieldsets = (main("text", "broad_objectives", "evidence"), folded(*CITED, ("position", "key")))


class BeneficiaryGroupInline(RowInline):
    """Whom a case is for."""

    model = BeneficiaryGroup
    autocomplete_fields = ("source",)
    prefetched = ("groups",)
    fieldsets = (main("text", ("count", "evidence"), "groups"), folded(*CITED, ("position", "key")))


class KeyElementInline(RowInline):
    """The elements that close a section of Part 4."""

    model = KeyElement
    autocomplete_fields = ("source",)
    fieldsets = (main("title", "text"), folded(*CITED, ("position", "key")))


class IllustrationInline(RowInline):
    """Recommendations that a case illustrates, and why."""

    model = Illustration
    formset = IllustrationFormSet
    related = ("recommendation", "subpoint__recommendation")
    autocomplete_fields = ("source",)
    fieldsets = (
        main(("recommendation", "subpoint", "strength"), "reason"),
        folded(*CITED, ("position", "key")),
    )


class CaseSourceInline(RowInline):
    """Works cited for a case."""

    model = CaseSource
    autocomplete_fields = ("source",)
    fieldsets = (main("source", ("section", "notes"), "supports", ("position", "key")),)


class CaseLinkInline(RowInline):
    """Links to other cases."""

    model = CaseLink
    related = ("other__collection",)
    autocomplete_fields = ("source", "other")
    fieldsets = (main("other", "text"), folded(*CITED, ("position", "key")))


class EditorialNoteInline(RowInline):
    """Public remarks beside values."""

    model = EditorialNote
    autocomplete_fields = ("source",)
    fieldsets = (main(("kind", "section", "about"), "text"), folded(*CITED, ("position", "key")))
