# 507_pdfa_judge: the judge of PDF/A-2 and -3 in test/judge is judged: documents of ours with one thing broken each are found out
# under the right clause, and it agrees with the files of the veraPDF consortium where they are at hand (a directory
# corpus/verapdf beside the other shared cases, or MAILROOM_VERAPDF).
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use PdfFiles;
use Encode qw(encode_utf8);
use Test::More;

my $python = judge_python();
plan skip_all => 'python3 is not installed' if !defined $python;
my $folder = "$FindBin::Bin/../judge";

# documents with a table, a figure and an attachment
my $node = mailroom_node('pdfa_judge', preload => 0);
$node->safe_psql('postgres', encode_utf8(pdf_invoices(5)));
open(my $in, '<:raw', "$FindBin::Bin/../../data/template/invoice.xml") or die 'no template';
my $source = do { local $/; <$in> };
close($in);
$node->safe_psql('postgres', "SELECT mailroom.publish_template(1, 'invoice', \$t\$$source\$t\$)");
my @files;
for my $profile ('pdfa-3b', 'factur-x', 'pdfa-3a')
{
	push @files, pdf_file("mutant-$profile", pack('H*', $node->safe_psql('postgres', "SELECT encode(mailroom.render_invoice(issuer_id, invoice_id, '$profile'), 'hex') FROM mailroom.invoice WHERE invoice_number = 'P-005'")));
}
$node->stop;
my @said = split /\n/, `'$python' -B '$folder/pdfa_mutants.py' @files 2>&1`;
cmp_ok(scalar(@said), '>=', 120, scalar(@said) . ' damaged documents and controls');
for (@said)
{
	my ($name, $expected, $verdict) = split /\t/;
	ok($expected eq 'valid' ? $verdict eq 'valid' : "; $verdict" =~ /; \Q$expected\E /, "$expected: $name") or diag($verdict // $_);
}

my ($corpus) = grep { defined && -d "$_/PDF_A-2b" } $ENV{MAILROOM_VERAPDF}, ($ENV{MAILROOM_SHARED} // "$FindBin::Bin/../../../shared") . '/corpus/verapdf';
SKIP:
{
	diag('SKIPPED: the files of the veraPDF consortium are not at hand') if !defined $corpus;
	skip 'no corpus', 6 if !defined $corpus;
	my $able = judge_python('fontTools');
	skip 'fontTools is not installed', 6 if !defined $able;
	my @lines = split /\n/, `'$able' -B '$folder/pdfa_corpus.py' '$corpus' 2>&1`;
	my %score = map { /^(PDF_A-\w+|TWG test files)\t(\d+)\t(\d+)$/ ? ($1 => [$2, $3]) : () } @lines;
	for my $set ('PDF_A-2b', 'PDF_A-2u', 'PDF_A-2a', 'PDF_A-3b', 'TWG test files')
	{
		my ($right, $all) = @{ $score{$set} // [0, 0] };
		ok($all > 0 && $right >= 0.99 * $all, "$set: $right of $all files judged as named") or diag(join("\n", grep { /^wrong/ } @lines));
	}
	is_deeply([ grep { /^false/ } @lines ], [], 'nothing that fails in fonts, metadata, embedded files or colour is called valid');
}
done_testing();
