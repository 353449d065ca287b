"""The table of the second wall that a security officer reads."""

from io import StringIO

from django.core.management import call_command

from core import walls


def _shown(*arguments: str) -> str:
    out = StringIO()
    call_command("show_walls", *arguments, stdout=out)
    return out.getvalue()


def test_every_table_of_ours_has_one_line() -> None:
    tables = [line.split(" | ")[0].removeprefix("| ") for line in _shown().splitlines() if line.startswith("| ")]
    ours = [model._meta.db_table for model in walls.declared()]
    assert sorted(table for table in tables if table in ours) == sorted(ours)


def test_a_line_says_under_which_condition_each_act_is_allowed() -> None:
    (line,) = [line for line in _shown("--room", "scenarios").splitlines() if line.startswith("| scenarios_decision ")]
    _, seen, added, changed, removed = line.strip("| ").split(" | ")
    assert "cases_case" in seen and "lvv_directed_municipalities" in added
    assert (changed, removed) == ("-", "-")


def test_states_ties_and_append_only_tables_are_listed() -> None:
    shown = _shown()
    assert "scenarios_meeting: status gaat planned → held, planned → cancelled, held → closed, closed → held." in shown
    assert "accounts_auditentry: wordt alleen aangevuld" in shown
    assert "cases_exit: lvv_monitor leest" in shown


def test_each_room_has_its_own_part() -> None:
    for room in {model._meta.app_label for model in walls.declared()}:
        assert f"## {room}\n" in _shown("--room", room)
