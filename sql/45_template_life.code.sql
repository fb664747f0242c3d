-- 45_template_life: draft, approval by a second person, live by date, retirement.
--
-- Drafts and versions never change, so what a second person approves is what was looked at.  Every step that makes or
-- ends a version holds the issuer's row: two approvals of one name come one after the other.

CREATE OR REPLACE FUNCTION mailroom.live_template_version(issuer_id bigint, name text, on_day date DEFAULT NULL)
	RETURNS integer
	STABLE PARALLEL RESTRICTED
	RETURN (SELECT t.version
		FROM mailroom.template t
		WHERE t.issuer_id = $1 AND t.name = $2 AND t.valid_from <= coalesce($3, mailroom.today($1))
			AND NOT EXISTS (SELECT FROM mailroom.template_retirement r
				WHERE r.issuer_id = t.issuer_id AND r.name = t.name AND r.version = t.version AND r.retired_from <= coalesce($3, mailroom.today($1)))
		ORDER BY t.valid_from DESC, t.version DESC
		LIMIT 1);
COMMENT ON FUNCTION mailroom.live_template_version(bigint, text, date) IS 'version of a template that sets documents on a day (default today): of those that are valid and not retired the one with the latest valid_from, then the highest; NULL when there is none: invoices are then set by the house''s own template';
SELECT mailroom.allow(k.kind, 'function', 'mailroom.live_template_version(bigint, text, date)', 'EXECUTE')
	FROM (VALUES ('operator'), ('reader'), ('clerk'), ('approver')) AS k (kind);

CREATE OR REPLACE FUNCTION mailroom.needs_four_eyes(issuer_id bigint)
	RETURNS boolean
	STABLE PARALLEL SAFE
	RETURN coalesce((SELECT p.four_eyes FROM mailroom.template_policy p WHERE p.issuer_id = $1), false);
COMMENT ON FUNCTION mailroom.needs_four_eyes(bigint) IS 'whether an issuer''s templates need a second person';

CREATE OR REPLACE FUNCTION mailroom.set_template_policy(issuer_id bigint, four_eyes boolean)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	IF $2 IS NULL THEN
		RAISE EXCEPTION 'policy is null' USING ERRCODE = 'null_value_not_allowed';
	END IF;
	PERFORM FROM mailroom.issuer i WHERE i.issuer_id = $1 FOR NO KEY UPDATE;
	IF mailroom.needs_four_eyes($1) AND NOT $2 AND NOT mailroom.is_house() THEN
		RAISE EXCEPTION 'cannot take the second person from templates of issuer %', $1
			USING ERRCODE = 'insufficient_privilege', HINT = 'The house does that: otherwise whoever needs a second person could do without.';
	END IF;
	INSERT INTO mailroom.template_policy AS p (issuer_id, four_eyes, set_at, set_by)
		VALUES ($1, $2, mailroom.now(), mailroom.outer_role())
		ON CONFLICT ON CONSTRAINT template_policy_pkey DO UPDATE
			SET four_eyes = excluded.four_eyes, set_at = excluded.set_at, set_by = excluded.set_by;
	PERFORM mailroom.log_event($1, 'issuer', $1, 'template policy', jsonb_build_object('four_eyes', $2));
END;
$$;
COMMENT ON FUNCTION mailroom.set_template_policy(bigint, boolean) IS 'four_eyes = true: templates of the issuer go live only by draft_template and approve_template of two roles, publish_template is refused; needs operator. Only the house sets it back to false, 42501 otherwise';
REVOKE EXECUTE ON FUNCTION mailroom.set_template_policy(bigint, boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.store_template(issuer_id bigint, name text, source text, valid_from date, author name)
	RETURNS integer
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	INSERT INTO mailroom.template (issuer_id, name, version, valid_from, source, source_sha256, published_at, published_by)
		VALUES ($1, $2, (SELECT coalesce(max(t.version), 0) + 1 FROM mailroom.template t WHERE t.issuer_id = $1 AND t.name = $2),
			$4, $3, sha256(convert_to($3, 'UTF8')), mailroom.now(), $5)
		RETURNING version;
END;
COMMENT ON FUNCTION mailroom.store_template(bigint, text, text, date, name) IS 'the next version of a template; the issuer''s row must be locked';
REVOKE EXECUTE ON FUNCTION mailroom.store_template(bigint, text, text, date, name) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.begin_template(issuer_id bigint, name text, source text, sample_invoice_id bigint)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	IF name IS NULL OR source IS NULL THEN
		RAISE EXCEPTION 'a template needs a name and a source' USING ERRCODE = 'null_value_not_allowed';
	END IF;
	PERFORM mailroom.check_template($1, source);
	IF sample_invoice_id IS NOT NULL THEN
		PERFORM mailroom.preview_template($1, source, sample_invoice_id);
	END IF;
	PERFORM mailroom.warn_of_proof($2, $3);
	PERFORM FROM mailroom.issuer i WHERE i.issuer_id = $1 FOR NO KEY UPDATE;
END;
$$;
COMMENT ON FUNCTION mailroom.begin_template(bigint, text, text, bigint) IS 'the step of publish_template and draft_template that checks a source by itself and on a sample, warns of what it does not show, and locks the issuer';
REVOKE EXECUTE ON FUNCTION mailroom.begin_template(bigint, text, text, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.publish_template(issuer_id bigint, name text, source text, valid_from date DEFAULT NULL, sample_invoice_id bigint DEFAULT NULL)
	RETURNS integer
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	PERFORM mailroom.begin_template($1, $2, $3, sample_invoice_id);
	IF mailroom.needs_four_eyes($1) THEN
		RAISE EXCEPTION 'cannot publish template "%" because it needs a second person', $2
			USING ERRCODE = 'MR004', HINT = 'Hand it in with mailroom.draft_template(); another role approves it.';
	END IF;
	RETURN mailroom.store_template($1, $2, $3, coalesce($4, mailroom.today($1)), mailroom.outer_role());
END;
$$;
COMMENT ON FUNCTION mailroom.publish_template(bigint, text, text, date, bigint) IS 'publishes a template as the next version of its name, used from valid_from on (default today), without a second person; checked on its own and, when sample_invoice_id is given, on that invoice; returns the version; MR006 as check_template and preview_template, MR004 when the issuer''s policy asks for a second person; needs operator';
REVOKE EXECUTE ON FUNCTION mailroom.publish_template(bigint, text, text, date, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.draft_template(issuer_id bigint, name text, source text, valid_from date DEFAULT NULL, note text DEFAULT NULL, sample_invoice_id bigint DEFAULT NULL)
	RETURNS integer
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	new_draft integer;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	PERFORM mailroom.begin_template($1, $2, $3, sample_invoice_id);
	INSERT INTO mailroom.template_draft AS d (issuer_id, name, draft_no, based_on, valid_from, note, source, source_sha256, drafted_at, drafted_by)
		SELECT $1, $2, (SELECT coalesce(max(o.draft_no), 0) + 1 FROM mailroom.template_draft o WHERE o.issuer_id = $1 AND o.name = $2),
			(SELECT max(t.version) FROM mailroom.template t WHERE t.issuer_id = $1 AND t.name = $2),
			$4, $5, $3, sha256(convert_to($3, 'UTF8')), mailroom.now(), mailroom.outer_role()
		RETURNING d.draft_no INTO new_draft;
	RETURN new_draft;
END;
$$;
COMMENT ON FUNCTION mailroom.draft_template(bigint, text, text, date, text, bigint) IS 'hands a template in for approval, with a note of what changed and the first day it is to be used (NULL: the day of its approval); checked on its own and, when sample_invoice_id is given, on that invoice; sets nothing yet; returns draft_no; MR006 as check_template and preview_template; needs operator';
REVOKE EXECUTE ON FUNCTION mailroom.draft_template(bigint, text, text, date, text, bigint) FROM PUBLIC;

-- What approval and refusal have in common: right, existence, state; the draft comes back locked.
CREATE OR REPLACE FUNCTION mailroom.take_draft(issuer_id bigint, name text, draft_no integer)
	RETURNS mailroom.template_draft
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	d mailroom.template_draft;
BEGIN
	PERFORM FROM mailroom.issuer i WHERE i.issuer_id = $1 FOR NO KEY UPDATE;
	SELECT * INTO d FROM mailroom.template_draft t WHERE t.issuer_id = $1 AND t.name = $2 AND t.draft_no = $3 FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'draft % of template "%" does not exist', $3, $2
			USING ERRCODE = 'undefined_object', HINT = 'List them with "SELECT name, draft_no, state FROM mailroom.template_draft".';
	ELSIF d.state <> 'draft' THEN
		RAISE EXCEPTION 'cannot decide on draft % of template "%" because it is %', $3, $2, d.state USING ERRCODE = 'MR004';
	END IF;
	RETURN d;
END;
$$;
COMMENT ON FUNCTION mailroom.take_draft(bigint, text, integer) IS 'the step of approve_template and refuse_template that finds and locks an open draft';
REVOKE EXECUTE ON FUNCTION mailroom.take_draft(bigint, text, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.approve_template(issuer_id bigint, name text, draft_no integer)
	RETURNS integer
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	d mailroom.template_draft;
	newest integer;
	new_version integer;
	problem text;
BEGIN
	PERFORM mailroom.require_issuer($1, 'approver');
	d := mailroom.take_draft($1, $2, $3);
	IF d.drafted_by = mailroom.outer_role() THEN
		RAISE EXCEPTION 'cannot approve draft % of template "%" because role "%" wrote it', $3, $2, d.drafted_by
			USING ERRCODE = 'MR004', HINT = 'Another role than the author''s approves a draft.';
	END IF;
	SELECT max(t.version) INTO newest FROM mailroom.template t WHERE t.issuer_id = $1 AND t.name = $2;
	IF newest IS DISTINCT FROM d.based_on THEN
		RAISE EXCEPTION 'cannot approve draft % of template "%" because version % came meanwhile', $3, $2, newest
			USING ERRCODE = 'MR004', HINT = 'Bring its changes into a new draft.';
	END IF;
	PERFORM mailroom.check_template(d.source);
	SELECT format('test %s of set "%s" in channel %s: %s', p.test_no, p.test_set, p.channel, p.problem) INTO problem
		FROM mailroom.proof($1, $2, NULL, $3) AS p WHERE p.problem IS NOT NULL LIMIT 1;
	IF problem IS NOT NULL THEN
		RAISE EXCEPTION 'cannot approve draft % of template "%" because it fails its tests', $3, $2
			USING ERRCODE = 'MR006', DETAIL = problem, HINT = 'Look at mailroom.proof().';
	END IF;
	new_version := mailroom.store_template($1, $2, d.source, greatest(d.valid_from, mailroom.today($1)), d.drafted_by);
	UPDATE mailroom.template_draft t
		SET state = 'approved', decided_at = mailroom.now(), decided_by = mailroom.outer_role(), version = new_version
		WHERE t.issuer_id = $1 AND t.name = $2 AND t.draft_no = $3;
	RETURN new_version;
END;
$$;
COMMENT ON FUNCTION mailroom.approve_template(bigint, text, integer) IS 'makes a draft the next version of its template, live from the draft''s valid_from (the day of approval when that is past or not given); by another role than its author; returns the version; MR004 when the same role wrote it, it was decided on, or another version came since it was drafted, MR006 when it cannot set one of the template''s tests (mailroom.proof), 42704 no such draft; needs approver';
REVOKE EXECUTE ON FUNCTION mailroom.approve_template(bigint, text, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.refuse_template(issuer_id bigint, name text, draft_no integer, reason text)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'approver');
	PERFORM mailroom.require_reason($4, 'Say what is to change: the reason is kept.');
	PERFORM mailroom.take_draft($1, $2, $3);
	UPDATE mailroom.template_draft t
		SET state = 'refused', decided_at = mailroom.now(), decided_by = mailroom.outer_role(), reason = btrim($4)
		WHERE t.issuer_id = $1 AND t.name = $2 AND t.draft_no = $3;
END;
$$;
COMMENT ON FUNCTION mailroom.refuse_template(bigint, text, integer, text) IS 'ends a draft without making it a version, with the reason; its author may do that too; 42704 no such draft, MR004 decided on already, 22023 no reason; needs approver';
REVOKE EXECUTE ON FUNCTION mailroom.refuse_template(bigint, text, integer, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.retire_template(issuer_id bigint, name text, version integer, reason text, retired_from date DEFAULT NULL)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'approver');
	PERFORM mailroom.require_reason($4, 'Say why it is retired: the reason is kept.');
	IF retired_from < mailroom.today($1) THEN
		RAISE EXCEPTION 'day of retirement % is past', to_char(retired_from, 'YYYY-MM-DD') USING ERRCODE = 'invalid_parameter_value';
	END IF;
	PERFORM FROM mailroom.issuer i WHERE i.issuer_id = $1 FOR NO KEY UPDATE;
	IF NOT EXISTS (SELECT FROM mailroom.template t WHERE t.issuer_id = $1 AND t.name = $2 AND t.version = $3) THEN
		RAISE EXCEPTION 'version % of template "%" does not exist', $3, $2
			USING ERRCODE = 'undefined_object', HINT = 'List them with "SELECT name, version, valid_from FROM mailroom.template".';
	ELSIF EXISTS (SELECT FROM mailroom.template_retirement r WHERE r.issuer_id = $1 AND r.name = $2 AND r.version = $3) THEN
		RAISE EXCEPTION 'cannot retire version % of template "%" because it is retired', $3, $2 USING ERRCODE = 'MR004';
	END IF;
	INSERT INTO mailroom.template_retirement (issuer_id, name, version, retired_from, retired_at, retired_by, reason)
		VALUES ($1, $2, $3, coalesce(retire_template.retired_from, mailroom.today($1)), mailroom.now(), mailroom.outer_role(), btrim($4));
END;
$$;
COMMENT ON FUNCTION mailroom.retire_template(bigint, text, integer, text, date) IS 'a version is not used from a day on (default today); the one before it that is valid and not retired is used again, without any the house''s own sets invoices and other documents are refused; what it set stays; 42704 no such version, MR004 retired already, 22023 no reason or a day that is past; needs approver';
REVOKE EXECUTE ON FUNCTION mailroom.retire_template(bigint, text, integer, text, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.refuse_draft_change()
	RETURNS trigger
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	RAISE EXCEPTION 'cannot change or delete what was handed in or decided about a template'
		USING ERRCODE = 'MR004', HINT = 'Hand in a new draft with mailroom.draft_template().';
END;
$$;
COMMENT ON FUNCTION mailroom.refuse_draft_change() IS 'trigger that keeps drafts and retirements as they are, but for the decision on an open draft';
CREATE OR REPLACE TRIGGER refuse_draft_change BEFORE UPDATE ON mailroom.template_draft
	FOR EACH ROW WHEN (OLD.state <> 'draft' OR (NEW.source, NEW.source_sha256, NEW.drafted_by, NEW.drafted_at, NEW.name, NEW.draft_no, NEW.issuer_id)
		IS DISTINCT FROM (OLD.source, OLD.source_sha256, OLD.drafted_by, OLD.drafted_at, OLD.name, OLD.draft_no, OLD.issuer_id))
	EXECUTE FUNCTION mailroom.refuse_draft_change();
CREATE OR REPLACE TRIGGER refuse_draft_delete BEFORE DELETE ON mailroom.template_draft
	FOR EACH STATEMENT EXECUTE FUNCTION mailroom.refuse_draft_change();
CREATE OR REPLACE TRIGGER refuse_retirement_change BEFORE UPDATE OR DELETE ON mailroom.template_retirement
	FOR EACH STATEMENT EXECUTE FUNCTION mailroom.refuse_draft_change();

CREATE OR REPLACE VIEW mailroom.template_trail WITH (security_invoker = true) AS
	SELECT d.issuer_id, d.name, d.draft_no, d.version, d.drafted_at AS happened_at, d.drafted_by AS actor, 'drafted' AS activity, d.note AS remark
		FROM mailroom.template_draft d
	UNION ALL
	SELECT d.issuer_id, d.name, d.draft_no, d.version, d.decided_at, d.decided_by, d.state,
			coalesce(d.reason, (SELECT format('live from %s', to_char(t.valid_from, 'YYYY-MM-DD'))
				FROM mailroom.template t WHERE t.issuer_id = d.issuer_id AND t.name = d.name AND t.version = d.version))
		FROM mailroom.template_draft d
		WHERE d.state <> 'draft'
	UNION ALL
	SELECT t.issuer_id, t.name, NULL, t.version, t.published_at, t.published_by, 'published', format('live from %s', to_char(t.valid_from, 'YYYY-MM-DD'))
		FROM mailroom.template t
		WHERE NOT EXISTS (SELECT FROM mailroom.template_draft d WHERE d.issuer_id = t.issuer_id AND d.name = t.name AND d.version = t.version)
	UNION ALL
	SELECT r.issuer_id, r.name, NULL, r.version, r.retired_at, r.retired_by, 'retired', r.reason
		FROM mailroom.template_retirement r;
COMMENT ON VIEW mailroom.template_trail IS 'who did what to which template and when: drafted, approved, refused, published (without a second person), retired';

SELECT mailroom.allow('operator', 'function', f.name, 'EXECUTE')
	FROM (VALUES ('mailroom.publish_template(bigint, text, text, date, bigint)'), ('mailroom.draft_template(bigint, text, text, date, text, bigint)'),
		('mailroom.set_template_policy(bigint, boolean)')) AS f (name);
SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('approver')) AS k (kind),
		(VALUES ('mailroom.approve_template(bigint, text, integer)'), ('mailroom.refuse_template(bigint, text, integer, text)'),
			('mailroom.retire_template(bigint, text, integer, text, date)'), ('mailroom.preview_template(bigint, text, bigint)')) AS f (name);
SELECT mailroom.allow(k.kind, 'table', t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk'), ('approver')) AS k (kind),
		(VALUES ('mailroom.template'), ('mailroom.template_policy'), ('mailroom.template_draft'), ('mailroom.template_retirement'), ('mailroom.template_trail')) AS t (name);
-- an approver looks at invoices set by the draft
SELECT mailroom.allow('approver', 'table', t.name, 'SELECT')
	FROM (VALUES ('mailroom.issuer'), ('mailroom.party'), ('mailroom.invoice'), ('mailroom.invoice_line'), ('mailroom.invoice_tax'), ('mailroom.invoice_adjustment'),
		('mailroom.document_data'), ('mailroom.brand'), ('mailroom.brand_rule'), ('mailroom.party_group'), ('mailroom.recipient_correction')) AS t (name);
