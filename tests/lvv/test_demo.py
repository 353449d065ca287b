"""The demo world: the same every time, believable, within the rules, and with something to do for everybody."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date, timedelta
from io import StringIO
from itertools import accumulate

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Role
from accounts.walls import acting_as, as_monitor
from cases.models import Admission, Case, CaseFact, Covenant, Exit, Profile, Stay, WaitingListEntry
from lvv.deadlines import deadlines
from lvv.demo import accounts, world
from mrt.models import Escalation, Seat
from scenarios.models import Meeting, MeetingStatus, Scenario
from tests.conftest import DemoWorld

pytestmark = pytest.mark.xdist_group("demo")
REFERENCE_DATE = date(2020, 11, 1)
CITIES = ("Amsterdam", "Eindhoven", "Groningen", "Rotterdam", "Utrecht")


@pytest.fixture(scope="module")
def inside(demo_world: DemoWorld, django_db_blocker: pytest.FixtureDef) -> Iterator[None]:
    """This process on the demo world's database, under the rights of the web."""
    before = dict(connection.settings_dict)
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        connection.close()
        connection.settings_dict |= {"NAME": demo_world.name, "OPTIONS": {"options": "-c role=lvv_web"}}
        yield
        connection.close()
        connection.settings_dict |= before


@pytest.fixture
def monitor(inside: None) -> Iterator[None]:
    """Under the role that reads the facts of all municipalities, and nothing else."""
    with as_monitor():
        yield


@pytest.fixture
def acting(inside: None) -> Callable[[str], AbstractContextManager[None]]:
    """`with acting("voorzitter.utrecht"):` sees what that account sees."""

    def as_account(start: str) -> AbstractContextManager[None]:
        return acting_as(_user(start))

    return as_account


def _user(start: str) -> User:
    return User.objects.get(email=f"{start}@{accounts.DOMAIN}")


Acting = Callable[[str], AbstractContextManager[None]]


def test_every_role_of_a_person_has_an_account() -> None:
    assert {account.role for account in accounts.cast()} == set(Role) - {Role.MACHINE_CLIENT}


def test_the_accounts_are_printed_with_role_organisation_and_password() -> None:
    printed = StringIO()
    call_command("demo_accounts", stdout=printed)
    first, *lines = printed.getvalue().splitlines()
    assert accounts.PASSWORD in first
    assert len(lines) == len(accounts.cast())
    assert any(
        line.split("  ")[0] == "voorzitter.utrecht@demo.lvv.example"
        and "Voorzitter LSO" in line
        and line.endswith("Gemeente Utrecht")
        for line in lines
    )


def test_the_same_day_gives_the_same_world(owner: Callable[[], AbstractContextManager[None]]) -> None:
    with owner():
        plans = []
        for _ in range(2):
            with transaction.atomic():
                plans.append(
                    [(entry.at, entry.town, entry.actor) for entry in world.plan(today=date(2026, 3, 4)).entries]
                )
                transaction.set_rollback(True)
    assert plans[0] == plans[1]
    assert len(plans[0]) > 10_000


@pytest.mark.parametrize("today", [date(2021, 6, 1), date(2026, 3, 1), date(2026, 3, 2), date(2028, 2, 29)])
def test_any_day_can_be_today(owner: Callable[[], AbstractContextManager[None]], today: date) -> None:
    with owner():
        entries = world.plan(today=today).entries
    assert max(entry.at.date() for entry in entries) < today


def test_built_once_it_is_not_built_again(demo_world: DemoWorld, inside: None) -> None:
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


@pytest.mark.parametrize("city", CITIES)
def test_the_agreed_places_are_never_exceeded(monitor: None, city: str) -> None:
    stays = Stay.objects.standing().filter(municipality__name=city)
    changes: Counter[date] = Counter()
    for start, end in stays.values_list("valid_from", "valid_until"):
        changes[start] += 1
        changes[end or date.max] -= 1
    occupied = accumulate(changes[day] for day in sorted(changes))
    assert max(occupied) <= Covenant.objects.get(municipality__name=city).agreed_places
    assert not stays.exclude(over_capacity_reason="").exists()


def test_not_every_life_is_a_straight_line(monitor: None) -> None:
    known_late = {"recorded_at__date__gt": REFERENCE_DATE + timedelta(days=10), "valid_from__lte": REFERENCE_DATE}
    stays, exits = Stay.objects.standing(), Exit.objects.standing()
    twists: dict[str, QuerySet[CaseFact]] = {
        "arrived on the reference date": stays.filter(valid_from=REFERENCE_DATE),
        "left on the reference date": exits.filter(valid_from=REFERENCE_DATE),
        "arrival known late": stays.filter(**known_late, recorded_at__year=2020, valid_until=None),
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
    }
    assert [name for name, found in twists.items() if not found.exists()] == []


def test_some_persons_have_two_cases(monitor: None) -> None:
    cases = Counter(Profile.objects.standing().values_list("subject", flat=True))
    assert Counter(cases.values())[2] >= 30


def test_nothing_was_known_before_it_was_true_nor_recorded_in_the_future(monitor: None) -> None:
    for kind in CaseFact.__subclasses__():
        assert not kind._default_manager.filter(recorded_at__gt=timezone.now()).exists()
    assert not Stay.objects.filter(recorded_at__date__lt=date(2019, 4, 1)).exists()


def test_those_sheltered_resemble_those_of_the_letter(monitor: None) -> None:
    present = Stay.objects.standing().true_on(REFERENCE_DATE).values("case")
    people = list(Profile.objects.standing().filter(case__in=present).values())
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
        assert {(bool(e.seats.count()), e.advices.count()) for e in waiting} == {(False, 0), (True, 0), (True, 1)}
    with acting("mrt-ind-1"):
        assert Seat.objects.filter(user=_user("mrt-ind-1"), until=None).count() == 1
    with acting("voorzitter.utrecht"):
        titles = {deadline.title for deadline in deadlines(_user("voorzitter.utrecht"), timezone.localdate())}
        assert "Advies van het MRT beantwoorden" in titles


@pytest.mark.parametrize("start", ["begeleider", "zorg", "ind", "dtv", "avim"])
def test_every_partner_sees_running_cases(acting: Acting, start: str) -> None:
    with acting(f"{start}.groningen"):
        assert Case.objects.visible_to(_user(f"{start}.groningen")).open().count() > 5
