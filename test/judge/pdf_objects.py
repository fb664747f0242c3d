"""pdf_objects: a small reader of PDF files for the judge.

It reads what ISO 32000-1 clause 7 describes (objects, cross-reference tables and streams, object streams, the common filters)
and notes on the way what ISO 19005 clause 6.1 forbids, because that is seen only in the bytes.  Every finding is a call of
note(clause, test, text).  Not read: encrypted files.  A file whose cross-reference is broken is read by looking for objects.
"""
import binascii
import re
import zlib
from collections import namedtuple

Ref = namedtuple('Ref', 'number generation')
WHITE = b'\0\t\n\f\r '
TOKEN = re.compile(rb'(?:[\0\t\n\f\r ]+|%[^\r\n]*)*(?:(<<|>>|[\[\]{}])|/([^\0\t\n\f\r ()<>\[\]{}/%]*)|<([^>]*)>|(\()|([^\0\t\n\f\r ()<>\[\]{}/%]+)|(\)))')
INDIRECT = re.compile(rb'(\d+)([\0\t\n\f\r ]+)(\d+)([\0\t\n\f\r ]+)obj')
PAREN = re.compile(rb'[()\\]')
ESCAPES = {b'n': b'\n', b'r': b'\r', b't': b'\t', b'b': b'\b', b'f': b'\f'}
MOST_OUTPUT = 200_000_000


class Name(str):
    """a name; str, one character a byte"""
    __slots__ = ()


class Keyword(bytes):
    __slots__ = ()


class String(bytes):
    __slots__ = ()


class Damaged(Exception):
    """packed data that cannot be unpacked whole; data: what could"""

    def __init__(self, text, data):
        super().__init__(text)
        self.data = data


class Stream:
    def __init__(self, document, entries, raw, number):
        self.document, self.dict, self.raw, self.number = document, entries, raw, number
        self._data = None

    def get(self, key, default=None):
        return self.document.at(self.dict, key, default)

    def filters(self):
        found = self.get('Filter')
        return [self.document.resolve(f) for f in found] if isinstance(found, list) else [found] if found is not None else []

    def data(self):
        if self._data is None:
            self._data = self._decode()
        return self._data

    def _decode(self):
        data = self.raw
        params = self.get('DecodeParms')
        params = [self.document.resolve(p) for p in params] if isinstance(params, list) else [params]
        for i, name in enumerate(self.filters()):
            decode = DECODERS.get(name)
            if decode is None:
                break
            try:
                data = decode(data, {k: self.document.resolve(v) for k, v in params[i].items()} if i < len(params) and isinstance(params[i], dict) else {})
            except Damaged as damage:
                self.document.note('6.1.7.2', 1, f'object {self.number}: {damage}')
                data = damage.data
        return data


def unescape_name(raw):
    if b'#' in raw:
        raw = re.sub(rb'#([0-9A-Fa-f]{2})', lambda m: bytes([int(m[1], 16)]), raw)
    return Name(raw.decode('latin-1'))


def number_of(word):
    """int, float, or None"""
    try:
        return int(word)
    except ValueError:
        pass
    try:
        return float(word) if word[-1:] in b'0123456789.' and word[:1] in b'+-.0123456789' and b'_' not in word else None
    except ValueError:
        return None


class Lexer:
    """objects out of bytes; keywords come as Keyword, the end as None with ended set"""

    def __init__(self, data, at=0, note=None, content=False):
        self.data, self.at, self.note, self.content, self.ended = data, at, note, content, False

    def next(self):
        found = TOKEN.match(self.data, self.at)
        if found is None:
            self.ended = True
            return None
        self.at = found.end()
        kind = found.lastindex
        if kind == 5:
            return self._word(found[5])
        if kind == 2:
            name = unescape_name(found[2])
            if self.note and len(name) > 127:
                self.note('6.1.13', 4, f'name of {len(name)} bytes')
            return name
        if kind == 4:
            return self._literal()
        if kind == 3:
            return self._hex(found[3])
        if kind == 1:
            if found[1] == b'<<':
                return self._dictionary()
            if found[1] == b'[':
                return self._array()
            return Keyword(found[1])
        return Keyword(b')')

    def _word(self, word):
        number = number_of(word)
        if number is not None:
            if self.note:
                if isinstance(number, int) and not -2147483648 <= number <= 2147483647:
                    self.note('6.1.13', 1, f'integer {number}')
                elif isinstance(number, float) and abs(number) > 3.403e38:
                    self.note('6.1.13', 2, f'real {number}')
                elif isinstance(number, float) and number == 0 and re.search(rb'[1-9]', word) or isinstance(number, float) and 0 < abs(number) < 1.175e-38:
                    self.note('6.1.13', 5, f'real {number}')
            return number
        return {b'true': True, b'false': False}.get(word, Keyword(word))

    def _literal(self):
        depth, start, at = 1, self.at, self.at
        while depth:
            found = PAREN.search(self.data, at)
            if found is None:
                self.ended = True
                at = len(self.data) + 1
                break
            at = found.end()
            if found[0] == b'(':
                depth += 1
            elif found[0] == b')':
                depth -= 1
            else:
                at += 1
        raw, self.at = self.data[start:at - 1], at
        if b'\\' in raw:
            raw = re.sub(rb'\\([0-7]{1,3}|\r\n|.)', _unescape, raw, flags=re.S)
        if self.note and len(raw) > 32767:
            self.note('6.1.13', 3, f'string of {len(raw)} bytes')
        return String(raw)

    def _hex(self, raw):
        digits = re.sub(rb'[\0\t\n\f\r ]+', b'', raw)
        if self.note:
            if len(digits) % 2:
                self.note('6.1.6', 1, 'hexadecimal string of an odd number of digits')
            if re.search(rb'[^0-9A-Fa-f]', digits):
                self.note('6.1.6', 2, 'hexadecimal string with another character')
        digits = re.sub(rb'[^0-9A-Fa-f]', b'', digits)
        value = String(binascii.unhexlify(digits + b'0' * (len(digits) % 2)))
        if self.note and len(value) > 32767:
            self.note('6.1.13', 3, f'string of {len(value)} bytes')
        return value

    def _array(self):
        items = []
        while True:
            item = self.next()
            if isinstance(item, Keyword):
                if item == b']':
                    return items
                if item == b'R' and len(items) > 1 and not self.content and isinstance(items[-1], int) and isinstance(items[-2], int):
                    items[-2:] = [Ref(items[-2], items[-1])]
                    continue
                if item == b'null':
                    items.append(None)
                    continue
                if item in (b'>>', b'endobj'):
                    return items
                continue
            if self.ended:
                return items
            items.append(item)

    def _dictionary(self):
        items = []
        while True:
            item = self.next()
            if isinstance(item, Keyword):
                if item == b'>>':
                    break
                if item == b'R' and len(items) > 1 and isinstance(items[-1], int) and isinstance(items[-2], int):
                    items[-2:] = [Ref(items[-2], items[-1])]
                    continue
                if item == b'null':
                    items.append(None)
                    continue
                if item in (b'endobj', b'stream'):
                    break
                continue
            if self.ended:
                break
            items.append(item)
        return {key: value for key, value in zip(items[::2], items[1::2]) if isinstance(key, Name)}

    def object(self):
        """next object with references and null understood"""
        first = self.next()
        if isinstance(first, int) and not isinstance(first, bool):
            found = re.compile(rb'[\0\t\n\f\r ]+(\d+)[\0\t\n\f\r ]+R(?![^\0\t\n\f\r ()<>\[\]{}/%])').match(self.data, self.at)
            if found:
                self.at = found.end()
                return Ref(first, int(found[1]))
        return None if first == b'null' and isinstance(first, Keyword) else first


def _unescape(found):
    word = found[1]
    if word[:1].isdigit() and word[:1] < b'8':
        return bytes([int(word, 8) & 255])
    if word[:1] in b'\r\n':
        return b''
    return ESCAPES.get(word, word)


def _flate(data, params):
    engine = zlib.decompressobj()
    try:
        plain = engine.decompress(data, MOST_OUTPUT)
        if engine.eof:
            return _predict(plain, params)
    except zlib.error:
        engine, pieces = zlib.decompressobj(), []
        for i in range(0, len(data)):
            try:
                pieces.append(engine.decompress(data[i:i + 1]))
            except zlib.error:
                break
        plain = b''.join(pieces)
    raise Damaged('deflated data are damaged', _predict(plain, params))


def _lzw(data, params):
    table = [bytes([i]) for i in range(256)] + [b'', b'']
    out, width, bits, held, before = [], 9, 0, 0, b''
    early = params.get('EarlyChange', 1)
    for byte in data:
        held, bits = held << 8 | byte, bits + 8
        if bits < width:
            continue
        bits -= width
        code, held = held >> bits, held & (1 << bits) - 1
        if code == 257:
            break
        if code == 256:
            del table[258:]
            width, before = 9, b''
            continue
        entry = table[code] if code < len(table) else before + before[:1]
        out.append(entry)
        if before:
            table.append(before + entry[:1])
        before = entry
        width = min(12, max(9, (len(table) + early).bit_length()))
    return _predict(b''.join(out), params)


def _predict(data, params):
    predictor = params.get('Predictor', 1)
    colors, bits, columns = params.get('Colors', 1), params.get('BitsPerComponent', 8), params.get('Columns', 1)
    if predictor < 2 or columns * bits * colors < 1:
        return data
    step, row = max(1, colors * bits // 8), (colors * bits * columns + 7) // 8
    out, above = bytearray(), bytearray(row)
    if predictor == 2:
        for i in range(0, len(data), row):
            line = bytearray(data[i:i + row])
            if bits == 8:
                for k in range(step, len(line)):
                    line[k] = line[k] + line[k - step] & 255
            out += line
        return bytes(out)
    for i in range(0, len(data), row + 1):
        kind, line = data[i], bytearray(data[i + 1:i + 1 + row])
        line += bytes(row - len(line))
        for k in range(row):
            left, up, corner = line[k - step] if k >= step else 0, above[k], above[k - step] if k >= step else 0
            if kind == 1:
                line[k] = line[k] + left & 255
            elif kind == 2:
                line[k] = line[k] + up & 255
            elif kind == 3:
                line[k] = line[k] + (left + up >> 1) & 255
            elif kind == 4:
                guess = left + up - corner
                near = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]
                line[k] = line[k] + near & 255
        out += line
        above = line
    return bytes(out)


def _ascii_hex(data, params):
    digits = re.sub(rb'[^0-9A-Fa-f]', b'', data.split(b'>')[0])
    return binascii.unhexlify(digits + b'0' * (len(digits) % 2))


def _ascii_85(data, params):
    out, group = bytearray(), []
    for byte in data.split(b'~>')[0]:
        if byte == 0x7A and not group:
            out += bytes(4)
        elif 0x21 <= byte <= 0x75:
            group.append(byte - 0x21)
            if len(group) == 5:
                value = 0
                for digit in group:
                    value = value * 85 + digit
                out += (value & 0xFFFFFFFF).to_bytes(4, 'big')
                group = []
    if len(group) > 1:
        value = 0
        for digit in group + [84] * (5 - len(group)):
            value = value * 85 + digit
        out += (value & 0xFFFFFFFF).to_bytes(4, 'big')[:len(group) - 1]
    return bytes(out)


def _run_length(data, params):
    out, at = bytearray(), 0
    while at < len(data) and data[at] != 128:
        count = data[at]
        if count < 128:
            out += data[at + 1:at + 2 + count]
            at += 2 + count
        else:
            out += data[at + 1:at + 2] * (257 - count)
            at += 2
    return bytes(out)


DECODERS = {'FlateDecode': _flate, 'Fl': _flate, 'LZWDecode': _lzw, 'LZW': _lzw, 'ASCIIHexDecode': _ascii_hex, 'AHx': _ascii_hex,
            'ASCII85Decode': _ascii_85, 'A85': _ascii_85, 'RunLengthDecode': _run_length, 'RL': _run_length, 'Crypt': lambda data, params: data}


class Document:
    """one file; note(clause, test, text) collects what is seen in the bytes"""

    def __init__(self, data, note):
        self.data, self.note = data, note
        self.where, self.packed = {}, {}    # number -> offset; number -> (object stream, index)
        self.trailers, self._objects, self._streams = [], {}, {}
        self.opening = set()
        if not self._read_references():
            self._scan()
        self.trailer = self.trailers[0] if self.trailers else {}

    # access
    def resolve(self, value):
        for _ in range(32):
            if not isinstance(value, Ref):
                return value
            value = self.fetch(value.number)
        return None

    def at(self, entries, key, default=None):
        if isinstance(entries, Stream):
            entries = entries.dict
        if not isinstance(entries, dict):
            return default
        value = self.resolve(entries.get(key))
        return default if value is None else value

    def numbers(self):
        return sorted(set(self.where) | set(self.packed))

    def fetch(self, number):
        if number in self._objects:
            return self._objects[number]
        if number in self.opening:
            return None
        self.opening.add(number)
        value = None
        if number in self.where:
            value = self._read_at(number, self.where[number])
        elif number in self.packed:
            value = self._read_packed(number)
        self.opening.discard(number)
        self._objects[number] = value
        return value

    # cross-reference
    def _read_references(self):
        found = [m for m in re.finditer(rb'startxref[\0\t\n\f\r ]+(\d+)', self.data)]
        if not found:
            return False
        todo, seen = [int(found[-1][1])], set()
        try:
            while todo:
                offset = todo.pop(0)
                if offset in seen or offset >= len(self.data):
                    continue
                seen.add(offset)
                trailer = self._read_table(offset) if self.data[offset:offset + 4] == b'xref' else self._read_stream_table(offset)
                if trailer is None:
                    return bool(self.trailers)
                self.trailers.append(trailer)
                for key in ('XRefStm', 'Prev'):
                    if isinstance(trailer.get(key), (int, float)):
                        todo.append(int(trailer[key]))
        except (ValueError, IndexError, TypeError):
            return False
        return bool(self.trailers) and isinstance(self.resolve(self.trailers[0].get('Root')), dict)

    def _read_table(self, offset):
        at = offset + 4
        lead = re.compile(rb'[\0\t\n\f\r ]*').match(self.data, at)
        if lead[0] not in (b'\n', b'\r', b'\r\n'):
            self.note('6.1.4', 2, 'xref is not followed by a single end of line')
        at = lead.end()
        header = re.compile(rb'(\d+)([\0\t\n\f\r ]+)(\d+)[\t ]*(\r\n|\r|\n)?')
        entry = re.compile(rb'[\0\t\n\f\r ]*(\d{10})[ ]+(\d{5})[ ]+([nf])')
        while True:
            found = header.match(self.data, at)
            if found is None:
                break
            if found[2] != b' ':
                self.note('6.1.4', 1, 'subsection header without a single space')
            start, count, at = int(found[1]), int(found[3]), found.end()
            for number in range(start, start + count):
                line = entry.match(self.data, at)
                if line is None:
                    break
                at = line.end()
                if line[3] == b'n' and number not in self.where and number not in self.packed and number not in self._streams:
                    self.where[number] = int(line[1])
                elif line[3] == b'f':
                    self._streams.setdefault(number, True)    # free: older tables do not bring it back
            at = re.compile(rb'[\0\t\n\f\r ]*').match(self.data, at).end()
        found = re.compile(rb'[\0\t\n\f\r ]*trailer').match(self.data, at)
        if found is None:
            return None
        trailer = Lexer(self.data, found.end(), self.note).object()
        return trailer if isinstance(trailer, dict) else None

    def _read_stream_table(self, offset):
        stream = self._read_at(None, offset)
        if not isinstance(stream, Stream):
            return None
        widths = [self.resolve(w) for w in stream.get('W', [])]
        index = stream.get('Index') or [0, stream.get('Size', 0)]
        data, at, row = stream.data(), 0, sum(widths)
        for start, count in zip(index[::2], index[1::2]):
            for number in range(start, start + count):
                line = data[at:at + row]
                at += row
                if len(line) < row:
                    break
                kind = int.from_bytes(line[:widths[0]], 'big') if widths[0] else 1
                second = int.from_bytes(line[widths[0]:widths[0] + widths[1]], 'big')
                third = int.from_bytes(line[widths[0] + widths[1]:], 'big')
                if number in self.where or number in self.packed or number in self._streams:
                    continue
                if kind == 1:
                    self.where[number] = second
                elif kind == 2:
                    self.packed[number] = (second, third)
                else:
                    self._streams[number] = True
        return stream.dict

    def _scan(self):
        self.where, self.packed, self._objects, self.trailers, self._streams = {}, {}, {}, [], {}
        for found in re.finditer(rb'(?<![0-9])(\d+)[\0\t\n\f\r ]+\d+[\0\t\n\f\r ]+obj', self.data):
            self.where[int(found[1])] = found.start()
        for found in re.finditer(rb'trailer', self.data):
            trailer = Lexer(self.data, found.end()).object()
            if isinstance(trailer, dict):
                self.trailers.insert(0, trailer)
        for number in list(self.where):
            value = self.fetch(number)
            if isinstance(value, Stream) and value.get('Type') == 'ObjStm':
                for index in range(value.get('N', 0)):
                    self.packed.setdefault(Lexer(value.data()).next() if index == 0 else 0, (number, index))
            if isinstance(value, Stream) and value.get('Type') == 'XRef' and 'Root' in value.dict:
                self.trailers.append(value.dict)
            if isinstance(value, dict) and value.get('Type') == 'Catalog' and not self.trailers:
                self.trailers.append({'Root': Ref(number, 0)})

    # objects
    def _read_at(self, number, offset):
        found = INDIRECT.match(self.data, offset)
        if found is None:
            lead = re.compile(rb'[\0\t\n\f\r ]*').match(self.data, offset)
            found = INDIRECT.match(self.data, lead.end())
            if found is None or number is not None and int(found[1]) != number:
                return None
            offset = lead.end()
        if number is not None and int(found[1]) != number:
            return None
        self._judge_head(found, offset)
        lexer = Lexer(self.data, found.end(), self.note)
        value = lexer.object()
        if isinstance(value, dict):
            start = re.compile(rb'[\0\t\n\f\r ]*stream(?![a-z])').match(self.data, lexer.at)
            if start:
                value, lexer.at = self._read_stream(value, start.end(), int(found[1]))
        self._judge_tail(lexer.at, int(found[1]))
        return value

    def _judge_head(self, found, offset):
        problem = None
        if len(found[2]) != 1 or len(found[4]) != 1:
            problem = 'more than one white-space character in its head'
        elif offset > 0 and self.data[offset - 1] not in b'\r\n':
            problem = 'its number does not begin a line'
        elif self.data[found.end():found.end() + 1] not in (b'\r', b'\n'):
            problem = 'obj does not end its line'
        if problem:
            self.note('6.1.9', 1, f'object {int(found[1])}: {problem}')

    def _judge_tail(self, at, number):
        found = re.compile(rb'([\0\t\n\f\r ]*)endobj([^a-z]?)').match(self.data, at)
        if found is None:
            return
        if found[1][-1:] not in (b'\r', b'\n') or found[2] not in (b'\r', b'\n'):
            self.note('6.1.9', 1, f'object {number}: endobj does not stand on a line of its own')

    def _read_stream(self, entries, at, number):
        if self.data[at:at + 2] == b'\r\n':
            at += 2
        elif self.data[at:at + 1] == b'\n':
            at += 1
        else:
            self.note('6.1.7.1', 2, f'object {number}: stream is not followed by CR LF or LF')
            at += self.data[at:at + 1] == b'\r'
        length = self.resolve(entries.get('Length'))
        close = re.compile(rb'(\r\n|\n|\r|)endstream')
        found = close.match(self.data, at + length) if isinstance(length, int) and length >= 0 else None
        if found is None:
            found = close.search(self.data, at)
            if found is None:
                self.note('6.1.7.1', 1, f'object {number}: no endstream')
                return Stream(self, entries, self.data[at:], number), len(self.data)
            self.note('6.1.7.1', 1, f'object {number}: Length {length}, in fact {found.start() - at}')
        elif not found[1]:
            self.note('6.1.7.1', 2, f'object {number}: endstream does not begin a line')
        return Stream(self, entries, self.data[at:found.start()], number), found.end()

    def _read_packed(self, number):
        holder, index = self.packed[number]
        stream = self.fetch(holder)
        if not isinstance(stream, Stream):
            return None
        lexer = Lexer(stream.data())
        heads = [lexer.next() for _ in range(2 * stream.get('N', 0))]
        places = dict(zip(heads[::2], heads[1::2]))
        if number not in places:
            return None
        return Lexer(stream.data(), stream.get('First', 0) + places[number], self.note).object()
