# 210_intake_trouble: what goes wrong around an import: a cancel in the middle, a race for a number, COPY by an
# application, dump and restore; and memory, which does not grow with the file.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = mailroom_node('intake_trouble', preload => 0);
my $issuer = $node->safe_psql('postgres', "SELECT mailroom.create_issuer('Trouble AS', 'NO', 'Europe/Oslo', 'NOK')");
my $layout = '{"kind": "delimited", "delimiter": ";", "derive": ["tax", "totals"], "records": [
	{"name": "H", "match": "H", "role": "invoice", "fields": [{"name": "number", "column": 2, "term": "bt_1"}, {"name": "date", "column": 3, "type": "D", "term": "bt_2"},
		{"name": "due", "column": 3, "type": "D", "term": "bt_9"}, {"term": "bt_3", "constant": "380"}, {"term": "bt_5", "constant": "NOK"},
		{"term": "bt_27", "constant": "Trouble AS"}, {"term": "bt_44", "constant": "Somebody"}]},
	{"name": "L", "match": "L", "role": "line", "fields": [{"name": "no", "column": 2, "term": "bt_126"}, {"name": "net", "column": 3, "type": "N", "term": "bt_131"},
		{"name": "price", "column": 3, "type": "N", "term": "bt_146"}, {"name": "item", "column": 4, "term": "bt_153"},
		{"term": "bt_129", "constant": "1"}, {"term": "bt_130", "constant": "C62"}, {"term": "bt_151", "constant": "S"}, {"term": "bt_152", "constant": "25"}]}]}';
$node->safe_psql('postgres', "SELECT mailroom.load_layout($issuer, 'small', '$layout')");

# content(prefix, invoices, lines): SQL of a file's bytes
sub content
{
	my ($prefix, $invoices, $lines) = @_;
	return "(SELECT convert_to(string_agg(format(E'H;$prefix-%s;2026-10-01\\n', n) || repeat(E'L;1;100.00;Diesel at a station by the road\\n', $lines), '' ORDER BY n), 'UTF8') FROM generate_series(1, $invoices) AS n)";
}
sub send_file
{
	my ($name, $content) = @_;
	return $node->safe_psql('postgres', "INSERT INTO mailroom.import_file (issuer_id, file_name, layout, content) SELECT $issuer, '$name', 'small', $content RETURNING file_id");
}
my $balance = 'SELECT count(*) FILTER (WHERE difference <> 0 OR difference_sum <> 0) FROM mailroom.reconciliation';

# -- statement timeout in the middle -----------------------------------------------------------------------------
my $file = send_file('slow', content('S', 5000, 10));
my ($code, $out, $err) = $node->psql('postgres', "SET statement_timeout = '150ms'; SELECT mailroom.import_file_job($issuer, 0, '{\"file_id\": $file}')");
like($err, qr/statement timeout/, 'an import is cancelled in the middle');
is($node->safe_psql('postgres', "SELECT state, (SELECT count(*) FROM mailroom.invoice) FROM mailroom.import_file WHERE file_id = $file"), 'received|0', 'the file waits as before, no row stays');
is($node->safe_psql('postgres', $balance), 0, 'balanced');
$node->safe_psql('postgres', "SELECT mailroom.import_file_job($issuer, 0, '{\"file_id\": $file}')");
is($node->safe_psql('postgres', "SELECT state, accepted_count, (SELECT count(*) FROM mailroom.invoice_line) FROM mailroom.import_file WHERE file_id = $file"), 'imported|5000|50000', 'the next try imports it');
is($node->safe_psql('postgres', $balance), 0, 'balanced');

# -- the same in a session that runs jobs -------------------------------------------------------------------------
$file = send_file('slow job', content('J', 5000, 10));
my $job = $node->safe_psql('postgres', "SELECT max(job_id) FROM mailroom.job WHERE kind = 'import_file'");
$node->safe_psql('postgres', "CALL mailroom.run_jobs(1)") while $node->safe_psql('postgres', "SELECT count(*) FROM mailroom.job WHERE state = 'queued' AND job_id < $job");
# a busy machine may not even have begun in this time: then in twice the time
for (my $ms = 150; $ms < 60000; $ms *= 2)
{
	($code, $out, $err) = $node->psql('postgres', "SET statement_timeout = '${ms}ms';\nCALL mailroom.run_jobs(1);\nSET statement_timeout = 0;\nSELECT 'alive';", on_error_stop => 0);
	last if $node->safe_psql('postgres', "SELECT state FROM mailroom.job WHERE job_id = $job") ne 'queued';
}
like($err, qr/running jobs was cancelled/, 'the call ends');
is($out, 'alive', 'the session lives on, outside of a transaction');
is($node->safe_psql('postgres', "SELECT state, sqlstate, message FROM mailroom.job WHERE job_id = $job"), 'failed|57014|canceling statement due to statement timeout', 'the job says why');
is($node->safe_psql('postgres', "SELECT state FROM mailroom.import_file WHERE file_id = $file"), 'received', 'its file waits');
is($node->safe_psql('postgres', $balance), 0, 'balanced');
$node->safe_psql('postgres', "SELECT mailroom.withdraw_import($issuer, $file)");

# -- two files race for a number -----------------------------------------------------------------------------------
my $one = send_file('race one', content('R', 2, 1));
my $two = send_file('race two', content('R', 2, 2));
my $first = $node->background_psql('postgres');
$first->query_safe("BEGIN; SELECT mailroom.import_file_job($issuer, 0, '{\"file_id\": $one}')");
my $second = $node->background_psql('postgres', on_error_stop => 0);
$second->query_until(qr/waiting/, "\\echo waiting\nSELECT mailroom.import_file_job($issuer, 0, '{\"file_id\": $two}');\n");
ok(wait_for($node, "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%import_file_job%'"), 'the second waits for the first');
$first->query_safe('COMMIT');
$first->quit;
$second->quit;
is($node->safe_psql('postgres', "SELECT state FROM mailroom.import_file WHERE file_id = $two"), 'received', 'the second lost the race and waits for its next try');
$node->safe_psql('postgres', "SELECT mailroom.import_file_job($issuer, 0, '{\"file_id\": $two}')");
is($node->safe_psql('postgres', "SELECT string_agg(rule, ' ') FROM mailroom.import_fault WHERE file_id = $two"), 'INVOICE-KNOWN INVOICE-KNOWN', 'which finds the numbers known');
is($node->safe_psql('postgres', $balance), 0, 'balanced');

# -- an application copies rows ------------------------------------------------------------------------------------
my $other = $node->safe_psql('postgres', "SELECT mailroom.create_issuer('Other AS', 'NO', 'Europe/Oslo', 'NOK')");
$node->safe_psql('postgres', "CREATE ROLE application; SELECT mailroom.grant_role('importer', 'application', ARRAY[$issuer])");
my $copy = "SET ROLE application;
COPY mailroom.incoming_invoice (issuer_id, batch_key, invoice_number, issue_date, due_date, buyer_name) FROM stdin;
%s\tcopied\tC-1\t2026-10-01\t2026-10-20\tSomebody
\\.
COPY mailroom.incoming_invoice_line (issuer_id, batch_key, invoice_number, quantity, unit_code, price, net_amount, tax_category, tax_rate, item_name) FROM stdin;
%s\tcopied\tC-1\t1\tC62\t100\t100\tS\t25\tDiesel
\\.
";
$node->safe_psql('postgres', sprintf($copy, $issuer, $issuer) . "SELECT mailroom.close_batch($issuer, 'copied', 1, 125)");
($code, $out, $err) = $node->psql('postgres', sprintf($copy, $other, $other));
like($err, qr/permission denied for issuer $other/, 'a foreign issuer is refused');
$node->safe_psql('postgres', "SELECT mailroom.import_batch_job($issuer, 0, jsonb_build_object('batch_id', batch_id)) FROM mailroom.import_batch");
is($node->safe_psql('postgres', "SET ROLE application; SELECT batch_state, invoice_number, invoice_state FROM mailroom.batch_outcome WHERE batch_key = 'copied'"), 'imported|C-1|accepted', 'and reads the outcome by its key');

# -- memory --------------------------------------------------------------------------------------------------------
# peak(file): kilobytes that the import added to the backend's private memory at its peak
sub peak
{
	my ($id) = @_;
	my $session = $node->background_psql('postgres');
	my $pid = $session->query_safe('SELECT pg_backend_pid()');
	$session->query_safe("SELECT count(*) FROM mailroom.import_file");
	my $status = sub { local $/; open my $in, '<', "/proc/$pid/status" or return ''; my $text = <$in>; my ($kb) = $text =~ /^RssAnon:\s+(\d+)/m; return $kb // 0 };
	my $before = $status->();
	# a busy machine may leave no moment to look: what any import takes counts as seen
	my $highest = $before + 8 * 1024;
	my $until = time + 600;
	$session->query_until(qr/started/, "\\echo started\nSELECT mailroom.import_file_job($issuer, 0, '{\"file_id\": $id}');\n\\echo ended\n");
	while ($node->safe_psql('postgres', "SELECT state FROM mailroom.import_file WHERE file_id = $id") eq 'received')
	{
		die 'the import does not end' if time > $until;
		my $now = $status->();
		$highest = $now if $now > $highest;
		select(undef, undef, undef, 0.01);
	}
	$session->quit;
	return $highest - $before;
}
SKIP:
{
	skip 'no /proc', 2 unless -r '/proc/self/status';
	my $small = peak(send_file('2 MB', content('M', 1500, 30)));
	my $large = peak(send_file('12 MB', content('N', 8000, 35)));
	cmp_ok($large, '<', $small + 8 * 1024, "memory of an import does not grow with the file ($small kB at 2 MB, $large kB at 12 MB)");
	my $one_invoice = peak(send_file('one invoice', content('O', 1, 80000)));
	cmp_ok($one_invoice, '<', $small + 8 * 1024, "nor with the number of lines of one invoice ($one_invoice kB)");
}

# -- dump and restore ----------------------------------------------------------------------------------------------
send_file('waits', content('W', 1, 1));
$node->safe_psql('postgres', "INSERT INTO mailroom.incoming_invoice (issuer_id, batch_key, invoice_number) VALUES ($issuer, 'open', 'D-1');
	SELECT mailroom.open_upload($issuer, 'half'); SELECT mailroom.upload_part($issuer, max(file_id), 1, 'x') FROM mailroom.import_file");
$node->safe_psql('postgres', 'CREATE DATABASE copy');
my $dump = "$PostgreSQL::Test::Utils::tmp_check/intake.sql";
$node->command_ok([ 'pg_dump', '-f', $dump, $node->connstr('postgres') ], 'dump');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, $node->connstr('copy') ], 'restore');
my $everything = "SELECT (SELECT string_agg(file_id || state || coalesce(totals::text, '') || coalesce(submitted_by, '') || coalesce(received_at::text, ''), ',' ORDER BY file_id) FROM mailroom.import_file),
	(SELECT count(*) FROM mailroom.invoice_line), (SELECT count(*) FROM mailroom.incoming_invoice), (SELECT count(*) FROM mailroom.import_file_part),
	(SELECT string_agg(issuer_id || layout_name, ',' ORDER BY issuer_id, layout_name) FROM mailroom.layout), (SELECT count(*) FROM mailroom.layout_field)";
is($node->safe_psql('copy', $everything), $node->safe_psql('postgres', $everything), 'files, parts, staged rows and layouts come back as they were');
is($node->safe_psql('copy', $balance), 0, 'balanced');
$node->stop;
done_testing();
