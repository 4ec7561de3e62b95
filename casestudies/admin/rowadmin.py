"""What the lists of a case's rows have in common, model by model."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ..models import Case
from .base import BaseAdmin, touch
from .filters import CaseFilter, RowEditionFilter
from .rows import RowForm

CASE_SEARCH = ("case__name", "case__slug")
# What is chosen among the rows of the same case: only where the case is known.
OF_THE_SAME_CASE = {"parent", "members"}


class RowAdmin(BaseAdmin):
    """Rows of a case's tree. The case of a row never changes."""

    form: type[ModelForm] = RowForm
    list_filter = (RowEditionFilter, CaseFilter)
    list_select_related = ("case__collection", "case__revises")

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

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """The case of a row that is there."""
        return ("case",) if obj else ()

    def get_exclude(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Lists of the same case's rows wait until the row has its case."""
        names = {field.name for field in (*self.opts.fields, *self.opts.many_to_many)}
        return tuple(sorted(names & OF_THE_SAME_CASE)) if obj is None else ()

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The lists of a row (parents, members) are those of its case."""
        request.edited_case = obj.case if obj else None
        return super().get_form(request, obj, change=change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Model, form: ModelForm, change: bool) -> None:
        """An edit of a row is an edit of its case."""
        super().save_model(request, obj, form, change)
        if form.changed_data or not change:
            touch(obj.case)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        """So is removing one."""
        super().delete_model(request, obj)
        touch(obj.case)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """So is removing several."""
        cases = list(Case.objects.filter(pk__in=queryset.values("case")))
        super().delete_queryset(request, queryset)
        for case in cases:
            touch(case)


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
