"""What speed.py measures of its peers, by the interpreter that has them: `python speed_peers.py PART JSON`."""

import json
import logging
import os
import resource
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

warnings.filterwarnings("ignore")
os.environ["NIXTLA_ID_AS_COL"] = "1"
QUIET = {"logger": False, "enable_progress_bar": False, "enable_checkpointing": False, "accelerator": "cpu"}
HIDDEN, D_MODEL, HEADS = 64, 32, 4


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def read(file: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    path = Path(file)
    manifest = yaml.safe_load((path.parent / "manifest.yaml").read_text())["datasets"][path.stem]
    frame = pd.read_parquet(path, columns=["unique_id", "ds", "y", "split"])
    return frame[frame["split"].isin(["train", "val"]) & frame["y"].notna()].drop(columns="split"), manifest


def neuralforecast(file: str, context: int, batch: int, steps: int) -> dict[str, float]:
    """CPU seconds of a fit for each architecture that neuralforecast shares, one layer of the same size."""
    from neuralforecast import NeuralForecast, models

    seen, manifest = read(file)
    common = {"h": manifest["horizon"], "input_size": context, "max_steps": steps, "windows_batch_size": batch}
    common |= {"scaler_type": "standard", "val_check_steps": 10**6, **QUIET}
    recurrent = {
        "encoder_hidden_size": HIDDEN,
        "encoder_n_layers": 1,
        "decoder_hidden_size": HIDDEN,
        "decoder_layers": 1,
    }
    made = {
        "rnn": lambda: models.RNN(**recurrent, **common),
        "lstm": lambda: models.LSTM(**recurrent, **common),
        "gru": lambda: models.GRU(**recurrent, **common),
        "cnn": lambda: models.TCN(
            kernel_size=3, dilations=[1], encoder_hidden_size=64, decoder_hidden_size=64, decoder_layers=1, **common
        ),
        "transformer": lambda: models.VanillaTransformer(
            hidden_size=D_MODEL,
            n_head=HEADS,
            encoder_layers=2,
            decoder_layers=1,
            conv_hidden_size=4 * D_MODEL,
            **common,
        ),
    }
    found = {}
    warm = models.RNN(**recurrent, **common | {"max_steps": 1})
    NeuralForecast([warm], freq=manifest["freq"]).fit(seen)  # imports what it needs
    for name, make in made.items():
        forecaster = NeuralForecast([make()], freq=manifest["freq"])
        before = cpu_seconds()
        forecaster.fit(seen)
        found[name] = cpu_seconds() - before
    return found


def darts(file: str, context: int, batch: int, steps: int) -> dict[str, float]:
    """The same of darts, which has no plain convolution."""
    from darts import TimeSeries
    from darts.models import BlockRNNModel, TransformerModel

    seen, manifest = read(file)
    series = [
        TimeSeries.from_values(((y - y.mean()) / (y.std() + 1e-6)).astype(np.float32))
        for y in (part["y"].to_numpy() for _, part in seen.groupby("unique_id"))
        if len(y) >= context + manifest["horizon"]
    ]
    common = {"input_chunk_length": context, "output_chunk_length": manifest["horizon"], "batch_size": batch}
    common |= {"n_epochs": 10_000, "pl_trainer_kwargs": {**QUIET, "max_steps": steps, "enable_model_summary": False}}
    found = {}
    once = {**common, "pl_trainer_kwargs": {**common["pl_trainer_kwargs"], "max_steps": 1}}
    BlockRNNModel(model="RNN", hidden_dim=HIDDEN, n_rnn_layers=1, **once).fit(series)  # imports what it needs
    for name in ("rnn", "lstm", "gru", "transformer"):
        if name == "transformer":
            sizes = {"d_model": D_MODEL, "nhead": HEADS, "num_encoder_layers": 2, "num_decoder_layers": 1}
            model = TransformerModel(dim_feedforward=4 * D_MODEL, **sizes, **common)
        else:
            model = BlockRNNModel(model=name.upper(), hidden_dim=HIDDEN, n_rnn_layers=1, **common)
        before = cpu_seconds()
        model.fit(series)
        found[name] = cpu_seconds() - before
    return found


def forecast(series: int, length: int, horizon: int) -> dict[str, float]:
    """CPU seconds to forecast many series by an LSTM of the same size."""
    from neuralforecast import NeuralForecast
    from neuralforecast.models import LSTM

    frame = pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(series), length),
            "ds": np.tile(np.arange(length), series),
            "y": np.random.default_rng(1).random(series * length, dtype=np.float32),
        }
    )
    sizes = {"encoder_hidden_size": 128, "encoder_n_layers": 1, "decoder_hidden_size": 64, "decoder_layers": 1}
    forecaster = NeuralForecast([LSTM(h=horizon, input_size=36, max_steps=1, **sizes, **QUIET)], freq=1)
    forecaster.fit(frame)
    spent = []
    for _ in range(3):
        before = cpu_seconds()
        forecaster.predict()
        spent.append(cpu_seconds() - before)
    return {"lstm": min(spent)}


def nhits(file: str, context: int, out: str) -> dict[str, float]:
    """CPU seconds of NHITS, scaled by window, 1,000 steps, fit and forecast; `out` gets the test part's rows."""
    from neuralforecast import NeuralForecast
    from neuralforecast.models import NHITS

    seen, manifest = read(file)
    horizon = manifest["horizon"]
    forecaster = NeuralForecast(
        [NHITS(h=horizon, input_size=context, scaler_type="standard", **QUIET)], freq=manifest["freq"]
    )
    before = cpu_seconds()
    forecaster.fit(seen)
    made = forecaster.predict()
    spent = cpu_seconds() - before
    made.rename(columns={"NHITS": "yhat"})[["unique_id", "ds", "yhat"]].to_parquet(out, index=False)
    return {"cpu": spent}


PARTS = {"neuralforecast": neuralforecast, "darts": darts, "forecast": forecast, "nhits": nhits}

if __name__ == "__main__":
    logging.disable(logging.WARNING)
    answer = PARTS[sys.argv[1]](**json.loads(sys.argv[2]))
    print(json.dumps(answer))
