"""Which function carries out which kind of effect. A test compares this with what the code queues."""

from accounts.outbox import Handler
from lvv import reminders
from mrt import invitations as mrt_invitations
from scenarios import invitations

HANDLERS: dict[str, Handler] = {
    reminders.REMIND: reminders.send,
    invitations.CONVENE: invitations.send,
    mrt_invitations.INVITE: mrt_invitations.send,
}
