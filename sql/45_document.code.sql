-- 45_document: functions, triggers and views.

CREATE OR REPLACE FUNCTION mailroom.render_documents(issuer_id bigint, invoice_ids bigint[])
	RETURNS bigint
	VOLATILE STRICT PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_render_documents';
COMMENT ON FUNCTION mailroom.render_documents(bigint, bigint[]) IS 'renders the accepted invoices among invoice_ids that have no document yet, inserts mailroom.document rows and stores the bytes in the archive; an invoice that lacks a needed field (rule TEMPLATE-FIELD) or uses a character no font has (TEMPLATE-GLYPH) is set aside; returns how many documents were stored';
REVOKE EXECUTE ON FUNCTION mailroom.render_documents(bigint, bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.render_invoice(issuer_id bigint, invoice_id bigint)
	RETURNS bytea
	STABLE STRICT PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_render_invoice';
COMMENT ON FUNCTION mailroom.render_invoice(bigint, bigint) IS 'preview of an invoice in any state as a PDF; stores nothing; MR006 names the missing field or character, 42704 when the invoice does not exist';
REVOKE EXECUTE ON FUNCTION mailroom.render_invoice(bigint, bigint) FROM PUBLIC;

SELECT mailroom.allow(k.kind, 'function', 'mailroom.render_invoice(bigint, bigint)', 'EXECUTE')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind);

CREATE OR REPLACE FUNCTION mailroom.refuse_template_change()
	RETURNS trigger
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	RAISE EXCEPTION 'cannot change or delete a published template'
		USING ERRCODE = 'MR004', HINT = 'Publish a new version with mailroom.publish_template().';
END;
$$;
COMMENT ON FUNCTION mailroom.refuse_template_change() IS 'trigger that keeps published templates as they are';

CREATE OR REPLACE TRIGGER refuse_template_change BEFORE UPDATE OR DELETE ON mailroom.template
	FOR EACH STATEMENT EXECUTE FUNCTION mailroom.refuse_template_change();

CREATE OR REPLACE FUNCTION mailroom.check_template(source text)
	RETURNS void
	IMMUTABLE STRICT PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_check_template';
COMMENT ON FUNCTION mailroom.check_template(text) IS 'compiles a template (XML, docs/document.md); MR006 names template, block, line and what is wrong: not XML, no such block, attribute, field, label or format';

CREATE OR REPLACE FUNCTION mailroom.check_template(issuer_id bigint, source text)
	RETURNS void
	STABLE STRICT PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_check_template_images';
COMMENT ON FUNCTION mailroom.check_template(bigint, text) IS 'the other check_template, and MR006 when an image that the template names is not stored (mailroom.store_resource)';

CREATE OR REPLACE FUNCTION mailroom.preview_template(issuer_id bigint, source text, invoice_id bigint)
	RETURNS bytea
	STABLE STRICT PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_preview_template';
COMMENT ON FUNCTION mailroom.preview_template(bigint, text, bigint) IS 'an invoice set by a template that need not be published, as a PDF; stores nothing; MR006 names template, block and the field that is missing or the text that does not fit';
REVOKE EXECUTE ON FUNCTION mailroom.preview_template(bigint, text, bigint) FROM PUBLIC;

SELECT mailroom.allow(k.kind, 'function', 'mailroom.preview_template(bigint, text, bigint)', 'EXECUTE')
	FROM (VALUES ('operator'), ('clerk')) AS k (kind);
SELECT mailroom.allow(k.kind, 'table', 'mailroom.template', 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind);

CREATE OR REPLACE FUNCTION mailroom.render_invoice(issuer_id bigint, invoice_id bigint, profile text, attachment bytea DEFAULT NULL)
	RETURNS bytea
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_render_invoice_as';
COMMENT ON FUNCTION mailroom.render_invoice(bigint, bigint, text, bytea) IS 'preview of an invoice as a PDF of a profile: print, print-rgb, print-cmyk, pdfa-1b, pdfa-1a, pdfa-3b, pdfa-3a, factur-x, factur-x-tagged. attachment = the invoice in CII that goes into it (profiles of PDF/A-3 only); without one the factur-x profiles take mailroom.write_invoice''s. Stores nothing. 22023 for an unknown profile, MR006 when the attachment is no such invoice or has another number, MR015 when the invoice cannot be written, else as the other render_invoice';
REVOKE EXECUTE ON FUNCTION mailroom.render_invoice(bigint, bigint, text, bytea) FROM PUBLIC;
SELECT mailroom.allow(k.kind, 'function', 'mailroom.render_invoice(bigint, bigint, text, bytea)', 'EXECUTE')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind);

CREATE OR REPLACE FUNCTION mailroom.check_profile(profile text)
	RETURNS void
	IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_check_profile';
COMMENT ON FUNCTION mailroom.check_profile(text) IS 'raises 22023 when there is no PDF profile of that name';

CREATE OR REPLACE FUNCTION mailroom.set_document_profile(issuer_id bigint, profile text, template text DEFAULT '')
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	IF $2 IS NULL THEN
		DELETE FROM mailroom.document_profile p WHERE p.issuer_id = $1 AND p.template = $3;
		RETURN;
	END IF;
	PERFORM mailroom.check_profile($2);
	INSERT INTO mailroom.document_profile (issuer_id, template, profile)
		VALUES ($1, $3, $2)
		ON CONFLICT ON CONSTRAINT document_profile_pkey DO UPDATE SET profile = EXCLUDED.profile;
END;
$$;
COMMENT ON FUNCTION mailroom.set_document_profile(bigint, text, text) IS 'documents of an issuer are archived as PDFs of this profile from now on, all of them or those of one template; NULL = no longer set; what is archived stays; 22023 for an unknown profile; needs operator';
REVOKE EXECUTE ON FUNCTION mailroom.set_document_profile(bigint, text, text) FROM PUBLIC;
SELECT mailroom.allow('operator', 'function', 'mailroom.set_document_profile(bigint, text, text)', 'EXECUTE');
SELECT mailroom.allow(k.kind, 'table', 'mailroom.document_profile', 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind);

CREATE OR REPLACE FUNCTION mailroom.check_image(content bytea)
	RETURNS void
	IMMUTABLE STRICT PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_check_image';
COMMENT ON FUNCTION mailroom.check_image(bytea) IS 'raises MR006 unless the content is an image that a document can show: PNG of 8 bits a channel, not interlaced, or JPEG, gray or RGB, of 8 bits; at most 4 MB and 16 million pixels';

CREATE OR REPLACE FUNCTION mailroom.store_resource(issuer_id bigint, name text, content bytea)
	RETURNS bytea
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	stored bytea;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	IF $2 IS NULL OR $3 IS NULL THEN
		RAISE EXCEPTION 'an image needs a name and a content' USING ERRCODE = 'null_value_not_allowed';
	END IF;
	PERFORM mailroom.check_image($3);
	INSERT INTO mailroom.template_resource (issuer_id, name, content, content_sha256, stored_at, stored_by)
		VALUES ($1, $2, $3, sha256($3), mailroom.now(), mailroom.outer_role())
		ON CONFLICT ON CONSTRAINT template_resource_pkey DO NOTHING;
	SELECT r.content_sha256 INTO stored FROM mailroom.template_resource r WHERE r.issuer_id = $1 AND r.name = $2;
	IF stored <> sha256($3) THEN
		RAISE EXCEPTION 'image "%" is stored with other content', $2
			USING ERRCODE = 'MR004', HINT = 'Store it under a new name and publish a template that shows that one.';
	END IF;
	RETURN stored;
END;
$$;
COMMENT ON FUNCTION mailroom.store_resource(bigint, text, bytea) IS 'stores an image (mailroom.check_image says which) that templates show as <image name="...">; the same content again is no error; returns its SHA-256; MR004 when the name has other content, MR006 when it is no such image; needs operator';
REVOKE EXECUTE ON FUNCTION mailroom.store_resource(bigint, text, bytea) FROM PUBLIC;
SELECT mailroom.allow('operator', 'function', 'mailroom.store_resource(bigint, text, bytea)', 'EXECUTE');
SELECT mailroom.allow(k.kind, 'table', 'mailroom.template_resource', 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind);
