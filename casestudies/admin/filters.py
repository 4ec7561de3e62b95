"""Filters of the admin's lists."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..models import Case
from ..newsroom.dashboard import own_drafts_condition


class EditionFilter(admin.SimpleListFilter):
    """Live cases, unless working revisions are asked for. `path` leads from the listed model to the case."""

    title = _("edition")
    parameter_name = "edition"
    path = ""

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("revision", _("working revisions")), ("all", _("all"))]

    def choices(self, changelist: Any) -> Iterator[dict]:
        """The first choice is named for what it does."""
        for index, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": _("live")} if index == 0 else choice

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "all":
            return queryset
        return queryset.filter(**{f"{self.path}revises__isnull": self.value() != "revision"})


class MineFilter(admin.SimpleListFilter):
    """Drafts and working revisions that the person wrote in."""

    title = _("author")
    parameter_name = "mine"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("1", _("my drafts"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(own_drafts_condition(request.user)) if self.value() else queryset


class CheckedFilter(admin.SimpleListFilter):
    """When a case was compared with its sources last."""

    title = _("last check")
    parameter_name = "checked"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("year", _("not for a year, or never")), ("never", _("never"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "never":
            return queryset.filter(last_checked_on=None)
        if self.value() == "year":
            year_ago = timezone.localdate() - datetime.timedelta(days=365)
            return queryset.filter(Q(last_checked_on=None) | Q(last_checked_on__lt=year_ago))
        return queryset


class RowEditionFilter(EditionFilter):
    """The same for the rows of a case."""

    path = "case__"


class CaseFilter(admin.SimpleListFilter):
    """The case of a row; Django's own filter sends a query for every name."""

    title = _("case")
    parameter_name = "case"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(case.slug, str(case)) for case in Case.objects.live().select_related("collection")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(case__slug=self.value()) if self.value() else queryset
