import signal
import sys
import time

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

    with insistent_interrupt(), pytest.raises(KeyboardInterrupt):
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
