-- wishes for letters of a template, customer group or cost centre: who is bound, what each costs, what a letter is told
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\pset format unaligned
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
\set pack 'tariff wish-scope version=1 valid-from=2026-01-01\nsource "made for this test"\ncurrency ALL\ncarrier al-post "Post" country=AL national\ncarrier al-city "City" country=AL\ncoverage al-all AL * land\noffer AL-P carrier=al-post product="Letter" class=A days=1 formats=C5 coverage=al-all\nprice AL-P land C5 50:10.00\noffer AL-E carrier=al-post product="Economy" class=B days=3 formats=C5 coverage=al-all\nprice AL-E land C5 50:9.00\noffer AL-C carrier=al-city product="City" class=B days=2 formats=C5 coverage=al-all min-mailing=8\nprice AL-C land C5 50:7.00\n'
SELECT replace(:'pack', '\n', E'\n') AS pack \gset
SELECT mailroom.load_tariff(:'pack') LIKE 'wish-scope version 1 %' AS loaded;
SELECT mailroom.create_issuer('Scope of wishes', 'AL', 'Europe/Tirane', 'ALL') AS issuer \gset
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (:issuer, 'scoped', '2026-03-02', 'AL', '2026-03-02') RETURNING mailing_id AS mailing \gset
-- twelve letters: 1 to 4 of brand b, customers of every third in group gold, every fourth of cost centre K4
INSERT INTO mailroom.invoice (issuer_id, invoice_id, origin, file_id, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, buyer_no, buyer_reference, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
	SELECT :issuer, n, 'file', 1, 'accepted', 'S', '\x00', 'L-' || n, '2026-03-01', '380', 'ALL', 'K' || n, CASE WHEN n % 4 = 0 THEN 'K4' END, 1, 0, 1, 1, 1, now() FROM generate_series(1, 12) AS n;
INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	SELECT :issuer, n, n, CASE WHEN n <= 4 THEN 'brand-b' ELSE 'brand-a' END, 1, 1, '{0}', '{1}', 1, '\x00', now() FROM generate_series(1, 12) AS n;
INSERT INTO mailroom.party_group SELECT :issuer, 'K' || n, 'gold' FROM generate_series(3, 12, 3) AS n;
INSERT INTO mailroom.cost_centre_rule (issuer_id, rule_no, buyer_reference, cost_centre) VALUES (:issuer, 1, 'K4', 'four');
INSERT INTO mailroom.letter (issuer_id, mailing_id, letter_id, document_id, pages, sheets, recipient, postcode, country, customer_no)
	SELECT :issuer, :mailing, 8000 + n, n, 1, 1, 'R' || n, '1001', 'AL', 'K' || n FROM generate_series(1, 12) AS n;
CREATE TEMPORARY VIEW sent AS SELECT p.offer, count(*) AS letters, string_agg((p.letter_id - 8000)::text, ' ' ORDER BY p.letter_id) AS which FROM mailroom.letter_postage p JOIN mailroom.issuer i USING (issuer_id) WHERE i.name = 'Scope of wishes' GROUP BY 1;
CREATE TEMPORARY VIEW wished AS SELECT regexp_replace(w.wish, 'wish \d+: ', '') AS wish, w.cost, w.cost_without, w.price, w.is_proven FROM mailroom.mailing_wish_price w JOIN mailroom.issuer i USING (issuer_id) WHERE i.name = 'Scope of wishes';
SELECT mailroom.plan_mailing(:issuer, :mailing);
SELECT * FROM sent ORDER BY 1;
-- brand b must not go by the city; gold is delivered within a day; the two together and each by itself have their price
INSERT INTO mailroom.postage_wish (issuer_id, kind, carrier, template) VALUES (:issuer, 'forbid', 'al-city', 'brand-b');
SELECT mailroom.plan_mailing(:issuer, :mailing);
SELECT * FROM sent ORDER BY 1;
SELECT * FROM wished ORDER BY 1;
INSERT INTO mailroom.postage_wish (issuer_id, kind, days, customer_group) VALUES (:issuer, 'max-days', 1, 'gold');
SELECT mailroom.plan_mailing(:issuer, :mailing);
SELECT * FROM sent ORDER BY 1;
SELECT * FROM wished ORDER BY 1;
SELECT mailroom.check_postage_certificate(mailroom.postage_problem(issuer_id, mailing_id), plan) AS proven, cost_micro = (SELECT sum(price_micro) FROM mailroom.letter_postage p WHERE p.issuer_id = m.issuer_id AND p.mailing_id = m.mailing_id) AS adds_up FROM mailroom.mailing m WHERE issuer_id = :issuer;
SELECT count(*) AS prices_not_confirmed FROM mailroom.check_mailing_prices(:issuer, :mailing);
-- a letter of both, of one, of none; what a wish refuses is told with the wish
SELECT l AS letter, e.choice, e.offer, regexp_replace(e.note, 'wish \d+', 'wish N', 'g') AS note FROM unnest(ARRAY[3, 1, 6, 5]) AS l, mailroom.explain_letter(:issuer, :mailing, 8000 + l) e ORDER BY 1, 2;
SELECT scope <> '' AS scoped, offer, sum(letters) FROM mailroom.mailing_cell WHERE issuer_id = :issuer GROUP BY 1, 2 ORDER BY 1, 2;
-- what-if knows who is bound: ten percent more at the city changes only letters that may go there
SELECT mailroom.what_if_postage(:issuer, :mailing, '{}') -> 'difference' AS nothing, mailroom.what_if_postage(:issuer, :mailing, '{"prices": [{"offer": "AL-C", "percent": 100}]}') -> 'difference' AS dearer_city;
-- a cost centre that must use its contract; an allow row binds those of its scope only
DELETE FROM mailroom.postage_wish WHERE issuer_id = :issuer;
INSERT INTO mailroom.postage_wish (issuer_id, kind, offer, cost_centre) VALUES (:issuer, 'must-use', 'AL-P', 'four');
INSERT INTO mailroom.postage_wish (issuer_id, kind, offer, template, customer_group) VALUES (:issuer, 'allow', 'AL-E', 'brand-b', 'gold');
SELECT mailroom.plan_mailing(:issuer, :mailing);
SELECT * FROM sent ORDER BY 1;
SELECT * FROM wished ORDER BY 1;
-- what no offer is left for, the wish is named; all stays as it was
INSERT INTO mailroom.postage_wish (issuer_id, kind, days, template, customer_group) VALUES (:issuer, 'max-days', 1, 'brand-b', 'gold');
\set VERBOSITY sqlstate
SELECT mailroom.plan_mailing(:issuer, :mailing);
INSERT INTO mailroom.postage_wish (issuer_id, kind, offer, share_points, template) VALUES (:issuer, 'min-share', 'AL-C', 100, 'brand-b');
\set VERBOSITY terse
SELECT * FROM sent ORDER BY 1;
-- brute force: each letter by itself, with the wishes as they are written, and the minimum of the city
DELETE FROM mailroom.postage_wish WHERE issuer_id = :issuer;
CREATE FUNCTION pg_temp.cheapest(n integer, city boolean, rules boolean[]) RETURNS integer IMMUTABLE LANGUAGE sql AS $$
	SELECT min(o.price) FROM (VALUES ('P', 10, 1), ('E', 9, 3), ('C', 7, 2)) AS o (code, price, days)
		WHERE (city OR o.code <> 'C') AND (NOT rules[1] OR n > 4 OR o.code <> 'C') AND (NOT rules[2] OR n % 3 > 0 OR o.days <= 1) AND (NOT rules[3] OR n % 4 > 0 OR o.code <> 'E') AND (NOT rules[4] OR o.code <> 'C' OR n % 2 = 0) $$;
CREATE FUNCTION pg_temp.planned(issuer bigint, mailing bigint, rules boolean[]) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM mailroom.postage_wish w WHERE w.issuer_id = issuer;
	DELETE FROM mailroom.party_group g WHERE g.issuer_id = issuer AND g.customer_group = 'odd';
	INSERT INTO mailroom.party_group SELECT issuer, 'K' || n, 'odd' FROM generate_series(1, 11, 2) AS n;
	IF rules[1] THEN INSERT INTO mailroom.postage_wish (issuer_id, kind, carrier, template) VALUES (issuer, 'forbid', 'al-city', 'brand-b'); END IF;
	IF rules[2] THEN INSERT INTO mailroom.postage_wish (issuer_id, kind, days, customer_group) VALUES (issuer, 'max-days', 1, 'gold'); END IF;
	IF rules[3] THEN INSERT INTO mailroom.postage_wish (issuer_id, kind, offer, cost_centre) VALUES (issuer, 'forbid', 'AL-E', 'four'); END IF;
	IF rules[4] THEN INSERT INTO mailroom.postage_wish (issuer_id, kind, offer, customer_group) VALUES (issuer, 'forbid', 'AL-C', 'odd'); END IF;
	PERFORM mailroom.plan_mailing(issuer, mailing);
	RETURN (SELECT m.cost_micro FROM mailroom.mailing m WHERE m.issuer_id = issuer AND m.mailing_id = mailing);
END;
$$;
SELECT count(*) AS cases, count(*) FILTER (WHERE pg_temp.planned(:issuer, :mailing, r.rules) = 1000000 * least(
		(SELECT sum(pg_temp.cheapest(n, false, r.rules)) FROM generate_series(1, 12) n),
		-- by the city, where it has its eight letters; of those that may, as many as needed at 7 instead of what they would cost else
		(SELECT CASE WHEN count(*) FILTER (WHERE pg_temp.cheapest(n, true, r.rules) = 7) >= 8 THEN sum(pg_temp.cheapest(n, true, r.rules)) END FROM generate_series(1, 12) n))) AS as_brute_force
	FROM (SELECT ARRAY[b & 1 > 0, b & 2 > 0, b & 4 > 0, b & 8 > 0] AS rules FROM generate_series(0, 15) b) r;
-- in an envelope of several documents each document's wishes bind
UPDATE mailroom.letter SET cover_sheets = 2, cover_due_days = 4 WHERE issuer_id = :issuer AND letter_id = 8012;
UPDATE mailroom.letter SET cover_id = 8012 WHERE issuer_id = :issuer AND letter_id = 8001;
DELETE FROM mailroom.postage_wish WHERE issuer_id = :issuer;
INSERT INTO mailroom.postage_wish (issuer_id, kind, offer, template, customer_group, cost_centre) VALUES (:issuer, 'forbid', 'AL-C', 'brand-b', NULL, NULL), (:issuer, 'forbid', 'AL-C', NULL, 'gold', NULL), (:issuer, 'forbid', 'AL-C', NULL, NULL, 'four'),
	(:issuer, 'forbid', 'AL-C', NULL, 'odd', NULL), (:issuer, 'forbid', 'AL-C', 'brand-b', 'gold', NULL);
SELECT w.template, w.customer_group, w.cost_centre, w.wish_id::text = ANY (string_to_array(mailroom.letter_scope(:issuer, :mailing, :issuer, :mailing, 8012), ',')) AS binds
	FROM mailroom.postage_wish w WHERE w.issuer_id = :issuer ORDER BY 1, 2, 3;
