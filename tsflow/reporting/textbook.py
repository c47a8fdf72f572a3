"""The textbook's table of the five architectures, and beside each of its claims what was measured."""

import pandas as pd

CLAIMS = pd.DataFrame(
    {
        "long_term": {"rnn": "no", "lstm": "yes", "gru": "yes", "cnn": "local only", "transformer": "yes"},
        "lightweight": {"rnn": "yes", "lstm": "no", "gru": "yes", "cnn": "yes", "transformer": "no"},
        "interpretable": {"rnn": "yes", "lstm": "no", "gru": "no", "cnn": "yes", "transformer": "no"},
        "global_view": {"rnn": "no", "lstm": "no", "gru": "no", "cnn": "no", "transformer": "yes"},
    }
)
"""What the textbook says, by architecture."""


def textbook_table(board: pd.DataFrame) -> pd.DataFrame:
    """The claims and the measurements of a leaderboard that has its explanations.

    Args:
        board: Columns of `readers.leaderboard` with ``explanation`` (`tsflow.training.explain`), none for a baseline.

    Returns:
        A row an explained architecture: what is claimed (``claim_...``), the lag that 95 % of the gradient of the
        network and of the whole forecast lie within, lags leant on, weights, seconds to train, milliseconds to forecast
        1,000 series, and the error at the first and the last lead in units of the naive error.
    """
    known = board[board["explanation"].notna()].reset_index(drop=True)
    found = pd.DataFrame(list(known["explanation"]), columns=[*_MEASURED, "error_by_lead"])
    claims = CLAIMS.reindex(known["architecture"]).fillna("").add_prefix("claim_").reset_index(drop=True)
    measured = found[list(_MEASURED)].assign(
        network_reach=found["network_reach"].astype("Int64"),
        leans_on=found["leans_on"].map(lambda lags: ", ".join(f"{lag:.0f} ({share:.0%})" for lag, share in lags)),
        first_lead_error=found["error_by_lead"].map(lambda errors: errors[0]).astype(float),
        last_lead_error=found["error_by_lead"].map(lambda errors: errors[-1]).astype(float),
    )
    costs = known[["pipeline", "architecture", "parameters", "seconds"]]
    return pd.concat([costs, measured, claims, found["error_by_lead"]], axis=1)


_MEASURED = ("network_reach", "reach", "leans_on", "milliseconds")
