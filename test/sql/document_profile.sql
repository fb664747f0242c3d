-- who may set profiles and store images, and what a hybrid is where there is no invoice to carry: in letters
\set VERBOSITY terse
SET client_min_messages = warning;
SELECT mailroom.create_issuer('Profil AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
SELECT mailroom.create_issuer('Nabo AS', 'NO', 'Europe/Oslo', 'NOK') AS other \gset
\set mark `printf %s 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAE0lEQVR4nGPgzvP///8/AxADWQA0TAeLusHd/wAAAABJRU5ErkJggg=='`
CREATE ROLE profile_operator;
CREATE ROLE profile_reader;
CREATE ROLE profile_clerk;
CREATE ROLE profile_stranger;
CREATE ROLE profile_nobody;
SELECT mailroom.grant_role('operator', 'profile_operator', ARRAY[:issuer]);
SELECT mailroom.grant_role('reader', 'profile_reader', ARRAY[:issuer]);
SELECT mailroom.grant_role('clerk', 'profile_clerk', ARRAY[:issuer]);
SELECT mailroom.grant_role('operator', 'profile_stranger', ARRAY[:other]);

-- the operator of the issuer does both; the same again is no error, other content under the name is
SET ROLE profile_operator;
SELECT mailroom.store_resource(:issuer, 'mark', decode(:'mark', 'base64')) = sha256(decode(:'mark', 'base64')) AS stored;
SELECT mailroom.store_resource(:issuer, 'mark', decode(:'mark', 'base64')) = sha256(decode(:'mark', 'base64')) AS again;
SELECT mailroom.store_resource(:issuer, 'mark', '\x89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c6348000000620061b19879f20000000049454e44ae426082');
SELECT mailroom.store_resource(:issuer, 'none', '\xffd8ffe0');
SELECT mailroom.store_resource(:issuer, 'none', '\x25504446');
SELECT mailroom.store_resource(:issuer, 'none', ''::bytea);
SELECT mailroom.store_resource(:issuer, NULL, decode(:'mark', 'base64'));
SELECT mailroom.store_resource(:issuer, 'none', NULL);
SELECT mailroom.set_document_profile(:issuer, 'pdfa-3a');
SELECT mailroom.set_document_profile(:issuer, 'pdfa-4');
SELECT mailroom.set_document_profile(:issuer, '');
-- not for others, and not past the functions
\set VERBOSITY sqlstate
SELECT mailroom.store_resource(:other, 'mark', decode(:'mark', 'base64'));
SELECT mailroom.set_document_profile(:other, 'pdfa-1b');
SELECT mailroom.set_document_profile(:other, NULL);
INSERT INTO mailroom.template_resource (issuer_id, name, content, content_sha256) VALUES (:issuer, 'past', '', '');
UPDATE mailroom.document_profile SET profile = 'print';
DELETE FROM mailroom.template_resource;
SET ROLE profile_stranger;
SELECT mailroom.store_resource(:issuer, 'mark', decode(:'mark', 'base64'));
SELECT mailroom.set_document_profile(:issuer, NULL);
SELECT (SELECT count(*) FROM mailroom.template_resource) AS resources, (SELECT count(*) FROM mailroom.document_profile) AS profiles;
SELECT mailroom.store_resource(:other, 'mark', decode(:'mark', 'base64')) IS NOT NULL AS own;
-- readers and clerks look
SET ROLE profile_reader;
SELECT mailroom.store_resource(:issuer, 'more', decode(:'mark', 'base64'));
SELECT mailroom.set_document_profile(:issuer, NULL);
SELECT name, stored_by FROM mailroom.template_resource;
SELECT template, profile FROM mailroom.document_profile;
SET ROLE profile_clerk;
SELECT mailroom.store_resource(:issuer, 'more', decode(:'mark', 'base64'));
SELECT mailroom.set_document_profile(:issuer, NULL);
SELECT count(*) FROM mailroom.template_resource;
-- and may ask whether an image is one, which reads and writes nothing; who has no kind may not even that
SELECT mailroom.check_image(decode(:'mark', 'base64'));
SELECT mailroom.check_image('\x89504e470d0a1a0a');
SELECT mailroom.check_profile('pdfa-3b');
SELECT mailroom.check_profile('pdfa-2b');
SET ROLE profile_nobody;
SELECT mailroom.check_image(decode(:'mark', 'base64'));
SELECT count(*) FROM mailroom.template_resource;
SELECT count(*) FROM mailroom.document_profile;
SELECT mailroom.store_resource(:issuer, 'more', decode(:'mark', 'base64'));
SELECT mailroom.set_document_profile(:issuer, NULL);
RESET ROLE;
\set VERBOSITY terse

-- letters: a hybrid profile gives the same PDF/A-3 without an invoice, whoever it is set for
SELECT mailroom.publish_template(:issuer, 'notice', '<template name="notice" proof="none"><zone x="20" y="44" width="85" height="38"><text>{{recipient.name}}</text></zone><flow><text>{{data.heading}}</text><image name="mark" width="9" height="9" alt="Profil"/></flow></template>');
SELECT mailroom.create_letters(:issuer, 'notice', '[{"heading": "One", "recipient": {"name": "A B", "street": "G 1", "postcode": "0150", "city": "OSLO"}}, {"heading": "Two", "recipient": {"name": "C D", "street": "G 2", "postcode": "0150", "city": "OSLO"}}]', 'P') IS NOT NULL AS created;
SELECT invoice_id AS one FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number = 'P-1' \gset
SELECT invoice_id AS two FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number = 'P-2' \gset
SELECT mailroom.render_invoice(:issuer, :one, 'factur-x') = mailroom.render_invoice(:issuer, :one, 'pdfa-3b') AS plain,
	mailroom.render_invoice(:issuer, :one, 'factur-x-tagged') = mailroom.render_invoice(:issuer, :one, 'pdfa-3a') AS tagged,
	mailroom.render_invoice(:issuer, :one, 'factur-x') <> mailroom.render_invoice(:issuer, :one, 'print') AS no_print;
SELECT mailroom.render_invoice(:issuer, :one, 'factur-x', '<order/>');
SELECT mailroom.set_document_profile(:issuer, 'factur-x');
SELECT mailroom.render_documents(:issuer, ARRAY[:one]);
SELECT mailroom.set_document_profile(:issuer, 'factur-x-tagged', 'notice');
SELECT mailroom.render_documents(:issuer, ARRAY[:two]);
SELECT i.invoice_number, i.state, mailroom.archive_document(d.issuer_id, d.document_id) = mailroom.render_invoice(i.issuer_id, i.invoice_id, 'pdfa-3b') AS plain,
		mailroom.archive_document(d.issuer_id, d.document_id) = mailroom.render_invoice(i.issuer_id, i.invoice_id, 'pdfa-3a') AS tagged
	FROM mailroom.document d JOIN mailroom.invoice i USING (issuer_id, invoice_id) WHERE d.issuer_id = :issuer ORDER BY 1;
SELECT count(*) AS findings FROM mailroom.finding WHERE issuer_id = :issuer;
-- NULL takes back what was set, one template at a time
SELECT mailroom.set_document_profile(:issuer, NULL);
SELECT template, profile FROM mailroom.document_profile WHERE issuer_id = :issuer;
SELECT mailroom.set_document_profile(:issuer, NULL, 'notice');
SELECT count(*) FROM mailroom.document_profile WHERE issuer_id = :issuer;

DROP OWNED BY profile_operator, profile_reader, profile_clerk, profile_stranger, profile_nobody;
DROP ROLE profile_operator, profile_reader, profile_clerk, profile_stranger, profile_nobody;
