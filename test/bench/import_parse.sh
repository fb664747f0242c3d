#!/bin/sh
# import_parse.sh: invoices of 10 KB read, mapped and checked by the rules in memory, against the same
# extraction written with XMLTABLE (header and lines, no rules) and against a bare SAX pass of libxml2.  Rows: quantity, ours, baseline, ratio.  PARSE_INVOICES gives another
# number of invoices (default 4000).  CPU time, best of three runs in turn.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
database=mailroom_bench_parse_$$
invoices=${PARSE_INVOICES:-4000}
work=$(mktemp -d)
sql() { psql -XqAt -v ON_ERROR_STOP=1 -d "$database" "$@"; }
# milliseconds of CPU that the session spends on the statement of standard input: other work on the machine does not count
# without remembered results: the same contents come again and again
PGOPTIONS="-c enable_memoize=off"
export PGOPTIONS
cpu="SELECT 10 * (f[14]::int + f[15]::int) FROM string_to_array(pg_read_file('/proc/' || pg_backend_pid() || '/stat'), ' ') AS f"
timed()
{
    {
        echo "$cpu;"
        cat
        echo "$cpu;"
    } | sql | awk 'NR == 1 { start = $1 } { stop = $1 } END { print stop - start }'
}
best() { sort -n | head -1; }

createdb "$database"
trap 'dropdb --if-exists "$database"; rm -rf "$work"' EXIT
# invoice NUMBER LINES: one UBL invoice whose totals hold
invoice()
{
    awk -v number="$1" -v lines="$2" 'BEGIN {
        cac = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
        cbc = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
        amount = "currencyID=\"NOK\""
        category = "<cbc:ID>S</cbc:ID>\n<cbc:Percent>25</cbc:Percent>\n<cac:TaxScheme>\n<cbc:ID>VAT</cbc:ID>\n</cac:TaxScheme>"
        printf "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Invoice xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2\" xmlns:cac=\"%s\" xmlns:cbc=\"%s\">\n", cac, cbc
        printf "<cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>\n<cbc:ID>F-%d</cbc:ID>\n<cbc:IssueDate>2026-10-31</cbc:IssueDate>\n<cbc:DueDate>2026-11-14</cbc:DueDate>\n", number
        print "<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>\n<cbc:Note>Cards of October</cbc:Note>\n<cbc:DocumentCurrencyCode>NOK</cbc:DocumentCurrencyCode>\n<cbc:BuyerReference>4100/211</cbc:BuyerReference>"
        print "<cac:InvoicePeriod>\n<cbc:StartDate>2026-10-01</cbc:StartDate>\n<cbc:EndDate>2026-10-31</cbc:EndDate>\n</cac:InvoicePeriod>\n<cac:OrderReference>\n<cbc:ID>PO-76506</cbc:ID>\n</cac:OrderReference>"
        split("AccountingSupplierParty AccountingCustomerParty", party, " ")
        for (p = 1; p <= 2; p++)
            printf "<cac:%s>\n<cac:Party>\n<cbc:EndpointID schemeID=\"0192\">954822095</cbc:EndpointID>\n<cac:PartyName>\n<cbc:Name>Nordkort AS</cbc:Name>\n</cac:PartyName>\n<cac:PostalAddress>\n<cbc:StreetName>Havnegata %d</cbc:StreetName>\n<cbc:CityName>Oslo</cbc:CityName>\n<cbc:PostalZone>0150</cbc:PostalZone>\n<cac:Country>\n<cbc:IdentificationCode>NO</cbc:IdentificationCode>\n</cac:Country>\n</cac:PostalAddress>\n<cac:PartyTaxScheme>\n<cbc:CompanyID>NO954822095MVA</cbc:CompanyID>\n<cac:TaxScheme>\n<cbc:ID>VAT</cbc:ID>\n</cac:TaxScheme>\n</cac:PartyTaxScheme>\n<cac:PartyLegalEntity>\n<cbc:RegistrationName>Nordkort AS</cbc:RegistrationName>\n<cbc:CompanyID schemeID=\"0192\">954822095</cbc:CompanyID>\n</cac:PartyLegalEntity>\n</cac:Party>\n</cac:%s>\n", party[p], p, party[p]
        print "<cac:PaymentMeans>\n<cbc:PaymentMeansCode>30</cbc:PaymentMeansCode>\n<cbc:PaymentID>6669247709</cbc:PaymentID>\n<cac:PayeeFinancialAccount>\n<cbc:ID>NO2415945354405</cbc:ID>\n</cac:PayeeFinancialAccount>\n</cac:PaymentMeans>\n<cac:PaymentTerms>\n<cbc:Note>14 days net</cbc:Note>\n</cac:PaymentTerms>"
        net = lines * 100
        printf "<cac:TaxTotal>\n<cbc:TaxAmount %s>%.2f</cbc:TaxAmount>\n<cac:TaxSubtotal>\n<cbc:TaxableAmount %s>%.2f</cbc:TaxableAmount>\n<cbc:TaxAmount %s>%.2f</cbc:TaxAmount>\n<cac:TaxCategory>\n%s\n</cac:TaxCategory>\n</cac:TaxSubtotal>\n</cac:TaxTotal>\n", amount, net / 4, amount, net, amount, net / 4, category
        printf "<cac:LegalMonetaryTotal>\n<cbc:LineExtensionAmount %s>%.2f</cbc:LineExtensionAmount>\n<cbc:TaxExclusiveAmount %s>%.2f</cbc:TaxExclusiveAmount>\n<cbc:TaxInclusiveAmount %s>%.2f</cbc:TaxInclusiveAmount>\n<cbc:PayableAmount %s>%.2f</cbc:PayableAmount>\n</cac:LegalMonetaryTotal>\n", amount, net, amount, net, amount, net * 1.25, amount, net * 1.25
        for (l = 1; l <= lines; l++)
            printf "<cac:InvoiceLine>\n<cbc:ID>%d</cbc:ID>\n<cbc:InvoicedQuantity unitCode=\"LTR\">5.000</cbc:InvoicedQuantity>\n<cbc:LineExtensionAmount %s>100.00</cbc:LineExtensionAmount>\n<cbc:AccountingCost>3211</cbc:AccountingCost>\n<cac:Item>\n<cbc:Name>Diesel, station %d</cbc:Name>\n<cac:SellersItemIdentification>\n<cbc:ID>A4683</cbc:ID>\n</cac:SellersItemIdentification>\n<cac:ClassifiedTaxCategory>\n%s\n</cac:ClassifiedTaxCategory>\n</cac:Item>\n<cac:Price>\n<cbc:PriceAmount %s>20</cbc:PriceAmount>\n</cac:Price>\n</cac:InvoiceLine>\n", l, amount, l, category, amount
        print "</Invoice>"
    }'
}
n=1
while [ "$n" -le 20 ]; do
    invoice "$n" 10 >"$work/$n.xml"
    n=$((n + 1))
done
invoice 1 20000 >"$work/large.xml"
sql -c "CREATE EXTENSION mailroom" -c "CREATE TABLE sample (content bytea); CREATE TABLE bench (content bytea); CREATE TABLE large (content bytea)" >/dev/null
for file in "$work"/[0-9]*.xml; do
    printf '\\x%s\n' "$(od -An -v -tx1 "$file" | tr -d ' \n')" | sed 's/^\\/\\\\/' | sql -c "COPY sample FROM STDIN"
done
printf '\\x%s\n' "$(od -An -v -tx1 "$work/large.xml" | tr -d ' \n')" | sed 's/^\\/\\\\/' | sql -c "COPY large FROM STDIN"
sql -v invoices="$invoices" >/dev/null <<'SQL'
INSERT INTO bench SELECT content FROM sample, generate_series(1, :invoices / 20);
-- the same under the rules of Peppol and Norway
CREATE TABLE peppol AS SELECT convert_to(replace(replace(replace(convert_from(content, 'UTF8'),
	'urn:cen.eu:en16931:2017<', 'urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0<'),
	'</cbc:CustomizationID>', '</cbc:CustomizationID>' || chr(10) || '<cbc:ProfileID>urn:fdc:peppol.eu:2017:poacc:billing:01:1.0</cbc:ProfileID>'),
	'<cac:PartyLegalEntity>', '<cac:PartyTaxScheme><cbc:CompanyID>Foretaksregisteret</cbc:CompanyID><cac:TaxScheme><cbc:ID>TAX</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme><cac:PartyLegalEntity>'), 'UTF8') AS content FROM bench;
VACUUM ANALYZE bench, peppol;
SELECT count(*) FROM mailroom.validate_invoice((SELECT content FROM sample LIMIT 1));
SQL
bytes=$(sql -c "SELECT round(avg(length(content))) FROM sample")
findings=$(sql -c "SELECT count(*) FROM (TABLE sample UNION ALL TABLE peppol LIMIT 40) AS s, mailroom.validate_invoice(content)")
[ "$findings" = 0 ] || { echo "the sample has $findings findings" >&2; exit 1; }

${CC:-cc} -O2 $(xml2-config --cflags 2>/dev/null || echo -I/usr/include/libxml2) -o "$work/sax_limit" "$top/test/bench/sax_limit.c" $(xml2-config --libs 2>/dev/null || echo -lxml2) || echo "sax_limit: not built (missing compiler or libxml2-dev)"

run_rules()
{
    echo "SELECT count(v.rule) FROM bench, mailroom.validate_invoice(content) AS v;" | timed
}
run_peppol()
{
    echo "SELECT count(v.rule) FROM peppol, mailroom.validate_invoice(content) AS v;" | timed
}
run_json()
{
    echo "SELECT count(j) FROM bench, mailroom.parse_invoices(content) AS j;" | timed
}
run_xmltable()
{
    timed <<'SQL'
SELECT count(h.bt_1), count(l.bt_126)
FROM bench, LATERAL (SELECT xmlparse(DOCUMENT convert_from(content, 'UTF8')) AS doc) AS x,
	XMLTABLE(XMLNAMESPACES('urn:oasis:names:specification:ubl:schema:xsd:Invoice-2' AS i, 'urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2' AS cac, 'urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2' AS cbc),
		'/i:Invoice' PASSING doc COLUMNS bt_1 text PATH 'cbc:ID', bt_2 date PATH 'cbc:IssueDate', bt_3 text PATH 'cbc:InvoiceTypeCode', bt_5 text PATH 'cbc:DocumentCurrencyCode',
		bt_9 date PATH 'cbc:DueDate', bt_10 text PATH 'cbc:BuyerReference', bt_13 text PATH 'cac:OrderReference/cbc:ID', bt_22 text PATH 'cbc:Note',
		bt_27 text PATH 'cac:AccountingSupplierParty/cac:Party/cac:PartyLegalEntity/cbc:RegistrationName', bt_30 text PATH 'cac:AccountingSupplierParty/cac:Party/cac:PartyLegalEntity/cbc:CompanyID',
		bt_31 text PATH 'cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme/cbc:CompanyID', bt_34 text PATH 'cac:AccountingSupplierParty/cac:Party/cbc:EndpointID',
		bt_44 text PATH 'cac:AccountingCustomerParty/cac:Party/cac:PartyLegalEntity/cbc:RegistrationName', bt_50 text PATH 'cac:AccountingCustomerParty/cac:Party/cac:PostalAddress/cbc:StreetName',
		bt_52 text PATH 'cac:AccountingCustomerParty/cac:Party/cac:PostalAddress/cbc:CityName', bt_53 text PATH 'cac:AccountingCustomerParty/cac:Party/cac:PostalAddress/cbc:PostalZone',
		bt_73 date PATH 'cac:InvoicePeriod/cbc:StartDate', bt_74 date PATH 'cac:InvoicePeriod/cbc:EndDate', bt_83 text PATH 'cac:PaymentMeans/cbc:PaymentID',
		bt_84 text PATH 'cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID', bt_112 numeric PATH 'cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount', bt_115 numeric PATH 'cac:LegalMonetaryTotal/cbc:PayableAmount') AS h,
	XMLTABLE(XMLNAMESPACES('urn:oasis:names:specification:ubl:schema:xsd:Invoice-2' AS i, 'urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2' AS cac, 'urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2' AS cbc),
		'/i:Invoice/cac:InvoiceLine' PASSING doc COLUMNS bt_126 text PATH 'cbc:ID', bt_129 numeric PATH 'cbc:InvoicedQuantity', bt_130 text PATH 'cbc:InvoicedQuantity/@unitCode', bt_131 numeric PATH 'cbc:LineExtensionAmount',
		bt_133 text PATH 'cbc:AccountingCost', bt_146 numeric PATH 'cac:Price/cbc:PriceAmount', bt_151 text PATH 'cac:Item/cac:ClassifiedTaxCategory/cbc:ID', bt_152 numeric PATH 'cac:Item/cac:ClassifiedTaxCategory/cbc:Percent', bt_153 text PATH 'cac:Item/cbc:Name') AS l;
SQL
}
for turn in 1 2 3; do
    run_rules >>"$work/rules"
    run_peppol >>"$work/peppol"
    [ ! -x "$work/sax_limit" ] || "$work/sax_limit" 1 "$work"/[0-9]*.xml >>"$work/sax"
    run_json >>"$work/json"
    run_xmltable >>"$work/xmltable"
    echo "SELECT count(v.rule) FROM large, mailroom.validate_invoice(content) AS v;" | timed >>"$work/large"
done
per_second() { awk -v n="$invoices" '{ printf "%.0f", n * 1000 / $1 }'; }
rules=$(best <"$work/rules" | per_second)
peppol=$(best <"$work/peppol" | per_second)
json=$(best <"$work/json" | per_second)
xmltable=$(best <"$work/xmltable" | per_second)
row() { awk -v q="$1" -v a="$2" -v b="$3" 'BEGIN { printf "%s\t%s\t%s\t%.2f\n", q, a, b, a / b }'; }
row "parse + map + rules, $bytes-byte invoices/s vs XMLTABLE" "$rules" "$xmltable"
row "parse_invoices to jsonb, invoices/s vs XMLTABLE" "$json" "$xmltable"
if [ -s "$work/sax" ]; then
    sax=$(cut -d' ' -f1 "$work/sax" | sort -n | tail -1)
    row "parse + map + EN rules, invoices/s vs bare SAX pass" "$rules" "$sax"
    row "the same + Peppol + national rules vs bare SAX pass" "$peppol" "$sax"
    row "invoice of 20,000 lines with rules, ms vs bare SAX pass" "$(best <"$work/large")" "$("$work/sax_limit" 1 "$work/large.xml" | awk '{ printf "%.1f", 1000 / $1 }')"
else
    printf 'parse: bare SAX pass\tmissing\tmissing\t-\n'
fi
