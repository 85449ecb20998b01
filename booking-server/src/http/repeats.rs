//! Finds names that an object of a JSON text has more than once.
//!
//! RFC 8259 leaves open what such an object means: some readers take the first member, some the last. What is checked in
//! front of this server would not be what is done here.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::fields::{self, FieldErrors};

/// Notes every name of `text`, which is JSON, that its object has already.
pub(super) fn find(text: &str) -> FieldErrors {
    let mut errors = FieldErrors::default();
    let mut text = serde_json::Deserializer::from_str(text);
    // Whoever asks has read the text before, so that it ends well.
    let _ = Walk { parent: None, errors: &mut errors }.deserialize(&mut text);
    errors
}

/// Where a value stands. Pointers are written only for what is repeated: the names of parents may be long, and their
/// children many.
#[derive(Clone, Copy)]
struct Place<'p> {
    parent: Option<&'p Self>,
    name: &'p str,
}

impl Place<'_> {
    fn pointer(&self) -> String {
        let parent = self.parent.map(Self::pointer).unwrap_or_default();
        fields::pointer_to(&parent, self.name)
    }
}

/// Looks at a value and at all in it.
struct Walk<'w> {
    parent: Option<&'w Place<'w>>,
    errors: &'w mut FieldErrors,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        for index in 0_usize.. {
            let place = Place { parent: self.parent, name: &index.to_string() };
            let walk = Walk { parent: Some(&place), errors: self.errors };
            if elements.next_element_seed(walk)?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let (mut names, mut repeated) = (BTreeSet::new(), BTreeSet::new());
        while let Some(name) = members.next_key::<String>()? {
            let place = Place { parent: self.parent, name: &name };
            members.next_value_seed(Walk { parent: Some(&place), errors: self.errors })?;
            if names.contains(&name) && !repeated.contains(&name) {
                if !self.errors.is_full() {
                    self.errors.push(place.pointer(), "is given more than once");
                }
                repeated.insert(name);
            } else {
                names.insert(name);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointers(text: &str) -> Vec<String> {
        let problem = find(text).conclude(None::<()>).unwrap_err();
        problem.errors().iter().map(|error| error.pointer.clone()).collect()
    }

    #[test]
    fn every_name_that_is_repeated_is_found_once_wherever_it_stands() {
        let text = r#"{
            "a": 1, "b": [{"c": null, "c": true}, {"c": -1, "d": {"e": "x", "e": 2.5}}],
            "a": 2, "a": 3, "~/": 1, "~\u002f": 2, "": 1, "": 2, "b": [[{"f": 1, "f": 2}]]
        }"#;
        assert_eq!(pointers(text), ["/b/0/c", "/b/1/d/e", "/a", "/~0~1", "/", "/b/0/0/f", "/b"]);
    }

    #[test]
    fn what_has_each_name_once_has_none() {
        for text in [
            "1",
            "null",
            "[]",
            "{}",
            r#"{"a": {"a": {"a": [1, 1]}}, "A": 1, "b": "a", "a ": 1}"#,
            r#"[{"a": 1}, {"a": 1}, 1e40, 18446744073709551615]"#,
        ] {
            assert!(find(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_body_of_repeats_is_not_sent_back() {
        let text = format!("{{{}\"a\":1}}", "\"a\":1,\"b\":1,".repeat(2_000));
        assert_eq!(pointers(&text), ["/a", "/b"]);
        let many: Vec<String> = (0..2_000).map(|n| format!("\"{}\":1", n % 1_000)).collect();
        assert_eq!(pointers(&format!("{{{}}}", many.join(","))).len(), 50);
        let long = "~".repeat(30_000);
        let text = format!("{{\"{long}\":{{{}}}}}", many.join(","));
        let pointers = pointers(&text);
        assert_eq!(pointers.len(), 50);
        assert!(
            pointers.iter().all(|pointer| pointer.starts_with("/~0~0") && pointer.ends_with("~0…"))
        );
        assert!(pointers.iter().all(|pointer| pointer.chars().count() == 256));
    }
}
