"""The rows of every case, model by model: to search and filter across cases. Writing goes on in the case's forms."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ..choices import BudgetBand
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
    LoadedRecord,
    Milestone,
    Narrative,
    Objective,
    Period,
)
from .base import BaseAdmin
from .filters import RowEditionFilter
from .rowadmin import CASE_SEARCH, PlainRowAdmin, RowAdmin, years
from .rows import RedirectForm


@admin.register(Narrative)
class NarrativeAdmin(RowAdmin):
    """The text of a section."""

    list_display = ("section", "of_case", "place")
    list_filter = (*RowAdmin.list_filter, "section")
    search_fields = ("text", *CASE_SEARCH)


@admin.register(Component)
class ComponentAdmin(RowAdmin):
    """Titled lists inside a section."""

    list_display = ("title", "section", "parent", "of_case", "place")
    list_filter = (*RowAdmin.list_filter, "section")
    list_select_related = (*RowAdmin.list_select_related, "parent")
    search_fields = ("title", "text", *CASE_SEARCH)


@admin.register(Figure)
class FigureAdmin(RowAdmin):
    """Numbers that the paper states."""

    list_display = ("label", "stated", "unit", years, "where", "section", "of_case", "place")
    list_filter = (*RowAdmin.list_filter, "section", "unit", "qualifier")
    search_fields = ("label", "stated", "base", "where", *CASE_SEARCH)


@admin.register(Milestone)
class MilestoneAdmin(RowAdmin):
    """Dated events."""

    list_display = ("date_stated", "text", "instrument", "section", "of_case", "place")
    list_filter = (*RowAdmin.list_filter, "section")
    search_fields = ("date_stated", "text", "instrument", "original_instrument", *CASE_SEARCH)


@admin.register(CaseTerm)
class CaseTermAdmin(RowAdmin):
    """Classifications under the vocabularies."""

    list_display = ("term", "vocabulary", "evidence", "of_case", "place")
    list_filter = (*RowAdmin.list_filter, "term__vocabulary", "evidence")
    list_select_related = (*RowAdmin.list_select_related, "term__vocabulary")
    search_fields = ("term__label", "reason", *CASE_SEARCH)

    @admin.display(description=_("vocabulary"), ordering="term__vocabulary__position")
    def vocabulary(self, row: CaseTerm) -> str:
        """The list that the term stands in."""
        return str(row.term.vocabulary)


@admin.register(CaseActor)
class CaseActorAdmin(RowAdmin):
    """Organizations in a case."""

    list_display = ("organization", "name_stated", "is_lead", "evidence", "of_case", "place")
    list_filter = (*RowAdmin.list_filter, "is_lead", "evidence")
    list_select_related = (*RowAdmin.list_select_related, "organization")
    search_fields = ("organization__name", "organization__acronym", "name_stated", "text", *CASE_SEARCH)


@admin.register(CoordinationMechanism)
class CoordinationMechanismAdmin(RowAdmin):
    """Bodies and procedures of coordination."""

    list_display = ("name", "acronym", "form", "direction", "of_case", "place")
    list_filter = (*RowAdmin.list_filter, ("form", admin.RelatedOnlyFieldListFilter), "direction")
    list_select_related = (*RowAdmin.list_select_related, "form")
    search_fields = ("name", "original_name", "acronym", "text", *CASE_SEARCH)


@admin.register(Illustration)
class IllustrationAdmin(RowAdmin):
    """Recommendations that a case illustrates, and why."""

    list_display = ("label", "recommendation_title", "strength", "of_case", "place")
    list_filter = (*RowAdmin.list_filter, "strength", "recommendation")
    list_select_related = (*RowAdmin.list_select_related, "recommendation", "subpoint__recommendation")
    search_fields = ("recommendation__title", "reason", *CASE_SEARCH)

    @admin.display(description=_("recommendation"), ordering="recommendation__number")
    def recommendation_title(self, row: Illustration) -> str:
        """The short title that the number stands for."""
        return row.subpoint.title if row.subpoint else row.recommendation.title


@admin.register(Contribution)
class ContributionAdmin(RowAdmin):
    """Payers and what they give."""

    list_display = ("payer_stated", "payer", "amount", "currency", "of_case", "place")
    list_filter = (*RowAdmin.list_filter, "currency")
    list_select_related = (*RowAdmin.list_select_related, "payer", "currency")
    search_fields = ("payer_stated", "payer__name", "note", *CASE_SEARCH)


@admin.register(Budget)
class BudgetAdmin(RowAdmin):
    """What the paper says of a case's money."""

    list_display = ("of_case", "status", "total", "currency", "period", years, "band")
    list_filter = (RowEditionFilter, "status", "currency")
    list_select_related = (*RowAdmin.list_select_related, "currency")
    search_fields = ("note", *CASE_SEARCH)

    @admin.display(description=_("band"))
    def band(self, row: Budget) -> str:
        """The size band, in words."""
        return BudgetBand(row.band).label if row.band else ""

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """The band is computed."""
        return (*super().get_readonly_fields(request, obj), "band")


@admin.register(CaseRedirect)
class CaseRedirectAdmin(BaseAdmin):
    """Former addresses: beside a case's text, so they are edited here, also of published cases."""

    form = RedirectForm
    list_display = ("old_slug", "case")
    list_select_related = ("case__collection",)
    search_fields = ("old_slug", *CASE_SEARCH)
    autocomplete_fields = ("case",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the name of the case."""
        return super().get_queryset(request).select_related("case__collection")


@admin.register(EditorialNote)
class EditorialNoteAdmin(RowAdmin):
    """Public remarks beside values."""

    list_display = ("text", "kind", "section", "about", "of_case", "place")
    list_filter = (*RowAdmin.list_filter, "kind", "section")
    search_fields = ("text", "about", *CASE_SEARCH)


@admin.register(CaseSource)
class CaseSourceAdmin(RowAdmin):
    """Works cited for a case."""

    list_display = ("source", "section", "notes", "of_case")
    list_filter = (*RowAdmin.list_filter, "section")
    list_select_related = (*RowAdmin.list_select_related, "source")
    search_fields = ("source__authors", "source__title", "supports", *CASE_SEARCH)


@admin.register(CaseLink)
class CaseLinkAdmin(RowAdmin):
    """Links to other cases."""

    list_display = ("of_case", "other", "text", "place")
    list_select_related = (*RowAdmin.list_select_related, "other__collection")
    search_fields = ("text", "other__name", *CASE_SEARCH)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Both cases are named."""
        return super().get_queryset(request).select_related("other__collection")


@admin.register(Period)
class PeriodAdmin(PlainRowAdmin):
    """Spans in which an initiative ran."""

    list_display = ("__str__", years, "is_ongoing", "of_case", "place")
    list_filter = (*RowAdmin.list_filter, "is_ongoing")


@admin.register(CasePlace)
class CasePlaceAdmin(PlainRowAdmin):
    """Places where an initiative acts."""

    list_display = ("name", "kind", "latitude", "longitude", "of_case", "place")


@admin.register(GovernmentTier)
class GovernmentTierAdmin(PlainRowAdmin):
    """Tiers of government."""

    list_display = ("name", "count", "count_stated", "of_case", "place")


@admin.register(Competence)
class CompetenceAdmin(PlainRowAdmin):
    """Who holds which competence."""

    list_display = ("holder", "matter", "of_case", "place")


@admin.register(Objective)
class ObjectiveAdmin(PlainRowAdmin):
    """A case's own objectives."""

    list_display = ("text", "evidence", "of_case", "place")
    list_filter = (*RowAdmin.list_filter, "evidence")


@admin.register(BeneficiaryGroup)
class BeneficiaryGroupAdmin(PlainRowAdmin):
    """Whom a case is for."""

    list_display = ("text", "count", "evidence", "of_case", "place")
    list_filter = (*RowAdmin.list_filter, "evidence")


@admin.register(KeyElement)
class KeyElementAdmin(PlainRowAdmin):
    """The elements that close a section of Part 4."""

    list_display = ("title", "text", "of_case", "place")


@admin.register(LoadedRecord)
class LoadedRecordAdmin(admin.ModelAdmin):
    """What the loader remembers: to look at, for superusers."""

    list_display = ("model", "natural_key", "loaded_at")
    list_filter = ("model",)
    search_fields = ("model", "natural_key")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: LoadedRecord | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: LoadedRecord | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: LoadedRecord | None = None) -> bool:
        return request.user.is_active and request.user.is_superuser
