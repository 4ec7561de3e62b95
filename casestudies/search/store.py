"""The table of words: kept up to date, and asked. All that differs between the databases stands here."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import Exists, Q

from ..changes import wait_for_turn
from ..models import Case, DataVersion, SearchText
from .texts import SHARED, SHARED_ZONES, ZONES, passages_of, shared_texts
from .words import RULES, Word, stems_of, words_of

CHUNK = 50
#: So many rows are looked up one by one.
FEW = 500
# Between two passages stands what no phrase crosses.
BORDER = " | "


def tokens_of(passages: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """The tokens of passages (zone, text), and their words in order.

    A token is a zone, «w» for a word or «s» for a stem, and the word: «awvaud», «csmigrat». Each stands there once.
    """
    tokens, words = set(), []
    for zone, text in passages:
        found = words_of(text)
        words.append(" ".join(found))
        for word in found:
            tokens.add(f"{zone}w{word}")
            tokens.update(f"{zone}s{stem}" for stem in stems_of(word))
    return " ".join(sorted(tokens)), f" {BORDER.join(words)} "


def refresh(using: str = DEFAULT_DB_ALIAS) -> int:
    """Makes the words anew of whatever changed since they were made. Returns how many rows that were.

    Safe beside others that write or refresh: a row that changes meanwhile stays marked.
    """
    _follow_rules(using)
    done = 0
    marked = SearchText.objects.using(using).filter(changes__gt=0)
    # Each row once: what changes while this runs is for the next.
    todo = list(marked.order_by("kind", "object_id").values_list("pk", "kind", "object_id", "changes"))
    if len(todo) > FEW:
        _take_stock(using)
    for start in range(0, len(todo), CHUNK):
        chunk = todo[start : start + CHUNK]
        made: dict[tuple[str, int], tuple[str, str]] = {}
        for kind in dict.fromkeys(kind for _pk, kind, _object, _changes in chunk):
            texts = _texts(kind, [object_id for _pk, of, object_id, _changes in chunk if of == kind], using)
            made |= {(kind, object_id): tokens_of(found) for object_id, found in texts.items()}
        with _together(using):
            for pk, kind, object_id, changes in chunk:
                _write(pk, changes, made.get((kind, object_id)), using)
        done += len(chunk)
    if done > FEW:
        _take_stock(using, SearchText._meta.db_table)
    return done


def _take_stock(using: str, table: str = "") -> None:
    """Lets PostgreSQL count anew after many rows came at once: it would do so by itself minutes later, and until then
    read whole tables for each fifty cases, and for each search."""
    if connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            cursor.execute(f"ANALYZE {table}")


def is_fresh(using: str = DEFAULT_DB_ALIAS) -> bool:
    """Whether the words are those of the data, and made by the rules of today. One query."""
    marked = SearchText.objects.using(using).filter(changes__gt=0)
    version = DataVersion.objects.using(using).filter(pk=DataVersion.ROW, search_rules=RULES)
    return version.exclude(Exists(marked)).exists()


def _together(using: str) -> contextlib.AbstractContextManager:
    """Many writes at once on SQLite; each for itself on PostgreSQL, where who holds one row must not wait for another:
    an editor could hold that, and wait for this."""
    return transaction.atomic(using) if connections[using].vendor == "sqlite" else contextlib.nullcontext()


def _write(pk: int, changes: int, made: tuple[str, str] | None, using: str) -> None:
    """Writes a row unless it was marked anew meanwhile. None: its thing is deleted, or no longer public."""
    row = SearchText.objects.using(using).filter(pk=pk, changes=changes)
    if made is None:
        row.delete()
    else:
        row.update(tokens=made[0], words=made[1], changes=0)


def _texts(kind: str, pks: list[int], using: str) -> dict[int, list[tuple[str, str]]]:
    if kind == SearchText.Kind.CASE:
        cases = Case.objects.using(using).published().filter(pk__in=pks)
        return {pk: [(p.zone, p.text) for p in found] for pk, found in passages_of(cases).items()}
    zone = SHARED_ZONES[kind]
    return {pk: [(zone, text) for text in found] for pk, found in shared_texts(kind, pks)}


def _follow_rules(using: str) -> None:
    """Marks everything where words were made by other rules, or never."""
    if DataVersion.objects.using(using).filter(pk=DataVersion.ROW, search_rules=RULES).exists():
        return
    with transaction.atomic(using):
        if wait_for_turn(using) == RULES:  # another process was quicker
            return
        SearchText.objects.using(using).all().delete()
        things = {SearchText.Kind.CASE: Case.objects.using(using).published()}
        things |= {kind: model._base_manager.using(using).all() for kind, (model, _names) in SHARED.items()}
        for kind, found in things.items():
            marks = (SearchText(kind=kind, object_id=pk) for pk in found.order_by("pk").values_list("pk", flat=True))
            SearchText.objects.using(using).bulk_create(marks, batch_size=1000)
        DataVersion.objects.using(using).filter(pk=DataVersion.ROW).update(search_rules=RULES)


# Asking

Hits = dict[tuple[int, str, str], list[int]]


def hits(words: Sequence[Word], using: str = DEFAULT_DB_ALIAS) -> Hits:
    """What holds each word: {(index of the word, zone, kind): primary keys}. Two queries, whatever is asked."""
    parts, parameters = [], []
    for index, word in enumerate(words):
        for zone in ZONES:
            parts.append(_part(using))
            parameters += [index, zone, _match(word, zone, using)]
    if not parts:
        return {}
    with connections[using].cursor() as cursor:
        cursor.execute(f"{_first(using)}{' UNION ALL '.join(parts)}", parameters)
        rows = {(index, zone): list(map(int, pks.split(","))) for index, zone, pks in cursor.fetchall() if pks}
    found: Hits = {}
    things = _things({pk for pks in rows.values() for pk in pks}, using)
    for (index, zone), pks in rows.items():
        for kind, object_id in filter(None, map(things.get, pks)):
            found.setdefault((index, zone, kind), []).append(object_id)
    return found


def _first(using: str) -> str:
    """What makes PostgreSQL ask its full-text index whatever it expects to find.

    It holds reading all rows for cheap where many of them match, for it leaves out of account that the tokens of each
    are long, stored elsewhere and to be taken apart: seconds instead of milliseconds. It holds for the transaction, and
    so, outside of one, for this one statement.
    """
    return "SET LOCAL enable_seqscan = off; " if connections[using].vendor == "postgresql" else ""


def _part(using: str) -> str:
    """The rows that hold a word in a zone. From the full-text index alone: the rows themselves are long."""
    if connections[using].vendor == "postgresql":
        return (
            "SELECT %s::int, %s::text, string_agg(id::text, ',') FROM casestudies_searchtext"
            " WHERE array_to_tsvector(string_to_array(tokens, ' ')) @@ %s::tsquery"
        )
    return (
        "SELECT %s, %s, group_concat(rowid) FROM casestudies_searchtext_index"
        " WHERE casestudies_searchtext_index MATCH %s"
    )


def _things(pks: set[int], using: str) -> dict[int, tuple[str, int]]:
    """What rows are about: kind and primary key of the thing."""
    rows = SearchText.objects.using(using)
    # Few are looked up; of many it is quicker to read the index of things, which leaves the rows alone, as a whole.
    rows = rows.filter(pk__in=pks) if len(pks) <= FEW else rows
    return {pk: (kind, object_id) for pk, kind, object_id in rows.values_list("pk", "kind", "object_id")}


def _match(word: Word, zone: str, using: str) -> str:
    """The tokens of a word in a zone, in the language of the database. Words hold letters and digits alone."""
    is_postgresql = connections[using].vendor == "postgresql"
    star, either = (":*", " | ") if is_postgresql else ("*", " OR ")
    quote = "'" if is_postgresql else '"'
    tokens = [f"{quote}{zone}w{word.text}{quote}{star if word.is_prefix else ''}"]
    if not word.is_exact:
        tokens += [f"{quote}{zone}s{stem}{quote}" for stem in stems_of(word.text)]
    return either.join(tokens)


def with_phrase(phrase: Sequence[str], pks: Iterable[int], kind: str, using: str = DEFAULT_DB_ALIAS) -> set[int]:
    """Those of the things that hold the words one after the other."""
    condition = Q(kind=kind, object_id__in=list(pks), words__contains=f" {' '.join(phrase)} ")
    return set(SearchText.objects.using(using).filter(condition).values_list("object_id", flat=True))
