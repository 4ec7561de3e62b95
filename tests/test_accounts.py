"""Signing in: how often one may try, the second factor, passwords, and forms that outlive the session."""

from __future__ import annotations

import datetime
import random
import re
import string

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from mainstreaming.accounts import carrying
from mainstreaming.accounts.models import AccountEvent
from recommendations.models import Group as RecommendationGroup
from tests.admin_forms import submitted

pytestmark = pytest.mark.django_db

LOGIN, ACCOUNT, FACTOR = "/admin/login/", "/admin/account/", "/admin/account/second-factor/"
PASSWORD, NEW = "a long enough password", "another one, long enough"


@pytest.fixture(autouse=True)
def _logins_are_counted(settings) -> None:
    settings.AXES_ENABLED = True


@pytest.fixture
def anna() -> User:
    """Somebody of the staff who may work on groups of recommendations."""
    user = User.objects.create_user("anna", "anna@example.org", PASSWORD, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="recommendations"))
    return user


def sign_in(client: Client, name: str = "anna", password: str = PASSWORD, code: str = "", **more: str) -> HttpResponse:
    return client.post(LOGIN, {"username": name, "password": password, "code": code, **more})


def code_of(user: User) -> str:
    """What the app shows, as often as it is asked: the mark of the last one used is taken away."""
    device = TOTPDevice.objects.get(user=user)
    TOTPDevice.objects.filter(pk=device.pk).update(last_t=-1, throttling_failure_count=0)
    return f"{TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift).token():06d}"


def is_in(client: Client) -> bool:
    return client.get(ACCOUNT).status_code == 200


# -- How often one may try


def test_failures_lock_a_name_at_an_address_for_a_time_and_say_how_long(anna, settings) -> None:
    settings.AXES_FAILURE_LIMIT, settings.BEHIND_PROXY = 3, True
    client = Client(HTTP_X_FORWARDED_FOR="9.9.9.9, 10.0.0.1")
    answers = [sign_in(client, password="wrong") for _n in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "Please try again in 30 minutes." in answers[-1].content.decode()
    assert 1790 < int(answers[-1]["Retry-After"]) <= 1800
    # The right password does not help now; trying does not make it longer; elsewhere one can sign in.
    AccessAttempt.objects.update(attempt_time=timezone.now() - datetime.timedelta(minutes=20))
    locked = sign_in(client)
    assert (locked.status_code, "again in 10 minutes." in locked.content.decode()) == (429, True)
    elsewhere = Client(HTTP_X_FORWARDED_FOR="10.0.0.1, 10.0.0.2")
    assert sign_in(elsewhere).status_code == 302
    assert list(AccessFailureLog.objects.order_by("pk").values_list("username", "ip_address", "locked_out")) == [
        ("anna", "10.0.0.1", False), ("anna", "10.0.0.1", False), ("anna", "10.0.0.1", True),
    ]  # fmt: skip
    # The half hour is over.
    AccessAttempt.objects.update(attempt_time=timezone.now() - datetime.timedelta(minutes=31))
    assert sign_in(client).status_code == 302
    assert AccessLog.objects.count() == 2
    # What is kept of an attempt holds no secret.
    sign_in(client, password="wrong", code="123456", carried="typed")
    kept = AccessAttempt.objects.get(ip_address="10.0.0.1").post_data
    assert [word for word in ("wrong", "123456", "typed", "anna") if word in kept] == []


def test_an_address_and_a_name_have_limits_of_their_own(anna, settings) -> None:
    settings.AXES_FAILURE_LIMIT, settings.LOGIN_FAILURES_PER_ADDRESS, settings.BEHIND_PROXY = 3, 5, True
    one = Client(HTTP_X_FORWARDED_FOR="2001:db8::1")
    assert [sign_in(one, name=f"n{n}", password="x").status_code for n in range(5)] == [200] * 4 + [429]
    # The rest of an IPv6 address is the sender's own to choose.
    assert sign_in(Client(HTTP_X_FORWARDED_FOR="2001:db8::2")).status_code == 429
    assert sign_in(Client(HTTP_X_FORWARDED_FOR="2001:db8:1::1")).status_code == 302
    AccessAttempt.objects.all().delete()
    # One name from everywhere: ten times as far.
    AccessAttempt.objects.bulk_create(
        AccessAttempt(username="anna", ip_address=f"10.0.0.{n}", failures_since_start=2, attempt_time=timezone.now())
        for n in range(15)
    )
    assert sign_in(Client(HTTP_X_FORWARDED_FOR="10.0.1.1")).status_code == 429
    AccessAttempt.objects.filter(ip_address="10.0.0.1").delete()
    assert sign_in(Client(HTTP_X_FORWARDED_FOR="10.0.1.1")).status_code == 302
    # Where no address is known nobody is told apart, and one name alone is locked.
    AccessAttempt.objects.all().delete()
    nowhere = [sign_in(Client(), name=f"n{n}", password="x").status_code for n in range(7)]
    assert nowhere == [200] * 7


def test_the_public_site_asks_nothing_for_accounts(anna, client) -> None:
    assert sign_in(client).status_code == 302
    client.get("/about/")
    counts = []
    for browser in (Client(), client):
        with CaptureQueriesContext(connection) as queries:
            browser.get("/about/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 2


# -- The second factor


def test_a_second_factor_from_setting_up_to_removal(anna, client, settings) -> None:
    other = Client()
    assert sign_in(client).status_code == sign_in(other).status_code == 302
    assert "Not set up." in client.get(ACCOUNT).content.decode()
    assert client.get(f"{FACTOR}qr.svg").status_code == 404
    assert client.post(FACTOR, {"action": "begin"}).status_code == 302
    page = client.get(FACTOR)
    secret = page.context["secret"].replace(" ", "")
    picture = client.get(f"{FACTOR}qr.svg")
    assert (picture["Content-Type"], picture.content[:5]) == ("image/svg+xml", b"<?xml")
    assert (b"style=" in picture.content, secret in page.content.decode().replace(" ", "")) == (False, True)
    # It counts for nothing before a code is given, and the password.
    assert sign_in(Client()).status_code == 302
    for wrong in ({"code": "000000", "password": PASSWORD}, {"code": code_of(anna), "password": "x"}):
        assert client.post(FACTOR, {"action": "confirm", **wrong}).context["form"].errors
        assert not TOTPDevice.objects.get().confirmed
    done = client.post(FACTOR, {"action": "confirm", "code": code_of(anna), "password": PASSWORD})
    codes = done.context["codes"]
    assert (len(set(codes)), len(codes[0])) == (10, 17)
    assert codes[0] in done.content.decode()
    assert codes[0].replace("-", "")[:16] not in StaticDevice.objects.get().token_set.values_list("token", flat=True)
    # Other sessions end; this one goes on.
    assert (is_in(client), is_in(other)) == (True, False)
    # The password alone, a wrong code and a code used already say the same.
    code = code_of(anna)
    assert sign_in(Client(), code=code).status_code == 302
    refused = [sign_in(Client(), code=given) for given in ("", "000000", code)]
    wrong = sign_in(Client(), password="x", code=code)
    assert len({answer.context["form"].non_field_errors()[0] for answer in (*refused, wrong)}) == 1
    assert [answer.status_code for answer in refused] == [200] * 3
    # Every one of them counts.
    assert AccessFailureLog.objects.filter(username="anna").count() == 5
    AccessAttempt.objects.all().delete()
    # A recovery code works once, however it is written, also while the app's codes wait after a wrong one.
    TOTPDevice.objects.update(throttling_failure_count=9, throttling_failure_timestamp=timezone.now())
    assert sign_in(Client(), code=codes[1].upper().replace("-", " ")).status_code == 302
    assert sign_in(Client(), code=codes[1]).status_code == 200
    StaticDevice.objects.update(throttling_failure_count=0)
    # django-otp waits after a wrong code: the right one is refused meanwhile.
    assert sign_in(Client(), code=TOTP(TOTPDevice.objects.get().bin_key).token()).status_code == 200
    # New codes in the place of the old ones; then no second factor.
    assert client.post(FACTOR, {"action": "codes", "password": "x"}).context["form"].errors
    new = client.post(FACTOR, {"action": "codes", "password": PASSWORD}).context["codes"]
    assert sign_in(Client(), code=codes[2]).status_code == 200
    StaticDevice.objects.update(throttling_failure_count=0)
    assert sign_in(Client(), code=new[2]).status_code == 302
    assert "9 recovery codes are left" in client.get(ACCOUNT).content.decode()
    assert client.post(FACTOR, {"action": "remove", "password": PASSWORD}).status_code == 302
    assert (sign_in(Client()).status_code, is_in(client)) == (302, True)
    assert [e.kind for e in AccountEvent.objects.order_by("pk")] == ["factor-set", "codes-made", "factor-removed"]


def test_where_all_staff_must_have_a_second_factor_it_comes_first(anna, client, settings) -> None:
    settings.STAFF_TOTP_REQUIRED = True
    sign_in(client)
    for path in ("/admin/", "/admin/recommendations/group/", "/admin/recommendations/group/add/"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, FACTOR), path
    typed = client.post("/admin/recommendations/group/add/", {"title": "Kept"})
    assert (typed.status_code, typed.context["carried"].fields) == (403, (("title", "Kept"),))
    client.post(FACTOR, {"action": "begin"})
    client.post(FACTOR, {"action": "confirm", "code": code_of(anna), "password": PASSWORD})
    assert client.get("/admin/").status_code == 200
    again = Client()
    assert sign_in(again, code=code_of(anna)).status_code == 302
    assert again.get("/admin/").status_code == 200


# -- Passwords


def test_a_new_password_ends_the_sessions_elsewhere(anna, client) -> None:
    other = Client()
    sign_in(client)
    sign_in(other)
    change = reverse("admin:password_change")
    data = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert client.post(change, data | {"old_password": "x"}).context["form"].errors.keys() == {"old_password"}
    short = client.post(change, data | {"new_password1": "eleven char", "new_password2": "eleven char"})
    assert "at least 12 characters" in str(short.context["form"].errors)
    assert client.post(change, data).status_code == 302
    assert (is_in(client), is_in(other)) == (True, False)
    assert [sign_in(Client(), password=word).status_code for word in (PASSWORD, NEW)] == [200, 302]
    # The wrong guess counted like a failed login; the logout is noted with its login.
    assert AccessFailureLog.objects.count() == 2
    client.post(reverse("admin:logout"))
    assert AccessLog.objects.filter(logout_time__isnull=False).count() == 1
    # Long ones and any signs will do.
    long = "ŵ é 漢 " * 22 + "end"
    anna.refresh_from_db()
    sign_in(client, password=NEW)
    done = client.post(change, {"old_password": NEW, "new_password1": long, "new_password2": long})
    assert (len(long) > 128, done.status_code, sign_in(Client(), password=long).status_code) == (True, 302, 302)


def test_a_forgotten_password_and_an_answer_that_tells_nothing(anna, client, settings) -> None:
    ask = reverse("admin:password_reset")
    assert f'href="{ask}"' in client.get(LOGIN).content.decode()
    assert "ask an administrator" in client.get(ask).content.decode()
    assert client.post(ask, {"email": anna.email}).status_code == 200
    assert mail.outbox == []
    settings.CONTACT_EMAIL, settings.SITE_URL = "casebook@example.org", "https://casebook.example.org"
    known, unknown = (client.post(ask, {"email": address}) for address in (anna.email, "nobody@example.org"))
    assert known.status_code == unknown.status_code == 302
    assert (known["Location"], known.content) == (unknown["Location"], unknown.content)
    assert [(m.to, m.from_email) for m in mail.outbox] == [([anna.email], "casebook@example.org")]
    link = re.search(r"https://casebook\.example\.org(/admin/password-reset/\S+)", mail.outbox[0].body)[1]
    form = client.get(link, follow=True)
    data = {"new_password1": NEW, "new_password2": NEW}
    assert client.post(form.redirect_chain[-1][0], data)["Location"] == reverse("admin:password_reset_done")
    assert sign_in(Client(), password=NEW).status_code == 302
    # Once only.
    assert "not valid any more" in Client().get(link, follow=True).content.decode()
    # Three links an hour for an account, without saying so; ten questions an hour from an address.
    answers = [client.post(ask, {"email": anna.email}).status_code for _n in range(9)]
    assert (answers, len(mail.outbox)) == ([302] * 8 + [429], 3)
    AccountEvent.objects.update(when=timezone.now() - datetime.timedelta(minutes=61))
    assert client.post(ask, {"email": anna.email}).status_code == 302
    assert len(mail.outbox) == 4
    # Those who left get none.
    User.objects.update(is_active=False)
    client.post(ask, {"email": anna.email})
    assert len(mail.outbox) == 4


# -- Forms that outlive the session

GROUP = "/admin/recommendations/group/add/"
TYPED = {
    "slug": "own",
    "title": 'Ones <b>"own"</b> & theirs',
    "introduction": "First.\r\n\r\n  Second – é 漢.",
    "_continue": "Save",
}


def browser(**options: str) -> Client:
    """A browser whose forms carry tokens that are checked."""
    return Client(enforce_csrf_checks=True, **options)


def token(client: Client, path: str) -> str:
    return submitted(client.get(path).content.decode(), "login-form")["csrfmiddlewaretoken"][0]


def test_a_form_sent_after_the_session_ended_is_carried_through_the_login(anna) -> None:
    client = browser()
    fields = {**form_fields(client), **TYPED}
    answer = client.post(f"{GROUP}?_changelist_filters=q%3Da", fields)
    html = answer.content.decode()
    assert answer.status_code == 403
    assert "What you typed is not lost" in html
    assert RecommendationGroup.objects.count() == 0
    hidden = submitted(html, "login-form")
    assert hidden["next"] == [f"{GROUP}?_changelist_filters=q%3Da"]
    # A wrong password keeps it, and the page of a lock too; a second factor is asked for as always.
    client.cookies.pop("sessionid", None)
    wrong = client.post(LOGIN, hidden | {"username": "anna", "password": "wrong"})
    hidden = submitted(wrong.content.decode(), "login-form")
    AccessAttempt.objects.update(failures_since_start=9)
    locked = client.post(LOGIN, hidden | {"username": "anna", "password": PASSWORD})
    assert locked.status_code == 429
    hidden = submitted(locked.content.decode(), "login-form")
    AccessAttempt.objects.all().delete()
    kept = client.post(LOGIN, hidden | {"username": "anna", "password": PASSWORD})
    assert (kept.status_code, kept.templates[0].name) == (200, "admin/accounts/still_here.html")
    html = kept.content.decode()
    assert f'action="{GROUP}?_changelist_filters=q%3Da"' in html
    # Nothing is sent by itself; the button sends everything, letter for letter.
    assert RecommendationGroup.objects.count() == 0
    sent = submitted(html, "carried-form")
    assert {name: sent[name] for name in TYPED} == {name: [value] for name, value in TYPED.items()}
    saved = client.post(GROUP, sent)
    assert saved.status_code == 302, saved.context["errors"]
    group = RecommendationGroup.objects.get()
    # The ends of lines are the database's.
    assert (group.title, group.introduction) == (TYPED["title"], TYPED["introduction"].replace("\r\n", "\n"))


def form_fields(client: Client) -> dict[str, str]:
    """The form of a recommendations' group as somebody sees it who is signed in, with the token of this browser."""
    staff = Client()
    staff.force_login(User.objects.get(username="anna"))
    fields = submitted(staff.get(GROUP).content.decode(), "group_form")
    return {**fields, "csrfmiddlewaretoken": token(client, LOGIN)}


def test_a_form_whose_token_is_out_of_date_is_not_lost(anna) -> None:
    client = browser()
    old = token(client, LOGIN)
    sign_in_with_token(client)
    answer = client.post(GROUP, {**TYPED, "csrfmiddlewaretoken": old}, HTTP_SEC_FETCH_SITE="same-origin")
    # The token of before the login is no longer good.
    assert (answer.status_code, answer.context["title"]) == (403, "What you typed is still here")
    sent = submitted(answer.content.decode(), "carried-form")
    assert sent["title"] == [TYPED["title"]]
    again = client.post(GROUP, sent, HTTP_SEC_FETCH_SITE="same-origin")
    assert again.status_code == 200
    assert again.context["adminform"].form.data["title"] == TYPED["title"]
    # Somebody signed out since: through the login. What another site sends is not kept.
    client.cookies.pop("sessionid")
    out = client.post(GROUP, {**TYPED, "csrfmiddlewaretoken": "x" * 64}, HTTP_ORIGIN="http://testserver")
    assert carrying.unpack(submitted(out.content.decode(), "login-form")["carried"][0]).path == GROUP
    for header in ({"HTTP_SEC_FETCH_SITE": "cross-site"}, {"HTTP_ORIGIN": "https://evil.example"}, {}):
        refused = client.post(GROUP, {**TYPED, "csrfmiddlewaretoken": "x" * 64}, **header)
        assert (refused.status_code, b"carried" in refused.content) == (403, False), header
    # The login page itself, out of date, keeps what it carries.
    text = submitted(out.content.decode(), "login-form")["carried"][0]
    late = client.post(LOGIN, {"carried": text, "csrfmiddlewaretoken": "y" * 64}, HTTP_SEC_FETCH_SITE="same-origin")
    assert (late.status_code, submitted(late.content.decode(), "login-form")["carried"]) == (403, [text])


def sign_in_with_token(client: Client) -> None:
    data = {"username": "anna", "password": PASSWORD, "csrfmiddlewaretoken": token(client, LOGIN)}
    assert client.post(LOGIN, data).status_code == 302


def test_what_is_carried_and_what_is_not(anna, client) -> None:
    # The largest form: 900 fields, 400,000 letters in no order, which compress badly.
    letters = random.Random(7)
    form = {f"row-{n}-text": "".join(letters.choices(string.ascii_letters + "éñ漢 ", k=450)) for n in range(900)}
    answer = client.post(GROUP, form)
    carried = submitted(answer.content.decode(), "login-form")["carried"][0]
    assert len(carried) < carrying.MOST
    kept = sign_in(client, carried=carried)
    sent = submitted(kept.content.decode(), "carried-form")
    assert {name: values[0] for name, values in sent.items() if name != "csrfmiddlewaretoken"} == form
    client.logout()
    too_big = client.post(GROUP, {"text": "".join(letters.choices(string.printable, k=1_300_000))})
    assert (too_big.status_code, "too much to be carried" in too_big.content.decode()) == (403, True)
    # Files cannot be kept, and it says which.
    file = client.post(GROUP, {"title": "x", "sheet": SimpleUploadedFile("cases.xlsx", b"x")}).content.decode()
    assert "choose them again afterwards: cases.xlsx" in file
    # What a script sends, and what holds passwords, is answered as ever; so is what was changed on the way, or old.
    assert client.post(GROUP, {"title": "x"}, HTTP_SEC_FETCH_MODE="cors").status_code == 302
    assert client.post(reverse("admin:password_change"), {"old_password": PASSWORD}).status_code == 302
    user = client.post("/admin/auth/user/add/", {"username": "b", "password1": "secret"}).content.decode()
    assert carrying.unpack(submitted(user, "login-form")["carried"][0]).fields == (("username", "b"),)
    changed = sign_in(client, carried=carried[:-1] + ("A" if carried[-1] != "A" else "B"))
    assert (changed.status_code, changed["Location"]) == (302, "/admin/")
    elsewhere = carrying.pack(carrying.Carried("//evil.example/admin/", (("a", "b"),), ()))
    assert carrying.unpack(elsewhere) is None
    assert carrying.unpack(carrying.pack(carrying.Carried("/cases/", (("a", "b"),), ()))) is None
    # Whoever signs in needs the permission for the page: carrying gives none.
    User.objects.create_user("ben", password=PASSWORD, is_staff=True)
    other = Client()
    page = sign_in(other, name="ben", carried=carrying.pack(carrying.Carried(GROUP, (("title", "x"),), ())))
    assert page.status_code == 200
    assert other.post(GROUP, submitted(page.content.decode(), "carried-form")).status_code == 403


def test_old_entries_go_by_a_command(anna, client, capsys) -> None:
    sign_in(client)
    sign_in(Client(), password="x")
    for model, field in ((AccessLog, "attempt_time"), (AccessFailureLog, "attempt_time")):
        model.objects.update(**{field: timezone.now() - datetime.timedelta(days=31)})
    AccountEvent.objects.create(kind="link-made", when=timezone.now() - datetime.timedelta(days=29))
    call_command("prune_accounts", "--days", "30")
    assert capsys.readouterr().out == "2 entries older than 30 days removed.\n"
    assert [m.objects.count() for m in (AccessLog, AccessFailureLog, AccountEvent, AccessAttempt)] == [0, 0, 1, 1]
