"""How the API behaves: errors as problem details, who may ask and how often, and what it costs."""

from __future__ import annotations

import datetime

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from casestudies import index
from casestudies.api import limits, rows
from casestudies.models import Case
from tests.factories import CaseFactory, FigureFactory, IllustrationFactory

from .builders import make_collection
from .test_query_counts import CASE_PAGE, SIZES, VERSION, add_cases, add_two_and

pytestmark = pytest.mark.django_db

SITE = "http://testserver"
PROBLEM = "application/problem+json"
READING = "GET, HEAD, OPTIONS"


# Errors


def details(response) -> dict:
    """The problem that an answer tells of; it is told in its media type and with its status."""
    assert response["Content-Type"] == PROBLEM
    found = response.json()
    assert found["status"] == response.status_code
    return found


@pytest.mark.parametrize(("path", "status", "kind", "detail"), [
    ("/api/", 404, "not-found",
     "There is nothing at this address. What there is says /api/v1/; addresses end with a slash."),
    ("/api/v1/cases", 404, "not-found", None),
    ("/api/v2/cases/", 404, "not-found", None),
    ("/api/v1/cases/nothing/", 404, "not-found", "There is no such case."),
    ("/api/v1/recommendations/99/", 404, "not-found", "There is no such record."),
    ("/api/v1/vocabularies/nothing/", 404, "not-found", None),
    ("/api/v1/sources/nothing/", 404, "not-found", None),
    (f"/api/v1/recommendations/{'9' * 5000}/", 404, "not-found", None),
    ("/api/v1/cases/%FF/", 404, "not-found", None),
    ("/api/v1/cases/?q=%00", 400, "bad-request", "The address holds a character (NUL) that no value can have."),
    ("/api/v1/cases/%00/", 400, "bad-request", None),
    (f"/api/v1/cases/?{'a=1&' * 2500}", 400, "bad-request", "The request could not be understood."),
])  # fmt: skip
def test_errors_are_problem_details(visitor, path, status, kind, detail):
    response = visitor.get(path)
    found = details(response)
    assert (response.status_code, found["type"]) == (status, f"{SITE}/api/v1/docs/#problem-{kind}")
    assert set(found) == {"type", "title", "status", "detail", "instance"}
    if detail:
        assert found["detail"] == detail


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "trace"])
@pytest.mark.parametrize("path", ["/api/v1/cases/", "/api/v1/docs/", "/api/nothing/"])
def test_nothing_can_be_written(method, path):
    # As a browser would send it: no token is asked for, since nothing is done.
    response = getattr(Client(enforce_csrf_checks=True), method)(path)
    assert details(response)["type"] == f"{SITE}/api/v1/docs/#problem-method-not-allowed"
    assert (response.status_code, response["Allow"]) == (405, READING)


@pytest.mark.parametrize(
    "accept", ["text/html", "application/xml", "///", ";;", "application/problem+json", "x" * 5000]
)
def test_only_json_is_to_be_had(visitor, accept):
    response = visitor.get("/api/v1/", headers={"accept": accept})
    assert (response.status_code, details(response)["title"]) == (406, "The API answers in JSON")


@pytest.mark.parametrize("accept", ["application/json", "application/*", "*/*", "text/html,*/*;q=0.8",
                                    "application/json; indent=x"])  # fmt: skip
def test_whoever_takes_json_gets_it(visitor, accept):
    assert visitor.get("/api/v1/", headers={"accept": accept})["Content-Type"] == "application/json"


def test_there_is_no_other_format(visitor):
    (fault,) = details(visitor.get("/api/v1/cases/?format=api"))["errors"]
    assert fault == {"parameter": "format", "value": "api", "reason": "There is no such parameter."}


def test_a_fault_of_the_site_is_a_problem_too(monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(rows, "parse", fail)
    response = Client(raise_request_exception=False).get("/api/v1/cases/")
    assert details(response) == {
        "type": f"{SITE}/api/v1/docs/#problem-server-error",
        "title": "Something went wrong",
        "status": 500,
        "detail": "The site could not answer. Please try again in a minute.",
        "instance": "/api/v1/cases/",
    }
    assert response["Access-Control-Allow-Origin"] == "*"


def test_a_foreign_host_is_refused_without_its_name(settings):
    settings.ALLOWED_HOSTS = ["casebook.example.org"]
    response = Client(raise_request_exception=False).get("/api/v1/", headers={"host": "elsewhere.example.com"})
    assert details(response)["type"] == "/api/v1/docs/#problem-bad-request"
    assert (response.status_code, "elsewhere" in response.content.decode()) == (400, False)


def test_the_pages_keep_their_errors(visitor):
    for path in ("/apiary", "/cases/?x=%00", "/cases/nothing/"):
        response = visitor.get(path)
        assert response["Content-Type"] == "text/html; charset=utf-8"
        assert "Access-Control-Allow-Origin" not in response.headers


# Who may ask


@pytest.mark.parametrize("path", ["/api/v1/", "/api/v1/cases/", "/api/v1/cases/nothing/", "/api/x", "/api/v1/docs/"])
def test_pages_of_other_sites_may_read(visitor, path):
    response = visitor.get(path, headers={"origin": "https://elsewhere.example.com"})
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response.headers
    assert response["Access-Control-Expose-Headers"] == (
        "RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, ETag, Allow"
    )
    asked = visitor.options(path, headers={"access-control-request-method": "GET"})
    assert (asked.status_code, asked.content, asked["Allow"]) == (204, b"", READING)
    assert {name: value for name, value in asked.headers.items() if name.startswith("Access-Control-")} == {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": READING,
        "Access-Control-Allow-Headers": "If-None-Match, If-Modified-Since",
        "Access-Control-Max-Age": "86400",
        "Access-Control-Expose-Headers": response["Access-Control-Expose-Headers"],
    }


@pytest.mark.parametrize("path", ["/api/v1/", "/api/v1/cases/", "/api/v1/openapi.json", "/api/v1/docs/", "/api/x"])
def test_no_cookie_is_set_and_none_is_looked_at(editor, path):
    response = editor.get(path)
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")
    head = editor.head(path)
    assert (head.status_code, head.content) == (response.status_code, b"")
    assert head["Content-Length"] == str(len(response.content))


# How often


@pytest.fixture
def clock(monkeypatch, settings):
    """Three requests a minute, at a time that a test sets."""
    settings.API_PER_MINUTE = 3
    caches[limits.CACHE].clear()
    time = {"now": datetime.datetime(2025, 6, 1, 12, 0, 50, tzinfo=datetime.UTC)}
    monkeypatch.setattr(limits, "now", lambda: time["now"])
    yield time
    caches[limits.CACHE].clear()


def left(response) -> tuple[int, str, str, str]:
    return (response.status_code, *(response[f"RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset")))


def test_a_sender_may_ask_so_often_a_minute(visitor, clock):
    assert left(visitor.get("/api/v1/")) == (200, "3", "2", "10")
    assert left(visitor.head("/api/v1/cases/")) == (200, "3", "1", "10")
    # What is refused counts too; what browsers ask beforehand does not.
    assert visitor.options("/api/v1/").status_code == 204
    assert left(visitor.get("/api/v1/nothing/")) == (404, "3", "0", "10")
    clock["now"] += datetime.timedelta(seconds=4)
    response = visitor.get("/api/v1/cases/")
    assert left(response) == (429, "3", "0", "6")
    assert response["Retry-After"] == "6"
    assert details(response) == {
        "type": f"{SITE}/api/v1/docs/#problem-too-many-requests",
        "title": "Too many requests",
        "status": 429,
        "detail": "Ask again in 6 seconds.",
        "instance": "/api/v1/cases/",
    }
    clock["now"] += datetime.timedelta(seconds=6)
    assert left(visitor.get("/api/v1/cases/")) == (200, "3", "2", "60")


def test_senders_are_told_apart_by_their_address(visitor, clock, settings):
    for _time in range(3):
        visitor.get("/api/v1/", REMOTE_ADDR="2001:db8:1:1::1")
    # The same network: the rest of the address is the sender's own to choose.
    assert visitor.get("/api/v1/", REMOTE_ADDR="2001:db8:1:1::2").status_code == 429
    assert visitor.get("/api/v1/", REMOTE_ADDR="2001:db8:1:2::1").status_code == 200
    # What a visitor claims is believed of a proxy alone, and there only the last part, which the proxy wrote.
    claimed = {"x-forwarded-for": "198.51.100.7"}
    assert visitor.get("/api/v1/", REMOTE_ADDR="2001:db8:1:1::1", headers=claimed).status_code == 429
    settings.BEHIND_PROXY = True
    assert left(visitor.get("/api/v1/", headers={"x-forwarded-for": "1.2.3.4, 198.51.100.7"}))[2] == "2"
    assert left(visitor.get("/api/v1/", headers={"x-forwarded-for": "5.6.7.8, 198.51.100.7"}))[2] == "1"


def test_who_cannot_be_told_apart_is_not_limited(visitor, clock, settings):
    settings.BEHIND_PROXY = True
    for _time in range(5):
        response = visitor.get("/api/v1/")
    assert (response.status_code, "RateLimit-Limit" in response.headers) == (200, False)


def test_no_limit_is_no_limit(visitor, clock, settings):
    settings.API_PER_MINUTE = 0
    for _time in range(5):
        response = visitor.get("/api/v1/")
    assert (response.status_code, "RateLimit-Limit" in response.headers) == (200, False)


def test_a_count_that_was_dropped_begins_anew(clock, monkeypatch):
    cache = caches[limits.CACHE]
    monkeypatch.setattr(cache, "add", lambda *args: False)
    assert limits.count("sender", clock["now"], 3) == limits.Rate(3, 2, 10)
    assert limits.count("sender", clock["now"], 3) == limits.Rate(3, 1, 10)


# What it costs

# What for_export() brings beside the cases: as the download.
EXPORT = 1 + 3 + 1 + 2 + 3 + 2 + 4
QUERIES = {
    "": VERSION,
    # the page of cases
    "cases/": VERSION + 1 + EXPORT,
    "cases/?page_size=100&sort=number&trigger=above&region=western-europe": VERSION + 1 + EXPORT,
    # how many rows each case has is kept with the index; the page with its relations
    "illustrations/?page_size=100": VERSION + 1,
    # actors with roles, types, other names
    "actors/?page_size=100": VERSION + 1 + 3,
    # the count and the page
    "figures/?page_size=100": VERSION + 2,
    # the terms too, of which the regions are some
    "figures/?region=western-europe&unit=people&sort=value": VERSION + 1 + 2,
    # the version; the count and the page with their sub-points
    "recommendations/": VERSION + 3,
    "recommendations/1/": VERSION + 2,
    "vocabularies/": VERSION + 2,
    # the vocabulary and its terms; two counts for each way of bearing one
    "vocabularies/trigger/": VERSION + 2 + 2,
    # the count and the page; how many cases cite each
    "sources/?page_size=100": VERSION + 3,
    # kept with the index, but for what shows that it holds
    "openapi.json": VERSION,
    "docs/": VERSION,
}


@pytest.mark.parametrize("size", SIZES)
def test_answers_cost_as_many_queries_for_few_as_for_many(visitor, size):
    add_cases(size)
    index.current()
    for path in ("openapi.json", "illustrations/", "actors/"):
        visitor.get(f"/api/v1/{path}")
    made = {}
    for path in QUERIES:
        with CaptureQueriesContext(connection) as queries:
            assert visitor.get(f"/api/v1/{path}").status_code == 200
        made[path] = len(queries)
    assert made == QUERIES


@pytest.mark.parametrize("rows_each", SIZES)
def test_a_full_record_costs_as_many_for_few_rows_as_for_many(visitor, django_assert_num_queries, rows_each):
    add_two_and(1, rows_each)
    case = Case.objects.order_by("-pk").first()
    assert case.figures.count() == rows_each
    # As the page, without acronyms (2) and the neighbours and comparable cases (2).
    with django_assert_num_queries(CASE_PAGE - 2 - 2):
        assert visitor.get(f"/api/v1/cases/{case.slug}/").status_code == 200


def test_a_page_of_a_hundred_costs_what_a_page_of_one_does(visitor, django_assert_num_queries):
    for number in range(101):
        case = CaseFactory(ordinal=number + 1)
        IllustrationFactory(case=case, recommendation__number=1)
        FigureFactory(case=case)
    index.current()
    costs = {"cases/": VERSION + 1 + EXPORT - 8, "illustrations/": VERSION + 1, "figures/": VERSION + 2}
    for path, cost in costs.items():
        visitor.get(f"/api/v1/{path}")
        for size, expected in ((1, 1), (100, 100)):
            with django_assert_num_queries(cost):
                found = visitor.get(f"/api/v1/{path}?page_size={size}").json()
            assert (found["count"], len(found["results"])) == (101, expected)


def test_a_selection_that_finds_nothing_costs_next_to_nothing(visitor, django_assert_num_queries):
    make_collection()
    index.current()
    with django_assert_num_queries(VERSION):
        assert visitor.get("/api/v1/cases/?approach=bottom-up").json()["results"] == []
    with django_assert_num_queries(VERSION):
        assert visitor.get("/api/v1/cases/?colour=red").status_code == 400
