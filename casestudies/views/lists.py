"""The figures, the sources, the glossary."""

from __future__ import annotations

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from mainstreaming.downloads import NotForSpreadsheets, csv_response, xlsx_response
from mainstreaming.pagination import Paged

from ..abbreviations import explainers
from ..citing import citations
from ..exports.rows import figure_rows
from ..exports.workbook import figure_cells
from ..listing import ListState
from ..lists import ACRONYMS, FIGURES, SOURCES
from ..models import Case, Source
from ..selection import BY_NUMBER, BadSelection
from .cases import base_url, refused

GLOSSARY_PAGE = 100
# How many of the cases that use an acronym are named.
SHOWN_CASES = 5


def _context(state: ListState, paged: Paged) -> dict:
    return {"state": state, "paged": paged, "facets": state.facets(), "chips": state.chips()}


@require_safe
def figure_list(request: HttpRequest) -> HttpResponse:
    """Every number that a published case states, filtered and sorted, a page of them."""
    state = FIGURES.parse(request.GET)
    rows = state.rows().select_related("case__collection", "case__country", "currency", "source")
    return render(request, "casestudies/figure_list.html", _context(state, Paged.of(rows, request.GET.get("page"))))


@require_safe
def figure_csv(request: HttpRequest) -> HttpResponseBase:
    """The same figures in the same order, all of them, as CSV. 400 with the reasons on a bad query."""
    try:
        state = FIGURES.parse(request.GET, strict=True)
    except BadSelection as error:
        return refused(request, error)
    return csv_response(figure_rows(state, base_url(request)), "mainstreaming-casebook-figures.csv")


@require_safe
def figure_xlsx(request: HttpRequest) -> HttpResponseBase:
    """The same as a spreadsheet. 400 on a bad query, and with the way to the CSV where a spreadsheet cannot hold it."""
    try:
        state = FIGURES.parse(request.GET, strict=True)
        sheets = {"figures": figure_cells(state, base_url(request))}
        return xlsx_response(sheets, "mainstreaming-casebook-figures.xlsx")
    except BadSelection as error:
        return refused(request, error)
    except NotForSpreadsheets as error:
        return refused(request, error, f"{reverse('figures-csv')}{state.query()}")


@require_safe
def source_list(request: HttpRequest) -> HttpResponse:
    """The bibliography, as of 2015: every work with how many published cases cite it."""
    state = SOURCES.parse(request.GET)
    paged = Paged.of(state.rows(), request.GET.get("page"))
    works = list(paged.page.object_list)
    counts = Source.objects.case_counts([work.pk for work in works]) if works else {}
    found = [(work, counts.get(work.pk, 0)) for work in works]
    return render(request, "casestudies/source_list.html", {**_context(state, paged), "found": found})


@require_safe
def source_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One work: as printed, and a page of the cases that cite it, each with what it supports.

    A former address leads to the work that it became.
    """
    source = Source.objects.published().filter(slug=slug).first()
    if source is None:
        became = get_object_or_404(Source.objects.published(), redirects__old_slug=slug)
        return redirect(became, permanent=True)
    cases = Case.objects.published().citing(source).select_related("collection", "country").order_by(*BY_NUMBER)
    paged = Paged.of(cases, request.GET.get("page"))
    on_page = list(paged.page.object_list)
    explaining = explainers(on_page)
    found = [(case, use, explaining[case.pk]) for case, use in citations(source, on_page)]
    return render(request, "casestudies/source_detail.html", {"source": source, "paged": paged, "found": found})


@require_safe
def glossary(request: HttpRequest) -> HttpResponse:
    """The acronyms, each with its meaning and the cases where it has that meaning only."""
    state = ACRONYMS.parse(request.GET)
    some = Case.objects.published().order_by(*BY_NUMBER)[: SHOWN_CASES + 1]
    rows = state.rows().prefetch_related(Prefetch("cases", some, to_attr="some_cases"))
    paged = Paged.of(rows, request.GET.get("page"), size=GLOSSARY_PAGE)
    return render(request, "casestudies/glossary.html", _context(state, paged))
