# 800_flow: the main job end to end by background workers: file and batch in, archived mailing out.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use MailroomSample;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = mailroom_node('flow');
my ($fuel, $road) = sample_issuer($node);
my $folder = sample_file(600);
my $file = sample_import($node, $fuel, $folder);
ok(wait_for_runs($node, 1, 180), 'the run ends closed')
	or diag($node->safe_psql('postgres', "SELECT kind, state, sqlstate, message FROM mailroom.job WHERE state NOT IN ('done', 'finished')"));
is($node->safe_psql('postgres', "SELECT state FROM mailroom.import_file WHERE file_id = $file"), 'imported', 'the file is imported');

my ($documents) = (slurp_file("$folder/control.csv") =~ /^NOK,(\d+)/m);
is($node->safe_psql('postgres', "SELECT count(*) FROM mailroom.invoice WHERE file_id = $file AND currency = 'NOK'"), $documents, 'as many NOK invoices as the control file says');
is($node->safe_psql('postgres', "SELECT string_agg(currency || ' ' || sum, ', ' ORDER BY currency) FROM (SELECT currency, sum(gross_total) FROM mailroom.invoice WHERE file_id = $file GROUP BY 1) s"),
	join(', ', map { /^(\w+),\d+,(.*)/ ? "$1 $2" : () } split /\n/, slurp_file("$folder/control.csv")), 'amounts reconcile to the cent with the control file');
is(balance_problem($node), '', 'the balance is zero');
is($node->safe_psql('postgres', "SELECT count(*) FROM mailroom.invoice WHERE file_id = $file AND state = 'set_aside'"), '8', 'invoices broken on purpose are set aside');
is($node->safe_psql('postgres', "SELECT count(*) FROM mailroom.invoice i WHERE file_id = $file AND state = 'set_aside' AND NOT EXISTS (SELECT FROM mailroom.import_fault f WHERE f.file_id = i.file_id AND f.document_no = i.document_no)"), '0', 'each with a reason');
is($node->safe_psql('postgres', "SELECT count(*) FROM mailroom.invoice WHERE file_id = $file AND state NOT IN ('set_aside', 'archived')"), '0', 'all others are archived');
is($node->safe_psql('postgres', "SELECT count(*) FROM mailroom.verify_archive($fuel)"), '0', 'the archive is whole');
is($node->safe_psql('postgres', 'SELECT count(*) FROM mailroom.letter_postage p FULL JOIN mailroom.letter_print q USING (issuer_id, mailing_id, letter_id) FULL JOIN mailroom.letter l USING (issuer_id, mailing_id, letter_id) WHERE p.offer IS NULL OR q.pages IS NULL OR l.pages IS DISTINCT FROM q.pages'), '0', 'each letter has postage and a place in the print file');
is($node->safe_psql('postgres', 'SELECT count(*) FROM mailroom.mailing m WHERE cost_micro <> (SELECT sum(price_micro) FROM mailroom.letter_postage p WHERE p.issuer_id = m.issuer_id AND p.mailing_id = m.mailing_id) OR lower_bound_micro > cost_micro'), '0', 'letters sum to the plan, and the bound is one');
is($node->safe_psql('postgres', "SELECT count(*) FROM mailroom.outgoing_file WHERE state = 'ready' AND kind IN ('print_file', 'ticket')"), 2 * $node->safe_psql('postgres', 'SELECT count(*) FROM mailroom.mailing'), 'a print file and a ticket for each mailing');
my $number = $node->safe_psql('postgres', "SELECT invoice_number FROM mailroom.invoice WHERE file_id = $file AND state = 'archived' ORDER BY invoice_id OFFSET 1 LIMIT 1");
is($node->safe_psql('postgres', "SELECT string_agg(step, ' ' ORDER BY step_no) FROM mailroom.invoice_trace($fuel, '$number')"), 'file invoice to pay document archive mailing postage print closed', 'the trace tells the way');
like($node->safe_psql('postgres', "SELECT mailroom.report_run($fuel, $file)"), qr/^<!DOCTYPE html>.*Every invoice, exactly once.*Reconciliation.*Mailing/s, 'the report is a page');

# the same file again changes nothing
sample_import($node, $fuel, $folder);
is($node->safe_psql('postgres', "SELECT state FROM mailroom.import_file ORDER BY file_id DESC LIMIT 1"), 'duplicate', 'the same content is a duplicate');
ok(wait_for($node, "SELECT count(*) = 0 FROM mailroom.job WHERE state IN ('waiting', 'queued', 'running', 'started')", 30), 'no work is left');
is($node->safe_psql('postgres', 'SELECT count(*) FROM mailroom.flow_run'), '1', 'and starts nothing');

# a job that is run again by hand does no harm
my $before = $node->safe_psql('postgres', 'SELECT (SELECT count(*) FROM mailroom.document), (SELECT count(*) FROM mailroom.letter), (SELECT count(*) FROM mailroom.outgoing_file)');
$node->safe_psql('postgres', "SELECT mailroom.process_invoices($fuel, 0, jsonb_build_object('file_id', $file))");
ok(wait_for_runs($node, 2, 60), 'a second run over the same file ends');
is($node->safe_psql('postgres', 'SELECT (SELECT count(*) FROM mailroom.document), (SELECT count(*) FROM mailroom.letter), (SELECT count(*) FROM mailroom.outgoing_file)'), $before, 'and makes no second document, letter or file');
$node->stop;
done_testing();
