"""The pages that belong to no app: home, about, health, errors."""

from __future__ import annotations

import logging

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.defaults import server_error as server_error_page

from casestudies.index import Index, current
from casestudies.models import Case, Collection, Illustration, Term, Vocabulary
from mainstreaming.problems import is_api, problem
from mainstreaming.projection import HEIGHT, WIDTH, project
from recommendations.models import Recommendation

log = logging.getLogger(__name__)

# The vocabularies by whose question a visitor can start.
QUESTIONS = ("trigger", "objective", "beneficiary")
LATEST = 3


def _map_points() -> list[dict]:
    """A point a country on the drawing's own scale, in the order of their names."""
    points = []
    for row in Case.objects.published().on_map():
        x, y = project(float(row["longitude"]), float(row["latitude"]))
        # Towards the right edge the label stands to the left of its point.
        anchor = "end" if x > WIDTH * 0.6 else "start"
        points.append(row | {"x": round(x, 1), "y": round(y, 1), "anchor": anchor})
    return points


def _latest() -> list[Case]:
    """The cases edited last."""
    return list(Case.objects.published().for_list().order_by("-updated_at", "slug")[:LATEST])


def _entries(vocabulary: Vocabulary, index: Index) -> list[tuple[Term, int]]:
    """The terms at the top of a vocabulary, each with how many cases its link leads to."""
    terms = [term for term in vocabulary.terms.all() if term.parent_id is None and not term.is_retired]
    return [(term, len(index.having(vocabulary.slug, term.slug))) for term in terms]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What the portal is, ways in by question, the map, the latest changes."""
    # What only looking through the whole collection tells is kept with the index: once for each version of the data.
    index = current()
    questions = {v.slug: v for v in Vocabulary.objects.filter(slug__in=QUESTIONS).prefetch_related("terms")}
    context = {
        "case_count": len(index.all),
        "country_count": index.countries,
        "recommendation_count": Recommendation.objects.count(),
        "illustration_count": index.keep("illustrations", Illustration.objects.published().count),
        "questions": [
            (vocabulary, _entries(vocabulary, index))
            for vocabulary in (questions[slug] for slug in QUESTIONS if slug in questions)
        ],
        "points": index.keep("points", _map_points),
        "map_height": HEIGHT,
        "latest": index.keep("latest", _latest),
    }
    return render(request, "home.html", context)


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """The paper, the method, what is summary and what is editorial reading."""
    return render(request, "about.html", {"collections": Collection.objects.select_related("source")})


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Whether the site can answer: 200 «ok», or 503 where the database does not answer."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        log.exception("The database does not answer.")
        return HttpResponse("database unavailable\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that Django refuses before any view."""
    if is_api(request):
        return problem(request, 400, _("The request could not be understood."))
    return render(request, "400.html", {"reasons": [_("The request could not be understood.")]}, status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of the site."""
    if is_api(request):
        return problem(request, 500, _("The site could not answer. Please try again in a minute."))
    return server_error_page(request)
