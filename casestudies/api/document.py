"""The OpenAPI document, made from what the resources declare. It describes the values that parameters take now."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from mainstreaming.problems import KINDS, PROBLEM_JSON

from ..index import current
from .asking import PAGING, Parameter
from .fields import record_schema
from .resources import ITEMS, PAGE_PARAMETERS, RESOURCES, Item, Resource

JSON = "application/json"
WHOLE = {"type": "integer", "minimum": 0}
URI = {"type": "string", "format": "uri"}
#: What answers anything asked of the API, whatever the address.
EVERYWHERE = (400, 406, 429)


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def page_schema(resource: Resource) -> dict[str, Any]:
    """The schema of a page of records."""
    properties = {
        "count": WHOLE | {"description": _("How many records there are in all.")},
        "page": WHOLE | {"description": _("Which page this is.")},
        "page_size": WHOLE | {"description": _("How many records a page has at most.")},
        "pages": WHOLE | {"description": _("How many pages there are: 1 at least.")},
        "next": URI | {"type": ["string", "null"], "description": _("The address of the next page.")},
        "previous": URI | {"type": ["string", "null"], "description": _("The address of the page before.")},
        "results": {"type": "array", "items": ref(resource.record), "description": _("The records of the page.")},
    }
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def index_schema() -> dict[str, Any]:
    """The schema of the API's own index."""
    address = {"name": {"type": "string"}, "url": URI, "description": {"type": "string"}}
    of_resource = {
        "type": "object",
        "properties": address,
        "required": list(address),
        "additionalProperties": False,
    }
    properties = {
        "name": {"type": "string", "description": _("What this is.")},
        "version": {"type": "string", "description": _("The version of the API.")},
        "licence": {"type": "string", "description": _("Under what licence the data may be used.")},
        "documentation": URI | {"description": _("Where the API is explained.")},
        "openapi": URI | {"description": _("Where this document is.")},
        "resources": {"type": "array", "items": of_resource, "description": _("What there is, and where.")},
    }
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def problem_schema() -> dict[str, Any]:
    """The schema of an error (RFC 9457)."""
    fault = {
        "parameter": {"type": "string", "description": _("The name of the parameter.")},
        "value": {"type": "string", "description": _("The value that was given.")},
        "reason": {"type": "string", "description": _("What is wrong with it.")},
    }
    properties = {
        "type": {"type": "string", "format": "uri-reference", "description": _("The kind of problem, as an address.")},
        "title": {"type": "string", "description": _("The kind of problem, in words.")},
        "status": {"type": "integer", "enum": list(KINDS), "description": _("The HTTP status.")},
        "detail": {"type": "string", "description": _("What happened this time.")},
        "instance": {"type": "string", "format": "uri-reference", "description": _("What was asked.")},
        "errors": {
            "type": "array",
            "description": _("Each value that was not understood."),
            "items": {
                "type": "object",
                "properties": fault,
                "required": list(fault),
                "additionalProperties": False,
            },
        },
    }
    required = [name for name in properties if name != "errors"]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def components() -> dict[str, dict[str, Any]]:
    """Every schema that the document names, by its name."""
    of_records = {each.record: record_schema(each.fields) for each in (*RESOURCES, *ITEMS)}
    of_pages = {f"{each.record}Page": page_schema(each) for each in RESOURCES}
    return {**of_records, **of_pages, "Index": index_schema(), "Problem": problem_schema()}


def described(parameter: Parameter) -> OpenApiParameter:
    """A parameter as the document has it; several values are given by repeating it."""
    schema = dict(parameter.schema)
    if parameter.is_multiple:
        schema = {"type": "array", "items": schema}
    return OpenApiParameter(parameter.name, schema, description=str(parameter.description))


def headers() -> dict[str, dict[str, Any]]:
    """The headers of answers, by their names."""
    texts = {
        "RateLimit-Limit": _("How many requests a sender may make in a minute. Not there where there is no limit."),
        "RateLimit-Remaining": _("How many of them are left."),
        "RateLimit-Reset": _("In how many seconds the next minute begins."),
        "Retry-After": _("In how many seconds to ask again."),
    }
    found = {name: {"schema": WHOLE, "description": text} for name, text in texts.items()}
    return found | {"Location": {"schema": URI, "description": _("Where the record is now.")}}


#: Headers of one answer alone.
OF_STATUS = {"Retry-After": "429", "Location": "301"}


def add_headers(result: dict) -> None:
    """Names on every answer the headers that it bears."""
    for methods in result["paths"].values():
        for operation in methods.values():
            for status, answer in operation["responses"].items():
                answer["headers"] = {
                    name: {"$ref": f"#/components/headers/{name}"}
                    for name in headers()
                    if OF_STATUS.get(name, status) == status
                }


class Documented(AutoSchema):
    """Describes a view of the API by the resource or the record that it shows."""

    @property
    def shown(self) -> Resource | Item | None:
        """What the view shows; None for the index."""
        return getattr(self.view, "resource", None) or getattr(self.view, "item", None)

    def get_operation_id(self) -> str:
        if isinstance(self.shown, Item):
            return f"get_{self.shown.resource.name}"
        return f"list_{self.shown.name}" if self.shown else "index"

    def get_summary(self) -> str | Promise:
        if isinstance(self.shown, Item):
            return _("%(resource)s: one record") % {"resource": self.shown.resource.title}
        return self.shown.title if self.shown else _("What there is")

    def get_description(self) -> str | Promise:
        return self.shown.description if self.shown else _("The resources of the API, with their addresses.")

    def get_tags(self) -> list[str]:
        if self.shown is None:
            return ["index"]
        return [self.shown.resource.name if isinstance(self.shown, Item) else self.shown.name]

    def get_override_parameters(self) -> list[OpenApiParameter]:
        shown = self.shown
        if isinstance(shown, Item):
            text = str(shown.key_description)
            return [OpenApiParameter(shown.key, shown.key_schema, OpenApiParameter.PATH, description=text)]
        if shown is None:
            return []
        return [described(each) for each in (*shown.parameters(current()), *PAGE_PARAMETERS)]

    def get_response_serializers(self) -> dict[Any, OpenApiResponse]:
        shown, errors = self.shown, list(EVERYWHERE)
        good, text = ref("Index"), _("What there is.")
        moved: dict[Any, OpenApiResponse] = {}
        if isinstance(shown, Item):
            good, text, errors = ref(shown.record), _("The record."), [*errors, 404]
            if shown.find is None or shown.moved is not None:
                moved[301] = OpenApiResponse(None, _("The record has moved."))
            if shown.find is None:
                errors.append(410)
        elif shown:
            good, text = ref(f"{shown.record}Page"), _("A page of records.")
        problems = {
            (status, PROBLEM_JSON): OpenApiResponse(ref("Problem"), KINDS[status].title) for status in sorted(errors)
        }
        return {(200, JSON): OpenApiResponse(good, text), **moved, **problems}


def allow_empty(result: dict) -> None:
    """Says of every filter that it may come without a value, which counts as none."""
    for methods in result["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "query" and parameter["name"] not in PAGING:
                    parameter["allowEmptyValue"] = True


def add_components(result: dict, generator: SchemaGenerator, request: Any, public: bool) -> dict:
    """A hook: the schemas that the answers name, and what else belongs to the document as a whole."""
    result["components"] = {"schemas": components(), "headers": headers()}
    add_headers(result)
    allow_empty(result)
    result["tags"] = [
        {"name": "index", "description": _("What there is")},
        *({"name": each.name, "description": each.description} for each in RESOURCES),
    ]
    return result


def document(base_url: str) -> dict[str, Any]:
    """The OpenAPI document. Made once for a version of the data."""
    made = current().keep(("openapi", get_language()), lambda: SchemaGenerator().get_schema(public=True))
    return made | {"servers": [{"url": base_url}]}
