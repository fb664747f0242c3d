-- Offers priced by the average weight of their order, and least prices of an order: plan, price, proof, program for other solvers.
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
SET jit = off;
-- varying sizes: 8.00 up to 50 g on average, 11.00 up to 100 g; single letters 7.00 (20 g) and 30.00 (200 g).
-- Four light letters bring the average of the heavy ones below 100 g
\set problem '{"offers": [{"id": "MIX@50", "op": "N", "order": "MIX", "upto": 50}, {"id": "MIX@100", "op": "N", "order": "MIX", "above": 50, "upto": 100}, {"id": "ONE", "op": "N"}], "cells": [{"id": 1, "zone": 1, "count": 9, "weight": 20}, {"id": 2, "zone": 1, "count": 3, "weight": 200}], "arcs": [{"cell": 1, "offer": "MIX@50", "price": 8000000}, {"cell": 2, "offer": "MIX@50", "price": 8000000}, {"cell": 1, "offer": "MIX@100", "price": 11000000}, {"cell": 2, "offer": "MIX@100", "price": 11000000}, {"cell": 1, "offer": "ONE", "price": 7000000}, {"cell": 2, "offer": "ONE", "price": 30000000}]}'
SELECT r ->> 'status', r ->> 'cost', r -> 'plan' FROM mailroom.solve_postage(:'problem') r;
SELECT mailroom.check_postage_certificate(:'problem', r), (r ->> 'lower_bound')::numeric BETWEEN 100000000 AND 111000000 FROM mailroom.solve_postage(:'problem') r;
-- the same with a least price of 150.00 for the order: paid up, or sent one by one
SELECT r ->> 'cost', r -> 'plan', mailroom.check_postage_certificate(p, r)
	FROM (SELECT jsonb_set(jsonb_set(:'problem', '{offers,0,min_order}', '150000000'), '{offers,1,min_order}', '150000000')) AS x (p), mailroom.solve_postage(p) r;
-- prices judged by plain SQL: two ranges at once, an average outside of its range, money up to the least price
SELECT v -> 'feasible', v -> 'cost', v -> 'topup', v -> 'broken' FROM mailroom.price_postage_plan(:'problem', '[{"cell": 1, "offer": "MIX@50", "count": 9}, {"cell": 2, "offer": "MIX@100", "count": 3}]') v;
SELECT v -> 'feasible', v -> 'broken' FROM mailroom.price_postage_plan(:'problem', '[{"cell": 1, "offer": "MIX@50", "count": 9}, {"cell": 2, "offer": "MIX@50", "count": 3}]') v;
SELECT v -> 'feasible', v -> 'cost', v -> 'topup' FROM mailroom.price_postage_plan(jsonb_set(:'problem', '{offers,1,min_order}', '150000000'), '[{"cell": 1, "offer": "MIX@100", "count": 9}, {"cell": 2, "offer": "MIX@100", "count": 3}]') v;
-- as a program for other solvers
SELECT line FROM regexp_split_to_table(mailroom.export_lp(jsonb_set(:'problem', '{offers,1,min_order}', '150000000')), '\n(?! )|\n(?= [a-z])') AS line WHERE line ~ 'one_|light_|heavy_|money_least_';
-- instances: orders beside schemes, bundles, minima, two orders at once
CREATE FUNCTION pg_temp.ordered(seed integer) RETURNS jsonb IMMUTABLE LANGUAGE sql AS $$
	SELECT jsonb_build_object(
		'offers', jsonb_build_array(
			jsonb_build_object('id', 'A1', 'op', 'NAT', 'order', 'A', 'upto', 40 + seed * 3, 'min_order', seed % 4 * 60000000),
			jsonb_build_object('id', 'A2', 'op', 'NAT', 'order', 'A', 'above', 40 + seed * 3, 'upto', 120, 'min_order', seed % 4 * 60000000),
			jsonb_build_object('id', 'A3', 'op', 'NAT', 'order', 'A', 'above', 120, 'min_order', seed % 4 * 60000000),
			jsonb_build_object('id', 'B1', 'op', 'CITY', 'order', 'B', 'upto', 60, 'min_bucket', seed % 3 * 3),
			jsonb_build_object('id', 'B2', 'op', 'CITY', 'order', 'B', 'above', 60, 'min_bucket', seed % 3 * 3),
			'{"id": "N", "op": "NAT"}'::jsonb,
			jsonb_build_object('id', 'M', 'op', 'NAT', 'min_mailing', 20, 'topup', 4000000, 'min_order', 100000000 + seed * 5000000)),
		'cells', (SELECT jsonb_agg(jsonb_build_object('id', n, 'zone', n / 3, 'count', 1 + (n * seed * 7) % 13, 'weight', (ARRAY[20, 45, 90, 210, 400])[1 + (n * 3 + seed) % 5]) ORDER BY n) FROM generate_series(0, 11) n),
		'arcs', (SELECT jsonb_agg(jsonb_build_object('cell', n, 'offer', o.id, 'price', (o.price + (ARRAY[20, 45, 90, 210, 400])[1 + (n * 3 + seed) % 5] * o.rate + (n * seed) % 7 * 3) * 10000) ORDER BY n, o.id)
			FROM generate_series(0, 11) n, (VALUES ('A1', 900, 0), ('A2', 1150, 1), ('A3', 1500, 1), ('B1', 820, 2), ('B2', 700, 4), ('N', 850, 6), ('M', 800, 5)) AS o (id, price, rate)
			WHERE o.id NOT IN ('B1', 'B2') OR (n / 3 + seed) % 3 > 0),
		'groups', '[{"id": "g", "mode": "all", "offers": ["A1", "A2", "A3", "N"], "tiers": [{"frm": 0, "bp": 0}, {"frm": 30, "bp": 437}]}, {"id": "f", "mode": "incr", "offers": ["B1", "B2"], "tiers": [{"frm": 0, "amt": -1000000}, {"frm": 1, "amt": 0}]}]'::jsonb) $$;
SELECT count(*), count(*) FILTER (WHERE mailroom.check_postage_certificate(p, r)) AS proven, count(*) FILTER (WHERE (mailroom.price_postage_plan(p, r -> 'plan') ->> 'cost')::numeric = (r ->> 'cost')::numeric) AS priced,
		count(*) FILTER (WHERE (r ->> 'gap')::numeric < 0.02) AS near
	FROM (SELECT p, mailroom.solve_postage(p) AS r FROM generate_series(1, 12) seed, pg_temp.ordered(seed) p) x;
SELECT count(*), count(*) FILTER (WHERE mailroom.solve_postage(p) = mailroom.solve_postage(p)) AS same, count(*) FILTER (WHERE mailroom.solve_postage(p, jsonb_build_object('warm_start', mailroom.solve_postage(p) -> 'plan')) ->> 'cost' <= mailroom.solve_postage(p) ->> 'cost') AS no_worse
	FROM generate_series(1, 4) seed, pg_temp.ordered(seed) p;
-- what does not hold is not believed: a higher bound, another plan, a way left out or taken twice, payments below nothing, more than the whole part
CREATE FUNCTION pg_temp.believed(problem jsonb, result jsonb) RETURNS boolean LANGUAGE sql AS 'SELECT mailroom.check_postage_certificate(problem, result)';
WITH base AS MATERIALIZED (SELECT p, mailroom.solve_postage(p) AS r FROM pg_temp.ordered(5) p),
	leaf AS (SELECT (n.no - 1)::text AS at FROM base, jsonb_array_elements(r #> '{certificate,orders}') WITH ORDINALITY AS n (body, no) WHERE n.body -> 'pay' <> '{}' LIMIT 1)
SELECT pg_temp.believed(p, r) AS as_it_is,
		pg_temp.believed(p, r || jsonb_build_object('status', 'optimal', 'gap', 0, 'lower_bound', r -> 'cost')) AS optimal,
		pg_temp.believed(p, r #- '{certificate,orders,0,ways,A2}') AS way_missing,
		pg_temp.believed(p, jsonb_set(r, '{certificate,orders,0,ways,A2}', r #> '{certificate,orders,0,ways,A1}')) AS way_twice,
		pg_temp.believed(p, jsonb_set(r, '{certificate,orders,0,order}', '"Z"')) AS no_such_order,
		pg_temp.believed(p, jsonb_set(r, ARRAY['certificate', 'orders', leaf.at, 'pay'], '{"A1": [-1000, 0, 0]}')) AS negative,
		pg_temp.believed(p, jsonb_set(r, ARRAY['certificate', 'orders', leaf.at, 'pay'], '{"A1": [0, 5, 0]}')) AS no_limit_there,
		pg_temp.believed(p, jsonb_set(r, ARRAY['certificate', 'orders', leaf.at, 'pay'], '{"M": [0, 0, 70000]}')) AS more_than_all,
		pg_temp.believed(p, jsonb_set(r, ARRAY['certificate', 'orders', leaf.at, 'nodes'], '[]')) AS nothing,
		pg_temp.believed(p, jsonb_set(r, '{certificate,orders,0}', '{"offer": "M", "without": 1, "with": 1}')) AS undecided_twice,
		pg_temp.believed(p, jsonb_set(r, '{certificate,orders,0}', '{"offer": "M", "with": 1}')) AS one_side
	FROM base, leaf;
-- letters that an offer must get
SELECT r ->> 'status', r ->> 'cost', r -> 'plan', mailroom.check_postage_certificate(p, r), mailroom.price_postage_plan(p, mailroom.solve_postage(:'problem') -> 'plan') -> 'broken', mailroom.export_lp(p) ~ E'\n must_3: '
	FROM (SELECT jsonb_set(:'problem', '{offers,2,least}', '7')) AS x (p), mailroom.solve_postage(p) r;
-- no plan: heavier than any range, and nobody else
SELECT r ->> 'status', r ->> 'reason', r -> 'proved' FROM mailroom.solve_postage('{"offers": [{"id": "A", "op": "A", "upto": 50}], "cells": [{"id": 1, "zone": 1, "count": 2, "weight": 60}], "arcs": [{"cell": 1, "offer": "A", "price": 10000}]}') r;
SELECT mailroom.solve_postage('{"offers": [{"id": "A", "op": "A", "upto": -1}], "cells": [], "arcs": []}');
SELECT mailroom.solve_postage('{"offers": [{"id": "A", "op": "A", "order": 7}], "cells": [], "arcs": []}');
SELECT mailroom.solve_postage('{"offers": [{"id": "A", "op": "A"}], "cells": [{"id": 1, "zone": 1, "count": 2, "weight": 3000000000}], "arcs": []}');
