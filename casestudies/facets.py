"""What visitors can filter by: a facet describes itself, knows its options and the condition they put on a case.

Conditions are semi-joins (`pk in (…)`), never joins: a case stands once in the result however many of its rows match.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
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
    CaseChild,
    CaseTerm,
    CoordinationMechanism,
    Country,
    Currency,
    Illustration,
    Objective,
    Period,
    Term,
    budget_band,
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


Pair = tuple[int, str]


class Rows:
    """What published cases hold, as pairs of a case's and a term's primary keys: one query each, made once an index."""

    def __init__(self, lists: Lists) -> None:
        self.lists = lists

    def of(self, model: type[CaseChild]) -> QuerySet:
        """The rows of a model that count."""
        return model.objects.published()

    def of_budgets(self) -> QuerySet:
        """The budgets that count."""
        return Budget.objects.filter(case__in=Case.objects.published())

    @cached_property
    def terms(self) -> dict[int, Term]:
        """Every term by its primary key."""
        return {term.pk: term for terms in self.lists.terms.values() for term in terms}

    @cached_property
    def classified(self) -> list[tuple[int, int]]:
        """Cases and the terms that they are classed under."""
        return list(self.of(CaseTerm).order_by().values_list("case", "term"))

    @cached_property
    def objectives(self) -> list[tuple[int, int]]:
        """Cases and the broad objectives of theirs."""
        return self._many(Objective, "broad_objectives")

    @cached_property
    def actors(self) -> list[tuple[int, int]]:
        """Cases and the types of their actors."""
        return self._many(CaseActor, "organization__types")

    @cached_property
    def beneficiaries(self) -> list[tuple[int, int]]:
        """Cases and the groups that benefit."""
        return self._many(BeneficiaryGroup, "groups")

    @cached_property
    def bearing(self) -> list[tuple[int, int]]:
        """Cases and every term that a row of theirs bears, with the terms above these."""
        rows = [*self.classified, *self.objectives, *self.actors, *self.beneficiaries]
        rows += self._many(CaseActor, "roles")
        rows += self._many(CoordinationMechanism, "form")
        rows += self._many(CoordinationMechanism, "levels")
        above = {pk: term.parent_id for pk, term in self.terms.items()}
        return [*rows, *((case, above[pk]) for case, pk in rows if above.get(pk))]

    @cached_property
    def countries(self) -> list[tuple[int, str, int]]:
        """Cases, the codes of their countries, and the sub-regions of these."""
        rows = Case.objects.published().order_by()
        return list(rows.values_list("pk", "country__code", "country__region"))

    @cached_property
    def illustrations(self) -> list[tuple[int, int, str]]:
        """Cases, the numbers of the recommendations that they illustrate, and how strongly."""
        rows = Illustration.objects.published().order_by()
        return list(rows.values_list("case", "recommendation__number", "strength").distinct())

    @cached_property
    def budgets(self) -> list[Pair]:
        """Cases and the bands of their budgets."""
        currencies = Currency.objects.in_bulk()
        rows = self.of_budgets().order_by()
        told = rows.values_list("case", "total", "currency")
        return [(case, budget_band(total, currencies.get(pk)) or NOT_REPORTED) for case, total, pk in told]

    @cached_property
    def jmdi(self) -> list[Pair]:
        """Cases, and whether the JMDI supports them."""
        rows = Case.objects.published().order_by().values_list("pk", "is_jmdi_supported")
        return [(pk, YES if supported else NO) for pk, supported in rows]

    @cached_property
    def periods(self) -> list[tuple[int, int, int]]:
        """Cases with the first and the last year of each period, as `overlapping` reads them."""
        rows = Period.objects.published().order_by()
        found = []
        for pk, start, end, is_ongoing in rows.values_list("case", "start_year", "end_year", "is_ongoing"):
            first = start or end
            last = OPEN_END if is_ongoing else end or start
            if first is not None:
                found.append((pk, first, last))
        return found

    def _many(self, model: type, path: str) -> list[tuple[int, int]]:
        rows = self.of(model).filter(**{f"{path}__isnull": False}).order_by()
        return list(rows.values_list("case", path).distinct())


class RowsOfOne(Rows):
    """What one case holds, be it public or not: for its preview."""

    def __init__(self, lists: Lists, pk: int) -> None:
        super().__init__(lists)
        self.pk = pk

    def of(self, model: type[CaseChild]) -> QuerySet:
        return model.objects.filter(case=self.pk)

    def of_budgets(self) -> QuerySet:
        return Budget.objects.filter(case=self.pk)


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


def of_terms(vocabulary: str, source: str) -> Callable[[Rows], Iterable[Pair]]:
    """Cases with the slugs of a vocabulary's terms, and of the terms above these, from one of the sources of `Rows`."""

    def pairs(rows: Rows) -> Iterator[Pair]:
        terms = {term.pk: term for term in rows.lists.terms.get(vocabulary, [])}
        # Made once: there are few terms and many rows.
        slugs = {pk: [each.slug for each in (term, terms.get(term.parent_id)) if each] for pk, term in terms.items()}
        return ((case, slug) for case, pk in getattr(rows, source) for slug in slugs.get(pk, ()))

    return pairs


def region_pairs(rows: Rows) -> Iterator[Pair]:
    """Cases with their sub-region and region."""
    for case, _code, pk in rows.countries:
        term = rows.terms.get(pk)
        # What was added between two queries is for the next version.
        if term is not None:
            yield case, term.slug
            if term.parent_id in rows.terms:
                yield case, rows.terms[term.parent_id].slug


def budget_pairs(rows: Rows) -> Iterator[Pair]:
    """Cases with their band; a case without a budget's row has none to tell."""
    yield from rows.budgets
    told = {case for case, _band in rows.budgets}
    yield from ((case, NOT_REPORTED) for case, _code, _region in rows.countries if case not in told)


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
    # The same as the condition, as pairs of a case and a value that it has; for the index.
    pairs: Callable[[Rows], Iterable[Pair]]
    # Whether a case can have several of its values, so that «all of» means something.
    is_multiple: bool = False
    # Closed lists show every option; open ones only what published cases hold.
    is_closed: bool = True
    help_text: str | Promise = field(default="")
    # The vocabulary whose terms are its values; empty where they are something else.
    vocabulary: str = ""


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


def term_facet(
    name: str,
    label: str | Promise,
    *,
    vocabulary: str = "",
    condition: Callable[[Sequence[str]], Q] | None = None,
    source: str = "classified",
    is_multiple: bool = False,
) -> Facet:
    """A facet over the terms of a vocabulary: those that a case is classed under, or bears in other rows of its own."""
    vocabulary = vocabulary or name
    condition, pairs = condition or classed_under(vocabulary), of_terms(vocabulary, source)
    return Facet(name, label, term_options(vocabulary), condition, pairs, is_multiple, vocabulary=vocabulary)


FACETS: tuple[Facet, ...] = (
    Facet("region", _("Region"), term_options("region"), in_region, region_pairs, vocabulary="region"),
    Facet(
        "country",
        _("Country"),
        country_options,
        in_country,
        lambda rows: ((case, code) for case, code, _region in rows.countries),
        is_closed=False,
    ),
    term_facet("level", _("Level of government"), is_multiple=True),
    term_facet("migration", _("Migration profile"), is_multiple=True),
    term_facet("state", _("Kind of state")),
    term_facet("trigger", _("Trigger"), is_multiple=True),
    term_facet("approach", _("Approach")),
    term_facet("objective", _("Objective"), condition=with_objective, source="objectives", is_multiple=True),
    term_facet(
        "actor", _("Type of actor"), vocabulary="actor-type", condition=with_actor, source="actors", is_multiple=True
    ),
    term_facet("mechanism", _("Key mechanism"), is_multiple=True),
    Facet(
        "recommendation",
        _("Recommendation"),
        recommendation_options,
        illustrates,
        lambda rows: ((case, str(number)) for case, number, _strength in rows.illustrations),
        is_multiple=True,
    ),
    term_facet("beneficiary", _("Beneficiaries"), condition=for_beneficiary, source="beneficiaries", is_multiple=True),
    Facet(
        "budget",
        _("Budget"),
        budget_options,
        within_budget,
        budget_pairs,
        help_text=_("Bands are ours: the total as stated, at the average rates of 2015."),
    ),
    Facet("jmdi", _("Supported by the JMDI"), yes_no_options, supported_by_jmdi, lambda rows: rows.jmdi),
)
FACETS_BY_NAME = {facet.name: facet for facet in FACETS}
FACETS_BY_VOCABULARY = {facet.vocabulary: facet for facet in FACETS if facet.vocabulary}
