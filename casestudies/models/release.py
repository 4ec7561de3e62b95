"""Releases: the published collection as it was on a day, kept unchanged so that a citation finds what was cited."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# A day, and a number where it is not the first of that day.
NAME_PATTERN = r"^\d{4}-\d{2}-\d{2}(-[1-9]\d*)?$"
FILE_PATTERN = r"^[a-z][a-z0-9-]*(\.[a-z0-9]+)+$"
SHA256_PATTERN = r"^[0-9a-f]{64}$"


class KeptError(TypeError):
    """Somebody tried to change what is kept unchanged."""


class KeptQuerySet(models.QuerySet):
    """Rows that are written once."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise KeptError("A release is never changed.")

    def delete(self) -> NoReturn:
        raise KeptError("A release is never removed.")

    delete.queryset_only = True


class Kept(models.Model):
    """A row that is written once: saving it again and deleting it are refused, whoever asks."""

    objects = KeptQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise KeptError("A release is never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise KeptError("A release is never removed.")


class Release(Kept):
    """The published collection as it was at one version of the data.

    No part of the collection in files: it has no natural key. Its files lie in the database, in pieces: every process
    has them, one backup holds them, and a restore brings them back row for row.
    """

    name = models.CharField(_("name"), max_length=20, validators=[RegexValidator(NAME_PATTERN)])
    data_version = models.PositiveBigIntegerField(_("data version"))
    data_changed_at = models.DateTimeField(_("data changed"))
    case_count = models.PositiveIntegerField(_("number of cases"))
    note = models.TextField(_("note"), blank=True, help_text=_("What is new, for visitors to read."))
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
        editable=False,
    )

    class Meta:
        # The latest first; of one day by number.
        ordering = ("-created_at", "-pk")
        default_permissions = ("add", "view")
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        constraints = [
            models.UniqueConstraint(fields=["name"], name="release_unique_name"),
            models.CheckConstraint(condition=Q(name__regex=NAME_PATTERN), name="release_name_is_a_day"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("release", args=[self.name])


class ReleaseFile(Kept):
    """A file of a release: its size and checksum, its content in pieces."""

    release = models.ForeignKey(Release, verbose_name=_("release"), on_delete=models.PROTECT, related_name="files")
    name = models.CharField(_("name"), max_length=80, validators=[RegexValidator(FILE_PATTERN)])
    media_type = models.CharField(_("media type"), max_length=100)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64, validators=[RegexValidator(SHA256_PATTERN)])

    class Meta:
        ordering = ("release", "name")
        default_permissions = ("view",)
        verbose_name = _("file of a release")
        verbose_name_plural = _("files of releases")
        constraints = [
            models.UniqueConstraint(fields=["release", "name"], name="releasefile_unique_name"),
            models.CheckConstraint(condition=Q(name__regex=FILE_PATTERN), name="releasefile_name_is_a_file"),
            models.CheckConstraint(condition=Q(sha256__regex=SHA256_PATTERN), name="releasefile_sha256_is_hex"),
        ]

    def __str__(self) -> str:
        return f"{self.release.name}/{self.name}"

    def get_absolute_url(self) -> str:
        return reverse("release-file", args=[self.release.name, self.name])

    def content(self) -> Iterator[bytes]:
        """The content piece by piece, one of them in memory at a time."""
        for number in self.pieces.values_list("number", flat=True):
            yield bytes(self.pieces.values_list("data", flat=True).get(number=number))


class ReleasePiece(Kept):
    """A piece of a file. Pieces are small enough for any database and any request's memory."""

    file = models.ForeignKey(ReleaseFile, verbose_name=_("file"), on_delete=models.PROTECT, related_name="pieces")
    number = models.PositiveIntegerField(_("number"))
    data = models.BinaryField(_("data"))

    class Meta:
        ordering = ("file", "number")
        default_permissions = ()
        verbose_name = _("piece of a file")
        verbose_name_plural = _("pieces of files")
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="releasepiece_unique_number")]

    def __str__(self) -> str:
        return f"{self.file_id}/{self.number}"
