"""The pages about the data: what is offered is there, the examples run as printed, the codebook has everything."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
from html import unescape

import pytest
from django.test import Client
from xlsxwriter.utility import xl_col_to_name

from casestudies.exports.codebook import ENTRY_HEADERS, lists
from casestudies.exports.columns import COLUMNS
from casestudies.exports.forms import FORMS
from casestudies.exports.tables import TABLES
from casestudies.models import Figure, Term
from tests.factories import CaseFactory, CountryFactory, FigureFactory, term

from .builders import make_collection
from .files import fetched
from .reading import page, text

pytestmark = pytest.mark.django_db


def example(html: str, name: str) -> str:
    """An example of the page, as one would copy it."""
    return unescape(re.search(rf'<code id="example-{name}">(.*?)</code>', html, re.DOTALL).group(1))


def run(code: str) -> tuple[dict, str]:
    """What a program leaves and prints."""
    names, printed = {}, io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, names)  # noqa: S102 (our own page)
    return names, printed.getvalue()


@pytest.mark.django_db(transaction=True)
def test_the_python_examples_run_as_printed_against_the_site(live_server):
    make_collection()
    namibia = CaseFactory(slug="windhoek", ordinal=10, country=CountryFactory(code="NA", name="Namibia"))
    FigureFactory(case=namibia)
    FigureFactory(case=namibia, low=7)
    html = page(Client(headers={"host": live_server.url.removeprefix("http://")}), "/data/")
    names, printed = run(example(html, "python-list"))
    cases = names["cases"].set_index("slug")
    assert list(cases.index) == ["vaud", "souss", "dakar", "rabat", "lyon", "windhoek"]
    assert (cases.loc["windhoek", "number"], cases.loc["windhoek", "country_code"]) == ("4.10", "NA")
    assert names["triggers"].value_counts().to_dict() == {
        "National legislation": 2, "Policy mismatch": 2, "Missing channels": 1, "Easier to legislate locally": 1,
    }  # fmt: skip
    assert names["indicators"].to_dict() == {
        "trigger:national-legislation": 2, "trigger:policy-mismatch": 3, "trigger:missing-channels": 1,
        "trigger:easier-to-legislate-locally": 1,
    }  # fmt: skip
    assert "National legislation" in printed
    names, printed = run(example(html, "python-package"))
    assert names["figures"].groupby("case_country")["low"].count().to_dict() == {"Namibia": 2}
    assert names["figures"]["low"].sum() == 107 == sum(Figure.objects.values_list("low", flat=True))
    assert re.search(r"Namibia +2", printed)


def test_the_spreadsheet_example_counts_the_column_of_triggers(visitor):
    term("trigger", "mismatch", label="Mismatch of policies")
    formula = example(page(visitor, "/data/"), "sheet")
    place = [column.header for column in COLUMNS].index("trigger")
    assert formula == f'=COUNTIF(cases!${xl_col_to_name(place)}:${xl_col_to_name(place)},"*Mismatch of policies*")'


def test_every_file_of_the_whole_collection_is_offered_and_there(visitor):
    make_collection()
    html = page(visitor, "/data/")
    offered = re.findall(r'href="([^"]+)" download>', html)
    assert offered == [
        *(f"/cases/download.{form.label.lower()}" for form in FORMS), "/cases/download.csv?indicators=1",
    ]  # fmt: skip
    for path in offered:
        assert fetched(visitor, path)
    assert "5 cases with everything that hangs off them" in text(html)
    assert "Creative Commons Attribution 4.0 International" in html
    assert re.search(r"Mainstreaming Casebook \(\d{4}\)\. .* Data version \d+ of ", text(html))
    for table in TABLES:
        assert f'href="/data/codebook/#table-{table.name}"' in html
    # Readers find it from every page, and the codebook from the list.
    assert html.count('href="/data/"') == 2
    assert 'href="/data/codebook/"' in page(visitor, "/cases/")


def test_the_codebook_names_every_column_list_and_term(visitor):
    term("trigger", "mismatch", label="Policy mismatch", definition="When policies contradict each other.")
    term("trigger", "channels", label="Missing channels", parent=Term.objects.get(slug="mismatch"))
    term("role", "funds", label="Funds it")
    rows = list(csv.DictReader(io.StringIO(fetched(visitor, "/data/codebook.csv").decode("utf-8-sig"), newline="")))
    assert list(rows[0]) == ENTRY_HEADERS
    found = {(row["part"], row["table"], row["name"]): row for row in rows}
    assert len(found) == len(rows)
    columns = [(table.name, header) for table in TABLES for header in table.headers]
    assert [(r["table"], r["name"]) for r in rows if r["part"] == "column"] == columns
    trigger = found["column", "cases", "trigger"]
    assert (trigger["type"], trigger["allowed"]) == ("list", "labels of the vocabulary trigger")
    assert (trigger["missing"], trigger["key"]) == ("empty; null in JSON", "no")
    evidence = found["column", "classifications", "evidence"]
    assert evidence["allowed"] == "stated in the case | named in Part 2 | editorial reading"
    assert found["column", "figures", "source"]["refers_to"] == "works.slug"
    assert (found["column", "cases", "slug"]["key"], found["column", "cases", "slug"]["missing"]) == ("yes", "")
    assert found["value", "evidence", "part-2"]["label"] == "named in Part 2"
    assert found["term", "trigger", "channels"]["parent"] == "mismatch"
    assert found["term", "trigger", "channels"]["indicators"] == "trigger:channels"
    assert found["term", "role", "funds"]["indicators"] == ""
    made = json.loads(visitor.get("/data/codebook.json").content)
    assert [(t["name"], c["name"]) for t in made["tables"] for c in t["columns"]] == columns
    (vocabulary,) = [v for v in made["vocabularies"] if v["name"] == "trigger"]
    assert vocabulary["terms"][0] == {
        "name": "mismatch", "label": "Policy mismatch", "definition": "When policies contradict each other.",
        "indicators": "trigger:mismatch",
    }  # fmt: skip
    assert {each["name"] for each in made["lists"]} == set(lists()) >= {"evidence", "section", "unit", "budget-status"}
    html = page(visitor, "/data/codebook/")
    for table in TABLES:
        assert f'id="table-{table.name}"' in html
        for column in table.columns:
            assert str(column.description) in unescape(html)
    for words in ("When policies contradict each other.", "trigger:mismatch", "named in Part 2", "separated by |"):
        assert words in text(html)
