-- Polish structured invoices, FA(3) and FA(2): what they say
SET client_min_messages = warning;
SET mailroom.clock = '2026-11-22T12:00:00Z';
CREATE TEMP TABLE sample (name text PRIMARY KEY, content text);
INSERT INTO sample VALUES ('invoice', '<?xml version="1.0" encoding="UTF-8"?>
<Faktura xmlns="http://crd.gov.pl/wzor/2025/06/25/13775/">
<Naglowek><KodFormularza kodSystemowy="FA (3)" wersjaSchemy="1-0E">FA</KodFormularza><WariantFormularza>3</WariantFormularza><DataWytworzeniaFa>2026-10-31T10:00:00Z</DataWytworzeniaFa><SystemInfo>mailroom</SystemInfo></Naglowek>
<Podmiot1><DaneIdentyfikacyjne><NIP>5260001246</NIP><Nazwa>Paliwa Wisła Sp. z o.o.</Nazwa></DaneIdentyfikacyjne><Adres><KodKraju>PL</KodKraju><AdresL1>ul. Portowa 1</AdresL1><AdresL2>80-001 Gdańsk</AdresL2><GLN>5900000000008</GLN></Adres><DaneKontaktowe><Email>faktury@example.org</Email><Telefon>222222222</Telefon></DaneKontaktowe></Podmiot1>
<Podmiot2><DaneIdentyfikacyjne><NIP>7250018312</NIP><Nazwa>Transport Łódź S.A.</Nazwa></DaneIdentyfikacyjne><Adres><KodKraju>PL</KodKraju><AdresL1>ul. Długa 5</AdresL1><AdresL2>skr. poczt. 7</AdresL2></Adres><NrKlienta>4100/033</NrKlienta><IDNabywcy>0001</IDNabywcy><JST>2</JST><GV>2</GV></Podmiot2>
<Podmiot3><DaneIdentyfikacyjne><BrakID>1</BrakID><Nazwa>Odbiorca</Nazwa></DaneIdentyfikacyjne><Rola>2</Rola></Podmiot3>
<Fa><KodWaluty>PLN</KodWaluty><P_1>2026-10-31</P_1><P_1M>Gdańsk</P_1M><P_2>FV/2026/10/7</P_2><WZ>WZ-1</WZ><OkresFa><P_6_Od>2026-10-01</P_6_Od><P_6_Do>2026-10-31</P_6_Do></OkresFa>
<P_13_1>190.00</P_13_1><P_14_1>43.70</P_14_1><P_13_2>100.00</P_13_2><P_14_2>8.00</P_14_2><P_13_6_2>50.00</P_13_6_2><P_13_7>30.00</P_13_7><P_15>421.70</P_15>
<Adnotacje><P_16>2</P_16><P_17>2</P_17><P_18>2</P_18><P_18A>1</P_18A><Zwolnienie><P_19>1</P_19><P_19A>art. 43 ust. 1 pkt 1</P_19A></Zwolnienie><NoweSrodkiTransportu><P_22N>1</P_22N></NoweSrodkiTransportu><P_23>2</P_23><PMarzy><P_PMarzyN>1</P_PMarzyN></PMarzy></Adnotacje>
<RodzajFaktury>VAT</RodzajFaktury>
<DodatkowyOpis><Klucz>Uwagi</Klucz><Wartosc>Karty: październik</Wartosc></DodatkowyOpis><DodatkowyOpis><Klucz>Dział</Klucz><Wartosc>4100</Wartosc></DodatkowyOpis><DodatkowyOpis><Klucz>Warunki płatności</Klucz><Wartosc>14 dni</Wartosc></DodatkowyOpis>
<FaWiersz><NrWierszaFa>1</NrWierszaFa><UU_ID>u1</UU_ID><P_6A>2026-10-05</P_6A><P_7>Olej napędowy</P_7><Indeks>A-1</Indeks><GTIN>5900000000015</GTIN><PKWiU>19.20.26.0</PKWiU><CN>2710 19 43</CN><P_8A>LTR</P_8A><P_8B>10</P_8B><P_9A>20</P_9A><P_10>10.00</P_10><P_11>190.00</P_11><P_12>23</P_12><GTU>GTU_03</GTU></FaWiersz>
<FaWiersz><NrWierszaFa>2</NrWierszaFa><P_7>Gazeta</P_7><P_8A>szt.</P_8A><P_8B>1</P_8B><P_9B>108</P_9B><P_11A>108.00</P_11A><P_12>8</P_12></FaWiersz>
<FaWiersz><NrWierszaFa>3</NrWierszaFa><P_7>Część</P_7><P_11>50.00</P_11><P_12>0 WDT</P_12></FaWiersz>
<FaWiersz><NrWierszaFa>4</NrWierszaFa><P_7>Szkolenie</P_7><P_11>30.00</P_11><P_12>zw</P_12></FaWiersz>
<Rozliczenie><Odliczenia><Kwota>21.70</Kwota><Powod>Zaliczka</Powod></Odliczenia><SumaOdliczen>21.70</SumaOdliczen><DoZaplaty>400.00</DoZaplaty></Rozliczenie>
<Platnosc><TerminPlatnosci><Termin>2026-11-14</Termin></TerminPlatnosci><FormaPlatnosci>6</FormaPlatnosci><RachunekBankowy><NrRB>61109010140000071219812874</NrRB><SWIFT>WBKPPLPP</SWIFT><NazwaBanku>Bank</NazwaBanku></RachunekBankowy></Platnosc>
<WarunkiTransakcji><Umowy><NrUmowy>U-7</NrUmowy></Umowy><Zamowienia><DataZamowienia>2026-09-30</DataZamowienia><NrZamowienia>PO-7</NrZamowienia></Zamowienia></WarunkiTransakcji></Fa>
<Stopka><Informacje><StopkaFaktury>Kapitał zakładowy 5 000 000</StopkaFaktury></Informacje><Rejestry><KRS>0000099999</KRS></Rejestry></Stopka></Faktura>');
SELECT jsonb_pretty(mailroom.parse_invoice(convert_to(content, 'UTF8'))) FROM sample;
SELECT rule, severity, location, message FROM sample, mailroom.validate_invoice(convert_to(content, 'UTF8'));

-- kinds of invoices: what their amounts and codes become
CREATE FUNCTION pg_temp.turned(xml text) RETURNS text LANGUAGE sql AS
$$SELECT regexp_replace(xml, '<(P_13_[0-9_]*|P_14_[0-9]|P_15|P_8B|P_10|P_11|P_11A|Kwota|SumaOdliczen|DoZaplaty)>([0-9])', '<\1>-\2', 'g')$$;
CREATE TEMP VIEW variant AS
SELECT 'self-billed' AS name, replace(content, '<P_17>2', '<P_17>1') AS xml FROM sample
UNION ALL SELECT 'credit', replace(pg_temp.turned(content), '<RodzajFaktury>VAT</RodzajFaktury>', '<RodzajFaktury>KOR</RodzajFaktury><DaneFaKorygowanej><DataWystFaKorygowanej>2026-09-30</DataWystFaKorygowanej><NrFaKorygowanej>FV/1</NrFaKorygowanej><NrKSeFN>1</NrKSeFN></DaneFaKorygowanej>') FROM sample
UNION ALL SELECT 'self-billed credit', replace(replace(pg_temp.turned(content), '>VAT<', '>KOR<'), '<P_17>2', '<P_17>1') FROM sample
UNION ALL SELECT 'debit', replace(content, '>VAT<', '>KOR<') FROM sample
UNION ALL SELECT 'no change', regexp_replace(replace(regexp_replace(content, '<P_13_1>.*</P_15>', '<P_15>0</P_15>'), '>VAT<', '>KOR<'), '<FaWiersz>.*</Rozliczenie>', '') FROM sample
UNION ALL SELECT 'before and after', replace(replace(regexp_replace(regexp_replace(content, '<P_13_1>.*</P_15>', '<P_13_1>-40.00</P_13_1><P_14_1>-9.20</P_14_1><P_15>-49.20</P_15>'), '<FaWiersz><NrWierszaFa>2.*</Rozliczenie>',
	'<FaWiersz><NrWierszaFa>1</NrWierszaFa><P_7>Olej</P_7><P_8B>8</P_8B><P_11>150.00</P_11><P_12>23</P_12></FaWiersz>'), '>VAT<', '>KOR<'), '<GTU>GTU_03</GTU>', '<StanPrzed>1</StanPrzed>') FROM sample
UNION ALL SELECT 'advance', regexp_replace(replace(regexp_replace(content, '<P_13_1>.*</P_15>', '<P_13_1>100.00</P_13_1><P_14_1>23.00</P_14_1><P_15>123.00</P_15>'), '>VAT<', '>ZAL<'), '<FaWiersz>.*</Rozliczenie>', '') FROM sample
UNION ALL SELECT 'older rate', replace(replace(replace(content, '<P_12>23<', '<P_12>22<'), '43.70', '41.80'), '421.70', '419.80') FROM sample
UNION ALL SELECT 'rounded', replace(content, '<P_15>421.70', '<P_15>422') FROM sample
UNION ALL SELECT 'paid', replace(regexp_replace(content, '<Rozliczenie>.*</Rozliczenie>', ''), '<Platnosc>', '<Platnosc><Zaplacono>1</Zaplacono><DataZaplaty>2026-10-31</DataZaplaty>') FROM sample
UNION ALL SELECT 'paid in part', replace(regexp_replace(content, '<Rozliczenie>.*</Rozliczenie>', ''), '<Platnosc>', '<Platnosc><ZnacznikZaplatyCzesciowej>1</ZnacznikZaplatyCzesciowej><ZaplataCzesciowa><KwotaZaplatyCzesciowej>20.00</KwotaZaplatyCzesciowej><DataZaplatyCzesciowej>2026-10-31</DataZaplatyCzesciowej></ZaplataCzesciowa><ZaplataCzesciowa><KwotaZaplatyCzesciowej>1.70</KwotaZaplatyCzesciowej><DataZaplatyCzesciowej>2026-10-31</DataZaplatyCzesciowej></ZaplataCzesciowa>') FROM sample
UNION ALL SELECT 'EU buyer', regexp_replace(content, '<NIP>7250018312</NIP>', '<KodUE>DE</KodUE><NrVatUE>123456789</NrVatUE>') FROM sample
UNION ALL SELECT 'other payment', replace(content, '<FormaPlatnosci>6</FormaPlatnosci>', '<PlatnoscInna>1</PlatnoscInna><OpisPlatnosci>kompensata</OpisPlatnosci>') FROM sample
UNION ALL SELECT 'FA(2)', replace(replace(replace(replace(content, '2025/06/25/13775', '2023/06/29/12648'), 'FA (3)', 'FA (2)'), '<WariantFormularza>3', '<WariantFormularza>2'), '<JST>2</JST><GV>2</GV>', '') FROM sample;
SELECT name, j ->> 'format' AS format, j ->> 'bt_3' AS code, j ->> 'self_billed' AS self, j ->> 'bt_48' AS buyer, j ->> 'bt_106' AS lines, j ->> 'bt_109' AS net, j ->> 'bt_110' AS tax, j ->> 'bt_112' AS gross,
	j ->> 'bt_113' AS paid, j ->> 'bt_114' AS rounding, j ->> 'bt_115' AS due, j ->> 'bt_81' AS means, j ->> 'bt_25' AS preceding,
	(SELECT string_agg(concat_ws(' ', l ->> 'bt_129', l ->> 'bt_131', l ->> 'bt_136'), '; ') FROM jsonb_array_elements(j -> 'bg_25') AS l) AS amounts,
	(SELECT string_agg(concat_ws(' ', v ->> 'bt_118', v ->> 'bt_119', v ->> 'bt_116', v ->> 'bt_117', v ->> 'bt_120'), '; ') FROM jsonb_array_elements(j -> 'bg_23') AS v) AS breakdown
FROM variant, mailroom.parse_invoice(convert_to(xml, 'UTF8')) AS j ORDER BY name;
SELECT name, rule, severity, location, message FROM variant, mailroom.validate_invoice(convert_to(xml, 'UTF8')) ORDER BY name, rule;

-- what the schema forbids, and the system beyond it: one change each to the first invoice
CREATE TEMP TABLE change (no int GENERATED ALWAYS AS IDENTITY, name text, from_text text, to_text text);
INSERT INTO change (name, from_text, to_text) VALUES
	('element missing', '<P_2>FV/2026/10/7</P_2>', ''),
	('element missing at the end', '<JST>2</JST><GV>2</GV>', '<JST>2</JST>'),
	('wrong order', '<KodWaluty>PLN</KodWaluty><P_1>2026-10-31</P_1>', '<P_1>2026-10-31</P_1><KodWaluty>PLN</KodWaluty>'),
	('too often', '<KodWaluty>PLN</KodWaluty>', '<KodWaluty>PLN</KodWaluty><KodWaluty>PLN</KodWaluty>'),
	('unknown element', '<WZ>WZ-1</WZ>', '<Nowy>1</Nowy>'),
	('both of a choice', '<P_19>1</P_19>', '<P_19N>1</P_19N><P_19>1</P_19>'),
	('pair without its partner', '<P_14_2>8.00</P_14_2>', ''),
	('element in a value', '<P_1M>Gdańsk</P_1M>', '<P_1M><b>Gdańsk</b></P_1M>'),
	('no party', '<Podmiot2>.*</Podmiot2>', ''),
	('four contacts', '(<DaneKontaktowe>.*?</DaneKontaktowe>)', '\1\1\1\1'),
	('too long', 'Karty: październik', repeat('ż', 257)),
	('empty', '<Indeks>A-1</Indeks>', '<Indeks></Indeks>'),
	('code', '<P_12>23</P_12>', '<P_12>24</P_12>'),
	('country', '<KodKraju>PL</KodKraju>', '<KodKraju>XQ</KodKraju>'),
	('currency', '<KodWaluty>PLN', '<KodWaluty>ZŁ'),
	('amount with comma', '<P_11>190.00', '<P_11>190,00'),
	('three decimals', '<P_15>421.70', '<P_15>421.700'),
	('leading zero', '<P_8B>10<', '<P_8B>010<'),
	('date that does not exist', '<P_6A>2026-10-05', '<P_6A>2026-02-30'),
	('date out of range', '<P_6A>2026-10-05', '<P_6A>2005-10-05'),
	('time', '10:00:00Z', '25:00:00Z'),
	('line number', '<NrWierszaFa>1<', '<NrWierszaFa>0<'),
	('form of the NIP', '<NIP>7250018312<', '<NIP>725-001-83-12<'),
	('check digit of the NIP', '<NIP>7250018312<', '<NIP>7250018313<'),
	('KSeF number', '<RodzajFaktury>VAT</RodzajFaktury>', '<RodzajFaktury>KOR</RodzajFaktury><DaneFaKorygowanej><DataWystFaKorygowanej>2026-09-30</DataWystFaKorygowanej><NrFaKorygowanej>FV/1</NrFaKorygowanej><NrKSeF>1</NrKSeF><NrKSeFFaKorygowanej>5260001246-20261331-ABCDEF012345-4D</NrKSeFFaKorygowanej></DaneFaKorygowanej>'),
	('BIC', 'WBKPPLPP', 'WBKPPLP'),
	('mail', 'faktury@example.org', 'faktury'),
	('register', '<KRS>0000099999', '<KRS>99999'),
	('form', 'kodSystemowy="FA \(3\)"', 'kodSystemowy="FA (2)"'),
	('future', '<P_1>2026-10-31', '<P_1>2026-11-23'),
	('sum of lines', '<P_13_1>190.00</P_13_1><P_14_1>43.70</P_14_1>', '<P_13_1>290.00</P_13_1><P_14_1>66.70</P_14_1>'),
	('total without lines', '<P_13_7>30.00</P_13_7>', '<P_13_6_3>30.00</P_13_6_3>'),
	('tax', '<P_14_1>43.70', '<P_14_1>53.70'),
	('instruction', '<Naglowek>', '<?xml-stylesheet href="a.xsl"?><Naglowek>'),
	('encoding', 'encoding="UTF-8"', 'encoding="ISO-8859-1"'),
	('control character', 'Gazeta', E'Gaz\u0080eta'),
	('noncharacter', 'Gazeta', E'Gaz\uFDD0eta');
SELECT c.name, v.rule, v.severity, v.location, v.message
FROM sample, change c, mailroom.validate_invoice(convert_to(regexp_replace(content, from_text, to_text), 'UTF8')) WITH ORDINALITY AS v (rule, severity, location, message, v_no)
WHERE v.rule LIKE 'KSEF-%' ORDER BY c.no, v_no;
SELECT c.name AS unseen FROM sample, change c
WHERE NOT EXISTS (SELECT FROM mailroom.validate_invoice(convert_to(regexp_replace(content, from_text, to_text), 'UTF8')) WHERE rule LIKE 'KSEF-%') ORDER BY 1;
SELECT rule, message FROM sample, mailroom.validate_invoice('\xefbbbf'::bytea || convert_to(content, 'UTF8'));
SELECT rule, message FROM sample, mailroom.validate_invoice(convert_to(replace(content, '<Rozliczenie>', repeat(' ', 1000000) || '<Rozliczenie>'), 'UTF8'));
-- many faults are not listed one by one
SELECT count(*) < 110 AS limited FROM sample, mailroom.validate_invoice(convert_to(replace(content, '<WZ>WZ-1</WZ>', repeat('<X>1</X>', 1000)), 'UTF8'));

-- written
SELECT replace(convert_from(mailroom.write_invoice(mailroom.parse_invoice(convert_to(content, 'UTF8')), 'ksef-fa3'), 'UTF8'), '><', E'>\n<') AS written FROM sample;
SELECT name, key, b.value AS before, a.value AS after
FROM variant, LATERAL (SELECT mailroom.parse_invoice(convert_to(xml, 'UTF8')) - '{format,extra}'::text[] AS before) AS p,
	LATERAL (SELECT mailroom.parse_invoice(mailroom.write_invoice(before, 'ksef-fa3')) - '{format,extra}'::text[] AS after) AS w,
	LATERAL (SELECT * FROM jsonb_each(before) AS b FULL JOIN jsonb_each(after) AS a USING (key) WHERE a.value IS DISTINCT FROM b.value) AS d (key, b, a), LATERAL (SELECT d.b AS value) AS b, LATERAL (SELECT d.a AS value) AS a ORDER BY 1, 2;
-- allowances and charges of the document are lines, and what the form cannot hold is a fault
CREATE FUNCTION pg_temp.refusal(invoice jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM mailroom.write_invoice(invoice, 'ksef-fa3');
	RETURN 'written';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE TEMP VIEW base AS SELECT mailroom.parse_invoice(convert_to(content, 'UTF8')) AS j FROM sample;
SELECT jsonb_path_query_array(mailroom.parse_invoice(mailroom.write_invoice(j || '{"bg_20": [{"bt_92": 10.00, "bt_95": "S", "bt_96": 23, "bt_97": "Rabat stały"}], "bg_21": [{"bt_99": 30.00, "bt_102": "S", "bt_103": 23}], "bt_109": 390.00, "bt_110": 56.30, "bt_112": 446.30, "bt_113": 46.30}'
	|| jsonb_build_object('bg_23', jsonb_set(j -> 'bg_23', '{0}', '{"bt_116": 210.00, "bt_117": 48.30, "bt_118": "S", "bt_119": 23}')), 'ksef-fa3')), '$.bg_25[*] ? (@.bt_126 == "5" || @.bt_126 == "6")') AS lines FROM base;
SELECT pg_temp.refusal(j - 'bt_30' - 'bt_31') AS nip, pg_temp.refusal(jsonb_set(j, '{bg_25,0,bt_131}', '190.001')) AS decimals, pg_temp.refusal(jsonb_set(j, '{bg_23,0,bt_118}', '"L"')) AS category FROM base;
