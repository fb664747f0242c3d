-- 59_archive_search: words by which documents are found.

CREATE TABLE mailroom.archive_index
(
	issuer_id bigint NOT NULL REFERENCES mailroom.issuer PRIMARY KEY,
	words text NOT NULL CHECK (words IN ('none', 'names', 'items', 'text'))
);
COMMENT ON TABLE mailroom.archive_index IS 'which words of an issuer''s documents are indexed; written by mailroom.set_archive_index';
COMMENT ON COLUMN mailroom.archive_index.words IS 'none (also without a row); names: of the customer; items: and numbers in the lines, such as cards, vehicles and meters; text: and all words of the invoice';

CREATE TABLE mailroom.archive_word
(
	issuer_id bigint NOT NULL,
	document_id bigint NOT NULL,
	words tsvector NOT NULL,
	PRIMARY KEY (issuer_id, document_id)
);
CREATE INDEX archive_word_words ON mailroom.archive_word USING gin (words);
COMMENT ON TABLE mailroom.archive_word IS 'words of archived documents, each with the issuer before it, so that an issuer''s words lie together in the index; written by a trigger of mailroom.archive_entry; line-grain';
