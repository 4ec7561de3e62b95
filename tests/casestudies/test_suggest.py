"""«Report or suggest»: what a visitor writes is stored as it was meant; what is refused stays as it was typed."""

from __future__ import annotations

import datetime
import logging
import re
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from casestudies import changes
from casestudies.choices import MessageKind, MessageStatus, Section
from casestudies.collection.schema import collection_models
from casestudies.forms import path_of, stamp
from casestudies.inbox import sender_of
from casestudies.models import Case, Message
from tests.admin_forms import offered, submitted
from tests.factories import CaseFactory, CaseRedirectFactory, CollectionFactory, MessageFactory

pytestmark = pytest.mark.django_db

MOMENT = datetime.datetime(2026, 3, 4, 12, 0, tzinfo=datetime.UTC)
FORM, THANKS = "/suggest/", "/suggest/thanks/"
WORDS = "The share of residents is wrong."


class Clock:
    """The time as the form sees it."""

    def __init__(self) -> None:
        self.moment = MOMENT

    def forward(self, **span: float) -> None:
        self.moment += datetime.timedelta(**span)


@pytest.fixture(autouse=True)
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("casestudies.views.suggest.now", lambda: clock.moment)
    return clock


@pytest.fixture
def vaud() -> Case:
    return CaseFactory(
        slug="vaud", name="Vaud", ordinal=12, collection=CollectionFactory(slug="paper", number_prefix="4.")
    )


def asked(visitor: Client, url: str = FORM, **headers: str) -> dict[str, list[str]]:
    """What a browser would send of the form unless something is typed."""
    response = visitor.get(url, headers=headers)
    assert response.status_code == 200
    return submitted(response.content.decode(), "suggest_form")


def send(visitor: Client, clock: Clock, url: str = FORM, **typed: object):
    """Asks for the form, types for a minute, sends."""
    fields = asked(visitor, url)
    clock.forward(minutes=1)
    address = typed.pop("address", "192.0.2.7")
    return visitor.post(url, fields | {"kind": "other", "text": WORDS} | typed, REMOTE_ADDR=address)


def text_of(response) -> str:
    main = response.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main.partition(">")[2])).split())


def assert_thanked(response) -> None:
    assert (response.status_code, response["Location"]) == (302, THANKS)


# -- The page


def test_the_form_asks_for_little(visitor):
    response = visitor.get(FORM)
    html = response.content.decode()
    fields = submitted(html, "suggest_form")
    assert set(fields) == {
        "csrfmiddlewaretoken", "stamp", "came_from", "kind", "case", "text", "name", "email", "website",
    }  # fmt: skip
    assert {name for name, values in fields.items() if values != [""]} == {"csrfmiddlewaretoken", "stamp"}
    assert offered(html, "suggest_form")["kind"] == ["", *MessageKind.values]
    assert (set(response.cookies), response["Cache-Control"]) == (
        {"csrftoken"},
        "max-age=0, no-cache, no-store, must-revalidate, private",
    )


def test_a_case_is_chosen_beforehand(visitor, vaud):
    html = visitor.get("/suggest/?case=vaud").content.decode()
    fields = submitted(html, "suggest_form")
    assert (fields["kind"], fields["about_offered"], fields["section"]) == (["error"], ["on"], [""])
    assert "case" not in fields
    assert "It is about 4.12 Vaud" in unescape(html)
    assert "Untick it if you write about something else." in html
    assert offered(html, "suggest_form")["section"] == ["", *Section.values]


def test_a_case_that_visitors_cannot_see_is_left_out_and_said_so(visitor, vaud):
    CaseFactory(revises=vaud, slug="vaud-revised")
    for status in ("draft", "in-review", "archived"):
        CaseFactory(slug=status, status=status)
    for slug in ("nothing", "draft", "in-review", "archived", "vaud-revised"):
        response = visitor.get(FORM, {"case": slug})
        assert f"case={slug} There is no such case." in text_of(response)
        fields = submitted(response.content.decode(), "suggest_form")
        assert (fields["kind"], fields["case"], "section" in fields) == ([""], [""], False)
    assert "left out" not in text_of(visitor.get("/suggest/?case=vaud"))
    assert "left out" not in text_of(visitor.get("/suggest/?case="))


def test_it_does_not_grow_with_the_collection(visitor, vaud):
    def size() -> int:
        # The version of the data has more digits some day.
        return len(re.sub(rb"Data version \d+", b"", visitor.get("/suggest/?case=vaud").content))

    before = size()
    for _number in range(20):
        CaseFactory()
    assert size() == before


def test_a_case_leads_to_its_report_and_every_page_to_the_form(visitor, vaud):
    page = visitor.get("/cases/vaud/").content.decode()
    assert '<a href="/suggest/?case=vaud">Report an error in this case</a>' in page
    for path in ("/", "/cases/", "/about/", THANKS, "/nothing"):
        footer = visitor.get(path).content.decode().partition('<footer class="site-footer">')[2]
        assert '<a href="/suggest/">Report or suggest</a>' in footer, path


def test_thanks_say_what_happens_next_and_set_no_cookie(visitor):
    response = visitor.get(THANKS)
    assert text_of(response) == (
        "Home Report or suggest Thank you Thank you Your message is with the editors. What happens next "
        "An editor reads it. A reported error is checked against the White Paper; where the case is wrong it is "
        "corrected. A proposed case is considered for the collection. It appears once it has been described on the "
        "grid and checked. If you left an e-mail address you may get an answer. There is no automatic reply. "
        "Browse the cases Write another message"
    )
    assert response.cookies == {}


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(visitor, method):
    assert getattr(visitor, method)(FORM).status_code == 405
    assert visitor.post(THANKS).status_code == 405
    assert visitor.head(FORM).status_code == 200


# -- What is stored


def test_a_message_is_stored_as_it_was_meant(visitor, clock, vaud):
    fields = asked(visitor, "/suggest/?case=vaud", referer="http://testserver/cases/vaud/?colour=red#actors")
    clock.forward(minutes=5)
    typed = {"section": "actors", "text": f" {WORDS}\r\nSee page 3. ", "name": " Ada ", "email": "ada@example.org"}
    assert_thanked(visitor.post("/suggest/?case=vaud", fields | typed, REMOTE_ADDR="192.0.2.7"))
    message = Message.objects.get()
    assert {
        field.name: getattr(message, field.attname) for field in Message._meta.fields if field.name not in ("id",)
    } == {
        "kind": "error", "case": vaud.pk, "section": "actors", "text": f"{WORDS}\nSee page 3.", "name": "Ada",
        "email": "ada@example.org", "came_from": "/cases/vaud/", "created_at": clock.moment, "status": "new",
        "note": "", "handled_by": None, "sender": sender_of("192.0.2.7", MOMENT.date()),
    }  # fmt: skip


def test_a_case_is_taken_away_by_a_tick(visitor, clock, vaud):
    fields = asked(visitor, "/suggest/?case=vaud")
    del fields["about_offered"]
    clock.forward(minutes=1)
    assert_thanked(visitor.post("/suggest/?case=vaud", fields | {"section": "actors", "text": WORDS}))
    assert list(Message.objects.values_list("case", "section")) == [(None, "")]


def test_a_case_withdrawn_meanwhile_keeps_nobody_from_reporting(visitor, clock, vaud):
    fields = asked(visitor, "/suggest/?case=vaud")
    Case.objects.update(status="archived")
    clock.forward(minutes=1)
    assert_thanked(visitor.post("/suggest/?case=vaud", fields | {"text": WORDS}))
    assert list(Message.objects.values_list("case", "kind")) == [(None, "error")]


@pytest.mark.parametrize(
    "text",
    ["vaud", "Vaud", "VAUD", "4.12 Vaud", "/cases/vaud/", "/cases/Vaud", "http://testserver/cases/vaud/?a=b#actors"],
)
def test_a_case_can_be_named(visitor, clock, vaud, text):
    assert_thanked(send(visitor, clock, case=text))
    assert Message.objects.get().case == vaud


@pytest.mark.parametrize(
    "text", ["Nowhere", "draft", "Draftville", "Twin", "4.12", "http://[", "/cases/", "x" * 5000, "/cases/draft/"]
)
def test_a_case_that_cannot_be_told_is_asked_for_again(visitor, clock, vaud, text):
    CaseFactory(slug="draft", name="Draftville", status="draft")
    CaseFactory(slug="twin-1", name="Twin")
    CaseFactory(slug="twin-2", name="Twin")
    response = send(visitor, clock, case=text)
    assert response.status_code == 200
    assert response.context["form"].errors == {
        "case": ["No case has this name or address. Leave it empty and name the case in your message."]
    }
    assert submitted(response.content.decode(), "suggest_form")["case"] == [text]


@pytest.mark.parametrize(
    ("referer", "stored"),
    [
        ("http://testserver/cases/?country=CH", "/cases/"),
        ("https://elsewhere.example.com/cases/", ""),
        ("http://testserver", ""),
        ("http://testserver:99/cases/", ""),
        ("http://[", ""),
        ("", ""),
    ],
)
def test_of_the_page_before_the_path_is_kept(visitor, referer, stored):
    assert asked(visitor, referer=referer)["came_from"] == [stored]


def test_a_path_is_a_path_whatever_is_sent(visitor, clock):
    sent = ["/cases/", "/cases/?q=private", "//elsewhere.example.com/", "javascript:alert(1)", "cases", "/a b",
            "/" + "a" * 249, "/" + "a" * 250, "/\x00", "http://["]  # fmt: skip
    for number, path in enumerate(sent):
        send(visitor, clock, came_from=path, text=f"{WORDS} {number}", address=f"192.0.2.{number}")
    stored = dict(Message.objects.order_by("pk").values_list("text", "came_from"))
    assert list(stored.values()) == ["/cases/", "/cases/", "/", "", "", "", "/" + "a" * 249, "", "", ""]
    assert path_of("/x?q") == "/x"


# -- What is refused

NAMED = "Ensure this value has at most 120 characters (it has 121)."


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("kind", "", "Choose what you write about."),
        ("kind", "praise", "Select a valid choice. praise is not one of the available choices."),
        ("text", "", "Write your message."),
        ("text", "  \r\n  ", "Write your message."),
        ("text", "Too short", "Write at least 10 characters; there are 9."),
        ("text", "a" * 5001, "Write at most 5000 characters; there are 5001."),
        ("text", "Nul \x00 character", "Null characters are not allowed."),
        ("text", "See " + "http://a.example " * 6,
         "There are more than 5 links in your message. Name the other sources without a link."),
        ("text", "See https://www.a.example www.b.example " * 3,
         "There are more than 5 links in your message. Name the other sources without a link."),
        ("name", "n" * 121, NAMED),
        ("email", "nobody", "Enter an e-mail address, such as name@example.org, or leave it empty."),
        ("email", f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.example.org",
         "Ensure this value has at most 254 characters (it has 259)."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field_and_everything_typed_stays(visitor, clock, field, value, reason):
    typed = {"kind": "other", "text": WORDS, "name": "Ada", "email": "ada@example.org", "case": ""} | {field: value}
    response = send(visitor, clock, **typed)
    html = response.content.decode()
    assert (response.status_code, response.context["form"].errors) == (200, {field: [reason]})
    kept = submitted(html, "suggest_form")
    expected = {name: [text.strip()] for name, text in typed.items()} | (
        {"kind": [""]} if value == "praise" else {"text": [value.rstrip(" ")]} if field == "text" else {}
    )
    assert {name: [text.rstrip(" ") for text in kept[name]] for name in typed} == expected
    # The error is tied to its field, and leads there from above.
    control = re.search(rf'<(?:input|select|textarea)[^>]* id="id_{field}"[^>]*>', html).group()
    assert 'aria-invalid="true"' in control
    assert f"id_{field}_error" in re.search(r'aria-describedby="([^"]+)"', control).group(1).split()
    assert f'<p class="field__error" id="id_{field}_error">{reason}</p>' in unescape(html)
    assert html.count('aria-invalid="true"') == 1
    assert f'<a href="#id_{field}">' in html.partition('role="alert"')[2].partition("</div>")[0]
    assert "<title>Error: Report or suggest" in html
    assert not Message.objects.exists()


def test_hints_are_tied_to_their_fields(visitor, vaud):
    for url, hinted in ((FORM, {"case", "text", "email"}), ("/suggest/?case=vaud", {"about_offered", "text", "email"})):
        html = visitor.get(url).content.decode()
        described = re.findall(r'id="id_(\w+)"[^>]*aria-describedby="([^"]+)"', html) + [
            (name, by) for by, name in re.findall(r'aria-describedby="([^"]+)"[^>]* id="id_(\w+)"', html)
        ]
        assert dict(described) == {name: f"id_{name}_helptext" for name in hinted}
        assert set(re.findall(r'<span class="field__hint" id="id_(\w+)_helptext">', html)) == hinted
        assert "aria-invalid" not in html


@pytest.mark.parametrize(
    "text", ["a" * 10, "a" * 5000, "é\r\n" * 2500, "😀" * 10, "See " + "http://a.example " * 5, "Write to a.example/b"]
)
def test_what_is_just_right_is_taken(visitor, clock, text):
    assert_thanked(send(visitor, clock, text=text))
    assert Message.objects.get().text == text.replace("\r\n", "\n").strip()


# -- The time that it took


@pytest.mark.parametrize(("seconds", "taken"), [(0, False), (2, False), (3, True), (86_400, True), (86_401, False)])
def test_a_form_is_sent_after_three_seconds_and_within_a_day(visitor, clock, seconds, taken):
    fields = asked(visitor) | {"kind": "other", "text": WORDS}
    clock.forward(seconds=seconds)
    response = visitor.post(FORM, fields)
    assert (response.status_code, Message.objects.count()) == ((302, 1) if taken else (200, 0))


def test_who_was_too_fast_sends_it_once_more(visitor, clock):
    fields = asked(visitor) | {"kind": "other", "text": WORDS}
    clock.forward(seconds=2)
    response = visitor.post(FORM, fields)
    assert response.context["form"].non_field_errors() == [
        "That was faster than anyone types. Nothing is lost: please send it once more."
    ]
    again = submitted(response.content.decode(), "suggest_form")
    assert (again["text"], again["stamp"]) == ([WORDS], fields["stamp"])
    clock.forward(seconds=1)
    assert_thanked(visitor.post(FORM, again))


@pytest.mark.parametrize("sent", ["", "1772625540", "1772625540:x", stamp(MOMENT + datetime.timedelta(hours=2)), None])
def test_a_stamp_that_is_none_of_ours_gives_way_to_a_fresh_one(visitor, clock, sent):
    fields = asked(visitor) | {"kind": "other", "text": WORDS, "name": "Ada"}
    clock.forward(hours=1)
    del fields["stamp"]
    response = visitor.post(FORM, fields if sent is None else fields | {"stamp": sent})
    assert response.context["form"].non_field_errors() == [
        "The form had been open for more than a day. Nothing is lost: please send it once more."
    ]
    assert response.status_code == 200
    again = submitted(response.content.decode(), "suggest_form")
    assert (again["stamp"], again["text"], again["name"]) == ([stamp(clock.moment)], [WORDS], ["Ada"])
    clock.forward(seconds=3)
    assert_thanked(visitor.post(FORM, again))


def test_a_mended_form_need_not_wait_again(visitor, clock):
    fields = asked(visitor) | {"kind": "other", "text": "Short"}
    clock.forward(seconds=10)
    again = submitted(visitor.post(FORM, fields).content.decode(), "suggest_form")
    assert_thanked(visitor.post(FORM, again | {"text": WORDS}))


# -- Spam and floods


def test_what_walks_into_the_trap_is_thanked_and_kept_as_spam(visitor, clock, settings):
    settings.CONTACT_EMAIL = "casebook@example.org"
    assert_thanked(send(visitor, clock, website="http://spam.example"))
    assert list(Message.objects.values_list("text", "status")) == [(WORDS, MessageStatus.SPAM)]
    assert mail.outbox == []


def test_the_trap_is_shown_to_nobody(visitor):
    html = visitor.get(FORM).content.decode()
    trap = re.search(r'<div class="trap">(.*?)</div>', html).group(1)
    assert 'name="website"' in trap
    assert html.count('name="website"') == 1
    sheet = (Path(django_settings.BASE_DIR) / "static" / "css" / "components.css").read_text(encoding="utf-8")
    assert ".trap { display: none; }" in sheet


def test_a_sender_may_send_five_messages_an_hour(visitor, clock):
    for number in range(5):
        assert_thanked(send(visitor, clock, text=f"{WORDS} {number}"))
    response = send(visitor, clock, text=f"{WORDS} 5", name="Ada")
    assert (response.status_code, response["Retry-After"]) == (429, "3600")
    assert response.context["form"].non_field_errors() == [
        "You have sent several messages within an hour. Please send this one later."
    ]
    again = submitted(response.content.decode(), "suggest_form")
    assert (again["text"], again["name"]) == ([f"{WORDS} 5"], ["Ada"])
    # Somebody else may, and the same one when the first message is an hour old.
    assert_thanked(send(visitor, clock, text=f"{WORDS} 5", address="192.0.2.8"))
    clock.forward(minutes=54)
    assert_thanked(visitor.post(FORM, again, REMOTE_ADDR="192.0.2.7"))
    assert Message.objects.count() == 7


def test_midnight_makes_nobody_another(visitor, clock, settings):
    settings.MESSAGES_PER_SENDER = 1
    clock.moment = datetime.datetime(2026, 3, 4, 23, 50, tzinfo=datetime.UTC)
    assert_thanked(send(visitor, clock))
    clock.forward(minutes=20)
    assert send(visitor, clock, text=f"{WORDS} 2").status_code == 429


def test_all_together_may_send_so_many_an_hour(visitor, clock, settings):
    settings.MESSAGES_PER_HOUR = 3
    for number in range(3):
        assert_thanked(send(visitor, clock, text=f"{WORDS} {number}", address=f"192.0.2.{number}"))
    response = send(visitor, clock, address="192.0.2.9")
    assert response.status_code == 429
    assert response.context["form"].non_field_errors() == [
        "More messages than usual are coming in. Please send this one in an hour."
    ]
    clock.forward(minutes=57)
    assert_thanked(send(visitor, clock, address="192.0.2.9"))


def test_a_flood_in_the_trap_keeps_nobody_out_and_ends_itself(visitor, clock, settings):
    settings.MESSAGES_PER_HOUR = 2
    for number in range(2):
        assert_thanked(send(visitor, clock, website="x", text=f"{WORDS} {number}", address=f"192.0.2.{number}"))
    assert send(visitor, clock, website="x", address="192.0.2.9").status_code == 429
    assert_thanked(send(visitor, clock, address="192.0.2.9"))
    assert sorted(Message.objects.values_list("status", flat=True)) == ["new", "spam", "spam"]


def test_pressing_twice_sends_once(visitor, clock, vaud):
    fields = asked(visitor) | {"kind": "other", "text": WORDS}
    clock.forward(minutes=1)
    for _press in range(2):
        assert_thanked(visitor.post(FORM, fields))
    assert Message.objects.count() == 1
    assert_thanked(visitor.post(FORM, fields | {"case": "vaud"}))
    assert_thanked(visitor.post(FORM, fields, REMOTE_ADDR="192.0.2.8"))
    assert Message.objects.count() == 3


def test_the_sender_is_told_apart_for_an_hour_only(visitor, clock):
    send(visitor, clock)
    first = Message.objects.get()
    assert re.fullmatch("[0-9a-f]{64}", first.sender)
    assert "192.0.2.7" not in str(vars(first))
    clock.forward(minutes=58)
    send(visitor, clock, address="192.0.2.8")
    first.refresh_from_db()
    assert first.sender != ""
    send(visitor, clock, address="192.0.2.9")
    first.refresh_from_db()
    assert first.sender == ""
    assert Message.objects.exclude(sender="").count() == 2


def test_a_sender_is_the_address_of_a_day(settings):
    day, next_day = MOMENT.date(), MOMENT.date() + datetime.timedelta(days=1)
    known = sender_of("192.0.2.7", day)
    assert known == sender_of(" 192.0.2.7 ", day) == sender_of("::ffff:192.0.2.7", day)
    others = [sender_of("192.0.2.8", day), sender_of("192.0.2.7", next_day), sender_of("2001:db8::1", day)]
    assert len({known, *others}) == 4
    assert sender_of("2001:db8::1", day) == sender_of("2001:db8::ffff:1", day) == sender_of("2001:db8::1%eth0", day)
    assert sender_of("2001:db8::1", day) != sender_of("2001:db8:0:1::1", day)
    assert [sender_of(text, day) for text in ("", "unix:", "192.0.2.7:80", "unknown")] == [""] * 4
    settings.SECRET_KEY = "another" * 10
    assert sender_of("192.0.2.7", day) != known


def test_behind_a_proxy_its_own_word_counts(visitor, clock, settings):
    settings.MESSAGES_PER_SENDER = 1

    def status(forwarded: str, text: str) -> int:
        fields = asked(visitor) | {"kind": "other", "text": text}
        clock.forward(minutes=1)
        return visitor.post(FORM, fields, headers={"x-forwarded-for": forwarded}).status_code

    # Without a proxy the header is the visitor's own invention.
    assert [status("192.0.2.1", WORDS), status("192.0.2.2", WORDS + "2")] == [302, 429]
    settings.BEHIND_PROXY = True
    sent = ["192.0.2.1", "192.0.2.2", "198.51.100.1, 192.0.2.2", "198.51.100.1,192.0.2.3", "", ""]
    assert [status(forwarded, f"{WORDS} {n}") for n, forwarded in enumerate(sent)] == [302, 302, 429, 302, 302, 302]


def test_a_post_needs_the_token_of_the_form(clock):
    visitor = Client(enforce_csrf_checks=True)
    fields = asked(visitor) | {"kind": "other", "text": WORDS}
    clock.forward(minutes=1)
    assert visitor.post(FORM, fields | {"csrfmiddlewaretoken": "x" * 64}).status_code == 403
    assert not Message.objects.exists()
    assert_thanked(visitor.post(FORM, fields))
    assert set(visitor.cookies) == {"csrftoken"}


# -- E-mail


def test_the_staff_are_told_that_there_is_a_message_not_what_it_says(visitor, clock, settings, vaud):
    settings.CONTACT_EMAIL, settings.SITE_URL = "casebook@example.org", "https://casebook.example.org"
    assert_thanked(send(visitor, clock, kind="error", case="vaud", name="Ada", email="ada@example.org"))
    (told,) = mail.outbox
    assert (told.to, told.from_email, told.subject) == (
        ["casebook@example.org"], "casebook@example.org", "A message of a visitor: an error in a case",
    )  # fmt: skip
    pk = Message.objects.get().pk
    assert told.body == (
        "A visitor of the casebook has written to you.\nIt is about 4.12 Vaud.\n"
        f"https://casebook.example.org/admin/casestudies/message/{pk}/change/"
    )


def test_pressing_twice_tells_once_and_without_an_address_nobody_is_told(visitor, clock, settings):
    send(visitor, clock)
    assert mail.outbox == []
    settings.CONTACT_EMAIL = "casebook@example.org"
    send(visitor, clock)
    assert mail.outbox == []
    send(visitor, clock, text=WORDS + "2")
    assert [told.body.count("It is about") for told in mail.outbox] == [0]


def test_a_mail_server_that_fails_is_nothing_to_the_visitor(visitor, clock, settings, caplog):
    settings.CONTACT_EMAIL = "casebook@example.org"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 1, 1
    with caplog.at_level(logging.ERROR, logger="casestudies.inbox"):
        assert_thanked(send(visitor, clock))
    message = Message.objects.get()
    assert [record.getMessage() for record in caplog.records] == [
        f"No e-mail about message {message.pk} could be sent."
    ]
    assert WORDS not in caplog.text


# -- Beside the collection


def test_messages_are_no_part_of_the_collection(vaud):
    before = changes.version()
    message = MessageFactory(case=vaud)
    message.status = MessageStatus.CLOSED
    message.save()
    message.delete()
    assert changes.version() == before
    assert "casestudies.message" not in collection_models()
    # The case itself does move it: the comparison above can fail.
    vaud.save()
    assert changes.version() != before


def test_a_message_outlives_its_case_and_who_handled_it():
    case = CaseFactory()
    CaseRedirectFactory(case=case)
    user = User.objects.create_user("clerk")
    message = MessageFactory(case=case, status=MessageStatus.CLOSED, handled_by=user)
    case.delete()
    user.delete()
    message.refresh_from_db()
    assert (message.case, message.handled_by, message.status) == (None, None, "closed")
