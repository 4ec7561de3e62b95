"""Named querysets, and the one visibility gate.

This is the only module that says what an anonymous visitor may see. `published()` on a queryset of cases, and of
anything that hangs off a case, leaves out drafts, entries in review, archived entries and every working revision.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from django.db import connections, models
from django.db.models import F, Max, Min, Q

from .choices import EditAction, Status

if TYPE_CHECKING:
    from .models import Case

# The second part of a working revision's natural key: ("vaud", "revision").
REVISION = "revision"


def published_condition(path: str = "") -> Q:
    """What makes a case public, as a condition.

    `path` leads from the queried model to the case, for instance "case__"; empty on the case itself.
    """
    return Q(**{f"{path}status": Status.PUBLISHED, f"{path}revises__isnull": True})


class CaseQuerySet(models.QuerySet):
    """Cases, live ones and their working revisions."""

    def get_by_natural_key(self, slug: str, edition: str = "") -> Case:
        """The live case of that slug, or its working revision where `edition` is "revision"."""
        if edition == REVISION:
            return self.get(revises__slug=slug)
        return self.get(slug=slug, revises__isnull=True)

    def published(self) -> CaseQuerySet:
        """What a visitor may see."""
        return self.filter(published_condition())

    def live(self) -> CaseQuerySet:
        """Cases of every status, without the working revisions."""
        return self.filter(revises__isnull=True)

    def archived(self) -> CaseQuerySet:
        """Cases that were public once and are no more: their address answers that they are archived."""
        return self.filter(status=Status.ARCHIVED, revises__isnull=True)

    def at(self, slug: str) -> CaseQuerySet:
        """Those that have the address, or had it once; the one that has it first."""
        former = self.model.redirects.rel.related_model.objects.filter(old_slug=slug).order_by()
        had = self.filter(Q(slug=slug) | Q(pk__in=former.values("case")))
        return had.order_by(models.Case(models.When(slug=slug, then=0), default=1), "pk")

    def citing(self, source: models.Model) -> CaseQuerySet:
        """The cases that cite a work, in their list of sources or in a row of their tree."""
        condition = Q()
        for model in type(source).objects.citing_models():
            condition |= Q(pk__in=model._base_manager.filter(source=source).order_by().values("case"))
        return self.filter(condition)

    def with_start(self) -> CaseQuerySet:
        """Adds `start_year` and `end_year`: first start and last end of the case's periods (null where none)."""
        return self.annotate(start_year=Min("periods__start_year"), end_year=Max("periods__end_year"))

    def for_list(self) -> CaseQuerySet:
        """What one row of the list shows, in a fixed number of queries."""
        return self.select_related("collection", "country", "budget__currency").prefetch_related(
            "periods", "caseterms__term__vocabulary"
        )

    def for_export(self) -> CaseQuerySet:
        """What one row of a download holds, in a fixed number of queries a chunk."""
        return self.select_related("collection", "country__region__parent", "budget__currency").prefetch_related(
            "periods",
            "caseterms__term__vocabulary",
            "caseplaces",
            "objectives__broad_objectives",
            "caseactors__organization__types",
            "beneficiarygroups__groups",
            "illustrations__recommendation",
            "illustrations__subpoint__recommendation",
        )

    def for_page(self) -> CaseQuerySet:
        """Everything that a case's own page shows, in a fixed number of queries."""
        return self.select_related(
            "collection__source", "country__region__parent", "budget__currency", "budget__source"
        ).prefetch_related(
            "narratives__source",
            "components__source",
            "figures__source",
            "figures__currency",
            "milestones__source",
            "milestones__bodies",
            "governmenttiers__source",
            "competences__source",
            "competences__organization",
            "caseterms__source",
            "caseterms__term__vocabulary",
            "caseterms__term__parent",
            "caseactors__source",
            "caseactors__roles",
            "caseactors__organization__types__parent",
            "caseactors__organization__parent",
            "caseactors__organization__successor",
            "caseactors__organization__other_names",
            "coordinationmechanisms__source",
            "coordinationmechanisms__organization",
            "coordinationmechanisms__form",
            "coordinationmechanisms__levels",
            "coordinationmechanisms__members__organization",
            "objectives__broad_objectives",
            "objectives__source",
            "beneficiarygroups__groups",
            "beneficiarygroups__source",
            "keyelements__source",
            "periods__source",
            "caseplaces__source",
            models.Prefetch("caselinks", self.model.caselinks.rel.related_model.objects.to_published()),
            "contributions__source",
            "contributions__payer",
            "contributions__currency",
            "illustrations__source",
            "illustrations__recommendation",
            "illustrations__subpoint__recommendation",
            "editorialnotes__source",
            "casesources__source",
        )

    def on_map(self) -> models.QuerySet:
        """One point a country, whatever the number of its cases: code, name, how many, the first case, where.

        Rows are dictionaries; latitude and longitude are the mean of the cases' main places, in degrees.
        """
        located = self.filter(caseplaces__latitude__isnull=False)
        return (
            located.order_by()
            .values("country__code", "country__name", "country__sort_key")
            .annotate(
                cases=models.Count("pk", distinct=True),
                slug=Min("slug"),
                name=Min("name"),
                latitude=models.Avg("caseplaces__latitude"),
                longitude=models.Avg("caseplaces__longitude"),
            )
            .order_by("country__sort_key")
        )


class CaseChildQuerySet(models.QuerySet):
    """Rows that belong to a case and have a stable key within it."""

    def get_by_natural_key(self, *parts: str) -> models.Model:
        """By the case's natural key followed by the row's own key: ("vaud", "k") or ("vaud", "revision", "k")."""
        *case_key, key = parts
        if case_key[1:] == [REVISION]:
            return self.get(case__revises__slug=case_key[0], key=key)
        return self.get(case__slug=case_key[0], case__revises__isnull=True, key=key)

    def published(self) -> CaseChildQuerySet:
        """Rows of published cases only."""
        return self.filter(published_condition("case__"))


class CaseLinkQuerySet(CaseChildQuerySet):
    """Links between cases."""

    def to_published(self) -> CaseLinkQuerySet:
        """Links whose other end a visitor may see."""
        return self.filter(published_condition("other__")).select_related(
            "other__collection", "other__country", "source"
        )


class SlugQuerySet(models.QuerySet):
    """Anything found in fixtures by its slug."""

    def get_by_natural_key(self, slug: str) -> models.Model:
        return self.get(slug=slug)


class SourceQuerySet(SlugQuerySet):
    """Works cited."""

    def citing_models(self) -> list[type[models.Model]]:
        """The models whose rows belong to a case and can cite a work."""
        related = (relation.related_model for relation in self.model._meta.related_objects)
        return [model for model in related if any(field.name == "case" for field in model._meta.fields)]

    def cited_condition(self) -> Q:
        """Works that a published case cites, in its list of sources or in a row of its tree."""
        condition = Q()
        for model in self.citing_models():
            rows = model._base_manager.filter(published_condition("case__"), source=models.OuterRef("pk"))
            condition |= Q(models.Exists(rows))
        return condition

    def case_counts(self, pks: list[int]) -> dict[int, int]:
        """How many published cases cite each of the works, anywhere, by primary key; none where 0. One query."""
        pairs = [
            model._base_manager.filter(published_condition("case__"), source__in=pks)
            .order_by()
            .values(work=F("source"), citing=F("case"))
            for model in self.citing_models()
        ]
        # A union keeps each pair once; over a union only plain SQL counts.
        sql, parameters = pairs[0].union(*pairs[1:]).query.get_compiler(self.db).as_sql()
        with connections[self.db].cursor() as cursor:
            # The inner query is Django's own, its values are parameters.
            cursor.execute(f"SELECT work, COUNT(*) FROM ({sql}) AS pairs GROUP BY work", parameters)  # noqa: S608
            return dict(cursor.fetchall())

    def published(self) -> SourceQuerySet:
        """What a visitor may see: the paper's bibliography, the publications of collections, what cases cite."""
        return self.filter(Q(in_bibliography=True) | Q(collections__isnull=False) | self.cited_condition()).distinct()


class AcronymQuerySet(SlugQuerySet):
    """Acronyms with their meanings."""

    def published(self) -> AcronymQuerySet:
        """What a visitor may see: acronyms of the whole paper, and those that a published case uses."""
        used = self.model.cases.through.objects.filter(published_condition("case__")).values("acronym")
        return self.filter(Q(cases__isnull=True) | Q(pk__in=used)).distinct()

    def of_all_cases(self) -> AcronymQuerySet:
        """The acronyms that mean the same everywhere."""
        return self.filter(cases__isnull=True)

    def used_in(self, cases: list[int]) -> AcronymQuerySet:
        """The acronyms of these cases, by their primary keys; once for each, which `used_in` on the row names."""
        return self.filter(cases__in=cases).annotate(used_in=F("cases")).order_by("slug")


class HistoryQuerySet(models.QuerySet):
    """Entries of the history: the staff's, but for when a case was archived."""

    def archived_at(self, case: Case) -> datetime.datetime | None:
        """When an archived case was archived; None where the history does not tell."""
        entries = self.filter(model=case._meta.label_lower, object_id=case.pk, of_id=case.pk)
        return entries.filter(action=EditAction.ARCHIVED).order_by("-pk").values_list("at", flat=True).first()


class AcceptedFindingQuerySet(models.QuerySet):
    """Accepted findings, found in fixtures by their rule and subject."""

    def get_by_natural_key(self, rule: str, subject: str) -> models.Model:
        return self.get(rule=rule, subject=subject)


class CodeQuerySet(models.QuerySet):
    """Anything found in fixtures by its code (ISO 3166 countries, ISO 4217 currencies)."""

    def get_by_natural_key(self, code: str) -> models.Model:
        return self.get(code=code)


class TermQuerySet(models.QuerySet):
    """Terms, found in fixtures by their vocabulary's slug and their own."""

    def get_by_natural_key(self, vocabulary: str, slug: str) -> models.Model:
        return self.get(vocabulary__slug=vocabulary, slug=slug)

    def of(self, vocabulary: str) -> TermQuerySet:
        """The terms of one vocabulary, in its order."""
        return self.filter(vocabulary__slug=vocabulary)
