"""Ctrl-C, also where its exception is lost on the way."""

import signal
import sys
from _thread import interrupt_main
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer, get_ident
from types import FrameType

_SOON = 0.05
"""Seconds after which what dropped an interrupt is surely over; if not, it comes once more."""


@contextmanager
def insistent_interrupt() -> Iterator[None]:
    """See to it that an interrupt ends what is done meanwhile; to be entered in the main thread.

    Python drops the exception in the callback of a weak reference: then it comes again. Pydantic, interrupted in the
    middle of an import, makes an error of its own of it.

    Raises:
        KeyboardInterrupt: If one came, whatever else became of it.
    """
    came, here, show = False, get_ident(), sys.unraisablehook

    def arrive(number: int, frame: FrameType | None) -> None:
        nonlocal came
        came = True
        signal.default_int_handler(number, frame)

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

    before = signal.signal(signal.SIGINT, arrive)
    sys.unraisablehook = insist
    try:
        yield
    except Exception:
        if not came:
            raise
    finally:
        sys.unraisablehook = show
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt
