use super::*;

#[test]
fn accents_case_and_punctuation_do_not_matter() {
    assert_eq!(fold("Zürich, São PAULO"), "zurich  sao paulo");
    assert_eq!(fold("Łódź Straße Ærø İstanbul"), "lodz strasse aero istanbul");
    assert_eq!(fold("O’Brien's"), "obriens");
    assert_eq!(fold("東京"), "東京");
    assert_eq!(fold("ガ"), fold("カ\u{3099}"));
}

#[test]
fn a_text_without_words_asks_for_nothing() {
    assert_eq!(SearchText::new(" - \"* "), Ok(None));
    assert!(SearchText::new(&"a".repeat(201)).is_err());
    let text = SearchText::new("Rust rust  Berlin").unwrap().unwrap();
    assert_eq!(text.words(), ["rust", "berlin"]);
}

#[test]
fn titles_count_more_and_only_the_last_word_may_be_a_beginning() {
    let document = SearchDocument {
        title: fold("Organ Night"),
        labels: fold("bach Zürich"),
        description: fold("An evening of organ music in Zurich"),
    };
    let score = |text: &str| document.score(&SearchText::new(text).unwrap().unwrap());
    assert_eq!(score("organ"), Some(32));
    assert_eq!(score("zurich"), Some(12));
    assert_eq!(score("music"), Some(2));
    assert_eq!(score("music zur"), Some(8));
    assert_eq!(score("zur music"), None);
    assert_eq!(score("opera"), None);
}
