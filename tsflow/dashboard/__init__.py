"""The dashboard: pages over the database, which they only read. It needs the extra `dashboard`."""
