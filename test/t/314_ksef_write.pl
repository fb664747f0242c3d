# 314_ksef_write: invoices written for KSeF say what was read, and have no fault under the schema and the system's checks:
# those that came from KSeF, and Polish Peppol invoices.
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
my $node = mailroom_node('ksef_write', preload => 0);
$node->safe_psql('postgres', q{
CREATE FUNCTION public.carried(invoice jsonb, left_out text[]) RETURNS jsonb LANGUAGE sql AS $$
	SELECT invoice - '{format,extra}'::text[] - left_out || jsonb_build_object('bg_25', (SELECT jsonb_agg(l - left_out ORDER BY n) FROM jsonb_array_elements(invoice -> 'bg_25') WITH ORDINALITY AS e (l, n)))
		|| jsonb_build_object('bg_23', (SELECT jsonb_agg(v - left_out ORDER BY n) FROM jsonb_array_elements(invoice -> 'bg_23') WITH ORDINALITY AS e (v, n))) $$;
CREATE FUNCTION public.differences(content bytea, left_out text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	before jsonb := mailroom.parse_invoice(content);
	written bytea;
BEGIN
	written := mailroom.write_invoice(before, 'ksef-fa3');
	RETURN QUERY SELECT key || ' ' || left(coalesce(b.value::text, '-'), 200) || ' became ' || left(coalesce(a.value::text, '-'), 200)
		FROM jsonb_each(public.carried(before, left_out)) AS b FULL JOIN jsonb_each(public.carried(mailroom.parse_invoice(written), left_out)) AS a USING (key) WHERE b.value IS DISTINCT FROM a.value
		UNION ALL SELECT rule || ' ' || location || ' ' || message FROM mailroom.validate_invoice(written) WHERE severity = 'fatal';
EXCEPTION WHEN OTHERS THEN
	RETURN NEXT SQLERRM || coalesce(' ' || nullif(current_setting('x.y', true), ''), '');
END $$;});

# differences(folder, pattern of names, terms the form has no place for)
sub differences
{
	my ($folder, $pattern, @left_out) = @_;
	my $list = '{' . join(',', @left_out) . '}';
	my $rows = $node->safe_psql('postgres', "SELECT f, d FROM pg_ls_dir('$corpus/$folder') AS f, public.differences(pg_read_binary_file('$corpus/$folder/' || f), '$list') AS d WHERE f LIKE '$pattern' ORDER BY 1, 2");
	my $count = $node->safe_psql('postgres', "SELECT count(*) FROM pg_ls_dir('$corpus/$folder') AS f WHERE f LIKE '$pattern'");
	my @rows = split /\n/, $rows;
	diag($_) foreach @rows[0 .. ($#rows > 9 ? 9 : $#rows)];
	is(scalar @rows, 0, "$folder: $count invoices written for KSeF, without faults, say the same");
	cmp_ok($count, '>', 0, "$folder: there were some");
}
differences('generated/ksef-fa3', '%.xml');
# what the form has no place for: addresses and identifiers of the network, trading names, accounts of lines, reasons of
# discounts (whose amount is also a key of the line); the registration is the NIP, without a scheme
my @not_of_peppol = qw(bt_23 bt_24 bt_28 bt_34 bt_34_1 bt_45 bt_49 bt_49_1 bt_30_1 bt_47_1 bt_133 bt_139 bt_140 bg_27);
differences('generated/peppol-ubl', 'pl-%.xml', @not_of_peppol);
differences('generated/peppol-selfbilling-ubl', 'pl-%.xml', @not_of_peppol);
differences('samples/ksef-fa3', '%.xml');
differences('samples/ksef-fa2', '%.xml');
$node->stop;
done_testing();
