use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn client(rules: &Rules, named: &[&str]) -> Client {
    // Once is enough, whoever did it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let named: Vec<_> = named.iter().map(|text| url(text)).collect();
    Client::new(rules, &named, |builder| Ok(builder.tls_certs_only([]).timeout(Duration::from_secs(5))))
        .unwrap()
}

/// A name server of the test: each name has a list of answers, given one after the other, and the last again and again.
fn rebinding(answers: &'static [&'static [&'static str]]) -> (Lookup, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let lookup = Lookup::new(move |_| {
        let turn = count.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
        Box::pin(async move { Ok(answers[turn].iter().map(|text| ip(text)).collect()) })
    });
    (lookup, asked)
}

/// A server that answers everything with this, and counts.
async fn server(answer: impl Into<Vec<u8>>) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (asked, answer) = (Arc::new(AtomicUsize::new(0)), answer.into());
    let count = asked.clone();
    crate::tasks::Tasks::default().spawn("server of a test", async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(&answer).await;
        }
    });
    (port, asked)
}

const NO_PLACE: [&str; 44] = [
    "0.0.0.0",
    "0.1.2.3",
    "169.254.169.254",
    "169.254.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::2",
    "::7f00:1",
    "::ffff:0:7f00:1",
    "::ffff:169.254.169.254",
    "::ffff:0.0.0.0",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "3fff::1",
    "5f00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "4000::1",
];

#[test]
fn every_special_range_is_known_for_what_it_is() {
    for text in NO_PLACE {
        assert_eq!(reach_of(ip(text)), Reach::Never, "{text}");
    }
    for text in [
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "100.64.0.1",
        "::ffff:10.0.0.1",
        "fd12::1",
    ] {
        assert_eq!(reach_of(ip(text)), Reach::Private, "{text}");
    }
    for text in ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"] {
        assert_eq!(reach_of(ip(text)), Reach::Loopback, "{text}");
    }
    for text in [
        "9.9.9.9",
        "172.15.0.1",
        "172.32.0.1",
        "100.63.0.1",
        "100.128.0.1",
        "2620:fe::fe",
        "64:ff9b::909:909",
    ] {
        assert_eq!(reach_of(ip(text)), Reach::Public, "{text}");
    }
}

#[test]
fn only_what_the_settings_name_is_asked() {
    let rules = Rules { hosts: vec!["keys.example".into(), "other.example:8443".into()], ..Rules::default() };
    let client = client(&rules, &["https://id.example:9443/realms/x", "http://10.1.2.3/sms"]);
    let may = |text: &str| client.request(Method::GET, url(text)).map(|_| ());
    for good in [
        "https://id.example:9443/keys",
        "https://id.example/keys",
        "https://ID.EXAMPLE./keys",
        "https://keys.example/",
        "https://other.example:8443/",
        "http://10.1.2.3/other",
    ] {
        assert_eq!(may(good), Ok(()), "{good}");
    }
    for other in
        ["https://evil.example/", "https://id.example.evil.example/", "https://example/", "http://10.1.2.4/"]
    {
        assert!(matches!(may(other), Err(Refused::NotNamed(_))), "{other}");
    }
    for other in [
        "http://id.example:9443/",
        "http://id.example/",
        "https://id.example:22/",
        "http://keys.example/",
        "http://10.1.2.3:8080/",
        "ftp://id.example/",
        "file:///etc/passwd",
        "data:text/plain,x",
        "gopher://id.example/",
    ] {
        assert_eq!(may(other), Err(Refused::Scheme), "{other}");
    }
}

#[test]
fn an_address_in_the_place_of_a_name_is_read_in_every_way_it_can_be_written() {
    // This machine, as one may hide it.
    for hidden in [
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://017700000001/",
        "http://127.1/",
        "http://127.0.0.1./",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://%31%32%37.0.0.1/",
        "http://１２７.0.0.1/",
    ] {
        assert_eq!(super::literal(&url(hidden)).map(reach_of), Some(Reach::Loopback), "{hidden}");
        let client = client(&Rules::default(), &["https://id.example/"]);
        assert!(matches!(client.request(Method::GET, url(hidden)), Err(Refused::NotNamed(_))), "{hidden}");
    }
    // Even whoever sets them gets none of these.
    for text in NO_PLACE {
        let literal =
            if text.contains(':') { format!("http://[{text}]/") } else { format!("http://{text}/") };
        let client = client(&Rules::default(), &[&literal]);
        assert!(matches!(client.request(Method::GET, url(&literal)), Err(Refused::Address { .. })), "{text}");
    }
    for (literal, rules) in [
        ("http://10.1.2.3/", Rules { allows_private: false, ..Rules::default() }),
        ("http://[fd12::1]/", Rules { allows_private: false, ..Rules::default() }),
    ] {
        let refused = client(&rules, &[literal]).request(Method::GET, url(literal)).err();
        assert!(matches!(refused, Some(Refused::Address { .. })), "{literal}");
        let listed =
            Rules { networks: vec!["10.0.0.0/8".parse().unwrap(), "fd12::/16".parse().unwrap()], ..rules };
        assert!(client(&listed, &[literal]).request(Method::GET, url(literal)).is_ok(), "{literal}");
    }
}

#[tokio::test]
async fn a_name_that_stands_for_this_machine_or_the_cloud_is_not_asked() {
    let (port, asked) = server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    const ANSWERS: [&[&[&str]]; 7] = [
        &[&["127.0.0.1"]],
        &[&["::ffff:127.0.0.1"]],
        &[&["::1", "127.0.0.1"]],
        &[&["169.254.169.254"]],
        &[&["0.0.0.0"]],
        &[&["fe80::1"]],
        &[&[]],
    ];
    for answers in ANSWERS {
        let rules = Rules { lookup: rebinding(answers).0, ..Rules::default() };
        let named = format!("http://id.example:{port}/");
        let client = client(&rules, &[&named]);
        let request = client.request(Method::GET, url(&named)).unwrap();
        let fault = client.ask(request, 1000).await.unwrap_err();
        assert!(matches!(fault, Fault::NoAnswer(_)), "{answers:?}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0, "nothing was connected to");
    // Whoever lists the network, or writes the name of this machine, means it.
    let listed = Rules {
        lookup: rebinding(&[&["127.0.0.1"]]).0,
        networks: vec!["127.0.0.1".parse().unwrap()],
        ..Rules::default()
    };
    let named = format!("http://id.example:{port}/");
    let client_of_listed = client(&listed, &[&named]);
    let request = client_of_listed.request(Method::GET, url(&named)).unwrap();
    assert_eq!(client_of_listed.ask(request, 1000).await.unwrap().status, 200);
    let own = format!("http://localhost:{port}/");
    let client_of_own = client(&Rules::default(), &[&own]);
    let request = client_of_own.request(Method::GET, url(&own)).unwrap();
    assert_eq!(client_of_own.ask(request, 1000).await.unwrap().status, 200);
}

/// The name server says something harmless to whoever checks and this machine to whoever connects: there is nobody who checks and does
/// not connect.
#[tokio::test]
async fn a_name_that_changes_between_two_questions_is_asked_for_once_and_taken_at_its_word() {
    let (port, asked) = server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    // First an address that is listed and where the server is not; then the one where it is.
    let (lookup, questions) = rebinding(&[&["127.0.0.2"], &["127.0.0.1"]]);
    let networks = vec!["127.0.0.2/32".parse().unwrap()];
    let rules = Rules { lookup, networks, ..Rules::default() };
    let named = format!("http://rebind.example:{port}/");
    let client = client(&rules, &[&named]);
    for turn in 0..3 {
        let request = client.request(Method::GET, url(&named)).unwrap();
        assert!(client.ask(request, 1000).await.is_err(), "turn {turn}");
        assert_eq!(questions.load(Ordering::SeqCst), turn + 1, "one question for one connection");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0, "neither the first nor the second answer led to the server");
}

/// Whoever names a host on a page does not mean what runs beside the gateway, unless the file of settings says so.
#[tokio::test]
async fn what_a_page_names_is_not_this_machine() {
    let rules = Rules { lookup: rebinding(&[&["10.1.2.3"]]).0, ..Rules::default() };
    let pages = rules.for_pages();
    for host in ["127.0.0.1", "localhost", "[::1]"] {
        let rules = Rules { lookup: rebinding(&[&["127.0.0.1"]]).0, ..rules.clone() };
        rules.look_up(host).await.unwrap();
        let refused = rules.for_pages().look_up(host).await.unwrap_err();
        assert!(refused.to_string().contains("networks in [egress]"), "{refused}");
        let listed = Rules {
            networks: vec!["127.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()],
            ..rules.for_pages()
        };
        listed.look_up(host).await.unwrap();
    }
    pages.look_up("id.example").await.unwrap();
    Rules { allows_private: false, ..pages.clone() }.look_up("id.example").await.unwrap_err();
    pages.look_up("169.254.169.254").await.unwrap_err();
    let client = client(&pages, &["http://127.0.0.1:1/"]);
    assert!(matches!(client.request(Method::GET, url("http://127.0.0.1:1/")), Err(Refused::Address { .. })));
}

#[tokio::test]
async fn of_several_addresses_only_the_good_ones_are_tried() {
    let (port, asked) = server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let networks = vec!["127.0.0.1".parse().unwrap()];
    let (lookup, _) = rebinding(&[&["169.254.169.254", "127.0.0.3", "127.0.0.1"]]);
    let rules = Rules { lookup, networks, ..Rules::default() };
    let named = format!("http://id.example:{port}/");
    let client = client(&rules, &[&named]);
    let request = client.request(Method::GET, url(&named)).unwrap();
    assert_eq!(client.ask(request, 1000).await.unwrap().status, 200);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_leads_nowhere() {
    let (inner, asked) = server("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret").await;
    let to =
        format!("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{inner}/\r\ncontent-length: 0\r\n\r\n");
    let (port, _) = server(to).await;
    let named = format!("http://localhost:{port}/");
    let client = client(&Rules::default(), &[&named]);
    let request = client.request(Method::GET, url(&named)).unwrap();
    assert_eq!(client.ask(request, 1000).await.unwrap().status, 302);
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_answer_without_end_is_cut_and_one_that_does_not_come_is_given_up() {
    let long =
        [b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n".to_vec(), vec![b'x'; 1_000_000]].concat();
    let (port, _) = server(long).await;
    let named = format!("http://localhost:{port}/");
    let own = client(&Rules::default(), &[&named]);
    let request = own.request(Method::GET, url(&named)).unwrap();
    assert!(matches!(own.ask(request, 10_000).await, Err(Fault::TooLong(10_000))));

    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let named = format!("http://localhost:{}/", silent.local_addr().unwrap().port());
    let hasty = Client::new(&Rules::default(), &[url(&named)], |builder| {
        Ok(builder.tls_certs_only([]).timeout(Duration::from_millis(200)))
    });
    let hasty = hasty.unwrap();
    let request = hasty.request(Method::GET, url(&named)).unwrap();
    assert!(matches!(hasty.ask(request, 1000).await, Err(Fault::NoAnswer(error)) if error.is_timeout()));
}

#[test]
fn networks_are_read_and_hold_what_they_should() {
    let network = |text: &str| text.parse::<Network>();
    for wrong in ["", "10.0.0.0/33", "10.0.0.0/x", "::/129", "example", "10.0.0/8", "/8"] {
        assert_eq!(network(wrong), Err(super::reach::NoNetwork), "{wrong}");
    }
    for (text, within, without) in [
        ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
        ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
        ("fd00::/8", "fdff::1", "fe00::1"),
        ("2001:db8::1", "2001:db8::1", "2001:db8::2"),
        ("0.0.0.0/0", "9.9.9.9", "::1"),
        ("::/0", "::1", "9.9.9.9"),
    ] {
        let network = network(text).unwrap();
        assert!(network.contains(ip(within)) && !network.contains(ip(without)), "{text}");
        assert_eq!(network.to_string().parse(), Ok(network));
    }
}
