"""Releases: the published collection of a day, whole, alone, and never changed."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.db import DEFAULT_DB_ALIAS, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from casestudies import releasing
from casestudies.admin.releases import cut as admin_cut
from casestudies.collection.dumping import dump_texts
from casestudies.models import Case, DataVersion, Release, ReleaseFile, ReleasePiece
from casestudies.models.release import KeptError
from casestudies.releasing import FILES, NothingToReleaseError, cut
from tests.factories import CaseActorFactory, CaseFactory, FigureFactory, OrganizationFactory, ReleaseFactory

from .collection import build, clear
from .reading import page, text

pytestmark = pytest.mark.django_db

HERE = "https://casebook.example.org"
ADMIN = "/admin/casestudies/release/"
DAY = r"\d{4}-\d{2}-\d{2}"


@pytest.fixture
def vaud() -> Case:
    case = CaseFactory(slug="vaud", name="Vaud", title="Zwei Wege, déjà vu")
    FigureFactory(case=case, label="Foreign residents")
    return case


def content(visitor: Client, path: str) -> bytes:
    response = visitor.get(path)
    assert response.status_code == 200, path
    return b"".join(response.streaming_content)


def test_a_release_holds_the_published_collection_of_one_version(vaud, visitor):
    CaseFactory(slug="secret", status="draft")
    release = cut(Release(note="The first."), HERE)
    row = DataVersion.objects.get()
    assert re.fullmatch(DAY, release.name)
    assert (release.data_version, release.data_changed_at, release.case_count) == (row.number, row.changed_at, 1)
    assert (release.note, release.created_by) == ("The first.", None)
    assert sorted(file.name for file in release.files.all()) == sorted(FILES)
    cases = content(visitor, f"/data/releases/{release.name}/cases.csv").decode()
    assert [(r["slug"], r["url"]) for r in csv.DictReader(io.StringIO(cases.removeprefix("\ufeff"), newline=""))] == [
        ("vaud", f"{HERE}/cases/vaud/")
    ]
    assert "Foreign residents" in content(visitor, f"/data/releases/{release.name}/figures.csv").decode()
    records = json.loads(content(visitor, f"/data/releases/{release.name}/collection.json"))
    assert [r["fields"]["slug"] for r in records if r["model"] == "casestudies.case"] == ["vaud"]


def test_an_empty_database_is_filled_with_it(tmp_path):
    """What is released of a collection without drafts is all of it, but for what the staff remark to themselves."""
    vaud = build()
    # A body that nothing refers to is left out.
    CaseActorFactory(case=vaud, organization=OrganizationFactory(slug="office"))
    Case.objects.update(status="published")
    before = dump_texts(DEFAULT_DB_ALIAS)
    texts = "".join(releasing.collection_json())
    path = tmp_path / "collection.json"
    path.write_text(texts, encoding="utf-8")
    clear()
    assert not Case.objects.exists()
    call_command("loaddata", str(path), verbosity=0)
    after = dump_texts(DEFAULT_DB_ALIAS)
    assert {name for name in before if before[name] != after.get(name)} == {"accepted-findings.yaml"}
    assert before.keys() - after.keys() == {"accepted-findings.yaml"}


def test_large_files_come_back_from_their_pieces(vaud, visitor, monkeypatch):
    monkeypatch.setattr(releasing, "PIECE", 100)
    release = cut(Release(), HERE)
    for file in release.files.all():
        data = content(visitor, file.get_absolute_url())
        assert len(data) == file.size
        assert hashlib.sha256(data).hexdigest() == file.sha256
        pieces = file.pieces.count()
        assert pieces == -(-file.size // 100)
        with CaptureQueriesContext(connection) as queries:
            list(file.content())
        assert len(queries) == 1 + pieces
    assert ReleasePiece.objects.count() > 10


def test_a_file_may_be_kept_for_ever(vaud, visitor, editor):
    release = cut(Release(), HERE)
    vaud.save()
    file = release.files.get(name="cases.csv")
    path = file.get_absolute_url()
    for client in (visitor, editor):
        response = client.get(path)
        assert {name: response[name] for name in (
            "ETag", "Cache-Control", "Content-Length", "Content-Type", "X-Data-Version", "Content-Disposition"
        )} == {
            "ETag": f'"{file.sha256}"',
            "Cache-Control": "public, max-age=31536000, immutable",
            "Content-Length": str(file.size),
            "Content-Type": "text/csv; charset=utf-8",
            "X-Data-Version": str(release.data_version),
            "Content-Disposition": f'attachment; filename="mainstreaming-casebook-{release.name}-cases.csv"',
        }  # fmt: skip
        second = client.get(path, headers={"If-None-Match": f'"{file.sha256}"'})
        assert (second.status_code, second["ETag"]) == (304, f'"{file.sha256}"')
        assert client.head(path)["Content-Length"] == str(file.size)


def test_what_was_released_stays_when_the_data_change(vaud, visitor):
    release = cut(Release(), HERE)
    path = f"/data/releases/{release.name}/collection.json"
    before = content(visitor, path)
    Case.objects.get().delete()
    OrganizationFactory()
    assert content(visitor, path) == before


def test_a_second_release_of_a_day_has_a_number(vaud):
    first = cut(Release(), HERE)
    vaud.save()
    second = cut(Release(), HERE)
    vaud.save()
    third = cut(Release(), HERE)
    assert [second.name, third.name] == [f"{first.name}-2", f"{first.name}-3"]
    assert list(Release.objects.all()) == [third, second, first]


def test_nothing_is_released_twice_and_no_empty_collection(vaud):
    first = cut(Release(), HERE)
    with pytest.raises(NothingToReleaseError, match=f"Nothing has changed since the release {first.name}."):
        cut(Release(), HERE)
    vaud.status = "draft"
    vaud.save()
    with pytest.raises(NothingToReleaseError, match=r"No case is published\."):
        cut(Release(), HERE)
    assert Release.objects.count() == 1


def test_a_release_that_fails_leaves_nothing(vaud, monkeypatch):
    def fails(base_url: str):
        yield "half"
        raise OSError("disk full")

    monkeypatch.setitem(FILES, "figures.csv", ("text/csv", fails))
    with pytest.raises(OSError, match="disk full"):
        cut(Release(), HERE)
    assert (Release.objects.count(), ReleaseFile.objects.count(), ReleasePiece.objects.count()) == (0, 0, 0)


def test_rows_of_a_release_are_written_once(vaud):
    release = cut(Release(), HERE)
    file = release.files.first()
    for row in (release, file, file.pieces.first()):
        with pytest.raises(KeptError):
            row.save()
        with pytest.raises(KeptError):
            row.delete()
        with pytest.raises(KeptError):
            type(row).objects.all().delete()
        with pytest.raises(KeptError):
            type(row).objects.update(pk=row.pk)


# Pages


def test_the_page_of_a_release_says_what_when_and_how_to_check(vaud, visitor):
    release = cut(Release(note="The first.\n<b>Bold</b>"), HERE)
    html = page(visitor, f"/data/releases/{release.name}/")
    said = text(html)
    assert f"Data version {release.data_version} of" in said
    assert "The first. <b>Bold</b>" in said
    for file in release.files.all():
        assert f'href="{file.get_absolute_url()}" download' in html
        assert file.sha256 in said
    assert f"http://testserver/data/releases/{release.name}/" in "".join(re.findall(r'<p class="cite">(.*?)</p>', html))
    assert f"The whole collection, release {release.name}." in said


def test_the_list_has_every_release_and_is_never_out_of_date(vaud, visitor):
    assert "There is no release yet." in text(page(visitor, "/data/releases/"))
    assert not visitor.get("/data/releases/").has_header("ETag")
    release = cut(Release(note="The first."), HERE)
    html = page(visitor, "/data/releases/")
    assert re.findall(r'<th scope="row" class="nowrap"><a href="([^"]+)">', html) == [f"/data/releases/{release.name}/"]
    assert "The first." in html
    for number in range(20):
        ReleaseFactory(name=f"2020-01-01-{number + 2}")
    assert len(visitor.get("/data/releases/").context["paged"].page) == 20
    assert len(visitor.get("/data/releases/?page=2").context["paged"].page) == 1


@pytest.mark.parametrize("path", ["2020-01-01/", "2020-01-01/cases.csv", "x/", "%00/", "../", "2020-01-01/../x"])
def test_what_was_never_released_is_not_there(visitor, path):
    assert visitor.get(f"/data/releases/{path}").status_code in (400, 404)


# Those who cut them


def test_staff_with_the_permission_cut_one(vaud, settings):
    settings.SITE_URL = HERE
    clerk = User.objects.create_user("clerk", is_staff=True)
    client = Client()
    client.force_login(clerk)
    assert client.get(f"{ADMIN}add/").status_code == 403
    assert client.get(ADMIN).status_code == 403
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["add_release", "view_release"]))
    form = client.get(f"{ADMIN}add/").content.decode()
    assert re.findall(r'<(?:input|textarea)[^>]* name="(?!csrf|_)(\w+)"', form) == ["note"]
    assert client.post(f"{ADMIN}add/", {"note": "The first."}).status_code == 302
    release = Release.objects.get()
    assert (release.note, release.created_by) == ("The first.", clerk)
    assert f"{HERE}/cases/vaud/" in b"".join(release.files.get(name="cases.csv").content()).decode()
    seen = client.get(f"{ADMIN}{release.pk}/change/").content.decode()
    for file in release.files.all():
        assert file.sha256 in seen
    assert '<input type="submit"' not in seen
    # Again, with nothing changed: refused beside what was typed.
    refused = client.post(f"{ADMIN}add/", {"note": "The second."})
    assert refused.status_code == 200
    assert f"Nothing has changed since the release {release.name}." in refused.content.decode()
    assert "The second." in refused.content.decode()
    # The account goes, the release stays.
    clerk.delete()
    assert Release.objects.get().created_by is None


def test_nobody_changes_or_removes_one(vaud, editor):
    release = cut(Release(), HERE)
    before = Release.objects.values().get()
    for path, sent in (
        (f"{ADMIN}{release.pk}/change/", {"note": "Other."}),
        (f"{ADMIN}{release.pk}/delete/", {"post": "yes"}),
    ):
        assert editor.post(path, sent).status_code == 403
    assert editor.get(f"{ADMIN}{release.pk}/delete/").status_code == 403
    editor.post(ADMIN, {"action": "delete_selected", "_selected_action": [release.pk], "post": "yes"})
    assert Release.objects.values().get() == before


def test_who_comes_second_is_told_so(vaud, editor, monkeypatch):
    monkeypatch.setattr("casestudies.admin.releases.check", lambda: None)
    cut(Release(), HERE)
    response = editor.post(f"{ADMIN}add/", {"note": ""}, follow=True)
    assert response.redirect_chain == [(ADMIN, 302)]
    assert "Nothing has changed since the release" in response.content.decode()
    assert admin_cut is cut
    assert Release.objects.count() == 1


def test_the_command_cuts_one(vaud, settings, capsys):
    with pytest.raises(CommandError, match="Set SITE_URL"):
        call_command("cut_release")
    settings.SITE_URL = HERE
    call_command("cut_release", note="By night.")
    release = Release.objects.get()
    assert release.note == "By night."
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{HERE}/data/releases/{release.name}/"
    assert lines[1:] == [f"{file.sha256}  {file.name}  {file.size}" for file in release.files.order_by("name")]
    with pytest.raises(CommandError, match="Nothing has changed"):
        call_command("cut_release")
