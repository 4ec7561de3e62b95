"""What the admin classes have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget, RelatedFieldWidgetWrapper
from django.db import models
from django.db.models import Model, QuerySet
from django.forms import CheckboxSelectMultiple, ModelChoiceField
from django.forms.widgets import Script
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from mainstreaming.formfields import PlainDecimalField, PlainTextField

from ..models import Case, Term
from .collisions import CollisionMixin
from .offers import offers_for, vocabulary_of
from .rows import RowForm
from .widgets import KnownAutocomplete, KnownAutocompleteMultiple, TermWrapper

#: How many rows a message names.
NAMED_ROWS = 20


def touch(case: Case) -> None:
    """Notes that something of the case was edited; nothing else of it is written."""
    case.version += 1
    case.updated_at = timezone.now()
    case.save(update_fields=["version", "updated_at"])


def is_autocomplete(request: HttpRequest) -> bool:
    """Whether the request asks for the choices of a link, not for a list to work on."""
    return request.resolver_match is not None and request.resolver_match.url_name == "autocomplete"


class FieldsMixin:
    """Form fields of the portal's admin: closed lists fetched once a request, the rest by autocomplete."""

    formfield_overrides = {
        models.TextField: {"form_class": PlainTextField, "widget": AdminTextareaWidget(attrs={"rows": 4})},
        models.DecimalField: {"form_class": PlainDecimalField},
    }

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        """Keys and positions may stay empty in a form; the row's form makes them up."""
        if db_field.name == "key":
            kwargs |= {"required": False, "initial": None, "show_hidden_initial": False}
        elif db_field.name == "position":
            kwargs |= {"required": False, "initial": None}
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        is_of_terms = db_field.related_model is Term and isinstance(field.widget, RelatedFieldWidgetWrapper)
        if is_of_terms and (slug := vocabulary_of(db_field, request)):
            field.widget = TermWrapper.of(field.widget, slug)
        return field

    def formfield_for_foreignkey(self, db_field: models.ForeignKey, request: HttpRequest, **kwargs: Any) -> Any:
        """A closed list, or an autocomplete that knows the labels that are loaded."""
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = KnownAutocomplete(db_field, self.admin_site)
        return self._offering(super().formfield_for_foreignkey(db_field, request, **kwargs), db_field, request)

    def formfield_for_manytomany(self, db_field: models.ManyToManyField, request: HttpRequest, **kwargs: Any) -> Any:
        """Boxes to tick, or an autocomplete that knows the labels that are loaded."""
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = KnownAutocompleteMultiple(db_field, self.admin_site)
        else:
            kwargs["widget"] = CheckboxSelectMultiple
        return self._offering(super().formfield_for_manytomany(db_field, request, **kwargs), db_field, request)

    def _offering(self, field: ModelChoiceField, db_field: models.Field, request: HttpRequest) -> ModelChoiceField:
        found = offers_for(db_field, request) if db_field.name not in self.get_autocomplete_fields(request) else None
        if found:
            field.queryset, field.offers = found
            field.choices = []
        return field


class BaseAdmin(CollisionMixin, FieldsMixin, admin.ModelAdmin):
    """An admin of its own for one model."""

    form = RowForm
    list_per_page = 50
    view_on_site = False

    class Media:
        js = tuple(Script(f"admin-casebook/{name}.js", defer=True) for name in ("names", "popups", "leaving"))


class InUseMixin:
    """What many-to-many links use is protected too; the database protects what foreign keys use."""

    def get_deleted_objects(self, objs: Iterable[Model], request: HttpRequest) -> tuple:
        """As Django's, with the rows that link by many-to-many among the protecting ones."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        protected = [*protected, *self._linking(objs)]
        # What stands in the way is said first: nobody deletes rows of a case alone, whatever their role.
        return deleted, counts, set() if protected else lacking, protected

    def _linking(self, objs: Iterable[Model]) -> Iterator[str]:
        for relation in self.model._meta.related_objects:
            if relation.many_to_many:
                rows = relation.related_model.objects.filter(**{f"{relation.field.name}__in": list(objs)}).distinct()
                yield from (f"{capfirst(relation.related_model._meta.verbose_name)}: {row}" for row in rows)


class RetireMixin(InUseMixin):
    """Retired instead of deleted: no longer offered for new links, while the existing ones stay."""

    actions = ("retire", "reactivate")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """Retired rows are found in lists, and not offered for new links."""
        queryset, may_repeat = super().get_search_results(request, queryset, search_term)
        return (queryset.filter(is_retired=False) if is_autocomplete(request) else queryset), may_repeat

    @admin.action(description=_("Retire: no longer offer for new links"), permissions=["change"])
    def retire(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Retires the selected rows."""
        self._set_retired(request, queryset, True)

    @admin.action(description=_("Reactivate: offer for new links again"), permissions=["change"])
    def reactivate(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Takes the selected rows back into use."""
        self._set_retired(request, queryset, False)

    def _set_retired(self, request: HttpRequest, queryset: QuerySet, value: bool) -> None:
        rows = list(queryset.exclude(is_retired=value))
        refused = [row for row in rows if not self.has_change_permission(request, row)]
        done = [row for row in rows if row not in refused]
        for row in done:
            row.is_retired = value
            row.save(update_fields=["is_retired"])
            self.log_change(request, row, [{"changed": {"fields": ["is_retired"]}}])
        told = ngettext("%d row changed.", "%d rows changed.", len(done)) % len(done)
        self.message_user(request, told, messages.SUCCESS if done else messages.INFO)
        if refused:
            names = "; ".join(str(row) for row in refused[:NAMED_ROWS])
            left = _("Not changed, because published cases show them and your role does not include this: %(names)s")
            more = ngettext(" and %d more", " and %d more", len(refused) - NAMED_ROWS) % (len(refused) - NAMED_ROWS)
            left = left % {"names": names} + (more if len(refused) > NAMED_ROWS else "")
            self.message_user(request, left, messages.WARNING)
