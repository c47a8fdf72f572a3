"""Progress bars on stderr for whatever takes longer than a moment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str, str, int, int], None]
"""Called with the task, what is done, steps done, steps in all."""


@contextmanager
def progress_bars(name: str) -> Iterator[Listener]:
    """A bar for each task that reports; until the first does, one that says we are starting.

    They are drawn on stderr, and only where a person watches.

    Args:
        name: Of the whole, such as the pipeline.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    words, told = (
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.fields[what]}", markup=False),
    )
    columns = SpinnerColumn(), words, BarColumn(20), TimeElapsedColumn(), told
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        whole = progress.add_task(name, total=None, what="starting")
        bars = {}

        def listen(task: str, what: str, done: int, total: int) -> None:
            if task not in bars:
                bars[task] = progress.add_task(task, what=what)
                progress.update(whole, what="")
            progress.update(bars[task], what=what, completed=done, total=total or None)

        yield listen
