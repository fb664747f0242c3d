-- small ends of the doors: rows that are too long, a batch without a key, what a retried and withdrawn batch leaves in the
-- balance, places of faults of a whole batch, findings of the house itself after a release
\set VERBOSITY terse
SET client_min_messages = warning;
SELECT mailroom.create_issuer('Ends AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
UPDATE mailroom.issuer SET registration_no = '855828332', vat_id = 'NO855828332MVA', payee_account = 'NO0868513681648', street = 'Gata 1', city = 'Oslo', postcode = '0150' WHERE issuer_id = :issuer;
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
CREATE FUNCTION pg_temp.stage(issuer bigint, key text, number text, note text, buyer text DEFAULT 'Kunde') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO mailroom.incoming_invoice (issuer_id, batch_key, invoice_number, issue_date, due_date, currency, buyer_no, buyer_name, buyer_street, buyer_postcode, buyer_city, buyer_country, note, gross_total)
		VALUES (issuer, key, number, '2026-10-31', '2026-12-20', 'NOK', number, buyer, 'Gate 1', '0150', 'OSLO', 'NO', note, 125);
	INSERT INTO mailroom.incoming_invoice_line (issuer_id, batch_key, invoice_number, quantity, unit_code, price, net_amount, tax_category, tax_rate, item_name)
		VALUES (issuer, key, number, 10, 'LTR', 10, 100, 'S', 25, 'Diesel');
END;
$$;
CREATE FUNCTION pg_temp.balance(issuer bigint) RETURNS TABLE (name text, state text, received bigint, refused bigint, in_work bigint, difference bigint, received_sum numeric, difference_sum numeric) LANGUAGE sql AS $$
	SELECT r.name, r.state, r.received, r.refused, r.in_work, r.difference, r.received_sum, r.difference_sum FROM mailroom.reconciliation r WHERE r.issuer_id = $1 ORDER BY r.batch_id $$;

-- a key is needed
SELECT mailroom.close_batch(:issuer, NULL, 1, 1);
SELECT mailroom.close_batch(:issuer, '', 1, 1);

-- a row may be as long as a record of a file: 1 MiB
SELECT pg_temp.stage(:issuer, 'long', 'L-1', repeat('x', 1024 * 1024)), pg_temp.stage(:issuer, 'long', 'L-2', repeat('x', 1000));
INSERT INTO mailroom.incoming_invoice_line (issuer_id, batch_key, invoice_number, item_name) VALUES (:issuer, 'long', 'L-9', 'nobody''s');
SELECT mailroom.close_batch(:issuer, 'long', 2, 251) IS NOT NULL AS closed;
CALL mailroom.run_jobs();
SELECT location, rule, message FROM mailroom.finding WHERE issuer_id = :issuer AND invoice_id IS NULL AND document_no IS NULL ORDER BY finding_no;

-- refused, tried again, and taken back before the job ran: what was counted stays counted
SELECT * FROM pg_temp.balance(:issuer);
SELECT mailroom.retry_batch(:issuer, 'long') IS NOT NULL AS retried;
SELECT * FROM pg_temp.balance(:issuer);
SELECT mailroom.withdraw_batch(:issuer, 'long');
SELECT * FROM pg_temp.balance(:issuer);
CALL mailroom.run_jobs();
SELECT * FROM pg_temp.balance(:issuer);

-- an invoice that cannot be rendered, released twice: one finding, and none when it went out in the end
SELECT pg_temp.stage(:issuer, 'glyph', 'G-1', NULL, 'Привет');
SELECT mailroom.close_batch(:issuer, 'glyph', 1, 125) IS NOT NULL AS closed;
CALL mailroom.run_jobs();
SELECT invoice_id AS glyph FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number = 'G-1' \gset
SELECT i.state, f.rule FROM mailroom.invoice i LEFT JOIN mailroom.finding f USING (issuer_id, invoice_id) WHERE i.issuer_id = :issuer AND i.invoice_id = :glyph;
SELECT mailroom.release_invoice(:issuer, :glyph, 'try again');
CALL mailroom.run_jobs();
SELECT i.state, f.rule FROM mailroom.invoice i LEFT JOIN mailroom.finding f USING (issuer_id, invoice_id) WHERE i.issuer_id = :issuer AND i.invoice_id = :glyph;
UPDATE mailroom.invoice SET buyer_name = 'Privet', recipient_party_id = NULL WHERE issuer_id = :issuer AND invoice_id = :glyph;
SELECT mailroom.release_invoice(:issuer, :glyph, 'name corrected');
CALL mailroom.run_jobs();
SELECT i.state, f.rule FROM mailroom.invoice i LEFT JOIN mailroom.finding f USING (issuer_id, invoice_id) WHERE i.issuer_id = :issuer AND i.invoice_id = :glyph;
SELECT e.detail ->> 'reason' AS reason, e.detail -> 'findings' -> 0 ->> 'rule' AS rule FROM mailroom.event e
	WHERE e.issuer_id = :issuer AND e.object_kind = 'invoice' AND e.activity = 'released' ORDER BY e.event_id;

-- text that is no invoice: a hint at layouts; an element that is too long: its name and the setting
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:issuer, 'records.txt', convert_to(E'begin;2026-10-31;NOK\n1;2;3\n', 'UTF8'));
CALL mailroom.run_jobs();
SELECT rule, message FROM mailroom.finding f JOIN mailroom.import_file i USING (issuer_id, file_id) WHERE f.issuer_id = :issuer AND i.file_name = 'records.txt';
