# 505_pdf_colours: colours and images by profile: pages are rasterised and looked at; the print file takes the same pages
# over and is grey; images of a wrong kind are refused.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use PdfFiles;
use Compress::Zlib qw(compress crc32);
use Encode qw(encode_utf8);
use MIME::Base64 qw(decode_base64);
use Test::More;

my $node = mailroom_node('pdf_colours', preload => 0);
sub sql { return $node->safe_psql('postgres', encode_utf8($_[0])); }
sub refused { my ($code, $out, $said) = $node->psql('postgres', encode_utf8($_[0])); return $said; }
sub literal { return "'\\x" . unpack('H*', $_[0]) . "'"; }

# -- images ---------------------------------------------------------------------------------------------------------
sub chunk { my ($kind, $data) = @_; return pack('N', length $data) . "$kind$data" . pack('N', crc32("$kind$data")); }
# png(colour type, bytes of one pixel, options): 8 by 8 of one colour, the lines filtered in all five ways
sub png
{
	my ($kind, $pixel, %option) = @_;
	my $step = length $pixel;
	my ($data, $before) = ('', "\0" x (8 * $step));
	for my $y (0 .. 7)
	{
		my $line = $pixel x 8;
		my $filter = $y % 5;
		my @raw = unpack('C*', $line);
		my @up = unpack('C*', $before);
		my $coded = '';
		for my $i (0 .. $#raw)
		{
			my ($left, $up, $corner) = ($i >= $step ? $raw[ $i - $step ] : 0, $up[$i], $i >= $step ? $up[ $i - $step ] : 0);
			my $guess = $left + $up - $corner;
			my @near = sort { abs($guess - $a->[0]) <=> abs($guess - $b->[0]) || $a->[1] <=> $b->[1] } [ $left, 0 ], [ $up, 1 ], [ $corner, 2 ];
			my $minus = (0, $left, $up, int(($left + $up) / 2), $near[0][0])[$filter];
			$coded .= chr(($raw[$i] - $minus) & 255);
		}
		$data .= chr($filter) . $coded;
		$before = $line;
	}
	return "\x89PNG\r\n\x1A\n" . chunk('IHDR', pack('NNCCCCC', 8, 8, $option{bits} // 8, $kind, 0, 0, $option{interlaced} // 0)) . ($option{more} // '')
		. chunk('IDAT', compress($data)) . chunk('IEND', '');
}
my $jpeg = decode_base64('/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQFxQYGBcUFhYaHSUfGhsjHBYWICwgIyYnKSopGR8tMC0oMCUoKSj/2wBDAQcHBwoIChMKChMoGhYaKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCj/wAARCAAQABADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAL/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFQEBAQAAAAAAAAAAAAAAAAAABgf/xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oADAMBAAIRAxEAPwCwBVL3/9k=');
my %image = (
	rgb => png(2, "\xC0\x20\x40"), gray => png(0, "\x60"), jpeg => $jpeg,
	half => png(6, "\x00\x00\xFF\x80"), grayhalf => png(4, "\x00\x80"), palette => png(3, "\x01", more => chunk('PLTE', "\0\0\0\x10\xA0\x30")));

sql(pdf_invoices(12));
sql("SELECT mailroom.store_resource(1, '$_', " . literal($image{$_}) . ')') for sort keys %image;
is(sql("SELECT mailroom.store_resource(1, 'rgb', " . literal($image{rgb}) . ") = sha256(" . literal($image{rgb}) . "::bytea)"), 't', 'the same image again is no error');
like(refused("SELECT mailroom.store_resource(1, 'rgb', " . literal($image{gray}) . ')'), qr/image "rgb" is stored with other content/, 'a name keeps its content');
sub wrong { my ($what, $content, $why) = @_; like(refused('SELECT mailroom.check_image(' . literal($content) . ')'), $why, "refused: $what"); return; }
wrong('a GIF', "GIF89a\1\0\1\0\0\0\0;", qr/neither PNG nor JPEG/);
wrong('a PDF', "%PDF-1.4\n%....\n", qr/neither PNG nor JPEG/);
wrong('nothing', '', qr/neither PNG nor JPEG/);
wrong('a PNG of 16 bits', png(2, "\0" x 3, bits => 16), qr/8 bits/);
wrong('an interlaced PNG', png(2, "\0" x 3, interlaced => 1), qr/interlaced/);
wrong('a PNG without its palette', png(3, "\1"), qr/cut or broken/);
wrong('a colour outside of the palette', png(3, "\5", more => chunk('PLTE', "\0" x 6)), qr/not in its palette/);
wrong('a cut PNG', substr($image{rgb}, 0, -20), qr/cut or broken/);
wrong('a flipped bit', do { my $bytes = $image{rgb}; substr($bytes, 50, 1) ^= "\x10"; $bytes }, qr/damaged/);
wrong('a cut JPEG', substr($jpeg, 0, -1), qr/cut or broken JPEG/);
wrong('a JPEG of red, green and blue', substr($jpeg, 0, 2) . "\xFF\xEE\0\x0EAdobe\0\x64\0\0\0\0\0" . substr($jpeg, 2), qr/red, green and blue, which cannot become gray/);
wrong('a JPEG of four colours', do { my $bytes = $jpeg; $bytes =~ s/(\xFF\xC0.{7})\x03/$1\x04/s; $bytes }, qr/neither gray nor RGB/);

# -- the page ---------------------------------------------------------------------------------------------------------
my @placed = qw(rgb gray jpeg half grayhalf palette);
my $source = '<template name="colours" proof="none"><palette><colour name="brand" rgb="#123456" gray="30"/></palette><zone pages="every" x="20" y="20" width="100" height="200">'
	. '<box colour="brand" x="0" width="20" height="20"/>'
	. join('', map { "<space height=\"25\"/><image name=\"$_\" width=\"20\" height=\"20\" alt=\"picture $_\"/><space height=\"-20\"/>" } @placed)
	. '</zone><flow><text colour="brand" size="20">{{title}}</text></flow></template>';
$source =~ s/<space height="-20"\/>//g;
$source =~ s/<space height="25"\/>/<space height="5"\/>/g;
$source =~ s/(<box[^>]*>)/$1<space height="20"\/>/;
sql("SELECT mailroom.publish_template(1, 'invoice', \$t\$$source\$t\$)");
sub render
{
	my ($profile) = @_;
	return pdf_file("colours-$profile", pack('H*', sql("SELECT encode(mailroom.render_invoice(issuer_id, invoice_id, '$profile'), 'hex') FROM mailroom.invoice WHERE invoice_number = 'P-001'")));
}
# colours at the middle of the box and of each image, as rrggbb
sub looked_at
{
	my ($file) = @_;
	my $data = `pdftoppm -r 72 -f 1 -l 1 '$file'`;
	my ($width, $height, $pixels) = $data =~ /^P6\s+(\d+)\s+(\d+)\s+255\n(.*)$/s;
	return join ' ', map { unpack('H6', substr($pixels, 3 * ($width * int((30 + 25 * $_) * 72 / 25.4) + int(30 * 72 / 25.4)), 3)) } 0 .. @placed;
}
sub near
{
	my ($got, $want, $what) = @_;
	my $worst = 0;
	my @a = map { hex } ($got =~ s/ //gr) =~ /../g;
	my @b = map { hex } ($want =~ s/ //gr) =~ /../g;
	for (0 .. $#b) { my $off = abs(($a[$_] // 999) - $b[$_]); $worst = $off if $off > $worst; }
	cmp_ok($worst, '<=', 4, $what) or diag("got $got, wanted $want");
}
my %seen = map { $_ => render($_) } qw(print print-rgb print-cmyk pdfa-1b pdfa-3a);
is(pdf_complaints($seen{$_}), '', "$_: nobody complains") for sort keys %seen;
SKIP:
{
	skip 'pdftoppm is not installed', 4 if !installed('pdftoppm');
	my $colours = '123456 c02040 606060 20c040 7f7fff 7f7f7f 10a030';
	near(looked_at($seen{$_}), $colours, "$_: colours and images are what they were, transparency lies on white") for qw(pdfa-1b pdfa-3a print-rgb);
	near(looked_at($seen{print}), '4d4d4d 454545 606060 828282 888888 7f7f7f 7a7a7a', 'print: grey that the palette names, images in grey, of a JPEG its brightness');
}
SKIP:
{
	my $verdicts = pdfa_verdicts([ $seen{'pdfa-1b'}, $seen{'print-rgb'} ]);
	skip 'Preflight is not installed', 2 if !defined $verdicts;
	is($verdicts->{ $seen{'pdfa-1b'} }, 'valid', 'Preflight calls it valid');
	isnt($verdicts->{ $seen{'print-rgb'} }, 'valid', 'and would not without the output intent');
}
like(pdf_bytes($seen{'print-cmyk'}), qr/\/Indexed\/DeviceCMYK 0<C9650[0-9A]A9>|\/Indexed\/DeviceCMYK 0<[0-9A-F]{8}>/, 'print-cmyk: colours in four inks');
unlike(pdf_bytes($seen{print}), qr/\/DeviceRGB/, 'print: no RGB colour, and no RGB image');

# -- the print file -----------------------------------------------------------------------------------------------------
sql("SELECT mailroom.set_document_profile(1, 'pdfa-1b')");
is(sql("SELECT mailroom.render_documents(1, array_agg(invoice_id)) FROM mailroom.invoice"), 12, 'twelve documents in colour');
sql(q{
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, state, created_at) VALUES (1, 'Colours', '2026-11-23', 'NO', 'planned', '2026-11-22');
INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, country)
	SELECT 1, mailing_id, document_id, pages, pages, 'x', '0150', 'NO' FROM mailroom.document, mailroom.mailing ORDER BY document_id;
INSERT INTO mailroom.letter_postage (issuer_id, mailing_id, letter_id, grams, format, zone, offer, list_micro, discount_micro, price_micro, bundle_no, sequence_no)
	SELECT 1, mailing_id, letter_id, 10, 'C5', 'NO', 'a', 1, 0, 1, 1, row_number() OVER (ORDER BY letter_id) FROM mailroom.letter;
});
my $printed = pdf_file('colours-mailing', pack('H*', sql("SELECT encode(mailroom.outgoing_file_content(1, mailroom.print_mailing(1, mailing_id)), 'hex') FROM mailroom.mailing")));
is(pdf_complaints($printed), '', 'print file: nobody complains');
my $bytes = pdf_bytes($printed);
is(scalar(() = $bytes =~ /\/Subtype\/Image/g), scalar @placed, 'each image is in it once');
like($bytes, qr/\/Indexed\/DeviceGray 0<4D>/, 'and the colour as its grey');
unlike($bytes, qr/\/Indexed\/DeviceRGB/, 'not in RGB');
SKIP:
{
	skip 'pdftoppm is not installed', 1 if !installed('pdftoppm');
	near(looked_at($printed), '4d4d4d c02040 606060 20c040 7f7fff 7f7f7f 10a030', 'its first page shows the palette in grey and the images as archived');
}
like(refused("SELECT mailroom.preview_template(1, '<template name=\"t\"><flow><image name=\"none\" width=\"20\" height=\"20\"/></flow></template>', 1)"),
	qr/template "t", block <image> in line 1: image "none" of the template is not stored/, 'a template that shows what is not there');

$node->stop;
done_testing();
