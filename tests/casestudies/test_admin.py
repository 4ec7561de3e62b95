"""The admin: every model has its pages, every row of a case its one form, and no form sends a query for each row."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import CheckConstraint
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from casestudies.admin.cases import part_url
from casestudies.admin.messages import MESSAGES
from casestudies.admin.parts import BY_SLUG, PARTS, Part
from casestudies.choices import Section
from casestudies.models import (
    Case,
    CaseRedirect,
    DataVersion,
    HistoryEntry,
    LoadedRecord,
    Message,
    PreviewLink,
    ReleaseFile,
    ReleasePiece,
    SearchText,
    SheetImport,
    SourceRedirect,
)
from tests import factories as make
from tests.admin_forms import offered, submitted

from .admin_tree import full_case, row_models, rows_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_work")]

# What is derived from the rest is nobody's to edit; the files of a release are shown with it. Former addresses of
# sources are kept when a source is merged or renamed.
DERIVED = (DataVersion, HistoryEntry, PreviewLink, ReleaseFile, ReleasePiece, SearchText, SheetImport, SourceRedirect)
MODELS = [
    model
    for app in ("casestudies", "recommendations")
    for model in apps.get_app_config(app).get_models()
    if model not in DERIVED
]

# What a form asks: session, user, case, its working revision, whether it is public (identity has also the list of
# collections), then a query for each inline, for each many-to-many of an inline and for each closed list; two for the
# guide where the form chooses from vocabularies.
FORM_QUERIES = {
    "identity": 11,
    "overview": 20,
    "migratory-context": 17,
    "institutional-background": 13,
    "decentralization": 19,
    "triggering-factors": 17,
    "actors": 18,
    "coordination": 21,
    "objectives": 23,
    "implementation": 17,
    "results": 13,
    "key-elements": 10,
    "sources": 9,
}


def address(model: type, page: str, *args: object) -> str:
    """The address of one of a model's pages."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def form_of(client: Client, case: Case, part: Part) -> str:
    """The page of a part's form."""
    answer = client.get(part_url(case, part))
    assert answer.status_code == 200
    return answer.content.decode()


# -- Every model


def test_every_model_is_registered() -> None:
    ours = {model for model in admin.site._registry if model._meta.app_label in ("casestudies", "recommendations")}
    assert ours == set(MODELS)


def test_every_page_of_every_model_answers(editor: Client) -> None:
    full_case(2)
    make.OrganizationNameFactory()
    make.SubPointFactory()
    make.LoadedRecordFactory()
    make.AcronymFactory()
    make.AcceptedFindingFactory()
    make.MessageFactory()
    make.ReleaseFactory()
    for model in MODELS:
        row = model.objects.first()
        answers = [
            editor.get(address(model, "changelist")).status_code,
            editor.get(address(model, "changelist"), {"q": "a"}).status_code if has_search(model) else 200,
            editor.get(address(model, "add")).status_code,
            editor.get(address(model, "change", row.pk)).status_code,
            editor.get(address(model, "history", row.pk)).status_code,
        ]
        is_added_here = model not in (LoadedRecord, Message, *row_models()) or model is CaseRedirect
        assert answers == [200, 200, 200 if is_added_here else 403, 200, 200], model


def has_search(model: type) -> bool:
    """Whether the model's list has a search box."""
    return bool(admin.site._registry[model].get_search_fields(None))


def test_every_model_that_hangs_off_a_case_can_be_searched() -> None:
    # A name of an organization is found with it, a band of a currency by its code.
    assert {model for model in MODELS if not has_search(model)} == set()


def test_loaded_records_are_for_superusers_to_read(editor: Client) -> None:
    record = make.LoadedRecordFactory()
    clerk = User.objects.create_user("clerk", is_staff=True)
    client = Client()
    client.force_login(clerk)
    assert client.get(address(LoadedRecord, "changelist")).status_code == 403
    assert editor.post(address(LoadedRecord, "change", record.pk), {"model": "x"}).status_code == 403
    assert editor.post(address(LoadedRecord, "delete", record.pk), {"post": "yes"}).status_code == 403


def list_queries(client: Client) -> dict[str, int]:
    """How many queries the list of each model sends."""
    counts = {}
    for model in MODELS:
        hangs_off_a_case = model in (Case, *row_models()) and model is not CaseRedirect
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address(model, "changelist"), {"edition": "all"} if hangs_off_a_case else {})
        assert answer.status_code == 200
        counts[model._meta.model_name] = len(queries)
    return counts


def test_a_list_asks_as_many_queries_for_two_rows_as_for_five(editor: Client) -> None:
    full_case(2)
    few = list_queries(editor)
    full_case(3)
    assert list_queries(editor) == few == LIST_QUERIES


# Session, user, two counts and the rows; then a query for each filter that lists rows of its own.
LIST_QUERIES = {
    "loadedrecord": 6,
    "acronym": 5,
    "acceptedfinding": 6,
    "message": 5,
    "release": 5,
    "country": 6,
    "currency": 5,
    "source": 5,
    "organization": 7,
    "organizationname": 5,
    "collection": 5,
    "case": 7,
    "caseredirect": 5,
    "period": 6,
    "caseplace": 6,
    "caselink": 6,
    "budget": 6,
    "contribution": 7,
    "illustration": 7,
    "editorialnote": 6,
    "casesource": 6,
    "vocabulary": 5,
    "term": 6,
    "narrative": 6,
    "component": 6,
    "figure": 6,
    "milestone": 6,
    "governmenttier": 6,
    "competence": 6,
    "caseterm": 7,
    "caseactor": 6,
    "coordinationmechanism": 7,
    "objective": 6,
    "beneficiarygroup": 6,
    "keyelement": 6,
    "group": 5,
    "recommendation": 6,
    "subpoint": 5,
}


# -- The forms of a case


def test_a_form_asks_as_many_queries_for_two_rows_as_for_five(editor: Client) -> None:
    counts: dict[str, list[int]] = {part.slug: [] for part in PARTS}
    fields = {}
    for case in (full_case(2), full_case(5)):
        for part in PARTS:
            with CaptureQueriesContext(connection) as queries:
                html = form_of(editor, case, part)
            counts[part.slug].append(len(queries))
            fields[part.slug] = sum(map(len, submitted(html, "case_form").values()))
    assert counts == {slug: [number, number] for slug, number in FORM_QUERIES.items()}
    assert max(FORM_QUERIES.values()) <= 25
    # Five rows in each of up to six inlines: Django takes 2,000 fields, so about twenty rows in each.
    assert max(fields.values()) < 550


def test_every_row_stands_in_exactly_one_form(editor: Client) -> None:
    case = full_case(2)
    seen = []
    for part in PARTS:
        formsets = editor.get(part_url(case, part)).context["inline_admin_formsets"]
        for formset in (each.formset for each in formsets):
            seen += [(formset.model._meta.model_name, form.instance.pk) for form in formset.initial_forms]
    assert len(seen) == len(set(seen))
    assert set(seen) == rows_of(case)


def test_the_parts_cover_every_section_and_every_model() -> None:
    assert sorted(part.section for part in PARTS if part.section) == sorted(Section)
    assert {inline.model for part in PARTS for inline in part.inlines} == set(row_models())


def test_every_part_leads_to_every_other(editor: Client) -> None:
    case = full_case(1)
    for part in PARTS:
        answer = editor.get(part_url(case, part))
        html = answer.content.decode()
        assert [url for _part, url in answer.context["casebook_parts"]] == [part_url(case, each) for each in PARTS]
        assert f'<a href="{part_url(case, part)}" aria-current="page">' in html
        assert html.partition('<nav class="casebook-parts"')[2].partition("</nav>")[0].count("aria-current") == 1


def test_an_unknown_part_is_not_found(editor: Client) -> None:
    case = make.CaseFactory()
    for slug in ("identity", "nothing"):
        assert editor.get(reverse("admin:casestudies_case_section", args=[case.pk, slug])).status_code == 404


def test_the_list_keeps_working_revisions_apart(editor: Client) -> None:
    case = make.CaseFactory()
    revision = make.CaseFactory(revises=case, slug=case.slug)
    shown = {
        edition: {
            row.pk for row in editor.get(address(Case, "changelist"), {"edition": edition}).context["cl"].result_list
        }
        for edition in ("revision", "all")
    }
    default = {row.pk for row in editor.get(address(Case, "changelist")).context["cl"].result_list}
    assert (default, shown["revision"], shown["all"]) == ({case.pk}, {revision.pk}, {case.pk, revision.pk})
    assert "Working revision." in form_of(editor, revision, PARTS[0])
    assert "Working revision." not in form_of(editor, case, PARTS[0])


def test_view_on_site_only_where_published(editor: Client) -> None:
    case = make.CaseFactory()
    pages = [case, make.CaseFactory(revises=case, slug=case.slug), make.CaseFactory(status="draft")]
    shown = [case.get_absolute_url() in form_of(editor, each, PARTS[0]) for each in pages]
    assert shown == [True, False, False]


def test_lists_of_a_row_hold_its_own_case_and_vocabulary(editor: Client) -> None:
    case, other = full_case(2), full_case(2)
    choices = offered(form_of(editor, case, BY_SLUG["coordination"]), "case_form")
    assert set(choices["coordinationmechanisms-0-members"]) == {str(a.pk) for a in case.caseactors.all()}
    assert not {str(a.pk) for a in other.caseactors.all()} & set(choices["coordinationmechanisms-0-members"])
    assert choices["coordinationmechanisms-0-levels"] == [str(make.term("tier", "local").pk)]
    parents = {str(row.pk) for row in case.components.filter(section=Section.RESULTS)}
    choices = offered(form_of(editor, case, BY_SLUG["results"]), "case_form")
    assert set(choices["components-0-parent"]) == {"", *parents}
    choices = offered(form_of(editor, case, BY_SLUG["triggering-factors"]), "case_form")
    names = ("trigger-0", "trigger-1", "approach-0")
    assert set(choices["caseterms-0-term"]) == {"", *(str(make.term(n.split("-")[0], n).pk) for n in names)}


def test_a_case_is_classed_by_no_list_that_belongs_to_another_field(editor: Client) -> None:
    case, mine = make.CaseFactory(), make.term("level", "local")
    for vocabulary in ("actor-type", "region", "role", "tier", "coordination-form"):
        make.term(vocabulary, "other")
    make.CaseTermFactory(case=case, term=mine)
    assert offered(form_of(editor, case, BY_SLUG["overview"]), "case_form")["caseterms-0-term"] == ["", str(mine.pk)]


def test_retired_terms_are_shown_where_used_and_offered_nowhere_else(editor: Client) -> None:
    used, spare = make.term("role", "used", is_retired=True), make.term("role", "spare", is_retired=True)
    case = make.CaseFactory()
    make.CaseActorFactory(case=case, key="a", position=1, roles=[used])
    make.CaseActorFactory(case=case, key="b", position=2, roles=[make.term("role", "funds")])
    html = form_of(editor, case, BY_SLUG["actors"])
    choices = offered(html, "case_form")
    assert set(choices["caseactors-0-roles"]) == {str(used.pk), str(make.term("role", "funds").pk)}
    assert choices["caseactors-1-roles"] == [str(make.term("role", "funds").pk)]
    assert "Used (retired)" in html
    fields = submitted(html, "case_form") | {"caseactors-1-roles": [str(spare.pk)]}
    answer = editor.post(part_url(case, BY_SLUG["actors"]), fields)
    assert "is retired: it takes no new links" in str(answer.context["errors"])


@pytest.mark.parametrize(
    ("factory", "field"),
    [(make.SourceFactory, ("figure", "source")), (make.OrganizationFactory, ("caseactor", "organization"))],
)
def test_autocomplete_offers_what_is_not_retired(editor: Client, factory: type, field: tuple[str, str]) -> None:
    kept = factory()
    factory(is_retired=True)
    query = {"app_label": "casestudies", "model_name": field[0], "field_name": field[1], "term": ""}
    found = editor.get(reverse("admin:autocomplete"), query).json()["results"]
    assert [row["id"] for row in found] == [str(kept.pk)]


def test_autocomplete_of_cases_offers_no_working_revision(editor: Client) -> None:
    case = make.CaseFactory()
    make.CaseFactory(revises=case, slug=case.slug)
    query = {"app_label": "casestudies", "model_name": "caselink", "field_name": "other", "term": ""}
    found = editor.get(reverse("admin:autocomplete"), query).json()["results"]
    assert [row["id"] for row in found] == [str(case.pk)]


def test_every_check_of_the_database_has_its_words() -> None:
    checks = {
        constraint.name
        for model in apps.get_app_config("casestudies").get_models()
        for constraint in model._meta.constraints
        if isinstance(constraint, CheckConstraint) or constraint.condition is not None
    }
    # A row's key is made up where it is empty: nobody ever reads that.
    assert {name for name in checks if not name.endswith("_key_not_empty")} == set(MESSAGES)
