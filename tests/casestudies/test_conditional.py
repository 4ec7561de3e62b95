"""Answers are sent again only where they changed, and never to those for whom they would be another."""

from __future__ import annotations

import datetime

import pytest
from django.contrib import messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.http import http_date, parse_http_date

from casestudies import index
from casestudies.changes import data_version, one_version
from casestudies.models import Case, DataVersion
from casestudies.search import store
from casestudies.views import conditional
from casestudies.views.conditional import code_version
from tests.factories import CaseFactory, MessageFactory, RecommendationFactory, SourceFactory, TermFactory

pytestmark = pytest.mark.django_db

PATHS = [
    "/", "/cases/", "/cases/?view=table", "/cases/vaud/", "/cases/download.csv", "/cases/download.bib",
    "/cases/vaud/cite.ris", "/figures/", "/figures/download.csv", "/matrix/", "/matrix/download.csv",
    "/recommendations/", "/recommendations/1/", "/grid/", "/sources/", "/glossary/", "/about/", "/match/",
]  # fmt: skip


@pytest.fixture(autouse=True)
def vaud() -> Case:
    RecommendationFactory(number=1)
    return CaseFactory(slug="vaud", name="Vaud")


def tag(path: str, client: Client | None = None, **headers: str) -> str:
    response = (client or Client()).get(path, headers=headers)
    assert response.status_code == 200, path
    return response["ETag"]


def again(path: str, given: str, **headers: str) -> int:
    return Client().get(path, headers={"If-None-Match": given, **headers}).status_code


@pytest.mark.parametrize("path", PATHS)
def test_what_has_not_changed_is_not_sent_again(path):
    first = Client().get(path)
    assert first.status_code == 200
    row = DataVersion.objects.get()
    assert first["X-Data-Version"] == str(row.number)
    assert first["Cache-Control"] == "no-cache"
    # With the encoding too, but for what is too short to be compressed.
    assert set(first["Vary"].split(", ")) - {"Accept-Encoding"} == {"Accept-Language", "Cookie", "HX-Request"}
    assert parse_http_date(first["Last-Modified"]) == int(max(row.changed_at.timestamp(), code_version()[1]))
    for headers in (
        {"If-None-Match": first["ETag"]},
        {"If-None-Match": f'"other", {first["ETag"].removeprefix("W/")}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": first["Last-Modified"]},
    ):
        for method in (Client().get, Client().head):
            second = method(path, headers=headers)
            assert second.status_code == 304, headers
            assert second.content == b""
            assert set(second["Vary"].split(", ")) == set(first["Vary"].split(", ")) | {"Accept-Encoding"}
            same = ("ETag", "Last-Modified", "Cache-Control", "X-Data-Version")
            assert [second[name] for name in same] == [first[name] for name in same]
    older = http_date(parse_http_date(first["Last-Modified"]) - 1)
    assert Client().get(path, headers={"If-Modified-Since": older}).status_code == 200
    # Where both are given the tag decides.
    both = {"If-None-Match": '"other"', "If-Modified-Since": first["Last-Modified"]}
    assert Client().get(path, headers=both).status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_head_says_what_get_says(path):
    names = ("ETag", "Last-Modified", "Vary", "Cache-Control", "X-Data-Version", "Content-Type")
    get, head = Client().get(path), Client().head(path)
    assert [head[name] for name in names] == [get[name] for name in names]


def test_a_304_costs_the_version_alone(django_assert_num_queries):
    given = {path: tag(path) for path in PATHS}
    for path in PATHS:
        with django_assert_num_queries(1):
            assert again(path, given[path]) == 304


def test_the_version_is_read_once_a_request(vaud):
    index.current()
    for path in ("/", "/cases/", "/cases/vaud/", "/cases/cite.bib", "/match/"):
        with CaptureQueriesContext(connection) as queries:
            Client().get(path)
        assert len([q for q in queries if "dataversion" in q["sql"]]) == 1, path


def test_after_a_request_the_version_is_read_anew(vaud):
    Client().get("/cases/")
    before = data_version()
    vaud.save()
    assert data_version().number == before.number + 1
    with one_version():
        held = data_version()
        vaud.save()
        assert data_version() == held
    assert data_version().number == held.number + 1


def test_every_published_change_gives_another_tag(vaud):
    changes = [
        lambda: Case.objects.get().save(), TermFactory, SourceFactory, lambda: CaseFactory(slug="second"),
    ]  # fmt: skip
    for change in changes:
        given = {path: tag(path) for path in ("/cases/", "/cases/vaud/", "/cases/download.csv")}
        change()
        assert {path: again(path, etag) for path, etag in given.items()} == dict.fromkeys(given, 200)


def test_what_visitors_cannot_see_gives_the_same_tag(vaud):
    # Only when words were made is it known which cases were public.
    store.refresh()
    given = tag("/cases/")
    CaseFactory(status="draft").save()
    CaseFactory(revises=vaud).save()
    MessageFactory()
    assert again("/cases/", given) == 304


def test_a_case_that_is_taken_back_is_gone_at_once(vaud):
    given = Client().get("/cases/vaud/")
    vaud.status = "archived"
    vaud.save()
    headers = {"If-None-Match": given["ETag"], "If-Modified-Since": given["Last-Modified"]}
    assert Client().get("/cases/vaud/", headers=headers).status_code == 410
    vaud.status = "draft"
    vaud.save()
    assert Client().get("/cases/vaud/", headers=headers).status_code == 404


@pytest.mark.parametrize("path", ["/cases/nothing/", "/cases/gone/", "/cases/was/", "/cases/download.csv?colour=red"])
def test_only_what_is_there_has_a_tag(vaud, path):
    CaseFactory(slug="gone", status="archived")
    vaud.redirects.create(old_slug="was")
    for headers in ({}, {"If-None-Match": "*"}, {"If-Modified-Since": http_date(timezone.now().timestamp())}):
        response = Client().get(path, headers=headers)
        assert response.status_code in (301, 400, 404, 410)
        assert not response.has_header("ETag")
        assert not response.has_header("Last-Modified")
        assert response["X-Data-Version"] == str(DataVersion.objects.get().number)


def test_another_address_has_another_tag():
    assert len({tag(path) for path in PATHS}) == len(PATHS)
    assert tag("/cases/?view=map") != tag("/cases/")


def test_a_swap_of_htmx_has_another_tag_than_the_page():
    whole, swap = tag("/cases/"), tag("/cases/", **{"HX-Request": "true"})
    assert whole != swap
    assert again("/cases/", whole, **{"HX-Request": "true"}) == 200
    assert again("/cases/", swap, **{"HX-Request": "true"}) == 304


def test_another_language_has_another_tag(settings):
    settings.LANGUAGES = [("en", "English"), ("fr", "French")]
    english = tag("/about/")
    assert tag("/about/", **{"Accept-Language": "fr"}) != english
    assert again("/about/", english, **{"Accept-Language": "fr"}) == 200
    assert again("/about/", english) == 304


def test_another_code_has_another_tag_and_a_later_date(monkeypatch):
    first = Client().get("/about/")
    later = timezone.now().timestamp() + 100
    monkeypatch.setattr(conditional, "code_version", lambda: ("other", later))
    headers = {"If-None-Match": first["ETag"]}
    second = Client().get("/about/", headers=headers)
    assert second.status_code == 200
    assert parse_http_date(second["Last-Modified"]) == int(later)
    assert Client().get("/about/", headers={"If-Modified-Since": first["Last-Modified"]}).status_code == 200


def test_the_code_is_its_files_and_settings(tmp_path, settings):
    for folder, name in (("casestudies", "a.py"), ("templates/x", "a.html"), ("static", "a.css")):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / name).write_text("1")
    settings.BASE_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    read = code_version.__wrapped__
    seen = [read()[0]]
    (tmp_path / "static" / "a.css").write_text("2")
    assert read()[0] == seen[0]
    for path in ("casestudies/a.py", "templates/x/a.html", "templates/b.html", "static/staticfiles.json"):
        (tmp_path / path).write_text("2")
        seen.append(read()[0])
    settings.CONTACT_EMAIL = "other@example.org"
    seen.append(read()[0])
    (tmp_path / "templates/b.html").rename(tmp_path / "templates/c.html")
    seen.append(read()[0])
    assert len(set(seen)) == 7
    newest = max(path.stat().st_mtime for path in tmp_path.rglob("*") if path.is_file())
    assert read()[1] == newest


def test_another_day_has_another_tag(monkeypatch):
    """Pages say when they were asked for."""
    given = tag("/cases/vaud/")
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    monkeypatch.setattr(timezone, "localdate", lambda: tomorrow)
    assert again("/cases/vaud/", given) == 200


def test_those_with_a_session_get_pages_of_their_own(editor, vaud):
    given = Client().get("/cases/")
    response = editor.get("/cases/", headers={"If-None-Match": given["ETag"]})
    assert response.status_code == 200
    assert not response.has_header("ETag")
    assert not response.has_header("Last-Modified")
    assert response["Cache-Control"] == "private, no-cache" or response["Cache-Control"] == "no-cache, private"


def test_a_message_that_waits_is_shown(vaud):
    given = tag("/cases/")
    request = RequestFactory().get("/")
    request.session = {}
    storage = CookieStorage(request)
    told = storage._encode([messages.storage.base.Message(messages.INFO, "Hello there.")])
    client = Client()
    client.cookies["messages"] = told
    response = client.get("/cases/", headers={"If-None-Match": given})
    assert response.status_code == 200
    assert "Hello there." in response.content.decode()
    assert not response.has_header("ETag")
    assert response.cookies["messages"].value == ""


@pytest.mark.parametrize("path", ["/suggest/", "/suggest/thanks/", "/healthz", "/admin/login/"])
def test_what_follows_no_data_has_no_tag(path):
    headers = {"If-Modified-Since": http_date(timezone.now().timestamp()), "If-None-Match": "*"}
    response = Client().get(path, headers=headers)
    assert response.status_code == 200
    assert not response.has_header("ETag")


def test_what_is_sent_has_no_tag():
    response = Client().post("/suggest/", {"kind": ""}, headers={"If-None-Match": "*"})
    assert response.status_code == 200
    assert not response.has_header("ETag")
    assert Client().post("/cases/", headers={"If-None-Match": tag("/cases/")}).status_code == 405


def test_while_developing_every_page_is_made_anew(settings):
    given = tag("/cases/")
    settings.DEBUG = True
    assert again("/cases/", given) == 200


def test_a_condition_that_fails_is_said():
    response = Client().get("/cases/", headers={"If-Match": '"other"'})
    assert response.status_code == 412


def test_the_footer_names_the_version():
    row = DataVersion.objects.get()
    said = f"Data version {row.number} of {row.changed_at.day} {row.changed_at:%B %Y}"
    assert said in Client().get("/about/").content.decode()
    assert said in Client().get("/cases/nothing/").content.decode()
    DataVersion.objects.all().delete()
    assert "Data version" not in Client().get("/about/").content.decode()
