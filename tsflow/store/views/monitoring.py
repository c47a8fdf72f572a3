"""Views on how forecasts turned out: by lead, as scored, and whether promises are kept."""

from tsflow.store.views.view import PUBLISHED, Columns, Sql, View


def accuracy_by_lead(sql: Sql) -> View:
    """How each published forecast turned out, by lead."""
    return View(
        name="accuracy_by_lead",
        comment="How each published forecast turned out, by lead over all series; kept when forecasts are pruned.",
        question="How does the error of the champion grow with the lead?",
        columns={
            "pipeline": ("r.pipeline", "Pipeline."),
            "issued_at": (sql.time("r.slot"), "The slot that the forecast was made for, UTC."),
            "source": ("c.source", "champion or baseline."),
            "lead": ("c.lead", "Steps after the cutoff: 1, 2, ..."),
            "steps": ("c.steps", "Series whose value has come true: weigh by it."),
            "mase": (
                "c.error",
                "Mean absolute scaled error of these: 1.0 is as wrong as seasonal naive used to be.",
            ),
            **_honesty("c"),
            "run_id": ("r.id", "The run that made it."),
        },
        tables=_of_published("forecast_scores", "c"),
        example=(
            "SELECT lead, sum(steps) AS steps, sum(steps * mase) / sum(steps) AS mase,\n"
            "    sum(steps * coverage_80) / sum(steps) AS coverage_80\n"
            "FROM accuracy_by_lead\nWHERE pipeline = 'sales' AND source = 'champion'\nGROUP BY lead\nORDER BY lead"
        ),
    )


def monitoring(sql: Sql) -> View:
    """Whether live errors are those that were promised."""
    return View(
        name="monitoring",
        comment="After each slot: the errors of the last forecasts that came true, beside those promised.",
        question="Does the champion keep what the held-out data promised?",
        columns={
            "pipeline": ("r.pipeline", "Pipeline."),
            "slot": (sql.time("r.slot"), "The slot after which it was asked, UTC."),
            "drifted": ("CASE WHEN d.drifted THEN 1 ELSE 0 END", "1 if surely and by much: the next slot retrains."),
            "ratio": ("d.ratio", "Error of the last runs over the promised one: 1.0 keeps the promise."),
            "growth": ("d.growth", "The same over that of the runs and cutoffs before."),
            "p_value": ("d.p_value", "Of such errors without drift; none where too few have come true."),
            **_honesty("d"),
            "runs": ("d.runs", "Forecast runs that were tested together."),
            "reason": ("d.reason", "What was found, in words."),
        },
        tables=_of_published("drift_checks", "d"),
        example=(
            "SELECT slot, drifted, ratio, coverage_80, reason\nFROM monitoring\n"
            "WHERE pipeline = 'sales'\nORDER BY slot DESC"
        ),
    )


def _honesty(of: str) -> Columns:
    return {
        "bias": (f"{of}.bias", "Mean scaled error; above 0, the forecasts were too high."),
        "coverage_80": (f"{of}.coverage_80", "Share within the 80 % interval."),
        "coverage_95": (f"{of}.coverage_95", "Share within the 95 % interval."),
    }


def _of_published(table: str, name: str) -> str:
    """Rows of a table about published forecast runs `r`."""
    return f"FROM runs r\nJOIN {table} {name} ON {name}.run_id = r.id\nWHERE {PUBLISHED}"
