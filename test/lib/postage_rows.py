#!/usr/bin/env python3
"""Writes a postage problem (the oracle's JSON) as rows of plain text for test/bench/postage_core.c.

usage: postage_rows.py PROBLEM.json [OUT.rows]
"""
import json
import sys


def rows(problem):
    for o in problem['offers']:
        yield 'offer %s %s %d %d %d %d' % (o['id'], o['op'], o.get('min_mailing', 0), o.get('topup', 0),
                                           o.get('min_bucket', 0), o.get('fixed', 0))
    for c in problem['cells']:
        yield 'cell %d %d %d' % (c['id'], c['zone'], c['count'])
    yield 'index'
    for a in problem['arcs']:
        yield 'arc %d %s %d' % (a['cell'], a['offer'], a['price'])
    for g in problem.get('groups', []):
        yield 'group %s %s %d %d' % (g['id'], g['mode'], g.get('base', 0), g.get('base_money', 0))
        for o in g['offers']:
            yield 'member %s' % o
        for t in g['tiers']:
            yield 'tier %d %d' % (t['frm'], t['bp'] if g['mode'] == 'all' else t['amt'])
    for k in problem.get('commits', []):
        yield 'commit %s %d %d %d' % (k['op'], k.get('base', 0), k['min'], k['penalty'])
    for k in problem.get('caps', []):
        yield 'cap %s %d' % (k['op'], k['max'])


if __name__ == '__main__':
    out = open(sys.argv[2], 'w') if len(sys.argv) > 2 else sys.stdout
    for row in rows(json.load(open(sys.argv[1]))):
        out.write(row + '\n')
