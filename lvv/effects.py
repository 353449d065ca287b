"""Which function carries out which kind of effect. A test compares this with what the code queues."""

from accounts.outbox import Handler
from lvv import reminders
from scenarios import invitations

HANDLERS: dict[str, Handler] = {
    reminders.REMIND: reminders.send,
    invitations.CONVENE: invitations.send,
}
