"""Forms that are saved during the meeting: the minutes, and who left the table."""

from copy import copy
from typing import Any

from django import forms
from django.http import JsonResponse

from accounts.models import Organisation
from core.forms import INCOMPLETE, PlainForm, TextField
from scenarios.meetings.minutes import Text
from scenarios.models import ItemMinutes, Topic


class WritingForm(PlainForm):
    """A text with the version that its writer saw. After a clash it also holds the row that stands (`standing`)."""

    version = forms.IntegerField(
        widget=forms.HiddenInput, min_value=0, error_messages={"required": INCOMPLETE, "invalid": INCOMPLETE}
    )

    texts: tuple[str, ...]
    # No text is required; a mark "optional" beside each box would be noise.
    sometimes_needed = frozenset({"discussion", "conclusion", "text"})
    standing: ItemMinutes | Topic | None = None

    @property
    def seen_version(self) -> int:
        """The version that the writer saw."""
        return int(self.cleaned_data["version"])

    @property
    def theirs(self) -> list[tuple[str, str, str]]:
        """Name, label and text of each field as it stands now; the texts are empty without a clash."""
        return [(name, str(self.fields[name].label), getattr(self.standing, name, "")) for name in self.texts]

    @property
    def writer(self) -> str:
        """The name of the writer of the text that stands now."""
        return str(getattr(self.standing, "edited_by", "") or "Iemand anders")

    def show_clash(self, standing: ItemMinutes | Topic) -> None:
        """Show the text that stands beside the writer's own, and take over its version.

        If the writer sends the form again, their own text replaces the other one, which they have seen by then.
        """
        self.standing = standing
        data: Any = copy(self.data)
        data["version"] = str(standing.version)
        self.data = data

    def clash_response(self) -> JsonResponse:
        """The text that stands, as JSON for the script."""
        assert self.standing is not None
        standing_texts = {name: text for name, _, text in self.theirs}
        return JsonResponse({"version": self.standing.version, "by": self.writer, **standing_texts}, status=409)


class MinutesForm(WritingForm):
    """The minutes of one item of the agenda."""

    discussion = TextField(label="Besproken", max_length=8000, lines=10, required=False)
    conclusion = TextField(label="Conclusie", max_length=2000, lines=3, required=False)

    texts = ("discussion", "conclusion")

    @classmethod
    def of(cls, written: ItemMinutes | None) -> "MinutesForm":
        if written is None:
            return cls(initial={"version": 0})
        shown = {name: getattr(written, name) for name in cls.texts}
        return cls(initial={**shown, "version": written.version})

    @property
    def text(self) -> Text:
        return Text(self.cleaned_data["discussion"], self.cleaned_data["conclusion"])


class TopicForm(WritingForm):
    """The text of a topic."""

    text = TextField(label="Verslag", max_length=4000, lines=4, required=False)

    texts = ("text",)

    @classmethod
    def of(cls, topic: Topic) -> "TopicForm":
        return cls(initial={"text": topic.text, "version": topic.version}, auto_id=f"id_{topic.pk}_%s")


class AwayForm(PlainForm):
    """Asks which of the organisations present left the table for one case."""

    away = forms.MultipleChoiceField(
        label="Niet aan tafel bij deze zaak", widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(self, data: Any = None, *, present: list[Organisation], away: set[int] | None = None) -> None:
        self.present = {str(organisation.pk): organisation for organisation in present}
        super().__init__(data, initial={"away": [str(key) for key in away or ()]})
        self.fields["away"].choices = [  # type: ignore[attr-defined]
            (key, str(organisation)) for key, organisation in self.present.items()
        ]

    @property
    def organisations(self) -> list[Organisation]:
        return [self.present[key] for key in self.cleaned_data["away"]]
