"""Part 2 to browse: the ways in which cases bear terms, what a term's page says of each case, and the diagram."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import combinations
from xml.etree import ElementTree

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from casestudies.facets import FACETS_BY_NAME
from casestudies.grid import COLUMNS, FRAME, GAP, MARGIN, USAGES, Diagram, TermView, diagram, usage_of
from casestudies.models import Case, Term, Vocabulary
from tests.factories import (
    BeneficiaryGroupFactory,
    CaseActorFactory,
    CaseFactory,
    CaseTermFactory,
    CollectionFactory,
    CoordinationMechanismFactory,
    CountryFactory,
    ObjectiveFactory,
    OrganizationFactory,
    SourceFactory,
    TermFactory,
    VocabularyFactory,
    term,
)
from tests.remembering import remembered

from .reading import articles, page, text

pytestmark = pytest.mark.django_db

DRAWN = '<svg class="diagram"'
SVG = "{http://www.w3.org/2000/svg}"


def listed(html: str) -> list[str]:
    """The terms that a page lists, each with how many cases it says that there are."""
    heads = re.findall(r'<li(?: id="[^"]+")?><p class="term-list__head">(.*?)</p>', html, re.DOTALL)
    return [text(head) for head in heads]


def cases_of(visitor: Client, path: str) -> list[str]:
    return re.findall(r'<h3><a href="/cases/([^"]+)/">', page(visitor, path))


# -- The ways of bearing a term


def in_region(case: Case, region: Term) -> None:
    case.country = CountryFactory(code=f"{chr(65 + region.pk % 26)}{chr(65 + region.pk // 26)}", region=region)
    case.save()


# How a case comes to bear a term of each vocabulary; of those by classification two stand for all.
WAYS: dict[str, Callable[[Case, Term], object]] = {
    "trigger": lambda case, found: CaseTermFactory(case=case, term=found),
    "challenge": lambda case, found: CaseTermFactory(case=case, term=found),
    "objective": lambda case, found: ObjectiveFactory(case=case, broad_objectives=[found]),
    "beneficiary": lambda case, found: BeneficiaryGroupFactory(case=case, groups=[found]),
    "actor-type": lambda case, found: CaseActorFactory(case=case, organization=OrganizationFactory(types=[found])),
    "role": lambda case, found: CaseActorFactory(case=case, roles=[found]),
    "coordination-form": lambda case, found: CoordinationMechanismFactory(case=case, form=found),
    "tier": lambda case, found: CoordinationMechanismFactory(case=case, levels=[found]),
    "region": in_region,
}


def test_every_way_of_bearing_a_term_is_tried():
    assert set(WAYS) == set(USAGES) | {"trigger", "challenge"}
    assert {slug for slug in WAYS if usage_of(slug).model.__name__ == "CaseTerm"} == {"trigger", "challenge"}


@remembered
def bearers(vocabulary: str) -> None:
    """Cases that bear a parent, its first child, both (where a case can), two rows of it; and hidden ones."""
    bear = WAYS[vocabulary]
    parent = term(vocabulary, "parent", position=1)
    child = term(vocabulary, "child", parent=parent, position=2)
    term(vocabulary, "sister", parent=parent, position=3)
    term(vocabulary, "aunt", position=4)
    live = [CaseFactory(slug=slug, ordinal=number) for number, slug in enumerate(("a", "b", "c", "d"), 1)]
    hidden = [CaseFactory(status=status) for status in ("draft", "in-review", "archived")]
    hidden.append(CaseFactory(slug="d", ordinal=4, revises=live[3]))
    bear(live[0], parent)
    for case in (live[1], live[2], *hidden):
        bear(case, child)
    if vocabulary != "region":
        bear(live[2], parent)
    if vocabulary not in ("trigger", "challenge", "region"):
        bear(live[2], child)


@pytest.mark.parametrize("vocabulary", WAYS)
def test_a_term_has_the_published_cases_that_bear_it_or_one_below_it(visitor, vocabulary):
    bearers(vocabulary)
    # The fourth case bears nothing, but lies somewhere as every case does.
    found = {slug: cases_of(visitor, f"/grid/{vocabulary}/{slug}/") for slug in ("parent", "child", "sister", "aunt")}
    assert found == {"parent": ["a", "b", "c"], "child": ["b", "c"], "sister": [], "aunt": []}


@pytest.mark.parametrize("vocabulary", WAYS)
def test_counts_hold_a_case_once_with_the_terms_below(visitor, vocabulary):
    bearers(vocabulary)
    terms = ["Parent 3 cases", "Child 2 cases", "Sister no case", "Aunt no case"]
    if vocabulary == "region":
        terms.append("Western europe 1 case")
    assert listed(page(visitor, f"/grid/{vocabulary}/")) == terms
    (section,) = re.findall(
        rf'<section class="entry" aria-labelledby="{vocabulary}-head">.*?</section>', page(visitor, "/grid/"), re.DOTALL
    )
    assert listed(section) == terms


@pytest.mark.parametrize("vocabulary", WAYS)
def test_the_number_of_cases_stands_above_them(visitor, vocabulary):
    bearers(vocabulary)
    paths = [f"/grid/{vocabulary}/{slug}/" for slug in ("parent", "child", "sister")]
    heads = [re.findall(r'<h2 id="cases">(.*?)</h2>', page(visitor, path)) for path in paths]
    assert heads == [["3 cases"], ["2 cases"], ["0 cases"]]


def test_a_term_of_the_same_name_elsewhere_is_another_one(visitor):
    here, there = term("objective", "links"), term("mechanism", "links")
    ObjectiveFactory(case=CaseFactory(slug="a"), broad_objectives=[here])
    CaseTermFactory(case=CaseFactory(slug="b"), term=there)
    assert [cases_of(visitor, f"/grid/{slug}/links/") for slug in ("objective", "mechanism")] == [["a"], ["b"]]
    assert [listed(page(visitor, f"/grid/{slug}/")) for slug in ("objective", "mechanism")] == [["Links 1 case"]] * 2


def test_one_count_serves_all_vocabularies_of_classification(visitor):
    for vocabulary, number in (("trigger", 1), ("approach", 2), ("level", 0)):
        found = term(vocabulary, f"of-{vocabulary}")
        for _number in range(number):
            CaseTermFactory(term=found)
    assert listed(page(visitor, "/grid/")) == [
        "Of trigger 1 case", "Western europe 3 cases", "Of approach 2 cases", "Of level",
    ]  # fmt: skip


def test_an_objective_by_classification_alone_is_none(visitor):
    """As in the list of cases: a case's objectives are its rows of objectives."""
    found = term("objective", "links")
    CaseTermFactory(term=found)
    assert cases_of(visitor, "/grid/objective/links/") == []
    assert listed(page(visitor, "/grid/objective/")) == ["Links"]


# -- The grid and a vocabulary


def test_the_grid_shows_the_vocabularies_in_order(visitor):
    VocabularyFactory(slug="later", label="Later <one>", position=2, question="When?")
    VocabularyFactory(slug="sooner", label="Sooner", position=1, question="Why?", is_ours=True)
    html = page(visitor, "/grid/")
    sections = re.findall(r'<section class="entry".*?</section>', html, re.DOTALL)
    assert [text(section) for section in sections] == [
        "Sooner Why? ours Tied to no case.", "Later <one> When? Tied to no case.",
    ]  # fmt: skip
    assert re.findall(r'<h2 id="[a-z]+-head"><a href="([^"]+)">', html) == ["/grid/sooner/", "/grid/later/"]
    assert DRAWN not in html


def test_an_empty_grid_is_a_page(visitor):
    html = page(visitor, "/grid/")
    assert listed(html) == []
    assert re.findall(r"<h1>(.*?)</h1>", html) == ["The grid"]


def test_terms_stand_in_order_below_their_parents(visitor):
    for slug, parent, position in (("d", None, 1), ("c", None, 3), ("b", "d", 2), ("a", "d", 5), ("e", "c", 4)):
        found = term("trigger", slug, position=position, parent=parent and term("trigger", parent))
        CaseTermFactory(term=found)
    html = page(visitor, "/grid/trigger/")
    assert [line[0] for line in listed(html)] == ["D", "B", "A", "C", "E"]
    assert re.findall(r'<p class="term-list__head"><a href="([^"]+)">', html) == [
        f"/grid/trigger/{slug}/" for slug in "dbace"
    ]
    nested = html.partition('<ul class="term-list">')[2].partition("</section>")[0]
    assert [part.partition("</ul>")[0].count("<li") for part in nested.split('<ul class="term-list">')[1:]] == [2, 1]


def test_a_vocabulary_says_what_it_is(visitor):
    vocabulary = VocabularyFactory(
        slug="trigger", label="Triggers", question="What set it off?", definition="First <one>.\n\nSecond.",
        place="Part 2, Triggers; Part 2, Approach",
    )  # fmt: skip
    TermFactory(vocabulary=vocabulary, slug="law", label="A law", definition="Some <law>.")
    html = page(visitor, "/grid/trigger/")
    assert text(html.partition('<header class="page-head">')[2].partition("</header>")[0]) == (
        "What set it off? Triggers First <one>. Second. Part 2: Triggers, Approach. Summarized in our words."
    )
    assert re.findall(r"<li id=\"law\">.*?</p>(.*?)</li>", html) == ["<p>Some &lt;law&gt;.</p>"]
    assert re.findall(r'<li><a href="([^"]+)">[^<]+</a></li><li aria-current="page">(.*?)</li>', html) == [
        ("/grid/", "Triggers")
    ]


def test_a_vocabulary_of_ours_says_so(visitor):
    VocabularyFactory(slug="level", label="Levels", is_ours=True, place="Part 2, Nowhere")
    head = page(visitor, "/grid/level/").partition('<header class="page-head">')[2].partition("</header>")[0]
    assert text(head) == "Levels ours This list is the portal's, not the paper's."


def test_definitions_stand_on_the_vocabulary_s_page_alone(visitor):
    term("trigger", "law", definition="What a law is.")
    assert [page(visitor, path).count("What a law is.") for path in ("/grid/", "/grid/trigger/")] == [0, 1]


def test_gaps_are_said(visitor):
    """A vocabulary of which no case bears a term counts nothing; in another one each gap is named."""
    term("challenge", "data", position=1)
    term("trigger", "law", position=1)
    CaseTermFactory(case=CaseFactory(slug="a"), term=term("trigger", "mismatch", position=2))
    assert listed(page(visitor, "/grid/challenge/")) == ["Data"]
    assert "These are tied to no case." in page(visitor, "/grid/challenge/")
    assert listed(page(visitor, "/grid/trigger/")) == ["Law no case", "Mismatch 1 case"]
    assert "tied to no case" not in page(visitor, "/grid/trigger/")
    assert page(visitor, "/grid/").count("Tied to no case.") == 1
    html = page(visitor, "/grid/trigger/law/")
    assert "<h3>No published case stands here.</h3>" in html
    assert articles(html) == []
    assert "See them in the list of cases" not in html
    assert "<h3>No published case" not in page(visitor, "/grid/trigger/mismatch/")


def test_retired_terms_are_shown_as_long_as_cases_bear_them(visitor):
    borne = term("trigger", "borne", is_retired=True, position=1)
    unborne = term("trigger", "unborne", is_retired=True, position=2)
    parent = term("trigger", "parent", position=3)
    term("trigger", "below", parent=parent, is_retired=True, position=4)
    kept = term("trigger", "kept", parent=term("trigger", "above", is_retired=True, position=5), position=6)
    CaseTermFactory(case=CaseFactory(slug="a"), term=borne)
    CaseTermFactory(case=CaseFactory(status="draft"), term=unborne)
    CaseTermFactory(case=CaseFactory(slug="b"), term=kept)
    term("trigger", "live", parent=term("trigger", "alone", is_retired=True, position=7), position=8)
    expected = [
        "Borne 1 case retired", "Parent no case", "Above 1 case retired", "Kept 1 case", "Alone no case retired",
        "Live no case",
    ]  # fmt: skip
    assert [listed(page(visitor, path))[:6] for path in ("/grid/trigger/", "/grid/")] == [expected, expected]
    # What a link leads to stays, and says so.
    retired = "This term is retired: it is no longer given to cases, and stays where it was."
    said = {slug: retired in page(visitor, f"/grid/trigger/{slug}/") for slug in ("borne", "unborne", "parent")}
    assert said == {"borne": True, "unborne": True, "parent": False}


@pytest.mark.parametrize("path", [
    "/grid/nothing/", "/grid/nothing/law/", "/grid/trigger/nothing/", "/grid/level/law/", "/grid/trigger/law/more/",
])  # fmt: skip
def test_what_is_not_there_is_not_found(visitor, path):
    term("trigger", "law")
    term("level", "canton")
    assert visitor.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/grid/", "/grid/trigger/", "/grid/trigger/law/"])
def test_the_grid_is_for_reading(visitor, path):
    term("trigger", "law")
    assert [visitor.post(path).status_code, visitor.head(path).status_code] == [405, 200]


# -- A term


def test_a_term_says_what_it_means(visitor):
    parent = term("actor-type", "local", label="Local <government>")
    found = term(
        "actor-type", "towns", label="Towns", parent=parent, definition="First.\n\nSecond.", usual_role="They <act>.",
        example="Some town\nor other.", place="Part 2, Actors",
    )  # fmt: skip
    html = page(visitor, "/grid/actor-type/towns/")
    assert text(html.partition('<header class="page-head">')[2].partition("</header>")[0]) == (
        "Actor type · Local <government> Towns First. Second. Part 2: Actors. Summarized in our words."
    )
    assert re.findall(r"<div><dt>(.*?)</dt><dd>(.*?)</dd></div>", html) == [
        ("Usual role", "They &lt;act&gt;."), ("The paper's example", "Some town<br>or other."),
    ]  # fmt: skip
    assert re.findall(r'<p class="eyebrow"><a href="([^"]+)">.*?</a> · <a href="([^"]+)">', html) == [
        ("/grid/actor-type/", "/grid/actor-type/local/")
    ]
    breadcrumb = html.partition('<nav class="breadcrumb"')[2].partition("</nav>")[0]
    assert re.findall(r'<a href="([^"]+)">', breadcrumb) == ["/", "/grid/", "/grid/actor-type/"]
    above = page(visitor, "/grid/actor-type/local/")
    assert re.findall(r'<a class="tag" href="([^"]+)">([^<]+)</a>', above) == [(found.get_absolute_url(), "Towns")]


def test_a_term_of_ours_says_so_where_it_has_no_place(visitor):
    vocabulary = VocabularyFactory(slug="level", is_ours=True)
    for slug, place in (("canton", ""), ("town", "Part 2, Levels")):
        TermFactory(vocabulary=vocabulary, slug=slug, place=place)
    head = '<p class="place">'
    said = [
        text(page(visitor, f"/grid/level/{slug}/").partition(head)[2].partition("</p>")[0])
        for slug in ("canton", "town")
    ]
    assert said == ["ours", "Part 2: Levels. Summarized in our words."]


def case_with_rows() -> Case:
    """A case that bears a term in every way, with a reason, a ground and a place."""
    collection = CollectionFactory(number_prefix="4.")
    case = CaseFactory(slug="vaud", name="Vaud", ordinal=12, collection=collection)
    cited = {
        "case": case,
        "place": "Part 4.12, Actors",
        "source": SourceFactory(slug="loi", authors="Canton", year=2007),
        "source_detail": "art. 3",
    }
    law = term("trigger", "law", label="A law")
    below = term("trigger", "federal", label="A federal law", parent=law)
    CaseTermFactory(**cited, term=law, reason="A law <came>.", evidence="stated")
    CaseTermFactory(case=case, term=below, reason="Another law came.", evidence="part-2", place="Part 2, Triggers")
    ObjectiveFactory(**cited, broad_objectives=[term("objective", "links")], text="To <link>.", evidence="editorial")
    BeneficiaryGroupFactory(**cited, groups=[term("beneficiary", "women")], text="Newcomers", evidence="stated")
    organization = OrganizationFactory(name="State of <Vaud>", acronym="SV", types=[term("actor-type", "state")])
    CaseActorFactory(
        **cited, organization=organization, roles=[term("role", "funds")], is_lead=True, text="It pays.",
        evidence="stated",
    )  # fmt: skip
    CoordinationMechanismFactory(
        **cited, name="A board", form=term("coordination-form", "council"), levels=[term("tier", "local")],
        text="It meets.", evidence="editorial",
    )  # fmt: skip
    return case


HEAD, PLACE = "4.12 Vaud , Switzerland", "Part 4.12: Actors · Canton (2007) , art. 3"


@pytest.mark.parametrize(("path", "reasons"), [
    ("trigger/law", f"{HEAD} A law <came>. stated in the case {PLACE} "
     "A federal law. Another law came. named in Part 2 Part 2: Triggers"),
    ("trigger/federal", f"{HEAD} Another law came. named in Part 2 Part 2: Triggers"),
    ("objective/links", f"{HEAD} To <link>. editorial reading {PLACE}"),
    ("beneficiary/women", f"{HEAD} Newcomers stated in the case {PLACE}"),
    ("actor-type/state", f"{HEAD} State of <Vaud> (SV). It pays. stated in the case leads {PLACE}"),
    ("role/funds", f"{HEAD} State of <Vaud> (SV). It pays. stated in the case leads {PLACE}"),
    ("coordination-form/council", f"{HEAD} A board. It meets. editorial reading {PLACE}"),
    ("tier/local", f"{HEAD} A board. It meets. editorial reading {PLACE}"),
    ("region/western-europe", HEAD),
])  # fmt: skip
def test_a_term_says_of_each_case_why_on_what_ground_and_where(visitor, path, reasons):
    case_with_rows()
    (article,) = articles(page(visitor, f"/grid/{path}/"))
    assert text(article) == reasons
    assert re.findall(r'href="([^"]+)"', article) == ["/cases/vaud/", *(["/sources/loi/"] if PLACE in reasons else [])]


def test_the_ground_of_a_reason_has_its_colour(visitor):
    case_with_rows()
    classes = re.findall(r'<span class="tag (tag--[a-z]+)">', page(visitor, "/grid/trigger/law/"))
    assert classes == ["tag--stated", "tag--named"]
    assert re.findall(r'<span class="tag (tag--[a-z]+)">', page(visitor, "/grid/role/funds/")) == [
        "tag--stated", "tag--lead",
    ]  # fmt: skip


def test_a_case_with_several_rows_of_a_term_stands_once_with_each(visitor):
    case = CaseFactory(slug="vaud", name="Vaud", ordinal=1)
    links = term("objective", "links")
    for position, words in ((2, "Second."), (1, "First."), (3, "Third.")):
        ObjectiveFactory(case=case, broad_objectives=[links], text=words, position=position)
    ObjectiveFactory(case=case, broad_objectives=[term("objective", "rights")], text="Another.")
    (article,) = articles(page(visitor, "/grid/objective/links/"))
    assert re.findall(r"<p>([^<]*)</p>", article) == ["First.", "Second.", "Third."]


def test_a_row_that_bears_a_term_and_one_below_it_stands_once(visitor):
    parent = term("objective", "parent")
    child = term("objective", "child", parent=parent)
    ObjectiveFactory(broad_objectives=[parent, child], text="Both.")
    (article,) = articles(page(visitor, "/grid/objective/parent/"))
    assert article.count("Both.") == 1


def test_cases_of_a_term_stand_by_their_numbers_on_pages(visitor):
    found = term("trigger", "law")
    for ordinal in range(22, 0, -1):
        CaseTermFactory(case=CaseFactory(ordinal=ordinal), term=found)
    pages = [visitor.get(f"/grid/trigger/law/{query}") for query in ("", "?page=2", "?page=3")]
    assert [[case.ordinal for case, *_rest in each.context["found"]] for each in pages] == [
        [*range(1, 21)], [21, 22], [*range(1, 21)],
    ]  # fmt: skip
    missing = "There is no such page; this is the first."
    assert [missing in each.content.decode() for each in pages] == [False, False, True]
    assert re.findall(r'href="(\?page=\d)"', pages[0].content.decode()) == ["?page=2", "?page=2"]


# The filter of the list of cases that finds the same cases; none where there is no such filter.
FILTERS = {
    "trigger": "?trigger=parent", "objective": "?objective=parent", "beneficiary": "?beneficiary=parent",
    "actor-type": "?actor=parent", "region": "?region=parent", "role": None, "coordination-form": None, "tier": None,
    "challenge": None,
}  # fmt: skip


@pytest.mark.parametrize("vocabulary", FILTERS)
def test_a_term_leads_to_the_same_cases_in_the_list(visitor, vocabulary):
    bearers(vocabulary)
    html = page(visitor, f"/grid/{vocabulary}/parent/")
    links = re.findall(r'<a href="/cases/([^"]*)">See them in the list of cases</a>', html)
    assert links == [FILTERS[vocabulary]] * (FILTERS[vocabulary] is not None)
    for query in links:
        response = visitor.get(f"/cases/{query}")
        assert [case.slug for case in response.context["paged"].page] == ["a", "b", "c"]
        assert "has been left out" not in response.content.decode()


@pytest.mark.parametrize("vocabulary", ["level", "migration", "state", "trigger", "approach", "mechanism"])
def test_terms_of_the_other_facets_lead_to_the_list_too(visitor, vocabulary):
    assert vocabulary in FACETS_BY_NAME
    CaseTermFactory(term=term(vocabulary, "borne"))
    assert f'<a href="/cases/?{vocabulary}=borne">See them' in page(visitor, f"/grid/{vocabulary}/borne/")


def test_there_is_no_filter_by_the_national_local_link(visitor):
    CaseTermFactory(term=term("national-local-link", "plan"))
    assert "See them in the list" not in page(visitor, "/grid/national-local-link/plan/")


# -- The diagram


def views(terms: list[tuple[str, list[str]]]) -> list[TermView]:
    """Terms with those below them, by their labels; each has as many cases as letters."""
    keys = iter(range(1, 1000))

    def view(label: str, children: tuple[TermView, ...] = ()) -> TermView:
        return TermView(Term(pk=next(keys), label=label, slug=f"t{label}"), len(label), children)

    return [view(label, tuple(view(child) for child in children)) for label, children in terms]


LABELS = st.text("abc &<-\u00a0é", min_size=1, max_size=70)
TERMS = st.lists(st.tuples(LABELS, st.lists(LABELS, max_size=5)), min_size=1, max_size=8)


def overlap(one, other) -> bool:
    """Whether two rectangles share any place: (x, y, width, height) each."""
    (ax, ay, aw, ah), (bx, by, bw, bh) = one, other
    return ax < bx + bw and bx < ax + aw and ay < by + bh and by < ay + ah


def rectangles(drawn: Diagram) -> list[tuple[float, float, float, float]]:
    return [(box.x, box.y, box.width, box.height) for box in drawn.boxes]


@given(TERMS)
def test_boxes_lie_between_the_frames_and_apart(terms):
    drawn = diagram(views(terms))
    boxes = rectangles(drawn)
    assert len(boxes) == len(terms)
    assert [pair for pair in combinations(boxes, 2) if overlap(*pair)] == []
    for x, y, width, height in boxes:
        assert x >= MARGIN
        assert x + width <= drawn.width - MARGIN
        assert y >= drawn.frame_height + GAP
        assert y + height <= drawn.lower_frame - GAP
    assert drawn.lower_frame + drawn.frame_height == drawn.height
    # A gap stands between two boxes, too.
    wider = [(x, y, width + GAP / 2, height + GAP / 2) for x, y, width, height in boxes]
    assert [pair for pair in combinations(wider, 2) if overlap(*pair)] == []


@given(TERMS)
def test_the_last_box_of_each_column_reaches_down_to_the_lower_frame(terms):
    drawn = diagram(views(terms))
    columns: dict[float, float] = {}
    for x, y, _width, height in rectangles(drawn):
        columns[x] = max(columns.get(x, 0), y + height)
    assert len(columns) == min(len(terms), COLUMNS)
    assert set(columns.values()) == {drawn.lower_frame - GAP}


@given(TERMS)
def test_labels_lie_in_their_boxes_and_apart(terms):
    drawn = diagram(views(terms))
    for box in drawn.boxes:
        labels = [box.head, *box.parts]
        targets = [(label.x, label.y, drawn.target_width, label.height) for label in labels]
        assert [pair for pair in combinations(targets, 2) if overlap(*pair)] == []
        for x, y, width, height in targets:
            assert box.x < x
            assert x + width < box.x + box.width
            assert box.y < y
            assert y + height < box.y + box.height


@given(TERMS)
def test_every_term_of_a_diagram_is_in_it_once_in_order(terms):
    given_views = views(terms)
    drawn = diagram(given_views)
    assert [box.head.view for box in drawn.boxes] == given_views
    assert [[part.view for part in box.parts] for box in drawn.boxes] == [list(view.children) for view in given_views]


def test_a_diagram_in_numbers():
    """Boxes go to the shortest column; a long label takes two lines, and a box without parts is its head."""
    drawn = diagram(views([
        ("One", ["a", "b"]), ("Two", []), ("Three", ["c"]), ("A label that needs two lines", []), ("Five", []),
    ]))  # fmt: skip
    assert rectangles(drawn) == [
        (12, 70, 296, 142), (324, 70, 296, 50), (636, 70, 296, 76), (324, 136, 296, 76), (636, 162, 296, 50),
    ]  # fmt: skip
    assert (drawn.width, drawn.height, drawn.frame_height, drawn.lower_frame) == (944, 282, 54, 228)
    assert (drawn.middle, drawn.frame_width, drawn.lower_label, drawn.target_width) == (472, 920, 261, 284)
    assert [(box.head.x, box.head.y, box.head.lines, box.head.height) for box in drawn.boxes[3:]] == [
        (330, 142, ("A label that needs two", "lines\u00a0(28)"), 46), (642, 168, ("Five\u00a0(4)",), 26),
    ]  # fmt: skip
    assert [(part.x, part.y, part.lines) for part in drawn.boxes[0].parts] == [
        (18, 110, ("a\u00a0(1)",)), (18, 136, ("b\u00a0(1)",)),
    ]  # fmt: skip


@remembered
def make_mechanisms() -> Vocabulary:
    """Mechanisms with some below them, in the order of their headings, with cases, one of them retired and unborne."""
    vocabulary = VocabularyFactory(slug="mechanism", label="Mechanisms")
    for number in range(10):
        parent = TermFactory(vocabulary=vocabulary, slug=f"m{number}", label=f"Mechanism <{number}> & co")
        for below in range(number):
            TermFactory(
                vocabulary=vocabulary, slug=f"m{number}{below}", label=f"Part {below}" + " and more" * 8, parent=parent
            )
    TermFactory(vocabulary=vocabulary, slug="retired", is_retired=True)
    for slug in ("m0", "m20", "m21"):
        CaseTermFactory(case=CaseFactory(), term=Term.objects.get(slug=slug))
    return vocabulary


def drawing(html: str) -> ElementTree.Element:
    """The drawing, read as XML: what is not well-formed raises."""
    (svg,) = re.findall(r'<svg class="diagram".*?</svg>', html, re.DOTALL)
    # Attributes of HTML need no namespace.
    return ElementTree.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))  # noqa: S314


@pytest.mark.parametrize("path", ["/grid/", "/grid/mechanism/"])
def test_every_mechanism_is_a_link_of_the_diagram(visitor, path):
    make_mechanisms()
    svg = drawing(page(visitor, path))
    links = {link.get("href"): " ".join("".join(link.itertext()).split()) for link in svg.iter(f"{SVG}a")}
    counts = {"m0": 1, "m2": 2, "m20": 1, "m21": 1}
    shown = Term.objects.filter(vocabulary__slug="mechanism", is_retired=False)
    assert list(links) == [
        f"/grid/mechanism/m{number}{below}/" for number in range(10) for below in ("", *range(number))
    ]
    words = {t.get_absolute_url(): f"{t.label} ({counts.get(t.slug, 0)})".replace(" ", "").strip() for t in shown}
    assert {href: label.replace(" ", "") for href, label in links.items()} == words
    for href in links:
        assert visitor.get(href).status_code == 200


def test_the_drawing_has_the_places_of_the_diagram(visitor):
    """In plain numbers, however large: no grouping of thousands."""
    make_mechanisms()
    response = visitor.get("/grid/mechanism/")
    svg, drawn = drawing(response.content.decode()), response.context["diagram"]
    assert drawn.height > 1000
    assert svg.get("viewBox") == f"0 0 {drawn.width} {drawn.height}"
    names = ("x", "y", "width", "height")
    found = {
        kind: [tuple(float(rect.get(n)) for n in names) for rect in svg.iter(f"{SVG}rect") if rect.get("class") == kind]
        for kind in ("diagram__frame", "diagram__box", "diagram__target")
    }
    labels = [label for box in drawn.boxes for label in (box.head, *box.parts)]
    assert found == {
        "diagram__frame": [
            (MARGIN, 0, drawn.frame_width, FRAME), (MARGIN, drawn.lower_frame, drawn.frame_width, FRAME),
        ],
        "diagram__box": rectangles(drawn),
        "diagram__target": [(label.x, label.y, drawn.target_width, label.height) for label in labels],
    }  # fmt: skip
    lines = [[tspan.text for tspan in line.iter(f"{SVG}tspan")] for line in svg.iter(f"{SVG}text")]
    assert [tuple(line) for line in lines if line] == [label.lines for label in labels]
    frames = [line for line in svg.iter(f"{SVG}text") if line.get("class") == "diagram__frame-label"]
    assert [(line.text, float(line.get("x")), float(line.get("y"))) for line in frames] == [
        ("National policy framework and national authorities", drawn.middle, 33),
        ("Migratory context and local realities", drawn.middle, drawn.lower_label),
    ]


def test_the_list_below_the_diagram_says_the_same(visitor):
    make_mechanisms()
    html = page(visitor, "/grid/mechanism/")
    hrefs = [link.get("href") for link in drawing(html).iter(f"{SVG}a")]
    assert re.findall(r'<p class="term-list__head"><a href="([^"]+)">', html) == hrefs


def test_only_the_mechanisms_are_drawn(visitor):
    term("trigger", "law")
    for path in ("/grid/", "/grid/trigger/"):
        assert DRAWN not in page(visitor, path)
    # Nor is an empty vocabulary.
    VocabularyFactory(slug="mechanism")
    for path in ("/grid/", "/grid/mechanism/"):
        assert DRAWN not in page(visitor, path)
