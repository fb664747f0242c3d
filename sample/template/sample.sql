-- Invoices that show what the three templates of data/template can do.  Run it in a database with mailroom; each sample is an
-- issuer of its own.  variables: none; leaves the issuers' ids in :fuel, :utility and :statement.
\set ON_ERROR_STOP on
\set here `dirname "${SAMPLE_TEMPLATE:-sample/template/sample.sql}"`

-- fuel cards: lines are grouped by card (BT-133), the vehicle is the line's note, the station its description
SELECT mailroom.create_issuer('Nordlys Kort AS', 'NO', 'Europe/Oslo', 'NOK') AS fuel \gset
UPDATE mailroom.issuer SET street = 'Havnegata 14', postcode = '7010', city = 'Trondheim', registration_no = '987654325', vat_id = 'NO987654325MVA', payee_account = '86011117947'
	WHERE issuer_id = :fuel;
CREATE TEMPORARY TABLE IF NOT EXISTS sample_invoice (kind text, name text, lines integer, type_code text, currency text, country text, buyer text, issuer_id bigint, invoice_id bigint);
TRUNCATE sample_invoice;
INSERT INTO sample_invoice (kind, name, lines, type_code, currency, country, buyer)
	VALUES ('fuel', 'forty', 40, '380', 'NOK', 'NO', 'Fjord Transport AS'),
		('fuel', 'many', 4000, '380', 'NOK', 'NO', 'Fjord Transport AS'),
		('fuel', 'none', 0, '380', 'NOK', 'NO', 'Fjord Transport AS'),
		('fuel', 'one', 1, '380', 'SEK', 'SE', 'Åkeriet i Östersund AB'),
		('fuel', 'credit', 6, '381', 'NOK', 'NO', 'Fjord Transport AS'),
		('fuel', 'long', 24, '380', 'EUR', 'DE', 'Internationale Speditions- und Lagerhausgesellschaft für temperaturgeführte Güter Nord mbH & Co. KG'),
		('utility', 'home', 6, '380', 'NOK', 'NO', 'Solveig Nordahl'),
		('utility', 'finnish', 6, '380', 'EUR', 'FI', 'Aino Mäkelä'),
		('utility', 'credit', 6, '381', 'NOK', 'NO', 'Solveig Nordahl'),
		('utility', 'many', 300, '380', 'PLN', 'PL', 'Spółdzielnia Mieszkaniowa Słoneczne Wzgórze'),
		('statement', 'monthly', 14, '389', 'NOK', 'NO', 'Meieriet Midt-Norge SA'),
		('statement', 'romanian', 40, '389', 'RON', 'RO', 'Ferma Dealul Mare'),
		('statement', 'credit', 3, '261', 'NOK', 'NO', 'Meieriet Midt-Norge SA');

-- a utility: consumption by month beside the invoice
SELECT mailroom.create_issuer('Lysverket AS', 'NO', 'Europe/Oslo', 'NOK') AS utility \gset
UPDATE mailroom.issuer SET street = 'Elvegata 3', postcode = '0484', city = 'Oslo', registration_no = '923609016', vat_id = 'NO923609016MVA', payee_account = '60050612344'
	WHERE issuer_id = :utility;
-- a buyer that bills itself for what suppliers deliver
SELECT mailroom.create_issuer('Trøndermat SA', 'NO', 'Europe/Oslo', 'NOK') AS statement \gset
UPDATE mailroom.issuer SET street = 'Innherredsveien 60', postcode = '7043', city = 'Trondheim', registration_no = '974760673', vat_id = 'NO974760673MVA'
	WHERE issuer_id = :statement;

UPDATE sample_invoice SET issuer_id = CASE kind WHEN 'fuel' THEN :fuel WHEN 'utility' THEN :utility ELSE :statement END;
WITH made AS (
	INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date,
			seller_name, seller_vat_id, buyer_name, buyer_no, buyer_street, buyer_postcode, buyer_city, buyer_country, period_start, period_end, payment_reference,
			payee_account, preceding_invoice, line_count, received_at, payment_means, other_terms)
		SELECT s.issuer_id, 'file', 'accepted', 'sample', '\x00', upper(left(s.kind, 1) || '-' || s.name), '2026-11-02', s.type_code, s.currency, CASE WHEN s.type_code IN ('380', '389') THEN date '2026-11-23' END,
				CASE WHEN s.kind = 'statement' THEN s.buyer ELSE i.name END, CASE WHEN s.kind = 'statement' THEN 'NO999888777MVA' ELSE i.vat_id END, s.buyer, '100482', 
				CASE s.country WHEN 'SE' THEN 'Storgatan 12' WHEN 'DE' THEN 'Am Containerterminal Altenwerder 1–3, Tor 4' WHEN 'FI' THEN 'Mannerheimintie 8 B 14' WHEN 'PL' THEN 'ul. Słoneczna 15' WHEN 'RO' THEN 'Str. Viilor 22' ELSE 'Østre Rosten 84' END,
				CASE s.country WHEN 'SE' THEN '83130' WHEN 'DE' THEN '21129' WHEN 'FI' THEN '00100' WHEN 'PL' THEN '00-950' WHEN 'RO' THEN '107090' ELSE '7075' END,
				CASE s.country WHEN 'SE' THEN 'Östersund' WHEN 'DE' THEN 'Hamburg' WHEN 'FI' THEN 'Helsinki' WHEN 'PL' THEN 'Warszawa' WHEN 'RO' THEN 'Boldești' ELSE 'Tiller' END,
				s.country, '2026-10-01', '2026-10-31', CASE s.country WHEN 'FI' THEN 'RF18539007547034' ELSE '100482000123457' END,
				CASE WHEN s.kind = 'statement' THEN '42021111117' ELSE i.payee_account END, CASE WHEN s.type_code IN ('381', '261') THEN upper(left(s.kind, 1)) || '-0917' END, s.lines, now(), '30', jsonb_build_object('bt_40', CASE WHEN s.kind = 'statement' THEN s.country ELSE 'NO' END)
			FROM sample_invoice s
				JOIN mailroom.issuer i USING (issuer_id)
		RETURNING invoice_id, issuer_id, invoice_number)
UPDATE sample_invoice s SET invoice_id = m.invoice_id FROM made m WHERE m.issuer_id = s.issuer_id AND m.invoice_number = upper(left(s.kind, 1) || '-' || s.name);

INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, line_id, quantity, unit_code, price, net_amount, tax_category, tax_rate, item_name, item_description, accounting_reference, note, period_start)
	SELECT s.issuer_id, s.invoice_id, n, n, q.quantity, 'LTR', q.price, round(q.quantity * q.price, 2), 'S', 25,
			(ARRAY['Diesel', 'Blyfri 95', 'AdBlue', 'Diesel', 'Diesel'])[n * 31 % 5 + 1],
			(ARRAY['Tiller', 'Oppdal', 'Dovre', 'Lillehammer Nord', 'Minnesund', 'Klett', 'Støren', 'Otta', 'Ringebu'])[n % 9 + 1],
			'7033 4210 00' || lpad((card.no % 100)::text, 2, '0') || ' ' || lpad((card.no * 37 % 10000)::text, 4, '0'), (ARRAY['EK', 'VH', 'DP'])[card.no % 3 + 1] || ' ' || 21000 + card.no * 137,
			date '2026-10-01' + n * 30 / s.lines
		FROM sample_invoice s
			CROSS JOIN LATERAL generate_series(1, s.lines) AS n
			CROSS JOIN LATERAL (SELECT (n * 7919 % greatest(s.lines / 13, 3)) + 1 AS no) card
			CROSS JOIN LATERAL (SELECT round(40 + n * 7.31 % 310, 2) AS quantity, round(13.9 + n % 7 * 0.31, 3) AS price) q
		WHERE s.kind = 'fuel';
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, line_id, quantity, unit_code, price, net_amount, tax_category, tax_rate, item_name, item_description, period_start, period_end)
	SELECT s.issuer_id, s.invoice_id, n, n, q.quantity, q.unit, q.price, round(q.quantity * q.price, 2), 'S', 25, q.name, q.description, '2026-10-01', '2026-10-31'
		FROM sample_invoice s
			CROSS JOIN LATERAL generate_series(1, s.lines) AS n
			CROSS JOIN LATERAL (SELECT * FROM (VALUES (1, 'Strøm, dag', 'Spotpris og påslag 4,9 øre/kWh', 412::numeric, 'KWH', 0.7312), (2, 'Strøm, natt', 'Spotpris og påslag 2,9 øre/kWh', 186, 'KWH', 0.5120),
				(3, 'Nettleie, energiledd', NULL, 598, 'KWH', 0.3944), (4, 'Nettleie, kapasitetsledd trinn 2', '2–5 kW', 1, 'C62', 250), (5, 'Forbruksavgift', NULL, 598, 'KWH', 0.1541), (0, 'Fastbeløp', NULL, 1, 'C62', 39)) AS v (no, name, description, quantity, unit, price)
				WHERE v.no = n % 6) q
		WHERE s.kind = 'utility';
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, line_id, quantity, unit_code, price, net_amount, tax_category, tax_rate, item_name, item_description, period_start)
	SELECT s.issuer_id, s.invoice_id, n, n, q.quantity, 'LTR', q.price, round(q.quantity * q.price, 2), 'S', 15, 'Melk, kvalitetsklasse ' || (ARRAY['elite', '1', '1'])[n % 3 + 1], 'Følgeseddel ' || 55000 + n * 13, date '2026-10-01' + (n - 1) * 30 / s.lines
		FROM sample_invoice s
			CROSS JOIN LATERAL generate_series(1, s.lines) AS n
			CROSS JOIN LATERAL (SELECT 1200 + n * 97 % 830 AS quantity, round(6.08 + n % 3 * 0.17, 2) AS price) q
		WHERE s.kind = 'statement';
INSERT INTO mailroom.invoice_adjustment (issuer_id, invoice_id, adjustment_no, is_charge, amount, reason, tax_category, tax_rate)
	SELECT s.issuer_id, s.invoice_id, a.no, a.is_charge, a.amount, a.reason, 'S', 15
		FROM sample_invoice s, (VALUES (1, false, 1180.40, 'Henting med tankbil'), (2, true, 640.00, 'Tillegg for lagringskapasitet')) AS a (no, is_charge, amount, reason)
		WHERE s.kind = 'statement' AND s.type_code = '389';
-- sums follow from the lines
UPDATE mailroom.invoice i
	SET line_total = t.lines, net_total = t.net, tax_total = t.tax, gross_total = t.net + t.tax, payable_amount = t.net + t.tax,
		charge_total = t.charges, allowance_total = t.allowances
	FROM (SELECT s.issuer_id, s.invoice_id, l.lines, a.charges, a.allowances, l.lines + coalesce(a.charges, 0) - coalesce(a.allowances, 0) AS net,
				round((l.lines + coalesce(a.charges, 0) - coalesce(a.allowances, 0)) * CASE s.kind WHEN 'statement' THEN 0.15 ELSE 0.25 END, 2) AS tax
			FROM sample_invoice s
				CROSS JOIN LATERAL (SELECT coalesce(sum(l.net_amount), 0) AS lines FROM mailroom.invoice_line l WHERE l.issuer_id = s.issuer_id AND l.invoice_id = s.invoice_id) l
				CROSS JOIN LATERAL (SELECT sum(a.amount) FILTER (WHERE a.is_charge) AS charges, sum(a.amount) FILTER (WHERE NOT a.is_charge) AS allowances
					FROM mailroom.invoice_adjustment a WHERE a.issuer_id = s.issuer_id AND a.invoice_id = s.invoice_id) a) t
	WHERE i.issuer_id = t.issuer_id AND i.invoice_id = t.invoice_id;
INSERT INTO mailroom.invoice_tax (issuer_id, invoice_id, tax_no, category, rate, taxable_amount, tax_amount)
	SELECT s.issuer_id, s.invoice_id, 1, 'S', CASE s.kind WHEN 'statement' THEN 15 ELSE 25 END, i.net_total, i.tax_total
		FROM sample_invoice s JOIN mailroom.invoice i USING (issuer_id, invoice_id);
SELECT mailroom.set_document_data(s.issuer_id, s.invoice_id, jsonb_build_object(
		'meter', jsonb_build_object('id', '7359992901482736', 'address', 'Østre Rosten 84, H0201', 'from', 48211, 'to', 48809, 'used', 598),
		'change', 'less', 'change_percent', 11,
		'used', 598, 'last_year', 672,
		'consumption', (SELECT jsonb_agg(jsonb_build_object('month', to_char(date '2025-11-01' + make_interval(months => m), 'YYYY-MM'), 'kwh', k.kwh, 'last_year', k.last_year) ORDER BY m)
			FROM generate_series(0, 11) AS m
				CROSS JOIN LATERAL (SELECT (ARRAY[980, 1240, 1315, 1190, 940, 702, 455, 380, 342, 361, 470, 598])[m + 1] AS kwh, (ARRAY[1010, 1190, 1402, 1260, 1015, 690, 512, 401, 398, 380, 502, 672])[m + 1] AS last_year) k)))
	FROM sample_invoice s
	WHERE s.kind = 'utility';
