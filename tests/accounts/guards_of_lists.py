"""The guards of imports: an import ends once, and the rows that it made keep their source."""

from collections.abc import Iterator

from tests.accounts.attempts import Attempt
from tests.accounts.sql import Row

CHECKED: Row = {"state": "checked", "finished_at": None, "content": "\\x78"}


def of_lists() -> Iterator[Attempt]:
    table, guard = "accounts_import", "import_keeps_its_file_until_it_ends"
    for wrong in (Row(state="running"), Row(content="\\x78"), Row(finished_at=None)):
        yield Attempt(table, guard, wrong)
    for wrong in (Row(state="done"), Row(content=None), Row(finished_at="2020-01-01T00:00Z")):
        yield Attempt(table, guard, CHECKED | wrong)
    says = "een lijst die klaar is, verandert niet"
    yield Attempt(table, "import_ends_once", "update accounts_import set new = 0 where state = 'done'", says)
    other = "update accounts_import set content = 'anders' where state = 'checked'"
    yield Attempt(table, "import_ends_once", other, says)


def of_imported_cases() -> Iterator[Attempt]:
    table = "cases_importedcase"
    of_stuck: Row = {"case_id": "{stuck}", "person_id": "{person_of_stuck}"}
    elsewhere: Row = of_stuck | {"reference": "Anders"}
    abroad: Row = {"case_id": "{case_in_utrecht}", "person_id": "{person_in_utrecht}"}
    yield Attempt(table, "one_case_per_line_of_a_list", of_stuck)
    yield Attempt(table, "cases_importedcase_case_tie", elsewhere | abroad)
    yield Attempt(table, "cases_importedcase_source_tie", elsewhere | {"source_id": "{list_in_utrecht}"})


def of_reported_figures() -> Iterator[Attempt]:
    table, later = "monitor_reported", Row(recorded_at="2999-01-01T00:00Z")
    yield Attempt(table, "one_reported_figure_at_a_moment", {})
    yield Attempt(table, "monitor_reported_source_tie", later | {"source_id": "{list_in_utrecht}"})


OF_LISTS = [*of_lists(), *of_imported_cases(), *of_reported_figures()]
