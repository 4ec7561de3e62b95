"""Part 3 with the cases that illustrate it."""

from __future__ import annotations

import re

import pytest

from casestudies.models import Case
from recommendations.models import Recommendation
from tests.factories import (
    CaseFactory,
    CollectionFactory,
    GroupFactory,
    IllustrationFactory,
    RecommendationFactory,
    SubPointFactory,
)

from .reading import text

pytestmark = pytest.mark.django_db


def make() -> None:
    """Four recommendations in two groups. Cases b and a illustrate the first one and two parts of the fourteenth."""
    for position, slug in ((2, "later"), (1, "sooner")):
        GroupFactory(slug=slug, title=f"Group {slug}", position=position, introduction=f"On {slug}.")
    for number, group in ((1, "sooner"), (3, "later"), (2, "later"), (14, "sooner")):
        RecommendationFactory(
            number=number, group=GroupFactory(slug=group), title=f"Advice {number}", text=f"Do {number}."
        )
    last = Recommendation.objects.get(number=14)
    points = {
        letter: SubPointFactory(recommendation=last, letter=letter, title=f"Part {letter}", text=f"Do {letter}.")
        for letter in "ba"
    }
    collection = CollectionFactory()
    b = CaseFactory(collection=collection, slug="b", name="Bee", ordinal=10)
    a = CaseFactory(collection=collection, slug="a", name="Ay", ordinal=9)
    for case, number, letter, strength in (
        (b, 1, "", "central"),
        (a, 1, "", "supporting"),
        (a, 14, "b", "central"),
        (a, 14, "a", "central"),
        (b, 14, "", "central"),
        (b, 14, "a", "supporting"),
    ):
        IllustrationFactory(
            case=case,
            recommendation=Recommendation.objects.get(number=number),
            subpoint=points.get(letter),
            strength=strength,
            key=f"r{number}{letter}",
            reason=f"{case.name} did {number}{letter}.",
            place="Part 4.9, Implementation",
        )


def test_the_list_shows_groups_in_order_with_counts_and_gaps(visitor):
    make()
    response = visitor.get("/recommendations/")
    html = response.content.decode()
    assert re.findall(r'<h2 id="([a-z-]+)">(.*?)</h2>', html) == [("sooner", "Group sooner"), ("later", "Group later")]
    assert [(group.slug, [(r.number, counts) for r, counts in rows]) for group, rows in response.context["groups"]] == [
        (
            "sooner",
            [(1, {"central": 1, "supporting": 1, "cases": 2}), (14, {"central": 2, "supporting": 1, "cases": 2})],
        ),
        ("later", [(2, {}), (3, {})]),
    ]
    assert [r.number for r in response.context["gaps"]] == [2, 3]
    items = [text(item) for item in re.findall(r'<li class="rec [^>]*>(.*?)</li>', html, re.DOTALL)]
    assert items == [
        "1 1. Advice 1 Do 1. 2 cases", "14 14. Advice 14 Do 14. 2 cases", "2 2. Advice 2 Do 2. no case yet",
        "3 3. Advice 3 Do 3. no case yet",
    ]  # fmt: skip
    assert re.findall(r'<a href="(/cases/\?[^"]*)">', html) == ["/cases/?recommendation=1", "/cases/?recommendation=14"]
    assert "The 4 recommendations of the White Paper" in html
    assert "2 recommendations are illustrated by no published case so far" in html


def test_an_empty_site_has_an_empty_list(visitor):
    response = visitor.get("/recommendations/")
    assert response.status_code == 200
    assert response.context["groups"] == []
    assert response.context["gaps"] == []


def test_a_recommendation_shows_its_cases_and_why(visitor):
    make()
    response = visitor.get("/recommendations/14/")
    html = response.content.decode()
    assert re.findall(r"<h1>(.*?)</h1>", html) == ["14. Advice 14"]
    assert re.findall(r'<li id="([a-z])"><strong>(.*?)</strong> (.*?)</li>', html) == [
        ("a", "Part a.", "Do a."),
        ("b", "Part b.", "Do b."),
    ]
    # The central ones first, each in the order of the cases.
    articles = [text(part) for part in re.findall(r'<article class="illustration">(.*?)</article>', html, re.DOTALL)]
    assert [re.sub(r" Part 4\.9.*", "", article) for article in articles] == [
        "4.9 Ay , Switzerland central 14a Ay did 14a.", "4.9 Ay , Switzerland central 14b Ay did 14b.",
        "4.10 Bee , Switzerland central Bee did 14.", "4.10 Bee , Switzerland supporting 14a Bee did 14a.",
    ]  # fmt: skip
    assert re.findall(r'<h3><a href="(.*?)">', html) == [
        "/cases/a/#illustration-r14a",
        "/cases/a/#illustration-r14b",
        "/cases/b/#illustration-r14",
        "/cases/b/#illustration-r14a",
    ]
    assert '<a href="/cases/?recommendation=14">' in html
    assert '<a href="/recommendations/#sooner">Group sooner</a>' in html


def test_cases_and_recommendations_link_to_each_other(visitor):
    make()
    for case in Case.objects.all():
        links = re.findall(
            r'<article class="illustration" id="(illustration-[a-z0-9]+)">.*?<a href="(/recommendations/\d+/)',
            visitor.get(case.get_absolute_url()).content.decode(),
        )
        assert len(links) == case.illustrations.count()
        for anchor, link in links:
            assert f'href="{case.get_absolute_url()}#{anchor}"' in visitor.get(link).content.decode()


def test_a_recommendation_without_cases_says_so(visitor):
    make()
    html = visitor.get("/recommendations/2/").content.decode()
    assert "<h3>No published case illustrates this recommendation.</h3>" in html
    assert '<article class="illustration">' not in html
    assert "?recommendation=2" not in html


@pytest.mark.parametrize(
    ("number", "neighbours"), [(1, [("next", 2)]), (2, [("prev", 1), ("next", 3)]), (3, [("prev", 2)]), (14, [])]
)
def test_neighbours_are_by_number(visitor, number, neighbours):
    make()
    html = visitor.get(f"/recommendations/{number}/").content.decode()
    found = re.findall(r'rel="(prev|next)" href="/recommendations/(\d+)/"', html)
    assert [(rel, int(other)) for rel, other in found] == neighbours


def test_many_cases_stand_on_pages(visitor):
    for ordinal in range(1, 23):
        IllustrationFactory(case=CaseFactory(ordinal=ordinal), recommendation__number=1)
    pages = [visitor.get(f"/recommendations/1/{query}") for query in ("", "?page=2", "?page=3")]
    assert [[row.case.ordinal for row in page.context["paged"].page] for page in pages] == [
        [*range(1, 21)], [21, 22], [*range(1, 21)],
    ]  # fmt: skip
    missing = "There is no such page; this is the first."
    assert [missing in page.content.decode() for page in pages] == [False, False, True]
