-- jobs: rows read and written without SQL: column numbers, several issuers in a claim, the newest cursor of all slots
\set VERBOSITY terse
SET client_min_messages = warning;
-- src/jobs/queue_rows.c counts on these
SELECT c.relname, string_agg(a.attname, ' ' ORDER BY a.attnum) AS columns
	FROM pg_class c
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
	WHERE c.relnamespace = 'mailroom'::regnamespace
		AND c.relname IN ('job_queue', 'job_cursor', 'job_lease', 'job_finish', 'job_handler', 'job_cancel', 'installation')
	GROUP BY c.relname ORDER BY c.relname;
SELECT p.relname, string_agg(a.attname, ' ' ORDER BY a.attnum) = q.columns AS alike
	FROM pg_class p
		JOIN pg_inherits i ON i.inhrelid = p.oid
		JOIN pg_attribute a ON a.attrelid = p.oid AND a.attnum > 0
		CROSS JOIN LATERAL (SELECT string_agg(b.attname, ' ' ORDER BY b.attnum) AS columns
			FROM pg_attribute b WHERE b.attrelid = i.inhparent AND b.attnum > 0) AS q
	WHERE i.inhparent::regclass::text LIKE 'mailroom.job\_%' AND p.relkind = 'r'
	GROUP BY p.relname, q.columns ORDER BY p.relname;
-- nothing that a direct write would pass over
SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
	WHERE c.relname ~ '^job_(cursor|lease|finish)' AND NOT t.tgisinternal;
SELECT conrelid::regclass, conname FROM pg_constraint WHERE conrelid::regclass::text ~ 'mailroom.job_(cursor|lease|finish)' AND contype NOT IN ('p', 'n') ORDER BY 1, 2;

CREATE TABLE public.rows_done (n serial, note text);
CREATE FUNCTION public.rows_note(issuer_id bigint, job_id bigint, arguments jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO public.rows_done (note) VALUES ($3 ->> 'note');
END;
$$;
SELECT mailroom.register_handler('rows_short', 'public.rows_note(bigint, bigint, jsonb)', 2, true);
SELECT mailroom.create_issuer('Jobs Rows AS', 'NO', 'Europe/Oslo', 'NOK') AS one \gset
SELECT mailroom.create_issuer('Jobs Rows AB', 'SE', 'Europe/Stockholm', 'SEK') AS two \gset

-- one claim, jobs of two issuers by turns: a lease and a finish for each, jobs in the order of the queue
CALL mailroom.run_jobs();
SELECT coalesce(max(claim_no), 0) AS before FROM mailroom.job_cursor \gset
INSERT INTO mailroom.job_queue (issuer_id, kind, arguments)
	SELECT CASE g % 2 WHEN 0 THEN :two ELSE :one END, 'rows_short', jsonb_build_object('note', g) FROM generate_series(1, 6) AS g;
CALL mailroom.run_jobs();
SELECT string_agg(note, ' ' ORDER BY n) AS notes FROM public.rows_done;
SELECT count(*) AS leases, count(DISTINCT l.claim_no) AS claims, count(f.claim_no) AS finished, array_agg(cardinality(l.job_ids) ORDER BY l.issuer_id) AS jobs,
		bool_and(l.job_ids = ARRAY(SELECT unnest(l.job_ids) ORDER BY 1)) AS in_order
	FROM mailroom.job_lease l LEFT JOIN mailroom.job_finish f USING (issuer_id, claim_no) WHERE l.claim_no > :before;
-- executors outside the database: each claim is finished once
SELECT mailroom.enqueue_job(:one, 'rows_short', '{"note": "outside"}') AS outside \gset
SELECT claim_no AS claim FROM mailroom.claim_jobs(1) \gset
SELECT mailroom.finish_jobs(:claim);
SELECT state FROM mailroom.job WHERE job_id = :outside;
SELECT mailroom.finish_jobs(0);
TRUNCATE public.rows_done;

-- slots go by the day: after two days without work today's slot still holds its old cursor, which must not be taken for the newest
SET mailroom.clock = '2027-01-01T12:00:00Z';
SELECT mailroom.enqueue_job(:one, 'rows_short', '{"note": "first day"}') IS NOT NULL AS queued;
CALL mailroom.run_jobs();
SET mailroom.clock = '2027-01-02T12:00:00Z';
SELECT mailroom.enqueue_job(:one, 'rows_short', '{"note": "second day"}') IS NOT NULL AS queued;
CALL mailroom.run_jobs();
SET mailroom.clock = '2027-01-04T12:00:00Z';
SELECT mailroom.enqueue_job(:one, 'rows_short', '{"note": "fourth day"}') IS NOT NULL AS queued;
CALL mailroom.run_jobs();
SELECT note, count(*) FROM public.rows_done GROUP BY note ORDER BY min(n);
RESET mailroom.clock;

-- who may not read and write the tables may not go round them either
CREATE ROLE rows_outsider;
GRANT USAGE ON SCHEMA mailroom TO rows_outsider;
GRANT EXECUTE ON FUNCTION mailroom.claim_jobs(integer), mailroom.finish_jobs(bigint) TO rows_outsider;
SET ROLE rows_outsider;
SELECT count(*) FROM mailroom.claim_jobs(1);
SELECT mailroom.finish_jobs(:claim);
RESET ROLE;
GRANT SELECT, INSERT ON mailroom.job_queue, mailroom.job_lease, mailroom.job_finish, mailroom.job_cursor TO rows_outsider;
SET ROLE rows_outsider;
SELECT count(*) FROM mailroom.claim_jobs(1);
RESET ROLE;
DROP OWNED BY rows_outsider;
DROP ROLE rows_outsider;
