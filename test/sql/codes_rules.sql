-- The rule sets of the library and their rules.
SELECT * FROM mailroom.list_rule_sets();
SELECT rule_set, count(DISTINCT rule) > 20 AS many, bool_and(message <> '') AS told,
	count(DISTINCT rule) FILTER (WHERE ubl) > 0 AS ubl, count(DISTINCT rule) FILTER (WHERE cii) > 0 AS cii,
	count(DISTINCT rule) FILTER (WHERE other) > 0 AS other
FROM mailroom.list_rules() GROUP BY rule_set ORDER BY rule_set COLLATE "C";
-- a rule has one severity in a set, but for what differs between UBL and CII
SELECT rule_set, rule FROM mailroom.list_rules() GROUP BY 1, 2 HAVING count(DISTINCT severity) > 1 ORDER BY 1, 2;
-- editions of the semantic model
SELECT * FROM mailroom.list_invoice_models();
