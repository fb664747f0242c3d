-- The month's file of the fuel-card issuer comes in as one row; the sister company's invoices as rows of a batch.
\pset footer off
SELECT issuer_id AS fuel FROM mailroom.issuer WHERE name = 'Nordkort Drivstoff AS' \gset
SELECT issuer_id AS road FROM mailroom.issuer WHERE name = 'Nordkort Veihjelp AS' \gset

INSERT INTO mailroom.import_file (issuer_id, file_name, content, layout)
	VALUES (:fuel, 'fuelcard.txt', pg_read_binary_file(:'folder' || '/fuelcard.txt'), 'nordkort');

-- a batch of rows, as an application would copy them in
CREATE TEMPORARY TABLE batch_invoice (number text, customer text, name text, registration_no text, vat_id text, street text, postcode text, city text, country text, net numeric, tax numeric, gross numeric, reference text);
CREATE TEMPORARY TABLE batch_line (number text, line_id text, item text, quantity numeric, unit text, price numeric, net numeric, category text, rate numeric);
CREATE TEMPORARY TABLE batch_control (documents bigint, gross numeric);
SELECT format('COPY %I FROM %L (FORMAT csv%s)', t.name, :'folder' || '/' || t.name || '.csv', CASE t.name WHEN 'batch_control' THEN ', HEADER' ELSE '' END)
	FROM (VALUES ('batch_invoice'), ('batch_line'), ('batch_control')) AS t (name) \gexec
INSERT INTO mailroom.incoming_invoice (issuer_id, batch_key, invoice_number, issue_date, due_date, currency, seller_name, seller_registration_no, seller_vat_id, seller_country,
		buyer_no, buyer_name, buyer_registration_no, buyer_vat_id, buyer_street, buyer_postcode, buyer_city, buyer_country, payment_reference, payee_account, net_total, tax_total, gross_total, payable_amount)
	SELECT :road, 'veihjelp-2026-10', number, DATE '2026-10-31', DATE '2026-11-14', 'NOK', 'Nordkort Veihjelp AS', '927364558', 'NO927364558MVA', 'NO',
		customer, name, registration_no, vat_id, street, postcode, city, country, reference, 'NO9386011117947', net, tax, gross, gross
	FROM batch_invoice;
INSERT INTO mailroom.incoming_invoice_line (issuer_id, batch_key, invoice_number, line_id, item_name, quantity, unit_code, price, net_amount, tax_category, tax_rate)
	SELECT :road, 'veihjelp-2026-10', number, line_id, item, quantity, unit, price, net, category, rate
	FROM batch_line;
SELECT mailroom.close_batch(:road, 'veihjelp-2026-10', documents, gross, 'NOK') FROM batch_control \g /dev/null
