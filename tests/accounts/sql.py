"""Statements straight at the database, under the web's rights, as a bug in the program could send them."""

import json
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connection, transaction

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
    """The message of the database; empty when the statement went through, which is undone."""
    try:
        with transaction.atomic():
            run(statement, *parameters)
            run("set constraints all immediate")
            transaction.set_rollback(True)
    except DatabaseError as error:
        return str(error)
    return ""


def another(table: str) -> Row:
    """A row like one that stands in the table, under a key of its own."""
    model = next(model for model in apps.get_models() if model._meta.db_table == table)
    standing = " where withdrawn_at is null" if issubclass(model, Fact) else ""
    row = json.loads(str(value(f"select to_jsonb(t)::text from {table} t{standing} limit 1")))
    row["id"] = value("select gen_random_uuid()::text") if isinstance(row["id"], str) else 10**9
    return row | ({"replaces_id": None} if standing else {})


def refused_row(table: str, row: Row) -> str:
    return refused(f"insert into {table} select * from jsonb_populate_record(null::{table}, %s)", json.dumps(row))
