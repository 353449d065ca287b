"""The commands behind `./run`, inside the environment that `run` made."""

import errno
import os
import signal
import sys
from collections.abc import Callable

from lvv.trial import stopping
from lvv.trial.assets import install_assets
from lvv.trial.backing import (
    delete_services,
    make_home,
    refuse_unprepared_database,
    stop_services,
    stop_unused_tests,
    trial_backing,
)
from lvv.trial.checks import report, run_checks, run_tests
from lvv.trial.console import TrialError, complain, say
from lvv.trial.environment import as_owner, trial_environment
from lvv.trial.folders import VAR, remove
from lvv.trial.management import run_command
from lvv.trial.only_run import stop_running
from lvv.trial.processes import stop_leftovers
from lvv.trial.serve import serve

KEPT_BY_RESET = {"secret_key", "run.lock", "in-use.lock", "test"}


def port_of(arguments: list[str]) -> int:
    """The port that was asked for, by option or by PORT; refuses any other option."""
    asked = os.environ.get("PORT", "8000")
    match arguments:
        case []:
            pass
        case ["--port", number]:
            asked = number
        case [option] if option.startswith("--port="):
            asked = option.removeprefix("--port=")
        case _:
            raise TrialError(f"Onbekende optie: {' '.join(arguments)}. Zie ./run --help.")
    if not asked.isdecimal() or not 0 < int(asked) < 65536:
        raise TrialError(f"Poort {asked} bestaat niet. Kies een getal van 1024 tot en met 65535.")
    return int(asked)


def start(arguments: list[str]) -> int:
    """Serve until Ctrl-C."""
    try:
        serve(port_of(arguments))
    except KeyboardInterrupt:
        say("LVV is gestopt.")
    return 0


def stop(arguments: list[str]) -> int:
    """Stop the present run and what killed ones left behind."""
    say("LVV is gestopt." if stop_everything() else "Er draait niets.")
    return 0


def stop_everything() -> bool:
    """Stop whatever of this folder runs; answers whether anything did."""
    if not VAR.exists():
        return False
    home = make_home()
    found = [stop_running(), stop_leftovers(VAR), stop_services(home)]
    stop_unused_tests(home)
    return any(found)


def reset(arguments: list[str]) -> int:
    """Delete the trial data and serve afresh."""
    port = port_of([argument for argument in arguments if argument != "--yes"])
    if os.environ.get("DATABASE_URL"):
        raise TrialError("./run reset wist alleen de ingebouwde database. Die van DATABASE_URL maakt u zelf leeg.")
    if "--yes" not in arguments and sys.stdin.isatty() and not confirms():
        say("Er is niets gewist.")
        return 0
    stop_everything()
    delete_services(make_home())
    for path in VAR.iterdir():
        if path.name not in KEPT_BY_RESET:
            remove(path)
    say("De proefgegevens zijn gewist.")
    return start(["--port", str(port)])


def confirms() -> bool:
    try:
        return input("Alle proefgegevens wissen en opnieuw beginnen? [j/N] ").strip().lower() in {"j", "ja"}
    except EOFError:
        return False


def manage(arguments: list[str]) -> int:
    """One command of manage.py, with the trial run's settings."""
    # Ctrl-C is for the command itself, say a shell; a handler, unlike ignoring, does not pass on to it.
    signal.signal(signal.SIGINT, lambda number, frame: None)
    install_assets()
    with trial_backing() as backing:
        backing.start()
        environment = trial_environment(backing, port=port_of([]))
        if arguments[:1] == ["makemigrations"]:
            environment = as_owner(environment)
        elif arguments[:1] != ["prepare"]:
            refuse_unprepared_database(environment["DATABASE_URL"])
        return run_command(arguments, environment)


def check(arguments: list[str]) -> int:
    """Format, lint, types, contracts and migrations."""
    if arguments:
        raise TrialError(f"./run check heeft geen opties: {' '.join(arguments)}. Zie ./run --help.")
    install_assets()
    return report(run_checks())


def test(arguments: list[str]) -> int:
    """Everything; or, where tests or options are named, pytest alone, in our place and on our console."""
    install_assets()
    if arguments:
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, "-m", "pytest", *arguments])
    return report([*run_checks(), *run_tests()])


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "start": start,
    "stop": stop,
    "reset": reset,
    "manage": manage,
    "check": check,
    "test": test,
}


def explain(error: OSError) -> TrialError:
    """What the computer refused, in a sentence."""
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return TrialError(f"Geen toegang tot {error.filename}. Start ./run als de eigenaar van deze map.")
    if error.errno == errno.ENOSPC:
        return TrialError("De schijf is vol. Maak ruimte vrij en start ./run opnieuw.")
    return TrialError(f"Dat lukt niet: {error}.")


def main(arguments: list[str]) -> int:
    """Run the named command; `start` where none is named."""
    stopping.listen()
    command = "start"
    if arguments and arguments[0] in COMMANDS:
        command, *arguments = arguments
    try:
        return COMMANDS[command](arguments)
    except TrialError as error:
        return complain(error)
    except OSError as error:
        return complain(explain(error))
    except KeyboardInterrupt:
        return complain(TrialError("Afgebroken."))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
