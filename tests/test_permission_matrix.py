"""Who may do what in the admin: every role at every address and with every action, as one exact table.

Roles nest: what one may do, the next may too. Each line says from which role on. A new address or action fails here
until somebody says who may use it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import connection, models
from django.test import Client, RequestFactory
from django.urls import URLResolver, get_resolver, reverse

from casestudies.models import Acronym, Case, HistoryEntry, PreviewLink, SheetImport, Source
from casestudies.newsroom.history import recording
from tests import factories as f

pytestmark = pytest.mark.django_db

VISITOR, STAFF, EDITOR, REVIEWER, ADMIN, SUPER = "visitor", "staff", "editor", "reviewer", "administrator", "superuser"
ROLES = (VISITOR, STAFF, EDITOR, REVIEWER, ADMIN, SUPER)
NOBODY = "nobody"
ORDER = (*ROLES, NOBODY)

#: Model -> who sees it, adds to it, changes and deletes a row (of a case: a draft; of what cases share: not in use).
#: Rows of a case are seen here and written in the forms of their case.
ROW = (EDITOR, NOBODY, NOBODY, NOBODY)
MODELS: dict[str, tuple[str, str, str, str]] = {
    "auth.group": (ADMIN, SUPER, SUPER, SUPER),
    "auth.user": (ADMIN, ADMIN, ADMIN, SUPER),
    "axes.accessattempt": (ADMIN, NOBODY, NOBODY, NOBODY),
    "axes.accessfailurelog": (ADMIN, NOBODY, NOBODY, NOBODY),
    "axes.accesslog": (ADMIN, NOBODY, NOBODY, NOBODY),
    "casestudies.case": (EDITOR, EDITOR, EDITOR, SUPER),
    "casestudies.acceptedfinding": (EDITOR, REVIEWER, REVIEWER, REVIEWER),
    "casestudies.acronym": (EDITOR, EDITOR, EDITOR, EDITOR),
    "casestudies.caseredirect": (EDITOR, ADMIN, ADMIN, ADMIN),
    "casestudies.collection": (EDITOR, ADMIN, ADMIN, ADMIN),
    "casestudies.country": (EDITOR, ADMIN, ADMIN, ADMIN),
    "casestudies.currency": (EDITOR, ADMIN, ADMIN, ADMIN),
    "casestudies.loadedrecord": (SUPER, NOBODY, NOBODY, NOBODY),
    "casestudies.message": (EDITOR, NOBODY, EDITOR, ADMIN),
    "casestudies.organization": (EDITOR, EDITOR, EDITOR, REVIEWER),
    "casestudies.organizationname": (EDITOR, EDITOR, EDITOR, EDITOR),
    "casestudies.release": (EDITOR, ADMIN, NOBODY, NOBODY),
    "casestudies.source": (EDITOR, EDITOR, EDITOR, REVIEWER),
    "casestudies.term": (EDITOR, REVIEWER, REVIEWER, REVIEWER),
    "casestudies.vocabulary": (EDITOR, ADMIN, REVIEWER, ADMIN),
    "recommendations.group": (EDITOR, ADMIN, ADMIN, ADMIN),
    "recommendations.recommendation": (EDITOR, ADMIN, ADMIN, ADMIN),
    "recommendations.subpoint": (EDITOR, ADMIN, ADMIN, ADMIN),
    **{
        f"casestudies.{name}": ROW
        for name in (
            "beneficiarygroup", "budget", "caseactor", "caselink", "caseplace", "casesource", "caseterm", "competence",
            "component", "contribution", "coordinationmechanism", "editorialnote", "figure", "governmenttier",
            "illustration", "keyelement", "milestone", "narrative", "objective", "period",
        )
    },
}  # fmt: skip

#: Address -> who gets an answer. Those of accounts are for everybody who signs in or wants to.
ADDRESSES = {
    "login": VISITOR, "password_reset": VISITOR, "password_reset_sent": VISITOR, "password_reset_done": VISITOR,
    "password_reset_choose": VISITOR,
    "index": STAFF, "account": STAFF, "second_factor": STAFF, "second_factor_qr": STAFF, "password_change": STAFF,
    "password_change_done": STAFF, "jsi18n": STAFF, "app_list casestudies": EDITOR, "app_list auth": ADMIN,
    "audit": ADMIN, "audit_csv": ADMIN, "auth_user_access": ADMIN, "auth_user_password_change": ADMIN,
    "casestudies_case_section": EDITOR, "casestudies_case_section_check": EDITOR, "casestudies_case_check": EDITOR,
    "casestudies_case_copy": EDITOR, "casestudies_case_quality": EDITOR, "casestudies_case_quality_shared": EDITOR,
    "casestudies_case_quality_of": EDITOR,
    "casestudies_organization_merge": REVIEWER, "casestudies_source_merge": REVIEWER,
    "casestudies_acronym_merge": REVIEWER,
    "casestudies_case_preview": EDITOR, "casestudies_case_links": EDITOR, "casestudies_case_link": EDITOR,
    "casestudies_case_tag": EDITOR, "casestudies_case_import": EDITOR, "casestudies_case_import_template": EDITOR,
    "casestudies_case_imported": EDITOR,
    "autocomplete": EDITOR, "view_on_site": STAFF,
    "step submit": EDITOR, "step withdraw": EDITOR, "step discard": EDITOR, "step revise": EDITOR,
    "step publish": REVIEWER, "step return": REVIEWER, "step mark-checked": REVIEWER,
    "step archive": ADMIN, "step republish": ADMIN,
}  # fmt: skip
#: Addresses that only take what is sent.
SENT_ONLY = {"casestudies_case_section_check", "casestudies_case_check", "logout"}

#: Model -> action of its list -> from which role on.
ACTIONS = {
    "auth.user": {"delete_selected": SUPER}, "auth.group": {"delete_selected": SUPER},
    "casestudies.case": {
        "submit_cases": EDITOR, "tag_cases": EDITOR, "as_spreadsheet": EDITOR, "publish_cases": REVIEWER,
        "delete_selected": SUPER,
    },
    "casestudies.acceptedfinding": {"delete_selected": REVIEWER},
    "casestudies.acronym": {"delete_selected": EDITOR, "merge_rows": REVIEWER, "retire": EDITOR, "reactivate": EDITOR},
    "casestudies.caseredirect": {"delete_selected": ADMIN},
    "casestudies.collection": {"delete_selected": ADMIN},
    "casestudies.country": {"delete_selected": ADMIN},
    "casestudies.currency": {"delete_selected": ADMIN},
    "casestudies.message": {
        "delete_selected": ADMIN, "mark_answered": EDITOR, "mark_closed": EDITOR, "mark_spam": EDITOR,
    },
    "casestudies.organization": {
        "delete_selected": REVIEWER, "merge_rows": REVIEWER, "retire": EDITOR, "reactivate": EDITOR,
    },
    "casestudies.organizationname": {"delete_selected": EDITOR},
    "casestudies.source": {"delete_selected": REVIEWER, "merge_rows": REVIEWER, "retire": EDITOR, "reactivate": EDITOR},
    "casestudies.term": {"delete_selected": REVIEWER, "retire": REVIEWER, "reactivate": REVIEWER},
    "casestudies.vocabulary": {"delete_selected": ADMIN},
    "recommendations.group": {"delete_selected": ADMIN},
    "recommendations.recommendation": {"delete_selected": ADMIN},
    "recommendations.subpoint": {"delete_selected": ADMIN},
}  # fmt: skip

#: The models whose rows can become one.
MERGED = ("organization", "source", "acronym")
STANDARD = re.compile(r"(changelist|add|change|delete|history_entry|history|deleted_entry|deleted)\Z")


def from_role(role: str, lowest: str) -> bool:
    return ORDER.index(role) >= ORDER.index(lowest)


def account(role: str) -> User | AnonymousUser:
    if role == VISITOR:
        return AnonymousUser()
    if role == SUPER:
        return User.objects.create_superuser("root")
    user = User.objects.create_user(role, is_staff=True)
    user.groups.set(Group.objects.filter(name=role))
    return user


def patterns() -> Iterator[tuple[str, str]]:
    """Every named address of the admin, with its route."""

    def walk(found: list, prefix: str = "") -> Iterator[tuple[str, str]]:
        for each in found:
            if isinstance(each, URLResolver):
                yield from walk(each.url_patterns, prefix + str(each.pattern))
            elif each.name:
                yield each.name, prefix + str(each.pattern)

    site = next(each for each in get_resolver().url_patterns if getattr(each, "app_name", "") == "admin")
    yield from walk(site.url_patterns)


def rows() -> dict[type[models.Model], models.Model]:
    """A row of every model that the admin knows: of cases, a draft and what hangs off it."""
    case = f.CaseFactory(status="draft")
    found: dict[type[models.Model], models.Model] = {Case: case}
    made = {each._meta.model: each for each in vars(f).values() if hasattr(each, "_meta") and hasattr(each, "create")}
    for model in admin.site._registry:
        if model in found:
            continue
        if model in made:
            fields = {field.name for field in model._meta.fields}
            found[model] = made[model](**({"case": case} if "case" in fields else {}))
    found[User] = User.objects.create_user("other", is_staff=True)
    found[Group] = Group.objects.get(name=EDITOR)
    # What visitors see of it is another's to change: these are shown by no published case.
    found[Source] = f.SourceFactory(in_bibliography=False)
    found[Acronym] = f.AcronymFactory()
    found[Acronym].cases.add(case)
    found[SheetImport] = f.SheetImportFactory()
    found[PreviewLink] = f.PreviewLinkFactory(object_id=case.pk, of_id=case.pk)
    for label in ("accessattempt", "accesslog", "accessfailurelog"):
        model = apps.get_model("axes", label)
        more = {"failures_since_start": 1} if label == "accessattempt" else {}
        found[model] = model.objects.create(username="other", ip_address="192.0.2.1", **more)
    return found


@pytest.fixture
def world() -> dict[type[models.Model], models.Model]:
    """The rows, each with an entry of its history, and something that was deleted."""
    if connection.vendor != "sqlite":
        pytest.skip("who may do what does not depend on the database; the other layer asks")
    found = rows()
    with recording(None) as notes:
        for model, row in found.items():
            if any(
                name == f"{model._meta.app_label}_{model._meta.model_name}_history_entry" for name, _r in patterns()
            ):
                notes.say(row, "edited")
    return found


def addresses(world: dict) -> Iterator[tuple[str, str, str]]:
    """Every address with real arguments: what the tables call it, the model it is of or "", the address."""
    case = world[Case]
    by_name = {f"{model._meta.app_label}_{model._meta.model_name}": model for model in admin.site._registry}
    for name, route in patterns():
        standard = STANDARD.search(name)
        model = by_name.get(name[: standard.start() - 1]) if standard else None
        if model is not None and name not in ADDRESSES:
            yield from _standard(name, route, model, world)
        elif name == "app_list":
            for label in ("casestudies", "auth"):
                yield f"{name} {label}", "", reverse(f"admin:{name}", args=[label])
        elif name == "casestudies_case_step":
            for key in [each for each in ADDRESSES if each.startswith("step ")]:
                yield key, "", reverse(f"admin:{name}", args=[case.pk, key.removeprefix("step ")])
        elif name == "autocomplete":
            query = "?app_label=casestudies&model_name=caselink&field_name=other"
            yield name, "", reverse("admin:autocomplete") + query
        elif name in ("logout", "view_on_site"):
            continue
        else:
            yield name, "", reverse(f"admin:{name}", kwargs=_arguments(name, route, world))


def _arguments(name: str, route: str, world: dict) -> dict[str, Any]:
    model = next((each for each in MERGED if name == f"casestudies_{each}_merge"), "case")
    rows = {model._meta.model_name: row.pk for model, row in world.items()}
    known = {
        "object_id": rows["user" if name.startswith("auth_user") else model], "id": rows["user"], "part": "results",
        "uidb64": "MQ", "token": "x", "entry": 1, "link": rows["previewlink"], "number": rows["sheetimport"],
    }  # fmt: skip
    return {each: known[each] for each in re.findall(r"<(?:\w+:)?(\w+)>", route)}


def _standard(name: str, route: str, model: type, world: dict) -> Iterator[tuple[str, str, str]]:
    page = STANDARD.search(name).group()
    label = model._meta.label_lower
    entry = HistoryEntry.objects.filter(model=label).first()
    arguments: list[Any] = {
        "changelist": [], "add": [], "deleted": [], "history_entry": [world[model].pk, entry.pk if entry else 0],
        "deleted_entry": [entry.pk if entry else 0],
    }.get(page, [world[model].pk])  # fmt: skip
    yield page, label, reverse(f"admin:{name}", args=arguments)


def lowest_of(page: str, label: str) -> str:
    """From which role on an address answers."""
    if not label:
        return ADDRESSES[page]
    sees, adds, _changes, deletes = MODELS[label]
    return {"add": adds, "delete": deletes}.get(page, sees)


def answers(client: Client, page: str, address: str, data: dict | None = None) -> bool:
    """Whether somebody gets in: neither refused, nor sent to the login page, nor told that nothing is taken."""
    answer = client.get(address) if data is None else client.post(address, data)
    assert answer.status_code < 500, address
    answer.close()
    refused = (403, 404, 405) if page.startswith("app_list") else (403, 405)
    return answer.status_code not in refused and not (answer.status_code == 302 and "/login/" in answer["Location"])


def test_every_model_is_in_the_table() -> None:
    assert {model._meta.label_lower for model in admin.site._registry} == set(MODELS)
    assert set(ACTIONS) <= set(MODELS)


@pytest.mark.parametrize("role", ROLES)
def test_every_address_answers_to_whom_it_should(world, role) -> None:
    client, user = Client(), account(role)
    if user.is_authenticated:
        client.force_login(user)
    wrong, seen = [], set()
    for page, label, address in addresses(world):
        seen.add(page)
        expected = from_role(role, lowest_of(page, label))
        if page in SENT_ONLY:
            got = answers(client, page, address, {})
        else:
            got = answers(client, page, address)
            # Who gets no page gets nothing done by sending either.
            if not got and answers(client, page, address, {"post": "yes", "name": "x"}):
                wrong.append((page, label, "sent"))
        if got != expected:
            wrong.append((page, label, f"{'answers' if got else 'refuses'}, against the table"))
        if page == "change" and got:
            writes = answers(client, page, address, {"comment": "x"})
            if writes != from_role(role, MODELS[label][2]):
                wrong.append((page, label, f"{'takes' if writes else 'refuses'} what is sent, against the table"))
    assert not wrong, "\n".join(map(str, wrong))
    assert seen >= set(ADDRESSES) - {"view_on_site", "logout"}


@pytest.mark.parametrize("role", ROLES[1:])
def test_every_action_is_offered_to_whom_it_should(world, role) -> None:
    request = RequestFactory().get("/")
    request.user = User.objects.get(pk=account(role).pk)
    for model, each in admin.site._registry.items():
        offered = set(each.get_actions(request)) if each.has_view_or_change_permission(request) else set()
        wanted = {name for name, lowest in ACTIONS.get(model._meta.label_lower, {}).items() if from_role(role, lowest)}
        assert offered == wanted, model
