"""What people look at: pictures of the forecasts, and the report. Importing it imports no matplotlib."""
