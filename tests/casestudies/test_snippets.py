"""Snippets: which passages a search shows of a case, how they are cut, and what is marked in them."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from casestudies.index import current
from casestudies.models import Case, Illustration, Narrative
from casestudies.search import snippets as module
from casestudies.search.snippets import AFTER, BEFORE, Piece, snippets
from casestudies.search.words import read_question
from tests.factories import (
    CaseActorFactory,
    CaseFactory,
    CaseSourceFactory,
    CaseTermFactory,
    ComponentFactory,
    CountryFactory,
    FigureFactory,
    IllustrationFactory,
    NarrativeFactory,
    ObjectiveFactory,
    OrganizationFactory,
    OrganizationNameFactory,
    RecommendationFactory,
    SourceFactory,
    term,
)

from .test_query_counts import SIZES, add_cases

pytestmark = pytest.mark.django_db


def found(question: str, *cases: Case) -> dict[str, list[str]]:
    """The snippets of cases, as «Heading: text with [marks]»."""
    made = snippets(read_question(question), cases, current())
    return {
        case.slug: [
            f"{snippet.heading}: {''.join(f'[{p.text}]' if p.is_mark else p.text for p in snippet.pieces)}"
            for snippet in made[case.pk]
        ]
        for case in cases
    }


def of(question: str, case: Case) -> list[str]:
    return found(question, case)[case.slug]


def narrative(text: str, section: str = "overview") -> Case:
    case = CaseFactory()
    NarrativeFactory(case=case, section=section, text=text)
    return case


# What is marked


@pytest.mark.parametrize(("question", "marked"), [
    ("remittances", "[Remittances] of families, a remitted sum, the [remitters] of Sédhiou"),
    # by the stem, not by the letters
    ("remitted", "Remittances of families, a [remitted] sum, the remitters of Sédhiou"),
    ("family", "Remittances of [families], a remitted sum, the remitters of Sédhiou"),
    # the last word as the beginning of others; a space says that it is whole
    ("remitt", "[Remittances] of families, a [remitted] sum, the [remitters] of Sédhiou"),
    ("fam", "Remittances of [families], a remitted sum, the remitters of Sédhiou"),
    ("fam ", ""),
    ("FAM sedhiou", "Remittances of families, a remitted sum, the remitters of [Sédhiou]"),
    # accents and case count for nothing, on either side
    ("SEDHIOU", "Remittances of families, a remitted sum, the remitters of [Sédhiou]"),
    ("sédhíou", "Remittances of families, a remitted sum, the remitters of [Sédhiou]"),
    # in quotes a word is what it is
    ('"families"', "Remittances of [families], a remitted sum, the remitters of Sédhiou"),
    ('"family"', ""),
    ("sum family", "Remittances of [families], a remitted [sum], the remitters of Sédhiou"),
    ("nothing", ""),
])  # fmt: skip
def test_words_are_marked_whole(question, marked):
    case = narrative("Remittances of families, a remitted sum, the remitters of Sédhiou")
    assert of(question, case) == [f"Overview: {marked}"] * bool(marked)


def test_a_word_that_folding_splits_is_marked_once():
    assert of("1", narrative("About ½ of it")) == ["Overview: About [½] of it"]


# How it is cut


def test_a_short_text_is_shown_whole():
    between = f" {'x' * (AFTER - 10)} "
    case = narrative(f"word{between}word")
    (shown,) = snippets(read_question("word"), [case], current())[case.pk]
    assert shown.pieces == (Piece("word", True), Piece(between, False), Piece("word", True))


def test_it_is_cut_between_words_with_ellipses():
    text = f"{'before ' * 20}the canton {'behind ' * 30}end"
    (shown,) = of("canton", narrative(text))
    begin, rest = shown.removeprefix("Overview: ").split("[canton]")
    assert re.fullmatch(r"… (before )+the ", begin)
    assert re.fullmatch(r" (behind )+…", rest)
    # As much as fits, and no more.
    assert len(begin) - len("… ") <= BEFORE < len(begin) - len("… ") + len("before ")
    assert len("canton" + rest) - len(" …") <= AFTER < len("canton" + rest) - len(" …") + len(" behind")


@pytest.mark.parametrize(("text", "expected"), [
    (f"canton {'behind ' * 30}", r"\[canton\] (behind )+…"),
    (f"{'before ' * 20}canton", r"… (before )+\[canton\]"),
    # no space to cut at: the word asked for is in all the same
    (f"{'x' * 200}-canton", r"… x{59}-\[canton\]"),
    (f"canton-{'x' * 200}", r"\[canton\]-x{113} …"),
    (f"{'x' * 200}\ncanton", r"… x{59}\n\[canton\]"),
    (f"a canton {'x' * 200}", r"a \[canton\] …"),
    (f"a canton {'x' * 111} behind", r"a \[canton\] x{111} …"),
])  # fmt: skip
def test_the_ellipsis_stands_where_something_is_left_out(text, expected):
    (shown,) = of("canton", narrative(text.strip()))
    assert re.fullmatch(f"Overview: {expected}", shown), shown


def test_it_is_cut_out_where_most_of_the_words_stand():
    text = f"The canton is large. {'Filler. ' * 40}Here canton and town meet. {'Filler. ' * 40}The town is small."
    (shown,) = of("town canton", narrative(text))
    assert "Here [canton] and [town] meet." in shown
    # Of equals, the first.
    (shown,) = of("canton", narrative(f"A canton. {'Filler. ' * 40}A canton."))
    assert shown.startswith("Overview: A [canton]. Filler.")


# Which passages


def test_a_case_has_two_snippets_at_most_the_best_first():
    case = CaseFactory()
    FigureFactory(case=case, label="Migrants of the canton, by figures", section="overview")
    NarrativeFactory(case=case, section="implementation", text="A text on migrants.")
    ObjectiveFactory(case=case, text="An objective for migrants.")
    # An objective is worth more than a text, a text more than a figure.
    assert of("migrants", case) == ["Objectives: An objective for [migrants].", "Implementation: A text on [migrants]."]
    # A passage that holds more of the words goes before what is worth more.
    assert of("migrants canton", case) == [
        "Overview: [Migrants] of the [canton], by figures",
        "Objectives: An objective for [migrants].",
    ]


def test_a_second_snippet_says_something_new():
    case = CaseFactory()
    for position, text in enumerate(["The first on migrants.", "The second on migrants.", "A third on cantons."]):
        ComponentFactory(case=case, section="implementation", position=position, title="", text=text)
    assert of("migrants", case) == ["Implementation: The first on [migrants]."]
    assert of("migrants canton", case) == [
        "Implementation: The first on [migrants].",
        "Implementation: A third on [cantons].",
    ]


def test_what_is_nothing_but_the_words_asked_for_comes_last():
    case = CaseFactory()
    ComponentFactory(case=case, section="implementation", title="Integration", text="")
    assert of("integration", case) == ["Implementation: [Integration]"]
    NarrativeFactory(case=case, section="overview", text="The strategy of integration.")
    assert of("integration", case) == ["Overview: The strategy of [integration].", "Implementation: [Integration]"]


def test_what_every_card_shows_is_no_snippet():
    case = CaseFactory(name="Canton of Vaud", title="Cantonal programme", purpose="For the canton")
    assert of("canton", case) == []


def test_what_cases_share_is_shown_too():
    country = CountryFactory(code="SN", region=term("region", "western-africa", label="Western Africa"))
    case, other = CaseFactory(country=country), CaseFactory(country=CountryFactory(code="CH"))
    above = term("trigger", "mismatch", label="Mismatched policies")
    CaseTermFactory(case=case, term=term("trigger", "missing", label="Missing links", parent=above), reason="")
    office = OrganizationFactory(
        name="Office for Migrants", acronym="OfM", original_name="Bureau", types=[term("actor-type", "services")]
    )
    OrganizationNameFactory(organization=office, name="Old desk for newcomers")
    CaseActorFactory(case=case, organization=office, name_stated="", text="")
    IllustrationFactory(
        case=case,
        recommendation=RecommendationFactory(title="Assign a clear duty", text="In a law that lasts."),
        reason="",
    )
    source = SourceFactory(authors="Ahn, B.", title="Plans", english_title="Blueprints", container="Yearbook of towns")
    CaseSourceFactory(case=case, source=source)
    shown = {
        word: found(word, case, other)
        for word in ("missing", "mismatched", "africa", "services", "desk", "bureau", "duty", "lasts", "yearbook")
    }
    assert {word: made[case.slug] for word, made in shown.items()} == {
        "missing": ["Classification: [Missing] links"],
        "mismatched": ["Classification: [Mismatched] policies"],
        "africa": ["Classification: Western [Africa]"],
        "services": ["Classification: [Services]"],
        "desk": ["Actors: Old [desk] for newcomers"],
        "bureau": ["Actors: Office for Migrants (OfM) – [Bureau]"],
        "duty": ["Recommendations illustrated: Assign a clear [duty]"],
        "lasts": ["Recommendations illustrated: In a law that [lasts]."],
        "yearbook": ["Sources: Ahn, B.: Plans. Blueprints. [Yearbook] of towns"],
    }
    assert [made[other.slug] for made in shown.values()] == [[]] * len(shown)


def test_every_case_that_is_found_by_a_shared_text_says_why(visitor):
    """What the search finds a case by has a snippet, or stands on its card."""
    add_cases(2)
    for word in ("funds", "local", "council", "rights", "women", "above", "town"):
        page = visitor.get("/cases/", {"q": f"{word} "})
        cases = page.context["paged"].page.object_list
        assert len(cases) == 2, word
        assert [bool(case.snippets) for case in cases] == [True, True], word


# On the page


def test_the_page_shows_the_marks_and_escapes_the_text(visitor):
    narrative("Before <script>alert(1)</script> & the canton", section="implementation")
    html = visitor.get("/cases/?q=canton").content.decode()
    (shown,) = re.findall(r'<ul class="snippets">(.*?)</ul>', html)
    assert shown == (
        '<li><span class="snippets__where">Implementation:</span>'
        " Before &lt;script&gt;alert(1)&lt;/script&gt; &amp; the <mark>canton</mark></li>"
    )
    # Marks within what looks like a tag stay text.
    html = visitor.get("/cases/?q=script").content.decode()
    assert "&lt;<mark>script</mark>&gt;alert(1)&lt;/<mark>script</mark>&gt;" in html


def test_the_page_without_a_search_asks_for_no_snippets(visitor, monkeypatch):
    narrative("The canton")
    monkeypatch.setattr(module, "passages_of", lambda cases: pytest.fail("snippets were made"))
    html = visitor.get("/cases/").content.decode()
    assert 'class="snippets"' not in html


def test_hidden_cases_are_never_shown(visitor):
    public = narrative("A public canton.")
    for fields in ({"status": "draft"}, {"status": "in-review"}, {"status": "archived"}, {"revises": public}):
        NarrativeFactory(case=CaseFactory(**fields), text="A secret canton.")
    html = visitor.get("/cases/?q=canton").content.decode()
    assert "A public <mark>canton</mark>." in html
    assert "secret" not in html
    assert len(re.findall('class="snippets"', html)) == 1


@pytest.mark.parametrize("size", SIZES)
def test_as_many_queries_for_few_cases_as_for_many(size, django_assert_num_queries):
    add_cases(size)
    index, cases = current(), list(Case.objects.published())
    models = {each.model for each in module_rows()}
    # each kind of rows; actors, their other names, recommendations, sources
    with django_assert_num_queries(len(models) + 4):
        snippets(read_question("canton"), cases, index)


def module_rows():
    from casestudies.search.texts import ROWS

    assert {Narrative, Illustration} < {each.model for each in ROWS}
    return ROWS


@pytest.mark.parametrize("size", SIZES)
def test_a_page_with_a_search_makes_as_many_queries_for_few_as_for_many(visitor, size):
    add_cases(size)
    visitor.get("/cases/?q=canton")
    with CaptureQueriesContext(connection) as queries:
        response = visitor.get("/cases/?q=canton")
    assert len(response.context["paged"].page.object_list) == size
    # the version; whether the words are fresh; the page and what a row shows: 5; the snippets
    assert len(queries) == 1 + 1 + 5 + len({each.model for each in module_rows()}) + 4
