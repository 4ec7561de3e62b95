"""A selection as files: the same cases, order, numbers and text in every form, whole or refused with the reason."""

from __future__ import annotations

import csv
import gc
import hashlib
import io
import json
import re
import weakref
from decimal import Decimal
from html import unescape
from pathlib import Path

import frictionless
import pandas as pd
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.http import urlencode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casestudies.exports import rows as export_rows
from casestudies.exports.columns import COLUMNS
from casestudies.exports.rows import every_row
from casestudies.exports.tables import TABLES, TABLES_BY_NAME
from casestudies.models import Case, DataVersion, Figure
from casestudies.selection import SORTS
from mainstreaming import downloads
from tests.factories import (
    BudgetFactory,
    CaseFactory,
    CasePlaceFactory,
    CaseTermFactory,
    ComponentFactory,
    CurrencyFactory,
    FigureFactory,
    MilestoneFactory,
    NarrativeFactory,
    PeriodFactory,
    SourceFactory,
    term,
)

from . import reading
from .builders import make_collection, select
from .files import FORMS, PATH, cases, fetched, package, raw_table, sheet, workbook
from .test_filters import selections
from .test_query_counts import add_cases

pytestmark = pytest.mark.django_db

# Whatever spreadsheets, CSV readers or JSON readers could take for something else.
HOSTILE = (
    "=1+1", "+1", "-1", "@SUM(A1)", "\tindented", "\nbelow", "'quoted", "=HYPERLINK(\"http://x\")", "{=SUM(A1)}",
    'say "no", twice', "a;b,c|d", "two\nlines", "مرحبا‏ (RTL)", "Sédhiou – L’Oriental 中文 😀", "  spaces  ", "1e5",
    "007", "TRUE", "NA", "null", "nan", "2024-01-01", "https://example.org", "</t></is></c>&amp;<b>", "NULL", "#N/A",
    "\u2028x",
)  # fmt: skip


def refusal(visitor, path: str) -> str:
    response = visitor.get(path)
    assert response.status_code == 400, path
    return unescape(response.content.decode())


# The same in every form.


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(selections(), st.sampled_from([*SORTS]))
def test_any_selection_is_the_same_on_the_screen_and_in_every_form(visitor, chosen, sort):
    if not Case.objects.exists():
        make_collection()
    query = f"?{urlencode(chosen | {'sort': sort}, doseq=True)}"
    screen = list(visitor.get(f"/cases/{query}").context["paged"].page)
    found = {form: cases(visitor, form, query) for form in FORMS}
    for form, rows in found.items():
        assert [(row["slug"], row["name"], row["title"]) for row in rows] == [
            (case.slug, case.name, case.title) for case in screen
        ], form
        assert rows == found["json"], form
    assert json.loads(fetched(visitor, f"{PATH}json{query}"))["count"] == len(screen)


@pytest.mark.parametrize("form", FORMS)
def test_hostile_text_arrives_as_it_is_in_every_form(visitor, form):
    for number, text in enumerate(HOSTILE):
        CaseFactory(slug=f"c{number}", ordinal=number + 1, name=text, purpose=f"{text} and more")
    found = cases(visitor, form)
    assert [(row["name"], row["purpose"]) for row in found] == [(text, f"{text} and more") for text in HOSTILE]


def test_hostile_text_of_rows_arrives_too(visitor):
    case = CaseFactory()
    for number, text in enumerate(HOSTILE):
        FigureFactory(case=case, key=f"f{number}", position=number, label=text, low=Decimal("-2.50"), high=Decimal("3"))
    expected = [(text, -2.5, 3) for text in HOSTILE]
    (record,) = json.loads(fetched(visitor, f"{PATH}json"))["cases"]
    assert [(row["label"], row["low"], row["high"]) for row in record["figures"]] == expected
    rows = sheet(fetched(visitor, f"{PATH}xlsx"), "figures")
    assert [(row["label"], row["low"], row["high"]) for row in rows] == expected
    rows = raw_table(package(fetched(visitor, f"{PATH}zip"))["data/figures.csv"])
    assert [(row["label"], float(row["low"]), float(row["high"])) for row in rows] == expected


def test_what_a_spreadsheet_changes_of_a_text_is_the_end_of_its_lines(visitor):
    CaseFactory(purpose="one\r\ntwo\rthree\n")
    assert [row["purpose"] for row in cases(visitor, "xlsx")] == ["one\ntwo\nthree\n"]
    for form in ("csv", "json", "geojson", "zip"):
        assert [row["purpose"] for row in cases(visitor, form)] == ["one\r\ntwo\rthree\n"]


# Refused with the reason.


@pytest.mark.parametrize("form", FORMS)
def test_a_query_that_is_not_understood_is_refused(visitor, form):
    CaseFactory(slug="vaud", is_jmdi_supported=True)
    assert "colour=red: There is no such filter." in refusal(visitor, f"{PATH}{form}?colour=red&jmdi=yes")
    assert "trigger=blue: This filter has no such value." in refusal(visitor, f"{PATH}{form}?trigger=blue")
    assert "from=12: " in refusal(visitor, f"{PATH}{form}?from=12")
    # What belongs to a view of the selection passes.
    assert len(cases(visitor, form, "?jmdi=yes&page=7&view=map&columns=title&compare=vaud")) == 1


def test_indicators_are_asked_for_by_1_alone_and_of_the_csv_alone(visitor):
    for value in ("0", "yes", ""):
        assert f"indicators={value}: Write 1, or leave it out." in refusal(visitor, f"{PATH}csv?indicators={value}")
    for form in FORMS[1:]:
        assert "indicators=1: There is no such filter." in refusal(visitor, f"{PATH}{form}?indicators=1")


@pytest.mark.parametrize(("text", "reason"), [
    ("x" * 32_768, "holds more than the 32,767 characters of a spreadsheet's cell"),
    # Excel counts UTF-16 units, of which an emoji has two.
    ("😀" * 16_384, "holds more than the 32,767 characters of a spreadsheet's cell"),
    ("bell\x07", "holds a control character, which no spreadsheet can"),
    ("not a character\uffff", "holds a control character, which no spreadsheet can"),
    ("<r><t>rich</t></r>", "looks like the markup of a spreadsheet"),
])  # fmt: skip
def test_a_text_that_no_spreadsheet_holds_is_refused_with_the_way_to_the_package(visitor, text, reason):
    case = CaseFactory(slug="vaud")
    NarrativeFactory(case=case, key="overview", text=text)
    html = refusal(visitor, f"{PATH}xlsx?sort=title")
    assert f"The cell narratives!D2 {reason}." in html
    assert '<a href="/cases/download.zip?sort=title" download>' in html
    (row,) = raw_table(package(fetched(visitor, f"{PATH}zip"))["data/narratives.csv"])
    assert row["text"] == text
    (record,) = json.loads(fetched(visitor, f"{PATH}json"))["cases"]
    assert record["narratives"][0]["text"] == text


def test_the_longest_text_that_a_spreadsheet_holds_arrives(visitor):
    NarrativeFactory(case=CaseFactory(), text="😀" + "x" * 32_765)
    assert sheet(fetched(visitor, f"{PATH}xlsx"), "narratives")[0]["text"] == "😀" + "x" * 32_765


def test_more_rows_than_a_sheet_holds_are_refused(visitor, monkeypatch):
    monkeypatch.setattr(downloads, "MOST_ROWS", 60)
    case = CaseFactory(slug="vaud")
    for _row in range(58):
        FigureFactory(case=case)
    # The codebook has more.
    monkeypatch.setattr("casestudies.exports.workbook.codebook_rows", list)
    assert len(sheet(fetched(visitor, f"{PATH}xlsx"), "figures")) == 58
    FigureFactory(case=case)
    assert len(sheet(fetched(visitor, f"{PATH}xlsx"), "figures")) == 59
    FigureFactory(case=case)
    html = refusal(visitor, f"{PATH}xlsx")
    assert "The sheet “figures” has more than the 60 rows that a spreadsheet holds." in html
    assert '<a href="/cases/download.zip" download>' in html
    assert Figure.objects.count() == 60
    # So many cases are refused before anything is written.
    monkeypatch.setattr(downloads, "MOST_ROWS", 1)
    assert "The selection has more cases than a spreadsheet has rows." in refusal(visitor, f"{PATH}xlsx")


def test_figures_and_comparisons_are_refused_alike(visitor):
    one, two = CaseFactory(slug="one"), CaseFactory(slug="two")
    FigureFactory(case=one, label="bell\x07")
    html = refusal(visitor, "/figures/download.xlsx?case=one")
    assert "The cell figures!H2 holds a control character" in html
    assert '<a href="/figures/download.csv?case=one" download>' in html
    assert "colour=red" in refusal(visitor, "/figures/download.xlsx?colour=red")
    assert sheet(fetched(visitor, "/figures/download.xlsx?case=two"), "figures") == []
    NarrativeFactory(case=two, text="bell\x07")
    html = refusal(visitor, "/compare/download.xlsx?case=one&case=two")
    assert '<a href="/compare/download.csv?case=one&case=two" download>' in html


def test_figures_as_a_spreadsheet_have_numbers(visitor):
    FigureFactory(case=CaseFactory(slug="one"), label="Étrangers", low=Decimal("1886630"), year_from=2013)
    (row,) = sheet(fetched(visitor, "/figures/download.xlsx"), "figures")
    assert (row["case"], row["label"], row["low"], row["year_from"], row["year_to"]) == (
        "one", "Étrangers", 1886630, 2013, None,
    )  # fmt: skip


# CSV.


def test_indicators_are_0_and_1_for_each_term_of_the_list_columns(visitor):
    make_collection()
    plain = fetched(visitor, f"{PATH}csv").decode().splitlines()
    text = fetched(visitor, f"{PATH}csv?indicators=1").decode()
    assert [line.startswith(start) for line, start in zip(text.splitlines(), plain, strict=True)] == [True] * 6
    found = {row["slug"]: row for row in csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))}
    head = list(found["vaud"])
    assert head[: len(COLUMNS)] == [column.header for column in COLUMNS]
    assert head[len(COLUMNS) :][:5] == [
        "level:municipal", "level:provincial-or-regional", "level:state-or-canton", "migration:emigration",
        "migration:immigration",
    ]  # fmt: skip
    assert [name for name in head if name.startswith(("trigger:", "beneficiary:"))] == [
        "trigger:national-legislation", "trigger:policy-mismatch", "trigger:missing-channels",
        "trigger:easier-to-legislate-locally", "beneficiary:returnees", "beneficiary:women",
    ]  # fmt: skip

    def bearing(header: str) -> list[str]:
        assert {row[header] for row in found.values()} <= {"0", "1"}
        return [slug for slug, row in found.items() if row[header] == "1"]

    assert bearing("trigger:national-legislation") == ["vaud", "rabat"]
    assert bearing("trigger:missing-channels") == ["souss"]
    # A term stands for those below it too, as in the filters.
    assert bearing("trigger:policy-mismatch") == ["souss", "dakar", "rabat"]
    assert bearing("actor_types:local-government") == ["vaud", "souss", "dakar"]
    assert bearing("objective:decentralized-cooperation") == ["rabat"]
    assert bearing("mechanism:decentralized-cooperation") == ["dakar"]
    assert bearing("approach:bottom-up") == []


@pytest.mark.parametrize("read", [
    lambda data: pd.read_csv(io.BytesIO(data), keep_default_na=False, na_values=[""], dtype={"number": str}),
])  # fmt: skip
def test_pandas_reads_the_list_with_every_accent_number_and_empty_cell(visitor, read):
    full = CaseFactory(slug="sedhiou", ordinal=10, name="Sédhiou", title="L’Oriental – «état»", purpose="=1")
    BudgetFactory(case=full, total=Decimal("12400000.5"), currency=CurrencyFactory(code="XOF"), duration_months=36)
    PeriodFactory(case=full, start_year=2008, is_ongoing=True)
    CaseTermFactory(case=full, term=term("trigger", "a", label="Première"))
    CaseFactory(slug="bare", ordinal=2, name="NA", title="null")
    frame = read(fetched(visitor, f"{PATH}csv")).set_index("slug")
    assert list(frame.index) == ["bare", "sedhiou"]
    row = frame.loc["sedhiou"]
    assert (row["number"], row["name"], row["title"]) == ("4.10", "Sédhiou", "L’Oriental – «état»")
    assert (row["budget_total"], row["budget_months"], row["start_year"]) == (12400000.5, 36, 2008)
    assert (row["trigger"], row["ongoing"], row["purpose"]) == ("Première", "yes", "'=1")
    assert (frame.loc["bare", "name"], frame.loc["bare", "title"]) == ("NA", "null")
    stated = {name for name, value in frame.loc["bare"].items() if not pd.isna(value)}
    assert stated == {
        "url", "number", "name", "title", "country_code", "country", "region", "subregion", "ongoing", "jmdi",
        "collection", "collection_year",
    }  # fmt: skip


# The spreadsheet.


def test_a_workbook_has_a_sheet_for_each_table_and_values_of_their_types(visitor):
    case = CaseFactory(slug="vaud", name="Vaud", is_jmdi_supported=True)
    BudgetFactory(case=case, total=Decimal("12400000.50"), currency=CurrencyFactory(code="CHF"))
    PeriodFactory(case=case, key="p", start_year=2008, is_ongoing=True)
    outer = ComponentFactory(case=case, key="outer", title="Outer")
    ComponentFactory(case=case, key="inner", title="Inner", parent=outer)
    data = fetched(visitor, f"{PATH}xlsx")
    assert workbook(data).sheetnames == [*TABLES_BY_NAME, "codebook", "citation"]
    (row,) = sheet(data, "cases")
    assert (row["name"], row["number"], row["start_year"], row["end_year"]) == ("Vaud", "4.1", 2008, None)
    assert (row["jmdi"], row["ongoing"], row["budget_total"]) == (True, True, 12400000.5)
    assert [type(row[name]) for name in ("jmdi", "start_year", "budget_total", "number")] == [bool, int, float, str]
    assert [(r["key"], r["parent"], r["title"]) for r in sheet(data, "components")] == [
        ("outer", None, "Outer"), ("inner", "outer", "Inner"),
    ]  # fmt: skip
    assert sheet(data, "links") == []
    for table in TABLES:
        assert [cell.value for cell in workbook(data)[table.name][1]] == table.headers
    listed = [(r["table"], r["name"]) for r in sheet(data, "codebook") if r["part"] == "column"]
    assert listed == [(table.name, header) for table in TABLES for header in table.headers]


def test_a_workbook_says_how_to_cite_it(visitor):
    CaseFactory(is_jmdi_supported=True)
    DataVersion.objects.update(number=41)
    told = {r["what"]: r["value"] for r in sheet(fetched(visitor, f"{PATH}xlsx?jmdi=yes"), "citation")}
    assert told["Title"] == "Mainstreaming Casebook: 1 selected case"
    # As the page of the selection says it.
    cited = told["How to cite"]
    assert re.match(
        r"Mainstreaming Casebook \(\d{4}\)\. 1 case \(Supported by the JMDI: Yes\)\. Data version 41 ", cited
    )
    assert "http://testserver/cases/?jmdi=yes" in cited
    assert cited in reading.text(reading.page(visitor, "/cases/?jmdi=yes"))
    assert told["Cases"] == 1
    assert "https://creativecommons.org/licenses/by/4.0/" in told["Licence"]


# JSON and GeoJSON.


def test_json_says_what_it_holds_before_the_cases(visitor):
    CaseFactory(slug="vaud", is_jmdi_supported=True)
    CaseFactory(slug="other")
    response = visitor.get(f"{PATH}json?sort=title&jmdi=yes")
    assert response["Content-Type"] == "application/json"
    assert response["Content-Disposition"] == 'attachment; filename="mainstreaming-casebook-cases.json"'
    made = json.loads(b"".join(response.streaming_content))
    assert list(made) == ["title", "generated", "query", "url", "version", "licence", "citation", "count", "cases"]
    assert (made["query"], made["count"], made["url"]) == (
        "jmdi=yes&sort=title", 1, "http://testserver/cases/?jmdi=yes&sort=title",
    )  # fmt: skip
    assert made["licence"]["name"] == "CC-BY-4.0"
    assert [record["slug"] for record in made["cases"]] == ["vaud"]
    assert [*made["cases"][0]][-1] == "works"
    assert json.loads(fetched(visitor, f"{PATH}json?jmdi=no&country=CH&from=1200&to=1201"))["cases"] == []


def test_geojson_has_a_point_several_or_none_as_longitude_and_latitude(visitor):
    one, many, none = (CaseFactory(slug=slug, ordinal=n) for n, slug in ((3, "one"), (1, "many"), (2, "none")))
    CasePlaceFactory(case=one, latitude=Decimal("46.5197"), longitude=Decimal("6.6323"))
    CasePlaceFactory(case=one, latitude=None, longitude=None)
    CasePlaceFactory(case=many, latitude=Decimal("0"), longitude=Decimal("-80.5"), position=2)
    CasePlaceFactory(case=many, latitude=Decimal("-1.25"), longitude=Decimal("179.9999"), position=1)
    CasePlaceFactory(case=none, latitude=None, longitude=None)
    response = visitor.get(f"{PATH}geojson")
    assert response["Content-Type"] == "application/geo+json"
    made = json.loads(b"".join(response.streaming_content))
    assert made["type"] == "FeatureCollection"
    assert [(f["type"], f["id"], f["geometry"]) for f in made["features"]] == [
        ("Feature", "many", {"type": "MultiPoint", "coordinates": [[179.9999, -1.25], [-80.5, 0.0]]}),
        ("Feature", "none", None),
        ("Feature", "one", {"type": "Point", "coordinates": [6.6323, 46.5197]}),
    ]
    assert "crs" not in made


# The package.


@pytest.fixture
def packed(visitor, tmp_path) -> Path:
    """A package of cases with rows of everything, unpacked."""
    add_cases(3, rows=1)
    # Two cases cite the same work, and not every letter is one byte.
    for case, text in zip(Case.objects.all()[:2], ("=1", "Décret"), strict=True):
        MilestoneFactory(case=case, text=text, source=SourceFactory(slug="law", kind="law"))
    for name, data in package(fetched(visitor, f"{PATH}zip")).items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    return tmp_path


def faults(folder: Path) -> set[str]:
    report = frictionless.validate(str(folder / "datapackage.json"))
    return {kind for (kind,) in report.flatten(["type"])}


def test_a_package_is_valid_with_its_keys_types_sizes_and_checksums(visitor, packed):
    assert faults(packed) == set()
    described = json.loads((packed / "datapackage.json").read_text(encoding="utf-8"))
    assert [r["name"] for r in described["resources"]] == [*TABLES_BY_NAME, "codebook"]
    for resource in described["resources"]:
        assert len((packed / resource["path"]).read_text(encoding="utf-8").splitlines()) > 1, resource["name"]
    (figures,) = [r for r in described["resources"] if r["name"] == "figures"]
    assert figures["schema"]["primaryKey"] == ["case", "key"]
    assert figures["schema"]["foreignKeys"] == [
        {"fields": ["case"], "reference": {"resource": "cases", "fields": ["slug"]}},
        {"fields": ["source"], "reference": {"resource": "works", "fields": ["slug"]}},
    ]
    low = {field["name"]: field for field in figures["schema"]["fields"]}["low"]
    assert low == {"name": "low", "type": "number", "description": "The value, or the lower end of a range."}
    assert described["licenses"][0]["name"] == "CC-BY-4.0"
    # Plain CSV: no mark at the start, no apostrophe before what looks like a formula.
    data = (packed / "data" / "milestones.csv").read_bytes()
    assert data.startswith(b"case,key,section,")
    assert data.endswith(b"\r\n")
    assert b",=1," in data
    assert "=1" in {row["text"] for row in raw_table(data)}
    works = raw_table((packed / "data" / "works.csv").read_bytes())
    assert len({row["slug"] for row in works}) == len(works) > 3
    # The README says what is in it.
    text = (packed / "README.md").read_text(encoding="utf-8")
    number = DataVersion.objects.get().number
    for line in ("- Selection: everything", "- Cases: 3", f"- Data version: {number}, of ", "| `data/cases.csv` | 3 |"):
        assert line in text
    figures = len(raw_table((packed / "data" / "figures.csv").read_bytes()))
    assert f"| `data/figures.csv` | {figures} |" in text
    sums = dict(reversed(line.split("  ")) for line in text.split("```")[1].strip().splitlines())
    assert set(sums) == {"datapackage.json", "codebook.csv", *(f"data/{table.name}.csv" for table in TABLES)}
    for name, checksum in sums.items():
        assert hashlib.sha256((packed / name).read_bytes()).hexdigest() == checksum
    narrowed = package(fetched(visitor, f"{PATH}zip?jmdi=no&q=case"))["README.md"].decode()
    assert "- Selection: q=case&jmdi=no\n" in narrowed


def test_the_validator_would_notice(packed):
    described = json.loads((packed / "datapackage.json").read_text(encoding="utf-8"))
    found = {}
    for file, old, new in (
        # another text; the work that a row cites is gone; a number is none; a list has no such value; a key twice
        ("cases", "Case 0", "Case O"), ("works", "law,", "flaw,"), ("figures", ",100.00,", ",many,"),
        ("illustrations", ",central,", ",perhaps,"), ("cases", ",case-1,", ",case-0,"),
    ):  # fmt: skip
        path = packed / "data" / f"{file}.csv"
        data = path.read_bytes()
        assert old.encode() in data, file
        path.write_bytes(data.replace(old.encode(), new.encode(), 1))
        found[file, new] = faults(packed)
        path.write_bytes(data)
        # Else the changed checksum would be all that it says of the next ones.
        for resource in described["resources"]:
            resource.pop("hash", None)
            resource.pop("bytes", None)
        (packed / "datapackage.json").write_text(json.dumps(described), encoding="utf-8")
    assert {new: kinds for (_file, new), kinds in found.items()} == {
        "Case O": {"hash-count"}, "flaw,": {"foreign-key"}, ",many,": {"type-error"},
        ",perhaps,": {"constraint-error"}, ",case-0,": {"primary-key", "foreign-key"},
    }  # fmt: skip


def test_the_same_data_give_the_same_package(visitor):
    add_cases(2)
    assert fetched(visitor, f"{PATH}zip") == fetched(visitor, f"{PATH}zip")


# Flat at any size.


def test_few_cases_are_in_memory_at_a_time(monkeypatch):
    monkeypatch.setattr(export_rows, "WHOLE_CHUNK", 1)
    add_cases(5, rows=1)
    most, seen = 0, []
    for table, row in every_row(select("")):
        if table.name == "cases":
            seen.append(weakref.ref(row))
            del row
            gc.collect()
            most = max(most, sum(each() is not None for each in seen))
    assert len(seen) == 5
    # The one of this chunk.
    assert most == 1


def test_a_chunk_of_cases_costs_as_many_queries_for_few_as_for_many_in_every_form(visitor, monkeypatch):
    monkeypatch.setattr(export_rows, "WHOLE_CHUNK", 3)
    monkeypatch.setattr("casestudies.selection.CHUNK", 3)
    counts = {form: [] for form in FORMS}
    for size in (2, 3, 4):
        add_cases(size - Case.objects.count(), rows=1)
        visitor.get("/cases/")
        for form in FORMS:
            with CaptureQueriesContext(connection) as queries:
                assert len(cases(visitor, form)) == size
            counts[form].append(len(queries))
    for form, (two, three, four) in counts.items():
        # The fourth case begins another chunk.
        assert two == three < four, form


def test_json_is_sent_as_it_is_made(visitor, monkeypatch):
    monkeypatch.setattr(export_rows, "WHOLE_CHUNK", 1)
    add_cases(2, rows=1)
    response = visitor.get(f"{PATH}json")
    with CaptureQueriesContext(connection) as queries:
        pieces = iter(response.streaming_content)
        assert next(pieces).startswith(b'{"title": "Mainstreaming Casebook"')
        assert len(queries) == 0
        next(pieces)
        first = len(queries)
        assert first > 0
        next(pieces)
        assert len(queries) > first


def test_the_list_offers_every_form_of_the_selection_with_a_hint(visitor):
    CaseFactory(is_jmdi_supported=True)
    html = visitor.get("/cases/?sort=title&jmdi=yes&view=map").content.decode()
    for form in FORMS:
        assert (
            f'<a href="/cases/download.{form}?jmdi=yes&amp;sort=title" download aria-describedby="form-cases-{form}">'
            in html
        )
        assert f'id="form-cases-{form}">' in html
