# 813_withdraw_crash: a withdrawal that is cut off in the middle by an immediate shutdown leaves nothing of it; once it is
# through, no crash brings the letter back into a print file.
use strict;
use warnings;
use FindBin;
use IPC::Run;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use MailroomSample;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = mailroom_node('withdraw_crash', conf => "fsync = on\nrestart_after_crash = on\nmailroom.jobs_naptime = '1s'\nmailroom.jobs_retry_delay = '200ms'\n");
my ($fuel, $road) = sample_issuer($node);
sub sql { return $node->safe_psql('postgres', $_[0]) }
# ids of invoices on the tickets that can be fetched
sub on_tickets
{
	return sql("SELECT string_agg(split_part(t.line, ',', 4), ' ' ORDER BY split_part(t.line, ',', 4)) FROM mailroom.outgoing_file o, regexp_split_to_table(convert_from(mailroom.outgoing_file_content(o.issuer_id, o.outgoing_file_id), 'UTF8'), E'\\n') AS t (line)
		WHERE o.kind = 'ticket' AND o.state <> 'withdrawn' AND t.line ~ '^[0-9]'");
}
sample_import($node, $fuel, sample_file(120));
ok(wait_for_runs($node, 1, 120), 'a run is printed and closed');
my $state = "SELECT i.state || ' ' || m.state || ' ' || (SELECT count(*) FROM mailroom.letter l WHERE l.issuer_id = m.issuer_id AND l.mailing_id = m.mailing_id) FROM mailroom.invoice i, mailroom.mailing m";
my ($invoice, $number, $mailing) = split /\|/, sql("SELECT i.invoice_id, i.invoice_number, l.mailing_id FROM mailroom.invoice i JOIN mailroom.document d USING (issuer_id, invoice_id) JOIN mailroom.letter l USING (issuer_id, document_id)
	WHERE l.mailing_id = (SELECT mailing_id FROM mailroom.letter GROUP BY 1 ORDER BY count(*) DESC LIMIT 1) ORDER BY 1 LIMIT 1");
$state .= " WHERE i.invoice_id = $invoice AND m.mailing_id = $mailing";
my $before = sql($state);
my $tickets = on_tickets();
like($tickets, qr/(^| )\Q$number\E( |$)/, 'the invoice is on a ticket');

# held where it takes the letter out, after the invoice is marked
my $holder = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', 'BEGIN', '-c', 'LOCK TABLE mailroom.letter_print IN SHARE MODE', '-c', 'SELECT pg_sleep(3600)' ], '>', \my $held, '2>', \my $lost);
ok(wait_for($node, "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'mailroom.letter_print'::regclass AND mode = 'ShareLock' AND granted)", 30), 'the table is held');
my $clerk = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', "SELECT mailroom.withdraw_invoice($fuel, $invoice, 'cut off')" ], '>', \my $out, '2>', \my $err);
ok(wait_for($node, "SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.relation = 'mailroom.letter_print'::regclass AND NOT l.granted AND a.backend_type = 'client backend')"), 'the withdrawal is in its middle');
$node->stop('immediate');
$_->finish for $holder, $clerk;
$node->start;
is(sql($state), $before, 'nothing of it is left');
is(sql('SELECT count(*) FROM mailroom.withdrawal') + sql('SELECT count(*) FROM mailroom.withdrawn_invoice'), 0, 'nor of its trail');
is(on_tickets(), $tickets, 'the print files are whole');

# through, and then crashes while the mailing is planned and printed anew
is(sql("SELECT letters_taken_out FROM mailroom.withdraw_invoice($fuel, $invoice, 'for good')"), '1', 'withdrawn');
for my $turn (1 .. 4)
{
	select(undef, undef, undef, 0.1 * $turn);
	$node->stop('immediate');
	$node->start;
	is(sql("SELECT i.state FROM mailroom.invoice i WHERE i.invoice_id = $invoice"), 'withdrawn', "withdrawn after crash $turn");
	my $now = on_tickets();
	unlike($now, qr/(^| )\Q$number\E( |$)/, "and on no ticket after crash $turn");
}
ok(wait_for($node, "SELECT state = 'closed' FROM mailroom.mailing WHERE mailing_id = $mailing", 120), 'the mailing is printed and closed anew')
	or diag(sql("SELECT kind, state, sqlstate, message FROM mailroom.job WHERE state <> 'done'"));
(my $wanted = $tickets) =~ s/(^| )\Q$number\E(?= |$)//;
is(on_tickets(), $wanted =~ s/^ //r, 'every other invoice is on one ticket');
is(sql("SELECT count(*) FROM mailroom.flow_run WHERE state <> 'closed' OR open_parts <> 0"), '0', 'the run is closed');
is(sql("SELECT count(*) FROM mailroom.mailing_replan"), '0', 'nothing is to be planned anew');
is(balance_problem($node), '', 'the balance is zero');
$node->stop;
done_testing();
