"""The commands that the launcher asks for, of a product with one table."""

import os
import sys
import time
from pathlib import Path

import psycopg


def prepare() -> None:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as link:
        if not link.execute("SELECT FROM pg_roles WHERE rolname = 'lvv_web'").rowcount:
            link.execute("CREATE ROLE lvv_web LOGIN")
        link.execute("CREATE TABLE IF NOT EXISTS visit (at timestamptz NOT NULL DEFAULT now())")
        link.execute("GRANT SELECT, INSERT ON visit TO lvv_web")


def build_demo_world() -> None:
    """Only the first time, and only as the owner of the database.

    It lasts as long as the file `hold` is there, and fails where the file `fail` is.
    """
    progress, is_built, hold = Path(os.environ["LVV_DEMO_PROGRESS"]), Path("built"), Path("hold")
    with psycopg.connect(os.environ["DATABASE_URL"]) as link:
        assert link.info.user == "lvv_owner"
    if Path("fail").exists():
        sys.exit("geen mensen")
    if not is_built.exists():
        progress.write_text("50% mensen")
        while hold.exists():
            time.sleep(0.05)
        is_built.touch()
        progress.unlink()


command, *arguments = sys.argv[1:]
if command == "prepare":
    prepare()
elif command == "makemigrations":
    with psycopg.connect(os.environ["DATABASE_URL"]) as link:
        print(link.info.user)
elif command == "demo":
    build_demo_world()
    print("anna@lvv.example")
elif command == "setting":
    print(os.environ[arguments[0]])
    sys.exit(7)
