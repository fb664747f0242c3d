# 312_ksef_corpus: the true content of the generated invoices for KSeF, and the official examples of FA(3) and FA(2).
# Needs MAILROOM_SHARED (default: the folder shared beside the repository); without it the test is skipped and says so.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use CorpusContent qw(corpus_folder content_differences);
use MailroomCluster;
use Test::More;

my $corpus = corpus_folder("$FindBin::Bin/../..");
plan skip_all => 'SKIPPED: no corpus; set MAILROOM_SHARED to the folder that contains corpus/' unless defined $corpus;
my $node = mailroom_node('ksef_corpus', preload => 0);

my $result = content_differences($node, $corpus, 'ksef-fa3', not_carried => [qw(bt_34 bt_34_1 bt_49 bt_49_1 bt_83 bt_133)]);
my @differences = @{ $result->{differences} };
diag($_) foreach @differences[0 .. ($#differences > 9 ? 9 : $#differences)];
is(scalar @differences, 0, "ksef-fa3: $result->{invoices} invoices, $result->{columns} columns, all as expected");

# findings(folder): file, rule, message of each finding
sub findings
{
	my ($folder) = @_;
	return $node->safe_psql('postgres', "SELECT f, v.rule, v.message FROM pg_ls_dir('$corpus/$folder') AS f, mailroom.validate_invoice(pg_read_binary_file('$corpus/$folder/' || f)) AS v WHERE v.severity = 'fatal' ORDER BY 1, 2");
}
is(findings('generated/ksef-fa3'), '', 'ksef-fa3: no findings');
foreach my $folder (grep { -d "$corpus/samples/$_" } qw(ksef-fa3 ksef-fa2))
{
	is(findings("samples/$folder"), '', "samples/$folder: no findings");
	# the total is what the invoice asks for, and self-billing is seen
	is($node->safe_psql('postgres', <<"SQL"), '', "samples/$folder: P_15 and P_17");
SELECT f FROM pg_ls_dir('$corpus/samples/$folder') AS f, convert_from(pg_read_binary_file('$corpus/samples/$folder/' || f), 'UTF8') AS x,
	mailroom.parse_invoices(pg_read_binary_file('$corpus/samples/$folder/' || f)) AS j
WHERE abs((j ->> 'bt_112')::numeric + coalesce((j ->> 'bt_114')::numeric, 0)) <> abs(substring(x FROM '<P_15>([^<]*)')::numeric)
	OR (j ->> 'self_billed')::boolean <> (x LIKE '%<P_17>1<%')
SQL
}
$node->stop;
done_testing();
