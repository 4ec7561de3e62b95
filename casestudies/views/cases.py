"""The list of cases, its download, and a case's own page."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mainstreaming.downloads import csv_response
from mainstreaming.pagination import Paged

from ..exports.rows import case_rows
from ..models import Case, CaseRedirect
from ..page import CasePage
from ..selection import BadSelection, parse, sort_choices


def base_url(request: HttpRequest) -> str:
    """The public address of the site, without a trailing slash."""
    return settings.SITE_URL or request.build_absolute_uri("/").rstrip("/")


def refused(request: HttpRequest, error: BadSelection) -> HttpResponse:
    """400 with the reason for each value that was not understood."""
    reasons = [f"{d.parameter}={d.value}: {d.reason}" for d in error.dropped]
    return render(request, "400.html", {"reasons": reasons}, status=400)


@require_safe
def case_list(request: HttpRequest) -> HttpResponse:
    """The selection's cases, a page of them, with the filters and what is active."""
    selection = parse(request.GET)
    context = {
        "selection": selection,
        "paged": Paged.of(selection.cases(Case.objects.for_list()), request.GET.get("page")),
        "facets": selection.facets(),
        "chips": selection.chips(),
        "sorts": sort_choices(selection),
    }
    return render(request, "casestudies/case_list.html", context)


@require_safe
def case_csv(request: HttpRequest) -> HttpResponseBase:
    """The selection's cases as CSV: all of them, in the order of the screen. 400 with the reasons on a bad query."""
    try:
        selection = parse(request.GET, strict=True)
    except BadSelection as error:
        return refused(request, error)
    return csv_response(case_rows(selection, base_url(request)), "mainstreaming-casebook-cases.csv")


@require_safe
def case_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """A published case; a redirect from a former address; a page that says so for an archived one; else 404."""
    case = Case.objects.published().for_page().filter(slug=slug).first()
    if case is not None:
        return render(request, "casestudies/case_detail.html", {"case": case, "page": CasePage(case)})
    former = (
        CaseRedirect.objects.filter(old_slug=slug, case__in=Case.objects.published()).select_related("case").first()
    )
    if former is not None:
        return redirect(former.case, permanent=True)
    if Case.objects.archived().filter(slug=slug).exists():
        return render(request, "casestudies/case_archived.html", status=410)
    raise Http404(_("There is no such case."))
