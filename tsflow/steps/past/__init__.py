"""Slots that are over: filled in, replayed, compared, reproduced."""
