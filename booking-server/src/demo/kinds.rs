//! Kinds of events: what they cost, how large they are, and when they begin.

/// A kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Comedy,
    Concert,
    Conference,
    Dance,
    Exhibition,
    Family,
    Festival,
    Film,
    Food,
    Literature,
    Market,
    Opera,
    Sport,
    Theatre,
    Workshop,
}

/// What is usual for a kind of event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Habit {
    pub(super) category: &'static str,
    pub(super) tags: &'static [&'static str],
    /// Prices in euros.
    pub(super) prices: &'static [i64],
    /// Numbers of tickets.
    pub(super) capacities: &'static [u32],
    /// Local hours and minutes of the beginning; events that last whole days have none.
    pub(super) starts: &'static [(i8, i8)],
    /// Minutes, or days for events that last whole days.
    pub(super) length: i64,
    /// Whether it takes place at a weekend.
    pub(super) at_weekend: bool,
    /// Whether it needs the large venue.
    pub(super) is_large: bool,
    pub(super) max_per_booking: u32,
}

type Starts = &'static [(i8, i8)];

const EVENING: Starts = &[(20, 0), (19, 30), (20, 30)];
const WHOLE_DAYS: Starts = &[];

/// Makes what most kinds have in common: a weekday, a small venue, ten tickets for a booking.
const fn habit(
    category: &'static str,
    tags: &'static [&'static str],
    prices: &'static [i64],
    capacities: &'static [u32],
    starts: Starts,
    length: i64,
) -> Habit {
    Habit {
        category,
        tags,
        prices,
        capacities,
        starts,
        length,
        at_weekend: false,
        is_large: false,
        max_per_booking: 10,
    }
}

impl Kind {
    /// Returns what is usual.
    pub(super) fn habit(self) -> Habit {
        let at_weekend = matches!(
            self,
            Self::Concert
                | Self::Family
                | Self::Festival
                | Self::Market
                | Self::Sport
                | Self::Workshop
        );
        let is_large = matches!(
            self,
            Self::Conference | Self::Festival | Self::Market | Self::Opera | Self::Sport
        );
        let max_per_booking = match self {
            Self::Conference => 20,
            Self::Festival | Self::Sport => 8,
            Self::Workshop => 4,
            _ => 10,
        };
        Habit { at_weekend, is_large, max_per_booking, ..self.offer() }
    }

    #[rustfmt::skip]
    const fn offer(self) -> Habit {
        match self {
            Self::Comedy => habit("comedy", &["stand-up", "live"],
                &[18, 24, 29], &[80, 220, 640], EVENING, 90),
            Self::Concert => habit("concert", &["music", "live"],
                &[28, 39, 55, 85], &[120, 450, 2_400, 18_000], EVENING, 150),
            Self::Conference => habit("conference", &["talks", "networking"],
                &[190, 320, 540], &[250, 800, 3_500], WHOLE_DAYS, 2),
            Self::Dance => habit("dance", &["stage", "choreography"],
                &[22, 34, 48], &[140, 380, 900], EVENING, 90),
            Self::Exhibition => habit("exhibition", &["art", "museum"],
                &[0, 9, 14], &[60, 200, 1_500], &[(10, 0), (11, 0)], 480),
            Self::Family => habit("family", &["children", "outing"],
                &[0, 8, 12], &[45, 90, 300], &[(11, 0), (15, 0)], 75),
            Self::Festival => habit("festival", &["open air", "weekend"],
                &[49, 89, 140], &[6_000, 25_000, 100_000], WHOLE_DAYS, 3),
            Self::Film => habit("film", &["cinema", "screening"],
                &[9, 12, 15], &[48, 160, 420], &[(18, 0), (20, 15), (21, 0)], 110),
            Self::Food => habit("food", &["tasting", "dinner"],
                &[35, 65, 110], &[12, 28, 64], &[(18, 30), (19, 0)], 180),
            Self::Literature => habit("literature", &["reading", "books"],
                &[0, 7, 12], &[30, 75, 180], &[(19, 0), (19, 30)], 90),
            Self::Market => habit("market", &["crafts", "open air"],
                &[0, 0, 3], &[400, 1_200, 5_000], &[(9, 0), (10, 0)], 480),
            Self::Opera => habit("opera", &["music", "stage"],
                &[45, 80, 130], &[500, 1_100, 1_900], &[(19, 0), (19, 30)], 180),
            Self::Sport => habit("sport", &["match", "league"],
                &[15, 32, 60], &[2_500, 22_000, 61_000], &[(15, 0), (18, 30), (20, 45)], 110),
            Self::Theatre => habit("theatre", &["play", "stage"],
                &[19, 28, 42], &[70, 190, 720], EVENING, 150),
            Self::Workshop => habit("workshop", &["hands-on", "small group"],
                &[25, 60, 95], &[5, 8, 14, 24], &[(9, 30), (14, 0), (17, 30)], 180),
        }
    }
}
