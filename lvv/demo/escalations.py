"""A case before the MRT: escalated, a team composed, discussed, advised, answered."""

from datetime import date, datetime

from accounts.models import User
from lvv.demo.course import CHAIR, COUNSELLOR, WORKER, Course, Discussed
from lvv.demo.diary import Table, office
from lvv.demo.scene import days
from mrt import advising, answering, escalation, ladder, preparation, team
from mrt.advising import Conclusion
from mrt.models import Escalation
from scenarios.models import AgendaItem, Purpose

COORDINATOR, INVOLVED = "mrt", "mrt-dtv-2"
QUESTIONS: tuple[tuple[str, list[str], str], ...] = (
    ("disagreement", ["documents", "willingness"], "Kan deze persoon binnen een jaar aan een reisdocument komen?"),
    ("disagreement", ["facts"], "Staat de nationaliteit voldoende vast om aan terugkeer te werken?"),
    ("complexity", [], "Gaat behandeling van de ziekte vóór een besluit over de richting?"),
    ("disagreement", ["perspective", "law"], "Biedt een nieuwe aanvraag een reële kans op verblijf?"),
)
# By question to the MRT, the text about what stands in the way.
OBSTACLES = (
    ("identity", "documents", "willingness"),
    ("identity", "documents"),
    ("documents", "medical", "family"),
    ("identity", "law"),
)


class Review:
    """The MRT's part of a course. `number` chooses the question to the MRT."""

    def __init__(self, course: Course, number: int = 0) -> None:
        self.course = course
        self.question = QUESTIONS[number % len(QUESTIONS)]
        self.obstacles = OBSTACLES[number % len(OBSTACLES)]
        self.escalation: Escalation | None = None

    def request(self, table: Table) -> None:
        """The LSO finds no agreement and asks the MRT."""
        discussed = self.course.discuss(
            table, Purpose.SCENARIO, "escalated", text="Partijen worden het niet eens over de richting."
        )
        ground, disagreements, question = self.question

        def act(by: User, at: datetime) -> None:
            assert discussed.decision is not None
            self.escalation = escalation.escalate(
                discussed.decision,
                ground=ground,
                disagreements=list(disagreements),
                question=question,
                by=by,
                on=table.day,
                at=at,
            )

        self.course.then(table.day, 16, act, actor=CHAIR)

    def compose(self, on: date) -> None:
        """The coordinator fills the five seats."""
        users, town = self.course.diary.user, self.course.municipality.name
        members = (
            ("municipality", users(WORKER, town)),
            ("ngo", users(COUNSELLOR, town)),
            ("ind", users("mrt-ind-1", town)),
            ("ind", users("mrt-ind-2", town)),
            ("dtv", users("mrt-dtv-1", town)),
        )

        def act(by: User, at: datetime) -> None:
            for role, user in members:
                organisation = user.memberships.select_related("organisation").get().organisation
                team.seat(
                    self.current,
                    role=role,
                    user=user,
                    organisation=organisation,
                    by=by,
                    at=at,
                    declared_uninvolved=True,
                )

        self.course.then(on, 10, act, actor=COORDINATOR)

    def elaborate(self, on: date) -> None:
        """The municipality completes the request, the NGO prepares itself, and another party is asked for help."""
        points = {kind: "Partijen lezen de stukken verschillend (verzonnen)." for kind in self.question[1]}

        def work_out(by: User, at: datetime) -> None:
            escalation.elaborate(
                self.current,
                agreed_facts="De persoon is in beeld en werkt mee aan gesprekken (verzonnen).",
                points=points,
                tried="Twee gesprekken met de ambassade, zonder reisdocument (verzonnen).",
                by=by,
                at=at,
            )

        self.course.then(on, 10, work_out)
        self.course.then(on, 14, self._finish, actor=COUNSELLOR)
        self.course.then(on, 15, self._ask_help, actor=CHAIR)

    def _finish(self, by: User, at: datetime) -> None:
        own = by.memberships.values("organisation")
        line = preparation.lines(self.current).filter(organisation__in=own).first()
        assert line is not None
        note = "Wil graag duidelijkheid, en twijfelt over terugkeer (verzonnen)."
        preparation.finish(line, note=note, by=by, on=at.date(), at=at)

    def _ask_help(self, by: User, at: datetime) -> None:
        helper = preparation.helpers(self.current)[0]
        text = "Is er een eerdere uitspraak over deze nationaliteit?"
        preparation.ask_help(
            self.current, organisation=helper, text=text, due_on=at.date() + days(14), by=by, on=at.date(), at=at
        )

    def ask_exception(self, on: date) -> None:
        """The coordinator asks for an exception, for a member who worked on this case before."""

        def act(by: User, at: datetime) -> None:
            user = self.course.diary.user(INVOLVED, "")
            organisation = user.memberships.select_related("organisation").get(until=None).organisation
            reason = "Kent de situatie in dit land als enige (verzonnen)."
            team.ask_waiver(self.current, user=user, organisation=organisation, reason=reason, by=by, at=at)

        self.course.then(on, 10, act, actor=COORDINATOR)

    def convene(self, on: date, meets_on: date) -> None:
        place = "Jaarbeurs Utrecht, zaal Proef"
        self.course.then(
            on,
            11,
            lambda by, at: escalation.convene(self.current, meets_at=office(meets_on, 10), place=place, by=by, at=at),
            actor=COORDINATOR,
        )

    def discuss(self, on: date, *, recorded: date | None = None) -> None:
        self.course.then(
            recorded or on, 13, lambda by, at: advising.discuss(self.current, by=by, on=on, at=at), actor=COORDINATOR
        )

    def advise(self, on: date, direction: str, *, is_signed: bool = True) -> None:
        """Advise a direction. Without one, the advice is that no durable solution is possible."""
        conclusion = Conclusion(
            text="Gezamenlijk advies van het team (verzonnen).",
            direction=direction,
            no_durable_solution=not direction,
            obstacles=self.obstacles if direction else ("identity", "country"),
            conditions="De begeleiding gaat door (verzonnen)." if direction else "",
        )
        self.course.then(
            on, 14, lambda by, at: advising.draft(self.current, conclusion, by=by, at=at), actor=COORDINATOR
        )
        if is_signed:
            self.course.then(on, 15, lambda by, at: advising.sign(self.current, by=by, on=on, at=at), actor=WORKER)

    def climb(self, on: date) -> None:
        """The LSO does not answer in time, and the case goes to the next level."""
        reason = "De IND en de gemeente lezen het advies verschillend (verzonnen)."
        self.course.then(
            on,
            15,
            lambda by, at: ladder.climb(self.current, reason=reason, by=by, on=at.date(), at=at),
            actor=CHAIR,
        )

    def answer(self, table: Table, kind: str = "") -> None:
        """The LSO adopts the advice, with the scenario that follows from it."""
        discussed = self.course.discuss(table, Purpose.MRT_ADVICE)
        review_on = table.day + days(120) if kind else None

        def act(by: User, at: datetime) -> None:
            answering.answer(
                self.current, _item(discussed), is_adopted=True, kind=kind, review_on=review_on, by=by, at=at
            )

        self.course.then(table.day, 15, act, actor=CHAIR)

    @property
    def current(self) -> Escalation:
        assert self.escalation is not None
        return self.escalation


def _item(discussed: Discussed) -> AgendaItem:
    assert discussed.item is not None
    return discussed.item
