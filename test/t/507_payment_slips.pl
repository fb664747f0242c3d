# 507_payment_slips: Norwegian and Swedish slips, read back from the page: every character of the code line in its place to a tenth
# of a millimetre, in OCR-B, and nothing else in the zone that is kept for the reader; the same in a print file.
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

if (!installed('pdftotext') || !installed('pdftoppm'))
{
	plan skip_all => 'poppler-utils are not installed';
}
my $folder = $PostgreSQL::Test::Utils::tmp_check;
my $node = mailroom_node('slips', preload => 0);
my $MM = 72 / 25.4;

sub sql { return decode_utf8($node->safe_psql('postgres', encode_utf8($_[0]))); }

sql(q{
SELECT mailroom.create_issuer('Lysverket AS', 'NO', 'Europe/Oslo', 'NOK');
SELECT mailroom.create_issuer('Norrsken Energi AB', 'SE', 'Europe/Stockholm', 'SEK');
UPDATE mailroom.issuer SET street = 'Elvegata 3', postcode = '0484', city = 'Oslo', payee_account = CASE country WHEN 'NO' THEN 'NO9386011117947' ELSE '5050-1055' END;
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date, payee_account,
		buyer_name, buyer_no, buyer_street, buyer_postcode, buyer_city, buyer_country, payment_reference, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
	SELECT i, 'file', 'accepted', 'S', '\x00', number, '2026-11-02', type_code, CASE i WHEN 1 THEN 'NOK' ELSE 'SEK' END, '2026-11-23', account,
		'Åse Ærlig', '100482', 'Østre Rosten 84', '7075', 'Tiller', 'NO', reference, payable, 0, payable, payable, 0, now()
	FROM (VALUES (1, 'NO-1', '380', NULL, '123456782', 1543.13), (1, 'NO-BIG', '380', NULL, '1234567890123456789012340', 99999999.99), (1, 'NO-KID11', '380', '86011117947', '036536-', 0.05),
		(1, 'NO-CREDIT', '381', NULL, '123456782', -100), (1, 'NO-ZERO', '380', NULL, '123456782', 0), (1, 'NO-NEGATIVE', '380', NULL, '123456782', -5),
		(2, 'SE-1', '380', NULL, '25042950342', 14471.00), (2, 'SE-PG', '380', '28 65 43-4', '1230', 0.07), (2, 'SE-BIG', '380', '5402-9681', '1234567890123456789012340', 12345678.90))
		AS v (i, number, type_code, account, reference, payable);
});

# page(number, giro, flow): the page of an invoice as a file
my $made = 0;
sub page
{
	my ($number, $giro, $flow, $zones, $profile) = @_;
	$flow //= '<text>x</text>';
	my $source = "<template name=\"t\" top=\"20\" next-top=\"20\" bottom=\"280\"><flow>$flow</flow>" . ($zones // '') . "$giro</template>";
	return pdf_file('slip-' . ++$made, pack('H*', sql("SELECT encode(mailroom.preview_template(issuer_id, \$t\$$source\$t\$, invoice_id), 'hex') FROM mailroom.invoice WHERE invoice_number = '$number'")));
}

# words of the last page: [text, left, top, right, bottom] in points
sub words
{
	my ($file) = @_;
	my @pages;
	for my $line (split /\n/, decode_utf8(scalar `pdftotext -bbox '$file' - 2>&1`))
	{
		push @pages, [] if $line =~ /<page /;
		next unless $line =~ m{<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*)</word>};
		my @word = ($5, $1, $2, $3, $4);
		$word[0] =~ s/&lt;/</g;
		$word[0] =~ s/&gt;/>/g;
		push @{ $pages[-1] }, \@word;
	}
	return @pages;
}

# what stands on the code line: the words by place, as text=left edge in millimetres; and all else in the zone
sub code_line
{
	my ($words, $baseline, $from, $to) = @_;
	my (@line, @others);
	for my $word (@$words)
	{
		my $up = (841.89 - $word->[4]) / $MM; # of a face without descenders: the base line
		if (abs($up - $baseline) < 0.2 && $word->[4] - $word->[2] < 8.5 && abs($word->[3] - $word->[1] - 7.2 * length($word->[0])) < 0.1) { push @line, $word; }
		elsif ((841.89 - $word->[2]) / $MM > $from && (841.89 - $word->[4]) / $MM < $to) { push @others, $word->[0]; }
	}
	return (join(' ', map { sprintf('%s@%.2f', $_->[0], $_->[1] / $MM) } sort { $a->[1] <=> $b->[1] } @line), join(' ', @others));
}

# rows of a rasterised page that hold ink between two heights in millimetres, from left to right millimetres
sub inked
{
	my ($file, $from, $to, $left, $right) = @_;
	unlink glob("$folder/raster*");
	system('pdftoppm', '-r', '254', '-gray', '-singlefile', $file, "$folder/raster") == 0 or die 'pdftoppm failed';
	open(my $in, '<:raw', "$folder/raster.pgm") or die "$!";
	local $/;
	my ($width, $height, $pixels) = <$in> =~ /^P5\s+(\d+)\s+(\d+)\s+255\s(.*)$/s or die 'no picture';
	my @rows = grep { substr($pixels, $_ * $width + $left * 10, ($right - $left) * 10) =~ /[\x00-\xC0]/ } $height - int($to * 10) .. $height - int($from * 10) - 1;
	return @rows ? map { ($height - $_) / 10 } @rows[-1, 0] : ();
}

my %norway = (baseline => 21.167, from => 16, to => 29);
my %sweden = (baseline => 17, from => 0, to => 27);

# Norway
{
	my $file = page('NO-1', '<giro country="NO" form="6071840440"/>');
	my @pages = words($file);
	is(scalar @pages, 1, 'a short invoice and its slip are one page');
	my ($line, $others) = code_line($pages[0], @norway{qw(baseline from to)});
	# H 1.7 mm from the edge; KID ends 1 1/2 places (3.81 mm) before the line at 80 mm; two places between kroner and øre and
	# between > and account; check digit in the third of five places between < and >
	is($line, 'H@1.72 123456782@53.33 1543@91.76 13@107.00 <@115.00 1@120.08 >@125.16 8601@132.78 11@145.48 17947@153.10 <6071840440>@172.00', 'the code line stands where F60-1 has it');
	is($others, '', 'nothing else stands in its zone');
	my @ink = inked($file, 16.5, 29, 12, 79);
	cmp_ok($ink[0], '>', 21, 'no ink below the figures of the KID');
	cmp_ok($ink[1], '<', 24.2, 'none above them');
	is_deeply([inked($file, 25, 29.2, 10, 79)], [], 'the rest of the zone is white');
	like(decode_utf8(scalar `pdftotext -layout '$file' -`), qr/Kvittering.*Betal.*8601 11 17947.*1.543,13.*GIRO.*23\.11\.2026.*Åse Ærlig.*Lysverket AS/s, 'what people read is there');
	is(pdf_complaints($file), '', 'no judge complains');
	like(scalar `pdffonts '$file'`, qr/MailroomCodeLine/, 'the face of code lines is embedded');

	is((code_line((words(page('NO-BIG', '<giro country="NO"/>')))[-1], @norway{qw(baseline from to)}))[0],
		'H@1.72 1234567890123456789012340@12.69 99999999@81.60 99@107.00 <@115.00 0@120.08 >@125.16 8601@132.78 11@145.48 17947@153.10', 'the longest KID and the largest amount fill their fields');
	is((code_line((words(page('NO-KID11', '<giro country="NO"/>')))[-1], @norway{qw(baseline from to)}))[0],
		'H@1.72 036536-@58.41 0@99.38 05@107.00 <@115.00 9@120.08 >@125.16 8601@132.78 11@145.48 17947@153.10', 'a KID of modulus 11 ends in its hyphen');
	is((code_line((words(page('NO-1', '<giro country="NO" amount="blank"/>')))[-1], @norway{qw(baseline from to)}))[0],
		'H@1.72 123456782@53.33 <@115.00 >@125.16 8601@132.78 11@145.48 17947@153.10', 'the payer fills the amount in');
	for my $number (qw(NO-CREDIT NO-ZERO NO-NEGATIVE))
	{
		unlike(scalar `pdftotext '${\ page($number, '<giro country="NO"/>')}' -`, qr/GIRO|17947/, "$number has no slip");
	}
	unlike(scalar `pdffonts '${\ page('NO-1', '')}'`, qr/MailroomCodeLine/, 'other documents do not carry the face');
}

# Sweden
{
	my $file = page('SE-1', '<giro country="SE"/>');
	my @pages = words($file);
	my ($line, $others) = code_line($pages[-1], @sweden{qw(baseline from to)});
	# 79 places from the right edge, H three places before
	is($line, 'H@1.72 #@9.34 25042950342@49.98 #@80.46 14471@90.62 00@105.86 7@118.56 >@123.64 50501055#41#@169.36', 'the OCR line stands where Bankgirot has it');
	is($others, '', 'nothing else stands in its zone');
	is_deeply([inked($file, 20.2, 27, 10, 92)], [], 'white above the line');
	is_deeply([inked($file, 0, 16.6, 0, 210)], [], 'white below it');
	is(pdf_complaints($file), '', 'no judge complains');
	is((code_line((words(page('SE-PG', '<giro country="SE"/>')))[-1], @sweden{qw(baseline from to)}))[0],
		'H@1.72 #@9.34 1230@67.76 #@80.46 0@100.78 07@105.86 5@118.56 >@123.64 2865434#14#@171.90', 'plusgiro is told by its hyphen');
	is((code_line((words(page('SE-PG', '<giro country="SE" code="16"/>')))[-1], @sweden{qw(baseline from to)}))[0] =~ /#16#/, 1, 'another type of slip');
	is((code_line((words(page('SE-BIG', '<giro country="SE"/>')))[-1], @sweden{qw(baseline from to)}))[0],
		'H@1.72 #@9.34 1234567890123456789012340@14.42 #12345678@80.46 90@105.86 3@118.56 >@123.64 54029681#41#@169.36', 'the longest reference and a large amount');
	is((code_line((words(page('SE-1', '<giro country="SE" account="991-2346" amount="blank"/>')))[-1], @sweden{qw(baseline from to)}))[0],
		'H@1.72 #@9.34 25042950342@49.98 #@80.46 >@123.64 9912346#41#@171.90', 'an account of its own, amount left blank');
}

# pages
{
	my $foot = '<zone pages="every" x="20" y="283" width="170"><text>FOOT {{page}} {{pages}}</text></zone>';
	my %count = map { $_ => scalar(words(page('NO-1', '<giro country="NO"/>', '<space height="' . $_ . '"/><text>LAST</text>', $foot))) } (100, 130, 150, 250);
	is_deeply(\%count, { 100 => 1, 130 => 1, 150 => 2, 250 => 2 }, 'a page that has no room for the slip gets another');
	my @pages = words(page('NO-1', '<giro country="NO"/>', '<text>A</text><pagebreak/><text>B</text>', $foot));
	my @feet = map { my ($found) = grep { $_->[0] eq 'FOOT' } @$_; $found->[2] / $MM } @pages;
	cmp_ok(abs($feet[0] - $feet[1] - 123), '<', 0.1, 'the foot of the last page stands above the slip');
	is(scalar(grep { grep { $_->[0] eq 'GIRO' } @$_ } @pages), 1, 'one slip');
	# set twice, for no more than some pages are kept
	@pages = words(page('NO-1', '<giro country="NO"/>', '<pagebreak/>' x 150 . '<space height="150"/><text>LAST</text>', $foot));
	is(scalar @pages, 152, 'a long document');
	is(join(' ', grep { my $page = $pages[$_]; grep { $_->[0] eq 'GIRO' } @$page } 0 .. $#pages), '151', 'has its slip on the last page alone');
	@feet = map { my ($found) = grep { $_->[0] eq 'FOOT' } @$_; sprintf('%.0f', $found->[2] / $MM) } @pages;
	is(join(' ', @feet), join(' ', (283) x 151, 160), 'and its feet above the slip there alone');
	for ([ '<zone pages="last" x="20" y="200" width="100"><text>in it</text></zone>', qr/zones of the last page stand in the payment slip, which takes the last 123 mm/ ],
		[ '<zone pages="every" x="20" y="170" width="100"><text>in</text><text>it</text></zone>', qr/zones of every page stand in the payment slip/ ],
		[ '<zone pages="next" x="20" y="200" width="100"><text>in it</text></zone><zone pages="first" x="20" y="200" width="100"><text>in it</text></zone>', qr/zones of pages next stand in the payment slip/ ])
	{
		my ($zone, $message) = @$_;
		my (undef, undef, $said) = $node->psql('postgres', "SELECT mailroom.preview_template(issuer_id, '<template name=\"t\"><flow><text>x</text></flow>$zone<giro country=\"NO\"/></template>', invoice_id) FROM mailroom.invoice WHERE invoice_number = 'NO-1'");
		like($said, $message, 'refused: ' . substr($zone, 6, 12));
	}
}

# the template that is shipped
{
	open(my $in, '<:encoding(UTF-8)', "$FindBin::Bin/../../data/template/payment-slip.xml") or die 'no template';
	my $source = do { local $/; <$in> };
	sql("INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, quantity, unit_code, net_amount, price, item_name) SELECT issuer_id, invoice_id, n, n, 'KWH', n, 1, 'Strøm ' || n FROM mailroom.invoice, generate_series(1, 6) AS n");
	for ([ 'NO-1', 'GIRO', \%norway ], [ 'SE-1', 'OCR', \%sweden ])
	{
		my ($number, $word, $form) = @$_;
		my @pages = words(pdf_file("slip-shipped-$number", pack('H*', sql("SELECT encode(mailroom.preview_template(issuer_id, \$t\$$source\$t\$, invoice_id), 'hex') FROM mailroom.invoice WHERE invoice_number = '$number'"))));
		is(scalar @pages, 1, "$number by the shipped template: six lines and the slip are one page");
		my ($line, $others) = code_line($pages[0], @$form{qw(baseline from to)});
		is($others, '', 'with nothing in the zone');
		is(scalar(grep { $_->[0] eq $word } @{ $pages[0] }), 1, 'and one slip');
	}
}

# profiles and the print file
{
	sql("SELECT mailroom.publish_template(i, 'invoice', '<template name=\"t\" top=\"90\"><flow><text>{{title}} {{number}}</text></flow><giro country=\"NO\" if=\"currency=NOK\"/><giro country=\"SE\" if=\"currency=SEK\"/></template>') FROM generate_series(1, 2) AS i");
	my @files;
	for my $profile (qw(pdfa-1b pdfa-1a))
	{
		sql("SELECT mailroom.set_document_profile(1, '$profile')");
		push @files, pdf_file("slip-$profile", pack('H*', sql("SELECT encode(mailroom.render_invoice(issuer_id, invoice_id), 'hex') FROM mailroom.invoice WHERE invoice_number = 'NO-1'")));
		is(pdf_complaints($files[-1]), '', "$profile: no judge complains");
	}
	my $verdicts = pdfa_verdicts(\@files);
	SKIP:
	{
		skip 'Preflight is not installed', 1 if !defined $verdicts;
		is(join(' ', map { $verdicts->{$_} } @files), 'valid valid', 'Preflight calls them valid');
	}
	SKIP:
	{
		my %made = map { my $profile = $_; $_ => pdf_file("slip-$profile", pack('H*', sql("SELECT encode(mailroom.render_invoice(issuer_id, invoice_id, '$profile'), 'hex') FROM mailroom.invoice WHERE invoice_number = 'NO-1'"))) } qw(pdfa-3b pdfa-3a);
		my $faults = pdfa_faults('3b', $made{'pdfa-3b'});
		skip 'python3 is not installed', 1 if !defined $faults;
		is_deeply({ %$faults, %{ pdfa_faults('3a', $made{'pdfa-3a'}) } }, {}, 'our judge finds nothing in parts 3b and 3a');
	}
	sql(q{
SELECT mailroom.set_document_profile(1, 'print');
SELECT mailroom.render_documents(1, (SELECT array_agg(invoice_id) FROM mailroom.invoice WHERE issuer_id = 1));
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, state, created_at) VALUES (1, 'Big', '2026-11-23', 'NO', 'planned', now());
INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, country)
	SELECT 1, 1, document_id, pages, (pages + 1) / 2, 'x', '0150', 'NO' FROM mailroom.document WHERE issuer_id = 1 ORDER BY document_id;
INSERT INTO mailroom.letter_postage (issuer_id, mailing_id, letter_id, grams, format, zone, offer, list_micro, discount_micro, price_micro, bundle_no, sequence_no)
	SELECT 1, 1, letter_id, 10, 'C5', 'NO', 'a', 1, 0, 1, 1, row_number() OVER (ORDER BY letter_id) FROM mailroom.letter;
});
	my $id = sql('SELECT mailroom.print_mailing(1, 1)');
	my $file = pdf_file('slip-print', pack('H*', sql("SELECT encode(mailroom.outgoing_file_content(1, $id), 'hex')")));
	is(pdf_complaints($file), '', 'the print file: no judge complains');
	my @lines = grep { length } map { (code_line($_, @norway{qw(baseline from to)}))[0] } words($file);
	is(scalar(grep { /^H\@1\.72 .* 17947\@153\.10$/ } @lines), 3, 'its three slips stand where they stood');
}
done_testing();
