"""What a load will write and what it leaves alone, decided before anything is written.

Three versions of a record are compared, all in normal form: the file's, the database's, and the one last loaded.

- The database's equals the last loaded: nobody touched it, the file's is taken.
- They differ: staff changed the row, it is kept. It was loaded and is gone: staff removed it, it stays removed.
- The row was never loaded by us and differs from the file: it is kept.

`overwrite` takes the file's in all three.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import CASCADE
from django.utils.translation import gettext as _

from .constraints import collisions
from .records import name_of
from .rules import Found, is_single
from .schema import Fields, Key, collection_models, in_tree, label_of, references, relations
from .state import CASE, State

Ref = tuple[str, Key]


@dataclass
class Plan:
    """What to do with each record, by model label and natural key; why a record is kept as it is."""

    create: dict[Ref, Fields] = field(default_factory=dict)
    update: dict[Ref, Fields] = field(default_factory=dict)
    delete: list[Ref] = field(default_factory=list)
    unchanged: list[Ref] = field(default_factory=list)
    kept: dict[Ref, str] = field(default_factory=dict)
    # What the loader will know as loaded; what it forgets, because neither the files nor the database have it.
    remember: dict[Ref, Fields] = field(default_factory=dict)
    forget: list[Ref] = field(default_factory=list)


def make_plan(found: Found, state: State, *, overwrite: bool, whole: bool) -> Plan:
    """Plans the load of checked records. `whole`: the files are the whole collection, what they lack is gone."""
    return _Planner(found, state, overwrite).plan(whole)


class _Planner:
    def __init__(self, found: Found, state: State, overwrite: bool) -> None:
        self.found, self.state, self.overwrite = found, state, overwrite
        self.result = Plan()
        # The database as it will be: row by row, with what is planned.
        self.after: dict[str, dict[Key, Fields]] = {
            label: {key: row.fields for key, row in state.rows.get(label, {}).items()} for label in collection_models()
        }

    def plan(self, whole: bool) -> Plan:
        for label, records in self.found.items():
            for key, checked in records.items():
                self._decide((label, key), checked.fields)
        while self._settle():
            pass
        self._add_rows_of_staff()
        if whole:
            self._plan_removals()
        self._say_once()
        self._remember()
        return self.result

    def _decide(self, ref: Ref, fields: Fields) -> None:
        """One record: create, update, leave or keep."""
        row, last = self.state.row(*ref), self.state.last(*ref)
        if row is None and last is not None and not self.overwrite:
            self.result.kept[ref] = _("removed by staff")
        elif row is None:
            self._take(self.result.create, ref, fields)
        elif row.fields == fields:
            self.result.unchanged.append(ref)
        elif self.overwrite or row.fields == last:
            self._take(self.result.update, ref, fields)
        else:
            self.result.kept[ref] = self._why_kept(ref, row.fields, fields, last)

    def _take(self, where: dict[Ref, Fields], ref: Ref, fields: Fields) -> None:
        where[ref] = self.after[ref[0]][ref[1]] = fields

    def _why_kept(self, ref: Ref, row: Fields, fields: Fields, last: Fields | None) -> str:
        moved = self.state.moved.get(ref[1][0]) if ref[0] == CASE else None
        if moved:
            return _("staff gave it another address: “%(slug)s”") % {"slug": moved}
        if last is None:
            return _("differs from the file, and was not loaded from it: %(fields)s") % _differing(row, fields)
        return _("changed by staff: %(fields)s") % _differing(row, last)

    def _settle(self) -> bool:
        """Takes back what cannot be written because of what staff did. Returns whether there was such a record."""
        return self._drop_dangling() or self._drop_collisions()

    def _drop(self, ref: Ref, reason: str) -> None:
        """Leaves a record as the database has it."""
        label, key = ref
        self.result.kept[ref] = reason
        self.result.update.pop(ref, None)
        if self.result.create.pop(ref, None) is not None:
            del self.after[label][key]
        else:
            self.after[label][key] = self.state.row(label, key).fields

    def _drop_dangling(self) -> bool:
        """Records that point at what staff removed."""
        before = len(self.result.kept)
        for ref, fields in [*self.result.create.items(), *self.result.update.items()]:
            for _field, label, key in references(ref[0], fields):
                if key not in self.after[label]:
                    self._drop(ref, _("refers to %(name)s, which is not there") % {"name": name_of(label, key)})
                    break
        return len(self.result.kept) > before

    def _drop_collisions(self) -> bool:
        """Records that cannot stand beside a row of the database: the same source twice, a second approach."""
        before = len(self.result.kept)
        written = self.result.create.keys() | self.result.update.keys()
        for label in sorted({label for label, _key in written}):
            for _constraint, keys in [*collisions(label, self.after[label]), *self._second_terms(label)]:
                self._resolve(label, keys)
        return len(self.result.kept) > before

    def _second_terms(self, label: str) -> list[tuple[str, list[Key]]]:
        """The terms that a case would have of one single-valued vocabulary."""
        groups: dict[tuple, list[Key]] = {}
        if label == "casestudies.caseterm":
            for key, fields in self.after[label].items():
                vocabulary = fields["term"][0]
                if is_single(vocabulary, self.found, self.state):
                    groups.setdefault((key[0], vocabulary), []).append(key)
        return [("single", keys) for keys in groups.values() if len(keys) > 1]

    def _resolve(self, label: str, keys: list[Key]) -> None:
        """The row of the database stays and the file's is not written; `overwrite`: the file's replaces a staff row.

        A row that the files no longer have and that nobody changed gives way to the one that replaces it.
        """
        ours = [key for key in keys if (label, key) in self.result.create or (label, key) in self.result.update]
        for key in [key for key in keys if key not in ours]:
            mine = key not in self.found[label]
            if mine and in_tree(label) and (self.overwrite or not self.state.changed_by_staff(label, key)):
                self._remove((label, key))
                keys = [each for each in keys if each != key]
        for key in ours if len(keys) > 1 else []:
            other = next(each for each in keys if each != key)
            self._drop((label, key), _("%(name)s stands for the same") % {"name": name_of(label, other)})

    def _remove(self, ref: Ref) -> None:
        self.result.delete.append(ref)
        self.after[ref[0]].pop(ref[1], None)

    def _add_rows_of_staff(self) -> None:
        """Rows that staff added to the trees of the cases at hand: kept, and reported."""
        cases = self.found[CASE].keys()
        for label, rows in self.after.items():
            for key in rows if in_tree(label) else ():
                case = tuple(rows[key]["case"])
                known = key in self.found[label] or self.state.last(label, key) is not None
                if case in cases and not known:
                    self.result.kept[label, key] = _("added by staff")

    # What is gone from the files

    def _plan_removals(self) -> None:
        """Removes what the files no longer have, unless staff changed it or something else uses it."""
        loaded = [(label, key) for label, keys in self.state.loaded.items() for key in keys]
        gone = [(label, key) for label, key in loaded if key not in self.found[label]]
        self.result.forget += [ref for ref in gone if self.state.row(*ref) is None]
        candidates = {ref for ref in gone if ref[1] in self.after[ref[0]]}
        for ref in sorted(candidates, key=str):
            if self.state.changed_by_staff(*ref) and not self.overwrite:
                candidates.discard(ref)
                self.result.kept[ref] = _("gone from the files, but changed by staff")
        for ref in sorted(gone, key=str):
            if ref[0] == CASE and ref[1] in self.after[CASE]:
                self._keep_touched_case(ref, candidates)
        while used := self._still_used(candidates):
            for ref, user in used.items():
                candidates.discard(ref)
                self.result.kept[ref] = _("gone from the files, but used by %(name)s") % {"name": name_of(*user)}
        for ref in sorted(candidates, key=str):
            self._remove(ref)

    def _keep_touched_case(self, case: Ref, candidates: set[Ref]) -> None:
        """A case is removed whole or not at all."""
        tree = [
            (label, key)
            for label, rows in self.after.items()
            for key, fields in rows.items()
            if in_tree(label) and tuple(fields["case"]) == case[1]
        ]
        if case in candidates and candidates.issuperset(tree) and case[1] not in self.state.revised:
            return
        for ref in (*tree, case):
            candidates.discard(ref)
            self.result.kept.pop(ref, None)
        self.result.kept[case] = _("gone from the files, but staff changed or work on something of it")

    def _still_used(self, candidates: set[Ref]) -> dict[Ref, Ref]:
        """The candidates that rows which stay point at, each with one of those rows."""
        used: dict[Ref, Ref] = {}
        for label, rows in self.after.items():
            for key, fields in rows.items():
                if (label, key) in candidates:
                    continue
                for _field, target, target_key in references(label, fields):
                    if (target, target_key) in candidates:
                        used[target, target_key] = (label, key)
        return used

    # What is said and remembered

    def _say_once(self) -> None:
        """What hangs off something that staff removed went with it: only that is reported."""
        for ref in list(self.result.kept):
            checked, there = self.found[ref[0]].get(ref[1]), ref[1] in self.after[ref[0]]
            if checked is not None and not there and self._went_with_another(ref, checked.fields):
                self.result.kept[ref] = ""
        self.result.kept = {ref: reason for ref, reason in self.result.kept.items() if reason}

    def _went_with_another(self, ref: Ref, fields: Fields) -> bool:
        for name, each in relations(ref[0]).items():
            if not each.many_to_many and each.remote_field.on_delete is CASCADE and fields[name] is not None:
                label, key = label_of(each.related_model), tuple(fields[name])
                if key not in self.after[label]:
                    return True
        return False

    def _remember(self) -> None:
        """What is in the database as the files have it."""
        self.result.forget += self.result.delete
        for label, key in (*self.result.create, *self.result.update, *self.result.unchanged):
            fields = self.found[label][key].fields
            if self.state.last(label, key) != fields:
                self.result.remember[label, key] = fields


def _differing(left: Fields, right: Fields) -> dict[str, str]:
    return {"fields": ", ".join(name for name in left if left[name] != right[name])}
