-- a mailing waits for a second person; what is released is printed, and nothing else
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\pset format unaligned
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
SELECT mailroom.create_issuer('Fire oyne AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
UPDATE mailroom.issuer SET street = 'Havnegata 1', postcode = '0150', city = 'OSLO', payee_account = '15030012345' WHERE issuer_id = :issuer;
CREATE ROLE release_sender;
CREATE ROLE release_second;
SELECT mailroom.grant_role('importer', 'release_sender', ARRAY[:issuer]), mailroom.grant_role('releaser', 'release_sender', ARRAY[:issuer]), mailroom.grant_role('releaser', 'release_second', ARRAY[:issuer]);
SELECT $$invoice_number,type_code,issue_date,due_date,currency,seller_name,seller_vat,seller_org,buyer_name,buyer_vat,buyer_org,buyer_street,buyer_zip,buyer_city,buyer_country,buyer_endpoint_scheme,buyer_endpoint,buyer_reference,order_reference,payment_reference,iban,note,preceding_invoice,charge_total,net_total,tax_total,gross_total,rounding,payable,line_id,article,item_name,quantity,unit,unit_price,line_discount,line_net,vat_category,vat_rate
$$ AS head \gset
CREATE FUNCTION pg_temp.bills(month text, first integer, last integer) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(format('%s-%s,380,2026-%s-01,2026-12-20,NOK,Fjellbygg AS,NO855828332MVA,855828332,Kunde %s AS,,,Gate %s,0150,OSLO,NO,,,,PO-1,,NO0868513681648,,,0.00,%s.00,%s.00,%s.00,0.00,%s.00,1,A1,Diesel,1,LTR,%s.00,0.00,%s.00,S,25', month, n, month, n, n, 100 * n, 25 * n, 125 * n, 125 * n, 100 * n, 100 * n), E'\n' ORDER BY n) || E'\n'
		FROM generate_series(first, last) AS n $$;
CREATE TEMPORARY VIEW way AS
	SELECT m.state, m.letter_count, r.state AS release, r.letters, r.decided_by, r.reason, (SELECT string_agg(o.kind, ' ' ORDER BY o.kind) FROM mailroom.outgoing_file o WHERE o.issuer_id = m.issuer_id AND o.mailing_id = m.mailing_id) AS files
		FROM mailroom.mailing m JOIN mailroom.issuer i USING (issuer_id) LEFT JOIN mailroom.mailing_release r USING (issuer_id, mailing_id) WHERE i.name = 'Fire oyne AS' ORDER BY m.mailing_id;

-- last month's: without a policy nothing waits
SET mailroom.clock = '2026-10-14T08:00:00Z';
SELECT pg_temp.bills('10', 1, 3) AS rows \gset
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:issuer, 'october.csv', convert_to(:'head' || :'rows', 'UTF8'));
CALL mailroom.run_jobs();
SELECT * FROM way;
SET mailroom.clock = '2026-11-16T08:00:00Z';
INSERT INTO mailroom.release_policy (issuer_id, template) VALUES (:issuer, 'another'), (:issuer, 'mailroom-invoice');
SELECT pg_temp.bills('11', 1, 5) AS rows \gset
SET ROLE release_sender;
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:issuer, 'november.csv', convert_to(:'head' || :'rows', 'UTF8'));
RESET ROLE;
CALL mailroom.run_jobs();
SELECT * FROM way;
SELECT mailing_id AS mailing FROM mailroom.mailing_release WHERE issuer_id = :issuer \gset
\x on
SELECT name LIKE 'run %' AS of_run, state, currency, invoices, pages, sheets, payable_total, last_month_invoices, last_month_total, change_percent, largest_invoice, largest_amount, smallest_invoice, smallest_amount, jsonb_path_query_array(samples, '$[*].template') AS templates, samples -> 0 -> 'invoice' AS sample
	FROM mailroom.release_sheet WHERE issuer_id = :issuer;
\x off
SELECT left(convert_from(substr(mailroom.archive_document(:issuer, (samples -> 0 ->> 'document_id')::bigint), 1, 5), 'LATIN1'), 5) AS sample FROM mailroom.release_sheet WHERE issuer_id = :issuer;
-- nothing prints it meanwhile, and asking again changes nothing
\set VERBOSITY sqlstate
SELECT mailroom.print_mailing(:issuer, :mailing);
SELECT mailroom.print_run_mailing(:issuer, 0, jsonb_build_object('mailing_id', :mailing));
-- who imported it does not release it, even with the right; a stranger has none
SET ROLE release_sender;
SELECT mailroom.release_mailing(:issuer, :mailing);
SELECT mailroom.reject_mailing(:issuer, :mailing, 'mine');
SET ROLE release_second;
SELECT mailroom.release_mailing(:issuer, -1);
SELECT mailroom.reject_mailing(:issuer, :mailing, ' ');
SELECT mailroom.withdraw_mailing(:issuer, :mailing, 'no right');
SELECT count(*) FROM mailroom.release_sheet;
-- rejected: it stays, until the wrong one is withdrawn and the rest released
SELECT mailroom.reject_mailing(:issuer, :mailing, '11-5 is too high');
RESET ROLE;
SELECT mailroom.print_run_mailing(:issuer, 0, jsonb_build_object('mailing_id', :mailing));
SELECT * FROM way;
SELECT w.letters_taken_out FROM mailroom.invoice i, LATERAL mailroom.withdraw_invoice(:issuer, i.invoice_id, 'too high') w WHERE i.issuer_id = :issuer AND i.invoice_number = '11-5';
CALL mailroom.run_jobs();
SELECT mailroom.print_run_mailing(:issuer, 0, jsonb_build_object('mailing_id', :mailing));
SELECT * FROM way;
SET ROLE release_second;
SELECT mailroom.release_mailing(:issuer, :mailing);
RESET ROLE;
-- a letter that is withdrawn after the release does not end it; another document does
SELECT w.letters_taken_out FROM mailroom.invoice i, LATERAL mailroom.withdraw_invoice(:issuer, i.invoice_id, 'late') w WHERE i.issuer_id = :issuer AND i.invoice_number = '11-4';
SELECT mailroom.needs_release(:issuer, :mailing);
BEGIN;
INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, country) SELECT :issuer, :mailing, d.document_id, 1, 1, 'x', 'NO' FROM mailroom.document d JOIN mailroom.invoice i USING (issuer_id, invoice_id) WHERE i.issuer_id = :issuer AND i.invoice_number = '11-5';
SELECT mailroom.needs_release(:issuer, :mailing);
ROLLBACK;
CALL mailroom.run_jobs();
SELECT * FROM way;
SELECT split_part(t.line, ',', 4) AS printed FROM mailroom.outgoing_file o, regexp_split_to_table(convert_from(mailroom.outgoing_file_content(o.issuer_id, o.outgoing_file_id), 'UTF8'), E'\n') AS t (line)
	WHERE o.issuer_id = :issuer AND o.mailing_id = :mailing AND o.kind = 'ticket' AND t.line ~ '^\d' ORDER BY 1;
SELECT activity, actor = current_user AS by_house, count(*) FROM mailroom.event WHERE issuer_id = :issuer AND object_kind = 'mailing' AND object_id = :mailing GROUP BY 1, 2 ORDER BY min(event_id);
-- printed is printed; small mailings do not wait
SET ROLE release_second;
SELECT mailroom.release_mailing(:issuer, :mailing);
RESET ROLE;
UPDATE mailroom.release_policy SET min_letters = 3 WHERE issuer_id = :issuer;
SELECT pg_temp.bills('12', 1, 2) AS rows \gset
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:issuer, 'two.csv', convert_to(:'head' || :'rows', 'UTF8'));
CALL mailroom.run_jobs();
SELECT * FROM way;

-- a policy for a brand: by rule, or by the document's own data; and only with the template where both are named
INSERT INTO mailroom.brand (issuer_id, brand, name) VALUES (:issuer, 'fire', 'Fire'), (:issuer, 'oyne', 'Oyne');
INSERT INTO mailroom.party_group (issuer_id, customer_group, customer_no) VALUES (:issuer, 'of fire', 'none');
INSERT INTO mailroom.brand_rule (issuer_id, rule_no, brand, customer_group) VALUES (:issuer, 1, 'fire', 'of fire');
INSERT INTO mailroom.brand_rule (issuer_id, rule_no, brand) VALUES (:issuer, 2, 'oyne');
DELETE FROM mailroom.release_policy WHERE issuer_id = :issuer;
INSERT INTO mailroom.release_policy (issuer_id, brand) VALUES (:issuer, 'fire');
SELECT mailing_id AS two FROM mailroom.mailing WHERE issuer_id = :issuer ORDER BY mailing_id DESC LIMIT 1 \gset
SELECT mailroom.needs_release(:issuer, :two) AS of_oyne, (SELECT array_agg(DISTINCT b.brand) FROM mailroom.invoice i, mailroom.invoice_brand(i.issuer_id, i.invoice_id) b WHERE i.issuer_id = :issuer) AS brands;
INSERT INTO mailroom.document_data (issuer_id, invoice_id, brand) SELECT issuer_id, invoice_id, 'fire' FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number = '12-2';
SELECT mailroom.needs_release(:issuer, :two) AS one_of_fire;
UPDATE mailroom.release_policy SET template = 'another' WHERE issuer_id = :issuer;
SELECT mailroom.needs_release(:issuer, :two) AS another_template;
UPDATE mailroom.release_policy SET template = 'mailroom-invoice' WHERE issuer_id = :issuer;
SELECT mailroom.needs_release(:issuer, :two) AS both;
BEGIN;
UPDATE mailroom.mailing SET state = 'planned' WHERE issuer_id = :issuer AND mailing_id = :two;
SELECT mailroom.wait_for_release(:issuer, :two) AS waits;
SELECT jsonb_path_query_array(samples, '$[*].brand') AS brands, jsonb_path_query_array(samples, '$[*].documents') AS documents FROM mailroom.release_sheet WHERE issuer_id = :issuer AND mailing_id = :two;
ROLLBACK;
DELETE FROM mailroom.document_data WHERE issuer_id = :issuer;
DELETE FROM mailroom.brand_rule WHERE issuer_id = :issuer;
DELETE FROM mailroom.release_policy WHERE issuer_id = :issuer;
INSERT INTO mailroom.release_policy (issuer_id, template, min_letters) VALUES (:issuer, 'mailroom-invoice', 3);

-- of a common hand-in each member releases its own; the last release starts the printing
SELECT mailroom.create_issuer('Fire hus', 'NO', 'Europe/Oslo', 'NOK') AS house \gset
INSERT INTO mailroom.postage_consent (issuer_id, house_issuer_id, valid_from, house_prints, runs_wait) VALUES (:issuer, :house, '2026-01-01', true, true);
SELECT pg_temp.bills('13', 1, 3) AS rows \gset
SELECT replace(:'rows', '2026-13-01', '2026-11-13') AS rows \gset
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:issuer, 'three.csv', convert_to(:'head' || :'rows', 'UTF8'));
CALL mailroom.run_jobs();
SELECT mailroom.make_hand_in(:house, 'together', array_agg(member_issuer_id), array_agg(member_mailing_id)) AS together FROM mailroom.waiting_mailings(:house) \gset
SELECT mailroom.send_mailing(:house, :together) > 0 AS sent;
CALL mailroom.run_jobs();
SELECT state, release, files FROM way OFFSET 3;
SELECT member_mailing_id AS member FROM mailroom.hand_in_members(:house, :together) \gset
-- and a member's letter is withdrawn meanwhile: the house plans anew before it prints
SELECT w.letters_taken_out FROM mailroom.invoice i, LATERAL mailroom.withdraw_invoice(:issuer, i.invoice_id, 'late') w WHERE i.issuer_id = :issuer AND i.invoice_number = '13-2';
SET ROLE release_second;
SELECT mailroom.release_mailing(:issuer, :member);
RESET ROLE;
CALL mailroom.run_jobs();
SELECT state, letter_count, release, files FROM way OFFSET 3;
SELECT m.state, m.letter_count, (SELECT string_agg(o.kind, ' ' ORDER BY o.kind) FROM mailroom.outgoing_file o WHERE o.issuer_id = m.issuer_id AND o.mailing_id = m.mailing_id) AS files FROM mailroom.mailing m WHERE m.issuer_id = :house;
SELECT i.invoice_number, i.state, p.letter_id IS NOT NULL AS printed FROM mailroom.invoice i JOIN mailroom.document d USING (issuer_id, invoice_id) LEFT JOIN mailroom.letter l USING (issuer_id, document_id) LEFT JOIN mailroom.letter_print p USING (issuer_id, mailing_id, letter_id) WHERE i.issuer_id = :issuer AND i.invoice_number LIKE '13-%' ORDER BY 1;
SELECT kind, state FROM mailroom.job WHERE issuer_id IN (:house, :issuer) AND state NOT IN ('done', 'finished');
-- printed by the house and withdrawn then: the house gets the list of letters to pull
SELECT w.letters_to_pull FROM mailroom.invoice i, LATERAL mailroom.withdraw_invoice(:issuer, i.invoice_id, 'too late to take out') w WHERE i.issuer_id = :issuer AND i.invoice_number = '13-1';
SELECT kind, state FROM mailroom.outgoing_file WHERE issuer_id = :house ORDER BY outgoing_file_id;
RESET mailroom.clock;
DROP OWNED BY release_sender, release_second;
DELETE FROM mailroom.issuer_grant WHERE role_name IN ('release_sender', 'release_second');
DROP ROLE release_sender, release_second;
