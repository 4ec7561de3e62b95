"""What holds for every answer: the content security policy, the safe headers, the refusal of NUL."""

from __future__ import annotations

import gzip

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from mainstreaming.middleware import CompressionMiddleware
from tests.factories import CaseFactory, RecommendationFactory

pytestmark = pytest.mark.django_db

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
# Every kind of page with its status.
PAGES = {
    "/": 200,
    "/cases/": 200,
    "/cases/?jmdi=no": 200,
    "/cases/?colour=red": 200,
    "/cases/download.csv": 200,
    "/cases/download.csv?colour=red": 400,
    "/cases/?x=%00": 400,
    "/cases/public/": 200,
    "/cases/taken-back/": 410,
    "/cases/nothing/": 404,
    "/cases": 301,
    "/recommendations/": 200,
    "/recommendations/1/": 200,
    "/recommendations/2/": 404,
    "/about/": 200,
    "/suggest/": 200,
    "/suggest/thanks/": 200,
    "/cases/public/cite.bib": 200,
    "/cases/download.ris": 200,
    "/data/releases/": 200,
    "/data/releases/2026-01-01/": 404,
    "/feed.atom": 200,
    "/sitemap.xml": 200,
    "/sitemap-cases.xml": 200,
    "/robots.txt": 200,
    "/opensearch.xml": 200,
    "/healthz": 200,
    "/nothing": 404,
    "/admin/": 302,
    "/admin/login/": 200,
    "/static/css/nothing.css": 404,
}


@pytest.fixture
def _collection():
    CaseFactory(slug="public")
    CaseFactory(slug="taken-back", status="archived")
    RecommendationFactory(number=1)


def policy(response) -> dict[str, str]:
    directives = [part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";")]
    assert len({name for name, _value in directives}) == len(directives)
    return dict(directives)


@pytest.mark.usefixtures("_collection")
@pytest.mark.parametrize("path", PAGES)
def test_every_kind_of_answer_has_the_policy_and_safe_headers(visitor, path):
    response = visitor.get(path)
    assert response.status_code == PAGES[path]
    assert policy(response) == POLICY
    assert "unsafe" not in response["Content-Security-Policy"]
    if response.status_code == 301:
        return  # it has no content to protect
    assert {name: response[name] for name in (
        "X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy"
    )} == {
        "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }  # fmt: skip


@pytest.mark.usefixtures("_collection")
def test_the_admin_has_the_same_policy_when_signed_in(editor):
    for path in (reverse("admin:index"), reverse("admin:casestudies_case_changelist")):
        response = editor.get(path)
        assert response.status_code == 200
        assert policy(response) == POLICY


@pytest.mark.usefixtures("_collection")
@pytest.mark.parametrize("path", [path for path, status in PAGES.items() if status == 200 and "download" not in path])
def test_public_pages_set_no_cookie(visitor, path):
    response = visitor.get(path)
    # A form that is sent needs the token that Django's protection compares.
    assert set(response.cookies) == ({"csrftoken"} if path in ("/admin/login/", "/suggest/") else set())


@pytest.mark.usefixtures("_collection")
@pytest.mark.parametrize("path", ["/cases/public/", "/cases/download.csv"])
def test_text_is_compressed_for_who_takes_it(visitor, path):
    plain, small = visitor.get(path), visitor.get(path, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain
    assert small["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in small["Vary"]
    assert len(small.getvalue()) < len(plain.getvalue())
    assert gzip.decompress(small.getvalue()) == plain.getvalue()


def test_what_is_compressed_already_is_left_alone(rf):
    request = rf.get("/", headers={"Accept-Encoding": "gzip"})
    body = b"as it is " * 100
    for kind, encoding in {
        "application/zip": None, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": None,
        "image/png": None, "text/html": "gzip", "application/atom+xml; charset=utf-8": "gzip",
        "application/geo+json": "gzip",
    }.items():  # fmt: skip
        answer = CompressionMiddleware(lambda _request, kind=kind: HttpResponse(body, content_type=kind))(request)
        assert answer.get("Content-Encoding") == encoding, kind


@pytest.mark.parametrize(
    "path", ["/a%00b", "/cases/?a=%00", "/cases/?%00=a", "/admin/login/?next=%00", "/healthz?x=%00"]
)
def test_nul_is_refused_before_any_view(visitor, path):
    response = visitor.get(path)
    assert response.status_code == 400
    assert "<li>The address holds a character (NUL) that no value can have.</li>" in response.content.decode()


def test_nul_in_a_form_of_the_admin_is_an_error_of_the_form(visitor):
    response = visitor.post("/admin/login/", {"username": "a\x00b", "password": "x"})
    assert response.status_code == 200
    assert "Null characters are not allowed." in response.content.decode()


def test_plain_http_is_redirected_in_production(settings):
    settings.SECURE_SSL_REDIRECT = True
    visitor = Client()
    response = visitor.get("/cases/?jmdi=no")
    assert (response.status_code, response["Location"]) == (301, "https://testserver/cases/?jmdi=no")
    # A load balancer asks over plain HTTP.
    assert visitor.get("/healthz").status_code == 200


def test_https_promises_https_in_production(settings):
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    response = Client().get("/about/", secure=True)
    assert response["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
