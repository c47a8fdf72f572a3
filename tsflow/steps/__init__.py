"""What a slot is made of: plain functions of a job, which any shell (a flow, a script, a test) can call in order.

with hold_slot("tsflow.yaml", "air_passengers", wall=wall_clock(), holder="me") as ticket, open_job(ticket) as job:
    run_slot(job)
"""

from tsflow.steps.data.ingest import ingest
from tsflow.steps.data.known import active_panel
from tsflow.steps.forecasting.forecast import ForecastPlan, forecast, forecast_shard, plan_forecast, publish
from tsflow.steps.past.slots import PastSlot, run_past_slots
from tsflow.steps.retraining.decide import decide
from tsflow.steps.retraining.plan import Planned, Skipped, plan_retrain
from tsflow.steps.retraining.preview import preview
from tsflow.steps.retraining.recipes import choose_recipes
from tsflow.steps.retraining.train import FAILS_ALONE, train_candidate
from tsflow.steps.slot.alerts import Alert, send
from tsflow.steps.slot.hold import hold_slot, patience
from tsflow.steps.slot.job import Job, Progress, Ticket, open_job
from tsflow.steps.slot.run import failing
from tsflow.steps.slot.state import Done, Stale, look_up, skip, slot_state
from tsflow.steps.watch.monitor import monitor, register
from tsflow.steps.watch.prune import prunable, prune
from tsflow.steps.watch.verify import verify
from tsflow.steps.whole import retrain, run_slot

__all__ = [
    "FAILS_ALONE",
    "Alert",
    "Done",
    "ForecastPlan",
    "Job",
    "PastSlot",
    "Planned",
    "Progress",
    "Skipped",
    "Stale",
    "Ticket",
    "active_panel",
    "choose_recipes",
    "decide",
    "failing",
    "forecast",
    "forecast_shard",
    "hold_slot",
    "ingest",
    "look_up",
    "monitor",
    "open_job",
    "patience",
    "plan_forecast",
    "plan_retrain",
    "preview",
    "prunable",
    "prune",
    "publish",
    "register",
    "retrain",
    "run_past_slots",
    "run_slot",
    "send",
    "skip",
    "slot_state",
    "train_candidate",
    "verify",
]
