"""The rows of a case's tree as inlines. One class a model: the part of the form says which rows it shows (`rows`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ..models import (
    BeneficiaryGroup,
    Budget,
    Case,
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
from .rows import ComponentFormSet, IllustrationFormSet, RedirectForm, RowForm, RowFormSet, TermFormSet

if TYPE_CHECKING:
    from .parts import Part

CITED = ("place", ("source", "source_detail"))


def folded(*fields: Any) -> tuple:
    """The fieldset that stays folded: where the row comes from, and what it is called."""
    return (_("Place in the paper, work cited, order"), {"classes": ["collapse"], "fields": fields})


def main(*fields: Any) -> tuple:
    """The fieldset that says what the row says."""
    return (None, {"fields": fields})


class RowInline(FieldsMixin, admin.StackedInline):
    """Rows of a case, in their order."""

    form = RowForm
    formset = RowFormSet
    fk_name = "case"
    extra = 0
    related: tuple[str, ...] = ()
    prefetched: tuple[str, ...] = ()
    # The part that the form shows; set by the case's admin.
    part: Part

    def rows(self) -> Q:
        """Which rows of the model stand in the part."""
        return Q()

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """The part's rows with what they link to."""
        rows = super().get_queryset(request).filter(self.rows())
        related = {*self.related, *self.get_autocomplete_fields(request)} - set(self.prefetched)
        return rows.select_related(*sorted(related)).prefetch_related(*self.prefetched)

    def get_formset(self, request: HttpRequest, obj: Case | None = None, **kwargs: Any) -> Any:
        """The lists of a row (parents, members) are those of its case."""
        request.edited_case = obj
        return super().get_formset(request, obj, **kwargs)


class SectionInline(RowInline):
    """Rows of the part's section. A row whose section changes moves to that section's form."""

    def rows(self) -> Q:
        return Q(section=self.part.section)

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        """A new row belongs to the part's section."""
        if db_field.name == "section":
            kwargs["initial"] = self.part.section
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class PeriodInline(RowInline):
    model = Period
    autocomplete_fields = ("source",)
    fieldsets = (
        main(("label", "stated"), ("start_year", "start_month", "end_year", "end_month", "is_ongoing")),
        folded(*CITED, ("position", "key")),
    )


class CasePlaceInline(RowInline):
    model = CasePlace
    autocomplete_fields = ("source",)
    fieldsets = (
        main(("name", "original_name"), ("kind", "latitude", "longitude")),
        folded(*CITED, ("position", "key")),
    )


class CaseRedirectInline(FieldsMixin, admin.TabularInline):
    model = CaseRedirect
    form = RedirectForm
    formset = RowFormSet
    extra = 0


class NarrativeInline(SectionInline):
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


class FigureInline(SectionInline):
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
    model = Component
    formset = ComponentFormSet
    autocomplete_fields = ("source",)
    fieldsets = (
        main(("title", "parent", "position"), "text"),
        folded(*CITED, ("section", "key")),
    )


class MilestoneInline(SectionInline):
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
    model = GovernmentTier
    autocomplete_fields = ("source",)
    fieldsets = (
        main(("name", "original_name"), ("count", "qualifier", "count_stated", "period"), "text"),
        folded(*CITED, ("position", "key")),
    )


class CompetenceInline(RowInline):
    model = Competence
    autocomplete_fields = ("source", "organization")
    fieldsets = (main(("holder", "organization"), "matter"), folded(*CITED, ("position", "key")))


class CaseActorInline(RowInline):
    model = CaseActor
    autocomplete_fields = ("source", "organization")
    prefetched = ("roles",)
    fieldsets = (
        main(("organization", "name_stated"), "roles", ("is_lead", "lead_note"), ("count", "evidence"), "text"),
        folded(*CITED, ("position", "key")),
    )


class CoordinationMechanismInline(RowInline):
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
    model = Objective
    autocomplete_fields = ("source",)
    prefetched = ("broad_objectives",)
    fieldsets = (main("text", "broad_objectives", "evidence"), folded(*CITED, ("position", "key")))


class BeneficiaryGroupInline(RowInline):
    model = BeneficiaryGroup
    autocomplete_fields = ("source",)
    prefetched = ("groups",)
    fieldsets = (main("text", ("count", "evidence"), "groups"), folded(*CITED, ("position", "key")))


class KeyElementInline(RowInline):
    model = KeyElement
    autocomplete_fields = ("source",)
    fieldsets = (main("title", "text"), folded(*CITED, ("position", "key")))


class IllustrationInline(RowInline):
    model = Illustration
    formset = IllustrationFormSet
    related = ("recommendation", "subpoint__recommendation")
    autocomplete_fields = ("source",)
    fieldsets = (
        main(("recommendation", "subpoint", "strength"), "reason"),
        folded(*CITED, ("position", "key")),
    )


class CaseSourceInline(RowInline):
    model = CaseSource
    autocomplete_fields = ("source",)
    fieldsets = (main("source", ("section", "notes"), "supports", ("position", "key")),)


class CaseLinkInline(RowInline):
    model = CaseLink
    related = ("other__collection",)
    autocomplete_fields = ("source", "other")
    fieldsets = (main("other", "text"), folded(*CITED, ("position", "key")))


class EditorialNoteInline(RowInline):
    model = EditorialNote
    autocomplete_fields = ("source",)
    fieldsets = (main(("kind", "section", "about"), "text"), folded(*CITED, ("position", "key")))
