"""The search: every text that a reader sees finds its case, in one order on every database, and never a hidden one."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable
from urllib.parse import quote_plus

import pytest
from django.db import connection
from django.db import models as db
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casestudies import models
from casestudies.index import current
from casestudies.models import Case, SearchText
from casestudies.search import store, texts, words
from casestudies.search.matching import find
from casestudies.search.words import Word, read_question
from recommendations.models import SubPoint
from tests import factories as f

from .builders import slugs
from .test_query_counts import FOR_LIST, SIZES, VERSION, add_cases

pytestmark = pytest.mark.django_db


def found(question: str) -> list[str]:
    """The slugs of the cases that a question finds, the best first."""
    return slugs(f"q={quote_plus(question)}")


def whole(word: str) -> list[str]:
    """The cases that hold a whole word."""
    return found(f"{word} ")


# The question.


def notation(text: str) -> list[str]:
    """The words of a question: «vaud» by its stem too, «vaud*» the beginning of one, «=vaud» as it is."""
    return [f"{'=' * word.is_exact}{word.text}{'*' * word.is_prefix}" for word in read_question(text).words]


DIGITS = "9" * 10_000
QUESTIONS = {
    "vaud": ["vaud*"],
    "vaud ": ["vaud"],
    "  vaud  ": ["vaud"],
    "v": ["v"],
    "vaud v": ["vaud", "v"],
    "Sédhiou": ["sedhiou*"],
    unicodedata.normalize("NFD", "Bogotá"): ["bogota*"],
    "SÃO PAULO": ["sao", "paulo*"],
    "Straße Ærø ǿ ŁÓDŹ": ["strasse", "aero", "o", "lodz*"],
    "l’Oriental, 2014": ["l", "oriental", "2014*"],
    "vaud vaud ": ["vaud"],
    "vaud vaud": ["vaud", "vaud*"],
    # Quotes of all sorts.
    '"state council"': ["=state", "=council"],
    "“state council”": ["=state", "=council"],
    "«state council»": ["=state", "=council"],
    '"State Council" mig': ["=state", "=council", "mig*"],
    'mig "state"': ["=state", "mig"],
    '"state" "council"': ["=state", "=council"],
    '"state "council" seat"': ["=state", "=seat", "council"],
    # Unclosed, empty, mixed ones.
    '"state council': ["state", "council*"],
    'state council"': ["state", "council"],
    "“state council": ["state", "council*"],
    '“state council"': ["state", "council"],
    '""': [],
    '" "': [],
    '"*"': [],
    # What the languages of databases make of: plain text.
    "AND": ["and*"],
    "vaud AND NOT bern": ["vaud", "and", "not", "bern*"],
    "vaud OR bern": ["vaud", "or", "bern*"],
    "NEAR(vaud bern, 2)": ["near", "vaud", "bern", "2"],
    "vaud*": ["vaud"],
    "title:vaud": ["title", "vaud*"],
    "vaud:*": ["vaud"],
    "^vaud": ["vaud*"],
    "-vaud": ["vaud*"],
    "(vaud": ["vaud*"],
    "(vaud)": ["vaud"],
    "vaud & bern | !lyon": ["vaud", "bern", "lyon*"],
    "vaud <-> bern": ["vaud", "bern*"],
    "'vaud'": ["vaud"],
    "'; DROP TABLE casestudies_case; --": ["drop", "table", "casestudies", "case"],
    "va_ud": ["va", "ud*"],
    "100%": ["100"],
    "\\vaud\\": ["vaud"],
    "vaud\0bern": ["vaud", "bern*"],
    "vaud\tbern\n": ["vaud", "bern*"],
    # No word at all.
    "": [],
    " ": [],
    "\0": [],
    "?!…–*()[]{}^~:;.,'\\/|&<>=+-_%#@$€": [],
    "🌍": [],
    "🌍 vaud": ["vaud*"],
    # Signs that fold into letters.
    "№ 5": ["no", "5"],
    "JMDI™": ["jmditm"],
    "ﬁgure": ["figure*"],
    "½": ["1", "2"],
    # Too much.
    "x" * 10_000: ["x" * 100 + "*"],
    "㍿" * 200: ["株式会社" * 25],
    DIGITS: ["9" * 100 + "*"],
    "a b c d e f g h i j": list("abcdefgh"),
    "vaud " * 1000: ["vaud"],
    '"' * 1000: [],
}  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: ascii(question)[:40])
def test_what_is_made_of_a_question(question):
    assert notation(question) == QUESTIONS[question]
    assert bool(read_question(question)) == bool(QUESTIONS[question])
    # And no database stumbles over it.
    f.CaseFactory(slug="vaud", name="Vaud")
    assert list(find(read_question(question), current()).cases) in ([], [0])


@pytest.mark.parametrize(("question", "phrases"), [
    ('"state council"', (("state", "council"),)),
    ('“État” «de  Vaud» "x"', (("de", "vaud"),)),
    ('"one two" "three four"', (("one", "two"), ("three", "four"))),
    ('"state, council!"', (("state", "council"),)),
    ('"state council', ()),
    ("state council", ()),
])  # fmt: skip
def test_phrases_of_a_question(question, phrases):
    assert read_question(question).phrases == phrases


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=60) | st.text(alphabet="\"“”«»*:^()-'\\ aAéß1½", max_size=30))
def test_no_question_is_an_error(db, text):
    if not Case.objects.exists():
        f.CaseFactory()
    find(read_question(text), current())


def test_every_letter_there_is_stays_in_its_word():
    """SQLite's tokenizer and ours must not differ: a word that it parts would be an error when asked for."""
    letters = [chr(code) for code in range(sys.maxunicode + 1) if words.WORD.match(chr(code))]
    assert len(letters) > 130_000
    packs = ["".join(letters[start : start + 30]) for start in range(0, len(letters), 30)]
    parts = [part for pack in packs for part in words.words_of(f"a{pack}b")]
    if connection.vendor == "postgresql":
        # It is told the words in quotes, one as the other.
        parts = parts[::8]
    for start in range(0, len(parts), 50):
        store.hits([Word(part, is_exact=True) for part in parts[start : start + 50]])


def test_words_know_what_they_match():
    assert Word("migrating").matches("migration")
    assert not Word("migrating", is_exact=True).matches("migration")
    assert Word("migr", is_prefix=True).matches("migration")
    assert not Word("migr").matches("migration")
    assert not Word("2014").matches("20145")


def test_spans_are_where_words_stand():
    text = f"{unicodedata.normalize('NFD', 'Sédhiou')}: l'État, ½"
    assert [(word, text[start:end]) for word, start, end in words.spans_of(text)] == [
        ("sedhiou", text[:8]), ("l", "l"), ("etat", "État"), ("1", "½"), ("2", "½"),
    ]  # fmt: skip


# The tokens.


def test_tokens_are_words_and_stems_in_their_zones():
    assert store.tokens_of([("a", "Migrating to Vaud"), ("c", "Vaud, 2014."), ("c", "vaud")]) == (
        "asmigrat asto asvaud awmigrating awto awvaud csvaud cw2014 cwvaud",
        " migrating to vaud | vaud 2014 | vaud ",
    )
    assert store.tokens_of([]) == ("", "  ")


def test_words_longer_than_a_database_takes():
    case = f.CaseFactory(slug="long", purpose=f"{'é' * 10_000} {'x' * 5000}y")
    f.CaseFactory(slug="short", purpose="x" * 99)
    assert found("é" * 150) == ["long"]
    assert found("x" * 99) == ["long", "short"]
    row = SearchText.objects.get(kind="case", object_id=case.pk)
    assert max(len(token) for token in row.tokens.split()) == 102


# What is searched.

# Texts that say no word of the case: keys and addresses, where something stands, and numbers as printed.
NOT_SEARCHED = {
    "case.slug", "*.key", "*.place", "*.source_detail", "caseplace.kind", "figure.stated", "figure.period",
    "governmenttier.count_stated", "governmenttier.period", "casesource.notes", "editorialnote.about",
}  # fmt: skip
FACTORIES = {**f.child_factories(), models.Budget: f.BudgetFactory}


def text_fields(model: type[db.Model]) -> set[tuple[type[db.Model], str]]:
    """The texts of a model that people write, less those that are not searched."""
    return {
        (model, field.name)
        for field in model._meta.concrete_fields
        if isinstance(field, db.CharField | db.TextField)
        and field.editable
        and not field.choices
        and not {f"{model._meta.model_name}.{field.name}", f"*.{field.name}"} & NOT_SEARCHED
    }


TEXTS = sorted(
    {pair for model in FACTORIES for pair in text_fields(model)}, key=lambda pair: (pair[0].__name__, pair[1])
)


def test_every_text_of_a_case_is_declared():
    declared = [(each.model, name) for each in texts.ROWS for name in each.fields]
    assert len(declared) == len(set(declared))
    assert set(declared) == set(TEXTS)
    assert {(Case, name) for name, _zone in texts.CASE_ZONES} == text_fields(Case)
    assert {each.zone for each in texts.ROWS} | {zone for _name, zone in texts.CASE_ZONES} == set(texts.ZONES)


def test_every_declared_text_is_found_in_its_zone():
    """A word of its own in each, of two rows each."""
    f.CaseFactory(slug="other")
    case = f.CaseFactory(slug="here", **{name: f"Word{name.replace('_', '')}" for name, _zone in texts.CASE_ZONES})
    zones = {f"word{name.replace('_', '')}": zone for name, zone in texts.CASE_ZONES}
    for model, factory in FACTORIES.items():
        fields = {}
        for each in (each for each in texts.ROWS if each.model is model):
            for name in each.fields:
                word = f"of{model.__name__}{name}".lower().replace("_", "")
                fields[name], zones[word] = f"{word.title()}.", each.zone
        factory(case=case, **fields)
    assert {word: whole(word) for word in zones} == {word: ["here"] for word in zones}
    tokens = set(SearchText.objects.get(kind="case", object_id=case.pk).tokens.split())
    assert {word: zone for word in zones for zone in texts.ZONES if f"{zone}w{word}" in tokens} == zones


def test_what_is_declared_of_shared_things():
    declared = dict(texts.SHARED.values())
    assert declared == {
        models.Term: ("label",),
        models.Organization: ("name", "original_name", "acronym"),
        models.Source: ("authors", "title", "english_title", "container"),
        texts.Recommendation: ("title", "text"),
        models.Country: ("name",),
    }


def linked() -> dict[str, Callable[[], object]]:
    """For each way in which a case is tied to what it shares: what ties «here» to something with the word."""
    here = Case.objects.get(slug="here")
    word = "Zebra"
    body = {"name": f"{word} body"}
    return {
        "term": lambda: f.CaseTermFactory(case=here, term=f.TermFactory(label=word)),
        "parent term": lambda: f.CaseTermFactory(
            case=here, term=f.term("trigger", "below", parent=f.term("trigger", "above", label=word))
        ),
        "broad objective": lambda: f.ObjectiveFactory(case=here, broad_objectives=[f.TermFactory(label=word)]),
        "beneficiaries": lambda: f.BeneficiaryGroupFactory(case=here, groups=[f.TermFactory(label=word)]),
        "role": lambda: f.CaseActorFactory(case=here, roles=[f.TermFactory(label=word)]),
        "form": lambda: f.CoordinationMechanismFactory(case=here, form=f.TermFactory(label=word)),
        "level": lambda: f.CoordinationMechanismFactory(case=here, levels=[f.TermFactory(label=word)]),
        "type of actor": lambda: f.CaseActorFactory(
            case=here, organization=f.OrganizationFactory(types=[f.TermFactory(label=word)])
        ),
        "organization": lambda: f.CaseActorFactory(case=here, organization=f.OrganizationFactory(**body)),
        "original name": lambda: f.CaseActorFactory(case=here, organization__original_name=f"Le {word}"),
        "acronym": lambda: f.CaseActorFactory(case=here, organization__acronym=word.upper()),
        "other name": lambda: f.CaseActorFactory(
            case=here, organization=f.OrganizationNameFactory(name=word).organization
        ),
        "body of a milestone": lambda: f.MilestoneFactory(case=here, bodies=[f.OrganizationFactory(**body)]),
        "source": lambda: f.CaseSourceFactory(case=here, source__title=f"On {word}s"),
        "author": lambda: f.CaseSourceFactory(case=here, source__authors=f"{word}, A."),
        "english title": lambda: f.CaseSourceFactory(case=here, source__english_title=word),
        "container": lambda: f.CaseSourceFactory(case=here, source__container=f"Journal of {word}"),
        "source of a row": lambda: f.FigureFactory(case=here, source=f.SourceFactory(title=word)),
        "source of the budget": lambda: f.BudgetFactory(case=here, source=f.SourceFactory(title=word)),
        "recommendation": lambda: f.IllustrationFactory(case=here, recommendation__title=word),
        "text of a recommendation": lambda: f.IllustrationFactory(case=here, recommendation__text=f"Do {word}."),
        "sub-point": lambda: f.IllustrationFactory(
            case=here, recommendation=f.SubPointFactory(title=word).recommendation
        ),
        "country": lambda: change(here, country=f.CountryFactory(code="ZZ", name=word)),
        "region": lambda: change(here.country, region=f.TermFactory(vocabulary__slug="region", label=word)),
        "region above": lambda: change(
            here.country,
            region=f.TermFactory(
                vocabulary__slug="region", parent=f.TermFactory(vocabulary__slug="region", label=word)
            ),
        ),
    }


WAYS = [
    "term", "parent term", "broad objective", "beneficiaries", "role", "form", "level", "type of actor", "organization",
    "original name", "acronym", "other name", "body of a milestone", "source", "author", "english title", "container",
    "source of a row", "source of the budget", "recommendation", "text of a recommendation", "sub-point", "country",
    "region", "region above",
]  # fmt: skip
WORDY = {
    models.Term: ("label",),
    models.Organization: ("name", "original_name", "acronym"),
    models.OrganizationName: ("name",),
    models.Source: ("authors", "title", "english_title", "container"),
    texts.Recommendation: ("title", "text"),
    SubPoint: ("title", "text"),
    models.Country: ("name",),
}


def change(row: db.Model, **values: object) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


def rename(word: str, other: str) -> int:
    """Puts another word in its place wherever it stands in what cases share. Returns how many rows that were."""
    renamed = 0
    for model, names in WORDY.items():
        for row in model.objects.all():
            values = {name: getattr(row, name) for name in names}
            new = {name: value.replace(word, other).replace(word.upper(), other) for name, value in values.items()}
            if new != values:
                change(row, **new)
                renamed += 1
    return renamed


@pytest.mark.parametrize("way", WAYS)
def test_linked_things_are_found_and_never_out_of_date(way):
    country = f.CountryFactory(code="MA", region=f.term("region", "northern-africa"))
    for slug, fields in (("here", {}), ("other", {"country": country}), ("hidden", {"status": "draft"})):
        f.CaseFactory(slug=slug, **fields)
    ways = linked()
    assert list(ways) == WAYS
    assert whole("zebra") == []
    ways[way]()
    assert whole("zebra") == ["here"]
    assert rename("Zebra", "Giraffe") == 1
    assert (whole("zebra"), whole("giraffe")) == ([], ["here"])


def test_relinking_is_never_out_of_date():
    case, other = f.CaseFactory(slug="here"), f.CaseFactory(slug="other")
    zebra, giraffe = f.OrganizationFactory(name="Zebra"), f.OrganizationFactory(name="Giraffe")
    actor = f.CaseActorFactory(case=case, organization=zebra)
    assert (whole("zebra"), whole("giraffe")) == (["here"], [])
    change(actor, organization=giraffe)
    assert (whole("zebra"), whole("giraffe")) == ([], ["here"])
    change(actor, case=other)
    assert whole("giraffe") == ["other"]
    actor.delete()
    assert whole("giraffe") == []
    milestone = f.MilestoneFactory(case=case)
    zebra.milestones.add(milestone)
    assert whole("zebra") == ["here"]
    zebra.milestones.clear()
    assert whole("zebra") == []


def test_own_texts_are_never_out_of_date():
    case = f.CaseFactory(slug="here", purpose="A zebra.")
    assert whole("zebra") == ["here"]
    change(case, purpose="A giraffe.")
    assert (whole("zebra"), whole("giraffe")) == ([], ["here"])
    row = f.NarrativeFactory(case=case, text="An antelope.")
    assert whole("antelope") == ["here"]
    change(row, text="A lion.")
    assert (whole("antelope"), whole("lion")) == ([], ["here"])
    row.delete()
    assert whole("lion") == []
    case.delete()
    assert whole("giraffe") == []
    assert not SearchText.objects.filter(kind="case").exists()


# Only what visitors see.


@pytest.mark.parametrize("state", ["draft", "in-review", "archived", "revision"])
def test_hidden_cases_are_never_found(state):
    public = f.CaseFactory(slug="public", name="Public")
    fields = {"revises": public} if state == "revision" else {"status": state}
    case = f.CaseFactory(name="Zebra", title="Zebra", purpose="Zebra", **fields)
    for model, factory in f.child_factories().items():
        names = [name for each in texts.ROWS if each.model is model for name in each.fields]
        factory(case=case, **dict.fromkeys(names, "Zebra"))
    f.CaseActorFactory(case=case, organization__name="Zebra")
    assert found("zebra") == found('"zebra zebra"') == []
    assert not SearchText.objects.filter(kind="case", tokens__contains="zebra").exists()


def test_a_case_is_found_as_long_as_it_is_public():
    case = f.CaseFactory(slug="here", purpose="Zebra", status="draft")
    seen = []
    for status in ("published", "archived", "published", "in-review"):
        change(case, status=status)
        seen.append(whole("zebra"))
    assert seen == [["here"], [], ["here"], []]


def test_links_to_hidden_cases_say_nothing():
    here, other = f.CaseFactory(slug="here"), f.CaseFactory(slug="other", status="draft")
    f.CaseLinkFactory(case=here, other=other, text="Both keep zebras.", source=f.SourceFactory(title="Giraffes"))
    assert (found("zebras"), found("giraffes")) == ([], [])
    change(other, status="published")
    assert (found("zebras"), found("giraffes")) == (["here"], ["here"])
    change(other, status="archived")
    assert (found("zebras"), found("giraffes")) == ([], [])


# Words: as they are, by stem, by beginning.


@pytest.mark.parametrize(("question", "expected"), [
    # Accents and case, both ways.
    ("sedhiou ", ["senegal"]), ("SÉDHIOU ", ["senegal"]), ("Sédhiou", ["senegal"]),
    ("zurich ", ["swiss"]), ("zürich ", ["swiss"]), ("strasse ", ["swiss"]), ("Straße ", ["swiss"]),
    ("etat ", ["swiss"]), ("oriental ", ["swiss"]),
    # Stems both ways; and no further.
    ("integration ", ["senegal", "swiss"]), ("integrating ", ["senegal", "swiss"]),
    ("integrates ", ["senegal", "swiss"]),
    ("policy ", ["senegal"]), ("policies ", ["senegal"]), ("integ ", []),
    # A question in quotes means the word as it is.
    ('"integration"', ["swiss"]), ('"integrating"', ["senegal"]), ('"integrates"', []),
    # Beginnings as one types; a stem too.
    ("integ", ["senegal", "swiss"]), ("integrating", ["senegal", "swiss"]), ("pol", ["senegal"]), ("s", []),
    ("se", ["senegal"]), ("zu", ["swiss"]), ("etat zu", ["swiss"]), ("zu etat", []),
    ("polic ", []),
    # Numbers are no stems.
    ("2014", ["swiss"]), ("201", ["swiss"]), ("201 ", []),
    # All words, wherever in the case.
    ("policies sedhiou ", ["senegal"]), ("policies zurich ", []),
])  # fmt: skip
def test_words_are_found_folded_stemmed_and_begun(question, expected):
    case = f.CaseFactory(slug="senegal", name="Sédhiou", title="Policies", ordinal=1)
    f.NarrativeFactory(case=case, text="Integrating newcomers.")
    case = f.CaseFactory(slug="swiss", name="Zürich", title="Straße", ordinal=2)
    f.NarrativeFactory(case=case, text="The integration of newcomers since 2014, by l’État and l'Oriental.")
    assert found(question) == expected


# Phrases.


@pytest.mark.parametrize(("question", "expected"), [
    ('"state council"', ["own", "actor", "term"]),
    ('"STATE, Council"', ["own", "actor", "term"]),
    ("“council of vaud”", ["actor"]),
    ("«council state»", []),
    ('"state councils"', []),
    ('"state council" voted', ["own"]),
    ('"state council" "voted twice"', ["own"]),
    ('"state council" "twice voted"', []),
    ('"the state council"', ["own"]),
    ("state council ", ["passages", "fields", "apart", "actor", "names", "term", "own"]),
    ('"state"', ["passages", "fields", "apart", "actor", "names", "term", "own"]),
])  # fmt: skip
def test_phrases_stand_in_one_text(question, expected):
    def make(slug: str, **fields: object) -> Case:
        return f.CaseFactory(slug=slug, name="X", title="X", **fields)

    f.NarrativeFactory(case=make("own", ordinal=7), text="Then the State Council voted twice.")
    f.CaseActorFactory(case=make("actor", ordinal=4), organization__name="State Council of Vaud")
    # The end of a text and the beginning of the next: of one row, of two, of the case, of an organization.
    f.CasePlaceFactory(case=make("fields", ordinal=2), name="State", original_name="Council")
    case = make("passages", ordinal=1, purpose="A state")
    f.ObjectiveFactory(case=case, text="State")
    f.ObjectiveFactory(case=case, text="Council")
    case = make("apart", ordinal=3)
    f.CaseActorFactory(case=case, organization__name="The State")
    f.CaseActorFactory(case=case, organization__name="Council")
    f.CaseActorFactory(case=make("names", ordinal=5), organization__name="State", organization__acronym="Council")
    f.CaseTermFactory(case=make("term", ordinal=6), term=f.TermFactory(label="A state council"))
    f.CaseFactory(slug="none", ordinal=8, name="Statecouncil", title="Estate councillor")
    assert sorted(found(question), key=lambda slug: expected.index(slug)) == expected
    assert found(question) == sorted(expected, key=lambda slug: (slug == "own", Case.objects.get(slug=slug).ordinal))


# Ranking.


def test_the_best_place_of_each_word_counts_once():
    """name, title, country 8; classed under, acts 4; running text 2; figures, sources, recommendations 1."""
    cases = {}
    for number, slug in enumerate(["d", "c", "c-and-d", "b", "a", "b-and-c", "d-too", "many-d", "actor", "source"], 1):
        cases[slug] = f.CaseFactory(slug=slug, ordinal=number, name="X", title="X")
    change(cases["a"], title="Wells")
    change(cases["b"], purpose="Wells")
    change(cases["b-and-c"], purpose="Wells")
    for slug in ("c", "c-and-d", "b-and-c"):
        f.NarrativeFactory(case=cases[slug], text="Wells and wells")
    for slug in ("d", "c-and-d", "d-too"):
        f.FigureFactory(case=cases[slug], label="Wells")
    for _ in range(5):
        f.FigureFactory(case=cases["many-d"], label="Wells wells wells")
    f.CaseActorFactory(case=cases["actor"], organization__acronym="WELLS")
    f.CaseSourceFactory(case=cases["source"], source__title="Wells")
    index = current()
    tiers = find(read_question("wells "), index).tiers
    by_pk = {case.pk: slug for slug, case in cases.items()}
    assert [[by_pk[index.pks[position]] for position in tier] for tier in tiers] == [
        ["a"],
        ["b", "b-and-c", "actor"],
        ["c", "c-and-d"],
        ["d", "d-too", "many-d", "source"],
    ]


def test_the_sum_of_the_words_ranks():
    """Two words: 8+1 before 4+4 before 4+2, and 8+8 before all."""
    for number, (slug, name, purpose, figure) in enumerate([
        ("4+2", "X", "market", ""), ("8+1", "Water", "", "market"), ("4+4", "X", "water market", ""),
        ("8+8", "Water market", "", ""), ("8", "Water", "water", "water"), ("1+8", "Market", "", "water"),
    ], 1):  # fmt: skip
        case = f.CaseFactory(slug=slug.replace("+", "-"), ordinal=number, name=name, title="X", purpose=purpose)
        if figure:
            f.FigureFactory(case=case, label=figure)
        if slug == "4+2":
            f.NarrativeFactory(case=case, text="water")
    assert found("water market ") == ["8-8", "8-1", "1-8", "4-4", "4-2"]


def test_the_same_sum_is_in_the_order_of_numbers():
    later = f.CollectionFactory(slug="later", position=2)
    for slug, ordinal, collection in (
        ("third", 1, later),
        ("second", 10, None),
        ("first", 9, None),
        ("fourth", 2, later),
    ):
        fields = {"collection": collection} if collection else {}
        f.CaseFactory(slug=slug, ordinal=ordinal, name="Wells", title="X", **fields)
    assert found("wells") == ["first", "second", "third", "fourth"]


# One collection, questions of all sorts, and the order literally: it is to be the same on every database.

CORPUS = {
    "vaud": ("Vaud", "Welcoming newcomers", "Integration of foreigners", "The law: Règlement on integration"),
    "sedhiou": ("Sédhiou", "Returning to the land", "", "Migrants invest in the region’s agriculture: États généraux."),
    "kerala": ("Kerala", "A department for emigrants", "Welfare", "The office serves emigrants: № 5 of 2012"),
    "milan": ("Milan", "Co-development", "Migrants as actors", "The municipality funds; a council of migrants."),
    "nantes": ("Nantes", "Citizens’ council", "Foreigners have a say", "The Conseil nantais: a council of 30 members."),
    "upala": ("Upala", "Integration on the border", "", "Municipal councils integrate migrants. 30 per cent."),
    "bicol": ("Bicol", "Migration and development", "Migrants’ plans", "Provinces plan; migration councils too."),
    "quinte": ("Quinte", "Attracting immigrants", "", "A portal™ for immigrants, by Åland’s municipalities."),
}  # fmt: skip
ORDERS = {
    "integration ": ["upala", "vaud"],
    "integr": ["upala", "vaud"],
    "migrants ": ["milan", "bicol", "sedhiou", "upala"],
    "migration ": ["bicol"],
    "migr": ["bicol", "milan", "sedhiou", "upala"],
    "migrat": ["bicol"],
    "council ": ["nantes", "milan", "upala", "bicol"],
    "councils ": ["nantes", "milan", "upala", "bicol"],
    '"councils"': ["upala", "bicol"],
    '"council"': ["nantes", "milan"],
    "migrants council ": ["milan", "bicol", "upala"],
    '"a council of"': ["nantes", "milan"],
    '"migration councils"': ["bicol"],
    '"migrants plans"': ["bicol"],
    "municipal ": ["milan", "upala", "quinte"],
    "foreigners ": ["vaud", "nantes"],
    "switzerland ": list(CORPUS),
    "swi": list(CORPUS),
    "switzerland council ": ["nantes", "milan", "upala", "bicol"],
    "reglement etats": [],
    "reglement ": ["vaud"],
    "etats generaux": ["sedhiou"],
    "30": ["nantes", "upala"],
    "no 5": ["kerala"],
    "portaltm": ["quinte"],
    "aland": ["quinte"],
    "a": ["kerala", "nantes", "milan", "quinte"],
    "the ": ["sedhiou", "upala", "vaud", "kerala", "milan", "nantes"],
    "emi": ["kerala"],
    "im": ["quinte"],
}  # fmt: skip


def test_the_order_is_the_same_on_every_database():
    for number, (slug, (name, title, purpose, text)) in enumerate(CORPUS.items(), 1):
        case = f.CaseFactory(slug=slug, ordinal=number, name=name, title=title, purpose=purpose)
        f.NarrativeFactory(case=case, text=text)
    assert {question: found(question) for question in ORDERS} == ORDERS


# The words are kept up to date.


def searchtext_writes(queries: CaptureQueriesContext) -> list[str]:
    return [
        query["sql"].split()[0]
        for query in queries
        if "searchtext" in query["sql"] and query["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE")
    ]


def test_renaming_a_term_writes_one_row():
    term = f.TermFactory(label="Zebra")
    for number in range(5):
        f.CaseTermFactory(case=f.CaseFactory(slug=f"c{number}", ordinal=number + 1), term=term)
    assert whole("zebra") == [f"c{number}" for number in range(5)]
    change(term, label="Giraffe")
    assert [(row.kind, row.object_id) for row in SearchText.objects.filter(changes__gt=0)] == [("term", term.pk)]
    with CaptureQueriesContext(connection) as queries:
        assert store.refresh() == 1
    assert searchtext_writes(queries) == ["UPDATE"]
    assert whole("giraffe") == [f"c{number}" for number in range(5)]


def test_what_is_deleted_leaves_no_words():
    term, body, source = f.TermFactory(label="Zebra"), f.OrganizationFactory(), f.SourceFactory()
    store.refresh()
    for row in (term, body, source):
        row.delete()
    assert store.refresh() == 3
    gone = {("term", term.pk), ("organization", body.pk), ("source", source.pk)}
    assert gone & set(SearchText.objects.values_list("kind", "object_id")) == set()


def test_refresh_says_how_much_it_did_and_does_it_once():
    f.CaseTermFactory(case=f.CaseFactory())
    assert not store.is_fresh()
    # The case, its country with the region, its term.
    assert store.refresh() == 4
    assert store.is_fresh()
    assert store.refresh() == 0


def meanwhile(monkeypatch, work: Callable[[], object]) -> None:
    """Does something once, between the reading of texts and the writing of their words."""
    tokens_of, did = store.tokens_of, []

    def once(passages):
        if not did:
            did.append(True)
            work()
        return tokens_of(passages)

    monkeypatch.setattr(store, "tokens_of", once)


def test_a_change_while_words_are_made_stays_marked(monkeypatch):
    case = f.CaseFactory(slug="here", purpose="Zebra")
    meanwhile(monkeypatch, lambda: change(case, purpose="Giraffe"))
    store.refresh()
    assert [(row.kind, row.object_id) for row in SearchText.objects.filter(changes__gt=0)] == [("case", case.pk)]
    assert (whole("zebra"), whole("giraffe")) == ([], ["here"])


def test_a_change_after_another_refresh_stays_marked_too(monkeypatch):
    """Somebody else wrote the same words between, and the mark that was read is gone: the next is another one."""
    case = f.CaseFactory(slug="here", purpose="Zebra")

    def work() -> None:
        store.refresh()
        change(case, purpose="Giraffe")

    meanwhile(monkeypatch, work)
    store.refresh()
    assert not store.is_fresh()
    assert (whole("zebra"), whole("giraffe")) == ([], ["here"])


def test_a_case_hidden_while_words_are_made_is_not_found(monkeypatch):
    case = f.CaseFactory(purpose="Zebra")
    meanwhile(monkeypatch, lambda: change(case, status="archived"))
    store.refresh()
    assert whole("zebra") == []
    assert not SearchText.objects.filter(kind="case").exists()


def test_other_rules_make_all_words_anew(monkeypatch):
    for number in range(3):
        f.CaseFactory(slug=f"c{number}", ordinal=number + 1, purpose="Zebra")
    draft = f.CaseFactory(status="draft")
    store.refresh()
    # By other rules nothing was found.
    SearchText.objects.update(tokens="", words="")
    SearchText.objects.create(kind="case", object_id=draft.pk, tokens="awzebra", changes=0)
    assert store.is_fresh()
    monkeypatch.setattr(store, "RULES", words.RULES + 1)
    assert not store.is_fresh()
    assert whole("zebra") == ["c0", "c1", "c2"]
    assert store.is_fresh()
    assert models.DataVersion.objects.get().search_rules == words.RULES + 1
    # The cases, their country, its region.
    assert SearchText.objects.count() == 5


def test_a_collection_from_before_the_search_is_found():
    """No row was saved since: the first question makes the words."""
    f.CaseFactory(slug="here", purpose="Zebra")
    SearchText.objects.all().delete()
    models.DataVersion.objects.all().delete()
    assert whole("zebra") == ["here"]


def test_many_are_made_in_several_chunks(monkeypatch):
    monkeypatch.setattr(store, "CHUNK", 2)
    for number in range(5):
        f.CaseFactory(slug=f"c{number}", ordinal=number + 1, purpose="Zebra")
    assert whole("zebra") == [f"c{number}" for number in range(5)]


def test_an_answer_is_kept_until_something_changes(django_assert_num_queries):
    case = f.CaseFactory(slug="here", purpose="Zebra")
    assert whole("zebra") == ["here"]
    question, index = read_question("zebra "), current()
    with django_assert_num_queries(1):
        find(question, index)
    change(case, purpose="Giraffe")
    assert find(question, current()).tiers == []


# Queries: is everything fresh? Which rows hold the words, by the full-text index; what these are about.
ANSWER = 1 + 2
# What ties cases to things, once an index: countries; actors and the bodies of milestones; illustrations; for sources,
# each of the 20 models that cite them.
TIES = {"country": 1, "organization": 2, "recommendation": 1, "source": 20, "term": 0}
# The rows of each of the 20 searched kinds; the actors and their other names, the recommendations, the works.
SNIPPETS = 20 + 4


@pytest.mark.parametrize("size", SIZES)
def test_a_search_makes_as_many_queries_for_few_cases_as_for_many(visitor, size):
    add_cases(size)
    store.refresh()
    current()
    made = {}
    for path in ("/cases/?q=canton", "/cases/?q=canton&page=1", "/cases/?q=title+switzerland+funds+organization+a",
                 '/cases/?q="two-way+integration"', "/cases/?q=nowhere"):  # fmt: skip
        with CaptureQueriesContext(connection) as queries:
            response = visitor.get(path)
        made[path] = (len(queries), response.context["total"])
    answered = VERSION + 1 + FOR_LIST + SNIPPETS
    assert made == {
        "/cases/?q=canton": (answered + ANSWER, size),
        "/cases/?q=canton&page=1": (answered + ANSWER - 2, size),
        "/cases/?q=title+switzerland+funds+organization+a": (answered + ANSWER + sum(TIES.values()), size),
        # One more for the phrase in the texts of cases, one in those of each kind of things that hold its words.
        '/cases/?q="two-way+integration"': (answered + ANSWER + 1, size),
        "/cases/?q=nowhere": (VERSION + ANSWER - 1, 0),
    }


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite asks its full-text index in any case")
def test_postgresql_asks_its_full_text_index_for_a_word_that_every_case_holds():
    """It would read all rows otherwise, which it holds for cheap: at 20,000 cases that took seconds."""
    for number in range(3):
        SearchText.objects.create(kind=SearchText.Kind.CASE, object_id=number, tokens="bwcanton bscanton", changes=0)
    with CaptureQueriesContext(connection) as queries:
        assert len(store.hits(read_question("canton ").words)[0, "b", "case"]) == 3
    setting, _semicolon, select = queries[0]["sql"].partition("; ")
    with connection.cursor() as cursor:
        cursor.execute(f"{setting}; EXPLAIN {select}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Scan on casestudies_searchtext_index" in plan
    assert "Seq Scan" not in plan


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite counts nothing beforehand")
def test_postgresql_takes_stock_when_many_words_are_made(monkeypatch):
    monkeypatch.setattr(store, "FEW", 2)
    for _case in range(3):
        f.CaseFactory()
    with CaptureQueriesContext(connection) as queries:
        store.refresh()
    asked = [query["sql"] for query in queries if "ANALYZE" in query["sql"]]
    assert asked == ["ANALYZE ", "ANALYZE casestudies_searchtext"]
    with CaptureQueriesContext(connection) as queries:
        assert store.refresh() == 0
    assert not [query for query in queries if "ANALYZE" in query["sql"]]


def test_a_note_beside_a_link_is_found_as_long_as_the_link_is_shown():
    case, other = f.CaseFactory(slug="vaud"), f.CaseFactory(slug="hidden")
    f.CaseLinkFactory(case=case, other=other, key="to-hidden")
    f.EditorialNoteFactory(case=case, about="caselinks/to-hidden", text="Quibbled")
    f.EditorialNoteFactory(case=case, about="caselinks/gone", text="Orphaned")
    f.EditorialNoteFactory(case=case, about="title", text="Plain")
    assert [slugs(f"q={word}") for word in ("quibbled", "orphaned", "plain")] == [["vaud"], [], ["vaud"]]
    other.status = "draft"
    other.save()
    assert [slugs(f"q={word}") for word in ("quibbled", "orphaned", "plain")] == [[], [], ["vaud"]]
