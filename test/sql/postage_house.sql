-- a common hand-in: the carriers bill the house, members bear their letters' part, to the cent, and see it
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\pset format unaligned
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
SELECT mailroom.load_tariff($pack$
tariff house-si version=1 valid-from=2026-01-01
source "made for this test"
currency EUR
carrier si-post "SI Post" country=SI national
carrier si-city "SI City" country=SI
coverage si-all SI * land
coverage si-town SI 1000-1999 town
offer SI-U carrier=si-post product="Letter" class=A days=2 formats=C5 coverage=si-all vat=22%
price SI-U land C5 20:10.00 50:12.33
offer SI-S carrier=si-post product="Sorted" class=B days=3 formats=C5 coverage=si-all min-mailing=20 fixed=10.00 vat=22%
price SI-S land C5 20:8.00
offer SI-C carrier=si-city product="City" class=B days=3 formats=C5 coverage=si-town vat=22%
price SI-C town C5 50:7.77
scheme SI-V mode=all offers=SI-S 0:0% 23:2%
$pack$) LIKE 'house-si version 1 %' AS loaded;
SELECT mailroom.create_issuer('SI House', 'SI', 'Europe/Ljubljana', 'EUR') AS house \gset
SELECT mailroom.create_issuer('SI Member a', 'SI', 'Europe/Ljubljana', 'EUR') AS a \gset
SELECT mailroom.create_issuer('SI Member b', 'SI', 'Europe/Ljubljana', 'EUR') AS b \gset
CREATE FUNCTION pg_temp.mail(issuer bigint, letters integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	mailing bigint;
BEGIN
	INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (issuer, 'May', '2026-05-04', 'SI', '2026-05-03') RETURNING mailing_id INTO mailing;
	INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, country, due_days)
		SELECT issuer, mailing, mailing * 10000 + n, 1, CASE WHEN n % 7 = 0 THEN 3 ELSE 1 END, 'Recipient ' || n, (CASE WHEN n % 3 = 0 THEN 1000 ELSE 2000 END + n)::text, 'SI', 4 FROM generate_series(1, letters) AS n;
	RETURN mailing;
END;
$$;
SELECT pg_temp.mail(:a, 25) AS a1, pg_temp.mail(:b, 14) AS b1 \gset
INSERT INTO mailroom.postage_consent VALUES (:a, :house, '2026-01-01', NULL), (:b, :house, '2026-01-01', NULL);
SELECT mailroom.make_hand_in(:house, 'May', ARRAY[:a, :b]::bigint[], ARRAY[:a1, :b1]::bigint[]) AS may \gset
SELECT mailroom.plan_mailing(:house, :may);
SELECT line_no, carrier, article, quantity, discount_micro, net, vat FROM mailroom.expected_postage_invoice(:house, :may) ORDER BY 1;
SELECT sum(e.net_micro) = m.cost_micro AS sums_to_cost FROM mailroom.expected_postage_invoice(:house, :may) e, mailroom.mailing m WHERE m.issuer_id = :house AND m.mailing_id = :may GROUP BY m.cost_micro;
SELECT mailroom.spread_postage(:house, :may) AS shares_of_the_house;
CREATE TEMPORARY VIEW bears AS SELECT i.name, b.carrier, b.letters, b.planned_micro, b.planned, b.actual FROM mailroom.hand_in_bill b JOIN mailroom.issuer i USING (issuer_id);
SELECT * FROM bears ORDER BY 1, 2;
CREATE FUNCTION pg_temp.sums(house bigint, mailing bigint) RETURNS TABLE (carrier text, planned_is_expected boolean, actual_is_billed boolean) LANGUAGE sql AS $$
	SELECT b.carrier, sum(b.planned) = coalesce((SELECT sum(e.net) FROM mailroom.expected_postage_invoice(house, mailing) e WHERE e.carrier = b.carrier), 0),
			sum(b.actual) = coalesce((SELECT p.net FROM mailroom.billed_postage(house, mailing) p WHERE p.carrier = b.carrier), 0)
		FROM mailroom.hand_in_bill b WHERE b.house_issuer_id = house GROUP BY 1 ORDER BY 1 $$;
SELECT * FROM pg_temp.sums(:house, :may);
SELECT bool_and(x.micro = g.cost_micro) AS rows_sum_to_members_cost FROM (SELECT issuer_id, mailing_id, sum(planned_micro) AS micro FROM mailroom.hand_in_bill GROUP BY 1, 2) x JOIN mailroom.mailing g USING (issuer_id, mailing_id) WHERE g.issuer_id IN (:a, :b);

-- the post bills as expected, but heavy letters dearer; the city two letters too many, which is claimed and half of it credited
INSERT INTO mailroom.carrier_invoice (issuer_id, carrier, invoice_number, issue_date, currency, mailing_id, net_total, tax_total)
	SELECT :house, e.carrier, 'H-1', '2026-05-31', 'EUR', :may, sum(e.net + CASE WHEN e.article = 'SI-U/land/C5/50' THEN e.quantity ELSE 0 END), round(sum(e.net + CASE WHEN e.article = 'SI-U/land/C5/50' THEN e.quantity ELSE 0 END) * 0.22, 2)
		FROM mailroom.expected_postage_invoice(:house, :may) e WHERE e.carrier = 'si-post' GROUP BY 2 RETURNING carrier_invoice_id AS h1 \gset
INSERT INTO mailroom.carrier_invoice_line (issuer_id, carrier_invoice_id, line_no, article, quantity, unit_price, discount_amount, net_amount, vat_rate)
	SELECT :house, :h1, e.line_no, e.article, e.quantity, e.unit_micro / 1000000.0 + CASE WHEN e.article = 'SI-U/land/C5/50' THEN 1 ELSE 0 END, e.discount_micro / 1000000.0, e.net + CASE WHEN e.article = 'SI-U/land/C5/50' THEN e.quantity ELSE 0 END, 22
		FROM mailroom.expected_postage_invoice(:house, :may) e WHERE e.carrier = 'si-post';
INSERT INTO mailroom.carrier_invoice (issuer_id, carrier, invoice_number, issue_date, currency, mailing_id, net_total, tax_total)
	SELECT :house, e.carrier, 'H-2', '2026-05-31', 'EUR', :may, sum(e.net) + 15.54, round((sum(e.net) + 15.54) * 0.22, 2) FROM mailroom.expected_postage_invoice(:house, :may) e WHERE e.carrier = 'si-city' GROUP BY 2 RETURNING carrier_invoice_id AS h2 \gset
INSERT INTO mailroom.carrier_invoice_line (issuer_id, carrier_invoice_id, line_no, article, quantity, unit_price, net_amount, vat_rate)
	SELECT :house, :h2, e.line_no, e.article, e.quantity + 2, 7.77, e.net + 15.54, 22 FROM mailroom.expected_postage_invoice(:house, :may) e WHERE e.carrier = 'si-city';
SELECT mailroom.audit_carrier_invoice(:house, :h1) AS post, mailroom.audit_carrier_invoice(:house, :h2) AS city;
SELECT c.invoice_number, d.code, d.amount, d.message FROM mailroom.carrier_invoice_difference d JOIN mailroom.carrier_invoice c USING (issuer_id, carrier_invoice_id) WHERE d.issuer_id = :house ORDER BY 1, 2;
SELECT * FROM bears ORDER BY 1, 2;
SELECT * FROM pg_temp.sums(:house, :may);
SELECT mailroom.claim_differences(:house, :h2, '{1}') AS claimed, mailroom.settle_claim(:house, :h2, 7.77, 'half of it') AS not_credited;
SELECT * FROM bears ORDER BY 1, 2;
SELECT * FROM pg_temp.sums(:house, :may);
-- a member's clerk sees its own rows and spreads them over its cost centres
CREATE ROLE house_member_clerk;
SELECT mailroom.grant_role('clerk', 'house_member_clerk', ARRAY[:a]);
SET ROLE house_member_clerk;
SELECT count(*) FILTER (WHERE issuer_id = :a) AS own, count(*) FILTER (WHERE issuer_id <> :a) AS others FROM mailroom.hand_in_bill;
SELECT mailroom.spread_postage(:a, :a1) AS shares;
SELECT s.carrier, s.cost_centre, s.documents, s.planned = b.planned AS planned, s.actual = b.actual AS actual FROM mailroom.cost_centre_share s JOIN mailroom.hand_in_bill b USING (issuer_id, mailing_id, carrier) ORDER BY 1;
\set VERBOSITY sqlstate
SELECT * FROM mailroom.hand_in_bills(:house, :may);
SELECT * FROM mailroom.expected_postage_invoice(:a, :a1);
RESET ROLE;
\set VERBOSITY terse
SELECT i.name, h.carrier, h.letters, h.planned, h.actual, h.difference FROM mailroom.hand_in_bills(:house, :may) h JOIN mailroom.issuer i ON i.issuer_id = h.member_issuer_id ORDER BY 1, 2;
-- what moves between members so that nobody pays more than alone sums to nothing
INSERT INTO mailroom.postage_share (issuer_id, mailing_id, part_no, house_issuer_id, house_mailing_id, part, letters, amount_micro, rule)
	VALUES (:a, :a1, 1000000, :house, :may, 'balance', 25, -1234567, 'made for this test'), (:b, :b1, 1000000, :house, :may, 'balance', 14, 1234567, 'made for this test') ON CONFLICT DO NOTHING;
SELECT mailroom.spread_postage(:house, :may);
SELECT * FROM bears WHERE carrier = '' ORDER BY 1, 2;
DELETE FROM mailroom.issuer_grant WHERE role_name = 'house_member_clerk';
DROP OWNED BY house_member_clerk;
DROP ROLE house_member_clerk;
