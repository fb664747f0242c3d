# 810_flow_crash: immediate shutdowns and killed workers at many moments of a run; after restart nothing is lost
# and nothing is doubled.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use MailroomSample;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = mailroom_node('flow_crash', conf => "fsync = on\nrestart_after_crash = on\nmailroom.jobs_naptime = '1s'\nmailroom.jobs_retry_delay = '200ms'\n");
my ($fuel) = sample_issuer($node);
my $folder = sample_file(900);
my $file = sample_import($node, $fuel, $folder);

# one moment later each time, so that import, rendering, planning and printing are hit
for my $turn (1 .. 8)
{
	select(undef, undef, undef, 0.15 * $turn);
	if ($turn % 2)
	{
		$node->stop('immediate');
		$node->start;
	}
	else
	{
		my $pid = $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE backend_type LIKE 'mailroom%worker%' LIMIT 1");
		next if $pid eq '';
		crash($node, $pid);
	}
	is(balance_problem($node), '', "the balance is zero after crash $turn");
}
ok(wait_for_runs($node, 1, 240), 'the run ends closed')
	or diag($node->safe_psql('postgres', "SELECT kind, state, sqlstate, message FROM mailroom.job WHERE state <> 'done'"));
my ($count) = map { my $sum = 0; $sum += $_ for /^\w+,(\d+),/mg; $sum } slurp_file("$folder/control.csv");
is($node->safe_psql('postgres', "SELECT count(*) FROM mailroom.invoice WHERE file_id = $file"), $count, 'no invoice is lost or doubled');
is($node->safe_psql('postgres', "SELECT count(*) FROM mailroom.invoice WHERE file_id = $file AND state NOT IN ('archived', 'set_aside')"), '0', 'all are at their end');
is($node->safe_psql('postgres', "SELECT count(*), count(DISTINCT document_id) FROM mailroom.letter"), $node->safe_psql('postgres', "SELECT count(*), count(*) FROM mailroom.invoice WHERE file_id = $file AND state = 'archived'"), 'one letter each');
is($node->safe_psql('postgres', "SELECT count(*) FROM mailroom.outgoing_file WHERE kind = 'print_file'"), $node->safe_psql('postgres', 'SELECT count(*) FROM mailroom.mailing'), 'one print file a mailing');
is($node->safe_psql('postgres', "SELECT count(*) FROM mailroom.verify_archive($fuel)"), '0', 'the archive is whole');
is(balance_problem($node), '', 'the balance is zero');
$node->stop;
done_testing();
