"""Commands that live through slots of the past: those that were missed, or all of them again."""

from collections import Counter
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tsflow.cli.errors import command, exit_code
from tsflow.cli.options import CONFIG, Config, Form, Format, Output, parsed_time, project_database
from tsflow.cli.output import note, show
from tsflow.cli.progress import progress_bars
from tsflow.process import this_process

if TYPE_CHECKING:
    from tsflow.steps import PastSlot

From = Annotated[
    str, typer.Option("--from", metavar="TIME", help="In the first slot: a date, or ISO 8601 (UTC if no offset).")
]
To = Annotated[str | None, typer.Option("--to", metavar="TIME", help="Last slot; that before the present if absent.")]


class By(StrEnum):
    """What the rows of a track record stand for."""

    all = "all"
    month = "month"
    lead = "lead"
    series = "series"
    model = "model"


@command
def backfill(
    pipeline: Annotated[str, typer.Argument(help="Pipeline whose slots were missed.")],
    first: From,
    last: To = None,
    config: Config = CONFIG,
) -> None:
    """Run missed slots, oldest first, each with what was known at its time. Nothing present is moved."""
    _, lived = _live(config, pipeline, first, last, again=False)
    _tell(pipeline, lived)


@command
def replay(
    pipeline: Annotated[str, typer.Argument(help="Pipeline whose past is lived through again.")],
    *,
    first: From,
    last: To = None,
    by: Annotated[By, typer.Option("--by", help="One row of the record for each of these.")] = By.all,
    config: Config = CONFIG,
    form: Form = Format.table,
    output: Output = None,
) -> None:
    """Live through the schedule of the past, in a space of its own: the honest track record beside seasonal naive.

    Each slot sees what was known then, retrains and decides as it would have. A replay that was killed goes on where it
    stopped; one with other settings has another space. With --output, every step that came true is written.
    """
    space, lived = _live(config, pipeline, first, last, again=True)
    with project_database(config, pipeline) as (project, engine):
        from tsflow.steps.past.track_record import summary, track_record
        from tsflow.store import track

        record = track_record(engine, pipeline, project.pipeline(pipeline), space)
        costs = track.costs(engine, pipeline, space)
    frame = record if output is not None else summary(record, by.value)
    show(frame, form, output, columns=list(frame.columns), empty="nothing has come true yet")
    note(f"{pipeline}: {space}: " + ", ".join(f"{number:g} {what}" for what, number in costs.items()))
    _tell(pipeline, lived)


def _live(config: Path, pipeline: str, first: str, last: str | None, *, again: bool) -> "tuple[str, list[PastSlot]]":
    """Live through slots, with bars; returns the space and what became of each."""
    from tsflow import steps

    begin, end = parsed_time(first, "--from"), None if last is None else parsed_time(last, "--to")
    what = "replay" if again else "backfill"
    with progress_bars(pipeline) as listener:
        return steps.run_past_slots(
            *(str(config), pipeline, begin, end),
            again=again,
            holder=this_process(f"tsflow {what}"),
            on_progress=partial(listener, "slot"),
            on_slot=partial(listener, what),
        )


def _tell(pipeline: str, lived: "list[PastSlot]") -> None:
    """Say what became of the slots, and why some failed; ends with the exit code of the gravest failure."""
    for one in lived:
        if one.error is not None:
            note(f"{pipeline}: slot {one.slot:%Y-%m-%d %H:%M} failed: {one.error}", style="red")
    counts = Counter("were done" if one.outcome == "done" else one.outcome for one in lived)
    told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
    first, last = lived[0].slot, lived[-1].slot
    note(f"{pipeline}: {len(lived)} slots from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}: {told}")
    codes = [exit_code(one.error) for one in lived if one.error is not None]
    if codes:
        raise typer.Exit(max(codes))
