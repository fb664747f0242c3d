\echo Use "CREATE EXTENSION mailroom" to load this file. \quit

CREATE SCHEMA mailroom_report;
COMMENT ON SCHEMA mailroom_report IS 'stable views for reporting tools';

SET LOCAL search_path = pg_catalog, pg_temp;
