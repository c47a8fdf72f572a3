"""What Prefect's server does by itself for runs that died: find them, and run them again."""

from datetime import timedelta

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import StateType
from prefect.events import AutomationCore, EventTrigger, Posture
from prefect.events.actions import ChangeFlowRunState

from flows.deployments import TAG

_ENDS = {f"prefect.flow-run.{state}" for state in ("Completed", "Failed", "Cancelled", "Crashed")}
_OURS = {"prefect.resource.id": f"prefect.tag.{TAG}", "prefect.resource.role": "tag"}
_RUNS = {"prefect.resource.id": "prefect.flow-run.*"}

AUTOMATIONS = (
    AutomationCore(
        name="tsflow: mark silent runs crashed",
        description="A run whose heart has not beaten for 90 s is dead: worker and flow were killed together.",
        trigger=EventTrigger(
            posture=Posture.Proactive,
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.heartbeat", *_ENDS},
            match=_RUNS,
            match_related=_OURS,
            for_each={"prefect.resource.id"},
            threshold=1,
            within=timedelta(seconds=90),
        ),
        actions=[ChangeFlowRunState(state=StateType.CRASHED, message="no heartbeat for 90 s: it was killed")],
    ),
    AutomationCore(
        name="tsflow: run crashed runs again",
        description="A run that was killed is scheduled again; it goes on where it stopped, or sees that it is stale.",
        trigger=EventTrigger(
            posture=Posture.Reactive,
            after={"prefect.flow-run.Running"},  # what never came to run (no such image) would go round for ever
            expect={"prefect.flow-run.Crashed"},
            match=_RUNS,
            match_related=_OURS,
            for_each={"prefect.resource.id"},
            threshold=1,
            within=timedelta(days=7),
        ),
        actions=[
            ChangeFlowRunState(
                state=StateType.SCHEDULED, name="AwaitingRetry", message="run again after a crash", force=True
            )
        ],
    ),
)


def install(client: SyncPrefectClient) -> list[str]:
    """Make or mend our automations; returns what changed. One that somebody has disabled stays so."""
    changed = []
    for wanted in AUTOMATIONS:
        known = client.read_automations_by_name(wanted.name)
        if not known:
            client.create_automation(wanted)
            changed.append(f"created automation {wanted.name!r}")
        elif _meaning(known[0]) != _meaning(wanted):
            client.update_automation(known[0].id, wanted.model_copy(update={"enabled": known[0].enabled}))
            changed.append(f"changed automation {wanted.name!r}")
    return changed


def _meaning(automation: AutomationCore) -> dict[str, object]:
    """What it does, with its sets as sets: in JSON their order would be another in every process."""
    return automation.model_dump(include={"description", "trigger", "actions"}, exclude={"trigger": {"id"}})
