"""The pages of a settlement: the persons to compare, the replies, the rulings, and the signature."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.access import Visit, page, permitted
from accounts.permissions import Permission
from cases.countries import NATIONALITIES
from cases.models import Case, Exit
from core import exports, query
from core.exports import Column, Sheet
from core.forms import ActForm
from monitor.forms.settlements import ASK_AGAIN, ListForm, MissingForm, ReplyForm, RuleForm, SeenForm
from monitor.models import Comparison, Difference, Item, Reply, Settlement
from monitor.rounds import comparing, rulings, settlements
from monitor.rounds.matching import MatchClass
from monitor.rounds.settlements import ComparedItem, Standing
from monitor.views.base import PAGE_SIZE, STATUS_OF_SETTLEMENT, Tab

# The tabs of the list of persons: code -> title, and the condition for an item to be in that tab.
PARTS: dict[str, tuple[str, Callable[[ComparedItem], bool]]] = {
    "open": ("Nog te vergelijken", lambda line: line.is_open),
    "verschillen": ("Verschillen", lambda line: line.answer in (Comparison.DIFFERS, Comparison.UNKNOWN)),
    "gelijk": ("Komt overeen", lambda line: line.answer == Comparison.AGREES),
}
IN_WORDS = {
    MatchClass.AGREES: "komen overeen",
    **{MatchClass(difference.value): difference.label.lower() for difference in Difference},
}


@permitted(Permission.SEE_MONITOR, on=Settlement)
def settlement_detail(request: Visit, settlement: Settlement) -> HttpResponse:
    """The state of a settlement; and the persons, for the two parties only."""
    now = timezone.now()
    standing = settlements.standing(settlement, at=now)
    shown = _persons(request, settlement, standing)
    compares, decides = (p in request.allowed for p in (Permission.SETTLE_FIGURES, Permission.STATE_FIGURES))
    context = {
        **_about(settlement, standing),
        **shown,
        "may_compare": compares,
        "may_decide": decides,
        "replying_reasons": settlements.replying_blockers(settlement, by=request.user, at=now) if compares else [],
        "signing_reasons": settlements.signing_blockers(settlement, by=request.user, at=now) if compares else [],
    }
    persons = [line["item"].person_id for line in shown["lines"]]
    return page(request, "monitor/settlement_detail.html", context, persons=persons)


def _about(settlement: Settlement, standing: Standing) -> dict[str, Any]:
    return {
        "settlement": settlement,
        "round": settlement.round,
        "standing": standing,
        "status": STATUS_OF_SETTLEMENT[standing.stage],
    }


def _persons(request: Visit, settlement: Settlement, standing: Standing) -> dict[str, Any]:
    """One tab of the list of persons, a page at a time; without persons for a user who takes no part."""
    is_party = Settlement.objects.between(request.user).filter(pk=settlement.pk).exists()
    counts = {code: sum(map(holds, standing.compared)) for code, (_, holds) in PARTS.items()}
    first = next((code for code in ("open", "verschillen", "gelijk") if counts[code]), "gelijk")
    part = query.choice(request, "toon", PARTS, default=first)
    _, holds = PARTS[part]
    keys = [line.item for line in standing.compared if holds(line)] if is_party else []
    items = Item.objects.visible_to(request.user).filter(pk__in=keys).order_by("on", "pk")
    shown = Paginator(items.prefetch_related(_last_replies()), PAGE_SIZE).get_page(request.GET.get("page"))
    links = _cases_of(request, shown.object_list)
    return {
        "is_party": is_party,
        "tabs": [Tab(title, f"?toon={code}", code == part, counts[code]) for code, (title, _) in PARTS.items()],
        "part": part,
        "page": shown,
        "address": f"toon={part}",
        "lines": [
            {"item": item, "reply": max(item.replies.all(), key=lambda reply: reply.number, default=None),
             "case": links.get(item.exit_id), "country": NATIONALITIES.get(item.destination, "")}
            for item in shown.object_list
        ],
    }  # fmt: skip


def _last_replies() -> Prefetch:
    return Prefetch("replies", Reply.objects.select_related("by", "ruling__by"))


def _cases_of(request: Visit, items: Iterable[Item]) -> dict[object, Case]:
    """exit -> case, for the cases behind the items that the user may see."""
    exits = Exit.objects.filter(pk__in=[item.exit_id for item in items], case__in=Case.objects.visible_to(request.user))
    return {exit_fact.pk: exit_fact.case for exit_fact in exits.select_related("case")}


@permitted(Permission.SETTLE_FIGURES, on=Item)
def item_reply(request: Visit, item: Item) -> HttpResponse:
    """The partner replies about one person."""
    last = item.replies.order_by("-number").first()
    seen = {"seen": str(last.pk) if last else ""}
    last_answer = {"answer": last.answer, "difference": last.difference, "text": last.text} if last else {}
    form = ReplyForm(request.POST or None, item=item, initial=last_answer, **seen)
    if form.carried_out(lambda: comparing.reply(item, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "Het antwoord is vastgelegd.")
        return redirect("monitor:settlement_detail", item.settlement_id)
    now = timezone.now()
    reasons = settlements.replying_blockers(item.settlement, by=request.user, at=now)
    return _item_page(request, item, form, "Vergelijken", reasons)


@permitted(Permission.STATE_FIGURES, on=Item)
def item_rule(request: Visit, item: Item) -> HttpResponse:
    """The municipality decides on the last reply about one person."""
    last = item.replies.order_by("-number").first()
    form = RuleForm(request.POST or None, item=item, seen=str(last.pk) if last else "")
    if form.carried_out(lambda: _rule(item, form.values, request, timezone.now())):
        messages.success(request, "Het besluit is vastgelegd.")
        return redirect("monitor:settlement_detail", item.settlement_id)
    reasons = rulings.ruling_blockers(item, by=request.user, at=timezone.now())
    return _item_page(request, item, form, "Over het verschil beslissen", reasons)


def _rule(item: Item, values: dict[str, Any], request: Visit, at: datetime) -> None:
    if values["outcome"] == ASK_AGAIN:
        rulings.ask_again(item, seen=values["seen"], by=request.user, at=at)
    else:
        rulings.rule(item, **values, by=request.user, at=at)


def _item_page(request: Visit, item: Item, form: ActForm, title: str, reasons: list[str]) -> HttpResponse:
    replies = list(item.replies.select_related("by", "ruling__by").order_by("-number"))
    settlement = item.settlement
    context = {
        "item": item,
        "settlement": settlement,
        "round": settlement.round,
        "case": _cases_of(request, [item]).get(item.exit_id),
        "replies": replies,
        "country": NATIONALITIES.get(item.destination, ""),
        "form": form,
        "title": title,
        "reasons": reasons,
        "back_url": reverse("monitor:settlement_detail", args=[settlement.pk]),
    }
    return page(request, "monitor/item_act.html", context, persons=[item.person_id], status=form.status)


@permitted(Permission.SETTLE_FIGURES, on=Settlement)
def settlement_agree(request: Visit, settlement: Settlement) -> HttpResponse:
    """The partner agrees with all persons who have no reply yet."""
    standing = settlements.standing(settlement, at=timezone.now())
    form = SeenForm(request.POST or None, seen=standing.fingerprint, submit_label="Alle overige komen overeen")

    def act() -> None:
        comparing.agree_with_rest(settlement, **form.values, by=request.user, at=timezone.now())

    return _act(request, settlement, form, act, "De overige personen komen overeen.", "Alle overige komen overeen")


@permitted(Permission.SETTLE_FIGURES, on=Settlement)
def settlement_missing(request: Visit, settlement: Settlement) -> HttpResponse:
    """The partner reports a person whom the municipality does not count."""
    form = MissingForm(request.POST or None, settlement=settlement, today=timezone.localdate())

    def act() -> None:
        comparing.report_missing(settlement, **form.values, by=request.user, at=timezone.now())

    return _act(request, settlement, form, act, "De gemeente kijkt dit na.", "Iemand melden die ontbreekt")


@permitted(Permission.SETTLE_FIGURES, on=Settlement)
def settlement_compare(request: Visit, settlement: Settlement) -> HttpResponse:
    """The partner sends a list from its own records."""
    form = ListForm(request.POST or None, files=request.FILES or None)
    counts: dict[MatchClass, int] = {}

    def act() -> None:
        lines = comparing.read_list(settlement, form.content())
        counts.update(comparing.compare_list(settlement, lines, by=request.user, at=timezone.now()))

    def summary() -> str:
        compared = ", ".join(f"{counts[code]} {words}" for code, words in IN_WORDS.items() if code in counts)
        return f"Vergeleken: {compared}."

    return _act(request, settlement, form, act, summary, "Vergelijken met een lijst")


@permitted(Permission.SETTLE_FIGURES, on=Settlement)
def settlement_example_file(request: Visit, settlement: Settlement, form: str) -> HttpResponseBase:
    """An example of the list: the names of the columns, and one made-up line."""
    outcome = "ingewilligd" if settlement.partner == "ind" else "terugkeer"
    example = ["0000000000", "", "", "17-11-2020", outcome, settlement.municipality.name]
    columns = [Column(name, name) for name in comparing.COLUMNS]
    return exports.as_file(Sheet("afstemming-voorbeeld", "Voorbeeld van een lijst", columns, [example]), form)


@permitted(Permission.SETTLE_FIGURES, on=Settlement)
def settlement_sign(request: Visit, settlement: Settlement) -> HttpResponse:
    """The partner signs."""
    standing = settlements.standing(settlement, at=timezone.now())
    form = SeenForm(request.POST or None, seen=standing.fingerprint, submit_label="Ondertekenen")

    def act() -> None:
        settlements.sign(settlement, **form.values, by=request.user, at=timezone.now())

    reasons = settlements.signing_blockers(settlement, by=request.user, at=timezone.now())
    return _act(request, settlement, form, act, "De afstemming is ondertekend.", "Ondertekenen", reasons)


def _act(
    request: Visit,
    settlement: Settlement,
    form: ActForm,
    act: Callable[[], object],
    done: str | Callable[[], str],
    title: str,
    reasons: list[str] | None = None,
) -> HttpResponse:
    if form.carried_out(act):
        messages.success(request, done if isinstance(done, str) else done())
        return redirect("monitor:settlement_detail", settlement.pk)
    now = timezone.now()
    context = {
        **_about(settlement, settlements.standing(settlement, at=now)),
        "form": form,
        "title": title,
        "reasons": settlements.replying_blockers(settlement, by=request.user, at=now) if reasons is None else reasons,
        "back_url": reverse("monitor:settlement_detail", args=[settlement.pk]),
    }
    return page(request, "monitor/settlement_act.html", context, persons=(), status=form.status)
