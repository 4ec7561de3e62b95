"""Times the index, the counts and the search with many cases: `.venv/bin/python -m bench.selection [CASES]`.

Makes a collection of its own (20,000 cases unless told otherwise) in SQLite in a temporary file, or in the database of
DATABASE_URL where that has no cases yet: under `python -m tests.postgres --`, for instance. Prints times in
milliseconds, the best and the median of several runs, and what the index weighs in memory.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

FOLDER = tempfile.TemporaryDirectory(prefix="casebook-bench-")
os.environ.setdefault("DATABASE_URL", f"sqlite:///{Path(FOLDER.name) / 'bench.sqlite3'}")
os.environ |= {"DJANGO_SETTINGS_MODULE": "mainstreaming.settings", "SECRET_KEY": "x" * 50, "LOCAL_HTTP": "1"}

import django

django.setup()

from django.core.management import call_command
from django.db import connection, transaction
from django.db import models as db
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from casestudies import changes, index, models
from casestudies.choices import Section, Strength
from casestudies.likeness import Answers, comparable, read_territory
from casestudies.search import store
from casestudies.search.matching import find
from casestudies.search.words import read_question
from casestudies.selection import parse
from tests import factories as f
from tests.casestudies.builders import COUNTRIES, TERMS, make_reference, terms_of

SYLLABLES = [a + b for a in "bcdfglmnprstv" for b in ("a", "e", "i", "o", "u", "an", "er", "ing")]
SELECTIONS = (
    "",
    "trigger=policy-mismatch",
    "region=africa&level=municipal&migration=emigration&jmdi=yes",
    "mechanism=participation&mechanism=councils&all=mechanism&from=2004&to=2008",
    "country=CH&country=FR&recommendation=1&recommendation=14&actor=civil-society&sort=title",
)


PAGES = (
    "/",
    "/cases/",
    "/cases/?trigger=policy-mismatch&page=2",
    "/cases/?region=africa&level=municipal&sort=title",
    "/cases/?view=table",
    "/cases/?view=map",
    "/cases/?view=timeline",
    "/cases/?view=charts",
    "/matrix/",
    "/match/?trigger=policy-mismatch&migration=emigration",
)


def words(number: int) -> list[str]:
    """Invented words, no two alike, the first ones the shortest."""
    randomly = random.Random(1)
    found: dict[str, None] = {}
    while len(found) < number:
        found["".join(randomly.choice(SYLLABLES) for _ in range(randomly.randint(2, 4)))] = None
    return list(found)


VOCABULARY = words(20_000)
# As in any language: the word of rank n is about 1/n as frequent as the first.
WEIGHTS = [0.0]
for _rank in range(len(VOCABULARY)):
    WEIGHTS.append(WEIGHTS[-1] + 1 / (_rank + 5))
CUMULATIVE = WEIGHTS[1:]


def text(randomly: random.Random, length: int) -> str:
    """Words as frequent as they are in any language."""
    return " ".join(randomly.choices(VOCABULARY, cum_weights=CUMULATIVE, k=length))


def bulk(rows: Iterator[db.Model] | list[db.Model]) -> list[db.Model]:
    """Saves rows of one model past the signals."""
    rows = list(rows)
    for row in rows:
        # What a signal does before each save.
        models.base.keep_sort_key(type(row), row)
    return type(rows[0])._base_manager.bulk_create(rows, batch_size=500)


def make_cases(number: int) -> None:
    """Cases of about 900 words with a row of nearly everything, all of them published."""
    randomly = random.Random(number)
    make_reference()
    collection = f.CollectionFactory()
    countries = list(models.Country.objects.filter(code__in=COUNTRIES))
    organizations = [
        f.OrganizationFactory(name=text(randomly, 4).title(), types=terms_of("actor-type", [slug]))
        for slug in TERMS["actor-type"]
        for _ in range(100)
    ]
    sources = [f.SourceFactory(title=text(randomly, 8)) for _ in range(300)]
    by_vocabulary = {slug: terms_of(slug, list(TERMS[slug])) for slug in TERMS}
    recommendations = list(models.Illustration.recommendation.field.related_model.objects.all())
    currency = models.Currency.objects.get(code="USD")
    cases = bulk(
        f.CaseFactory.build(
            collection=collection,
            ordinal=each + 1,
            slug=f"case-{each}",
            title=text(randomly, 6).title(),
            purpose=text(randomly, 25),
            country=randomly.choice(countries),
            is_jmdi_supported=randomly.random() < 0.1,
        )
        for each in range(number)
    )
    rows: dict[type[db.Model], list[db.Model]] = {}

    def add(factory: type, **fields: object) -> db.Model:
        row = factory.build(**fields)
        rows.setdefault(type(row), []).append(row)
        return row

    tied = []
    for case in cases:
        for section in Section:
            add(f.NarrativeFactory, case=case, section=section, text=text(randomly, 70))
        for slug in ("trigger", "approach", "mechanism", "migration", "state", "level"):
            is_single = slug in ("approach", "state")
            for term in randomly.sample(by_vocabulary[slug], 1 if is_single else randomly.randint(1, 2)):
                add(f.CaseTermFactory, case=case, term=term, reason=text(randomly, 8))
        for organization in randomly.sample(organizations, 3):
            add(f.CaseActorFactory, case=case, organization=organization, text=text(randomly, 10))
        objective = add(f.ObjectiveFactory, case=case, text=text(randomly, 10))
        group = add(f.BeneficiaryGroupFactory, case=case, text=text(randomly, 3))
        tied.append((objective, "broad_objectives", randomly.choice(by_vocabulary["objective"])))
        tied.append((group, "groups", randomly.choice(by_vocabulary["beneficiary"])))
        for recommendation in randomly.sample(recommendations, 2):
            add(f.IllustrationFactory, case=case, recommendation=recommendation, strength=randomly.choice([*Strength]))
        for source in randomly.sample(sources, 2):
            add(f.CaseSourceFactory, case=case, source=source, supports=text(randomly, 5))
        for _ in range(3):
            add(f.FigureFactory, case=case, label=text(randomly, 4))
        add(f.PeriodFactory, case=case, start_year=randomly.randint(1990, 2014), end_year=None, is_ongoing=True)
        add(f.BudgetFactory, case=case, total=10 ** randomly.randint(4, 8), currency=currency)
    for made in rows.values():
        bulk(made)
    for name in ("broad_objectives", "groups"):
        ties = [(row, term) for row, field, term in tied if field == name]
        field = type(ties[0][0])._meta.get_field(name)
        through = field.remote_field.through
        here, there = f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id"
        through.objects.bulk_create([through(**{here: r.pk, there: t.pk}) for r, t in ties], batch_size=500)
    changes.note_changes((models.SearchText.Kind.CASE, case.pk) for case in cases)


def timed(label: str, work: Callable[[], object], times: int = 7) -> object:
    """Prints how long something takes. Returns what it gave."""
    taken, given = [], None
    for _ in range(times):
        start = time.perf_counter()
        given = work()
        taken.append(1000 * (time.perf_counter() - start))
    print(f"{label:<88} best {min(taken):9.1f} ms, median {statistics.median(taken):9.1f} ms")
    return given


def memory() -> float:
    """What this process holds in memory, in megabytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def anew() -> index.Index:
    """An index made anew, whatever was kept."""
    index._current = None
    return index.current()


def listed(query: str) -> tuple:
    """What the page of the list asks of a selection, but for its rows."""
    selection = parse(QueryDict(query), strict=True)
    return len(selection), selection.facets(), selection.chips(), selection.in_order[:20]


def forgetting(kind: str, work: Callable[[], object]) -> object:
    """What `work` gives, although the index may have kept it."""
    now = index.current()
    for key in [key for key in now._kept if key[0] == kind]:
        del now._kept[key]
    return work()


def searched(question: str) -> int:
    """A search that nobody asked since the index was made."""
    return forgetting("found", lambda: len(find(read_question(question), index.current()).cases))


def answered(query: str) -> object:
    """What the page of a match asks of a description that nobody gave since the index was made."""
    now = index.current()
    return forgetting("answers", lambda: Answers(read_territory(QueryDict(query), now), now)[:10])


def measure() -> None:
    """Prints the times."""
    before = memory()
    timed("the index made for the first time", anew, 1)
    print(f"the index in memory: {memory() - before:.0f} MB")
    timed("the index made anew", anew, 3)
    for query in SELECTIONS:
        # The order of a sort is asked for once.
        timed(f"first list and counts of ?{query}", lambda query=query: listed(query), 1)
        timed(f"list and counts of ?{query}", lambda query=query: listed(query))

    timed("a territory described", lambda: answered("level=municipal&trigger=policy-mismatch&migration=emigration"))
    case = models.Case.objects.order_by("pk")[0]
    timed("comparable cases", lambda: forgetting("comparable", lambda: comparable(index.current(), case)))

    texts = models.Narrative.objects.values_list("text", flat=True)
    phrase = " ".join(texts[0].split()[10:13])
    timed("the first search: what ties cases to things", lambda: searched(VOCABULARY[0]), 1)
    frequent, rare = VOCABULARY[0], VOCABULARY[15_000]
    first_three = " ".join(VOCABULARY[:3])
    for question in (
        f"{rare} ", f"{frequent} ", frequent[:2], f"{first_three} ", f'"{phrase}"', f'"{first_three}"', "nowhere ",
    ):  # fmt: skip
        found = timed(f"search {question!r}", lambda question=question: searched(question))
        print(f"    {found:,} cases")
    timed(f"search {first_three!r} again", lambda: listed(f"q={first_three}+"))
    case = models.Case.objects.first()
    timed("an edit of a case", case.save)
    timed("the next search after it, words and index made anew", lambda: (case.save(), searched(f"{rare} ")), 3)


def measure_pages() -> None:
    """Prints how many queries whole pages take, and how long, from the request to the last byte of the answer."""
    client = Client(HTTP_HOST="localhost")
    for path in PAGES:
        # The first answer makes what the index keeps.
        assert client.get(path).status_code == 200, path
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        timed(f"page {path}, {len(queries)} queries", lambda path=path: client.get(path))


def main(number: int) -> None:
    """Makes the cases, and prints the times."""
    call_command("migrate", verbosity=0)
    if not models.Case.objects.exists():
        start = time.perf_counter()
        with transaction.atomic():
            make_cases(number)
        print(f"{number:,} cases made in {time.perf_counter() - start:.0f} s")
        timed("words of everything made for the first time", store.refresh, 1)
    print(f"{models.Case.objects.count():,} cases in {connection.vendor}")
    measure()
    measure_pages()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
