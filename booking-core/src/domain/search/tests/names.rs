//! Names, orders and levels: what is found in which place.

use std::collections::BTreeMap;

use super::*;

fn category(name: &str) -> Name {
    Name::Category(name.to_owned())
}

#[test]
fn a_name_as_it_was_typed_keeps_those_that_are_spelt_alike_out() {
    let known: BTreeMap<Name, u64> = [(category("organ"), 1), (category("orgaz"), 9)].into();
    assert_eq!(Names::of(&known, &text("organ")).categories, ["organ"]);
    assert_eq!(Names::of(&known, &text("orgam")).categories, ["orgaz", "organ"]);
}

#[test]
fn orders_are_named_as_the_api_names_them() {
    let names = ["starts_at", "relevance", "distance", "price"];
    assert_eq!(Sort::ALL.map(Sort::as_str), names);
    assert_eq!(names.map(|name| Sort::parse(name).unwrap()), Sort::ALL);
    assert!(Sort::parse("id").is_err());
}
