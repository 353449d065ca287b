"""The tables of `core`: the outbox."""

import uuid

from django.db import models
from django.db.models import Q


class Effect(models.Model):
    """Something that must happen after an act, written in the act's own transaction. All of them are the outbox.

    A worker claims an effect until `leased_until`. `fence` counts the claims: a worker that was believed dead can't
    write its result once another one has claimed the effect (`core/outbox.py`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)
    key = models.CharField(max_length=120, unique=True, help_text="the same effect is queued once")
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    parked_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], condition=Q(done_at=None, parked_at=None), name="effect_open")]
