//! An OpenAPI document as a page: plain HTML, made here, that loads nothing from anywhere.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

mod schema;

/// It stands in the page itself, so that the page is whole on any listener.
const STYLE: &str = include_str!("page/style.css");

/// The methods, in the order in which they are shown.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Returns the content security policy of the page: its own style, and nothing else.
pub(super) fn policy() -> HeaderValue {
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).expect("a hash in base64 fits a header")
}

/// Renders a document.
pub(super) fn render(document: &Value) -> String {
    let mut page = Page::default();
    page.head(&document["info"]);
    page.contents(document);
    for tag in document["tags"].as_array().into_iter().flatten() {
        page.tag(document, tag);
    }
    page.schemas(document);
    page.html.push_str("</main>\n</body>\n</html>\n");
    page.html
}

/// One operation and where it is.
struct Route<'d> {
    method: &'d str,
    path: &'d str,
    operation: &'d Value,
}

fn routes<'d>(document: &'d Value, tag: &'d str) -> impl Iterator<Item = Route<'d>> {
    members(&document["paths"]).flat_map(move |(path, item)| {
        METHODS.into_iter().filter_map(move |method| {
            let operation = item.get(method)?;
            let is_tagged = operation["tags"].as_array()?.iter().any(|known| known == tag);
            is_tagged.then_some(Route { method, path, operation })
        })
    })
}

#[derive(Default)]
struct Page {
    html: String,
}

impl Page {
    fn head(&mut self, info: &Value) {
        let title = escape(text(&info["title"]));
        let version = escape(text(&info["version"]));
        self.add(&format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}: the HTTP API</title>\n<style>{STYLE}</style>\n</head>\n\
             <body>\n<main>\n\
             <h1>{title}: the HTTP API</h1>\n<p>Version {version}. As a document for programs: \
             <a href=\"openapi.json\">openapi.json</a> (OpenAPI 3.1).</p>\n"
        ));
        self.prose(text(&info["description"]));
    }

    fn contents(&mut self, document: &Value) {
        self.add("<nav aria-label=\"Operations\">\n<h2>Contents</h2>\n<ul>\n");
        for tag in document["tags"].as_array().into_iter().flatten() {
            for route in routes(document, text(&tag["name"])) {
                let id = escape(text(&route.operation["operationId"]));
                let summary = escape(text(&route.operation["summary"]));
                let signature = signature(&route);
                self.add(&format!("<li><a href=\"#{id}\">{signature}</a> {summary}</li>\n"));
            }
        }
        self.add("<li><a href=\"#shapes\">Shapes</a></li>\n</ul>\n</nav>\n");
    }

    fn tag(&mut self, document: &Value, tag: &Value) {
        let name = text(&tag["name"]);
        self.add(&format!("<section>\n<h2>{}</h2>\n", escape(name)));
        self.prose(text(&tag["description"]));
        for route in routes(document, name) {
            self.operation(&route);
        }
        self.add("</section>\n");
    }

    fn operation(&mut self, route: &Route<'_>) {
        let operation = route.operation;
        let id = escape(text(&operation["operationId"]));
        let summary = escape(text(&operation["summary"]));
        let signature = signature(route);
        self.add(&format!(
            "<article id=\"{id}\">\n<h3>{summary}</h3>\n<p class=\"route\">{signature}</p>\n"
        ));
        self.prose(text(&operation["description"]));
        self.security(operation);
        self.parameters(operation);
        if let Some(body) = operation.get("requestBody") {
            self.add("<h4>Body</h4>\n");
            self.prose(text(&body["description"]));
            self.content(&body["content"]);
        }
        self.add("<h4>Answers</h4>\n<dl>\n");
        for (status, response) in members(&operation["responses"]) {
            self.response(status, response);
        }
        self.add("</dl>\n</article>\n");
    }

    fn security(&mut self, operation: &Value) {
        let schemes = operation["security"].as_array().into_iter().flatten();
        for (name, _) in schemes.flat_map(members) {
            self.add(&format!(
                "<p>Secured by <a href=\"#security-{0}\">{0}</a>.</p>\n",
                escape(name)
            ));
        }
    }

    fn parameters(&mut self, operation: &Value) {
        let Some(parameters) = operation["parameters"].as_array() else { return };
        self.add(
            "<h4>Parameters</h4>\n<table>\n<thead><tr><th>Name</th><th>In</th><th>Form</th>\
             <th>Meaning</th></tr></thead>\n<tbody>\n",
        );
        for parameter in parameters {
            let name = escape(text(&parameter["name"]));
            let place = escape(text(&parameter["in"]));
            let form = schema::form(&parameter["schema"]);
            let meaning = inline(text(&parameter["description"]));
            self.add(&format!(
                "<tr><th scope=\"row\"><code>{name}</code></th><td>{place}</td><td>{form}</td>\
                 <td>{meaning}</td></tr>\n"
            ));
        }
        self.add("</tbody>\n</table>\n");
    }

    fn response(&mut self, status: &str, response: &Value) {
        self.add(&format!("<dt><code>{}</code></dt>\n<dd>\n", escape(status)));
        self.prose(text(&response["description"]));
        self.content(&response["content"]);
        let headers: Vec<_> = members(&response["headers"])
            .filter(|(name, _)| *name != "X-Request-Id")
            .map(|(name, header)| {
                let meaning = inline(text(&header["description"]));
                format!("<li><code>{}</code>: {meaning}</li>\n", escape(name))
            })
            .collect();
        if !headers.is_empty() {
            self.add(&format!("<ul>\n{}</ul>\n", headers.concat()));
        }
        self.add("</dd>\n");
    }

    fn content(&mut self, content: &Value) {
        for (media_type, media) in members(content) {
            let media_type = escape(media_type);
            let form = schema::form(&media["schema"]);
            self.add(&format!("<p class=\"content\"><code>{media_type}</code> {form}</p>\n"));
        }
    }

    fn schemas(&mut self, document: &Value) {
        self.add("<section id=\"shapes\">\n<h2>Shapes</h2>\n");
        for (name, scheme) in members(&document["components"]["securitySchemes"]) {
            let name = escape(name);
            let header = escape(text(&scheme["name"]));
            self.add(&format!(
                "<article id=\"security-{name}\">\n<h3>{name}</h3>\n\
                 <p>The header <code>{header}</code>.</p>\n"
            ));
            self.prose(text(&scheme["description"]));
            self.add("</article>\n");
        }
        for (name, schema) in members(&document["components"]["schemas"]) {
            self.add(&format!("<article id=\"shape-{0}\">\n<h3>{0}</h3>\n", escape(name)));
            self.add(&schema::describe(schema));
            self.add("</article>\n");
        }
        self.add("</section>\n");
    }

    fn prose(&mut self, text: &str) {
        for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
            let paragraph = inline(paragraph);
            // Writing to a string cannot fail.
            let _ = writeln!(self.html, "<p>{paragraph}</p>");
        }
    }

    fn add(&mut self, html: &str) {
        self.html.push_str(html);
    }
}

fn signature(route: &Route<'_>) -> String {
    let method = escape(&route.method.to_uppercase());
    format!("<code><b>{method}</b> {}</code>", escape(route.path))
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter).map(|(name, value)| (name.as_str(), value))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Escapes a line, and shows what stands between backticks as code.
fn inline(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for (index, part) in text.split('`').enumerate() {
        let part = escape(part);
        if index % 2 == 1 {
            let _ = write!(html, "<code>{part}</code>");
        } else {
            html.push_str(&part);
        }
    }
    html
}

fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            character => html.push(character),
        }
    }
    html
}

#[cfg(test)]
mod tests;
