-- who may do what: a clerk disputes, reprices and accepts, and what follows is submitted though a clerk may submit no job
\set VERBOSITY terse
SET client_min_messages = warning;
SELECT mailroom.create_issuer('Selfbill Clerk AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
UPDATE mailroom.issuer SET registration_no = '965920358', vat_id = 'NO965920358MVA', street = 'Storgata 1', postcode = '0155', city = 'Oslo' WHERE issuer_id = :issuer;
INSERT INTO mailroom.party (issuer_id, customer_no, name, registration_no, vat_id, street, postcode, city, country, payee_account)
	VALUES (:issuer, 'TOW-1', 'Berging Nord AS', '980430596', 'NO980430596MVA', 'Havnegata 2', '9008', 'Tromsø', 'NO', '86011117947');
SELECT mailroom.create_agreement(:issuer, 'TOW-1', '2026-01-01', '2099-12-31', 5, issue_on_acceptance => true) AS agreement \gset
SELECT mailroom.set_agreed_price(:issuer, :agreement, 'JUMP', 400, 25, 0, 'Jump start') \g /dev/null
SELECT mailroom.add_service_order(:issuer, n, 'TOW-1', '2026-03-02', 400, 25, 1, NULL, 'JUMP') FROM unnest(ARRAY['J1', 'J2']) AS n;
SELECT mailroom.propose_settlement(:issuer, 'P1', 'TOW-1', ARRAY['J1', 'J2'], '2026-03-10') IS NOT NULL AS proposed;
CREATE ROLE selfbill_clerk;
SELECT mailroom.grant_role('clerk', 'selfbill_clerk', ARRAY[:issuer]::bigint[]);
SET ROLE selfbill_clerk;
SELECT mailroom.enqueue_job(:issuer, 'issue_proposal');
SELECT mailroom.submit_job(:issuer, 'issue_proposal');
SELECT mailroom.propose_settlement(:issuer, 'P2', 'TOW-1', ARRAY['J1'], '2026-03-10');
SELECT mailroom.dispute_order(:issuer, 'P1', 'J2', '2026-03-11', 'not ours');
SELECT mailroom.reprice_order(:issuer, 'J2', 380, 'agreed by telephone');
SELECT mailroom.accept_proposal(:issuer, 'P1', '2026-03-12');
RESET ROLE;
CALL mailroom.run_jobs();
SELECT p.state, p.accepted_by FROM mailroom.proposal p WHERE p.issuer_id = :issuer AND p.proposal_key = 'P1';
SELECT v.net_total, v.tax_total FROM mailroom.self_billed_invoice v WHERE v.issuer_id = :issuer;
DROP OWNED BY selfbill_clerk;
DROP ROLE selfbill_clerk;
