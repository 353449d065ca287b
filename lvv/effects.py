"""The function that performs each kind of effect. A test compares this table with the effects that the code queues."""

from accounts import credentials, imports
from core.outbox import Handler
from lvv import reminders
from lvv.imports import kinds
from mrt import invitations as mrt_invitations
from scenarios.meetings import invitations

# The kinds that take longer than a mail. They have a task of their own, so that no mail waits for them.
LONG = frozenset({imports.IMPORT})

HANDLERS: dict[str, Handler] = {
    reminders.REMIND: reminders.send,
    credentials.TELL: credentials.send,
    imports.IMPORT: kinds.carry_out,
    invitations.CONVENE: invitations.send,
    mrt_invitations.INVITE: mrt_invitations.send,
}
