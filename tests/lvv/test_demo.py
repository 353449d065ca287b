"""The demo world: the same every time, believable, within the rules, and with something to do for everybody."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date, timedelta
from io import StringIO
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit
from accounts.acting import acting_as, as_monitor
from accounts.models import User
from accounts.permissions import Role
from cases.deadlines import deadlines
from cases.models import Admission, Case, CaseFact, Covenant, Exit, Merge, Profile, Stay, WaitingListEntry
from lvv.demo import accounts, progress, rounds, world
from lvv.demo.diary import Diary, office, working_day_before
from lvv.demo.shape import HALVES, TOWNS
from lvv.management.commands.demo import BUILT
from mrt.models import Escalation, Seat, Stage
from mrt.progress import standing, with_progress
from scenarios.models import Meeting, MeetingStatus, Scenario
from tests.conftest import CaseOf, DemoWorld, as_owner

REFERENCE_DATE = date(2020, 11, 1)
CHARACTERISTICS = ("municipality_id", "sex", "birth_year", "nationality", "departure_procedures")
CITIES = ("Amsterdam", "Eindhoven", "Groningen", "Rotterdam", "Utrecht")


@pytest.fixture
def monitor(in_demo_world: None) -> Iterator[None]:
    """Use the monitor's role, which reads the facts of all municipalities and nothing else."""
    with as_monitor():
        yield


@pytest.fixture
def acting(in_demo_world: None) -> Callable[[str], AbstractContextManager[None]]:
    """`with acting("voorzitter.utrecht"):` acts as that account."""

    def as_account(start: str) -> AbstractContextManager[None]:
        return acting_as(_user(start))

    return as_account


def _user(start: str) -> User:
    return User.objects.get(email=f"{start}@{accounts.DOMAIN}")


Acting = Callable[[str], AbstractContextManager[None]]


def test_every_role_has_an_account() -> None:
    assert {account.role for account in accounts.cast()} == set(Role)


def test_the_accounts_are_printed_with_role_organisation_and_password(cast: dict[str, User]) -> None:
    printed = StringIO()
    with as_owner():
        audit.record_by_system(BUILT, "lvv.demo", "2026-12-01", at=timezone.now())
        call_command("demo", stdout=printed)
    _, first, *lines = printed.getvalue().splitlines()
    assert accounts.PASSWORD in first
    assert len(lines) == sum(account.has_password for account in accounts.cast())
    assert any(
        line.split("  ")[0] == "voorzitter.utrecht@demo.lvv.example"
        and "Voorzitter LSO" in line
        and line.endswith("Gemeente Utrecht")
        for line in lines
    )


@pytest.fixture
def cast(owner: Callable[[], AbstractContextManager[None]]) -> Iterator[dict[str, User]]:
    with owner():
        accounts.hire(timezone.localdate())
        yield accounts.hired()


@pytest.mark.parametrize("half", HALVES)
def test_the_same_day_gives_the_same_world(cast: dict[str, User], half: tuple[str, ...]) -> None:
    first, second = (world.plan(cast, half, today=date(2026, 3, 4)).entries for _ in range(2))
    assert [(e.at, e.town, e.actor) for e in first] == [(e.at, e.town, e.actor) for e in second]
    assert len(first) > 3_000


def test_a_diary_tells_which_share_of_it_is_done(cast: dict[str, User]) -> None:
    diary = Diary(cast, today=date(2026, 3, 4))
    for day in (2, 3, 3):
        diary.note(office(date(2026, 3, day), 9), "Utrecht", "voorzitter", lambda by, at: None)
    told: list[float] = []
    diary.carry_out(told.append)
    assert told == [1 / 3, 1]


def test_the_progress_is_there_as_long_as_somebody_builds(settings: Any, tmp_path: Path) -> None:
    settings.DEMO_PROGRESS = str(tmp_path / "progress")
    assert progress.present() is None
    with pytest.raises(ZeroDivisionError), progress.told():
        progress.tell(41.9, "mensen")
        assert progress.present() == progress.Progress(41, "mensen")
        1 / 0  # noqa: B018
    assert progress.present() is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("today", [date(2021, 6, 1), date(2026, 3, 1), date(2026, 3, 2), date(2028, 2, 29)])
@pytest.mark.parametrize("half", HALVES)
def test_any_day_can_be_today(cast: dict[str, User], half: tuple[str, ...], today: date) -> None:
    entries = world.plan(cast, half, today=today).entries
    assert max(entry.at.date() for entry in entries) < today


def test_every_town_is_built_by_one_half() -> None:
    assert sorted(town for half in HALVES for town in half) == sorted(town.name for town in TOWNS)


def test_demo_accounts_stay_out_of_a_database_where_others_log_in(worker: User) -> None:
    with pytest.raises(CommandError, match="eigen gebruikers"), as_owner():
        call_command("demo")
    assert not accounts.hired()


def test_a_half_built_world_is_not_built_on(case_of: CaseOf, worker: User) -> None:
    case_of(worker)
    with as_owner():
        User.objects.update(is_active=False)
        with pytest.raises(CommandError, match="half gebouwd"):
            call_command("demo")
    assert not accounts.hired()


def test_the_world_is_not_built_twice(demo_world: DemoWorld, in_demo_world: None) -> None:
    before = User.objects.count()
    again = subprocess.run(
        [sys.executable, "manage.py", "prepare", "--demo"],
        cwd=settings.BASE_DIR,
        env=demo_world.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "De proefwereld is er al." in again.stdout
    assert User.objects.count() == before


def test_the_second_half_ends_with_the_first(demo_world: DemoWorld, in_demo_world: None) -> None:
    """Its input has ended, as when the first half was killed. Building to the end would take far longer."""
    ended = subprocess.run(
        [sys.executable, "manage.py", "demo", "--half", "1"],
        cwd=settings.BASE_DIR,
        env=demo_world.environment | {"DATABASE_URL": demo_world.owner_url},
        input="",
        text=True,
        capture_output=True,
        timeout=30,
    )
    assert (ended.returncode, ended.stdout) == (1, "")


@pytest.mark.parametrize("city", CITIES)
def test_the_agreed_places_are_never_exceeded(acting: Acting, city: str) -> None:
    with acting(f"casusregisseur.{city.lower()}"):
        stays = Stay.objects.standing().filter(municipality__name=city)
        changes: Counter[date] = Counter()
        for start, end in stays.values_list("valid_from", "valid_until"):
            changes[start] += 1
            changes[end or date.max] -= 1
        assert not stays.exclude(over_capacity_reason="").exists()
        places = Covenant.objects.get(municipality__name=city).agreed_places
    occupied = accumulate(changes[day] for day in sorted(changes))
    assert 0 < max(occupied) <= places


def test_not_every_life_is_a_straight_line(acting: Acting) -> None:
    found: Counter[str] = Counter()
    for city in CITIES:
        with acting(f"casusregisseur.{city.lower()}"):
            found.update({name: rows.count() for name, rows in _twists().items()})
    assert [name for name, number in found.items() if number == 0] == []


def _twists() -> dict[str, QuerySet[Any]]:
    """The names of the turns in a life."""
    known_late = {"recorded_at__date__gt": REFERENCE_DATE + timedelta(days=10), "valid_from__lte": REFERENCE_DATE}
    stays, exits = Stay.objects.standing(), Exit.objects.standing()
    return {
        "arrived on the reference date": stays.filter(valid_from=REFERENCE_DATE),
        "left on the reference date": exits.filter(valid_from=REFERENCE_DATE),
        "arrival known late": Stay.objects.filter(**known_late, recorded_at__year=2020, replaces=None),
        "exit known late": exits.filter(**known_late),
        "admission known late": Admission.objects.standing().filter(**known_late),
        "scenario known late": Scenario.objects.filter(**known_late),
        "exit withdrawn": Exit.objects.exclude(withdrawn_at=None),
        "stay withdrawn, not replaced": Stay.objects.exclude(withdrawn_at=None).filter(replaced_by=None),
        "scenario revised": Scenario.objects.standing().filter(valid_until__isnull=False),
        "profile bettered": Profile.objects.exclude(withdrawn_at=None),
        "provisional": stays.filter(kind="provisional"),
        "exception": Admission.objects.standing().filter(outcome="exception", inside_covenant=True),
        "outside, later inside": Admission.objects.standing().filter(inside_covenant=False, valid_until__isnull=False),
        "refused": Admission.objects.standing().filter(outcome="refused"),
        "transferred": exits.filter(category="transfer"),
        "recorded twice": Merge.objects.standing(),
    }


def test_some_persons_have_two_cases(monitor: None) -> None:
    cases = Counter(Profile.objects.standing().values_list("subject", flat=True))
    assert Counter(cases.values())[2] >= 30


def test_nothing_was_known_before_it_was_true_nor_recorded_in_the_future(monitor: None) -> None:
    for kind in CaseFact.__subclasses__():
        assert not kind._default_manager.filter(recorded_at__gt=timezone.now()).exists()
    assert not Stay.objects.filter(recorded_at__date__lt=date(2019, 4, 1)).exists()


def test_those_sheltered_resemble_those_of_the_letter(monitor: None) -> None:
    present = Stay.objects.standing().true_on(REFERENCE_DATE).values("case")
    people = list(Profile.objects.standing().filter(case__in=present).values(*CHARACTERISTICS))
    for municipality in {person["municipality_id"] for person in people}:
        sexes = [person["sex"] for person in people if person["municipality_id"] == municipality]
        assert sexes.count("male") > len(sexes) / 2
    ages = [2020 - person["birth_year"] for person in people if person["birth_year"]]
    assert 38 <= sum(ages) / len(ages) <= 42
    origins = [code for code, _ in Counter(person["nationality"] for person in people).most_common(4)]
    assert set(origins) == {"ER", "IR", "NG", "GN"}
    procedures = [person["departure_procedures"] for person in people if person["departure_procedures"] is not None]
    assert 0.1 < sum(number > 5 for number in procedures) / len(procedures) < 0.13
    assert sum(number > 0 for number in procedures) > len(procedures) / 2


@pytest.mark.parametrize("city", CITIES)
def test_a_case_worker_has_work_today(acting: Acting, city: str) -> None:
    today = timezone.localdate()
    start = f"casusregisseur.{city.lower()}"
    with acting(start):
        user = _user(start)
        mine = Case.objects.visible_to(user).open()
        assert mine.filter(admissions=None).count() >= 4
        titles = {deadline.title for deadline in deadlines(user, today)}
        assert {"Besluit over toelating nemen", "Scenario opnieuw bespreken"} <= titles
        meetings = Meeting.objects.visible_to(user)
        coming = meetings.filter(status=MeetingStatus.PLANNED, held_on__range=(today, today + timedelta(days=6)))
        assert coming.get().items.count() >= 3


def test_amsterdam_has_a_waiting_list_and_a_stay_near_its_term(acting: Acting) -> None:
    with acting("casusregisseur.amsterdam"):
        assert WaitingListEntry.objects.standing().filter(valid_until=None).count() >= 2
        titles = {deadline.title for deadline in deadlines(_user("casusregisseur.amsterdam"), timezone.localdate())}
        assert "Verblijf bereikt de maximale duur" in titles


def test_the_mrt_has_a_request_a_team_and_an_advice_to_be_answered(acting: Acting) -> None:
    with acting("mrt"):
        waiting = Escalation.objects.visible_to(_user("mrt")).open()
        assert {standing(one).stage for one in with_progress(waiting)} == {
            Stage.REQUESTED,
            Stage.COMPOSED,
            Stage.DRAFTED,
            Stage.ADVISED,
            Stage.STEERING,
        }
    with acting("mrt-ind-1"):
        assert Seat.objects.filter(user=_user("mrt-ind-1"), until=None).count() == 2
    with acting("voorzitter.utrecht"):
        titles = {deadline.title for deadline in deadlines(_user("voorzitter.utrecht"), timezone.localdate())}
        assert "MRT: Advies beantwoorden" in titles


@pytest.mark.parametrize("start", ["begeleider", "zorg", "ind", "dtv", "avim"])
def test_every_partner_sees_running_cases(acting: Acting, start: str) -> None:
    with acting(f"{start}.groningen"):
        assert Case.objects.visible_to(_user(f"{start}.groningen")).open().count() > 5


def test_its_rounds_have_dates_that_can_be_whatever_day_it_is_built_on() -> None:
    for number in range(800):
        today = date(2026, 1, 1) + timedelta(days=number)
        quarter = rounds.current_quarter(today)
        before = rounds.month_before(quarter)
        assert len({rounds.LETTER, before, quarter}) == 3
        assert quarter <= working_day_before(working_day_before(today))
        assert before <= working_day_before(today - timedelta(days=7)) - timedelta(days=14)
