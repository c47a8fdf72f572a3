"""Write sinusoid.csv, the textbook's example: sin(0.2 t) + N(0, 0.1) at t = linspace(0, 100, 1000)."""

from pathlib import Path

import numpy as np
import pandas as pd

if __name__ == "__main__":
    t = np.linspace(0, 100, 1000)
    y = np.sin(0.2 * t) + np.random.default_rng(0).normal(0, 0.1, len(t))
    stamps = pd.date_range("2024-01-01", periods=len(t), freq="h")
    frame = pd.DataFrame({"ds": stamps.strftime("%Y-%m-%dT%H:%M:%SZ"), "y": y.round(6)})
    frame.to_csv(Path(__file__).with_name("sinusoid.csv"), index=False)
