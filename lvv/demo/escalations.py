"""A case before the MRT: escalated, a team composed, discussed, advised, answered."""

from datetime import date, datetime

from accounts.models import User
from lvv.demo.course import CHAIR, COUNSELLOR, WORKER, Course, Discussed
from lvv.demo.diary import Table
from lvv.demo.scene import days
from mrt import escalation
from mrt.models import Escalation
from scenarios.models import AgendaItem, Outcome, Purpose

COORDINATOR = "mrt"
QUESTIONS: tuple[tuple[str, list[str], str], ...] = (
    ("disagreement", ["documents", "willingness"], "Kan deze persoon binnen een jaar aan een reisdocument komen?"),
    ("disagreement", ["facts"], "Staat de nationaliteit voldoende vast om aan terugkeer te werken?"),
    ("complexity", [], "Gaat behandeling van de ziekte vóór een besluit over de richting?"),
    ("disagreement", ["perspective", "law"], "Biedt een nieuwe aanvraag een reële kans op verblijf?"),
)


class Review:
    """The MRT's part of a course. `number` picks the question that is asked."""

    def __init__(self, course: Course, number: int = 0) -> None:
        self.course = course
        self.question = QUESTIONS[number % len(QUESTIONS)]
        self.escalation: Escalation | None = None

    def request(self, table: Table) -> None:
        """The LSO finds no agreement and asks the MRT."""
        discussed = self.course.discuss(
            table, Purpose.SCENARIO, Outcome.ESCALATED, text="Partijen worden het niet eens over de richting."
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
                escalation.seat(
                    self.found, role=role, user=user, organisation=organisation, by=by, at=at, declared_uninvolved=True
                )

        self.course.then(on, 10, act, actor=COORDINATOR)

    def discuss(self, on: date, *, recorded: date | None = None) -> None:
        self.course.then(
            recorded or on, 13, lambda by, at: escalation.discuss(self.found, by=by, on=on, at=at), actor=COORDINATOR
        )

    def advise(self, on: date, direction: str) -> None:
        """Advise a direction, or with none: that no durable solution is possible."""
        conclusion = {"direction": direction} if direction else {"no_durable_solution": True}
        self.course.then(
            on,
            14,
            lambda by, at: escalation.advise(
                self.found,
                by=by,
                on=on,
                at=at,
                text="Gezamenlijk advies van het team (verzonnen).",
                obstacles=[] if direction else ["identity", "country"],
                **conclusion,
            ),
            actor=COORDINATOR,
        )

    def answer(self, table: Table, kind: str = "") -> None:
        """The LSO adopts the advice, with the scenario that follows from it."""
        discussed = self.course.discuss(table, Purpose.MRT_ADVICE)
        review_on = table.day + days(120) if kind else None

        def act(by: User, at: datetime) -> None:
            escalation.answer(
                self.found, _item(discussed), is_adopted=True, kind=kind, review_on=review_on, by=by, at=at
            )

        self.course.then(table.day, 15, act, actor=CHAIR)

    @property
    def found(self) -> Escalation:
        assert self.escalation is not None
        return self.escalation


def _item(discussed: Discussed) -> AgendaItem:
    assert discussed.item is not None
    return discussed.item
