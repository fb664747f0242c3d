# 100_jobs_worker: workers wake at commit and leave; killed workers, launchers and handlers; dropped databases.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = mailroom_node('jobs', conf => "mailroom.jobs_linger = '1s'\nmailroom.jobs_naptime = '1h'\nmailroom.jobs_retry_delay = '100ms'\nmax_prepared_transactions = 5\nrestart_after_crash = on\n");

sub prepare
{
	my ($database) = @_;
	return $node->safe_psql($database, q{
		CREATE TABLE public.done (n serial, note text, pid integer DEFAULT pg_backend_pid());
		CREATE TABLE public.hung (note text);
		CREATE FUNCTION public.do_note(issuer_id bigint, job_id bigint, arguments jsonb) RETURNS void LANGUAGE plpgsql AS $$
		DECLARE
			-- until somebody ends it: the next attempt goes through
			hangs boolean := arguments ? 'hang' AND NOT EXISTS (SELECT FROM public.hung h WHERE h.note = arguments ->> 'note');
		BEGIN
			INSERT INTO public.done (note) VALUES (arguments ->> 'note');
			PERFORM mailroom.report_progress(1, 4);
			PERFORM pg_sleep((arguments ->> 'sleep')::numeric);
			IF hangs THEN PERFORM pg_sleep(3600); END IF;
			IF arguments ? 'fail' THEN PERFORM 1 / 0; END IF;
		END; $$;
		SELECT mailroom.register_handler('note', 'public.do_note(bigint, bigint, jsonb)', 3);
		SELECT mailroom.create_issuer('Jobs AS', 'NO', 'Europe/Oslo', 'NOK');
	});
}

sub submit
{
	my ($arguments) = @_;
	return $node->safe_psql('postgres', "SELECT mailroom.enqueue_job(1, 'note', '$arguments')");
}

sub state_is
{
	my ($job, $state, $name) = @_;
	ok(wait_for($node, "SELECT state = '$state' FROM mailroom.job WHERE job_id = $job"), $name)
	  or diag($node->safe_psql('postgres', "SELECT * FROM mailroom.job WHERE job_id = $job"));
}

# hanging(note): a job that runs and does not end by itself, but does at its next attempt
sub hanging
{
	my ($note, $name) = @_;
	my $job = submit(qq({"note": "$note", "hang": 1}));
	ok(wait_for($node, "SELECT count(*) = 1 FROM mailroom.running_jobs() WHERE job_id = $job AND done = 1"), $name);
	$node->safe_psql('postgres', "INSERT INTO public.hung VALUES ('$note')");
	return $job;
}

my $workers = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'mailroom worker'";
prepare('postgres');

# commit wakes, rollback does not
my $job = submit('{"note": "first"}');
state_is($job, 'done', 'a worker does the job');
ok(wait_for($node, "SELECT ($workers) = 0"), 'and leaves after a while');
$node->safe_psql('postgres', q{BEGIN; SELECT mailroom.enqueue_job(1, 'note', '{"note": "undone"}'); ROLLBACK});
select(undef, undef, undef, 0.5);
is($node->safe_psql('postgres', $workers), '0', 'a rolled back job wakes nobody');
$node->safe_psql('postgres', q{BEGIN; SELECT mailroom.enqueue_job(1, 'note', '{"note": "two-phase"}'); PREPARE TRANSACTION 'p'});
select(undef, undef, undef, 0.3);
is($node->safe_psql('postgres', $workers), '0', 'a prepared one neither');
$node->safe_psql('postgres', q{COMMIT PREPARED 'p'});
ok(wait_for($node, "SELECT count(*) = 1 FROM public.done WHERE note = 'two-phase'"), 'COMMIT PREPARED does');

# an old transaction with a job delays only itself
my $slow = $node->background_psql('postgres');
$slow->query_safe(q{BEGIN; SELECT mailroom.enqueue_job(1, 'note', '{"note": "late"}')});
$job = submit('{"note": "overtakes"}');
state_is($job, 'done', 'a job overtakes an open transaction');
$slow->query_safe('COMMIT');
ok(wait_for($node, "SELECT count(*) = 1 FROM public.done WHERE note = 'late'"), 'whose job is done after its commit');
$slow->quit;

# failure, back-off, the end of attempts
$job = submit('{"note": "bad", "fail": 1}');
state_is($job, 'dead', 'a job that fails every time is dead after max_attempts');
is($node->safe_psql('postgres', "SELECT string_agg(attempt || ' ' || sqlstate || ' ' || message, ', ' ORDER BY attempt) FROM mailroom.job_failure WHERE job_id = $job"),
	'1 22012 division by zero, 2 22012 division by zero, 3 22012 division by zero', 'each failure is data');
is($node->safe_psql('postgres', "SELECT count(*) FROM public.done WHERE note = 'bad'"), '0', 'and its changes are undone');
$job = $node->safe_psql('postgres', q{SELECT mailroom.enqueue_job(1, 'note', '{"note": "later"}', now() + interval '1500 ms')});
state_is($job, 'done', 'a job for later is done');
is($node->safe_psql('postgres', "SELECT max(f.started_at) >= max(j.submitted_at) + interval '1500 ms' FROM mailroom.job_lease f, mailroom.job j WHERE j.job_id = $job AND $job = ANY (f.job_ids)"), 't', 'not before its time had come');

# progress and cancelling
$job = submit('{"note": "long", "sleep": 3600}');
ok(wait_for($node, "SELECT done = 1 AND total = 4 AND state = 'started' AND rate > 0 AND estimate > now() FROM mailroom.job_progress WHERE job_id = $job"), 'progress is seen before commit');
$node->safe_psql('postgres', "SELECT mailroom.cancel_job(1, $job)");
state_is($job, 'cancelled', 'a running job is cancelled');
is($node->safe_psql('postgres', "SELECT count(*) FROM public.done WHERE note = 'long'"), '0', 'and undone');

# a worker is terminated, then killed with -9, while its job runs
$job = hanging('terminated', 'a job runs');
$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid) FROM mailroom.running_jobs() WHERE job_id = $job");
state_is($job, 'done', 'after its worker was terminated another does it');
is($node->safe_psql('postgres', "SELECT string_agg(sqlstate, ',') FROM mailroom.job_failure WHERE job_id = $job"), '57P02', 'the first attempt is recorded');
$job = hanging('killed', 'a job runs again');
my $pid = $node->safe_psql('postgres', "SELECT pid FROM mailroom.running_jobs() WHERE job_id = $job");
crash($node, $pid);
state_is($job, 'done', 'after kill -9 and crash recovery the job is done');
is($node->safe_psql('postgres', "SELECT count(*) FROM public.done WHERE note = 'killed'"), '1', 'exactly once');

# the launcher is terminated
$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'mailroom launcher'");
$job = submit('{"note": "relaunched"}');
state_is($job, 'done', 'a terminated launcher comes back');

# immediate shutdown with work left
$job = hanging('crashed', 'a job runs at shutdown');
$node->stop('immediate');
$node->start;
state_is($job, 'done', 'and is done after the restart');
is($node->safe_psql('postgres', "SELECT count(*) FROM public.done WHERE note = 'crashed'"), '1', 'exactly once');

# DROP DATABASE
$node->safe_psql('postgres', 'CREATE DATABASE other');
$node->safe_psql('other', 'CREATE EXTENSION mailroom');
prepare('other');
$node->safe_psql('other', q{SELECT mailroom.enqueue_job(1, 'note', '{"note": "elsewhere"}')});
ok(wait_for($node, 'SELECT count(*) = 1 FROM public.done', undef, 'other'), 'workers serve every database');

# a copy is quiet: by template and by dump
ok(wait_for($node, "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = 'other'"), 'no worker stays there');
$node->safe_psql('postgres', 'CREATE DATABASE templated TEMPLATE other');
$node->safe_psql('templated', q{SELECT mailroom.enqueue_job(1, 'note', '{"note": "copy"}')});
select(undef, undef, undef, 1);
is($node->safe_psql('templated', "SELECT state FROM mailroom.job ORDER BY job_id DESC LIMIT 1"), 'queued', 'a template copy runs nothing');
my ($code, $out, $err) = $node->psql('templated', 'CALL mailroom.run_jobs()');
like($err, qr/cannot run jobs because they are stopped in this database/, 'not even by hand');
$node->safe_psql('templated', 'SELECT mailroom.start_jobs()');
wait_for($node, 'SELECT count(*) = 2 FROM public.done', undef, 'templated');
is($node->safe_psql('templated', "SELECT string_agg(note, ',' ORDER BY n) FROM public.done"), 'elsewhere,copy', 'until it is started');
my $dump = "$PostgreSQL::Test::Utils::tmp_check/jobs.sql";
$node->command_ok([ 'pg_dump', '-f', $dump, $node->connstr('other') ], 'dump');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, $node->connstr('restored') ], 'restore');
is($node->safe_psql('restored', 'SELECT mailroom.jobs_are_started()'), 'f', 'a restored copy is stopped');
is($node->safe_psql('restored', "SELECT count(*) FROM mailroom.job_handler WHERE kind = 'note'"), '1', 'with the handlers that users registered');
$node->safe_psql('restored', 'SELECT mailroom.start_jobs()');
is($node->safe_psql('restored', 'SELECT mailroom.jobs_are_started()'), 't', 'until it is started');

ok(wait_for($node, "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = 'other'"), 'nobody lingers');
$node->safe_psql('postgres', 'DROP DATABASE other');
pass('and the database can be dropped');

# versions differ
$node->safe_psql('templated', "UPDATE pg_extension SET extversion = '0.0' WHERE extname = 'mailroom'");
($code, $out, $err) = $node->psql('templated', "\\set VERBOSITY verbose\nCALL mailroom.run_jobs()");
like($err, qr/MR009.*library "mailroom" is of version .* its SQL objects of version 0\.0/s, 'a library of another version refuses to work');
like($err, qr/ALTER EXTENSION mailroom UPDATE/, 'and says what to do');
my $log = -s $node->logfile;
# an update replaces functions too, which is what running workers notice
$node->safe_psql('templated', q{CREATE OR REPLACE FUNCTION public.changed() RETURNS void LANGUAGE sql BEGIN ATOMIC END});
$node->safe_psql('templated', q{INSERT INTO mailroom.job_queue (issuer_id, kind) VALUES (1, 'note')});
ok($node->wait_for_log(qr/runs no jobs in database \d+: the preloaded library is of version/, $log), 'the worker says so in the log');

# limits
$node->append_conf('postgresql.conf', "mailroom.jobs_workers_per_database = 1\n");
$node->reload;
ok(wait_for($node, "SELECT ($workers) = 0"), 'workers have left');
# sessions have the new value as soon as the launcher has been told
ok(wait_for($node, "SELECT current_setting('mailroom.jobs_workers_per_database') = '1'"), 'the launcher knows the limit');
submit('{"note": "limited", "sleep": 0.3}') for 1 .. 3;
my $most = 0;
for (1 .. 3600)
{
	my ($running, $done) = split /\|/, $node->safe_psql('postgres', "SELECT ($workers), (SELECT count(*) FROM public.done WHERE note = 'limited')");
	$most = $running if $running > $most;
	last if $done == 3;
	select(undef, undef, undef, 0.05);
}
is($node->safe_psql('postgres', "SELECT count(*) FROM public.done WHERE note = 'limited'"), '3', 'three jobs are done');
is($most, 1, 'by one worker at a time');

# a role that cannot log in
$node->safe_psql('postgres', 'CREATE ROLE jobs_nologin SUPERUSER NOLOGIN');
$node->append_conf('postgresql.conf', "mailroom.worker_role = 'jobs_nologin'\n");
$node->reload;
ok(wait_for($node, "SELECT ($workers) = 0"), 'no worker is left');
ok(wait_for($node, "SELECT current_setting('mailroom.worker_role') = 'jobs_nologin'"), 'the role is known');
$log = -s $node->logfile;
$job = submit('{"note": "nologin"}');
ok($node->wait_for_log(qr/mailroom worker could not connect to database \d+ as role \d+.*must have LOGIN/s, $log), 'a NOLOGIN role is named in the log');
$node->safe_psql('postgres', 'ALTER ROLE jobs_nologin LOGIN');
$node->restart;
state_is($job, 'done', 'and with LOGIN the job is done');
is($node->safe_psql('postgres', "SELECT count(*) FROM public.done d WHERE note = 'nologin'"), '1', 'once');
$node->stop;
done_testing();
