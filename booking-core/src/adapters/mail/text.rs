//! Text from outside, made fit to stand in a mail.

/// Puts a text on one line, and takes out the invisible characters that turn the direction of the text after them.
pub(super) fn tidy(text: &str) -> String {
    let is_turn = |c: &char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_break = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.chars().filter(|c| !is_turn(c)).map(|c| if is_break(c) { ' ' } else { c }).collect()
}

/// Shortens a tidied text to at most `max` characters.
pub(super) fn clip(text: &str, max: usize) -> String {
    let text = tidy(text);
    if text.chars().nth(max).is_none() {
        return text;
    }
    let mut clipped: String = text.chars().take(max.saturating_sub(1)).collect();
    clipped.push('…');
    clipped
}

/// Returns a name as far as it looks like one. Anybody can have a mail sent to anybody by booking in their
/// name, so the name must not carry a message or a link.
pub(super) fn presentable_name(name: &str) -> Option<String> {
    const MAX_CHARS: usize = 80;
    let name = tidy(name);
    let looks_like_a_link = name.contains([':', '/', '\\', '@', '<', '>'])
        || name.contains("=?")
        // A dot in front would be no name in a header (RFC 5322 §3.2.5), and is none elsewhere.
        || name.trim_start().starts_with('.')
        || name.split('.').skip(1).any(|rest| rest.starts_with(|c: char| !c.is_whitespace()));
    let is_short = name.chars().nth(MAX_CHARS).is_none();
    (is_short && !looks_like_a_link && !name.trim().is_empty()).then_some(name)
}
