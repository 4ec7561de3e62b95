"""The inbox: staff read what visitors wrote, change nothing of it, and say what became of it."""

from __future__ import annotations

import datetime
import re
from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from casestudies.choices import MessageStatus
from casestudies.models import Message
from tests.admin_forms import submitted
from tests.factories import CaseFactory, CollectionFactory, MessageFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/casestudies/message/"
WORDS = {
    "text": "The share is wrong.\nSee page 3.", "name": "Ada", "email": "ada@example.org", "came_from": "/cases/vaud/",
}  # fmt: skip


def listed(editor: Client, **query: str) -> list[str]:
    return [message.text for message in editor.get(LIST, query).context["cl"].result_list]


def page(message: Message, name: str = "change") -> str:
    return reverse(f"admin:casestudies_message_{name}", args=[message.pk])


def form_of(editor: Client, message: Message) -> dict[str, list[str]]:
    return submitted(editor.get(page(message)).content.decode(), "message_form")


def act(editor: Client, action: str, *messages: Message) -> None:
    sent = {"action": action, "_selected_action": [message.pk for message in messages]}
    assert editor.post(f"{LIST}?status=all", sent).status_code == 302


@pytest.fixture
def vaud():
    return CaseFactory(slug="vaud", name="Vaud", ordinal=12, collection=CollectionFactory(slug="paper"))


@pytest.fixture
def clerk() -> Client:
    """Somebody of the staff who may read messages, and nothing else."""
    user = User.objects.create_user("clerk", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_message"))
    client = Client()
    client.force_login(user)
    return client


def test_the_list_shows_when_what_about_which_case_and_how_it_begins(editor, vaud):
    sent = datetime.datetime(2026, 3, 4, 12, 0, tzinfo=datetime.UTC)
    MessageFactory(kind="error", case=vaud, created_at=sent, text="One\ntwo " + "word " * 40)
    html = editor.get(LIST).content.decode()
    row = re.findall(r'class="field-(\w+)[^"]*">(.*?)</t[dh]>', html)
    assert [(name, unescape(re.sub(r"<.*?>", "", value))) for name, value in row] == [
        ("created_at", "March 4, 2026, noon"),
        ("kind", "an error in a case"),
        ("case", "4.12 Vaud"),
        ("status", "new"),
        ("excerpt", ("One two " + "word " * 40)[:99] + "…"),
    ]


def test_the_newest_stand_first_and_spam_does_not_unless_asked_for(editor):
    for day, status in enumerate(MessageStatus.values, start=1):
        MessageFactory(text=f"A message: {status}", status=status,
                       created_at=datetime.datetime(2026, 3, day, tzinfo=datetime.UTC))  # fmt: skip
    assert listed(editor) == ["A message: closed", "A message: answered", "A message: new"]
    assert listed(editor, status="all") == ["A message: spam", *listed(editor)]
    assert {status: listed(editor, status=status) for status in MessageStatus.values} == {
        status: [f"A message: {status}"] for status in MessageStatus.values
    }
    by_status = editor.get(LIST).content.decode().partition("By status")[2].partition("</details>")[0]
    assert [label.strip() for label in re.findall(r"<a[^>]*>(.+?)</a>", by_status, re.DOTALL)] == [
        "all but spam", "new", "answered", "closed", "spam", "all",
    ]  # fmt: skip
    assert listed(editor, kind="error") == []


@pytest.mark.parametrize("words", ["share", "Ada", "ada@example", "to be checked", "Vaud", "vaud"])
def test_messages_are_found_by_their_words_sender_note_and_case(editor, vaud, words):
    MessageFactory(text="Something else entirely.")
    MessageFactory(case=vaud, note="to be checked", **WORDS)
    assert listed(editor, q=words) == [WORDS["text"]]


def test_nobody_adds_one_and_nobody_changes_what_a_visitor_wrote(editor, vaud):
    assert editor.get(f"{LIST}add/").status_code == 403
    message = MessageFactory(kind="error", case=vaud, section="actors", **WORDS)
    fields = form_of(editor, message)
    assert {name for name in fields if not name.startswith(("_", "csrf"))} == {"status", "note"}
    typed = dict.fromkeys([*WORDS, "created_at"], "changed") | {"kind": "other", "case": "", "section": "results"}
    assert editor.post(page(message), fields | typed | {"note": "Checked."}).status_code == 302
    stored = Message.objects.get()
    assert {name: getattr(stored, name) for name in WORDS} == WORDS
    assert (stored.kind, stored.case, stored.section, stored.created_at) == (
        "error", vaud, "actors", message.created_at,
    )  # fmt: skip
    assert (stored.status, stored.note, stored.handled_by) == ("new", "Checked.", None)


def test_who_gives_it_another_status_has_handled_it(editor):
    message = MessageFactory()
    for status, handled_by in (("answered", "editor"), ("new", None), ("closed", "editor")):
        assert editor.post(page(message), form_of(editor, message) | {"status": status}).status_code == 302
        message.refresh_from_db()
        assert (message.status, message.handled_by and message.handled_by.username) == (status, handled_by)
    # A note on it is no handling: the one who did stays.
    other = Client()
    other.force_login(User.objects.create_superuser("other"))
    other.post(page(message), form_of(other, message) | {"note": "Seen."})
    message.refresh_from_db()
    assert (message.note, message.handled_by.username) == ("Seen.", "editor")


@pytest.mark.parametrize("status", ["answered", "closed", "spam"])
def test_several_are_marked_at_once(editor, status):
    first, second, left = MessageFactory(), MessageFactory(), MessageFactory()
    done = MessageFactory(status=status)
    act(editor, f"mark_{status}", first, second, done)
    found = {m.pk: (m.status, m.handled_by and m.handled_by.username) for m in Message.objects.all()}
    assert found == {
        first.pk: (status, "editor"), second.pk: (status, "editor"), left.pk: ("new", None), done.pk: (status, None),
    }  # fmt: skip
    assert sorted(LogEntry.objects.values_list("object_id", flat=True)) == sorted([str(first.pk), str(second.pk)])


def test_it_leads_to_the_case_and_its_page_where_there_is_one(editor, vaud):
    draft = CaseFactory(slug="draft", status="draft")
    pages = {}
    for name, case in (("vaud", vaud), ("draft", draft), ("none", None)):
        html = editor.get(page(MessageFactory(case=case, section="actors" if case else ""))).content.decode()
        pages[name] = re.findall(r'<a href="([^"]+)">(its form|its page)</a>', html)
        assert (f"{case}, Actors" if case else "–") in unescape(html)
    assert pages == {
        "vaud": [(f"/admin/casestudies/case/{vaud.pk}/change/", "its form"), ("/cases/vaud/", "its page")],
        "draft": [(f"/admin/casestudies/case/{draft.pk}/change/", "its form")],
        "none": [],
    }


def test_what_a_visitor_wrote_is_shown_as_text(editor):
    message = MessageFactory(text="<script>alert(1)</script>", name="<b>Ada</b>", note="x")
    for url in (page(message), LIST):
        html = editor.get(url).content.decode()
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert(1)" in html
        assert "<b>Ada" not in html


def test_a_message_can_be_deleted(editor):
    """Names and addresses are personal: whose they are may ask for that."""
    message = MessageFactory()
    assert editor.post(page(message, "delete"), {"post": "yes"}).status_code == 302
    assert not Message.objects.exists()


def test_who_may_only_read_changes_nothing(clerk):
    message = MessageFactory()
    assert clerk.get(page(message)).status_code == 200
    assert clerk.post(page(message), {"status": "closed", "note": ""}).status_code == 403
    clerk.post(LIST, {"action": "mark_closed", "_selected_action": [message.pk]})
    assert clerk.post(page(message, "delete"), {"post": "yes"}).status_code == 403
    message.refresh_from_db()
    assert (message.status, message.handled_by) == ("new", None)


def test_the_first_page_says_how_many_are_new(editor, clerk):
    def said(client: Client) -> list[str]:
        return re.findall(r'<a href="/admin/casestudies/message/\?status=new">(.*?)</a>',
                          client.get("/admin/").content.decode())  # fmt: skip

    for status in ("answered", "closed", "spam"):
        MessageFactory(status=status)
    assert said(editor) == []
    MessageFactory()
    assert said(editor) == said(clerk) == ["1 new message of a visitor"]
    MessageFactory()
    assert said(editor) == ["2 new messages of visitors"]
    blind = Client()
    blind.force_login(User.objects.create_user("blind", is_staff=True))
    assert said(blind) == []
    assert blind.get(LIST).status_code == 403
