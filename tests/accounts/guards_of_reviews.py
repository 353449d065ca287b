"""The guards of the MRT: requests, seats, advices, answers and what lies above them."""

from collections.abc import Iterator

from tests.accounts.attempts import GONE, TO_CASE, TO_STUCK, Attempt
from tests.accounts.sql import Row

FREE_DECISION: Row = {"decision_id": "{free_decision}", "case_id": "{case}"}
OTHER_ANSWER: Row = {"escalation_id": "{other_escalation}", "decision_id": "{stuck_decision}"}
IN_CASE: Row = {"case_id": "{case}"}
IN_STUCK: Row = {"case_id": "{stuck}"}
OPEN: Row = {"ruling": "", "direction": "", "text": "", "ruled_on": None, "ruled_by_id": None}
HIGHER: Row = {"level": "programme"}
FOR_CHAIR: Row = {"user_id": "{chair}", "asked_by_id": "{mrt_member}"}
TWO_DIRECTIONS: Row = {"no_durable_solution": True, "direction": "stay"}
NO_DIRECTION: Row = {"no_durable_solution": False, "direction": ""}
NATIONAL = "role = 'dtv'"
ROOM = "update mrt_advice set withdrawn_at = now(), withdrawn_by_id = {chair}, withdrawal_reason = 'Proef'"
SIGNED = "een advies is zijn concept, door een ander ondertekend"


def of_requests() -> Iterator[Attempt]:
    table, line = "mrt_escalation", "mrt_preparation"
    yield Attempt(table, "mrt_escalation_decision_tie", FREE_DECISION | {"case_id": "{stuck}"})
    yield Attempt(table, "disagreement_says_about_what", FREE_DECISION | {"disagreements": ["law"]})
    yield Attempt(table, "disagreement_says_about_what", FREE_DECISION | {"ground": "disagreement"})
    yield Attempt(table, "a_planned_review_has_a_place", FREE_DECISION | {"meets_at": "2999-01-01T10:00Z"})
    yield Attempt(table, "a_planned_review_has_a_place", FREE_DECISION | {"place": "Stadhuis"})
    done = {"done_on": "2999-01-01", "done_by_id": "{chair}"}
    for wrong in ({"done_on": None}, {"done_by_id": None}, {"done_on": None, "done_by_id": None, "note": "Klaar"}):
        yield Attempt(line, "prepared_line_has_a_day_and_a_hand", done | wrong)
    yield Attempt(line, "mrt_preparation_escalation_tie", IN_CASE)


def of_the_team() -> Iterator[Attempt]:
    waiver, seat, presence = "mrt_waiver", "mrt_seat", "mrt_presence"
    yield Attempt(waiver, "one_waiver_for_a_member", {})
    for wrong in ({"judgement": ""}, {"judged_by_id": None}, {"judged_at": None}, {"is_granted": None}):
        yield Attempt(waiver, "judged_waiver_has_a_hand_and_a_reason", FOR_CHAIR | wrong)
    yield Attempt(waiver, "nobody_judges_their_own_waiver", FOR_CHAIR | {"asked_by_id": "{chair}"})
    yield Attempt(waiver, "mrt_waiver_escalation_tie", FOR_CHAIR | IN_CASE)
    yield Attempt(seat, "seat_ends_after_start", {"until": "2000-01-01"})
    yield Attempt(seat, "one_seat_per_member", [{"until": None}] * 2)
    yield Attempt(seat, "national_members_declare_to_be_uninvolved", {"declared_uninvolved": False}, like=NATIONAL)
    yield Attempt(seat, "mrt_seat_escalation_tie", IN_STUCK)
    yield Attempt(seat, "mrt_seat_waiver_tie", {"waiver_id": "{waiver}"}, like=NATIONAL)
    involved = {"user_id": "{chair}"}
    yield Attempt(seat, "seat_is_independent", involved, "een lid was eerder betrokken", like=NATIONAL)
    of_whom = {"user_id": "{waived}", "waiver_id": "{waiver}"}
    refused = "update mrt_waiver set is_granted = false"
    guard, says = "seat_is_independent", "de uitzondering is niet toegestaan"
    yield Attempt(seat, guard, of_whom, says, like=NATIONAL, first=refused)
    yield Attempt(presence, "a_seat_is_present_or_not", {})
    yield Attempt(presence, "mrt_presence_discussion_tie", {"discussion_id": "{discussion_of_case}"})
    yield Attempt(presence, "mrt_presence_seat_tie", {"seat_id": "{seat_of_case}"})


def of_advices() -> Iterator[Attempt]:
    draft, advice, remark = "mrt_draft", "mrt_advice", "mrt_remark"
    yield Attempt("mrt_discussion", "mrt_discussion_escalation_tie", GONE | TO_STUCK)
    free = IN_STUCK | {"escalation_id": "{other_escalation}"}
    yield Attempt(draft, "mrt_draft_escalation_tie", free | IN_CASE)
    yield Attempt(advice, "one_standing_advice", {})
    for wrong in (TWO_DIRECTIONS, NO_DIRECTION):
        yield Attempt(draft, "draft_names_a_direction_or_none", free | wrong)
        yield Attempt(advice, "advice_names_a_direction_or_none", GONE | wrong)
    yield Attempt(advice, "mrt_advice_escalation_tie", GONE | TO_CASE)
    yield Attempt(advice, "signed_by_another", {"text": "Een ander advies"}, SIGNED, first=ROOM, is_web=True)
    yield Attempt(advice, "signed_by_another", {"drafted_by_id": "{chair}"}, SIGNED, first=ROOM, is_web=True)
    by_one = "update mrt_draft set edited_by_id = {chair}"
    columns = {"drafted_by_id": "{chair}", "recorded_by_id": "{chair}"}
    yield Attempt(advice, "signed_by_another", columns, SIGNED, first=f"{ROOM}; {by_one}", is_web=True)
    yield Attempt(remark, "mrt_remark_escalation_tie", {"seat_id": "{spare_seat}"} | IN_CASE)
    yield Attempt(remark, "mrt_remark_seat_tie", {"seat_id": "{seat_of_member}"})


def of_what_follows() -> Iterator[Attempt]:
    answer, rung = "mrt_answer", "mrt_rung"
    yield Attempt(answer, "deviation_has_a_reason", OTHER_ANSWER | {"is_adopted": False, "reason": ""})
    yield Attempt(answer, "mrt_answer_escalation_tie", OTHER_ANSWER | {"escalation_id": "{escalation_of_case}"})
    yield Attempt(answer, "mrt_answer_decision_tie", OTHER_ANSWER | {"decision_id": "{free_decision}"})
    yield Attempt(rung, "each_rung_once", {})
    yield Attempt(rung, "one_rung_at_a_time", [OPEN | HIGHER, OPEN | {"level": "administrative"}])
    guard = "ruling_has_a_day_and_a_hand"
    for wrong in ({"ruling": ""}, {"text": ""}, {"ruled_on": None}, {"ruled_by_id": None}, {"ruled_on": "2000-01-01"}):
        yield Attempt(rung, guard, HIGHER | wrong)
    yield Attempt(rung, "another_direction_is_named", HIGHER | {"ruling": "other"})
    yield Attempt(rung, "another_direction_is_named", HIGHER | {"direction": "stay"})
    passed_on = {"level": "administrative", "ruling": "passed_on"}
    yield Attempt(rung, "nothing_above_the_highest_rung", passed_on)
    yield Attempt(rung, "mrt_rung_escalation_tie", HIGHER | IN_CASE)


OF_REVIEWS: list[Attempt] = [*of_requests(), *of_the_team(), *of_advices(), *of_what_follows()]
