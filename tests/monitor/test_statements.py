"""Statements in a round: made, lapsed by a changed fact, accepted, sent back and taken back; and who may sign."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import AuditEntry, Membership, Organisation, User
from accounts.permissions import Role
from cases import corrections, exits, procedures, stays
from cases.models import Case, Stay
from monitor import tasks
from monitor.figures.definitions import in_force
from monitor.figures.measurement import measure
from monitor.models import Round, Statement, Tally
from monitor.rounds import rounds, statements
from monitor.rounds.statements import Stage
from tests.conftest import CaseOf, Hire, as_owner
from tests.monitor.rounds import accepted, closed, opened, stage, stated, tally_of

DAY = timedelta(days=1)


@pytest.fixture
def bureau(monitor_coordinator: User) -> User:
    return monitor_coordinator


@pytest.fixture
def in_utrecht(hire: Hire) -> User:
    return hire(Role.CHAIR, "Gemeente Utrecht")


@pytest.fixture
def case(sheltered: CaseOf, worker: User) -> Case:
    """A person who is present in Amsterdam."""
    return sheltered(worker)


@pytest.fixture
def of_round(bureau: User, case: Case, today: date, now: datetime) -> Round:
    return opened(bureau, today, now)


@pytest.fixture
def tally(of_round: Round, chair: User) -> Tally:
    return tally_of(of_round, "Amsterdam", chair)


def test_a_round_asks_every_municipality(of_round: Round, bureau: User) -> None:
    with acting_as(bureau):
        names = list(of_round.tallies.order_by("municipality__name").values_list("municipality__name", flat=True))
    assert names == ["Amsterdam", "Eindhoven", "Groningen", "Rotterdam", "Utrecht"]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"on": DAY}, "De peildatum moet nog komen."),
        ({"known_at": -DAY}, "Het kennismoment moet nog komen"),
        ({"known_at": 400 * DAY}, "meer dan een jaar vooruit"),
        ({"definition_set": "1999-01"}, "Kies een definitieset uit de lijst."),
        ({}, "Er is al een ronde voor"),
    ],
)
def test_an_impossible_round_is_refused(
    of_round: Round, bureau: User, today: date, now: datetime, changed: dict[str, object], says: str
) -> None:
    values = {"on": today, "known_at": now + DAY, "definition_set": of_round.definition_set}
    values |= {k: values[k] + v if isinstance(v, timedelta) else v for k, v in changed.items()}  # type: ignore[operator]
    if "known_at" in changed:
        values["known_at"] = now + changed["known_at"]  # type: ignore[operator]
    with acting_as(bureau), pytest.raises(ValidationError, match=says):
        rounds.open_round(**values, by=bureau, at=now)  # type: ignore[arg-type]


def test_only_the_bureau_manages_rounds(of_round: Round, chair: User, today: date, now: datetime) -> None:
    acts: list[Callable[[], object]] = [
        lambda: rounds.open_round(on=today - DAY, known_at=now + DAY, definition_set="2022-01", by=chair, at=now),
        lambda: rounds.move_cut_off(of_round, known_at=now + DAY, by=chair, at=now),
        lambda: rounds.cancel(of_round, reason="Toch niet.", by=chair, at=now),
    ]
    for act in acts:
        with acting_as(chair), pytest.raises((ValidationError, Round.DoesNotExist)):
            act()


def test_a_round_that_changed_meanwhile_is_not_changed_unseen(of_round: Round, bureau: User, now: datetime) -> None:
    with acting_as(bureau):
        rounds.move_cut_off(of_round, known_at=now + DAY, by=bureau, at=now, version=1)
        with pytest.raises(ValidationError, match="gewijzigd nadat u dit formulier opende"):
            rounds.cancel(of_round, reason="Toch niet.", by=bureau, at=now, version=1)


def test_a_lapsed_round_is_left_alone(of_round: Round, tally: Tally, bureau: User, chair: User, now: datetime) -> None:
    with acting_as(bureau):
        rounds.cancel(of_round, reason="Verkeerde peildatum.", by=bureau, at=now)
        with pytest.raises(ValidationError, match="vervallen"):
            rounds.move_cut_off(of_round, known_at=now + DAY, by=bureau, at=now)
    with pytest.raises(ValidationError, match="vervallen"):
        stated(tally, chair, now)


def test_stated_then_accepted(tally: Tally, chair: User, bureau: User, now: datetime) -> None:
    assert stage(tally, chair, now) is Stage.ASKED
    statement = stated(tally, chair, now)
    assert (statement.residual, statement.explanation) == (0, "")
    assert stage(tally, bureau, now) is Stage.STATED
    accepted(tally, bureau, now)
    assert stage(tally, chair, now) is Stage.ACCEPTED
    verbs = AuditEntry.objects.filter(subject_id=str(tally.pk)).order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["tally.stated", "tally.accepted"]


def test_unexplained_persons_need_an_explanation(
    case: Case, tally: Tally, chair: User, today: date, now: datetime
) -> None:
    with acting_as(chair):
        stays.end(case, by=chair, on=today, at=now)
    with pytest.raises(ValidationError, match="van 1 personen niet verklaard"):
        stated(tally, chair, now, explanation="")
    statement = stated(tally, chair, now, explanation="Zonder bericht vertrokken.")
    assert (statement.residual, statement.explanation) == (1, "Zonder bericht vertrokken.")


def test_nobody_states_figures_they_did_not_see(
    case: Case, tally: Tally, chair: User, today: date, now: datetime
) -> None:
    with acting_as(chair):
        seen = statements.fingerprint(tally, at=now)
        stays.end(case, by=chair, on=today, at=now)
        with pytest.raises(statements.Unseen):
            statements.state(tally, seen=seen, explanation="Nagelopen.", by=chair, at=now)
        assert not Statement.objects.exists()


def test_nobody_accepts_a_statement_they_did_not_see(
    case: Case, tally: Tally, chair: User, bureau: User, today: date, now: datetime
) -> None:
    first = stated(tally, chair, now)
    with acting_as(chair):
        statements.take_back(tally, statement=str(first.pk), reason="Nog iets.", by=chair, at=now)
    stated(tally, chair, now)
    with acting_as(bureau), pytest.raises(statements.Unseen):
        statements.accept(tally, statement=str(first.pk), by=bureau, at=now)


def _touched_by(what: str, case: Case, other: Case, chair: User, today: date, at: datetime) -> None:
    """Change a fact after the statement."""
    match what:
        case "an exit":
            stays.end(case, by=chair, on=today, at=at)
            exits.record_exit(case, category="other", by=chair, on=today, at=at)
        case "a withdrawal":
            corrections.withdraw(Stay.objects.standing().get(case=case), reason="Dubbel.", by=chair, at=at)
        case "a procedure":
            procedures.file(case, kind="asylum", by=chair, on=today, at=at)
        case "a waiting list":
            stays.wait(other, by=chair, on=today, at=at)


@pytest.mark.parametrize("what", ["an exit", "a withdrawal", "a procedure", "a waiting list"])
def test_a_late_change_of_a_fact_touches_the_statement(
    case: Case, case_of: CaseOf, tally: Tally, chair: User, bureau: User, today: date, now: datetime, what: str
) -> None:
    other = case_of(chair)
    stated(tally, chair, now)
    accepted(tally, bureau, now)
    later = now + timedelta(minutes=1)
    with acting_as(chair):
        _touched_by(what, case, other, chair, today, later)
    assert stage(tally, chair, later) is Stage.TOUCHED
    assert stage(tally, bureau, later) is Stage.TOUCHED


def test_somebody_else_behind_the_same_numbers_touches_the_statement(
    case: Case, sheltered: CaseOf, tally: Tally, chair: User, today: date, now: datetime
) -> None:
    other = sheltered(chair)
    with acting_as(chair):
        corrections.withdraw(Stay.objects.standing().get(case=other), reason="Dubbel.", by=chair, at=now)
    stated(tally, chair, now)
    before = measure(today, now, in_force(today)).cells
    later = now + timedelta(minutes=1)
    with acting_as(chair):
        stay = Stay.objects.standing().get(case=case)
        corrections.withdraw(stay, reason="Dubbel.", by=chair, at=later)
        stays.place(other, location=stay.location, by=chair, on=stay.valid_from, at=later)
    assert measure(today, later, in_force(today)).cells == before
    assert stage(tally, chair, later) is Stage.TOUCHED


def test_a_change_in_one_city_touches_no_statement_of_another(
    case: Case, of_round: Round, tally: Tally, chair: User, in_utrecht: User, sheltered: CaseOf, now: datetime
) -> None:
    sheltered(in_utrecht)
    utrecht = tally_of(of_round, "Utrecht", in_utrecht)
    stated(tally, chair, now)
    stated(utrecht, in_utrecht, now)
    later = now + timedelta(minutes=1)
    with acting_as(chair):
        corrections.withdraw(Stay.objects.standing().get(case=case), reason="Dubbel.", by=chair, at=later)
    assert stage(tally, chair, later) is Stage.TOUCHED
    assert stage(utrecht, in_utrecht, later) is Stage.STATED


def test_what_happens_after_the_reference_date_touches_nothing(
    case: Case, bureau: User, chair: User, today: date, now: datetime
) -> None:
    before = opened(bureau, today - DAY, now)
    tally = tally_of(before, "Amsterdam", chair)
    stated(tally, chair, now)
    later = now + timedelta(minutes=1)
    with acting_as(chair):
        stays.end(case, by=chair, on=today, at=later)
        exits.record_exit(case, category="other", by=chair, on=today, at=later)
        procedures.file(case, kind="asylum", by=chair, on=today, at=later)
    # The end of a stay has effect from its own day on, and not the day before.
    assert stage(tally, chair, later) is Stage.STATED


def test_what_is_recorded_after_the_cut_off_touches_nothing_until_it_is_moved(
    case: Case, bureau: User, chair: User, today: date, now: datetime
) -> None:
    closing = opened(bureau, today, now, closes=timedelta(minutes=2))
    tally = tally_of(closing, "Amsterdam", chair)
    stated(tally, chair, now)
    later = now + timedelta(minutes=5)
    with acting_as(chair):
        stays.end(case, by=chair, on=today, at=later)
    assert stage(tally, chair, later) is Stage.STATED
    with acting_as(bureau):
        rounds.move_cut_off(closing, known_at=later + DAY, by=bureau, at=later)
    assert stage(tally_of(closing, "Amsterdam", chair), chair, later) is Stage.TOUCHED


def test_the_timetable_records_that_a_statement_no_longer_stands(
    case: Case, tally: Tally, chair: User, in_utrecht: User, of_round: Round, today: date, now: datetime
) -> None:
    utrecht = tally_of(of_round, "Utrecht", in_utrecht)
    first, second = stated(tally, chair, now), stated(utrecht, in_utrecht, now)
    with acting_as(chair):
        stays.end(case, by=chair, on=today, at=now)
    tasks.withdraw_touched()
    with acting_as(chair):
        first.refresh_from_db()
        assert (first.withdrawal, first.withdrawn_by) == ("touched", None)
        assert AuditEntry.objects.filter(verb="tally.touched", subject_id=str(tally.pk)).count() == 1
    with acting_as(in_utrecht):
        second.refresh_from_db()
        assert second.withdrawn_at is None
    tasks.withdraw_touched()
    assert AuditEntry.objects.filter(verb="tally.touched").count() == 1


def test_a_touched_statement_makes_way_for_a_new_one(
    case: Case, tally: Tally, chair: User, bureau: User, today: date, now: datetime
) -> None:
    first = stated(tally, chair, now)
    with acting_as(chair):
        stays.end(case, by=chair, on=today, at=now)
    stated(tally, chair, now)
    with acting_as(chair):
        first.refresh_from_db()
        assert first.withdrawal == "touched"
    accepted(tally, bureau, now)
    assert stage(tally, chair, now) is Stage.ACCEPTED


def test_the_bureau_sends_back_with_words(tally: Tally, chair: User, bureau: User, now: datetime) -> None:
    first = stated(tally, chair, now)
    with acting_as(bureau):
        with pytest.raises(ValidationError, match="Zeg wat de gemeente moet nakijken"):
            statements.send_back(tally, statement=str(first.pk), reason="", by=bureau, at=now)
        statements.send_back(tally, statement=str(first.pk), reason="Kijk naar de wachtlijst.", by=bureau, at=now)
    assert stage(tally, chair, now) is Stage.ASKED
    stated(tally, chair, now)


def test_the_municipality_takes_back_also_what_was_accepted(
    tally: Tally, chair: User, bureau: User, now: datetime
) -> None:
    statement = stated(tally, chair, now)
    accepted(tally, bureau, now)
    with acting_as(chair):
        statements.take_back(tally, statement=str(statement.pk), reason="Fout gezien.", by=chair, at=now)
    assert stage(tally, bureau, now) is Stage.ASKED


@pytest.mark.parametrize("state", ["asked", "touched", "accepted"])
def test_the_bureau_accepts_only_what_was_stated_and_stands(
    case: Case, tally: Tally, chair: User, bureau: User, today: date, now: datetime, state: str
) -> None:
    if state != "asked":
        stated(tally, chair, now)
    if state == "accepted":
        accepted(tally, bureau, now)
    if state == "touched":
        with acting_as(chair):
            stays.end(case, by=chair, on=today, at=now)
    with acting_as(bureau):
        assert statements.accepting_blockers(tally, by=bureau, at=now)


def test_nobody_signs_for_two_parties(
    of_round: Round, tally: Tally, chair: User, bureau: User, in_utrecht: User, now: datetime
) -> None:
    """With a user who works at two municipalities and at the programme bureau."""
    with as_owner():
        for name, role in (("Gemeente Utrecht", Role.CHAIR), ("Programmabureau LVV", Role.MONITOR_COORDINATOR)):
            organisation = Organisation.objects.get(name=name)
            Membership.objects.create(user=chair, organisation=organisation, role=role, since=date(2019, 1, 1))
    utrecht = tally_of(of_round, "Utrecht", chair)
    stated(tally, chair, now)
    for act in (lambda: stated(utrecht, chair, now), lambda: accepted(tally, chair, now)):
        with pytest.raises(ValidationError, match="al voor een andere partij getekend"):
            act()
    stated(utrecht, in_utrecht, now)
    with pytest.raises(ValidationError, match="al voor een andere partij getekend"):
        accepted(utrecht, chair, now)
    accepted(utrecht, bureau, now)


def test_the_database_refuses_a_second_party_too(
    of_round: Round, tally: Tally, chair: User, bureau: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with as_owner():
        organisation = Organisation.objects.get(name="Programmabureau LVV")
        Membership.objects.create(
            user=chair, organisation=organisation, role=Role.MONITOR_COORDINATOR, since=date(2019, 1, 1)
        )
    stated(tally, chair, now)
    monkeypatch.setattr(rounds, "signing_blockers", lambda *_: [])
    with pytest.raises(IntegrityError, match="nobody_signs_for_two_parties"):
        accepted(tally, chair, now)


def test_a_round_with_final_statements_needs_no_fingerprints(
    bureau: User, chair: User, today: date, django_assert_num_queries: Callable[..., object]
) -> None:
    at = timezone.now()
    of_round = closed(bureau, today, at)
    tally = tally_of(of_round, "Amsterdam", chair)
    stated(tally, chair, at)
    with acting_as(chair), django_assert_num_queries(2):  # type: ignore[attr-defined]
        assert statements.standing(tally, at=at).stage is Stage.STATED


def test_another_municipality_neither_sees_nor_states(tally: Tally, in_utrecht: User, now: datetime) -> None:
    with acting_as(in_utrecht):
        assert not Tally.objects.filter(pk=tally.pk).exists()
        assert not Tally.objects.visible_to(in_utrecht).filter(pk=tally.pk).exists()
        assert statements.stating_blockers(tally, by=in_utrecht, at=now) == [
            "Alleen de gemeente Amsterdam verklaart deze cijfers."
        ]


def test_what_waits_for_whom(
    of_round: Round, tally: Tally, chair: User, bureau: User, case: Case, today: date, now: datetime
) -> None:
    def waiting(user: User) -> list[str]:
        with acting_as(user):
            allowed = {p for m in user.memberships.all() for p in statements.Permission if m.grants(p)}
            return [str(tally.municipality) for tally, _ in statements.to_do(user, allowed, at=now)]

    assert (waiting(chair), waiting(bureau)) == (["Amsterdam"], [])
    stated(tally, chair, now)
    assert (waiting(chair), waiting(bureau)) == ([], ["Amsterdam"])
    accepted(tally, bureau, now)
    assert (waiting(chair), waiting(bureau)) == ([], [])
    with acting_as(chair):
        stays.end(case, by=chair, on=today, at=now)
    assert (waiting(chair), waiting(bureau)) == (["Amsterdam"], [])


@pytest.mark.parametrize("number", [1, 3])
def test_standings_ask_a_fixed_number_of_queries(
    of_round: Round,
    bureau: User,
    hire: Hire,
    now: datetime,
    number: int,
    django_assert_num_queries: Callable[..., object],
) -> None:
    names = ["Amsterdam", "Utrecht", "Rotterdam"][:number]
    for name in names:
        user = hire(Role.CHAIR, f"Gemeente {name}", f"v@{name.lower()}.example")
        stated(tally_of(of_round, name, user), user, now)
    with acting_as(bureau):
        tallies = list(of_round.tallies.filter(municipality__name__in=names).select_related("municipality", "round"))
        with django_assert_num_queries(14):  # type: ignore[attr-defined]
            statements.standings(of_round, tallies, at=now)
