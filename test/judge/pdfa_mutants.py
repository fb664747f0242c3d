#!/usr/bin/env python3
"""pdfa_mutants: damages valid documents of ours, one thing a time, and lets the judge say which clause that breaks.

	pdfa_mutants.py PLAIN.pdf HYBRID.pdf TAGGED.pdf		PDF/A-3b, 3b with an attachment, 3a

prints "name<TAB>clause that must be among the findings, or valid<TAB>verdict".  A document is read, written again object by
object with plain streams (control: still valid), and changed on the way; a few changes are of the bytes.
"""
import copy
import re
import sys
import zlib

from pdf_objects import Document, Name, Ref, Stream, String
from pdfa_judge import Judge

REGULAR = re.compile(r'[^!-~]|[#()<>\[\]{}/%]')


class Draft:
    """objects of a file that may be changed, and how they are written"""

    def __init__(self, data):
        document = Document(data, lambda *finding: None)
        self.objects = {}
        for number in document.numbers():
            value = document.fetch(number)
            if isinstance(value, Stream):
                entries = {k: v for k, v in value.dict.items() if k not in ('Length', 'Filter', 'DecodeParms')}
                value = [entries, value.data()]    # [dictionary, bytes] is a stream here
            self.objects[number] = copy.deepcopy(value)
        self.trailer = {k: v for k, v in document.trailer.items() if k in ('Root', 'Info', 'ID')}
        self.header, self.end = b'%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', b'%%EOF\n'
        self.damage = []    # (old, new) of the written bytes, once each

    def at(self, value, *path):
        """follows keys and references"""
        for key in path:
            while isinstance(value, Ref):
                value = self.objects[value.number]
            value = (value[0] if self.stream(value) else value)[key]
        while isinstance(value, Ref):
            value = self.objects[value.number]
        return value

    @staticmethod
    def stream(value):
        return isinstance(value, list) and len(value) == 2 and isinstance(value[0], dict) and isinstance(value[1], bytes) and not isinstance(value[1], String)

    def root(self, *path):
        return self.at(self.trailer, 'Root', *path)

    def page(self):
        node = self.root('Pages')
        while 'Kids' in node:
            node = self.at(node, 'Kids', 0)
        return node

    def font(self, *path):
        fonts = self.at(self.page(), 'Resources', 'Font')
        return self.at(fonts, sorted(fonts)[0], *path)

    def content(self):
        return self.at(self.page(), 'Contents')

    def resources(self):
        """the page's own, to be changed alone"""
        page = self.page()
        page['Resources'] = dict(self.at(page, 'Resources'))
        return page['Resources']

    def draw(self, operators):
        self.content()[1] += b'\n/Artifact BMC\n' + operators + b'\nEMC\n'

    def add(self, value):
        number = max(self.objects) + 1
        self.objects[number] = value
        return Ref(number, 0)

    def annotate(self, **entries):
        self.page()['Annots'] = [{Name('Type'): Name('Annot'), 'F': 4, 'Rect': [1, 1, 9, 9], **entries}]

    def form(self, entries=None, content=b''):
        return self.add([{'Type': Name('XObject'), 'Subtype': Name('Form'), 'BBox': [0, 0, 9, 9], 'Resources': {}, **(entries or {})}, content])

    def external(self, reference):
        self.resources()['XObject'] = {'X': reference}
        self.draw(b'/X Do')

    def image(self, **entries):
        self.external(self.add([{'Type': Name('XObject'), 'Subtype': Name('Image'), 'Width': 1, 'Height': 1, 'BitsPerComponent': 8, 'ColorSpace': Name('DeviceGray'), **entries}, b'\0']))

    def state(self, **entries):
        self.resources()['ExtGState'] = {'E': entries}
        self.draw(b'/E gs 0 0 1 1 re f')

    def packet(self, old, new, count=1):
        stream = self.root('Metadata')
        changed = re.sub(old, new, stream[1], count=count, flags=re.S)
        assert changed != stream[1], f'metadata lack {old}'
        stream[1] = changed

    def specification(self):
        return self.at(self.root('AF'), 0)

    def write_value(self, value):
        if isinstance(value, Ref):
            return b'%d %d R' % value
        if isinstance(value, bool):
            return b'true' if value else b'false'
        if value is None:
            return b'null'
        if isinstance(value, int):
            return b'%d' % value
        if isinstance(value, float):
            return b'%.5f' % value
        if isinstance(value, bytes):
            return b'<' + value.hex().encode() + b'>'
        if isinstance(value, str):
            return b'/' + REGULAR.sub(lambda m: '#%02X' % ord(m[0]), value).encode()
        if isinstance(value, list):
            return b'[' + b' '.join(map(self.write_value, value)) + b']'
        return b'<<' + b' '.join(b'/' + REGULAR.sub(lambda m: '#%02X' % ord(m[0]), k).encode() + b' ' + self.write_value(v) for k, v in value.items()) + b'>>'

    def write(self):
        out, places = bytearray(self.header), {}
        for number, value in sorted(self.objects.items()):
            places[number] = len(out)
            out += b'%d 0 obj\n' % number
            if self.stream(value):
                out += self.write_value({**value[0], 'Length': len(value[1])}) + b'\nstream\n' + value[1] + b'\nendstream'
            else:
                out += self.write_value(value)
            out += b'\nendobj\n'
            for old, new in self.damage:
                if len(old) == len(new) and old in out:
                    out = bytearray(bytes(out).replace(old, new, 1))
        start, size = len(out), max(self.objects) + 1
        out += b'xref\n0 %d\n' % size
        for number in range(size):
            out += b'%010d 00000 n \n' % places[number] if number in places else b'0000000000 65535 f \n'
        out += b'trailer\n' + self.write_value({**self.trailer, 'Size': size}) + b'\nstartxref\n%d\n' % start + self.end
        return bytes(out)


MUTANTS = []


def broken(base, expected, name, change):
    MUTANTS.append((base, expected, name, change))


def delete(*path):
    def change(draft):
        entries = draft.root(*path[:-1])
        del (entries[0] if draft.stream(entries) else entries)[path[-1]]
    return change


def bytes_changed(old, new):
    def change(draft):
        draft.after = lambda data: _once(data, old, new)
    return change


def _once(data, old, new):
    assert old in data, old
    return data.replace(old, new, 1)


def put(**entries):
    return lambda draft: draft.root().update(entries)


def packet(old, new):
    return lambda draft: draft.packet(old, new)


for kind in ('plain', 'hybrid', 'tagged'):
    broken(kind, 'valid', f'control: {kind} written again', lambda draft: None)

# 6.1 file
broken('plain', '6.1.2-1', 'header of a version that is none', bytes_changed(b'%PDF-1.7', b'%PDF-1.8'))
broken('plain', '6.1.2-1', 'a byte before the header', lambda d: setattr(d, 'header', b' ' + d.header))
broken('plain', '6.1.2-2', 'no binary line after the header', lambda d: setattr(d, 'header', b'%PDF-1.7\n%abcd\n'))
broken('plain', '6.1.3-1', 'no identifier', lambda d: d.trailer.pop('ID'))
broken('plain', '6.1.3-2', 'encrypted', lambda d: d.trailer.update(Encrypt={'Filter': Name('Standard')}))
broken('plain', '6.1.3-3', 'data after the end', lambda d: setattr(d, 'end', b'%%EOF\nx'))
broken('plain', '6.1.4-2', 'blank after xref', bytes_changed(b'\nxref\n0 ', b'\nxref \n0 '))
broken('plain', '6.1.6-1', 'hexadecimal string of odd length', lambda d: (put(X=b'\1\2')(d), bytes_changed(b'/X <0102>', b'/X <010> ')(d)))
broken('plain', '6.1.6-2', 'hexadecimal string with a letter too many', lambda d: (put(X=b'\1\2')(d), bytes_changed(b'/X <0102>', b'/X <010g>')(d)))
broken('plain', '6.1.7.1-1', 'Length too small', lambda d: (d.objects.__setitem__(max(d.objects) + 1, [{}, b'12345678']), bytes_changed(b'/Length 8>>', b'/Length 7>>')(d)))
broken('plain', '6.1.7.1-2', 'endstream on the line of the data', lambda d: (d.add([{}, b'1234567']), bytes_changed(b'/Length 7>>\nstream\n1234567\n', b'/Length 8>>\nstream\n12345678')(d)))
broken('plain', '6.1.7.1-3', 'stream in another file', lambda d: d.content()[0].update(F=b'other'))
broken('plain', '6.1.7.2-1', 'LZW', lambda d: d.add([{'Filter': Name('LZWDecode')}, b'\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01']))
broken('plain', '6.1.7.2-1', 'deflated data of which the check sum is wrong', lambda d: d.add([{'Filter': Name('FlateDecode')}, zlib.compress(b'some data')[:-1] + b'x']))
broken('plain', '6.1.7.2-1', 'deflated data that are cut', lambda d: d.add([{'Filter': Name('FlateDecode')}, zlib.compress(b'some data')[:-6]]))
broken('plain', 'valid', 'control: deflated data', lambda d: d.add([{'Filter': Name('FlateDecode')}, zlib.compress(b'some data')]))
broken('plain', '6.1.9-1', 'object that does not end its line', bytes_changed(b'\nendobj\n2 0 obj', b' endobj\n2 0 obj'))
broken('plain', '6.1.13-1', 'integer too large', put(X=2147483648))
broken('plain', '6.1.13-3', 'string too long', put(X=b'x' * 32768))
broken('plain', '6.1.13-4', 'name too long', put(X=Name('x' * 128)))
broken('plain', '6.1.13-8', 'q nested too deep', lambda d: d.draw(b'q ' * 29 + b'Q ' * 29))
broken('plain', '6.1.13-11', 'page too small', lambda d: d.page().update(MediaBox=[0, 0, 2, 2]))
broken('plain', '6.1.12-1', 'permissions', put(Perms={'X': {}}))

# 6.2 drawing
broken('plain', '6.2.2-1', 'operator that is none', lambda d: d.draw(b'1 foo'))
broken('plain', '6.2.2-2', 'inherited resources', lambda d: (d.root('Pages').update(Resources=d.at(d.page(), 'Resources')), d.page().pop('Resources')))
broken('plain', '6.2.3-1', 'profile of a scanner', lambda d: d.at(d.root('OutputIntents'), 0, 'DestOutputProfile').__setitem__(1, _profile(d, 12, b'scnr')))
broken('plain', '6.2.3-1', 'profile with another number of colours', lambda d: d.at(d.root('OutputIntents'), 0, 'DestOutputProfile')[0].update(N=4))
broken('plain', '6.2.4.3-4', 'no output intent, grey', delete('OutputIntents'))
broken('plain', '6.2.4.3-2', 'no output intent, colour', lambda d: (d.draw(b'1 0 0 rg 0 0 1 1 re f'), d.root().pop('OutputIntents')))
broken('plain', '6.2.4.3-3', 'ink colours with sRGB', lambda d: d.draw(b'0 0 0 1 k 0 0 1 1 re f'))
broken('plain', '6.2.4.3-3', 'image in ink colours', lambda d: d.image(ColorSpace=Name('DeviceCMYK')))
broken('plain', '6.2.4.2-1', 'ICC profile that is none', lambda d: (d.resources().update(ColorSpace={'C': [Name('ICCBased'), d.add([{'N': 3}, b'no profile'])]}), d.draw(b'/C cs 0 0 0 sc 0 0 1 1 re f')))
broken('plain', '6.2.5-1', 'transfer function', lambda d: d.state(TR=Name('Identity')))
broken('plain', '6.2.6-1', 'rendering intent', lambda d: d.draw(b'/Vivid ri'))
broken('plain', '6.2.8-1', 'image with alternates', lambda d: d.image(Alternates=[]))
broken('plain', '6.2.8-2', 'image with OPI', lambda d: d.image(OPI={}))
broken('plain', '6.2.8-3', 'image that is interpolated', lambda d: d.image(Interpolate=True))
broken('plain', '6.2.8-4', 'image of three bits', lambda d: d.image(BitsPerComponent=3))
broken('plain', '6.2.8-5', 'mask of eight bits', lambda d: d.draw(b'BI /IM true /W 1 /H 1 /BPC 8 ID \0 EI'))
broken('plain', 'valid', 'control: mask of one bit', lambda d: d.draw(b'BI /IM true /W 1 /H 1 /BPC 1 ID \0 EI'))
broken('plain', '6.1.10-1', 'inline image in LZW', lambda d: d.draw(b'BI /W 1 /H 1 /BPC 8 /CS /G /F /LZW ID \0 EI'))
broken('plain', '6.2.9-1', 'form with PostScript', lambda d: d.external(d.form({'Subtype2': Name('PS')})))
broken('plain', '6.2.9-2', 'reference to another file', lambda d: d.external(d.form({'Ref': {}})))
broken('plain', '6.2.9-3', 'PostScript', lambda d: d.external(d.add([{'Type': Name('XObject'), 'Subtype': Name('PS')}, b''])))
broken('plain', '6.2.2-2', 'form without resources', lambda d: (d.external(d.form(None, b'/E gs')), d.objects[max(d.objects)][0].pop('Resources'), d.resources().update(ExtGState={'E': {}})))
broken('plain', 'valid', 'control: form with its own', lambda d: d.external(d.form({'Resources': {'ExtGState': {'E': {}}}}, b'/E gs 0 g 0 0 1 1 re f')))
broken('plain', '6.2.10-1', 'blend mode', lambda d: d.state(BM=Name('Glow')))
broken('plain', '6.2.10-2', 'transparency without an output intent', lambda d: (d.state(ca=0.5), d.root().pop('OutputIntents')))
broken('plain', 'valid', 'control: transparency with one', lambda d: d.state(ca=0.5))

# 6.2.11 fonts
broken('plain', '6.2.11.2-1', 'font without Type', lambda d: d.font().pop('Type'))
broken('plain', '6.2.11.2-2', 'font of another kind', lambda d: d.font().update(Subtype=Name('Type9')))
broken('plain', '6.2.11.2-3', 'font without a name', lambda d: d.font().pop('BaseFont'))
broken('plain', '6.2.11.3.2-1', 'no map from characters to glyphs', lambda d: d.font('DescendantFonts', 0).pop('CIDToGIDMap'))
broken('plain', '6.2.11.3.3-1', 'character map that is not embedded', lambda d: d.font().update(Encoding=Name('Mine-H')))
broken('plain', '6.2.11.3.1-1', 'collections that differ', lambda d: d.font().update(Encoding=Name('UniJIS-UCS2-H')))
broken('plain', '6.2.11.4.1-1', 'font is not embedded', lambda d: d.font('DescendantFonts', 0, 'FontDescriptor').pop('FontFile2'))
broken('plain', '6.2.11.4.1-1', 'font program is cut', lambda d: _cut(d.font('DescendantFonts', 0, 'FontDescriptor', 'FontFile2')))
broken('plain', '6.2.11.4.1-2', 'glyph that the program has not', lambda d: d.draw(b'BT /F1 8 Tf <7FFF> Tj ET'))
broken('plain', '6.2.11.8-1', '.notdef', lambda d: d.draw(b'BT /F1 8 Tf <0000> Tj ET'))
broken('plain', '6.2.11.5-1', 'widths are wrong', lambda d: d.font('DescendantFonts', 0).update(W=[0, [500] * 364]))
broken('plain', '6.2.11.5-1', 'widths are missing', lambda d: d.font('DescendantFonts', 0).pop('W'))
broken('plain', '6.2.11.4.2-2', 'set of glyphs lacks some', lambda d: d.font('DescendantFonts', 0, 'FontDescriptor').update(CIDSet=d.add([{}, b'\xff\xff'])))
broken('plain', 'valid', 'control: set of all glyphs', lambda d: d.font('DescendantFonts', 0, 'FontDescriptor').update(CIDSet=d.add([{}, b'\xff' * 99])))
broken('plain', 'valid', 'control: level B needs no text of characters', lambda d: d.font().pop('ToUnicode'))
broken('tagged', '6.2.11.7.2-1', 'characters without text', lambda d: d.font().pop('ToUnicode'))
broken('tagged', '6.2.11.7.2-2', 'a character that is U+0000', lambda d: d.font('ToUnicode').__setitem__(1, re.sub(rb'<0022>|<0041>', b'<0000>', d.font('ToUnicode')[1])) or d.draw(b'BT /F1 8 Tf <00030022> Tj ET'))
broken('tagged', '6.2.11.7.3-1', 'private characters without ActualText', lambda d: d.font('ToUnicode').__setitem__(1, re.sub(rb'<0022>', b'<E000>', d.font('ToUnicode')[1])) or d.draw(b'BT /F1 8 Tf <0003> Tj ET'))

# 6.3 to 6.5, 6.9 to 6.11: what a document of ours has not
broken('plain', 'valid', 'control: a link', lambda d: d.annotate(Subtype=Name('Link'), A={'S': Name('URI'), 'URI': b'https://example.org'}))
broken('plain', '6.3.1-1', 'film', lambda d: d.annotate(Subtype=Name('Movie')))
broken('plain', '6.3.2-1', 'link without flags', lambda d: (d.annotate(Subtype=Name('Link')), d.page()['Annots'][0].pop('F')))
broken('plain', '6.3.2-2', 'link that is hidden', lambda d: d.annotate(Subtype=Name('Link'), F=6))
broken('plain', '6.3.3-1', 'note without appearance', lambda d: d.annotate(Subtype=Name('Text')))
broken('plain', '6.4.1-3', 'NeedAppearances', put(AcroForm={'Fields': [], 'NeedAppearances': True}))
broken('plain', '6.4.2-1', 'XFA', put(AcroForm={'Fields': [], 'XFA': []}))
broken('plain', '6.5.1-1', 'JavaScript at the opening', put(OpenAction={'S': Name('JavaScript'), 'JS': b''}))
broken('plain', '6.5.1-1', 'link that starts a program', lambda d: d.annotate(Subtype=Name('Link'), A={'S': Name('Launch')}))
broken('plain', '6.5.2-1', 'actions of the document', put(AA={}))
broken('plain', '6.5.2-2', 'actions of a page', lambda d: d.page().update(AA={}))
broken('plain', '6.9-1', 'layer without a name', put(OCProperties={'OCGs': [], 'D': {}}))
broken('plain', '6.10-1', 'other presentations', put(Names={'AlternatePresentations': {}}))
broken('plain', '6.11-1', 'requirements', put(Requirements=[]))

# 6.6 metadata
broken('plain', '6.6.2.1-1', 'no metadata', delete('Metadata'))
broken('plain', '6.6.2.1-1', 'metadata of another type', lambda d: d.root('Metadata')[0].update(Subtype=Name('Text')))
broken('plain', '6.6.2.1-2', 'bytes in the header', packet(rb'<\?xpacket ', rb'<?xpacket bytes="9" '))
broken('plain', '6.6.2.1-3', 'encoding in the header', packet(rb'<\?xpacket ', rb'<?xpacket encoding="UTF-8" '))
broken('plain', '6.6.2.1-4', 'not well-formed', packet(rb'</rdf:RDF>', rb'</rdf:RD>'))
broken('plain', '6.6.2.1-4', 'a property twice', packet(rb'(<pdf:Producer>.*?</pdf:Producer>)', rb'\1\1'))
broken('plain', '6.6.2.1-5', 'UTF-16', lambda d: d.root('Metadata').__setitem__(1, d.root('Metadata')[1].decode().encode('utf-16')))
broken('plain', '6.6.2.3.1-1', 'property that nobody defines', lambda d: d.packet(rb'pdf:Producer>', rb'pdf:Mailer>', 2))
broken('plain', '6.6.2.3.1-2', 'title that is no alternative', packet(rb'<dc:title>.*?</dc:title>', rb'<dc:title>Invoice</dc:title>'))
broken('plain', '6.6.4-1', 'no identification', packet(rb'<pdfaid:part>.*?</pdfaid:conformance>', rb''))
broken('plain', '6.6.4-2', 'another part', packet(rb'<pdfaid:part>3', rb'<pdfaid:part>1'))
broken('plain', '6.6.4-3', 'another level', packet(rb'<pdfaid:conformance>B', rb'<pdfaid:conformance>C'))
broken('tagged', '6.6.4-3', 'level B where A is asked for', packet(rb'<pdfaid:conformance>A', rb'<pdfaid:conformance>B'))
broken('plain', '6.6.4-4', 'another prefix', lambda d: d.packet(rb'pdfaid([:=])', rb'id\1', 0))
broken('hybrid', '6.6.2.3.1-1', 'no extension schema', packet(rb'<pdfaExtension:schemas>.*?</pdfaExtension:schemas>', rb''))
broken('hybrid', '6.6.2.3.1-1', 'extension schema of another name space', packet(rb'<pdfaSchema:namespaceURI>urn:', rb'<pdfaSchema:namespaceURI>uri:'))
broken('hybrid', '6.6.2.3.1-1', 'extension schema without one property', packet(rb'<pdfaProperty:name>Version', rb'<pdfaProperty:name>Revision'))
broken('hybrid', '6.6.2.3.2-1', 'field that extension schemas have not', lambda d: d.packet(rb'pdfaProperty:description>', rb'pdfaProperty:remark>', 2))
broken('hybrid', '6.6.2.3.3-4', 'extension schema without prefix', packet(rb'<pdfaSchema:prefix>.*?</pdfaSchema:prefix>', rb''))
broken('hybrid', '6.6.2.3.3-8', 'property of a type that is none', packet(rb'<pdfaProperty:valueType>Text', rb'<pdfaProperty:valueType>Txt'))
broken('hybrid', '6.6.2.3.3-9', 'property of no category', packet(rb'<pdfaProperty:category>external', rb'<pdfaProperty:category>other'))
broken('hybrid', '6.6.2.3.3-10', 'property without description', packet(rb'<pdfaProperty:description>.*?</pdfaProperty:description>', rb''))
broken('hybrid', '6.6.2.3.3-5', 'properties in a bag', lambda d: d.packet(rb'rdf:Seq>', rb'rdf:Bag>', 0))

# 6.8 embedded files
broken('hybrid', '6.8-1', 'attachment without type', lambda d: d.at(d.specification(), 'EF', 'F')[0].pop('Subtype'))
broken('hybrid', '6.8-2', 'attachment without UF', lambda d: d.specification().pop('UF'))
broken('hybrid', '6.8-2', 'attachment without F', lambda d: d.specification().pop('F'))
broken('hybrid', '6.8-3', 'attachment without relationship', lambda d: d.specification().pop('AFRelationship'))
broken('hybrid', '6.8-4', 'attachment that belongs to nothing', delete('AF'))

# 6.7 structure, and beyond its rules
broken('tagged', '6.7.2.2-1', 'does not say that it is marked', delete('MarkInfo'))
broken('tagged', '6.7.3.3-1', 'no tree', delete('StructTreeRoot'))
broken('tagged', '6.7.3.4-1', 'type that nobody knows', lambda d: _element(d, 'P').update(S=Name('Para')))
broken('tagged', 'valid', 'control: type that is mapped', lambda d: (d.root('StructTreeRoot').update(RoleMap={'Para': Name('P')}), _replace(d, 'Para')))
broken('tagged', '6.7.3.4-2', 'types mapped in a circle', lambda d: d.root('StructTreeRoot').update(RoleMap={'A1': Name('A2'), 'A2': Name('A1')}))
broken('tagged', '6.7.3.4-3', 'standard type mapped', lambda d: d.root('StructTreeRoot').update(RoleMap={'P': Name('Span')}))
broken('tagged', '6.7.4-1', 'language that is none', put(Lang=b'norsk_bokmaal'))
broken('tagged', '14.9.2-1', 'no language', delete('Lang'))
broken('tagged', '14.9.3-1', 'figure without words', lambda d: _element(d, 'Figure').pop('Alt'))
broken('tagged', '14.8.2-1', 'drawn outside of the tree', lambda d: d.content().__setitem__(1, d.content()[1] + b'\n0 0 1 1 re f'))
broken('tagged', '14.8.2-2', 'marked, in no element', lambda d: d.content().__setitem__(1, d.content()[1] + b'\n/P BMC 0 0 1 1 re f EMC'))
broken('tagged', '14.7.4-2', 'mark twice', lambda d: d.content().__setitem__(1, d.content()[1] + b'\n/P <</MCID 0>> BDC EMC'))
broken('tagged', '14.7.4-3', 'mark without element', lambda d: d.content().__setitem__(1, d.content()[1] + b'\n/P <</MCID 9999>> BDC EMC'))
broken('tagged', '14.7.4-4', 'mark of another type than its element', lambda d: _element(d, 'P').update(S=Name('Quote')))
broken('tagged', '14.7.4-5', 'element without mark', lambda d: _element(d, 'P')['K'].append(9998))
broken('tagged', '14.7.4-6', 'parent tree leads elsewhere', lambda d: d.page().update(StructParents=77))
broken('tagged', '14.7.2-2', 'element with another parent', lambda d: _element(d, 'P').update(P=d.trailer['Root']))
broken('tagged', '14.8.4-1', 'cell outside of a row', lambda d: _element(d, 'TR').update(S=Name('Sect')))
broken('tagged', '14.8.5-1', 'head of a table without scope', lambda d: _element(d, 'TH').pop('A'))
broken('tagged', '14.8.4-2', 'headings begin at the second level', lambda d: _element(d, 'H1').update(S=Name('H2')))


def _profile(draft, place, text):
    data = draft.at(draft.root('OutputIntents'), 0, 'DestOutputProfile')[1]
    return data[:place] + text + data[place + len(text):]


def _cut(stream):
    stream[1] = stream[1][:200]


def _element(draft, kind):
    return next(value for _, value in sorted(draft.objects.items()) if isinstance(value, dict) and value.get('S') == kind)


def _replace(draft, name):
    """the first paragraph and its mark under another type"""
    element = _element(draft, 'P')
    element['S'] = Name(name)
    draft.content()[1] = re.sub(rb'/P( ?<</MCID %d>>)' % element['K'][0], b'/' + name.encode() + rb'\1', draft.content()[1], count=1)


def main(plain, hybrid, tagged):
    source = {}
    for kind, file in (('plain', plain), ('hybrid', hybrid), ('tagged', tagged)):
        with open(file, 'rb') as content:
            source[kind] = content.read()
    for kind, expected, name, change in MUTANTS:
        draft = Draft(source[kind])
        change(draft)
        data = draft.write()
        data = draft.after(data) if hasattr(draft, 'after') else data
        verdict = Judge(data, 3, 'A' if kind == 'tagged' else 'B', kind == 'tagged').verdict()
        print(f'{name}\t{expected}\t{verdict}')


if __name__ == '__main__':
    sys.setrecursionlimit(5000)
    main(*sys.argv[1:])
