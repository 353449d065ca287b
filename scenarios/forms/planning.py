"""Forms of planning: the agreements of a table, nominate a case, place nominations on an agenda."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from crispy_forms.layout import Fieldset, LayoutObject, Row
from django import forms
from django.utils.formats import date_format

from accounts.models import Organisation
from cases.forms import ActForm, CaseForm, TextField, options
from core.forms import INCOMPLETE
from scenarios.forms.agenda import TopicsField
from scenarios.models import Invitee, Meeting, Nomination, Purpose, TableRules
from scenarios.table import WEEKDAYS, Agreement


def _number(label: str, least: int, most: int) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=least, max_value=most)


class RulesForm(ActForm):
    cadence_weeks = _number("Om de hoeveel weken", 1, 26)
    weekday = forms.TypedChoiceField(label="Op", coerce=int, choices=list(enumerate(WEEKDAYS, 1)))
    starts_at = forms.TimeField(
        label="Begint om",
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        error_messages={"invalid": "Vul een tijd in, zoals 09:30."},
    )
    minutes = _number("Duur in minuten", 15, 600)
    place = TextField(label="Plaats", max_length=120, required=False)
    position_days = _number("Standpunten binnen, dagen vooraf", 0, 60)
    review_days = _number("Seintje, dagen voor het opnieuw bespreken", 0, 365)
    scenario_days = _number("Scenario binnen, dagen na de toelating", 0, 1000)
    question_days = _number("Antwoord binnen, dagen na de vraag", 0, 365)
    opening_topics = TopicsField(label="Vaste punten vooraf")
    closing_topics = TopicsField(label="Vaste punten achteraf")
    seats = forms.MultipleChoiceField(
        label="Wie heeft een vaste plaats?",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Anderen komen alleen voor de zaak waarbij zij partij zijn. Kiest u niemand? Dan zit iedereen aan.",
    )
    nominators = forms.MultipleChoiceField(
        label="Wie mag zaken voordragen, naast de gemeente?", widget=forms.CheckboxSelectMultiple, required=False
    )
    version = forms.IntegerField(
        widget=forms.HiddenInput, error_messages={"required": INCOMPLETE, "invalid": INCOMPLETE}
    )

    submit_label = "Afspraken bewaren"

    def __init__(
        self, data: Any = None, *, rules: TableRules, partners: list[Organisation], invited: list[Invitee], today: date
    ) -> None:
        self.partners = {str(partner.pk): partner for partner in partners}
        initial = {name: getattr(rules, name) for name in (*Agreement.__dataclass_fields__, "version")}
        initial |= {name: "\n".join(initial[name]) for name in ("opening_topics", "closing_topics")}
        initial["seats"] = [str(seat.organisation_id) for seat in invited]
        initial["nominators"] = [str(seat.organisation_id) for seat in invited if seat.may_nominate]
        super().__init__(data, today=today, initial=initial)
        for name in ("seats", "nominators"):
            self.fields[name].choices = [(key, str(o)) for key, o in self.partners.items()]  # type: ignore[attr-defined]

    def rows(self) -> list[str | LayoutObject]:
        return [
            Fieldset("Wanneer en waar", Row("cadence_weeks", "weekday"), Row("starts_at", "minutes"), "place"),
            Fieldset("Termijnen", Row("position_days", "review_days"), Row("scenario_days", "question_days")),
            Fieldset("Vaste punten", "opening_topics", "closing_topics"),
            Fieldset("Aan tafel", "seats", "nominators"),
        ]

    @property
    def values(self) -> dict[str, Any]:
        filled = super().values
        return {
            "agreement": Agreement(**{name: filled[name] for name in Agreement.__dataclass_fields__}),
            "seats": [self.partners[key] for key in filled["seats"]],
            "nominators": [self.partners[key] for key in filled["nominators"]],
            "version": filled["version"],
        }


class NominateForm(CaseForm):
    organisation = forms.ChoiceField(label="Namens")
    purpose = forms.ChoiceField(label="Waarvoor?", choices=Purpose.choices, widget=forms.RadioSelect)
    question = TextField(label="Vraag aan het overleg", max_length=500, lines=3, required=False)

    submit_label = "Zaak voordragen"

    def __init__(self, data: Any = None, *, organisations: list[Organisation], **kwargs: Any) -> None:
        self.organisations = {str(organisation.pk): organisation for organisation in organisations}
        super().__init__(data, **kwargs)
        self.fields["organisation"].choices = [(key, str(o)) for key, o in self.organisations.items()]  # type: ignore[attr-defined]

    @property
    def values(self) -> dict[str, Any]:
        filled = super().values
        return {**filled, "organisation": self.organisations[filled["organisation"]]}


class WithdrawNominationForm(ActForm):
    submit_label = "Voordracht intrekken"
    is_dangerous = True


class PlaceForm(ActForm):
    """Asks which waiting cases to put on which agenda. The template renders the boxes in its table."""

    meeting = forms.ChoiceField(label="Op de agenda van")
    nominations = forms.MultipleChoiceField(
        label="Zaken", error_messages={"required": "Kies ten minste één zaak."}, widget=forms.CheckboxSelectMultiple
    )

    submit_label = "Op de agenda zetten"

    def __init__(
        self, data: Any = None, *, planned: Iterable[Meeting], waiting: Iterable[Nomination], today: date
    ) -> None:
        self.planned = {str(meeting.pk): meeting for meeting in planned}
        self.waiting = {str(nomination.pk): nomination for nomination in waiting}
        super().__init__(data, today=today)
        self.fields["meeting"].choices = options(  # type: ignore[attr-defined]
            [(key, f"{m}, {date_format(m.held_on, 'j F Y')}") for key, m in self.planned.items()]
        )
        self.fields["nominations"].choices = [  # type: ignore[attr-defined]
            (key, n.case.number) for key, n in self.waiting.items()
        ]

    @property
    def values(self) -> dict[str, Any]:
        filled = super().values
        chosen = [self.waiting[key] for key in filled["nominations"]]
        return {"meeting": self.planned[filled["meeting"]], "nominations": chosen}
