"""Who looks after accounts, how far that goes, and the list of what happened to them."""

from __future__ import annotations

import csv
import datetime
import io
import re

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from mainstreaming import audit
from mainstreaming.accounts import factor
from mainstreaming.accounts.models import AccountEvent
from mainstreaming.adminsite import CasebookAdminSite
from tests.admin_forms import submitted

pytestmark = pytest.mark.django_db

NEW = "another one, long enough"


@pytest.fixture
def boss() -> User:
    """An administrator: may look after accounts, and is no superuser."""
    user = User.objects.create_user("boss", "boss@example.org", "x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="auth", content_type__model="user"))
    return user


@pytest.fixture
def desk(boss: User) -> Client:
    """The administrator's browser."""
    client = Client()
    client.force_login(boss)
    return client


def url(page: str, *args: object) -> str:
    return reverse(f"admin:auth_user_{page}", args=args)


def change(client: Client, user: User, **fields: object):
    """Changes fields of an account in its form; returns the answer."""
    found = submitted(client.get(url("change", user.pk)).content.decode(), "user_form")
    return client.post(url("change", user.pk), {**found, **fields})


def test_an_administrator_invites_somebody_and_gives_roles(desk, settings) -> None:
    role = Group.objects.create(name="a role")
    form = submitted(desk.get(url("add")).content.decode(), "user_form")
    assert set(form) - {"csrfmiddlewaretoken"} == {"username", "first_name", "last_name", "email"}
    # What is not in the form is not taken from it.
    typed = {
        "username": "anna",
        "email": "anna@example.org",
        "groups": [role.pk],
        "is_superuser": "on",
        "password": NEW,
    }
    answer = desk.post(url("add"), typed)
    anna = User.objects.get(username="anna")
    assert (anna.is_staff, anna.is_superuser, anna.has_usable_password()) == (True, False, False)
    assert [*anna.groups.all()] == [role]
    assert "unique" in desk.post(url("add"), typed | {"username": "Anna"}).context["adminform"].form.errors.as_json()
    # Without e-mail the link is handed over.
    assert answer["Location"] == url("access", anna.pk)
    page = desk.post(url("access", anna.pk), {"action": "link"})
    link = page.context["link"]
    assert link in page.content.decode()
    assert link.startswith("http://testserver/admin/password-reset/")
    owner = Client()
    form = owner.get(link, follow=True).redirect_chain[-1][0]
    assert owner.post(form, {"new_password1": NEW, "new_password2": NEW}).status_code == 302
    assert owner.login(username="anna", password=NEW)
    assert owner.get("/admin/account/").context["groups"][0] == role
    # With e-mail it goes there.
    settings.CONTACT_EMAIL = "casebook@example.org"
    answer = desk.post(url("add"), typed | {"username": "ben", "email": "ben@example.org"}, follow=True)
    assert "on its way to ben@example.org" in answer.content.decode()
    assert (mail.outbox[0].to, "/admin/password-reset/" in mail.outbox[0].body) == (["ben@example.org"], True)
    # A mail server that fails is said, and the account is there.
    settings.EMAIL_BACKEND = "tests.no_such.Backend"
    answer = desk.post(url("add"), typed | {"username": "cleo"}, follow=True)
    assert "The mail server did not take the e-mail" in answer.content.decode()
    kinds = AccountEvent.objects.order_by("pk").values_list("kind", "who", "about")
    assert list(kinds) == [
        ("link-made", "boss", "anna"),
        ("password-changed", "", "anna"),
        ("link-made", "boss", "ben"),
        ("link-made", "boss", "cleo"),
    ]
    # Deactivated, the account opens nothing and gets no link; it is not deleted.
    assert change(desk, anna, is_active=[]).status_code == 302
    assert owner.get("/admin/account/").status_code == 302
    assert desk.post(url("access", anna.pk), {"action": "link"}).context["link"] == ""
    assert desk.post(url("delete", anna.pk), {"post": "yes"}).status_code == 403
    assert "delete_selected" not in desk.get(url("changelist")).content.decode()


def test_an_administrator_is_no_superuser_and_makes_none(desk, boss) -> None:
    chief = User.objects.create_superuser("chief", "chief@example.org", "x")
    anna = User.objects.create_user("anna", password="x", is_staff=True)
    role = Group.objects.create(name="a role")
    raised = {"is_superuser": "on", "user_permissions": [Permission.objects.first().pk]}
    page = desk.get(url("change", anna.pk)).content.decode()
    assert [name for name in raised if f'name="{name}"' in page or f"field-{name}" in page] == []
    assert change(desk, anna, **raised, groups=[role.pk]).status_code == 302
    anna.refresh_from_db()
    assert (anna.is_superuser, anna.user_permissions.count(), anna.groups.count()) == (False, 0, 1)
    # Not oneself.
    assert change(desk, boss, first_name="B", is_active=[], is_staff=[], groups=[role.pk], **raised).status_code == 302
    boss.refresh_from_db()
    assert (boss.first_name, boss.is_active, boss.is_staff, boss.is_superuser, boss.groups.count()) == (
        "B", True, True, False, 0,
    )  # fmt: skip
    # Superusers are looked at, and no more: no field, no password, no link, no second factor.
    factor.begin(chief)
    assert desk.get(url("change", chief.pk)).status_code == 200
    refused = [
        desk.post(url("change", chief.pk), {"username": "c", "email": "boss@example.org"}),
        desk.get(reverse("admin:auth_user_password_change", args=[chief.pk])),
        desk.post(reverse("admin:auth_user_password_change", args=[chief.pk]), {"password1": NEW, "password2": NEW}),
        desk.get(url("access", chief.pk)),
        desk.post(url("access", chief.pk), {"action": "link"}),
        desk.post(url("access", chief.pk), {"action": "factor"}),
        desk.post(url("delete", chief.pk), {"post": "yes"}),
    ]
    assert [answer.status_code for answer in refused] == [403] * 7
    before = chief.email
    chief.refresh_from_db()
    assert (chief.email, chief.check_password("x"), TOTPDevice.objects.count()) == (before, True, 1)
    # Nor can they be asked for by an address.
    assert desk.get(url("changelist"), {"is_superuser__exact": "1"}).status_code in (302, 400)
    assert "is_superuser" not in desk.get(url("changelist")).content.decode()
    # The roles are there to read.
    group = reverse("admin:auth_group_change", args=[role.pk])
    assert (desk.get(group).status_code, desk.post(group, {"name": "mine"}).status_code) == (200, 403)
    assert desk.get(reverse("admin:auth_group_add")).status_code == 403
    # A superuser does all of it.
    top = Client()
    top.force_login(chief)
    assert change(top, anna, is_superuser="on").status_code == 302
    assert User.objects.get(pk=anna.pk).is_superuser
    assert top.post(url("delete", anna.pk), {"post": "yes"}).status_code == 302
    # Somebody who may not see accounts reaches none of these pages.
    clerk = Client()
    clerk.force_login(User.objects.create_user("clerk", is_staff=True))
    pages = [url("changelist"), url("add"), url("access", boss.pk), reverse("admin:auth_group_changelist")]
    pages += ["/admin/audit/", "/admin/audit.csv", *(f"/admin/axes/{m}/" for m in AXES)]
    assert [clerk.get(page).status_code for page in pages] == [403] * len(pages)


AXES = ("accessattempt", "accesslog", "accessfailurelog")


def test_help_for_somebody_who_cannot_sign_in(desk, boss) -> None:
    anna = User.objects.create_user("anna", password="x", is_staff=True)
    TOTPDevice.objects.create(user=anna, confirmed=True)
    factor.new_recovery_codes(anna)
    AccessAttempt.objects.create(username="anna", failures_since_start=5, ip_address="10.0.0.1")
    page = desk.get(url("access", anna.pk)).content.decode()
    assert "5 failed logins with this name count" in page
    assert url("access", anna.pk) in desk.get(url("change", anna.pk)).content.decode()
    for action in ("factor", "unlock"):
        assert desk.post(url("access", anna.pk), {"action": action}).status_code == 200
    assert (factor.device_of(anna), factor.recovery_codes_left(anna), AccessAttempt.objects.count()) == (None, 0, 0)
    # Or with a password for now.
    password = reverse("admin:auth_user_password_change", args=[anna.pk])
    fields = submitted(desk.get(password).content.decode(), "user_form")
    assert desk.post(password, fields | {"password1": NEW, "password2": NEW}).status_code == 302
    assert User.objects.get(pk=anna.pk).check_password(NEW)
    kinds = AccountEvent.objects.order_by("pk").values_list("kind", "about")
    assert list(kinds) == [("factor-removed", "anna"), ("lock-lifted", "anna"), ("password-changed", "anna")]
    assert desk.get(url("access", 10_000)).status_code == 404
    # For one's own account the current password is asked for, elsewhere.
    own = [url("access", boss.pk), reverse("admin:auth_user_password_change", args=[boss.pk])]
    answers = [desk.post(path, {"action": "link", "password1": NEW, "password2": NEW}) for path in own]
    assert [answer["Location"] for answer in answers] == ["/admin/account/", "/admin/password_change/"]
    assert User.objects.get(pk=boss.pk).password == boss.password


def test_the_site_is_our_own_and_shows_no_secret(desk) -> None:
    assert isinstance(admin.site._wrapped, CasebookAdminSite)
    AccessLog.objects.create(username="anna", attempt_time=timezone.now())
    AccessFailureLog.objects.create(username="anna")
    AccessAttempt.objects.create(username="anna", failures_since_start=1, post_data="secret=1")
    for name, model in zip(AXES, (AccessAttempt, AccessLog, AccessFailureLog), strict=True):
        change = reverse(f"admin:axes_{name}_change", args=[model.objects.get().pk])
        shown = desk.get(change)
        assert (shown.status_code, "secret=1" in shown.content.decode()) == (200, False)
        assert (desk.get(f"/admin/axes/{name}/").status_code, desk.post(change, {}).status_code) == (200, 403)
        assert desk.post(change.replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert {model.__name__ for model in admin.site._registry if model._meta.app_label.startswith("otp_")} == set()


# -- The audit list


@pytest.fixture
def noted(boss: User) -> None:
    """Seven entries of four tables, in turns."""
    start = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)

    def at(minute: int) -> datetime.datetime:
        return start + datetime.timedelta(minutes=minute)

    login = AccessLog.objects.create(username="anna", ip_address="10.0.0.1", user_agent="Browser")
    AccessLog.objects.filter(pk=login.pk).update(attempt_time=at(1), logout_time=at(6))
    for minute, name, locked in ((0, "anna", False), (3, "=nobody", True)):
        failure = AccessFailureLog.objects.create(username=name, locked_out=locked, ip_address=None, user_agent="Robot")
        AccessFailureLog.objects.filter(pk=failure.pk).update(attempt_time=at(minute))
    AccountEvent.objects.create(kind="link-made", who="boss", about="anna", when=at(2))
    AccountEvent.objects.create(kind="reset-asked", when=at(5), address="10.0.0.9")


def test_the_audit_list_merges_what_several_tables_hold(desk, noted, monkeypatch) -> None:
    # Something of another app: here the logins of Django's own user, as publications will be.
    User.objects.filter(username="boss").update(last_login="2026-03-01T12:04:00Z")
    monkeypatch.setattr(audit, "_kinds", dict(audit._kinds))
    audit.register(
        audit.Kind(
            "visit", "Visit", lambda: User.objects.filter(last_login__isnull=False), "last_login",
            "username", lambda user: f"published by {user.username}", lambda user: f"/cases/{user.username}/",
        )
    )  # fmt: skip
    with pytest.raises(ValueError, match="the kind 'login' already"):
        audit.register(audit.Kind("login", "Another", User.objects.all, "last_login", "username", str))
    page = desk.get("/admin/audit/")
    entries = page.context["paged"].page.object_list
    assert [(entry.kind, entry.who, entry.when.minute) for entry in entries] == [
        ("logout", "anna", 6), ("reset-asked", "", 5), ("visit", "boss", 4), ("lockout", "=nobody", 3),
        ("link-made", "boss", 2), ("login", "anna", 1), ("failed-login", "anna", 0),
    ]  # fmt: skip
    assert entries[0].what == "from 10.0.0.1, with Browser"
    assert entries[3].what == "from an unknown address, with Robot"
    assert '<a href="/cases/boss/">published by boss</a>' in page.content.decode()

    def shown(**query: str) -> list[str]:
        return [e.kind for e in desk.get("/admin/audit/", query).context["paged"].page.object_list]

    assert shown(who="anna") == ["logout", "login", "failed-login"]
    assert shown(who="anna", kind="login") == ["login"]
    assert shown(kind="visit", who="anna") == []
    wrong = desk.get("/admin/audit/", {"kind": "x", "page": "99"}).content.decode()
    assert "There is no kind “x”" in wrong
    assert "There is no such page" in wrong
    # As CSV: the same in the same order; what a spreadsheet would run is disarmed.
    lines = b"".join(desk.get("/admin/audit.csv").streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(lines)))
    assert rows[0] == ["when", "who", "kind", "what", "link"]
    assert [row[2] for row in rows[1:]] == [entry.kind for entry in entries]
    assert rows[4][:2] == ["2026-03-01T12:03:00+00:00", "'=nobody"]
    assert desk.get("/admin/audit.csv", {"kind": "x"}).status_code == 400


def test_a_page_of_the_audit_list_reads_its_own_rows_only(desk, noted) -> None:
    def read(page: int) -> tuple[int, list[str]]:
        with CaptureQueriesContext(connection) as queries:
            answer = desk.get("/admin/audit/", {"page": page, "who": "anna"})
        seen = re.findall(r"<td>(2026-[^<]+)</td>", answer.content.decode())
        return len(queries), seen

    few = read(1)[0]
    rows = [AccessLog(username="anna", user_agent="B", session_hash=str(n)) for n in range(120)]
    AccessLog.objects.bulk_create(rows)
    for number, row in enumerate(AccessLog.objects.exclude(session_hash="")):
        row.attempt_time = datetime.datetime(2026, 2, 1, tzinfo=datetime.UTC) + datetime.timedelta(minutes=number)
        row.save()
    pages = [read(number) for number in (1, 2, 3)]
    # A page asks one query for each kind that stands on it.
    assert [queries - few for queries, _seen in pages] == [0, -2, -2]
    assert [len(seen) for _queries, seen in pages] == [50, 50, 23]
    together = [when for _queries, seen in pages for when in seen]
    assert together == sorted(set(together), reverse=True)
