-- outgoing files: parts in, bytes out, states, rights
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
SELECT mailroom.create_issuer('Outgoing One AS', 'NO', 'Europe/Oslo', 'NOK') AS one \gset
SELECT mailroom.create_issuer('Outgoing Two AB', 'SE', 'Europe/Stockholm', 'SEK') AS two \gset

-- any split gives the same bytes and hash
SELECT mailroom.open_outgoing_file(:one, 'report', 'whole.txt', 'text/plain') AS whole \gset
SELECT mailroom.open_outgoing_file(:one, 'report', 'split.txt', 'text/plain') AS split \gset
SELECT mailroom.append_outgoing_file(:one, :whole, convert_to(string_agg('line ' || i, chr(10) ORDER BY i), 'UTF8'))
	FROM generate_series(1, 2000) AS i;
SELECT count(mailroom.append_outgoing_file(:one, :split, convert_to(CASE WHEN i > 1 THEN chr(10) ELSE '' END || 'line ' || i, 'UTF8')))
	FROM generate_series(1, 2000) AS i;
SELECT mailroom.append_outgoing_file(:one, :split, '');
\set VERBOSITY sqlstate
SELECT mailroom.outgoing_file_content(:one, :split);
\set VERBOSITY terse
SELECT mailroom.close_outgoing_file(:one, :whole) = mailroom.close_outgoing_file(:one, :split) AS same_hash;
SELECT mailroom.close_outgoing_file(:one, :whole) = sha256(mailroom.outgoing_file_content(:one, :split)) AS hash_of_content;
\set VERBOSITY sqlstate
SELECT mailroom.append_outgoing_file(:one, :whole, 'late');
\set VERBOSITY terse
SELECT file_name, state, content_bytes, sha256 = encode(sha256(mailroom.outgoing_file_content(:one, outgoing_file_id)), 'hex') AS hash
	FROM mailroom.outgoing WHERE issuer_id = :one ORDER BY 1;
-- empty file
SELECT mailroom.open_outgoing_file(:one, 'report', 'empty.txt', 'text/plain') AS empty \gset
SELECT mailroom.close_outgoing_file(:one, :empty) = sha256('') AS hash, mailroom.outgoing_file_content(:one, :empty) AS content;
SELECT count(*) FROM mailroom.fetch_outgoing_file(:one, :empty);
-- refusals
SELECT mailroom.open_outgoing_file(:one, 'report', '../escape.txt', 'text/plain');
SELECT mailroom.open_outgoing_file(:one, 'report', '.hidden', 'text/plain');
\set VERBOSITY sqlstate
SELECT mailroom.append_outgoing_file(:two, :whole, 'x');
\set VERBOSITY terse
SELECT mailroom.append_outgoing_file(:one, -1, 'x');
SELECT mailroom.open_outgoing_file(:one, 'report', 'open.txt', 'text/plain') AS open \gset
SELECT mailroom.append_outgoing_file(:one, :open, NULL);
\set VERBOSITY sqlstate
SELECT mailroom.append_outgoing_file(:one, :open, convert_to(repeat('x', 16777217), 'UTF8'));
SELECT mailroom.acknowledge_outgoing_file(:one, :open);
SELECT mailroom.write_outgoing_file(:one, :open);
SELECT mailroom.write_outgoing_file(:one, :whole);
\set VERBOSITY terse
SELECT mailroom.append_outgoing_file(:one, :open, convert_to(repeat('x', 16777216), 'UTF8'));
SELECT mailroom.close_outgoing_file(:one, :open) = sha256(convert_to(repeat('x', 16777216), 'UTF8')) AS largest_part;

-- fetched in portions; the last one changes the state
SELECT sum(octet_length(content)), min(part_no), max(part_no) FROM mailroom.fetch_outgoing_file(:one, :split, 1, 1500);
SELECT state FROM mailroom.outgoing WHERE outgoing_file_id = :split;
SELECT sum(octet_length(content)), min(part_no), max(part_no) FROM mailroom.fetch_outgoing_file(:one, :split, 1501, 1500);
SELECT state FROM mailroom.outgoing WHERE outgoing_file_id = :split;
SELECT count(*) FROM mailroom.fetch_outgoing_file(:one, :whole);
SELECT mailroom.acknowledge_outgoing_file(:one, :whole), mailroom.acknowledge_outgoing_file(:one, :whole);
SELECT file_name, state FROM mailroom.outgoing WHERE issuer_id = :one ORDER BY 1;
SELECT count(*) AS events FROM mailroom.event WHERE issuer_id = :one AND object_kind = 'outgoing_file';

-- rights: nothing for strangers, answers for the sender, content for readers, the rest for operators
SELECT mailroom.open_outgoing_file(:one, 'fault_report', 'faults.csv', 'text/csv', file_id => 1) AS answer \gset
SELECT mailroom.append_outgoing_file(:one, :answer, 'a;b');
SELECT mailroom.close_outgoing_file(:one, :answer) IS NOT NULL AS closed;
CREATE ROLE outgoing_stranger;
CREATE ROLE outgoing_importer;
CREATE ROLE outgoing_reader;
CREATE ROLE outgoing_operator;
SELECT mailroom.grant_role('importer', 'outgoing_importer', ARRAY[:one]);
SELECT mailroom.grant_role('reader', 'outgoing_reader', ARRAY[:one]);
SELECT mailroom.grant_role('operator', 'outgoing_operator', ARRAY[:two]);
SET ROLE outgoing_stranger;
SELECT mailroom.outgoing_file_content(:one, :whole);
SET ROLE outgoing_importer;
SELECT mailroom.outgoing_file_content(:one, :answer);
SELECT content FROM mailroom.fetch_outgoing_file(:one, :answer);
\set VERBOSITY sqlstate
SELECT mailroom.outgoing_file_content(:one, :whole);
SELECT mailroom.open_outgoing_file(:one, 'report', 'x.txt', 'text/plain');
SET ROLE outgoing_reader;
SELECT octet_length(mailroom.outgoing_file_content(:one, :whole));
SELECT count(*) FROM mailroom.fetch_outgoing_file(:one, :whole);
SELECT mailroom.write_outgoing_file(:one, :whole);
SELECT mailroom.write_outgoing_parts(:one, :whole, 'passwd', '');
SET ROLE outgoing_operator;
SELECT count(*) FROM mailroom.outgoing;
SELECT count(*) FROM mailroom.fetch_outgoing_file(:one, :whole);
SELECT mailroom.acknowledge_outgoing_file(:one, :whole);
SELECT mailroom.write_outgoing_file(:one, :whole);
SET mailroom.outgoing_directory = '/tmp';
RESET ROLE;
DROP OWNED BY outgoing_stranger, outgoing_importer, outgoing_reader, outgoing_operator;
DROP ROLE outgoing_stranger, outgoing_importer, outgoing_reader, outgoing_operator;
