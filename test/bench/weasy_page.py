#!/usr/bin/env python3
"""weasy_page.py SECONDS: the reference page by WeasyPrint, with a QR code as an inline SVG of rectangles drawn beforehand.

Prints documents, pages, CPU seconds and bytes a document.
"""
import sys
import time

from weasyprint import HTML


def page():
    code = "".join("<rect x='%d' y='%d' width='1' height='1'/>" % (i % 53, i // 53) for i in range(0, 53 * 53, 2))
    rows = "".join("<tr><td>Diesel, stasjon Heimdal<td>92,35<td>l<td>19,959<td>25<td>1 843,26" for _ in range(12))
    facts = "".join("<p>Fakturanummer 2026-100017</p>" for _ in range(33))
    return (
        "<meta charset=utf-8><style>@page { size: A4; margin: 15mm } body { font: 9pt Liberation Sans } p { margin: 0 }"
        " td { border-bottom: 0.3pt solid #ddd }</style><h1>Faktura</h1><p>Nordkraft Kort AS</p>"
        + facts + "<table>" + rows + "</table><svg width=90 height=90 viewBox='0 0 53 53'>" + code + "</svg>"
    )


def main():
    limit = float(sys.argv[1])
    text, documents, size = page(), 0, 0
    HTML(string=text).write_pdf()
    start = time.process_time()
    while time.process_time() - start < limit:
        size = len(HTML(string=text).write_pdf())
        documents += 1
    print("%d\t%d\t%.3f\t%d" % (documents, documents, time.process_time() - start, size))


main()
