"""The history of cases and shared rows: recorded where they are saved, whole, and restored whole.

Each entry holds the state after a change as a tree in normal form, by names and natural keys, not as columns of
tables. So it survives later migrations: a field that the schema lost is left out when a state is read, one that it
got since takes its default, one that was renamed is listed in RENAMED, and a layout that changed otherwise is brought
up to date by UPGRADES. Links are found by primary key first, then by natural key, so that they survive new slugs; what
was merged leads to what it was merged into; what was deleted is brought back, retired, from its own history.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models.signals import m2m_changed, post_save, pre_delete, pre_save
from django.utils.translation import gettext as _

from ..choices import EditAction
from ..collection.records import name_of
from ..collection.schema import Key, collection_models, default_of, label_of
from ..collection.trees import (
    CASE,
    ROOT,
    Target,
    Targets,
    Tree,
    TreeError,
    find,
    links_of,
    own_fields,
    parts_of,
    read_with_targets,
    root_of,
    write_tree,
)
from ..models import Case, HistoryEntry

FORMAT = 1
#: What fields and models are called now that an old entry may have under another name: (model, field) -> field, by the
#: model's name of today, and model -> model. Whoever renames one in a migration adds a line here.
RENAMED_FIELDS: dict[tuple[str, str], str] = {}
RENAMED_MODELS: dict[str, str] = {}
#: Layout -> what makes its content one of the next layout.
UPGRADES: dict[int, Callable[[dict], dict]] = {}


@dataclass(frozen=True)
class State:
    """A row with its parts as it was, and what it linked to."""

    tree: Tree
    targets: Targets


# -- Recording


@dataclass
class Recording:
    """What is noted while somebody works: by whom, as what, why; and the rows that were touched."""

    user: AbstractBaseUser | None
    action: str = EditAction.EDITED
    comment: str = ""
    # What is said of single rows: (model, primary key) -> action, comment, and what the row belongs to from now on.
    said: dict[tuple[str, int], tuple[str, str, int | None]] = field(default_factory=dict)
    # The checksum of each row before it was touched; empty where it is new.
    touched: dict[tuple[str, int], str] = field(default_factory=dict)
    new: set[tuple[str, int]] = field(default_factory=set)
    # The entries whose states rows were given again.
    origins: dict[tuple[str, int], int] = field(default_factory=dict)

    def say(
        self, row: models.Model, action: str, comment: str = "", of: int | None = None, origin: int | None = None
    ) -> None:
        """Notes what is done to a row, also where nothing of its content changes.

        `of`: what it is merged into. `origin`: the entry whose state it has again.
        """
        _touch(row)
        self.said[root_of(row)] = (action, comment, of)
        if origin is not None:
            self.origins[root_of(row)] = origin


_recording: ContextVar[Recording | None] = ContextVar("recording", default=None)


def current() -> Recording | None:
    """What is being recorded, if anything is."""
    return _recording.get()


@contextlib.contextmanager
def recording(user: AbstractBaseUser | None, action: str = EditAction.EDITED, comment: str = "") -> Iterator[Recording]:
    """Writes an entry for each case and shared row that the block changes, in the block's own transaction.

    Within another recording it is part of that one, for what it is the first to touch. An exception writes nothing.
    """
    outer = current()
    if outer is not None:
        before = set(outer.touched)
        yield outer
        if action != EditAction.EDITED or comment:
            for root in outer.touched.keys() - before - outer.said.keys():
                outer.said[root] = (action, comment, None)
        return
    mine = Recording(user, action, comment)
    token = _recording.set(mine)
    try:
        with transaction.atomic():
            yield mine
            _recording.reset(token)
            token = None
            for root in mine.touched:
                _record(mine, root)
    finally:
        if token is not None:
            _recording.reset(token)


@contextlib.contextmanager
def unrecorded() -> Iterator[None]:
    """Within the block nothing is noted: what it does is taken back, or told by an entry of another row."""
    token = _recording.set(None)
    try:
        yield
    finally:
        _recording.reset(token)


def _record(mine: Recording, root: tuple[str, int]) -> None:
    label, pk = root
    row = collection_models()[label]._base_manager.filter(pk=pk).first()
    last = _last(label, pk)
    action, comment, of = mine.said.get(root, (mine.action, mine.comment, None))
    if row is None:
        if last is not None and last.action not in (EditAction.DELETED, EditAction.DISCARDED):
            gone = action if root in mine.said else EditAction.DELETED
            of = last.of_id if of is None else of
            _write(mine.user, label, pk, of, last.name, gone, comment, last.data, version=last.version)
        return
    if action == EditAction.EDITED and root in mine.new:
        action = EditAction.CREATED
    content = content_of(row)
    if digest_of(content) == mine.touched[root] and root not in mine.said:
        return
    _write_row(mine.user, row, action, comment, content, mine.origins.get(root))


def _write_row(
    user: AbstractBaseUser | None, row: models.Model, action: str, comment: str, content: dict,
    origin: int | None = None,
) -> None:  # fmt: skip
    is_case = isinstance(row, Case)
    of = row.revises_id if is_case and row.revises_id else row.pk
    version, status = (row.version, row.status) if is_case else (None, "")
    label = label_of(type(row))
    _write(user, label, row.pk, of, str(row), action, comment, content, version=version, status=status, origin=origin)


def _write(
    user: AbstractBaseUser | None, label: str, pk: int, of: int, name: str, action: str, comment: str, content: dict,
    *, version: int | None = None, status: str = "", origin: int | None = None,
) -> HistoryEntry:  # fmt: skip
    is_known = user is not None and user.pk is not None
    return HistoryEntry.objects.create(
        model=label,
        object_id=pk,
        of_id=of,
        name=name[:400],
        by=user if is_known else None,
        by_name=str(user.get_full_name() or user.get_username())[:200] if is_known else "",
        action=action,
        comment=comment,
        version=version,
        status=status,
        content=zlib.compress(_bytes(content), 9),
        digest=digest_of(content),
        layout=FORMAT,
        origin=origin,
    )


def content_of(row: models.Model) -> dict:
    """What an entry keeps of a row: its tree and what that links to, as plain JSON."""
    tree, targets = read_with_targets(row)
    return {"tree": tree, "targets": {label: {k: list(t) for k, t in rows.items()} for label, rows in targets.items()}}


def _bytes(content: dict) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest_of(content: dict) -> str:
    """The same for the same tree, whatever things it links to are called."""
    return hashlib.sha256(_bytes(content["tree"])).hexdigest()


def _last(label: str, pk: int) -> HistoryEntry | None:
    return HistoryEntry.objects.filter(model=label, object_id=pk).order_by("-at", "-pk").first()


def _touch(instance: models.Model, *, is_new: bool = False) -> None:
    """A row is about to change: its root is noted, and how it was is kept where the history does not have it."""
    mine = current()
    root = root_of(instance) if mine is not None else None
    if root is None or root in mine.touched:
        return
    mine.touched[root] = ""
    if is_new:
        mine.new.add(root)
        return
    label, pk = root
    row = collection_models()[label]._base_manager.filter(pk=pk).first()
    if row is not None:
        mine.touched[root] = _keep(row)


def _keep(row: models.Model) -> str:
    """Writes an entry of nobody's for a state that the history lacks: loaded, or changed past the admin.

    Returns the checksum of the state.
    """
    last = _last(label_of(type(row)), row.pk)
    if last is not None and isinstance(row, Case) and (last.version, last.status) == (row.version, row.status):
        return last.digest
    content = content_of(row)
    digest = digest_of(content)
    if last is None or last.digest != digest:
        _write_row(None, row, EditAction.FOUND, "", content)
    return digest


def _is_ours(sender: type[models.Model]) -> bool:
    return sender._meta.apps is apps and sender._meta.label_lower in collection_models()


def on_saving(sender: type[models.Model], instance: models.Model, raw: bool = False, **kwargs: object) -> None:
    """A row is about to be written. One that goes over to another root touches both."""
    if current() is None or not _is_ours(sender):
        return
    if not instance._state.adding and label_of(sender) not in parts_of(CASE):
        former = sender._base_manager.filter(pk=instance.pk).first()
        if former is not None:
            _touch(former)
    if not (instance._state.adding and instance.pk is None and root_of(instance) is None):
        _touch(instance)


def on_saved(sender: type[models.Model], instance: models.Model, created: bool, **kwargs: object) -> None:
    """A root that is new has its primary key only now."""
    if created and current() is not None and _is_ours(sender):
        root = root_of(instance)
        _touch(instance, is_new=root == (label_of(sender), instance.pk))


def on_deleting(sender: type[models.Model], instance: models.Model, **kwargs: object) -> None:
    """A row is about to go."""
    if current() is not None and _is_ours(sender):
        _touch(instance)


def on_many(
    sender: type[models.Model], instance: models.Model, action: str, reverse: bool, model: type[models.Model],
    pk_set: set[int] | None, **kwargs: object,
) -> None:  # fmt: skip
    """Many-to-many values are about to change; from the far side, those of each row named."""
    if current() is None or not action.startswith("pre_"):
        return
    if not reverse and _is_ours(type(instance)):
        _touch(instance)
    elif reverse and _is_ours(model):
        near = model._base_manager.filter(pk__in=pk_set) if pk_set else _linking(sender, instance, model)
        for row in near:
            _touch(row)


def _linking(through: type[models.Model], instance: models.Model, model: type[models.Model]) -> models.QuerySet:
    """The rows whose many-to-many values hold `instance`, which is about to be taken from all of them."""
    named = next(f for f in model._meta.many_to_many if f.remote_field.through is through).name
    return model._base_manager.filter(**{named: instance})


def connect() -> None:
    """Called once, when the apps are ready."""
    pre_save.connect(on_saving, dispatch_uid="casestudies.history")
    post_save.connect(on_saved, dispatch_uid="casestudies.history")
    pre_delete.connect(on_deleting, dispatch_uid="casestudies.history")
    m2m_changed.connect(on_many, dispatch_uid="casestudies.history")


# -- Reading


def state_of(entry: HistoryEntry) -> State:
    """The state that an entry kept, in the schema of today."""
    content = entry.data
    for layout in range(entry.layout, FORMAT):
        content = UPGRADES[layout](content)
    root = RENAMED_MODELS.get(entry.model, entry.model)
    tree: Tree = {}
    for old, rows in content["tree"].items():
        label = RENAMED_MODELS.get(old, old)
        if label == root or label in parts_of(root):
            tree[label] = {key: _today(root, label, fields) for key, fields in rows.items()}
    targets = {
        RENAMED_MODELS.get(label, label): {key: Target(*target) for key, target in rows.items()}
        for label, rows in content["targets"].items()
    }
    return State(tree, targets)


def _today(root: str, label: str, fields: dict[str, Any]) -> dict[str, Any]:
    """A row's fields under the names of today: unknown ones dropped, new ones at their default."""
    named = {RENAMED_FIELDS.get((label, name), name): value for name, value in fields.items()}
    return {name: named[name] if name in named else default_of(label, name) for name in own_fields(root, label)}


def current_state(row: models.Model) -> State:
    """The state of a row now."""
    return State(*read_with_targets(row))


def before(entry: HistoryEntry) -> HistoryEntry | None:
    """The entry before this one of the same row; of a working revision's first one, the live case's."""
    earlier = HistoryEntry.objects.filter(model=entry.model, at__lte=entry.at, pk__lt=entry.pk).order_by("-at", "-pk")
    found = earlier.filter(object_id=entry.object_id).first()
    if found is None and entry.of_id != entry.object_id:
        found = earlier.filter(object_id=entry.of_id).first()
    return found


# -- Restoring


def links_for(root: str, state: State) -> tuple[dict[str, dict[Key, int]], list[tuple[str, Key, Target]]]:
    """Where the links of a state lead now, and what they lack: by primary key, by natural key, by mergers."""
    links: dict[str, dict[Key, int]] = {}
    lacking: list[tuple[str, Key, Target]] = []
    for label, keys in links_of(root, state.tree).items():
        known = {tuple(json.loads(text)): target for text, target in state.targets.get(label, {}).items()}
        there = set(collection_models()[label]._base_manager.filter(
            pk__in=[target.pk for target in known.values()]
        ).values_list("pk", flat=True))  # fmt: skip
        by_key = find(label, keys)
        links[label] = {}
        for key in keys:
            target = known.get(key)
            merged = merged_into(label, target.pk) if target and target.pk not in there else None
            if target and target.pk in there:
                links[label][key] = target.pk
            elif merged is not None:
                links[label][key] = merged
            elif key in by_key:
                links[label][key] = by_key[key]
            else:
                lacking.append((label, key, target or Target(0, name_of(label, key))))
    return links, lacking


def merged_into(label: str, pk: int) -> int | None:
    """What a row that is gone was merged into, and that into what, as the history tells."""
    for _step in range(20):
        entry = HistoryEntry.objects.filter(model=label, object_id=pk, action=EditAction.MERGED).first()
        if entry is None or entry.of_id == pk:
            return None
        pk = entry.of_id
        if collection_models()[label]._base_manager.filter(pk=pk).exists():
            return pk
    return None


def restore(row: models.Model, state: State, *, keep: frozenset[str] = frozenset()) -> bool:
    """Makes a row and its parts as they were. `keep` names fields that stay. Returns whether anything changed.

    What it linked to and was deleted since comes back from its own history, retired. Raises TreeError, with nothing
    written, where that is not possible.
    """
    with transaction.atomic():
        links, lacking = links_for(label_of(type(row)), state)
        gone: list[str] = []
        for label, key, target in lacking:
            pk = revive(label, target.pk)
            if pk is None:
                gone.append(target.name)
            else:
                links[label][key] = pk
        if gone:
            problem = _("“%(name)s” is gone and cannot be brought back.")
            raise TreeError([problem % {"name": name} for name in gone])
        return write_tree(row, state.tree, keep=keep, links=links)


def revive(label: str, pk: int) -> int | None:
    """Brings back a shared row that was deleted, retired where its kind can be. Returns its new primary key.

    None where the history does not have it, or where something else has its place.
    """
    entry = _last(label, pk)
    if entry is None or label == CASE:
        return None
    state = state_of(entry)
    model = collection_models()[label]
    links, lacking = links_for(label, state)
    if lacking:
        return None
    fields = dict(state.tree[label][ROOT])
    row = model()
    for name, each in own_fields(label, label).items():
        if each.many_to_many:
            continue
        value = fields[name]
        if each.is_relation:
            setattr(row, each.attname, None if value is None else links[label_of(each.related_model)][tuple(value)])
        else:
            setattr(row, name, each.to_python(value))
    if hasattr(row, "is_retired"):
        row.is_retired = True
        state.tree[label][ROOT]["is_retired"] = True
    try:
        with transaction.atomic():
            row.full_clean(validate_constraints=True)
            row.save()
            write_tree(row, state.tree, links=links)
    except (ValidationError, TreeError, IntegrityError):
        return None
    return row.pk
