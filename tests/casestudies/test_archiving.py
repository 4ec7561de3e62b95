"""Addresses outlive what stands at them: new slugs redirect, an archived case says that it is archived."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.utils import formats, timezone

from casestudies.models import Case, CaseRedirect, HistoryEntry
from casestudies.newsroom import workflow
from tests import factories as f
from tests.admin_forms import submitted
from tests.casestudies.reading import text

pytestmark = pytest.mark.django_db


def renamed(case: Case, slug: str, user: User) -> None:
    """A new slug by the usual way: a working revision that is published."""
    revision = workflow.take("revise", case, user)
    Case.objects.filter(pk=revision.pk).update(slug=slug)
    workflow.take("submit", revision, user)
    workflow.take("publish", revision, user)


def test_every_address_that_a_case_had_leads_to_it_until_it_is_archived_and_then_says_so(visitor, own_work):
    root = User.objects.create_superuser("root")
    case = f.CaseFactory(slug="one")
    for slug in ("two", "three"):
        renamed(case, slug, root)
    for former in ("one", "two"):
        moved = visitor.get(f"/cases/{former}/?level=x")
        assert (moved.status_code, moved["Location"]) == (301, "/cases/three/?level=x")
    # Back to the first: it leads nowhere else.
    renamed(case, "one", root)
    assert visitor.get("/cases/one/").status_code == 200
    assert [visitor.get(f"/cases/{slug}/")["Location"] for slug in ("two", "three")] == ["/cases/one/"] * 2
    workflow.take("archive", case, root, "The town asked for it.")
    for address in ("/cases/one/", "/cases/two/", "/cases/three/", "/cases/two/cite.bib", "/api/v1/cases/two/"):
        assert visitor.get(address).status_code == 410, address
    gone = visitor.get("/cases/two/")
    said = text(gone.content.decode())
    entry = HistoryEntry.objects.get(object_id=case.pk, action="archived")
    assert f"Archived on {formats.date_format(timezone.localtime(entry.at))}." in said
    assert "The town asked for it" not in said
    assert case.title not in said
    for way in ("/cases/", "/match/", "/data/releases/"):
        assert f'href="{way}"' in gone.content.decode()
    # Loaded as archived: nothing tells when.
    f.CaseFactory(slug="loaded", status="archived")
    assert "Archived on" not in text(visitor.get("/cases/loaded/").content.decode())
    workflow.take("republish", case, root, "The town agrees.")
    assert visitor.get("/cases/one/").status_code == 200


def test_a_draft_that_was_public_once_keeps_its_address(editor, own_work):
    """Only what visitors could know is kept: the address of a draft that never was public is free again."""
    root = User.objects.get(username="editor")
    known, unknown = f.CaseFactory(slug="known", status="in-review"), f.CaseFactory(slug="unknown", status="draft")
    workflow.take("publish", known, root)
    Case.objects.filter(pk=known.pk).update(status="draft")
    for case in (known, unknown):
        address = f"/admin/casestudies/case/{case.pk}/change/"
        fields = submitted(editor.get(address).content.decode(), "case_form")
        assert editor.post(address, {**fields, "slug": f"{case.slug}-2"}).status_code == 302
    assert [(row.old_slug, row.case) for row in CaseRedirect.objects.all()] == [("known", known)]
