"""Two rows become one: every link goes over, clashes are shown beforehand and joined, and the history tells of it."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from casestudies.collection.trees import CASE, read_tree
from casestudies.models import (
    AcceptedFinding,
    Acronym,
    Case,
    CaseActor,
    CaseSource,
    EditorialNote,
    HistoryEntry,
    Organization,
    OrganizationName,
    Source,
    SourceRedirect,
)
from casestudies.newsroom import history, merging
from casestudies.newsroom.merging import JOINED, LEFT, TAKEN, merge, plan_merger, relations_to
from casestudies.newsroom.workflow import Refused
from casestudies.revisions import start_revision
from tests import factories as f
from tests.admin_forms import submitted
from tests.casestudies.reading import page, text

pytestmark = pytest.mark.django_db


def somebody(*roles: str, name: str = "rita") -> tuple[User, Client]:
    user = User.objects.create_user(name, is_staff=True)
    user.groups.set(Group.objects.filter(name__in=roles))
    client = Client()
    client.force_login(user)
    return user, client


def make(model: type, **fields):
    """A row of a model by its factory."""
    factories = {
        made._meta.model: made for made in vars(f).values() if isinstance(made, type) and hasattr(made, "_meta")
    }
    return factories[model](**fields)


def address(row, page: str, *args) -> str:
    return reverse(f"admin:casestudies_{row._meta.model_name}_{page}", args=[row.pk, *args])


@pytest.mark.parametrize("model", [Organization, Source, Acronym])
def test_every_link_of_every_model_goes_over(model):
    """Whatever model links, one added later too: nothing links to the row that goes."""
    gone, stays, case = make(model), make(model), f.CaseFactory()
    linking = []
    for relation in relations_to(model):
        row = make(relation.model, **({"case": case} if relation.of_cases else {}))
        if relation.field.many_to_many:
            getattr(row, relation.field.name).set([gone])
        else:
            setattr(row, relation.field.name, gone)
            row.save()
        linking.append((relation, row))
    merge(gone, stays, None)
    for relation, row in linking:
        row.refresh_from_db()
        value = getattr(row, relation.field.name)
        assert (list(value.all()) if relation.field.many_to_many else value) in ([stays], stays), relation
    assert list(model.objects.filter(pk=gone.pk)) == []


def test_relations_are_asked_of_the_models():
    found = {(each.model._meta.model_name, each.field.name) for each in relations_to(Organization)}
    assert found == {
        ("acronym", "organization"),
        ("caseactor", "organization"),
        ("competence", "organization"),
        ("contribution", "payer"),
        ("coordinationmechanism", "organization"),
        ("milestone", "bodies"),
        ("organization", "parent"),
        ("organization", "successor"),
        ("organizationname", "organization"),
    }
    cited = {each.model for each in relations_to(Source) if each.of_cases}
    assert cited == set(Source.objects.citing_models())


@pytest.fixture
def story():
    """Vaud has both bodies as actors, also in its working revision; Lyon has the one that goes."""
    vaud, lyon = f.CaseFactory(slug="vaud", name="Vaud"), f.CaseFactory(slug="lyon", name="Lyon")
    stays = f.OrganizationFactory(slug="canton", name="Canton of Vaud", description="A canton.")
    gone = f.OrganizationFactory(
        slug="etat", name="État de Vaud", acronym="EV", description="The State.", country=f.CountryFactory(),
        is_collective=True,
    )  # fmt: skip
    lead, funds = f.term("role", "leads"), f.term("role", "funds")
    f.CaseActorFactory(case=vaud, key="canton", organization=stays, roles=[lead], text="It leads.")
    there = f.CaseActorFactory(
        case=vaud, key="etat", organization=gone, roles=[funds], text="It pays.", is_lead=True, evidence="editorial",
        place="Part 4.1, Actors", source=f.SourceFactory(),
    )  # fmt: skip
    f.CaseActorFactory(case=lyon, key="etat", organization=gone)
    # Both cite a work: one row cites one, and the place in the other work says nothing without it.
    madrid = f.CaseFactory(slug="madrid", status="draft")
    f.CaseActorFactory(case=madrid, organization=stays, source=f.SourceFactory(), source_detail="p. 1")
    f.CaseActorFactory(
        case=madrid, organization=gone, source=f.SourceFactory(authors="A", title="B"), source_detail="p. 2"
    )
    f.CoordinationMechanismFactory(case=vaud, key="committee", members=[there])
    f.EditorialNoteFactory(case=vaud, key="note", about="caseactors/etat")
    f.OrganizationNameFactory(organization=gone, key="same", name="VD")
    f.OrganizationNameFactory(organization=stays, key="same", name="Waadt")
    start_revision(vaud)
    return vaud, lyon, stays, gone


def test_two_actors_of_one_case_become_one_and_the_page_says_so_before(story):
    vaud, lyon, stays, gone = story
    rita, reviewer = somebody("reviewer")
    before = read_tree(lyon)
    shown = reviewer.get(address(gone, "merge"), {"into": stays.pk})
    html = text(shown.content.decode())
    assert "Actors (organization): 1" in html
    assert "4 cases change, at once where they are published" in html
    assert "Other names: État de Vaud" in html
    assert "Acronym, taken over: EV" in html
    assert "Description, joined: A canton. The State." in html
    assert "Collective, left out: yes" in html
    assert html.count("Leads, taken over: yes") == 2
    assert html.count("What it does in the case, joined: It leads. It pays.") == 2
    assert html.count("Evidence, left out: editorial reading") == 2
    assert html.count("Work cited, left out: A (2014). B, p. 2") == 1
    assert "Where in the work" not in html
    seen = shown.context["plan"].digest
    versions = dict(Case.objects.values_list("pk", "version"))
    # Nobody merges unseen: without a reason, or on an older plan, nothing happens.
    assert reviewer.post(f"{address(gone, 'merge')}?into={stays.pk}", {"seen": seen}).status_code == 409
    late = reviewer.post(f"{address(gone, 'merge')}?into={stays.pk}", {"seen": "older", "comment": "One"})
    assert late.status_code == 409
    assert "changed in the meantime" in text(late.content.decode())
    assert Organization.objects.filter(pk=gone.pk).exists()
    assert HistoryEntry.objects.filter(action="merged").count() == 0
    done = reviewer.post(f"{address(gone, 'merge')}?into={stays.pk}", {"seen": seen, "comment": "One body"})
    assert done.status_code == 302
    for case in (vaud, vaud.revision):
        (actor,) = case.caseactors.all()
        assert (actor.organization, actor.key, actor.is_lead, actor.evidence) == (stays, "canton", True, "stated")
        assert (actor.text, actor.place) == ("It leads.\n\nIt pays.", "Part 4.1, Actors")
        assert actor.source is not None
        assert {role.slug for role in actor.roles.all()} == {"leads", "funds"}
        assert list(case.coordinationmechanisms.get().members.all()) == [actor]
        assert case.editorialnotes.get().about == "caseactors/canton"
    assert lyon.caseactors.get().organization == stays
    cited = CaseActor.objects.get(case__slug="madrid")
    assert (cited.organization, cited.source_detail) == (stays, "p. 1")
    stays.refresh_from_db()
    assert (stays.acronym, stays.description, stays.is_collective) == ("EV", "A canton.\n\nThe State.", False)
    assert {name.name for name in stays.other_names.all()} == {"État de Vaud", "VD", "Waadt"}
    # What was open elsewhere is noticed; the history tells of each, and leads from the one that went to the other.
    assert all(Case.objects.get(pk=pk).version == version + 1 for pk, version in versions.items())
    entries = HistoryEntry.objects.filter(action="merged", by=rita, comment="One body")
    assert {(entry.model, entry.object_id) for entry in entries} == {
        (CASE, vaud.pk), (CASE, vaud.revision.pk), (CASE, lyon.pk), (CASE, cited.case_id),
        ("casestudies.organization", gone.pk), ("casestudies.organization", stays.pk),
    }  # fmt: skip
    assert history.merged_into("casestudies.organization", gone.pk) == stays.pk
    found = HistoryEntry.objects.get(model=CASE, object_id=lyon.pk, action="found")
    assert history.state_of(found).tree == before
    history.restore(Case.objects.get(pk=lyon.pk), history.state_of(found))
    assert lyon.caseactors.get().organization == stays


def test_what_a_body_is_part_of_stays_without_a_circle():
    top = f.OrganizationFactory(slug="top")
    stays = f.OrganizationFactory(slug="stays")
    gone = f.OrganizationFactory(slug="gone", parent=top)
    stays.parent = gone
    stays.save()
    below = f.OrganizationFactory(slug="below", parent=gone)
    merge(gone, stays, None)
    stays.refresh_from_db()
    below.refresh_from_db()
    assert (stays.parent, below.parent) == (top, stays)
    # Below is part of it already: what it would be part of is left out, and said so.
    other = f.OrganizationFactory(slug="other", parent=below)
    stays.parent = None
    stays.save()
    assert [(o.name, o.what, o.value) for o in plan_merger(other, stays).fusion.outcomes] == [
        ("parent", LEFT, "Below"),
    ]
    # And where it is itself part of what is part of the other, nothing is merged.
    with pytest.raises(Refused, match="lead back to itself"):
        merge(stays, other, None)
    assert Organization.objects.filter(slug__in=["stays", "other"]).count() == 2


def test_a_merged_source_leads_to_the_one_that_stays(visitor):
    vaud = f.CaseFactory(slug="vaud")
    stays, gone = f.SourceFactory(slug="stays", url="https://example.org"), f.SourceFactory(slug="gone", year=2013)
    f.CaseSourceFactory(case=vaud, key="one", source=stays, notes="98, 99", supports="The law.")
    f.CaseSourceFactory(case=vaud, key="two", source=gone, notes="99, 100", supports="The budget.")
    f.CaseSourceFactory(case=vaud, key="three", source=gone, section="results")
    f.FigureFactory(case=vaud, source=gone)
    f.SourceRedirectFactory(source=gone, old_slug="older")
    f.AcceptedFindingFactory(rule="work-not-listed", subject="vaud/gone", reason="One")
    f.AcceptedFindingFactory(rule="work-not-listed", subject="vaud/stays", reason="Two")
    f.AcceptedFindingFactory(rule="source-unused", subject="gone")
    plan = merge(gone, stays, None)
    assert {(o.name, o.what) for o in plan.fusion.outcomes} == {
        ("authors", LEFT), ("title", LEFT), ("year", LEFT),
    }  # fmt: skip
    assert {(o.name, o.what) for o in plan.clashes[0].outcomes} == {("notes", JOINED), ("supports", JOINED)}
    rows = {(row.section, row.notes, row.supports) for row in CaseSource.objects.filter(source=stays)}
    assert rows == {("overview", "98, 99, 100", "The law.\n\nThe budget."), ("results", "", "")}
    assert vaud.figures.get().source == stays
    assert AcceptedFinding.objects.get().reason == "Two\n\nOne"
    for slug in ("gone", "older"):
        moved = visitor.get(f"/sources/{slug}/")
        assert (moved.status_code, moved["Location"]) == (301, "/sources/stays/")
        moved = visitor.get(f"/api/v1/sources/{slug}/")
        assert (moved.status_code, moved["Location"]) == (301, "http://testserver/api/v1/sources/stays/")
    # A second merger leads on; what is not public leads nowhere.
    last = f.SourceFactory(slug="last")
    merge(stays, last, None)
    assert visitor.get("/sources/gone/")["Location"] == "/sources/last/"
    assert SourceRedirect.objects.count() == 3
    CaseSource.objects.all().delete()
    vaud.figures.all().delete()
    Source.objects.update(in_bibliography=False)
    assert visitor.get("/sources/gone/").status_code == 404


def test_an_acronym_of_all_cases_stays_one():
    """None of the cases named means every one of them."""
    everywhere, somewhere = f.AcronymFactory(), f.AcronymFactory(cases=[f.CaseFactory()])
    assert [(o.name, o.what) for o in plan_merger(everywhere, somewhere).fusion.outcomes if o.name == "cases"] == [
        ("cases", TAKEN)
    ]
    merge(everywhere, somewhere, None)
    assert list(somewhere.cases.all()) == []


def test_what_takes_longer_than_a_page_waits_is_a_command(monkeypatch, editor):
    monkeypatch.setattr("casestudies.admin.merging.MOST_CASES", 0)
    gone, stays = f.OrganizationFactory(slug="gone"), f.OrganizationFactory(slug="stays")
    actor = f.CaseActorFactory(organization=gone)
    path = f"{address(gone, 'merge')}?into={stays.pk}"
    assert "merge_rows organization gone stays" in text(page(editor, path))
    assert editor.post(path, {"seen": plan_merger(gone, stays).digest, "comment": "One"}).status_code == 409
    said = StringIO()
    call_command("merge_rows", "organization", "gone", "stays", dry_run=True, stdout=said)
    assert "Actors (organization): 1\nother name: Gone\n" in said.getvalue()
    actor.refresh_from_db()
    assert actor.organization == gone
    call_command("merge_rows", "organization", "gone", "stays", user="editor", comment="One", stdout=said)
    actor.refresh_from_db()
    assert actor.organization == stays
    entry = HistoryEntry.objects.get(model=CASE, object_id=actor.case_id, action="merged")
    assert (entry.by_name, entry.comment) == ("editor", "One")
    for wrong, told in ((("organization", "stays", "stays"), "itself"), (("source", "x", "y"), "There is no source")):
        with pytest.raises(CommandError, match=told):
            call_command("merge_rows", *wrong)


def test_what_still_links_is_never_taken_along(monkeypatch):
    """A way of linking that the walk does not know stops the merger instead of losing rows."""
    gone, stays = f.OrganizationFactory(), f.OrganizationFactory()
    actor = f.CaseActorFactory(organization=gone)
    monkeypatch.setattr(merging, "_move", lambda *args: None)
    with pytest.raises(Refused, match="Actors"):
        merge(gone, stays, None)
    assert CaseActor.objects.get().pk == actor.pk
    assert HistoryEntry.objects.count() == 0


# -- Who may change what cases share


def test_editors_change_what_no_published_case_shows(visitor):
    vaud, draft = f.CaseFactory(slug="vaud"), f.CaseFactory(slug="draft", status="draft")
    top = f.OrganizationFactory(slug="top")
    shown = f.OrganizationFactory(slug="shown", name="Shown", parent=top)
    f.CaseActorFactory(case=vaud, organization=shown)
    hidden = f.OrganizationFactory(slug="hidden", name="Hidden")
    f.CaseActorFactory(case=draft, organization=hidden)
    name = f.OrganizationNameFactory(organization=shown, name="Other")
    cited, uncited = f.SourceFactory(in_bibliography=True), f.SourceFactory(in_bibliography=False)
    _ed, editor = somebody("editor", name="ed")
    _rita, reviewer = somebody("reviewer")
    expected = {shown: True, top: True, hidden: False, name: True, cited: True, uncited: False}
    assert {row: "casebook_locked" in editor.get(address(row, "change")).context and
            editor.get(address(row, "change")).context["casebook_locked"] for row in expected} == expected  # fmt: skip
    html = page(editor, address(shown, "change"))
    assert "a change would be public at once" in html
    assert 'name="_save"' not in html
    assert 'name="other_names-0-name"' not in html
    assert "merge/" not in html
    assert 'name="_save"' in page(editor, address(hidden, "change"))
    assert 'name="_save"' in page(reviewer, address(shown, "change"))
    for row in (shown, top, name, cited):
        assert editor.post(address(row, "change"), {"name": "X"}).status_code == 403, row
        assert editor.post(address(row, "delete"), {"post": "yes"}).status_code == 403, row
    # Not by the lists either: those that are not hers are named.
    changelist = reverse("admin:casestudies_organization_changelist")
    asked = {"action": "retire", "_selected_action": [shown.pk, hidden.pk]}
    told = text(editor.post(changelist, asked, follow=True).content.decode())
    assert "1 row changed." in told
    assert "your role does not include this: Shown" in told
    assert list(Organization.objects.filter(is_retired=True)) == [hidden]
    assert editor.get(address(hidden, "merge"), {"into": shown.pk}).status_code == 403
    denied = {"action": "merge_rows", "_selected_action": [shown.pk, hidden.pk]}
    assert "merge" not in editor.post(changelist, denied).headers.get("Location", "")
    allowed = reviewer.post(changelist, denied)
    assert allowed["Location"] == f"{address(hidden, 'merge')}?into={shown.pk}"
    # Where it is still used stands on the page of what is retired.
    retired = text(page(reviewer, address(hidden, "change")))
    assert f"Retired, and still used here Actors (organization): 1 – {draft}" in retired


def test_what_editors_add_is_not_public_before_its_case_is(visitor):
    vaud, draft = f.CaseFactory(slug="vaud"), f.CaseFactory(slug="draft", status="draft")
    shown = f.OrganizationFactory(slug="shown")
    f.CaseActorFactory(case=vaud, organization=shown)
    _ed, editor = somebody("editor", name="ed")
    source = {"slug": "new", "authors": "A", "title": "T", "kind": "other", "in_bibliography": "on"}
    assert editor.post(reverse("admin:casestudies_source_add"), source).status_code == 302
    assert Source.objects.get().in_bibliography is False
    assert visitor.get("/sources/new/").status_code == 404
    add = reverse("admin:casestudies_acronym_add")
    acronym = {"slug": "ab", "acronym": "AB", "meaning": "A body"}
    for cases, status in (([], 200), ([vaud.pk], 200), ([draft.pk], 302)):
        assert editor.post(add, {**acronym, "cases": cases}).status_code == status
    add = reverse("admin:casestudies_organizationname_add")
    assert editor.post(add, {"organization": shown.pk, "name": "New", "key": ""}).status_code == 200
    assert OrganizationName.objects.count() == 0


def test_a_new_slug_of_a_source_leaves_its_address(visitor, editor):
    source = f.SourceFactory(slug="one")
    for slug in ("two", "three", "one"):
        fields = submitted(editor.get(address(source, "change")).content.decode(), "source_form") | {"slug": [slug]}
        assert editor.post(address(source, "change"), fields).status_code == 302
    assert visitor.get("/sources/two/")["Location"] == visitor.get("/sources/three/")["Location"] == "/sources/one/"
    assert visitor.get("/sources/one/").status_code == 200
    assert EditorialNote.objects.count() == 0
