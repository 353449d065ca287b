"""Persons whom the letter does not count: refused, outside the covenant, waiting, undecided, or recorded twice."""

from dataclasses import replace
from datetime import date

from cases.intake import Identity
from lvv.demo.arrivals import Arrival
from lvv.demo.course import Course
from lvv.demo.fates import START, Fate
from lvv.demo.people import Someone
from lvv.demo.scene import Scene, days
from lvv.demo.shape import FAMILIES_LEFT, FAMILIES_PRESENT, REFERENCE_DATE, UNDECIDED, WAITING
from scenarios.models import Purpose

REFUSALS = (
    ("no_right_of_residence", "Er is recht op opvang door het Rijk."),
    ("no_severe_entry_ban", "Er geldt een inreisverbod van tien jaar."),
    ("not_dublin", "Een ander land behandelt de asielaanvraag (Dublin)."),
    ("regional_ties", "De regiobinding is niet aangetoond."),
    ("no_prior_provision", "Er is plaats in een gezinslocatie."),
)


def populate(scene: Scene) -> None:
    for _ in range(scene.town.refused):
        refuse(scene)
    for number in range(UNDECIDED.get(scene.town.name, 0)):
        leave_undecided(scene, number)
    for number in range(WAITING.get(scene.town.name, 0)):
        keep_waiting(scene, number)
    if scene.town.name == "Utrecht":
        shelter_families(scene)
    if scene.town.name == "Rotterdam":
        record_twice(scene)


def refuse(scene: Scene) -> None:
    """Persons who were refused. In Amsterdam some were sheltered while they waited for the decision."""
    meeting = scene.random.choice(scene.meetings(START + days(7), REFERENCE_DATE - days(10)))
    course = scene.course(scene.crowd.somebody(year=meeting.year))
    is_sheltered = scene.chance(scene.town.provisional_share * 2)
    course.register(max(START - days(7), meeting - days(24 if is_sheltered else 9)))
    if is_sheltered:
        course.place(meeting - days(15), scene.location(), kind="provisional")
    criterion, reason = scene.random.choice(REFUSALS)
    course.test(meeting - days(5), unmet=criterion)
    course.discuss(scene.table(meeting), Purpose.ADMISSION, "refused", text=reason)
    if is_sheltered:
        course.leave(meeting + days(5), "terminated")
    else:
        course.close(meeting + days(8))


def record_twice(scene: Scene) -> None:
    """A man who was registered twice, the second time under part of his name. A photo showed that it was one man."""
    someone = scene.crowd.somebody(year=2020)
    half_heard = replace(someone, v_number="", claimed=None, identity=_half_heard(someone))
    first, again = scene.course(someone), scene.course(half_heard)
    first.register(date(2020, 5, 11))
    first.close(date(2020, 6, 2))
    again.register(date(2020, 8, 17))
    again.close(date(2020, 9, 1))
    again.merge(first, date(2020, 9, 8), "De foto in beide dossiers is dezelfde. (verzonnen)")


def _half_heard(someone: Someone) -> Identity:
    known = someone.identity
    initial = f"{known.given_names[0]}." if known.given_names else ""
    return Identity(known.family_name, initial, sex=known.sex, nationality=known.nationality)


def shelter_families(scene: Scene) -> None:
    """Persons admitted by exception and outside the covenant. They have a place elsewhere (letter)."""
    for members, is_present in [*((n, True) for n in FAMILIES_PRESENT), *((n, False) for n in FAMILIES_LEFT)]:
        meeting = scene.random.choice(scene.meetings(date(2019, 4, 20), date(2019, 12, 31)))
        left = scene.between(meeting + days(90), REFERENCE_DATE - days(15))
        if is_present:
            left = scene.between(date(2021, 1, 10), date(2021, 12, 20))
        location = scene.location()
        parent = scene.crowd.somebody(year=2019)
        for member in range(members):
            _shelter_outside(scene, _relative(scene, parent, member), meeting, location, left)


def _relative(scene: Scene, parent: Someone, member: int) -> Someone:
    if member == 0:
        return parent
    identity = parent.identity
    return scene.crowd.somebody(year=2019, nationality=identity.nationality, child_of=identity.family_name)


def _shelter_outside(scene: Scene, someone: Someone, meeting: date, location: str, left: date) -> None:
    course = scene.course(someone)
    course.register(meeting - days(10))
    course.test(meeting - days(5), unmet="no_prior_provision")
    course.decide(
        meeting,
        outcome="exception",
        exception_ground="humanitarian",
        reason="De kinderen gaan hier naar school; de gezinslocatie is ver weg.",
        inside_covenant=False,
    )
    course.place(meeting + days(2), location)
    course.leave(left, "own_shelter")


def leave_undecided(scene: Scene, number: int) -> None:
    """Persons in provisional shelter on the reference date. The LSO decides some days later."""
    meeting = scene.meetings(REFERENCE_DATE + days(1), REFERENCE_DATE + days(30))[0]
    someone = scene.crowd.somebody(year=2020)
    arrival = Arrival(scene, Fate("present", twist="undecided"), meeting, someone)
    arrival.tell(registered=REFERENCE_DATE - days(20 + number))
    _leave_in_time(scene, arrival.course, arrival.placed)


def keep_waiting(scene: Scene, number: int) -> None:
    """Persons who are admitted and on the waiting list on the reference date."""
    meeting = scene.random.choice(scene.meetings(REFERENCE_DATE - days(45), REFERENCE_DATE - days(4)))
    course = scene.course(scene.crowd.somebody(year=2020))
    course.register(meeting - days(12))
    course.test(meeting - days(5))
    course.decide(meeting, outcome="admitted")
    course.wait(meeting + days(1), "Een plaats op een passende locatie")
    placed = REFERENCE_DATE + days(12 + 3 * number)
    course.place(placed, scene.location())
    _leave_in_time(scene, course, placed)


def _leave_in_time(scene: Scene, course: Course, placed: date) -> None:
    category = scene.random.choice(("azc_hasa", "unknown_destination", "terminated"))
    course.leave(placed + days(scene.random.randint(90, 500)), category)
