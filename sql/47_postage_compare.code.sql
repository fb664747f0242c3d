-- 47_postage_compare: a carrier's invoice compared with the plan, line by line.
--
-- A line of q letters at unit price u with discount d is right at q letters, price p and a share e of discount by the
-- tariff.  Its difference falls apart without a rest: letters (billed less expected) at p (1 - e), price q (u - p)(1 - e),
-- discount e q u - d.  Each part is explained by asking the tariff which step, day, product or tier gives what was billed.

CREATE OR REPLACE FUNCTION mailroom.fill_audit_codes()
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	INSERT INTO mailroom.audit_code (code, title, action) VALUES
		('COUNT-MORE', 'more letters billed than planned', 'Compare with the carrier''s receipt of the hand-in; claim the letters it does not show.'),
		('COUNT-FEWER', 'fewer letters billed than planned', 'Compare with the receipt of the hand-in; letters that were not handed in must be found, others will be billed later.'),
		('PRICE-STEP', 'billed at another weight step', 'Claim with the weight of the letters as planned; ask for the carrier''s weighing if it insists.'),
		('WEIGHT', 'billed for another weight', 'Claim with the kilograms of the letters as planned; ask for the carrier''s weighing if it insists.'),
		('PRICE-AREA', 'billed at the price of another area or format', 'Claim with the postcodes or the format of the letters.'),
		('PRICE-OLD', 'billed at a price that no longer held', 'Claim, or accept what is in your favour, naming the price list of the day of hand-in.'),
		('PRICE-NEW', 'billed at a price that did not hold yet', 'Claim, naming the price list of the day of hand-in.'),
		('PRICE-OTHER', 'billed at a price that no list has', 'Claim, naming the price list; ask what the price is made of.'),
		('PRODUCT-OTHER', 'billed as another product', 'Claim with the order and the receipt; a product may have been changed because a condition was broken: ask which.'),
		('DISCOUNT-TIER', 'another discount tier than reached', 'Claim with the count of letters that reaches the tier.'),
		('DISCOUNT-BASE', 'discount taken from another amount', 'Claim; the discount falls on the list price of all letters of the scheme.'),
		('FEE-UNKNOWN', 'fee or article that the tariff does not have', 'Ask what it is for. If it is agreed, add it to the tariff or to mailroom.carrier_article; otherwise claim.'),
		('FEE-AMOUNT', 'fee of another amount', 'Claim, naming the price list.'),
		('FEE-COUNT', 'fee for another number of letters or orders', 'Compare with the order and the receipt of the hand-in; claim what the tariff''s count does not bear out.'),
		('FEE-UNPLANNED', 'fee of the tariff that the plan did not reckon with', 'Accept if the service was ordered.'),
		('TOPUP', 'letters paid up to a minimum: another amount', 'Compare the count with the minimum of the offer.'),
		('YEAR-REBATE', 'rebate of a year of another amount', 'Claim with mailroom.year_settlement: letters counted, tier reached, list money, and what invoices gave.'),
		('YEAR-PENALTY', 'take-or-pay of a year of another amount', 'Claim with mailroom.year_settlement: what was delivered of the contract.'),
		('MAILING-UNKNOWN', 'line without a known mailing', 'Find the order: add its number to mailroom.carrier_order and audit again, or claim the line.'),
		('LINE-DUPLICATE', 'billed twice', 'Claim the second line.'),
		('LINE-MISSING', 'planned and not billed', 'Expect it on a later invoice; the audit of that invoice closes the row.'),
		('VAT-RATE', 'another rate of value added tax', 'Ask for a corrected invoice: tax that is not due cannot be deducted.'),
		('ROUNDING', 'rounding', 'Nothing: within one minor unit a line.'),
		('SUM', 'amounts that do not add up', 'Ask for a corrected invoice.')
		ON CONFLICT (code) DO UPDATE SET title = excluded.title, action = excluded.action;
END;
COMMENT ON FUNCTION mailroom.fill_audit_codes() IS 'writes mailroom.audit_code; called by the script';
REVOKE EXECUTE ON FUNCTION mailroom.fill_audit_codes() FROM PUBLIC;
SELECT mailroom.fill_audit_codes();

-- What the lines stand for -----------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.ordered_mailing(issuer_id bigint, carrier text, order_reference text)
	RETURNS bigint
	STABLE PARALLEL SAFE
	RETURN coalesce((SELECT o.mailing_id FROM mailroom.carrier_order o WHERE o.issuer_id = $1 AND o.carrier = $2 AND o.order_reference = $3),
		CASE WHEN $3 ~ '^[0-9]{1,18}$' THEN $3::bigint END);
COMMENT ON FUNCTION mailroom.ordered_mailing(bigint, text, text) IS 'mailing that a carrier''s order number stands for: by mailroom.carrier_order, else the number itself; whether it exists is not asked';

CREATE OR REPLACE FUNCTION mailroom.offer_points(issuer_id bigint, mailing_id bigint, offer text)
	RETURNS integer
	STABLE PARALLEL SAFE
	RETURN coalesce((SELECT sum((p ->> 'basis_points')::integer)
		FROM mailroom.mailing m CROSS JOIN jsonb_array_elements(m.plan -> 'parts') AS p
			JOIN mailroom.discount_scheme s ON s.scheme = p ->> 'item' AND s.valid_from <= m.hand_in_date AND (s.valid_to IS NULL OR s.valid_to > m.hand_in_date)
		WHERE m.issuer_id = $1 AND m.mailing_id = $2 AND p ->> 'part' = 'discount' AND NOT p ? 'issuer_id' AND $3 = ANY (s.offers)), 0)::integer;
COMMENT ON FUNCTION mailroom.offer_points(bigint, bigint, text) IS 'discount in basis points that a planned mailing reaches for an offer, all its schemes together, without those that issuers of a common hand-in reach alone';

CREATE OR REPLACE FUNCTION mailroom.step_unit(offer text, area text, format text, up_to_grams integer, on_date date)
	RETURNS numeric
	STABLE PARALLEL SAFE
	RETURN (SELECT mailroom.piece_price(ARRAY[p], least(p.up_to_grams, 1000000)::bigint * 1000) / 1000000.0
		FROM mailroom.price_rows($5) p
		WHERE p.offer = $1 AND p.area = $2 AND p.format = $3 AND p.up_to_grams = $4 AND p.form IN ('step', 'flat'));
COMMENT ON FUNCTION mailroom.step_unit(text, text, text, integer, date) IS 'list price of a weight step on a date in units of the currency; NULL when there is none or the price depends on more than the step';

CREATE OR REPLACE FUNCTION mailroom.audit_keys(issuer_id bigint, carrier_invoice_id bigint, mailing_ids bigint[])
	RETURNS SETOF mailroom.audit_key
	STABLE PARALLEL SAFE
	ROWS 50
BEGIN ATOMIC
	WITH inv AS MATERIALIZED (
		SELECT c.carrier, c.issue_date FROM mailroom.carrier_invoice c WHERE c.issuer_id = $1 AND c.carrier_invoice_id = $2
	), line AS MATERIALIZED ( -- a fee or discount of offers with different tax is a line for each rate
		SELECT m.mailing_id, p.kind, p.offer, p.area, p.format, p.up_to_grams, p.item, sum(p.quantity) AS letters, sum(p.list_micro) / 1000000.0 AS list,
				sum(p.net_micro) / 1000000.0 AS net, CASE WHEN p.vat_treatment <> 'unstated' THEN p.vat_points / 100.0 END AS vat_rate, min(f.amount_micro) / 1000000.0 AS amount,
				CASE WHEN p.kind = 'postage' AND mailroom.step_unit(p.offer, p.area, p.format, p.up_to_grams, g.hand_in_date) IS NULL THEN sum(p.milligrams) END AS milligrams
			FROM inv CROSS JOIN unnest($3) AS m (mailing_id)
				JOIN mailroom.mailing g ON g.issuer_id = $1 AND g.mailing_id = m.mailing_id
				CROSS JOIN LATERAL mailroom.expected_invoice_parts($1, m.mailing_id) p
				LEFT JOIN mailroom.carrier_fee f ON p.kind = 'fee' AND f.fee = p.item AND f.valid_from <= g.hand_in_date AND (f.valid_to IS NULL OR f.valid_to > g.hand_in_date)
			WHERE p.carrier = inv.carrier AND p.kind NOT IN ('penalty', 'retroactive')
			GROUP BY 1, 2, 3, 4, 5, 6, 7, 11, g.hand_in_date
	), expected AS (
		SELECT l.*, CASE l.kind WHEN 'postage' THEN l.letters WHEN 'fee' THEN l.whole_net / l.amount ELSE 1 END AS whole_quantity
			FROM (SELECT x.*, sum(x.net) OVER (PARTITION BY x.mailing_id, x.kind, x.offer, x.area, x.format, x.up_to_grams, x.item) AS whole_net FROM line x) l
	), billed AS (
		SELECT b.mailing_id, b.kind, b.offer, b.area, b.format, b.up_to_grams, b.item, sum(b.quantity) AS quantity, sum(b.net_amount) AS net
			FROM mailroom.carrier_line_match b
				JOIN mailroom.carrier_invoice c ON c.issuer_id = b.issuer_id AND c.carrier_invoice_id = b.carrier_invoice_id
				JOIN inv ON inv.carrier = c.carrier
			WHERE b.issuer_id = $1 AND b.mailing_id = ANY ($3) AND b.quantity <> 0 AND (c.issue_date, c.carrier_invoice_id) < (inv.issue_date, $2)
			GROUP BY 1, 2, 3, 4, 5, 6, 7
	)
	SELECT e.mailing_id, e.kind, e.offer, e.area, e.format, e.up_to_grams, e.item,
			CASE WHEN e.kind = 'postage' THEN r.quantity ELSE r.quantity * e.net / e.whole_net END, CASE e.kind WHEN 'fee' THEN e.amount ELSE e.list / e.letters END,
			CASE e.kind WHEN 'postage' THEN mailroom.offer_points($1, e.mailing_id, e.offer) ELSE 0 END,
			CASE WHEN b.mailing_id IS NULL THEN e.net WHEN e.kind IN ('postage', 'fee') THEN e.net * r.quantity / e.whole_quantity ELSE e.net * greatest(1 - b.net / e.whole_net, 0) END,
			e.vat_rate, e.milligrams * r.quantity / e.whole_quantity
		FROM expected e
			LEFT JOIN billed b ON b.mailing_id = e.mailing_id AND b.kind = e.kind AND b.offer IS NOT DISTINCT FROM e.offer AND b.area IS NOT DISTINCT FROM e.area
				AND b.format IS NOT DISTINCT FROM e.format AND b.up_to_grams IS NOT DISTINCT FROM e.up_to_grams AND b.item IS NOT DISTINCT FROM e.item
			CROSS JOIN LATERAL (SELECT CASE WHEN b.mailing_id IS NULL THEN e.whole_quantity WHEN e.kind IN ('postage', 'fee') THEN greatest(e.whole_quantity - b.quantity, 0) ELSE 0 END AS quantity) r
		ORDER BY e.mailing_id, e.kind, e.offer, e.area, e.format, e.up_to_grams, e.item, e.vat_rate;
END;
COMMENT ON FUNCTION mailroom.audit_keys(bigint, bigint, bigint[]) IS 'what the carrier of an invoice should still bill for mailings: the expected lines less those of its earlier audited invoices; of fees the quantity is letters or orders';
REVOKE EXECUTE ON FUNCTION mailroom.audit_keys(bigint, bigint, bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.read_carrier_lines(issuer_id bigint, carrier_invoice_id bigint)
	RETURNS SETOF mailroom.audit_line
	STABLE PARALLEL SAFE
	ROWS 50
BEGIN ATOMIC
	SELECT l.line_no, m.mailing_id, coalesce(m.hand_in_date, c.issue_date), CASE WHEN r.kind = 'discount' AND m.mailing_id IS NULL AND EXISTS (SELECT FROM mailroom.discount_scheme d
				WHERE d.scheme = coalesce(a.item, l.article) AND d.is_retroactive) THEN 'retroactive' ELSE r.kind END,
			CASE WHEN r.kind NOT IN ('discount', 'fee', 'retroactive', 'penalty') THEN coalesce(a.offer, o.offer, p.offer) END,
			CASE WHEN r.kind IN ('postage', 'weight') THEN coalesce(l.area, a.area, CASE WHEN a.kind IS NULL THEN s.word[2] END) END,
			CASE WHEN r.kind IN ('postage', 'weight') THEN coalesce(l.format, a.format, CASE WHEN a.kind IS NULL THEN s.word[3] END) END,
			CASE WHEN r.kind IN ('postage', 'weight') THEN coalesce(l.grams, a.up_to_grams, CASE WHEN a.kind IS NULL THEN CASE WHEN s.word[4] = '*' THEN 1000000000 WHEN s.word[4] ~ '^[0-9]{1,7}$' THEN s.word[4]::integer END END) END,
			CASE WHEN r.kind IN ('discount', 'fee') THEN coalesce(a.item, l.article)
				-- a plan names the carrier of the contract
				WHEN r.kind IN ('retroactive', 'penalty') THEN coalesce(a.item, (SELECT min(b.obligation) FROM mailroom.carrier_obligation b WHERE b.carrier = s.word[1] AND b.kind = 'take-or-pay' HAVING count(DISTINCT b.obligation) = 1), s.word[1])
				WHEN r.kind IN ('fixed', 'topup') THEN coalesce(a.offer, o.offer) END,
			l.quantity, l.unit_price, l.discount_amount, l.net_amount, l.vat_rate, NULL::numeric, NULL::integer, false, NULL::text, NULL::text
		FROM mailroom.carrier_invoice c
			JOIN mailroom.carrier_invoice_line l ON l.issuer_id = c.issuer_id AND l.carrier_invoice_id = c.carrier_invoice_id
			CROSS JOIN LATERAL (SELECT string_to_array(l.article, '/') AS word) s
			LEFT JOIN mailroom.carrier_article a ON a.issuer_id = c.issuer_id AND a.carrier = c.carrier AND a.article = l.article
			LEFT JOIN LATERAL (SELECT f.offer FROM mailroom.carrier_offer f WHERE f.carrier = c.carrier AND f.offer = s.word[1] LIMIT 1) o ON true
			LEFT JOIN LATERAL (SELECT min(f.offer) AS offer FROM mailroom.carrier_offer f
				WHERE f.carrier = c.carrier AND f.product = coalesce(l.item_name, l.article) HAVING count(DISTINCT f.offer) = 1) p ON true
			CROSS JOIN LATERAL (SELECT CASE
					WHEN a.kind IS NOT NULL THEN a.kind
					WHEN o.offer IS NOT NULL THEN CASE WHEN s.word[2] IN ('fixed', 'topup') THEN s.word[2] WHEN s.word[5] = 'kg' THEN 'weight' ELSE 'postage' END
					WHEN s.word[2] IN ('retroactive', 'penalty') THEN s.word[2]
					WHEN EXISTS (SELECT FROM mailroom.carrier_obligation b WHERE b.obligation = l.article AND b.carrier = c.carrier) THEN 'penalty'
					WHEN EXISTS (SELECT FROM mailroom.discount_scheme d WHERE d.scheme = l.article) THEN 'discount'
					WHEN EXISTS (SELECT FROM mailroom.carrier_fee f WHERE f.fee = l.article AND f.carrier = c.carrier) THEN 'fee'
					WHEN p.offer IS NOT NULL THEN 'postage' END AS kind) r
			LEFT JOIN LATERAL (SELECT g.mailing_id, g.hand_in_date FROM mailroom.mailing g
				WHERE g.issuer_id = c.issuer_id AND g.state <> 'open' AND g.currency = c.currency AND r.kind IS DISTINCT FROM 'retroactive' AND r.kind IS DISTINCT FROM 'penalty'
					AND g.mailing_id = CASE
						WHEN l.mailing_id IS NOT NULL THEN l.mailing_id
						WHEN l.order_reference <> '' THEN mailroom.ordered_mailing(c.issuer_id, c.carrier, l.order_reference)
						ELSE coalesce(c.mailing_id, mailroom.ordered_mailing(c.issuer_id, c.carrier, c.order_reference)) END) m ON true
		WHERE c.issuer_id = $1 AND c.carrier_invoice_id = $2
		ORDER BY l.line_no;
END;
COMMENT ON FUNCTION mailroom.read_carrier_lines(bigint, bigint) IS 'lines of a carrier''s invoice with the mailing they bill and what their article stands for: by mailroom.carrier_article, the articles of the expected invoice, or the product''s name; up_to_grams is as billed';
REVOKE EXECUTE ON FUNCTION mailroom.read_carrier_lines(bigint, bigint) FROM PUBLIC;

-- Prices -----------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.price_explanations(offer text, area text, format text, up_to_grams integer, on_date date)
	RETURNS TABLE (place integer, code text, unit numeric, note text)
	STABLE PARALLEL SAFE
	ROWS 50
BEGIN ATOMIC
	WITH known AS MATERIALIZED (
		SELECT o.offer, o.carrier FROM mailroom.carrier_offer o
			WHERE o.carrier IN (SELECT c.carrier FROM mailroom.carrier_offer c WHERE c.offer = $1)
	), day AS MATERIALIZED (
		SELECT DISTINCT p.valid_from AS on_date FROM mailroom.offer_price p WHERE p.offer IN (SELECT k.offer FROM known k) AND p.valid_from <> $5
		UNION SELECT $5
	), price AS MATERIALIZED (
		SELECT DISTINCT d.on_date, p.offer, p.area, p.format, p.up_to_grams, mailroom.step_unit(p.offer, p.area, p.format, p.up_to_grams, d.on_date) AS unit
			FROM day d CROSS JOIN LATERAL mailroom.price_rows(d.on_date) p
			WHERE p.offer IN (SELECT k.offer FROM known k) AND p.form IN ('step', 'flat') AND (d.on_date = $5 OR p.offer = $1)
	)
	SELECT (row_number() OVER (ORDER BY r.place, abs(p.on_date - $5), p.format IS DISTINCT FROM $3, p.area IS DISTINCT FROM $2, p.offer COLLATE "C", p.area COLLATE "C", p.format COLLATE "C", p.up_to_grams))::integer,
			CASE WHEN p.on_date < $5 THEN 'PRICE-OLD' WHEN p.on_date > $5 THEN 'PRICE-NEW' WHEN p.offer <> $1 THEN 'PRODUCT-OTHER'
				WHEN p.area IS DISTINCT FROM $2 OR p.format IS DISTINCT FROM $3 THEN 'PRICE-AREA' ELSE 'PRICE-STEP' END, p.unit,
			format('the price of %s%s%s%s', CASE WHEN p.offer <> $1 THEN 'offer ' || p.offer || ', ' ELSE '' END,
				CASE WHEN p.area IS DISTINCT FROM $2 OR p.format IS DISTINCT FROM $3 THEN 'area ' || p.area || ', format ' || p.format || ', ' ELSE '' END,
				CASE p.up_to_grams WHEN 1000000000 THEN 'any weight' ELSE 'step ' || p.up_to_grams || ' g' END,
				CASE WHEN p.on_date <> $5 THEN ' of ' || to_char(p.on_date, 'YYYY-MM-DD') ELSE '' END)
		FROM price p
			CROSS JOIN LATERAL (SELECT CASE
				WHEN p.offer <> $1 THEN 6
				WHEN p.area IS DISTINCT FROM $2 OR p.format IS DISTINCT FROM $3 THEN 5
				WHEN p.up_to_grams IS DISTINCT FROM $4 THEN CASE WHEN p.on_date = $5 THEN 1 ELSE 4 END
				WHEN p.on_date = $5 THEN 0
				WHEN p.on_date < $5 THEN 2 ELSE 3 END AS place) r
		WHERE p.unit IS NOT NULL AND r.place > 0
		ORDER BY 1;
END;
COMMENT ON FUNCTION mailroom.price_explanations(text, text, text, integer, date) IS 'other prices a carrier may have taken by mistake, nearest first: another step, another day, another area or format, another product';

-- Net prices are read too: a unit price that is a list price less a discount, at as many decimals as it is written with.
CREATE OR REPLACE FUNCTION mailroom.explain_unit(line mailroom.audit_line, tier_points integer[])
	RETURNS mailroom.audit_line
	STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	decimals CONSTANT integer := greatest(scale(line.unit), 2);
	e record;
BEGIN
	IF line.unit = line.right_unit THEN
		RETURN line;
	END IF;
	SELECT * INTO e
		FROM (SELECT 0 AS place, NULL AS code, line.right_unit AS unit, NULL AS note, line.points AS points, 0 AS rank WHERE line.discount = 0
			UNION ALL
			SELECT x.place, x.code, x.unit, x.note, NULL, 1 FROM mailroom.price_explanations(line.offer, line.area, line.format, line.up_to_grams, line.on_date) x
			UNION ALL
			SELECT x.place, x.code, x.unit, x.note, line.points, 1 FROM mailroom.price_explanations(line.offer, line.area, line.format, line.up_to_grams, line.on_date) x
				WHERE line.discount = 0 AND line.points > 0
			UNION ALL
			SELECT t.n::integer, NULL, line.right_unit, NULL, t.points, 0 FROM unnest(tier_points) WITH ORDINALITY AS t (points, n) WHERE line.discount = 0) c
		WHERE line.unit = round(c.unit * (10000 - coalesce(c.points, 0)) / 10000, decimals)
		ORDER BY CASE WHEN c.points IS NOT DISTINCT FROM line.points AND c.rank = 0 THEN 0 WHEN c.rank = 1 THEN 1 ELSE 2 END, c.place, c.points NULLS FIRST
		LIMIT 1;
	IF NOT FOUND THEN
		line.code := 'PRICE-OTHER';
		line.note := 'no price list of the carrier has this price';
		RETURN line;
	END IF;
	IF e.points IS NOT NULL THEN
		line.discount := line.quantity * (e.unit - line.unit);
		line.unit := e.unit;
	END IF;
	line.code := e.code;
	line.note := e.note;
	RETURN line;
END;
$$;
COMMENT ON FUNCTION mailroom.explain_unit(mailroom.audit_line, integer[]) IS 'a billed line with the reason of its unit price, code NULL when it is right; a price that is net of the discount, of this or another tier, is taken apart into unit and discount';

-- Fills in what a line does not say from the expected line it fits best, and what the tariff says to it.
CREATE OR REPLACE FUNCTION mailroom.fit_carrier_line(line mailroom.audit_line, keys mailroom.audit_key[])
	RETURNS mailroom.audit_line
	STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	k mailroom.audit_key;
BEGIN
	IF line.kind IS NULL OR line.kind NOT IN ('postage', 'weight') OR line.mailing_id IS NULL THEN
		RETURN line;
	END IF;
	SELECT x.* INTO k
		FROM unnest(keys) AS x
		WHERE x.mailing_id = line.mailing_id AND x.kind = 'postage' AND x.offer = line.offer
			AND (line.area IS NULL OR x.area = line.area) AND (line.format IS NULL OR x.format = line.format)
			AND (line.up_to_grams IS NULL OR x.up_to_grams = line.up_to_grams OR x.up_to_grams >= line.up_to_grams
				AND NOT EXISTS (SELECT FROM mailroom.price_rows(line.on_date) p WHERE p.offer = x.offer AND p.area = x.area AND p.format = x.format
					AND p.up_to_grams >= line.up_to_grams AND p.up_to_grams < x.up_to_grams))
		ORDER BY x.unit <> line.unit, x.quantity <> line.quantity, x.up_to_grams, x.area, x.format
		LIMIT 1;
	IF FOUND THEN
		line.area := k.area;
		line.format := k.format;
		line.up_to_grams := k.up_to_grams;
		line.right_unit := CASE WHEN k.milligrams IS NULL THEN k.unit END;
		line.points := k.points;
		RETURN line;
	END IF;
	SELECT p.area, p.format, p.up_to_grams INTO k.area, k.format, k.up_to_grams
		FROM mailroom.price_rows(line.on_date) p
		WHERE p.offer = line.offer AND (line.area IS NULL OR p.area = line.area) AND (line.format IS NULL OR p.format = line.format)
			AND (line.up_to_grams IS NULL OR p.up_to_grams >= line.up_to_grams)
		ORDER BY line.up_to_grams IS NULL AND p.price_micro / 1000000.0 <> line.unit, p.up_to_grams, p.area, p.format
		LIMIT 1;
	line.area := coalesce(line.area, k.area);
	line.format := coalesce(line.format, k.format);
	line.up_to_grams := coalesce(k.up_to_grams, line.up_to_grams);
	line.right_unit := mailroom.step_unit(line.offer, line.area, line.format, line.up_to_grams, line.on_date);
	RETURN line;
END;
$$;
COMMENT ON FUNCTION mailroom.fit_carrier_line(mailroom.audit_line, mailroom.audit_key[]) IS 'a billed line with area, format and step completed from the expected line it fits best, or from the price list, and its right unit price';

-- The steps of the audit ---------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.percent_text(points integer)
	RETURNS text
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN trim_scale(points / 100.0)::text;
COMMENT ON FUNCTION mailroom.percent_text(integer) IS 'basis points as a percentage, without the sign: 150 is 1.5';

CREATE OR REPLACE FUNCTION mailroom.amount_text(amount numeric)
	RETURNS text
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE WHEN scale(trim_scale(amount)) < 2 THEN round(amount, 2) ELSE trim_scale(amount) END::text;
COMMENT ON FUNCTION mailroom.amount_text(numeric) IS 'an amount with two decimals, or as many as it has';

CREATE OR REPLACE FUNCTION mailroom.audit_counts(lines mailroom.audit_line[], keys mailroom.audit_key[])
	RETURNS SETOF mailroom.audit_finding
	STABLE PARALLEL SAFE
	ROWS 10
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	spare mailroom.audit_key[];
	a mailroom.audit_key;
	b mailroom.audit_key;
	moved numeric;
	worth numeric;
BEGIN
	-- quantity: letters billed and not expected; net: letters billed
	spare := ARRAY(
		SELECT ROW(coalesce(k.mailing_id, l.mailing_id), 'postage', coalesce(k.offer, l.offer), coalesce(k.area, l.area), coalesce(k.format, l.format),
				coalesce(k.up_to_grams, l.up_to_grams), NULL, coalesce(l.quantity, 0) - coalesce(k.quantity, 0), coalesce(k.unit, l.unit), coalesce(k.points, l.points),
				coalesce(l.quantity, 0), coalesce(k.vat_rate, l.vat_rate), NULL)::mailroom.audit_key
			FROM (SELECT * FROM unnest(keys) AS u WHERE u.kind = 'postage') k
				FULL JOIN (SELECT u.mailing_id, u.offer, coalesce(u.area, '') AS area, coalesce(u.format, '') AS format, coalesce(u.up_to_grams, 0) AS up_to_grams, sum(u.quantity) AS quantity,
						min(coalesce(u.right_unit, u.unit)) AS unit, min(u.points) AS points, min(u.vat_rate) AS vat_rate
					FROM unnest(lines) AS u WHERE u.kind = 'postage' AND u.mailing_id IS NOT NULL AND NOT u.is_duplicate
					GROUP BY 1, 2, 3, 4, 5) l
				ON l.mailing_id = k.mailing_id AND l.offer = k.offer AND l.area = k.area AND l.format = k.format AND l.up_to_grams = k.up_to_grams
			ORDER BY coalesce(k.mailing_id, l.mailing_id), coalesce(k.offer, l.offer), coalesce(k.area, l.area) COLLATE "C", coalesce(k.format, l.format) COLLATE "C", coalesce(k.up_to_grams, l.up_to_grams));
	FOR closeness IN 1 .. 3 LOOP
		FOR i IN 1 .. cardinality(spare) LOOP
			FOR j IN 1 .. cardinality(spare) LOOP
				a := spare[i];
				b := spare[j];
				CONTINUE WHEN a.mailing_id <> b.mailing_id OR a.quantity <= 0 OR b.quantity >= 0
					OR closeness < 3 AND a.offer <> b.offer OR closeness < 2 AND (a.area <> b.area OR a.format <> b.format);
				moved := least(a.quantity, - b.quantity);
				worth := moved * (a.unit * (10000 - a.points) - b.unit * (10000 - b.points)) / 10000;
				RETURN NEXT ROW(NULL, a.mailing_id, (ARRAY['PRICE-STEP', 'PRICE-AREA', 'PRODUCT-OTHER'])[closeness], a.offer, a.area, a.format, a.up_to_grams, NULL, moved, a.unit, b.unit, worth, NULL,
					moved * (a.unit * (10000 - a.points) * coalesce(a.vat_rate, 0) - b.unit * (10000 - b.points) * coalesce(b.vat_rate, 0)) / 1000000,
					format('%s letters are billed as %s; by the plan they are %s', moved, mailroom.postage_article('postage', a.offer, a.area, a.format, a.up_to_grams, NULL),
						mailroom.postage_article('postage', b.offer, b.area, b.format, b.up_to_grams, NULL)))::mailroom.audit_finding;
				a.quantity := a.quantity - moved;
				b.quantity := b.quantity + moved;
				spare[i] := a;
				spare[j] := b;
			END LOOP;
		END LOOP;
	END LOOP;
	FOREACH a IN ARRAY spare LOOP
		CONTINUE WHEN a.quantity = 0;
		RETURN NEXT ROW(NULL, a.mailing_id, CASE WHEN a.quantity > 0 THEN 'COUNT-MORE' WHEN a.net = 0 THEN 'LINE-MISSING' ELSE 'COUNT-FEWER' END,
			a.offer, a.area, a.format, a.up_to_grams, NULL, abs(a.quantity), a.net, a.net - a.quantity, a.quantity * a.unit * (10000 - a.points) / 10000, a.vat_rate, NULL,
			format('%s: %s letters billed, %s expected', mailroom.postage_article('postage', a.offer, a.area, a.format, a.up_to_grams, NULL), a.net, a.net - a.quantity))::mailroom.audit_finding;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.audit_counts(mailroom.audit_line[], mailroom.audit_key[]) IS 'letters billed against letters expected: what is too many on one line and missing on another was moved to another step, area or product; the rest is more, fewer or missing; worth at the right price after discount';

CREATE OR REPLACE FUNCTION mailroom.audit_prices(lines mailroom.audit_line[])
	RETURNS SETOF mailroom.audit_finding
	STABLE PARALLEL SAFE
	ROWS 10
BEGIN ATOMIC
	SELECT l.line_no, l.mailing_id, l.code, l.offer, l.area, l.format, l.up_to_grams, NULL::text, l.quantity, l.unit, l.right_unit,
			l.quantity * (l.unit - l.right_unit) * (10000 - l.points) / 10000, l.vat_rate, NULL::numeric,
			format('%s letters at %s instead of %s: %s', trim_scale(l.quantity), mailroom.amount_text(l.unit), mailroom.amount_text(l.right_unit), l.note)
		FROM unnest($1) AS l
		WHERE l.kind = 'postage' AND l.mailing_id IS NOT NULL AND NOT l.is_duplicate AND l.unit <> l.right_unit
		ORDER BY l.line_no;
END;
COMMENT ON FUNCTION mailroom.audit_prices(mailroom.audit_line[]) IS 'lines whose unit price is not the tariff''s, with the price it is';

-- Schemes of percentages of the mailings that an invoice bills.  A scheme is judged line by line where its lines carry
-- discounts and it has no line of its own; otherwise over all its lines.
CREATE OR REPLACE FUNCTION mailroom.audit_schemes(issuer_id bigint, lines mailroom.audit_line[])
	RETURNS TABLE (mailing_id bigint, scheme text, offers text[], points integer, letters bigint, on_date date, by_line boolean)
	STABLE PARALLEL SAFE
	ROWS 5
BEGIN ATOMIC
	SELECT m.mailing_id, s.scheme, s.offers, (p ->> 'basis_points')::integer, (p ->> 'letters')::bigint, m.hand_in_date,
			NOT EXISTS (SELECT FROM unnest($2) AS l WHERE l.mailing_id = m.mailing_id AND l.kind = 'discount' AND l.item = s.scheme)
				AND EXISTS (SELECT FROM unnest($2) AS l WHERE l.mailing_id = m.mailing_id AND l.kind IN ('postage', 'weight') AND l.offer = ANY (s.offers) AND l.discount <> 0)
		FROM mailroom.mailing m CROSS JOIN jsonb_array_elements(m.plan -> 'parts') AS p
			JOIN mailroom.discount_scheme s ON s.scheme = p ->> 'item' AND s.valid_from <= m.hand_in_date AND (s.valid_to IS NULL OR s.valid_to > m.hand_in_date)
		WHERE m.issuer_id = $1 AND p ->> 'part' = 'discount' AND p ? 'basis_points' AND NOT p ? 'issuer_id'
			AND m.mailing_id IN (SELECT l.mailing_id FROM unnest($2) AS l)
			AND EXISTS (SELECT FROM unnest($2) AS l WHERE l.mailing_id = m.mailing_id AND (l.offer = ANY (s.offers) OR l.item = s.scheme));
END;
COMMENT ON FUNCTION mailroom.audit_schemes(bigint, mailroom.audit_line[]) IS 'discount schemes in percent of the mailings that lines bill, with the points reached and whether the invoice shows them line by line';
REVOKE EXECUTE ON FUNCTION mailroom.audit_schemes(bigint, mailroom.audit_line[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.explain_discount(scheme text, points integer, letters bigint, list numeric, given numeric, slack numeric, on_date date, other_points integer DEFAULT 0, OUT code text, OUT note text)
	STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	t record;
BEGIN
	SELECT d.from_count, d.basis_points INTO t
		FROM mailroom.discount_tier d
		WHERE d.scheme = $1 AND d.valid_from <= $7 AND (d.valid_to IS NULL OR d.valid_to > $7) AND abs($4 * (d.basis_points + $8) / 10000 - $5) <= $6
		ORDER BY d.from_count DESC
		LIMIT 1;
	IF FOUND OR given = 0 THEN
		code := 'DISCOUNT-TIER';
		note := format('%s: %s letters reach %s %%, billed with %s %%, %s', scheme, letters, mailroom.percent_text(points), mailroom.percent_text(coalesce(t.basis_points, 0)),
			CASE WHEN t.from_count > 0 THEN 'the tier from ' || t.from_count || ' letters' ELSE 'no discount at all' END);
	ELSE
		code := 'DISCOUNT-BASE';
		note := format('%s: %s %% of %s is %s, billed %s%s', scheme, mailroom.percent_text(points), round(list, 2), round(list * (points + $8) / 10000, 2), mailroom.amount_text(given),
			CASE WHEN points > 0 AND $8 = 0 THEN format(', which is the discount of %s', round(given * 10000 / points, 2)) ELSE '' END);
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.explain_discount(text, integer, bigint, numeric, numeric, numeric, date, integer) IS 'why a discount in percent is not the one reached: the tier that gives what was billed (DISCOUNT-TIER), else the amount it was taken from (DISCOUNT-BASE)';

CREATE OR REPLACE FUNCTION mailroom.audit_discounts(issuer_id bigint, lines mailroom.audit_line[], unit numeric)
	RETURNS SETOF mailroom.audit_finding
	STABLE PARALLEL SAFE
	ROWS 5
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	r record;
	e record;
BEGIN
	FOR r IN -- line by line
		SELECT l.*, l.quantity * l.unit AS list, coalesce(s.points, 0) AS line_points, s.scheme, s.scheme_points, s.letters
			FROM unnest(lines) AS l
				LEFT JOIN LATERAL (SELECT sum(x.points)::integer AS points, min(x.scheme) AS scheme, min(x.points) AS scheme_points, min(x.letters) AS letters
					FROM mailroom.audit_schemes($1, lines) x WHERE x.by_line AND x.mailing_id = l.mailing_id AND l.offer = ANY (x.offers)) s ON true
			WHERE l.kind IN ('postage', 'weight') AND l.mailing_id IS NOT NULL AND NOT l.is_duplicate
			ORDER BY l.line_no
	LOOP
		CONTINUE WHEN abs(r.list * r.line_points / 10000 - r.discount) <= $3;
		SELECT * INTO e FROM mailroom.explain_discount(coalesce(r.scheme, 'no scheme'), coalesce(r.scheme_points, 0), r.letters, r.list, r.discount, $3, r.on_date, r.line_points - coalesce(r.scheme_points, 0));
		RETURN NEXT ROW(r.line_no, r.mailing_id, e.code, r.offer, r.area, r.format, r.up_to_grams, r.scheme, r.quantity, r.discount, round(r.list * r.line_points / 10000, 6),
			r.list * r.line_points / 10000 - r.discount, r.vat_rate, NULL, e.note)::mailroom.audit_finding;
	END LOOP;
	FOR r IN -- over all lines of a scheme
		SELECT s.*, t.list, t.vat_rate, coalesce(g.given, 0) AS given, g.line_no, coalesce(t.n, 0) AS n
			FROM mailroom.audit_schemes($1, lines) s
				CROSS JOIN LATERAL (SELECT coalesce(sum(l.quantity * l.unit), 0) AS list, min(l.vat_rate) AS vat_rate, count(*) AS n
					FROM unnest(lines) AS l WHERE l.kind IN ('postage', 'weight') AND l.mailing_id = s.mailing_id AND l.offer = ANY (s.offers)) t
				CROSS JOIN LATERAL (SELECT - sum(l.net) AS given, min(l.line_no) AS line_no
					FROM unnest(lines) AS l WHERE l.kind = 'discount' AND l.mailing_id = s.mailing_id AND l.item = s.scheme) g
			WHERE NOT s.by_line
			ORDER BY s.mailing_id, s.scheme
	LOOP
		CONTINUE WHEN abs(r.list * r.points / 10000 - r.given) <= $3;
		SELECT * INTO e FROM mailroom.explain_discount(r.scheme, r.points, r.letters, r.list, r.given, $3, r.on_date);
		RETURN NEXT ROW(r.line_no, r.mailing_id, e.code, NULL, NULL, NULL, NULL, r.scheme, NULL, r.given, round(r.list * r.points / 10000, 6), r.list * r.points / 10000 - r.given, r.vat_rate, NULL, e.note)::mailroom.audit_finding;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.audit_discounts(bigint, mailroom.audit_line[], numeric) IS 'discounts billed against the percentages reached, taken from the list money as billed; unit = smallest amount that counts';
REVOKE EXECUTE ON FUNCTION mailroom.audit_discounts(bigint, mailroom.audit_line[], numeric) FROM PUBLIC;

-- Amounts that are no price of a letter: fees of offers, top-ups, discounts by amount.
CREATE OR REPLACE FUNCTION mailroom.audit_amounts(issuer_id bigint, lines mailroom.audit_line[], keys mailroom.audit_key[])
	RETURNS SETOF mailroom.audit_finding
	STABLE PARALLEL SAFE
	ROWS 5
BEGIN ATOMIC
	WITH scheme AS MATERIALIZED (
		SELECT s.mailing_id, s.scheme FROM mailroom.audit_schemes($1, $2) s
	), billed AS (
		SELECT l.mailing_id, l.kind, l.item, min(l.offer) AS offer, min(l.line_no) AS line_no, sum(l.net) AS net, min(l.vat_rate) AS vat_rate, sum(l.net * coalesce(l.vat_rate, 0)) / 100 AS vat
			FROM unnest($2) AS l
			WHERE l.kind IN ('fixed', 'topup', 'discount') AND l.mailing_id IS NOT NULL AND NOT l.is_duplicate
				AND NOT EXISTS (SELECT FROM scheme s WHERE l.kind = 'discount' AND s.mailing_id = l.mailing_id AND s.scheme = l.item)
			GROUP BY 1, 2, 3
	), key AS (
		SELECT k.mailing_id, k.kind, k.item, min(k.offer) AS offer, sum(k.net) AS net, min(k.vat_rate) AS vat_rate, CASE WHEN count(DISTINCT k.vat_rate) > 1 THEN sum(k.net * k.vat_rate) / 100 END AS vat
			FROM unnest($3) AS k WHERE k.kind IN ('fixed', 'topup', 'discount')
			GROUP BY 1, 2, 3
	)
	SELECT b.line_no, coalesce(k.mailing_id, b.mailing_id),
			CASE WHEN b.kind IS NULL THEN CASE k.kind WHEN 'discount' THEN 'DISCOUNT-TIER' ELSE 'LINE-MISSING' END
				WHEN b.kind = 'topup' THEN 'TOPUP' WHEN b.kind = 'discount' THEN 'DISCOUNT-TIER' WHEN k.kind IS NULL THEN 'FEE-UNKNOWN' ELSE 'FEE-AMOUNT' END,
			coalesce(k.offer, b.offer), NULL::text, NULL::text, NULL::integer, coalesce(k.item, b.item), NULL::numeric, coalesce(b.net, 0), coalesce(k.net, 0),
			coalesce(b.net, 0) - coalesce(k.net, 0), coalesce(k.vat_rate, b.vat_rate), coalesce(b.vat, 0) - k.vat,
			format('%s: %s billed, %s expected', mailroom.postage_article(coalesce(k.kind, b.kind), coalesce(k.offer, b.offer), NULL, NULL, NULL, coalesce(k.item, b.item)),
				mailroom.amount_text(coalesce(b.net, 0)), round(coalesce(k.net, 0), 2))
		FROM key k FULL JOIN billed b ON b.mailing_id = k.mailing_id AND b.kind = k.kind AND b.item = k.item
		WHERE abs(coalesce(b.net, 0) - coalesce(k.net, 0)) > 0.005
	ORDER BY 1, 2, 3, 8;
END;
COMMENT ON FUNCTION mailroom.audit_amounts(bigint, mailroom.audit_line[], mailroom.audit_key[]) IS 'billed fixed fees of offers, paid-up letters and discounts by amount against the expected ones';
REVOKE EXECUTE ON FUNCTION mailroom.audit_amounts(bigint, mailroom.audit_line[], mailroom.audit_key[]) FROM PUBLIC;

-- Fees of the catalogue: at another amount, for another number than planned, planned and not billed, or not planned.
CREATE OR REPLACE FUNCTION mailroom.audit_fees(issuer_id bigint, lines mailroom.audit_line[], keys mailroom.audit_key[])
	RETURNS SETOF mailroom.audit_finding
	STABLE PARALLEL SAFE
	ROWS 5
BEGIN ATOMIC
	WITH fee AS (
		SELECT l.*, f.amount_micro / 1000000.0 AS amount, f.kind IN ('order', 'small-batch') AND f.per IN ('order', 'piece') AS is_planned, f.per, f.below_pieces
			FROM unnest($2) AS l
				LEFT JOIN mailroom.carrier_fee f ON f.fee = l.item AND f.valid_from <= l.on_date AND (f.valid_to IS NULL OR f.valid_to > l.on_date)
			WHERE l.kind = 'fee' AND l.mailing_id IS NOT NULL AND NOT l.is_duplicate
	), billed AS (
		SELECT f.mailing_id, f.item, min(f.line_no) AS line_no, sum(f.quantity) AS quantity, sum(f.quantity * f.vat_rate) / nullif(sum(f.quantity), 0) AS vat_rate, min(f.amount) AS amount, min(f.per) AS per, min(f.below_pieces) AS below_pieces
			FROM fee f WHERE f.is_planned
			GROUP BY 1, 2
	), key AS (
		SELECT k.mailing_id, k.item, sum(k.quantity) AS quantity, min(k.unit) AS amount, sum(k.net * k.vat_rate) / nullif(sum(k.net), 0) AS vat_rate
			FROM unnest($3) AS k WHERE k.kind = 'fee'
			GROUP BY 1, 2
	)
	SELECT f.line_no, f.mailing_id, 'FEE-AMOUNT', NULL::text, NULL::text, NULL::text, NULL::integer, f.item, f.quantity, f.unit, f.amount, f.net - f.quantity * f.amount, f.vat_rate, NULL::numeric,
			format('fee %s of %s instead of %s', f.item, mailroom.amount_text(f.unit), mailroom.amount_text(f.amount))
		FROM fee f WHERE f.amount IS NOT NULL AND f.net <> f.quantity * f.amount
	UNION ALL
	SELECT b.line_no, coalesce(b.mailing_id, k.mailing_id), CASE WHEN b.item IS NULL THEN 'LINE-MISSING' ELSE 'FEE-COUNT' END, NULL, NULL, NULL, NULL, n.item, abs(n.billed - n.expected), n.billed, n.expected,
			(n.billed - n.expected) * coalesce(k.amount, b.amount), coalesce(k.vat_rate, b.vat_rate), NULL,
			format('fee %s: %s times %s billed, %s expected%s', n.item, trim_scale(n.billed), mailroom.amount_text(coalesce(k.amount, b.amount)), trim_scale(n.expected),
				CASE WHEN k.item IS NULL AND b.below_pieces IS NOT NULL THEN format(': it falls on fewer than %s letters', b.below_pieces) ELSE '' END)
		FROM key k FULL JOIN billed b ON b.mailing_id = k.mailing_id AND b.item = k.item
			CROSS JOIN LATERAL (SELECT coalesce(k.item, b.item) AS item, round(coalesce(b.quantity, 0), 6) AS billed, round(coalesce(k.quantity, 0), 6) AS expected) n
		WHERE n.billed <> n.expected
	UNION ALL
	SELECT f.line_no, f.mailing_id, 'FEE-UNPLANNED', NULL, NULL, NULL, NULL, f.item, f.quantity, f.quantity * f.amount, 0, f.quantity * f.amount, f.vat_rate, NULL,
			format('fee %s: %s times %s', f.item, trim_scale(f.quantity), mailroom.amount_text(f.amount))
		FROM fee f WHERE f.amount IS NOT NULL AND NOT f.is_planned
	UNION ALL
	SELECT f.line_no, f.mailing_id, 'FEE-UNKNOWN', NULL, NULL, NULL, NULL, f.item, f.quantity, f.net, 0, f.net, f.vat_rate, NULL, format('fee %s did not hold on %s', f.item, to_char(f.on_date, 'YYYY-MM-DD'))
		FROM fee f WHERE f.amount IS NULL
	UNION ALL
	SELECT l.line_no, l.mailing_id, 'FEE-UNKNOWN', NULL, NULL, NULL, NULL, NULL, l.quantity, l.net, 0, l.net, l.vat_rate, NULL, 'the article is none of the tariff and not in mailroom.carrier_article'
		FROM unnest($2) AS l WHERE l.kind IS NULL AND l.mailing_id IS NOT NULL
	UNION ALL
	SELECT f.line_no, f.mailing_id, 'VAT-RATE', NULL, NULL, NULL, NULL, f.item, NULL, coalesce(f.vat_rate, 0), k.vat_rate, 0, NULL, f.net * (coalesce(f.vat_rate, 0) - k.vat_rate) / 100,
			format('value added tax of %s %% instead of %s %%', trim_scale(coalesce(f.vat_rate, 0)), trim_scale(k.vat_rate))
		FROM fee f
			JOIN (SELECT u.mailing_id, u.item, min(u.vat_rate) AS vat_rate FROM unnest($3) AS u WHERE u.kind = 'fee'
				GROUP BY 1, 2 HAVING count(*) = 1 AND min(u.vat_rate) IS NOT NULL) k ON k.mailing_id = f.mailing_id AND k.item = f.item
		WHERE coalesce(f.vat_rate, 0) <> k.vat_rate
	ORDER BY 1, 2, 3, 8;
END;
COMMENT ON FUNCTION mailroom.audit_fees(bigint, mailroom.audit_line[], mailroom.audit_key[]) IS 'billed fees of the catalogue: those of orders and small batches against what the plan reckoned with, by amount and by number; others against the catalogue';
REVOKE EXECUTE ON FUNCTION mailroom.audit_fees(bigint, mailroom.audit_line[], mailroom.audit_key[]) FROM PUBLIC;

-- What can be said of a line alone.
CREATE OR REPLACE FUNCTION mailroom.audit_single_lines(issuer_id bigint, lines mailroom.audit_line[], unit numeric)
	RETURNS SETOF mailroom.audit_finding
	STABLE PARALLEL SAFE
	ROWS 5
BEGIN ATOMIC
	SELECT l.line_no, NULL::bigint, 'MAILING-UNKNOWN', l.offer, l.area, l.format, NULL::integer, l.item, l.quantity, l.net, 0::numeric, l.net, l.vat_rate, NULL::numeric,
			'the line names no planned mailing of this issuer and currency'
		FROM unnest($2) AS l WHERE l.mailing_id IS NULL AND coalesce(l.kind, '') NOT IN ('retroactive', 'penalty')
	UNION ALL
	SELECT l.line_no, l.mailing_id, 'LINE-DUPLICATE', l.offer, l.area, l.format, l.up_to_grams, l.item, l.quantity, l.net, 0,
			l.net - CASE l.kind WHEN 'postage' THEN l.quantity * l.unit * coalesce((SELECT sum(s.points) FROM mailroom.audit_schemes($1, $2) s
				WHERE NOT s.by_line AND s.mailing_id = l.mailing_id AND l.offer = ANY (s.offers)), 0) / 10000 ELSE 0 END,
			l.vat_rate, NULL, 'these letters or this fee are billed already, on this invoice or an earlier one'
		FROM unnest($2) AS l WHERE l.is_duplicate
	UNION ALL
	SELECT l.line_no, l.mailing_id, 'SUM', l.offer, l.area, l.format, l.up_to_grams, l.item, l.quantity, l.net, l.quantity * l.unit - l.discount, l.net - (l.quantity * l.unit - l.discount),
			l.vat_rate, NULL, format('%s times %s less %s is %s, billed %s', trim_scale(l.quantity), mailroom.amount_text(l.unit), mailroom.amount_text(l.discount),
				mailroom.amount_text(l.quantity * l.unit - l.discount), mailroom.amount_text(l.net))
		FROM unnest($2) AS l
		WHERE l.kind IN ('postage', 'weight') AND l.mailing_id IS NOT NULL AND NOT l.is_duplicate AND abs(l.net - (l.quantity * l.unit - l.discount)) > $3
	UNION ALL
	SELECT l.line_no, l.mailing_id, 'VAT-RATE', l.offer, l.area, l.format, l.up_to_grams, l.item, NULL, coalesce(l.vat_rate, 0), o.vat_points / 100.0, 0, NULL,
			l.net * (coalesce(l.vat_rate, 0) - o.vat_points / 100.0) / 100, format('value added tax of %s %% instead of %s', trim_scale(coalesce(l.vat_rate, 0)),
				CASE o.vat_treatment WHEN 'exempt' THEN 'none: the service is exempt' ELSE mailroom.percent_text(o.vat_points) || ' %' END)
		FROM unnest($2) AS l
			JOIN mailroom.carrier_offer o ON o.offer = l.offer AND o.valid_from <= l.on_date AND (o.valid_to IS NULL OR o.valid_to > l.on_date)
		WHERE l.mailing_id IS NOT NULL AND o.vat_treatment <> 'unstated' AND coalesce(l.vat_rate, 0) <> o.vat_points / 100.0
	ORDER BY 1, 3;
END;
COMMENT ON FUNCTION mailroom.audit_single_lines(bigint, mailroom.audit_line[], numeric) IS 'lines of no known mailing, billed twice, that do not multiply, or with another rate of value added tax';
REVOKE EXECUTE ON FUNCTION mailroom.audit_single_lines(bigint, mailroom.audit_line[], numeric) FROM PUBLIC;

-- Reads the lines, completes them and finds duplicates: same line again, or letters that earlier invoices billed.
CREATE OR REPLACE FUNCTION mailroom.understand_carrier_lines(issuer_id bigint, carrier_invoice_id bigint, keys mailroom.audit_key[])
	RETURNS SETOF mailroom.audit_line
	STABLE PARALLEL SAFE
	ROWS 50
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	l mailroom.audit_line;
	k record;
	before record;
	seen mailroom.audit_line[] := '{}';
	tiers integer[];
BEGIN
	FOR l IN SELECT * FROM mailroom.read_carrier_lines($1, $2) LOOP
		l := mailroom.fit_carrier_line(l, keys);
		IF l.mailing_id IS NOT NULL AND l.kind IN ('postage', 'weight', 'fixed', 'topup', 'discount', 'fee') THEN
			l.points := coalesce(l.points, mailroom.offer_points($1, l.mailing_id, l.offer));
			-- tax apart, a key is what the line is for
			SELECT sum(x.quantity) AS quantity, min(x.unit) AS unit INTO k FROM unnest(keys) AS x
				WHERE x.mailing_id = l.mailing_id AND x.kind = l.kind AND (x.offer, x.area, x.format, x.up_to_grams, x.item) IS NOT DISTINCT FROM (l.offer, l.area, l.format, l.up_to_grams, l.item);
			-- a fee by the letter, billed in one sum
			IF l.kind = 'fee' AND l.quantity = 1 AND l.unit <> k.unit AND mod(l.net, k.unit) = 0 THEN
				l.quantity := l.net / k.unit;
				l.unit := k.unit;
			END IF;
			SELECT count(*) FILTER (WHERE s.quantity = l.quantity AND s.net = l.net) AS alike, coalesce(sum(s.quantity), 0) AS quantity INTO before FROM unnest(seen) AS s
				WHERE s.mailing_id = l.mailing_id AND s.kind = l.kind AND (s.offer, s.area, s.format, s.up_to_grams, s.item) IS NOT DISTINCT FROM (l.offer, l.area, l.format, l.up_to_grams, l.item);
			l.is_duplicate := coalesce(k.quantity = 0 OR before.alike > 0 AND k.quantity < l.quantity + before.quantity, false);
		END IF;
		IF l.kind = 'postage' AND l.right_unit IS NOT NULL THEN
			tiers := ARRAY(SELECT DISTINCT l.points - (p ->> 'basis_points')::integer + t.basis_points
				FROM mailroom.mailing m CROSS JOIN jsonb_array_elements(m.plan -> 'parts') AS p
					JOIN mailroom.discount_scheme s ON s.scheme = p ->> 'item' AND l.offer = ANY (s.offers)
					JOIN mailroom.discount_tier t ON t.scheme = s.scheme AND t.valid_from <= l.on_date AND (t.valid_to IS NULL OR t.valid_to > l.on_date)
				WHERE m.issuer_id = $1 AND m.mailing_id = l.mailing_id AND p ? 'basis_points' AND s.valid_from <= l.on_date AND (s.valid_to IS NULL OR s.valid_to > l.on_date)
				ORDER BY 1);
			l := mailroom.explain_unit(l, tiers);
		END IF;
		l.points := coalesce(l.points, 0);
		l.right_unit := coalesce(l.right_unit, l.unit);
		seen := seen || l;
		RETURN NEXT l;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.understand_carrier_lines(bigint, bigint, mailroom.audit_key[]) IS 'lines of a carrier''s invoice, completed, with the right price, the reason of a wrong one, and whether they are billed already';
REVOKE EXECUTE ON FUNCTION mailroom.understand_carrier_lines(bigint, bigint, mailroom.audit_key[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.audit_findings(issuer_id bigint, carrier_invoice_id bigint, lines mailroom.audit_line[], keys mailroom.audit_key[], unit numeric)
	RETURNS SETOF mailroom.audit_finding
	STABLE PARALLEL SAFE
	ROWS 20
BEGIN ATOMIC
	SELECT * FROM mailroom.audit_single_lines($1, $3, $5)
	UNION ALL SELECT * FROM mailroom.audit_prices($3)
	UNION ALL SELECT * FROM mailroom.audit_weights($3, $4, $5)
	UNION ALL SELECT * FROM mailroom.audit_discounts($1, $3, $5)
	UNION ALL SELECT * FROM mailroom.audit_counts($3, $4)
	UNION ALL SELECT * FROM mailroom.audit_amounts($1, $3, $4)
	UNION ALL SELECT * FROM mailroom.audit_fees($1, $3, $4)
	UNION ALL SELECT * FROM mailroom.audit_year($1, $2, $3, $4)
	UNION ALL
	SELECT NULL, NULL, 'SUM', NULL, NULL, NULL, NULL, NULL, NULL, c.net_total, s.net, c.net_total - s.net, NULL, 0,
			format('the lines sum to %s, the invoice says %s', mailroom.amount_text(s.net), mailroom.amount_text(c.net_total))
		FROM mailroom.carrier_invoice c, (SELECT coalesce(sum(l.net), 0) AS net FROM unnest($3) AS l) s
		WHERE c.issuer_id = $1 AND c.carrier_invoice_id = $2 AND c.net_total <> s.net;
END;
COMMENT ON FUNCTION mailroom.audit_findings(bigint, bigint, mailroom.audit_line[], mailroom.audit_key[], numeric) IS 'all steps of the audit';
REVOKE EXECUTE ON FUNCTION mailroom.audit_findings(bigint, bigint, mailroom.audit_line[], mailroom.audit_key[], numeric) FROM PUBLIC;

-- What the differences leave between billed and expected is rounding, or a sum that is wrong.
CREATE OR REPLACE FUNCTION mailroom.write_audit_rest(issuer_id bigint, carrier_invoice_id bigint, keys mailroom.audit_key[], decimals integer)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	r record;
	is_small boolean;
BEGIN
	SELECT round(c.net_total - e.net - d.net, $4) AS net, round(c.tax_total - e.vat - d.vat, $4) AS vat, d.n, l.n + d.n AS lines INTO r
		FROM mailroom.carrier_invoice c
			CROSS JOIN LATERAL (SELECT count(*) AS n, max(x.vat_rate) AS rate FROM mailroom.carrier_invoice_line x WHERE x.issuer_id = $1 AND x.carrier_invoice_id = $2) l
			CROSS JOIN LATERAL (SELECT coalesce(sum(v.net), 0) AS net, coalesce(sum(round(v.net * v.rate / 100, $4)), 0) AS vat
				FROM (SELECT round(sum(k.net), $4) AS net, coalesce(k.vat_rate, l.rate, 0) AS rate FROM unnest($3) AS k GROUP BY k.vat_rate, 2) v) e
			CROSS JOIN LATERAL (SELECT count(*) AS n, coalesce(sum(x.amount), 0) AS net, coalesce(sum(x.vat_amount), 0) AS vat
				FROM mailroom.carrier_invoice_difference x WHERE x.issuer_id = $1 AND x.carrier_invoice_id = $2) d
		WHERE c.issuer_id = $1 AND c.carrier_invoice_id = $2;
	IF r.net = 0 AND r.vat = 0 THEN
		RETURN;
	END IF;
	is_small := greatest(abs(r.net), abs(r.vat)) <= r.lines / 10::numeric ^ $4;
	INSERT INTO mailroom.carrier_invoice_difference (issuer_id, carrier_invoice_id, difference_no, code, exact_amount, amount, vat_amount, in_right, message, state, decided_at, decided_by, reason)
		VALUES ($1, $2, r.n + 1, CASE WHEN is_small THEN 'ROUNDING' ELSE 'SUM' END, r.net, r.net, r.vat, 'open',
			CASE WHEN is_small THEN 'what rounding leaves over all lines' ELSE 'totals differ from their lines by more than rounding' END,
			CASE WHEN is_small THEN 'accepted' ELSE 'open' END, CASE WHEN is_small THEN mailroom.now() END, CASE WHEN is_small THEN mailroom.outer_role() END, CASE WHEN is_small THEN 'rounding' END);
END;
$$;
COMMENT ON FUNCTION mailroom.write_audit_rest(bigint, bigint, mailroom.audit_key[], integer) IS 'last row of an audit: what its differences do not explain; within one minor unit a line it is ROUNDING and accepted, else SUM';
REVOKE EXECUTE ON FUNCTION mailroom.write_audit_rest(bigint, bigint, mailroom.audit_key[], integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.settle_carrier_invoice(issuer_id bigint, carrier_invoice_id bigint)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	UPDATE mailroom.carrier_invoice c
		SET state = CASE WHEN EXISTS (SELECT FROM mailroom.carrier_invoice_difference d
			WHERE d.issuer_id = $1 AND d.carrier_invoice_id = $2 AND d.state IN ('open', 'claimed')) THEN 'audited' ELSE 'settled' END
		WHERE c.issuer_id = $1 AND c.carrier_invoice_id = $2;
END;
COMMENT ON FUNCTION mailroom.settle_carrier_invoice(bigint, bigint) IS 'an audited invoice is settled when no difference is open or claimed';
REVOKE EXECUTE ON FUNCTION mailroom.settle_carrier_invoice(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.write_audit(inv mailroom.carrier_invoice, lines mailroom.audit_line[], keys mailroom.audit_key[])
	RETURNS integer
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	decimals CONSTANT integer := mailroom.currency_decimals(inv.currency);
	-- of what is not billed, where the tariff does not state the tax
	usual_rate CONSTANT numeric := (SELECT max(l.vat_rate) FROM unnest(lines) AS l);
	found_rows integer;
BEGIN
	DELETE FROM mailroom.carrier_invoice_difference d WHERE d.issuer_id = inv.issuer_id AND d.carrier_invoice_id = inv.carrier_invoice_id;
	DELETE FROM mailroom.carrier_line_match d WHERE d.issuer_id = inv.issuer_id AND d.carrier_invoice_id = inv.carrier_invoice_id;
	INSERT INTO mailroom.carrier_line_match (issuer_id, carrier_invoice_id, line_no, mailing_id, kind, offer, area, format, up_to_grams, item, quantity, net_amount)
		SELECT inv.issuer_id, inv.carrier_invoice_id, l.line_no, l.mailing_id, l.kind, l.offer, l.area, l.format, l.up_to_grams, l.item, CASE WHEN l.is_duplicate THEN 0 ELSE l.quantity END, l.net
			FROM unnest(lines) AS l;
	INSERT INTO mailroom.carrier_invoice_difference (issuer_id, carrier_invoice_id, difference_no, line_no, mailing_id, code, offer, area, format, up_to_grams, item, quantity, billed, expected,
			exact_amount, amount, vat_amount, in_right, message, state, decided_at, decided_by, reason)
		SELECT inv.issuer_id, inv.carrier_invoice_id, (row_number() OVER (ORDER BY f.line_no, f.mailing_id, f.code, f.offer, f.area, f.format, f.up_to_grams, f.item, f.message))::integer,
				f.line_no, f.mailing_id, f.code, f.offer, f.area, f.format, f.up_to_grams, f.item, f.quantity, trim_scale(f.billed), trim_scale(f.expected),
				trim_scale(f.exact_amount), a.amount, a.vat_amount,
				CASE WHEN f.code IN ('ROUNDING', 'COUNT-MORE', 'COUNT-FEWER', 'FEE-COUNT', 'MAILING-UNKNOWN', 'FEE-UNKNOWN') THEN 'open' WHEN f.code = 'LINE-DUPLICATE' THEN 'issuer' WHEN f.code IN ('FEE-UNPLANNED', 'LINE-MISSING') THEN 'carrier'
					WHEN a.amount > 0 OR a.amount = 0 AND a.vat_amount > 0 THEN 'issuer' ELSE 'carrier' END, f.message, s.state, s.decided_at, s.decided_by, s.reason
			FROM mailroom.audit_findings(inv.issuer_id, inv.carrier_invoice_id, lines, keys, 1 / 10::numeric ^ decimals) f
				LEFT JOIN (VALUES ('ROUNDING', 'accepted', mailroom.now(), mailroom.outer_role(), 'rounding')) AS r (code, state, decided_at, decided_by, reason) ON r.code = f.code
				CROSS JOIN LATERAL (SELECT coalesce(r.state, 'open') AS state, r.decided_at, r.decided_by, r.reason) s
				CROSS JOIN LATERAL (SELECT round(f.exact_amount, decimals) AS amount,
					round(coalesce(f.vat_amount, round(f.exact_amount, decimals) * coalesce(f.vat_rate, CASE WHEN f.line_no IS NULL THEN usual_rate END) / 100, 0), decimals) AS vat_amount) a
			WHERE a.amount <> 0 OR a.vat_amount <> 0;
	PERFORM mailroom.write_audit_rest(inv.issuer_id, inv.carrier_invoice_id, keys, decimals);
	SELECT count(*) INTO found_rows FROM mailroom.carrier_invoice_difference d WHERE d.issuer_id = inv.issuer_id AND d.carrier_invoice_id = inv.carrier_invoice_id;
	RETURN found_rows;
END;
$$;
COMMENT ON FUNCTION mailroom.write_audit(mailroom.carrier_invoice, mailroom.audit_line[], mailroom.audit_key[]) IS 'writes what the lines of an invoice were taken for and its differences; returns how many';
REVOKE EXECUTE ON FUNCTION mailroom.write_audit(mailroom.carrier_invoice, mailroom.audit_line[], mailroom.audit_key[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.audit_carrier_invoice(issuer_id bigint, carrier_invoice_id bigint)
	RETURNS integer
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	inv mailroom.carrier_invoice;
	keys mailroom.audit_key[];
	lines mailroom.audit_line[];
	mailings bigint[];
	differences integer;
BEGIN
	PERFORM mailroom.require_issuer($1, 'clerk');
	SELECT * INTO inv FROM mailroom.carrier_invoice c WHERE c.issuer_id = $1 AND c.carrier_invoice_id = $2 FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'carrier invoice % of issuer % does not exist', $2, $1 USING ERRCODE = 'undefined_object', HINT = 'List them with "SELECT carrier_invoice_id, carrier, invoice_number, state FROM mailroom.carrier_invoice".';
	ELSIF inv.is_credit_note AND (inv.state = 'settled' OR mailroom.match_credit_note($1, $2)) THEN
		RETURN 0;
	ELSIF inv.is_credit_note AND (SELECT bool_or(coalesce(l.kind, '') NOT IN ('retroactive', 'penalty')) IS NOT FALSE FROM mailroom.read_carrier_lines($1, $2) l) THEN
		RAISE EXCEPTION 'cannot audit "%" because it is a credit note', inv.invoice_number
			USING ERRCODE = 'MR004', DETAIL = (SELECT format('It %s.', n.finding) FROM mailroom.carrier_credit_note n WHERE n.issuer_id = $1 AND n.credit_note_id = $2),
				HINT = 'Say which claim it answers with mailroom.settle_by_credit_note().';
	ELSIF EXISTS (SELECT FROM mailroom.carrier_invoice_difference d WHERE d.issuer_id = $1 AND d.carrier_invoice_id = $2 AND d.state <> 'open' AND d.code <> 'ROUNDING') THEN
		RAISE EXCEPTION 'cannot audit invoice "%" again because differences are decided', inv.invoice_number
			USING ERRCODE = 'MR004', HINT = 'mailroom.audit_difference shows who decided which; what the carrier bills anew comes as another invoice.';
	END IF;
	mailings := ARRAY(SELECT DISTINCT l.mailing_id FROM mailroom.read_carrier_lines($1, $2) l WHERE l.mailing_id IS NOT NULL ORDER BY 1);
	keys := ARRAY(SELECT k FROM mailroom.audit_keys($1, $2, mailings) AS k);
	keys := keys || ARRAY(SELECT k FROM mailroom.year_keys($1, $2, ARRAY(SELECT l FROM mailroom.read_carrier_lines($1, $2) AS l)) AS k);
	lines := mailroom.read_net_weights(ARRAY(SELECT l FROM mailroom.understand_carrier_lines($1, $2, keys) AS l), keys);
	differences := mailroom.write_audit(inv, lines, keys);
	-- what an earlier invoice lacked and this one bills is no longer missing
	UPDATE mailroom.carrier_invoice_difference d
		SET state = 'settled', decided_at = mailroom.now(), decided_by = mailroom.outer_role(), reason = format('billed on invoice "%s"', inv.invoice_number)
		FROM mailroom.carrier_line_match b, mailroom.carrier_invoice c
		WHERE d.issuer_id = $1 AND d.code = 'LINE-MISSING' AND d.state = 'open' AND d.carrier_invoice_id <> $2
			AND c.issuer_id = $1 AND c.carrier_invoice_id = d.carrier_invoice_id AND c.carrier = inv.carrier
			AND b.issuer_id = $1 AND b.carrier_invoice_id = $2 AND b.mailing_id = d.mailing_id AND b.offer IS NOT DISTINCT FROM d.offer AND b.area IS NOT DISTINCT FROM d.area
			AND b.format IS NOT DISTINCT FROM d.format AND b.up_to_grams IS NOT DISTINCT FROM d.up_to_grams AND b.item IS NOT DISTINCT FROM d.item AND b.quantity > 0;
	-- and what was missing of a year's settlement is there when this one balances it
	UPDATE mailroom.carrier_invoice_difference d
		SET state = 'settled', decided_at = mailroom.now(), decided_by = mailroom.outer_role(), reason = format('settled by invoice "%s"', inv.invoice_number)
		FROM unnest(keys) AS k, mailroom.carrier_invoice c
		WHERE d.issuer_id = $1 AND d.code IN ('YEAR-REBATE', 'YEAR-PENALTY') AND d.state IN ('open', 'claimed') AND d.carrier_invoice_id <> $2 AND k.kind IN ('retroactive', 'penalty') AND k.item = d.item
			AND c.issuer_id = $1 AND c.carrier_invoice_id = d.carrier_invoice_id AND c.carrier = inv.carrier AND d.amount = - k.net
			AND NOT EXISTS (SELECT FROM mailroom.carrier_invoice_difference x WHERE x.issuer_id = $1 AND x.carrier_invoice_id = $2 AND x.code = d.code AND x.item = d.item);
	UPDATE mailroom.carrier_invoice c SET audited_at = mailroom.now(), audited_by = mailroom.outer_role() WHERE c.issuer_id = $1 AND c.carrier_invoice_id = $2;
	PERFORM mailroom.settle_carrier_invoice($1, $2);
	PERFORM mailroom.spread_postage($1, m) FROM unnest(mailings) AS m;
	PERFORM mailroom.log_event($1, 'carrier invoice', $2, 'audited', jsonb_build_object('differences', differences));
	RETURN differences;
END;
$$;
COMMENT ON FUNCTION mailroom.audit_carrier_invoice(bigint, bigint) IS 'compares a carrier''s invoice with the plans of the mailings it bills and writes mailroom.carrier_invoice_difference, one row a reason (mailroom.audit_code); the amounts sum to billed total less expected total. Returns how many rows. What earlier audited invoices of the carrier billed is no longer expected. May be repeated until a difference is decided. Needs clerk; 42704 no such invoice, MR004 a credit note, or decided';
REVOKE EXECUTE ON FUNCTION mailroom.audit_carrier_invoice(bigint, bigint) FROM PUBLIC;
