"""`merge_rows`: two organizations, sources or acronyms become one, where more cases change than a page has time for."""

from __future__ import annotations

import argparse

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Model

from casestudies.models import Acronym, Organization, Source
from casestudies.newsroom.merging import Plan, merge, plan_merger
from casestudies.newsroom.workflow import Refused

MODELS = {"organization": Organization, "source": Source, "acronym": Acronym}


class Command(BaseCommand):
    """A merger without the admin."""

    help = "Merges a row into another: all that links to it links to the other one from then on."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("kind", choices=sorted(MODELS))
        parser.add_argument("gone", help="the slug of the one that goes")
        parser.add_argument("stays", help="the slug of the one that stays")
        parser.add_argument("--comment", default="", help="why they are one, for the history")
        parser.add_argument("--user", help="the name of the account that the history names")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")

    def handle(self, **options) -> None:
        gone, stays = (self._row(MODELS[options["kind"]], options[name]) for name in ("gone", "stays"))
        if gone == stays:
            raise CommandError("A row is not merged into itself.")
        if options["dry_run"]:
            self._tell(plan_merger(gone, stays))
            return
        user = None
        if options["user"]:
            user = get_user_model().objects.filter(username=options["user"]).first()
            if user is None:
                raise CommandError(f"There is no account “{options['user']}”.")
        try:
            self._tell(merge(gone, stays, user, options["comment"]))
        except Refused as error:
            raise CommandError(str(error)) from error

    @staticmethod
    def _row(model: type[Model], slug: str) -> Model:
        row = model.objects.filter(slug=slug).first()
        if row is None:
            raise CommandError(f"There is no {model._meta.verbose_name} “{slug}”.")
        return row

    def _tell(self, plan: Plan) -> None:
        lines = [f"{label}: {count}" for label, count in plan.counts]
        lines += [f"other name: {name}" for name in plan.names]
        for each in plan.fusion.walk():
            where = f"{each.case}, " if each is not plan.fusion and each.case else ""
            lines += [f"{where}{each.kind}: {o.label}, {o.what}: {o.value}" for o in each.outcomes]
        lines += [f"problem: {problem}" for problem in plan.problems]
        self.stdout.write("\n".join(lines))
