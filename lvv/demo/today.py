"""Today's work: who is present now, and what each role has to do. All days are counted from today."""

import base64
from datetime import date, datetime, timedelta
from functools import partial

from accounts.models import Organisation, User
from lvv.demo.arrivals import Arrival
from lvv.demo.course import CHAIR, WORKER, Course
from lvv.demo.diary import office, workday, working_day_before
from lvv.demo.escalations import Review
from lvv.demo.fates import Fate
from lvv.demo.scene import Scene, days
from lvv.demo.shape import RESIDENTS
from scenarios.guidance import actions, questions
from scenarios.meetings import agenda, backlog, passages, positions
from scenarios.models import AgendaItem, PositionRequest, Purpose

# One grey dot, as a picture.
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)
# By town, the number of the resident whose case lies before the stuurgroep.
AT_THE_STUURGROEP = {"Amsterdam": 8, "Eindhoven": 5}
KINDS = ("return", "hasa", "medical", "regular", "return", "onward", "no_fault")


def populate(scene: Scene) -> None:
    """Write today's work: the residents, the last meeting, the next meeting, and what came in lately."""
    Today(scene).tell()


class Today:
    def __init__(self, scene: Scene) -> None:
        self.scene, self.day = scene, scene.diary.today
        self.held = scene.table(working_day_before(scene.diary.yesterday))
        self.next = scene.table(workday(self.day + days(2)))
        self.later = scene.table(workday(self.day + days(23)))

    def tell(self) -> None:
        residents = [self._resident() for _ in range(RESIDENTS[self.scene.town.name])]
        for number, course in enumerate(residents[5:]):
            if number % 3:
                self._adopt(course, number)
        undecided, postponed, review, first, mrt = residents[:5]
        self._adopt(review, 0)
        undecided.discuss(self.held, Purpose.SCENARIO)
        postponed.discuss(self.held, Purpose.SCENARIO, "postponed", text="Wachten op het dossier van de IND.")
        postponed.discuss(self.next, Purpose.SCENARIO)
        first.discuss(self.next, Purpose.SCENARIO, placed_on=self.day - days(8))
        review.discuss(self.next, Purpose.REVIEW)
        self._prepare(first, waiting=residents[6])
        self._review(mrt)
        if self.scene.town.name == "Amsterdam":
            self._draft_advice(residents[5])
        if self.scene.town.name in AT_THE_STUURGROEP:
            self._climb(residents[AT_THE_STUURGROEP[self.scene.town.name]])
        self._new_cases()
        self._ends_near()
        self._write(residents)

    def _prepare(self, course: Course, *, waiting: Course) -> None:
        """Ask the parties for their positions. Some have written one; two questions wait for an answer."""
        diary, town = self.scene.diary, self.scene.town.name
        moment = office(diary.yesterday, 16)
        diary.note(office(working_day_before(diary.yesterday), 15), town, WORKER, partial(self._explain, course))
        diary.note(office(working_day_before(diary.yesterday), 16), town, CHAIR, self._ask_positions)
        diary.note(office(working_day_before(diary.yesterday), 17), town, CHAIR, self._send)
        diary.note(moment, town, "ind", partial(self._give, "reserved", "De identiteit staat nog niet vast."))
        diary.note(moment, town, "begeleider", partial(self._draft, "Wil graag eerst met een tolk praten."))
        diary.note(moment, town, WORKER, partial(self._draft, "Wij kiezen nu nog geen richting."))
        diary.note(moment, town, WORKER, partial(self._ask, course, "ind", "file", "Graag het dossier."))
        diary.note(moment, town, WORKER, partial(self._nominate, waiting))
        diary.note(moment, town, WORKER, partial(self._agree, course))
        diary.note(moment, town, "ind", partial(self._ask, course, "municipality", "research", "Is er een adres?"))

    def _explain(self, course: Course, by: User, at: datetime) -> None:
        """Write a note for all parties of the case, and one for two of them."""
        item = AgendaItem.objects.select_related("case").get(meeting=self.next.meeting, case=course.case)
        us, *others = actions.owners(course.case)
        for text, readers in (
            ("De persoon komt zelf niet naar het overleg.", []),
            ("De gemeente heeft nog een vraag over de laatste procedure (verzonnen).", others[:2]),
        ):
            passages.write(item, organisation=us, text=text, readers=readers, by=by, at=at)

    def _send(self, by: User, at: datetime) -> None:
        assert self.next.meeting is not None
        agenda.send(self.next.meeting, by=by, at=at)

    def _ask_positions(self, by: User, at: datetime) -> None:
        assert self.next.meeting is not None
        positions.ask_all(self.next.meeting, due_at=self.next.meeting.started_at - timedelta(hours=1), by=by, at=at)

    def _request(self, by: User) -> PositionRequest:
        organisations = by.memberships.values("organisation")
        requests = PositionRequest.objects.filter(
            round__item__meeting=self.next.meeting, organisation__in=organisations
        )
        return requests.order_by("round__item__order").first()  # type: ignore[return-value]

    def _give(self, stance: str, text: str, by: User, at: datetime) -> None:
        positions.give(self._request(by), stance=stance, text=text, version=0, by=by, at=at)

    def _draft(self, text: str, by: User, at: datetime) -> None:
        request = self._request(by)
        positions.save_draft(request, stance="", text=text, version=0, by=by, at=at)
        positions.attach(request, name="gesprek (verzonnen).png", content=PICTURE, by=by, at=at)

    def _ask(self, course: Course, kind_of_party: str, kind: str, text: str, by: User, at: datetime) -> None:
        asker = by.memberships.select_related("organisation").get().organisation
        partner = Organisation.objects.get(kind=kind_of_party, municipality=self.scene.municipality)
        on = at.date()
        questions.ask(
            course.case,
            asker=asker,
            organisation=partner,
            kind=kind,
            text=text,
            due_on=on + days(3),
            by=by,
            on=on,
            at=at,
        )

    def _agree(self, course: Course, by: User, at: datetime) -> None:
        """One action that is due soon, and one that is late."""
        on = at.date() - days(9)
        for owner, due_on, text in zip(
            actions.owners(course.case)[:2],
            (on + days(7), on + days(14)),
            ("Bel de advocaat over het dossier.", "Zoek uit of er familie in Nederland is."),
            strict=True,
        ):
            actions.agree(course.case, organisation=owner, text=text, due_on=due_on, by=by, on=on, at=at)

    def _nominate(self, course: Course, by: User, at: datetime) -> None:
        organisation = by.memberships.select_related("organisation").get().organisation
        question = "Is er nog zicht op vertrek?"
        backlog.nominate(
            course.case, organisation=organisation, purpose=Purpose.REVIEW, question=question, by=by, at=at
        )

    def _resident(self) -> Course:
        """A resident who came in the past year."""
        meeting = self.scene.random.choice(self.scene.meetings(self.day - days(400), self.day - days(190)))
        return self._arrive(meeting)

    def _arrive(self, meeting: date, *, from_safe_country: bool = False) -> Course:
        someone = self.scene.crowd.somebody(year=meeting.year, from_safe_country=from_safe_country)
        arrival = Arrival(self.scene, Fate("present", twist="resident"), meeting, someone)
        arrival.tell()
        return arrival.course

    def _adopt(self, course: Course, number: int) -> None:
        """Spread the days on which scenarios are due for review. One is overdue."""
        meeting = self.scene.meetings(self.day - days(150), self.day - days(32))[-1 - number % 3]
        due = (self.day + days(9 * number - 4) - meeting).days
        course.adopt(self.scene.table(meeting), KINDS[number % len(KINDS)], review_days=due)

    def _review(self, course: Course) -> None:
        """Write cases before the MRT: requested in Amsterdam, with a team in Groningen, advised in Utrecht."""
        stages = {"Amsterdam": 1, "Groningen": 2, "Utrecht": 3}
        stage = stages.get(self.scene.town.name, 0)
        if stage == 0:
            return
        review = Review(course, number=stage)
        meeting = self.scene.meetings(self.day - days(150), self.day - days(32))[-1]
        review.request(self.scene.table(meeting))
        review.elaborate(meeting + days(6))
        if stage == 1:
            review.ask_exception(meeting + days(12))
        if stage > 1:
            review.compose(meeting + days(10))
        if stage == 2:
            review.convene(meeting + days(13), self.day + days(6))
        if stage > 2:
            review.discuss(self.day - days(16))
            review.advise(self.day - days(12), "departure")
            course.discuss(self.next, Purpose.MRT_ADVICE)

    def _draft_advice(self, course: Course) -> None:
        """The case is discussed, and the advice waits for its second signature."""
        review = Review(course, number=0)
        meeting = self.scene.meetings(self.day - days(150), self.day - days(50))[-1]
        review.request(self.scene.table(meeting))
        review.compose(meeting + days(10))
        review.discuss(self.day - days(14))
        review.advise(self.day - days(6), "stay", is_signed=False)

    def _climb(self, course: Course) -> None:
        """The LSO did not answer in time, so the case lies before the stuurgroep."""
        review = Review(course, number=3)
        meeting = self.scene.meetings(self.day - days(200), self.day - days(110))[-1]
        review.request(self.scene.table(meeting))
        review.compose(meeting + days(10))
        review.discuss(meeting + days(30))
        review.advise(meeting + days(40), "departure")
        review.climb(meeting + days(80))

    def _new_cases(self) -> None:
        """Persons registered lately: not tested, half known, waiting too long, ready for the LSO, without a place."""
        untested, unclear, overdue, ready = (
            self.scene.course(self.scene.crowd.somebody(year=self.day.year)) for _ in range(4)
        )
        untested.register(self.day - days(3))
        unclear.register(self.day - days(9))
        unclear.test(self.day - days(6), unknown="regional_ties")
        overdue.register(self.day - days(24))
        ready.register(self.day - days(12))
        ready.test(self.day - days(8))
        ready.discuss(self.next, Purpose.ADMISSION)
        for _ in range({"Amsterdam": 3, "Groningen": 1}.get(self.scene.town.name, 0)):
            self._wait()

    def _wait(self) -> None:
        meeting = self.scene.meetings(self.day - days(150), self.day - days(32))[-1]
        waiting = self.scene.course(self.scene.crowd.somebody(year=self.day.year))
        waiting.register(meeting - days(9))
        waiting.test(meeting - days(5))
        waiting.decide(meeting, outcome="admitted")
        waiting.wait(meeting + days(2), "Een plaats op een passende locatie")

    def _ends_near(self) -> None:
        """Stays that come near the term of the covenant."""
        covenant = self.scene.covenant
        if covenant.safe_country_days:
            self._arrive(self.scene.table(workday(self.day - days(80))).day, from_safe_country=True)
        if covenant.maximum_stay_days:
            term = days(covenant.maximum_stay_days)
            self._arrive(self.scene.meetings(self.day - term - days(10), self.day - term + days(20))[0])

    def _write(self, residents: list[Course]) -> None:
        recent = self.scene.diary.yesterday - days(2)
        residents[6].write(recent, "Wil nadenken over terugkeer. Over twee weken verder praten.")
        residents[7].write(recent, "Vertrouwelijk: maakt zich zorgen over familie.", compartment="own")
        residents[7].write(recent, "Start behandeling bij de ggz (verzonnen).", compartment="medical", actor="zorg")
        residents[2].procedure("regular", recent - days(8))
