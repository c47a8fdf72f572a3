"""Ctrl-C, also where Python drops it."""

import signal
import sys
from _thread import interrupt_main
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer, get_ident

_SOON = 0.05
"""Seconds after which what dropped an interrupt is surely over; if not, it comes once more."""


@contextmanager
def insistent_interrupt() -> Iterator[None]:
    """Interrupt again if Python dropped the exception, as it does in the callback of a weak reference.

    To be entered in the main thread.
    """
    show, here = sys.unraisablehook, get_ident()

    def interrupt() -> None:
        if sys.platform == "win32":
            interrupt_main()
        else:  # a signal, which also ends a wait
            signal.pthread_kill(here, signal.SIGINT)

    def insist(dropped: "sys.UnraisableHookArgs") -> None:
        if issubclass(dropped.exc_type, KeyboardInterrupt):
            Timer(_SOON, interrupt).start()
        else:
            show(dropped)

    sys.unraisablehook = insist
    try:
        yield
    finally:
        sys.unraisablehook = show
