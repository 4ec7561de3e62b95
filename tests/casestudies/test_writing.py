"""The forms of a case as a place to write in: the guide, what review will ask for, the order of rows."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from casestudies.admin.cases import part_url
from casestudies.admin.completeness import FRAGMENT, part_of_row
from casestudies.admin.guide import MEANINGS, guide_of
from casestudies.admin.parts import BY_SLUG, PARTS, Part
from casestudies.changes import data_version, held_back
from casestudies.models import Case, CaseTerm, Component, HistoryEntry, Narrative, SearchText
from tests import factories as make
from tests.admin_forms import submitted

from .admin_tree import full_case, snapshot
from .reading import text

pytestmark = pytest.mark.django_db


def check_url(case: Case, part: Part) -> str:
    return f"{part_url(case, part).removesuffix('change/')}check/"


def form_of(client: Client, case: Case, slug: str) -> dict[str, list[str]]:
    """What a browser sends of a form."""
    return submitted(client.get(part_url(case, BY_SLUG[slug])).content.decode(), "case_form")


def checked(client: Client, case: Case, slug: str, fields: dict[str, list[str]]) -> str:
    """The panel for a form."""
    answer = client.post(check_url(case, BY_SLUG[slug]), fields, headers={FRAGMENT: "1"})
    assert answer.status_code == 200
    return answer.content.decode()


# -- The guide


@held_back()
def make_terms() -> None:
    for vocabulary in (
        "actor-type", "approach", "beneficiary", "challenge", "coordination-form", "level", "mechanism", "migration",
        "national-local-link", "objective", "region", "role", "state", "tier", "trigger",
    ):  # fmt: skip
        make.term(vocabulary, f"a-{vocabulary}")


def test_every_form_has_its_guide_with_the_vocabularies_that_its_fields_choose_from() -> None:
    make_terms()
    assert list(MEANINGS) == [part.slug for part in PARTS]
    found = {part.slug: {each.vocabulary.slug for each in guide_of(part).vocabularies} for part in PARTS}
    assert found == {
        "identity": set(),
        "overview": {"challenge", "level"},
        "migratory-context": {"migration"},
        "institutional-background": set(),
        "decentralization": {"state", "national-local-link"},
        "triggering-factors": {"trigger", "approach"},
        "actors": {"actor-type", "role"},
        "coordination": {"coordination-form", "tier"},
        "objectives": {"objective", "beneficiary"},
        "implementation": {"mechanism"},
        "results": set(),
        "key-elements": set(),
        "sources": set(),
    }


def test_a_guide_shows_each_term_with_its_definition_and_none_that_is_retired(editor: Client) -> None:
    case = make.CaseFactory(status="draft")
    above = make.term("trigger", "above", definition="What stands above.")
    below = make.term("trigger", "below", parent=above, definition="What stands <below>.")
    make.term("trigger", "gone", is_retired=True, definition="No longer.")
    url = part_url(case, BY_SLUG["triggering-factors"])
    html = editor.get(url).content.decode()
    guide = html.partition('id="casebook-guide"')[2].partition("</details>\n\n")[0]
    terms = re.findall(r'<div data-term="(\d+)"( class="casebook-below")?><dt>(.*?)</dt><dd>(.*?)</dd>', guide)
    assert terms == [
        (str(above.pk), "", above.label, "What stands above."),
        (str(below.pk), ' class="casebook-below"', below.label, "What stands &lt;below&gt;."),
    ]
    add = editor.get(reverse("admin:casestudies_case_add")).content.decode()
    assert 'id="casebook-guide"' in add
    assert 'id="casebook-completeness"' not in add


def test_every_field_of_a_form_has_a_help_text() -> None:
    lacking = set()
    for part in PARTS:
        for inline in part.inlines:
            meta = inline.model._meta
            fields = [*meta.local_fields, *meta.local_many_to_many]
            names = {field.name for field in fields if field.editable and not field.primary_key and not field.help_text}
            lacking |= {(meta.model_name, name) for name in names - {"case"}}
    lacking |= {("case", field.name) for field in Case._meta.local_fields if field.editable and not field.help_text}
    # What no form shows.
    assert lacking == {("case", "id"), ("case", "revises")}


def test_a_term_is_added_to_the_vocabulary_of_its_field(editor: Client) -> None:
    case = make.CaseFactory(status="draft")
    role = make.term("role", "funds")
    make.term("trigger", "reform")
    links = {
        slug: re.findall(r'id="add_id_(\w+)-__prefix__-(\w+)"[^>]+href="[^"]+/term/add/\?([^"]+)"', html)
        for slug in ("actors", "migratory-context", "triggering-factors")
        if (html := editor.get(part_url(case, BY_SLUG[slug])).content.decode())
    }
    popup = "_to_field=id&amp;_popup=1"
    assert links == {
        "actors": [("caseactors", "roles", f"{popup}&amp;vocabulary__slug=role")],
        "migratory-context": [("caseterms", "term", f"{popup}&amp;vocabulary__slug=migration")],
        # It chooses from two.
        "triggering-factors": [("caseterms", "term", popup)],
    }
    add = reverse("admin:casestudies_term_add")
    assert submitted(editor.get(f"{add}?vocabulary__slug=role").content.decode(), "term_form")["vocabulary"] == [
        str(role.vocabulary_id)
    ]
    for query in ("vocabulary__slug=nothing", ""):
        assert submitted(editor.get(f"{add}?{query}").content.decode(), "term_form")["vocabulary"] == [""]


# -- The rows


def test_rows_can_be_moved_where_their_position_orders_them(editor: Client) -> None:
    found = {inline.model._meta.model_name: set() for part in PARTS for inline in part.inlines}
    case = make.CaseFactory(status="draft")
    for part in PARTS:
        for each in editor.get(part_url(case, part)).context["inline_admin_formsets"]:
            found[each.opts.model._meta.model_name].add("casebook-ordered" in each.classes)
    still = {name for name, is_ordered in found.items() if is_ordered == {False}}
    # One of a kind; by date; by the recommendation's number; by the address.
    assert still == {"budget", "narrative", "milestone", "illustration", "caseredirect"}
    assert all(len(values) == 1 for values in found.values())


def test_every_row_is_told_with_the_form_that_it_stands_in() -> None:
    case = full_case(1)
    places = {part_of_row(row).slug for model in (CaseTerm, Component) for row in model.objects.filter(case=case)}
    assert places == {part.slug for part in PARTS if part.section}
    assert {part_of_row(row).slug for row in case.caseplaces.all()} == {"identity"}
    assert {part_of_row(row).slug for row in case.caseterms.filter(term__vocabulary__slug="trigger")} == {
        "triggering-factors"
    }
    # A vocabulary that no form claims.
    assert {part_of_row(row).slug for row in case.caseterms.filter(term__vocabulary__slug="level")} == {"overview"}


# -- What review will ask for


def state_of_everything(case: Case) -> tuple:
    """All that a check could leave behind."""
    everything = snapshot(case)
    marks = list(SearchText.objects.order_by("pk").values_list("pk", "changes"))
    return everything, data_version(), marks, HistoryEntry.objects.count(), Case.objects.get(pk=case.pk).version


def test_a_check_judges_what_is_typed_and_leaves_nothing_behind(editor: Client, own_work: None) -> None:
    case = full_case(1, status="published")
    # The case's own fields; a form with texts, typed values and many-to-many links; one whose rows others link to.
    for part in (BY_SLUG["identity"], BY_SLUG["objectives"], BY_SLUG["actors"]):
        fields = form_of(editor, case, part.slug)
        before = state_of_everything(case)
        unchanged = checked(editor, case, part.slug, fields)
        if "narratives-0-text" in fields:
            assert "Narrative of less than 140 characters" in unchanged
            longer = fields | {"narratives-0-text": ["Long enough. " * 20]}
            assert "Narrative of less than 140 characters" not in checked(editor, case, part.slug, longer)
            first = next(name for name in fields if name.endswith("-0-id") and not name.startswith("narratives"))
            gone = {first.replace("-id", "-DELETE"): ["on"], "narratives-0-DELETE": ["on"]}
            assert "Section without a narrative" in checked(editor, case, part.slug, fields | gone)
        else:
            renamed = checked(editor, case, part.slug, fields | {"slug": ["elsewhere"], "title": ["Another"]})
            assert text(renamed).startswith("2 open in this form")
        assert state_of_everything(case) == before, part.slug


def test_the_panel_names_what_is_open_here_and_counts_the_rest_with_links(editor: Client) -> None:
    case = make.CaseFactory(slug="lac", status="draft")
    figure = make.FigureFactory(case=case, section="results", place="", label="Loans", stated="12", key="loans")
    make.CaseActorFactory(case=case, is_lead=False, place="Part 4.1, Actors")
    html = checked(editor, case, "results", form_of(editor, case, "results"))
    assert text(html).startswith("2 open in this form, ")
    assert re.findall(r"<li>(?:<a href=\"(#[^\"]+)\">)?([^<]+)", html.partition("<details")[0]) == [
        ("", "Section without a narrative"),
        ("#figures-0", "Figure without its place in the paper"),
    ]
    assert f": {figure}</li>" in html
    counts = dict(re.findall(r'<li><a href="([^"]+)">[^<]+</a>: (\d+)</li>', html))
    assert counts == {
        part_url(case, BY_SLUG[slug]): number
        for slug, number in {
            "identity": "2", "overview": "3", "migratory-context": "3", "institutional-background": "2",
            "decentralization": "5", "triggering-factors": "3", "actors": "3", "coordination": "2", "objectives": "3",
            "implementation": "2",
        }.items()
    }  # fmt: skip
    assert text(html).startswith(f"2 open in this form, {sum(map(int, counts.values()))} elsewhere.")


def test_errors_of_the_form_come_first(editor: Client) -> None:
    case = make.CaseFactory(status="draft")
    make.ComponentFactory(case=case, section="results", position=1)
    fields = form_of(editor, case, "results") | {"components-0-title": [""], "components-0-place": ["p. 3"]}
    said = text(checked(editor, case, "results", fields))
    assert said == "The form has 2 errors; it cannot be judged until these are mended."
    without = {name: value for name, value in fields.items() if not name.startswith("figures-")}
    assert "cannot be judged" in checked(editor, case, "results", without)


def test_without_the_script_the_check_is_a_page(editor: Client) -> None:
    case = make.CaseFactory(status="draft")
    html = editor.post(check_url(case, BY_SLUG["results"]), form_of(editor, case, "results")).content.decode()
    assert "Nothing was saved" in html
    assert "Section without a narrative" in html


def test_a_check_is_for_those_who_may_change_the_case(editor: Client) -> None:
    case = make.CaseFactory(status="draft")
    url = check_url(case, BY_SLUG["results"])
    fields = form_of(editor, case, "results")
    assert editor.get(url).status_code == 405
    assert editor.post(check_url(case, BY_SLUG["results"]).replace("results", "nothing")).status_code == 404
    assert editor.post(reverse("admin:casestudies_case_check", args=["no-number"]), fields).status_code == 404
    # The login page, with what was sent still in it.
    assert Client().post(url, fields).status_code == 403
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_case"))
    client = Client()
    client.force_login(reader)
    assert client.post(url, fields).status_code == 403
    assert 'id="casebook-completeness"' not in client.get(part_url(case, BY_SLUG["results"])).content.decode()


def test_a_new_row_is_judged_with_its_place_on_the_page(editor: Client) -> None:
    case = make.CaseFactory(status="draft")
    fields = form_of(editor, case, "results") | {
        "narratives-TOTAL_FORMS": ["1"], "narratives-0-text": ["Short."], "narratives-0-section": ["results"],
    }  # fmt: skip
    html = checked(editor, case, "results", fields)
    assert '<a href="#narratives-0">Narrative of less than 140 characters</a>' in html
    assert not Narrative.objects.filter(case=case).exists()


def test_moved_rows_are_stored_in_their_new_order(editor: Client) -> None:
    case = make.CaseFactory(status="draft")
    for number, key in enumerate(("a", "b", "c"), start=1):
        make.ComponentFactory(case=case, section="results", key=key, position=number)
    fields = form_of(editor, case, "results")
    moved = fields | {f"components-{index}-position": [number] for index, number in enumerate(("3", "1", "2"))}
    assert editor.post(part_url(case, BY_SLUG["results"]), moved).status_code == 302
    assert list(Component.objects.filter(case=case).values_list("key", flat=True)) == ["b", "c", "a"]
