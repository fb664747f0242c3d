-- 45_document_proof: what the pages say against what the invoices say.

CREATE OR REPLACE FUNCTION mailroom.template_proof_gaps(source text)
	RETURNS text[]
	IMMUTABLE STRICT PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_template_proof_gaps';
COMMENT ON FUNCTION mailroom.template_proof_gaps(text) IS 'of number, payable_amount, payment_reference and due_date those that no block of a template shows on a page, though its attribute proof does not say that it may do without; MR006 as check_template';

CREATE OR REPLACE FUNCTION mailroom.warn_of_proof(name text, source text)
	RETURNS void
	IMMUTABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	gaps CONSTANT text[] := mailroom.template_proof_gaps($2);
BEGIN
	IF $1 = 'invoice' AND cardinality(gaps) > 0 THEN
		RAISE WARNING 'template "%" does not show % of the invoice', $1, array_to_string(gaps, ', ')
			USING HINT = 'Invoices that have these values would be set aside (PROOF-MISSING). Show them, or say which ones it shows: <template proof="number payable_amount">.';
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.warn_of_proof(text, text) IS 'warns when a template for invoices leaves out what proof of content looks for';
REVOKE EXECUTE ON FUNCTION mailroom.warn_of_proof(text, text) FROM PUBLIC;

CREATE OR REPLACE VIEW mailroom.document_proof WITH (security_invoker = true) AS
	SELECT p.issuer_id, p.document_id, p.invoice_id, p.file_id, p.batch_id, p.invoice_number, p.template, p.template_version,
			p.proven, p.changed, 'number' = ANY (p.proven) AND 'payable_amount' = ANY (p.proven) AND cardinality(p.changed) = 0 AS is_proven
		FROM (SELECT d.issuer_id, d.document_id, d.invoice_id, i.file_id, i.batch_id, i.invoice_number, d.template, d.template_version,
					array_remove(ARRAY[
						CASE WHEN d.proven_number IS NOT NULL THEN 'number' END,
						CASE WHEN d.proven_amount IS NOT NULL THEN 'payable_amount' END,
						CASE WHEN d.proven_reference IS NOT NULL THEN 'payment_reference' END,
						CASE WHEN d.proven_due_date IS NOT NULL THEN 'due_date' END], NULL) AS proven,
					array_remove(ARRAY[
						CASE WHEN d.proven_number <> coalesce(i.invoice_number, '') THEN 'number' END,
						CASE WHEN d.proven_amount IS DISTINCT FROM i.payable_amount AND d.proven_amount IS NOT NULL THEN 'payable_amount' END,
						CASE WHEN d.proven_reference <> coalesce(i.payment_reference, '') THEN 'payment_reference' END,
						CASE WHEN d.proven_due_date IS DISTINCT FROM i.due_date AND d.proven_due_date IS NOT NULL THEN 'due_date' END], NULL) AS changed
				FROM mailroom.document d
					JOIN mailroom.invoice i USING (issuer_id, invoice_id)
				WHERE d.channel = 'print' AND i.origin <> 'letter') AS p;
COMMENT ON VIEW mailroom.document_proof IS 'printed documents of invoices: proven = values read back from the pages and found as in the invoice, changed = those of them that the invoice does not have any more; is_proven: number and amount were, and none changed';

CREATE OR REPLACE VIEW mailroom.document_proof_total WITH (security_invoker = true) AS
	SELECT i.issuer_id, i.file_id, i.batch_id, count(p.document_id) AS documents, count(*) FILTER (WHERE p.is_proven) AS proven,
			count(*) FILTER (WHERE p.document_id IS NULL AND i.state = 'set_aside' AND EXISTS (SELECT FROM mailroom.finding f
				WHERE f.issuer_id = i.issuer_id AND f.invoice_id = i.invoice_id AND f.rule LIKE 'PROOF-%')) AS set_aside
		FROM mailroom.invoice i
			LEFT JOIN mailroom.document_proof p ON p.issuer_id = i.issuer_id AND p.invoice_id = i.invoice_id
		WHERE i.origin <> 'letter'
		GROUP BY i.issuer_id, i.file_id, i.batch_id;
COMMENT ON VIEW mailroom.document_proof_total IS 'per file or batch: documents printed, how many of them are proven (mailroom.document_proof), and invoices that are set aside because a page said something else (rules PROOF-...)';

SELECT mailroom.allow(k.kind, 'function', 'mailroom.template_proof_gaps(text)', 'EXECUTE')
	FROM (VALUES ('operator'), ('reader'), ('clerk'), ('approver')) AS k (kind);
SELECT mailroom.allow(k.kind, 'table', v.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind), (VALUES ('mailroom.document_proof'), ('mailroom.document_proof_total')) AS v (name);
