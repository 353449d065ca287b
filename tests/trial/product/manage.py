"""The commands that the launcher asks for, of a product with one table."""

import os
import sys

import psycopg


def prepare() -> None:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as link:
        if not link.execute("SELECT FROM pg_roles WHERE rolname = 'lvv_web'").rowcount:
            link.execute("CREATE ROLE lvv_web LOGIN")
        link.execute("CREATE TABLE IF NOT EXISTS visit (at timestamptz NOT NULL DEFAULT now())")
        link.execute("GRANT SELECT, INSERT ON visit TO lvv_web")


command, *arguments = sys.argv[1:]
if command == "prepare":
    prepare()
elif command == "makemigrations":
    with psycopg.connect(os.environ["DATABASE_URL"]) as link:
        print(link.info.user)
elif command == "demo_accounts":
    print("anna@lvv.example")
elif command == "setting":
    print(os.environ[arguments[0]])
    sys.exit(7)
