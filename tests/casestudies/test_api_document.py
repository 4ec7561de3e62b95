"""The OpenAPI document: valid, complete, true of what the API answers; and its page, made from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from casestudies.api.fields import FULL_CASE_FIELDS
from casestudies.exports.tables import TABLES
from casestudies.facets import FACETS
from casestudies.models import Case, Source
from tests.factories import CaseFactory, CaseRedirectFactory, SourceRedirectFactory

from .builders import make_collection
from .reading import page, text
from .test_query_counts import add_cases

pytestmark = pytest.mark.django_db

PATHS = [
    "/api/v1/",
    *(f"/api/v1/{name}/" for name in (
        "cases", "illustrations", "figures", "actors", "recommendations", "vocabularies", "sources",
    )),
    "/api/v1/cases/{slug}/",
    "/api/v1/recommendations/{number}/",
    "/api/v1/vocabularies/{slug}/",
    "/api/v1/sources/{slug}/",
]  # fmt: skip


@pytest.fixture
def collection() -> None:
    """Cases that differ in every facet, and some with a row of everything; one that moved, one that is archived."""
    make_collection()
    add_cases(2, rows=1)
    whole = Case.objects.latest("pk")
    whole.slug = "whole"
    whole.save()
    CaseRedirectFactory(case=Case.objects.get(slug="vaud"), old_slug="waadt")
    CaseFactory(slug="gone", status="archived")
    SourceRedirectFactory(source=Source.objects.get(slug="source-0"), old_slug="source-was")


@pytest.fixture
def document(collection, visitor) -> dict[str, Any]:
    return visitor.get("/api/v1/openapi.json").json()


def schemas(node: Any) -> Iterator[tuple[str, dict]]:
    """Every property of every schema of the document, by its name."""
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict):
            yield from node["properties"].items()
        for value in node.values():
            yield from schemas(value)
    elif isinstance(node, list):
        for value in node:
            yield from schemas(value)


def parameters(document: dict, path: str) -> dict[str, dict]:
    return {each["name"]: each for each in document["paths"][path]["get"]["parameters"]}


def test_the_document_is_valid_openapi(document):
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "http://testserver"}]
    assert list(document["paths"]) == PATHS
    validate_schema(document)
    # What it was made from left nothing open.
    assert not GENERATOR_STATS


def test_everything_in_it_is_described(document):
    for path, methods in document["paths"].items():
        assert list(methods) == ["get"]
        operation = methods["get"]
        assert operation["summary"], path
        assert operation["description"], path
        for parameter in operation.get("parameters", []):
            assert parameter["description"], (path, parameter["name"])
        for answer in operation["responses"].values():
            assert answer["description"], path
    undescribed = {name for name, schema in schemas(document["components"]) if not schema.get("description")}
    # The addresses of the index are described by the record that they stand in.
    assert undescribed == {"name", "url", "description"}


def test_fields_are_those_of_the_declarations(document):
    full = document["components"]["schemas"]["FullCase"]
    cases, *others = TABLES
    assert list(full["properties"]) == [*cases.headers, "api_url", *(table.name for table in others)]
    assert [field.header for field in FULL_CASE_FIELDS] == list(full["properties"])
    for table in others:
        within = full["properties"][table.name]["items"]
        assert list(within["properties"]) == [header for header in table.headers if header != "case"]
        for column in table.columns:
            if column.header != "case":
                assert str(column.description) in within["properties"][column.header]["description"]
    properties = document["components"]["schemas"]["Case"]["properties"]
    types = {"slug": "string", "title": ["string", "null"], "start_year": ["integer", "null"], "level": "array"}
    types |= {"budget_total": ["number", "null"], "jmdi": ["boolean", "null"]}
    assert {name: properties[name]["type"] for name in types} == types
    assert properties["budget_status"]["enum"] == [
        "total stated", "contributions stated, no total", "payer named, no sum", "not reported", None,
    ]  # fmt: skip


def test_parameters_name_the_values_that_they_take(document):
    found = parameters(document, "/api/v1/cases/")
    assert list(found) == ["q", *(f.name for f in FACETS), "from", "to", "all", "sort", "page", "page_size"]
    assert found["approach"]["schema"] == {"type": "array", "items": {"type": "string", "enum": [
        "bottom-up", "top-down", "mixed",
    ]}}  # fmt: skip
    # Of the countries those of published cases, by name.
    assert found["country"]["schema"]["items"]["enum"] == ["FR", "MA", "SN", "CH"]
    assert found["sort"]["schema"]["enum"] == ["number", "title", "country", "start", "relevance"]
    assert [name for name, each in found.items() if not each.get("allowEmptyValue")] == ["page", "page_size"]
    assert found["page_size"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
    own = set(parameters(document, "/api/v1/illustrations/")) - set(found)
    assert own == {"case", "of", "strength"}
    assert set(parameters(document, "/api/v1/actors/")) - set(found) == {"case", "type", "role", "lead"}
    assert list(parameters(document, "/api/v1/sources/")) == [
        "kind", "bibliography", "cited", "sort", "page", "page_size",
    ]  # fmt: skip
    assert list(parameters(document, "/api/v1/recommendations/")) == ["page", "page_size"]


def test_the_document_follows_the_data(visitor, document):
    CaseFactory(country__code="KE")
    later = visitor.get("/api/v1/openapi.json").json()
    assert "KE" in parameters(later, "/api/v1/cases/")["country"]["schema"]["items"]["enum"]


# What the API answers


def refuses_what_the_document_forbids(ctx, response, case) -> bool | None:
    """As Schemathesis checks it, but for filters without a value: `allowEmptyValue`, which it does not know."""
    values = [
        value for given in (case.query or {}).values() for value in (given if isinstance(given, list) else [given])
    ]
    return None if "" in values else checks.negative_data_rejection(ctx, response, case)


CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
    refuses_what_the_document_forbids,
]


@pytest.fixture
def described(collection):
    """The site as a server has it, but that it stays within the test's transaction from one request to the next."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    for signal in signals:
        signal.connect(close_old_connections)


#: The tester unpacks nothing that a WSGI application packs.
PLAIN = {"Accept-Encoding": "identity"}


def exercise(operation: Any, mode: GenerationMode) -> set[int]:
    """Asks an address for this and that, and holds every answer to the document. Gives the statuses that came."""
    answers: set[int] = set()

    @settings(
        max_examples=15, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(operation.as_strategy(generation_mode=mode))
    def ask(case):
        answers.add(case.call_and_validate(checks=CHECKS, headers=PLAIN).status_code)

    try:
        ask()
    except Unsatisfiable:
        # What takes no parameter can be asked nothing wrong.
        assert (operation.path, mode) == ("/api/v1/", GenerationMode.NEGATIVE)
    return answers


def test_whatever_is_asked_the_answer_is_one_that_is_described(described):
    operations = [each.ok() for each in described.get_all_operations()]
    assert [operation.path for operation in operations] == PATHS
    good = {each.path: exercise(each, GenerationMode.POSITIVE) for each in operations}
    assert {path for path, answers in good.items() if 200 in answers} >= {path for path in PATHS if "{" not in path}
    bad = {each.path: exercise(each, GenerationMode.NEGATIVE) for each in operations}
    assert {path for path, answers in bad.items() if answers & {400, 404}} == set(PATHS) - {"/api/v1/"}
    assert not any(status >= 500 for answers in (*good.values(), *bad.values()) for status in answers)


# Kind of record -> keys with the status of their answers.
RECORDS = {
    "/api/v1/cases/{slug}/": {"vaud": 200, "whole": 200, "waadt": 301, "gone": 410},
    "/api/v1/recommendations/{number}/": {14: 200},
    "/api/v1/vocabularies/{slug}/": {"trigger": 200},
    "/api/v1/sources/{slug}/": {"source-0": 200, "source-was": 301},
}


def test_records_are_as_described(described):
    for path, keys in RECORDS.items():
        name = path.rpartition("{")[2].rstrip("}/")
        for key, status in keys.items():
            case = described[path]["GET"].Case(path_parameters={name: key})
            response = case.call(headers=PLAIN)
            assert response.status_code == status
            case.validate_response(response, checks=CHECKS[:-2])
            if key == "whole":
                # A row of every kind is among them.
                assert {name for name, value in response.json().items() if value == []} == EMPTY


EMPTY = {"migration", "state", "approach", "level", "mechanism", "lead_actors", "recommendations_supporting"}


# The page


def test_the_page_tells_what_the_document_does(visitor, document):
    html = page(visitor, "/api/v1/docs/")
    words = text(html)
    for path, methods in document["paths"].items():
        operation = methods["get"]
        assert f"GET {path}" in words
        assert f'<h2 id="{operation["operationId"]}">' in html
        for parameter in operation.get("parameters", []):
            assert f"<code>{parameter['name']}</code>" in html
    assert "<code>figures[].low</code>" in html
    assert "The value, or the lower end of a range." in words
    # Of a long list of values the first ones, and how many more there are.
    assert "<code>bottom-up</code>, <code>top-down</code>, <code>mixed</code>" in html


def test_the_page_explains_every_problem_where_its_type_leads(visitor, collection):
    html = page(visitor, "/api/v1/docs/")
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    for path in ("cases/?x=1", "cases/nothing/", "cases/gone/"):
        kind = visitor.get(f"/api/v1/{path}").json()["type"]
        assert kind.startswith("http://testserver/api/v1/docs/#")
        assert kind.partition("#")[2] in ids
    # Every link within the page leads somewhere.
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)


def test_the_page_says_the_limit(visitor, settings):
    assert "There is no limit here at present." in text(page(visitor, "/api/v1/docs/"))
    settings.API_PER_MINUTE = 90
    assert "One sender may make 90 requests in a minute." in text(page(visitor, "/api/v1/docs/"))


def test_the_page_is_for_whoever_asks(visitor):
    for accept in ("text/html", "application/json", "*/*"):
        response = visitor.get("/api/v1/docs/", headers={"accept": accept})
        assert (response.status_code, response["Content-Type"]) == (200, "text/html; charset=utf-8")
