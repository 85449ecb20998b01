//! Ways to say one thing and mean another.

/// What is asked for, and of whom.
#[derive(Debug, Clone)]
pub(super) struct Disguise {
    pub(super) target: String,
    pub(super) host: String,
    /// Lines of headers, each with its end.
    pub(super) fields: String,
}

impl Disguise {
    fn target(target: impl Into<String>) -> Self {
        Self { target: target.into(), host: "x".to_owned(), fields: String::new() }
    }
}

/// Lists the ways to ask for `path` by `method` as if at the admin listener.
pub(super) fn disguises(method: &str, path: &str, at_admin: &str) -> Vec<Disguise> {
    let mut found: Vec<_> = spellings(path).into_iter().map(Disguise::target).collect();
    found.push(Disguise { host: at_admin.to_owned(), ..Disguise::target(path) });
    found.push(Disguise::target(format!("http://{at_admin}{path}")));
    found.push(Disguise {
        host: at_admin.to_owned(),
        ..Disguise::target(format!("http://{at_admin}{path}"))
    });
    let led = headers(method, path, at_admin).into_iter();
    found.extend(led.map(|fields| Disguise { fields, ..Disguise::target(path) }));
    found
}

/// Ways to write a path that somebody in between may take for the same.
fn spellings(path: &str) -> Vec<String> {
    let rest = path.trim_start_matches('/');
    let upper = path.to_uppercase();
    let (start, last) = path.rsplit_once('/').unwrap_or_default();
    let first = rest.chars().next().map(|c| format!("/%{:02x}{}", u32::from(c), &rest[1..]));
    let found = [
        path.to_owned(),
        format!("{path}/"),
        format!("{path}//"),
        format!("/{path}"),
        format!("//{path}"),
        format!("/.{path}"),
        format!("/x/..{path}"),
        format!("/x/%2e%2e{path}"),
        format!("/x/%2E%2E/{rest}"),
        format!("/healthz/..;{path}"),
        format!("/..{path}"),
        format!("/%2e{path}"),
        format!("/%2f{rest}"),
        format!("{path}/."),
        format!("{path}/%2e"),
        format!("{path}/x/.."),
        format!("{path};x=y"),
        format!("{path};"),
        format!("{path}%20"),
        format!("{path}%00"),
        format!("{path}%23"),
        format!("{path}%3f"),
        format!("{path}.json"),
        format!("{start}%2f{last}"),
        format!("{start}%252f{last}"),
        format!("{start}//{last}"),
        format!("{start}/./{last}"),
        format!("{start}\\{last}"),
        path.replace('/', "\\"),
        format!("/admin{path}"),
        format!("/mock-gateway/pay/..{path}"),
        upper,
    ];
    found.into_iter().chain(first).collect()
}

/// Headers by which proxies and frameworks say that something else was asked for, by somebody else.
pub(super) fn headers(method: &str, path: &str, at_admin: &str) -> Vec<String> {
    [
        format!("x-http-method-override: {method}\r\nx-original-url: {path}\r\n"),
        format!("x-http-method: {method}\r\nx-rewrite-url: {path}\r\n"),
        format!("x-method-override: {method}\r\nx-original-uri: {path}\r\n"),
        format!("x-forwarded-host: {at_admin}\r\nx-forwarded-uri: {path}\r\n"),
        format!("x-forwarded-prefix: {path}\r\nx-forwarded-path: {path}\r\n"),
        format!("forwarded: for=127.0.0.1;host=\"{at_admin}\";proto=http\r\n"),
        "x-forwarded-for: 127.0.0.1\r\nx-real-ip: 127.0.0.1\r\nclient-ip: 127.0.0.1\r\n".to_owned(),
        format!("x-forwarded-port: 8081\r\nx-host: {at_admin}\r\n"),
        "authorization: Basic YWRtaW46YWRtaW4=\r\ncookie: admin=1\r\n".to_owned(),
    ]
    .to_vec()
}
