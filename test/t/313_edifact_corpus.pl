# 310_edifact_corpus: the true content of the generated interchanges, and interchanges of others.
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
my $node = mailroom_node('edifact_corpus', preload => 0);

# names are cut to 35, texts to 70 characters by the format
my $result = content_differences($node, $corpus, 'edifact-d96a',
	not_carried => [qw(bt_10 bt_34 bt_34_1 bt_49 bt_49_1 bt_133)],
	expect => sub {
		my ($kind, $name, $want) = @_;
		$want->{$_} = substr($want->{$_}, 0, 35) foreach grep { defined $want->{$_} } qw(bt_27 bt_44 bt_153);
		$want->{bt_22} = substr($want->{bt_22}, 0, 70) if defined $want->{bt_22};
	});
my @differences = @{ $result->{differences} };
diag($_) foreach @differences[0 .. ($#differences > 9 ? 9 : $#differences)];
is(scalar @differences, 0, "edifact-d96a: $result->{invoices} invoices, $result->{columns} columns, all as expected");
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_ls_dir('$corpus/generated/edifact-d96a') AS f, mailroom.validate_invoice(pg_read_binary_file('$corpus/generated/edifact-d96a/' || f))"),
	0, 'edifact-d96a: no findings');

# interchanges of others: what each of them says, and what is wrong with it
my %want = (
	'edifact-d14b/connectingeurope--EDIFACT_EXAMPLE0a.TXT' => '12115118|22.00|1|EDIFACT-COUNT',
	'edifact-d14b/connectingeurope--EDIFACT_EXAMPLE2.TXT' => 'TOSL108|1801.78|5|EDIFACT-REFERENCE',
	'edifact-d14b/connectingeurope--EDIFACT_EXAMPLE3.TXT' => 'TOSL108|1125|1|EDIFACT-REFERENCE',
	'edifact-d14b/connectingeurope--EDIFACT_EXAMPLE5.TXT' => 'TOSL110|4675|3|EDIFACT-REFERENCE',
	'edifact-d14b/connectingeurope--EDIFACT_EXAMPLE9.TXT' => '20150483|177.87|1|EDIFACT-REFERENCE',
	'edifact-other/xlate--invoic_d93a_una.edi' => '9908001|901.78|3|',
	'edifact-other/xlate--wrapped_invoic_d97b_una.edi' => '342459|2137.58|2|',
);
foreach my $file (sort grep { -f "$corpus/samples/$_" } keys %want)
{
	my $content = "pg_read_binary_file('$corpus/samples/$file')";
	is($node->safe_psql('postgres', "SELECT j ->> 'bt_1', j ->> 'bt_112', j ->> 'line_count', (SELECT string_agg(DISTINCT rule, ' ') FROM mailroom.validate_invoice($content) WHERE rule LIKE 'EDIFACT%' AND severity = 'fatal') FROM mailroom.parse_invoices($content) AS j"),
		$want{$file}, $file);
}
$node->stop;
done_testing();
