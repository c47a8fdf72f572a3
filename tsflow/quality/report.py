"""The quality report of an ingest, and the threshold above which it stops."""

from collections import Counter
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from tsflow.config import Pipeline
from tsflow.errors import QualityError
from tsflow.quality.checks import Check
from tsflow.quality.health import PanelHealth
from tsflow.quality.screen import Screened


class QualityReport(BaseModel):
    """What an ingest read and what became of it; ``model_dump(mode="json")`` is what a run's row keeps.

    Immutable: each ``with_...`` returns the report that knows more.
    """

    model_config = ConfigDict(frozen=True)

    rows_read: int = Field(0, description="Rows of the source.")
    good: int = Field(0, description="Of them, rows that may be stored; new + changed + same, once merged.")
    new: int = Field(0, description="Stamps not stored before.")
    changed: int = Field(0, description="Stamps stored before with another value.")
    same: int = Field(0, description="Stamps stored before with this value.")
    duplicates: int = Field(0, description="Rows that repeat a good row.")
    missing: int = Field(0, description="Rows without a value that count as gaps (quality.missing: gap).")
    quarantined: dict[str, int] = Field({}, description="Bad rows by the check that they failed.")
    examples: dict[str, str] = Field({}, description="For each such check, one reason in words.")
    bad_share: float = Field(0.0, description="Quarantined rows over rows read.")
    seems: str | None = Field(
        None, description="What to do about the frequency, in words, if the configured one does not fit."
    )
    health: PanelHealth | None = Field(None, description="Gaps, flat stretches and ages of the series.")

    def with_chunk(self, screened: Screened) -> Self:
        """The report with one more chunk; the order of chunks changes at most the examples."""
        counts = Counter(self.quarantined)
        counts.update(screened.bad["failed_check"].tolist())
        firsts = screened.bad.drop_duplicates("failed_check")
        rows = self.rows_read + screened.rows
        return self.model_copy(
            update={
                "rows_read": rows,
                "good": self.good + len(screened.good),
                "duplicates": self.duplicates + screened.duplicates,
                "missing": self.missing + screened.missing,
                "quarantined": {check.label: counts[check.label] for check in Check if counts[check.label]},
                "examples": dict(zip(firsts["failed_check"], firsts["reason"], strict=True)) | self.examples,
                "bad_share": sum(counts.values()) / rows if rows else 0.0,
                "seems": self.seems or screened.seems,
            }
        )

    def with_conflicts(self, rows: int, example: str) -> Self:
        """The report with good rows that turned out to contradict each other across chunks."""
        label = Check.KEY_CONFLICT.label
        counts = self.quarantined | {label: self.quarantined.get(label, 0) + rows}
        return self.model_copy(
            update={
                "good": self.good - rows,
                "quarantined": counts,
                "examples": {label: example} | self.examples,
                "bad_share": sum(counts.values()) / self.rows_read,
            }
        )

    def with_merge(self, *, new: int, changed: int, same: int) -> Self:
        """The report with what the store made of the good rows; the rest of them repeated rows of other chunks."""
        good = new + changed + same
        duplicates = self.duplicates + self.good - good
        merged = {"new": new, "changed": changed, "same": same, "good": good, "duplicates": duplicates}
        return self.model_copy(update=merged)

    def with_health(self, health: PanelHealth) -> Self:
        """The report with the state of the series after the ingest."""
        return self.model_copy(update={"health": health})

    def raise_if_above(self, pipeline: Pipeline, name: str) -> None:
        """Stop an ingest that is too bad to go on with.

        Raises:
            QualityError: If the share of bad rows is above ``quality.max_bad_share``, or no row is good: with
                the checks that failed, an example of each, and the frequency that the data seem to have.
        """
        allowed = pipeline.quality.max_bad_share
        if self.rows_read == 0 or (self.bad_share <= allowed and self.good > 0):
            return
        bad = sum(self.quarantined.values())
        limit = f"quality.max_bad_share allows {allowed:.1%}" if self.good else "no row is good"
        gaps = f", {self.missing} are gaps" if self.missing else ""
        lines = [f"{name}: {bad} of {self.rows_read} rows ({self.bad_share:.1%}) are bad{gaps}; {limit}"]
        if self.seems is not None:
            lines.append(f"most times are off the grid of frequency {pipeline.frequency}: {self.seems}")
        for check, count in sorted(self.quarantined.items(), key=lambda item: -item[1]):
            lines.append(f"{check}: {count}, such as: {self.examples[check]}")
        lines.append("nothing was written but the quarantine, which has every bad row with its reason")
        raise QualityError("\n".join(lines))
