"""What a slot shows: a picture and a report."""
