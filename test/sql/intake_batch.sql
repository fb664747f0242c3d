-- door (c): staged rows, closed by key with count and sum
\set VERBOSITY default
\set SHOW_CONTEXT never
SET client_min_messages = warning;
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT mailroom.create_issuer('Batch AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
SELECT mailroom.create_issuer('Other AS', 'NO', 'Europe/Oslo', 'NOK') AS other \gset
UPDATE mailroom.issuer SET registration_no = '855828332', vat_id = 'NO855828332MVA', payee_account = 'NO0868513681648', city = 'Oslo', postcode = '0150' WHERE issuer_id = :issuer;
CREATE ROLE batch_importer;
SELECT FROM mailroom.grant_role('importer', 'batch_importer', ARRAY[:issuer]);
CREATE FUNCTION pg_temp.run(issuer bigint, key text) RETURNS TABLE (state text, documents bigint, accepted bigint, set_aside bigint, faults bigint) LANGUAGE plpgsql AS $$
DECLARE id bigint := (SELECT b.batch_id FROM mailroom.import_batch b WHERE b.issuer_id = $1 AND b.batch_key = $2);
BEGIN
	PERFORM mailroom.import_batch_job($1, 0, jsonb_build_object('batch_id', id));
	RETURN QUERY SELECT b.state, b.document_count, b.accepted_count, b.set_aside_count, b.fault_count FROM mailroom.import_batch b WHERE b.batch_id = id;
END $$;
CREATE FUNCTION pg_temp.outcome(issuer bigint) RETURNS TABLE (batch_key text, batch_state text, invoice_number text, invoice_state text, rules text) LANGUAGE sql AS $$
	SELECT o.batch_key, o.batch_state, o.invoice_number, o.invoice_state, o.rules FROM mailroom.batch_outcome o WHERE o.issuer_id = $1 ORDER BY o.batch_id, o.document_no $$;
CREATE FUNCTION pg_temp.balance(issuer bigint) RETURNS TABLE (name text, state text, currency text, received bigint, refused bigint, set_aside bigint,
	in_work bigint, difference bigint, received_sum numeric, difference_sum numeric) LANGUAGE sql AS $$
	SELECT r.name, r.state, r.currency, r.received, r.refused, r.set_aside, r.in_work, r.difference, r.received_sum, r.difference_sum
	FROM mailroom.reconciliation r WHERE r.issuer_id = $1 ORDER BY r.batch_id, r.currency $$;

SET ROLE batch_importer;
-- an application may only insert; the issuer is checked a statement
INSERT INTO mailroom.incoming_invoice (issuer_id, batch_key, invoice_number, issue_date, due_date, currency, buyer_name, buyer_country, note, charge_amount, charge_tax_category, charge_tax_rate, gross_total)
	VALUES (:issuer, 'oct', 'B-1', '2026-10-31', '2026-11-20', 'NOK', 'Lærdal Sag AS', 'NO', 'thank you', 10, 'S', 25, 137.50),
		(:issuer, 'oct', 'B-2', '2026-10-31', '2026-11-20', NULL, 'Smøla Fisk AS', 'NO', NULL, NULL, NULL, NULL, NULL);
INSERT INTO mailroom.incoming_invoice_line (issuer_id, batch_key, invoice_number, quantity, unit_code, price, net_amount, tax_category, tax_rate, item_name, discount_amount)
	VALUES (:issuer, 'oct', 'B-1', 10, 'LTR', 10, 100, 'S', 25, 'Diesel', 0),
		(:issuer, 'oct', 'B-2', 1, 'C62', 100, 90, 'S', 25, 'Oil', 10),
		(:issuer, 'oct', 'B-2', 1, 'C62', 50, 50, 'S', 15, 'Food', NULL);
\set VERBOSITY sqlstate
INSERT INTO mailroom.incoming_invoice (issuer_id, batch_key, invoice_number) VALUES (:other, 'oct', 'X-1');
INSERT INTO mailroom.incoming_invoice_line (issuer_id, batch_key, invoice_number) VALUES (:issuer, 'oct', 'B-1'), (:other, 'oct', 'X-1');
SELECT count(*) FROM mailroom.incoming_invoice;
SELECT mailroom.close_batch(:other, 'oct', 1, 1);
\set VERBOSITY default
SELECT mailroom.close_batch(:issuer, 'oct', 2, 307.50) AS batch \gset
SELECT * FROM pg_temp.outcome(:issuer);
RESET ROLE;
SELECT * FROM pg_temp.balance(:issuer);
SELECT * FROM pg_temp.run(:issuer, 'oct');
SELECT * FROM pg_temp.run(:issuer, 'oct');
SELECT invoice_number, currency, seller_key, seller_name, buyer_name, note, payee_account, line_total, allowance_total, charge_total, net_total, tax_total, gross_total, payable_amount, line_count, state, location, format, origin
	FROM mailroom.invoice WHERE issuer_id = :issuer ORDER BY document_no \gx
SELECT i.invoice_number, t.category, t.rate, t.taxable_amount, t.tax_amount
	FROM mailroom.invoice_tax t JOIN mailroom.invoice i USING (issuer_id, invoice_id) WHERE t.issuer_id = :issuer ORDER BY i.document_no, t.tax_no;
SELECT count(*) AS staged_left FROM mailroom.incoming_invoice WHERE issuer_id = :issuer;

-- the same key again changes nothing: rows that came with it are late
SET ROLE batch_importer;
INSERT INTO mailroom.incoming_invoice (issuer_id, batch_key, invoice_number) VALUES (:issuer, 'oct', 'B-3');
SELECT mailroom.close_batch(:issuer, 'oct', 1, 1) = :batch AS same;
SELECT mailroom.late_rows(:issuer, 'oct');
RESET ROLE;
SELECT * FROM pg_temp.run(:issuer, 'oct');
SELECT mailroom.withdraw_batch(:issuer, 'oct');

-- faults of a batch: off by one øre, an orphan line, a known number; refused whole, then retried
INSERT INTO mailroom.incoming_invoice (issuer_id, batch_key, invoice_number, issue_date, due_date, buyer_name)
	VALUES (:issuer, 'nov', 'B-4', '2026-11-30', '2026-12-20', 'Lærdal Sag AS'), (:issuer, 'nov', 'B-1', '2026-11-30', '2026-12-20', 'Lærdal Sag AS');
INSERT INTO mailroom.incoming_invoice_line (issuer_id, batch_key, invoice_number, quantity, unit_code, price, net_amount, tax_category, tax_rate, item_name)
	VALUES (:issuer, 'nov', 'B-4', 10, 'LTR', 10, 100, 'S', 25, 'Diesel'), (:issuer, 'nov', 'B-1', 10, 'LTR', 10, 100, 'S', 25, 'Diesel'), (:issuer, 'nov', 'B-5', 10, 'LTR', 10, 100, 'S', 25, 'Diesel');
SELECT FROM mailroom.close_batch(:issuer, 'nov', 3, 250.01);
SELECT * FROM pg_temp.run(:issuer, 'nov');
SELECT document_no, location, rule, severity, regexp_replace(message, 'batch \d+', 'batch N') AS message FROM mailroom.import_fault WHERE issuer_id = :issuer ORDER BY batch_id, finding_no;
SELECT * FROM pg_temp.outcome(:issuer);
INSERT INTO mailroom.incoming_invoice (issuer_id, batch_key, invoice_number, issue_date, due_date, buyer_name) VALUES (:issuer, 'nov', 'B-5', '2026-11-30', '2026-12-20', 'Smøla Fisk AS');
SELECT FROM mailroom.retry_batch(:issuer, 'nov', NULL, 375);
SELECT * FROM pg_temp.run(:issuer, 'nov');
SELECT * FROM pg_temp.outcome(:issuer);
SELECT FROM mailroom.retry_batch(:issuer, 'nov');
SELECT FROM mailroom.retry_batch(:issuer, 'no such');
SELECT FROM mailroom.close_batch(:issuer, 'empty', 0, 0);
SELECT * FROM pg_temp.run(:issuer, 'empty');
SELECT * FROM pg_temp.balance(:issuer);
SELECT * FROM mailroom.check_integrity(:issuer);
ROLLBACK;
