"""What the API has, declared: each resource with its parameters, its rows and the fields of its records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..facets import FACETS, FACETS_BY_NAME, OPEN_END
from ..filters import FIRST_YEAR
from ..index import Index, current
from ..listing import Listing
from ..lists import FIGURES, SOURCES
from ..selection import MATCH_ALL, RELEVANCE, SEARCH, SORTS, YEARS
from . import fields as of
from . import rows
from .asking import DEFAULT_SIZE, LARGEST_SIZE, PAGE, PAGE_SIZE, Found, Parameter
from .fields import Field

SLUG = {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"}
PAGE_PARAMETERS = (
    Parameter(PAGE, _("Which page."), {"type": "integer", "minimum": 1, "default": 1}),
    Parameter(
        PAGE_SIZE,
        _("How many records a page has."),
        {"type": "integer", "minimum": 1, "maximum": LARGEST_SIZE, "default": DEFAULT_SIZE},
    ),
)


def one_of(values: Sequence[str]) -> dict[str, Any]:
    """The schema of a value of a closed list; of any text while the list is empty."""
    return {"type": "string", "enum": list(values)} if values else {"type": "string"}


def selection_parameters(index: Index) -> list[Parameter]:
    """The parameters of `/cases/`, with the values that they take now."""
    year = {"type": "integer", "minimum": FIRST_YEAR, "maximum": OPEN_END}
    return [
        Parameter(
            SEARCH,
            _("A search: words, all of which must stand in the case; words in quotes stand next to each other."),
            {"type": "string", "examples": ["returnees"]},
        ),
        *(
            Parameter(
                facet.name,
                facet_description(facet.name),
                one_of([option.value for option in index.options[facet.name]]),
                is_multiple=True,
            )
            for facet in FACETS
        ),
        Parameter("from", _("First year: cases of which a period ends in it or later."), year),
        Parameter("to", _("Last year, not before the first: cases of which a period starts in it or earlier."), year),
        Parameter(
            MATCH_ALL,
            _("The names of parameters whose values a case must have all, instead of any."),
            one_of([facet.name for facet in FACETS if facet.is_multiple]),
            is_multiple=True,
        ),
        Parameter(
            "sort",
            _("The order: “number” where nothing is said; of a search “relevance”, which needs one."),
            one_of([*SORTS, RELEVANCE]),
        ),
    ]


def facet_description(name: str) -> str:
    """What a facet chooses, in words; what its values mean stands in its vocabulary."""
    facet = FACETS_BY_NAME[name]
    where = _("Its values are the terms of the vocabulary “%(slug)s”.") % {"slug": facet.vocabulary}
    parts = [f"{facet.label}.", str(facet.help_text), str(where) if facet.vocabulary else ""]
    return " ".join(filter(None, parts))


def listing_parameters(listing: Listing) -> list[Parameter]:
    """The parameters of a listing, with the values that they take now; a sort only where there is a choice."""
    lists = listing.parse(QueryDict()).lists
    found = [
        Parameter(
            each.name,
            f"{each.label}.",
            one_of([option.value for option in each.options(lists)]) if each.options else SLUG,
            is_multiple=True,
        )
        for each in listing.filters
    ]
    if len(listing.sorts) > 1:
        description = _("The order; “%(default)s” where nothing is said.") % {"default": listing.default_sort}
        found.append(Parameter("sort", description, one_of(list(listing.sorts))))
    return found


def names(parameters: Sequence[Parameter]) -> tuple[str, ...]:
    return tuple(parameter.name for parameter in parameters)


def case_names() -> tuple[str, ...]:
    """The names of the parameters of `/cases/`."""
    return (SEARCH, *(facet.name for facet in FACETS), *YEARS, MATCH_ALL, "sort")


def listing_names(listing: Listing) -> tuple[str, ...]:
    """The names of the parameters of a listing."""
    return (*(each.name for each in listing.filters), *(["sort"] if len(listing.sorts) > 1 else []))


@dataclass(frozen=True)
class Resource:
    """A list of records: where it is, what it is, what it takes, what it finds, what each record holds.

    `names` are its parameters, `parameters` describes them with their values.
    """

    name: str
    record: str
    title: str | Promise
    description: str | Promise
    fields: Sequence[Field]
    find: Callable[[QueryDict], Found]
    names: tuple[str, ...] = ()
    parameters: Callable[[Index], list[Parameter]] = lambda index: []


@dataclass(frozen=True)
class Item:
    """One record of a resource, by its key in the address: its fields, and how it is found."""

    resource: Resource
    record: str
    key: str
    key_schema: dict[str, Any]
    key_description: str | Promise
    description: str | Promise
    fields: Sequence[Field]
    #: The record of a key; None where there is none. Of cases the view knows more (moved, archived).
    find: Callable[[Any], Any] | None = None
    #: The key that a former one leads to; None where it leads nowhere.
    moved: Callable[[Any], Any] | None = None


CASES = Resource(
    "cases",
    "Case",
    _("Cases"),
    _("The cases of a selection, in its order: the filters, the search and the sorts of the list of cases."),
    of.CASE_FIELDS,
    rows.find_selected,
    case_names(),
    selection_parameters,
)
ILLUSTRATIONS = Resource(
    "illustrations",
    "Illustration",
    _("Illustrations"),
    _(
        "How the cases of a selection illustrate recommendations, case by case in its order. “recommendation” chooses "
        "cases, “of” the recommendation that the illustration itself is of."
    ),
    of.ILLUSTRATION_FIELDS,
    rows.ILLUSTRATIONS.find,
    (*case_names(), *rows.ILLUSTRATIONS.own),
    lambda index: [*selection_parameters(index), *listing_parameters(rows.ILLUSTRATIONS.listing)],
)
ACTORS = Resource(
    "actors",
    "Actor",
    _("Actors"),
    _(
        "The actors of the cases of a selection, case by case in its order. “actor” chooses cases, “type” the type of "
        "the actor itself."
    ),
    of.ACTOR_FIELDS,
    rows.ACTORS.find,
    (*case_names(), *rows.ACTORS.own),
    lambda index: [*selection_parameters(index), *listing_parameters(rows.ACTORS.listing)],
)
FIGURE_LIST = Resource(
    "figures",
    "Figure",
    _("Figures"),
    _("Every number that the cases state: the filters and the sorts of the list of figures."),
    of.FIGURE_FIELDS,
    rows.find_figures,
    listing_names(FIGURES),
    lambda index: listing_parameters(FIGURES),
)
RECOMMENDATIONS = Resource(
    "recommendations",
    "Recommendation",
    _("Recommendations"),
    _("The recommendations of Part 3, by their numbers."),
    of.RECOMMENDATION_FIELDS,
    lambda data: rows.find_recommendations(current(), data),
)
VOCABULARIES = Resource(
    "vocabularies",
    "Vocabulary",
    _("Vocabularies"),
    _("The vocabularies by which the cases are described, in the order of Part 2."),
    of.VOCABULARY_FIELDS,
    rows.find_vocabularies,
)
SOURCE_LIST = Resource(
    "sources",
    "Source",
    _("Sources"),
    _("The works that the paper cites, as of 2015: the filters and the sorts of the list of sources."),
    of.SOURCE_FIELDS,
    rows.find_sources,
    listing_names(SOURCES),
    lambda index: listing_parameters(SOURCES),
)
RESOURCES = (CASES, ILLUSTRATIONS, FIGURE_LIST, ACTORS, RECOMMENDATIONS, VOCABULARIES, SOURCE_LIST)

CASE = Item(
    CASES,
    "FullCase",
    "slug",
    SLUG,
    _("The case's short name."),
    _("One case with everything that hangs off it. A former address answers 301, an archived case 410."),
    of.FULL_CASE_FIELDS,
)
RECOMMENDATION = Item(
    RECOMMENDATIONS,
    "Recommendation",
    "number",
    {"type": "integer", "minimum": 0},
    _("The number in Part 3."),
    _("One recommendation with its lettered parts."),
    of.RECOMMENDATION_FIELDS,
    lambda number: rows.recommendation(current(), number),
)
VOCABULARY = Item(
    VOCABULARIES,
    "FullVocabulary",
    "slug",
    SLUG,
    _("The vocabulary's short name."),
    _("One vocabulary with its terms and how many cases bear each."),
    of.FULL_VOCABULARY_FIELDS,
    rows.vocabulary,
)
SOURCE = Item(
    SOURCE_LIST,
    "FullSource",
    "slug",
    SLUG,
    _("The work's short name."),
    _("One work with the cases that cite it. A former address answers 301."),
    of.FULL_SOURCE_FIELDS,
    rows.source,
    rows.moved_source,
)
ITEMS = (CASE, RECOMMENDATION, VOCABULARY, SOURCE)
