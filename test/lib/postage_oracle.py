#!/usr/bin/env python3
"""Judges plans of mailroom.solve_postage with the shared postage oracle.

usage: postage_oracle.py ORACLE_DIR generate DIR SIZE,... FAMILY,... FIRST LAST
       postage_oracle.py ORACLE_DIR judge DIR [brute] [medium] [cbc] [glpsol]
       postage_oracle.py ORACLE_DIR random FILE COUNT SEED
       postage_oracle.py ORACLE_DIR random_shares FILE COUNT SEED
       postage_oracle.py ORACLE_DIR judge_random FILE RESULTS
       postage_oracle.py ORACLE_DIR judge_programs FILE RESULTS PROGRAMS cbc|glpsol ...
random writes COUNT small random problems, one a line, with every rule of the oracle (minimums, top-ups, bundles, fixed
fees, both kinds of tiers with base volume and base money, commitments, caps); judge_random compares the results, one a
line, with brute force over pmp_eval and prints "N problems, N with a plan, N wrong".  random_shares gives each problem
least and greatest shares as well.  judge_programs lets each solver named solve what export_lp made of the problems (one
JSON string a line), compares its optimum with the results and prints the same sum for each solver.
generate writes DIR/NAME.json; judge reads DIR/NAME.json and DIR/NAME.result and prints one TAP-like line
an instance: "ok NAME ..." or "not ok NAME ...".  The optimum comes from brute force (tiny instances of at
most 20 000 plans) and from the solvers named; medium instances are solved only when ways holds "medium".
"""
import glob, itertools, json, os, random, re, subprocess, sys, tempfile

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


def draw(rng):
    """A problem of at most a few hundred plans, nastier than tariffs are: discounts may fall, sets may cross."""
    names = ['A0', 'A1', 'B0', 'B1'][:rng.randint(2, 4)]
    maybe = lambda chance, value: value if rng.random() < chance else 0
    offers = [dict(id=o, op=o[0], min_mailing=maybe(.5, rng.randint(1, 5)), topup=maybe(.4, rng.randint(1, 9) * 100000),
                   min_bucket=maybe(.4, rng.randint(1, 4)), fixed=maybe(.5, rng.randint(0, 8) * 500000)) for o in names]
    cells = [dict(id=c, zone=rng.randint(1, 2), count=rng.randint(0, 4)) for c in range(rng.randint(1, 4))]
    arcs = [dict(cell=c['id'], offer=o, price=rng.randint(50, 130) * 10000) for c in cells for o in names if o == 'A0' or rng.random() < .7]
    groups = []
    for g in range(rng.randint(0, 3)):
        mode = rng.choice(['all', 'all', 'incr'])
        froms = [0] + sorted(rng.sample(range(1, 12), rng.randint(0, 2)))
        groups.append(dict(id='g%d' % g, mode=mode, offers=rng.sample(names, rng.randint(1, len(names))), base=maybe(.5, rng.randint(0, 4)),
                           base_money=maybe(.5, rng.randint(0, 3) * 10000000),
                           tiers=[dict(frm=f, bp=rng.randint(-1, 10) * 100) if mode == 'all' else dict(frm=f, amt=rng.randint(-2, 8) * 30000) for f in froms]))
    commits = [dict(id='k', op=rng.choice('AB'), base=rng.randint(0, 3), min=rng.randint(0, 12), penalty=rng.randint(0, 20) * 100000)] if rng.random() < .5 else []
    caps = [dict(op=rng.choice('AB'), max=rng.randint(0, 9))] if rng.random() < .35 else []
    return dict(offers=offers, cells=cells, arcs=arcs, groups=groups, commits=commits, caps=caps)


def draw_shares(rng):
    """The same, with shares of operators or of any offers; one in some can be kept by no plan."""
    inst = draw(rng)
    names = [o['id'] for o in inst['offers']]
    inst['shares'] = []
    for s in range(rng.randint(1, 3)):
        least = rng.choice([0, 0, 1, 1500, 2500, 3333, 5000, 9999])
        share = dict(id='s%d' % s, min_bp=least, max_bp=rng.choice([10000, rng.randint(least, 10000)]))
        if rng.random() < .4:
            share['op'] = rng.choice(names)[0]
        else:
            share['offers'] = rng.sample(names, rng.randint(1, len(names)))
        inst['shares'].append(share)
    return inst


def keeps_shares(inst, plan):
    letters = sum(c['count'] for c in inst['cells'])
    for s in inst.get('shares', []):
        part = sum(n for (_, o), n in plan.items() if (o[0] == s['op'] if 'op' in s else o in s['offers']))
        if not s['min_bp'] * letters <= part * 10000 <= s['max_bp'] * letters:
            return False
    return True


def all_plans(inst):
    ways = []
    for c in inst['cells']:
        names = [a['offer'] for a in inst['arcs'] if a['cell'] == c['id']]
        ways.append([[((c['id'], o), n) for o, n in zip(names, split) if n] for split in pmp_selftest.splits(c['count'], len(names))])
    return ways


def count_plans(inst):
    plans = 1
    for ways in all_plans(inst):
        plans *= len(ways)
    return plans


def write_random(path, count, seed, draw):
    rng = random.Random(int(seed))
    with open(path, 'w') as f:
        written = 0
        while written < int(count):
            inst = draw(rng)
            if count_plans(inst) <= 250:
                f.write(json.dumps(inst, separators=(',', ':')) + '\n')
                written += 1


def judge_random(problems, results):
    total = feasible = wrong = 0
    for line, answer in zip(open(problems), open(results)):
        inst, result = json.loads(line), json.loads(answer)
        best = None
        for plan in itertools.product(*all_plans(inst)):
            plan = dict(itertools.chain(*plan))
            err, cost, _ = pmp_eval.evaluate(inst, plan)
            if not err and keeps_shares(inst, plan) and (best is None or cost < best):
                best = cost
        total += 1
        feasible += best is not None
        if best is None:
            bad = result['status'] != 'infeasible' or not result['proved']
        else:
            plan = {(r['cell'], r['offer']): r['count'] for r in result['plan']}
            err, cost, _ = pmp_eval.evaluate(inst, plan)
            bad = bool(err) or not keeps_shares(inst, plan) or not cost == result['cost'] == result['lower_bound'] == best
        if bad:
            wrong += 1
            print('wrong: brute force %s, result %s, problem %s' % (best, {k: result.get(k) for k in ('status', 'cost', 'lower_bound')}, line.strip()))
    print('%d problems, %d with a plan, %d wrong' % (total, feasible, wrong))


def solve_program(solver, path):
    """The optimum in currency units, None when there is no plan."""
    out = path + '.out'
    if os.path.exists(out):
        os.remove(out)
    if solver == 'cbc':
        subprocess.run(['cbc', path, 'ratio', '0', 'allow', '0', 'sec', '1200', 'solve', 'solu', out], stdout=subprocess.DEVNULL, check=True)
        text = open(out).readline()
        found = re.match(r'Optimal - objective value +([-0-9.e+]+)', text)
        none = re.match(r'(Integer infeasible|Infeasible)', text)
    else:
        subprocess.run(['glpsol', '--lp', path, '--mipgap', '0', '--tmlim', '1200', '-o', out], stdout=subprocess.DEVNULL, check=True)
        text = open(out).read()
        found = re.search(r'^Status: +INTEGER OPTIMAL\nObjective: +cost = ([-0-9.e+]+)', text, re.M)
        none = re.search(r'^Status: +INTEGER (EMPTY|UNDEFINED)', text, re.M)
    if not found and not none:
        raise ValueError('%s says: %s' % (solver, text[:300]))
    return float(found.group(1)) if found else None


def judge_programs(problems, results, programs, solvers):
    for solver in solvers:
        total = feasible = wrong = 0
        for line, answer, program in zip(open(problems), open(results), open(programs)):
            result = json.loads(answer)
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, 'problem.lp')
                with open(path, 'w') as f:
                    f.write(json.loads(program))
                optimum = solve_program(solver, path)
            total += 1
            feasible += optimum is not None
            if ('cost' in result) != (optimum is not None) or (optimum is not None and abs(result['cost'] / 1e6 - optimum) > 0.0005):
                wrong += 1
                print('wrong: %s %s, result %s, problem %s' % (solver, optimum, {k: result.get(k) for k in ('status', 'cost', 'lower_bound')}, line.strip()))
        print('%s: %d problems, %d with a plan, %d wrong' % (solver, total, feasible, wrong))


if sys.argv[2] == 'generate':
    generate(*sys.argv[3:])
elif sys.argv[2] == 'random':
    write_random(*sys.argv[3:], draw)
elif sys.argv[2] == 'random_shares':
    write_random(*sys.argv[3:], draw_shares)
elif sys.argv[2] == 'judge_programs':
    judge_programs(*sys.argv[3:6], sys.argv[6:])
elif sys.argv[2] == 'judge_random':
    judge_random(*sys.argv[3:])
else:
    judge(sys.argv[3], sys.argv[4:])
