"""What the audit trail says of who comes in, goes out, or is refused at the door.

A line says when, who, and from where: the address of the network, without the last part that names one connection. An
e-mail address that no user has is kept as a keyed hash, which shows that the same one was tried again. No line holds a
password, a code or any other secret.
"""

from ipaddress import ip_address, ip_network

from allauth.account.adapter import get_adapter
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import audit
from accounts.models import User, plain_address

LOGGED_IN, LOGGED_OUT = "user.logged_in", "user.logged_out"
REFUSED, THROTTLED, FACTOR_REFUSED = "user.login_refused", "user.login_throttled", "user.factor_refused"
# How many bits of an address name its network, by the version of the protocol.
NETWORK = {4: 24, 6: 48}


def came_in(request: HttpRequest, user: User) -> None:
    audit.record(LOGGED_IN, user, by=user, at=timezone.now(), network=network_of(request))


def went_out(request: HttpRequest, reason: str) -> None:
    """Record that the session of this visitor ends: by themselves, or for another reason."""
    if isinstance(request.user, User):
        user = request.user
        audit.record(LOGGED_OUT, user, by=user, at=timezone.now(), network=network_of(request), reason=reason)


def was_refused(request: HttpRequest, address: str, verb: str = REFUSED) -> None:
    """Record that somebody gave a wrong password for this e-mail address, or was made to wait."""
    written = plain_address(address)
    user = User.objects.filter(email=written).first()
    known = {} if user else {"address": salted_hmac("accounts.entrance", written, algorithm="sha256").hexdigest()[:16]}
    audit.record_by_system(
        verb, "accounts.user", str(user.pk) if user else "", at=timezone.now(), network=network_of(request), **known
    )


def factor_was_refused(request: HttpRequest, user: User) -> None:
    """Record a wrong code for the second factor, after a right password."""
    audit.record_by_system(
        FACTOR_REFUSED, "accounts.user", str(user.pk), at=timezone.now(), network=network_of(request)
    )


def network_of(request: HttpRequest) -> str:
    """The network from which a request comes, such as 192.0.2.0/24. Empty when nothing says so: who goes out must not
    be held up by that."""
    try:
        address = ip_address(get_adapter().get_client_ip(request))
    except (ValueError, PermissionDenied, ImproperlyConfigured):
        return ""
    return str(ip_network((address, NETWORK[address.version]), strict=False))
