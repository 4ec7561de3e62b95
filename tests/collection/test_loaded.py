"""The whole collection in a database: it loads, the quality report is clean, every kind of page shows it.

Loaded once for the tests of this file, in a transaction that is rolled back after them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape

import pytest
from django.db import transaction

from casestudies.models import AcceptedFinding, Case, Figure
from casestudies.quality import RULES, case_reports, shared_reports
from tests.casestudies.collection import load, run

from .files import SLUGS, files

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def loaded(django_db_setup, django_db_blocker) -> Iterator[list[str]]:
    """The report of the load."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield load()
        transaction.set_rollback(True)


def test_load_reports_no_problem(loaded):
    assert loaded == [f"{len(files().rows)} created, 0 updated, 0 unchanged, 0 kept, 0 removed."]


def test_quality_report_is_clean_in_the_database_and_the_files():
    assert run("quality_report", check=True, files=True).splitlines() == ["13 cases, 0 open."]


def test_every_accepted_finding_is_still_found():
    reports = [*case_reports(Case.objects.live().for_page()), *shared_reports(limit=None)]
    found = {(finding.rule, finding.subject) for report in reports for finding in report.findings}
    accepted = set(AcceptedFinding.objects.values_list("rule", "subject"))
    assert accepted - found == set()
    assert {rule for rule, _subject in accepted} <= set(RULES)
    assert not AcceptedFinding.objects.filter(reason="").exists()


def page(client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return unescape(response.content.decode())


PAGES = [
    "/", "/cases/", "/cases/?view=table", "/cases/?view=map", "/cases/?view=timeline", "/cases/?view=charts",
    "/cases/?q=migrants", "/cases/vaud/", "/compare/?case=vaud&case=milan", "/matrix/", "/matrix/?columns=mechanism",
    "/match/?trigger=policy-mismatch", "/grid/", "/grid/mechanism/", "/grid/trigger/migration-patterns/", "/figures/",
    "/sources/", "/sources/inec-2015/", "/glossary/", "/recommendations/", "/recommendations/14/", "/about/",
]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_no_page_gives_an_id_twice(visitor, path):
    ids = re.findall(r'\sid="([^"]*)"', page(visitor, path))
    assert [each for each, times in Counter(ids).items() if times > 1] == []


@pytest.mark.parametrize("slug", SLUGS)
def test_case_has_its_page(visitor, slug):
    row = files().one("case", slug)
    html = page(visitor, f"/cases/{slug}/")
    assert row["title"] in html
    assert f"4.{row['ordinal']}" in html


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/", "Vaud"),
        ("/cases/", "13 cases"),
        ("/grid/", "Bottom-up"),
        ("/grid/trigger/", "Change in migration patterns"),
        ("/grid/trigger/migration-patterns/", "Pichincha"),
        ("/sources/", "Center for Popular Democracy"),
        ("/sources/inec-2015/", "Upala"),
        ("/glossary/", "Administration for Children's Services"),
        ("/recommendations/", "Put the rights of migrants first"),
        ("/recommendations/14/", "Vaud"),
        ("/recommendations/25/", "25"),
    ],
)
def test_public_page_shows_the_collection(visitor, path, shown):
    assert shown in page(visitor, path)


def test_figures_page_counts_what_the_files_hold(visitor):
    count = len(files().of("figure"))
    assert Figure.objects.count() == count
    assert re.findall(r'id="results"><span role="status">([^<]*)<', page(visitor, "/figures/")) == [f"{count} figures"]


@pytest.mark.parametrize(
    ("slug", "acronym", "meaning"),
    [
        ("upala", "CCCI", "Cantonal Council for Inter-institutional Coordination"),
        ("vaud", "CCCI", "Cantonal Consultative Chamber of Foreigners"),
        ("kerala", "MOIA", "Ministry of Overseas Indian Affairs"),
        ("new-york-city", "MOIA", "Mayor's Office of Immigrant Affairs"),
    ],
)
def test_acronym_means_on_a_page_what_it_means_in_the_case(visitor, slug, acronym, meaning):
    html = page(visitor, f"/cases/{slug}/")
    explained = re.findall(rf"<abbr>{acronym}</abbr></button><span [^>]*popover>([^<(]*)", html)
    assert {text.strip() for text in explained} == {meaning}
