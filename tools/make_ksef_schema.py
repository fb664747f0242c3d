#!/usr/bin/env python3
"""make_ksef_schema.py FA.xsd STRUCTURES.xsd ELEMENTARY.xsd COUNTRIES.xsd >src/core/ksef_fa3_schema.def

Structure, data types and lengths of an XML schema for KSeF invoices in the notation of xml_schema.h.  The schemas are
published by the Ministry of Finance of Poland with the KSeF documentation (github.com/CIRFMF/ksef-docs, MIT licence).
"""
import re
import sys
import xml.etree.ElementTree as tree

X = "{http://www.w3.org/2001/XMLSchema}"
roots = [tree.parse(name).getroot() for name in sys.argv[1:]]
simple, complex_types, out_types, out_values = {}, {}, [], []
for root in roots:
    for node in root:
        if node.tag == X + "simpleType":
            simple.setdefault(node.get("name"), node)
        elif node.tag == X + "complexType":
            complex_types.setdefault(node.get("name"), node)
main = roots[0]
# the main schema's own types win over those of the same name that it imports
for node in main:
    if node.tag == X + "simpleType":
        simple[node.get("name")] = node
PATTERNS = {
    r"[1-9]((\d[1-9])|([1-9]\d))\d{7}": "NIP",
    r"[1-9]((\d[1-9])|([1-9]\d))\d{7}-\d{5}": "INTERNAL",
    r"(\d|[A-Z]|\+|\*){1,12}": "VAT_UE",
    r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3}){0,1}": "BIC",
    r"(.)+@(.)+": "EMAIL",
    r"\d{10}": "KRS",
    r"[0-9]{3}[a-zA-Z0-9]{10}": "IPKSEF",
    r"[a-zA-Z0-9]{1,50}": "ALNUM",
    r"[0-9A-Z]{10,32}": "ACCOUNT",
}


def local(name):
    return name.split(":")[1] if name and ":" in name else name


def facets(node):
    """base, {facet: value}, [enumeration] of a simple type with what it inherits"""
    restriction = node.find(X + "restriction")
    if restriction is None:
        return "string", {"union": "1"}, []
    base = local(restriction.get("base"))
    found, listed = {}, []
    if restriction.get("base").split(":")[0] in ("tns", "etd"):
        imported = restriction.get("base").startswith("etd:")
        parent = next((t for r in (roots[1:] if imported else roots) for t in r if t.tag == X + "simpleType" and t.get("name") == base), None)
        base, found, listed = facets(parent)
    own = [n.get("value") for n in restriction.findall(X + "enumeration")]
    for n in restriction:
        name = n.tag.replace(X, "")
        if name not in ("enumeration", "annotation"):
            found = dict(found, **{name: n.get("value")})
    return base, found, own or listed


def value(name, node):
    base, f, listed = facets(node)
    low, high = f.get("minLength", "0"), f.get("maxLength", "0")
    pattern = f.get("pattern", "")
    kind, text = "TOKEN" if base in ("token", "normalizedString") else "STRING", None
    if listed:
        kind = "NUMBER_OF" if base in ("byte", "integer", "int") else "ONE_OF"
        text, low, high = "|".join(listed), "0", "0"
    elif "union" in f:
        kind = "REGON"
    elif base == "decimal" and "0}" not in pattern and pattern:
        kind = "DECIMAL"
        low = str(int(re.search(r"\\d\{0,(\d+)\}\|0", pattern).group(1)) + 1)
        high = re.search(r"\\d\{1,(\d+)\}", pattern).group(1)
    elif base == "decimal":
        kind, low, high = "PERCENT", "3", f["fractionDigits"]
    elif base in ("date", "dateTime"):
        kind, text = "DATE" if base == "date" else "TIME", f.get("minInclusive", "")[:10] + " " + f.get("maxInclusive", "")[:10]
    elif base in ("integer", "nonNegativeInteger", "byte", "int"):
        kind, low, high = ("NATURAL" if "minExclusive" in f else "INTEGER"), "0", f.get("totalDigits", "18")
    elif pattern in PATTERNS:
        kind = PATTERNS[pattern]
    elif "IPKSeF=" in pattern:
        kind = "LINK"
    elif "A-F" in pattern:
        kind = "KSEF_NUMBER"
    elif pattern:
        sys.exit("unknown pattern " + pattern)
    out_values.append('SCHEMA_VALUE("%s", %s, %s, %s, %s)' % (name, kind, low, high, '"%s"' % text if text else "NULL"))


def occurs(node):
    low, high = node.get("minOccurs", "1"), node.get("maxOccurs", "1")
    if high == "1":
        return "?" if low == "0" else ""
    return "{%s,%s}" % (low, high.replace("unbounded", "1000000000"))


done = set()


def use_type(name):
    imported = name.startswith("etd:")
    plain = local(name)
    if name.startswith("xsd:"):
        if name not in done:
            done.add(name)
            out_values.append('SCHEMA_VALUE("%s", %s, 0, 18, NULL)' % (plain, "INTEGER" if plain == "integer" else "STRING"))
        return plain
    label = "etd." + plain if imported else plain
    if name in done:
        return label
    done.add(name)
    where = roots[1:] if imported else roots
    for root in where:
        for node in root:
            if node.get("name") == plain and node.tag == X + "simpleType":
                value(label, node)
                return label
            if node.get("name") == plain and node.tag == X + "complexType":
                define(label, node)
                return label
    sys.exit("no type " + name)


def element(node, owner):
    if node.get("type"):
        return node.get("name") + ":" + use_type(node.get("type")) + occurs(node)
    label = owner + "." + node.get("name")
    inner = node.find(X + "complexType")
    if inner is not None:
        label = define(label, inner)
    else:
        value(label, node.find(X + "simpleType"))
    return node.get("name") + ":" + label + occurs(node)


def particle(node, owner):
    if node.tag == X + "element":
        return element(node, owner)
    parts = [particle(n, owner) for n in node if n.tag in (X + "element", X + "sequence", X + "choice")]
    text = (" | " if node.tag == X + "choice" else " ").join(parts)
    return "(" + text + ")" + occurs(node)


def define(label, node):
    extension = node.find(".//" + X + "extension") if node.find(X + "complexContent") is not None or node.find(X + "simpleContent") is not None else None
    if extension is not None:
        return use_type(extension.get("base"))
    model = node.find(X + "sequence")
    if model is None:
        model = node.find(X + "choice")
    out_types.append(None)
    at = len(out_types) - 1
    text = particle(model, label)
    out_types[at] = 'SCHEMA_TYPE("%s", "%s")' % (label, text)
    return label


top = next(n for n in main if n.tag == X + "element" and n.get("name") == "Faktura")
define("Faktura", top.find(X + "complexType"))
print("/*\n * Structure of %s: elements, their order, number and data types; made by tools/make_ksef_schema.py.\n"
      " * Origin: XML schema of the Ministry of Finance of Poland, published in CIRFMF/ksef-docs under the MIT licence.\n */"
      % main.get("targetNamespace"))


def wrap(line):
    """long strings in pieces that C puts together"""
    while len(line) > 120:
        cut = max(line.rfind(" ", 0, 116), line.rfind("|", 0, 116) + 1)
        start = line.find('", "') + 4 if line.startswith("SCHEMA") else 2
        if cut <= start:
            cut = line.find(" ", start + 1)
        if cut < 0:
            break
        print(line[:cut] + '"')
        line = '\t"' + line[cut:]
    print(line)


for line in out_types + out_values:
    wrap(line)
