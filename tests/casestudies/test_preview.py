"""Drafts as visitors would see them: for staff, and by a link for somebody without an account."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from casestudies.models import Case, DataVersion, PreviewLink
from casestudies.newsroom import workflow
from casestudies.previews import make_link
from tests import factories as make

from .builders import make_collection
from .reading import page, text

pytestmark = pytest.mark.django_db

# What a public page has that leads to addresses of its own, and the banner.
LEFT_OUT = "|".join((
    '<nav class="position.*?</nav>', '<p class="no-print">.*?</p>', '<p class="small no-print">.*?</p>',
    '<details class="fold cite-fold".*?</details>', '<div class="message.*?</div>', "Report an error in this case",
    "Cite",
))  # fmt: skip


def staff(role: str, name: str = "") -> Client:
    user = User.objects.create_user(name or role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def vaud() -> Case:
    """A working revision of «vaud», with an acronym of its own and links to a published case and to a draft."""
    make_collection()
    live = Case.objects.get(slug="vaud")
    make.AcronymFactory(acronym="BCI", meaning="Bureau for integration", cases=[live])
    make.CaseLinkFactory(case=live, other=Case.objects.get(slug="souss"), text="As Souss.")
    make.CaseLinkFactory(case=live, other=make.CaseFactory(slug="secret", status="draft"), text="As the other draft.")
    make.NarrativeFactory(case=live, text="The BCI acts.")
    make.FigureFactory(case=live)
    return workflow.take("revise", live, User.objects.create_superuser("root"))


def main(html: str) -> str:
    """What the page holds, without what the layout adds."""
    return re.search(r'<main id="main".*?</main>', html, re.DOTALL)[0]


def test_a_preview_is_the_public_page_with_a_banner_and_without_addresses_of_its_own(vaud: Case) -> None:
    visitor, editor = Client(), staff("editor")
    address = reverse("admin:casestudies_case_preview", args=[vaud.pk])
    was = DataVersion.objects.get().number
    public, answer = page(visitor, "/cases/vaud/"), editor.get(address)
    preview = answer.content.decode()
    assert "Preview: not published Working revision, draft." in text(preview)
    assert "Preview: not published" not in text(public)
    assert 'class="message message--warning preview-banner"' in preview
    # Word for word the same but for the banner and what would lead to addresses that the draft has not.
    texts = [text(re.sub(LEFT_OUT, "", main(html), flags=re.DOTALL)) for html in (public, preview)]
    assert texts[0] == texts[1]
    for word in ("Bureau for integration", "Comparable cases", "As Souss.", "Sub-point a"):
        assert word in texts[1]
    assert "As the other draft." not in texts[1]
    links = set(re.findall(r'(?:href|content)="([^"]*)"', preview))
    assert [link for link in links if "vaud" in link] == []
    assert "/cases/souss/" in links
    # No copy stays anywhere, and no one but staff sees it.
    assert "no-store" in answer["Cache-Control"]
    assert (answer["X-Robots-Tag"], answer.has_header("ETag")) == ("noindex, nofollow", False)
    assert 'name="robots" content="noindex, nofollow"' in preview
    assert visitor.get(address).status_code == 302
    assert DataVersion.objects.get().number == was
    # A text that only the draft has; its own classification ranks what is comparable.
    vaud.narratives.update(text="A new text.")
    for rows in (vaud.caseterms, vaud.objectives, vaud.caseactors, vaud.beneficiarygroups):
        rows.all().delete()
    changed = text(page(editor, address))
    assert "A new text." in changed
    assert "Comparable cases" not in changed
    assert "A new text." not in text(page(visitor, "/cases/vaud/"))
    live = vaud.revises
    assert editor.get(reverse("admin:casestudies_case_preview", args=[live.pk]))["Location"] == "/cases/vaud/"


def test_a_link_from_making_it_to_revoking_it(vaud: Case) -> None:
    visitor, editor = Client(), staff("editor")
    address = reverse("admin:casestudies_case_links", args=[vaud.pk])
    assert address in page(editor, reverse("admin:casestudies_case_change", args=[vaud.pk]))
    for bad in ({"for_whom": "", "days": "7"}, {"for_whom": "City of Bern", "days": "31"}):
        editor.post(address, bad)
    assert PreviewLink.objects.count() == 0
    made = editor.post(address, {"for_whom": "City of Bern", "days": "7"}).content.decode()
    (url,) = re.findall(r'value="http://testserver(/preview/[^"]+)"', made)
    link = PreviewLink.objects.get()
    assert link.expires_at - link.created_at == timedelta(days=7)
    # It is shown once; the database has nothing that leads there.
    assert url not in page(editor, address)
    assert not any(str(value) in url for name, value in vars(link).items() if isinstance(value, str) and value)

    answer = visitor.get(url)
    assert "Preview: not published Working revision, draft." in text(answer.content.decode())
    assert reverse("admin:index") not in answer.content.decode()
    names = ("Cache-Control", "X-Robots-Tag", "Referrer-Policy")
    assert [answer[name] for name in names] == ["no-store, private", "noindex, nofollow", "no-referrer"]
    assert not any(answer.has_header(name) for name in ("ETag", "Last-Modified"))
    assert visitor.get(url, headers={"If-None-Match": "*"}).status_code == 200
    visitor.head(url)
    link.refresh_from_db()
    assert link.visits == 1
    PreviewLink.objects.update(visited_at=timezone.now() - timedelta(minutes=2))
    visitor.get(url)
    link.refresh_from_db()
    assert link.visits == 2

    token = url.split("/")[2]
    key, _dot, signature = token.rpartition(".")
    for wrong in (key, f"{key}.{signature[:-2]}xx", f"x{token}", link.digest, "..", "%00", f"{token}.{token}"):
        answer = visitor.get(f"/preview/{wrong}/")
        assert answer.status_code in (404, 400), wrong
        assert "Vaud" not in answer.content.decode()
    other = reverse("admin:casestudies_case_link", args=[Case.objects.get(slug="souss").pk, link.pk])
    assert editor.post(other).status_code == 404
    editor.get(reverse("admin:casestudies_case_link", args=[vaud.pk, link.pk]))
    assert visitor.get(url).status_code == 200
    editor.post(reverse("admin:casestudies_case_link", args=[vaud.pk, link.pk]))
    answer = visitor.get(url)
    assert (answer.status_code, answer["Cache-Control"]) == (410, "no-store, private")
    assert "ask whoever sent it to you for a new one" in text(answer.content.decode())
    assert "Vaud" not in answer.content.decode()
    link.refresh_from_db()
    assert (link.revoked_by.username, link.visits) == ("editor", 2)


def test_where_a_link_leads_when_its_draft_is_gone(vaud: Case) -> None:
    root, visitor = User.objects.get(), Client()
    reviewer = User.objects.create_superuser("reviewer")
    fresh = make.CaseFactory(slug="fresh", status="draft")
    urls = {}
    for name, case in (("revision", vaud), ("fresh", fresh)):
        _link, token = make_link(case, root, "x", 30)
        urls[name] = f"/preview/{token}/"
    for case in (vaud, fresh):
        workflow.take("submit", case, root)
        workflow.take("publish", case, reviewer)
    answers = {name: visitor.get(url) for name, url in urls.items()}
    assert {name: (a.status_code, a["Location"]) for name, a in answers.items()} == {
        "revision": (302, "/cases/vaud/"), "fresh": (302, "/cases/fresh/"),
    }  # fmt: skip
    assert answers["revision"]["Cache-Control"] == "no-store, private"
    editor = staff("editor")
    refused = editor.post(reverse("admin:casestudies_case_links", args=[fresh.pk]), {"for_whom": "x", "days": "1"})
    assert "This case has a page of its own" in text(refused.content.decode())
    # A second revision is discarded: nobody is led to the live text, which is not what they were to read.
    revision = workflow.take("revise", Case.objects.get(slug="vaud"), root)
    link, token = make_link(revision, root, "x", 1)
    workflow.take("discard", revision, root, "No.")
    assert visitor.get(f"/preview/{token}/").status_code == 410
    link, token = make_link(make.CaseFactory(slug="old", status="draft"), root, "x", 1)
    PreviewLink.objects.filter(pk=link.pk).update(
        created_at=timezone.now() - timedelta(days=2), expires_at=timezone.now() - timedelta(seconds=1)
    )
    assert visitor.get(f"/preview/{token}/").status_code == 410
    with pytest.raises(ValueError, match="31"):
        make_link(fresh, root, "x", 31)


def test_who_may_neither_change_nor_review_makes_no_link(vaud: Case) -> None:
    looker = User.objects.create_user("looker", is_staff=True)
    looker.user_permissions.add(*Group.objects.get(name="editor").permissions.filter(codename="view_case"))
    client = Client()
    client.force_login(looker)
    address = reverse("admin:casestudies_case_links", args=[vaud.pk])
    assert client.get(reverse("admin:casestudies_case_preview", args=[vaud.pk])).status_code == 200
    assert client.post(address, {"for_whom": "x", "days": "1"}).status_code == 403
    link, _token = make_link(vaud, looker, "x", 1)
    assert client.post(reverse("admin:casestudies_case_link", args=[vaud.pk, link.pk])).status_code == 403
    assert PreviewLink.objects.get().revoked_at is None
