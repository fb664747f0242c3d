-- a common hand-in whose schemes count each issuer's letters: own tiers, common minima, bundles and fees; shares to the micro
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\pset format unaligned
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
\set pack 'tariff issuer-tier version=1 valid-from=2026-01-01\nsource "made for this test"\ncurrency EUR\ncarrier ge-post "Test post" country=GE national\ncarrier ge-city "City post" country=GE\nzones GE digits=1\ncoverage ge-all GE * land\noffer GE-U carrier=ge-post product="Letter" class=A days=2 formats=C5 coverage=ge-all\nprice GE-U land C5 20:10.00 50:12.00\noffer GE-S carrier=ge-post product="Sorted" class=B days=3 formats=C5 coverage=ge-all min-mailing=20 min-bundle=5 fixed=10.01\nprice GE-S land C5 20:8.00 50:9.00\noffer GE-C carrier=ge-city product="City" class=B days=5 formats=C5 coverage=ge-all\nprice GE-C land C5 20:9.90 50:9.90\nscheme GE-OWN mode=all offers=GE-S counted-per=issuer 0:0% 10:3% 20:10%\nscheme GE-YEAR mode=all offers=GE-S,GE-C period=calendar-year counted-per=issuer retroactive=true 0:0% 100:5%\nscheme GE-ALL mode=all offers=GE-S 0:0% 23:1%\nscheme GE-EACH mode=incr offers=GE-S counted-per=issuer 0:0 11:0.50\nfee GE-ORDER order carrier=ge-post offers=GE-S amount=0.50 per=order\n'
SELECT replace(:'pack', '\n', E'\n') AS pack \gset
SELECT mailroom.load_tariff(:'pack') LIKE 'issuer-tier version 1 %' AS loaded;
SELECT mailroom.create_issuer('Tier house', 'GE', 'Asia/Tbilisi', 'EUR') AS house \gset
SELECT mailroom.create_issuer('Tier a', 'GE', 'Asia/Tbilisi', 'EUR') AS a \gset
SELECT mailroom.create_issuer('Tier b', 'GE', 'Asia/Tbilisi', 'EUR') AS b \gset
INSERT INTO mailroom.postage_consent VALUES (:a, :house, '2026-01-01', NULL), (:b, :house, '2026-01-01', NULL);
CREATE FUNCTION pg_temp.mail(issuer bigint, day date, letters integer, sheets integer, zones integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	mailing bigint;
BEGIN
	INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (issuer, to_char(day, 'YYYY-MM-DD'), day, 'GE', day) RETURNING mailing_id INTO mailing;
	INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, country, due_days)
		SELECT issuer, mailing, mailing * 10000 + n, 1, sheets, 'Recipient ' || n, (1000 * (1 + n % zones) + n)::text, 'GE', 5 FROM generate_series(1, letters) AS n;
	RETURN mailing;
END;
$$;
CREATE TEMPORARY VIEW shares AS
	SELECT i.name, s.house_mailing_id, s.part, s.item, s.letters, s.amount_micro, s.rule FROM mailroom.postage_share s JOIN mailroom.issuer i USING (issuer_id);
CREATE TEMPORARY VIEW agreed AS
	SELECT g.mailing_id, g.plan ->> 'status' AS status, (g.plan ->> 'gap')::numeric AS gap, mailroom.check_postage_certificate(mailroom.postage_problem(g.issuer_id, g.mailing_id), g.plan) AS proven,
			(SELECT sum(s.amount_micro) FROM mailroom.postage_share s WHERE s.house_mailing_id = g.mailing_id) = (g.plan ->> 'net_micro')::bigint AS shares_are_the_cost,
			(SELECT bool_and(x.amount = x.letters) FROM (SELECT (SELECT sum(s.amount_micro) FROM mailroom.postage_share s WHERE s.issuer_id = h.member_issuer_id AND s.mailing_id = h.member_mailing_id AND s.part <> 'balance') AS amount,
					(SELECT sum(p.price_micro) FROM mailroom.letter_postage p WHERE p.issuer_id = h.member_issuer_id AND p.mailing_id = h.member_mailing_id) AS letters
				FROM mailroom.hand_in_member h WHERE h.mailing_id = g.mailing_id) x) AS letters_are_the_shares,
			(SELECT count(*) FROM mailroom.check_mailing_prices(g.issuer_id, g.mailing_id)) AS prices_not_confirmed
		FROM mailroom.mailing g;

-- a sends 13 letters, b 11 and the house 2, one zone each third: the minima of 20 and of 5 count all 26; the tier of 10 counts a and b apart,
-- the house reaches none; a has sent 90 this year, so that these letters reach the year's tier of 100 and 90 letters of 8.00 get it back
INSERT INTO mailroom.scheme_base (issuer_id, scheme, year_from, counted, money_micro) VALUES (:a, 'GE-YEAR', '2026-01-01', 90, 720000000);
SELECT pg_temp.mail(:a, '2026-05-04', 13, 1, 3) AS a1, pg_temp.mail(:b, '2026-05-04', 11, 1, 3) AS b1, pg_temp.mail(:house, '2026-05-04', 2, 1, 3) AS h1 \gset
SELECT mailroom.make_hand_in(:house, 'May', ARRAY[:a, :b, :house]::bigint[], ARRAY[:a1, :b1, :h1]::bigint[]) AS may \gset
SELECT mailroom.plan_mailing(:house, :may);
SELECT status, gap, proven, shares_are_the_cost, letters_are_the_shares, prices_not_confirmed FROM agreed WHERE mailing_id = :may;
SELECT name, part, item, letters, amount_micro, rule FROM shares WHERE house_mailing_id = :may ORDER BY name, part, item;
SELECT i.name, p.offer, p.list_micro, p.price_micro, count(*) FROM mailroom.letter_postage p JOIN mailroom.issuer i USING (issuer_id) WHERE p.mailing_id IN (:a1, :b1, :h1) GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4;
-- one bundle a zone, with letters of all; the places in postal order are 1 to 26
SELECT p.bundle_no, p.zone, count(*) AS letters, count(DISTINCT p.issuer_id) AS issuers, min(p.sequence_no), max(p.sequence_no) FROM mailroom.letter_postage p WHERE p.mailing_id IN (:a1, :b1, :h1) GROUP BY 1, 2 ORDER BY 1;
-- the problem of it: the offer once an issuer, of one joint
SELECT o ->> 'id' AS id, o ->> 'joint' AS joint FROM mailroom.postage_problem(:house, :may) p, jsonb_array_elements(p -> 'offers') o ORDER BY 1;
SELECT g ->> 'id' AS id, g -> 'offers' AS offers, g ->> 'base' AS base, g ->> 'base_money' AS base_money FROM mailroom.postage_problem(:house, :may) p, jsonb_array_elements(p -> 'groups') g ORDER BY 1, 2;
-- the tiers that each issuer reached
SELECT d.scheme, i.name, d.letters, d.reached_from, d.percent, d.discount, d.letters_to_next FROM mailroom.mailing_discount_report d LEFT JOIN mailroom.issuer i ON i.issuer_id = d.of_issuer_id WHERE d.mailing_id = :may ORDER BY 1, 2;
-- a letter of each: its own tier, not another issuer's
SELECT i.name, e.offer, e.price_micro, e.note FROM mailroom.letter l JOIN mailroom.issuer i USING (issuer_id), mailroom.explain_letter(l.issuer_id, l.mailing_id, l.letter_id) e
	WHERE l.mailing_id IN (:a1, :b1, :h1) AND l.letter_id = (SELECT min(k.letter_id) FROM mailroom.letter k WHERE k.issuer_id = l.issuer_id AND k.mailing_id = l.mailing_id) ORDER BY 1, e.choice;
-- the carrier's invoice is the cost
SELECT kind, item, quantity, net_micro FROM mailroom.expected_postage_invoice(:house, :may) ORDER BY line_no;
SELECT sum(net_micro) = (SELECT (plan ->> 'net_micro')::bigint FROM mailroom.mailing WHERE mailing_id = :may) AS is_the_cost FROM mailroom.expected_postage_invoice(:house, :may);
-- the worth of a letter by whose it is, and the cost against the split
SELECT v.offers, v.carriers, v.letters FROM mailroom.mailing_marginal_value v WHERE v.mailing_id = :may ORDER BY 1;
SELECT letters, cost_micro = (SELECT cost_micro FROM mailroom.mailing WHERE mailing_id = :may) AS is_cost FROM mailroom.postage_split(:house, :may, 'ge-post') WHERE is_plan;
SELECT letters, cost_micro > (SELECT cost_micro FROM mailroom.mailing WHERE mailing_id = :may) AS is_dearer FROM mailroom.postage_split(:house, :may, 'ge-city') WHERE letters IN (0, 1, 6, 26) ORDER BY 1;
-- a wish on the offer binds all issuers' letters of it, and has a price
INSERT INTO mailroom.postage_wish (issuer_id, mailing_id, kind, offer, share_points) VALUES (:house, :may, 'max-share', 'GE-S', 8500);
SELECT mailroom.plan_mailing(:house, :may);
SELECT status, gap, proven, shares_are_the_cost, letters_are_the_shares, prices_not_confirmed FROM agreed WHERE mailing_id = :may;
SELECT i.name, p.offer, count(*) FROM mailroom.letter_postage p JOIN mailroom.issuer i USING (issuer_id) WHERE p.mailing_id IN (:a1, :b1, :h1) GROUP BY 1, 2 ORDER BY 1, 2;
SELECT w.wish LIKE '%GE-S%' AS wish, w.price > 0 AS costs, is_proven FROM mailroom.mailing_wish_price w WHERE w.mailing_id = :may;
DELETE FROM mailroom.postage_wish WHERE issuer_id = :house;
SELECT mailroom.plan_mailing(:house, :may);
-- what-if has the kinds of letters, not whose they are
\set VERBOSITY sqlstate
SELECT mailroom.what_if_postage(:house, :may, '{}');
\set VERBOSITY terse
-- what the year brought is kept with the plan; the ledger counts each issuer's own
SELECT i.name, b.object, b.base, b.base_money_micro FROM mailroom.mailing_base b JOIN mailroom.issuer i USING (issuer_id) WHERE b.mailing_id IN (:may, :a1, :b1, :h1) ORDER BY 1, 2;
SELECT i.name, o.object, o.reached FROM mailroom.issuer i, mailroom.postage_outlook(i.issuer_id, '2026-05-04') o WHERE i.issuer_id IN (:a, :b, :house) ORDER BY 1, 2;
-- a second mailing of the same issuer counts with its first
SELECT pg_temp.mail(:b, '2026-05-05', 7, 1, 2) AS b2, pg_temp.mail(:a, '2026-05-05', 9, 1, 2) AS a2, pg_temp.mail(:b, '2026-05-05', 5, 2, 2) AS b3 \gset
SELECT mailroom.make_hand_in(:house, 'twice', ARRAY[:b, :a, :b]::bigint[], ARRAY[:b2, :a2, :b3]::bigint[]) AS twice \gset
SELECT mailroom.plan_mailing(:house, :twice);
SELECT status, gap, proven, shares_are_the_cost, letters_are_the_shares, prices_not_confirmed FROM agreed WHERE mailing_id = :twice;
SELECT name, part, item, letters, amount_micro, rule FROM shares WHERE house_mailing_id = :twice ORDER BY name, part, item, letters;
-- planning again gives the same; members get their mailings back
CREATE TEMPORARY TABLE before_it AS SELECT * FROM mailroom.letter_postage WHERE mailing_id IN (:b2, :a2, :b3);
SELECT mailroom.plan_mailing(:house, :twice);
SELECT count(*) AS changed FROM (TABLE before_it EXCEPT SELECT * FROM mailroom.letter_postage) x;
SELECT mailroom.dissolve_hand_in(:house, :twice);
SELECT count(*) AS left_over FROM mailroom.mailing_base WHERE mailing_id IN (:b2, :a2, :b3);
-- random hand-ins of three issuers: proven, the shares are the cost, the letters are the shares
CREATE FUNCTION pg_temp.try(house bigint, a bigint, b bigint, seed integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	day CONSTANT date := '2026-06-01'::date + seed;
	hand_in bigint;
BEGIN
	hand_in := mailroom.make_hand_in(house, 'random ' || seed, ARRAY[a, b, house], ARRAY[pg_temp.mail(a, day, 5 + seed * 7 % 19, 1 + seed % 2, 4), pg_temp.mail(b, day, 3 + seed * 5 % 17, 1, 3), pg_temp.mail(house, day, 1 + seed * 3 % 11, 1 + seed % 3, 5)]);
	PERFORM mailroom.plan_mailing(house, hand_in);
END;
$$;
SELECT count(pg_temp.try(:house, :a, :b, seed)) AS planned FROM generate_series(1, 15) AS seed;
SELECT count(*), count(*) FILTER (WHERE status = 'optimal') AS optimal, count(*) FILTER (WHERE proven) AS proven, count(*) FILTER (WHERE shares_are_the_cost) AS shares_are_the_cost,
		count(*) FILTER (WHERE letters_are_the_shares) AS letters_are_the_shares, sum(prices_not_confirmed) AS prices_not_confirmed
	FROM agreed WHERE mailing_id IN (SELECT mailing_id FROM mailroom.mailing WHERE issuer_id = :house AND name LIKE 'random %');
-- more issuers than offers can be told apart: nothing is planned, and why
CREATE FUNCTION pg_temp.crowd(house bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	issuers bigint[] := ARRAY(SELECT mailroom.create_issuer('Tier crowd ' || n, 'GE', 'Asia/Tbilisi', 'EUR') FROM generate_series(1, 33) AS n);
BEGIN
	INSERT INTO mailroom.postage_consent SELECT i, house, '2026-01-01', NULL FROM unnest(issuers) AS i;
	RETURN mailroom.make_hand_in(house, 'crowd', issuers, ARRAY(SELECT pg_temp.mail(i, '2026-09-01', 2, 1, 2) FROM unnest(issuers) WITH ORDINALITY AS u (i, n) ORDER BY n));
END;
$$;
SELECT pg_temp.crowd(:house) AS crowd \gset
\set VERBOSITY sqlstate
SELECT mailroom.plan_mailing(:house, :crowd);
SELECT state FROM mailroom.mailing WHERE mailing_id = :crowd;
