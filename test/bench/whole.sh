#!/bin/sh
# whole.sh: the whole main job for WHOLE_CUSTOMERS customers (default 100,000) by the workers, with the share of each
# step.  The limit is the same data copied through: the sample's lines loaded with COPY into one table.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
customers=${WHOLE_CUSTOMERS:-100000}
folder=$(mktemp -d)
chmod 755 "$folder"
trap 'rm -rf "$folder"' EXIT
psql="psql -X -q -At -v ON_ERROR_STOP=1 -d whole_bench"
createdb whole_bench
perl "$top/sample/make_sample.pl" --customers "$customers" --out "$folder" >/dev/null
$psql -c 'CREATE EXTENSION mailroom' 2>/dev/null
$psql -v sample="$top/sample" -v data="$top/data" -v folder="$folder" -f "$top/sample/setup.sql" >/dev/null
copy=$($psql <<SQL
CREATE UNLOGGED TABLE raw (line text);
SELECT clock_timestamp() AS started \gset
COPY raw FROM '$folder/fuelcard.txt' (DELIMITER E'\x01', FORMAT csv, QUOTE E'\x02');
SELECT extract(epoch FROM clock_timestamp() - :'started'::timestamptz);
SQL
)
# too large for one value: in parts of 16 MB
sum=$(sha256sum "$folder/fuelcard.txt" | cut -d' ' -f1)
$psql >/dev/null <<SQL
SELECT mailroom.open_upload(issuer_id, 'fuelcard.txt', layout => 'nordkort') AS file, issuer_id AS issuer
    FROM mailroom.issuer WHERE name = 'Nordkort Drivstoff AS' \gset
SELECT size FROM pg_stat_file('$folder/fuelcard.txt') \gset
SELECT mailroom.upload_part(:issuer, :file, n::integer + 1, pg_read_binary_file('$folder/fuelcard.txt', n * 16777216, 16777216))
    FROM generate_series(0, (:size - 1) / 16777216) AS n;
SELECT mailroom.close_upload(:issuer, :file, :size, '\\x$sum');
SQL
until [ "$($psql -c "SELECT count(*) FROM mailroom.flow_run WHERE state = 'closed'")" = 1 ]; do
    sleep 1
    [ "$($psql -c "SELECT count(*) FROM mailroom.job WHERE state IN ('failed', 'dead')")" = 0 ] || { $psql -c "SELECT kind, message FROM mailroom.job WHERE state IN ('failed', 'dead')" >&2; exit 1; }
done
$psql -v copy="$copy" -F "$(printf '\t')" <<'SQL'
WITH t AS (
    SELECT f.received_at, f.imported_at, r.started_at, r.rendered_at, r.planned_at, r.closed_at,
        (SELECT max(o.created_at) FROM mailroom.outgoing_file o WHERE o.kind = 'ticket') AS printed_at,
        f.document_count AS documents
    FROM mailroom.flow_run r JOIN mailroom.import_file f USING (issuer_id, file_id)
), total AS (SELECT extract(epoch FROM closed_at - received_at) AS seconds, * FROM t)
SELECT format('whole: %s invoices, file to archived, s', documents), round(seconds, 1) || ' s', round(:copy, 1) || ' s COPY', round(seconds / :copy, 1) FROM total
UNION ALL SELECT 'whole: import, share', round(extract(epoch FROM imported_at - received_at), 1) || ' s', '', round(extract(epoch FROM imported_at - received_at) / seconds, 3) FROM total
UNION ALL SELECT 'whole: render and archive, share', round(extract(epoch FROM rendered_at - imported_at), 1) || ' s', '', round(extract(epoch FROM rendered_at - imported_at) / seconds, 3) FROM total
UNION ALL SELECT 'whole: postage, share', round(extract(epoch FROM planned_at - rendered_at), 1) || ' s', '', round(extract(epoch FROM planned_at - rendered_at) / seconds, 3) FROM total
UNION ALL SELECT 'whole: print, read back, close, share', round(extract(epoch FROM closed_at - planned_at), 1) || ' s', '', round(extract(epoch FROM closed_at - planned_at) / seconds, 3) FROM total;
SQL
