-- invoices written: every term of the model, identifiers of the profiles, what cannot be written, stored invoices
\set VERBOSITY default
\set SHOW_CONTEXT never
\pset null '(null)'
SET client_min_messages = warning;
\set ON_ERROR_ROLLBACK on
BEGIN;
CREATE TEMP TABLE sample (name text PRIMARY KEY, invoice jsonb);
INSERT INTO sample VALUES ('full', '{"bt_1": "F-1", "bt_2": "2026-10-31", "bt_3": "380", "bt_5": "EUR", "bt_6": "NOK", "bt_8": "3", "bt_9": "2026-11-14", "bt_10": "Dep <4> & \"x\"", "bt_11": "PROJ-1",
	"bt_12": "CON-1", "bt_13": "PO-1", "bt_14": "SO-1", "bt_15": "REC-1", "bt_16": "DES-1", "bt_17": "TEN-1", "bt_18": "OBJ-1", "bt_18_1": "ABT", "bt_19": "4400", "bt_20": "14 days\nnet",
	"bt_23": "urn:fdc:peppol.eu:2017:poacc:billing:02:1.0", "bt_24": "urn:cen.eu:en16931:2017",
	"bt_27": "Fjellbygg AS", "bt_28": "Fjell", "bt_30": "855828332", "bt_30_1": "0192", "bt_31": "NO855828332MVA", "bt_32": "Foretaksregisteret", "bt_33": "Share capital 1", "bt_34": "855828332", "bt_34_1": "0192",
	"bt_35": "Street 1", "bt_36": "Floor 2", "bt_162": "Yard 3", "bt_37": "Oslo", "bt_38": "0001", "bt_39": "Øst", "bt_40": "NO", "bt_41": "Kari", "bt_42": "+47 1", "bt_43": "kari@example.org",
	"bt_44": "Lærdal Sag AS", "bt_45": "Sag", "bt_46": "C-1", "bt_46_1": "0088", "bt_47": "942988559", "bt_47_1": "0192", "bt_48": "NO942988559MVA", "bt_49": "942988559", "bt_49_1": "0192",
	"bt_50": "Way 1", "bt_51": "Way 2", "bt_163": "Way 3", "bt_52": "Bergen", "bt_53": "5003", "bt_54": "Vest", "bt_55": "NO", "bt_56": "Ola", "bt_57": "+47 2", "bt_58": "ola@example.org",
	"bt_59": "Factor AS", "bt_60": "P-1", "bt_60_1": "0088", "bt_61": "937173660", "bt_61_1": "0192", "bt_62": "Tax Rep", "bt_63": "NO937173660MVA", "bt_64": "Rep 1", "bt_65": "Rep 2", "bt_164": "Rep 3",
	"bt_66": "Moss", "bt_67": "1501", "bt_68": "Sør", "bt_69": "NO", "bt_70": "Site", "bt_71": "LOC-1", "bt_71_1": "0088", "bt_72": "2026-10-30", "bt_73": "2026-10-01", "bt_74": "2026-10-31",
	"bt_75": "Site 1", "bt_76": "Site 2", "bt_165": "Site 3", "bt_77": "Voss", "bt_78": "5700", "bt_79": "Nord", "bt_80": "NO",
	"bt_81": "30", "bt_82": "Credit transfer", "bt_83": "0529272148", "bt_87": "######1234", "bt_88": "K Nord", "bt_89": "M-1", "bt_90": "NO13ZZZ1", "bt_91": "NO9386011117947",
	"bt_106": 147.00, "bt_107": 7.00, "bt_108": 10.00, "bt_109": 150.00, "bt_110": 25.00, "bt_111": 287.50, "bt_112": 175.00, "bt_113": 25.00, "bt_114": 0.50, "bt_115": 150.50,
	"bt_21": "AAI", "bt_22": "First", "bg_1": [{"bt_21": "AAI", "bt_22": "First"}, {"bt_22": "Second & last"}],
	"bt_25": "F-0", "bt_26": "2026-09-30", "bg_3": [{"bt_25": "F-0", "bt_26": "2026-09-30"}, {"bt_25": "E-9"}],
	"bt_29": "7300010000001", "bt_29_1": "0088", "bt_29_all": [{"bt_29": "7300010000001", "bt_29_1": "0088"}, {"bt_29": "S-2"}],
	"bt_84": "NO9386011117947", "bt_85": "Fjellbygg", "bt_86": "DNBANOKK", "bg_17": [{"bt_84": "NO9386011117947", "bt_85": "Fjellbygg", "bt_86": "DNBANOKK"}, {"bt_84": "NO8330001234567"}],
	"bg_20": [{"bt_92": 7.00, "bt_93": 70.00, "bt_94": 10, "bt_95": "S", "bt_96": 25, "bt_97": "Loyal", "bt_98": "95"}],
	"bg_21": [{"bt_99": 10.00, "bt_100": 100.00, "bt_101": 10.0, "bt_102": "S", "bt_103": 25, "bt_104": "Freight", "bt_105": "FC"}],
	"bg_23": [{"bt_116": 100.00, "bt_117": 25.00, "bt_118": "S", "bt_119": 25}, {"bt_116": 50.00, "bt_117": 0.00, "bt_118": "E", "bt_119": 0, "bt_120": "Exempt", "bt_121": "VATEX-EU-132"}],
	"bg_24": [{"bt_122": "A-1", "bt_123": "Terms", "bt_124": "https://example.org/?a=1&b=2"}, {"bt_122": "A-2", "bt_125": "QQ==", "bt_125_1": "text/csv", "bt_125_2": "a\"b.csv"}],
	"bg_25": [{"bt_126": "1", "bt_127": "Line note", "bt_128": "CARD-7", "bt_128_1": "ABT", "bt_129": 10, "bt_130": "C62", "bt_131": 97.00, "bt_132": "PL-1", "bt_133": "4401", "bt_134": "2026-10-01", "bt_135": "2026-10-15",
			"bt_146": 10.0000, "bt_147": 1.00, "bt_148": 11.00, "bt_149": 1, "bt_150": "C62", "bt_151": "S", "bt_152": 25, "bt_153": "Plank > 2 m", "bt_154": "Pine", "bt_155": "S-1", "bt_156": "B-1", "bt_157": "7300010000001", "bt_157_1": "0160", "bt_159": "SE",
			"bt_136": 5.00, "bt_137": 100.00, "bt_138": 5, "bt_139": "Bulk", "bt_140": "95", "bg_27": [{"bt_136": 5.00, "bt_137": 100.00, "bt_138": 5, "bt_139": "Bulk", "bt_140": "95"}],
			"bt_141": 2.00, "bt_142": 100.00, "bt_143": 2, "bt_144": "Cutting", "bt_145": "ABL", "bg_28": [{"bt_141": 2.00, "bt_142": 100.00, "bt_143": 2, "bt_144": "Cutting", "bt_145": "ABL"}],
			"bt_158": [{"bt_158": "30103600", "bt_158_1": "TST", "bt_158_2": "19"}, {"bt_158": "44", "bt_158_1": "STI"}], "bg_32": [{"bt_160": "Colour", "bt_161": "Red"}, {"bt_160": "Length", "bt_161": "2"}]},
		{"bt_126": "2", "bt_129": 1, "bt_130": "C62", "bt_131": 50.00, "bt_146": 50, "bt_151": "E", "bt_152": 0, "bt_153": "Course"}]}');
INSERT INTO sample SELECT 'credit note', invoice - 'bt_8' || '{"bt_3": "381", "bt_7": "2026-10-30"}' FROM sample;
CREATE FUNCTION pg_temp.say(content bytea) RETURNS SETOF text LANGUAGE sql AS $$ SELECT regexp_split_to_table(replace(convert_from(content, 'UTF8'), '><', E'>\n<'), E'\n') $$;

\pset format unaligned
SELECT * FROM pg_temp.say((SELECT mailroom.write_invoice(invoice, 'ubl') FROM sample WHERE name = 'full'));
SELECT * FROM pg_temp.say((SELECT mailroom.write_invoice(invoice, 'cii') FROM sample WHERE name = 'full'));
-- a credit note: other names and another order
SELECT n, line FROM pg_temp.say((SELECT mailroom.write_invoice(invoice, 'ubl') FROM sample WHERE name = 'credit note')) WITH ORDINALITY AS s (line, n)
WHERE line ~ 'Note>|CreditNote|TaxPointDate|DueDate|Credited|DocumentReference>|>50<|PROJ|TEN-1' ORDER BY n;
\pset format aligned
-- what is written is what was there, whatever the kind; and it has no faults
CREATE FUNCTION pg_temp.difference(format text, invoice jsonb) RETURNS TABLE (key text, written jsonb, read jsonb) LANGUAGE sql AS $$
	SELECT key, w.value, r.value
	FROM jsonb_each(invoice) AS w FULL JOIN jsonb_each(mailroom.parse_invoice(mailroom.write_invoice(invoice, format, false)) - '{format,self_billed,line_count,extra}'::text[]) AS r USING (key)
	WHERE w.value IS DISTINCT FROM r.value ORDER BY key $$;
SELECT name, d.* FROM sample, pg_temp.difference('ubl', invoice) AS d ORDER BY 1, 2;
SELECT name, v.* FROM sample, mailroom.validate_invoice(mailroom.write_invoice(invoice, 'ubl', false)) AS v WHERE severity = 'fatal' ORDER BY 1, 2;
-- CII puts identifiers without a scheme first
SELECT name, d.* FROM sample, pg_temp.difference('cii', invoice) AS d ORDER BY 1, 2;
SELECT name, v.* FROM sample, mailroom.validate_invoice(mailroom.write_invoice(invoice, 'cii', false)) AS v WHERE severity = 'fatal' ORDER BY 1, 2;
-- every term of the document and its groups was in it, but the due date code and date of VAT exclude each other
SELECT count(DISTINCT term) AS terms
FROM sample, LATERAL (SELECT jsonb_path_query(invoice, 'strict $.** ? (@.type() == "object").keyvalue().key') ->> 0) AS t (term) WHERE term ~ '^bt_[0-9_]+$';

-- the profiles say who they are
SELECT f.format, p.invoice ->> 'bt_24' AS specification, p.invoice ->> 'bt_23' AS process, p.invoice ->> 'bt_3' AS type, p.invoice ->> 'format' AS read_as, p.invoice ->> 'bt_22' AS note
FROM sample, (VALUES ('peppol'), ('peppol-selfbilling'), ('cius-ro'), ('xrechnung')) AS f (format), LATERAL (SELECT mailroom.parse_invoice(mailroom.write_invoice(invoice - 'bt_23', f.format, false))) AS p (invoice)
ORDER BY name, f.format;
SELECT mailroom.parse_invoice(mailroom.write_invoice('{"bt_1": "x", "bt_24": "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0#conformant#urn:xeinkauf.de:kosit:extension:xrechnung_3.0"}', 'xrechnung', false)) ->> 'bt_24' AS extension_stays;

-- what cannot be written
CREATE FUNCTION pg_temp.refusal(change jsonb, format text, checked boolean DEFAULT true) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text;
	detail text;
BEGIN
	PERFORM mailroom.write_invoice(jsonb_strip_nulls((SELECT invoice FROM sample WHERE name = 'full') || change), format, checked);
	RETURN 'written';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN format('%s %s [%s]', SQLSTATE, SQLERRM, detail);
END $$;
SELECT pg_temp.refusal(asked, format) AS refusal
FROM (VALUES ('{}', 'ubl'), ('{"bt_1": null}', 'ubl'), ('{"bt_5": ""}', 'ubl'), ('{"bt_34_1": null}', 'ubl'), ('{"bt_34_1": null}', 'peppol'), ('{"bt_10": null, "bt_13": null}', 'peppol'), ('{"bt_3": "389"}', 'peppol'),
	('{"bg_25": []}', 'ubl'), ('{"bg_25": [{"bt_126": "1"}, {"bt_129": 2}]}', 'ubl'), ('{"bg_23": null}', 'ubl'), ('{"bt_20": "a\u000bb"}', 'ubl'), ('{"bt_20": "a\uffffb"}', 'ubl'), ('{"bt_20": "a\uf8ffb"}', 'ubl'),
	('{"bg_24": [{"bt_122": "x\u0007"}]}', 'ubl'), ('{"bt_47": null}', 'ubl'), ('{"bt_47": null}', 'cii'), ('{"bt_106": 147.01}', 'ubl'), ('{"bt_999": 1}', 'ubl'), ('{"bt_131": 1}', 'ubl'), ('{"bt_1": true}', 'ubl'), ('{"bt_1": {"a": 1}}', 'ubl'), ('{"bg_25": {}}', 'ubl'), ('{"bg_25": [1]}', 'ubl'),
	('{"bg_20": 5}', 'ubl'), ('{"bg_20": [5]}', 'ubl'), ('{"bg_20": [{"bt_1": 5}]}', 'ubl'), ('{}', 'edi')) AS c (change, format), LATERAL (SELECT c.change::jsonb) AS j (asked);
SELECT mailroom.write_invoice('[1]'::jsonb, 'ubl', false);
SELECT mailroom.write_invoice('1'::jsonb, 'ubl', false);
\pset format unaligned
SELECT convert_from(mailroom.write_invoice('{}'::jsonb, 'ubl', false), 'UTF8') AS nothing_but_the_frame;
\pset format aligned

-- a draft keeps a scheme without its identifier
SELECT mailroom.parse_invoice(mailroom.write_invoice('{"bt_47_1": "0192", "bg_25": [{"bt_126": "1", "bt_150": "C62"}]}', f, false)) - 'format' AS draft FROM (VALUES ('ubl'), ('cii')) AS x (f);

-- stored invoices are written as they were read
SELECT mailroom.create_issuer('Writer AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
SELECT mailroom.create_issuer('Foreign AS', 'NO', 'Europe/Oslo', 'NOK') AS other \gset
CREATE TEMP TABLE stored AS SELECT name, (invoice || jsonb_build_object('bt_1', 'W-' || name)) - 'bg_24' AS invoice FROM sample;
INSERT INTO stored SELECT 'plain', invoice || '{"bt_1": "W-plain", "bg_1": [{"bt_22": "Only"}], "bg_3": [{"bt_25": "F-0"}], "bg_17": [{"bt_84": "NO9386011117947"}], "bt_85": null, "bt_86": null, "bt_21": null, "bt_26": null}' FROM stored WHERE name = 'full';
INSERT INTO stored SELECT 'attached', invoice || '{"bt_1": "W-attached", "bg_24": [{"bt_122": "A-2", "bt_125": "QQ==", "bt_125_1": "text/csv", "bt_125_2": "a.csv"}]}' FROM stored WHERE name = 'full';
INSERT INTO mailroom.import_file (issuer_id, file_name, content) SELECT :issuer, 'x', convert_to('<all>' || string_agg(substr(convert_from(mailroom.write_invoice(jsonb_strip_nulls(invoice), 'ubl'), 'UTF8'), 40), '' ORDER BY name) || '</all>', 'UTF8') FROM stored;
SELECT mailroom.import_file_job(:issuer, 0, jsonb_build_object('file_id', (SELECT max(file_id) FROM mailroom.import_file WHERE issuer_id = :issuer))) \g /dev/null
SELECT state, accepted_count FROM mailroom.import_file WHERE issuer_id = :issuer;
CREATE FUNCTION pg_temp.written(issuer bigint, number text) RETURNS bytea LANGUAGE sql AS $$
	SELECT mailroom.write_invoice(issuer_id, invoice_id, 'ubl') FROM mailroom.invoice WHERE issuer_id = issuer AND invoice_number = number $$;
SELECT s.name, x.*
FROM (SELECT s.name, f.file FROM stored s, mailroom.import_file i, mailroom.parse_invoices(i.content) AS f (file)
		WHERE i.issuer_id = :issuer AND f.file ->> 'bt_1' = s.invoice ->> 'bt_1') AS s,
	LATERAL (SELECT mailroom.parse_invoice(pg_temp.written(:issuer, 'W-' || s.name)) - 'extra') AS w (invoice),
	LATERAL (SELECT key, f.value, t.value FROM jsonb_each(s.file - 'extra') AS f FULL JOIN jsonb_each(w.invoice) AS t USING (key)
		WHERE f.value IS DISTINCT FROM t.value) AS x (key, in_file, from_tables)
ORDER BY 1, 2;
-- many at once, in the order asked for
SELECT i.invoice_number, w.content = pg_temp.written(:issuer, i.invoice_number) AS same
FROM mailroom.write_invoices(:issuer, ARRAY(SELECT invoice_id FROM mailroom.invoice WHERE issuer_id = :issuer ORDER BY invoice_number DESC), 'ubl') WITH ORDINALITY AS w (invoice_id, content, n)
	JOIN mailroom.invoice i ON i.issuer_id = :issuer AND i.invoice_id = w.invoice_id ORDER BY n;
SELECT count(*) FROM mailroom.write_invoices(:issuer, '{}', 'ubl');
-- who may
CREATE ROLE write_reader;
SELECT FROM mailroom.grant_role('reader', 'write_reader', ARRAY[:other]);
CREATE FUNCTION pg_temp.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	RETURN format('%s %s', SQLSTATE, regexp_replace(SQLERRM, '[0-9]+', 'N'));
END $$;
SELECT format('SELECT mailroom.write_invoice(%s, %s, ''ubl'')', issuer_id, invoice_id) AS one FROM mailroom.invoice WHERE issuer_id = :issuer AND invoice_number = 'W-full' \gset
SET ROLE write_reader;
SELECT pg_temp.try(:'one') AS foreign_issuer;
RESET ROLE;
SELECT FROM mailroom.grant_role('reader', 'write_reader', ARRAY[:issuer]);
SET ROLE write_reader;
SELECT pg_temp.try(:'one') AS own_issuer;
RESET ROLE;
CREATE ROLE write_nobody;
GRANT USAGE ON SCHEMA mailroom TO write_nobody;
SET ROLE write_nobody;
SELECT pg_temp.try(:'one') AS nobody;
SELECT pg_temp.try('SELECT mailroom.write_invoice(''{}''::jsonb, ''ubl'', false)') AS pure;
RESET ROLE;
ROLLBACK;
