"""The tables in which cases leave the portal: the cases, and every kind of row that hangs off one.

Works on cases fetched with `for_page()` and makes no query of its own, so that a case with its whole tree costs a fixed
number of queries for each chunk of cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..choices import (
    BudgetPeriod,
    BudgetStatus,
    Direction,
    Evidence,
    NoteKind,
    Qualifier,
    Section,
    SourceKind,
    Strength,
)
from ..models import Case, Cited, Component, EditorialNote, Source
from ..page import Node, nest
from .columns import COLUMNS, FIGURE_COLUMNS, of_terms
from .declaring import Column, Type, joined, yes_no


@dataclass(frozen=True)
class Table:
    """A kind of row: what it is, its columns, the columns that identify a row, and how a case reaches its rows.

    `foreign` names, for a column, the table and the column that its values come from. `find` gives the rows of a case
    where they are not simply those of the accessor.
    """

    name: str
    title: str | Promise
    description: str | Promise
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ("case", "key")
    foreign: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    accessor: str = ""
    find: Callable[[Case], Iterable[Any]] | None = None

    @property
    def headers(self) -> list[str]:
        return [column.header for column in self.columns]

    def rows(self, case: Case) -> Iterable[Any]:
        """The rows of a case, in the order of its page."""
        return self.find(case) if self.find else getattr(case, self.accessor).all()

    def cells(self, row: Any, base_url: str) -> list[Any]:
        """A row as a download has it, a cell for each column."""
        return [column.getter(row, base_url) for column in self.columns]

    def values(self, row: Any, base_url: str, without: tuple[str, ...] = ()) -> dict[str, Any]:
        """A row as JSON has it: its values by the headers of the columns."""
        return {c.header: c.value(row, base_url) for c in self.columns if c.header not in without}


# How columns are declared: one line each.


def plain(name: str, description: str | Promise, type: Type = Type.STRING, *, header: str = "") -> Column:
    """A field as it is."""
    return Column(header or name, lambda row, base: getattr(row, name), description, type=type, field=name)


def truth(name: str, description: str | Promise, *, header: str = "") -> Column:
    """A truth value: yes or no."""
    return Column(
        header or name, lambda row, base: yes_no(getattr(row, name)), description, type=Type.BOOLEAN, field=name
    )


def chosen(name: str, choices: Any, description: str | Promise) -> Column:
    """A value of a closed list, as the screen shows it."""
    return Column(
        name, lambda row, base: getattr(row, f"get_{name}_display")(), description, choices=choices, field=name
    )


def labels(
    header: str,
    vocabulary: str,
    found: Callable[[Any], Iterable[Any]],
    description: str | Promise,
    *,
    follows: str = "",
) -> Column:
    """The labels of terms of one vocabulary: those of the row's own field of that name, unless they follow another."""
    return of_terms(header, vocabulary, found, description, field="" if follows else header, follows=follows)


def listed(
    header: str, found: Callable[[Any], Iterable[Any]], description: str | Promise, *, follows: str = ""
) -> Column:
    """Texts or slugs, several in one cell: of the row's own field of that name, unless they follow another column."""
    field = "" if follows else header
    return Column(
        header, lambda row, base: joined(found(row)), description, type=Type.LIST, field=field, follows=follows
    )


def through(header: str, relation: str, name: str, description: str | Promise, *, within: str = "") -> Column:
    """A field of what the row points at; empty where it points at nothing. Under the link's own name it says which."""

    def getter(row: Any, base_url: str) -> Any:
        target = getattr(row, relation)
        return "" if target is None else getattr(target, name)

    if header == relation:
        return Column(header, getter, description, field=relation, within=within)
    return Column(header, getter, description, follows=relation)


def body(relation: str, description: str | Promise) -> tuple[Column, Column]:
    """An organization: its short name and its name."""
    return (
        through(relation, relation, "slug", _("Short name of the organization, the same in every table.")),
        through(f"{relation}_name", relation, "name", description),
    )


CASE = Column("case", lambda row, base: row.case.slug, _("The case's short name in addresses, stable."))
KEY = plain("key", _("The row's short name within the case, stable."))
SECTION = chosen("section", Section, _("In which of the ten sections it stands."))
EVIDENCE = chosen("evidence", Evidence, _("On what ground it is classed so."))
CITED = (
    plain("place", _("Where in the paper it stands.")),
    through("source", "source", "slug", _("The work that the paper cites for it, by its short name.")),
    plain("source_detail", _("The paper's note, or where in the work.")),
)
OF_CASE = {"case": ("cases", "slug")}
OF_CITED = {**OF_CASE, "source": ("works", "slug")}


def start_and_end() -> tuple[Column, ...]:
    """A span of time by year and month."""
    return (
        plain("start_year", _("First year; empty where not known."), Type.YEAR),
        plain("start_month", _("First month, 1 to 12; empty where not known."), Type.INTEGER),
        plain("end_year", _("Last year; empty where not known or without an end."), Type.YEAR),
        plain("end_month", _("Last month, 1 to 12; empty where not known."), Type.INTEGER),
    )


ORIGINAL_NAME = plain("original_name", _("Its name in its own language."))


# Rows that are not simply those of an accessor.


def nested(case: Case) -> Iterator[Component]:
    """Components in the order of the page: each followed by what is nested in it, and knowing what it is part of."""

    def walk(nodes: list[Node], parent: Component | None) -> Iterator[Component]:
        for node in nodes:
            node.component.parent = parent
            yield node.component
            yield from walk(node.children, node.component)

    return walk(nest(case.components.all()), None)


def budget(case: Case) -> list[Any]:
    """The case's budget, where it has one."""
    return [case.budget] if hasattr(case, "budget") else []


def notes(case: Case) -> list[EditorialNote]:
    """Editorial notes, without those beside a link to a case that no visitor may see."""
    shown = {f"caselinks/{row.key}" for row in case.caselinks.all()}
    return [n for n in case.editorialnotes.all() if not n.about.startswith("caselinks/") or n.about in shown]


def works(case: Case) -> list[Source]:
    """The works that a case cites, in its list of sources or in a row of any table, once each, by author and year."""
    found = {row.source_id: row.source for row in case.casesources.all()}
    for table in ROW_TABLES:
        for row in table.rows(case):
            if isinstance(row, Cited) and row.source_id is not None:
                found.setdefault(row.source_id, row.source)
    return sorted(found.values(), key=lambda work: (work.sort_key, work.year or 0, work.year_suffix, work.slug))


CASES = Table("cases", _("Cases"), _("One row for each case."), COLUMNS, key=("slug",), find=lambda case: [case])

ROW_TABLES: tuple[Table, ...] = (
    Table(
        "periods",
        _("Periods"),
        _("The spans of time in which a case ran. Plan years and horizons are milestones."),
        (
            CASE,
            KEY,
            plain("label", _("What ran in it.")),
            plain("stated", _("The span as the paper prints it.")),
            *start_and_end(),
            truth("is_ongoing", _("Whether it was ongoing when the collection was made."), header="ongoing"),
            *CITED,
        ),
        foreign=OF_CITED,
        accessor="periods",
    ),
    Table(
        "places",
        _("Places"),
        _("Where a case acts. Coordinates are approximate, and ours."),
        (
            CASE,
            KEY,
            plain("name", _("Name.")),
            ORIGINAL_NAME,
            plain("kind", _("Kind of place, such as canton, region or city.")),
            plain("latitude", _("Degrees north of the equator (WGS 84)."), Type.NUMBER),
            plain("longitude", _("Degrees east of Greenwich (WGS 84)."), Type.NUMBER),
            *CITED,
        ),
        foreign=OF_CITED,
        accessor="caseplaces",
    ),
    Table(
        "narratives",
        _("Narratives"),
        _("The text of each section, summarized; paragraphs are parted by an empty line."),
        (CASE, KEY, SECTION, plain("text", _("The text.")), *CITED),
        foreign=OF_CITED,
        accessor="narratives",
    ),
    Table(
        "classifications",
        _("Classifications"),
        _("The terms that a case itself is classed under, each with its ground and reason."),
        (
            CASE,
            KEY,
            Column(
                "vocabulary",
                lambda row, base: row.term.vocabulary.slug,
                _("Short name of the vocabulary."),
                follows="term",
            ),
            through("term", "term", "slug", _("Short name of the term within its vocabulary."), within="vocabulary"),
            through("label", "term", "label", _("The term.")),
            Column(
                "parent",
                lambda row, base: row.term.parent.slug if row.term.parent else "",
                _("Short name of the term above it in the vocabulary."),
                follows="term",
            ),
            EVIDENCE,
            plain("reason", _("Why it is classed so.")),
            *CITED,
        ),
        foreign=OF_CITED,
        accessor="caseterms",
    ),
    Table(
        "actors",
        _("Actors"),
        _("The organizations that take part in a case, and what they do there."),
        (
            CASE,
            KEY,
            *body("organization", _("Name of the organization.")),
            Column(
                "original_name",
                lambda row, base: row.organization.original_name,
                _("Name of the organization in its own language."),
                follows="organization",
            ),
            Column(
                "acronym",
                lambda row, base: row.organization.acronym,
                _("Acronym of the organization."),
                follows="organization",
            ),
            plain("name_stated", _("Name as stated, where the paper names it otherwise in this case.")),
            listed(
                "other_names",
                lambda row: (each.name for each in row.organization.other_names.all()),
                _("Other names under which the paper mentions it."),
                follows="organization",
            ),
            labels(
                "types",
                "actor-type",
                lambda row: row.organization.types.all(),
                _("Types of the actor, after Part 2."),
                follows="organization",
            ),
            Column(
                "collective",
                lambda row, base: yes_no(row.organization.is_collective),
                _("Whether it stands for several bodies that the paper does not name one by one."),
                type=Type.BOOLEAN,
                follows="organization",
            ),
            Column(
                "part_of",
                lambda row, base: str(row.organization.parent or ""),
                _("The organization that it is part of."),
                follows="organization",
            ),
            Column(
                "succeeded_by",
                lambda row, base: str(row.organization.successor or ""),
                _("The organization that succeeded it."),
                follows="organization",
            ),
            labels("roles", "role", lambda row: row.roles.all(), _("What it does in the case.")),
            truth("is_lead", _("Whether it leads."), header="lead"),
            plain("lead_note", _("In what way it leads.")),
            plain("count", _("Number of bodies, where it stands for several."), Type.INTEGER),
            EVIDENCE,
            plain("text", _("What it does in the case, in words.")),
            *CITED,
        ),
        foreign=OF_CITED,
        accessor="caseactors",
    ),
    Table(
        "objectives",
        _("Objectives"),
        _("The case's own objectives, in order, under the broad ones of Part 2."),
        (
            CASE,
            KEY,
            plain("text", _("The objective.")),
            labels(
                "broad_objectives",
                "objective",
                lambda row: row.broad_objectives.all(),
                _("The broad objectives of Part 2 that it falls under."),
            ),
            EVIDENCE,
            *CITED,
        ),
        foreign=OF_CITED,
        accessor="objectives",
    ),
    Table(
        "mechanisms",
        _("Coordination mechanisms"),
        _("The bodies, procedures and agreements through which the actors coordinate."),
        (
            CASE,
            KEY,
            plain("name", _("Name.")),
            ORIGINAL_NAME,
            plain("acronym", _("Acronym.")),
            *body("organization", _("The actor that it is, where it is one.")),
            Column(
                "form",
                lambda row, base: row.form.label if row.form else "",
                _("Form of coordination."),
                vocabulary="coordination-form",
                field="form",
            ),
            chosen("direction", Direction, _("Whether it joins peers or levels of government.")),
            labels("levels", "tier", lambda row: row.levels.all(), _("The levels of government that it joins.")),
            listed(
                "members",
                lambda row: (member.key for member in row.members.all()),
                _("Its members, by their key in the table of actors."),
            ),
            listed(
                "member_names",
                lambda row: (member.organization.name for member in row.members.all()),
                _("The names of its members."),
                follows="members",
            ),
            plain("members_stated", _("Members as stated.")),
            EVIDENCE,
            plain("text", _("What it does.")),
            *CITED,
        ),
        foreign=OF_CITED,
        accessor="coordinationmechanisms",
    ),
    Table(
        "beneficiaries",
        _("Beneficiaries"),
        _("Whom a case is for, as stated and typed."),
        (
            CASE,
            KEY,
            plain("text", _("As stated.")),
            plain("count", _("How many they are."), Type.INTEGER),
            labels("groups", "beneficiary", lambda row: row.groups.all(), _("The groups that they belong to. Ours.")),
            EVIDENCE,
            *CITED,
        ),
        foreign=OF_CITED,
        accessor="beneficiarygroups",
    ),
    Table(
        "key_elements",
        _("Key mainstreaming elements"),
        _("What the paper names as the key elements at the end of a case."),
        (CASE, KEY, plain("title", _("Title.")), plain("text", _("The text.")), *CITED),
        foreign=OF_CITED,
        accessor="keyelements",
    ),
    Table(
        "tiers",
        _("Tiers of government"),
        _("The tiers of government of the country, with how many units they have."),
        (
            CASE,
            KEY,
            plain("name", _("Name.")),
            ORIGINAL_NAME,
            plain("count", _("Number of units."), Type.INTEGER),
            plain("count_stated", _("The number as the paper prints it.")),
            chosen("qualifier", Qualifier, _("How exactly the paper states it.")),
            plain("period", _("As of when, as stated.")),
            plain("text", _("How it is governed.")),
            *CITED,
        ),
        foreign=OF_CITED,
        accessor="governmenttiers",
    ),
    Table(
        "competences",
        _("Competences"),
        _("Who is in charge of what in the country."),
        (
            CASE,
            KEY,
            plain("holder", _("Who.")),
            *body("organization", _("The organization that it is, where it is one.")),
            plain("matter", _("What it is in charge of.")),
            *CITED,
        ),
        foreign=OF_CITED,
        accessor="competences",
    ),
    Table(
        "components",
        _("Components"),
        _("The items of the titled lists in a section, each followed by what is nested in it."),
        (
            CASE,
            KEY,
            SECTION,
            through("parent", "parent", "key", _("The component that it is part of, by its key.")),
            plain("title", _("Title.")),
            plain("text", _("The text.")),
            *CITED,
        ),
        foreign=OF_CITED,
        accessor="components",
        find=nested,
    ),
    Table(
        "figures",
        _("Figures"),
        _("The numbers that the paper states, with what is needed to read them."),
        FIGURE_COLUMNS,
        foreign=OF_CITED,
        accessor="figures",
    ),
    Table(
        "budget",
        _("Budgets"),
        _("What the paper says of a case's money: one row at most for each case."),
        (
            CASE,
            chosen("status", BudgetStatus, _("What the paper says of money.")),
            plain("total", _("Total as stated, in its own currency."), Type.NUMBER),
            through("currency", "currency", "code", _("ISO 4217 code.")),
            chosen("period", BudgetPeriod, _("What span of time the total covers.")),
            plain("year_from", _("First year that it covers."), Type.YEAR),
            plain("year_to", _("Last year that it covers."), Type.YEAR),
            plain("duration_months", _("Duration in months, as stated."), Type.INTEGER),
            plain("note", _("What else there is to say of it.")),
            *CITED,
        ),
        key=("case",),
        foreign=OF_CITED,
        accessor="budget",
        find=budget,
    ),
    Table(
        "contributions",
        _("Contributions"),
        _("What each payer gives to a case; without an amount where the paper names only the payer."),
        (
            CASE,
            KEY,
            *body("payer", _("Name of the payer's organization, where it is one.")),
            plain("payer_stated", _("The payer as stated.")),
            plain("amount", _("The amount as stated, in its own currency."), Type.NUMBER),
            through("currency", "currency", "code", _("ISO 4217 code.")),
            plain("note", _("What else there is to say of it.")),
            *CITED,
        ),
        foreign=OF_CITED,
        accessor="contributions",
    ),
    Table(
        "milestones",
        _("Milestones"),
        _("Dated events: laws, plans, bodies founded, meetings, launches."),
        (
            CASE,
            KEY,
            SECTION,
            plain("date_stated", _("The date as the paper prints it.")),
            *start_and_end(),
            plain("text", _("What happened.")),
            listed("bodies", lambda row: (each.name for each in row.bodies.all()), _("The bodies that took part.")),
            plain("instrument", _("The law, plan or agreement.")),
            plain("original_instrument", _("Its name in its own language.")),
            *CITED,
        ),
        foreign=OF_CITED,
        accessor="milestones",
    ),
    Table(
        "illustrations",
        _("Illustrations"),
        _("Which recommendations of Part 3 a case illustrates, how strongly and why. An editorial reading."),
        (
            CASE,
            KEY,
            Column(
                "label",
                lambda row, base: row.label,
                _("Number of the recommendation, with the letter of its sub-point."),
                follows="recommendation",
            ),
            Column(
                "recommendation",
                lambda row, base: row.recommendation.number,
                _("Number of the recommendation."),
                type=Type.INTEGER,
                field="recommendation",
            ),
            through(
                "subpoint",
                "subpoint",
                "letter",
                _("Letter of the sub-point; empty where it is the whole."),
                within="recommendation",
            ),
            Column(
                "title",
                lambda row, base: row.subpoint.title if row.subpoint else row.recommendation.title,
                _("Short title of the recommendation, or of the sub-point."),
                follows="recommendation",
            ),
            chosen("strength", Strength, _("How strongly the case illustrates it.")),
            plain("reason", _("What the case did that illustrates it.")),
            *CITED,
        ),
        foreign=OF_CITED,
        accessor="illustrations",
    ),
    Table(
        "notes",
        _("Editorial notes"),
        _("Remarks of the editors beside a value, in a section, or on the case as a whole."),
        (
            CASE,
            KEY,
            SECTION,
            chosen("kind", NoteKind, _("Why the note is there.")),
            plain("about", _("What it stands beside: a field of the case, or a kind of row and its key.")),
            plain("text", _("The note.")),
            *CITED,
        ),
        foreign=OF_CITED,
        accessor="editorialnotes",
        find=notes,
    ),
    Table(
        "links",
        _("Links to other cases"),
        _("The cases that a case is linked to, with what joins them."),
        (
            CASE,
            KEY,
            through("other", "other", "slug", _("Short name of the other case, which may not be in the selection.")),
            through("other_name", "other", "name", _("The territory of the other case.")),
            plain("text", _("What joins them.")),
            *CITED,
        ),
        foreign=OF_CITED,
        accessor="caselinks",
    ),
    Table(
        "case_sources",
        _("Sources of the cases"),
        _("The works cited for a section of a case, and what they support."),
        (
            CASE,
            KEY,
            SECTION,
            through("source", "source", "slug", _("Short name of the work.")),
            plain("notes", _("The numbers of the paper's notes that cite it.")),
            plain("supports", _("What it supports.")),
        ),
        foreign=OF_CITED,
        accessor="casesources",
    ),
)

WORKS = Table(
    "works",
    _("Works cited"),
    _("The works that the cases cite, as the paper prints them. Each stands once, however many cases cite it."),
    (
        plain("slug", _("Short name of the work in addresses, stable.")),
        Column(
            "url",
            lambda work, base: f"{base}{work.get_absolute_url()}",
            _("The address of its page, stable."),
            follows="slug",
        ),
        plain("authors", _("Author.")),
        plain("year", _("Year; empty where the paper says n.d."), Type.YEAR),
        plain("year_suffix", _("Letter after the year, as in 2014a.")),
        plain("title", _("Title.")),
        plain("english_title", _("Title in English.")),
        plain("container", _("Published in or by.")),
        chosen("kind", SourceKind, _("What sort of work it is.")),
        plain("url", _("Address as printed; it may no longer answer."), header="address"),
        truth("in_bibliography", _("Whether it is in the paper's bibliography.")),
        plain("note", _("What else there is to say of it.")),
    ),
    key=("slug",),
    find=works,
)

TABLES: tuple[Table, ...] = (CASES, *ROW_TABLES, WORKS)
TABLES_BY_NAME = {table.name: table for table in TABLES}


def record(case: Case, base_url: str) -> dict[str, Any]:
    """A case with all that hangs off it, for JSON: the case's columns by header, then a list of rows for each table.

    The rows do not name the case again. Makes no query where the case was fetched with `for_page()`.
    """
    lists = {t.name: [t.values(row, base_url, without=("case",)) for row in t.rows(case)] for t in TABLES[1:]}
    return CASES.values(case, base_url) | lists
