-- 59_archive_search: name parts, numbers of cards, vehicles and meters, full text.

CREATE OR REPLACE FUNCTION mailroom.archive_words(content text, kind text DEFAULT 'all')
	RETURNS text[]
	IMMUTABLE STRICT PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_archive_words';
COMMENT ON FUNCTION mailroom.archive_words(text, text) IS 'words of a text as the archive''s index has them, in order of their bytes: letters without case and marks, and digits, at least 2; kind: all; numbers: those with a digit and at least 4 characters; asked: as find_documents takes a question; 22023 for another kind';

CREATE OR REPLACE FUNCTION mailroom.index_archived(issuer_id bigint, document_ids bigint[], contents bytea[])
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_index_archived';
COMMENT ON FUNCTION mailroom.index_archived(bigint, bigint[], bytea[]) IS 'internal part of jobs index_archive: indexes the words of documents that are archived; contents: their bytes, NULL when their text is not asked for';
REVOKE EXECUTE ON FUNCTION mailroom.index_archived(bigint, bigint[], bytea[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.wipe_archive_words(issuer_id bigint, document_ids bigint[])
	RETURNS void
	VOLATILE STRICT PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_wipe_archive_words';
COMMENT ON FUNCTION mailroom.wipe_archive_words(bigint, bigint[]) IS 'internal part of erase_documents: takes documents out of the index of words; writes every segment anew that may hold them';
REVOKE EXECUTE ON FUNCTION mailroom.wipe_archive_words(bigint, bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.find_archived(issuer_id bigint, words text, max_rows integer)
	RETURNS SETOF bigint
	STABLE STRICT PARALLEL RESTRICTED ROWS 50
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_find_archived';
COMMENT ON FUNCTION mailroom.find_archived(bigint, text, integer) IS 'internal part of find_documents, without check of rights: the highest document_ids that have words beginning with each of those asked for; 22023 when there is no word in the question';
REVOKE EXECUTE ON FUNCTION mailroom.find_archived(bigint, text, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.find_archived_key(issuer_id bigint, reference boolean, value text, max_rows integer)
	RETURNS SETOF bigint
	STABLE STRICT PARALLEL RESTRICTED ROWS 1
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_find_archived_key';
COMMENT ON FUNCTION mailroom.find_archived_key(bigint, boolean, text, integer) IS 'internal part of search_archive, without check of rights: the highest document_ids with this invoice number, or payment reference, or one that begins with the same 39 bytes: compare the entries';
REVOKE EXECUTE ON FUNCTION mailroom.find_archived_key(bigint, boolean, text, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.set_archive_index(issuer_id bigint, words text)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	INSERT INTO mailroom.archive_index AS x (issuer_id, words)
		VALUES ($1, $2)
		ON CONFLICT ON CONSTRAINT archive_index_pkey DO UPDATE SET words = excluded.words;
	PERFORM mailroom.enqueue_job($1, 'index_archive', '{}');
END;
$$;
COMMENT ON FUNCTION mailroom.set_archive_index(bigint, text) IS 'says which words of an issuer''s documents are indexed: none, names, items (as long as it is not called) or text; a job index_archive does it for those that are archived already; needs operator';
REVOKE EXECUTE ON FUNCTION mailroom.set_archive_index(bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.index_archive(issuer_id bigint, job_id bigint, arguments jsonb)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	kept text := coalesce((SELECT x.words FROM mailroom.archive_index x WHERE x.issuer_id = $1), 'items');
	last bigint := 0;
	batch bigint[];
	contents bytea[];
BEGIN
	-- whoever archives meanwhile waits, so that no document is left out and none is there twice
	LOCK TABLE mailroom.archive_entry IN SHARE ROW EXCLUSIVE MODE;
	DELETE FROM mailroom.archive_word_page p WHERE p.issuer_id = $1;
	DELETE FROM mailroom.archive_word_segment s WHERE s.issuer_id = $1;
	LOOP
		batch := ARRAY(SELECT e.document_id FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.document_id > last AND e.salt <> ''::bytea ORDER BY e.document_id LIMIT 1000);
		EXIT WHEN cardinality(batch) = 0;
		IF kept = 'text' THEN
			contents := ARRAY(SELECT a.content FROM mailroom.archive_documents($1, batch) AS a);
		END IF;
		PERFORM mailroom.index_archived($1, batch, contents);
		last := batch[cardinality(batch)];
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.index_archive(bigint, bigint, jsonb) IS 'handler of jobs index_archive: indexes the words of all documents of the issuer anew; who archives meanwhile waits';
REVOKE EXECUTE ON FUNCTION mailroom.index_archive(bigint, bigint, jsonb) FROM PUBLIC;
SELECT mailroom.register_handler('index_archive', 'mailroom.index_archive(bigint, bigint, jsonb)');

CREATE OR REPLACE FUNCTION mailroom.search_archive_amounts(issuer_id bigint, customer_no text, issued_from date, issued_to date, amount_from bigint, amount_to bigint, max_rows integer)
	RETURNS bigint[]
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	least bigint := coalesce(amount_from, -9223372036854775808);
	most bigint := coalesce(amount_to, 9223372036854775807);
	found bigint[];
BEGIN
	-- a customer of few documents
	IF $2 IS NOT NULL THEN
		found := ARRAY(SELECT e.document_id FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.customer_no = $2 LIMIT 201);
		IF cardinality(found) <= 200 THEN
			RETURN found;
		END IF;
	END IF;
	-- few have such amounts: the index tells their days
	IF (SELECT count(*) FROM (SELECT FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.amount_minor >= least AND e.amount_minor <= most LIMIT 1001) AS s) <= 1000 THEN
		RETURN ARRAY(SELECT e.document_id FROM mailroom.archive_entry e
			WHERE e.issuer_id = $1 AND e.amount_minor >= least AND e.amount_minor <= most AND ($3 IS NULL OR e.issue_date >= $3) AND ($4 IS NULL OR e.issue_date <= $4)
			ORDER BY e.issue_date DESC NULLS LAST, e.document_id DESC LIMIT CASE WHEN $2 IS NULL THEN $7 END);
	END IF;
	IF $2 IS NOT NULL THEN
		RETURN ARRAY(SELECT e.document_id FROM mailroom.archive_entry e
			WHERE e.issuer_id = $1 AND e.customer_no = $2 AND ($3 IS NULL OR e.issue_date >= $3) AND ($4 IS NULL OR e.issue_date <= $4) AND e.amount_minor >= least AND e.amount_minor <= most
			ORDER BY e.issue_date DESC NULLS LAST, e.document_id DESC LIMIT $7);
	END IF;
	-- many have: the newest 5,000 documents may do; else all are sorted
	found := ARRAY(SELECT e.document_id
		FROM (SELECT n.document_id, n.amount_minor, n.issue_date FROM mailroom.archive_entry n WHERE n.issuer_id = $1 AND n.issue_date >= coalesce($3, '-infinity') AND n.issue_date <= coalesce($4, 'infinity') ORDER BY n.issue_date DESC NULLS LAST, n.document_id DESC LIMIT 5000) AS e
		WHERE e.amount_minor >= least AND e.amount_minor <= most
		ORDER BY e.issue_date DESC NULLS LAST, e.document_id DESC LIMIT $7);
	IF cardinality(found) >= $7 THEN
		RETURN found;
	END IF;
	RETURN ARRAY(SELECT e.document_id FROM mailroom.archive_entry e
		WHERE e.issuer_id = $1 AND e.amount_minor >= least AND e.amount_minor <= most AND ($3 IS NULL OR e.issue_date >= $3) AND ($4 IS NULL OR e.issue_date <= $4)
		ORDER BY e.issue_date DESC NULLS LAST, e.document_id DESC LIMIT $7);
END;
$$;
COMMENT ON FUNCTION mailroom.search_archive_amounts(bigint, text, date, date, bigint, bigint, integer) IS 'internal part of search_archive, without check of rights: documents whose amount lies between two, among them the newest max_rows that meet the other conditions';
REVOKE EXECUTE ON FUNCTION mailroom.search_archive_amounts(bigint, text, date, date, bigint, bigint, integer) FROM PUBLIC;

-- A query for each way of asking, each with one index that has what is asked in the order asked, and plans that are kept:
-- the planner knows no issuer's share of the table.  What is found are places of rows, so that each is fetched once.
CREATE OR REPLACE FUNCTION mailroom.search_archive(issuer_id bigint, invoice_number text DEFAULT NULL, customer_no text DEFAULT NULL,
		payment_reference text DEFAULT NULL, issued_from date DEFAULT NULL, issued_to date DEFAULT NULL,
		amount_from bigint DEFAULT NULL, amount_to bigint DEFAULT NULL, max_rows integer DEFAULT 50)
	RETURNS SETOF mailroom.archive_match
	STABLE PARALLEL RESTRICTED ROWS 50
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	SET plan_cache_mode = force_generic_plan
	SET enable_seqscan = off
	SET enable_bitmapscan = off
	SET jit = off
	LANGUAGE plpgsql
AS $$
DECLARE
	found tid[];
	first_day date := coalesce($5, '-infinity');
	last_day date := coalesce($6, 'infinity');
	any_day boolean := $5 IS NULL AND $6 IS NULL;
	documents bigint[];
BEGIN
	PERFORM mailroom.require_issuer($1, mailroom.archive_reader_kind($1));
	IF $2 IS NOT NULL THEN
		documents := ARRAY(SELECT mailroom.find_archived_key($1, false, $2, 1000));
	ELSIF $4 IS NOT NULL THEN
		documents := ARRAY(SELECT mailroom.find_archived_key($1, true, $4, 1000));
	ELSIF $7 = $8 AND $3 IS NULL AND any_day THEN
		found := ARRAY(SELECT e.ctid FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.amount_minor = $7 ORDER BY e.issue_date DESC NULLS LAST, e.document_id DESC LIMIT $9);
	ELSIF $7 = $8 AND $3 IS NULL THEN
		found := ARRAY(SELECT e.ctid FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.amount_minor = $7 AND e.issue_date >= first_day AND e.issue_date <= last_day ORDER BY e.issue_date DESC NULLS LAST, e.document_id DESC LIMIT $9);
	ELSIF $7 IS NOT NULL OR $8 IS NOT NULL THEN
		documents := mailroom.search_archive_amounts($1, $3, $5, $6, $7, $8, $9);
	ELSIF $3 IS NOT NULL AND any_day THEN
		found := ARRAY(SELECT e.ctid FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.customer_no = $3 ORDER BY e.issue_date DESC NULLS LAST, e.document_id DESC LIMIT $9);
	ELSIF $3 IS NOT NULL THEN
		found := ARRAY(SELECT e.ctid FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.customer_no = $3 AND e.issue_date >= first_day AND e.issue_date <= last_day ORDER BY e.issue_date DESC NULLS LAST, e.document_id DESC LIMIT $9);
	ELSIF NOT any_day THEN
		found := ARRAY(SELECT e.ctid FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.issue_date >= first_day AND e.issue_date <= last_day ORDER BY e.issue_date DESC NULLS LAST, e.document_id DESC LIMIT $9);
	ELSE
		found := ARRAY(SELECT e.ctid FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.salt <> ''::bytea ORDER BY e.issue_date DESC NULLS LAST, e.document_id DESC LIMIT $9);
	END IF;
	IF documents IS NOT NULL THEN
		found := ARRAY(SELECT e.ctid FROM unnest(documents) AS d (document_id) CROSS JOIN LATERAL (SELECT e.ctid FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.document_id = d.document_id OFFSET 0) AS e);
	END IF;
	RETURN QUERY
		SELECT e.document_id, e.invoice_id, e.invoice_number, e.customer_no, e.customer_name, e.payment_reference,
				e.issue_date, e.amount_minor, e.currency, e.content_bytes
			FROM mailroom.archive_entry e
			WHERE e.ctid = ANY (found) AND e.issuer_id = $1 AND e.salt <> ''::bytea
				AND ($2 IS NULL OR e.invoice_number = $2) AND ($3 IS NULL OR e.customer_no = $3) AND ($4 IS NULL OR e.payment_reference = $4)
				AND ($5 IS NULL OR e.issue_date >= $5) AND ($6 IS NULL OR e.issue_date <= $6) AND ($7 IS NULL OR e.amount_minor >= $7) AND ($8 IS NULL OR e.amount_minor <= $8)
			ORDER BY e.issue_date DESC NULLS LAST, e.document_id DESC
			LIMIT $9;
END;
$$;
COMMENT ON FUNCTION mailroom.search_archive(bigint, text, text, text, date, date, bigint, bigint, integer) IS 'archived documents that meet all conditions given (NULL: any), newest first, at most max_rows (of a number or reference that more than 1,000 documents have, of the 1,000 archived last); amounts are amounts to pay in minor units of the document''s currency; needs reader or clerk';
REVOKE EXECUTE ON FUNCTION mailroom.search_archive(bigint, text, text, text, date, date, bigint, bigint, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.find_documents(issuer_id bigint, words text, max_rows integer DEFAULT 50)
	RETURNS SETOF mailroom.archive_match
	STABLE PARALLEL RESTRICTED ROWS 50
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	SET plan_cache_mode = force_generic_plan
	SET jit = off
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, mailroom.archive_reader_kind($1));
	RETURN QUERY
		SELECT e.document_id, e.invoice_id, e.invoice_number, e.customer_no, e.customer_name, e.payment_reference,
				e.issue_date, e.amount_minor, e.currency, e.content_bytes
			FROM mailroom.find_archived($1, coalesce(words, ''), coalesce(max_rows, 2147483647)) AS f (document_id)
				CROSS JOIN LATERAL (SELECT * FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.document_id = f.document_id AND e.salt <> ''::bytea OFFSET 0) AS e
			ORDER BY e.issue_date DESC NULLS LAST, e.document_id DESC;
END;
$$;
COMMENT ON FUNCTION mailroom.find_documents(bigint, text, integer) IS 'archived documents that have all the words, or words that begin with them: parts of the customer''s name, numbers of customer, invoice, payment, cards, vehicles and meters (with or without spaces), all text where set_archive_index says so; letters match without case and marks; the max_rows archived last, newest first; needs reader or clerk; 22023 when there is no word in the question';
REVOKE EXECUTE ON FUNCTION mailroom.find_documents(bigint, text, integer) FROM PUBLIC;

SELECT mailroom.allow('operator', 'function', 'mailroom.set_archive_index(bigint, text)', 'EXECUTE');
SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind),
		(VALUES ('mailroom.find_documents(bigint, text, integer)'),
			('mailroom.search_archive(bigint, text, text, text, date, date, bigint, bigint, integer)')) AS f (name);
SELECT mailroom.allow(k.kind, 'table', 'mailroom.archive_index', 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind);
