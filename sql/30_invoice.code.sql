-- 30_invoice: reading and checking e-invoices; pure functions of their content.

CREATE OR REPLACE FUNCTION mailroom.parse_invoices(content bytea, layout text DEFAULT NULL)
	RETURNS SETOF jsonb
	STABLE PARALLEL SAFE
	ROWS 10
	COST 1000
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_parse_invoices';
COMMENT ON FUNCTION mailroom.parse_invoices(bytea, text) IS 'the invoices of a content, one object each: in any format of docs/invoice.md, alone, in a wrapper element, attached to a PDF or in a ZIP file, found out by content; with a layout, a record file of that layout. Keys: bt_* business terms of EN 16931, bg_25 lines (with bg_27 allowances, bg_28 charges, bt_158 classifications, bg_32 attributes), bg_23 VAT, bg_20 allowances, bg_21 charges, bg_24 attachments, bg_1/bg_3/bt_29_all/bg_17 when there are several, format, self_billed, line_count, extra (path and value of content without a business term). Amounts are numbers with their scale, dates ISO. NULL content gives no row. Raises MR001 (unreadable, with rule and place), MR002 (over a limit), MR003 (layout)';

CREATE OR REPLACE FUNCTION mailroom.parse_invoice(content bytea)
	RETURNS jsonb
	STABLE STRICT PARALLEL SAFE
	COST 1000
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_parse_invoice';
COMMENT ON FUNCTION mailroom.parse_invoice(bytea) IS 'the one invoice of a content as in mailroom.parse_invoices; raises 21000 unless there is exactly one, and as parse_invoices does';

CREATE OR REPLACE FUNCTION mailroom.validate_invoice(content bytea, profile text DEFAULT NULL)
	RETURNS TABLE (rule text, severity text, location text, message text)
	STABLE PARALLEL SAFE
	ROWS 10
	COST 1000
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_validate_invoice';
COMMENT ON FUNCTION mailroom.validate_invoice(bytea, text) IS 'findings of a content, one row for each rule and place; rule = official id (BR-CO-10) or an id of docs/invoice.md (XML-SYNTAX), severity = fatal, warning or information, location = path and line, message = what was found and what was expected. profile: en16931, peppol, peppol-selfbilling, xrechnung or cius-ro (NULL = from the document); each adds its rules to those of EN 16931 (mailroom.list_rules). A profile may end in +advisory, and +advisory may stand alone (the rest from the document): then also warnings on elements that EN 16931 does not use. Values that cannot be stored and that no rule needs are warnings here and fatal in an import. Never raises for content; 22023 for an unknown profile';

-- Writing

CREATE OR REPLACE FUNCTION mailroom.write_invoice(invoice jsonb, format text, checked boolean DEFAULT true)
	RETURNS bytea
	STABLE STRICT PARALLEL SAFE
	COST 1000
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_write_invoice';
COMMENT ON FUNCTION mailroom.write_invoice(jsonb, text, boolean) IS 'an invoice as a file: invoice = an object as mailroom.parse_invoice gives it (format, self_billed, line_count and extra are passed by), format = ubl, peppol, peppol-selfbilling, cius-ro, xrechnung, cii, finvoice or ksef-fa3, checked = the result must have no fatal finding under the rules of its profile. XML in UTF-8, Finvoice in ISO-8859-15; specification and process identifiers of the format are filled in. Raises MR015 naming the term and place (mandatory content missing, a character XML does not allow) or the rule that is broken; 22023 for an unknown format or key';

CREATE OR REPLACE FUNCTION mailroom.write_invoice(issuer_id bigint, invoice_id bigint, format text, checked boolean DEFAULT true)
	RETURNS bytea
	STABLE STRICT PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	COST 1000
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_write_stored_invoice';
COMMENT ON FUNCTION mailroom.write_invoice(bigint, bigint, text, boolean) IS 'a stored invoice in any state as a file, as the other mailroom.write_invoice; a self-billed one takes its supplier''s address from mailroom.party, attached documents come from the file that the invoice came with. Raises also 42704 when the invoice does not exist';
REVOKE EXECUTE ON FUNCTION mailroom.write_invoice(bigint, bigint, text, boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.write_invoices(issuer_id bigint, invoice_ids bigint[], format text, checked boolean DEFAULT true)
	RETURNS TABLE (invoice_id bigint, content bytea)
	STABLE STRICT PARALLEL RESTRICTED
	ROWS 100
	SET search_path = pg_catalog, pg_temp
	COST 1000
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_write_invoices';
COMMENT ON FUNCTION mailroom.write_invoices(bigint, bigint[], text, boolean) IS 'many stored invoices as files, in the order of invoice_ids; as mailroom.write_invoice, an invoice that cannot be written ends the statement';
REVOKE EXECUTE ON FUNCTION mailroom.write_invoices(bigint, bigint[], text, boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.write_invoices_deflated(issuer_id bigint, invoice_ids bigint[], format text, above_bytes integer)
	RETURNS TABLE (invoice_id bigint, content bytea, plain_bytes bigint)
	STABLE STRICT PARALLEL RESTRICTED
	ROWS 100
	SET search_path = pg_catalog, pg_temp
	COST 1000
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_write_invoices_deflated';
COMMENT ON FUNCTION mailroom.write_invoices_deflated(bigint, bigint[], text, integer) IS 'as mailroom.write_invoices, always checked: a file of more than above_bytes comes in zlib format and plain_bytes says how many bytes it has inflated, which is NULL for the others. Memory does not grow with the lines of an invoice then';
REVOKE EXECUTE ON FUNCTION mailroom.write_invoices_deflated(bigint, bigint[], text, integer) FROM PUBLIC;

SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind),
		(VALUES ('mailroom.write_invoice(bigint, bigint, text, boolean)'), ('mailroom.write_invoices(bigint, bigint[], text, boolean)'),
			('mailroom.write_invoices_deflated(bigint, bigint[], text, integer)')) AS f (name);
-- attached documents of invoices that came in uploaded files
SELECT mailroom.allow(k.kind, 'table', 'mailroom.import_file_part', 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind);
