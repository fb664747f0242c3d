-- a mailing is split by site and machine, with tickets in CSV and JSON
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\pset format unaligned
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
SELECT mailroom.create_issuer('Delt AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
UPDATE mailroom.issuer SET street = 'Havnegata 1', postcode = '0150', city = 'OSLO', payee_account = '15030012345' WHERE issuer_id = :issuer;
-- without a row in print_setting
INSERT INTO mailroom.print_machine (issuer_id, site, machine, priority, max_sheets) VALUES (:issuer, 'bergen', 'b1', 10, 50), (:issuer, 'oslo', 'fast', 1, 2), (:issuer, 'oslo', 'slow', 2, 4);
INSERT INTO mailroom.print_site_rule (issuer_id, rule_no, site, countries, postcode_from, postcode_to) VALUES (:issuer, 1, 'bergen', '{NO}', '5', '69');
INSERT INTO mailroom.invoice (issuer_id, batch_id, document_no, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date, buyer_name, buyer_street, buyer_city,
		buyer_postcode, buyer_country, payment_reference, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
	SELECT :issuer, 930001, n, 'batch', 'accepted', 'S', '\x00', 'D-' || n, '2026-11-01', '380', 'NOK', '2026-11-21', 'Kunde "' || n || '"', 'Gate ' || n, 'OSLO', CASE WHEN n % 3 = 0 THEN '5003' ELSE '0150' END, 'NO', '00000' || n, 100, 25, 125, 125,
		CASE n WHEN 7 THEN 200 WHEN 8 THEN 700 ELSE 1 END, now()
	FROM generate_series(1, 10) AS n;
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, quantity, unit_code, net_amount, price, tax_rate, item_name)
	SELECT i.issuer_id, i.invoice_id, l, 1, 'C62', 1, 1, 25, 'Vare' FROM mailroom.invoice i, generate_series(1, line_count) AS l WHERE i.issuer_id = :issuer;
SELECT mailroom.enqueue_job(:issuer, 'process_invoices', '{"batch_id": 930001}') > 0 AS enqueued;
CALL mailroom.run_jobs();
SELECT state, letter_count, mailing_id AS mailing FROM mailroom.mailing WHERE issuer_id = :issuer \gset
SELECT :'state' AS state, :letter_count AS letters;
SELECT part_no, site, machine, envelopes, outgoing_file_id IS NOT NULL AS written FROM mailroom.mailing_part WHERE issuer_id = :issuer ORDER BY 1;
SELECT kind, regexp_replace(file_name, '\d+', 'N') AS file_name, state FROM mailroom.outgoing_file WHERE issuer_id = :issuer ORDER BY outgoing_file_id;
-- every letter in one file, where letter_print says, as it is archived
SELECT m.part_no, string_agg(i.invoice_number, ' ' ORDER BY i.invoice_id) AS invoices, min(p.first_page) AS first,
		bool_and(position(substr(mailroom.archive_document(d.issuer_id, d.document_id), d.page_offsets[1]::int + 1, d.page_lengths[1]::int) IN mailroom.outgoing_file_content(p.issuer_id, p.outgoing_file_id)) > 0) AS found
	FROM mailroom.letter_print p JOIN mailroom.mailing_part m USING (issuer_id, mailing_id, outgoing_file_id) JOIN mailroom.letter l USING (issuer_id, mailing_id, letter_id) JOIN mailroom.document d USING (issuer_id, document_id) JOIN mailroom.invoice i USING (issuer_id, invoice_id)
	WHERE p.issuer_id = :issuer GROUP BY 1 ORDER BY 1;
CREATE TEMPORARY VIEW ticket AS
	SELECT convert_from(mailroom.outgoing_file_content(o.issuer_id, o.outgoing_file_id), 'UTF8')::jsonb AS ticket FROM mailroom.outgoing_file o JOIN mailroom.issuer i USING (issuer_id) WHERE i.name = 'Delt AS' AND o.kind = 'ticket_json' ORDER BY o.outgoing_file_id;
SELECT ticket ->> 'part' AS part, ticket ->> 'site' AS site, ticket ->> 'machine' AS machine, (ticket -> 'totals') - 'sha256' AS totals,
		(SELECT encode(o.content_sha256, 'hex') FROM mailroom.outgoing_file o JOIN mailroom.mailing_part m USING (issuer_id, mailing_id, outgoing_file_id) WHERE m.issuer_id = :issuer AND m.part_no = (ticket ->> 'part')::integer) = ticket #>> '{totals,sha256}' AS hash,
		jsonb_array_length(ticket -> 'envelopes') AS envelopes
	FROM ticket;
SELECT jsonb_pretty((ticket #> '{envelopes,0}') || '{"sequence": 0}' #- '{documents,0,letter}' #- '{documents,0,document}' #- '{documents,0,sha256}') FROM ticket WHERE ticket ->> 'machine' = 'slow';
SELECT bool_and(a.n = 1 OR a.sequence > a.before) AS postal_order FROM (SELECT (e ->> 'sequence')::integer AS sequence, lag((e ->> 'sequence')::integer) OVER (PARTITION BY t.ticket ORDER BY n) AS before, n FROM ticket t, jsonb_array_elements(t.ticket -> 'envelopes') WITH ORDINALITY AS x (e, n)) a;
SELECT mailroom.print_mailing(:issuer, :mailing) = (SELECT outgoing_file_id FROM mailroom.mailing_part WHERE issuer_id = :issuer AND part_no = 1) AS first_part;
SELECT regexp_replace(detail, '\d+', 'N') AS detail FROM mailroom.invoice_trace(:issuer, 'D-3') WHERE step = 'print';
-- withdrawn before anybody fetched: all parts are written anew
SELECT w.letters_taken_out FROM mailroom.invoice i, LATERAL mailroom.withdraw_invoice(:issuer, i.invoice_id, 'wrong') w WHERE i.issuer_id = :issuer AND i.invoice_number = 'D-8';
CALL mailroom.run_jobs();
SELECT part_no, site, machine, envelopes FROM mailroom.mailing_part WHERE issuer_id = :issuer ORDER BY 1;
SELECT kind, state, count(*) FROM mailroom.outgoing_file WHERE issuer_id = :issuer GROUP BY 1, 2 ORDER BY 1, 2;
-- a share: whole bundles until it is reached
DELETE FROM mailroom.print_site_rule WHERE issuer_id = :issuer;
INSERT INTO mailroom.print_site_rule (issuer_id, rule_no, site, share_percent) VALUES (:issuer, 1, 'bergen', 40);
UPDATE mailroom.letter_postage SET bundle_no = sequence_no WHERE issuer_id = :issuer;
SELECT site, count(*) FROM mailroom.choose_print_sites(:issuer, :mailing) GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM mailroom.job WHERE issuer_id = :issuer AND state NOT IN ('done', 'finished');
