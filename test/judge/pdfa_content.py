"""pdfa_content: what is drawn, as ISO 19005-2/-3 clause 6.2 looks at it: operators, colour, images, transparency, fonts in use.

Painter(judge).page(page) walks the content of a page, its forms, patterns, Type 3 glyphs and appearances.
"""
import struct

from pdf_fonts import PREDEFINED, STANDARD_14, CMap, Font
from pdf_objects import Keyword, Lexer, Name, Ref, Stream

OPERATORS = set('''b B b* B* BDC BI BMC BT BX c cm CS cs d d0 d1 Do DP EI EMC ET EX f F f* G g gs h i ID j J K k l M m MP n q Q re RG rg ri s S SC sc SCN scn sh
T* Tc Td TD Tf Tj TJ TL Tm Tr Ts Tw Tz v w W W* y ' "'''.split())
FILLS = set('f F f* B B* b b*'.split())
STROKES = set('S s B B* b b*'.split())
DEVICE = {'DeviceGray': ('DefaultGray', 4), 'DeviceRGB': ('DefaultRGB', 2), 'DeviceCMYK': ('DefaultCMYK', 3)}
SHORT = {'G': 'DeviceGray', 'RGB': 'DeviceRGB', 'CMYK': 'DeviceCMYK', 'I': 'Indexed'}
INTENTS = {'RelativeColorimetric', 'AbsoluteColorimetric', 'Perceptual', 'Saturation'}
BLENDS = set('''Normal Compatible Multiply Screen Overlay Darken Lighten ColorDodge ColorBurn HardLight SoftLight Difference Exclusion Hue Saturation
Color Luminosity'''.split())
FILTERS = set('ASCIIHexDecode ASCII85Decode FlateDecode RunLengthDecode CCITTFaxDecode JBIG2Decode DCTDecode JPXDecode'.split())
INLINE_FILTERS = set('ASCIIHexDecode ASCII85Decode FlateDecode RunLengthDecode CCITTFaxDecode DCTDecode AHx A85 Fl RL CCF DCT'.split())
PROCESS = {'Cyan', 'Magenta', 'Yellow', 'Black', 'None', 'All'}


class State:
    __slots__ = ('fill', 'stroke', 'fill_pattern', 'stroke_pattern', 'font', 'mode', 'overprint_fill', 'overprint_stroke', 'overprint_mode')

    def __init__(self, other=None):
        for name in self.__slots__:
            setattr(self, name, getattr(other, name) if other else None)
        if other is None:
            self.fill = self.stroke = Name('DeviceGray')
            self.mode = self.overprint_mode = 0
            self.overprint_fill = self.overprint_stroke = False


class Painter:
    def __init__(self, judge):
        self.judge, self.document, self.note = judge, judge.document, judge.note
        self.fonts, self.programs, self.seen, self.spaces = {}, {}, set(), set()
        self.separations, self.transparent, self.deep = {}, False, 0
        self.shown = {}
        self.marks = []    # (page number, MCID or None, tag, properties) in the order of the page, for the structure

    # colour
    def default_of(self, name, resources):
        return self.document.at(self.document.at(resources, 'ColorSpace', {}), DEVICE[name][0])

    def space(self, value, resources, state=None, use=None):
        """judges a colour space where it is used"""
        value = self.document.resolve(value)
        if isinstance(value, Name):
            value = SHORT.get(value, value)
            if value in DEVICE:
                other = self.default_of(value, resources)
                if other is not None and other != value:
                    return self.space(other, {}, state, use)
                self.device(value)
            elif value not in ('Pattern', 'CalGray', 'CalRGB', 'Lab'):
                named = self.document.at(self.document.at(resources, 'ColorSpace', {}), value)
                if named is not None:
                    self.space(named, resources, state, use)
            return
        if isinstance(value, list) and value:
            self.array_space(value, resources, state, use)

    def device(self, name):
        have = self.judge.output_space
        if name == 'DeviceGray' and have is None or name == 'DeviceRGB' and have != b'RGB ' or name == 'DeviceCMYK' and have != b'CMYK':
            self.note('6.2.4.3', DEVICE[name][1], f'{name} without an output intent for it')

    def array_space(self, value, resources, state, use):
        at = [self.document.resolve(item) for item in value]
        kind = SHORT.get(at[0], at[0])
        if kind in DEVICE and len(at) == 1:
            self.space(Name(kind), resources, state, use)
        elif kind == 'ICCBased':
            self.icc(at[1] if len(at) > 1 else None, state, use)
        elif kind in ('Indexed', 'Pattern') and len(at) > 1:
            self.space(value[1], resources, state, use)
        elif kind == 'Separation' and len(at) > 3:
            self.name_utf8(at[1])
            self.separation(at)
            self.space(value[2], resources)
        elif kind == 'DeviceN' and len(at) > 3:
            self.device_n(at, resources)
            self.space(value[2], resources)

    def icc(self, stream, state, use):
        if not isinstance(stream, Stream):
            return self.note('6.2.4.2', 1, 'ICCBased without a profile')
        data, count = stream.data(), stream.get('N')
        kinds = {b'RGB ': 3, b'CMYK': 4, b'GRAY': 1, b'Lab ': 3}
        if len(data) < 128 or data[12:16] not in (b'prtr', b'mntr', b'scnr', b'spac') or data[16:20] not in kinds or data[8] >= 5:
            self.note('6.2.4.2', 1, 'ICC profile of an unknown class or space')
        elif count != kinds[data[16:20]]:
            self.note('6.2.4.2', 1, f'ICC profile with N {count}')
        if data[16:20] == b'CMYK' and state is not None and state.overprint_mode == 1 and (
                'fill' in (use or ()) and state.overprint_fill or 'stroke' in (use or ()) and state.overprint_stroke):
            self.note('6.2.4.2', 2, 'overprint mode 1 with ICCBased CMYK')

    def name_utf8(self, name):
        try:
            str(name).encode('latin-1').decode('utf-8')
        except UnicodeError:
            self.note('6.1.8', 1, f'name {name!r} is not UTF-8')

    def plain(self, value, depth=0):
        """an object for comparison: references resolved, packing ignored"""
        value = self.document.resolve(value)
        if depth > 20:
            return None
        if isinstance(value, Stream):
            return ('stream', value.data(), self.plain({k: v for k, v in value.dict.items() if k not in ('Length', 'Filter', 'DecodeParms')}, depth + 1))
        if isinstance(value, dict):
            return ('dict', tuple(sorted((k, self.plain(v, depth + 1)) for k, v in value.items())))
        if isinstance(value, list):
            return ('list', tuple(self.plain(v, depth + 1) for v in value))
        return (type(value).__name__ if not isinstance(value, (int, float)) else 'number', value)

    def separation(self, at):
        mine = (self.plain(at[2]), self.plain(at[3]))
        if self.separations.setdefault(str(at[1]), mine) != mine:
            self.note('6.2.4.4', 2, f'Separation {at[1]} in two ways')

    def device_n(self, at, resources):
        names = [self.document.resolve(name) for name in at[1]] if isinstance(at[1], list) else []
        if len(names) > 32:
            self.note('6.1.13', 9, f'{len(names)} colourants')
        attributes = at[4] if len(at) > 4 and isinstance(at[4], dict) else {}
        colorants = self.document.at(attributes, 'Colorants', {})
        process = self.document.at(self.document.at(attributes, 'Process', {}), 'Components', [])
        process = {str(self.document.resolve(name)) for name in process}
        for name in names:
            self.name_utf8(name)
            if str(name) not in PROCESS and str(name) not in process and name not in colorants:
                self.note('6.2.4.4', 1, f'colourant {name} is not in Colorants')
        for value in colorants.values():
            value = self.document.resolve(value)
            if isinstance(value, list) and len(value) > 3:
                self.space(value, resources)

    # resources
    def graphics_state(self, entries, state, resources):
        at = self.document.at
        note = self.note
        if 'TR' in entries:
            note('6.2.5', 1, 'TR in ExtGState')
        if 'TR2' in entries and at(entries, 'TR2') != 'Default':
            note('6.2.5', 2, 'TR2 in ExtGState')
        if 'HTP' in entries:
            note('6.2.5', 3, 'HTP in ExtGState')
        if 'HT' in entries:
            self.halftone(at(entries, 'HT'), None)
        if 'RI' in entries:
            self.intent(at(entries, 'RI'))
        blend = at(entries, 'BM')
        for name in [self.document.resolve(b) for b in blend] if isinstance(blend, list) else [blend] if blend is not None else []:
            if name not in BLENDS:
                note('6.2.10', 1, f'blend mode {name}')
            if name not in ('Normal', 'Compatible'):
                self.transparent = True
        mask = at(entries, 'SMask')
        if isinstance(mask, dict):
            self.transparent = True
            group = at(mask, 'G')
            if isinstance(group, Stream):
                self.form(group, resources, State())
        if any(isinstance(at(entries, key), (int, float)) and at(entries, key) < 1 for key in ('ca', 'CA')):
            self.transparent = True
        if 'OP' in entries:
            state.overprint_stroke = at(entries, 'OP') is True
            if 'op' not in entries:
                state.overprint_fill = state.overprint_stroke
        if 'op' in entries:
            state.overprint_fill = at(entries, 'op') is True
        if 'OPM' in entries:
            state.overprint_mode = at(entries, 'OPM', 0)
        font = at(entries, 'Font')
        if isinstance(font, list) and font:
            state.font = self.font(font[0])

    def halftone(self, value, colorant):
        if isinstance(value, Name) or value is None:
            return
        entries = value.dict if isinstance(value, Stream) else value
        kind = self.document.at(entries, 'HalftoneType')
        if kind not in (1, 5):
            self.note('6.2.5', 4, f'halftone of type {kind}')
        if 'HalftoneName' in entries:
            self.note('6.2.5', 5, 'halftone with a name')
        if colorant != 'Default':
            primary = colorant in (None, 'Cyan', 'Magenta', 'Yellow', 'Black')
            if primary == ('TransferFunction' in entries):
                self.note('6.2.5', 6, 'TransferFunction in a halftone')
        if kind == 5:
            for key, other in entries.items():
                other = self.document.resolve(other)
                if key not in ('Type', 'HalftoneType', 'HalftoneName') and isinstance(other, (dict, Stream)):
                    self.halftone(other, str(key))

    def intent(self, name):
        if name not in INTENTS:
            self.note('6.2.6', 1, f'rendering intent {name}')

    def font(self, value):
        entries = self.document.resolve(value)
        if not isinstance(entries, dict):
            return None
        key = id(entries)
        if key not in self.fonts:
            try:
                self.fonts[key] = Font(self.document, entries, self.programs)
            except (TypeError, KeyError, IndexError, AttributeError, ValueError, struct.error) as error:
                self.note('6.2.11.2', 1, f'font cannot be read: {error!r}')
                self.fonts[key] = None
        return self.fonts[key]

    # content
    def page(self, number, page, resources, inherited):
        data = self.document.at(page, 'Contents')
        pieces = [self.document.resolve(piece) for piece in data] if isinstance(data, list) else [data]
        content = b'\n'.join(piece.data() for piece in pieces if isinstance(piece, Stream))
        self.number, self.transparent = number, False
        group = self.document.at(page, 'Group', {})
        if 'CS' in group:
            self.space(group['CS'], resources)
        self.run(content, resources, State(), inherited, on_page=True)
        appearances = []
        for annotation in self.document.at(page, 'Annots', []):
            annotation = self.document.resolve(annotation)
            normal = self.document.at(self.document.at(annotation, 'AP', {}), 'N')
            if isinstance(normal, Stream):
                appearances.append(normal)
            elif isinstance(normal, dict):
                appearances += [s for s in map(self.document.resolve, normal.values()) if isinstance(s, Stream)]
            if self.document.at(annotation, 'BM') not in (None, 'Normal', 'Compatible') or any(
                    isinstance(self.document.at(annotation, key), (int, float)) and self.document.at(annotation, key) < 1 for key in ('ca', 'CA')):
                self.transparent = True
        for stream in appearances:
            self.form(stream, resources, State())
        if self.transparent and self.judge.output_space is None and 'CS' not in group:
            self.note('6.2.10', 2, 'transparency without output intent or group colour space')

    def form(self, stream, resources, state):
        entries = stream.dict
        if 'OPI' in entries or 'PS' in entries or stream.get('Subtype2') == 'PS':
            self.note('6.2.9', 1, 'form with OPI or PostScript')
        if 'Ref' in entries:
            self.note('6.2.9', 2, 'reference XObject')
        group = stream.get('Group', {})
        if group and self.document.at(group, 'S') == 'Transparency':
            self.transparent = True
        own = stream.get('Resources')
        if 'CS' in group:
            self.space(group['CS'], own if own is not None else resources)
        key = (id(stream), id(resources) if own is None else None, str(state.fill), str(state.stroke), state.mode, id(state.font))
        if key in self.seen or self.deep > 24:
            return
        self.seen.add(key)
        self.deep += 1
        self.run(stream.data(), own if own is not None else resources, State(state), own is None)
        self.deep -= 1

    def pattern(self, name, resources):
        value = self.document.at(self.document.at(resources, 'Pattern', {}), name)
        if isinstance(value, Stream):
            own = value.get('Resources')
            key = (id(value), id(resources) if own is None else None)
            if key not in self.seen:
                self.seen.add(key)
                self.run(value.data(), own if own is not None else resources, State(), own is None)
        elif isinstance(value, dict):
            shading = self.document.at(value, 'Shading', {})
            self.space(self.document.at(shading, 'ColorSpace'), resources)
            other = self.document.at(value, 'ExtGState')
            if isinstance(other, dict):
                self.graphics_state(other, State(), resources)

    def paint(self, state, resources, fill, stroke):
        if fill:
            self.space(state.fill, resources, state, ('fill',))
            if state.fill_pattern:
                self.pattern(state.fill_pattern, resources)
        if stroke:
            self.space(state.stroke, resources, state, ('stroke',))
            if state.stroke_pattern:
                self.pattern(state.stroke_pattern, resources)

    def run(self, content, resources, state, inherited, on_page=False):
        """one content stream; inherited: its resources are not its own"""
        lexer, held, stack, marks = Lexer(content, note=self.note, content=True), [], [], []
        if not isinstance(resources, dict):
            resources, inherited = {}, False

        def look(category, name):
            value = self.document.at(self.document.at(resources, category, {}), name)
            if inherited and value is not None:
                self.note('6.2.2', 2, f'{category} {name} comes from inherited resources')
            return value
        while True:
            word = lexer.next()
            if lexer.ended and word is None:
                break
            if not isinstance(word, Keyword) or word == b'null':
                held.append(word)
                continue
            name = word.decode('latin-1')
            state = self.step(name, held, state, stack, marks, resources, look, lexer, on_page)
            held = []

    def step(self, name, held, state, stack, marks, resources, look, lexer, on_page):
        last = held[-1] if held else None
        if name == 'q':
            stack.append(State(state))
            if len(stack) > 28:
                self.note('6.1.13', 8, 'q nested more than 28 deep')
        elif name == 'Q':
            state = stack.pop() if stack else state
        elif name in ('Tj', "'", '"', 'TJ'):
            self.show(last, state, resources, marks)
            self.drawn(marks, on_page)
        elif name == 'Tf' and len(held) > 1:
            state.font = self.font(look('Font', held[-2]))
        elif name == 'Tr':
            state.mode = last
        elif name in FILLS or name in STROKES:
            self.paint(state, resources, name in FILLS, name in STROKES)
            self.drawn(marks, on_page)
        elif name in ('g', 'rg', 'k'):
            state.fill, state.fill_pattern = Name({'g': 'DeviceGray', 'rg': 'DeviceRGB', 'k': 'DeviceCMYK'}[name]), None
            self.space(state.fill, resources)    # setting a device colour is use of it, painted or not
        elif name in ('G', 'RG', 'K'):
            state.stroke, state.stroke_pattern = Name({'G': 'DeviceGray', 'RG': 'DeviceRGB', 'K': 'DeviceCMYK'}[name]), None
            self.space(state.stroke, resources)
        elif name in ('cs', 'CS'):
            value = last if last in DEVICE or last == 'Pattern' else look('ColorSpace', last)
            if name == 'cs':
                state.fill, state.fill_pattern = value, None
            else:
                state.stroke, state.stroke_pattern = value, None
        elif name in ('scn', 'SCN') and isinstance(last, Name):
            look('Pattern', last)
            setattr(state, 'fill_pattern' if name == 'scn' else 'stroke_pattern', last)
        elif name == 'gs':
            value = look('ExtGState', last)
            if isinstance(value, dict):
                self.graphics_state(value, state, resources)
        elif name == 'Do':
            self.external(look('XObject', last), state, resources)
            self.drawn(marks, on_page)
        elif name == 'sh':
            shading = look('Shading', last)
            self.space(self.document.at(shading, 'ColorSpace'), resources)
            self.drawn(marks, on_page)
        elif name == 'ri':
            self.intent(last)
        elif name == 'BI':
            self.inline(lexer, state, resources)
            self.drawn(marks, on_page)
        elif name in ('BDC', 'BMC', 'DP', 'MP'):
            self.mark(name, held, marks, look, on_page)
        elif name == 'EMC':
            if marks:
                marks.pop()
        elif name not in OPERATORS:
            self.note('6.2.2', 1, f'operator {name[:20]}')
        return state

    # marked content
    def mark(self, name, held, marks, look, on_page):
        properties = held[1] if len(held) > 1 else {}
        if isinstance(properties, Name):
            properties = look('Properties', properties) or {}
        if not isinstance(properties, dict):
            properties = {}
        language = self.document.at(properties, 'Lang')
        if language is not None:
            self.judge.language(language)
        if name in ('BDC', 'BMC'):
            marks.append((held[0] if held else None, properties))
            if on_page:
                self.marks.append((self.number, self.document.at(properties, 'MCID'), str(held[0]) if held else '', 'open', len(marks)))

    def drawn(self, marks, on_page):
        if on_page and not marks and (not self.marks or self.marks[-1][3] != 'bare' or self.marks[-1][0] != self.number):
            self.marks.append((self.number, None, '', 'bare', 0))

    # text
    def show(self, text, state, resources, marks):
        mode = state.mode
        if mode != 3:
            self.paint(state, resources, mode in (0, 2, 4, 6), mode in (1, 2, 5, 6))
        font = state.font
        if font is None:
            return
        self.judge_font(font, mode)
        spoken = any('ActualText' in properties for _, properties in marks) or any(
            self.judge.has_actual_text(self.number, self.document.at(properties, 'MCID')) for _, properties in marks if 'MCID' in properties)
        for piece in text if isinstance(text, list) else [text]:
            if isinstance(piece, bytes):
                for length, code in font.codes(piece):
                    key = (id(font), length, code, mode == 3, spoken)
                    if key not in self.shown:
                        self.shown[key] = True
                        self.glyph(font, length, code, mode, spoken, resources)

    def glyph(self, font, length, code, mode, spoken, resources):
        glyph = font.glyph(length, code)
        if glyph.notdef:
            self.note('6.2.11.8', 1, f'{font.name}: code {code} leads to .notdef')
        if mode != 3 and font.embedded and not glyph.present:
            self.note('6.2.11.4.1', 2, f'{font.name}: no glyph for code {code}')
        if mode != 3 and (font.embedded or font.subtype == 'Type3') and isinstance(glyph.width_said, (int, float)) and isinstance(glyph.width_drawn, (int, float)) and abs(glyph.width_said - glyph.width_drawn) > 1.0001:
            self.note('6.2.11.5', 1, f'{font.name}: code {code} is {glyph.width_said} wide, drawn {glyph.width_drawn:.1f}')
        if font.subtype == 'Type3':
            stream = self.document.at(self.document.at(font.dict, 'CharProcs', {}), font.differences.get(code, ''))
            own = self.document.at(font.dict, 'Resources')
            if isinstance(stream, Stream) and id(stream) not in self.seen:
                self.seen.add(id(stream))
                self.run(stream.data(), stream.get('Resources', own if own is not None else resources), State(), own is None)
        if self.judge.level in 'UA':
            self.text(font, length, code, spoken)

    def text(self, font, length, code, spoken):
        text = font.text_of(length, code)
        if text is None:
            self.note('6.2.11.7.2', 1, f'{font.name}: code {code} has no text')
            return
        if any(character in text for character in '\0\ufeff\ufffe'):
            self.note('6.2.11.7.2', 2, f'{font.name}: code {code} is U+{ord(text[0]) if text else 0:04X}')
        if self.judge.level == 'A' and not spoken and any(0xE000 <= ord(c) <= 0xF8FF or ord(c) >= 0xF0000 for c in text):
            self.note('6.2.11.7.3', 1, f'{font.name}: code {code} is private and has no ActualText')

    def judge_font(self, font, mode):
        if (id(font), mode == 3) in self.seen:
            return
        self.seen.add((id(font), mode == 3))
        entries, at, note = font.dict, self.document.at, self.note
        if at(entries, 'Type') != 'Font' or font.child is not None and at(font.child, 'Type') != 'Font':
            note('6.2.11.2', 1, f'{font.name}: Type is not Font')
        if font.subtype not in ('Type1', 'MMType1', 'TrueType', 'Type3', 'Type0'):
            note('6.2.11.2', 2, f'{font.name}: Subtype {font.subtype}')
        if font.subtype != 'Type3':
            if font.name is None:
                note('6.2.11.2', 3, 'font without BaseFont')
            else:
                self.name_utf8(font.name)
        if font.broken and mode != 3:
            note('6.2.11.4.1', 1, f'{font.name}: {font.broken}')
        if font.subtype not in ('Type3', 'Type0') and not font.embedded and mode != 3 or font.child is not None and not font.embedded and mode != 3:
            note('6.2.11.4.1', 1, f'{font.name} is not embedded')
        program = at(font.descriptor, 'FontFile3')
        if isinstance(program, Stream) and program.get('Subtype') not in (None, 'Type1C', 'CIDFontType0C', 'OpenType'):
            note('6.2.11.2', 7, f'{font.name}: font file of subtype {program.get("Subtype")}')
        for other in at(at(entries, 'Resources', {}), 'ExtGState', {}).values() if font.subtype == 'Type3' else []:
            self.graphics_state(self.document.resolve(other), State(), {})    # its glyphs may use it
        self.composite(font, mode) if font.subtype == 'Type0' or font.child is not None else self.simple(font, mode)
        subset = isinstance(font.name, Name) and len(font.name) > 7 and font.name[6] == '+' and font.name[:6].isupper()
        if font.embedded and font.program is not None and subset:
            self.subset(font)

    def simple(self, font, mode):
        entries, at, note = font.dict, self.document.at, self.note
        standard = font.subtype == 'Type1' and font.name in STANDARD_14
        if font.subtype != 'Type0' and not standard:
            first, last, widths = at(entries, 'FirstChar'), at(entries, 'LastChar'), at(entries, 'Widths')
            for test, value in ((4, first), (5, last)):
                if value is None:
                    note('6.2.11.2', test, f'{font.name}: no first or last character')
            if not isinstance(widths, list) or isinstance(first, int) and isinstance(last, int) and len(widths) != last - first + 1:
                note('6.2.11.2', 6, f'{font.name}: Widths')
        if font.subtype == 'TrueType' and font.kind == 'truetype' and mode != 3:
            self.truetype(font)

    def truetype(self, font):
        cmaps, note = font.program.cmaps, self.note
        encoding = self.document.at(font.dict, 'Encoding')
        if font.symbolic:
            if encoding is not None:
                note('6.2.11.6', 3, f'{font.name}: symbolic with Encoding')
            if len(cmaps) != 1 and (3, 0) not in cmaps:
                note('6.2.11.6', 4, f'{font.name}: symbolic with {len(cmaps)} cmaps')
            return
        if len(cmaps) <= ((3, 0) in cmaps):
            note('6.2.11.6', 1, f'{font.name}: no cmap that is not symbolic')
        if font.base not in ('MacRomanEncoding', 'WinAnsiEncoding'):
            note('6.2.11.6', 2, f'{font.name}: encoding {font.base}')
        elif font.differences:
            from fontTools.agl import AGL2UV
            if (3, 1) not in cmaps or any(name not in AGL2UV and name != '.notdef' for name in font.differences.values()):
                note('6.2.11.6', 2, f'{font.name}: Differences')

    def composite(self, font, mode):
        at, note = self.document.at, self.note
        child = font.child
        if child is None:
            return note('6.2.11.2', 2, f'{font.name}: no descendant')
        if at(child, 'Subtype') not in ('CIDFontType0', 'CIDFontType2'):
            note('6.2.11.2', 2, f'{font.name}: descendant of subtype {at(child, "Subtype")}')
        if at(child, 'BaseFont') is None:
            note('6.2.11.2', 3, f'{font.name}: descendant without BaseFont')
        if at(child, 'Subtype') == 'CIDFontType2' and font.embedded:
            to_gid = at(child, 'CIDToGIDMap')
            if not isinstance(to_gid, Stream) and to_gid != 'Identity':
                note('6.2.11.3.2', 1, f'{font.name}: no CIDToGIDMap')
        self.maps(font)

    def maps(self, font):
        at, note = self.document.at, self.note
        info = at(font.child, 'CIDSystemInfo', {})
        mine = [at(info, key) for key in ('Registry', 'Ordering', 'Supplement')]
        if font.cmap is None:
            if font.encoding not in PREDEFINED:
                note('6.2.11.3.3', 1, f'{font.name}: CMap {font.encoding}')
            elif font.encoding not in ('Identity-H', 'Identity-V'):
                theirs = registry_of(font.encoding)
                if mine[:2] != theirs[:2]:
                    note('6.2.11.3.1', 1, f'{font.name}: {mine} with CMap {font.encoding}')
            return
        stream = font.encoding
        if font.map_name not in ('Identity-H', 'Identity-V'):
            said = stream.get('CIDSystemInfo', {})
            theirs = [at(said, key) if at(said, key) is not None else font.cmap.info.get(key) for key in ('Registry', 'Ordering', 'Supplement')]
            inside = [font.cmap.info.get(key, theirs[i]) for i, key in enumerate(('Registry', 'Ordering', 'Supplement'))]
            for other in (theirs, inside):
                if None in mine + other or mine[:2] != other[:2] or mine[2] > other[2]:
                    note('6.2.11.3.1', 1, f'{font.name}: {mine} with CMap of {other}')
        if stream.get('WMode', 0) != font.cmap.mode:
            note('6.2.11.3.3', 2, f'{font.name}: WMode {stream.get("WMode", 0)} and {font.cmap.mode}')
        uses = stream.get('UseCMap')
        for name in [uses.get('CMapName') if isinstance(uses, Stream) else uses, font.cmap.uses]:
            if name is not None and name not in PREDEFINED:
                note('6.2.11.3.3', 3, f'{font.name}: CMap uses {name}')
        if font.cmap.most > 65535:
            note('6.1.13', 10, f'{font.name}: CID {font.cmap.most}')

    def subset(self, font):
        descriptor, note = font.descriptor, self.note
        listed = self.document.at(descriptor, 'CharSet')
        if isinstance(listed, bytes) and font.child is None and hasattr(font.program, 'order'):
            names = {name for name in listed.decode('latin-1').split('/') if name.strip()}
            if not {name for name in font.program.order if name != '.notdef'} <= {name.strip() for name in names}:
                note('6.2.11.4.2', 1, f'{font.name}: CharSet lacks a glyph of the program')
        cids = self.document.at(descriptor, 'CIDSet')
        if isinstance(cids, Stream) and font.child is not None:
            bits = cids.data()
            if font.kind == 'truetype':
                have = range(font.program.count) if font.to_gid is None else [cid for cid in range(len(font.to_gid) // 2) if font.to_gid[2 * cid:2 * cid + 2] != b'\0\0']
                have = [cid for cid in have if font.to_gid is not None or self.outlined(font.program, cid)]
            else:
                have = list(font.program.by_cid)
            if any(cid // 8 >= len(bits) or not bits[cid // 8] & 128 >> cid % 8 for cid in have if cid):
                note('6.2.11.4.2', 2, f'{font.name}: CIDSet lacks a glyph of the program')

    @staticmethod
    def outlined(program, gid):
        return program.loca is not None and gid + 1 < len(program.loca) and program.loca[gid + 1] > program.loca[gid]

    # images and forms
    def external(self, stream, state, resources):
        if not isinstance(stream, Stream):
            return
        kind = stream.get('Subtype')
        if kind == 'PS':
            self.note('6.2.9', 3, 'PostScript XObject')
        elif kind == 'Form':
            self.form(stream, resources, state)
        elif kind == 'Image':
            self.image(stream, state, resources)

    def image(self, stream, state, resources, soft=False):
        entries, note = stream.dict, self.note
        if 'Alternates' in entries:
            note('6.2.8', 1, 'image with Alternates')
        if 'OPI' in entries:
            note('6.2.8', 2, 'image with OPI')
        if stream.get('Interpolate') is True:
            note('6.2.8', 3, 'image with Interpolate')
        mask = stream.get('ImageMask') is True
        bits = stream.get('BitsPerComponent')
        packed = 'JPXDecode' in stream.filters()
        if mask and bits not in (None, 1):
            note('6.2.8', 5, f'mask of {bits} bits')
        if not mask and bits is not None and bits not in (1, 2, 4, 8, 16):
            note('6.2.8', 4, f'image of {bits} bits')
        if 'Intent' in entries:
            self.intent(stream.get('Intent'))
        if packed:
            self.jpeg2000(stream.raw, stream.get('ColorSpace') is not None)
        if mask:
            self.paint(state, resources, True, False)
        elif stream.get('ColorSpace') is not None and not soft:    # a soft mask is grey by definition
            self.space(entries['ColorSpace'], resources, state, ('fill',))
        for key in ('SMask', 'Mask'):
            other = stream.get(key)
            if isinstance(other, Stream):
                self.transparent = self.transparent or key == 'SMask'
                self.image(other, state, resources, soft=key == 'SMask')
        if stream.get('SMaskInData', 0) != 0:
            self.transparent = True

    def jpeg2000(self, data, has_space):
        boxes, spaces, depth, mixed, channels = [(0, len(data))], [], None, False, None
        while boxes:
            at, end = boxes.pop()
            while at + 8 <= end:
                length, kind = struct.unpack_from('>L4s', data, at)
                head = 8
                if length == 1:
                    length, head = struct.unpack_from('>Q', data, at + 8)[0], 16
                length = length or end - at
                body = at + head
                if kind == b'jp2h':
                    boxes.append((body, at + length))
                elif kind == b'ihdr':
                    channels, depth = struct.unpack_from('>HB', data, body + 8)
                elif kind == b'bpcc':
                    mixed = True
                elif kind == b'colr':
                    spaces.append((data[body], data[body + 2], struct.unpack_from('>L', data, body + 3)[0] if data[body] == 1 else None))
                at += max(length, 8)
        note = self.note
        if channels is not None and channels not in (1, 3, 4):
            note('6.2.8.3', 1, f'JPEG2000 of {channels} channels')
        if not has_space and spaces:
            best = [space for space in spaces if space[1] == 1] if len(spaces) > 1 else spaces
            if len(best) != 1:
                note('6.2.8.3', 2, 'JPEG2000: colour spaces without the best one')
            if any(space[0] not in (1, 2, 3) for space in (best or spaces)[:1]):
                note('6.2.8.3', 3, 'JPEG2000: method of a colour space')
            if any(space[2] == 19 for space in best or spaces):
                note('6.2.8.3', 4, 'JPEG2000: CIEJab')
        if mixed or depth is not None and not 1 <= (depth & 127) + 1 <= 38:
            note('6.2.8.3', 5, 'JPEG2000: bits of its channels')

    def inline(self, lexer, state, resources):
        held = []
        while True:
            word = lexer.next()
            if lexer.ended or isinstance(word, Keyword) and word == b'ID':
                break
            held.append(word)
        entries = {key: value for key, value in zip(held[::2], held[1::2]) if isinstance(key, Name)}
        filters = entries.get('F', entries.get('Filter'))
        for name in filters if isinstance(filters, list) else [filters] if filters is not None else []:
            if name not in INLINE_FILTERS:
                self.note('6.1.10', 1, f'inline image with filter {name}')
        if entries.get('I', entries.get('Interpolate')) is True:
            self.note('6.2.8', 3, 'inline image with Interpolate')
        mask = entries.get('IM', entries.get('ImageMask')) is True
        bits = entries.get('BPC', entries.get('BitsPerComponent'))
        if bits is not None and bits not in ((1,) if mask else (1, 2, 4, 8, 16)):
            self.note('6.2.8', 5 if mask else 4, f'inline image of {bits} bits')
        if 'Intent' in entries:
            self.intent(entries['Intent'])
        space = entries.get('CS', entries.get('ColorSpace'))
        if mask:
            self.paint(state, resources, True, False)
        elif space is not None:
            self.space(space, resources, state, ('fill',))
        lexer.at = end_of_inline(lexer.data, lexer.at + 1, entries, filters)


def end_of_inline(data, at, entries, filters):
    """where EI ends: after the rows of an image that is not packed, else at the first EI that content follows"""
    import re
    if filters is None:
        width, height = entries.get('W', entries.get('Width', 0)), entries.get('H', entries.get('Height', 0))
        bits = 1 if entries.get('IM', entries.get('ImageMask')) is True else entries.get('BPC', entries.get('BitsPerComponent', 8))
        parts = {'G': 1, 'DeviceGray': 1, 'RGB': 3, 'DeviceRGB': 3, 'CMYK': 4, 'DeviceCMYK': 4}.get(entries.get('CS', entries.get('ColorSpace', 'G')), 1)
        found = re.compile(rb'[\0\t\n\f\r ]*EI(?=[\0\t\n\f\r ]|$)').match(data, at + (width * parts * bits + 7) // 8 * height)
        if found:
            return found.end()
    for found in re.compile(rb'[\0\t\n\f\r ]EI(?=[\0\t\n\f\r ]|$)').finditer(data, at):
        after = data[found.end():found.end() + 12]
        if all(byte in b'\t\n\r\f \0' or 32 <= byte < 127 for byte in after):
            return found.end()
    return len(data)


def registry_of(name):
    """Registry and Ordering of a predefined CMap"""
    if name.startswith(('GB', 'UniGB')):
        order = b'GB1'
    elif name.startswith(('B5', 'HK', 'ET', 'CNS', 'UniCNS')):
        order = b'CNS1'
    elif name.startswith(('KSC', 'UniKS')):
        order = b'Korea1'
    else:
        order = b'Japan1'
    return [b'Adobe', order]
