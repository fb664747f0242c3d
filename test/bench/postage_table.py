#!/usr/bin/env python3
"""The postage solver against its targets, and against cbc and glpsol on the same instance in the same run.

usage: postage_table.py ORACLE_DIR CORE WORK_DIR RESULTS.tsv SIZES SEEDS PEER_SIZES PEER_SECONDS [FAMILIES]
CORE is the program of test/bench/postage_core.c.  SIZES and PEER_SIZES are lists (tiny,xs,s,m,l,xl), SEEDS is
FIRST-LAST.  Each instance is generated, solved, its plan judged by pmp_eval.py, and, for the peer sizes, given
to cbc and glpsol one after the other (compact formulation; gap 1e-9 for small ones, 1e-6 from m on).  RESULTS
gets a row an instance; those already there are not run again.  At the end the target table is printed as
quantity, ours, limit or peer, ratio.
"""
import csv
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, sys.argv[1])
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import pmp_eval
import pmp_gen
import pmp_solve
import postage_rows

FIELDS = ['instance', 'size', 'letters', 'cells', 'arcs', 'cpu', 'mb', 'nodes', 'gap', 'cost', 'bound', 'judged',
          'cbc_cpu', 'cbc_status', 'cbc_cost', 'glpsol_cpu', 'glpsol_status', 'glpsol_cost']
SMALL = ('tiny', 'xs', 's')
# size: CPU seconds, gap at which the search may stop
TARGETS = {'tiny': (0.1, 0), 'xs': (0.1, 0), 's': (0.1, 0), 'm': (1, 0), 'l-std': (1, 0), 'l': (10, 1e-5), 'xl': (5, 1e-6)}
FAMILIES = ['std', 'dense', 'many', 'tight']


def target(size, family):
    return TARGETS.get('%s-%s' % (size, family), TARGETS[size])


def solve(core, inst, size, family, folder):
    rows, plan = os.path.join(folder, 'i.rows'), os.path.join(folder, 'plan.csv')
    with open(rows, 'w') as f:
        f.writelines(row + '\n' for row in postage_rows.rows(inst))
    gap = target(size, family)[1]
    out = subprocess.run([core, '-t', '60', '-g', str(gap), '-p', plan, rows], capture_output=True, text=True, check=True)
    f = out.stdout.rstrip('\n').split('\t')
    err, cost, _ = pmp_eval.evaluate(inst, pmp_eval.read_plan(plan))
    return dict(letters=f[1], cells=f[2], arcs=f[3], cost=int(f[5]), bound=int(f[6]), nodes=f[8], cpu=float(f[9]), mb=f[10],
                gap='%.1e' % ((int(f[5]) - int(f[6])) / int(f[5])),
                judged='ok' if not err and cost == int(f[5]) and len(f) == 12 else 'WRONG: %s' % (err[:1] or cost))


def ask(peer, inst, size, seconds):
    with tempfile.TemporaryDirectory() as tmp:
        try:
            status, _, _, _, cost, check, _, cpu = pmp_solve.solve(inst, peer, 'compact', 'cont', seconds,
                                                                   1e-9 if size in SMALL else 1e-6, tmp)
        except Exception as problem:        # a peer that crashes has no plan
            return 0, 'failed: %s' % type(problem).__name__, None
    if status == 'Stopped on time':
        status = 'stopped'
    return round(cpu, 3), status.replace('optimal', 'optimal' if check == 'ok' else 'optimal, but breaks rules'), cost if check == 'ok' else None


def run(arguments, families):
    oracle, core, folder, results, sizes, seeds, peer_sizes, seconds = arguments
    done = {}
    if os.path.exists(results):
        with open(results) as f:
            done = {r['instance']: r for r in csv.DictReader(f, delimiter='\t')}
    first, last = (int(s) for s in seeds.split('-'))
    peers = [p for p in ('cbc', 'glpsol') if subprocess.run(['sh', '-c', 'command -v ' + p], capture_output=True).returncode == 0]
    with open(results, 'a') as f:
        writer = csv.DictWriter(f, FIELDS, delimiter='\t')
        if not done:
            writer.writeheader()
        for size in sizes.split(','):
            for seed in range(first, last + 1):
                for family in families:
                    name = '%s-%d-%s' % (size, seed, family)
                    if name in done:
                        continue
                    inst = pmp_gen.generate(size, seed, family)
                    row = dict(instance=name, size=size, **solve(core, inst, size, family, folder))
                    for peer in peers if size in peer_sizes.split(',') or name in peer_sizes.split(',') else []:
                        row[peer + '_cpu'], row[peer + '_status'], row[peer + '_cost'] = ask(peer, inst, size, float(seconds))
                    writer.writerow(row)
                    f.flush()
                    done[name] = {k: str(v) if v is not None else '' for k, v in row.items()}
    return [r for r in done.values() if r['size'] in sizes.split(',')]


def row(quantity, ours, limit, ratio):
    print('%s\t%s\t%s\t%s' % (quantity, ours, limit, ratio))


def judge_costs(rows):
    """Ours against every optimum a peer found: (compared, equal or better to the micro, bound above it)."""
    compared = equal = above = 0
    for r in rows:
        for peer in ('cbc', 'glpsol'):
            if r.get(peer + '_status') == 'optimal' and r.get(peer + '_cost'):
                compared += 1
                optimum = int(float(r[peer + '_cost']))
                equal += int(r['cost']) == optimum or (int(r['cost']) <= optimum and r['size'] not in SMALL)
                above += int(r['bound']) > optimum
                break
    return compared, equal, above


def peer_ratios(rows):
    """CPU of the better peer / ours; a peer that stopped counts with the time it had."""
    ratios = []
    for r in rows:
        times = [float(r[p + '_cpu']) for p in ('cbc', 'glpsol') if r.get(p + '_cpu') not in (None, '', '0')]
        finished = [float(r[p + '_cpu']) for p in ('cbc', 'glpsol') if r.get(p + '_status') == 'optimal']
        if times:
            ratios.append((min(finished) if finished else max(times)) / max(float(r['cpu']), 1e-4))
    return sorted(ratios)


def summary(rows):
    for key in ('tiny', 'xs', 's', 'm', 'l-std', 'l', 'xl'):
        size = key.split('-')[0]
        those = [r for r in rows if r['size'] == size and (key != 'l' or not r['instance'].endswith('-std'))
                 and (key != 'l-std' or r['instance'].endswith('-std'))]
        if not those:
            continue
        seconds, gap = TARGETS[key]
        gap = {'m': 1e-6, 'l-std': 1e-8}.get(key, gap)
        slow = max(those, key=lambda r: float(r['cpu']))
        wide = max(those, key=lambda r: float(r['gap']))
        name = 'postage %s, %d instances: ' % (key, len(those))
        row(name + 'most CPU s (%s)' % slow['instance'], slow['cpu'], seconds, '%.3f' % (float(slow['cpu']) / seconds))
        row(name + 'widest gap (%s)' % wide['instance'], wide['gap'], '%.0e' % gap if gap else '0', 'met' if float(wide['gap']) <= gap else 'MISSED')
        row(name + 'judged by pmp_eval', sum(r['judged'] == 'ok' for r in those), len(those),
            'met' if all(r['judged'] == 'ok' for r in those) else 'MISSED')
        if size == 'xl':
            most = max(float(r['mb']) for r in those)
            row(name + 'most MB', most, 200, '%.3f' % (most / 200))
        compared, equal, above = judge_costs(those)
        if compared:
            row(name + "peer's optimum reached (%d bounds above it)" % above, equal, compared, 'met' if equal == compared and not above else 'MISSED')
        ratios = peer_ratios(those)
        if ratios:
            row(name + 'times faster than the better peer (least, median)', '%.0f' % ratios[0], 10 if size == 'm' else 1,
                '%.0f' % ratios[len(ratios) // 2])


summary(run(sys.argv[1:9], sys.argv[9].split(',') if len(sys.argv) > 9 else FAMILIES))
