"""tsflow: series in your database, forecasts back in it, on a schedule."""

__version__ = "0.1.0"
