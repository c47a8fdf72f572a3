"""Which columns of a source are read, and the error that says which are missing."""

from collections.abc import Sequence

from tsflow.config.source import SourceSettings
from tsflow.errors import SourceError

_SEPARATORS = (";", "\t", "|", ",")


def unique_id_column(source: SourceSettings, found: Sequence[str]) -> str | None:
    """The column with the series' names: the configured one, else one called so, else none."""
    return source.columns.unique_id or ("unique_id" if "unique_id" in found else None)


def series_columns(source: SourceSettings, found: Sequence[str]) -> list[str]:
    """The columns of a wide source that are series."""
    if source.melt is None:
        return []
    if source.melt.columns is not None:
        return list(source.melt.columns)
    others = (source.columns.ds, source.columns.available_at)
    return [name for name in found if name not in others]


def wanted_columns(source: SourceSettings, found: Sequence[str], place: str) -> list[str]:
    """The names of the columns to read, in the order of the source.

    Args:
        source: The settings.
        found: The columns that the source has.
        place: The file, table or address, for the message.

    Raises:
        SourceError: If a mapped column is not there, with the setting that names it and the columns that are; or if
            a wide source has no series.
    """
    settings = {"columns.ds": source.columns.ds, "columns.available_at": source.columns.available_at}
    if source.melt is None:
        settings |= {"columns.y": source.columns.y, "columns.unique_id": unique_id_column(source, found)}
    elif source.columns.unique_id is not None:
        raise SourceError(f"{place}: with source.melt the column names are the series; leave out columns.unique_id")
    needed = {name: f"source.{setting}" for setting, name in settings.items() if name is not None}
    series = series_columns(source, found)
    if source.melt is not None and not series:
        raise SourceError(
            f"{place}: no column is a series (source.melt); the columns found: {_listed(found)}{_hint(found)}"
        )
    needed |= dict.fromkeys(series, "source.melt.columns")
    missing = [f"no column {name!r} ({setting})" for name, setting in needed.items() if name not in found]
    if missing:
        raise SourceError(f"{place}: {', '.join(missing)}; the columns found: {_listed(found)}{_hint(found)}")
    return [name for name in found if name in needed]


def _listed(found: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in found[:20])
    return f"{shown} and {len(found) - 20} more" if len(found) > 20 else shown or "none"


def _hint(found: Sequence[str]) -> str:
    if len(found) == 1:
        inside = [mark for mark in _SEPARATORS if mark in found[0]]
        if inside:
            return f"; is source.separator {inside[0]!r}?"
    return ""
