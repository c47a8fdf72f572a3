"""Every error that tsflow raises on purpose.

    TsflowError
    ├── ConfigError               the YAML, the environment or an argument
    ├── FrequencyError            a frequency alias that tsflow has no grid for
    ├── SourceError               a source that cannot be read
    │   └── SourceUnavailable       ... now, but perhaps soon (transient)
    ├── QualityError              too many bad rows: the ingest stopped, the quarantine has them
    ├── DataError                 data from which nothing can be made
    ├── DeviceError               a device that is not there
    ├── TrainingError             a network that could not be trained
    ├── RunsAwry                  a run that was killed each time it was tried
    ├── ArtifactError             an artifact that cannot be read or written
    │   ├── ArtifactUnavailable     ... now, but perhaps soon (transient)
    │   └── ArtifactCorrupted       ... or whose bytes are not those that were saved
    └── StoreError                the database
        ├── DatabaseUnavailable     unreachable or locked (transient)
        ├── DatabaseRefused         user, password or name are wrong
        ├── DatabaseReadOnly        reachable, but not to write
        ├── DatabaseFull            no room left
        ├── SchemaOutdated          tables of another version
        ├── LeaseHeld               another run of this pipeline is at work (transient)
        └── LeaseLost               this run is no longer the one that may write

A message names the place, the cause and the remedy, so that it can be shown without a traceback.
``transient`` says whether the same call may succeed a little later, which is what a retry asks.
"""


class TsflowError(Exception):
    """The root of the tree; ``except TsflowError`` catches all that is expected to go wrong."""

    transient = False


class ConfigError(TsflowError):
    """A setting is wrong: names the file, the path in it, what was found and what is allowed."""


class FrequencyError(TsflowError, ValueError):
    """A frequency alias that tsflow has no grid for."""


class SourceError(TsflowError):
    """A source that cannot be read as configured."""


class SourceUnavailable(SourceError):
    """A source that did not answer in time; worth a retry."""

    transient = True


class QualityError(TsflowError):
    """The share of bad rows is above the pipeline's threshold; nothing but the quarantine was written."""


class DataError(TsflowError):
    """Data that are well formed, and from which nothing can be made."""


class DeviceError(TsflowError):
    """The configured device is not there."""


class TrainingError(TsflowError):
    """A network that could not be trained; the other architectures go on."""


class RunsAwry(TsflowError):
    """A run that was killed as often as it was tried; something in it or around it kills it."""


class ArtifactError(TsflowError):
    """A trained model that cannot be read or written."""


class ArtifactUnavailable(ArtifactError):
    """The artifact store did not answer, or was at fault; worth a retry."""

    transient = True


class ArtifactCorrupted(ArtifactError):
    """The bytes at the artifact's URL are not those that were saved."""


class StoreError(TsflowError):
    """The database refused."""


class DatabaseUnavailable(StoreError):
    """The database is unreachable or locked; worth a retry."""

    transient = True


class DatabaseRefused(StoreError):
    """The database lets nobody in by this user, password or name."""


class DatabaseReadOnly(StoreError):
    """The database may not be written to."""


class DatabaseFull(StoreError):
    """The database has no room left; the transaction was rolled back."""


class SchemaOutdated(StoreError):
    """The tables are of another version than this code: `tsflow db upgrade`."""


class LeaseHeld(StoreError):
    """Another run of the same pipeline is at work."""

    transient = True


class LeaseLost(StoreError):
    """The lease lapsed and was taken over, so this run may not write any more."""
