//! The gate alone: taking a ticket from the count in Redis.

use std::sync::Arc;

use booking_benches::callers::rate;
use booking_benches::shop::listing;
use booking_core::adapters::redis::{RedisCacheSettings, RedisStockCache};
use booking_core::assembly;
use booking_core::domain::ids::EventId;
use booking_core::ports::StockCache;
use booking_core::ports::stock_cache::{CacheLookup, Take};

use crate::Lab;
use crate::table::Table;

const CALLERS: usize = 256;

const BARE_SCRIPT: &str = "bare script, one call a ticket";

/// The least that a gate can do.
const BARE: &str = "
    local left = redis.call('HGET', KEYS[1], 'instock')
    if not left then return -2 end
    if tonumber(left) < tonumber(ARGV[1]) then return -1 end
    return redis.call('HINCRBY', KEYS[1], 'instock', -ARGV[1])";

/// One round.
pub(crate) async fn run(lab: &Lab, table: &mut Table) -> anyhow::Result<()> {
    let client = redis::Client::open(lab.redis.url())?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    redis::cmd("HSET")
        .arg(&["event:{bare}", "instock", "100000000"])
        .exec_async(&mut connection)
        .await?;
    let script = Arc::new(redis::Script::new(BARE));
    let bare = rate(CALLERS, lab.span, move |_, _| {
        let (script, mut connection) = (Arc::clone(&script), connection.clone());
        async move {
            let left: i64 = script.key("event:{bare}").arg(1).invoke_async(&mut connection).await?;
            anyhow::ensure!(left >= 0, "the script answered {left}");
            Ok(())
        }
    });
    table.add(BARE_SCRIPT, None, bare.await?);

    for (name, size) in
        [("engine's gate, one call a ticket", 1), ("engine's gate, 100 tickets a call", 100)]
    {
        let (cache, event) = filled(lab).await?;
        let takes = Arc::new(vec![Take { event_id: event, quantity: 1 }; size]);
        let (clock, _) = assembly::clock_and_ids();
        let calls = rate(CALLERS, lab.span, move |_, _| {
            let (cache, takes, now) = (Arc::clone(&cache), Arc::clone(&takes), clock.now());
            async move { Ok(cache.take(&takes, now).await.map(drop)?) }
        });
        #[expect(clippy::cast_precision_loss, reason = "a size is small")]
        table.add(name, Some(BARE_SCRIPT), calls.await? * size as f64);
    }
    Ok(())
}

/// Caches an event that does not sell out.
async fn filled(lab: &Lab) -> anyhow::Result<(Arc<dyn StockCache>, EventId)> {
    let (clock, ids) = assembly::clock_and_ids();
    let cache = RedisStockCache::connect(&[lab.redis.url()], RedisCacheSettings::default())?;
    let cache: Arc<dyn StockCache> = Arc::new(cache);
    let now = clock.now();
    let id = EventId::new(ids.next_id());
    let CacheLookup::Miss { lease: Some(lease) } = cache.find(id, now).await? else {
        anyhow::bail!("a new event is cached already");
    };
    anyhow::ensure!(cache.fill(lease, &listing(id, now), now).await?, "the event cannot be cached");
    Ok((cache, id))
}
