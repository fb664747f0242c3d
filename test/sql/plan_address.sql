-- letters that cannot be addressed, and a mailing that no plan carries
\set VERBOSITY terse
SET client_min_messages = warning;
SELECT c AS country, p AS postcode, mailroom.address_problem(c, p) AS problem
	FROM (VALUES ('NO', '0150'), ('NO', 'NO-0150'), ('NO', '150'), ('NO', NULL), ('SE', '111 22'), ('SE', '1112'), ('GB', 'SW1A 1AA'), ('NL', '1012 AB'),
		('US', '20500-0003'), ('AE', NULL), ('ZZ', '1234'), ('no', '0150'), ('', '0150'), (NULL, NULL)) AS a (c, p);

\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
SELECT mailroom.create_issuer('Adressen AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
UPDATE mailroom.issuer SET registration_no = '855828332', vat_id = 'NO855828332MVA', payee_account = 'NO0868513681648', street = 'Gata 1', city = 'Oslo', postcode = '0150' WHERE issuer_id = :issuer;
CREATE FUNCTION pg_temp.run(issuer bigint, batch text, places text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO mailroom.incoming_invoice (issuer_id, batch_key, invoice_number, issue_date, due_date, currency, buyer_no, buyer_name, buyer_street, buyer_postcode, buyer_city, buyer_country, gross_total)
		SELECT issuer, batch, batch || '-' || n, '2026-10-31', '2026-12-20', 'NOK', batch || n, 'Kunde ' || n, 'Gate ' || n, nullif(split_part(p, ' ', 2), ''), 'BYEN', split_part(p, ' ', 1), 125
			FROM unnest(places) WITH ORDINALITY AS u (p, n);
	INSERT INTO mailroom.incoming_invoice_line (issuer_id, batch_key, invoice_number, quantity, unit_code, price, net_amount, tax_category, tax_rate, item_name)
		SELECT issuer, batch, batch || '-' || n, 10, 'LTR', 10, 100, 'S', 25, 'Diesel' FROM generate_series(1, cardinality(places)) AS n;
	PERFORM mailroom.close_batch(issuer, batch, cardinality(places), 125 * cardinality(places));
END;
$$;
CREATE VIEW pg_temp.outcome AS
	SELECT i.issuer_id, i.invoice_number, i.buyer_country, i.buyer_postcode, i.state, f.rule, f.message
	FROM mailroom.invoice i LEFT JOIN mailroom.finding f USING (issuer_id, invoice_id);

-- at home, abroad, without country but at home, without country elsewhere, unknown country, bad postcodes
SELECT pg_temp.run(:issuer, 'A', ARRAY['NO 0150', 'DK 2100', ' 7012', ' 11122', 'ZZ 1234', 'NO 12', 'SE', 'AE']);
CALL mailroom.run_jobs();
SELECT invoice_number, buyer_country, buyer_postcode, state, rule, message FROM pg_temp.outcome WHERE issuer_id = :issuer ORDER BY 1;
SELECT received, set_aside, archived, difference FROM mailroom.reconciliation WHERE issuer_id = :issuer;

-- only a carrier whose minimum is out of reach is admitted: nothing is lost, and the state says what to do
INSERT INTO mailroom.issuer_carrier (issuer_id, carrier) VALUES (:issuer, 'demo-no-city');
SELECT pg_temp.run(:issuer, 'B', ARRAY['NO 0150', 'NO 0151']);
CALL mailroom.run_jobs();
SELECT invoice_number, state, rule FROM pg_temp.outcome WHERE issuer_id = :issuer AND invoice_number LIKE 'B%' ORDER BY 1;
SELECT state, regexp_replace(problem, 'run \d+', 'run N') AS problem FROM mailroom.run WHERE issuer_id = :issuer AND problem IS NOT NULL \gx
SELECT step, regexp_replace(regexp_replace(detail, 'run \d+', 'run N'), 'job \d+', 'job N') AS detail
	FROM mailroom.invoice_trace(:issuer, 'B-1') WHERE step = 'waiting';
INSERT INTO mailroom.issuer_carrier (issuer_id, carrier) VALUES (:issuer, 'demo-no-national');
SELECT mailroom.retry_job(:issuer, problem_job) FROM mailroom.run WHERE issuer_id = :issuer AND problem IS NOT NULL;
CALL mailroom.run_jobs();
SELECT invoice_number, state, rule FROM pg_temp.outcome WHERE issuer_id = :issuer AND invoice_number LIKE 'B%' ORDER BY 1;
SELECT state, problem FROM mailroom.run WHERE issuer_id = :issuer ORDER BY run_id;
