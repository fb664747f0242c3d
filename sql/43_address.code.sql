-- 43_address: are addresses right, what was meant where they are not, and who is not reached there any more.

CREATE OR REPLACE FUNCTION mailroom.town_key(town text, fold text)
	RETURNS text
	IMMUTABLE STRICT PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_town_key';
COMMENT ON FUNCTION mailroom.town_key(text, text) IS 'a name as a key: upper case, single blanks for whatever stands between words; fold case keeps accents, plain drops them (Ø is O), digraphs spells them out (Ø is OE); UTF-8';

CREATE OR REPLACE FUNCTION mailroom.text_slip(given text, meant text)
	RETURNS text
	IMMUTABLE STRICT PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_text_slip';
COMMENT ON FUNCTION mailroom.text_slip(text, text) IS 'the one slip that made given out of meant: swapped, replaced, missing or extra character; NULL when they are equal or farther apart; compares byte by byte';

-- Forms of postcodes ---------------------------------------------------------------------------------------

-- National forms of postcodes, without blanks, hyphens and country prefix, as the Universal Postal Union lists them.
CREATE OR REPLACE FUNCTION mailroom.postcode_form(country text)
	RETURNS text
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE
		WHEN country IN ('FO', 'IS') THEN '[0-9]{3}'
		WHEN country IN ('AT', 'AU', 'BE', 'CH', 'DK', 'GL', 'HU', 'LU', 'LV', 'NO', 'NZ', 'SI') THEN '[0-9]{4}'
		WHEN country IN ('CZ', 'EE', 'ES', 'FI', 'FR', 'GR', 'HR', 'IT', 'LT', 'PL', 'SK') THEN '[0-9]{5}'
		WHEN country = 'DE' THEN '(0[1-9]|[1-9][0-9])[0-9]{3}'
		WHEN country = 'SE' THEN '[1-9][0-9]{4}'
		WHEN country IN ('RO') THEN '[0-9]{6}'
		WHEN country IN ('JP', 'PT') THEN '[0-9]{7}'
		WHEN country = 'NL' THEN '[0-9]{4}[A-Z]{2}'
		WHEN country = 'US' THEN '[0-9]{5}([0-9]{4})?'
		WHEN country = 'CA' THEN '[A-Z][0-9][A-Z][0-9][A-Z][0-9]'
		WHEN country = 'GB' THEN '(GIR0AA|[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][ABD-HJLNP-UW-Z]{2})'
	END;
COMMENT ON FUNCTION mailroom.postcode_form(text) IS 'regular expression of a country''s postcodes as mailroom.plain_postcode writes them; NULL where none is known and every postcode passes';

-- How many digits, where a postcode is digits alone.
CREATE OR REPLACE FUNCTION mailroom.postcode_digits(country text)
	RETURNS integer
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE
		WHEN country IN ('DE', 'SE', 'US') THEN 5
		ELSE substring(mailroom.postcode_form(country) FROM '^\[0-9\]\{([0-9])\}$')::integer
	END;
COMMENT ON FUNCTION mailroom.postcode_digits(text) IS 'digits of a country''s postcodes, NULL where they have letters or the form is not known';

CREATE OR REPLACE FUNCTION mailroom.postcode_text(country text, code text)
	RETURNS text
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE
		WHEN country IN ('SE', 'CZ', 'SK', 'GR') AND length(code) = 5 THEN left(code, 3) || ' ' || right(code, 2)
		WHEN country = 'PL' AND length(code) = 5 THEN left(code, 2) || '-' || right(code, 3)
		WHEN country = 'PT' AND length(code) = 7 THEN left(code, 4) || '-' || right(code, 3)
		WHEN country = 'US' AND length(code) = 9 THEN left(code, 5) || '-' || right(code, 4)
		WHEN country IN ('GB', 'CA') AND length(code) > 4 THEN left(code, -3) || ' ' || right(code, 3)
		WHEN country = 'NL' AND length(code) = 6 THEN left(code, 4) || ' ' || right(code, 2)
		ELSE code
	END;
COMMENT ON FUNCTION mailroom.postcode_text(text, text) IS 'a plain postcode as people of its country write it: 111 22, 00-950, SW1A 1AA';

CREATE OR REPLACE FUNCTION mailroom.address_problem(country text, postcode text)
	RETURNS text
	STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	form CONSTANT text := mailroom.postcode_form(country);
BEGIN
	IF coalesce(country, '') = '' THEN
		RETURN 'the country is missing';
	ELSIF NOT mailroom.code_known('iso3166_country', country) THEN
		RETURN format('country "%s" is not in ISO 3166', country);
	ELSIF form IS NULL OR mailroom.plain_postcode(country, postcode) ~ ('^' || form || '$') THEN
		RETURN NULL;
	ELSIF coalesce(postcode, '') = '' THEN
		RETURN format('the postcode is missing, country %s', country);
	END IF;
	RETURN format('postcode "%s" is not of the form of country %s', postcode, country);
END;
$$;
COMMENT ON FUNCTION mailroom.address_problem(text, text) IS 'what keeps a letter from being addressed by the form alone: country missing or not in ISO 3166, postcode missing or not of its country''s form; NULL when nothing does; mailroom.check_address knows more';

CREATE OR REPLACE FUNCTION mailroom.form_misfits(countries text[], plain_postcodes text[])
	RETURNS boolean
	STABLE PARALLEL SAFE
	SET enable_nestloop = off
	SET jit = off
BEGIN ATOMIC
	WITH address AS MATERIALIZED (
		SELECT u.country, u.plain FROM unnest($1, $2) AS u (country, plain)
	), form AS MATERIALIZED (
		SELECT d.country, d.country <> '' AND mailroom.code_known('iso3166_country', d.country) AS is_known, '^' || mailroom.postcode_form(d.country) || '$' AS form
			FROM (SELECT DISTINCT a.country FROM address a) d
	)
	SELECT EXISTS (SELECT FROM address a JOIN form f ON f.country = a.country WHERE NOT f.is_known OR a.plain !~ f.form);
END;
COMMENT ON FUNCTION mailroom.form_misfits(text[], text[]) IS 'true when mailroom.address_problem would object to one of the addresses; postcodes as mailroom.plain_postcode writes them';

-- Lists of postcodes ---------------------------------------------------------------------------------------

-- Rounded well down from what postal operators list: a list below it is surely not the whole country.
CREATE OR REPLACE FUNCTION mailroom.least_postcodes(country text)
	RETURNS bigint
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE
		WHEN country IN ('FO', 'GL', 'IS') THEN 20
		WHEN country IN ('DK', 'LU', 'SI') THEN 400
		WHEN country IN ('AT', 'BE', 'GR', 'HR', 'HU', 'LV', 'NZ', 'SK') THEN 800
		WHEN country IN ('AU', 'CH', 'CZ', 'EE', 'FI', 'NO') THEN 1500
		WHEN country IN ('IT', 'LT') THEN 3000
		WHEN country IN ('DE', 'ES', 'FR', 'SE') THEN 5000
		WHEN country = 'PL' THEN 12000
		WHEN country IN ('JP', 'PT', 'RO', 'US') THEN 25000
		WHEN country IN ('CA', 'GB', 'NL') THEN 250000
	END::bigint;
COMMENT ON FUNCTION mailroom.least_postcodes(text) IS 'fewest postcodes that a list of the whole country can have, rounded well down; NULL where the form of postcodes is not known';

CREATE OR REPLACE FUNCTION mailroom.read_postcodes(country text, content text)
	RETURNS TABLE (line_no bigint, postcode text, town text)
	IMMUTABLE STRICT PARALLEL SAFE
	ROWS 1000
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	bad record;
BEGIN
	IF mailroom.postcode_form($1) IS NULL THEN
		RAISE EXCEPTION 'the form of postcodes of country "%" is not known', $1 USING ERRCODE = 'invalid_parameter_value', HINT = 'mailroom.postcode_form(country) tells which are.';
	END IF;
	RETURN QUERY
		WITH line AS (
			SELECT l.n, btrim(l.line) AS line
				FROM string_to_table(replace(replace($2, E'\r', ''), E'\uFEFF', ''), E'\n') WITH ORDINALITY AS l (line, n)
		), field AS (
			SELECT l.n, regexp_match(l.line, '^"?([^",;\t]*)"?\s*[,;\t]\s*"?([^",;\t]*)"?') AS f, l.line
				FROM line l
				WHERE l.line <> '' AND l.line NOT LIKE '#%' AND l.line NOT IN ('partial', 'complete')
		)
		SELECT f.n, mailroom.plain_postcode($1, f.f[1]), coalesce(btrim(f.f[2]), '')
			FROM field f
			WHERE NOT lower(f.line) ~ '^"?(postcode|postal code|zip)"?\s*[,;\t]';
	FOR bad IN
		SELECT l.n, l.line
			FROM string_to_table(replace(replace($2, E'\r', ''), E'\uFEFF', ''), E'\n') WITH ORDINALITY AS l (line, n)
			WHERE btrim(l.line) NOT IN ('', 'partial', 'complete') AND btrim(l.line) NOT LIKE '#%' AND NOT lower(l.line) ~ '^\s*"?(postcode|postal code|zip)"?\s*[,;\t]'
				AND (regexp_match(btrim(l.line), '^"?([^",;\t]+)"?\s*[,;\t]\s*"?([^",;\t]+)"?') IS NULL
					OR btrim(l.line) !~ '^("[^",;\t]*"|[^",;\t]*)(\s*[,;\t]\s*("[^"]*"|[^",;\t]*))*\s*$'
					OR NOT mailroom.plain_postcode($1, (regexp_match(btrim(l.line), '^"?([^",;\t]+)"?'))[1]) ~ ('^' || mailroom.postcode_form($1) || '$')
					OR mailroom.town_key((regexp_match(btrim(l.line), '^"?([^",;\t]+)"?\s*[,;\t]\s*"?([^",;\t]+)"?'))[2], 'case') = '')
			ORDER BY l.n
			LIMIT 1
	LOOP
		RAISE EXCEPTION 'line % of the postcodes of country % is not a postcode and a town', bad.n, $1
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('The line reads: %s', left(bad.line, 200)),
				HINT = 'Write "postcode,town" a line, with comma, semicolon or tab between them; a quote that is opened is closed.';
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.read_postcodes(text, text) IS 'what a list of postcodes says, without loading it; 22023 with the first line that is not a postcode of the country and a town';

-- A list that was cut off, or is of something else, shows in the customers that it does not know.
CREATE OR REPLACE FUNCTION mailroom.warn_of_list(country text, on_date date)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	known record;
BEGIN
	SELECT count(*) AS customers, count(*) FILTER (WHERE t.postcode IS NULL) AS lacking INTO known
		FROM (SELECT mailroom.plain_postcode($1, p.postcode) COLLATE "C" AS code
				FROM mailroom.party p JOIN mailroom.issuer i ON i.issuer_id = p.issuer_id
				WHERE coalesce(nullif(p.country, ''), i.country) = $1 AND p.postcode <> '') p
			LEFT JOIN (SELECT DISTINCT t.postcode FROM mailroom.postcode_town t
				WHERE t.country = $1 AND t.valid_from <= $2 AND (t.valid_to IS NULL OR t.valid_to > $2)) t ON t.postcode = CASE WHEN $1 = 'US' THEN left(p.code, 5) ELSE p.code END
		WHERE p.code ~ ('^' || mailroom.postcode_form($1) || '$');
	IF known.lacking >= 20 AND known.lacking * 10 > known.customers THEN
		RAISE WARNING 'the list lacks the postcodes of % of % customers in country %', known.lacking, known.customers, $1
			USING DETAIL = 'Their invoices would be set aside with POSTAGE-ADDRESS.', HINT = 'Is the list whole? mailroom.party_address shows who they are.';
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.warn_of_list(text, date) IS 'warns when more than a tenth, and at least 20, of the customers in a country have postcodes of its form that the list of the date lacks';
REVOKE EXECUTE ON FUNCTION mailroom.warn_of_list(text, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.load_postcodes(country text, content text, valid_from date, source text)
	RETURNS text
	STRICT
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	hash CONSTANT bytea := sha256(convert_to($2, 'UTF8'));
	last mailroom.postcode_list;
	closed bigint;
	opened bigint;
	whole bigint;
	is_complete boolean;
BEGIN
	IF NOT isfinite($3) OR btrim($4) = '' THEN
		RAISE EXCEPTION 'postcodes are loaded with the first day they hold and where they are from'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Such as mailroom.load_postcodes(''NO'', content, ''2026-01-01'', ''list of the postal operator'').';
	END IF;
	LOCK TABLE mailroom.postcode_list IN SHARE ROW EXCLUSIVE MODE;
	SELECT * INTO last FROM mailroom.postcode_list l WHERE l.country = $1 ORDER BY l.valid_from DESC LIMIT 1;
	IF last.content_sha256 = hash AND last.valid_from = $3 THEN
		RETURN format('postcodes of %s from %s were loaded before: nothing changed', $1, to_char($3, 'YYYY-MM-DD'));
	ELSIF last.valid_from >= $3 THEN
		RAISE EXCEPTION 'postcodes of country % are known from % on', $1, to_char(last.valid_from, 'YYYY-MM-DD')
			USING ERRCODE = 'invalid_parameter_value', HINT = 'A list is never changed, only followed by one from a later day.';
	END IF;
	CREATE TEMPORARY TABLE mailroom_new_postcode ON COMMIT DROP AS
		SELECT DISTINCT ON (r.postcode COLLATE "C", mailroom.town_key(r.town, 'case') COLLATE "C") r.postcode COLLATE "C" AS postcode, r.town,
				mailroom.town_key(r.town, 'case') COLLATE "C" AS key_case
			FROM mailroom.read_postcodes($1, $2) r
			ORDER BY r.postcode COLLATE "C", mailroom.town_key(r.town, 'case') COLLATE "C", r.line_no;
	SELECT count(DISTINCT n.postcode) INTO whole FROM pg_temp.mailroom_new_postcode n;
	IF whole = 0 THEN
		RAISE EXCEPTION 'the list of postcodes of country % is empty', $1 USING ERRCODE = 'invalid_parameter_value';
	END IF;
	UPDATE mailroom.postcode_town t SET valid_to = $3
		WHERE t.country = $1 AND t.valid_to IS NULL
			AND NOT EXISTS (SELECT FROM pg_temp.mailroom_new_postcode n WHERE n.postcode = t.postcode AND n.key_case = t.key_case);
	GET DIAGNOSTICS closed = ROW_COUNT;
	INSERT INTO mailroom.postcode_town (country, postcode, town, key_case, key_plain, key_spelled, source, valid_from)
		SELECT $1, n.postcode, n.town, n.key_case, mailroom.town_key(n.town, 'plain'), mailroom.town_key(n.town, 'digraphs'), $4, $3
			FROM pg_temp.mailroom_new_postcode n
			WHERE NOT EXISTS (SELECT FROM mailroom.postcode_town t
				WHERE t.country = $1 AND t.postcode = n.postcode AND t.key_case = n.key_case AND t.valid_to IS NULL);
	GET DIAGNOSTICS opened = ROW_COUNT;
	DROP TABLE pg_temp.mailroom_new_postcode;
	is_complete := $2 ~ '(^|\n)complete\s*(\n|$)' OR NOT $2 ~ '(^|\n)partial\s*(\n|$)' AND whole >= coalesce(mailroom.least_postcodes($1), 0);
	INSERT INTO mailroom.postcode_list (country, valid_from, is_complete, postcodes, source, content_sha256, loaded_at, loaded_by)
		VALUES ($1, $3, is_complete, whole, $4, hash, mailroom.now(), mailroom.outer_role());
	IF NOT is_complete AND NOT $2 ~ '(^|\n)partial\s*(\n|$)' THEN
		RAISE WARNING 'the list has % postcodes of country % and is taken as partial', whole, $1
			USING DETAIL = format('A whole list has at least %s. Postcodes that this one lacks pass by their form.', mailroom.least_postcodes($1)),
				HINT = 'Load the whole list from a later day, or say "partial" or "complete" in a line of its own.';
	ELSIF is_complete THEN
		PERFORM mailroom.warn_of_list($1, $3);
	END IF;
	RETURN format('postcodes of %s from %s: %s postcodes, %s rows new, %s closed%s', $1, to_char($3, 'YYYY-MM-DD'), whole, opened, closed, CASE WHEN NOT is_complete THEN ', partial' ELSE '' END);
END;
$$;
COMMENT ON FUNCTION mailroom.load_postcodes(text, text, date, text) IS 'loads the postcodes of a country: content has a line "postcode,town" each (comma, semicolon or tab; # starts a comment line; a line "partial" says that other postcodes exist too, a line "complete" that there are no others however short the list is; without either a list shorter than mailroom.least_postcodes is taken as partial, with a warning), source says where it is from; rows that the list leaves out are closed on valid_from; all or nothing; returns a summary; 22023 with the line at fault';
REVOKE EXECUTE ON FUNCTION mailroom.load_postcodes(text, text, date, text) FROM PUBLIC;

-- Checking one address -------------------------------------------------------------------------------------

-- Signs that people of a country write before its postcodes, besides its ISO 3166 code.
CREATE OR REPLACE FUNCTION mailroom.postcode_signs(country text)
	RETURNS text[]
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE country
		WHEN 'NO' THEN ARRAY['N', 'NOR'] WHEN 'SE' THEN ARRAY['S', 'SWE'] WHEN 'FI' THEN ARRAY['FIN', 'SF', 'AX'] WHEN 'DK' THEN ARRAY['DNK']
		WHEN 'DE' THEN ARRAY['D', 'DEU'] WHEN 'PL' THEN ARRAY['POL'] WHEN 'RO' THEN ARRAY['ROU', 'ROM'] WHEN 'AT' THEN ARRAY['A', 'AUT']
		WHEN 'BE' THEN ARRAY['B', 'BEL'] WHEN 'FR' THEN ARRAY['F', 'FRA'] WHEN 'IT' THEN ARRAY['I', 'ITA'] WHEN 'ES' THEN ARRAY['E', 'ESP']
		WHEN 'HU' THEN ARRAY['H', 'HUN'] WHEN 'LU' THEN ARRAY['L', 'LUX'] WHEN 'PT' THEN ARRAY['P', 'PRT'] WHEN 'CH' THEN ARRAY['CHE'] WHEN 'US' THEN ARRAY['USA']
		ELSE '{}'::text[]
	END;
COMMENT ON FUNCTION mailroom.postcode_signs(text) IS 'vehicle signs and three-letter codes that are found before a country''s postcodes and are taken off as a correction';

-- Ways to read what is written where the postcode should be, the most literal first.
CREATE OR REPLACE FUNCTION mailroom.postcode_readings(country text, postcode text)
	RETURNS TABLE (code text, why text, is_certain boolean)
	IMMUTABLE PARALLEL SAFE
	ROWS 2
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	form CONSTANT text := '^' || mailroom.postcode_form($1) || '$';
	digits CONSTANT integer := mailroom.postcode_digits($1);
	given CONSTANT text := mailroom.plain_postcode($1, $2);
	whole CONSTANT text := upper(translate(coalesce($2, ''), ' -', ''));
	sign text;
BEGIN
	IF given ~ form THEN
		RETURN QUERY SELECT given, NULL::text, true;
		RETURN;
	END IF;
	IF digits IS NULL THEN
		RETURN;
	END IF;
	code := given;
	FOREACH sign IN ARRAY mailroom.postcode_signs($1)
	LOOP
		IF whole ~ ('^' || sign || '[0-9OIL]{' || digits || '}$') THEN
			code := substr(whole, length(sign) + 1);
			why := format('country sign "%s" taken off', sign);
		END IF;
	END LOOP;
	IF code ~ '[OIL]' AND translate(code, 'OIL', '011') ~ form THEN
		why := concat_ws(', ', why, CASE WHEN code ~ 'O' THEN 'letter O for zero' ELSE 'letter for the digit one' END);
		code := translate(code, 'OIL', '011');
	END IF;
	IF code ~ form THEN
		is_certain := true;
		RETURN NEXT;
	ELSIF given ~ '^[0-9]+$' AND length(given) < digits AND lpad(given, digits, '0') ~ form THEN
		code := lpad(given, digits, '0');
		why := CASE WHEN length(given) = digits - 1 THEN 'leading zero missing' ELSE 'leading zeros missing' END;
		is_certain := false;
		RETURN NEXT;
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.postcode_readings(text, text) IS 'postcodes of the country''s form that a text stands for: as it is, without a country sign, with O for zero read as zero, with leading zeros that a spreadsheet ate (not certain: a list must know it)';

-- What a clerk is told about where a town's postcodes are.
CREATE OR REPLACE FUNCTION mailroom.town_postcodes(country text, town text, on_date date)
	RETURNS text
	STABLE PARALLEL SAFE
	RETURN (
		SELECT CASE count(*) WHEN 0 THEN NULL
				WHEN 1 THEN format('%s has %s', min(t.town), mailroom.postcode_text($1, min(t.postcode)))
				ELSE format('%s has %s to %s', min(t.town), mailroom.postcode_text($1, min(t.postcode)), mailroom.postcode_text($1, max(t.postcode))) END
			FROM mailroom.postcode_town t
			WHERE t.country = $1 AND $2 <> '' AND (t.key_plain = mailroom.town_key($2, 'plain') OR t.key_spelled = mailroom.town_key($2, 'plain'))
				AND t.valid_from <= $3 AND (t.valid_to IS NULL OR t.valid_to > $3));
COMMENT ON FUNCTION mailroom.town_postcodes(text, text, date) IS 'a town''s postcodes in words: "OSLO has 0001 to 1299"; NULL when no list has the town';

-- How well a town fits one of a postcode: 1 the same, 2 a name within the other, 3 accents, 4 one slip.
CREATE OR REPLACE FUNCTION mailroom.town_fit(town text, key_case text, key_plain text, key_spelled text)
	RETURNS integer
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN (
		SELECT CASE
				WHEN k.as_is = '' OR k.as_is = $2 THEN 1
				WHEN k.plain = $3 OR k.plain = $4 THEN 3
				WHEN starts_with(k.plain, $3 || ' ') OR starts_with($3, k.plain || ' ') THEN 2
				WHEN length($3) > 3 AND (mailroom.text_slip(k.plain, $3) IS NOT NULL OR mailroom.text_slip(k.plain, $4) IS NOT NULL) THEN 4
			END
			FROM (SELECT mailroom.town_key($1, 'case') COLLATE "C" AS as_is, mailroom.town_key($1, 'plain') COLLATE "C" AS plain OFFSET 0) k);
COMMENT ON FUNCTION mailroom.town_fit(text, text, text, text) IS 'how a town''s name fits the keys of another: 1 the same (or not given), 2 one begins with the words of the other, 3 but for accents, 4 but for one slip; NULL not at all';

CREATE OR REPLACE FUNCTION mailroom.check_address(country text, postcode text, town text, on_date date)
	RETURNS mailroom.address_check
	STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	problem CONSTANT text := mailroom.address_problem($1, NULL);
	given_town CONSTANT text := btrim(coalesce($3, ''));
	is_complete boolean;
	reading record;
	row_of record;
	found_code text;
	where_town text;
	kind text;
BEGIN
	IF problem IS NOT NULL AND problem NOT LIKE 'the postcode is missing%' OR mailroom.postcode_form($1) IS NULL THEN
		RETURN ROW(CASE WHEN mailroom.postcode_form($1) IS NULL AND problem IS NULL THEN 'ok' ELSE 'fault' END, $2, $3, problem)::mailroom.address_check;
	END IF;
	SELECT l.is_complete INTO is_complete FROM mailroom.postcode_list l
		WHERE l.country = $1 AND l.valid_from <= $4 ORDER BY l.valid_from DESC LIMIT 1;
	SELECT * INTO reading FROM mailroom.postcode_readings($1, $2) LIMIT 1;
	IF is_complete IS NULL THEN
		IF coalesce(reading.is_certain, false) THEN
			RETURN ROW(CASE WHEN reading.why IS NULL THEN 'ok' ELSE 'corrected' END, CASE WHEN reading.why IS NULL THEN $2
				ELSE mailroom.postcode_text($1, reading.code) END, $3, reading.why)::mailroom.address_check;
		END IF;
		RETURN ROW('fault', $2, $3, mailroom.address_problem($1, $2))::mailroom.address_check;
	END IF;

	-- the postcode exists: its town that fits best
	SELECT t.town, t.key_case, mailroom.town_fit(given_town, t.key_case, t.key_plain, t.key_spelled) AS fit INTO row_of
		FROM mailroom.postcode_town t
		WHERE t.country = $1 AND t.postcode = CASE WHEN $1 = 'US' THEN left(reading.code, 5) ELSE reading.code END
			AND t.valid_from <= $4 AND (t.valid_to IS NULL OR t.valid_to > $4)
		ORDER BY 3 NULLS LAST, t.key_case
		LIMIT 1;
	IF row_of.fit IS NOT NULL THEN
		kind := CASE row_of.fit WHEN 3 THEN 'accents of the town' WHEN 4 THEN 'town misspelt' END;
		RETURN ROW(CASE WHEN kind IS NULL AND reading.why IS NULL THEN 'ok' ELSE 'corrected' END,
			CASE WHEN reading.why IS NULL THEN $2 ELSE mailroom.postcode_text($1, reading.code) END,
			CASE WHEN kind IS NULL THEN $3 ELSE row_of.town END, nullif(concat_ws(', ', reading.why, kind), ''))::mailroom.address_check;
	END IF;
	IF row_of.town IS NULL AND NOT is_complete AND coalesce(reading.is_certain, false) THEN
		RETURN ROW(CASE WHEN reading.why IS NULL THEN 'ok' ELSE 'corrected' END, CASE WHEN reading.why IS NULL THEN $2
			ELSE mailroom.postcode_text($1, reading.code) END, $3, reading.why)::mailroom.address_check;
	END IF;

	-- the town decides: a postcode of it that is one slip away, if there is but one; a postcode that exists elsewhere
	-- is taken for a slip only when two digits changed places
	IF given_town <> '' THEN
		SELECT CASE WHEN count(*) = 1 THEN min(s.postcode) END, s.slip INTO found_code, kind
			FROM (SELECT DISTINCT t.postcode, CASE WHEN coalesce($2, '') = '' THEN 'none'
						ELSE mailroom.text_slip(CASE WHEN reading.is_certain THEN reading.code ELSE mailroom.plain_postcode($1, $2) END, t.postcode) END AS slip
					FROM mailroom.postcode_town t
					WHERE t.country = $1 AND (t.key_plain = mailroom.town_key(given_town, 'plain') OR t.key_spelled = mailroom.town_key(given_town, 'plain'))
						AND t.valid_from <= $4 AND (t.valid_to IS NULL OR t.valid_to > $4)) s
			WHERE s.slip = 'swapped' OR s.slip IS NOT NULL AND row_of.town IS NULL
			GROUP BY s.slip
			ORDER BY array_position(ARRAY['none', 'swapped', 'replaced', 'missing', 'extra'], s.slip)
			LIMIT 1;
		IF found_code IS NOT NULL THEN
			RETURN ROW('corrected', mailroom.postcode_text($1, found_code), $3, CASE kind
				WHEN 'none' THEN 'postcode missing, the town has only this one' WHEN 'swapped' THEN 'transposed digits'
				WHEN 'replaced' THEN 'one digit wrong' WHEN 'missing' THEN 'one digit missing' ELSE 'one digit too many' END)::mailroom.address_check;
		END IF;
	END IF;

	where_town := mailroom.town_postcodes($1, given_town, $4);
	RETURN ROW('fault', $2, $3, concat_ws('; ', CASE
			WHEN coalesce($2, '') = '' OR reading.code IS NULL THEN mailroom.address_problem($1, $2)
			WHEN row_of.town IS NOT NULL THEN format('postcode %s is %s, not "%s"', mailroom.postcode_text($1, reading.code), row_of.town, given_town)
			ELSE format('postcode "%s" does not exist in country %s', $2, $1) END,
		where_town, CASE WHEN where_town IS NULL AND given_town <> '' AND row_of.town IS NULL THEN format('no list has the town "%s"', given_town) END))::mailroom.address_check;
END;
$$;
COMMENT ON FUNCTION mailroom.check_address(text, text, text, date) IS 'is the postcode of the country''s form, does it exist, is the town its own: ok; corrected, with what was meant and why, when there is but one reading; or fault with a sentence for a clerk. Without a list of the country''s postcodes only the form is checked; a missing town passes';

CREATE OR REPLACE VIEW mailroom.party_address
	WITH (security_invoker = true) AS
	SELECT p.issuer_id, p.party_id, p.customer_no, p.name, p.postcode AS given_postcode, p.city AS given_city, p.country,
			c.state, c.postcode, c.town AS city, c.reason
		FROM mailroom.party p
			JOIN mailroom.issuer i ON i.issuer_id = p.issuer_id
			CROSS JOIN LATERAL mailroom.check_address(coalesce(nullif(p.country, ''), i.country), p.postcode, p.city, mailroom.today(p.issuer_id)) c;
COMMENT ON VIEW mailroom.party_address IS 'addresses of customers as mailroom.check_address finds them today: state ok, corrected or fault, what would be written, and why';

-- Checking a mailing ---------------------------------------------------------------------------------------

-- Only destinations that differ are looked at, and only those that the form or the list does not have word for word
-- are taken one by one.
CREATE OR REPLACE FUNCTION mailroom.destination_misfits(countries text[], postcodes text[], cities text[], on_date date)
	RETURNS SETOF mailroom.address_misfit
	STABLE PARALLEL SAFE
	ROWS 10
BEGIN ATOMIC
	WITH listed AS MATERIALIZED (
		SELECT DISTINCT l.country FROM mailroom.postcode_list l WHERE l.valid_from <= $4
	), destination AS MATERIALIZED (
		SELECT DISTINCT u.country, coalesce(u.postcode, '') AS postcode, CASE WHEN u.country IN (SELECT l.country FROM listed l) THEN coalesce(u.city, '') END AS city
			FROM unnest($1, $2, $3) AS u (country, postcode, city)
	), place AS MATERIALIZED (
		SELECT c.country, '^' || mailroom.postcode_form(c.country) || '$' AS form, c.country <> '' AND mailroom.code_known('iso3166_country', c.country) AS is_known
			FROM (SELECT DISTINCT d.country FROM destination d) c
	), plain AS MATERIALIZED (
		SELECT d.*, p.form, p.is_known, mailroom.plain_postcode(d.country, d.postcode) COLLATE "C" AS code, mailroom.town_key(d.city, 'case') COLLATE "C" AS key_case
			FROM destination d JOIN place p ON p.country = d.country
	), misfit AS (
		SELECT d.country, d.postcode, d.city
			FROM plain d
				LEFT JOIN mailroom.postcode_town t ON t.country = d.country AND t.postcode = d.code AND t.key_case = d.key_case
					AND t.valid_from <= $4 AND (t.valid_to IS NULL OR t.valid_to > $4)
			WHERE t.postcode IS NULL AND (NOT d.is_known OR d.form IS NOT NULL AND (d.city IS NOT NULL OR NOT d.code ~ d.form))
	)
	SELECT m.country, m.postcode, m.city, c.state, c.postcode, c.town, c.reason
		FROM misfit m
			CROSS JOIN LATERAL mailroom.check_address(m.country, nullif(m.postcode, ''), m.city, $4) c
		WHERE c.state <> 'ok';
END;
COMMENT ON FUNCTION mailroom.destination_misfits(text[], text[], text[], date) IS 'of destinations, given by countries, postcodes and towns, those that are corrected or at fault, each once';

CREATE OR REPLACE FUNCTION mailroom.address_misfits(issuer_id bigint, mailing_id bigint, on_date date)
	RETURNS SETOF mailroom.address_misfit
	STABLE PARALLEL SAFE
	ROWS 10
BEGIN ATOMIC
	SELECT m.*
		FROM (SELECT array_agg(d.country) AS countries, array_agg(d.postcode) AS postcodes, array_agg(d.city) AS cities
				FROM (SELECT DISTINCT t.country, t.postcode, CASE WHEN t.country IN (SELECT l.country FROM mailroom.postcode_list l WHERE l.valid_from <= $3) THEN t.city END AS city
						FROM mailroom.letter t
						WHERE t.issuer_id = $1 AND t.mailing_id = $2) d) a
			CROSS JOIN LATERAL mailroom.destination_misfits(a.countries, a.postcodes, a.cities, $3) m;
END;
COMMENT ON FUNCTION mailroom.address_misfits(bigint, bigint, date) IS 'destinations of a mailing that are corrected or at fault, each once';

CREATE OR REPLACE FUNCTION mailroom.is_unlisted(country text, postcode text, on_date date)
	RETURNS boolean
	STABLE PARALLEL SAFE
	RETURN mailroom.plain_postcode($1, $2) ~ ('^' || mailroom.postcode_form($1) || '$')
		AND EXISTS (SELECT FROM mailroom.postcode_list l WHERE l.country = $1 AND l.valid_from <= $3)
		AND NOT EXISTS (SELECT FROM mailroom.postcode_town t WHERE t.country = $1 AND t.valid_from <= $3 AND (t.valid_to IS NULL OR t.valid_to > $3)
			AND t.postcode = CASE WHEN $1 = 'US' THEN left(mailroom.plain_postcode($1, $2), 5) ELSE mailroom.plain_postcode($1, $2) END COLLATE "C");
COMMENT ON FUNCTION mailroom.is_unlisted(text, text, date) IS 'true for a postcode of its country''s form that the country''s list of the date does not have';

-- Rather a letter too many on its way than a whole mailing set aside for a list that was cut off.
CREATE OR REPLACE FUNCTION mailroom.doubted_lists(countries text[], postcodes text[], letters bigint[], on_date date)
	RETURNS TABLE (country text, letters bigint, lacking bigint)
	STABLE PARALLEL SAFE
	ROWS 1
BEGIN ATOMIC
	SELECT u.country, sum(u.letters)::bigint, sum(u.letters) FILTER (WHERE u.is_unlisted)::bigint
		FROM (SELECT n.country, n.letters, mailroom.is_unlisted(n.country, n.postcode, $4) AS is_unlisted FROM unnest($1, $2, $3) AS n (country, postcode, letters)) u
		GROUP BY u.country
		HAVING sum(u.letters) FILTER (WHERE u.is_unlisted) >= 20 AND sum(u.letters) FILTER (WHERE u.is_unlisted) * 5 > sum(u.letters);
END;
COMMENT ON FUNCTION mailroom.doubted_lists(text[], text[], bigint[], date) IS 'countries whose list of postcodes lacks those of more than a fifth, and at least 20, of the letters (so many to each country and postcode): it cannot be whole; with how many letters there are and how many of them it lacks';

-- The address that a document shows, before it is rendered.
CREATE OR REPLACE FUNCTION mailroom.correct_recipients(issuer_id bigint, invoice_ids bigint[])
	RETURNS bigint
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	own CONSTANT text := (SELECT s.country FROM mailroom.issuer s WHERE s.issuer_id = $1);
	corrected bigint;
BEGIN
	IF EXISTS (SELECT FROM mailroom.customer_move m WHERE m.issuer_id = $1) THEN
		INSERT INTO mailroom.recipient_correction (issuer_id, invoice_id, given_postcode, given_city, postcode, city, reason, corrected_at, is_whole, recipient, street, street_2, country, corrected_by)
			SELECT $1, w.invoice_id, a.postcode, a.city, m.postcode, m.city, m.reason, mailroom.now(), true, m.recipient, m.street, m.street_2, m.country, m.moved_by
				FROM unnest($2) AS w (invoice_id)
					CROSS JOIN LATERAL mailroom.invoice_address($1, w.invoice_id) a
					JOIN mailroom.customer_move m ON m.issuer_id = $1 AND m.customer_no = a.customer_no AND m.address_key = a.address_key
			ON CONFLICT DO NOTHING;
	END IF;
	WITH recipient AS MATERIALIZED (
		SELECT w.invoice_id, r.country, r.postcode, r.city
			FROM unnest($2) AS w (invoice_id)
				CROSS JOIN LATERAL (SELECT i.recipient_party_id, i.buyer_country, i.buyer_postcode, i.buyer_city
					FROM mailroom.invoice i WHERE i.issuer_id = $1 AND i.invoice_id = w.invoice_id OFFSET 0) i
				LEFT JOIN LATERAL (SELECT p.party_id, p.country, p.postcode, p.city
					FROM mailroom.party p WHERE p.issuer_id = $1 AND p.party_id = i.recipient_party_id OFFSET 0) p ON true
				CROSS JOIN LATERAL (SELECT coalesce(nullif(CASE WHEN p.party_id IS NULL THEN i.buyer_country ELSE p.country END, ''), own) AS country,
					CASE WHEN p.party_id IS NULL THEN i.buyer_postcode ELSE p.postcode END AS postcode,
					CASE WHEN p.party_id IS NULL THEN i.buyer_city ELSE p.city END AS city) r
	), misfit AS MATERIALIZED (
		SELECT m.*
			FROM (SELECT array_agg(r.country) AS countries, array_agg(r.postcode) AS postcodes, array_agg(r.city) AS cities FROM recipient r) a
				CROSS JOIN LATERAL mailroom.destination_misfits(a.countries, a.postcodes, a.cities, mailroom.today($1)) m
			WHERE m.state = 'corrected'
	), doubted AS MATERIALIZED (
		SELECT d.country
			FROM (SELECT array_agg(r.country) AS countries, array_agg(r.postcode) AS postcodes, array_agg(1::bigint) AS letters
					FROM recipient r WHERE r.country IN (SELECT m.country FROM misfit m WHERE mailroom.is_unlisted(m.country, m.given_postcode, mailroom.today($1)))) a
				CROSS JOIN LATERAL mailroom.doubted_lists(a.countries, a.postcodes, a.letters, mailroom.today($1)) d
	)
	INSERT INTO mailroom.recipient_correction (issuer_id, invoice_id, given_postcode, given_city, postcode, city, reason, corrected_at)
		SELECT $1, r.invoice_id, r.postcode, r.city, m.postcode, CASE WHEN m.given_city IS NULL THEN r.city ELSE m.town END, m.reason, mailroom.now()
			FROM misfit m
				JOIN recipient r ON r.country = m.country AND coalesce(r.postcode, '') = m.given_postcode
					AND (m.given_city IS NULL OR coalesce(r.city, '') = m.given_city)
			WHERE NOT (m.country IN (SELECT d.country FROM doubted d) AND mailroom.is_unlisted(m.country, m.given_postcode, mailroom.today($1)))
		ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS corrected = ROW_COUNT;
	RETURN corrected;
END;
$$;
COMMENT ON FUNCTION mailroom.correct_recipients(bigint, bigint[]) IS 'corrects the recipients of invoices that are about to be rendered into mailroom.recipient_correction: addresses of customers who moved (mailroom.customer_move), then postcodes and towns; returns how many; twice changes nothing';
REVOKE EXECUTE ON FUNCTION mailroom.correct_recipients(bigint, bigint[]) FROM PUBLIC;

-- Without a list and without marks the forms alone decide, and those the plan looks at itself, destination by destination.
CREATE OR REPLACE FUNCTION mailroom.addresses_are_known(issuer_id bigint, on_date date)
	RETURNS boolean
	STABLE PARALLEL SAFE
	RETURN EXISTS (SELECT FROM mailroom.postcode_list l WHERE l.valid_from <= $2)
		OR EXISTS (SELECT FROM mailroom.undeliverable_address u WHERE u.issuer_id = $1 AND u.released_at IS NULL);
COMMENT ON FUNCTION mailroom.addresses_are_known(bigint, date) IS 'true when more than the form of postcodes can be checked: there is a list of some country, or an address that mail came back from';

CREATE OR REPLACE FUNCTION mailroom.remove_letter(issuer_id bigint, mailing_id bigint, letter_id bigint, rule text, message text)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	invoice bigint;
BEGIN
	SELECT d.invoice_id INTO invoice
		FROM mailroom.letter l
			CROSS JOIN LATERAL (SELECT d.invoice_id FROM mailroom.document d WHERE d.issuer_id = l.issuer_id AND d.document_id = l.document_id OFFSET 0) d
		WHERE l.issuer_id = $1 AND l.mailing_id = $2 AND l.letter_id = $3;
	IF (SELECT i.state FROM mailroom.invoice i WHERE i.issuer_id = $1 AND i.invoice_id = invoice) = 'accepted' THEN
		PERFORM mailroom.set_aside_invoice($1, invoice, $4, NULL, $5);
	ELSIF invoice IS NULL THEN
		-- nothing else would tell where it went
		PERFORM mailroom.log_event($1, 'mailing', $2, 'letter left out', jsonb_build_object('letter_id', $3, 'rule', $4, 'message', $5));
	END IF;
	DELETE FROM mailroom.letter t WHERE t.issuer_id = $1 AND t.mailing_id = $2 AND t.letter_id = $3;
END;
$$;
COMMENT ON FUNCTION mailroom.remove_letter(bigint, bigint, bigint, text, text) IS 'takes a letter out of its mailing and sets its invoice aside with a finding; a letter without an invoice leaves an event of the mailing, "letter left out", with rule and message';
REVOKE EXECUTE ON FUNCTION mailroom.remove_letter(bigint, bigint, bigint, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.trusted_misfits(issuer_id bigint, mailing_id bigint)
	RETURNS mailroom.address_misfit[]
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	on_date CONSTANT date := (SELECT g.hand_in_date FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2);
	misfits mailroom.address_misfit[] := ARRAY(SELECT m FROM mailroom.address_misfits($1, $2, on_date) m);
	d record;
BEGIN
	FOR d IN
		SELECT c.* FROM (SELECT array_agg(g.country) AS countries, array_agg(g.postcode) AS postcodes, array_agg(g.letters) AS letters
				FROM (SELECT t.country, t.postcode, count(*) AS letters FROM mailroom.letter t
					WHERE t.issuer_id = $1 AND t.mailing_id = $2 AND t.country IN (SELECT m.country FROM unnest(misfits) AS m WHERE mailroom.is_unlisted(m.country, m.given_postcode, on_date))
					GROUP BY t.country, t.postcode) g) a
			CROSS JOIN LATERAL mailroom.doubted_lists(a.countries, a.postcodes, a.letters, on_date) c
			ORDER BY c.country
	LOOP
		RAISE WARNING 'the list of postcodes of country % lacks those of % of % letters: they pass by their form', d.country, d.lacking, d.letters
			USING HINT = 'Is the list whole? Load it again from a later day with mailroom.load_postcodes.';
		PERFORM mailroom.log_event($1, 'mailing', $2, 'postcodes doubted', jsonb_build_object('country', d.country, 'letters', d.letters, 'lacking', d.lacking));
		misfits := ARRAY(SELECT m FROM unnest(misfits) AS m WHERE m.country <> d.country OR NOT mailroom.is_unlisted(m.country, m.given_postcode, on_date));
	END LOOP;
	RETURN misfits;
END;
$$;
COMMENT ON FUNCTION mailroom.trusted_misfits(bigint, bigint) IS 'what mailroom.address_misfits finds in a mailing, without the unlisted postcodes of mailroom.doubted_lists: they pass by their form; a warning and the event "postcodes doubted" of the mailing say so';
REVOKE EXECUTE ON FUNCTION mailroom.trusted_misfits(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.set_aside_misaddressed(issuer_id bigint, mailing_id bigint)
	RETURNS bigint
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	SET enable_nestloop = off -- the planner expects few misfits
	LANGUAGE plpgsql
AS $$
DECLARE
	misfits CONSTANT mailroom.address_misfit[] := mailroom.trusted_misfits($1, $2);
	l record;
	letters bigint := mailroom.hold_undeliverable($1, $2);
BEGIN
	IF cardinality(misfits) = 0 THEN
		RETURN letters;
	END IF;
	INSERT INTO mailroom.letter_address AS a (issuer_id, mailing_id, letter_id, given_postcode, given_city, postcode, city, reason, corrected_at)
		SELECT $1, $2, t.letter_id, t.postcode, t.city, m.postcode, CASE WHEN m.given_city IS NULL THEN t.city ELSE m.town END, m.reason, mailroom.now()
			FROM unnest(misfits) AS m
				JOIN mailroom.letter t ON t.issuer_id = $1 AND t.mailing_id = $2 AND t.country = m.country AND coalesce(t.postcode, '') = m.given_postcode
					AND (m.given_city IS NULL OR coalesce(t.city, '') = m.given_city)
			WHERE m.state = 'corrected'
		ON CONFLICT ON CONSTRAINT letter_address_pkey DO UPDATE SET postcode = excluded.postcode, city = excluded.city, reason = a.reason || ', ' || excluded.reason;
	UPDATE mailroom.letter t
		SET postcode = a.postcode, city = a.city
		FROM mailroom.letter_address a
		WHERE a.issuer_id = $1 AND a.mailing_id = $2 AND t.issuer_id = $1 AND t.mailing_id = $2 AND t.letter_id = a.letter_id
			AND (t.postcode IS DISTINCT FROM a.postcode OR t.city IS DISTINCT FROM a.city);
	FOR l IN
		SELECT t.letter_id, t.recipient, m.reason
			FROM unnest(misfits) AS m
				JOIN mailroom.letter t ON t.issuer_id = $1 AND t.mailing_id = $2 AND t.country = m.country AND coalesce(t.postcode, '') = m.given_postcode
					AND (m.given_city IS NULL OR coalesce(t.city, '') = m.given_city)
			WHERE m.state = 'fault'
			ORDER BY t.letter_id
	LOOP
		PERFORM mailroom.remove_letter($1, $2, l.letter_id, 'POSTAGE-ADDRESS', format('cannot address the letter to "%s": %s', l.recipient, l.reason));
		letters := letters + 1;
	END LOOP;
	RETURN letters;
END;
$$;
COMMENT ON FUNCTION mailroom.set_aside_misaddressed(bigint, bigint) IS 'corrects postcodes and towns of a mailing''s letters (mailroom.letter_address says what it was), takes letters whose address cannot be right out of the mailing and sets their invoices aside with POSTAGE-ADDRESS, and holds letters to addresses that mail came back from (POSTAGE-RETURNED); returns how many letters left';
REVOKE EXECUTE ON FUNCTION mailroom.set_aside_misaddressed(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE VIEW mailroom.corrected_address
	WITH (security_invoker = true) AS
	SELECT c.issuer_id, c.invoice_id, 'document' AS corrected_on, c.given_postcode, c.given_city, c.postcode, c.city, c.reason, c.corrected_at
		FROM mailroom.recipient_correction c
	UNION ALL
	SELECT a.issuer_id, d.invoice_id, 'ticket', a.given_postcode, a.given_city, a.postcode, a.city, a.reason, a.corrected_at
		FROM mailroom.letter_address a
			JOIN mailroom.letter l ON l.issuer_id = a.issuer_id AND l.mailing_id = a.mailing_id AND l.letter_id = a.letter_id
			JOIN mailroom.document d ON d.issuer_id = l.issuer_id AND d.document_id = l.document_id;
COMMENT ON VIEW mailroom.corrected_address IS 'invoices whose recipient''s postcode or town was corrected: corrected_on document (the page shows it) or only ticket (the document was rendered before)';

SELECT mailroom.allow(k.kind, 'table', 'mailroom.' || t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind),
		(VALUES ('letter_address'), ('recipient_correction'), ('corrected_address'), ('party_address')) AS t (name);
SELECT mailroom.allow('everyone', 'table', 'mailroom.' || t.name, 'SELECT') FROM (VALUES ('postcode_list'), ('postcode_town')) AS t (name);
