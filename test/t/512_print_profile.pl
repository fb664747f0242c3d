# 512_print_profile: another eye looks at the zones: pages of random templates that a print profile let pass are rasterised, and
# there is no ink in its zones; most of those it refused have ink there when nobody checks.  The shipped layouts fit the
# Norwegian window with a play of 3 mm, and their addresses of six lines do.
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

if (!installed('pdftoppm'))
{
	diag('SKIPPED: pdftoppm is not installed');
	plan skip_all => 'pdftoppm is not installed';
}
my $node = mailroom_node('zones', preload => 0);
sub sql { return decode_utf8($node->safe_psql('postgres', encode_utf8($_[0]))); }

sql(q{
SELECT mailroom.create_issuer('Sone AS', 'NO', 'Europe/Oslo', 'NOK');
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, due_date, type_code, currency, payment_reference,
		buyer_name, buyer_country, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
	VALUES (1, 'file', 'accepted', 'S', '\x00', 'Z-1', '2026-11-01', '2026-12-01', '380', 'NOK', '1234567897', 'Kunde', 'NO', 1000, 250, 1250, 1250, 0, now());
SELECT mailroom.add_print_profile(1, 'postel');
INSERT INTO mailroom.print_profile_zone (issuer_id, profile, name, kind, x_mm, y_mm, width_mm, height_mm) VALUES (1, 'postel', 'in the middle', 'free', 80, 120, 60, 40);
CREATE FUNCTION seen(source text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN 'made ' || encode(mailroom.preview_template(1, $1, (SELECT invoice_id FROM mailroom.invoice)), 'hex');
EXCEPTION WHEN SQLSTATE 'MR006' THEN
	RETURN SQLERRM;
END $$;
});

my @zones = ([ 0, 0, 15, 297 ], [ 195, 0, 15, 297 ], [ 0, 0, 210, 15 ], [ 0, 282, 210, 15 ], [ 80, 120, 60, 40 ]);
my $dots = 100 / 25.4;

# how many dots of a zone have ink, a quarter of a millimetre from its edges inwards
sub ink
{
	my ($file, @places) = @_;
	my $data = `pdftoppm -gray -r 100 -f 1 -l 1 '$file'`;
	my ($width, $height, $pixels) = $data =~ /^P5\s+(\d+)\s+(\d+)\s+255\n(.*)$/s or die 'no picture';
	my $ink = 0;
	for my $zone (@places)
	{
		my ($x, $y, $w, $h) = @$zone;
		my ($left, $right) = map { my $at = int($_ * $dots + 0.5); $at < 0 ? 0 : $at > $width ? $width : $at } $x + 0.25, $x + $w - 0.25;
		for my $row (int(($y + 0.25) * $dots + 0.5) .. int(($y + $h - 0.25) * $dots + 0.5) - 1)
		{
			next if $row < 0 || $row >= $height;
			my $line = substr($pixels, $row * $width + $left, $right - $left);
			$ink += $line =~ tr/\x00-\xC0//;
		}
	}
	return $ink;
}

srand(20261122);
sub any { return int(rand($_[0])); }
sub block
{
	my $at = 'x="' . any(60) . '" width="' . (10 + any(90)) . '"';
	my @kinds = (
		"<text $at size=\"" . (6 + any(14)) . '">Prøvetekst ' . ('ord ' x any(12)) . '</text>',
		"<text $at align=\"right\">1 234,50</text>",
		"<total $at label=\"Sum\" value=\"{{payable_amount}}\"/>",
		"<rule $at height=\"" . any(3) . '"/>',
		'<barcode x="' . any(60) . '" value="{{payment_reference}}"/>',
		'<qr width="' . (22 + any(15)) . '" align="' . (qw(left right centre))[ any(3) ] . '" value="{{number}}"/>',
		'<space height="' . any(60) . '"/>');
	return $kinds[ any(scalar @kinds) ];
}

my (%count, @dirty, $refused_with_ink);
for my $turn (1 .. 90)
{
	my $source = '<template name="t" proof="none"><zone x="' . any(120) . '" y="' . any(260) . '" width="' . (20 + any(70)) . '">' . block() . '</zone><flow x="' . (8 + any(20)) . '" width="'
		. (100 + any(60)) . '">' . join('', map { block() } 1 .. 3) . '</flow></template>';
	sql("SELECT mailroom.use_print_profile(1, 'postel')");
	my $said = sql("SELECT seen(\$t\$$source\$t\$)");
	if ($said =~ /^made (.*)/)
	{
		$count{made}++;
		push @dirty, $source if ink(pdf_file("zone-$turn", pack('H*', $1)), @zones);
	}
	elsif ($said =~ /stands in zone/)
	{
		$count{refused}++;
		sql('SELECT mailroom.use_print_profile(1, NULL)');
		$said = sql("SELECT seen(\$t\$$source\$t\$)");
		$refused_with_ink++ if $said =~ /^made (.*)/ && ink(pdf_file("zone-$turn", pack('H*', $1)), @zones);
	}
	else { $count{other}++; }
}
note(join ', ', map { "$_ $count{$_}" } sort keys %count);
cmp_ok($count{made}, '>', 10, 'some pages pass');
is(scalar @dirty, 0, 'and have no ink in any zone') or diag(join "\n", @dirty);
cmp_ok($count{refused}, '>', 10, 'some are refused');
cmp_ok($refused_with_ink / $count{refused}, '>', 0.9, 'because there is ink, but for boxes that are larger than theirs');

# the window of norway-c5, 105 by 35 mm at 15, 44: with a play of 3 mm there is no ink from 3 mm inside its edge to 3 mm outside
my @edge = ([ 12, 41, 111, 6 ], [ 12, 76, 111, 6 ], [ 12, 47, 6, 29 ], [ 117, 47, 6, 29 ]);
my @long = ('Internationale Speditions- und Lagerhausgesellschaft f\x{fc}r temperaturgef\x{fc}hrte G\x{fc}ter Nord mbH & Co. KG', 'Am Containerterminal Altenwerder 1, Tor 4', 'Geb\x{e4}ude C', '21129', 'Hamburg', 'DE');
sql("UPDATE mailroom.issuer SET name = 'Energia Odnawialna Wybrze\x{17c}e i Pomorze Zachodnie sp. z o.o.', street = 'Havnegata 14', postcode = '7010', city = 'Trondheim', payee_account = '86011117947'");
sql("UPDATE mailroom.invoice SET buyer_name = '$long[0]', buyer_street = '$long[1]', buyer_street_2 = '$long[2]', buyer_postcode = '$long[3]', buyer_city = '$long[4]', buyer_country = '$long[5]', buyer_no = '100482',
		buyer_reference = 'Abteilung 14, Frau Beispiel', order_reference = 'PO-2026-114482', preceding_invoice = 'F-2026-0917', period_start = '2026-10-01', period_end = '2026-10-31', buyer_vat_id = 'DE136695976',
		payee_account = '86011117947', payment_reference = '100482000123457'");
sql(q{SELECT mailroom.add_print_profile(1, 'norway-c5'); SELECT mailroom.use_print_profile(1, 'norway-c5')});
sub shipped
{
	my ($name) = @_;
	return sql(q{SELECT 'made ' || encode(mailroom.render_invoice(1, (SELECT invoice_id FROM mailroom.invoice)), 'hex')}) if $name eq 'own';
	my $source = decode_utf8(slurp_file("$FindBin::Bin/../../data/template/$name.xml"));
	return sql("SELECT seen(\$t\$$source\$t\$)");
}
for my $name ('own', qw(invoice payment-slip fuel-card utility self-billing))
{
	sql("SELECT mailroom.set_document_data(1, invoice_id, '{\"meter\": {\"id\": \"1\", \"address\": \"\", \"from\": 1, \"to\": 2, \"used\": 1}, \"used\": 1, \"last_year\": 2, \"change\": \"less\", \"change_percent\": 1, \"consumption\": [{\"month\": \"2026-10\", \"kwh\": 1, \"last_year\": 2}]}') FROM mailroom.invoice")
		if $name eq 'utility';
	sql("UPDATE mailroom.print_profile_zone SET play_mm = 3 WHERE profile = 'norway-c5'");
	my ($made) = shipped($name) =~ /^made (.*)/;
	my $file = defined $made && pdf_file("window-$name", pack('H*', $made));
	is($file && ink($file, @edge), 0, "$name: nothing at the window's edge, 3 mm each way");
	my $lines = () = decode_utf8(scalar `pdftotext -layout -x 40 -y 130 -W 295 -H 90 '$file' -`) =~ /\S[^\n]*\n/g;
	is($lines, 7, "$name: sender and six lines of address in it");
	next if $name eq 'own';
	sql("UPDATE mailroom.print_profile_zone SET play_mm = 5.5 WHERE profile = 'norway-c5'");
	like(shipped($name), qr/window/, "$name: more play than it has is noticed");
}
done_testing();
