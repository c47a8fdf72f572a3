"""The `tsflow` command."""

from tsflow.cli.app import app, main

__all__ = ["app", "main"]
