-- 46_channel: one template in every channel.

CREATE OR REPLACE FUNCTION mailroom.preview_channel(issuer_id bigint, invoice_id bigint, channel text, source text, OUT content bytea, OUT media_type text)
	RETURNS record
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_render_channel';
COMMENT ON FUNCTION mailroom.preview_channel(bigint, bigint, text, text) IS 'an invoice in a channel (print: PDF; html: one self-contained page; text; sms: one line) by a template that need not be published; source NULL: the issuer''s template of today, else the house''s own; content is UTF-8 but for print; stores nothing; 22023 for another channel, 42704 when the invoice does not exist, MR006 names the field that is missing';
REVOKE EXECUTE ON FUNCTION mailroom.preview_channel(bigint, bigint, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.render_channel(issuer_id bigint, invoice_id bigint, channel text, OUT content bytea, OUT media_type text)
	RETURNS record
	STABLE PARALLEL RESTRICTED
	SET search_path = pg_catalog, pg_temp
	LANGUAGE sql
BEGIN ATOMIC
	SELECT p.content, p.media_type FROM mailroom.preview_channel($1, $2, $3, NULL) AS p;
END;
COMMENT ON FUNCTION mailroom.render_channel(bigint, bigint, text) IS 'an invoice in any state in a channel (print, html, text, sms) by the issuer''s template of today, with its media type; stores nothing; errors as preview_channel';
REVOKE EXECUTE ON FUNCTION mailroom.render_channel(bigint, bigint, text) FROM PUBLIC;

SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind),
		(VALUES ('mailroom.render_channel(bigint, bigint, text)'), ('mailroom.preview_channel(bigint, bigint, text, text)')) AS f (name);
