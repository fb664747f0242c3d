# 700_references: every reference and identifier vector holds.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use MailroomVectors;
use Test::More;

my $node = mailroom_node('references', preload => 0);
$node->safe_psql('postgres', q{
CREATE FUNCTION try_make(scheme text, payload text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN mailroom.make_reference(scheme, payload);
EXCEPTION WHEN SQLSTATE 'MR011' THEN
	RETURN 'error';
END;
$$;
CREATE FUNCTION as_valid(scheme text, reference text) RETURNS text LANGUAGE sql
	RETURN (mailroom.reference_problem(scheme, reference) IS NULL)::text;
});

# name of the vectors, what they want of a row, what we say
my @checks = (
	[ 'no_kid', 'expected', q{CASE op
		WHEN 'make' THEN try_make('no_kid_' || lower(mode), coalesce(input, ''))
		ELSE as_valid(CASE mode WHEN 'MOD10_OR_MOD11' THEN 'no_kid' ELSE 'no_kid_' || lower(mode) END, coalesce(input, '')) END} ],
	[ 'se_ocr', 'expected', q{CASE
		WHEN op = 'make' AND level = 'varlen' THEN try_make('se_ocr_length' || coalesce(':' || param, ''), coalesce(input, ''))
		WHEN op = 'make' THEN try_make('se_ocr', coalesce(input, ''))
		WHEN level = 'varlen' THEN as_valid('se_ocr_length', coalesce(input, ''))
		WHEN level = 'fixlen' THEN as_valid('se_ocr_fixed:' || param, coalesce(input, ''))
		ELSE as_valid('se_ocr', coalesce(input, '')) END} ],
	[ 'se_giro_numbers', q{valid || ' ' || coalesce(normalized, '')},
		q{as_valid(scheme, input) || ' ' || coalesce(mailroom.normalize_reference(scheme, input), '')} ],
	[ 'fi_reference', 'expected', q{CASE op
		WHEN 'make' THEN try_make('fi_reference', input)
		WHEN 'format' THEN mailroom.format_reference('fi_reference', input)
		ELSE as_valid('fi_reference', input) END} ],
	[ 'rf_iso11649', 'expected', q{CASE op
		WHEN 'make' THEN try_make('rf', input) ELSE as_valid('rf', input) END} ],
	[ 'iban', q{valid || ' ' || coalesce(normalized, '')},
		q{as_valid('iban', input) || ' ' || coalesce(mailroom.normalize_reference('iban', input), '')} ],
	[ 'pl_nrb', q{valid || ' ' || coalesce(iban, '')},
		q{as_valid('pl_nrb', input) || ' ' || coalesce(mailroom.normalize_reference('pl_nrb', input), '')} ],
	[ 'pl_ksef_number', 'valid', q{as_valid('pl_ksef_number', input)} ],
	[ 'identifiers', q{valid || ' ' || coalesce(normalized, '')},
		q{as_valid(scheme, input) || ' ' || coalesce(mailroom.normalize_reference(scheme, input), '')} ],
);
for my $check (@checks)
{
	my ($name, $want, $got) = @$check;
  SKIP:
	{
		my $rows = load_vectors($node, $name);
		skip "vectors/$name.csv", 1 unless defined $rows;
		is($node->safe_psql('postgres',
				"SELECT row_no, input, w, g FROM (SELECT v.*, $want AS w, $got AS g FROM vector_$name v) c"
				  . ' WHERE w IS DISTINCT FROM g ORDER BY row_no LIMIT 20'),
			'', "all $rows vectors of $name hold");
	}
}

# Make then verify, and one changed digit is found, whatever the payload.
is($node->safe_psql('postgres', q{
SELECT s, payload, made
FROM unnest(ARRAY['no_kid_mod10', 'no_kid_mod11', 'se_ocr', 'fi_reference', 'rf', 'ch_esr']) AS s,
	LATERAL (SELECT (n::numeric * 7919 + 1234)::text AS payload FROM generate_series(1, 4000, 7) AS n) p,
	LATERAL (SELECT mailroom.make_reference(s, payload) AS made) m,
	LATERAL (SELECT length(made) - 2 AS place) l,
	LATERAL (SELECT overlay(made PLACING ((substr(made, place, 1)::integer + 1) % 10)::text FROM place FOR 1) AS changed) c
WHERE mailroom.reference_problem(s, made) IS NOT NULL OR mailroom.reference_problem(s, changed) IS NULL
ORDER BY 1, 2 LIMIT 10
}), '', 'what is made is valid, and a changed digit is not');
$node->stop;
done_testing();
