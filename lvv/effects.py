"""Which function carries out which kind of effect. A test compares this with what the code queues."""

from accounts import imports
from core.outbox import Handler
from lvv import reminders
from lvv.imports import kinds
from mrt import invitations as mrt_invitations
from scenarios.meetings import invitations

# These take longer than a mail, and have a task of their own: nothing waits behind them.
LONG = frozenset({imports.IMPORT})

HANDLERS: dict[str, Handler] = {
    reminders.REMIND: reminders.send,
    imports.IMPORT: kinds.carry_out,
    invitations.CONVENE: invitations.send,
    mrt_invitations.INVITE: mrt_invitations.send,
}
