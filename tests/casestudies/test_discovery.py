"""Feed, maps, robots.txt, OpenSearch: whole, valid, and of published cases alone."""

from __future__ import annotations

import datetime
import html
from xml.etree import ElementTree

import feedparser
import pytest
from django.utils import timezone

from casestudies import discovery
from casestudies.models import Case, DataVersion
from tests.factories import CaseFactory, CollectionFactory, CountryFactory, RecommendationFactory, SourceFactory, term

from .reading import page

pytestmark = pytest.mark.django_db

HERE = "https://casebook.example.org"
HOSTILE = 'A & B < C > D "q" ]]> \u202eאב\u202c é \x0b\x1b end\nnext'


@pytest.fixture(autouse=True)
def _site(settings):
    settings.SITE_URL = HERE


def at(minute: int) -> datetime.datetime:
    return datetime.datetime(2026, 1, 1, 12, minute, tzinfo=datetime.UTC)


def read(visitor):
    response = visitor.get("/feed.atom")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    found = feedparser.parse(response.content)
    assert not found.bozo, found.get("bozo_exception")
    assert found.version == "atom10"
    return found


def test_the_feed_has_the_latest_changes_first(visitor):
    collection = CollectionFactory(number_prefix="4.")
    for number, minute in ((1, 5), (2, 9), (3, 7)):
        CaseFactory(
            slug=f"c{number}", name=f"Town {number}", title="Plan", ordinal=number, collection=collection,
            purpose=f"Why {number}.", updated_at=at(minute), country=CountryFactory(code="SN"),
        )  # fmt: skip
    CaseFactory(slug="secret", status="draft", updated_at=at(59))
    CaseFactory(slug="gone", status="archived", updated_at=at(59))
    CaseFactory(revises=Case.objects.get(slug="c1"), slug="c1", updated_at=at(59))
    found = read(visitor)
    assert [
        (e.id, e.link, e.title, e.summary, e.updated, [tag.term for tag in e.tags]) for e in found.entries
    ] == [
        (f"{HERE}/cases/c{n}/", f"{HERE}/cases/c{n}/", f"4.{n} Town {n}: Plan", f"Why {n}.",
         f"2026-01-01T12:{minute:02}:00+00:00", ["Senegal"])
        for n, minute in ((2, 9), (3, 7), (1, 5))
    ]  # fmt: skip
    assert found.feed.id == f"{HERE}/feed.atom"
    assert {(link.rel, link.href) for link in found.feed.links} == {
        ("alternate", f"{HERE}/cases/"), ("self", f"{HERE}/feed.atom"),
    }  # fmt: skip
    assert found.feed.author == "Mainstreaming Casebook"
    assert found.feed.rights == "https://creativecommons.org/licenses/by/4.0/"
    changed = DataVersion.objects.get().changed_at.replace(microsecond=0)
    assert datetime.datetime.fromisoformat(found.feed.updated).replace(microsecond=0) == changed


def test_whatever_a_case_says_the_feed_is_valid(visitor):
    case = CaseFactory(slug="x", purpose=HOSTILE)
    Case.objects.update(title=HOSTILE)
    (entry,) = read(visitor).entries
    said = 'A & B < C > D "q" ]]> \u202eאב\u202c é end next'
    assert entry.title == f"{case.number} {case.name}: {said}"
    assert entry.summary == html.escape(said)


def test_an_empty_feed_is_valid_and_always_the_same(visitor):
    first = visitor.get("/feed.atom").content
    assert read(visitor).entries == []
    assert visitor.get("/feed.atom").content == first


def test_the_feed_is_bounded(visitor, monkeypatch):
    monkeypatch.setattr(discovery, "LATEST", 3)
    for number in range(5):
        CaseFactory(slug=f"c{number}", updated_at=at(number))
    assert [entry.title[-3:] for entry in read(visitor).entries] == [" C4", " C3", " C2"]


NS = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


def locations(visitor, path: str) -> list[str]:
    response = visitor.get(path)
    assert response.status_code == 200, path
    assert response["Content-Type"] == "application/xml"
    return [found.text for found in ElementTree.fromstring(response.content).iterfind(".//s:loc", NS)]  # noqa: S314


def test_the_maps_lead_to_every_page(visitor):
    updated = at(5)
    CaseFactory(slug="vaud", updated_at=updated)
    CaseFactory(slug="secret", status="draft")
    CaseFactory(slug="gone", status="archived")
    RecommendationFactory(number=7)
    term("trigger", "law")
    term("trigger", "old", is_retired=True)
    SourceFactory(slug="known", in_bibliography=True)
    SourceFactory(slug="unknown", in_bibliography=False)
    maps = locations(visitor, "/sitemap.xml")
    assert maps == [f"{HERE}/sitemap-{name}.xml" for name in ("pages", "cases", "recommendations", "terms", "sources")]
    found = {path.rpartition("-")[2]: locations(visitor, path.removeprefix(HERE)) for path in maps}
    assert found["cases.xml"] == [f"{HERE}/cases/vaud/"]
    assert found["recommendations.xml"] == [f"{HERE}/recommendations/7/"]
    assert f"{HERE}/grid/trigger/law/" in found["terms.xml"]
    assert f"{HERE}/grid/trigger/old/" not in found["terms.xml"]
    assert found["sources.xml"] == [f"{HERE}/sources/known/"]
    assert found["pages.xml"][:2] == [f"{HERE}/", f"{HERE}/cases/"]
    for addresses in found.values():
        for address in addresses:
            assert visitor.get(address.removeprefix(HERE)).status_code == 200, address
    assert f"<lastmod>{updated:%Y-%m-%d}</lastmod>" in visitor.get("/sitemap-cases.xml").content.decode()


def test_a_map_that_is_too_long_goes_on_in_another(visitor, monkeypatch):
    assert discovery.Map.limit == 50_000
    monkeypatch.setattr(discovery.Map, "limit", 2)
    for number in range(5):
        CaseFactory(slug=f"c{number}")
    maps = [path for path in locations(visitor, "/sitemap.xml") if "cases" in path]
    assert maps == [f"{HERE}/sitemap-cases.xml{query}" for query in ("", "?p=2", "?p=3")]
    found = [address for path in maps for address in locations(visitor, path.removeprefix(HERE))]
    assert found == [f"{HERE}/cases/c{number}/" for number in range(5)]
    for bad in ("4", "0", "x", "-1"):
        assert visitor.get(f"/sitemap-cases.xml?p={bad}").status_code == 404
    assert visitor.get("/sitemap-nothing.xml").status_code == 404


def test_the_maps_are_at_the_address_of_the_request_where_there_is_no_other(visitor, settings):
    settings.SITE_URL = ""
    CaseFactory(slug="vaud")
    assert locations(visitor, "/sitemap.xml")[1] == "http://testserver/sitemap-cases.xml"
    assert locations(visitor, "/sitemap-cases.xml") == ["http://testserver/cases/vaud/"]


def test_crawlers_are_told_what_to_leave_alone(visitor):
    response = visitor.get("/robots.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.content.decode() == (
        "User-agent: *\nDisallow: /admin/\nDisallow: /suggest/\nDisallow: /compare/\nDisallow: /match/\n"
        "Disallow: /preview/\n\n"
        f"Sitemap: {HERE}/sitemap.xml\n"
    )


def test_no_map_leads_to_what_is_to_be_left_alone(visitor):
    closed = [line.partition(": ")[2] for line in page(visitor, "/robots.txt").splitlines() if "Disallow" in line]
    open_pages = ElementTree.fromstring(visitor.get("/sitemap-pages.xml").content)  # noqa: S314
    mapped = [element.text.removeprefix(HERE) for element in open_pages.iter() if element.tag.endswith("}loc")]
    assert {"/", "/cases/", "/data/", "/data/codebook/", "/api/v1/docs/"} <= set(mapped)
    assert [path for path in mapped if path.startswith(tuple(closed))] == []


def test_browsers_are_told_how_to_search(visitor):
    response = visitor.get("/opensearch.xml")
    assert response["Content-Type"] == "application/opensearchdescription+xml; charset=utf-8"
    root = ElementTree.fromstring(response.content)  # noqa: S314
    ns = {"o": "http://a9.com/-/spec/opensearch/1.1/"}
    assert root.tag == f"{{{ns['o']}}}OpenSearchDescription"
    assert len(root.find("o:ShortName", ns).text) <= 16
    urls = {url.get("type"): url.get("template") for url in root.iterfind("o:Url", ns)}
    assert urls == {
        "text/html": f"{HERE}/cases/?q={{searchTerms}}",
        "application/opensearchdescription+xml": f"{HERE}/opensearch.xml",
    }


def test_every_page_leads_to_feed_and_search(visitor):
    found = page(visitor, "/about/")
    assert 'rel="alternate" type="application/atom+xml" href="/feed.atom"' in found
    assert 'rel="search" type="application/opensearchdescription+xml" href="/opensearch.xml"' in found


@pytest.mark.parametrize("path", ["/feed.atom", "/sitemap.xml", "/sitemap-cases.xml", "/robots.txt", "/opensearch.xml"])
def test_they_are_sent_again_only_where_they_changed(visitor, path):
    CaseFactory(slug="vaud", updated_at=timezone.now())
    first = visitor.get(path)
    assert visitor.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 304
    assert visitor.head(path).status_code == 200
    assert visitor.post(path).status_code == 405
