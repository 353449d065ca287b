"""The longest stay: the page of the case, the list, the deadlines and the monitor's signal know the same last day."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.acting import acting_as
from accounts.permissions import Permission
from cases import deadlines, worklist
from cases.covenants import COVENANTS, KNOWN_SINCE, START
from cases.models import Case, Covenant, Profile, SafeCountryRule, Stay, StayKind
from cases.views import lists
from lvv import casefile
from monitor.rounds import checks
from tests.monitor.histories import CITIES, FRAMES, Frame, HistoryGenerator
from tests.monitor.registrar import Registrar
from tests.monitor.test_second_calculator import each_frame, random_histories
from tests.monitor.worlds import (
    EARLY,
    World,
    WorldCase,
    WorldCovenants,
    WorldFact,
    inside,
    profile,
    same_as,
    stay,
    subject_of,
    tell,
)

ON = date(2021, 1, 15)
# After everything that was ever told.
NOW = datetime(2021, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def registrar(db: None) -> Registrar:
    return Registrar()


def provisional(since: str, until: str = "") -> WorldFact:
    return tell(Stay, since, until, kind=StayKind.PROVISIONAL, location="Locatie Oost")


def withdrawn(told: WorldFact) -> WorldFact:
    return replace(told, withdrawn_at=EARLY + timedelta(days=1))


SAFE = profile(from_safe_country=True)
# A case, and the day on which its term is over. Amsterdam agreed on 548 days, and Rotterdam on 92 for safe countries.
STORIES: dict[str, tuple[WorldCase, str]] = {
    "moved once": (inside("Amsterdam", stay("2019-06-01", "2020-12-01"), stay("2020-12-01")), "2020-11-30"),
    "moved after a gap": (inside("Amsterdam", stay("2019-06-01", "2020-08-01"), stay("2020-12-01")), "2020-11-30"),
    "safe country, limited": (inside("Rotterdam", stay("2020-06-29"), SAFE), "2020-09-29"),
    "safe country, limited, moved": (
        inside("Rotterdam", stay("2020-06-29", "2021-01-02"), stay("2021-01-02"), SAFE),
        "2020-09-29",
    ),
    "another country, limited": (inside("Rotterdam", stay("2019-06-29"), profile()), ""),
    "safe country, no limit": (inside("Amsterdam", stay("2019-06-01"), SAFE), "2020-11-30"),
    "no term": (inside("Utrecht", stay("2019-06-01"), SAFE), ""),
    "over tomorrow": (inside("Amsterdam", stay("2019-07-18")), "2021-01-16"),
    "over today": (inside("Amsterdam", stay("2019-07-17")), "2021-01-15"),
    "over yesterday": (inside("Amsterdam", stay("2019-07-16")), "2021-01-14"),
    "sheltered before admission": (
        inside("Amsterdam", provisional("2019-04-02", "2019-08-01"), stay("2019-08-01")),
        "2021-01-30",
    ),
    "not admitted yet": (inside("Amsterdam", provisional("2019-04-02")), ""),
    "left": (inside("Amsterdam", stay("2019-04-02", "2021-01-15")), ""),
    "first stay was a mistake": (
        inside("Amsterdam", withdrawn(stay("2019-04-02", "2020-12-01")), stay("2020-12-01")),
        "2022-06-02",
    ),
    "no safe country after all": (
        inside("Rotterdam", stay("2020-06-29"), withdrawn(SAFE), profile(from_safe_country=False)),
        "",
    ),
}
# Who comes back, or turns out to be somebody of another case, has the term of the own case.
CAME_BACK = [
    inside("Amsterdam", stay("2019-04-02", "2020-02-01"), person="Roza"),
    inside("Amsterdam", stay("2020-12-01"), person="Roza"),
    inside("Amsterdam", stay("2019-04-02", "2020-02-01"), person="Sami"),
    inside("Amsterdam", stay("2020-12-01"), same_as("Sami"), person="Samir"),
]


@pytest.mark.parametrize("story", STORIES)
def test_page_list_deadlines_and_signal_know_the_same_term(registrar: Registrar, story: str) -> None:
    told, day = STORIES[story]
    world = World([told])
    registrar.write(world)
    ends_on = date.fromisoformat(day) if day else None
    assert terms(world, ON, NOW) == ({told.id: ends_on} if ends_on else {})
    assert_all_say(registrar, world, ON)


def test_who_comes_back_has_a_new_term(registrar: Registrar) -> None:
    world = World(CAME_BACK)
    registrar.write(world)
    assert terms(world, ON, NOW) == {CAME_BACK[1].id: date(2022, 6, 2), CAME_BACK[3].id: date(2022, 6, 2)}
    assert_all_say(registrar, world, ON)


def test_the_covenant_in_force_on_the_day_says_how_long(registrar: Registrar) -> None:
    told = inside("Utrecht", stay("2019-06-01"))
    agreed = [
        tell(Covenant, "2019-04-01", "2020-07-01", agreed_places=9, maximum_stay_days=1000),
        tell(Covenant, "2020-07-01", agreed_places=9, maximum_stay_days=100),
    ]
    world = World([told], [WorldCovenants("Utrecht", EARLY, agreed)])
    registrar.write(world)
    assert terms(world, date(2020, 6, 30), NOW) == {told.id: date(2019, 6, 1) + timedelta(days=1000)}
    assert terms(world, date(2020, 7, 1), NOW) == {told.id: date(2019, 6, 1) + timedelta(days=100)}
    for day in (date(2020, 6, 30), date(2020, 7, 1)):
        assert_all_say(registrar, world, day)


def test_a_signal_about_the_past_says_what_was_known_then(registrar: Registrar) -> None:
    later = datetime(2020, 12, 20, 12, tzinfo=UTC)
    first = stay("2019-06-01", "2020-12-01")
    corrected = [replace(first, withdrawn_at=later), replace(stay("2020-11-01", "2020-12-01"), recorded_at=later)]
    told = inside("Amsterdam", *corrected, stay("2020-12-01"))
    world = World([told])
    registrar.write(world)
    assert signalled(registrar, ON, later - timedelta(seconds=1)) == {told.id}
    assert signalled(registrar, ON, later) == set()
    assert_all_say(registrar, world, ON)


@each_frame
@settings(random_histories, max_examples=3)
@given(data=st.data())
def test_all_agree_on_random_histories(registrar: Registrar, frame: Frame, data: st.DataObject) -> None:
    assert_all_agree(registrar, frame, data)


@pytest.mark.long
@each_frame
@settings(random_histories, max_examples=100)
@given(data=st.data())
def test_all_agree_on_many_random_histories(registrar: Registrar, frame: Frame, data: st.DataObject) -> None:
    assert_all_agree(registrar, frame, data)


def assert_all_agree(registrar: Registrar, frame: Frame, data: st.DataObject) -> None:
    """Write a random world, and hold what all say of it beside one another."""
    world = data.draw(histories_with_terms(frame))
    with transaction.atomic():
        registrar.write(world)
        assert_all_say(registrar, world, data.draw(st.sampled_from(frame.days)))
        for on in frame.days:
            for known_at in frame.moments:
                past = {case for case, ends_on in terms(world, on, known_at).items() if ends_on < on}
                assert signalled(registrar, on, known_at) == past, (on, known_at)
        transaction.set_rollback(True)


def assert_all_say(registrar: Registrar, world: World, on: date) -> None:
    """The page, the list, the deadlines and the signal agree on every case of the world, as known now."""
    expected = terms(world, on, NOW)
    past = {case for case, ends_on in expected.items() if ends_on < on}
    assert signalled(registrar, on, NOW) == past
    allowed = frozenset({Permission.SEE_CASES})
    with acting_as(registrar.user):
        cases = list(worklist.with_course(Case.objects.all(), on).select_related("municipality"))
        pages = {case.pk: casefile.gather(casefile.look_at(case, registrar.user, allowed, on)) for case in cases}
        rows = lists.rows(cases, on)
        due = deadlines.deadlines(registrar.user, on)
    assert {case: page["ends_on"] for case, page in pages.items() if page["ends_on"]} == expected
    assert {case for case, page in pages.items() if page["is_late"]} == past
    assert {row.case.pk: row.ends_on for row in rows if row.ends_on} == expected
    assert {row.case.pk for row in rows if row.is_late} == past
    still_open = {case.pk for case in cases if case.closed_on is None}
    soon = {c: day for c, day in expected.items() if day <= on + deadlines.STAY_END_AHEAD and c in still_open}
    assert {one.case_id: one.on for one in due if one.title == "Verblijf bereikt de maximale duur"} == soon


def signalled(registrar: Registrar, on: date, known_at: datetime) -> set[UUID]:
    signals = [
        signal
        for city in CITIES
        for signal in checks.signals_of(registrar.municipalities[city], on=on, known_at=known_at)
    ]
    return {case for signal in signals if signal.signal.code == "past_term" for case in signal.cases}


# The rule once more, in plain words over what was told.


def terms(world: World, on: date, known_at: datetime) -> dict[UUID, date]:
    """The first day after the term, for each case with a running stay."""
    ends = {case.id: _term(case, world, on, known_at) for case in world.cases}
    return {case: ends_on for case, ends_on in ends.items() if ends_on}


def _term(case: WorldCase, world: World, on: date, known_at: datetime) -> date | None:
    stays = [s for s in _known(case.facts, Stay, known_at) if s.values["kind"] == StayKind.ADMITTED]
    if not any(s.valid_from <= on and (s.valid_until is None or s.valid_until > on) for s in stays):
        return None
    profiles = [p for p in _known(case.facts, Profile, known_at) if p.valid_from <= on]
    is_safe = bool(profiles) and max(profiles, key=_order).values["from_safe_country"]
    covenants = _known(_covenants(case.municipality, world), Covenant, known_at)
    in_force = [c for c in covenants if c.valid_from <= on and (c.valid_until is None or c.valid_until > on)]
    if not in_force:
        return None
    agreed = max(in_force, key=_order).values
    days = agreed.get("maximum_stay_days")
    if is_safe and agreed.get("safe_country_rule") == SafeCountryRule.LIMITED:
        days = agreed["safe_country_days"]
    return min(s.valid_from for s in stays) + timedelta(days=days) if days else None


def _covenants(municipality: str, world: World) -> list[WorldFact]:
    covenants = [covenant for covenant in world.covenants if covenant.municipality == municipality]
    until = covenants[0].reference_withdrawn_at if covenants else None
    reference = WorldFact(Covenant, START, None, COVENANTS[municipality], KNOWN_SINCE, withdrawn_at=until)
    return [reference, *(fact for covenant in covenants for fact in covenant.facts)]


def _known(facts: Iterable[WorldFact], model: type, known_at: datetime) -> list[WorldFact]:
    return [
        fact
        for fact in facts
        if fact.model is model
        and fact.recorded_at <= known_at
        and (fact.withdrawn_at is None or fact.withdrawn_at > known_at)
    ]


def _order(fact: WorldFact) -> tuple[date, datetime, str]:
    return fact.valid_from, fact.recorded_at, str(fact.id)


class GeneratorOfTerms(HistoryGenerator):
    """Covenants with terms that end on, just before and just after the days that are measured."""

    def covenants(self) -> list[WorldCovenants]:
        city = self.one_of(("Amsterdam", "Rotterdam"))
        facts = self.facts_of(Covenant, self.periods(self.number(1, 3)), self.covenant)
        return [WorldCovenants(city, self.withdrawn(EARLY), facts)] if self.chance(70) else []

    def covenant(self) -> dict[str, Any]:
        agreed = {**super().covenant(), "maximum_stay_days": self.days() if self.chance(80) else None}
        if self.chance(50):
            return {**agreed, "safe_country_rule": SafeCountryRule.LIMITED, "safe_country_days": self.days()}
        return {**agreed, "safe_country_rule": SafeCountryRule.ADMIT}

    def days(self) -> int:
        since = self.one_of(self.frame.calendar)
        return max(1, (self.one_of(self.frame.days) - since).days + self.number(-1, 1))


@st.composite
def histories_with_terms(draw: st.DrawFn, frame: Frame) -> World:
    generator = GeneratorOfTerms(draw, frame)
    cases = [case for number in range(generator.number(1, 2)) for case in generator.person(number)]
    return World(generator.merged(cases), generator.covenants())


def test_the_stories_lie_around_the_days_that_count() -> None:
    assert max(moment for frame in FRAMES for moment in frame.clock) < NOW
    assert subject_of("Roza") == CAME_BACK[0].subject == CAME_BACK[1].subject
