"""A slot: its time, the right to work on it, what was done of it, and who is told."""
