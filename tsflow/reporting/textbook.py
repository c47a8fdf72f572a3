"""The textbook's table of the five architectures, and beside each of its claims what was measured."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True)
class Measure:
    """Something measured of each architecture: a column in files, a row for readers."""

    name: str
    meaning: str
    form: str = ",.0f"
    """Of the number; none for a text."""


@dataclass(frozen=True)
class Claim:
    """What the textbook says of each architecture, and what was measured of it."""

    name: str
    says: Mapping[str, str]
    measures: tuple[Measure, ...]

    @property
    def column(self) -> str:
        """Its name in files."""
        return f"textbook_{self.name}"


CLAIMS = (
    Claim(
        "long_term_dependence",
        {"rnn": "no", "lstm": "yes", "gru": "yes", "cnn": "local only", "transformer": "yes"},
        (
            Measure("network_looks_back_steps", "steps within which 95 % of the network's gradient lies"),
            Measure("context_steps", "steps that the network is shown"),
            Measure("forecast_looks_back_steps", "the same of the whole forecast: with base, skip and scaling"),
            Measure("mase_first_step", "error one step ahead, in units of the seasonal-naive error", ".3f"),
            Measure("mase_last_step", "error at the end of the horizon, in the same units", ".3f"),
        ),
    ),
    Claim(
        "lightweight",
        {"rnn": "yes", "lstm": "no", "gru": "yes", "cnn": "yes", "transformer": "no"},
        (
            Measure("weights", "number of weights"),
            Measure("seconds_to_train", "by the clock", ",.1f"),
            Measure("milliseconds_per_1000_series", "to forecast 1,000 series"),
        ),
    ),
    Claim(
        "interpretable",
        {"rnn": "yes", "lstm": "no", "gru": "no", "cnn": "yes", "transformer": "no"},
        (
            Measure("main_lags", "steps back that it leans on most; 1 is the last observation", ""),
            Measure("share_of_main_lags", "of its attribution: the higher, the shorter the story", ".0%"),
        ),
    ),
    Claim(
        "global_view",
        {"rnn": "no", "lstm": "no", "gru": "no", "cnn": "no", "transformer": "yes"},
        (Measure("share_of_older_half", "of its gradient: 50 % where all of the context counts alike", ".0%"),),
    ),
)


def textbook_table(board: pd.DataFrame) -> pd.DataFrame:
    """The claims and the measurements of a leaderboard that has its explanations.

    Args:
        board: Columns of `readers.leaderboard` with ``explanation`` (`tsflow.training.explain`), none for a baseline.

    Returns:
        A row an explained architecture: ``pipeline, architecture``, for each of `CLAIMS` its column and its measures
        (shares from 0 to 1; those of the network missing where there is none), and ``mase_by_step``.
    """
    known = board[board["explanation"].notna()].reset_index(drop=True)
    columns = ("network_reach", "network_influence", "reach", "leans_on", "milliseconds", "error_by_lead")
    found = pd.DataFrame(list(known["explanation"]), columns=columns)
    influence = found["network_influence"]
    values = {
        "network_looks_back_steps": found["network_reach"].astype("Int64"),
        "context_steps": influence.map(len).replace(0, pd.NA).astype("Int64"),
        "forecast_looks_back_steps": found["reach"],
        "mase_first_step": found["error_by_lead"].map(lambda errors: errors[0]).astype(float),
        "mase_last_step": found["error_by_lead"].map(lambda errors: errors[-1]).astype(float),
        "weights": known["parameters"],
        "seconds_to_train": known["seconds"],
        "milliseconds_per_1000_series": found["milliseconds"],
        "main_lags": found["leans_on"].map(lambda lags: ", ".join(f"{lag:.0f}" for lag, _ in lags)),
        "share_of_main_lags": found["leans_on"].map(lambda lags: sum(share for _, share in lags)).astype(float),
        "share_of_older_half": influence.map(lambda by_lag: sum(by_lag[len(by_lag) // 2 :]) if by_lag else None),
    }
    table = known[["pipeline", "architecture"]].copy()
    for claim in CLAIMS:
        table[claim.column] = known["architecture"].map(claim.says).fillna("")
        for measure in claim.measures:
            table[measure.name] = values[measure.name]
    return table.astype({"share_of_older_half": float}).assign(mase_by_step=found["error_by_lead"])


@dataclass(frozen=True)
class Line:
    """A line of the table as it is read: a claim, or a measure of it."""

    label: str
    values: list[str]
    """For each architecture."""
    meaning: str = field(default="the textbook says")
    is_claim: bool = True


def textbook_lines(table: pd.DataFrame) -> tuple[list[str], list[Line]]:
    """One pipeline's table turned: the architectures, the textbook's five first, and a line per claim and measure."""
    order = {name: place for place, name in enumerate(CLAIMS[0].says)}
    turned = table.sort_values("architecture", key=lambda names: names.map(order).fillna(len(order)), kind="stable")
    lines = []
    for claim in CLAIMS:
        lines.append(Line(_words(claim.name), turned[claim.column].tolist()))
        for measure in claim.measures:
            values = ["–" if pd.isna(value) else format(value, measure.form) for value in turned[measure.name]]
            lines.append(Line(_words(measure.name), values, measure.meaning, is_claim=False))
    return turned["architecture"].tolist(), lines


def _words(name: str) -> str:
    return name.replace("_", " ")
