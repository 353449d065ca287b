"""The benchmark compares equal work: the SQL that was written by hand gives every cell of the set."""

from django.db import connection

from accounts.models import Municipality
from lvv.management.commands import benchmark
from monitor.measurement import measure
from tests.conftest import as_owner


def test_both_give_the_same_cells_and_leave_nothing_behind(db: None) -> None:
    before = dict(measure(benchmark.ON, benchmark.KNOWN_AT, benchmark.SET).cells)
    assert Municipality.objects.exists()
    with as_owner():
        benchmark.fill(2_000)
        mine = benchmark.product()
        assert mine == benchmark.by_hand()
    # Nearly every figure has somebody in it; covenants and the MRT are not filled.
    counted = {item.code for item in benchmark.SET.indicators} - {code for code, _, _ in mine}
    assert counted == {"capacity", "exit_back_to_bbb", "exit_other", "mrt_discussed", "mrt_no_durable_solution"} & {
        item.code for item in benchmark.SET.indicators
    }
    with connection.cursor() as cursor:
        cursor.execute("set local search_path = public")
    assert dict(measure(benchmark.ON, benchmark.KNOWN_AT, benchmark.SET).cells) == before
