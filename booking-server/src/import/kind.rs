//! Which objects are events, and of what category.

use super::json::{Object, types};

/// The subtypes of `Event` of schema.org, with the category that each of them says.
const KINDS: [(&str, &str); 28] = [
    ("Event", ""),
    ("BroadcastEvent", "broadcast"),
    ("BusinessEvent", "business"),
    ("ChildrensEvent", "family"),
    ("ComedyEvent", "comedy"),
    ("ConferenceEvent", "conference"),
    ("CourseInstance", "course"),
    ("DanceEvent", "dance"),
    ("DeliveryEvent", ""),
    ("EducationEvent", "education"),
    ("EventSeries", ""),
    ("ExhibitionEvent", "exhibition"),
    ("Festival", "festival"),
    ("FoodEvent", "food"),
    ("Hackathon", "hackathon"),
    ("LiteraryEvent", "literature"),
    ("MusicEvent", "concert"),
    ("OnDemandEvent", "broadcast"),
    ("PerformingArtsEvent", "performing arts"),
    ("PublicationEvent", ""),
    ("SaleEvent", "sale"),
    ("ScreeningEvent", "film"),
    ("SocialEvent", "social"),
    ("SportsEvent", "sport"),
    ("TheaterEvent", "theatre"),
    ("UserInteraction", ""),
    ("VisualArtsEvent", "exhibition"),
    ("MusicFestival", "festival"),
];

/// Returns the category of an event, which may be empty, or `None` if the object is no event.
pub(super) fn category(object: &Object) -> Option<&'static str> {
    let known = types(object).filter_map(|name| {
        KINDS.iter().find(|(kind, _)| *kind == name).map(|(_, category)| *category)
    });
    // Of several types the one that says more counts.
    known.fold(None, |best: Option<&str>, next| match best {
        Some(best) if !best.is_empty() => Some(best),
        _ => Some(next),
    })
}
