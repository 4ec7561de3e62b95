"""The matrix: each cell with its sign and its reason, what adds up, what is counted, and the file in the same order."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from casestudies import index
from casestudies.changes import held_back
from casestudies.choices import Evidence, Strength
from casestudies.matrix import COLUMNS, Mark
from casestudies.models import Case
from recommendations.models import Recommendation
from tests.factories import CaseFactory, CaseTermFactory, CollectionFactory, IllustrationFactory, term

from .builders import make_collection, select
from .reading import page, text
from .test_query_counts import add_two_and

pytestmark = pytest.mark.django_db

# What each case shows, so that the order of likeness (fullest first, then always the most alike) is not the number's.
SHOWN = {"a": "x", "b": "yz", "c": "xw", "d": "xyzw"}


@pytest.fixture
def cases() -> None:
    collection = CollectionFactory()
    for ordinal, (slug, terms) in enumerate(SHOWN.items(), 1):
        case = CaseFactory(slug=slug, ordinal=ordinal, collection=collection, title=f"Title {9 - ordinal}")
        for each in terms:
            CaseTermFactory(case=case, term=term("trigger", each))


def on_screen(visitor, query: str) -> list[str]:
    response = visitor.get(f"/matrix/{query}")
    assert response.status_code == 200
    return [line.url.split("/")[2] for line in response.context["lines"]]


def in_file(visitor, query: str) -> list[tuple[str, str]]:
    response = visitor.get(f"/matrix/download.csv{query}")
    assert response.status_code == 200
    rows = csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig")))
    return [(row["case"], row["value"]) for row in rows]


@pytest.mark.parametrize(("query", "order"), [
    ("?columns=trigger", "abcd"),
    ("?columns=trigger&order=likeness", "dbac"),
    ("?trigger=x&columns=trigger&order=likeness", "dca"),
    ("?columns=trigger&sort=title", "dcba"),
])  # fmt: skip
def test_the_file_has_the_cases_of_the_screen_in_their_order(visitor, cases, query, order):
    assert on_screen(visitor, query) == list(order)
    found = in_file(visitor, query)
    assert list(dict.fromkeys(case for case, _value in found)) == list(order)
    assert sorted(found) == sorted((case, value) for case in order for value in SHOWN[case])


def test_the_page_leads_to_the_file_in_its_order(visitor, cases):
    html = visitor.get("/matrix/?columns=trigger&order=likeness").content.decode()
    assert 'href="/matrix/download.csv?columns=trigger&amp;order=likeness" download' in html
    html = visitor.get("/matrix/?columns=trigger&by=country").content.decode()
    assert 'href="/matrix/download.csv?columns=trigger" download' in html


def test_chips_lead_back_to_the_same_matrix(visitor, cases):
    response = visitor.get("/matrix/?trigger=x&columns=trigger&order=likeness")
    assert [chip.query_without for chip in response.context["chips"]] == ["?columns=trigger&order=likeness"]
    response = visitor.get("/matrix/?trigger=x&trigger=y&q=nothing")
    assert [chip.query_without for chip in response.context["chips"]] == [
        "?trigger=x&trigger=y", "?q=nothing&trigger=y", "?q=nothing&trigger=x",
    ]  # fmt: skip


def test_the_file_refuses_what_the_page_leaves_out(visitor, cases):
    query = "?columns=colour&trigger=nothing"
    dropped = visitor.get(f"/matrix/{query}").context["dropped"]
    assert {(each.parameter, each.value) for each in dropped} == {("columns", "colour"), ("trigger", "nothing")}
    assert visitor.get(f"/matrix/download.csv{query}").status_code == 400


# Every choice of columns, on the small collection


# By columns: each case's values, with the sign in the cell; those of upper terms through the lower ones too.
EVERY = {
    "recommendation": {"vaud": {"1": "C", "14": "C"}, "souss": {"2": "C", "14": "S"}, "dakar": {"1": "C"}},
    "trigger": {
        "vaud": {"national-legislation": "●"},
        "souss": {"policy-mismatch": "◐", "missing-channels": "◐", "easier-to-legislate-locally": "○"},
        "dakar": {"policy-mismatch": "○"},
        "rabat": {"national-legislation": "○", "policy-mismatch": "○"},
    },
    "objective": {
        "vaud": {"socioeconomic-integration": "●", "diaspora-opportunities": "○"},
        "souss": {"diaspora-opportunities": "○"},
        "rabat": {"decentralized-cooperation": "○"},
    },
    "mechanism": {
        "vaud": {"participation": "○", "councils": "○"},
        "souss": {"participation": "○", "online-platforms": "○"},
        "dakar": {"decentralized-cooperation": "○"},
    },
    "actor": {
        "vaud": {"local-government": "L", "municipalities-and-councils": "●", "technical-services": "L",
                 "civil-society": "L"},
        "souss": {"local-government": "●", "municipalities-and-councils": "●", "technical-services": "●"},
        "dakar": {"local-government": "●"},
        "rabat": {"civil-society": "●"},
    },
    "migration": {"vaud": {"immigration": "○"}, "souss": {"emigration": "○", "immigration": "○"},
                  "dakar": {"emigration": "○"}},
    "beneficiary": {"vaud": {"women": "○", "returnees": "○"}, "souss": {"returnees": "○"}},
}  # fmt: skip
SLUGS = ["vaud", "souss", "dakar", "rabat", "lyon"]


@pytest.fixture
def small() -> None:
    """The small collection, in which evidence, strength and lead differ from case to case."""
    make_collection()
    # A case never yet published shows nothing.
    draft = CaseFactory(slug="draft", status="draft")
    CaseTermFactory(case=draft, term=term("trigger", "national-legislation"))
    IllustrationFactory(case=draft, recommendation__number=2)
    with held_back():
        vaud, souss = (Case.objects.get(slug=slug) for slug in ("vaud", "souss"))
        set_field(vaud.caseterms.get(term__slug="national-legislation"), evidence=Evidence.STATED)
        set_field(souss.caseterms.get(term__slug="missing-channels"), evidence=Evidence.PART_2)
        set_field(souss.illustrations.get(recommendation__number=14), strength=Strength.SUPPORTING)
        set_field(vaud.objectives.order_by("pk")[0], evidence=Evidence.STATED)
        # Of two sub-points the one is central: the cell shows the stronger.
        set_field(vaud.illustrations.get(subpoint__letter="a"), strength=Strength.SUPPORTING)
        set_field(vaud.caseactors.get(organization__types__slug="civil-society"), is_lead=True)


def set_field(row: Model, **fields) -> None:
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()


def cells_of(response) -> dict[str, dict[str, Mark]]:
    """The cells of a page of the matrix, by case and value."""
    found = response.context["heads"]
    return {
        line.url.split("/")[2]: {
            head.value: cell for head, cell in zip(found, line.cells, strict=True) if cell is not None
        }
        for line in response.context["lines"]
    }


def test_each_cell_shows_how_strongly_and_leads_to_its_reason(visitor, small):
    pages: dict[str, str] = {}
    for columns in COLUMNS:
        response = visitor.get(f"/matrix/?columns={columns}&jmdi=yes&jmdi=no")
        found = cells_of(response)
        assert list(found) == SLUGS
        assert {case: {value: cell.sign for value, cell in row.items()} for case, row in found.items() if row} == (
            EVERY[columns]
        )
        html = response.content.decode()
        for case, row in found.items():
            if case not in pages:
                pages[case] = page(visitor, f"/cases/{case}/")
            for cell in row.values():
                path, _mark, anchor = cell.url.partition("#")
                # The case knows of what selection it was opened.
                assert path == f"/cases/{case}/?jmdi=yes&jmdi=no"
                assert f'href="{escape(cell.url)}"' in html
                (there,) = re.findall(
                    rf'<(?:div|li|article)[^>]* id="{re.escape(anchor)}".*?</(?:div|li|article)>', pages[case], re.S
                )
                assert text(there)


def test_rows_and_columns_add_up(visitor, small):
    for columns in COLUMNS:
        response = visitor.get(f"/matrix/?columns={columns}")
        expected = EVERY[columns]
        totals = {head.value: head.total for head in response.context["heads"]}
        assert totals == {value: sum(value in row for row in expected.values()) for value in totals}
        assert {value for row in expected.values() for value in row} <= set(totals)
        assert [line.total for line in response.context["lines"]] == [len(expected.get(slug, {})) for slug in SLUGS]
        assert response.context["total"] == sum(len(row) for row in expected.values())
        foot = re.search(r"<tfoot>.*?</tfoot>", response.content.decode(), re.S).group()
        assert text(foot) == " ".join(
            ["Cases of the selection", *map(str, totals.values()), str(response.context["total"])]
        )
        # What no case shows is named.
        gaps = re.search(
            r'<section class="stack" aria-labelledby="gaps">.*?</section>', response.content.decode(), re.S
        )
        named = {head.label for head in response.context["heads"] if not totals[head.value]}
        assert set(re.findall(r'<li><a href="[^"]+">([^<]+)</a>', gaps.group())) == named
        assert ("Every column is shown by a case." in gaps.group()) is (not named)


def test_the_reason_of_a_cell_is_the_strongest_one(visitor, small):
    found = cells_of(visitor.get("/matrix/"))
    key = Case.objects.get(slug="vaud").illustrations.get(subpoint__letter="b").key
    assert found["vaud"]["14"].url == f"/cases/vaud/#illustration-{key}"
    # A term itself before one below it, where both are as strong.
    itself = Case.objects.get(slug="vaud").caseterms.get(term__slug="participation")
    mechanisms = cells_of(visitor.get("/matrix/?columns=mechanism"))
    assert mechanisms["vaud"]["participation"].url == f"/cases/vaud/#term-{itself.key}"
    actors = cells_of(visitor.get("/matrix/?columns=actor"))
    leading = Case.objects.get(slug="vaud").caseactors.get(is_lead=True)
    # Of the two bodies of local government the one that leads.
    assert actors["vaud"]["local-government"].url == f"/cases/vaud/#actor-{leading.key}"
    assert actors["vaud"]["local-government"].meaning == f"{leading.organization} leads"


def test_cells_say_in_words_what_they_show(visitor, small):
    leading = Case.objects.get(slug="vaud").caseactors.get(is_lead=True)
    leading.roles.set([term("role", "funds")])
    for columns, said in (
        ("recommendation", ["C central: 1. Recommendation 1, Vaud", "S supporting: 14. Recommendation 14, Souss"]),
        ("trigger", ["● stated in the case: National legislation, Vaud",
                     "◐ named in Part 2: Missing channels, Souss", "○ editorial reading: Policy mismatch, Dakar"]),
        ("actor", [f"L {leading.organization} leads: Civil society, Vaud"]),
    ):  # fmt: skip
        html = page(visitor, f"/matrix/?columns={columns}")
        cells = {text(cell) for cell in re.findall(r'<a class="cell .*?</a>', html, re.S)}
        assert set(said) <= cells
    assert f'title="{leading.organization} (Funds)"' in html


def test_heads_stand_in_groups(visitor, small):
    spans = visitor.get("/matrix/?columns=trigger").context["groups"]
    assert spans == [("", 1), ("Policy mismatch", 3)]
    assert visitor.get("/matrix/?columns=migration").context["groups"] == []
    html = page(visitor, "/matrix/?columns=trigger")
    assert '<th scope="colgroup" colspan="3">Policy mismatch</th>' in html
    html = page(visitor, "/matrix/")
    titles = [r.group.title for r in Recommendation.objects.in_groups()]
    assert re.findall(r'<th scope="colgroup" colspan="1">([^<]+)</th>', html) == titles


def test_a_retired_term_that_nobody_bears_is_no_gap(visitor, small):
    for slug in ("national-legislation", "unused"):
        made = term("trigger", slug)
        made.is_retired = True
        made.save()
    heads = [head.value for head in visitor.get("/matrix/?columns=trigger").context["heads"]]
    assert heads == ["national-legislation", "policy-mismatch", "missing-channels", "easier-to-legislate-locally"]


# Counted by country and region


@pytest.mark.parametrize(("query", "rows"), [
    ("by=country&columns=migration", [
        ("France", 1, {}), ("Morocco", 2, {"emigration": "1", "immigration": "1"}), ("Senegal", 1, {"emigration": "1"}),
        ("Switzerland", 1, {"immigration": "1"}),
    ]),
    ("by=region&columns=migration", [
        ("Africa", 3, {"emigration": "2", "immigration": "1"}), ("Europe", 2, {"immigration": "1"}),
    ]),
    ("by=region&columns=trigger", [
        ("Africa", 3, {"national-legislation": "1", "policy-mismatch": "3", "missing-channels": "1",
                       "easier-to-legislate-locally": "1"}),
        ("Europe", 2, {"national-legislation": "1"}),
    ]),
    ("by=country&columns=trigger&migration=immigration&region=northern-africa", [
        ("Morocco", 1, {"policy-mismatch": "1", "missing-channels": "1", "easier-to-legislate-locally": "1"}),
    ]),
    ("by=region&columns=migration&region=northern-africa&region=western-europe", [
        ("Africa", 2, {"emigration": "1", "immigration": "1"}), ("Europe", 2, {"immigration": "1"}),
    ]),
    # What is asked for of the columns' own facet still holds.
    ("by=country&columns=migration&migration=emigration", [
        ("Morocco", 1, {"emigration": "1", "immigration": "1"}), ("Senegal", 1, {"emigration": "1"}),
    ]),
    ("by=country&columns=migration&migration=emigration&migration=immigration&all=migration", [
        ("Morocco", 1, {"emigration": "1", "immigration": "1"}),
    ]),
    ("by=country&columns=trigger&trigger=national-legislation&trigger=missing-channels", [
        ("Morocco", 2, {"national-legislation": "1", "policy-mismatch": "2", "missing-channels": "1",
                        "easier-to-legislate-locally": "1"}),
        ("Switzerland", 1, {"national-legislation": "1"}),
    ]),
])  # fmt: skip
def test_countries_and_regions_count_cases_and_lead_to_just_these(visitor, small, query, rows):
    response = visitor.get(f"/matrix/?{query}")
    shown, lines = response.context["heads"], response.context["lines"]
    found = [
        (line.label, line.total, {h.value: c.sign for h, c in zip(shown, line.cells, strict=True) if c})
        for line in lines
    ]
    assert found == rows
    assert response.context["total"] == sum(total for _label, total, _cells in rows)
    without_link = []
    for line in lines:
        assert len(select(line.url.partition("?")[2])) == line.total
        for head, cell in zip(shown, line.cells, strict=True):
            if cell and cell.url:
                assert str(len(select(cell.url.partition("?")[2]))) == cell.sign, cell.url
            elif cell:
                without_link.append((line.label, head.value))
    # One of two triggers and another besides: no selection says that, and the number stands alone.
    several = [("Morocco", "policy-mismatch"), ("Morocco", "easier-to-legislate-locally")]
    assert without_link == (several if "trigger=missing-channels" in query else [])
    assert response.content.decode().count('class="cell cell--count"') == sum(
        bool(cell and cell.url) for line in lines for cell in line.cells
    )


def test_too_many_cases_are_counted(visitor, small, monkeypatch):
    monkeypatch.setattr("casestudies.matrix.MOST_CASES", 4)
    monkeypatch.setattr("casestudies.views.matrix.MOST_CASES", 4)
    response = visitor.get("/matrix/?columns=migration")
    assert response.context["asked"].by == "country"
    assert [str(label) for label, _query, _this in response.context["row_choices"]] == ["Countries", "Regions"]
    assert "More than 4 cases are selected" in response.content.decode()
    assert response.context["dropped"] == ()
    # The file still has every cell.
    assert len(in_file(visitor, "?columns=migration")) == 4
    dropped = visitor.get("/matrix/?columns=migration&by=case&order=likeness").context["dropped"]
    assert [(each.parameter, each.value, each.reason) for each in dropped] == [
        ("by", "case", "More than 4 cases are counted by country."),
        ("order", "likeness", "Only cases can be put in the order of their likeness."),
    ]
    # Four cases stand in rows of their own.
    response = visitor.get("/matrix/?columns=migration&country=CH&country=MA&country=SN")
    assert list(cells_of(response)) == ["vaud", "souss", "dakar", "rabat"]
    assert "are selected" not in response.content.decode()


# What is not understood


@pytest.mark.parametrize(("query", "asked", "dropped"), [
    ("", ("recommendation", "number", "case"), []),
    ("columns=&order=&by=", ("recommendation", "number", "case"), []),
    ("columns=level", ("recommendation", "number", "case"), [("columns", "level", "There is no such choice.")]),
    ("columns=actor&columns=trigger&columns=actor", ("actor", "number", "case"),
     [("columns", "trigger", "Only one can be chosen.")]),
    ("order=name&by=town", ("recommendation", "number", "case"),
     [("order", "name", "There is no such choice."), ("by", "town", "There is no such choice.")]),
    ("by=region&order=likeness", ("recommendation", "number", "region"),
     [("order", "likeness", "Only cases can be put in the order of their likeness.")]),
    ("colour=red", ("recommendation", "number", "case"), [("colour", "red", "There is no such filter.")]),
])  # fmt: skip
def test_what_an_address_asks_for(visitor, small, query, asked, dropped):
    response = visitor.get(f"/matrix/?{query}")
    found = response.context["asked"]
    assert (found.columns, found.order, found.by) == asked
    assert [(each.parameter, each.value, each.reason) for each in response.context["dropped"]] == dropped
    answer = visitor.get(f"/matrix/download.csv?{query}")
    assert answer.status_code == (400 if dropped else 200)
    for name, value, reason in dropped:
        assert f"{name}={value}: {reason}" in answer.content.decode()


def test_pages_keep_the_matrix_and_no_page_is_made_up(visitor, cases, monkeypatch):
    monkeypatch.setattr("casestudies.views.matrix.PAGE", 2)
    query = "columns=trigger&order=likeness"
    assert [on_screen(visitor, f"?{query}&page={number}") for number in (1, 2)] == [["d", "b"], ["a", "c"]]
    html = page(visitor, f"/matrix/?{query}&page=2")
    assert f'<a rel="prev" href="?{escape(query)}&amp;page=1">' in html
    assert "There is no such page; this is the first." in page(visitor, f"/matrix/?{query}&page=9")


def test_nothing_selected_says_so(visitor, small):
    html = page(visitor, "/matrix/?approach=top-down&country=CH")
    assert "No case is selected." in html
    assert "<table" not in html
    assert [head.value for head in visitor.get("/matrix/?approach=top-down&country=CH").context["gaps"]] == [
        "1", "2", "14",
    ]  # fmt: skip


# The long table


def test_the_long_table_has_the_cells_of_the_page_with_every_reason(visitor, small):
    for columns in COLUMNS:
        response = visitor.get(f"/matrix/download.csv?columns={columns}")
        rows = list(csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig"))))
        assert {row["columns"] for row in rows} == {columns}
        cells = list(dict.fromkeys((row["case"], row["value"]) for row in rows))
        heads = [head.value for head in visitor.get(f"/matrix/?columns={columns}").context["heads"]]
        # in the order of the page: case by case, column by column
        assert cells == [
            (case, value) for case in SLUGS for value in heads if value in EVERY[columns].get(case, {})
        ]  # fmt: skip
        on_page = cells_of(visitor.get(f"/matrix/?columns={columns}"))
        firsts = {(row["case"], row["value"]): row["url"] for row in reversed(rows)}
        assert firsts == {
            (case, value): f"http://testserver{cell.url}"
            for case, row in on_page.items()
            for value, cell in row.items()
        }


def test_a_row_of_the_long_table_says_what_the_case_says(visitor, small):
    souss = Case.objects.get(slug="souss")
    row = souss.caseterms.get(term__slug="missing-channels")
    set_field(row, reason="No channel.", place="Part 4.2, Trigger")
    lead = Case.objects.get(slug="vaud").caseactors.get(is_lead=True)
    set_field(lead, text="=Pays", place="Part 4.1")
    lead.roles.set([term("role", "funds")])
    found = {}
    for columns in ("trigger", "actor", "recommendation"):
        rows = csv.DictReader(
            io.StringIO(visitor.get(f"/matrix/download.csv?columns={columns}").getvalue().decode("utf-8-sig"))
        )
        found |= {(each["case"], each["value"], each["through"]): each for each in rows}
    shared = {
        "url": f"http://testserver/cases/souss/#term-{row.key}", "case_number": "4.2", "case": "souss",
        "case_name": "Souss", "columns": "trigger", "strength": "", "evidence": "named in Part 2",
        "reason": "No channel.", "place": "Part 4.2, Trigger",
    }  # fmt: skip
    assert found["souss", "missing-channels", ""] == shared | {
        "value": "missing-channels", "label": "Missing channels", "through": "",
    }  # fmt: skip
    assert found["souss", "policy-mismatch", "Missing channels"] == shared | {
        "value": "policy-mismatch", "label": "Policy mismatch", "through": "Missing channels",
    }  # fmt: skip
    assert found["vaud", "civil-society", ""] == {
        "url": f"http://testserver/cases/vaud/#actor-{lead.key}", "case_number": "4.1", "case": "vaud",
        "case_name": "Vaud", "columns": "actor", "value": "civil-society", "label": "Civil society", "through": "",
        "strength": "leads", "evidence": "stated in the case", "reason": f"{lead.organization} (Funds): =Pays",
        "place": "Part 4.1",
    }  # fmt: skip
    shown = found["vaud", "14", "14b Sub-point b"]
    assert (shown["label"], shown["strength"], shown["evidence"], shown["reason"]) == (
        "Recommendation 14", "central", "editorial reading", "The canton did what is advised.",
    )  # fmt: skip


def test_the_order_of_likeness_puts_the_most_alike_together(visitor, cases):
    # d has all four and is first; b shares two of four with it, as c does, and has the lower number; nothing of a or c
    # is in b, so that the lower number comes first again.
    assert on_screen(visitor, "?columns=trigger&order=likeness") == ["d", "b", "a", "c"]
    assert on_screen(visitor, "?columns=trigger") == ["a", "b", "c", "d"]


# Queries. The version; the page of cases; then
QUERIES = {
    # illustrations with their recommendations and sub-points
    "recommendation": 1,
    # rows with their terms and the terms above these
    "trigger": 1,
    "mechanism": 1,
    "migration": 1,
    # rows; their terms; the terms above these
    "objective": 3,
    "beneficiary": 3,
    # rows with their organizations; types, types above these; roles
    "actor": 4,
}


@pytest.mark.parametrize("rows", [0, 5])
def test_every_matrix_makes_as_many_queries_for_few_cases_and_rows_as_for_many(visitor, rows):
    add_two_and(int(rows > 0), rows)
    for vocabulary, slug in (("objective", "rights"), ("beneficiary", "women")):
        set_field(term(vocabulary, slug), parent=term(vocabulary, "above"))
    index.current()
    made = {}
    for columns in COLUMNS:
        for path in (f"/matrix/?columns={columns}", f"/matrix/download.csv?columns={columns}"):
            with CaptureQueriesContext(connection) as queries:
                response = visitor.get(path)
                if response.streaming:
                    response.getvalue()
            assert response.status_code == 200
            made[path] = len(queries)
        for by in ("country", "region"):
            with CaptureQueriesContext(connection) as queries:
                visitor.get(f"/matrix/?columns={columns}&by={by}")
            assert len(queries) == 1
    assert made == {path: 2 + QUERIES[path.partition("=")[2]] for path in made}
