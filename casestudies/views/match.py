"""Cases that answer a territory which a practitioner describes, with every match and miss; and the brief to print."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mainstreaming.pagination import Paged
from recommendations.models import Group, Recommendation

from ..abbreviations import explainers
from ..choices import Strength
from ..index import Index, current
from ..likeness import ASPECTS, HEAVIEST, WEIGHT, Answers, Ranked, Territory, read_territory
from ..models import Illustration

PAGE = 10
#: The recommendations are gathered from so many of the best cases.
GATHERED = 5
#: A brief shows so many illustrations of a recommendation.
STRONGEST = 3


def _questions(territory: Territory, index: Index) -> list[dict]:
    """The form: each aspect with its options and its weight."""
    return [
        {
            "aspect": aspect,
            "weight_name": f"{WEIGHT}-{aspect.name}",
            "weights": [(n, n == territory.weights[aspect.name]) for n in range(HEAVIEST + 1)],
            "options": [
                (option, option.value in territory.wanted.get(aspect.name, ()))
                for option in index.options[aspect.name]
                if option.value != "not-reported"
            ],
            "chosen": len(territory.wanted.get(aspect.name, ())),
        }
        for aspect in ASPECTS
    ]


def _gathered(ranked: Iterable[Ranked]) -> list[tuple[Recommendation, list[Illustration]]]:
    """The recommendations that the cases illustrate, each with the reasons: those of most cases first. One query."""
    order = {each.case.pk: place for place, each in enumerate(ranked)}
    rows = Illustration.objects.published().filter(case__in=list(order)).select_related(
        "recommendation", "subpoint__recommendation", "case__country", "case__collection"
    )  # fmt: skip
    found: dict[Recommendation, list[Illustration]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.strength != Strength.CENTRAL, order[row.case_id], row.key)):
        found[row.recommendation].append(row)

    def rank(pair: tuple[Recommendation, list[Illustration]]) -> tuple:
        recommendation, illustrations = pair
        central = {row.case_id for row in illustrations if row.strength == Strength.CENTRAL}
        return -len({row.case_id for row in illustrations}), -len(central), recommendation.number

    return sorted(found.items(), key=rank)


@require_safe
def match_page(request: HttpRequest) -> HttpResponse:
    """The form; with a description the cases that answer it, and what they illustrate."""
    index = current()
    territory = read_territory(request.GET, index)
    context = {
        "territory": territory,
        "dropped": territory.dropped,
        "questions": _questions(territory, index),
        "paged": None,
    }
    if not territory.is_empty:
        answers = Answers(territory, index)
        paged = Paged.of(answers, request.GET.get("page"), size=PAGE)
        best = answers.best(GATHERED)
        explaining = explainers([each.case for each in best])
        query = territory.query()
        context |= {
            "paged": paged,
            "prefix": f"{query}&",
            "gathered": [
                (recommendation, [(row, explaining[row.case_id]) for row in rows])
                for recommendation, rows in _gathered(best)
            ],
            "gathered_from": best,
            "compare_query": "&".join(f"case={each.case.slug}" for each in best[:3]),
        }
    return render(request, "casestudies/match.html", context)


@require_safe
def brief(request: HttpRequest, group: str) -> HttpResponse:
    """The recommendations to one addressee, each with the strongest illustrations: a sheet to print."""
    found = Group.objects.prefetch_related("recommendations__subpoints").filter(slug=group).first()
    if found is None:
        raise Http404(_("There is no such group of recommendations."))
    numbers = [r.number for r in found.recommendations.all()]
    rows = (
        Illustration.objects.published()
        .filter(recommendation__number__in=numbers)
        .select_related("recommendation", "subpoint__recommendation", "case__country", "case__collection")
        .order_by("strength", "case__collection__position", "case__ordinal", "subpoint__letter", "key")
    )
    strongest: dict[int, list[Illustration]] = {number: [] for number in numbers}
    for number in numbers:
        # A slice for each recommendation of the group: no more rows than the sheet shows.
        shown = rows.filter(recommendation__number=number)[: STRONGEST * 4]
        # One reason a case: another case says more than another sub-point of the same.
        strongest[number] = list({row.case_id: row for row in reversed(shown)}.values())[::-1][:STRONGEST]
    counted = current()
    explaining = explainers([row.case for shown in strongest.values() for row in shown])
    entries = [
        (
            r,
            [(row, explaining[row.case_id]) for row in strongest[r.number]],
            len(counted.having("recommendation", str(r.number))),
        )
        for r in found.recommendations.all()
    ]
    context = {"group": found, "entries": entries, "explainer": explaining[0], "groups": Group.objects.all()}
    return render(request, "recommendations/brief.html", context)
