# 500_documents: what is rendered opens without complaint, says what was meant, and its bar codes decode.  Each program
# that is not installed is named and its checks are skipped.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use Encode qw(decode_utf8 encode_utf8);
use PostgreSQL::Test::Utils;
use Test::More;

sub installed
{
	my ($program) = @_;
	for my $folder (split /:/, $ENV{PATH})
	{
		return 1 if -x "$folder/$program";
	}
	diag("SKIPPED: $program is not installed");
	return 0;
}
my %have = map { $_ => installed($_) } qw(qpdf pdfinfo pdffonts pdftotext pdftoppm mutool zbarimg);
my $folder = $PostgreSQL::Test::Utils::tmp_check;
my $node = mailroom_node('documents', preload => 0);

sub sql { return $node->safe_psql('postgres', encode_utf8($_[0])); }

# render(number): writes the preview to a file
sub render
{
	my ($number) = @_;
	my $hex = sql("SELECT encode(mailroom.render_invoice(1, invoice_id), 'hex') FROM mailroom.invoice WHERE invoice_number = '$number'");
	my $file = "$folder/$number.pdf";
	open(my $out, '>:raw', $file) or die "could not write $file: $!";
	print $out pack('H*', $hex);
	close($out);
	return $file;
}

sub text_of
{
	my ($file) = @_;
	my $text = decode_utf8(scalar `pdftotext -layout '$file' -`);
	$text =~ s/\x{A0}/ /g;
	return $text;
}

sub judge
{
	my ($name, $file) = @_;
	if ($have{qpdf})
	{
		my $said = `qpdf --check '$file' 2>&1`;
		is($?, 0, "$name: qpdf has nothing to say") or diag($said);
	}
	if ($have{pdfinfo})
	{
		my $said = `pdfinfo '$file' 2>&1 >/dev/null`;
		is($said, '', "$name: nor has poppler");
	}
	if ($have{pdffonts})
	{
		my $said = `pdffonts '$file' 2>&1`;
		unlike($said, qr/Error|Warning/, "$name: nor about the fonts");
		is(scalar(() = $said =~ /^MAILRM\+\S+ +CID TrueType +Identity-H +yes yes yes/mg), 2, "$name: both fonts are embedded subsets with a text map");
	}
	if ($have{mutool})
	{
		my $said = `mutool draw -q -F trace -o /dev/null '$file' 2>&1`;
		$said =~ s/^warning: ICC support is not available\n//mg; # how Debian builds it
		is($said, '', "$name: nor has mutool");
	}
}

sub has_text
{
	my ($name, $file, @wanted) = @_;
	return if !$have{pdftotext};
	my $text = text_of($file);
	for my $want (@wanted)
	{
		ok(index($text, $want) >= 0, "$name: text \"" . encode_utf8($want) . '"') or diag(encode_utf8($text));
	}
}

sub bar_code
{
	my ($name, $file, $want) = @_;
	return if !$have{zbarimg} || !$have{pdftoppm};
	my $image = "$folder/page";
	unlink glob("$image*");
	system('pdftoppm', '-r', '300', '-gray', $file, $image) == 0 or die 'pdftoppm failed';
	my $said = `zbarimg -q --raw -Sdisable -Scode128.enable $image* 2>/dev/null`;
	$said =~ s/\s+$//;
	is($said, $want, "$name: bar code");
}

sql(q{
SELECT mailroom.create_issuer('Nordkraft Kort AS', 'NO', 'Europe/Oslo', 'NOK');
UPDATE mailroom.issuer SET street = 'Havnegata 1', postcode = '0150', city = 'OSLO', registration_no = '987654321',
	vat_id = 'NO987654321MVA', payee_account = '15030012345';
INSERT INTO mailroom.party (issuer_id, customer_no, name, street, postcode, city, country)
	VALUES (1, 'L-1', 'Bergingshjelp Søndre AS', 'Verkstedveien 3', '4626', 'KRISTIANSAND S', 'NO');
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date,
		seller_name, buyer_name, buyer_no, buyer_street, buyer_city, buyer_postcode, buyer_country, payment_reference,
		line_total, net_total, tax_total, gross_total, payable_amount, line_count, recipient_party_id, payee_account, received_at)
	SELECT 1, 'file', 'accepted', 'S', '\x00', v.number, '2026-11-01', v.type, v.currency, '2026-11-21', 'Nordkraft Kort AS', v.buyer, 'K-77',
		v.street, v.city, v.postcode, v.country, v.reference, 1234.5, 1234.5, 308.63, 1543.13, 1543.13, v.lines, v.recipient, v.account, now()
	FROM (VALUES
		('NO-1', '380', 'NOK', 'Åse Ærlig Østgård', 'Ørneveien 1', 'ÅLESUND', '6002', 'NO', '000000000012344', 3, NULL::bigint, NULL),
		('SE-1', '380', 'SEK', 'Göran Öberg Åkeri AB', 'Älvgatan 2', 'ÄLMHULT', '34330', 'SE', '1234567897', 3, NULL, '123-4566'),
		('PL-1', '380', 'EUR', 'Zażółć Gęślą Jaźń Sp. z o.o.', 'ul. Łódzka 5', 'KRAKÓW', '30-002', 'PL', 'RF18539007547034', 3, NULL, 'NO9386011117947'),
		('RO-1', '380', 'EUR', 'Țuțea și Șerban Transport SRL', 'Str. Mărășești 7', 'IAȘI', '700001', 'RO', 'RF18539007547034', 3, NULL, 'NO9386011117947'),
		('CN-1', '381', 'NOK', 'Kreditkunde AS', 'Gata 1', 'OSLO', '0150', 'NO', '000000000012344', 2, NULL, NULL),
		('SB-1', '389', 'NOK', 'Nordkraft Kort AS', 'Havnegata 1', 'OSLO', '0150', 'NO', NULL, 2, 1, '86011117947'),
		('LONG-1', '380', 'NOK', 'Langlinjer AS', 'Gata 1', 'OSLO', '0150', 'NO', '000000000012344', 130, NULL, NULL),
		('NAME-1', '380', 'NOK', 'Aksjeselskapet for internasjonal befrakting, skipsmegling og havneservice i Nordsjøen og Norskehavet avdeling Nord',
			'En ganske lang gateadresse med oppgang og etasje og dørnummer 1234 B', 'TRONDHEIM', '7012', 'NO', '000000000012344', 4, NULL, NULL),
		('ZERO-1', '380', 'NOK', 'Tom AS', 'Gata 1', 'OSLO', '0150', 'NO', NULL, 0, NULL, NULL)
		) AS v (number, type, currency, buyer, street, city, postcode, country, reference, lines, recipient, account);
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, quantity, unit_code, net_amount, price, tax_rate, item_name, item_description)
	SELECT 1, invoice_id, l, 92.35, 'LTR', 1843.26, 19.959, 25,
		CASE WHEN invoice_number = 'NAME-1' THEN repeat('Kombinasjonsprodukt ', 12) || repeat('x', 120) ELSE 'Vare nummer ' || l END,
		CASE WHEN l = 2 THEN 'Stasjon Sørlandsparken' END
	FROM mailroom.invoice, generate_series(1, line_count) AS l;
INSERT INTO mailroom.invoice_tax (issuer_id, invoice_id, tax_no, category, rate, taxable_amount, tax_amount)
	SELECT 1, invoice_id, 1, 'S', 25, 1234.5, 308.63 FROM mailroom.invoice;
});

my $file = render('NO-1');
judge('Norwegian', $file);
has_text('Norwegian', $file, 'Faktura', 'Åse Ærlig Østgård', 'Ørneveien 1', '6002 ÅLESUND', '21.11.2026', '1 543,13', 'KID', '00000 00000 12344', '1503 00 12345', 'Side 1 av 1');
bar_code('Norwegian', $file, '000000000012344');
ok(-s $file < 45_000, 'a document of one page is under 45 KB');

$file = render('SE-1');
judge('Swedish', $file);
has_text('Swedish', $file, 'Göran Öberg Åkeri AB', '343 30 ÄLMHULT', 'SWEDEN', '2026-11-21', 'OCR-nummer', 'Att betala');
bar_code('Swedish', $file, '1234567897');

$file = render('PL-1');
judge('Polish', $file);
has_text('Polish', $file, 'Zażółć Gęślą Jaźń Sp. z o.o.', 'ul. Łódzka 5', 'Do zapłaty', 'RF18 5390 0754 7034', 'NO93 8601 1117 947');
bar_code('Polish', $file, 'RF18539007547034');

$file = render('RO-1');
judge('Romanian', $file);
has_text('Romanian', $file, 'Țuțea și Șerban Transport SRL', 'Mărășești', 'De plată', '1.543,13');

$file = render('CN-1');
judge('credit note', $file);
has_text('credit note', $file, 'Kreditnota', 'Skal ikke betales');
unlike(text_of($file), qr/Kontonummer/, 'a credit note has no payment part') if $have{pdftotext};
bar_code('credit note', $file, '');

$file = render('SB-1');
judge('self-billed', $file);
has_text('self-billed', $file, 'Selvfakturering: utstedt av kjøper', 'Bergingshjelp Søndre AS', 'KRISTIANSAND S', 'utbetales til konto 8601 11 17947');

$file = render('LONG-1');
judge('many pages', $file);
if ($have{pdftotext})
{
	my @pages = split /\f/, text_of($file);
	cmp_ok(scalar @pages, '>', 3, 'many lines take several pages');
	is(scalar(grep { /Beskrivelse +Antall +Pris/ } @pages), scalar @pages, 'the head of the table is repeated');
	is(scalar(grep { /Side \d+ av @{[scalar @pages]}/ } @pages), scalar @pages, 'page x of y');
	my $all = join('', @pages);
	is(scalar(grep { $all =~ /Vare nummer $_ / } 1 .. 130), 130, 'no line is lost');
	like($pages[-1], qr/Vare nummer 130.*Sum inkl. mva.*Betales til/s, 'totals are not alone and the payment part is on the last page');
	unlike(join('', @pages[0 .. $#pages - 1]), qr/Betales til/, 'and only there');
}
bar_code('many pages', $file, '000000000012344');

$file = render('NAME-1');
judge('long names', $file);
if ($have{pdftotext})
{
	# words of the description stay left of the figures: their boxes end before the column of quantities starts
	my $words = decode_utf8(scalar `pdftotext -bbox '$file' -`);
	my ($page) = $words =~ /<page width="595[^>]*>(.*?)<\/page>/s;
	my @wide = grep { $_ > 300 } map { /xMax="([\d.]+)"[^>]*>Kombinasjonsprodukt/ ? $1 : () } split /\n/, $page;
	is(scalar @wide, 0, 'long item names are wrapped within their column');
	my @address = map { /xMin="([\d.]+)".*xMax="([\d.]+)".*>(?:befrakting,|gateadresse)/ && $1 < 298 ? $2 : () } split /\n/, $page;
	is(scalar(grep { $_ > 298 } @address), 0, 'the address stays in its window');
	is(scalar(() = $words =~ /x{30,}/g) > 0, 1, 'a word that is too long is broken, not lost');
}

$file = render('ZERO-1');
judge('no lines', $file);
bar_code('no lines', $file, '');

# numbers of 0 to 4 decimals: their decimal marks stand below each other, so each digit more ends one digit's width further right
sql("UPDATE mailroom.invoice_line SET quantity = (ARRAY[3, 2.5, 1200.125])[line_no % 3 + 1], price = (ARRAY[52.2, 15.985, 16.0814])[line_no % 3 + 1]
	WHERE invoice_id = (SELECT invoice_id FROM mailroom.invoice WHERE invoice_number = 'NAME-1')");
sub check_decimal_marks
{
	my ($name, $file) = @_;
	return unless $have{pdftotext};
	my (%quantity, %price);
	for (split /\n/, decode_utf8(scalar `pdftotext -bbox '$file' -`))
	{
		next unless /xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</ && $2 > 280 && $2 < 600;
		my ($end, $text) = ($1, $3);
		$quantity{$end}{ $1 } = 1 if $text =~ /^(3|2,5|200,125)$/ && $end < 340;
		$price{$end}{ $1 } = 1 if $text =~ /^(52,20|15,985|16,0814)$/;
	}
	my @ends = sort { $a <=> $b } keys %quantity;
	is(join(' ', map { join '/', keys %{ $quantity{$_} } } @ends), '3 2,5 200,125', "$name: quantities end by their decimals");
	my @steps = map { $ends[ $_ + 1 ] - $ends[$_] } 0 .. $#ends - 1;
	ok(@steps == 2 && $steps[0] > 6 && abs($steps[1] / 2 - $steps[0] / 1.5) < 0.05, "$name: a mark and a digit, and two digits, apart") or diag("@steps");
	my $digit = ($steps[1] // 0) / 2;
	@ends = sort { $a <=> $b } keys %price;
	is(join(' ', map { join '/', keys %{ $price{$_} } } @ends), '52,20 15,985 16,0814', "$name: so do prices");
	ok(@ends == 3 && abs($ends[1] - $ends[0] - $digit) < 0.05 && abs($ends[2] - $ends[1] - $digit) < 0.05, "$name: a digit apart") or diag("@ends");
}
check_decimal_marks('house layout', render('NAME-1'));

# the same by the shipped template
open(my $in, '<:encoding(UTF-8)', "$FindBin::Bin/../../data/template/invoice.xml") or die 'no template';
my $source = do { local $/; <$in> };
close($in);
is(sql("SELECT mailroom.publish_template(1, 'invoice', \$t\$$source\$t\$, NULL, (SELECT invoice_id FROM mailroom.invoice WHERE invoice_number = 'NO-1'))"),
	'1', 'the shipped template is published');
for my $number (qw(NO-1 SE-1 PL-1 RO-1 CN-1 SB-1 LONG-1 NAME-1 ZERO-1))
{
	judge("template, $number", render($number));
}
has_text('template', render('NO-1'), 'Åse Ærlig Østgård', '6002 ÅLESUND', '1 543,13', '00000 00000 12344', '1503 00 12345', 'Side 1 av 1', 'Takk for at du er kunde');
has_text('template, Swedish', render('SE-1'), 'Göran Öberg Åkeri AB', '343 30 ÄLMHULT', 'SWEDEN', 'Tack för att');
bar_code('template', render('NO-1'), '000000000012344');
$file = render('LONG-1');
bar_code('template, many pages', $file, '000000000012344');
if ($have{pdftotext})
{
	my @pages = split /\f/, text_of($file);
	is(scalar(grep { /Beskrivelse +Antall +Pris/ } @pages), scalar @pages, 'template: the head of the table is repeated');
	my $all = join('', @pages);
	is(scalar(grep { $all =~ /Vare nummer $_ / } 1 .. 130), 130, 'template: no line is lost');
	like($pages[-1], qr/Vare nummer 130.*Sum inkl. mva.*Betales til/s, 'template: totals are not alone');
}
check_decimal_marks('template', render('NAME-1'));
# a change in the template is a change on the page
$source =~ s/Takk for at du er kunde hos oss/Kjør forsiktig/;
sql("SELECT mailroom.publish_template(1, 'invoice', \$t\$$source\$t\$)");
has_text('changed template', render('NO-1'), 'Kjør forsiktig');

$node->stop;
done_testing();
