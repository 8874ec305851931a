import { dictionary } from "../i18n";

/** Words of how a patient proves who they are, to come to the documents. */
export const tables = {
  fr: {
    prove: "Pour les voir, montrez que c’est bien vous.",
    show: "Voir mes documents",
    code: "Montrer un code",
    noKey: "L’hôpital doit d’abord vous donner un code. Appelez-nous\u00a0: l’équipe vous en donnera un.",
    or: "ou",
    and: "et",
    "both.first": "Pour les voir, il faut deux preuves\u00a0: une identification et un code.",
    "both.second": "C’est bien reçu. Il manque encore une preuve.",
    signIn: "S’identifier avec",
    signInHint: "Vous irez sur le site de {name}, puis vous reviendrez ici.",
    notComparable:
      "{name} ne peut pas servir pour cette consultation\u00a0: l’hôpital n’a pas noté votre date de naissance. Un code suffit.",
    signedIn: "Vous êtes identifié avec {name}.",
    signOut: "Se déconnecter",
    "end.done": "Votre identité est confirmée.",
    "end.other":
      "Cette identité n’ouvre pas ces documents. Vérifiez que le compte et le lien sont bien les vôtres, puis recommencez. Sinon, appelez-nous.",
    "end.not_booked":
      "Votre identité ne peut pas être comparée\u00a0: l’hôpital n’a pas noté votre date de naissance. Montrez un code, ou appelez-nous.",
    "end.not_said":
      "Le service d’identification ne donne pas vos noms ou votre date de naissance en entier. Montrez un code, ou appelez-nous.",
    "end.closed": "Ce lien ne mène plus à des documents. Appelez-nous pour en recevoir un nouveau.",
    "end.expired":
      "L’identification a duré trop longtemps, ou a fini dans une autre fenêtre. Recommencez depuis cette page.",
    "end.refused": "L’identification n’est pas allée au bout. Recommencez, ou appelez-nous.",
    "end.weak": "Le compte choisi ne suffit pas ici. Recommencez avec un autre compte.",
    "end.untrusted":
      "La réponse du service d’identification n’est pas valable, et rien n’a été ouvert. Recommencez\u00a0; si cela se répète, appelez-nous.",
    "end.unreachable": "Le service d’identification ne répond pas. Réessayez dans quelques minutes, ou appelez-nous.",
    "end.failed": "Il y a un problème chez nous. Réessayez dans quelques minutes.",
    "end.signed_out": "Vous êtes déconnecté.",
  },
  en: {
    prove: "To see them, show that it is you.",
    show: "See my documents",
    code: "Show a code",
    noKey: "The hospital has to give you a code first. Call us: the team will give you one.",
    or: "or",
    and: "and",
    "both.first": "Two proofs are needed to see them: a sign-in and a code.",
    "both.second": "That is received. One more proof is needed.",
    signIn: "Sign in with",
    signInHint: "You go to the site of {name}, and then come back here.",
    notComparable:
      "{name} cannot be used for this consultation: the hospital has not noted your date of birth. A code is enough.",
    signedIn: "You are signed in with {name}.",
    signOut: "Sign out",
    "end.done": "Your identity is confirmed.",
    "end.other":
      "This identity does not open these documents. Check that the account and the link are your own, then try again. Otherwise, call us.",
    "end.not_booked":
      "Your identity cannot be compared: the hospital has not noted your date of birth. Show a code, or call us.",
    "end.not_said": "The identity service does not tell your whole names or date of birth. Show a code, or call us.",
    "end.closed": "This link does not lead to documents any more. Call us to get a new one.",
    "end.expired": "The sign-in took too long, or ended in another window. Begin again on this page.",
    "end.refused": "The sign-in was not finished. Try again, or call us.",
    "end.weak": "The account that was chosen is not enough here. Try again with another account.",
    "end.untrusted":
      "The answer of the identity service is not valid, and nothing was opened. Try again; if it happens again, call us.",
    "end.unreachable": "The identity service does not answer. Try again in a few minutes, or call us.",
    "end.failed": "There is a problem on our side. Try again in a few minutes.",
    "end.signed_out": "You are signed out.",
  },
} as const;
export const t = dictionary(tables);
