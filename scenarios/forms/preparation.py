"""Forms before a meeting: ask for positions, write a position, ask and answer questions."""

from datetime import date, datetime, time
from typing import Any

from crispy_forms.bootstrap import FormActions
from crispy_forms.layout import HTML, Layout, LayoutObject, Row, Submit
from django import forms
from django.utils import timezone

from accounts.models import Organisation
from cases.forms import ActForm, CaseForm, DayField, TextField, options
from core.forms import CANCEL, INCOMPLETE
from scenarios.meetings.positions import LARGEST_FILE, TOO_LARGE
from scenarios.models import Position, QuestionKind, Stance

QUARTERS = [f"{hour:02}:{minute:02}" for hour in range(7, 21) for minute in (0, 15, 30, 45)]


class AskPositionsForm(ActForm):
    """Asks for the deadline, and for the reason when positions are asked again."""

    due_on = DayField(label="Uiterlijk op", is_ahead=True)
    due_time = forms.ChoiceField(label="Om", choices=[(moment, moment) for moment in QUARTERS])
    reason = TextField(
        label="Wat is er veranderd?", max_length=500, lines=2, help_text="Partijen lezen dit bij de nieuwe vraag."
    )

    submit_label = "Standpunten vragen"

    def __init__(self, data: Any = None, *, is_again: bool, usual: datetime, today: date) -> None:
        local = timezone.localtime(usual)
        nearest = max((q for q in QUARTERS if q <= f"{local:%H:%M}"), default=QUARTERS[0])
        super().__init__(data, today=today, initial={"due_on": local.date(), "due_time": nearest})
        if not is_again:
            del self.fields["reason"]

    def rows(self) -> list[str | LayoutObject]:
        return [Row("due_on", "due_time"), *(name for name in super().rows() if name == "reason")]

    @property
    def values(self) -> dict[str, Any]:
        filled = super().values
        moment = datetime.combine(filled.pop("due_on"), time.fromisoformat(filled.pop("due_time")))
        return {**filled, "due_at": timezone.make_aware(moment)}


class PositionForm(ActForm):
    """A position, with two buttons: save it as a draft, or give it, which is final."""

    stance = forms.ChoiceField(
        label="Wat vindt uw organisatie?", choices=Stance.choices, widget=forms.RadioSelect, required=False
    )
    text = TextField(label="Toelichting", max_length=4000, lines=8, required=False)
    attachment = forms.FileField(
        label="Bijlage toevoegen",
        required=False,
        help_text="Pdf, png, jpg of docx, hoogstens 10 MB.",
        error_messages={"empty": "Dit bestand is leeg.", "invalid": INCOMPLETE},
    )
    version = forms.IntegerField(
        widget=forms.HiddenInput, min_value=0, error_messages={"required": INCOMPLETE, "invalid": INCOMPLETE}
    )

    submit_label = "Standpunt geven"
    sometimes_needed = frozenset({"stance", "text"})

    def __init__(self, data: Any = None, *, position: Position | None, today: date, **kwargs: Any) -> None:
        initial = {"version": 0}
        if position is not None:
            initial = {"stance": position.stance, "text": position.text, "version": position.version}  # type: ignore[dict-item]
        super().__init__(data, today=today, initial=initial, **kwargs)
        draft = Submit("concept", "Concept bewaren")
        draft.field_classes = "utrecht-button--secondary-action"
        give = Submit("verzenden", self.submit_label)
        self.helper.layout = Layout("stance", "text", "attachment", FormActions(give, draft, HTML(CANCEL)))

    def clean_attachment(self) -> Any:
        """Refuse a file that is too large before its content is read."""
        file = self.cleaned_data["attachment"]
        if file is not None and file.size > LARGEST_FILE:
            raise forms.ValidationError(TOO_LARGE)
        return file

    @property
    def is_draft(self) -> bool:
        return "concept" in self.data

    @property
    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("stance", "text", "version")}


class AskQuestionForm(CaseForm):
    kind = forms.ChoiceField(label="Wat vraagt u?", choices=QuestionKind.choices, widget=forms.RadioSelect)
    organisation = forms.ChoiceField(label="Aan wie?")
    text = TextField(label="Vraag", max_length=1000, lines=4)
    due_on = DayField(label="Antwoord uiterlijk op", is_ahead=True)
    asker = forms.ChoiceField(label="Namens")

    submit_label = "Vraag stellen"

    def __init__(
        self,
        data: Any = None,
        *,
        askers: list[Organisation],
        addressees: list[Organisation],
        due_on: date,
        **kwargs: Any,
    ) -> None:
        self.askers, self.addressees = ({str(o.pk): o for o in organisations} for organisations in (askers, addressees))
        super().__init__(data, initial={"due_on": due_on}, **kwargs)
        for name, organisations in (("asker", self.askers), ("organisation", self.addressees)):
            self.fields[name].choices = options([(key, str(o)) for key, o in organisations.items()])  # type: ignore[attr-defined]
        if len(askers) == 1:
            self.fields["asker"].choices = [(key, str(o)) for key, o in self.askers.items()]  # type: ignore[attr-defined]

    @property
    def values(self) -> dict[str, Any]:
        filled = super().values
        chosen = {"asker": self.askers[filled["asker"]], "organisation": self.addressees[filled["organisation"]]}
        return {**filled, **chosen}


class AnswerQuestionForm(ActForm):
    on = DayField(label="Beantwoord op")
    text = TextField(
        label="Antwoord", max_length=4000, lines=6, help_text="Is het dossier geleverd? Schrijf dan op waar het staat."
    )

    submit_label = "Antwoord vastleggen"


class WithdrawQuestionForm(ActForm):
    submit_label = "Vraag intrekken"
    is_dangerous = True


class RemoveFileForm(ActForm):
    submit_label = "Bijlage verwijderen"
    is_dangerous = True
