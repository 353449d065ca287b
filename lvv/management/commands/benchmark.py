"""How long the whole measurement set takes at several sizes, beside SQL written by hand for the same figures.

Everything happens in one schema of its own, in one transaction that is undone: no row of the database is touched. Both
answer in turns, and must give the same cells; the medians and their ratio are printed, and nothing is judged. Ratios
hold on a machine whose speed drifts, milliseconds do not. Standards F-2 asks for at most one and a half times the SQL,
plus 20 ms.
"""

import statistics
import time
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from accounts.acting import as_monitor
from accounts.models import Municipality
from core.roles import MONITOR
from lvv.management.commands.prepare import connect_as_owner
from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.measurement import NATIONAL, Cell, measure

SCHEMA = "meting"
ON, KNOWN_AT = date(2020, 11, 1), datetime(2026, 1, 1, tzinfo=UTC)
SET = DEFINITION_SETS["2020-11"]
TABLES = (
    "cases_admission",
    "cases_stay",
    "cases_exit",
    "cases_profile",
    "cases_waitinglistentry",
    "cases_covenant",
    "cases_procedure",
    "cases_merge",
    "scenarios_scenario",
    "mrt_discussion",
    "mrt_advice",
)

# One case in ten is of a person who has two; three in ten are of the first municipality. Of one in ten, each fact was
# told wrong before and withdrawn.
_FACT = """md5({seed} || n)::uuid, {since}, {until}, timestamptz '2020-01-05' + n % 40 * interval '1 day',
    {withdrawn}, '', md5('s' || n - (n % 10 = 0)::int)::uuid"""
_TAIL = "md5('c' || n)::uuid, (array[{places}])[1 + case when n % 10 < 3 then 0 else n % {count} end], 1, null, null"
_FROM = "from generate_series(1, {cases}) n where {where}"
_COMMON = "id, valid_from, valid_until, recorded_at, withdrawn_at, withdrawal_reason, subject"
_OWN = "case_id, municipality_id, recorded_by_id, replaces_id, withdrawn_by_id"
_BEGUN = "date '2019-04-01' + n % 500"
_ENDED = f"case when n % 5 < 2 then {_BEGUN} + 60 end"
FILLING: tuple[tuple[str, str, str, str, str, str], ...] = (
    # table, its own columns, their values, since, until, which cases
    ("cases_admission", "outcome, exception_ground, body, inside_covenant, reason, test_id",
     "'admitted', '', 'lso', n % 20 not in (0, 13), '', md5('t' || n)::uuid", _BEGUN, "null::date", "true"),
    ("cases_stay", "kind, location, over_capacity_reason", "'admitted', 'Oost', ''", _BEGUN, _ENDED, "true"),
    ("cases_exit", "category, destination, evidence, confirmed_by",
     "(array['grant', 'return', 'onward', 'azc_hasa', 'art64', 'unknown_destination', 'terminated'])[1 + n % 7],"
     " case when n % 7 in (1, 2) then (array['AM', 'CN', 'NG', 'GN'])[1 + n % 4] else '' end, 'brief', ''",
     f"{_BEGUN} + 60", "null::date", "n % 5 < 2 and n % 50 > 0"),
    ("cases_profile", "sex, birth_year, nationality, from_safe_country, departure_procedures",
     "(array['male', 'female', 'unknown'])[1 + n % 3], 1950 + n % 60, (array['AM', 'CN', 'NG', 'GN', 'ER'])[1 + n % 5],"
     " n % 9 = 0, n % 8", _BEGUN, "null::date", "true"),
    ("cases_waitinglistentry", "reason", "''", _BEGUN, f"case when n % 8 > 0 then {_BEGUN} + 30 end", "n % 4 = 0"),
    # Two in a hundred turned out to be the person of the case five numbers back, so that some are three.
    ("cases_merge", "same_as, grounds", "md5('s' || n - 5)::uuid, 'foto'", _BEGUN, "null::date", "n % 100 in (11, 16)"),
    ("scenarios_scenario", "direction, kind, review_on, decision_id",
     "(array['stay', 'departure'])[1 + n % 2], 'return', date '2021-06-01', md5('d' || n)::uuid", f"{_BEGUN} + 20",
     "null::date", "n % 3 > 0"),
)  # fmt: skip

_KNOWN = "recorded_at <= %(known)s and (withdrawn_at is null or withdrawn_at > %(known)s) and valid_from <= %(on)s"
_TRUE = f"{_KNOWN} and (valid_until is null or valid_until > %(on)s)"
_LAST = "order by case_id, valid_from desc, recorded_at desc, id desc"
# Who is whom, over merges of any length: the least name of each group.
_WHO = """who as (
    with recursive link as (
        select subject as x, same_as as y from cases_merge
        where recorded_at <= %(known)s and (withdrawn_at is null or withdrawn_at > %(known)s)
    ), way as (
        select x, y from link union all select y, x from link
    ), step as (
        select x, y from way union select step.x, way.y from step join way on way.x = step.y
    )
    select x as subject, min(y::text)::uuid as person from step group by x
)"""
_FIRST_OF_ALL = "is_present desc, valid_from desc, recorded_at desc, id desc"
BY_HAND = f"""
with {_WHO},
a as (select distinct on (case_id) case_id, outcome, inside_covenant from cases_admission where {_TRUE} {_LAST}),
s as (select distinct on (case_id) *, valid_until is null or valid_until > %(on)s as is_present
    from cases_stay where {_KNOWN} {_LAST}),
e as (select distinct on (x.case_id) x.case_id, x.category, x.destination from cases_exit x join s using (case_id)
    where not s.is_present and s.valid_from < x.valid_from
      and x.recorded_at <= %(known)s and (x.withdrawn_at is null or x.withdrawn_at > %(known)s)
      and x.valid_from <= %(on)s
    order by x.case_id, x.valid_from desc, x.recorded_at desc, x.id desc),
c as (select distinct on (case_id) case_id, direction from scenarios_scenario where {_TRUE} {_LAST}),
p as (select distinct on (case_id) * from cases_profile where {_KNOWN} {_LAST}),
f as (select s.municipality_id, coalesce(who.person, s.subject) as person, s.is_present, s.valid_from, s.recorded_at,
        s.id, a.inside_covenant as inside, e.category, e.destination, c.direction, p.sex, 2020 - p.birth_year as age,
        p.nationality, p.departure_procedures as procedures, p.from_safe_country as safe
    from s join a using (case_id) left join who using (subject)
    left join e using (case_id) left join c using (case_id) left join p using (case_id)
    where a.outcome <> 'refused'),
q as (select distinct on (municipality_id, inside, person) *, municipality_id as place from f
    order by municipality_id, inside, person, {_FIRST_OF_ALL}),
n as (select distinct on (inside, person) *, null::bigint as place from f order by inside, person, {_FIRST_OF_ALL})
select place, inside, is_present, category, destination, direction, sex, age, nationality, procedures, safe, count(*)
from (select * from q union all select * from n) counted
group by place, inside, is_present, category, destination, direction, sex, age, nationality, procedures, safe"""
BY_HAND_WAITING = f"""with {_WHO} select municipality_id, count(distinct coalesce(person, subject))
    from cases_waitinglistentry left join who using (subject) where {_TRUE}
    group by grouping sets ((municipality_id), ())"""


class Command(BaseCommand):
    help = "Meet hoe lang de hele meetset duurt, naast met de hand geschreven SQL voor dezelfde cijfers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cases", type=int, nargs="+", default=[10_000, 100_000], help="hoeveel zaken, per meting")
        parser.add_argument("--rounds", type=int, default=7, help="aantal rondes")

    def handle(self, *args: Any, **options: Any) -> None:
        connect_as_owner()
        for cases in options["cases"]:
            with transaction.atomic():
                fill(cases)
                mine, theirs = product(), by_hand()
                if mine != theirs:
                    wrong = sorted(cell for cell in mine.keys() | theirs.keys() if mine.get(cell) != theirs.get(cell))
                    raise CommandError(f"De cijfers zijn niet gelijk, bijvoorbeeld {wrong[:3]}.")
                whole, floor = _in_turns(product, by_hand, rounds=options["rounds"])
                transaction.set_rollback(True)
            ratio = statistics.median(a / b for a, b in zip(whole, floor, strict=True))
            self.stdout.write(
                f"{cases:>9} zaken, {len(mine)} cijfers gelijk. Meetset: {statistics.median(whole):.0f} ms. "
                f"Met de hand: {statistics.median(floor):.0f} ms. Verhouding: {ratio:.2f}."
            )


def fill(cases: int) -> None:
    """Make copies of our tables with their walls, in a schema that comes before ours until the rollback."""
    places = list(Municipality.objects.order_by("name").values_list("pk", flat=True))
    tail = _TAIL.format(places=", ".join(map(str, places)), count=len(places))
    with connection.cursor() as cursor:
        cursor.execute(f"create schema {SCHEMA}")
        cursor.execute(f"grant usage on schema {SCHEMA} to {MONITOR}")
        cursor.execute(f"set local search_path = {SCHEMA}, public")
        for table in TABLES:
            cursor.execute(f"create table {SCHEMA}.{table} (like public.{table} including defaults)")
        for table, columns, values, since, until, where in FILLING:
            wrong = "timestamptz '2020-03-01'", f"({where}) and n % 10 = 3", "'wrong "
            for withdrawn, which, seed in (("null", where, "'"), wrong):
                fact = _FACT.format(seed=f"{seed}{table}'", since=since, until=until, withdrawn=withdrawn)
                source = _FROM.format(cases=cases, where=which)
                cursor.execute(
                    f"insert into {table} ({_COMMON}, {_OWN}, {columns}) select {fact}, {tail}, {values} {source}"
                )
        for table in TABLES:
            cursor.execute(f"create index on {table} (case_id, valid_from)" if table != "cases_covenant" else "select")
            cursor.execute(f"alter table {table} enable row level security")
            cursor.execute(f"grant select on {table} to {MONITOR}")
            cursor.execute(f"create policy counted on {table} to {MONITOR} using (current_user = '{MONITOR}')")
            cursor.execute(f"analyze {table}")


def product() -> Mapping[Cell, int]:
    """The figures that are not zero, as the monitor measures them."""
    return {cell: number for cell, number in measure(ON, KNOWN_AT, SET).cells.items() if number}


def by_hand() -> dict[Cell, int]:
    """The same figures from two queries that were written by hand for them."""
    names: dict[int | None, str] = {None: NATIONAL, **dict(Municipality.objects.values_list("pk", "name"))}
    cells: dict[Cell, int] = {}

    def add(code: str, place: int | None, number: int, value: str = "") -> None:
        cells[code, names[place], value] = cells.get((code, names[place], value), 0) + number

    with as_monitor(), connection.cursor() as cursor:
        cursor.execute(BY_HAND, {"on": ON, "known": KNOWN_AT})
        for place, inside, is_present, *rest, number in cursor.fetchall():
            if not inside:
                add("outside_sheltered", place, number)
                if is_present:
                    add("outside_present", place, number)
                continue
            add("sheltered", place, number)
            for code, value in _present(*rest) if is_present else _left(*rest[:2]):
                add(code, place, number, value)
        cursor.execute(BY_HAND_WAITING, {"on": ON, "known": KNOWN_AT})
        for place, number in cursor.fetchall():
            add("waiting", place, number)
    return {cell: number for cell, number in cells.items() if number}


Codes = list[tuple[str, str]]


def _present(category: str, destination: str, direction: str | None, sex: str, age: int, *rest: Any) -> Codes:
    nationality, procedures, safe = rest
    codes = ["scenario", f"scenario_{direction}"] if direction else ["no_scenario"]
    bands = [(18, "0-17"), (30, "18-29"), (40, "30-39"), (50, "40-49"), (60, "50-59"), (999, "60+")]
    return [
        ("present", ""),
        *((code, "") for code in codes),
        ("present_by_sex", sex),
        ("present_by_age", next(name for limit, name in bands if age < limit)),
        ("present_by_nationality", nationality),
        ("present_by_procedures", str(procedures) if procedures < 2 else "2-5" if procedures < 6 else "6+"),
        ("present_by_safe_country", "yes" if safe else "no"),
    ]


def _left(category: str | None, destination: str) -> Codes:
    departed = [("durable_departure", ""), (f"departure_{category}", ""), ("departure_destination", destination)]
    if category is None:
        return [("unexplained", "")]
    if category == "grant":
        return [("durable", ""), ("durable_grant", "")]
    return [("durable", ""), *departed] if category in ("return", "onward") else [(f"exit_{category}", "")]


def _in_turns(*runs: Callable[[], object], rounds: int) -> list[list[float]]:
    """The milliseconds of each, measured in turns after a warm-up, so that a slow moment hits all of them."""
    taken: list[list[float]] = [[] for _ in runs]
    for number in range(rounds + 1):
        for place, run in enumerate(runs):
            start = time.perf_counter()
            run()
            if number:
                taken[place].append((time.perf_counter() - start) * 1000)
    return taken
