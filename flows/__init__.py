"""Prefect flows: thin shells over `tsflow.steps`. Tasks hand each other ids; the data stay in the database."""

import os

# Read by Prefect when it is first imported, so set here; whatever the environment says already goes first.
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "90")  # 6 to 23 s were measured
os.environ.setdefault("PREFECT_SERVER_LOGGING_LEVEL", "CRITICAL")  # leaving the temporary server logs tracebacks
