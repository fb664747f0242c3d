# 811_hand_in_crash: a common hand-in of two issuers' runs, with immediate shutdowns and killed workers while it is
# printed and closed; after restart every letter is printed once, in one file, and everything reaches its end.
use strict;
use warnings;
use FindBin;
use IPC::Run;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use MailroomSample;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = mailroom_node('hand_in_crash', conf => "fsync = on\nrestart_after_crash = on\nmailroom.jobs_naptime = '1s'\nmailroom.jobs_retry_delay = '200ms'\n");
my ($fuel, $road) = sample_issuer($node);
sub sql { return $node->safe_psql('postgres', $_[0]) }

my $house = sql("SELECT mailroom.create_issuer('Service house', 'NO', 'Europe/Oslo', 'NOK')");
sql("INSERT INTO mailroom.postage_consent (issuer_id, house_issuer_id, valid_from, house_prints, runs_wait) SELECT i, $house, '2020-01-01', true, true FROM unnest(ARRAY[$fuel, $road]) AS i");
sql("SELECT mailroom.load_layout($road, 'nordkort', pg_read_file('$FindBin::Bin/../../sample/layout-nordkort.json')::jsonb)");
sample_import($node, $fuel, sample_file(260));
sample_import($node, $road, sample_file(180));
ok(wait_for($node, "SELECT count(*) = 2 AND bool_and(state = 'printing') FROM mailroom.flow_run", 120), 'both runs wait for the house')
	or diag(sql("SELECT kind, state, sqlstate, message FROM mailroom.job WHERE state <> 'done'"));
is(sql('SELECT count(*) FROM mailroom.outgoing_file WHERE kind = \'print_file\''), '0', 'nothing is printed yet');

# one hand-in for each country; each member's mailing is in one
my @hand_in = split /\n/, sql("SELECT mailroom.make_hand_in($house, 'together from ' || w.origin_country, array_agg(w.member_issuer_id ORDER BY w.member_mailing_id), array_agg(w.member_mailing_id ORDER BY w.member_mailing_id))
	FROM mailroom.waiting_mailings($house) w GROUP BY w.origin_country, w.hand_in_date, w.currency ORDER BY 1");
cmp_ok(scalar @hand_in, '>', 0, 'hand-ins are made');
sql("SELECT mailroom.plan_mailing($house, $_)") for @hand_in;
is(sql("SELECT count(*) FROM mailroom.hand_in_member WHERE issuer_id = $house"), sql("SELECT count(*) FROM mailroom.flow_mailing"), 'of all mailings of the runs');
my $shares = sql('SELECT count(*), sum(amount_micro) FROM mailroom.postage_share');
is(sql("SELECT sum((plan ->> 'net_micro')::bigint) FROM mailroom.mailing WHERE issuer_id = $house"), (split /\|/, $shares)[1], 'shares sum to the cost');

# the first crash is in the middle of printing: packed, pages written, and held where the letters are noted
my $holder = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', 'BEGIN', '-c', 'LOCK TABLE mailroom.letter_print IN SHARE MODE', '-c', 'SELECT pg_sleep(3600)' ], '>', \my $held, '2>', \my $lost);
ok(wait_for($node, "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'mailroom.letter_print'::regclass AND mode = 'ShareLock' AND granted)", 30), 'printing is held');
sql("SELECT mailroom.send_mailing($house, $_)") for @hand_in;
ok(wait_for($node, "SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.relation = 'mailroom.letter_print'::regclass AND NOT l.granted AND a.backend_type = 'mailroom worker')"), 'a worker is in the middle of it');
$node->stop('immediate');
$holder->finish;
# nobody prints anew before it is looked at
$node->append_conf('postgresql.conf', "mailroom.jobs_workers = 0\n");
$node->start;
is(sql("SELECT count(*) FROM mailroom.letter_print") + sql("SELECT count(*) FROM mailroom.outgoing_file WHERE kind = 'print_file'"), 0, 'nothing of it is left');
$node->append_conf('postgresql.conf', "mailroom.jobs_workers = 4\n");
$node->reload;
for my $turn (1 .. 6)
{
	select(undef, undef, undef, 0.15 * $turn);
	if ($turn % 2)
	{
		$node->stop('immediate');
		$node->start;
	}
	else
	{
		my $pid = sql("SELECT pid FROM pg_stat_activity WHERE backend_type LIKE 'mailroom%worker%' LIMIT 1");
		next if $pid eq '';
		crash($node, $pid);
	}
	# all or nothing: a mailing that is printed has all its letters in the print file
	is(sql("SELECT count(*) FROM mailroom.mailing m WHERE m.issuer_id <> $house AND (m.state IN ('printed', 'closed'))
			<> (SELECT count(*) > 0 AND count(*) = count(p.letter_id) FROM mailroom.letter l LEFT JOIN mailroom.letter_print p USING (issuer_id, mailing_id, letter_id) WHERE l.issuer_id = m.issuer_id AND l.mailing_id = m.mailing_id)"),
		'0', "nothing is half printed after crash $turn");
}
# sent again, by an operator who does not know how far it went
sql("SELECT mailroom.send_mailing($house, m.mailing_id) FROM mailroom.mailing m WHERE m.issuer_id = $house AND m.state = 'planned'");
ok(wait_for($node, "SELECT bool_and(state = 'closed') FROM mailroom.mailing", 120), 'the mailings of house and members are closed')
	or diag(sql("SELECT issuer_id, kind, state, sqlstate, message FROM mailroom.job WHERE state <> 'done'"));
ok(wait_for_runs($node, 2, 60), 'and so are the runs');
is(sql("SELECT count(*) FROM mailroom.invoice WHERE state NOT IN ('archived', 'set_aside')"), '0', 'all invoices are at their end');
is(sql("SELECT count(*) FROM mailroom.outgoing_file WHERE kind = 'print_file' AND issuer_id = $house"), scalar @hand_in, 'one print file a hand-in');
is(sql("SELECT count(*) FROM mailroom.outgoing_file WHERE kind IN ('print_file', 'ticket') AND issuer_id <> $house"), '0', 'and none of a member');
# each letter stands once on a ticket, in postal order
is(sql("WITH line AS (
			SELECT o.mailing_id, t.line, t.n FROM mailroom.outgoing_file o, regexp_split_to_table(convert_from(mailroom.outgoing_file_content(o.issuer_id, o.outgoing_file_id), 'UTF8'), E'\\n') WITH ORDINALITY AS t (line, n)
				WHERE o.kind = 'ticket' AND t.line ~ '^[0-9]')
		SELECT count(*) = (SELECT count(*) FROM mailroom.letter) AND count(DISTINCT split_part(line, ',', 2)) = count(*) AND bool_and(split_part(line, ',', 1)::bigint = n - 1) FROM line"),
	't', 'each letter is on one ticket, in postal order');
is(sql("SELECT count(*) FROM mailroom.event WHERE activity = 'share posted'"), sql("SELECT count(*) FROM mailroom.hand_in_member"), 'each share is posted once');
is(sql('SELECT count(*), sum(amount_micro) FROM mailroom.postage_share'), $shares, 'and is what was planned');
is(sql("SELECT count(*) FROM mailroom.mailing m WHERE m.issuer_id = $house AND NOT EXISTS (SELECT FROM mailroom.mailing_container c WHERE c.issuer_id = m.issuer_id AND c.mailing_id = m.mailing_id)"), '0', 'all are packed');
is(sql("SELECT count(*) FROM mailroom.verify_archive($fuel)") + sql("SELECT count(*) FROM mailroom.verify_archive($road)"), 0, 'the archives are whole');
is(balance_problem($node), '', 'the balance is zero');
$node->stop;
done_testing();
