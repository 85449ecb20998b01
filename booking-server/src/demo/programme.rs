//! What is on: acts that tour the English-speaking stages of the demonstration. All of them are
//! invented.

use super::kinds::Kind::{
    self, Comedy, Concert, Conference, Dance, Exhibition, Family, Festival, Film, Food, Literature,
    Market, Opera, Sport, Theatre, Workshop,
};

/// An act: kind, title, description.
pub(super) type Act = (Kind, &'static str, &'static str);

#[rustfmt::skip]
pub(super) const ENGLISH: &[Act] = &[
    (Concert, "The Salt Lanterns",
        "Harbour songs for two voices, accordion and a very old piano. The Salt Lanterns play \
         their third album from the first note to the last."),
    (Theatre, "The Clockmaker's Strike",
        "On the morning of the coronation every clock in the city stops. A comedy about time, \
         wages and one stubborn apprentice."),
    (Conference, "Small Systems Days",
        "Two days on software that fits in one head: plain protocols, embedded databases and the \
         joy of deleting code. Talks in the morning, open tables after lunch."),
    (Comedy, "Mara Quill: Instructions Not Included",
        "An hour about furniture, fatherhood and the forms you need for both. New show, old jokes \
         on request."),
    (Exhibition, "Maps of Places That Never Were",
        "Four centuries of islands drawn with confidence and visited by nobody. With a room in \
         which visitors add their own."),
    (Workshop, "Bread From Nothing",
        "Flour, water, salt and patience. You leave with a warm loaf, a jar of starter and dough \
         under your fingernails."),
    (Concert, "Night Trains",
        "A string quartet, a drum machine and field recordings from forty railway stations. Sit, \
         stand or lie down."),
    (Family, "The Owl Who Was Afraid of Noon",
        "A puppet play for children from four years, and for everybody who was ever afraid of \
         something sensible."),
    (Film, "Silent Tuesdays: The Lighthouse Tax",
        "A rediscovered silent film with live music by a trio that never plays it twice in the \
         same manner."),
    (Dance, "Tidewrack",
        "Nine dancers, six tonnes of sand. A piece about what the sea takes and what it brings \
         back."),
    (Festival, "Long Meadow Weekend",
        "Three days, four stages and one very large field. Ninety bands, quiet camping, and a \
         lake that is open until midnight."),
    (Sport, "City Derby",
        "The match for which people repaint their front doors. Doors open two hours before \
         kick-off, and the brass bands are louder than you think."),
    (Food, "Table for Strangers",
        "Six courses, long tables, no seating plan. The menu is what the market had this morning."),
    (Literature, "First Pages",
        "Five authors read the first pages of books that do not exist yet, and the audience \
         decides which one ought to."),
    (Conference, "Open Maps Forum",
        "Surveyors, volunteers and city planners on the map that belongs to everybody. With a \
         mapping walk on the second evening."),
    (Theatre, "Letters to the Wrong Address",
        "Two actors, one postman and thirty years of correspondence that was never meant for \
         them."),
    (Concert, "Juniper Row and the Late Buses",
        "Brass, bass and songs about getting home. Dancing is not compulsory, but nobody has \
         managed to stand still so far."),
    (Market, "Makers' Yard",
        "Potters, bookbinders, instrument makers and a man who only makes spoons. Bring a bag, \
         and something that needs mending."),
    (Workshop, "Letterpress for Beginners",
        "Set a line of lead type, ink the press and print your own card. All fonts are older than \
         everybody in the room."),
    (Comedy, "The Improvised Inquest",
        "Somebody was murdered, nobody wrote a script. The audience supplies the motive."),
    (Exhibition, "Slow Light",
        "Photographs with exposures of an hour, a day and, in one case, eleven years."),
    (Opera, "The Glass Orchard",
        "A new chamber opera about two sisters, a frost and a harvest. Sung in English, with \
         surtitles."),
    (Sport, "Night Run by the Water",
        "Ten kilometres through streets that are closed for once. Lights are handed out at the \
         start; the slowest runner gets the loudest applause."),
    (Family, "Build a Bridge Before Lunch",
        "Cardboard, string and forty litres of glue. Engineers explain why the bridge fell down, \
         and why that is good news."),
    (Film, "Short and Shorter",
        "Twenty films, none longer than eight minutes. The makers are in the room and will not \
         defend themselves."),
    (Concert, "Organ at Lunchtime",
        "Forty minutes of Bach, Messiaen and one request. Bring a sandwich; the organist does."),
    (Conference, "Resilient Services Summit",
        "Outages, honestly told. Engineers on queues that filled, caches that lied and the \
         evenings on which it held."),
    (Theatre, "Nobody's Hamlet",
        "A company waits for its leading actor. After an hour it begins without him."),
    (Dance, "Four Chairs",
        "A duet for two people who keep changing places. Winner of no prizes, sold out in eleven \
         cities."),
    (Food, "Fermentation Supper",
        "Everything on the plate has been waiting for you for at least a month. With a pairing \
         without alcohol."),
    (Workshop, "Bicycle Repair in One Evening",
        "Punctures, brakes and the mysterious clicking noise. Bring your own bicycle, clean or \
         not."),
    (Literature, "Poems in a Power Cut",
        "A reading by candlelight, without microphones. Please arrive before it gets dark."),
    (Concert, "Adaeze Cole Quintet",
        "Five musicians at the height of their powers, with a repertoire that runs from highlife \
         to lullabies."),
    (Festival, "Signal & Noise",
        "Electronic music on the old docks: modular rigs, sound walks and a sunrise set on the \
         roof."),
    (Exhibition, "The Museum of Small Repairs",
        "Three hundred mended things and the people who could not throw them away."),
    (Comedy, "Open Mic, Closed Door",
        "Ten comedians try out what they would not dare to say elsewhere. Telephones stay in the \
         cloakroom."),
    (Sport, "Invitational Climbing Finals",
        "The best sixteen climbers of the season on a wall nobody has seen before."),
    (Family, "Concert for Very Small Ears",
        "Thirty minutes of music to crawl to. Prams park in the foyer."),
    (Theatre, "Weather Permitting",
        "A meteorologist refuses to announce the storm. A thriller in real time, played without \
         an interval."),
    (Conference, "Typography Now",
        "Letters for eleven scripts, screens of every size and readers who are in a hurry."),
    (Concert, "Ironwood Choir",
        "Eighty voices and no conductor. Programme: work songs, round songs, and one that the \
         audience learns on the spot."),
    (Film, "The Beekeepers of Rooftop Nine",
        "A documentary about a quarrel over honey. Afterwards a talk with the director, and a \
         tasting."),
    (Workshop, "Introduction to Sign Painting",
        "Brushes, enamel and one alphabet. You take home a sign that says something polite."),
    (Literature, "Night of the Translators",
        "One poem, seven translators, no agreement. With an audience vote that changes nothing."),
    (Dance, "Social Swing Ballroom",
        "A lesson for beginners at first, then a big band until the floor gives in."),
    (Opera, "The Barber, Abridged",
        "Rossini in two hours, for eight singers, one piano and a good many razors."),
    (Food, "Street Kitchens After Dark",
        "Forty small kitchens in one courtyard. The ticket buys the first three dishes."),
    (Market, "Sunday Record Fair",
        "Two hundred crates, six listening stations and prices that fall after three o'clock."),
];

/// Acts without a place, each with its zone and its price in euros.
#[rustfmt::skip]
pub(super) const ONLINE: &[(Act, &str, i64)] = &[
    ((Workshop, "Ask a Database Anything",
        "A live session in which slow queries of the audience are made fast, or at least \
         understood."),
        "Europe/Berlin", 0),
    ((Conference, "Remote Teams Day",
        "One day of talks on working together in six time zones. Recordings are included."),
        "America/New_York", 49),
    ((Literature, "Lesekreis am Bildschirm",
        "Wir lesen gemeinsam eine Erzählung und reden darüber. Kamera freiwillig, Tee empfohlen."),
        "Europe/Zurich", 0),
    ((Concert, "Living Room Sessions",
        "Three musicians, three living rooms, one click track. Headphones make a difference."),
        "Europe/London", 12),
    ((Workshop, "オンライン書道入門", "筆と墨をご用意ください。基本の線から始め、最後に一文字を仕上げます。"), "Asia/Tokyo", 20),
    ((Family, "Cuentos antes de dormir",
        "Media hora de cuentos en directo para niños de tres a siete años."), "Europe/Madrid", 0),
    ((Workshop, "أساسيات الخط العربي عن بعد",
        "ورشة مباشرة للمبتدئين: الأدوات والحروف الأولى وتمارين يومية قصيرة."), "Asia/Kuwait", 15),
    ((Comedy, "The Mute Button",
        "Stand-up for people in meetings. The audience heckles in writing."),
        "America/Los_Angeles", 8),
];
