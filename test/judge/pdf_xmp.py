"""pdf_xmp: XMP packets as ISO 19005-2/-3 clause 6.6 looks at them: form, properties and their types, extension schemas.

read(packet) gives a Packet or raises BrokenPacket; judge_packet(note, packet, main, part, conformance) notes findings.
"""
import re
import xml.parsers.expat

from pdf_xmp_schemas import PROPERTIES, STRUCTURES

RDF = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#'
XML = 'http://www.w3.org/XML/1998/namespace'
IDENTIFICATION = 'http://www.aiim.org/pdfa/ns/id/'
EXTENSION = 'http://www.aiim.org/pdfa/ns/extension/'
PARTS = {'Schema': ('pdfaSchema', 'http://www.aiim.org/pdfa/ns/schema#', {'schema': 2, 'namespaceURI': 3, 'prefix': 4, 'property': 5, 'valueType': 6}),
         'Property': ('pdfaProperty', 'http://www.aiim.org/pdfa/ns/property#', {'name': 7, 'valueType': 8, 'category': 9, 'description': 10}),
         'Type': ('pdfaType', 'http://www.aiim.org/pdfa/ns/type#', {'type': 11, 'namespaceURI': 12, 'prefix': 13, 'description': 14, 'field': 15}),
         'Field': ('pdfaField', 'http://www.aiim.org/pdfa/ns/field#', {'name': 16, 'valueType': 17, 'description': 18})}
SEQUENCES = {('Schema', 'property'): 'Property', ('Schema', 'valueType'): 'Type', ('Type', 'field'): 'Field'}
SIMPLE = {
    'integer': re.compile(r'[+-]?\d+'), 'real': re.compile(r'[+-]?(\d+\.?\d*|\.\d+)'), 'boolean': re.compile(r'True|False'), 'rational': re.compile(r'-?\d+/-?\d+'),
    'date': re.compile(r'\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?)?)?)?'),
    'gpscoordinate': re.compile(r'\d{1,3},\d{1,2}(,\d{1,2}|\.\d+)[NSEW]'), 'mimetype': re.compile(r'[-\w+.]+/[-\w+.]+(;.*)?'),
    **{name: re.compile(r'.*', re.S) for name in 'locale text propername agentname uri url guid xpath renditionclass'.split()}}
BY_LOWER = {name.lower(): name for name in STRUCTURES}


class BrokenPacket(Exception):
    pass


class Node:
    __slots__ = ('space', 'name', 'prefix', 'attributes', 'children', 'text')

    def __init__(self, space, name, prefix, attributes):
        self.space, self.name, self.prefix, self.attributes, self.children, self.text = space, name, prefix, attributes, [], ''


class Value:
    """kind is simple, Bag, Seq, Alt or struct; items are Values or, of a struct, {(space, name): (prefix, Value)}"""
    __slots__ = ('kind', 'text', 'items', 'language')

    def __init__(self, kind, text='', items=None, language=None):
        self.kind, self.text, self.items, self.language = kind, text, items, language


class Packet:
    def __init__(self, header, properties, encoding):
        self.header, self.properties, self.encoding = header, properties, encoding

    def find(self, space, name):
        return next((value for (s, n, _, value) in self.properties if s == space and n == name), None)


def _tree(text):
    root, stack = [], []
    parser = xml.parsers.expat.ParserCreate(namespace_separator='\n')
    parser.namespace_prefixes = True

    def split(name):
        pieces = name.split('\n')
        return (None, pieces[0], None) if len(pieces) == 1 else (pieces[0], pieces[1], pieces[2] if len(pieces) > 2 else '')

    def start(name, attributes):
        node = Node(*split(name), {split(k)[:2]: (split(k)[2], v) for k, v in attributes.items()})
        (stack[-1].children if stack else root).append(node)
        stack.append(node)

    def data(text):
        if stack:
            stack[-1].text += text
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, lambda name: stack.pop(), data
    try:
        parser.Parse(text, True)
    except xml.parsers.expat.ExpatError as error:
        raise BrokenPacket(f'not well-formed: {error}') from error
    return root[0]


def _value(node):
    kind = node.attributes.get((RDF, 'parseType'), (None, None))[1]
    resource = node.attributes.get((RDF, 'resource'), (None, None))[1]
    language = node.attributes.get((XML, 'lang'), (None, None))[1]
    fields = {key: value for key, value in node.attributes.items() if key[0] not in (RDF, XML, None)}
    if kind in ('Literal', 'Collection'):
        raise BrokenPacket(f'rdf:parseType {kind}')
    if kind == 'Resource':
        return _struct(node.children, {}, language)
    if resource is not None:
        return Value('simple', resource, language=language) if not fields else _struct([], fields, language)
    if not node.children:
        return _struct([], fields, language) if fields else Value('simple', node.text, language=language)
    if len(node.children) > 1 or node.text.strip():
        raise BrokenPacket(f'{node.name} has more than one value')
    child = node.children[0]
    if child.space != RDF:
        raise BrokenPacket(f'{node.name} holds {child.name}, which is not of RDF')
    if child.name in ('Bag', 'Seq', 'Alt'):
        for item in child.children:
            if (item.space, item.name) != (RDF, 'li'):
                raise BrokenPacket(f'{child.name} holds {item.name}')
        return Value(child.name, items=[_value(item) for item in child.children], language=language)
    if child.name == 'Description':
        return _struct(child.children, {k: v for k, v in child.attributes.items() if k[0] not in (RDF, XML, None)}, language)
    raise BrokenPacket(f'{node.name} holds rdf:{child.name}')


def _struct(children, attributes, language):
    value = next((child for child in children if (child.space, child.name) == (RDF, 'value')), None)
    if value is not None:    # a value with qualifiers
        return _value(value)
    items = {key: (prefix, Value('simple', text)) for key, (prefix, text) in attributes.items()}
    for child in children:
        if child.space is None:
            raise BrokenPacket(f'{child.name} has no name space')
        items[child.space, child.name] = (child.prefix, _value(child))
    return Value('struct', items=items, language=language)


def read(data):
    encoding = 'UTF-8'
    for mark, name in ((b'\xff\xfe\0\0', 'UTF-32'), (b'\0\0\xfe\xff', 'UTF-32'), (b'\xff\xfe', 'UTF-16'), (b'\xfe\xff', 'UTF-16'), (b'<\0', 'UTF-16LE'), (b'\0<', 'UTF-16BE')):
        if data.startswith(mark):
            encoding = name
            break
    try:
        text = data.decode('utf-8-sig' if encoding == 'UTF-8' else encoding).strip(' \t\r\n\0')
    except UnicodeDecodeError as error:
        raise BrokenPacket(f'not {encoding}: {error}') from error
    header = re.match(r'<\?xpacket\s+(.*?)\?>', text, re.S)
    root = _tree(re.sub(r'^<\?xml .*?\?>', '', text, flags=re.S).encode())
    if (root.space, root.name) == ('adobe:ns:meta/', 'xmpmeta') or root.name == 'xapmeta':
        found = [child for child in root.children if (child.space, child.name) == (RDF, 'RDF')]
        if len(found) != 1:
            raise BrokenPacket('no RDF')
        root = found[0]
    if (root.space, root.name) != (RDF, 'RDF'):
        raise BrokenPacket('no RDF')
    properties, abouts = [], set()
    for description in root.children:
        if (description.space, description.name) != (RDF, 'Description'):
            raise BrokenPacket(f'RDF holds {description.name}')
        abouts.add(description.attributes.get((RDF, 'about'), (None, ''))[1])
        for (space, name), (prefix, value) in description.attributes.items():
            if space in (RDF, XML, None):
                continue
            properties.append((space, name, prefix, Value('simple', value)))
        for node in description.children:
            if node.space is None or node.space == RDF:
                raise BrokenPacket(f'{node.name} is no property')
            properties.append((node.space, node.name, node.prefix, _value(node)))
    if len(abouts) > 1:
        raise BrokenPacket('descriptions are about different things')
    seen = set()
    for space, name, _, _ in properties:
        if (space, name) in seen:
            raise BrokenPacket(f'{name} twice')
        seen.add((space, name))
    return Packet(header[1] if header else '', properties, encoding)


def fits(value, kind, types):
    """does a value have the type?  types: of extension schemas, by lower-case name"""
    kind = kind.strip()
    if kind == 'any':
        return True
    if kind.startswith('='):
        return value.kind == 'simple' and value.text in kind[1:].split('|')
    lower = re.sub(r'\s+', ' ', kind.lower())
    if lower == 'lang alt':
        return value.kind == 'Alt' and all(item.kind == 'simple' and item.language is not None for item in value.items)
    for array, name in (('bag', 'Bag'), ('seq', 'Seq'), ('alt', 'Alt')):
        if lower == array or lower.startswith(array + ' '):
            return value.kind == name and all(fits(item, kind[len(array) + 1:] or 'any', types) for item in value.items)
    choice = re.fullmatch(r'(?:open |closed )?choice(?: of (.*))?', lower)
    if choice:
        return fits(value, choice[1] or 'text', types)
    if lower in types:
        space, fields = types[lower]
        return value.kind == 'simple' if fields is None else value.kind == 'struct' and all(s == space and n in fields and fits(v, fields[n], types) for (s, n), (_, v) in value.items.items())
    if lower in BY_LOWER:
        space, fields = STRUCTURES[BY_LOWER[lower]]
        return value.kind == 'struct' and all(s == space and n in fields and fits(v, fields[n], types) for (s, n), (_, v) in value.items.items())
    form = SIMPLE.get(lower)
    return value.kind == 'simple' and form is not None and form.fullmatch(value.text) is not None


def known_type(kind, types):
    lower = re.sub(r'\s+', ' ', kind.strip().lower())
    lower = re.sub(r'^(bag|seq|alt)( |$)', '', lower)
    lower = re.sub(r'^(open |closed )?choice( of )?', '', lower)
    return lower in ('', 'lang alt') or lower in types or lower in BY_LOWER or lower in SIMPLE


class Extensions:
    """extension schemas of a packet; notes what is wrong with their container"""

    def __init__(self, packet, note, main=None):
        self.properties, self.types = {}, dict(main.types) if main else {}
        self.note = note
        for space, name, prefix, value in packet.properties:
            if space == EXTENSION:
                if name != 'schemas':
                    note('6.6.2.3.2', 1, f'field {name} in the container')
                elif value.kind != 'Bag' or prefix != 'pdfaExtension':
                    note('6.6.2.3.3', 1, 'schemas is no Bag or its prefix is another')
                schemas = [self._fields('Schema', item) for item in value.items or []] if value.kind in ('Bag', 'Seq', 'Alt') else []
                for schema in schemas:
                    self._name_types(schema)
                for schema in schemas:
                    self._read_schema(schema)

    def _fields(self, part, value):
        """fields of a part by name; notes those of another type, prefix or name"""
        prefix, space, tests = PARTS[part]
        found = {}
        if value.kind != 'struct':
            self.note('6.6.2.3.2', 1, f'{part} is no structure')
            return found
        for (s, name), (p, field) in value.items.items():
            if s != space or name not in tests:
                self.note('6.6.2.3.2', 1, f'undefined field {name} in {part}')
                continue
            sequence = (part, name) in SEQUENCES
            if p != prefix or field.kind != ('Seq' if sequence else 'simple'):
                self.note('6.6.2.3.3', tests[name], f'{part} {name}: prefix {p}, {field.kind}')
            found[name] = field
        for name, test in tests.items():
            if name not in found and (part, name) not in SEQUENCES:
                self.note('6.6.2.3.3', test, f'{part} lacks {name}')
        return found

    def _name_types(self, schema):
        """types are known in all schemas of a packet"""
        schema['types'] = [self._fields('Type', item) for item in schema['valueType'].items or []] if 'valueType' in schema else []
        for kind in schema['types']:
            if 'type' in kind:
                self.types[kind['type'].text.strip().lower()] = (kind['namespaceURI'].text if 'namespaceURI' in kind else None, None)

    def _read_schema(self, schema):
        space = schema['namespaceURI'].text if 'namespaceURI' in schema else None
        for kind in schema['types']:
            self._read_type(kind)
        for item in (schema['property'].items or []) if 'property' in schema else []:
            found = self._fields('Property', item)
            if 'valueType' in found and not known_type(found['valueType'].text, self.types):
                self.note('6.6.2.3.3', 8, f'type {found["valueType"].text} is not defined')
            if 'category' in found and found['category'].text not in ('external', 'internal'):
                self.note('6.6.2.3.3', 9, f'category {found["category"].text}')
            if 'name' in found and 'valueType' in found:
                self.properties.setdefault(space, {})[found['name'].text] = found['valueType'].text

    def _read_type(self, kind):
        fields = {}
        for item in (kind['field'].items or []) if 'field' in kind else []:
            found = self._fields('Field', item)
            if 'valueType' in found and not known_type(found['valueType'].text, self.types):
                self.note('6.6.2.3.3', 17, f'type {found["valueType"].text} is not defined')
            if 'name' in found and 'valueType' in found:
                fields[found['name'].text] = found['valueType'].text
        if 'type' in kind and fields:
            self.types[kind['type'].text.strip().lower()] = (kind['namespaceURI'].text if 'namespaceURI' in kind else None, fields)


def judge_packet(note, packet, main):
    """properties and types of a packet; main: extension schemas of the document's own packet, or None for that packet itself"""
    for name, test in (('bytes', 2), ('encoding', 3)):
        if re.search(rf'(^|\s){name}\s*=', packet.header):
            note('6.6.2.1', test, f'{name} in the header of the packet')
    if packet.encoding != 'UTF-8':
        note('6.6.2.1', 5, f'packet in {packet.encoding}')
    own = Extensions(packet, note, main)
    for space, name, _, value in packet.properties:
        kind, types = PROPERTIES.get(space, {}).get(name), {}
        for extensions in (own, main):
            if kind is None and extensions is not None:
                kind, types = extensions.properties.get(space, {}).get(name), extensions.types
        if kind is None:
            note('6.6.2.3.1', 1, f'property {name} of {space} is not defined')
        elif not fits(value, kind, types):
            note('6.6.2.3.1', 2, f'property {name} is no {kind}')
    return own


def judge_identification(note, packet, part, conformance):
    """6.6.4; part 2 or 3; conformance A, B or U"""
    found = [(name, prefix, value) for space, name, prefix, value in packet.properties if space == IDENTIFICATION]
    if not any(name in ('part', 'conformance') for name, _, _ in found):
        note('6.6.4', 1, 'no PDF/A identification')
        return
    values = {name: value for name, _, value in found}
    if 'part' not in values or values['part'].text.strip() != str(part):
        note('6.6.4', 2, f'part {values["part"].text if "part" in values else "missing"}')
    if 'conformance' not in values or values['conformance'].text not in {'A': ['A'], 'U': ['U', 'A'], 'B': ['B', 'U', 'A']}[conformance]:
        note('6.6.4', 3, f'conformance {values["conformance"].text if "conformance" in values else "missing"}')
    for name, test in (('part', 4), ('conformance', 5), ('amd', 6), ('corr', 7)):
        for other, prefix, _ in found:
            if other == name and prefix != 'pdfaid':
                note('6.6.4', test, f'{name} with prefix {prefix}')
