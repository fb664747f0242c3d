-- jobs: submit, run, fail, retry, run in a block, cancel
\set VERBOSITY terse
SET client_min_messages = warning;
SELECT mailroom.create_issuer('Jobs One AS', 'NO', 'Europe/Oslo', 'NOK') AS one \gset
CREATE TABLE public.jobs_done (n serial, issuer_id bigint, note text);
CREATE FUNCTION public.jobs_note(issuer_id bigint, job_id bigint, arguments jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO public.jobs_done (issuer_id, note) VALUES ($1, $3 ->> 'note');
	IF arguments ? 'fail' THEN
		RAISE EXCEPTION 'told to fail' USING ERRCODE = '22012', DETAIL = 'Some detail.', HINT = 'Some hint.';
	END IF;
END;
$$;
SELECT mailroom.register_handler('test_note', 'public.jobs_note(bigint, bigint, jsonb)');
SELECT mailroom.register_handler('test_short', 'public.jobs_note(bigint, bigint, jsonb)', 2, true);
SELECT mailroom.register_handler('test_bad', 'pg_catalog.upper(text)');
SELECT mailroom.enqueue_job(:one, 'no_such_kind');
SELECT mailroom.enqueue_job(NULL, 'test_note');
SELECT mailroom.enqueue_job(:one, 'test_note', '{"note": "a"}') AS a \gset
SELECT mailroom.enqueue_job(:one, 'test_short', '{"note": "b"}') AS b \gset
SELECT mailroom.enqueue_job(:one, 'test_note', '{"note": "c", "fail": true}') AS c \gset
CALL mailroom.run_jobs();
SELECT note FROM public.jobs_done ORDER BY n;
SELECT attempt, sqlstate, message, detail, hint, context FROM mailroom.job_failure WHERE job_id = :c ORDER BY attempt;
BEGIN;
SELECT mailroom.enqueue_job(:one, 'test_note', '{"note": "d"}') AS d \gset
CALL mailroom.run_jobs();
SELECT mailroom.enqueue_job(:one, 'test_note', '{"note": "e"}') AS e \gset
SELECT note FROM public.jobs_done ORDER BY n;
COMMIT;
CALL mailroom.run_jobs();
SELECT note FROM public.jobs_done ORDER BY n;
CALL mailroom.run_jobs(0);
BEGIN ISOLATION LEVEL REPEATABLE READ;
CALL mailroom.run_jobs();
ROLLBACK;
