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
