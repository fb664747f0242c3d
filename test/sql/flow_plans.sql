-- the whole way on tables that were filled a moment ago and never analysed: every statement finds its rows by key, so the
-- rows read grow with the number of invoices and not with its square
\set VERBOSITY terse
SET client_min_messages = warning;
SET stats_fetch_consistency = none;
\set invoices 600
SELECT mailroom.create_issuer('Flow plans AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
UPDATE mailroom.issuer SET registration_no = '855828332', vat_id = 'NO855828332MVA', payee_account = 'NO0868513681648', street = 'Gata 1', city = 'Oslo', postcode = '0150' WHERE issuer_id = :issuer;
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
CALL mailroom.run_jobs();
CREATE FUNCTION pg_temp.rows_read() RETURNS TABLE (name text, rows_read bigint) LANGUAGE sql AS $$
	SELECT 'index ' || s.indexrelname, s.idx_tup_read FROM pg_stat_user_indexes s WHERE s.schemaname = 'mailroom'
	UNION ALL
	-- issuers are those of all tests before this one: once autovacuum has counted them, foreign keys read their few pages
	SELECT 'table ' || t.relname, CASE WHEN t.relname = 'issuer' THEN t.seq_scan ELSE t.seq_tup_read END FROM pg_stat_user_tables t WHERE t.schemaname = 'mailroom'
$$;
SELECT FROM pg_stat_force_next_flush();
CREATE TEMPORARY TABLE before AS SELECT * FROM pg_temp.rows_read();

INSERT INTO mailroom.incoming_invoice (issuer_id, batch_key, invoice_number, issue_date, due_date, currency, buyer_no, buyer_name, buyer_street, buyer_postcode, buyer_city, buyer_country, gross_total)
	SELECT :issuer, 'plans', 'F-' || n, '2026-10-31', '2026-12-20', 'NOK', n, 'Kunde ' || n, 'Østre gate ' || n, '7012', 'TRONDHEIM', 'NO', 125 FROM generate_series(1, :invoices) AS n;
INSERT INTO mailroom.incoming_invoice_line (issuer_id, batch_key, invoice_number, quantity, unit_code, price, net_amount, tax_category, tax_rate, item_name)
	SELECT :issuer, 'plans', 'F-' || n, 10, 'LTR', 10, 100, 'S', 25, 'Diesel' FROM generate_series(1, :invoices) AS n;
SELECT mailroom.close_batch(:issuer, 'plans', :invoices, :invoices * 125) IS NOT NULL AS closed;
CALL mailroom.run_jobs();
SELECT state, count(*) FROM mailroom.invoice WHERE issuer_id = :issuer GROUP BY 1 ORDER BY 1;
SELECT count(*) AS letters FROM mailroom.letter_print WHERE issuer_id = :issuer;

SELECT FROM pg_stat_force_next_flush();
SELECT a.name, round((a.rows_read - b.rows_read) / :invoices::numeric) AS rows_an_invoice
	FROM pg_temp.rows_read() a JOIN before b USING (name)
	WHERE a.rows_read - b.rows_read > 60 * :invoices
	ORDER BY 1;
RESET stats_fetch_consistency;
