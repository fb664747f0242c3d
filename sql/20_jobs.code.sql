-- 20_jobs: functions, triggers and views of the stairs.

CREATE OR REPLACE FUNCTION mailroom.register_handler(kind text, handler regprocedure, max_attempts integer DEFAULT 5, is_short boolean DEFAULT false)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	f record;
BEGIN
	SELECT p.proname, n.nspname, p.prokind = 'f' AND oidvectortypes(p.proargtypes) = 'bigint, bigint, jsonb' AS fits
		INTO f
		FROM pg_proc p
			JOIN pg_namespace n ON n.oid = p.pronamespace
		WHERE p.oid = register_handler.handler;
	IF f.fits IS NOT TRUE THEN
		RAISE EXCEPTION 'function % cannot handle jobs', register_handler.handler
			USING ERRCODE = 'invalid_function_definition',
				HINT = 'A handler takes (issuer_id bigint, job_id bigint, arguments jsonb).';
	END IF;
	INSERT INTO mailroom.job_handler AS h (kind, handler_schema, handler_name, max_attempts, is_short)
		VALUES (register_handler.kind, f.nspname, f.proname, register_handler.max_attempts, register_handler.is_short)
		ON CONFLICT ON CONSTRAINT job_handler_pkey DO UPDATE
		SET handler_schema = excluded.handler_schema, handler_name = excluded.handler_name,
			max_attempts = excluded.max_attempts, is_short = excluded.is_short
		WHERE (h.handler_schema, h.handler_name, h.max_attempts, h.is_short)
			IS DISTINCT FROM (excluded.handler_schema, excluded.handler_name, excluded.max_attempts, excluded.is_short);
END;
$$;
COMMENT ON FUNCTION mailroom.register_handler(text, regprocedure, integer, boolean) IS 'names the function (issuer_id bigint, job_id bigint, arguments jsonb) that does jobs of a kind; a job is tried max_attempts times; jobs of a short kind (a few milliseconds) are run up to 100 in one transaction; may be called again; only the extension''s owner';
REVOKE EXECUTE ON FUNCTION mailroom.register_handler(text, regprocedure, integer, boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.enqueue_job(issuer_id bigint, kind text, arguments jsonb DEFAULT '{}', run_after timestamptz DEFAULT NULL)
	RETURNS bigint
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	new_id bigint;
BEGIN
	PERFORM mailroom.require_issuer(enqueue_job.issuer_id, 'importer');
	IF NOT EXISTS (SELECT FROM mailroom.job_handler h WHERE h.kind = enqueue_job.kind) THEN
		RAISE EXCEPTION 'job kind "%" has no handler', enqueue_job.kind
			USING ERRCODE = 'undefined_object', HINT = 'Register one with mailroom.register_handler().';
	END IF;
	INSERT INTO mailroom.job_queue (issuer_id, kind, arguments, run_after)
		VALUES (enqueue_job.issuer_id, enqueue_job.kind, coalesce(enqueue_job.arguments, '{}'), enqueue_job.run_after)
		RETURNING job_id INTO new_id;
	RETURN new_id;
END;
$$;
COMMENT ON FUNCTION mailroom.enqueue_job(bigint, text, jsonb, timestamptz) IS 'submits a job of a registered kind for an issuer, to start at once or not before run_after; returns job_id; the right is checked now (42501 unless importer or operator of the issuer), the job itself runs as the worker''s role; workers wake when the transaction commits';
REVOKE EXECUTE ON FUNCTION mailroom.enqueue_job(bigint, text, jsonb, timestamptz) FROM PUBLIC;

CREATE OR REPLACE PROCEDURE mailroom.run_jobs(max_jobs integer DEFAULT NULL)
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_run_jobs';
COMMENT ON PROCEDURE mailroom.run_jobs(integer) IS 'runs the jobs that are due, at most max_jobs, as a worker would, in this session and with the caller''s rights (who must be the extension''s owner or a member of it); commits after each job, but inside a transaction block it commits nothing and each job is a subtransaction';
REVOKE EXECUTE ON PROCEDURE mailroom.run_jobs(integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.report_progress(done bigint, total bigint)
	RETURNS void
	VOLATILE STRICT PARALLEL RESTRICTED
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_report_progress';
COMMENT ON FUNCTION mailroom.report_progress(bigint, bigint) IS 'tells how far the job that runs in this session has come, in units of the job''s choice; total 0 means not known; without a job it does nothing';
REVOKE EXECUTE ON FUNCTION mailroom.report_progress(bigint, bigint) FROM PUBLIC;

SELECT mailroom.allow(k.kind, 'table', 'mailroom.job_queue', p.privilege)
	FROM (VALUES ('importer'), ('operator')) AS k (kind),
		(VALUES ('INSERT (issuer_id)'), ('INSERT (kind)'), ('INSERT (arguments)'), ('INSERT (run_after)'), ('SELECT (issuer_id)'), ('SELECT (job_id)')) AS p (privilege);
SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('importer'), ('operator')) AS k (kind),
		(VALUES ('mailroom.job_slot()'), ('mailroom.job_time()'), ('mailroom.enqueue_job(bigint, text, jsonb, timestamptz)')) AS f (name);
SELECT mailroom.allow('everyone', 'table', 'mailroom.job_handler', 'SELECT');
