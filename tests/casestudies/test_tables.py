"""The tables that leave the portal hold everything that a page shows, and nothing that costs a query of its own."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db import models as db
from django.test.utils import CaptureQueriesContext

from casestudies.exports.columns import COLUMNS
from casestudies.exports.declaring import Type, yes_no
from casestudies.exports.tables import CASES, ROW_TABLES, TABLES, TABLES_BY_NAME, WORKS, Table, record
from casestudies.models import Budget, Case, CaseChild, Component, Illustration, Source, child_accessors
from tests.factories import (
    BudgetFactory,
    CaseActorFactory,
    CaseFactory,
    CaseLinkFactory,
    CaseSourceFactory,
    CaseTermFactory,
    ComponentFactory,
    CurrencyFactory,
    EditorialNoteFactory,
    NarrativeFactory,
    OrganizationFactory,
    PeriodFactory,
    SourceFactory,
    SubPointFactory,
    child_factories,
    term,
)

from .test_query_counts import add_cases

pytestmark = pytest.mark.django_db

BASE = "https://casebook.example.org"
# Where a row stands among its like is the order of the rows.
NO_COLUMN = {"id", "case", "position", "sort_key"}
# What tells cases apart inside the portal, or is bookkeeping of the staff.
NO_COLUMN_OF_CASES = {
    "id", "sort_key", "revises", "status", "created_at", "updated_at", "version",
    # with the collection's prefix it is the number
    "ordinal",
}  # fmt: skip
NUMBERS = {
    "start_year": 2001, "end_year": 2002, "start_month": 3, "end_month": 4, "year_from": 2003, "year_to": 2004,
    "low": Decimal(11), "high": Decimal(12), "latitude": Decimal("46.25"), "longitude": Decimal("6.75"),
    "total": Decimal(70), "amount": Decimal(71), "count": 72, "duration_months": 73,
}  # fmt: skip


def table_of(model: type[db.Model]) -> Table:
    (accessor,) = [name for name, each in (child_accessors() | {"budget": Budget}).items() if each is model]
    (table,) = [table for table in TABLES if table.accessor == accessor]
    return table


def filled(model: type[db.Model], case: Case) -> tuple[dict[str, Any], dict[str, str]]:
    """A value for every field of a row, and what stands for it in a download."""
    values, expected = {}, {}
    for field in (*model._meta.concrete_fields, *model._meta.many_to_many):
        name = field.name
        if name in NO_COLUMN:
            continue
        if field.many_to_many:
            target = CaseActorFactory(case=case, key=f"{name}-x") if name == "members" else None
            target = target or (OrganizationFactory() if name == "bodies" else term("any", f"{name}-x"))
            values[name] = [target]
            expected[name] = {"members": f"{name}-x", "bodies": str(target)}.get(name) or target.label
        elif field.is_relation:
            values[name], expected[name] = related(name, case)
        elif field.choices:
            values[name], expected[name] = field.choices[-1]
        elif isinstance(field, db.BooleanField):
            # the other one than the row's usual
            values[name] = not field.default
            expected[name] = yes_no(values[name])
        elif name in NUMBERS:
            values[name], expected[name] = NUMBERS[name], NUMBERS[name]
        else:
            values[name] = expected[name] = f"{name.replace('_', '-')}-x"
    return values, expected


def related(name: str, case: Case) -> tuple[db.Model, Any]:
    if name in ("source",):
        return (work := SourceFactory(slug="work-x")), work.slug
    if name in ("organization", "payer"):
        return (body := OrganizationFactory(slug="body-x")), body.slug
    if name == "currency":
        return CurrencyFactory(code="XOF"), "XOF"
    if name == "term":
        return term("any", "term-x"), "term-x"
    if name == "form":
        return term("any", "form-x", label="Form x"), "Form x"
    if name == "recommendation":
        return SubPointFactory(recommendation__number=74, letter="q").recommendation, 74
    if name == "subpoint":
        return SubPointFactory(recommendation__number=74, letter="q"), "q"
    if name == "parent":
        return ComponentFactory(case=case, key="parent-x"), "parent-x"
    assert name == "other"
    return (other := CaseFactory(slug="other-x")), other.slug


def test_every_kind_of_row_has_a_table_and_no_other():
    accessors = {*child_accessors(), "budget"}
    assert {table.accessor for table in ROW_TABLES} == accessors
    assert [table.name for table in TABLES] == [
        "cases", "periods", "places", "narratives", "classifications", "actors", "objectives", "mechanisms",
        "beneficiaries", "key_elements", "tiers", "competences", "components", "figures", "budget", "contributions",
        "milestones", "illustrations", "notes", "links", "case_sources", "works",
    ]  # fmt: skip


@pytest.mark.parametrize("model", [*child_accessors().values(), Budget], ids=lambda model: model.__name__)
def test_every_field_of_a_row_has_a_column(model):
    case = CaseFactory()
    values, expected = filled(model, case)
    if model.__name__ == "Period":
        # What is ongoing has no end.
        values["is_ongoing"], expected["is_ongoing"] = False, "no"
    if model is Budget:
        # A total goes with this status alone.
        values["status"], expected["status"] = "stated", "total stated"
    factory = BudgetFactory if model is Budget else child_factories()[model]
    row = factory(case=case, **values)
    table = table_of(model)
    found = Case.objects.published().for_page().get(pk=case.pk)
    (shown,) = [each for each in table.rows(found) if each.pk == row.pk]
    cells = table.cells(shown, BASE)
    assert {name: value for name, value in expected.items() if value not in cells} == {}
    if issubclass(model, CaseChild):
        assert table.key == ("case", "key")
        assert dict(zip(table.headers, cells, strict=True))["case"] == case.slug


def test_every_field_of_a_case_and_of_a_work_has_a_column():
    work = SourceFactory(**{
        f.name: f"{f.name}-x"[: f.max_length]
        for f in Source._meta.concrete_fields
        if isinstance(f, db.CharField | db.TextField) and not f.choices and f.name != "sort_key"
    }, year=2011, kind="law", in_bibliography=False)  # fmt: skip
    case = CaseFactory(**{
        f.name: f"{f.name}-x"
        for f in Case._meta.concrete_fields
        if isinstance(f, db.CharField | db.TextField) and not f.choices and f.name != "sort_key"
    }, is_jmdi_supported=True, last_checked_on=datetime.date(2024, 2, 29), ordinal=31)  # fmt: skip
    NarrativeFactory(case=case, source=work)
    case = Case.objects.published().for_page().get()
    cells = CASES.cells(case, BASE)
    expected = {f.name: getattr(case, f.name) for f in Case._meta.concrete_fields if f.name not in NO_COLUMN_OF_CASES}
    expected |= {"collection": case.collection.title, "country": case.country.name, "number": "4.31"}
    expected |= {"is_jmdi_supported": "yes", "last_checked_on": "2024-02-29"}
    assert {name: value for name, value in expected.items() if value not in cells} == {}
    (shown,) = WORKS.rows(case)
    cells = WORKS.cells(shown, BASE)
    # A work is retired for the staff's lists of choices.
    names = {f.name for f in Source._meta.concrete_fields} - {"id", "sort_key", "is_retired"}
    expected = {name: getattr(work, name) for name in names} | {"kind": "law or official text", "in_bibliography": "no"}
    assert {name: value for name, value in expected.items() if value not in cells} == {}


def test_headers_are_plain_words_once_each_and_say_what_they_mean():
    for table in TABLES:
        assert len(set(table.headers)) == len(table.headers), table.name
        assert {*table.key, *table.foreign} <= {*table.headers}, table.name
        for header, (target, column) in table.foreign.items():
            assert TABLES_BY_NAME[target].key == (column,), (table.name, header)
        for column in table.columns:
            assert column.header.isidentifier(), column.header
            assert str(column.description).endswith("."), (table.name, column.header)


def test_a_record_is_the_case_by_header_and_a_list_for_each_table():
    case = CaseFactory(slug="vaud", name="Vaud", is_jmdi_supported=True)
    PeriodFactory(case=case, key="p", label="First", stated="from 2008", start_year=2008, is_ongoing=True)
    trigger = term("trigger", "mismatch", label="Policy mismatch")
    CaseTermFactory(case=case, key="t", term=trigger, evidence="stated", reason="It says so.", place="Part 4.1, Actors")
    outer = ComponentFactory(case=case, key="outer", title="Outer", position=2)
    ComponentFactory(case=case, key="first", title="First", position=1)
    ComponentFactory(case=case, key="inner", title="Inner", parent=outer, position=9)
    ComponentFactory(case=case, key="last", title="Last", position=3)
    work = SourceFactory(slug="w", authors="Zzz", year=None)
    BudgetFactory(case=case, total=Decimal("12400000.50"), currency=CurrencyFactory(code="CHF"), source=work)
    CaseSourceFactory(case=case, key="s", source=SourceFactory(slug="v", authors="Aaa"), section="actors", notes="9")
    made = record(Case.objects.published().for_page().get(), BASE)
    assert list(made) == [*(column.header for column in COLUMNS), *(table.name for table in TABLES[1:])]
    assert (made["slug"], made["jmdi"], made["trigger"]) == ("vaud", True, ["Policy mismatch"])
    assert (made["start_year"], made["end_year"], made["budget_total"]) == (2008, None, 12400000.5)
    assert made["periods"] == [{
        "key": "p", "label": "First", "stated": "from 2008", "start_year": 2008, "start_month": None, "end_year": None,
        "end_month": None, "ongoing": True, "place": None, "source": None, "source_detail": None,
    }]  # fmt: skip
    assert made["classifications"] == [{
        "key": "t", "vocabulary": "trigger", "term": "mismatch", "label": "Policy mismatch", "parent": None,
        "evidence": "stated in the case", "reason": "It says so.", "place": "Part 4.1, Actors", "source": None,
        "source_detail": None,
    }]  # fmt: skip
    assert [(row["key"], row["parent"]) for row in made["components"]] == [
        ("first", None), ("outer", None), ("inner", "outer"), ("last", None),
    ]  # fmt: skip
    assert [row["total"] for row in made["budget"]] == [12400000.5]
    assert [(row["slug"], row["url"], row["year"]) for row in made["works"]] == [
        ("v", f"{BASE}/sources/v/", 2014), ("w", f"{BASE}/sources/w/", None),
    ]  # fmt: skip
    assert json.loads(json.dumps(made)) == made


def test_values_are_of_the_type_that_their_column_declares():
    add_cases(2)
    kinds = {
        Type.STRING: str, Type.INTEGER: int, Type.NUMBER: (int, float), Type.BOOLEAN: bool, Type.YEAR: int,
        Type.DATE: str, Type.LIST: list,
    }  # fmt: skip
    seen = set()
    for case in Case.objects.published().for_page():
        for table in TABLES:
            for row in table.rows(case):
                for column in table.columns:
                    value = column.value(row, BASE)
                    assert value is None or isinstance(value, kinds[column.type]), (table.name, column.header, value)
                    assert isinstance(value, bool) == (column.type is Type.BOOLEAN)
                    seen.add(table.name)
    assert seen == {table.name for table in TABLES}


@pytest.mark.parametrize("rows", [1, 3])
def test_a_record_makes_no_query(rows):
    add_cases(3, rows=rows)
    ComponentFactory(case=Case.objects.first(), parent=Component.objects.filter(case=Case.objects.first()).first())
    cases = list(Case.objects.published().for_page())
    with CaptureQueriesContext(connection) as queries:
        made = [record(case, BASE) for case in cases]
    assert [query["sql"] for query in queries] == []
    assert Illustration.objects.count() == sum(len(each["illustrations"]) for each in made)


def test_links_to_hidden_cases_and_the_notes_beside_them_stay_behind():
    case, hidden, shown = CaseFactory(), CaseFactory(status="draft", slug="secret"), CaseFactory(slug="shown")
    CaseLinkFactory(case=case, other=hidden, key="to-secret", text="leak")
    CaseLinkFactory(case=case, other=shown, key="to-shown")
    EditorialNoteFactory(case=case, key="a", about="caselinks/to-secret", text="leak")
    EditorialNoteFactory(case=case, key="b", about="caselinks/to-shown")
    EditorialNoteFactory(case=case, key="c", about="")
    made = record(Case.objects.published().for_page().get(pk=case.pk), BASE)
    assert [row["other"] for row in made["links"]] == ["shown"]
    assert sorted(row["key"] for row in made["notes"]) == ["b", "c"]
    assert "leak" not in json.dumps(made)
