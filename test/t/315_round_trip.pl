# 315_round_trip: parse(write(parse(x))) = parse(x) for every invoice of the whole corpus, whatever its format, in each of the
# four syntaxes that are written; what a format does not carry is named here, term by term, and in docs/invoice.md.
# Needs MAILROOM_SHARED (default: the folder shared beside the repository); without it the test is skipped and says so.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use CorpusContent qw(corpus_folder);
use MailroomCluster;
use Test::More;

my $corpus = corpus_folder("$FindBin::Bin/../..");
plan skip_all => 'SKIPPED: no corpus; set MAILROOM_SHARED to the folder that contains corpus/' unless defined $corpus;
my $node = mailroom_node('round_trip', preload => 0);
$node->safe_psql('postgres', q{
CREATE TABLE public.content (name text, content bytea);
-- texts as Finvoice gives them back: blanks are one, those around a line none; identifiers of payment without any
CREATE FUNCTION public.tidied(value text) RETURNS text LANGUAGE sql AS $$
	SELECT regexp_replace(regexp_replace(value, '(\\\\[nrt]|\s)+', '', 'g'), '(\.0+|(\.[0-9]*[1-9])0+)(,|\x7D)', '\2\3', 'g') $$;
CREATE FUNCTION public.differences(content bytea, format text) RETURNS TABLE (term text, was text, is_now text) LANGUAGE plpgsql AS $$
DECLARE
	before jsonb;
	after jsonb;
BEGIN
	FOR before IN SELECT j - '{format,extra}'::text[] FROM mailroom.parse_invoices(content) AS j LOOP
		BEGIN
			after := mailroom.parse_invoice(mailroom.write_invoice(before, format, false)) - '{format,extra}'::text[];
			RETURN QUERY SELECT key, b.value::text, a.value::text FROM jsonb_each(before) AS b FULL JOIN jsonb_each(after) AS a USING (key) WHERE b.value IS DISTINCT FROM a.value;
		EXCEPTION WHEN SQLSTATE 'MR015' THEN
			RETURN QUERY SELECT 'refused', sqlerrm, NULL::text;
		END;
	END LOOP;
EXCEPTION WHEN SQLSTATE 'MR001' OR SQLSTATE 'MR002' OR SQLSTATE 'MR003' THEN
	RETURN;
END $$;});
my @folders;
foreach my $part (qw(generated samples))
{
	opendir(my $in, "$corpus/$part") or die;
	push @folders, grep { -d "$corpus/$_" } map { "$part/$_" } grep { !/^\./ } sort readdir $in;
}
push @folders, 'hostile';
$node->safe_psql('postgres', "INSERT INTO public.content SELECT '$_/' || f, pg_read_binary_file('$corpus/$_/' || f) FROM pg_ls_dir('$corpus/$_') AS f WHERE f !~ '\\.tsv\$'") foreach @folders;
my $files = $node->safe_psql('postgres', 'SELECT count(*) FROM public.content');
my $invoices = $node->safe_psql('postgres', q{
	CREATE FUNCTION public.invoices(content bytea) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM mailroom.parse_invoices(content)); EXCEPTION WHEN OTHERS THEN RETURN 0; END $$;
	SELECT sum(public.invoices(content)) FROM public.content});
cmp_ok($invoices, '>', 500, "$files files of " . @folders . " folders hold $invoices invoices");
$node->safe_psql('postgres', "CREATE TABLE public.difference AS SELECT f AS format, name, d.* FROM public.content, unnest('{ubl,cii,finvoice,ksef-fa3}'::text[]) AS f, public.differences(content, f) AS d");

# -- UBL and CII carry everything, but for a second VAT total without its currency, a group with nothing in it, and the order of
# identifiers with and without a scheme
sub left { return $node->safe_psql('postgres', "SELECT format, name, term, left(was, 80), left(is_now, 80) FROM public.difference WHERE $_[0] ORDER BY 1, 2, 3") }
my %known = (
	'ubl' => [ 'samples/edifact-d14b/connectingeurope--EDIFACT_EXAMPLE0a.TXT: bt_111' ],
	'cii' => [ 'hostile/wrong-namespace.xml: bg_23', 'samples/edifact-d14b/connectingeurope--EDIFACT_EXAMPLE0a.TXT: bt_111',
		map { "samples/ubl-peppol/connectingeurope--CreditNote-Max_content.xml: $_" } qw(bt_29 bt_29_1 bt_29_all) ]);
foreach my $format (qw(ubl cii))
{
	my $found = $node->safe_psql('postgres', "SELECT name || ': ' || term FROM public.difference WHERE format = '$format' ORDER BY 1");
	is($found, join("\n", sort @{ $known{$format} }), "$format: all $invoices invoices of all formats come back, but for what is named here") or diag(left("format = '$format'"));
}

# -- Finvoice and FA(3) carry less: only these terms may differ, in any invoice
my %not_carried = (
	# identifiers of process and specification, subjects of notes, attached files; addresses close up, blanks of texts and of what
	# is paid become one or none; a currency without an amount, and of a document without a code of its type
	'finvoice' => [qw(bt_23 bt_24 bt_21 bg_1 bt_22 bg_24 bt_35 bt_36 bt_162 bt_50 bt_51 bt_163 bt_75 bt_76 bt_165 bt_20 bt_83 bt_84 bg_17 bt_6 bt_3 bg_23 bg_25)],
);
foreach my $format (sort keys %not_carried)
{
	my $list = join ',', @{ $not_carried{$format} };
	is(left("format = '$format' AND name !~ '^hostile/' AND term <> ALL ('{$list}')"), '', "$format: nothing else changes in the $invoices invoices");
	# of what is in the list: the text is the same but for blanks, where the format carries it
	my @same = qw(bt_20 bt_83 bt_84 bg_17 bg_23);
	is(left("format = '$format' AND name !~ '^hostile/' AND term = ANY ('{" . join(',', @same) . "}') AND public.tidied(was) IS DISTINCT FROM public.tidied(is_now) AND term <> 'bg_17'"), '', "$format: but for blanks, @same are the same");
}
# every Polish invoice: 314_ksef_write.pl; all others are written, or refused by name, without an error of another kind
my $refused = $node->safe_psql('postgres', "SELECT count(*) FILTER (WHERE term = 'refused'), count(*) FILTER (WHERE term = 'refused' AND was !~ 'as ksef-fa3: (BT|BG)-') FROM (SELECT DISTINCT name, term, was FROM public.difference WHERE format = 'ksef-fa3') AS d");
like($refused, qr/^[0-9]+\|0$/, "ksef-fa3: refusals name the term");
$node->stop;
done_testing();
