-- 31_codes: tables of the code lists.

-- shared catalogue
CREATE TABLE mailroom.code_list
(
	list text NOT NULL CHECK (list ~ '^[a-z][a-z0-9_]*$'),
	version text NOT NULL CHECK (version ~ '^[^[:cntrl:]]{1,64}$'),
	shipped boolean NOT NULL,
	valid_from date NOT NULL,
	valid_to date CHECK (valid_to >= valid_from),
	codes text[] NOT NULL CHECK (cardinality(codes) > 0),
	loaded_at timestamptz NOT NULL,
	PRIMARY KEY (list, version, shipped)
);
COMMENT ON TABLE mailroom.code_list IS 'versions of the code lists that the rules use, one row each; the version of the day counts (mailroom.current_code_list), later ones wait for their day; written by the extension script and by mailroom.load_code_list; shared catalogue';
COMMENT ON COLUMN mailroom.code_list.shipped IS 'from the extension script; such rows are not dumped, the script brings them back';
COMMENT ON COLUMN mailroom.code_list.valid_to IS 'last day, NULL = until a later version';
COMMENT ON COLUMN mailroom.code_list.codes IS 'the values, compared byte for byte';
GRANT SELECT ON mailroom.code_list TO PUBLIC;
