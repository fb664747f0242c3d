-- 59_archive_search: name parts, card and vehicle numbers, full text.

CREATE OR REPLACE FUNCTION mailroom.archive_words(content text, with_names boolean)
	RETURNS text[]
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	-- Words end at ASCII signs alone, so that letters beyond ASCII are letters whatever the database's locale.
	-- Registration numbers (EK 12345) and numbers in groups of four (7082 1234 5678) become one word, here and in the question
	SELECT coalesce(array_agg(DISTINCT left(w.word, 40)), '{}')
		FROM regexp_split_to_table(
			regexp_replace(regexp_replace(lower(left($1, 200000)), '\m([[:alpha:]]{1,3})[ -]([0-9]{2,5})\M', '\1\2', 'g'), '([0-9]{4})[ -](?=[0-9]{4})', '\1', 'g'),
			'[\x01-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+') AS w (word)
		WHERE length(w.word) >= 2 AND ($2 OR (length(w.word) >= 4 AND w.word ~ '[0-9]'));
END;
COMMENT ON FUNCTION mailroom.archive_words(text, boolean) IS 'words of a text as the archive''s index has them: lower case (beyond ASCII as the locale of the database knows it), letters and digits, at least 2 of them; without names only those with a digit and at least 4 characters';

CREATE OR REPLACE FUNCTION mailroom.archive_document_words(issuer_id bigint, invoice_id bigint, customer_no text, customer_name text, words text)
	RETURNS tsvector
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT array_to_tsvector(ARRAY(
		SELECT $1 || ':' || w.word
		FROM unnest(mailroom.archive_words(concat_ws(' ', $4, $3), true)
			|| CASE WHEN $5 IN ('items', 'text') AND $2 IS NOT NULL THEN mailroom.archive_words(
				(SELECT string_agg(concat_ws(' ', l.item_id, l.item_name, l.item_description, l.accounting_reference, l.note, l.other_terms::text), ' ')
					FROM mailroom.invoice_line l WHERE l.issuer_id = $1 AND l.invoice_id = $2), $5 = 'text') END
			|| CASE WHEN $5 = 'text' AND $2 IS NOT NULL THEN mailroom.archive_words(
				(SELECT concat_ws(' ', i.invoice_number, i.buyer_reference, i.order_reference, i.note, i.payment_terms, i.seller_name, i.buyer_street, i.buyer_street_2, i.buyer_city,
						i.buyer_postcode, i.buyer_email, i.other_terms::text, i.extra::text)
					FROM mailroom.invoice i WHERE i.issuer_id = $1 AND i.invoice_id = $2), true) END) AS w (word)
		LIMIT 4000));
END;
COMMENT ON FUNCTION mailroom.archive_document_words(bigint, bigint, text, text, text) IS 'words of a document for its index, at most 4,000; words: names, items or text as in mailroom.archive_index';
REVOKE EXECUTE ON FUNCTION mailroom.archive_document_words(bigint, bigint, text, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.index_archive_entries()
	RETURNS trigger
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	INSERT INTO mailroom.archive_word (issuer_id, document_id, words)
		SELECT n.issuer_id, n.document_id, mailroom.archive_document_words(n.issuer_id, n.invoice_id, n.customer_no, n.customer_name, coalesce(x.words, 'none'))
			FROM new_rows n
				LEFT JOIN mailroom.archive_index x ON x.issuer_id = n.issuer_id
			WHERE coalesce(x.words, 'none') <> 'none' AND (n.customer_name IS NOT NULL OR n.invoice_id IS NOT NULL)
		ON CONFLICT DO NOTHING;
	RETURN NULL;
END;
$$;
COMMENT ON FUNCTION mailroom.index_archive_entries() IS 'statement trigger of mailroom.archive_entry: indexes the words of new documents';
REVOKE EXECUTE ON FUNCTION mailroom.index_archive_entries() FROM PUBLIC;

DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger g
		WHERE g.tgrelid = 'mailroom.archive_entry'::pg_catalog.regclass AND g.tgname = 'index_words') THEN
		CREATE TRIGGER index_words AFTER INSERT ON mailroom.archive_entry
			REFERENCING NEW TABLE AS new_rows
			FOR EACH STATEMENT EXECUTE FUNCTION mailroom.index_archive_entries();
	END IF;
END;
$$;

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
COMMENT ON FUNCTION mailroom.set_archive_index(bigint, text) IS 'says which words of an issuer''s documents are indexed: none (as long as it is not called), names, items or text; a job index_archive does it for those that are archived already; needs operator';
REVOKE EXECUTE ON FUNCTION mailroom.set_archive_index(bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.index_archive(issuer_id bigint, job_id bigint, arguments jsonb)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	kept text := coalesce((SELECT x.words FROM mailroom.archive_index x WHERE x.issuer_id = $1), 'none');
BEGIN
	DELETE FROM mailroom.archive_word w
		WHERE w.issuer_id = $1;
	INSERT INTO mailroom.archive_word (issuer_id, document_id, words)
		SELECT e.issuer_id, e.document_id, mailroom.archive_document_words(e.issuer_id, e.invoice_id, e.customer_no, e.customer_name, kept)
			FROM mailroom.archive_entry e
			WHERE e.issuer_id = $1 AND e.salt <> ''::bytea AND kept <> 'none' AND (e.customer_name IS NOT NULL OR e.invoice_id IS NOT NULL);
END;
$$;
COMMENT ON FUNCTION mailroom.index_archive(bigint, bigint, jsonb) IS 'handler of jobs index_archive: indexes the words of all documents of the issuer anew';
REVOKE EXECUTE ON FUNCTION mailroom.index_archive(bigint, bigint, jsonb) FROM PUBLIC;
SELECT mailroom.register_handler('index_archive', 'mailroom.index_archive(bigint, bigint, jsonb)');

CREATE OR REPLACE FUNCTION mailroom.find_documents(issuer_id bigint, words text, max_rows integer DEFAULT 50)
	RETURNS SETOF mailroom.archive_match
	STABLE PARALLEL RESTRICTED ROWS 50
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	asked text[];
	question tsquery;
BEGIN
	PERFORM mailroom.require_issuer($1, mailroom.archive_reader_kind($1));
	asked := mailroom.archive_words(words, true);
	IF cardinality(asked) = 0 THEN
		RAISE EXCEPTION 'nothing to look for in "%"', coalesce(words, 'NULL')
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Ask for words of at least two letters or digits.';
	END IF;
	-- the words hold no ASCII sign, so that nothing in them is an operator
	question := (SELECT string_agg(format('''%s:%s'':*', $1, a.word), ' & ') FROM unnest(asked) AS a (word))::tsquery;
	RETURN QUERY
		SELECT e.document_id, e.invoice_id, e.invoice_number, e.customer_no, e.customer_name, e.payment_reference,
				e.issue_date, e.amount_minor, e.currency, e.content_bytes
			FROM (SELECT m.document_id
					FROM (SELECT w.document_id FROM mailroom.archive_word w WHERE w.words @@ question AND w.issuer_id = $1 LIMIT 1000) AS m
					ORDER BY m.document_id DESC
					LIMIT $3) AS f
				CROSS JOIN LATERAL (SELECT * FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.document_id = f.document_id OFFSET 0) AS e
			ORDER BY e.issue_date DESC NULLS LAST, e.document_id DESC;
END;
$$;
COMMENT ON FUNCTION mailroom.find_documents(bigint, text, integer) IS 'archived documents that have all the words, or words that begin with them: parts of the customer''s name, numbers of cards, vehicles and meters (with or without spaces), all text where set_archive_index says so; newest first, at most max_rows, of at most 1,000 that match; needs reader or clerk; 22023 when there is no word in the question';
REVOKE EXECUTE ON FUNCTION mailroom.find_documents(bigint, text, integer) FROM PUBLIC;

SELECT mailroom.allow('operator', 'function', 'mailroom.set_archive_index(bigint, text)', 'EXECUTE');
SELECT mailroom.allow(k.kind, 'function', 'mailroom.find_documents(bigint, text, integer)', 'EXECUTE')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind);
SELECT mailroom.allow(k.kind, 'table', 'mailroom.archive_index', 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind);
