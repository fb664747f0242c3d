-- archive: full text of letters, which have no invoice, and of PDFs that came with an archive from elsewhere
\set VERBOSITY terse
SET client_min_messages = warning;
SELECT mailroom.create_issuer('Tekst AS', 'NO', 'Europe/Oslo', 'NOK') AS one \gset
SELECT mailroom.create_issuer('Tekst To AS', 'NO', 'Europe/Oslo', 'NOK') AS two \gset
UPDATE mailroom.issuer SET registration_no = '855828332', vat_id = 'NO855828332MVA', payee_account = 'NO0868513681648', street = 'Gata 1', city = 'Oslo', postcode = '0150' WHERE issuer_id = :one;
SELECT mailroom.publish_template(:one, 'notice', '<template name="notice" proof="none"><zone x="20" y="44" width="85" height="38"><text>{{recipient.name}}</text><text>{{recipient.postcode}} {{recipient.city?}}</text></zone><flow><text bold="yes">Varsel om prisøkning</text><text>{{data.heading}}</text><text>Vi stenger strømmen dersom målernøkkelen mangler.</text></flow></template>') AS version;
SELECT mailroom.set_archive_index(:one, 'text');
SELECT mailroom.set_archive_index(:two, 'text');
CALL mailroom.run_jobs();
SELECT mailroom.create_letters(:one, 'notice', (SELECT jsonb_agg(jsonb_build_object('reference', 'BREV-' || n, 'recipient', jsonb_build_object('name', CASE n WHEN 1 THEN 'Łukasz Ærø' ELSE 'Mottaker ' || n END, 'street', 'Østre gate ' || n, 'postcode', '7012', 'city', 'TRONDHEIM', 'customer_no', n::text), 'heading', CASE n WHEN 2 THEN 'Gjelder anlegg AB 12345' ELSE 'Gjelder nettleien' END) ORDER BY n) FROM generate_series(1, 5) AS n), 'varsler') > 0 AS made;
CALL mailroom.run_jobs();
SELECT count(*) AS letters, count(*) FILTER (WHERE substring(mailroom.archive_document(d.issuer_id, d.document_id) FROM 1 FOR 5) = '%PDF-') AS as_pdf FROM mailroom.document d WHERE d.issuer_id = :one;
-- what the template says and what the data say, in the parts and forms that a clerk asks for; not what nobody wrote
CREATE TEMPORARY TABLE asked AS
	SELECT * FROM (VALUES ('prisøkning'), ('prisokning varsel'), ('stenger strømmen'), ('malernokkelen'), ('nettleien mottaker'), ('lukasz aero'), ('anlegg ab 12345'), ('AB12345'), ('BREV-3'), ('brev 3'), ('trondheim'), ('7012'), ('faktura'), ('helvetica'), ('endobj')) AS q (words);
SELECT q.words, (SELECT count(*) FROM mailroom.find_documents(:one, q.words) AS f) AS found FROM asked q ORDER BY q.words COLLATE "C";
SELECT mailroom.search_archive(:one, 'brev 3') IS NOT NULL AS found;
-- the same by another house, which has their bytes and search terms alone
SELECT outgoing_file_id AS export FROM (SELECT mailroom.export_archive(:one) AS outgoing_file_id) AS e \gset
SELECT mailroom.open_archive_import(:two, 'archive.zip') AS import \gset
SELECT mailroom.append_archive_import(:two, :import, mailroom.outgoing_file_content(:one, :export));
SELECT mailroom.import_archive(:two, :import);
SELECT q.words, (SELECT count(*) FROM mailroom.find_documents(:two, q.words) AS f) AS found FROM asked q ORDER BY q.words COLLATE "C";
-- and after the index was made anew
SELECT mailroom.set_archive_index(:one, 'items');
SELECT mailroom.set_archive_index(:two, 'text');
CALL mailroom.run_jobs();
SELECT q.words, (SELECT count(*) FROM mailroom.find_documents(:one, q.words) AS f) AS items, (SELECT count(*) FROM mailroom.find_documents(:two, q.words) AS f) AS text FROM asked q ORDER BY q.words COLLATE "C";
SELECT count(*) AS defects FROM mailroom.verify_archive(:two);
