"""Part 2 to browse: the vocabularies, each term with its cases and the reasons."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from mainstreaming.pagination import Paged

from ..abbreviations import explainers
from ..grid import diagram, grid, rows_of, usage_of
from ..models import Term, Vocabulary
from ..selection import BY_NUMBER

# The vocabulary that Part 2 draws.
DRAWN = "mechanism"


@require_safe
def grid_index(request: HttpRequest) -> HttpResponse:
    """Every vocabulary with its terms and how many cases bear each."""
    views = grid(Vocabulary.objects.prefetch_related("terms"))
    drawn = next((view for view in views if view.vocabulary.slug == DRAWN), None)
    context = {"views": views, "diagram": diagram(drawn.terms) if drawn else None, "explainer": explainers([])[0]}
    return render(request, "casestudies/grid.html", context)


@require_safe
def vocabulary_detail(request: HttpRequest, vocabulary: str) -> HttpResponse:
    """One vocabulary: its definition, its terms with their definitions; the mechanisms as a diagram too."""
    found = get_object_or_404(Vocabulary.objects.prefetch_related("terms"), slug=vocabulary)
    (view,) = grid([found])
    context = {
        "view": view,
        "vocabulary": found,
        "diagram": diagram(view.terms) if found.slug == DRAWN else None,
        "explainer": explainers([])[0],
    }
    return render(request, "casestudies/vocabulary.html", context)


@require_safe
def term_detail(request: HttpRequest, vocabulary: str, slug: str) -> HttpResponse:
    """One term: what it means, and a page of the cases that bear it, each with the reasons."""
    term = get_object_or_404(
        Term.objects.select_related("vocabulary", "parent__vocabulary").prefetch_related("children__vocabulary"),
        vocabulary__slug=vocabulary,
        slug=slug,
    )
    usage = usage_of(vocabulary)
    cases = usage.cases(term).select_related("collection", "country").order_by(*BY_NUMBER)
    paged = Paged.of(cases, request.GET.get("page"))
    on_page = list(paged.page.object_list)
    rows = rows_of(usage, term, on_page)
    explaining = explainers(on_page)
    context = {
        "term": term,
        "paged": paged,
        "found": [(case, rows[case.pk], explaining[case.pk]) for case in on_page],
        "explainer": explaining[0],
    }
    return render(request, "casestudies/term.html", context)
