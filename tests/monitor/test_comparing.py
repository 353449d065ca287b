"""A partner compares a settlement with a list from its own records."""

from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from accounts.acting import acting_as
from accounts.models import User
from monitor.models import Item, Reply, Settlement, Tally
from monitor.rounds import comparing
from monitor.rounds.matching import MatchClass
from tests.monitor.rounds import items_of, replied, settled, stated
from tests.monitor.test_settlements import (
    Left,
    left,
    of_round,
    ruled,
    standing,
    tally,
    with_dtv,
    with_ind,
)

__all__ = ["left", "of_round", "tally", "with_dtv", "with_ind"]

HEADER = "V-nummer;Naam;Geboren;Datum;Uitkomst;Gemeente"


def listed(settlement: Settlement, member: User, at: datetime, *lines: str) -> dict[MatchClass, int]:
    content = "\n".join([HEADER, *lines]).encode()
    with acting_as(member):
        records = comparing.read_list(settlement, content)
        return dict(comparing.compare_list(settlement, records, by=member, at=at))


def test_a_list_answers_for_everybody_and_a_repeat_changes_nothing(
    tally: Tally, with_dtv: Settlement, left: Left, chair: User, dtv_member: User, today: date, now: datetime
) -> None:
    for number in ("0100000001", "0200000002", "0300000003"):
        left("return", "MA", v_number=number)
    stated(tally, chair, now)
    day, before = f"{today:%d-%m-%Y}", f"{today - timedelta(days=1):%d-%m-%Y}"
    lines = (
        f"0100000001;;;{day};terugkeer;Amsterdam",
        f"0200000002;;;{before};Terugkeer;",
        f"0400000004;Iemand Anders;1984;{day};derde land;",
        f"0500000005;;;{day};terugkeer;Utrecht",
    )
    expected = {MatchClass.AGREES: 1, MatchClass.DATE: 1, MatchClass.MISSING_THERE: 1, MatchClass.MISSING_HERE: 1}
    assert listed(with_dtv, dtv_member, now, *lines) == expected
    current = standing(with_dtv, dtv_member, now)
    assert (current.open, current.agreed, current.undecided) == (0, 1, 3)
    with acting_as(dtv_member):
        texts = set(Reply.objects.values_list("difference", "text"))
        missing = Item.objects.get(exit=None)
    says = {("date", f"Bij ons: {before}."), ("missing_there", "Staat niet in onze lijst.")}
    assert texts == {("", ""), ("missing_here", "Staat in onze administratie."), *says}
    assert (missing.v_number, missing.name, missing.category) == ("0400000004", "", "onward")
    with acting_as(chair):
        differing = list(Item.objects.exclude(replies__answer="agrees"))
    for item in differing:
        ruled(item, chair, now)
    fingerprint = standing(with_dtv, dtv_member, now).fingerprint
    listed(with_dtv, dtv_member, now, *lines)
    assert standing(with_dtv, dtv_member, now).fingerprint == fingerprint


def test_a_list_replaces_a_reply_by_hand_only_where_it_differs(
    tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, today: date, now: datetime
) -> None:
    left("grant")
    stated(tally, chair, now)
    (item,) = items_of(with_ind, ind_member, now)
    replied(item, ind_member, now, answer="unknown", text="Niet te vinden.")
    assert listed(with_ind, ind_member, now, f"0123456789;;;{today:%d-%m-%Y};;") == {MatchClass.AGREES: 1}
    assert standing(with_ind, ind_member, now).agreed == 1


def test_a_person_without_an_identity_keeps_the_earlier_reply(
    tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, today: date, now: datetime
) -> None:
    left("grant")
    stated(tally, chair, now)
    settled(with_ind, ind_member, now)
    assert listed(with_ind, ind_member, now, f"0999999999;;;{today:%d-%m-%Y};;") == {MatchClass.MISSING_HERE: 1}
    current = standing(with_ind, ind_member, now)
    assert (current.agreed, current.undecided) == (1, 1)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (";;;01-01-2026;terugkeer;", "Regel 2: vul een V-nummer in"),
        ("0100000001;;;31-02-2026;terugkeer;", "Regel 2: deze datum bestaat niet"),
        ("0100000001;;;;terugkeer;", "Regel 2: vul een datum in"),
        ("0100000001;;;01-01-2026;;", "Regel 2: vul een uitkomst in"),
        ("0100000001;;;01-01-2026;op reis;", "Regel 2: “op reis” kennen wij niet"),
        (f"{'1' * 21};;;01-01-2026;terugkeer;", "Regel 2: “V-nummer” heeft meer dan 20 tekens"),
        (f";{'n' * 251};;01-01-2026;terugkeer;", "Regel 2: “Naam” heeft meer dan 250 tekens"),
        ("0100000001;;17-03-1984 of eerder;01-01-2026;terugkeer;", "Regel 2: “Geboren” heeft meer dan 10 tekens"),
        (f"0100000001;;;01-01-2026;terugkeer;{'g' * 81}", "Regel 2: “Gemeente” heeft meer dan 80 tekens"),
        (";;;;;", "Er staan geen personen in dit bestand"),
    ],
)
def test_a_list_with_a_wrong_line_is_refused_and_records_no_reply(
    tally: Tally, with_dtv: Settlement, left: Left, chair: User, dtv_member: User, now: datetime, line: str, says: str
) -> None:
    left("return", "MA")
    stated(tally, chair, now)
    with pytest.raises(ValidationError, match=says):
        listed(with_dtv, dtv_member, now, line)
    assert standing(with_dtv, dtv_member, now).open == 1


def test_only_the_first_of_many_faults_are_shown(with_dtv: Settlement, dtv_member: User, now: datetime) -> None:
    with pytest.raises(ValidationError) as wrong:
        listed(with_dtv, dtv_member, now, *[";;;01-01-2026;terugkeer;x"] * 25)
    assert len(wrong.value.messages) == 21
    assert wrong.value.messages[-1] == "Er zijn nog 5 andere fouten."
