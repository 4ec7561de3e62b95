"""What the inlines of a case's tree have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ..collection.schema import Fields
from ..models import Case
from .base import FieldsMixin
from .rows import RowForm, RowFormSet

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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Rows that stand by their position first can be moved by buttons: the script knows them by this class.
        if self.model._meta.ordering[:1] == ("position",) and self.max_num != 1:
            self.classes = ["casebook-ordered"]

    def rows(self) -> Q:
        """Which rows of the model stand in the part."""
        return Q()

    def shows(self, fields: Fields) -> bool:
        """The same as `rows`, of a row in normal form."""
        return True

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

    def shows(self, fields: Fields) -> bool:
        return fields["section"] == self.part.section

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        """A new row belongs to the part's section."""
        if db_field.name == "section":
            kwargs["initial"] = self.part.section
        return super().formfield_for_dbfield(db_field, request, **kwargs)
