-- Instants are microseconds since the Unix epoch, money is in minor units, ids are the 16 bytes of a UUID.
-- Every rule that the engine promises stands here once more, so that no bug of it can break one.

CREATE TABLE events (
    -- The full-text index needs a number for each row, and it must not change when the file is vacuumed.
    number          INTEGER PRIMARY KEY,
    id              BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    source          TEXT    UNIQUE,
    status          TEXT    NOT NULL CHECK (status IN ('draft', 'published', 'cancelled')),
    title           TEXT    NOT NULL CHECK (title <> ''),
    description     TEXT    NOT NULL,
    category        TEXT    NOT NULL,
    is_online       INTEGER NOT NULL CHECK (is_online IN (0, 1)),
    online_url      TEXT,
    venue_name      TEXT,
    venue_address   TEXT,
    city            TEXT,
    city_folded     TEXT,
    country         TEXT,
    latitude        REAL    CHECK (latitude BETWEEN -90 AND 90),
    longitude       REAL    CHECK (longitude BETWEEN -180 AND 180),
    -- The same point on the unit sphere: a chord between two points tells their distance by multiplication
    -- alone, at the date line and at the poles as well as elsewhere.
    sphere_x        REAL,
    sphere_y        REAL,
    sphere_z        REAL,
    starts_at       INTEGER NOT NULL,
    ends_at         INTEGER NOT NULL,
    all_day         INTEGER NOT NULL CHECK (all_day IN (0, 1)),
    timezone        TEXT    NOT NULL,
    on_sale_from    INTEGER,
    on_sale_until   INTEGER,
    price_minor     INTEGER NOT NULL CHECK (price_minor >= 0),
    currency        TEXT    NOT NULL CHECK (length(currency) = 3),
    max_per_booking INTEGER NOT NULL CHECK (max_per_booking BETWEEN 1 AND 1000),
    url             TEXT,
    image_url       TEXT,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    -- How long before the event its buyers are reminded; zero means never.
    reminder_minutes INTEGER NOT NULL CHECK (reminder_minutes BETWEEN 0 AND 43200),
    -- How often title, time or place changed since it was published.
    revision        INTEGER NOT NULL CHECK (revision >= 0),
    CHECK (starts_at <= ends_at),
    CHECK (on_sale_from < on_sale_until),
    CHECK ((latitude IS NULL) = (longitude IS NULL)),
    CHECK ((latitude IS NULL) = (sphere_x IS NULL OR sphere_y IS NULL OR sphere_z IS NULL)),
    CHECK (is_online = (city IS NULL)),
    CHECK (is_online = 0 OR country IS NULL)
) STRICT;

-- With the end, so that what is over is passed over in the index; those by category, country and city also with what is
-- counted, so that counting reads nothing else. What takes longer than a week has an index of its own:
-- otherwise one exhibition of a year would have everything looked at that began within a year.
CREATE INDEX events_by_start ON events (starts_at, id, ends_at) WHERE status = 'published';
CREATE INDEX events_long ON events (starts_at, id, ends_at)
    WHERE status = 'published' AND ends_at - starts_at > 604800000000;
CREATE INDEX events_by_price ON events (currency, price_minor, id, starts_at, ends_at) WHERE status = 'published';
CREATE INDEX events_by_category ON events (category, starts_at, id, ends_at, country) WHERE status = 'published';
CREATE INDEX events_by_country ON events (country, starts_at, id, ends_at, category) WHERE status = 'published';
CREATE INDEX events_by_city ON events (city_folded, starts_at, id, ends_at, category, country) WHERE status = 'published';
CREATE INDEX events_cancelled ON events (id) WHERE status = 'cancelled';

CREATE TABLE event_tags (
    number   INTEGER NOT NULL REFERENCES events (number),
    position INTEGER NOT NULL CHECK (position >= 0),
    tag      TEXT    NOT NULL CHECK (tag <> ''),
    PRIMARY KEY (number, position)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX event_tags_by_tag ON event_tags (tag, number);

-- Where events take place, in degrees. The tree rounds a point to a box around it.
CREATE VIRTUAL TABLE event_places USING rtree (number, west, east, south, north);

-- The texts come folded, so the tokenizer has nothing to do but split at spaces: `ascii` takes every character
-- beyond ASCII for a letter. The texts are not kept, because nobody asks for them.
CREATE VIRTUAL TABLE event_texts USING fts5 (
    title, labels, description,
    content = '', contentless_delete = 1, tokenize = 'ascii', prefix = '1 2 3'
);

-- Every word of every event, for those who type it a little differently. Words that begin alike and are as long stand
-- together on a shelf.
CREATE TABLE search_words (
    shelf TEXT NOT NULL,
    word  TEXT NOT NULL,
    PRIMARY KEY (shelf, word)
) STRICT, WITHOUT ROWID;

-- How many published events there are of each kind, so that nobody has to count a whole catalogue. Months are their first
-- instants in UTC. That of the end tells what is certainly not over.
CREATE TABLE search_counts (
    ends_month   INTEGER NOT NULL,
    starts_month INTEGER NOT NULL,
    category     TEXT    NOT NULL,
    country      TEXT    NOT NULL,
    events       INTEGER NOT NULL,
    PRIMARY KEY (ends_month, starts_month, category, country)
) STRICT, WITHOUT ROWID;

-- The categories and cities of published events, under each of their words.
CREATE TABLE search_names (
    word       TEXT    NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('category', 'city')),
    name       TEXT    NOT NULL,
    country    TEXT    NOT NULL,
    ends_month INTEGER NOT NULL,
    events     INTEGER NOT NULL,
    PRIMARY KEY (word, kind, name, country, ends_month)
) STRICT, WITHOUT ROWID;

-- Apart from the searched columns, so that a sale touches neither them nor their indexes.
CREATE TABLE event_stock (
    event_id BLOB    NOT NULL PRIMARY KEY REFERENCES events (id),
    capacity INTEGER NOT NULL,
    stock    INTEGER NOT NULL,
    held     INTEGER NOT NULL,
    version  INTEGER NOT NULL CHECK (version >= 1),
    CHECK (0 <= held AND held <= stock AND stock <= capacity)
) STRICT, WITHOUT ROWID;

CREATE TABLE bookings (
    id               BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    event_id         BLOB    NOT NULL REFERENCES events (id),
    quantity         INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 1000),
    unit_price_minor INTEGER NOT NULL CHECK (unit_price_minor >= 0),
    total_minor      INTEGER NOT NULL CHECK (total_minor = unit_price_minor * quantity),
    currency         TEXT    NOT NULL CHECK (length(currency) = 3),
    customer_name    TEXT    NOT NULL CHECK (customer_name <> ''),
    customer_email   TEXT    NOT NULL CHECK (customer_email <> ''),
    locale           TEXT    NOT NULL CHECK (locale <> ''),
    status           TEXT    NOT NULL CHECK (status IN ('pending', 'confirmed', 'payment_failed',
                             'cancelled', 'expired', 'refund_due', 'refunded')),
    payment_id       TEXT,
    payment_url      TEXT,
    expires_at       INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    confirmed_at     INTEGER,
    cancelled_at     INTEGER,
    CHECK ((payment_id IS NULL) = (payment_url IS NULL)),
    CHECK (status <> 'confirmed' OR confirmed_at IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX bookings_by_event ON bookings (event_id, id);
CREATE INDEX bookings_overdue ON bookings (expires_at) WHERE status = 'pending';
CREATE INDEX bookings_held ON bookings (event_id, expires_at) WHERE status = 'pending';
CREATE INDEX bookings_confirmed ON bookings (event_id) WHERE status = 'confirmed';

-- The journal. Rows are only ever added.
CREATE TABLE stock_movements (
    event_id       BLOB    NOT NULL REFERENCES events (id),
    version        INTEGER NOT NULL CHECK (version >= 1),
    at             INTEGER NOT NULL,
    cause          TEXT    NOT NULL,
    booking_id     BLOB    REFERENCES bookings (id),
    booking_status TEXT,
    capacity_delta INTEGER NOT NULL,
    stock_delta    INTEGER NOT NULL,
    held_delta     INTEGER NOT NULL,
    PRIMARY KEY (event_id, version),
    CHECK ((booking_id IS NULL) = (booking_status IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX stock_movements_by_booking ON stock_movements (booking_id) WHERE booking_id IS NOT NULL;

CREATE TABLE idempotency_keys (
    key         TEXT    NOT NULL PRIMARY KEY,
    fingerprint BLOB    NOT NULL CHECK (length(fingerprint) = 32),
    event_id    BLOB    NOT NULL REFERENCES events (id),
    booking_id  BLOB    NOT NULL REFERENCES bookings (id),
    created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- What the gateway said. Rows are only ever added, and kept for ever.
CREATE TABLE notifications (
    id           TEXT    NOT NULL PRIMARY KEY,
    kind         TEXT    NOT NULL CHECK (kind IN ('payment.succeeded', 'payment.failed', 'payment.refunded')),
    occurred_at  INTEGER NOT NULL,
    payment_id   TEXT    NOT NULL,
    booking_id   BLOB    NOT NULL REFERENCES bookings (id),
    amount_minor INTEGER NOT NULL,
    currency     TEXT    NOT NULL,
    verdict      TEXT    NOT NULL CHECK (verdict IN ('applied', 'unchanged', 'payment_mismatch',
                         'amount_mismatch')),
    recorded_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX notifications_by_booking ON notifications (booking_id);

-- Delivered notices stay: they are the only proof that a buyer was told, and cost no query anything, because
-- the indexes leave them out. The dead ones wait for somebody to look at them.
CREATE TABLE outbox (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    event_id     BLOB    NOT NULL REFERENCES events (id),
    booking_id   BLOB    NOT NULL REFERENCES bookings (id),
    kind         TEXT    NOT NULL,
    recipient    TEXT    NOT NULL CHECK (recipient IN ('buyer', 'gateway')),
    state        TEXT    NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'dead')),
    run_at       INTEGER NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- How often it was claimed. An attempt may not count, and its number comes again; that of a claim never does, so
    -- whoever comes late is known by it.
    claims       INTEGER NOT NULL DEFAULT 0 CHECK (claims >= attempts),
    locked_until INTEGER,
    last_error   TEXT,
    finished_at  INTEGER,
    -- How often it was planned anew: what a worker says of an earlier edition does not count.
    edition      INTEGER NOT NULL DEFAULT 0 CHECK (edition >= 0),
    CHECK ((state = 'pending') = (finished_at IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_pending ON outbox (recipient, run_at) WHERE state = 'pending';
CREATE INDEX outbox_dead ON outbox (id) WHERE state = 'dead';
-- What follows an event that is changed waits once for each booking.
CREATE UNIQUE INDEX outbox_planned ON outbox (booking_id, kind)
    WHERE state = 'pending' AND kind IN ('event_reminder', 'event_changed');

-- Changes of events that those who have booked are still to be told of: those whose bookings were confirmed before the
-- version. Rows are gone when that is done; `after` is the last booking that is. Changes in a row are one.
CREATE TABLE announcements (
    event_id BLOB    NOT NULL PRIMARY KEY REFERENCES events (id),
    version  INTEGER NOT NULL,
    is_move  INTEGER NOT NULL CHECK (is_move IN (0, 1)),
    after    BLOB,
    FOREIGN KEY (event_id, version) REFERENCES stock_movements (event_id, version)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 1;
