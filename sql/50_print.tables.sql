-- 50_print: tables of this room.

CREATE TABLE mailroom.inserter_profile
(
	issuer_id bigint NOT NULL REFERENCES mailroom.issuer,
	name text NOT NULL CHECK (name <> ''),
	is_used boolean NOT NULL DEFAULT false,
	has_ladder boolean NOT NULL DEFAULT true,
	has_matrix boolean NOT NULL DEFAULT true,
	ladder_x_mm numeric(5, 2) NOT NULL DEFAULT 6 CHECK (ladder_x_mm >= 0),
	ladder_y_mm numeric(5, 2) NOT NULL DEFAULT 110 CHECK (ladder_y_mm >= 0),
	bar_length_mm numeric(5, 2) NOT NULL DEFAULT 7.5 CHECK (bar_length_mm BETWEEN 4 AND 20),
	bar_thickness_mm numeric(5, 2) NOT NULL DEFAULT 0.5 CHECK (bar_thickness_mm BETWEEN 0.3 AND 1.5),
	bar_pitch_mm numeric(5, 2) NOT NULL DEFAULT 4.32 CHECK (bar_pitch_mm BETWEEN 2 AND 10),
	matrix_x_mm numeric(5, 2) NOT NULL DEFAULT 6 CHECK (matrix_x_mm >= 0),
	matrix_y_mm numeric(5, 2) NOT NULL DEFAULT 90 CHECK (matrix_y_mm >= 0),
	matrix_side_mm numeric(5, 2) NOT NULL DEFAULT 8 CHECK (matrix_side_mm BETWEEN 5 AND 25),
	feeds integer NOT NULL DEFAULT 0 CHECK (feeds BETWEEN 0 AND 15),
	PRIMARY KEY (issuer_id, name),
	CHECK (has_ladder OR has_matrix),
	CHECK (bar_thickness_mm * 2 <= bar_pitch_mm)
);
CREATE UNIQUE INDEX inserter_profile_used ON mailroom.inserter_profile (issuer_id) WHERE is_used;
COMMENT ON TABLE mailroom.inserter_profile IS 'marks that an inserter reads on each sheet; lengths in mm from the top left corner of the page';
COMMENT ON COLUMN mailroom.inserter_profile.is_used IS 'print_mailing draws the marks of this profile; at most one of an issuer, of a common hand-in the house''s';
COMMENT ON COLUMN mailroom.inserter_profile.has_ladder IS 'a ladder of bars (OMR): eleven places, bar_pitch_mm apart';
COMMENT ON COLUMN mailroom.inserter_profile.has_matrix IS 'a DataMatrix of 18 modules';
COMMENT ON COLUMN mailroom.inserter_profile.feeds IS 'bits 1 2 4 8 of the stations that add an insert to each envelope';

CREATE TABLE mailroom.inserter_zone
(
	issuer_id bigint NOT NULL,
	profile text NOT NULL,
	name text NOT NULL CHECK (name <> ''),
	x_mm numeric(5, 2) NOT NULL CHECK (x_mm >= 0),
	y_mm numeric(5, 2) NOT NULL CHECK (y_mm >= 0),
	width_mm numeric(5, 2) NOT NULL CHECK (width_mm > 0),
	height_mm numeric(5, 2) NOT NULL CHECK (height_mm > 0),
	PRIMARY KEY (issuer_id, profile, name),
	FOREIGN KEY (issuer_id, profile) REFERENCES mailroom.inserter_profile (issuer_id, name) ON DELETE CASCADE
);
COMMENT ON TABLE mailroom.inserter_zone IS 'windows, grippers and other places of a sheet where an inserter profile may have no mark; lengths in mm from the top left corner';
