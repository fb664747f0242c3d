-- 41_tariff: packs of dated prices, what their lines say.

-- Values of a pack -----------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.tariff_price(amount text, decimals integer DEFAULT 4)
	RETURNS bigint
	IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF amount !~ format('^[0-9]{1,9}(\.[0-9]{1,%s})?$', decimals) THEN
		RAISE EXCEPTION 'amount "%" is not a number with at most % decimals', amount, decimals
			USING ERRCODE = 'MR014', HINT = 'Write it in units of the currency, without a sign: 12.50.';
	END IF;
	RETURN (amount::numeric * 1000000)::bigint;
END;
$$;
COMMENT ON FUNCTION mailroom.tariff_price(text, integer) IS 'amount of a tariff pack in millionths of the currency unit; so many decimals at most; MR014';

CREATE OR REPLACE FUNCTION mailroom.tariff_percent(percent text)
	RETURNS integer
	IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF percent !~ '^[0-9]{1,3}(\.[0-9]{1,2})?%$' OR rtrim(percent, '%')::numeric > 100 THEN
		RAISE EXCEPTION '"%" is not a percentage up to 100%% with at most two decimals', percent
			USING ERRCODE = 'MR014';
	END IF;
	RETURN (rtrim(percent, '%')::numeric * 100)::integer;
END;
$$;
COMMENT ON FUNCTION mailroom.tariff_percent(text) IS 'percentage of a tariff pack, such as 12.5%, in basis points; MR014';

CREATE OR REPLACE FUNCTION mailroom.tariff_weekdays(weekdays text)
	RETURNS integer[]
	IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF weekdays ~ '^[1-7]-[1-7]$' AND left(weekdays, 1) < right(weekdays, 1) THEN
		RETURN ARRAY(SELECT generate_series(left(weekdays, 1)::integer, right(weekdays, 1)::integer));
	ELSIF weekdays ~ '^[1-7](,[1-7])*$' THEN
		RETURN string_to_array(weekdays, ',')::integer[];
	END IF;
	RAISE EXCEPTION 'weekdays "%" are not written as 1-5 or 1,3,5 (1 = Monday)', weekdays USING ERRCODE = 'MR014';
END;
$$;
COMMENT ON FUNCTION mailroom.tariff_weekdays(text) IS 'weekdays of a tariff pack, 1-5 or 1,3,5, as numbers with 1 = Monday; MR014';

CREATE OR REPLACE FUNCTION mailroom.tariff_flag(word text, flag text)
	RETURNS boolean
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF word <> flag THEN
		RAISE EXCEPTION '"%" is not "%", the word that may stand here', word, flag USING ERRCODE = 'MR014';
	END IF;
	RETURN word IS NOT NULL;
END;
$$;
COMMENT ON FUNCTION mailroom.tariff_flag(text, text) IS 'whether the word, which may be missing, is given; MR014 when it is another';

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

-- Lines of a pack ------------------------------------------------------------------------------------------

-- What each keyword takes: count of words (the last may repeat), names that must and names that may be given.
CREATE OR REPLACE FUNCTION mailroom.tariff_grammar()
	RETURNS TABLE (keyword text, least_words integer, most_words integer, required text[], optional text[])
	IMMUTABLE PARALLEL SAFE
	ROWS 20
BEGIN ATOMIC
	SELECT r.keyword, r.least_words, r.most_words, r.required::text[], r.optional::text[]
		FROM (VALUES
			('tariff', 1, 1, '{version,valid-from}', '{}'),
			('source', 1, 1, '{}', '{}'),
			('currency', 1, 1, '{}', '{}'),
			('paper', 1, 2, '{milligrams}', '{micrometres}'),
			('envelope', 1, 1, '{format,milligrams,max-sheets}', '{micrometres}'),
			('carrier', 2, 3, '{country}', '{max-mailing}'),
			('zones', 1, 1, '{digits}', '{from,to}'),
			('zone', 3, 3, '{}', '{}'),
			('coverage', 4, 4, '{}', '{}'),
			('format', 2, 2, '{carrier,max}', '{max-grams}'),
			('offer', 1, 2, '{carrier,product,class,days,formats,coverage}', '{min-mailing,topup,min-bundle,fixed,min-order,presort,code,density,colour,hand-in,hand-in-days,hand-in-until,delivery-days,notice,notice-days,vat}'),
			('price', 3, 1000, '{}', '{by,percent,of,of-area,round}'),
			('condition', 2, 2, '{}', '{format,category,region,per,least,most,missing,topup}'),
			('scheme', 2, 1000, '{mode,offers}', '{period,year-starts,measure,counted-per,own-name,retroactive,stacking,order,top}'),
			('obligation', 2, 2, '{carrier}', '{offers,region,period,measure,least,most,penalty}'),
			('fee', 2, 2, '{carrier,amount,per}', '{offers,below}')) AS r (keyword, least_words, most_words, required, optional);
END;
COMMENT ON FUNCTION mailroom.tariff_grammar() IS 'keywords of a tariff pack, how many words follow, and the name= parts that must and may be given';

-- Names, and for the keywords with a kind their second word, that take one of few values.
CREATE OR REPLACE FUNCTION mailroom.tariff_choices()
	RETURNS TABLE (keyword text, name text, choices text[])
	IMMUTABLE PARALLEL SAFE
	ROWS 20
BEGIN ATOMIC
	SELECT c.keyword, c.name, c.choices::text[]
		FROM (VALUES
			('offer', 'code', '{none,1d,2d}'),
			('offer', 'notice', '{none,registration,booking,postcodes}'),
			('price', 'by', '{average}'),
			('condition', 'kind', '{pieces,weight-spread,bundle,bundle-thickness,tray,tray-fill,mixed-tray,pallet,senders,listed}'),
			('condition', 'missing', '{refused,paid,no-discount}'),
			('scheme', 'mode', '{all,incr}'),
			('scheme', 'period', '{mailing,calendar-year,contract-year}'),
			('scheme', 'measure', '{pieces,kilograms,money}'),
			('scheme', 'counted-per', '{submitter,issuer}'),
			('scheme', 'own-name', '{true,false}'),
			('scheme', 'retroactive', '{true,false}'),
			('scheme', 'stacking', '{additive,multiplicative}'),
			('obligation', 'kind', '{take-or-pay,cap,share,profile}'),
			('obligation', 'period', '{mailing,month,calendar-year,contract-year}'),
			('obligation', 'measure', '{pieces,kilograms,money,percent}'),
			('fee', 'kind', '{order,pickup,container,small-batch,non-compliance,service}'),
			('fee', 'per', '{order,piece,kilogram,bundle,container,pickup}')) AS c (keyword, name, choices);
END;
COMMENT ON FUNCTION mailroom.tariff_choices() IS 'values that a name= part of a line of a tariff pack may have, and the kinds of condition, obligation and fee';

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
	SELECT * INTO rule FROM mailroom.tariff_grammar() g WHERE g.keyword = check_tariff_line.keyword;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'keyword "%" does not exist', keyword
			USING ERRCODE = 'MR014',
				HINT = format('Keywords are %s.', (SELECT string_agg(g.keyword, ', ' ORDER BY g.keyword) FROM mailroom.tariff_grammar() g));
	END IF;
	IF cardinality(words) NOT BETWEEN rule.least_words AND rule.most_words THEN
		RAISE EXCEPTION '% takes % to % words, not %', keyword, rule.least_words, rule.most_words, cardinality(words)
			USING ERRCODE = 'MR014';
	END IF;
	FOR name IN SELECT n FROM jsonb_object_keys(named) AS n
		WHERE NOT n = ANY (rule.required || rule.optional) ORDER BY n
	LOOP
		RAISE EXCEPTION '% does not take "%="', keyword, name USING ERRCODE = 'MR014';
	END LOOP;
	FOR name IN SELECT n.key FROM jsonb_each_text(named) AS n WHERE n.value = '' ORDER BY 1
	LOOP
		RAISE EXCEPTION '% says nothing after "%="', keyword, name USING ERRCODE = 'MR014';
	END LOOP;
	FOREACH name IN ARRAY rule.required
	LOOP
		IF NOT named ? name THEN
			RAISE EXCEPTION '% lacks "%="', keyword, name USING ERRCODE = 'MR014';
		END IF;
	END LOOP;
	FOR rule IN SELECT c.name, c.choices, CASE c.name WHEN 'kind' THEN words[2] ELSE named ->> c.name END AS given
		FROM mailroom.tariff_choices() c WHERE c.keyword = check_tariff_line.keyword
	LOOP
		IF NOT rule.given = ANY (rule.choices) THEN
			RAISE EXCEPTION '% % "%" is not one of %', keyword, rule.name, rule.given, array_to_string(rule.choices, ', ') USING ERRCODE = 'MR014';
		END IF;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.check_tariff_line(text, text[], jsonb) IS 'raises MR014 when a line of a tariff pack has a keyword, word count, name or choice that does not exist';

CREATE OR REPLACE FUNCTION mailroom.tariff_list(names text)
	RETURNS jsonb
	IMMUTABLE PARALLEL SAFE
	RETURN to_jsonb(string_to_array(names, ','));
COMMENT ON FUNCTION mailroom.tariff_list(text) IS 'names separated by commas as a list, NULL for none given';

CREATE OR REPLACE FUNCTION mailroom.tariff_format_row(words text[], named jsonb)
	RETURNS jsonb
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	size CONSTANT text[] := regexp_match(named ->> 'max', '^([0-9]{1,4}|\*)x([0-9]{1,4}|\*)x([0-9]{1,4}|\*)$');
BEGIN
	IF size IS NULL THEN
		RAISE EXCEPTION 'size "%" is not length x width x thickness in millimetres, such as 229x162x5 or *x*x20', named ->> 'max' USING ERRCODE = 'MR014';
	END IF;
	RETURN jsonb_build_object('table', 'carrier_format', 'carrier', named -> 'carrier', 'format', words[1], 'name', words[2],
		'max_length_mm', nullif(size[1], '*')::integer, 'max_width_mm', nullif(size[2], '*')::integer, 'max_thickness_mm', nullif(size[3], '*')::integer,
		'max_grams', (named ->> 'max-grams')::integer);
END;
$$;
COMMENT ON FUNCTION mailroom.tariff_format_row(text[], jsonb) IS 'row of a line "format" of a tariff pack; MR014';

CREATE OR REPLACE FUNCTION mailroom.tariff_offer_row(words text[], named jsonb)
	RETURNS jsonb
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	vat CONSTANT text := coalesce(named ->> 'vat', 'unstated');
BEGIN
	RETURN jsonb_build_object('table', 'carrier_offer', 'offer', words[1], 'carrier', named -> 'carrier',
			'product', named -> 'product', 'service_class', named -> 'class', 'days', (named ->> 'days')::integer,
			'min_mailing', coalesce((named ->> 'min-mailing')::bigint, 0), 'topup_micro', mailroom.tariff_price(coalesce(named ->> 'topup', '0'), 2),
			'min_bundle', coalesce((named ->> 'min-bundle')::bigint, 0), 'fixed_micro', mailroom.tariff_price(coalesce(named ->> 'fixed', '0'), 2),
			'min_order_micro', mailroom.tariff_price(coalesce(named ->> 'min-order', '0'), 2),
			'formats', mailroom.tariff_list(named ->> 'formats'), 'coverage', named -> 'coverage')
		|| jsonb_build_object('presort', coalesce(named ->> 'presort', 'none'), 'code', coalesce(named ->> 'code', 'none'),
			'needs_machinable', mailroom.tariff_flag(words[2], 'machinable'), 'density', named -> 'density', 'colour', named -> 'colour',
			'hand_in_place', named -> 'hand-in', 'hand_in_weekdays', mailroom.tariff_weekdays(named ->> 'hand-in-days'),
			'hand_in_until', (named ->> 'hand-in-until')::time, 'delivery_weekdays', mailroom.tariff_weekdays(named ->> 'delivery-days'),
			'notice', coalesce(named ->> 'notice', 'none'), 'notice_days', coalesce((named ->> 'notice-days')::integer, 0),
			'vat_treatment', CASE WHEN vat LIKE '%\%' THEN 'taxed' ELSE vat END,
			'vat_points', CASE WHEN vat LIKE '%\%' THEN mailroom.tariff_percent(vat) ELSE 0 END);
END;
$$;
COMMENT ON FUNCTION mailroom.tariff_offer_row(text[], jsonb) IS 'row of a line "offer" of a tariff pack; MR014';

-- A price is rounded to cents, or as finely as its line writes prices; where the weight multiplies a kilogram
-- price there is no natural end, and four decimals keep whole percents exact.
CREATE OR REPLACE FUNCTION mailroom.tariff_price_unit(words text[], named jsonb)
	RETURNS bigint
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	decimals integer;
BEGIN
	IF named ? 'round' THEN
		IF named ->> 'round' !~ '^(1|0\.0{0,5}[125])$' THEN
			RAISE EXCEPTION 'round="%" is not 1, 0.01, 0.005, 0.0002 or alike', named ->> 'round' USING ERRCODE = 'MR014';
		END IF;
		RETURN ((named ->> 'round')::numeric * 1000000)::bigint;
	END IF;
	SELECT max(CASE WHEN m[1] LIKE '%/kg' THEN 4 ELSE length(split_part(rtrim(m[1], '/g'), '.', 2)) END) INTO decimals
		FROM unnest(words) AS w, regexp_matches(w, '[:+]([0-9.]+(?:/kg|/g)?)', 'g') AS m;
	RETURN (10 ^ (6 - greatest(2, coalesce(decimals, 2))))::bigint;
END;
$$;
COMMENT ON FUNCTION mailroom.tariff_price_unit(text[], jsonb) IS 'unit, in millionths, that the prices of a line of a tariff pack are rounded to; MR014';

CREATE OR REPLACE FUNCTION mailroom.tariff_price_step(step text, by text)
	RETURNS jsonb
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	part CONSTANT text[] := regexp_match(step, '^(\*|[0-9]{1,7}):([0-9.]+)(?:\+([0-9.]+)/(kg|g)(?:>([0-9]{1,7}))?)?$');
BEGIN
	IF part IS NULL OR by <> 'average' OR part[4] = 'g' AND by IS NOT NULL OR part[4] = 'kg' AND part[5] IS NOT NULL THEN
		RAISE EXCEPTION 'step "%" is not grams:price, as in 20:1.50, *:1.50, 1000:1.20+9.50/kg or 750:0.28+0.0012/g>100', step USING ERRCODE = 'MR014';
	END IF;
	RETURN jsonb_build_object('form', coalesce(by, CASE WHEN part[4] = 'kg' THEN 'kilo' WHEN part[4] = 'g' THEN 'gram' WHEN part[1] = '*' THEN 'flat' ELSE 'step' END),
		'up_to_grams', CASE part[1] WHEN '*' THEN 1000000000 ELSE part[1]::integer END,
		'price_micro', mailroom.tariff_price(part[2]), 'rate_micro', coalesce(mailroom.tariff_price(part[3]), 0),
		'base_grams', coalesce(part[5]::integer, 0), 'percent_points', 10000, 'of_offer', NULL);
END;
$$;
COMMENT ON FUNCTION mailroom.tariff_price_step(text, text) IS 'weight and price of a step of a line "price": 20:1.50, *:1.50, 1000:1.20+9.50/kg, 750:0.28+0.0012/g>100; MR014';

CREATE OR REPLACE FUNCTION mailroom.tariff_price_rows(words text[], named jsonb)
	RETURNS SETOF jsonb
	IMMUTABLE PARALLEL SAFE
	ROWS 10
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	unit CONSTANT bigint := mailroom.tariff_price_unit(words[4:], named);
	steps jsonb;
BEGIN
	IF (named ? 'percent') <> (named ? 'of') OR named ? 'of-area' AND NOT named ? 'of' OR (named ? 'of') = (cardinality(words) > 3) THEN
		RAISE EXCEPTION 'price takes either steps or percent= with of=' USING ERRCODE = 'MR014';
	ELSIF named ? 'of' THEN
		steps := jsonb_build_array(jsonb_build_object('form', 'percent', 'up_to_grams', 1000000000, 'price_micro', 0, 'rate_micro', 0, 'base_grams', 0,
			'percent_points', mailroom.tariff_percent(named ->> 'percent'), 'of_offer', named -> 'of'));
	ELSE
		steps := (SELECT jsonb_agg(mailroom.tariff_price_step(w, named ->> 'by')) FROM unnest(words[4:]) AS w);
	END IF;
	RETURN QUERY SELECT s || jsonb_build_object('table', 'offer_price', 'offer', words[1], 'area', a, 'format', f, 'unit_micro', unit,
			'of_area', CASE WHEN named ? 'of' THEN coalesce(named ->> 'of-area', a) END)
		FROM jsonb_array_elements(steps) AS s, unnest(string_to_array(words[2], ',')) AS a, unnest(string_to_array(words[3], ',')) AS f;
END;
$$;
COMMENT ON FUNCTION mailroom.tariff_price_rows(text[], jsonb) IS 'rows of a line "price" of a tariff pack, one for each area, format and step; MR014';

CREATE OR REPLACE FUNCTION mailroom.tariff_scheme_rows(words text[], named jsonb)
	RETURNS SETOF jsonb
	IMMUTABLE PARALLEL SAFE
	ROWS 10
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	step text;
BEGIN
	RETURN NEXT jsonb_build_object('table', 'discount_scheme', 'scheme', words[1], 'mode', named -> 'mode', 'offers', mailroom.tariff_list(named ->> 'offers'),
		'period', coalesce(named ->> 'period', 'mailing'), 'year_starts', named -> 'year-starts', 'measure', coalesce(named ->> 'measure', 'pieces'),
		'counted_per', coalesce(named ->> 'counted-per', 'submitter'), 'own_name_only', coalesce((named ->> 'own-name')::boolean, false),
		'is_retroactive', coalesce((named ->> 'retroactive')::boolean, false), 'stacking', coalesce(named ->> 'stacking', 'additive'),
		'stack_order', coalesce((named ->> 'order')::integer, 1), 'top_points', mailroom.tariff_percent(named ->> 'top'));
	IF words[2] NOT LIKE '0:%' THEN
		RAISE EXCEPTION 'the first tier of scheme "%" is not from 0 letters', words[1] USING ERRCODE = 'MR014';
	END IF;
	FOREACH step IN ARRAY words[2:]
	LOOP
		IF named ->> 'mode' = 'all' AND step !~ '^[0-9]{1,12}:[0-9]{1,2}(\.[0-9]{1,2})?%$'
			OR named ->> 'mode' <> 'all' AND step !~ '^[0-9]{1,12}:[0-9.]+$' THEN
			RAISE EXCEPTION 'tier "%" is not letters:percent%% (mode all) or letters:amount (mode incr)', step USING ERRCODE = 'MR014';
		END IF;
		RETURN NEXT jsonb_build_object('table', 'discount_tier', 'scheme', words[1], 'from_count', split_part(step, ':', 1)::bigint,
			'basis_points', CASE WHEN step LIKE '%\%' THEN mailroom.tariff_percent(split_part(step, ':', 2)) ELSE 0 END,
			'amount_micro', CASE WHEN step LIKE '%\%' THEN 0 ELSE mailroom.tariff_price(split_part(step, ':', 2)) END);
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.tariff_scheme_rows(text[], jsonb) IS 'rows of a line "scheme" of a tariff pack: the scheme and its tiers; MR014';

CREATE OR REPLACE FUNCTION mailroom.tariff_rule_row(keyword text, words text[], named jsonb)
	RETURNS jsonb
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	CASE keyword
	WHEN 'condition' THEN
		RETURN jsonb_build_object('table', 'offer_condition', 'offer', words[1], 'condition', words[2], 'format', coalesce(named ->> 'format', ''),
			'category', coalesce(named ->> 'category', ''), 'region', coalesce(named ->> 'region', ''),
			'counted_per', coalesce(mailroom.tariff_list(named ->> 'per'), '[]'), 'least', (named ->> 'least')::bigint, 'most', (named ->> 'most')::bigint,
			'shortfall', coalesce(named ->> 'missing', 'refused'), 'topup_micro', mailroom.tariff_price(coalesce(named ->> 'topup', '0')));
	WHEN 'obligation' THEN
		RETURN jsonb_build_object('table', 'carrier_obligation', 'obligation', words[1], 'kind', words[2], 'carrier', named -> 'carrier',
			'offers', mailroom.tariff_list(named ->> 'offers'), 'region', coalesce(named ->> 'region', ''), 'period', coalesce(named ->> 'period', 'calendar-year'),
			'measure', coalesce(named ->> 'measure', CASE WHEN words[2] IN ('share', 'profile') THEN 'percent' ELSE 'pieces' END),
			'least', (named ->> 'least')::bigint, 'most', (named ->> 'most')::bigint, 'penalty_micro', mailroom.tariff_price(coalesce(named ->> 'penalty', '0')));
	WHEN 'fee' THEN
		RETURN jsonb_build_object('table', 'carrier_fee', 'fee', words[1], 'kind', words[2], 'carrier', named -> 'carrier', 'offers', mailroom.tariff_list(named ->> 'offers'),
			'per', named -> 'per', 'amount_micro', mailroom.tariff_price(named ->> 'amount'), 'below_pieces', (named ->> 'below')::bigint);
	END CASE;
END;
$$;
COMMENT ON FUNCTION mailroom.tariff_rule_row(text, text[], jsonb) IS 'row of a line "condition", "obligation" or "fee" of a tariff pack; MR014';

CREATE OR REPLACE FUNCTION mailroom.tariff_zone_rows(country text, named jsonb)
	RETURNS SETOF jsonb
	IMMUTABLE PARALLEL SAFE
	ROWS 100
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF (named ->> 'digits')::integer NOT BETWEEN 1 AND 3 THEN
		RAISE EXCEPTION 'zones are made of 1 to 3 digits, not %', named ->> 'digits' USING ERRCODE = 'MR014';
	ELSIF (named ->> 'from')::integer < 0 OR (named ->> 'to')::integer >= 10 ^ (named ->> 'digits')::integer THEN
		RAISE EXCEPTION 'zones from % to % do not have % digits', coalesce(named ->> 'from', '0'), named ->> 'to', named ->> 'digits' USING ERRCODE = 'MR014';
	END IF;
	RETURN QUERY SELECT mailroom.tariff_range(z.digits) || jsonb_build_object('table', 'sort_zone', 'country', country, 'zone', country || '-' || z.digits)
		FROM (SELECT lpad(n::text, (named ->> 'digits')::integer, '0') AS digits
			FROM generate_series(coalesce((named ->> 'from')::integer, 0), coalesce((named ->> 'to')::integer, 10 ^ (named ->> 'digits')::integer - 1)::integer) AS n) z;
END;
$$;
COMMENT ON FUNCTION mailroom.tariff_zone_rows(text, jsonb) IS 'rows of a line "zones" of a tariff pack; MR014';

CREATE OR REPLACE FUNCTION mailroom.tariff_rows(keyword text, words text[], named jsonb)
	RETURNS SETOF jsonb
	IMMUTABLE PARALLEL SAFE
	ROWS 10
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	CASE keyword
	WHEN 'paper' THEN
		RETURN NEXT jsonb_build_object('table', 'paper', 'paper', words[1], 'milligrams', (named ->> 'milligrams')::integer,
			'micrometres', (named ->> 'micrometres')::integer, 'is_standard', mailroom.tariff_flag(words[2], 'standard'));
	WHEN 'envelope' THEN
		RETURN NEXT jsonb_build_object('table', 'envelope', 'envelope', words[1], 'format', named -> 'format',
			'milligrams', (named ->> 'milligrams')::integer, 'max_sheets', (named ->> 'max-sheets')::integer,
			'micrometres', coalesce((named ->> 'micrometres')::integer, 200));
	WHEN 'carrier' THEN
		RETURN NEXT jsonb_build_object('table', 'carrier', 'carrier', words[1], 'name', words[2], 'country', named -> 'country',
			'is_national', mailroom.tariff_flag(words[3], 'national'), 'max_mailing', (named ->> 'max-mailing')::bigint);
	WHEN 'zones' THEN
		RETURN QUERY SELECT mailroom.tariff_zone_rows(words[1], named);
	WHEN 'zone' THEN
		RETURN NEXT mailroom.tariff_range(words[2])
			|| jsonb_build_object('table', 'sort_zone', 'country', words[1], 'zone', words[1] || '-' || words[3]);
	WHEN 'coverage' THEN
		RETURN NEXT mailroom.tariff_range(words[3])
			|| jsonb_build_object('table', 'offer_coverage', 'coverage', words[1], 'country', words[2], 'area', words[4]);
	WHEN 'format' THEN
		RETURN NEXT mailroom.tariff_format_row(words, named);
	WHEN 'offer' THEN
		RETURN NEXT mailroom.tariff_offer_row(words, named);
	WHEN 'price' THEN
		RETURN QUERY SELECT mailroom.tariff_price_rows(words, named);
	WHEN 'scheme' THEN
		RETURN QUERY SELECT mailroom.tariff_scheme_rows(words, named);
	ELSE
		RETURN NEXT mailroom.tariff_rule_row(keyword, words, named);
	END CASE;
END;
$$;
COMMENT ON FUNCTION mailroom.tariff_rows(text, text[], jsonb) IS 'rows that a line of a tariff pack stands for, each with the name of its table; MR014';

-- Names must be defined above the line that uses them, so that a reader finds them there as well.  The offer
-- that a percentage is taken of may stand in another pack: mailroom.load_tariff looks for it.
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
		FROM (SELECT 'carrier ' || (named ->> 'carrier') AS used WHERE keyword <> 'carrier' AND named ? 'carrier'
			UNION ALL SELECT 'coverage ' || (named ->> 'coverage') WHERE keyword = 'offer'
			UNION ALL SELECT 'offer ' || words[1] WHERE keyword IN ('price', 'condition')
			UNION ALL SELECT 'offer ' || o FROM unnest(string_to_array(named ->> 'offers', ',')) AS o) u
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

CREATE OR REPLACE FUNCTION mailroom.check_tariff_codes(keyword text, words text[], named jsonb)
	RETURNS void
	STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	country CONSTANT text := CASE keyword WHEN 'carrier' THEN named ->> 'country' WHEN 'zones' THEN words[1] WHEN 'zone' THEN words[1] WHEN 'coverage' THEN words[2] END;
	number text;
BEGIN
	IF country <> '*' AND NOT mailroom.code_known('iso3166_country', country) THEN
		RAISE EXCEPTION 'country "%" is not a code of ISO 3166', country USING ERRCODE = 'MR014', HINT = 'Countries are two capital letters, such as NO, SE or FI.';
	ELSIF keyword = 'currency' AND NOT mailroom.currency_known(words[1]) THEN
		RAISE EXCEPTION 'currency "%" is not a code of ISO 4217', words[1] USING ERRCODE = 'MR014', HINT = 'Currencies are three capital letters, such as NOK, SEK or EUR.';
	END IF;
	SELECT format('%s=%s', n.key, n.value) INTO number FROM jsonb_each_text(named) AS n WHERE n.value ~ '^-[0-9.]+$' ORDER BY n.key LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION '% is below zero', number USING ERRCODE = 'MR014', HINT = 'Days, counts, weights and amounts are written without a sign.';
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.check_tariff_codes(text, text[], jsonb) IS 'raises MR014 when a line of a tariff pack has a country or currency that is none, or a number below zero';

CREATE OR REPLACE FUNCTION mailroom.read_tariff(content text)
	RETURNS TABLE (line_no integer, new_row jsonb)
	STABLE STRICT PARALLEL SAFE
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
	hint text;
BEGIN
	FOR line_no, line IN SELECT t.n, t.line FROM string_to_table(replace(content, E'\r', ''), E'\n') WITH ORDINALITY AS t (line, n)
	LOOP
		tokens := mailroom.tariff_tokens(line);
		CONTINUE WHEN cardinality(tokens) = 0;
		words := ARRAY(SELECT t FROM unnest(tokens[2:]) WITH ORDINALITY AS u (t, n) WHERE t !~ '^[a-z-]+=' ORDER BY n);
		named := coalesce((SELECT jsonb_object_agg(split_part(t, '=', 1), substr(t, strpos(t, '=') + 1))
			FROM unnest(tokens[2:]) AS t WHERE t ~ '^[a-z-]+='), '{}');
		IF cardinality(words) + (SELECT count(*) FROM jsonb_object_keys(named)) < cardinality(tokens) - 1 THEN
			RAISE EXCEPTION 'a name= is given twice' USING ERRCODE = 'MR014';
		END IF;
		PERFORM mailroom.check_tariff_line(tokens[1], words, named);
		PERFORM mailroom.check_tariff_codes(tokens[1], words, named);
		IF NOT about ? 'pack' AND tokens[1] <> 'tariff' OR about ? 'pack' AND tokens[1] = 'tariff' THEN
			RAISE EXCEPTION 'the first line, and no other, is "tariff NAME version=N valid-from=DATE"' USING ERRCODE = 'MR014';
		END IF;
		IF tokens[1] = 'tariff' AND named ->> 'valid-from' !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN
			RAISE EXCEPTION 'date "%" is not written as 2026-01-31', named ->> 'valid-from' USING ERRCODE = 'MR014';
		ELSIF tokens[1] = 'tariff' AND (words[1] !~ '^[a-z0-9][a-z0-9-]*$' OR named ->> 'version' !~ '^[1-9][0-9]{0,8}$') THEN
			RAISE EXCEPTION 'the name is of a-z, 0-9 and -, the version a number above 0: "%", "%"', words[1], named ->> 'version' USING ERRCODE = 'MR014';
		END IF;
		PERFORM mailroom.check_tariff_names(tokens[1], words, named, defined);
		IF tokens[1] IN ('carrier', 'coverage', 'offer') AND NOT (tokens[1] || ' ' || words[1]) = ANY (defined) THEN
			defined := defined || (tokens[1] || ' ' || words[1]);
		END IF;
		CASE tokens[1]
		WHEN 'tariff' THEN
			about := jsonb_build_object('table', 'tariff_pack', 'pack', words[1],
				'version', (named ->> 'version')::integer, 'valid_from', (named ->> 'valid-from')::date);
			new_row := about;
			RETURN NEXT;
		WHEN 'source', 'currency' THEN
			about := about || jsonb_build_object(tokens[1], words[1]);
		ELSE
			IF NOT about ? 'source' OR tokens[1] IN ('offer', 'fee') AND NOT about ? 'currency' THEN
				RAISE EXCEPTION 'source and currency are not stated above' USING ERRCODE = 'MR014';
			END IF;
			FOR new_row IN SELECT about || r FROM mailroom.tariff_rows(tokens[1], words, named) AS r
			LOOP
				RETURN NEXT;
			END LOOP;
		END CASE;
	END LOOP;
	IF NOT about ? 'pack' THEN
		line_no := NULL;
		RAISE EXCEPTION 'tariff pack is empty' USING ERRCODE = 'MR014', HINT = 'Its first line is "tariff NAME version=N valid-from=DATE"; docs/tariff.md has an example.';
	END IF;
EXCEPTION
	WHEN OTHERS THEN
		IF line_no IS NULL THEN
			RAISE;
		END IF;
		GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
		RAISE EXCEPTION 'tariff pack line %: %', line_no, SQLERRM
			USING ERRCODE = 'MR014', DETAIL = format('The line reads: %s', left(line, 200)), HINT = coalesce(nullif(hint, ''), 'docs/tariff.md says what each line may hold.');
END;
$$;
COMMENT ON FUNCTION mailroom.read_tariff(text) IS 'what a tariff pack says, row by row with line number, without loading it; raises MR014 with line and cause';
