\pset null '(none)'
-- payloads of payment codes: made, read, refused with a reason
SELECT mailroom.make_epc_code('Oy Testi Ab', 'FI37 1590 3000 0007 76', 12.50, reference => 'RF18 5390 0754 7034');
SELECT mailroom.make_epc_code(name => 'Åke Öström AB', iban => 'FI3715903000000776', message => 'Lasku 998', charset => 2);
SELECT mailroom.make_polish_code('Żółty Żuraw SA', 'PL 33 3753 6586 3220 4741 9340 8363', 12.5, 'FV 3274/2026', reserved3 => 'x');
SELECT mailroom.make_finnish_barcode('FI3715903000000776', '1111 2', 1234.56, '2026-11-30');
SELECT mailroom.make_finnish_barcode('FI3715903000000776', 'RF98 1111 2', 1000000);
SELECT * FROM mailroom.parse_finnish_barcode('437159030000007760012345600000000000000000011112261130');
SELECT * FROM mailroom.parse_finnish_barcode('537159030000007760000000098000000000000000011112000000');
SELECT * FROM mailroom.parse_biller_barcode('biller=1..3;due=4..13@DD/MM/YYYY;sum=14..20@DEC;cents=21..26@CENTS', 'ABC29/02/20240012.50000345');

-- each refusal has SQLSTATE MR011 and a reason code
CREATE FUNCTION pg_temp.refusal(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	EXECUTE 'SELECT ' || query;
	RETURN 'taken';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN SQLSTATE || ' ' || SQLERRM || ' / ' || detail;
END;
$$;
SELECT pg_temp.refusal('mailroom.make_epc_code(' || arguments || ')')
FROM (VALUES
	(1, $$NULL, 'FI3715903000000776'$$), (2, $$'A', NULL$$), (3, $$'A', 'FI3715903000000777'$$),
	(4, $$'A', 'FI3715903000000776', 0$$), (5, $$'A', 'FI3715903000000776', 1000000000$$),
	(6, $$'A', 'FI3715903000000776', 1.001$$), (7, $$'A', 'FI3715903000000776', 'NaN'$$),
	(8, $$E'A\nB', 'FI3715903000000776'$$), (9, $$'Ź', 'FI3715903000000776', charset => 2$$),
	(10, $$'A', 'FI3715903000000776', bic => 'NDEAF1HH'$$), (11, $$'A', 'FI3715903000000776', bic => 'NDEA'$$),
	(12, $$'A', 'FI3715903000000776', purpose => 'GDDSX'$$), (13, $$'A', 'FI3715903000000776', purpose => 'gd'$$),
	(14, $$'A', 'FI3715903000000776', reference => 'RF19539007547034'$$),
	(15, $$'A', 'FI3715903000000776', reference => '11112', message => 'b'$$),
	(16, $$'A', 'FI3715903000000776', reference => repeat('1', 36)$$),
	(17, $$repeat('Ż', 70), 'FI3715903000000776', message => repeat('Ż', 140)$$),
	(18, $$'A', 'FI3715903000000776', charset => 3$$)
) AS r (row_no, arguments) ORDER BY row_no;
SELECT pg_temp.refusal('mailroom.make_polish_code(' || arguments || ')')
FROM (VALUES
	(1, $$'', '24160000035175530643314956', 1, 't'$$), (2, $$repeat('n', 21), '24160000035175530643314956', 1, 't'$$),
	(3, $$'n', '24160000035175530643314957', 1, 't'$$), (4, $$'n', '24160000035175530643314956', 10000, 't'$$),
	(5, $$'n', '24160000035175530643314956', -1, 't'$$), (6, $$'n', '24160000035175530643314956', 1, repeat('t', 33)$$),
	(7, $$'n', '24160000035175530643314956', 1, 'a|b'$$), (8, $$'n', '24160000035175530643314956', 1, 't', '123'$$),
	(9, $$'n', '24160000035175530643314956', 1, 't', '521434963a'$$), (10, $$'n', '24160000035175530643314956', 1, 't', NULL, 'DE'$$),
	(11, $$'n', '24160000035175530643314956', 1, 't', reserved2 => '1234567890123'$$)
) AS r (row_no, arguments) ORDER BY row_no;
SELECT pg_temp.refusal('mailroom.make_finnish_barcode(' || arguments || ')')
FROM (VALUES
	(1, $$'SE7088813383668813459573', '11112'$$), (2, $$'FI3715903000000777', '11112'$$), (3, $$'FI3715903000000776', '11113'$$),
	(4, $$'FI3715903000000776', 'RF04J4'$$), (5, $$'FI3715903000000776', '11112', -1$$),
	(6, $$'FI3715903000000776', '11112', 1, '2100-01-01'$$), (7, $$'FI3715903000000776', '11112', 1, 'infinity'$$)
) AS r (row_no, arguments) ORDER BY row_no;
SELECT pg_temp.refusal('mailroom.parse_biller_barcode(' || arguments || ')')
FROM (VALUES
	(1, $$NULL, 'a'$$), (2, $$'a', 'a'$$), (3, $$'a=0..1', 'a'$$), (4, $$'a=2..1', 'a'$$), (5, $$'a=1..101', 'a'$$),
	(6, $$'a=1..3@CENTS', '123'$$), (7, $$'a=1..4@EUR', '1234'$$), (8, $$'a=1..9@DD/MM/YYYY', '1'$$), (9, $$'a=1..2;', 'abc'$$),
	(10, $$'a=1..4@DEC', '1234'$$), (11, $$'a=1..4@CENTS', '12a4'$$), (12, $$'a=1..10@DD/MM/YYYY', '29/02/2025'$$),
	(13, $$'a=1..10@DD/MM/YYYY', '29.02.2024'$$), (14, $$'a=1..2', 'ż'$$), (15, $$repeat('a=1..1;', 33), 'a'$$), (16, $$'a=1..1x', 'a'$$)
) AS r (row_no, arguments) ORDER BY row_no;
