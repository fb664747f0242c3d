-- wrong calls of the postage room: each an error with SQLSTATE, place and hint
\set VERBOSITY verbose
SET client_min_messages = warning;
SET datestyle = iso;
\set SHOW_CONTEXT never
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
SELECT mailroom.create_issuer('Refuse AS', 'NO', 'Europe/Oslo', 'NOK') AS one \gset
-- state, message and hint; what a call without hint would show is an empty field
CREATE FUNCTION pg_temp.refusal(call text) RETURNS TABLE (state text, message text, detail text, hint text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE call;
	message := 'no error';
	RETURN NEXT;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	message := regexp_replace(message, '(invoice|issuer) [0-9]+', '\1 N', 'g');
	RETURN NEXT;
END $$;
CREATE FUNCTION pg_temp.pack(line text) RETURNS text LANGUAGE sql AS $$
	SELECT format('SELECT mailroom.load_tariff(%L)', E'tariff refuse version=1 valid-from=2026-01-01\nsource "made for this test"\ncurrency DKK\ncarrier r-post "R Post" country=DK\ncoverage r-all DK * land\n' || line) $$;
\pset format unaligned
\x on
SELECT r.* FROM unnest(ARRAY[
	'SELECT mailroom.load_tariff(NULL)', 'SELECT mailroom.load_tariff('''')',
	pg_temp.pack('offer R-A carrier=r-post product="A" class=A days=-1 formats=C5 coverage=r-all'),
	pg_temp.pack('offer R-A carrier=r-post product="A" class=A days=0 formats=C5 coverage=r-all'),
	pg_temp.pack('offer R-A carrier=r-post product="A" class=A days=1 formats=C5 coverage=r-all notice=booking'),
	pg_temp.pack('carrier r-far "Far" country=ZX'), pg_temp.pack('coverage r-far XX * land'), pg_temp.pack('currency ABC'),
	pg_temp.pack('offer R-A carrier=r-post product="A" class=A days=1 formats=C5 coverage=r-all fixed=1.005')]) WITH ORDINALITY AS c (call, n), pg_temp.refusal(c.call) r ORDER BY n;
SELECT r.* FROM unnest(ARRAY[
	'SELECT mailroom.price_piece(''NO-NAT-A'', ''NO'', ''0150'', ''C5'', 1e30, ''2026-06-01'')', 'SELECT mailroom.price_piece(''NO-NAT-A'', ''NO'', ''0150'', ''C5'', -1, ''2026-06-01'')',
	format('SELECT * FROM mailroom.postage_outlook(%s, ''infinity'')', :one), format('SELECT * FROM mailroom.carrier_outlook(%s, ''-infinity'')', :one), format('SELECT mailroom.forecast_postage(%s, ''X'', ''infinity'')', :one),
	format('SELECT mailroom.forecast_postage(%s, ''X'', ''2026-06-01'')', :one),
	'SELECT mailroom.price_postage_plan(''[]'', ''{}'')', 'SELECT mailroom.price_postage_plan(''{"offers": [], "cells": [], "arcs": []}'', ''{}'')',
	'SELECT * FROM mailroom.letter_shape(NULL, -1, ''2026-06-01'')',
	'SELECT mailroom.load_postcodes(''NO'', E''0150,Oslo\n"0151,Oslo'', ''2026-01-01'', ''test'')', 'SELECT mailroom.load_postcodes(''NO'', ''0151,"Oslo'', ''2026-01-01'', ''test'')',
	'SELECT mailroom.load_postcodes(''NO'', ''"0151,Oslo"'', ''2026-01-01'', ''test'')']) WITH ORDINALITY AS c (call, n), pg_temp.refusal(c.call) r ORDER BY n;
SELECT mailroom.price_postage_plan('{"offers": [], "cells": [], "arcs": []}', '[]');
SELECT r.line_no, r.postcode, r.town FROM mailroom.read_postcodes('NO', E'"0150";"Oslo"\n0151,"Oslo", "03"\n0152\tOslo') r;

-- carriers' invoices
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (:one, 'open', '2026-06-15', 'NO', '2026-06-14') RETURNING mailing_id AS open \gset
INSERT INTO mailroom.carrier_invoice (issuer_id, carrier, invoice_number, issue_date, currency, net_total) VALUES (:one, 'demo-no-national', 'R-1', '2026-06-30', 'NOK', 1) RETURNING carrier_invoice_id AS r1 \gset
SELECT r.* FROM unnest(ARRAY[
	'INSERT INTO mailroom.carrier_invoice (issuer_id, carrier, invoice_number, issue_date, currency, net_total) VALUES (%s, ''nobody'', ''1'', ''2026-06-30'', ''NOK'', 1)',
	'INSERT INTO mailroom.carrier_invoice (issuer_id, carrier, invoice_number, issue_date, currency, net_total) VALUES (%s, ''demo-no-national'', ''1'', ''2026-06-30'', ''NKO'', 1)',
	'INSERT INTO mailroom.carrier_article (issuer_id, carrier, article, kind, offer) VALUES (%s, ''nobody'', ''1'', ''postage'', ''NO-NAT-A'')',
	'UPDATE mailroom.carrier_invoice SET carrier = ''nobody'' WHERE issuer_id = %s',
	'SELECT mailroom.claim_differences(%s, -1)', 'SELECT mailroom.accept_differences(%s, -1, ''{1}'', ''why'')', 'SELECT mailroom.settle_claim(%s, -1, 1, ''why'')', 'SELECT mailroom.audit_carrier_invoice(%s, -1)',
	'SELECT mailroom.load_carrier_invoice(%s, -1)', 'SELECT * FROM mailroom.expected_postage_invoice(%s, -1)', 'SELECT mailroom.spread_postage(%s, -1)', 'SELECT * FROM mailroom.postage_split(%s, -1)']) WITH ORDINALITY AS c (call, n), pg_temp.refusal(format(c.call, :one)) r ORDER BY n;
SELECT r.* FROM unnest(ARRAY[
	'SELECT mailroom.claim_differences(%s, %s, ''{7}'')', 'SELECT mailroom.settle_claim(%s, %s, 1, ''why'')']) WITH ORDINALITY AS c (call, n), pg_temp.refusal(format(c.call, :one, :r1)) r ORDER BY n;
\x off
-- no error of these rooms that names a missing object or a wrong state goes without a hint
SELECT p.proname, m[1] AS raised
	FROM pg_proc p CROSS JOIN LATERAL regexp_matches(p.prosrc, '(RAISE EXCEPTION [^;]*(?:MR004|undefined_object)''[^;]*);', 'g') AS m
	WHERE p.pronamespace = 'mailroom'::regnamespace AND p.proname ~ 'postage|carrier|claim|difference|_bill|credit_note|mailing|hand_in|hold|letters|tariff|pack_' AND m[1] !~ 'HINT'
	ORDER BY 1, 2;
