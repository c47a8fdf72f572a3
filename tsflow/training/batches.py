"""Batches: what the loop iterates over, in epochs that are the stretches between two evaluations."""

import time
from collections.abc import Callable, Iterator

from tsflow.training.windows import Batch


class Batches:
    """A run of ``steps`` batches, handed out over several passes: each ``for`` over it is one epoch.

    A pass that an error broke off is finished by the next one, so that training goes on where it stopped.
    With a time budget the progress is that of the steps or that of the clock, whichever is further: a run
    that has not the time for all its steps still ends with its learning rate annealed.

    >>> batches = Batches(lambda size: size, size=128, steps=5, epochs=2)
    >>> [list(batches), list(batches), batches.progress]
    [[128, 128, 128], [128, 128], 1.0]
    """

    def __init__(
        self,
        draw: Callable[[int], Batch],
        *,
        size: int,
        steps: int,
        epochs: int,
        time_budget: float | None = None,
    ) -> None:
        self.size = size
        """Windows in a batch."""
        self.taken = 0
        """Batches handed out."""
        self.steps = steps
        self._draw = draw
        self._per_epoch = -(-steps // epochs)
        self._time_budget = time_budget
        self._started = time.monotonic()

    def __iter__(self) -> Iterator[Batch]:
        """One epoch, or the rest of one; at least one batch."""
        while True:
            self.taken += 1
            yield self._draw(self.size)
            if self.taken % self._per_epoch == 0 or self.finished:
                return

    @property
    def epochs(self) -> int:
        """Epochs that remain, one that was broken off included."""
        return -(-self.steps // self._per_epoch) - self.taken // self._per_epoch

    @property
    def progress(self) -> float:
        """The share of the run that is over, 0 to 1."""
        clock = (time.monotonic() - self._started) / self._time_budget if self._time_budget else 0.0
        return min(1.0, max(clock, self.taken / self.steps))

    @property
    def finished(self) -> bool:
        """Whether all steps were taken, or the time is up."""
        return self.progress >= 1.0

    def halve(self) -> None:
        """Go on with half the windows; the batch handed out last did not fit and does not count."""
        self.size //= 2
        self.taken -= 1
