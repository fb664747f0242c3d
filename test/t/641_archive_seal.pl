# 641_archive_seal: documents added one by one and sealed in between; the server and single sessions die in the middle,
# several times: nothing lost, no half volume; and a copy of a database with open volumes.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;

my $tmp = PostgreSQL::Test::Utils::tempdir;
my $node = mailroom_node('archive_seal', preload => 0, conf => "autovacuum = off\nrestart_after_crash = on\n");
$node->safe_psql('postgres', q{
	CREATE FUNCTION content_of(n bigint) RETURNS bytea LANGUAGE sql IMMUTABLE AS
	$$ SELECT convert_to('<invoice><number>' || n || '</number>' || repeat('<line>the same</line>', (n % 9)::integer) || '</invoice>', 'UTF8') $$;
	CREATE FUNCTION store(issuer bigint, n bigint) RETURNS void LANGUAGE plpgsql AS $$
	BEGIN
		INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
			VALUES (issuer, n, -n, 'case', 1, 1, '{0}', '{0}', octet_length(content_of(n)), sha256(content_of(n)), mailroom.now());
		PERFORM mailroom.archive_store(issuer, ARRAY[n], ARRAY[content_of(n)]);
	END $$});
my $issuer = $node->safe_psql('postgres', "SELECT mailroom.create_issuer('Seal AS', 'NO', 'Europe/Oslo', 'NOK')");
$node->safe_psql('postgres', "SELECT mailroom.set_archive_sealing($issuer, 50, '0')");

# Whole: no defect, each byte right; every document in a sealed or an open volume, no part of a sealed one left.
sub whole
{
	my ($what, $database) = @_;
	$database //= 'postgres';
	is($node->safe_psql($database, "SELECT coalesce(string_agg(defect, '; '), 'none') FROM mailroom.verify_archive($issuer)"), 'none', "$what: no defect");
	is($node->safe_psql($database, "SELECT count(*) FROM mailroom.archive_documents($issuer, ARRAY(SELECT document_id FROM mailroom.document WHERE issuer_id = $issuer)) a WHERE a.content <> content_of(a.document_id)"), 0, "$what: bytes");
	is($node->safe_psql($database, "SELECT (SELECT count(*) FROM mailroom.document WHERE issuer_id = $issuer) - coalesce((SELECT document_count FROM mailroom.archive_root($issuer)), 0)
		- coalesce((SELECT sum(document_count) FROM mailroom.archive_waiting($issuer)), 0)"), 0, "$what: all are sealed or wait");
	is($node->safe_psql($database, "SELECT count(*) FROM mailroom.archive_part p WHERE NOT EXISTS (SELECT FROM mailroom.archive_open o WHERE o.issuer_id = p.issuer_id AND o.volume_id = p.volume_id)"), 0, "$what: no part left over");
}

my ($next, $sealed) = (1, 0);
for my $round (1 .. 6)
{
	my $script = "$tmp/round$round.sql";
	append_to_file($script, join('', map { "SELECT store($issuer, " . ($next + $_) . ");\n" . ($_ % 10 == 9 ? "CALL mailroom.run_jobs();\n" : '') } 0 .. 5000));
	my ($said, $failed) = ('', '');
	my $session = IPC::Run::start([ 'psql', '-X', '-q', '-f', $script, '-d', $node->connstr('postgres') . " application_name=storing" ], '<', \undef, '>', \$said, '2>', \$failed);
	wait_for($node, "SELECT count(*) >= 60 FROM mailroom.document WHERE document_id >= $next", 30) or diag('slow machine');
	if ($round % 2)
	{
		$node->stop('immediate');
	}
	else
	{
		crash($node, $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE application_name = 'storing'"));
	}
	$session->finish;
	$node->start if $round % 2;
	whole("crash $round");
	my $links = $node->safe_psql('postgres', "SELECT link_count FROM mailroom.archive_root($issuer)");
	cmp_ok($links, '>', $sealed, "crash $round: volumes were sealed in between");
	$sealed = $links;
	$next += 100000;
}

# a session that dies between sealing and commit leaves the volume open
$node->safe_psql('postgres', "SELECT mailroom.seal_archive($issuer); SELECT mailroom.set_archive_sealing($issuer, 50, '1 day'); SELECT store($issuer, n) FROM generate_series($next, $next + 9) AS n");
my ($said, $failed) = ('', '');
my $session = IPC::Run::start([ 'psql', '-X', '-q', '-d', $node->connstr('postgres') . " application_name=sealing", '-c', "BEGIN; SELECT mailroom.seal_archive($issuer); SELECT pg_sleep(3600)" ], '<', \undef, '>', \$said, '2>', \$failed);
wait_for($node, "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'sealing' AND wait_event = 'PgSleep'", 30) or diag('slow machine');
$node->stop('immediate');
$session->finish;
$node->start;
is($node->safe_psql('postgres', "SELECT string_agg(document_count::text, ',') FROM mailroom.archive_waiting($issuer)"), '10', 'sealed and not committed: still open');
whole('sealed and not committed');

# a copy has the open volumes; its jobs are not copied, but the next document sees to them
$node->safe_psql('postgres', 'CREATE DATABASE copy');
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$tmp/archive.dump", $node->connstr('postgres') ], 'dump');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('copy'), "$tmp/archive.dump" ], 'restore');
whole('restored', 'copy');
$node->safe_psql('copy', "SELECT mailroom.start_jobs(); UPDATE mailroom.archive_open SET opened_at = opened_at - interval '2 days'; SELECT store($issuer, 10000000)");
$node->safe_psql('copy', 'CALL mailroom.run_jobs()');
is($node->safe_psql('copy', "SELECT count(*) FROM mailroom.archive_waiting($issuer)"), 0, 'restored: sealed in the end');
whole('restored and sealed', 'copy');
$node->stop;
done_testing();
