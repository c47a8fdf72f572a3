"""The view on the health of pipelines: what last went well, what is late, what is missing."""

from tsflow.store.views.view import PUBLISHED, Sql, View

WELL = ("ok", "first slot to come")
"""The states in which nothing needs to be done."""
_ALIVE = " AND NOT s.ended AND s.last_ds IS NOT NULL"  # a series may be left whose every value is in conflict


def pipeline_health(sql: Sql) -> View:
    """Whether each pipeline is well."""
    steps = f"CAST({sql.seconds_since('h.newest')} / h.step_seconds AS INTEGER)"
    behind = f"CASE WHEN h.clock = 'wall' THEN {steps} END"
    return View(
        name="pipeline_health",
        comment="Whether each pipeline is well: last successes, what is late and what is missing.",
        question="Is every pipeline well, and if not, what is wrong?",
        columns={
            "pipeline": ("h.name", "Pipeline."),
            "state": (_state(sql), "ok, or what is wrong, the worst first."),
            "last_ingest": (sql.time("h.ingest_at"), "End of the last ingest that succeeded, UTC."),
            "last_retrain": (sql.time("h.retrain_at"), "End of the last retrain that succeeded, UTC."),
            "last_forecast": (sql.time("h.forecast_at"), "End of the last forecast that succeeded, UTC."),
            "due_at": (sql.time("h.due_at"), "When the next slot is due by the schedule, UTC; none without one."),
            "late_seconds": (_late(sql), "Seconds since then, where it has passed and nothing was published."),
            "waiting_for": (_waiting_for(sql), "What has to happen next."),
            "newest_observation": (sql.stamp("h.newest", "h.calendar"), "Newest stamp of any series."),
            "steps_behind": (behind, "Steps since then; none for a pipeline on the clock of its data."),
            "published_slot": (sql.time("h.slot"), "Slot of the newest published forecast, UTC."),
            "forecast_until": (sql.stamp("h.until", "h.calendar"), "Last step that it reaches."),
            "series": ("h.series", "Series that were observed and have not ended."),
            "series_without_forecast": (
                "h.series - h.heads",
                "Of these, those without a current forecast: none was made, or all its steps are over.",
            ),
            "ended_series": ("h.ended", "Series that have ended."),
            "open_quarantine": ("h.refused", "Rows in quarantine that are not mended yet."),
            "last_error": (
                "coalesce(h.failure, h.retrain_failure)",
                "Error of the run started last, if it failed or was skipped; else of the last retrain, if it failed.",
            ),
        },
        tables=f"FROM (\n{_facts(sql)}\n) h",
        example=(
            "SELECT pipeline, state, newest_observation, published_slot, last_error\n"
            "FROM pipeline_health\nORDER BY pipeline"
        ),
    )


def _state(sql: Sql) -> str:
    over = f"h.clock = 'wall' AND {sql.seconds_since('h.until')} > h.step_seconds"
    return (
        f"CASE WHEN {sql.seconds_since('h.due_at')} > h.late_after THEN 'forecast is late'\n"
        "    WHEN h.status = 'failed' THEN 'last run failed'\n"
        "    WHEN h.slot IS NULL AND h.due_at IS NOT NULL THEN 'first slot to come'\n"
        "    WHEN h.slot IS NULL THEN 'nothing published'\n"
        f"    WHEN {over} THEN 'forecast is over'\n"
        "    WHEN h.series = 0 AND h.ended > 0 THEN 'all series have ended'\n"
        "    WHEN h.series > h.heads THEN 'series without forecast'\n"
        "    WHEN h.retrain_failure IS NOT NULL THEN 'last retrain failed' ELSE 'ok' END"
    )


def _late(sql: Sql) -> str:
    since = sql.seconds_since("h.due_at")
    return f"CASE WHEN {since} > 0 THEN CAST({since} AS INTEGER) END"


def _waiting_for(sql: Sql) -> str:
    since = sql.seconds_since("h.due_at")
    return (
        "CASE WHEN h.holder IS NOT NULL THEN h.holder || ' to finish'\n"
        f"    WHEN {since} > 0 THEN 'the run that was due at ' || {sql.time('h.due_at')} || ': is a worker at work?'\n"
        f"    WHEN h.due_at IS NOT NULL THEN 'the slot at ' || {sql.time('h.due_at')}\n"
        "    WHEN h.clock = 'data' AND h.schedule IS NOT NULL THEN 'new data' ELSE 'somebody to run it' END"
    )


def _facts(sql: Sql) -> str:
    """One row per pipeline, its moments still as the database keeps them."""
    lasts = f"{sql.seconds_since('l.expires_at')} < 0"
    columns = {
        "ingest_at": _last_success("ingest"),
        "retrain_at": _last_success("retrain"),
        "forecast_at": _last_success("forecast"),
        "newest": _series("max(s.last_ds)", ""),
        "series": _series("count(*)", _ALIVE),
        "ended": _series("count(*)", " AND s.ended"),
        "heads": _series("count(*)", f"{_ALIVE} AND {_has_forecast(sql)}"),
        "refused": "SELECT count(*) FROM quarantine q WHERE q.pipeline = p.name AND q.resolved_at IS NULL",
        "slot": "SELECT max(r.slot) FROM runs r WHERE r.pipeline = p.name AND " + PUBLISHED,
        "until": (
            "SELECT max(f.ds) FROM forecasts f WHERE f.run_id = (SELECT r.id FROM runs r "
            f"WHERE r.pipeline = p.name AND {PUBLISHED} ORDER BY r.slot DESC, r.redo DESC LIMIT 1)"
        ),
        "holder": f"SELECT l.holder FROM leases l WHERE l.pipeline = p.name AND l.space = 'live' AND {lasts}",
        "status": _last_run("r.status"),
        "failure": _last_run("r.error"),
        "retrain_failure": (  # the forecast that follows in its slot would hide it
            "SELECT CASE WHEN r.status = 'failed' THEN r.error END FROM runs r WHERE r.pipeline = p.name "
            "AND r.kind = 'retrain' AND r.space = 'live' ORDER BY r.slot DESC, r.redo DESC LIMIT 1"
        ),
    }
    rendered = ",\n".join(f"        ({query}) AS {name}" for name, query in columns.items())
    settings = "p.name, p.clock, p.calendar, p.step_seconds, p.schedule, p.due_at, p.late_after"
    return f"    SELECT {settings},\n{rendered}\n    FROM pipelines p"


def _last_success(kind: str) -> str:
    return (
        f"SELECT max(r.finished_at) FROM runs r WHERE r.pipeline = p.name AND r.kind = '{kind}' "
        "AND r.space = 'live' AND r.status = 'succeeded'"
    )


def _series(what: str, condition: str) -> str:
    return f"SELECT {what} FROM series s WHERE s.pipeline = p.name{condition}"


def _has_forecast(sql: Sql) -> str:
    """The newest forecast of series ``s`` is not over; on the clock of the data, that there is one is enough."""
    ahead = f"f.run_id = h.run_id AND f.series_id = h.series_id AND f.ds > {sql.seconds_ago('p.step_seconds')}"
    return (
        "EXISTS (SELECT 1 FROM forecast_heads h WHERE h.series_id = s.id\n            "
        f"AND (p.clock <> 'wall' OR EXISTS (SELECT 1 FROM forecasts f WHERE {ahead})))"
    )


def _last_run(column: str) -> str:
    return (
        f"SELECT {column} FROM runs r WHERE r.pipeline = p.name AND r.space = 'live' "
        "ORDER BY r.started_at DESC, r.id DESC LIMIT 1"
    )
