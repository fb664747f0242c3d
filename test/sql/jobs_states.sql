-- jobs: every state, back-off, cancel, retry, rights, and what is forgotten when
\set VERBOSITY terse
SET client_min_messages = warning;
SELECT mailroom.create_issuer('Jobs States AS', 'NO', 'Europe/Oslo', 'NOK') AS one \gset
SELECT mailroom.create_issuer('Jobs Other AB', 'SE', 'Europe/Stockholm', 'SEK') AS two \gset
CREATE TABLE public.states_done (n serial, note text, CONSTRAINT states_once UNIQUE (note) DEFERRABLE INITIALLY DEFERRED);
CREATE FUNCTION public.states_note(issuer_id bigint, job_id bigint, arguments jsonb) RETURNS void LANGUAGE sql
	BEGIN ATOMIC INSERT INTO public.states_done (note) VALUES (arguments ->> 'note'); SELECT 1 / (arguments ->> 'divisor')::integer; END;
SELECT mailroom.register_handler('state_long', 'public.states_note(bigint, bigint, jsonb)', 2);
SELECT mailroom.register_handler('state_short', 'public.states_note(bigint, bigint, jsonb)', 2, true);
CREATE VIEW public.states AS
	SELECT kind, arguments ->> 'note' AS note, state, attempt, max_attempts, due_at AT TIME ZONE 'UTC' AS due_at, sqlstate, message
	FROM mailroom.job WHERE kind LIKE 'state\_%';
SET datestyle = iso;
SET mailroom.clock = '2026-12-01T12:00:00Z';
SET mailroom.jobs_retry_delay = '10s';

-- queued, waiting, failed, done
SELECT mailroom.enqueue_job(:one, 'state_long', '{"note": "good"}') AS good \gset
SELECT mailroom.enqueue_job(:one, 'state_long', '{"note": "bad", "divisor": 0}') AS bad \gset
SELECT mailroom.enqueue_job(:one, 'state_long', '{"note": "later"}', '2026-12-01T12:01:00Z') AS later \gset
SELECT mailroom.enqueue_job(:two, 'state_short', '{"note": "short"}') AS short \gset
SELECT mailroom.enqueue_job(:two, 'state_short', '{"note": "short bad", "divisor": 0}') AS short_bad \gset
SELECT * FROM public.states ORDER BY note;
CALL mailroom.run_jobs(1);
SELECT note, state FROM public.states ORDER BY note;
CALL mailroom.run_jobs();
SELECT * FROM public.states ORDER BY note;
SELECT note FROM public.states_done ORDER BY note;
-- nothing is due before its time
SET mailroom.clock = '2026-12-01T12:00:09Z';
CALL mailroom.run_jobs();
SELECT note, state, attempt FROM public.states ORDER BY note;
SET mailroom.clock = '2026-12-01T12:00:10Z';
CALL mailroom.run_jobs();
SELECT note, state, attempt, due_at FROM public.states ORDER BY note;
SET mailroom.clock = '2026-12-01T12:01:00Z';
CALL mailroom.run_jobs();
SELECT note, state FROM public.states WHERE note = 'later';

-- a deferred constraint is the job's fault
SELECT mailroom.enqueue_job(:one, 'state_long', '{"note": "good"}') AS twice \gset
CALL mailroom.run_jobs();
SELECT state, sqlstate, message FROM mailroom.job WHERE job_id = :twice;

-- cancel: queued, waiting, failed, done, nobody's
SELECT mailroom.enqueue_job(:one, 'state_long', '{"note": "cancelled queued"}') AS queued \gset
SELECT mailroom.enqueue_job(:one, 'state_long', '{"note": "cancelled waiting"}', '2026-12-01T13:00:00Z') AS waiting \gset
SELECT mailroom.cancel_job(:one, :queued);
CALL mailroom.run_jobs();
SELECT mailroom.cancel_job(:one, :waiting);
SELECT mailroom.cancel_job(:one, :twice);
\set VERBOSITY sqlstate
SELECT mailroom.cancel_job(:one, :good);
SELECT mailroom.cancel_job(:two, :good);
SELECT mailroom.retry_job(:one, :good);
\set VERBOSITY terse
SET mailroom.clock = '2026-12-01T14:00:00Z';
CALL mailroom.run_jobs();
SELECT note, state FROM public.states WHERE state = 'cancelled' ORDER BY 1;

-- retry: dead and cancelled jobs get new attempts
SELECT mailroom.retry_job(:one, :bad), mailroom.retry_job(:one, :queued), mailroom.retry_job(:one, :waiting);
SELECT note, state, attempt, max_attempts FROM public.states WHERE state = 'waiting' ORDER BY 1;
CALL mailroom.run_jobs();
SELECT note, state, attempt, max_attempts FROM public.states WHERE note IN ('bad', 'cancelled queued', 'cancelled waiting') ORDER BY 1;

-- in a transaction block: nothing is committed, a failure undoes its job alone, a rollback everything
BEGIN;
SELECT mailroom.enqueue_job(:one, 'state_long', '{"note": "block good"}') AS block_good \gset
SELECT mailroom.enqueue_job(:one, 'state_long', '{"note": "block bad", "divisor": 0}') AS block_bad \gset
CALL mailroom.run_jobs();
SELECT note, state FROM public.states WHERE note LIKE 'block%' ORDER BY 1;
ROLLBACK;
SELECT count(*) FROM public.states WHERE note LIKE 'block%';
CALL mailroom.run_jobs();

-- a kind whose handler went away
SELECT mailroom.enqueue_job(:one, 'state_short', '{"note": "orphan"}') AS orphan \gset
DELETE FROM mailroom.job_handler WHERE kind = 'state_short';
CALL mailroom.run_jobs();
SELECT state, sqlstate, message FROM mailroom.job WHERE job_id = :orphan;

-- rights
CREATE ROLE jobs_importer;
CREATE ROLE jobs_reader;
SELECT mailroom.grant_role('importer', 'jobs_importer', ARRAY[:one]);
SELECT mailroom.grant_role('reader', 'jobs_reader', ARRAY[:two]);
SET ROLE jobs_importer;
SELECT mailroom.enqueue_job(:one, 'state_long', '{"note": "by importer"}') IS NOT NULL AS submitted;
\set VERBOSITY sqlstate
SELECT mailroom.enqueue_job(:two, 'state_long', '{"note": "not mine"}');
\set VERBOSITY terse
INSERT INTO mailroom.job_queue (issuer_id, kind) VALUES (:two, 'state_long');
INSERT INTO mailroom.job_queue (issuer_id, kind, submitted_by) VALUES (:one, 'state_long', 'postgres');
CALL mailroom.run_jobs();
SELECT mailroom.cancel_job(:one, :bad);
SELECT mailroom.register_handler('mine', 'public.states_note(bigint, bigint, jsonb)');
SELECT count(*) FROM mailroom.claim_jobs(1);
SELECT mailroom.start_jobs();
SELECT note, submitted_by FROM (SELECT arguments ->> 'note' AS note, submitted_by FROM mailroom.job) j WHERE note LIKE '%importer' OR note LIKE 'short%';
SET ROLE jobs_reader;
SELECT arguments ->> 'note' AS note, state FROM mailroom.job WHERE kind LIKE 'state%' ORDER BY 1;
SELECT count(*) FILTER (WHERE issuer_id <> :two) AS foreign_rows, count(*) > 0 AS own_rows FROM mailroom.job_progress;
SELECT mailroom.enqueue_job(:two, 'state_long');
RESET ROLE;
CALL mailroom.run_jobs();
DROP OWNED BY jobs_importer, jobs_reader;
DROP ROLE jobs_importer, jobs_reader;

-- stopped: nothing runs
SELECT mailroom.stop_jobs();
SELECT mailroom.enqueue_job(:one, 'state_long', '{"note": "stopped"}') AS stopped \gset
CALL mailroom.run_jobs();
SELECT count(*) FROM mailroom.claim_jobs(1);
SELECT mailroom.start_jobs();
CALL mailroom.run_jobs();
SELECT state FROM mailroom.job WHERE job_id = :stopped;

-- done jobs are forgotten after two days, those that wait for a person are not
SET mailroom.clock = '2026-12-02T12:00:00Z';
SELECT mailroom.enqueue_job(:one, 'state_long', '{"note": "next day"}') AS next_day \gset
CALL mailroom.run_jobs();
SELECT state, count(*) FROM public.states GROUP BY 1 ORDER BY 1;
SET mailroom.clock = '2026-12-03T12:00:00Z';
SELECT mailroom.enqueue_job(:one, 'state_long', '{"note": "third day"}') AS third_day \gset
CALL mailroom.run_jobs();
-- emptying waits for nobody: while a vacuum is at the table the next run does it
DO $$ BEGIN FOR i IN 1 .. 200 LOOP EXIT WHEN NOT EXISTS (SELECT FROM public.states WHERE note = 'later'); PERFORM pg_sleep(0.05); CALL mailroom.run_jobs(); END LOOP; END $$;
SELECT note, state FROM public.states ORDER BY 1;
SELECT count(*) FROM public.states_done WHERE note LIKE '% day';
RESET mailroom.clock;
