# 711_selfbilling_crash: sessions issue and roll back at the same time, the server is killed in the middle: after the
# restart every series is without gap and repeat, and what was not issued can be.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use PostgreSQL::Test::Utils ();
use IPC::Run ();
use Test::More;

my $node = mailroom_node('selfbill_crash', preload => 0);
my $issuer = $node->safe_psql('postgres', "SELECT mailroom.create_issuer('Crash AS', 'NO', 'Europe/Oslo', 'NOK')");
$node->safe_psql('postgres', qq{
INSERT INTO mailroom.party (issuer_id, customer_no, name) SELECT $issuer, 'S' || n, 'Partner ' || n FROM generate_series(1, 3) AS n;
SELECT mailroom.create_agreement($issuer, 'S' || n, '2026-01-01', '2026-12-31', 0) FROM generate_series(1, 3) AS n;
SELECT mailroom.add_service_order($issuer, 'J' || n, 'S' || n % 3 + 1, '2026-05-01', n, 25) FROM generate_series(1, 600) AS n;
SELECT mailroom.propose_settlement($issuer, 'P' || n, 'S' || n % 3 + 1, ARRAY['J' || n], '2026-05-02') FROM generate_series(1, 600) AS n;
SELECT mailroom.accept_proposal($issuer, 'P' || n, '2026-05-02') FROM generate_series(1, 600) AS n;
});

my $whole = qq{SELECT count(*) FROM (SELECT 1 FROM mailroom.self_billed_invoice WHERE issuer_id = $issuer
	GROUP BY party_id, series_year HAVING max(series_number) <> count(*) OR min(series_number) <> 1) x};
my $agree = qq{SELECT count(*) FROM mailroom.self_billed_invoice s FULL JOIN
	(SELECT * FROM mailroom.proposal WHERE state = 'invoiced') p ON p.issuer_id = s.issuer_id AND p.invoice_id = s.invoice_id
	FULL JOIN mailroom.invoice i ON i.issuer_id = s.issuer_id AND i.invoice_id = s.invoice_id
	WHERE s.invoice_id IS NULL OR p.invoice_id IS NULL OR i.invoice_id IS NULL};

# Four sessions, every third transaction rolls back; two thirds on each waits, so that none is through when the server dies.
my @sessions;
for my $k (0 .. 3)
{
	my $script = join("\n", map {
		my $end = $_ % 3 == 0 ? 'ROLLBACK' : 'COMMIT';
		"BEGIN; SELECT mailroom.issue_self_billed($issuer, 'P$_', '2026-05-10'); $end;" . ($_ > 400 && $_ <= 404 ? "\nSELECT pg_sleep(3600);" : '') } grep { $_ % 4 == $k } 1 .. 600);
	my $file = $node->basedir . "/issue_$k.sql";
	PostgreSQL::Test::Utils::append_to_file($file, $script);
	push @sessions, IPC::Run::start([ 'psql', '-X', '-q', '-o', '/dev/null', '-d', $node->connstr('postgres'), '-f', $file ], '2>', '/dev/null');
}
ok(wait_for($node, "SELECT count(*) > 60 FROM mailroom.self_billed_invoice WHERE issuer_id = $issuer", 60), 'sessions are issuing');
$node->stop('immediate');
eval { $_->finish } for @sessions;
$node->start;
my $issued = $node->safe_psql('postgres', "SELECT count(*) FROM mailroom.self_billed_invoice WHERE issuer_id = $issuer");
cmp_ok($issued, '<', 400, "the server died in the middle ($issued issued)");
is($node->safe_psql('postgres', $whole), '0', 'after the crash no series has a gap or a repeat');
is($node->safe_psql('postgres', $agree), '0', 'numbers, invoices and proposals agree');

$node->safe_psql('postgres', qq{SELECT mailroom.issue_self_billed(issuer_id, proposal_key, '2026-05-11') FROM mailroom.proposal
	WHERE issuer_id = $issuer AND state = 'accepted' ORDER BY proposal_id});
is($node->safe_psql('postgres', "SELECT count(*), max(series_number) FROM mailroom.self_billed_invoice WHERE issuer_id = $issuer"),
	'600|200', 'the rest is issued with the numbers that follow');
is($node->safe_psql('postgres', $whole), '0', 'without gap or repeat');
$node->stop;
done_testing();
