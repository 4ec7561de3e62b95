"""References: what they say, read back by the readers that people use, whatever stands in the titles."""

from __future__ import annotations

import datetime
import html
import json
import re
import warnings
from urllib.parse import urlencode

import bibtexparser
import pytest
import rispy
from bibtexparser.latexenc import latex_to_unicode
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from casestudies import selection
from casestudies.changes import Version
from casestudies.citations import (
    Reference,
    author_date,
    bibtex,
    csl_json,
    key_of,
    numbered,
    of_case,
    of_portal,
    of_selection,
    plain,
    ris,
)
from casestudies.models import Case, DataVersion
from tests.factories import CaseFactory, CollectionFactory, CountryFactory, SourceFactory

from .builders import select
from .reading import page

pytestmark = pytest.mark.django_db

HERE = "https://casebook.example.org"
VERSION = Version(17, "t", datetime.datetime(2026, 11, 23, 23, 30, tzinfo=datetime.UTC))
TODAY = datetime.date(2027, 1, 5)
HOSTILE = [
    "A {brace and a } turned, and }{",
    r"100 % of A & B for $5 #1 under_score ~tilde ^caret \textbf{no} \\ \ at the end \\",
    "Sédhiou, Ñandú, Đà Nẵng, Łódź, ﬁ, 北京, e\u0301",
    "\u202eright to left\u202c שלום עולם العربية \u200f",
    "One\r\nER  - \r\nTY  - JOUR\r\nTI  - another\u2028and\u0085more\x0b",
    "@article{x, title={y}} \"quotes\" ‘single’ “double” 'plain'",
    "<script>alert(1)</script></title><!-- & &amp; ]]>",
    "\x00\x1b[31mcontrol\x7f\x9f\ufffe",
    ", = , comma",
]
TITLES = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(codec="utf-8"), min_size=1, max_size=60))


def reference(**given: object) -> Reference:
    values = {
        "key": "casebook-vaud", "title": "Vaud: Two-way integration", "url": f"{HERE}/cases/vaud/", "number": 17,
        "changed_on": datetime.date(2026, 11, 23), "accessed": TODAY,
        "summarizes": "section 4.12 of: Ferrari (2015). White Paper. IOM.",
    }  # fmt: skip
    return Reference(**(values | given))


@pytest.fixture
def vaud() -> Case:
    """A case of a collection that summarizes a publication."""
    paper = SourceFactory(slug="paper", authors="O. Ferrari", year=2015, title="White Paper", container="IOM, Geneva")
    collection = CollectionFactory(source=paper)
    return CaseFactory(
        slug="vaud", name="Vaud", title="Two-way\nintegration", ordinal=12, collection=collection,
        country=CountryFactory(code="CH"),
    )  # fmt: skip


def is_text(title: str) -> bool:
    return bool(plain(title))


# What they say


def test_a_case_is_cited_by_author_and_year(vaud):
    assert author_date(of_case(vaud, HERE, VERSION, TODAY)) == (
        "Mainstreaming Casebook (2026). Vaud: Two-way integration. Data version 17 of 23 November 2026. Summary of "
        "section 4.12 of: O. Ferrari (2015). White Paper. IOM, Geneva. Retrieved 5 January 2027 from "
        "https://casebook.example.org/cases/vaud/ (CC BY 4.0)"
    )


def test_a_case_is_cited_in_a_note(vaud):
    assert numbered(of_case(vaud, HERE, VERSION, TODAY)) == (
        "“Vaud: Two-way integration”, Mainstreaming Casebook, data version 17 of 23 November 2026, a summary of "
        "section 4.12 of: O. Ferrari (2015). White Paper. IOM, Geneva, accessed 5 January 2027, "
        "https://casebook.example.org/cases/vaud/, CC BY 4.0."
    )


def test_a_case_of_no_publication_summarizes_nothing():
    case = CaseFactory(slug="x", name="X", title="Is it so?", collection=CollectionFactory(source=None))
    assert author_date(of_case(case, HERE, VERSION, TODAY)) == (
        "Mainstreaming Casebook (2026). X: Is it so? Data version 17 of 23 November 2026. Retrieved 5 January 2027 "
        "from https://casebook.example.org/cases/x/ (CC BY 4.0)"
    )
    assert "summary" not in numbered(of_case(case, HERE, VERSION, TODAY))


def test_a_selection_says_what_was_chosen_and_leads_back_to_it():
    for number in (1, 2, 3):
        CaseFactory(ordinal=number, is_jmdi_supported=number > 1)
    found = of_selection(select("jmdi=yes&sort=title"), "/cases/", HERE, VERSION, TODAY)
    assert found.title == "2 cases (Supported by the JMDI: Yes)"
    assert found.url == f"{HERE}/cases/?jmdi=yes&sort=title"
    one = of_selection(select("jmdi=no"), "/cases/", HERE, VERSION, TODAY)
    assert one.title == "1 case (Supported by the JMDI: No)"
    assert len({found.key, one.key, "casebook-selection"}) == 3
    whole = of_selection(select("sort=title"), "/cases/", HERE, VERSION, TODAY)
    assert whole == of_portal(HERE, VERSION, TODAY)
    assert (whole.key, whole.url) == ("casebook", f"{HERE}/")


@given(st.lists(st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True), unique=True, max_size=30))
def test_keys_are_unlike_one_another_without_capitals_too(slugs):
    keys = [key_of(slug) for slug in slugs]
    assert len({key.lower() for key in keys}) == len(slugs)
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", key) for key in keys)


def test_the_key_of_a_case_is_that_of_its_address():
    assert (key_of("souss-massa"), key_of("Vaud"), key_of("vaud")) == (
        "casebook-souss-massa", "casebook-.vaud", "casebook-vaud",
    )  # fmt: skip


# Read back


def untex(text: str) -> str:
    """What TeX would print."""
    letters = {
        "textbackslash": "\\", "textbraceleft": "{", "textbraceright": "}", "textasciitilde": "~",
        "textasciicircum": "^",
    }  # fmt: skip
    return re.sub(r"\\([%&$#_])|\{\\(text\w+)\}", lambda m: m[1] or letters[m[2]], text)


def test_bibtex_is_literally_this():
    assert "".join(bibtex([reference(title=r"50 % {\em A} & B_c", url=f"{HERE}/cases/?q=%7B&x=a b}}")])) == (
        "@misc{casebook-vaud,\n"
        "  author = {{Mainstreaming Casebook}},\n"
        r"  title = {{50 \% {\textbraceleft}{\textbackslash}em A{\textbraceright} \& B\_c}}," "\n"
        "  year = {2026},\n"
        "  date = {2026-11-23},\n"
        "  howpublished = {Mainstreaming Casebook},\n"
        "  version = {17},\n"
        "  url = {https://casebook.example.org/cases/?q=%7B&x=a%20b%7D},\n"
        "  urldate = {2027-01-05},\n"
        "  note = {Data version 17 of 23 November 2026. Summary of section 4.12 of: Ferrari (2015). White Paper. IOM. "
        "Licence: CC BY 4.0, https://creativecommons.org/licenses/by/4.0/},\n"
        "  language = {english}\n"
        "}\n\n"
    )  # fmt: skip


@given(st.lists(TITLES.filter(is_text), min_size=1, max_size=4))
def test_bibtex_is_read_back(titles):
    given_ = [reference(key=f"k{n}", title=plain(title)) for n, title in enumerate(titles)]
    text = "".join(bibtex(given_))
    assert text.count("{") == text.count("}")
    parser = bibtexparser.bparser.BibTexParser(common_strings=False, interpolate_strings=False)
    entries = bibtexparser.loads(text, parser).entries
    assert [entry["ID"] for entry in entries] == [each.key for each in given_]
    # The inner braces keep the capitals.
    assert [untex(entry["title"][1:-1]) for entry in entries] == [each.title for each in given_]
    assert {(e["ENTRYTYPE"], e["year"], e["url"], e["urldate"], e["version"]) for e in entries} == {
        ("misc", "2026", f"{HERE}/cases/vaud/", "2027-01-05", "17")
    }


def test_bibtex_reads_as_its_own_decoder_has_it():
    (entry,) = bibtexparser.loads("".join(bibtex([reference(title="90 % & Ñandú #1")]))).entries
    assert latex_to_unicode(entry["title"]).strip("{}") == "90 % & Ñandú #1"


@given(st.lists(TITLES.filter(is_text), min_size=1, max_size=4))
def test_ris_is_read_back(titles):
    given_ = [reference(key=f"k{n}", title=plain(title)) for n, title in enumerate(titles)]
    text = "".join(ris(given_))
    assert text.count("\r\n") == len(text.splitlines())
    entries = rispy.loads(text)
    assert [(entry["id"], entry["title"].strip()) for entry in entries] == [(e.key, e.title.strip()) for e in given_]
    assert {entry["type_of_reference"] for entry in entries} == {"ELEC"}


def test_every_field_of_ris_is_where_readers_look():
    (entry,) = rispy.loads("".join(ris([reference()])))
    assert entry == {
        "type_of_reference": "ELEC",
        "id": "casebook-vaud",
        "authors": ["Mainstreaming Casebook"],
        "title": "Vaud: Two-way integration",
        "secondary_title": "Mainstreaming Casebook",
        "year": "2026",
        "date": "2026/11/23/",
        "edition": "17",
        "notes": [
            "Data version 17 of 23 November 2026",
            "Summary of section 4.12 of: Ferrari (2015). White Paper. IOM.",
            "Licence: CC BY 4.0, https://creativecommons.org/licenses/by/4.0/",
        ],
        "language": "en",
        "urls": ["https://casebook.example.org/cases/vaud/"],
        "access_date": "2027/01/05/",
    }
    assert rispy.loads("".join(ris([reference(kind="dataset")])))[0]["type_of_reference"] == "DATA"


@given(st.lists(TITLES.filter(is_text), max_size=4))
def test_csl_json_is_read_back(titles):
    given_ = [reference(key=f"k{n}", title=plain(title)) for n, title in enumerate(titles)]
    items = json.loads("".join(csl_json(given_)))
    assert [(item["id"], item["title"]) for item in items] == [(each.key, each.title) for each in given_]


def test_csl_json_holds_what_a_style_needs():
    (item,) = json.loads("".join(csl_json([reference()])))
    assert item == {
        "id": "casebook-vaud",
        "type": "webpage",
        "title": "Vaud: Two-way integration",
        "author": [{"literal": "Mainstreaming Casebook"}],
        "container-title": "Mainstreaming Casebook",
        "issued": {"date-parts": [[2026, 11, 23]]},
        "accessed": {"date-parts": [[2027, 1, 5]]},
        "version": "17",
        "URL": "https://casebook.example.org/cases/vaud/",
        "language": "en",
        "note": "Data version 17 of 23 November 2026. Summary of section 4.12 of: Ferrari (2015). White Paper. IOM. "
        "Licence: CC BY 4.0, https://creativecommons.org/licenses/by/4.0/.",
    }


@pytest.mark.filterwarnings("ignore:The following arguments for Reference are unsupported:UserWarning")
@pytest.mark.parametrize("title", HOSTILE)
def test_a_style_renders_it(title):
    """By citeproc-py, in the one style that it brings along."""
    items = json.loads("".join(csl_json([reference(title=plain(title))])))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the processor itself says of its style
        style = CitationStylesStyle("harvard-cite-them-right", validate=False)
        bibliography = CitationStylesBibliography(style, CiteProcJSON(items), formatter.plain)
        bibliography.register(Citation([CitationItem("casebook-vaud")]))
        (line,) = [str(each) for each in bibliography.bibliography()]
    assert "Mainstreaming Casebook" in line
    assert "2026" in line
    assert f"{HERE}/cases/vaud/" in line
    assert "(Accessed: January 5, 2027)" in line
    words = [word for word in re.findall(r"\w{4,}", plain(title)) if word.isascii()]
    assert [word for word in words if word.lower() not in line.lower()] == []


# At their addresses


def body(visitor, path: str, **headers: str) -> str:
    response = visitor.get(path, headers=headers)
    assert response.status_code == 200, path
    return b"".join(response.streaming_content).decode()


@pytest.mark.parametrize(("form", "media_type"), [
    ("bib", "application/x-bibtex; charset=utf-8"),
    ("ris", "application/x-research-info-systems; charset=utf-8"),
    ("csl.json", "application/vnd.citationstyles.csl+json"),
])  # fmt: skip
def test_a_case_has_a_file_in_each_format(visitor, vaud, settings, form, media_type):
    settings.SITE_URL = HERE
    response = visitor.get(f"/cases/vaud/cite.{form}")
    assert response.status_code == 200
    assert response["Content-Type"] == media_type
    assert response["Content-Disposition"] == f'attachment; filename="casebook-vaud.{form}"'
    text = b"".join(response.streaming_content).decode()
    assert "https://casebook.example.org/cases/vaud/" in text
    row = DataVersion.objects.get()
    assert f"Data version {row.number} of" in text
    assert f"{timezone.localdate():%Y}" in text


def test_other_formats_are_not_there(visitor, vaud):
    for path in ("/cases/vaud/cite.doc", "/cases/cite.bibx", "/cases/download.cslxjson", "/cases/vaud/cite.cslxjson"):
        assert visitor.get(path).status_code == 404


def test_a_case_that_is_not_there_answers_as_its_page_does(visitor, vaud):
    vaud.redirects.create(old_slug="waadt")
    CaseFactory(slug="gone", status="archived")
    CaseFactory(slug="secret", status="draft")
    response = visitor.get("/cases/waadt/cite.ris?x=1")
    assert (response.status_code, response["Location"]) == (301, "/cases/vaud/cite.ris?x=1")
    assert visitor.get("/cases/gone/cite.ris").status_code == 410
    assert visitor.get("/cases/secret/cite.ris").status_code == 404
    assert visitor.post("/cases/vaud/cite.ris").status_code == 405


def keys(visitor, query: str) -> list[str]:
    return [item["id"] for item in json.loads(body(visitor, f"/cases/download.csl.json{query}"))]


def test_a_selection_has_a_reference_for_each_case_in_its_order(visitor):
    for number, title in ((1, "C"), (2, "A"), (3, "B")):
        CaseFactory(slug=f"c{number}", ordinal=number, title=title, is_jmdi_supported=number > 1)
    CaseFactory(slug="secret", status="draft", is_jmdi_supported=True)
    assert keys(visitor, "") == ["casebook-c1", "casebook-c2", "casebook-c3"]
    assert keys(visitor, "?sort=title") == ["casebook-c2", "casebook-c3", "casebook-c1"]
    assert keys(visitor, "?jmdi=yes&page=2") == ["casebook-c2", "casebook-c3"]
    assert keys(visitor, "?jmdi=yes&sort=title") == ["casebook-c2", "casebook-c3"]
    found = rispy.loads(body(visitor, "/cases/download.ris?sort=title"))
    assert [entry["id"] for entry in found] == ["casebook-c2", "casebook-c3", "casebook-c1"]
    entries = bibtexparser.loads(body(visitor, "/cases/download.bib?jmdi=no")).entries
    assert [entry["ID"] for entry in entries] == ["casebook-c1"]


def test_a_selection_as_a_whole_is_one_reference(visitor):
    CaseFactory(is_jmdi_supported=True)
    (item,) = json.loads(body(visitor, "/cases/cite.csl.json?jmdi=yes"))
    assert (item["title"], item["type"]) == ("1 case (Supported by the JMDI: Yes)", "dataset")
    assert item["URL"] == "http://testserver/cases/?jmdi=yes"
    (item,) = json.loads(body(visitor, "/cases/cite.csl.json"))
    assert (item["id"], item["URL"]) == ("casebook", "http://testserver/")


@pytest.mark.parametrize("path", ["/cases/download.bib", "/cases/cite.ris"])
def test_a_bad_query_is_refused_with_the_reason(visitor, path):
    response = visitor.get(f"{path}?colour=red")
    assert response.status_code == 400
    assert "colour=red: There is no such filter." in html.unescape(response.content.decode())


def test_references_are_fetched_in_chunks(visitor, monkeypatch):
    monkeypatch.setattr(selection, "CHUNK", 5)
    counts = {}
    for size in (5, 15):
        for number in range(Case.objects.count() + 1, size + 1):
            CaseFactory(slug=f"c{number}", ordinal=number)
        response = visitor.get("/cases/download.bib")
        with CaptureQueriesContext(connection) as queries:
            assert b"".join(response.streaming_content).count(b"@misc") == size
        counts[size] = len(queries)
    assert counts == {5: 1, 15: 3}


# On the pages


def test_a_case_shows_how_it_is_cited(visitor, vaud):
    found = page(visitor, "/cases/vaud/")
    texts = [html.unescape(each) for each in re.findall(r'<p class="cite">(.*?)</p>', found)]
    row = DataVersion.objects.get()
    reference = of_case(vaud, "http://testserver", Version(row.number, "", row.changed_at), timezone.localdate())
    assert texts == [author_date(reference), numbered(reference)]
    links = re.findall(r'<a href="([^"]+)" download>([\w-]+)</a>', found)
    assert links == [
        ("/cases/vaud/cite.bib", "BibTeX"), ("/cases/vaud/cite.ris", "RIS"), ("/cases/vaud/cite.csl.json", "CSL-JSON"),
    ]  # fmt: skip
    assert found.count('rel="canonical"') == 1


def test_the_list_shows_how_its_selection_is_cited(visitor):
    CaseFactory(is_jmdi_supported=True)
    query = urlencode({"jmdi": "yes", "sort": "title"})
    found = page(visitor, f"/cases/?{query}&view=table")
    assert "1 case (Supported by the JMDI: Yes)" in found
    escaped = html.escape(query)
    for form in ("bib", "ris", "csl.json"):
        assert f'href="/cases/cite.{form}?{escaped}" download' in found
        assert f'href="/cases/download.{form}?{escaped}" download' in found
    assert "Cite the collection" in page(visitor, "/cases/")
    assert "Cite these cases" in found


def test_the_head_of_a_case_speaks_to_zotero(visitor, vaud):
    found = page(visitor, "/cases/vaud/")
    metas = [(name, html.unescape(content)) for name, content in
             re.findall(r'<meta name="(citation_\w+)" content="([^"]*)">', found)]  # fmt: skip
    row = DataVersion.objects.get()
    assert metas == [
        ("citation_title", "Vaud: Two-way integration"),
        ("citation_author", "Mainstreaming Casebook"),
        ("citation_publication_date", f"{row.changed_at:%Y/%m/%d}"),
        ("citation_publisher", "Mainstreaming Casebook"),
        ("citation_language", "en"),
        ("citation_abstract_html_url", "http://testserver/cases/vaud/"),
        ("citation_public_url", "http://testserver/cases/vaud/"),
    ]


@pytest.mark.parametrize("title", [title.replace("\x00", "") for title in HOSTILE])
def test_the_data_of_a_page_break_out_of_nothing(visitor, vaud, title):
    Case.objects.update(title=title, purpose=title)
    found = page(visitor, "/cases/vaud/")
    (data,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', found, re.DOTALL)
    assert not {"<", ">", "&"} & set(data)
    read = json.loads(data)
    assert read["headline"] == f"Vaud: {plain(title)}"
    assert (read["@type"], read["url"], read["license"]) == (
        "Article", "http://testserver/cases/vaud/", "https://creativecommons.org/licenses/by/4.0/",
    )  # fmt: skip
    assert read["isBasedOn"]["name"] == "White Paper"
    assert read["version"] == str(DataVersion.objects.get().number)
    assert "<script>alert" not in found
    (meta,) = re.findall(r'<meta name="citation_title" content="([^"]*)">', found)
    assert html.unescape(meta) == f"Vaud: {plain(title)}"
