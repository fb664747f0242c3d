# 509_document_proof: what the database calls proven is read once more by another reader (pdftotext) and compared here with the
# invoices, in eight languages, by the house's own layout and by a template; a template with a wrong value leaves no document.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use PdfFiles;
use Encode qw(decode_utf8 encode_utf8);
use PostgreSQL::Test::Utils;
use Test::More;

if (!installed('pdftotext'))
{
	diag('SKIPPED: pdftotext is not installed');
	plan skip_all => 'pdftotext is not installed';
}
my $top = "$FindBin::Bin/../..";
my $node = mailroom_node('proof', preload => 0);
my @country = qw(GB NO SE DK FI PL RO DE);
my $each = 12;

sub sql { return decode_utf8($node->safe_psql('postgres', encode_utf8($_[0]))); }

sql("SELECT mailroom.create_issuer('Bevis $_ AS', 'NO', 'Europe/Oslo', 'NOK'); UPDATE mailroom.issuer SET payee_account = 'NO9386011117947' WHERE issuer_id = $_") for 1 .. 3;
sql(qq{
SELECT setseed(0.5);
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, due_date, type_code, currency, payment_reference, payee_account,
		buyer_name, buyer_country, note, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
	SELECT i, 'file', 'accepted', 'S', '\\x00', format('P%s-%s-%s', i, c, n), '2026-11-01', date '2026-11-05' + (random() * 400)::integer, '380', 'NOK', mailroom.make_reference('no_kid_mod10', (1000000 + n * 977 + i)::text), 'NO9386011117947',
			'Kunde', c, 'Ref 9999999 1 000,00', a.amount, 0, a.amount, a.amount, 0, now()
		FROM generate_series(1, 3) AS i, unnest('{@{[join ',', @country]}}'::text[]) AS c, generate_series(1, $each) AS n,
			LATERAL (SELECT round((random() * 10 ^ (n % 8 + i * 0))::numeric, 2) + 0.01 AS amount) AS a;
});
my $source = do { open(my $in, '<:encoding(UTF-8)', "$top/data/template/invoice.xml") or die; local $/; <$in> };
sql("SELECT mailroom.publish_template(2, 'invoice', \$t\$$source\$t\$)");
$source =~ s/(label="\{\{label:payable\}\} \{\{currency\}\}" value=")\{\{payable_amount\}\}(".*\n\s*<space height="4")/$1\{\{tax_total\}\}$2/ or die 'template changed';
sql("SELECT mailroom.publish_template(3, 'invoice', \$t\$$source\$t\$)");
is(sql("SELECT string_agg(mailroom.render_documents(i, (SELECT array_agg(invoice_id) FROM mailroom.invoice WHERE issuer_id = i))::text, ' ' ORDER BY i) FROM generate_series(1, 3) AS i"),
	join(' ', @country * $each, @country * $each, 0), 'all documents of two issuers, none by the template that shows the tax as the amount to pay');
is(sql('SELECT string_agg(documents || \'/\' || proven || \'/\' || set_aside, \' \' ORDER BY issuer_id) FROM mailroom.document_proof_total'),
	join(' ', ("96/96/0") x 2, '0/0/96'), 'and so say the totals');
is(sql("SELECT string_agg(DISTINCT rule, ' ') FROM mailroom.finding"), 'PROOF-AMOUNT', 'with the reason');

# the other reader; blanks of any kind do not count
my %words = (GB => 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec');
my ($read, $wrong) = (0, 0);
for my $row (split /\n/, sql(q{SELECT d.issuer_id, d.document_id, i.buyer_country, p.proven, i.invoice_number, i.payable_amount, i.payment_reference, i.due_date::text FROM mailroom.document_proof p
	JOIN mailroom.document d USING (issuer_id, document_id) JOIN mailroom.invoice i ON i.issuer_id = d.issuer_id AND i.invoice_id = d.invoice_id ORDER BY 1, 2}))
{
	my ($issuer, $document, $country, $proven, $number, $amount, $reference, $due) = split /\|/, $row;
	my $file = pdf_file('proof', pack('H*', sql("SELECT encode(mailroom.archive_document($issuer, $document), 'hex')")));
	my $text = decode_utf8(scalar `pdftotext '$file' -`);
	$text =~ s/\s//g;
	$text =~ s/Ref99999991000,00//; # the note is no value
	my ($whole, $minor) = split /\./, sprintf('%.2f', $amount);
	my %point = (GB => ',.', DK => '.,', RO => '.,', DE => '.,');
	my ($thousands, $point) = split //, $point{$country} // ' ,';
	1 while $thousands ne ' ' && $whole =~ s/^(\d+)(\d{3})/$1$thousands$2/;
	my ($year, $month, $day) = split /-/, $due;
	my $date = $country eq 'SE' ? $due : $country eq 'GB' ? ($day + 0) . (split / /, $words{GB})[ $month - 1 ] . $year : $country eq 'FI' ? ($day + 0) . '.' . ($month + 0) . ".$year" : "$day.$month.$year";
	$read++;
	for my $value ($number, "$whole$point$minor", $reference, $date)
	{
		next if $text =~ /\Q$value\E/;
		$wrong++;
		diag("$number: no $value in: $text");
	}
	$wrong++ if $proven ne '{number,payable_amount,payment_reference,due_date}';
}
is($read, 2 * @country * $each, 'all of them are read once more');
is($wrong, 0, 'and say what the database calls proven');

# a document whose bytes said something else would be noticed by this test: a figure of the amount changed in the row
sql("UPDATE mailroom.invoice SET payable_amount = payable_amount + 1 WHERE invoice_number = 'P1-NO-3'");
is(sql("SELECT invoice_number || ' ' || changed::text FROM mailroom.document_proof WHERE NOT is_proven"), 'P1-NO-3 {payable_amount}', 'an invoice that changes afterwards is no longer proven');
done_testing();
