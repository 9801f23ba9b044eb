//! What every page has: a head with a strict content policy, one style sheet, one script, and data for it.
//!
//! The policy names the hashes of style and script, which are computed from the very bytes that are written: nothing else
//! can act, whatever a name in the page contains.

use crate::outlet;
use crate::report::chart::theme::style_sheet;
use base64::prelude::{BASE64_STANDARD, Engine};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The script of reports and of the tank, built from `web/`.
const SCRIPT: &str = include_str!("assets/page.js");
/// The style of both.
const STYLE: &str = include_str!("assets/page.css");

/// A page, and the policy that is in it, to be sent as a header too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The document.
    pub html: String,
    /// Its content security policy.
    pub policy: String,
}

/// What a page is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PageMode {
    /// A file that is complete.
    Report,
    /// Served, and fed live by its server.
    Tank,
}

impl PageMode {
    fn name(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Tank => "tank",
        }
    }

    /// What the policy allows beyond a file.
    fn connections(self) -> &'static str {
        match self {
            Self::Report => "",
            Self::Tank => "; connect-src 'self'",
        }
    }
}

/// A page with this title and body, and data for the script: the id of its element and JSON.
pub(super) fn page(mode: PageMode, title: &str, body: &str, (id, json): (&str, &str)) -> Page {
    let style = format!("{}{STYLE}", style_sheet());
    let policy = format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; img-src data:; base-uri 'none'; form-action 'none'{}",
        hash(SCRIPT),
        hash(&style),
        mode.connections()
    );
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\" data-mode=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}\
         <script type=\"application/json\" id=\"{id}\">{json}</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        mode.name(),
        outlet::html(&policy),
        outlet::html(title)
    );
    Page { html, policy }
}

/// The hash of an inline element, as a policy names it.
fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// What the script of a tank begins with.
#[derive(Serialize)]
struct TankData<'a> {
    file: &'a str,
    text: &'a str,
    limits: TankLimits,
}

#[derive(Serialize)]
struct TankLimits {
    body: usize,
}

/// The shell of the page that `wavetank serve` serves, of the scenario `text` in `file`; requests have at most
/// `body_limit` bytes. The script makes everything else of it.
#[must_use]
pub fn tank(file: &str, text: &str, body_limit: usize) -> Page {
    let data = TankData { file, text, limits: TankLimits { body: body_limit } };
    let json = serde_json::to_string(&data).expect("invariant: a text is plain data");
    let body = "<main id=\"main\"><noscript><p>This page plays with a scenario and needs its script. \
                <code>wavetank run --report html=FILE</code> makes one that needs none.</p></noscript></main>\n";
    page(PageMode::Tank, &format!("{file}: wavetank"), body, ("tank-data", &outlet::json_in_html(&json)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text between the first `open` and the `close` after it.
    fn between<'t>(text: &'t str, open: &str, close: &str) -> &'t str {
        let from = text.find(open).expect("it is there") + open.len();
        &text[from..from + text[from..].find(close).expect("it ends")]
    }

    #[test]
    fn the_policy_names_what_is_in_the_page_and_nothing_else() {
        let page = tank("a.toml", "name = \"</script><b>\"\n", 1024);
        let script = page.html.rsplit("<script>").next().unwrap();
        let script = &script[..script.find("</script>").unwrap()];
        let style = between(&page.html, "<style>", "</style>");
        for text in [script, style] {
            assert!(page.policy.contains(&format!("'{}'", hash(text))), "{}", page.policy);
        }
        assert_eq!(page.policy.matches("sha256-").count(), 2);
        assert!(
            page.policy.starts_with("default-src 'none'; ") && page.policy.ends_with("; connect-src 'self'")
        );
        // In an attribute, so with its quotes escaped.
        let meta = between(&page.html, "Content-Security-Policy\" content=\"", "\"");
        assert_eq!(meta.replace("&apos;", "'").replace("&#39;", "'"), page.policy);
    }

    #[test]
    fn a_hash_is_the_one_that_browsers_compute() {
        // The example of the recommendation, Content Security Policy Level 2, section 4.2.5.
        assert_eq!(hash("alert('Hello, world.');"), "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=");
    }

    #[test]
    fn a_scenario_is_text_for_the_script_whatever_is_in_it() {
        let text = "# <!-- </script><script>alert(1)</script>\u{2028}\r\n\tx = 1\u{202e}\n";
        let page = tank("</title><b>.toml", text, 1024);
        assert_eq!(page.html.matches("<script").count(), 2);
        assert!(!page.html.contains("<b>"), "{}", page.html);
        let json = between(&page.html, "id=\"tank-data\">", "</script>");
        let data: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(data["text"], text);
        assert_eq!(data["limits"]["body"], 1024);
    }
}
