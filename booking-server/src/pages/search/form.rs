//! The form of the search as it was filled in, and links that change one thing of it.

use booking_core::domain::country::Country;
use http::Uri;
use url::form_urlencoded;

use super::super::show;
use crate::http::problem::Problem;
use crate::http::query::Parameters;

/// What a search can be asked for, with its name for people. The names are those of the API.
const NAMES: [(&str, &str); 15] = [
    ("q", "Search"),
    ("category", "Category"),
    ("tag", "Topic"),
    ("country", "Country"),
    ("city", "City"),
    ("starts_from", "From"),
    ("starts_to", "Until"),
    ("near", "Near"),
    ("radius_km", "Radius"),
    ("price_max", "Highest price"),
    ("currency", "Currency"),
    ("available", "Tickets left"),
    ("include_past", "Past events"),
    ("sort", "Order"),
    ("cursor", "Page"),
];

/// What the form has no field for: it is kept in hidden ones.
const HIDDEN: [&str; 7] =
    ["tag", "city", "near", "radius_km", "price_max", "currency", "include_past"];

/// What the folded part of the form is about.
const FOLDED: [&str; 6] = ["category", "country", "starts_from", "starts_to", "available", "sort"];

/// A link that sets or removes one filter.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chip {
    /// Where it leads.
    pub(super) href: String,
    /// What it says.
    pub(super) label: String,
    /// How many events it leads to; of no meaning for a filter to be removed.
    pub(super) count: u64,
}

/// The form as it was filled in.
#[derive(Debug)]
pub(super) struct SearchForm {
    base: String,
    values: Vec<(&'static str, String)>,
    errors: Vec<(&'static str, String)>,
}

impl SearchForm {
    /// Takes what belongs to a search out of a query string.
    pub(super) fn new(base: &str, parameters: &Parameters) -> Self {
        let value = |name| parameters.first(name).map(|value| (name, value.to_owned()));
        Self {
            base: base.to_owned(),
            values: NAMES.iter().filter_map(|(name, _)| value(name)).collect(),
            errors: Vec::new(),
        }
    }

    /// Returns the address of the same search at the API, which knows how to read it.
    pub(super) fn address(&self) -> Option<Uri> {
        format!("/?{}", encode(self.values.iter())).parse().ok()
    }

    /// Notes what is wrong.
    pub(super) fn refused(mut self, problem: &Problem) -> Self {
        self.errors = problem
            .errors()
            .iter()
            .filter_map(|error| {
                let name = error.pointer.strip_prefix('/')?;
                let (name, _) = NAMES.iter().find(|(known, _)| *known == name)?;
                // The API's words for these are for programs.
                let detail = match *name {
                    "starts_from" | "starts_to" if error.detail.contains("RFC 3339") => {
                        "must be a date such as 2026-01-31".to_owned()
                    }
                    "sort" if !error.detail.contains("near") => {
                        "must be one of those on offer".to_owned()
                    }
                    _ => error.detail.clone(),
                };
                Some((*name, detail))
            })
            .collect();
        self
    }

    /// Returns what was filled in.
    pub(super) fn value(&self, name: &str) -> &str {
        self.values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    /// Returns what is wrong with a field.
    pub(super) fn wrong(&self, name: &str) -> Option<String> {
        let found = self.errors.iter().find(|(known, _)| *known == name);
        found.map(|(_, detail)| format!("It {detail}."))
    }

    /// Says everything that is wrong in sentences.
    pub(super) fn complaints(&self) -> Vec<String> {
        let sentence = |(name, detail): &(&str, String)| {
            let label = NAMES.iter().find(|(known, _)| known == name).map_or("It", |(_, l)| l);
            format!("{label} {detail}.")
        };
        if self.errors.is_empty() {
            return vec!["The address cannot be read.".to_owned()];
        }
        self.errors.iter().map(sentence).collect()
    }

    /// Lists what the form has no field for.
    pub(super) fn kept(&self) -> Vec<(&'static str, &str)> {
        let values = self.values.iter().filter(|(name, _)| HIDDEN.contains(name));
        values.map(|(name, value)| (*name, value.as_str())).collect()
    }

    /// Tells whether the folded part of the form should be open.
    pub(super) fn is_open(&self) -> bool {
        FOLDED.iter().any(|name| self.wrong(name).is_some())
    }

    /// Tells whether nothing was asked for.
    pub(super) fn is_blank(&self) -> bool {
        self.values.is_empty()
    }

    /// Tells whether this is a later page of the results.
    pub(super) fn is_continued(&self) -> bool {
        !self.value("cursor").is_empty()
    }

    /// Returns the link to the first page of the results.
    pub(super) fn first_page(&self) -> String {
        self.link_without(&["cursor"])
    }

    /// Returns the link to the same search with another value. Positions belong to one search only,
    /// so that any other begins on its first page.
    pub(super) fn link_with(&self, name: &'static str, value: &str) -> String {
        let kept = self.values.iter().filter(|(known, _)| *known != name && *known != "cursor");
        let changed = (name, value.to_owned());
        self.link(&encode(kept.chain(std::iter::once(&changed))))
    }

    fn link_without(&self, names: &[&str]) -> String {
        let kept = |(name, _): &&(&str, String)| !names.contains(name) && *name != "cursor";
        self.link(&encode(self.values.iter().filter(kept)))
    }

    fn link(&self, query: &str) -> String {
        if query.is_empty() { format!("{}/", self.base) } else { format!("{}/?{query}", self.base) }
    }

    /// Lists the filters that are set, each with the link that removes it.
    pub(super) fn active(&self) -> Vec<Chip> {
        let chip = |(name, value): &(&'static str, String)| {
            let (label, names): (String, &[&str]) = match *name {
                "q" => (format!("“{value}”"), &["q"]),
                "category" => (show::capitalised(value), &["category"]),
                "tag" => (format!("Topic: {value}"), &["tag"]),
                "country" => {
                    let country = Country::new(value);
                    (country.map_or_else(|_| value.clone(), show::country_name), &["country"])
                }
                "city" => (value.clone(), &["city"]),
                "starts_from" => (format!("From {value}"), &["starts_from"]),
                "starts_to" => (format!("Until {value}"), &["starts_to"]),
                "near" => (format!("Near {value}"), &["near", "radius_km", "sort"]),
                "price_max" => ("Up to a price".to_owned(), &["price_max", "currency"]),
                "available" => (format!("At least {value} left"), &["available"]),
                "include_past" => ("Past events, too".to_owned(), &["include_past"]),
                _ => return None,
            };
            Some(Chip { href: self.link_without(names), label, count: 0 })
        };
        self.values.iter().filter_map(chip).collect()
    }
}

fn encode<'v>(values: impl Iterator<Item = &'v (&'static str, String)>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in values {
        query.append_pair(name, value);
    }
    query.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(query: &str) -> SearchForm {
        let uri = format!("/?{query}").parse().unwrap();
        SearchForm::new("/shop", &Parameters::of_uri(&uri).unwrap())
    }

    #[test]
    fn links_change_one_thing_and_begin_on_the_first_page() {
        let form = form("q=rock+%26+roll&category=&country=CH&cursor=abc&utm_source=mail");
        let next = form.link_with("country", "DE");
        assert_eq!(next, "/shop/?q=rock+%26+roll&country=DE");
        assert_eq!(form.first_page(), "/shop/?q=rock+%26+roll&country=CH");
        let hrefs: Vec<_> = form.active().into_iter().map(|chip| chip.href).collect();
        assert_eq!(hrefs, ["/shop/?country=CH", "/shop/?q=rock+%26+roll"]);
        assert_eq!(form.link_with("cursor", "x"), "/shop/?q=rock+%26+roll&country=CH&cursor=x");
    }

    #[test]
    fn what_needs_another_filter_is_removed_with_it() {
        let form = form("near=47.4,8.5&radius_km=10&sort=distance");
        let hrefs: Vec<_> = form.active().into_iter().map(|chip| chip.href).collect();
        assert_eq!(hrefs, ["/shop/"]);
    }

    #[test]
    fn filters_without_a_field_are_kept() {
        assert_eq!(form("tag=jazz&q=x").kept(), [("tag", "jazz")]);
    }
}
