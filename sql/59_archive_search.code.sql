-- 59_archive_search: name parts, numbers of cards, vehicles and meters, full text.

CREATE OR REPLACE FUNCTION mailroom.archive_words(content text, kind text DEFAULT 'all')
	RETURNS text[]
	IMMUTABLE STRICT PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_archive_words';
COMMENT ON FUNCTION mailroom.archive_words(text, text) IS 'words of a text as the archive''s index has them, in order of their bytes: letters without case and marks, and digits, at least 2; kind: all; numbers: those with a digit and at least 4 characters; asked: as find_documents takes a question; 22023 for another kind';

CREATE OR REPLACE FUNCTION mailroom.index_archived(issuer_id bigint, document_ids bigint[], contents bytea[], building boolean DEFAULT false)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_index_archived';
COMMENT ON FUNCTION mailroom.index_archived(bigint, bigint[], bytea[], boolean) IS 'internal part of jobs index_archive: indexes the words of documents that are archived; contents: their bytes, NULL when their text is not asked for; building: for an index that is made beside the one in use';
REVOKE EXECUTE ON FUNCTION mailroom.index_archived(bigint, bigint[], bytea[], boolean) FROM PUBLIC;

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
COMMENT ON FUNCTION mailroom.find_archived_key(bigint, boolean, text, integer) IS 'internal part of search_archive, without check of rights: the highest document_ids with this invoice number, or payment reference, but for case and signs between letters and digits, or one that begins with the same 39 bytes: compare the entries';
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
		ON CONFLICT ON CONSTRAINT archive_index_pkey DO UPDATE SET words = excluded.words, indexed_at = NULL;
	PERFORM mailroom.enqueue_job($1, 'index_archive', '{}');
END;
$$;
COMMENT ON FUNCTION mailroom.set_archive_index(bigint, text) IS 'says which words of an issuer''s documents are indexed: none, names, items (as long as it is not called) or text; a job index_archive does it for those that are archived already; needs operator';
REVOKE EXECUTE ON FUNCTION mailroom.set_archive_index(bigint, text) FROM PUBLIC;

-- The new index is built beside the one in use, some thousands of documents a job, so that nobody waits for more than that; each job
-- names the generation and where to go on.  What is archived meanwhile goes into segments of the new generation, which are in
-- use at once.  When all is done the old segments are dropped and the new ones used, in one transaction.
CREATE OR REPLACE FUNCTION mailroom.index_archive(issuer_id bigint, job_id bigint, arguments jsonb)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	documents_a_job CONSTANT integer := 20000;
	wanted integer := (arguments ->> 'generation')::integer;
	last bigint := coalesce((arguments ->> 'after')::bigint, 0);
	kept text;
	batch bigint[];
	contents bytea[];
	done integer := 0;
BEGIN
	IF wanted IS NULL THEN
		PERFORM mailroom.start_archive_index($1);
		RETURN;
	END IF;
	-- as archive_store; no document is erased meanwhile
	LOCK TABLE mailroom.archive_entry IN ROW EXCLUSIVE MODE;
	SELECT x.words INTO kept FROM mailroom.archive_index x WHERE x.issuer_id = $1 AND x.generation = wanted;
	IF NOT FOUND THEN
		RETURN; -- it is made anew once more
	END IF;
	LOOP
		batch := ARRAY(SELECT e.document_id FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.document_id > last AND e.salt <> ''::bytea ORDER BY e.document_id LIMIT 1000);
		IF cardinality(batch) = 0 THEN
			PERFORM mailroom.use_archive_index($1, wanted);
			UPDATE mailroom.archive_index x
				SET indexed_at = mailroom.now()
				WHERE x.issuer_id = $1 AND x.generation = wanted AND x.words = kept;
			RETURN;
		END IF;
		IF kept = 'text' THEN
			contents := ARRAY(SELECT a.content FROM mailroom.archive_documents($1, batch) AS a);
		END IF;
		PERFORM mailroom.index_archived($1, batch, contents, true);
		last := batch[cardinality(batch)];
		done := done + cardinality(batch);
		IF done >= documents_a_job THEN
			PERFORM mailroom.enqueue_job($1, 'index_archive', jsonb_build_object('generation', wanted, 'after', last));
			RETURN;
		END IF;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.index_archive(bigint, bigint, jsonb) IS 'handler of jobs index_archive: makes the index of words of all documents of the issuer anew beside the one in use; arguments of the jobs that it makes itself: generation, and after: the last document_id that is done';
REVOKE EXECUTE ON FUNCTION mailroom.index_archive(bigint, bigint, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.start_archive_index(issuer_id bigint)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	wanted integer;
BEGIN
	-- what was left unfinished
	DELETE FROM mailroom.archive_word_page p
		USING mailroom.archive_word_segment s
		WHERE s.issuer_id = $1 AND s.building AND p.issuer_id = $1 AND p.segment_id = s.segment_id;
	DELETE FROM mailroom.archive_word_segment s WHERE s.issuer_id = $1 AND s.building;
	-- for a moment, until all who archive now are done: what they archive is read by the jobs that follow, what comes after is of the new generation
	LOCK TABLE mailroom.archive_entry IN SHARE ROW EXCLUSIVE MODE;
	INSERT INTO mailroom.archive_index AS x (issuer_id, words, indexed_at, generation)
		VALUES ($1, 'items', mailroom.now(), 1)
		ON CONFLICT ON CONSTRAINT archive_index_pkey DO UPDATE SET generation = x.generation + 1
		RETURNING x.generation INTO wanted;
	PERFORM mailroom.enqueue_job($1, 'index_archive', jsonb_build_object('generation', wanted, 'after', 0));
END;
$$;
COMMENT ON FUNCTION mailroom.start_archive_index(bigint) IS 'internal part of jobs index_archive: begins a new generation of the index of words';
REVOKE EXECUTE ON FUNCTION mailroom.start_archive_index(bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.use_archive_index(issuer_id bigint, generation integer)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	DELETE FROM mailroom.archive_word_page p
		USING mailroom.archive_word_segment s
		WHERE s.issuer_id = $1 AND s.generation < $2 AND p.issuer_id = $1 AND p.segment_id = s.segment_id;
	DELETE FROM mailroom.archive_word_segment s WHERE s.issuer_id = $1 AND s.generation < $2;
	UPDATE mailroom.archive_word_segment s SET building = false WHERE s.issuer_id = $1 AND s.generation = $2 AND s.building;
END;
$$;
COMMENT ON FUNCTION mailroom.use_archive_index(bigint, integer) IS 'internal part of jobs index_archive: the new generation of the index of words is whole and takes the place of all older ones';
REVOKE EXECUTE ON FUNCTION mailroom.use_archive_index(bigint, integer) FROM PUBLIC;
SELECT mailroom.register_handler('index_archive', 'mailroom.index_archive(bigint, bigint, jsonb)');

-- In C: rights are checked first there as in every SECURITY DEFINER function; then rows are read along the index that has
-- what is asked in the order asked, without the executor (src/archive/archive_search.c).
CREATE OR REPLACE FUNCTION mailroom.search_archive(issuer_id bigint, invoice_number text DEFAULT NULL, customer_no text DEFAULT NULL,
		payment_reference text DEFAULT NULL, issued_from date DEFAULT NULL, issued_to date DEFAULT NULL,
		amount_from bigint DEFAULT NULL, amount_to bigint DEFAULT NULL, max_rows integer DEFAULT 50)
	RETURNS SETOF mailroom.archive_match
	STABLE PARALLEL RESTRICTED ROWS 50
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_search_archive';
COMMENT ON FUNCTION mailroom.search_archive(bigint, text, text, text, date, date, bigint, bigint, integer) IS 'archived documents that meet all conditions given (NULL: any), newest first, at most max_rows (of a number or reference that more than 1,000 documents have, of the 1,000 archived last); numbers and references are the same whatever blanks and signs stand between their letters and digits, and in any case; amounts are amounts to pay in minor units of the document''s currency; needs reader or clerk';
REVOKE EXECUTE ON FUNCTION mailroom.search_archive(bigint, text, text, text, date, date, bigint, bigint, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.find_documents(issuer_id bigint, words text, max_rows integer DEFAULT 50)
	RETURNS SETOF mailroom.archive_match
	STABLE PARALLEL RESTRICTED ROWS 50
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_find_documents';
COMMENT ON FUNCTION mailroom.find_documents(bigint, text, integer) IS 'archived documents that have all the words, or words that begin with them: parts of the customer''s name, numbers of customer, invoice, payment, cards, vehicles and meters (in any groups), all text where set_archive_index says so; letters match without case and marks; the max_rows archived last, newest first; needs reader or clerk; 22023 when there is no word in the question';
REVOKE EXECUTE ON FUNCTION mailroom.find_documents(bigint, text, integer) FROM PUBLIC;

SELECT mailroom.allow('operator', 'function', 'mailroom.set_archive_index(bigint, text)', 'EXECUTE');
SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind),
		(VALUES ('mailroom.find_documents(bigint, text, integer)'),
			('mailroom.search_archive(bigint, text, text, text, date, date, bigint, bigint, integer)')) AS f (name);
SELECT mailroom.allow(k.kind, 'table', 'mailroom.archive_index', 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind);
