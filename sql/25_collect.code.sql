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

-- Payment codes

CREATE OR REPLACE FUNCTION mailroom.make_epc_code(name text, iban text, amount numeric DEFAULT NULL, bic text DEFAULT NULL, purpose text DEFAULT NULL, reference text DEFAULT NULL, message text DEFAULT NULL, charset integer DEFAULT 1)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_make_epc_code';
COMMENT ON FUNCTION mailroom.make_epc_code(text, text, numeric, text, text, text, text, integer) IS 'payload of a European credit transfer for a QR code (EPC069-12, version 002): amount in euro, 0.01 to 999999999.99, NULL when the payer fills it in; name up to 70 characters, message up to 140, not both reference and message; a reference that begins with RF is checked; charset 1 (UTF-8) or 2 (ISO 8859-1, which decides what is counted and refused; the text itself is UTF-8); at most 331 bytes. MR011 with a reason code in the detail, 22023 for another charset';

CREATE OR REPLACE FUNCTION mailroom.make_polish_code(name text, account text, amount numeric, title text, tax_number text DEFAULT NULL, country text DEFAULT 'PL', reserved1 text DEFAULT NULL, reserved2 text DEFAULT NULL, reserved3 text DEFAULT NULL)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_make_polish_code';
COMMENT ON FUNCTION mailroom.make_polish_code(text, text, numeric, text, text, text, text, text, text) IS 'payload of the Polish 2D code: name up to 20 characters, account (NRB, with or without PL), amount in zloty up to 9999.99 (NULL or 0: the payer fills it in), title up to 32 characters, NIP of ten digits or none (its check digit is not tested: private payees have none); MR011 with a reason code in the detail';

CREATE OR REPLACE FUNCTION mailroom.make_finnish_barcode(iban text, reference text, amount numeric DEFAULT NULL, due_date date DEFAULT NULL)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_make_finnish_barcode';
COMMENT ON FUNCTION mailroom.make_finnish_barcode(text, text, numeric, date) IS 'the 54 digits of the Finnish bank bar code: version 4 for a national reference, 5 for an RF reference of digits; amount in euro, NULL or more than 999999.99 is written as zeros; due date of the years 2000 to 2099, NULL for none; MR011 with a reason code in the detail';

CREATE OR REPLACE FUNCTION mailroom.parse_finnish_barcode(symbol text, OUT version integer, OUT iban text, OUT reference text, OUT amount numeric, OUT due_date date)
	IMMUTABLE PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_parse_finnish_barcode';
COMMENT ON FUNCTION mailroom.parse_finnish_barcode(text) IS 'parts of a Finnish bank bar code of 54 digits; amount in euro and due date are NULL where the code has zeros; check digits of account and reference are tested; MR011 with a reason code in the detail';

CREATE OR REPLACE FUNCTION mailroom.parse_biller_barcode(definition text, symbol text)
	RETURNS TABLE (field text, value text)
	IMMUTABLE PARALLEL SAFE
	ROWS 5
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_parse_biller_barcode';
COMMENT ON FUNCTION mailroom.parse_biller_barcode(text, text) IS 'fields of a biller''s bar code by position, in the order of the definition name=from..to@FORMAT;... (1-based, inclusive, up to 32 fields and 100 characters); FORMAT is none (text), CENTS (digits, the last two behind the point), DEC (a point and two places), DD/MM/YYYY; amounts come as 12.50, dates as YYYY-MM-DD; MR011 with a reason code in the detail when the definition is broken, the length is not the last position, or a field does not parse';

-- Working days

CREATE OR REPLACE FUNCTION mailroom.add_working_days(calendar text, start date, days integer)
	RETURNS date
	IMMUTABLE STRICT PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_add_working_days';
COMMENT ON FUNCTION mailroom.add_working_days(text, date, integer) IS 'the day that is so many working days after the start (before it, when negative); 0 gives the start as it is; calendars NO, SE, FI, PL, RO, with :bank also without the days on which banks are closed; 22023 for another calendar, 22008 outside of the years 2005 to 2099';

CREATE OR REPLACE FUNCTION mailroom.count_working_days(calendar text, after date, until date)
	RETURNS integer
	IMMUTABLE STRICT PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_count_working_days';
COMMENT ON FUNCTION mailroom.count_working_days(text, date, date) IS 'working days after the first day up to and including the second; negative when they are the other way round; errors as in add_working_days';

CREATE OR REPLACE FUNCTION mailroom.roll_to_working_day(calendar text, day date, convention text DEFAULT 'following')
	RETURNS date
	IMMUTABLE STRICT PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_roll_to_working_day';
COMMENT ON FUNCTION mailroom.roll_to_working_day(text, date, text) IS 'the day itself when it is a working day, else the next (following), the one before (preceding), or the next within the month, else the one before (modified_following); errors as in add_working_days';

CREATE OR REPLACE FUNCTION mailroom.list_holidays(calendar text, year integer)
	RETURNS TABLE (day date, name text, kind text)
	IMMUTABLE STRICT PARALLEL SAFE
	ROWS 15
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_list_holidays';
COMMENT ON FUNCTION mailroom.list_holidays(text, integer) IS 'holidays of a year: kind public (by law), bank (banks closed as well) or bank_optional (half days, in no calendar); errors as in add_working_days';

CREATE OR REPLACE FUNCTION mailroom.find_easter(year integer, orthodox boolean DEFAULT false)
	RETURNS date
	IMMUTABLE STRICT PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_find_easter';
COMMENT ON FUNCTION mailroom.find_easter(integer, boolean) IS 'Easter Sunday, western or orthodox, as a Gregorian date; years 1583 to 9999, else 22008';
