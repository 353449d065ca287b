"""How people and machines log in.

People by e-mail and password; their accounts are made by the application manager, never by sign-up. Machines with a
token, at the API alone.
"""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.hashers import identify_hasher
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts import acting, machines
from accounts.models import User


class LongEnough(MinimumLengthValidator):
    """Django's own check, in words: its Dutch translation lags behind."""

    def get_error_message(self) -> str:
        return f"Dit wachtwoord is te kort. Kies er een van ten minste {self.min_length} tekens."

    def get_help_text(self) -> str:
        return f"Kies een wachtwoord van ten minste {self.min_length} tekens, zoals vier losse woorden."


class Backend(AuthenticationBackend):
    """Renews a hash that has grown old, under the key of whoever just gave the right password."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        user: User | None = super().authenticate(request, **credentials)
        if user is not None and identify_hasher(user.password).must_update(user.password):
            with acting.acting_as(user):
                _keep(user, credentials["password"])
        return user


class SecondFactor(AuthenticateForm):
    """Asked of somebody who gave the right password and isn't logged in yet: using a code up writes their own row."""

    def clean_code(self) -> str:
        # Not `acting_as`: it would undo the count of wrong codes along with the refusal.
        acting.enter(self.user)
        return str(super().clean_code())


class Adapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "Dit e-mailadres en wachtwoord horen niet bij elkaar. Controleer ze.",
        "too_many_login_attempts": "Te vaak geprobeerd. Wacht vijf minuten en probeer het opnieuw.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """A machine never gets a session, whatever way in is found."""
        if machines.is_machine(user):
            raise PermissionDenied
        return super().pre_login(request, user, **kwargs)

    def set_password(self, user: User, password: str) -> None:
        _keep(user, password)


def _keep(user: User, password: str) -> None:
    """Of a user the web may write this column and no other."""
    user.set_password(password)
    user.save(update_fields=["password"])


class MachineToken(BaseAuthentication):
    """`Authorization: Bearer <token>`; a token in the address is not looked at."""

    def authenticate(self, request: Request) -> tuple[User, frozenset[str]] | None:
        """The machine and the datasets of its token."""
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        bearer = machines.bearer_of(value.strip())
        if bearer is None:
            raise AuthenticationFailed
        return bearer.user, bearer.datasets

    def authenticate_header(self, request: Request) -> str:
        """Asked for a 401; RFC 6750 wants no error code where no token was sent."""
        has_token = "Authorization" in request.headers
        return 'Bearer realm="LVV", error="invalid_token"' if has_token else 'Bearer realm="LVV"'


class PersonSession(SessionAuthentication):
    """Somebody who logged in on the pages, with the second factor if that is compulsory."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        found = super().authenticate(request)
        if found is None or machines.is_machine(found[0]):
            return None
        return None if settings.MFA_IS_REQUIRED and not is_mfa_enabled(found[0]) else found
