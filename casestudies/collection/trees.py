"""A case with everything under it, or a shared row with its own parts, as plain data: read whole, written whole.

A *tree* holds rows in normal form (see `schema`) by model and key: `{"casestudies.case": {"": fields},
"casestudies.figure": {"members": fields}, …}`. It does not say which case it is of: what a row needs of its root is
left out, links inside the tree are the key of their target alone. So the tree of a working revision equals that of the
live case it was made from, and a tree can be written to another case.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from recommendations.models import Recommendation, SubPoint

from ..changes import held_back
from ..models import Budget, Case, CaseChild, CaseLink, CaseRedirect, Organization, OrganizationName
from .records import name_of
from .schema import Fields, Key, collection_models, fields_of, in_tree, key_fields, label_of, normal, relations

Tree = dict[str, dict[str, Fields]]
CASE = label_of(Case)
REDIRECT = label_of(CaseRedirect)
# The key of the root itself, and of a part that a root has one of.
ROOT = ""


class Target(NamedTuple):
    """A row outside a tree that the tree links to: its primary key, and how it read then."""

    pk: int
    name: str


# By model, then by natural key as JSON.
Targets = dict[str, dict[str, Target]]


class TreeError(Exception):
    """A tree cannot be written. `problems` says why, all at once; nothing was written."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@cache
def parts_of(root: str) -> dict[str, str]:
    """The models whose rows are parts of a root, in the order in which rows can be written: label -> link to it."""
    if root == CASE:
        return {label: "case" for label in collection_models() if in_tree(label)}
    own = {label_of(Organization): OrganizationName, label_of(Recommendation): SubPoint}.get(root)
    return {label_of(own): {OrganizationName: "organization", SubPoint: "recommendation"}[own]} if own else {}


@cache
def roots() -> tuple[str, ...]:
    """The models whose rows are the root of a tree: a case, and each kind of row that cases share."""
    parts = {part for label in collection_models() for part in parts_of(label)}
    return tuple(label for label in collection_models() if label not in parts)


def root_of(instance: models.Model) -> tuple[str, int] | None:
    """The root that a row of the collection belongs to: its label and primary key; None where it is no such row."""
    label = label_of(type(instance))
    if label not in collection_models():
        return None
    for root in roots():
        if label in parts_of(root):
            return root, getattr(instance, f"{parts_of(root)[label]}_id")
    return (label, instance.pk) if instance.pk is not None else None


def part_key(row: models.Model) -> str:
    """What tells a part from the others of its kind, whichever root it has."""
    if isinstance(row, Budget):
        return ROOT
    if isinstance(row, CaseChild | OrganizationName):
        return row.key
    return row.old_slug if isinstance(row, CaseRedirect) else row.letter


@cache
def own_fields(root: str, label: str) -> dict[str, models.Field]:
    """The fields that a row of the tree gives: those of the files without the link to the root."""
    link = parts_of(root).get(label)
    return {name: field for name, field in fields_of(label).items() if name != link}


def is_inside(root: str, field: models.Field) -> bool:
    """Whether a relation leads to another row of the same tree."""
    return field.is_relation and label_of(field.related_model) in parts_of(root)


def key_text(key: Iterable[str | int]) -> str:
    """A natural key as JSON: what targets are looked up by."""
    return json.dumps(list(key), ensure_ascii=False)


# -- Reading


def key_paths(label: str) -> Iterator[str]:
    """The relations that a model's natural key goes through: «vocabulary» of a term, «case» of a figure."""
    for name in key_fields(label):
        field = fields_of(label)[name]
        if field.is_relation:
            yield name
            yield from (f"{name}__{path}" for path in key_paths(label_of(field.related_model)))


def with_keys(label: str, rows: models.QuerySet, without: str = "") -> models.QuerySet:
    """The rows with what the natural keys and names of their relations need, in a fixed number of queries."""
    single, many = [], []
    for name, field in relations(label).items():
        if name == without:
            continue
        found = many if field.many_to_many else single
        target = label_of(field.related_model)
        # A key of a row in a case goes through the case and what that revises; cases are named with their collection.
        paths = [*key_paths(target), *({"case__revises"} if in_tree(target) else ())]
        if target == CASE:
            paths += ["collection", "revises"]
        found += [name, *(f"{name}__{path}" for path in paths)]
    return rows.select_related(*single).prefetch_related(*many)


def read_tree(root: models.Model) -> Tree:
    """The tree of a case or of a shared row as the database has it. About one query for each kind of row."""
    return read_with_targets(root)[0]


def read_with_targets(root: models.Model) -> tuple[Tree, Targets]:
    """The tree, and what it links to outside itself."""
    label = label_of(type(root))
    targets: Targets = {}
    (fresh,) = with_keys(label, type(root)._base_manager.filter(pk=root.pk))
    tree: Tree = {label: {ROOT: _fields(label, fresh, targets)}}
    for part, link in parts_of(label).items():
        rows = with_keys(part, collection_models()[part]._base_manager.filter(**{link: root.pk}), without=link)
        found = {part_key(row): _fields(label, row, targets) for row in rows.order_by("pk")}
        if found:
            tree[part] = dict(sorted(found.items()))
    return tree, targets


def _fields(root: str, row: models.Model, targets: Targets) -> Fields:
    """A row of the tree in normal form."""
    fields: Fields = {}
    for name, field in own_fields(root, label_of(type(row))).items():
        if field.many_to_many:
            fields[name] = sorted(_link(root, field, other, targets) for other in getattr(row, name).all())
        elif field.is_relation:
            other = getattr(row, name)
            fields[name] = None if other is None else _link(root, field, other, targets)
        else:
            fields[name] = normal(getattr(row, name))
    return fields


def _link(root: str, field: models.Field, other: models.Model, targets: Targets) -> list:
    if is_inside(root, field):
        return [part_key(other)]
    key = list(other.natural_key())
    targets.setdefault(label_of(field.related_model), {})[key_text(key)] = Target(other.pk, str(other))
    return key


# -- Finding what a tree links to


def links_of(root: str, tree: Tree) -> dict[str, set[Key]]:
    """What a tree links to outside itself: natural keys by model."""
    wanted: dict[str, set[Key]] = {}
    for label, rows in tree.items():
        for name, field in own_fields(root, label).items():
            if field.is_relation and not is_inside(root, field):
                for fields in rows.values():
                    value = fields.get(name)
                    keys = (value or []) if field.many_to_many else [value] if value is not None else []
                    wanted.setdefault(label_of(field.related_model), set()).update(tuple(key) for key in keys)
    return {label: keys for label, keys in wanted.items() if keys}


@cache
def _key_columns(label: str) -> tuple[str, ...]:
    """The look-ups that give a natural key: «vocabulary__slug», «slug»."""
    columns: list[str] = []
    for name in key_fields(label):
        field = fields_of(label)[name]
        inner = _key_columns(label_of(field.related_model)) if field.is_relation else ()
        columns += [f"{name}__{column}" for column in inner] if inner else [name]
    return tuple(columns)


def find(label: str, keys: set[Key]) -> dict[Key, int]:
    """The primary keys of the rows that are there, by natural key. One query; one more each for working revisions."""
    model, columns = collection_models()[label], _key_columns(label)
    manager = Case.objects.live() if model is Case else model._base_manager.all()
    rows = manager.order_by().filter(**{f"{columns[-1]}__in": {key[-1] for key in keys if len(key) == len(columns)}})
    found = {tuple(key): pk for pk, *key in rows.values_list("pk", *columns) if tuple(key) in keys}
    if model is Case:
        revisions = {key[0]: key for key in keys if len(key) > 1}
        rows = Case.objects.filter(revises__slug__in=revisions).values_list("revises__slug", "pk")
        found |= {revisions[slug]: pk for slug, pk in rows}
    return found


# -- Writing


def write_tree(
    root: models.Model,
    tree: Tree,
    *,
    keep: frozenset[str] = frozenset(),
    links: dict[str, dict[Key, int]] | None = None,
) -> bool:
    """Makes the rows of a case, or of a shared row, equal to the tree. Returns whether anything was written.

    `keep` names fields of the root that stay as they are. Former addresses that the tree has are added where they are
    free; none is taken away. `links` says where links lead that lead elsewhere than their natural key says. Rows are
    saved one by one, so that signals run as they do for an editor. Raises TreeError, with nothing written, where the
    tree links to what is not there or the database refuses a row.
    """
    label = label_of(type(root))
    wanted = links_of(label, tree)
    found = {each: {**find(each, keys), **(links or {}).get(each, {})} for each, keys in wanted.items()}
    lacking = [
        name_of(each, key) for each, keys in wanted.items() for key in sorted(keys - found[each].keys(), key=str)
    ]
    if lacking:
        raise TreeError([_("There is no %(name)s any more.") % {"name": name} for name in lacking])
    try:
        with transaction.atomic(), held_back():
            return _Writer(root, tree, keep, found).write()
    except IntegrityError as error:
        raise TreeError([str(error).strip()]) from error


class _Writer:
    def __init__(self, root: models.Model, tree: Tree, keep: frozenset[str], links: dict[str, dict[Key, int]]) -> None:
        self.root, self.tree, self.keep, self.links = root, tree, keep, links
        self.label = label_of(type(root))
        self.now = read_tree(root)
        self.is_changed = False
        # Primary keys of the parts by label and key, and which of them were made or made anew.
        self.pks: dict[str, dict[str, int]] = {}
        self.made: dict[str, set[str]] = {}
        # The kinds whose rows were taken from the rows they are part of, to be put back.
        self.loose: set[str] = set()

    def write(self) -> bool:
        """What is gone or stands in the way goes first; then rows; then what links several rows."""
        self._write_root()
        kinds = [label for label in parts_of(self.label) if label != REDIRECT]
        for label in kinds:
            rows = self._rows(label)
            self.pks[label] = {part_key(row): row.pk for row in rows}
        changed = [label for label in kinds if self.now.get(label, {}) != self.tree.get(label, {})]
        for label in reversed(changed):
            self._delete(label)
        for label in changed:
            self._write_rows(label)
        for label in kinds:
            self._write_many(label)
        self._add_redirects()
        return self.is_changed

    def _rows(self, label: str) -> models.QuerySet:
        return collection_models()[label]._base_manager.filter(**{parts_of(self.label)[label]: self.root.pk})

    def _write_root(self) -> None:
        wanted = self.tree.get(self.label, {}).get(ROOT)
        if wanted is None:
            return
        now = self.now[self.label][ROOT]
        names = [name for name in wanted if name in now and name not in self.keep and wanted[name] != now[name]]
        single = [name for name in names if not own_fields(self.label, self.label)[name].many_to_many]
        self._set(self.root, self.label, {name: wanted[name] for name in single})
        if single:
            self.root.save()
        self._set_many(self.root, self.label, {name: wanted[name] for name in names if name not in single})
        self.is_changed |= bool(names)

    def _delete(self, label: str) -> None:
        """Rows that are gone, and those whose change could collide with another row on its way: they are made anew."""
        wanted, now = self.tree.get(label, {}), self.now.get(label, {})
        unique = _unique_fields(self.label, label)
        collide = {k for k in wanted.keys() & now.keys() if any(wanted[k].get(n) != now[k].get(n) for n in unique)}
        gone = (now.keys() - wanted.keys()) | collide
        own = [f.name for f in own_fields(self.label, label).values() if f.related_model is f.model]
        if gone and own:
            # A part that is deleted would take those along that were part of it.
            self._rows(label).update(**dict.fromkeys(own))
            self.loose.add(label)
        for row in self._rows(label).in_bulk([self.pks[label][key] for key in gone]).values():
            row.delete()
            self.is_changed = True
        for key in gone:
            del self.pks[label][key]

    def _write_rows(self, label: str) -> None:
        wanted, now = self.tree.get(label, {}), self.now.get(label, {})
        model, link = collection_models()[label], parts_of(self.label)[label]
        own = [f.name for f in own_fields(self.label, label).values() if f.related_model is f.model]
        there = model._base_manager.in_bulk(list(self.pks[label].values()))
        self.made[label] = wanted.keys() - self.pks[label].keys()
        for key in _parents_first(wanted, own):
            is_new = key not in self.pks[label]
            if not is_new and wanted[key] == now[key] and label not in self.loose:
                continue
            row = model(**{f"{link}_id": self.root.pk}) if is_new else there[self.pks[label][key]]
            self._set(row, label, wanted[key], key)
            row.save()
            self.pks[label][key] = row.pk
            self.is_changed = True

    def _write_many(self, label: str) -> None:
        """Where the row or a target was made anew its links went with it."""
        model = collection_models()[label]
        many = [field for field in own_fields(self.label, label).values() if field.many_to_many]
        for field in many:
            is_shaken = bool(self.made.get(label_of(field.related_model)))
            wanted, now = self.tree.get(label, {}), self.now.get(label, {})
            keys = [
                key
                for key, fields in wanted.items()
                if is_shaken or key in self.made.get(label, ()) or fields.get(field.name) != now[key].get(field.name)
            ]
            rows = model._base_manager.in_bulk([self.pks[label][key] for key in keys])
            for key in keys:
                self._set_many(rows[self.pks[label][key]], label, {field.name: wanted[key].get(field.name, [])})

    def _add_redirects(self) -> None:
        for slug in self.tree.get(REDIRECT, {}):
            taken = (
                CaseRedirect.objects.filter(old_slug=slug).exists() or Case.objects.live().filter(slug=slug).exists()
            )
            if not taken and not self.root.is_revision:
                CaseRedirect.objects.create(old_slug=slug, case=self.root)
                self.is_changed = True

    def _set(self, row: models.Model, label: str, fields: Fields, key: str = ROOT) -> None:
        """The plain values and foreign keys of a row that the tree gives."""
        for name, field in own_fields(self.label, label).items():
            if name not in fields or field.many_to_many:
                continue
            value = fields[name]
            if field.is_relation:
                setattr(row, field.attname, None if value is None else self._pk(field, value))
            else:
                setattr(row, name, field.to_python(value))
        if key and hasattr(row, "key"):
            row.key = key

    def _set_many(self, row: models.Model, label: str, fields: Fields) -> None:
        for name, value in fields.items():
            field = own_fields(self.label, label)[name]
            manager, pks = getattr(row, name), {self._pk(field, each) for each in value}
            if set(manager.values_list("pk", flat=True)) != pks:
                manager.set(pks)
                self.is_changed = True

    def _pk(self, field: models.Field, key: list[Any]) -> int:
        target = label_of(field.related_model)
        if not is_inside(self.label, field):
            return self.links[target][tuple(key)]
        try:
            return self.pks[target][key[0]]
        except KeyError:
            raise TreeError([_("There is no %(name)s any more.") % {"name": name_of(target, tuple(key))}]) from None


@cache
def _unique_fields(root: str, label: str) -> frozenset[str]:
    """The fields by which the rows of one root are told apart besides their key."""
    names: set[str] = set()
    for constraint in collection_models()[label]._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            names |= set(constraint.fields)
    return frozenset(names - {"key", parts_of(root)[label]})


def _parents_first(rows: dict[str, Fields], own: list[str]) -> list[str]:
    """The keys, none before that of the row it is a part of."""
    ordered: dict[str, None] = {}

    def visit(key: str, trail: tuple[str, ...] = ()) -> None:
        if key in ordered or key not in rows or key in trail:
            return
        for name in own:
            if rows[key].get(name):
                visit(rows[key][name][0], (*trail, key))
        ordered[key] = None

    for key in rows:
        visit(key)
    return list(ordered)


def new_case(tree: Tree, **own: Any) -> Case:
    """A case made from a tree. `own` gives fields of the case that differ from it. Raises TreeError."""
    fields = dict(tree[CASE][ROOT])
    wanted = {"country": tuple(fields["country"]), "collection": tuple(fields["collection"])}
    case = Case()
    for name, field in own_fields(CASE, CASE).items():
        if name in wanted:
            found = find(label_of(field.related_model), {wanted[name]})
            if name not in own and wanted[name] not in found:
                label = name_of(label_of(field.related_model), wanted[name])
                raise TreeError([_("There is no %(name)s any more.") % {"name": label}])
            if name not in own:
                setattr(case, field.attname, found[wanted[name]])
        elif name in fields:
            setattr(case, name, field.to_python(fields[name]))
    for name, value in own.items():
        setattr(case, name, value)
    try:
        with transaction.atomic(), held_back():
            case.save()
            write_tree(case, {label: rows for label, rows in tree.items() if label != CASE})
    except IntegrityError as error:
        raise TreeError([str(error).strip()]) from error
    return case


def without_links_to_itself(tree: Tree, case: Case) -> Tree:
    """The tree without links that lead to the case it is about to be written to: no case links to itself."""
    label = label_of(CaseLink)
    rows = {key: fields for key, fields in tree.get(label, {}).items() if fields["other"] != list(case.natural_key())}
    return {**tree, label: rows} if label in tree else tree
