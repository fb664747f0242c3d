-- carriers' invoices: what is expected, loading, audit with reason codes, what clerks decide
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
\set pack 'tariff audit-dk version=1 valid-from=2026-01-01\nsource "made for this test"\ncurrency DKK\ncarrier audit-post "Audit Post" country=DK national\ncarrier audit-city "Audit City" country=DK\ncoverage audit-all DK 0000-4999 east\ncoverage audit-all DK 5000-9999 west\ncoverage audit-town DK 1000-1999 town\noffer AU-A carrier=audit-post product="Letter A" class=A days=1 formats=C5,C4 coverage=audit-all vat=exempt\nprice AU-A east,west C5,C4 20:12.00 50:16.00 100:20.00 250:30.00\noffer AU-B carrier=audit-post product="Bulk B" class=B days=4 formats=C5,C4 coverage=audit-all min-mailing=100 topup=2.00 fixed=50.00 vat=25%\nprice AU-B east C5,C4 20:6.00 50:7.50 100:9.25 250:14.00\nprice AU-B west C5,C4 20:6.40 50:8.00 100:9.75 250:15.00\nscheme AU-B-VOLUME mode=all offers=AU-B 0:0% 200:1.5% 500:3% 5000:5%\nfee AU-PICKUP pickup carrier=audit-post amount=75.00 per=pickup\noffer AU-T carrier=audit-city product="Town letter" class=B days=4 formats=C5,C4 coverage=audit-town min-mailing=300 topup=1.00 vat=25%\nprice AU-T town C5,C4 20:3.00 50:3.50 100:4.00 250:5.00\nscheme AU-T-VOLUME mode=incr offers=AU-T 0:0 100:0.10 250:0.30\n'
SELECT replace(:'pack', '\n', E'\n') AS pack \gset
SELECT mailroom.load_tariff(:'pack');
SELECT mailroom.load_tariff(replace(replace(:'pack', 'version=1 valid-from=2026-01-01', 'version=2 valid-from=2026-04-01'), '20:6.00 50:7.50', '20:6.20 50:7.70'));
SELECT mailroom.load_tariff(replace(replace(:'pack', 'version=1 valid-from=2026-01-01', 'version=3 valid-from=2026-10-01'), '20:6.00 50:7.50', '20:6.60 50:8.10'));
SELECT mailroom.create_issuer('Audit ApS', 'DK', 'Europe/Copenhagen', 'DKK') AS one \gset
INSERT INTO mailroom.issuer_carrier VALUES (:one, 'audit-post'), (:one, 'audit-city');

-- 280 of 1,000 letters are in the town: 270 go with the town carrier, which is paid for 300
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (:one, 'june', '2026-06-15', 'DK', '2026-06-14') RETURNING mailing_id AS june \gset
INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, country, due_days)
	SELECT :one, :june, n, 1, CASE WHEN n % 10 = 0 THEN 5 ELSE 1 END, 'Recipient ' || n,
			CASE WHEN n <= 280 THEN (1000 + n)::text WHEN n <= 440 THEN (2000 + n)::text ELSE (8000 + n)::text END, 'DK', CASE WHEN n % 28 = 0 AND n <= 280 THEN 1 ELSE 4 END
	FROM generate_series(1, 1000) AS n;
\set VERBOSITY sqlstate
SELECT mailroom.expected_postage_invoice(:one, :june);
\set VERBOSITY terse
SELECT mailroom.plan_mailing(:one, :june);
SELECT line_no, carrier, article, quantity, mailroom.price_text(unit_micro) AS unit, mailroom.price_text(list_micro) AS list, discounts, net_micro, vat_treatment AS tax, vat_points AS points, net, vat, gross
	FROM mailroom.expected_postage_invoice(:one, :june) ORDER BY 1;
SELECT sum(e.net_micro) = m.cost_micro AS sums_to_cost, sum(e.quantity) FILTER (WHERE kind = 'postage') = m.letter_count AS all_letters,
		bool_and(e.net + e.vat = e.gross) AS gross_adds_up, bool_and(e.list_micro - e.discount_micro = e.net_micro) AS nets_add_up
	FROM mailroom.expected_postage_invoice(:one, :june) e, mailroom.mailing m WHERE m.issuer_id = :one AND m.mailing_id = :june GROUP BY m.cost_micro, m.letter_count;
-- totals are rounded once, lines take what is left
SELECT carrier, vat_points, sum(net) = round(sum(net_micro) / 1000000.0, 2) AS net_is_rounded_total, sum(vat) = round(sum(net) * vat_points / 10000, 2) AS vat_is_rounded_total
	FROM mailroom.expected_postage_invoice(:one, :june) GROUP BY 1, 2 ORDER BY 1, 2;
SELECT mailroom.share_total('{1,1,1}', 1.00, 2), mailroom.share_total('{1,1,1}', -1.00, 2), mailroom.share_total('{0,0}', 0.03, 2), mailroom.share_total('{5,-2}', 3, 0);
SELECT bool_and((SELECT sum(s) FROM unnest(mailroom.share_total(a, t, 2)) AS s) = t) AS shares_sum
	FROM (SELECT ARRAY(SELECT ((n * k * 7919) % 1000)::numeric FROM generate_series(1, 7) AS k) AS a, (n * 37 % 5000) / 100.0 AS t FROM generate_series(1, 300) AS n) x;

-- a carrier that bills what it should
CREATE TEMPORARY TABLE bill AS
	SELECT e.line_no, e.article, e.quantity::numeric AS quantity, e.unit_micro / 1000000.0 AS unit_price, e.discount_micro / 1000000.0 AS discount, e.net, e.vat_points / 100.0 AS rate
	FROM mailroom.expected_postage_invoice(:one, :june) e WHERE carrier = 'audit-post';
CREATE FUNCTION pg_temp.send_bill(issuer bigint, mailing bigint, carrier text, bill_no text, issued date DEFAULT '2026-06-30') RETURNS bigint LANGUAGE sql AS $$
	WITH i AS (INSERT INTO mailroom.carrier_invoice (issuer_id, carrier, invoice_number, issue_date, currency, mailing_id, net_total, tax_total)
		SELECT $1, $3, $4, $5, 'DKK', $2, sum(b.net), sum(b.vat)
			FROM (SELECT sum(net) AS net, round(sum(net) * rate / 100, 2) AS vat FROM bill GROUP BY rate) b RETURNING carrier_invoice_id),
	l AS (INSERT INTO mailroom.carrier_invoice_line (issuer_id, carrier_invoice_id, line_no, article, quantity, unit_price, discount_amount, net_amount, vat_rate)
		SELECT $1, i.carrier_invoice_id, b.line_no, b.article, b.quantity, b.unit_price, b.discount, b.net, b.rate FROM i, bill b)
	SELECT carrier_invoice_id FROM i $$;
SELECT pg_temp.send_bill(:one, :june, 'audit-post', 'P-1') AS p1 \gset
SELECT mailroom.audit_carrier_invoice(:one, :p1);
SELECT state FROM mailroom.carrier_invoice WHERE issuer_id = :one AND carrier_invoice_id = :p1;
DELETE FROM mailroom.carrier_invoice WHERE issuer_id = :one;

-- each mistake alone: its code is found, its amount is exact, and the amounts sum to billed less expected
CREATE TEMPORARY TABLE mistake (n integer, what text, change text);
INSERT INTO mistake VALUES
	(1, '5 letters more', $m$UPDATE bill SET quantity = quantity + 5, discount = (quantity + 5) * unit_price * 0.03, net = round((quantity + 5) * unit_price * 0.97, 2) WHERE article = 'AU-B/west/C5/20'$m$),
	(2, '7 letters fewer', $m$UPDATE bill SET quantity = quantity - 7, discount = (quantity - 7) * unit_price * 0.03, net = round((quantity - 7) * unit_price * 0.97, 2) WHERE article = 'AU-B/west/C5/20'$m$),
	(3, 'a price of another step', $m$UPDATE bill SET unit_price = 8.00, discount = quantity * 8 * 0.03, net = round(quantity * 8 * 0.97, 2) WHERE article = 'AU-B/west/C5/20'$m$),
	(4, '10 letters weighed heavier', $m$UPDATE bill SET quantity = quantity + d, discount = (quantity + d) * unit_price * 0.03, net = round((quantity + d) * unit_price * 0.97, 2)
		FROM (VALUES ('AU-B/west/C5/20', -10), ('AU-B/west/C5/50', 10)) AS v (a, d) WHERE article = a$m$),
	(5, 'last year''s price', $m$UPDATE bill SET unit_price = 6.00, discount = quantity * 6 * 0.03, net = round(quantity * 6 * 0.97, 2) WHERE article = 'AU-B/east/C5/20'$m$),
	(6, 'the coming price', $m$UPDATE bill SET unit_price = 6.60, discount = quantity * 6.60 * 0.03, net = round(quantity * 6.60 * 0.97, 2) WHERE article = 'AU-B/east/C5/20'$m$),
	(7, 'a price of no list', $m$UPDATE bill SET unit_price = 6.21, discount = quantity * 6.21 * 0.03, net = round(quantity * 6.21 * 0.97, 2) WHERE article = 'AU-B/east/C5/20'$m$),
	(8, 'the price of another area', $m$UPDATE bill SET unit_price = 6.40, discount = quantity * 6.40 * 0.03, net = round(quantity * 6.40 * 0.97, 2) WHERE article = 'AU-B/east/C5/20'$m$),
	(9, 'another product', $m$UPDATE bill SET article = 'AU-A/east/C5/20', unit_price = 12, discount = 0, net = quantity * 12, rate = 0 WHERE article = 'AU-B/east/C5/20'$m$),
	(10, 'no discount', $m$UPDATE bill SET discount = 0, net = quantity * unit_price WHERE article LIKE 'AU-B/%/C5%'$m$),
	(11, 'another tier', $m$UPDATE bill SET discount = quantity * unit_price * 0.015, net = round(quantity * unit_price * 0.985, 2) WHERE article LIKE 'AU-B/%/C5%'$m$),
	(12, 'discount of one line from another amount', $m$UPDATE bill SET discount = 9.99, net = quantity * unit_price - 9.99 WHERE article = 'AU-B/west/C5/20'$m$),
	(13, 'a fee nobody knows', $m$INSERT INTO bill VALUES (90, 'HANDLING', 1, 120, 0, 120, 25)$m$),
	(14, 'a fee of the tariff', $m$INSERT INTO bill VALUES (90, 'AU-PICKUP', 2, 75, 0, 150, 25)$m$),
	(15, 'that fee at another amount', $m$INSERT INTO bill VALUES (90, 'AU-PICKUP', 1, 80, 0, 80, 25)$m$),
	(16, 'the fixed fee higher', $m$UPDATE bill SET unit_price = 55, net = 55 WHERE article = 'AU-B/fixed'$m$),
	(17, 'a line twice', $m$INSERT INTO bill SELECT 90, article, quantity, unit_price, discount, net, rate FROM bill WHERE article = 'AU-B/west/C5/20'$m$),
	(18, 'the fee twice', $m$INSERT INTO bill SELECT 90, article, quantity, unit_price, discount, net, rate FROM bill WHERE article = 'AU-B/fixed'$m$),
	(19, 'a line not billed', $m$DELETE FROM bill WHERE article = 'AU-B/west/C5/50'$m$),
	(20, 'tax on an exempt service', $m$UPDATE bill SET rate = 25 WHERE article LIKE 'AU-A/%'$m$),
	(21, 'a line that does not multiply', $m$UPDATE bill SET net = net + 10 WHERE article = 'AU-B/west/C5/20'$m$),
	(22, 'each line rounded for itself', $m$UPDATE bill SET net = ceil((quantity * unit_price - discount) * 100) / 100$m$),
	(23, 'net prices', $m$UPDATE bill SET unit_price = unit_price * 0.97, discount = 0 WHERE article LIKE 'AU-B/%/C5%'$m$),
	(24, 'net prices of another tier', $m$UPDATE bill SET unit_price = unit_price * 0.985, discount = 0, net = round(quantity * unit_price * 0.985, 2) WHERE article LIKE 'AU-B/%/C5%'$m$),
	(25, 'the discount as a line of its own', $m$WITH d AS (SELECT sum(discount) AS d FROM bill), u AS (UPDATE bill SET discount = 0, net = quantity * unit_price WHERE discount <> 0)
		INSERT INTO bill SELECT 90, 'AU-B-VOLUME', 1, - d, 0, - round(d, 2), 25 FROM d$m$),
	(26, 'such a line from part of the money', $m$WITH d AS (SELECT sum(discount) AS d FROM bill WHERE article LIKE '%west%'), u AS (UPDATE bill SET discount = 0, net = quantity * unit_price WHERE discount <> 0)
		INSERT INTO bill SELECT 90, 'AU-B-VOLUME', 1, - d, 0, - round(d, 2), 25 FROM d$m$),
	(27, 'price, count and fee at once', $m$UPDATE bill SET quantity = quantity + 3, unit_price = 6.60, discount = (quantity + 3) * 6.60 * 0.03, net = round((quantity + 3) * 6.60 * 0.97, 2) WHERE article = 'AU-B/east/C5/20';
		UPDATE bill SET unit_price = 60, net = 60 WHERE article = 'AU-B/fixed'$m$),
	(28, 'articles by product name', $m$UPDATE bill SET article = 'Bulk B' WHERE article LIKE 'AU-B/%/C5/%'$m$);
CREATE FUNCTION pg_temp.try_mistake(issuer bigint, mailing bigint, mistake integer) RETURNS TABLE (line integer, code text, offer text, area text, step integer, quantity numeric, billed numeric, expected numeric, exact numeric, amount numeric, vat numeric, in_right text, message text)
	LANGUAGE plpgsql AS $$
DECLARE
	change text := (SELECT m.change FROM mistake m WHERE m.n = mistake);
	id bigint;
	expected_net numeric := (SELECT sum(e.net) FROM mailroom.expected_postage_invoice(issuer, mailing) e WHERE e.carrier = 'audit-post');
	expected_vat numeric := (SELECT sum(e.vat) FROM mailroom.expected_postage_invoice(issuer, mailing) e WHERE e.carrier = 'audit-post');
	sums boolean;
BEGIN
	CREATE TEMPORARY TABLE good AS TABLE bill;
	EXECUTE change;
	id := pg_temp.send_bill(issuer, mailing, 'audit-post', 'M-' || mistake);
	PERFORM mailroom.audit_carrier_invoice(issuer, id);
	RETURN QUERY SELECT d.line_no, d.code, d.offer, d.area, d.up_to_grams, trim_scale(d.quantity), d.billed, d.expected, round(d.exact_amount, 6), d.amount, d.vat_amount, d.in_right, d.message
		FROM mailroom.carrier_invoice_difference d WHERE d.issuer_id = $1 AND d.carrier_invoice_id = id ORDER BY d.difference_no;
	SELECT sum(d.amount) = c.net_total - expected_net AND sum(d.vat_amount) = c.tax_total - expected_vat INTO sums
		FROM mailroom.carrier_invoice c LEFT JOIN mailroom.carrier_invoice_difference d ON d.issuer_id = c.issuer_id AND d.carrier_invoice_id = c.carrier_invoice_id
		WHERE c.issuer_id = issuer AND c.carrier_invoice_id = id GROUP BY c.net_total, c.tax_total;
	IF sums IS FALSE THEN
		RAISE WARNING 'the differences of mistake % do not sum to billed less expected', mistake;
	END IF;
	DELETE FROM mailroom.carrier_invoice c WHERE c.issuer_id = issuer AND c.carrier_invoice_id = id;
	DELETE FROM bill;
	INSERT INTO bill TABLE good;
	DROP TABLE good;
END $$;
CREATE TEMPORARY TABLE outcome AS SELECT m.n, m.what, t.* FROM mistake m LEFT JOIN LATERAL pg_temp.try_mistake(:one, :june, m.n) t ON true;
SELECT n, what, line, code, offer, area, step, quantity AS qty, billed, expected, exact, amount, vat, in_right FROM outcome ORDER BY n, line, code;
SELECT n, message FROM outcome WHERE code <> 'ROUNDING' ORDER BY n, line, message;
