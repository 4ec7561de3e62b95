"""Part 3 in the admin."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from recommendations.models import Recommendation, SubPoint
from tests import factories as make
from tests.admin_forms import submitted

pytestmark = pytest.mark.django_db


# Session, user, two counts and the rows; recommendations and their groups' filter one more.
@pytest.mark.parametrize(("model", "expected"), [("group", 5), ("recommendation", 6), ("subpoint", 5)])
def test_a_list_asks_as_many_queries_for_two_rows_as_for_twelve(editor: Client, model: str, expected: int) -> None:
    counts = []
    for rows in (2, 10):
        for _row in range(rows):
            make.SubPointFactory()
        with CaptureQueriesContext(connection) as queries:
            assert editor.get(reverse(f"admin:recommendations_{model}_changelist")).status_code == 200
        counts.append(len(queries))
    assert counts == [expected, expected]


def change(client: Client, row: Recommendation, changes: dict[str, str]) -> str:
    """Sends the recommendation's form with a change; the errors, or nothing."""
    url = reverse("admin:recommendations_recommendation_change", args=[row.pk])
    fields = submitted(client.get(url).content.decode(), "recommendation_form")
    answer = client.post(url, fields | changes)
    return "" if answer.status_code == 302 else str(answer.context["errors"])


def test_a_recommendation_is_edited_with_its_subpoints(editor: Client) -> None:
    row = make.RecommendationFactory(number=14, text="One.\n\nTwo.")
    for letter in "abc":
        make.SubPointFactory(recommendation=row, letter=letter)
    assert change(editor, row, {}) == ""
    row.refresh_from_db()
    assert row.text == "One.\n\nTwo."
    assert change(editor, row, {"subpoints-1-title": "Another"}) == ""
    assert list(SubPoint.objects.values_list("letter", "title")) == [
        ("a", "Sub-point a"), ("b", "Another"), ("c", "Sub-point c"),
    ]  # fmt: skip
    assert "duplicate" in change(editor, row, {"subpoints-1-letter": "a"})


def test_a_number_is_refused_twice(editor: Client) -> None:
    one, two = make.RecommendationFactory(), make.RecommendationFactory()
    assert "already exists" in change(editor, two, {"number": str(one.number)})


def test_a_subpoint_in_use_stays(editor: Client) -> None:
    point = make.SubPointFactory(recommendation__number=14)
    make.IllustrationFactory(recommendation=point.recommendation, subpoint=point)
    assert "protected" in change(editor, point.recommendation, {"subpoints-0-DELETE": "on"})
    assert SubPoint.objects.filter(pk=point.pk).exists()
