"""The form by which visitors write to the staff. What is refused is said by its field and stays as it was typed."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MinLengthValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from mainstreaming.formfields import PlainTextField

from .choices import MessageKind, MessageStatus, Section
from .models import Case, Message
from .models.inbox import LONGEST, SHORTEST

#: A form is sent neither sooner after it was asked for than anyone can type, nor when it has lain about for a day.
SOONEST, LATEST = datetime.timedelta(seconds=3), datetime.timedelta(hours=24)
MOST_LINKS = 5

_LINK = re.compile(r"https?://\S|\bwww\.\S", re.IGNORECASE)
_PATH = re.compile(r"/(?!/)[^\s?#\\\x00]{0,249}\Z")
_SIGNER = signing.Signer(salt="casestudies.forms.stamp")


def stamp(moment: datetime.datetime) -> str:
    """When a form was asked for, signed."""
    return _SIGNER.sign(str(int(moment.timestamp())))


def age(value: str, now: datetime.datetime) -> datetime.timedelta | None:
    """How old a stamp is; None for one that is not ours."""
    try:
        seconds = int(_SIGNER.unsign(value))
    except (signing.BadSignature, ValueError):
        return None
    return datetime.timedelta(seconds=now.timestamp() - seconds)


def path_of(text: str) -> str:
    """The path of an address of this site, without its query; empty where there is none to keep."""
    try:
        path = urlsplit(text).path
    except ValueError:
        return ""
    return path if _PATH.match(path) else ""


def named_case(text: str) -> Case | None:
    """The published case that a visitor means by its address, its short name in the address, or its name."""
    cases = Case.objects.published().select_related("collection")
    slug = path_of(text).rstrip("/").rpartition("/")[2] or text
    found = cases.filter(slug=slug.lower()).first()
    if found is not None:
        return found
    # «4.12 Vaud», as pages and lists write it.
    of_that_name = list(cases.filter(name__iexact=re.sub(r"^[\d.]+ +", "", text))[:2])
    return of_that_name[0] if len(of_that_name) == 1 else None


def _text(label: Any, autocomplete: str = "off", **options: Any) -> dict[str, Any]:
    """One line of text. The browser gets no limit of its own: it would cut off in silence what is pasted."""
    return {"label": label, "required": False, "widget": forms.TextInput({"autocomplete": autocomplete}), **options}


class MessageForm(forms.Form):
    """A message. With `offered`, a case that the visitor came from, it asks whether it is about that one."""

    kind = forms.ChoiceField(
        label=_("What do you write about?"),
        choices=[("", _("Please choose")), *MessageKind.choices],
        error_messages={"required": _("Choose what you write about.")},
    )
    about_offered = forms.BooleanField(
        required=False, initial=True, help_text=_("Untick it if you write about something else.")
    )
    case = forms.CharField(
        **_text(
            _("Which case?"),
            help_text=_("Its name, or its address on this site. Leave it empty if it is not about one of the cases."),
        )
    )
    section = forms.ChoiceField(
        label=_("Which section?"), required=False, choices=[("", _("the whole case")), *Section.choices]
    )
    text = PlainTextField(
        label=_("Your message"),
        help_text=_(
            "Say what is wrong or missing and how you know: a source helps. 10 to 5,000 characters, at most 5 links."
        ),
        widget=forms.Textarea({"rows": 8}),
        error_messages={"required": _("Write your message.")},
        validators=[
            MinLengthValidator(
                SHORTEST,
                ngettext_lazy(
                    "Write at least %(limit_value)d character; there is %(show_value)d.",
                    "Write at least %(limit_value)d characters; there are %(show_value)d.",
                    "limit_value",
                ),
            ),
            MaxLengthValidator(
                LONGEST,
                ngettext_lazy(
                    "Write at most %(limit_value)d character; there are %(show_value)d.",
                    "Write at most %(limit_value)d characters; there are %(show_value)d.",
                    "limit_value",
                ),
            ),
        ],
    )
    name = forms.CharField(**_text(_("Your name"), "name", validators=[MaxLengthValidator(120)]))
    email = forms.EmailField(
        label=_("Your e-mail address"),
        required=False,
        max_length=254,
        help_text=_("Only to answer you."),
        widget=forms.EmailInput({"autocomplete": "email"}),
        error_messages={"invalid": _("Enter an e-mail address, such as name@example.org, or leave it empty.")},
    )
    # Hidden by the style sheet from everyone who reads the page; what fills in whatever it finds is no reader.
    website = forms.CharField(**_text(_("Leave this field empty")))

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        now: datetime.datetime,
        offered: Case | None = None,
        came_from: str = "",
    ) -> None:
        super().__init__(data)
        self.now = now
        self.offered = offered
        sent = data or {}
        self.came_from = path_of(sent.get("came_from", came_from))
        age_of_stamp = age(sent.get("stamp", ""), now)
        self.is_stale = age_of_stamp is None or not datetime.timedelta(0) <= age_of_stamp <= LATEST
        self.is_hasty = not self.is_stale and age_of_stamp < SOONEST
        #: What the form is sent with next time: the same stamp as long as it is good.
        self.stamp = stamp(now) if self.is_stale else sent["stamp"]
        if offered is None:
            del self.fields["about_offered"], self.fields["section"]
        else:
            del self.fields["case"]
            self.fields["about_offered"].label = _("It is about %(case)s") % {"case": offered}
            self.initial["kind"] = MessageKind.ERROR
        del self.fields["email"].widget.attrs["maxlength"]

    def clean_case(self) -> Case | None:
        """The case named; None where none is."""
        text = self.cleaned_data["case"]
        if not text:
            return None
        found = named_case(text)
        if found is None:
            raise ValidationError(
                _("No case has this name or address. Leave it empty and name the case in your message.")
            )
        return found

    def clean_text(self) -> str:
        """Sources are welcome; a list of links is what machines send."""
        text = self.cleaned_data["text"]
        if len(_LINK.findall(text)) > MOST_LINKS:
            raise ValidationError(
                _("There are more than %(most)d links in your message. Name the other sources without a link."),
                params={"most": MOST_LINKS},
            )
        return text

    def clean(self) -> dict[str, Any]:
        """When everything else is right, the time that it took counts."""
        if not self.errors and self.is_stale:
            raise ValidationError(
                _("The form had been open for more than a day. Nothing is lost: please send it once more."),
                code="stale",
            )
        if not self.errors and self.is_hasty:
            raise ValidationError(
                _("That was faster than anyone types. Nothing is lost: please send it once more."), code="hasty"
            )
        return self.cleaned_data

    def message(self) -> Message:
        """The message, not stored yet. What walked into the trap is spam."""
        given = self.cleaned_data
        case = (self.offered if given["about_offered"] else None) if self.offered else given["case"]
        return Message(
            kind=given["kind"],
            case=case,
            section=given["section"] if self.offered and case else "",
            text=given["text"],
            name=given["name"],
            email=given["email"],
            came_from=self.came_from,
            status=MessageStatus.SPAM if given["website"] else MessageStatus.NEW,
        )
