"""What the database must never accept. For every guard in its catalogue, it declares an attempt that only it refuses.

`test_impossible_rows.py` reads the guards from the running system and compares; a guard that is missing here, or
superfluous, makes it red. Those of the LSO stand in `guards_of_meetings.py`, the MRT's in
`guards_of_reviews.py`, the monitor's in `guards_of_rounds.py`, those of lists in `guards_of_lists.py`.
"""

from collections.abc import Iterator

from cases.models import CaseFact
from cases.security import fact_models
from core.walls import append_only
from tests.accounts.attempts import GONE, TO_CASE, TO_STUCK, Attempt
from tests.accounts.guards_of_lists import OF_LISTS
from tests.accounts.guards_of_meetings import OF_MEETINGS
from tests.accounts.guards_of_reviews import OF_REVIEWS
from tests.accounts.guards_of_rounds import OF_ROUNDS, ONLY_ADDED_TO
from tests.accounts.sql import Row

# The same kind of fact in the other case of the world, with all that it rests on there.
ELSEWHERE: dict[str, Row] = {
    "cases_admission": TO_STUCK | {"test_id": "{test_of_stuck}"},
    "scenarios_scenario": TO_STUCK | {"decision_id": "{answering_decision}", "valid_from": "2998-01-01"},
    "mrt_advice": TO_CASE | {"escalation_id": "{escalation_of_case}"},
    "mrt_discussion": TO_STUCK | {"escalation_id": "{other_escalation}"},
}


def of_every_fact() -> Iterator[Attempt]:
    for model in fact_models():
        table, name = model._meta.db_table, model._meta.model_name
        yield Attempt(table, f"{name}_ends_after_start", GONE | {"valid_until": "{valid_from}"})
        yield Attempt(table, f"{name}_withdrawn_with_who_and_why", GONE | {"withdrawal_reason": ""})
        yield Attempt(table, f"{name}_withdrawn_with_who_and_why", GONE | {"withdrawn_by_id": None})
        yield Attempt(table, f"{name}_withdrawn_with_who_and_why", GONE | {"withdrawn_at": "1999-01-01T00:00Z"})
        yield from _kept(table)
        if issubclass(model, CaseFact):
            elsewhere = ELSEWHERE.get(table, TO_STUCK)
            yield Attempt(table, f"{table}_same_case", GONE | {"subject": "{new}"})
            yield Attempt(table, f"{table}_replaces_tie", GONE | elsewhere | {"replaces_id": "{original}"})


def _kept(table: str) -> Iterator[Attempt]:
    """The attempts on a fact: its moment of recording is true, it is withdrawn once, and it never changes otherwise."""
    the_original, a_withdrawn_one = " where id = '{original}'", " where withdrawn_at is not null"
    withdraw = f"update {table} set withdrawn_by_id = {{chair}}, withdrawal_reason = 'Proef', withdrawn_at = "
    guard, edit = "withdrawn_never_edited", f"update {table} set recorded_at = recorded_at - interval '1 day'"
    yield Attempt(table, "recorded_when_it_says", GONE, "het moment van vastleggen is nu", is_web=True)
    yield Attempt(table, guard, edit + the_original, "een feit wordt nooit gewijzigd")
    yield Attempt(
        table, guard, withdraw + "'2999-01-01'" + the_original, "het moment van intrekking is nu", is_web=True
    )
    ended = withdraw + "now() + interval '1 day'" + the_original
    again = f"update {table} set withdrawal_reason = 'Anders'"
    yield Attempt(table, guard, again + a_withdrawn_one, "een ingetrokken feit verandert niet meer", first=ended)
    unused = "not exists (select from cases_admissiontest where covenant_id = t.id)"
    yield Attempt(table, guard, f"delete from {table}{the_original}", "een feit wordt nooit verwijderd", like=unused)


def of_every_kept_table() -> Iterator[Attempt]:
    for model in append_only():
        table, column = model._meta.db_table, model._meta.pk.column
        yield Attempt(table, "append_only", f"update {table} set {column} = {column}", ONLY_ADDED_TO)
        yield Attempt(table, "append_only", f"delete from {table}", ONLY_ADDED_TO)
    # To empty a table empties what rests on it too, and that must not speak for it.
    settled = ("monitor_reply", "monitor_ruling")
    resting = {"cases_covenant": ("cases_admission",), "monitor_reply": settled[1:], "cases_exit": settled}
    tables = [*(model._meta.db_table for model in append_only()), *(model._meta.db_table for model in fact_models())]
    for table in tables:
        first = "; ".join(
            f"alter table {other_table} disable trigger never_emptied" for other_table in resting.get(table, ())
        )
        yield Attempt(table, "never_emptied", f"truncate {table} cascade", ONLY_ADDED_TO, first=first)


OTHER_NUMBER: Row = {"number": "AMS-99999"}
ALIAS: Row = {"is_leading": False, "birth_year": 1980, "birth_month": 3, "birth_day": 17}

GUARDS: list[Attempt] = [
    *of_every_fact(),
    *of_every_kept_table(),
    *OF_LISTS,
    Attempt(
        "accounts_organisation",
        "one_organisation_per_municipality",
        {"name": "Nog een"},
        like="kind = 'municipality'",
    ),
    Attempt("accounts_user", "address_in_small_letters", {"email": "{chair_in_capitals}"}),
    Attempt("accounts_membership", "membership_ends_after_start", {"until": "2000-01-01"}),
    Attempt("cases_covenant", "one_covenant_in_force_per_municipality", {}),
    Attempt(
        "cases_covenant",
        "covenant_limited_rule_has_days",
        GONE | {"safe_country_rule": "limited", "safe_country_days": None},
    ),
    Attempt(
        "cases_covenant",
        "covenant_limited_rule_has_days",
        GONE | {"safe_country_rule": "admit", "safe_country_days": 14},
    ),
    Attempt("cases_covenantdeviation", "deviation_ends_after_start", {"since": "2020-01-01", "until": "2020-01-01"}),
    Attempt("cases_person", "one_person_per_pseudonym", {}),
    Attempt("cases_merge", "merge_of_two_persons", GONE | {"same_as": "{subject_of_case}"}),
    Attempt("cases_merge", "two_persons_merged_once", {}),
    Attempt(
        "cases_merge",
        "merges_its_own",
        GONE | {"same_as": "{new}"},
        "samenvoegen gaat over twee personen van de gemeente",
    ),
    Attempt("cases_identitystatement", "one_leading_statement", {}),
    Attempt(
        "cases_identitystatement",
        "partial_birth_date_has_the_larger_parts",
        ALIAS | {"birth_year": None, "birth_day": None},
    ),
    Attempt("cases_identitystatement", "partial_birth_date_has_the_larger_parts", ALIAS | {"birth_month": None}),
    Attempt("cases_case", "one_open_case_per_person_and_municipality", OTHER_NUMBER, like="closed_on is null"),
    Attempt("cases_case", "case_closes_after_registration", OTHER_NUMBER | {"closed_on": "2000-01-01"}),
    Attempt("cases_case", "cases_case_person_tie", OTHER_NUMBER | {"subject": "{new}"}),
    Attempt(
        "cases_case",
        "case_keeps_its_key",
        "update cases_case set registered_on = '2019-01-01' where id = '{stuck}'",
        "een zaak houdt haar sleutel",
    ),
    Attempt(
        "cases_case",
        "case_keeps_its_key",
        "update cases_case set person_id = '{person_of_case}' where id = '{stuck}'",
        "een zaak houdt haar sleutel",
        behind="cases_case_person_tie",
    ),
    Attempt("cases_caseparty", "party_ends_after_start", {"until": "2000-01-01"}),
    Attempt("cases_caseparty", "one_running_part_per_organisation_or_user", {}, like="until is null"),
    Attempt("cases_caseparty", "cases_caseparty_case_tie", {"case_id": "{case_in_utrecht}"}),
    Attempt(
        "cases_caseparty",
        "part_only_ends",
        "update cases_caseparty set until = until + interval '1 day' where until is not null",
        "een deelname eindigt, zij wordt nooit verlengd",
    ),
    Attempt("cases_profile", "one_standing_profile", {}),
    Attempt("cases_admissionanswer", "one_answer_per_criterion", {}),
    Attempt("cases_admission", "one_admission_decision_at_a_time", {}),
    Attempt(
        "cases_admission",
        "refused_is_not_inside_the_covenant",
        GONE | {"outcome": "refused", "inside_covenant": True},
    ),
    Attempt("cases_admission", "admission_exception_has_a_ground", GONE | {"exception_ground": "humanitarian"}),
    Attempt("cases_admission", "admission_exception_has_a_ground", GONE | {"outcome": "exception"}),
    Attempt("cases_admission", "cases_admission_test_tie", GONE | {"test_id": "{test_of_stuck}"}),
    Attempt("cases_stay", "stays_of_a_person_do_not_overlap", {}),
    Attempt("cases_waitinglistentry", "waits_once_at_a_time", {"valid_until": None}),
    Attempt("cases_procedure", "procedure_outcome_has_a_date", {"outcome": "granted"}),
    Attempt("cases_procedure", "procedure_outcome_has_a_date", {"decided_on": "2999-01-01"}),
    Attempt("cases_procedure", "procedure_outcome_has_a_date", {"outcome": "granted", "decided_on": "2000-01-01"}),
    Attempt("cases_exit", "exit_departure_has_a_destination", {"category": "return", "evidence": "Melding"}),
    Attempt("cases_exit", "exit_departure_has_a_destination", {"category": "other", "destination": "AM"}),
    Attempt("cases_exit", "exit_durable_has_evidence", {"category": "grant"}),
    Attempt("cases_exit", "exit_after_stay", {"valid_from": "2019-01-01"}, "uitstroom zonder eerder verblijf"),
    *OF_MEETINGS,
    *OF_REVIEWS,
    *OF_ROUNDS,
]
