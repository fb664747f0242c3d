# 101_jobs_session: without preloading run_jobs does the same; a session that dies leaves its job to the next.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = mailroom_node('session', preload => 0, conf => "session_preload_libraries = ''\n");
$node->safe_psql('postgres', q{
	CREATE TABLE public.done (note text);
	CREATE FUNCTION public.do_note(issuer_id bigint, job_id bigint, arguments jsonb) RETURNS void LANGUAGE plpgsql AS $$
	BEGIN
		INSERT INTO public.done (note) VALUES (arguments ->> 'note');
		PERFORM mailroom.report_progress(2, 8);
		PERFORM pg_sleep((arguments ->> 'sleep')::numeric);
	END; $$;
	SELECT mailroom.register_handler('note', 'public.do_note(bigint, bigint, jsonb)', 3);
	SELECT mailroom.create_issuer('Jobs AS', 'NO', 'Europe/Oslo', 'NOK');
	SELECT mailroom.enqueue_job(1, 'note', '{"note": "a"}');
});
$node->safe_psql('postgres', 'CALL mailroom.run_jobs()');
is($node->safe_psql('postgres', 'SELECT note FROM public.done'), 'a', 'the job is done');

# progress through the activity text, and a session killed in the middle
my $job = $node->safe_psql('postgres', q{SELECT mailroom.enqueue_job(1, 'note', '{"note": "b", "sleep": 3600}')});
my $session = $node->background_psql('postgres', on_error_stop => 0);
$session->query_until(qr/begun/, "\\echo begun\nSET mailroom.jobs_retry_delay = 0;\nCALL mailroom.run_jobs();\n");
ok(wait_for($node, "SELECT done = 2 AND total = 8 FROM mailroom.job_progress WHERE job_id = $job"), 'progress shows in the activity text');
my $error;
$node->psql('postgres', "SELECT mailroom.cancel_job(1, $job)", stderr => \$error);
like($error, qr/cannot cancel job \d+ because it is started/, 'it cannot be cancelled from here');
$node->safe_psql('postgres', 'CALL mailroom.run_jobs()');
is($node->safe_psql('postgres', "SELECT state FROM mailroom.job WHERE job_id = $job"), 'started', 'nobody takes it while the session lives');
$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid) FROM mailroom.running_jobs() WHERE job_id = $job");
ok(wait_for($node, "SELECT count(*) = 0 FROM mailroom.running_jobs()"), 'the session is gone');
$node->safe_psql('postgres', "UPDATE mailroom.job_queue SET arguments = arguments - 'sleep' WHERE job_id = $job");
$node->safe_psql('postgres', 'SET mailroom.jobs_retry_delay = 0; CALL mailroom.run_jobs()');
is($node->safe_psql('postgres', "SELECT state || ' ' || attempt FROM mailroom.job WHERE job_id = $job"), 'done 2', 'and the next does the job');
is($node->safe_psql('postgres', "SELECT count(*) FROM public.done WHERE note = 'b'"), '1', 'once');

# a job that is cancelled by the session's own timeout is a failed attempt, and the call says so
$job = $node->safe_psql('postgres', q{SELECT mailroom.enqueue_job(1, 'note', '{"note": "c", "sleep": 3600}')});
$node->psql('postgres', "SET statement_timeout = '3s'; CALL mailroom.run_jobs()", stderr => \$error);
like($error, qr/running jobs was cancelled/, 'a statement timeout ends run_jobs');
is($node->safe_psql('postgres', "SELECT state || ' ' || sqlstate FROM mailroom.job WHERE job_id = $job"), 'failed 57014', 'and the attempt is recorded');
eval { $session->quit };
$node->stop;
done_testing();
