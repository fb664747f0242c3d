-- templates: draft, approval by a second person, live by date, refusal, retirement, trail
\set VERBOSITY terse
SET client_min_messages = warning;
SELECT mailroom.create_issuer('Liv AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
SELECT mailroom.create_issuer('Annen AS', 'NO', 'Europe/Oslo', 'NOK') AS other \gset
CREATE ROLE life_author;
CREATE ROLE life_approver;
CREATE ROLE life_stranger;
SELECT mailroom.grant_role('operator', 'life_author', ARRAY[:issuer]);
SELECT mailroom.grant_role('approver', 'life_approver', ARRAY[:issuer]);
SELECT mailroom.grant_role('approver', 'life_stranger', ARRAY[:other]);
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency,
		buyer_name, buyer_country, net_total, tax_total, gross_total, payable_amount, received_at)
	SELECT :issuer, 'file', 'accepted', 'S', '\x00', 'L-' || n, '2026-11-01', '380', 'NOK', 'Kunde', 'NO', 100, 25, 125, 125, now()
	FROM generate_series(1, 4) AS n;
\set one '<template name="t" proof="number"><flow><text>one {{number}}</text></flow></template>'
\set two '<template name="t" proof="number"><flow><text>two {{number}}</text></flow></template>'
\set three '<template name="t" proof="number"><flow><text>three {{number}}</text></flow></template>'

-- without a policy one person publishes; with one nobody does alone
SET ROLE life_author;
SELECT mailroom.publish_template(:issuer, 'invoice', :'one');
SELECT mailroom.set_template_policy(:issuer, true);
DO $$ BEGIN PERFORM mailroom.publish_template(max(issuer_id), 'invoice', '<template name="t" proof="none"><flow/></template>') FROM mailroom.issuer;
	EXCEPTION WHEN SQLSTATE 'MR004' THEN RAISE INFO '%', SQLERRM; END $$;
DO $$ BEGIN PERFORM mailroom.set_template_policy(max(issuer_id), false) FROM mailroom.issuer;
	EXCEPTION WHEN insufficient_privilege THEN RAISE INFO '%', regexp_replace(SQLERRM, '\d+', 'N'); END $$;

-- a broken draft is no draft; a good one changes nothing yet, and its author cannot approve it
SELECT mailroom.draft_template(:issuer, 'invoice', '<template name="t"><flow><text>{{nummer}}</text></flow></template>');
SELECT mailroom.draft_template(:issuer, 'invoice', :'two', NULL, 'warmer words');
SELECT mailroom.live_template_version(:issuer, 'invoice');
SELECT mailroom.approve_template(:issuer, 'invoice', 1);
SELECT mailroom.approve_template(:issuer, 'invoice', 9);
UPDATE mailroom.template_draft SET source = '' WHERE issuer_id = :issuer;
-- the approver drafts nothing, looks at the draft and approves it; nobody of another issuer does
SET ROLE life_approver;
SELECT mailroom.draft_template(:issuer, 'invoice', :'two');
SELECT octet_length(mailroom.preview_template(d.issuer_id, d.source, i.invoice_id)) > 500 AS looked_at
	FROM mailroom.template_draft d JOIN mailroom.invoice i USING (issuer_id) WHERE i.invoice_number = 'L-1';
SET ROLE life_stranger;
SELECT count(*) FROM mailroom.template_draft;
DO $$ BEGIN PERFORM mailroom.approve_template((SELECT max(issuer_id) - 1 FROM mailroom.issuer), 'invoice', 1);
	EXCEPTION WHEN insufficient_privilege THEN RAISE INFO '%', regexp_replace(SQLERRM, '\d+|NULL', 'N'); END $$;
SET ROLE life_approver;
SELECT mailroom.approve_template(:issuer, 'invoice', 1);
SELECT mailroom.approve_template(:issuer, 'invoice', 1);
RESET ROLE;
UPDATE mailroom.template_draft SET source = 'x' WHERE issuer_id = :issuer;
UPDATE mailroom.template_draft SET state = 'draft', decided_at = NULL, version = NULL WHERE issuer_id = :issuer;
DELETE FROM mailroom.template_draft WHERE issuer_id = :issuer;
UPDATE mailroom.template SET source = 'x' WHERE issuer_id = :issuer;

-- documents show which version set them
SELECT mailroom.render_documents(:issuer, ARRAY(SELECT invoice_id FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number = 'L-1'));

-- two drafts of one version: the second is not approved over the first; one for a later day waits for it
SET ROLE life_author;
SELECT mailroom.draft_template(:issuer, 'invoice', :'three', mailroom.today(:issuer) + 10, 'for next month');
SELECT mailroom.draft_template(:issuer, 'invoice', :'one', NULL, 'a quarrel');
SET ROLE life_approver;
SELECT mailroom.approve_template(:issuer, 'invoice', 2);
SELECT mailroom.approve_template(:issuer, 'invoice', 3);
SELECT mailroom.refuse_template(:issuer, 'invoice', 3, ' ');
SELECT mailroom.refuse_template(:issuer, 'invoice', 3, 'bring the new words in');
SELECT mailroom.live_template_version(:issuer, 'invoice') AS today, mailroom.live_template_version(:issuer, 'invoice', mailroom.today(:issuer) + 10) AS later;

-- retired: the version before it is used again, then the house's own
SELECT mailroom.retire_template(:issuer, 'invoice', 2, 'a wrong phone number');
SELECT mailroom.retire_template(:issuer, 'invoice', 2, 'again');
SELECT mailroom.retire_template(:issuer, 'invoice', 7, 'none such');
RESET ROLE;
SELECT mailroom.render_documents(:issuer, ARRAY(SELECT invoice_id FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number = 'L-2'));
SET ROLE life_approver;
SELECT mailroom.retire_template(:issuer, 'invoice', 1, 'too old');
RESET ROLE;
SELECT mailroom.live_template_version(:issuer, 'invoice');
SELECT mailroom.render_documents(:issuer, ARRAY(SELECT invoice_id FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number = 'L-3'));
SELECT i.invoice_number, d.template, d.template_version
	FROM mailroom.invoice i LEFT JOIN mailroom.document d USING (issuer_id, invoice_id)
	WHERE issuer_id = :issuer ORDER BY 1;
-- the trail; dates are the test's own
SELECT name, draft_no, version, actor, activity, regexp_replace(remark, '\d{4}-\d\d-\d\d', 'DAY') AS remark
	FROM mailroom.template_trail WHERE issuer_id = :issuer AND actor LIKE 'life%' ORDER BY happened_at, draft_no, version, activity;
-- the house takes the policy back
SELECT mailroom.set_template_policy(:issuer, false);
SELECT mailroom.publish_template(:issuer, 'invoice', :'two');
DROP OWNED BY life_author, life_approver, life_stranger;
DROP ROLE life_author, life_approver, life_stranger;
