"""The minutes of an item, and corrections of the minutes."""

import uuid
from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.models import Membership, Organisation, OrganisationKind, User
from cases.models import Case, CaseRowQuerySet
from scenarios.models.meetings import AgendaItem, Meeting, MeetingStatus


class ItemMinutesQuerySet(CaseRowQuerySet["ItemMinutes"]):
    def visible_to(self, user: User) -> Self:
        """Minutes on visible cases; before the meeting is closed only for the municipality, which takes them."""
        memberships = Membership.objects.held_by(user)
        directs = memberships.filter(organisation__kind=OrganisationKind.MUNICIPALITY)
        return (
            super()
            .visible_to(user)
            .filter(
                Q(item__meeting__status=MeetingStatus.CLOSED)
                | Q(item__meeting__municipality__in=directs.values("organisation__municipality"))
            )
        )


class ItemMinutes(models.Model):
    """The text of an item, saved while it is typed. After the meeting is closed it can't change."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.OneToOneField(AgendaItem, models.PROTECT, related_name="minutes")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    discussion = models.TextField("besproken", max_length=8000, blank=True)
    conclusion = models.TextField("conclusie", max_length=2000, blank=True)
    version = models.PositiveIntegerField(default=1)
    edited_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    edited_at = models.DateTimeField()

    objects = ItemMinutesQuerySet.as_manager()


class CorrectionState(models.TextChoices):
    PROPOSED = "proposed", "Voorgesteld"
    ACCEPTED = "accepted", "Overgenomen"
    REJECTED = "rejected", "Niet overgenomen"


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def visible_to(self, user: User) -> Self:
        """Corrections of meetings at the user's tables; those about a case only for users who see that case."""
        cases = Exists(Case.objects.visible_to(user).filter(pk=OuterRef("case")))
        return self.filter(Exists(Meeting.objects.visible_to(user).filter(pk=OuterRef("meeting")))).filter(
            Q(case=None) | cases
        )


class Correction(models.Model):
    """A correction of the minutes of `meeting`: of one item, or of the general part. The next meeting judges it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="corrections")
    item = models.ForeignKey(AgendaItem, models.PROTECT, related_name="corrections", null=True, blank=True)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+", null=True, blank=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    text = models.CharField("correctie", max_length=1000)
    state = models.CharField("stand", max_length=20, choices=CorrectionState, default=CorrectionState.PROPOSED)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    judged_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)
    judged_at = models.DateTimeField(null=True, blank=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(item=None, case=None) | Q(item__isnull=False, case__isnull=False),
                name="correction_of_an_item_names_its_case",
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", judged_by=None, judged_at=None)
                | (~Q(state="proposed") & Q(judged_by__isnull=False, judged_at__isnull=False)),
                name="judged_correction_has_a_moment_and_a_hand",
            ),
        ]

    def organisations_of(self, user: User) -> Iterable[int]:
        """The user's organisations at the table; for a correction about a case only its parties. Called by the gate."""
        at_the_table = set(self.meeting.organisations_of(user))
        return at_the_table if self.case is None else at_the_table & set(self.case.organisations_of(user))
