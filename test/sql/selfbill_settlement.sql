-- a towing partner's month: orders come in as rows, are compared with the agreed prices, proposed, disputed, accepted, issued
\set VERBOSITY default
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET datestyle = iso;
SELECT mailroom.create_issuer('Roadside Selfbill AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
SELECT mailroom.create_issuer('Roadside Other AS', 'NO', 'Europe/Oslo', 'NOK') AS other \gset
UPDATE mailroom.issuer SET registration_no = '965920358', vat_id = 'NO965920358MVA', street = 'Storgata 1', postcode = '0155', city = 'Oslo' WHERE issuer_id = :issuer;
INSERT INTO mailroom.party (issuer_id, customer_no, name, registration_no, vat_id, street, postcode, city, country, payee_account)
	VALUES (:issuer, 'TOW-1', 'Berging Nord AS', '980430596', 'NO980430596MVA', 'Havnegata 2', '9008', 'Tromsø', 'NO', '86011117947'),
		(:issuer, 'TOW-2', 'Berging Sør AS', NULL, NULL, NULL, NULL, NULL, 'NO', NULL);
CREATE FUNCTION pg_temp.wait_for_orders(issuer bigint, orders bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	-- a worker may have the job, or nobody
	FOR i IN 1 .. 600 LOOP
		EXIT WHEN (SELECT count(*) FROM mailroom.settlement_order o WHERE o.issuer_id = issuer) >= orders;
		PERFORM pg_sleep(0.05);
	END LOOP;
	RETURN (SELECT count(*) FROM mailroom.settlement_order o WHERE o.issuer_id = issuer);
END;
$$;

CREATE FUNCTION pg_temp.sqlstate_of(command text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE command;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	RETURN sqlstate;
END;
$$;

-- agreements do not overlap
SELECT mailroom.create_agreement(:issuer, 'TOW-1', '2026-01-01', '2026-12-31', 5) AS agreement \gset
SELECT mailroom.create_agreement(:issuer, 'TOW-1', '2026-12-31', '2027-12-31', 5);
SELECT mailroom.create_agreement(:issuer, 'TOW-9', '2026-01-01', '2026-12-31', 5);
SELECT pg_temp.sqlstate_of(format($$SELECT mailroom.create_agreement(%s, 'TOW-2', '2026-06-01', '2026-01-31', 5)$$, :issuer)) AS backwards;
SELECT mailroom.set_agreed_price(:issuer, :agreement, 'TOW', 950, 25, 50, 'Towing, per started hour', 'HUR');
SELECT mailroom.set_agreed_price(:issuer, :agreement, 'JUMP', 400, 25, 0, 'Jump start');
SELECT mailroom.set_agreed_price(:issuer, :agreement, 'FERRY', 120.50, 12);

-- orders of an application that may only insert
CREATE ROLE selfbill_app;
SELECT mailroom.grant_role('importer', 'selfbill_app', ARRAY[:issuer]::bigint[]);
SET ROLE selfbill_app;
SELECT pg_temp.sqlstate_of(format($$INSERT INTO mailroom.service_order (issuer_id, order_key, supplier_no, performed_on, vat_rate, net_amount)
	VALUES (%s, 'X', 'TOW-1', '2026-03-02', 25, 1)$$, :other)) AS foreign_issuer;
SELECT pg_temp.sqlstate_of(format($$INSERT INTO mailroom.service_order (issuer_id, order_key, supplier_no, performed_on, vat_rate)
	VALUES (%s, 'X', 'TOW-1', '2026-03-02', 25)$$, :issuer)) AS no_amount;
INSERT INTO mailroom.service_order (issuer_id, order_key, supplier_no, performed_on, service_code, quantity, unit_price, net_amount, vat_rate) VALUES
	(:issuer, 'J1', 'TOW-1', '2026-03-02', 'TOW', 2, 950, NULL, 25),
	(:issuer, 'J2', 'TOW-1', '2026-03-03', 'TOW', 1.5, 1000, NULL, 25),
	(:issuer, 'J3', 'TOW-1', '2026-03-04', 'TOW', 1, 1000.01, NULL, 25),
	(:issuer, 'J4', 'TOW-1', '2026-03-05', 'JUMP', 1, 400, NULL, 12),
	(:issuer, 'J5', 'TOW-1', '2026-03-05', 'CRANE', 1, 5000, NULL, 25),
	(:issuer, 'J6', 'TOW-1', '2026-03-06', 'JUMP', 1, 400, 401, 25),
	(:issuer, 'J7', 'TOW-1', '2026-03-06', 'FERRY', 1, NULL, 120.50, 12),
	(:issuer, 'J8', 'TOW-9', '2026-03-06', 'TOW', 1, 950, NULL, 25),
	(:issuer, 'J9', 'TOW-1', '2026-03-06', 'TOW', 1, NULL, 950.001, 25),
	(:issuer, 'J1', 'TOW-1', '2026-03-02', 'TOW', 2, 950, NULL, 25),
	(:issuer, 'J1', 'TOW-1', '2026-03-02', 'TOW', 3, 950, NULL, 25),
	(:issuer, 'K1', 'TOW-2', '2026-03-06', 'TOW', 1, 9999, NULL, 25);
SELECT * FROM mailroom.service_order;
UPDATE mailroom.settlement_order SET state = 'new';
RESET ROLE;
CALL mailroom.run_jobs();
SELECT pg_temp.wait_for_orders(:issuer, 12);
SET ROLE selfbill_app;
SELECT order_key, quantity, unit_price, net_amount, agreed_price, state, reason
FROM mailroom.settlement_order WHERE issuer_id = :issuer ORDER BY service_order_id;

-- the same door as a function: refused at once
SELECT mailroom.add_service_order(:issuer, 'J1', 'TOW-1', '2026-03-02', 1900, 25);
SELECT mailroom.add_service_order(:issuer, 'L1', 'TOW-9', '2026-03-02', 1900, 25);
SELECT mailroom.add_service_order(:issuer, 'L1', 'TOW-1', '2026-03-02', -1, 25);
SELECT mailroom.add_service_order(:issuer, 'L1', 'TOW-1', '2026-03-07', NULL, 25, quantity => 1, unit_price => 950, service_code => 'TOW', description => 'Towing E6 Alta');
SELECT pg_temp.sqlstate_of(format($$SELECT mailroom.add_service_order(%s, 'L1', 'TOW-1', '2026-03-07', 1, 25)$$, :other)) AS foreign_issuer;
SELECT mailroom.reprice_order(:issuer, 'J3', 950);
RESET ROLE;

-- a proposal: the first check that fails is the answer
SELECT mailroom.propose_settlement(:issuer, 'P1', 'TOW-2', ARRAY['K1'], '2026-03-31');
SELECT mailroom.propose_settlement(:issuer, 'P1', 'TOW-1', '{}', '2026-03-31');
SELECT mailroom.propose_settlement(:issuer, 'P1', 'TOW-1', ARRAY['J1', 'J8'], '2026-03-31');
SELECT mailroom.propose_settlement(:issuer, 'P1', 'TOW-1', ARRAY['J1', 'K1'], '2026-03-31');
SELECT mailroom.propose_settlement(:issuer, 'P1', 'TOW-1', ARRAY['J1', 'J3'], '2026-03-31');
SELECT mailroom.propose_settlement(:issuer, 'P1', 'TOW-1', ARRAY['J1', 'J1'], '2026-03-31');
SELECT mailroom.reprice_order(:issuer, 'J3', 1000, 'agreed by phone');
SELECT mailroom.reprice_order(:issuer, 'J3', 1000.001);
SELECT mailroom.propose_open_orders(:issuer, 'TOW-1', '2026-03-31') IS NOT NULL AS proposed;
SELECT mailroom.propose_open_orders(:issuer, 'TOW-1', '2026-03-31') IS NULL AS nothing_left;
SELECT p.proposal_key, p.state, p.deadline, l.line_no, o.order_key, l.net_amount, l.vat_rate, l.outcome
FROM mailroom.proposal p JOIN mailroom.proposal_line l USING (issuer_id, proposal_id) JOIN mailroom.settlement_order o USING (issuer_id, service_order_id)
WHERE p.issuer_id = :issuer ORDER BY p.proposal_id, l.line_no;

-- a dispute does not block the others once its order left
SELECT mailroom.dispute_order(:issuer, 'TOW-1/2026-03-31/1', 'J2', '2026-04-03', 'one hour only');
SELECT mailroom.dispute_order(:issuer, 'TOW-1/2026-03-31/1', 'J2', '2026-04-03');
SELECT mailroom.dispute_order(:issuer, 'TOW-1/2026-03-31/1', 'J7', '2026-04-06');
SELECT mailroom.accept_proposal(:issuer, 'TOW-1/2026-03-31/1', '2026-04-04');
SELECT mailroom.tick_selfbilling(:issuer, '2026-04-06') AS accepted;
SELECT mailroom.reprice_order(:issuer, 'J2', 1000, 'one hour');
SELECT mailroom.issue_self_billed(:issuer, 'TOW-1/2026-03-31/1', '2026-04-06');
SELECT mailroom.tick_selfbilling(:issuer, '2026-04-05') AS accepted;
SELECT mailroom.tick_selfbilling(:issuer, '2026-04-06') AS accepted;
SELECT mailroom.tick_selfbilling(:issuer, '2026-04-06') AS accepted_again;
SELECT mailroom.dispute_order(:issuer, 'TOW-1/2026-03-31/1', 'J7', '2026-04-05');

-- the invoice
SELECT invoice_number, issued_on, due_on, net_total, tax_total, state FROM mailroom.issue_self_billed(:issuer, 'TOW-1/2026-03-31/1', '2026-04-07');
SELECT mailroom.issue_self_billed(:issuer, 'TOW-1/2026-03-31/1', '2026-04-07');
SELECT origin, state, type_code, invoice_number, issue_date, due_date, currency, note, seller_name, seller_vat_id, buyer_name, buyer_vat_id,
	payment_reference, payee_account, period_start, period_end, net_total, tax_total, gross_total, payable_minor, line_count, length(content_sha256) AS hash_bytes
FROM mailroom.invoice WHERE issuer_id = :issuer ORDER BY invoice_number \gx
SELECT line_no, line_id, quantity, unit_code, price, net_amount, tax_category, tax_rate, item_name, item_id, l.period_start, l.other_terms
FROM mailroom.invoice_line l JOIN mailroom.invoice USING (issuer_id, invoice_id) WHERE issuer_id = :issuer ORDER BY line_no;
SELECT category, rate, taxable_amount, tax_amount FROM mailroom.invoice_tax WHERE issuer_id = :issuer ORDER BY tax_no;

-- numbers: dates do not go back; a credit note takes the next number and frees the orders
SELECT mailroom.propose_open_orders(:issuer, 'TOW-1', '2026-04-08') IS NOT NULL AS proposed;
SELECT mailroom.accept_proposal(:issuer, 'TOW-1/2026-04-08/1', '2026-04-08');
SELECT mailroom.issue_self_billed(:issuer, 'TOW-1/2026-04-08/1', '2026-04-06');
SELECT mailroom.issue_self_billed(:issuer, 'TOW-1/2026-04-08/1', '2027-01-01');
SELECT mailroom.credit_self_billed(:issuer, 'TOW-1/2026/00001', '2026-04-06');
SELECT invoice_number, net_total, tax_total, state FROM mailroom.credit_self_billed(:issuer, 'TOW-1/2026/00001', '2026-04-08');
SELECT mailroom.credit_self_billed(:issuer, 'TOW-1/2026/00001', '2026-04-08');
SELECT mailroom.credit_self_billed(:issuer, 'TOW-1/2026/00002', '2026-04-08');
SELECT mailroom.credit_self_billed(:issuer, 'TOW-1/2026/00009', '2026-04-08');
SELECT invoice_number FROM mailroom.issue_self_billed(:issuer, 'TOW-1/2026-04-08/1', '2026-04-08');
SELECT mailroom.pay_self_billed(:issuer, 'TOW-1/2026/00002');
SELECT mailroom.pay_self_billed(:issuer, 'TOW-1/2026/00003');
SELECT mailroom.pay_self_billed(:issuer, 'TOW-1/2026/00003');
SELECT s.invoice_number, i.type_code, i.preceding_invoice, s.net_total, s.tax_total, s.state
FROM mailroom.self_billed_invoice s JOIN mailroom.invoice i USING (issuer_id, invoice_id) WHERE issuer_id = :issuer ORDER BY 1;
SELECT order_key, net_amount, state FROM mailroom.settlement_order WHERE issuer_id = :issuer ORDER BY service_order_id;
SELECT activity, count(*) FROM mailroom.event WHERE issuer_id = :issuer AND object_kind IN ('proposal', 'service order')
	OR issuer_id = :issuer AND activity IN ('issued', 'credit note', 'paid') GROUP BY 1 ORDER BY 1;

-- others see nothing
CREATE ROLE selfbill_reader;
SELECT mailroom.grant_role('reader', 'selfbill_reader', ARRAY[:other]::bigint[]);
SET ROLE selfbill_reader;
SELECT count(*) FROM mailroom.settlement_order;
SELECT count(*) FROM mailroom.self_billed_invoice;
SELECT mailroom.accept_proposal(:issuer, 'TOW-1/2026-03-31/1', '2026-04-04');
RESET ROLE;
DROP OWNED BY selfbill_app, selfbill_reader;
DROP ROLE selfbill_app, selfbill_reader;
