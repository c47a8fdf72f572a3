"""The command that compares architectures and baselines from many cutoffs of the past."""

from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

from tsflow.cli.errors import command
from tsflow.cli.options import CONFIG, Config, Form, Format, Output, parsed_time
from tsflow.cli.output import note, show
from tsflow.cli.progress import progress_bars
from tsflow.process import this_process


class By(StrEnum):
    """What the rows of the leaderboard stand for."""

    all = "all"
    lead = "lead"
    series = "series"
    size = "size"
    cutoff = "cutoff"


class Metric(StrEnum):
    """What ranks."""

    mase = "mase"
    mae = "mae"
    rmse = "rmse"
    smape = "smape"
    coverage_80 = "coverage_80"
    coverage_95 = "coverage_95"


class Other(StrEnum):
    """Baselines that need statsforecast."""

    auto_ets = "auto_ets"
    auto_theta = "auto_theta"


@command
def backtest(
    pipeline: Annotated[str, typer.Argument(help="Pipeline whose data are used.")],
    *,
    windows: Annotated[int, typer.Option("--windows", min=1, help="Number of cutoffs.")] = 12,
    step: Annotated[int | None, typer.Option("--step", min=1, help="Steps between them; the horizon.")] = None,
    every: Annotated[int, typer.Option("--retrain", min=0, help="Train every so many windows; 0: once.")] = 0,
    last: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Last step judged.")] = None,
    others: Annotated[list[Other] | None, typer.Option("--with", help="Also this, which needs statsforecast.")] = None,
    by: Annotated[By, typer.Option("--by", help="One leaderboard for each of these.")] = By.all,
    metric: Annotated[Metric, typer.Option("--metric", help="What ranks.")] = Metric.mase,
    config: Config = CONFIG,
    form: Form = Format.table,
    output: Output = None,
) -> None:
    """Rolling origin: all architectures and baselines from many cutoffs. With --output, every forecast is written.

    MASE here is over seasonal naive's own error on the steps judged, in each series: below 1 is better than it.
    That of `replay` and of the views is over the naive error of the history up to each cutoff.

    That file has the columns that Nixtla's `utilsforecast.evaluation.evaluate` takes. A backtest that was killed goes
    on where it stopped.
    """
    from tsflow.steps.past.backtest import backtest as run
    from tsflow.steps.past.backtest import comparison, plan_backtest
    from tsflow.steps.past.ranking import ranking

    path, end = str(config), None if last is None else parsed_time(last, "--to")
    plan = plan_backtest(path, pipeline, windows=windows, step=step, every=every, last=end)
    holder = this_process("tsflow backtest")
    more = [other.value for other in others or []]
    with progress_bars(pipeline) as listener:
        told = partial(listener, "training")
        for number, done in enumerate(run(path, pipeline, plan, others=more, holder=holder, on_progress=told)):
            listener("backtest", done, number + 1, 0)
    frame = comparison(path, pipeline, plan.space)
    if output is None:
        frame = ranking(frame, by.value, metric.value)
    show(frame, form, output, columns=list(frame.columns))
    times = "once" if len(plan.windows) == 1 else f"{len(plan.windows)} times"
    note(f"{pipeline}: {plan.space}: {windows} cutoffs, trained {times}")
