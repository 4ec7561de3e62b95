"""What visitors can filter by: a facet describes itself, knows its options and the condition they put on a case.

Conditions are semi-joins (`pk in (…)`), never joins: a case stands once in the result however many of its rows match.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import Case as Choose
from django.db.models import F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from recommendations.models import Recommendation

from .choices import BAND_LIMITS, BudgetBand
from .models import (
    BeneficiaryGroup,
    Budget,
    Case,
    CaseActor,
    CaseTerm,
    Country,
    Illustration,
    Objective,
    Period,
    Term,
)

NOT_REPORTED = "not-reported"
YES, NO = "yes", "no"
OPEN_END = 9999


@dataclass(frozen=True)
class Option:
    """One value of a facet: its slug, its label, and how deep it stands below another (0 or 1)."""

    value: str
    label: str | Promise
    depth: int = 0


class Lists:
    """The lists that options come from, each read once (one query each, whatever the size of the collection)."""

    @cached_property
    def terms(self) -> dict[str, list[Term]]:
        """Terms by the slug of their vocabulary: parents in order, each followed by its children."""
        by_vocabulary: dict[str, list[Term]] = {}
        for term in Term.objects.select_related("vocabulary"):
            by_vocabulary.setdefault(term.vocabulary.slug, []).append(term)
        return {slug: list(_nested(terms)) for slug, terms in by_vocabulary.items()}

    @cached_property
    def countries(self) -> list[Country]:
        """The countries of published cases, by name."""
        return list(Country.objects.filter(pk__in=Case.objects.published().values("country")).order_by("sort_key"))

    @cached_property
    def recommendations(self) -> list[Recommendation]:
        """The recommendations in the order of Part 3."""
        return list(Recommendation.objects.in_groups())


def _nested(terms: Sequence[Term]) -> Iterable[Term]:
    for parent in terms:
        if parent.parent_id is None:
            yield parent
            yield from (term for term in terms if term.parent_id == parent.pk)


def term_options(vocabulary: str) -> Callable[[Lists], list[Option]]:
    """The options of a vocabulary: children below their parents. Retired terms stay: cases may still bear them."""

    def options(lists: Lists) -> list[Option]:
        return [Option(t.slug, t.label, int(t.parent_id is not None)) for t in lists.terms.get(vocabulary, [])]

    return options


def of_term(path: str, vocabulary: str, values: Sequence[str]) -> Q:
    """The term at `path` is one of `values` in `vocabulary`, or a child of one."""
    here = Q(**{f"{path}__slug__in": values}) | Q(**{f"{path}__parent__slug__in": values})
    return here & Q(**{f"{path}__vocabulary__slug": vocabulary})


def owners(rows: QuerySet, condition: Q) -> Q:
    """Cases that own a row which meets the condition, as a semi-join."""
    return Q(pk__in=rows.filter(condition).order_by().values("case"))


def classed_under(vocabulary: str) -> Callable[[Sequence[str]], Q]:
    """Cases classed under one of the terms, or under a child of one."""
    return lambda values: owners(CaseTerm.objects.all(), of_term("term", vocabulary, values))


def in_country(values: Sequence[str]) -> Q:
    return Q(country__in=Country.objects.filter(code__in=values).values("pk"))


def in_region(values: Sequence[str]) -> Q:
    return Q(country__in=Country.objects.filter(of_term("region", "region", values)).values("pk"))


def with_objective(values: Sequence[str]) -> Q:
    return owners(Objective.objects.all(), of_term("broad_objectives", "objective", values))


def with_actor(values: Sequence[str]) -> Q:
    return owners(CaseActor.objects.all(), of_term("organization__types", "actor-type", values))


def for_beneficiary(values: Sequence[str]) -> Q:
    return owners(BeneficiaryGroup.objects.all(), of_term("groups", "beneficiary", values))


def illustrates(values: Sequence[str]) -> Q:
    return owners(Illustration.objects.all(), Q(recommendation__number__in=[int(value) for value in values]))


def supported_by_jmdi(values: Sequence[str]) -> Q:
    return Q(is_jmdi_supported__in=[value == YES for value in values])


def within_budget(values: Sequence[str]) -> Q:
    """The total lies in one of the bands, by the rate of its currency; or no band can be told."""
    dollars = F("total") * F("currency__usd_value")
    banded = Budget.objects.annotate(dollars=dollars).filter(dollars__isnull=False)
    condition, low = Q(), 0
    for band, limit in BAND_LIMITS:
        if band in values:
            inside = Q(dollars__gte=low) if limit is None else Q(dollars__gte=low, dollars__lt=limit)
            condition |= owners(banded, inside)
        low = limit
    if NOT_REPORTED in values:
        condition |= ~Q(pk__in=banded.values("case"))
    return condition


def overlapping(first: int | None, last: int | None) -> Q:
    """Cases with a period that overlaps the years from `first` to `last`, both included; open where None.

    An ongoing period has no end. A period of which one end is unknown counts as that one year; one without any year
    overlaps nothing.
    """
    start = Coalesce("start_year", "end_year")
    end = Choose(
        When(is_ongoing=True, then=Value(OPEN_END)),
        default=Coalesce("end_year", "start_year"),
        output_field=IntegerField(),
    )
    periods = Period.objects.annotate(first=start, last=end).filter(first__isnull=False)
    return owners(periods, Q(last__gte=first or 0, first__lte=last or OPEN_END))


@dataclass(frozen=True)
class Facet:
    """A way to narrow the list: `name` is the query parameter; values of one facet are joined by «or»."""

    name: str
    label: str | Promise
    options: Callable[[Lists], list[Option]]
    condition: Callable[[Sequence[str]], Q]
    # Closed lists show every option; open ones only what published cases hold.
    is_closed: bool = True
    help_text: str | Promise = field(default="")


def country_options(lists: Lists) -> list[Option]:
    return [Option(country.code, country.name) for country in lists.countries]


def recommendation_options(lists: Lists) -> list[Option]:
    return [Option(str(r.number), f"{r.number}. {r.title}") for r in lists.recommendations]


def budget_options(lists: Lists) -> list[Option]:
    return [
        *(Option(band.value, band.label) for band in BudgetBand),
        Option(NOT_REPORTED, _("not reported, or no total")),
    ]


def yes_no_options(lists: Lists) -> list[Option]:
    return [Option(YES, pgettext_lazy("answer", "Yes")), Option(NO, pgettext_lazy("answer", "No"))]


def term_facet(name: str, label: str | Promise) -> Facet:
    """A facet over the terms that a case is classed under."""
    return Facet(name, label, term_options(name), classed_under(name))


FACETS: tuple[Facet, ...] = (
    Facet("region", _("Region"), term_options("region"), in_region),
    Facet("country", _("Country"), country_options, in_country, is_closed=False),
    term_facet("level", _("Level of government")),
    term_facet("migration", _("Migration profile")),
    term_facet("state", _("Kind of state")),
    term_facet("trigger", _("Trigger")),
    term_facet("approach", _("Approach")),
    Facet("objective", _("Objective"), term_options("objective"), with_objective),
    Facet("actor", _("Type of actor"), term_options("actor-type"), with_actor),
    term_facet("mechanism", _("Key mechanism")),
    Facet("recommendation", _("Recommendation"), recommendation_options, illustrates),
    Facet("beneficiary", _("Beneficiaries"), term_options("beneficiary"), for_beneficiary),
    Facet(
        "budget",
        _("Budget"),
        budget_options,
        within_budget,
        help_text=_("Bands are ours: the total as stated, at the average rates of 2015."),
    ),
    Facet("jmdi", _("Supported by the JMDI"), yes_no_options, supported_by_jmdi),
)
FACETS_BY_NAME = {facet.name: facet for facet in FACETS}
