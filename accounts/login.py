"""How people and machines log in.

People log in with e-mail address and password. An application manager makes their accounts; nobody can sign up.
Machines log in with a token, and only at the API.
"""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm
from django.contrib.auth.hashers import identify_hasher
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts import acting, entrance, factors, machines
from accounts.models import User


class LongEnough(MinimumLengthValidator):
    """Django's own check with our messages, because its Dutch translation is incomplete."""

    def get_error_message(self) -> str:
        return f"Dit wachtwoord is te kort. Kies er een van ten minste {self.min_length} tekens."

    def get_help_text(self) -> str:
        return f"Kies een wachtwoord van ten minste {self.min_length} tekens, zoals vier losse woorden."


class Backend(AuthenticationBackend):
    """Checks a password. When it is right and its hash is out of date, the hash is renewed, acting as this user."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        user: User | None = super().authenticate(request, **credentials)
        if user is not None and identify_hasher(user.password).must_update(user.password):
            with acting.acting_as(user):
                _save_password(user, credentials["password"])
        return user


class SecondFactor(AuthenticateForm):
    """Asks for the second factor, after the password and before the login.

    The user must be entered at the second wall already, because using a code writes a row of theirs.
    """

    def clean_code(self) -> str:
        # `acting_as` would roll back the count of wrong codes when a code is refused.
        acting.enter(self.user)
        try:
            return str(super().clean_code())
        except ValidationError:
            entrance.factor_was_refused(context.request, self.user)
            raise


class Adapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "Dit e-mailadres en wachtwoord horen niet bij elkaar. Controleer ze.",
        "too_many_login_attempts": "Te vaak geprobeerd. Wacht vijf minuten en probeer het opnieuw.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            entrance.was_refused(request, str(credentials.get("email", "")), entrance.THROTTLED)
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        entrance.was_refused(request, str(credentials.get("email", "")))

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        entrance.came_in(request, user)

    def logout(self, request: HttpRequest) -> None:
        entrance.went_out(request, "self")
        super().logout(request)

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Refuse a session to a machine, whichever way it tries to log in."""
        if machines.is_machine(user):
            raise PermissionDenied
        return super().pre_login(request, user, **kwargs)

    def set_password(self, user: User, password: str) -> None:
        _save_password(user, password)


def _save_password(user: User, password: str) -> None:
    """Save this column only: the web may write no other column of a user."""
    user.set_password(password)
    user.save(update_fields=["password"])


class MachineToken(BaseAuthentication):
    """Reads `Authorization: Bearer <token>`. A token in the address is ignored."""

    def authenticate(self, request: Request) -> tuple[User, frozenset[str]] | None:
        """The machine and the datasets of its token. None without such a header; an unknown token is refused."""
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        bearer = machines.bearer_of(value.strip())
        if bearer is None:
            raise AuthenticationFailed
        return bearer.user, bearer.datasets

    def authenticate_header(self, request: Request) -> str:
        """The challenge of a 401. RFC 6750 wants an error code only when a token was sent."""
        has_token = "Authorization" in request.headers
        return 'Bearer realm="LVV", error="invalid_token"' if has_token else 'Bearer realm="LVV"'


class PersonSession(SessionAuthentication):
    """A person who logged in on the pages, with the second factor where that is compulsory."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        credentials = super().authenticate(request)
        if credentials is None or machines.is_machine(credentials[0]):
            return None
        request.user = credentials[0]
        return None if factors.lacking(request) else credentials
