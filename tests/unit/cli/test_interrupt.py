import signal
import sys
import time
from contextlib import suppress

import pytest

from tsflow.cli.interrupt import insistent_interrupt


class Finalized:
    """Interrupted where Python shows an exception and goes on."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


def test_an_interrupt_that_was_dropped_comes_again(capfd: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        Finalized()
        time.sleep(60)

    with pytest.raises(KeyboardInterrupt), insistent_interrupt():
        work()
    assert not capfd.readouterr().err


def test_what_others_drop_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def __del__(self) -> None:
            raise ValueError("broken")

    shown: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda dropped: shown.append(str(dropped.exc_value)))
    with insistent_interrupt():
        Broken()
    assert shown == ["broken"]


def test_what_others_make_of_an_interrupt_is_one() -> None:
    def fail() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise ValueError("a schema that was never built") from None

    with pytest.raises(KeyboardInterrupt), insistent_interrupt():
        fail()


def test_an_interrupt_that_others_pass_over_comes_at_the_end() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), insistent_interrupt(), suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_errors_without_an_interrupt_stay_what_they_are() -> None:
    with pytest.raises(ValueError, match="mine"), insistent_interrupt():
        raise ValueError("mine")
