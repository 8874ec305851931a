use proptest::prelude::*;

use super::*;

const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n\
    a=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\na=mid:0\r\na=sendonly\r\na=ice-ufrag:abcd\r\na=ice-pwd:secret\r\n\
    a=setup:actpass\r\na=msid:s t\r\na=ssrc:1 cname:x\r\na=candidate:1 1 udp 1 192.0.2.1 5 typ host\r\n\
    a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n\
    a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n\
    a=rtpmap:63 red/48000/2\r\n\
    m=video 9 UDP/TLS/RTP/SAVPF 98 96 97\r\na=mid:1\r\na=sendonly\r\na=ice-ufrag:abcd\r\na=ice-pwd:secret\r\n\
    a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n\
    a=extmap:5 urn:3gpp:video-orientation\r\n\
    a=rtpmap:98 VP9/90000\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 goog-remb\r\na=rtcp-fb:96 nack\r\n\
    a=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n\
    a=ssrc-group:FID 2 3\r\na=ssrc:2 cname:x\r\na=ssrc:3 cname:x\r\n";

fn read(sdp: &str) -> Outline {
    outline(sdp, Way::Send, MAX_SECTIONS).unwrap()
}

fn refused(sdp: &str) -> Fault {
    outline(sdp, Way::Send, MAX_SECTIONS).unwrap_err()
}

fn local<'a>(candidates: &'a [String]) -> Local<'a> {
    Local { id: 7, version: 2, name: "name", password: "password", fingerprint: "sha-256 AB", candidates }
}

#[test]
fn an_offer_is_read() {
    let outline = read(OFFER);
    assert_eq!(outline.sections.len(), 2);
    assert_eq!(outline.credentials, ("abcd".to_owned(), "secret".to_owned()));
    let [sound, picture] = &outline.sections[..] else { panic!("two sections") };
    assert_eq!((sound.kind, picture.kind), (MediaKind::Audio, MediaKind::Video));
    assert_eq!(sound.codec.as_ref().map(|codec| codec.payload_type), Some(111));
    let codec = picture.codec.as_ref().unwrap();
    assert_eq!((codec.payload_type, codec.repair), (96, Some(97)));
    assert_eq!((&picture.sources[..], &picture.repairs[..]), (&[2, 3][..], &[(2, 3)][..]));
    assert_eq!(sound.extensions.id(Extension::AudioLevel), Some(1));
    assert_eq!(picture.extensions.id(Extension::Layer), Some(10));
    assert_eq!(picture.extensions.id(Extension::TransportSequence), None);
}

#[test]
fn redundant_sound_is_taken_where_it_is_meant_for_the_codec() {
    let red = OFFER.replace("a=rtpmap:63 red/48000/2", "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111");
    let sdp = answer(&local(&[]), &read(&red));
    assert!(sdp.contains("m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\n"), "first what is to be sent: {sdp}");
    assert!(sdp.contains("a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"), "{sdp}");
    let other = answer(&local(&[]), &read(&red.replace("111/111", "0/0")));
    assert!(!other.contains("red/"), "{other}");
    let stereo = answer(&local(&[]), &read(&red.replace("useinbandfec=1", "sprop-stereo=1")));
    assert!(!stereo.contains("red/"), "auscultation does not fit twice: {stereo}");
}

#[test]
fn numbers_are_those_of_the_device() {
    let firefox = OFFER
        .replace("SAVPF 111 63", "SAVPF 109 9")
        .replace(":111 ", ":109 ")
        .replace("SAVPF 98 96 97", "SAVPF 120 124")
        .replace(":96 ", ":120 ")
        .replace(":97 ", ":124 ")
        .replace("apt=96", "apt=120");
    let sdp = answer(&local(&[]), &read(&firefox));
    assert!(sdp.contains("m=audio 9 UDP/TLS/RTP/SAVPF 109\r\n"), "{sdp}");
    assert!(sdp.contains("m=video 9 UDP/TLS/RTP/SAVPF 120 124\r\n"), "{sdp}");
    assert!(sdp.contains("a=fmtp:124 apt=120\r\n"), "{sdp}");
}

#[test]
fn what_is_wrong_is_named() {
    assert_eq!(refused(""), Fault::Empty);
    assert_eq!(refused(&"x".repeat(300_000)), Fault::TooLong(300_000));
    assert_eq!(refused(&OFFER.repeat(9)), Fault::TooManySections(18, 16));
    assert_eq!(refused(&OFFER.replace("m=video", "m=application")), Fault::Media(1));
    assert_eq!(refused(&OFFER.replace("a=mid:1", "a=mid:0")), Fault::SameMid(1));
    assert_eq!(refused(&OFFER.replace("a=mid:1", "a=mid:a b")), Fault::Mid(1));
    assert_eq!(refused(&OFFER.replacen("a=sendonly", "a=sendrecv", 1)), Fault::Direction(0));
    assert_eq!(refused(&OFFER.replace("a=ssrc:2", "a=ssrc:1")), Fault::SameSource);
    assert_eq!(refused(&OFFER.replace("a=fingerprint", "a=fingerpaint")), Fault::Credentials);
    assert_eq!(refused(&OFFER.replace("a=ice-pwd:secret", "a=ice-pwd:")), Fault::Credentials);
    assert_eq!(refused(&OFFER.replace("sha-256 00", "sha-256 zz")), Fault::Fingerprint);
    assert_eq!(refused(&OFFER.replace("sha-256", "sha-1")), Fault::Fingerprint);
    let other = "a=fingerprint:sha-256 ".to_owned() + &["FF"; 32].join(":") + "\r\n";
    assert_eq!(refused(&(OFFER.to_owned() + &other)), Fault::Fingerprint);
    assert_eq!(refused(&OFFER.replace("a=setup:actpass", "a=setup:passive")), Fault::Setup);
    assert_eq!(refused(&OFFER.replace("cname:x", "cname:\0")), Fault::NotText);
    let many: String = (10..30).map(|ssrc| format!("a=ssrc:{ssrc} cname:x\r\n")).collect();
    assert_eq!(refused(&(OFFER.to_owned() + &many)), Fault::TooManySources(1));
    let many: String = (10..15).map(|layer| format!("a=rid:{layer} send\r\n")).collect();
    assert_eq!(refused(&(OFFER.to_owned() + &many)), Fault::TooManyLayers(1));
}

#[test]
fn an_answer_takes_what_can_be_forwarded() {
    let addresses = ["192.0.2.9:40000".parse().unwrap(), "[2001:db8::9]:40000".parse().unwrap()];
    let lines = candidates(&addresses);
    let offer = OFFER.to_owned() + "a=rid:l send\r\na=rid:h send\r\na=simulcast:send l;h\r\n";
    let sdp = answer(&local(&lines), &read(&offer));
    let taken = outline(&sdp.replace("passive", "active"), Way::Receive, 16);
    assert_eq!(taken, Err(Fault::Fingerprint), "the one above is none");
    for line in [
        "a=ice-lite",
        "a=group:BUNDLE 0 1",
        "a=candidate:1 1 udp 2130706431 192.0.2.9 40000 typ host",
        "a=candidate:2 1 udp 2130706175 2001:db8::9 40000 typ host",
        "a=setup:passive",
        "a=recvonly",
        "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
        "a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1",
        "a=rtcp-fb:96 nack pli",
        "a=rid:l recv",
        "a=simulcast:recv l;h",
    ] {
        assert!(sdp.lines().any(|other| other == line), "{line} in\n{sdp}");
    }
    for word in ["VP9", "red/", "goog-remb", "orientation", "sendonly"] {
        assert!(!sdp.contains(word), "{word}");
    }
}

#[test]
fn sound_is_as_the_device_wants_it() {
    let stereo = OFFER.replace("useinbandfec=1", "sprop-stereo=1;maxaveragebitrate=999999");
    let sdp = answer(&local(&[]), &read(&stereo));
    assert!(
        sdp.contains("minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1;maxaveragebitrate=510000\r\n"),
        "{sdp}"
    );
    let firefox = OFFER.replace("useinbandfec=1", "maxplaybackrate=48000;stereo=1;useinbandfec=1");
    let sdp = answer(&local(&[]), &read(&firefox));
    assert!(sdp.contains("minptime=10;useinbandfec=1;usedtx=1\r\n"), "{sdp}");
}

#[test]
fn a_section_that_exists_in_the_bundle_only_is_in_use() {
    let firefox = OFFER.replace("m=video 9", "m=video 0").replace("a=mid:1", "a=bundle-only\r\na=mid:1");
    let sdp = answer(&local(&[]), &read(&firefox));
    assert!(sdp.contains("a=group:BUNDLE 0 1\r\n") && sdp.contains("m=video 9 "), "{sdp}");
    let refused = answer(&local(&[]), &read(&OFFER.replace("m=video 9", "m=video 0")));
    assert!(refused.contains("a=group:BUNDLE 0\r\n") && refused.contains("m=video 0 "), "{refused}");
}

#[test]
fn a_section_without_a_known_codec_is_refused_and_a_pausing_one_is_not() {
    let sdp = answer(&local(&[]), &read(&OFFER.replace("VP8/90000", "VP8/0")));
    assert!(sdp.contains("a=group:BUNDLE 0\r\n") && sdp.contains("m=video 0 "), "{sdp}");
    let pausing = OFFER.replace("a=mid:1\r\na=sendonly", "a=mid:1\r\na=inactive");
    let sdp = answer(&local(&[]), &read(&pausing));
    assert!(sdp.contains("m=video 9 ") && sdp.matches("a=inactive").count() == 1, "{sdp}");
}

fn stream(ssrc: u32, is_auscultation: bool) -> Stream {
    let repair_ssrc = ssrc + 1;
    Stream { stream: "s".to_owned(), is_auscultation, track: "t".to_owned(), ssrc, repair_ssrc }
}

#[test]
fn auscultation_is_offered_in_stereo_and_without_pauses_beside_a_voice() {
    let offered = |ssrc, is_auscultation| Offered {
        kind: MediaKind::Audio,
        stream: Some(stream(ssrc, is_auscultation)),
    };
    let sdp = offer(&local(&[]), &[offered(5, true), offered(7, false)]);
    let sections: Vec<&str> = sdp.split("\r\nm=").skip(1).collect();
    let [body, voice] = sections[..] else { panic!("two sections") };
    let line = "a=fmtp:111 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1;maxaveragebitrate=128000\r\n";
    assert!(body.contains(line) && !body.contains("usedtx") && !body.contains("red/"), "{body}");
    assert!(
        voice.contains("usedtx=1\r\n") && !voice.contains("stereo=1") && voice.contains("red/"),
        "{voice}"
    );
}

#[test]
fn an_offer_is_written() {
    let stream = stream(5, false);
    let sections = [
        Offered { kind: MediaKind::Audio, stream: None },
        Offered { kind: MediaKind::Video, stream: Some(stream) },
    ];
    let mut local = local(&[]);
    let fingerprint = "sha-256 ".to_owned() + &["AB"; 32].join(":");
    local.fingerprint = &fingerprint;
    let sdp = offer(&local, &sections);
    let read = outline(&sdp, Way::Send, 16).unwrap();
    assert_eq!(read.credentials, ("name".to_owned(), "password".to_owned()));
    let [sound, picture] = &read.sections[..] else { panic!("two sections") };
    assert_eq!((sound.way, sound.mid.as_str(), sound.sources.len()), (Way::None, "0", 0));
    assert_eq!((picture.way, picture.mid.as_str()), (Way::Send, "1"));
    assert_eq!((&picture.sources[..], &picture.repairs[..]), (&[5, 6][..], &[(5, 6)][..]));
    assert_eq!(picture.codec, Some(Codec::own(MediaKind::Video)));
    assert_eq!(picture.extensions.id(Extension::Mid), Some(4));
    assert!(sdp.contains("a=msid:s t\r\n"));
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_fault(sdp in "(([vosmabt]=)?[ -~]{0,20}\r?\n){0,40}") {
        let _ = outline(&sdp, Way::Send, MAX_SECTIONS);
    }

    #[test]
    fn a_damaged_offer_is_read_or_refused(at in 0_usize..1_500, to in any::<char>()) {
        let sdp: String =
            OFFER.chars().enumerate().map(|(index, char)| if index == at { to } else { char }).collect();
        if let Ok(outline) = outline(&sdp, Way::Send, MAX_SECTIONS) {
            prop_assert!(outline.sections.len() <= MAX_SECTIONS);
            answer(&local(&[]), &outline);
        }
    }
}
