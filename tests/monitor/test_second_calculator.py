"""The monitor and the second calculator agree on every cell of every indicator, for random histories."""

from collections.abc import Mapping
from datetime import date, datetime

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.measurement import measure
from monitor.publishing.export import facts
from tests.monitor.calculator import Cell, calculate
from tests.monitor.histories import AMSTERDAM_TIME, FRAMES, Frame, histories
from tests.monitor.registrar import Registrar
from tests.monitor.worlds import World

random_histories = settings(
    deadline=None,
    database=None,
    print_blob=True,
    # One registrar serves all histories of a test: each history is rolled back before the next is written.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
each_frame = pytest.mark.parametrize("frame", FRAMES, ids=str)


@pytest.fixture
def registrar(db: None) -> Registrar:
    return Registrar()


@each_frame
@settings(random_histories, max_examples=40)
@given(data=st.data())
def test_every_cell_equals_the_second_calculator(registrar: Registrar, frame: Frame, data: st.DataObject) -> None:
    assert_both_agree(registrar, frame, data.draw(histories(frame)))


@pytest.mark.long
@each_frame
@settings(random_histories, max_examples=2000)
@given(data=st.data())
def test_every_cell_equals_over_ten_thousand_histories(registrar: Registrar, frame: Frame, data: st.DataObject) -> None:
    assert_both_agree(registrar, frame, data.draw(histories(frame)))


def assert_both_agree(registrar: Registrar, frame: Frame, world: World) -> None:
    with transaction.atomic():
        registrar.write(world)
        exported = list(facts())
        for on in frame.days:
            for moment in frame.moments:
                known_at = moment.astimezone(AMSTERDAM_TIME)
                for code, definition_set in DEFINITION_SETS.items():
                    second = calculate(exported, on, known_at, registrar.municipalities, code)
                    assert not differences(measure(on, known_at, definition_set).cells, second), description(
                        on, known_at, code
                    )
        transaction.set_rollback(True)


def differences(product: Mapping[Cell, int], second: Mapping[Cell, int]) -> dict[Cell, tuple[int | None, int | None]]:
    """cell -> (product, second calculator), for the cells that differ or that one of the two lacks."""
    return {
        cell: (product.get(cell), second.get(cell))
        for cell in product.keys() | second.keys()
        if product.get(cell) != second.get(cell)
    }


def description(on: date, known_at: datetime, code: str) -> str:
    return f"set {code}, true on {on}, known at {known_at.isoformat()}"
