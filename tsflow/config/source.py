"""Where a pipeline's series come from."""

import codecs
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from tsflow.config.base import Location, Settings, Timezone


class Columns(Settings):
    """Which columns of the source hold what."""

    unique_id: str | None = Field(
        None,
        description="Column with the series' name; if not given `unique_id` if it is there, else one series.",
    )
    ds: str = Field("ds", description="Column with the timestamp.")
    y: str = Field("y", description="Column with the value.")
    available_at: str | None = Field(None, description="Column saying when a row could be known.")


class Melt(Settings):
    """A wide source, one column a series, is melted to long form; an empty cell is no row."""

    columns: tuple[str, ...] | None = Field(None, description="Columns that are series; all but ds if not given.")


class SourceSettings(Settings):
    """What all sources share."""

    kind: str = Field(description="Kind of source.")
    columns: Columns = Field(Columns(), description="Which columns hold what.")
    melt: Melt | None = Field(None, description="Set for a wide source: one column a series.")
    name: str | None = Field(
        None, description="Series name where the source is a single series; the pipeline's name if not given."
    )
    timezone: Timezone | None = Field(
        None, description="Zone of stamps without an offset, for frequencies below a day; UTC if not given."
    )
    ds_format: str | None = Field(None, description="strptime format of the timestamps; ISO 8601 if not given.")
    chunk_rows: int = Field(500_000, ge=1_000, description="Rows read at a time.")


class DelimitedSource(SourceSettings):
    """How delimited text is written."""

    separator: str = Field(
        ",",
        min_length=1,
        max_length=1,
        description="Column separator of a CSV, in which a row is a line: a quoted cell holds no line break.",
    )
    decimal: str = Field(".", min_length=1, max_length=1, description="Decimal mark of a CSV.")
    encoding: str = Field("utf-8-sig", description="Text encoding (cp1252, latin-1 ...); a byte-order mark is skipped.")

    @model_validator(mode="after")
    def _marks_differ(self) -> Self:
        if self.separator == self.decimal:
            raise ValueError(f"`separator` and `decimal` are both {self.separator!r}")
        return self

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        try:
            codecs.lookup(value)
        except LookupError:
            raise ValueError("unknown encoding; allowed: utf-8, latin-1, cp1252 ...") from None
        return value


class CsvSource(DelimitedSource):
    """One or several CSV files; `.gz` is read as it is."""

    kind: Literal["csv"] = Field(description="Kind of source.")
    path: Location = Field(description="File or glob, relative to the YAML file; or any fsspec URL.")


class ParquetSource(SourceSettings):
    """One or several Parquet files."""

    kind: Literal["parquet"] = Field(description="Kind of source.")
    path: Location = Field(description="File or glob, relative to the YAML file; or any fsspec URL.")


class SqlSource(SourceSettings):
    """A table or a query in any database that SQLAlchemy reaches."""

    kind: Literal["sql"] = Field(description="Kind of source.")
    url: SecretStr = Field(description="SQLAlchemy URL; write ${NAME} to take it from the environment.")
    table: str | None = Field(None, description="Table or view to read; or give a query.")
    query: str | None = Field(None, description="SELECT statement to read; or give a table.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.table is None) == (self.query is None):
            raise ValueError("give either `table` or `query`")
        return self


class HttpSource(DelimitedSource):
    """A CSV or JSON document over HTTP(S)."""

    kind: Literal["http"] = Field(description="Kind of source.")
    url: SecretStr = Field(description="Address; write ${NAME} where it holds a secret.")
    format: Literal["csv", "json"] = Field("csv", description="What the document is.")
    headers: dict[str, SecretStr] = Field(
        {}, description="Request headers, for this host only; write ${NAME} for a secret."
    )
    records: str | None = Field(None, description="Dotted path to the list of records in a JSON document.")
    timeout: float = Field(30.0, gt=0, description="Seconds to wait for an answer.")
    attempts: int = Field(4, ge=1, description="Tries before the source counts as unavailable.")

    @field_validator("url")
    @classmethod
    def _web_address(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(("http://", "https://")):
            raise ValueError("an address starts with http:// or https://")
        return value


Source = Annotated[CsvSource | ParquetSource | SqlSource | HttpSource, Field(discriminator="kind")]
