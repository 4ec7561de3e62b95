"""Two rows that stand for one thing become one: every link goes over to the one that stays, nothing is lost unseen.

A merger is planned first, and the plan is what is shown and what is done. It asks the models for whatever links to a
row, so that a model added later is covered without being named here. Rows that cannot stand twice (two actors of one
case that become the same) are merged like the two they belong to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from ..changes import held_back
from ..choices import EditAction
from ..collection.schema import label_of
from ..collection.trees import CASE
from ..models import (
    AcceptedFinding,
    Case,
    CaseChild,
    EditorialNote,
    Organization,
    OrganizationName,
    Source,
    SourceRedirect,
)
from ..models.base import new_key
from .history import recording
from .workflow import Refused

#: What belongs to a row and not to what it says.
OWN = frozenset(
    {"id", "case", "key", "slug", "position", "sort_key", "is_retired", "created_at", "updated_at", "version"}
)
#: True of what stays where it is true of one of the two.
EITHER = frozenset({"is_lead", "in_bibliography", "is_in_list"})
#: Where no value means every value: one that has none stays without.
NONE_IS_ALL = frozenset({"acronym.cases"})
#: What parts two joined values where a line would be wrong.
JOINED_BY = {"notes": ", "}
TAKEN, JOINED, LEFT = "taken", "joined", "left"


@dataclass(frozen=True)
class Relation:
    """A way in which rows of a model link to another: the model and its foreign key or many-to-many field."""

    model: type[models.Model]
    field: models.Field

    @property
    def label(self) -> str:
        """What the rows are, and as what they link."""
        return f"{capfirst(self.model._meta.verbose_name_plural)} ({self.field.verbose_name})"

    @property
    def of_cases(self) -> bool:
        """Whether the rows belong to a case."""
        return any(each.name == "case" for each in self.model._meta.fields)

    def rows(self, target: models.Model) -> models.QuerySet:
        """The rows that link to `target`, whatever case or working revision they stand in."""
        rows = self.model._base_manager.filter(**{self.field.name: target.pk}).order_by("pk")
        return rows.select_related("case__collection", "case__revises") if self.of_cases else rows


@cache
def relations_to(model: type[models.Model]) -> tuple[Relation, ...]:
    """Every way in which rows link to a model. A link by a table of Django's own is told by its many-to-many field."""
    found = []
    for relation in model._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and relation.is_relation and not relation.concrete):
            continue
        if relation.related_model._meta.auto_created:
            continue
        if relation.many_to_many and not relation.through._meta.auto_created:
            # Its rows are rows of a model, whose foreign key is among the relations.
            continue
        found.append(Relation(relation.related_model, relation.field))
    return tuple(sorted(found, key=lambda each: (label_of(each.model), each.field.name)))


@dataclass(frozen=True)
class Outcome:
    """What becomes of one field: the value of the row that goes is taken over, joined to the other's, or left out."""

    name: str
    label: str
    what: str
    value: str
    new: Any = None


@dataclass
class Fusion:
    """Two rows that become one: what becomes of fields, which rows link to the other then, which of those fuse too."""

    gone: models.Model
    stays: models.Model
    outcomes: list[Outcome] = field(default_factory=list)
    moves: list[tuple[Relation, list[models.Model]]] = field(default_factory=list)
    inner: list[Fusion] = field(default_factory=list)

    @property
    def case(self) -> Case | None:
        """The case of two rows of a case."""
        return getattr(self.stays, "case", None)

    @property
    def kind(self) -> str:
        """What kind of rows they are."""
        return capfirst(self.stays._meta.verbose_name)

    def walk(self) -> Iterator[Fusion]:
        """This one and those within it."""
        yield self
        for each in self.inner:
            yield from each.walk()


@dataclass
class Plan:
    """A merger before it is made: all that it does. `problems` says why it cannot be made."""

    fusion: Fusion
    names: list[str]
    problems: list[str]

    @property
    def gone(self) -> models.Model:
        return self.fusion.gone

    @property
    def stays(self) -> models.Model:
        return self.fusion.stays

    @property
    def counts(self) -> list[tuple[str, int]]:
        """How many rows of which kind link to the other row from then on; those that fuse are told apart."""
        return [(relation.label, len(rows)) for relation, rows in self.fusion.moves if rows]

    @property
    def clashes(self) -> list[Fusion]:
        """The rows that become one."""
        return list(self.fusion.walk())[1:]

    @property
    def cases(self) -> list[Case]:
        """The cases and working revisions that change, each once."""
        rows = [row for fusion in self.fusion.walk() for _relation, rows in fusion.moves for row in rows]
        rows += [fusion.stays for fusion in self.clashes]
        found = {row.case_id: row.case for row in rows if getattr(row, "case_id", None)}
        return sorted(found.values(), key=lambda case: (case.ordinal, case.pk))

    @property
    def digest(self) -> str:
        """The same as long as nothing changed that the plan says."""
        parts = [self.names, self.problems]
        for each in self.fusion.walk():
            parts.append([label_of(type(each.gone)), each.gone.pk, each.stays.pk])
            parts.append([(o.name, o.what, o.value) for o in each.outcomes])
            parts.append([(str(r.field), [row.pk for row in rows]) for r, rows in each.moves])
        return hashlib.sha256(repr(parts).encode()).hexdigest()


# -- Planning


def plan_merger(gone: models.Model, stays: models.Model) -> Plan:
    """What merging `gone` into `stays` would do. Reads only. Raises ValueError for rows of two models, or one row."""
    if type(gone) is not type(stays) or gone.pk == stays.pk:
        raise ValueError("Two rows of one model are merged.")
    fusion = _fusion(gone, stays, is_root=True)
    problems = [
        _("“%(name)s” would lead back to itself by “%(field)s”: change that first.")
        % {"name": stays, "field": own.verbose_name}
        for own in _own_links(type(stays))
        if _leads_back(own, gone, stays, getattr(stays, own.attname))
    ]
    names = _new_names(gone, stays, fusion)
    # What becomes another name is not left out.
    fusion.outcomes = [each for each in fusion.outcomes if each.what != LEFT or each.value not in names]
    return Plan(fusion, names, problems)


def _fusion(gone: models.Model, stays: models.Model, *, is_root: bool = False) -> Fusion:
    fusion = Fusion(gone, stays, list(_outcomes(gone, stays, is_root)))
    for relation in relations_to(type(gone)):
        rows = list(relation.rows(gone))
        if relation.model is type(gone):
            rows = [row for row in rows if row.pk not in (gone.pk, stays.pk)]
        clashing = {} if relation.field.many_to_many or not rows else _clashing(relation, rows, stays)
        fusion.moves.append((relation, [row for row in rows if row.pk not in clashing]))
        for row in rows:
            if row.pk in clashing:
                fusion.inner.append(_fusion(row, clashing[row.pk]))
    return fusion


def _clashing(relation: Relation, rows: list[models.Model], stays: models.Model) -> dict[int, models.Model]:
    """The rows that would stand twice, by primary key, each with the one that stands there already."""
    found: dict[int, models.Model] = {}
    for others, condition in _unique_with(relation):
        there = relation.rows(stays)
        mine = relation.model._base_manager.filter(pk__in=[row.pk for row in rows])
        if condition is not None:
            there, mine = there.filter(condition), mine.filter(condition)
        met = set(mine.values_list("pk", flat=True)) if condition is not None else {row.pk for row in rows}
        by_rest = {tuple(getattr(row, name) for name in others): row for row in there}
        for row in rows:
            rest = tuple(getattr(row, name) for name in others)
            if row.pk in met and None not in rest and rest in by_rest:
                found.setdefault(row.pk, by_rest[rest])
    return found


def _unique_with(relation: Relation) -> Iterator[tuple[tuple[str, ...], models.Q | None]]:
    """What together with the link tells rows apart: columns, and under which condition. A mere key can be another."""
    meta = relation.model._meta
    sets: list[tuple[Iterable[str], models.Q | None]] = [
        (each.fields, each.condition) for each in meta.constraints if isinstance(each, models.UniqueConstraint)
    ]
    sets += [(names, None) for names in meta.unique_together]
    if relation.field.unique:
        sets.append(((relation.field.name,), None))
    for names, condition in sets:
        others = [name for name in names if name != relation.field.name]
        if relation.field.name in names and others != ["key"]:
            yield tuple(meta.get_field(name).attname for name in others), condition


def _own_links(model: type[models.Model]) -> list[models.ForeignKey]:
    """The foreign keys by which rows of a model link to each other: what an organization is part of."""
    return [each for each in model._meta.fields if each.is_relation and each.related_model is model]


def _leads_back(own: models.ForeignKey, gone: models.Model, stays: models.Model, start: int | None) -> bool:
    """Whether the links that begin at `start` lead to one of the two, once both are one."""
    both = {gone.pk, stays.pk}
    if start in both:
        return False
    seen: set[int] = set()
    while start is not None and start not in seen:
        if start in both:
            return True
        seen.add(start)
        start = type(stays)._base_manager.filter(pk=start).values_list(own.attname, flat=True).first()
    return False


def _outcomes(gone: models.Model, stays: models.Model, is_root: bool) -> Iterator[Outcome]:
    links = [each.name for each in _links_of_clash(gone, stays)] if not is_root else []
    skipped = OWN | set(links)
    if _cites_another(gone, stays):
        # A place in a work says nothing without the work.
        work = f"{gone.source}, {gone.source_detail}".removesuffix(", ")
        yield Outcome("source", capfirst(gone._meta.get_field("source").verbose_name), LEFT, work)
        skipped |= {"source", "source_detail"}
    for each in gone._meta.fields:
        if each.name not in skipped:
            yield from _outcome(each, gone, stays, is_root)
    for each in gone._meta.many_to_many:
        yield from _many(each, gone, stays)


def _links_of_clash(gone: models.Model, stays: models.Model) -> list[models.Field]:
    """The foreign keys that differ between two clashing rows because they lead to the two that are merged."""
    unique = {
        name for each in gone._meta.constraints if isinstance(each, models.UniqueConstraint) for name in each.fields
    }
    return [each for each in gone._meta.fields if each.is_relation and each.name in unique]


def _cites_another(gone: models.Model, stays: models.Model) -> bool:
    names = {each.name for each in gone._meta.fields}
    return (
        {"source", "source_detail"} <= names
        and None not in (gone.source_id, stays.source_id)
        and gone.source_id != stays.source_id
    )


def _outcome(each: models.Field, gone: models.Model, stays: models.Model, is_root: bool) -> Iterator[Outcome]:
    """What becomes of one value; nothing where there is none, or where both are alike."""
    old, kept = getattr(gone, each.attname), getattr(stays, each.attname)
    label = capfirst(each.verbose_name)
    if each.is_relation and each.related_model is type(stays):
        both = {gone.pk, stays.pk}
        was_inside = kept in both
        old, kept = (None if value in both else value for value in (old, kept))
        if old is not None and kept is None and _leads_back(each, gone, stays, old):
            yield Outcome(each.name, label, LEFT, str(getattr(gone, each.name)))
            return
        if was_inside and old is None:
            yield Outcome(each.name, label, TAKEN, "–", None)
            return
    if old is None or old == "" or old is False or old == kept:
        return
    shown = _shown(each, gone)
    if kept is None or kept == "" or (kept is False and each.name in EITHER):
        yield Outcome(each.name, label, TAKEN, shown, old)
        return
    is_text = isinstance(each, models.TextField) or (not is_root and isinstance(each, models.CharField))
    if is_text and not each.choices:
        joined = _joined(each, kept, old)
        if joined == kept:
            return
        if each.max_length is None or len(joined) <= each.max_length:
            yield Outcome(each.name, label, JOINED, joined, joined)
            return
    yield Outcome(each.name, label, LEFT, shown)


def _joined(each: models.Field, kept: str, old: str) -> str:
    """Both values, the one that stays first, without what they share."""
    if isinstance(each, models.TextField):
        return kept if old in kept else old if kept in old else f"{kept}\n\n{old}"
    by = JOINED_BY.get(each.name, "; ")
    return by.join(dict.fromkeys(part.strip() for value in (kept, old) for part in value.split(by.strip())))


def _shown(each: models.Field, row: models.Model) -> str:
    if isinstance(each, models.BooleanField):
        return _("yes") if getattr(row, each.name) else _("no")
    if each.choices:
        return str(getattr(row, f"get_{each.name}_display")())
    return str(getattr(row, each.name))


def _many(each: models.ManyToManyField, gone: models.Model, stays: models.Model) -> Iterator[Outcome]:
    old, kept = (list(getattr(row, each.name).all()) for row in (gone, stays))
    label = capfirst(each.verbose_name)
    if f"{gone._meta.model_name}.{each.name}" in NONE_IS_ALL and bool(old) != bool(kept):
        if kept:
            yield Outcome(each.name, label, TAKEN, _("all"), [])
        else:
            yield Outcome(each.name, label, LEFT, "; ".join(map(str, old)))
        return
    added = [row for row in old if row not in kept]
    if added:
        pks = [row.pk for row in (*kept, *added)]
        yield Outcome(each.name, label, JOINED if kept else TAKEN, "; ".join(map(str, (*kept, *added))), pks)


def _new_names(gone: models.Model, stays: models.Model, fusion: Fusion) -> list[str]:
    """The names of an organization that goes which the other does not have yet."""
    if not isinstance(gone, Organization):
        return []
    taken = {outcome.new for outcome in fusion.outcomes if outcome.what == TAKEN and isinstance(outcome.new, str)}
    known = {stays.name, stays.original_name, stays.acronym, "", *taken}
    known |= set(OrganizationName.objects.filter(organization__in=[gone, stays]).values_list("name", flat=True))
    return [name for name in dict.fromkeys((gone.name, gone.original_name, gone.acronym)) if name not in known]


# -- Doing


def merge(
    gone: models.Model, stays: models.Model, user: AbstractBaseUser | None, comment: str = "", seen: str = ""
) -> Plan:
    """Merges `gone` into `stays`, and returns what was done. Published cases show it at once.

    `seen` is the digest of the plan that somebody agreed to. Raises Refused, with nothing written, where that plan is
    none any more, or where the merger is not possible.
    """
    model = type(stays)
    with transaction.atomic(), recording(user, EditAction.MERGED, comment) as notes, held_back():
        rows = model._base_manager.select_for_update().order_by("pk").in_bulk([gone.pk, stays.pk])
        if len(rows) < 2:
            raise Refused(_("One of the two is not there any more."))
        plan = plan_merger(rows[gone.pk], rows[stays.pk])
        if plan.problems:
            raise Refused("\n".join(plan.problems))
        if seen and plan.digest != seen:
            raise Refused(_("Something of this has changed in the meantime. Please look at it again."))
        before = set(notes.touched)
        _fuse(plan.fusion)
        for name in plan.names:
            OrganizationName.objects.create(organization=plan.stays, name=name)
        # Said at the end: what is refused on the way is not told.
        notes.said[label_of(model), gone.pk] = (EditAction.MERGED, comment, stays.pk)
        notes.say(plan.stays, EditAction.MERGED, comment)
        changed = [pk for label, pk in notes.touched.keys() - before if label == CASE]
        # Whoever has one of them open is told that it changed.
        Case.objects.filter(pk__in=changed).update(version=F("version") + 1, updated_at=timezone.now())
        return plan


def _fuse(fusion: Fusion) -> None:
    """Fields, then links, then the rest of the row."""
    gone, stays = fusion.gone, fusion.stays
    _write_outcomes(fusion)
    for each in fusion.inner:
        _fuse(each)
    for relation, rows in fusion.moves:
        for row in rows:
            _move(relation, row, gone, stays)
    _follow(gone, stays)
    left = [relation.label for relation in relations_to(type(gone)) if _still_there(relation, gone, stays)]
    if left:
        raise Refused(_("These still link to “%(name)s”: %(what)s.") % {"name": gone, "what": ", ".join(left)})
    gone.delete()


def _still_there(relation: Relation, gone: models.Model, stays: models.Model) -> bool:
    rows = relation.rows(gone)
    return (rows.exclude(pk=gone.pk) if relation.model is type(gone) else rows).exists()


def _write_outcomes(fusion: Fusion) -> None:
    stays = fusion.stays
    done = [outcome for outcome in fusion.outcomes if outcome.what != LEFT]
    single = [outcome for outcome in done if not stays._meta.get_field(outcome.name).many_to_many]
    for outcome in single:
        setattr(stays, stays._meta.get_field(outcome.name).attname, outcome.new)
    if single:
        stays.save()
    for outcome in done:
        if outcome not in single:
            getattr(stays, outcome.name).set(outcome.new)


def _move(relation: Relation, row: models.Model, gone: models.Model, stays: models.Model) -> None:
    """One row's link goes over."""
    name = relation.field.name
    if relation.field.many_to_many:
        manager = getattr(row, name)
        manager.remove(gone)
        manager.add(stays)
        return
    setattr(row, name, stays)
    if isinstance(row, OrganizationName) and stays.other_names.filter(key=row.key).exists():
        row.key = new_key()
    row.save()


def _follow(gone: models.Model, stays: models.Model) -> None:
    """What names a row without a link: notes that stand beside it, findings accepted of it, its public address."""
    if isinstance(gone, CaseChild):
        accessor = gone._meta.get_field("case").remote_field.get_accessor_name()
        for note in EditorialNote.objects.filter(case=stays.case_id, about=f"{accessor}/{gone.key}"):
            note.about = f"{accessor}/{stays.key}"
            note.save()
        if not stays.case.is_revision:
            path = f"{stays.case.slug}/{accessor}"
            _rename_findings({"subject": f"{path}/{gone.key}"}, lambda _subject: f"{path}/{stays.key}")
    if isinstance(gone, Source):
        ending = f"/{gone.slug}"
        _rename_findings(
            {"rule": "work-not-listed", "subject__endswith": ending},
            lambda subject: f"{subject.removesuffix(ending)}/{stays.slug}",
        )
        SourceRedirect.objects.update_or_create(old_slug=gone.slug, defaults={"source": stays})
    if hasattr(gone, "slug"):
        for finding in AcceptedFinding.objects.filter(rule=f"{gone._meta.model_name}-unused", subject=gone.slug):
            finding.delete()


def _rename_findings(wanted: dict[str, str], new: Callable[[str], str]) -> None:
    for finding in AcceptedFinding.objects.filter(**wanted):
        subject = new(finding.subject)
        other = AcceptedFinding.objects.filter(rule=finding.rule, subject=subject).first()
        if other is None:
            finding.subject = subject
            finding.save()
        else:
            if finding.reason not in other.reason:
                other.reason = f"{other.reason}\n\n{finding.reason}"
                other.save()
            finding.delete()
