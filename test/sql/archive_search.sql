-- archive: found by number, customer, reference, date, amount, and by index
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
SELECT mailroom.create_issuer('Search AS', 'NO', 'Europe/Oslo', 'NOK') AS one \gset
SELECT mailroom.create_issuer('Search Two AS', 'NO', 'Europe/Oslo', 'NOK') AS two \gset
CREATE TEMPORARY TABLE sample AS
	SELECT i.issuer, n, nextval(pg_get_serial_sequence('mailroom.document', 'document_id')) AS id, convert_to('Document ' || i.issuer || '/' || n, 'UTF8') AS content
	FROM (VALUES (:one, 2000), (:two, 10)) AS i (issuer, count), generate_series(1, i.count) AS n;
INSERT INTO mailroom.invoice (issuer_id, invoice_id, origin, state, seller_key, content_sha256, received_at, invoice_number, buyer_no, buyer_name, payment_reference, issue_date, payable_minor, currency)
	SELECT issuer, -id, 'file', 'printed', 'seller', '', mailroom.now(), 'F' || n, 'C' || n % 50, 'Name ' || n % 50, CASE WHEN n % 3 > 0 THEN 'R' || n END, date '2026-01-01' + n % 300, CASE WHEN n % 100 = 0 THEN -n ELSE n END * 100, 'NOK' FROM sample;
INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	SELECT issuer, id, -id, 'invoice', 1, 1, '{0}', '{0}', octet_length(content), sha256(content), mailroom.now() FROM sample;
SELECT mailroom.archive_store(:one, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM sample WHERE issuer = :one;
SELECT mailroom.archive_store(:two, array_agg(id ORDER BY n), array_agg(content ORDER BY n)) FROM sample WHERE issuer = :two;

SELECT invoice_number, customer_no, customer_name, payment_reference, issue_date, amount_minor, currency, content_bytes FROM mailroom.search_archive(:one, 'F77');
SELECT invoice_number, customer_no FROM mailroom.search_archive(:one, payment_reference => 'R101');
SELECT invoice_number, issue_date FROM mailroom.search_archive(:one, customer_no => 'C7', max_rows => 3);
SELECT invoice_number, issue_date FROM mailroom.search_archive(:one, customer_no => 'C7', issued_from => '2026-02-01', issued_to => '2026-02-28');
SELECT invoice_number FROM mailroom.search_archive(:one, amount_from => 12300, amount_to => 12300);
SELECT invoice_number, amount_minor FROM mailroom.search_archive(:one, amount_to => -190000);
SELECT count(*), min(issue_date), max(issue_date) FROM mailroom.search_archive(:one, issued_from => '2026-05-01', issued_to => '2026-05-03');
SELECT count(*) FROM mailroom.search_archive(:one);
SELECT count(*) FROM mailroom.search_archive(:one, max_rows => NULL);
SELECT count(*) FROM mailroom.search_archive(:one, 'F77', customer_no => 'C8');
SELECT count(*) FROM mailroom.search_archive(:two, 'F77');
SELECT invoice_number FROM mailroom.search_archive(:two, 'F7');
SELECT count(*) FROM mailroom.search_archive(:one, $$' OR true OR '$$);
-- what was found can be read
SELECT convert_from(mailroom.archive_document(:one, document_id), 'UTF8') LIKE '%/77' AS read FROM mailroom.search_archive(:one, 'F77');
-- each condition has its index
ANALYZE mailroom.archive_entry;
CREATE FUNCTION pg_temp.indexes(condition text) RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) SELECT * FROM mailroom.archive_entry e WHERE e.issuer_id = (SELECT max(s.issuer) - 1 FROM sample s) AND ' || condition || ' ORDER BY e.issue_date DESC NULLS LAST, e.document_id DESC LIMIT 50' INTO plan;
	RETURN (SELECT string_agg(DISTINCT m[1], ' ') FROM regexp_matches(plan::text, '"Index Name": "(\w+)"', 'g') AS m);
END;
$$;
SET enable_seqscan = off;
SELECT pg_temp.indexes($$ e.invoice_number = 'F77' $$) AS number, pg_temp.indexes($$ e.payment_reference = 'R77' $$) AS reference, pg_temp.indexes($$ e.customer_no = 'C7' $$) AS customer,
	pg_temp.indexes($$ e.amount_minor = 77 $$) AS amount, pg_temp.indexes($$ e.issue_date >= '2026-05-01' AND e.issue_date <= '2026-05-03' $$) AS date;
RESET enable_seqscan;
