# 814_hand_in_return: a common hand-in of three issuers, printed at two sites on three machines with inserter marks, its
# return files, spoiled pieces and what was posted, with processes killed in the middle of printing, reading and printing
# again: every envelope is printed once, each spoiled one once more where it was printed, and the books agree.
use strict;
use warnings;
use FindBin;
use IPC::Run;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $folder = $PostgreSQL::Test::Utils::tmp_check;
my $node = mailroom_node('hand_in_return', conf => "fsync = on\nrestart_after_crash = on\nmailroom.jobs_naptime = '1s'\nmailroom.jobs_retry_delay = '200ms'\n");
sub sql { return $node->safe_psql('postgres', $_[0]) }
sub rows { return map { [ split /\|/, $_, -1 ] } split /\n/, sql($_[0]) }

sub installed
{
	my ($program) = @_;
	return 1 if grep { -x "$_/$program" } split /:/, $ENV{PATH};
	diag("SKIPPED: $program is not installed");
	return 0;
}

# --- three issuers and a house ---
sql("SELECT mailroom.load_tariff(pg_read_file('$FindBin::Bin/../../data/tariff/demo-no-se.txt'))");
my ($house, $first, $second, $third) = map { sql("SELECT mailroom.create_issuer('$_', 'NO', 'Europe/Oslo', 'NOK')") } 'Hus', 'Aksel AS', 'Birger AS', 'Cato AS';
sql(qq{
UPDATE mailroom.issuer SET street = 'Havnegata 1', postcode = '0150', city = 'OSLO', payee_account = '15030012345';
INSERT INTO mailroom.postage_consent (issuer_id, house_issuer_id, valid_from, house_prints, runs_wait)
	VALUES ($first, $house, '2020-01-01', true, true), ($second, $house, '2020-01-01', true, true), ($third, $house, '2020-01-01', false, true);
INSERT INTO mailroom.return_policy (issuer_id) SELECT issuer_id FROM mailroom.issuer;
INSERT INTO mailroom.print_machine (issuer_id, site, machine, priority, max_sheets) VALUES ($house, 'oslo', 'fast', 1, 1), ($house, 'oslo', 'slow', 2, NULL), ($house, 'bergen', 'b1', 10, NULL);
INSERT INTO mailroom.print_site_rule (issuer_id, rule_no, site, postcode_from, postcode_to) VALUES ($house, 1, 'bergen', '5', '69');
INSERT INTO mailroom.inserter_profile (issuer_id, name) VALUES ($house, 'line'), ($third, 'line');
INSERT INTO mailroom.inserter_zone (issuer_id, profile, name, x_mm, y_mm, width_mm, height_mm) SELECT i, 'line', 'window', 20, 46, 90, 33 FROM unnest(ARRAY[$house, $third]::bigint[]) AS i;
SELECT mailroom.use_inserter(i, 'line') FROM unnest(ARRAY[$house, $third]::bigint[]) AS i;
INSERT INTO mailroom.invoice (issuer_id, batch_id, document_no, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date, buyer_name, buyer_street, buyer_city,
		buyer_postcode, buyer_country, payment_reference, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
	SELECT i, 7000 + i, n, 'batch', 'accepted', 'S', '\\x00', i || '-' || n, '2026-11-01', '380', 'NOK', '2026-11-21', 'Kunde ' || n, 'Gate ' || n, 'OSLO', CASE WHEN n % 3 = 0 THEN '5003' ELSE '0150' END, 'NO', lpad(n::text, 12, '0'),
			100, 25, 125, 125, CASE WHEN n % 5 = 0 THEN 130 ELSE 2 END, now()
	FROM unnest(ARRAY[$first, $second, $third]::bigint[]) AS i, generate_series(1, 15) AS n;
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, quantity, unit_code, net_amount, price, tax_rate, item_name)
	SELECT issuer_id, invoice_id, l, 1, 'C62', 1, 1, 25, 'Vare ' || l FROM mailroom.invoice, generate_series(1, line_count) AS l;
SELECT mailroom.enqueue_job(i, 'process_invoices', jsonb_build_object('batch_id', 7000 + i)) FROM unnest(ARRAY[$first, $second, $third]::bigint[]) AS i;
});
ok(wait_for($node, "SELECT count(*) = 3 AND bool_and(state = 'printing') FROM mailroom.flow_run", 120), 'three runs wait for the house')
	or diag(sql("SELECT kind, state, sqlstate, message FROM mailroom.job WHERE state <> 'done'"));
my $together = sql("SELECT mailroom.make_hand_in($house, 'together', array_agg(w.member_issuer_id ORDER BY w.member_issuer_id), array_agg(w.member_mailing_id ORDER BY w.member_issuer_id)) FROM mailroom.waiting_mailings($house) w");
sql("SELECT mailroom.plan_mailing($house, $together)");
my $shares = sql('SELECT count(*), sum(amount_micro) FROM mailroom.postage_share');

# held_up(table, start, pid): while another session holds the table, start something, kill what waits for it with -9, and
# wait until the server is back
sub held_up
{
	my ($table, $start, $who) = @_;
	my $holder = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', 'BEGIN', '-c', "LOCK TABLE mailroom.$table IN SHARE MODE", '-c', 'SELECT pg_sleep(3600)' ], '>', \my $held, '2>', \my $lost);
	ok(wait_for($node, "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'mailroom.$table'::regclass AND mode = 'ShareLock' AND granted)", 30), "$table is held");
	my $client = $start->();
	my $waits = "FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.relation = 'mailroom.$table'::regclass AND NOT l.granted AND a.backend_type $who";
	ok(wait_for($node, "SELECT EXISTS (SELECT $waits)", 60), 'and something is in the middle')
		or diag(sql("SELECT kind, state, sqlstate, message FROM mailroom.job WHERE state <> 'done'"));
	ok(crash($node, split /\n/, sql("SELECT l.pid $waits")), 'killed, and the server is back');
	$holder->finish;
	$client->finish if $client;
}

# --- printed: killed in the middle, then all of it once ---
held_up('letter_print', sub { sql("SELECT mailroom.send_mailing($house, $together)"); return }, "LIKE 'mailroom%worker%'");
ok(wait_for($node, "SELECT count(*) = 4 FROM mailroom.mailing WHERE state = 'printed'", 120), 'house and members are printed after all')
	or diag(sql("SELECT issuer_id, kind, state, sqlstate, message FROM mailroom.job WHERE state <> 'done'"));
is(sql("SELECT string_agg(concat_ws(' ', part_no, site, machine, envelopes > 0, outgoing_file_id IS NOT NULL), ', ' ORDER BY part_no) FROM mailroom.mailing_part WHERE issuer_id = $house"),
	'1 bergen b1 t t, 2 oslo fast t t, 3 oslo slow t t', 'two sites, three machines');
is(sql("SELECT issuer_id = $house, kind, count(*) FROM mailroom.outgoing_file WHERE kind IN ('print_file', 'ticket', 'ticket_json') GROUP BY 1, 2 ORDER BY 1, 2"),
	"f|print_file|1\nf|ticket|1\nf|ticket_json|1\nt|print_file|3\nt|ticket|3\nt|ticket_json|3", 'the third issuer prints its own');
my $on_tickets = "SELECT o.kind, o.issuer_id, o.outgoing_file_id, j ->> 'part' AS part, j ->> 'site' AS site, j ->> 'machine' AS machine, (e ->> 'sequence')::bigint AS sequence, (e ->> 'sheets')::integer AS sheets, (d ->> 'letter')::bigint AS letter_id, d ->> 'sha256' AS sha256
	FROM mailroom.outgoing_file o CROSS JOIN LATERAL (SELECT convert_from(mailroom.outgoing_file_content(o.issuer_id, o.outgoing_file_id), 'UTF8')::jsonb AS j) t, jsonb_array_elements(j -> 'envelopes') AS e, jsonb_array_elements(e -> 'documents') AS d";
is(sql("SELECT count(*), count(DISTINCT letter_id), count(DISTINCT sequence) = (SELECT count(*) FROM mailroom.letter_postage) FROM ($on_tickets WHERE o.kind = 'ticket_json') t"), '45|45|t', 'each letter is on one ticket in JSON');
is(sql("SELECT count(*), count(DISTINCT split_part(t.line, ',', 2)) FROM mailroom.outgoing_file o, regexp_split_to_table(convert_from(mailroom.outgoing_file_content(o.issuer_id, o.outgoing_file_id), 'UTF8'), E'\\n') AS t (line) WHERE o.kind = 'ticket' AND t.line ~ '^[0-9]'"),
	'45|45', 'and on one in CSV');
is(sql("SELECT count(*) FROM mailroom.letter_part p FULL JOIN ($on_tickets WHERE o.kind = 'ticket_json' AND o.issuer_id = $house) t ON t.letter_id = p.letter_id AND t.part::integer = p.part_no WHERE p.letter_id IS NULL OR t.letter_id IS NULL"), '0', 'in the part that it is in');
is(sql("SELECT count(*) FROM mailroom.invoice WHERE state <> 'accepted'"), '0', 'no invoice is printed before the operator says so');

# what an inserter with a camera reads off the fronts of a file, against its ticket
sub read_marks
{
	my ($kind) = @_;
	my $read = 0;
	for my $file (rows("SELECT o.issuer_id, o.outgoing_file_id, j.outgoing_file_id, o.mailing_id FROM mailroom.outgoing_file o JOIN mailroom.outgoing_file j ON j.issuer_id = o.issuer_id AND j.mailing_id = o.mailing_id
			AND j.kind = '" . ($kind eq 'print_file' ? 'ticket_json' : 'reprint_ticket_json') . "' AND split_part(j.file_name, '.', 1) = split_part(o.file_name, '.', 1) WHERE o.kind = '$kind' ORDER BY 1, 2"))
	{
		my ($issuer, $pdf, $json, $mailing) = @$file;
		open(my $out, '>:raw', "$folder/job.pdf") or die "$!";
		print $out pack('H*', sql("SELECT encode(mailroom.outgoing_file_content($issuer, $pdf), 'hex')"));
		close $out;
		my (@wanted, $sheets);
		for my $envelope (rows("SELECT DISTINCT sequence, sheets FROM ($on_tickets WHERE o.issuer_id = $issuer AND o.outgoing_file_id = $json) t ORDER BY 1"))
		{
			push @wanted, sprintf('%08d%07d%03d%03d', $mailing, $envelope->[0], $_, $envelope->[1]) . '...' . ($_ == $envelope->[1] ? 1 : 0) for 1 .. $envelope->[1];
		}
		unlink glob("$folder/front-*");
		my ($pages) = `pdfinfo $folder/job.pdf` =~ /^Pages:\s+(\d+)/m;
		my $odd = $pages == 2 * @wanted ? '-o' : '';
		system("pdftoppm -r 300 -gray $odd -x 0 -y 1004 -W 236 -H 945 $folder/job.pdf $folder/front") == 0 or die 'pdftoppm failed';
		my @codes = map { my $code = `dmtxread -N1 -m2000 $_ 2>/dev/null`; substr($code, 0, 21) . '...' . substr($code, 24, 1) } sort glob("$folder/front-*.pgm");
		is("@codes", "@wanted", "the camera reads every sheet of $kind $pdf in the order of its ticket");
		$read += @codes;
	}
	return $read;
}
my $judge = installed('pdftoppm') && installed('dmtxread');
cmp_ok(read_marks('print_file'), '>', 45, 'some envelopes have several sheets') if $judge;

# --- one is withdrawn at the printer's: the house pulls it ---
my ($pulled) = rows("SELECT l.letter_id, i.invoice_id FROM mailroom.invoice i JOIN mailroom.document d USING (issuer_id, invoice_id) JOIN mailroom.letter l USING (issuer_id, document_id) WHERE i.invoice_number = '$second-4'");
sql("SELECT mailroom.fetch_outgoing_file($house, outgoing_file_id) FROM mailroom.outgoing_file WHERE issuer_id = $house AND kind = 'print_file'");
is(sql("SELECT letters_to_pull FROM mailroom.withdraw_invoice($second, $pulled->[1], 'wrong address')"), '1', 'a letter is to be pulled');

# --- returned: each site sends its file; one is spoiled on each machine ---
my @heads = rows("SELECT p.site, p.machine, k.letter_id, k.member_issuer_id FROM mailroom.letter_part k JOIN mailroom.mailing_part p USING (issuer_id, mailing_id, part_no) WHERE k.issuer_id = $house AND k.letter_id <> $pulled->[0] ORDER BY p.part_no, k.letter_id");
my %spoiled;
$spoiled{"$_->[0] $_->[1]"} //= $_->[2] for @heads;
sub return_file
{
	my ($site, $event) = @_;
	my $text = "letter,event,bundle,count,reason\n";
	$text .= "$_->[2]," . ($event eq 'inserted' && $spoiled{"$_->[0] $_->[1]"} == $_->[2] ? 'spoiled,,,torn' : "$event,,,") . "\n" for grep { $_->[0] eq $site } @heads;
	return $text;
}
sub read_return { my ($issuer, $mailing, $text) = @_; return "SELECT mailroom.read_return($issuer, $mailing, convert_to('$text', 'UTF8'))" }
my $bergen = sql(read_return($house, $together, return_file('bergen', 'inserted')));
ok(wait_for($node, "SELECT count(outgoing_file_id) = 1 FROM mailroom.mailing_reprint", 60), 'what Bergen spoiled is printed again');
my $before = sql('SELECT count(*) FROM mailroom.return_line');
my $oslo = return_file('oslo', 'inserted');
held_up('letter_return', sub { return IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', read_return($house, $together, $oslo) ], '>', \my $out, '2>', \my $err) }, "= 'client backend'");
is(sql('SELECT count(*) FROM mailroom.return_line') . ' ' . sql('SELECT count(*) FROM mailroom.return_file'), "$before 1", 'a file that was cut off by a crash was not read at all');
held_up('outgoing_file', sub { sql(read_return($house, $together, $oslo)); return }, "LIKE 'mailroom%worker%'");
is(sql(read_return($house, $together, $oslo)), sql('SELECT max(return_id) FROM mailroom.return_file'), 'the same file again changes nothing');
ok(wait_for($node, "SELECT count(*) = 3 AND count(outgoing_file_id) = 3 FROM mailroom.mailing_reprint", 120), 'each machine prints again what it spoiled')
	or diag(sql("SELECT kind, state, sqlstate, message FROM mailroom.job WHERE state <> 'done'"));
is(sql("SELECT string_agg(concat_ws(' ', kind, n), ', ' ORDER BY kind) FROM (SELECT kind, count(*) AS n FROM mailroom.outgoing_file WHERE kind LIKE 'reprint%' GROUP BY 1) k"), 'reprint_file 3, reprint_ticket 3, reprint_ticket_json 3', 'once each');
is(sql("SELECT string_agg(concat_ws(' ', site, machine, letter_id), ', ' ORDER BY site, machine) FROM ($on_tickets WHERE o.kind = 'reprint_ticket_json') t"), join(', ', map { "$_ $spoiled{$_}" } sort keys %spoiled), 'the right ones, at their site and machine');
is(sql("SELECT count(*) FROM mailroom.mailing_part m JOIN mailroom.outgoing_file o USING (issuer_id, outgoing_file_id) WHERE o.kind = 'print_file'"), '3', 'the parts still name their print files');
is(read_marks('reprint_file'), scalar(rows("SELECT 1 FROM ($on_tickets WHERE o.kind = 'reprint_ticket_json') t, generate_series(1, t.sheets)")), 'with the marks that they had') if $judge;
is(sql("SELECT count(*) FROM ($on_tickets WHERE o.kind = 'reprint_ticket_json') t WHERE t.sha256 <> (SELECT encode(p.content_sha256, 'hex') FROM mailroom.letter_print p WHERE p.letter_id = t.letter_id)"), '0', 'from the bytes that were printed before');

# --- posted against planned ---
my $counts = join '', map { ",count,$_->[0],$_->[1],\n" } rows("SELECT p.bundle_no, count(*) FROM mailroom.letter_postage p WHERE p.issuer_id IN ($first, $second) AND p.letter_id <> $pulled->[0] GROUP BY 1");
sql(read_return($house, $together, return_file('oslo', 'posted') . "$pulled->[0],pulled,,,\n$counts"));
is(sql("SELECT sum(planned), sum(posted), sum(withdrawn), sum(difference), sum(unknown), sum(spoiled) FROM mailroom.posted_against_planned WHERE issuer_id IN ($first, $second)"),
	join('|', 30, scalar(grep { $_->[0] eq 'oslo' } @heads), 1, 30 - scalar(grep { $_->[0] eq 'oslo' } @heads), 0, 1), 'Oslo has posted, Bergen not yet');
sql(read_return($house, $together, return_file('bergen', 'posted')));
my ($own) = rows("SELECT mailing_id FROM mailroom.mailing WHERE issuer_id = $third");
my @own = rows("SELECT letter_id FROM mailroom.letter_postage WHERE issuer_id = $third ORDER BY 1");
sql(read_return($third, $own->[0], "head\n" . join '', map { "$_->[0],posted,,,\n" } @own));
is(sql("SELECT sum(planned), sum(posted), sum(difference), string_agg(reason, '; ') FROM mailroom.posted_against_planned"), '45|44|1|1 withdrawn', 'all but the one that was withdrawn')
	or diag(sql('SELECT * FROM mailroom.posted_against_planned'));
for my $turn (1 .. 3)
{
	my $pid = sql("SELECT pid FROM pg_stat_activity WHERE backend_type LIKE 'mailroom%worker%' LIMIT 1");
	crash($node, $pid) if $pid ne '';
	select(undef, undef, undef, 0.2);
}
ok(wait_for($node, "SELECT bool_and(state = 'closed') FROM mailroom.mailing", 120), 'the mailings of house and members are closed')
	or diag(sql("SELECT i.name, m.state FROM mailroom.mailing m JOIN mailroom.issuer i USING (issuer_id)") . "\n" . sql("SELECT issuer_id, kind, state, sqlstate, message FROM mailroom.job WHERE state <> 'done'"));
ok(wait_for($node, "SELECT count(*) = 3 AND bool_and(state = 'closed') FROM mailroom.flow_run", 60), 'and the runs');
is(sql("SELECT state, count(*) FROM mailroom.invoice GROUP BY 1 ORDER BY 1"), "archived|44\nwithdrawn|1", 'every invoice is at its end');
is(sql('SELECT count(*), sum(amount_micro) FROM mailroom.postage_share'), $shares, 'the shares are what was planned');
is(sql("SELECT count(*) FROM mailroom.event WHERE activity = 'share posted'"), '3', 'each is posted once');
is(sql("SELECT count(*) FROM mailroom.outgoing_file WHERE kind IN ('print_file', 'reprint_file')"), '7', 'nothing was printed twice');
is(sql("SELECT count(*) FROM mailroom.issuer i, LATERAL mailroom.verify_archive(i.issuer_id) v"), '0', 'the archives are whole');
ok(wait_for($node, "SELECT count(*) = 0 FROM mailroom.job WHERE state NOT IN ('done', 'finished')"), 'and no job is left');
$node->stop;
done_testing();
