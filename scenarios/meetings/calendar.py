"""A meeting as a calendar file. The file leaves our walls, so it holds place and time and nothing about any case."""

from datetime import UTC, date, datetime

from icalendar import Calendar, Event

from scenarios.models import Meeting, MeetingStatus


def ics_file(meeting: Meeting, *, url: str, at: datetime) -> bytes:
    """The content of the file. A file of a later version updates the same event in the calendar (RFC 5545)."""
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
    # Only the clock changes around the meeting: by default the library writes them up to 2038 and none after.
    year = meeting.held_on.year
    calendar.add_missing_timezones(first_date=date(year - 1, 1, 1), last_date=date(year + 2, 1, 1))
    return calendar.to_ical()
