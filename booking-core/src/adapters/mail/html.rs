//! The HTML form of a letter. Everything that comes from outside is escaped.

use std::fmt::Write;

use super::letter::Letter;

pub(super) fn render(letter: &Letter) -> String {
    let mut page = String::with_capacity(4_096);
    write_page(&mut page, letter).expect("writing to a string does not fail");
    page
}

fn write_page(page: &mut String, letter: &Letter) -> std::fmt::Result {
    let title = escape(&letter.subject);
    writeln!(page, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    writeln!(page, "<title>{title}</title>\n</head>")?;
    writeln!(
        page,
        "<body style=\"font-family:sans-serif;line-height:1.5;color:#1a1a1a;max-width:40em\">"
    )?;
    writeln!(page, "<h1 style=\"font-size:1.3em\">{}</h1>", escape(letter.heading))?;
    writeln!(page, "<p>{}</p>", escape(&letter.greeting))?;
    for paragraph in &letter.paragraphs {
        writeln!(page, "<p>{}</p>", escape(paragraph))?;
    }
    writeln!(page, "<table role=\"presentation\" style=\"border-collapse:collapse\">")?;
    for (name, value) in &letter.facts {
        writeln!(
            page,
            "<tr><th scope=\"row\" style=\"text-align:left;vertical-align:top;padding:0 1em 0 0\">\
             {}</th><td dir=\"auto\">{}</td></tr>",
            escape(name),
            escape(value)
        )?;
    }
    writeln!(page, "</table>")?;
    for (label, address) in &letter.links {
        writeln!(page, "<p><a href=\"{}\">{}</a></p>", escape(address), escape(label))?;
    }
    writeln!(page, "</body>\n</html>")
}

/// Escapes text for elements and for attributes in double quotes.
fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, c| {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
        escaped
    })
}
