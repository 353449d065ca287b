"""Two persons who turn out to be one: recorded as a fact, so that it can be undone and asked for any moment."""

from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least

from cases.models.facts import CaseFact


class Merge(CaseFact):
    """The person of this case is the one whom another case knows as `same_as`: recorded twice, counted once.

    Whoever is one person always was: a merge counts from the moment that it is known, for every reference date, and
    `valid_from` is only the day on which it was established. No fact and no case changes by it, so that withdrawing it
    leaves everything as it was. Merges have no direction, and reach on: of three, two merges make one person.
    """

    same_as = models.UUIDField(editable=False)
    grounds = models.CharField("waaruit dat blijkt", max_length=300)

    class Meta(CaseFact.Meta):
        # Every page of a case asks for both.
        indexes = [*CaseFact.Meta.indexes, models.Index(fields=["subject"]), models.Index(fields=["same_as"])]
        constraints = [
            *CaseFact.Meta.constraints,
            models.CheckConstraint(condition=~Q(subject=F("same_as")), name="merge_of_two_persons"),
            # Within a municipality, since a key that reaches further would tell one of them what another knows.
            models.UniqueConstraint(
                F("municipality"),
                Least("subject", "same_as"),
                Greatest("subject", "same_as"),
                condition=Q(withdrawn_at=None),
                name="two_persons_merged_once",
            ),
        ]

    @classmethod
    def pseudonyms(cls, subject: UUID) -> set[UUID]:
        """All pseudonyms of the person known by this one, as far as the standing merges in sight say; itself at least.

        One query more than the longest chain of merges, which is one query for nearly everybody.
        """
        found, new = {subject}, {subject}
        while new:
            touching = cls.objects.standing().filter(Q(subject__in=new) | Q(same_as__in=new))
            new = {one for pair in touching.values_list("subject", "same_as") for one in pair} - found
            found |= new
        return found
