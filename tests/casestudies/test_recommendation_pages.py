"""Part 3 with the cases that illustrate it."""

from __future__ import annotations

import re

import pytest

from casestudies.models import Case
from recommendations.models import Recommendation
from tests.factories import (
    CaseFactory,
    CaseTermFactory,
    CollectionFactory,
    CoordinationMechanismFactory,
    GroupFactory,
    IllustrationFactory,
    RecommendationFactory,
    SubPointFactory,
    term,
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
    # A case that illustrates several parts of one counts once.
    assert [(group.slug, [(r.number, cases) for r, cases in rows]) for group, rows in response.context["groups"]] == [
        ("sooner", [(1, 2), (14, 2)]),
        ("later", [(2, 0), (3, 0)]),
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


# How strongly, and through which mechanisms.


def with_mechanisms() -> None:
    """Beside `make`: a acts through councils, a part of participation, and through a committee; b through triggering.

    A third case is central to recommendation 1 and states no mechanism; a fourth states one and illustrates nothing; a
    draft acts through everything.
    """
    for slug, parent in (
        ("triggering", None),
        ("participation", None),
        ("councils", "participation"),
        ("unused", None),
    ):
        term("mechanism", slug, parent=parent and term("mechanism", parent))
    make()
    a, b = (Case.objects.get(slug=slug) for slug in "ab")
    CaseTermFactory(
        case=a, term=term("mechanism", "councils"), key="t1", evidence="part-2", reason="Ay has a <council>."
    )
    CaseTermFactory(case=a, term=term("trigger", "law"), reason="No mechanism.")
    CaseTermFactory(case=b, term=term("mechanism", "triggering"), key="t2", evidence="stated", reason="")
    CoordinationMechanismFactory(case=a, name="The committee", acronym="TC")
    mute = CaseFactory(collection=CollectionFactory(), slug="c", name="Cee", ordinal=11)
    IllustrationFactory(case=mute, recommendation__number=1, strength="central", reason="Cee did 1.")
    CaseTermFactory(case=CaseFactory(slug="elsewhere", ordinal=13), term=term("mechanism", "triggering"))
    draft = CaseFactory(slug="draft", status="draft", ordinal=12)
    for slug in ("triggering", "councils", "unused"):
        CaseTermFactory(case=draft, term=term("mechanism", slug), reason="Hidden.")
    IllustrationFactory(case=draft, recommendation__number=1, reason="Draft did 1.")


def shown(html: str) -> dict[str, list[tuple[str, str, str]]]:
    """The bars of each table of mechanisms: what it leads to, its label, its number."""
    found = re.findall(r'<section class="chart".*?<h3 id="[a-z0-9-]+">(.*?)</h3>(.*?)</section>', html, re.DOTALL)
    bars = r'<th scope="row"><a href="(.*?)">(.*?)</a>.*?<td class="num">(\d+)</td>'
    return {head: re.findall(bars, table, re.DOTALL) for head, table in found}


def test_it_counts_how_strongly_cases_illustrate_it(visitor):
    with_mechanisms()
    html = visitor.get("/recommendations/1/").content.decode()
    (tags,) = re.findall(r'<p class="tags">(<a class="tag".*?)</p>', html)
    assert text(tags) == "3 cases 2 central 1 supporting"
    # A case that is central to one part is no supporting one by another.
    html = visitor.get("/recommendations/14/").content.decode()
    (tags,) = re.findall(r'<p class="tags">(<a class="tag".*?)</p>', html)
    assert text(tags) == "2 cases 2 central"


def test_each_case_tells_through_what_it_acted(visitor):
    with_mechanisms()
    html = visitor.get("/recommendations/1/").content.decode()
    articles = re.findall(r'<article class="illustration">(.*?)</article>', html, re.DOTALL)
    acted = [(re.findall(r'<details class="fold acting">(.*?)</details>', article, re.DOTALL)) for article in articles]
    # Bee and Cee are central; Cee says nothing of mechanisms.
    assert [[text(part) for part in parts] for parts in acted] == [
        ["Acted through 1 key mechanism Triggering stated in the case"],
        [],
        ["Acted through 1 key mechanism, 1 coordination mechanism Councils named in Part 2 Ay has a <council>. "
         "Coordination : The committee (TC)"],
    ]  # fmt: skip
    assert re.findall(r'href="(.*?)"', acted[2][0]) == ["/cases/a/#term-t1", "/cases/a/#coordination-mechanisms"]
    assert 'id="term-t1"' in visitor.get("/cases/a/").content.decode()
    assert "Hidden" not in html
    # Once for each case of the page, at its first illustration.
    html = visitor.get("/recommendations/14/").content.decode()
    found = [
        "acting" in article for article in re.findall(r'<article class="illustration">(.*?)</article>', html, re.DOTALL)
    ]
    assert found == [True, False, True, False]


def test_mechanisms_are_counted_over_all_cases_and_lead_to_them(visitor):
    with_mechanisms()
    html = visitor.get("/recommendations/1/").content.decode()
    assert shown(html) == {
        "Key mechanisms": [
            ("/cases/?mechanism=triggering&amp;recommendation=1", "Triggering", "1"),
            ("/cases/?mechanism=participation&amp;recommendation=1", "Participation", "1"),
        ],
        "In particular": [("/cases/?mechanism=councils&amp;recommendation=1", "Councils", "1")],
    }
    listed = visitor.get("/cases/?mechanism=participation&recommendation=1")
    assert [case.slug for case in listed.context["paged"].page] == ["a"]
    # A third of the cases.
    assert re.findall(r'class="bar__fill" width="(.*?)"', html) == ["33.33"] * 3
    assert "Of the 3 cases that illustrate the recommendation." in html


def test_where_no_case_tells_of_mechanisms_there_is_no_such_part(visitor):
    make()
    assert 'id="mechanisms"' not in visitor.get("/recommendations/1/").content.decode()
    assert 'href="#mechanisms"' not in visitor.get("/recommendations/1/").content.decode()


def test_the_whole_comes_before_its_parts_on_every_database(visitor):
    case = CaseFactory()
    for letter, key in (("b", "x"), ("", "z"), ("a", "y")):
        point = SubPointFactory(recommendation__number=7, letter=letter) if letter else None
        IllustrationFactory(case=case, recommendation__number=7, subpoint=point, strength="central", key=key)
    response = visitor.get("/recommendations/7/")
    assert [row.key for row in response.context["paged"].page] == ["z", "y", "x"]
