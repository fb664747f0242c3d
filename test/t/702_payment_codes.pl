# 702_payment_codes: every vector of payment codes holds, made and read.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use MailroomVectors;
use Test::More;

my $node = mailroom_node('payment_codes', preload => 0);
# What a code is, or "error" where it is refused with MR011 and a reason code.
$node->safe_psql('postgres', q{
CREATE FUNCTION try_code(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
	reason text;
BEGIN
	EXECUTE query INTO result;
	RETURN result;
EXCEPTION WHEN SQLSTATE 'MR011' THEN
	GET STACKED DIAGNOSTICS reason = PG_EXCEPTION_DETAIL;
	RETURN CASE WHEN reason ~ '^The problem is "[a-z_]+"' THEN 'error' ELSE 'no reason: ' || reason END;
END;
$$;
});

my $epc = q{try_code(format('SELECT mailroom.make_epc_code(%L, %L, %L, %L, %L, %L, %L, %s)',
	name, iban, amount, bic, purpose, reference, text, CHARSET))};
# name of the vectors, what they want of a row, what we say
my @checks = (
	[ 'epc_qr', q{('"' || payload_json_escaped || '"')::json #>> '{}'}, $epc =~ s/CHARSET/charset/r ],
	[ 'epc_qr_invalid', 'expected', $epc =~ s/CHARSET/1/r ],
	[ 'pl_2d_code', 'payload', q{try_code(format('SELECT mailroom.make_polish_code(%L, %L, %L, %L, %L, %L, %L, %L, %L)',
		name, account, amount_grosz::numeric / 100, title, nip, country, reserved1, reserved2, reserved3))} ],
	# an account whose own check digits are wrong is refused: the vectors hold one (FI86 5000 1200 0088 25)
	[ 'fi_bank_barcode', q{CASE WHEN op = 'make' AND mailroom.reference_problem('iban', iban) IS NULL THEN symbol ELSE 'error' END}, q{CASE op
		WHEN 'make' THEN try_code(format('SELECT mailroom.make_finnish_barcode(%L, %L, %L, %L)',
			iban, reference, amount_cents::numeric / 100, due))
		ELSE try_code(format('SELECT mailroom.parse_finnish_barcode(%L)', symbol)) END} ],
	[ 'ro_biller_barcode', 'expected',
		q{try_code(format('SELECT string_agg(field || ''='' || value, '';'' ORDER BY ordinality)
			FROM mailroom.parse_biller_barcode(%L, %L) WITH ORDINALITY', definition, input))} ],
);
for my $check (@checks)
{
	my ($name, $want, $got) = @$check;
  SKIP:
	{
		my $rows = load_vectors($node, $name);
		skip "vectors/$name.csv", 1 unless defined $rows;
		is($node->safe_psql('postgres',
				"SELECT row_no, w, g FROM (SELECT v.*, $want AS w, $got AS g FROM vector_$name v) c"
				  . ' WHERE w IS DISTINCT FROM g ORDER BY row_no LIMIT 20'),
			'', "all $rows vectors of $name hold");
	}
}

SKIP:
{
	skip 'vectors/fi_bank_barcode.csv', 1 unless defined vector_file('fi_bank_barcode');
	is($node->safe_psql('postgres', q{
SELECT row_no, p
FROM (SELECT * FROM vector_fi_bank_barcode WHERE op = 'make' AND mailroom.reference_problem('iban', iban) IS NULL OFFSET 0) v,
	LATERAL mailroom.parse_finnish_barcode(symbol) p
WHERE (p.version::text, p.iban, p.amount, p.due_date) IS DISTINCT FROM
		(v.version, v.iban, nullif(CASE WHEN amount_cents::bigint < 100000000 THEN amount_cents::numeric / 100 END, 0), v.due::date)
	OR mailroom.make_finnish_barcode(p.iban, p.reference, p.amount, p.due_date) IS DISTINCT FROM v.symbol
ORDER BY row_no LIMIT 20}), '', 'what is made is read back, and makes the same symbol');
}
SKIP:
{
	skip 'vectors/epc_qr.csv', 1 unless defined vector_file('epc_qr');
	is($node->safe_psql('postgres', q{
SELECT row_no, bytes FROM vector_epc_qr v,
	LATERAL mailroom.make_epc_code(name, iban, amount::numeric, bic, purpose, reference, text, charset::integer) p
WHERE length(convert_to(p, CASE charset WHEN '2' THEN 'LATIN1' ELSE 'UTF8' END)) <> bytes::integer ORDER BY 1}),
		'', 'payloads have the bytes they should have');
}
$node->stop;
done_testing();
