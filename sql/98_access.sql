-- 98_access: row-level security by rule, so that no table can forget it; and the grants of an upgrade.

DO $$
DECLARE
	t record;
	-- COPY FROM is refused on tables with row-level security: intake tables have none, applications may
	-- only insert there and a statement trigger refuses foreign issuers.
	intake CONSTANT text[] := ARRAY(
		SELECT c.relname::text
		FROM pg_catalog.pg_trigger g
			JOIN pg_catalog.pg_class c ON c.oid = g.tgrelid
		WHERE g.tgfoid = 'mailroom.refuse_foreign_issuer()'::pg_catalog.regprocedure);
BEGIN
	FOR t IN
		SELECT c.oid::pg_catalog.regclass AS name
		FROM pg_catalog.pg_class c
			JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = 'issuer_id' AND NOT a.attisdropped
		WHERE c.relnamespace = 'mailroom'::pg_catalog.regnamespace
			AND c.relkind IN ('r', 'p')
			AND NOT c.relrowsecurity
			AND NOT c.relname = ANY (intake)
	LOOP
		EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.name);
		EXECUTE pg_catalog.format('CREATE POLICY issuer ON %s USING (issuer_id = ANY ((SELECT mailroom.my_issuers())::bigint[]))', t.name);
	END LOOP;
END;
$$;

SELECT mailroom.apply_grants();

-- No statistics of issuer_id, the first column of every key: an issuer that is younger than the last ANALYZE would be
-- taken for one row, every index that starts with issuer_id would look equally good, and a lookup by key would read all
-- rows of the issuer (measured: 50 times slower rendering).  Without statistics the planner's fixed fraction holds, and
-- the key wins; while a table is small that fraction is a single row, so the library says what to assume instead
-- (src/base/issuer_stats.c).
DO $$
DECLARE
	t record;
BEGIN
	FOR t IN
		SELECT c.oid::pg_catalog.regclass AS name
		FROM pg_catalog.pg_class c
			JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = 'issuer_id' AND NOT a.attisdropped
		WHERE c.relnamespace = 'mailroom'::pg_catalog.regnamespace
			AND c.relkind IN ('r', 'p')
			AND a.attstattarget IS DISTINCT FROM 0
	LOOP
		EXECUTE pg_catalog.format('ALTER TABLE %s ALTER COLUMN issuer_id SET STATISTICS 0', t.name);
	END LOOP;
END;
$$;
