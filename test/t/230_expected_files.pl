# 230_expected_files: workers raise what is late and missing by the clock; a worker killed in the middle, several sessions at
# once and two files at the same moment leave nothing twice; a dump keeps it all, and the copy goes on when it is started.
use strict;
use warnings;
use FindBin;
use IPC::Run;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = mailroom_node('expected_files', conf => "fsync = on\nrestart_after_crash = on\nmailroom.jobs_naptime = '1s'\nmailroom.jobs_retry_delay = '200ms'\n");
sub sql { return $node->safe_psql('postgres', $_[0]) }
sub background { return IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), map { ('-c', $_) } @_ ], '>', \my $out, '2>', \my $err) }
my $expected = 60;

# noon is far from midnight: a zone in which it is about noon now
my $issuer = sql("SELECT mailroom.create_issuer('Puenktlich', 'NO', z.name, 'NOK') FROM (SELECT 12 - extract(hour FROM now() AT TIME ZONE 'UTC')::integer AS ahead) h,
	LATERAL (SELECT format('Etc/GMT%s%s', CASE WHEN ahead > 0 THEN '-' ELSE '+' END, abs(ahead)) AS name) z");
my $zone = sql("SELECT time_zone FROM mailroom.issuer WHERE issuer_id = $issuer");
# the second of two that were both refused was too many for a moment
my $faults = "SELECT rule, state, count(*), count(DISTINCT expected_id) FROM mailroom.expected_fault WHERE (rule, state) <> ('EXPECTED-TWICE', 'settled') GROUP BY 1, 2 ORDER BY 1, 2";

# --- late: the worker is killed while it says so ---
sql("SELECT count(mailroom.set_expected_file($issuer, 'e' || n, 'app' || n || '_*', (now() AT TIME ZONE '$zone')::time + interval '1 hour', weekdays => '{1,2,3,4,5,6,7}', grace => '0', missing_after => '1 hour')) FROM generate_series(1, $expected) AS n");
ok(wait_for($node, "SELECT count(*) = 2 * $expected FROM mailroom.expected_day WHERE state = 'waiting'", 120), 'a worker plans this day and the next');
my $holder = background('BEGIN', 'LOCK TABLE mailroom.expected_fault IN SHARE MODE', 'SELECT pg_sleep(600)');
ok(wait_for($node, "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'mailroom.expected_fault'::regclass AND mode = 'ShareLock' AND granted)", 120), 'the table of faults is held');
# the hour goes by
sql("UPDATE mailroom.expected_day SET due_at = now(), late_at = now(), next_at = now() WHERE due_on = (SELECT min(due_on) FROM mailroom.expected_day); SELECT mailroom.submit_job($issuer, 'watch_expected')");
my $waits = "FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.relation = 'mailroom.expected_fault'::regclass AND NOT l.granted AND a.backend_type LIKE 'mailroom%worker%'";
ok(wait_for($node, "SELECT EXISTS (SELECT $waits)", 120), 'when the time has come, it is in the middle of saying so')
	or diag(sql("SELECT kind, state, due_at, now(), sqlstate, message FROM mailroom.job WHERE state <> 'done'"));
ok(crash($node, split /\n/, sql("SELECT l.pid $waits")), 'killed, and the server is back');
$holder->finish;
my $listener = background('LISTEN mailroom_fault', 'SELECT pg_sleep(1)', 'SELECT pg_sleep(1)');
ok(wait_for($node, "SELECT count(*) = $expected FROM mailroom.expected_fault", 120), 'the next worker says it')
	or diag(sql("SELECT kind, state, due_at, now(), sqlstate, message FROM mailroom.job WHERE state <> 'done'"));
$listener->finish;
is(sql($faults), "EXPECTED-LATE|open|$expected|$expected", 'each is late once');
is(sql("SELECT count(*), count(DISTINCT detail -> 'fault_id') FROM mailroom.event WHERE object_kind = 'expected file' AND activity = 'fault'"), "$expected|$expected", 'and one event');
is(sql('SELECT count(*) FROM mailroom.expected_open'), $expected, 'all are open');

# --- missing: several sessions and the workers look at once ---
sql("UPDATE mailroom.expected_day SET missing_at = now(), next_at = now() WHERE state = 'late'");
$_->finish for map { background(("SELECT mailroom.watch_expected($issuer, 0, '{}')") x 5) } 1 .. 4;
is(sql($faults), "EXPECTED-LATE|settled|$expected|$expected\nEXPECTED-MISSING|open|$expected|$expected", 'each is missing once, and no longer late');

# --- they come after all, two for each day at the same moment ---
my @sender = map { my $who = $_; background("INSERT INTO mailroom.import_file (issuer_id, file_name, content) SELECT $issuer, 'app' || n || '_$who', convert_to('$who' || n, 'UTF8') FROM generate_series(1, $expected) AS n") } 'a', 'b';
$_->finish for @sender;
ok(wait_for($node, "SELECT count(*) = 2 * $expected FROM mailroom.import_file WHERE state = 'refused'", 120), 'what cannot be read is refused');
ok(wait_for($node, 'SELECT count(*) = 0 FROM mailroom.expected_arrival WHERE is_open', 120), 'and looked at');
is(sql("SELECT state, is_open, count(*) FROM mailroom.expected_arrival GROUP BY 1, 2"), 'void|f|' . 2 * $expected, 'that is not to have come');
is(sql("SELECT state, count(*) FROM mailroom.expected_day WHERE due_on = (SELECT min(due_on) FROM mailroom.expected_day) GROUP BY 1"), "missing|$expected", 'all are missing again');
my $line = 'A-%s,380,2026-01-01,2026-12-20,NOK,Fjellbygg AS,NO855828332MVA,855828332,Kunde AS,,,Gate 1,0150,OSLO,NO,,,,PO-1,,NO0868513681648,,,0.00,100.00,25.00,125.00,0.00,125.00,1,A1,Diesel,1,LTR,100.00,0.00,100.00,S,25';
my $head = 'invoice_number,type_code,issue_date,due_date,currency,seller_name,seller_vat,seller_org,buyer_name,buyer_vat,buyer_org,buyer_street,buyer_zip,buyer_city,buyer_country,buyer_endpoint_scheme,buyer_endpoint,buyer_reference,order_reference,payment_reference,iban,note,preceding_invoice,charge_total,net_total,tax_total,gross_total,rounding,payable,line_id,article,item_name,quantity,unit,unit_price,line_discount,line_net,vat_category,vat_rate';
sql("DELETE FROM mailroom.job_handler WHERE kind = 'process_invoices'");
@sender = map { my $who = $_; background("INSERT INTO mailroom.import_file (issuer_id, file_name, content) SELECT $issuer, 'app' || n || '_$who', convert_to(format(E'$head\\n$line\\n', '$who' || n), 'UTF8') FROM generate_series(1, $expected) AS n") } 'c', 'd';
$_->finish for @sender;
ok(wait_for($node, "SELECT count(*) = 2 * $expected FROM mailroom.import_file WHERE state = 'imported'", 120), 'sound ones are imported');
ok(wait_for($node, 'SELECT count(*) = 0 FROM mailroom.expected_arrival WHERE is_open', 120), 'and looked at');
is(sql("SELECT state, count(*), count(DISTINCT expected_id) FROM mailroom.expected_arrival WHERE state <> 'void' GROUP BY 1 ORDER BY 1"), "taken|$expected|$expected\ntwice|$expected|$expected", 'one is taken for each day, the other is one too many');
is(sql($faults), "EXPECTED-LATE|settled|$expected|$expected\nEXPECTED-MISSING|settled|$expected|$expected\nEXPECTED-TWICE|open|$expected|$expected", 'the late ones settle what was missing');
is(sql("SELECT count(*) FROM mailroom.expected_measure"), 3 * $expected, 'each is measured once');

# --- by the clock alone ---
sql("SELECT mailroom.set_expected_file($issuer, 'soon', 'soon*', (now() AT TIME ZONE '$zone')::time + interval '4 seconds', weekdays => '{1,2,3,4,5,6,7}', grace => '0')");
ok(wait_for($node, "SELECT count(*) = 1 FROM mailroom.expected_open WHERE name = 'soon' AND rule = 'EXPECTED-LATE'", 120), 'nobody asks, and it is late when its time has come');

# --- a dump keeps it; the copy watches when it is started ---
my $all = "SELECT (SELECT count(*) FROM mailroom.expected_file), (SELECT count(*) FROM mailroom.expected_day), (SELECT count(*) FROM mailroom.expected_arrival), (SELECT count(*) FROM mailroom.expected_fault), (SELECT count(*) FROM mailroom.expected_measure)";
my $before = sql($all);
sql('CREATE DATABASE copy');
my $dump = "$PostgreSQL::Test::Utils::tmp_check/expected.sql";
$node->command_ok([ 'pg_dump', '-f', $dump, $node->connstr('postgres') ], 'dump');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, $node->connstr('copy') ], 'restore');
is($node->safe_psql('copy', $all), $before, 'every row is there once');
$node->safe_psql('copy', 'SELECT mailroom.start_jobs()');
ok(wait_for($node, 'SELECT true', 5), 'started');
my $watched = 0;
for (1 .. 1200)
{
	last if $watched = $node->safe_psql('copy', "SELECT EXISTS (SELECT FROM mailroom.job WHERE kind = 'watch_expected' AND state IN ('done', 'waiting'))") eq 't';
	select(undef, undef, undef, 0.1);
}
ok($watched, 'the copy goes on watching');
is(sql("SELECT count(*) FROM mailroom.job WHERE state IN ('failed', 'dead')"), '0', 'no job failed');
$node->stop;
done_testing();
