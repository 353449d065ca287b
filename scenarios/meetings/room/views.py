"""The meeting in the room: one screen for chair and minute taker, and one for the wall without identities."""

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
    """The first case that the meeting still has to decide on; when all is decided, the first one."""
    found = brief.places(meeting, None, request.user)
    if not found:
        messages.info(request, "Op deze agenda staat geen zaak.")
        return redirect("scenarios:meeting_detail", meeting.pk)
    first = next((place for place in found if not place.is_decided), found[0])
    return redirect("room:item", first.item.pk)


@permitted(Permission.TAKE_MINUTES, on=AgendaItem)
def item(request: Visit, item: AgendaItem) -> HttpResponse:
    """One case on one screen; `?besluit=` opens the form of that decision."""
    return _screen(request, item, form=_form(request, item))


@permitted(Permission.DECIDE_IN_MEETING, on=AgendaItem)
def decide(request: Visit, item: AgendaItem) -> HttpResponse:
    """Record the decision named in the address, and go on with the next case."""
    form = _form(request, item)
    if form is None:
        return redirect("room:item", item.pk)
    if form.carried_out(lambda: _carry_out(request, item, form)):
        messages.success(request, f"Vastgelegd over zaak {item.case.number}: {form.decision_kind.label}.")
        return redirect("room:start", item.meeting_id)
    return _screen(request, item, form=form)


def _carry_out(request: Visit, item: AgendaItem, form: ResolutionForm) -> None:
    sent: dict[str, Any] = {"by": request.user, "at": timezone.now(), "version": form.opened_on_version}
    if form.decision_kind.act:
        form.decision_kind.act(item, form, **sent)
    else:
        decisions.decide(item, form.resolution, **sent)


def _form(request: Visit, item: AgendaItem) -> ResolutionForm | None:
    """The form of the decision that the address names; None when it names none that is taken in the room."""
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
    here = next(number for number, place in enumerate(places) if place.is_current)
    about = brief.brief(places[here].item, timezone.now(), user)
    recorded, present, allowed = about["recorded"], about["present"], request.allowed
    context = {
        **about,
        "meeting": meeting,
        "item": item,
        "places": places,
        "here": places[here],
        "decided": sum(place.is_decided for place in places),
        "previous": places[here - 1] if here else None,
        "next": places[here + 1] if here + 1 < len(places) else None,
        "form": form,
        "writing": writing or MinutesForm.of(about["minutes"]),
        "changes": timeline.changes_since(form.case, form.opened_on_version) if form and form.is_stale else [],
        "reasons": [] if recorded else decisions.item_blockers(item),
        "writing_reasons": minutes.writing_blockers(meeting),
        "choices": decisions.fitting(about["case"], meeting, about["scenario"]) if recorded is None else [],
        "may_decide": Permission.DECIDE_IN_MEETING in allowed,
        "parts": [] if recorded else parts.shown(item),
        "away": away or AwayForm(present=list(present), away={o.pk for o, has_left in present.items() if has_left}),
        "absent": sum(present.values()),
        "submission": uuid.uuid4(),
    }
    persons = [place.item.case.person_id for place in places]
    return page(request, "lvv/room/item.html", context, persons=persons, status=form.status if form else status)


@permitted(Permission.TAKE_MINUTES, on=AgendaItem)
def write(request: Visit, item: AgendaItem) -> HttpResponse:
    """Save the minutes of an item."""
    if request.method != "POST":
        return redirect("room:item", item.pk)
    form = MinutesForm(request.POST)

    def save() -> Saved:
        saved = minutes.write(item, form.text, version=form.seen, by=request.user, at=timezone.now())
        return saved.version, saved.edited_at

    def again(status: int) -> HttpResponse:
        return _screen(request, item, form=None, writing=form, status=status)

    return _saved(request, form, save, again, [item.case.person_id]) or redirect("room:item", item.pk)


@permitted(Permission.TAKE_MINUTES, on=Meeting)
def topics(request: Visit, meeting: Meeting) -> HttpResponse:
    """The items that are about no case, each with its text."""
    return _topics(request, meeting)


@permitted(Permission.TAKE_MINUTES, on=Topic)
def topic_write(request: Visit, topic: Topic) -> HttpResponse:
    """Save the text of an item that is about no case."""
    if request.method != "POST":
        return redirect("room:topics", topic.meeting_id)
    form = TopicForm(request.POST, auto_id=f"id_{topic.pk}_%s")

    def save() -> Saved:
        at = timezone.now()
        return minutes.write_topic(
            topic, form.cleaned_data["text"], version=form.seen, by=request.user, at=at
        ).version, at

    def again(status: int) -> HttpResponse:
        return _topics(request, topic.meeting, sent={topic.pk: form}, status=status)

    return _saved(request, form, save, again, ()) or redirect("room:topics", topic.meeting_id)


def _topics(
    request: Visit, meeting: Meeting, *, sent: dict[uuid.UUID, TopicForm] | None = None, status: int = 200
) -> HttpResponse:
    found = meeting.topics.order_by("is_after_cases", "order")
    context = {
        "meeting": meeting,
        "topics": [(topic, (sent or {}).get(topic.pk) or TopicForm.of(topic)) for topic in found],
        "writing_reasons": minutes.writing_blockers(meeting),
        "submission": uuid.uuid4(),
        "back_url": reverse("scenarios:meeting_detail", args=[meeting.pk]),
    }
    return page(request, "lvv/room/topics.html", context, persons=(), status=status)


Saved = tuple[int, datetime]


def _saved(
    request: Visit,
    form: WritingForm,
    save: Callable[[], Saved],
    again: Callable[[int], HttpResponse],
    persons: Iterable[uuid.UUID | None],
) -> HttpResponse | None:
    """Save text: asked by the script while somebody types, and by the button without script, which gets None.

    The script gets JSON: 200 with the version that stands now, 409 with the text of the other, 400 with reasons.
    """
    is_script = request.headers.get("accept") == "application/json"
    if not form.is_valid():
        reasons = [str(error) for errors in form.errors.values() for error in errors]
        return JsonResponse({"reasons": reasons}, status=400) if is_script else again(400)
    try:
        version, at = save()
    except minutes.StaleText as stale:
        disclose(request, persons)
        form.stale(stale.standing)
        return form.both() if is_script else again(409)
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return JsonResponse({"reasons": refusal.messages}, status=400) if is_script else again(400)
    if is_script:
        return JsonResponse({"version": version, "at": date_format(timezone.localtime(at), "H:i")})
    messages.success(request, "De tekst is bewaard.")
    return None


@permitted(Permission.TAKE_MINUTES, on=AgendaItem)
def leave(request: Visit, item: AgendaItem) -> HttpResponse:
    """Record who left the table for this case."""
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
    """The agenda in large type for the wall: case numbers and codes, no identity and no free text."""
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
    return page(request, "lvv/room/projector.html", context, persons=())
