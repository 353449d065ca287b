"""The second calculator counts every cell of every round and release of the demo world again."""

from collections.abc import Mapping

import pytest
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import Municipality, User
from lvv.demo import accounts
from monitor.figures.measurement import measure
from monitor.models import Release, Round
from monitor.publishing import documents
from monitor.publishing.export import facts
from monitor.rounds import rounds
from tests.monitor.calculator import Cell, calculate

pytestmark = pytest.mark.usefixtures("in_demo_world")


def counted(cells: Mapping[Cell, int]) -> dict[Cell, int]:
    return {cell: number for cell, number in cells.items() if number}


def test_every_round_and_release_is_what_the_second_calculator_counts() -> None:
    """Some fifteen hundred cases, with late entries, corrections, transfers and a person who was recorded twice."""
    with acting_as(User.objects.get(email=f"monitor@{accounts.DOMAIN}")):
        exported = list(facts())
        names = list(Municipality.objects.values_list("name", flat=True))
        pairs = [rounds.pair(of_round, at=timezone.now()) for of_round in Round.objects.filter(cancelled_at=None)]
        assert {fact["kind"] for fact in exported} >= {"merge", "stay", "covenant"}
        assert len(pairs) > 1
        for pair in pairs:
            measured = measure(pair.on, pair.known_at, pair.definition_set)
            again = calculate(exported, pair.on, pair.known_at, names, pair.definition_set.code)
            assert counted(measured.cells) == counted(again), pair
        released = list(Release.objects.select_related("round"))
        assert len(released) > 1
        for release in released:
            of_round = release.round
            again = calculate(exported, of_round.on, release.known_at, names, of_round.definition_set)
            assert counted(documents.figures(bytes(release.document))) == counted(again), release
