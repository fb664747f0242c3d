-- 25_collect: payment references and identifiers.

CREATE OR REPLACE FUNCTION mailroom.reference_problem(scheme text, reference text)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_reference_problem';
COMMENT ON FUNCTION mailroom.reference_problem(text, text) IS 'NULL when the reference is valid in the scheme, else why not: missing (null or empty), bad_character, too_short, too_long, bad_length, bad_prefix, bad_structure, bad_country, bad_length_digit, bad_check_digit, bad_date, bad_parameter; schemes in docs/collect.md; 22023 when the scheme does not exist';

CREATE OR REPLACE FUNCTION mailroom.make_reference(scheme text, payload text)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_make_reference';
COMMENT ON FUNCTION mailroom.make_reference(text, text) IS 'the payload with its check digits; NULL for a null payload; MR011 with the problem in the detail for a bad payload; 0A000 for schemes that are only checked';

CREATE OR REPLACE FUNCTION mailroom.normalize_reference(scheme text, reference text)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_normalize_reference';
COMMENT ON FUNCTION mailroom.normalize_reference(text, text) IS 'the one form in which equal references are equal (blanks dropped, case folded, zeros filled or dropped as the scheme says); NULL when it is not valid';

CREATE OR REPLACE FUNCTION mailroom.format_reference(scheme text, reference text)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_format_reference';
COMMENT ON FUNCTION mailroom.format_reference(text, text) IS 'the printed form: Finnish references in fives from the right, RF and IBAN in fours from the left, giro numbers with blanks and hyphen; prints a wrong check digit too, NULL for any other problem';
