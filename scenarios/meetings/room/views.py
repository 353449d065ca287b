"""The meeting in the room: a screen for the chair and the minute taker, and one for the wall without identities.

How the room saves texts of two editors. A script sends the minutes while somebody types, with the version that was on
the screen; without script a button sends them. If nobody saved since, the text is saved and the answer holds the new
version, which the screen sends next time. Otherwise nothing is saved, and the answer is 409 with the text that stands,
its version and its writer. The screen shows both texts and sends nothing until the writer has chosen one. From then on
it sends the version of the text that stands, because the writer has seen that text now; so what is saved next may
replace it (`lvv/static/lvv/room.js`; without script `WritingForm.show_clash`).
"""

import uuid
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.access import Visit, disclose, page, permitted
from accounts.permissions import Permission
from cases import timeline
from core import query
from scenarios import table
from scenarios.guidance import actions, scenarios
from scenarios.meetings import attendance, decisions, minutes
from scenarios.meetings.decisions.forms import ResolutionForm
from scenarios.meetings.room import brief, parts
from scenarios.meetings.room.writing import AwayForm, MinutesForm, TopicForm, WritingForm
from scenarios.models import TOOK_PLACE, AgendaItem, Meeting, Topic


@permitted(Permission.TAKE_MINUTES, on=Meeting)
def start(request: Visit, meeting: Meeting) -> HttpResponse:
    """Go to the first case without a decision; if all are decided, to the first case."""
    places = brief.places(meeting, None, request.user)
    if not places:
        messages.info(request, "Op deze agenda staat geen zaak.")
        return redirect("scenarios:meeting_detail", meeting.pk)
    first = next((place for place in places if not place.is_decided), places[0])
    return redirect("room:item", first.item.pk)


@permitted(Permission.TAKE_MINUTES, on=AgendaItem)
def item(request: Visit, item: AgendaItem) -> HttpResponse:
    """Show one case on one screen. `?besluit=` opens the form of that decision."""
    return _screen(request, item, form=_form(request, item))


@permitted(Permission.DECIDE_IN_MEETING, on=AgendaItem)
def decide(request: Visit, item: AgendaItem) -> HttpResponse:
    """Record the decision that the query string names, and go to the next case."""
    form = _form(request, item)
    if form is None:
        return redirect("room:item", item.pk)
    if form.carried_out(lambda: _carry_out(request, item, form)):
        messages.success(request, f"Vastgelegd over zaak {item.case.number}: {form.decision_kind.label}.")
        return redirect("room:start", item.meeting_id)
    return _screen(request, item, form=form)


def _carry_out(request: Visit, item: AgendaItem, form: ResolutionForm) -> None:
    act: dict[str, Any] = {"by": request.user, "at": timezone.now(), "version": form.opened_on_version}
    if form.decision_kind.act:
        form.decision_kind.act(item, form, **act)
    else:
        decisions.decide(item, form.resolution, **act)


def _form(request: Visit, item: AgendaItem) -> ResolutionForm | None:
    """The form of the decision that the query string names; None if no such decision is taken in the room."""
    kinds = {kind.code: kind for kind in decisions.in_the_room()}
    kind = kinds.get(query.choice(request, "besluit", kinds))
    if kind is None:
        return None
    form: ResolutionForm = kind.form(
        request.POST or None,
        item=item,
        decision_kind=kind,
        owners=actions.owners(item.case),
        scenario=scenarios.current(item.case),
        today=timezone.localdate(),
    )
    return form


def _screen(
    request: Visit,
    item: AgendaItem,
    *,
    form: ResolutionForm | None,
    writing: MinutesForm | None = None,
    away: AwayForm | None = None,
    status: int = 200,
) -> HttpResponse:
    user, meeting = request.user, item.meeting
    places = brief.places(meeting, item.pk, user)
    index = next(number for number, place in enumerate(places) if place.is_current)
    about = brief.brief(places[index].item, timezone.now(), user)
    recorded, present, allowed = about["recorded"], about["present"], request.allowed
    context = {
        **about,
        "meeting": meeting,
        "item": item,
        "places": places,
        "here": places[index],
        "decided": sum(place.is_decided for place in places),
        "previous": places[index - 1] if index else None,
        "next": places[index + 1] if index + 1 < len(places) else None,
        "form": form,
        "writing": writing or MinutesForm.of(about["minutes"]),
        "changes": timeline.changes_since(form.case, form.opened_on_version) if form and form.is_stale else [],
        "reasons": [] if recorded else decisions.item_blockers(item),
        "writing_reasons": minutes.writing_blockers(meeting),
        "choices": decisions.fitting(about["case"], meeting, about["scenario"]) if recorded is None else [],
        "may_decide": Permission.DECIDE_IN_MEETING in allowed,
        "parts": [] if recorded else parts.contents(item),
        "away": away or AwayForm(present=list(present), away={o.pk for o, has_left in present.items() if has_left}),
        "absent": sum(present.values()),
        "submission": uuid.uuid4(),
    }
    persons = [place.item.case.person_id for place in places]
    return page(request, "scenarios/room/item.html", context, persons=persons, status=form.status if form else status)


@permitted(Permission.TAKE_MINUTES, on=AgendaItem)
def write(request: Visit, item: AgendaItem) -> HttpResponse:
    """Save the minutes of an item."""
    if request.method != "POST":
        return redirect("room:item", item.pk)
    form = MinutesForm(request.POST)

    def save() -> Saved:
        saved = minutes.write(item, form.text, version=form.seen_version, by=request.user, at=timezone.now())
        return saved.version, saved.edited_at

    def render_again(status: int) -> HttpResponse:
        return _screen(request, item, form=None, writing=form, status=status)

    return _saved(request, form, save, render_again, [item.case.person_id]) or redirect("room:item", item.pk)


@permitted(Permission.TAKE_MINUTES, on=Meeting)
def topics(request: Visit, meeting: Meeting) -> HttpResponse:
    """Show the topics, each with its text."""
    return _topics(request, meeting)


@permitted(Permission.TAKE_MINUTES, on=Topic)
def topic_write(request: Visit, topic: Topic) -> HttpResponse:
    """Save the text of a topic."""
    if request.method != "POST":
        return redirect("room:topics", topic.meeting_id)
    form = TopicForm(request.POST, auto_id=f"id_{topic.pk}_%s")

    def save() -> Saved:
        at = timezone.now()
        return minutes.write_topic(
            topic, form.cleaned_data["text"], version=form.seen_version, by=request.user, at=at
        ).version, at

    def render_again(status: int) -> HttpResponse:
        return _topics(request, topic.meeting, sent={topic.pk: form}, status=status)

    return _saved(request, form, save, render_again, ()) or redirect("room:topics", topic.meeting_id)


def _topics(
    request: Visit, meeting: Meeting, *, sent: dict[uuid.UUID, TopicForm] | None = None, status: int = 200
) -> HttpResponse:
    ordered = meeting.topics.order_by("is_after_cases", "order")
    context = {
        "meeting": meeting,
        "topics": [(topic, (sent or {}).get(topic.pk) or TopicForm.of(topic)) for topic in ordered],
        "writing_reasons": minutes.writing_blockers(meeting),
        "submission": uuid.uuid4(),
        "back_url": reverse("scenarios:meeting_detail", args=[meeting.pk]),
    }
    return page(request, "scenarios/room/topics.html", context, persons=(), status=status)


Saved = tuple[int, datetime]


def _saved(
    request: Visit,
    form: WritingForm,
    save: Callable[[], Saved],
    render_again: Callable[[int], HttpResponse],
    persons: Iterable[uuid.UUID | None],
) -> HttpResponse | None:
    """Save a text and answer: JSON for the script that saves while somebody types, a page for the button.

    The script gets 200 with the new version, 409 with the text of the other writer, or 400 with reasons. The button
    gets the page once more with status 409 or 400, or None when the text was saved.
    """
    is_script = request.headers.get("accept") == "application/json"
    if not form.is_valid():
        reasons = [str(error) for errors in form.errors.values() for error in errors]
        return JsonResponse({"reasons": reasons}, status=400) if is_script else render_again(400)
    try:
        version, at = save()
    except minutes.StaleText as stale:
        disclose(request, persons)
        form.show_clash(stale.standing)
        return form.clash_response() if is_script else render_again(409)
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return JsonResponse({"reasons": refusal.messages}, status=400) if is_script else render_again(400)
    if is_script:
        return JsonResponse({"version": version, "at": date_format(timezone.localtime(at), "H:i")})
    messages.success(request, "De tekst is bewaard.")
    return None


@permitted(Permission.TAKE_MINUTES, on=AgendaItem)
def leave(request: Visit, item: AgendaItem) -> HttpResponse:
    """Record which organisations left the table for this case."""
    if request.method != "POST":
        return redirect("room:item", item.pk)
    form = AwayForm(request.POST, present=table.at(item.meeting))
    if not form.is_valid():
        return _screen(request, item, form=None, away=form, status=400)
    try:
        attendance.leave(item, form.organisations, by=request.user, at=timezone.now())
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return _screen(request, item, form=None, away=form, status=400)
    messages.success(request, "Vastgelegd wie bij deze zaak niet aan tafel zat.")
    return redirect("room:item", item.pk)


@permitted(Permission.SEE_MEETINGS, on=Meeting)
def projector(request: Visit, meeting: Meeting) -> HttpResponse:
    """Show the agenda in large type for the wall: case numbers and codes, no identity and no free text."""
    places = brief.places(meeting, None, request.user)
    undecided = next((place.number for place in places if not place.is_decided), 1)
    number = query.number(request, "punt", most=len(places)) or undecided
    current = places[number - 1].item if places else None
    context = {
        "meeting": meeting,
        "places": places,
        "number": number,
        "current": current,
        **(brief.on_the_wall(current, timezone.localdate(), request.user) if current else {}),
        "took_place": meeting.status in TOOK_PLACE,
        "back_url": reverse("scenarios:meeting_detail", args=[meeting.pk]),
    }
    return page(request, "scenarios/room/projector.html", context, persons=())
