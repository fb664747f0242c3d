-- 41_tariff_load: packs of dated prices, from lines to the catalogues, and prices ready to compute with.

-- Rows of a catalogue --------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.tariff_tables()
	RETURNS text[]
	IMMUTABLE PARALLEL SAFE
	RETURN ARRAY['carrier', 'carrier_format', 'offer_coverage', 'sort_zone', 'carrier_offer', 'offer_price', 'offer_condition',
		'discount_scheme', 'discount_tier', 'carrier_obligation', 'carrier_fee', 'paper', 'envelope'];
COMMENT ON FUNCTION mailroom.tariff_tables() IS 'catalogues that tariff packs fill, each with valid_from, valid_to and source';

-- Which columns make a row of each catalogue the same row of another version.
CREATE OR REPLACE FUNCTION mailroom.tariff_key(table_name text)
	RETURNS text[]
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE table_name
		WHEN 'carrier' THEN ARRAY['carrier']
		WHEN 'offer_coverage' THEN ARRAY['coverage', 'country', 'postcode_from']
		WHEN 'sort_zone' THEN ARRAY['country', 'postcode_from']
		WHEN 'carrier_offer' THEN ARRAY['offer']
		WHEN 'offer_price' THEN ARRAY['offer', 'area', 'format', 'up_to_grams']
		WHEN 'discount_scheme' THEN ARRAY['scheme']
		WHEN 'discount_tier' THEN ARRAY['scheme', 'from_count']
		WHEN 'carrier_format' THEN ARRAY['carrier', 'format']
		WHEN 'offer_condition' THEN ARRAY['offer', 'condition', 'format', 'category', 'region']
		WHEN 'carrier_obligation' THEN ARRAY['obligation']
		WHEN 'carrier_fee' THEN ARRAY['fee']
		WHEN 'paper' THEN ARRAY['paper']
		WHEN 'envelope' THEN ARRAY['envelope']
	END;
COMMENT ON FUNCTION mailroom.tariff_key(text) IS 'key columns of a tariff catalogue besides valid_from';

CREATE OR REPLACE FUNCTION mailroom.put_tariff_row(table_name text, new_row jsonb)
	RETURNS text
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	same_key CONSTANT text := (SELECT string_agg(format('t.%1$I = n.%1$I', c), ' AND ') FROM unnest(mailroom.tariff_key(table_name)) AS c);
	source CONSTANT text := format('mailroom.%1$I AS t, jsonb_populate_record(NULL::mailroom.%1$I, $1) AS n', table_name);
	about CONSTANT text := '{source,version,valid_from,valid_to}';
	old record;
	outcome text := 'new';
BEGIN
	EXECUTE format('SELECT t.pack, t.version, t.valid_from, t.valid_to, to_jsonb(t) - %L::text[] = to_jsonb(n) - %L::text[] AS is_same
			FROM %s WHERE %s ORDER BY t.valid_to DESC NULLS FIRST LIMIT 1', about, about, source, same_key)
		INTO old USING new_row;
	IF old.pack <> new_row ->> 'pack' AND (old.valid_to IS NULL OR old.valid_to > (new_row ->> 'valid_from')::date) THEN
		RAISE EXCEPTION 'the row belongs to tariff pack "%"', old.pack USING ERRCODE = 'MR014';
	ELSIF old.valid_to IS NULL AND old.version = (new_row ->> 'version')::integer THEN
		RAISE EXCEPTION 'the row was given before in this pack' USING ERRCODE = 'MR014';
	ELSIF old.valid_to IS NULL AND old.is_same THEN
		EXECUTE format('UPDATE mailroom.%I AS t SET version = n.version FROM jsonb_populate_record(NULL::mailroom.%1$I, $1) AS n
			WHERE %s AND t.valid_to IS NULL', table_name, same_key) USING new_row;
		RETURN 'kept';
	ELSIF old.pack IS NOT NULL AND old.valid_to IS NULL THEN
		EXECUTE format('UPDATE mailroom.%I AS t SET valid_to = n.valid_from FROM jsonb_populate_record(NULL::mailroom.%1$I, $1) AS n
			WHERE %s AND t.valid_to IS NULL', table_name, same_key) USING new_row;
		outcome := 'changed';
	END IF;
	EXECUTE format('INSERT INTO mailroom.%I SELECT (jsonb_populate_record(NULL::mailroom.%1$I, $1)).*', table_name) USING new_row;
	RETURN outcome;
END;
$$;
COMMENT ON FUNCTION mailroom.put_tariff_row(text, jsonb) IS 'brings one row of a tariff pack into its catalogue: new, kept (it was the same), or changed (the old row is closed, another opened); MR014 when another pack has it';
REVOKE EXECUTE ON FUNCTION mailroom.put_tariff_row(text, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.close_tariff_rows(pack text, version integer, valid_from date)
	RETURNS bigint
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	table_name text;
	closed bigint := 0;
	count_here bigint;
BEGIN
	FOREACH table_name IN ARRAY mailroom.tariff_tables()
	LOOP
		EXECUTE format('UPDATE mailroom.%I SET valid_to = $3 WHERE pack = $1 AND version < $2 AND valid_to IS NULL', table_name)
			USING pack, version, valid_from;
		GET DIAGNOSTICS count_here = ROW_COUNT;
		closed := closed + count_here;
	END LOOP;
	RETURN closed;
END;
$$;
COMMENT ON FUNCTION mailroom.close_tariff_rows(text, integer, date) IS 'closes the rows of a pack that its new version leaves out; returns how many';
REVOKE EXECUTE ON FUNCTION mailroom.close_tariff_rows(text, integer, date) FROM PUBLIC;

-- What only the catalogues as a whole can tell: where a percentage is taken of, and whether discounts are exact.
-- Rebates of a year are of the year's money, not of a letter's price, and need not be.
CREATE OR REPLACE FUNCTION mailroom.tariff_faults(pack text, valid_from date)
	RETURNS TABLE (fault text, new_row jsonb)
	STABLE PARALLEL SAFE
	ROWS 10
BEGIN ATOMIC
	WITH price AS MATERIALIZED (
		SELECT p.* FROM mailroom.offer_price p WHERE p.valid_from <= $2 AND (p.valid_to IS NULL OR p.valid_to > $2)
	)
	SELECT format('area %s, format %s of offer "%s" has no list price to take %s %% of', p.of_area, p.format, p.of_offer, round(p.percent_points / 100.0, 2)),
			jsonb_build_object('table', 'offer_price', 'offer', p.offer, 'area', p.area, 'format', p.format)
		FROM price p
		WHERE p.pack = $1 AND p.form = 'percent'
			AND NOT EXISTS (SELECT FROM price b WHERE b.offer = p.of_offer AND b.area = p.of_area AND b.format = p.format AND b.form <> 'percent')
	UNION ALL
	SELECT format('offer "%s" has steps and a percentage in area %s, format %s', p.offer, p.area, p.format),
			jsonb_build_object('table', 'offer_price', 'offer', p.offer, 'area', p.area, 'format', p.format, 'form', 'percent')
		FROM price p
		WHERE p.pack = $1 AND p.form = 'percent'
			AND EXISTS (SELECT FROM price b WHERE b.offer = p.offer AND b.area = p.area AND b.format = p.format AND b.form <> 'percent')
	UNION ALL
	SELECT format('offer "%s" has rows by the average and rows by the own weight in area %s, format %s', p.offer, p.area, p.format),
			jsonb_build_object('table', 'offer_price', 'offer', p.offer, 'area', p.area, 'format', p.format, 'form', 'average')
		FROM price p
		WHERE p.pack = $1 AND p.form = 'average'
			AND EXISTS (SELECT FROM price b WHERE b.offer = p.offer AND b.area = p.area AND b.format = p.format AND b.form <> 'average')
	UNION ALL
	SELECT format('%s %% of a price of offer "%s" is no whole number of millionths: its prices are multiples of %s', round(t.basis_points / 100.0, 2), p.offer, round(p.multiple / 1000000.0, 6)),
			jsonb_build_object('table', 'discount_tier', 'scheme', t.scheme, 'from_count', t.from_count)
		FROM mailroom.discount_scheme s
			JOIN mailroom.discount_tier t ON t.scheme = s.scheme AND t.valid_from <= $2 AND (t.valid_to IS NULL OR t.valid_to > $2)
			JOIN (SELECT r.offer, CASE WHEN r.form IN ('step', 'flat') OR r.form = 'average' AND r.rate_micro = 0 THEN r.price_micro ELSE r.unit_micro END AS multiple FROM price r) p
				ON p.offer = ANY (s.offers)
		WHERE s.pack = $1 AND s.valid_from <= $2 AND (s.valid_to IS NULL OR s.valid_to > $2) AND s.period = 'mailing' AND p.multiple::numeric * t.basis_points % 10000 <> 0
	ORDER BY 1
	LIMIT 1;
END;
COMMENT ON FUNCTION mailroom.tariff_faults(text, date) IS 'the first fault that the rows of a pack have together on a date, with what its row says; none when sound';

-- The same for all rows of a pack in one catalogue at once.  It raises where a row is at fault, without saying which:
-- then put_tariff_row finds it.
CREATE OR REPLACE FUNCTION mailroom.put_tariff_rows(table_name text, new_rows jsonb[])
	RETURNS jsonb
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	same_key CONSTANT text := (SELECT string_agg(format('t.%1$I = n.%1$I', c), ' AND ') FROM unnest(mailroom.tariff_key(table_name)) AS c);
	source CONSTANT text := format('(SELECT r.* FROM unnest($1) AS j, jsonb_populate_record(NULL::mailroom.%I, j) AS r) AS n', table_name);
	about CONSTANT text := '{source,version,valid_from,valid_to}';
	is_faulty boolean;
	kept bigint;
	changed bigint;
	added bigint;
BEGIN
	EXECUTE format('SELECT EXISTS (SELECT FROM %1$s GROUP BY %2$s HAVING count(*) > 1)
			OR EXISTS (SELECT FROM %1$s JOIN mailroom.%3$I AS t ON %4$s
				WHERE t.valid_to IS NULL AND t.version >= n.version OR t.pack <> n.pack AND (t.valid_to IS NULL OR t.valid_to > n.valid_from))',
		source, (SELECT string_agg(format('n.%I', c), ', ') FROM unnest(mailroom.tariff_key(table_name)) AS c), table_name, same_key)
		INTO is_faulty USING new_rows;
	IF is_faulty THEN
		RAISE EXCEPTION 'a row was given twice or belongs to another pack' USING ERRCODE = 'MR014';
	END IF;
	EXECUTE format('UPDATE mailroom.%I AS t SET version = n.version FROM %s WHERE %s AND t.valid_to IS NULL AND to_jsonb(t) - %L::text[] = to_jsonb(n) - %4$L::text[]',
		table_name, source, same_key, about) USING new_rows;
	GET DIAGNOSTICS kept = ROW_COUNT;
	EXECUTE format('UPDATE mailroom.%I AS t SET valid_to = n.valid_from FROM %s WHERE %s AND t.valid_to IS NULL AND t.version < n.version',
		table_name, source, same_key) USING new_rows;
	GET DIAGNOSTICS changed = ROW_COUNT;
	EXECUTE format('INSERT INTO mailroom.%I SELECT n.* FROM %s WHERE NOT EXISTS (SELECT FROM mailroom.%1$I AS t WHERE %3$s AND t.valid_to IS NULL)',
		table_name, source, same_key) USING new_rows;
	GET DIAGNOSTICS added = ROW_COUNT;
	RETURN jsonb_build_object('new', added - changed, 'changed', changed, 'kept', kept);
END;
$$;
COMMENT ON FUNCTION mailroom.put_tariff_rows(text, jsonb[]) IS 'brings the rows of a tariff pack into one catalogue and counts those new, changed and kept; raises when any row is at fault';
REVOKE EXECUTE ON FUNCTION mailroom.put_tariff_rows(text, jsonb[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.open_tariff_pack(content text, about jsonb)
	RETURNS boolean
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	pack CONSTANT mailroom.tariff_pack := jsonb_populate_record(NULL::mailroom.tariff_pack, about || jsonb_build_object('content', content,
		'content_sha256', sha256(convert_to(content, 'UTF8')), 'loaded_at', mailroom.now(), 'loaded_by', mailroom.outer_role()));
	last mailroom.tariff_pack;
BEGIN
	SELECT * INTO last FROM mailroom.tariff_pack p WHERE p.pack = pack.pack ORDER BY p.version DESC LIMIT 1;
	IF last.version = pack.version AND last.content_sha256 = pack.content_sha256 THEN
		RETURN false;
	ELSIF last.version >= pack.version OR last.valid_from >= pack.valid_from THEN
		RAISE EXCEPTION 'tariff pack "%" has version % from % already', pack.pack, last.version, to_char(last.valid_from, 'YYYY-MM-DD')
			USING ERRCODE = 'MR014',
				DETAIL = 'Prices are never changed, only followed by others from a later day.',
				HINT = 'Give the pack a higher version and a later valid-from.';
	END IF;
	INSERT INTO mailroom.tariff_pack SELECT pack.*;
	RETURN true;
END;
$$;
COMMENT ON FUNCTION mailroom.open_tariff_pack(text, jsonb) IS 'notes a tariff pack; false when this version was loaded before; MR014 when the version or its date is not above the last';
REVOKE EXECUTE ON FUNCTION mailroom.open_tariff_pack(text, jsonb) FROM PUBLIC;

-- Constraints that were given a name are named as sentences; the others are of one column.
CREATE OR REPLACE FUNCTION mailroom.broken_rule(table_name text, constraint_name text)
	RETURNS text
	STABLE PARALLEL SAFE
	RETURN (
		SELECT CASE WHEN c.conname LIKE $1 || '\_%\_check' THEN regexp_replace(substring(pg_get_constraintdef(c.oid, true), '^CHECK \((.*)\)$'), '::(text|bigint)', '', 'g')
				ELSE replace(c.conname, '_', ' ') END
			FROM pg_constraint c
			WHERE c.conname = $2 AND c.contype = 'c' AND c.conrelid = format('mailroom.%I', $1)::regclass);
COMMENT ON FUNCTION mailroom.broken_rule(text, text) IS 'what a check constraint of a catalogue asks for, in words; NULL when it is none';

CREATE OR REPLACE FUNCTION mailroom.put_tariff_lines(line_nos integer[], new_rows jsonb[])
	RETURNS jsonb
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	counts jsonb;
	row_no integer;
	broken text;
	hint text;
BEGIN
	SELECT jsonb_build_object('new', sum((c ->> 'new')::bigint), 'changed', sum((c ->> 'changed')::bigint), 'kept', sum((c ->> 'kept')::bigint)) INTO counts
		FROM (SELECT mailroom.put_tariff_rows(t.name, ARRAY(SELECT r FROM unnest(new_rows) AS r WHERE r ->> 'table' = t.name)) AS c
			FROM unnest(mailroom.tariff_tables()) AS t (name)) p;
	RETURN counts;
EXCEPTION
	WHEN OTHERS THEN
		FOR row_no IN SELECT generate_subscripts(new_rows, 1)
		LOOP
			BEGIN
				PERFORM mailroom.put_tariff_row(new_rows[row_no] ->> 'table', new_rows[row_no]);
			EXCEPTION
				WHEN OTHERS THEN
					GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME, hint = PG_EXCEPTION_HINT;
					RAISE EXCEPTION 'tariff pack line %: %', line_nos[row_no], coalesce('the row breaks the rule: ' || mailroom.broken_rule(new_rows[row_no] ->> 'table', broken), SQLERRM)
						USING ERRCODE = 'MR014', DETAIL = format('The row is %s.', new_rows[row_no] - '{table,pack,version,valid_from,source}'::text[]),
							HINT = coalesce(nullif(hint, ''), 'docs/tariff.md says what each line may hold.');
			END;
		END LOOP;
		RAISE;
END;
$$;
COMMENT ON FUNCTION mailroom.put_tariff_lines(integer[], jsonb[]) IS 'brings the rows of a tariff pack into their catalogues; returns how many were new, changed, kept; MR014 with the line of the first row at fault';
REVOKE EXECUTE ON FUNCTION mailroom.put_tariff_lines(integer[], jsonb[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.load_tariff(content text)
	RETURNS text
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	r record;
	pack text;
	version integer;
	valid_from date;
	line_nos integer[];
	new_rows jsonb[];
	counts jsonb;
	closed bigint;
BEGIN
	IF load_tariff.content IS NULL THEN
		RAISE EXCEPTION 'no tariff pack is given: its content is NULL' USING ERRCODE = 'null_value_not_allowed', HINT = 'Read the file into a psql variable: \set pack `cat data/tariff/demo-no-se.txt`.';
	END IF;
	LOCK TABLE mailroom.tariff_pack IN SHARE ROW EXCLUSIVE MODE;
	SELECT array_agg(t.line_no ORDER BY t.n), array_agg(t.new_row ORDER BY t.n) INTO line_nos, new_rows
		FROM mailroom.read_tariff(load_tariff.content) WITH ORDINALITY AS t (line_no, new_row, n);
	pack := new_rows[1] ->> 'pack';
	version := new_rows[1] ->> 'version';
	valid_from := new_rows[1] ->> 'valid_from';
	IF NOT mailroom.open_tariff_pack(content, new_rows[1]) THEN
		RETURN format('%s version %s was loaded before: nothing changed', pack, version);
	END IF;
	counts := mailroom.put_tariff_lines(line_nos[2:], new_rows[2:]);
	closed := mailroom.close_tariff_rows(pack, version, valid_from);
	IF (SELECT count(*) FROM mailroom.paper p WHERE p.is_standard AND p.valid_to IS NULL) > 1 THEN
		RAISE EXCEPTION 'two papers are standard: %', (SELECT string_agg(format('"%s" of tariff pack "%s"', p.paper, p.pack), ', ' ORDER BY p.paper)
			FROM mailroom.paper p WHERE p.is_standard AND p.valid_to IS NULL) USING ERRCODE = 'MR014';
	END IF;
	FOR r IN SELECT f.fault, f.new_row FROM mailroom.tariff_faults(pack, valid_from) AS f
	LOOP
		RAISE EXCEPTION 'tariff pack line %: %', (SELECT min(l.line_no) FROM unnest(line_nos, new_rows) AS l (line_no, new_row) WHERE l.new_row @> r.new_row), r.fault
			USING ERRCODE = 'MR014', DETAIL = format('The row is %s.', r.new_row - 'table');
	END LOOP;
	RETURN format('%s version %s from %s: %s rows new, %s changed, %s kept, %s closed', pack, version, to_char(valid_from, 'YYYY-MM-DD'),
		counts ->> 'new', counts ->> 'changed', counts ->> 'kept', closed);
END;
$$;
COMMENT ON FUNCTION mailroom.load_tariff(text) IS 'loads a tariff pack (docs/tariff.md has the format) and returns a summary; rows that the pack changes or leaves out are closed on its valid-from, never altered; all or nothing; MR014 with line and cause, 22004 no content';
REVOKE EXECUTE ON FUNCTION mailroom.load_tariff(text) FROM PUBLIC;

-- What a pack would change, for whoever reviews it.
CREATE OR REPLACE FUNCTION mailroom.compare_tariff(content text)
	RETURNS TABLE (line_no integer, change text, catalogue text, object text, before jsonb, after jsonb)
	STABLE STRICT PARALLEL SAFE
	ROWS 100
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	table_name text;
	line_nos integer[];
	new_rows jsonb[];
	about CONSTANT text[] := ARRAY['source', 'pack', 'version', 'valid_from', 'valid_to', 'line_no'];
BEGIN
	SELECT array_agg(t.line_no ORDER BY t.n), array_agg(t.new_row ORDER BY t.n) INTO line_nos, new_rows
		FROM mailroom.read_tariff(compare_tariff.content) WITH ORDINALITY AS t (line_no, new_row, n);
	FOREACH table_name IN ARRAY mailroom.tariff_tables()
	LOOP
		RETURN QUERY EXECUTE format('WITH n AS (
					SELECT l.line_no, r.* FROM unnest($1, $2) AS l (line_no, new_row), jsonb_populate_record(NULL::mailroom.%1$I, l.new_row) AS r
						WHERE l.new_row ->> ''table'' = %1$L
				), t AS (
					SELECT * FROM mailroom.%1$I WHERE pack = $3 AND valid_to IS NULL
				), c AS (
					SELECT n.line_no, concat_ws('', '', %2$s) AS object, to_jsonb(t) - $4 AS old, CASE WHEN n.line_no IS NOT NULL THEN to_jsonb(n) - $4 END AS new
						FROM n FULL JOIN t ON %3$s
				)
				SELECT c.line_no, CASE WHEN c.old IS NULL THEN ''new'' WHEN c.new IS NULL THEN ''closed'' ELSE ''changed'' END, %1$L, c.object,
						(SELECT jsonb_object_agg(o.key, o.value) FROM jsonb_each(c.old) o WHERE c.new -> o.key IS DISTINCT FROM o.value),
						(SELECT jsonb_object_agg(o.key, o.value) FROM jsonb_each(c.new) o WHERE c.old -> o.key IS DISTINCT FROM o.value AND o.value <> ''null'')
					FROM c WHERE c.old IS DISTINCT FROM c.new ORDER BY c.line_no, c.object COLLATE "C"',
			table_name,
			(SELECT string_agg(format('coalesce(n.%1$I, t.%1$I)', c), ', ' ORDER BY k) FROM unnest(mailroom.tariff_key(table_name)) WITH ORDINALITY AS u (c, k)),
			(SELECT string_agg(format('t.%1$I = n.%1$I', c), ' AND ') FROM unnest(mailroom.tariff_key(table_name)) AS c))
			USING line_nos, new_rows, new_rows[1] ->> 'pack', about;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.compare_tariff(text) IS 'what loading a tariff pack would change: rows new, changed (what differs before and after) and closed, with the line that says so; loads nothing; MR014 with line and cause';

-- Prices ready to compute with -----------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.price_rows(on_date date)
	RETURNS SETOF mailroom.price_row
	STABLE PARALLEL SAFE
	ROWS 1000
BEGIN ATOMIC
	SELECT p.offer, p.area, p.format, p.form, p.up_to_grams, p.price_micro, p.rate_micro, p.base_grams, 10000, p.unit_micro
		FROM mailroom.offer_price p
		WHERE p.form <> 'percent' AND p.valid_from <= $1 AND (p.valid_to IS NULL OR p.valid_to > $1)
	UNION ALL
	SELECT p.offer, p.area, p.format, b.form, b.up_to_grams, b.price_micro, b.rate_micro, b.base_grams, p.percent_points, p.unit_micro
		FROM mailroom.offer_price p
			JOIN mailroom.offer_price b ON b.offer = p.of_offer AND b.area = p.of_area AND b.format = p.format AND b.form <> 'percent'
				AND b.valid_from <= $1 AND (b.valid_to IS NULL OR b.valid_to > $1)
		WHERE p.form = 'percent' AND p.valid_from <= $1 AND (p.valid_to IS NULL OR p.valid_to > $1);
END;
COMMENT ON FUNCTION mailroom.price_rows(date) IS 'price lists that hold on a date, percentages of other offers resolved; sort by up_to_grams before you give the rows of one offer, area and format to mailroom.piece_price';

CREATE OR REPLACE FUNCTION mailroom.piece_price(price_rows mailroom.price_row[], milligrams bigint)
	RETURNS bigint
	IMMUTABLE STRICT PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_piece_price';
COMMENT ON FUNCTION mailroom.piece_price(mailroom.price_row[], bigint) IS 'list price, in millionths, of a letter of so many milligrams by the rows of one offer, area and format, ascending by weight; for rows by the average it is the price of a letter of just that average; NULL when no row holds the weight';

SELECT mailroom.allow('everyone', 'table', 'mailroom.' || t.name, 'SELECT') FROM unnest(mailroom.tariff_tables() || 'tariff_pack'::text) AS t (name);
