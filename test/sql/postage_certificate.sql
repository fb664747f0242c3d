-- The certificate of mailroom.solve_postage: true for what the solver says, false for anything changed.
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
SET jit = off;
-- Own instances: a national operator with tiers and a yearly bonus, a city operator with bundles, an
-- incremental scheme, a commitment, a cap; drawn by a small generator of its own, so that they are
-- the same on every server.
CREATE FUNCTION pg_temp.draw(seed bigint, place bigint, below bigint) RETURNS bigint
	IMMUTABLE LANGUAGE sql AS $$ SELECT (('x' || substr(md5(seed || '/' || place), 1, 8))::bit(32)::bigint) % below $$;
CREATE FUNCTION pg_temp.instance(seed bigint, zones integer, kinds integer, letters integer) RETURNS jsonb
	IMMUTABLE LANGUAGE sql AS $$
	WITH cell AS MATERIALIZED (
		SELECT (z - 1) * kinds + k AS id, z AS zone, k AS kind, 1 + pg_temp.draw(seed, z * 100 + k, letters) AS count
		FROM generate_series(1, zones) z, generate_series(1, kinds) k),
	total AS MATERIALIZED (SELECT sum(count)::bigint AS n FROM cell),
	offer (id, op, price, everywhere, min_mailing, topup, min_bucket, fixed) AS (
		SELECT v.* FROM total, LATERAL (VALUES
			('N0', 'NAT', 900, true, 0::bigint, 0, 0::bigint, 0::bigint),
			('N1', 'NAT', 820, true, n / 8, 8200000, 0, n * 20000),
			('N2', 'NAT', 750, true, n / 6, 0, letters * kinds / 2, n * 30000),
			('C0', 'CITY', 830, false, n / 10, 0, 0, n * 20000),
			('C1', 'CITY', 730, false, n / 8, 0, letters * kinds / 3, n * 30000)) AS v)
	SELECT jsonb_build_object(
		'offers', (SELECT jsonb_agg(jsonb_build_object('id', id, 'op', op, 'min_mailing', min_mailing, 'topup', topup, 'min_bucket', min_bucket, 'fixed', fixed) ORDER BY id) FROM offer),
		'cells', (SELECT jsonb_agg(jsonb_build_object('id', id, 'zone', zone, 'count', count) ORDER BY id) FROM cell),
		'arcs', (SELECT jsonb_agg(jsonb_build_object('cell', c.id, 'offer', o.id, 'price', (o.price + o.price * (c.kind - 1) * 45 / 100 + pg_temp.draw(seed, c.zone * 7 + length(o.op), 30)) * 10000) ORDER BY c.id, o.id)
			FROM cell c, offer o WHERE o.everywhere OR pg_temp.draw(seed, 9000 + c.zone, 3) > 0),
		'groups', (SELECT jsonb_build_array(
			jsonb_build_object('id', 'N.mail', 'mode', 'all', 'offers', '["N1", "N2"]'::jsonb, 'base', 0, 'tiers', jsonb_build_array(
				'{"frm": 0, "bp": 0}'::jsonb, jsonb_build_object('frm', n / 4 + 1, 'bp', 300), jsonb_build_object('frm', n / 2 + 2, 'bp', 550))),
			jsonb_build_object('id', 'N.year', 'mode', 'all', 'offers', '["N0", "N1", "N2"]'::jsonb, 'base', 5 * n, 'base_money', 5 * n * 8000000, 'tiers', jsonb_build_array(
				'{"frm": 0, "bp": 100}'::jsonb, jsonb_build_object('frm', 5 * n + n / 2, 'bp', 110), jsonb_build_object('frm', 6 * n, 'bp', 130))),
			jsonb_build_object('id', 'C.more', 'mode', 'incr', 'offers', '["C0", "C1"]'::jsonb, 'base', n / 4, 'tiers', jsonb_build_array(
				'{"frm": 0, "amt": 0}'::jsonb, jsonb_build_object('frm', n / 2, 'amt', 250000)))) FROM total),
		'commits', (SELECT jsonb_build_array(jsonb_build_object('op', 'CITY', 'base', n / 10, 'min', n / 3, 'penalty', 900000)) FROM total),
		'caps', (SELECT jsonb_build_array(jsonb_build_object('op', 'CITY', 'max', n * 3 / 5)) FROM total)) $$;
CREATE TEMP TABLE solved AS
	SELECT seed, zones, problem, mailroom.solve_postage(problem) AS result
	FROM (SELECT seed, 1 + seed % 12 AS zones, pg_temp.instance(seed, (1 + seed % 12)::integer, (1 + seed % 4)::integer, 40) AS problem
		FROM generate_series(1, 24) seed) s;
-- every one is optimal, and says so with a certificate that holds
SELECT count(*), count(*) FILTER (WHERE result ->> 'status' = 'optimal') AS optimal,
		count(*) FILTER (WHERE mailroom.check_postage_certificate(problem, result)) AS proven
	FROM solved;
-- five of them with their known optimum (found with glpsol, too)
SELECT seed, result ->> 'cost' AS cost FROM solved WHERE seed IN (3, 7, 11, 19, 23) ORDER BY seed;
-- the parts of the price in plain SQL are those of the solver
SELECT seed, mailroom.price_postage_plan(problem, result -> 'plan') - 'broken' AS price FROM solved WHERE seed IN (3, 23) ORDER BY seed;
-- stopped early the bound is lower, and still proven
SELECT count(*) AS stopped, count(*) FILTER (WHERE (r ->> 'lower_bound')::numeric <= (result ->> 'cost')::numeric AND (result ->> 'cost')::numeric <= (r ->> 'cost')::numeric) AS in_order,
		count(*) FILTER (WHERE mailroom.check_postage_certificate(problem, r)) AS proven
	FROM (SELECT s.*, mailroom.solve_postage(problem, '{"node_limit": 3}') AS r FROM solved s) x
	WHERE r ->> 'status' = 'feasible';
-- the same answer twice
SELECT count(*) AS equal FROM solved WHERE mailroom.solve_postage(problem) = result;
-- a warm start changes nothing about the optimum
SELECT count(*) AS equal FROM solved WHERE mailroom.solve_postage(problem, jsonb_build_object('warm_start', result -> 'plan')) ->> 'cost' = result ->> 'cost';

-- anything changed is noticed
CREATE FUNCTION pg_temp.tampered(what text, result jsonb) RETURNS jsonb
	IMMUTABLE LANGUAGE plpgsql AS $$
DECLARE
	cost numeric := (result ->> 'cost')::numeric;
	leaf integer;
	split integer;
	bundle integer;
BEGIN
	SELECT max(n.no - 1) FILTER (WHERE n.body ? 'multipliers'), max(n.no - 1) FILTER (WHERE n.body ? 'below'),
			max(n.no - 1) FILTER (WHERE jsonb_array_length(n.body -> 'bundles') > 1)
		INTO leaf, split, bundle
		FROM jsonb_array_elements(result #> '{certificate,nodes}') WITH ORDINALITY AS n (body, no);
	RETURN CASE what
		WHEN 'cost' THEN result || jsonb_build_object('cost', cost + 50, 'lower_bound', cost + 50)
		WHEN 'bound' THEN result || jsonb_build_object('lower_bound', cost + 10000)
		WHEN 'status' THEN result || '{"status": "feasible"}'
		WHEN 'gap' THEN result || '{"gap": 0.5}'
		WHEN 'plan' THEN jsonb_set(result, '{plan,0,count}', to_jsonb((result #>> '{plan,0,count}')::integer - 1))
		WHEN 'plan without a row' THEN result #- '{plan,0}'
		WHEN 'multiplier' THEN jsonb_set(result, ARRAY['certificate', 'nodes', leaf::text, 'multipliers', '0'], '-99000000000000')
		WHEN 'multiplier up' THEN jsonb_set(result, ARRAY['certificate', 'nodes', leaf::text, 'multipliers', '0'], '99000000000000')
		WHEN 'multiplier gone' THEN result #- ARRAY['certificate', 'nodes', leaf::text, 'multipliers', '0']
		WHEN 'leaf gone' THEN result #- ARRAY['certificate', 'nodes', leaf::text]
		WHEN 'way gone' THEN result #- ARRAY['certificate', 'nodes', split::text, 'above']
		WHEN 'way doubled' THEN jsonb_set(result, ARRAY['certificate', 'nodes', split::text, 'above'], result #> ARRAY['certificate', 'nodes', split::text, 'below'])
		WHEN 'loop' THEN jsonb_set(result, ARRAY['certificate', 'nodes', split::text, 'above'], '0')
		WHEN 'bundle branch gone' THEN result #- ARRAY['certificate', 'nodes', bundle::text, 'bundles', '0']
		WHEN 'payment negative' THEN jsonb_set(result, ARRAY['certificate', 'nodes', bundle::text, 'bundles', '0', '3'], '{"N2": -5}')
		WHEN 'payment for nothing' THEN jsonb_set(result, ARRAY['certificate', 'nodes', bundle::text, 'bundles', '0', '3'], '{"N0": 5}')
		WHEN 'sets' THEN result #- '{certificate,sets,0}'
		WHEN 'scale' THEN jsonb_set(result, '{certificate,scale}', '0')
		WHEN 'no nodes' THEN jsonb_set(result, '{certificate,nodes}', '[]')
		WHEN 'no certificate' THEN result - 'certificate'
		WHEN 'text for a number' THEN jsonb_set(result, ARRAY['certificate', 'nodes', leaf::text, 'multipliers', '0'], '"much"')
	END;
END;
$$;
SELECT what, count(*) AS tried, count(*) FILTER (WHERE mailroom.check_postage_certificate(problem, pg_temp.tampered(what, result))) AS believed
	FROM (SELECT * FROM solved WHERE seed IN (11, 22)) s,
		unnest(ARRAY['cost', 'bound', 'status', 'gap', 'plan', 'plan without a row', 'multiplier', 'multiplier up', 'multiplier gone', 'leaf gone', 'way gone',
			'way doubled', 'loop', 'bundle branch gone', 'payment negative', 'payment for nothing', 'sets', 'scale', 'no nodes', 'no certificate', 'text for a number']) what
	WHERE pg_temp.tampered(what, result) IS NOT NULL
	GROUP BY what ORDER BY what;
-- another problem's certificate proves nothing
SELECT count(*) AS believed FROM solved a JOIN solved b ON b.seed = a.seed + 12 WHERE mailroom.check_postage_certificate(a.problem, b.result);
-- a plan that breaks a rule is priced, with the rules named
SELECT jsonb_pretty(mailroom.price_postage_plan(
	'{"offers": [{"id": "A", "op": "X", "min_mailing": 5, "min_bucket": 3}], "cells": [{"id": 1, "zone": 1, "count": 4}], "arcs": [{"cell": 1, "offer": "A", "price": 10000}], "caps": [{"op": "X", "max": 1}]}',
	'[{"cell": 1, "offer": "A", "count": 2}, {"cell": 2, "offer": "A", "count": 1}, {"cell": 1, "offer": "B", "count": 0.5}]'));
SELECT mailroom.check_postage_certificate('{"offers": [], "cells": [], "arcs": []}', mailroom.solve_postage('{"offers": [], "cells": [], "arcs": []}')) AS empty_problem;
-- the program for other solvers: every letter variable, every rule
SELECT line FROM regexp_split_to_table(mailroom.export_lp(
	'{"offers": [{"id": "A", "op": "X", "min_mailing": 5, "topup": 7000}, {"id": "B", "op": "Y", "min_bucket": 3, "fixed": 50000}], "cells": [{"id": 1, "zone": 1, "count": 4}], "arcs": [{"cell": 1, "offer": "A", "price": 10000}, {"cell": 1, "offer": "B", "price": 9000}], "groups": [{"mode": "incr", "offers": ["A"], "tiers": [{"frm": 2, "amt": 500}]}], "caps": [{"op": "X", "max": 3}]}'), '\n') AS line;
