"""Two persons who turn out to be one. It is a fact, so that it can be withdrawn and asked for any moment."""

from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least

from cases.models.facts import CaseFact


class Merge(CaseFact):
    """The person of this case and the one with the pseudonym `same_as` are one person, who counts once.

    Two persons who are one always were. So from the moment that a merge is known it counts for every reference date;
    `valid_from` is only the day on which it was established. A merge changes no other fact and no case, so withdrawing
    it leaves everything as it was. Merges have no direction and reach on: two merges make one person of three.
    """

    same_as = models.UUIDField(editable=False)
    grounds = models.CharField("waaruit dat blijkt", max_length=300)

    class Meta(CaseFact.Meta):
        # Every page of a case searches by both.
        indexes = [*CaseFact.Meta.indexes, models.Index(fields=["subject"]), models.Index(fields=["same_as"])]
        constraints = [
            *CaseFact.Meta.constraints,
            models.CheckConstraint(condition=~Q(subject=F("same_as")), name="merge_of_two_persons"),
            # The key is within a municipality: a wider one would tell a municipality what another one knows (trap 6).
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
        """All pseudonyms of the person with this one, which is among them, by the standing merges that the user sees.

        It takes one query more than the longest chain of merges; for nearly everybody that is one query.
        """
        pseudonyms, new = {subject}, {subject}
        while new:
            touching = cls.objects.standing().filter(Q(subject__in=new) | Q(same_as__in=new))
            new = {pseudonym for pair in touching.values_list("subject", "same_as") for pseudonym in pair} - pseudonyms
            pseudonyms |= new
        return pseudonyms
