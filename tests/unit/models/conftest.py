"""Property tests on a shared machine: no deadlines, and the same examples every time."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "shared machine", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("shared machine")
