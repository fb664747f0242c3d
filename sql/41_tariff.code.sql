-- 41_tariff: packs of dated prices, from text to rows.

-- Values of a pack -----------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.tariff_money(amount text)
	RETURNS bigint
	IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF amount !~ '^[0-9]{1,9}(\.[0-9]{1,2})?$' THEN
		RAISE EXCEPTION 'amount "%" is not a number with at most two decimals', amount
			USING ERRCODE = 'MR014';
	END IF;
	RETURN (amount::numeric * 1000000)::bigint;
END;
$$;
COMMENT ON FUNCTION mailroom.tariff_money(text) IS 'amount of a tariff pack in millionths of the currency unit; two decimals at most; MR014';

CREATE OR REPLACE FUNCTION mailroom.tariff_price(amount text)
	RETURNS bigint
	IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF amount !~ '^[0-9]{1,9}(\.[0-9]{1,4})?$' THEN
		RAISE EXCEPTION 'price "%" is not an amount with at most four decimals', amount
			USING ERRCODE = 'MR014';
	END IF;
	RETURN (amount::numeric * 1000000)::bigint;
END;
$$;
COMMENT ON FUNCTION mailroom.tariff_price(text) IS 'price of a tariff pack in millionths of the currency unit; four decimals at most; MR014';

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
			('paper', 1, 2, '{milligrams}', '{}'),
			('envelope', 1, 1, '{format,milligrams,max-sheets}', '{}'),
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
			('condition', 'kind', '{pieces,weight-spread,bundle,bundle-thickness,tray,tray-fill,pallet,senders,listed}'),
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
			'min_mailing', coalesce((named ->> 'min-mailing')::bigint, 0), 'topup_micro', mailroom.tariff_money(coalesce(named ->> 'topup', '0')),
			'min_bundle', coalesce((named ->> 'min-bundle')::bigint, 0), 'fixed_micro', mailroom.tariff_money(coalesce(named ->> 'fixed', '0')),
			'min_order_micro', mailroom.tariff_money(coalesce(named ->> 'min-order', '0')),
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
			'is_standard', mailroom.tariff_flag(words[2], 'standard'));
	WHEN 'envelope' THEN
		RETURN NEXT jsonb_build_object('table', 'envelope', 'envelope', words[1], 'format', named -> 'format',
			'milligrams', (named ->> 'milligrams')::integer, 'max_sheets', (named ->> 'max-sheets')::integer);
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
		RAISE EXCEPTION 'tariff pack is empty' USING ERRCODE = 'MR014';
	END IF;
EXCEPTION
	WHEN OTHERS THEN
		IF line_no IS NULL THEN
			RAISE;
		END IF;
		GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
		RAISE EXCEPTION 'tariff pack line %: %', line_no, SQLERRM
			USING ERRCODE = 'MR014', DETAIL = concat_ws(E'\n', nullif(hint, ''), format('The line reads: %s', left(line, 200)));
END;
$$;
COMMENT ON FUNCTION mailroom.read_tariff(text) IS 'what a tariff pack says, row by row with line number, without loading it; raises MR014 with line and cause';

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

CREATE OR REPLACE FUNCTION mailroom.put_tariff_lines(line_nos integer[], new_rows jsonb[])
	RETURNS jsonb
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	counts jsonb;
	row_no integer;
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
					RAISE EXCEPTION 'tariff pack line %: %', line_nos[row_no], SQLERRM
						USING ERRCODE = 'MR014', DETAIL = format('The row is %s.', new_rows[row_no] - '{table,pack,version,valid_from,source}'::text[]);
			END;
		END LOOP;
		RAISE;
END;
$$;
COMMENT ON FUNCTION mailroom.put_tariff_lines(integer[], jsonb[]) IS 'brings the rows of a tariff pack into their catalogues; returns how many were new, changed, kept; MR014 with the line of the first row at fault';
REVOKE EXECUTE ON FUNCTION mailroom.put_tariff_lines(integer[], jsonb[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.load_tariff(content text)
	RETURNS text
	STRICT
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
COMMENT ON FUNCTION mailroom.load_tariff(text) IS 'loads a tariff pack (docs/tariff.md has the format) and returns a summary; rows that the pack changes or leaves out are closed on its valid-from, never altered; all or nothing; MR014 with line and cause';
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
