-- 46_channel: one template in every channel.

-- E-mail and SMS by themselves ---------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.write_mail(sender_name text, sender text, recipient_name text, recipient text, subject text, plain text,
		html text DEFAULT NULL, file_name text DEFAULT NULL, media_type text DEFAULT NULL, attachment bytea DEFAULT NULL, date_header text DEFAULT NULL)
	RETURNS bytea
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_write_mail';
COMMENT ON FUNCTION mailroom.write_mail(text, text, text, text, text, text, text, text, text, bytea, text) IS 'an e-mail as bytes (RFC 5322, RFC 2045 to 2047, RFC 2231): plain text, with html as its alternative and an attachment (media_type as type/subtype) where given; nothing but ASCII in lines of at most 76 bytes that end in CRLF; Message-ID is made of the content''s SHA-256 and the sender''s domain; date_header is the text of Date (see mail_date), NULL: whoever takes the message in adds it; 22023 when an address is none that SMTP carries without extensions or the media type is none';

CREATE OR REPLACE FUNCTION mailroom.mail_date(at timestamptz)
	RETURNS text
	STABLE STRICT PARALLEL SAFE
	RETURN pg_catalog.to_char(at AT TIME ZONE 'UTC', 'Dy, DD Mon YYYY HH24:MI:SS') || ' +0000';
COMMENT ON FUNCTION mailroom.mail_date(timestamptz) IS 'a moment as an e-mail''s Date header says it (RFC 5322), in UTC';

CREATE OR REPLACE FUNCTION mailroom.sms_segments(message text, OUT encoding text, OUT segment_count integer, OUT units integer, OUT forced_by text, OUT segments text[])
	RETURNS record
	IMMUTABLE STRICT PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_sms_segments';
COMMENT ON FUNCTION mailroom.sms_segments(text) IS 'how a text travels as SMS: encoding GSM-7 (160 septets in one message, 153 in each of several; those of the extension table take two) or UCS-2 (70, 67 units; characters beyond U+FFFF take two); units of the whole text; forced_by: the first character that only UCS-2 has, as U+XXXX; segments: the parts, none of which ends inside of a character';

CREATE OR REPLACE FUNCTION mailroom.base64_body(head bytea, first_file bytea, middle bytea, second_file bytea, tail bytea)
	RETURNS bytea
	IMMUTABLE PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_base64_body';
COMMENT ON FUNCTION mailroom.base64_body(bytea, bytea, bytea, bytea, bytea) IS 'bytes with two files between them in base64 (RFC 4648) without line ends, as JSON has them; NULL: nothing';

-- Where e-mails come from and go to ----------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.set_mail_sender(issuer_id bigint, address text, name text DEFAULT NULL)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	-- an address that no e-mail can carry is refused here, not at the first e-mail
	PERFORM mailroom.write_mail($3, $2, NULL, $2, '', '');
	INSERT INTO mailroom.mail_sender AS s (issuer_id, address, name) VALUES ($1, $2, $3)
		ON CONFLICT ON CONSTRAINT mail_sender_pkey DO UPDATE SET address = excluded.address, name = excluded.name;
END;
$$;
COMMENT ON FUNCTION mailroom.set_mail_sender(bigint, text, text) IS 'sets who the issuer''s e-mails come from; name NULL: the issuer''s name; 22023 when the address is none; needs operator';
REVOKE EXECUTE ON FUNCTION mailroom.set_mail_sender(bigint, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.invoice_mail_address(other_terms jsonb)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	RETURN coalesce(other_terms OPERATOR(pg_catalog.->>) 'bt_58',
		CASE WHEN (other_terms OPERATOR(pg_catalog.->>) 'bt_49_1') = 'EM' THEN other_terms OPERATOR(pg_catalog.->>) 'bt_49' END);
COMMENT ON FUNCTION mailroom.invoice_mail_address(jsonb) IS 'the buyer''s e-mail address as the invoice has it: of the contact (BT-58), else an electronic address of scheme EM (BT-49); NULL when it has none';

-- Rendering ----------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.write_channel(issuer_id bigint, invoice_id bigint, channel text, source text, recipient text, sender text, sender_name text, date_header text, OUT content bytea, OUT media_type text)
	RETURNS record
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_render_channel';
COMMENT ON FUNCTION mailroom.write_channel(bigint, bigint, text, text, text, text, text, text) IS 'what preview_channel does, with all addresses given';
REVOKE EXECUTE ON FUNCTION mailroom.write_channel(bigint, bigint, text, text, text, text, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.preview_channel(issuer_id bigint, invoice_id bigint, channel text, source text, recipient text DEFAULT NULL, sent_at timestamptz DEFAULT NULL, OUT content bytea, OUT media_type text)
	RETURNS record
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT w.content, w.media_type
		FROM (SELECT) AS one
			LEFT JOIN mailroom.mail_sender s ON s.issuer_id = $1
			LEFT JOIN mailroom.invoice i ON i.issuer_id = $1 AND i.invoice_id = $2 AND $5 IS NULL AND $3 = 'email',
			LATERAL mailroom.write_channel($1, $2, $3, $4, coalesce($5, mailroom.invoice_mail_address(i.other_terms)), s.address, s.name, mailroom.mail_date($6)) AS w;
END;
COMMENT ON FUNCTION mailroom.preview_channel(bigint, bigint, text, text, text, timestamptz) IS 'an invoice in a channel (print: PDF; html: one self-contained page; email: message with text, HTML and the PDF; text; sms: one line) by a template that need not be published; source NULL: the issuer''s template of today, else the house''s own; content is UTF-8 but for print; recipient: of an e-mail, NULL: as the invoice has it (invoice_mail_address); sent_at: of an e-mail, NULL: no Date; stores nothing; 22023 for another channel, 42704 when the invoice does not exist, MR006 names the field or address that is missing';
REVOKE EXECUTE ON FUNCTION mailroom.preview_channel(bigint, bigint, text, text, text, timestamptz) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.render_channel(issuer_id bigint, invoice_id bigint, channel text, recipient text DEFAULT NULL, sent_at timestamptz DEFAULT NULL, OUT content bytea, OUT media_type text)
	RETURNS record
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT p.content, p.media_type FROM mailroom.preview_channel($1, $2, $3, NULL, $4, $5) AS p;
END;
COMMENT ON FUNCTION mailroom.render_channel(bigint, bigint, text, text, timestamptz) IS 'an invoice in any state in a channel (print, html, email, text, sms) by the issuer''s template of today, with its media type; stores nothing; arguments and errors as preview_channel';
REVOKE EXECUTE ON FUNCTION mailroom.render_channel(bigint, bigint, text, text, timestamptz) FROM PUBLIC;

SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind),
		(VALUES ('mailroom.render_channel(bigint, bigint, text, text, timestamptz)'), ('mailroom.preview_channel(bigint, bigint, text, text, text, timestamptz)'),
			('mailroom.write_channel(bigint, bigint, text, text, text, text, text, text)')) AS f (name);
SELECT mailroom.allow('operator', 'function', 'mailroom.set_mail_sender(bigint, text, text)', 'EXECUTE');
SELECT mailroom.allow(k.kind, 'table', 'mailroom.mail_sender', 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind);

-- Documents ----------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.store_channel(issuer_id bigint, invoice_ids bigint[], channel text, recipients text[], sender text, sender_name text, date_header text)
	RETURNS TABLE (invoice_id bigint, document_id bigint, rule text, message text)
	VOLATILE PARALLEL UNSAFE ROWS 1000
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_store_channel';
COMMENT ON FUNCTION mailroom.store_channel(bigint, bigint[], text, text[], text, text, text) IS 'what render_channel_documents does, with all addresses given: recipients in the order of invoice_ids';
REVOKE EXECUTE ON FUNCTION mailroom.store_channel(bigint, bigint[], text, text[], text, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.store_channels(issuer_id bigint, invoice_ids bigint[], channels text[], recipients text[], sender text, sender_name text, date_header text)
	RETURNS TABLE (channel text, invoice_id bigint, document_id bigint, rule text, message text)
	VOLATILE PARALLEL UNSAFE ROWS 1000
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_store_channels';
COMMENT ON FUNCTION mailroom.store_channels(bigint, bigint[], text[], text[], text, text, text) IS 'what render_channel_documents does for several channels, with all addresses given: recipients in the order of invoice_ids';
REVOKE EXECUTE ON FUNCTION mailroom.store_channels(bigint, bigint[], text[], text[], text, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.render_channel_documents(issuer_id bigint, invoice_ids bigint[], channel text, recipients text[] DEFAULT '{}', sent_at timestamptz DEFAULT NULL)
	RETURNS TABLE (invoice_id bigint, document_id bigint, rule text, message text)
	VOLATILE PARALLEL UNSAFE ROWS 1000
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	own record;
	wanted bigint[];
	addresses text[];
BEGIN
	SELECT s.address, s.name INTO own FROM (SELECT) AS one LEFT JOIN mailroom.mail_sender s ON s.issuer_id = $1;
	SELECT array_agg(i.invoice_id), array_agg(coalesce(n.recipient, mailroom.invoice_mail_address(i.other_terms)))
		INTO wanted, addresses
		FROM ROWS FROM (unnest($2), unnest($4)) AS n (id, recipient)
			CROSS JOIN LATERAL (SELECT k.invoice_id, k.state, k.other_terms FROM mailroom.invoice k WHERE k.issuer_id = $1 AND k.invoice_id = n.id OFFSET 0) i
		WHERE i.state IN ('accepted', 'printed', 'archived');
	IF wanted IS NOT NULL THEN
		RETURN QUERY SELECT s.invoice_id, s.document_id, s.rule, s.message
			FROM mailroom.store_channel($1, wanted, $3, addresses, own.address, own.name, mailroom.mail_date($5)) AS s;
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.render_channel_documents(bigint, bigint[], text, text[], timestamptz) IS 'renders the invoices (accepted, printed or archived) that have no document in the channel (html, email, text, sms) yet, inserts mailroom.document rows of that channel and archives the bytes as they are to be sent; recipients: of e-mails, in the order of invoice_ids, NULL: as the invoice has it; sent_at: of e-mails; returns a row an invoice: its document, or the rule (TEMPLATE-FIELD, MAIL-ADDRESS ...) and message that say why it has none, which changes nothing else; invoices that have one already give no row; 22023 for another channel';
REVOKE EXECUTE ON FUNCTION mailroom.render_channel_documents(bigint, bigint[], text, text[], timestamptz) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.render_channel_documents(issuer_id bigint, invoice_ids bigint[], channels text[], recipients text[] DEFAULT '{}', sent_at timestamptz DEFAULT NULL)
	RETURNS TABLE (channel text, invoice_id bigint, document_id bigint, rule text, message text)
	VOLATILE PARALLEL UNSAFE ROWS 1000
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	own record;
	wanted bigint[];
	addresses text[];
BEGIN
	SELECT s.address, s.name INTO own FROM (SELECT) AS one LEFT JOIN mailroom.mail_sender s ON s.issuer_id = $1;
	SELECT array_agg(i.invoice_id), array_agg(coalesce(n.recipient, mailroom.invoice_mail_address(i.other_terms)))
		INTO wanted, addresses
		FROM ROWS FROM (unnest($2), unnest($4)) AS n (id, recipient)
			CROSS JOIN LATERAL (SELECT k.invoice_id, k.state, k.other_terms FROM mailroom.invoice k WHERE k.issuer_id = $1 AND k.invoice_id = n.id OFFSET 0) i
		WHERE i.state IN ('accepted', 'printed', 'archived');
	IF wanted IS NOT NULL THEN
		RETURN QUERY SELECT s.channel, s.invoice_id, s.document_id, s.rule, s.message
			FROM mailroom.store_channels($1, wanted, $3, addresses, own.address, own.name, mailroom.mail_date($5)) AS s;
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.render_channel_documents(bigint, bigint[], text[], text[], timestamptz) IS 'the same for several channels at once: each invoice is read once, and an e-mail carries the print document of the same template version as it is archived; returns a row an invoice and channel that had no document; 22023 when a channel is named twice';
REVOKE EXECUTE ON FUNCTION mailroom.render_channel_documents(bigint, bigint[], text[], text[], timestamptz) FROM PUBLIC;
