"""Two to four cases side by side; the choice lives in the address."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mainstreaming.downloads import NotForSpreadsheets, csv_response, xlsx_response

from ..comparison import FEWEST, MOST, Comparison, comparison_rows
from ..models import Case
from ..selection import BadSelection, Dropped
from ..showing import choose
from .cases import base_url, refused

CASE, ONLY, DIFFERENCES = "case", "only", "differences"


class Choice:
    """The cases that an address names, in its order, and what was not understood of it."""

    def __init__(self, request: HttpRequest) -> None:
        slugs, self.dropped = choose(request.GET.getlist(CASE), CASE)
        only = [value for value in request.GET.getlist(ONLY) if value]
        self.only_differences = DIFFERENCES in only
        reason = _("There is no such choice.")
        self.dropped += [Dropped(ONLY, value, reason) for value in only if value != DIFFERENCES]
        reason = _("There is no such parameter.")
        for name, values in request.GET.lists():
            if name not in (CASE, ONLY):
                self.dropped += [Dropped(name, value, reason) for value in values if value]
        found = {case.slug: case for case in Case.objects.published().for_page().filter(slug__in=slugs)}
        self.cases = [found[slug] for slug in slugs if slug in found]

    def query(self, *, without: Case | None = None, only_differences: bool | None = None) -> str:
        """The query string of the choice, of the choice without a case, or with other rows."""
        pairs = [(CASE, case.slug) for case in self.cases if case is not without]
        only = self.only_differences if only_differences is None else only_differences
        return f"?{urlencode(pairs + ([(ONLY, DIFFERENCES)] if only else []))}"

    @property
    def comparison(self) -> Comparison:
        return Comparison(self.cases, self.only_differences)


@require_safe
def compare_page(request: HttpRequest) -> HttpResponse:
    """The comparison; with fewer than two cases how to choose some."""
    choice = Choice(request)
    chosen = [(case, choice.query(without=case)) for case in choice.cases]
    adding = urlencode([("compare", case.slug) for case in choice.cases])
    context = {
        "choice": choice,
        "chosen": chosen,
        "dropped": choice.dropped,
        "is_enough": len(choice.cases) >= FEWEST,
        "can_add": len(choice.cases) < MOST,
        "add_url": f"{reverse('cases')}?{adding}" if adding else reverse("cases"),
        "query": choice.query() if chosen else "",
        "all_query": choice.query(only_differences=False),
        "differences_query": choice.query(only_differences=True),
        "parts": choice.comparison.parts if len(choice.cases) >= FEWEST else [],
        "columns": len(choice.cases) + 1,
    }
    return render(request, "casestudies/compare.html", context)


def _strictly(request: HttpRequest) -> Choice:
    choice = Choice(request)
    if not choice.dropped and len(choice.cases) < FEWEST:
        reason = _("A comparison needs %(fewest)s to %(most)s cases.") % {"fewest": FEWEST, "most": MOST}
        choice.dropped.append(Dropped(CASE, "", reason))
    if choice.dropped:
        raise BadSelection(choice.dropped)
    return choice


Respond = Callable[[Iterator[list[str]], str], HttpResponseBase]


def _download(request: HttpRequest, respond: Respond) -> HttpResponseBase:
    """The comparison that a page shows: a row for each of its rows, a column for each case. 400 on a bad query."""
    try:
        choice = _strictly(request)
    except BadSelection as error:
        return refused(request, error)
    name = f"mainstreaming-casebook-{'-'.join(case.slug for case in choice.cases)}"[:120]
    return respond(comparison_rows(choice.comparison, base_url(request)), name)


@require_safe
def compare_csv(request: HttpRequest) -> HttpResponseBase:
    """The comparison as CSV."""
    return _download(request, lambda rows, name: csv_response(rows, f"{name}.csv"))


@require_safe
def compare_xlsx(request: HttpRequest) -> HttpResponseBase:
    """The comparison as a spreadsheet. 400 with the way to the CSV where a spreadsheet cannot hold a text of it."""
    try:
        return _download(request, lambda rows, name: xlsx_response({_("Comparison"): rows}, f"{name}.xlsx"))
    except NotForSpreadsheets as error:
        return refused(request, error, f"{reverse('compare-csv')}?{request.GET.urlencode()}")
