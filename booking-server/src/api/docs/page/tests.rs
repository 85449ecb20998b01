use super::*;
use crate::api::openapi;

fn pages() -> [String; 2] {
    [openapi::public(), openapi::admin()]
        .map(|document| render(&serde_json::to_value(document).unwrap()))
}

#[test]
fn every_operation_and_shape_is_shown_and_every_link_leads_somewhere() {
    for (document, page) in [openapi::public(), openapi::admin()].into_iter().zip(pages()) {
        let document = serde_json::to_value(document).unwrap();
        for (path, item) in members(&document["paths"]) {
            for (_, operation) in members(item) {
                let id = text(&operation["operationId"]);
                assert!(page.contains(&format!("<article id=\"{id}\">")), "{path}");
            }
        }
        for (name, _) in members(&document["components"]["schemas"]) {
            assert!(page.contains(&format!("id=\"shape-{name}\"")), "{name}");
        }
        for link in page.split("href=\"#").skip(1) {
            let target = link.split('"').next().unwrap();
            assert!(page.contains(&format!("id=\"{target}\"")), "{target}");
        }
    }
}

#[test]
fn nothing_is_loaded_from_anywhere() {
    for page in pages() {
        for attribute in ["src=", "http-equiv", "<script", "<link", "@import", "url("] {
            assert!(!page.contains(attribute), "{attribute}");
        }
    }
    assert!(policy().to_str().unwrap().starts_with("default-src 'none'; style-src 'sha256-"));
}

#[test]
fn texts_are_escaped_and_backticks_are_code() {
    assert_eq!(inline("a `<b>` & \"c\""), "a <code>&lt;b&gt;</code> &amp; &quot;c&quot;");
}
