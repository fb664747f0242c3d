# 502_pdf_profiles: PDF/A-1b judged by Apache PDFBox Preflight over 200 varied documents, with files it must find fault
# with, and PDF/A-3b and -3a of the same by our own judge.  A judge that is not installed is named and its checks are skipped.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use PdfFiles;
use Encode qw(encode_utf8);
use Test::More;

my $node = mailroom_node('pdf_profiles', preload => 0);
my $count = 200;
sub sql { return $node->safe_psql('postgres', encode_utf8($_[0])); }

sql(pdf_invoices($count));
is(sql("SELECT count(*) FROM mailroom.invoice"), $count, "$count invoices");

sub skip_judge { diag('SKIPPED: python3 is not installed'); return 1; }

# render(profile, condition): files of all invoices that meet the condition, by number
sub render
{
	my ($profile, $where) = @_;
	my %file;
	for my $row (split /\n/, sql("SELECT invoice_number, encode(mailroom.render_invoice(issuer_id, invoice_id, '$profile'), 'hex') FROM mailroom.invoice WHERE $where ORDER BY 1"))
	{
		my ($number, $hex) = $row =~ /^(.*)\|(.*)$/;
		(my $name = "$profile-$number") =~ s/[^A-Za-z0-9-]/_/g;
		$file{$number} = pdf_file($name, pack('H*', $hex));
	}
	return \%file;
}

my $files = render('pdfa-1b', "substr(invoice_number, 3, 3)::int % 2 = 1");
open(my $in, '<:encoding(UTF-8)', "$FindBin::Bin/../../data/template/invoice.xml") or die 'no template';
my $source = do { local $/; <$in> };
close($in);
sql("SELECT mailroom.publish_template(1, 'invoice', \$t\$$source\$t\$)");
$files = { %$files, %{ render('pdfa-1b', "substr(invoice_number, 3, 3)::int % 2 = 0") } };
is(scalar keys %$files, $count, 'all of them become PDF/A-1b, half by the house, half by a template');

# parts 3b and 3a of all of them, by our own judge (507_pdfa_judge proves it)
for my $level ('3b', '3a')
{
	my $other = render("pdfa-$level", 'true');
	my $faults = pdfa_faults($level, values %$other);
	skip_judge(1) and next if !defined $faults;
	is_deeply($faults, {}, "our judge finds nothing in $count documents of PDF/A-$level");
}

# what Preflight must find: each a way in which a file of ours could go wrong
my ($first) = sort keys %$files;
my $good = pdf_bytes($files->{$first});
my %damage = (
	'no glyph set' => sub { $_[0] =~ s/\/CIDSet/\/CIDXXX/ },
	'no output intent' => sub { $_[0] =~ s/\/OutputIntents\[/\/OutputXntents[/ },
	'part 2 in the metadata' => sub { $_[0] =~ s/<pdfaid:part>1/<pdfaid:part>2/ },
	'title differs in the metadata' => sub { $_[0] =~ s/x-default">./x-default">X/ },
	'producer differs' => sub { $_[0] =~ s/Producer\(mailroom\)/Producer(mailXoom)/ },
	'no identifier' => sub { $_[0] =~ s/\/ID\[/\/IX[/ },
	'font is not embedded' => sub { $_[0] =~ s/\/FontFile2/\/FontXile2/g },
	'widths are wrong' => sub { $_[0] =~ s/\/W\[0\[(\d+) \d+ \d+ \d+/"\/W[0[$1 111 11" . ' ' . '1' x 3/e },
	'metadata is cut' => sub { $_[0] =~ s/<\/x:xmpmeta>/<\/x:xmpmetX>/ },
	'resources lack the fonts' => sub { $_[0] =~ s/\/Font<<\/F1/\/Font<<\/G1/ },
	'cut short' => sub { substr($_[0], length($_[0]) / 2) = '' });
my %bad;
for my $name (sort keys %damage)
{
	my $bytes = $good;
	$damage{$name}->($bytes);
	isnt($bytes, $good, "control: $name");
	(my $file = "bad-$name") =~ s/\W/_/g;
	$bad{ pdf_file($file, $bytes) } = $name;
}
my $print = render('print', "invoice_number = '$first'")->{$first};
$bad{$print} = 'the print profile is no PDF/A';

SKIP:
{
	my $verdicts = pdfa_verdicts([ values %$files, keys %bad ]);
	skip 'Preflight is not installed', 2 if !defined $verdicts;
	my @refused = grep { $verdicts->{$_} ne 'valid' } sort values %$files;
	is(scalar @refused, 0, "Preflight calls all $count valid") or diag(join("\n", map { "$_: $verdicts->{$_}" } @refused[0 .. ($#refused > 4 ? 4 : $#refused)]));
	isnt($verdicts->{$_}, 'valid', "Preflight finds: $bad{$_}") for sort { $bad{$a} cmp $bad{$b} } keys %bad;
}

# the other judges, on a tenth of them
my @some = (sort values %$files)[ map { $_ * 10 } 0 .. $count / 10 - 1 ];
is(pdf_complaints($_), '', "nobody complains: " . s/.*\///r) for @some;

# two runs are equal, and the profile alone decides
is(sql("SELECT bool_and(mailroom.render_invoice(issuer_id, invoice_id, p) = mailroom.render_invoice(issuer_id, invoice_id, p))"
	. " FROM mailroom.invoice, unnest('{print,print-rgb,print-cmyk,pdfa-1b,pdfa-1a,pdfa-3b,pdfa-3a}'::text[]) AS p WHERE invoice_number LIKE 'P-00%'"), 't', 'two runs give equal bytes');
is(sql("SELECT mailroom.render_invoice(issuer_id, invoice_id) = mailroom.render_invoice(issuer_id, invoice_id, 'print') FROM mailroom.invoice WHERE invoice_number = '$first'"), 't', 'print is what is made without a profile');
sql("SELECT mailroom.set_document_profile(1, 'pdfa-1b')");
is(sql("SELECT mailroom.render_invoice(issuer_id, invoice_id) = mailroom.render_invoice(issuer_id, invoice_id, 'pdfa-1b') FROM mailroom.invoice WHERE invoice_number = '$first'"), 't', 'an issuer may set another');
sql("SELECT mailroom.set_document_profile(1, 'pdfa-3b', 'invoice')");
is(sql("SELECT mailroom.render_invoice(issuer_id, invoice_id) = mailroom.render_invoice(issuer_id, invoice_id, 'pdfa-3b') FROM mailroom.invoice WHERE invoice_number = '$first'"), 't', 'and one for a template');
is(sql("SELECT mailroom.render_documents(1, array_agg(invoice_id)) FROM mailroom.invoice WHERE invoice_number = '$first'"), 1, 'archived');
is(sql("SELECT mailroom.archive_document(1, d.document_id) = mailroom.render_invoice(1, d.invoice_id, 'pdfa-3b') FROM mailroom.document d"), 't', 'as that profile');
my ($code, $out, $said) = $node->psql('postgres', "SELECT mailroom.set_document_profile(1, 'pdf/x')");
like($said, qr/PDF profile "pdf\/x" does not exist/, 'an unknown profile is refused');

$node->stop;
done_testing();
