-- 50_print: functions, triggers and views.

CREATE OR REPLACE FUNCTION mailroom.print_mailing(issuer_id bigint, mailing_id bigint)
	RETURNS bigint
	VOLATILE STRICT PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_print_mailing';
COMMENT ON FUNCTION mailroom.print_mailing(bigint, bigint) IS 'writes the print file (PDF in postal order, page contents copied from the archived documents) and the ticket (CSV, a line an envelope, totals in the last) of a planned mailing as outgoing files of kind print_file and ticket, fills mailroom.letter_print and sets the mailing printed; returns outgoing_file_id of the PDF; a printed mailing is left as it is; of a common hand-in the letters of the members that let the house print, in one file of the house, and these members'' mailings become printed (NULL when there are none); MR004 when the mailing is not planned or its house prints it, MR007 when archived bytes do not match their hash';
REVOKE EXECUTE ON FUNCTION mailroom.print_mailing(bigint, bigint) FROM PUBLIC;
