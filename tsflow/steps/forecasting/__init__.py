"""What a slot says: who forecasts which series, calibrated, checked and published."""
