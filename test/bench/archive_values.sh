#!/bin/sh
# archive_values.sh: documents written in tags (invoices of ../shared/tools/gen_docs.py, as XML and HTML) in the archive, against the
# same documents one by one through zlib level 6 (what gzip, ZIP and WARC do), a ZIP file, TOAST (pglz, lz4), and zstd level 19 in
# blocks of 1 MB (which cannot give one document alone).  ARCHIVE_DOCUMENTS: how many, default 10000.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
generator=${MAILROOM_SHARED:-$top/../shared}/tools/gen_docs.py
if [ ! -r "$generator" ]; then
    printf 'archive: documents in tags\tmissing (%s)\t\t\n' "$generator"
    exit 0
fi
documents=${ARCHIVE_DOCUMENTS:-10000}
database=mailroom_bench_values_$$
work=$(mktemp -d "${TMPDIR:-/tmp}/mailroom-values.XXXXXX")
sql() { psql -XqAt -v ON_ERROR_STOP=1 -d "$database" "$@"; }
# milliseconds of CPU time that the statement of standard input took in the server
timed()
{
    { echo "SET client_min_messages = log; SET log_statement_stats = on;"; cat; } | sql 2>&1 |
        awk '/s user, .* s elapsed/ { gsub(/^[^0-9]*/, ""); ms = ($1 + $4) * 1000 } END { printf "%.2f\n", ms }'
}
row() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4"; }
calc() { awk "BEGIN { printf \"$1\", $2 }"; }
value() { awk -v name="$2" '$1 == name { print $2 }' "$1"; }
createdb "$database"
trap 'dropdb --if-exists "$database"; rm -rf "$work"' EXIT

# sizes and CPU time of one document, without a server
python3 "$generator" "$work" "$documents" >/dev/null
core=$top/src/core
${CC:-cc} -std=gnu11 -O2 -I"$top/src" -o "$work/codec" "$top/test/bench/archive_codec.c" "$core"/volume*.c "$core"/range_coder.c \
    "$core"/text_arena.c "$core"/buffer.c "$core"/port.c "$core"/deflate.c -lz -lm
for kind in xml html; do
    mkdir "$work/blocks"
    "$work/codec" "$work/docs.$kind.bin" "$work/blocks" >"$work/$kind.txt"
    bytes=$(value "$work/$kind.txt" bytes) ours=$(value "$work/$kind.txt" values_bytes) zlib=$(value "$work/$kind.txt" zlib_bytes)
    dictionary=$(value "$work/$kind.txt" dictionary_bytes)
    if command -v zstd >/dev/null; then
        zstd=0 blocks=0
        for block in $(find "$work/blocks" -type f | sort | head -20); do
            zstd=$((zstd + $(zstd -19 -q -c "$block" | wc -c))) blocks=$((blocks + $(wc -c <"$block")))
        done
        zstd_ratio=$(calc %.1f "$blocks / $zstd") zstd_less=$(calc %.2f "$zstd / $blocks * $bytes / $ours")
    else
        zstd_ratio="missing (zstd)" zstd_less=
    fi
    zip=$(python3 - "$work/docs.$kind.bin" "$work/all.zip" <<'PY'
import struct, sys, zipfile, os
with open(sys.argv[1], 'rb') as f, zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_DEFLATED, compresslevel=6) as z:
    n = 0
    while head := f.read(4):
        n += 1
        z.writestr('%08d' % n, f.read(struct.unpack('>I', head)[0]))
print(os.path.getsize(sys.argv[2]))
PY
)
    row "archive $kind: times smaller, all included (zlib 6 each)" "$(calc %.1f "$bytes / $ours")" "$(calc %.1f "$bytes / $zlib")" "$(calc %.2f "$zlib / $ours")"
    row "archive $kind: times smaller, all included (zstd 19, 1 MB)" "$(calc %.1f "$bytes / $ours")" "$zstd_ratio" "$zstd_less"
    row "archive $kind: times smaller, all included (ZIP file)" "$(calc %.1f "$bytes / $ours")" "$(calc %.1f "$bytes / $zip")" "$(calc %.2f "$zip / $ours")"
    row "archive $kind: times smaller with a dictionary only (zlib 6 each)" "$(calc %.1f "$bytes / $dictionary")" "$(calc %.1f "$bytes / $zlib")" "$(calc %.2f "$zlib / $dictionary")"
    row "archive $kind: one document in, CPU us (zlib 6)" "$(value "$work/$kind.txt" values_in)" "$(value "$work/$kind.txt" zlib_in)" "$(calc %.2f "$(value "$work/$kind.txt" zlib_in) / $(value "$work/$kind.txt" values_in)")"
    row "archive $kind: one document out, CPU us (inflate)" "$(value "$work/$kind.txt" values_out)" "$(value "$work/$kind.txt" zlib_out)" "$(calc %.2f "$(value "$work/$kind.txt" zlib_out) / $(value "$work/$kind.txt" values_out)")"
    row "archive $kind: with a dictionary only, in | out, CPU us" "$(value "$work/$kind.txt" dictionary_in)" "$(value "$work/$kind.txt" dictionary_out)" "-"
    rm -rf "$work/blocks" "$work/all.zip"
done
row "archive, XML and HTML together: times smaller, all included" "$(calc %.1f "($(value "$work/xml.txt" bytes) + $(value "$work/html.txt" bytes)) / ($(value "$work/xml.txt" values_bytes) + $(value "$work/html.txt" values_bytes))")" "-" "-"

# in the server: XML documents with their invoices; the peer is deflate at level 6, as a function in C, into rows of bytea
${CC:-cc} -std=gnu11 -O2 -fPIC -shared -I"$top/src" -I"$("${PG_CONFIG:-pg_config}" --includedir-server)" -o "$work/bench.so" \
    "$top/test/bench/archive_deflate.c" "$core"/deflate.c "$core"/buffer.c "$core"/port.c -lz
chmod 755 "$work" "$work/bench.so"
sql -v n="$documents" >/dev/null <<SQL
CREATE EXTENSION mailroom;
SELECT mailroom.create_issuer('Bench AS', 'NO', 'Europe/Oslo', 'NOK');
CREATE TABLE source (id bigint PRIMARY KEY, content text NOT NULL);
ALTER TABLE source ALTER COLUMN content SET STORAGE EXTERNAL;
\copy source FROM '$work/docs.copy'
CREATE TABLE rendered (id bigint PRIMARY KEY, content bytea NOT NULL);
ALTER TABLE rendered ALTER COLUMN content SET STORAGE EXTERNAL;
INSERT INTO rendered SELECT id, convert_to(content, 'UTF8') FROM source ORDER BY id;
INSERT INTO mailroom.invoice (issuer_id, invoice_id, origin, state, seller_key, content_sha256, received_at, invoice_number, buyer_no, buyer_name, payment_reference, issue_date, payable_minor, currency)
	SELECT 1, id, 'file', 'accepted', 'S', '\\x00', now(), substring(content FROM '<cbc:ID>(.*?)<'), (20000 + id % 4000)::text, substring(content FROM 'Customer.*?<cbc:Name>(.*?)<'), substring(content FROM '<cbc:PaymentID>(.*?)<'),
		substring(content FROM '<cbc:IssueDate>(.*?)<')::date, 100 * substring(content FROM '<cbc:PayableAmount.*?>(.*?)<')::numeric, 'NOK' FROM source;
INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
	SELECT 1, id, id, 'invoice', 1, 1, '{0}', '{0}', octet_length(content), sha256(content), now() FROM rendered;
CREATE TABLE raw (id bigint PRIMARY KEY, content bytea NOT NULL);
ALTER TABLE raw ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE TABLE pglz (id bigint PRIMARY KEY, content bytea COMPRESSION pglz NOT NULL);
CREATE TABLE lz4 (id bigint PRIMARY KEY, content bytea COMPRESSION lz4 NOT NULL);
CREATE TABLE deflated (id bigint PRIMARY KEY, content bytea NOT NULL);
ALTER TABLE deflated ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE FUNCTION bench_deflate(bytea) RETURNS bytea STRICT LANGUAGE c AS '$work/bench.so';
CREATE FUNCTION bench_inflate(bytea) RETURNS bytea STRICT LANGUAGE c AS '$work/bench.so';
CREATE FUNCTION store(batch bigint) RETURNS void LANGUAGE plpgsql AS \$\$
BEGIN
	FOR start IN 1 .. (SELECT max(id) FROM rendered) BY batch LOOP
		PERFORM mailroom.archive_store(1, array_agg(id ORDER BY id), array_agg(content ORDER BY id)) FROM rendered WHERE id >= start AND id < start + batch;
	END LOOP;
END \$\$;
VACUUM ANALYZE;
CHECKPOINT;
SELECT count(sha256(content)) FROM rendered;
SQL
megabytes=$(calc %.3f "$(value "$work/xml.txt" bytes) / 1e6")
written() { sql -c "SELECT pg_current_wal_lsn() - '$1'"; }
start=$(sql -c "SELECT pg_current_wal_lsn()")
in=$(echo "SELECT store(250)" | timed)
wal=$(written "$start")
# what making the bench's arrays costs, beyond reading the documents once
arrays=$(echo "SELECT sum(cardinality(a)) FROM (SELECT array_agg(content ORDER BY id) AS a FROM rendered GROUP BY (id - 1) / 250) AS s" | timed)
reading=$(echo "SELECT count(length(substr(content, 1))) FROM rendered" | timed)
in=$(calc %.2f "$in - ($arrays > $reading ? $arrays - $reading : 0)")
# the same volumes once more, without search rows, for what they cost in the log
start=$(sql -c "CREATE TABLE volume_copy (LIKE mailroom.archive_volume INCLUDING STORAGE); CHECKPOINT; SELECT pg_current_wal_lsn()")
sql -c "INSERT INTO volume_copy SELECT * FROM mailroom.archive_volume"
volume_wal=$(written "$start")
sql -c "CHECKPOINT"
deflate_in=$(echo "INSERT INTO deflated SELECT id, bench_deflate(content) FROM rendered ORDER BY id" | timed)
row "archive, MB/s sealed with hashes, search rows, indexes (deflate 6 in rows)" "$(calc %.0f "$megabytes / $in * 1000")" "$(calc %.0f "$megabytes / $deflate_in * 1000")" "$(calc %.2f "$deflate_in / $in")"
row "archive, WAL bytes a document: volume | with search row" "$(calc %.0f "$volume_wal / $documents")" "$(calc %.0f "$wal / $documents")" "-"
for kind in pglz lz4; do
    stored=$(echo "INSERT INTO $kind SELECT id, content FROM rendered ORDER BY id" | timed)
    disk=$(sql -c "SELECT pg_total_relation_size('$kind')")
    row "archive, bytes on disk with search rows (TOAST $kind without)" "$(calc %.0f "$(sql -c "SELECT sum(pg_total_relation_size(c)) FROM unnest('{mailroom.archive_volume,mailroom.archive_dictionary,mailroom.archive_link,mailroom.archive_entry}'::regclass[]) c") / $documents")" "$(calc %.0f "$disk / $documents")" "-"
    row "archive, MB/s in (TOAST $kind without hashes and search rows)" "$(calc %.0f "$megabytes / $in * 1000")" "$(calc %.0f "$megabytes / $stored * 1000")" "$(calc %.2f "$stored / $in")"
done
sql -c "VACUUM ANALYZE"
bulk=$(echo "SELECT count(a.content) FROM generate_series(1, $documents, 250) AS f, mailroom.archive_documents(1, ARRAY(SELECT g FROM generate_series(f, least(f + 249, $documents)) AS g)) a" | timed)
one=$(echo "SELECT count(mailroom.archive_document(1, 1 + n * 7919 % $documents)) FROM generate_series(1, 5000) AS n" | timed)
bytea=$(echo "SELECT count(bench_inflate((SELECT p.content FROM deflated p WHERE p.id = 1 + n * 7919 % $documents))) FROM generate_series(1, 5000) AS n" | timed)
row "archive, documents/s out in bulk, hash checked" "$(calc %.0f "$documents / $bulk * 1000")" 20000 "$(calc %.2f "$documents / $bulk / 20")"
row "archive, one document out, rights and hash checked, us (bytea and inflate)" "$(calc %.0f "$one / 5")" "$(calc %.0f "$bytea / 5")" "$(calc %.2f "$bytea / $one")"
# one document as a client asks for it, prepared, one after the other: 99 of 100 take less
slowest()
{
    echo "$1" >"$work/one.sql"
    "$("${PG_CONFIG:-pg_config}" --bindir)/pgbench" -n -M prepared -D n="$documents" -t 3000 -f "$work/one.sql" -l --log-prefix="$work/times" "$database" >/dev/null 2>&1
    awk '{ print $3 }' "$work"/times.* | sort -n | awk '{ t[NR] = $1 } END { printf "%.2f\n", t[int(NR * 0.99)] / 1000 }'
    rm -f "$work"/times.*
}
row "archive, one document, 99 of 100 clients' calls within ms (bytea and inflate)" \
    "$(slowest '\set id random(1, :n)
SELECT octet_length(mailroom.archive_document(1, :id));')" "$(slowest '\set id random(1, :n)
SELECT octet_length(bench_inflate(content)) FROM deflated WHERE id = :id;')" "-"
content=$(echo "SELECT count(sha256(content)) FROM rendered" | timed)
small=$(echo "SELECT count(sha256(b)) FROM (SELECT set_byte(decode(repeat('ab', 400), 'hex'), 0, n % 256) AS b FROM generate_series(1, 20000) n OFFSET 0) s" | timed)
small_loop=$(echo "SELECT count(length(b)) FROM (SELECT set_byte(decode(repeat('ab', 400), 'hex'), 0, n % 256) AS b FROM generate_series(1, 20000) n OFFSET 0) s" | timed)
row "archive, us a document: SHA-256 of 11 KB | of a leaf and node" "$(calc %.1f "($content - $reading) * 1000 / $documents")" "$(calc %.1f "($small - $small_loop) / 20")" "-"
row "archive, documents/s verified" "$(calc %.0f "$documents / $(echo "SELECT count(*) FROM mailroom.verify_archive(1)" | timed) * 1000")" "-" "-"
# proofs: of single documents here and there; of all of them in an export, which another issuer takes in
proof=$(echo "SELECT count(mailroom.archive_proof(1, 1 + n * 7919 % $documents)) FROM generate_series(1, 2000) AS n" | timed)
row "archive, one proof, us (limit)" "$(calc %.0f "$proof / 2")" 1000 "$(calc %.1f "2000 / $proof")"
export=$(echo "SELECT mailroom.export_archive(1)" | timed)
row "archive, documents/s exported with their proofs (wanted)" "$(calc %.0f "$documents / $export * 1000")" 5000 "$(calc %.2f "$documents / $export / 5")"
row "archive, bytes of an export's ZIP a document" "$(sql -c "SELECT max(content_bytes) / $documents FROM mailroom.outgoing_file")" "-" "-"
sql >/dev/null <<SQL
SELECT mailroom.create_issuer('Other AS', 'NO', 'Europe/Oslo', 'NOK');
SELECT mailroom.open_archive_import(2, 'archive.zip');
SELECT count(mailroom.append_archive_import(2, 1, content)) FROM (SELECT content FROM mailroom.outgoing_file_part ORDER BY part_no) p;
SQL
row "archive, documents/s imported, every proof checked" "$(calc %.0f "$documents / $(echo "SELECT mailroom.import_archive(2, 1)" | timed) * 1000")" "-" "-"

# documents that come one by one, each a volume of its own or packed by jobs: bytes on disk without and with search rows
sql >/dev/null <<SQL
CREATE PROCEDURE trickle(issuer bigint, documents bigint) LANGUAGE plpgsql AS \$\$
BEGIN
	INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at)
		SELECT issuer, 1000000 * issuer + id, -1000000 * issuer - id, 'invoice', 1, 1, '{0}', '{0}', octet_length(content), sha256(content), now() FROM rendered WHERE id <= documents;
	FOR i IN 1 .. documents LOOP
		PERFORM mailroom.archive_store(issuer, ARRAY[1000000 * issuer + id], ARRAY[content]) FROM rendered WHERE id = i;
		COMMIT;
		IF i % 500 = 0 THEN
			CALL mailroom.run_jobs();
		END IF;
	END LOOP;
END \$\$;
SELECT mailroom.create_issuer('Now AS', 'NO', 'Europe/Oslo', 'NOK'), mailroom.create_issuer('Later AS', 'NO', 'Europe/Oslo', 'NOK');
SELECT mailroom.set_archive_sealing(4, 100, '0');
SQL
few=$((documents < 2000 ? documents : 2000))
disk="SELECT sum(pg_total_relation_size(c)) FROM unnest('{mailroom.archive_volume,mailroom.archive_dictionary,mailroom.archive_link,mailroom.archive_part,mailroom.archive_open}'::regclass[]) c"
for issuer in 3 4; do
    before=$(sql -c "$disk")
    trickle=$(echo "CALL trickle($issuer, $few)" | timed)
    sql -c "SELECT mailroom.seal_archive($issuer)" -c "VACUUM" >/dev/null
    eval "disk_$issuer=$(($(sql -c "$disk") - before)) trickle_$issuer=$trickle"
done
row "archive, one by one: bytes on disk a document, sealed by jobs (at once)" "$(calc %.0f "$disk_4 / $few")" "$(calc %.0f "$disk_3 / $few")" "$(calc %.2f "$disk_3 / $disk_4")"
row "archive, one by one: ms a document, sealed by jobs (at once)" "$(calc %.2f "$trickle_4 / $few")" "$(calc %.2f "$trickle_3 / $few")" "$(calc %.2f "$trickle_3 / $trickle_4")"
# words: the same documents with their lines, archived once more as an issuer may ask for
sql <<SQL >/dev/null
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, item_name, item_id, item_description, note)
	SELECT 1, id, n, (regexp_match(m[1], '<cbc:Name>(.*?)<'))[1], (regexp_match(m[1], 'DocumentReference><cbc:ID>(.*?)<'))[1], (regexp_match(m[1], '<cbc:Description>(.*?)<'))[1], (regexp_match(m[1], '<cbc:Note>(.*?)<'))[1]
		FROM source, regexp_matches(content, '<cac:InvoiceLine>(.*?)</cac:InvoiceLine>', 'g') WITH ORDINALITY AS x (m, n);
ANALYZE mailroom.invoice_line;
SQL
for words in none names items text; do
    sql -c "SET mailroom.allow_archive_change = on; TRUNCATE mailroom.archive_entry, mailroom.archive_volume, mailroom.archive_link, mailroom.archive_word_page, mailroom.archive_word_segment" -c "SELECT mailroom.set_archive_index(1, '$words')" -c "CHECKPOINT" >/dev/null
    start=$(sql -c "SELECT pg_current_wal_lsn()")
    in=$(echo "SELECT store(250)" | timed)
    wal=$(written "$start")
    row "archive with words of $words: CPU us | WAL bytes | bytes of words" "$(calc %.0f "$in * 1000 / $documents")" "$(calc %.0f "$wal / $documents")" "$(calc %.0f "$(sql -c "SELECT sum(length(content)) FROM mailroom.archive_word_page") / $documents")"
done
