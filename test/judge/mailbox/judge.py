#!/usr/bin/env python3
"""judge.py kivra|digipost FOLDER: holds every file of a folder against the mailbox's published schema.

One line for each file: its name, and ok or what is wrong.  Digipost's bodies come with NAME.pdf beside them, the bytes that
must be their document.
"""
import base64, email, json, pathlib, re, subprocess, sys
import jsonschema

here = pathlib.Path(__file__).parent


def kivra(path):
    schema = json.loads((here / "kivra_content.json").read_text())
    content = json.loads(path.read_bytes())
    jsonschema.Draft7Validator(schema).validate(content)
    kind, payment, invoice = content["type"], content.get("payment_multiple_options"), content.get("invoice")
    # what the schema says in words
    assert kind in ("letter", "invoice", "accounting.invoice", "accounting.invoicecreditnote"), kind
    assert (kind == "invoice") == (payment is not None), "type invoice if and only if it can be paid"
    assert kind.startswith("accounting.") == (invoice is not None), "type accounting.* if and only if there are fields"
    assert not kind.startswith("accounting.") or "vat_number" in content, "accounting.* is for companies"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", content["generated_at"])
    for option in payment["options"] if payment else []:
        assert re.fullmatch(r"\d+\.\d\d", option["amount"]) and float(option["amount"]) >= 1 and len(option["reference"]) <= 25, option
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", option["due_date"])
    for part in content["parts"]:
        assert base64.b64decode(part["data"], validate=True).startswith(b"%PDF-")
    assert path.stat().st_size < 1000000


def digipost(path):
    body = path.read_bytes()
    boundary = body[2 : body.index(b"\r\n")]
    message = email.message_from_bytes(b"Content-Type: multipart/mixed; boundary=" + boundary + b"\r\n\r\n" + body)
    assert not message.defects, message.defects
    xml, pdf = message.get_payload()
    assert xml.get_content_type() == "application/vnd.digipost-v8+xml" and pdf.get_content_type() == "application/pdf"
    # bytes as they are: the parser's text would turn line ends
    start = body.index(b"\r\n\r\n", body.index(b"application/pdf")) + 4
    assert body[start : body.rindex(b"\r\n--" + boundary)] == path.with_suffix(".pdf").read_bytes(), "not the document's bytes"
    uuid = pdf.get_filename()
    assert "<uuid>%s</uuid>" % uuid in xml.get_payload(), "the part has another name than the message says"
    run = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", here / "digipost.xsd", "-"], input=xml.get_payload(decode=True), capture_output=True)
    assert run.returncode == 0, run.stderr.decode().strip()


judge = {"kivra": kivra, "digipost": digipost}[sys.argv[1]]
for path in sorted(pathlib.Path(sys.argv[2]).iterdir()):
    if path.suffix == ".pdf":
        continue
    try:
        judge(path)
        print(path.name, "ok")
    except (AssertionError, ValueError, jsonschema.ValidationError) as problem:
        print(path.name, "wrong:", str(problem).split("\n")[0])
