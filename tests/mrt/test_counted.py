"""What the monitor reads of an escalation at every stage; page, file and API give the same figures."""

import csv
import io
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import User
from cases import exits
from cases.models import Case
from monitor.figures import analysis, reviews
from monitor.figures.analysis import ALL
from monitor.figures.reviews import Conclusion, Ending, Review
from mrt import answering
from mrt.models import Escalation
from tests.monitor.conftest import Get, conforms, get, machine, manager, token  # noqa: F401
from tests.mrt.review import BEFORE, advised, discussed
from tests.scenarios.browse import opened
from tests.scenarios.lso import tabled


def only_review(on: date) -> Review:
    """The only review, as it was at the end of a day."""
    (review,) = reviews.reviews(on)
    return review


def test_an_escalation_is_read_as_far_as_it_came(requested: Escalation, today: date) -> None:
    asked = Review(
        municipality="Amsterdam",
        requested_on=today - BEFORE,
        composed_on=None,
        discussed_on=None,
        advised_on=None,
        conclusion=None,
        obstacles=(),
        answered_on=None,
        is_adopted=None,
        ending=Ending.UNDER_WAY,
    )
    assert only_review(today) == only_review(today - BEFORE) == asked
    assert reviews.reviews(today - BEFORE - timedelta(days=1)) == []


def test_a_team_is_composed_when_its_last_seat_was_taken(complete: Escalation, today: date) -> None:
    assert only_review(today).composed_on == today
    assert only_review(today - timedelta(days=1)).composed_on is None


def test_an_advice_and_its_answer_are_read_with_their_days(
    complete: Escalation, stuck: Case, coordinator: User, chair: User, today: date, now: datetime
) -> None:
    discussed(coordinator, complete, today - timedelta(days=6))
    advised(coordinator, complete, today - timedelta(days=4), "", obstacles=("medical", "law"))
    found = only_review(today)
    assert (found.discussed_on, found.advised_on) == (today - timedelta(days=6), today - timedelta(days=4))
    assert (found.conclusion, found.obstacles) == (Conclusion.NONE, ("medical", "law"))
    assert (found.answered_on, found.is_adopted) == (None, None)
    item = tabled(chair, stuck, today - timedelta(days=2))
    with acting_as(chair):
        answering.answer(complete, item, is_adopted=False, reason="Nieuwe feiten.", by=chair, at=timezone.now())
    assert (only_review(today).answered_on, only_review(today).is_adopted) == (today - timedelta(days=2), False)
    assert only_review(today - timedelta(days=3)).answered_on is None
    assert only_review(today - timedelta(days=5)).conclusion is None


@pytest.mark.parametrize(
    ("exit_fields", "ending"),
    [
        ({"category": "grant", "evidence": "Beschikking", "confirmed_by": "ind"}, Ending.GRANTED),
        (
            {"category": "return", "destination": "AM", "evidence": "Melding", "confirmed_by": "dtv"},
            Ending.DEPARTED,
        ),
        ({"category": "other"}, Ending.OTHERWISE),
    ],
)
def test_what_finally_happened_is_the_exit_after_the_advice(
    concluded: Escalation, stuck: Case, worker: User, today: date, exit_fields: dict[str, Any], ending: Ending
) -> None:
    with acting_as(worker):
        exits.record_exit(stuck, **exit_fields, by=worker, on=today - timedelta(days=1), at=timezone.now())
    assert only_review(today).ending == ending
    assert only_review(today - timedelta(days=2)).ending == Ending.UNDER_WAY


def test_an_advice_that_was_taken_back_does_not_count(concluded: Escalation, coordinator: User, today: date) -> None:
    opened(coordinator, "mrt:advice_revise", concluded.pk).send(reason="Anders.")
    assert only_review(today).conclusion is None


def test_page_file_and_api_give_the_same_figures(
    concluded: Escalation,
    monitor_coordinator: User,
    get: Get,  # noqa: F811
) -> None:
    client = Client()
    client.force_login(monitor_coordinator)
    told: analysis.Analysis = client.get(reverse("monitor:review_analysis")).context["analysis"]
    sent = client.get(reverse("monitor:review_analysis_file", args=["csv"])).getvalue().decode("utf-8-sig")
    heading, *lines = csv.reader(io.StringIO(sent), delimiter=";")
    in_file = {(line[0], line[1], line[3]): line[5] for line in lines}
    assert heading[5:] == ["aantal", "tot_en_met"]
    by_machine = conforms("/review-analysis", get("/v1/review-analysis"))
    assert by_machine["referenceDate"] == told.on.isoformat() == lines[0][6]
    for table, machine_table in zip(told.tables, by_machine["tables"], strict=True):
        columns = [column["code"] for column in machine_table["columns"]]
        assert columns == list(table.columns)
        for row, line in zip(table.rows, machine_table["rows"], strict=True):
            published = row.published
            assert (line["obstacle"], line["counts"], line["total"]) == (
                row.code,
                list(published.counts),
                published.total,
            )
            for column, count in zip([*columns, ALL], [*published.counts, published.total], strict=True):
                assert in_file[table.code, row.code, column] == ("" if count is None else str(count))
    assert [(s["code"], s["count"], s["medianDays"]) for s in by_machine["steps"]] == [
        (step.code, step.number, step.median_days) for step in told.steps
    ]


# --- prior advices, for who reviews the next one


def test_earlier_advices_on_the_same_obstacles_stand_on_top_in_codes(
    complete: Escalation, coordinator: User, ind_specialist: User, stuck: Case, today: date
) -> None:
    discussed(coordinator, complete, today)
    advised(coordinator, complete, today, obstacles=("documents", "law"), conditions="Vertrouwelijk.")
    page = opened(ind_specialist, "monitor:prior_advices")
    (shown,) = page.page.context["page"]
    assert shown == analysis.Prior(
        today.year, "Vertrek", ("Documenten", "Recht"), 0, "Nog niet beantwoord", "Loopt nog"
    )
    for secret in ("Vertrouwelijk.", "Ga door.", stuck.number, "Amsterdam"):
        assert secret not in page.text.partition("<main")[2]
    assert analysis.prior_advices(today, ["medical"]) == []
    assert [one.shared for one in analysis.prior_advices(today, ["law", "documents"])] == [2]


def test_the_page_of_an_escalation_leads_to_advices_that_are_like_it(requested: Escalation, coordinator: User) -> None:
    detail = opened(coordinator, "mrt:escalation_detail", requested.pk)
    assert detail.page.context["comparable"] == "obstacle=documents"


def test_an_unknown_obstacle_is_refused_in_words(coordinator: User) -> None:
    client = Client()
    client.force_login(coordinator)
    answer = client.get(reverse("monitor:prior_advices"), {"obstacle": "weather"})
    assert answer.status_code == 400
    assert "uit de lijst" in answer.content.decode()
