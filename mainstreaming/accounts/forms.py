"""The forms of signing in, of one's own account, and of inviting somebody."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm, AdminPasswordChangeForm
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from . import factor


class LoginForm(AdminAuthenticationForm):
    """Name and password, and a code of those who set a second factor up."""

    code = forms.CharField(
        label=_("Code from your authenticator app, if you set one up"),
        required=False,
        max_length=40,
        help_text=_("One of your recovery codes will do as well."),
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    error_messages = {
        **AdminAuthenticationForm.error_messages,
        # The same words whatever was wrong: nobody learns that a password was right.
        "invalid_login": _(
            "This is not the name, the password and, if you set one up, the code of a staff account. Mind capital "
            "letters. Each code can be used once; after a wrong one wait a minute and take the next."
        ),
    }

    def clean(self) -> dict[str, Any]:
        """Checks the password, then the code. A wrong code counts as a failed login too."""
        cleaned = super().clean()
        user = self.user_cache
        if user is not None and factor.device_of(user) is not None:
            device = factor.verify(user, cleaned.get("code", ""))
            if device is None:
                self.user_cache = None
                credentials = {"username": user.get_username(), "password": "*"}
                user_login_failed.send(sender=__name__, credentials=credentials, request=self.request)
                raise self.get_invalid_login_error()
            # django-otp keeps it in the session with the login.
            user.otp_device = device
        return cleaned


class CurrentPassword:
    """Asks for the current password again. Wrong ones count like failed logins."""

    request: HttpRequest

    def check_password(self, value: str) -> str:
        """The password. Raises ValidationError where it is not the user's."""
        user = self.request.user
        if authenticate(self.request, username=user.get_username(), password=value) != user:
            raise forms.ValidationError(_("This is not your current password."), code="password_incorrect")
        return value


class PasswordForm(CurrentPassword, forms.Form):
    """What only the owner of the account may do."""

    password = forms.CharField(
        label=_("Your current password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)

    def clean_password(self) -> str:
        """The password, which has to be right."""
        return self.check_password(self.cleaned_data["password"])


class ConfirmForm(PasswordForm):
    """A first code of the app that is being set up."""

    code = forms.CharField(
        label=_("Code that the app shows now"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
    field_order = ["code", "password"]


class ChangePasswordForm(CurrentPassword, AdminPasswordChangeForm):
    """A new password for the current one."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)

    def clean_old_password(self) -> str:
        """The current password, which has to be right."""
        return self.check_password(self.cleaned_data["old_password"])


class InviteForm(forms.ModelForm):
    """A new member of the staff. The password is theirs to choose, by a link."""

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name", "email", "groups")
        help_texts = {"email": _("The link to choose a password goes there, if the site can send e-mail.")}

    def clean_username(self) -> str:
        """A name that nobody has in other capitals."""
        username = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=username).exists():
            raise forms.ValidationError(_("Somebody has this name already."), code="unique")
        return username

    def save(self, commit: bool = True) -> User:
        """The user, who is staff and cannot sign in before they chose a password."""
        self.instance.is_staff = True
        self.instance.set_unusable_password()
        return super().save(commit)
