"""Pages of the agenda: its order, its topics, the passages with a case, and sending it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.access import Visit, page, permitted
from accounts.permissions import Permission
from scenarios import table
from scenarios.forms.agenda import OrderForm, PassageForm, RemovePassageForm, SendForm, TopicsForm
from scenarios.meetings import agenda, invitations, passages
from scenarios.models import AgendaItem, Meeting, Passage
from scenarios.views.base import about


@permitted(Permission.SET_AGENDA, on=Meeting)
def agenda_order(request: Visit, meeting: Meeting) -> HttpResponse:
    """Move a case up or down. The redirect ends at the item, so that the button stays under the pointer."""
    items = list(AgendaItem.objects.on_agenda(meeting, request.user).with_person())
    order = [item.pk for item in items]
    form = OrderForm(request.POST or None, meeting=meeting, order=order, today=timezone.localdate())
    if form.carried_out(
        lambda: agenda.put_in_order(
            meeting,
            agenda.with_item_moved(order, form.values["item"], form.values["place"]),
            by=request.user,
            at=timezone.now(),
            version=form.values["version"],
        )
    ):
        return redirect(f"{reverse('scenarios:agenda_order', args=[meeting.pk])}#punt-{form.values['item']}")
    context = {**about(meeting), "items": items, "form": form, "reasons": agenda.ordering_blockers(meeting)}
    persons = [item.case.person_id for item in items]
    return page(request, "scenarios/agenda_order.html", context, persons=persons, status=form.status)


@permitted(Permission.SET_AGENDA, on=Meeting)
def agenda_topics(request: Visit, meeting: Meeting) -> HttpResponse:
    """Set the topics before and after the cases."""
    form = TopicsForm(request.POST or None, meeting=meeting, today=timezone.localdate())
    if form.carried_out(lambda: agenda.set_topics(meeting, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "De punten zijn bewaard.")
        return redirect("scenarios:meeting_detail", meeting.pk)
    context = {**about(meeting), "form": form, "reasons": agenda.topic_blockers(meeting)}
    return page(request, "scenarios/agenda_topics.html", context, persons=(), status=form.status)


@permitted(Permission.SET_AGENDA, on=Meeting)
def agenda_send(request: Visit, meeting: Meeting) -> HttpResponse:
    """Send the agenda to everybody at the table; the page names them."""
    form = SendForm(request.POST or None, meeting=meeting, today=timezone.localdate())
    if form.carried_out(lambda: agenda.send(meeting, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "De agenda is verstuurd. Wat u nu nog toevoegt, krijgt het merk ‘Later toegevoegd’.")
        return redirect("scenarios:meeting_detail", meeting.pk)
    context = {
        **about(meeting),
        "form": form,
        "reasons": agenda.sending_blockers(meeting),
        "addressees": [user for user in invitations.addressees(meeting) if user != request.user],
        "items": meeting.items.count(),
        "unasked": meeting.items.filter(rounds=None).count(),
    }
    return page(request, "scenarios/agenda_send.html", context, persons=(), status=form.status)


@permitted(Permission.SET_AGENDA, on=AgendaItem)
def passage_write(request: Visit, item: AgendaItem) -> HttpResponse:
    """Show the passages with a case on the agenda, with a form to add one."""
    item = AgendaItem.objects.with_person().get(pk=item.pk)
    form = PassageForm(request.POST or None, readers=passages.possible_readers(item), today=timezone.localdate())
    chair = table.seated(item.case.municipality)[0]
    if form.carried_out(
        lambda: passages.write(item, organisation=chair, **form.values, by=request.user, at=timezone.now())
    ):
        messages.success(request, "De toelichting staat bij de zaak op de agenda.")
        return redirect("scenarios:passage_write", item.pk)
    reasons = passages.writing_blockers(item)
    context = {
        **about(item.meeting),
        "item": item,
        "form": form,
        "passages": passages.for_reader([item], request.user).get(item.pk, []),
        "reasons": reasons,
        "may_remove": not reasons,
    }
    persons = [item.case.person_id]
    return page(request, "scenarios/passage_write.html", context, persons=persons, status=form.status)


@permitted(Permission.SET_AGENDA, on=Passage)
def passage_remove(request: Visit, passage: Passage) -> HttpResponse:
    item = AgendaItem.objects.with_person().get(pk=passage.item_id)
    form = RemovePassageForm(request.POST or None, today=timezone.localdate())
    if form.carried_out(lambda: passages.remove(passage, by=request.user, at=timezone.now())):
        messages.success(request, "De toelichting is verwijderd.")
        return redirect("scenarios:passage_write", item.pk)
    context = {
        **about(item.meeting),
        "item": item,
        "passage": passage,
        "form": form,
        "reasons": passages.writing_blockers(item),
        "back_url": reverse("scenarios:passage_write", args=[item.pk]),
    }
    persons = [item.case.person_id]
    return page(request, "scenarios/passage_remove.html", context, persons=persons, status=form.status)
