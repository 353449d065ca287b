"""Mail, sent as the effect of an act.

A mail goes out at least once. It is sent inside the transaction that completes its effect. When a worker is stopped
after the mail server accepted the mail and before the commit, the mail is sent again. Both copies then have the same
Message-ID, made of the effect's id, so that mail programs can show one.
"""

from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage

from core.models import Effect


def send(effect: Effect, to: str, *, subject: str, body: str) -> None:
    """Send plain text to an address. A mail holds no personal data of others; it says where to find them."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    EmailMessage(
        subject,
        body,
        to=[to],
        headers={"Message-ID": f"<{effect.pk}@{domain}>", "Auto-Submitted": "auto-generated"},
    ).send()
