-- prices by item and kilogram in carriers' invoices: exact weights, one rounding or one a letter, and what is wrong is found
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
\set pack 'tariff weight-ee version=1 valid-from=2026-01-01\nsource "made for this test"\ncurrency EUR\ncarrier ee-post "EE Post" country=EE national\ncoverage ee-all EE * land\noffer EE-K carrier=ee-post product="Letter by weight" class=A days=2 formats=C5,C4 coverage=ee-all vat=22%\nprice EE-K land C5,C4 50:0.3111+2.2333/kg 250:0.4111+2.2333/kg\nscheme EE-V mode=all offers=EE-K 0:0% 100:5%\n'
SELECT replace(:'pack', '\n', E'\n') AS pack \gset
SELECT mailroom.load_tariff(:'pack') LIKE 'weight-ee version 1 %' AS loaded;
SELECT mailroom.load_tariff(replace(replace(:'pack', 'version=1 valid-from=2026-01-01', 'version=2 valid-from=2026-09-01'), '2.2333/kg', '2.4000/kg')) LIKE 'weight-ee version 2 %' AS loaded;
SELECT mailroom.create_issuer('Weight OU', 'EE', 'Europe/Tallinn', 'EUR') AS one \gset
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (:one, 'june', '2026-06-15', 'EE', '2026-06-14') RETURNING mailing_id AS june \gset
INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, country)
	SELECT :one, :june, n, 1, 1 + n % 11, 'Recipient ' || n, '10' || lpad((n % 1000)::text, 3, '0'), 'EE' FROM generate_series(1, 1000) AS n;
SELECT mailroom.plan_mailing(:one, :june);
SELECT article, count(*) AS weights, sum(quantity) AS letters, sum(kilograms) AS kilograms, sum(list_micro) / 1000000.0 AS list, sum(net_micro) / 1000000.0 AS net FROM mailroom.expected_postage_invoice(:one, :june) GROUP BY 1 ORDER BY 1;
SELECT sum(net_micro) = m.cost_micro AS sums_to_cost FROM mailroom.expected_postage_invoice(:one, :june), mailroom.mailing m WHERE m.issuer_id = :one AND m.mailing_id = :june GROUP BY m.cost_micro;
CREATE TEMPORARY TABLE bill (line_no serial, article text, quantity numeric, unit_price numeric, discount numeric, net numeric);
CREATE TEMPORARY VIEW each_weight AS SELECT e.* FROM mailroom.mailing m, mailroom.expected_postage_invoice(m.issuer_id, m.mailing_id) e WHERE m.name = 'june' AND e.article LIKE 'EE-K/%';
CREATE TEMPORARY VIEW each_step AS SELECT e.article, sum(e.quantity) AS letters, sum(e.kilograms) AS kilograms, sum(e.list_micro) / 1000000.0 AS list, CASE WHEN e.up_to_grams = 50 THEN 0.3111 ELSE 0.4111 END AS item FROM each_weight e GROUP BY 1, e.up_to_grams;
CREATE FUNCTION pg_temp.audit(issuer bigint, mailing bigint, bills text) RETURNS TABLE (line integer, code text, step integer, quantity numeric, billed numeric, expected numeric, exact numeric, amount numeric, vat numeric, in_right text, state text, message text)
	LANGUAGE plpgsql AS $$
DECLARE
	id bigint;
	sums boolean;
BEGIN
	TRUNCATE bill RESTART IDENTITY;
	EXECUTE 'INSERT INTO bill (article, quantity, unit_price, discount, net) SELECT b.article, b.quantity, b.unit_price, b.discount, round(b.quantity * b.unit_price - b.discount, 2) FROM (' || bills || ') b (article, quantity, unit_price, discount)';
	INSERT INTO mailroom.carrier_invoice (issuer_id, carrier, invoice_number, issue_date, currency, mailing_id, net_total, tax_total)
		SELECT issuer, 'ee-post', 'W', '2026-07-01', 'EUR', mailing, sum(b.net), round(sum(b.net) * 0.22, 2) FROM bill b RETURNING carrier_invoice_id INTO id;
	INSERT INTO mailroom.carrier_invoice_line (issuer_id, carrier_invoice_id, line_no, article, quantity, unit_price, discount_amount, net_amount, vat_rate)
		SELECT issuer, id, b.line_no, b.article, b.quantity, b.unit_price, b.discount, b.net, 22 FROM bill b;
	PERFORM mailroom.audit_carrier_invoice(issuer, id);
	RETURN QUERY SELECT d.line_no, d.code, d.up_to_grams, trim_scale(d.quantity), trim_scale(d.billed), trim_scale(d.expected), round(d.exact_amount, 6), d.amount, d.vat_amount, d.in_right, d.state, d.message
		FROM mailroom.carrier_invoice_difference d WHERE d.issuer_id = $1 AND d.carrier_invoice_id = id ORDER BY d.difference_no;
	SELECT coalesce(sum(d.amount), 0) = c.net_total - (SELECT sum(e.net) FROM mailroom.expected_postage_invoice($1, $2) e) INTO sums
		FROM mailroom.carrier_invoice c LEFT JOIN mailroom.carrier_invoice_difference d ON d.issuer_id = c.issuer_id AND d.carrier_invoice_id = c.carrier_invoice_id WHERE c.issuer_id = $1 AND c.carrier_invoice_id = id GROUP BY c.net_total;
	IF NOT sums THEN
		RAISE WARNING 'the differences do not sum to billed less expected: %', bills;
	END IF;
	DELETE FROM mailroom.carrier_invoice c WHERE c.issuer_id = issuer AND c.carrier_invoice_id = id;
END $$;
\pset format unaligned
\pset tuples_only on
SELECT 'each weight', a.* FROM pg_temp.audit(:one, :june, 'SELECT article, quantity, unit_micro / 1000000.0, discount_micro / 1000000.0 FROM each_weight') a;
SELECT 'each weight, net', a.* FROM pg_temp.audit(:one, :june, 'SELECT article, quantity, unit_micro * 0.95 / 1000000.0, 0 FROM each_weight') a;
SELECT 'average, 4 decimals', a.* FROM pg_temp.audit(:one, :june, 'SELECT article, letters, round(list / letters, 4), letters * round(list / letters, 4) * 0.05 FROM each_step') a;
SELECT 'items and kilograms', a.* FROM pg_temp.audit(:one, :june, 'SELECT article, letters, item, letters * item * 0.05 FROM each_step UNION ALL SELECT article || ''/kg'', kilograms, 2.2333, kilograms * 2.2333 * 0.05 FROM each_step') a;
SELECT 'in one sum by kilograms', a.* FROM pg_temp.audit(:one, :june, 'SELECT article, letters, (letters * item + kilograms * 2.2333) / letters, (letters * item + kilograms * 2.2333) * 0.05 FROM each_step') a;
SELECT 'half a kilogram more', a.* FROM pg_temp.audit(:one, :june, 'SELECT article, letters, item, letters * item * 0.05 FROM each_step UNION ALL SELECT article || ''/kg'', kilograms + 0.5, 2.2333, (kilograms + 0.5) * 2.2333 * 0.05 FROM each_step WHERE article LIKE ''%/50'' UNION ALL SELECT article || ''/kg'', kilograms, 2.2333, kilograms * 2.2333 * 0.05 FROM each_step WHERE article NOT LIKE ''%/50''') a;
SELECT 'the coming price', a.* FROM pg_temp.audit(:one, :june, 'SELECT article, letters, item, letters * item * 0.05 FROM each_step UNION ALL SELECT article || ''/kg'', kilograms, 2.4, kilograms * 2.4 * 0.05 FROM each_step') a;
SELECT 'the coming price, in one', a.* FROM pg_temp.audit(:one, :june, 'SELECT article, letters, (letters * item + kilograms * 2.4) / letters, (letters * item + kilograms * 2.4) * 0.05 FROM each_step') a;
SELECT 'two grams a letter, in one', a.* FROM pg_temp.audit(:one, :june, 'SELECT article, letters, (letters * item + (kilograms + 0.002 * letters) * 2.2333) / letters, (letters * item + (kilograms + 0.002 * letters) * 2.2333) * 0.05 FROM each_step') a;
SELECT 'five letters more', a.* FROM pg_temp.audit(:one, :june, 'SELECT article, letters + 5, list / letters, (letters + 5) * list / letters * 0.05 FROM each_step') a;
SELECT 'no discount', a.* FROM pg_temp.audit(:one, :june, 'SELECT article, quantity, unit_micro / 1000000.0, 0 FROM each_weight') a;
SELECT 'average, 2 decimals', a.* FROM pg_temp.audit(:one, :june, 'SELECT article, letters, round(list / letters, 2), letters * round(list / letters, 2) * 0.05 FROM each_step') a;
