//! Style sheet, script and icon: compiled in, and cached by browsers for ever.

use std::sync::LazyLock;

use http::HeaderMap;

use crate::http::etag::EntityTag;
use crate::http::problem::{Problem, ProblemType};
use crate::http::reply::{self, Response};
use crate::http::router::Params;

/// The address changes with the content, so that a copy never grows old.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// For an address of another release: what is sent may not be what was meant.
const ASK_AGAIN: &str = "no-cache";

struct Asset {
    file: &'static str,
    content_type: &'static str,
    content: &'static str,
}

const ASSETS: &[Asset] = &[
    Asset {
        file: "site.css",
        content_type: "text/css; charset=utf-8",
        content: include_str!("../../assets/site.css"),
    },
    Asset {
        file: "site.js",
        content_type: "text/javascript; charset=utf-8",
        content: include_str!("../../assets/site.js"),
    },
    Asset {
        file: "icon.svg",
        content_type: "image/svg+xml",
        content: include_str!("../../assets/icon.svg"),
    },
];

/// A hash of all files: they are few and small, and change together.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let all: String = ASSETS.iter().map(|asset| asset.content).collect();
    let tag = EntityTag::of(all.as_bytes()).header_value();
    let hexadecimal = tag.to_str().unwrap_or_default().trim_matches('"');
    hexadecimal.chars().take(16).collect()
});

/// Returns the path of a file.
pub(super) fn path(file: &'static str) -> String {
    debug_assert!(ASSETS.iter().any(|asset| asset.file == file), "{file} is compiled in");
    format!("/assets/{}/{file}", *VERSION)
}

/// `GET /assets/{version}/{file}`
pub(super) fn send(params: &Params, headers: &HeaderMap) -> Result<Response, Problem> {
    let asset = params
        .get("file")
        .and_then(|file| ASSETS.iter().find(|asset| asset.file == file))
        .ok_or_else(|| Problem::new(ProblemType::NotFound))?;
    // While releases change, a page of one instance may ask another for its files.
    let is_ours = params.get("version") == Some(&**VERSION);
    let cache_control = if is_ours { FOR_EVER } else { ASK_AGAIN };
    Ok(reply::cached(headers, cache_control, asset.content_type, asset.content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_stay_small_and_refer_to_no_other_host() {
        for asset in ASSETS {
            let limit = if asset.file == "site.js" { 5 * 1024 } else { 15 * 1024 };
            assert!(asset.content.len() < limit, "{} is small", asset.file);
            let content = asset.content.replace("http://www.w3.org/2000/svg", "");
            for other in ["http:", "https:", "url(", "@import", "//fonts", "eval("] {
                assert!(!content.contains(other), "{} has {other}", asset.file);
            }
        }
    }

    #[test]
    fn the_version_is_a_path_segment() {
        assert_eq!(VERSION.len(), 16);
        assert!(VERSION.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
