-- 46_postage_weight: prices by item and weight, in a carrier's invoice and in the plan.
--
-- Such letters have a price each, so their lines are compared as a whole, offer, area, format and step: money billed less
-- money by the tariff.  The plan rounds each letter's price to the unit of the price list, a carrier may round once over all
-- kilograms: both are right, and what lies between them is a row ROUNDING.

CREATE OR REPLACE FUNCTION mailroom.weight_money(price mailroom.price_row, letters numeric, milligrams numeric)
	RETURNS numeric
	IMMUTABLE PARALLEL SAFE
	RETURN CASE (price).form
			WHEN 'gram' THEN $2 * (price).price_micro + ceil(greatest($3 - $2 * (price).base_grams * 1000, 0) / 1000) * (price).rate_micro
			ELSE $2 * (price).price_micro + $3 / 1000000 * (price).rate_micro END
		* (price).percent_points / 10000 / 1000000;
COMMENT ON FUNCTION mailroom.weight_money(mailroom.price_row, numeric, numeric) IS 'list money, in units of the currency and not rounded, of letters that weigh so much together, by one row of a price list; grams above a base as if all letters were heavier than it';

CREATE OR REPLACE FUNCTION mailroom.weight_groups(lines mailroom.audit_line[], keys mailroom.audit_key[])
	RETURNS TABLE (mailing_id bigint, offer text, area text, format text, up_to_grams integer, on_date date, line_nos integer[], points integer, vat_rate numeric, letters numeric, billed numeric,
		kilograms numeric, right_list numeric, right_milligrams numeric, has_discount boolean, written numeric)
	STABLE PARALLEL SAFE
	ROWS 5
BEGIN ATOMIC
	SELECT k.mailing_id, k.offer, k.area, k.format, k.up_to_grams, l.on_date, l.line_nos, k.points, coalesce(k.vat_rate, l.vat_rate), l.letters, l.billed, l.kilograms,
			l.letters * k.unit, CASE WHEN k.quantity > 0 THEN l.letters * k.milligrams / k.quantity ELSE 0 END, l.has_discount, l.written
		FROM unnest($2) AS k
			JOIN LATERAL (SELECT min(x.on_date) AS on_date, array_agg(x.line_no ORDER BY x.line_no) AS line_nos, min(x.vat_rate) AS vat_rate, coalesce(sum(x.quantity) FILTER (WHERE x.kind = 'postage'), 0) AS letters,
					sum(x.quantity * x.unit) AS billed, sum(x.quantity) FILTER (WHERE x.kind = 'weight') AS kilograms,
					sum(abs(x.quantity) / 2 / 10::numeric ^ greatest(scale(x.unit), 4)) AS written,
					bool_or(x.discount <> 0) OR EXISTS (SELECT FROM unnest($1) AS d WHERE d.mailing_id = k.mailing_id AND d.kind = 'discount') AS has_discount
				FROM unnest($1) AS x
				WHERE x.mailing_id = k.mailing_id AND x.kind IN ('postage', 'weight') AND (x.offer, x.area, x.format, x.up_to_grams) = (k.offer, k.area, k.format, k.up_to_grams) AND NOT x.is_duplicate) l ON l.line_nos IS NOT NULL
		WHERE k.kind = 'postage' AND k.milligrams IS NOT NULL;
END;
COMMENT ON FUNCTION mailroom.weight_groups(mailroom.audit_line[], mailroom.audit_key[]) IS 'billed lines of letters priced by weight, together for each expected line: letters, list money and kilograms (NULL when not billed apart) against what so many letters of the plan cost and weigh; written is what unit prices of so many decimals, four at least, may lose';

-- A net price of one line cannot be told from a lighter weight; of all lines together it can.
CREATE OR REPLACE FUNCTION mailroom.read_net_weights(lines mailroom.audit_line[], keys mailroom.audit_key[])
	RETURNS mailroom.audit_line[]
	STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	g record;
	l mailroom.audit_line;
BEGIN
	FOR g IN SELECT * FROM mailroom.weight_groups(lines, keys) w
		WHERE w.points > 0 AND NOT w.has_discount AND abs(w.billed - w.right_list * (10000 - w.points) / 10000) <= greatest(0.01 * cardinality(w.line_nos), w.right_list / 10000) LOOP
		FOR i IN 1 .. cardinality(lines) LOOP
			CONTINUE WHEN NOT lines[i].line_no = ANY (g.line_nos);
			l := lines[i];
			l.discount := l.quantity * l.unit * g.points / (10000 - g.points);
			l.unit := l.unit * 10000 / (10000 - g.points);
			l.right_unit := l.unit;
			lines[i] := l;
		END LOOP;
	END LOOP;
	RETURN lines;
END;
$$;
COMMENT ON FUNCTION mailroom.read_net_weights(mailroom.audit_line[], mailroom.audit_key[]) IS 'the lines, those of letters priced by weight taken apart into price and discount where together they are net of the discount that the plan reaches';

-- What a line, or all lines of a group, would cost by the price lists of other days; the nearest day that fits.
CREATE OR REPLACE FUNCTION mailroom.weight_price_days(offer text, area text, format text, up_to_grams integer, on_date date)
	RETURNS TABLE (day date, code text, price mailroom.price_row)
	STABLE PARALLEL SAFE
	ROWS 5
BEGIN ATOMIC
	SELECT d.day, CASE WHEN d.day < $5 THEN 'PRICE-OLD' ELSE 'PRICE-NEW' END, p
		FROM (SELECT DISTINCT o.valid_from AS day FROM mailroom.offer_price o WHERE o.offer = $1) d
			CROSS JOIN LATERAL mailroom.price_rows(d.day) p
		WHERE d.day <> $5
			AND NOT EXISTS (SELECT FROM mailroom.price_rows($5) r WHERE (r.offer, r.area, r.format, r.form, r.up_to_grams, r.price_micro, r.rate_micro, r.percent_points) = (p.offer, p.area, p.format, p.form, p.up_to_grams, p.price_micro, p.rate_micro, p.percent_points))
			AND p.offer = $1 AND p.area = $2 AND p.format = $3 AND p.up_to_grams = $4
		ORDER BY abs(d.day - $5), d.day;
END;
COMMENT ON FUNCTION mailroom.weight_price_days(text, text, text, integer, date) IS 'prices of a weight step on other days that are others than on this one, the nearest day first';

CREATE OR REPLACE FUNCTION mailroom.audit_weights(lines mailroom.audit_line[], keys mailroom.audit_key[], unit numeric)
	RETURNS SETOF mailroom.audit_finding
	STABLE PARALLEL SAFE
	ROWS 5
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	g record;
	l record;
	d record;
	price mailroom.price_row;
	item_price numeric;
	kilo_price numeric;
	slack numeric;
	rest numeric;
	kilograms numeric;
	article text;
BEGIN
	FOR g IN SELECT * FROM mailroom.weight_groups(lines, keys) LOOP
		slack := unit * cardinality(g.line_nos);
		SELECT p.* INTO price FROM mailroom.price_rows(g.on_date) p WHERE p.offer = g.offer AND p.area = g.area AND p.format = g.format AND p.up_to_grams = g.up_to_grams;
		item_price := mailroom.weight_money(price, 1, 0);
		kilo_price := mailroom.weight_money(price, 0, 1000000);
		kilograms := round(g.right_milligrams / 1000000, 6);
		article := mailroom.postage_article('postage', g.offer, g.area, g.format, g.up_to_grams, NULL);
		-- by the exact weight, less what the letters cost with each price rounded
		rest := mailroom.weight_money(price, g.letters, g.right_milligrams) - g.right_list;
		IF g.kilograms IS NOT NULL AND price.form <> 'gram' THEN
			FOR l IN SELECT x.*, CASE x.kind WHEN 'weight' THEN kilo_price ELSE item_price END AS right_price FROM unnest(lines) AS x WHERE x.line_no = ANY (g.line_nos) ORDER BY x.line_no LOOP
				CONTINUE WHEN l.unit = l.right_price;
				SELECT w.code, w.day INTO d
					FROM mailroom.weight_price_days(g.offer, g.area, g.format, g.up_to_grams, g.on_date) w
					WHERE l.unit = CASE l.kind WHEN 'weight' THEN mailroom.weight_money(w.price, 0, 1000000) ELSE mailroom.weight_money(w.price, 1, 0) END LIMIT 1;
				RETURN NEXT ROW(l.line_no, g.mailing_id, coalesce(d.code, 'PRICE-OTHER'), g.offer, g.area, g.format, g.up_to_grams, NULL, l.quantity, l.unit, l.right_price,
					l.quantity * (l.unit - l.right_price) * (10000 - g.points) / 10000, g.vat_rate, NULL,
					format('%s %s at %s instead of %s: %s', trim_scale(l.quantity), CASE l.kind WHEN 'weight' THEN 'kg' ELSE 'letters' END, mailroom.amount_text(l.unit), mailroom.amount_text(l.right_price),
						coalesce('the price of ' || to_char(d.day, 'YYYY-MM-DD'), 'no price list of the carrier has this price')))::mailroom.audit_finding;
			END LOOP;
			IF abs((g.kilograms - kilograms) * kilo_price) > slack THEN
				RETURN NEXT ROW(NULL, g.mailing_id, 'WEIGHT', g.offer, g.area, g.format, g.up_to_grams, NULL, abs(g.kilograms - kilograms), g.kilograms, kilograms, (g.kilograms - kilograms) * kilo_price * (10000 - g.points) / 10000,
					g.vat_rate, NULL, format('%s: %s kg billed, %s kg planned', article, trim_scale(g.kilograms), trim_scale(kilograms)))::mailroom.audit_finding;
			ELSE
				rest := rest + (g.kilograms - kilograms) * kilo_price;
			END IF;
		ELSIF abs(g.billed - g.right_list) <= slack THEN
			CONTINUE;
		ELSIF least(abs(g.billed - g.right_list), abs(g.billed - g.right_list - rest)) <= slack + g.written THEN
			rest := g.billed - g.right_list;
		ELSE
			SELECT w.code, w.day INTO d
				FROM mailroom.weight_price_days(g.offer, g.area, g.format, g.up_to_grams, g.on_date) w
				WHERE abs(g.billed - mailroom.weight_money(w.price, g.letters, g.right_milligrams)) <= slack + g.letters * (w.price).unit_micro / 2000000 LIMIT 1;
			RETURN NEXT ROW(g.line_nos[1], g.mailing_id, coalesce(d.code, 'WEIGHT'), g.offer, g.area, g.format, g.up_to_grams, NULL, g.letters, round(g.billed, 6), round(g.right_list, 6), (g.billed - g.right_list) * (10000 - g.points) / 10000,
				g.vat_rate, NULL, format('%s: %s letters of %s kg cost %s, billed %s: %s', article, trim_scale(g.letters), trim_scale(kilograms), round(g.right_list, 2), mailroom.amount_text(round(g.billed, 6)),
					CASE WHEN d.code IS NOT NULL THEN 'the price of ' || to_char(d.day, 'YYYY-MM-DD') WHEN kilo_price > 0 THEN format('what %s kg cost', round((g.billed - item_price * g.letters) / kilo_price, 3)) ELSE 'no weight costs that' END))::mailroom.audit_finding;
			CONTINUE;
		END IF;
		IF rest <> 0 THEN
			RETURN NEXT ROW(NULL, g.mailing_id, 'ROUNDING', g.offer, g.area, g.format, g.up_to_grams, NULL, g.letters, round(g.right_list + rest, 6), round(g.right_list, 6), rest * (10000 - g.points) / 10000, g.vat_rate, NULL,
				format('%s: prices of %s kg are rounded at another place than in the plan, which rounds each letter''s', article, trim_scale(kilograms)))::mailroom.audit_finding;
		END IF;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.audit_weights(mailroom.audit_line[], mailroom.audit_key[], numeric) IS 'lines of letters priced by item and weight against the exact weights of the plan: by items and kilograms where these are billed apart, else by the money of all lines together; unit = smallest amount that counts';
