-- Least rights on a PostgreSQL database of tsflow: three roles that nobody logs in as, to be given to those who do.
--
--   psql "$OWNER_URL" --set ON_ERROR_STOP=1 --file deployments/postgresql/roles.sql
--   CREATE USER forecaster PASSWORD '...' IN ROLE tsflow_worker;
--   CREATE USER ada PASSWORD '...' IN ROLE tsflow_reader;
--   CREATE USER pages PASSWORD '...' IN ROLE tsflow_dashboard;
--
-- Run it as the owner of the tables, who may create roles, after the first `tsflow db upgrade`, and after every upgrade
-- that brings a new view (those that were there keep their readers). Running it again changes nothing.

BEGIN;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['tsflow_worker', 'tsflow_reader', 'tsflow_dashboard'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN  -- roles belong to the server, not to a database
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        END IF;
    END LOOP;
END
$$;

-- Nobody else comes in, and nobody but the owner makes or drops tables.
DO $$
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO tsflow_worker, tsflow_reader, tsflow_dashboard', current_database());
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO tsflow_worker', current_database());
END
$$;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO tsflow_worker, tsflow_reader, tsflow_dashboard;

-- A worker writes rows, and stages them in temporary tables. The version of the tables is not its to change.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO tsflow_worker;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO tsflow_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO tsflow_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO tsflow_worker;
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM tsflow_worker;

-- The dashboard shows runs, decisions and refused rows as well as the views, and writes nothing.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO tsflow_dashboard;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO tsflow_dashboard;

-- A reader sees the views.
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT viewname FROM pg_views WHERE schemaname = 'public' AND viewowner = current_user LOOP
        EXECUTE format('GRANT SELECT ON public.%I TO tsflow_reader', name);
    END LOOP;
END
$$;

COMMIT;
