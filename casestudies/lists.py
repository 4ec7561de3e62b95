"""The lists beside the cases, declared: figures, sources, acronyms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import or_

from django.db.models import Case as Choose
from django.db.models import F, IntegerField, Q, Value, When
from django.db.models.functions import Substr
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .choices import Section, SourceKind, Unit
from .facets import FACETS_BY_NAME, YES, Lists, Option, yes_no_options
from .listing import ListFilter, Listing
from .models import Acronym, Case, Figure, Source
from .selection import CodePoints


def of_case_facet(name: str) -> ListFilter:
    """A facet of the cases as a filter of rows that belong to them."""
    facet = FACETS_BY_NAME[name]
    return ListFilter(
        name,
        facet.label,
        lambda values: Q(case__in=Case.objects.published().filter(facet.condition(values)).values("pk")),
        facet.options,
    )


def choice_options(choices: type) -> Callable[[Lists], list[Option]]:
    """The options of a closed list of the schema."""
    return lambda lists: [Option(choice.value, choice.label) for choice in choices]


def find_cases(slugs: Sequence[str]) -> list[Option]:
    """The published cases among those asked for, in the order asked. One query."""
    rows = Case.objects.published().filter(slug__in=slugs)
    names = dict(rows.order_by().values_list("slug", "name"))
    return [Option(slug, names[slug]) for slug in slugs if slug in names]


# The ten sections in the order of the grid, not of their names.
SECTION_ORDER = Choose(
    *(When(section=section, then=Value(index)) for index, section in enumerate(Section)), output_field=IntegerField()
)
FIGURE_ORDER = (
    "case__collection__position",
    "case__ordinal",
    CodePoints("case__slug"),
    SECTION_ORDER,
    "position",
    CodePoints("key"),
)

FIGURES = Listing(
    rows=lambda: Figure.objects.published(),
    filters=(
        ListFilter("case", _("Case"), lambda values: Q(case__slug__in=values), find=find_cases),
        ListFilter("unit", _("Unit"), lambda values: Q(unit__in=values), choice_options(Unit)),
        ListFilter("section", _("Section"), lambda values: Q(section__in=values), choice_options(Section)),
        of_case_facet("region"),
        of_case_facet("country"),
    ),
    sorts={
        "case": (_("Case and section"), FIGURE_ORDER),
        "value": (_("Value, largest first"), (F("high").desc(), F("low").desc(), *FIGURE_ORDER)),
        "year": (
            _("Year, latest first"),
            (F("year_to").desc(nulls_last=True), F("year_from").desc(nulls_last=True), *FIGURE_ORDER),
        ),
        "label": (_("What is counted"), (CodePoints("sort_key"), *FIGURE_ORDER)),
    },
)


def cited(values: Sequence[str]) -> Q:
    """Cited by a published case, or not."""
    by_published = Source.objects.cited_condition()
    chosen = [by_published if value == YES else ~by_published for value in values]
    return reduce(or_, chosen)


SOURCE_ORDER = (CodePoints("sort_key"), F("year").asc(nulls_last=True), "year_suffix", CodePoints("slug"))

SOURCES = Listing(
    rows=lambda: Source.objects.published(),
    filters=(
        ListFilter("kind", _("Kind"), lambda values: Q(kind__in=values), choice_options(SourceKind)),
        ListFilter(
            "bibliography",
            _("In the paper's bibliography"),
            lambda values: Q(in_bibliography__in=[value == YES for value in values]),
            yes_no_options,
        ),
        ListFilter("cited", _("Cited by a case"), cited, yes_no_options),
    ),
    sorts={
        "author": (_("Author"), SOURCE_ORDER),
        "year": (_("Year, latest first"), (F("year").desc(nulls_last=True), *SOURCE_ORDER)),
    },
)


def letter_options(lists: Lists) -> list[Option]:
    """The letters with which an acronym begins."""
    letters = Acronym.objects.published().order_by().values_list(Substr("sort_key", 1, 1), flat=True).distinct()
    return [Option(letter, letter.upper()) for letter in sorted(letters)]


ACRONYMS = Listing(
    rows=lambda: Acronym.objects.published().annotate(letter=Substr("sort_key", 1, 1)),
    filters=(
        ListFilter(
            "letter", pgettext_lazy("of the alphabet", "Letter"), lambda values: Q(letter__in=values), letter_options
        ),
    ),
    sorts={"acronym": (_("Acronym"), (CodePoints("sort_key"), CodePoints("slug")))},
)
