"""SQL statements with the rights of the web, as a bug in the program could send them."""

import json
import uuid
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.db.models import Model

from cases.models import Fact

Row = dict[str, Any]


def run(statement: str, *parameters: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.rowcount


def value(query: str, *parameters: Any) -> object:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchone()[0]


def refused(statement: str, *parameters: Any) -> str:
    """The error message of the database; empty when the statement succeeded. It is rolled back in any case."""
    try:
        with transaction.atomic():
            run(statement, *parameters)
            run("set constraints all immediate")
            transaction.set_rollback(True)
    except DatabaseError as error:
        return str(error)
    return ""


def another(table: str) -> Row:
    """A copy of a row of the table, with a new key."""
    return renewed(table, standing(table))


def standing(table: str, like: str = "true", of_case: object = None) -> Row:
    """A row of the table, of this case if the case has one."""
    if issubclass(_model(table), Fact):
        like += " and withdrawn_at is null"
    order = "to_jsonb(t) ->> 'case_id' is distinct from %s"
    query = f"select to_jsonb(t)::text from {table} t where {like} order by {order} limit 1"
    return json.loads(str(value(query, str(of_case))))


def renewed(table: str, row: Row) -> Row:
    """The row with a new key. If it is a fact, it replaces no other."""
    key = str(_model(table)._meta.pk.column)
    row = row | {key: str(uuid.uuid4()) if isinstance(row[key], str) else 10**9}
    return row | {"replaces_id": None} if "replaces_id" in row else row


def _model(table: str) -> type[Model]:
    return next(model for model in apps.get_models() if model._meta.db_table == table)


def insertion(table: str) -> str:
    """A statement that inserts rows, which it takes as one JSON list."""
    return f"insert into {table} select * from jsonb_populate_recordset(null::{table}, %s)"


def refused_row(table: str, row: Row) -> str:
    return refused(insertion(table), json.dumps([row]))
