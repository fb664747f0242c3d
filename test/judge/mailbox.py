#!/usr/bin/env python3
"""mailbox.py kivra|digipost FOLDER: holds every file of a folder against the shape that the mailbox publishes.

One line for each file: its name, and ok or what is wrong.  Digipost's bodies come with NAME.pdf beside them, the bytes that
must be their document.  What is asked here is written down from Kivra's description of POST /v2/tenant/{tenant}/content
(developer.kivra.com, 2026-03-06) and from Digipost's schemas api_v8 and datatypes (2026); what is never sent from here is wrong.
"""
import base64, email, json, pathlib, re, sys
import xml.etree.ElementTree as tree


def need(holds, what):
    if not holds:
        raise ValueError(what)


def shape(value, fields, where):
    """an object has the fields that must be there, none that is unknown, and each is a text of its form, or as told"""
    need(isinstance(value, dict), f"{where} is no object")
    for name, (must, form) in fields.items():
        need(not must or name in value, f"{where}.{name} is missing")
    for name, content in value.items():
        need(name in fields, f"{where}.{name} is unknown")
        form = fields[name][1]
        if isinstance(form, str):
            need(isinstance(content, str) and re.fullmatch(form, content, re.S), f"{where}.{name} is {content!r:.60}")
        else:
            form(content, f"{where}.{name}")


def each(form):
    def check(values, where):
        need(isinstance(values, list) and values, f"{where} is no list")
        for number, value in enumerate(values):
            form(value, f"{where}[{number}]")
    return check


def true(value, where):
    need(value is True, f"{where} is {value}")


def part(value, where):
    shape(value, {"name": (True, ".+"), "data": (True, "[A-Za-z0-9+/]+={0,2}"), "content_type": (True, "application/pdf"),
                  "responsive_part": (False, lambda v, w: shape(v, {"name": (True, ".+"), "data": (True, "[A-Za-z0-9+/]+={0,2}"), "content_type": (True, "text/html")}, w))}, where)
    need(base64.b64decode(value["data"], validate=True).startswith(b"%PDF-"), f"{where}.data is no PDF")


def option(value, where):
    shape(value, {"due_date": (True, DAY), "amount": (True, AMOUNT), "type": (True, "SE_OCR|TENANT_REF"), "reference": (True, ".{1,25}")}, where)
    need(float(value["amount"]) >= 1, f"{where}.amount is under 1")


def payment(value, where):
    shape(value, {"payable": (True, true), "currency": (True, "SEK"), "method": (True, "1|2"), "account": (True, ".+"), "options": (True, each(option))}, where)


DAY, AMOUNT, TEXT = r"\d{4}-\d\d-\d\d", r"-?\d+\.\d\d", ".+"
INVOICE = {"total_amount_due": (True, AMOUNT), "currency": (True, "[A-Z]{3}"), "due_date": (False, DAY), "invoice_date": (False, DAY),
           "payment_reference": (False, lambda v, w: shape(v, {"value": (True, TEXT), "reference_type": (True, "ocr|unstructured")}, w))}
for name in ("total_amount_tax_exclusive", "total_vat_amount", "total_amount_tax_inclusive", "rounding_amount"):
    INVOICE[name] = (False, AMOUNT)
for name in ("invoice_number", "original_invoice_number", "buyer_reference", "order_number", "supplier_name", "supplier_organisation_number", "supplier_vat_number",
             "supplier_address_street", "supplier_address_postal_code", "supplier_address_city", "bankgiro", "plusgiro", "iban", "bic"):
    INVOICE[name] = (False, TEXT)
CONTENT = {"ssn": (False, r"\d{12}"), "email": (False, "[^@]+@[^@]+"), "vat_number": (False, r"SE\d{10}01"), "subject": (True, ".{1,200}"), "generated_at": (False, DAY),
           "type": (True, r"letter|invoice|accounting\.invoice|accounting\.invoicecreditnote"), "parts": (True, each(part)),
           "payment_multiple_options": (False, payment), "invoice": (False, lambda v, w: shape(v, INVOICE, w))}


def kivra(path):
    content = json.loads(path.read_bytes())
    shape(content, CONTENT, "content")
    kind, invoice = content["type"], content.get("invoice")
    need(sum(name in content for name in ("ssn", "email", "vat_number")) == 1, "not one recipient")
    need((kind == "invoice") == ("payment_multiple_options" in content), "type invoice if and only if it can be paid")
    need(kind.startswith("accounting.") == (invoice is not None), "type accounting.* if and only if there are fields")
    need(not kind.startswith("accounting.") or "vat_number" in content, "accounting.* is for companies")
    need(kind != "accounting.invoice" or "due_date" in invoice and ("bankgiro" in invoice or "plusgiro" in invoice), "accounting.invoice without due date or giro account")
    need(path.stat().st_size < 1000000, "over 1 MB")


# children in their order, which is fixed: name, whether it must be there, and the form of its text or its own children
MESSAGE = [("message-id", False, TEXT), ("sender-id", False, r"\d{1,18}"),
           ("recipient", True, [("personal-identification-number", False, r"\d{11}"), ("organisation-number", False, r"\d{9}"), ("digipost-address", False, TEXT)]),
           ("invoice-reference", False, ".{0,100}"),
           ("primary-document", True, [("uuid", False, "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), ("subject", False, ".{0,255}"), ("file-type", True, "pdf"),
                                       ("authentication-level", False, "PASSWORD|TWO_FACTOR|IDPORTEN_3|IDPORTEN_4"), ("sensitivity-level", False, "NORMAL|SENSITIVE"),
                                       ("data-type", False, [("{http://api.digipost.no/schema/datatypes}invoice", True, None)])])]
DATA = [("due-date", True, r"\d{4}-\d\d-\d\dT00:00:00\+0[12]:00"), ("sum", True, r"\d+\.\d\d"), ("creditor-account", True, r"\d{11}"), ("kid", False, r"\d{2,24}[\d-]")]


def children(element, fields, space):
    rest = list(element)
    need(not (element.text or "").strip(), f"{element.tag} has text")
    for name, must, form in fields:
        tag = name if name.startswith("{") else f"{{{space}}}{name}"
        if not rest or rest[0].tag != tag:
            need(not must, f"{element.tag}: {name} is missing or in another place")
            continue
        child = rest.pop(0)
        if form is None:
            children(child, DATA, "http://api.digipost.no/schema/datatypes")
        elif isinstance(form, list):
            children(child, form, space)
        else:
            need(len(child) == 0 and re.fullmatch(form, child.text or "", re.S), f"{name} is {child.text!r:.60}")
    need(not rest, f"{element.tag}: {rest and rest[0].tag} is unknown or in another place")


def digipost(path):
    body = path.read_bytes()
    boundary = body[2 : body.index(b"\r\n")]
    message = email.message_from_bytes(b"Content-Type: multipart/mixed; boundary=" + boundary + b"\r\n\r\n" + body)
    need(not message.defects, str(message.defects))
    xml, pdf = message.get_payload()
    need(xml.get_content_type() == "application/vnd.digipost-v8+xml" and pdf.get_content_type() == "application/pdf", "parts of other types")
    # bytes as they are: the parser's text would turn line ends
    start = body.index(b"\r\n\r\n", body.index(b"application/pdf")) + 4
    need(body[start : body.rindex(b"\r\n--" + boundary)] == path.with_suffix(".pdf").read_bytes(), "not the document's bytes")
    root = tree.fromstring(xml.get_payload(decode=True))
    need(root.tag == "{http://api.digipost.no/schema/v8}message", root.tag)
    children(root, MESSAGE, "http://api.digipost.no/schema/v8")
    need(len(root.find("{*}recipient")) == 1, "not one recipient")
    need(root.findtext("{*}primary-document/{*}uuid") == pdf.get_filename(), "the part has another name than the message says")


judge = {"kivra": kivra, "digipost": digipost}[sys.argv[1]]
for path in sorted(pathlib.Path(sys.argv[2]).iterdir()):
    if path.suffix == ".pdf":
        continue
    try:
        judge(path)
        print(path.name, "ok")
    except (ValueError, tree.ParseError) as problem:
        print(path.name, "wrong:", str(problem).split("\n")[0])
