"""Roles, permissions, and `GRANTS`: the table of which role has which permissions. Data only."""

from django.db.models import TextChoices


class Permission(TextChoices):
    """What a visitor needs for a page or an operation of the API. Every URL names one permission."""

    OPEN_HOME = "open_home", "Startpagina openen"
    SEE_CASES = "see_cases", "Zaken inzien"
    REGISTER_PERSON = "register_person", "Personen aanmelden"
    CORRECT_PERSON = "correct_person", "Persoonsgegevens aanvullen"
    MANAGE_PARTIES = "manage_parties", "Partijen bij een zaak betrekken"
    TEST_ADMISSION = "test_admission", "Toelatingstoets invullen"
    DECIDE_ADMISSION = "decide_admission", "Over toelating besluiten"
    MANAGE_STAY = "manage_stay", "Verblijf vastleggen"
    RECORD_PROCEDURE = "record_procedure", "Procedures vastleggen"
    RECORD_EXIT = "record_exit", "Uitstroom vastleggen"
    CORRECT_FACT = "correct_fact", "Feiten intrekken"
    WRITE_NOTE = "write_note", "Notities schrijven"
    SEE_MEETINGS = "see_meetings", "Overleggen inzien"
    PLAN_MEETING = "plan_meeting", "Overleggen plannen"
    SET_AGENDA = "set_agenda", "Agenda samenstellen"
    MANAGE_TABLE = "manage_table", "Afspraken over het LSO beheren"
    NOMINATE_CASE = "nominate_case", "Zaken voordragen"
    GIVE_POSITION = "give_position", "Standpunten geven"
    ASK_AND_ANSWER = "ask_and_answer", "Vragen stellen en beantwoorden"
    AGREE_ACTION = "agree_action", "Acties afspreken"
    REPORT_ACTION = "report_action", "Acties bijwerken"
    SEE_DEADLOCKS = "see_deadlocks", "Vastgelopen zaken en wachttijd inzien"
    TAKE_MINUTES = "take_minutes", "Verslag van het LSO maken"
    CORRECT_MINUTES = "correct_minutes", "Correcties op het verslag voorstellen"
    DECIDE_IN_MEETING = "decide_in_meeting", "Besluiten van het LSO vastleggen"
    REQUEST_ESCALATION = "request_escalation", "Opschalen naar het MRT"
    SEE_ESCALATIONS = "see_escalations", "MRT-zaken inzien"
    PREPARE_REVIEW = "prepare_review", "MRT-aanvraag uitwerken en voorbereiden"
    COMPOSE_TEAM = "compose_team", "MRT samenstellen"
    JUDGE_WAIVER = "judge_waiver", "Over een uitzondering voor een MRT-lid beslissen"
    ADVISE = "advise", "MRT-bespreking en advies vastleggen"
    SIGN_ADVICE = "sign_advice", "MRT-advies ondertekenen"
    ANSWER_ADVICE = "answer_advice", "MRT-advies beantwoorden"
    RAISE_ESCALATION = "raise_escalation", "MRT-zaken hogerop brengen"
    SEE_MONITOR = "see_monitor", "Monitor inzien"
    SEE_CASES_BEHIND_FIGURES = "see_cases_behind_figures", "Zaken achter een cijfer inzien"
    STATE_FIGURES = "state_figures", "Cijfers van de gemeente verklaren"
    SETTLE_FIGURES = "settle_figures", "Cijfers vergelijken met de eigen administratie"
    MANAGE_ROUNDS = "manage_rounds", "Rondes van de monitor beheren"
    READ_FIGURES = "read_figures", "Cijfers ophalen met de API"
    SEE_DISCLOSURES = "see_disclosures", "Inzagelogboek bekijken"
    MANAGE_USERS = "manage_users", "Gebruikers beheren"
    IMPORT_LISTS = "import_lists", "Lijsten inlezen"


class Role(TextChoices):
    """The function of a user in an organisation (domain 1.5)."""

    CASE_WORKER = "case_worker", "Casusregisseur gemeente"
    CHAIR = "chair", "Voorzitter LSO"
    COUNSELLOR = "counsellor", "Begeleider ngo"
    CARE_PROFESSIONAL = "care_professional", "Zorgprofessional"
    IND_MEMBER = "ind_member", "Lid IND"
    DTV_MEMBER = "dtv_member", "Lid DT&V"
    AVIM_MEMBER = "avim_member", "Lid AVIM"
    MRT_MEMBER = "mrt_member", "Lid MRT"
    MRT_COORDINATOR = "mrt_coordinator", "Coördinator MRT"
    MONITOR_COORDINATOR = "monitor_coordinator", "Coördinator monitor"
    PRIVACY_OFFICER = "privacy_officer", "Privacy officer"
    APPLICATION_MANAGER = "application_manager", "Functioneel beheerder"
    MACHINE_CLIENT = "machine_client", "Machinekoppeling"


P = Permission
_PARTNER = frozenset(
    {
        P.OPEN_HOME,
        P.SEE_CASES,
        P.WRITE_NOTE,
        P.SEE_MEETINGS,
        P.NOMINATE_CASE,
        P.GIVE_POSITION,
        P.ASK_AND_ANSWER,
        P.REPORT_ACTION,
        P.CORRECT_MINUTES,
        P.SEE_ESCALATIONS,
        P.PREPARE_REVIEW,
        P.SEE_MONITOR,
    }
)
_CASE_WORKER = _PARTNER | {
    P.REGISTER_PERSON,
    P.CORRECT_PERSON,
    P.MANAGE_PARTIES,
    P.TEST_ADMISSION,
    P.DECIDE_ADMISSION,
    P.MANAGE_STAY,
    P.RECORD_PROCEDURE,
    P.RECORD_EXIT,
    P.CORRECT_FACT,
    P.SET_AGENDA,
    P.AGREE_ACTION,
    P.SEE_DEADLOCKS,
    P.TAKE_MINUTES,
    P.SIGN_ADVICE,
    P.SEE_CASES_BEHIND_FIGURES,
    P.IMPORT_LISTS,
}

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.CASE_WORKER: _CASE_WORKER,
    Role.CHAIR: _CASE_WORKER
    | {
        P.PLAN_MEETING,
        P.MANAGE_TABLE,
        P.DECIDE_IN_MEETING,
        P.REQUEST_ESCALATION,
        P.JUDGE_WAIVER,
        P.ANSWER_ADVICE,
        P.RAISE_ESCALATION,
        P.STATE_FIGURES,
    },
    Role.COUNSELLOR: _PARTNER | {P.SIGN_ADVICE},
    Role.CARE_PROFESSIONAL: frozenset({P.OPEN_HOME, P.SEE_CASES, P.WRITE_NOTE}),
    Role.IND_MEMBER: _PARTNER | {P.RECORD_PROCEDURE, P.SETTLE_FIGURES},
    Role.DTV_MEMBER: _PARTNER | {P.SETTLE_FIGURES},
    Role.AVIM_MEMBER: _PARTNER,
    Role.MRT_MEMBER: frozenset({P.OPEN_HOME, P.SEE_CASES, P.SEE_ESCALATIONS, P.SIGN_ADVICE}),
    Role.MRT_COORDINATOR: frozenset(
        {
            P.OPEN_HOME,
            P.SEE_CASES,
            P.SEE_ESCALATIONS,
            P.PREPARE_REVIEW,
            P.COMPOSE_TEAM,
            P.ADVISE,
            P.RAISE_ESCALATION,
            P.SEE_MONITOR,
        }
    ),
    Role.MONITOR_COORDINATOR: frozenset({P.OPEN_HOME, P.SEE_MONITOR, P.READ_FIGURES, P.MANAGE_ROUNDS}),
    Role.PRIVACY_OFFICER: frozenset({P.OPEN_HOME, P.SEE_DISCLOSURES}),
    Role.APPLICATION_MANAGER: frozenset({P.OPEN_HOME, P.MANAGE_USERS}),
    Role.MACHINE_CLIENT: frozenset({P.READ_FIGURES}),
}
