"""`./run`: starts all that one trial run needs, from the assets to the website, and stops it again."""

import http.client
import time

from lvv.trial.assets import install_assets
from lvv.trial.backing import make_home, trial_backing
from lvv.trial.console import TrialError, say, timed
from lvv.trial.environment import as_web, trial_environment
from lvv.trial.folders import VAR, make_folder
from lvv.trial.management import answer_of, start_command
from lvv.trial.only_run import HOST, address_of, only_run, refuse_taken_port
from lvv.trial.processes import Program, start_program, stop_leftovers, stop_programs

READY_PAGE = "/health/ready"
READY_LIMIT = 60  # seconds


def serve(port: int) -> None:
    """The whole trial run. It ends by an exception only; KeyboardInterrupt is the usual one."""
    home = make_home()
    with only_run(port):
        if home != VAR:
            say(f"  De gegevens staan in {home}: PostgreSQL kan niet in de map van root.")
        if stop_leftovers(VAR):
            say("  LVV was hard gestopt. Wat nog draaide, is nu gestopt.")
        refuse_taken_port(port)
        install_assets()
        with trial_backing() as backing:
            with timed("Database en wachtrij starten"):
                backing.start()
            environment = trial_environment(backing, port=port)
            with timed("Tabellen en voorbeeldgegevens klaarzetten"):
                prepare(environment)
            run_programs(environment, port)


def prepare(environment: dict[str, str]) -> None:
    """Roles, tables, walls, the demo world and the static files, in one process."""
    command = start_command("prepare", "--demo", "--static", environment=environment)
    answer_of(command, failure="Het klaarzetten van de database is mislukt:")


def run_programs(environment: dict[str, str], port: int) -> None:
    """Start all, say where it is, and watch until Ctrl-C or until one of them stops."""
    accounts = start_command("demo_accounts", environment=environment)
    programs: list[Program] = []
    try:
        # The first page comes first: the others would take their part of the machine.
        with timed("Website starten"):
            programs.append(start_website(as_web(environment), port))
            wait_until_ready(programs[0], port)
        say(f"\nLVV draait op {address_of(port)}\n")
        say(answer_of(accounts, failure="De voorbeeldaccounts zijn niet te lezen:"))
        programs += [start_worker(as_web(environment)), start_beat(as_web(environment))]
        say("\nStoppen: Ctrl-C")
        while True:
            refuse_stopped(programs)
            time.sleep(0.5)
    finally:
        accounts.kill()
        say("\nLVV stopt ...")
        stop_programs(programs)


def start_website(environment: dict[str, str], port: int) -> Program:
    size = ["--workers", "2", "--threads", "4", "--preload"]
    module = ["gunicorn", "lvv.wsgi", "--bind", f"{HOST}:{port}", *size, "--no-control-socket"]
    return start_program("web", "De website", [*module, "--access-logfile", "-"], environment=environment, var=VAR)


def start_worker(environment: dict[str, str]) -> Program:
    # One worker has nobody to gossip with, and asking around costs a second.
    alone = ["--without-mingle", "--without-gossip"]
    module = ["celery", "--app", "lvv", "worker", "--concurrency", "2", "--loglevel", "INFO", *alone]
    return start_program("worker", "De werker", module, environment=environment, var=VAR)


def start_beat(environment: dict[str, str]) -> Program:
    schedule = make_folder(VAR / "beat") / "schedule"
    module = ["celery", "--app", "lvv", "beat", "--loglevel", "INFO", "--schedule", str(schedule)]
    return start_program("beat", "De klok", module, environment=environment, var=VAR)


def wait_until_ready(web: Program, port: int) -> None:
    """Wait until the ready page says so, as long as the website runs."""
    deadline = time.monotonic() + READY_LIMIT
    while not is_ready(port):
        refuse_stopped([web])
        if time.monotonic() > deadline:
            raise TrialError(f"De website antwoordt niet binnen {READY_LIMIT} seconden. Zie {web.log}.")
        time.sleep(0.05)


def refuse_stopped(programs: list[Program]) -> None:
    """A trial run without its website, worker or clock is no trial run."""
    for program in programs:
        if program.has_stopped():
            raise program.why_it_stopped()


def is_ready(port: int) -> bool:
    """Ask the ready page, past any proxy."""
    link = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        link.request("GET", READY_PAGE)
        return link.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()
