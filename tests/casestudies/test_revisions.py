"""A working revision is a whole second tree that nobody outside sees."""

from __future__ import annotations

import pytest
from django.core import serializers
from django.db import IntegrityError, transaction

from casestudies.models import Budget, Case, CaseRedirect, child_accessors, child_models
from casestudies.querysets import REVISION
from casestudies.revisions import RevisionExists, start_revision
from tests import factories as f
from tests.casestudies.collection import build

pytestmark = pytest.mark.django_db


def tree(case: Case) -> dict[str, dict]:
    """Every row of a case by model and key, its own references by key."""
    rows = {}
    for model in (Budget, *child_models()):
        for row in model.objects.filter(case=case):
            data = serializers.serialize("python", [row], use_natural_foreign_keys=True)[0]["fields"]
            del data["case"]
            data = {n: strip(v) for n, v in data.items()}
            rows[f"{model.__name__} {getattr(row, 'key', '')}"] = data
    return rows


def strip(value: object) -> object:
    """References inside a revision are those of the live case but for the edition in their key; line ends are LF."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n")
    if isinstance(value, tuple | list):
        return sorted((strip(v) for v in value if v != REVISION), key=str)
    return value


@pytest.fixture
def vaud() -> Case:
    return build()


def test_revision_has_the_whole_tree(vaud):
    revision = start_revision(vaud)
    assert tree(revision) == tree(vaud)
    assert {row.split()[0] for row in tree(revision)} == {model.__name__ for model in (Budget, *child_models())}
    assert (revision.slug, revision.ordinal, revision.status, revision.revises) == ("vaud", 12, "draft", vaud)
    assert CaseRedirect.objects.filter(case=revision).count() == 0


def test_inner_references_stay_inside(vaud):
    revision = start_revision(vaud)
    assert revision.components.get(key="a-child").parent == revision.components.get(key="the-parent")
    board = revision.coordinationmechanisms.get(key="board")
    assert list(board.members.all()) == [revision.caseactors.get(key="canton")]
    assert list(vaud.coordinationmechanisms.get(key="board").members.all()) == [vaud.caseactors.get(key="canton")]


def test_revision_stays_invisible(vaud):
    before = {name: set(getattr(vaud, name).values_list("pk", flat=True)) for name in child_accessors()}
    start_revision(vaud)
    assert list(Case.objects.published()) == [vaud]
    assert {name: set(model.objects.published().values_list("pk", flat=True))
            for name, model in child_accessors().items()} == before  # fmt: skip


def test_editing_it_leaves_the_live_tree_alone(vaud):
    before = tree(vaud)
    revision = start_revision(vaud)
    for model in child_models():
        model.objects.filter(case=revision, key="first").update(position=999)
    revision.caseactors.get(key="canton").roles.clear()
    revision.components.all().delete()
    revision.delete()
    assert tree(vaud) == before


def test_natural_keys_of_both_lead_back(vaud):
    revision = start_revision(vaud)
    assert Case.objects.get_by_natural_key(*vaud.natural_key()) == vaud
    assert Case.objects.get_by_natural_key(*revision.natural_key()) == revision
    assert Budget.objects.get_by_natural_key(*revision.natural_key()) == revision.budget
    for name, model in child_accessors().items():
        for case in (vaud, revision):
            row = getattr(case, name).get(key="first")
            assert model.objects.get_by_natural_key(*row.natural_key()) == row


def test_a_second_one_is_refused(vaud):
    start_revision(vaud)
    with pytest.raises(RevisionExists):
        start_revision(vaud)
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.bulk_create([f.CaseFactory.build(collection=vaud.collection, country=vaud.country, revises=vaud)])


def test_a_revision_is_not_revised(vaud):
    revision = start_revision(vaud)
    with pytest.raises(ValueError, match="cannot be revised"):
        start_revision(revision)
