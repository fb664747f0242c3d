-- self-billed invoices and credit notes of the house as files: Peppol Self-Billing, Finvoice and KSeF FA(3), without a fatal finding
\set VERBOSITY default
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET datestyle = iso;
SELECT mailroom.create_issuer('Pomoc Drogowa SA', 'PL', 'Europe/Warsaw', 'PLN') AS polish \gset
SELECT mailroom.create_issuer('Roadside Formats AS', 'NO', 'Europe/Oslo', 'NOK') AS norwegian \gset
SELECT mailroom.create_issuer('Tiepalvelu Oy', 'FI', 'Europe/Helsinki', 'EUR') AS finnish \gset
UPDATE mailroom.issuer SET vat_id = 'PL5260250995', street = 'ul. Prosta 1', postcode = '00-001', city = 'Warszawa' WHERE issuer_id = :polish;
UPDATE mailroom.issuer SET registration_no = '965920358', vat_id = 'NO965920358MVA', street = 'Storgata 1', postcode = '0155', city = 'Oslo' WHERE issuer_id = :norwegian;
UPDATE mailroom.issuer SET registration_no = '0112038-9', vat_id = 'FI01120389', street = 'Mannerheimintie 1', postcode = '00100', city = 'Helsinki' WHERE issuer_id = :finnish;
INSERT INTO mailroom.party (issuer_id, customer_no, name, registration_no, vat_id, street, postcode, city, country, payee_account) VALUES
	(:polish, 'HOL-1', 'Holownik Sp. z o.o.', NULL, 'PL1132191233', 'ul. Portowa 2', '80-001', 'Gdańsk', 'PL', 'PL61109010140000071219812874'),
	(:norwegian, 'TOW-1', 'Berging Nord AS', '980430596', 'NO980430596MVA', 'Havnegata 2', '9008', 'Tromsø', 'NO', '86011117947'),
	(:finnish, 'HIN-1', 'Hinaus Oy', '0737546-2', 'FI07375462', 'Satamakatu 2', '33200', 'Tampere', 'FI', 'FI2112345600000785');

-- electronic addresses: a known scheme and an identifier, or none
SELECT mailroom.set_endpoint(:norwegian, '9999', '965920358');
SELECT mailroom.set_endpoint(:norwegian, '0192', NULL);
SELECT mailroom.set_endpoint(:norwegian, 'TOW-9', '0192', '980430596');
SELECT mailroom.set_endpoint(:polish, '9945', 'PL5260250995'), mailroom.set_endpoint(:polish, 'HOL-1', '9945', 'PL1132191233');
SELECT mailroom.set_endpoint(:norwegian, '0192', '965920358'), mailroom.set_endpoint(:norwegian, 'TOW-1', '0192', '980430596');
SELECT mailroom.set_endpoint(:finnish, '0216', '003701120389'), mailroom.set_endpoint(:finnish, 'HIN-1', '0216', '003707375462');

SELECT mailroom.create_agreement(i.issuer_id, p.customer_no, '2026-01-01', '2026-12-31', 5) > 0 AS agreed
	FROM mailroom.issuer i JOIN mailroom.party p USING (issuer_id) WHERE i.issuer_id IN (:polish, :norwegian, :finnish);
SELECT mailroom.add_service_order(i.issuer_id, p.customer_no || '-' || n, p.customer_no, '2026-03-02', 100.10 * n,
		CASE i.country WHEN 'PL' THEN 23 WHEN 'NO' THEN 25 ELSE 25.5 END, n, 100.10, 'TOW', 'Towing') IS NOT NULL AS added
	FROM mailroom.issuer i JOIN mailroom.party p USING (issuer_id), generate_series(1, 2) AS n WHERE i.issuer_id IN (:polish, :norwegian, :finnish);
SELECT mailroom.propose_open_orders(i.issuer_id, p.customer_no, '2026-03-31') IS NOT NULL AS proposed
	FROM mailroom.issuer i JOIN mailroom.party p USING (issuer_id) WHERE i.issuer_id IN (:polish, :norwegian, :finnish);
SELECT p.proposal_key, mailroom.accept_proposal(p.issuer_id, p.proposal_key, '2026-04-01') IS NOT NULL AS accepted
	FROM mailroom.proposal p WHERE p.issuer_id IN (:polish, :norwegian, :finnish) ORDER BY 1;
SELECT (mailroom.issue_self_billed(p.issuer_id, p.proposal_key, '2026-04-07')).invoice_number
	FROM mailroom.proposal p WHERE p.issuer_id IN (:polish, :norwegian, :finnish) ORDER BY 1;
SELECT (mailroom.credit_self_billed(s.issuer_id, s.invoice_number, '2026-04-20')).invoice_number
	FROM mailroom.self_billed_invoice s WHERE s.issuer_id IN (:polish, :norwegian, :finnish) ORDER BY 1;

-- the file says what the house wrote down, under the rules of its profile
WITH written AS
(
	SELECT i.country, s.state, f.format, mailroom.write_invoice(s.issuer_id, s.invoice_id, f.format) AS content
	FROM mailroom.self_billed_invoice s JOIN mailroom.issuer i USING (issuer_id),
		(VALUES ('peppol-selfbilling'), ('ubl'), ('cii'), ('finvoice'), ('ksef-fa3')) AS f (format)
	WHERE s.issuer_id IN (:polish, :norwegian, :finnish)
		AND CASE f.format WHEN 'ksef-fa3' THEN i.country = 'PL' WHEN 'finvoice' THEN i.country <> 'NO' ELSE true END
)
SELECT w.country, w.state, w.format, t.doc ->> 'format' AS told, (t.doc ->> 'self_billed')::boolean AS self_billed, t.doc ->> 'bt_1' AS number, t.doc ->> 'bt_3' AS type,
	concat_ws(':', t.doc ->> 'bt_34_1', t.doc ->> 'bt_34') AS seller, concat_ws(':', t.doc ->> 'bt_49_1', t.doc ->> 'bt_49') AS buyer,
	t.doc ->> 'bt_13' AS proposal, concat_ws(' ', t.doc ->> 'bt_25', t.doc ->> 'bt_26') AS credits, t.doc ->> 'bt_112' AS total,
	(SELECT count(*) FROM mailroom.validate_invoice(w.content) AS v WHERE v.severity = 'fatal') AS fatal
FROM written AS w, LATERAL (SELECT mailroom.parse_invoice(w.content) AS doc) AS t ORDER BY 1, 2, 3;

-- without addresses the network's profile says what is missing; the rest stays as it is
SELECT mailroom.set_endpoint(:norwegian, NULL, NULL), mailroom.set_endpoint(:norwegian, 'TOW-1', NULL, NULL);
SELECT mailroom.propose_open_orders(:norwegian, 'TOW-1', '2026-04-30') IS NOT NULL AS proposed;
SELECT proposal_key AS key FROM mailroom.proposal WHERE issuer_id = :norwegian AND state = 'sent' \gset
SELECT mailroom.accept_proposal(:norwegian, :'key', '2026-05-01') IS NOT NULL AS accepted;
SELECT (mailroom.issue_self_billed(:norwegian, :'key', '2026-05-07')).invoice_number \gset
DO $$
BEGIN
	PERFORM mailroom.write_invoice(i.issuer_id, i.invoice_id, 'peppol-selfbilling') FROM mailroom.invoice i WHERE i.invoice_number = 'TOW-1/2026/00003' AND i.buyer_name = 'Roadside Formats AS';
EXCEPTION WHEN SQLSTATE 'MR015' THEN
	RAISE WARNING '%', regexp_replace(sqlerrm, 'invoice \d+', 'invoice n');
END $$;
SELECT length(mailroom.write_invoice(:norwegian, i.invoice_id, 'ubl')) > 1000 AS plain FROM mailroom.invoice i WHERE i.issuer_id = :norwegian AND i.invoice_number = :'invoice_number';
