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
