"""The comparison: what cases share and where they differ, what stands side by side, the choice in the address."""

from __future__ import annotations

import csv
import io
import re
from html import unescape

import pytest
from openpyxl import load_workbook

from casestudies import index
from casestudies.choices import Evidence, Section, Strength
from casestudies.comparison import Comparison, Row, State, Value, compare
from casestudies.models import Case
from casestudies.showing import VIEWS
from tests.factories import (
    BeneficiaryGroupFactory,
    BudgetFactory,
    CaseActorFactory,
    CaseFactory,
    CasePlaceFactory,
    CaseRedirectFactory,
    CaseTermFactory,
    CompetenceFactory,
    ComponentFactory,
    ContributionFactory,
    CoordinationMechanismFactory,
    CurrencyFactory,
    FigureFactory,
    GovernmentTierFactory,
    IllustrationFactory,
    KeyElementFactory,
    MilestoneFactory,
    NarrativeFactory,
    ObjectiveFactory,
    OrganizationFactory,
    PeriodFactory,
    RecommendationFactory,
    SubPointFactory,
    term,
)

from .builders import country, make_case, make_collection, make_reference
from .reading import page, text
from .test_query_counts import VERSION, WHOLE, add_two_and

pytestmark = pytest.mark.django_db

NO_CASE, TOO_MANY = "There is no such case.", "At most 4 cases stand side by side."


def compared(*slugs: str, only_differences: bool = False) -> Comparison:
    found = {case.slug: case for case in Case.objects.published().for_page().filter(slug__in=slugs)}
    return Comparison([found[slug] for slug in slugs], only_differences)


def rows_of(comparison: Comparison) -> dict[tuple[str, str], Row]:
    """The rows by the slug of their part and their label."""
    return {(part.slug, str(row.label)): row for part in comparison.parts for row in part.rows}


def texts(row: Row) -> list[list[str]]:
    return [[value.in_full for value in cell] for cell in row.cells]


# What a row says


@pytest.mark.parametrize(("cells", "state", "marked"), [
    (["x", "x"], State.SHARED, ["x", "x"]),
    # in whatever order
    (["xy", "yx"], State.SHARED, ["xy", "yx"]),
    (["xy", "y"], State.PARTLY, ["y", "y"]),
    (["x", "y"], State.DIFFERENT, ["", ""]),
    (["x", ""], State.DIFFERENT, ["", ""]),
    # twice in one case is not in two cases
    (["xx", "y"], State.DIFFERENT, ["", ""]),
    (["", ""], State.NOT_STATED, ["", ""]),
    (["x", "x", ""], State.PARTLY, ["x", "x", ""]),
    (["xy", "z", "yw"], State.PARTLY, ["y", "", "y"]),
    (["x", "x", "x", "x"], State.SHARED, ["x", "x", "x", "x"]),
    (["x", "x", "x", "y"], State.PARTLY, ["x", "x", "x", ""]),
])  # fmt: skip
def test_what_the_cells_of_a_row_have_in_common(cells, state, marked):
    row = compare("Row", lambda case: [Value(letter) for letter in case], cells)
    assert row.state is state
    assert [[v.text for v in cell] for cell in row.cells] == [list(cell) for cell in cells]
    assert ["".join(v.text for v in cell if v.is_shared) for cell in row.cells] == marked


def test_texts_are_not_marked_and_details_tell_no_values_apart():
    row = compare("Row", lambda case: [Value("x")], ["a", "b"], is_text=True)
    assert (row.state, row.cells) == (State.SHARED, ((Value("x"),), (Value("x"),)))
    row = compare("Row", lambda case: [Value("x", detail=case)], ["stated", "editorial"])
    assert row.state is State.SHARED
    assert [[(v.in_full, v.is_shared) for v in cell] for cell in row.cells] == [
        [("x (stated)", True)], [("x (editorial)", True)],
    ]  # fmt: skip


# What stands side by side


def full_case() -> Case:
    """A case with one row of everything, and two where their order or their kind matters."""
    make_reference()
    case = make_case("full", code="SN", name="Full", purpose="To do it.", is_jmdi_supported=True, ordinal=3)
    for vocabulary, slug, evidence in (
        ("level", "municipal", Evidence.EDITORIAL),
        ("migration", "immigration", Evidence.STATED),
        ("state", "federal", Evidence.STATED),
        ("national-local-link", "agreement", Evidence.STATED),
        ("trigger", "policy-mismatch", Evidence.PART_2),
        ("approach", "mixed", Evidence.PART_2),
        ("mechanism", "councils", Evidence.STATED),
    ):
        CaseTermFactory(case=case, term=term(vocabulary, slug), evidence=evidence)
    PeriodFactory(case=case, stated="2009 to 2012", label="Programme")
    CasePlaceFactory(case=case, name="Dakar", kind="city")
    for section in Section:
        NarrativeFactory(case=case, section=section, text=f"Text of {section}.")
        ComponentFactory(case=case, section=section, title=f"List of {section}")
        FigureFactory(case=case, section=section, label=f"Figure of {section}", stated="100", period="2010")
        MilestoneFactory(case=case, section=section, date_stated="May 2008", text=f"Event of {section}.")
    upper = case.components.get(section=Section.RESULTS)
    ComponentFactory(case=case, section=Section.RESULTS, title="Below it", parent=upper)
    GovernmentTierFactory(case=case, name="Regions", count=14, count_stated="fourteen")
    CompetenceFactory(case=case, holder="The State", matter="Admission")
    town = OrganizationFactory(name="Town", types=[term("actor-type", "local-government")])
    CaseActorFactory(case=case, key="town", organization=town, is_lead=True, lead_note="from 2010", roles=[
        term("role", "funds", position=1), term("role", "advises", position=2),
    ])  # fmt: skip
    CoordinationMechanismFactory(
        case=case,
        name="Committee",
        direction="vertical",
        form=term("coordination-form", "council"),
        levels=[term("tier", "local")],
    )
    ObjectiveFactory(case=case, text="To welcome.", broad_objectives=[term("objective", "diaspora-opportunities")])
    BeneficiaryGroupFactory(case=case, text="Those who came back", groups=[term("beneficiary", "returnees")])
    BudgetFactory(case=case, total=5000, currency=CurrencyFactory(code="USD"), period="per-year")
    case.budget.refresh_from_db()
    ContributionFactory(case=case, payer_stated="The town", amount=1500, currency=CurrencyFactory(code="USD"))
    ContributionFactory(case=case, payer_stated="The State")
    KeyElementFactory(case=case, title="A council")
    point = SubPointFactory(recommendation=RecommendationFactory(number=14), letter="b")
    IllustrationFactory(case=case, key="b", recommendation=point.recommendation, subpoint=point)
    IllustrationFactory(case=case, recommendation=RecommendationFactory(number=1), strength=Strength.SUPPORTING)
    return case


TYPED = {
    ("glance", "Country"): ["Senegal"],
    ("glance", "Region"): ["Western africa"],
    ("glance", "Level of government"): ["Municipal (editorial reading)"],
    ("glance", "Period"): ["2009 to 2012 (Programme)"],
    ("glance", "Purpose"): ["To do it."],
    ("glance", "Supported by the JMDI"): ["Yes"],
    ("overview", "Places"): ["Dakar (city)"],
    ("migratory-context", "Migration profile"): ["Immigration (stated in the case)"],
    ("decentralization-context", "Kind of state"): ["Federal (stated in the case)"],
    ("decentralization-context", "National–local link"): ["Agreement (stated in the case)"],
    ("decentralization-context", "Tiers of government"): ["Regions (fourteen)"],
    ("decentralization-context", "Who holds which competence"): ["The State (Admission)"],
    ("triggering-factors", "Trigger"): ["Policy mismatch (named in Part 2)"],
    ("triggering-factors", "Approach"): ["Mixed (named in Part 2)"],
    ("actors", "Lead"): ["Town (from 2010)"],
    ("actors", "Types of actors"): ["Local government"],
    ("actors", "Who takes part"): ["Town (Funds, Advises)"],
    ("coordination-mechanisms", "Coordination mechanisms"): ["Committee (vertical; Local)"],
    ("coordination-mechanisms", "Forms of coordination"): ["Council"],
    ("objectives", "Broad objectives"): ["Diaspora opportunities"],
    ("objectives", "The case's own objectives"): ["To welcome."],
    ("objectives", "Beneficiaries"): ["Returnees"],
    ("objectives", "Beneficiaries as stated"): ["Those who came back"],
    ("implementation", "Key mechanisms"): ["Councils (stated in the case)"],
    ("budget", "Total as stated"): ["USD 5,000 (per year)"],
    ("budget", "Size band (ours)"): ["under USD 250,000"],
    ("budget", "Who pays"): ["The town (USD 1,500)", "The State"],
    ("key-elements", "Elements"): ["A council"],
    ("recommendations", "Central"): ["14b Sub-point b"],
    ("recommendations", "Supporting"): ["1 Recommendation 1"],
}
PARTS = ["glance", *Section.values, "budget", "key-elements", "recommendations"]


def test_all_ten_sections_and_every_typed_value_stand_side_by_side():
    full_case()
    CaseFactory(slug="empty", name="Empty", country=country("SN"))
    comparison = compared("full", "empty")
    assert [part.slug for part in comparison.parts] == PARTS
    expected = {key: [values, []] for key, values in TYPED.items()}
    for section in Section:
        expected |= {
            (section, "In words"): [[f"Text of {section}."], []],
            # what is nested in a list stays there
            (section, "Lists"): [[f"List of {section}"], []],
            (section, "Figures"): [[f"Figure of {section}: 100 (2010)"], []],
            (section, "Milestones"): [[f"May 2008: Event of {section}."], []],
        }
    expected["glance", "Country"][1] = ["Senegal"]
    expected["glance", "Region"][1] = ["Western africa"]
    expected["glance", "Supported by the JMDI"][1] = ["No"]
    found = rows_of(comparison)
    assert {key: texts(row) for key, row in found.items()} == expected
    assert {label for (_part, label), row in found.items() if row.is_text} == {"In words"}


def test_values_lead_to_their_filter_or_to_their_place_on_the_case(visitor):
    full_case()
    CaseFactory(slug="empty", country=country("CH"))
    html = page(visitor, "/compare/?case=full&case=empty")
    table = html[html.index("<table") :]
    cells = set(re.findall(r'<li>(?:<span.*?</span> </span>)?<a href="([^"]+)"', table))
    key = Case.objects.get(slug="full").figures.get(section="results").key
    assert {
        "/cases/?country=SN", "/cases/?country=CH", "/cases/?region=western-africa", "/cases/?level=municipal",
        "/cases/?trigger=policy-mismatch", "/cases/?actor=local-government", "/cases/?objective=diaspora-opportunities",
        "/cases/?beneficiary=returnees", "/cases/?mechanism=councils", "/cases/?budget=under-250k", "/cases/?jmdi=no",
        "/cases/full/#actor-town", "/cases/full/#budget", "/cases/full/#illustration-b", f"/cases/full/#figure-{key}",
    } <= cells  # fmt: skip
    on_case = page(visitor, "/cases/full/")
    anchors = {url.partition("#")[2] for url in cells if url.startswith("/cases/full/#")}
    assert {anchor for anchor in anchors if f'id="{anchor}"' not in on_case} == set()


@pytest.mark.parametrize(("fields", "stated"), [
    ({"stated": "three years", "start_year": 2009, "end_year": 2012}, [["three years"], []]),
    ({"start_year": 2009, "end_year": 2012}, [["2009–2012"], []]),
    ({"start_year": 2009, "end_year": 2009}, [["2009"], []]),
    ({"start_year": 2009, "is_ongoing": True}, [["2009–"], []]),
    ({"start_year": None, "end_year": 2012}, [["–2012"], []]),
    ({"start_year": None, "end_year": None}, [[], []]),
])  # fmt: skip
def test_a_period_without_words_shows_its_years(fields, stated):
    PeriodFactory(case=CaseFactory(slug="one"), **fields)
    CaseFactory(slug="two")
    assert texts(rows_of(compared("one", "two"))["glance", "Period"]) == stated


@pytest.mark.parametrize("status", ["not-reported", "payer-only"])
def test_a_budget_that_is_not_reported_is_not_stated(status):
    make_reference()
    make_case("one", budget=status)
    make_case("two", budget=status)
    row = rows_of(compared("one", "two"))["budget", "Total as stated"]
    stated = {"not-reported": (State.NOT_STATED, [[], []]), "payer-only": (State.SHARED, [["payer named, no sum"]] * 2)}
    assert (row.state, texts(row)) == stated[status]


# The page


SAID = re.compile(r'<tr class="is-([a-z-]+)"><th scope="row">(.*?)</th>(.*?)</tr>', re.DOTALL)
# Rows of the small collection: state, and what each cell reads, by the address ?case=rabat&case=souss&case=vaud.
SMALL = {
    "Country": ("partly", ["= shared: Morocco", "= shared: Morocco", "Switzerland"]),
    "Region": ("partly", ["= shared: Northern africa", "= shared: Northern africa", "Western europe"]),
    "Supported by the JMDI": ("partly", ["= shared: No", "Yes", "= shared: No"]),
    "Migration profile": (
        "partly",
        ["not stated", "Emigration editorial reading = shared: Immigration editorial reading",
         "= shared: Immigration editorial reading"],
    ),
    "Kind of state": ("different", ["not stated", "Centralized editorial reading", "Federal editorial reading"]),
    "National–local link": ("not-stated", ["not stated"] * 3),
    "Total as stated": ("different", ["payer named, no sum", "MAD 8,000,000", "CHF 12,400,000"]),
    "Central": ("different", [
        "not stated", "2 Recommendation 2 14 Recommendation 14", "1 Recommendation 1 14a Sub-point a 14b Sub-point b",
    ]),
}  # fmt: skip
LABELS = {
    "partly": "partly shared", "different": "differs", "shared": "shared by all", "not-stated": "not stated by any",
}  # fmt: skip


def said(html: str) -> dict[str, tuple[str, list[str]]]:
    """What the rows of the page say: by their label the class of the row, and the texts of its cells."""
    return {
        text(head.partition("<span")[0]): (state, [text(cell) for cell in re.findall(r"<td.*?</td>", rest, re.DOTALL)])
        for state, head, rest in SAID.findall(html)
    }


def test_the_page_says_in_words_what_is_shared_and_marks_the_values(visitor):
    make_collection()
    html = page(visitor, "/compare/?case=rabat&case=souss&case=vaud")
    found = said(html)
    assert {label: found[label] for label in SMALL} == SMALL
    states = {text(head) for _state, head, _rest in SAID.findall(html) if text(head).startswith("Country")}
    assert states == {"Country partly shared"}
    for state, head, _rest in SAID.findall(html):
        if "In words" not in head:
            assert f'<span class="same">{LABELS[state]}</span>' in head


def test_the_columns_have_the_order_of_the_address(visitor):
    make_collection()
    html = page(visitor, "/compare/?case=souss&case=vaud&case=dakar")
    heads = re.findall(r'<th scope="col">(.*?)</th>', html)
    assert [text(head) for head in heads] == [
        "Element", "Souss 4.2 · Morocco", "Vaud 4.1 · Switzerland", "Dakar 4.3 · Senegal",
    ]  # fmt: skip
    assert re.findall(r'<td data-case="([^"]+)"', html)[:3] == ["Souss", "Vaud", "Dakar"]
    assert '<link rel="canonical" href="http://testserver/compare/?case=souss&amp;case=vaud&amp;case=dakar">' in html


def test_every_part_can_be_jumped_to(visitor):
    make_collection()
    html = page(visitor, "/compare/?case=souss&case=vaud")
    jumps = re.search(r'<nav class="toc.*?</nav>', html, re.DOTALL).group()
    assert re.findall(r'href="#([^"]+)"', jumps) == PARTS
    assert re.findall(r'<tbody id="([^"]+)">', html) == PARTS


def test_differences_only_leaves_out_what_all_share_and_what_none_states(visitor):
    make_collection()
    query = "?case=dakar&case=rabat"
    every, differing = (
        said(page(visitor, f"/compare/{query}")),
        said(page(visitor, f"/compare/{query}&only=differences")),
    )
    assert every["Level of government"][0] == "shared"
    assert every["Approach"][0] == "not-stated"
    assert differing == {label: row for label, row in every.items() if row[0] in ("partly", "different")}
    assert list(differing) == [
        "Country", "Region", "Period", "Supported by the JMDI", "Migration profile", "Trigger", "Types of actors",
        "Who takes part", "Broad objectives", "The case's own objectives", "Key mechanisms", "Total as stated",
        "Central",
    ]  # fmt: skip


def test_cases_that_differ_in_nothing_say_so(visitor):
    for number in (1, 2):
        CaseFactory(slug=f"c{number}", name=f"C{number}")
    html = page(visitor, "/compare/?case=c1&case=c2&only=differences")
    assert "These cases differ in nothing." in html
    assert "<table" not in html
    assert 'class="toc' not in html
    assert "These cases differ in nothing." not in page(visitor, "/compare/?case=c1&case=c2")


# The choice in the address


NAMED = {
    "": ([], []),
    "case=": ([], []),
    "case=vaud": (["vaud"], []),
    "case=vaud&case=lyon": (["vaud", "lyon"], []),
    "case=lyon&case=vaud&case=lyon": (["lyon", "vaud"], []),
    "case=nothing&case=vaud&case=lyon": (["vaud", "lyon"], [("case", "nothing", NO_CASE)]),
    "case=Vaud&case=lyon": (["lyon"], [("case", "Vaud", NO_CASE)]),
    # what is no case takes no place
    "case=x&case=vaud&case=lyon&case=dakar&case=rabat": (
        ["vaud", "lyon", "dakar", "rabat"], [("case", "x", NO_CASE)],
    ),
    "case=vaud&case=lyon&case=dakar&case=rabat&case=souss": (
        ["vaud", "lyon", "dakar", "rabat"], [("case", "souss", TOO_MANY)],
    ),
    "case=vaud&case=draft": (["vaud"], [("case", "draft", NO_CASE)]),
    "case=vaud&case=archived": (["vaud"], [("case", "archived", NO_CASE)]),
    "case=vaud&case=revision": (["vaud"], [("case", "revision", NO_CASE)]),
    # a former address stands for the case, once
    "case=former&case=lyon&case=vaud": (["vaud", "lyon"], []),
    "case=hidden&case=lyon": (["lyon"], [("case", "hidden", NO_CASE)]),
    "case=vaud&case=lyon&only=differences": (["vaud", "lyon"], []),
    "case=vaud&only=colours": (["vaud"], [("only", "colours", "There is no such choice.")]),
    "case=vaud&colour=red": (["vaud"], [("colour", "red", "There is no such parameter.")]),
}  # fmt: skip


def test_which_cases_an_address_names(visitor):
    make_collection()
    draft = CaseFactory(slug="draft", status="draft")
    CaseFactory(slug="archived", status="archived")
    vaud = Case.objects.get(slug="vaud")
    CaseFactory(slug="revision", revises=vaud)
    CaseRedirectFactory(case=vaud, old_slug="former")
    CaseRedirectFactory(case=draft, old_slug="hidden")
    found, said_so = {}, {}
    for query in NAMED:
        response = visitor.get(f"/compare/?{query}")
        cases = [case.slug for case in response.context["choice"].cases]
        found[query] = (cases, [(d.parameter, d.value, d.reason) for d in response.context["dropped"]])
        said_so[query] = "was not understood" in response.content.decode()
    assert found == NAMED
    assert said_so == {query: bool(dropped) for query, (_cases, dropped) in NAMED.items()}


def test_beyond_twice_the_most_nothing_is_looked_up(visitor):
    for number in range(10):
        CaseFactory(slug=f"c{number}")
    query = "&".join(f"case=c{number}" for number in range(10))
    dropped = visitor.get(f"/compare/?{query}").context["dropped"]
    assert [(each.value, each.reason) for each in dropped] == [(f"c{number}", TOO_MANY) for number in range(4, 10)]


@pytest.mark.parametrize(("query", "head", "way"), [
    ("", "Choose two to four cases.", "/cases/"),
    ("?case=vaud", "One more case is needed.", "/cases/?compare=vaud"),
    ("?case=nothing&only=differences", "Choose two to four cases.", "/cases/"),
])  # fmt: skip
def test_with_fewer_than_two_cases_the_page_says_how_to_choose(visitor, query, head, way):
    make_collection()
    html = page(visitor, f"/compare/{query}")
    assert f"<h2>{head}</h2>" in html
    assert f'<a class="button" href="{way}">Choose from the list of cases</a>' in html
    assert "<table" not in html
    assert "download" not in html
    (canonical,) = re.findall(r'<link rel="canonical" href="([^"]+)">', html)
    assert canonical == f"http://testserver/compare/{'?case=vaud' if 'vaud' in query else ''}"


def links(html: str, part: str) -> list[str]:
    """The addresses in the first part of a page that matches, from the reader's side."""
    return [unescape(href) for href in re.findall(r'href="([^"]*)"', re.search(part, html, re.DOTALL).group())]


CHOSEN = r'<ul class="chips no-print".*?</ul>'


def test_cases_are_taken_out_and_added_and_rows_chosen(visitor):
    make_collection()
    html = page(visitor, "/compare/?case=vaud&case=lyon&case=dakar&only=differences")
    assert links(html, CHOSEN) == [
        "?case=lyon&case=dakar&only=differences",
        "?case=vaud&case=dakar&only=differences",
        "?case=vaud&case=lyon&only=differences",
        "/cases/?compare=vaud&compare=lyon&compare=dakar",
    ]
    assert links(html, r'<nav class="views".*?</nav>') == [
        "?case=vaud&case=lyon&case=dakar", "?case=vaud&case=lyon&case=dakar&only=differences",
    ]  # fmt: skip
    query = "?case=vaud&case=lyon&case=dakar&only=differences"
    assert links(html, r'<p class="link-row push">.*?</p>') == [
        f"/compare/download.csv{query}", f"/compare/download.xlsx{query}",
    ]  # fmt: skip
    # four are enough
    html = page(visitor, "/compare/?case=vaud&case=lyon&case=dakar&case=rabat")
    assert [href for href in links(html, CHOSEN) if href.startswith("/cases/")] == []


# Downloads


def csv_rows(visitor, query: str) -> list[list[str]]:
    response = visitor.get(f"/compare/download.csv{query}")
    assert response.status_code == 200
    return list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig"), newline="")))


def xlsx_rows(visitor, query: str) -> list[list[str]]:
    response = visitor.get(f"/compare/download.xlsx{query}")
    assert response.status_code == 200
    book = load_workbook(io.BytesIO(response.getvalue()))
    assert book.sheetnames == ["Comparison"]
    return [[cell.value or "" for cell in row] for row in book["Comparison"].iter_rows()]


def shown_rows(html: str) -> list[tuple[str, str, str, list[str]]]:
    """What the page shows, as a download has it: part, row, what is in common, and the words of each cell."""
    found = []
    for body in re.findall(r"<tbody.*?</tbody>", html, re.DOTALL):
        part = text(re.search(r'<th scope="rowgroup".*?</th>', body, re.DOTALL).group())
        for _state, head, rest in SAID.findall(body):
            label, _span, common = head.partition("<span")
            # The marks of shared values are a sign of the page.
            plain = re.sub(r'<span class="equal".*?</span><span.*?</span>', "", rest)
            cells = [text(cell) for cell in re.findall(r"<td.*?</td>", plain, re.DOTALL)]
            found.append((part, text(label), text(f"<span{common}") if common else "", cells))
    return found


def words(cell: str) -> str:
    """A cell of a download in words: brackets are details, which the page shows by their size."""
    return " ".join(re.sub(r"[()]", " ", cell).split())


@pytest.mark.parametrize("read", [csv_rows, xlsx_rows])
@pytest.mark.parametrize("only", ["", "&only=differences"])
def test_downloads_hold_the_rows_of_the_page_in_its_order(visitor, read, only):
    full_case()
    make_case("other", code="SN", name="Other", terms=(("trigger", "policy-mismatch"), ("level", "municipal")))
    query = f"?case=other&case=full{only}"
    head, address, *rows = read(visitor, query)
    assert head == ["Part", "Row", "In common", "Other", "Full"]
    assert address == ["", "Address", "", "http://testserver/cases/other/", "http://testserver/cases/full/"]
    shown = shown_rows(page(visitor, f"/compare/{query}"))
    assert len(shown) > 40
    assert [(part, row, common, [words(cell) for cell in cells]) for part, row, common, *cells in rows] == [
        (part, row, common, [words(cell) for cell in cells]) for part, row, common, cells in shown
    ]


def test_downloads_are_named_after_the_cases(visitor):
    make_collection()
    for kind in ("csv", "xlsx"):
        response = visitor.get(f"/compare/download.{kind}?case=vaud&case=lyon")
        name = f"mainstreaming-casebook-vaud-lyon.{kind}"
        assert response["Content-Disposition"] == f'attachment; filename="{name}"'
        assert response.getvalue()


HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@x",
    "\tx",
    "'quoted'",
    'say "no"',
    "two\nlines",
    "\u202eright to left",
    "<b>",
    "Sé, ñ;|",
]


def test_hostile_cells_arrive_whole_and_run_nowhere(visitor):
    case = CaseFactory(slug="one", name="=cmd|' /C calc'!A0", title="T")
    CaseFactory(slug="two", name="Two")
    for position, value in enumerate(HOSTILE):
        ComponentFactory(case=case, position=position + 1, section=Section.RESULTS, title=value)
    query = "?case=one&case=two"
    rows = {(row[0], row[1]): row for row in csv_rows(visitor, query)}
    assert rows["Part", "Row"][3] == "'=cmd|' /C calc'!A0"
    cell = rows["Results and sustainability", "Lists"][3]
    # One apostrophe before the whole cell, as in every download.
    assert cell == "'" + "\n".join(HOSTILE)
    response = visitor.get(f"/compare/download.xlsx{query}")
    sheet = load_workbook(io.BytesIO(response.getvalue()))["Comparison"]
    found = [cell for row in sheet.iter_rows() for cell in row if cell.value]
    assert {cell.data_type for cell in found} == {"s"}
    assert sheet["D1"].value == "=cmd|' /C calc'!A0"
    (lists,) = [
        row for row in sheet.iter_rows() if (row[0].value, row[1].value) == ("Results and sustainability", "Lists")
    ]
    assert lists[3].value == "\n".join(HOSTILE)
    html = page(visitor, f"/compare/{query}")
    assert "<b>" not in html
    assert "&lt;b&gt;" in html


REFUSED = {
    "": "case=: A comparison needs 2 to 4 cases.",
    "?case=vaud": "case=: A comparison needs 2 to 4 cases.",
    "?case=vaud&case=vaud": "case=: A comparison needs 2 to 4 cases.",
    "?case=vaud&case=nothing": f"case=nothing: {NO_CASE}",
    "?case=vaud&case=draft": f"case=draft: {NO_CASE}",
    "?case=vaud&case=lyon&case=dakar&case=rabat&case=souss": f"case=souss: {TOO_MANY}",
    "?case=vaud&case=lyon&only=all": "only=all: There is no such choice.",
    "?case=vaud&case=lyon&page=2": "page=2: There is no such parameter.",
}


def test_downloads_refuse_what_the_page_leaves_out(visitor):
    make_collection()
    CaseFactory(slug="draft", status="draft")
    for query, reason in REFUSED.items():
        for kind in ("csv", "xlsx"):
            response = visitor.get(f"/compare/download.{kind}{query}")
            assert (response.status_code, query) == (400, query)
            assert reason in unescape(response.content.decode())


# Adding from everywhere, without scripts


def link_of(html: str, slug: str) -> str:
    """Where «Compare» beside a case leads: the link whose address adds it last, or takes it out."""
    name = slug.capitalize()
    pattern = r'<a class="compare-link[^"]*" href="([^"]*)" rel="nofollow">(.*?)</a>'
    (found,) = [href for href, label in re.findall(pattern, html, re.DOTALL) if name in text(label).split()]
    return unescape(found)


@pytest.mark.parametrize(("path", "view"), [
    ("/cases/", ""), ("/cases/", "view=table&"), ("/cases/", "view=table&columns=title&"), ("/cases/", "view=map&"),
    ("/cases/rabat/", ""), ("/cases/rabat/", "view=map&"),
])  # fmt: skip
def test_a_case_is_added_and_taken_out_where_it_stands(visitor, path, view):
    make_collection()
    html = page(visitor, f"{path}?country=MA&sort=title&{view}compare=lyon")
    added = link_of(html, "rabat")
    assert added == f"?country=MA&sort=title&{view}compare=lyon&compare=rabat"
    assert "1 case chosen to compare" in text(html)
    html = page(visitor, f"{path}{added}")
    # what was chosen before stays, and so does the selection
    assert "2 cases chosen to compare" in text(html)
    assert link_of(html, "rabat") == f"?country=MA&sort=title&{view}compare=lyon"
    assert links(html, r'<div class="tray.*?</div>') == [
        "/compare/?case=lyon&case=rabat", f"?country=MA&sort=title{f'&{view}' if view else ''}".removesuffix("&"),
    ]  # fmt: skip


def test_from_a_case_one_comes_back_to_the_selection_with_the_choice(visitor):
    make_collection()
    html = page(visitor, "/cases/rabat/?country=MA&compare=lyon&compare=rabat")
    assert links(html, r'<nav class="position.*?</nav>')[0] == "/cases/?country=MA&compare=lyon&compare=rabat"


def test_every_link_of_the_list_carries_the_choice_along(visitor):
    make_collection()
    for case in Case.objects.all():
        MilestoneFactory(case=case)
    for view in VIEWS:
        html = page(visitor, f"/cases/?country=MA&country=CH&view={view}&compare=lyon&compare=dakar")
        main = html[html.index('<section class="browse__main"') : html.index("</main>")]
        own = [unescape(href) for href in re.findall(r'href="((?:/cases/[^"]*)?\?[^"]*|/cases/[a-z]+/[^"]*)"', main)]
        # A tag of a card begins a selection of its own; choosing none is what it says; a file holds the selection.
        tags = {unescape(href) for href in re.findall(r'<a class="tag[^"]*" href="([^"]*)"', main)}
        none = {unescape(href) for href in re.findall(r'href="([^"]*)">Choose none<', main)}
        lost = {href for href in own if "compare=lyon&compare=dakar" not in href.split("#")[0]}
        assert {href for href in lost - tags if not href.startswith(("/cases/download.", "/cases/cite."))} == none
        assert len(own) > 8
        for form in re.findall(r"<form.*?</form>", html, re.DOTALL):
            if 'action="/cases/"' in form and 'role="search"' not in form:
                kept = re.findall(r'<input type="hidden" name="compare" value="([^"]+)">', form)
                assert kept == ["lyon", "dakar"], (view, form[:200])


def test_dots_of_countries_carry_the_choice_along(visitor, monkeypatch):
    monkeypatch.setattr("casestudies.pictures.MAP_CASES", 2)
    make_collection()
    html = page(visitor, "/cases/?view=map&compare=lyon&compare=dakar")
    assert links(html, r'<ul class="map-list">.*?</ul>') == [
        f"?country={code}&view=map&compare=lyon&compare=dakar" for code in ("FR", "MA", "SN", "CH")
    ]


def test_chips_pages_and_an_empty_list_carry_the_choice_along(visitor):
    make_collection()
    for number in range(25):
        CaseFactory(slug=f"more-{number}", country=country("FR"))
    html = page(visitor, "/cases/?country=FR&sort=title&compare=lyon&compare=dakar")
    assert links(html, r'<ul class="chips".*?</ul>') == [
        "?sort=title&compare=lyon&compare=dakar", "/cases/?compare=lyon&compare=dakar",
    ]  # fmt: skip
    assert (
        links(html, r'<nav class="pagination".*?</nav>')[0]
        == "?country=FR&sort=title&compare=lyon&compare=dakar&page=2"
    )
    html = page(visitor, "/cases/?country=FR&jmdi=yes&view=table&compare=lyon&compare=dakar")
    assert links(html, r'<div class="empty">.*?</div>') == [
        "?jmdi=yes&view=table&compare=lyon&compare=dakar", "?country=FR&view=table&compare=lyon&compare=dakar",
        "/cases/?compare=lyon&compare=dakar",
    ]  # fmt: skip
    assert "2 cases chosen to compare" in text(html)


def test_four_are_enough(visitor):
    make_collection()
    query = "compare=lyon&compare=dakar&compare=rabat&compare=souss"
    for path in ("/cases/", "/cases/vaud/"):
        html = page(visitor, f"{path}?{query}")
        assert "Four stand side by side at the most." in html
        assert re.findall(r'class="compare-link[^>]*>(?!<span aria-hidden="true">✓)', html) == []


# Queries


# the version; which of them are cases; the cases with their rows, as on the page of a case
COMPARE = VERSION + 1 + WHOLE


@pytest.mark.parametrize("rows", [0, 5])
def test_as_many_queries_for_few_rows_and_cases_as_for_many(visitor, django_assert_num_queries, rows):
    add_two_and(int(rows > 0), rows)
    slugs = list(Case.objects.values_list("slug", flat=True))
    query = "&".join(f"case={slug}" for slug in slugs)
    index.current()
    for path in ("/compare/", "/compare/download.csv", "/compare/download.xlsx"):
        with django_assert_num_queries(COMPARE):
            response = visitor.get(f"{path}?{query}")
            if response.streaming:
                response.getvalue()
        assert response.status_code == 200


def test_what_is_refused_or_empty_asks_little(visitor, django_assert_num_queries):
    make_collection()
    with django_assert_num_queries(VERSION):
        visitor.get("/compare/")
    # no case, no former address
    with django_assert_num_queries(VERSION + 2):
        visitor.get("/compare/?case=nothing")
