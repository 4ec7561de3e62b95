"""Part 3 with the cases that illustrate it. Here and not in `recommendations`, which knows nothing of cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mainstreaming.pagination import Paged
from recommendations.models import Group, Recommendation

from ..abbreviations import explainers
from ..index import Index, current
from ..models import Case, CaseTerm, CoordinationMechanism, Illustration
from ..pictures import Bar, Chart

MECHANISM = "mechanism"


@require_safe
def recommendation_list(request: HttpRequest) -> HttpResponse:
    """The recommendations in their groups, each with how many cases illustrate it; gaps say so."""
    index = current()
    groups = [
        (group, [(r, len(index.having("recommendation", str(r.number)))) for r in group.recommendations.all()])
        for group in Group.objects.prefetch_related("recommendations")
    ]
    total = sum(len(rows) for _group, rows in groups)
    gaps = [r for _group, rows in groups for r, cases in rows if not cases]
    return render(request, "recommendations/recommendation_list.html", {"groups": groups, "total": total, "gaps": gaps})


@dataclass
class Acting:
    """Through what a case acted: the key mechanisms that it is classed under, and the bodies that coordinate."""

    terms: list[CaseTerm] = field(default_factory=list)
    bodies: list[CoordinationMechanism] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.terms or self.bodies)


def _acting(cases: Iterable[Case], index: Index) -> Mapping[int, Acting]:
    """Through what each of the cases acted, by primary key; mechanisms in the order of Part 2. Two queries."""
    found = {case.pk: Acting() for case in cases}
    order = {option.value: place for place, option in enumerate(index.options[MECHANISM])}
    terms = CaseTerm.objects.published().filter(case__in=list(found), term__vocabulary__slug=MECHANISM)
    # A term that was added since the index was made stands at the end.
    for row in sorted(terms.select_related("term"), key=lambda row: order.get(row.term.slug, len(order))):
        found[row.case_id].terms.append(row)
    for row in CoordinationMechanism.objects.published().filter(case__in=list(found)):
        found[row.case_id].bodies.append(row)
    return found


def _mechanisms(number: int, index: Index) -> list[Chart]:
    """How many of the cases that illustrate a recommendation used each mechanism: the upper terms, the lower ones."""
    having = index.having("recommendation", str(number))
    made = []
    for depth, label in enumerate((_("Key mechanisms"), _("In particular"))):
        bars, without = [], having.copy()
        for option in (option for option in index.options[MECHANISM] if option.depth == depth):
            cases = having & index.having(MECHANISM, option.value)
            without -= cases
            if cases:
                query = urlencode({MECHANISM: option.value, "recommendation": number})
                width = round(100 * len(cases) / len(having), 2)
                bars.append(Bar(option.value, option.label, len(cases), width, f"?{query}"))
        made.append(Chart(f"{MECHANISM}-{depth}", label, len(having), bars, len(without), is_multiple=True))
    return [chart for chart in made if chart.bars]


@require_safe
def recommendation_detail(request: HttpRequest, number: int) -> HttpResponse:
    """One recommendation with the cases that illustrate it: how strongly, why, and through what they acted."""
    recommendation = get_object_or_404(
        Recommendation.objects.select_related("group").prefetch_related("subpoints"), number=number
    )
    index = current()
    rows = (
        Illustration.objects.published()
        .filter(recommendation=recommendation)
        .select_related("case__collection", "case__country", "recommendation", "subpoint__recommendation", "source")
        # The databases disagree where nothing stands: the recommendation as a whole comes before its parts.
        .order_by(
            "strength",
            "case__collection__position",
            "case__ordinal",
            F("subpoint__letter").asc(nulls_first=True),
            "key",
        )
    )
    by_number = {r.number: r for r in Recommendation.objects.filter(number__in=(number - 1, number + 1))}
    paged = Paged.of(rows, request.GET.get("page"))
    cases = {row.case_id: row.case for row in paged.page.object_list}
    explaining = explainers(cases.values())
    acting = _acting(cases.values(), index)
    # Once for each case of the page.
    shown = [(row, explaining[row.case_id], acting.pop(row.case_id, None)) for row in paged.page.object_list]
    having = index.having("recommendation", str(number))
    central = len(index.central.get(number, ()))
    context = {
        "recommendation": recommendation,
        "paged": paged,
        "found": shown,
        "cases": len(having),
        "central": central,
        "supporting": len(having) - central,
        "mechanisms": _mechanisms(number, index),
        "explainer": explaining[0],
        "previous": by_number.get(number - 1),
        "next": by_number.get(number + 1),
    }
    return render(request, "recommendations/recommendation_detail.html", context)
