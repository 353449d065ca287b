"""The benchmarks compare equal work, and leave nothing behind."""

from django.db import connection, transaction

from accounts.models import Municipality
from cases.models import Case
from lvv.management.commands import benchmark, benchmark_lists
from monitor.figures.measurement import measure
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


def test_a_list_and_the_sql_beside_it_write_the_same_rows(db: None) -> None:
    with as_owner(), transaction.atomic():
        *_, rows = benchmark_lists.measure(20)
        # Person, case, party, statement, profile, test, decision, wait, stay, exit, source; eight answers; two lines of
        # the audit trail.
        assert rows == 20 * (11 + 8 + 2)
        transaction.set_rollback(True)
    assert not Case.objects.exists()
