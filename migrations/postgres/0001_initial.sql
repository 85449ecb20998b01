-- Money is in minor units, instants are bound by the program. Every rule that the engine promises stands here
-- once more, so that no bug of it can break one.
--
-- Whatever belongs to one event bears its id, and the id comes first in every key, so that these tables can be
-- distributed by event. Foreign keys between them name the event, too.

CREATE TABLE events (
    id              uuid        NOT NULL PRIMARY KEY,
    source          text        COLLATE "C",
    status          text        NOT NULL CHECK (status IN ('draft', 'published', 'cancelled')),
    title           text        NOT NULL CHECK (title <> ''),
    description     text        NOT NULL,
    category        text        NOT NULL COLLATE "C",
    tags            text[]      NOT NULL CHECK (array_position(tags, NULL) IS NULL AND array_position(tags, '') IS NULL),
    is_online       boolean     NOT NULL,
    online_url      text,
    venue_name      text,
    venue_address   text,
    city            text,
    city_folded     text        COLLATE "C",
    country         text        COLLATE "C",
    latitude        float8      CHECK (latitude BETWEEN -90 AND 90),
    longitude       float8      CHECK (longitude BETWEEN -180 AND 180),
    -- The same point on the unit sphere: a chord between two points tells their distance by multiplication
    -- alone, at the date line and at the poles as well as elsewhere.
    sphere_x        float8,
    sphere_y        float8,
    sphere_z        float8,
    starts_at       timestamptz NOT NULL,
    ends_at         timestamptz NOT NULL,
    is_long         boolean     NOT NULL GENERATED ALWAYS AS (ends_at - starts_at > interval '7 days') STORED,
    all_day         boolean     NOT NULL,
    timezone        text        NOT NULL,
    on_sale_from    timestamptz,
    on_sale_until   timestamptz,
    price_minor     bigint      NOT NULL CHECK (price_minor >= 0),
    currency        text        NOT NULL COLLATE "C" CHECK (length(currency) = 3),
    max_per_booking integer     NOT NULL CHECK (max_per_booking BETWEEN 1 AND 1000),
    url             text,
    image_url       text,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    -- The words come folded from the program, each with its places and, before it, the letter of the text that it
    -- stands in: t for the title, l for labels, d for the description. No parser and no dictionary of the database is
    -- involved.
    words           tsvector    NOT NULL,
    -- How long before the event its buyers are reminded; zero means never.
    reminder_minutes integer    NOT NULL CHECK (reminder_minutes BETWEEN 0 AND 43200),
    -- How often title, time or place changed since it was published.
    revision        integer     NOT NULL CHECK (revision >= 0),
    CONSTRAINT events_once_per_source UNIQUE (source),
    CHECK (starts_at <= ends_at),
    CHECK (on_sale_from < on_sale_until),
    CHECK ((latitude IS NULL) = (longitude IS NULL)),
    CHECK ((latitude IS NULL) = (sphere_x IS NULL OR sphere_y IS NULL OR sphere_z IS NULL)),
    CHECK (is_online = (city IS NULL)),
    CHECK (NOT is_online OR country IS NULL)
);

-- With the end, so that what is over is passed over in the index; those by start, category, country, city and place also
-- with what is counted, so that counting reads nothing else. What takes long has an index of its own: otherwise one exhibition of a year would have everything looked
-- at that began within a year.
CREATE INDEX events_by_start ON events (starts_at, id, ends_at) INCLUDE (category, country) WHERE status = 'published';
CREATE INDEX events_long ON events (starts_at, id, ends_at) WHERE status = 'published' AND is_long;
CREATE INDEX events_by_price ON events (currency, price_minor, id, starts_at, ends_at) WHERE status = 'published';
CREATE INDEX events_by_category ON events (category, starts_at, id, ends_at) INCLUDE (country) WHERE status = 'published';
CREATE INDEX events_by_country ON events (country, starts_at, id, ends_at) INCLUDE (category) WHERE status = 'published';
CREATE INDEX events_by_city ON events (city_folded, starts_at, id, ends_at) INCLUDE (category, country)
    WHERE status = 'published';
CREATE INDEX events_by_place ON events USING gist (point(longitude, latitude))
    INCLUDE (id, starts_at, ends_at, longitude, latitude, sphere_x, sphere_y, sphere_z, category, country)
    WHERE status = 'published' AND latitude IS NOT NULL;
CREATE INDEX events_by_tag ON events USING gin (tags) WHERE status = 'published';
CREATE INDEX events_by_word ON events USING gin (words) WHERE status = 'published';
-- So that the planner knows what is rare.
ALTER TABLE events ALTER COLUMN words SET STATISTICS 500;
CREATE INDEX events_cancelled ON events (id) WHERE status = 'cancelled';

-- Every word of every event, for those who type it a little differently. Words that begin alike and are as long stand
-- together on a shelf.
CREATE TABLE search_words (
    shelf text NOT NULL COLLATE "C",
    word  text NOT NULL COLLATE "C",
    PRIMARY KEY (shelf, word)
);

-- How many published events there are of each kind, so that nobody has to count a whole catalogue. Months are their first
-- instants in UTC. That of the end tells what is certainly not over.
CREATE TABLE search_counts (
    ends_month   timestamptz NOT NULL,
    starts_month timestamptz NOT NULL,
    category     text        NOT NULL COLLATE "C",
    country      text        NOT NULL COLLATE "C",
    events       bigint      NOT NULL,
    PRIMARY KEY (ends_month, starts_month, category, country)
);

-- The categories and cities of published events, under each of their words.
CREATE TABLE search_names (
    word       text        NOT NULL COLLATE "C",
    kind       text        NOT NULL COLLATE "C" CHECK (kind IN ('category', 'city')),
    name       text        NOT NULL COLLATE "C",
    country    text        NOT NULL COLLATE "C",
    ends_month timestamptz NOT NULL,
    events     bigint      NOT NULL,
    PRIMARY KEY (word, kind, name, country, ends_month)
);

-- Apart from the searched columns, so that a sale touches neither them nor their indexes. Half of every page is
-- left free: the next version of a hot row finds room beside it, and no index has to be told (a HOT update).
CREATE TABLE event_stock (
    event_id uuid    NOT NULL PRIMARY KEY REFERENCES events (id),
    capacity integer NOT NULL,
    stock    integer NOT NULL,
    held     integer NOT NULL,
    version  bigint  NOT NULL CHECK (version >= 1),
    -- The version that the organiser last wrote: as long as it is the same, so are the terms of sale.
    terms_version bigint NOT NULL CHECK (terms_version BETWEEN 1 AND version),
    -- Always true. Lines of the journal that name no booking refer to it.
    is_whole boolean NOT NULL DEFAULT true CHECK (is_whole),
    UNIQUE (event_id, is_whole),
    CHECK (0 <= held AND held <= stock AND stock <= capacity)
) WITH (fillfactor = 50);

-- A booking refers to the event, not to its stock: checking the reference locks the row that is referred to, and the
-- stock is what every other batch changes.
CREATE TABLE bookings (
    event_id         uuid        NOT NULL REFERENCES events (id),
    id               uuid        NOT NULL,
    quantity         integer     NOT NULL CHECK (quantity BETWEEN 1 AND 1000),
    unit_price_minor bigint      NOT NULL CHECK (unit_price_minor >= 0),
    total_minor      bigint      NOT NULL CHECK (total_minor = unit_price_minor * quantity),
    currency         text        NOT NULL CHECK (length(currency) = 3),
    customer_name    text        NOT NULL CHECK (customer_name <> ''),
    customer_email   text        NOT NULL CHECK (customer_email <> ''),
    locale           text        NOT NULL CHECK (locale <> ''),
    status           text        NOT NULL CHECK (status IN ('pending', 'confirmed', 'payment_failed',
                                 'cancelled', 'expired', 'refund_due', 'refunded')),
    payment_id       text,
    payment_url      text,
    expires_at       timestamptz NOT NULL,
    created_at       timestamptz NOT NULL,
    confirmed_at     timestamptz,
    cancelled_at     timestamptz,
    PRIMARY KEY (event_id, id),
    CHECK ((payment_id IS NULL) = (payment_url IS NULL)),
    CHECK (status <> 'confirmed' OR confirmed_at IS NOT NULL)
);

CREATE UNIQUE INDEX bookings_once ON bookings (id);
CREATE INDEX bookings_overdue ON bookings (expires_at, id) WHERE status = 'pending';
CREATE INDEX bookings_held ON bookings (event_id, expires_at) WHERE status = 'pending';
CREATE INDEX bookings_confirmed ON bookings (event_id) WHERE status = 'confirmed';

-- The journal. Rows are only ever added.
--
-- A line about a booking refers to the booking, and so to the event. Only one about the event as a whole has to refer to
-- that itself: a reference is checked for each row, and one with a NULL in it is not (MATCH SIMPLE).
CREATE TABLE stock_movements (
    event_id       uuid        NOT NULL,
    version        bigint      NOT NULL CHECK (version >= 1),
    at             timestamptz NOT NULL,
    cause          text        NOT NULL,
    booking_id     uuid,
    booking_status text,
    capacity_delta integer     NOT NULL,
    stock_delta    integer     NOT NULL,
    held_delta     integer     NOT NULL,
    is_whole       boolean     GENERATED ALWAYS AS (CASE WHEN booking_id IS NULL THEN true END) STORED,
    PRIMARY KEY (event_id, version),
    FOREIGN KEY (event_id, booking_id) REFERENCES bookings (event_id, id),
    FOREIGN KEY (event_id, is_whole) REFERENCES event_stock (event_id, is_whole),
    CHECK ((booking_id IS NULL) = (booking_status IS NULL))
);

CREATE INDEX stock_movements_by_booking ON stock_movements (event_id, booking_id) WHERE booking_id IS NOT NULL;

-- A key is good for one request, whichever event that is for.
CREATE TABLE idempotency_keys (
    event_id    uuid        NOT NULL,
    key         text        NOT NULL COLLATE "C",
    fingerprint bytea       NOT NULL CHECK (length(fingerprint) = 32),
    booking_id  uuid        NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (event_id, key),
    FOREIGN KEY (event_id, booking_id) REFERENCES bookings (event_id, id)
);

CREATE UNIQUE INDEX idempotency_keys_once ON idempotency_keys (key);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- What the gateway said. Rows are only ever added, and kept for ever.
CREATE TABLE notifications (
    event_id     uuid        NOT NULL,
    id           text        NOT NULL COLLATE "C",
    kind         text        NOT NULL CHECK (kind IN ('payment.succeeded', 'payment.failed', 'payment.refunded')),
    occurred_at  timestamptz NOT NULL,
    payment_id   text        NOT NULL,
    booking_id   uuid        NOT NULL,
    amount_minor bigint      NOT NULL,
    currency     text        NOT NULL,
    verdict      text        NOT NULL CHECK (verdict IN ('applied', 'unchanged', 'payment_mismatch',
                             'amount_mismatch')),
    recorded_at  timestamptz NOT NULL,
    PRIMARY KEY (event_id, id),
    FOREIGN KEY (event_id, booking_id) REFERENCES bookings (event_id, id)
);

CREATE UNIQUE INDEX notifications_once ON notifications (id);
CREATE INDEX notifications_by_booking ON notifications (event_id, booking_id);

-- Delivered notices stay: they are the only proof that a buyer was told, and cost no query anything, because
-- the indexes leave them out. The dead ones wait for somebody to look at them.
CREATE TABLE outbox (
    event_id     uuid        NOT NULL,
    id           uuid        NOT NULL,
    booking_id   uuid        NOT NULL,
    kind         text        NOT NULL,
    recipient    text        NOT NULL CHECK (recipient IN ('buyer', 'gateway')),
    state        text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'dead')),
    run_at       timestamptz NOT NULL,
    attempts     integer     NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- How often it was claimed. An attempt may not count, and its number comes again; that of a claim never does, so
    -- whoever comes late is known by it.
    claims       integer     NOT NULL DEFAULT 0 CHECK (claims >= attempts),
    locked_until timestamptz,
    last_error   text,
    finished_at  timestamptz,
    -- How often it was planned anew: what a worker says of an earlier edition does not count.
    edition      integer     NOT NULL DEFAULT 0 CHECK (edition >= 0),
    PRIMARY KEY (event_id, id),
    FOREIGN KEY (event_id, booking_id) REFERENCES bookings (event_id, id),
    CHECK ((state = 'pending') = (finished_at IS NULL))
);

CREATE INDEX outbox_pending ON outbox (recipient, run_at, id) WHERE state = 'pending';
-- What a worker has to say of a notice, it says by its id.
CREATE INDEX outbox_open ON outbox (id) WHERE state = 'pending';
CREATE INDEX outbox_dead ON outbox (id) WHERE state = 'dead';
-- What follows an event that is changed waits once for each booking.
CREATE UNIQUE INDEX outbox_planned ON outbox (event_id, booking_id, kind)
    WHERE state = 'pending' AND kind IN ('event_reminder', 'event_changed');

-- Changes of events that those who have booked are still to be told of: those whose bookings were confirmed before the
-- version. Rows are gone when that is done; `after` is the last booking that is. Changes in a row are one: whoever makes
-- the next waits until a worker that is telling some of the last has ended, so that none tells what is outdated.
CREATE TABLE announcements (
    event_id uuid    NOT NULL PRIMARY KEY,
    version  bigint  NOT NULL,
    is_move  boolean NOT NULL,
    after    uuid,
    FOREIGN KEY (event_id, version) REFERENCES stock_movements (event_id, version)
);

-- Admits a batch that was decided without the locks: the bookings first, which need none, and the rows that everybody
-- wants last. A statement for each step would be the same; but between two of them the locks would be held for as long
-- as a busy client takes to send the next. If what was decided does not hold any more, it fails with BK001, and nothing
-- stays written.
--
-- Arrays are in the order of the events' ids. `firsts` is how many bookings stand before those of an event, `steps` how
-- many are its own, `wanted` how many tickets these are for.
CREATE FUNCTION admit_batch(
    event_ids uuid[], wanted integer[], steps bigint[], firsts bigint[], terms_versions bigint[],
    of_events uuid[], ids uuid[], quantities integer[], unit_prices bigint[], totals bigint[], currencies text[],
    names text[], emails text[], locales text[], statuses text[], payment_ids text[], payment_urls text[], expiries timestamptz[],
    creations timestamptz[],
    keys_of_events uuid[], keys text[], fingerprints bytea[], keys_of_bookings uuid[], key_times timestamptz[],
    movement_cause text, counted_at timestamptz
) RETURNS TABLE (event_id uuid, capacity integer, stock integer, held integer, version bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    counted bigint;
BEGIN
    IF cardinality(keys) > 0 AND EXISTS (SELECT FROM idempotency_keys AS k WHERE k.key = ANY(keys)) THEN
        RAISE EXCEPTION 'a key is known' USING ERRCODE = 'BK001';
    END IF;

    INSERT INTO bookings (event_id, id, quantity, unit_price_minor, total_minor, currency, customer_name,
        customer_email, locale, status, payment_id, payment_url, expires_at, created_at)
    SELECT * FROM unnest(of_events, ids, quantities, unit_prices, totals, currencies, names, emails, locales, statuses,
        payment_ids, payment_urls, expiries, creations);

    IF cardinality(keys) > 0 THEN
        INSERT INTO idempotency_keys (event_id, key, fingerprint, booking_id, created_at)
        SELECT * FROM unnest(keys_of_events, keys, fingerprints, keys_of_bookings, key_times);
    END IF;

    RETURN QUERY
    WITH locked AS MATERIALIZED (
        SELECT s.event_id, s.stock, s.held, s.version, s.terms_version FROM event_stock AS s
        WHERE s.event_id = ANY(event_ids) ORDER BY s.event_id FOR NO KEY UPDATE
    ), numbered AS MATERIALIZED (
        SELECT *, row_number() OVER (ORDER BY event_id) AS i FROM locked
    ), counted AS (
        UPDATE event_stock AS s SET held = l.held + wanted[l.i], version = l.version + steps[l.i]
        FROM numbered AS l
        WHERE s.event_id = l.event_id AND event_ids[l.i] = l.event_id AND l.held + wanted[l.i] <= l.stock
            AND l.terms_version = terms_versions[l.i]
        RETURNING s.event_id, s.capacity, s.stock, s.held, s.version, l.version AS before, steps[l.i] AS lines,
            firsts[l.i] AS first
    ), movements AS (
        INSERT INTO stock_movements (event_id, version, at, cause, booking_id, booking_status, capacity_delta,
            stock_delta, held_delta)
        SELECT c.event_id, c.before + line, counted_at, movement_cause, ids[c.first + line], statuses[c.first + line], 0, 0,
            quantities[c.first + line]
        FROM counted AS c CROSS JOIN LATERAL generate_series(1, c.lines) AS line
    )
    SELECT c.event_id, c.capacity, c.stock, c.held, c.version FROM counted AS c;

    GET DIAGNOSTICS counted = ROW_COUNT;
    IF counted <> cardinality(event_ids) THEN
        RAISE EXCEPTION 'too few tickets, or other terms' USING ERRCODE = 'BK001';
    END IF;
END $$;

-- Settles a batch that was decided without the locks, in the same manner. `stock_deltas` and `held_deltas` are what the
-- stocks change by. It fails with BK001, too, if a booking is not as it was when it was decided on.
CREATE FUNCTION settle_batch(
    event_ids uuid[], stock_deltas integer[], held_deltas integer[], steps bigint[], firsts bigint[],
    terms_versions bigint[],
    of_events uuid[], ids uuid[], befores text[], afters text[], confirmations timestamptz[],
    cancellations timestamptz[], payment_ids text[], payment_urls text[],
    lines_of_bookings uuid[], line_causes text[], line_statuses text[], line_stocks bigint[], line_helds bigint[],
    said_of_events uuid[], said_ids text[], said_kinds text[], said_times timestamptz[], said_payments text[],
    said_of_bookings uuid[], said_amounts bigint[], said_currencies text[], said_verdicts text[],
    notices_of_events uuid[], notice_ids uuid[], notices_of_bookings uuid[], notice_kinds text[],
    notice_recipients text[], notice_times timestamptz[],
    settled_at timestamptz
) RETURNS TABLE (event_id uuid, capacity integer, stock integer, held integer, version bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    met bigint;
BEGIN
    INSERT INTO notifications (event_id, id, kind, occurred_at, payment_id, booking_id, amount_minor, currency,
        verdict, recorded_at)
    SELECT n.*, settled_at FROM unnest(said_of_events, said_ids, said_kinds, said_times, said_payments,
        said_of_bookings, said_amounts, said_currencies, said_verdicts) AS n;

    INSERT INTO outbox (event_id, id, booking_id, kind, recipient, run_at)
    SELECT * FROM unnest(notices_of_events, notice_ids, notices_of_bookings, notice_kinds, notice_recipients,
        notice_times);

    -- The stocks before the bookings, as everybody who locks both.
    RETURN QUERY
    WITH locked AS MATERIALIZED (
        SELECT s.event_id, s.capacity, s.stock, s.held, s.version, s.terms_version FROM event_stock AS s
        WHERE s.event_id = ANY(event_ids) ORDER BY s.event_id FOR NO KEY UPDATE
    ), numbered AS MATERIALIZED (
        SELECT *, row_number() OVER (ORDER BY event_id) AS i FROM locked
    ), counted AS (
        UPDATE event_stock AS s SET stock = l.stock + stock_deltas[l.i], held = l.held + held_deltas[l.i],
            version = l.version + steps[l.i]
        FROM numbered AS l
        WHERE s.event_id = l.event_id AND event_ids[l.i] = l.event_id AND l.terms_version = terms_versions[l.i]
            -- Otherwise another has moved the bookings: that is found below, unless the schema finds it first.
            AND l.held + held_deltas[l.i] BETWEEN 0 AND l.stock + stock_deltas[l.i]
            AND l.stock + stock_deltas[l.i] <= l.capacity
        RETURNING s.event_id, s.capacity, s.stock, s.held, s.version, l.version AS before, steps[l.i] AS lines,
            firsts[l.i] AS first
    ), movements AS (
        INSERT INTO stock_movements (event_id, version, at, cause, booking_id, booking_status, capacity_delta,
            stock_delta, held_delta)
        SELECT c.event_id, c.before + line, settled_at, line_causes[c.first + line], lines_of_bookings[c.first + line],
            line_statuses[c.first + line], 0, line_stocks[c.first + line], line_helds[c.first + line]
        FROM counted AS c CROSS JOIN LATERAL generate_series(1, c.lines) AS line
    )
    SELECT c.event_id, c.capacity, c.stock, c.held, c.version FROM counted AS c;

    GET DIAGNOSTICS met = ROW_COUNT;
    IF met <> cardinality(event_ids) THEN
        RAISE EXCEPTION 'other terms, or a booking has moved' USING ERRCODE = 'BK001';
    END IF;

    UPDATE bookings AS b
    SET status = m.after, confirmed_at = m.confirmed_at, cancelled_at = m.cancelled_at,
        payment_id = coalesce(b.payment_id, m.payment_id), payment_url = coalesce(b.payment_url, m.payment_url)
    FROM unnest(of_events, ids, befores, afters, confirmations, cancellations, payment_ids, payment_urls)
        AS m (event_id, id, before, after, confirmed_at, cancelled_at, payment_id, payment_url)
    WHERE b.event_id = m.event_id AND b.id = m.id AND b.status = m.before;

    GET DIAGNOSTICS met = ROW_COUNT;
    IF met <> cardinality(ids) THEN
        RAISE EXCEPTION 'a booking has moved' USING ERRCODE = 'BK001';
    END IF;
END $$;
