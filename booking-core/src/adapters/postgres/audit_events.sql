WITH page AS MATERIALIZED (
    SELECT id FROM (
        (SELECT id FROM events WHERE id > $1 ORDER BY id LIMIT $2)
        UNION (SELECT event_id FROM event_stock WHERE event_id > $1 ORDER BY event_id LIMIT $2)
    ) AS known
    ORDER BY id LIMIT $2
)
SELECT p.id, coalesce(s.capacity, 0)::bigint AS capacity, coalesce(s.stock, 0)::bigint AS stock,
    coalesce(s.held, 0)::bigint AS held, coalesce(s.version, 0)::bigint AS version,
    j.movements, j.last_version, j.moved_capacity, j.moved_stock, j.moved_held, j.orphans,
    t.pending_tickets, t.confirmed_tickets,
    EXISTS (SELECT 1 FROM events AS e WHERE e.id = p.id) AS has_details
FROM page AS p
LEFT JOIN event_stock AS s ON s.event_id = p.id
CROSS JOIN LATERAL (
    SELECT count(*) AS movements, coalesce(max(m.version), 0)::bigint AS last_version,
        coalesce(sum(m.capacity_delta), 0)::bigint AS moved_capacity,
        coalesce(sum(m.stock_delta), 0)::bigint AS moved_stock,
        coalesce(sum(m.held_delta), 0)::bigint AS moved_held,
        count(*) FILTER (WHERE m.booking_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM bookings AS b WHERE b.event_id = p.id AND b.id = m.booking_id)) AS orphans
    FROM stock_movements AS m WHERE m.event_id = p.id
) AS j
CROSS JOIN LATERAL (
    SELECT coalesce(sum(b.quantity) FILTER (WHERE b.status = 'pending'), 0)::bigint AS pending_tickets,
        coalesce(sum(b.quantity) FILTER (WHERE b.status = 'confirmed'), 0)::bigint AS confirmed_tickets
    FROM bookings AS b WHERE b.event_id = p.id
) AS t
ORDER BY p.id
