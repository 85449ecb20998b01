use super::*;

fn read(address: &str) -> SmtpSettings {
    SmtpSettings::parse(address).unwrap_or_else(|reason| panic!("{address} {reason}"))
}

#[test]
fn what_is_not_asked_for_is_safe() {
    use SmtpEncryption::{None, Opportunistic, StartTls, Wrapped};
    for (address, encryption, port) in [
        ("smtps://mail.example.org", Wrapped, 465),
        ("smtps://u:p@mail.example.org:4650", Wrapped, 4650),
        ("smtp://u:p@mail.example.org", StartTls, 587),
        ("smtp://u:p@127.0.0.1", StartTls, 587),
        ("smtp://mail.example.org", StartTls, 25),
        ("smtp://10.0.0.1", StartTls, 25),
        ("smtp://localhost", None, 25),
        ("smtp://127.0.0.1:2525", None, 2525),
        ("smtp://[::1]", None, 25),
        ("smtp://localhost.example.org", StartTls, 25),
        ("smtp://localhost?tls=required", StartTls, 25),
        ("smtp://mail.example.org?tls=opportunistic", Opportunistic, 25),
        ("smtp://mail.example.org/?tls=none", None, 25),
        ("smtp://u:p@localhost?tls=none", None, 587),
    ] {
        let settings = read(address);
        assert_eq!((settings.encryption, settings.port), (encryption, port), "{address}");
    }
    assert_eq!(read("smtp://[::1]:26").host, "::1");
    assert_eq!(
        read("smtp://localhost?hello=shop.example.org").hello_name.unwrap(),
        "shop.example.org"
    );
}

#[test]
fn a_password_is_decoded_and_never_shown() {
    let settings = read("smtps://tickets%40example.org:a+b%3A%2Fsecr%C3%ABt@mail.example.org");
    let (user, password) = settings.credentials.clone().unwrap();
    assert_eq!((&*user, &*password), ("tickets@example.org", "a+b:/secrët"));
    let shown = format!("{settings:?}");
    assert!(!shown.contains("secr") && !shown.contains("tickets"), "{shown}");
}

#[test]
fn what_makes_no_sense_or_is_not_safe_is_refused_without_a_word_of_it() {
    for address in [
        "",
        "mail.example.org",
        "http://hidden:hidden@mail.example.org",
        "smtp://",
        "smtp://mail.example.org/hidden",
        "smtp://mail.example.org#hidden",
        "smtp://mail.example.org:99999",
        "smtp://hidden@mail.example.org",
        "smtp://:hidden@mail.example.org",
        "smtp://hidden:%00hidden@mail.example.org",
        "smtp://hidden:%ff@mail.example.org",
        "smtp://hid%0d%0aden.example.org",
        "smtps://mail.example.org?tls=none",
        "smtp://mail.example.org?tls=hidden",
        "smtp://mail.example.org?hidden=1",
        "smtp://mail.example.org?hello=hid%20den",
        "smtp://u:hidden@mail.example.org?tls=none",
        "smtp://u:hidden@mail.example.org?tls=opportunistic",
    ] {
        let reason = SmtpSettings::parse(address).expect_err(address).to_string();
        assert!(!reason.contains("hid"), "{reason}");
    }
}
