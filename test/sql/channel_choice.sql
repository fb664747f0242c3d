-- who gets which channel: legal duty, own choice, sender's rule, print; and what mailboxes take in
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\pset format unaligned
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
SELECT mailroom.create_issuer('Valg & Kraft AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
UPDATE mailroom.issuer SET street = 'Havnegata 1', postcode = '0150', city = 'OSLO', payee_account = 'NO9315030012345', vat_id = 'NO987654325MVA', registration_no = '987654325' WHERE issuer_id = :issuer;
CREATE FUNCTION pg_temp.bill(issuer bigint, batch bigint, first integer, last integer) RETURNS void LANGUAGE sql AS $$
	INSERT INTO mailroom.invoice (issuer_id, batch_id, document_no, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date, buyer_no, buyer_name, buyer_street, buyer_city,
			buyer_postcode, buyer_country, payment_reference, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
		SELECT issuer, batch, n, 'batch', 'accepted', 'S', '\x00', 'V-' || n, '2026-11-01', '380', CASE n WHEN 1 THEN 'SEK' ELSE 'NOK' END, '2026-11-21', 'C-' || n, 'Kunde ' || n, 'Gate ' || n, 'OSLO',
			'0150', 'NO', mailroom.make_reference('no_kid_mod10', '1000' || n), 100, 25, 125, 125, 1, now()
		FROM generate_series(first, last) AS n;
	INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, quantity, unit_code, net_amount, price, tax_rate, item_name)
		SELECT i.issuer_id, i.invoice_id, 1, 1, 'C62', 100, 100, 25, 'Vare' FROM mailroom.invoice i WHERE i.issuer_id = issuer AND i.batch_id = batch $$;
CREATE TEMPORARY VIEW way AS
	SELECT v.invoice_number, v.state, c.channel, c.address, c.reason, (SELECT string_agg(regexp_replace(o.file_name, '\d+-\d+', 'N') || ' ' || regexp_replace(o.media_type, '[0-9a-f]{32}', 'HASH'), ', ' ORDER BY p.part_no) FROM mailroom.invoice_package p
				JOIN mailroom.outgoing_file o USING (issuer_id, outgoing_file_id) WHERE p.issuer_id = v.issuer_id AND p.invoice_id = v.invoice_id) AS files,
			EXISTS (SELECT FROM mailroom.document d JOIN mailroom.letter l USING (issuer_id, document_id) WHERE d.issuer_id = v.issuer_id AND d.invoice_id = v.invoice_id) AS letter
		FROM mailroom.invoice v JOIN mailroom.issuer i USING (issuer_id) LEFT JOIN mailroom.invoice_channel c USING (issuer_id, invoice_id) WHERE i.name LIKE 'Valg%' ORDER BY v.invoice_id;
CREATE FUNCTION pg_temp.package(issuer bigint, number text, part integer) RETURNS bytea LANGUAGE sql AS $$
	SELECT mailroom.outgoing_file_content(issuer, p.outgoing_file_id) FROM mailroom.invoice i JOIN mailroom.invoice_package p USING (issuer_id, invoice_id)
		WHERE issuer_id = issuer AND i.invoice_number = number AND p.part_no = part $$;
CREATE FUNCTION pg_temp.document(issuer bigint, number text) RETURNS bytea LANGUAGE sql AS $$
	SELECT mailroom.archive_document(issuer, d.document_id) FROM mailroom.invoice i JOIN mailroom.document d USING (issuer_id, invoice_id) WHERE issuer_id = issuer AND i.invoice_number = number AND d.channel = 'print' $$;

-- addresses have the form of their channel
SELECT a.channel, a.address, mailroom.channel_address_problem(a.channel, a.address)
	FROM (VALUES (1, 'print', NULL), (2, 'print', 'x'), (3, 'pigeon', 'x'), (4, 'kivra', '191212121212'), (5, 'kivra', 'SE556840226601'), (6, 'kivra', '1212121212'), (7, 'digipost', '01043100358'),
		(8, 'digipost', 'ola.nordmann#1234'), (9, 'digipost', 'ola'), (10, 'peppol', '0192:987654325'), (11, 'peppol', '987654325'), (12, 'finvoice', '003712345674@DABAFIHH'), (13, 'finvoice', 'x'),
		(14, 'email', 'a@b.example'), (15, 'email', 'a b@c'), (16, 'mailbox', ''), (17, NULL, 'x')) AS a (n, channel, address) ORDER BY a.n;

-- without rules and choices: print, and no row
SELECT pg_temp.bill(:issuer, 920000, 90, 90);
SELECT c.* FROM mailroom.invoice i, mailroom.choose_channel(i.issuer_id, i.invoice_id) c WHERE i.issuer_id = :issuer;

-- choices, with history
SELECT mailroom.set_recipient_channel(:issuer, 'C-1', 'email', 'a@b.example', 'form 16', '2026-01-01');
SELECT mailroom.set_recipient_channel(:issuer, 'C-1', 'kivra', '191212121212', 'match list of 2026-10-01', '2026-10-01');
SELECT mailroom.set_recipient_channel(:issuer, 'C-1', 'kivra', '191212121212', 'too late', '2026-09-01');
SELECT mailroom.set_recipient_channel(:issuer, 'C-1', 'kivra', 'x', 'form');
SELECT mailroom.set_recipient_channel(:issuer, 'C-1', 'print', NULL, ' ');
SELECT mailroom.set_recipient_channel(:issuer, 'C-2', 'digipost', '01043100358', 'portal', '2026-10-01');
SELECT mailroom.set_recipient_channel(:issuer, 'C-6', 'print', NULL, 'letter of 3 March', '2026-03-03');
SELECT mailroom.set_recipient_channel(:issuer, 'C-8', 'mailbox', 'box 77', 'call', '2026-03-03');
SELECT mailroom.set_recipient_channel(:issuer, 'C-9', 'finvoice', '003712345674@DABAFIHH', 'bank', '2026-03-03');
SELECT mailroom.set_recipient_channel(:issuer, 'C-3', 'digipost', '01043100358', 'portal', '2026-03-03');
SELECT customer_no, channel, address, since, until, proof FROM mailroom.recipient_channel WHERE issuer_id = :issuer ORDER BY recipient_channel_id;
-- rules: public bodies must get e-invoices; the sender prefers e-mail
SELECT mailroom.set_channel_rule(:issuer, 10, 'duty', 'peppol', 'public bodies', 'NO', customer_group => 'public');
SELECT mailroom.set_channel_rule(:issuer, 20, 'sender', 'email', 'cheaper than paper', 'NO', false);
SELECT mailroom.set_channel_rule(:issuer, 21, 'sender', 'email', 'cheaper than paper', 'SE');
SELECT mailroom.set_channel_rule(:issuer, 22, 'sender', 'pigeon', 'never');
SELECT mailroom.set_channel_rule(:issuer, 22, 'wish', 'email', 'never');
INSERT INTO mailroom.party_group (issuer_id, customer_no, customer_group) VALUES (:issuer, 'C-3', 'public'), (:issuer, 'C-4', 'public');
SELECT mailroom.set_mail_sender(:issuer, 'faktura@valg.example');
SELECT pg_temp.bill(:issuer, 920001, 1, 9);
UPDATE mailroom.invoice SET buyer_email = 'k7@kunde.example' WHERE issuer_id = :issuer AND invoice_number IN ('V-6', 'V-7');
UPDATE mailroom.invoice SET payee_account = '5050-1055', payment_reference = mailroom.make_reference('se_ocr', '10001') WHERE issuer_id = :issuer AND invoice_number = 'V-1';
UPDATE mailroom.invoice SET buyer_endpoint = '987654325', buyer_endpoint_scheme = '0192', buyer_reference = 'R-3', seller_name = 'Valg & Kraft AS', seller_registration_no = '987654325', seller_vat_id = 'NO987654325MVA',
		payment_means = '30', payee_account = 'NO9315030012345', line_total = 100, other_terms = '{"bt_34": "987654325", "bt_34_1": "0192", "bt_40": "NO", "bt_35": "Havnegata 1", "bt_37": "OSLO", "bt_38": "0150"}'
	WHERE issuer_id = :issuer AND invoice_number = 'V-3';
UPDATE mailroom.invoice_line l SET tax_category = 'S', line_id = '1' FROM mailroom.invoice i WHERE l.issuer_id = :issuer AND i.issuer_id = l.issuer_id AND i.invoice_id = l.invoice_id AND i.invoice_number = 'V-3';
INSERT INTO mailroom.invoice_tax (issuer_id, invoice_id, tax_no, category, rate, taxable_amount, tax_amount) SELECT :issuer, invoice_id, 1, 'S', 25, 100, 25 FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number = 'V-3';
SELECT i.invoice_number, c.channel, c.address, c.reason, array_to_string(c.steps, E'\n  ', '') AS steps
	FROM mailroom.invoice i, mailroom.choose_channel(i.issuer_id, i.invoice_id) c WHERE i.issuer_id = :issuer ORDER BY i.invoice_id;

-- a run prints only what goes by print; a duty without address and an invoice its channel cannot carry are set aside
SELECT mailroom.enqueue_job(:issuer, 'process_invoices', '{"batch_id": 920001}') IS NOT NULL AS enqueued;
CALL mailroom.run_jobs();
SELECT * FROM way;
SELECT i.invoice_number, f.rule, regexp_replace(f.message, 'invoice \d+', 'invoice N') AS message FROM mailroom.finding f JOIN mailroom.invoice i USING (issuer_id, invoice_id) WHERE issuer_id = :issuer ORDER BY i.invoice_id;
SELECT state, problem FROM mailroom.run WHERE issuer_id = :issuer;

-- Kivra: the page and the payment beside the PDF, which is the archived one
SELECT jsonb_pretty((j #- '{parts,0,data}' #- '{parts,0,responsive_part,data}')) AS content,
		decode(j #>> '{parts,0,data}', 'base64') = pg_temp.document(:issuer, 'V-1') AS archived_pdf, convert_from(decode(j #>> '{parts,0,responsive_part,data}', 'base64'), 'UTF8') ILIKE '%<html%V-1%' AS page
	FROM (SELECT convert_from(pg_temp.package(:issuer, 'V-1', 1), 'UTF8')::jsonb) AS k (j);
-- plusgiro, another reference, nothing to pay
UPDATE mailroom.invoice SET payee_account = '12 34 56-6', payment_reference = 'REF 1' WHERE issuer_id = :issuer AND invoice_number = 'V-1';
SELECT mailroom.kivra_payment(i, NULL) FROM mailroom.invoice i WHERE issuer_id = :issuer AND invoice_number = 'V-1';
UPDATE mailroom.invoice SET payable_amount = 0 WHERE issuer_id = :issuer AND invoice_number = 'V-1';
SELECT mailroom.kivra_payment(i, NULL) IS NULL AS nothing_to_pay FROM mailroom.invoice i WHERE issuer_id = :issuer AND invoice_number = 'V-1';
-- too large: without the page, then not at all
SELECT octet_length(mailroom.kivra_content(issuer_id, invoice_id, '191212121212', convert_to(repeat('x', 600000), 'UTF8'))) BETWEEN 800000 AND 801000 AS base64 FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number = 'V-1';

-- Digipost: message and document in one body, identifier and boundary the same whenever it is made
SELECT regexp_replace(replace(convert_from(substring(p.content FROM 1 FOR position('\x25504446'::bytea IN p.content) - 1), 'UTF8'), E'\r', ''), '[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}|(?<=mailroom-)([0-9a-f]{32}|\d+-\d+)', 'HASH', 'g') AS head,
		position(pg_temp.document(:issuer, 'V-2') IN p.content) > 0 AS archived_pdf, p.content = mailroom.digipost_message(i.issuer_id, i.invoice_id, '01043100358', pg_temp.document(:issuer, 'V-2')) AS same_again
	FROM (SELECT pg_temp.package(:issuer, 'V-2', 1)) AS p (content), mailroom.invoice i WHERE i.issuer_id = :issuer AND i.invoice_number = 'V-2';
-- an invoice without a valid KID has no payment; markup in a name is text
UPDATE mailroom.invoice SET payment_reference = '123' WHERE issuer_id = :issuer AND invoice_number = 'V-2';
SELECT substring(convert_from(mailroom.digipost_message(issuer_id, invoice_id, 'a<b#1', 'x'), 'UTF8') FROM '<recipient>.*?</recipient>') AS recipient,
		convert_from(mailroom.digipost_message(issuer_id, invoice_id, '987654325', 'x'), 'UTF8') ~ 'data-type' AS payment FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number = 'V-2';

-- a mailbox without a shape of its own: the PDF and what it says
SELECT pg_temp.package(:issuer, 'V-8', 1) = pg_temp.document(:issuer, 'V-8') AS archived_pdf, regexp_replace(jsonb_pretty(convert_from(pg_temp.package(:issuer, 'V-8', 2), 'UTF8')::jsonb #- '{file,bytes}' #- '{file,name}'), '[0-9a-f]{64}', 'HASH') AS metadata,
	convert_from(pg_temp.package(:issuer, 'V-8', 2), 'UTF8')::jsonb #>> '{file,sha256}' = encode(sha256(pg_temp.document(:issuer, 'V-8')), 'hex') AS hash;
SELECT convert_from(pg_temp.package(:issuer, 'V-7', 1), 'UTF8') ~ 'To: .*k7@kunde.example' AS mail;
SELECT count(*) FILTER (WHERE v.severity = 'fatal') AS fatal, convert_from(pg_temp.package(:issuer, 'V-3', 1), 'UTF8') ~ 'V-3' AS invoice FROM mailroom.validate_invoice(pg_temp.package(:issuer, 'V-3', 1)) v;
SELECT step, regexp_replace(detail, '\d+-\d+(?=\.)|\d+(?= bytes)|[0-9a-f]{64}', 'N', 'g') AS detail FROM mailroom.invoice_trace(:issuer, 'V-8') WHERE step IN ('channel', 'package');

-- the address comes: the invoice goes on; the choice is made anew
SELECT mailroom.set_recipient_channel(:issuer, 'C-4', 'peppol', '0192:987654325', 'register of participants');
UPDATE mailroom.invoice SET state = 'accepted' WHERE issuer_id = :issuer AND invoice_number = 'V-9';
SELECT mailroom.end_recipient_channel(:issuer, 'C-9');
SELECT mailroom.enqueue_job(:issuer, 'process_invoices', '{"batch_id": 920001}') IS NOT NULL AS enqueued;
CALL mailroom.run_jobs();
SELECT * FROM way WHERE invoice_number = 'V-9';

-- taken back while nobody fetched it, not after
SELECT w.invoices, w.too_late FROM mailroom.invoice i, mailroom.withdraw_invoice(i.issuer_id, i.invoice_id, 'wrong price') w WHERE i.issuer_id = :issuer AND i.invoice_number = 'V-8';
SELECT o.state, (SELECT count(*) FROM mailroom.outgoing_file_part f WHERE f.issuer_id = o.issuer_id AND f.outgoing_file_id = o.outgoing_file_id) AS parts
	FROM mailroom.invoice i JOIN mailroom.invoice_package p USING (issuer_id, invoice_id) JOIN mailroom.outgoing_file o USING (issuer_id, outgoing_file_id) WHERE issuer_id = :issuer AND i.invoice_number = 'V-8' ORDER BY p.part_no;
SELECT count(mailroom.acknowledge_outgoing_file(p.issuer_id, p.outgoing_file_id)) FROM mailroom.invoice i JOIN mailroom.invoice_package p USING (issuer_id, invoice_id) WHERE issuer_id = :issuer AND i.invoice_number = 'V-2';
DO $$ BEGIN PERFORM mailroom.withdraw_invoice(i.issuer_id, i.invoice_id, 'wrong price') FROM mailroom.invoice i JOIN mailroom.issuer s USING (issuer_id) WHERE s.name LIKE 'Valg%' AND i.invoice_number = 'V-2';
	EXCEPTION WHEN SQLSTATE 'MR004' THEN RAISE INFO '%', regexp_replace(SQLERRM, '\d+', 'N'); END $$;
