"""SQL: schema, views, engine, leases, and what the steps read and write."""
