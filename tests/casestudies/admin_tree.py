"""A case with rows in every form of the admin, and what its tree holds."""

from __future__ import annotations

from typing import Any

from django.core import serializers

from casestudies.choices import Section
from casestudies.models import Budget, Case, CaseRedirect, child_models
from tests import factories as make
from tests.remembering import remembered

VOCABULARIES = (
    "migration", "state", "national-local-link", "trigger", "approach", "objective", "beneficiary", "mechanism",
    "level", "challenge", "added-later",
)  # fmt: skip
SECTIONED = (make.ComponentFactory, make.FigureFactory, make.MilestoneFactory)
PLAIN = (
    make.PeriodFactory, make.CasePlaceFactory, make.GovernmentTierFactory, make.CompetenceFactory,
    make.CoordinationMechanismFactory, make.ObjectiveFactory, make.BeneficiaryGroupFactory, make.KeyElementFactory,
    make.EditorialNoteFactory, make.CaseRedirectFactory, make.ContributionFactory, make.CaseSourceFactory,
    make.CaseLinkFactory, make.CaseActorFactory,
)  # fmt: skip


@remembered
def full_case(rows: int, **fields: Any) -> Case:
    """A case with `rows` rows of every kind in every section and under every vocabulary, each with all its links."""
    case = make.CaseFactory(**fields)
    for section in Section:
        make.NarrativeFactory(case=case, section=section, text="One.\n\nTwo.", source=make.SourceFactory())
    make.BudgetFactory(case=case, total=1250, source=make.SourceFactory())
    for number in range(rows):
        _add_rows(case, number)
    return case


def _add_rows(case: Case, number: int) -> None:
    for section in Section:
        for factory in SECTIONED:
            factory(case=case, section=section, source=make.SourceFactory())
    for vocabulary in VOCABULARIES:
        if number == 0 or vocabulary not in ("state", "approach"):
            make.CaseTermFactory(
                case=case, term=make.term(vocabulary, f"{vocabulary}-{number}"), source=make.SourceFactory()
            )
    for factory in PLAIN:
        cited = any(field.name == "source" for field in factory._meta.model._meta.fields)
        factory(case=case, **({"source": make.SourceFactory()} if cited else {}))
    make.IllustrationFactory(
        case=case, recommendation=make.RecommendationFactory(number=number + 1), source=make.SourceFactory()
    )
    _link_rows(case)


def _link_rows(case: Case) -> None:
    """The links that a row has besides its source."""
    case.components.exclude(pk=case.components.filter(section=Section.RESULTS).first().pk).filter(
        section=Section.RESULTS
    ).update(parent=case.components.filter(section=Section.RESULTS).first())
    case.milestones.last().bodies.add(make.OrganizationFactory())
    case.contributions.update(payer=make.OrganizationFactory())
    case.competences.update(organization=make.OrganizationFactory())
    actor = case.caseactors.last()
    actor.roles.add(make.term("role", "funds"))
    mechanism = case.coordinationmechanisms.last()
    mechanism.organization, mechanism.form = actor.organization, make.term("coordination-form", "council")
    mechanism.save()
    mechanism.levels.add(make.term("tier", "local"))
    mechanism.members.add(actor)
    case.objectives.last().broad_objectives.add(make.term("objective", "diaspora-opportunities"))
    case.beneficiarygroups.last().groups.add(make.term("beneficiary", "women"))


def row_models() -> list[type]:
    """Every model whose rows hang off a case."""
    return [*child_models(), Budget, CaseRedirect]


def rows_of(case: Case) -> set[tuple[str, int]]:
    """Every row of the case's tree, by model and number."""
    return {(model._meta.model_name, pk) for model in row_models() for pk in _pks(model, case)}


def _pks(model: type, case: Case) -> list[int]:
    return list(model.objects.filter(case=case).values_list("pk", flat=True))


def snapshot(case: Case) -> dict[tuple[str, int], dict]:
    """Every value of the case and of its tree, many-to-many links included."""
    records = [Case.objects.get(pk=case.pk)]
    for model in row_models():
        records += model.objects.filter(case=case)
    return {
        (record["model"].split(".")[1], record["pk"]): record["fields"]
        for record in serializers.serialize("python", records)
    }


def differences(before: dict, after: dict) -> dict[tuple[str, int], set[str]]:
    """Which fields differ in which row; {"+"} for a new row, {"-"} for one that is gone."""
    found = {row: {"-"} for row in before.keys() - after.keys()} | {row: {"+"} for row in after.keys() - before.keys()}
    for row in before.keys() & after.keys():
        fields = {name for name in before[row] if before[row][name] != after[row][name]}
        if fields:
            found[row] = fields
    return found
