-- what is settled when a year ends: rebates of retroactive tiers and take-or-pay, against the year balance
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
SELECT mailroom.load_tariff($pack$
tariff settle-lt version=1 valid-from=2026-01-01
source "made for this test"
currency EUR
carrier lt-post "LT Post" country=LT national
carrier lt-city "LT City" country=LT
coverage lt-all LT * land
offer LT-P carrier=lt-post product="Letter" class=A days=2 formats=C5 coverage=lt-all vat=21%
price LT-P land C5 50:1.00
offer LT-C carrier=lt-city product="City" class=B days=3 formats=C5 coverage=lt-all vat=21%
price LT-C land C5 50:1.50
scheme LT-YEAR mode=all offers=LT-P period=calendar-year retroactive=true 0:0% 100:5% 200:10%
obligation LT-TAKE take-or-pay carrier=lt-city period=calendar-year least=100 penalty=0.20
$pack$) LIKE 'settle-lt version 1 %' AS loaded;
SELECT mailroom.create_issuer('Settle UAB', 'LT', 'Europe/Vilnius', 'EUR') AS one \gset
INSERT INTO mailroom.issuer_carrier VALUES (:one, 'lt-post'), (:one, 'lt-city');
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (:one, 'march', '2026-03-03', 'LT', '2026-03-02') RETURNING mailing_id AS march \gset
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (:one, 'june', '2026-06-02', 'LT', '2026-06-01') RETURNING mailing_id AS june \gset
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (:one, 'november', '2026-11-03', 'LT', '2026-11-02') RETURNING mailing_id AS november \gset
INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, country)
	SELECT :one, m, m * 1000 + n, 1, 1, 'Recipient ' || n, '0' || (1000 + n), 'LT' FROM (VALUES (:march, 90), (:june, 90), (:november, 40)) AS k (m, letters), generate_series(1, k.letters) AS n;
SELECT mailroom.plan_mailing(:one, :march), mailroom.plan_mailing(:one, :june), mailroom.plan_mailing(:one, :november);
SELECT m.name, e.article, e.kind, e.net FROM mailroom.mailing m, mailroom.expected_postage_invoice(m.issuer_id, m.mailing_id) e WHERE m.issuer_id = :one ORDER BY m.mailing_id, e.line_no;

-- 220 letters reach 10 %: 22.00, of which invoices gave 4.50 and 4.00; of 100 letters for the city none came
\pset format unaligned
SELECT * FROM mailroom.year_settlement(:one, '2026-11-15');
SELECT * FROM mailroom.year_settlement(:one, '2027-01-20');
CREATE FUNCTION pg_temp.bill(issuer bigint, carrier text, bill_no text, issued date, article text, amount numeric, mailing bigint DEFAULT NULL, quantity numeric DEFAULT 1, discount numeric DEFAULT 0, rate numeric DEFAULT 21) RETURNS bigint LANGUAGE sql AS $$
	WITH i AS (INSERT INTO mailroom.carrier_invoice (issuer_id, carrier, invoice_number, is_credit_note, issue_date, currency, mailing_id, net_total, tax_total) VALUES ($1, $2, $3, $6 < 0, $4, 'EUR', $7, $6, round($6 * $10 / 100, 2)) RETURNING carrier_invoice_id),
	l AS (INSERT INTO mailroom.carrier_invoice_line (issuer_id, carrier_invoice_id, line_no, article, quantity, unit_price, discount_amount, net_amount, vat_rate) SELECT $1, i.carrier_invoice_id, 1, $5, $8, ($6 + $9) / $8, $9, $6, $10 FROM i)
	SELECT carrier_invoice_id FROM i $$;
CREATE FUNCTION pg_temp.audit(issuer bigint, bill bigint) RETURNS TABLE (differences integer, code text, item text, amount numeric, vat numeric, in_right text, state text, message text) LANGUAGE plpgsql AS $$
DECLARE
	n integer := mailroom.audit_carrier_invoice(issuer, bill);
BEGIN
	RETURN QUERY SELECT n, d.code, d.item, d.amount, d.vat_amount, d.in_right, d.state, d.message FROM (SELECT) x LEFT JOIN mailroom.carrier_invoice_difference d ON d.issuer_id = issuer AND d.carrier_invoice_id = bill ORDER BY d.difference_no;
END $$;
-- a rebate that is too small is claimed, a second note brings the rest; then nothing is left
SELECT a.* FROM pg_temp.bill(:one, 'lt-post', 'R-1', '2027-01-10', 'LT-YEAR/retroactive', -10.00) b, pg_temp.audit(:one, b) a;
SELECT a.* FROM pg_temp.bill(:one, 'lt-post', 'R-2', '2027-01-12', 'LT-YEAR', -3.50) b, pg_temp.audit(:one, b) a;
SELECT a.* FROM pg_temp.bill(:one, 'lt-post', 'R-3', '2027-01-14', 'LT-YEAR', -1.00) b, pg_temp.audit(:one, b) a;
SELECT c.invoice_number, d.code, d.state, d.reason FROM mailroom.carrier_invoice_difference d JOIN mailroom.carrier_invoice c USING (issuer_id, carrier_invoice_id) WHERE d.issuer_id = :one ORDER BY c.carrier_invoice_id;
SELECT kind, object, expected, billed, difference FROM mailroom.year_settlement(:one, '2027-01-20');
-- take-or-pay: billed as planned, too much, twice, with a wrong tax for the rebate
SELECT a.* FROM pg_temp.bill(:one, 'lt-city', 'T-1', '2026-12-31', 'LT-TAKE', 25.00) b, pg_temp.audit(:one, b) a;
DELETE FROM mailroom.carrier_invoice WHERE issuer_id = :one AND carrier = 'lt-city';
SELECT a.* FROM pg_temp.bill(:one, 'lt-city', 'T-2', '2026-12-31', 'lt-city/penalty', 20.00) b, pg_temp.audit(:one, b) a;
SELECT a.* FROM pg_temp.bill(:one, 'lt-city', 'T-3', '2027-01-02', 'LT-TAKE', 20.00) b, pg_temp.audit(:one, b) a;
SELECT kind, object, expected, billed, difference FROM mailroom.year_settlement(:one, '2027-01-20');
-- a carrier that did not give June's discount: what is not credited comes with the rebate
DELETE FROM mailroom.carrier_invoice WHERE issuer_id = :one;
SELECT a.* FROM pg_temp.bill(:one, 'lt-post', 'J-1', '2026-06-30', 'LT-P/land/C5/50', 90.00, :june, 90) b, pg_temp.audit(:one, b) a;
SELECT mailroom.accept_differences(:one, c.carrier_invoice_id, '{1}', 'comes with the rebate') FROM mailroom.carrier_invoice c WHERE c.issuer_id = :one AND c.invoice_number = 'J-1';
SELECT kind, object, due, granted, expected, billed FROM mailroom.year_settlement(:one, '2027-01-20') WHERE kind = 'retroactive';
SELECT a.* FROM pg_temp.bill(:one, 'lt-post', 'R-4', '2027-01-10', 'LT-YEAR', -18.00, NULL, 1, 0, 0) b, pg_temp.audit(:one, b) a;
-- too early: the year has not ended; of the year before nothing is known
SELECT a.* FROM pg_temp.bill(:one, 'lt-post', 'E-1', '2026-08-10', 'LT-YEAR', -5.00) b, pg_temp.audit(:one, b) a;
SELECT * FROM mailroom.year_settlement(:one, 'infinity');
