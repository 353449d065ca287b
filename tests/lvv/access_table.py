"""Who reaches what, declared: every address of ours with its permission, and who sees the case of the test world.

The access matrix reads the addresses from the running system and compares; an address that is missing here, or
superfluous, makes it red.
"""

from accounts.permissions import Permission, Role

# Address name -> the permission it asks.
PAGES: dict[str, Permission] = {
    "accounts:disclosure_list": Permission.SEE_DISCLOSURES,
    "accounts:membership_add": Permission.MANAGE_USERS,
    "accounts:membership_end": Permission.MANAGE_USERS,
    "accounts:user_add": Permission.MANAGE_USERS,
    "accounts:user_list": Permission.MANAGE_USERS,
    "case": Permission.SEE_CASES,
    "cases:admission_decide": Permission.DECIDE_ADMISSION,
    "cases:admission_test": Permission.TEST_ADMISSION,
    "cases:case_close": Permission.RECORD_EXIT,
    "cases:case_list": Permission.SEE_CASES,
    "cases:case_search": Permission.SEE_CASES,
    "cases:exit_record": Permission.RECORD_EXIT,
    "cases:fact_withdraw": Permission.CORRECT_FACT,
    "cases:identity_restate": Permission.CORRECT_PERSON,
    "cases:note_write": Permission.WRITE_NOTE,
    "cases:party_add": Permission.MANAGE_PARTIES,
    "cases:party_end": Permission.MANAGE_PARTIES,
    "cases:person_register": Permission.REGISTER_PERSON,
    "cases:person_return": Permission.REGISTER_PERSON,
    "cases:person_search": Permission.REGISTER_PERSON,
    "cases:procedure_decide": Permission.RECORD_PROCEDURE,
    "cases:procedure_file": Permission.RECORD_PROCEDURE,
    "cases:stay_end": Permission.MANAGE_STAY,
    "cases:stay_place": Permission.MANAGE_STAY,
    "cases:waiting_start": Permission.MANAGE_STAY,
    "cases:waiting_stop": Permission.MANAGE_STAY,
    "home": Permission.OPEN_HOME,
    "monitor:definition_detail": Permission.SEE_MONITOR,
    "monitor:definition_list": Permission.SEE_MONITOR,
    "monitor:figure": Permission.SEE_MONITOR,
    "monitor:figure_cases": Permission.SEE_CASES_BEHIND_FIGURES,
    "monitor:measurement": Permission.SEE_MONITOR,
    "monitor:measurement_csv": Permission.SEE_MONITOR,
    "monitor:prior_advices": Permission.SEE_ESCALATIONS,
    "monitor:reader_add": Permission.MANAGE_ROUNDS,
    "monitor:reader_stop": Permission.MANAGE_ROUNDS,
    "monitor:release_detail": Permission.SEE_MONITOR,
    "monitor:release_file_json": Permission.SEE_MONITOR,
    "monitor:release_list": Permission.SEE_MONITOR,
    "monitor:release_make": Permission.MANAGE_ROUNDS,
    "monitor:release_move": Permission.MANAGE_ROUNDS,
    "monitor:release_proof_json": Permission.SEE_MONITOR,
    "monitor:review_analysis": Permission.SEE_MONITOR,
    "monitor:review_analysis_csv": Permission.SEE_MONITOR,
    "monitor:round_cancel": Permission.MANAGE_ROUNDS,
    "monitor:round_detail": Permission.SEE_MONITOR,
    "monitor:round_exempt": Permission.MANAGE_ROUNDS,
    "monitor:round_list": Permission.SEE_MONITOR,
    "monitor:round_move": Permission.MANAGE_ROUNDS,
    "monitor:round_open": Permission.MANAGE_ROUNDS,
    "monitor:exemption_end": Permission.MANAGE_ROUNDS,
    "monitor:item_reply": Permission.SETTLE_FIGURES,
    "monitor:item_rule": Permission.STATE_FIGURES,
    "monitor:settlement_agree": Permission.SETTLE_FIGURES,
    "monitor:settlement_compare": Permission.SETTLE_FIGURES,
    "monitor:settlement_detail": Permission.SEE_MONITOR,
    "monitor:settlement_example_csv": Permission.SETTLE_FIGURES,
    "monitor:settlement_missing": Permission.SETTLE_FIGURES,
    "monitor:settlement_sign": Permission.SETTLE_FIGURES,
    "monitor:tally_accept": Permission.MANAGE_ROUNDS,
    "monitor:tally_detail": Permission.SEE_MONITOR,
    "monitor:tally_send_back": Permission.MANAGE_ROUNDS,
    "monitor:tally_signal": Permission.SEE_CASES_BEHIND_FIGURES,
    "monitor:tally_state": Permission.STATE_FIGURES,
    "monitor:tally_take_back": Permission.STATE_FIGURES,
    "monitor:then_and_now": Permission.SEE_MONITOR,
    "mrt:advice_draft": Permission.ADVISE,
    "mrt:advice_revise": Permission.ADVISE,
    "mrt:advice_sign": Permission.SIGN_ADVICE,
    "mrt:answer_record": Permission.ANSWER_ADVICE,
    "mrt:discussion_record": Permission.ADVISE,
    "mrt:escalation_climb": Permission.RAISE_ESCALATION,
    "mrt:escalation_detail": Permission.SEE_ESCALATIONS,
    "mrt:escalation_list": Permission.SEE_ESCALATIONS,
    "mrt:escalation_request": Permission.REQUEST_ESCALATION,
    "mrt:guest_invite": Permission.COMPOSE_TEAM,
    "mrt:help_ask": Permission.PREPARE_REVIEW,
    "mrt:preparation_finish": Permission.PREPARE_REVIEW,
    "mrt:remark_write": Permission.SIGN_ADVICE,
    "mrt:request_elaborate": Permission.PREPARE_REVIEW,
    "mrt:request_sheet": Permission.SEE_ESCALATIONS,
    "mrt:review_convene": Permission.COMPOSE_TEAM,
    "mrt:rung_rule": Permission.RAISE_ESCALATION,
    "mrt:seat_assign": Permission.COMPOSE_TEAM,
    "mrt:seat_release": Permission.COMPOSE_TEAM,
    "mrt:waiver_ask": Permission.COMPOSE_TEAM,
    "mrt:waiver_judge": Permission.JUDGE_WAIVER,
    "room:decide": Permission.DECIDE_IN_MEETING,
    "room:item": Permission.TAKE_MINUTES,
    "room:leave": Permission.TAKE_MINUTES,
    "room:projector": Permission.SEE_MEETINGS,
    "room:start": Permission.TAKE_MINUTES,
    "room:topic_write": Permission.TAKE_MINUTES,
    "room:topics": Permission.TAKE_MINUTES,
    "room:write": Permission.TAKE_MINUTES,
    "scenarios:agenda_pdf": Permission.SEE_MEETINGS,
    "scenarios:action_agree": Permission.AGREE_ACTION,
    "scenarios:action_list": Permission.REPORT_ACTION,
    "scenarios:action_review": Permission.TAKE_MINUTES,
    "scenarios:action_settle": Permission.REPORT_ACTION,
    "scenarios:deadlocks": Permission.SEE_DEADLOCKS,
    "scenarios:agenda_order": Permission.SET_AGENDA,
    "scenarios:agenda_send": Permission.SET_AGENDA,
    "scenarios:agenda_topics": Permission.SET_AGENDA,
    "scenarios:passage_remove": Permission.SET_AGENDA,
    "scenarios:passage_write": Permission.SET_AGENDA,
    "scenarios:case_nominate": Permission.NOMINATE_CASE,
    "scenarios:nomination_withdraw": Permission.NOMINATE_CASE,
    "scenarios:nominations_place": Permission.SET_AGENDA,
    "scenarios:table_rules": Permission.MANAGE_TABLE,
    "scenarios:track_start": Permission.AGREE_ACTION,
    "scenarios:waiting_list": Permission.SEE_MEETINGS,
    "scenarios:attendance": Permission.TAKE_MINUTES,
    "scenarios:correction_propose": Permission.CORRECT_MINUTES,
    "scenarios:meeting_close": Permission.PLAN_MEETING,
    "scenarios:meeting_reopen": Permission.PLAN_MEETING,
    "scenarios:minutes": Permission.SEE_MEETINGS,
    "scenarios:minutes_adopt": Permission.DECIDE_IN_MEETING,
    "scenarios:item_add": Permission.SET_AGENDA,
    "scenarios:item_take_off": Permission.SET_AGENDA,
    "scenarios:position_file": Permission.SEE_MEETINGS,
    "scenarios:position_file_remove": Permission.GIVE_POSITION,
    "scenarios:position_write": Permission.GIVE_POSITION,
    "scenarios:positions_ask": Permission.SET_AGENDA,
    "scenarios:positions_ask_all": Permission.SET_AGENDA,
    "scenarios:preparation": Permission.GIVE_POSITION,
    "scenarios:question_answer": Permission.ASK_AND_ANSWER,
    "scenarios:question_ask": Permission.ASK_AND_ANSWER,
    "scenarios:question_list": Permission.ASK_AND_ANSWER,
    "scenarios:question_withdraw": Permission.ASK_AND_ANSWER,
    "scenarios:excerpt_pdf": Permission.SEE_MEETINGS,
    "scenarios:meeting_cancel": Permission.PLAN_MEETING,
    "scenarios:meeting_detail": Permission.SEE_MEETINGS,
    "scenarios:meeting_hold": Permission.PLAN_MEETING,
    "scenarios:meeting_ics": Permission.SEE_MEETINGS,
    "scenarios:meeting_list": Permission.SEE_MEETINGS,
    "scenarios:meeting_plan": Permission.PLAN_MEETING,
    "scenarios:minutes_pdf": Permission.SEE_MEETINGS,
}

# Reached without logging in.
OPEN = {
    "account_login",
    "account_logout",
    "mfa_authenticate",
    "accounts:demo_login",
    "health_live",
    "health_ready",
    "public:edition_list",
    "public:edition_detail",
    "public:edition_file_json",
    "public:keys_json",
    "public:verifier_py",
}

# Everybody's own business once logged in: password and second factor.
OWN_ACCOUNT_PREFIXES = ("account_", "mfa_")

# Who takes part in the case of the test world, in Amsterdam; nobody else sees it.
SEES_THE_CASE = frozenset(
    {
        Role.CASE_WORKER,
        Role.CHAIR,
        Role.COUNSELLOR,
        Role.CARE_PROFESSIONAL,
        Role.IND_MEMBER,
        Role.DTV_MEMBER,
        Role.AVIM_MEMBER,
        Role.MRT_MEMBER,
        Role.MRT_COORDINATOR,
    }
)
# Who sits at Amsterdam's table, and so sees its meetings.
SITS_AT_THE_TABLE = SEES_THE_CASE - {Role.MRT_MEMBER, Role.MRT_COORDINATOR}

# Who sees what Amsterdam states in a round of the monitor.
SEES_THE_TALLY = frozenset({Role.CASE_WORKER, Role.CHAIR, Role.PRIVACY_OFFICER, Role.MONITOR_COORDINATOR})

# Who sees what Amsterdam and the IND compare; the bureau sees how far they are, and nobody of whom it is about.
SEES_THE_ITEM = frozenset({Role.CASE_WORKER, Role.CHAIR, Role.PRIVACY_OFFICER, Role.IND_MEMBER})
SEES_THE_SETTLEMENT = SEES_THE_ITEM | {Role.MONITOR_COORDINATOR}

# Pages on which only one party of what they are about has a part; all others are refused.
_MUNICIPALITY = frozenset({Role.CASE_WORKER, Role.CHAIR})
ONE_PARTY: dict[str, frozenset[Role]] = {
    "mrt:preparation_finish": _MUNICIPALITY,
    "mrt:rung_rule": frozenset({Role.CHAIR}),
    "scenarios:nomination_withdraw": _MUNICIPALITY,
    "scenarios:position_write": _MUNICIPALITY,
    "scenarios:question_answer": frozenset({Role.IND_MEMBER}),
    "scenarios:question_withdraw": _MUNICIPALITY,
}
# Whose organisation writes the position of the test world, which is not open yet.
READS_THE_DRAFT = _MUNICIPALITY | {Role.PRIVACY_OFFICER}
