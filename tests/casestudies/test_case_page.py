"""A case's own page: every section in its order, every text with its place, nothing filled in."""

from __future__ import annotations

import re
from decimal import Decimal
from html import escape

import pytest
from django.db import models as db
from django.utils.html import strip_tags

from casestudies.choices import Section
from casestudies.models import Budget, Case, child_models
from casestudies.page import CasePage
from tests.factories import (
    BudgetFactory,
    CaseActorFactory,
    CaseFactory,
    CaseLinkFactory,
    CaseRedirectFactory,
    CaseSourceFactory,
    CaseTermFactory,
    ComponentFactory,
    ContributionFactory,
    CountryFactory,
    CurrencyFactory,
    EditorialNoteFactory,
    FigureFactory,
    IllustrationFactory,
    KeyElementFactory,
    MilestoneFactory,
    NarrativeFactory,
    OrganizationFactory,
    PeriodFactory,
    RecommendationFactory,
    SourceFactory,
    SubPointFactory,
    child_factories,
    term,
)

from .reading import text

pytestmark = pytest.mark.django_db

SECTIONS = [
    ("overview", "Overview"),
    ("migratory-context", "Migratory context"),
    ("institutional-background", "Institutional background"),
    ("decentralization-context", "Decentralization context"),
    ("triggering-factors", "Triggering factors"),
    ("actors", "Actors"),
    ("coordination-mechanisms", "Coordination mechanisms"),
    ("objectives", "Objectives"),
    ("implementation", "Implementation"),
    ("results", "Results and sustainability"),
    ("budget", "Budget"),
    ("key-elements", "Key mainstreaming elements"),
    ("recommendations", "Recommendations illustrated"),
    ("sources", "Sources"),
]
SILENT = "Not stated in the paper."


def html_of(visitor, case: Case) -> str:
    response = visitor.get(f"/cases/{case.slug}/")
    assert response.status_code == 200
    return response.content.decode()


def sections(html: str) -> dict[str, str]:
    """The markup of each section of the page, by its id, in their order."""
    parts = re.split(r'<section class="element" id="([a-z-]+)"[^>]*>', html)
    return {name: part.rpartition("</section>")[0] for name, part in zip(parts[1::2], parts[2::2], strict=True)}


def test_a_case_without_anything_says_so_everywhere(visitor):
    case = CaseFactory(ordinal=12, slug="vaud", name="Vaud", title="A programme", collection__number_prefix="4.")
    html = html_of(visitor, case)
    assert re.findall(r"<h1>(.*?)</h1>", html) == ["Vaud: A programme"]
    found = {name: text(part) for name, part in sections(html).items()}
    assert list(found) == [name for name, _label in SECTIONS]
    silent = {name: text(part.partition("</h2>")[2]).removeprefix("# ") for name, part in sections(html).items()}
    assert {
        name: said for name, said in silent.items() if name not in ("objectives", "recommendations", "sources")
    } == {name: SILENT for name, _label in SECTIONS if name not in ("objectives", "recommendations", "sources")}
    assert SILENT in silent["objectives"]
    assert silent["recommendations"].endswith("None linked so far.")
    assert silent["sources"].endswith("No work besides the paper itself.")
    glance = dict(
        re.findall(
            r"<dt>(.*?)</dt><dd>(.*?)</dd>", html.partition('id="glance"')[2].partition("</section>")[0], re.DOTALL
        )
    )
    assert {name: text(value) for name, value in glance.items()} == {
        "Country": "Switzerland",
        "Region": "Western europe",
        "Level of government": "not stated",
        "Kind of state": "not stated",
        "Period": "not stated",
        "Migration profile": "not stated",
        "Trigger": "not stated",
        "Approach": "not stated",
        "Budget": "not stated",
        "Supported by the JMDI": "No",
    }
    assert 'class="note' not in html


def test_sections_stand_in_the_order_of_the_grid_and_in_the_list_of_contents(visitor):
    case = CaseFactory()
    for section in reversed(Section.values):
        NarrativeFactory(
            case=case, section=section, text=f"Text of {section}.\n\nSecond paragraph.", place="Part 4.12, Overview"
        )
    html = html_of(visitor, case)
    assert [(Section(name).value, str(Section(name).label)) for name in Section.values] == SECTIONS[:10]
    found = sections(html)
    assert [(name, text(part.partition("</h2>")[0])) for name, part in found.items()] == SECTIONS
    contents = html.partition('<nav class="toc"')[2].partition("</nav>")[0]
    assert [(name, label) for name, label in re.findall(r'<a href="#([a-z-]+)">(.*?)</a>', contents)] == SECTIONS
    for section in Section.values:
        assert f"<p>Text of {section}.</p>\n\n<p>Second paragraph.</p>" in found[section]
        assert f"Text of {section}." not in "".join(part for name, part in found.items() if name != section)
        assert SILENT not in found[section].replace("<h3>Beneficiaries</h3>" + f'<p class="absent">{SILENT}</p>', "")


def test_notes_stand_beside_their_rows_and_nowhere_else(visitor):
    """Every kind of row that a note can stand beside, generically; and the fields that can have one."""
    case = CaseFactory()
    BudgetFactory(case=case)
    abouts = ["title", "name", "country", "budget", "purpose"]
    for model, factory in child_factories().items():
        name = model._meta.model_name
        if name in ("editorialnote", "casesource", "caselink"):
            continue
        row = factory(case=case, key=f"the-{name}")
        abouts.append(f"{model._meta.get_field('case').remote_field.get_accessor_name()}/{row.key}")
    for index, about in enumerate(abouts):
        EditorialNoteFactory(case=case, about=about, text=f"Note {index:02} beside {about}.")
    EditorialNoteFactory(case=case, section="results", text="Note on the results.")
    EditorialNoteFactory(case=case, text="Note on the whole.")
    html = html_of(visitor, case)
    shown = re.findall(r"Note \d\d beside ([a-z/-]+)\.", html)
    assert sorted(shown) == sorted(abouts)
    assert html.count("Note on the results.") == html.count("Note on the whole.") == 1
    assert "Note on the results." in sections(html)["results"]
    found = sections(html)
    expected = {
        "overview": {"narratives", "caseplaces", "periods"},
        "migratory-context": {"figures"},
        "institutional-background": {"milestones"},
        "decentralization-context": {"governmenttiers", "competences"},
        "triggering-factors": {"caseterms"},
        "actors": {"caseactors"},
        "coordination-mechanisms": {"coordinationmechanisms"},
        "objectives": {"objectives", "beneficiarygroups"},
        "implementation": {"components"},
        "results": set(),
        "budget": {"budget", "contributions"},
        "key-elements": {"keyelements"},
        "recommendations": {"illustrations"},
        "sources": set(),
    }
    beside = {
        name: {about.partition("/")[0] for about in re.findall(r"Note \d\d beside ([a-z/-]+)\.", found[name])}
        for name in expected
    }
    assert beside == expected


def test_a_note_beside_a_period_shows_where_no_place_is_known(visitor):
    case = CaseFactory()
    PeriodFactory(case=case, key="phase-1")
    EditorialNoteFactory(case=case, about="periods/phase-1", text="The paper gives two years.")
    assert html_of(visitor, case).count("The paper gives two years.") == 1


def test_a_budget_is_drawn_as_stated(visitor):
    case = CaseFactory()
    francs = CurrencyFactory(code="CHF", usd_value=Decimal("1.0395"))
    BudgetFactory(
        case=case, total=Decimal("12400000"), currency=francs, period="per-year", year_from=2012, year_to=2014,
        duration_months=36, note="Rounded.", place="Part 4.12, Implementation",
    )  # fmt: skip
    for index, (payer, amount) in enumerate((("Canton", "6200000"), ("Confederation", "1550000"), ("Towns", None)), 1):
        ContributionFactory(
            case=case, payer_stated=payer, position=index, amount=amount and Decimal(amount), currency=amount and francs
        )
    budget = sections(html_of(visitor, case))["budget"]
    facts = {text(name): text(value) for name, value in re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", budget)}
    assert facts == {
        "Total as stated": "CHF 12,400,000",
        "Covers": "per year (2012–2014)",
        "Duration": "36 months",
        "Note": "Rounded.",
        "Size band (ours)": "over USD 10 million",
    }
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", budget)]
    assert [[text(cell) for cell in row] for row in rows] == [
        ["Who pays", "Amount", "To scale"],
        ["Canton", "CHF 6,200,000", "80%"],
        ["Confederation", "CHF 1,550,000", "20%"],
        ["Towns", "not stated", ""],
    ]
    # To scale: each against the largest.
    assert re.findall(r'class="bar__fill" width="([\d.]+)"', budget) == ["100.00", "25.00"]


def test_sums_in_two_currencies_are_not_compared(visitor):
    case = CaseFactory()
    BudgetFactory(case=case, status="parts-only")
    for code in ("CHF", "EUR"):
        ContributionFactory(case=case, amount=Decimal(5), currency=CurrencyFactory(code=code))
    budget = sections(html_of(visitor, case))["budget"]
    assert "bar__fill" not in budget
    assert "CHF 5" in text(budget)
    assert "EUR 5" in text(budget)
    assert "contributions stated, no total" in text(budget)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("not-reported", "not reported"),
        ("payer-only", "payer named, no sum"),
        ("parts-only", "contributions stated, no total"),
    ],
)
def test_a_budget_without_a_total_says_what_is_said(visitor, status, words):
    case = CaseFactory()
    BudgetFactory(case=case, status=status)
    html = html_of(visitor, case)
    assert f"<dt>Total as stated</dt><dd>{words}</dd>" in html
    assert f"<dt>Budget</dt><dd>{words}</dd>" in html
    assert "Size band" not in html


@pytest.mark.parametrize(("fields", "shown"), [
    ({"low": Decimal("1886630")}, "1,886,630 people"),
    ({"low": Decimal("60"), "high": Decimal("80"), "unit": "count", "unit_label": "cantons"}, "60–80 cantons"),
    ({"low": Decimal("15.5"), "unit": "share"}, "15.5%"),
    ({"low": Decimal("-3.20"), "unit": "change"}, "-3.2%"),
    ({"low": Decimal("4000000"), "qualifier": "over"}, "over 4,000,000 people"),
    ({"low": Decimal("2800"), "qualifier": "about", "unit": "area"}, "about 2,800 km²"),
    ({"low": Decimal("5000.50"), "unit": "money", "currency": "CHF"}, "CHF 5,000.5"),
    ({"low": Decimal("0")}, "0 people"),
])  # fmt: skip
def test_figures_are_written_by_the_site(visitor, fields, shown):
    if "currency" in fields:
        fields = fields | {"currency": CurrencyFactory(code=fields["currency"])}
    case = CaseFactory()
    FigureFactory(case=case, **fields, stated="as in the paper", base="of all", where="Vaud", period="in 2013")
    html = html_of(visitor, case)
    assert text(re.search(r'<p class="figure__value">(.*?)</p>', html)[1]) == shown
    assert "stated as “as in the paper”" in html
    for said in ("of all", "Vaud", "in 2013"):
        assert said in text(sections(html)["migratory-context"])


def test_components_nest_three_deep_in_their_order(visitor):
    case = CaseFactory()
    first = ComponentFactory(case=case, title="First", position=1)
    ComponentFactory(case=case, title="Second", position=2)
    inner = ComponentFactory(case=case, title="Inner", position=3, parent=first, text="Inner text.")
    ComponentFactory(case=case, title="Innermost", position=4, parent=inner)
    ComponentFactory(case=case, title="Inner too", position=5, parent=first)

    def tree(nodes):
        return [(node.component.title, tree(node.children)) for node in nodes]

    page = CasePage(Case.objects.published().for_page().get())
    implementation = next(section for section in page.sections if section.slug == "implementation")
    assert tree(implementation.components) == [
        ("First", [("Inner", [("Innermost", [])]), ("Inner too", [])]),
        ("Second", []),
    ]
    part = sections(html_of(visitor, case))["implementation"]
    marks = re.findall(r"<ul|</ul>|<strong>.*?</strong>", part)
    assert " ".join({"<ul": "(", "</ul>": ")"}.get(mark, strip_tags(mark)) for mark in marks) == (
        "( First ( Inner ( Innermost ) Inner too ) Second )"
    )


def test_actors_stand_by_type_leads_first(visitor):
    case = CaseFactory()
    government = term("actor-type", "local-government", position=1)
    town = term("actor-type", "municipalities-and-councils", position=2, parent=government)
    society = term("actor-type", "civil-society", position=3)
    for name, types, is_lead in (
        ("Club", [society], False),
        ("Town", [town], False),
        ("Region", [government], True),
        ("Nobody", [], False),
    ):
        CaseActorFactory(case=case, organization=OrganizationFactory(name=name, types=types), is_lead=is_lead)
    part = sections(html_of(visitor, case))["actors"]
    found = re.findall(r'<h3>(.*?)</h3>|<li id="actor-[^>]*>\s*<span[^>]*>(.*?)</span>', part, re.DOTALL)
    assert [text(heading or name) for heading, name in found] == [
        "Local government", "Region", "Town", "Civil society", "Club", "Type not stated", "Nobody",
    ]  # fmt: skip
    assert part.count("leads") == 1


def test_milestones_stand_in_time(visitor):
    case = CaseFactory()
    for stated, year, month in (
        ("May 2010", 2010, 5),
        ("once", None, None),
        ("2010", 2010, None),
        ("2008", 2008, None),
    ):
        MilestoneFactory(case=case, date_stated=stated, start_year=year, start_month=month)
    part = sections(html_of(visitor, case))["institutional-background"]
    assert re.findall(r'<p class="timeline__when">(.*?)</p>', part) == ["2008", "2010", "May 2010", "once"]


def test_illustrations_stand_by_strength_then_by_number(visitor):
    case = CaseFactory()
    for number, letter, strength in (
        (14, "a", "supporting"),
        (2, "", "supporting"),
        (14, "", "central"),
        (3, "", "central"),
    ):
        point = SubPointFactory(recommendation__number=number, letter=letter) if letter else None
        IllustrationFactory(
            case=case, recommendation=RecommendationFactory(number=number), subpoint=point, strength=strength,
            key=f"r{number}{letter}", reason=f"Why {number}{letter}.",
        )  # fmt: skip
    part = sections(html_of(visitor, case))["recommendations"]
    assert re.findall(r'id="illustration-([a-z0-9]+)"', part) == ["r3", "r14", "r2", "r14a"]
    assert re.findall(r'<h3><a href="(.*?)">', part) == [
        "/recommendations/3/", "/recommendations/14/", "/recommendations/2/", "/recommendations/14/#a",
    ]  # fmt: skip
    assert re.findall(r"Why [0-9a-z]+\.", part) == ["Why 3.", "Why 14.", "Why 2.", "Why 14a."]


def test_every_work_cited_stands_among_the_sources_once(visitor):
    """Each row that cites a work links to it below: no link leads nowhere."""
    case = CaseFactory()
    for index, (model, factory) in enumerate(child_factories().items()):
        if "source" in {field.name for field in model._meta.fields}:
            factory(
                case=case,
                source=SourceFactory(slug=f"work-{index}", authors=f"Author {index:02}", title=model.__name__),
            )
    BudgetFactory(case=case, source=SourceFactory(slug="work-budget", authors="Author of the budget", title="Budget"))
    same = SourceFactory(slug="same", authors="Author twice")
    CaseSourceFactory(case=case, source=same, section="overview", supports="The area")
    CaseSourceFactory(case=case, source=same, section="results", supports="The result")
    html = html_of(visitor, case)
    listed = re.findall(r'<li id="source-([a-z0-9-]+)">', html)
    assert len(listed) == len(set(listed))
    assert {f"#source-{slug}" for slug in listed} >= set(re.findall(r'href="(#source-[a-z0-9-]+)"', html))
    assert sorted(listed) == sorted(
        [
            f"work-{index}"
            for index, model in enumerate(child_factories())
            if "source" in {f.name for f in model._meta.fields}
        ]
        + ["work-budget", "same"]
    )
    assert "The area · The result" in text(sections(html)["sources"])


def test_links_within_the_page_lead_somewhere(visitor):
    case = CaseFactory()
    for factory in child_factories().values():
        factory(case=case)
    BudgetFactory(case=case, total=5)
    html = html_of(visitor, case)
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert sorted(ids) == sorted(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)


EVIL = "<script>alert('x')</script>&amp;"


def test_no_text_of_a_case_becomes_markup(visitor):
    """Every text field of the case, of every kind of row and of what they are tied to."""

    def evil(model: type[db.Model]) -> dict[str, str]:
        return {
            field.name: f"{EVIL}{field.name}"
            for field in model._meta.concrete_fields
            if isinstance(field, db.CharField | db.TextField)
            and field.editable and not field.choices and field.name not in ("slug", "key", "about")
            and (field.max_length is None or field.max_length >= 60)
        }  # fmt: skip

    country = CountryFactory(name=f"{EVIL}country")
    case = CaseFactory(**evil(Case), country=country)
    body = OrganizationFactory(**evil(OrganizationFactory._meta.model))
    source = SourceFactory(**evil(SourceFactory._meta.model))
    other = CaseFactory(name=f"{EVIL}other", country=country)
    for model in child_models():
        fields = {field.name for field in model._meta.fields}
        ties = {"organization": body, "source": source, "other": other}
        child_factories()[model](
            case=case, **evil(model), **{name: tie for name, tie in ties.items() if name in fields}
        )
    CaseTermFactory(case=case, term=term("level", "x", label=f"{EVIL}label"))
    BudgetFactory(case=case, **evil(Budget))
    html = html_of(visitor, case)
    assert "<script>alert" not in html
    # The colours' and the data for search engines, which are no script.
    assert html.count("<script") == 2
    assert html.count('<script type="application/ld+json">') == 1
    assert html.count(escape(EVIL)) >= 40
    for path in (
        "/",
        "/cases/",
        "/recommendations/",
        f"/recommendations/{case.illustrations.get().recommendation.number}/",
    ):
        assert "<script>alert" not in visitor.get(path).content.decode()


def test_a_work_with_a_dangerous_address_is_no_link(visitor):
    case = CaseFactory()
    for slug, url in (("bad", "javascript:alert(1)"), ("bare", "www.example.org/x"), ("good", "https://example.org/x")):
        CaseSourceFactory(case=case, source=SourceFactory(slug=slug, url=url))
    html = html_of(visitor, case)
    assert re.findall(r'<a href="([^"]*)" rel="noreferrer">', html) == ["https://example.org/x"]
    assert "www.example.org/x" in text(html)


# Addresses.


def test_a_former_address_leads_to_the_case_for_good(visitor):
    case = CaseFactory(slug="vaud")
    CaseRedirectFactory(case=case, old_slug="canton-de-vaud")
    response = visitor.get("/cases/canton-de-vaud/")
    assert (response.status_code, response["Location"]) == (301, "/cases/vaud/")


def test_a_case_that_has_the_address_comes_before_a_former_one(visitor):
    CaseRedirectFactory(case=CaseFactory(slug="new"), old_slug="taken")
    CaseFactory(slug="taken", name="Here now")
    assert "<h1>Here now: " in visitor.get("/cases/taken/").content.decode()


def test_the_canonical_address(visitor, settings):
    CaseFactory(slug="vaud")
    link = '<link rel="canonical" href="{}/cases/vaud/">'
    assert link.format("http://testserver") in visitor.get("/cases/vaud/?utm=x").content.decode()
    settings.SITE_URL = "https://casebook.example.org"
    assert link.format("https://casebook.example.org") in visitor.get("/cases/vaud/").content.decode()


def test_related_cases_are_named_with_what_joins_them(visitor):
    case = CaseFactory()
    other = CaseFactory(slug="other", name="Other", ordinal=77, country__code="CH")
    CaseLinkFactory(case=case, other=other, text="Both have a council.")
    related = sections(html_of(visitor, case))["related"]
    assert '<a href="/cases/other/">4.77 Other</a>, Switzerland: Both have a council.' in related


def test_key_elements_stand_in_their_order(visitor):
    case = CaseFactory()
    for position, title in ((2, "Second"), (1, "First")):
        KeyElementFactory(case=case, title=title, position=position)
    assert re.findall(r"<strong>(.*?)</strong>", sections(html_of(visitor, case))["key-elements"]) == [
        "First",
        "Second",
    ]
