"""The guards of the rounds of the monitor: who may sign what, and that nothing changes after its end."""

from collections.abc import Iterator

from tests.accounts.attempts import Attempt
from tests.accounts.sql import Row

LATER: Row = {"on": "2020-03-01"}
ENDED: Row = {"withdrawn_at": "2999-01-01T00:00Z", "withdrawal": "touched"}
TAKEN_BACK: Row = {**ENDED, "withdrawal": "taken_back", "withdrawn_by_id": "{chair}", "withdrawal_reason": "Proef"}
LAPSE = "update monitor_round set cancelled_at = now(), cancelled_by_id = {chair}, cancellation = 'Proef'"
END = "update monitor_statement set withdrawn_at = now() + interval '1 day', withdrawal = 'touched'"
ONLY_ADDED_TO = "deze tabel wordt alleen aangevuld"
SECRET = "publish_at > now()"
BY_THE_CHAIR = "kind = 'stated'"


def of_rounds() -> Iterator[Attempt]:
    table, tally = "monitor_round", "monitor_tally"
    yield Attempt(table, "one_round_for_a_date_and_set", {})
    for wrong in ({"cancelled_at": "2999-01-01T00:00Z"}, {"cancelled_by_id": "{chair}"}, {"cancellation": "Proef"}):
        yield Attempt(table, "cancelled_round_has_a_hand_and_a_reason", LATER | wrong)
    again = "update monitor_round set cancelled_at = null, cancelled_by_id = null, cancellation = ''"
    yield Attempt(table, "lapsed_round_stays", again, "een vervallen ronde verandert niet", first=LAPSE)
    yield Attempt(tally, "one_tally_per_municipality", {})


def of_statements() -> Iterator[Attempt]:
    table = "monitor_statement"
    yield Attempt(table, "one_standing_statement_per_tally", {})
    yield Attempt(table, "residual_is_explained", ENDED | {"residual": 5, "explanation": ""})
    for wrong in (
        {"withdrawal": ""},
        {"withdrawn_by_id": "{chair}"},
        {"withdrawal_reason": "Proef"},
        {"withdrawn_at": "2000-01-01T00:00Z"},
    ):
        yield Attempt(table, "withdrawn_statement_says_why", ENDED | wrong)
    unseen = "one_standing_statement_per_tally"
    yield Attempt(table, "withdrawn_statement_says_why", {"withdrawal": "touched"}, behind=unseen)
    for lacking in (Row(withdrawal_reason=""), Row(withdrawn_by_id=None)):
        yield Attempt(table, "withdrawn_statement_says_why", TAKEN_BACK | lacking)
    back = """update monitor_statement set withdrawal = 'taken_back', withdrawn_by_id = {chair},
        withdrawal_reason = 'Proef' where id = '{other_statement}'"""
    ended = f"{END} where id = '{{other_statement}}'"
    yield Attempt(table, "statement_ends_once", back, "een vervallen verklaring komt niet terug", first=ended)
    yield Attempt(table, "monitor_statement_tally_tie", ENDED | {"round_id": "{empty_round}"})


def of_signatures() -> Iterator[Attempt]:
    table = "monitor_signature"
    elsewhere: Row = {"statement_id": "{statement_elsewhere}", "round_id": "{other_round}"}
    yield Attempt(table, "a_statement_is_signed_once_for_each_purpose", {})
    for_utrecht = {"statement_id": "{other_statement}", "party_id": "{organisation_in_utrecht}"}
    yield Attempt(table, "nobody_signs_for_two_parties", for_utrecht, like=BY_THE_CHAIR)
    yield Attempt(table, "monitor_signature_statement_tie", {"statement_id": "{statement_elsewhere}"})
    ended = f"{END} where id = '{{statement_elsewhere}}'"
    says = "een vervallen verklaring wordt niet ondertekend"
    yield Attempt(table, "signs_what_stands", elsewhere, says, like=BY_THE_CHAIR, first=ended)
    now = "het moment van ondertekenen is nu"
    later = elsewhere | {"at": "2999-01-01T00:00Z"}
    yield Attempt(table, "signs_what_stands", later, now, like=BY_THE_CHAIR, is_web=True)


def of_what_is_signed() -> Iterator[Attempt]:
    table, guard, for_the_ind = "monitor_signature", "signature_is_on_what_it_is_for", "kind = 'settled'"
    statement: Row = {"statement_id": "{statement_elsewhere}"}
    settlement: Row = {"settlement_id": "{settlement_elsewhere}"}
    elsewhere: Row = {"round_id": "{other_round}", "user_id": "{chair}"}
    for wrong in (Row(fingerprint="x"), settlement):
        yield Attempt(table, guard, elsewhere | statement | wrong, like=BY_THE_CHAIR)
    for wrong in (Row(fingerprint=""), statement):
        yield Attempt(table, guard, elsewhere | settlement | wrong, like=for_the_ind)
    untied = elsewhere | settlement | {"round_id": "{empty_round}"}
    yield Attempt(table, "monitor_signature_settlement_tie", untied, like=for_the_ind)


def of_settlements() -> Iterator[Attempt]:
    table, item, reply, ruling = "monitor_settlement", "monitor_item", "monitor_reply", "monitor_ruling"
    yield Attempt(table, "one_settlement_per_municipality_and_partner", {})
    yield Attempt(table, "settled_with_a_partner", {"partner": "avim"})
    gone: Row = {"withdrawn_at": "2999-01-01T00:00Z"}
    of_an_exit = "exit_id is not null"
    yield Attempt(item, "an_exit_is_compared_once", {}, like=of_an_exit)
    nobody: Row = {"exit_id": None}
    yield Attempt(item, "item_about_nobody_here_links_to_nobody", nobody | {"person_id": "{person_of_item}"})
    for datum in ("v_number", "name", "born"):
        yield Attempt(item, "withdrawn_item_identifies_nobody", gone | {datum: "1"})
    change = "update monitor_item set {} where id = '{{original}}'"
    stays = "wat is voorgelegd verandert niet"
    for wrong in ("v_number = '1'", "name = '1'", "born = '1'", "\"on\" = '2020-01-01'", "category = 'return'"):
        yield Attempt(item, "item_fades", change.format(wrong), stays)
    filled_in = change.format("person_id = '{person_of_item}'").replace("{{", "{").replace("}}", "}")
    emptied = change.format("person_id = null")
    yield Attempt(item, "item_fades", filled_in, stays, like=of_an_exit, first=emptied)
    ended, again = change.format("withdrawn_at = now()"), change.format("withdrawn_at = null")
    yield Attempt(item, "item_fades", again, "wat is vervallen komt niet terug", first=ended)
    not_ours = "een regel gaat over uitstroom van de gemeente"
    for abroad in (Row(settlement_id="{settlement_in_utrecht}"), Row(person_id="{person_of_stuck}")):
        yield Attempt(item, "of_its_municipality", gone | abroad, not_ours, like=of_an_exit)
    third: Row = {"number": 3, "by_id": "{chair}"}
    yield Attempt(reply, "one_reply_at_a_time", third | {"number": 1})
    for unclear in (
        Row(difference=""),
        Row(difference="anders"),
        Row(answer="agrees"),
        Row(answer="unknown"),
        Row(answer="anders", difference=""),
    ):
        yield Attempt(reply, "reply_that_differs_says_in_what", third | unclear)
    yield Attempt(ruling, "ruling_says_why", {"reply_id": "{free_reply}", "reason": ""})


def of_releases() -> Iterator[Attempt]:
    key, table, line, reader = "monitor_signingkey", "monitor_release", "monitor_publication", "monitor_earlyreader"
    other: Row = {"round_id": "{empty_round}"}
    for wrong in ({"revoked_at": "2999-01-01T00:00Z"}, {"revocation": "Proef"}):
        yield Attempt(key, "revoked_key_says_why", {"id": "anders", "public_key": "anders"} | wrong)
    yield Attempt(table, "one_first_release_per_round", {})
    final: Row = {"kind": "final", "replaces_id": "{original}"}
    twice = [final | {"id": "{new}"}, final | {"replaces_id": "{new}"}]
    yield Attempt(table, "one_final_release_per_round", twice)
    yield Attempt(table, "release_stays", "update monitor_release set kind = kind", ONLY_ADDED_TO)
    yield Attempt(table, "correction_replaces", other | {"kind": "corrected"})
    yield Attempt(table, "monitor_release_replaces_tie", other | final)
    yield Attempt(line, "one_publication_at_a_time", {}, like=SECRET)
    yield Attempt(line, "another_publication_says_why", {"number": 2, "reason": ""}, like=SECRET)
    again: Row = {"number": 2, "reason": "Proef"}
    public = "publish_at <= now()"
    yield Attempt(line, "public_stays_public", again, "wat openbaar is, blijft openbaar", like=public)
    edition, exemption = "monitor_edition", "monitor_exemption"
    yield Attempt(edition, "edition_stays", "update monitor_edition set id = id", ONLY_ADDED_TO)
    yield Attempt(edition, "edition_stays", "delete from monitor_edition", ONLY_ADDED_TO)
    yield Attempt(exemption, "a_figure_is_exempt_once", {})
    for lacking in (Row(reason=""), Row(decided_by="")):
        yield Attempt(exemption, "exemption_says_who_and_why", lacking | {"indicator": "present"})
    yield Attempt(reader, "on_the_list_of_readers_once", {})
    yield Attempt(reader, "early_reader_has_a_reason", {"user_id": "{mrt_member}", "reason": ""})


OF_ROUNDS: list[Attempt] = [
    *of_rounds(),
    *of_statements(),
    *of_signatures(),
    *of_what_is_signed(),
    *of_settlements(),
    *of_releases(),
]
