"""What the lists of a case's rows have in common, model by model."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from .base import BaseAdmin
from .filters import CaseFilter, RowEditionFilter
from .parts import part_for, part_url
from .rows import RowForm

CASE_SEARCH = ("case__name", "case__slug")


class RowAdmin(BaseAdmin):
    """Rows of every case, to search and to look at. They are edited in the forms of their case."""

    form: type[ModelForm] = RowForm
    list_filter = (RowEditionFilter, CaseFilter)
    list_select_related = ("case__collection", "case__revises")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """In the case's forms."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """In the case's forms."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """In the case's forms."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whose role sees the rows; Django would also let those change them who may in an inline."""
        return request.user.has_perm(f"{self.opts.app_label}.view_{self.opts.model_name}")

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        """By case, and within it in the rows' own order."""
        return ("case__collection__position", "case__ordinal", "case__slug", *self.opts.ordering)

    @admin.display(description=_("case"), ordering="case__ordinal")
    def of_case(self, row: Model) -> str:
        """The case, marked where it is a working revision."""
        return f"{row.case} ({_('working revision')})" if row.case.is_revision else str(row.case)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """The rows with what their list and their page name. The list would not add its own to what is here."""
        return super().get_queryset(request).select_related(*self.list_select_related)

    def get_autocomplete_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Every link but those to closed lists."""
        return tuple(
            field.name
            for field in (*self.opts.fields, *self.opts.many_to_many)
            if field.related_model and field.related_model._meta.model_name in ("case", "organization", "source")
        )

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The lists of a row (parents, members) are those of its case."""
        request.edited_case = obj.case if obj else None
        return super().get_form(request, obj, change=change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Where the row is edited."""
        return ("edited_in",)

    @admin.display(description=_("edited in"))
    def edited_in(self, row: Model) -> str:
        """The form of the case that the row stands in."""
        part = part_for(row)
        return format_html('<a href="{}">{}: {}</a>', part_url(row.case, part), row.case, part.label)


def years(row: Model) -> str:
    """A span of years as plain numbers: lists would write 2,013."""
    first = getattr(row, "start_year", None) or getattr(row, "year_from", None)
    last = getattr(row, "end_year", None) or getattr(row, "year_to", None)
    return "–".join(dict.fromkeys(str(year) for year in (first, last) if year))


years.short_description = _("years")


class PlainRowAdmin(RowAdmin):
    """Rows whose own text names them."""

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """The row's texts and its case."""
        texts = (models.CharField, models.TextField)
        skipped = ("key", "place", "source_detail", "evidence", "qualifier")
        names = (f.name for f in self.opts.fields if isinstance(f, texts) and f.name not in skipped)
        return (*names, *CASE_SEARCH)
