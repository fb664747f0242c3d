-- working days and holidays
\set VERBOSITY default
SET datestyle = iso;
SELECT calendar, mailroom.add_working_days(calendar, '2026-12-23', 1) AS next, mailroom.add_working_days(calendar, '2026-12-23', 5) AS in_five,
	mailroom.add_working_days(calendar, '2027-01-01', -1) AS before
FROM unnest(ARRAY['NO', 'NO:bank', 'SE', 'SE:bank', 'FI', 'FI:bank', 'PL', 'PL:bank', 'RO', 'RO:bank']) AS calendar;
SELECT mailroom.add_working_days('NO', '2026-05-17', 0) AS as_is;
SELECT mailroom.count_working_days('NO', '2026-03-31', '2026-04-30') AS april, mailroom.count_working_days('NO', '2026-04-30', '2026-03-31') AS backwards;
SELECT c AS convention, mailroom.roll_to_working_day('SE', '2026-05-31', c) AS sunday, mailroom.roll_to_working_day('SE', '2026-05-29', c) AS friday
FROM unnest(ARRAY['following', 'modified_following', 'preceding']) AS c;
SELECT * FROM mailroom.list_holidays('SE', 2026);
SELECT mailroom.find_easter(2026) AS western, mailroom.find_easter(2026, true) AS orthodox;
-- refusals
SELECT mailroom.add_working_days('DK', '2026-05-17', 1);
SELECT mailroom.add_working_days('NO', '2004-12-31', 1);
SELECT mailroom.add_working_days('NO', 'infinity', 1);
SELECT mailroom.add_working_days('NO', '2099-12-31', 1);
SELECT mailroom.list_holidays('NO', 2100);
SELECT mailroom.roll_to_working_day('NO', '2026-05-17', 'sideways');
SELECT mailroom.find_easter(1500);
