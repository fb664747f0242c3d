-- mailroom.solve_postage: small problems with known optimum, and what it refuses.
\set VERBOSITY terse
\pset format unaligned
-- two zones, a national and a cheaper city offer with a bundle minimum, a tier on the national volume
\set problem '{"offers": [{"id": "N", "op": "NAT"}, {"id": "C", "op": "CITY", "min_bucket": 4, "fixed": 3000000}], "cells": [{"id": 1, "zone": 10, "count": 3}, {"id": 2, "zone": 10, "count": 3}, {"id": 3, "zone": 20, "count": 2}], "arcs": [{"cell": 1, "offer": "N", "price": 9000000}, {"cell": 2, "offer": "N", "price": 9000000}, {"cell": 3, "offer": "N", "price": 9000000}, {"cell": 1, "offer": "C", "price": 7000000}, {"cell": 2, "offer": "C", "price": 7500000}, {"cell": 3, "offer": "C", "price": 7000000}], "groups": [{"id": "N.mail", "mode": "all", "offers": ["N"], "base": 0, "tiers": [{"frm": 0, "bp": 0}, {"frm": 4, "bp": 1000}]}]}'
SELECT r ->> 'status' AS status, r ->> 'cost' AS cost, r ->> 'lower_bound' AS lower_bound, r ->> 'gap' AS gap, r -> 'plan' AS plan
	FROM mailroom.solve_postage(:'problem') r;
-- stopped at once: a plan and a true bound
SELECT r ->> 'status' AS status, (r ->> 'lower_bound')::bigint <= (r ->> 'cost')::bigint AS bounded
	FROM mailroom.solve_postage(:'problem', '{"node_limit": 1}') r;
-- a warm start is kept when it is the best
SELECT r ->> 'cost' AS cost
	FROM mailroom.solve_postage(:'problem', '{"warm_start": [{"cell": 1, "offer": "N", "count": 3}]}') r;
-- nothing to send
SELECT r ->> 'status' AS status, r ->> 'cost' AS cost, r -> 'plan' AS plan
	FROM mailroom.solve_postage('{"offers": [], "cells": [], "arcs": []}') r;
-- no plan, with the reason
SELECT r ->> 'status' AS status, r ->> 'reason' AS reason, r -> 'plan' AS plan
	FROM mailroom.solve_postage('{"offers": [], "cells": [{"id": 7, "zone": 1, "count": 2}], "arcs": []}') r;
SELECT r ->> 'status' AS status, r ->> 'reason' AS reason, r ->> 'proved' AS proved
	FROM mailroom.solve_postage(jsonb_set(:'problem', '{caps}', '[{"op": "CITY", "max": 0}, {"op": "NAT", "max": 7}]')) r;
-- malformed problems name the place
SELECT mailroom.solve_postage('[]');
SELECT mailroom.solve_postage('{"offers": []}');
SELECT mailroom.solve_postage(:'problem'::jsonb #- '{arcs,2,price}');
SELECT mailroom.solve_postage(jsonb_set(:'problem', '{arcs,2,price}', '"9"'));
SELECT mailroom.solve_postage(jsonb_set(:'problem', '{arcs,2,price}', '9.5'));
SELECT mailroom.solve_postage(jsonb_set(:'problem', '{arcs,2,price}', '1e30'));
SELECT mailroom.solve_postage(jsonb_set(:'problem', '{arcs,2,price}', '-1'));
SELECT mailroom.solve_postage(jsonb_set(:'problem', '{arcs,2,offer}', '"X"'));
SELECT mailroom.solve_postage(jsonb_set(:'problem', '{arcs,2,cell}', '99'));
SELECT mailroom.solve_postage(jsonb_set(:'problem', '{arcs,2,cell}', '2'));
SELECT mailroom.solve_postage(jsonb_set(:'problem', '{cells,1,count}', '-3'));
SELECT mailroom.solve_postage(jsonb_set(:'problem', '{cells,1,id}', '1'));
SELECT mailroom.solve_postage(jsonb_set(:'problem', '{cells,1}', '5'));
SELECT mailroom.solve_postage(jsonb_set(:'problem', '{offers,1,id}', '"N"'));
SELECT mailroom.solve_postage(jsonb_set(:'problem', '{groups,0,mode}', '"some"'));
SELECT mailroom.solve_postage(jsonb_set(:'problem', '{groups,0,tiers,1,frm}', '0'));
SELECT mailroom.solve_postage(jsonb_set(:'problem', '{groups,0,tiers}', '[]'));
SELECT mailroom.solve_postage(jsonb_set(:'problem', '{groups,0,offers,0}', '"X"'));
SELECT mailroom.solve_postage(jsonb_set(:'problem', '{arcs,0,price}', '9000001'));
-- options
SELECT mailroom.solve_postage(:'problem', '{"speed": 1}');
SELECT mailroom.solve_postage(:'problem', '{"time_limit_ms": -1}');
SELECT mailroom.solve_postage(:'problem', '{"gap_limit": 2}');
SELECT mailroom.solve_postage(:'problem', '[]');
SELECT mailroom.solve_postage(NULL) IS NULL AS null_stays_null;
