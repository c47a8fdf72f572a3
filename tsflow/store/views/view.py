"""What a view is, and what it must say differently on SQLite and PostgreSQL."""

from dataclasses import dataclass

Columns = dict[str, tuple[str, str]]
"""Name to (expression, comment)."""

PUBLISHED = "r.kind = 'forecast' AND r.space = 'live' AND r.published_at IS NOT NULL"
"""Of `runs r`: those whose forecasts readers see, or saw."""


@dataclass(frozen=True)
class View:
    """A readers' view: each column's SQL expression and meaning, then the tables that they come from."""

    name: str
    comment: str
    columns: Columns
    tables: str
    """From FROM to the end of the statement."""
    question: str
    """What a reader may want to know, which the example answers."""
    example: str
    """A query that a reader may start from; the same on every database."""

    def select(self) -> str:
        """The statement behind the view."""
        columns = ",\n    ".join(f"{expression} AS {name}" for name, (expression, _) in self.columns.items())
        return f"SELECT\n    {columns}\n{self.tables}"


@dataclass(frozen=True)
class Sql:
    """SQL expressions of one database ("sqlite" or "postgresql"); arguments and results are SQL text."""

    dialect: str

    def time(self, moment: str) -> str:
        """A moment as ISO text, ``YYYY-MM-DD HH:MM:SS``."""
        if self._lite:
            return f"strftime('%Y-%m-%d %H:%M:%S', {moment} / 1000000, 'unixepoch')"
        return f"to_char({moment}, 'YYYY-MM-DD HH24:MI:SS')"

    def stamp(self, moment: str, calendar: str) -> str:
        """A series' stamp as ISO text: a date only, where a step is a day or longer."""
        day = f"strftime('%Y-%m-%d', {moment} / 1000000, 'unixepoch')"
        day = day if self._lite else f"to_char({moment}, 'YYYY-MM-DD')"
        return f"CASE WHEN {calendar} THEN {day} ELSE {self.time(moment)} END"

    def local(self, moment: str, calendar: str, timezone: str) -> str:
        """A series' stamp in local time; a date is the same everywhere."""
        offset = (
            f"(SELECT z.seconds FROM timezone_offsets z WHERE z.timezone = {timezone} "
            f"AND z.starts_at <= {moment} ORDER BY z.starts_at DESC LIMIT 1)"
        )
        unit = "1000000" if self._lite else "interval '1 second'"
        shifted = f"({moment} + CASE WHEN {calendar} THEN 0 ELSE {offset} END * {unit})"
        return self.stamp(shifted, calendar)

    def seconds_since(self, moment: str) -> str:
        """Seconds from a moment to now."""
        if self._lite:
            return f"(CAST(strftime('%s', 'now') AS INTEGER) - {moment} / 1000000)"
        return f"CAST(extract(epoch FROM (now() AT TIME ZONE 'UTC') - {moment}) AS double precision)"

    def seconds_ago(self, seconds: str) -> str:
        """The moment so many seconds before now."""
        if self._lite:
            return f"(CAST(strftime('%s', 'now') AS INTEGER) - {seconds}) * 1000000"
        return f"(now() AT TIME ZONE 'UTC') - {seconds} * interval '1 second'"

    def number(self, document: str, key: str) -> str:
        """A whole number in a JSON document, by its top-level key."""
        if self._lite:
            return f"CAST(json_extract({document}, '$.{key}') AS INTEGER)"
        return f"CAST({document} ->> '{key}' AS bigint)"

    def total(self, document: str, key: str) -> str:
        """The sum of the whole numbers in an object of a JSON document; none without the document."""
        if self._lite:
            items = f"SELECT sum(value) AS total FROM json_each({document}, '$.{key}')"
        else:
            items = f"SELECT sum(CAST(value AS bigint)) AS total FROM jsonb_each_text({document} -> '{key}')"
        return f"CASE WHEN {document} IS NOT NULL THEN (SELECT coalesce(total, 0) FROM ({items}) t) END"

    @property
    def _lite(self) -> bool:
        return self.dialect == "sqlite"
