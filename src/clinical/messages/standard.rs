//! The texts that go out unless an administrator has written others.

use super::super::Language;
use super::{Channel, MessageKind, Template};

const HELP_FR: &str = "Une question, un problème ? Appelez le {telephone}.";
const HELP_EN: &str = "A question or a problem? Call {telephone}.";

/// The text of a message as the program brings it.
pub fn standard(kind: MessageKind, channel: Channel, language: Language) -> Template {
    match channel {
        Channel::Email => mail(kind, language),
        Channel::Sms => Template { subject: String::new(), body: sms(kind, language).to_owned() },
    }
}

fn mail(kind: MessageKind, language: Language) -> Template {
    use Language::{English as En, French as Fr};
    use MessageKind as Kind;
    let subject = match (kind, language) {
        (Kind::Invitation, Fr) => "{hospital} : votre rendez-vous vidéo",
        (Kind::Invitation, En) => "{hospital}: your video appointment",
        (Kind::Change, Fr) => "{hospital} : votre rendez-vous change d'heure",
        (Kind::Change, En) => "{hospital}: your appointment has a new time",
        (Kind::Cancellation, Fr) => "{hospital} : votre rendez-vous est annulé",
        (Kind::Cancellation, En) => "{hospital}: your appointment is cancelled",
        (Kind::ReminderDay | Kind::ReminderHour, Fr) => "{hospital} : rappel de votre rendez-vous",
        (Kind::ReminderDay | Kind::ReminderHour, En) => "{hospital}: reminder of your appointment",
        (Kind::Late, Fr) => "{hospital} : un peu de retard",
        (Kind::Late, En) => "{hospital}: a short delay",
        (Kind::Code, Fr) => "{hospital} : votre code",
        (Kind::Code, En) => "{hospital}: your code",
    };
    let (hello, help, bye) = match language {
        Fr => ("Bonjour,", HELP_FR, "À bientôt,\n{hospital}"),
        En => ("Hello,", HELP_EN, "See you soon,\n{hospital}"),
    };
    let mut paragraphs = vec![hello];
    paragraphs.extend(match (kind, language) {
        (Kind::Invitation, Fr) => &[
            "Vous avez un rendez-vous vidéo le {when}.",
            "À l'heure du rendez-vous, ouvrez ce lien sur un téléphone, une tablette ou un ordinateur :",
            "{link}",
            "Vous pouvez l'ouvrir dès maintenant pour essayer votre caméra et votre micro. Il n'y a rien à installer.",
            "Ce lien est personnel. Ne le donnez à personne.",
        ][..],
        (Kind::Invitation, En) => &[
            "You have a video appointment on {when}.",
            "When it is time, open this link on a phone, a tablet or a computer:",
            "{link}",
            "You can open it now to try your camera and your microphone. There is nothing to install.",
            "This link is for you alone. Do not give it to anybody.",
        ][..],
        (Kind::Change, Fr) => &[
            "Votre rendez-vous vidéo du {was} change d'heure.",
            "Il aura lieu le {when}.",
            "Voici votre nouveau lien. L'ancien ne fonctionne plus.",
            "{link}",
        ][..],
        (Kind::Change, En) => &[
            "Your video appointment of {was} has a new time.",
            "It will take place on {when}.",
            "Here is your new link. The old one does not work any more.",
            "{link}",
        ][..],
        (Kind::Cancellation, Fr) => &[
            "Votre rendez-vous vidéo du {when} est annulé.",
            "Votre lien ne fonctionne plus. Vous n'avez rien à faire.",
        ][..],
        (Kind::Cancellation, En) => &[
            "Your video appointment of {when} is cancelled.",
            "Your link does not work any more. You do not need to do anything.",
        ][..],
        (Kind::ReminderDay, Fr) => &[
            "Nous vous rappelons votre rendez-vous vidéo le {when}.",
            "{link}",
            "Essayez votre caméra et votre micro dès aujourd'hui : ouvrez ce lien.",
        ][..],
        (Kind::ReminderDay, En) => &[
            "This is a reminder of your video appointment on {when}.",
            "{link}",
            "Try your camera and your microphone today: open this link.",
        ][..],
        (Kind::ReminderHour, Fr) => &[
            "Votre rendez-vous vidéo est aujourd'hui à {time}.",
            "Ouvrez ce lien quelques minutes avant :",
            "{link}",
        ][..],
        (Kind::ReminderHour, En) => &[
            "Your video appointment is today at {time}.",
            "Open this link a few minutes before:",
            "{link}",
        ][..],
        (Kind::Late, Fr) => &[
            "Votre rendez-vous de {time} aura environ {minutes} minutes de retard.",
            "Vous gardez votre place. Merci de votre patience.",
            "{link}",
        ][..],
        (Kind::Late, En) => &[
            "Your appointment of {time} will be about {minutes} minutes late.",
            "You keep your place. Thank you for your patience.",
            "{link}",
        ][..],
        (Kind::Code, Fr) => &[
            "Votre code est {code}",
            "Il est valable 10 minutes. Ne le donnez à personne, même à quelqu'un qui dit appeler de l'hôpital.",
        ][..],
        (Kind::Code, En) => &[
            "Your code is {code}",
            "It is good for 10 minutes. Do not give it to anybody, even if they say they call from the hospital.",
        ][..],
    });
    paragraphs.extend([help, bye]);
    Template { subject: subject.to_owned(), body: paragraphs.join("\n\n") }
}

/// Letters of the GSM alphabet only, but for what stands in the places: an SMS with others is twice as long.
fn sms(kind: MessageKind, language: Language) -> &'static str {
    use Language::{English as En, French as Fr};
    use MessageKind as Kind;
    match (kind, language) {
        (Kind::Invitation, Fr) => {
            "{hospital} : rendez-vous vidéo le {when}. Votre lien personnel : {link} Aide : {telephone}"
        }
        (Kind::Invitation, En) => {
            "{hospital}: video appointment on {when}. Your personal link: {link} Help: {telephone}"
        }
        (Kind::Change, Fr) => {
            "{hospital} : votre rendez-vous vidéo est maintenant le {when}. Nouveau lien : {link} Aide : {telephone}"
        }
        (Kind::Change, En) => {
            "{hospital}: your video appointment is now on {when}. New link: {link} Help: {telephone}"
        }
        (Kind::Cancellation, Fr) => {
            "{hospital} : votre rendez-vous vidéo du {when} est annulé. Une question : {telephone}"
        }
        (Kind::Cancellation, En) => {
            "{hospital}: your video appointment of {when} is cancelled. A question: {telephone}"
        }
        (Kind::ReminderDay, Fr) => {
            "{hospital} : rappel, rendez-vous vidéo le {when}. Votre lien : {link} Aide : {telephone}"
        }
        (Kind::ReminderDay, En) => {
            "{hospital}: reminder, video appointment on {when}. Your link: {link} Help: {telephone}"
        }
        (Kind::ReminderHour, Fr) => {
            "{hospital} : rendez-vous vidéo aujourd'hui à {time}. Votre lien : {link} Aide : {telephone}"
        }
        (Kind::ReminderHour, En) => {
            "{hospital}: video appointment today at {time}. Your link: {link} Help: {telephone}"
        }
        (Kind::Late, Fr) => {
            "{hospital} : environ {minutes} minutes de retard pour votre rendez-vous vidéo. Vous gardez votre place. Aide : {telephone}"
        }
        (Kind::Late, En) => {
            "{hospital}: your video appointment is about {minutes} minutes late. You keep your place. Help: {telephone}"
        }
        // The code first: telephones offer it from there.
        (Kind::Code, Fr) => {
            "{code} est votre code pour {hospital}. Valable 10 minutes. Ne le donnez à personne."
        }
        (Kind::Code, En) => {
            "{code} is your code for {hospital}. Good for 10 minutes. Do not give it to anybody."
        }
    }
}
