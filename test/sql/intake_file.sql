-- door (a): one row in import_file; refusals, duplicates, retry, the balance at every step
\set VERBOSITY default
\set SHOW_CONTEXT never
SET client_min_messages = warning;
-- everything is rolled back, so that no worker takes the files on
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT mailroom.create_issuer('Intake AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
SELECT mailroom.create_issuer('Other AS', 'NO', 'Europe/Oslo', 'NOK') AS other \gset
CREATE ROLE intake_importer;
SELECT FROM mailroom.grant_role('importer', 'intake_importer', ARRAY[:issuer]);
SELECT $$invoice_number,type_code,issue_date,due_date,currency,seller_name,seller_vat,seller_org,buyer_name,buyer_vat,buyer_org,buyer_street,buyer_zip,buyer_city,buyer_country,buyer_endpoint_scheme,buyer_endpoint,buyer_reference,order_reference,payment_reference,iban,note,preceding_invoice,charge_total,net_total,tax_total,gross_total,rounding,payable,line_id,article,item_name,quantity,unit,unit_price,line_discount,line_net,vat_category,vat_rate
$$ AS head \gset
SELECT $$F-1,380,2026-10-01,2026-10-20,NOK,Fjellbygg AS,NO855828332MVA,855828332,Lærdal Sag AS,NO942988559MVA,942988559,Havnegata 71,9008,Tromsø,NO,0192,942988559,Avd. 25,PO-1,0529272148,NO0868513681648,"Ref: ""kort"" 1",,49.50,149.50,37.38,186.88,0.00,186.88,1,A1,Diesel,5,LTR,10.00,0.00,50.00,S,25
F-1,380,2026-10-01,2026-10-20,NOK,Fjellbygg AS,NO855828332MVA,855828332,Lærdal Sag AS,NO942988559MVA,942988559,Havnegata 71,9008,Tromsø,NO,0192,942988559,Avd. 25,PO-1,0529272148,NO0868513681648,"Ref: ""kort"" 1",,49.50,149.50,37.38,186.88,0.00,186.88,2,A2,"Oil, 5W",5,C62,10.00,0.00,50.00,S,25
F-2,381,2026-10-02,2026-10-20,EUR,Fjellbygg AS,NO855828332MVA,855828332,Smøla Fisk AS,NO937173660MVA,937173660,Havnegata 12,5003,Bergen,NO,0192,937173660,4100/440,PO-2,6724085581,NO8254705226498,,F-0,0.00,100.00,25.00,125.00,0.00,125.00,1,A1,Diesel,10,LTR,10.50,5.00,100.00,S,25
$$ AS rows \gset
-- the part of the balance that these tests look at
CREATE FUNCTION pg_temp.balance(issuer bigint) RETURNS TABLE (name text, state text, currency text, received bigint, refused bigint, set_aside bigint,
	in_work bigint, difference bigint, received_sum numeric, difference_sum numeric) LANGUAGE sql AS $$
	SELECT r.name, r.state, r.currency, r.received, r.refused, r.set_aside, r.in_work, r.difference, r.received_sum, r.difference_sum
	FROM mailroom.reconciliation r WHERE r.issuer_id = $1 ORDER BY r.file_id, r.currency $$;
CREATE FUNCTION pg_temp.import(issuer bigint, file_name text) RETURNS TABLE (state text, documents bigint, accepted bigint, set_aside bigint, faults bigint) LANGUAGE plpgsql AS $$
DECLARE id bigint := (SELECT max(f.file_id) FROM mailroom.import_file f WHERE f.issuer_id = $1 AND f.file_name = $2);
BEGIN
	PERFORM mailroom.import_file_job($1, 0, jsonb_build_object('file_id', id));
	RETURN QUERY SELECT f.state, f.document_count, f.accepted_count, f.set_aside_count, f.fault_count FROM mailroom.import_file f WHERE f.file_id = id;
END $$;
CREATE FUNCTION pg_temp.faults(issuer bigint, file_name text) RETURNS TABLE (document_no bigint, location text, rule text, message text) LANGUAGE sql AS $$
	SELECT f.document_no, f.location, f.rule, f.message FROM mailroom.import_fault f JOIN mailroom.import_file i USING (issuer_id, file_id)
	WHERE i.issuer_id = $1 AND i.file_name = $2 ORDER BY f.file_id, f.finding_no $$;

-- an importer inserts; what is not the importer's business is refused or filled in
SET ROLE intake_importer;
INSERT INTO mailroom.import_file (issuer_id, file_name, content, expected_count, expected_total) VALUES (:issuer, 'good.csv', convert_to(:'head' || :'rows', 'UTF8'), 2, 186.88);
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:issuer, 'again.csv', convert_to(:'head' || :'rows', 'UTF8'));
\set VERBOSITY sqlstate
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:other, 'foreign.csv', 'x');
\set VERBOSITY default
INSERT INTO mailroom.import_file (issuer_id, file_name, content, state) VALUES (:issuer, 'x', 'x', 'imported');
RESET ROLE;
SELECT f.file_name, f.state, d.file_name AS duplicate_of, f.content_bytes, f.content_sha256 = sha256(f.content) AS hashed, f.submitted_by, f.received_at IS NOT NULL AS timed
	FROM mailroom.import_file f LEFT JOIN mailroom.import_file d ON d.file_id = f.duplicate_of WHERE f.issuer_id = :issuer ORDER BY f.file_id;
SELECT * FROM pg_temp.balance(:issuer);
SELECT * FROM pg_temp.import(:issuer, 'good.csv');
SELECT * FROM pg_temp.import(:issuer, 'again.csv');
SELECT * FROM pg_temp.faults(:issuer, 'good.csv');
SELECT invoice_number, type_code, issue_date, due_date, currency, seller_key, buyer_name, buyer_city, preceding_invoice, note, payee_account, charge_total, line_total, net_total, tax_total, gross_total, payable_minor, line_count, state, location, format
	FROM mailroom.invoice WHERE issuer_id = :issuer ORDER BY document_no \gx
SELECT i.invoice_number, l.line_no, l.line_id, l.quantity, l.unit_code, l.price, l.net_amount, l.item_name, l.tax_rate, a.amount AS discount, a.reason
	FROM mailroom.invoice_line l JOIN mailroom.invoice i USING (issuer_id, invoice_id)
		LEFT JOIN mailroom.invoice_adjustment a ON a.issuer_id = l.issuer_id AND a.invoice_id = l.invoice_id AND a.line_no = l.line_no
	WHERE l.issuer_id = :issuer ORDER BY i.document_no, l.line_no;
SELECT i.invoice_number, t.category, t.rate, t.taxable_amount, t.tax_amount
	FROM mailroom.invoice_tax t JOIN mailroom.invoice i USING (issuer_id, invoice_id) WHERE t.issuer_id = :issuer ORDER BY i.document_no;
SELECT * FROM pg_temp.balance(:issuer);

-- an error that is no fault of the file: whoever catches it finds its own transaction as it was
CREATE FUNCTION pg_temp.break() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'disk full' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER break BEFORE INSERT ON mailroom.invoice_line FOR EACH STATEMENT EXECUTE FUNCTION pg_temp.break();
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:issuer, 'later.csv', convert_to(:'head' || replace(:'rows', 'F-', 'L-'), 'UTF8'));
DO $$
BEGIN
	PERFORM pg_temp.import((SELECT min(i.issuer_id) FROM mailroom.issuer i WHERE i.name = 'Intake AS'), 'later.csv');
EXCEPTION WHEN OTHERS THEN
	RAISE WARNING '%', SQLERRM;
END $$;
DROP TRIGGER break ON mailroom.invoice_line;
SELECT state FROM mailroom.import_file WHERE issuer_id = :issuer AND file_name = 'later.csv';
SELECT count(*) FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number LIKE 'L-%';
SELECT mailroom.withdraw_import(:issuer, file_id) FROM mailroom.import_file WHERE issuer_id = :issuer AND file_name = 'later.csv';

-- faults of the file: refused whole, every fault listed, still in the balance
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:issuer, 'empty.csv', '');
SELECT * FROM pg_temp.import(:issuer, 'empty.csv');
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:issuer, 'picture.xml', '\x89504e470d0a1a0a0000000d49484452');
SELECT * FROM pg_temp.import(:issuer, 'picture.xml');
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:issuer, 'cut.xml', '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><ID');
SELECT * FROM pg_temp.import(:issuer, 'cut.xml');
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:issuer, 'doctype.xml', '<!DOCTYPE x [<!ENTITY a "b">]><Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/>');
SELECT * FROM pg_temp.import(:issuer, 'doctype.xml');
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:issuer, 'deep.xml', convert_to(repeat('<a>', 100000), 'UTF8'));
SELECT * FROM pg_temp.import(:issuer, 'deep.xml');
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:issuer, 'utf16.xml', '\xfffe3c0061002f003e00');
SELECT * FROM pg_temp.import(:issuer, 'utf16.xml');
INSERT INTO mailroom.import_file (issuer_id, file_name, content, format) VALUES (:issuer, 'format.xml', '<Invoice/>', 'edigas');
SELECT * FROM pg_temp.import(:issuer, 'format.xml');
INSERT INTO mailroom.import_file (issuer_id, file_name, content, layout) VALUES (:issuer, 'utf16.csv', '\xfffe46002d00', 'csv-flat');
SELECT * FROM pg_temp.import(:issuer, 'utf16.csv');
INSERT INTO mailroom.import_file (issuer_id, file_name, content, expected_count, expected_total, expected_currency)
	VALUES (:issuer, 'total.csv', convert_to(replace(:'head' || :'rows', 'F-', 'G-'), 'UTF8'), 3, 186.89, 'NOK');
SELECT * FROM pg_temp.import(:issuer, 'total.csv');
INSERT INTO mailroom.import_file (issuer_id, file_name, content, layout) VALUES (:issuer, 'layout.csv', convert_to(replace(:'head' || :'rows', 'F-', 'H-'), 'UTF8'), 'no-such');
SELECT * FROM pg_temp.import(:issuer, 'layout.csv');
SELECT i.file_name, f.document_no, f.location, f.rule, f.message FROM mailroom.import_fault f JOIN mailroom.import_file i USING (issuer_id, file_id)
	WHERE f.issuer_id = :issuer ORDER BY f.file_id, f.finding_no;
SELECT * FROM pg_temp.balance(:issuer);
SET LOCAL mailroom.import_value_limit = '1kB';
INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES (:issuer, 'large.csv', convert_to(repeat('x', 1025), 'UTF8'));
RESET mailroom.import_value_limit;

-- a layout that appears later makes the file importable; content that was refused may come again; withdrawn is withdrawn
SELECT mailroom.load_layout(:issuer, 'no-such', (SELECT definition FROM mailroom.layout WHERE issuer_id = 0 AND layout_name = 'csv-flat'));
SELECT mailroom.retry_import(:issuer, (SELECT file_id FROM mailroom.import_file WHERE issuer_id = :issuer AND file_name = 'layout.csv'));
SELECT * FROM pg_temp.import(:issuer, 'layout.csv');
SELECT mailroom.retry_import(:issuer, (SELECT file_id FROM mailroom.import_file WHERE issuer_id = :issuer AND file_name = 'layout.csv'));
INSERT INTO mailroom.import_file (issuer_id, file_name, content, expected_count) VALUES (:issuer, 'total again.csv', convert_to(replace(:'head' || :'rows', 'F-', 'G-'), 'UTF8'), 2);
SELECT * FROM pg_temp.import(:issuer, 'total again.csv');
SELECT mailroom.retry_import(:issuer, (SELECT file_id FROM mailroom.import_file WHERE issuer_id = :issuer AND file_name = 'total.csv'));
SELECT mailroom.withdraw_import(:issuer, (SELECT file_id FROM mailroom.import_file WHERE issuer_id = :issuer AND file_name = 'total.csv'), 'sent by mistake');
SELECT mailroom.withdraw_import(:issuer, (SELECT file_id FROM mailroom.import_file WHERE issuer_id = :issuer AND file_name = 'layout.csv'));
SELECT * FROM pg_temp.balance(:issuer);
SELECT * FROM mailroom.check_integrity(:issuer);
-- the fault report that went back
SELECT convert_from(mailroom.outgoing_file_content(o.issuer_id, o.outgoing_file_id), 'UTF8')
	FROM mailroom.outgoing_file o JOIN mailroom.import_file f USING (issuer_id, file_id) WHERE o.issuer_id = :issuer AND f.file_name = 'total.csv';
ROLLBACK;
