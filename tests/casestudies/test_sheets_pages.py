"""The pages on which workbooks come back: what they show while and after they work, and to whom."""

from __future__ import annotations

import io
import re
from typing import Any

import openpyxl
import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook

from casestudies.collection.trees import CASE, own_fields, parts_of
from casestudies.exports.tables import TABLES, WORKS
from casestudies.models import Case, HistoryEntry, SheetImport
from casestudies.sheets import applying
from casestudies.sheets.blank import fillable
from casestudies.sheets.lines import CHOICES, EXAMPLE, GUIDE
from casestudies.sheets.mapping import label_of_table
from tests import factories as f

from .builders import make_reference
from .reading import page, text
from .workbooks import add, cell, planned, saved, taken, taken_by_staff

pytestmark = pytest.mark.django_db
IMPORT = "/admin/casestudies/case/import/"


@pytest.fixture
def author(db) -> Client:
    """A browser of somebody who writes."""
    user = User.objects.create_user("author", "author@example.org", "x", is_staff=True)
    user.groups.add(Group.objects.get(name="editor"))
    client = Client()
    client.force_login(user)
    return client


def watched(response: Any) -> tuple[str, str]:
    """What is sent while the work is done, and what came of it."""
    assert response.status_code == 200
    assert response["X-Accel-Buffering"] == "no"
    assert not response.has_header("Content-Encoding")
    steps, _mark, result = b"".join(response.streaming_content).decode().partition('<div class="import-result">')
    return steps, result


def upload(client: Client, book: Workbook | bytes, name: str = "cases.xlsx") -> str:
    """Sends a file. Returns the address of what came of it."""
    data = book if isinstance(book, bytes) else saved(book)
    response = client.post(IMPORT, {"file": SimpleUploadedFile(name, data)})
    assert response.status_code == 302
    return response.url


def check(client: Client, book: Workbook | bytes, name: str = "cases.xlsx") -> tuple[str, str]:
    """Sends a file and has it checked. Returns its address, and what the page says of it."""
    address = upload(client, book, name)
    steps, result = watched(client.get(address, headers={"Accept-Encoding": "gzip"}))
    assert "<progress max=" in steps
    return address, result


def digest(html: str) -> str:
    found = re.search(r'name="digest" value="(\w{64})"', html)
    assert found
    return found.group(1)


def faults(html: str) -> list[tuple[str, ...]]:
    """The errors of a page: sheet, row, column, value, reason."""
    table = html.partition('class="import-faults"')[2].partition("</table>")[0]
    rows = re.findall(r"<tr>(<td>.*?)</tr>", table, re.DOTALL)
    return [tuple(text(each) for each in re.findall(r"<td>(.*?)</td>", row, re.DOTALL)) for row in rows]


def template(client: Client) -> Workbook:
    response = client.get(f"{IMPORT}template.xlsx")
    return openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))


def test_fifty_cases_with_three_bad_rows_and_then_without(author):
    make_reference()
    f.CollectionFactory()
    f.OrganizationFactory(slug="city")
    book = template(author)
    for number in range(50):
        slug = f"case-{number:02}"
        add(book, "cases", slug=slug, name=slug, title=f"Of {slug}", collection="White Paper", country_code="SN")
        add(book, "actors", case=slug, organization="city")
    bad = {("actors", 12, "B"): ("organization", "cty"), ("cases", 20, "E"): ("country_code", "XX")}
    add(book, "classifications", case="case-07", vocabulary="trigger", term="Policy mismach")
    for (sheet, row, _column), (header, value) in bad.items():
        place = [each.value for each in book[sheet][1]].index(header) + 1
        book[sheet].cell(row, place).value = value
    _address, result = check(author, book)
    assert "3 errors. Nothing was written" in text(result)
    assert [row[:4] for row in faults(result)] == [
        ("cases", "20", "E country_code", "XX"),
        ("classifications", "3", "D term", "Policy mismach"),
        ("actors", "12", "C organization", "cty"),
    ]
    assert "Nearest: “Policy mismatch”, “policy-mismatch”." in faults(result)[1][4]
    assert 'name="apply"' not in result
    assert not Case.objects.exists()

    book["cases"]["E20"].value = "SN"
    book["classifications"]["D3"].value = "policy-mismatch"
    book["actors"]["C12"].value = "city"
    address, result = check(author, book)
    assert "50 cases would be written. 101 differences." in text(result)
    assert "The rows of the example were left out." in result
    assert not Case.objects.exists()
    steps, result = watched(author.post(address, {"apply": "1", "digest": digest(result)}))
    assert steps.count("Written: case-") == 50
    assert 'value="100"></progress> Written: case-49' in steps
    assert "Applied. All of it was written" in text(result)
    assert sorted(Case.objects.values_list("slug", "status", "ordinal")) == [
        (f"case-{number:02}", "draft", number + 1) for number in range(50)
    ]
    entries = HistoryEntry.objects.filter(model=CASE).values_list("action", "comment", "by_name").distinct()
    assert list(entries.order_by()) == [("imported", "cases.xlsx", "author")]


def test_differences_are_shown_before_anything_is_written_and_applied_once(author, visitor):
    case = f.CaseFactory(slug="vaud", name="Vaud")
    f.FigureFactory(case=case, key="members", label="Foreign <residents> of Vaud")
    f.NarrativeFactory(case=case, key="told")
    book = taken(visitor)
    cell(book, "figures", "members", "label").value = "Foreign <b>residents</b> of Vaud"
    book["narratives"].delete_rows(2)
    address, result = check(author, book)
    assert "1 case would be written." in text(result)
    assert "Nothing is written yet." in text(result)
    assert "<del>&lt;residents&gt;</del><ins>&lt;b&gt;residents&lt;/b&gt;</ins>" in result
    assert "a new working revision" in result
    assert "not in the sheet; stays" in result
    # Read again, it says the same, without being worked out again.
    assert digest(page(author, address)) == digest(result)
    assert page(author, f"{address}?page=99").count("<del>") == 1

    response = author.post(address, {"check": "1", "remove_gone": "on"})
    assert (response.status_code, response.url) == (302, address)
    _steps, removed = watched(author.get(address))
    assert "row removed" in removed
    assert digest(removed) != digest(result)
    # What was shown first is not what would be applied now.
    _steps, refused = watched(author.post(address, {"apply": "1", "digest": digest(result)}))
    assert "checked again since this page was shown" in text(refused)
    assert not Case.objects.filter(revises=case).exists()
    _steps, applied = watched(author.post(address, {"apply": "1", "digest": digest(removed)}))
    revision = Case.objects.get(revises=case)
    assert f"/admin/casestudies/case/{revision.pk}/change/" in applied
    assert (revision.figures.get().label, revision.narratives.count()) == ("Foreign <b>residents</b> of Vaud", 0)
    # Pressed twice, it is written once.
    _steps, again = watched(author.post(address, {"apply": "1", "digest": digest(removed)}))
    assert "This file was applied already." in again
    assert "Applied." in page(author, address)
    revision.refresh_from_db()
    assert revision.version == 2
    assert address in page(author, IMPORT)


def test_what_fails_is_told_on_the_page_and_in_the_log(author, visitor, monkeypatch, caplog):
    f.CaseFactory(slug="vaud")
    address, result = check(author, b"no workbook")
    assert "The file is no .xlsx" in result
    assert "Nothing was written." in result
    book = taken(visitor)
    cell(book, "cases", "", "title").value = "Another"
    address, result = check(author, book)
    assert "refused" not in SheetImport.objects.get(pk=address.split("/")[-2]).result

    def fails(*_arguments, **_options):
        raise ZeroDivisionError

    monkeypatch.setattr(applying, "write_tree", fails)
    _steps, result = watched(author.post(address, {"apply": "1", "digest": digest(result)}))
    assert "Something went wrong here" in result
    assert "ZeroDivisionError" in caplog.text
    assert Case.objects.count() == 1
    # Half of the answer read, and the reader gone: nothing is written either.
    monkeypatch.undo()
    row = SheetImport.objects.get(pk=address.split("/")[-2])
    steps = applying.apply(row.pk, row.digest, row.by)
    assert any(step.text.startswith("Written") for step in steps)
    steps.close()
    assert Case.objects.count() == 1
    # A file that is no longer kept is not worked on.
    SheetImport.objects.update(created_at="2020-01-01T00:00Z")
    upload(author, book)
    assert "Apply all of it" not in page(author, address)


def test_only_who_may_write_cases_sends_them(author, visitor):
    reader = User.objects.create_user("reader", "reader@example.org", "x", is_staff=True)
    client = Client()
    client.force_login(reader)
    address = upload(author, b"x")
    for path in (IMPORT, f"{IMPORT}template.xlsx", address):
        assert client.get(path).status_code == 403, path
        assert visitor.get(path).status_code == 302, path
    assert client.post(address, {"apply": "1"}).status_code == 403
    assert author.get(f"{IMPORT}999/").status_code == 404
    response = author.post(IMPORT, {})
    assert "This field is required." in response.content.decode()
    assert f'href="{IMPORT}"' in page(author, "/admin/casestudies/case/")


def test_the_template_offers_every_column_and_its_lists(author):
    make_reference()
    f.CollectionFactory()
    f.OrganizationFactory(slug="city")
    book = template(author)
    tables = [table for table in TABLES if table is not WORKS]
    assert book.sheetnames == [GUIDE, *(table.name for table in tables), CHOICES]
    assert book[CHOICES].sheet_state == "hidden"
    for table in tables:
        headers = [each.value for each in book[table.name][1]]
        assert headers == [column.header for column in fillable(table)]
    fields = {(label_of_table(t), c.field) for t in tables for c in fillable(t) if c.field}
    # Where a row stands among its like, and what only the workflow changes.
    left_out = {(CASE, "status")}
    assert fields | left_out >= {
        (label, name)
        for label in (CASE, *parts_of(CASE))
        if label != "casestudies.caseredirect"
        for name in own_fields(CASE, label)
        if name != "position"
    }
    lists = {column[0].value: [each.value for each in column[1:] if each.value] for column in book[CHOICES].iter_cols()}
    assert lists["Organization"] == ["city"]
    assert lists["Country"] == ["CH", "FR", "MA", "SN"]
    assert lists["Strength"] == ["central", "supporting"]
    assert lists["objective"] == ["Socioeconomic integration", "Diaspora opportunities", "Decentralized cooperation"]
    offered = {str(each.sqref): each.formula1 for each in book["actors"].data_validations.dataValidation}
    place = [each.value for each in book["actors"][1]].index("organization") + 1
    letter = openpyxl.utils.get_column_letter(place)
    assert offered[f"{letter}3:{letter}1001"].startswith(CHOICES + "!$")
    guide = {(row[0].value, row[1].value): row[4].value for row in book[GUIDE].iter_rows()}
    assert (guide["cases", "title"], guide["cases", "number"], guide["figures", "base"]) == ("yes", "", "")
    assert planned(book).faults == []
    assert EXAMPLE in [each.value for each in book["cases"][2]]


def test_staff_take_drafts_away_as_a_workbook(author):
    draft = f.CaseFactory(slug="quinte", status="draft")
    f.FigureFactory(case=draft, key="members")
    response = author.post(
        "/admin/casestudies/case/", {"action": "as_spreadsheet", "_selected_action": [draft.pk], "index": 0}
    )
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    assert [each.value for each in book["cases"]["C"]] == ["slug", "quinte"]
    assert book.sheetnames == taken_by_staff(draft).sheetnames
    assert 'filename="mainstreaming-casebook-staff.xlsx"' in response["Content-Disposition"]
    cell(book, "figures", "members", "label", "quinte").value = "Changed"
    address, result = check(author, book)
    assert "draft, changed in place" in result
    watched(author.post(address, {"apply": "1", "digest": digest(result)}))
    draft.refresh_from_db()
    assert (draft.figures.get().label, draft.version, draft.status) == ("Changed", 2, "draft")
