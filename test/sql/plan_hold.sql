-- letters wait for a later hand-in where both together are cheaper and nobody gets one too late
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\pset format unaligned
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
\set pack 'tariff plan-hold version=1 valid-from=2026-01-01\nsource "made for this test"\ncurrency BGN\ncarrier bg-post "Test post" country=BG national\ncoverage bg-all BG * land\noffer BG-U carrier=bg-post product="Letter" class=A days=1 formats=C5 coverage=bg-all\nprice BG-U land C5 20:10.00\noffer BG-M carrier=bg-post product="Mass" class=B days=3 formats=C5 coverage=bg-all min-mailing=20\nprice BG-M land C5 20:7.00\n'
SELECT replace(:'pack', '\n', E'\n') AS pack \gset
SELECT mailroom.load_tariff(:'pack') LIKE 'plan-hold version 1 %' AS loaded;
SELECT mailroom.create_issuer('Holder', 'BG', 'Europe/Sofia', 'BGN') AS issuer \gset
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (:issuer, 'today', '2026-06-01', 'BG', '2026-06-01') RETURNING mailing_id AS today \gset
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (:issuer, 'later', '2026-06-03', 'BG', '2026-06-01') RETURNING mailing_id AS later \gset
-- today: 9 letters due in five days, 4 in three, 2 in two; later: 11.  Twenty are mass mail: 9 wait, and 20 at 7.00 instead of 10.00 save 60.00
INSERT INTO mailroom.letter (issuer_id, mailing_id, letter_id, document_id, pages, sheets, recipient, postcode, country, due_days)
	SELECT :issuer, k.mailing, 5000 + n, 5000 + n, 1, 1, 'Recipient ' || n, (1000 + n)::text, 'BG', k.due
	FROM (VALUES (:today, 1, 9, 5), (:today, 10, 13, 3), (:today, 14, 15, 2), (:later, 16, 26, 4)) AS k (mailing, first, last, due), generate_series(k.first, k.last) AS n;
CREATE TEMPORARY VIEW state AS
	SELECT m.name, m.state, m.cost_micro, (SELECT count(*) FROM mailroom.letter l WHERE l.issuer_id = m.issuer_id AND l.mailing_id = m.mailing_id) AS letters,
			(SELECT min(l.due_days) FROM mailroom.letter l WHERE l.issuer_id = m.issuer_id AND l.mailing_id = m.mailing_id) AS due,
			(SELECT sum(p.price_micro) FROM mailroom.letter_postage p WHERE p.issuer_id = m.issuer_id AND p.mailing_id = m.mailing_id) IS NOT DISTINCT FROM m.cost_micro AS adds_up
		FROM mailroom.mailing m WHERE m.issuer_id = (SELECT i.issuer_id FROM mailroom.issuer i WHERE i.name = 'Holder');
SELECT mailroom.plan_mailing(:issuer, :today), mailroom.plan_mailing(:issuer, :later);
SELECT * FROM state ORDER BY name DESC;
SELECT * FROM mailroom.hold_letters(:issuer, :today, :later);
SELECT mailroom.plan_mailing(:issuer, :later);
SELECT * FROM state ORDER BY name DESC;
SELECT count(*), sum(saved_micro), min(due_days) FROM mailroom.letter_wait WHERE issuer_id = :issuer;
SELECT offer, count(*) FROM mailroom.letter_postage WHERE issuer_id = :issuer AND mailing_id = :later GROUP BY 1;
-- nothing more to gain; the planner overrules, one letter and then all
SELECT * FROM mailroom.hold_letters(:issuer, :today, :later);
SELECT mailroom.release_letters(:issuer, :today, '{5001}'), mailroom.release_letters(:issuer, :today), mailroom.release_letters(:issuer, :today);
SELECT mailroom.plan_mailing(:issuer, :today), mailroom.plan_mailing(:issuer, :later);
SELECT * FROM state ORDER BY name DESC;
SELECT count(*) FROM mailroom.letter_wait WHERE issuer_id = :issuer;
\set VERBOSITY sqlstate
SELECT * FROM mailroom.hold_letters(:issuer, :later, :today);
SELECT * FROM mailroom.hold_letters(:issuer, :today, -1);
UPDATE mailroom.mailing SET state = 'printed' WHERE issuer_id = :issuer AND mailing_id = :later;
SELECT * FROM mailroom.hold_letters(:issuer, :today, :later);
