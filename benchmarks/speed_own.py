"""What speed.py measures of tsflow, in an interpreter of its own: `python speed_own.py PART JSON` prints JSON.

CPU seconds are user and system; a step's cost is the least of some repeats, since others use the machine too.
"""

import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import yaml
from torch import Tensor, nn

from tsflow.config import ARCHITECTURES, Training
from tsflow.frequency import Frequency, WindowShape
from tsflow.models import ModelSpec, build
from tsflow.panel import Panel
from tsflow.training import DevicePanel, Pairs, fit, predict
from tsflow.training.batches import Batches
from tsflow.training.device import quick_cpu
from tsflow.training.drawing import drawer
from tsflow.training.fit import EVALUATIONS
from tsflow.training.losses import QuantileLoss
from tsflow.training.run import Run
from tsflow.training.windows import Batch, TrainingWindows

CPU = torch.device("cpu")
LAID_OUT = 20_000
"""Windows that the bare loop has in memory, ready to be indexed."""


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def read_panel(file: Path) -> tuple[Panel, dict[str, Any]]:
    manifest = yaml.safe_load((file.parent / "manifest.yaml").read_text())["datasets"][file.stem]
    frame = pd.read_parquet(file, columns=["unique_id", "ds", "y", "split"])
    frame = frame[frame["split"].isin(["train", "val"]) & frame["y"].notna()]
    return Panel.from_frame(frame[["unique_id", "ds", "y"]], Frequency.parse(manifest["freq"])), manifest


def spec_of(architecture: str, manifest: dict[str, Any], frequency: Frequency, *, stage: bool) -> ModelSpec:
    shape = frequency.shape(season_length=manifest["seasonality"])
    token = shape.token if stage else 1
    sizes = {"horizon": manifest["horizon"], "season_length": shape.season_length, "context": shape.context}
    return ModelSpec(architecture, token=token, stage=stage, transform="log" if stage else "none", **sizes)


def steps(file: str, batch: int, repeats: int, kind: str) -> dict[str, float]:
    """CPU milliseconds of a training step: of tsflow (``own``), or of a bare loop over the same layers.

    The bare loop has its windows in memory and takes a random batch of them by index; forward, loss, backward,
    default AdamW, on one thread. No clipping, schedule, averaged weights, masks. Of a plain network its windows are
    scaled and its loss is the squared error; the staged one is the same stage and pinball loss, and ``network`` its
    network alone on ready tokens.
    """
    panel, manifest = read_panel(Path(file))
    found = {}
    for stage in (True, False):
        for architecture in ARCHITECTURES:
            spec = spec_of(architecture, manifest, panel.frequency, stage=stage)
            count = 60 if stage else 15
            draw = drawer(
                DevicePanel(panel, CPU), TrainingWindows(panel, context=spec.context, horizon=spec.horizon), spec
            )
            loops = own_loops(spec, draw, batch, count) if kind == "own" else bare_loops(spec, draw, batch, count)
            for name, loop in loops.items():
                mode = "staged" if stage else "plain"
                found[f"{mode} {architecture}{name}"] = 1e3 * least(loop, repeats) / count
    return found


def least(call: Callable[[], object], repeats: int) -> float:
    spent = []
    for _ in range(repeats):
        before = cpu_seconds()
        call()
        spent.append(cpu_seconds() - before)
    return min(spent)


Draw = Callable[[int, torch.Generator], Batch]


def own_loops(spec: ModelSpec, draw: Draw, batch: int, count: int) -> dict[str, Callable[[], object]]:
    def loop() -> None:
        generator = torch.Generator().manual_seed(1)
        run = Run(
            build(spec, 1),
            Batches(lambda size: draw(size, generator), size=batch, steps=count, epochs=EVALUATIONS // 5),
            device=CPU,
            learning_rate=5e-3,
            criterion=QuantileLoss(spec.levels, CPU),
            tune=None,
            patience=1,
            on_progress=None,
            on_notice=print,
        )
        with quick_cpu():
            run.train()

    return {"": loop}


def bare_loops(spec: ModelSpec, draw: Draw, batch: int, count: int) -> dict[str, Callable[[], object]]:
    torch.set_num_threads(1)
    laid = draw(LAID_OUT, torch.Generator().manual_seed(1))
    model, loss = build(spec, 1), QuantileLoss(spec.levels, CPU)
    inputs: list[Tensor] = []
    model.network.register_forward_pre_hook(lambda _, args: inputs.append(args[0].detach()))
    with torch.no_grad():
        quantiles, scaling = model(laid.context, laid.context_observed)
    x, y = inputs[0], scaling.scale(laid.target)
    target = y if not spec.stage else torch.randn(LAID_OUT, quantiles[0].numel())
    model.network._forward_pre_hooks.clear()

    def trained(module: nn.Module, loss_of: Callable[[Tensor], Tensor]) -> Callable[[], object]:
        optimizer = torch.optim.AdamW(module.parameters(), 5e-3)

        def loop() -> None:
            for _ in range(count):
                chosen = torch.randint(LAID_OUT, (batch,))
                optimizer.zero_grad()
                loss_of(chosen).backward()
                optimizer.step()

        return loop

    def whole(chosen: Tensor) -> Tensor:
        parts = (laid.context, laid.context_observed, laid.target, laid.target_observed)
        return loss(model, Batch(*(part[chosen] for part in parts)))

    def network(chosen: Tensor) -> Tensor:
        return (model.network(x[chosen]) - target[chosen]).square().mean()

    if spec.stage:
        return {"": trained(model, whole), " network": trained(model.network, network)}
    return {"": trained(model.network, network)}


def fits(file: str, batch: int, steps: int) -> dict[str, float]:
    """CPU seconds of `fit` on whole data for each architecture as the textbook prints it."""
    panel, manifest = read_panel(Path(file))
    training = Training(stage=False, batch_size=batch, min_steps=steps, max_steps=steps)
    first = spec_of("rnn", manifest, panel.frequency, stage=False)
    fit(panel, first, Training(stage=False, min_steps=1, max_steps=1), device=CPU)  # imports what it needs
    found = {}
    for architecture in ARCHITECTURES:
        spec = spec_of(architecture, manifest, panel.frequency, stage=False)
        before = cpu_seconds()
        fit(panel, spec, training, device=CPU)
        found[architecture] = cpu_seconds() - before
    return found


def made_up(count: int, length: int) -> Panel:
    frequency = Frequency.parse("MS")
    random = np.random.default_rng(1)
    values = (10 + random.random(count * length, dtype=np.float32)).astype(np.float32)
    names = np.array([f"s{number}" for number in range(count)], dtype=object)
    return Panel(
        frequency,
        names,
        np.arange(count),
        values,
        np.ones(count * length, dtype=bool),
        np.arange(count + 1) * length,
        np.zeros(count, dtype=np.int64),
    )


def forecast(series: int, length: int, horizon: int) -> dict[str, float]:
    """CPU seconds from a panel to arrays of quantiles, for each architecture; the second of two calls."""
    panel = made_up(series, length)
    pairs = Pairs(np.arange(series), np.full(series, length - 1))
    torch.set_num_threads(1)
    found = {}
    for architecture in ARCHITECTURES:
        spec = ModelSpec(architecture, horizon=horizon, season_length=12, token=12, context=36)
        model = build(spec, 1)
        predict(model, spec, panel, pairs.take(slice(0, 100)), device=CPU)
        found[architecture] = least(lambda m=model, s=spec: predict(m, s, panel, pairs, device=CPU), 3)
    return found


def growth(series: int, length: int, steps: int) -> dict[str, float]:
    """CPU seconds of a fit with fixed steps, and what the process grew by while it was made and trained on."""
    shape = WindowShape(season_length=12, token=12, context=36)
    spec = ModelSpec("gru", horizon=12, season_length=12, token=shape.token, context=shape.context)
    training = Training(batch_size=128, min_steps=steps, max_steps=steps)
    fit(made_up(50, 100), spec, training, device=CPU)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    panel = made_up(series, length)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = cpu_seconds()
    fit(panel, spec, training, device=CPU)
    spent = cpu_seconds() - start
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "cpu": spent,
        "data_mb": panel.values.nbytes / 2**20,
        "panel_mb": (held - before) / 2**10,
        "training_mb": (after - held) / 2**10,
    }


PARTS = {"steps": steps, "fits": fits, "forecast": forecast, "growth": growth}

if __name__ == "__main__":
    print(json.dumps(PARTS[sys.argv[1]](**json.loads(sys.argv[2]))))
