-- 30_invoice: reading and checking e-invoices; pure functions of their content.

CREATE OR REPLACE FUNCTION mailroom.parse_invoices(content bytea, layout text DEFAULT NULL)
	RETURNS SETOF jsonb
	STABLE PARALLEL SAFE
	ROWS 10
	COST 1000
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_parse_invoices';
COMMENT ON FUNCTION mailroom.parse_invoices(bytea, text) IS 'the invoices of a content, one object each: UBL 2.1 Invoice and CreditNote alone, in a wrapper element or in a ZIP file, found out by content; with a layout, a record file of that layout. Keys: bt_* business terms of EN 16931, bg_25 lines (with bg_27 allowances, bg_28 charges, bt_158 classifications, bg_32 attributes), bg_23 VAT, bg_20 allowances, bg_21 charges, bg_24 attachments, bg_1/bg_3/bt_29_all/bg_17 when there are several, format, self_billed, line_count, extra (path and value of content without a business term). Amounts are numbers with their scale, dates ISO. NULL content gives no row. Raises MR001 (unreadable, with rule and place), MR002 (over a limit), MR003 (layout)';

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
COMMENT ON FUNCTION mailroom.validate_invoice(bytea, text) IS 'findings of a content, one row for each rule and place; rule = official id (BR-CO-10) or an id of docs/invoice.md (XML-SYNTAX), severity = fatal, warning or information, location = path and line, message = what was found and what was expected. profile: en16931, peppol, peppol-selfbilling, xrechnung or cius-ro (NULL = from the document); all of them check EN 16931 BR-CO-* in this version. Never raises for content; 22023 for an unknown profile';
