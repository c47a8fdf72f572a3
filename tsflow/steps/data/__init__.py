"""What a slot knows: its source read into the database, and the panel read from there."""
