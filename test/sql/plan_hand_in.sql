-- several issuers in one hand-in: consent, one plan, shares that sum exactly, nobody pays more than alone, members kept apart
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\pset format unaligned
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
\set pack 'tariff hand-in version=1 valid-from=2026-01-01\nsource "made for this test"\ncurrency EUR\ncarrier sk-post "Test post" country=SK national\ncarrier sk-city "City post" country=SK\nzones SK digits=1\ncoverage sk-all SK * land\noffer SK-U carrier=sk-post product="Letter" class=A days=2 formats=C5 coverage=sk-all\nprice SK-U land C5 20:10.00 50:12.00\noffer SK-S carrier=sk-post product="Sorted" class=B days=3 formats=C5 coverage=sk-all min-mailing=20 min-bundle=5 fixed=10.00\nprice SK-S land C5 20:8.00\noffer SK-C carrier=sk-city product="City" class=B days=5 formats=C5 coverage=sk-all min-mailing=20\nprice SK-C land C5 20:10.20 50:5.00\nscheme SK-V mode=all offers=SK-S 0:0% 23:2%\nscheme SK-Y mode=all offers=SK-S period=calendar-year retroactive=true 0:0% 40:5%\nscheme SK-I mode=all offers=SK-S period=calendar-year own-name=true 0:0% 1:50%\nscheme SK-N mode=incr offers=SK-C 0:0 10:0.07\n'
SELECT replace(:'pack', '\n', E'\n') AS pack \gset
SELECT mailroom.load_tariff(:'pack') LIKE 'hand-in version 1 %' AS loaded;
SELECT mailroom.create_issuer('House', 'SK', 'Europe/Bratislava', 'EUR') AS house \gset
SELECT mailroom.create_issuer('Member a', 'SK', 'Europe/Bratislava', 'EUR') AS a \gset
SELECT mailroom.create_issuer('Member b', 'SK', 'Europe/Bratislava', 'EUR') AS b \gset
CREATE FUNCTION pg_temp.mail(issuer bigint, day date, letters integer, sheets integer, days integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	mailing bigint;
BEGIN
	INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (issuer, to_char(day, 'YYYY-MM-DD'), day, 'SK', day) RETURNING mailing_id INTO mailing;
	INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, country, due_days)
		SELECT issuer, mailing, mailing * 10000 + n, 1, sheets, 'Recipient ' || n, (1000 + n * 13)::text, 'SK', days FROM generate_series(1, letters) AS n;
	UPDATE mailroom.letter l SET postcode = '0' || l.postcode WHERE l.issuer_id = issuer AND length(l.postcode) = 4;
	RETURN mailing;
END;
$$;
CREATE TEMPORARY VIEW member AS
	SELECT i.name, g.mailing_id, g.state, g.letter_count, g.cost_micro, (SELECT sum(p.price_micro) FROM mailroom.letter_postage p WHERE p.issuer_id = g.issuer_id AND p.mailing_id = g.mailing_id) AS letters_micro,
			(SELECT sum(s.amount_micro) FROM mailroom.postage_share s WHERE s.issuer_id = g.issuer_id AND s.mailing_id = g.mailing_id) AS shares_micro
		FROM mailroom.mailing g JOIN mailroom.issuer i USING (issuer_id);

-- No minimum is reached alone: 12, 10 and 1 letters at 10.00.  Together 23 sorted ones at 8.00 less 2 %, and a fee of 10.00.
SELECT pg_temp.mail(:a, '2026-05-04', 12, 1, 4) AS a1, pg_temp.mail(:b, '2026-05-04', 10, 1, 4) AS b1, pg_temp.mail(:house, '2026-05-04', 1, 1, 4) AS h1 \gset
\set VERBOSITY sqlstate
SELECT mailroom.make_hand_in(:house, 'May', ARRAY[:a, :b, :house]::bigint[], ARRAY[:a1, :b1, :h1]::bigint[]) IS NOT NULL AS made;
INSERT INTO mailroom.postage_consent VALUES (:a, :house, '2026-01-01', NULL), (:b, :house, '2026-01-01', '2026-05-04');
\set VERBOSITY sqlstate
SELECT mailroom.make_hand_in(:house, 'May', ARRAY[:a, :b, :house]::bigint[], ARRAY[:a1, :b1, :h1]::bigint[]) IS NOT NULL AS made;
UPDATE mailroom.postage_consent SET valid_to = '2026-07-01' WHERE issuer_id = :b;
SELECT mailroom.make_hand_in(:house, 'May', ARRAY[:a, :b]::bigint[], ARRAY[:a1]::bigint[]);
SELECT mailroom.make_hand_in(:house, 'May', ARRAY[:a, :a]::bigint[], ARRAY[:a1, :a1]::bigint[]);
SELECT mailroom.make_hand_in(:house, 'May', ARRAY[:a, :b]::bigint[], ARRAY[:a1, :a1]::bigint[]);
\set VERBOSITY terse
SELECT mailroom.make_hand_in(:house, 'May', ARRAY[:a, :b, :house]::bigint[], ARRAY[:a1, :b1, :h1]::bigint[]) AS may \gset
SELECT mailroom.plan_mailing(:house, :may);
SELECT state, letter_count, cost_micro, mailroom.check_postage_certificate(mailroom.postage_problem(issuer_id, mailing_id), plan) AS proven FROM mailroom.mailing WHERE issuer_id = :house AND mailing_id = :may;
SELECT name, state, letter_count, cost_micro, cost_micro = letters_micro AS letters_agree, cost_micro = shares_micro AS shares_agree FROM member WHERE mailing_id IN (:a1, :b1, :h1) ORDER BY 1;
SELECT i.name, s.part, s.item, s.letters, s.amount_micro, s.rule, s.alone_micro FROM mailroom.hand_in_shares(:house, :may) s JOIN mailroom.issuer i ON i.issuer_id = s.member_issuer_id ORDER BY 1, 2, 3;
SELECT sum(amount_micro) = (SELECT cost_micro FROM mailroom.mailing WHERE mailing_id = :may) AS sums_to_the_cost FROM mailroom.hand_in_shares(:house, :may);
-- counted for the house that submits, and for each member; the house's own mailing counts nothing twice
SELECT i.name, v.offer, v.letters, v.submitter_id = :house AS by_house FROM mailroom.postage_volume v JOIN mailroom.issuer i USING (issuer_id) WHERE v.submitter_id = :house ORDER BY 1;
SELECT k.who, o.object, o.reached FROM (VALUES ('house', :house), ('a', :a)) AS k (who, id), mailroom.postage_outlook(k.id, '2026-05-04') o ORDER BY 1, 2;
SELECT mailroom.rebuild_postage_volume(:a) AS a, mailroom.rebuild_postage_volume(:house) AS house;
SELECT count(*) AS prices_not_confirmed FROM mailroom.check_mailing_prices(:a, :a1);
-- a member's letter is explained by the house's plan: choices and the discounts of all letters together
SELECT e.choice, e.offer, e.list_micro, e.note FROM mailroom.letter l, mailroom.explain_letter(l.issuer_id, l.mailing_id, l.letter_id) e
	WHERE l.issuer_id = :a AND l.letter_id = (SELECT max(k.letter_id) FROM mailroom.letter k WHERE k.issuer_id = :a AND k.mailing_id = :a1) AND l.mailing_id = :a1 ORDER BY 1;
-- what the next letter was worth at each carrier, for the house
SELECT offers, carriers, letters, worth_micro = worth * 1000000 OR letters > 0 AS exact, meaning FROM mailroom.mailing_marginal_value WHERE issuer_id = :house AND mailing_id = :may ORDER BY 1;

-- B's heavy letters are cheap at the city, which takes 20: eight light ones of A help at 0.20 more each, and B pays for that
SELECT pg_temp.mail(:a, '2026-06-01', 10, 1, 5) AS a2, pg_temp.mail(:b, '2026-06-01', 12, 3, 5) AS b2 \gset
SELECT mailroom.make_hand_in(:house, 'June', ARRAY[:b, :a]::bigint[], ARRAY[:b2, :a2]::bigint[]) AS june \gset
INSERT INTO mailroom.postage_wish (issuer_id, kind, offer) VALUES (:house, 'forbid', 'SK-S');
SELECT mailroom.plan_mailing(:house, :june);
SELECT i.name, s.part, s.item, s.letters, s.amount_micro, s.rule, s.alone_micro FROM mailroom.hand_in_shares(:house, :june) s JOIN mailroom.issuer i ON i.issuer_id = s.member_issuer_id ORDER BY 1, 2, 3;
SELECT name, cost_micro, letters_micro, cost_micro = shares_micro AS shares_agree FROM member WHERE mailing_id IN (:a2, :b2) ORDER BY 1;
SELECT sum(amount_micro) = (SELECT cost_micro FROM mailroom.mailing WHERE mailing_id = :june) AS sums_to_the_cost FROM mailroom.hand_in_shares(:house, :june);
SELECT wish LIKE '%forbid offer "SK-S"' AS wish, price FROM mailroom.mailing_wish_price WHERE mailing_id = :june;
DELETE FROM mailroom.postage_wish WHERE issuer_id = :house;

-- the second hand-in of the year reaches the house's tier of 40, which also lowers May's money; planning again gives the same
SELECT pg_temp.mail(:a, '2026-06-02', 11, 1, 4) AS a3, pg_temp.mail(:b, '2026-06-02', 9, 1, 4) AS b3 \gset
SELECT mailroom.make_hand_in(:house, 'more', ARRAY[:a, :b]::bigint[], ARRAY[:a3, :b3]::bigint[]) AS more \gset
SELECT mailroom.plan_mailing(:house, :more);
CREATE TEMPORARY TABLE before_it AS SELECT * FROM mailroom.letter_postage WHERE issuer_id IN (:a, :b) AND mailing_id IN (:a3, :b3);
CREATE TEMPORARY TABLE shares_before AS SELECT * FROM mailroom.hand_in_shares(:house, :more);
SELECT mailroom.plan_mailing(:house, :more);
SELECT count(*) AS changed FROM (TABLE before_it EXCEPT SELECT * FROM mailroom.letter_postage) x;
SELECT count(*) AS changed FROM (TABLE shares_before EXCEPT SELECT * FROM mailroom.hand_in_shares(:house, :more)) x;
SELECT i.name, s.part, s.item, s.letters, s.amount_micro FROM mailroom.hand_in_shares(:house, :more) s JOIN mailroom.issuer i ON i.issuer_id = s.member_issuer_id ORDER BY 1, 2, 3;

-- a member does not plan alone, sees its own only, and gets its mailing back
\set VERBOSITY sqlstate
SELECT mailroom.plan_mailing(:a, :a3);
SELECT mailroom.make_hand_in(:house, 'twice', ARRAY[:a]::bigint[], ARRAY[:a3]::bigint[]);
CREATE ROLE hand_in_a;
CREATE ROLE hand_in_house;
SELECT mailroom.grant_role('operator', 'hand_in_a', ARRAY[:a]);
SELECT mailroom.grant_role('operator', 'hand_in_house', ARRAY[:house]);
SET ROLE hand_in_a;
SELECT count(*) FILTER (WHERE issuer_id = :a) AS own, count(*) FILTER (WHERE issuer_id <> :a) AS others FROM mailroom.letter_postage;
SELECT count(*) > 0 AS own_shares, count(*) FILTER (WHERE issuer_id <> :a) AS others FROM mailroom.postage_share;
SELECT count(*) FROM mailroom.hand_in_shares(:house, :more);
SELECT mailroom.dissolve_hand_in(:house, :more);
RESET ROLE;
SET ROLE hand_in_house;
SELECT count(*) FROM mailroom.letter_postage WHERE issuer_id <> :house;
SELECT count(*) FROM mailroom.letter WHERE issuer_id <> :house;
INSERT INTO mailroom.postage_consent VALUES (:a, :house, '2025-01-01', NULL);
SELECT mailroom.dissolve_hand_in(:house, :more);
SELECT mailroom.dissolve_hand_in(:house, :more);
RESET ROLE;
SELECT name, state, letter_count, cost_micro, letters_micro FROM member WHERE mailing_id IN (:a3, :b3) ORDER BY 1;
SELECT mailroom.plan_mailing(:a, :a3);
SELECT name, state, letter_count, cost_micro FROM member WHERE mailing_id = :a3;
-- consent that was taken back stops the plan
UPDATE mailroom.postage_consent SET valid_to = '2026-02-01' WHERE issuer_id = :a;
SELECT mailroom.plan_mailing(:house, :june);
SELECT state FROM mailroom.mailing WHERE mailing_id = :june;
DELETE FROM mailroom.issuer_grant WHERE role_name IN ('hand_in_a', 'hand_in_house');
DROP OWNED BY hand_in_a, hand_in_house;
DROP ROLE hand_in_a, hand_in_house;
