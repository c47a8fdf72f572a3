"""What a slot is made of: plain functions of a job, which any shell (a flow, a script, a test) can call in order.

with hold_slot("tsflow.yaml", "air_passengers", wall=wall_clock()) as ticket, open_job(ticket) as job:
    run_slot(job)
"""

from tsflow.steps.alerts import Alert, send
from tsflow.steps.data import live_panel
from tsflow.steps.decide import decide
from tsflow.steps.forecast import ForecastPlan, forecast, forecast_shard, plan_forecast, publish
from tsflow.steps.ingest import ingest
from tsflow.steps.job import Job, Progress, Ticket, hold_slot, open_job, patience, this_process, wall_clock
from tsflow.steps.monitor import monitor, register
from tsflow.steps.past import Lived, live_through
from tsflow.steps.plan import Planned, Skipped, plan_retrain
from tsflow.steps.preview import preview
from tsflow.steps.prune import prunable, prune
from tsflow.steps.recipes import choose_recipes
from tsflow.steps.run import failing
from tsflow.steps.slot import retrain, run_slot
from tsflow.steps.state import Done, Stale, look_up, skip, slot_state
from tsflow.steps.train import FAILS_ALONE, train_candidate
from tsflow.steps.verify import verify

__all__ = [
    "FAILS_ALONE",
    "Alert",
    "Done",
    "ForecastPlan",
    "Job",
    "Lived",
    "Planned",
    "Progress",
    "Skipped",
    "Stale",
    "Ticket",
    "choose_recipes",
    "decide",
    "failing",
    "forecast",
    "forecast_shard",
    "hold_slot",
    "ingest",
    "live_panel",
    "live_through",
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
    "run_slot",
    "send",
    "skip",
    "slot_state",
    "this_process",
    "train_candidate",
    "verify",
    "wall_clock",
]
