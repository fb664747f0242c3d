# 506_barcodes: QR, DataMatrix and Interleaved 2 of 5 of templates are read back from rasterised pages.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use Encode qw(encode_utf8 decode_utf8);
use Test::More;

my $folder = $PostgreSQL::Test::Utils::tmp_check;
my $node = mailroom_node('barcodes', preload => 0);

sub sql { return $node->safe_psql('postgres', $_[0]); }
sub installed
{
	my ($program) = @_;
	return 1 if grep { -x "$_/$program" } split /:/, $ENV{PATH};
	diag("SKIPPED: $program is not installed");
	return 0;
}
my %have = map { $_ => installed($_) } qw(qpdf pdftoppm zbarimg dmtxread);

sql(q{
SELECT mailroom.create_issuer('Oy Żółty Testi Ab', 'FI', 'Europe/Helsinki', 'EUR');
SELECT mailroom.create_issuer('Żółty Żuraw Spółka Akcyjna', 'PL', 'Europe/Warsaw', 'PLN');
UPDATE mailroom.issuer SET payee_account = CASE country WHEN 'FI' THEN 'FI3715903000000776' ELSE 'PL33375365863220474193408363' END,
	vat_id = CASE country WHEN 'FI' THEN 'FI01120389' ELSE 'PL5214349636' END;
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date,
		buyer_name, buyer_country, payment_reference, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
	SELECT i, 'file', 'accepted', 'S', '\x00', number, '2026-11-01', '380', currency, '2026-11-30', 'Kunde', country, reference, payable, 0, payable, payable, 0, now()
	FROM (VALUES (1, 'FI-1', 'EUR', 'FI', 'RF9811112', 1234.5), (1, 'FI-2', 'EUR', 'FI', '11112', 9.99), (1, 'FI-3', 'SEK', 'FI', '11113', 1),
		(1, 'FI-4', 'EUR', 'FI', '11113', 1), (2, 'FV 1/11/2026', 'PLN', 'PL', NULL, 273.4), (2, 'FV 2/11/2026', 'PLN', 'PL', NULL, 12345.67)) AS v (i, number, currency, country, reference, payable);
});

# preview(invoice number, blocks): the page as a file
sub preview
{
	my ($number, $blocks) = @_;
	my $hex = sql("SELECT encode(mailroom.preview_template(issuer_id, \$t\$<template name=\"t\" top=\"20\"><flow>$blocks</flow></template>\$t\$, invoice_id), 'hex')"
		. " FROM mailroom.invoice WHERE invoice_number = '$number'");
	open(my $out, '>', "$folder/symbol.pdf") or die "$!";
	binmode $out;
	print $out pack('H*', $hex);
	close $out;
	return "$folder/symbol.pdf";
}

# pages(file): the names of its pages as pictures
sub pages
{
	my ($file) = @_;
	unlink glob("$folder/symbol-*");
	system('pdftoppm', '-r', '300', '-gray', '-png', $file, "$folder/symbol") == 0 or die 'pdftoppm failed';
	return sort glob("$folder/symbol-*");
}

# read_page(file, symbology): what zbar finds, a line each
sub read_page
{
	my ($file, $symbology) = @_;
	# a QR code's bytes as they are: the reader would guess at an encoding
	my $bytes = $symbology eq 'qrcode' ? '-Sbinary' : '';
	my $said = join "\n", map { my $read = `zbarimg -q --raw -Sdisable -S$symbology.enable $bytes $_ 2>/dev/null`; chomp $read; $read } pages($file);
	$said =~ s/\s+$//;
	return $said;
}

SKIP:
{
	skip 'pdftoppm or zbarimg', 1 unless $have{pdftoppm} && $have{zbarimg};
	for my $draw (qw(mask rectangles))
	{
		is(read_page(preview('FI-1', "<qr kind=\"epc\" draw=\"$draw\"/>"), 'qrcode'),
			sql(q{SELECT mailroom.make_epc_code('Oy Żółty Testi Ab', 'FI3715903000000776', 1234.5, reference => 'RF9811112')}), "European payment as $draw");
		is(read_page(preview('FI-1', join '<pagebreak/>', map { "<qr value=\"HTTPS://EXAMPLE.ORG/{{number}}/$_\" level=\"$_\" width=\"20\" align=\"right\" draw=\"$draw\"/>" } qw(L M Q H)), 'qrcode'),
			join("\n", map { "HTTPS://EXAMPLE.ORG/FI-1/$_" } qw(L M Q H)), "all levels as $draw");
	}
	is(read_page(preview('FI-2', '<qr kind="epc"/>'), 'qrcode'),
		sql(q{SELECT mailroom.make_epc_code('Oy Żółty Testi Ab', 'FI3715903000000776', 9.99, message => '11112')}), 'a national reference goes into the message');
	is(read_page(preview('FV 1/11/2026', '<qr kind="pl-2d"/>'), 'qrcode'),
		sql(q{SELECT mailroom.make_polish_code('Żółty Żuraw Spółka A', 'PL33375365863220474193408363', 273.4, 'FV 1/11/2026', '5214349636')}), 'Polish 2D code');
	is(read_page(preview('FV 2/11/2026', '<qr kind="pl-2d" value="Faktura {{number}}"/>'), 'qrcode'),
		sql(q{SELECT mailroom.make_polish_code('Żółty Żuraw Spółka A', 'PL33375365863220474193408363', NULL, 'Faktura FV 2/11/2026', '5214349636')}), 'an amount that does not fit is left to the payer');
	is(read_page(preview('FI-1', '<barcode kind="fi"/>'), 'code128'),
		sql(q{SELECT mailroom.make_finnish_barcode('FI3715903000000776', 'RF9811112', 1234.5, '2026-11-30')}), 'Finnish bar code');
	is(read_page(preview('FI-1', '<barcode type="itf" value="0012345678"/>'), 'i25'), '0012345678', 'Interleaved 2 of 5');
	is(read_page(preview('FI-1', '<barcode value="{{number}}"/>'), 'code128'), 'FI-1', 'Code 128 as before');
}
SKIP:
{
	skip 'pdftoppm or dmtxread', 1 unless $have{pdftoppm} && $have{dmtxread};
	for my $draw (qw(mask rectangles))
	{
		my ($page) = pages(preview('FI-1', "<barcode type=\"datamatrix\" width=\"12\" value=\"{{number}} Kunde 0123456789\" draw=\"$draw\"/>"));
		my $said = `dmtxread -N1 -m20000 $page`;
		is($said, 'FI-1 Kunde 0123456789', "DataMatrix as $draw");
		($page) = pages(preview('FI-1', "<barcode type=\"datamatrix\" shape=\"rectangle\" width=\"24\" value=\"{{number}} Kunde 01234567\" draw=\"$draw\"/>"));
		$said = `dmtxread -N1 -m20000 $page`;
		is($said, 'FI-1 Kunde 01234567', "a rectangle as $draw");
	}
}

# An image mask costs less than rectangles, in the file as it is stored.
my %bytes = map { $_ => -s preview('FI-1', "<qr kind=\"epc\" draw=\"$_\"/>") } qw(mask rectangles);
cmp_ok($bytes{mask} + 500, '<', $bytes{rectangles}, "a mask is smaller ($bytes{mask} and $bytes{rectangles} bytes)");
SKIP:
{
	skip 'qpdf', 1 unless $have{qpdf};
	my $said = `qpdf --check $folder/symbol.pdf 2>&1`;
	is($?, 0, 'qpdf finds no fault') or diag $said;
}

# What cannot be drawn is refused, and nothing is drawn instead.
my @refused = (
	[ 'FI-3', '<qr kind="epc"/>', qr/does not exist for the currency "SEK"/ ],
	[ 'FI-4', '<barcode kind="fi"/>', qr/no payment code \(bad_check_digit\)/ ],
	[ 'FI-1', '<qr kind="epc" value="' . 'x' x 141 . '"/>', qr/no payment code \(too_long\)/ ],
	[ 'FI-1', '<qr kind="epc" width="8"/>', qr/too fine to read/ ],
	[ 'FI-1', '<barcode type="itf" value="123"/>', qr/even number of digits/ ],
	[ 'FI-1', '<barcode type="itf" width="10" value="12345678"/>', qr/wider than its place/ ],
	[ 'FI-1', '<barcode type="datamatrix" value="' . 'y' x 2400 . '"/>', qr/too long for a DataMatrix/ ],
	[ 'FI-1', '<qr value="' . 'y' x 3000 . '"/>', qr/too long for a QR code/ ],
	[ 'FI-1', '<barcode type="code39" value="1"/>', qr/attribute type cannot be "code39"/ ],
	[ 'FI-1', '<qr type="qr" value="1"/>', qr/no attribute "type"/ ],
);
for my $case (@refused)
{
	my ($number, $blocks, $want) = @$case;
	my ($code, $out, $error) = $node->psql('postgres', "\\set VERBOSITY verbose\nSELECT mailroom.preview_template(issuer_id, \$t\$<template name=\"t\" top=\"20\"><flow>$blocks</flow></template>\$t\$, invoice_id) FROM mailroom.invoice WHERE invoice_number = '$number'");
	like($error, $want, substr($blocks, 0, 60));
	like($error, qr/MR006/, 'as a fault of the template');
}
$node->stop;
done_testing();
