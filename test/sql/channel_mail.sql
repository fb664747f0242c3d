-- e-mail, SMS, and documents of the channels besides print
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;

-- SMS: the alphabet, its extension, lengths of parts
SELECT t.what, s.encoding, s.segment_count, s.units, s.forced_by, (SELECT array_agg(char_length(p) ORDER BY n) FROM unnest(s.segments) WITH ORDINALITY AS p (p, n)) AS lengths,
		array_to_string(s.segments, '') = t.text AS whole
	FROM (VALUES
		(1, 'empty', ''), (2, 'short', 'Faktura 1'), (3, '160', repeat('a', 160)), (4, '161', repeat('a', 161)), (5, '306', repeat('a', 306)), (6, '307', repeat('a', 307)),
		(7, 'Nordic', 'æøåÆØÅäöÄÖ'), (8, 'extension', '€[]{}\~^|'), (9, 'euro at the end of a part', repeat('a', 152) || '€' || repeat('b', 20)),
		(10, '80 euros', repeat('€', 80)), (11, '81 euros', repeat('€', 81)),
		(12, 'Polish', 'zażółć'), (13, '70', repeat('ж', 70)), (14, '71', repeat('ж', 71)), (15, 'pair at the end of a part', repeat('ж', 66) || '😀' || repeat('ж', 20)),
		(16, 'pairs', repeat('😀', 36)), (17, 'quotation mark', 'don’t'), (18, 'backtick', 'a`b'), (19, 'lines', E'a\nb\r\fc'), (20, 'Greek', 'ΔΩ α')) AS t (n, what, text),
		mailroom.sms_segments(t.text) AS s
	ORDER BY t.n;
-- the whole alphabet is in it, and nothing else of the first 65,535 characters
SELECT count(*) FILTER (WHERE s.encoding = 'GSM-7') AS characters, count(*) FILTER (WHERE s.encoding = 'GSM-7' AND s.units = 2) AS extended
	FROM generate_series(1, 65535) AS c, mailroom.sms_segments(chr(c)) AS s
	WHERE c NOT BETWEEN 55296 AND 57343;

-- an e-mail
SELECT convert_from(mailroom.write_mail('Nordkraft "Kort" AS', 'faktura@nordkraft.example', 'Åse Ærlig Østgård', 'ase@kunde.example', 'Faktura 1001 – Å betale 1 543,13', E'Hei Åse\n.\nFrom oss\nmellomrom \n' || repeat('lang linje ', 10), '<p>Hei</p>',
	'Faktura 1001 – november.pdf', 'application/pdf', '\x255044462d', mailroom.mail_date('2026-11-22 15:30:05+01')), 'UTF8');
SELECT convert_from(mailroom.write_mail(NULL, 'a@b.example', NULL, 'c@d.example', 'plain', 'text'), 'UTF8');
-- no header can be smuggled in
SELECT substring(convert_from(mailroom.write_mail(E'A\r\nBcc: x@y.example', 'a@b.example', E'B\nTo: z@y.example', 'c@d.example', E'S\r\n\r\nbody', 'text'), 'UTF8'), 'From:.*?MIME') ;
CREATE FUNCTION pg_temp.refusal(address text) RETURNS text LANGUAGE plpgsql AS
	$$BEGIN PERFORM mailroom.write_mail(NULL, 'a@b.example', NULL, address, 's', 't'); RETURN NULL; EXCEPTION WHEN invalid_parameter_value THEN RETURN SQLERRM; END$$;
SELECT a.address, pg_temp.refusal(a.address) IS NOT NULL AS refused
	FROM unnest(ARRAY['x@y.example', 'first.last+tag@sub.y.example', 'x', '@y.example', 'x@', 'x@y@z.example', 'x y@z.example', '.x@y.example', 'x.@y.example', 'x..y@z.example',
		'x@.example', 'x@y..example', 'x@y.example.', 'x@-', 'å@y.example', 'x@å.example', E'x@y.example\r\nBcc: z@y.example', '<x@y.example>', repeat('x', 65) || '@y.example']) WITH ORDINALITY AS a (address, n)
	ORDER BY a.n;
SELECT pg_temp.refusal('x y@z.example');
SELECT mailroom.write_mail(NULL, 'a@b.example', NULL, 'c@d.example', 's', 't', NULL, 'f', E'text/plain\r\nX: y', '\x00');

-- documents of other channels
SELECT mailroom.create_issuer('Sender AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
UPDATE mailroom.issuer SET payee_account = '15030012345' WHERE issuer_id = :issuer;
CREATE TEMP TABLE made AS
	WITH new AS (
		INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date, seller_name, buyer_name, buyer_country,
				payment_reference, net_total, gross_total, payable_amount, line_count, other_terms, received_at)
			SELECT :issuer, 'file', CASE n WHEN 5 THEN 'rejected' ELSE 'accepted' END, 'S', '\x00', 'M-' || n, '2026-11-01', '380', 'NOK', '2026-11-21', 'Sender AS', CASE n WHEN 4 THEN NULL ELSE 'Kunde Ø' END, 'NO',
				'000000000012344', 100, 100, 100, 0, CASE n WHEN 1 THEN '{"bt_58": "one@kunde.example"}' WHEN 2 THEN '{"bt_49": "two@kunde.example", "bt_49_1": "EM"}' ELSE '{"bt_49": "123", "bt_49_1": "0192"}' END::jsonb, now()
				FROM generate_series(1, 5) AS n
			RETURNING invoice_id, invoice_number)
	SELECT invoice_id, substr(invoice_number, 3)::int AS n FROM new;
CREATE FUNCTION pg_temp.send(channel text, recipients text[] DEFAULT '{}') RETURNS TABLE (n integer, document boolean, rule text, message text) LANGUAGE sql
	AS $$SELECT m.n, d.document_id IS NOT NULL, d.rule, d.message
		FROM mailroom.render_channel_documents((SELECT max(issuer_id) FROM mailroom.issuer), (SELECT array_agg(invoice_id ORDER BY n) FROM made), channel, recipients, '2026-11-22 12:00+01') d JOIN made m USING (invoice_id) ORDER BY 1$$;
-- nobody said who e-mails come from
SELECT * FROM pg_temp.send('email');
SELECT mailroom.set_mail_sender(:issuer, 'no address');
SELECT mailroom.set_mail_sender(:issuer, 'faktura@sender.example', 'Sender AS, faktura');
SELECT * FROM pg_temp.send('email');
-- the third with an address of the caller; those that have a document are left out
SELECT * FROM pg_temp.send('email', ARRAY[NULL, NULL, 'three@kunde.example']);
SELECT * FROM pg_temp.send('html');
SELECT * FROM pg_temp.send('sms');
SELECT * FROM pg_temp.send('fax');
SELECT * FROM pg_temp.send('print');
SELECT d.channel, count(*), bool_and(sha256(mailroom.archive_document(d.issuer_id, d.document_id)) = d.content_sha256) AS archived,
		bool_and(d.channel = 'email' OR mailroom.archive_document(d.issuer_id, d.document_id) = (mailroom.render_channel(d.issuer_id, d.invoice_id, d.channel)).content) AS as_rendered
	FROM mailroom.document d WHERE d.issuer_id = :issuer GROUP BY 1 ORDER BY 1;
SELECT m.n, h.line FROM made m JOIN mailroom.document d USING (invoice_id),
		LATERAL string_to_table(split_part(convert_from(mailroom.archive_document(d.issuer_id, d.document_id), 'UTF8'), E'\r\n\r\n', 1), E'\r\n') WITH ORDINALITY AS h (line, place)
	WHERE d.issuer_id = :issuer AND d.channel = 'email' AND h.line !~ '^Message-ID: <[0-9a-f]{32}@sender[.]example>$'
	ORDER BY m.n, h.place;
-- the id is the content's: same invoice and address, same id, whatever the date
SELECT substring(convert_from((mailroom.render_channel(:issuer, invoice_id, 'email', 'x@y.example', '2026-11-22 12:00+01')).content, 'UTF8'), 'Message-ID: [^\r]*')
		= substring(convert_from((mailroom.render_channel(:issuer, invoice_id, 'email', 'x@y.example')).content, 'UTF8'), 'Message-ID: [^\r]*') AS same,
		substring(convert_from((mailroom.render_channel(:issuer, invoice_id, 'email', 'x@y.example')).content, 'UTF8'), 'Message-ID: [^\r]*')
		= substring(convert_from((mailroom.render_channel(:issuer, invoice_id, 'email', 'other@y.example')).content, 'UTF8'), 'Message-ID: [^\r]*') AS same_for_other
	FROM made WHERE n = 1;
-- nothing happened to the invoices
SELECT state, count(*) FROM mailroom.invoice WHERE issuer_id = :issuer GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM mailroom.finding WHERE issuer_id = :issuer;

-- several channels at once: the same bytes as one by one, and the e-mail carries the print document as it is archived
SELECT mailroom.create_issuer('Channels AS', 'NO', 'Europe/Oslo', 'NOK') AS several \gset
UPDATE mailroom.issuer SET payee_account = '15030012345' WHERE issuer_id = :several;
SELECT mailroom.set_mail_sender(:several, 'faktura@channels.example');
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date, seller_name, buyer_name, buyer_country,
		payment_reference, net_total, gross_total, payable_amount, line_count, other_terms, received_at)
	SELECT :several, 'file', 'accepted', 'S', '\x00', 'S-' || n, '2026-11-01', '380', 'NOK', '2026-11-21', 'Channels AS', 'Kunde ' || n, 'NO', '000000000012344', n, n, n, 0,
		CASE WHEN n % 100 <> 7 THEN jsonb_build_object('bt_58', 'k' || n || '@kunde.example') END, now()
	FROM generate_series(1, 300) AS n;
SELECT count(*) FROM mailroom.invoice i, LATERAL mailroom.render_channel_documents(:several, ARRAY[i.invoice_id], 'sms') WHERE i.issuer_id = :several AND i.invoice_number IN ('S-3', 'S-9');
SELECT mailroom.render_documents(:several, array_agg(invoice_id)) FROM mailroom.invoice WHERE issuer_id = :several AND invoice_number <> 'S-5';
SELECT mailroom.set_document_profile(:several, 'pdfa-1b');
SELECT d.channel, d.rule, count(*), count(d.document_id) AS documents, count(DISTINCT d.invoice_id) AS invoices
	FROM mailroom.render_channel_documents(:several, (SELECT array_agg(invoice_id) FROM mailroom.invoice WHERE issuer_id = :several), ARRAY['html', 'text', 'sms', 'email'], sent_at => '2026-11-22 12:00+01') AS d
	GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*) FROM mailroom.render_channel_documents(:several, (SELECT array_agg(invoice_id) FROM mailroom.invoice WHERE issuer_id = :several), ARRAY['sms', 'html']);
SELECT d.channel, count(*) FILTER (WHERE mailroom.archive_document(:several, d.document_id) = (mailroom.render_channel(:several, d.invoice_id, d.channel)).content) AS as_rendered
	FROM mailroom.document d JOIN mailroom.invoice i USING (issuer_id, invoice_id)
	WHERE d.issuer_id = :several AND d.channel IN ('html', 'text', 'sms') AND i.invoice_number LIKE '%0' GROUP BY 1 ORDER BY 1;
-- the fifth was not printed: its PDF is written now, in the profile of now
SELECT p.document_id IS NOT NULL AS printed, count(*), count(*) FILTER (WHERE m.pdf = CASE WHEN p.document_id IS NOT NULL THEN mailroom.archive_document(:several, p.document_id) END) AS as_printed, count(*) FILTER (WHERE position('pdfaid' IN encode(m.pdf, 'escape')) > 0) AS of_new_profile
	FROM (SELECT d.invoice_id, decode(split_part(split_part(split_part(encode(mailroom.archive_document(:several, d.document_id), 'escape'), 'Content-Type: application/pdf', 2), E'\r\n\r\n', 2), '--', 1), 'base64') AS pdf
			FROM mailroom.document d WHERE d.issuer_id = :several AND d.channel = 'email') AS m
		LEFT JOIN mailroom.document p ON p.issuer_id = :several AND p.invoice_id = m.invoice_id AND p.channel = 'print'
	GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM mailroom.verify_archive(:several);
SELECT mailroom.render_channel_documents(:several, (SELECT array_agg(invoice_id) FROM mailroom.invoice WHERE issuer_id = :several), ARRAY['html', 'sms', 'html']);
SELECT mailroom.render_channel_documents(:several, (SELECT array_agg(invoice_id) FROM mailroom.invoice WHERE issuer_id = :several), ARRAY['html', NULL]);

-- rights
CREATE ROLE channel_reader;
SELECT mailroom.grant_role('reader', 'channel_reader', ARRAY[:issuer]);
SET ROLE channel_reader;
SELECT octet_length((mailroom.render_channel(:issuer, (SELECT max(invoice_id) FROM mailroom.invoice WHERE invoice_number = 'M-1'), 'email')).content) > 10000 AS readable;
SELECT mailroom.render_channel_documents(:issuer, '{1}', 'html');
SELECT mailroom.set_mail_sender(:issuer, 'x@y.example');
RESET ROLE;
DROP OWNED BY channel_reader;
DROP ROLE channel_reader;
