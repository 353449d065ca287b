"""A decision of the LSO is one file: with it the decision is offered, recorded, carried out and in the timeline."""

import sys
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.urls import reverse

from accounts.acting import acting_as
from accounts.models import User
from cases.models import Case
from scenarios.meetings import decisions
from scenarios.meetings.decisions import kinds
from scenarios.models import OUTCOMES, Action, Decision, Outcome
from tests.conftest import CaseOf
from tests.scenarios.browse import opened
from tests.scenarios.lso import tabled

# The file that a colleague would write for a new decision: the LSO asks for an interpreter.
FILE = """
from datetime import timedelta

from cases.forms import DayField
from scenarios import table
from scenarios.guidance import actions
from scenarios.guidance.actions import Undertaking
from scenarios.meetings.decisions.forms import ResolutionForm, explanation
from scenarios.meetings.decisions.kinds import Kind, bring


class InterpreterForm(ResolutionForm):
    text = explanation("Welke taal?")


def rule(item, resolution):
    return ["Noem geen twee talen."] if " en " in resolution.text else []


def ask(decision, resolution, by, at):
    task = Undertaking(table.seated(decision.case.municipality)[0], "Tolk zoeken", decision.decided_on + timedelta(7))
    actions.agree_on(decision, [task], by=by, at=at, on=decision.decided_on)


INTERPRETER = bring(
    Kind(
        "interpreter", "Eerst een tolk", place=75, form=InterpreterForm, is_explained=True, rule=rule, carry_out=ask,
        fits=lambda situation: situation.is_sheltered,
    )
)
"""


@pytest.fixture
def interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Load the new file as the package loads its own."""
    (tmp_path / "interpreter.py").write_text(FILE)
    monkeypatch.setattr(decisions, "__path__", [*decisions.__path__, str(tmp_path)])
    decisions.load([str(tmp_path)])
    yield
    brought = kinds.kind_of("interpreter")
    assert brought is not None
    kinds.withdraw(brought)
    sys.modules.pop(f"{decisions.__name__}.interpreter")


@pytest.fixture
def case(sheltered: CaseOf, worker: User) -> Case:
    return sheltered(worker)


@pytest.mark.usefixtures("interpreter")
def test_a_new_file_is_a_new_decision_from_the_choice_to_the_timeline(case: Case, chair: User, today: date) -> None:
    item = tabled(chair, case, today)
    screen = opened(chair, "room:item", item.pk)
    assert "Eerst een tolk" in screen.text
    asked = screen.client.get(reverse("room:item", args=[item.pk]), {"besluit": "interpreter"})
    assert "Welke taal?" in asked.content.decode()
    screen.address = reverse("room:decide", args=[item.pk]) + "?besluit=interpreter"
    screen.hidden |= {"version": str(asked.context["form"]["version"].value())}
    refused = screen.send(submission=str(uuid.uuid4()), text="Somali en Arabisch")
    assert refused.status_code == 400 and "Noem geen twee talen." in refused.content.decode()
    assert screen.send(submission=str(uuid.uuid4()), text="Somali").status_code == 302
    with acting_as(chair):
        decision = Decision.objects.get(item=item)
        assert (decision.outcome, decision.text) == ("interpreter", "Somali")
        assert Action.objects.get(decision=decision).due_on == today + timedelta(days=7)
    assert "Besluit van het LSO: Eerst een tolk" in opened(chair, "case", case.pk).text


def test_every_file_of_the_package_brings_its_decision() -> None:
    shared = {"forms", "kinds", "deciding", "on_admission", "with_scenario"}
    files = {path.stem for path in Path(decisions.__file__).parent.glob("*.py")} - shared - {"__init__"}
    of_the_mrt = {"escalated", "advice_adopted", "advice_deviated"}
    assert files | of_the_mrt == set(OUTCOMES)


def test_every_choice_has_a_place_of_its_own() -> None:
    places = [kind.place for kind in decisions.in_the_room()]
    assert places == sorted(set(places))


def test_two_kinds_with_one_code_are_refused() -> None:
    with pytest.raises(ValueError, match="postponed"):
        kinds.bring(kinds.Kind("postponed", "Nog een keer"))


def test_a_decision_shows_the_label_of_its_kind() -> None:
    assert Decision(outcome="adopted").get_outcome_display() == "Scenario vastgesteld"
    assert isinstance(Decision(outcome="adopted").kind, Outcome)
