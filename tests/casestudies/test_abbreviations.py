"""Acronyms in running text: where one explains itself, in which of its meanings, and what the page says."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from casestudies.abbreviations import Explainer, explainers
from casestudies.choices import Section
from casestudies.models import Acronym, Case
from casestudies.templatetags.casebook import explain, explain_paragraphs, new_section
from tests.factories import (
    AcronymFactory,
    BeneficiaryGroupFactory,
    BudgetFactory,
    CaseActorFactory,
    CaseFactory,
    CaseLinkFactory,
    CaseSourceFactory,
    CaseTermFactory,
    CompetenceFactory,
    ComponentFactory,
    ContributionFactory,
    CoordinationMechanismFactory,
    EditorialNoteFactory,
    GovernmentTierFactory,
    IllustrationFactory,
    KeyElementFactory,
    MilestoneFactory,
    NarrativeFactory,
    ObjectiveFactory,
    RecommendationFactory,
    SourceFactory,
    TermFactory,
    VocabularyFactory,
    term,
)

pytestmark = pytest.mark.django_db

EXPLAINED = re.compile(
    r'<button type="button" class="abbr" popovertarget="([^"]+)"><abbr>([^<]*)</abbr></button>'
    r'<span class="abbr__meaning" id="([^"]+)" popover>(.*?) <a href="([^"]+)">Glossary</a></span>'
)


def explained(html: str) -> list[tuple[str, str]]:
    """The acronyms that a page explains, each with its meaning. Each button has a numbered one of its own."""
    found = EXPLAINED.findall(html)
    assert html.count('class="abbr"') == html.count("<abbr>") == html.count(" popover>") == len(found)
    numbers = [f"abbr-{number}" for number in range(1, len(found) + 1)]
    assert [button for button, *_rest in found] == [target for _button, _name, target, *_rest in found] == numbers
    return [(unescape(name), unescape(strip_tags(meaning))) for _button, name, _target, meaning, _url in found]


def sections(html: str) -> dict[str, str]:
    """The parts of a case's page: its head, and each section by its id."""
    head, *parts = html.partition("<footer")[0].split('<section class="element" id="')
    return {"": head} | {part.partition('"')[0]: part for part in parts}


def entry(acronym: str, meaning: str = "Its meaning") -> Acronym:
    return Acronym(acronym=acronym, slug=acronym.lower(), meaning=meaning)


def marked(text: str, *acronyms: str) -> str:
    """The text with brackets around what would be explained."""
    pieces = Explainer(map(entry, acronyms)).split(text)
    return "".join(f"[{piece.acronym}]" if isinstance(piece, Acronym) else piece for piece in pieces)


# -- What is found in a text


@pytest.mark.parametrize(("text", "found"), [
    ("The BCI, and again the BCI.", "The [BCI], and again the BCI."),
    ("BCI", "[BCI]"),
    ("(BCI) “BCI” BCI", "([BCI]) “BCI” BCI"),
    ("the BCI’s work", "the [BCI]’s work"),
    ("a BCI-led plan", "a [BCI]-led plan"),
    ("one\nBCI\ntwo", "one\n[BCI]\ntwo"),
    # Plurals are explained as the singular, and count as its first use.
    ("BCIs meet. The BCI does too.", "[BCI]s meet. The BCI does too."),
    ("The BCI does. BCIs meet.", "The [BCI] does. BCIs meet."),
    # Within words and addresses there is no acronym.
    ("ABCI", "ABCI"), ("BCIx", "BCIx"), ("BCIsx", "BCIsx"), ("BCI2", "BCI2"), ("2BCI", "2BCI"), ("BCI_x", "BCI_x"),
    ("éBCI BCIé", "éBCI BCIé"), ("non-BCI", "non-BCI"), ("bci Bci", "bci Bci"), ("BCI&D D&BCI", "BCI&D D&[BCI]"),
    ("https://example.org/BCI", "https://example.org/BCI"), ("https://BCI/x", "https://BCI/x"),
    ("www.BCI.org", "www.BCI.org"), ("BCI.org", "BCI.org"), ("BCIs.org", "BCIs.org"), ("a.BCI b", "a.BCI b"),
    ("One. BCI. Two", "One. [BCI]. Two"), ("p. 3.\nBCI.\nTwo", "p. 3.\n[BCI].\nTwo"),
    ("post@BCI", "post@BCI"), ("BCI@example.org", "BCI@example.org"), ("BCIs@example.org", "BCIs@example.org"),
    ("", ""), ("Nothing here.", "Nothing here."),
])  # fmt: skip
def test_the_first_use_as_a_whole_word_is_found(text, found):
    assert marked(text, "BCI") == found


def test_of_two_acronyms_that_begin_alike_the_longer_one_is_found():
    assert marked("UN-ECE, UN, GE@W, GE, M&D and M.", "UN", "UN-ECE", "GE", "GE@W", "M&D") == (
        "[UN-ECE], [UN], [GE@W], [GE], [M&D] and M."
    )


def test_letters_with_a_meaning_of_their_own_in_patterns_are_taken_as_they_are():
    assert marked("A.B and AxB, C+ and CC", "A.B", "C+") == "[A.B] and AxB, [C+] and CC"


def test_without_acronyms_a_text_is_one_piece():
    assert list(Explainer().split("The BCI.")) == ["The BCI."]


def test_of_two_meanings_the_first_one_holds():
    first, second = entry("BCI", "first"), entry("BCI", "second")
    assert Explainer([first, second]).entries == {"BCI": first}


def test_a_new_section_begins_afresh():
    explainer = Explainer([entry("BCI"), entry("CCCI")])
    texts = ("BCI", "BCI CCCI", None, "BCI", "CCCI BCI")
    found = [new_section(explainer) if text is None else explain(explainer, text) for text in texts]
    assert [html if html is None else EXPLAINED.sub(r"[\2 \1]", html) for html in found] == [
        "[BCI abbr-1]", "BCI [CCCI abbr-2]", "", "[BCI abbr-3]", "[CCCI abbr-4] BCI",
    ]  # fmt: skip


# -- How it is written


def test_the_meaning_is_a_popover_of_its_button():
    bci = AcronymFactory(slug="bci-vaud", acronym="BCI", meaning="Cantonal office")
    assert explain(Explainer([bci]), "The BCI.") == (
        'The <button type="button" class="abbr" popovertarget="abbr-1"><abbr>BCI</abbr></button>'
        '<span class="abbr__meaning" id="abbr-1" popover>Cantonal office '
        '<a href="/glossary/?letter=b#bci-vaud">Glossary</a></span>.'
    )


def test_the_meaning_in_its_own_language_stands_in_brackets():
    bci = AcronymFactory(acronym="BCI", meaning="Cantonal office", original_meaning="Bureau cantonal")
    assert '" popover>Cantonal office (<i>Bureau cantonal</i>) <a ' in explain(Explainer([bci]), "BCI")


def test_texts_and_meanings_are_escaped():
    row = AcronymFactory(slug="m-and-d", acronym="M&D", meaning="<b>Migration", original_meaning="<i>Tom & Eva")
    assert explain(Explainer([row]), 'A <script> & "M&D" < B') == (
        "A &lt;script&gt; &amp; &quot;"
        '<button type="button" class="abbr" popovertarget="abbr-1"><abbr>M&amp;D</abbr></button>'
        '<span class="abbr__meaning" id="abbr-1" popover>&lt;b&gt;Migration (<i>&lt;i&gt;Tom &amp; Eva</i>) '
        '<a href="/glossary/?letter=m#m-and-d">Glossary</a></span>&quot; &lt; B'
    )


def test_line_breaks_stay():
    assert explain(Explainer(), "One\r\ntwo\nthree <\n") == "One<br>two<br>three &lt;<br>"


@pytest.mark.parametrize(("text", "html"), [
    ("One.", "<p>One.</p>"),
    ("One.\n\nTwo.", "<p>One.</p>\n\n<p>Two.</p>"),
    ("\n\nOne\nline.\r\n\r\n \t\n\nTwo <b>.\n", "<p>One<br>line.</p>\n\n<p>Two &lt;b&gt;.</p>"),
    ("", ""), (" \n\n ", ""),
])  # fmt: skip
def test_empty_lines_part_paragraphs(text, html):
    assert explain_paragraphs(Explainer(), text) == html


def test_paragraphs_of_one_text_share_their_first_uses():
    html = explain_paragraphs(Explainer([entry("BCI")]), "The BCI.\n\nA BCI.")
    assert EXPLAINED.sub(r"[\2]", html) == "<p>The [BCI].</p>\n\n<p>A BCI.</p>"


# -- Which meaning


def test_what_a_case_means_comes_first_and_stays_with_it():
    vaud, upala, kerala = CaseFactory(), CaseFactory(), CaseFactory()
    AcronymFactory(acronym="UN", meaning="United Nations")
    AcronymFactory(acronym="CCCI", meaning="what all mean")
    AcronymFactory(acronym="CCCI", meaning="of Vaud", cases=[vaud])
    AcronymFactory(acronym="CCCI", meaning="of Upala", cases=[upala])
    AcronymFactory(acronym="BCI", meaning="of both", cases=[vaud, upala])
    found = explainers([vaud, upala, kerala])
    assert {pk: {name: row.meaning for name, row in each.entries.items()} for pk, each in found.items()} == {
        0: {"UN": "United Nations", "CCCI": "what all mean"},
        vaud.pk: {"UN": "United Nations", "CCCI": "of Vaud", "BCI": "of both"},
        upala.pk: {"UN": "United Nations", "CCCI": "of Upala", "BCI": "of both"},
        kerala.pk: {"UN": "United Nations", "CCCI": "what all mean"},
    }


def test_explainers_of_one_page_count_on():
    AcronymFactory(acronym="UN")
    found = explainers([CaseFactory(), CaseFactory()])
    html = "".join(explain(each, "UN UN") for each in found.values())
    assert EXPLAINED.sub(r"[\1]", html) == "[abbr-1] UN[abbr-2] UN[abbr-3] UN"


def test_explainers_take_two_queries_for_any_number_of_cases():
    cases = [CaseFactory() for _number in range(5)]
    AcronymFactory(cases=cases)
    with CaptureQueriesContext(connection) as queries:
        explainers(cases)
    assert len(queries) == 2


# -- On the pages


def test_every_text_of_a_case_explains_its_acronyms(visitor):
    case = CaseFactory(slug="vaud", purpose="Purpose AA.")
    parent = ComponentFactory(case=case, text="Component AC.")
    recommendation = RecommendationFactory(number=1)
    for factory, fields in (
        (NarrativeFactory, {"text": "Narrative AB."}),
        (ComponentFactory, {"text": "Nested AD.", "parent": parent}),
        (CaseTermFactory, {"reason": "Reason AE."}),
        (MilestoneFactory, {"text": "Milestone AF."}),
        (GovernmentTierFactory, {"text": "Tier AG."}),
        (CompetenceFactory, {"matter": "Competence AH."}),
        (CaseActorFactory, {"text": "Actor AI."}),
        (CoordinationMechanismFactory, {"text": "Mechanism AJ.", "members_stated": "Members AK."}),
        (ObjectiveFactory, {"text": "Objective AL."}),
        (BeneficiaryGroupFactory, {"text": "Beneficiaries AM."}),
        (ContributionFactory, {"note": "Contribution AO."}),
        (KeyElementFactory, {"text": "Element AP."}),
        (IllustrationFactory, {"reason": "Illustration AQ.", "recommendation": recommendation}),
        (EditorialNoteFactory, {"text": "Note AR."}),
        (EditorialNoteFactory, {"text": "Note AS.", "about": "title"}),
        (CaseLinkFactory, {"text": "Link AT."}),
        (CaseSourceFactory, {"supports": "Source AU."}),
    ):
        factory(case=case, **fields)
    BudgetFactory(case=case, note="Budget AN.")
    names = [f"A{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTU"]
    for name in names:
        AcronymFactory(acronym=name, meaning=f"Meaning of {name}", cases=[case])
    html = visitor.get("/cases/vaud/").content.decode()
    assert sorted(explained(html)) == [(name, f"Meaning of {name}") for name in names]


def test_each_section_of_a_case_explains_its_first_use(visitor):
    case = CaseFactory(slug="vaud", purpose="The BCI. The BCI.")
    for section in Section:
        NarrativeFactory(case=case, section=section, text="The BCI and the BCI.\n\nThe BCI.")
        ComponentFactory(case=case, section=section, text="The BCI.")
    BudgetFactory(case=case, note="The BCI pays, says the BCI.")
    for _number in range(2):
        KeyElementFactory(case=case, text="The BCI.")
        IllustrationFactory(case=case, reason="The BCI.")
        EditorialNoteFactory(case=case, section="", about="", text="The BCI.")
        CaseLinkFactory(case=case, text="The BCI.")
        CaseSourceFactory(case=case, supports="The BCI.")
    AcronymFactory(acronym="BCI", meaning="Cantonal office", cases=[case])
    html = visitor.get("/cases/vaud/").content.decode()
    assert explained(html) == [("BCI", "Cantonal office")] * 17
    found = {name: part.count('class="abbr"') for name, part in sections(html).items()}
    once = ["", *Section.values, "budget", "key-elements", "recommendations", "notes", "related", "sources"]
    assert found == dict.fromkeys(once, 1)


def test_an_acronym_of_another_case_is_not_explained(visitor):
    vaud = CaseFactory(slug="vaud", purpose="The CCCI of Vaud, the UN.")
    upala = CaseFactory(slug="upala", purpose="The CCCI of Upala, the UN.")
    kerala = CaseFactory(slug="kerala", purpose="The CCCI of nobody, the UN.")
    AcronymFactory(acronym="UN", meaning="United Nations")
    AcronymFactory(acronym="CCCI", meaning="chamber", cases=[vaud])
    AcronymFactory(acronym="CCCI", meaning="council", cases=[upala])
    pages = {case.slug: visitor.get(case.get_absolute_url()).content.decode() for case in (vaud, upala, kerala)}
    assert {slug: explained(html) for slug, html in pages.items()} == {
        "vaud": [("CCCI", "chamber"), ("UN", "United Nations")],
        "upala": [("CCCI", "council"), ("UN", "United Nations")],
        "kerala": [("UN", "United Nations")],
    }


def two_cases() -> list[Case]:
    """Two cases in which CCCI has two meanings; a general acronym beside it."""
    vaud, upala = CaseFactory(slug="vaud", ordinal=1), CaseFactory(slug="upala", ordinal=2)
    AcronymFactory(acronym="CCCI", meaning="chamber", cases=[vaud])
    AcronymFactory(acronym="CCCI", meaning="council", cases=[upala])
    AcronymFactory(acronym="UN", meaning="United Nations")
    return [vaud, upala]


def test_a_recommendation_explains_its_own_text_and_that_of_each_case(visitor):
    recommendation = RecommendationFactory(number=5, text="Ask the UN, not a CCCI.\n\nThe UN helps.")
    for case in two_cases():
        IllustrationFactory(case=case, recommendation=recommendation, reason="The CCCI asked the UN. The CCCI did.")
    assert explained(visitor.get("/recommendations/5/").content.decode()) == [
        ("UN", "United Nations"),
        ("CCCI", "chamber"), ("UN", "United Nations"),
        ("CCCI", "council"), ("UN", "United Nations"),
    ]  # fmt: skip


def test_a_term_explains_its_own_texts_and_the_reasons_of_each_case(visitor):
    for acronym in ("WB", "IOM", "EU"):
        AcronymFactory(acronym=acronym, meaning=f"Its {acronym}")
    trigger = term("trigger", "law", definition="WB, CCCI.\n\nUN.", usual_role="UN, IOM.", example="UN, EU.")
    for case in two_cases():
        CaseTermFactory(case=case, term=trigger, reason="The CCCI and the UN.")
    objective = term("objective", "links")
    for case in Case.objects.order_by("ordinal"):
        ObjectiveFactory(case=case, broad_objectives=[objective], text="To join the CCCI.")
    assert explained(visitor.get("/grid/trigger/law/").content.decode()) == [
        ("WB", "Its WB"), ("UN", "United Nations"), ("IOM", "Its IOM"), ("EU", "Its EU"),
        ("CCCI", "chamber"), ("UN", "United Nations"),
        ("CCCI", "council"), ("UN", "United Nations"),
    ]  # fmt: skip
    assert explained(visitor.get("/grid/objective/links/").content.decode()) == [
        ("CCCI", "chamber"), ("CCCI", "council"),
    ]  # fmt: skip


def test_a_vocabulary_explains_its_definition_and_those_of_its_terms(visitor):
    two_cases()
    for acronym in ("WB", "ILO", "EU"):
        AcronymFactory(acronym=acronym, meaning=f"Its {acronym}")
    vocabulary = VocabularyFactory(slug="trigger", definition="Of the WB and a CCCI.\n\nOf the UN.")
    parent = TermFactory(vocabulary=vocabulary, definition="Of the UN and the ILO.")
    TermFactory(vocabulary=vocabulary, parent=parent, definition="Of the ILO and the EU.")
    assert explained(visitor.get("/grid/trigger/").content.decode()) == [
        ("WB", "Its WB"), ("UN", "United Nations"), ("ILO", "Its ILO"), ("EU", "Its EU"),
    ]  # fmt: skip


def test_a_source_explains_what_it_supports_in_each_case(visitor):
    source = SourceFactory(slug="study")
    for case in two_cases():
        CaseSourceFactory(case=case, source=source, section="overview", supports="The CCCI.", position=1)
        CaseSourceFactory(case=case, source=source, section="results", supports="The CCCI, the UN.", position=2)
    assert explained(visitor.get("/sources/study/").content.decode()) == [
        ("CCCI", "chamber"), ("UN", "United Nations"),
        ("CCCI", "council"), ("UN", "United Nations"),
    ]  # fmt: skip


def test_the_meaning_leads_to_its_place_in_the_glossary(visitor):
    case = CaseFactory(slug="vaud", purpose="The CCCI.")
    AcronymFactory(slug="ccci-vaud", acronym="CCCI", meaning="chamber", cases=[case])
    AcronymFactory(slug="ccci-upala", acronym="CCCI", meaning="council", cases=[CaseFactory()])
    ((*_rest, url),) = EXPLAINED.findall(visitor.get("/cases/vaud/").content.decode())
    path, _hash, anchor = url.partition("#")
    assert (path, anchor) == ("/glossary/?letter=c", "ccci-vaud")
    html = visitor.get(path).content.decode()
    assert re.findall(r'<div id="ccci-vaud"><dt>(.*?)</dt><dd>\s*<p>(.*?)</p>', html) == [("CCCI", "chamber")]
