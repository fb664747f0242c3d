-- Offers of one joint: the issuers of a common hand-in reach tiers each by its own letters, while minimums, fees and bundles count all.
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
SET jit = off;
-- two issuers, one zone: a bundle of five takes letters of both; issuer a reaches the tier of three, b alone does not
\set problem '{"offers": [{"id": "C@a", "op": "CITY", "joint": "C", "min_bucket": 5, "fixed": 1000000}, {"id": "C@b", "op": "CITY", "joint": "C", "min_bucket": 5, "fixed": 1000000}, {"id": "N", "op": "NAT"}], "cells": [{"id": 1, "zone": 1, "count": 4, "issuer": "a"}, {"id": 2, "zone": 1, "count": 3, "issuer": "b"}], "arcs": [{"cell": 1, "offer": "C@a", "price": 7000000}, {"cell": 2, "offer": "C@b", "price": 8500000}, {"cell": 1, "offer": "N", "price": 9000000}, {"cell": 2, "offer": "N", "price": 8000000}], "groups": [{"id": "own", "mode": "all", "offers": ["C@a"], "tiers": [{"frm": 0, "bp": 0}, {"frm": 3, "bp": 1000}]}, {"id": "own", "mode": "all", "offers": ["C@b"], "tiers": [{"frm": 0, "bp": 0}, {"frm": 3, "bp": 1000}]}]}'
SELECT r ->> 'status', r ->> 'cost', r -> 'plan', mailroom.check_postage_certificate(:'problem', r), r #> '{certificate,sets}' FROM mailroom.solve_postage(:'problem') r;
-- who pays: the fee by letters, the tier each by its own
SELECT s.* FROM mailroom.solve_postage(:'problem') r, mailroom.split_postage_cost(:'problem', r -> 'plan') s;
-- four letters are no bundle of five, whoever sends them; one fee for both
SELECT p -> 'feasible', p -> 'fixed', p -> 'broken' FROM mailroom.price_postage_plan(:'problem', '[{"cell": 1, "offer": "C@a", "count": 2}, {"cell": 2, "offer": "C@b", "count": 2}, {"cell": 1, "offer": "N", "count": 2}, {"cell": 2, "offer": "N", "count": 1}]') p;
-- in the program for other solvers the bundle is one row
SELECT line FROM regexp_split_to_table(mailroom.export_lp(:'problem'), '\n(?! )|\n(?= [a-z])') AS line WHERE line ~ '(full|some|used)_';
-- refused
SELECT mailroom.solve_postage(jsonb_set(:'problem', '{offers,1,min_bucket}', '4'));
SELECT mailroom.solve_postage(jsonb_set(:'problem', '{offers,1,op}', '"NAT"'));
SELECT mailroom.solve_postage(jsonb_set(:'problem', '{offers,1,joint}', '4'));
SELECT mailroom.solve_postage(jsonb_insert(:'problem', '{arcs,0}', '{"cell": 1, "offer": "C@b", "price": 7000000}'));
-- random hand-ins against every plan there is, priced by plain SQL
CREATE FUNCTION pg_temp.draw(seed integer, salt integer, most integer) RETURNS integer IMMUTABLE LANGUAGE sql AS $$
	SELECT ((hashtextextended(seed::text || ' ' || salt::text, 7) & 1048575) % most)::integer $$;
CREATE FUNCTION pg_temp.hand_in(seed integer) RETURNS jsonb IMMUTABLE LANGUAGE sql AS $$
	WITH rules AS (SELECT jsonb_build_object('op', 'CITY', 'joint', 'C', 'min_bucket', pg_temp.draw(seed, 1, 6), 'min_mailing', pg_temp.draw(seed, 2, 2) * pg_temp.draw(seed, 3, 7),
			'topup', pg_temp.draw(seed, 4, 3) / 2 * 700000, 'fixed', pg_temp.draw(seed, 5, 4) * 400000) AS rule),
		cell AS (SELECT n, pg_temp.draw(seed, 10 + n, 2) AS issuer, 1 + pg_temp.draw(seed, 20 + n, 2) AS zone, pg_temp.draw(seed, 30 + n, 6) AS letters FROM generate_series(1, 4) n)
	SELECT jsonb_build_object(
		'offers', jsonb_build_array(rule || '{"id": "C@0"}', rule || '{"id": "C@1"}', '{"id": "N", "op": "NAT"}'::jsonb),
		'cells', (SELECT jsonb_agg(jsonb_build_object('id', n, 'zone', zone, 'count', letters) ORDER BY n) FROM cell),
		'arcs', (SELECT jsonb_agg(jsonb_build_object('cell', n, 'offer', 'C@' || issuer, 'price', (600 + pg_temp.draw(seed, 40 + n, 250)) * 10000) ORDER BY n)
			|| jsonb_agg(jsonb_build_object('cell', n, 'offer', 'N', 'price', (750 + pg_temp.draw(seed, 50 + n, 150)) * 10000) ORDER BY n) FROM cell),
		'groups', (SELECT jsonb_agg(jsonb_build_object('id', 'own', 'mode', 'all', 'offers', jsonb_build_array('C@' || i), 'base', pg_temp.draw(seed, 60 + i, 3), 'tiers',
				jsonb_build_array('{"frm": 0, "bp": 0}'::jsonb, jsonb_build_object('frm', 3 + pg_temp.draw(seed, 70 + i, 6), 'bp', 100 + pg_temp.draw(seed, 80 + i, 1500)))) ORDER BY i) FROM generate_series(0, 1) i)
			|| jsonb_build_array(jsonb_build_object('id', 'all', 'mode', 'all', 'offers', '["C@0", "C@1"]'::jsonb, 'tiers', jsonb_build_array('{"frm": 0, "bp": 0}'::jsonb,
				jsonb_build_object('frm', 5 + pg_temp.draw(seed, 90, 6), 'bp', pg_temp.draw(seed, 91, 500))))))
	FROM rules $$;
-- the plan by how many letters of each cell go to the city
CREATE FUNCTION pg_temp.best(problem jsonb) RETURNS numeric IMMUTABLE LANGUAGE sql AS $$
	SELECT min((x.price ->> 'cost')::numeric) FROM (
		SELECT mailroom.price_postage_plan(problem, (SELECT jsonb_agg(jsonb_build_object('cell', a -> 'cell', 'offer', a -> 'offer',
				'count', CASE WHEN a ->> 'offer' = 'N' THEN (c ->> 'count')::integer - sent[(a ->> 'cell')::integer] ELSE sent[(a ->> 'cell')::integer] END))
			FROM jsonb_array_elements(problem -> 'arcs') a JOIN jsonb_array_elements(problem -> 'cells') c ON c -> 'id' = a -> 'cell')) AS price
		FROM generate_series(0, (problem #>> '{cells,0,count}')::integer) k1, generate_series(0, (problem #>> '{cells,1,count}')::integer) k2,
			generate_series(0, (problem #>> '{cells,2,count}')::integer) k3, generate_series(0, (problem #>> '{cells,3,count}')::integer) k4,
			LATERAL (SELECT ARRAY[k1, k2, k3, k4] AS sent) s) x
	WHERE (x.price ->> 'feasible')::boolean $$;
SELECT count(*), count(*) FILTER (WHERE r ->> 'status' = 'optimal') AS optimal, count(*) FILTER (WHERE (r ->> 'cost')::numeric = pg_temp.best(p)) AS best,
		count(*) FILTER (WHERE mailroom.check_postage_certificate(p, r)) AS proven, count(*) FILTER (WHERE r -> 'plan' @> '[{"offer": "C@0"}, {"offer": "C@1"}]') AS both
	FROM (SELECT p, mailroom.solve_postage(p) AS r FROM generate_series(1, 12) seed, pg_temp.hand_in(seed) p OFFSET 0) x;
-- and more of them for the proof alone
SELECT count(*), count(*) FILTER (WHERE r ->> 'status' = 'optimal') AS optimal, count(*) FILTER (WHERE mailroom.check_postage_certificate(p, r)) AS proven
	FROM (SELECT p, mailroom.solve_postage(p) AS r FROM generate_series(101, 160) seed, pg_temp.hand_in(seed) p OFFSET 0) x;
-- a certificate says nothing about rules of another problem: a dearer fee, a payment for a bundle's follower
SELECT count(*) FILTER (WHERE mailroom.check_postage_certificate(p || jsonb_build_object('offers', (SELECT jsonb_agg(o - 'joint') FROM jsonb_array_elements(p -> 'offers') o)), r)) AS believed
	FROM (SELECT p, mailroom.solve_postage(p) AS r FROM generate_series(101, 120) seed, pg_temp.hand_in(seed) p OFFSET 0) x
	WHERE r -> 'plan' @> '[{"offer": "C@0"}, {"offer": "C@1"}]' AND (p #>> '{offers,0,fixed}')::integer > 0;
