"""Why a row is bad, in words for the person who has to mend it."""

from tsflow.config import Pipeline
from tsflow.quality.checks import Check
from tsflow.quality.schemas import Limits

_WORDS = {
    Check.ROW_BROKEN: "the row {line} has not the columns of the header, or a quote too many; mend it in the source",
    Check.SERIES_UNNAMED: "the series has no name (column {id_column}); name it in the source",
    Check.SERIES_GARBLED: (
        "the name {unique_id} has NUL or characters that decoding lost; set source.encoding (cp1252, latin-1 ...), "
        "or mend it in the source"
    ),
    Check.TIME_MISSING: "the time is missing (column {ds_column}); fill it in in the source",
    Check.TIME_UNPARSEABLE: "time {ds} is not {format}; mend the row, or set source.ds_format",
    Check.TIME_AMBIGUOUS: "time {ds} occurs twice in {zone} (clocks go back); write it with its offset",
    Check.TIME_NONEXISTENT: "time {ds} does not exist in {zone} (clocks go forward); mend it in the source",
    Check.TIME_WITHOUT_ZONE: "time {ds} has no offset, and others have; write it, or set source.timezone",
    Check.TIME_TOO_EARLY: "time {ds} is before {earliest}; mend the row, or quality.earliest",
    Check.TIME_OFF_GRID: "time {ds} is off the grid of frequency {frequency}; mend one of them",
    Check.TIME_IN_FUTURE: "time {ds} is after now ({latest}); mend the row, or leave it out until then",
    Check.AVAILABILITY_UNPARSEABLE: "{available_column} {available_at} is not ISO 8601; mend the row",
    Check.VALUE_MISSING: "the value is missing; fill it in, or set quality.missing: gap",
    Check.VALUE_UNPARSEABLE: "value {y} is no number with decimal mark {decimal}; mend it, or source.decimal",
    Check.VALUE_NOT_FINITE: "value {y} is not finite; mend it in the source",
    Check.VALUE_OUT_OF_RANGE: "value {y} is outside {range}; mend it, or quality.minimum and quality.maximum",
    Check.KEY_CONFLICT: "value {y} contradicts another row of the same series and time; keep one of them",
}


class Reasons:
    """The words for one pipeline's rows."""

    def __init__(self, pipeline: Pipeline, limits: Limits) -> None:
        source = pipeline.source
        self._settings = {
            "id_column": source.columns.unique_id or "unique_id",
            "ds_column": source.columns.ds,
            "available_column": source.columns.available_at,
            "format": source.ds_format or "ISO 8601 (2024-12-31T13:00)",
            "zone": source.timezone or "UTC",
            "decimal": repr(decimal_of(pipeline)),
            "frequency": limits.frequency,
            "earliest": limits.earliest,
            "latest": limits.latest,
            "range": f"[{limits.minimum:g}, {limits.maximum:g}]",
        }

    def of(self, check: Check, **cells: str | None) -> str:
        """What is wrong with a row that fails ``check``, with its cells as they were read, and what to do."""
        shown = {name: _shown(cell) for name, cell in cells.items()}
        return _WORDS[check].format(**shown, **self._settings)


def conflict_reason(y: str) -> str:
    """The words for a value that contradicts another."""
    return _WORDS[Check.KEY_CONFLICT].format(y=_shown(y))


def decimal_of(pipeline: Pipeline) -> str:
    """The decimal mark of the source's text."""
    return getattr(pipeline.source, "decimal", ".")


def _shown(cell: str | None) -> str:
    return "" if cell is None else repr(cell if len(cell) <= 80 else f"{cell[:80]}...")
