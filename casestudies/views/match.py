"""Cases that answer a territory which a practitioner describes, with every match and miss; and the brief to print."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, islice

from django.db.models import F, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from pyroaring import BitMap

from mainstreaming.pagination import Paged
from recommendations.models import Group, Recommendation

from ..abbreviations import explainers
from ..choices import Strength
from ..facets import NOT_REPORTED
from ..index import Index, current
from ..likeness import ASPECTS, HEAVIEST, WEIGHT, Answers, Aspect, Ranked, Territory, read_territory
from ..models import Illustration

PAGE = 10
#: The recommendations are gathered from so many of the best cases.
GATHERED = 5
#: What fits on two pages of paper: up to so many values asked for, so many cases and recommendations.
PRINTED = ((12, 5, 7), (24, 3, 5), (40, 2, 4), (math.inf, 1, 2))
#: A brief shows so many illustrations of a recommendation.
STRONGEST = 3


@dataclass(frozen=True)
class Example:
    """A description to try."""

    label: str | Promise
    pairs: tuple[tuple[str, str], ...]


EXAMPLES = (
    Example(
        gettext_lazy("A city where people arrive, and which wants them to take part in its social and economic life"),
        (
            ("level", "municipal"),
            ("migration", "immigration"),
            ("objective", "socioeconomic-integration"),
            ("beneficiary", "newcomers-and-immigrants"),
        ),
    ),
    Example(
        gettext_lazy("A province which people leave, and which wants to work with those abroad"),
        (
            ("level", "provincial-or-regional"),
            ("migration", "emigration"),
            ("migration", "diaspora"),
            ("objective", "diaspora-opportunities"),
            ("actor", "migrants-abroad"),
        ),
    ),
    Example(
        gettext_lazy("A place on the way of people who move on, where their rights come first"),
        (("migration", "transit"), ("migration", "cross-border"), ("objective", "rights-based-flows")),
    ),
)


def _examples(index: Index) -> list[tuple[Example, str]]:
    """The examples whose every value is offered, with their query strings."""
    offered = {(aspect.name, option.value) for aspect in ASPECTS for option in index.options[aspect.name]}
    return [(example, f"?{urlencode(example.pairs)}") for example in EXAMPLES if offered.issuperset(example.pairs)]


def _questions(territory: Territory, index: Index) -> list[dict]:
    """The form: each aspect with its options and its weight."""
    labels = {0: _("0, left out"), HEAVIEST: _("%(weight)s, counts most") % {"weight": HEAVIEST}}
    return [
        {
            "aspect": aspect,
            "weight_name": f"{WEIGHT}-{aspect.name}",
            "weights": [(n, labels.get(n, n), n == territory.weights[aspect.name]) for n in range(HEAVIEST + 1)],
            "options": [
                (option, option.value in territory.wanted.get(aspect.name, ()))
                for option in index.options[aspect.name]
                if option.value != NOT_REPORTED
            ],
            "chosen": len(territory.wanted.get(aspect.name, ())),
        }
        for aspect in ASPECTS
    ]


def _asked(territory: Territory, index: Index) -> list[tuple[Aspect, int, list[str]]]:
    """What is asked for, in words: each aspect with its weight and the labels of its values."""
    return [
        (
            aspect,
            territory.weights[aspect.name],
            [str(option.label) for option in index.options[aspect.name] if option.value in wanted],
        )
        for aspect in ASPECTS
        if (wanted := territory.wanted.get(aspect.name, ()))
    ]


def _gathered(ranked: Iterable[Ranked]) -> list[dict]:
    """The recommendations that the cases illustrate: those of most cases first, then those central to most. One query.

    Each has one reason a case, the strongest, in the order of the cases; what further reasons there are; and the one
    to print, of the case that had its say least often before.
    """
    order = {each.case.pk: place for place, each in enumerate(ranked)}
    rows = Illustration.objects.published().filter(case__in=list(order)).select_related(
        "recommendation", "subpoint__recommendation", "case__country", "case__collection"
    )  # fmt: skip
    found: dict[Recommendation, list[Illustration]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.strength != Strength.CENTRAL, order[row.case_id], row.key)):
        found[row.recommendation].append(row)
    entries = []
    for recommendation, illustrations in found.items():
        first: dict[int, Illustration] = {}
        for row in illustrations:
            first.setdefault(row.case_id, row)
        further = [row for row in illustrations if row is not first[row.case_id]]
        entries.append({"recommendation": recommendation, "rows": list(first.values()), "further": further})

    def rank(entry: dict) -> tuple[int, int, int]:
        central = sum(row.strength == Strength.CENTRAL for row in entry["rows"])
        return -len(entry["rows"]), -central, entry["recommendation"].number

    entries.sort(key=rank)
    said: Counter[int] = Counter()
    for entry in entries:
        strongest = [row for row in entry["rows"] if row.strength == entry["rows"][0].strength]
        entry["printed"] = min(strongest, key=lambda row: said[row.case_id])
        said[entry["printed"].case_id] += 1
    return entries


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
    if territory.is_empty:
        context["examples"] = _examples(index)
    else:
        context |= _answered(territory, index, request.GET.get("page"))
    return render(request, "casestudies/match.html", context)


def _answered(territory: Territory, index: Index, page: str | None) -> dict:
    """What the page says of a description: what was asked, a page of the cases, what the best of them illustrate."""
    answers = Answers(territory, index)
    best = answers.best(GATHERED)
    explaining = explainers([each.case for each in best])
    gathered = _gathered(best)
    for entry in gathered:
        for kind in ("rows", "further"):
            entry[kind] = [(row, explaining[row.case_id]) for row in entry[kind]]
    asked = _asked(territory, index)
    values = sum(len(labels) for _aspect, _weight, labels in asked)
    cases, recommendations = next(rest for most, *rest in PRINTED if values <= most)
    return {
        "paged": Paged.of(answers, page, size=PAGE),
        "prefix": f"{territory.query()}&",
        "asked": asked,
        "today": timezone.localdate(),
        "unranked": len(index.pks) - len(answers),
        "gathered": gathered,
        "gathered_from": best,
        "compare_query": urlencode([("case", each.case.slug) for each in best[:3]]),
        "printed_cases": cases,
        "printed_recommendations": recommendations,
    }


def _strongest(number: int, index: Index) -> list[int]:
    """The cases that show a recommendation most clearly, by primary key: central ones first, then by number."""
    central = index.central.get(number, BitMap())
    others = index.having("recommendation", str(number)) - central
    return [index.pks[position] for position in islice(chain(central, others), STRONGEST)]


def _strongest_rows(numbers: Iterable[int], index: Index) -> dict[int, list[Illustration]]:
    """One reason for each of the strongest cases, by the number of the recommendation. At most one query."""
    wanted = {number: _strongest(number, index) for number in numbers}
    condition = Q()
    for number, pks in wanted.items():
        if pks:
            condition |= Q(recommendation__number=number, case__in=pks)
    found: dict[tuple[int, int], Illustration] = {}
    if condition:
        rows = Illustration.objects.published().filter(condition)
        rows = rows.select_related("recommendation", "subpoint__recommendation", "case__country", "case__collection")
        # The recommendation as a whole before its parts, alike on every database.
        for row in rows.order_by("strength", F("subpoint__letter").asc(nulls_first=True), "key"):
            found.setdefault((row.recommendation.number, row.case_id), row)
    return {n: [found[n, pk] for pk in pks if (n, pk) in found] for n, pks in wanted.items()}


@require_safe
def brief(request: HttpRequest, group: str) -> HttpResponse:
    """The recommendations to one addressee, each with the strongest illustrations: a sheet to print."""
    found = Group.objects.prefetch_related("recommendations__subpoints").filter(slug=group).first()
    if found is None:
        raise Http404(_("There is no such group of recommendations."))
    index = current()
    recommendations = list(found.recommendations.all())
    strongest = _strongest_rows([r.number for r in recommendations], index)
    explaining = explainers({row.case_id: row.case for rows in strongest.values() for row in rows}.values())
    entries = []
    for r in recommendations:
        cases, central = len(index.having("recommendation", str(r.number))), len(index.central.get(r.number, ()))
        rows = [(row, explaining[row.case_id]) for row in strongest[r.number]]
        counts = {"cases": cases, "central": central, "supporting": cases - central}
        entries.append({"recommendation": r, "rows": rows, **counts})
    context = {
        "group": found,
        "entries": entries,
        "gaps": [entry["recommendation"] for entry in entries if not entry["cases"]],
        "explainer": explaining[0],
        "groups": Group.objects.all(),
        "today": timezone.localdate(),
    }
    return render(request, "recommendations/brief.html", context)
