"""This room's sections of the page of a case."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from accounts.models import OrganisationKind
from accounts.permissions import Permission
from cases import admission, corrections, countries, intake, longest_stay, parties, timeline, worklist
from cases.admission import Criterion
from cases.models import (
    Admission,
    AdmissionTest,
    Answer,
    Case,
    CaseParty,
    Exit,
    IdentityStatement,
    Merge,
    Note,
    Procedure,
    ProcedureOutcome,
    Profile,
)
from cases.page import Column, Look, Section, bring


@dataclass(frozen=True)
class AdmissionSection:
    """The answers of the last test, and the decision in force; without one, the last decision."""

    tested: AdmissionTest | None
    met_count: int
    agreed: list[Criterion]
    unmet: list[Criterion]
    unknown: list[Criterion]
    decision: Admission | None

    @classmethod
    def of(cls, look: Look) -> "AdmissionSection":
        tested = admission.latest_test(look.case)
        decision = admission.in_force(look.case, look.today)
        if decision is None:
            decision = Admission.objects.standing().filter(case=look.case).order_by("-valid_from").first()

        def answered(*answers: str) -> list[Criterion]:
            return admission.questions_answered(tested, *answers) if tested else []

        return cls(
            tested,
            len(answered(*admission.PASSED)),
            answered(Answer.AGREED),
            answered(Answer.NO),
            answered(Answer.UNKNOWN),
            decision,
        )


@dataclass(frozen=True)
class StaySection:
    """The running stay and the exit. `ends_on` is the first day after the term, and `ends_in` the same in words."""

    ends_on: date | None
    ends_in: str
    is_late: bool
    days: int
    exit: Exit | None
    destination: str

    @classmethod
    def of(cls, look: Look) -> "StaySection":
        ends_on = longest_stay.ends([look.case], look.today).get(look.case.pk)
        exited = Exit.objects.standing().filter(case=look.case).order_by("-valid_from").first()
        since: date | None = look.case.stay_since  # type: ignore[attr-defined]
        return cls(
            ends_on,
            worklist.in_days(ends_on, look.today) if ends_on else "",
            longest_stay.is_past(ends_on, look.today),
            (look.today - since).days if since else 0,
            exited,
            countries.COUNTRIES.get(exited.destination, "") if exited else "",
        )


@dataclass(frozen=True)
class ProceduresSection:
    procedures: list[Procedure]
    pending: str
    may_record_procedure: bool

    @classmethod
    def of(cls, look: Look) -> "ProceduresSection":
        filed = Procedure.objects.standing().filter(case=look.case).order_by("-valid_from")
        return cls(list(filed), ProcedureOutcome.PENDING, look.may(Permission.RECORD_PROCEDURE))


@dataclass(frozen=True)
class NotesSection:
    """The notes that the visitor may read, the last one first."""

    notes: list[Note]

    @classmethod
    def of(cls, look: Look) -> "NotesSection":
        readable = Note.objects.visible_to(look.user).filter(case=look.case)
        return cls(list(readable.select_related("organisation", "written_by").order_by("-written_at")))


@dataclass(frozen=True)
class PersonSection:
    """The leading statement about the person and the earlier ones. Without `identity` the data were destroyed."""

    profile: Profile | None
    identity: IdentityStatement | None = None
    nationality: str = ""
    v_number_warning: str = ""
    aliases: Collection[IdentityStatement] = ()

    @classmethod
    def of(cls, look: Look) -> "PersonSection":
        profile = Profile.objects.standing().filter(case=look.case).first()
        person = look.case.person
        if person is None:
            return cls(profile)
        earlier = IdentityStatement.objects.filter(person=person, is_leading=False).order_by("-stated_on")
        return cls(
            profile,
            person.identity,
            countries.NATIONALITIES.get(person.identity.nationality, person.identity.nationality),
            intake.v_number_warning(person.v_number),
            list(earlier),
        )


@dataclass(frozen=True)
class CaseSection:
    """The other cases of the person, as far as the visitor may see them."""

    other_cases: list[Case]

    @classmethod
    def of(cls, look: Look) -> "CaseSection":
        if look.case.person is None:
            return cls([])
        of_the_person = Case.objects.visible_to(look.user).filter(subject__in=Merge.pseudonyms(look.case.subject))
        return cls(list(of_the_person.exclude(pk=look.case.pk).order_by("-registered_on")))


@dataclass(frozen=True)
class PartiesSection:
    """The parties that the visitor may see, each with whether the visitor may let it go.

    Only the municipality sees all parties. Others see their own part.
    """

    parties: list[tuple[CaseParty, bool]]
    sees_all_parties: bool

    @classmethod
    def of(cls, look: Look) -> "PartiesSection":
        running = CaseParty.objects.running().filter(case=look.case).select_related("organisation", "user")
        of_the_municipality = {
            party.organisation_id for party in running if party.organisation.kind == OrganisationKind.MUNICIPALITY
        }
        may_end = look.may(Permission.MANAGE_PARTIES)
        return cls(
            [
                (party, may_end and not parties.letting_go_blockers(party))
                for party in sorted(running, key=lambda party: (party.basis, str(party.organisation)))
            ],
            bool(of_the_municipality & look.organisations),
        )


@dataclass(frozen=True)
class TimelineSection:
    """The events of the case from all rooms. `correctable` are the kinds of facts that can be withdrawn here."""

    events: list[timeline.Event]
    may_correct: bool
    correctable: Collection[str]

    @classmethod
    def of(cls, look: Look) -> "TimelineSection":
        return cls(
            timeline.of_case(look.case, look.user),
            look.may(Permission.CORRECT_FACT),
            corrections.CORRECTABLE_KINDS.keys(),
        )


for _section in (
    Section("admission", "cases/sections/admission.html", Column.MAIN, 10, AdmissionSection.of),
    Section("stay", "cases/sections/stay.html", Column.MAIN, 20, StaySection.of),
    Section("procedures", "cases/sections/procedures.html", Column.MAIN, 50, ProceduresSection.of),
    Section("notes", "cases/sections/notes.html", Column.MAIN, 80, NotesSection.of),
    Section("person", "cases/sections/person.html", Column.ASIDE, 10, PersonSection.of),
    Section("case", "cases/sections/case.html", Column.ASIDE, 20, CaseSection.of),
    Section("parties", "cases/sections/parties.html", Column.ASIDE, 40, PartiesSection.of),
    Section("timeline", "cases/sections/timeline.html", Column.BELOW, 10, TimelineSection.of),
):
    bring(_section)
