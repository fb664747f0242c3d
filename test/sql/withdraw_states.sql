-- invoices, files and mailings are taken back from every state before posting
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\pset format unaligned
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
SELECT mailroom.create_issuer('Angre AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
UPDATE mailroom.issuer SET street = 'Havnegata 1', postcode = '0150', city = 'OSLO', payee_account = '15030012345' WHERE issuer_id = :issuer;
CREATE FUNCTION pg_temp.bill(issuer bigint, batch bigint, first integer, last integer) RETURNS void LANGUAGE sql AS $$
	INSERT INTO mailroom.invoice (issuer_id, batch_id, document_no, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date, buyer_name, buyer_street, buyer_city,
			buyer_postcode, buyer_country, payment_reference, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
		SELECT issuer, batch, n, 'batch', 'accepted', 'S', '\x00', 'A-' || n, '2026-11-01', '380', 'NOK', '2026-11-21', 'Kunde ' || n, 'Gate ' || n, 'OSLO',
			'0150', 'NO', '00000' || n, 100, 25, 125, 125, 1, now()
		FROM generate_series(first, last) AS n;
	INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, quantity, unit_code, net_amount, price, tax_rate, item_name)
		SELECT i.issuer_id, i.invoice_id, 1, 1, 'C62', 100, 100, 25, 'Vare' FROM mailroom.invoice i WHERE i.issuer_id = issuer AND i.batch_id = batch;
	SELECT mailroom.enqueue_job(issuer, 'process_invoices', jsonb_build_object('batch_id', batch)) $$;
CREATE FUNCTION pg_temp.withdraw(issuer bigint, number text, reason text) RETURNS text LANGUAGE sql AS $$
	SELECT format('%s invoices, %s taken out, %s to pull, %s too late', w.invoices, w.letters_taken_out, w.letters_to_pull, w.too_late)
		FROM mailroom.invoice i, LATERAL mailroom.withdraw_invoice(issuer, i.invoice_id, reason) w WHERE i.issuer_id = issuer AND i.invoice_number = number AND i.state <> 'withdrawn' $$;
CREATE TEMPORARY VIEW way AS
	SELECT m.name = 'by hand' AS by_hand, m.state, m.letter_count, (SELECT count(*) FROM mailroom.letter l WHERE l.issuer_id = m.issuer_id AND l.mailing_id = m.mailing_id) AS letters,
			(SELECT string_agg(DISTINCT v.state, ' ') FROM mailroom.letter l JOIN mailroom.document d USING (issuer_id, document_id) JOIN mailroom.invoice v USING (issuer_id, invoice_id) WHERE l.issuer_id = m.issuer_id AND l.mailing_id = m.mailing_id) AS invoices,
			(SELECT string_agg(o.kind || ' ' || o.state, ', ' ORDER BY o.outgoing_file_id) FROM mailroom.outgoing_file o WHERE o.issuer_id = m.issuer_id AND o.mailing_id = m.mailing_id) AS files,
			(SELECT string_agg(f.state || ' ' || f.open_parts, ' ') FROM mailroom.flow_run f JOIN mailroom.flow_mailing k USING (issuer_id, run_id) WHERE k.issuer_id = m.issuer_id AND k.mailing_id = m.mailing_id) AS run
		FROM mailroom.mailing m JOIN mailroom.issuer i USING (issuer_id) WHERE i.name = 'Angre AS' ORDER BY m.mailing_id;
-- invoices on the tickets that can be fetched
CREATE TEMPORARY VIEW on_ticket AS
	SELECT o.mailing_id, split_part(t.line, ',', 4) AS invoice FROM mailroom.outgoing_file o JOIN mailroom.issuer i USING (issuer_id),
			regexp_split_to_table(convert_from(mailroom.outgoing_file_content(o.issuer_id, o.outgoing_file_id), 'UTF8'), E'\n') AS t (line)
		WHERE i.name = 'Angre AS' AND o.kind = 'ticket' AND o.state <> 'withdrawn' AND t.line ~ '^\d';

-- set aside; accepted without a document; rendered
SELECT pg_temp.bill(:issuer, 910001, 1, 3);
UPDATE mailroom.invoice SET state = 'set_aside' WHERE issuer_id = :issuer AND invoice_number = 'A-1';
SELECT pg_temp.withdraw(:issuer, 'A-1', 'a double');
SELECT pg_temp.withdraw(:issuer, 'A-2', 'wrong price');
SELECT mailroom.render_documents(:issuer, ARRAY(SELECT invoice_id FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number = 'A-3'));
SELECT pg_temp.withdraw(:issuer, 'A-3', 'wrong price');
CALL mailroom.run_jobs();
SELECT invoice_number, state, settled_by = current_user AS by_me, settled_reason FROM mailroom.invoice WHERE issuer_id = :issuer ORDER BY invoice_id;
SELECT count(*) FROM mailroom.mailing WHERE issuer_id = :issuer;

-- open, and planned: a mailing made by hand; it is planned anew without the letter
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date, buyer_name, buyer_street, buyer_city, buyer_postcode, buyer_country, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
	SELECT :issuer, 'file', 'accepted', 'S', '\x00', 'H-' || n, '2026-11-01', '380', 'NOK', '2026-11-21', 'Kunde ' || n, 'Gate ' || n, 'OSLO', '0150', 'NO', 100, 25, 125, 125, 0, now() FROM generate_series(1, 5) AS n;
SELECT mailroom.render_documents(:issuer, ARRAY(SELECT invoice_id FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number LIKE 'H-%'));
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (:issuer, 'by hand', mailroom.today(:issuer), 'NO', now()) RETURNING mailing_id AS mailing \gset
INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, country)
	SELECT d.issuer_id, :mailing, d.document_id, d.pages, (d.pages + 1) / 2, i.buyer_name, i.buyer_postcode, i.buyer_country
	FROM mailroom.document d JOIN mailroom.invoice i USING (issuer_id, invoice_id) WHERE issuer_id = :issuer AND i.invoice_number LIKE 'H-%' ORDER BY i.invoice_number;
SELECT pg_temp.withdraw(:issuer, 'H-1', 'while it is open');
SELECT * FROM way;
SELECT mailroom.plan_mailing(:issuer, :mailing);
SELECT cost_micro AS before FROM mailroom.mailing WHERE issuer_id = :issuer AND mailing_id = :mailing \gset
SELECT pg_temp.withdraw(:issuer, 'H-2', 'while it is planned');
SELECT * FROM way;
CALL mailroom.run_jobs();
SELECT * FROM way;
SELECT cost_micro = :before * 3 / 4 AS cheaper, (SELECT count(*) FROM mailroom.letter_postage p WHERE p.issuer_id = m.issuer_id AND p.mailing_id = m.mailing_id) AS postage, (SELECT count(*) FROM mailroom.mailing_replan WHERE issuer_id = :issuer) AS to_plan
	FROM mailroom.mailing m WHERE issuer_id = :issuer AND mailing_id = :mailing;
-- an envelope is shared: the letter that heads it goes, the next one heads it
DELETE FROM mailroom.letter_postage WHERE issuer_id = :issuer AND mailing_id = :mailing AND letter_id <> (SELECT min(letter_id) FROM mailroom.letter WHERE issuer_id = :issuer AND mailing_id = :mailing);
UPDATE mailroom.letter l SET cover_id = (SELECT min(letter_id) FROM mailroom.letter WHERE issuer_id = :issuer AND mailing_id = :mailing)
	WHERE issuer_id = :issuer AND mailing_id = :mailing AND letter_id <> (SELECT min(letter_id) FROM mailroom.letter WHERE issuer_id = :issuer AND mailing_id = :mailing);
SELECT mailroom.drop_letters(:issuer, :mailing, ARRAY[min(letter_id)]) FROM mailroom.letter WHERE issuer_id = :issuer AND mailing_id = :mailing;
SELECT count(*) AS letters, count(*) FILTER (WHERE cover_id IS NULL) AS heads, max(cover_sheets) AS sheets,
		bool_and(coalesce(cover_id, letter_id) IN (SELECT letter_id FROM mailroom.letter_postage p WHERE p.issuer_id = l.issuer_id AND p.mailing_id = l.mailing_id)) AS paid
	FROM mailroom.letter l WHERE issuer_id = :issuer AND mailing_id = :mailing;
-- the whole mailing; nothing more of it can be withdrawn, or planned
SELECT invoices, letters_taken_out FROM mailroom.withdraw_mailing(:issuer, :mailing, 'not this week');
SELECT * FROM way;
\set VERBOSITY sqlstate
SELECT invoices FROM mailroom.withdraw_mailing(:issuer, :mailing, 'again');
SELECT mailroom.plan_mailing(:issuer, :mailing);
\set VERBOSITY terse

-- a run: planned with its print job waiting; printed and closed, fetched by nobody: written anew without the letter
SELECT pg_temp.bill(:issuer, 910002, 11, 18);
CALL mailroom.run_jobs(3);
SELECT state, letters, run FROM way WHERE NOT by_hand;
SELECT pg_temp.withdraw(:issuer, 'A-11', 'before print');
CALL mailroom.run_jobs();
SELECT * FROM way WHERE NOT by_hand;
SELECT array_agg(invoice ORDER BY invoice) FROM on_ticket;
SELECT pg_temp.withdraw(:issuer, 'A-12', 'printed, not fetched');
SELECT state, letters, invoices, files, run FROM way WHERE NOT by_hand;
SELECT count(*) AS letters_still_printed FROM mailroom.letter_print WHERE issuer_id = :issuer;
\set VERBOSITY sqlstate
SELECT count(*) FROM mailroom.fetch_outgoing_file(:issuer, (SELECT min(outgoing_file_id) FROM mailroom.outgoing_file WHERE issuer_id = :issuer AND state = 'withdrawn'));
\set VERBOSITY terse
CALL mailroom.run_jobs();
SELECT * FROM way WHERE NOT by_hand;
SELECT array_agg(invoice ORDER BY invoice) FROM on_ticket;
-- fetched: the operator pulls it; the mailing stays as it was handed over
SELECT count(*) > 0 AS fetched FROM mailroom.outgoing_file o, LATERAL mailroom.fetch_outgoing_file(o.issuer_id, o.outgoing_file_id) f WHERE o.issuer_id = :issuer AND o.kind = 'print_file' AND o.state = 'ready';
SELECT pg_temp.withdraw(:issuer, 'A-13', 'fetched, "to pull"');
CALL mailroom.run_jobs();
SELECT * FROM way WHERE NOT by_hand;
SELECT regexp_replace(regexp_replace(line, '^(\d+),\d+,\d+', '\1,L,D'), 'mailing-\d+', 'mailing-N') AS line FROM mailroom.outgoing_file o, regexp_split_to_table(rtrim(convert_from(mailroom.outgoing_file_content(o.issuer_id, o.outgoing_file_id), 'UTF8'), E'\n'), E'\n') AS line
	WHERE o.issuer_id = :issuer AND o.kind = 'pull_list';
-- the day of hand-in is over: posted
UPDATE mailroom.mailing SET hand_in_date = hand_in_date - 1 WHERE issuer_id = :issuer AND state = 'closed';
\set VERBOSITY sqlstate
SELECT pg_temp.withdraw(:issuer, 'A-14', 'too late');
SELECT invoices FROM mailroom.mailing m, LATERAL mailroom.withdraw_mailing(:issuer, m.mailing_id, 'too late') WHERE m.issuer_id = :issuer AND m.state = 'closed';
-- with a print operator that returns files, it is posted when the operator says so
INSERT INTO mailroom.return_policy (issuer_id) VALUES (:issuer);
INSERT INTO mailroom.letter_return (issuer_id, mailing_id, letter_id, state, return_id, changed_at)
	SELECT l.issuer_id, l.mailing_id, l.letter_id, 'posted', 0, now() FROM mailroom.letter l JOIN mailroom.document d USING (issuer_id, document_id) JOIN mailroom.invoice i USING (issuer_id, invoice_id) WHERE i.issuer_id = :issuer AND i.invoice_number = 'A-14';
SELECT pg_temp.withdraw(:issuer, 'A-14', 'too late');
\set VERBOSITY terse
SELECT invoices, letters_taken_out, letters_to_pull, too_late FROM mailroom.mailing m, LATERAL mailroom.withdraw_mailing(:issuer, m.mailing_id, 'all that is not posted') WHERE m.issuer_id = :issuer AND m.state = 'closed';
DELETE FROM mailroom.return_policy WHERE issuer_id = :issuer;

-- final states, no reason, no such invoice
UPDATE mailroom.invoice SET state = 'rejected' WHERE issuer_id = :issuer AND invoice_number = 'A-14';
SELECT pg_temp.withdraw(:issuer, 'A-14', 'it is final');
SELECT mailroom.withdraw_invoice(:issuer, invoice_id, 'again') FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number = 'A-1';
SELECT mailroom.withdraw_invoice(:issuer, invoice_id, ' ') FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number = 'A-14';
SELECT mailroom.withdraw_invoice(:issuer, -1, 'none');
-- the number may come again, and the trail says why
SELECT pg_temp.bill(:issuer, 910003, 12, 12);
SELECT state, count(*) FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number = 'A-12' GROUP BY 1 ORDER BY 1;
SELECT step, regexp_replace(detail, '\d{2,}|[0-9a-f]{64}', 'N', 'g') AS detail FROM mailroom.invoice_trace(:issuer, 'A-13') WHERE step = 'settlement';
SELECT i.invoice_number, w.was_state, w.place, w.mailing_was, w.sequence_no IS NOT NULL AS planned, d.reason FROM mailroom.withdrawn_invoice w JOIN mailroom.withdrawal d USING (issuer_id, withdrawal_id) JOIN mailroom.invoice i USING (issuer_id, invoice_id)
	WHERE w.issuer_id = :issuer AND d.object_kind = 'invoice' ORDER BY i.invoice_id;
CALL mailroom.run_jobs();

-- a file with its invoices; it may come again
SELECT count(*) FROM mailroom.job WHERE issuer_id = :issuer AND state NOT IN ('done', 'finished');
SELECT $$invoice_number,type_code,issue_date,due_date,currency,seller_name,seller_vat,seller_org,buyer_name,buyer_vat,buyer_org,buyer_street,buyer_zip,buyer_city,buyer_country,buyer_endpoint_scheme,buyer_endpoint,buyer_reference,order_reference,payment_reference,iban,note,preceding_invoice,charge_total,net_total,tax_total,gross_total,rounding,payable,line_id,article,item_name,quantity,unit,unit_price,line_discount,line_net,vat_category,vat_rate
F-1,380,2026-10-01,2026-10-20,NOK,Fjellbygg AS,NO855828332MVA,855828332,Lærdal Sag AS,NO942988559MVA,942988559,Havnegata 71,9008,Tromsø,NO,0192,942988559,Avd. 25,PO-1,0529272148,NO0868513681648,,,0.00,100.00,25.00,125.00,0.00,125.00,1,A1,Diesel,10,LTR,10.00,0.00,100.00,S,25
F-2,380,2026-10-02,2026-10-20,NOK,Fjellbygg AS,NO855828332MVA,855828332,Smøla Fisk AS,NO937173660MVA,937173660,Havnegata 12,5003,Bergen,NO,0192,937173660,4100/440,PO-2,6724085581,NO8254705226498,,,0.00,100.00,25.00,125.00,0.00,125.00,1,A1,Diesel,10,LTR,10.00,0.00,100.00,S,25
$$ AS csv \gset
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:issuer, 'early.csv', convert_to(:'csv', 'UTF8')) RETURNING file_id AS early \gset
SELECT invoices, too_late FROM mailroom.withdraw_file(:issuer, :early, 'before it is read');
CALL mailroom.run_jobs();
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:issuer, 'file.csv', convert_to(:'csv', 'UTF8')) RETURNING file_id AS file \gset
CALL mailroom.run_jobs();
SELECT state, letters, invoices FROM way ORDER BY 1, 2 DESC;
CREATE ROLE withdraw_importer;
SELECT mailroom.grant_role('importer', 'withdraw_importer', ARRAY[:issuer]);
SET ROLE withdraw_importer;
\set VERBOSITY sqlstate
SELECT mailroom.withdraw_mailing(:issuer, :mailing, 'no right');
SELECT mailroom.withdraw_invoice(:issuer, 1, 'no right');
SELECT mailroom.withdraw_file(:issuer, -1, 'none');
\set VERBOSITY terse
SELECT invoices, letters_taken_out, letters_to_pull, too_late FROM mailroom.withdraw_file(:issuer, :file, 'sent twice');
RESET ROLE;
DROP OWNED BY withdraw_importer;
DELETE FROM mailroom.issuer_grant WHERE role_name = 'withdraw_importer';
DROP ROLE withdraw_importer;
CALL mailroom.run_jobs();
SELECT file_name, state FROM mailroom.import_file WHERE issuer_id = :issuer ORDER BY file_id;
SELECT name, state, received, refused, withdrawn, withdrawn_sum, difference, difference_sum FROM mailroom.reconciliation WHERE issuer_id = :issuer AND file_id IS NOT NULL ORDER BY file_id;
SELECT count(*) AS on_a_ticket FROM on_ticket WHERE invoice LIKE 'F-%';
SELECT state, count(*) FROM mailroom.flow_run WHERE issuer_id = :issuer GROUP BY 1;
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:issuer, 'file again.csv', convert_to(:'csv', 'UTF8'));
CALL mailroom.run_jobs();
SELECT file_name, state, accepted_count FROM mailroom.import_file WHERE issuer_id = :issuer ORDER BY file_id;
SELECT count(*) AS on_a_ticket FROM on_ticket WHERE invoice LIKE 'F-%';
SELECT * FROM mailroom.check_integrity(:issuer) WHERE problem <> 'source missing';
SELECT count(*) FROM mailroom.job WHERE issuer_id = :issuer AND state NOT IN ('done', 'finished');
