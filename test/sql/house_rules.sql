-- The catalogue obeys the house rules: search paths, bodies, comments, keys, views, execution rights, dump marks.
-- Each test lists the offenders, so a failure names them.
\set QUIET 1
\pset format unaligned
\pset tuples_only true
\set ECHO none
SET client_min_messages = warning;
SELECT plan(13);

CREATE TEMPORARY VIEW own_function AS
	SELECT p.oid, p.oid::regprocedure::text AS name, p.prosecdef, p.proconfig, l.lanname, p.prosqlbody, p.prosrc, p.proacl, p.proowner, p.prokind, p.prorettype, p.provolatile, p.proparallel, p.proretset
	FROM pg_proc p
		JOIN pg_language l ON l.oid = p.prolang
	WHERE p.pronamespace IN ('mailroom'::regnamespace, 'mailroom_report'::regnamespace);
CREATE TEMPORARY VIEW own_table AS
	SELECT c.* FROM pg_class c
	WHERE c.relnamespace IN ('mailroom'::regnamespace, 'mailroom_report'::regnamespace) AND c.relkind IN ('r', 'p');
-- catalogues shared by all issuers, and bookkeeping of the installation itself
CREATE TEMPORARY VIEW shared_table AS
	SELECT c.oid FROM own_table c
	WHERE obj_description(c.oid, 'pg_class') ~ '(shared catalogue|installation|what each kind of role gets|registered handlers)';

SELECT is_empty($$ SELECT name FROM own_function WHERE prosecdef AND NOT coalesce(proconfig::text ~ 'search_path=', false) $$,
	'each SECURITY DEFINER function has a pinned search path');
SELECT is_empty($$ SELECT name FROM own_function WHERE prosecdef AND has_function_privilege('public', oid, 'EXECUTE')
		AND name <> 'mailroom.my_issuers(text[])' $$,
	'no SECURITY DEFINER function may be called by PUBLIC, but my_issuers, which row-level security calls');
-- a procedure that commits cannot carry SET: it qualifies everything
SELECT is_empty($$ SELECT name FROM own_function WHERE lanname = 'plpgsql' AND prokind = 'f' AND NOT coalesce(proconfig::text ~ 'search_path=', false) $$,
	'each PL/pgSQL function has a pinned search path');
SELECT is_empty($$ SELECT name FROM own_function WHERE lanname = 'sql' AND prosqlbody IS NULL $$,
	'each SQL function has a standard body');
SELECT is_empty($$ SELECT name FROM own_function WHERE obj_description(oid, 'pg_proc') IS NULL $$,
	'each function has a comment');
SELECT is_empty($$ SELECT c.oid::regclass::text FROM pg_class c
		WHERE c.relnamespace IN ('mailroom'::regnamespace, 'mailroom_report'::regnamespace) AND c.relkind IN ('r', 'p', 'v')
			AND NOT c.relispartition AND obj_description(c.oid, 'pg_class') IS NULL $$,
	'each table and view has a comment');
SELECT is_empty($$ SELECT c.oid::regclass::text FROM pg_class c
		WHERE c.relnamespace IN ('mailroom'::regnamespace, 'mailroom_report'::regnamespace) AND c.relkind = 'v'
			AND NOT coalesce(c.reloptions::text ~ 'security_invoker=(true|on)', false) $$,
	'each view runs with the rights of its caller');
SELECT is_empty($$ SELECT c.oid::regclass::text, i.indexrelid::regclass::text
		FROM own_table c
			JOIN pg_index i ON i.indrelid = c.oid AND i.indisunique
			LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
		WHERE c.oid NOT IN (SELECT oid FROM shared_table)
			AND a.attname IS DISTINCT FROM 'issuer_id' $$,
	'each unique key starts with issuer_id');
SELECT is_empty($$ SELECT c.oid::regclass::text FROM own_table c
		WHERE c.oid NOT IN (SELECT oid FROM shared_table)
			AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'issuer_id' AND a.atttypid = 'bigint'::regtype) $$,
	'each table has issuer_id bigint');
SELECT is_empty($$ SELECT c.oid::regclass::text FROM own_table c
		WHERE EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'issuer_id' AND NOT a.attisdropped)
			AND NOT c.relrowsecurity
			AND NOT c.relispartition
			AND NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND g.tgfoid = 'mailroom.refuse_foreign_issuer()'::regprocedure) $$,
	'each table with an issuer has row-level security or the guard of intake tables');
SELECT is_empty($$ SELECT c.oid::regclass::text, a.attname FROM own_table c
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE a.atttypid IN ('real'::regtype, 'double precision'::regtype, 'money'::regtype) $$,
	'no column is a float');
SELECT is_empty($$ SELECT c.oid::regclass::text FROM own_table c
		WHERE obj_description(c.oid, 'pg_class') !~ '(derived|filled by the script|installation|what each kind of role gets|registered handlers)'
			AND NOT EXISTS (SELECT FROM pg_extension e WHERE e.extname = 'mailroom' AND c.oid = ANY (e.extconfig)) $$,
	'each table is marked for dump or says that it is derived');
SELECT is_empty($$ SELECT name FROM own_function
		WHERE provolatile = 'v' AND prokind = 'f' AND prorettype <> 'trigger'::regtype AND prorettype <> 'event_trigger'::regtype
			AND has_function_privilege('public', oid, 'EXECUTE')
			AND name <> 'mailroom.now()' $$,
	'PUBLIC may execute no function that writes');
SELECT * FROM finish();
