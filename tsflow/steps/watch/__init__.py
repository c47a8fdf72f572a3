"""What is looked after between slots: errors of published forecasts, lateness, retention."""
