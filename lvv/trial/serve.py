"""`./run`: starts all that one trial run needs, from the assets to the website, and stops it again."""

import http.client
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from lvv.trial import stopping
from lvv.trial.assets import install_assets
from lvv.trial.backing import make_home, trial_backing
from lvv.trial.console import TrialError, is_terminal, say, say_again, timed
from lvv.trial.environment import as_owner, as_web, trial_environment
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
            with timed("Tabellen klaarzetten"):
                prepare(environment)
            run_programs(environment, port)


def prepare(environment: dict[str, str]) -> None:
    """Roles, tables, walls and the static files, in one process."""
    command = start_command("prepare", "--static", environment=environment)
    answer_of(command, failure="Het klaarzetten van de database is mislukt:")


def run_programs(environment: dict[str, str], port: int) -> None:
    """Start all, say where it is, and watch until Ctrl-C or until one of them stops."""
    progress = Path(environment["LVV_DEMO_PROGRESS"])
    progress.unlink(missing_ok=True)  # A killed run may have left it.
    demo_world = start_command("demo", environment=as_owner(environment))
    programs: list[Program] = []
    try:
        # The first page comes first: the others would take their part of the machine.
        with timed("Website starten"):
            programs.append(start_website(as_web(environment), port))
            wait_until_ready(programs[0], port)
            wait_until_begun(demo_world, progress)
        say(f"\nLVV draait op {address_of(port)}\n")
        say(fill(demo_world, progress, programs))
        programs += [start_worker(as_web(environment)), start_beat(as_web(environment))]
        say("\nStoppen: Ctrl-C")
        while True:
            refuse_stopped(programs)
            time.sleep(0.5)
    finally:
        demo_world.kill()
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


def wait_until_begun(demo_world: subprocess.Popen[str], progress: Path) -> None:
    """Wait until the sign-in page can say that the demo world is being built, or until it need not say so."""
    while demo_world.poll() is None and not progress.exists():
        stopping.obey()
        time.sleep(0.05)


def fill(demo_world: subprocess.Popen[str], progress: Path, programs: list[Program]) -> str:
    """Say how far the demo world is until it is there. Return who can log in."""
    told = ""
    while demo_world.poll() is None:
        refuse_stopped(programs)
        words = read(progress)
        # A terminal shows every percent in the same place; a log gets a line for each ten.
        step = words if is_terminal() else words.partition("%")[0][:-1]
        if step and step != told:
            told = step
            say_again(f"Voorbeeldgegevens maken: {words}")
        time.sleep(0.2)
    if told:
        say_again("De voorbeeldgegevens zijn klaar.")
        say("\n")
    return answer_of(demo_world, failure="Het maken van de voorbeeldgegevens is mislukt:")


def read(progress: Path) -> str:
    """The words in the file of the demo world. Empty when it is gone."""
    with suppress(FileNotFoundError):
        return progress.read_text()
    return ""


def refuse_stopped(programs: list[Program]) -> None:
    """Stop when we are asked to. A trial run without its website, worker or clock is no trial run either."""
    stopping.obey()
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
