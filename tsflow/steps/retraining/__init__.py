"""What a slot learns: candidates trained, judged on the same pairs, and one decision."""
