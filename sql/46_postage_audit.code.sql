-- 46_postage_audit: what a carrier should bill, what it billed, and why the two differ.
--
-- Amounts of the tariff are micro units; amounts of invoices are numeric units of the currency.  Nothing is rounded
-- but where a carrier's invoice must be whole minor units, and then by one rule: totals half up, parts by the largest
-- remainder, so that parts sum to their total.

-- What a carrier should bill -------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.currency_decimals(currency text)
	RETURNS integer
	IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN currency IN ('CLP', 'ISK', 'JPY', 'KRW', 'VND') THEN 0 WHEN currency IN ('BHD', 'JOD', 'KWD', 'OMR', 'TND') THEN 3 ELSE 2 END;
COMMENT ON FUNCTION mailroom.currency_decimals(text) IS 'decimals of the minor unit of a currency (ISO 4217)';

-- Round() of numeric is half away from zero: half up for the amounts of an invoice, and the same for a credit.
CREATE OR REPLACE FUNCTION mailroom.share_total(amounts numeric[], total numeric, decimals integer)
	RETURNS numeric[]
	IMMUTABLE STRICT PARALLEL SAFE
	RETURN (
		SELECT array_agg(round((r.whole + CASE WHEN r.place <= r.missing THEN 1 ELSE 0 END) / 10::numeric ^ decimals, decimals) ORDER BY r.n)
			FROM (SELECT f.n, f.whole, row_number() OVER (ORDER BY f.exact - f.whole DESC, f.n) AS place,
						total * 10::numeric ^ decimals - sum(f.whole) OVER () AS missing
					FROM (SELECT a.n, floor(a.exact) AS whole, a.exact
							FROM (SELECT u.n, CASE WHEN sum(u.amount) OVER () = 0 THEN total * 10::numeric ^ decimals / count(*) OVER ()
											ELSE u.amount * total * 10::numeric ^ decimals / sum(u.amount) OVER () END AS exact
									FROM unnest(amounts) WITH ORDINALITY AS u (amount, n)) a) f) r);
COMMENT ON FUNCTION mailroom.share_total(numeric[], numeric, integer) IS 'total, a multiple of the smallest unit of so many decimals, spread in proportion to amounts by the largest remainder (the first of equal ones): the shares sum to total; evenly when the amounts sum to zero';

-- Letters of one offer, area, format, weight step and list price are one line of the invoice.
CREATE OR REPLACE FUNCTION mailroom.expected_postage_lines(issuer_id bigint, mailing_id bigint)
	RETURNS TABLE (offer text, area text, format text, up_to_grams integer, unit_micro bigint, quantity bigint, milligrams numeric)
	STABLE PARALLEL SAFE
	ROWS 50
	SET enable_nestloop = off
	SET jit = off
BEGIN ATOMIC
	WITH m AS MATERIALIZED (
		SELECT g.hand_in_date FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2
	), kind AS MATERIALIZED (
		SELECT c.offer, c.country, c.postcode, c.format, c.milligrams, c.list_micro / c.letters AS unit_micro, c.letters
			FROM mailroom.mailing_cell c WHERE c.issuer_id = $1 AND c.mailing_id = $2
	), place AS MATERIALIZED (
		SELECT d.*, mailroom.coverage_area(o.coverage, d.country, d.postcode, m.hand_in_date) AS area
			FROM (SELECT DISTINCT k.offer, k.country, k.postcode FROM kind k) d
				CROSS JOIN m
				JOIN mailroom.carrier_offer o ON o.offer = d.offer AND o.valid_from <= m.hand_in_date AND (o.valid_to IS NULL OR o.valid_to > m.hand_in_date)
	), priced AS MATERIALIZED (
		SELECT k.offer, p.area, k.format, k.milligrams, k.unit_micro, sum(k.letters) AS letters
			FROM kind k JOIN place p ON p.offer = k.offer AND p.country = k.country AND p.postcode = k.postcode
			GROUP BY 1, 2, 3, 4, 5
	), step AS MATERIALIZED (
		SELECT r.offer, r.area, r.format, r.up_to_grams FROM m CROSS JOIN LATERAL mailroom.price_rows(m.hand_in_date) r
	)
	SELECT s.offer, s.area, s.format, s.up_to_grams, s.unit_micro, sum(s.letters)::bigint, sum(s.letters * s.milligrams)
		FROM (SELECT p.*, (SELECT min(t.up_to_grams) FROM step t
					WHERE t.offer = p.offer AND t.area = p.area AND t.format = p.format AND t.up_to_grams::bigint * 1000 >= p.milligrams) AS up_to_grams
				FROM priced p) s
		GROUP BY 1, 2, 3, 4, 5
		ORDER BY s.offer COLLATE "C", s.area COLLATE "C", s.format COLLATE "C", s.up_to_grams, s.unit_micro;
END;
COMMENT ON FUNCTION mailroom.expected_postage_lines(bigint, bigint) IS 'planned letters of a mailing by offer, price area, format, weight step and list price, and what they weigh together';

CREATE OR REPLACE FUNCTION mailroom.postage_article(kind text, offer text, area text, format text, up_to_grams integer, item text)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN kind = 'postage' THEN offer || '/' || area || '/' || format || '/' || CASE up_to_grams WHEN 1000000000 THEN '*' ELSE up_to_grams::text END
		WHEN kind IN ('fixed', 'topup') THEN offer || '/' || kind WHEN kind IN ('penalty', 'retroactive') THEN item || '/' || kind ELSE item END;
COMMENT ON FUNCTION mailroom.postage_article(text, text, text, text, integer, text) IS 'article under which a line of the expected invoice goes: OFFER/area/format/grams, OFFER/fixed, OFFER/topup, CARRIER/penalty, SCHEME/retroactive, or the code of the scheme or fee';

-- Lines before rounding.  Discounts in percent fall on the lines they are for; what is not a price of a letter is a
-- line of its own, split by carrier and tax treatment where its offers differ in them.
CREATE OR REPLACE FUNCTION mailroom.expected_invoice_parts(issuer_id bigint, mailing_id bigint)
	RETURNS TABLE (line_no integer, carrier text, kind text, offer text, product text, area text, format text, up_to_grams integer, item text,
		quantity bigint, unit_micro bigint, list_micro bigint, discounts jsonb, net_micro bigint, vat_treatment text, vat_points integer, milligrams numeric)
	STABLE PARALLEL SAFE
	ROWS 50
BEGIN ATOMIC
	WITH m AS MATERIALIZED (
		SELECT g.hand_in_date, g.plan FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2
	), offer AS MATERIALIZED (
		SELECT o.* FROM mailroom.carrier_offer o, m WHERE o.valid_from <= m.hand_in_date AND (o.valid_to IS NULL OR o.valid_to > m.hand_in_date)
	), line AS MATERIALIZED (
		SELECT row_number() OVER () AS n, l.*, l.quantity * l.unit_micro AS list_micro, o.carrier, o.product, o.vat_treatment, o.vat_points
			FROM mailroom.expected_postage_lines($1, $2) l JOIN offer o ON o.offer = l.offer
	), part AS MATERIALIZED (
		SELECT row_number() OVER (ORDER BY p.no) AS n, p.part, p.item, p.amount_micro, p.basis_points,
				coalesce(s.offers, f.offers, (SELECT array_agg(o.offer) FROM offer o WHERE o.carrier = f.carrier),
					CASE p.part WHEN 'penalty' THEN ARRAY(SELECT o.offer FROM offer o WHERE o.carrier = p.item) ELSE ARRAY[p.item] END) AS offers
			FROM (SELECT min(e.no) AS no, e.part ->> 'part' AS part, e.part ->> 'item' AS item, sum((e.part ->> 'amount_micro')::bigint)::bigint AS amount_micro,
						-- tiers that issuers of a hand-in reach alone have no one percentage: they are a line of the scheme
						CASE WHEN NOT e.part ? 'issuer_id' THEN (e.part ->> 'basis_points')::integer END AS basis_points
					FROM m CROSS JOIN jsonb_array_elements(m.plan -> 'parts') WITH ORDINALITY AS e (part, no)
					GROUP BY CASE WHEN NOT e.part ? 'issuer_id' THEN e.no END, 2, 3, 5) p
				CROSS JOIN m
				LEFT JOIN mailroom.discount_scheme s ON p.part IN ('discount', 'retroactive') AND s.scheme = p.item
					AND s.valid_from <= m.hand_in_date AND (s.valid_to IS NULL OR s.valid_to > m.hand_in_date)
				LEFT JOIN mailroom.carrier_fee f ON p.part = 'fee' AND f.fee = p.item
					AND f.valid_from <= m.hand_in_date AND (f.valid_to IS NULL OR f.valid_to > m.hand_in_date)
			WHERE p.part NOT IN ('list', 'broken') AND p.amount_micro <> 0
	), discount AS MATERIALIZED (
		SELECT t.part_no, t.item, u.n, (u.share * 1000000)::bigint AS amount_micro
			FROM (SELECT p.n AS part_no, p.item, array_agg(l.n ORDER BY l.n) AS lines,
						mailroom.share_total(array_agg(l.list_micro::numeric ORDER BY l.n), - p.amount_micro / 1000000.0, 6) AS shares
					FROM part p JOIN line l ON l.offer = ANY (p.offers)
					WHERE p.part = 'discount' AND p.basis_points IS NOT NULL
					GROUP BY p.n, p.item, p.amount_micro) t
				CROSS JOIN LATERAL unnest(t.lines, t.shares) AS u (n, share)
	), class AS MATERIALIZED (
		SELECT p.n AS part_no, l.carrier, l.vat_treatment, l.vat_points, sum(l.quantity) AS letters
			FROM part p JOIN line l ON l.offer = ANY (p.offers)
			GROUP BY 1, 2, 3, 4
		UNION ALL -- a contract with a carrier that gets no letter
		SELECT p.n, p.item, 'unstated', 0, 1
			FROM part p WHERE p.part = 'penalty' AND NOT EXISTS (SELECT FROM line l WHERE l.offer = ANY (p.offers))
	), fee AS MATERIALIZED (
		SELECT p.n AS part_no, p.part, p.item, u.carrier, u.vat_treatment, u.vat_points, (u.share * 1000000)::bigint AS amount_micro
			FROM (SELECT c.part_no, array_agg(c.carrier ORDER BY c.carrier, c.vat_points) AS carriers, array_agg(c.vat_treatment ORDER BY c.carrier, c.vat_points) AS treatments,
						array_agg(c.vat_points ORDER BY c.carrier, c.vat_points) AS points,
						mailroom.share_total(array_agg(c.letters ORDER BY c.carrier, c.vat_points), min(p.amount_micro) / 1000000.0, 6) AS shares
					FROM class c JOIN part p ON p.n = c.part_no
					GROUP BY c.part_no) t
				JOIN part p ON p.n = t.part_no AND NOT EXISTS (SELECT FROM discount d WHERE d.part_no = p.n)
				CROSS JOIN LATERAL unnest(t.carriers, t.treatments, t.points, t.shares) AS u (carrier, vat_treatment, vat_points, share)
	), all_lines AS (
		SELECT l.carrier, 'postage' AS kind, l.offer, l.product, l.area, l.format, l.up_to_grams, NULL::text AS item, l.quantity, l.unit_micro, l.list_micro,
				coalesce(d.discounts, '{}') AS discounts, l.list_micro - coalesce(d.amount_micro, 0) AS net_micro, l.vat_treatment, l.vat_points, l.n AS place, l.milligrams
			FROM line l
				LEFT JOIN (SELECT e.n, jsonb_object_agg(e.item, e.amount_micro) AS discounts, sum(e.amount_micro)::bigint AS amount_micro
					FROM discount e GROUP BY e.n) d ON d.n = l.n
		UNION ALL
		SELECT f.carrier, CASE WHEN f.part IN ('fixed', 'topup', 'discount', 'fee', 'penalty', 'retroactive') THEN f.part ELSE 'other' END, o.offer, o.product, NULL, NULL, NULL, f.item, 1,
				f.amount_micro, f.amount_micro, '{}', f.amount_micro, f.vat_treatment, f.vat_points, 1000000 + f.part_no, NULL
			FROM fee f LEFT JOIN offer o ON o.offer = f.item
	)
	SELECT (row_number() OVER (ORDER BY a.carrier COLLATE "C", a.place, a.vat_points))::integer, a.carrier, a.kind, a.offer, a.product, a.area, a.format, a.up_to_grams, a.item,
			a.quantity, a.unit_micro, a.list_micro, a.discounts, a.net_micro, a.vat_treatment, a.vat_points, a.milligrams
		FROM all_lines a
		ORDER BY 1;
END;
COMMENT ON FUNCTION mailroom.expected_invoice_parts(bigint, bigint) IS 'lines of mailroom.expected_postage_invoice in micro units, before rounding';

CREATE OR REPLACE FUNCTION mailroom.expected_postage_invoice(issuer_id bigint, mailing_id bigint)
	RETURNS TABLE (line_no integer, carrier text, article text, kind text, offer text, product text, area text, format text, up_to_grams integer, item text,
		quantity bigint, unit_micro bigint, list_micro bigint, discounts jsonb, discount_micro bigint, net_micro bigint,
		vat_treatment text, vat_points integer, currency text, net numeric, vat numeric, gross numeric, kilograms numeric)
	STABLE PARALLEL SAFE
	ROWS 50
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	m record;
BEGIN
	SELECT g.state, g.cost_micro, mailroom.currency_decimals(g.currency) AS decimals, g.currency, g.plan ? 'house_mailing_id' AS is_member INTO m
		FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'mailing % of issuer % does not exist', $2, $1 USING ERRCODE = 'undefined_object', HINT = 'List them with "SELECT mailing_id, name, state FROM mailroom.mailing".';
	ELSIF m.state = 'open' THEN
		RAISE EXCEPTION 'mailing % has no expected invoice because it is not planned', $2 USING ERRCODE = 'MR004', HINT = 'Plan it with mailroom.plan_mailing().';
	ELSIF m.is_member THEN
		RAISE EXCEPTION 'mailing % has no expected invoice of its own because it is handed in with others', $2
			USING ERRCODE = 'MR004', HINT = 'Carriers bill the house; mailroom.hand_in_bill has the part of this mailing.';
	END IF;
	RETURN QUERY
		WITH line AS MATERIALIZED (
			SELECT p.* FROM mailroom.expected_invoice_parts($1, $2) p
		), class AS MATERIALIZED (
			SELECT array_agg(l.line_no ORDER BY l.line_no) AS lines, array_agg(l.net_micro::numeric ORDER BY l.line_no) AS exact,
					round(sum(l.net_micro) / 1000000.0, m.decimals) AS net, l.vat_points
				FROM line l
				GROUP BY l.carrier, l.vat_treatment, l.vat_points
		), rounded AS (
			SELECT u.*
				FROM class c
					CROSS JOIN LATERAL unnest(c.lines, mailroom.share_total(c.exact, c.net, m.decimals),
						mailroom.share_total(c.exact, round(c.net * c.vat_points / 10000, m.decimals), m.decimals)) AS u (line_no, net, vat)
		)
		SELECT l.line_no, l.carrier, mailroom.postage_article(l.kind, l.offer, l.area, l.format, l.up_to_grams, l.item), l.kind, l.offer, l.product, l.area, l.format,
				l.up_to_grams, l.item, l.quantity, l.unit_micro, l.list_micro, l.discounts, l.list_micro - l.net_micro, l.net_micro, l.vat_treatment, l.vat_points,
				m.currency, round(r.net, m.decimals), round(r.vat, m.decimals), round(r.net + r.vat, m.decimals), trim_scale(l.milligrams / 1000000)
			FROM line l JOIN rounded r ON r.line_no = l.line_no
			ORDER BY l.line_no;
END;
$$;
COMMENT ON FUNCTION mailroom.expected_postage_invoice(bigint, bigint) IS 'what carriers should bill for a planned mailing, one row a line: kind postage (letters of one offer, area, format, weight step and list price), fixed, topup, discount (by amount), fee, or what is settled when the year ends and the audit of an invoice does not expect: penalty (take-or-pay) and retroactive (on money of before); discounts = {scheme: micro} on that line. net_micro sums to the plan''s net_micro, which is mailing.cost_micro where the issuer deducts all value added tax. net, vat and gross are units of the currency: for each carrier and tax rate the exact sum is rounded half up to the minor unit, tax is taken on that total and rounded likewise, and lines get their part by the largest remainder, so that lines sum to totals; kilograms is what the letters of a line weigh. 42704 no such mailing, MR004 not planned, or a member of a common hand-in';

-- Carriers' invoices come in ---------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.carrier_invoice_rows(invoice jsonb)
	RETURNS TABLE (order_reference text, article text, item_name text, area text, format text, grams integer, quantity numeric, unit_price numeric,
		discount_amount numeric, net_amount numeric, vat_rate numeric)
	STABLE PARALLEL SAFE
	ROWS 50
BEGIN ATOMIC
	WITH line AS (
		SELECT t.l, t.n, coalesce((SELECT jsonb_object_agg(lower(a ->> 'bt_160'), a ->> 'bt_161') FROM jsonb_array_elements(t.l -> 'bg_32') AS a WHERE a ? 'bt_160' AND a ? 'bt_161'), '{}') AS told
			FROM jsonb_array_elements($1 -> 'bg_25') WITH ORDINALITY AS t (l, n)
	), adjusted AS (
		SELECT l.*, coalesce((SELECT sum((a ->> 'bt_136')::numeric) FROM jsonb_array_elements(l.l -> 'bg_27') AS a), 0)
				- coalesce((SELECT sum((a ->> 'bt_141')::numeric) FROM jsonb_array_elements(l.l -> 'bg_28') AS a), 0) AS discount
			FROM line l
	)
	SELECT r.order_reference, r.article, r.item_name, r.area, r.format, r.grams, r.quantity, r.unit_price, r.discount, r.net, r.vat_rate
		FROM (SELECT 1 AS part, a.n, coalesce(a.told ->> 'order', a.l ->> 'bt_128') AS order_reference, coalesce(a.l ->> 'bt_155', a.l ->> 'bt_153') AS article, a.l ->> 'bt_153' AS item_name,
					a.told ->> 'area' AS area, a.told ->> 'format' AS format, substring(a.told ->> 'grams' FROM '^[0-9]{1,6}')::integer AS grams,
					coalesce((a.l ->> 'bt_129')::numeric, 1) AS quantity, (a.l ->> 'bt_146')::numeric / coalesce(nullif((a.l ->> 'bt_149')::numeric, 0), 1) AS unit_price, a.discount,
					(a.l ->> 'bt_131')::numeric AS net, (a.l ->> 'bt_152')::numeric AS vat_rate
				FROM adjusted a
			UNION ALL
			SELECT 2, t.n, NULL, coalesce(t.a ->> 'bt_97', t.a ->> 'bt_98'), t.a ->> 'bt_97', NULL, NULL, NULL, 1, - (t.a ->> 'bt_92')::numeric, 0, - (t.a ->> 'bt_92')::numeric, (t.a ->> 'bt_96')::numeric
				FROM jsonb_array_elements($1 -> 'bg_20') WITH ORDINALITY AS t (a, n)
			UNION ALL
			SELECT 3, t.n, NULL, coalesce(t.a ->> 'bt_104', t.a ->> 'bt_105'), t.a ->> 'bt_104', NULL, NULL, NULL, 1, (t.a ->> 'bt_99')::numeric, 0, (t.a ->> 'bt_99')::numeric, (t.a ->> 'bt_103')::numeric
				FROM jsonb_array_elements($1 -> 'bg_21') WITH ORDINALITY AS t (a, n)) r
		WHERE r.net IS NOT NULL
		ORDER BY r.part, r.n;
END;
COMMENT ON FUNCTION mailroom.carrier_invoice_rows(jsonb) IS 'lines of an invoice as mailroom.parse_invoices gives it, as rows of mailroom.carrier_invoice_line: article = BT-155 or BT-153, order = attribute (BG-32) "order" or BT-128, area, format and grams = attributes of these names; allowances and charges of the document become lines whose article is their reason';

CREATE OR REPLACE FUNCTION mailroom.require_carrier(carrier text)
	RETURNS void
	STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM mailroom.carrier c WHERE c.carrier = $1) THEN
		RAISE EXCEPTION 'carrier "%" does not exist', $1 USING ERRCODE = 'undefined_object', HINT = 'List them with "SELECT DISTINCT carrier, name FROM mailroom.carrier".';
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.require_carrier(text) IS 'raises 42704 unless some tariff, of whatever day, knows the carrier';

CREATE OR REPLACE FUNCTION mailroom.check_carrier_row()
	RETURNS trigger
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_carrier(NEW.carrier);
	IF TG_TABLE_NAME = 'carrier_invoice' AND NOT mailroom.currency_known(to_jsonb(NEW) ->> 'currency') THEN
		RAISE EXCEPTION 'currency "%" of invoice "%" is not a code of ISO 4217', to_jsonb(NEW) ->> 'currency', to_jsonb(NEW) ->> 'invoice_number'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Currencies are three capital letters, such as NOK, SEK or EUR.';
	END IF;
	RETURN NEW;
END;
$$;
COMMENT ON FUNCTION mailroom.check_carrier_row() IS 'trigger: carriers'' invoices, articles and order numbers are of a carrier that a tariff knows (42704), in a currency of ISO 4217 (22023)';
REVOKE EXECUTE ON FUNCTION mailroom.check_carrier_row() FROM PUBLIC;

CREATE OR REPLACE TRIGGER check_carrier_row BEFORE INSERT OR UPDATE OF carrier, currency ON mailroom.carrier_invoice
	FOR EACH ROW EXECUTE FUNCTION mailroom.check_carrier_row();
CREATE OR REPLACE TRIGGER check_carrier_row BEFORE INSERT OR UPDATE OF carrier ON mailroom.carrier_article
	FOR EACH ROW EXECUTE FUNCTION mailroom.check_carrier_row();
CREATE OR REPLACE TRIGGER check_carrier_row BEFORE INSERT OR UPDATE OF carrier ON mailroom.carrier_order
	FOR EACH ROW EXECUTE FUNCTION mailroom.check_carrier_row();

CREATE OR REPLACE FUNCTION mailroom.store_carrier_invoice(issuer_id bigint, carrier text, invoice jsonb, invoice_id bigint)
	RETURNS bigint
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	known record;
	is_credit CONSTANT boolean := coalesce(invoice ->> 'bt_3' IN ('81', '83', '381', '396', '532'), false);
	direction CONSTANT integer := CASE WHEN is_credit THEN -1 ELSE 1 END;
	hash CONSTANT bytea := sha256(convert_to(invoice::text, 'UTF8'));
	new_id bigint;
BEGIN
	PERFORM mailroom.require_carrier($2);
	SELECT c.carrier_invoice_id, c.content_sha256 INTO known
		FROM mailroom.carrier_invoice c WHERE c.issuer_id = $1 AND c.carrier = $2 AND c.invoice_number = $3 ->> 'bt_1';
	IF FOUND AND known.content_sha256 = hash THEN
		RETURN known.carrier_invoice_id;
	ELSIF FOUND THEN
		RAISE EXCEPTION 'invoice "%" of carrier "%" is there with other content', invoice ->> 'bt_1', carrier USING ERRCODE = 'MR012', HINT = 'Delete the first one if it was wrong, or load this one under the number that the carrier gave it.';
	END IF;
	INSERT INTO mailroom.carrier_invoice (issuer_id, carrier, invoice_number, is_credit_note, issue_date, currency, preceding_invoice, order_reference, invoice_id, net_total, tax_total, content_sha256)
		VALUES ($1, $2, $3 ->> 'bt_1', is_credit, ($3 ->> 'bt_2')::date, $3 ->> 'bt_5', coalesce($3 ->> 'bt_25', $3 #>> '{bg_3,0,bt_25}'), coalesce($3 ->> 'bt_13', $3 ->> 'bt_14', $3 ->> 'bt_16', $3 ->> 'bt_10'), $4,
			direction * ($3 ->> 'bt_109')::numeric, direction * coalesce(($3 ->> 'bt_110')::numeric, 0), hash)
		RETURNING carrier_invoice_id INTO new_id;
	INSERT INTO mailroom.carrier_invoice_line (issuer_id, carrier_invoice_id, line_no, order_reference, article, item_name, area, format, grams, quantity, unit_price, discount_amount, net_amount, vat_rate)
		SELECT $1, new_id, (row_number() OVER ())::integer, r.order_reference, r.article, r.item_name, r.area, r.format, r.grams, direction * r.quantity, coalesce(r.unit_price, r.net_amount),
				direction * r.discount_amount, direction * r.net_amount, r.vat_rate
			FROM mailroom.carrier_invoice_rows($3) r;
	PERFORM mailroom.log_event($1, 'carrier invoice', new_id, 'loaded', jsonb_build_object('carrier', carrier, 'invoice_number', invoice ->> 'bt_1'));
	IF is_credit THEN
		PERFORM mailroom.match_credit_note($1, new_id);
	END IF;
	RETURN new_id;
END;
$$;
COMMENT ON FUNCTION mailroom.store_carrier_invoice(bigint, text, jsonb, bigint) IS 'stores an invoice as mailroom.parse_invoices gives it; a credit note with negative amounts, matched to the claim it answers; again with equal content returns the same id; MR012 with other content, 42704 no such carrier, 22023 no such currency';
REVOKE EXECUTE ON FUNCTION mailroom.store_carrier_invoice(bigint, text, jsonb, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.load_carrier_invoice(issuer_id bigint, carrier text, content bytea, layout text DEFAULT NULL)
	RETURNS SETOF bigint
	ROWS 1
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	narrowed CONSTANT text := coalesce(current_setting('mailroom.issuer_id', true), '');
BEGIN
	PERFORM mailroom.require_issuer($1, 'importer');
	-- layouts are looked up among those of the caller's issuers: of this one only
	PERFORM set_config('mailroom.issuer_id', $1::text, true);
	RETURN QUERY SELECT mailroom.store_carrier_invoice($1, $2, p, NULL) FROM mailroom.parse_invoices($3, $4) AS p;
	PERFORM set_config('mailroom.issuer_id', narrowed, true);
END;
$$;
COMMENT ON FUNCTION mailroom.load_carrier_invoice(bigint, text, bytea, text) IS 'loads the invoices of a carrier from a content in any format of docs/invoice.md, or, with a layout, from a flat file of that layout; returns carrier_invoice_id of each; loading the same again is harmless. Needs importer; MR001, MR003 as mailroom.parse_invoices, MR012 same number with other content, 42704 no such carrier';
REVOKE EXECUTE ON FUNCTION mailroom.load_carrier_invoice(bigint, text, bytea, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.carrier_of_name(name text)
	RETURNS text
	STABLE PARALLEL SAFE
	RETURN coalesce((SELECT c.carrier FROM mailroom.carrier c WHERE lower(c.name) = lower($1) ORDER BY c.valid_from DESC, c.carrier LIMIT 1),
		(SELECT c.carrier FROM mailroom.carrier c WHERE c.carrier = $1 LIMIT 1));
COMMENT ON FUNCTION mailroom.carrier_of_name(text) IS 'carrier whose name, in any case, or code this is; NULL = none';

CREATE OR REPLACE VIEW mailroom.carrier_name
	WITH (security_invoker = true) AS
	SELECT lower(c.name) AS name FROM mailroom.carrier c
	UNION
	SELECT lower(c.carrier) FROM mailroom.carrier c;
COMMENT ON VIEW mailroom.carrier_name IS 'names and codes of carriers, of whatever day, in small letters: an imported invoice whose seller (BT-27) is among them was sent by a carrier';

CREATE OR REPLACE FUNCTION mailroom.pass_on_carrier_invoices(issuer_id bigint, invoice_ids bigint[])
	RETURNS bigint
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	id bigint;
	new_id bigint;
	passed bigint := 0;
BEGIN
	FOREACH id IN ARRAY invoice_ids LOOP
		BEGIN
			new_id := mailroom.take_carrier_invoice($1, id);
			UPDATE mailroom.invoice i SET state = 'passed_on' WHERE i.issuer_id = $1 AND i.invoice_id = id;
			PERFORM mailroom.log_event($1, 'invoice', id, 'passed on', jsonb_build_object('carrier_invoice_id', new_id));
			passed := passed + 1;
		EXCEPTION
			WHEN SQLSTATE 'MR012' OR undefined_object OR invalid_parameter_value OR not_null_violation THEN
				PERFORM mailroom.set_aside_invoice($1, id, 'CARRIER-INVOICE', NULL, SQLERRM);
		END;
	END LOOP;
	RETURN passed;
END;
$$;
COMMENT ON FUNCTION mailroom.pass_on_carrier_invoices(bigint, bigint[]) IS 'takes imported invoices that carriers sent to the audit (mailroom.carrier_invoice) and out of work, so that they are not rendered; one that cannot be taken is set aside with finding CARRIER-INVOICE; returns how many were taken';
REVOKE EXECUTE ON FUNCTION mailroom.pass_on_carrier_invoices(bigint, bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.load_carrier_invoice(issuer_id bigint, invoice_id bigint)
	RETURNS bigint
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'importer');
	RETURN mailroom.take_carrier_invoice($1, $2);
END;
$$;
COMMENT ON FUNCTION mailroom.load_carrier_invoice(bigint, bigint) IS 'takes an imported invoice of the issuer as the invoice of the carrier whose name, or code, is the seller''s name (BT-27); the imported one stays as it is; returns carrier_invoice_id, the same when it is there already. Needs importer; 42704 no such invoice or carrier, MR012 same number with other content';
REVOKE EXECUTE ON FUNCTION mailroom.load_carrier_invoice(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.take_carrier_invoice(issuer_id bigint, invoice_id bigint)
	RETURNS bigint
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	i mailroom.invoice;
	content jsonb;
BEGIN
	SELECT * INTO i FROM mailroom.invoice v WHERE v.issuer_id = $1 AND v.invoice_id = $2;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'invoice % of issuer % does not exist', $2, $1 USING ERRCODE = 'undefined_object', HINT = 'List them with "SELECT invoice_id, invoice_number, seller_name FROM mailroom.invoice".';
	END IF;
	content := jsonb_strip_nulls(jsonb_build_object('bt_1', i.invoice_number, 'bt_2', i.issue_date, 'bt_3', i.type_code, 'bt_5', i.currency, 'bt_25', i.preceding_invoice,
		'bt_13', i.order_reference, 'bt_10', i.buyer_reference, 'bt_109', i.net_total, 'bt_110', i.tax_total,
		'bg_25', (SELECT jsonb_agg(coalesce(l.other_terms, '{}') || jsonb_build_object('bt_129', l.quantity, 'bt_131', l.net_amount, 'bt_146', l.price, 'bt_149', l.base_quantity,
					'bt_152', l.tax_rate, 'bt_153', l.item_name, 'bt_155', l.item_id,
					'bg_27', (SELECT jsonb_agg(jsonb_build_object('bt_136', a.amount)) FROM mailroom.invoice_adjustment a
						WHERE a.issuer_id = $1 AND a.invoice_id = $2 AND a.line_no = l.line_no AND NOT a.is_charge),
					'bg_28', (SELECT jsonb_agg(jsonb_build_object('bt_141', a.amount)) FROM mailroom.invoice_adjustment a
						WHERE a.issuer_id = $1 AND a.invoice_id = $2 AND a.line_no = l.line_no AND a.is_charge)) ORDER BY l.line_no)
				FROM mailroom.invoice_line l WHERE l.issuer_id = $1 AND l.invoice_id = $2),
		'bg_20', (SELECT jsonb_agg(jsonb_build_object('bt_92', a.amount, 'bt_96', a.tax_rate, 'bt_97', a.reason, 'bt_98', a.reason_code) ORDER BY a.adjustment_no)
				FROM mailroom.invoice_adjustment a WHERE a.issuer_id = $1 AND a.invoice_id = $2 AND a.line_no IS NULL AND NOT a.is_charge),
		'bg_21', (SELECT jsonb_agg(jsonb_build_object('bt_99', a.amount, 'bt_103', a.tax_rate, 'bt_104', a.reason, 'bt_105', a.reason_code) ORDER BY a.adjustment_no)
				FROM mailroom.invoice_adjustment a WHERE a.issuer_id = $1 AND a.invoice_id = $2 AND a.line_no IS NULL AND a.is_charge)));
	RETURN mailroom.store_carrier_invoice($1, coalesce(mailroom.carrier_of_name(i.seller_name), i.seller_name, ''), content, $2);
END;
$$;
COMMENT ON FUNCTION mailroom.take_carrier_invoice(bigint, bigint) IS 'what mailroom.load_carrier_invoice(issuer_id, invoice_id) does, for the flow too, which asks for no right';
REVOKE EXECUTE ON FUNCTION mailroom.take_carrier_invoice(bigint, bigint) FROM PUBLIC;
