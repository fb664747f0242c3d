# 510_print_file: the print file of a mailing opens without complaint and shows the letters in postal order.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $folder = $PostgreSQL::Test::Utils::tmp_check;
my $node = mailroom_node('print_file', preload => 0);

sub sql { return $node->safe_psql('postgres', $_[0]); }
sub installed
{
	my ($program) = @_;
	return 1 if grep { -x "$_/$program" } split /:/, $ENV{PATH};
	diag("SKIPPED: $program is not installed");
	return 0;
}

sql(q{
SELECT mailroom.create_issuer('Trykk AS', 'NO', 'Europe/Oslo', 'NOK');
UPDATE mailroom.issuer SET street = 'Havnegata 1', postcode = '0150', city = 'OSLO', payee_account = '15030012345';
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date,
		buyer_name, buyer_street, buyer_city, buyer_postcode, buyer_country, payment_reference, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
	SELECT 1, 'file', 'accepted', 'S', '\x00', 'P-' || n, '2026-11-01', '380', 'NOK', '2026-11-21', 'Kunde ' || n, 'Gate ' || n, 'OSLO', '0150', 'NO',
		lpad(n::text, 12, '0'), 100, 25, 125, 125, CASE WHEN n % 10 = 0 THEN 60 ELSE 3 END, now()
	FROM generate_series(1, 300) AS n;
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, quantity, unit_code, net_amount, price, tax_rate, item_name)
	SELECT issuer_id, invoice_id, l, 1, 'C62', 1, 1, 25, 'Vare ' || l FROM mailroom.invoice, generate_series(1, line_count) AS l;
SELECT mailroom.render_documents(1, (SELECT array_agg(invoice_id) FROM mailroom.invoice));
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, state, created_at) VALUES (1, 'Big', '2026-11-23', 'NO', 'planned', now());
INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, country)
	SELECT 1, 1, document_id, pages, (pages + 1) / 2, 'x', '0150', 'NO' FROM mailroom.document ORDER BY document_id;
INSERT INTO mailroom.letter_postage (issuer_id, mailing_id, letter_id, grams, format, zone, offer, list_micro, discount_micro, price_micro, bundle_no, sequence_no)
	SELECT 1, 1, letter_id, 10, 'C5', 'NO', 'a', 1, 0, 1, 1, row_number() OVER (ORDER BY letter_id DESC) FROM mailroom.letter;
});
my $id = sql('SELECT mailroom.print_mailing(1, 1)');
my $pdf = "$folder/print.pdf";
open(my $out, '>:raw', $pdf) or die "could not write $pdf: $!";
print $out pack('H*', sql("SELECT encode(mailroom.outgoing_file_content(1, $id), 'hex')"));
close($out);
my $ticket = sql("SELECT convert_from(mailroom.outgoing_file_content(1, outgoing_file_id), 'UTF8') FROM mailroom.outgoing_file WHERE kind = 'ticket'");
my @lines = split /\n/, $ticket;
is(scalar @lines, 302, 'the ticket has a line an envelope, a head and a total');
my $sheets = sql('SELECT sum(sheets) FROM mailroom.letter');

if (installed('qpdf'))
{
	my $said = `qpdf --check '$pdf' 2>&1`;
	is($?, 0, 'qpdf has nothing to say') or diag($said);
	is(`qpdf --show-npages '$pdf'` + 0, 2 * $sheets, 'every sheet has two sides');
}
if (installed('mutool'))
{
	my $said = `mutool draw -q -F trace -o /dev/null '$pdf' 1-20 2>&1`;
	$said =~ s/^warning: ICC support is not available\n//mg; # how Debian builds it
	is($said, '', 'nor has mutool');
}
if (installed('pdftotext'))
{
	my @pages = split /\f/, `pdftotext -layout '$pdf' - 2>&1`;
	my $wrong = 0;
	for my $line (@lines[ 1 .. 300 ])
	{
		my (undef, undef, undef, $number, undef, undef, undef, $first, $count) = split /,/, $line;
		for my $page (1 .. $count)
		{
			my $text = $pages[ $first + $page - 2 ];
			$wrong++ if $text !~ /\b$number\b/ || $text !~ /Side $page av $count\b/;
		}
	}
	is($wrong, 0, 'each page stands where the ticket says');
	my ($first) = (split /,/, $lines[1])[3];
	is($first, 'P-300', 'in postal order');
}
$node->stop;
done_testing();
