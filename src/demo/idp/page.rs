//! The pages of the demo's identity provider, in French and English.

use axum::http::{HeaderMap, header};

use super::{DemoIdp, Request};

/// What the pages say, in one language.
pub(super) struct Words {
    language: &'static str,
    /// Which of a person's two descriptions.
    index: usize,
    banner: &'static str,
    title: &'static str,
    lead: &'static str,
    refused: &'static str,
    signed_out: &'static str,
    may_close: &'static str,
}

const FRENCH: Words = Words {
    language: "fr",
    index: 0,
    banner: "Démonstration. Aucune de ces personnes n’existe et aucun mot de passe n’est demandé.",
    title: "Qui êtes-vous ?",
    lead: "À l’hôpital, vous arriveriez ici sur la page de connexion de l’établissement. Choisissez une personne :",
    refused: "Cette demande de connexion est refusée",
    signed_out: "Vous êtes déconnecté",
    may_close: "Vous pouvez fermer cette page.",
};

const ENGLISH: Words = Words {
    language: "en",
    index: 1,
    banner: "Demonstration. None of these people exists, and no password is asked for.",
    title: "Who are you?",
    lead: "In a hospital this would be the hospital’s own sign-in page. Choose a person:",
    refused: "This sign-in is refused",
    signed_out: "You are signed out",
    may_close: "You can close this page.",
};

/// The words of the first language of the browser that is here; French if none is.
pub(super) fn words(headers: &HeaderMap) -> &'static Words {
    let wanted =
        headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first = wanted.split(',').find_map(|language| match language.trim().get(..2)? {
        "fr" => Some(&FRENCH),
        "en" => Some(&ENGLISH),
        _ => None,
    });
    first.unwrap_or(&FRENCH)
}

/// The people, each a button.
pub(super) fn people(words: &Words, idp: &DemoIdp, request: &Request) -> String {
    let mut body = format!("<p>{}</p>\n<form method=\"post\" action=\"", escape(words.lead));
    body += &escape(idp.url("authorize").as_str());
    body += "\">\n";
    let state = request.state.as_deref().map(|value| ("state", value));
    let nonce = request.nonce.as_deref().map(|value| ("nonce", value));
    let fields = [
        ("client_id", request.client_id.as_str()),
        ("redirect_uri", &request.redirect_uri),
        ("response_type", &request.response_type),
        ("scope", &request.scope),
        ("code_challenge", &request.code_challenge),
        ("code_challenge_method", &request.code_challenge_method),
    ];
    for (name, value) in fields.into_iter().chain(state).chain(nonce) {
        body += &format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">\n", escape(value));
    }
    for person in DemoIdp::PEOPLE {
        body += &format!(
            "<button name=\"person\" value=\"{}\"><strong>{}</strong><span>{}</span></button>\n",
            person.subject,
            escape(person.name),
            escape(person.duty[words.index])
        );
    }
    body += "</form>";
    page(words, idp, words.title, &body)
}

/// Says why a request is not answered.
pub(super) fn refusal(words: &Words, idp: &DemoIdp, what: &str) -> String {
    page(words, idp, words.refused, &format!("<p><code>{}</code></p>", escape(what)))
}

/// Says that the sign-out is done.
pub(super) fn signed_out(words: &Words, idp: &DemoIdp) -> String {
    page(words, idp, words.signed_out, &format!("<p>{}</p>", escape(words.may_close)))
}

fn page(words: &Words, idp: &DemoIdp, title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title} · Parvis</title>\n\
         <link rel=\"stylesheet\" href=\"{style}\">\n</head>\n<body>\n<p class=\"banner\">{banner}</p>\n<main>\n\
         <h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n",
        language = words.language,
        title = escape(title),
        style = escape(idp.url("style.css").as_str()),
        banner = escape(words.banner),
    )
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_become_markup() {
        assert_eq!(escape("<a href=\"x\">'&</a>"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&lt;/a&gt;");
    }

    #[test]
    fn the_language_is_the_browsers_first_of_the_two() {
        let language = |wanted: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, wanted.parse().unwrap());
            words(&headers).language
        };
        assert_eq!(language("de-DE,en-GB;q=0.8,fr;q=0.5"), "en");
        assert_eq!(language("fr-FR,en;q=0.5"), "fr");
        assert_eq!(language("é"), "fr");
        assert_eq!(words(&HeaderMap::new()).language, "fr");
    }
}
