#!/usr/bin/env python3
"""pdfa_corpus: how far the judge agrees with the test files of the veraPDF consortium (github.com/veraPDF/veraPDF-corpus).

	pdfa_corpus.py DIRECTORY

The names of the files say pass or fail.  Prints a line "set<TAB>right<TAB>all", for each file it calls otherwise
"wrong<TAB>file<TAB>verdict", and for each it calls valid although it fails in fonts, metadata, embedded files or colour
"false<TAB>file".  The files themselves are no part of the house.
"""
import os
import re
import sys

from pdfa_judge import judge_file

SETS = (('PDF_A-2b', 2, 'B'), ('PDF_A-2u', 2, 'U'), ('PDF_A-2a', 2, 'A'), ('PDF_A-3b', 3, 'B'), ('TWG test files', None, None))
CAREFUL = re.compile(r'[ /](6[-.]2[-.]3|6[-.]2[-.]4|6[-.]2[-.]11|6[-.]6|6[-.]8)')


def main(root):
    for name, part, level in SETS:
        right = count = 0
        for folder, folders, files in os.walk(os.path.join(root, name)):
            folders.sort()
            for file in sorted(files):
                of = part or int((re.search(r'pdfa(\d)', file) or [0, 0])[1])
                if not file.endswith('.pdf') or of not in (2, 3) or not re.search('-(pass|fail)', file):
                    continue
                verdict = judge_file(os.path.join(folder, file), of, level or 'B', False)
                count += 1
                if ('-pass' in file) == (verdict == 'valid'):
                    right += 1
                    continue
                print(f'wrong\t{file}\t{verdict}')
                if verdict == 'valid' and CAREFUL.search(os.path.join(folder, file)):
                    print(f'false\t{file}')
        print(f'{name}\t{right}\t{count}')


if __name__ == '__main__':
    sys.setrecursionlimit(5000)
    main(sys.argv[1])
