-- the print operator's return file: confirmed, spoiled and reprinted, posted against planned
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\pset format unaligned
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
SELECT mailroom.create_issuer('Returfil AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
UPDATE mailroom.issuer SET street = 'Havnegata 1', postcode = '0150', city = 'OSLO', payee_account = '15030012345' WHERE issuer_id = :issuer;
INSERT INTO mailroom.return_policy (issuer_id) VALUES (:issuer);
INSERT INTO mailroom.invoice (issuer_id, batch_id, document_no, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date, buyer_name, buyer_street, buyer_city,
		buyer_postcode, buyer_country, payment_reference, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
	SELECT :issuer, 920001, n, 'batch', 'accepted', 'S', '\x00', 'R-' || n, '2026-11-01', '380', 'NOK', '2026-11-21', 'Kunde ' || n, 'Gate ' || n, 'OSLO', '0150', 'NO', '00000' || n, 100, 25, 125, 125, CASE n WHEN 5 THEN 90 ELSE 1 END, now()
	FROM generate_series(1, 8) AS n;
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, quantity, unit_code, net_amount, price, tax_rate, item_name)
	SELECT i.issuer_id, i.invoice_id, l, 1, 'C62', 1, 1, 25, 'Vare' FROM mailroom.invoice i, generate_series(1, line_count) AS l WHERE i.issuer_id = :issuer;
SELECT mailroom.enqueue_job(:issuer, 'process_invoices', '{"batch_id": 920001}') > 0 AS enqueued;
CALL mailroom.run_jobs();
SELECT mailing_id AS mailing FROM mailroom.mailing WHERE issuer_id = :issuer \gset
CREATE TEMPORARY VIEW at AS
	SELECT i.invoice_number, i.state, coalesce(l.cover_id, l.letter_id) AS letter_id, p.sequence_no, p.bundle_no, r.state AS return_state, r.spoiled_count
		FROM mailroom.invoice i JOIN mailroom.issuer o USING (issuer_id) JOIN mailroom.document d USING (issuer_id, invoice_id) LEFT JOIN mailroom.letter l USING (issuer_id, document_id)
			LEFT JOIN mailroom.letter_postage p ON p.issuer_id = l.issuer_id AND p.mailing_id = l.mailing_id AND p.letter_id = coalesce(l.cover_id, l.letter_id)
			LEFT JOIN mailroom.letter_return r ON r.issuer_id = l.issuer_id AND r.mailing_id = l.mailing_id AND r.letter_id = p.letter_id
		WHERE o.name = 'Returfil AS';
CREATE FUNCTION pg_temp.line(number text, event text, reason text DEFAULT '') RETURNS text LANGUAGE sql AS $$ SELECT format(E'%s,%s,,,%s\n', letter_id, event, reason) FROM at WHERE invoice_number = number $$;
-- generated is not printed
SELECT m.state, string_agg(DISTINCT a.state, ' ') AS invoices FROM mailroom.mailing m, at a WHERE m.issuer_id = :issuer GROUP BY 1;
SELECT offer, planned, posted, unknown, difference, reason FROM mailroom.posted_against_planned WHERE issuer_id = :issuer;

-- inserted, spoiled twice, and what is wrong
SELECT 'letter,event,bundle,count,reason' || E'\r\n' || pg_temp.line('R-1', 'inserted') || pg_temp.line('R-2', 'inserted') || pg_temp.line('R-3', 'spoiled', '"jam, feeder 2"') || pg_temp.line('R-5', 'spoiled', 'torn')
	|| E'-7,inserted,,,\nx,inserted,,,\n' || pg_temp.line('R-4', 'eaten') || E',count,1,99,\n,count,one,,\n' AS content \gset
SELECT mailroom.read_return(:issuer, :mailing, convert_to(:'content', 'UTF8'), 'first.csv') AS first \gset
SELECT lines, faults, layout_name FROM mailroom.return_file WHERE issuer_id = :issuer;
SELECT line_no, state, letter_id IS NOT NULL AS known, reason, rule, regexp_replace(message, 'bundle \d+: found 99', 'bundle B: found 99') AS message FROM mailroom.return_line WHERE issuer_id = :issuer ORDER BY line_no;
SELECT mailroom.read_return(:issuer, :mailing, convert_to(:'content', 'UTF8')) = :first AS the_same_again;
SELECT invoice_number, state, return_state, spoiled_count FROM at ORDER BY 1;
CALL mailroom.run_jobs();
-- reprinted: just these, in postal order, from the archived bytes
SELECT reprint_no, letters, outgoing_file_id IS NOT NULL AS written FROM mailroom.mailing_reprint WHERE issuer_id = :issuer;
SELECT kind, regexp_replace(file_name, '\d+', 'N') AS file_name, state FROM mailroom.outgoing_file WHERE issuer_id = :issuer ORDER BY outgoing_file_id;
SELECT bool_and(position(substr(mailroom.archive_document(d.issuer_id, d.document_id), o.start::int + 1, o.length::int) IN c.content) > 0) AS found, count(*) AS pages
	FROM (SELECT mailroom.outgoing_file_content(issuer_id, outgoing_file_id) AS content FROM mailroom.outgoing_file WHERE issuer_id = :issuer AND kind = 'reprint_file') c,
		mailroom.document d JOIN mailroom.invoice i USING (issuer_id, invoice_id), ROWS FROM (unnest(d.page_offsets), unnest(d.page_lengths)) AS o (start, length)
	WHERE i.issuer_id = :issuer AND i.invoice_number IN ('R-3', 'R-5');
WITH line AS (SELECT split_part(t.line, ',', 1) AS sequence, split_part(t.line, ',', 4) AS invoice, split_part(t.line, ',', 8) AS first_page, n FROM mailroom.outgoing_file f, regexp_split_to_table(convert_from(mailroom.outgoing_file_content(f.issuer_id, f.outgoing_file_id), 'UTF8'), E'\n') WITH ORDINALITY AS t (line, n)
		WHERE f.issuer_id = :issuer AND f.kind = 'reprint_ticket' AND t.line ~ '^\d')
	SELECT array_agg(invoice ORDER BY invoice) AS invoices, array_agg(l.sequence::integer ORDER BY n) = array_agg(l.sequence::integer ORDER BY l.sequence::integer) AS postal_order, bool_and(a.sequence_no::text = l.sequence) AS as_planned, min(first_page) AS first_page
		FROM line l JOIN at a ON a.invoice_number = l.invoice;
SELECT mailroom.print_reprint(:issuer, :mailing, 1) = (SELECT outgoing_file_id FROM mailroom.mailing_reprint WHERE issuer_id = :issuer) AS the_same_file;
\set VERBOSITY sqlstate
SELECT mailroom.print_reprint(:issuer, -1, 1);
SELECT mailroom.print_reprint(:issuer, :mailing, 0);
\set VERBOSITY terse
SELECT mailroom.print_reprint(:issuer, :mailing, 7);

-- withdrawn at the operator's: to be pulled; one that is inserted all the same is a fault; a spoiled one is not printed again
SELECT w.letters_to_pull + w.letters_taken_out FROM mailroom.invoice i, LATERAL mailroom.withdraw_invoice(:issuer, i.invoice_id, 'wrong') w WHERE i.issuer_id = :issuer AND i.invoice_number = 'R-6';
SELECT pg_temp.line('R-6', 'inserted') || pg_temp.line('R-7', 'spoiled') || pg_temp.line('R-8', 'inserted') AS rest \gset
SELECT 'head' || E'\n' || :'rest' AS content \gset
SELECT mailroom.read_return(:issuer, :mailing, convert_to(:'content', 'UTF8')) > :first AS second;
SELECT w.letters_to_pull FROM mailroom.invoice i, LATERAL mailroom.withdraw_invoice(:issuer, i.invoice_id, 'wrong too') w WHERE i.issuer_id = :issuer AND i.invoice_number = 'R-7';
CALL mailroom.run_jobs();
SELECT rule, regexp_replace(message, '\d+', 'N') AS message FROM mailroom.return_line WHERE issuer_id = :issuer AND rule LIKE 'RETURN-W%';
SELECT reprint_no, letters, outgoing_file_id IS NOT NULL AS written FROM mailroom.mailing_reprint WHERE issuer_id = :issuer ORDER BY 1;
SELECT count(*) AS reprint_files FROM mailroom.outgoing_file WHERE issuer_id = :issuer AND kind = 'reprint_file';

-- everything else is inserted and posted, but one: posted is compared with planned
SELECT E'head\n' || pg_temp.line('R-1', 'posted') || pg_temp.line('R-3', 'inserted') || pg_temp.line('R-3', 'posted') || pg_temp.line('R-4', 'inserted') || pg_temp.line('R-4', 'posted') || pg_temp.line('R-5', 'posted')
	|| pg_temp.line('R-6', 'pulled') || pg_temp.line('R-8', 'posted') || format(E',count,%s,5,\n', (SELECT min(bundle_no) FROM at)) AS content \gset
SELECT mailroom.read_return(:issuer, :mailing, convert_to(:'content', 'UTF8')) > 0 AS third;
SELECT invoice_number, state, return_state, spoiled_count FROM at ORDER BY 1;
SELECT offer, planned, inserted, spoiled, posted, pulled, withdrawn, unknown, counted, difference, reason FROM mailroom.posted_against_planned WHERE issuer_id = :issuer;
CALL mailroom.run_jobs();
SELECT m.state, string_agg(DISTINCT a.state, ' ') AS invoices FROM mailroom.mailing m, at a WHERE m.issuer_id = :issuer GROUP BY 1;
-- after posting nothing changes
SELECT E'head\n' || pg_temp.line('R-1', 'spoiled') || pg_temp.line('R-2', 'posted') AS content \gset
SELECT mailroom.read_return(:issuer, :mailing, convert_to(:'content', 'UTF8')) > 0 AS fourth;
SELECT rule, regexp_replace(message, '\d+', 'N') AS message FROM mailroom.return_line WHERE issuer_id = :issuer AND rule LIKE 'RETURN-AFTER%';
SELECT planned, posted, withdrawn, difference, reason FROM mailroom.posted_against_planned WHERE issuer_id = :issuer;
CALL mailroom.run_jobs();
SELECT m.state, string_agg(DISTINCT a.state, ' ') AS invoices FROM mailroom.mailing m, at a WHERE m.issuer_id = :issuer GROUP BY 1;
SELECT count(*) AS reprints FROM mailroom.mailing_reprint WHERE issuer_id = :issuer;
SELECT count(*) FROM mailroom.job WHERE issuer_id = :issuer AND state NOT IN ('done', 'finished');

-- a layout of the operator's own: fixed places, by sequence, its codes
INSERT INTO mailroom.return_layout (issuer_id, layout_name, kind, charset) VALUES (:issuer, 'lettershop', 'fixed', 'LATIN1');
INSERT INTO mailroom.return_layout_field (issuer_id, layout_name, item, place, length) VALUES (:issuer, 'lettershop', 'sequence', 1, 6), (:issuer, 'lettershop', 'event', 8, 2), (:issuer, 'lettershop', 'reason', 11, 20);
INSERT INTO mailroom.return_layout_code (issuer_id, layout_name, code, state) VALUES (:issuer, 'lettershop', '10', 'inserted'), (:issuer, 'lettershop', '90', 'spoiled');
SELECT sequence, event, reason FROM mailroom.read_return_records(:issuer, 'lettershop', convert_to(E'     1 10\n     2 90 revet på kant    \n', 'LATIN1'));
SELECT mailroom.split_record('a;"b;""c""";;"d"', ';'), mailroom.split_record('a|b|', '|'), mailroom.split_record('"x"^y', '^');
\set VERBOSITY sqlstate
SELECT mailroom.read_return(:issuer, :mailing, 'x', NULL, 'none');
DELETE FROM mailroom.return_layout_field WHERE issuer_id = :issuer AND item = 'event';
SELECT mailroom.read_return(:issuer, :mailing, 'x', NULL, 'lettershop');
SELECT mailroom.read_return(:issuer, :mailing, '\xff');
SELECT mailroom.read_return(:issuer, -1, 'x');
UPDATE mailroom.mailing SET state = 'planned' WHERE issuer_id = :issuer;
SELECT mailroom.read_return(:issuer, :mailing, 'y');
