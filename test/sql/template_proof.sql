-- test sets and proofs: a change in one place shows in every channel; a draft that fails a test is not approved
\set VERBOSITY terse
SET client_min_messages = warning;
\pset format unaligned
SELECT mailroom.create_issuer('Prøve AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
CREATE ROLE proof_author;
CREATE ROLE proof_approver;
SELECT mailroom.grant_role('operator', 'proof_author', ARRAY[:issuer]), mailroom.grant_role('approver', 'proof_approver', ARRAY[:issuer]);
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date,
		buyer_name, buyer_country, net_total, tax_total, gross_total, payable_amount, received_at)
	SELECT :issuer, 'file', 'accepted', 'S', '\x00', 'P-' || n, '2026-11-01', '380', 'NOK', CASE n WHEN 1 THEN date '2026-11-21' END, 'Kunde', 'NO', 100, 25, 125, 125, now()
	FROM generate_series(1, 2) AS n;
SELECT invoice_id AS first FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number = 'P-1' \gset
SELECT invoice_id AS second FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number = 'P-2' \gset
\set live '<template name="t" proof="number"><flow><text>Call 22 00 00 00 about {{number}}</text></flow></template>'
\set draft '<template name="t" proof="number"><flow><text>Call 33 00 00 00 about {{number}}</text></flow></template>'
\set strict '<template name="t" proof="number"><flow><text>Call 33 00 00 00 about {{number}} due {{due_date}}</text></flow></template>'
SET ROLE proof_author;
SELECT mailroom.publish_template(:issuer, 'invoice', :'live');
SELECT mailroom.draft_template(:issuer, 'invoice', :'draft');
SELECT mailroom.set_template_test(:issuer, 'invoice', 'daily', 1, 'plain', :first);
SELECT mailroom.set_template_test(:issuer, 'invoice', 'daily', 2, 'a letter <b>', NULL, '{"recipient": {"name": "Åse", "street": "Gate 1", "postcode": "0150", "city": "OSLO"}, "reference": "R-1"}');
SELECT mailroom.set_template_test(:issuer, 'invoice', 'daily', 3, 'none such', -1);
SELECT mailroom.set_template_test(:issuer, 'invoice', 'daily', 3, 'no recipient', NULL, '{}');
SELECT mailroom.set_template_test(:issuer, 'invoice', 'daily', 3, 'both', :first, '{"recipient": {"name": "Åse", "street": "Gate 1", "postcode": "0150", "city": "OSLO"}}');
RESET ROLE;
SELECT count(*) AS invoices FROM mailroom.invoice WHERE issuer_id = :issuer;
SET ROLE proof_approver;
-- one text changed: every channel that shows it shows it
SELECT test_no, label, channel, changed, live_pages, draft_pages, removed, added, problem FROM mailroom.proof(:issuer, 'invoice', 'daily')
	ORDER BY test_no, array_position(ARRAY['print', 'html', 'text', 'sms'], channel);
SELECT convert_from(content, 'UTF8') ~ '33 00 00 00 about R-2', media_type FROM mailroom.preview_data(:issuer, :'draft', '{"recipient": {"name": "Åse", "street": "Gate 1", "postcode": "0150", "city": "OSLO"}, "reference": "R-2"}', 'html');
SELECT mailroom.preview_data(:issuer, :'draft', '{}', 'html');
-- e-mails too, once the issuer has a sender; the same source gives the same bytes
RESET ROLE;
SELECT mailroom.set_mail_sender(:issuer, 'faktura@prove.example');
SET ROLE proof_approver;
SELECT channel, changed FROM mailroom.proof(:issuer, 'invoice', 'daily') WHERE test_no = 1 ORDER BY array_position(ARRAY['print', 'html', 'email', 'text', 'sms'], channel);
-- the page: both versions side by side, names as text, nothing loaded from elsewhere, no script
SELECT page ~ '<del>Call 22 00 00 00 about P-1</del>' AS old, page ~ '<ins>Call 33 00 00 00 about P-1</ins>' AS new, page ~ 'a letter &lt;b&gt;' AS label, page ~ 'sandbox=""' AS framed,
		page ~* '<script|src="|url\(|(href|data)="(?!data:)' AS loads, array_length(string_to_array(page, '<object type="application/pdf"'), 1) - 1 AS pdfs
	FROM mailroom.proof_page(:issuer, 'invoice', 'daily') AS page;
RESET ROLE;
SELECT count(*) AS nothing_stays FROM mailroom.invoice WHERE issuer_id = :issuer;
-- a draft that cannot set a test
SET ROLE proof_author;
SELECT mailroom.draft_template(:issuer, 'invoice', :'strict');
SELECT mailroom.set_template_test(:issuer, 'invoice', 'odd', 1, 'no due date', :second);
SELECT test_set, test_no, channel, regexp_replace(problem, '\d+', 'N') AS problem FROM mailroom.proof(:issuer, 'invoice') WHERE problem IS NOT NULL ORDER BY test_set, test_no, channel;
SET ROLE proof_approver;
SELECT mailroom.approve_template(:issuer, 'invoice', 2);
SELECT mailroom.approve_template(:issuer, 'invoice', 1);
SELECT count(*) FILTER (WHERE changed) AS changed FROM mailroom.proof(:issuer, 'invoice', 'daily', 1) WHERE live_sha256 IS NOT NULL;
SELECT mailroom.proof(:issuer, 'invoice', 'daily', 9);
RESET ROLE;
DROP OWNED BY proof_author, proof_approver;
DROP ROLE proof_author, proof_approver;
