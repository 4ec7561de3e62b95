"""Two people at once: nobody saves over what somebody else saved in between, and nothing typed is lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from casestudies.admin.parts import BY_SLUG, part_url
from casestudies.models import Case, Figure, HistoryEntry, Message, Organization
from casestudies.newsroom import workflow
from tests import factories as make
from tests.admin_forms import submitted

from .reading import text

pytestmark = pytest.mark.django_db

Fields = dict[str, list[str]]


def client(name: str) -> Client:
    """The browser of somebody who may do everything."""
    user = User.objects.filter(username=name).first() or User.objects.create_superuser(name, f"{name}@example.org", "x")
    made = Client()
    made.force_login(user)
    return made


@pytest.fixture
def ann(db: None) -> Client:
    return client("ann")


@pytest.fixture
def bob(db: None) -> Client:
    return client("bob")


@pytest.fixture
def vaud() -> Case:
    """A draft with figures a to d in one section, in this order, and a milestone in another."""
    case = make.CaseFactory(slug="vaud", status="draft")
    for position, key in enumerate("abcd", start=1):
        make.FigureFactory(case=case, key=key, position=position, label=f"Label {key}", stated="100")
    make.MilestoneFactory(case=case, section="results", key="m", text="A law.")
    return case


def opened(who: Client, url: str, form: str = "case_form") -> Fields:
    """What a browser sends of the form."""
    return submitted(who.get(url).content.decode(), form)


def part(case: Case, slug: str) -> str:
    return part_url(case, BY_SLUG[slug])


def panel(answer: Any) -> dict[str, tuple[str, list[tuple[str, str, str, str]]]]:
    """What the refusal tells of each row: what became of it, and field by field then, now and typed."""
    rows = answer.context["casebook_collision"].rows
    cells = {row.name: [(str(c.label), c.opened, c.saved, c.typed) for c in row.cells] for row in rows}
    return {row.name: (row.change, cells[row.name]) for row in rows}


def labels(case: Case) -> list[tuple[str, str]]:
    return list(Figure.objects.filter(case=case).order_by("position", "key").values_list("key", "label"))


def test_two_people_in_two_parts_do_not_disturb_each_other(ann: Client, bob: Client, vaud: Case) -> None:
    one, two = part(vaud, "migratory-context"), part(vaud, "results")
    of_ann, of_bob = opened(ann, one), opened(bob, two)
    assert bob.post(two, of_bob | {"milestones-0-text": "Bob."}).status_code == 302
    assert ann.post(one, of_ann | {"figures-0-label": "Ann"}).status_code == 302
    vaud.refresh_from_db()
    assert (vaud.milestones.get().text, labels(vaud)[0], vaud.version) == ("Bob.", ("a", "Ann"), 3)


def test_the_second_sees_both_and_nothing_typed_is_lost(ann: Client, bob: Client, vaud: Case) -> None:
    url = part(vaud, "migratory-context")
    of_ann, of_bob = opened(ann, url), opened(bob, url)
    saved = {"figures-0-label": "Bob", "figures-1-label": "Bob too", "figures-2-qualifier": "about"}
    assert bob.post(url, of_bob | saved).status_code == 302
    typed = {"figures-0-label": "Ann", "figures-2-qualifier": "over", "figures-3-label": "Ann four"}
    refused = ann.post(url, of_ann | typed)
    assert refused.status_code == 409
    assert labels(vaud) == [("a", "Bob"), ("b", "Bob too"), ("c", "Label c"), ("d", "Label d")]
    assert panel(refused) == {
        "Bob: 100": ("changed", [("What is counted", "Label a", "Bob", "Ann")]),
        "Bob too: 100": ("changed", [("What is counted", "Label b", "Bob too", "")]),
        "Label c: 100": ("changed", [("Qualifier", "exactly", "about", "over")]),
    }
    entry = HistoryEntry.objects.latest("pk")
    html = refused.content.decode()
    assert reverse("admin:casestudies_case_history_entry", args=[vaud.pk, entry.pk]) in html
    assert "bob, " in text(html)
    again = submitted(html, "case_form")
    values = [again[f"figures-{i}-label"][0] for i in range(4)]
    assert values == ["Ann", "Bob too", "Label c", "Ann four"]
    assert again["figures-2-qualifier"] == ["over"]
    # Somebody is faster once more: refused again, with everything still there.
    assert bob.post(url, opened(bob, url) | {"figures-1-label": "Bob thrice"}).status_code == 302
    refused = ann.post(url, again | {"figures-0-label": "Ann and Bob"})
    assert (refused.status_code, list(panel(refused))) == (409, ["Bob thrice: 100"])
    assert ann.post(url, submitted(refused.content.decode(), "case_form")).status_code == 302
    assert labels(vaud) == [("a", "Ann and Bob"), ("b", "Bob thrice"), ("c", "Label c"), ("d", "Ann four")]


def test_rows_that_went_came_or_moved_meanwhile(ann: Client, bob: Client, vaud: Case) -> None:
    url = part(vaud, "migratory-context")
    of_ann, of_bob = opened(ann, url), opened(bob, url)
    new = {name.replace("__prefix__", "4"): value for name, value in of_ann.items() if "figures-__prefix__" in name}
    done = {"figures-0-DELETE": "on", "figures-1-DELETE": "on", "figures-2-position": "9", "figures-TOTAL_FORMS": "5"}
    done |= new | {
        "figures-4-key": "e",
        "figures-4-label": "Bob's new",
        "figures-4-unit": "people",
        "figures-4-low": "5",
        "figures-4-high": "5",
    }
    assert bob.post(url, of_bob | done | {"figures-4-stated": "5"}).status_code == 302
    typed = {"figures-0-label": "Ann", "figures-2-label": "Ann's c", "figures-3-DELETE": "on"}
    typed |= new | {
        "figures-4-key": "f",
        "figures-4-label": "Ann's new",
        "figures-4-unit": "people",
        "figures-4-low": "6",
        "figures-4-high": "6",
    }
    refused = ann.post(url, of_ann | typed | {"figures-TOTAL_FORMS": "5", "figures-4-stated": "6"})
    assert refused.status_code == 409
    told = {name: change for name, (change, _cells) in panel(refused).items()}
    assert told == {
        "Label a": "kept", "Label b": "removed", "Label c: 100": "changed", "Bob's new: 5": "added",
    }  # fmt: skip
    assert [key for key, _label in labels(vaud)] == ["d", "c", "e"]
    assert ann.post(url, submitted(refused.content.decode(), "case_form")).status_code == 302
    found = dict(labels(vaud))
    assert found == {"a": "Ann", "c": "Ann's c", "e": "Bob's new", "f": "Ann's new"}
    assert Figure.objects.get(key="c").position == 9


def test_both_add_the_one_text_of_a_section_and_the_budget(ann: Client, bob: Client, vaud: Case) -> None:
    url = part(vaud, "overview")
    of_ann, of_bob = opened(ann, url), opened(bob, url)
    sent = {}
    for who, fields in (("Ann", of_ann), ("Bob", of_bob)):
        for prefix in ("narratives", "budget"):
            names = [name for name in fields if name.startswith(f"{prefix}-__prefix__-")]
            fields |= {name.replace("__prefix__", "0"): fields[name] for name in names}
            fields |= {f"{prefix}-TOTAL_FORMS": ["1"]}
        sent[who] = fields | {"narratives-0-text": [f"{who}'s."], "budget-0-note": [f"{who}'s note"]}
    assert bob.post(url, sent["Bob"] | {"budget-0-place": ["Part 4.1, Overview"]}).status_code == 302
    refused = ann.post(url, sent["Ann"])
    assert refused.status_code == 409
    again = submitted(refused.content.decode(), "case_form")
    assert (again["narratives-0-text"], again["budget-0-note"]) == (["Ann's."], ["Ann's note"])
    cells = [cells for _change, cells in panel(refused).values()]
    assert [[cell for cell in each if "Ann" in cell[3]] for each in cells] == [
        [("Note", "", "Bob's note", "Ann's note")], [("Text", "", "Bob's.", "Ann's.")],
    ]  # fmt: skip
    assert ann.post(url, again).status_code == 302
    assert [row.text for row in vaud.narratives.all()] == ["Ann's."]
    assert (vaud.budget.note, vaud.budget.place) == ("Ann's note", "Part 4.1, Overview")


def test_a_form_without_its_mark_or_with_a_false_one_is_refused_and_kept(ann: Client, vaud: Case) -> None:
    url = part(vaud, "migratory-context")
    fields = opened(ann, url) | {"figures-0-label": ["Ann"]}
    del fields["_opened"]
    for mark in ({}, {"_opened": "\u0661.0." + "0" * 32}, {"_opened": "1.999999999999999999." + "0" * 32}):
        refused = ann.post(url, fields | mark)
        assert refused.status_code == 409, mark
        assert "The history does not have the state that you opened" in text(refused.content.decode())
        assert panel(refused) == {"Label a: 100": ("changed", [("What is counted", "", "Label a", "Ann")])}
    assert ann.post(url, submitted(refused.content.decode(), "case_form")).status_code == 302
    assert labels(vaud)[0] == ("a", "Ann")


def test_what_was_changed_past_the_admin_is_not_saved_over(ann: Client, bob: Client, vaud: Case) -> None:
    url = part(vaud, "migratory-context")
    bob.post(url, opened(bob, url) | {"figures-3-label": "Bob"})
    of_ann = opened(ann, url) | {"figures-0-label": ["Ann"]}
    Figure.objects.filter(key="b").update(label="Loaded")
    refused = ann.post(url, of_ann)
    assert (refused.status_code, labels(vaud)[0]) == (409, ("a", "Label a"))
    collision = refused.context["casebook_collision"]
    assert (collision.saves, collision.is_past, collision.is_blind) == ([], True, False)
    assert [cells for _change, cells in panel(refused).values()] == [[("What is counted", "Label b", "Loaded", "")]]
    # A version of which the history knows nothing: all that differs from now counts as typed.
    of_ann = opened(ann, url) | {"figures-0-label": ["Ann"]}
    Case.objects.filter(pk=vaud.pk).update(version=40)
    of_ann["_opened"] = [opened(ann, url)["_opened"][0]]
    Figure.objects.filter(key="b").update(label="Loaded again")
    refused = ann.post(url, of_ann)
    assert (refused.status_code, refused.context["casebook_collision"].is_blind) == (409, True)
    assert [cells for _change, cells in panel(refused).values()] == [
        [("What is counted", "", "Label a", "Ann")], [("What is counted", "", "Loaded again", "Loaded")],
    ]  # fmt: skip


def test_own_fields_and_shared_rows(ann: Client, bob: Client, vaud: Case) -> None:
    body = make.OrganizationFactory(slug="canton", name="Canton", types=[make.term("actor-type", "state")])
    other = make.OrganizationNameFactory(organization=body, key="n", name="Kanton")
    message = make.MessageFactory(note="")
    recommendation = make.RecommendationFactory(number=1)
    make.SubPointFactory(recommendation=recommendation, letter="a")
    stories: list[tuple[Model, dict[str, str], dict[str, str], str]] = [
        (vaud, {"title": "Bob's title"}, {"purpose": "Ann's purpose"}, "Bob's title"),
        (body, {"other_names-0-name": "Bob's name", "types": ""}, {"description": "Ann's"}, "Bob's name"),
        (message, {"note": "Bob's note"}, {"note": "Ann's note", "status": "closed"}, "Bob's note"),
        (recommendation, {"subpoints-0-title": "Bob's a"}, {"title": "Ann's"}, "Bob's a"),
    ]
    for row, of_bob, of_ann, shown in stories:
        name = row._meta.model_name
        url = reverse(f"admin:{row._meta.app_label}_{name}_change", args=[row.pk])
        first, second = opened(ann, url, f"{name}_form"), opened(bob, url, f"{name}_form")
        if "types" in of_bob:
            del second["types"]
        assert bob.post(url, second | {k: v for k, v in of_bob.items() if v}).status_code == 302
        refused = ann.post(url, first | of_ann)
        assert refused.status_code == 409, name
        html = refused.content.decode()
        assert shown in text(html), name
        assert ann.post(url, submitted(html, f"{name}_form")).status_code == 302, name
    vaud.refresh_from_db()
    assert (vaud.title, vaud.purpose) == ("Bob's title", "Ann's purpose")
    body, other = Organization.objects.get(), body.other_names.get()
    assert (body.description, other.name, list(body.types.all())) == ("Ann's", "Bob's name", [])
    assert [(row.note, row.status) for row in Message.objects.all()] == [("Ann's note", "closed")]
    recommendation.refresh_from_db()
    assert (recommendation.title, recommendation.subpoints.get().title) == ("Ann's", "Bob's a")


def test_what_can_no_longer_be_saved_is_shown_to_copy(ann: Client, bob: Client, vaud: Case) -> None:
    reviewer, author = (User.objects.get(username=name) for name in ("bob", "ann"))
    url = part(vaud, "migratory-context")
    fields = opened(ann, url) | {"figures-0-label": ["What Ann typed"]}
    workflow.take("submit", vaud, author)
    ann_as_editor = Client()
    editor = User.objects.create_user("edna", is_staff=True)
    editor.groups.add(*editor.groups.model.objects.filter(name="editor"))
    ann_as_editor.force_login(editor)
    answer = ann_as_editor.post(url, fields)
    assert (answer.status_code, labels(vaud)[0]) == (409, ("a", "Label a"))
    assert "is not open to your changes any more" in text(answer.content.decode())
    assert "What is counted What Ann typed" in text(answer.content.decode())
    # A working revision is published while somebody writes in it.
    workflow.take("publish", vaud, reviewer)
    revision = workflow.take("revise", Case.objects.get(), author)
    url = part(revision, "migratory-context")
    fields = opened(ann, url) | {"figures-0-label": ["What Ann typed"], "figures-1-DELETE": ["on"]}
    workflow.take("submit", revision, author)
    workflow.take("publish", revision, reviewer)
    answer = ann.post(url, fields)
    shown = text(answer.content.decode())
    assert answer.status_code == 409
    assert "is not there any more. Nothing was saved." in shown
    assert "What is counted What Ann typed" in shown
    assert shown.count("(marked for removal)") == 1
    assert reverse("admin:casestudies_case_change", args=[vaud.pk]) in answer.content.decode()
    # What nobody sent from a form is answered as ever.
    assert ann.post(url, {}).status_code == 302
