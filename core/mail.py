"""Mail, sent as the effect of an act.

A mail goes out at least once: it is sent inside the transaction that completes its effect, so only a worker that is
stopped between the mail server's yes and the commit sends it again. Both then carry the same Message-ID, which is
made of the effect's id, so that mail programs show one.
"""

from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage

from core.models import Effect


def send(effect: Effect, to: str, *, subject: str, body: str) -> None:
    """Send plain text to an address. No personal data of others goes into a mail: it says where to look."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    EmailMessage(
        subject,
        body,
        to=[to],
        headers={"Message-ID": f"<{effect.pk}@{domain}>", "Auto-Submitted": "auto-generated"},
    ).send()
