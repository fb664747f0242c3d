-- EDIFACT interchanges: what they say, how they are written, and what is wrong with them
SET client_min_messages = warning;
CREATE TEMP TABLE edi (name text PRIMARY KEY, content text);
INSERT INTO edi VALUES ('invoice', $$UNA:+.? '
UNB+UNOC:3+7300010000001:14+7300010000002:14+261101:0800+I-77'
UNH+1+INVOIC:D:96A:UN:EAN008'
BGM+380+F-1001+9'
DTM+137:20261031:102'
DTM+263:2026100120261031:718'
DTM+35:202610301200:203'
FTX+AAI+++Cards of October, in two parts that fill the seventy characters of a piece:, and go on'
FTX+ZZZ+++Ask at ?+47 22 00 00 00?: we answer'
FTX+PMT+++14 days net'
RFF+ON:PO-7'
RFF+CT:C-2026'
RFF+PQ:6669247709'
RFF+IV:F-0900'
DTM+171:20260930:102'
RFF+ZZZ:unknown'
NAD+SE+954822095::91++Nordkort AS+Havnegata 1:Door 2+Oslo++0150+NO'
RFF+VA:NO954822095MVA'
FII+RB+NO2415945354405:Nordkort AS+DNBANOKK'
CTA+SU+:Billing desk'
COM+22000000:TE'
COM+billing@example.org:EM'
NAD+BY+7300010000002::9++Fjordtransport:AS+Kaigata 3+Bergen++5003+NO'
RFF+VA:NO832901040MVA'
NAD+DP++Warehouse:Kaigata 9:5003 Bergen'
NAD+FW+++Carrier AS'
RFF+VA:NO1'
CUX+2:NOK:4'
PAT+1'
DTM+13:20261114:102'
PAT+22'
DTM+12:20261105:102'
PCD+12:2'
ALC+C+Invoice fee+++FC'
MOA+23:50'
TAX+7+VAT+++:::25+S'
ALC+A++++DI'
PCD+1:10'
MOA+204:15.00'
MOA+25:150.00'
TAX+7+VAT+++:::25+S'
LIN+1++7300010000019:EN'
PIA+5+A-1:SA+B-1:IN'
PIA+1+15101505:TST'
IMD+F++:::Diesel, station Lillestrøm'
IMD+C++HEAVY'
QTY+47:5.5:LTR'
QTY+46:6:LTR'
DTM+263:20261001-20261015:718'
MOA+203:100.00'
PRI+AAA:20:::1:LTR'
RFF+ON:PO-7:3'
TAX+7+VAT+++:::25+S'
ALC+A+Bonus'
MOA+8:10'
LIN+2'
IMD+F++:::It?'s a ? and a ??'
QTY+47:2:PCE'
MOA+203:50.00'
PRI+AAA:25'
TAX+7+VAT+++:::25+S'
UNS+S'
CNT+2:2'
CNT+1:7.5'
MOA+79:150.00'
MOA+125:185.00'
MOA+176:46.25'
MOA+77:231.25'
MOA+9:231.25'
TAX+7+VAT+++:::25+S'
MOA+125:185.00'
MOA+124:46.25'
UNT+71+1'
UNZ+1+I-77'
$$);
SELECT jsonb_pretty(mailroom.parse_invoice(convert_to(content, 'LATIN1'))) FROM edi;
SELECT rule, severity, location, message FROM edi, mailroom.validate_invoice(convert_to(content, 'LATIN1'));

-- the same in UTF-8, with other service characters, in lines of 40 bytes, and without line breaks
CREATE TEMP VIEW plain AS SELECT replace(content, 'Lillestrøm', 'Lillestrom') AS content FROM edi;
CREATE TEMP VIEW flat AS SELECT replace(content, E'\n', '') AS content FROM plain;
CREATE TEMP VIEW variant AS
SELECT 'utf-8' AS name, convert_to(replace(content, 'UNOC:3', 'UNOW:4'), 'UTF8') AS bytes FROM edi
UNION ALL SELECT 'service', convert_to('UNA|~,! ;' || translate(replace(substr(content, 10), '?', '!'), ':+.''', '|~,;'), 'LATIN1') FROM plain
UNION ALL SELECT 'wrapped', convert_to(left(content, 9) || E'\n' || regexp_replace(substr(content, 10), '(.{40})', E'\\1\r\n', 'g'), 'LATIN1') FROM flat
UNION ALL SELECT 'one line', convert_to(content, 'LATIN1') FROM flat
UNION ALL SELECT 'no UNA, after blanks', convert_to(E' \n' || substr(content, 10), 'LATIN1') FROM flat;
SELECT name, j ->> 'bt_1' AS number, j ->> 'bt_112' AS total, j #>> '{bg_25,0,bt_129}' AS quantity, j #>> '{bg_25,0,bt_153}' AS item, j ->> 'line_count' AS lines,
	(SELECT count(*) FROM mailroom.validate_invoice(bytes)) AS findings
FROM variant, mailroom.parse_invoices(bytes) AS j ORDER BY name;

-- several messages, groups and interchanges; a message of another type is named
CREATE TEMP VIEW message AS SELECT substring(content FROM 'UNH.*UNT[^'']*''') AS text FROM flat;
CREATE FUNCTION pg_temp.interchange(messages text, trailer text) RETURNS bytea LANGUAGE sql AS
$$SELECT convert_to('UNB+UNOC:3+A+B+261101:0800+X1''' || messages || trailer, 'LATIN1')$$;
SELECT j ->> 'bt_1' AS number FROM message, mailroom.parse_invoices(pg_temp.interchange(text || replace(replace(text, 'UNH+1+', 'UNH+2+'), 'UNT+71+1', 'UNT+71+2'), 'UNZ+2+X1''')) AS j;
SELECT count(*) FROM message, mailroom.parse_invoices(pg_temp.interchange('UNG+INVOIC+A+B+261101:0800+G1+UN+D:96A''' || text || 'UNE+1+G1''', 'UNZ+1+X1''')
	|| pg_temp.interchange(text, 'UNZ+1+X1''')) AS j;
CREATE TEMP VIEW fault AS
SELECT 1 AS no, 'orders' AS name, pg_temp.interchange('UNH+9+ORDERS:D:96A:UN''BGM+220+1''UNT+3+9''' || text, 'UNZ+2+X1''') AS bytes FROM message
UNION ALL SELECT 2, 'counts', pg_temp.interchange(replace(text, 'UNT+71', 'UNT+70'), 'UNZ+3+X2''') FROM message
UNION ALL SELECT 3, 'control totals', pg_temp.interchange(replace(replace(text, 'CNT+2:2', 'CNT+2:3'), 'CNT+1:7.5', 'CNT+1:7'), 'UNZ+1+X1''') FROM message
UNION ALL SELECT 4, 'no UNZ', pg_temp.interchange(text, '') FROM message
UNION ALL SELECT 5, 'no UNT', pg_temp.interchange(replace(text, 'UNT+71+1''', ''), 'UNZ+1+X1''') FROM message
UNION ALL SELECT 6, 'cut', substr(pg_temp.interchange(text, ''), 1, 700) FROM message
UNION ALL SELECT 7, 'no tag', pg_temp.interchange(replace(text, 'CUX+2', 'C+2'), 'UNZ+1+X1''') FROM message
UNION ALL SELECT 8, 'outside', pg_temp.interchange('BGM+380+1''', 'UNZ+0+X1''')
UNION ALL SELECT 9, 'empty interchange', pg_temp.interchange('', 'UNZ+0+X1''')
UNION ALL SELECT 10, 'letters beyond the set', convert_to(replace(convert_from(pg_temp.interchange(replace(text, 'Lillestrom', 'Lillestrøm'), 'UNZ+1+X1'''), 'LATIN1'), 'UNOC:3', 'UNOB:2'), 'LATIN1') FROM message
UNION ALL SELECT 11, 'wrong bytes', convert_to(replace(convert_from(pg_temp.interchange(replace(text, 'Lillestrom', 'Lillestrøm'), 'UNZ+1+X1'''), 'LATIN1'), 'UNOC:3', 'UNOW:4'), 'LATIN1') FROM message
UNION ALL SELECT 12, 'values', pg_temp.interchange(replace(replace(replace(text, '137:20261031', '137:20260230'), 'QTY+47:5.5', 'QTY+47:5x5'), 'UNT+71', 'UNT+0071'), 'UNZ+1+X1''') FROM message
UNION ALL SELECT 13, 'parts', pg_temp.interchange(replace(text, 'CUX+2', 'CUX' || repeat('+', 300)), 'UNZ+1+X1''') FROM message
UNION ALL SELECT 14, 'set', convert_to(replace(convert_from(pg_temp.interchange(text, 'UNZ+1+X1'''), 'LATIN1'), 'UNOC:3', 'UNOX:3'), 'LATIN1') FROM message;
SELECT name, rule, severity, location, message FROM fault, mailroom.validate_invoice(bytes) WITH ORDINALITY AS v (rule, severity, location, message, v_no) ORDER BY no, v_no;

-- limits
SET mailroom.invoice_value_limit = '1kB';
SELECT rule, message FROM message, mailroom.validate_invoice(pg_temp.interchange(replace(text, 'Cards of', repeat('x', 1100)), 'UNZ+1+X1'''));
SELECT rule, message FROM message, mailroom.validate_invoice(convert_to('UNB+' || repeat('?''', 1000000), 'LATIN1'));
RESET mailroom.invoice_value_limit;

-- an object that follows its invoice
SELECT j -> 'bg_24' AS documents FROM message, mailroom.parse_invoices(convert_to('UNB+UNOW:4+A+B+20261101:0800+X1''' || text || 'UNO+P1+1:Doc1+13:text/plain+12''Hello''+worldUNP+12+P1''UNZ+1+X1''', 'UTF8')) AS j;

-- imported: a wrong count refuses the file, a fault of one invoice sets that one aside
SELECT mailroom.create_issuer('EDIFACT', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
INSERT INTO mailroom.import_file (issuer_id, file_name, content)
SELECT :issuer, 'good.edi', pg_temp.interchange(text || replace(replace(replace(text, 'UNH+1+', 'UNH+2+'), 'UNT+71+1', 'UNT+71+2'), 'BGM+380+F-1001', 'BGM+380+F-1002'), 'UNZ+2+X1''') FROM message
UNION ALL SELECT :issuer, 'count.edi', pg_temp.interchange(replace(text, 'BGM+380+F-1001', 'BGM+380+F-1003'), 'UNZ+2+X1''') FROM message
UNION ALL SELECT :issuer, 'control.edi', pg_temp.interchange(replace(replace(text, 'BGM+380+F-1001', 'BGM+380+F-1004'), 'CNT+2:2', 'CNT+2:3'), 'UNZ+1+X1''') FROM message
UNION ALL SELECT :issuer, 'orders.edi', pg_temp.interchange('UNH+9+ORDERS:D:96A:UN''BGM+220+1''UNT+3+9''', 'UNZ+1+X1''');
CALL mailroom.run_jobs();
SELECT f.file_name, f.state, i.invoice_number, i.format, i.state = 'set_aside' AS set_aside FROM mailroom.import_file f LEFT JOIN mailroom.invoice i USING (issuer_id, file_id) WHERE f.issuer_id = :issuer ORDER BY 1, 3;
SELECT f.file_name, x.rule, x.message FROM mailroom.import_fault x JOIN mailroom.import_file f USING (issuer_id, file_id) WHERE issuer_id = :issuer ORDER BY 1, 2;
