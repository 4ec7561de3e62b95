"""The quality report in the admin, and what the editors accepted of it."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from mainstreaming.pagination import Paged

from ..collection.comparing import case_differences, shared_differences
from ..models import AcceptedFinding, Acronym, Case
from ..quality import case_reports, shared_reports
from ..selection import BY_NUMBER
from .base import BaseAdmin, RetireMixin
from .history import HistoryMixin
from .merging import MergeMixin, SharedMixin
from .reference import SluggedMixin

CASES_A_PAGE = 20


@admin.register(Acronym)
class AcronymAdmin(HistoryMixin, SharedMixin, MergeMixin, RetireMixin, SluggedMixin, BaseAdmin):
    """What acronyms stand for."""

    actions = (*RetireMixin.actions, "merge_rows")
    slug_from = "acronym"
    list_display = ("acronym", "meaning", "original_meaning", "is_in_list", "is_retired")
    list_filter = ("is_in_list", "is_retired")
    search_fields = ("acronym", "meaning", "original_meaning", "slug")
    autocomplete_fields = ("cases", "organization")
    fieldsets = (
        (None, {"fields": (("acronym", "slug"), ("meaning", "original_meaning"), "cases", "organization")}),
        (None, {"fields": ("note", ("is_in_list", "is_retired"))}),
    )


@admin.register(AcceptedFinding)
class AcceptedFindingAdmin(HistoryMixin, BaseAdmin):
    """Findings of the report that are no faults, each with the reason."""

    list_display = ("subject", "rule", "reason")
    list_filter = ("rule",)
    search_fields = ("subject", "reason")
    fields = ("rule", "subject", "reason")


class QualityMixin:
    """The report's pages beside the list of cases. They read, and write nothing."""

    def get_urls(self) -> list[URLPattern]:
        """The report's addresses before Django's own."""
        view = self.admin_site.admin_view
        return [
            path("quality/", view(self.quality_view), name="casestudies_case_quality"),
            path("quality/shared/", view(self.quality_shared_view), name="casestudies_case_quality_shared"),
            path("<path:object_id>/quality/", view(self.quality_of_case_view), name="casestudies_case_quality_of"),
            *super().get_urls(),
        ]

    def _page(self, request: HttpRequest, template: str, **context: object) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/casestudies/case/{template}", context)

    def quality_view(self, request: HttpRequest) -> HttpResponse:
        """What is missing or thin, case by case, a page of cases at a time."""
        self._may_look(request)
        cases = Case.objects.live().for_page().order_by(*BY_NUMBER)
        paged = Paged.of(cases, request.GET.get("page"), size=CASES_A_PAGE)
        reports = case_reports(paged.page.object_list)
        return self._page(request, "quality.html", title=_("Quality report"), paged=paged, reports=reports)

    def quality_of_case_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """One case: what is open, what is explained, and what differs from its file."""
        self._may_look(request)
        pk = object_id if object_id.isdecimal() else 0
        case = get_object_or_404(Case.objects.live().for_page(), pk=pk)
        (report,) = case_reports([case])
        differences = case_differences(case, Path(settings.FIXTURE_DIRS[0]))
        title = _("Quality of %(case)s") % {"case": case}
        return self._page(request, "quality_case.html", title=title, report=report, differences=differences)

    def quality_shared_view(self, request: HttpRequest) -> HttpResponse:
        """What cases share: organizations, sources, terms; with ?files, also what differs from the files."""
        self._may_look(request)
        is_compared = "files" in request.GET
        return self._page(
            request,
            "quality_shared.html",
            title=_("Quality of what cases share"),
            reports=shared_reports(),
            is_compared=is_compared,
            differences=shared_differences(Path(settings.FIXTURE_DIRS[0])) if is_compared else [],
        )

    def _may_look(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied
