"""The tasks of a slot, one a step. Each opens its own job from a ticket, so it can run on any machine."""

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from flows import artifacts
from flows.alerts import prefect_event
from flows.progress import reporter
from flows.shown import shown
from tsflow import steps
from tsflow.errors import TsflowError
from tsflow.steps import ForecastPlan, Planned, Skipped, Ticket, open_job


def _is_transient(_task: Task[..., Any], _run: TaskRun, state: "State[Any]") -> bool:
    """Retry a lost connection or a lock; never bad data or a bad setting."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, TsflowError) and error.transient


_CHANNELS = (prefect_event,)
# Inputs are ids, but a ticket holds moments that never repeat: a cache would only cost.
_OPTIONS: dict[str, Any] = {
    "cache_policy": NO_CACHE,
    "retries": 3,
    "retry_delay_seconds": [2, 10, 30],
    "retry_condition_fn": _is_transient,
}


@task(task_run_name="ingest {ticket.pipeline}", **_OPTIONS)
def ingest(ticket: Ticket) -> int:
    """Source to observations; returns the run's id."""
    with open_job(ticket, _CHANNELS) as job, reporter(f"{ticket.pipeline}: ingest") as progress:
        run_id = steps.ingest(job, on_progress=progress)
        with shown():
            artifacts.quality_table(job, run_id)
        return run_id


@task(task_run_name="plan retrain {ticket.pipeline}", **_OPTIONS)
def plan_retrain(ticket: Ticket) -> Planned | Skipped:
    """Whether this slot retrains; returns what to train, or why nothing."""
    with open_job(ticket, _CHANNELS) as job:
        return steps.plan_retrain(job)


@task(task_run_name="choose recipes {ticket.pipeline}", **_OPTIONS)
def choose_recipes(ticket: Ticket, run_id: int) -> int:
    """How all architectures are trained, searched for on the tune zone; returns how many recipes each is given."""
    with open_job(ticket) as job, reporter(f"{ticket.pipeline}: recipes") as progress:
        return len(steps.choose_recipes(job, run_id, on_progress=progress))


@task(task_run_name="train {ticket.pipeline} {architecture}", **_OPTIONS)
def train(ticket: Ticket, run_id: int, architecture: str) -> int:
    """One architecture, trained and scored; returns the model's id."""
    with open_job(ticket, _CHANNELS) as job, reporter(f"{ticket.pipeline}: train {architecture}") as progress:
        return steps.train_candidate(job, run_id, architecture, on_progress=progress)


@task(task_run_name="decide {ticket.pipeline}", **_OPTIONS)
def decide(ticket: Ticket, run_id: int) -> int:
    """The winner, chosen and trained on everything; returns the decision's id."""
    with open_job(ticket, _CHANNELS) as job, reporter(f"{ticket.pipeline}: refit") as progress:
        decision_id = steps.decide(job, run_id, on_progress=progress)
        with shown():
            artifacts.leaderboard_table(job)
            artifacts.decision_text(job)
        return decision_id


@task(task_run_name="plan forecast {ticket.pipeline}", **_OPTIONS)
def plan_forecast(ticket: Ticket) -> ForecastPlan:
    """The slot's forecast in parts, or that it is done."""
    with open_job(ticket, _CHANNELS) as job:
        return steps.plan_forecast(job)


@task(task_run_name="forecast {ticket.pipeline} {number}", **_OPTIONS)
def forecast_shard(ticket: Ticket, plan: ForecastPlan, number: int) -> None:
    """One part of the series: champion to forecasts that nobody sees yet."""
    with open_job(ticket, _CHANNELS) as job:
        steps.forecast_shard(job, plan, number)


@task(task_run_name="publish {ticket.pipeline}", **_OPTIONS)
def publish(ticket: Ticket, plan: ForecastPlan) -> int:
    """All parts seen at once; returns the run's id."""
    with open_job(ticket, _CHANNELS) as job:
        run_id = steps.publish(job, plan)
        with shown():
            artifacts.forecast_plot(job)
        return run_id


@task(task_run_name="verify {ticket.pipeline}", **_OPTIONS)
def verify(ticket: Ticket, run_id: int) -> str:
    """What came true against what was forecast; returns what was found, in words."""
    with open_job(ticket, _CHANNELS) as job:
        check = steps.verify(job, run_id)
        return check.reason if check else "a slot filled in later: the next present one scores its forecast"


@task(task_run_name="report {ticket.pipeline}", **_OPTIONS)
def report(ticket: Ticket) -> None:
    """What is published and how it came about, as a page; one that cannot be made costs nothing else."""
    with open_job(ticket) as job, shown():
        artifacts.report_link(job)
