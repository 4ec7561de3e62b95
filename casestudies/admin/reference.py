"""What cases share: vocabularies, organizations, sources, countries, currencies, collections."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from ..models import (
    Collection,
    Country,
    Currency,
    HistoryEntry,
    Organization,
    OrganizationName,
    Source,
    SourceRedirect,
    Term,
    Vocabulary,
)
from ..newsroom.sharing import EDIT_SHARED
from .base import BaseAdmin, FieldsMixin, InUseMixin, RetireMixin
from .history import HistoryMixin
from .merging import MergeMixin, SharedInline, SharedMixin, UsesMixin, keep_address
from .rows import RowForm


class SluggedMixin:
    """A slug is made from the name once; afterwards it is stable."""

    slug_from = "title"

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, tuple[str, ...]]:
        """Only for a new row."""
        return {} if obj else {"slug": (self.slug_from,)}


@admin.register(Vocabulary)
class VocabularyAdmin(HistoryMixin, SluggedMixin, BaseAdmin):
    """Part 2's lists of terms."""

    slug_from = "label"
    list_display = ("label", "question", "terms_in_use", "is_ours", "is_single", "position")
    list_filter = ("is_ours", "is_single")
    search_fields = ("label", "slug", "definition")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the number of terms."""
        return super().get_queryset(request).annotate(term_count=Count("terms"))

    @admin.display(description=_("terms"), ordering="term_count")
    def terms_in_use(self, vocabulary: Vocabulary) -> int:
        """How many terms it has, the retired ones included."""
        return vocabulary.term_count


@admin.register(Term)
class TermAdmin(HistoryMixin, UsesMixin, RetireMixin, SluggedMixin, BaseAdmin):
    """Terms of Part 2; retired, not deleted, once in use."""

    slug_from = "label"
    list_display = ("label", "parent", "vocabulary", "slug", "position", "is_retired")
    list_filter = ("vocabulary", "is_retired")
    list_select_related = ("vocabulary", "parent")
    search_fields = ("label", "slug", "definition", "vocabulary__label")
    autocomplete_fields = ("parent",)
    fieldsets = (
        (None, {"fields": (("vocabulary", "parent"), ("label", "slug"), "definition")}),
        (None, {"fields": ("usual_role", "example", "place", ("position", "is_retired"))}),
    )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A term added beside a field belongs to the vocabulary of the field, which the address names by its slug."""
        initial = super().get_changeform_initial_data(request)
        slug = initial.pop("vocabulary__slug", "")
        vocabulary = Vocabulary.objects.filter(slug=slug).first() if slug else None
        return {"vocabulary": vocabulary.pk, **initial} if vocabulary else initial


class OrganizationNameInline(SharedInline, FieldsMixin, admin.TabularInline):
    """Other names of an organization."""

    model = OrganizationName
    form = RowForm
    extra = 0
    fields = ("name", "note", "key")


@admin.register(Organization)
class OrganizationAdmin(HistoryMixin, SharedMixin, MergeMixin, RetireMixin, SluggedMixin, BaseAdmin):
    """Bodies that act in cases; retired, not deleted, once in use."""

    slug_from = "name"
    actions = (*RetireMixin.actions, "merge_rows")
    list_display = ("name", "acronym", "country", "parent", "is_collective", "is_retired")
    list_filter = (("types", admin.RelatedOnlyFieldListFilter), "is_collective", "is_retired", "country")
    list_select_related = ("country", "parent")
    search_fields = ("name", "original_name", "acronym", "slug", "other_names__name")
    autocomplete_fields = ("country", "parent", "successor")
    inlines = (OrganizationNameInline,)
    fieldsets = (
        (None, {"fields": (("name", "acronym"), ("original_name", "slug"), "types", "country", "is_collective")}),
        (None, {"fields": (("parent", "successor"), "description", "is_retired")}),
    )


@admin.register(OrganizationName)
class OrganizationNameAdmin(SharedMixin, BaseAdmin):
    """Other names of every organization, to search."""

    list_display = ("name", "organization", "note")
    list_select_related = ("organization",)
    search_fields = ("name", "organization__name")
    autocomplete_fields = ("organization",)

    def is_locked(self, request: HttpRequest, row: OrganizationName | None) -> bool:
        """As the organization that it names."""
        return super().is_locked(request, row.organization if row is not None and row.organization_id else None)


class SourceForm(RowForm):
    """A work cited."""

    def clean_slug(self) -> str:
        """Refuses an address that leads to another work: whoever follows it would find nothing, or the wrong one."""
        slug = self.cleaned_data["slug"]
        if SourceRedirect.objects.filter(old_slug=slug).exclude(source=self.instance.pk).exists():
            raise ValidationError(_("This was the address of another work, and still leads there."))
        return slug


@admin.register(Source)
class SourceAdmin(HistoryMixin, SharedMixin, MergeMixin, RetireMixin, SluggedMixin, BaseAdmin):
    """Works cited; retired, not deleted, once in use."""

    form = SourceForm
    actions = (*RetireMixin.actions, "merge_rows")
    list_display = ("authors", "year_as_printed", "title", "kind", "in_bibliography", "is_retired")
    list_filter = ("kind", "in_bibliography", "is_retired")
    search_fields = ("authors", "title", "english_title", "container", "slug", "=year")

    @admin.display(description=_("year"), ordering="year")
    def year_as_printed(self, source: Source) -> str:
        """«2014a», or «n.d.»."""
        return source.year_label

    def get_exclude(self, request: HttpRequest, obj: Source | None = None) -> tuple[str, ...]:
        """What is in the bibliography is public: that is for those to say who may change what visitors see."""
        return () if request.user.has_perm(EDIT_SHARED) else ("in_bibliography",)

    def save_model(self, request: HttpRequest, obj: Source, form: ModelForm, change: bool) -> None:
        """Former addresses go on leading to the work."""
        if not change and "in_bibliography" not in form.fields:
            obj.in_bibliography = False
        super().save_model(request, obj, form, change)
        if change and "slug" in form.changed_data:
            keep_address(obj, form.initial["slug"])

    def restore(self, request: HttpRequest, row: Source, entry: HistoryEntry) -> Source:
        """The address that goes on leading to the work is the one that it leaves. Raises TreeError and Refused."""
        former = row.slug
        with transaction.atomic():
            restored = super().restore(request, row, entry)
            if restored.slug != former:
                keep_address(restored, former)
        return restored


@admin.register(Country)
class CountryAdmin(HistoryMixin, InUseMixin, BaseAdmin):
    """Countries and areas in their United Nations regions."""

    list_display = ("name", "code", "alpha3", "region")
    list_filter = (("region", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("region",)
    search_fields = ("name", "code", "alpha3")
    autocomplete_fields = ("region",)


@admin.register(Currency)
class CurrencyAdmin(HistoryMixin, BaseAdmin):
    """Currencies with the rates of the budget bands."""

    list_display = ("code", "name", "rate", "year", "rate_note")
    search_fields = ("code", "name")

    @admin.display(description=_("value in US dollars"), ordering="usd_value")
    def rate(self, currency: Currency) -> str:
        """The rate without the zeros of its column."""
        return "" if currency.usd_value is None else number_format(currency.usd_value.normalize())

    @admin.display(description=_("year of the rate"), ordering="rate_year")
    def year(self, currency: Currency) -> str:
        """A plain number: lists would write 2,015."""
        return str(currency.rate_year or "")


@admin.register(Collection)
class CollectionAdmin(HistoryMixin, SluggedMixin, BaseAdmin):
    """Publications that cases come from."""

    list_display = ("title", "slug", "number_prefix", "as_of", "position")
    search_fields = ("title", "slug")
    autocomplete_fields = ("source",)

    @admin.display(description=_("as of year"), ordering="year")
    def as_of(self, collection: Collection) -> str:
        """A plain number."""
        return str(collection.year or "")
