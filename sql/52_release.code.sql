-- 52_release: a mailing is printed when a second person has seen its totals and samples.

CREATE OR REPLACE FUNCTION mailroom.mailing_documents_hash(issuer_id bigint, mailing_id bigint)
	RETURNS bytea
	STABLE PARALLEL SAFE
	RETURN (SELECT sha256(convert_to(coalesce(string_agg(l.document_id::text, ' ' ORDER BY l.document_id), ''), 'UTF8'))
		FROM mailroom.letter l WHERE l.issuer_id = $1 AND l.mailing_id = $2);
COMMENT ON FUNCTION mailroom.mailing_documents_hash(bigint, bigint) IS 'SHA-256 over the document_ids of a mailing in ascending order, as text with a blank between';

CREATE OR REPLACE FUNCTION mailroom.needs_release(issuer_id bigint, mailing_id bigint)
	RETURNS boolean
	STABLE PARALLEL SAFE
	RETURN EXISTS (SELECT FROM mailroom.release_policy p WHERE p.issuer_id = $1
			AND p.min_letters <= (SELECT count(*) FROM mailroom.letter l WHERE l.issuer_id = $1 AND l.mailing_id = $2)
			AND (p.template = '' AND p.brand = '' OR EXISTS (SELECT FROM mailroom.letter l
				CROSS JOIN LATERAL (SELECT d.template, d.invoice_id FROM mailroom.document d WHERE d.issuer_id = $1 AND d.document_id = l.document_id OFFSET 0) d
				LEFT JOIN LATERAL mailroom.invoice_brand($1, d.invoice_id) b ON p.brand <> ''
				WHERE l.issuer_id = $1 AND l.mailing_id = $2 AND (p.template = '' OR d.template = p.template) AND (p.brand = '' OR b.brand = p.brand))))
		AND NOT EXISTS (SELECT FROM mailroom.mailing_release r WHERE r.issuer_id = $1 AND r.mailing_id = $2
			AND r.state = 'released' AND r.documents_sha256 = mailroom.mailing_documents_hash($1, $2));
COMMENT ON FUNCTION mailroom.needs_release(bigint, bigint) IS 'whether a mailing must not be printed because a policy (mailroom.release_policy) asks for a release and its documents are not released';

CREATE OR REPLACE FUNCTION mailroom.wait_for_release(issuer_id bigint, mailing_id bigint)
	RETURNS boolean
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	documents CONSTANT bytea := mailroom.mailing_documents_hash($1, $2);
BEGIN
	IF NOT mailroom.needs_release($1, $2) THEN
		RETURN false;
	END IF;
	-- what was rejected stays so until its documents are others
	INSERT INTO mailroom.mailing_release AS r (issuer_id, mailing_id, state, letters, documents_sha256, asked_at)
		SELECT $1, $2, 'waiting', count(*), documents, mailroom.now() FROM mailroom.letter l WHERE l.issuer_id = $1 AND l.mailing_id = $2
		ON CONFLICT ON CONSTRAINT mailing_release_pkey DO UPDATE
			SET state = 'waiting', letters = excluded.letters, documents_sha256 = excluded.documents_sha256, asked_at = excluded.asked_at,
				decided_by = NULL, decided_at = NULL, reason = NULL
			WHERE r.documents_sha256 <> excluded.documents_sha256;
	IF FOUND THEN
		PERFORM mailroom.log_event($1, 'mailing', $2, 'waits for release');
	END IF;
	RETURN true;
END;
$$;
COMMENT ON FUNCTION mailroom.wait_for_release(bigint, bigint) IS 'the step of jobs that print: true when the mailing waits for a release, which is asked for now';
REVOKE EXECUTE ON FUNCTION mailroom.wait_for_release(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.mailing_makers(issuer_id bigint, mailing_id bigint)
	RETURNS name[]
	STABLE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	WITH source AS (
		SELECT DISTINCT i.file_id, i.batch_id
			FROM mailroom.letter l
				CROSS JOIN LATERAL (SELECT d.invoice_id FROM mailroom.document d WHERE d.issuer_id = $1 AND d.document_id = l.document_id OFFSET 0) d
				CROSS JOIN LATERAL (SELECT i.file_id, i.batch_id FROM mailroom.invoice i WHERE i.issuer_id = $1 AND i.invoice_id = d.invoice_id OFFSET 0) i
			WHERE l.issuer_id = $1 AND l.mailing_id = $2
	), maker AS (
		SELECT f.submitted_by AS role_name FROM source s JOIN mailroom.import_file f ON f.issuer_id = $1 AND f.file_id = s.file_id
		UNION
		SELECT b.submitted_by FROM source s JOIN mailroom.import_batch b ON b.issuer_id = $1 AND b.batch_id = s.batch_id
		UNION
		SELECT e.actor FROM mailroom.event e WHERE e.issuer_id = $1 AND e.object_kind = 'mailing' AND e.object_id = $2 AND e.activity IN ('planned', 'sent')
	)
	-- jobs run as the owner, who is nobody in particular
	SELECT coalesce(array_agg(m.role_name ORDER BY m.role_name), '{}') FROM maker m
		WHERE m.role_name IS NOT NULL
			AND m.role_name <> (SELECT o.rolname FROM pg_class c JOIN pg_roles o ON o.oid = c.relowner WHERE c.oid = 'mailroom.issuer'::regclass);
END;
COMMENT ON FUNCTION mailroom.mailing_makers(bigint, bigint) IS 'roles that imported invoices of a mailing, planned it or sent it on its way: none of them may release it';

CREATE OR REPLACE FUNCTION mailroom.lock_to_decide(issuer_id bigint, mailing_id bigint)
	RETURNS mailroom.mailing
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	m mailroom.mailing;
BEGIN
	PERFORM mailroom.lock_hand_in($1, $2);
	SELECT * INTO m FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2 FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'mailing % does not exist', $2 USING ERRCODE = 'undefined_object', HINT = 'Those that wait are in mailroom.release_sheet.';
	ELSIF m.state <> 'planned' THEN
		RAISE EXCEPTION 'cannot release or reject mailing "%" because it is %', m.name, m.state
			USING ERRCODE = 'MR004', HINT = 'Mailings are released when they are planned and not printed.';
	ELSIF mailroom.outer_role() = ANY (mailroom.mailing_makers($1, $2)) THEN
		RAISE EXCEPTION 'role "%" imported, planned or sent mailing "%" itself', mailroom.outer_role(), m.name
			USING ERRCODE = 'insufficient_privilege', HINT = 'Another person releases it.';
	END IF;
	RETURN m;
END;
$$;
COMMENT ON FUNCTION mailroom.lock_to_decide(bigint, bigint) IS 'locks a planned mailing for mailroom.release_mailing and reject_mailing; 42501 for one of its makers';
REVOKE EXECUTE ON FUNCTION mailroom.lock_to_decide(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.decide_release(issuer_id bigint, mailing_id bigint, decision text, reason text)
	RETURNS boolean
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	r mailroom.mailing_release;
BEGIN
	INSERT INTO mailroom.mailing_release AS o (issuer_id, mailing_id, state, letters, documents_sha256, decided_by, decided_at, reason)
		SELECT $1, $2, $3, count(*), mailroom.mailing_documents_hash($1, $2), mailroom.outer_role(), mailroom.now(), $4
			FROM mailroom.letter l WHERE l.issuer_id = $1 AND l.mailing_id = $2
		ON CONFLICT ON CONSTRAINT mailing_release_pkey DO UPDATE
			SET state = excluded.state, letters = excluded.letters, documents_sha256 = excluded.documents_sha256,
				decided_by = excluded.decided_by, decided_at = excluded.decided_at, reason = excluded.reason
		RETURNING * INTO r;
	PERFORM mailroom.log_event($1, 'mailing', $2, $3, jsonb_strip_nulls(jsonb_build_object('letters', r.letters, 'reason', $4)));
	RETURN r.asked_at IS NOT NULL;
END;
$$;
COMMENT ON FUNCTION mailroom.decide_release(bigint, bigint, text, text) IS 'notes released or rejected; whether printing waits for it';
REVOKE EXECUTE ON FUNCTION mailroom.decide_release(bigint, bigint, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.release_mailing(issuer_id bigint, mailing_id bigint)
	RETURNS void
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	h mailroom.hand_in_member;
BEGIN
	PERFORM mailroom.require_issuer($1, 'releaser');
	PERFORM mailroom.lock_to_decide($1, $2);
	IF NOT mailroom.decide_release($1, $2, 'released', NULL) THEN
		RETURN; -- nobody has asked to print it yet
	END IF;
	SELECT * INTO h FROM mailroom.hand_in_member k WHERE k.member_issuer_id = $1 AND k.member_mailing_id = $2;
	IF h.mailing_id IS NOT NULL THEN
		PERFORM mailroom.submit_job(h.issuer_id, 'print_hand_in', jsonb_build_object('mailing_id', h.mailing_id));
	ELSE
		PERFORM mailroom.submit_job($1, 'print_run_mailing', jsonb_build_object('mailing_id', $2,
			'run_id', (SELECT k.run_id FROM mailroom.flow_mailing k WHERE k.issuer_id = $1 AND k.mailing_id = $2)));
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.release_mailing(bigint, bigint) IS 'releases a planned mailing: if printing waits for it, a job prints it. Holds for the documents it has now; letters that are withdrawn later do not end it, others that come do. Needs releaser (or operator), and a person who neither imported, planned nor sent it (42501); 42704 no such mailing, MR004 not planned, or printed';
REVOKE EXECUTE ON FUNCTION mailroom.release_mailing(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.reject_mailing(issuer_id bigint, mailing_id bigint, reason text)
	RETURNS void
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'releaser');
	PERFORM mailroom.require_reason($3, 'Say why it is not released: the reason is kept.');
	PERFORM mailroom.lock_to_decide($1, $2);
	PERFORM mailroom.decide_release($1, $2, 'rejected', btrim($3));
END;
$$;
COMMENT ON FUNCTION mailroom.reject_mailing(bigint, bigint, text) IS 'does not release a planned mailing: it is not printed until it is released after all, or what is wrong in it is withdrawn and the rest released. Needs releaser (or operator), and a person who neither imported, planned nor sent it (42501); 42704 no such mailing, 22023 no reason, MR004 not planned, or printed';
REVOKE EXECUTE ON FUNCTION mailroom.reject_mailing(bigint, bigint, text) FROM PUBLIC;

CREATE OR REPLACE VIEW mailroom.release_sheet WITH (security_invoker = true) AS
	WITH item AS (
		SELECT r.issuer_id, r.mailing_id, i.currency, i.payable_amount, i.invoice_number, l.pages, l.sheets, d.document_id, d.template, d.template_version, b.brand
			FROM mailroom.mailing_release r
				JOIN mailroom.letter l ON l.issuer_id = r.issuer_id AND l.mailing_id = r.mailing_id
				JOIN mailroom.document d ON d.issuer_id = l.issuer_id AND d.document_id = l.document_id
				JOIN mailroom.invoice i ON i.issuer_id = d.issuer_id AND i.invoice_id = d.invoice_id
				LEFT JOIN LATERAL mailroom.invoice_brand(i.issuer_id, i.invoice_id) b ON EXISTS (SELECT FROM mailroom.brand a WHERE a.issuer_id = r.issuer_id)
			WHERE r.state <> 'released'
	), total AS (
		SELECT t.issuer_id, t.mailing_id, t.currency, count(*) AS invoices, sum(t.pages) AS pages, sum(t.sheets) AS sheets, sum(t.payable_amount) AS payable_total,
				(array_agg(t.invoice_number ORDER BY t.payable_amount DESC, t.document_id))[1] AS largest_invoice, max(t.payable_amount) AS largest_amount,
				(array_agg(t.invoice_number ORDER BY t.payable_amount, t.document_id))[1] AS smallest_invoice, min(t.payable_amount) AS smallest_amount
			FROM item t GROUP BY 1, 2, 3
	), sample AS (
		SELECT s.issuer_id, s.mailing_id, s.currency, jsonb_agg(jsonb_strip_nulls(jsonb_build_object('template', s.template, 'version', s.template_version, 'brand', s.brand, 'documents', s.documents, 'document_id', s.document_id, 'invoice', s.invoice_number))
				ORDER BY s.template, s.template_version, s.brand) AS samples
			FROM (SELECT DISTINCT ON (t.issuer_id, t.mailing_id, t.currency, t.template, t.template_version, t.brand) t.*, count(*) OVER (PARTITION BY t.issuer_id, t.mailing_id, t.currency, t.template, t.template_version, t.brand) AS documents
				FROM item t ORDER BY t.issuer_id, t.mailing_id, t.currency, t.template, t.template_version, t.brand, t.document_id) s
			GROUP BY 1, 2, 3
	)
	SELECT r.issuer_id, r.mailing_id, m.name, m.hand_in_date, r.state, r.asked_at, r.decided_by, r.reason, t.currency, t.invoices, t.pages, t.sheets, t.payable_total,
			b.invoices AS last_month_invoices, b.payable_total AS last_month_total, round(100 * (t.payable_total - b.payable_total) / nullif(b.payable_total, 0), 1) AS change_percent,
			t.largest_invoice, t.largest_amount, t.smallest_invoice, t.smallest_amount, s.samples, m.cost_micro AS postage_micro
		FROM mailroom.mailing_release r
			JOIN mailroom.mailing m ON m.issuer_id = r.issuer_id AND m.mailing_id = r.mailing_id
			JOIN total t ON t.issuer_id = r.issuer_id AND t.mailing_id = r.mailing_id
			JOIN sample s ON s.issuer_id = t.issuer_id AND s.mailing_id = t.mailing_id AND s.currency = t.currency
			CROSS JOIN LATERAL (SELECT count(i.invoice_id) AS invoices, sum(i.payable_amount) AS payable_total
				FROM mailroom.mailing g
					JOIN mailroom.letter l ON l.issuer_id = g.issuer_id AND l.mailing_id = g.mailing_id
					JOIN mailroom.document d ON d.issuer_id = l.issuer_id AND d.document_id = l.document_id
					JOIN mailroom.invoice i ON i.issuer_id = d.issuer_id AND i.invoice_id = d.invoice_id
				WHERE g.issuer_id = r.issuer_id AND g.state IN ('printed', 'closed') AND i.state <> 'withdrawn' AND i.currency = t.currency
					AND g.hand_in_date >= date_trunc('month', m.hand_in_date - interval '1 month') AND g.hand_in_date < date_trunc('month', m.hand_in_date::timestamp)) b;
COMMENT ON VIEW mailroom.release_sheet IS 'what a second person looks at before mailroom.release_mailing: mailings that wait or were rejected, a row for each currency of their invoices: totals against those handed in in the calendar month before, largest and smallest invoice, and one document of each template version and brand as a sample (archive_document shows it)';

SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('releaser'), ('operator')) AS k (kind), (VALUES ('mailroom.release_mailing(bigint, bigint)'), ('mailroom.reject_mailing(bigint, bigint, text)')) AS f (name);
SELECT mailroom.allow(k.kind, 'table', 'mailroom.' || t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk'), ('releaser')) AS k (kind), (VALUES ('release_policy'), ('mailing_release'), ('release_sheet')) AS t (name);
SELECT mailroom.allow('releaser', 'table', 'mailroom.' || t.name, 'SELECT')
	FROM (VALUES ('issuer'), ('mailing'), ('letter'), ('document'), ('invoice'), ('party'), ('party_group'), ('brand'), ('brand_rule'), ('document_data')) AS t (name);
SELECT mailroom.allow('operator', 'table', 'mailroom.release_policy', 'INSERT, UPDATE, DELETE');
