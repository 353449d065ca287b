"""A meeting as a file for a calendar. It leaves our walls: it says where and when, and nothing of any case."""

from datetime import UTC, date, datetime

from icalendar import Calendar, Event

from scenarios.models import Meeting, MeetingStatus


def written(meeting: Meeting, *, url: str, at: datetime) -> bytes:
    """The file. A later version of the meeting moves the same event in the calendar, and a cancelled one says so."""
    event = Event()
    event.add("uid", f"{meeting.pk}@lvv")
    event.add("sequence", meeting.version)
    event.add("dtstamp", at.astimezone(UTC))
    event.add("dtstart", meeting.started_at)
    event.add("dtend", meeting.ended_at)
    event.add("summary", str(meeting))
    event.add("location", meeting.place)
    event.add("status", "CANCELLED" if meeting.status == MeetingStatus.CANCELLED else "CONFIRMED")
    event.add("url", url)
    calendar = Calendar()
    calendar.add("prodid", "-//LVV//LSO//NL")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    # The changes of the clock around the meeting; the library would stop in 2038.
    year = meeting.held_on.year
    calendar.add_missing_timezones(first_date=date(year - 1, 1, 1), last_date=date(year + 2, 1, 1))
    return calendar.to_ical()
