# 330_nordic_corpus: the true content of the generated Finvoice, TEAPPSXML and Svefaktura invoices, also many in one file.
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
my $node = mailroom_node('nordic_corpus', preload => 0);

my %not_carried = (
	'finvoice-3.0' => [qw(bt_133 bt_136)],
	'teapps-3.0' => [qw(bt_133 bt_136)],
	'svefaktura' => [qw(bt_13 bt_34 bt_34_1 bt_47 bt_48 bt_49 bt_49_1 bt_73 bt_74 bt_133)],
);
foreach my $format (sort keys %not_carried)
{
	my $result = content_differences($node, $corpus, $format, not_carried => $not_carried{$format});
	my @differences = @{ $result->{differences} };
	diag($_) foreach @differences[0 .. ($#differences > 9 ? 9 : $#differences)];
	is(scalar @differences, 0, "$format: $result->{invoices} invoices, $result->{columns} columns, all as expected");
	is($node->safe_psql('postgres', "SELECT count(*) FROM pg_ls_dir('$corpus/generated/$format') AS f, mailroom.validate_invoice(pg_read_binary_file('$corpus/generated/$format/' || f))"),
		0, "$format: no findings");
	# what a format cannot say stays unsaid
	is($node->safe_psql('postgres', "SELECT count(*) FROM pg_ls_dir('$corpus/generated/$format') AS f, mailroom.parse_invoices(pg_read_binary_file('$corpus/generated/$format/' || f)) AS j,
			LATERAL (SELECT j AS part UNION ALL SELECT jsonb_array_elements(j -> 'bg_25')) AS r WHERE r.part ?| ARRAY[" . join(', ', map { "'$_'" } @{ $not_carried{$format} }) . "]"),
		0, "$format: nothing that it does not carry");
}

# all files of a format one behind the other, as banks send them
is($node->safe_psql('postgres', "WITH files AS (SELECT f, pg_read_binary_file('$corpus/generated/finvoice-3.0/' || f) AS content FROM pg_ls_dir('$corpus/generated/finvoice-3.0') AS f),
		alone AS (SELECT row_number() OVER (ORDER BY f COLLATE \"C\") AS no, mailroom.parse_invoice(content) AS j FROM files),
		together AS (SELECT no, j FROM (SELECT string_agg(convert_to('<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Header/><e:Body/></e:Envelope>' || chr(10), 'UTF8') || content, '' ORDER BY f COLLATE \"C\") AS content FROM files) AS c, mailroom.parse_invoices(content) WITH ORDINALITY AS p (j, no))
	SELECT count(*) = (SELECT count(*) FROM files), bool_and(alone.j = together.j) FROM alone JOIN together USING (no)"),
	't|t', 'Finvoice files with their envelopes in one file say the same');
$node->stop;
done_testing();
