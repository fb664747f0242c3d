# 301_invoice_score: the verdicts of the corpus, suite by suite, are at least as good as they were: official rule tests, whole
# documents and mutants with the rules that the official stylesheets fire.  The same as ./score.sh.
# Needs MAILROOM_SHARED (default: the folder shared beside the repository); without it the test is skipped and says so.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use CorpusScore qw(score_corpus);
use File::Temp;
use MailroomCluster;
use Test::More;

my ($shared) = grep { defined && -d "$_/corpus" } ($ENV{MAILROOM_SHARED}, "$FindBin::Bin/../../../shared");
plan skip_all => 'SKIPPED: no corpus; set MAILROOM_SHARED to the folder that contains corpus/' unless defined $shared;

# suite => documents that may fail: [tests] or [verdict, fatal set, counts]; suites without a bar are printed only
my %bar = (
	'rules/en16931-ubl-creditnote' => [0],
	'rules/en16931-ubl-invoice' => [0],
	'rules/targeted-ubl' => [0],
	'rules/en16931-cii' => [0],
	'rules/xrechnung-cii' => [0],
	'rules/xrechnung-ubl-cn' => [0],
	'rules/xrechnung-ubl-inv' => [0],
	'samples/cii-en16931' => [ 1, 1, 1 ],
	'samples/cii-facturx' => [ 0, 1, 1 ],
	'samples/cii-xrechnung' => [ 0, 0, 0 ],
	'samples/ubl-cius-ro' => [ 0, 0, 0 ],
	'samples/ubl-en16931' => [ 0, 0, 0 ],
	'samples/ubl-peppol' => [ 0, 0, 0 ],
	'samples/ubl-peppol-selfbilling' => [ 0, 0, 0 ],
	'samples/ubl-xrechnung' => [ 0, 0, 0 ],
	'mutants/cii-en16931' => [ 0, 0, 0 ],
	'mutants/ubl-cius-ro' => [ 0, 0, 0 ],
	'mutants/ubl-en16931' => [ 0, 0, 0 ],
	'mutants/ubl-peppol' => [ 0, 0, 0 ],
	'mutants/ubl-selfbilling' => [ 0, 0, 0 ],
	'samples/ksef-fa2' => [0],
	'samples/ksef-fa3' => [0],
	'generated/cii-en16931' => [0],
	'generated/cius-ro-ubl' => [0],
	'generated/csv-flat' => [0],
	'generated/csv-records' => [0],
	'generated/edifact-d96a' => [0],
	'generated/finvoice-3.0' => [0],
	'generated/fixed-width' => [0],
	'generated/ksef-fa3' => [0],
	'generated/peppol-selfbilling-ubl' => [0],
	'generated/peppol-ubl' => [0],
	'generated/svefaktura' => [0],
	'generated/teapps-3.0' => [0],
	'hostile' => [0],
);

my $node = mailroom_node('invoice_score', preload => 0);
my $scratch = File::Temp->newdir;
my $result = score_corpus("$shared/corpus", "$scratch", [], 'psql', '-d', $node->connstr('postgres'));
is(scalar @{ $result->{raised} }, 0, 'content never raises');
diag("raised: @$_") foreach @{ $result->{raised} };
foreach my $suite (@{ $result->{suite} })
{
	my ($name, $kind, $all, $verdict, $set, $counts, $aborts, $answered, $advisory) = @$suite;
	my @passed = $kind eq 'label' ? ($verdict, $set, $counts) : $kind eq 'test' ? ($counts) : ($verdict);
	my @allowed = @{ $bar{$name} // [] };
	my $text = join ', ', map { "$_/$all" } @passed;
	my @below = grep { $passed[$_] < $all - $allowed[$_] } 0 .. $#allowed;
	if (@allowed) { ok(!@below, "$name: $text") or diag(map { "@$_\n" } grep { $_->[0] eq $name } @{ $result->{difference} }) }
	else { note("$name: $text") }
	is($advisory, $all, "$name: the warnings of the advisory layer") if $kind eq 'label';
	is($answered, $aborts, "$name: documents on which the official stylesheet stops have a finding") if $aborts;
}
$node->stop;
done_testing();
