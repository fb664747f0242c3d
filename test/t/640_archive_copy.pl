# 640_archive_copy: a copy says so on every page for ordinary readers, the archived bytes stand in front of it unchanged; notes and
# copies are in the trace, and go with the document.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'SKIPPED LOUDLY: qpdf or pdftotext is missing, copies were not tried' if system('qpdf --version >/dev/null 2>&1 && pdftotext -v 2>/dev/null') != 0;
my $tmp = PostgreSQL::Test::Utils::tempdir;
my $node = mailroom_node('archive_copy');
my $issuer = $node->safe_psql('postgres', q{SELECT mailroom.create_issuer('Kopi AS', 'NO', 'Europe/Oslo', 'NOK')});

sub to_file
{
	my ($query, $file) = @_;
	open(my $out, '>:raw', $file) or die;
	print $out pack('H*', $node->safe_psql('postgres', "SELECT encode($query, 'hex')"));
	close($out);
}
$node->safe_psql('postgres', qq{
	UPDATE mailroom.issuer SET registration_no = '855828332', payee_account = 'NO0868513681648' WHERE issuer_id = $issuer;
	SELECT mailroom.publish_template($issuer, 'notice', '<template name="notice"><zone x="20" y="44" width="85" height="38"><text>{{recipient.name}}</text></zone><flow><table in="data.rows"><column head="x"><text>{{row.what}}</text></column></table></flow></template>');
	SELECT mailroom.create_letters($issuer, 'notice', jsonb_build_array(jsonb_build_object('recipient', jsonb_build_object('name', 'Kari', 'postcode', '7012', 'city', 'TRONDHEIM'),
		'rows', (SELECT jsonb_agg(jsonb_build_object('what', 'Rad ' || n)) FROM generate_series(1, 120) AS n))), 'L');
	CALL mailroom.run_jobs();
});
ok(wait_for($node, 'SELECT count(*) > 0 FROM mailroom.archive_entry', 60), 'the letter is made');
my $document = $node->safe_psql('postgres', "SELECT document_id FROM mailroom.document WHERE issuer_id = $issuer AND pages > 1");
like($document, qr/^\d+$/, 'a document of some pages is archived');
to_file("mailroom.archive_document($issuer, $document)", "$tmp/original.pdf");
my $file = $node->safe_psql('postgres', "SET mailroom.clock = '2026-11-22T10:00:00Z'; SELECT mailroom.send_copy($issuer, $document, 'Kari, by e-mail')");
to_file("mailroom.outgoing_file_content($issuer, $file)", "$tmp/copy.pdf");
is(system("qpdf --check $tmp/copy.pdf >$tmp/qpdf 2>&1"), 0, 'qpdf finds the copy right') or diag(slurp_file("$tmp/qpdf"));
is(substr(slurp_file("$tmp/copy.pdf"), 0, -s "$tmp/original.pdf"), slurp_file("$tmp/original.pdf"), 'the archived bytes stand in front');
my ($count) = `pdfinfo $tmp/original.pdf` =~ /Pages:\s+(\d+)/;
my ($same) = `pdfinfo $tmp/copy.pdf` =~ /Pages:\s+(\d+)/;
is($same, $count, 'as many pages');
for my $page (1 .. $count)
{
	system("pdftoppm -r 40 -f $page -l $page -gray $tmp/original.pdf $tmp/o$page; pdftoppm -r 40 -f $page -l $page -gray $tmp/copy.pdf $tmp/c$page");
	my ($o, $c) = map { slurp_file((glob("$tmp/$_$page-*.pgm"))[0]) } qw(o c);
	is(length($c), length($o), "page $page has its size");
	# the header is equal; the mark is in the first 24 of 468 rows, and nowhere else
	my $start = length($o) - 331 * 468;
	isnt(substr($c, $start, 331 * 26), substr($o, $start, 331 * 26), "page $page is marked at its top");
	is(substr($c, $start + 331 * 26), substr($o, $start + 331 * 26), 'and nowhere else');
}
like(slurp_file("$tmp/copy.pdf"), qr/\(KOPI $document, 2026-11-22 10:00 UTC\)/, 'with the word of the country, document and time');
is($node->safe_psql('postgres', "SELECT sha256(mailroom.archive_document($issuer, $document)) = content_sha256 FROM mailroom.document WHERE document_id = $document"), 't', 'the archive has what it had');
is($node->safe_psql('postgres', q{SELECT convert_from(mailroom.mark_copy('<!doctype html><html><body class="x"><h1>A</h1></body></html>', 'KOPI 1'), 'UTF8')}),
	'<!doctype html><html><body class="x"><p role="note"><strong>KOPI 1</strong></p><h1>A</h1></body></html>', 'HTML is marked too');
is($node->safe_psql('postgres', q{SELECT mailroom.mark_copy('<?xml version="1.0"?><Invoice/>', 'KOPI 1') IS NULL AND mailroom.mark_copy('%PDF-1.7 broken', 'x') IS NULL AND mailroom.mark_copy('', 'x') IS NULL}), 't', 'what cannot be marked is not');
$node->safe_psql('postgres', "SELECT mailroom.add_document_note($issuer, $document, 'asked for a longer term')");
is($node->safe_psql('postgres', "SELECT step, detail FROM mailroom.invoice_trace($issuer, (SELECT invoice_number FROM mailroom.invoice WHERE issuer_id = $issuer)) WHERE step IN ('note', 'copy') ORDER BY step"),
	"copy|copy to Kari, by e-mail by " . $node->safe_psql('postgres', 'SELECT current_user') . "\nnote|asked for a longer term (" . $node->safe_psql('postgres', 'SELECT current_user') . ')', 'the trace tells of note and copy');
my ($code, $out, $error) = $node->psql('postgres', "SELECT mailroom.add_document_note($issuer, -1, 'x')");
like($error, qr/document -1 is not in the archive or is deleted/, 'no note on what is not there');
# deleted: notes and copies go too
$node->safe_psql('postgres', "SELECT mailroom.set_retention($issuer, 'letter', 1, 'short'); SET mailroom.clock = '2040-01-01T10:00:00Z'; SELECT mailroom.erase_documents($issuer, ARRAY[$document], 'time is over')");
is($node->safe_psql('postgres', "SELECT (SELECT count(*) FROM mailroom.document_note), (SELECT count(*) FROM mailroom.outgoing_file_part WHERE outgoing_file_id = $file), (SELECT count(*) FROM mailroom.verify_archive($issuer))"), '0|0|0', 'notes and copies go with the document');
is($node->safe_psql('postgres', "SELECT count(*) FROM mailroom.invoice_trace($issuer, (SELECT invoice_number FROM mailroom.invoice WHERE issuer_id = $issuer)) WHERE step = 'deleted'"), '1', 'and the trace says so');
$node->stop;
done_testing();
