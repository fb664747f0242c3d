-- A towing partner's month of work arrives as rows; so do ratings of two fuel-card customers from a bureau.
\set QUIET 1
SELECT issuer_id AS road FROM mailroom.issuer WHERE name = 'Nordkort Veihjelp AS' \gset
SELECT issuer_id AS fuel FROM mailroom.issuer WHERE name = 'Nordkort Drivstoff AS' \gset

INSERT INTO mailroom.party (issuer_id, customer_no, name, registration_no, vat_id, street, postcode, city, country, payee_account)
	VALUES (:road, 'TOW-7', 'Berging Nord AS', '980430596', 'NO980430596MVA', 'Havnegata 2', '9008', 'Tromsø', 'NO', '86011117947');
SELECT mailroom.create_agreement(:road, 'TOW-7', '2026-01-01', '2026-12-31', tacit_days => 5) AS agreement \gset
SELECT mailroom.set_agreed_price(:road, :agreement, 'TOW', 950, 25, tolerance => 50, description => 'Berging, per time', unit_code => 'HUR') \g /dev/null
INSERT INTO mailroom.service_order (issuer_id, order_key, supplier_no, performed_on, service_code, quantity, unit_price, vat_rate) VALUES
	(:road, 'A-1001', 'TOW-7', '2026-10-02', 'TOW', 2,   950,  25),
	(:road, 'A-1002', 'TOW-7', '2026-10-09', 'TOW', 1.5, 950,  25),
	(:road, 'A-1003', 'TOW-7', '2026-10-21', 'TOW', 1,   1400, 25);

SELECT mailroom.watch_party(:fuel, p.customer_no) FROM (SELECT customer_no FROM mailroom.party WHERE issuer_id = :fuel AND is_company ORDER BY party_id LIMIT 2) p \g /dev/null
SELECT mailroom.set_alert_rule(:fuel, 'rating low', 'below', raise_at => 50, clear_at => 60, severity => 'critical') \g /dev/null
INSERT INTO mailroom.rating_event (issuer_id, source, source_event_id, customer_no, rating, effective_at)
	SELECT :fuel, 'bureau', p.customer_no || '-' || e.rating, p.customer_no, e.rating, e.at
	FROM (SELECT customer_no FROM mailroom.party WHERE issuer_id = :fuel AND is_company ORDER BY party_id LIMIT 1) p,
		(VALUES (78, TIMESTAMPTZ '2026-10-01 08:00+00'), (41, '2026-11-20 08:00+00')) AS e (rating, at);
