-- 58_archive_rows: what else the tables say of archived documents, against what the chain covers.

CREATE OR REPLACE FUNCTION mailroom.archive_word_defects(issuer_id bigint)
	RETURNS TABLE (volume_id bigint, document_id bigint, defect text)
	STABLE STRICT PARALLEL RESTRICTED ROWS 10
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_archive_word_defects';
COMMENT ON FUNCTION mailroom.archive_word_defects(bigint) IS 'internal part of verify_archive: pages of the index of words that are damaged, and documents that are not found by their invoice number or payment reference';
REVOKE EXECUTE ON FUNCTION mailroom.archive_word_defects(bigint) FROM PUBLIC;

-- A deletion takes buyer and reference from the invoice, which other documents may share.
CREATE OR REPLACE FUNCTION mailroom.archive_invoice_defects(issuer_id bigint)
	RETURNS TABLE (volume_id bigint, document_id bigint, defect text)
	STABLE PARALLEL RESTRICTED ROWS 10
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT e.volume_id, e.document_id, c.defect
		FROM mailroom.archive_entry e
			JOIN mailroom.document d ON d.issuer_id = e.issuer_id AND d.document_id = e.document_id
			LEFT JOIN mailroom.invoice i ON i.issuer_id = e.issuer_id AND i.invoice_id = d.invoice_id
			CROSS JOIN LATERAL (
				SELECT CASE
					WHEN e.invoice_id IS DISTINCT FROM i.invoice_id THEN 'document row leads to another invoice than was archived'
					WHEN (i.invoice_number, i.issue_date, i.payable_minor, i.currency) IS NOT DISTINCT FROM (e.invoice_number, e.issue_date, e.amount_minor, e.currency)
						AND (i.buyer_no, i.buyer_name, i.payment_reference) IS NOT DISTINCT FROM (e.customer_no, e.customer_name, e.payment_reference) THEN NULL
					WHEN i.invoice_id IS NULL THEN NULL
					WHEN (i.invoice_number, i.issue_date, i.payable_minor, i.currency) IS NOT DISTINCT FROM (e.invoice_number, e.issue_date, e.amount_minor, e.currency)
						AND (i.buyer_no, i.buyer_name, i.payment_reference) IS NULL
						AND EXISTS (SELECT FROM mailroom.archive_erasure x JOIN mailroom.document o ON o.issuer_id = x.issuer_id AND o.document_id = x.document_id
							WHERE x.issuer_id = e.issuer_id AND o.invoice_id = d.invoice_id) THEN NULL
					ELSE 'invoice row says something else than was archived: ' || concat_ws(', ',
						CASE WHEN i.invoice_number IS DISTINCT FROM e.invoice_number THEN 'invoice_number' END,
						CASE WHEN i.buyer_no IS DISTINCT FROM e.customer_no THEN 'buyer_no' END,
						CASE WHEN i.buyer_name IS DISTINCT FROM e.customer_name THEN 'buyer_name' END,
						CASE WHEN i.payment_reference IS DISTINCT FROM e.payment_reference THEN 'payment_reference' END,
						CASE WHEN i.issue_date IS DISTINCT FROM e.issue_date THEN 'issue_date' END,
						CASE WHEN i.payable_minor IS DISTINCT FROM e.amount_minor THEN 'payable_minor' END,
						CASE WHEN i.currency IS DISTINCT FROM e.currency THEN 'currency' END) END AS defect) AS c
		WHERE e.issuer_id = $1 AND e.salt <> ''::bytea AND c.defect IS NOT NULL
		ORDER BY e.volume_id, e.document_id;
END;
COMMENT ON FUNCTION mailroom.archive_invoice_defects(bigint) IS 'internal part of verify_archive: documents whose invoice, as the house shows it, is not the one of their entry, which the chain covers';
REVOKE EXECUTE ON FUNCTION mailroom.archive_invoice_defects(bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.archive_origin_problem(entry mailroom.archive_entry, origin mailroom.archive_origin)
	RETURNS text
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT CASE
		WHEN mailroom.archive_proof_problem((origin).proof) IS NOT NULL THEN 'first proof of the imported document does not hold: ' || mailroom.archive_proof_problem((origin).proof)
		WHEN (origin).proof ->> 'leaf_hash' IS DISTINCT FROM encode((origin).leaf_hash, 'hex') THEN 'first proof of the imported document has another leaf hash'
		WHEN ((origin).proof -> 'leaf') - ARRAY['issuer_id', 'document_id', 'volume_id', 'leaf_no', 'stored_sha256', 'invoice_id'] IS DISTINCT FROM jsonb_build_object(
			'content_bytes', (entry).content_bytes, 'content_sha256', encode((entry).content_sha256, 'hex'), 'invoice_number', (entry).invoice_number, 'customer_no', (entry).customer_no,
			'customer_name', (entry).customer_name, 'payment_reference', (entry).payment_reference, 'issue_date', to_char((entry).issue_date, 'YYYY-MM-DD'),
			'amount_minor', (entry).amount_minor, 'currency', (entry).currency) THEN 'first proof is that of another document' END;
END;
COMMENT ON FUNCTION mailroom.archive_origin_problem(mailroom.archive_entry, mailroom.archive_origin) IS 'what is wrong with the proof that an imported document brought with it, NULL when it holds and is of this document';
REVOKE EXECUTE ON FUNCTION mailroom.archive_origin_problem(mailroom.archive_entry, mailroom.archive_origin) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.archive_mark_defects(issuer_id bigint)
	RETURNS TABLE (volume_id bigint, document_id bigint, defect text)
	STABLE PARALLEL RESTRICTED ROWS 10
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT e.volume_id, e.document_id, 'deleted document says something again'
		FROM mailroom.archive_entry e
		WHERE e.issuer_id = $1 AND e.salt = ''::bytea AND (e.content_sha256 <> ''::bytea OR e.content_bytes <> 0
			OR num_nonnulls(e.dictionary_id, e.invoice_id, e.invoice_number, e.customer_no, e.customer_name, e.payment_reference, e.issue_date, e.amount_minor, e.currency) > 0)
	UNION ALL
	SELECT NULL, x.document_id, 'document is told to be deleted and is not'
		FROM mailroom.archive_erasure x
		WHERE x.issuer_id = $1 AND NOT EXISTS (SELECT FROM mailroom.archive_entry e WHERE e.issuer_id = $1 AND e.document_id = x.document_id AND e.salt = ''::bytea)
	UNION ALL
	SELECT e.volume_id, e.document_id, CASE WHEN d.channel = 'record' THEN 'document says that it is the record of a deletion and is not' ELSE 'record of a deletion does not say that it is one' END
		FROM mailroom.archive_entry e
			JOIN mailroom.document d ON d.issuer_id = e.issuer_id AND d.document_id = e.document_id
		WHERE e.issuer_id = $1 AND (d.channel = 'record') <> EXISTS (SELECT FROM mailroom.archive_erasure x WHERE x.issuer_id = $1 AND x.record_id = e.document_id)
			AND NOT EXISTS (SELECT FROM mailroom.archive_origin o WHERE o.issuer_id = $1 AND o.document_id = e.document_id)
	UNION ALL
	SELECT e.volume_id, o.document_id, coalesce(p.problem, 'imported document is not in the archive')
		FROM mailroom.archive_origin o
			LEFT JOIN mailroom.archive_entry e ON e.issuer_id = o.issuer_id AND e.document_id = o.document_id
			CROSS JOIN LATERAL (SELECT mailroom.archive_origin_problem(e, o)) AS p (problem)
		WHERE o.issuer_id = $1 AND (e.document_id IS NULL OR p.problem IS NOT NULL)
	UNION ALL
	SELECT NULL, NULL, format('invoices that are printed or archived have no document: %s in all, among them %s', count(*), min(i.invoice_id))
		FROM mailroom.invoice i
		WHERE i.issuer_id = $1 AND i.state IN ('printed', 'archived') AND NOT EXISTS (SELECT FROM mailroom.document d WHERE d.issuer_id = $1 AND d.invoice_id = i.invoice_id)
		HAVING count(*) > 0
	ORDER BY 1, 2, 3;
END;
COMMENT ON FUNCTION mailroom.archive_mark_defects(bigint) IS 'internal part of verify_archive: marks of deletion, records and imports that do not fit the entries, and invoices that were sent and have no document';
REVOKE EXECUTE ON FUNCTION mailroom.archive_mark_defects(bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.archive_publication_defects(issuer_id bigint)
	RETURNS TABLE (volume_id bigint, document_id bigint, defect text)
	STABLE PARALLEL RESTRICTED ROWS 10
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	a_file record;
	told jsonb;
BEGIN
	RETURN QUERY
		WITH reached AS (
			SELECT l.link_no, sum(v.document_count) OVER (ORDER BY l.link_no) AS documents
				FROM mailroom.archive_link l
					JOIN mailroom.archive_volume v ON v.issuer_id = l.issuer_id AND v.volume_id = l.volume_id
				WHERE l.issuer_id = $1)
		SELECT NULL::bigint, NULL::bigint, format('head published as link %s says %s documents, the chain has %s', h.link_no, h.document_count, r.documents)
			FROM mailroom.archive_head h
				JOIN reached r ON r.link_no = h.link_no
			WHERE h.issuer_id = $1 AND h.document_count <> r.documents
			ORDER BY h.link_no;
	-- heads that left the house as files are told by these too, whatever became of their rows
	FOR a_file IN
		SELECT f.outgoing_file_id, f.content_sha256, (SELECT string_agg(p.content, ''::bytea ORDER BY p.part_no) FROM mailroom.outgoing_file_part p
				WHERE p.issuer_id = f.issuer_id AND p.outgoing_file_id = f.outgoing_file_id) AS content
			FROM mailroom.outgoing_file f
			WHERE f.issuer_id = $1 AND f.kind = 'archive_head'
			ORDER BY f.outgoing_file_id
	LOOP
		BEGIN
			told := convert_from(a_file.content, 'UTF8')::jsonb;
		EXCEPTION WHEN data_exception THEN
			told := NULL;
		END;
		IF sha256(a_file.content) IS DISTINCT FROM a_file.content_sha256 OR told IS NULL THEN
			RETURN QUERY SELECT NULL::bigint, NULL::bigint, format('outgoing file %s, a published head, was changed', a_file.outgoing_file_id);
		ELSIF NOT EXISTS (SELECT FROM mailroom.archive_link l
			WHERE l.issuer_id = $1 AND l.link_no = (told ->> 'link_no')::bigint AND encode(l.link_hash, 'hex') = told ->> 'head_hash') THEN
			RETURN QUERY SELECT NULL::bigint, NULL::bigint, format('chain does not run through the head in outgoing file %s, link %s', a_file.outgoing_file_id, told ->> 'link_no');
		ELSIF NOT EXISTS (SELECT FROM mailroom.archive_head h WHERE h.issuer_id = $1 AND h.link_no = (told ->> 'link_no')::bigint) THEN
			RETURN QUERY SELECT NULL::bigint, NULL::bigint, format('head in outgoing file %s, link %s, has no row', a_file.outgoing_file_id, told ->> 'link_no');
		END IF;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.archive_publication_defects(bigint) IS 'internal part of verify_archive: published heads whose count or file says something else';
REVOKE EXECUTE ON FUNCTION mailroom.archive_publication_defects(bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.archive_row_defects(issuer_id bigint)
	RETURNS TABLE (volume_id bigint, document_id bigint, defect text)
	STABLE PARALLEL RESTRICTED ROWS 10
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT * FROM mailroom.archive_invoice_defects($1)
	UNION ALL
	SELECT * FROM mailroom.archive_mark_defects($1)
	UNION ALL
	SELECT * FROM mailroom.archive_publication_defects($1)
	UNION ALL
	SELECT * FROM mailroom.archive_word_defects($1);
END;
COMMENT ON FUNCTION mailroom.archive_row_defects(bigint) IS 'internal part of verify_archive: rows that say something else of archived documents than what the chain covers';
REVOKE EXECUTE ON FUNCTION mailroom.archive_row_defects(bigint) FROM PUBLIC;
