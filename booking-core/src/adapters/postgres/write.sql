WITH new_bookings AS (
    INSERT INTO bookings (event_id, id, quantity, unit_price_minor, total_minor, currency,
        customer_name, customer_email, locale, status, payment_id, payment_url, expires_at, created_at)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::bigint[], $5::bigint[], $6::text[],
        $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::timestamptz[],
        $14::timestamptz[])
), moved AS (
    UPDATE bookings AS b
    SET status = m.after, confirmed_at = m.confirmed_at, cancelled_at = m.cancelled_at,
        payment_id = coalesce(b.payment_id, m.payment_id),
        payment_url = coalesce(b.payment_url, m.payment_url)
    FROM unnest($15::uuid[], $16::uuid[], $17::text[], $18::text[], $19::timestamptz[],
        $20::timestamptz[], $21::text[], $22::text[])
        AS m (event_id, id, before, after, confirmed_at, cancelled_at, payment_id, payment_url)
    WHERE b.event_id = m.event_id AND b.id = m.id AND b.status = m.before
    RETURNING 1
), stocks AS (
    UPDATE event_stock AS s
    SET capacity = n.capacity, stock = n.stock, held = n.held, version = n.version,
        terms_version = coalesce(n.terms_version, s.terms_version)
    FROM unnest($23::uuid[], $24::bigint[], $25::integer[], $26::integer[], $27::integer[], $28::bigint[],
        $58::bigint[])
        AS n (event_id, before, capacity, stock, held, version, terms_version)
    WHERE s.event_id = n.event_id AND s.version = n.before
    RETURNING 1
), movements AS (
    INSERT INTO stock_movements (event_id, version, at, cause, booking_id, booking_status,
        capacity_delta, stock_delta, held_delta)
    SELECT * FROM unnest($29::uuid[], $30::bigint[], $31::timestamptz[], $32::text[], $33::uuid[],
        $34::text[], $35::bigint[], $36::bigint[], $37::bigint[])
), keys AS (
    INSERT INTO idempotency_keys (event_id, key, fingerprint, booking_id, created_at)
    SELECT * FROM unnest($38::uuid[], $39::text[], $40::bytea[], $41::uuid[], $42::timestamptz[])
), said AS (
    INSERT INTO notifications (event_id, id, kind, occurred_at, payment_id, booking_id, amount_minor,
        currency, verdict, recorded_at)
    SELECT b.event_id, n.id, n.kind, n.occurred_at, n.payment_id, n.booking_id, n.amount_minor,
        n.currency, n.verdict, $51::timestamptz
    FROM unnest($43::text[], $44::text[], $45::timestamptz[], $46::text[], $47::uuid[], $48::bigint[],
        $49::text[], $50::text[])
        AS n (id, kind, occurred_at, payment_id, booking_id, amount_minor, currency, verdict)
    JOIN bookings AS b ON b.id = n.booking_id
), notices AS (
    INSERT INTO outbox (event_id, id, booking_id, kind, recipient, run_at)
    SELECT * FROM unnest($52::uuid[], $53::uuid[], $54::uuid[], $55::text[], $56::text[], $57::timestamptz[])
)
SELECT (SELECT count(*) FROM moved), (SELECT count(*) FROM stocks)
