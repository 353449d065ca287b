"""Being asked to stop, by Ctrl-C or by a signal."""

import signal
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_is_asked = False


def listen() -> None:
    """Stop in good order on each of the signals, except on those that whoever started us ignores, as nohup does."""
    for number in STOP_SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """The first signal stops the run; later ones do not disturb that."""
    global _is_asked
    _is_asked = True
    for each in STOP_SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


def obey() -> None:
    """Raise KeyboardInterrupt if a signal came.

    Python loses the exception of a signal that comes while it starts a program: it is raised in a hook around the fork,
    and Python only prints what such a hook raises. So whoever waits calls this now and then.
    """
    if _is_asked:
        raise KeyboardInterrupt
