# 507_mailbox_shapes: the packages for Kivra and Digipost are held against the shapes they publish (test/judge/mailbox.py),
# for invoices, credit notes and letters with and without what can be paid; Finvoice's frame against what it must name.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use MailroomSample;
use PostgreSQL::Test::Utils;
use Test::More;

my $judge = "$FindBin::Bin/../judge/mailbox.py";
my $node = mailroom_node('mailbox', preload => 0);
my ($fuel, $road) = sample_issuer($node);
sample_import($node, $fuel, sample_file(60));
$node->safe_psql('postgres', 'CALL mailroom.run_jobs()');

# every way in which an invoice can lack what a mailbox would take
$node->safe_psql('postgres', <<"SQL");
UPDATE mailroom.issuer SET name = 'Å & <B> AS' WHERE issuer_id = $fuel;
UPDATE mailroom.invoice SET due_date = NULL WHERE issuer_id = $fuel AND invoice_id % 7 = 1;
UPDATE mailroom.invoice SET payable_amount = invoice_id % 2 WHERE issuer_id = $fuel AND invoice_id % 7 = 2;
UPDATE mailroom.invoice SET type_code = '381', preceding_invoice = 'A & 1' WHERE issuer_id = $fuel AND invoice_id % 7 = 3;
UPDATE mailroom.invoice SET payment_reference = repeat('1', 24 + invoice_id::int % 4) WHERE issuer_id = $fuel AND invoice_id % 7 = 4;
UPDATE mailroom.invoice SET currency = 'SEK', payee_account = CASE invoice_id % 4 WHEN 0 THEN '5050-1055' WHEN 1 THEN '123456-6' WHEN 2 THEN 'SE3550000000054910000003' ELSE '5050-1056' END,
	payment_reference = CASE invoice_id % 3 WHEN 0 THEN mailroom.make_reference('se_ocr', invoice_id::text) WHEN 1 THEN 'R "' || invoice_id || '"' END
	WHERE issuer_id = $fuel AND (invoice_id % 7 > 4 OR invoice_id % 14 < 7);
UPDATE mailroom.invoice SET origin = 'letter', due_date = NULL, payable_amount = NULL, gross_total = NULL, payment_reference = NULL, invoice_number = 'B <' || invoice_id WHERE issuer_id = $fuel AND invoice_id % 13 = 0;
SQL

# the packages of all archived invoices to one kind of address, each in a file; how the judge finds them
sub judged
{
	my ($channel, $address, $content) = @_;
	my $folder = PostgreSQL::Test::Utils::tempdir();
	my $packages = 0;
	for (split /\n/, $node->safe_psql('postgres', "SELECT d.invoice_id, encode(p.content, 'hex'), encode(a.pdf, 'hex') FROM mailroom.document d, LATERAL (SELECT mailroom.archive_document(d.issuer_id, d.document_id) AS pdf) a,
		LATERAL (SELECT mailroom.$content) AS p (content) WHERE d.issuer_id = $fuel AND d.channel = 'print' ORDER BY 1"))
	{
		my ($id, @bytes) = split /\|/;
		for my $suffix (qw(body pdf))
		{
			open(my $out, '>:raw', "$folder/$id.$suffix") or die;
			print $out pack('H*', shift @bytes);
			close $out;
		}
		$packages++;
	}
	my @wrong = grep { !/ ok$/ } split /\n/, `python3 '$judge' $channel '$folder' 2>&1`;
	ok($packages > 50 && !@wrong && $? == 0, "$channel to $address: $packages packages have the published shape") or diag(join "\n", @wrong[0 .. ($#wrong < 9 ? $#wrong : 9)]);
	return $folder;
}

judged('kivra', 'a person', "kivra_content(d.issuer_id, d.invoice_id, '191212121212', a.pdf, '<html/>')");
judged('kivra', 'a mail address', "kivra_content(d.issuer_id, d.invoice_id, 'kari\@kunde.example', a.pdf)");
judged('kivra', 'a company', "kivra_content(d.issuer_id, d.invoice_id, 'SE556840226601', a.pdf, '<html/>')");
$node->safe_psql('postgres', "SELECT mailroom.set_channel_sender($fuel, 'kivra', NULL, structured => true)");
my $structured = judged('kivra', 'a company, with fields', "kivra_content(d.issuer_id, d.invoice_id, 'SE556840226601', a.pdf)");
my %types;
for (glob "$structured/*.body") { $types{$1}++ if slurp_file($_) =~ /"type":"([^"]+)"/; }
ok($types{'accounting.invoice'} && $types{'accounting.invoicecreditnote'} && $types{letter}, 'invoices and credit notes with fields, and letters') or diag(explain(\%types));

judged('digipost', 'a person', "digipost_message(d.issuer_id, d.invoice_id, '01043100358', a.pdf)");
judged('digipost', 'a company', "digipost_message(d.issuer_id, d.invoice_id, '987654325', a.pdf)");
$node->safe_psql('postgres', "SELECT mailroom.set_channel_sender($fuel, 'digipost', '497013')");
my $sent = judged('digipost', 'an address, for another sender', "digipost_message(d.issuer_id, d.invoice_id, 'ola.nordmann#1234', a.pdf)");
is(scalar(grep { slurp_file($_) !~ m{</message-id><sender-id>497013</sender-id><recipient>} } glob "$sent/*.body"), 0, 'the sender stands in each message');
cmp_ok(scalar(grep { slurp_file($_) =~ m{<kid>} } glob "$sent/*.body"), '>', 5, 'some can be paid');

# the judge bites
my $bad = PostgreSQL::Test::Utils::tempdir();
for my $case ([ 'type', '"type":"[^"]*"', '"type":"invoice"' ], [ 'amount', '"total_amount_due":"[^"]*"', '"total_amount_due":125' ], [ 'unknown', '"invoice":{', '"invoice":{"customer":"x",' ])
{
	my ($first) = grep { slurp_file($_) =~ /accounting\.invoice"/ } glob "$structured/*.body";
	my $content = slurp_file($first);
	$content =~ s/$case->[1]/$case->[2]/ or die "$case->[0]: nothing to change";
	open(my $out, '>:raw', "$bad/$case->[0].body") or die;
	print $out $content;
	close $out;
}
like(`python3 '$judge' kivra '$bad'`, qr/\Aamount.body wrong.*\ntype.body wrong.*\nunknown.body wrong.*\n\z/, 'Kivra: a wrong type, a number for a text and an unknown field are found');
my ($message) = glob "$sent/*.body";
my $content = slurp_file($message);
for my $case ([ 'order', '(<message-id>.*?</message-id>)(<sender-id>.*?</sender-id>)', sub { "$2$1" } ], [ 'uuid', '<uuid>', sub { '<uuid>x' } ])
{
	my ($name, $from, $to) = @$case;
	(my $changed = $content) =~ s/$from/$to->()/e;
	unlink glob "$bad/*";
	open(my $out, '>:raw', "$bad/m.body") or die;
	print $out $changed;
	close $out;
	PostgreSQL::Test::Utils::system_or_bail("cp", $message =~ s/body$/pdf/r, "$bad/m.pdf");
	like(`python3 '$judge' digipost '$bad'`, qr/m.body wrong/, "Digipost: $name is found");
}

# Finvoice: the frame names both parties and their banks, so does the invoice, and our own import takes the file in
$node->safe_psql('postgres', <<"SQL");
UPDATE mailroom.invoice i SET seller_name = 'Å & Ł <Oy>', seller_registration_no = '1234567-1', seller_vat_id = 'FI12345671', payee_account = 'FI3715903000000776', payment_reference = '12344', currency = 'EUR', type_code = '380',
		invoice_number = 'F-1', due_date = '2026-12-01', payment_means = '30', buyer_endpoint = '0037999', buyer_endpoint_scheme = '0037', buyer_country = 'FI', net_total = 100, line_total = 100, tax_total = 25, gross_total = 125, payable_amount = 125, rounding_amount = NULL, paid_amount = NULL,
		allowance_total = NULL, charge_total = NULL, origin = 'file', preceding_invoice = NULL,
		other_terms = '{"bt_34": "003712345671", "bt_34_1": "0216", "bt_40": "FI", "bt_35": "Katu 1", "bt_37": "HELSINKI", "bt_38": "00100", "bg_17": [{"bt_84": "FI3715903000000776", "bt_86": "NDEAFIHH"}]}'
	WHERE issuer_id = $fuel AND invoice_id = (SELECT min(invoice_id) FROM mailroom.document WHERE issuer_id = $fuel);
DELETE FROM mailroom.invoice_line l USING mailroom.invoice i WHERE i.issuer_id = l.issuer_id AND i.invoice_id = l.invoice_id AND i.issuer_id = $fuel AND i.invoice_number = 'F-1';
DELETE FROM mailroom.invoice_tax l USING mailroom.invoice i WHERE i.issuer_id = l.issuer_id AND i.invoice_id = l.invoice_id AND i.issuer_id = $fuel AND i.invoice_number = 'F-1';
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, line_id, quantity, unit_code, net_amount, price, tax_rate, tax_category, item_name) SELECT issuer_id, invoice_id, 1, '1', 1, 'C62', 100, 100, 25, 'S', 'Tavara' FROM mailroom.invoice WHERE issuer_id = $fuel AND invoice_number = 'F-1';
INSERT INTO mailroom.invoice_tax (issuer_id, invoice_id, tax_no, category, rate, taxable_amount, tax_amount) SELECT issuer_id, invoice_id, 1, 'S', 25, 100, 25 FROM mailroom.invoice WHERE issuer_id = $fuel AND invoice_number = 'F-1';
SQL
my $finvoice = "mailroom.finvoice_message(issuer_id, invoice_id, '003798765432\@DABAFIHH') FROM mailroom.invoice WHERE issuer_id = $fuel AND invoice_number = 'F-1'";
unlike($node->safe_psql('postgres', "SELECT convert_from($finvoice" =~ s/ FROM/, 'LATIN9') FROM/r), qr/SOAP/, 'Finvoice: without a sender of the house the invoice alone');
is($node->psql('postgres', "SELECT mailroom.set_channel_sender($fuel, 'finvoice', '003712345671')"), 3, 'a sender without its intermediator is refused');
$node->safe_psql('postgres', "SELECT mailroom.set_channel_sender($fuel, 'finvoice', '003712345671\@NDEAFIHH')");
my $file = pack('H*', $node->safe_psql('postgres', "SELECT encode($finvoice" =~ s/ FROM/, 'hex') FROM/r));
my ($frame, $invoice) = $file =~ /\A(<SOAP-ENV:Envelope.*<\/SOAP-ENV:Envelope>)\n(<\?xml.*)\z/s;
is(join(' ', $frame =~ m{<eb:PartyId>(.*?)</eb:PartyId><eb:Role>(.*?)</eb:Role>}g), '003712345671 Sender NDEAFIHH Intermediator 003798765432 Receiver DABAFIHH Intermediator', 'Finvoice: the frame names who sends and who receives');
is(join(' ', $invoice =~ m{<(?:From|To)(?:Identifier|Intermediator)>(.*?)<}g), '003712345671 NDEAFIHH 003798765432 DABAFIHH', '... and so does the invoice, once');
for my $part ($frame, $invoice)
{
	my $name = PostgreSQL::Test::Utils::tempdir() . '/part.xml';
	open(my $out, '>:raw', $name) or die;
	print $out $part;
	close $out;
	is(system('xmllint', '--noout', '--nonet', $name), 0, '... well-formed');
}
is($node->safe_psql('postgres', "SELECT p ->> 'bt_1', p ->> 'bt_27', p ->> 'bt_49' FROM (SELECT $finvoice) AS f (content), mailroom.parse_invoice(f.content) AS p"), 'F-1|Å & Ł <Oy>|003798765432', '... and the import reads it');
$node->stop;
done_testing();
