"""Part 3 with the cases that illustrate it. Here and not in `recommendations`, which knows nothing of cases."""

from __future__ import annotations

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from mainstreaming.pagination import Paged
from recommendations.models import Group, Recommendation

from ..abbreviations import explainers
from ..models import Illustration


def _counts() -> dict[int, dict[str, int]]:
    """How many published cases illustrate each recommendation: {number: {"central": 1, "supporting": 2, "cases": 2}}.

    A case that illustrates several sub-points counts once in "cases".
    """
    counts: dict[int, dict[str, int]] = {}
    rows = Illustration.objects.published().order_by()
    for row in rows.values("recommendation__number", "strength").annotate(cases=Count("case", distinct=True)):
        counts.setdefault(row["recommendation__number"], {})[row["strength"]] = row["cases"]
    for row in rows.values("recommendation__number").annotate(cases=Count("case", distinct=True)):
        counts[row["recommendation__number"]]["cases"] = row["cases"]
    return counts


@require_safe
def recommendation_list(request: HttpRequest) -> HttpResponse:
    """The recommendations in their groups, each with how many cases illustrate it; gaps say so."""
    counts = _counts()
    groups = [
        (group, [(r, counts.get(r.number, {})) for r in group.recommendations.all()])
        for group in Group.objects.prefetch_related("recommendations")
    ]
    total = sum(len(rows) for _group, rows in groups)
    gaps = [r for _group, rows in groups for r, count in rows if not count]
    return render(request, "recommendations/recommendation_list.html", {"groups": groups, "total": total, "gaps": gaps})


@require_safe
def recommendation_detail(request: HttpRequest, number: int) -> HttpResponse:
    """One recommendation with the cases that illustrate it, how strongly and why."""
    recommendation = get_object_or_404(
        Recommendation.objects.select_related("group").prefetch_related("subpoints"), number=number
    )
    rows = (
        Illustration.objects.published()
        .filter(recommendation=recommendation)
        .select_related("case__collection", "case__country", "recommendation", "subpoint__recommendation", "source")
        .order_by("strength", "case__collection__position", "case__ordinal", "subpoint__letter", "key")
    )
    by_number = {r.number: r for r in Recommendation.objects.filter(number__in=(number - 1, number + 1))}
    paged = Paged.of(rows, request.GET.get("page"))
    explaining = explainers([row.case for row in paged.page.object_list])
    context = {
        "recommendation": recommendation,
        "paged": paged,
        "found": [(row, explaining[row.case_id]) for row in paged.page.object_list],
        "explainer": explaining[0],
        "previous": by_number.get(number - 1),
        "next": by_number.get(number + 1),
    }
    return render(request, "recommendations/recommendation_detail.html", context)
