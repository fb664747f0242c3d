#!/usr/bin/env python3
"""Judges plans of mailroom.solve_postage with the shared postage oracle.

usage: postage_oracle.py ORACLE_DIR generate DIR SIZE,... FAMILY,... FIRST LAST
       postage_oracle.py ORACLE_DIR judge DIR [brute] [medium] [cbc] [glpsol]
generate writes DIR/NAME.json; judge reads DIR/NAME.json and DIR/NAME.result and prints one TAP-like line
an instance: "ok NAME ..." or "not ok NAME ...".  The optimum comes from brute force (tiny instances of at
most 20 000 plans) and from the solvers named; medium instances are solved only when ways holds "medium".
"""
import glob, json, os, sys, tempfile

sys.path.insert(0, sys.argv[1])
import pmp_eval, pmp_gen, pmp_selftest, pmp_solve


def generate(folder, sizes, families, first, last):
    for size in sizes.split(','):
        for family in families.split(','):
            for seed in range(int(first), int(last) + 1):
                inst = pmp_gen.generate(size, seed, family)
                with open(os.path.join(folder, inst['name'] + '.json'), 'w') as f:
                    json.dump(inst, f, separators=(',', ':'))


def optima(inst, ways):
    if 'brute' in ways and inst['size'] == 'tiny':
        plans = 1
        for c in inst['cells']:
            k = sum(a['cell'] == c['id'] for a in inst['arcs'])
            plans *= sum(1 for _ in pmp_selftest.splits(c['count'], k))
        if plans <= 20000:
            yield 'brute force', pmp_selftest.brute(inst)[0]
    if inst['size'] not in ('tiny', 'xs', 's') and 'medium' not in ways:
        return
    for solver in ways:
        if solver not in ('cbc', 'glpsol'):
            continue
        try:
            with tempfile.TemporaryDirectory() as tmp:
                status, _, _, _, cost, check, _, _ = pmp_solve.solve(inst, solver, 'compact', 'cont', 60, 1e-9, tmp)
        except ValueError:  # the LP writer knows no group without arcs
            return
        if status == 'optimal' and check == 'ok':
            yield solver, cost
            return          # one solver that finished is enough; the next stands in for one that did not


def judge(folder, ways):
    for path in sorted(glob.glob(os.path.join(folder, '*.json'))):
        inst = json.load(open(path))
        result = json.load(open(path[:-5] + '.result'))
        plan = {(r['cell'], r['offer']): r['count'] for r in result['plan']}
        err, cost, _ = pmp_eval.evaluate(inst, plan)
        bad = ['plan breaks: ' + e for e in err[:3]]
        if cost != result['cost']:
            bad.append('stated cost %d, evaluated %d' % (result['cost'], cost))
        if result['lower_bound'] > result['cost']:
            bad.append('bound %d above cost' % result['lower_bound'])
        notes = []
        for way, optimum in optima(inst, ways):
            notes.append('%s %d' % (way, optimum))
            if result['lower_bound'] > optimum:
                bad.append('bound %d above the optimum of %s' % (result['lower_bound'], way))
            if result['cost'] > optimum and inst['size'] in ('tiny', 'xs', 's'):
                bad.append('cost above the optimum of %s' % way)
        if inst['size'] in ('tiny', 'xs', 's') and result['gap'] != 0:
            bad.append('gap %s' % result['gap'])
        print('%s %s cost %d gap %s %s' % ('not ok' if bad else 'ok', inst['name'], result['cost'], result['gap'], '; '.join(notes + bad)))


if sys.argv[2] == 'generate':
    generate(*sys.argv[3:])
else:
    judge(sys.argv[3], sys.argv[4:])
