-- fees besides postage: once for all of a set of offers, for every letter, for batches that are too small
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
SELECT mailroom.load_tariff($pack$
tariff plan-fees version=1 valid-from=2026-01-01
source "made for this test"
currency EUR
carrier mt-a "Old" country=MT national
carrier mt-b "New" country=MT
coverage mt-all MT * land
offer MT-A carrier=mt-a product="Letter" class=A days=2 formats=C5 coverage=mt-all vat=exempt
price MT-A land C5 20:2.00 50:2.60
offer MT-B1 carrier=mt-b product="Letter" class=B days=2 formats=C5 coverage=mt-all vat=18%
price MT-B1 land C5 20:1.20 50:1.80
offer MT-B2 carrier=mt-b product="Bulk" class=B days=3 formats=C5 coverage=mt-all vat=18%
price MT-B2 land C5 20:1.00 50:1.70
fee MT-ORDER order carrier=mt-b amount=1.50 per=order
fee MT-PIECE order carrier=mt-b offers=MT-B1 amount=0.03 per=piece
fee MT-SMALL small-batch carrier=mt-b offers=MT-B2 amount=0.25 per=piece below=5
fee MT-FEW small-batch carrier=mt-b amount=0.80 per=order below=3
fee MT-SERVICE service carrier=mt-b amount=5.00 per=piece
$pack$) LIKE 'plan-fees version 1 %' AS loaded;
SELECT mailroom.create_issuer('Plan fees', 'MT', 'Europe/Malta', 'EUR') AS issuer \gset
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at)
	SELECT :issuer, n || ' letters', '2026-06-30', 'MT', '2026-06-29' FROM unnest(ARRAY[1, 2, 3, 4, 5, 6, 8]) AS n;
-- letters above five are heavy, each fourth is urgent
INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, country, due_days)
	SELECT :issuer, m.mailing_id, m.mailing_id * 1000 + n, 1, CASE WHEN n > 5 THEN 3 ELSE 1 END, 'Recipient', 'VLT 1010', 'MT', CASE WHEN n % 4 = 0 THEN 2 ELSE 4 END
	FROM mailroom.mailing m, generate_series(1, split_part(m.name, ' ', 1)::integer) AS n WHERE m.issuer_id = :issuer;

-- each way to send 8 letters at most, one by one: what they cost by hand
CREATE FUNCTION pg_temp.cheapest(letters integer, borne numeric) RETURNS numeric
BEGIN ATOMIC
	SELECT min(w.a + (w.b1 + w.b2 + CASE WHEN n1 + n2 > 0 THEN 1.50 ELSE 0 END + 0.03 * n1 + CASE WHEN n2 < 5 THEN 0.25 * n2 ELSE 0 END
				+ CASE WHEN n1 + n2 BETWEEN 1 AND 2 THEN 0.80 ELSE 0 END) * (1 + 0.18 * borne))
		FROM generate_series(0, (3 ^ $1)::integer - 1) AS way,
			LATERAL (SELECT sum(CASE WHEN k = 0 THEN CASE WHEN n > 5 THEN 2.60 ELSE 2.00 END ELSE 0 END) AS a,
					sum(CASE WHEN k = 1 THEN CASE WHEN n > 5 THEN 1.80 ELSE 1.20 END ELSE 0 END) AS b1, sum(CASE WHEN k = 2 THEN CASE WHEN n > 5 THEN 1.70 ELSE 1.00 END ELSE 0 END) AS b2,
					count(*) FILTER (WHERE k = 1) AS n1, count(*) FILTER (WHERE k = 2) AS n2, count(*) FILTER (WHERE k = 2 AND n % 4 = 0) AS late
				FROM (SELECT n, way / (3 ^ (n - 1))::integer % 3 AS k FROM generate_series(1, $1) AS n) s) w
		WHERE late = 0;
END;
CREATE FUNCTION pg_temp.try_it(issuer bigint, points integer) RETURNS TABLE (letters bigint, cost numeric, offers text, fees text, is_cheapest boolean, is_sum boolean, is_certified boolean)
	LANGUAGE plpgsql
AS $$
BEGIN
	INSERT INTO mailroom.issuer_postage (issuer_id, vat_deductible_points) VALUES (issuer, points)
		ON CONFLICT (issuer_id) DO UPDATE SET vat_deductible_points = excluded.vat_deductible_points;
	PERFORM mailroom.plan_mailing(m.issuer_id, m.mailing_id) FROM mailroom.mailing m WHERE m.issuer_id = issuer;
	RETURN QUERY
		SELECT m.letter_count, trim_scale(c.cost / 1000000),
				(SELECT string_agg(r.letters || ' ' || r.offer, ', ' ORDER BY r.offer) FROM mailroom.mailing_cost_report r WHERE r.issuer_id = issuer AND r.mailing_id = m.mailing_id),
				(SELECT string_agg((p ->> 'item') || ' ' || mailroom.price_text((p ->> 'amount_micro')::bigint), ', ' ORDER BY p ->> 'item') FROM jsonb_array_elements(m.plan -> 'parts') AS p WHERE p ->> 'part' = 'fee'),
				c.cost = 1000000 * pg_temp.cheapest(m.letter_count::integer, 1 - points / 10000.0),
				c.cost = (SELECT sum(l.cost_micro) FROM mailroom.letter_cost l WHERE l.issuer_id = issuer AND l.mailing_id = m.mailing_id)
					AND (m.plan ->> 'net_micro')::bigint = (SELECT sum(l.price_micro) FROM mailroom.letter_postage l WHERE l.issuer_id = issuer AND l.mailing_id = m.mailing_id),
				mailroom.check_postage_certificate(mailroom.postage_problem(issuer, m.mailing_id), m.plan)
			FROM mailroom.mailing m CROSS JOIN LATERAL (SELECT (m.plan ->> 'cost')::numeric / (m.plan ->> 'scale')::bigint AS cost) c
			WHERE m.issuer_id = issuer ORDER BY m.letter_count;
END;
$$;
SELECT * FROM pg_temp.try_it(:issuer, 10000);
SELECT * FROM pg_temp.try_it(:issuer, 0);
-- the carriers' expected invoices have the fees as lines of their own, and sum to the plan before tax
SELECT m.name, (SELECT sum(e.net_micro) FROM mailroom.expected_postage_invoice(m.issuer_id, m.mailing_id) e) = (m.plan ->> 'net_micro')::bigint AS sums,
		(SELECT string_agg(format('%s %s + %s', e.article, e.net, e.vat), ', ' ORDER BY e.line_no) FROM mailroom.expected_postage_invoice(m.issuer_id, m.mailing_id) e WHERE e.kind = 'fee') AS fees
	FROM mailroom.mailing m WHERE m.issuer_id = :issuer ORDER BY 1;
-- what an offer asks says which of it is planned
SELECT topic, in_plan FROM mailroom.offer_terms('MT-B2', '2026-06-30') WHERE topic LIKE '% fee %' ORDER BY 1;
-- a fee of two taxes is no one amount for who bears it
UPDATE mailroom.carrier_offer SET vat_points = 0, vat_treatment = 'exempt' WHERE offer = 'MT-B1';
SELECT mailroom.plan_mailing(issuer_id, mailing_id) FROM mailroom.mailing WHERE issuer_id = :issuer AND name = '1 letters';
SELECT finding, object, detail FROM mailroom.check_tariff(:issuer, 'mt-b', '2026-06-30') WHERE finding = 'not planned';
DELETE FROM mailroom.issuer_postage WHERE issuer_id = :issuer;
SELECT mailroom.plan_mailing(issuer_id, mailing_id) FROM mailroom.mailing WHERE issuer_id = :issuer AND name = '1 letters';
UPDATE mailroom.carrier_offer SET vat_points = 1800, vat_treatment = 'taxed' WHERE offer = 'MT-B1';

-- the audit: what carriers bill of fees against what was planned
SELECT mailroom.plan_mailing(issuer_id, mailing_id) FROM mailroom.mailing WHERE issuer_id = :issuer;
SELECT mailing_id AS three FROM mailroom.mailing WHERE issuer_id = :issuer AND name = '3 letters' \gset
SELECT mailing_id AS eight FROM mailroom.mailing WHERE issuer_id = :issuer AND name = '8 letters' \gset
CREATE TEMPORARY TABLE bill (line_no integer, article text, quantity numeric, unit_price numeric, net numeric, rate numeric);
CREATE FUNCTION pg_temp.audit(issuer bigint, mailing bigint, change text, keep boolean DEFAULT false) RETURNS TABLE (line integer, code text, item text, quantity numeric, billed numeric, expected numeric, amount numeric, vat numeric, in_right text, message text)
	LANGUAGE plpgsql AS $$
DECLARE
	id bigint;
	sums boolean;
	before numeric := (SELECT coalesce(sum(b.net_amount), 0) FROM mailroom.carrier_line_match b WHERE b.issuer_id = $1 AND b.mailing_id = $2 AND b.quantity <> 0);
BEGIN
	TRUNCATE bill;
	INSERT INTO bill SELECT e.line_no, e.article, CASE WHEN e.kind = 'fee' THEN e.net / f.amount_micro * 1000000 ELSE e.quantity END, CASE WHEN e.kind = 'fee' THEN f.amount_micro ELSE e.unit_micro END / 1000000.0, e.net, e.vat_points / 100.0
		FROM mailroom.expected_postage_invoice(issuer, mailing) e LEFT JOIN mailroom.carrier_fee f ON e.kind = 'fee' AND f.fee = e.item WHERE e.carrier = 'mt-b';
	EXECUTE change;
	INSERT INTO mailroom.carrier_invoice (issuer_id, carrier, invoice_number, issue_date, currency, mailing_id, net_total, tax_total)
		SELECT issuer, 'mt-b', change, '2026-07-01', 'EUR', mailing, sum(b.net), round(sum(b.net * b.rate) / 100, 2) FROM bill b RETURNING carrier_invoice_id INTO id;
	INSERT INTO mailroom.carrier_invoice_line (issuer_id, carrier_invoice_id, line_no, article, quantity, unit_price, net_amount, vat_rate)
		SELECT issuer, id, b.line_no, b.article, b.quantity, b.unit_price, b.net, b.rate FROM bill b;
	PERFORM mailroom.audit_carrier_invoice(issuer, id);
	RETURN QUERY SELECT d.line_no, d.code, d.item, trim_scale(d.quantity), trim_scale(d.billed), trim_scale(d.expected), d.amount, d.vat_amount, d.in_right, d.message FROM mailroom.carrier_invoice_difference d WHERE d.carrier_invoice_id = id AND d.issuer_id = $1 ORDER BY d.difference_no;
	SELECT coalesce(sum(d.amount), 0) = c.net_total - (SELECT sum(e.net) FROM mailroom.expected_postage_invoice($1, $2) e WHERE e.carrier = 'mt-b') + before INTO sums
		FROM mailroom.carrier_invoice c LEFT JOIN mailroom.carrier_invoice_difference d ON d.issuer_id = c.issuer_id AND d.carrier_invoice_id = c.carrier_invoice_id WHERE c.issuer_id = $1 AND c.carrier_invoice_id = id GROUP BY c.net_total;
	IF NOT sums THEN
		RAISE WARNING 'the differences do not sum to billed less expected: %', change;
	END IF;
	IF NOT keep THEN
		DELETE FROM mailroom.carrier_invoice c WHERE c.issuer_id = issuer AND c.carrier_invoice_id = id;
	END IF;
END $$;
SELECT line_no, article, kind, quantity, net FROM mailroom.expected_postage_invoice(:issuer, :three) WHERE carrier = 'mt-b' ORDER BY 1;
SELECT line_no, article, kind, quantity, net FROM mailroom.expected_postage_invoice(:issuer, :eight) WHERE carrier = 'mt-b' ORDER BY 1;
\pset format unaligned
\pset tuples_only on
-- as planned: no difference; in one sum; as the carrier bills
SELECT 'as planned', a.* FROM pg_temp.audit(:issuer, :three, 'SELECT 1') a;
SELECT 'in one sum', a.* FROM pg_temp.audit(:issuer, :three, 'UPDATE bill SET quantity = 1, unit_price = net WHERE article LIKE ''MT-PIECE''') a;
SELECT 'missing', a.* FROM pg_temp.audit(:issuer, :three, 'DELETE FROM bill WHERE article = ''MT-ORDER''') a;
SELECT 'twice', a.* FROM pg_temp.audit(:issuer, :three, 'INSERT INTO bill SELECT 90, article, quantity, unit_price, net, rate FROM bill WHERE article = ''MT-ORDER''') a;
SELECT 'two orders', a.* FROM pg_temp.audit(:issuer, :three, 'UPDATE bill SET quantity = 2, net = 3 WHERE article = ''MT-ORDER''') a;
SELECT 'more', a.* FROM pg_temp.audit(:issuer, :three, 'UPDATE bill SET quantity = quantity + 2, net = (quantity + 2) * unit_price WHERE article = ''MT-PIECE''') a;
SELECT 'dearer', a.* FROM pg_temp.audit(:issuer, :three, 'UPDATE bill SET unit_price = 1.75, net = 1.75 WHERE article = ''MT-ORDER''') a;
SELECT 'more and dearer', a.* FROM pg_temp.audit(:issuer, :three, 'UPDATE bill SET quantity = 4, unit_price = 0.05, net = 0.20 WHERE article = ''MT-PIECE''') a;
SELECT 'not due', a.* FROM pg_temp.audit(:issuer, :eight, 'INSERT INTO bill VALUES (90, ''MT-SMALL'', 6, 0.25, 1.50, 18)') a;
SELECT 'ordered', a.* FROM pg_temp.audit(:issuer, :eight, 'INSERT INTO bill VALUES (90, ''MT-SERVICE'', 1, 5, 5, 18)') a;
SELECT 'tax', a.* FROM pg_temp.audit(:issuer, :three, 'UPDATE bill SET rate = 5 WHERE article = ''MT-ORDER''') a;
-- the fee comes on a second invoice; a third bills it again
SELECT 'first', a.* FROM pg_temp.audit(:issuer, :three, 'DELETE FROM bill WHERE article LIKE ''MT-%'' AND article NOT LIKE ''%/%''', true) a;
SELECT 'second', a.* FROM pg_temp.audit(:issuer, :three, 'DELETE FROM bill WHERE article LIKE ''%/%''', true) a;
SELECT 'third', a.* FROM pg_temp.audit(:issuer, :three, 'DELETE FROM bill WHERE article <> ''MT-ORDER''', true) a;
SELECT c.invoice_number, d.code, d.item, d.state FROM mailroom.carrier_invoice_difference d JOIN mailroom.carrier_invoice c USING (issuer_id, carrier_invoice_id) WHERE d.issuer_id = :issuer ORDER BY c.carrier_invoice_id, d.difference_no;
