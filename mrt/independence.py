"""Whether somebody was involved in a case before (domain 1.3).

Members of IND and DT&V must be independent. Nobody keeps a list of who was involved: this module reads it from the
record. Three things count as involvement:

1. The user stands in a row of a case, in any column `..._by`. `sources` finds these columns in the models, so that a
   new model is compared without a line here. Its moment is the column `..._at` or `..._on` with the same stem, or else
   `recorded_at`.
2. The user held a seat in another MRT, or saw personal data of the person (`Disclosure`).
3. The user sat at the table of the municipality since the case was registered (`_at_the_table`).

All cases of the same person count, in every municipality and over merges. Rows of this escalation itself do not count,
nor what a member read while seated in it.

The first two are compared in the database, by the function that `comparison_function` writes: nobody who asks may see
cases of other cities. The function runs under a role that reads only the columns of `columns_read` (who and when, never
a text). A trigger on `Seat` calls the same function (mrt/security.py).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from django.apps import apps
from django.db import connection
from django.db.models import DateTimeField, Model, TextChoices

from accounts.models import Disclosure, Membership, User
from cases.models import Case, Merge, Note
from mrt.models import Escalation, Seat
from scenarios.models import Action, ActionReview, Decision, Position, PositionFile, PositionRound, Question


class Involvement(TextChoices):
    """The kinds of involvement."""

    TABLE = "table", "zat aan tafel bij het LSO over deze zaak"
    POSITION = "position", "werkte mee aan een standpunt"
    ACTION = "action", "legde een actie vast of rondde die af"
    NOTE = "note", "schreef een notitie"
    DECISION = "decision", "legde een besluit, een toets of een feit vast"
    QUESTION = "question", "stelde of beantwoordde een vraag"
    MEETING = "meeting", "werkte mee aan de agenda of het verslag"
    REVIEW = "review", "werkte mee aan een eerder MRT"
    DISCLOSURE = "disclosure", "bekeek gegevens van deze persoon"


# The kind of involvement that a row of a model shows. For a model that is not named here, its app decides.
KIND_OF_MODEL: Mapping[type[Model], Involvement] = {
    Position: Involvement.POSITION,
    PositionFile: Involvement.POSITION,
    PositionRound: Involvement.POSITION,
    Action: Involvement.ACTION,
    ActionReview: Involvement.ACTION,
    Question: Involvement.QUESTION,
    Note: Involvement.NOTE,
    Decision: Involvement.DECISION,
}


@dataclass(frozen=True)
class Finding:
    """One kind of involvement of one user: how often, and the first and last day. No days: at the table."""

    kind: Involvement
    number: int = 0
    first: date | None = None
    last: date | None = None

    def __str__(self) -> str:
        if self.first is None or self.last is None:
            return self.kind.label
        days = (
            f"{self.first:%d-%m-%Y}" if self.first == self.last else f"{self.first:%d-%m-%Y} tot {self.last:%d-%m-%Y}"
        )
        return f"{self.kind.label} ({self.number} keer, {days})" if self.number > 1 else f"{self.kind.label} ({days})"


@dataclass(frozen=True)
class Source:
    """A column of a model with the user who was involved (`user`), and the column with the moment (`moment`).

    `has_hours`: the moment is a datetime, not a date.
    """

    kind: Involvement
    model: type[Model]
    user: str
    moment: str
    has_hours: bool

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def columns(self) -> set[str]:
        """The columns that the comparison reads."""
        return {"case_id", self.user, self.moment} | ({self.escalation} if self.escalation else set())

    @property
    def escalation(self) -> str:
        """The column with the escalation of a row; empty when rows of this model belong to none."""
        if self.model is Escalation:
            return "id"
        return "escalation_id" if self.model._meta.app_label == "mrt" else ""


def sources() -> Iterator[Source]:
    """Every column `..._by` of every model with a foreign key `case`, and the users of the seats."""
    for model in apps.get_models():
        columns = {field.name: field for field in model._meta.concrete_fields}
        if getattr(columns.get("case"), "related_model", None) is not Case:
            continue
        for name, field in columns.items():
            if name.endswith("_by") and field.related_model is User:
                stem = name.removesuffix("by")
                moments = (f"{stem}at", f"{stem}on", "recorded_at")
                yield _source(model, name, next(moment for moment in moments if moment in columns))
    yield _source(Seat, "user", "since")


def _source(model: type[Model], user: str, moment: str) -> Source:
    get = model._meta.get_field
    kind = KIND_OF_MODEL.get(model) or KIND_OF_APP[model._meta.app_label]
    return Source(kind, model, f"{user}_id", moment, isinstance(get(moment), DateTimeField))


KIND_OF_APP = {"cases": Involvement.DECISION, "scenarios": Involvement.MEETING, "mrt": Involvement.REVIEW}

# The columns that the comparison reads besides those of the sources.
ALSO_READ: Mapping[type[Model], set[str]] = {
    Case: {"id", "subject", "person_id"},
    Merge: {"subject", "same_as", "withdrawn_at"},
    Disclosure: {"user_id", "at", "persons"},
    Seat: {"escalation_id", "user_id", "since", "until"},
    Escalation: {"id", "case_id"},
}


def columns_read() -> dict[type[Model], set[str]]:
    """The columns that the comparison reads, by model."""
    columns_by_model: dict[type[Model], set[str]] = {model: set(columns) for model, columns in ALSO_READ.items()}
    for source in sources():
        columns_by_model[source.model] = columns_by_model.get(source.model, set()) | source.columns
    return columns_by_model


def comparison_function(role: str) -> str:
    """The SQL of the database function that compares, which runs under `role`.

    It takes an escalation and ids of users, and returns a row per user and kind: number, first day, last day. In it,
    `them` holds the cases of the person, over merges in either direction, and `whom` the persons of those cases.
    """
    of_rows = " union all ".join(_rows(source) for source in sources())
    return f"""create or replace function lvv_involvements(of_escalation uuid, of_users bigint[])
        returns table(user_id bigint, kind text, number bigint, first date, last date)
        language plpgsql stable set role = '{role}' as $$
        declare
            them uuid[] := array(
                with recursive person as (
                    select o.subject from mrt_escalation e join cases_case o on o.id = e.case_id
                    where e.id = of_escalation
                    union select case when m.subject = p.subject then m.same_as else m.subject end
                    from person p join cases_merge m on p.subject in (m.subject, m.same_as)
                    where m.withdrawn_at is null)
                select c.id from cases_case c join person using (subject));
            whom uuid[] := array(select c.person_id from cases_case c
                where c.id = any (them) and c.person_id is not null);
        begin return query
            select r.who, r.how, count(*), min(r.day), max(r.day) from ({of_rows} union all {_READ}) r
            group by r.who, r.how order by r.who, min(r.day);
        end $$"""


def _rows(source: Source) -> str:
    day = f"({source.moment} at time zone 'Europe/Amsterdam')::date" if source.has_hours else source.moment
    other = f" and t.{source.escalation} <> of_escalation" if source.escalation else ""
    return (
        f"select t.{source.user} as who, '{source.kind}'::text as how, {day} as day from {source.table} t"
        f" where t.case_id = any (them) and t.{source.user} = any (of_users){other}"
    )


# Disclosures of the person, except those to a member while they had a seat in this escalation.
_READ = f"""select d.user_id, '{Involvement.DISCLOSURE}'::text, (d.at at time zone 'Europe/Amsterdam')::date
    from accounts_disclosure d where d.user_id = any (of_users) and d.persons && whom
      and not exists (select from mrt_seat s where s.escalation_id = of_escalation and s.user_id = d.user_id
                      and s.since <= d.at and (s.until is null or s.until >= d.at))"""


def involvements(escalation: Escalation, users: Iterable[User]) -> dict[int, list[Finding]]:
    """The findings by user id, the earliest first. A user who was not involved is not in it. Two queries."""
    keys = [user.pk for user in users]
    findings: defaultdict[int, list[Finding]] = defaultdict(list)
    for user in _at_the_table(escalation, keys):
        findings[user].append(Finding(Involvement.TABLE))
    with connection.cursor() as cursor:
        cursor.execute("select * from lvv_involvements(%s, %s)", [escalation.pk, keys])
        for user, kind, number, first, last in cursor.fetchall():
            findings[user].append(Finding(Involvement(kind), number, first, last))
    return dict(findings)


def _at_the_table(escalation: Escalation, users: list[int]) -> Iterable[int]:
    """The users who sat at the table of the case's municipality since the case was registered.

    This reads memberships and not the parties of the case: the second wall hides from the coordinator, who composes
    the team, which parties the municipality brought in.
    """
    case = escalation.case
    sat = Membership.objects.filter(organisation__municipality=case.municipality_id, user__in=users)
    return sat.exclude(until__lte=case.registered_on).order_by("user").values_list("user", flat=True).distinct()
