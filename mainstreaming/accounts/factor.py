"""The second factor: codes of an app on the telephone (TOTP), and recovery codes for when it is lost."""

from __future__ import annotations

import base64
import io
import secrets

import qrcode
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.crypto import salted_hmac
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from qrcode.image.svg import SvgPathImage

RECOVERY_CODES = 10
#: Letters and digits that are not taken for one another.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
# What the column of django-otp holds.
STORED = 16


def device_of(user: User) -> TOTPDevice | None:
    """The app that the user has to sign in with; None where no second factor is set up."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).first()


def device_to_confirm(user: User) -> TOTPDevice | None:
    """The app that the user is setting up."""
    return TOTPDevice.objects.filter(user=user, confirmed=False).first()


def begin(user: User) -> TOTPDevice:
    """A new secret, which counts for nothing until a code of it has been given."""
    with transaction.atomic():
        TOTPDevice.objects.filter(user=user, confirmed=False).delete()
        return TOTPDevice.objects.create(user=user, name="app", confirmed=False)


def confirm(user: User, code: str) -> TOTPDevice | None:
    """Makes the app that is being set up the user's second factor, if the code is right; None if it is not."""
    with transaction.atomic():
        device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=False).first()
        if device is None or not device.verify_token(_plain(code)):
            return None
        TOTPDevice.objects.filter(user=user, confirmed=True).delete()
        device.confirmed = True
        device.save()
    return device


def remove(user: User) -> bool:
    """Removes the second factor with its recovery codes. Returns whether there was one."""
    with transaction.atomic():
        StaticDevice.objects.filter(user=user).delete()
        return bool(TOTPDevice.objects.filter(user=user).delete()[0])


def new_recovery_codes(user: User) -> list[str]:
    """New recovery codes in the place of all earlier ones. They cannot be shown again: only a hash is stored."""
    codes = [
        "-".join("".join(secrets.choice(ALPHABET) for _n in range(5)) for _n in range(3))
        for _n in range(RECOVERY_CODES)
    ]
    with transaction.atomic():
        StaticDevice.objects.filter(user=user).delete()
        device = StaticDevice.objects.create(user=user, name="recovery", confirmed=True)
        for code in codes:
            device.token_set.create(token=_stored(user, code))
    return codes


def recovery_codes_left(user: User) -> int:
    """How many recovery codes have not been used."""
    device = StaticDevice.objects.filter(user=user).first()
    return device.token_set.count() if device else 0


def verify(user: User, code: str) -> TOTPDevice | StaticDevice | None:
    """The device that the code is of, used up with this; None where it is of none.

    Digits are taken for a code of the app, all else for a recovery code, so that a mistake with one blocks the other
    for no time. After a wrong code django-otp waits longer each time before it takes another.
    """
    given = _plain(code)
    with transaction.atomic():
        if given.isdecimal():
            device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=True).first()
            return device if device and device.verify_token(given) else None
        codes = StaticDevice.objects.select_for_update().filter(user=user, confirmed=True).first()
        return codes if given and codes and codes.verify_token(_stored(user, code)) else None


def secret_of(device: TOTPDevice) -> str:
    """The secret to type where no picture can be taken, in groups of four."""
    text = base64.b32encode(device.bin_key).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def picture_of(device: TOTPDevice) -> bytes:
    """The secret as an SVG picture for the app."""
    file = io.BytesIO()
    qrcode.make(device.config_url, image_factory=SvgPathImage, box_size=10, border=4).save(file)
    return file.getvalue()


def _plain(code: str) -> str:
    """A code without what people put between its parts."""
    return "".join(code.split()).replace("-", "").lower()


def _stored(user: User, code: str) -> str:
    """What is stored of a recovery code: who reads the database cannot sign in with it."""
    return salted_hmac(f"mainstreaming.accounts.factor:{user.pk}", _plain(code), algorithm="sha256").hexdigest()[
        :STORED
    ]
