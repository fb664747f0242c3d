# 642_archive_move: exports and imports that meet a full disk or die in the middle, alone and with the server: nothing half is
# left, what was sealed for an export is open again, and the same call succeeds afterwards.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use FullDisk;
use MailroomCluster;
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;

my $tmp = PostgreSQL::Test::Utils::tempdir;
my $can_fill = build_full_disk($tmp);
my $node;
{
	local $ENV{LD_PRELOAD} = $can_fill ? "$tmp/full_disk.so" : '';
	$node = mailroom_node('archive_move', preload => 0, conf => "autovacuum = off\nrestart_after_crash = on\n");
}
sub start_on_small_disk
{
	local $ENV{LD_PRELOAD} = $can_fill ? "$tmp/full_disk.so" : '';
	$node->start;
}
my $documents = 3000;

# documents that do not compress: an export of several parts
my $issuer = $node->safe_psql('postgres', "SELECT mailroom.create_issuer('Move AS', 'NO', 'Europe/Oslo', 'NOK')");
my $other = $node->safe_psql('postgres', "SELECT mailroom.create_issuer('Moved AS', 'NO', 'Europe/Oslo', 'NOK')");
$node->safe_psql('postgres', qq{
	CREATE TABLE sample AS SELECT n, (SELECT string_agg(sha256(convert_to(n || ':' || i, 'UTF8')), ''::bytea ORDER BY i) FROM generate_series(1, 70) AS i) AS content FROM generate_series(1, $documents) AS n;
	INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
		SELECT $issuer, n, -n, 'case', 1, 1, '{0}', '{0}', octet_length(content), sha256(content), mailroom.now() FROM sample;
	SELECT mailroom.set_archive_sealing($issuer, 50, '1 day');
	SELECT count(mailroom.archive_store($issuer, ids, contents)) FROM (SELECT array_agg(n::bigint ORDER BY n) AS ids, array_agg(content ORDER BY n) AS contents FROM sample GROUP BY (n + 9) / 1000) AS s;
	SELECT setval('mailroom.document_document_id_seq', 1000000)});

# one value as many sessions would see it
sub value
{
	my ($query) = @_;
	return $node->safe_psql('postgres', $query);
}
sub nothing_exported
{
	my ($what) = @_;
	is(value("SELECT count(*) FROM mailroom.outgoing_file WHERE kind = 'archive_export'"), 0, "$what: no file");
	is(value('SELECT count(*) FROM mailroom.outgoing_file_part'), 0, "$what: no part of one");
	is(value("SELECT sum(document_count) FROM mailroom.archive_waiting($issuer)"), 10, "$what: what waited waits");
	is(value('SELECT count(*) FROM pg_ls_tmpdir()'), 0, "$what: no temporary file");
	is(value("SELECT coalesce(string_agg(defect, '; '), 'none') FROM mailroom.verify_archive($issuer)"), 'none', "$what: no defect");
}
sub nothing_imported
{
	my ($what) = @_;
	is(value("SELECT string_agg(state, ',') FROM mailroom.archive_import WHERE issuer_id = $other"), 'uploading', "$what: still to be imported");
	is(value("SELECT (SELECT count(*) FROM mailroom.document WHERE issuer_id = $other) + (SELECT count(*) FROM mailroom.archive_entry WHERE issuer_id = $other) + (SELECT count(*) FROM mailroom.archive_origin WHERE issuer_id = $other)
		+ (SELECT count(*) FROM mailroom.archive_volume WHERE issuer_id = $other) + (SELECT count(*) FROM mailroom.archive_word_page WHERE issuer_id = $other) + (SELECT count(*) FROM mailroom.archive_term)"), 0, "$what: nothing of it is there");
	is(value("SELECT coalesce(string_agg(defect, '; '), 'none') FROM mailroom.verify_archive($other)"), 'none', "$what: no defect");
}

# dies(query, blocker, how): the query waits in its middle for what the blocker's transaction holds, and dies there
sub dies
{
	my ($query, $blocker, $how) = @_;
	my ($held, $said) = ('', '');
	my $holder = IPC::Run::start([ 'psql', '-Xq', '-d', $node->connstr('postgres') . ' application_name=holding', '-c', "BEGIN; $blocker; SELECT pg_sleep(3600)" ], '<', \undef, '>', \$held, '2>', \$held);
	ok(wait_for($node, "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'holding' AND wait_event = 'PgSleep'", 120), 'somebody holds it up');
	my $session = IPC::Run::start([ 'psql', '-Xq', '-d', $node->connstr('postgres') . ' application_name=moving', '-c', $query ], '<', \undef, '>', \$said, '2>', \$said);
	ok(wait_for($node, "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'moving' AND wait_event_type = 'Lock'", 180), 'in the middle of it') or diag($said);
	if ($how eq 'server')
	{
		$node->stop('immediate');
	}
	else
	{
		ok(crash($node, value("SELECT pid FROM pg_stat_activity WHERE application_name = 'moving'")), 'the server is there again');
	}
	$_->finish for ($session, $holder);
	start_on_small_disk() if $how eq 'server';
}

# exports: the first part cannot be written, after everything was sealed and the manifest is in its temporary file
nothing_exported('at first');
SKIP:
{
	skip 'no C compiler to build the full disk with', 6 unless $can_fill;
	append_to_file("$tmp/full", '');
	my ($code, $out, $error) = $node->psql('postgres', "\\set VERBOSITY verbose\nSELECT mailroom.export_archive($issuer)");
	like($error, qr/53100: could not (extend|write)/, 'full disk: a clean error');
	unlink "$tmp/full";
	nothing_exported('full disk');
}
for my $how ('session', 'server')
{
	dies("SELECT mailroom.export_archive($issuer)", 'LOCK TABLE mailroom.outgoing_file_part IN SHARE MODE', $how);
	nothing_exported("$how died");
}
my $export = value("SELECT mailroom.export_archive($issuer)");
is(value("SELECT o.state, o.content_sha256 = (SELECT sha256(string_agg(p.content, ''::bytea ORDER BY p.part_no)) FROM mailroom.outgoing_file_part p WHERE p.outgoing_file_id = o.outgoing_file_id), (SELECT count(*) > 1 FROM mailroom.outgoing_file_part p)
	FROM mailroom.outgoing_file o WHERE o.outgoing_file_id = $export"), 'ready|t|t', 'then it is exported, in parts');
is(value("SELECT count(*) FROM mailroom.archive_waiting($issuer)"), 0, 'and sealed');

# imports: the upload meets a full disk, then the import, which dies in the middle of its documents
my $import = value("SELECT mailroom.open_archive_import($other, 'moved.zip')");
my $append = "SELECT mailroom.append_archive_import($other, $import, p.content) FROM (SELECT content FROM mailroom.outgoing_file_part WHERE issuer_id = $issuer AND outgoing_file_id = $export ORDER BY part_no) AS p";
SKIP:
{
	skip 'no C compiler to build the full disk with', 2 unless $can_fill;
	append_to_file("$tmp/full", '');
	my ($code, $out, $error) = $node->psql('postgres', "\\set VERBOSITY verbose\n$append");
	like($error, qr/53100: could not (extend|write)/, 'full disk at the upload: a clean error');
	unlink "$tmp/full";
	is(value('SELECT count(*) FROM mailroom.archive_import_part'), 0, 'and no part');
}
value($append);
nothing_imported('uploaded');
SKIP:
{
	skip 'no C compiler to build the full disk with', 4 unless $can_fill;
	append_to_file("$tmp/full", '');
	my ($code, $out, $error) = $node->psql('postgres', "\\set VERBOSITY verbose\nSELECT mailroom.import_archive($other, $import)");
	like($error, qr/53100: could not (extend|write)/, 'full disk: a clean error');
	unlink "$tmp/full";
	nothing_imported('full disk');
}
for my $how ('session', 'server')
{
	# it meets document 2,000, which somebody else is about to import
	dies("SELECT mailroom.import_archive($other, $import)",
		"INSERT INTO mailroom.archive_origin (issuer_id, document_id, import_id, leaf_hash, proof) SELECT $other, -1, $import, leaf_hash, '{}' FROM mailroom.archive_entry WHERE issuer_id = $issuer AND document_id = 2000", $how);
	nothing_imported("$how died");
}
is(value("SELECT mailroom.import_archive($other, $import)"), $documents, 'then it is imported');
is(value("SELECT coalesce(string_agg(defect, '; '), 'none') FROM mailroom.verify_archive($other)"), 'none', 'whole');
my $hashes = "SELECT md5(string_agg(encode(content_sha256, 'hex'), ',' ORDER BY content_sha256)) FROM mailroom.archive_entry WHERE issuer_id = ";
is(value($hashes . $other), value($hashes . $issuer), 'with equal hashes');
is(value('SELECT count(*) FROM mailroom.archive_import_part'), 0, 'and no part is left');
$node->stop;
done_testing();
