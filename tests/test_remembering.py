"""What a remembered builder repeats is what it built: the rows, how far factories counted, what was returned."""

from __future__ import annotations

import pytest
from django.db import transaction

from casestudies.changes import data_version, held_back
from casestudies.models import Case, SearchText
from tests.casestudies.builders import slugs
from tests.factories import CaseFactory, FigureFactory
from tests.remembering import count_from, counts, remember, remembered

pytestmark = pytest.mark.django_db


def make_two(name: str = "Vaud") -> Case:
    """A case with a figure beside another case."""
    FigureFactory(label="100 % of %s", case=CaseFactory())
    return CaseFactory(name=name)


def undone(build, *arguments):
    """What a builder returns and leaves, each row with its table; none of it stays."""
    count_from()
    with transaction.atomic():
        result = build(*arguments)
        rows = {start: rows for start, rows in remember().statements if "dataversion" not in start}
        found = result, rows, counts(), data_version()
        transaction.set_rollback(True)
    count_from()
    return found


def test_a_builder_makes_its_rows_once_and_repeats_them():
    calls = []
    build = remembered(lambda: calls.append(1) or make_two())
    first, second = undone(build), undone(build)
    assert len(calls) == 1
    assert (first[0].pk, first[0].name, first[1:3]) == (second[0].pk, second[0].name, second[1:3])
    assert first[0] is not second[0]
    # Whoever keeps something for a version of the data must not take it for that of another test.
    assert first[3].token != second[3].token
    assert first[3].number == second[3].number == 1


def test_rows_made_after_repeated_ones_are_others():
    build = remembered(make_two)
    undone(build)
    build()
    FigureFactory(case=CaseFactory())
    assert [case.slug for case in Case.objects.order_by("pk")] == ["case-0", "case-1", "case-2"]
    assert SearchText.objects.filter(kind="case").count() == 3
    assert set(slugs("")) == {"case-0", "case-1", "case-2"}


def test_another_argument_is_another_memory():
    build = remembered(make_two)
    assert [undone(build, name)[0].name for name in ("Vaud", "Souss", "Vaud")] == ["Vaud", "Souss", "Vaud"]


def test_it_builds_as_ever_beside_rows_and_where_changes_are_held_back():
    calls = []
    build = remembered(lambda: calls.append(1) or make_two())
    undone(build)
    with held_back():
        undone(build)
    assert len(calls) == 2
    CaseFactory(slug="other", ordinal=90)
    count_from()
    build()
    assert (len(calls), Case.objects.count()) == (3, 3)
