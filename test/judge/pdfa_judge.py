#!/usr/bin/env python3
"""pdfa_judge: says of PDF files whether they are PDF/A-2 or -3 at level B, U or A, and which clauses they break.

	pdfa_judge.py [--level 3b] [--structure] file ...		names on the command line, or one a line on standard input

prints "file<TAB>valid" or "file<TAB>6.2.4.3-2 text; ..."; clause and test number are those under which the tests of the
veraPDF consortium are known.  Without --level the file's own metadata say which part and level it is judged by.  --structure
also asks what the rules of level A leave to people: every piece of a page tagged or an artifact, every tag's content there.
The reader and the rules are written from ISO 19005-2/-3 and ISO 32000-1.  They cover what the house writes and what a file of
the house could become by a mistake; signatures' contents are not looked at.
"""
import re
import sys

import pdf_xmp
from pdf_objects import Document, Name, Ref, Stream
from pdfa_content import FILTERS, Painter
from pdfa_structure import Structure

ANNOTATIONS = set('''Text Link FreeText Line Square Circle Polygon PolyLine Highlight Underline Squiggly StrikeOut Stamp Caret Ink Popup
FileAttachment Widget PrinterMark TrapNet Watermark Redact'''.split())
ACTIONS = {'GoTo', 'GoToR', 'GoToE', 'Thread', 'URI', 'Named', 'SubmitForm'}
LANGUAGE = re.compile(r'[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*')
BOXES = ('MediaBox', 'CropBox', 'BleedBox', 'TrimBox', 'ArtBox')


def text_of(value):
    """a text string"""
    if value[:2] == b'\xfe\xff':
        return value[2:].decode('utf-16-be', 'replace')
    return value.decode('utf-8-sig' if value[:3] == b'\xef\xbb\xbf' else 'latin-1', 'replace')


class Judge:
    def __init__(self, data, part=None, level=None, structure=False, depth=0):
        self.findings, self.data, self.depth = {}, data, depth
        self.document = Document(data, self.note)
        self.output_space, self.structure = None, None
        trailer = self.document.trailer
        if any('Encrypt' in t for t in self.document.trailers):
            self.note('6.1.3', 2, 'encrypted')
            return
        self.catalog = self.document.at(trailer, 'Root', {})
        self.part, self.level = part or 2, level or 'B'
        packet = self.main_packet()
        if packet is not None and part is None:
            self.part, self.level = self.said(packet)
        self.bytes()
        self.metadata(packet)
        self.objects()
        self.output()
        self.in_catalog()
        self.structure = Structure(self)
        self.pages()
        self.embedded()
        if self.level == 'A':
            self.structure.judge_rules()
        if structure:
            self.structure.judge_content()

    def note(self, clause, test, text):
        self.findings.setdefault((clause, test), text)

    def verdict(self):
        return '; '.join(f'{clause}-{test} {text}' for (clause, test), text in sorted(self.findings.items())) or 'valid'

    # 6.1
    def bytes(self):
        data, note = self.data, self.note
        head = re.match(rb'%PDF-1\.[0-7](\r\n|\r|\n)', data)
        if head is None:
            note('6.1.2', 1, 'header')
        start = head.end() if head else (re.search(rb'[\r\n]+', data) or re.match(rb'', data)).end()
        if data[start:start + 1] != b'%' or len(data) < start + 5 or min(data[start + 1:start + 5]) < 128:
            note('6.1.2', 2, 'no line of binary characters after the header')
        if not re.search(rb'%%EOF(\r\n|\r|\n)?\Z', data):
            note('6.1.3', 3, 'data after %%EOF')
        trailers = self.document.trailers
        identifier = self.document.at(trailers[0] if trailers else {}, 'ID')
        if not isinstance(identifier, list) or len(identifier) != 2 or not all(isinstance(i, bytes) and i for i in map(self.document.resolve, identifier)):
            note('6.1.3', 1, 'no ID')
        if self.linearized() and len(trailers) > 1 and self.document.at(trailers[-1], 'ID', identifier) != identifier:
            note('6.1.3', 1, 'the two trailers of a linearized file differ in ID')

    def linearized(self):
        return re.search(rb'/Linearized[\0\t\n\f\r ]', self.data[:1024]) is not None

    def objects(self):
        """every object of the file, used or not"""
        numbers = self.document.numbers()
        if len(numbers) > 8388607:
            self.note('6.1.13', 7, f'{len(numbers)} objects')
        for number in numbers:
            value = self.document.fetch(number)
            if isinstance(value, Stream):
                self.stream(value)
        self.reached, todo = [], [self.document.trailer]
        seen = set()
        while todo:
            value = todo.pop()
            if isinstance(value, Ref):
                if value.number in seen:
                    continue
                seen.add(value.number)
                value = self.document.fetch(value.number)
            if isinstance(value, Stream):
                self.reached.append(value.dict)
                todo.extend(value.dict.values())
            elif isinstance(value, dict):
                self.reached.append(value)
                todo.extend(value.values())
            elif isinstance(value, list):
                todo.extend(value)

    def stream(self, stream):
        entries = stream.dict
        stream.data()    # notes what cannot be unpacked
        if 'F' in entries or 'FFilter' in entries or 'FDecodeParms' in entries:
            self.note('6.1.7.1', 3, 'stream with a file of its own')
        params = stream.get('DecodeParms')
        params = params if isinstance(params, list) else [params]
        for i, name in enumerate(stream.filters()):
            identity = name == 'Crypt' and i < len(params) and self.document.at(self.document.resolve(params[i]), 'Name', 'Identity') == 'Identity'
            if name not in FILTERS and not identity:
                self.note('6.1.7.2', 1, f'filter {name}')

    # 6.2.3
    def output(self):
        at, note = self.document.at, self.note
        intents = [self.document.resolve(i) for i in at(self.catalog, 'OutputIntents', [])]
        profiles = [i['DestOutputProfile'] for i in intents if isinstance(i, dict) and 'DestOutputProfile' in i]
        if len(profiles) > 1 and any(p != profiles[0] or not isinstance(p, Ref) for p in profiles):
            note('6.2.3', 2, 'output intents with different profiles')
        for intent in intents:
            if at(intent, 'S') == 'GTS_PDFX' and 'DestOutputProfileRef' in intent:
                note('6.2.3', 3, 'DestOutputProfileRef')
            profile = at(intent, 'DestOutputProfile')
            if not isinstance(profile, Stream):
                continue
            data = profile.data()
            if len(data) < 128 or data[36:40] != b'acsp' or data[12:16] not in (b'prtr', b'mntr') or data[16:20] not in (b'RGB ', b'CMYK', b'GRAY') or data[8] >= 5:
                note('6.2.3', 1, 'profile of the output intent')
            elif profile.get('N') != {b'RGB ': 3, b'CMYK': 4, b'GRAY': 1}[data[16:20]]:
                note('6.2.3', 1, f'profile of the output intent with N {profile.get("N")}')
            if at(intent, 'S') == 'GTS_PDFA1':
                self.output_space = data[16:20]

    # catalogue, actions, forms, optional content
    def in_catalog(self):
        at, note, catalog = self.document.at, self.note, self.catalog
        for key, test in (('AA', ('6.5.2', 1)), ('Requirements', ('6.11', 1))):
            if key in catalog:
                note(*test, f'{key} in the catalogue')
        if at(catalog, 'NeedsRendering') is True:
            note('6.4.2', 2, 'NeedsRendering')
        names = at(catalog, 'Names', {})
        if 'AlternatePresentations' in names:
            note('6.10', 1, 'AlternatePresentations')
        if 'JavaScript' in names:
            note('6.5.1', 1, 'JavaScript in the tree of names')
        form = at(catalog, 'AcroForm', {})
        if at(form, 'NeedAppearances') is True:
            note('6.4.1', 3, 'NeedAppearances')
        if 'XFA' in form:
            note('6.4.2', 1, 'XFA')
        self.fields(at(form, 'Fields', []), 0)
        permissions = at(catalog, 'Perms', {})
        if any(key not in ('UR3', 'DocMDP') for key in permissions):
            note('6.1.12', 1, 'permissions')
        if 'DocMDP' in permissions:
            for entries in self.reached:
                if at(entries, 'Type') == 'SigRef' or 'TransformMethod' in entries:
                    if any(key in entries for key in ('DigestLocation', 'DigestMethod', 'DigestValue')):
                        note('6.1.12', 2, 'digest in a signature reference')
        self.optional_content(at(catalog, 'OCProperties'))
        for entries in self.reached:
            for key in ('A', 'OpenAction', 'Next', 'PA'):
                value = at(entries, key)
                for action in value if isinstance(value, list) and key == 'Next' else [value]:
                    self.action(self.document.resolve(action))
            if isinstance(at(entries, 'AA'), dict):
                for action in at(entries, 'AA').values():
                    self.action(self.document.resolve(action))
            if 'Lang' in entries and isinstance(at(entries, 'Lang'), bytes):
                self.language(at(entries, 'Lang'))

    def action(self, value):
        if isinstance(value, dict) and isinstance(self.document.at(value, 'S'), Name):
            kind = self.document.at(value, 'S')
            if kind not in ACTIONS:
                self.note('6.5.1', 1, f'action {kind}')
            if kind == 'Named' and self.document.at(value, 'N') not in ('NextPage', 'PrevPage', 'FirstPage', 'LastPage'):
                self.note('6.5.1', 2, f'named action {self.document.at(value, "N")}')

    def fields(self, items, depth):
        for item in items if depth < 20 else []:
            field = self.document.resolve(item)
            if isinstance(field, dict):
                if 'AA' in field or 'A' in field and self.document.at(field, 'Subtype') != 'Widget':
                    self.note('6.4.1', 2, 'field with an action')
                self.fields(self.document.at(field, 'Kids', []), depth + 1)

    def optional_content(self, properties):
        if not isinstance(properties, dict):
            return
        at, note = self.document.at, self.note
        groups = {item for item in at(properties, 'OCGs', []) if isinstance(item, Ref)}
        configurations = [at(properties, 'D')] + [self.document.resolve(c) for c in at(properties, 'Configs', [])]
        names = []
        for configuration in configurations:
            if not isinstance(configuration, dict):
                continue
            name = at(configuration, 'Name')
            if not name:
                note('6.9', 1, 'optional content without a name')
            elif name in names:
                note('6.9', 2, 'optional content: a name twice')
            names.append(name)
            if 'AS' in configuration:
                note('6.9', 4, 'optional content with AS')
            if 'Order' in configuration:
                found, todo = set(), [at(configuration, 'Order')]
                while todo:
                    value = todo.pop()
                    if isinstance(value, Ref):
                        found.add(value)
                        value = self.document.resolve(value)
                    if isinstance(value, list):
                        todo.extend(value)
                if not groups <= found:
                    note('6.9', 3, 'optional content: a group is not in Order')

    # pages
    def pages(self):
        self.painter = Painter(self)
        self.page_list = []
        self._page_tree(self.catalog.get('Pages'), {}, set())
        for number, (page, inherited) in enumerate(self.page_list):
            at, note = self.document.at, self.note
            if 'AA' in page:
                note('6.5.2', 2, 'page with additional actions')
            if 'PresSteps' in page:
                note('6.10', 2, 'PresSteps')
            for box in BOXES:
                self.box(at(page, box, inherited.get(box)))
            own = at(page, 'Resources')
            self.painter.page(number, page, own if own is not None else inherited.get('Resources'), own is None)
            for annotation in at(page, 'Annots', []):
                self.annotation(self.document.resolve(annotation))

    def _page_tree(self, reference, inherited, seen):
        node = self.document.resolve(reference)
        if not isinstance(node, dict) or id(node) in seen:
            return
        seen.add(id(node))
        if isinstance(self.document.at(node, 'Kids'), list):
            below = dict(inherited, **{key: self.document.at(node, key) for key in ('Resources', 'MediaBox', 'CropBox') if key in node})
            for kid in self.document.at(node, 'Kids'):
                self._page_tree(kid, below, seen)
        else:
            self.page_list.append((node, inherited))

    def box(self, value):
        sides = [self.document.resolve(v) for v in value] if isinstance(value, list) else []
        if len(sides) == 4 and all(isinstance(v, (int, float)) for v in sides):
            if not all(3 <= abs(a) <= 14400 for a in (sides[2] - sides[0], sides[3] - sides[1])):
                self.note('6.1.13', 11, 'size of a page')

    def annotation(self, annotation):
        if not isinstance(annotation, dict):
            return
        at, note = self.document.at, self.note
        kind, flags = at(annotation, 'Subtype'), at(annotation, 'F')
        if kind not in ANNOTATIONS:
            note('6.3.1', 1, f'annotation {kind}')
        if kind != 'Popup' and flags is None:
            note('6.3.2', 1, f'annotation {kind} without F')
        if flags is not None and (flags & (1 | 2 | 32 | 256) or not flags & 4):
            note('6.3.2', 2, f'annotation {kind} with F {flags}')
        rectangle = [self.document.resolve(v) for v in at(annotation, 'Rect', [])]
        empty = len(rectangle) == 4 and rectangle[0] == rectangle[2] and rectangle[1] == rectangle[3]
        appearance = at(annotation, 'AP')
        if not empty and kind not in ('Popup', 'Link') and appearance is None:
            note('6.3.3', 1, f'annotation {kind} without appearance')
        if kind == 'Widget' and ('A' in annotation or 'AA' in annotation):
            note('6.4.1', 1, 'widget with an action')
        if isinstance(appearance, dict):
            self.appearance(annotation, appearance, kind)

    def appearance(self, annotation, appearance, kind):
        if list(appearance) != ['N']:
            self.note('6.3.3', 2, 'appearance with more than N')
            return
        field = annotation
        for _ in range(10):
            if 'FT' in field or not isinstance(self.document.at(field, 'Parent'), dict):
                break
            field = self.document.at(field, 'Parent')
        button = kind == 'Widget' and self.document.at(field, 'FT') == 'Btn'
        normal = self.document.at(appearance, 'N')
        if button and (not isinstance(normal, dict) or not all(isinstance(self.document.resolve(v), Stream) for v in normal.values())):
            self.note('6.3.3', 3, 'button without appearances by state')
        if not button and not isinstance(normal, Stream):
            self.note('6.3.3', 4, 'appearance is no stream')

    # 6.6
    def main_packet(self):
        stream = self.document.at(self.catalog, 'Metadata')
        if not isinstance(stream, Stream) or stream.get('Type') != 'Metadata' or stream.get('Subtype') != 'XML':
            self.note('6.6.2.1', 1, 'no metadata')
            return None
        try:
            return pdf_xmp.read(stream.data())
        except pdf_xmp.BrokenPacket as error:
            self.note('6.6.2.1', 4, str(error))
            return None

    @staticmethod
    def said(packet):
        part, level = (packet.find(pdf_xmp.IDENTIFICATION, name) for name in ('part', 'conformance'))
        return 3 if part is not None and part.text == '3' else 2, level.text if level is not None and level.text in ('A', 'B', 'U') else 'B'

    def metadata(self, packet):
        main = None
        if packet is not None:
            main = pdf_xmp.judge_packet(self.note, packet, None)
            pdf_xmp.judge_identification(self.note, packet, self.part, self.level)
        of_catalog = self.document.at(self.catalog, 'Metadata')
        for number in self.document.numbers():
            value = self.document.fetch(number)
            entries = value.dict if isinstance(value, Stream) else value
            stream = self.document.at(entries, 'Metadata') if isinstance(entries, dict) else None
            if isinstance(stream, Stream) and stream is not of_catalog:
                try:
                    pdf_xmp.judge_packet(self.note, pdf_xmp.read(stream.data()), main)
                except pdf_xmp.BrokenPacket as error:
                    self.note('6.6.2.1', 4, str(error))

    # 6.8
    def embedded(self):
        at, note, numbers = self.document.at, self.note, set()
        for entries in self.reached:
            for item in at(entries, 'AF', []) if isinstance(at(entries, 'AF'), list) else [entries['AF']] if 'AF' in entries else []:
                numbers.add(id(self.document.resolve(item)))
        for entries in self.reached:
            files = at(entries, 'EF')
            if not isinstance(files, dict):
                continue
            if 'F' not in entries or 'UF' not in entries:
                note('6.8', 2, 'file specification without F or UF')
            stream = at(files, 'F', at(files, 'UF'))
            if self.part == 3:
                subtype = stream.get('Subtype') if isinstance(stream, Stream) else None
                if subtype is None or not re.fullmatch(r'[-\w+.]+/[-\w+.]+', subtype):
                    note('6.8', 1, f'embedded file of type {subtype}')
                if not isinstance(at(entries, 'AFRelationship'), Name):
                    note('6.8', 3, 'no AFRelationship')
                if id(entries) not in numbers:
                    note('6.8', 4, 'embedded file that nothing is associated with')
            elif isinstance(stream, Stream) and self.depth < 3:
                self.inner(stream.data())

    def inner(self, data):
        """part 2 embeds only PDF/A-1 and PDF/A-2"""
        if not data.startswith(b'%PDF-'):
            return self.note('6.8', 5, 'embedded file is no PDF')
        other = Judge(data, depth=self.depth + 1)
        if set(other.findings) - {('6.6.4', 2)} or ('6.6.4', 2) in other.findings and b'part>1<' not in data and b'part="1"' not in data:
            self.note('6.8', 5, f'embedded file: {other.verdict()[:200]}')

    # 6.7
    def language(self, value):
        text = text_of(value) if isinstance(value, bytes) else str(value)
        if self.level == 'A' and text and not LANGUAGE.fullmatch(text):
            self.note('6.7.4', 1, f'language {text!r}')

    def has_actual_text(self, page, mcid):
        return mcid is not None and self.structure.actual_text(page, mcid)


def judge_file(name, part, level, structure):
    try:
        with open(name, 'rb') as file:
            return Judge(file.read(), part, level, structure).verdict()
    except RecursionError:
        return 'unreadable: nested too deep'
    except Exception as error:    # a file that breaks the judge is not called valid
        return f'unreadable: {error!r}'


def main(arguments):
    part = level = None
    structure = False
    while arguments and arguments[0].startswith('--'):
        option = arguments.pop(0)
        if option == '--structure':
            structure = True
        elif option == '--level':
            word = arguments.pop(0)
            part, level = int(word[0]), word[1:].upper()
        else:
            sys.exit(f'unknown option {option}')
    for name in arguments or [line.rstrip('\n') for line in sys.stdin]:
        print(f'{name}\t{judge_file(name, part, level, structure)}', flush=True)


if __name__ == '__main__':
    sys.setrecursionlimit(5000)
    main(sys.argv[1:])
