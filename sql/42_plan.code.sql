-- 42_plan: tariffs, and from letters to the plan and back.

-- Tariff packs ---------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.tariff_money(amount text)
	RETURNS bigint
	IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF amount !~ '^[0-9]{1,9}(\.[0-9]{1,2})?$' THEN
		RAISE EXCEPTION 'price "%" is not an amount with at most two decimals', amount
			USING ERRCODE = 'MR014';
	END IF;
	RETURN (amount::numeric * 1000000)::bigint;
END;
$$;
COMMENT ON FUNCTION mailroom.tariff_money(text) IS 'amount of a tariff pack in millionths; two decimals at most, so that discounts in basis points are exact; MR014';

CREATE OR REPLACE FUNCTION mailroom.tariff_tokens(line text)
	RETURNS text[]
	IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	token text;
	tokens text[] := '{}';
BEGIN
	FOR token IN SELECT m[1] FROM regexp_matches(line, '((?:[a-z-]+=)?"[^"]*"|\S+)', 'g') AS m
	LOOP
		EXIT WHEN token LIKE '#%';
		IF token LIKE '%"%' AND token !~ '^([a-z-]+=)?"[^"]*"$' THEN
			RAISE EXCEPTION 'quote is not closed in %', token USING ERRCODE = 'MR014';
		END IF;
		tokens := tokens || replace(token, '"', '');
	END LOOP;
	RETURN tokens;
END;
$$;
COMMENT ON FUNCTION mailroom.tariff_tokens(text) IS 'words of a line of a tariff pack: blanks separate, quotes keep together, # starts a comment; MR014';

-- What each keyword takes: count of words (the last may repeat), flags, names that must and names that may be given.
CREATE OR REPLACE FUNCTION mailroom.check_tariff_line(keyword text, words text[], named jsonb)
	RETURNS void
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	rule record;
	name text;
BEGIN
	SELECT * INTO rule
		FROM (VALUES
			('tariff', 1, 1, '{version,valid-from}', '{}'),
			('source', 1, 1, '{}', '{}'),
			('currency', 1, 1, '{}', '{}'),
			('paper', 1, 2, '{milligrams}', '{}'),
			('envelope', 1, 1, '{format,milligrams,max-sheets}', '{}'),
			('carrier', 2, 3, '{country}', '{max-mailing}'),
			('zones', 1, 1, '{digits}', '{from,to}'),
			('zone', 3, 3, '{}', '{}'),
			('coverage', 4, 4, '{}', '{}'),
			('offer', 1, 1, '{carrier,product,class,days,formats,coverage}', '{min-mailing,topup,min-bundle,fixed}'),
			('price', 4, 1000, '{}', '{}'),
			('scheme', 2, 1000, '{mode,offers}', '{}')) AS r (keyword, least_words, most_words, required, optional)
		WHERE r.keyword = check_tariff_line.keyword;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'keyword "%" does not exist', keyword
			USING ERRCODE = 'MR014',
				HINT = 'Keywords are tariff, source, currency, paper, envelope, carrier, zones, zone, coverage, offer, price and scheme.';
	END IF;
	IF cardinality(words) NOT BETWEEN rule.least_words AND rule.most_words THEN
		RAISE EXCEPTION '% takes % to % words, not %', keyword, rule.least_words, rule.most_words, cardinality(words)
			USING ERRCODE = 'MR014';
	END IF;
	FOR name IN SELECT n FROM jsonb_object_keys(named) AS n
		WHERE NOT n = ANY (rule.required::text[] || rule.optional::text[]) ORDER BY n
	LOOP
		RAISE EXCEPTION '% does not take "%="', keyword, name USING ERRCODE = 'MR014';
	END LOOP;
	FOREACH name IN ARRAY rule.required::text[]
	LOOP
		IF NOT named ? name THEN
			RAISE EXCEPTION '% lacks "%="', keyword, name USING ERRCODE = 'MR014';
		END IF;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.check_tariff_line(text, text[], jsonb) IS 'raises MR014 when a line of a tariff pack has a keyword, word count or name that does not exist';

CREATE OR REPLACE FUNCTION mailroom.tariff_range(postcodes text)
	RETURNS jsonb
	IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF postcodes = '*' THEN
		RETURN jsonb_build_object('postcode_from', '', 'postcode_to', '~');
	ELSIF postcodes !~ '^[0-9A-Z]+(-[0-9A-Z]+)?$'
		OR split_part(postcodes, '-', 2) <> '' AND length(split_part(postcodes, '-', 1)) <> length(split_part(postcodes, '-', 2))
		OR split_part(postcodes, '-', 2) <> '' AND split_part(postcodes, '-', 1) COLLATE "C" > split_part(postcodes, '-', 2) COLLATE "C" THEN
		RAISE EXCEPTION 'postcodes "%" are not *, a postcode or a rising range of equally long ones', postcodes
			USING ERRCODE = 'MR014';
	END IF;
	RETURN jsonb_build_object('postcode_from', split_part(postcodes, '-', 1),
		'postcode_to', coalesce(nullif(split_part(postcodes, '-', 2), ''), postcodes) || '~');
END;
$$;
COMMENT ON FUNCTION mailroom.tariff_range(text) IS 'postcode_from and postcode_to of a range in a tariff pack: *, 0001-1299, or a postcode or prefix; MR014';

CREATE OR REPLACE FUNCTION mailroom.tariff_rows(keyword text, words text[], named jsonb)
	RETURNS SETOF jsonb
	IMMUTABLE PARALLEL SAFE
	ROWS 10
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	step text;
	format text;
BEGIN
	CASE keyword
	WHEN 'paper' THEN
		RETURN NEXT jsonb_build_object('table', 'paper', 'paper', words[1], 'milligrams', (named ->> 'milligrams')::integer,
			'is_standard', coalesce(words[2] = 'standard', false));
	WHEN 'envelope' THEN
		RETURN NEXT jsonb_build_object('table', 'envelope', 'envelope', words[1], 'format', named -> 'format',
			'milligrams', (named ->> 'milligrams')::integer, 'max_sheets', (named ->> 'max-sheets')::integer);
	WHEN 'carrier' THEN
		RETURN NEXT jsonb_build_object('table', 'carrier', 'carrier', words[1], 'name', words[2], 'country', named -> 'country',
			'is_national', coalesce(words[3] = 'national', false), 'max_mailing', (named ->> 'max-mailing')::bigint);
	WHEN 'zones' THEN
		IF (named ->> 'digits')::integer NOT BETWEEN 1 AND 3 THEN
			RAISE EXCEPTION 'zones are made of 1 to 3 digits, not %', named ->> 'digits' USING ERRCODE = 'MR014';
		END IF;
		FOR step IN SELECT lpad(n::text, (named ->> 'digits')::integer, '0')
			FROM generate_series(coalesce((named ->> 'from')::integer, 0),
				coalesce((named ->> 'to')::integer, 10 ^ (named ->> 'digits')::integer - 1)::integer) AS n
		LOOP
			RETURN NEXT mailroom.tariff_range(step)
				|| jsonb_build_object('table', 'sort_zone', 'country', words[1], 'zone', words[1] || '-' || step);
		END LOOP;
	WHEN 'zone' THEN
		RETURN NEXT mailroom.tariff_range(words[2])
			|| jsonb_build_object('table', 'sort_zone', 'country', words[1], 'zone', words[1] || '-' || words[3]);
	WHEN 'coverage' THEN
		RETURN NEXT mailroom.tariff_range(words[3])
			|| jsonb_build_object('table', 'offer_coverage', 'coverage', words[1], 'country', words[2], 'area', words[4]);
	WHEN 'offer' THEN
		RETURN NEXT jsonb_build_object('table', 'carrier_offer', 'offer', words[1], 'carrier', named -> 'carrier',
			'product', named -> 'product', 'service_class', named -> 'class', 'days', (named ->> 'days')::integer,
			'min_mailing', coalesce((named ->> 'min-mailing')::bigint, 0), 'topup_micro', mailroom.tariff_money(coalesce(named ->> 'topup', '0')),
			'min_bundle', coalesce((named ->> 'min-bundle')::bigint, 0), 'fixed_micro', mailroom.tariff_money(coalesce(named ->> 'fixed', '0')),
			'formats', to_jsonb(string_to_array(named ->> 'formats', ',')), 'coverage', named -> 'coverage');
	WHEN 'price' THEN
		FOREACH step IN ARRAY words[4:]
		LOOP
			IF step !~ '^[0-9]{1,6}:[0-9.]+$' THEN
				RAISE EXCEPTION 'step "%" is not grams:price', step USING ERRCODE = 'MR014';
			END IF;
			FOREACH format IN ARRAY string_to_array(words[3], ',')
			LOOP
				RETURN NEXT jsonb_build_object('table', 'offer_price', 'offer', words[1], 'area', words[2], 'format', format,
					'up_to_grams', split_part(step, ':', 1)::integer, 'price_micro', mailroom.tariff_money(split_part(step, ':', 2)));
			END LOOP;
		END LOOP;
	WHEN 'scheme' THEN
		RETURN NEXT jsonb_build_object('table', 'discount_scheme', 'scheme', words[1], 'mode', named -> 'mode',
			'offers', to_jsonb(string_to_array(named ->> 'offers', ',')));
		FOREACH step IN ARRAY words[2:]
		LOOP
			IF step !~ CASE named ->> 'mode' WHEN 'all' THEN '^[0-9]{1,9}:[0-9]{1,2}(\.[0-9]{1,2})?%$' ELSE '^[0-9]{1,9}:[0-9.]+$' END THEN
				RAISE EXCEPTION 'tier "%" is not letters:percent%% (mode all) or letters:amount (mode incr)', step USING ERRCODE = 'MR014';
			END IF;
			RETURN NEXT jsonb_build_object('table', 'discount_tier', 'scheme', words[1], 'from_count', split_part(step, ':', 1)::bigint,
				'basis_points', CASE WHEN step LIKE '%\%' THEN (rtrim(split_part(step, ':', 2), '%')::numeric * 100)::integer ELSE 0 END,
				'amount_micro', CASE WHEN step LIKE '%\%' THEN 0 ELSE mailroom.tariff_money(split_part(step, ':', 2)) END);
		END LOOP;
	END CASE;
END;
$$;
COMMENT ON FUNCTION mailroom.tariff_rows(text, text[], jsonb) IS 'rows that a line of a tariff pack stands for, each with the name of its table; MR014';

-- Names must be defined above the line that uses them, so that a reader finds them there as well.
CREATE OR REPLACE FUNCTION mailroom.check_tariff_names(keyword text, words text[], named jsonb, defined text[])
	RETURNS void
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	missing text;
BEGIN
	SELECT used INTO missing
		FROM unnest(CASE keyword
			WHEN 'offer' THEN ARRAY['carrier ' || (named ->> 'carrier'), 'coverage ' || (named ->> 'coverage')]
			WHEN 'price' THEN ARRAY['offer ' || words[1]]
			WHEN 'scheme' THEN ARRAY(SELECT 'offer ' || o FROM unnest(string_to_array(named ->> 'offers', ',')) AS o)
			ELSE '{}'::text[] END) AS used
		WHERE NOT used = ANY (defined)
		ORDER BY used
		LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION '% "%" is not defined above', split_part(missing, ' ', 1), split_part(missing, ' ', 2)
			USING ERRCODE = 'MR014';
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.check_tariff_names(text, text[], jsonb, text[]) IS 'raises MR014 when a line of a tariff pack uses a carrier, coverage or offer that no earlier line defines';

CREATE OR REPLACE FUNCTION mailroom.read_tariff(content text)
	RETURNS TABLE (line_no integer, new_row jsonb)
	IMMUTABLE STRICT PARALLEL SAFE
	ROWS 1000
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	line text;
	tokens text[];
	words text[];
	named jsonb;
	defined text[] := '{}';
	about jsonb := '{}';
BEGIN
	FOR line_no, line IN SELECT t.n, t.line FROM string_to_table(replace(content, E'\r', ''), E'\n') WITH ORDINALITY AS t (line, n)
	LOOP
		BEGIN
			tokens := mailroom.tariff_tokens(line);
			CONTINUE WHEN cardinality(tokens) = 0;
			words := ARRAY(SELECT t FROM unnest(tokens[2:]) WITH ORDINALITY AS u (t, n) WHERE t !~ '^[a-z-]+=' ORDER BY n);
			named := coalesce((SELECT jsonb_object_agg(split_part(t, '=', 1), substr(t, strpos(t, '=') + 1))
				FROM unnest(tokens[2:]) AS t WHERE t ~ '^[a-z-]+='), '{}');
			PERFORM mailroom.check_tariff_line(tokens[1], words, named);
			IF NOT about ? 'pack' AND tokens[1] <> 'tariff' OR about ? 'pack' AND tokens[1] = 'tariff' THEN
				RAISE EXCEPTION 'the first line, and no other, is "tariff NAME version=N valid-from=DATE"' USING ERRCODE = 'MR014';
			END IF;
			PERFORM mailroom.check_tariff_names(tokens[1], words, named, defined);
			defined := defined || (tokens[1] || ' ' || words[1]);
			CASE tokens[1]
			WHEN 'tariff' THEN
				about := jsonb_build_object('table', 'tariff_pack', 'pack', words[1],
					'version', (named ->> 'version')::integer, 'valid_from', (named ->> 'valid-from')::date);
				new_row := about;
				RETURN NEXT;
			WHEN 'source', 'currency' THEN
				about := about || jsonb_build_object(tokens[1], words[1]);
			ELSE
				IF NOT about ? 'source' OR tokens[1] = 'offer' AND NOT about ? 'currency' THEN
					RAISE EXCEPTION 'source and currency are not stated above' USING ERRCODE = 'MR014';
				END IF;
				FOR new_row IN SELECT about || r FROM mailroom.tariff_rows(tokens[1], words, named) AS r
				LOOP
					RETURN NEXT;
				END LOOP;
			END CASE;
		EXCEPTION
			WHEN OTHERS THEN
				RAISE EXCEPTION 'tariff pack line %: %', line_no, SQLERRM
					USING ERRCODE = 'MR014', DETAIL = format('The line reads: %s', left(line, 200));
		END;
	END LOOP;
	IF NOT about ? 'pack' THEN
		RAISE EXCEPTION 'tariff pack is empty' USING ERRCODE = 'MR014';
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.read_tariff(text) IS 'what a tariff pack says, row by row with line number, without loading it; raises MR014 with line and cause';

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
	about CONSTANT text := '{version,valid_from,valid_to}';
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
	FOREACH table_name IN ARRAY ARRAY['carrier', 'offer_coverage', 'sort_zone', 'carrier_offer', 'offer_price',
		'discount_scheme', 'discount_tier', 'paper', 'envelope']
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

CREATE OR REPLACE FUNCTION mailroom.load_tariff(content text)
	RETURNS text
	STRICT
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	r record;
	pack mailroom.tariff_pack;
	last mailroom.tariff_pack;
	counts jsonb := '{"new": 0, "changed": 0, "kept": 0}';
	outcome text;
	closed bigint;
BEGIN
	LOCK TABLE mailroom.tariff_pack IN SHARE ROW EXCLUSIVE MODE;
	FOR r IN SELECT t.line_no, t.new_row FROM mailroom.read_tariff(load_tariff.content) AS t
	LOOP
		IF r.new_row ->> 'table' = 'tariff_pack' THEN
			pack := jsonb_populate_record(NULL::mailroom.tariff_pack, r.new_row || jsonb_build_object('content', load_tariff.content,
				'content_sha256', sha256(convert_to(load_tariff.content, 'UTF8')), 'loaded_at', mailroom.now(), 'loaded_by', mailroom.outer_role()));
			SELECT * INTO last FROM mailroom.tariff_pack p WHERE p.pack = pack.pack ORDER BY p.version DESC LIMIT 1;
			IF last.version = pack.version AND last.content_sha256 = pack.content_sha256 THEN
				RETURN format('%s version %s was loaded before: nothing changed', pack.pack, pack.version);
			ELSIF last.version >= pack.version OR last.valid_from >= pack.valid_from THEN
				RAISE EXCEPTION 'tariff pack "%" has version % from % already', pack.pack, last.version, last.valid_from
					USING ERRCODE = 'MR014',
						DETAIL = 'Prices are never changed, only followed by others from a later day.',
						HINT = 'Give the pack a higher version and a later valid-from.';
			END IF;
			INSERT INTO mailroom.tariff_pack SELECT pack.*;
			CONTINUE;
		END IF;
		BEGIN
			outcome := mailroom.put_tariff_row(r.new_row ->> 'table', r.new_row);
		EXCEPTION
			WHEN OTHERS THEN
				RAISE EXCEPTION 'tariff pack line %: %', r.line_no, SQLERRM
					USING ERRCODE = 'MR014', DETAIL = format('The row is %s.', r.new_row - '{table,pack,version,valid_from,source}'::text[]);
		END;
		counts := counts || jsonb_build_object(outcome, (counts ->> outcome)::integer + 1);
	END LOOP;
	closed := mailroom.close_tariff_rows(pack.pack, pack.version, pack.valid_from);
	RETURN format('%s version %s from %s: %s rows new, %s changed, %s kept, %s closed', pack.pack, pack.version, pack.valid_from,
		counts ->> 'new', counts ->> 'changed', counts ->> 'kept', closed);
END;
$$;
COMMENT ON FUNCTION mailroom.load_tariff(text) IS 'loads a tariff pack (docs/plan.md has the format) and returns a summary; rows that the pack changes or leaves out are closed on its valid-from, never altered; all or nothing; MR014 with line and cause';
REVOKE EXECUTE ON FUNCTION mailroom.load_tariff(text) FROM PUBLIC;
