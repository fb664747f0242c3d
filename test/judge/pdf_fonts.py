"""pdf_fonts: fonts of a PDF as ISO 19005-2/-3 clause 6.2.11 looks at them.

TrueType programs are read here; Type 1 and CFF, which the house does not write, with python3-fonttools, and so are simple
fonts' encodings.  Font.codes(string) splits a string, Font.glyph(code) says what the code leads to.
"""
import re
import struct
from collections import namedtuple

from pdf_objects import Keyword, Lexer, Name, Stream

Glyph = namedtuple('Glyph', 'present notdef width_said width_drawn')
PREDEFINED = set('''Identity-H Identity-V GB-EUC-H GB-EUC-V GBpc-EUC-H GBpc-EUC-V GBK-EUC-H GBK-EUC-V GBKp-EUC-H GBKp-EUC-V GBK2K-H GBK2K-V
UniGB-UCS2-H UniGB-UCS2-V UniGB-UTF16-H UniGB-UTF16-V B5pc-H B5pc-V HKscs-B5-H HKscs-B5-V ETen-B5-H ETen-B5-V ETenms-B5-H ETenms-B5-V CNS-EUC-H CNS-EUC-V
UniCNS-UCS2-H UniCNS-UCS2-V UniCNS-UTF16-H UniCNS-UTF16-V 83pv-RKSJ-H 90ms-RKSJ-H 90ms-RKSJ-V 90msp-RKSJ-H 90msp-RKSJ-V 90pv-RKSJ-H Add-RKSJ-H Add-RKSJ-V
EUC-H EUC-V Ext-RKSJ-H Ext-RKSJ-V H V UniJIS-UCS2-H UniJIS-UCS2-V UniJIS-UCS2-HW-H UniJIS-UCS2-HW-V UniJIS-UTF16-H UniJIS-UTF16-V KSC-EUC-H KSC-EUC-V
KSCms-UHC-H KSCms-UHC-V KSCms-UHC-HW-H KSCms-UHC-HW-V KSCpc-EUC-H UniKS-UCS2-H UniKS-UCS2-V UniKS-UTF16-H UniKS-UTF16-V'''.split())
STANDARD_14 = set('''Courier Courier-Bold Courier-Oblique Courier-BoldOblique Helvetica Helvetica-Bold Helvetica-Oblique Helvetica-BoldOblique
Times-Roman Times-Bold Times-Italic Times-BoldItalic Symbol ZapfDingbats'''.split())
# collections whose CIDs mean characters (ISO 19005-2 6.2.11.7.2)
KNOWN_ORDERINGS = {b'GB1', b'CNS1', b'Japan1', b'Korea1'}


class BrokenFont(Exception):
    pass


class TrueType:
    """tables of a TrueType program (or of OpenType with CFF outlines: self.cff)"""

    def __init__(self, data):
        try:
            count, = struct.unpack_from('>H', data, 4)
            self.tables = {}
            for i in range(count):
                tag, _, start, length = struct.unpack_from('>4sLLL', data, 12 + 16 * i)
                self.tables[tag] = data[start:start + length]
            self.units, = struct.unpack_from('>H', self.tables[b'head'], 18)
            self.count, = struct.unpack_from('>H', self.tables[b'maxp'], 4)
            self.metrics, = struct.unpack_from('>H', self.tables[b'hhea'], 34)
            self.hmtx = self.tables[b'hmtx']
            if self.units == 0 or self.metrics == 0:
                raise BrokenFont('TrueType program without units or widths')
            self.cmaps = self._read_cmaps() if b'cmap' in self.tables else {}
            self.loca = self._read_loca() if b'loca' in self.tables else None
        except (struct.error, KeyError, IndexError) as error:
            raise BrokenFont(f'TrueType program: {error!r}') from error
        self._names = None

    def _read_loca(self):
        long_form = struct.unpack_from('>h', self.tables[b'head'], 50)[0]
        raw = self.tables[b'loca']
        return struct.unpack(f'>{len(raw) // 4}L', raw[:len(raw) // 4 * 4]) if long_form else [2 * v for v in struct.unpack(f'>{len(raw) // 2}H', raw[:len(raw) // 2 * 2])]

    def _read_cmaps(self):
        table, found = self.tables[b'cmap'], {}
        for i in range(struct.unpack_from('>H', table, 2)[0]):
            platform, encoding, start = struct.unpack_from('>HHL', table, 4 + 8 * i)
            found[platform, encoding] = self._read_cmap(table, start)
        return found

    @staticmethod
    def _read_cmap(table, at):
        form, = struct.unpack_from('>H', table, at)
        codes = {}
        if form == 0:
            codes = dict(enumerate(table[at + 6:at + 262]))
        elif form == 4:
            double, = struct.unpack_from('>H', table, at + 6)
            n = double // 2
            ends = struct.unpack_from(f'>{n}H', table, at + 14)
            starts = struct.unpack_from(f'>{n}H', table, at + 16 + double)
            deltas = struct.unpack_from(f'>{n}H', table, at + 16 + 2 * double)
            offsets = struct.unpack_from(f'>{n}H', table, at + 16 + 3 * double)
            for i in range(n):
                for code in range(starts[i], ends[i] + 1):
                    if offsets[i] == 0:
                        codes[code] = code + deltas[i] & 0xFFFF
                    else:
                        place = at + 16 + 3 * double + 2 * i + offsets[i] + 2 * (code - starts[i])
                        if place + 2 <= len(table):
                            gid, = struct.unpack_from('>H', table, place)
                            codes[code] = gid + deltas[i] & 0xFFFF if gid else 0
        elif form == 6:
            first, count = struct.unpack_from('>HH', table, at + 6)
            codes = {first + i: gid for i, gid in enumerate(struct.unpack_from(f'>{count}H', table, at + 10))}
        elif form == 12:
            for i in range(struct.unpack_from('>L', table, at + 12)[0]):
                start, end, gid = struct.unpack_from('>LLL', table, at + 16 + 12 * i)
                codes.update((code, gid + code - start) for code in range(start, min(end, start + 70000) + 1))
        return {code: gid for code, gid in codes.items() if gid}

    def names(self):
        """glyph id by its name in the post table"""
        if self._names is None:
            self._names = {}
            table = self.tables.get(b'post', b'')
            if table[:4] == b'\0\2\0\0':
                from fontTools.ttLib.standardGlyphOrder import standardGlyphOrder
                count, = struct.unpack_from('>H', table, 32)
                index = struct.unpack_from(f'>{count}H', table, 34)
                texts, at = [], 34 + 2 * count
                while at < len(table):
                    texts.append(table[at + 1:at + 1 + table[at]].decode('latin-1'))
                    at += 1 + table[at]
                for gid, i in enumerate(index):
                    if i < 258 or i - 258 < len(texts):
                        self._names.setdefault(standardGlyphOrder[i] if i < 258 else texts[i - 258], gid)
        return self._names

    def width(self, gid):
        gid = min(gid, self.metrics - 1)
        return struct.unpack_from('>H', self.hmtx, 4 * gid)[0] * 1000 / self.units if 4 * gid + 2 <= len(self.hmtx) else None

    def present(self, gid):
        return 0 <= gid < self.count and (self.loca is None or gid + 1 < len(self.loca))


class Outlines:
    """a CFF or Type 1 program: widths by glyph name; CID-keyed: names by CID"""

    def __init__(self, data, kind):
        try:
            self._read_type1(data) if kind == 'type1' else self._read_cff(data)
        except BrokenFont:
            raise
        except Exception as error:    # whatever fontTools raises: the program is not one
            raise BrokenFont(f'{kind} program: {error!r}') from error

    def _read_cff(self, data):
        import io
        from fontTools.cffLib import CFFFontSet
        from fontTools.pens.basePen import NullPen
        fonts = CFFFontSet()
        fonts.decompile(io.BytesIO(data), None)
        top = fonts[fonts.fontNames[0]]
        self.cid_keyed = hasattr(top, 'ROS')
        self.registry = top.ROS if self.cid_keyed else None
        scale = (top.FontMatrix[0] if hasattr(top, 'FontMatrix') else 0.001) * 1000
        self.widths, self.order, self.by_cid = {}, list(top.charset), {}
        for gid, name in enumerate(top.charset):
            string = top.CharStrings[name]
            try:
                string.draw(NullPen())
                self.widths[name] = string.width * scale
            except Exception:
                self.widths[name] = None
            if self.cid_keyed:
                self.by_cid[0 if name == '.notdef' else int(name[3:])] = name
        if not self.cid_keyed:
            self.by_cid = dict(enumerate(top.charset))
        self.encoding = {}
        if not self.cid_keyed:
            encoding = top.Encoding
            if isinstance(encoding, str):
                from fontTools.encodings.StandardEncoding import StandardEncoding
                encoding = StandardEncoding
            self.encoding = {code: name for code, name in enumerate(encoding) if name != '.notdef'}

    def _read_type1(self, data):
        from fontTools.misc import eexec, psCharStrings
        clear, _, rest = data.partition(b'eexec')
        if not clear.startswith((b'%!', b'\x80')) or not rest:
            raise BrokenFont('Type 1 program without its two parts')
        if clear.startswith(b'\x80'):
            clear, rest = clear[6:], rest
        rest = rest.lstrip(b'\r\n \t')
        if re.match(rb'[0-9A-Fa-f]{8}', rest):
            rest = bytes.fromhex(re.match(rb'[0-9A-Fa-f\s]*', rest)[0].decode()[:len(rest) // 2 * 2].replace('\n', '').replace('\r', '')[: len(rest) // 2 * 2])
        plain, _ = eexec.decrypt(rest, 55665)
        plain = plain[4:]
        lead = int((re.search(rb'/lenIV\s+(-?\d+)', plain) or [0, 4])[1])
        matrix = re.search(rb'/FontMatrix\s*\[\s*([-+.\deE]+)', clear)
        scale = float(matrix[1]) * 1000 if matrix else 1
        self.widths, self.order, self.by_cid, self.cid_keyed, self.registry = {}, [], {}, False, None
        subroutines = {}
        start = plain.find(b'/CharStrings')

        def piece(found):
            code = plain[found.end():found.end() + int(found[2])]
            return eexec.decrypt(code, 4330)[0][lead:] if lead >= 0 else code
        at = plain.find(b'/Subrs')
        while 0 <= at < start:
            found = re.compile(rb'dup\s+(\d+)\s+(\d+)\s+(?:RD|-\|)\s').search(plain, at, start)
            if not found:
                break
            subroutines[int(found[1])] = psCharStrings.T1CharString(piece(found))
            at = found.end() + int(found[2])
        table = [subroutines.get(i) for i in range(max(subroutines, default=-1) + 1)]
        at = start + 12
        while start >= 0:
            found = re.compile(rb'/(\S+)\s+(\d+)\s+(?:RD|-\|)\s').search(plain, at)
            if not found:
                break
            name, string = found[1].decode('latin-1'), psCharStrings.T1CharString(piece(found), subrs=table)
            self.order.append(name)
            try:
                extractor = psCharStrings.T1OutlineExtractor(__import__('fontTools.pens.basePen', fromlist=['NullPen']).NullPen(), table)
                extractor.execute(string)
                self.widths[name] = extractor.width * scale
            except Exception:
                self.widths[name] = None
            at = found.end() + int(found[2])
        if not self.widths:
            raise BrokenFont('Type 1 program without glyphs')
        if re.search(rb'/Encoding\s+StandardEncoding', clear):
            from fontTools.encodings.StandardEncoding import StandardEncoding
            self.encoding = {code: name for code, name in enumerate(StandardEncoding) if name != '.notdef'}
        else:
            self.encoding = {int(code): name.decode('latin-1') for code, name in re.findall(rb'dup\s+(\d+)\s*/(\S+)\s+put', clear)}


class CMap:
    """code ranges, CIDs or texts of a CMap stream"""

    def __init__(self, data):
        self.spaces, self.cids, self.texts, self.ranges = [], {}, {}, []
        self.mode, self.uses, self.info, self.most = 0, None, {}, 0
        lexer, held = Lexer(data, content=True), []
        while True:
            item = lexer.next()
            if lexer.ended:
                break
            if not isinstance(item, Keyword):
                held.append(item)
                continue
            self._take(bytes(item), held)
            if item not in (b'[', b'{'):
                held = []

    def _take(self, word, held):
        def number(value):
            return int.from_bytes(value, 'big')
        if word == b'endcodespacerange':
            self.spaces += [(low, high) for low, high in zip(held[::2], held[1::2])]
        elif word == b'endcidrange':
            for low, high, cid in zip(held[::3], held[1::3], held[2::3]):
                self.ranges.append((len(low), number(low), number(high), cid))
                self.most = max(self.most, cid + number(high) - number(low))
        elif word == b'endcidchar':
            for code, cid in zip(held[::2], held[1::2]):
                self.cids[len(code), number(code)] = cid
                self.most = max(self.most, cid)
        elif word == b'endbfchar':
            self.texts.update((number(code), bytes(text)) for code, text in zip(held[::2], held[1::2]) if isinstance(text, bytes))
        elif word == b'endbfrange':
            for low, high, text in zip(held[::3], held[1::3], held[2::3]):
                for i in range(min(number(high) - number(low), 65535) + 1):
                    if isinstance(text, list):
                        if i < len(text):
                            self.texts[number(low) + i] = bytes(text[i])
                    else:
                        self.texts[number(low) + i] = text[:-2] + ((number(text[-2:]) + i) & 0xFFFF).to_bytes(2, 'big')
        elif word == b'usecmap':
            self.uses = held[-1] if held else None
        elif word == b'def' and len(held) > 1 and isinstance(held[-2], Name):
            if held[-2] == 'WMode':
                self.mode = held[-1]
            elif held[-2] in ('Registry', 'Ordering', 'Supplement'):
                self.info[held[-2]] = held[-1]
            elif held[-2] == 'CIDSystemInfo' and isinstance(held[-1], dict):
                self.info.update(held[-1])

    def split(self, text):
        at = 0
        while at < len(text):
            for length in range(1, 5):
                piece = text[at:at + length]
                if any(len(low) == len(piece) and all(a <= b <= c for a, b, c in zip(low, piece, high)) for low, high in self.spaces):
                    break
            else:
                piece = text[at:at + (len(self.spaces[0][0]) if self.spaces else 1)]
            yield len(piece), int.from_bytes(piece, 'big')
            at += max(1, len(piece))

    def cid(self, length, code):
        if (length, code) in self.cids:
            return self.cids[length, code]
        for size, low, high, cid in self.ranges:
            if size == length and low <= code <= high:
                return cid + code - low
        return 0


def program_of(document, descriptor, programs):
    """(kind, program) of a descriptor; (None, None) without one; raises BrokenFont"""
    for key in ('FontFile2', 'FontFile3', 'FontFile'):
        stream = document.at(descriptor, key)
        if isinstance(stream, Stream):
            subtype = stream.get('Subtype')
            mark = (key, subtype, stream.raw)
            if mark not in programs:
                data = stream.data()
                try:
                    if key == 'FontFile2' or data[:4] in (b'\0\1\0\0', b'true'):
                        programs[mark] = ('truetype', TrueType(data))
                    elif key == 'FontFile':
                        programs[mark] = ('type1', Outlines(data, 'type1'))
                    elif data[:4] == b'OTTO':
                        whole = TrueType(data)
                        programs[mark] = ('cff', Outlines(whole.tables[b'CFF '], 'cff'))
                    else:
                        programs[mark] = ('cff', Outlines(data, 'cff'))
                except BrokenFont as error:
                    programs[mark] = error
            if isinstance(programs[mark], BrokenFont):
                raise programs[mark]
            return programs[mark]
    return None, None


class Font:
    """a font dictionary in use"""

    def __init__(self, document, entries, programs):
        at = document.at
        self.document, self.dict = document, entries
        self.subtype, self.name = at(entries, 'Subtype'), at(entries, 'BaseFont')
        self.child = None
        if self.subtype == 'Type0' or 'DescendantFonts' in entries:
            children = at(entries, 'DescendantFonts')
            self.child = document.resolve(children[0]) if isinstance(children, list) and children else None
        self.descriptor = at(self.child if self.child else entries, 'FontDescriptor', {})
        flags = at(self.descriptor, 'Flags', 0)
        self.symbolic = bool(flags & 4) if isinstance(flags, int) else False
        self.broken = None
        try:
            self.kind, self.program = program_of(document, self.descriptor, programs)
        except BrokenFont as error:
            self.kind, self.program, self.broken = 'broken', None, str(error)
        self.embedded = self.kind is not None
        unicode_map = at(entries, 'ToUnicode')
        self.unicode = CMap(unicode_map.data()) if isinstance(unicode_map, Stream) else None
        self.identity_unicode = isinstance(unicode_map, Name) and unicode_map.startswith('Identity')
        self._prepare_composite() if self.child else self._prepare_simple()
        self._glyphs = {}

    def _prepare_composite(self):
        at = self.document.at
        self.encoding = at(self.dict, 'Encoding')
        self.cmap = CMap(self.encoding.data()) if isinstance(self.encoding, Stream) else None
        self.map_name = self.encoding.get('CMapName') if self.cmap else self.encoding
        self.default = at(self.child, 'DW', 1000)
        self.widths, listed, i = {}, at(self.child, 'W', []), 0
        while i + 1 < len(listed):
            first, second = self.document.resolve(listed[i]), self.document.resolve(listed[i + 1])
            if isinstance(second, list):
                self.widths.update((first + k, self.document.resolve(width)) for k, width in enumerate(second))
                i += 2
            else:
                width = self.document.resolve(listed[i + 2])
                self.widths.update((cid, width) for cid in range(first, min(second, 65535) + 1))
                i += 3
        to_gid = at(self.child, 'CIDToGIDMap')
        self.to_gid = to_gid.data() if isinstance(to_gid, Stream) else None

    def _prepare_simple(self):
        at = self.document.at
        encoding = at(self.dict, 'Encoding')
        self.base = encoding if isinstance(encoding, Name) else at(encoding, 'BaseEncoding')
        self.differences, code = {}, 0
        for item in at(encoding, 'Differences', []) if isinstance(encoding, dict) else []:
            item = self.document.resolve(item)
            if isinstance(item, int):
                code = item
            elif isinstance(item, Name):
                self.differences[code] = str(item)
                code += 1
        self.first = at(self.dict, 'FirstChar')
        self.listed = at(self.dict, 'Widths')
        self.missing = at(self.descriptor, 'MissingWidth', 0)
        self._names = None

    def names(self):
        """glyph name by code, for simple fonts"""
        if self._names is None:
            from fontTools.encodings.MacRoman import MacRoman
            from fontTools.encodings.StandardEncoding import StandardEncoding
            from fontTools.agl import UV2AGL
            if self.base == 'WinAnsiEncoding':
                table = {}
                for code in range(32, 256):
                    character = bytes([code]).decode('cp1252', 'ignore')
                    table[code] = {127: 'bullet', 160: 'space', 173: 'hyphen'}.get(code) or (UV2AGL.get(ord(character), '.notdef') if character else 'bullet')
                table.update({0xB5: 'mu', 0xAF: 'macron', 0xB7: 'periodcentered'})
            elif self.base == 'MacRomanEncoding':
                table = {code: name for code, name in enumerate(MacRoman) if name != '.notdef' and name != 'NUL'}
                table[202] = 'space'
            elif self.base == 'StandardEncoding' or not self.symbolic and self.kind in (None, 'truetype') or self.program is None:
                table = {code: name for code, name in enumerate(StandardEncoding) if name != '.notdef'}
            else:
                table = dict(getattr(self.program, 'encoding', {}))
            table.update(self.differences)
            self._names = table
        return self._names

    def codes(self, text):
        if self.child is None:
            return ((1, code) for code in text)
        if self.cmap and self.cmap.spaces:
            return self.cmap.split(text)
        return ((2, int.from_bytes(text[i:i + 2], 'big')) for i in range(0, len(text), 2))

    def glyph(self, length, code):
        if (length, code) not in self._glyphs:
            self._glyphs[length, code] = self._composite_glyph(length, code) if self.child else self._simple_glyph(code)
        return self._glyphs[length, code]

    def cid(self, length, code):
        if self.cmap:
            return self.cmap.cid(length, code)
        return code if self.encoding in ('Identity-H', 'Identity-V') else None

    def _composite_glyph(self, length, code):
        cid = self.cid(length, code)
        if cid is None:
            return Glyph(True, False, None, None)
        said = self.widths.get(cid, self.default)
        if self.kind == 'truetype':
            gid = int.from_bytes(self.to_gid[2 * cid:2 * cid + 2], 'big') if self.to_gid is not None else cid
            return Glyph(self.program.present(gid), gid == 0, said, self.program.width(gid) if self.program.present(gid) else None)
        if self.kind == 'cff':
            if self.to_gid is not None and not self.program.cid_keyed:
                cid = int.from_bytes(self.to_gid[2 * cid:2 * cid + 2], 'big')
            name = self.program.by_cid.get(cid)
            return Glyph(name is not None, cid == 0, said, self.program.widths.get(name))
        return Glyph(True, cid == 0, said, None)

    def _simple_glyph(self, code):
        said = None
        if isinstance(self.listed, list):
            inside = isinstance(self.first, int) and 0 <= code - self.first < len(self.listed)
            said = self.document.resolve(self.listed[code - self.first]) if inside else self.missing
        if self.subtype == 'Type3':
            return self._drawn_glyph(code, said)
        if self.kind == 'truetype':
            gid = self._truetype_gid(code)
            return Glyph(gid is not None and self.program.present(gid), not gid, said, self.program.width(gid or 0))
        name = self.names().get(code)
        if self.kind in ('type1', 'cff'):
            if name is None or name not in self.program.widths:
                return Glyph(False, name is None or name == '.notdef', said, self.program.widths.get('.notdef'))
            return Glyph(True, name == '.notdef', said, self.program.widths[name])
        return Glyph(True, name == '.notdef', said, None)

    def _drawn_glyph(self, code, said):
        stream = self.document.at(self.document.at(self.dict, 'CharProcs', {}), self.differences.get(code, ''))
        if not isinstance(stream, Stream):
            return Glyph(False, self.differences.get(code, '.notdef') == '.notdef', said, None)
        lexer, held = Lexer(stream.data(), content=True), []
        while not lexer.ended:
            item = lexer.next()
            if item in (b'd0', b'd1') and isinstance(item, Keyword):
                count = 2 if item == b'd0' else 6
                return Glyph(True, self.differences.get(code) == '.notdef', said, held[-count] if len(held) >= count else None)
            held.append(item)
        return Glyph(True, self.differences.get(code) == '.notdef', said, None)

    def _truetype_gid(self, code):
        cmaps = self.program.cmaps
        if self.symbolic or self.base is None and not self.differences:
            if (3, 0) in cmaps:
                for lead in (0, 0xF000, 0xF100, 0xF200):
                    if code + lead in cmaps[3, 0]:
                        return cmaps[3, 0][code + lead]
            if (1, 0) in cmaps and code in cmaps[1, 0]:
                return cmaps[1, 0][code]
            if self.symbolic:
                return next((table[code] for table in cmaps.values() if code in table), None)
        name = self.names().get(code)
        if name is None:
            return None
        from fontTools.agl import toUnicode
        text = toUnicode(name)
        if (3, 1) in cmaps and len(text) == 1 and ord(text) in cmaps[3, 1]:
            return cmaps[3, 1][ord(text)]
        if (1, 0) in cmaps:
            from fontTools.encodings.MacRoman import MacRoman
            if name in MacRoman and MacRoman.index(name) in cmaps[1, 0]:
                return cmaps[1, 0][MacRoman.index(name)]
        return self.program.names().get(name)

    def text_of(self, length, code):
        """the text of a code as ISO 19005-2 6.2.11.7.2 finds it, or None"""
        if self.unicode is not None and code in self.unicode.texts:
            return self.unicode.texts[code].decode('utf-16-be', 'surrogatepass') if len(self.unicode.texts[code]) % 2 == 0 else self.unicode.texts[code].decode('latin-1')
        if self.identity_unicode:
            return chr(code)
        if self.child is None:
            return self._simple_text(code)
        info = self.document.at(self.child, 'CIDSystemInfo', {})
        if self.cmap is None and self.encoding not in ('Identity-H', 'Identity-V') or self.document.at(info, 'Registry') == b'Adobe' and self.document.at(info, 'Ordering') in KNOWN_ORDERINGS:
            return '?'    # a character of a known collection
        return None

    def _simple_text(self, code):
        from fontTools.agl import toUnicode
        if self.subtype == 'Type3':
            name = self.differences.get(code)
        elif self.kind == 'truetype' and self.symbolic and self.base is None:
            return None
        else:
            name = self.names().get(code)
        text = toUnicode(name) if name else ''
        if name and not text and self.name and str(self.name).split('+')[-1] in ('Symbol', 'ZapfDingbats'):
            return '?'
        return text or None
