"""Which case, meeting and escalation of the demo world the browser opens, asked of the database under a user's key."""

from collections.abc import Mapping
from functools import cache

import psycopg

# Address names are looked up by the model that the gate loads; the first row that fits is as good as any.
_QUERIES = {
    "Case": """select c.id from cases_case c join cases_stay s on s.case_id = c.id and s.withdrawn_at is null
        and s.valid_until is null where c.closed_on is null order by c.number limit 1""",
    "Closed": "select id from cases_case where closed_on is not null order by number limit 1",
    "Meeting": "select id from scenarios_meeting where status = 'planned' order by held_on limit 1",
    "AgendaItem": """select i.id from scenarios_agendaitem i join scenarios_meeting m on m.id = i.meeting_id
        where m.status = 'planned' order by m.held_on, i."order" limit 1""",
    "Decision": """select d.id from scenarios_decision d left join mrt_escalation e on e.decision_id = d.id
        where d.outcome = 'escalated' order by e.id nulls first limit 1""",
    "Escalation": """select e.id from mrt_escalation e left join mrt_answer a on a.escalation_id = e.id
        order by a.id nulls first limit 1""",
    "Preparation": """select p.id from mrt_preparation p join accounts_organisation o on o.id = p.organisation_id
        where o.kind = 'municipality' order by p.done_on nulls first limit 1""",
    "Waiver": "select id from mrt_waiver order by is_granted nulls first limit 1",
    "Rung": "select id from mrt_rung order by ruled_on nulls first limit 1",
    "Round": "select id from monitor_round where cancelled_at is null order by known_at desc limit 1",
    "Closed round": "select id from monitor_round where known_at < now() order by known_at limit 1",
    "Release": "select id from monitor_release order by made_at desc limit 1",
    "Exemption": "select id from monitor_exemption where ended_at is null limit 1",
    "EarlyReader": "select id from monitor_earlyreader order by given_at desc limit 1",
    # Of Amsterdam, which has still to state its figures, for a chair; what was stated comes first for the bureau.
    "Tally": """select t.id from monitor_tally t join monitor_round r on r.id = t.round_id
        left join monitor_statement s on s.tally_id = t.id and s.withdrawn_at is null
        left join monitor_signature g on g.statement_id = s.id and g.kind = 'accepted'
        where r.cancelled_at is null
          and (lvv_is_bureau() or t.municipality_id in (select lvv_directed_municipalities()))
        order by r.known_at desc, g.id nulls first, s.id nulls last limit 1""",
    # What a partner and a municipality differ on, for who takes part in that; otherwise the newest that one sees.
    "Item": """select i.id from monitor_item i join monitor_reply r on r.item_id = i.id
        left join monitor_ruling u on u.reply_id = r.id
        where i.withdrawn_at is null and r.answer <> 'agrees' and u.id is null order by i."on" limit 1""",
    "Settlement": """select s.id from monitor_settlement s join monitor_round r on r.id = s.round_id
        left join monitor_item i on i.settlement_id = s.id
        where r.cancelled_at is null order by i.id nulls last, r.known_at desc limit 1""",
    "Import": """select id from accounts_import where state = 'checked'
        order by jsonb_array_length(findings), uploaded_at limit 1""",
    "Topic": "select t.id from scenarios_topic t join scenarios_meeting m on m.id = t.meeting_id limit 1",
    "PositionRequest": """select q.id from scenarios_positionrequest q join scenarios_position p on p.request_id = q.id
        where q.given_at is null order by q.id limit 1""",
    "PositionFile": "select id from scenarios_positionfile limit 1",
    "Passage": "select id from scenarios_passage limit 1",
    "Action": "select id from scenarios_action where result = 'open' order by due_on limit 1",
    "Nomination": "select id from scenarios_nomination where state = 'waiting' limit 1",
    "AskedOfUs": """select q.id from scenarios_question q join accounts_organisation o on o.id = q.organisation_id
        where o.kind = 'municipality' and q.answered_on is null limit 1""",
    "Question": """select q.id from scenarios_question q join accounts_organisation o on o.id = q.asker_id
        where o.kind = 'municipality' and q.answered_on is null limit 1""",
    "user": "select id from accounts_user where email like 'begeleider.%%' order by email limit 1",
    "client": "select id from allauth_idp_oidc_client order by created_at limit 1",
    "membership": """select m.id from accounts_membership m join accounts_user u on u.id = m.user_id
        where u.email like 'begeleider.%%' and m.until is null order by u.email limit 1""",
    "stay": "select id from cases_stay where withdrawn_at is null and valid_until is null and case_id = %(case)s",
    "party": "select id from cases_caseparty where case_id = %(case)s and basis = 'partner' and until is null limit 1",
    "procedure": "select id from cases_procedure where withdrawn_at is null and case_id = %(case)s limit 1",
}


@cache
def find(url: str, email: str) -> Mapping[str, str]:
    """Ids by model name, of what this user sees; a name is missing where there is nothing."""
    with psycopg.connect(url) as connection:
        user = connection.execute("select id from accounts_user where email = %s", [email]).fetchone()
        assert user is not None, f"{email} is geen proefaccount"
        connection.execute("select set_config('lvv.user', %s, true)", [str(user[0])])
        found: dict[str, str] = {}
        for name, query in _QUERIES.items():
            row = connection.execute(query, {"case": found.get("Case")}).fetchone()
            if row is not None:
                found[name] = str(row[0])
        return found
