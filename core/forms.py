"""The base of all forms: it is sent once, speaks plain Dutch, checks dates, and shows why an act was refused."""

import logging
import uuid
from collections.abc import Callable
from copy import copy
from datetime import date, timedelta
from typing import Any

from crispy_forms.bootstrap import FormActions
from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Layout, LayoutObject, Submit
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, ProhibitNullCharactersValidator
from django.db import IntegrityError
from django.utils.functional import cached_property

from core.cells import EARLIEST

logger = logging.getLogger(__name__)
FURTHEST = timedelta(days=5 * 366)
CANCEL = (
    '{% if back_url %}<a class="utrecht-button utrecht-button--secondary-action" href="{{ back_url }}">Annuleren</a>'
    "{% endif %}"
)
CONFLICT = "Dit past niet bij wat al is vastgelegd. Controleer uw invoer en verzend het formulier opnieuw."
TABLE_FILE = "Xlsx, ods of csv, hoogstens 5 MB."
INCOMPLETE = "Het formulier is niet volledig verzonden. Laad de pagina opnieuw en probeer het nog een keer."


class TextField(forms.CharField):
    """Text of at most `max_length` characters. `lines` is the height of its box."""

    def __init__(self, *, max_length: int, lines: int = 1, **kwargs: Any) -> None:
        if lines > 1:
            kwargs.setdefault("widget", forms.Textarea(attrs={"rows": lines}))
        super().__init__(max_length=max_length, **kwargs)
        self.validators = [v for v in self.validators if not isinstance(v, ProhibitNullCharactersValidator)]
        self.validators.append(
            ProhibitNullCharactersValidator("Deze tekst bevat een teken dat niet kan. Typ de tekst opnieuw.")
        )


class DayField(forms.DateField):
    """A day from 1900 up to today, or with `is_ahead` up to five years in the future."""

    def __init__(self, *, is_ahead: bool = False, **kwargs: Any) -> None:
        self.is_ahead = is_ahead
        super().__init__(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **kwargs)
        self.error_messages["invalid"] = "Deze datum bestaat niet. Vul dag, maand en jaar in, zoals 17-11-2020."
        self.set_today(None)

    def set_today(self, today: date | None) -> None:
        """Set the latest day that the field accepts. None: there is no latest day."""
        self.latest = None if today is None else today + FURTHEST if self.is_ahead else today
        self.widget.attrs["min"] = EARLIEST.isoformat()
        if self.latest:
            self.widget.attrs["max"] = self.latest.isoformat()

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value is None:
            return
        if value < EARLIEST:
            raise ValidationError("Deze datum ligt vóór 1900. Controleer het jaar.")
        if self.latest and value > self.latest:
            raise ValidationError(
                f"Deze datum ligt na {self.latest:%d-%m-%Y}. Controleer het jaar."
                if self.is_ahead
                else "Deze datum ligt in de toekomst. Vul een datum in tot en met vandaag."
            )


def options(choices: list[tuple[str, str]], *, empty: str = "Kies een mogelijkheid") -> list[tuple[str, str]]:
    """The choices of a select, after an empty one."""
    return [("", empty), *choices]


class PlainForm(forms.Form):
    """A form with our messages. It fits filters and searches; a form that changes something is an `ActForm`."""

    def __init__(self, data: Any = None, *, today: date | None = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        for field in self.fields.values():
            if isinstance(field, DayField):
                field.set_today(today)
            say_it_clearly(field)


class ActForm(PlainForm):
    """A form that carries out one act. Subclasses set `submit_label` and may override the `rows` of the layout.

    The hidden `submission` is a new UUID each time the form is shown. By it the gate recognises a form that is sent
    twice (`accounts/access.py::permitted`).
    """

    submission = forms.UUIDField(
        widget=forms.HiddenInput, initial=uuid.uuid4, error_messages={"required": INCOMPLETE, "invalid": INCOMPLETE}
    )

    submit_label = "Opslaan"
    is_dangerous = False
    is_stale = False
    # The hidden field with the version of the data that the visitor saw.
    opened_on = "version"
    # Fields that only some answers make compulsory; their help text says which answers.
    sometimes_needed: frozenset[str] = frozenset()

    @cached_property
    def helper(self) -> FormHelper:
        """The layout, made when the form is shown: until then a subclass may add fields and take some away."""
        submit = Submit("verzenden", self.submit_label)
        if self.is_dangerous:
            submit.field_classes = "utrecht-button--danger"
        helper = FormHelper()
        helper.form_error_title = "Dit klopt nog niet:"
        helper.render_hidden_fields = True
        helper.layout = Layout(*self.rows(), FormActions(submit, HTML(CANCEL)))
        return helper

    def rows(self) -> list[str | LayoutObject]:
        """The visible fields and other parts of the layout, from top to bottom."""
        return [name for name, field in self.fields.items() if not isinstance(field.widget, forms.HiddenInput)]

    @property
    def values(self) -> dict[str, Any]:
        """The answers, as keyword arguments of the act."""
        return {name: value for name, value in self.cleaned_data.items() if name != "submission"}

    @property
    def status(self) -> int:
        """The HTTP status of the page that shows the form: 200, 400 with errors, 409 when it is stale."""
        if not self.is_bound:
            return 200
        return 409 if self.is_stale else 400

    def carried_out(self, act: Callable[[], object]) -> bool:
        """Run the act if the form is valid. True when it succeeded; a refusal becomes an error of the form."""
        if not self.is_valid():
            return False
        try:
            act()
        except ValidationError as refusal:
            self.refuse(refusal)
            return False
        except IntegrityError as error:
            # A constraint refused what the rules let through, for instance because two people acted at the same
            # moment. The database's message may hold personal data, so only the name of the constraint is logged.
            logger.warning("refused by the database: %s", _constraint(error))
            self.refuse(ValidationError(CONFLICT))
            return False
        return True

    def refuse(self, refusal: ValidationError) -> None:
        """Show the reasons. A stale form gets the current version, so that it can be sent again."""
        self.add_error(None, refusal)
        if getattr(refusal, "code", None) != "stale":
            return
        self.is_stale = True
        self.helper.form_error_title = "Iemand was u voor:"
        if self.opened_on in self.fields and hasattr(refusal, "current_version"):
            data: Any = copy(self.data)
            data[self.add_prefix(self.opened_on)] = str(refusal.current_version)
            self.data = data


def _constraint(error: IntegrityError) -> str:
    diagnosis = getattr(error.__cause__, "diag", None)
    return str(getattr(diagnosis, "constraint_name", ""))


def say_it_clearly(field: forms.Field) -> None:
    """Replace Django's general messages by ones that say what to do. Messages that the field sets itself stay."""
    is_choice = isinstance(field, forms.ChoiceField | forms.ModelChoiceField)
    own = {
        "required": f"Maak een keuze bij “{field.label}”." if is_choice else f"Vul “{field.label}” in.",
        "invalid_choice": "Kies een van de mogelijkheden uit de lijst.",
        "invalid_list": "Kies een of meer mogelijkheden uit de lijst.",
    }
    if isinstance(field, forms.IntegerField):
        own["invalid"] = "Vul een heel getal in, met alleen cijfers."
        field.error_messages.setdefault("min_value", "Vul %(limit_value)s of hoger in.")
        field.error_messages.setdefault("max_value", "Vul %(limit_value)s of lager in.")
    elif isinstance(field, forms.CharField):
        field.error_messages.setdefault(
            "max_length", "Gebruik hoogstens %(limit_value)d tekens. Nu zijn het er %(show_value)d."
        )
    for code, message in own.items():
        if field.error_messages.get(code) == _general_message(field, code):
            field.error_messages[code] = message


def _general_message(field: forms.Field, code: str) -> Any:
    for kind in type(field).__mro__:
        messages = getattr(kind, "default_error_messages", {})
        if code in messages:
            return messages[code]
    return None


class EmailField(forms.EmailField):
    """The e-mail address of an account."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=254, **kwargs)
        self.error_messages["invalid"] = "Dit is geen e-mailadres. Vul het in zoals naam@organisatie.nl."
        self.validators = [EmailValidator(self.error_messages["invalid"])]


class ConfirmForm(ActForm):
    """A form without visible fields: a button that confirms."""

    def __init__(self, data: Any = None, *, submit_label: str, **kwargs: Any) -> None:
        self.submit_label = submit_label
        super().__init__(data, **kwargs)


class FileForm(ActForm):
    """A form that uploads one file. Subclasses say in the label and the help text which one."""

    attachment = forms.FileField(
        label="Bestand",
        error_messages={"required": "Kies een bestand.", "empty": "Dit bestand is leeg.", "invalid": INCOMPLETE},
    )

    def content(self) -> bytes:
        """The bytes of the uploaded file. The form must be valid."""
        content: bytes = self.cleaned_data["attachment"].read()
        return content
