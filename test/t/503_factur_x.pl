# 503_factur_x: hybrids, PDF/A-3b with the invoice in CII inside: a test for each way in which they usually go wrong, and
# the way back: pdfdetach gives the XML, our own import reads the PDF.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use PdfFiles;
use Encode qw(decode_utf8 encode_utf8);
use JSON::PP ();
use MIME::Base64 qw(decode_base64);
use Test::More;

my $node = mailroom_node('factur_x', preload => 0);
my $of = "FROM mailroom.invoice WHERE invoice_number";
sub sql { return decode_utf8($node->safe_psql('postgres', encode_utf8($_[0]))); }
sub refused { my ($code, $out, $said) = $node->psql('postgres', encode_utf8($_[0])); return $said; }
sub bytes_of { return pack('H*', sql($_[0])); }

sql(pdf_invoices(30));
# hybrid(number, more arguments): file
sub hybrid
{
	my ($number, $more) = @_;
	(my $name = "hybrid-$number" . ($more // '')) =~ s/[^A-Za-z0-9-]/_/g;
	return pdf_file(substr($name, 0, 60), bytes_of("SELECT encode(mailroom.render_invoice(issuer_id, invoice_id, 'factur-x'" . ($more // '') . "), 'hex') $of = '$number'"));
}
my $file = hybrid('P-002');
my $xml = bytes_of("SELECT encode(mailroom.write_invoice(issuer_id, invoice_id, 'cii'), 'hex') $of = 'P-002'");
is(pdf_complaints($file), '', 'qpdf, poppler and mutool have nothing to say');

# what qpdf sees: objects by reference
sub objects
{
	my ($file) = @_;
	my $all = JSON::PP->new->decode(scalar `qpdf --json --json-stream-data=inline --decode-level=none '$file' 2>/dev/null`)->{qpdf}[1];
	return { map { my $of = $all->{$_}; (/^obj:(.*)/ ? $1 : $_) => $of->{stream} ? { %{ $of->{stream}{dict} }, data => decode_base64($of->{stream}{data} // '') } : $of->{value} } keys %$all };
}
sub xmp
{
	my ($objects) = @_;
	my ($metadata) = grep { ref eq 'HASH' && ($_->{'/Type'} // '') eq '/Metadata' } values %$objects;
	return $metadata;
}
sub relationship
{
	my ($file) = @_;
	my $objects = objects($file);
	my ($specification) = grep { ref eq 'HASH' && ($_->{'/Type'} // '') eq '/Filespec' } values %$objects;
	my ($level) = xmp($objects)->{data} =~ /<fx:ConformanceLevel>(.*?)</;
	return "$specification->{'/AFRelationship'} $specification->{'/F'} $level";
}
# the number is in the XML: another guideline in its place, the rest as it was
sub of_level { return ", convert_to(replace(convert_from(mailroom.write_invoice(issuer_id, invoice_id, 'cii'), 'UTF8'), 'urn:cen.eu:en16931:2017<', '$_[0]<'), 'UTF8')" }

SKIP:
{
	skip 'qpdf is not installed', 20 if !installed('qpdf');
	my $objects = objects($file);
	my $catalog = $objects->{ $objects->{trailer}{'/Root'} };
	my $info = $objects->{ $objects->{trailer}{'/Info'} };
	my ($specification) = map { $objects->{$_} } @{ $catalog->{'/AF'} // [] };
	ok(defined $specification, 'trap: the catalogue names the file in /AF');
	is($catalog->{'/Names'}{'/EmbeddedFiles'}{'/Names'}[1], $catalog->{'/AF'}[0], 'trap: and in the tree of names, the same one');
	is($specification->{'/AFRelationship'}, '/Alternative', 'trap: AFRelationship of a whole invoice is Alternative');
	is_deeply([ map { $_ =~ s/^u://r } @$specification{qw(/F /UF)}, $catalog->{'/Names'}{'/EmbeddedFiles'}{'/Names'}[0] ], [ ('factur-x.xml') x 3 ], 'trap: file name factur-x.xml, everywhere');
	my $embedded = $objects->{ $specification->{'/EF'}{'/F'} };
	is($specification->{'/EF'}{'/UF'}, $specification->{'/EF'}{'/F'}, 'both names lead to the file');
	is($embedded->{'/Subtype'}, '/text/xml', 'trap: Subtype text/xml');
	like($embedded->{'/Params'}{'/ModDate'}, qr/^u:D:20261103000000Z$/, 'trap: Params with ModDate, the date of the invoice');
	is($embedded->{'/Params'}{'/Size'}, length($xml), 'and the size');
	my $metadata = xmp($objects);
	my $packet = $metadata->{data};
	ok(!defined $metadata->{'/Filter'}, 'trap: metadata are not packed');
	like($packet, qr/<pdfaid:part>3<.*<pdfaid:conformance>B</s, 'PDF/A-3b');
	my %fx = $packet =~ /<fx:(\w+)>(.*?)</g;
	is_deeply(\%fx, { DocumentType => 'INVOICE', DocumentFileName => 'factur-x.xml', Version => '1.0', ConformanceLevel => 'EN 16931' }, 'trap: the four properties');
	is_deeply([ sort $packet =~ /<pdfaProperty:name>(.*?)</g ], [ sort keys %fx ], 'trap: the extension schema declares all four');
	my ($uri) = $packet =~ /xmlns:fx="(.*?)"/;
	like($packet, qr/<pdfaSchema:namespaceURI>\Q$uri\E</, 'trap: under the same name space');
	is($uri, 'urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#', 'which is that of Factur-X');
	like($packet, qr/<pdfaSchema:prefix>fx</, 'and prefix');
	my ($title) = $packet =~ /x-default">(.*?)</;
	is("u:$title", encode_utf8($info->{'/Title'}), 'trap: title in XMP and in Info is one');
	is('u:' . ($packet =~ /<pdf:Producer>(.*?)</)[0], $info->{'/Producer'}, 'trap: so is the producer');
	is_deeply([ sort keys %$info ], [ '/Producer', '/Title' ], 'nothing in Info that XMP lacks');
	my $intent = $objects->{ $catalog->{'/OutputIntents'}[0] };
	is($objects->{ $intent->{'/DestOutputProfile'} }{'/N'}, 3, 'output intent with a profile of three colours');
	is(length($objects->{trailer}{'/ID'}[0]), 2 + 32, 'identifier');
	my $other = objects(hybrid('P-002', of_level('urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0')));
	isnt($other->{trailer}{'/ID'}[0], $objects->{trailer}{'/ID'}[0], 'trap: other XML, other identifier');
	is(relationship(hybrid('P-002', of_level('urn:factur-x.eu:1p0:minimum'))), '/Data u:factur-x.xml MINIMUM', 'trap: MINIMUM says less than the page: Data');
	is(relationship(hybrid('P-002', of_level('urn:factur-x.eu:1p0:basicwl'))), '/Data u:factur-x.xml BASIC WL', 'trap: so does BASIC WL');
	is(relationship(hybrid('P-002', of_level('urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic'))), '/Alternative u:factur-x.xml BASIC', 'BASIC does not');
	is(relationship(hybrid('P-002', of_level('urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended'))), '/Alternative u:factur-x.xml EXTENDED', 'EXTENDED');
	is(relationship(hybrid('P-002', of_level('urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0'))), '/Alternative u:xrechnung.xml XRECHNUNG', 'XRECHNUNG has a file name of its own');
}
SKIP:
{
	skip 'pdfdetach is not installed', 2 if !installed('pdfdetach');
	my $out = "$file.xml";
	system('pdfdetach', '-save', '1', '-o', $out, $file);
	is(pdf_bytes($out), $xml, 'pdfdetach gives the same XML');
	like(scalar `pdfdetach -list '$file'`, qr/^1 embedded files\n1: factur-x.xml$/m, 'under its name');
}
# our own import
my $read = "SELECT p->>'bt_1', p->>'bt_115', p->>'format' FROM (SELECT mailroom.parse_invoice(mailroom.render_invoice(issuer_id, invoice_id, 'factur-x')) AS p $of";
is(sql("$read = 'P-002') k"), 'P-002|1750|cii', 'our import reads the PDF') or diag(sql("$read = 'P-002') k"));
is(sql("$read LIKE 'P-011%') k"), 'P-011<&"Å|2000|cii', 'with characters that XML escapes');
is(sql("SELECT count(*) FROM (SELECT mailroom.parse_invoice(mailroom.render_invoice(issuer_id, invoice_id, 'factur-x')) = mailroom.parse_invoice(mailroom.write_invoice(issuer_id, invoice_id, 'cii')) AS same $of LIKE 'P-%') k WHERE NOT same"), 0, 'every invoice comes back as it went in');
is(sql("SELECT bool_and(mailroom.render_invoice(issuer_id, invoice_id, 'factur-x') = mailroom.render_invoice(issuer_id, invoice_id, 'factur-x')) $of LIKE 'P-00%'"), 't', 'two runs give equal bytes');

# Preflight knows part 1 only: of a hybrid it may say what part 3 allows, and nothing else
SKIP:
{
	my $verdicts = pdfa_verdicts([ $file, hybrid('P-011<&"Å') ]);
	skip 'Preflight is not installed', 1 if !defined $verdicts;
	my @said = grep { !/CIDSet entry is missing|EmbeddedFile|EF entry|part must be 1|Embedded/ } map { split /; / } values %$verdicts;
	is_deeply(\@said, [], 'Preflight finds only what part 1 forbids and part 3 allows');
}

# our own judge knows part 3
SKIP:
{
	my @numbers = split /\n/, sql("SELECT invoice_number $of LIKE 'P-%' ORDER BY 1");
	my $faults = pdfa_faults('3b', map { hybrid($_) } @numbers);
	skip 'python3 is not installed', 2 if !defined $faults;
	is_deeply($faults, {}, 'our judge finds nothing in ' . @numbers . ' hybrids');
	my @tagged = map { my $number = $_; pdf_file("tagged-$number" =~ s/\W/_/gr, bytes_of("SELECT encode(mailroom.render_invoice(issuer_id, invoice_id, 'factur-x-tagged'), 'hex') $of = '$number'")) } @numbers[0 .. 9];
	is_deeply(pdfa_faults('3a', @tagged), {}, 'nor in tagged ones');
}

# what is no invoice, or another one
like(refused("SELECT mailroom.render_invoice(issuer_id, invoice_id, 'factur-x', 'no XML at all') $of = 'P-002'"), qr/ERROR/, 'an attachment that is none');
like(refused("SELECT mailroom.render_invoice(issuer_id, invoice_id, 'factur-x', '<order/>') $of = 'P-002'"), qr/ERROR/, 'an attachment that is no invoice');
like(refused("SELECT mailroom.render_invoice(issuer_id, invoice_id, 'factur-x', mailroom.write_invoice(issuer_id, invoice_id, 'ubl')) $of = 'P-002'"), qr/attachment is no invoice in CII/, 'an invoice in another syntax');
like(refused("SELECT mailroom.render_invoice(issuer_id, invoice_id, 'factur-x', (SELECT mailroom.write_invoice(k.issuer_id, k.invoice_id, 'cii') FROM mailroom.invoice k WHERE k.invoice_number = 'P-003')) $of = 'P-002'"),
	qr/attachment is invoice "P-003", the document is invoice "P-002"/, 'another invoice');
like(refused("SELECT mailroom.render_invoice(issuer_id, invoice_id, 'pdfa-1b', mailroom.write_invoice(issuer_id, invoice_id, 'cii')) $of = 'P-002'"), qr/"pdfa-1b" cannot carry an attachment/, 'a profile that takes none');
like(refused("SELECT mailroom.render_invoice(issuer_id, invoice_id, 'factur-x'" . of_level('urn:example:order') . ") $of = 'P-002'"), qr/names no guideline|ERROR/, 'a guideline that nobody knows');

# archived as hybrids; what breaks a rule is set aside and its neighbours are not
sql("SELECT mailroom.set_document_profile(1, 'factur-x')");
sql("UPDATE mailroom.invoice SET tax_total = 1 WHERE invoice_number = 'P-003'");
sql("UPDATE mailroom.invoice SET other_terms = NULL WHERE invoice_number = 'P-005'");
is(sql("SELECT mailroom.render_documents(1, array_agg(invoice_id)) $of LIKE 'P-00%'"), 7, 'seven of nine are archived');
is(sql("SELECT string_agg(i.invoice_number || ' ' || f.rule || ' ' || (f.message ~ 'for the PDF cannot be written'), ', ' ORDER BY 1) FROM mailroom.finding f JOIN mailroom.invoice i USING (issuer_id, invoice_id)"),
	'P-003 PDF-INVOICE true, P-005 PDF-INVOICE true', 'two are set aside and say why');
is(sql("SELECT count(*) FROM mailroom.document d WHERE mailroom.archive_document(1, d.document_id) = mailroom.render_invoice(1, d.invoice_id, 'factur-x')"), 7, 'and what is archived is the hybrid');

# the XML of many lines is deflated while it is written, and judged out of what was deflated
sql("UPDATE mailroom.invoice SET line_count = 1100, line_total = 110000, net_total = 110000, tax_total = 27500, gross_total = 137500, payable_amount = 137500 WHERE invoice_number IN ('P-012', 'P-013')");
sql("DELETE FROM mailroom.invoice_line l USING mailroom.invoice i WHERE i.line_count = 1100 AND l.issuer_id = i.issuer_id AND l.invoice_id = i.invoice_id");
sql("INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, line_id, quantity, unit_code, net_amount, price, tax_category, tax_rate, item_name)
	SELECT 1, invoice_id, l, l, 5, 'LTR', 100, 20, 'S', 25, 'Vare ' || l FROM mailroom.invoice, generate_series(1, 1100) AS l WHERE line_count = 1100");
sql("UPDATE mailroom.invoice_tax t SET taxable_amount = 110000, tax_amount = 27500 FROM mailroom.invoice i WHERE i.line_count = 1100 AND t.invoice_id = i.invoice_id");
$xml = bytes_of("SELECT encode(mailroom.write_invoice(issuer_id, invoice_id, 'cii'), 'hex') $of = 'P-012'");
cmp_ok(length($xml), '>', 256 * 1024, length($xml) . ' bytes of XML');
for my $profile ('factur-x', 'factur-x-tagged')
{
	my $large = pdf_file("large-$profile", bytes_of("SELECT encode(mailroom.render_invoice(issuer_id, invoice_id, '$profile'), 'hex') $of = 'P-012'"));
	is(pdf_complaints($large), '', "$profile: nobody complains about a large one");
	cmp_ok(-s $large, '<', length($xml), 'the XML in it is deflated');
	next if !installed('pdfdetach');
	system('pdfdetach', '-save', '1', '-o', "$large.xml", $large);
	ok(pdf_bytes("$large.xml") eq $xml, 'and carries the XML that is written otherwise');
}
is(sql("$read = 'P-012') k"), 'P-012|137500|cii', 'our import reads it');
is(sql("SELECT mailroom.render_documents(1, array_agg(invoice_id)) $of = 'P-012'"), 1, 'it is archived');
is(sql("SELECT count(*) FROM mailroom.document d WHERE d.invoice_id = (SELECT invoice_id $of = 'P-012') AND mailroom.archive_document(1, d.document_id) = mailroom.render_invoice(1, d.invoice_id, 'factur-x')"), 1, 'as it is shown');
sql("UPDATE mailroom.invoice_line SET unit_code = 'furlong' WHERE line_no = 1100 AND invoice_id = (SELECT invoice_id $of = 'P-013')");
like(refused("SELECT mailroom.render_invoice(issuer_id, invoice_id, 'factur-x') $of = 'P-013'"), qr/cannot write invoice \d+ as cii: .*furlong/s, 'what is wrong with the last of its lines is found');
is(sql("SELECT mailroom.render_documents(1, array_agg(invoice_id)) $of = 'P-013'"), 0, 'and it is set aside');

$node->stop;
done_testing();
