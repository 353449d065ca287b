"""Settlements: the IND and DT&V compare person by person, the municipality decides, and the partner signs."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import AuditEntry, Disclosure, Membership, User
from accounts.permissions import Role
from cases import corrections, exits
from cases.models import Case, Exit, Person
from monitor import tasks
from monitor.models import Item, Reply, Round, Ruling, Settlement, Signature, Tally
from monitor.rounds import comparing, rounds, rulings, settlements, statements
from monitor.rounds.comparing import Record
from monitor.rounds.settlements import Stage, Standing
from tests.accounts.sql import refused, run
from tests.conftest import CaseOf, Hire, as_owner
from tests.monitor.rounds import items_of, opened, replied, settled, settlement_of, stated, tally_of

DAY = timedelta(days=1)
V_NUMBER = "0123456789"
Left = Callable[..., Case]


@pytest.fixture
def left(sheltered: CaseOf, worker: User, today: date, now: datetime) -> Left:
    """A function that makes a person who left Amsterdam: `left("grant")`, `left("return", "MA")`."""

    def gone(category: str, destination: str = "", v_number: str = V_NUMBER, on: date = today) -> Case:
        case = sheltered(worker)
        with as_owner(), acting_as(worker):
            Person.objects.filter(pk=str(case.person_id)).update(v_number=v_number)
        with acting_as(worker):
            exits.record_exit(
                case,
                category=category,
                destination=destination,
                evidence="Beschikking",
                by=worker,
                on=on,
                at=now,
            )
        return case

    return gone


@pytest.fixture
def of_round(monitor_coordinator: User, today: date, now: datetime) -> Round:
    return opened(monitor_coordinator, today, now)


@pytest.fixture
def tally(of_round: Round, chair: User) -> Tally:
    return tally_of(of_round, "Amsterdam", chair)


@pytest.fixture
def with_ind(of_round: Round, ind_member: User) -> Settlement:
    return settlement_of(of_round, "Amsterdam", "ind", ind_member)


@pytest.fixture
def with_dtv(of_round: Round, dtv_member: User) -> Settlement:
    return settlement_of(of_round, "Amsterdam", "dtv", dtv_member)


def standing(settlement: Settlement, user: User, at: datetime) -> Standing:
    with acting_as(user):
        return settlements.standing(settlement, at=at)


def stage(settlement: Settlement, user: User, at: datetime) -> Stage:
    return standing(settlement, user, at).stage


def ruled(item: Item, chair: User, at: datetime, *, outcome: str = "kept", reason: str = "Nagekeken.") -> Ruling:
    with acting_as(chair):
        last = item.replies.order_by("-number")[0]
        return rulings.rule(item, outcome=outcome, reason=reason, seen=str(last.pk), by=chair, at=at)


# Which persons are handed over to which partner.


def test_a_round_has_a_settlement_of_each_municipality_with_each_partner(
    of_round: Round, monitor_coordinator: User
) -> None:
    with acting_as(monitor_coordinator):
        pairs = set(of_round.settlements.values_list("municipality__name", "partner"))
    cities = ("Amsterdam", "Eindhoven", "Groningen", "Rotterdam", "Utrecht")
    assert pairs == {(city, partner) for city in cities for partner in ("ind", "dtv")}


def test_stating_hands_grants_to_the_ind_and_departures_to_dtv(
    tally: Tally, with_ind: Settlement, with_dtv: Settlement, left: Left, chair: User, ind_member: User,
    dtv_member: User, today: date, now: datetime,
) -> None:  # fmt: skip
    granted, returned, onward = left("grant"), left("return", "MA"), left("onward", "ES")
    for category in ("azc_hasa", "other"):
        left(category)
    assert stage(with_ind, ind_member, now) is Stage.WAITING
    stated(tally, chair, now)
    (item,) = items_of(with_ind, ind_member, now)
    assert (item.person_id, item.v_number, item.category, item.on) == (granted.person_id, V_NUMBER, "grant", today)
    departed = {(departure.person_id, departure.destination) for departure in items_of(with_dtv, dtv_member, now)}
    assert departed == {(returned.person_id, "MA"), (onward.person_id, "ES")}
    assert items_of(with_dtv, ind_member, now) == items_of(with_ind, dtv_member, now) == []


def test_the_name_goes_along_only_without_a_v_number(
    tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, now: datetime
) -> None:
    left("grant")
    left("grant", v_number="")
    stated(tally, chair, now)
    identities = {(item.v_number, bool(item.name), bool(item.born)) for item in items_of(with_ind, ind_member, now)}
    assert identities == {(V_NUMBER, False, False), ("", True, True)}


def test_a_person_who_left_after_the_reference_date_is_not_compared(
    tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, monitor_coordinator: User,
    today: date, now: datetime,
) -> None:  # fmt: skip
    left("grant")
    earlier = opened(monitor_coordinator, today - 2 * DAY, now)
    stated(tally_of(earlier, "Amsterdam", chair), chair, now)
    assert items_of(settlement_of(earlier, "Amsterdam", "ind", ind_member), ind_member, now) == []


def test_persons_are_seen_by_the_two_parties_alone(
    tally: Tally, left: Left, chair: User, worker: User, ind_member: User, dtv_member: User,
    monitor_coordinator: User, outsider: User, hire: Hire, now: datetime,
) -> None:  # fmt: skip
    left("grant")
    stated(tally, chair, now)
    elsewhere = hire(Role.IND_MEMBER, "IND, LSO Utrecht")
    team = hire(Role.MRT_MEMBER, "IND, specialisten MRT")
    seen = {}
    for user in (chair, worker, ind_member, dtv_member, monitor_coordinator, outsider, elsewhere, team):
        with acting_as(user):
            seen[user] = (Item.objects.visible_to(user).count(), Item.objects.count())
    ours = {chair, worker, ind_member}
    assert seen == {user: (1, 1) if user in ours else (0, 0) for user in seen}


def test_the_bureau_sees_how_far_it_is(
    tally: Tally, with_ind: Settlement, left: Left, chair: User, monitor_coordinator: User, now: datetime
) -> None:
    left("grant")
    stated(tally, chair, now)
    current = standing(with_ind, monitor_coordinator, now)
    assert (current.stage, current.open, current.agreed, current.undecided) == (Stage.COMPARING, 1, 0, 0)


# From comparing to signing.


def test_compared_decided_signed(
    tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, now: datetime
) -> None:
    for _ in range(3):
        left("grant")
    stated(tally, chair, now)
    first, second, _ = items_of(with_ind, ind_member, now)
    replied(first, ind_member, now)
    replied(second, ind_member, now, answer="differs", difference="date", text="Bij ons een dag later.")
    assert stage(with_ind, ind_member, now) is Stage.COMPARING
    with pytest.raises(ValidationError, match="Geef eerst antwoord over iedereen. Er is er nog 1"):
        _sign(with_ind, ind_member, now)
    with acting_as(ind_member):
        seen = settlements.standing(with_ind, at=now).fingerprint
        assert comparing.agree_with_rest(with_ind, seen=seen, by=ind_member, at=now) == 1
    assert stage(with_ind, ind_member, now) is Stage.DECIDING
    with pytest.raises(ValidationError, match="De gemeente beslist eerst over de verschillen. Er is er 1"):
        _sign(with_ind, ind_member, now)
    ruled(second, chair, now)
    assert stage(with_ind, ind_member, now) is Stage.TO_SIGN
    signature = _sign(with_ind, ind_member, now)
    current = standing(with_ind, chair, now)
    assert (current.stage, current.signature, current.agreed, current.decided) == (Stage.SIGNED, signature, 2, 1)
    with pytest.raises(ValidationError, match="al ondertekend"):
        _sign(with_ind, ind_member, now)


def _sign(settlement: Settlement, member: User, at: datetime) -> Signature:
    seen = standing(settlement, member, at).fingerprint
    with acting_as(member):
        return settlements.sign(settlement, seen=seen, by=member, at=at)


def test_a_settlement_without_persons_is_signed_once_the_municipality_stated(
    tally: Tally, with_ind: Settlement, chair: User, ind_member: User, now: datetime
) -> None:
    with pytest.raises(ValidationError, match="nog niet alles voorgelegd"):
        settled(with_ind, ind_member, now)
    stated(tally, chair, now)
    settled(with_ind, ind_member, now)
    assert stage(with_ind, ind_member, now) is Stage.SIGNED


def test_signing_erases_the_identities(
    tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, now: datetime
) -> None:
    left("grant")
    left("grant", v_number="")
    stated(tally, chair, now)
    settled(with_ind, ind_member, now)
    for user in (chair, ind_member):
        items = items_of(with_ind, user, now)
        assert [(item.v_number, item.name, item.born) for item in items] == [("", "", "")] * 2


def test_another_reply_undoes_the_signature(
    tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, now: datetime
) -> None:
    left("grant")
    stated(tally, chair, now)
    settled(with_ind, ind_member, now)
    (item,) = items_of(with_ind, ind_member, now)
    assert replied(item, ind_member, now) is None  # the same reply as before
    assert stage(with_ind, ind_member, now) is Stage.SIGNED
    replied(item, ind_member, now, answer="unknown", text="Toch niet te vinden.")
    assert stage(with_ind, ind_member, now) is Stage.DECIDING


def test_a_ruling_is_about_one_reply(
    tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, now: datetime
) -> None:
    left("grant")
    stated(tally, chair, now)
    (item,) = items_of(with_ind, ind_member, now)
    with pytest.raises(IndexError):
        ruled(item, chair, now)
    replied(item, ind_member, now, answer="differs", difference="city", text="Bij ons in Utrecht.")
    ruled(item, chair, now)
    with pytest.raises(ValidationError, match="al beslist"):
        ruled(item, chair, now)
    replied(item, ind_member, now, answer="differs", difference="double", text="Staat er twee keer in.")
    assert standing(with_ind, chair, now).undecided == 1
    ruled(item, chair, now)
    replied(item, ind_member, now)
    with pytest.raises(ValidationError, match="geen verschil"):
        ruled(item, chair, now)


# Later rounds and corrected exits.


def test_a_compared_person_is_not_asked_about_in_a_later_round(
    tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, monitor_coordinator: User,
    today: date, now: datetime,
) -> None:  # fmt: skip
    left("grant", on=today - 3 * DAY)
    earlier = opened(monitor_coordinator, today - 2 * DAY, now)
    stated(tally_of(earlier, "Amsterdam", chair), chair, now)
    settled(settlement_of(earlier, "Amsterdam", "ind", ind_member), ind_member, now)
    left("grant")
    stated(tally, chair, now)
    current = standing(with_ind, ind_member, now)
    assert (current.agreed, current.open) == (1, 1)


def test_a_changed_departure_undoes_the_signature_of_dtv_and_not_that_of_the_ind(
    tally: Tally, with_ind: Settlement, with_dtv: Settlement, left: Left, chair: User, ind_member: User,
    dtv_member: User, today: date, now: datetime,
) -> None:  # fmt: skip
    left("grant")
    case, _ = left("return", "MA"), left("return", "TN")
    stated(tally, chair, now)
    settled(with_ind, ind_member, now)
    settled(with_dtv, dtv_member, now)
    with acting_as(chair):
        corrections.withdraw(Exit.objects.standing().get(case=case), reason="Andere dag.", by=chair, at=now)
        exits.record_exit(
            case, category="return", destination="MA", evidence="Melding", by=chair, on=today - DAY, at=now
        )
    later = timezone.now()
    assert stage(with_dtv, dtv_member, later) is Stage.WAITING
    assert stage(with_ind, ind_member, later) is Stage.SIGNED
    tasks.keep_settled()
    current = standing(with_dtv, dtv_member, later)
    assert (current.stage, current.agreed, current.open) == (Stage.COMPARING, 1, 1)
    settled(with_dtv, dtv_member, later)
    assert stage(with_ind, ind_member, later) is Stage.SIGNED


def test_a_correction_after_the_cut_off_leaves_the_settlement_as_it_was(
    left: Left, chair: User, ind_member: User, monitor_coordinator: User, today: date, now: datetime
) -> None:
    case, _ = left("grant"), left("grant")
    closing = opened(monitor_coordinator, today, now, closes=timedelta(minutes=2))
    stated(tally_of(closing, "Amsterdam", chair), chair, now)
    settlement = settlement_of(closing, "Amsterdam", "ind", ind_member)
    first, second = items_of(settlement, ind_member, now)
    replied(first, ind_member, now)
    later = now + timedelta(minutes=5)
    with acting_as(chair):
        corrections.withdraw(Exit.objects.standing().get(case=case), reason="Vergissing.", by=chair, at=later)
        statements.keep_settled(by=chair, at=later)
    current = standing(settlement, ind_member, later)
    assert (current.not_handed_over, current.agreed) == (0, 1)  # the reply still stands
    replied(second, ind_member, later)
    settled(settlement, ind_member, later)
    assert stage(settlement, ind_member, later) is Stage.SIGNED
    with acting_as(monitor_coordinator):
        rounds.move_cut_off(closing, known_at=later + DAY, by=monitor_coordinator, at=later)
    settlement = settlement_of(closing, "Amsterdam", "ind", ind_member)
    current = standing(settlement, ind_member, later)
    assert (len(current.compared), current.stage) == (1, Stage.TO_SIGN)


def test_the_timetable_withdraws_the_item_of_a_corrected_exit(
    tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, now: datetime
) -> None:
    case, _ = left("grant"), left("grant")
    stated(tally, chair, now)
    with acting_as(chair):
        corrections.withdraw(Exit.objects.standing().get(case=case), reason="Vergissing.", by=chair, at=now)
    tasks.keep_settled()
    with acting_as(ind_member):
        states = [(item.v_number, item.withdrawn_at is not None) for item in Item.objects.order_by("v_number")]
    assert states == [("", True), (V_NUMBER, False)]


def test_the_timetable_erases_what_a_cancelled_round_handed_over(
    of_round: Round, tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User,
    monitor_coordinator: User, today: date, now: datetime,
) -> None:  # fmt: skip
    left("grant")
    stated(tally, chair, now)
    with acting_as(monitor_coordinator):
        rounds.cancel(of_round, reason="Verkeerde dag.", by=monitor_coordinator, at=now)
    tasks.keep_settled()
    with acting_as(ind_member):
        assert [item.v_number for item in Item.objects.all()] == [""]
    again = opened(monitor_coordinator, today, now)
    stated(tally_of(again, "Amsterdam", chair), chair, now)
    assert len(items_of(settlement_of(again, "Amsterdam", "ind", ind_member), ind_member, now)) == 1


def test_a_destroyed_person_is_not_identified_by_an_item(
    tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, now: datetime
) -> None:
    left("grant", v_number="")
    stated(tally, chair, now)
    with as_owner(), acting_as(chair):
        run("update monitor_item set person_id = null")
    (item,) = items_of(with_ind, ind_member, now)
    assert (item.v_number, item.name, item.born) == ("", "", "")


# Missing persons and doubtful identities.


def _record(settlement: Settlement, **changed: object) -> Record:
    values = {"on": settlement.round.on, "category": "grant", "v_number": "0999999999"}
    return Record(**values | changed)  # type: ignore[arg-type]


def test_a_missing_person_is_added_or_left_out_with_a_reason(
    tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, now: datetime
) -> None:
    stated(tally, chair, now)
    with acting_as(ind_member):
        missing = [
            comparing.report_missing(with_ind, record=_record(with_ind), text="", by=ind_member, at=now)
            for _ in range(2)
        ]
    assert standing(with_ind, chair, now).undecided == 2
    ruled(missing[0], chair, now, outcome="added", reason="Vergeten.")
    ruled(missing[1], chair, now, reason="Nooit in de LVV.")
    assert stage(with_ind, ind_member, now) is Stage.TO_SIGN
    left("grant")
    assert stage(with_ind, ind_member, timezone.now()) is Stage.WAITING


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"v_number": ""}, "Vul een V-nummer in, of een naam"),
        ({"category": "return"}, "hoort niet bij deze afstemming"),
        ({"on": date(2999, 1, 1)}, "ligt na de peildatum"),
    ],
)
def test_an_impossible_record_is_refused(
    with_ind: Settlement, ind_member: User, now: datetime, changed: dict[str, object], says: str
) -> None:
    with acting_as(ind_member), pytest.raises(ValidationError, match=says):
        record = _record(with_ind, **changed)
        comparing.report_missing(with_ind, record=record, text="", by=ind_member, at=now)


def test_a_person_is_handed_over_again_with_the_corrected_identity(
    tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, now: datetime
) -> None:
    case = left("grant")
    stated(tally, chair, now)
    (item,) = items_of(with_ind, ind_member, now)
    reply = replied(item, ind_member, now, answer="differs", difference="identity", text="Ander geboortejaar.")
    assert reply is not None
    with as_owner(), acting_as(chair):
        Person.objects.filter(pk=str(case.person_id)).update(v_number="0555555555")
    with acting_as(chair):
        rulings.ask_again(item, seen=str(reply.pk), by=chair, at=now)
        with pytest.raises(ValidationError, match="vervallen"):
            rulings.ask_again(Item.objects.get(pk=item.pk), seen=str(reply.pk), by=chair, at=now)
    (again,) = items_of(with_ind, ind_member, now)
    assert (again.v_number, again.exit_id, again.pk == item.pk) == ("0555555555", item.exit_id, False)
    with pytest.raises(ValidationError, match="Deze regel is vervallen"):
        replied(item, ind_member, now)


# Permissions.


def test_only_the_partner_replies_and_signs_and_only_the_municipality_decides(
    tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, dtv_member: User, now: datetime
) -> None:
    left("grant")
    stated(tally, chair, now)
    (item,) = items_of(with_ind, ind_member, now)
    with pytest.raises(ValidationError, match="Alleen IND bij het LSO Amsterdam vergelijkt"):
        replied(item, chair, now)
    with pytest.raises(ValidationError, match="Alleen IND"):
        _sign(with_ind, chair, now)
    with acting_as(dtv_member), pytest.raises((ValidationError, Settlement.DoesNotExist)):
        settlements.sign(with_ind, seen="", by=dtv_member, at=now)
    replied(item, ind_member, now, answer="unknown", text="Niet te vinden.")
    with pytest.raises(ValidationError, match="Alleen de gemeente Amsterdam beslist"):
        ruled(item, ind_member, now)


def test_nobody_signs_for_the_municipality_and_for_its_partner(
    tally: Tally, with_ind: Settlement, chair: User, ind_member: User, now: datetime
) -> None:
    with as_owner():
        organisation = ind_member.memberships.get().organisation
        Membership.objects.create(user=chair, organisation=organisation, role=Role.IND_MEMBER, since=date(2019, 1, 1))
    stated(tally, chair, now)
    with pytest.raises(ValidationError, match="al voor een andere partij getekend"):
        settled(with_ind, chair, now)
    with pytest.raises(IntegrityError, match="nobody_signs_for_two_parties"), acting_as(chair):
        Signature.objects.create(
            settlement=with_ind, round=with_ind.round, kind="settled", fingerprint="x", party=organisation, user=chair,
            at=now,
        )  # fmt: skip


def test_nobody_answers_decides_or_signs_what_they_did_not_see(
    tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, now: datetime
) -> None:
    left("grant")
    stated(tally, chair, now)
    (item,) = items_of(with_ind, ind_member, now)
    before = standing(with_ind, ind_member, now).fingerprint
    replied(item, ind_member, now, answer="unknown", text="Niet te vinden.")
    acts: list[tuple[User, Callable[[], object]]] = [
        (ind_member, lambda: comparing.reply(item, answer="agrees", seen="", by=ind_member, at=now)),
        (chair, lambda: rulings.rule(item, outcome="kept", reason="Zo.", seen="anders", by=chair, at=now)),
        (chair, lambda: rulings.ask_again(item, seen="anders", by=chair, at=now)),
        (ind_member, lambda: comparing.agree_with_rest(with_ind, seen=before, by=ind_member, at=now)),
    ]
    for user, act in acts:
        with acting_as(user), pytest.raises(settlements.Unseen):
            act()
    ruled(item, chair, now)
    with acting_as(ind_member), pytest.raises(settlements.Unseen):
        settlements.sign(with_ind, seen=before, by=ind_member, at=now)


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        ({"answer": "differs", "text": "Anders."}, "Kies waarin het verschilt"),
        ({"answer": "agrees", "difference": "date"}, "Kies alleen een verschil als"),
        ({"answer": "unknown"}, "Licht toe wat u vond"),
        ({"answer": "differs", "difference": "missing_here", "text": "Anders."}, "past niet bij deze regel"),
    ],
)
def test_a_reply_that_says_nothing_clear_is_refused(
    tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, now: datetime,
    reply: dict[str, str], says: str,
) -> None:  # fmt: skip
    left("grant")
    stated(tally, chair, now)
    (item,) = items_of(with_ind, ind_member, now)
    with pytest.raises(ValidationError, match=says):
        replied(item, ind_member, now, **reply)
    with acting_as(ind_member):
        assert not Reply.objects.exists()


def test_a_lapsed_round_is_not_settled(
    of_round: Round, tally: Tally, with_ind: Settlement, chair: User, ind_member: User, monitor_coordinator: User,
    now: datetime,
) -> None:  # fmt: skip
    stated(tally, chair, now)
    with acting_as(monitor_coordinator):
        rounds.cancel(of_round, reason="Verkeerde dag.", by=monitor_coordinator, at=now)
    with pytest.raises(ValidationError, match="vervallen"):
        settled(with_ind, ind_member, now)


# Lists of work.


def test_what_waits_for_whom(
    tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, dtv_member: User, now: datetime
) -> None:
    def waits() -> set[User]:
        users = set()
        for user in (chair, ind_member, dtv_member):
            with acting_as(user):
                if settlements.to_compare(user, at=now) + settlements.to_decide(user, at=now):
                    users.add(user)
        return users

    left("grant")
    assert waits() == set()
    stated(tally, chair, now)
    assert waits() == {ind_member, dtv_member}
    (item,) = items_of(with_ind, ind_member, now)
    replied(item, ind_member, now, answer="unknown", text="Niet te vinden.")
    assert waits() == {chair, dtv_member}
    ruled(item, chair, now)
    assert waits() == {ind_member, dtv_member}
    _sign(with_ind, ind_member, now)
    assert waits() == {dtv_member}


def test_the_trail_says_who_did_what_and_names_nobody(
    tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, now: datetime
) -> None:
    left("grant")
    stated(tally, chair, now)
    settled(with_ind, ind_member, now)
    trail = AuditEntry.objects.filter(verb__startswith="settlement.")
    assert [(entry.verb, entry.user_id) for entry in trail.order_by("pk")] == [
        ("settlement.agreed_with_rest", ind_member.pk), ("settlement.signed", ind_member.pk),
    ]  # fmt: skip
    assert V_NUMBER not in str([vars(entry) for entry in trail])


def test_a_line_of_the_log_about_a_handed_person_is_the_municipalitys(
    tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, now: datetime, amsterdam: object
) -> None:
    case = left("grant")
    stated(tally, chair, now)
    with acting_as(ind_member):
        assert not Case.objects.visible_to(ind_member).exists()
        line = Disclosure.objects.create(
            at=now, user_id=ind_member.pk, page="proef", permission="", persons=[case.person_id]
        )
        line.refresh_from_db()
    assert line.municipalities == [amsterdam.pk]  # type: ignore[attr-defined]


def test_an_erased_identity_is_never_filled_in_again(
    tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, now: datetime
) -> None:
    left("grant")
    stated(tally, chair, now)
    for user in (chair, ind_member):
        with acting_as(user):
            assert "verandert niet" in refused("update monitor_item set v_number = '0999999999'")
            assert "permission denied" in refused('update monitor_item set "on" = now()')
    (item,) = items_of(with_ind, chair, now)
    with pytest.raises(DatabaseError, match="row-level security"), acting_as(chair):
        Reply.objects.create(item=item, answer="agrees", at=now, by=chair)
