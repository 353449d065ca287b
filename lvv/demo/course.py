"""The course of one case through the LVV. Each step is written into the diary as an act."""

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from accounts.models import Municipality, User
from cases import admission, corrections, exits, intake, merging, notes, procedures, stays
from cases.admission import Reading
from cases.models import Case, Covenant, Exit, ProcedureOutcome
from lvv.demo.diary import Act, Diary, Table, office
from lvv.demo.people import Someone
from scenarios.meetings import decisions, minutes, planning
from scenarios.meetings.decisions import Resolution
from scenarios.models import AgendaItem, Decision, Purpose

WORKER, CHAIR, COUNSELLOR = "casusregisseur", "voorzitter", "begeleider"


class Course:
    """The steps must be added in order. Each is recorded on its own day, unless `recorded` gives a later one.

    Nothing is recorded before what it rests on, and one day's work on a case is one person's.
    """

    def __init__(self, diary: Diary, municipality: Municipality, covenant: Covenant, someone: Someone) -> None:
        self.diary, self.municipality, self.covenant, self.someone = diary, municipality, covenant, someone
        self.opened: Case | None = None
        self.known: datetime | None = None
        self._last_actor = ""

    @property
    def case(self) -> Case:
        assert self.opened is not None
        return self.opened

    def then(self, on: date, hour: int, act: Act, *, actor: str = WORKER) -> datetime:
        """Write a step into the diary, and return the day on which it is recorded."""
        at = office(on, hour)
        if self.known is not None and at <= self.known:
            at = self.known + timedelta(minutes=1)
        if self.known is not None and at.date() == self.known.date() and actor != self._last_actor:
            at = office(at.date() + timedelta(days=1), hour)
        self.known, self._last_actor = at, actor
        self.diary.note(at, self.municipality.name, actor, act)
        return at

    def register(self, on: date, *, recorded: date | None = None, earlier: "Course | None" = None) -> None:
        """Register the person. `earlier` is their case before this one."""

        def act(by: User, at: datetime) -> None:
            known = (
                {"person": earlier.case.person}
                if earlier
                else {"identity": self.someone.claimed or self.someone.identity}
            )
            self.opened = intake.register(
                self.municipality,
                v_number=self.someone.v_number,
                departure_procedures=self.someone.departure_procedures,
                by=by,
                on=on,
                at=at,
                **known,
            )

        self.then(recorded or on, 9, act)

    def restate(self, on: date) -> None:
        """Replace the identity that was claimed by the one that the embassy or a document gives."""
        self.then(
            on,
            10,
            lambda by, at: intake.restate_identity(self.case, identity=self.someone.identity, by=by, on=on, at=at),
        )

    def test(self, on: date, *, unmet: str = "", unknown: str = "", recorded: date | None = None) -> None:
        answers = {unmet: "no", unknown: "unknown"}
        readings = {
            criterion.code: Reading(answers.get(criterion.code, "yes"), "Intakegesprek en dossier van de IND")
            for criterion in admission.criteria_of(self.covenant)
        }
        self.then(recorded or on, 10, lambda by, at: admission.test(self.case, readings=readings, by=by, on=on, at=at))

    def decide(self, on: date, *, recorded: date | None = None, **decision: Any) -> None:
        """The decision on admission, by the chair after the meeting."""
        self.then(
            recorded or on,
            16,
            lambda by, at: admission.decide(self.case, by=by, on=on, at=at, **decision),
            actor=CHAIR,
        )

    def wait(self, on: date, reason: str) -> None:
        self.then(on, 11, lambda by, at: stays.wait(self.case, by=by, on=on, at=at, reason=reason))

    def place(self, on: date, location: str, *, kind: str = "admitted", recorded: date | None = None) -> None:
        self.then(
            recorded or on,
            15,
            lambda by, at: stays.place(self.case, kind=kind, location=location, by=by, on=on, at=at),
        )

    def end(self, on: date, *, recorded: date | None = None) -> None:
        """End the stay, without recording how the person left."""
        self.then(recorded or on, 14, lambda by, at: stays.end(self.case, by=by, on=on, at=at))

    def leave(self, on: date, category: str, *, recorded: date | None = None, destination: str = "") -> None:
        details: dict[str, Any] = {"category": category, "destination": destination, **PROOF.get(category, {})}
        self.then(recorded or on, 15, lambda by, at: exits.record_exit(self.case, by=by, on=on, at=at, **details))

    def withdraw_stay(self, recorded: date, reason: str) -> None:
        def act(by: User, at: datetime) -> None:
            stay = stays.current_stay(self.case)
            assert stay is not None
            corrections.withdraw(stay, by=by, at=at, reason=reason)

        self.then(recorded, 11, act)

    def withdraw_exit(self, recorded: date, reason: str) -> None:
        def act(by: User, at: datetime) -> None:
            corrections.withdraw(Exit.objects.standing().get(case=self.case), by=by, at=at, reason=reason)

        self.then(recorded, 11, act)

    def close(self, on: date) -> None:
        """Close the case of a person who never had a stay."""
        self.then(on, 16, lambda by, at: exits.close_without_stay(self.case, by=by, on=on, at=at))

    def merge(self, other: "Course", on: date, grounds: str) -> None:
        """Record that the person is the same as that of another case."""
        self.then(on, 10, lambda by, at: merging.merge(self.case, other.case, grounds=grounds, by=by, at=at))

    def procedure(self, kind: str, on: date, *, decided: date | None = None, outcome: str = "") -> None:
        """A procedure that is filed and, with `decided`, decided."""
        filed: list[Any] = []
        self.then(on, 11, lambda by, at: filed.append(procedures.file(self.case, kind=kind, by=by, on=on, at=at)))
        if decided is None:
            return
        self.then(
            decided,
            12,
            lambda by, at: procedures.decide(
                filed[0], outcome=outcome or ProcedureOutcome.GRANTED, by=by, on=decided, at=at
            ),
        )

    def write(self, on: date, text: str, *, compartment: str = "shared", actor: str = COUNSELLOR) -> None:
        def act(by: User, at: datetime) -> None:
            organisation = by.memberships.select_related("organisation").get().organisation
            notes.write(self.case, organisation=organisation, compartment=compartment, text=text, by=by, at=at)

        self.then(on, 14, act, actor=actor)

    def discuss(
        self,
        table: Table,
        purpose: str,
        outcome: str = "",
        *,
        placed_on: date | None = None,
        recorded: date | None = None,
        **decision: Any,
    ) -> "Discussed":
        """Put the case on the agenda of a meeting. With an outcome, the meeting decides."""
        discussed = Discussed(self, table)
        placed = self.then(
            placed_on or min(table.day - timedelta(days=3), self.diary.yesterday),
            11,
            partial(discussed.put_on_agenda, purpose),
        )
        if placed.date() >= table.day:
            raise ValueError(f"{placed:%Y-%m-%d} is too late for the agenda of {table.day}")
        if outcome:
            act = partial(discussed.decide, outcome, decision)
            self.then(recorded or table.day, 15, act, actor=CHAIR)
        return discussed

    def adopt(
        self, table: Table, kind: str, *, revises: bool = False, recorded: date | None = None, review_days: int = 120
    ) -> None:
        """Let the meeting adopt a scenario, or revise the one that the case has."""
        self.discuss(
            table,
            Purpose.REVIEW if revises else Purpose.SCENARIO,
            "revised" if revises else "adopted",
            recorded=recorded,
            kind=kind,
            review_on=table.day + timedelta(days=review_days),
        )


class Discussed:
    """A case on an agenda."""

    def __init__(self, course: Course, table: Table) -> None:
        self.course, self.table = course, table
        self.item: AgendaItem | None = None
        self.decision: Decision | None = None

    def put_on_agenda(self, purpose: str, by: User, at: datetime) -> None:
        assert self.table.meeting is not None
        self.item = planning.put_on_agenda(self.table.meeting, self.course.case, purpose=purpose, by=by, at=at)

    def decide(self, outcome: str, decision: dict[str, Any], by: User, at: datetime) -> None:
        assert self.item is not None
        if self.table.is_recent:
            minutes.write(self.item, SAID.get(outcome, SAID[""]), version=0, by=by, at=at)
        self.decision = decisions.decide(self.item, Resolution(outcome=outcome, **decision), by=by, at=at)


# Texts for the minutes of a recent meeting.
SAID: dict[str, minutes.Text] = {
    "": minutes.Text("Partijen lichten toe wat er sinds de vorige keer is gebeurd.", "Het overleg is het eens."),
    "adopted": minutes.Text(
        "De begeleider vertelt wat de persoon zelf wil. IND en DT&V zien geen bezwaar. (verzonnen)",
        "Partijen kiezen samen deze richting.",
    ),
    "escalated": minutes.Text(
        "De begeleider ziet een kans op verblijf; IND en DT&V zien die niet. (verzonnen)",
        "Het overleg komt er niet uit en vraagt het MRT om advies.",
    ),
    "postponed": minutes.Text("Het dossier is nog niet compleet. (verzonnen)", "Volgende keer opnieuw bespreken."),
}
# A durable solution needs evidence; the IND confirms a grant, DT&V a departure.
PROOF: dict[str, dict[str, str]] = {
    "grant": {"evidence": "Beschikking IND (verzonnen)", "confirmed_by": "ind"},
    "return": {"evidence": "Vertrekmelding DT&V (verzonnen)", "confirmed_by": "dtv"},
    "onward": {"evidence": "Bericht van toelating in het andere land (verzonnen)", "confirmed_by": "dtv"},
}
