"""The guards of the LSO: meetings, agendas, positions, decisions, actions, minutes and scenarios."""

from collections.abc import Iterator

from tests.accounts.attempts import GONE, Attempt
from tests.accounts.sql import Row

IN_OTHER_MEETING: Row = {"meeting_id": "{later_meeting}", "order": 99}
IN_UTRECHT: Row = {"municipality_id": "{utrecht}"}
OPEN_ITEM: Row = {"item_id": "{open_item}", "case_id": "{stuck}", "decided_on": "2020-02-01"}
OF_ANOTHER: Row = {"organisation_id": "{organisation_in_utrecht}"}
TO_STUCK: Row = {"case_id": "{stuck}"}
MINUTES_STAY = "het verslag van een afgesloten overleg verandert niet"
POSITION_STAYS = "een geopend standpunt verandert niet"
NO_SCENARIO_WITHOUT = "een scenario bestaat alleen door een besluit van het LSO"
DECIDED_WHEN_HELD = "een besluit hoort bij een gehouden overleg"
MEETING_STAYS = "een gehouden of vervallen overleg verandert niet"
STATUS_IS = "alter table scenarios_meeting disable trigger moves; update scenarios_meeting set status = "
DUE = "update scenarios_positionround set due_at = asked_at + interval '1 minute'"
WRITTEN = "update scenarios_position set stance = 'agree'"


def of_the_table() -> Iterator[Attempt]:
    table, kept = "scenarios_tablerules", "table_rules_can_be_kept"
    for column, wrong in {"cadence_weeks": 0, "weekday": 8, "minutes": 601}.items():
        yield Attempt(table, kept, IN_UTRECHT | {column: wrong})
    yield Attempt("scenarios_invitee", "one_standing_seat_per_organisation", {})
    yield Attempt("scenarios_invitee", "scenarios_invitee_organisation_tie", OF_ANOTHER)


def of_positions() -> Iterator[Attempt]:
    rounds, requests, positions = "scenarios_positionround", "scenarios_positionrequest", "scenarios_position"
    files = "scenarios_positionfile"
    yield Attempt(rounds, "one_round_with_a_number", {})
    yield Attempt(rounds, "positions_are_due_after_asking", {"number": 9, "due_at": "2000-01-01T00:00Z"})
    yield Attempt(rounds, "round_opens_after_asking", {"number": 9, "opened_at": "2000-01-01T00:00Z"})
    yield Attempt(rounds, "scenarios_positionround_item_tie", TO_STUCK | {"number": 9})
    opened = f"update {rounds} set opened_at = asked_at"
    yield Attempt(rounds, "opens_when_all_gave", opened, "een ronde gaat open als allen hun standpunt gaven")
    yield Attempt(requests, "asked_once_in_a_round", {})
    missed = {"given_at": "2000-01-01T00:00Z", "missed_at": "2000-01-01T00:00Z"}
    yield Attempt(requests, "given_is_not_missed", {"organisation_id": "{mrt_organisation}"} | missed)
    yield Attempt(requests, "scenarios_positionrequest_round_tie", TO_STUCK | {"organisation_id": "{mrt_organisation}"})
    give = f"update {requests} set given_at = now() where id <> '{{free_request}}'"
    guard = "given_in_time"
    yield Attempt(requests, guard, give, "wat is gegeven of gemist blijft zo", first=f"{WRITTEN}; {give}")
    yield Attempt(requests, guard, give, "de ronde is al geopend", first=f"{WRITTEN}; {DUE}", is_web=True)
    yield Attempt(requests, guard, give, "een gegeven standpunt zegt iets")
    miss = f"update {requests} set missed_at = now()"
    yield Attempt(requests, guard, miss, "een standpunt is pas gemist na de uiterste datum")
    yield Attempt(positions, "scenarios_position_request_tie", {"request_id": "{free_request}"})
    edit = f"update {positions} set text = 'Anders'"
    yield Attempt(positions, "before_opening", edit, POSITION_STAYS, first=DUE, is_web=True)
    yield Attempt(files, "before_opening", {}, POSITION_STAYS, first=DUE, is_web=True)
    yield Attempt(files, "scenarios_positionfile_position_tie", TO_STUCK)


def of_questions_and_actions() -> Iterator[Attempt]:
    question, action, review = "scenarios_question", "scenarios_action", "scenarios_actionreview"
    yield Attempt(question, "question_is_due_after_asking", {"due_on": "2000-01-01"})
    answered = {"answer": "Ja", "answered_on": "2999-01-01", "answered_by_id": "{chair}"}
    for wrong in ({"answer": ""}, {"answered_on": None}, {"answered_by_id": None}, {"withdrawn_on": "2999-01-01"}):
        yield Attempt(question, "answer_has_a_day_and_a_hand", answered | wrong)
    yield Attempt(question, "answer_has_a_day_and_a_hand", answered | {"answered_on": "2000-01-01"})
    settled = {"result": "done", "settled_on": "2999-01-01", "settled_by_id": "{chair}"}
    for wrong in ({"result": "open"}, {"settled_on": None}, {"settled_by_id": None}):
        yield Attempt(action, "settled_action_has_a_day_and_a_hand", settled | wrong)
    yield Attempt(action, "impossible_says_why", settled | {"result": "impossible"})
    yield Attempt(action, "scenarios_action_decision_tie", TO_STUCK)
    yield Attempt(review, "an_action_is_reviewed_once_a_meeting", {})
    yield Attempt(review, "scenarios_actionreview_action_tie", TO_STUCK | {"meeting_id": "{later_meeting}"})


def of_minutes() -> Iterator[Attempt]:
    topic, minutes, correction = "scenarios_topic", "scenarios_itemminutes", "scenarios_correction"
    yield Attempt(topic, "topics_have_one_order", {})
    cancelled = STATUS_IS + "'cancelled'"
    yield Attempt(topic, "of_an_open_meeting", {"order": 99}, MINUTES_STAY, first=cancelled)
    yield Attempt(minutes, "scenarios_itemminutes_item_tie", {"item_id": "{open_item}"})
    edit = f"update {minutes} set discussion = 'Anders'"
    yield Attempt(minutes, "of_a_held_meeting", edit, MINUTES_STAY, first=cancelled)
    yield Attempt(correction, "correction_of_an_item_names_its_case", {"case_id": None})
    yield Attempt(correction, "correction_of_an_item_names_its_case", {"item_id": None})
    judged = {"state": "accepted", "judged_by_id": "{chair}", "judged_at": "2999-01-01T00:00Z"}
    for wrong in ({"state": "proposed"}, {"judged_by_id": None}, {"judged_at": None}):
        yield Attempt(correction, "judged_correction_has_a_moment_and_a_hand", judged | wrong)
    yield Attempt(correction, "scenarios_correction_item_tie", {"meeting_id": "{later_meeting}"})
    yield Attempt(correction, "scenarios_correction_item_tie", TO_STUCK)


OF_MEETINGS: list[Attempt] = [
    *of_the_table(),
    *of_positions(),
    *of_questions_and_actions(),
    *of_minutes(),
    Attempt("scenarios_nomination", "a_case_waits_once_for_an_agenda", {}),
    Attempt("scenarios_itemabsence", "one_absence_per_item", {}),
    Attempt("scenarios_itemabsence", "scenarios_itemabsence_item_tie", TO_STUCK | OF_ANOTHER),
    Attempt("scenarios_passage", "scenarios_passage_item_tie", TO_STUCK),
    Attempt(
        "scenarios_meeting",
        "closed_when_decided",
        "update scenarios_meeting set status = 'closed' where id = '{open_meeting}'",
        "een overleg sluit pas als over alles is besloten",
    ),
    Attempt(
        "scenarios_attendance",
        "who_is_present_is_not_absent",
        OF_ANOTHER | {"is_present": True, "absence": "apology"},
    ),
    Attempt(
        "scenarios_agendaitem",
        "scenarios_agendaitem_nomination_tie",
        IN_OTHER_MEETING | {"nomination_id": "{nomination_of_stuck}"},
    ),
    Attempt("scenarios_decision", "no_agreement_says_about_what", OPEN_ITEM | {"outcome": "no_agreement"}),
    Attempt("scenarios_decision", "ending_of_stay_has_a_day", OPEN_ITEM | {"outcome": "ending"}),
    Attempt(
        "scenarios_decision", "ending_of_stay_has_a_day", OPEN_ITEM | {"outcome": "postponed", "ends_on": "2999-01-01"}
    ),
    Attempt("scenarios_meeting", "one_meeting_a_day", {}),
    Attempt(
        "scenarios_meeting",
        "moves",
        "update scenarios_meeting set status = 'cancelled' where id = '{later_meeting}'",
        MEETING_STAYS,
    ),
    Attempt(
        "scenarios_meeting",
        "day_of_a_held_meeting",
        "update scenarios_meeting set held_on = '2001-01-01' where id = '{later_meeting}'",
        MEETING_STAYS,
    ),
    Attempt("scenarios_attendance", "one_attendance_per_organisation", {}),
    Attempt("scenarios_agendaitem", "a_case_stands_once_on_an_agenda", {"order": 99}),
    Attempt("scenarios_agendaitem", "agenda_has_one_order", IN_OTHER_MEETING | {"order": 1}),
    Attempt(
        "scenarios_agendaitem",
        "at_its_own_table",
        {"meeting_id": "{meeting_in_utrecht}"},
        "een zaak komt op de agenda van haar eigen gemeente",
    ),
    Attempt(
        "scenarios_decision",
        "decided_at_a_held_meeting",
        OPEN_ITEM | {"decided_on": "2019-01-01"},
        DECIDED_WHEN_HELD,
    ),
    Attempt(
        "scenarios_decision",
        "decided_at_a_held_meeting",
        OPEN_ITEM | {"case_id": "{case}"},
        DECIDED_WHEN_HELD,
    ),
    Attempt(
        "scenarios_decision",
        "decided_at_a_held_meeting",
        OPEN_ITEM,
        DECIDED_WHEN_HELD,
        first=STATUS_IS + "'planned'",
    ),
    Attempt("scenarios_scenario", "one_scenario_at_a_time", {"valid_until": None}),
    Attempt(
        "scenarios_scenario",
        "adopted_by_decision",
        GONE | {"valid_from": "2019-01-01"},
        NO_SCENARIO_WITHOUT,
    ),
    Attempt(
        "scenarios_scenario",
        "adopted_by_decision",
        GONE | {"decision_id": "{answering_decision}"},
        NO_SCENARIO_WITHOUT,
    ),
    Attempt(
        "scenarios_scenario",
        "adopted_by_decision",
        GONE | {"decision_id": "{free_decision}"},
        NO_SCENARIO_WITHOUT,
    ),
]
