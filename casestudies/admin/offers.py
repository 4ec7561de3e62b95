"""What the closed lists of a form offer: fetched once a request, however many rows the form has."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.db.models import Field, Model, QuerySet
from django.http import HttpRequest

from recommendations.models import Recommendation, SubPoint

from ..models import CaseActor, CaseTerm, Component, Currency, Term
from .widgets import label_of

# Vocabularies with a field of their own elsewhere: a case is not classed by them.
NOT_FOR_CASES = ("actor-type", "region", "role", "tier", "coordination-form")


class Offer(NamedTuple):
    """One choice; `is_open` is false where only a row that has it already may show it."""

    value: int
    label: str
    is_open: bool


def _term_label(term: Term) -> str:
    return f"{label_of(term.parent)} › {label_of(term)}" if term.parent else label_of(term)


def _case_term_label(term: Term) -> str:
    return f"{term.vocabulary}: {_term_label(term)}"


def _is_open(row: Model) -> bool:
    if getattr(row, "is_retired", False):
        return False
    return not isinstance(row, Term) or row.vocabulary.slug not in NOT_FOR_CASES


def _not_retired(row: Model) -> bool:
    return not getattr(row, "is_retired", False)


class List(NamedTuple):
    """Where a closed list comes from and how it reads."""

    rows: Callable[[HttpRequest, Field], QuerySet]
    label: Callable[[Model], str] = label_of
    is_open: Callable[[Model], bool] = _not_retired


def _terms(_request: HttpRequest, field: Field) -> QuerySet:
    return (
        Term.objects.complex_filter(field.get_limit_choices_to())
        .select_related("parent")
        .order_by("vocabulary__position", "position", "slug")
    )


def _terms_of_part(request: HttpRequest, _field: Field) -> QuerySet:
    part = getattr(request, "case_part", None)
    terms = Term.objects.select_related("vocabulary", "parent")
    return terms.filter(part.terms()) if part else terms


def _siblings(request: HttpRequest, _field: Field) -> QuerySet:
    """The components that one of this form can be a part of."""
    case, part = getattr(request, "edited_case", None), getattr(request, "case_part", None)
    rows = Component.objects.filter(case=case) if case else Component.objects.none()
    return rows.filter(section=part.section) if part else rows


def _actors(request: HttpRequest, _field: Field) -> QuerySet:
    case = getattr(request, "edited_case", None)
    return CaseActor.objects.filter(case=case).select_related("organization") if case else CaseActor.objects.none()


# By model and field, then by the model that the field leads to.
LISTS: dict[object, List] = {
    ("caseterm", "term"): List(_terms_of_part, _case_term_label, _is_open),
    ("component", "parent"): List(_siblings),
    ("coordinationmechanism", "members"): List(_actors),
    Currency: List(lambda *_: Currency.objects.all(), lambda currency: f"{currency.code} · {currency.name}"),
    Recommendation: List(lambda *_: Recommendation.objects.in_groups()),
    SubPoint: List(lambda *_: SubPoint.objects.select_related("recommendation")),
}


def list_for(field: Field) -> List | None:
    """The closed list that a relation is chosen from, or None where it is an autocomplete's."""
    found = LISTS.get((field.model._meta.model_name, field.name)) or LISTS.get(field.related_model)
    if found is None and field.related_model is Term and field.get_limit_choices_to():
        return List(_terms, _term_label)
    return found


def offers_for(field: Field, request: HttpRequest) -> tuple[QuerySet, list[Offer]] | None:
    """The rows that the field accepts and what it offers, fetched once a request; None for an autocomplete."""
    found = list_for(field)
    if found is None:
        return None
    cache = request.__dict__.setdefault("_offers", {})
    rows = found.rows(request, field)
    key = str(rows.query)
    if key not in cache:
        cache[key] = [Offer(row.pk, found.label(row), found.is_open(row)) for row in rows]
    return rows, cache[key]


def vocabulary_of(field: Field, request: HttpRequest) -> str:
    """The slug of the one vocabulary that a field of terms chooses from; empty where there are several."""
    if slug := dict(field.get_limit_choices_to()).get("vocabulary__slug"):
        return slug
    part = getattr(request, "case_part", None)
    slugs = part.vocabularies if part and field.model is CaseTerm else ()
    return slugs[0] if len(slugs) == 1 and slugs[0] != "*" else ""
