# 331_finvoice_write: Finvoice says what was read: parse(write(parse(x))) = parse(x) for every field that the format carries,
# from Finvoice, TEAPPSXML, Svefaktura, UBL and CII; checked output has no faults.  Needs MAILROOM_SHARED (default: the folder
# shared beside the repository); without it the test is skipped and says so.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use CorpusContent qw(corpus_folder);
use MailroomCluster;
use Test::More;

my $corpus = corpus_folder("$FindBin::Bin/../..");
plan skip_all => 'SKIPPED: no corpus; set MAILROOM_SHARED to the folder that contains corpus/' unless defined $corpus;
my $node = mailroom_node('finvoice_write', preload => 0);

# what Finvoice cannot carry, of the document and of lines: see the head of finvoice_write.c
$node->safe_psql('postgres', q{
CREATE FUNCTION public.carried(invoice jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT invoice - '{format,extra}'::text[] - CASE WHEN invoice ->> 'format' = 'finvoice' THEN '{}'::text[] ELSE '{bt_23,bt_24}' END $$;
CREATE FUNCTION public.differences(content bytea) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	before jsonb := mailroom.parse_invoice(content);
	after jsonb := mailroom.parse_invoice(mailroom.write_invoice(before, 'finvoice', false));
BEGIN
	RETURN QUERY SELECT key || ': ' || coalesce(b.value::text, 'none') || ' is now ' || coalesce(a.value::text, 'none')
		FROM jsonb_each(public.carried(before)) AS b FULL JOIN jsonb_each(public.carried(after || jsonb_build_object('format', before -> 'format'))) AS a USING (key) WHERE b.value IS DISTINCT FROM a.value;
EXCEPTION WHEN OTHERS THEN
	RETURN NEXT SQLERRM;
END $$;
CREATE FUNCTION public.faults(content bytea) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY SELECT v.rule || ' ' || v.severity || ' ' || v.message FROM mailroom.validate_invoice(mailroom.write_invoice(mailroom.parse_invoice(content), 'finvoice')) AS v;
EXCEPTION WHEN OTHERS THEN
	RETURN NEXT SQLERRM;
END $$;});
foreach my $folder (qw(finvoice-3.0 teapps-3.0 svefaktura peppol-ubl peppol-selfbilling-ubl cii-en16931))
{
	my $content = "pg_read_binary_file('$corpus/generated/$folder/' || f)";
	my $files = $node->safe_psql('postgres', "SELECT count(*) FROM pg_ls_dir('$corpus/generated/$folder')");
	foreach my $part ([ differences => 'invoices read, written and read again are the same' ], [ faults => 'written and checked without faults' ])
	{
		my ($function, $label) = @$part;
		# checked output takes references of Finland and international ones alone, and says so
		my @rows = grep { !/^pl-.*BT-83 .* is no reference/ } split /\n/, $node->safe_psql('postgres', "SELECT f, d FROM pg_ls_dir('$corpus/generated/$folder') AS f, public.$function($content) AS d ORDER BY 1, 2");
		diag($_) foreach @rows[0 .. ($#rows > 9 ? 9 : $#rows)];
		is(scalar @rows, 0, "$folder: $files $label");
	}
}
$node->stop;
done_testing();
