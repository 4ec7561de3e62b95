"""What a workbook would change: case by case and cell by cell, with every error at once. Writes nothing."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from ..choices import Status
from ..collection.schema import default_of
from ..collection.trees import CASE, ROOT, Tree, own_fields, read_tree
from ..exports.declaring import Column
from ..exports.tables import CASES, TABLES_BY_NAME, WORKS, Table
from ..exports.workbook import cell_of
from ..models import Case, CaseRedirect, Collection, Source
from .about import About
from .faults import Fault, Faults, TooManyFaults, brief, suggestion
from .lines import EXAMPLE, Line, lines_by_case, sheets_of
from .mapping import (
    BadCell,
    Links,
    case_header,
    field_of,
    is_writable,
    label_of_table,
    link_value,
    ordinal,
    plain_value,
    same,
    shown,
)
from .reading import read_book
from .validating import check_plans

# Fetched with their whole trees at a time.
CHUNK = 25
Cells = dict[str, dict[str, dict[str, Any]]]


@dataclass(frozen=True)
class Options:
    """What the person decided: the file's values even over newer ones; rows that are gone from a sheet are removed."""

    take_file: bool = False
    remove_gone: bool = False


@dataclass(frozen=True)
class Step:
    """How far it is: done, of how many, and with what."""

    done: int
    total: int
    text: str


@dataclass(frozen=True)
class Change:
    """One difference: a cell that changes, or a row that is added, removed, or gone from the sheet and kept."""

    kind: str
    sheet: str
    row: int = 0
    column: str = ""
    header: str = ""
    old: str = ""
    new: str = ""
    key: str = ""


@dataclass
class CasePlan:
    """What becomes of one case. `edition` says where it is written: new, draft, revision, or start (a revision)."""

    slug: str
    name: str
    edition: str
    pk: int | None
    before: Tree | None
    after: Tree
    changes: list[Change] = field(default_factory=list)

    @property
    def is_written(self) -> bool:
        """Whether anything of it differs from what is there."""
        return self.before != self.after


@dataclass
class Plan:
    """What the file changes, what is wrong with it, and what there is to say besides."""

    cases: list[CasePlan] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    notes: list[str] = field(default_factory=list)

    @property
    def written(self) -> list[CasePlan]:
        return [each for each in self.cases if each.is_written]

    def digest(self) -> str:
        """What tells this plan from any other: the trees as they are and as they would be."""
        told = [(each.slug, each.edition, each.pk, each.before, each.after) for each in self.written]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


class Planner:
    """Plans the import of one file. `steps()` does the work; `plan` is whole when it has ended.

    `lock` holds the cases until the transaction ends, so that nobody else saves in between.
    """

    def __init__(self, data: bytes, name: str, options: Options, *, lock: bool = False) -> None:
        self.data, self.name, self.options, self.lock = data, name, options, lock
        self.plan, self.links = Plan(), Links()
        self.places: dict[tuple[str, str, str], Line] = {}
        self.last_numbers: dict[str, int] = {}
        self.prefixes: dict[str, str] = {}
        self.file_hash = hashlib.sha256(data).hexdigest()

    def steps(self) -> Iterator[Step]:
        """Does the work, and says after each case how far it is. Raises NotAWorkbook."""
        try:
            yield from self._steps()
        except TooManyFaults:
            self.plan.notes.append(_("The file was not read to its end: it has too many errors."))
        order = {name: number for number, name in enumerate(TABLES_BY_NAME)}
        self.plan.faults = Faults(
            sorted(set(self.plan.faults), key=lambda f: (order.get(f.sheet, -1), f.sheet, f.row, len(f.column), f))
        )

    def _steps(self) -> Iterator[Step]:
        yield Step(0, 1, _("Reading the file"))
        book = read_book(self.data, self.name, self.plan.faults)
        self.about = About.of(book)
        self.sheets = sheets_of(book, self.plan.faults)
        if not self.sheets and not self.plan.faults:
            self.plan.faults.append(Fault(reason=_("The file has no sheet that is known here.")))
        lines = lines_by_case(self.sheets, self.plan.faults)
        if lines.pop(EXAMPLE, None):
            self.plan.notes.append(_("The rows of the example were left out."))
        self._find_cases(set(lines))
        total = len(lines) + 1
        done = 0
        for slugs in self._chunks([slug for slug in lines if slug in self.live]):
            found = self._fetch(slugs)
            for slug in slugs:
                done += 1
                self._existing(slug, lines[slug], found)
                yield Step(done, total, _("Compared: %(name)s") % {"name": self.live[slug].name})
        for slug in [slug for slug in lines if slug not in self.live]:
            done += 1
            self._new(slug, lines[slug])
            yield Step(done, total, _("Read: %(name)s") % {"name": slug})
        self._check_works()
        yield Step(done, total, _("Checking the whole"))
        self._check_numbers()
        self._check_whole()
        yield Step(total, total, _("Checked"))

    # -- The cases that are there

    def _find_cases(self, slugs: set[str]) -> None:
        rows = Case.objects.order_by("pk")
        if self.lock:
            rows = rows.select_for_update()
        self.live = {case.slug: case for case in rows.live().filter(slug__in=slugs)}
        pks = [case.pk for case in self.live.values()]
        self.revisions = {case.revises_id: case for case in rows.filter(revises__in=pks)}

    def _chunks(self, slugs: list[str]) -> Iterator[list[str]]:
        for start in range(0, len(slugs), CHUNK):
            yield slugs[start : start + CHUNK]

    def _fetch(self, slugs: list[str]) -> dict[int, Case]:
        """The cases and their working revisions, each with what its rows in a download need."""
        live = [self.live[slug].pk for slug in slugs]
        pks = [*live, *(self.revisions[pk].pk for pk in live if pk in self.revisions)]
        return {case.pk: case for case in Case.objects.filter(pk__in=pks).for_page()}

    def _cells(self, case: Case) -> Cells:
        """The rows of a case as a download has them: table -> key -> header -> cell."""
        found: Cells = {}
        for name in self.sheets:
            table = TABLES_BY_NAME[name]
            if table is not WORKS:
                found[name] = {
                    getattr(row, "key", ROOT): {c.header: cell_of(c, row, "") for c in table.columns}
                    for row in table.rows(case)
                }
        return found

    def _existing(self, slug: str, lines: dict[str, list[Line]], found: dict[int, Case]) -> None:
        live = self.live[slug]
        target = found[self.revisions[live.pk].pk if live.pk in self.revisions else live.pk]
        base = target if self.about.is_of_revision(slug) else found[live.pk]
        is_stale = not self.options.take_file and self.about.is_older_than(slug, base)
        now = self._cells(target)
        was = now if base.pk == target.pk or is_stale or self.options.take_file else self._cells(base)
        work = _Comparison(self, slug, target, was, now, is_stale)
        for name, of_table in lines.items():
            work.compare(TABLES_BY_NAME[name], of_table)
        if CASES.name in lines:
            for name, (table, _columns) in self.sheets.items():
                if table not in (CASES, WORKS):
                    work.find_gone(table, lines.get(name, []))
        self._add(work, lines)

    def _add(self, work: _Comparison, lines: dict[str, list[Line]]) -> None:
        if not work.changes:
            return
        target = work.target
        edition = "revision" if target.is_revision else "draft" if target.status == Status.DRAFT else "start"
        plan = CasePlan(work.slug, target.name, edition, target.pk, work.before, work.after, work.changes)
        if plan.before is None:
            # Rows that are gone from a sheet and stay are all there is to tell.
            plan.before = plan.after = {}
        elif target.status == Status.IN_REVIEW:
            line = next(iter(next(iter(lines.values()))))
            reason = _("The case is in review. Have it returned or taken back first.")
            self.plan.faults.append(line.fault(case_header(line.table), reason))
        self.plan.cases.append(plan)

    # -- Cases that are new

    def _new(self, slug: str, lines: dict[str, list[Line]]) -> None:
        cases = lines.get(CASES.name, [])
        if not cases:
            reason = _("There is no such case, and the sheet “cases” has none.")
            reason += suggestion(slug, [*Case.objects.live().values_list("slug", flat=True)])
            for line in (each for of_table in lines.values() for each in of_table):
                self.plan.faults.append(line.fault("case", reason))
            return
        if CaseRedirect.objects.filter(old_slug=slug).exists():
            reason = _("This was the address of another case, and still leads there.")
            self.plan.faults.append(cases[0].fault("slug", reason))
            return
        work = _Comparison(self, slug, None, {}, {}, False)
        for name, of_table in lines.items():
            work.compare(TABLES_BY_NAME[name], of_table)
        own = work.after.get(CASE, {}).get(ROOT, {})
        self.plan.cases.append(
            CasePlan(slug, str(own.get("name") or slug), "new", None, None, work.after, work.changes)
        )

    def _check_whole(self) -> None:
        """The rules of the collection; but not what only follows from a cell that could not be taken."""
        wrong = {(fault.sheet, fault.row, fault.header) for fault in self.plan.faults}
        wrong |= {(sheet, row, "") for sheet, row, _header in wrong}
        for fault in check_plans(self.plan.written, self.places):
            if not fault.row or (fault.sheet, fault.row, fault.header) not in wrong:
                self.plan.faults.append(fault)

    def _check_numbers(self) -> None:
        """Two cases of a collection have not the same number. A new one without a number takes the next."""
        taken = {
            (collection, number): slug
            for collection, number, slug in Case.objects.live().values_list("collection__slug", "ordinal", "slug")
        }
        for plan in self.plan.written:
            own = plan.after.get(CASE, {}).get(ROOT)
            before = plan.before[CASE][ROOT] if plan.before else None
            if before and (before["collection"], before["ordinal"]) == (own["collection"], own["ordinal"]):
                continue
            line = self.places[plan.slug, CASE, ROOT]
            if not own["collection"]:
                continue
            place = (own["collection"][0], own["ordinal"])
            other = taken.get(place)
            if other is not None and other != plan.slug:
                reason = _("“%(slug)s” has this number already.") % {"slug": other}
                self.plan.faults.append(line.fault("number", reason))
            taken[place] = plan.slug

    def next_number(self, collection: str) -> int:
        """The number of a new case that gives none: behind all others of the collection, those of the file included."""
        if collection not in self.last_numbers:
            numbers = [*Case.objects.live().filter(collection__slug=collection).values_list("ordinal", flat=True)]
            self.last_numbers[collection] = max([*numbers, *self._numbers_given(collection)], default=0)
        self.last_numbers[collection] += 1
        return self.last_numbers[collection]

    def _numbers_given(self, collection: str) -> Iterator[int]:
        """The numbers that the file gives in a collection, as far as they are numbers."""
        prefix = self.prefix([collection])
        for line in self.sheets[CASES.name][1]:
            with contextlib.suppress(BadCell):
                yield ordinal(line.value("number"), prefix)

    def prefix(self, collection: list | None) -> str:
        """What stands before the numbers of a collection."""
        if not self.prefixes:
            self.prefixes = dict(Collection.objects.values_list("slug", "number_prefix"))
        return self.prefixes.get(collection[0], "") if collection else ""

    # -- What cases share

    def _check_works(self) -> None:
        """Works belong to all cases: they may stand in the file, but nothing of them is changed by it."""
        if WORKS.name not in self.sheets:
            return
        _table, lines = self.sheets[WORKS.name]
        slugs = [shown(line.value("slug")) for line in lines]
        known = {work.slug: work for work in Source.objects.filter(slug__in=slugs)}
        for line, slug in zip(lines, slugs, strict=True):
            if slug not in known:
                self.plan.faults.append(line.fault("slug", _("New works are added in the admin, under “Sources”.")))
                continue
            for column, cell in line.filled():
                if not same(column, cell.value, cell_of(column, known[slug], "")):
                    reason = _("Works belong to all cases: change them in the admin, or leave this sheet out.")
                    self.plan.faults.append(line.fault(column.header, reason))


class _Comparison:
    """One case held against its rows in the file. `before` is read when the first change is found."""

    def __init__(
        self, planner: Planner, slug: str, target: Case | None, was: Cells, now: Cells, is_stale: bool
    ) -> None:
        self.planner, self.slug, self.target, self.was, self.now = planner, slug, target, was, now
        self.is_stale = is_stale
        self.before: Tree | None = None
        self.after: Tree = {}
        self.changes: list[Change] = []
        self.new_keys: dict[str, list[Line]] = {}
        self.last_positions: dict[str, int] = {}

    @property
    def faults(self) -> Faults:
        return self.planner.plan.faults

    def compare(self, table: Table, lines: list[Line]) -> None:
        """Every row that the file has of one table."""
        seen: dict[str, Line] = {}
        for line in lines:
            key = line.key
            if (key or len(table.key) == 1) and key in seen:
                other = seen[key].row.number
                self.faults.append(line.fault(table.key[-1], _("Row %(row)s is the same row.") % {"row": other}))
                continue
            seen[key] = line
            is_there = any(key in cells.get(table.name, {}) for cells in (self.was, self.now))
            if is_there and (key or len(table.key) == 1):
                self._change(line, key)
            else:
                self._create(line, key)

    def find_gone(self, table: Table, lines: list[Line]) -> None:
        """The rows of the case that the sheet has no longer."""
        there = {line.key for line in lines}
        gone = [key for key in self.was.get(table.name, {}) if key not in there and key in self.now[table.name]]
        for line in self.new_keys.get(table.name, []):
            if gone and not self.options.remove_gone:
                reason = _("The key of a row never changes; a new row has none.") + suggestion(line.key, gone)
                self.faults.append(line.fault("key", reason))
        for key in gone:
            old = self._told(table, self.now[table.name][key])
            if not self.options.remove_gone:
                self.changes.append(Change("gone", table.name, key=key, old=old))
            elif self.is_stale:
                self.faults.append(Fault(table.name, value=key, reason=_(
                    "This row is not in the file. As the case was changed since the file was taken, "
                    "it may also have been added in the meantime."
                )))  # fmt: skip
            else:
                self._open()
                rows = self.after[label_of_table(table)]
                del rows[key]
                if not rows:
                    del self.after[label_of_table(table)]
                self.changes.append(Change("removed", table.name, key=key, old=old))

    @property
    def options(self) -> Options:
        return self.planner.options

    def _told(self, table: Table, cells: dict[str, Any]) -> str:
        """A row in one line: what its writable cells say."""
        told = [
            f"{column.header}: {shown(cells.get(column.header))}"
            for column in table.columns
            if is_writable(table, column) and cells.get(column.header) not in (None, "")
        ]
        return brief("; ".join(told))

    def _open(self) -> None:
        if self.before is None and self.target is not None:
            self.before = read_tree(self.target)
            self.after = copy.deepcopy(self.before)

    # -- Rows that are there

    def _change(self, line: Line, key: str) -> None:
        table = line.table
        now = self.now[table.name].get(key)
        was = self.was[table.name].get(key, now)
        self.planner.places[self.slug, label_of_table(table), key] = line
        changed = {c.header for c in line.columns.values() if not same(c, line.value(c.header), was.get(c.header))}
        if not changed:
            return
        for column in line.columns.values():
            if column.header not in changed:
                continue
            if not is_writable(table, column):
                self._read_only(line, column, changed)
            elif self._conflicts(line, column, was, now):
                continue
        if now is None:
            return
        for column in line.columns.values():
            if is_writable(table, column) and changed & {column.header, column.within}:
                self._set(line, column, key, now)

    def _read_only(self, line: Line, column: Column, changed: set[str]) -> None:
        """A cell that only tells is as it was, or follows a cell that was changed, or is left empty."""
        told = line.value(column.header)
        inputs = {each.within for each in line.table.columns if each.field}
        if told is None or column.follows in changed or column.header in inputs:
            return
        self.faults.append(line.fault(column.header, self._where(line.table, column)))

    def _where(self, table: Table, column: Column) -> str:
        """Where a cell that only tells is changed."""
        if column.follows in TABLES_BY_NAME:
            reason = _("This cell only tells what the sheet “%(name)s” says: change it there.")
        elif any(c.header == column.follows and is_writable(table, c) for c in table.columns):
            reason = _("This cell only tells what follows from the column “%(name)s”: change that one.")
        else:
            reason = _("This cell only tells what it is; it cannot be changed here.")
        return reason % {"name": column.follows} if "%(name)s" in reason else reason

    def _conflicts(self, line: Line, column: Column, was: dict[str, Any], now: dict[str, Any] | None) -> bool:
        """Whether the cell says something else in the meantime; a fault then."""
        header = column.header
        if self.is_stale:
            reason = _("The case was changed since this file was taken. Now it says here: “%(now)s”.")
        elif now is None:
            reason = _("The working revision does not have this row any more.")
        elif not self.options.take_file and not same(column, was.get(header), now.get(header)):
            if same(column, line.value(header), now.get(header)):
                return False
            reason = _("The working revision says something else here: “%(now)s”.")
        else:
            return False
        text = brief(shown(now.get(header))) if now else ""
        self.faults.append(line.fault(header, reason % {"now": text} if "%(now)s" in reason else reason))
        return True

    def _set(self, line: Line, column: Column, key: str, now: dict[str, Any]) -> None:
        self._open()
        label = label_of_table(line.table)
        fields = self.after[label][key]
        try:
            value = self._value(line, column, fields, now)
        except BadCell as error:
            is_own = line.cell(column.header) is not None or not column.within
            self.faults.append(line.fault(column.header if is_own else column.within, str(error)))
            return
        if fields[column.field] != value:
            fields[column.field] = value
            cell, old = line.cell(column.header), now.get(column.header)
            self.changes.append(
                Change(
                    "changed", line.table.name, line.row.number, line.letter(column.header), column.header,
                    shown(old), shown(cell.value if cell else None), key,
                )
            )  # fmt: skip

    def _value(self, line: Line, column: Column, fields: dict[str, Any], now: dict[str, Any]) -> Any:
        """What a cell means for its field, in normal form. Raises BadCell."""
        field, value = field_of(line.table, column), line.value(column.header)
        if column.field == "ordinal":
            return ordinal(value, self.planner.prefix(fields["collection"]))
        if field.is_relation:
            has_scope = column.within in {each.header for each in line.columns.values()}
            scope = line.value(column.within) if has_scope else now.get(column.within)
            return link_value(self.planner.links, field, value, scope, fields[column.field])
        return plain_value(field, value)

    # -- Rows that are new

    def _create(self, line: Line, key: str) -> None:
        table, label = line.table, label_of_table(line.table)
        self._open()
        rows = self.after.setdefault(label, {})
        if key:
            self.new_keys.setdefault(table.name, []).append(line)
        elif len(table.key) > 1:
            # The same whenever the file is read, so that what is applied is what was shown.
            place = f"{self.planner.file_hash}/{table.name}/{line.row.number}"
            key = "k" + hashlib.sha256(place.encode()).hexdigest()[:10]
        self.planner.places[self.slug, label, key] = line
        fields = {name: default_of(label, name) for name in own_fields(CASE, label)}
        if "key" in fields:
            fields["key"] = key
        if "position" in fields:
            self.last_positions.setdefault(label, max((each["position"] for each in rows.values()), default=0))
            self.last_positions[label] += 1
            fields["position"] = self.last_positions[label]
        if label == CASE:
            fields |= {"slug": self.slug, "status": Status.DRAFT.value}
        rows[key] = fields
        self._fill(line, fields)
        told = self._told(table, {c.header: cell.value for c, cell in line.filled()})
        self.changes.append(Change("added", table.name, line.row.number, key=key, new=told))

    def _fill(self, line: Line, fields: dict[str, Any]) -> None:
        """The cells of a new row. What is left empty is the field's default."""
        columns = [column for column, _cell in line.filled()]
        # The number of a case depends on its collection.
        columns.sort(key=lambda column: column.field == "ordinal")
        headers = {column.header for column in columns}
        for column in columns:
            if is_writable(line.table, column):
                try:
                    fields[column.field] = self._value(line, column, fields, {})
                except BadCell as error:
                    self.faults.append(line.fault(column.header, str(error)))
            elif column.header not in line.table.key and column.follows not in (headers | {"key", "case", "slug"}):
                inputs = {each.within for each in line.table.columns if each.field}
                if column.header not in inputs:
                    self.faults.append(line.fault(column.header, self._where(line.table, column)))
        if label_of_table(line.table) == CASE and "number" not in headers:
            # Without a collection there is something else to complain of.
            fields["ordinal"] = self.planner.next_number(fields["collection"][0]) if fields["collection"] else 1
