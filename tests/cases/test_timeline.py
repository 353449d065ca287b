"""The timeline tells what happened, to whom may know it."""

from datetime import date, datetime, timedelta

from accounts.acting import acting_as
from accounts.models import Organisation, User
from cases import corrections, exits, intake, notes, parties, procedures, stays, timeline
from cases.models import Case, Stay
from tests.conftest import CaseOf


def titles(case: Case, user: User) -> list[str]:
    with acting_as(user):
        return [event.title for event in timeline.events(case, user)]


def test_the_timeline_shows_the_whole_way_the_latest_first(
    sheltered: CaseOf, worker: User, today: date, now: datetime
) -> None:
    case = sheltered(worker)
    with acting_as(worker):
        procedures.file(case, kind="hasa", by=worker, on=today - timedelta(days=5), at=now)
        exits.record_exit(case, category="return", destination="MA", evidence="Melding", by=worker, on=today, at=now)
    told = titles(case, worker)
    assert set(told[:3]) == {"Uitgestroomd", "Verblijf beëindigd", "Mag de zaak zien"}
    assert told[3] == "Procedure ingediend"
    assert set(told[4:7]) == {"Verblijf begonnen", "Toegelaten", "Toelatingstoets ingevuld"}
    assert told[7:] == ["Aangemeld"]


def test_a_completed_fact_is_shown_once_and_a_withdrawn_one_with_its_reason(
    sheltered: CaseOf, worker: User, today: date, now: datetime
) -> None:
    case = sheltered(worker)
    with acting_as(worker):
        ended = stays.end(case, by=worker, on=today, at=now)
        assert [e.title for e in timeline.events(case, worker) if e.kind == "stay"] == [
            "Verblijf beëindigd",
            "Verblijf begonnen",
        ]
        corrections.withdraw(ended, by=worker, at=now, reason="Was een ander")
        (told,) = [event for event in timeline.events(case, worker) if event.kind == "stay"]
        assert Stay.objects.filter(case=case).count() == 2
    assert told.is_withdrawn
    assert told.fact_id is None
    assert told.detail.endswith("Ingetrokken: Was een ander")


def test_a_note_is_shown_to_its_readers_only(
    case_of: CaseOf, worker: User, counsellor: User, ngo: Organisation, now: datetime
) -> None:
    case = case_of(worker)
    with acting_as(worker):
        parties.bring_in(case, ngo, by=worker, at=now)
        notes.write(
            case,
            organisation=worker.memberships.get().organisation,
            compartment="own",
            text="Intern",
            by=worker,
            at=now,
        )
    assert "Notitie" in titles(case, worker)
    assert "Notitie" not in titles(case, counsellor)


def test_parties_that_came_at_one_moment_are_one_event(
    case_of: CaseOf, worker: User, ngo: Organisation, now: datetime
) -> None:
    case = case_of(worker)
    later = now + timedelta(seconds=1)
    with acting_as(worker):
        for organisation in parties.partners(case):
            parties.bring_in(case, organisation, by=worker, at=later)
        told = [event for event in timeline.events(case, worker) if event.kind == "party"]
    assert len(told) == 2
    assert "AVIM Amsterdam" in told[0].detail
    assert ngo.name in told[0].detail


def test_the_changes_since_a_version_are_shown_in_words(
    case_of: CaseOf, worker: User, chair: User, today: date, now: datetime
) -> None:
    case = case_of(worker)
    with acting_as(chair):
        stays.wait(case, by=chair, on=today, at=now)
        intake.restate_identity(case, identity=intake.Identity("Later"), by=chair, on=today, at=now)
        told = timeline.changes_since(case, case.version)
        newest = Case.objects.get(pk=case.pk).version
        assert timeline.changes_since(case, newest) == []
    assert [(change.by, change.what) for change in told] == [
        (chair.full_name, "vulde de persoonsgegevens aan"),
        (chair.full_name, "zette de persoon op de wachtlijst"),
    ]
