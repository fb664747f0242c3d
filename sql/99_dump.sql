-- 99_dump: every table that holds user data is dumped, with its sequences.  Derived tables (rebuilt by
-- triggers when their source is loaded) and tables filled by the script are not.

DO $$
DECLARE
	t record;
	derived CONSTANT text[] := ARRAY['role_privilege', 'archive_pending', 'archive_term', 'country', 'retention_law', 'audit_code',
		-- credit watch: a trigger on rating_event builds them
		'credit_state', 'credit_change', 'credit_call',
		-- jobs
		'job_handler', 'job_waiting', 'job_failure', 'job_cancel',
		'job_queue', 'job_queue_0', 'job_queue_1', 'job_queue_2', 'job_cursor', 'job_cursor_0', 'job_cursor_1', 'job_cursor_2',
		'job_lease', 'job_lease_0', 'job_lease_1', 'job_lease_2', 'job_finish', 'job_finish_0', 'job_finish_1', 'job_finish_2'];
BEGIN
	FOR t IN
		SELECT c.oid::pg_catalog.regclass::text AS name
		FROM pg_catalog.pg_class c
		WHERE c.relnamespace = 'mailroom'::pg_catalog.regnamespace
			AND c.relkind IN ('r', 'p', 'S')
			AND NOT c.relname = ANY (derived)
			AND NOT EXISTS (
				SELECT FROM pg_catalog.pg_depend d
					JOIN pg_catalog.pg_class o ON o.oid = d.refobjid
				WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
					AND d.deptype IN ('a', 'i') AND o.relname = ANY (derived))
	LOOP
		-- layouts of issuer 0 and shipped code lists are the script's own
		PERFORM pg_catalog.pg_extension_config_dump(t.name,
			CASE WHEN t.name LIKE 'mailroom.layout%' OR t.name LIKE 'mailroom.booking_layout%' OR t.name LIKE 'mailroom.return_layout%' THEN 'WHERE issuer_id <> 0'
				WHEN t.name = 'mailroom.code_list' THEN 'WHERE NOT shipped' ELSE '' END);
	END LOOP;
END;
$$;
