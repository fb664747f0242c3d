# 312_invoice_pdf: invoices attached to PDFs: every way to write the structure of a file, damage, loops and limits.
# The PDFs are written here, and by qpdf if it is installed.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Temp;
use MailroomCluster;
use Compress::Zlib ();
use SmallPdf qw(pdf stream attached);
use Test::More;

my $node = mailroom_node('invoice_pdf', preload => 0);
my $dir = File::Temp->newdir;
chmod 0755, "$dir";

# -- an invoice in CII and the same in UBL ------------------------------------------------------------------------
sub cii
{
	my ($number, $filler) = @_;
	my $name = 'urn:un:unece:uncefact:data:standard';
	return qq{<?xml version="1.0" encoding="UTF-8"?>\n<rsm:CrossIndustryInvoice xmlns:rsm="$name:CrossIndustryInvoice:100" xmlns:ram="$name:ReusableAggregateBusinessInformationEntity:100" xmlns:udt="$name:UnqualifiedDataType:100">}
		. "<rsm:ExchangedDocument><ram:ID>$number</ram:ID><ram:TypeCode>380</ram:TypeCode><ram:IssueDateTime><udt:DateTimeString format=\"102\">20261031</udt:DateTimeString></ram:IssueDateTime></rsm:ExchangedDocument>"
		. '<rsm:SupplyChainTradeTransaction><ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode><ram:SpecifiedTradeSettlementHeaderMonetarySummation><ram:GrandTotalAmount>671.15</ram:GrandTotalAmount></ram:SpecifiedTradeSettlementHeaderMonetarySummation></ram:ApplicableHeaderTradeSettlement></rsm:SupplyChainTradeTransaction>'
		. ($filler // '') . '</rsm:CrossIndustryInvoice>';
}
my $xml = cii('F-1');
my $ubl = '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><c:ID xmlns:c="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">U-1</c:ID></Invoice>';

my $count = 0;
sub file_of
{
	my ($bytes) = @_;
	my $file = "$dir/" . ++$count;
	open my $out, '>:raw', $file or die;
	print $out $bytes;
	close $out;
	return $file;
}
# read_pdf(bytes): numbers and formats of its invoices, or rule and message of the fault
sub read_pdf
{
	my ($bytes, %options) = @_;
	my $content = "pg_read_binary_file('" . file_of($bytes) . "')";
	return $node->safe_psql('postgres', ($options{set} // '') . "SELECT coalesce(string_agg((j ->> 'bt_1') || ' ' || (j ->> 'format'), ', '), '') FROM mailroom.parse_invoices($content) AS j")
		unless $options{fault};
	my $row = $node->safe_psql('postgres', ($options{set} // '') . "SELECT rule || ': ' || message FROM mailroom.validate_invoice($content) WHERE rule ~ '^(PDF|FILE|XML|ZIP)-'");
	return $row;
}

# -- how the structure may be written -------------------------------------------------------------------------------
is(read_pdf(pdf(objects => attached('factur-x.xml', $xml), root => 1)), 'F-1 cii', 'cross-reference table');
is(read_pdf(pdf(objects => attached('factur-x.xml', $xml, stream => { flate => 0 }), root => 1)), 'F-1 cii', 'stream that is not compressed');
is(read_pdf(pdf(objects => attached('factur-x.xml', $xml), root => 1, xref => 'stream')), 'F-1 cii', 'cross-reference stream');
is(read_pdf(pdf(objects => attached('factur-x.xml', $xml), root => 1, xref => 'stream', inside => [ 1 .. 6 ])), 'F-1 cii', 'objects in an object stream');
is(read_pdf(pdf(objects => attached('factur-x.xml', $xml), root => 1, xref => 'stream', inside => [ 1 .. 6 ], predictor => 1)), 'F-1 cii', 'with a PNG predictor');
my $old = pdf(objects => attached('factur-x.xml', cii('OLD')), root => 1);
is(read_pdf(pdf(objects => { 7 => attached('factur-x.xml', $xml)->{7} }, root => 1, before => $old)), 'F-1 cii', 'an update replaces the attached file');
is(read_pdf(pdf(objects => { 7 => attached('factur-x.xml', $xml)->{7} }, root => 1, before => $old, xref => 'stream')), 'F-1 cii', 'an update with a cross-reference stream');
is(read_pdf(pdf(objects => { 8 => '<< /Other true >>' }, root => 1, before => $old)), 'OLD cii', 'an update of something else');
my %far = %{ attached('factur-x.xml', $xml, stream => { length => '8 0 R' }) };
$far{8} = length((stream('', $xml) =~ /stream\n(.*)\nendstream/s)[0]);
is(read_pdf(pdf(objects => \%far, root => 1)), 'F-1 cii', 'length in another object');
is(read_pdf(pdf(objects => attached('factur-x.xml', $xml, catalog => '/AF [6 0 R]'), root => 1)), 'F-1 cii', 'file named by the catalogue alone');
my %hex = %{ attached('factur-x.xml', $xml) };
$hex{6} =~ s/\(factur-x.xml\)/'<FEFF' . join('', map { sprintf '%04X', ord } split m{}, 'factur-x.xml') . '>'/ge;
is(read_pdf(pdf(objects => \%hex, root => 1)), 'F-1 cii', 'name in UTF-16');

# filters of the attached file: name, how it is written, the content in it
sub base85
{
	my $text = join '', map { my ($n, $digits) = (unpack('N', pack('a4', $_)), ''); for (1 .. 5) { $digits = chr($n % 85 + 33) . $digits; $n = int($n / 85) } substr($digits, 0, length($_) + 1) } unpack('(a4)*', $_[0]);
	return "$text~>";
}
sub runs { return join('', map { chr(length($_) - 1) . $_ } unpack('(a128)*', $_[0])) . "\x80" }
# words of one byte alone, and a clear code before the codes get wider
sub lzw { my @codes = (256); foreach my $byte (unpack 'C*', $_[0]) { push @codes, 256 if @codes % 200 == 0; push @codes, $byte } return pack 'B*', join '', map { sprintf '%09b', $_ } @codes, 257 }
my %filtered = %{ attached('factur-x.xml', $xml) };
foreach my $case ([ '/ASCIIHexDecode', unpack('H*', $xml) . '>' ], [ '/ASCII85Decode', base85($xml) ], [ '/RunLengthDecode', runs($xml) ], [ '/LZWDecode', lzw($xml) ],
	[ '[/ASCII85Decode /LZWDecode]', base85(lzw($xml)) ], [ '[/A85 /Fl]', base85(Compress::Zlib::compress($xml)) ], [ '[/AHx /RL] /DecodeParms [null null]', unpack('H*', runs($xml)) . '>' ])
{
	my ($name, $data) = @$case;
	is(read_pdf(pdf(objects => { %filtered, 7 => stream("/Type /EmbeddedFile /Filter $name", $data, flate => 0) }, root => 1)), 'F-1 cii', "filter $name");
}
my %packed_filter = (%filtered, 8 => stream('/Type /ObjStm /N 1 /First 4 /Filter /ASCIIHexDecode', unpack('H*', "6 0 $filtered{6}") . '>', flate => 0));
delete $packed_filter{6};
is(read_pdf(pdf(objects => \%packed_filter, root => 1, xref => 'none')), 'F-1 cii', 'an object stream with another filter');

# -- which file -----------------------------------------------------------------------------------------------------
is(read_pdf(pdf(objects => attached($_, $xml), root => 1)), 'F-1 cii', "name $_") foreach qw(ZUGFeRD-invoice.xml zugferd-invoice.xml xrechnung.xml FACTUR-X.XML);
is(read_pdf(pdf(objects => attached('any.xml', $xml, specification => "/AFRelationship /$_"), root => 1)), 'F-1 cii', "any XML file that is the $_") foreach qw(Alternative Data Source);
is(read_pdf(pdf(objects => attached('rechnung.xml', $ubl, specification => '/AFRelationship /Alternative'), root => 1)), 'U-1 ubl-invoice', 'another syntax');
my %two = %{ attached('order.xml', $ubl, specification => '/AFRelationship /Data') };
$two{5} = '<< /Names [(order.xml) 6 0 R (x) 8 0 R] >>';
$two{8} = '<< /Type /Filespec /F (factur-x.xml) /EF << /F 9 0 R >> >>';
$two{9} = stream('/Type /EmbeddedFile', $xml);
is(read_pdf(pdf(objects => \%two, root => 1)), 'F-1 cii', 'the name of the standard goes first');
like(read_pdf(pdf(objects => attached('terms.pdf', 'x'), root => 1), fault => 1), qr/^PDF-ATTACHMENT: none of the files .*"terms.pdf"/, 'no invoice among the files');
like(read_pdf(pdf(objects => attached('a.xml', 'x', catalog => ''), root => 1), fault => 1), qr/^PDF-ATTACHMENT: the PDF has no file attached/, 'no file');
like(read_pdf(pdf(objects => attached('factur-x.xml', '<order/>'), root => 1), fault => 1), qr/^FILE-UNKNOWN: attached file "factur-x.xml": no invoice/, 'a file that is no invoice');
like(read_pdf(pdf(objects => attached('factur-x.xml', '<a><b></a>'), root => 1), fault => 1), qr/^XML-SYNTAX: attached file "factur-x.xml"/, 'a broken file');

# -- damage -----------------------------------------------------------------------------------------------------------
my $good = pdf(objects => attached('factur-x.xml', $xml), root => 1);
my $packed = pdf(objects => attached('factur-x.xml', $xml), root => 1, xref => 'stream', inside => [ 1 .. 6 ]);
foreach my $case ([ 'table', $good ], [ 'object streams', $packed ])
{
	my ($name, $bytes) = @$case;
	(my $wrong = $bytes) =~ s/startxref\n\d+/startxref\n17/;
	is(read_pdf($wrong), 'F-1 cii', "$name: wrong startxref");
	($wrong = $bytes) =~ s/startxref.*//s;
	is(read_pdf($wrong), 'F-1 cii', "$name: end cut off");
	substr(($wrong = $bytes), 15, 0, "% moved by some bytes\n");
	is(read_pdf($wrong), 'F-1 cii', "$name: every offset wrong");
}
is(read_pdf(pdf(objects => attached('factur-x.xml', $xml), root => 1, xref => 'none')), 'F-1 cii', 'no cross-reference at all');
is(read_pdf(pdf(objects => attached('factur-x.xml', $xml, stream => { length => $_ }), root => 1)), 'F-1 cii', "length $_") foreach (-5, 3, 999999, 99999999999999999999, '7 0 R', '99 0 R');
(my $lie = $good) =~ s/\n7 1\n\d{10}/\n7 1\n0000000020/;
is(read_pdf($lie), 'F-1 cii', 'an offset that points elsewhere');
like(read_pdf(substr($good, 0, 200), fault => 1), qr/^PDF-SYNTAX: the PDF is damaged or cut/, 'cut early');
my $half = substr($good, 0, index($good, 'stream') + 60);
like(read_pdf($half, fault => 1), qr/^PDF-SYNTAX: a compressed stream of the PDF is damaged/, 'cut in the attached file');
like(read_pdf('%PDF-1.7', fault => 1), qr/^PDF-SYNTAX/, 'nothing but the first line');
like(read_pdf(pdf(objects => { %{ attached('factur-x.xml', $xml) }, 8 => '<< /Filter /Standard /V 4 >>' }, root => 1, trailer => '/Encrypt 8 0 R'), fault => 1), qr/^PDF-ENCRYPTED/, 'encrypted');
(my $filter = $good) =~ s{/FlateDecode}{/DCTDecode};
like(read_pdf($filter, fault => 1), qr{^PDF-FILTER: a stream with the filter DCTDecode is not supported}, 'another filter');
($filter = $good) =~ s{/FlateDecode}{[/Fl /Fl /Fl /Fl /Fl]};
like(read_pdf($filter, fault => 1), qr{^PDF-FILTER: a stream with more than 4 filters}, 'too many filters');

# -- loops, bombs, limits: each ends, soon ------------------------------------------------------------------------------
my %loop = %{ attached('factur-x.xml', $xml) };
my @hostile = (
	[ 'a name tree that is its own child', pdf(objects => { %loop, 4 => '<< /Kids [4 0 R 4 0 R 4 0 R] >>' }, root => 1), 'PDF-ATTACHMENT' ],
	[ 'a reference to itself', pdf(objects => { %loop, 6 => '6 0 R' }, root => 1), 'PDF-ATTACHMENT' ],
	[ 'a catalogue that is a circle', pdf(objects => { %loop, 1 => '2 0 R', 2 => '1 0 R' }, root => 1), 'PDF-SYNTAX' ],
	[ 'brackets without end', pdf(objects => { %loop, 4 => '[' x 100000 }, root => 1), 'PDF-SYNTAX' ],
	[ 'a dictionary of a million keys', pdf(objects => { %loop, 1 => '<< ' . '/A 1 ' x 1000000 . '>>' }, root => 1), 'PDF-ATTACHMENT' ],
	[ 'ten thousand names for one file', pdf(objects => { %loop, 5 => '<< /Names [' . '(a) 1 0 R ' x 10000 . '] >>' }, root => 1), 'PDF-LIMIT' ],
	[ 'an object stream that holds itself', pdf(objects => { %loop, 8 => stream('/Type /ObjStm /N 1 /First 4', '8 0 (x)', length => '8 0 R') }, root => 1, trailer => '/Names 8 0 R', xref => 'none'), '' ],
	[ 'a bomb', pdf(objects => attached('factur-x.xml', cii('F-1', ' ' x 20_000_000)), root => 1), 'PDF-LIMIT' ],
	[ 'a bomb of objects', pdf(objects => attached('factur-x.xml', cii('F-1')), root => 1, xref => 'none') . "8 0 obj\n" . stream('/Type /ObjStm /N 1 /First 4', '9 0 ' . ' ' x 30_000_000) . "\nendobj\n", '' ],
);
foreach my $case (@hostile)
{
	my ($name, $bytes, $rule) = @$case;
	my $fault = read_pdf($bytes, fault => 1);
	is(($fault =~ /^([A-Z]+-[A-Z]+)/)[0] // '', $rule, $name) or diag($fault);
}
my $circle = pdf(objects => attached('factur-x.xml', $xml), root => 1);
my ($start) = $circle =~ /startxref\n(\d+)/;
is(read_pdf(pdf(objects => attached('factur-x.xml', $xml), root => 1, trailer => "/Prev $start")), 'F-1 cii', 'a chain that is a circle');
like(read_pdf(pdf(objects => attached('factur-x.xml', $xml . ' ' x 100_000, stream => { flate => 0 }), root => 1), fault => 1, set => "SET mailroom.invoice_pdf_limit = '64kB'; "),
	qr/^PDF-LIMIT: the PDF is larger than 65536 bytes \(mailroom.invoice_pdf_limit\)/, 'the limit of a PDF');

# -- a ZIP with both, and a peer ------------------------------------------------------------------------------------------
SKIP:
{
	skip 'SKIPPED: no Archive::Zip', 1 unless eval { require IO::Compress::Zip; 1 };
	my $zip;
	my $writer = IO::Compress::Zip->new(\$zip, Name => 'a.pdf');
	$writer->print($good);
	$writer->newStream(Name => 'b.xml');
	$writer->print($ubl);
	$writer->newStream(Name => 'c.pdf');
	$writer->print($packed);
	$writer->close;
	is(read_pdf($zip), 'F-1 cii, U-1 ubl-invoice, F-1 cii', 'PDFs and XML in a ZIP file');
}
SKIP:
{
	skip 'SKIPPED: qpdf is not installed', 4 unless system('qpdf --version >/dev/null 2>&1') == 0;
	my $plain = file_of(pdf(objects => attached('x', 'x', catalog => ''), root => 1));
	my $attachment = "$dir/factur-x.xml";
	open my $out, '>:raw', $attachment or die;
	print $out $xml;
	close $out;
	foreach my $options ('', '--object-streams=generate', '--linearize', '--linearize --object-streams=generate')
	{
		system("qpdf $options --add-attachment $attachment -- $plain $dir/peer.pdf") == 0 or diag('qpdf');
		my $bytes = do { local $/; open my $in, '<:raw', "$dir/peer.pdf" or die; <$in> };
		is(read_pdf($bytes), 'F-1 cii', "written by qpdf $options");
	}
}
$node->stop;
done_testing();
