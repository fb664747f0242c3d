# 310_invoice_write: what is written says what was read: parse(write(parse(x))) = parse(x) for the whole corpus, from the
# object and from the tables; and an invoice without faults is written without faults under its own profile.  Needs
# MAILROOM_SHARED (default: the folder shared beside the repository); without it the test is skipped and says so.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($shared) = grep { defined && -d "$_/corpus" } ($ENV{MAILROOM_SHARED}, "$FindBin::Bin/../../../shared");
plan skip_all => 'SKIPPED: no corpus; set MAILROOM_SHARED to the folder that contains corpus/' unless defined $shared;
my $corpus = "$shared/corpus";
my $node = mailroom_node('invoice_write', preload => 0);

my @folders = qw(generated/peppol-ubl generated/peppol-selfbilling-ubl generated/cius-ro-ubl generated/cii-en16931
	samples/ubl-en16931 samples/ubl-peppol samples/ubl-peppol-selfbilling samples/ubl-cius-ro samples/ubl-xrechnung
	samples/cii-en16931 samples/cii-facturx samples/cii-xrechnung);

$node->safe_psql('postgres', q{
CREATE TABLE public.content (folder text, name text, content bytea);
CREATE TABLE public.label (file text, fired text);
-- the order of identifiers with and without scheme is not CII's to say
CREATE FUNCTION public.unordered(invoice jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT invoice - '{bt_29,bt_29_1,bt_29_all}'::text[] || jsonb_build_object('bt_29_all', (SELECT jsonb_agg(i ORDER BY i)
		FROM jsonb_array_elements(coalesce(invoice -> 'bt_29_all', jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('bt_29', invoice -> 'bt_29', 'bt_29_1', invoice -> 'bt_29_1'))))) AS i)) $$;
-- a checked file has what its schema wants: UBL an order reference beside a sales order and a discount below every gross price, CII a
-- gross price above every discount
CREATE FUNCTION public.essence(invoice jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT public.unordered(invoice) - CASE WHEN invoice ? 'bt_14' AND coalesce(invoice ->> 'bt_13', 'NA') = 'NA' THEN 'bt_13' ELSE '' END
		|| jsonb_build_object('bg_25', (SELECT jsonb_agg(l - 'bt_147' - 'bt_148' || CASE WHEN l ? 'bt_148' OR l ? 'bt_147' THEN jsonb_build_object('bt_148', trim_scale(coalesce((l ->> 'bt_148')::numeric, (l ->> 'bt_147')::numeric + (l ->> 'bt_146')::numeric))) ELSE '{}' END ORDER BY n) FROM jsonb_array_elements(invoice -> 'bg_25') WITH ORDINALITY AS e (l, n))) $$;
CREATE FUNCTION public.differences(content bytea, formats text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	before jsonb;
	after jsonb;
	format text;
BEGIN
	BEGIN
		before := mailroom.parse_invoice(content) - '{format,extra}'::text[];
	EXCEPTION WHEN OTHERS THEN
		RETURN NEXT 'unreadable';
		RETURN;
	END;
	after := before;
	FOREACH format IN ARRAY formats LOOP
		after := mailroom.parse_invoice(mailroom.write_invoice(after, format, false)) - '{format,extra}'::text[];
	END LOOP;
	IF array_length(formats, 1) > 1 THEN
		before := public.unordered(before);
		after := public.unordered(after);
	END IF;
	RETURN QUERY SELECT key FROM jsonb_each(before) AS b FULL JOIN jsonb_each(after) AS a USING (key) WHERE b.value IS DISTINCT FROM a.value;
EXCEPTION WHEN OTHERS THEN
	RETURN NEXT SQLERRM;
END $$;
-- the format that the invoice says it has
CREATE FUNCTION public.format_of(invoice jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN invoice ->> 'format' = 'cii' THEN 'cii' WHEN b LIKE '%poacc:selfbilling%' THEN 'peppol-selfbilling' WHEN b LIKE '%poacc:billing:3.0' THEN 'peppol' WHEN b LIKE '%CIUS-RO%' THEN 'cius-ro' WHEN b LIKE '%xrechnung_3.0%' THEN 'xrechnung' ELSE 'ubl' END
	FROM (SELECT invoice ->> 'bt_24') AS x (b) $$;
CREATE FUNCTION public.faults(content bytea) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	invoice jsonb;
	written bytea;
BEGIN
	invoice := mailroom.parse_invoice(content);
	written := mailroom.write_invoice(invoice, public.format_of(invoice));
	RETURN QUERY SELECT v.rule || ' ' || v.message FROM mailroom.validate_invoice(written) AS v WHERE v.severity = 'fatal';
	RETURN QUERY SELECT key || ' differs' FROM jsonb_each(public.essence(invoice - 'extra')) AS b FULL JOIN jsonb_each(public.essence(mailroom.parse_invoice(written) - 'extra')) AS a USING (key) WHERE b.value IS DISTINCT FROM a.value;
EXCEPTION WHEN OTHERS THEN
	RETURN NEXT SQLERRM;
END $$;});
$node->safe_psql('postgres', "COPY public.label FROM '$corpus/samples/labels.tsv'");

foreach my $folder (@folders)
{
	next unless -d "$corpus/$folder";
	$node->safe_psql('postgres', "INSERT INTO public.content SELECT '$folder', n, pg_read_binary_file('$corpus/$folder/' || n) FROM pg_ls_dir('$corpus/$folder') AS n WHERE n LIKE '%.xml'");
	# as plain EN 16931, which leaves the specification identifier alone
	my $own = $folder =~ /cii/ ? 'cii' : 'ubl';
	my $files = $node->safe_psql('postgres', "SELECT count(*) FROM public.content WHERE folder = '$folder'");
	foreach my $way ($own, $own eq 'cii' ? 'ubl,cii' : 'cii,ubl')
	{
		my @rows = map { [ split /\|/, $_, 2 ] } split /\n/, $node->safe_psql('postgres', "SELECT name, d FROM public.content, public.differences(content, '{$way}') AS d WHERE folder = '$folder' ORDER BY 1, 2");
		my @unreadable = grep { $_->[1] eq 'unreadable' } @rows;
		my @wrong = grep { $_->[1] ne 'unreadable' } @rows;
		diag("$folder/$_->[0]: $_->[1]") foreach @wrong[0 .. ($#wrong > 9 ? 9 : $#wrong)];
		is(scalar @wrong, 0, "$folder: " . ($files - @unreadable) . " invoices read, written as $way and read again are the same");
	}

	# those that the official stylesheets find no fatal fault in
	my $clean = $folder =~ /^generated/ ? 'true' : "folder || '/' || name IN (SELECT 'samples/' || file FROM public.label WHERE fired !~ '[|]fatal[|]|!ERROR')";
	my $faultless = $node->safe_psql('postgres', "SELECT count(*) FROM public.content WHERE folder = '$folder' AND $clean");
	my @faults = split /\n/, $node->safe_psql('postgres', "SELECT name, f FROM public.content, public.faults(content) AS f WHERE folder = '$folder' AND $clean ORDER BY 1, 2");
	diag("$folder: $_") foreach @faults[0 .. ($#faults > 9 ? 9 : $#faults)];
	is(scalar @faults, 0, "$folder: $faultless invoices without faults are written without faults, and the same");
}

# -- out of the tables --------------------------------------------------------------------------------------------------
foreach my $folder (grep { m{^generated/} } @folders)
{
	my $issuer = $node->safe_psql('postgres', "SELECT mailroom.create_issuer('$folder', 'NO', 'Europe/Oslo', 'NOK')");
	$node->safe_psql('postgres', "INSERT INTO mailroom.import_file (issuer_id, file_name, content) SELECT $issuer, name, content FROM public.content WHERE folder = '$folder' ORDER BY name");
	$node->safe_psql('postgres', 'CALL mailroom.run_jobs()');
	my $stored = $node->safe_psql('postgres', "SELECT count(*) FROM mailroom.invoice WHERE issuer_id = $issuer");
	my $wrong = $node->safe_psql('postgres', qq{
		SELECT f.file_name, d.key, d.was, d.is_now
		FROM mailroom.write_invoices($issuer, ARRAY(SELECT invoice_id FROM mailroom.invoice WHERE issuer_id = $issuer ORDER BY random()), 'ubl', false) AS w
			JOIN mailroom.invoice i ON i.issuer_id = $issuer AND i.invoice_id = w.invoice_id
			JOIN mailroom.import_file f ON f.issuer_id = i.issuer_id AND f.file_id = i.file_id,
			LATERAL (SELECT key, b.value, a.value FROM jsonb_each(mailroom.parse_invoice(f.content) - '{format,extra}'::text[]) AS b
				FULL JOIN jsonb_each(mailroom.parse_invoice(w.content) - '{format,extra}'::text[]) AS a USING (key) WHERE b.value IS DISTINCT FROM a.value) AS d (key, was, is_now)
		LIMIT 10});
	is($wrong, '', "$folder: $stored stored invoices are written as they came");
	cmp_ok($stored, '>', 0, "$folder: there were some");
}

# -- many lines: the memory of a session does not grow with them ---------------------------------------------------------
my $issuer = $node->safe_psql('postgres', "SELECT mailroom.create_issuer('Long', 'NO', 'Europe/Oslo', 'NOK')");
$node->safe_psql('postgres', qq{
	INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, currency, line_count, received_at) VALUES ($issuer, 'file', 'accepted', 'x', 'x', 'L-1', 'NOK', 60000, now());
	INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, line_id, quantity, net_amount, item_name)
		SELECT $issuer, invoice_id, n, n, 1, n, 'Item ' || n FROM mailroom.invoice, generate_series(1, 60000) AS n WHERE issuer_id = $issuer;
	INSERT INTO mailroom.invoice_adjustment (issuer_id, invoice_id, adjustment_no, line_no, is_charge, amount)
		SELECT $issuer, invoice_id, n, n * 3, n % 2 = 0, n FROM mailroom.invoice, generate_series(1, 20000) AS n WHERE issuer_id = $issuer});
my $sums = $node->safe_psql('postgres', qq{
	WITH x AS MATERIALIZED (SELECT mailroom.parse_invoice(mailroom.write_invoice($issuer, (SELECT invoice_id FROM mailroom.invoice WHERE issuer_id = $issuer), 'ubl', false)) AS j)
	SELECT count(*), sum((l ->> 'bt_131')::numeric), count(*) FILTER (WHERE (l ->> 'bt_126')::int <> n), sum(jsonb_array_length(l -> 'bg_27')), sum((l #>> '{bg_28,0,bt_141}')::numeric)
	FROM x, jsonb_array_elements(j -> 'bg_25') WITH ORDINALITY AS e (l, n)});
is($sums, '60000|1800030000|0|10000|100010000', 'an invoice of 60,000 lines with their allowances and charges');
done_testing();
