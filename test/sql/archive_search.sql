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
-- what is printed is pasted: blanks, signs and case between letters and digits say nothing, neither in the question nor in the entry
SELECT id AS printed FROM nextval(pg_get_serial_sequence('mailroom.document', 'document_id')) AS id \gset
SELECT setval(pg_get_serial_sequence('mailroom.document', 'document_id'), :printed + 10) > 0 AS set;
INSERT INTO mailroom.invoice (issuer_id, invoice_id, origin, state, seller_key, content_sha256, received_at, invoice_number, buyer_no, buyer_name, payment_reference, issue_date)
	SELECT :one, -8000000 - n, 'file', 'printed', 'seller', '', mailroom.now(), number, customer, 'Åse Berg-Nilsen', reference, date '2027-01-01' + n
	FROM (VALUES (1, 'INV-0001', 'K-100/7', '0123456789'), (2, 'inv 00 02', 'K1008', '12 34567 89012'), (3, 'Nr. 2027/17-ÆØ', '1009', 'RF18 5390 0754 7034'), (4, '--', NULL, '- -'), (5, 'INV2027000555', NULL, '98765432109876543210')) AS v (n, number, customer, reference);
INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	SELECT :one, :printed + n, -8000000 - n, 'invoice', 1, 1, '{0}', '{0}', 8, sha256(convert_to('pasted ' || n, 'UTF8')), mailroom.now() FROM generate_series(1, 5) AS n;
SELECT mailroom.archive_store(:one, array_agg(:printed + n ORDER BY n), array_agg(convert_to('pasted ' || n, 'UTF8') ORDER BY n)) FROM generate_series(1, 5) AS n;
SELECT q.asked, (SELECT string_agg((s.document_id - :printed)::text, ' ') FROM mailroom.search_archive(:one, q.asked) AS s) AS number,
		(SELECT string_agg((s.document_id - :printed)::text, ' ') FROM mailroom.search_archive(:one, payment_reference => q.asked) AS s) AS reference
	FROM (VALUES ('INV-0001'), ('inv 0001'), ('INV0001'), ('INV-00-02'), ('INV 2027 000 555'), ('nr 2027 17 æø'), ('2027/17'), ('--'), ('- -'), ('-'), (''), ('0123 4567 89'), (' 0123456789 '), ('012-345-678-9'), ('1 23456 78901 2'), ('12.34567.89012'), ('rf18539007547034'), ('RF18 5390 0754 7034'), ('98765 43210 98765 43210')) AS q (asked) ORDER BY q.asked COLLATE "C";
SELECT q.asked, (SELECT string_agg((s.document_id - :printed)::text, ' ') FROM mailroom.find_documents(:one, q.asked) AS s) AS found
	FROM (VALUES ('INV-0001'), ('INV0001'), ('inv 0002'), ('INV0002 berg'), ('INV 2027 000 555'), ('INV-2027-000-555'), ('nr 2027/17'), ('2027-17'), ('202717'), ('K 100 7'), ('k1007'), ('K-100-8'), ('100-9'), ('0123 4567 89'), ('012 345 678 9'), ('1 23456 78901 2'), ('1234567 89012 berg nilsen'), ('RF18 5390 0754 7034'), ('rf185390'), ('98765 43210 98765 43210'), ('berg-nilsen 0123-4567-89'), ('ase 100 9'), ('berg 99 99 99')) AS q (asked) ORDER BY q.asked COLLATE "C";
-- a selection for export still says the number as it is
SELECT mailroom.export_archive(:one, '{"invoice_number": "INV-0001"}') IS NOT NULL AS exported;
-- how many rows: none, fewer than none
SELECT count(*) FROM mailroom.search_archive(:one, max_rows => 0);
SELECT count(*) FROM mailroom.search_archive(:one, max_rows => -1);
-- spans of amounts among many: narrow ones read by amount, wide ones by day, and rows that are not visible left out of both
BEGIN;
INSERT INTO mailroom.archive_entry (issuer_id, document_id, volume_id, leaf_no, stored_in, stored_at, stored_bytes, content_bytes, content_sha256, salt, leaf_hash, issue_date, amount_minor, customer_no)
	SELECT :two, 5000000 + n, -n, 0, 0, 0, 0, 0, '\x00', '\x00', '\x00', CASE WHEN n % 97 > 0 THEN date '2027-01-01' + n * 7919 % 1000 END, n * 31 % 100003, CASE WHEN n % 3 = 0 THEN 'C7' ELSE 'C' || n % 5000 END FROM generate_series(1, 60000) AS n;
SAVEPOINT newest;
INSERT INTO mailroom.archive_entry (issuer_id, document_id, volume_id, leaf_no, stored_in, stored_at, stored_bytes, content_bytes, content_sha256, salt, leaf_hash, issue_date, amount_minor, customer_no)
	SELECT :two, 6000000 + n, -n - 100000, 0, 0, 0, 0, 0, '\x00', '\x00', '\x00', date '2031-01-01', 500 + n, 'C7' FROM generate_series(1, 3000) AS n;
ROLLBACK TO newest;
SELECT q.a, q.b, q.customer, q.day, q.rows, cardinality(a.got) AS found, a.got IS NOT DISTINCT FROM a.want AS same
	FROM (VALUES (0, 10, NULL, NULL, 50), (500, 12000, NULL, NULL, 50), (500, 12000, NULL, NULL, 1000), (500, 2000, NULL, NULL, 50), (500, 12000, NULL, NULL, NULL), (500, 99000, NULL, NULL, 50), (500, 99000, NULL, NULL, 1), (500, 12000, NULL, date '2027-03-01', 50), (0, 50000, NULL, '2027-03-01', 50), (99990, NULL, NULL, NULL, 50), (NULL, 40000, NULL, NULL, 50),
			(500, 510, 'C7', NULL, 50), (500, 2500, 'C7', NULL, 50), (500, 60000, 'C7', NULL, 50), (777, 777, 'C7', NULL, 50), (500, 60000, 'C11', NULL, 50), (500, 2500, 'C7', '2027-05-01', 50)) AS q (a, b, customer, day, rows),
		LATERAL (SELECT ARRAY(SELECT s.document_id FROM mailroom.search_archive(:two, NULL, q.customer, NULL, q.day, q.day + 20, q.a, q.b, q.rows) AS s) AS got,
			ARRAY(SELECT e.document_id FROM mailroom.archive_entry e
				WHERE e.issuer_id = :two AND (q.customer IS NULL OR e.customer_no = q.customer) AND (q.day IS NULL OR e.issue_date BETWEEN q.day AND q.day + 20) AND (q.a IS NULL OR e.amount_minor >= q.a) AND (q.b IS NULL OR e.amount_minor <= q.b) AND e.salt <> ''::bytea
				ORDER BY e.issue_date DESC NULLS LAST, e.document_id DESC LIMIT q.rows) AS want) AS a;
ROLLBACK;
