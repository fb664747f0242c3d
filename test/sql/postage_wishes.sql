-- Shares (the planner's will), their prices, marginal values, letters held to the next hand-in, and problems without a plan.
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
SET jit = off;
-- ten letters; the city is cheaper, the national tier needs six letters
\set problem '{"offers": [{"id": "N", "op": "NAT"}, {"id": "C", "op": "CITY"}], "cells": [{"id": 1, "zone": 1, "count": 6}, {"id": 2, "zone": 2, "count": 4}], "arcs": [{"cell": 1, "offer": "N", "price": 9000000}, {"cell": 2, "offer": "N", "price": 9500000}, {"cell": 1, "offer": "C", "price": 8000000}, {"cell": 2, "offer": "C", "price": 7000000}], "groups": [{"id": "N.mail", "mode": "all", "offers": ["N"], "tiers": [{"frm": 0, "bp": 0}, {"frm": 6, "bp": 500}]}]}'
\set wishes '[{"id": "national at least", "op": "NAT", "min_bp": 2500}, {"id": "city at most", "offers": ["C"], "max_bp": 9000}]'
SELECT r ->> 'cost', r -> 'plan' FROM mailroom.solve_postage(:'problem') r;
SELECT r ->> 'cost' AS cost, r ->> 'status', r -> 'plan', mailroom.check_postage_certificate(jsonb_set(:'problem', '{shares}', :'wishes'), r) AS proven, r -> 'marginal_values'
	FROM mailroom.solve_postage(jsonb_set(:'problem', '{shares}', :'wishes')) r;
-- what each wish costs: only the first binds
SELECT w.list, w.place, w.wish ->> 'id', w.status, w.cost_without, w.price
	FROM mailroom.solve_postage(jsonb_set(:'problem', '{shares}', :'wishes')) r,
		mailroom.price_postage_wishes(jsonb_set(:'problem', '{shares}', :'wishes'), r) w;
-- the price of a plan that breaks a share names it
SELECT mailroom.price_postage_plan(jsonb_set(:'problem', '{shares}', :'wishes'), '[{"cell": 1, "offer": "C", "count": 6}, {"cell": 2, "offer": "C", "count": 4}]') -> 'broken';
-- in the program for other solvers a share is two rows
SELECT line FROM regexp_split_to_table(mailroom.export_lp(jsonb_set(:'problem', '{shares}', :'wishes')), '\n(?! )|\n(?= [a-z])') AS line WHERE line LIKE '%share%';
-- shares over the instances of the certificate's test: optimal, proven, never cheaper than without
CREATE FUNCTION pg_temp.shared(seed integer) RETURNS jsonb IMMUTABLE LANGUAGE sql AS $$
	SELECT jsonb_build_object(
		'offers', '[{"id": "N0", "op": "NAT"}, {"id": "N1", "op": "NAT", "min_mailing": 20, "topup": 7000000, "fixed": 20000000}, {"id": "N2", "op": "NAT", "min_bucket": 9, "fixed": 9000000}, {"id": "C1", "op": "CITY", "min_mailing": 12, "min_bucket": 5, "fixed": 3000000}]'::jsonb,
		'cells', (SELECT jsonb_agg(jsonb_build_object('id', n, 'zone', n / 3, 'count', 1 + (n * seed * 7) % 13) ORDER BY n) FROM generate_series(0, 11) n),
		'arcs', (SELECT jsonb_agg(jsonb_build_object('cell', n, 'offer', o.id, 'price', (o.price + (n * seed * o.price) % 37 * 4) * 10000) ORDER BY n, o.id)
			FROM generate_series(0, 11) n, (VALUES ('N0', 900), ('N1', 820), ('N2', 760), ('C1', 720)) AS o (id, price) WHERE o.id <> 'C1' OR (n / 3 + seed) % 3 > 0),
		'groups', '[{"id": "g", "mode": "all", "offers": ["N1", "N2"], "tiers": [{"frm": 0, "bp": 0}, {"frm": 30, "bp": 400}]}]'::jsonb,
		'shares', jsonb_build_array(jsonb_build_object('op', 'CITY', 'min_bp', 1000 + seed * 100, 'max_bp', 4000), jsonb_build_object('offers', '["N0", "N2"]'::jsonb, 'max_bp', 2500 + seed * 200))) $$;
SELECT count(*), count(*) FILTER (WHERE r ->> 'status' = 'optimal') AS optimal, count(*) FILTER (WHERE mailroom.check_postage_certificate(p, r)) AS proven,
		count(*) FILTER (WHERE (r ->> 'cost')::numeric >= (mailroom.solve_postage(p - 'shares') ->> 'cost')::numeric) AS not_cheaper
	FROM (SELECT p, mailroom.solve_postage(p) AS r FROM generate_series(1, 12) seed, pg_temp.shared(seed) p) x WHERE r ? 'cost';
-- a bound that ignores the share is not believed
SELECT mailroom.check_postage_certificate(p, mailroom.solve_postage(p - 'shares')) FROM pg_temp.shared(3) p;
-- letters that may wait: the next hand-in is an offer without rules of its own, its price the value of a later letter
SELECT r ->> 'cost', r -> 'plan' FROM mailroom.solve_postage('{"offers": [{"id": "city", "op": "CITY", "min_mailing": 8}, {"id": "hold", "op": "HOLD"}, {"id": "nat", "op": "NAT"}],
	"cells": [{"id": 1, "zone": 1, "count": 5}, {"id": 2, "zone": 1, "count": 2}],
	"arcs": [{"cell": 1, "offer": "city", "price": 7000000}, {"cell": 2, "offer": "city", "price": 7000000}, {"cell": 1, "offer": "nat", "price": 9000000}, {"cell": 2, "offer": "nat", "price": 9000000},
		{"cell": 1, "offer": "hold", "price": 7300000}]}') r;
-- no plan: the reason names what contradicts
SELECT r ->> 'status', r ->> 'proved', r ->> 'reason' FROM mailroom.solve_postage(jsonb_set(:'problem', '{shares}', '[{"op": "NAT", "min_bp": 6000}, {"op": "NAT", "max_bp": 5500}]')) r;
SELECT r ->> 'status', r ->> 'proved', r ->> 'reason' FROM mailroom.solve_postage(jsonb_set(:'problem', '{shares}', '[{"op": "NAT", "min_bp": 6000}, {"op": "CITY", "min_bp": 6000}]')) r;
SELECT r ->> 'status', r ->> 'proved', r ->> 'reason' FROM mailroom.solve_postage('{"offers": [{"id": "A", "op": "X", "min_mailing": 20}], "cells": [{"id": 1, "zone": 1, "count": 4}], "arcs": [{"cell": 1, "offer": "A", "price": 10000}]}') r;
-- refused
SELECT mailroom.solve_postage(jsonb_set(:'problem', '{shares}', '[{"op": "NAT", "min_bp": 6000, "max_bp": 5000}]'));
SELECT mailroom.solve_postage(jsonb_set(:'problem', '{shares}', '[{"op": "NONE", "min_bp": 6000}]'));
SELECT mailroom.solve_postage(jsonb_set(:'problem', '{shares}', '[{"offers": ["X"]}]'));
SELECT mailroom.solve_postage(jsonb_set(:'problem', '{shares}', '[{"min_bp": 5}]'));
-- money that would overflow, and counts over the limit
SELECT mailroom.solve_postage(jsonb_set(jsonb_set(:'problem', '{cells,0,count}', '1000000000'), '{arcs,0,price}', '9000000000'));
SELECT mailroom.solve_postage(jsonb_set(jsonb_set(:'problem', '{cells,0,count}', '999999000'), '{arcs,0,price}', '10000000000'));
SELECT mailroom.solve_postage(jsonb_set(:'problem', '{offers,0,fixed}', '9223372036854775807'));
SELECT mailroom.solve_postage(jsonb_set(:'problem', '{groups,0,base_money}', '9223372036854775807'));
-- the cost by issuer: own prices and points, fees and bonuses by letters; the parts are the whole, to the micro
CREATE FUNCTION pg_temp.mixed(seed integer) RETURNS jsonb IMMUTABLE LANGUAGE sql AS $$
	SELECT p || jsonb_build_object(
		'cells', (SELECT jsonb_agg(c || jsonb_build_object('issuer', chr(65 + ((c ->> 'id')::integer * seed) % 3))) FROM jsonb_array_elements(p -> 'cells') c),
		'groups', '[{"id": "g", "mode": "all", "offers": ["N1", "N2"], "base": 10, "base_money": 70000000, "tiers": [{"frm": 0, "bp": 0}, {"frm": 30, "bp": 400}]}, {"id": "i", "mode": "incr", "offers": ["C1", "N0"], "tiers": [{"frm": 4, "amt": 70001}]}]'::jsonb,
		'commits', '[{"op": "CITY", "min": 60, "penalty": 333333}, {"op": "NONE", "min": 2, "penalty": 1000001}]'::jsonb)
	FROM pg_temp.shared(seed) p $$;
SELECT s.* FROM pg_temp.mixed(2) p, mailroom.split_postage_cost(p, mailroom.solve_postage(p) -> 'plan') s;
SELECT count(*), count(*) FILTER (WHERE x.total = (x.price ->> 'cost')::numeric AND x.list = (x.price ->> 'list')::numeric AND x.discount = (x.price ->> 'discount')::numeric
		AND x.fixed = (x.price ->> 'fixed')::numeric AND x.topup = (x.price ->> 'topup')::numeric AND x.penalty = (x.price ->> 'penalty')::numeric AND x.whole) AS exact
	FROM (SELECT seed, price, sum(s.cost) AS total, sum(s.list) AS list, sum(s.discount) AS discount, sum(s.fixed) AS fixed, sum(s.topup) AS topup, sum(s.penalty) AS penalty,
			bool_and(s.discount = trunc(s.discount) AND s.fixed = trunc(s.fixed) AND s.penalty = trunc(s.penalty)) AS whole
		FROM generate_series(1, 12) seed, pg_temp.mixed(seed) p, LATERAL (SELECT mailroom.solve_postage(p) -> 'plan' AS plan) r,
			LATERAL (SELECT mailroom.price_postage_plan(p, r.plan) AS price) q, mailroom.split_postage_cost(p, r.plan) s
		GROUP BY seed, price) x;
