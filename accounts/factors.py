"""The second factor, which belongs to the session: that the user has one says nothing of who is using this session.

The log-in asks users with a factor for it, so a session is one of three. It is *whole* when it showed the factor.
Of a user without a factor, where one is compulsory, it is only good for setting one up. And a session that shows no
factor although the user has one was opened with the password alone, before the factor was set up: it ends.
"""

import base64
import time
from collections.abc import Callable
from datetime import timedelta
from enum import Enum, auto
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY, get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import salted_hmac

from accounts.models import User

METHOD = "mfa"  # how the login library writes a second factor down in the session
# How long a factor that was shown counts as fresh.
FRESH = timedelta(minutes=5)
# What a secret begins with that is encrypted; one from before there was encryption has no such beginning.
SEALED = "sealed:"
# Where a factor keeps its secret.
SECRETS = ("secret", "seed")


class Adapter(DefaultMFAAdapter):
    """Keeps the secrets of factors encrypted, with a key that is not in the database: it comes from `SECRET_KEY`."""

    def encrypt(self, text: str) -> str:
        return SEALED + _boxes().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        sealed = encrypted_text.removeprefix(SEALED)
        return encrypted_text if sealed == encrypted_text else _boxes().decrypt(sealed.encode()).decode()


def _boxes() -> MultiFernet:
    """What encrypts with the newest key, and decrypts with each that is known."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    keys = [salted_hmac("accounts.factors", "", secret=secret, algorithm="sha256").digest() for secret in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])


@transaction.atomic
def seal_all() -> None:
    """Encrypt each secret with the newest key, so that an earlier key may go afterwards.

    The owner of the database runs it at every update. A factor that is used meanwhile waits.
    """
    adapter = Adapter()
    for factor in Authenticator.objects.select_for_update():
        for name in SECRETS:
            if name in factor.data:
                factor.data[name] = adapter.encrypt(adapter.decrypt(factor.data[name]))
        factor.save(update_fields=["data"])


class Lack(Enum):
    """What a session lacks before it may see anything."""

    NOT_SET_UP = auto()
    NOT_SHOWN = auto()


def lacking(request: HttpRequest) -> Lack | None:
    """What the session of this visitor lacks where the second factor is compulsory; None if nothing."""
    if not settings.MFA_IS_REQUIRED or is_shown(request):
        return None
    return Lack.NOT_SHOWN if is_mfa_enabled(request.user) else Lack.NOT_SET_UP


def is_shown(request: HttpRequest) -> bool:
    """Whether somebody showed the second factor in this session, or set it up in it."""
    return any(record["method"] == METHOD for record in _records(request))


def is_fresh(request: HttpRequest) -> bool:
    """Whether the factor was shown in this session a short while ago, at the log-in or since."""
    shown = [record["at"] for record in _records(request) if record["method"] == METHOD]
    return bool(shown) and time.time() - shown[-1] < FRESH.total_seconds()


def asked(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Guard a page of the user's own account that asks the factor itself, also of who gave the password again."""

    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if isinstance(request.user, User) and is_mfa_enabled(request.user) and not is_fresh(request):
            return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode({REDIRECT_FIELD_NAME: request.path})}")
        return view(request, **kwargs)

    return guarded


def note_set_up(request: HttpRequest, factor: Authenticator) -> None:
    """Note that the session showed this factor: setting it up takes a code of it."""
    record = {"method": METHOD, "at": time.time(), "id": factor.pk, "type": factor.type, "reauthenticated": True}
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [*_records(request), record]


def forget(request: HttpRequest) -> None:
    """Forget that the session showed a factor, because the user has none any more."""
    kept = [record for record in _records(request) if record["method"] != METHOD]
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = kept


def _records(request: HttpRequest) -> list[dict[str, Any]]:
    user = request.user
    return get_authentication_records(request, user) if isinstance(user, User) else []
