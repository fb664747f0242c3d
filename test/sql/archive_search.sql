-- archive: found by number, customer, reference, date, amount, and by index
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
SELECT mailroom.create_issuer('Search AS', 'NO', 'Europe/Oslo', 'NOK') AS one \gset
SELECT mailroom.create_issuer('Search Two AS', 'NO', 'Europe/Oslo', 'NOK') AS two \gset
CREATE TEMPORARY TABLE sample AS
	SELECT i.issuer, n, nextval(pg_get_serial_sequence('mailroom.document', 'document_id')) AS id, convert_to('Document ' || lpad(i.issuer::text, 6, '0') || '/' || n, 'UTF8') AS content
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
-- whatever is asked together, the answer is that of reading all
INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	SELECT :two, id + 1000000, -id - 1000000, 'invoice', 1, 1, '{0}', '{0}', 7, sha256('nothing'), mailroom.now() FROM sample WHERE issuer = :two;
SELECT mailroom.archive_store(:two, array_agg(id + 1000000 ORDER BY n), array_agg('nothing'::bytea)) FROM sample WHERE issuer = :two;
CREATE FUNCTION pg_temp.differences(issuer bigint) RETURNS TABLE (question bigint, asked text, got bigint, want bigint) LANGUAGE sql AS $$
	SELECT row_number() OVER (), q::text, cardinality(a.got), cardinality(a.want)
		FROM (VALUES (NULL), ('F77'), ('absent')) AS number (v), (VALUES (NULL), ('C7'), ('C27')) AS customer (v), (VALUES (NULL), ('R77')) AS reference (v),
			(VALUES (NULL, NULL), (date '2026-02-01', date '2026-03-31'), ('2026-10-01', NULL), (NULL, '2026-01-03'), ('2026-02-01', '2026-01-01')) AS day (a, b),
			(VALUES (NULL, NULL), (7700, 7700), (100, 199999), (-10000000, 0), (199000, NULL), (NULL, -190000), (5000, 4000)) AS amount (a, b), (VALUES (50), (NULL)) AS most (rows),
			LATERAL (SELECT number.v, customer.v, reference.v, day.a, day.b, amount.a, amount.b, most.rows) AS q,
			LATERAL (SELECT ARRAY(SELECT s.document_id FROM mailroom.search_archive(issuer, number.v, customer.v, reference.v, day.a, day.b, amount.a, amount.b, most.rows) AS s) AS got,
				ARRAY(SELECT e.document_id FROM mailroom.archive_entry e
					WHERE e.issuer_id = issuer AND (number.v IS NULL OR e.invoice_number = number.v) AND (customer.v IS NULL OR e.customer_no = customer.v) AND (reference.v IS NULL OR e.payment_reference = reference.v)
						AND (day.a IS NULL OR e.issue_date >= day.a) AND (day.b IS NULL OR e.issue_date <= day.b) AND (amount.a IS NULL OR e.amount_minor >= amount.a) AND (amount.b IS NULL OR e.amount_minor <= amount.b)
					ORDER BY e.issue_date DESC NULLS LAST, e.document_id DESC LIMIT most.rows) AS want) AS a
		WHERE a.got IS DISTINCT FROM a.want AND (number.v IS NULL OR reference.v IS NULL)
$$;
SELECT count(*) FROM pg_temp.differences(:one);
SELECT count(*) FROM pg_temp.differences(:two);
-- more than a thousand of an amount, and of a span of amounts that is rare among the newest
BEGIN;
INSERT INTO mailroom.archive_entry (issuer_id, document_id, volume_id, leaf_no, stored_in, stored_at, stored_bytes, content_bytes, content_sha256, salt, leaf_hash, issue_date, amount_minor, customer_no)
	SELECT :two, 5000000 + n, -n, 0, 0, 0, 0, 0, '\x00', '\x00', '\x00', date '2027-01-01' + n / 10, CASE WHEN n <= 1500 THEN 7700 WHEN n <= 3000 THEN 150000 ELSE -1 END, CASE n % 1000 WHEN 1 THEN 'C7' ELSE 'C8' END FROM generate_series(1, 9000) AS n;
SELECT count(*) FROM pg_temp.differences(:two);
ROLLBACK;
-- a number longer than the index's words, and one that begins like it
INSERT INTO mailroom.invoice (issuer_id, invoice_id, origin, state, seller_key, content_sha256, received_at, invoice_number, payment_reference)
	SELECT :two, -7000000 - n, 'file', 'printed', 'seller', '', mailroom.now(), repeat('Nr. ', 12) || n, repeat('7', 38 + n) FROM generate_series(1, 3) AS n;
INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	SELECT :two, 7000000 + n, -7000000 - n, 'invoice', 1, 1, '{0}', '{0}', 7, sha256('nothing'), mailroom.now() FROM generate_series(1, 3) AS n;
SELECT mailroom.archive_store(:two, array_agg(7000000 + n ORDER BY n), array_agg('nothing'::bytea)) FROM generate_series(1, 3) AS n;
SELECT document_id % 1000 AS document, invoice_number FROM mailroom.search_archive(:two, repeat('Nr. ', 12) || 2);
SELECT document_id % 1000 AS document FROM mailroom.search_archive(:two, payment_reference => repeat('7', 39));
SELECT document_id % 1000 AS document FROM mailroom.search_archive(:two, payment_reference => repeat('7', 41));
SELECT count(*) FROM mailroom.search_archive(:two, '');
-- each way of asking goes by one index, in its order, without sorting what it finds
CREATE FUNCTION pg_temp.indexes(condition text) RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
	plan json;
BEGIN
	EXECUTE 'PREPARE question (bigint, text, date, date, bigint) AS SELECT e.document_id FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND ' || condition || ' ORDER BY e.issue_date DESC NULLS LAST, e.document_id DESC LIMIT 50';
	EXECUTE $e$EXPLAIN (FORMAT json) EXECUTE question (1, 'C7', '2026-05-01', '2026-05-03', 7700)$e$ INTO plan;
	DEALLOCATE question;
	RETURN (SELECT string_agg(DISTINCT m[1], ' ' ORDER BY m[1]) FROM regexp_matches(replace(plan::text, '"Node Type": "Sort"', '"Index Name": "sorted"'), '"Index Name": "(\w+)"', 'g') AS m);
END;
$$;
ANALYZE mailroom.archive_entry;
SET plan_cache_mode = force_generic_plan;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT q.condition, pg_temp.indexes(q.condition)
	FROM (VALUES ('e.customer_no = $2'), ('e.amount_minor = $5'), ('e.amount_minor = $5 AND e.issue_date >= $3 AND e.issue_date <= $4'), ('e.issue_date >= $3 AND e.issue_date <= $4')) AS q (condition);
RESET plan_cache_mode;
RESET enable_seqscan;
RESET enable_bitmapscan;
