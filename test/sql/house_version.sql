-- a library refuses SQL objects of another version, wherever C code reads tables
\set VERBOSITY sqlstate
BEGIN;
UPDATE pg_extension SET extversion = '0.0' WHERE extname = 'mailroom';
SAVEPOINT before;
SELECT * FROM mailroom.parse_invoices('x');
ROLLBACK TO before;
SELECT mailroom.render_documents(1, ARRAY[1]::bigint[]);
ROLLBACK TO before;
SELECT mailroom.print_mailing(1, 1);
ROLLBACK TO before;
SELECT mailroom.archive_store(1, '{}', '{}');
ROLLBACK;
-- and works again with its own
SELECT count(*) FROM mailroom.verify_archive((SELECT min(issuer_id) FROM mailroom.issuer));
