"""Saving in the admin: what was not changed is not written, and what the database refuses is an error in the form."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from casestudies.admin.cases import part_url
from casestudies.admin.parts import BY_SLUG, PARTS, Part
from casestudies.models import Case, CaseRedirect, Component, Term
from tests import factories as make
from tests.admin_forms import submitted

from .admin_tree import differences, full_case, snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_work")]


def fields_of(client: Client, case: Case, part: Part) -> dict[str, list[str]]:
    """What a browser sends of the part's form."""
    return submitted(client.get(part_url(case, part)).content.decode(), "case_form")


def save(client: Client, case: Case, slug: str, change: dict[str, str | list[str]]) -> str:
    """Sends the part's form with a change; the errors that come back, or nothing."""
    part = BY_SLUG[slug]
    fields = fields_of(client, case, part) | change
    answer = client.post(part_url(case, part), fields)
    return "" if answer.status_code == 302 else str(answer.context["errors"])


def added(client: Client, case: Case, slug: str, prefix: str, *rows: dict[str, object]) -> str:
    """Adds rows of one kind in a part's form; the errors that come back, or nothing."""
    fields = fields_of(client, case, BY_SLUG[slug])
    total = int(fields[f"{prefix}-TOTAL_FORMS"][0])
    empty = {name: value for name, value in fields.items() if name.startswith(f"{prefix}-__prefix__-")}
    change: dict[str, object] = {f"{prefix}-TOTAL_FORMS": str(total + len(rows))}
    for number, row in enumerate(rows, start=total):
        change |= {name.replace("__prefix__", str(number)): value for name, value in empty.items()}
        change |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return save(client, case, slug, change)


# One change in each part: the field of the form, its new value, the row's model and field.
CHANGES = {
    "identity": ("title", "Another title", "case", "title"),
    "overview": ("contributions-0-payer_stated", "Another payer", "contribution", "payer_stated"),
    "migratory-context": ("figures-0-stated", "about 100", "figure", "stated"),
    "institutional-background": ("milestones-0-instrument", "A law", "milestone", "instrument"),
    "decentralization": ("governmenttiers-0-count", "27", "governmenttier", "count"),
    "triggering-factors": ("caseterms-0-reason", "A new law.", "caseterm", "reason"),
    "actors": ("caseactors-0-name_stated", "Another name", "caseactor", "name_stated"),
    "coordination": ("coordinationmechanisms-0-acronym", "CC", "coordinationmechanism", "acronym"),
    "objectives": ("beneficiarygroups-0-count", "12", "beneficiarygroup", "count"),
    "implementation": ("components-0-text", "A.\r\n\r\nB.", "component", "text"),
    "results": ("narratives-0-text", "Other words.", "narrative", "text"),
    "key-elements": ("illustrations-0-strength", "supporting", "illustration", "strength"),
    "sources": ("casesources-0-notes", "99, 100", "casesource", "notes"),
}


def test_every_part_has_a_change_to_try() -> None:
    assert list(CHANGES) == [part.slug for part in PARTS]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.slug)
def test_a_form_sent_back_changes_nothing_and_a_change_changes_one_row(editor: Client, part: Part) -> None:
    case = full_case(2)
    before = snapshot(case)
    assert save(editor, case, part.slug, {}) == ""
    assert differences(before, snapshot(case)) == {}
    name, value, model, field = CHANGES[part.slug]
    assert save(editor, case, part.slug, {name: value}) == ""
    found = differences(before, snapshot(case))
    # `version` and `updated_at` are no part of what is stored in files, and of the snapshot they are.
    expected = {("case", case.pk): {"version", "updated_at"}}
    if model == "case":
        expected["case", case.pk] |= {"title", "sort_key"}
    else:
        row = next(row for row in found if row[0] == model)
        expected[row] = {field}
    assert found == expected
    assert Case.objects.get(pk=case.pk).version == case.version + 1


def test_a_saved_text_keeps_its_line_breaks(editor: Client) -> None:
    case = full_case(1)
    assert save(editor, case, "implementation", {"components-0-text": "A.\r\n\r\nB."}) == ""
    assert list(case.components.filter(section="implementation").values_list("text", flat=True)) == ["A.\n\nB."]


def test_a_new_row_belongs_to_the_section_and_comes_last(editor: Client) -> None:
    case = full_case(2)
    last = max(case.components.filter(section="results").values_list("position", flat=True))
    assert added(editor, case, "results", "components", {"title": "New"}, {"title": "Newer"}) == ""
    rows = [case.components.get(title=title) for title in ("New", "Newer")]
    assert [row.section for row in rows] == ["results", "results"]
    assert [row.position for row in rows] == [last + 1, last + 2]
    assert all(row.key for row in rows)


def test_an_empty_new_row_is_none(editor: Client) -> None:
    case = full_case(1)
    before = snapshot(case)
    for slug, prefix in (
        ("results", "components"),
        ("institutional-background", "milestones"),
        ("sources", "caselinks"),
    ):
        assert added(editor, case, slug, prefix, {}) == ""
    assert differences(before, snapshot(case)) == {}


def test_a_row_moves_to_the_form_of_its_new_section_with_its_parts(editor: Client) -> None:
    case = make.CaseFactory()
    top = make.ComponentFactory(case=case, position=1)
    part = make.ComponentFactory(case=case, parent=top, position=2)
    other = make.ComponentFactory(case=case, position=3)
    assert save(editor, case, "implementation", {"components-0-section": "results"}) == ""
    assert dict(Component.objects.values_list("pk", "section")) == {
        top.pk: "results", part.pk: "results", other.pk: "implementation",
    }  # fmt: skip


def test_a_component_with_parts_is_not_deleted_without_them(editor: Client) -> None:
    case = make.CaseFactory()
    top = make.ComponentFactory(case=case, position=1)
    make.ComponentFactory(case=case, parent=top, position=2)
    assert "has parts" in save(editor, case, "implementation", {"components-0-DELETE": "on"})
    both = {"components-0-DELETE": "on", "components-1-DELETE": "on"}
    assert save(editor, case, "implementation", both) == ""
    assert not Component.objects.exists()


# -- What the database refuses


def test_a_key_is_refused_twice_in_one_submit_and_beside_an_existing_one(editor: Client) -> None:
    case = make.CaseFactory()
    make.ComponentFactory(case=case, key="taken", section="overview")
    row = {"title": "T", "key": "same"}
    assert "duplicate" in added(editor, case, "results", "components", row, row)
    assert "already exists" in added(editor, case, "results", "components", {"title": "T", "key": "taken"})
    assert added(editor, case, "results", "components", row) == ""


def test_a_term_is_refused_twice(editor: Client) -> None:
    case = make.CaseFactory()
    term = make.term("trigger", "migration-patterns")
    assert "duplicate" in added(editor, case, "triggering-factors", "caseterms", {"term": term.pk}, {"term": term.pk})
    make.CaseTermFactory(case=case, term=term)
    assert "already exists" in added(editor, case, "triggering-factors", "caseterms", {"term": term.pk})


def test_a_vocabulary_of_one_term_a_case_is_used_once(editor: Client) -> None:
    case = make.CaseFactory()
    terms = [{"term": make.term("approach", slug).pk} for slug in ("bottom-up", "top-down")]
    assert "one term of this vocabulary" in added(editor, case, "triggering-factors", "caseterms", *terms)
    assert added(editor, case, "triggering-factors", "caseterms", terms[0]) == ""
    assert "one term of this vocabulary" in added(editor, case, "triggering-factors", "caseterms", terms[1])


def test_an_organization_is_refused_twice(editor: Client) -> None:
    case = make.CaseFactory()
    row = {"organization": make.OrganizationFactory().pk}
    assert "duplicate" in added(editor, case, "actors", "caseactors", row, row)
    make.CaseActorFactory(case=case, organization_id=row["organization"])
    assert "already exists" in added(editor, case, "actors", "caseactors", row)


def test_an_illustration_is_refused_twice(editor: Client) -> None:
    case = make.CaseFactory()
    point = make.SubPointFactory(recommendation__number=14)
    whole = {"recommendation": point.recommendation.pk, "strength": "central", "reason": "Because."}
    lettered = whole | {"subpoint": point.pk}
    for row in (whole, lettered):
        assert "already" in added(editor, case, "key-elements", "illustrations", row, row)
    assert added(editor, case, "key-elements", "illustrations", whole, lettered) == ""
    for row in (whole, lettered):
        assert "already" in added(editor, case, "key-elements", "illustrations", row)


def test_a_narrative_is_refused_twice_for_a_section(editor: Client) -> None:
    case = make.CaseFactory()
    row = {"text": "Words."}
    assert "duplicate" in added(editor, case, "results", "narratives", row, row)
    make.NarrativeFactory(case=case, section="overview")
    elsewhere = row | {"section": "overview"}
    assert "already exists" in added(editor, case, "results", "narratives", elsewhere)


@pytest.mark.parametrize(
    ("slug", "prefix", "row", "words"),
    [
        ("results", "figures", {"low": "2", "high": "1", "unit": "people"}, "low value is above"),
        ("results", "figures", {"low": "1", "high": "101", "unit": "share"}, "between 0 and 100"),
        ("results", "figures", {"low": "1", "high": "1", "unit": "money"}, "needs its currency"),
        ("identity", "periods", {"start_year": "2014", "end_year": "2013"}, "end lies before"),
        ("identity", "periods", {"end_year": "2014", "is_ongoing": "on"}, "has no end"),
        ("sources", "caselinks", {"text": "T", "other": "itself"}, "cannot link to itself"),
        ("overview", "contributions", {"payer_stated": "X", "amount": "5"}, "amount needs its currency"),
        ("overview", "budget", {"status": "stated"}, "total where"),
        ("overview", "contributions", {"payer_stated": "X", "amount": "-5"}, "below 0"),
    ],
)
def test_what_the_database_refuses_is_said_in_the_form(
    editor: Client, slug: str, prefix: str, row: dict[str, str], words: str
) -> None:
    case = make.CaseFactory()
    full = row | ({"label": "L", "stated": "S"} if prefix == "figures" else {})
    full |= {"other": case.pk} if "other" in row else {}
    errors = added(editor, case, slug, prefix, full)
    assert errors.count(words) == 1, errors


# -- The case itself


def test_slug_and_number_are_refused_where_another_case_has_them(editor: Client) -> None:
    one, two = make.CaseFactory(), make.CaseFactory()
    assert "Another case has this slug" in save(editor, two, "identity", {"slug": one.slug})
    assert "has this number" in save(editor, two, "identity", {"ordinal": str(one.ordinal)})


def test_a_new_slug_leaves_the_former_address_of_a_public_case(editor: Client) -> None:
    public, draft = make.CaseFactory(slug="old"), make.CaseFactory(slug="draft-old", status="draft")
    for case, slug in ((public, "new"), (draft, "draft-new")):
        assert save(editor, case, "identity", {"slug": slug}) == ""
    assert set(CaseRedirect.objects.values_list("old_slug", "case")) == {("old", public.pk)}
    assert "address of another case" in save(editor, draft, "identity", {"slug": "old"})


def test_a_case_can_take_its_former_address_back(editor: Client) -> None:
    case = make.CaseFactory(slug="first")
    assert save(editor, case, "identity", {"slug": "second"}) == ""
    assert save(editor, case, "identity", {"slug": "first"}) == ""
    assert list(CaseRedirect.objects.values_list("old_slug", "case")) == [("second", case.pk)]


def test_a_former_address_typed_beside_a_new_slug_is_kept_once(editor: Client) -> None:
    case = make.CaseFactory(slug="first")
    assert "has this address now" in added(editor, case, "identity", "redirects", {"old_slug": "first"})
    assert added(editor, case, "identity", "redirects", {"old_slug": "earlier"}) == ""
    assert set(CaseRedirect.objects.values_list("old_slug", flat=True)) == {"earlier"}


def test_a_new_case_goes_on_to_its_forms(editor: Client) -> None:
    seed = make.CaseFactory()
    fields = submitted(editor.get(reverse("admin:casestudies_case_add")).content.decode(), "case_form")
    fields |= {
        "collection": str(seed.collection_id), "ordinal": "14", "slug": "new", "name": "New", "title": "T",
        "country": str(seed.country_id),
    }  # fmt: skip
    answer = editor.post(reverse("admin:casestudies_case_add"), fields)
    case = Case.objects.get(slug="new")
    assert (answer.status_code, answer["Location"]) == (302, part_url(case, PARTS[0]))
    assert (case.status, case.version) == ("draft", 1)


def test_save_and_go_on_leads_from_part_to_part(editor: Client) -> None:
    case = make.CaseFactory()
    addresses = [
        editor.post(part_url(case, part), fields_of(editor, case, part) | {"_next": "1"})["Location"] for part in PARTS
    ]
    assert addresses == [*(part_url(case, part) for part in PARTS[1:]), reverse("admin:casestudies_case_changelist")]


def test_an_edit_stands_in_the_log(editor: Client) -> None:
    case = full_case(1)
    assert save(editor, case, "results", {"narratives-0-text": "Other words."}) == ""
    assert LogEntry.objects.get().get_change_message() == "Changed Text for narrative “Results and sustainability”."


# -- Deleting and retiring


def test_only_a_superuser_deletes_a_case(editor: Client) -> None:
    case = make.CaseFactory()
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.all())
    client = Client()
    client.force_login(clerk)
    url = reverse("admin:casestudies_case_delete", args=[case.pk])
    assert client.get(part_url(case, PARTS[0])).status_code == 200
    assert client.post(url, {"post": "yes"}).status_code == 403
    assert editor.post(url, {"post": "yes"}).status_code == 302
    assert not Case.objects.exists()


def delete(client: Client, row: object) -> str:
    """Tries to delete a row; the page that refuses it, or nothing."""
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_delete", args=[row.pk])
    answer = client.post(url, {"post": "yes"})
    return "" if answer.status_code == 302 else answer.content.decode()


def test_what_is_in_use_is_not_deleted(editor: Client) -> None:
    role, level, body = make.term("role", "funds"), make.term("tier", "local"), make.OrganizationFactory()
    actor = make.CaseActorFactory(roles=[role])
    make.CoordinationMechanismFactory(levels=[level])
    make.MilestoneFactory(bodies=[body])
    figure = make.FigureFactory(source=make.SourceFactory())
    link = make.IllustrationFactory()
    used = [role, level, body, actor.organization, figure.source, link.recommendation, make.CaseTermFactory().term]
    for row in used:
        assert "is in use and cannot be deleted" in delete(editor, row), row
        assert type(row).objects.filter(pk=row.pk).exists(), row
    spare = [make.term("role", "spare"), make.OrganizationFactory(), make.SourceFactory(), make.RecommendationFactory()]
    for row in spare:
        assert delete(editor, row) == "", row
        assert not type(row).objects.filter(pk=row.pk).exists(), row


def test_terms_are_retired_and_reactivated(editor: Client) -> None:
    term, other = make.term("role", "funds"), make.term("role", "advises")
    url = reverse("admin:casestudies_term_changelist")
    for action, expected in (("retire", {term.pk}), ("reactivate", set())):
        answer = editor.post(url, {"action": action, "_selected_action": [term.pk]})
        assert answer.status_code == 302
        assert set(Term.objects.filter(is_retired=True).values_list("pk", flat=True)) == expected
    assert other.pk
