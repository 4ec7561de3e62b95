"""Everything that a reader sees of a case, as passages: which text of which row, in which section, in which zone.

One declaration serves the words to search by and the snippets that show where they stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from recommendations.models import Recommendation, SubPoint

from .. import models
from ..choices import Section
from ..querysets import published_condition

#: Where a word stands, and what that is worth. The best zone of each word counts, once.
ZONES = {"a": 8, "b": 4, "c": 2, "d": 1}
# How an editorial note names the link to another case that it stands beside.
LINK = "caselinks/"


@dataclass(frozen=True)
class Searched:
    """The texts of one model's rows: which fields, in which zone, and in which section they are shown."""

    model: type
    fields: tuple[str, ...]
    zone: str
    # A section of the grid, another heading of the page, or None where the row says its section itself.
    section: str | Promise | None = None


RECOMMENDATIONS, ELEMENTS = _("Recommendations illustrated"), _("Key mainstreaming elements")
CASE_ZONES: tuple[tuple[str, str], ...] = (
    ("name", "a"), ("title", "a"), ("contents_title", "a"), ("original_title", "a"), ("acronym", "a"), ("purpose", "b"),
)  # fmt: skip
ROWS = (
    Searched(models.CasePlace, ("name", "original_name"), "b", Section.OVERVIEW),
    Searched(models.Objective, ("text",), "b", Section.OBJECTIVES),
    Searched(models.CaseActor, ("name_stated",), "b", Section.ACTORS),
    Searched(models.CoordinationMechanism, ("name", "original_name", "acronym"), "b", Section.COORDINATION_MECHANISMS),
    Searched(models.KeyElement, ("title",), "b", ELEMENTS),
    Searched(models.Component, ("title",), "b"),
    Searched(models.Narrative, ("text",), "c"),
    Searched(models.Component, ("text",), "c"),
    Searched(models.KeyElement, ("text",), "c", ELEMENTS),
    Searched(models.Illustration, ("reason",), "c", RECOMMENDATIONS),
    Searched(models.Milestone, ("text", "instrument", "original_instrument", "date_stated"), "c"),
    Searched(models.CaseTerm, ("reason",), "c", _("Classification")),
    Searched(models.CaseActor, ("text", "lead_note"), "c", Section.ACTORS),
    Searched(models.CoordinationMechanism, ("text", "members_stated"), "c", Section.COORDINATION_MECHANISMS),
    Searched(models.BeneficiaryGroup, ("text",), "c", Section.OBJECTIVES),
    Searched(models.Figure, ("label", "base", "where", "unit_label"), "d"),
    Searched(models.GovernmentTier, ("name", "original_name", "text"), "d", Section.DECENTRALIZATION_CONTEXT),
    Searched(models.Competence, ("holder", "matter"), "d", Section.DECENTRALIZATION_CONTEXT),
    Searched(models.Contribution, ("payer_stated", "note"), "d", _("Budget")),
    Searched(models.Budget, ("note",), "d", _("Budget")),
    Searched(models.EditorialNote, ("text",), "d", _("Editorial notes")),
    Searched(models.CaseSource, ("supports",), "d", _("Sources")),
    Searched(models.CaseLink, ("text",), "d", _("Related cases")),
    Searched(models.Period, ("label", "stated"), "d", Section.OVERVIEW),
)


@dataclass(frozen=True)
class Passage:
    """A text of a case as it is shown: in which zone, under which heading of the page."""

    zone: str
    heading: str | Promise
    text: str


def _heading(section: str | Promise | None, own: str | None) -> str | Promise:
    value = section if section is not None else own
    return Section(value).label if isinstance(value, str) and value in Section.values else value or ""


def shown_rows(model: type) -> QuerySet:
    """The rows of a model that the pages of published cases show."""
    rows = model._base_manager.filter(published_condition("case__"))
    if model is models.CaseLink:
        # A published case that speaks of a hidden one keeps silent about it. Not a second join: SQLite would try every
        # case with every other.
        rows = rows.filter(other__in=models.Case.objects.published().order_by().values("pk"))
    if model is models.EditorialNote:
        # A note beside such a link is silent with it.
        links = shown_rows(models.CaseLink).filter(case=OuterRef("case"))
        beside = links.annotate(name=Concat(Value(LINK), "key")).filter(name=OuterRef("about"))
        rows = rows.filter(~Q(about__startswith=LINK) | Exists(beside))
    return rows


def passages_of(cases: Iterable[models.Case]) -> dict[int, list[Passage]]:
    """The passages of each case's own rows, by primary key. One query for each kind of row, however many cases."""
    found: dict[int, list[Passage]] = {}
    for case in cases:
        texts = [Passage(zone, "", getattr(case, name)) for name, zone in CASE_ZONES]
        found[case.pk] = [passage for passage in texts if passage.text]
    for model in dict.fromkeys(each.model for each in ROWS):
        kinds = [each for each in ROWS if each.model is model]
        names = list(dict.fromkeys(name for each in kinds for name in each.fields))
        section = ["section"] if any(each.section is None for each in kinds) else []
        rows = shown_rows(model).filter(case__in=list(found)).order_by("case", "pk")
        for case_id, *values in rows.values_list("case_id", *names, *section):
            row = dict(zip([*names, *section], values, strict=True))
            for each in kinds:
                heading = _heading(each.section, row.get("section"))
                found[case_id] += [Passage(each.zone, heading, row[n]) for n in each.fields if row[n]]
    return found


# What cases share: the fields by which it is found. What that is worth to a case depends on how the case is tied to it.
SHARED: dict[str, tuple[type, tuple[str, ...]]] = {
    models.SearchText.Kind.TERM: (models.Term, ("label",)),
    models.SearchText.Kind.ORGANIZATION: (models.Organization, ("name", "original_name", "acronym")),
    models.SearchText.Kind.SOURCE: (models.Source, ("authors", "title", "english_title", "container")),
    models.SearchText.Kind.RECOMMENDATION: (Recommendation, ("title", "text")),
    models.SearchText.Kind.COUNTRY: (models.Country, ("name",)),
}
SHARED_ZONES = {
    models.SearchText.Kind.TERM: "b",
    models.SearchText.Kind.ORGANIZATION: "b",
    models.SearchText.Kind.SOURCE: "d",
    models.SearchText.Kind.RECOMMENDATION: "d",
    models.SearchText.Kind.COUNTRY: "a",
}
SHARED_HEADINGS = {
    models.SearchText.Kind.TERM: _("Classification"),
    models.SearchText.Kind.ORGANIZATION: Section.ACTORS.label,
    models.SearchText.Kind.SOURCE: _("Sources"),
    models.SearchText.Kind.RECOMMENDATION: RECOMMENDATIONS,
    models.SearchText.Kind.COUNTRY: _("Country"),
}


def shared_texts(kind: str, pks: Iterable[int]) -> Iterator[tuple[int, list[str]]]:
    """The texts of things of one kind that cases share, with their primary keys.

    An organization has its other names too, a recommendation its sub-points.
    """
    model, names = SHARED[kind]
    found = model._base_manager.filter(pk__in=pks).values_list("pk", *names)
    rows = {pk: list(filter(None, values)) for pk, *values in found}
    if kind == models.SearchText.Kind.ORGANIZATION:
        others = models.OrganizationName._base_manager.filter(organization__in=list(rows))
        for pk, name in others.order_by("pk").values_list("organization_id", "name"):
            rows[pk].append(name)
    if kind == models.SearchText.Kind.RECOMMENDATION:
        parts = SubPoint._base_manager.filter(recommendation__in=list(rows)).order_by("pk")
        for pk, *texts in parts.values_list("recommendation_id", *names):
            rows[pk] += filter(None, texts)
    yield from rows.items()
