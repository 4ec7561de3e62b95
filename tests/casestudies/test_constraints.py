"""Every named constraint is seen to refuse a bad row in the database itself, past forms and `clean()`."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import IntegrityError, models, transaction

from casestudies import models as m
from recommendations import models as part_3
from tests import factories as f

pytestmark = pytest.mark.django_db
Break = Callable[[], object]


def copy(factory: type, *, given: dict | None = None, **other: object) -> Break:
    """A copy of a row with other values in some fields: what is left the same collides."""

    def write() -> None:
        first = factory(**(given or {}))
        second = type(first).objects.get(pk=first.pk)
        second.pk, second._state.adding = None, True
        for name, value in other.items():
            setattr(second, name, value() if callable(value) else value)
        type(first).objects.bulk_create([second])

    return write


def update(factory: type, given: dict | None = None, **bad: object) -> Break:
    """Bad values for a good row."""

    def write() -> None:
        row = factory(**(given or {}))
        values = {name: row.pk if value == "self" else value for name, value in bad.items()}
        # Past what a model may refuse itself.
        models.QuerySet(type(row)).filter(pk=row.pk).update(**values)

    return write


def case_revises_itself() -> None:
    case = f.CaseFactory(status="draft")
    m.Case.objects.filter(pk=case.pk).update(revises=case.pk)


def link_to_itself() -> None:
    link = f.CaseLinkFactory()
    m.CaseLink.objects.filter(pk=link.pk).update(other=link.case)


def whole(**given: object) -> dict:
    return {"start_year": 2014, "end_year": 2015, **given}


BROKEN: dict[str, list[Break]] = {
    "group_unique_slug": [copy(f.GroupFactory)],
    "recommendation_unique_number": [copy(f.RecommendationFactory)],
    "recommendation_number_from_1": [update(f.RecommendationFactory, number=0)],
    "subpoint_unique_letter": [copy(f.SubPointFactory)],
    "vocabulary_unique_slug": [copy(f.VocabularyFactory)],
    "term_unique_slug": [copy(f.TermFactory)],
    "term_not_its_own_parent": [update(f.TermFactory, parent="self")],
    "country_unique_code": [copy(f.CountryFactory, alpha3="XXX")],
    "country_unique_alpha3": [copy(f.CountryFactory, code="XX")],
    "currency_unique_code": [copy(f.CurrencyFactory)],
    "currency_rate_positive": [update(f.CurrencyFactory, usd_value=0), update(f.CurrencyFactory, usd_value=-1)],
    "source_unique_slug": [copy(f.SourceFactory)],
    "acronym_unique_slug": [copy(f.AcronymFactory)],
    "acceptedfinding_unique": [copy(f.AcceptedFindingFactory)],
    "message_text_length": [
        update(f.MessageFactory, text="123456789"),
        update(f.MessageFactory, text="1" * 5001),
    ],
    "message_came_from_is_a_path": [update(f.MessageFactory, came_from="https://example.org/")],
    "message_new_is_not_handled": [
        lambda: update(f.MessageFactory, {"status": "closed", "handled_by": User.objects.create_user("x")},
                       status="new")()
    ],
    "previewlink_expires_after_start": [
        update(f.PreviewLinkFactory, expires_at=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
    ],
    "release_unique_name": [copy(f.ReleaseFactory)],
    "release_name_is_a_day": [
        update(f.ReleaseFactory, name=name) for name in ("2026", "2026-11-24-0", "2026-11-24x", "v2026-11-24")
    ],
    "releasefile_unique_name": [copy(f.ReleaseFileFactory)],
    "releasefile_name_is_a_file": [update(f.ReleaseFileFactory, name=name) for name in ("cases", "a/b.csv", ".csv")],
    "releasefile_sha256_is_hex": [update(f.ReleaseFileFactory, sha256=value) for value in ("", "A" * 64, "a" * 63)],
    "releasepiece_unique_number": [copy(f.ReleasePieceFactory)],
    "searchtext_unique_object": [copy(f.SearchTextFactory)],
    "organization_unique_slug": [copy(f.OrganizationFactory)],
    "organization_not_its_own_parent": [update(f.OrganizationFactory, parent="self")],
    "organization_not_its_own_successor": [update(f.OrganizationFactory, successor="self")],
    "organizationname_unique_key": [copy(f.OrganizationNameFactory, name="Otherwise")],
    "organizationname_unique_name": [copy(f.OrganizationNameFactory, key="otherwise")],
    "collection_unique_slug": [copy(f.CollectionFactory)],
    "case_unique_slug": [copy(f.CaseFactory, ordinal=999)],
    "case_unique_ordinal": [copy(f.CaseFactory, slug="otherwise")],
    "case_ordinal_from_1": [update(f.CaseFactory, ordinal=0)],
    "case_revision_not_published": [
        lambda: update(f.CaseFactory, {"revises": f.CaseFactory()}, status="published")(),
        lambda: update(f.CaseFactory, {"revises": f.CaseFactory()}, status="archived")(),
    ],
    "case_does_not_revise_itself": [case_revises_itself],
    "caseredirect_unique_slug": [copy(f.CaseRedirectFactory)],
    "sourceredirect_unique_slug": [copy(f.SourceRedirectFactory)],
    "period_end_not_before_start": [
        update(f.PeriodFactory, whole(), end_year=2013),
        update(f.PeriodFactory, whole(end_year=2014), start_month=5, end_month=4),
    ],
    "period_months_valid": [
        update(f.PeriodFactory, start_month=13),
        update(f.PeriodFactory, start_month=0),
        update(f.PeriodFactory, end_month=13),
        update(f.PeriodFactory, start_month=1, start_year=None),
    ],
    "period_ongoing_without_end": [update(f.PeriodFactory, is_ongoing=True)],
    "caseplace_coordinates_valid": [
        update(f.CasePlaceFactory, latitude=91),
        update(f.CasePlaceFactory, longitude=-181),
        update(f.CasePlaceFactory, latitude=None),
    ],
    "caselink_unique": [copy(f.CaseLinkFactory, key="otherwise")],
    "caselink_not_to_itself": [link_to_itself],
    "budget_total_not_negative": [update(f.BudgetFactory, {"total": 5}, total=-1)],
    "budget_total_with_currency": [update(f.BudgetFactory, {"total": 5}, currency=None)],
    "budget_total_where_stated": [
        update(f.BudgetFactory, status="stated"),
        update(f.BudgetFactory, {"total": 5}, status="not-reported"),
    ],
    "budget_end_not_before_start": [update(f.BudgetFactory, year_from=2015, year_to=2014)],
    "contribution_amount_not_negative": [update(f.ContributionFactory, {"amount": 5}, amount=-1)],
    "contribution_amount_with_currency": [update(f.ContributionFactory, {"amount": 5}, currency=None)],
    "narrative_unique_section": [copy(f.NarrativeFactory, key="otherwise")],
    "component_not_its_own_parent": [update(f.ComponentFactory, parent="self")],
    "figure_low_not_above_high": [update(f.FigureFactory, low=101)],
    "figure_share_within_0_100": [
        update(f.FigureFactory, unit="share", high=101),
        update(f.FigureFactory, unit="share", low=-1),
    ],
    "figure_money_with_currency": [
        update(f.FigureFactory, unit="money"),
        lambda: update(f.FigureFactory, {"currency": f.CurrencyFactory()}, unit="money", low=-1)(),
    ],
    "figure_end_not_before_start": [update(f.FigureFactory, year_from=2015, year_to=2014)],
    "milestone_end_not_before_start": [update(f.MilestoneFactory, end_year=2007)],
    "milestone_months_valid": [
        update(f.MilestoneFactory, start_month=13),
        update(f.MilestoneFactory, end_month=1, end_year=None),
    ],
    "caseterm_unique": [copy(f.CaseTermFactory, key="otherwise")],
    "caseactor_unique": [copy(f.CaseActorFactory, key="otherwise")],
    "illustration_unique_whole": [copy(f.IllustrationFactory, key="otherwise")],
    "illustration_unique_subpoint": [
        lambda: copy(f.IllustrationFactory, given=dict(zip(("subpoint", "recommendation"), point(), strict=True)),
                     key="otherwise")()
    ],
    "casesource_unique": [copy(f.CaseSourceFactory, key="otherwise")],
    "loadedrecord_unique": [copy(f.LoadedRecordFactory)],
}  # fmt: skip
for _model, _factory in f.child_factories().items():
    _name = _model._meta.model_name
    BROKEN[f"{_name}_key_not_empty"] = [update(_factory, key="")]
    # Whatever else would collide is made different, so that only the key is left.
    _otherwise = {
        m.CaseLink: {"other": f.CaseFactory},
        m.Narrative: {"section": "results"},
        m.CaseTerm: {"term": f.TermFactory},
        m.CaseActor: {"organization": f.OrganizationFactory},
        m.Illustration: {"recommendation": f.RecommendationFactory},
        m.CaseSource: {"section": "results"},
    }
    BROKEN[f"{_name}_unique_key"] = [copy(_factory, **_otherwise.get(_model, {}))]


def point() -> tuple[part_3.SubPoint, part_3.Recommendation]:
    subpoint = f.SubPointFactory()
    return subpoint, subpoint.recommendation


def declared() -> dict[str, models.BaseConstraint]:
    own = [model for app in ("recommendations", "casestudies") for model in apps.get_app_config(app).get_models()]
    return {constraint.name: constraint for model in own for constraint in model._meta.constraints}


def test_every_constraint_is_tested():
    assert set(BROKEN) == set(declared())


@pytest.mark.parametrize(("name", "write"), [(name, write) for name, writes in BROKEN.items() for write in writes])
def test_database_refuses(name: str, write: Break):
    """PostgreSQL names the constraint; SQLite names a check, and the columns of what must be unique."""
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        write()
    message, constraint = str(refused.value), declared()[name]
    if "UNIQUE constraint failed" in message:
        assert isinstance(constraint, models.UniqueConstraint)
        columns = {part.rsplit(".", 1)[-1].removesuffix("_id") for part in message.split(": ", 1)[1].split(", ")}
        assert columns == {field.removesuffix("_id") for field in constraint.fields}
    else:
        assert name in message


@pytest.mark.django_db
def test_a_collection_counts_its_cases_beyond_a_small_integer():
    case = f.CaseFactory(ordinal=100_000)
    case.refresh_from_db()
    assert case.ordinal == 100_000


@pytest.mark.django_db
def test_the_largest_sums_come_back_as_they_went_in():
    """SQLite keeps fifteen digits; a field that took more could be written and never read again."""
    largest = Decimal("9999999999999.99")
    budget = f.BudgetFactory(total=largest)
    figure = f.FigureFactory(case=budget.case, low=largest, high=largest, unit="count")
    contribution = f.ContributionFactory(case=budget.case, amount=largest)
    for row in (budget, figure, contribution):
        row.full_clean()
        row.refresh_from_db()
    assert (budget.total, figure.low, figure.high, contribution.amount) == (largest,) * 4
