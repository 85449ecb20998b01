WITH new_bookings AS (
    INSERT INTO bookings (event_id, id, quantity, unit_price_minor, total_minor, currency,
        customer_name, customer_email, status, payment_id, payment_url, expires_at, created_at)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::bigint[], $5::bigint[], $6::text[],
        $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::timestamptz[],
        $13::timestamptz[])
), moved AS (
    UPDATE bookings AS b
    SET status = m.after, confirmed_at = m.confirmed_at, cancelled_at = m.cancelled_at,
        payment_id = coalesce(b.payment_id, m.payment_id),
        payment_url = coalesce(b.payment_url, m.payment_url)
    FROM unnest($14::uuid[], $15::uuid[], $16::text[], $17::text[], $18::timestamptz[],
        $19::timestamptz[], $20::text[], $21::text[])
        AS m (event_id, id, before, after, confirmed_at, cancelled_at, payment_id, payment_url)
    WHERE b.event_id = m.event_id AND b.id = m.id AND b.status = m.before
    RETURNING 1
), stocks AS (
    UPDATE event_stock AS s
    SET capacity = n.capacity, stock = n.stock, held = n.held, version = n.version,
        terms_version = coalesce(n.terms_version, s.terms_version)
    FROM unnest($22::uuid[], $23::bigint[], $24::integer[], $25::integer[], $26::integer[], $27::bigint[],
        $57::bigint[])
        AS n (event_id, before, capacity, stock, held, version, terms_version)
    WHERE s.event_id = n.event_id AND s.version = n.before
    RETURNING 1
), movements AS (
    INSERT INTO stock_movements (event_id, version, at, cause, booking_id, booking_status,
        capacity_delta, stock_delta, held_delta)
    SELECT * FROM unnest($28::uuid[], $29::bigint[], $30::timestamptz[], $31::text[], $32::uuid[],
        $33::text[], $34::bigint[], $35::bigint[], $36::bigint[])
), keys AS (
    INSERT INTO idempotency_keys (event_id, key, fingerprint, booking_id, created_at)
    SELECT * FROM unnest($37::uuid[], $38::text[], $39::bytea[], $40::uuid[], $41::timestamptz[])
), said AS (
    INSERT INTO notifications (event_id, id, kind, occurred_at, payment_id, booking_id, amount_minor,
        currency, verdict, recorded_at)
    SELECT b.event_id, n.id, n.kind, n.occurred_at, n.payment_id, n.booking_id, n.amount_minor,
        n.currency, n.verdict, $50::timestamptz
    FROM unnest($42::text[], $43::text[], $44::timestamptz[], $45::text[], $46::uuid[], $47::bigint[],
        $48::text[], $49::text[])
        AS n (id, kind, occurred_at, payment_id, booking_id, amount_minor, currency, verdict)
    JOIN bookings AS b ON b.id = n.booking_id
), notices AS (
    INSERT INTO outbox (event_id, id, booking_id, kind, recipient, run_at)
    SELECT * FROM unnest($51::uuid[], $52::uuid[], $53::uuid[], $54::text[], $55::text[], $56::timestamptz[])
)
SELECT (SELECT count(*) FROM moved), (SELECT count(*) FROM stocks)
