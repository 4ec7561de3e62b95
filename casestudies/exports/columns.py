"""The columns of a list of cases, each declared once: header, getter, description. Adding one is one line.

Values of a vocabulary are the labels that the screen shows, separated by «|».
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..choices import BudgetBand, BudgetPeriod, BudgetStatus, Qualifier, Section, Strength, Unit
from ..models import Budget, Case, Figure, Source, Term
from .declaring import Column, Joined, Type, joined, yes_no


def in_order(found: Iterable[Term]) -> list[Term]:
    """Terms once each, in the order of their vocabulary."""
    return sorted(dict.fromkeys(found), key=lambda term: (term.position, term.slug))


def of_terms(
    header: str,
    vocabulary: str,
    found: Callable[[Any], Iterable[Term]],
    description: str | Promise,
    label: str | Promise = "",
    *,
    field: str = "",
    follows: str = "",
) -> Column:
    """A column of the labels of a vocabulary's terms, in its order; `found` gives the terms of a row."""

    def terms(row: Any) -> list[Term]:
        return in_order(found(row))

    def getter(row: Any, base_url: str) -> Joined:
        return joined(term.label for term in terms(row))

    return Column(
        header, getter, description, label, type=Type.LIST, vocabulary=vocabulary, terms=terms, field=field,
        follows=follows,
    )  # fmt: skip


def classed(header: str, description: str | Promise, label: str | Promise) -> Column:
    """A column of the terms that a case itself is classed under; the vocabulary has the name of the column."""

    def found(case: Case) -> Iterable[Term]:
        return (row.term for row in case.caseterms.all() if row.term.vocabulary.slug == header)

    return of_terms(header, header, found, description, label, follows="classifications")


def objectives(case: Case) -> Iterable[Term]:
    return (term for row in case.objectives.all() for term in row.broad_objectives.all())


def actor_types(case: Case) -> Iterable[Term]:
    return (term for row in case.caseactors.all() for term in row.organization.types.all())


def beneficiaries(case: Case) -> Iterable[Term]:
    return (term for row in case.beneficiarygroups.all() for term in row.groups.all())


def lead_actors(case: Case, base_url: str) -> Joined:
    return joined(row.organization.name for row in case.caseactors.all() if row.is_lead)


def recommendations(strength: str) -> Callable[[Case, str], Joined]:
    """The numbers of the recommendations that the case illustrates with this strength: «5|14a»."""
    return lambda case, base_url: joined(row.label for row in case.illustrations.all() if row.strength == strength)


def start_year(case: Case, base_url: str) -> int | None:
    return min((p.start_year for p in case.periods.all() if p.start_year), default=None)


def end_year(case: Case, base_url: str) -> int | None:
    return max((p.end_year for p in case.periods.all() if p.end_year), default=None)


def is_ongoing(case: Case, base_url: str) -> str:
    return yes_no(any(period.is_ongoing for period in case.periods.all()))


def of_budget(getter: Callable[[Budget], Any]) -> Callable[[Case, str], Any]:
    """A cell from the case's budget; empty where the case has none."""

    def from_case(case: Case, base_url: str) -> Any:
        budget = getattr(case, "budget", None)
        return "" if budget is None else getter(budget)

    return from_case


def region(case: Case, base_url: str) -> str:
    return (case.country.region.parent or case.country.region).label


COLUMNS: tuple[Column, ...] = (
    Column(
        "url", lambda case, base: f"{base}{case.get_absolute_url()}", _("The case's address, stable."), follows="slug"
    ),
    Column(
        "number",
        lambda case, base: case.number,
        _("Number in the collection, text: 4.10 follows 4.9."),
        _("Number"),
        field="ordinal",
    ),
    Column("slug", lambda case, base: case.slug, _("The case's short name in addresses, stable."), field="slug"),
    Column("name", lambda case, base: case.name, _("The territory."), field="name"),
    Column(
        "title",
        lambda case, base: case.title,
        _("Title, as at the head of the paper's section."),
        _("Title"),
        field="title",
    ),
    Column(
        "country_code",
        lambda case, base: case.country.code,
        _("ISO 3166-1 alpha-2 code of the country."),
        _("Country code"),
        field="country",
    ),
    Column("country", lambda case, base: case.country.name, _("Country."), _("Country"), follows="country_code"),
    Column("region", region, _("United Nations region (M49)."), _("Region"), follows="country_code"),
    Column(
        "subregion",
        lambda case, base: case.country.region.label,
        _("United Nations sub-region (M49)."),
        _("Sub-region"),
        follows="country_code",
    ),
    classed("level", _("Level of government. Ours."), _("Level of government")),
    Column(
        "start_year",
        start_year,
        _("Year in which the first period starts; empty where not stated."),
        _("Start"),
        type=Type.YEAR,
        follows="periods",
    ),
    Column(
        "end_year",
        end_year,
        _("Year in which the last period ends; empty where not stated or ongoing."),
        _("End"),
        type=Type.YEAR,
        follows="periods",
    ),
    Column(
        "ongoing",
        is_ongoing,
        _("Whether it was ongoing when the collection was made: yes or no."),
        _("Ongoing"),
        type=Type.BOOLEAN,
        follows="periods",
    ),
    Column(
        "jmdi",
        lambda case, base: yes_no(case.is_jmdi_supported),
        _("Supported by the JMDI: yes or no."),
        _("JMDI support"),
        type=Type.BOOLEAN,
        field="is_jmdi_supported",
    ),
    classed("migration", _("Migration profile. Ours."), _("Migration profile")),
    classed("state", _("Kind of state. Ours."), _("Kind of state")),
    classed("trigger", _("Triggers of Part 2."), _("Trigger")),
    classed("approach", _("Bottom-up, top-down or mixed; empty where not stated."), _("Approach")),
    of_terms(
        "objective", "objective", objectives, _("Broad objectives of Part 2."), _("Objective"), follows="objectives"
    ),
    of_terms(
        "actor_types",
        "actor-type",
        actor_types,
        _("Types of the actors, after Part 2."),
        _("Types of actors"),
        follows="actors",
    ),
    Column("lead_actors", lead_actors, _("The actors that lead."), _("Lead"), type=Type.LIST, follows="actors"),
    classed("mechanism", _("Key mechanisms of Part 2 that the case shows."), _("Key mechanisms")),
    of_terms(
        "beneficiary",
        "beneficiary",
        beneficiaries,
        _("Groups that benefit. Ours."),
        _("Beneficiaries"),
        follows="beneficiaries",
    ),
    Column(
        "recommendations_central",
        recommendations(Strength.CENTRAL),
        _("Numbers of the recommendations that the case illustrates centrally. An editorial reading."),
        _("Recommendations, central"),
        type=Type.LIST,
        follows="illustrations",
    ),
    Column(
        "recommendations_supporting",
        recommendations(Strength.SUPPORTING),
        _("Numbers of the recommendations that the case illustrates in support. An editorial reading."),
        _("Recommendations, supporting"),
        type=Type.LIST,
        follows="illustrations",
    ),
    Column(
        "budget_status",
        of_budget(lambda b: b.get_status_display()),
        _("What the paper says of money."),
        _("What is said of money"),
        choices=BudgetStatus,
        follows="budget",
    ),
    Column(
        "budget_total",
        of_budget(lambda b: b.total),
        _("Total as stated, in its own currency."),
        _("Budget, as stated"),
        type=Type.NUMBER,
        follows="budget",
    ),
    Column(
        "budget_currency",
        of_budget(lambda b: b.currency.code if b.currency else ""),
        _("ISO 4217 code."),
        _("Currency"),
        follows="budget",
    ),
    Column(
        "budget_covers",
        of_budget(lambda b: b.get_period_display()),
        _("What span of time the total covers."),
        _("Budget covers"),
        choices=BudgetPeriod,
        follows="budget",
    ),
    Column(
        "budget_months",
        of_budget(lambda b: b.duration_months),
        _("Duration in months, as stated."),
        _("Months"),
        type=Type.INTEGER,
        follows="budget",
    ),
    Column(
        "budget_band",
        of_budget(lambda b: BudgetBand(b.band).label if b.band else ""),
        _("Size of the total in US dollars at the average rates of 2015. Ours, for filtering only."),
        _("Budget band"),
        choices=BudgetBand,
        follows="budget",
    ),
    Column("purpose", lambda case, base: case.purpose, _("Purpose, summarized."), _("Purpose"), field="purpose"),
    Column(
        "original_title",
        lambda case, base: case.original_title,
        _("Title in its own language."),
        _("Title in its own language"),
        field="original_title",
    ),
    Column(
        "contents_title",
        lambda case, base: case.contents_title,
        _("Title in the paper's list of contents, where it differs."),
        _("Title in the contents list"),
        field="contents_title",
    ),
    Column("acronym", lambda case, base: case.acronym, _("Acronym of the initiative."), _("Acronym"), field="acronym"),
    Column(
        "collection",
        lambda case, base: case.collection.title,
        _("The publication it is from."),
        _("Collection"),
        field="collection",
    ),
    Column(
        "collection_year",
        lambda case, base: case.collection.year,
        _("The year as of which it is described."),
        _("As of year"),
        type=Type.YEAR,
        follows="collection",
    ),
    Column(
        "last_checked",
        lambda case, base: case.last_checked_on.isoformat() if case.last_checked_on else "",
        _("The day on which it was last held against its source; empty where that is not recorded."),
        _("Last checked"),
        type=Type.DATE,
        field="last_checked_on",
    ),
)


def address_of_figure(figure: Figure, base_url: str) -> str:
    return f"{base_url}{figure.case.get_absolute_url()}#figure-{figure.key}"


def of_source(getter: Callable[[Source], Any]) -> Callable[[Figure, str], Any]:
    """A cell from the work that a figure cites; empty where it cites none."""
    return lambda figure, base_url: "" if figure.source is None else getter(figure.source)


FIGURE_COLUMNS: tuple[Column, ...] = (
    Column("url", address_of_figure, _("Where the figure stands on its case's page, stable."), follows="key"),
    Column(
        "case_number", lambda f, base: f.case.number, _("Number of the case in the collection, text."), follows="case"
    ),
    Column("case", lambda f, base: f.case.slug, _("The case's short name in addresses, stable.")),
    Column("key", lambda f, base: f.key, _("The figure's short name within the case, stable."), field="key"),
    Column("case_name", lambda f, base: f.case.name, _("The territory of the case."), follows="case"),
    Column(
        "country_code",
        lambda f, base: f.case.country.code,
        _("ISO 3166-1 alpha-2 code of the case's country."),
        follows="case",
    ),
    Column(
        "section",
        lambda f, base: f.get_section_display(),
        _("In which of the ten sections it stands."),
        choices=Section,
        field="section",
    ),
    Column("label", lambda f, base: f.label, _("What is counted."), field="label"),
    Column("low", lambda f, base: f.low, _("The value, or the lower end of a range."), type=Type.NUMBER, field="low"),
    Column(
        "high",
        lambda f, base: f.high,
        _("The same as low, or the upper end of a range."),
        type=Type.NUMBER,
        field="high",
    ),
    Column(
        "qualifier",
        lambda f, base: f.get_qualifier_display(),
        _("How exactly the paper states it."),
        choices=Qualifier,
        field="qualifier",
    ),
    Column("stated", lambda f, base: f.stated, _("The value as the paper prints it."), field="stated"),
    Column("unit", lambda f, base: f.get_unit_display(), _("The kind of unit."), choices=Unit, field="unit"),
    Column(
        "unit_label",
        lambda f, base: f.unit_label,
        _("The name of the unit, where the kind does not say it."),
        field="unit_label",
    ),
    Column(
        "currency",
        lambda f, base: f.currency.code if f.currency else "",
        _("ISO 4217 code, of money only."),
        field="currency",
    ),
    Column("base", lambda f, base: f.base, _("Of what a share is."), field="base"),
    Column("period", lambda f, base: f.period, _("When it was counted, as stated."), field="period"),
    Column(
        "year_from",
        lambda f, base: f.year_from,
        _("First year of the period; empty where not known."),
        type=Type.YEAR,
        field="year_from",
    ),
    Column(
        "year_to",
        lambda f, base: f.year_to,
        _("Last year of the period; empty where not known."),
        type=Type.YEAR,
        field="year_to",
    ),
    Column("where", lambda f, base: f.where, _("The territory that the number is about."), field="where"),
    Column("place", lambda f, base: f.place, _("Where in the paper it stands."), field="place"),
    Column(
        "source",
        of_source(lambda s: s.slug),
        _("The work that the paper cites for it, by its short name."),
        field="source",
    ),
    Column("source_citation", of_source(str), _("The same, written out."), follows="source"),
    Column(
        "source_detail",
        lambda f, base: f.source_detail,
        _("The paper's note, or where in the work."),
        field="source_detail",
    ),
)
