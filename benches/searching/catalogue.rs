//! A made-up catalogue: few words, cities and kinds are in many events, and many in few.

use std::time::Duration;

use booking_core::domain::event::{EventDetails, EventDraft, LocationDraft};
use booking_core::domain::time::Timestamp;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// City, country, latitude, longitude and zone; the first have the most events.
pub(crate) const CITIES: [(&str, &str, f64, f64, &str); 40] = [
    ("London", "GB", 51.507, -0.128, "Europe/London"),
    ("New York", "US", 40.713, -74.006, "America/New_York"),
    ("Berlin", "DE", 52.520, 13.405, "Europe/Berlin"),
    ("Paris", "FR", 48.857, 2.352, "Europe/Paris"),
    ("東京", "JP", 35.690, 139.692, "Asia/Tokyo"),
    ("Los Angeles", "US", 34.052, -118.244, "America/Los_Angeles"),
    ("Amsterdam", "NL", 52.370, 4.895, "Europe/Amsterdam"),
    ("São Paulo", "BR", -23.551, -46.633, "America/Sao_Paulo"),
    ("Madrid", "ES", 40.417, -3.704, "Europe/Madrid"),
    ("Sydney", "AU", -33.869, 151.209, "Australia/Sydney"),
    ("Chicago", "US", 41.878, -87.630, "America/Chicago"),
    ("Toronto", "CA", 43.651, -79.383, "America/Toronto"),
    ("Wien", "AT", 48.208, 16.373, "Europe/Vienna"),
    ("München", "DE", 48.137, 11.575, "Europe/Berlin"),
    ("Zürich", "CH", 47.377, 8.542, "Europe/Zurich"),
    ("Milano", "IT", 45.464, 9.190, "Europe/Rome"),
    ("Barcelona", "ES", 41.387, 2.170, "Europe/Madrid"),
    ("서울", "KR", 37.567, 126.978, "Asia/Seoul"),
    ("Singapore", "SG", 1.352, 103.820, "Asia/Singapore"),
    ("Melbourne", "AU", -37.814, 144.963, "Australia/Melbourne"),
    ("København", "DK", 55.676, 12.568, "Europe/Copenhagen"),
    ("Stockholm", "SE", 59.329, 18.069, "Europe/Stockholm"),
    ("Ciudad de México", "MX", 19.433, -99.133, "America/Mexico_City"),
    ("Buenos Aires", "AR", -34.604, -58.382, "America/Argentina/Buenos_Aires"),
    ("Mumbai", "IN", 19.076, 72.878, "Asia/Kolkata"),
    ("Lagos", "NG", 6.524, 3.379, "Africa/Lagos"),
    ("Cape Town", "ZA", -33.925, 18.424, "Africa/Johannesburg"),
    ("Warszawa", "PL", 52.230, 21.012, "Europe/Warsaw"),
    ("Praha", "CZ", 50.076, 14.438, "Europe/Prague"),
    ("Łódź", "PL", 51.759, 19.456, "Europe/Warsaw"),
    ("Lisboa", "PT", 38.722, -9.139, "Europe/Lisbon"),
    ("Dublin", "IE", 53.350, -6.260, "Europe/Dublin"),
    ("Αθήνα", "GR", 37.984, 23.728, "Europe/Athens"),
    ("İstanbul", "TR", 41.008, 28.978, "Europe/Istanbul"),
    ("กรุงเทพ", "TH", 13.756, 100.502, "Asia/Bangkok"),
    ("Auckland", "NZ", -36.848, 174.763, "Pacific/Auckland"),
    ("Suva", "FJ", -18.142, 178.442, "Pacific/Fiji"),
    ("Reykjavík", "IS", 64.147, -21.942, "Atlantic/Reykjavik"),
    ("Nairobi", "KE", -1.292, 36.822, "Africa/Nairobi"),
    ("Apia", "WS", -13.833, -171.767, "Pacific/Apia"),
];

pub(crate) const CATEGORIES: [&str; 12] = [
    "concert",
    "theatre",
    "conference",
    "festival",
    "comedy",
    "meetup",
    "sport",
    "exhibition",
    "workshop",
    "film",
    "food",
    "dance",
];

/// The first are in the most titles.
pub(crate) const WORDS: [&str; 60] = [
    "night",
    "live",
    "festival",
    "music",
    "tour",
    "summer",
    "open",
    "jazz",
    "rock",
    "show",
    "city",
    "art",
    "dance",
    "party",
    "concert",
    "comedy",
    "winter",
    "air",
    "club",
    "classic",
    "orchestra",
    "piano",
    "street",
    "food",
    "wine",
    "film",
    "theatre",
    "opera",
    "acoustic",
    "garden",
    "evening",
    "sessions",
    "summit",
    "conference",
    "workshop",
    "javascript",
    "rust",
    "python",
    "design",
    "poetry",
    "quartet",
    "organ",
    "symphony",
    "marathon",
    "derby",
    "market",
    "carnival",
    "lantern",
    "puppet",
    "baroque",
    "flamenco",
    "tango",
    "kubernetes",
    "postgres",
    "astronomy",
    "beekeeping",
    "calligraphy",
    "hamlet",
    "nutcracker",
    "requiem",
];

/// Words that are everywhere, and that nobody looks for alone.
pub(crate) const SMALL_WORDS: [&str; 18] = [
    "the", "and", "of", "in", "a", "to", "with", "for", "at", "on", "from", "by", "is", "this",
    "your", "all", "we", "an",
];

const SYLLABLES: [&str; 32] = [
    "ba", "ko", "ri", "ten", "mar", "lu", "sol", "vi", "na", "dor", "pel", "qui", "sta", "fe",
    "gon", "ha", "jen", "wo", "xi", "zu", "bri", "cle", "dra", "fla", "gro", "kin", "lem", "mo",
    "nex", "pra", "tur", "ul",
];

/// How many rare words there are, such as names of artists.
const NAMES: usize = 50_000;

/// What makes up events, the same each time.
pub(crate) struct World {
    random: SmallRng,
    now: Timestamp,
}

impl World {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { random: SmallRng::seed_from_u64(1), now }
    }

    pub(crate) fn capacity(&mut self) -> u32 {
        [20, 80, 200, 500, 2_000, 20_000][self.random.random_range(0..6)]
    }

    pub(crate) fn event(&mut self) -> anyhow::Result<EventDetails> {
        let (city, country, latitude, longitude, zone) =
            CITIES[skewed(&mut self.random, CITIES.len())];
        let (title, description) = (self.title(), self.description());
        // Some are over; most of the others are within months.
        let days = if self.random.random_bool(0.4) {
            -self.random.random_range(1.0..700.0)
        } else {
            400.0 * self.random.random_range(0.0_f64..1.0).powi(2)
        };
        let offset = Duration::from_secs_f64(f64::abs(days) * 86_400.0);
        let starts_at = if days < 0.0 {
            self.now.saturating_sub(offset)
        } else {
            self.now.saturating_add(offset)
        };
        // Some exhibitions are open for weeks.
        let hours =
            if self.random.random_bool(0.01) { 24 * 60 } else { self.random.random_range(1..9) };
        let mut tags = Vec::new();
        while tags.len() < 3 && self.random.random_bool(0.6) {
            let tag = WORDS[skewed(&mut self.random, WORDS.len())];
            if !tags.iter().any(|known| known == tag) {
                tags.push(tag.to_owned());
            }
        }
        let draft = EventDraft {
            title,
            description,
            category: CATEGORIES[skewed(&mut self.random, CATEGORIES.len())].to_owned(),
            tags,
            location: LocationDraft::Venue {
                name: format!("{} Hall", name(&mut self.random)),
                address: String::new(),
                city: city.to_owned(),
                country: country.to_owned(),
                latitude: Some(latitude + self.random.random_range(-0.3..0.3)),
                longitude: Some(longitude + self.random.random_range(-0.3..0.3)),
            },
            starts_at,
            ends_at: starts_at.saturating_add(Duration::from_hours(hours)),
            all_day: false,
            timezone: zone.to_owned(),
            on_sale_from: None,
            on_sale_until: None,
            price_minor: i64::from(self.random.random_range(0_u32..200)) * 100,
            currency: ["EUR", "USD", "GBP", "JPY"][skewed(&mut self.random, 4)].to_owned(),
            max_per_booking: 10,
            url: None,
            image_url: None,
        };
        EventDetails::check(draft).map_err(|wrong| anyhow::anyhow!("{wrong:?}"))
    }

    fn title(&mut self) -> String {
        let number = self.random.random_range(2..7);
        self.words(number)
    }

    fn description(&mut self) -> String {
        let number = self.random.random_range(10..80);
        self.words(number)
    }

    fn words(&mut self, number: usize) -> String {
        (0..number).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }

    /// In every language the few most frequent words say little, and make up a quarter of a text.
    fn word(&mut self) -> String {
        let rank = skewed(&mut self.random, SMALL_WORDS.len() + WORDS.len() + NAMES);
        let word = SMALL_WORDS.iter().chain(&WORDS).nth(rank);
        word.map_or_else(|| name_of(rank), |word| (*word).to_owned())
    }
}

/// Picks a number by its rank: those in front far more often (G. K. Zipf's law, by inversion of its integral).
pub(crate) fn skewed(random: &mut SmallRng, number: usize) -> usize {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "ranks are small and positive"
    )]
    let rank = (number as f64 + 1.0).powf(random.random_range(0.0..1.0)) as usize;
    rank.saturating_sub(1).min(number - 1)
}

/// Makes up a name; some come often.
pub(crate) fn name(random: &mut SmallRng) -> String {
    name_of(SMALL_WORDS.len() + WORDS.len() + skewed(random, NAMES))
}

/// Names of neighbouring ranks have nothing in common.
fn name_of(rank: usize) -> String {
    let mut number = (rank * 0x9_e377) % (1 << 20) + (1 << 15);
    let mut name = String::new();
    while number > 0 {
        name.push_str(SYLLABLES[number % SYLLABLES.len()]);
        number /= SYLLABLES.len();
    }
    name
}
