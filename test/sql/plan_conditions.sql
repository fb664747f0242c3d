-- conditions of offers: what the issuer's letters fulfil, day and place of hand-in, notice, weight spread, minima
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
SELECT mailroom.load_tariff($pack$
tariff plan-conditions version=1 valid-from=2026-01-01
source "made for this test"
currency EUR
carrier cy-u "Any" country=CY national
carrier cy-m "Machine" country=CY
carrier cy-t "Days" country=CY
carrier cy-n "Notice" country=CY
carrier cy-w "Weight" country=CY
coverage cy-all CY * land
offer CY-U carrier=cy-u product="Letter" class=A days=2 formats=C5 coverage=cy-all
price CY-U land C5 *:10.00
offer CY-M machinable carrier=cy-m product="Letter" class=B days=3 formats=C5 coverage=cy-all code=2d colour=white hand-in=nicosia
price CY-M land C5 *:8.00
offer CY-T carrier=cy-t product="Letter" class=B days=3 formats=C5 coverage=cy-all hand-in-days=2,4
price CY-T land C5 *:7.00
offer CY-N carrier=cy-n product="Letter" class=B days=3 formats=C5 coverage=cy-all notice=booking notice-days=3
price CY-N land C5 *:6.00
offer CY-W carrier=cy-w product="Letter" class=B days=3 formats=C5 coverage=cy-all
price CY-W land C5 *:5.00
condition CY-W weight-spread most=30
condition CY-W pieces least=3 per=format,sender
$pack$) LIKE 'plan-conditions version 1 %' AS loaded;
SELECT mailroom.create_issuer('Plan conditions', 'CY', 'Asia/Nicosia', 'EUR') AS issuer \gset
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (:issuer, '1 Tuesday', '2026-06-30', 'CY', '2026-06-29 12:00Z'),
	(:issuer, '2 Tuesday, told in time', '2026-06-30', 'CY', '2026-06-24 12:00Z'), (:issuer, '3 Wednesday', '2026-07-01', 'CY', '2026-06-30 12:00Z'), (:issuer, '4 Tuesday, two', '2026-06-30', 'CY', '2026-06-29 12:00Z');
-- four letters of 12 g and one of 52 g; the last mailing has two of 12 g
INSERT INTO mailroom.letter (issuer_id, mailing_id, letter_id, document_id, pages, sheets, recipient, postcode, country)
	SELECT :issuer, m.mailing_id, left(m.name, 1)::bigint * 10 + n, left(m.name, 1)::bigint * 10 + n, 1, CASE WHEN n = 5 THEN 9 ELSE 1 END, 'Recipient', '1010', 'CY'
	FROM mailroom.mailing m, generate_series(1, 5) AS n WHERE m.issuer_id = :issuer AND (m.name NOT LIKE '4%' OR n <= 2);
CREATE FUNCTION pg_temp.plans(issuer bigint) RETURNS TABLE (name text, cost text, offers text, is_sum boolean, is_certified boolean)
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.plan_mailing(m.issuer_id, m.mailing_id) FROM mailroom.mailing m WHERE m.issuer_id = issuer;
	RETURN QUERY SELECT m.name, mailroom.price_text(m.cost_micro),
			(SELECT string_agg(r.letters || ' ' || r.offer, ', ' ORDER BY r.offer) FROM mailroom.mailing_cost_report r WHERE r.issuer_id = issuer AND r.mailing_id = m.mailing_id),
			m.cost_micro = (SELECT sum(p.price_micro) FROM mailroom.letter_postage p WHERE p.issuer_id = issuer AND p.mailing_id = m.mailing_id),
			mailroom.check_postage_certificate(mailroom.postage_problem(issuer, m.mailing_id), m.plan)
		FROM mailroom.mailing m WHERE m.issuer_id = issuer ORDER BY m.name;
END;
$$;
-- 4 x 5.00 by weight; the heavy one at 7.00, 6.00 when the carrier was told, 8.00 on Wednesday; two are below the minimum
SELECT * FROM pg_temp.plans(:issuer);
-- what the issuer's letters fulfil
INSERT INTO mailroom.issuer_postage (issuer_id, is_machinable) VALUES (:issuer, false);
SELECT name, cost, offers FROM pg_temp.plans(:issuer) WHERE name LIKE '3%';
SELECT mailroom.offer_refusal(:issuer, 'CY-M', '2026-07-01');
UPDATE mailroom.issuer_postage SET is_machinable = true, codes = '{1d}' WHERE issuer_id = :issuer;
SELECT mailroom.offer_refusal(:issuer, 'CY-M', '2026-07-01');
UPDATE mailroom.issuer_postage SET codes = '{2d}', colour = 'brown' WHERE issuer_id = :issuer;
SELECT mailroom.offer_refusal(:issuer, 'CY-M', '2026-07-01');
UPDATE mailroom.issuer_postage SET colour = 'white', hand_in_places = '{limassol}' WHERE issuer_id = :issuer;
SELECT mailroom.offer_refusal(:issuer, 'CY-M', '2026-07-01');
UPDATE mailroom.issuer_postage SET hand_in_places = '{limassol,nicosia}' WHERE issuer_id = :issuer;
SELECT mailroom.offer_refusal(:issuer, 'CY-M', '2026-07-01') IS NULL AS takes;
SELECT offer, note FROM mailroom.letter_explanation WHERE issuer_id = :issuer AND letter_id = 35 ORDER BY 1;
DELETE FROM mailroom.issuer_postage WHERE issuer_id = :issuer;
SELECT topic, in_plan FROM mailroom.offer_terms('CY-W', '2026-06-30') WHERE topic LIKE 'condition%' ORDER BY 1;

-- without any other carrier the letter leaves the mailing, with the condition as the reason
INSERT INTO mailroom.invoice (issuer_id, invoice_id, origin, state, seller_key, content_sha256, invoice_number, received_at)
	SELECT :issuer, n, 'file', 'accepted', 'seller', '\x00', 'C' || n, '2026-06-29' FROM unnest(ARRAY[15, 25, 31, 32, 33, 34, 35, 41, 42]) AS n;
INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	SELECT :issuer, n, n, 'test', 1, 1, '{0}', '{1}', 1, '\x00', '2026-06-29' FROM unnest(ARRAY[15, 25, 31, 32, 33, 34, 35, 41, 42]) AS n;
INSERT INTO mailroom.issuer_carrier VALUES (:issuer, 'cy-w');
SELECT mailroom.plan_mailing(issuer_id, mailing_id) FROM mailroom.mailing WHERE issuer_id = :issuer AND name LIKE '1%';
UPDATE mailroom.issuer_carrier SET carrier = 'cy-n' WHERE issuer_id = :issuer;
SELECT mailroom.plan_mailing(issuer_id, mailing_id) FROM mailroom.mailing WHERE issuer_id = :issuer AND name LIKE '4%';
UPDATE mailroom.issuer_carrier SET carrier = 'cy-t' WHERE issuer_id = :issuer;
SELECT mailroom.plan_mailing(issuer_id, mailing_id) FROM mailroom.mailing WHERE issuer_id = :issuer AND name LIKE '3%';
SELECT i.invoice_number, i.state, f.rule, f.message FROM mailroom.finding f JOIN mailroom.invoice i ON i.issuer_id = f.issuer_id AND i.invoice_id = f.invoice_id
	WHERE f.issuer_id = :issuer AND i.invoice_number IN ('C15', 'C35', 'C41') ORDER BY 1;
DELETE FROM mailroom.issuer_carrier WHERE issuer_id = :issuer;
