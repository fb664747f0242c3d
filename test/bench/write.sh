#!/bin/sh
# write.sh: stored invoices of 4 lines written as UBL, against an SQL/XML query over the same tables that makes the same
# elements (nothing escaped by hand, nothing checked).  With and without judging the result by the rules.  Rows: quantity,
# ours, baseline, ratio.  WRITE_INVOICES gives another number of invoices (default 4000).  CPU time of the session, best
# of three runs in turn.
set -eu
# results of set-returning functions go to a tuple store: let it stay in memory, so that no temporary file is measured
PGOPTIONS="-c work_mem=256MB"
export PGOPTIONS
database=mailroom_bench_write_$$
invoices=${WRITE_INVOICES:-4000}
work=$(mktemp -d)
sql() { psql -XqAt -v ON_ERROR_STOP=1 -d "$database" "$@"; }
cpu="SELECT 10 * (f[14]::int + f[15]::int) FROM string_to_array(pg_read_file('/proc/' || pg_backend_pid() || '/stat'), ' ') AS f"
timed()
{
    {
        echo "$cpu;"
        cat
        echo "$cpu;"
    } | sql | awk 'NR == 1 { start = $1 } { stop = $1 } END { print stop - start }'
}
createdb "$database"
trap 'dropdb --if-exists "$database"; rm -rf "$work"' EXIT
sql -v invoices="$invoices" >/dev/null <<'SQL'
CREATE EXTENSION mailroom;
SELECT mailroom.create_issuer('Bench', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
INSERT INTO mailroom.import_file (issuer_id, file_name, content)
SELECT :issuer, 'bench', convert_to('<all>' || string_agg(substr(convert_from(mailroom.write_invoice(jsonb_build_object('bt_1', 'F-' || n, 'bt_2', '2026-10-31', 'bt_3', '380', 'bt_5', 'NOK', 'bt_9', '2026-11-14', 'bt_10', '4100/211', 'bt_13', 'PO-76506', 'bt_20', '14 days net',
	'bt_22', 'Cards of October', 'bt_24', 'urn:cen.eu:en16931:2017', 'bt_27', 'Nordkort AS', 'bt_30', '954822095', 'bt_31', 'NO954822095MVA', 'bt_34', '954822095', 'bt_34_1', '0192', 'bt_35', 'Havnegata 1', 'bt_37', 'Oslo', 'bt_38', '0150', 'bt_40', 'NO',
	'bt_44', 'Fjord & Fjell AS', 'bt_47', '937173660', 'bt_48', 'NO937173660MVA', 'bt_49', '937173660', 'bt_49_1', '0192', 'bt_50', 'Havnegata 2', 'bt_52', 'Bergen', 'bt_53', '5003', 'bt_55', 'NO', 'bt_73', '2026-10-01', 'bt_74', '2026-10-31',
	'bt_81', '30', 'bt_83', '6669247709', 'bt_84', 'NO2415945354405', 'bt_106', 400.00, 'bt_109', 400.00, 'bt_110', 100.00, 'bt_112', 500.00, 'bt_115', 500.00, 'bg_23', jsonb_build_array(jsonb_build_object('bt_116', 400.00, 'bt_117', 100.00, 'bt_118', 'S', 'bt_119', 25)),
	'bg_25', (SELECT jsonb_agg(jsonb_build_object('bt_126', l::text, 'bt_129', 5.000, 'bt_130', 'LTR', 'bt_131', 100.00, 'bt_133', '3211', 'bt_146', 20, 'bt_151', 'S', 'bt_152', 25, 'bt_153', 'Diesel, station ' || l, 'bt_155', 'A4683')) FROM generate_series(1, 4) AS l)), 'ubl'), 'UTF8'), 40), '') || '</all>', 'UTF8')
FROM generate_series(1, :invoices) AS n;
SELECT mailroom.import_file_job(:issuer, 0, jsonb_build_object('file_id', max(file_id))) FROM mailroom.import_file;
VACUUM ANALYZE mailroom.invoice, mailroom.invoice_line, mailroom.invoice_tax, mailroom.invoice_adjustment;
SQL
accepted=$(sql -c "SELECT count(*) FROM mailroom.invoice WHERE state = 'accepted'")
[ "$accepted" = "$invoices" ] || { echo "only $accepted of $invoices invoices were accepted" >&2; exit 1; }
bytes=$(sql -c "SELECT length(mailroom.write_invoice(issuer_id, invoice_id, 'ubl')) FROM mailroom.invoice LIMIT 1")

run_write()
{
    echo "SELECT count(w.content) FROM mailroom.write_invoices((SELECT min(issuer_id) FROM mailroom.invoice), ARRAY(SELECT invoice_id FROM mailroom.invoice), 'ubl', $1) AS w;" | timed
}
run_sqlxml()
{
    timed <<'SQL'
SELECT count(convert_to(xmlserialize(DOCUMENT doc AS text), 'UTF8'))
FROM mailroom.invoice AS i,
	LATERAL (SELECT xmlelement(NAME "Invoice", xmlattributes('urn:oasis:names:specification:ubl:schema:xsd:Invoice-2' AS xmlns, 'urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2' AS "xmlns:cac", 'urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2' AS "xmlns:cbc"),
		xmlforest(i.other_terms ->> 'bt_24' AS "cbc:CustomizationID", i.invoice_number AS "cbc:ID", i.issue_date AS "cbc:IssueDate", i.due_date AS "cbc:DueDate", i.type_code AS "cbc:InvoiceTypeCode", i.note AS "cbc:Note", i.currency AS "cbc:DocumentCurrencyCode", i.buyer_reference AS "cbc:BuyerReference"),
		xmlelement(NAME "cac:InvoicePeriod", xmlforest(i.period_start AS "cbc:StartDate", i.period_end AS "cbc:EndDate")),
		xmlelement(NAME "cac:OrderReference", xmlforest(i.order_reference AS "cbc:ID")),
		xmlelement(NAME "cac:AccountingSupplierParty", xmlelement(NAME "cac:Party", xmlelement(NAME "cbc:EndpointID", xmlattributes(i.other_terms ->> 'bt_34_1' AS "schemeID"), i.seller_endpoint),
			xmlelement(NAME "cac:PostalAddress", xmlforest(i.other_terms ->> 'bt_35' AS "cbc:StreetName", i.other_terms ->> 'bt_37' AS "cbc:CityName", i.other_terms ->> 'bt_38' AS "cbc:PostalZone"), xmlelement(NAME "cac:Country", xmlforest(i.other_terms ->> 'bt_40' AS "cbc:IdentificationCode"))),
			xmlelement(NAME "cac:PartyTaxScheme", xmlforest(i.seller_vat_id AS "cbc:CompanyID"), xmlelement(NAME "cac:TaxScheme", xmlelement(NAME "cbc:ID", 'VAT'))),
			xmlelement(NAME "cac:PartyLegalEntity", xmlforest(i.seller_name AS "cbc:RegistrationName", i.seller_registration_no AS "cbc:CompanyID")))),
		xmlelement(NAME "cac:AccountingCustomerParty", xmlelement(NAME "cac:Party", xmlelement(NAME "cbc:EndpointID", xmlattributes(i.buyer_endpoint_scheme AS "schemeID"), i.buyer_endpoint),
			xmlelement(NAME "cac:PostalAddress", xmlforest(i.buyer_street AS "cbc:StreetName", i.buyer_city AS "cbc:CityName", i.buyer_postcode AS "cbc:PostalZone"), xmlelement(NAME "cac:Country", xmlforest(i.buyer_country AS "cbc:IdentificationCode"))),
			xmlelement(NAME "cac:PartyTaxScheme", xmlforest(i.buyer_vat_id AS "cbc:CompanyID"), xmlelement(NAME "cac:TaxScheme", xmlelement(NAME "cbc:ID", 'VAT'))),
			xmlelement(NAME "cac:PartyLegalEntity", xmlforest(i.buyer_name AS "cbc:RegistrationName", i.buyer_registration_no AS "cbc:CompanyID")))),
		xmlelement(NAME "cac:PaymentMeans", xmlforest(i.payment_means AS "cbc:PaymentMeansCode", i.payment_reference AS "cbc:PaymentID"), xmlelement(NAME "cac:PayeeFinancialAccount", xmlforest(i.payee_account AS "cbc:ID"))),
		xmlelement(NAME "cac:PaymentTerms", xmlforest(i.payment_terms AS "cbc:Note")),
		xmlelement(NAME "cac:TaxTotal", xmlelement(NAME "cbc:TaxAmount", xmlattributes(i.currency AS "currencyID"), i.tax_total),
			(SELECT xmlagg(xmlelement(NAME "cac:TaxSubtotal", xmlelement(NAME "cbc:TaxableAmount", xmlattributes(i.currency AS "currencyID"), t.taxable_amount), xmlelement(NAME "cbc:TaxAmount", xmlattributes(i.currency AS "currencyID"), t.tax_amount),
				xmlelement(NAME "cac:TaxCategory", xmlforest(t.category AS "cbc:ID", t.rate AS "cbc:Percent"), xmlelement(NAME "cac:TaxScheme", xmlelement(NAME "cbc:ID", 'VAT')))) ORDER BY t.tax_no)
				FROM mailroom.invoice_tax AS t WHERE t.issuer_id = i.issuer_id AND t.invoice_id = i.invoice_id)),
		xmlelement(NAME "cac:LegalMonetaryTotal", xmlelement(NAME "cbc:LineExtensionAmount", xmlattributes(i.currency AS "currencyID"), i.line_total), xmlelement(NAME "cbc:TaxExclusiveAmount", xmlattributes(i.currency AS "currencyID"), i.net_total),
			xmlelement(NAME "cbc:TaxInclusiveAmount", xmlattributes(i.currency AS "currencyID"), i.gross_total), xmlelement(NAME "cbc:PayableAmount", xmlattributes(i.currency AS "currencyID"), i.payable_amount)),
		(SELECT xmlagg(xmlelement(NAME "cac:InvoiceLine", xmlforest(l.line_id AS "cbc:ID"), xmlelement(NAME "cbc:InvoicedQuantity", xmlattributes(l.unit_code AS "unitCode"), l.quantity), xmlelement(NAME "cbc:LineExtensionAmount", xmlattributes(i.currency AS "currencyID"), l.net_amount),
			xmlforest(l.accounting_reference AS "cbc:AccountingCost"),
			xmlelement(NAME "cac:Item", xmlforest(l.item_name AS "cbc:Name"), xmlelement(NAME "cac:SellersItemIdentification", xmlforest(l.item_id AS "cbc:ID")),
				xmlelement(NAME "cac:ClassifiedTaxCategory", xmlforest(l.tax_category AS "cbc:ID", l.tax_rate AS "cbc:Percent"), xmlelement(NAME "cac:TaxScheme", xmlelement(NAME "cbc:ID", 'VAT')))),
			xmlelement(NAME "cac:Price", xmlelement(NAME "cbc:PriceAmount", xmlattributes(i.currency AS "currencyID"), l.price))) ORDER BY l.line_no)
			FROM mailroom.invoice_line AS l WHERE l.issuer_id = i.issuer_id AND l.invoice_id = i.invoice_id)) AS doc) AS x;
SQL
}
for turn in 1 2 3; do
    run_write false >>"$work/write"
    run_write true >>"$work/checked"
    run_sqlxml >>"$work/sqlxml"
done
per_second() { sort -n "$1" | head -1 | awk -v n="$invoices" '{ printf "%.0f", n * 1000 / $1 }'; }
row() { awk -v q="$1" -v a="$2" -v b="$3" 'BEGIN { printf "%s\t%s\t%s\t%.2f\n", q, a, b, a / b }'; }
row "write UBL from tables, 4 lines, $bytes bytes, invoices/s vs SQL/XML" "$(per_second "$work/write")" "$(per_second "$work/sqlxml")"
row "the same, each result judged by the rules" "$(per_second "$work/checked")" "$(per_second "$work/sqlxml")"
