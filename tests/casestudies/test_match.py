"""`/match/`, comparable cases beside a case, and the brief of a group of recommendations."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from django.utils import timezone

from casestudies import index
from casestudies.likeness import ASPECTS
from casestudies.models import Case
from casestudies.revisions import start_revision
from casestudies.views import match
from recommendations.models import Group, Recommendation
from tests.factories import (
    CaseFactory,
    CaseTermFactory,
    CollectionFactory,
    GroupFactory,
    IllustrationFactory,
    RecommendationFactory,
    SubPointFactory,
    term,
)
from tests.remembering import remembered

from .builders import make_case, make_collection, make_reference
from .reading import articles, page, text
from .test_query_counts import ACRONYMS, CASE_PAGE, SIZES, VERSION, add_cases

pytestmark = pytest.mark.django_db

ASKED = "?level=municipal&trigger=national-legislation&trigger=policy-mismatch&objective=decentralized-cooperation"


def ranked(html: str) -> list[str]:
    """The cases of the answer, as they are read."""
    return [text(article) for article in articles(html)]


def names(html: str) -> list[str]:
    return re.findall(r'<h3><a href="/cases/([a-z0-9-]+)/">', html)


def message(html: str) -> str:
    found = re.search(r'<div class="message message--warning" role="status">(.*?)</div>', html, re.DOTALL)
    return text(found.group(1)) if found else ""


def chosen_weights(html: str) -> dict[str, str]:
    selects = re.findall(r'<select id="weight-([a-z]+)" name="weight-\1">(.*?)</select>', html, re.DOTALL)
    return {name: re.findall(r'value="(\d)" selected', options)[0] for name, options in selects}


def canonical(html: str) -> str:
    return unescape(re.findall(r'<link rel="canonical" href="https?://[^/]+([^"]*)">', html)[0])


# The form.


def test_nothing_is_required(visitor):
    make_collection()
    html = page(visitor, "/match/")
    assert "required" not in re.findall(r"<form class=\"territory\".*?</form>", html, re.DOTALL)[0]
    assert articles(html) == []
    assert message(html) == ""
    legends = re.findall(r'<fieldset class="question"><legend>(.*?)</legend>', html)
    assert legends == [str(aspect.question) for aspect in ASPECTS]
    assert chosen_weights(html) == {aspect.name: str(aspect.weight) for aspect in ASPECTS}
    # What a form sends where nothing was chosen is no description.
    assert articles(page(visitor, "/match/?weight-level=2&level=&weight-state=1")) == []


@pytest.mark.parametrize(("query", "first"), [
    ("level=municipal", "dakar"), ("state=federal", "vaud"), ("migration=emigration", "souss"),
    ("trigger=missing-channels", "souss"), ("objective=decentralized-cooperation", "rabat"),
    ("actor=technical-services", "vaud"), ("beneficiary=women", "vaud"), ("budget=250k-1m", "souss"),
])  # fmt: skip
def test_each_question_answers_alone(visitor, query, first):
    make_collection()
    html = page(visitor, f"/match/?{query}")
    assert names(html)[0] == first
    assert ranked(html)[0].startswith("100% ")


def test_no_size_of_a_budget_is_no_option(visitor):
    make_collection()
    assert 'name="budget" value="not-reported"' not in page(visitor, "/match/")


def test_examples_are_shown_where_all_their_values_are_offered(visitor):
    make_collection()
    assert "Try an example" not in page(visitor, "/match/")
    for vocabulary, slugs in {"migration": ("transit", "cross-border"), "objective": ("rights-based-flows",)}.items():
        for slug in slugs:
            term(vocabulary, slug)
    html = page(visitor, "/match/")
    (example,) = re.findall(r'<ul class="examples">(.*?)</ul>', html, re.DOTALL)
    assert unescape(re.findall(r'href="(.*?)"', example)[0]) == (
        "/match/?migration=transit&migration=cross-border&objective=rights-based-flows"
    )
    assert message(page(visitor, unescape(re.findall(r'href="(.*?)"', example)[0]))) == ""
    # An answer needs no example.
    assert "Try an example" not in page(visitor, "/match/?level=municipal")


# The answer.


def test_every_match_and_miss_is_named(visitor):
    make_collection()
    html = page(visitor, f"/match/{ASKED}")
    level, trigger, objective = "Level of government weight 2 :", "Trigger weight 2 :", "Objective weight 3 :"
    unknown = "not stated by the case; it counts neither for nor against"
    # Dakar: (2 × 1 + 2 × ½) / 4. Vaud and Souss: 2 × ½ / 7, the one with the lower number first. Lyon states nothing.
    assert ranked(html) == [
        f"100% Rabat , Morocco 3 of 3 questions can be compared {level} has Municipal "
        f"{trigger} has National legislation, Policy mismatch {objective} has Decentralized cooperation",
        f"75% Dakar , Senegal 2 of 3 questions can be compared {level} has Municipal "
        f"{trigger} has Policy mismatch (1 of 2) ; lacks National legislation {objective} {unknown}",
        f"14% Vaud , Switzerland 3 of 3 questions can be compared {level} lacks Municipal "
        f"{trigger} has National legislation (1 of 2) ; lacks Policy mismatch "
        f"{objective} lacks Decentralized cooperation",
        f"14% Souss , Morocco 3 of 3 questions can be compared {level} lacks Municipal "
        f"{trigger} has Policy mismatch (1 of 2) ; lacks National legislation "
        f"{objective} lacks Decentralized cooperation",
    ]  # fmt: skip
    # The mark says the same without its colour.
    marks = [re.findall(r'<li class="(hit|part|miss|unknown)">', article) for article in articles(html)]
    assert marks == [["hit"] * 3, ["hit", "part", "unknown"], ["miss", "part", "miss"], ["miss", "part", "miss"]]
    assert "4 cases ranked" in text(html)
    assert "1 case states nothing of what you asked and is not ranked." in text(html)


def test_what_was_asked_stands_there_with_its_weights_the_address_and_the_date(visitor):
    make_collection()
    html = page(visitor, f"/match/{ASKED}&weight-trigger=0&weight-level=3")
    (asked,) = re.findall(r'<dl class="asked">(.*?)</dl>', html, re.DOTALL)
    assert text(asked) == (
        "Level of government weight 3 Municipal Trigger weight 0 National legislation, Policy mismatch left out "
        "Objective weight 3 Decentralized cooperation"
    )
    (address,) = re.findall(r'<p class="small muted asked__address">(.*?)</p>', html, re.DOTALL)
    date = f"{timezone.localdate():%-d %B %Y}"
    assert text(address) == f"http://testserver/match/{ASKED}&weight-level=3&weight-trigger=0 · {date}"


def test_weights_can_be_set_and_stay_in_the_address(visitor):
    make_collection()
    html = page(visitor, f"/match/?weight-objective=0&weight-level=1&weight-state=1&{ASKED.removeprefix('?')}")
    # (1 × level + 2 × trigger) / 3; the objective is no reason any more.
    assert [line.split(" can be")[0] for line in ranked(html)] == [
        "100% Rabat , Morocco 2 of 2 questions", "67% Dakar , Senegal 2 of 2 questions",
        "33% Vaud , Switzerland 2 of 2 questions", "33% Souss , Morocco 2 of 2 questions",
    ]  # fmt: skip
    assert "Objective weight" not in " ".join(ranked(html))
    default = {aspect.name: str(aspect.weight) for aspect in ASPECTS}
    assert chosen_weights(html) == default | {"objective": "0", "level": "1"}
    # Only what was changed, in one order.
    assert canonical(html) == f"/match/{ASKED}&weight-level=1&weight-objective=0"
    assert canonical(page(visitor, canonical(html))) == canonical(html)
    boxes = re.findall(r'name="([a-z]+)" value="([a-z-]+)" checked', html)
    assert boxes == [tuple(pair.split("=")) for pair in ASKED.removeprefix("?").split("&")]


def test_a_description_whose_every_answer_weighs_nothing_says_so(visitor):
    make_collection()
    html = page(visitor, "/match/?level=municipal&weight-level=0")
    assert articles(html) == []
    assert "All that you ticked has the weight 0." in html
    assert 'name="level" value="municipal" checked' in html
    assert chosen_weights(html)["level"] == "0"


def test_what_is_not_understood_is_left_out_and_said(visitor):
    make_collection()
    html = page(visitor, "/match/?level=municipal&level=moon&weight-level=9&colour=red&page=7")
    assert message(html) == (
        "Part of the address was not understood and has been left out: level=moon There is no such value. "
        "weight-level=9 A weight is a whole number from 0 to 3. colour=red There is no such question. "
        "page There is no such page; this is the first."
    )
    assert names(html)[:2] == ["dakar", "rabat"]
    assert canonical(html) == "/match/?level=municipal"
    # Hostile values do no harm.
    html = page(visitor, "/match/?level=%3Cscript%3E&weight-level=%3Cscript%3E")
    assert "<script>" not in html
    assert "level=&lt;script&gt;" in html


def test_ten_cases_stand_on_a_page(visitor):
    make_reference()
    for number in range(12):
        make_case(f"c{number:02}", terms=(("level", "municipal"), ("trigger", "policy-mismatch")))
    first, second = (page(visitor, f"/match/?level=municipal&weight-level=1{more}") for more in ("", "&page=2"))
    assert names(first) == [f"c{number:02}" for number in range(10)]
    assert names(second) == ["c10", "c11"]
    assert 'rel="next" href="?level=municipal&amp;weight-level=1&amp;page=2"' in first
    assert all("12 cases ranked" in text(html) for html in (first, second))


def test_a_description_that_nobody_speaks_of_finds_nothing(visitor):
    make_reference()
    make_case("mute")
    html = page(visitor, "/match/?level=municipal")
    assert articles(html) == []
    assert "No published case states anything of what you asked." in html
    assert "What these cases illustrate" not in html


@pytest.mark.parametrize(("query", "slugs"), [
    # Rabat, Dakar, Vaud and Souss answer.
    (ASKED, ["rabat", "dakar", "vaud"]),
    # Vaud and Souss state a level, but another.
    ("?level=municipal", ["dakar", "rabat"]),
])  # fmt: skip
def test_the_best_can_be_compared(visitor, query, slugs):
    make_collection()
    html = page(visitor, f"/match/{query}")
    (link,) = re.findall(r'href="(/compare/\?case=[^"]*)"', html)
    assert unescape(link) == "/compare/?" + "&".join(f"case={slug}" for slug in slugs)
    compared = visitor.get(unescape(link))
    assert compared.status_code == 200
    assert [case.slug for case in compared.context["choice"].cases] == slugs


def test_where_nobody_answers_there_is_nothing_to_compare_or_to_gather(visitor):
    make_reference()
    make_case("other", terms=(("level", "state-or-canton"),), illustrates=((1, ""),))
    html = page(visitor, "/match/?level=municipal")
    assert [line.split(" ,")[0] for line in ranked(html)] == ["0% Other"]
    assert "/compare/?case=" not in html
    assert "What these cases illustrate" not in html


# What they illustrate.


@remembered
def make_illustrations() -> None:
    """Six cases of which the sixth answers least. 2 is illustrated by two of the five, centrally by one; 1 by two,
    centrally by both; 14 by three, centrally by one; 3 by the sixth alone."""
    make_reference()
    RecommendationFactory(number=3)
    points = {letter: SubPointFactory(recommendation__number=14, letter=letter) for letter in "ab"}
    cases = [
        make_case(slug, terms=(("level", "municipal"), *((("state", "federal"),) if slug != "f" else ())))
        for slug in "abcde"
    ]
    cases.append(make_case("f", terms=(("level", "municipal"), ("state", "centralized"))))
    rows = [
        ("a", 1, "", "central"), ("b", 1, "", "central"), ("a", 2, "", "central"), ("c", 2, "", "supporting"),
        ("a", 14, "a", "supporting"), ("a", 14, "b", "central"), ("d", 14, "", "supporting"),
        ("e", 14, "", "supporting"), ("f", 3, "", "central"), ("f", 14, "", "central"),
    ]  # fmt: skip
    for slug, number, letter, strength in rows:
        IllustrationFactory(
            case=cases["abcdef".index(slug)],
            recommendation=RecommendationFactory(number=number),
            subpoint=points[letter] if letter else None,
            strength=strength,
            key=f"r{number}{letter}",
            reason=f"{slug} did {number}{letter}.",
            place="Part 4.9, Overview",
        )


FEDERAL = "?level=municipal&state=federal"


def test_the_recommendations_of_the_best_cases_are_gathered_with_their_reasons(visitor):
    make_illustrations()
    response = visitor.get(f"/match/{FEDERAL}")
    gathered = [
        (
            entry["recommendation"].number,
            [(row.reason, row.strength) for row, _explainer in entry["rows"]],
            [row.reason for row, _explainer in entry["further"]],
            entry["printed"].reason,
        )
        for entry in response.context["gathered"]
    ]
    # Most cases first; of as many, most central ones. One reason a case; on paper everybody has a say in turn.
    assert gathered == [
        (14, [("a did 14b.", "central"), ("d did 14.", "supporting"), ("e did 14.", "supporting")], ["a did 14a."],
         "a did 14b."),
        (1, [("a did 1.", "central"), ("b did 1.", "central")], [], "b did 1."),
        (2, [("a did 2.", "central"), ("c did 2.", "supporting")], [], "a did 2."),
    ]  # fmt: skip
    html = response.content.decode()
    part = re.findall(r'<section class="gathered.*?</section>', html, re.DOTALL)[0]
    assert text(part) == (
        "What these cases illustrate From the 5 best cases, what most of them illustrate first. An editorial reading "
        "of ours. 14. Recommendation 14 3 cases "
        "A central a did 14b. Part 4.9: Overview D supporting d did 14. Part 4.9: Overview "
        "E supporting e did 14. Part 4.9: Overview "
        "1 further reason A supporting a did 14a. Part 4.9: Overview Recommendation 14 with all its cases "
        "1. Recommendation 1 2 cases A central a did 1. Part 4.9: Overview B central b did 1. Part 4.9: Overview "
        "Recommendation 1 with all its cases "
        "2. Recommendation 2 2 cases A central a did 2. Part 4.9: Overview "
        "C supporting c did 2. Part 4.9: Overview Recommendation 2 with all its cases"
    )  # fmt: skip
    assert 'href="/cases/a/#illustration-r14b"' in part
    assert 'href="/recommendations/14/"' in part


class Paper(HTMLParser):
    """Copies a page without the elements that are not printed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.kept: list[str] = []
        self.hidden: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID and (self.hidden or "no-print" in (dict(attrs).get("class") or "").split()):
            self.hidden.append(tag)
        self.keep(self.get_starttag_text())

    def handle_endtag(self, tag):
        self.keep(f"</{tag}>")
        if self.hidden:
            assert self.hidden.pop() == tag

    def handle_data(self, data):
        self.keep(data)

    def keep(self, piece: str) -> None:
        if not self.hidden:
            self.kept.append(piece)


VOID = {"input", "link", "meta", "br"}


def on_paper(html: str) -> str:
    """The page without what is not printed."""
    paper = Paper()
    paper.feed(html)
    return "".join(paper.kept)


@pytest.mark.parametrize(("values", "cases", "recommendations"), [(12, 5, 7), (13, 3, 5), (24, 3, 5), (25, 2, 4),
                                                                 (40, 2, 4), (41, 1, 2)])  # fmt: skip
def test_the_more_is_asked_the_fewer_cases_and_recommendations_are_printed(visitor, values, cases, recommendations):
    make_reference()
    terms = [("trigger", f"t{number:02}") for number in range(values)]
    for name in terms:
        term(*name)
    for number in range(1, 9):
        RecommendationFactory(number=number)
    for number in range(7):
        case = make_case(f"c{number}", terms=tuple(terms[:3]))
        for recommendation in range(1, 9):
            IllustrationFactory(case=case, recommendation__number=recommendation, reason=f"c{number}-{recommendation}.")
    html = page(visitor, "/match/?" + "&".join(f"trigger={slug}" for _name, slug in terms))
    printed = on_paper(html)
    assert len(articles(html)) == 7
    assert names(printed) == [f"c{number}" for number in range(cases)]
    reasons = re.findall(r"(c\d)-(\d)\.", printed)
    assert [number for _case, number in reasons] == [str(number) for number in range(1, recommendations + 1)]
    # Each of the five has its say before one has it twice.
    assert [case for case, _number in reasons] == [f"c{place % 5}" for place in range(recommendations)]
    assert f"the {cases} best cases and the {recommendations} recommendations" in text(html)
    assert "Printed, this page is a brief" not in text(printed)


def test_drafts_are_nowhere(visitor, editor):
    make_illustrations()
    draft = make_case("draft", status="draft", terms=(("level", "municipal"), ("state", "federal")))
    IllustrationFactory(case=draft, recommendation__number=2, reason="Draft did 2.")
    archived = make_case("archived", status="archived", terms=(("level", "municipal"), ("state", "federal")))
    IllustrationFactory(case=archived, recommendation__number=2, reason="Archived did 2.")
    revision = start_revision(Case.objects.get(slug="a"))
    revision.illustrations.update(reason="Revised.")
    IllustrationFactory(case=revision, recommendation__number=3, reason="Revised did 3.")
    group = RecommendationFactory(number=2).group
    for client in (visitor, editor):
        for path in (f"/match/{FEDERAL}", f"/recommendations/brief/{group.slug}/", "/recommendations/3/", "/cases/a/",
                     "/recommendations/2/"):  # fmt: skip
            html = page(client, path)
            assert not re.search("draft|archived|revised", text(html), re.IGNORECASE), path
    assert len(articles(page(visitor, f"/match/{FEDERAL}"))) == 6


def test_an_edit_is_answered_at_once(visitor):
    make_reference()
    case = make_case("one", terms=(("level", "municipal"),))
    assert [line.split(" ,")[0] for line in ranked(page(visitor, "/match/?level=municipal"))] == ["100% One"]
    case.caseterms.all().delete()
    CaseTermFactory(case=case, term=term("level", "state-or-canton"))
    assert [line.split(" ,")[0] for line in ranked(page(visitor, "/match/?level=municipal"))] == ["0% One"]


@pytest.mark.parametrize("size", SIZES)
def test_match_makes_as_many_queries_for_few_cases_as_for_many(visitor, django_assert_num_queries, size):
    add_cases(size)
    for vocabulary in ("trigger", "objective", "beneficiary"):
        term(vocabulary, "any")
    index.current()
    with django_assert_num_queries(VERSION):
        visitor.get("/match/")
    # the best cases; the page of cases; acronyms; illustrations
    with django_assert_num_queries(VERSION + 1 + 1 + ACRONYMS + 1):
        response = visitor.get("/match/?trigger=above&objective=rights&beneficiary=women")
    assert len(response.context["paged"].page.object_list) == size
    assert response.context["gathered"]


# Beside a case.


def comparable_part(html: str) -> str:
    found = re.search(r'<section class="element" id="comparable".*?</section>', html, re.DOTALL)
    return found.group() if found else ""


def test_a_case_shows_comparable_cases_with_the_reasons(visitor):
    make_reference()
    same = (("level", "municipal"), ("state", "federal"), ("migration", "immigration"))
    make_case("one", terms=(*same, ("trigger", "national-legislation")), budget=("5", "USD"))
    make_case("two", terms=(*same, ("migration", "emigration")), code="FR")
    make_case("far", terms=(("level", "state-or-canton"), ("state", "centralized"), ("migration", "emigration")))
    make_case("mute", terms=(("level", "municipal"), ("state", "federal")))
    html = page(visitor, "/cases/one/")
    part = comparable_part(html)
    unknown = "not stated by the case; it counts neither for nor against"
    # (2 + 1 + 3 × ½) / 6
    assert ranked(part) == [
        "75% Two , France Compare side by side Level of government: both: Municipal Kind of state: both: Federal "
        "Migration profile: both: Immigration (1 of 2) ; only there: Emigration "
        f"Trigger: {unknown} Budget: {unknown}"
    ]
    assert re.findall(r'<li class="(hit|part|miss|unknown)">', part) == ["hit", "hit", "part", "unknown", "unknown"]
    assert 'href="/compare/?case=one&amp;case=two"' in part
    assert 'href="/match/"' in part
    assert '<li><a href="#comparable">Comparable cases</a></li>' in html
    back = comparable_part(page(visitor, "/cases/two/"))
    assert [line.split(" , ")[0] for line in ranked(back)] == ["75% One", "25% Far"]
    assert "Migration profile: both: Immigration (1 of 2) ; only here: Emigration" in ranked(back)[0]


def test_a_case_that_states_too_little_has_no_such_part(visitor):
    make_reference()
    make_case("one", terms=(("level", "municipal"), ("state", "federal")))
    make_case("two", terms=(("level", "municipal"), ("state", "federal"), ("migration", "immigration")))
    for slug in ("one", "two"):
        html = page(visitor, f"/cases/{slug}/")
        assert comparable_part(html) == ""
        assert "#comparable" not in html


def test_three_comparable_cases_cost_one_query(visitor, django_assert_num_queries):
    add_cases(5)
    case = Case.objects.order_by("-pk").first()
    index.current()
    # Their reasons are in the index: only the cases themselves are fetched.
    with django_assert_num_queries(CASE_PAGE):
        html = page(visitor, case.get_absolute_url())
    assert len(articles(comparable_part(html))) == 3


# The brief of a group.


def make_group() -> Group:
    """Recommendations 1, 14 and 2 in one group; 2 is a gap."""
    group = GroupFactory(slug="local", title="Local authorities", position=1)
    GroupFactory(slug="other", title="Others", position=2)
    for number in (1, 2, 14):
        RecommendationFactory(number=number, group=group, title=f"Advice {number}", text=f"Do {number}.")
    points = {
        letter: SubPointFactory(recommendation__number=14, letter=letter, title=f"Part {letter}", text=f"Do {letter}.")
        for letter in "ab"
    }
    collection = CollectionFactory()
    cases = {slug: CaseFactory(collection=collection, slug=slug, ordinal=n) for n, slug in enumerate("abcde", 1)}
    rows = [
        ("a", 1, "", "supporting"), ("b", 1, "", "central"), ("c", 1, "", "supporting"), ("d", 1, "", "central"),
        # The first case is central by one part and supports by others: it stands first all the same, and once.
        ("a", 14, "a", "supporting"), ("a", 14, "b", "central"), ("b", 14, "b", "central"), ("b", 14, "", "central"),
        ("c", 14, "", "central"), ("d", 14, "", "central"), ("e", 14, "", "supporting"), ("a", 14, "", "supporting"),
    ]  # fmt: skip
    for slug, number, letter, strength in rows:
        IllustrationFactory(
            case=cases[slug],
            recommendation=RecommendationFactory(number=number),
            subpoint=points[letter] if letter else None,
            strength=strength,
            key=f"r{number}{letter or '-'}",
            reason=f"{slug} did {number}{letter}.",
            place="Part 4.9, Overview",
        )
    return group


def test_a_brief_shows_the_strongest_illustrations_one_a_case_and_the_gaps(visitor):
    make_group()
    html = page(visitor, "/recommendations/brief/local/")
    assert re.findall(r"<h1>(.*?)</h1>", html) == ["Local authorities"]
    sections = [text(part) for part in re.findall(r'<section class="brief".*?</section>', html, re.DOTALL)]
    where = "Part 4.9: Overview"
    assert sections == [
        f"1. Advice 1 Do 1. B , Switzerland central b did 1. {where} D , Switzerland central d did 1. {where} "
        f"A , Switzerland supporting a did 1. {where} 4 cases illustrate it: 2 central, 2 supporting. All of them",
        "2. Advice 2 Do 2. No published case illustrates this recommendation: a gap, and shown as one.",
        "14. Advice 14 Do 14. Part a. Do a. Part b. Do b. "
        f"A , Switzerland central a did 14b. {where} B , Switzerland central b did 14. {where} "
        f"C , Switzerland central c did 14. {where} 5 cases illustrate it: 4 central, 1 supporting. All of them",
    ]
    assert re.findall(r'<li><a href="(/cases/[a-z]+/#[^"]*)">', html)[:3] == [
        "/cases/b/#illustration-r1-", "/cases/d/#illustration-r1-", "/cases/a/#illustration-r1-",
    ]  # fmt: skip
    assert "1 recommendation is illustrated by no published case so far: a gap, and shown as one." in html
    # On paper it says where it is from, and of when.
    (origin,) = re.findall(r'<p class="small muted print-only">(.*?)</p>', html)
    assert text(origin) == f"http://testserver/recommendations/brief/local/ · {timezone.localdate():%-d %B %Y}"


def test_briefs_lead_to_one_another_and_pages_lead_to_them(visitor):
    make_group()
    html = page(visitor, "/recommendations/brief/local/")
    found = re.findall(r'<a class="tag" href="(/recommendations/brief/[a-z]+/)"( aria-current="page")?>', html)
    assert found == [("/recommendations/brief/local/", ' aria-current="page"'), ("/recommendations/brief/other/", "")]
    for path in ("/recommendations/", "/recommendations/14/"):
        assert 'href="/recommendations/brief/local/"' in page(visitor, path)
    assert '<section class="brief"' not in page(visitor, "/recommendations/brief/other/")


def test_a_brief_of_no_group_is_not_there(visitor):
    assert visitor.get("/recommendations/brief/nothing/").status_code == 404


@pytest.mark.parametrize("size", SIZES)
def test_a_brief_makes_as_many_queries_for_few_cases_and_recommendations_as_for_many(
    visitor, django_assert_num_queries, size
):
    add_cases(size)
    group = GroupFactory(slug="local")
    first = Recommendation.objects.get(number=1)
    first.group = group
    first.save()
    for number in range(101, size + 101):
        IllustrationFactory(
            case=Case.objects.order_by("pk").first(), recommendation=RecommendationFactory(number=number, group=group)
        )
    index.current()
    # the group, its recommendations, their sub-points; the version; the illustrations; acronyms; the other groups
    with django_assert_num_queries(3 + VERSION + 1 + ACRONYMS + 1):
        html = page(visitor, "/recommendations/brief/local/")
    assert html.count('<section class="brief"') == size + 1


def test_what_is_printed_is_bounded_by_the_last_row(visitor):
    """The table of what fits has an end, whatever is asked."""
    mosts = [most for most, *_rest in match.PRINTED]
    assert mosts == sorted(mosts)
    assert mosts[-1] == float("inf")
