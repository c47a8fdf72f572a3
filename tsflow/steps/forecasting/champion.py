"""Who is champion at a job's slot: one of the past does not know of later decisions."""

from tsflow.steps.slot.job import Job
from tsflow.store import decisions, models
from tsflow.store.decisions import Decision
from tsflow.store.models import ModelRow


def decided(job: Job) -> list[Decision]:
    """The decisions up to the slot, the one in force first."""
    ticket = job.ticket
    return decisions.history(job.engine, job.name, job.fence.space, until=ticket.slot, decided_by=ticket.decided_by)


def in_force(job: Job) -> Decision | None:
    """The decision in force; none before the first."""
    return decisions.current(job.engine, job.name, job.fence.space, until=job.ticket.slot)


def champion(job: Job) -> ModelRow | None:
    """The model that forecasts; none before the first decision."""
    last = in_force(job)
    return models.get(job.engine, last.model_id) if last and last.model_id is not None else None
