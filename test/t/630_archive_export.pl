# 630_archive_export: exports open in ordinary tools, are taken in elsewhere with equal hashes, and are refused when cut,
# bit-flipped or put together anew; nothing half.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $tools = "$FindBin::Bin/../../tools";
plan skip_all => 'SKIPPED LOUDLY: python3 or unzip is missing, exports were not tried' if system('python3 -c "" 2>/dev/null && unzip -v >/dev/null 2>&1') != 0;

my $tmp = PostgreSQL::Test::Utils::tempdir;
$ENV{PYTHONDONTWRITEBYTECODE} = 1;
my $node = mailroom_node('archive_export');
my $issuer = $node->safe_psql('postgres', q{SELECT mailroom.create_issuer('Export AS', 'NO', 'Europe/Oslo', 'NOK')});
$node->safe_psql('postgres', qq{
	CREATE TABLE sample AS SELECT n, CASE n % 3
			WHEN 0 THEN convert_to('%PDF-1.4' || repeat(' page ' || n, 50), 'UTF8')
			WHEN 1 THEN convert_to('<?xml version="1.0"?><invoice><number>' || n || '</number><name>Åse</name></invoice>', 'UTF8')
			ELSE sha256(n::text::bytea) || sha256((-n)::text::bytea) END AS content
		FROM generate_series(1, 90) AS n;
	INSERT INTO mailroom.invoice (issuer_id, invoice_id, origin, state, seller_key, content_sha256, received_at, invoice_number, buyer_no, buyer_name, payment_reference, issue_date, payable_minor, currency)
		SELECT $issuer, n, 'file', 'printed', 'seller', '', mailroom.now(), 'X' || n, 'C' || n % 4, E'Åse, "Øst"\\nAS' || n % 4, nullif('R' || n, 'R5'), date '2026-01-01' + n, n * 100, 'NOK' FROM sample;
	INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
		SELECT $issuer, n, n, 'invoice', 3, 1, '{5}', '{7}', octet_length(content), sha256(content), '2026-03-01 12:00+00' FROM sample;
});
$node->safe_psql('postgres', "SELECT mailroom.archive_store($issuer, array_agg(n), array_agg(content ORDER BY n)) FROM sample WHERE n BETWEEN $_ * 30 + 1 AND $_ * 30 + 30") for 0 .. 2;
my $head = $node->safe_psql('postgres', "SELECT head_hash FROM mailroom.archive_root($issuer)");

# an export as a file
sub export_to
{
	my ($name, $selection) = @_;
	my $id = $node->safe_psql('postgres', "SELECT mailroom.export_archive($issuer, '$selection', '$name.zip')");
	append_to_file("$tmp/$name.hex", $node->safe_psql('postgres', "SELECT encode(mailroom.outgoing_file_content($issuer, $id), 'hex')"));
	system('python3', '-c', 'import sys; open(sys.argv[2], "wb").write(bytes.fromhex(open(sys.argv[1]).read()))', "$tmp/$name.hex", "$tmp/$name.zip");
	return "$tmp/$name.zip";
}

sub python
{
	my ($code, @arguments) = @_;
	my $out = '';
	IPC::Run::run([ 'python3', '-c', $code, @arguments ], '>', \$out, '2>&1');
	return $out;
}

my $all = export_to('all', '{}');
my $some = export_to('some', '{"customer_no": "C1", "issued_from": "2026-02-01", "issued_to": "2026-02-28"}');
like(`unzip -tq $all 2>&1`, qr/^No errors detected/, 'unzip finds no errors');
is(python('import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), len(z.namelist()), z.namelist()[:5])', $all),
	"None 183 ['manifest.json', 'chain.csv', 'manifest.csv', 'proofs/1.json', 'documents/1.xml']\n", 'so does python, and the names are as told');
is(python('import csv, io, sys, zipfile; r = list(csv.DictReader(io.TextIOWrapper(zipfile.ZipFile(sys.argv[1]).open("manifest.csv"), "utf-8", newline="")))
print(len(r), r[4]["invoice_number"], r[4]["payment_reference"], repr(r[4]["customer_name"]), r[4]["file"])', $all),
	"90 X5  'Åse, \"Øst\"\\nAS1' documents/5.bin\n", 'manifest.csv is read by python');
is(python('import sys, zipfile; print(len(zipfile.ZipFile(sys.argv[1]).namelist()))', $some), (3 + 2 * 7) . "\n", 'a selection holds what was asked for');
is(`$tools/verify_export.py $_ $head`, "holds: every document is in the archive under this head\n", 'the export proves itself') for ($all, $some);
like(`$tools/verify_export.py $all @{[ '0' x 64 ]}`, qr/^REFUSED: chain.csv does not lead to the published head: its last link is \d+, \Q$head\E$/, 'but not under another head');
is(python('import hashlib, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z: print(hashlib.sha256(b"".join(hashlib.sha256(z.read(n)).digest() for n in z.namelist() if n.startswith("documents/"))).hexdigest())', $all),
	$node->safe_psql('postgres', "SELECT encode(sha256(string_agg(content_sha256, ''::bytea ORDER BY document_id)), 'hex') FROM mailroom.archive_entry") . "\n", 'every document is there byte for byte');
# a worker may have taken the job before this session does
$node->safe_psql('postgres', "SELECT mailroom.enqueue_job($issuer, 'export_archive', '{\"selection\": {\"invoice_number\": \"X7\"}}'); CALL mailroom.run_jobs()");
ok(wait_for($node, "SELECT count(*) = 1 AND min(state) = 'ready' FROM mailroom.outgoing_file WHERE file_name LIKE '%-job-%'", 60), 'a job exports too');
my ($code, $out, $error) = $node->psql('postgres', "SELECT mailroom.export_archive($issuer, '{\"colour\": 1}')");
like($error, qr/selection of documents has no condition "colour"/, 'an unknown condition is refused');

# into another database, in parts
$node->safe_psql('postgres', 'CREATE DATABASE other');
$node->safe_psql('other', 'CREATE EXTENSION mailroom');
my $other = $node->safe_psql('other', q{SELECT mailroom.create_issuer('Import AS', 'NO', 'Europe/Oslo', 'NOK')});

sub import_file
{
	my ($file, $expected) = @_;
	my $hex = python('import sys; print(open(sys.argv[1], "rb").read().hex(), end="")', $file);
	my $half = int(length($hex) / 4) * 2;
	my $id = $node->safe_psql('other', "SELECT mailroom.open_archive_import($other, 'x.zip')");
	open(my $sql, '>', "$tmp/import.sql") or die;
	print $sql "SELECT mailroom.append_archive_import($other, $id, '\\x" . substr($hex, 0, $half) . "');\nSELECT mailroom.append_archive_import($other, $id, '\\x" . substr($hex, $half) . "');\n";
	close($sql);
	system('psql', '-Xq', '-h', $node->host, '-p', $node->port, '-d', 'other', '-o', '/dev/null', '-f', "$tmp/import.sql");
	my ($code, $out, $error) = $node->psql('other', "SELECT mailroom.import_archive($other, $id" . ($expected ? ", '$expected'" : '') . ')', on_error_stop => 1);
	return $code == 0 ? $out : $error;
}
my $state = q{SELECT (SELECT count(*) FROM mailroom.archive_entry), (SELECT count(*) FROM mailroom.document), (SELECT count(*) FROM mailroom.archive_origin), (SELECT count(*) FROM mailroom.archive_term)};

# forged files first: nothing is taken in
like(import_file($all, '1' x 64), qr/export leads to another head than the one expected/, 'another head than the one expected is refused');
my $forge = <<'PY';
import json, sys, zipfile
source, target, how = sys.argv[1:]
data = open(source, "rb").read()
if how == "cut": open(target, "wb").write(data[:len(data) * 2 // 3])
elif how == "endless": open(target, "wb").write(data[:-30])
elif how.startswith("flip"):
    at = int(how[4:])
    open(target, "wb").write(data[:at] + bytes([data[at] ^ 16]) + data[at + 1:])
else:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        files = [(n, old.read(n)) for n in old.namelist()]
        names = [n for n, _ in files]
        content = dict(files)
        if how == "content": content["documents/1.xml"] = content["documents/1.xml"].replace(b"<number>1<", b"<number>9<")
        elif how == "swap": content["documents/1.xml"], content["documents/4.xml"] = content["documents/4.xml"], content["documents/1.xml"]
        elif how == "missing": names = [n for n in names if n not in ("documents/1.xml", "proofs/1.json")]
        elif how == "noproof": names.remove("proofs/1.json")
        elif how == "more": names.append("documents/99.xml"); content["documents/99.xml"] = b"x"
        elif how == "order": names[3:7] = names[5:7] + names[3:5]
        elif how == "manifest": content["manifest.csv"] = content["manifest.csv"].replace(b"X5", b"X6")
        elif how == "chain": content["chain.csv"] = content["chain.csv"].replace(b"\n2,", b"\n3,", 1)
        elif how == "twice": names += names[3:5]
        elif how.startswith("proof:"):
            proof = json.loads(content["proofs/1.json"])
            key = how[6:]
            holder = proof["leaf"] if key in proof["leaf"] else proof
            holder[key] = "Eve" if isinstance(holder[key], str) else 7
            content["proofs/1.json"] = json.dumps(proof).encode()
        for n in names: new.writestr(n, content[n])
PY
my %refusals = (
	cut => qr/ends before its directory|ZIP-/, endless => qr/ends before its directory does/, content => qr/"documents\/1.xml" of the export was changed/,
	swap => qr/file "documents\/1.xml" of the export was changed/, missing => qr/has 89 documents, its manifest tells of others/, noproof => qr/stands where a proof is expected/,
	more => qr/"documents\/99.xml" stands where a proof is expected/, manifest => qr/manifest.csv of the export was changed/, chain => qr/chain of the export is broken after link 1/,
	twice => qr/has 91 documents/, 'proof:customer_name' => qr/was changed/, 'proof:salt' => qr/was changed/, 'proof:leaf_no' => qr/was changed/, 'proof:format' => qr/was changed/);
for my $how (sort keys %refusals)
{
	python($forge, $all, "$tmp/forged.zip", $how);
	like(import_file("$tmp/forged.zip"), $refusals{$how}, "$how is refused");
}
# a bit of every part of the members; times and the directory tell a reader of members nothing
my $members = python('import struct, sys; print(struct.unpack("<I", open(sys.argv[1], "rb").read()[-6:-2])[0], end="")', $all);
for my $at (map { int($members * $_ / 8) + 60 } 0 .. 7)
{
	python($forge, $all, "$tmp/forged.zip", "flip$at");
	unlike(import_file("$tmp/forged.zip"), qr/^\d+$/, "a flipped bit of byte $at is refused");
}
is($node->safe_psql('other', $state), '0|0|0|0', 'and nothing half is there');

# the right one
is(import_file($all, $head), '90', 'the export is taken in under its head');
is($node->safe_psql('other', $state), '90|90|90|0', 'with every document');
is($node->safe_psql('other', "SELECT count(*) FROM mailroom.verify_archive($other)"), '0', 'the new archive is whole');
my $content = q{SELECT md5(string_agg(concat_ws('|', encode(e.content_sha256, 'hex'), e.invoice_number, e.customer_no, e.customer_name, e.payment_reference, e.issue_date, e.amount_minor, e.currency,
	d.channel, d.template, d.template_version, d.pages, d.page_offsets, d.page_lengths, d.created_at, encode(sha256(mailroom.archive_document(e.issuer_id, e.document_id)), 'hex')), ',' ORDER BY e.content_sha256))
	FROM mailroom.archive_entry e JOIN mailroom.document d USING (issuer_id, document_id)};
is($node->safe_psql('other', $content), $node->safe_psql('postgres', $content), 'hashes, search terms and pages are equal');
is($node->safe_psql('other', "SELECT count(*) FROM mailroom.archive_origin o WHERE mailroom.archive_proof_problem(o.proof) IS NULL"), '90', 'the first proofs are kept and hold');
is(import_file($all), '0', 'the same once more adds nothing');
is(import_file($some), '0', 'nor does a part of it');
is($node->safe_psql('other', $state), '90|90|90|0', 'indeed');
is($node->safe_psql('other', "SELECT string_agg(DISTINCT invoice_number, ',') FROM mailroom.search_archive($other, customer_no => 'C1', issued_to => '2026-01-10')"), 'X1,X5,X9', 'imported documents are found');
is($node->safe_psql('other', 'SELECT count(*) FROM mailroom.archive_import_part p JOIN mailroom.archive_import i USING (import_id) WHERE i.state = \'imported\''), '0', 'parts are gone afterwards');

# a database of another encoding: what it exports is in UTF-8 all the same, and it takes UTF-8 in
$node->safe_psql('postgres', "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
$node->safe_psql('latin', "CREATE EXTENSION mailroom; SELECT mailroom.create_issuer('Latin AS', 'NO', 'Europe/Oslo', 'NOK')");
my $hex = python('import sys; print(open(sys.argv[1], "rb").read().hex(), end="")', $some);
is($node->safe_psql('latin', "SELECT mailroom.open_archive_import(1, 'x.zip'); SELECT mailroom.append_archive_import(1, 1, decode('$hex', 'hex')); SELECT mailroom.import_archive(1, 1, '$head')"), "1\n\n7", 'a LATIN1 database takes the export in');
is($node->safe_psql('latin', "SELECT count(DISTINCT get_byte(convert_to(customer_name, 'LATIN1'), 0)), min(get_byte(convert_to(customer_name, 'LATIN1'), 0)) FROM mailroom.search_archive(1)"), '1|197', 'with its names');
is($node->safe_psql('latin', 'SELECT count(*) FROM mailroom.verify_archive(1)'), '0', 'and is whole');
my $id = $node->safe_psql('latin', 'SELECT mailroom.export_archive(1)');
append_to_file("$tmp/latin.hex", $node->safe_psql('latin', "SELECT encode(mailroom.outgoing_file_content(1, $id), 'hex')"));
python('import sys; open(sys.argv[2], "wb").write(bytes.fromhex(open(sys.argv[1]).read()))', "$tmp/latin.hex", "$tmp/latin.zip");
my $latin_head = $node->safe_psql('latin', 'SELECT head_hash FROM mailroom.archive_root(1)');
is(`$tools/verify_export.py $tmp/latin.zip $latin_head 2>&1`, "holds: every document is in the archive under this head\n", 'its own export proves itself');
is(python('import csv, io, sys, zipfile; print({r["customer_name"][:3] for r in csv.DictReader(io.TextIOWrapper(zipfile.ZipFile(sys.argv[1]).open("manifest.csv"), "utf-8", newline=""))})', "$tmp/latin.zip"), "{'Åse'}\n", 'and is in UTF-8');

# what waits to be sealed is not in it, and the verifier says so
$node->safe_psql('postgres', qq{
	SELECT mailroom.set_archive_sealing($issuer, 10);
	INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
		SELECT $issuer, n, n, 'invoice', 3, 1, '{5}', '{7}', octet_length(c), sha256(c), '2026-03-01 12:00+00' FROM (SELECT n, convert_to('late ' || n, 'UTF8') AS c FROM generate_series(91, 92) AS n) AS s;
	SELECT mailroom.archive_store($issuer, array_agg(n::bigint), array_agg(convert_to('late ' || n, 'UTF8') ORDER BY n)) FROM generate_series(91, 92) AS n});
my $rest = export_to('rest', '{"document_ids": [3, 91, 92, 93], "sealed": true}');
is(`$tools/verify_export.py $rest $head`, "holds: every document is in the archive under this head\nnot in the export: document 93: not in the archive, or deleted\nnot in the export: document 91, 92: volume is not sealed yet\n", 'an export tells what is not in it');
$node->stop;
done_testing();
