//! Somebody who uses the gateway without a browser: HTTP with a login cookie, and the WebSocket of a consultation.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use parvis::protocol::{
    ClientMessage, ConsentRequest, ConsentWord, LanguageWord, PROTOCOL, PictureHeader, ServerMessage,
    SocketTicket, TicketRequest, ViewingKnown,
};
use reqwest::{Method, RequestBuilder, Response, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

const LOGIN_COOKIE: &str = "__Host-parvis-login";
const SIGN_IN_COOKIE: &str = "__Host-parvis-signin";
/// Whatever is waited for comes within this time, or the measurement fails.
const LIMIT: Duration = Duration::from_secs(20);
/// Whoever is silent for 25 s counts as lost.
const PING_AFTER: Duration = Duration::from_secs(8);

/// Somebody of the demonstration, signed in; or nobody.
pub struct Person {
    base: String,
    client: reqwest::Client,
    cookie: Option<String>,
    /// Where WebSockets connect to instead of the gateway.
    line: Option<SocketAddr>,
}

impl Person {
    /// Somebody without a login: a guest.
    pub fn nobody(base: &str) -> Result<Self> {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { base: base.to_owned(), client, cookie: None, line: None })
    }

    /// The same, with WebSockets that go by a [`Line`](crate::line::Line).
    pub fn behind(self, line: SocketAddr) -> Self {
        Self { line: Some(line), ..self }
    }

    /// Signs in by the whole flow: to the provider, a choice on its page, back with a code.
    pub async fn sign_in(base: &str, who: &str) -> Result<Self> {
        let mut person = Self::nobody(base)?;
        let begun = person.request(Method::GET, "/login?return_to=/app").send().await?;
        let attempt = cookie(&begun, SIGN_IN_COOKIE).context("the sign-in did not begin")?;
        let mut provider = url::Url::parse(location(&begun)?)?;
        let mut form: Vec<(String, String)> = provider.query_pairs().into_owned().collect();
        form.push(("person".to_owned(), who.to_owned()));
        provider.set_query(None);
        let chosen = person.client.post(provider).header(header::ORIGIN, base).form(&form).send().await?;
        let callback = person.client.get(location(&chosen)?);
        let callback = callback.header(header::COOKIE, format!("{SIGN_IN_COOKIE}={attempt}")).send().await?;
        let login = cookie(&callback, LOGIN_COOKIE);
        person.cookie = Some(login.with_context(|| format!("{who} was not signed in"))?);
        Ok(person)
    }

    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        answer(self.request(Method::GET, path)).await.with_context(|| format!("GET {path}"))
    }

    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        answer(self.request(Method::POST, path).json(body)).await.with_context(|| format!("POST {path}"))
    }

    /// Sends a file as the body.
    pub async fn upload<T: DeserializeOwned>(&self, path: &str, bytes: Vec<u8>) -> Result<T> {
        answer(self.request(Method::POST, path).body(bytes)).await.with_context(|| format!("POST {path}"))
    }

    /// Attends as staff, by the login.
    pub async fn attend(&self, appointment: &str) -> Result<Seat> {
        self.seat(None, Some(appointment.to_owned())).await
    }

    /// Attends as the guest of this link, who agrees to the information that comes with the program.
    pub async fn attend_by(&self, link: &str) -> Result<Seat> {
        let consent = ConsentRequest { answer: ConsentWord::Given, version: 0, language: LanguageWord::Fr };
        let told = self.request(Method::POST, "/api/guest/consent");
        let told = told.header(header::AUTHORIZATION, format!("Link {link}")).json(&consent).send().await?;
        anyhow::ensure!(told.status().is_success(), "the answer was not taken: {}", told.status());
        self.seat(Some(link.to_owned()), None).await
    }

    async fn seat(&self, link: Option<String>, appointment: Option<String>) -> Result<Seat> {
        let mut request = format!("{}/ws", self.base.replacen("http", "ws", 1)).into_client_request()?;
        request.headers_mut().insert(header::ORIGIN, self.base.parse()?);
        if let Some(cookie) = &self.cookie {
            request.headers_mut().insert(header::COOKIE, format!("{LOGIN_COOKIE}={cookie}").parse()?);
        }
        let (stream, _) = match self.line {
            None => tokio_tungstenite::connect_async(request).await?,
            Some(line) => {
                let stream = MaybeTlsStream::Plain(TcpStream::connect(line).await?);
                tokio_tungstenite::client_async(request, stream).await?
            }
        };
        if let MaybeTlsStream::Plain(stream) = stream.get_ref() {
            stream.set_nodelay(true)?;
        }
        let (participant, said_at) = (String::new(), Instant::now());
        let mut seat = Seat {
            stream,
            participant,
            requests: 0,
            arrived: None,
            said_at,
            revision: None,
            viewing: ViewingKnown::default(),
        };
        let language = LanguageWord::Fr;
        let asked = TicketRequest { link: link.clone() };
        let SocketTicket { ticket } = self.post("/api/socket-ticket", &asked).await?;
        seat.say(&ClientMessage::Hello {
            protocol: PROTOCOL,
            language,
            link,
            appointment,
            resume: None,
            ticket: Some(ticket),
            window: None,
        })
        .await?;
        let welcome = seat.wait(|message| match message {
            ServerMessage::Welcome { participant, .. } => Some(participant.clone()),
            _ => None,
        });
        seat.participant = welcome.await.context("no welcome")?;
        Ok(seat)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        let request = request.header(header::ORIGIN, &self.base);
        match &self.cookie {
            Some(cookie) => request.header(header::COOKIE, format!("{LOGIN_COOKIE}={cookie}")),
            None => request,
        }
    }
}

async fn answer<T: DeserializeOwned>(request: RequestBuilder) -> Result<T> {
    let response = request.send().await?;
    let status = response.status();
    let text = response.text().await?;
    anyhow::ensure!(status.is_success(), "{status}: {text}");
    Ok(serde_json::from_str(&text)?)
}

fn location(response: &Response) -> Result<&str> {
    let location = response.headers().get(header::LOCATION).context("a redirect was expected")?;
    Ok(location.to_str()?)
}

fn cookie(response: &Response, name: &str) -> Option<String> {
    let cookies = response.headers().get_all(header::SET_COOKIE).iter();
    let value = |line: &str| line.strip_prefix(name)?.strip_prefix('=')?.split(';').next().map(str::to_owned);
    cookies.filter_map(|line| value(line.to_str().ok()?)).find(|value| !value.is_empty())
}

/// A WebSocket that has been welcomed.
pub struct Seat {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub participant: String,
    requests: u32,
    /// A picture that has come and may not have been acknowledged yet.
    arrived: Option<Arrived>,
    said_at: Instant,
    /// Of the viewing, as it was told last.
    pub revision: Option<u32>,
    viewing: ViewingKnown,
}

/// What came over a WebSocket.
pub enum Heard {
    Message(Box<ServerMessage>),
    Picture(Arrived),
}

/// A whole picture, already acknowledged as drawn.
pub struct Arrived {
    pub at: Instant,
    pub header: PictureHeader,
    /// Size of the encoded picture.
    pub bytes: usize,
}

impl Seat {
    pub async fn say(&mut self, message: &ClientMessage) -> Result<()> {
        self.said_at = Instant::now();
        Ok(self.stream.send(Message::Text(serde_json::to_string(message)?.into())).await?)
    }

    /// Sends a request, made with its number, and waits until it is accepted.
    pub async fn ask(&mut self, make: impl FnOnce(u32) -> ClientMessage) -> Result<()> {
        self.requests += 1;
        let number = self.requests;
        let message = make(number);
        self.say(&message).await?;
        let answer = self.wait(|heard| match heard {
            ServerMessage::Accepted { request } if *request == number => Some(Ok(())),
            ServerMessage::Rejected { request, detail, .. } if *request == number => {
                Some(Err(detail.clone()))
            }
            _ => None,
        });
        match answer.await? {
            Ok(()) => Ok(()),
            Err(detail) => bail!("the gateway refused: {detail}"),
        }
    }

    /// Waits for a message that fits.
    pub async fn wait<T>(&mut self, fits: impl Fn(&ServerMessage) -> Option<T>) -> Result<T> {
        loop {
            if let Heard::Message(message) = self.hear().await?
                && let Some(found) = fits(&message)
            {
                return Ok(found);
            }
        }
    }

    /// Whatever comes next. Pictures are acknowledged.
    pub async fn hear(&mut self) -> Result<Heard> {
        tokio::time::timeout(LIMIT, self.next()).await.context("nothing came in time")?
    }

    /// As [`Self::hear`], however long it takes. Nothing is lost when it is dropped before it is done.
    pub async fn next(&mut self) -> Result<Heard> {
        loop {
            if let Some(Arrived { header, .. }) = &self.arrived {
                let sequence = header.sequence;
                self.say(&ClientMessage::Drawn { sequence }).await?;
                if let Some(arrived) = self.arrived.take() {
                    return Ok(Heard::Picture(arrived));
                }
            }
            let silent_at = self.said_at + PING_AFTER;
            let Ok(next) = tokio::time::timeout_at(silent_at.into(), self.stream.next()).await else {
                self.say(&ClientMessage::Ping {}).await?;
                continue;
            };
            match next.context("the connection was closed")?? {
                Message::Text(text) => match serde_json::from_str(text.as_str())? {
                    ServerMessage::Problem { code, detail } => {
                        bail!("the gateway reports {code:?}: {detail}")
                    }
                    ServerMessage::FrameFailed { detail, .. } => bail!("a frame cannot be shown: {detail}"),
                    message => {
                        let message = self.viewing.whole(message)?;
                        if let ServerMessage::Viewing(state) = &message {
                            self.revision = Some(state.revision);
                        }
                        return Ok(Heard::Message(Box::new(message)));
                    }
                },
                Message::Binary(message) => {
                    let at = Instant::now();
                    let (header, bytes) = picture(&message).context("a picture that cannot be read")?;
                    self.arrived = Some(Arrived { at, header, bytes });
                }
                Message::Close(_) => bail!("the gateway closed the connection"),
                _ => {}
            }
        }
    }
}

fn picture(message: &[u8]) -> Option<(PictureHeader, usize)> {
    let (length, rest) = message.split_first_chunk::<4>()?;
    let (header, picture) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    Some((serde_json::from_slice(header).ok()?, picture.len()))
}
