"""Small collections for the tests of filters, lists and downloads."""

from __future__ import annotations

from decimal import Decimal

from django.http import QueryDict

from casestudies.changes import held_back
from casestudies.models import Case, Country, Term
from casestudies.selection import Selection, parse
from tests.factories import (
    BeneficiaryGroupFactory,
    BudgetFactory,
    CaseActorFactory,
    CaseFactory,
    CaseTermFactory,
    CountryFactory,
    CurrencyFactory,
    IllustrationFactory,
    ObjectiveFactory,
    OrganizationFactory,
    PeriodFactory,
    RecommendationFactory,
    SubPointFactory,
    term,
)
from tests.remembering import remembered

# Vocabulary -> term -> its parent. «decentralized-cooperation» stands in two of them, as in the paper.
TERMS: dict[str, dict[str, str | None]] = {
    "trigger": {
        "national-legislation": None,
        "policy-mismatch": None,
        "missing-channels": "policy-mismatch",
        "easier-to-legislate-locally": "policy-mismatch",
    },
    "approach": {"bottom-up": None, "top-down": None, "mixed": None},
    "objective": {
        "socioeconomic-integration": None,
        "diaspora-opportunities": None,
        "decentralized-cooperation": None,
    },
    "actor-type": {
        "local-government": None,
        "municipalities-and-councils": "local-government",
        "technical-services": "local-government",
        "civil-society": None,
    },
    "mechanism": {
        "triggering": None,
        "participation": None,
        "councils": "participation",
        "online-platforms": "participation",
        "decentralized-cooperation": None,
    },
    "migration": {"emigration": None, "immigration": None},
    "state": {"centralized": None, "federal": None},
    "level": {"municipal": None, "provincial-or-regional": None, "state-or-canton": None},
    "beneficiary": {"returnees": None, "women": None},
    "region": {
        "africa": None,
        "northern-africa": "africa",
        "western-africa": "africa",
        "europe": None,
        "western-europe": "europe",
    },
}
# Code -> name, sub-region.
COUNTRIES = {
    "CH": ("Switzerland", "western-europe"),
    "FR": ("France", "western-europe"),
    "MA": ("Morocco", "northern-africa"),
    "SN": ("Senegal", "western-africa"),
}
# What one unit is worth in US dollars; of the last no rate is known.
CURRENCIES = {"USD": "1", "CHF": "1.039501", "MAD": "0.1025", "XXX": None}


@remembered
def make_vocabularies() -> None:
    """Every vocabulary with its terms; «deep» terms below their parents."""
    for vocabulary, terms in TERMS.items():
        for slug, parent in terms.items():
            term(vocabulary, slug, parent=term(vocabulary, parent) if parent else None)


@remembered
def make_reference() -> None:
    """Vocabularies, countries, currencies, and recommendations 1, 2 and 14 (with sub-points a and b)."""
    make_vocabularies()
    for code in COUNTRIES:
        country(code)
    for code, value in CURRENCIES.items():
        CurrencyFactory(code=code, usd_value=value and Decimal(value))
    for number in (1, 2, 14):
        RecommendationFactory(number=number)
    for letter in "ab":
        SubPointFactory(recommendation__number=14, letter=letter)


def country(code: str) -> Country:
    """One of `COUNTRIES`, in its sub-region."""
    name, region = COUNTRIES[code]
    return CountryFactory(code=code, name=name, region=term("region", region))


def terms_of(vocabulary: str, slugs: tuple[str, ...] | list[str]) -> list[Term]:
    return [term(vocabulary, slug) for slug in slugs]


@held_back()
def make_case(
    slug: str,
    *,
    code: str = "CH",
    terms: tuple[tuple[str, str], ...] = (),
    objectives: tuple[tuple[str, ...], ...] = (),
    actors: tuple[tuple[str, ...], ...] = (),
    beneficiaries: tuple[tuple[str, ...], ...] = (),
    illustrates: tuple[tuple[int, str], ...] = (),
    budget: tuple[str, str] | str | None = None,
    periods: tuple[tuple[int | None, int | None, bool], ...] = (),
    **fields,
) -> Case:
    """A published case in which every row has the terms given.

    `objectives`, `actors` and `beneficiaries` are tuples of terms, one a row; `illustrates` are numbers with a letter
    or nothing; `budget` is a total with its currency, or a status; `periods` are (start, end, ongoing).
    """
    case = CaseFactory(slug=slug, country=country(code), **fields)
    for vocabulary, value in terms:
        CaseTermFactory(case=case, term=term(vocabulary, value))
    for values in objectives:
        ObjectiveFactory(case=case, broad_objectives=terms_of("objective", values))
    for values in actors:
        CaseActorFactory(case=case, organization=OrganizationFactory(types=terms_of("actor-type", values)))
    for values in beneficiaries:
        BeneficiaryGroupFactory(case=case, groups=terms_of("beneficiary", values))
    for number, letter in illustrates:
        recommendation = RecommendationFactory(number=number)
        subpoint = SubPointFactory(recommendation=recommendation, letter=letter) if letter else None
        IllustrationFactory(case=case, recommendation=recommendation, subpoint=subpoint)
    if isinstance(budget, str):
        BudgetFactory(case=case, status=budget)
    elif budget is not None:
        total, code = budget
        BudgetFactory(case=case, total=Decimal(total), currency=currency(code))
    for start, end, is_ongoing in periods:
        PeriodFactory(case=case, start_year=start, end_year=end, is_ongoing=is_ongoing)
    return case


def currency(code: str):
    """One of `CURRENCIES`."""
    value = CURRENCIES[code]
    return CurrencyFactory(code=code, usd_value=value and Decimal(value))


@remembered
def make_collection() -> None:
    """Five cases that differ in every facet, in the order of their numbers: vaud, souss, dakar, rabat, lyon."""
    make_reference()
    make_case(
        "vaud",
        code="CH",
        terms=(
            ("trigger", "national-legislation"),
            ("approach", "mixed"),
            ("mechanism", "councils"),
            ("mechanism", "participation"),
            ("migration", "immigration"),
            ("state", "federal"),
            ("level", "state-or-canton"),
        ),
        objectives=(("socioeconomic-integration",), ("socioeconomic-integration", "diaspora-opportunities")),
        actors=(("municipalities-and-councils",), ("technical-services", "civil-society")),
        beneficiaries=(("women",), ("women", "returnees")),
        illustrates=((1, ""), (14, "a"), (14, "b")),
        budget=("12400000", "CHF"),
        periods=((2009, None, True),),
    )
    make_case(
        "souss",
        code="MA",
        terms=(
            ("trigger", "missing-channels"),
            ("trigger", "easier-to-legislate-locally"),
            ("approach", "top-down"),
            ("mechanism", "online-platforms"),
            ("migration", "emigration"),
            ("migration", "immigration"),
            ("state", "centralized"),
            ("level", "provincial-or-regional"),
        ),
        objectives=(("diaspora-opportunities",),),
        actors=(("municipalities-and-councils", "technical-services"),),
        beneficiaries=(("returnees",),),
        illustrates=((2, ""), (14, "")),
        budget=("8000000", "MAD"),
        periods=((2011, 2013, False),),
        is_jmdi_supported=True,
    )
    make_case(
        "dakar",
        code="SN",
        terms=(
            ("trigger", "policy-mismatch"),
            ("mechanism", "decentralized-cooperation"),
            ("migration", "emigration"),
            ("level", "municipal"),
        ),
        actors=(("local-government",),),
        illustrates=((1, ""),),
        budget="not-reported",
        periods=((None, 2010, False),),
        is_jmdi_supported=True,
    )
    make_case(
        "rabat",
        code="MA",
        terms=(("trigger", "national-legislation"), ("trigger", "policy-mismatch"), ("level", "municipal")),
        objectives=(("decentralized-cooperation",),),
        actors=(("civil-society",),),
        budget="payer-only",
    )
    # An objective by classification alone, under a slug that a mechanism has too.
    make_case("lyon", code="FR", terms=(("objective", "decentralized-cooperation"),), periods=((None, None, False),))


def select(query: str) -> Selection:
    """The selection of a query string, in which nothing may be dropped."""
    return parse(QueryDict(query), strict=True)


def slugs(query: str) -> list[str]:
    """The slugs of the cases that a query string selects, in its order."""
    return [case.slug for case in select(query).cases()]
