#!/bin/sh
# edifact_parse.sh: EDIFACT interchanges parsed in memory, without and with the rules, MB/s of one core; the baseline
# looks at every byte once and counts the segments.  Rows: quantity, ours, baseline, ratio.  CPU time, best of three runs.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk 'BEGIN {
    q = sprintf("%c", 39)
    printf "UNA:+.? %s\nUNB+UNOC:3+7300010000001:14+7300010000002:14+261101:0800+I-1%s\n", q, q
    for (n = 1; n <= 5000; n++) {
        printf "UNH+%d+INVOIC:D:96A:UN:EAN008%s\nBGM+380+F-%d+9%s\nDTM+137:20261031:102%s\nDTM+263:2026100120261031:718%s\nRFF+ON:PO-%d%s\nRFF+PQ:6669247709%s\n", n, q, n, q, q, q, n, q, q
        printf "NAD+SE+954822095::91++Nordkort AS+Havnegata 1+Oslo++0150+NO%s\nRFF+VA:NO954822095MVA%s\nFII+RB+NO2415945354405%s\nNAD+BY+832901040::91++Fjordtransport AS+Kaigata 3+Bergen++5003+NO%s\nRFF+VA:NO832901040MVA%s\nCUX+2:NOK:4%s\nPAT+1%s\nDTM+13:20261114:102%s\n", q, q, q, q, q, q, q, q
        for (l = 1; l <= 10; l++)
            printf "LIN+%d%s\nPIA+5+A4683:SA%s\nIMD+F++:::Diesel, station %d%s\nQTY+47:5.000:LTR%s\nMOA+203:100.00%s\nPRI+AAA:20%s\nTAX+7+VAT+++:::25+S%s\n", l, q, q, l, q, q, q, q, q
        printf "UNS+S%s\nCNT+2:10%s\nMOA+79:1000.00%s\nMOA+125:1000.00%s\nMOA+176:250.00%s\nMOA+77:1250.00%s\nMOA+9:1250.00%s\nTAX+7+VAT+++:::25+S%s\nMOA+125:1000.00%s\nMOA+124:250.00%s\nUNT+95+%d%s\n", q, q, q, q, q, q, q, q, q, q, n, q
    }
    printf "UNZ+5000+I-1%s\n", q
}' >"$work/interchange.edi"
${CC:-cc} -O2 -std=gnu11 "-I$top/src" $(xml2-config --cflags 2>/dev/null || echo -I/usr/include/libxml2) -o "$work/read_file" "$top/test/bench/read_file.c" "$top"/src/core/*.c $(xml2-config --libs 2>/dev/null || echo -lxml2) -lz -lm
bytes=$(wc -c <"$work/interchange.edi")
best() { sort -n | head -1; }
for turn in 1 2 3; do
    "$work/read_file" bare "$work/interchange.edi" >>"$work/bare"
    "$work/read_file" rules "$work/interchange.edi" >>"$work/rules"
    "$work/read_file" count "$work/interchange.edi" >>"$work/count"
done
row() { awk -v q="$1" -v bytes="$bytes" -v a="$2" -v b="$3" 'BEGIN { printf "%s\t%.0f\t%.0f\t%.2f\n", q, bytes / a / 1e6, bytes / b / 1e6, b / a }'; }
row "EDIFACT, parse + map, MB/s vs counting segments" "$(best <"$work/bare")" "$(best <"$work/count")"
row "EDIFACT, parse + map + rules, MB/s vs counting segments" "$(best <"$work/rules")" "$(best <"$work/count")"
