"""The health check, and the pages that say what went wrong."""

from __future__ import annotations

import logging
import re
from html import unescape

import pytest
from django.db import DatabaseError, connection
from django.test import Client, RequestFactory
from django.utils.html import strip_tags

from mainstreaming import views
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db


def main(response) -> str:
    """The text of the page's main part."""
    found = re.search(r"<main\b.*?</main>", response.content.decode(), re.DOTALL)
    return " ".join(unescape(strip_tags(found[0].replace("><", "> <"))).split())


def test_health_is_ok_while_the_database_answers(visitor, django_assert_num_queries):
    # SELECT 1
    with django_assert_num_queries(1):
        response = visitor.get("/healthz")
    assert (response.status_code, response.content, response["Content-Type"]) == (200, b"ok\n", "text/plain")
    assert response["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"


def test_health_is_not_ok_while_it_does_not(visitor, monkeypatch, caplog):
    def refuse(*args, **kwargs):
        raise DatabaseError("gone")

    monkeypatch.setattr(connection, "cursor", refuse)
    with caplog.at_level(logging.ERROR, logger="mainstreaming.views"):
        response = visitor.get("/healthz")
    assert (response.status_code, response.content) == (503, b"database unavailable\n")
    assert [record.getMessage() for record in caplog.records if record.name == "mainstreaming.views"] == [
        "The database does not answer."
    ]


@pytest.mark.parametrize(
    "path", ["/nothing", "/cases/nothing/", "/recommendations/0/", "/recommendations/99/", "/cases/a/b/"]
)
def test_an_unknown_address_says_so(visitor, path):
    response = visitor.get(path)
    assert response.status_code == 404
    assert main(response) == "404 Page not found There is no page at this address. Browse the cases"
    # No address is the right one of a page that is not there.
    assert "canonical" not in response.content.decode()


@pytest.mark.parametrize("number", ["99999999999999999999", "9" * 400, "9" * 5000])
def test_a_number_beyond_any_database_is_not_found(visitor, number):
    assert visitor.get(f"/recommendations/{number}/").status_code == 404


@pytest.mark.parametrize("path", ["/cases", "/about", "/recommendations", "/recommendations/1", "/cases/vaud"])
def test_a_missing_slash_is_added(visitor, path):
    response = visitor.get(f"{path}?a=1")
    assert (response.status_code, response["Location"]) == (301, f"{path}/?a=1")


def test_a_foreign_host_is_refused_in_words(settings):
    settings.ALLOWED_HOSTS = ["casebook.example.org"]
    visitor = Client(raise_request_exception=False)
    response = visitor.get("/", headers={"host": "elsewhere.example.com"})
    assert response.status_code == 400
    assert main(response) == "400 The address was not understood The request could not be understood. Browse the cases"
    assert "elsewhere" not in response.content.decode()


def test_an_expired_form_says_so(settings):
    visitor = Client(enforce_csrf_checks=True)
    response = visitor.post("/admin/login/", {"username": "a", "password": "b"})
    assert response.status_code == 403
    assert main(response).startswith("403 The form has expired For your safety")


def test_a_server_error_says_so_without_the_rest_of_the_site(monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(views, "Case", fail)
    CaseFactory()
    response = Client(raise_request_exception=False).get("/")
    assert response.status_code == 500
    assert main(response) == (
        "Something went wrong The site could not answer. Nothing that you entered has been changed. "
        "Please try again in a minute. Mainstreaming Casebook"
    )
    assert "a secret detail" not in response.content.decode()


def test_a_refused_page_says_so():
    from django.core.exceptions import PermissionDenied
    from django.views.defaults import permission_denied

    response = permission_denied(RequestFactory().get("/x"), PermissionDenied("a secret detail"))
    assert response.status_code == 403
    assert main(response) == "403 Not allowed You may not see this page. Browse the cases"
