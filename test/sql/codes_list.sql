-- Code lists: what is shipped, loading a version, the day it counts from, who may, and what is refused.
\set VERBOSITY terse
SELECT list, version, cardinality(codes) AS codes FROM mailroom.current_code_list ORDER BY list COLLATE "C";
SELECT mailroom.code_known('iso3166_country', 'SE') AS se, mailroom.code_known('iso3166_country', 'se') AS lower,
	mailroom.code_known('iso3166_country', ' SE') AS blank, mailroom.code_known('iso3166_country', '') AS empty;
SELECT mailroom.code_known('no_such_list', 'SE');

-- a new version waits for its day, then counts in this session at once
SET mailroom.clock = '2026-11-01T08:00:00Z';
SELECT mailroom.load_code_list('untdid2005_vat_date_code', '1.3.17', '2026-12-01', E'code\r\n432\r\n3\r\n99\r\n3\r\n') AS codes;
SELECT mailroom.code_known('untdid2005_vat_date_code', '99') AS known, mailroom.code_known('untdid2005_vat_date_code', '35') AS old;
SET mailroom.clock = '2026-12-01T00:00:00Z';
SELECT mailroom.code_known('untdid2005_vat_date_code', '99') AS known, mailroom.code_known('untdid2005_vat_date_code', '35') AS old;
-- changed again: replaced under the same name; with a last day
SELECT mailroom.load_code_list('untdid2005_vat_date_code', '1.3.17', '2026-12-01', E'98', '2026-12-31') AS codes;
SELECT mailroom.code_known('untdid2005_vat_date_code', '98') AS known, mailroom.code_known('untdid2005_vat_date_code', '99') AS before;
SET mailroom.clock = '2027-01-01T00:00:00Z';
SELECT mailroom.code_known('untdid2005_vat_date_code', '98') AS known, mailroom.code_known('untdid2005_vat_date_code', '35') AS shipped;
-- a day before all versions has the earliest
SET mailroom.clock = '2019-01-01T00:00:00Z';
SELECT mailroom.code_known('untdid2005_vat_date_code', '98') AS known, mailroom.code_known('untdid2005_vat_date_code', '35') AS shipped;
-- taken back with its transaction
SET mailroom.clock = '2026-12-01T00:00:00Z';
BEGIN;
SELECT mailroom.load_code_list('untdid2005_vat_date_code', '1.3.18', '2026-12-01', E'97');
SELECT mailroom.code_known('untdid2005_vat_date_code', '97') AS known;
ROLLBACK;
SELECT mailroom.code_known('untdid2005_vat_date_code', '97') AS known, mailroom.code_known('untdid2005_vat_date_code', '98') AS before;

-- a loaded version changes the verdict on an invoice, and taking it back restores it
CREATE TEMP TABLE coded AS SELECT convert_to('<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"><cbc:ID>1</cbc:ID><cac:PaymentMeans><cbc:PaymentMeansCode>9999</cbc:PaymentMeansCode></cac:PaymentMeans></Invoice>', 'UTF8') AS content;
SELECT v.rule FROM coded, mailroom.validate_invoice(content) AS v WHERE v.rule = 'BR-CL-16';
BEGIN;
SELECT mailroom.load_code_list('untdid4461_payment_means', '9', '2026-12-01', E'code\n9999\n') AS codes;
SELECT v.rule FROM coded, mailroom.validate_invoice(content) AS v WHERE v.rule = 'BR-CL-16';
ROLLBACK;
SELECT v.rule FROM coded, mailroom.validate_invoice(content) AS v WHERE v.rule = 'BR-CL-16';
DROP TABLE coded;

-- refused
SELECT mailroom.load_code_list('untdid2005', '1', '2026-12-01', '3');
SELECT mailroom.load_code_list('untdid2005_vat_date_code', '2', '2026-12-01', E'code\n');
SELECT mailroom.load_code_list('untdid2005_vat_date_code', '2', '2026-12-01', E'3\n4 5\n');
SELECT mailroom.load_code_list('untdid2005_vat_date_code', NULL, '2026-12-01', '3');
SELECT mailroom.load_code_list('untdid2005_vat_date_code', '2', '2026-12-01', '3', '2026-11-30');
SELECT mailroom.drop_code_list('untdid2005_vat_date_code', '1.3.16');
BEGIN;
DELETE FROM mailroom.code_list WHERE list = 'iso3166_country';
SELECT mailroom.code_known('iso3166_country', 'SE');
ROLLBACK;

-- everyone may ask, only an operator may load
CREATE ROLE codes_reader;
GRANT USAGE ON SCHEMA mailroom TO codes_reader;
SET ROLE codes_reader;
SELECT mailroom.code_known('iso3166_country', 'NO') AS known;
SELECT count(*) > 25 AS readable FROM mailroom.code_list;
SELECT mailroom.load_code_list('untdid2005_vat_date_code', '2', '2026-12-01', '3');
DELETE FROM mailroom.code_list;
RESET ROLE;
REVOKE USAGE ON SCHEMA mailroom FROM codes_reader;
DROP ROLE codes_reader;

-- dumps carry what was loaded and leave out what is shipped
SELECT c.condition
FROM pg_extension e, unnest(e.extconfig, e.extcondition) AS c (oid, condition)
WHERE e.extname = 'mailroom' AND c.oid = 'mailroom.code_list'::regclass;
SELECT mailroom.drop_code_list('untdid2005_vat_date_code', '1.3.17');
SELECT count(*) FROM mailroom.code_list WHERE NOT shipped;
RESET mailroom.clock;
