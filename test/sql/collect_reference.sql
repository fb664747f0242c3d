-- payment references and identifiers: valid, made, printed, refused
\set VERBOSITY terse
\pset null '(valid)'
SELECT scheme, reference, mailroom.reference_problem(scheme, reference) AS problem
FROM (VALUES
	('no_kid_mod10', '123456782'), ('no_kid_mod10', '123456783'), ('no_kid_mod10', '1234 56782'), ('no_kid_mod10', '2'),
	('no_kid_mod10', '01234567890123456789012345'), ('no_kid_mod10', ''), ('no_kid_mod10', NULL),
	('no_kid_mod11', '123456785'), ('no_kid_mod11', '036536-'), ('no_kid_mod11', '0365-6-'),
	('no_kid', '123456782'), ('no_kid', '123456785'), ('no_kid', '123456780'),
	('se_ocr', '1230'), ('se_ocr_length', '12351'), ('se_ocr_length', '12369'), ('se_ocr_length', '12344'),
	('se_ocr_fixed:10,12', '1202951008'), ('se_ocr_fixed:11', '1202951008'), ('se_ocr_fixed:11;1', '1636919'),
	('se_ocr_fixed', '1636919'), ('se_ocr_fixed:10,11,12', '1202951008'),
	('bankgiro', '6405070'), ('bankgiro', '640-5071'), ('bankgiro', '640.5070'), ('bankgiro', '64-0'),
	('plusgiro', '28 65 43-4'), ('plusgiro', '1'),
	('fi_reference', '0012 34561'), ('fi_reference', '260'), ('fi_reference', '0000'),
	('rf', 'rf04 j4'), ('rf', 'RF99949027666'), ('rf', 'RF20.0000.3'), ('rf', 'XF04J4'),
	('iban', 'NO93 8601 1117 947'), ('iban', 'NO9486011117947'), ('iban', 'XX9386011117947'), ('iban', 'NO938601111794'),
	('iban', 'NO93860111179A7'), ('iban', 'SE0031279030303268228967'),
	('pl_nrb', '24 1600 0000 3517 5530 6433 1495 6'), ('pl_nrb', '24160000035175530643314956'), ('pl_nrb', '2416'),
	('pl_ksef_number', '9045893108-20261106-3DED5C3690AB-5C'), ('pl_ksef_number', '9045893108-20261106-3ded5c3690ab-5C'),
	('pl_ksef_number', '9045893108-20261131-3DED5C3690AB-5C'),
	('no_orgnr', '965920358'), ('no_mva', '965920358'), ('no_mva', 'NO 965 920 358 MVA'),
	('ch_esr', '18 78583'), ('eu_vat', 'BE (0)468.561.072'), ('eu_vat', 'US123456789'), ('eu_vat', 'DE136308784')
) AS r (scheme, reference);

SELECT scheme, payload, mailroom.make_reference(scheme, payload) AS made
FROM (VALUES
	('no_kid_mod10', '12345678'), ('no_kid_mod11', '12345678'), ('no_kid_mod11', '036536'), ('no_kid', '0001'),
	('se_ocr', '123'), ('se_ocr_length', '1234567890'), ('se_ocr_length:pad=0', '123'), ('se_ocr_length:minlen=5', '0'),
	('se_ocr_fixed:10', '120295100'), ('bankgiro', '640507'), ('plusgiro', '286543'), ('fi_reference', '123456'),
	('rf', 'J4'), ('iban', 'NO86011117947'), ('pl_nrb', '160000035175530643314956'),
	('pl_ksef_number', '9045893108-20261106-3DED5C3690AB'), ('no_orgnr', '96592035'), ('no_kontonr', '8601111794'),
	('no_mva', '96592035'), ('se_orgnr', '123456789'), ('se_vat', '556200077'), ('fi_ytunnus', '2077474'),
	('pl_nip', '521135511'), ('pl_regon', '12044472'), ('ro_cui', '1854729'), ('ean', '750103131130'),
	('gln', '620468515865'), ('sscc', '50726240120242851'), ('ch_esr', '187858')
) AS r (scheme, payload);
SELECT mailroom.make_reference('no_kid_mod10', NULL);

SELECT scheme, mailroom.normalize_reference(scheme, reference) AS normal, mailroom.format_reference(scheme, reference) AS printed
FROM (VALUES ('fi_reference', '0012 345612'), ('rf', 'rf04j4'), ('iban', 'no9386011117947'), ('bankgiro', ' 6-40 - 5070'),
	('plusgiro', '41054685'), ('ch_esr', '1878583'), ('no_kid', '123')) AS r (scheme, reference);

-- refusals name the scheme, the payload and the problem
\set VERBOSITY default
SELECT mailroom.make_reference('fi_reference', '26');
SELECT mailroom.make_reference('no_orgnr', '40000000');
SELECT mailroom.make_reference('eu_vat', 'BE0468561072');
SELECT mailroom.reference_problem('no_such_scheme', '1');
SELECT mailroom.reference_problem('rf:5', 'RF04J4');
SELECT mailroom.reference_problem(NULL, '1');

-- a column can be checked by it
CREATE TEMP TABLE claim (kid text CHECK (mailroom.reference_problem('no_kid_mod10', kid) IS NULL));
INSERT INTO claim VALUES ('123456782');
INSERT INTO claim VALUES ('123456783');
