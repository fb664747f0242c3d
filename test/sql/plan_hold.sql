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
\set VERBOSITY terse

-- With a setting planning says so by itself, then does so; a letter tells it; a forecast where no later mailing is
INSERT INTO mailroom.hold_setting (issuer_id) VALUES (:issuer);
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (:issuer, 'first', '2026-07-01', 'BG', '2026-07-01') RETURNING mailing_id AS first \gset
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (:issuer, 'second', '2026-07-03', 'BG', '2026-07-01') RETURNING mailing_id AS second \gset
INSERT INTO mailroom.letter (issuer_id, mailing_id, letter_id, document_id, pages, sheets, recipient, postcode, country, due_days)
	SELECT :issuer, k.mailing, 6000 + n, 6000 + n, 1, 1, 'Recipient ' || n, (1000 + n)::text, 'BG', k.due
	FROM (VALUES (:first, 1, 12, 5), (:first, 13, 14, 2), (:second, 16, 28, 4)) AS k (mailing, first, last, due), generate_series(k.first, k.last) AS n;
SELECT mailroom.plan_mailing(:issuer, :first);
CREATE TEMPORARY VIEW held AS SELECT r.name, r.until_date, r.may_wait, r.had_better_wait, r.they_wait, r.cost, r.cost_held, r.saved, r.saved_per_letter, r.is_proven, r.assumption, r.reason FROM mailroom.mailing_hold_report r JOIN mailroom.issuer i USING (issuer_id) WHERE i.name = 'Holder' AND r.hand_in_date >= '2026-07-01';
-- thirteen are there: seven more are enough for the mass rate, and the more wait the more is saved
SELECT * FROM held;
SELECT * FROM state WHERE name IN ('first', 'second') ORDER BY 1;
SELECT note FROM mailroom.explain_letter(:issuer, :first, 6001) WHERE is_planned UNION ALL SELECT note FROM mailroom.explain_letter(:issuer, :first, 6013) WHERE is_planned;
UPDATE mailroom.hold_setting SET is_done = true WHERE issuer_id = :issuer;
SELECT mailroom.plan_mailing(:issuer, :first), mailroom.plan_mailing(:issuer, :second);
SELECT * FROM held;
SELECT * FROM state WHERE name IN ('first', 'second') ORDER BY 1;
SELECT note FROM mailroom.explain_letter(:issuer, :second, 6001) WHERE is_planned;
-- taken back, they do not wait again
SELECT mailroom.release_letters(:issuer, :first, '{6001,6002,6003,6004,6005,6006,6007,6008}');
SELECT mailroom.plan_mailing(:issuer, :first);
SELECT name, may_wait, had_better_wait, they_wait, saved, reason FROM held;
SELECT mailroom.plan_mailing(:issuer, :second);
SELECT * FROM state WHERE name IN ('first', 'second') ORDER BY 1;
-- a forecast: in four days as many letters as last time; nothing is done
UPDATE mailroom.hold_setting SET every_days = 2 WHERE issuer_id = :issuer;
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (:issuer, 'third', '2026-07-06', 'BG', '2026-07-06') RETURNING mailing_id AS third \gset
INSERT INTO mailroom.letter (issuer_id, mailing_id, letter_id, document_id, pages, sheets, recipient, postcode, country, due_days)
	SELECT :issuer, :third, 7000 + n, 7000 + n, 1, 1, 'Recipient ' || n, (1000 + n)::text, 'BG', 5 FROM generate_series(1, 8) AS n;
SELECT mailroom.plan_mailing(:issuer, :third);
SELECT * FROM held WHERE name = 'third';
SELECT name, state, letters FROM state WHERE name = 'third';
-- each letter must save its least gain
UPDATE mailroom.hold_setting SET least_gain_micro = 10000000 WHERE issuer_id = :issuer;
SELECT mailroom.plan_mailing(:issuer, :third);
SELECT had_better_wait, saved, reason FROM held WHERE name = 'third';

-- Against brute force: two problems of random letters, every choice of how many of each kind wait, each side solved by itself
CREATE FUNCTION pg_temp.side(seed integer, no integer) RETURNS jsonb IMMUTABLE LANGUAGE sql AS $$
	SELECT jsonb_build_object('scale', 1, 'zones', '[{"id": 0, "name": "a"}, {"id": 1, "name": "b"}]'::jsonb,
		'offers', jsonb_build_array('{"id": "U", "op": "P"}'::jsonb, jsonb_build_object('id', 'M', 'op', 'P', 'min_mailing', 4 + seed % 3, 'fixed', seed % 2 * 3000000), jsonb_build_object('id', 'S', 'op', 'C', 'min_bucket', 2 + (seed + no) % 3)),
		'cells', (SELECT jsonb_agg(jsonb_build_object('id', n, 'zone', n % 2, 'count', 1 + (seed * (n + no) * 5 + n) % 3) ORDER BY n) FROM generate_series(1, 3) n),
		'arcs', (SELECT jsonb_agg(jsonb_build_object('cell', n, 'offer', o.id, 'price', (o.price + (n * seed * no * o.price) % 41) * 10000) ORDER BY n, o.id)
			FROM generate_series(1, 3) n, (VALUES ('U', 900), ('M', 760), ('S', 700)) AS o (id, price) WHERE o.id = 'U' OR (n + seed + no) % 4 > 0),
		'groups', jsonb_build_array(jsonb_build_object('id', 'g', 'mode', 'all', 'offers', '["U"]'::jsonb, 'base', 0, 'tiers', jsonb_build_array('{"frm": 0, "bp": 0}'::jsonb, jsonb_build_object('frm', 5, 'bp', 500 + seed % 7 * 100)))),
		'caps', '[]'::jsonb) $$;
CREATE FUNCTION pg_temp.without(problem jsonb, a integer, b integer) RETURNS jsonb IMMUTABLE LANGUAGE sql AS $$
	SELECT jsonb_set(problem, '{cells}', (SELECT jsonb_agg(c || jsonb_build_object('count', n.count)) FROM jsonb_array_elements(problem -> 'cells') c,
			LATERAL (SELECT (c ->> 'count')::integer - CASE c ->> 'id' WHEN '1' THEN a WHEN '2' THEN b ELSE 0 END AS count) n WHERE n.count > 0))
		|| jsonb_build_object('arcs', (SELECT jsonb_agg(r) FROM jsonb_array_elements(problem -> 'arcs') r
			WHERE EXISTS (SELECT FROM jsonb_array_elements(problem -> 'cells') c WHERE c -> 'id' = r -> 'cell' AND (c ->> 'count')::integer > CASE c ->> 'id' WHEN '1' THEN a WHEN '2' THEN b ELSE 0 END))) $$;
WITH instance AS (
	SELECT seed, f, s, (f #>> '{cells,0,count}')::integer AS a, (f #>> '{cells,1,count}')::integer AS b FROM generate_series(1, 40) seed, pg_temp.side(seed, 1) f, pg_temp.side(seed, 2) s
), together AS ( -- all letters of cells 1 and 2 may wait, in the second's cells of the same number, which have them besides their own
	SELECT i.*, jsonb_set(jsonb_set(s, '{cells,0,count}', to_jsonb((s #>> '{cells,0,count}')::integer + a)), '{cells,1,count}', to_jsonb((s #>> '{cells,1,count}')::integer + b)) AS both_s FROM instance i
), joined AS (
	SELECT t.*, mailroom.solve_postage(mailroom.join_postage_problems(f, both_s, jsonb_build_array(jsonb_build_object('first', 1, 'second', 1, 'count', a), jsonb_build_object('first', 2, 'second', 2, 'count', b)), 0)) AS r FROM together t
), brute AS (
	SELECT j.seed, min((mailroom.solve_postage(pg_temp.without(j.f, x, y)) ->> 'cost')::numeric + (mailroom.solve_postage(pg_temp.without(j.both_s, j.a - x, j.b - y)) ->> 'cost')::numeric) AS best,
			min((mailroom.solve_postage(pg_temp.without(j.f, x, y)) ->> 'cost')::numeric + (mailroom.solve_postage(pg_temp.without(j.both_s, j.a - x, j.b - y)) ->> 'cost')::numeric) FILTER (WHERE x + y = 0) AS none
		FROM joined j, generate_series(0, j.a) x, generate_series(0, j.b) y GROUP BY 1
)
SELECT count(*), count(*) FILTER (WHERE r ->> 'status' = 'optimal') AS optimal, count(*) FILTER (WHERE (r ->> 'cost')::numeric = best) AS as_cheap_as_brute_force, count(*) FILTER (WHERE best < none) AS waiting_pays, count(*) FILTER (WHERE (r ->> 'cost')::numeric > none) AS dearer_than_not
	FROM joined JOIN brute USING (seed);

-- and with letters and tariffs: before, after, and every choice tried by moving letters and planning both
\set pack 'tariff plan-hold-many version=1 valid-from=2026-01-01\nsource "made for this test"\ncurrency RSD\ncarrier rs-post "Test post" country=RS national\nzones RS digits=1\ncoverage rs-all RS * land\noffer RS-U carrier=rs-post product="Letter" class=A days=1 formats=C5 coverage=rs-all\nprice RS-U land C5 20:10.00 50:12.00\noffer RS-M carrier=rs-post product="Mass" class=B days=3 formats=C5 coverage=rs-all min-mailing=5 fixed=4.00\nprice RS-M land C5 20:8.00 50:9.00\noffer RS-S carrier=rs-post product="Sorted" class=B days=3 formats=C5 coverage=rs-all min-bundle=3\nprice RS-S land C5 20:7.00\nscheme RS-T mode=all offers=RS-M,RS-S 0:0% 7:10%\nscheme RS-Y mode=all offers=RS-M,RS-S period=calendar-year retroactive=true 0:0% 60:5%\n'
SELECT replace(:'pack', '\n', E'\n') AS pack \gset
SELECT mailroom.load_tariff(:'pack') LIKE 'plan-hold-many version 1 %' AS loaded;
SELECT mailroom.create_issuer('Holder of many', 'RS', 'Europe/Belgrade', 'RSD') AS many \gset
INSERT INTO mailroom.hold_setting (issuer_id, least_gain_micro) VALUES (:many, 0);
CREATE FUNCTION pg_temp.try(issuer bigint, seed integer) RETURNS TABLE (seed_no integer, before bigint, after bigint, best bigint, proven boolean) LANGUAGE plpgsql AS $$
DECLARE
	a bigint;
	b bigint;
	ids bigint[];
	trial bigint;
	mask integer;
BEGIN
	seed_no := seed;
	INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (issuer, 'a' || seed, date '2026-02-02' + 7 * seed, 'RS', '2026-01-01') RETURNING mailing_id INTO a;
	INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (issuer, 'b' || seed, date '2026-02-04' + 7 * seed, 'RS', '2026-01-01') RETURNING mailing_id INTO b;
	INSERT INTO mailroom.letter (issuer_id, mailing_id, letter_id, document_id, pages, sheets, recipient, postcode, country, due_days)
		SELECT issuer, CASE WHEN n <= 6 THEN a ELSE b END, seed * 100 + n, seed * 100 + n, 1, 1 + (n * seed) % 5 / 4 * 2, 'R', (10000 + (n * seed) % 3 * 10000 + n)::text, 'RS', CASE WHEN n <= 4 THEN 3 + (n + seed) % 4 WHEN n <= 6 THEN 2 ELSE 4 END
			FROM generate_series(1, 9 + seed % 3) AS n;
	PERFORM mailroom.plan_alone(issuer, a);
	before := mailroom.both_cost(issuer, a, b);
	best := before;
	ids := ARRAY(SELECT w.letter_id FROM mailroom.may_wait(issuer, a, 2) w ORDER BY 1);
	FOR mask IN 1 .. (1 << cardinality(ids)) - 1 LOOP
		BEGIN
			PERFORM mailroom.move_letters(issuer, a, b, ARRAY(SELECT x FROM unnest(ids) WITH ORDINALITY AS u (x, n) WHERE mask >> (n::integer - 1) & 1 = 1), 2);
			PERFORM mailroom.plan_alone(issuer, a);
			trial := mailroom.both_cost(issuer, a, b);
			RAISE EXCEPTION 'tried' USING ERRCODE = 'ZZ002';
		EXCEPTION WHEN SQLSTATE 'ZZ002' THEN
			NULL;
		END;
		best := least(best, trial);
	END LOOP;
	PERFORM mailroom.hold_letters(issuer, a, b);
	after := mailroom.both_cost(issuer, a, b);
	proven := (SELECT h.is_proven FROM mailroom.mailing_hold h WHERE h.issuer_id = issuer AND h.mailing_id = a);
	PERFORM mailroom.plan_alone(issuer, b);
	UPDATE mailroom.mailing m SET state = 'printed' WHERE m.issuer_id = issuer AND m.mailing_id IN (a, b);
	RETURN NEXT;
END;
$$;
SELECT count(*) AS cases, count(*) FILTER (WHERE after > before) AS dearer, count(*) FILTER (WHERE after < before) AS waiting_pays, count(*) FILTER (WHERE after = best) AS as_cheap_as_brute_force, count(*) FILTER (WHERE proven AND after > best) AS wrongly_proven
	FROM generate_series(1, 8) seed, pg_temp.try(:many, seed);
-- a scheme of the year makes it a proposal that is checked, not a proof; without one it is proven
SELECT count(*) FILTER (WHERE is_proven) AS proven, count(*) FROM mailroom.mailing_hold WHERE issuer_id = :many;
