"""One visibility gate: nothing of an unpublished case or of a working revision shows at any address."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from datetime import timedelta
from html import unescape

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import models as db
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils.http import urlencode

from casestudies.api.rows import ACTORS, ILLUSTRATIONS
from casestudies.choices import BudgetBand, MessageStatus, Status
from casestudies.citations import FORMATS
from casestudies.discovery import MAPS
from casestudies.facets import FACETS, Lists
from casestudies.lists import ACRONYMS, FIGURES, SOURCES
from casestudies.models import (
    Budget,
    Case,
    CaseChild,
    CaseLink,
    CaseTerm,
    Country,
    Illustration,
    Message,
    Organization,
    PreviewLink,
    Release,
    ReleaseFile,
    Source,
    Term,
    Vocabulary,
    child_models,
)
from casestudies.previews import make_link
from casestudies.querysets import published_condition
from casestudies.releasing import cut
from casestudies.selection import SORTS
from mainstreaming.problems import PROBLEM_JSON
from recommendations.models import Group, Recommendation
from tests.factories import (
    AcronymFactory,
    BeneficiaryGroupFactory,
    BudgetFactory,
    CaseFactory,
    CaseLinkFactory,
    CaseRedirectFactory,
    CaseTermFactory,
    CollectionFactory,
    CountryFactory,
    CurrencyFactory,
    IllustrationFactory,
    MessageFactory,
    ObjectiveFactory,
    OrganizationFactory,
    PeriodFactory,
    RecommendationFactory,
    SourceFactory,
    child_factories,
    term,
)

pytestmark = pytest.mark.django_db

MARK = "leak"
# A number that stands nowhere else.
NUMBER = 98_765_432
CLOSED_TOKENS: list[str] = []
HIDDEN = ("draft", "in-review", "archived", "revision")
# Arguments for every address that takes some. A new one needs its own, or the sweep fails.
SAMPLES = {
    "case": lambda: [
        {"slug": slug}
        for slug in (
            *Case.objects.values_list("slug", flat=True),
            *(f"{MARK}former{state}" for state in HIDDEN),
            "former",
            "nothing",
        )
    ],
    "case-cite": lambda: [kwargs | {"form": form} for kwargs in SAMPLES["case"]() for form in FORMATS],
    "cases-cite": lambda: [{"form": form} for form in FORMATS],
    "cases-references": lambda: [{"form": form} for form in FORMATS],
    "release": lambda: [{"name": name} for name in (*Release.objects.values_list("name", flat=True), "nothing")],
    "release-file": lambda: [
        {"name": release, "file": file}
        for release, file in (*ReleaseFile.objects.values_list("release__name", "name"), ("nothing", "cases.csv"))
    ],
    "sitemap-section": lambda: [{"section": section} for section in (*MAPS, "nothing")],
    "vocabulary": lambda: [{"vocabulary": slug} for slug in Vocabulary.objects.values_list("slug", flat=True)],
    "term": lambda: [
        {"vocabulary": vocabulary, "slug": slug}
        for vocabulary, slug in Term.objects.values_list("vocabulary__slug", "slug")
    ],
    "source": lambda: [{"slug": slug} for slug in Source.objects.values_list("slug", flat=True)],
    "api-source": lambda: SAMPLES["source"](),
    "api-case": lambda: SAMPLES["case"](),
    "api-vocabulary": lambda: [{"slug": each["vocabulary"]} for each in SAMPLES["vocabulary"]()],
    "api-recommendation": lambda: SAMPLES["recommendation"](),
    "brief": lambda: [{"group": slug} for slug in Group.objects.values_list("slug", flat=True)],
    # Everything of a link but its address: what the database has, and addresses of links that are closed.
    "preview": lambda: [
        {"token": token} for token in ("nothing", *PreviewLink.objects.values_list("digest", flat=True), *CLOSED_TOKENS)
    ],
    "recommendation": lambda: [{"number": n} for n in (*Recommendation.objects.values_list("number", flat=True), 99)],
}


def marked(model: type[db.Model], mark: str) -> dict[str, object]:
    """The mark in every text of a row that is no choice, and a number that stands nowhere else."""
    values: dict[str, object] = {}
    for field in model._meta.concrete_fields:
        if isinstance(field, db.CharField | db.TextField) and field.editable and not field.choices:
            if field.max_length is None or field.max_length >= 40:
                values[field.name] = mark if field.name in ("key", "slug") else f"{mark} {field.name}"
        elif isinstance(field, db.DecimalField) and field.max_digits >= 14:
            values[field.name] = NUMBER
    return values


def marked_row(model: type[CaseChild], case: Case, mark: str, shared: dict[type[db.Model], db.Model]) -> CaseChild:
    """A row of the case with the mark in every text, tied to everything that bears the mark."""
    values = marked(model, mark)
    for field in model._meta.get_fields():
        if isinstance(field, db.ForeignKey) and field.related_model in shared:
            values[field.name] = shared[field.related_model]
        elif isinstance(field, db.ManyToManyField) and field.related_model in shared:
            values[field.name] = [shared[field.related_model]]
    if model._meta.model_name in {"figure", "contribution"}:
        values["currency"] = CurrencyFactory()
    return child_factories()[model](case=case, **values)


def hidden_case(state: str, public: Case) -> Case:
    """A case that no visitor may see, full of its mark."""
    mark = f"{MARK}{state.replace('-', '')}"
    code = "".join(word[0] for word in (state, "z")).upper()
    country = CountryFactory(code=code, name=f"{mark} country", region=term("region", "europe"))
    fields = {"status": state} if state != "revision" else {"revises": public, "status": "draft"}
    case = CaseFactory(**marked(Case, mark), **fields, country=country, is_jmdi_supported=True)
    shared = {
        Organization: OrganizationFactory(slug=mark, name=f"{mark} body", types=[term("actor-type", "civil-society")]),
        Source: SourceFactory(
            slug=mark, authors=f"{mark} author", title=f"{mark} title", in_bibliography=False, kind="report"
        ),
    }
    for model in child_models():
        if model is not CaseLink:
            marked_row(model, case, mark, shared)
    BudgetFactory(case=case, **marked(Budget, mark), currency=CurrencyFactory())
    AcronymFactory(slug=mark, acronym=f"{mark} acronym", meaning=f"{mark} meaning", cases=[case])
    for vocabulary in ("trigger", "level", "migration", "state", "approach", "mechanism"):
        CaseTermFactory(case=case, term=term(vocabulary, f"any-{vocabulary}"), reason=mark)
    for recommendation in Recommendation.objects.filter(illustrations=None):
        IllustrationFactory(case=case, recommendation=recommendation, reason=mark)
    ObjectiveFactory(case=case, broad_objectives=[term("objective", "any-objective")], text=mark)
    BeneficiaryGroupFactory(case=case, groups=[term("beneficiary", "any-beneficiary")], text=mark)
    PeriodFactory(case=case, start_year=1950, end_year=1951, label=mark)
    CaseRedirectFactory(case=case, old_slug=f"{MARK}former{state}")
    # Both ways: a published case that speaks of a hidden one keeps silent about it.
    CaseLinkFactory(case=public, other=case, text=f"{mark} link")
    CaseLinkFactory(case=case, other=public, text=f"{mark} link")
    return case


@pytest.fixture
def public() -> Case:
    """One published case with a row of everything, beside hidden ones that would show everywhere."""
    term("region", "europe")
    for number in (1, 2, 3):
        RecommendationFactory(number=number)
    collection = CollectionFactory()
    public = CaseFactory(
        collection=collection,
        slug="public",
        name="Publicville",
        country=CountryFactory(region=term("region", "europe")),
    )
    for factory in child_factories().values():
        if factory is not CaseLinkFactory:
            factory(case=public)
    Illustration.objects.update(recommendation=Recommendation.objects.get(number=1))
    BudgetFactory(case=public)
    CaseRedirectFactory(case=public, old_slug="former")
    for state in HIDDEN:
        hidden_case(state, public)
    # What visitors wrote, of a published case and of a hidden one, in every state: for the staff alone.
    for status in MessageStatus:
        for case in (public, Case.objects.get(status="draft", revises=None)):
            message = marked(Message, f"{MARK}message") | {"came_from": f"/{MARK}message", "sender": f"{MARK}sender"}
            MessageFactory(case=case, status=status, **message)
    cut(Release(), "https://casebook.example.org")
    CLOSED_TOKENS[:] = closed_links(Case.objects.exclude(pk=public.pk))
    return public


def closed_links(cases: Iterable[Case]) -> list[str]:
    """Tokens of preview links that ran out or were revoked, and the open ones' without their signature."""
    user, found = User.objects.create(username=f"{MARK}user"), []
    for case in cases:
        for change in ("expires_at", "revoked_at", ""):
            link, token = make_link(case, user, f"{MARK}whom", 1)
            if change:
                then = {"created_at": link.created_at - timedelta(days=2), change: link.created_at - timedelta(days=1)}
                PreviewLink.objects.filter(pk=link.pk).update(**then)
            found.append(token if change else token.rpartition(".")[0])
    return found


def patterns(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address of the site by its name, the admin's left out."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}", pattern
        elif pattern.app_name != "admin":
            yield from patterns(pattern, f"{pattern.namespace}:" if pattern.namespace else namespace)


def paths() -> list[str]:
    """Every path of the site. Fails on one whose arguments nobody gave."""
    found = []
    for name, pattern in patterns(get_resolver()):
        assert not name.endswith("None"), f"an address without a name: {pattern.pattern}"
        if pattern.pattern.converters or pattern.pattern.regex.groups:
            assert name in SAMPLES, f"give SAMPLES arguments for the address {name!r}"
            found += [reverse(name, kwargs=kwargs) for kwargs in SAMPLES[name]()]
        else:
            found.append(reverse(name))
    return found


def queries() -> list[str]:
    """A query string for every value of every facet, those of hidden cases alone included, and for everything else."""
    options = {
        "country": Country.objects.values_list("code", flat=True),
        "recommendation": Recommendation.objects.values_list("number", flat=True),
        "budget": [*BudgetBand.values, "not-reported"],
        "jmdi": ["yes", "no"],
    }
    vocabularies = {"actor": "actor-type"}
    pairs = [("from", 1950), ("to", 1951), *(("sort", sort) for sort in SORTS), ("page", 2), ("status", Status.DRAFT)]
    for facet in FACETS:
        of_facet = Term.objects.filter(vocabulary__slug=vocabularies.get(facet.name, facet.name))
        values = options.get(facet.name, of_facet.values_list("slug", flat=True))
        assert values, f"no value to try for the facet {facet.name!r}"
        pairs += [(facet.name, value) for value in values]
    return ["", *(f"?{urlencode([pair])}" for pair in pairs)]


LISTS = {"/figures/": FIGURES, "/sources/": SOURCES, "/glossary/": ACRONYMS}
LISTS |= {f"/api/v1{path}": LISTS[path] for path in ("/figures/", "/sources/")}
LISTS |= {"/api/v1/illustrations/": ILLUSTRATIONS.listing, "/api/v1/actors/": ACTORS.listing}
# Addresses that take a selection.
SELECTIONS = (
    "/",
    "/cases/",
    "/cases/download.csv",
    "/cases/download.csl.json",
    "/cases/cite.ris",
    *(f"/api/v1/{name}/" for name in ("cases", "illustrations", "actors")),
)


def list_queries() -> dict[str, list[str]]:
    """For each list beside the cases a query string for every value of every filter and sort."""
    slugs = list(Case.objects.values_list("slug", flat=True))
    letters = list("aclpq")
    found = {}
    for path, listing in LISTS.items():
        pairs = [("sort", sort) for sort in listing.sorts]
        for each in listing.filters:
            open_values = {"case": slugs, "letter": letters, "country": Country.objects.values_list("code", flat=True)}
            values = open_values.get(each.name) or [option.value for option in each.options(Lists())]
            pairs += [(each.name, value) for value in values]
        found[path] = [f"?{urlencode([pair])}" for pair in pairs]
    return found


def shown(visitor: Client, url: str) -> str:
    """All that an answer says, headers and the text of a stream included, less the address that was asked for."""
    response = visitor.get(url)
    body = b"".join(response.streaming_content) if response.streaming else response.content
    if body.startswith(b"PK"):
        # A package or a workbook: all that its files say.
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            body = b"\n".join(archive.read(name) for name in archive.namelist())
    if response.get("Content-Type") == PROBLEM_JSON:
        # What was asked is said back, and nothing else.
        problem = response.json()
        assert problem.pop("instance") == url
        for fault in problem.get("errors", ()):
            assert urlencode([(fault["parameter"], fault.pop("value"))]) in url
        body = json.dumps(problem).encode()
    headers = " ".join(f"{name}: {value}" for name, value in response.headers.items())
    return unescape(f"{headers} {body.decode()}").replace(url.partition("?")[0], "")


def test_the_gate_asks_for_both_whatever_the_database_forbids():
    """A published working revision cannot be stored; the gate would not show it either."""
    assert published_condition() == db.Q(status="published", revises__isnull=True)
    assert published_condition("case__") == db.Q(case__status="published", case__revises__isnull=True)


def test_every_child_model_has_a_factory():
    assert set(child_factories()) == set(child_models())


def test_the_marks_are_where_they_could_leak(public):
    """Else the sweep below would find nothing because there is nothing."""
    for case in Case.objects.exclude(pk=public.pk):
        for model in child_models():
            for row in model.objects.filter(case=case)[:1]:
                texts = [str(value) for value in vars(row).values() if isinstance(value, str)]
                assert any(MARK in text for text in texts), model
            assert model.objects.filter(case=case).exists(), model
    # Were it public, it would show: the same sweep finds the marks of a published case.
    draft = Case.objects.get(status="draft", revises=None)
    draft.status = "published"
    draft.save()
    visitor = Client()
    assert f"{MARK}draft" in shown(visitor, "/cases/")
    assert f"{MARK}draft" in shown(visitor, "/cases/download.csv")
    for form in ("xlsx", "json", "zip"):
        for name in ("text", "reason", "matter", "instrument", "author", "supports"):
            assert f"{MARK}draft {name}" in shown(visitor, f"/cases/download.{form}"), (form, name)
    assert f"{MARK}draft purpose" in shown(visitor, "/cases/download.geojson")
    for form in FORMATS:
        assert f"casebook-{MARK}draft" in shown(visitor, f"/cases/download.{form}")
        assert f"{MARK}draft title" in shown(visitor, f"/cases/{MARK}draft/cite.{form}")
    for path in ("/feed.atom", "/sitemap-cases.xml", "/sitemap-sources.xml"):
        assert f"{MARK}draft" in shown(visitor, path)
    name = cut(Release(), "").name
    for file in ("collection.json", "cases.csv", "figures.csv"):
        assert f"{MARK}draft" in shown(visitor, f"/data/releases/{name}/{file}")
    assert f"{MARK}draft link" in shown(visitor, "/cases/public/")
    assert f"{MARK}draft" in shown(visitor, "/recommendations/2/")
    assert f"{MARK}draft" in shown(visitor, "/")
    assert f"{MARK}draft" in shown(visitor, "/figures/")
    assert f"{MARK}draft" in shown(visitor, "/figures/download.csv")
    assert f"{MARK}draft author" in shown(visitor, "/sources/")
    assert f"{MARK}draft" in shown(visitor, f"/sources/{MARK}draft/")
    assert f"{MARK}draft meaning" in shown(visitor, "/glossary/")
    for name in ("cases/", f"cases/{MARK}draft/", "illustrations/", "actors/", "figures/", "sources/"):
        assert f"{MARK}draft" in shown(visitor, f"/api/v1/{name}")
    assert f"{MARK}draft" in shown(visitor, "/grid/trigger/any-trigger/")
    assert f"{MARK}draft name" in shown(visitor, f"/suggest/?case={MARK}draft")
    assert MARK in Message.objects.first().text


def test_no_address_shows_anything_of_a_hidden_case(visitor, public):
    every = queries()
    offered = [f"?case={slug}" for slug in Case.objects.values_list("slug", flat=True)]
    for path in paths():
        # Addresses that take a selection are asked with every value of every facet.
        if path in SELECTIONS:
            asked = [*every, *list_queries().get(path, [])]
        elif path == "/suggest/":
            asked = ["", *offered]
        else:
            asked = ["", "?page=2", *list_queries().get(path.rpartition("download.")[0] or path, [])]
        for query in asked:
            # What was not understood is said with the words of the address.
            text = shown(visitor, path + query).replace(query.removeprefix("?"), "")
            assert MARK not in text.lower(), path + query
            assert str(NUMBER) not in text.replace(",", ""), path + query


def test_only_the_address_of_an_open_link_shows_a_draft(visitor, public):
    user = User.objects.create(username="x")
    draft = Case.objects.get(status="draft", revises=None)
    _link, token = make_link(draft, user, "A partner", 1)
    assert f"{MARK}draft purpose" in shown(visitor, f"/preview/{token}/")
    assert {visitor.get(f"/preview/{each}/").status_code for each in CLOSED_TOKENS} == {404, 410}


def test_counts_leave_hidden_cases_out(visitor, public):
    home = visitor.get("/").context
    assert (home["case_count"], home["country_count"], home["illustration_count"]) == (1, 1, 1)
    assert [case.slug for case in home["latest"]] == ["public"]
    assert [(point["country__code"], point["cases"], point["slug"]) for point in home["points"]] == [
        ("CH", 1, "public")
    ]
    assert visitor.get("/cases/").context["paged"].page.paginator.count == 1
    numbers = set(Recommendation.objects.values_list("number", flat=True))
    listed = visitor.get("/recommendations/").context
    counts = {r.number: count for _group, rows in listed["groups"] for r, count in rows}
    assert counts == {1: 1} | dict.fromkeys(numbers - {1}, 0)
    assert {r.number for r in listed["gaps"]} == numbers - {1}
    for number in numbers:
        rows = visitor.get(f"/recommendations/{number}/").context["paged"].page
        assert [row.case.slug for row in rows] == (["public"] if number == 1 else [])
    for query in queries():
        listed = [case.slug for case in visitor.get(f"/cases/{query}").context["paged"].page]
        assert listed in (["public"], []), query
    assert [row.other.slug for row in visitor.get("/cases/public/").context["case"].caselinks.all()] == []


def test_hidden_cases_answer_as_if_they_were_not_there(visitor, public):
    absent = visitor.get("/cases/nothing/")
    assert absent.status_code == 404
    former = (f"{MARK}former{state}" for state in HIDDEN if state != "archived")
    for slug in (f"{MARK}draft", f"{MARK}inreview", f"{MARK}revision", *former):
        response = visitor.get(f"/cases/{slug}/")
        assert response.status_code == 404
        assert response.content == absent.content


def test_an_archived_case_says_that_it_is_archived(visitor, public):
    for slug in (f"{MARK}archived", f"{MARK}formerarchived"):
        response = visitor.get(f"/cases/{slug}/")
        assert response.status_code == 410
        assert "<h1>This case has been archived</h1>" in response.content.decode()
        assert "case" not in response.context


def test_a_revision_of_an_archived_or_draft_case_is_hidden_too(visitor):
    for state in ("draft", "archived", "published"):
        live = CaseFactory(slug=state, status=state)
        CaseFactory(slug=state, revises=live, status="in-review", name=f"{MARK} {state}", ordinal=live.ordinal)
    assert {slug: visitor.get(f"/cases/{slug}/").status_code for slug in ("draft", "archived", "published")} == {
        "draft": 404, "archived": 410, "published": 200,
    }  # fmt: skip
    assert [case.slug for case in Case.objects.published()] == ["published"]
    assert MARK not in visitor.get("/cases/published/").content.decode()


def test_signed_in_staff_see_the_public_site_as_visitors_do(editor, visitor, public):
    for path in ("/", "/cases/", "/cases/public/", "/recommendations/2/"):
        assert MARK not in editor.get(path).content.decode()
    assert editor.get(f"/cases/{MARK}draft/").status_code == 404


def test_the_admin_asks_to_sign_in(visitor, public):
    urls = [reverse("admin:index"), *(
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in admin.site._registry
    ), reverse("admin:casestudies_case_change", args=[public.pk])]  # fmt: skip
    for url in urls:
        response = visitor.get(url)
        assert (response.status_code, response["Location"]) == (302, f"{reverse('admin:login')}?next={url}")


def test_published_of_every_child_model_leaves_hidden_rows_out(public):
    for model in child_models():
        owners = {row.case_id for row in model.objects.published()}
        assert owners == {public.pk}, model
    assert CaseTerm.objects.count() > CaseTerm.objects.published().count()
    assert [link.other.slug for link in CaseLink.objects.to_published()] == ["public"] * len(HIDDEN)
