#!/bin/sh
# render.sh: documents a second of our writer (layout, QR code, deflate, PDF; one page, a file each) against the same page
# drawn by libharu and cairo with libqrencode, and by WeasyPrint where it is installed; CPU time, all in this run, and the
# profiles against the plain one.  No server.  Prints: quantity, ours, baseline, ratio.
# RENDER_SECONDS: CPU time for each (default 2).
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
seconds=${RENDER_SECONDS:-2}
work=$(mktemp -d "${TMPDIR:-/tmp}/mailroom-render.XXXXXX")
trap 'rm -rf "$work"' EXIT
core=$top/src/core
bench=$top/test/bench
fonts=${RENDER_FONTS:-/usr/share/fonts/truetype/liberation}
writer=
for part in collection document file icc_srgb image metadata packed page profile shared structure tags used; do writer="$writer $core/pdf_$part.c"; done
${CC:-cc} -std=gnu11 -O2 -I"$top/src" -o "$work/ours" "$bench/render_page.c" "$core"/port.c "$core"/buffer.c "$core"/deflate.c "$core"/decimal.c \
    $writer "$core"/font_*.c "$core"/jpeg_gray.c "$core"/content_parse.c "$core"/content_proof.c "$core"/layout_page.c "$core"/print_check.c "$core"/template_data.c "$core"/template_foot.c "$core"/template_format.c "$core"/template_invoice.c "$core"/template_kind.c "$core"/template_rows.c "$core"/template_totals.c \
    "$core"/template_payment.c "$core"/barcode_*.c -lz
# a number of the last line of a result
rate() { awk -v kind="$2" '{ if (kind == "rate") printf "%.0f", $1 / $3; else if (kind == "slow") printf "%.2f", $1 / $3; else if (kind == "pages") printf "%.0f", $2 / $3; else print $4 }' "$1"; }
ratio() { awk "BEGIN { printf \"%.2f\", $1 / $2 }"; }

# an invoice of 6.5 KB to put into hybrids
{
    echo '<rsm:CrossIndustryInvoice><rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>urn:cen.eu:en16931:2017</ram:ID></ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>'
    i=0
    while [ $i -lt 12 ]; do
        i=$((i + 1))
        echo "<ram:IncludedSupplyChainTradeLineItem><ram:AssociatedDocumentLineDocument><ram:LineID>$i</ram:LineID></ram:AssociatedDocumentLineDocument><ram:SpecifiedTradeProduct><ram:Name>Diesel, stasjon Heimdal $i</ram:Name></ram:SpecifiedTradeProduct><ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice><ram:ChargeAmount>19.95$i</ram:ChargeAmount></ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement><ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode=\"LTR\">92.35</ram:BilledQuantity></ram:SpecifiedLineTradeDelivery></ram:IncludedSupplyChainTradeLineItem>"
    done
    echo '</rsm:CrossIndustryInvoice>'
} >"$work/invoice.xml"
"$work/ours" "$seconds" "$work/one.pdf" 10 >"$work/ours.txt"
ours=$(rate "$work/ours.txt" rate)

peer()
{
    printf 'render: documents/s with QR code, one page each, against %s\t%s\t%s\t%s\n' "$1" "$ours" "$(rate "$2" slow)" "$(ratio "$ours" "$(rate "$2" slow)")"
    printf 'render: bytes a document, against %s\t%s\t%s\t%s\n' "$1" "$(rate "$work/ours.txt" bytes)" "$(rate "$2" bytes)" \
        "$(ratio "$(rate "$work/ours.txt" bytes)" "$(rate "$2" bytes)")"
}
missing() { printf 'render: documents/s with QR code, one page each, against %s\t%s\tmissing (%s)\t\n' "$1" "$ours" "$2"; }

if ${CC:-cc} -std=gnu11 -O2 -o "$work/haru" "$bench/haru_page.c" -lhpdf -lqrencode 2>/dev/null && [ -r "$fonts/LiberationSans-Bold.ttf" ]; then
    "$work/haru" "$seconds" "$fonts/LiberationSans-Regular.ttf" "$fonts/LiberationSans-Bold.ttf" >"$work/haru.txt"
    peer libharu "$work/haru.txt"
else
    missing libharu 'libhpdf-dev libqrencode-dev fonts-liberation'
fi
if pkg-config --exists cairo-pdf 2>/dev/null &&
    ${CC:-cc} -std=gnu11 -O2 $(pkg-config --cflags cairo-pdf) -o "$work/cairo" "$bench/cairo_page.c" $(pkg-config --libs cairo-pdf) -lqrencode 2>/dev/null; then
    "$work/cairo" "$seconds" >"$work/cairo.txt"
    peer cairo "$work/cairo.txt"
else
    missing cairo 'libcairo2-dev libqrencode-dev'
fi
if ${PYTHON:-/usr/bin/python3} "$bench/weasy_page.py" "$seconds" >"$work/weasy.txt" 2>/dev/null; then
    peer WeasyPrint "$work/weasy.txt"
else
    missing WeasyPrint weasyprint
fi
for profile in pdfa-1b pdfa-3b pdfa-3a factur-x; do
    xml=
    [ $profile != factur-x ] || xml=$work/invoice.xml
    "$work/ours" "$seconds" "$work/$profile.pdf" 10 $profile $xml >"$work/$profile.txt"
    printf 'render: documents/s as %s, against print\t%s\t%s\t%s\n' $profile "$(rate "$work/$profile.txt" rate)" "$ours" "$(ratio "$(rate "$work/$profile.txt" rate)" "$ours")"
done
"$work/ours" "$seconds" "$work/long.pdf" 4000 >"$work/long.txt"
printf 'render: pages/s of an invoice with 4,000 lines\t%s\tnone\t\n' "$(rate "$work/long.txt" pages)"
