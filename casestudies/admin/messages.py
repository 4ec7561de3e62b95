"""What an editor reads where a constraint of the database refuses a row."""

from __future__ import annotations

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

_SPAN = _("The end lies before the start.")
_MONTH = _("A month is a number from 1 to 12 and needs its year.")
_OWN_PARENT = _("Nothing can be a part of itself.")

MESSAGES = {
    "case_unique_slug": _("Another case has this slug."),
    "case_unique_ordinal": _("Another case of the collection has this number."),
    "case_ordinal_from_1": _("Numbers start at 1."),
    "case_revision_not_published": _("A working revision is a draft or in review; it cannot be published or archived."),
    "case_does_not_revise_itself": _("A case cannot revise itself."),
    "previewlink_expires_after_start": _("A link is valid until after it is made."),
    "period_end_not_before_start": _SPAN,
    "period_months_valid": _MONTH,
    "period_ongoing_without_end": _("What is ongoing has no end."),
    "caseplace_coordinates_valid": _("Give both latitude (−90 to 90) and longitude (−180 to 180), or neither."),
    "caselink_not_to_itself": _("A case cannot link to itself."),
    "budget_total_not_negative": _("The total is below 0."),
    "budget_total_with_currency": _("A total needs its currency."),
    "budget_total_where_stated": _("Give the total where “total stated” is chosen, and only there."),
    "budget_end_not_before_start": _SPAN,
    "contribution_amount_not_negative": _("The amount is below 0."),
    "contribution_amount_with_currency": _("An amount needs its currency."),
    "component_not_its_own_parent": _OWN_PARENT,
    "figure_low_not_above_high": _("The low value is above the high one."),
    "figure_share_within_0_100": _("A share lies between 0 and 100."),
    "figure_money_with_currency": _("Money needs its currency, and is not below 0."),
    "figure_end_not_before_start": _SPAN,
    "milestone_end_not_before_start": _SPAN,
    "milestone_months_valid": _MONTH,
    "illustration_unique_whole": _("This case illustrates the recommendation already."),
    "illustration_unique_subpoint": _("This case illustrates the sub-point already."),
    "term_not_its_own_parent": _OWN_PARENT,
    "organization_not_its_own_parent": _OWN_PARENT,
    "organization_not_its_own_successor": _("A body cannot succeed itself."),
    "message_text_length": _("A message has 10 to 5,000 characters."),
    "message_came_from_is_a_path": _("The path of a page starts with “/”."),
    "message_new_is_not_handled": _("A new message has been handled by nobody."),
    "release_name_is_a_day": _("A release is named for its day: 2026-11-24, 2026-11-24-2."),
    "releasefile_name_is_a_file": _("The name of a file is of small letters, digits and hyphens, with an ending."),
    "releasefile_sha256_is_hex": _("A checksum has 64 hexadecimal digits."),
    "currency_rate_positive": _("The rate must be above 0."),
}


def reworded(error: ValidationError, model: type[Model], known: set[str]) -> ValidationError | None:
    """The error in our words for the model's constraints, without what is `known`; None where nothing is left."""
    ours = {
        str(constraint.get_violation_error_message()): str(MESSAGES[constraint.name])
        for constraint in model._meta.constraints
        if constraint.name in MESSAGES
    }
    found = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
    worded = {
        field: [ValidationError(text, code=item.code) for item in items for text in _new(item, ours, known)]
        for field, items in found.items()
    }
    left = {field: items for field, items in worded.items() if items}
    return ValidationError(left) if left else None


def _new(item: ValidationError, ours: dict[str, str], known: set[str]) -> list[str]:
    texts = [ours.get(text, text) for text in item.messages]
    return [text for text in texts if text not in known]
