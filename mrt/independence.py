"""Whether somebody was involved in a case before (domain 1.3): compared with all that was done in it, and who read it.

Every case of the same person counts, in every municipality; what was done in this very escalation does not. The
comparison reads who did something and when, under a role of the database that reads nothing else (mrt/security.py). The
seats ask it too, in the database itself (mrt/security.py).
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
    """How somebody can have been involved."""

    TABLE = "table", "zat aan tafel bij het LSO over deze zaak"
    POSITION = "position", "werkte mee aan een standpunt"
    ACTION = "action", "legde een actie vast of rondde die af"
    NOTE = "note", "schreef een notitie"
    DECISION = "decision", "legde een besluit, een toets of een feit vast"
    QUESTION = "question", "stelde of beantwoordde een vraag"
    MEETING = "meeting", "werkte mee aan de agenda of het verslag"
    REVIEW = "review", "werkte mee aan een eerder MRT"
    DISCLOSURE = "disclosure", "bekeek gegevens van deze persoon"


# Of the rows of a case; what is not named follows from its app.
KINDS: Mapping[type[Model], Involvement] = {
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
    """How somebody was involved, how often, and on which days first and last."""

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
    """That the user of a row of a case was involved at its moment; both are columns."""

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
        """What the comparison reads."""
        return {"case_id", self.user, self.moment} | ({self.escalation} if self.escalation else set())

    @property
    def escalation(self) -> str:
        """The column that says of which escalation a row is; empty when it is of none."""
        if self.model is Escalation:
            return "id"
        return "escalation_id" if self.model._meta.app_label == "mrt" else ""


def sources() -> Iterator[Source]:
    """Of every table with rows of a case, every hand: `..._by` with its moment, or that of the row; and the seats."""
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
    kind = KINDS.get(model) or OF_APP[model._meta.app_label]
    return Source(kind, model, f"{user}_id", moment, isinstance(get(moment), DateTimeField))


OF_APP = {"cases": Involvement.DECISION, "scenarios": Involvement.MEETING, "mrt": Involvement.REVIEW}

# What the comparison reads besides the sources.
ALSO_READ: Mapping[type[Model], set[str]] = {
    Case: {"id", "subject", "person_id"},
    Merge: {"subject", "same_as", "withdrawn_at"},
    Disclosure: {"user_id", "at", "persons"},
    Seat: {"escalation_id", "user_id", "since", "until"},
    Escalation: {"id", "case_id"},
}


def compared() -> dict[type[Model], set[str]]:
    """By table the columns that the comparison reads."""
    found: dict[type[Model], set[str]] = {model: set(columns) for model, columns in ALSO_READ.items()}
    for source in sources():
        found[source.model] = found.get(source.model, set()) | source.columns
    return found


def function(role: str) -> str:
    """The function of the database that compares: for an escalation and users, what each was involved in."""
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


# Who had a seat here read the file for it.
_READ = f"""select d.user_id, '{Involvement.DISCLOSURE}'::text, (d.at at time zone 'Europe/Amsterdam')::date
    from accounts_disclosure d where d.user_id = any (of_users) and d.persons && whom
      and not exists (select from mrt_seat s where s.escalation_id = of_escalation and s.user_id = d.user_id
                      and s.since <= d.at and (s.until is null or s.until >= d.at))"""


def involvements(escalation: Escalation, users: Iterable[User]) -> dict[int, list[Finding]]:
    """By user (pk) what was found, the first on top; who is not in it was not involved. Two queries."""
    keys = [user.pk for user in users]
    found: defaultdict[int, list[Finding]] = defaultdict(list)
    for user in _at_the_table(escalation, keys):
        found[user].append(Finding(Involvement.TABLE))
    with connection.cursor() as cursor:
        cursor.execute("select * from lvv_involvements(%s, %s)", [escalation.pk, keys])
        for user, kind, number, first, last in cursor.fetchall():
            found[user].append(Finding(Involvement(kind), number, first, last))
    return dict(found)


def _at_the_table(escalation: Escalation, users: list[int]) -> Iterable[int]:
    """Who sat at the table of the case's municipality since the case was registered.

    Asked of the memberships and not of the parties: the coordinator, who composes the team, doesn't see the parties
    that the municipality brought in (the second wall).
    """
    case = escalation.case
    sat = Membership.objects.filter(organisation__municipality=case.municipality_id, user__in=users)
    return sat.exclude(until__lte=case.registered_on).order_by("user").values_list("user", flat=True).distinct()
