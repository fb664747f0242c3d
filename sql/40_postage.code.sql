-- 40_postage: functions, triggers and views.

CREATE OR REPLACE FUNCTION mailroom.solve_postage(problem jsonb, options jsonb DEFAULT '{}')
	RETURNS jsonb
	STABLE STRICT PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_solve_postage';
COMMENT ON FUNCTION mailroom.solve_postage(jsonb, jsonb) IS 'the cheapest way to send the cells of a postage problem, with a lower bound that proves how good it is. problem: {"offers": [{"id","op","min_mailing","topup","min_bucket","fixed"}], "cells": [{"id","zone","count"}], "arcs": [{"cell","offer","price"}], "groups": [{"id","mode","offers","base","base_money","tiers":[{"frm","bp"|"amt"}]}], "commits": [{"op","base","min","penalty"}], "caps": [{"op","max"}]}, money in micro units. options: time_limit_ms, node_limit (default 200000), gap_limit (0 to 1), warm_start (a plan). Result: status (optimal, feasible, infeasible), reason, cost and lower_bound (micro), gap = (cost - lower_bound) / cost, plan [{"cell","offer","count"}], certificate. Deterministic unless stopped by time. Raises MR013 for a malformed problem';
