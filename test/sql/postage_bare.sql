-- Problems with something missing: an answer, and where there is a plan its proof holds in SQL.
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
SET jit = off;
CREATE TEMP TABLE bare (name text PRIMARY KEY, problem jsonb);
INSERT INTO bare VALUES
	('01 nothing at all', '{"offers": [], "cells": [], "arcs": []}'),
	('02 no offers', '{"offers": [], "cells": [{"id": 1, "zone": 1, "count": 3}], "arcs": []}'),
	('03 no zones', '{"offers": [{"id": "A", "op": "X", "min_mailing": 5, "fixed": 9000000, "min_bucket": 3}], "cells": [], "arcs": []}'),
	('04 no zones, take or pay', '{"offers": [{"id": "A", "op": "X"}], "cells": [], "arcs": [], "commits": [{"op": "X", "min": 4, "base": 1, "penalty": 250000}]}'),
	('05 no prices', '{"offers": [{"id": "A", "op": "X"}], "cells": [{"id": 7, "zone": 1, "count": 3}], "arcs": []}'),
	('06 no letters', '{"offers": [{"id": "A", "op": "X", "min_mailing": 5, "fixed": 9000000, "min_bucket": 3}], "cells": [{"id": 1, "zone": 1, "count": 0}, {"id": 2, "zone": 2, "count": 0}], "arcs": [{"cell": 1, "offer": "A", "price": 10000}]}'),
	('07 a scheme without offers', '{"offers": [{"id": "A", "op": "X"}], "cells": [{"id": 1, "zone": 1, "count": 2}], "arcs": [{"cell": 1, "offer": "A", "price": 10000}], "groups": [{"id": "g", "mode": "all", "offers": [], "tiers": [{"frm": 0, "bp": 100}]}]}'),
	('08 closed by its minimum', '{"offers": [{"id": "A", "op": "X", "min_mailing": 5}, {"id": "B", "op": "Y"}], "cells": [{"id": 1, "zone": 1, "count": 2}], "arcs": [{"cell": 1, "offer": "A", "price": 10000}, {"cell": 1, "offer": "B", "price": 20000}]}'),
	('09 closed by its bundle', '{"offers": [{"id": "A", "op": "X", "min_bucket": 5}, {"id": "B", "op": "Y"}], "cells": [{"id": 1, "zone": 1, "count": 2}], "arcs": [{"cell": 1, "offer": "A", "price": 10000}, {"cell": 1, "offer": "B", "price": 20000}]}'),
	('10 closed by a cap', '{"offers": [{"id": "A", "op": "X"}, {"id": "B", "op": "Y"}], "cells": [{"id": 1, "zone": 1, "count": 2}], "arcs": [{"cell": 1, "offer": "A", "price": 10000}, {"cell": 1, "offer": "B", "price": 20000}], "caps": [{"op": "X", "max": 0}]}'),
	('11 closed by a share', '{"offers": [{"id": "A", "op": "X"}, {"id": "B", "op": "Y"}], "cells": [{"id": 1, "zone": 1, "count": 2}], "arcs": [{"cell": 1, "offer": "A", "price": 10000}, {"cell": 1, "offer": "B", "price": 20000}], "shares": [{"op": "X", "max_bp": 0}]}'),
	('12 closed by everything', '{"offers": [{"id": "A", "op": "X", "min_mailing": 5, "min_bucket": 4}], "cells": [{"id": 1, "zone": 1, "count": 3}], "arcs": [{"cell": 1, "offer": "A", "price": 10000}], "caps": [{"op": "X", "max": 0}], "shares": [{"op": "X", "max_bp": 0}]}'),
	('13 closed by its minimum, alone', '{"offers": [{"id": "A", "op": "X", "min_mailing": 5}], "cells": [{"id": 1, "zone": 1, "count": 3}], "arcs": [{"cell": 1, "offer": "A", "price": 10000}]}'),
	('14 free of charge', '{"offers": [{"id": "A", "op": "X"}], "cells": [{"id": 1, "zone": 1, "count": 3}], "arcs": [{"cell": 1, "offer": "A", "price": 0}]}');
SELECT b.name, r ->> 'status', r ->> 'cost', r ->> 'proved', r ->> 'reason', r ->> 'plan',
		CASE WHEN r ? 'cost' THEN mailroom.check_postage_certificate(b.problem, r) END AS proven,
		CASE WHEN r ? 'cost' THEN mailroom.price_postage_plan(b.problem, r -> 'plan') ->> 'cost' = r ->> 'cost' END AS priced
	FROM bare b CROSS JOIN LATERAL mailroom.solve_postage(b.problem) r ORDER BY b.name;
-- the other functions have an answer as well
SELECT b.name, length(mailroom.export_lp(b.problem)) > 0,
		(SELECT count(*) FROM mailroom.solve_postage(b.problem) r, mailroom.price_postage_wishes(b.problem, r) WHERE r ? 'cost') AS wishes,
		(SELECT count(*) FROM mailroom.solve_postage(b.problem) r, mailroom.split_postage_cost(b.problem, r -> 'plan') WHERE r ? 'cost') AS parts
	FROM bare b ORDER BY b.name;
