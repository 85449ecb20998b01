WITH locked AS MATERIALIZED (
    SELECT event_id, stock, held, version, terms_version FROM event_stock
    WHERE event_id = ANY($1) ORDER BY event_id FOR NO KEY UPDATE
), numbered AS MATERIALIZED (
    SELECT *, row_number() OVER (ORDER BY event_id) AS i FROM locked
), counted AS (
    UPDATE event_stock AS s SET held = l.held + ($2::integer[])[l.i], version = l.version + ($3::bigint[])[l.i]
    FROM numbered AS l
    WHERE s.event_id = l.event_id AND ($1)[l.i] = l.event_id AND l.held + ($2)[l.i] <= l.stock
        AND l.terms_version = ($4::bigint[])[l.i]
    RETURNING s.event_id, s.capacity, s.stock, s.held, s.version, l.version AS before,
        ($3)[l.i] AS steps, ($5::bigint[])[l.i] AS first
), movements AS (
    INSERT INTO stock_movements (event_id, version, at, cause, booking_id, booking_status, capacity_delta,
        stock_delta, held_delta)
    SELECT c.event_id, c.before + step, $6::timestamptz, $7::text, ($9::uuid[])[c.first + step], $8::text, 0, 0,
        ($10::integer[])[c.first + step]
    FROM counted AS c CROSS JOIN LATERAL generate_series(1, c.steps) AS step
)
SELECT event_id, capacity, stock, held, version FROM counted
