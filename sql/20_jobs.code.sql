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

-- For definer functions of the rooms that have checked a right of their own: a clerk's work may need a job too.
CREATE OR REPLACE FUNCTION mailroom.submit_job(issuer_id bigint, kind text, arguments jsonb DEFAULT '{}', run_after timestamptz DEFAULT NULL)
	RETURNS bigint
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	new_id bigint;
BEGIN
	IF NOT EXISTS (SELECT FROM mailroom.job_handler h WHERE h.kind = submit_job.kind) THEN
		RAISE EXCEPTION 'job kind "%" has no handler', submit_job.kind
			USING ERRCODE = 'undefined_object', HINT = 'Register one with mailroom.register_handler().';
	END IF;
	INSERT INTO mailroom.job_queue (issuer_id, attempt, kind, arguments, run_after)
		VALUES (submit_job.issuer_id, CASE WHEN submit_job.run_after > mailroom.now() THEN 0 ELSE 1 END,
			submit_job.kind, coalesce(submit_job.arguments, '{}'), submit_job.run_after)
		RETURNING job_id INTO new_id;
	RETURN new_id;
END;
$$;
COMMENT ON FUNCTION mailroom.submit_job(bigint, text, jsonb, timestamptz) IS 'enqueue_job without asking for a right: for functions that have asked for their own (a clerk''s, say); nobody is granted it';
REVOKE EXECUTE ON FUNCTION mailroom.submit_job(bigint, text, jsonb, timestamptz) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.enqueue_job(issuer_id bigint, kind text, arguments jsonb DEFAULT '{}', run_after timestamptz DEFAULT NULL)
	RETURNS bigint
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer(enqueue_job.issuer_id, 'importer');
	RETURN mailroom.submit_job(enqueue_job.issuer_id, enqueue_job.kind, enqueue_job.arguments, enqueue_job.run_after);
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

CREATE OR REPLACE FUNCTION mailroom.claim_jobs(max_jobs integer)
	RETURNS TABLE (claim_no bigint, issuer_id bigint, job_id bigint, attempt integer, kind text, arguments jsonb)
	VOLATILE STRICT PARALLEL UNSAFE
	ROWS 100
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_claim_jobs';
COMMENT ON FUNCTION mailroom.claim_jobs(integer) IS 'for executors outside the database: claims the next jobs, many of short kinds or one of another; commit, do them, then call finish_jobs(claim_no) in the same session; if the session ends before, the jobs count as failed and are tried again';
REVOKE EXECUTE ON FUNCTION mailroom.claim_jobs(integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.finish_jobs(claim_no bigint)
	RETURNS void
	VOLATILE STRICT PARALLEL UNSAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_finish_jobs';
COMMENT ON FUNCTION mailroom.finish_jobs(bigint) IS 'all jobs of a claim of this session are done; 42704 when the claim does not exist';
REVOKE EXECUTE ON FUNCTION mailroom.finish_jobs(bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.lock_queue()
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_lock_queue';
COMMENT ON FUNCTION mailroom.lock_queue() IS 'keeps claims waiting until the end of the transaction; used by cancel_job and retry_job';
REVOKE EXECUTE ON FUNCTION mailroom.lock_queue() FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.signal_job(issuer_id bigint, job_id bigint)
	RETURNS boolean
	VOLATILE STRICT PARALLEL UNSAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_signal_job';
COMMENT ON FUNCTION mailroom.signal_job(bigint, bigint) IS 'interrupts a running job; false when shared memory does not name it (it just ended, or the library is not preloaded); used by cancel_job';
REVOKE EXECUTE ON FUNCTION mailroom.signal_job(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.running_jobs()
	RETURNS TABLE (issuer_id bigint, job_id bigint, pid integer, done bigint, total bigint, started_at timestamptz)
	STABLE PARALLEL RESTRICTED
	ROWS 10
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_running_jobs';
COMMENT ON FUNCTION mailroom.running_jobs() IS 'jobs that run now, of the caller''s issuers, with their progress as last reported: from shared memory, or without preloading from the activity text';

CREATE OR REPLACE FUNCTION mailroom.ring_doorbell()
	RETURNS trigger
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_ring_doorbell';
COMMENT ON FUNCTION mailroom.ring_doorbell() IS 'statement trigger: when the transaction commits, a worker wakes';
REVOKE EXECUTE ON FUNCTION mailroom.ring_doorbell() FROM PUBLIC;

CREATE OR REPLACE TRIGGER ring_doorbell AFTER INSERT ON mailroom.job_queue
	FOR EACH STATEMENT EXECUTE FUNCTION mailroom.ring_doorbell();
CREATE OR REPLACE TRIGGER ring_doorbell AFTER INSERT OR UPDATE ON mailroom.job_waiting
	FOR EACH STATEMENT EXECUTE FUNCTION mailroom.ring_doorbell();

-- A copy of the database must stay quiet.  pg_dump output restores this table too, so that a restored copy has a row
-- of another installation; CREATE EXTENSION of a restore is known by row_security = off, which pg_dump writes, and
-- starts stopped, because rows loaded before this table would otherwise wake a worker.
CREATE OR REPLACE FUNCTION mailroom.system_identifier()
	RETURNS bigint
	STABLE PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_system_identifier';
COMMENT ON FUNCTION mailroom.system_identifier() IS 'identifier of this database cluster, as in pg_control';

CREATE OR REPLACE FUNCTION mailroom.jobs_are_started()
	RETURNS boolean
	STABLE PARALLEL RESTRICTED
	RETURN (SELECT coalesce(bool_and(i.system_identifier = mailroom.system_identifier() AND i.database_oid = d.oid), false)
		FROM mailroom.installation i, pg_database d
		WHERE d.datname = current_database());
COMMENT ON FUNCTION mailroom.jobs_are_started() IS 'true where jobs may run: start_jobs() was called in this very database, or the extension was created in it; false in a restored or template copy and after stop_jobs()';

CREATE OR REPLACE FUNCTION mailroom.start_jobs()
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	DELETE FROM mailroom.installation i;
	INSERT INTO mailroom.installation (system_identifier, database_oid, started_at)
		SELECT mailroom.system_identifier(), d.oid, mailroom.now() FROM pg_database d WHERE d.datname = current_database();
	UPDATE mailroom.job_waiting w SET due_at = w.due_at WHERE false;
END;
$$;
COMMENT ON FUNCTION mailroom.start_jobs() IS 'jobs of this database may run and files be sent from now on; needed in a restored copy and after stop_jobs(); wakes a worker; only the extension''s owner';
REVOKE EXECUTE ON FUNCTION mailroom.start_jobs() FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.stop_jobs()
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	DELETE FROM mailroom.installation i;
	INSERT INTO mailroom.installation (system_identifier, database_oid, started_at)
		VALUES (mailroom.system_identifier(), 0, mailroom.now());
END;
$$;
COMMENT ON FUNCTION mailroom.stop_jobs() IS 'no further job of this database is started until start_jobs(); those that run end; only the extension''s owner';
REVOKE EXECUTE ON FUNCTION mailroom.stop_jobs() FROM PUBLIC;

INSERT INTO mailroom.installation (system_identifier, database_oid, started_at)
	SELECT mailroom.system_identifier(), CASE WHEN current_setting('row_security')::boolean THEN d.oid ELSE 0 END, clock_timestamp()
	FROM pg_database d
	WHERE d.datname = current_database() AND NOT EXISTS (SELECT FROM mailroom.installation);

CREATE OR REPLACE VIEW mailroom.job WITH (security_invoker = true) AS
	SELECT b.job_id, b.issuer_id, b.kind,
		CASE
			WHEN w.job_id IS NOT NULL THEN w.state
			WHEN c.job_id IS NOT NULL THEN 'cancelled'
			WHEN f.claim_no IS NOT NULL THEN 'done'
			WHEN l.claim_no IS NOT NULL THEN 'started'
			WHEN b.submitted_xid IS NULL OR pg_visible_in_snapshot(b.submitted_xid,
				(SELECT n.seen FROM mailroom.job_cursor n ORDER BY n.claim_no DESC LIMIT 1)) THEN 'done'
			ELSE 'queued'
		END AS state,
		CASE WHEN w.state IN ('dead', 'cancelled') THEN w.attempt - 1 ELSE greatest(coalesce(w.attempt, b.attempt), 1) END AS attempt,
		coalesce(w.last_attempt, b.last_attempt, h.max_attempts) AS max_attempts,
		b.arguments, b.submitted_by, b.submitted_at,
		coalesce(w.due_at, b.run_after) AS due_at,
		l.started_at, f.finished_at,
		e.failed_at, e.sqlstate, e.message, e.detail, e.hint, e.context
	FROM (
			SELECT DISTINCT ON (a.issuer_id, a.job_id) a.*
			FROM (
					SELECT q.issuer_id, q.job_id, q.attempt, q.submitted_xid, q.kind, q.arguments, q.run_after, q.last_attempt, q.submitted_by, q.submitted_at
					FROM mailroom.job_queue q
					UNION ALL
					SELECT v.issuer_id, v.job_id, v.attempt - 1, NULL, v.kind, v.arguments, NULL, v.last_attempt, v.submitted_by, v.submitted_at
					FROM mailroom.job_waiting v
				) AS a
			ORDER BY a.issuer_id, a.job_id, a.attempt DESC
		) AS b
		LEFT JOIN mailroom.job_handler h ON h.kind = b.kind
		LEFT JOIN mailroom.job_waiting w ON w.issuer_id = b.issuer_id AND w.job_id = b.job_id
		LEFT JOIN mailroom.job_cancel c ON c.issuer_id = b.issuer_id AND c.job_id = b.job_id AND c.attempt = b.attempt
		LEFT JOIN (
			SELECT s.issuer_id, s.claim_no, s.started_at, j.job_id, j.attempt
			FROM mailroom.job_lease s, ROWS FROM (unnest(s.job_ids), unnest(s.attempts)) AS j (job_id, attempt)
		) AS l ON l.issuer_id = b.issuer_id AND l.job_id = b.job_id AND l.attempt = b.attempt
		LEFT JOIN mailroom.job_finish f ON f.issuer_id = l.issuer_id AND f.claim_no = l.claim_no
		LEFT JOIN LATERAL (
			SELECT * FROM mailroom.job_failure y
			WHERE y.issuer_id = b.issuer_id AND y.job_id = b.job_id
			ORDER BY y.attempt DESC LIMIT 1
		) AS e ON true;
COMMENT ON VIEW mailroom.job IS 'every job with its state: queued, waiting (run_after has not come), started, failed (waits for its next attempt), done, dead (all attempts failed), cancelled; the last failure as data; done jobs are forgotten after two to three days';
COMMENT ON COLUMN mailroom.job.attempt IS 'number of the newest attempt, or of the coming one of a job in state waiting or failed';

CREATE OR REPLACE VIEW mailroom.job_progress WITH (security_invoker = true) AS
	SELECT j.job_id, j.issuer_id, j.kind, j.state, r.done, nullif(r.total, 0) AS total,
		CASE WHEN r.done > 0 AND s.seconds > 0 THEN round(r.done / s.seconds, 1) END AS rate,
		CASE WHEN r.done > 0 AND s.seconds > 0 AND r.total >= r.done
			THEN clock_timestamp() + (r.total - r.done) * (s.seconds / r.done) * interval '1 second' END AS estimate
	FROM mailroom.job j
		LEFT JOIN mailroom.running_jobs() r ON r.issuer_id = j.issuer_id AND r.job_id = j.job_id AND j.state = 'started'
		LEFT JOIN LATERAL (SELECT extract(epoch FROM clock_timestamp() - r.started_at) AS seconds) AS s ON true;
COMMENT ON VIEW mailroom.job_progress IS 'how far jobs have come: done and total in the job''s own units (NULL while not known or not running), rate in units a second, estimate = when it should end; seen while the job''s transaction is still open';

CREATE OR REPLACE FUNCTION mailroom.cancel_job(issuer_id bigint, job_id bigint)
	RETURNS void
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	j record;
BEGIN
	PERFORM mailroom.require_issuer(cancel_job.issuer_id, 'operator');
	PERFORM mailroom.lock_queue();
	SELECT v.state, v.attempt INTO j
		FROM mailroom.job v WHERE v.issuer_id = $1 AND v.job_id = $2;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'job % does not exist', $2 USING ERRCODE = 'undefined_object';
	ELSIF j.state = 'queued' THEN
		INSERT INTO mailroom.job_cancel (issuer_id, job_id, attempt, cancelled_by, cancelled_at)
			VALUES ($1, $2, j.attempt, mailroom.outer_role(), mailroom.now());
	ELSIF j.state IN ('waiting', 'failed') THEN
		UPDATE mailroom.job_waiting w SET state = 'cancelled', due_at = 'infinity' WHERE w.issuer_id = $1 AND w.job_id = $2;
	ELSIF j.state = 'started' AND mailroom.signal_job($1, $2) THEN
		NULL;
	ELSIF j.state <> 'cancelled' THEN
		RAISE EXCEPTION 'cannot cancel job % because it is %', $2, j.state
			USING ERRCODE = 'MR004',
				HINT = CASE WHEN j.state = 'started' THEN 'Without preloading, cancel the session that runs it.'
					ELSE 'Only a job that has not ended can be cancelled.' END;
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.cancel_job(bigint, bigint) IS 'a job that has not started never will, a running one is interrupted and its changes are undone; needs the right operator; MR004 when it has ended, 42704 when there is none';
REVOKE EXECUTE ON FUNCTION mailroom.cancel_job(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.retry_job(issuer_id bigint, job_id bigint)
	RETURNS void
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	j record;
BEGIN
	PERFORM mailroom.require_issuer(retry_job.issuer_id, 'operator');
	PERFORM mailroom.lock_queue();
	SELECT v.state, v.attempt INTO j
		FROM mailroom.job v WHERE v.issuer_id = $1 AND v.job_id = $2;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'job % does not exist', $2 USING ERRCODE = 'undefined_object';
	ELSIF j.state NOT IN ('waiting', 'failed', 'dead', 'cancelled') THEN
		RAISE EXCEPTION 'cannot retry job % because it is %', $2, j.state USING ERRCODE = 'MR004';
	END IF;
	UPDATE mailroom.job_waiting w
		SET state = 'waiting', due_at = mailroom.now(),
			last_attempt = w.attempt - 1 + coalesce((SELECT h.max_attempts FROM mailroom.job_handler h WHERE h.kind = w.kind), 1)
		WHERE w.issuer_id = $1 AND w.job_id = $2;
	IF NOT FOUND THEN
		INSERT INTO mailroom.job_waiting (issuer_id, job_id, attempt, last_attempt, state, due_at, kind, arguments, submitted_by, submitted_at)
			SELECT q.issuer_id, q.job_id, q.attempt + 1, q.attempt + coalesce(h.max_attempts, 1), 'waiting', mailroom.now(),
					q.kind, q.arguments, q.submitted_by, q.submitted_at
				FROM mailroom.job_queue q
					LEFT JOIN mailroom.job_handler h ON h.kind = q.kind
				WHERE q.issuer_id = $1 AND q.job_id = $2 AND q.attempt = j.attempt
				LIMIT 1;
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.retry_job(bigint, bigint) IS 'runs a job that waits, failed, is dead or was cancelled at once, with a new row of attempts; needs the right operator; MR004 when it is queued, running or done, 42704 when there is none';
REVOKE EXECUTE ON FUNCTION mailroom.retry_job(bigint, bigint) FROM PUBLIC;

SELECT mailroom.allow(k.kind, 'table', 'mailroom.job_queue', p.privilege)
	FROM (VALUES ('importer'), ('operator')) AS k (kind),
		(VALUES ('INSERT (issuer_id)'), ('INSERT (attempt)'), ('INSERT (kind)'), ('INSERT (arguments)'), ('INSERT (run_after)')) AS p (privilege);
SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('importer'), ('operator')) AS k (kind),
		(VALUES ('mailroom.job_slot()'), ('mailroom.job_time()'), ('mailroom.enqueue_job(bigint, text, jsonb, timestamptz)')) AS f (name);
SELECT mailroom.allow('everyone', 'table', 'mailroom.job_handler', 'SELECT');
SELECT mailroom.allow(k.kind, 'table', t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk'), ('importer')) AS k (kind),
		(VALUES ('mailroom.job'), ('mailroom.job_progress'), ('mailroom.job_queue'), ('mailroom.job_waiting'), ('mailroom.job_cancel'),
			('mailroom.job_lease'), ('mailroom.job_finish'), ('mailroom.job_failure'), ('mailroom.job_cursor')) AS t (name);
SELECT mailroom.allow('operator', 'function', f.name, 'EXECUTE')
	FROM (VALUES ('mailroom.cancel_job(bigint, bigint)'), ('mailroom.retry_job(bigint, bigint)')) AS f (name);

-- handlers that users registered are dumped, ours come with the script
SELECT pg_extension_config_dump('mailroom.job_handler', $$WHERE handler_schema <> 'mailroom'$$);
