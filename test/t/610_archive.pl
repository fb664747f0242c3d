# 610_archive: crash, full disk, time-out, dump and restore, and the guard against dropping.
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
$ENV{LD_PRELOAD} = "$tmp/full_disk.so" if $can_fill;
my $node = mailroom_node('archive', preload => 0, conf => "autovacuum = off\n");
delete $ENV{LD_PRELOAD};

$node->safe_psql('postgres', q{
	CREATE FUNCTION noise(seed text, bytes integer) RETURNS bytea LANGUAGE sql IMMUTABLE AS
	$$ SELECT substring(string_agg(sha256(convert_to(seed || i, 'UTF8')), ''::bytea ORDER BY i) FOR bytes) FROM generate_series(0, bytes / 32) AS i $$;
	CREATE FUNCTION content_of(n bigint) RETURNS bytea LANGUAGE sql IMMUTABLE AS
	$$ SELECT noise('font', 3000) || convert_to('document ' || n, 'UTF8') || noise('page' || n, 1000) $$;
	CREATE FUNCTION store(issuer bigint, first bigint, last bigint) RETURNS void LANGUAGE plpgsql AS $$
	BEGIN
		INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
			SELECT issuer, n, -n, 'case', 1, 1, '{0}', '{0}', octet_length(c), sha256(c), mailroom.now() FROM (SELECT n, content_of(n) AS c FROM generate_series(first, last) AS n) AS s;
		PERFORM mailroom.archive_store(issuer, array_agg(n ORDER BY n), array_agg(content_of(n) ORDER BY n)) FROM generate_series(first, last) AS n;
	END $$});
my $issuer = $node->safe_psql('postgres', "SELECT mailroom.create_issuer('Archive AS', 'NO', 'Europe/Oslo', 'NOK')");
my $wrong = "SELECT count(*) FROM mailroom.archive_documents($issuer, ARRAY(SELECT document_id FROM mailroom.document WHERE issuer_id = $issuer)) a WHERE a.content <> content_of(a.document_id)";

# Whole: no defect, each byte right, as many as expected.
sub whole
{
	my ($documents, $what, $database) = @_;
	$database //= 'postgres';
	is($node->safe_psql($database, "SELECT coalesce(string_agg(defect, '; '), 'none') FROM mailroom.verify_archive($issuer)"), 'none', "$what: no defect");
	is($node->safe_psql($database, "SELECT document_count FROM mailroom.archive_root($issuer)"), $documents, "$what: documents");
	is($node->safe_psql($database, $wrong), 0, "$what: bytes");
}
$node->safe_psql('postgres', "SELECT store($issuer, 1, 100)");
whole(100, 'at first');

# time-out in the middle
my ($code, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nSET statement_timeout = '150ms'; SELECT store($issuer, 1000000 + i * 200, 1000199 + i * 200) FROM generate_series(1, 1000) AS i");
like($err, qr/57014/, 'time-out is the usual error');
whole(100, 'after a time-out');

# full disk
SKIP:
{
	skip "no C compiler to build the full disk with", 8 unless $can_fill;
	append_to_file("$tmp/full", '');
	($code, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nSELECT store($issuer, 101, 1100)");
	like($err, qr/53100: could not extend file/, 'full disk is a clean error');
	whole(100, 'while the disk is full');
	unlink "$tmp/full";
	$node->safe_psql('postgres', "SELECT store($issuer, 101, 1100)");
	whole(1100, 'with space again');
	pass('server lived through');
}
$node->safe_psql('postgres', "SELECT store($issuer, 101, 1100)") unless $can_fill;

# a worker that stores batch by batch dies with the server in the middle, several times
my $next = 2000;
for my $round (1 .. 3)
{
	my $script = "$tmp/round$round.sql";
	append_to_file($script, join('', map { "SELECT store($issuer, " . ($next + $_ * 20) . ", " . ($next + $_ * 20 + 19) . ");\n" } 0 .. 2000));
	my ($said, $failed) = ('', '');
	my $session = IPC::Run::start([ 'psql', '-X', '-q', '-f', $script, '-d', $node->connstr('postgres') ], '<', \undef, '>', \$said, '2>', \$failed);
	wait_for($node, "SELECT document_count >= 1100 + 100 * $round FROM mailroom.archive_root($issuer)", 30) or diag('slow machine');
	$node->stop('immediate');
	$session->finish;
	$node->start;
	my $documents = $node->safe_psql('postgres', "SELECT count(*) FROM mailroom.document WHERE issuer_id = $issuer");
	whole($documents, "crash $round");
	is($node->safe_psql('postgres', "SELECT count(*) FROM mailroom.archive_pending"), 0, "crash $round: nothing pending");
	is(($documents - 1100) % 20, 0, "crash $round: whole batches");
	$next += 100000;
}
$node->safe_psql('postgres', "SELECT store($issuer, 900000, 900010)");
my $documents = $node->safe_psql('postgres', "SELECT count(*) FROM mailroom.document WHERE issuer_id = $issuer");
whole($documents, 'and goes on');

# dump and restore (one after the other: pg_restore -j does not keep the order of foreign keys between tables of an extension)
my $root = $node->safe_psql('postgres', "SELECT * FROM mailroom.archive_root($issuer)");
$node->safe_psql('postgres', 'CREATE DATABASE copy');
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$tmp/archive.dump", $node->connstr('postgres') ], 'dump');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('copy'), "$tmp/archive.dump" ], 'restore');
whole($documents, 'restored', 'copy');
is($node->safe_psql('copy', "SELECT * FROM mailroom.archive_root($issuer)"), $root, 'restored: same head of the chain');
$node->safe_psql('copy', "SELECT store($issuer, 910000, 910010)");
whole($documents + 11, 'restored and goes on', 'copy');
($code, $out, $err) = $node->psql('copy', 'DELETE FROM mailroom.archive_entry');
like($err, qr/the archive only grows/, 'restored: still only grows');

# dropping is refused on every way, in sessions where nothing loaded the library before (it is not preloaded)
$node->safe_psql('postgres', 'CREATE ROLE house SUPERUSER LOGIN; CREATE DATABASE house OWNER house');
$node->safe_psql('house', 'CREATE EXTENSION mailroom', extra_params => [ '-U', 'house' ]);
my $other = $node->safe_psql('house', "SELECT mailroom.create_issuer('House AS', 'NO', 'Europe/Oslo', 'NOK')");
$node->safe_psql('house', "INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	VALUES ($other, 1, 1, 'x', 1, 1, '{0}', '{0}', 1, sha256('x'), mailroom.now()); SELECT mailroom.archive_store($other, '{1}', ARRAY['x']::bytea[])");
for my $command ('DROP EXTENSION mailroom', 'DROP EXTENSION mailroom CASCADE', 'DROP SCHEMA mailroom CASCADE', 'DROP OWNED BY house', 'DROP EXTENSION plpgsql CASCADE', 'DROP LANGUAGE plpgsql CASCADE',
	'BEGIN; ALTER EXTENSION mailroom DROP TABLE mailroom.archive_entry; DROP TABLE mailroom.archive_entry CASCADE')
{
	($code, $out, $err) = $node->psql('house', "\\set VERBOSITY verbose\n$command");
	like($err, qr/MR008: cannot drop table|cannot drop language plpgsql because extension plpgsql requires it/, $command);
}
# an owner who is no superuser cannot smuggle the setting in before the library is loaded
$node->safe_psql('postgres', 'ALTER ROLE house NOSUPERUSER');
($code, $out, $err) = $node->psql('house', "\\set VERBOSITY verbose\nSET mailroom.allow_archive_drop = on;\nDROP EXTENSION mailroom", extra_params => [ '-U', 'house' ]);
like($err, qr/MR008: cannot drop table/, 'the setting is for superusers');
is($node->safe_psql('house', "SELECT count(*) FROM mailroom.verify_archive($other)"), 0, 'all of it is still there');
$node->safe_psql('house', 'SET mailroom.allow_archive_drop = on; DROP EXTENSION mailroom');
is($node->safe_psql('house', "SELECT count(*) FROM pg_extension WHERE extname = 'mailroom'"), 0, 'a superuser may');
$node->safe_psql('house', 'CREATE EXTENSION mailroom; DROP EXTENSION mailroom');
pass('an empty archive is dropped without ado');
$node->stop;
done_testing();
