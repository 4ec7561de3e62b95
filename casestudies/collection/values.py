"""One value of a record: is it of the right type, and what is its normal form. Knows nothing of other records."""

from __future__ import annotations

import datetime
import re

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from .schema import is_required, key_types, label_of, normal

NUMBER = re.compile(r"-?\d+(\.\d+)?\Z")
TYPES = {str: "text", int: "whole number", bool: "yes/no", float: "number", list: "list", dict: "mapping"}


class BadValue(Exception):
    """A value that cannot stand where it does; the message is the reason."""


def check_value(label: str, field: models.Field, value: object) -> object:
    """The normal form of a value. Raises BadValue with the reason."""
    if field.many_to_many:
        return _check_many(field, value)
    if field.is_relation:
        return _check_reference(label, field, value)
    checked = _check_type(field, value)
    if checked in (None, "") and is_required(label, field.name):
        raise BadValue(_("is required"))
    try:
        # Blank, null, choices, range, length, patterns: all that the model says of a single value.
        return normal(field.clean(checked, None))
    except ValidationError as error:
        raise BadValue(" ".join(error.messages)) from error


def _written(value: object) -> str:
    """How a wrong value is shown in a message."""
    if value is None:
        return _("nothing (null)")
    kind = "date" if isinstance(value, datetime.date) else TYPES.get(type(value), type(value).__name__)
    return f"{kind} {value}"


def _check_type(field: models.Field, value: object) -> object:
    if value is None and field.null:
        return None
    if isinstance(field, models.BooleanField):
        good, wanted = isinstance(value, bool), _("true or false")
    elif isinstance(field, models.IntegerField):
        good, wanted = isinstance(value, int) and not isinstance(value, bool), _("a whole number, not in quotes")
    elif isinstance(field, models.DecimalField):
        good, wanted = _is_decimal(value), _("digits in quotes, such as '4.10'")
    elif isinstance(field, models.DateField):
        good, wanted = isinstance(value, str) or type(value) is datetime.date, _("a date, such as 2015-06-30")
    else:
        good, wanted = isinstance(value, str) and "\x00" not in value, _("text: put it in quotes")
    if not good:
        raise BadValue(_("is %(value)s, but must be %(wanted)s") % {"value": _written(value), "wanted": wanted})
    return value


def _is_decimal(value: object) -> bool:
    """Floats are refused: YAML reads 4.10 as 4.1, and 0.1 is not 0.1."""
    if isinstance(value, str):
        return NUMBER.match(value) is not None
    return isinstance(value, int) and not isinstance(value, bool)


def _check_reference(label: str, field: models.Field, value: object) -> list | None:
    if value is None:
        if is_required(label, field.name):
            raise BadValue(_("is required"))
        return None
    return _check_key(field, value)


def _check_many(field: models.Field, value: object) -> list[list]:
    if not isinstance(value, list):
        raise BadValue(_("is %(value)s, but must be a list of natural keys") % {"value": _written(value)})
    keys = [_check_key(field, key) for key in value]
    twice = {str(key) for key in keys if keys.count(key) > 1}
    if twice:
        raise BadValue(_("has %(keys)s twice") % {"keys": ", ".join(sorted(twice))})
    return sorted(keys)


def _check_key(field: models.Field, value: object) -> list:
    """A reference is the list of its target's natural key, each part of the right type: [NO] is a boolean in YAML."""
    types = key_types(label_of(field.related_model))
    if not isinstance(value, list) or [type(part) for part in value] != list(types):
        wanted = ", ".join(TYPES[each] for each in types)
        raise BadValue(
            _("is %(value)s, but must be the natural key [%(wanted)s]") % {"value": _written(value), "wanted": wanted}
        )
    return value
