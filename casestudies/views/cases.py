"""The list of cases, and a case's own page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mainstreaming.addresses import base_url as base_url  # the views beside this one take it from here
from mainstreaming.downloads import NotForSpreadsheets
from mainstreaming.pagination import PAGE_SIZE, Paged

from ..exports.forms import FORMS
from ..likeness import comparable
from ..models import Case, CaseRedirect
from ..page import CasePage
from ..pictures import Timeline, case_map, charts, timeline
from ..search.snippets import snippets
from ..selection import BadSelection, Neighbours, Selection, parse, sort_choices
from ..showing import Showing, read_showing


def refused(request: HttpRequest, error: BadSelection | NotForSpreadsheets, instead: str = "") -> HttpResponse:
    """400 with the reason for each value that was not understood, or why no spreadsheet holds what was asked for.

    `instead` is the address of a download that does hold it.
    """
    reasons = [str(error)]
    if isinstance(error, BadSelection):
        reasons = [f"{d.parameter}={d.value}: {d.reason}" for d in error.dropped]
    return render(request, "400.html", {"reasons": reasons, "instead": instead}, status=400)


def for_selection(answer: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A view of `answer(request, selection, …)`, for the query string; 400 with the reasons where it is not understood.

    What else the address holds is passed on by its name.
    """

    @require_safe
    @wraps(answer)
    def view(request: HttpRequest, **named: str) -> HttpResponseBase:
        try:
            return answer(request, parse(request.GET, strict=True), **named)
        except BadSelection as error:
            return refused(request, error)

    return view


@require_safe
def case_list(request: HttpRequest) -> HttpResponse:
    """The selection's cases as they are to be shown, with the filters, what is active, and what was not understood."""
    selection = parse(request.GET)
    showing = read_showing(request.GET)
    chips = selection.chips(showing.pairs())
    context = {
        "selection": selection,
        "showing": showing,
        "showing_tabs": showing.tabs(selection),
        "showing_template": f"casestudies/includes/view_{showing.view}.html",
        "clear_url": f"{reverse('cases')}{showing.query(Selection())}",
        "all_url": f"{reverse('cases')}{Showing(compare=showing.compare).query(Selection())}",
        "case_query": showing.query(selection),
        "compare_query": urlencode([("case", slug) for slug in showing.compare]),
        "prefix": showing.prefix(selection),
        "dropped": (*selection.dropped, *showing.dropped),
        "total": len(selection),
        "facets": selection.facets(),
        "chips": chips,
        "forms": FORMS,
        "loosen": [chip for chip in chips if chip.cases_without],
        **_shown(selection, showing, request.GET.get("page")),
    }
    response = render(request, "casestudies/case_list.html", context)
    patch_vary_headers(response, ["HX-Request"])
    if request.headers.get("HX-Request"):
        # The address that a swap leaves in the browser is the canonical one, without what a form sends empty.
        paged = context.get("paged")
        number = paged.page.number if paged else 1
        query = f"{context['prefix']}page={number}" if number > 1 else showing.query(selection)
        response["HX-Push-Url"] = f"{reverse('cases')}{query}"
    return response


def _shown(selection: Selection, showing: Showing, page: str | None) -> dict:
    """What the view shows of the selection."""
    return SHOWN[showing.view](selection, showing, page)


def _cards(selection: Selection, showing: Showing, page: str | None) -> dict:
    paged = Paged.of(selection.cases(Case.objects.for_list()), page)
    if selection.search:
        found = snippets(selection.question, paged.page.object_list, selection.index)
        for case in paged.page.object_list:
            case.snippets = found[case.pk]
    return {"paged": paged, "sorts": sort_choices(selection)}


def _table(selection: Selection, showing: Showing, page: str | None) -> dict:
    paged = Paged.of(selection.cases(Case.objects.for_export()), page)
    rows = [(case, showing.cells(case)) for case in paged.page.object_list]
    return {"paged": paged, "table": rows, "sorts": sort_choices(selection)}


SHOWN = {
    "cards": _cards,
    "table": _table,
    "map": lambda selection, showing, page: {"shown": case_map(selection, showing.compare_pairs())},
    "timeline": lambda selection, showing, page: _timeline(timeline(selection, page, showing.compare_pairs())),
    "charts": lambda selection, showing, page: {"shown": charts(selection, showing.compare_pairs())},
}


def _timeline(shown: Timeline) -> dict:
    return {"shown": shown, "paged": shown.paged}


#: The views that show the selection page by page.
PAGED = frozenset({"cards", "table"})


def _back(selection: Selection, showing: Showing, neighbours: Neighbours | None) -> str:
    """The query string that leads back to the list, to the page on which the case stands."""
    page = (neighbours.place - 1) // PAGE_SIZE + 1 if neighbours and showing.view in PAGED else 1
    return f"{showing.prefix(selection)}page={page}" if page > 1 else showing.query(selection)


@require_safe
def case_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """A published case; a redirect from a former address; a page that says so for an archived one; else 404.

    With the query string of a selection it says where in the selection the case stands, and leads to its neighbours.
    """
    case = Case.objects.published().for_page().filter(slug=slug).first()
    if case is not None:
        selection, showing = parse(request.GET), read_showing(request.GET)
        neighbours = selection.neighbours(case)
        context = {
            "case": case,
            "page": CasePage(case),
            "selection": selection,
            "case_query": showing.query(selection),
            "back_query": _back(selection, showing, neighbours),
            "showing": showing,
            "compare_query": urlencode([("case", slug) for slug in showing.compare]),
            "comparable": comparable(selection.index, case),
            "neighbours": neighbours,
            "dropped": (*selection.dropped, *showing.dropped),
        }
        return render(request, "casestudies/case_detail.html", context)
    return elsewhere(request, slug)


def elsewhere(request: HttpRequest, slug: str, name: str = "case", **kwargs: str) -> HttpResponse:
    """What the address of a case that is not there answers: where it went, that it is archived, or Http404.

    `name` and `kwargs` are the address of what was asked for, such as its citation.
    """
    former = (
        CaseRedirect.objects.filter(old_slug=slug, case__in=Case.objects.published()).select_related("case").first()
    )
    if former is not None:
        query = f"?{request.GET.urlencode()}" if request.GET else ""
        address = reverse(name, kwargs={"slug": former.case.slug, **kwargs})
        return redirect(f"{address}{query}", permanent=True)
    if Case.objects.archived().filter(slug=slug).exists():
        return render(request, "casestudies/case_archived.html", status=410)
    raise Http404(_("There is no such case."))
