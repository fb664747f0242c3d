"""pdfa_structure: the tree of structure as ISO 19005-2/-3 clause 6.7 looks at it, and, beyond its rules, whether it covers the pages.

judge_rules() has the rules of level A that a program can decide.  judge_content() asks for what ISO 32000-1 14.7 and 14.8 mean by
them, and notes it under those clauses: 14.7.4 marked content and tree agree, 14.8.2 nothing is outside, 14.8.4 nesting, 14.9
alternate texts.
"""
from pdf_objects import Name, Ref, Stream

STANDARD = set('''Document Part Art Sect Div BlockQuote Caption TOC TOCI Index NonStruct Private P H H1 H2 H3 H4 H5 H6 L LI Lbl LBody Table TR TH TD THead
TBody TFoot Span Quote Note Reference BibEntry Code Link Annot Ruby RB RT RP Warichu WT WP Figure Formula Form'''.split())
INSIDE = {'TR': {'Table', 'THead', 'TBody', 'TFoot'}, 'TH': {'TR'}, 'TD': {'TR'}, 'THead': {'Table'}, 'TBody': {'Table'}, 'TFoot': {'Table'}, 'LI': {'L'},
          'Lbl': {'LI', 'TOCI', 'Note', 'Reference', 'BibEntry'}, 'LBody': {'LI'}}


class Structure:
    def __init__(self, judge):
        self.judge, self.document, self.note = judge, judge.document, judge.note
        at = self.document.at
        self.root = at(judge.catalog, 'StructTreeRoot')
        self.roles = at(self.root, 'RoleMap', {})
        self.elements, self.spoken, self.owners = [], set(), {}
        if isinstance(self.root, dict):
            self._walk(self.root, None, False, None, set())

    def _walk(self, element, parent, spoken, page, seen):
        todo = [(element, parent, spoken, page)]
        while todo:
            element, parent, spoken, page = todo.pop()
            if id(element) in seen:
                self.note('14.7.2', 1, 'an element of structure stands twice in the tree')
                continue
            seen.add(id(element))
            kind = self.document.at(element, 'S')
            if parent is not None:
                self.elements.append((element, kind, parent))
            spoken = spoken or 'ActualText' in element
            page = element.get('Pg', page)
            kids = self.document.at(element, 'K')
            below = []
            for kid in kids if isinstance(kids, list) else [kids] if kids is not None else []:
                of, kid = (kid if isinstance(kid, Ref) else None), self.document.resolve(kid)
                if isinstance(kid, int):
                    self._owns(element, page, kid, spoken)
                elif isinstance(kid, dict) and 'MCID' in kid:
                    self._owns(element, kid.get('Pg', page), self.document.at(kid, 'MCID'), spoken)
                elif isinstance(kid, dict) and self.document.at(kid, 'Type') != 'OBJR':
                    below.append((kid, element, spoken, page))
            todo.extend(reversed(below))

    def _owns(self, element, page, mcid, spoken):
        key = (id(self.document.resolve(page)), mcid)
        if key in self.owners and self.owners[key] is not element:
            self.note('14.7.4', 1, f'marked content {mcid} has two owners')
        self.owners[key] = element
        if spoken:
            self.spoken.add(key)

    def actual_text(self, number, mcid):
        pages = getattr(self.judge, 'page_list', [])
        return number < len(pages) and (id(pages[number][0]), mcid) in self.spoken

    def standard(self, kind):
        """the standard type a type is mapped to, or None"""
        seen = set()
        while isinstance(kind, Name) and kind not in STANDARD:
            if kind in seen:
                self.note('6.7.3.4', 2, f'role map: {kind} leads to itself')
                return None
            seen.add(kind)
            kind = self.document.resolve(self.roles.get(kind))
        return kind

    def judge_rules(self):
        at, note = self.document.at, self.note
        if at(at(self.judge.catalog, 'MarkInfo', {}), 'Marked') is not True:
            note('6.7.2.2', 1, 'MarkInfo does not say Marked')
        if not isinstance(self.root, dict):
            note('6.7.3.3', 1, 'no StructTreeRoot')
            return
        for key in self.roles:
            if key in STANDARD and at(self.roles, key) != key:
                note('6.7.3.4', 3, f'role map: standard type {key} is mapped to {at(self.roles, key)}')
        for key in list(self.roles):
            self.standard(Name(key))
        for _, kind, _ in self.elements:
            if isinstance(kind, Name):
                self.judge.painter.name_utf8(kind)
            if self.standard(kind) is None:
                note('6.7.3.4', 1, f'type {kind} is not mapped to a standard type')

    # beyond the rules of level A
    def judge_content(self):
        note, at = self.note, self.document.at
        marked = {}
        for number, mcid, tag, how, depth in self.judge.painter.marks:
            page = id(self.judge.page_list[number][0])
            if how == 'bare':
                note('14.8.2', 1, f'page {number + 1} draws outside of marked content')
            elif mcid is not None:
                if (page, mcid) in marked:
                    note('14.7.4', 2, f'page {number + 1} marks {mcid} twice')
                marked[page, mcid] = tag
            elif depth == 1 and tag != 'Artifact':
                note('14.8.2', 2, f'page {number + 1}: {tag} is in no element and no artifact')
        for key, tag in marked.items():
            if key not in self.owners:
                note('14.7.4', 3, f'marked content {key[1]} ({tag}) is in no element')
            elif at(self.owners[key], 'S') != tag:
                note('14.7.4', 4, f'marked content {key[1]} is {tag}, its element {at(self.owners[key], "S")}')
        for key in self.owners:
            if key not in marked:
                note('14.7.4', 5, f'an element has marked content {key[1]}, its page has not')
        self.judge_parents()
        order = []
        for element, kind, parent in self.elements:
            above = self.standard(at(parent, 'S')) if 'S' in parent else None
            kind = self.standard(kind)
            if kind in INSIDE and above not in INSIDE[kind]:
                note('14.8.4', 1, f'{kind} in {above}')
            if kind in ('Figure', 'Formula') and not at(element, 'Alt') and not at(element, 'ActualText'):
                note('14.9.3', 1, f'{kind} without Alt')
            if kind == 'TH' and not any(at(a, 'Scope') for a in self.attributes(element)):
                note('14.8.5', 1, 'TH without Scope')
            if self.document.resolve(element.get('P')) is not parent:
                note('14.7.2', 2, f'{kind}: P is not its parent')
            if kind in ('H1', 'H2', 'H3'):
                order.append(int(kind[1]))
        if order and (order[0] != 1 or any(b > a + 1 for a, b in zip(order, order[1:]))):
            note('14.8.4', 2, f'headings {order}')
        if not at(self.judge.catalog, 'Lang'):
            note('14.9.2', 1, 'no language')

    def attributes(self, element):
        value = self.document.at(element, 'A')
        return [self.document.resolve(v) for v in value] if isinstance(value, list) else [value] if value is not None else []

    def judge_parents(self):
        """the parent tree leads from each page's marked content to its element"""
        at, tree = self.document.at, {}
        todo = [at(self.root, 'ParentTree')]
        while todo:
            node = todo.pop()
            if not isinstance(node, dict):
                continue
            numbers = at(node, 'Nums', [])
            tree.update((self.document.resolve(k), self.document.resolve(v)) for k, v in zip(numbers[::2], numbers[1::2]))
            todo.extend(self.document.resolve(kid) for kid in at(node, 'Kids', []))
        place = {id(page): page for page, _ in self.judge.page_list}
        for (page, mcid), element in self.owners.items():
            listed = tree.get(at(place.get(page), 'StructParents'))
            if not isinstance(listed, list) or mcid >= len(listed) or self.document.resolve(listed[mcid]) is not element:
                self.note('14.7.4', 6, f'parent tree does not lead from {mcid} to its element')
