-- The sample's issuers: a fuel-card issuer that hands in letters in Norway and Sweden, and its road assistance
-- sister.  Variables: sample (this folder), data (the repository's data folder).
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mailroom;

SELECT mailroom.create_issuer('Nordkort Drivstoff AS', 'NO', 'Europe/Oslo', 'NOK') AS fuel \gset
UPDATE mailroom.issuer
	SET registration_no = '918273640', vat_id = 'NO918273640MVA', street = 'Drivstoffveien 1', postcode = '0668', city = 'Oslo',
		payee_account = 'NO9386011117947', reference_scheme = 'no_kid_mod10', hand_in_countries = '{SE}'
	WHERE issuer_id = :fuel;
SELECT mailroom.create_issuer('Nordkort Veihjelp AS', 'NO', 'Europe/Oslo', 'NOK') AS road \gset
UPDATE mailroom.issuer
	SET registration_no = '927364558', vat_id = 'NO927364558MVA', street = 'Drivstoffveien 1', postcode = '0668', city = 'Oslo',
		payee_account = 'NO9386011117947', reference_scheme = 'no_kid_mod10'
	WHERE issuer_id = :road;

SELECT mailroom.load_layout(:fuel, 'nordkort', pg_read_file(:'sample' || '/layout-nordkort.json')::jsonb) \g /dev/null
SELECT mailroom.load_tariff(pg_read_file(:'data' || '/tariff/demo-no-se.txt')) \g /dev/null
