-- Keys that seal values of rows, wrapped with a master key that is not here. The newest seals, all open.
CREATE TABLE data_key (
    id UUID NOT NULL,
    number BIGINT NOT NULL,
    wrapped TEXT NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT data_key_pk PRIMARY KEY (id),
    CONSTRAINT data_key_number UNIQUE (number)
);
