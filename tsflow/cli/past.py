"""The command that makes up for slots that were missed."""

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from tsflow.cli.errors import command, exit_code
from tsflow.cli.options import CONFIG, Config, parsed_moment
from tsflow.cli.output import note
from tsflow.cli.progress import progress_bars

if TYPE_CHECKING:
    from tsflow.steps import Lived

From = Annotated[str, typer.Option("--from", metavar="TIME", help="First slot: ISO 8601, UTC if it has no zone.")]
To = Annotated[str | None, typer.Option("--to", metavar="TIME", help="Last slot; that before the present if absent.")]


@command
def backfill(
    pipeline: Annotated[str, typer.Argument(help="Pipeline whose slots were missed.")],
    first: From,
    last: To = None,
    config: Config = CONFIG,
) -> None:
    """Run missed slots, oldest first, each with what was known at its time. Nothing present is moved."""
    from tsflow import steps

    path, holder = str(config), steps.this_process("tsflow backfill")
    wanted = steps.past_slots(
        path,
        pipeline,
        parsed_moment(first, "--from"),
        None if last is None else parsed_moment(last, "--to"),
        wall=steps.wall_clock(),
    )
    lived = []
    with progress_bars(pipeline) as listener:
        for one in steps.backfill(path, pipeline, wanted, holder=holder, on_progress=partial(listener, "slot")):
            lived.append(one)
            listener("backfill", f"slot {one.slot:%Y-%m-%d %H:%M} {one.outcome}", len(lived), len(wanted))
    tell(pipeline, lived)


def tell(pipeline: str, lived: "list[Lived]") -> None:
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
