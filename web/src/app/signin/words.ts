import { dictionary } from "../../i18n";

/** Words about signing in. */
export const t = dictionary({
  fr: {
    own: "Se connecter avec le compte de l’hôpital",
    by: "Se connecter avec {label}",
    or: "ou",
    again: "Recommencer la connexion",
    reason: "Pour l’informatique\u00a0: {reason}",
    others: "Vous pouvez aussi vous connecter autrement, ci-dessous.",
    running: "Les personnes déjà connectées ne sont pas touchées, et les appels continuent.",
    waysUnknown: "Les façons de se connecter ne sont pas connues pour l’instant.",
    "activity.title": "Où travaillez-vous maintenant\u00a0?",
    "activity.intro":
      "Votre service d’identité indique plusieurs lieux d’exercice. Choisissez celui de cette connexion. Il est noté avec ce que vous faites.",
    "activity.other": "Se connecter autrement",
    "fresh.title": "Confirmez que c’est vous",
    "fresh.meaning":
      "Ce changement vaut pour tout l’hôpital. Connectez-vous encore une fois. Cette page reste ouverte, rien n’est perdu.",
    "fresh.go": "Se connecter à nouveau",
    "fresh.tab": "(nouvel onglet)",
    "fresh.waiting": "En attente de votre connexion dans l’autre onglet…",
    "fresh.cancel": "Annuler",
    "signedOut.title": "Vous n’êtes plus connecté",
    "signedOut.meaning":
      "Ce que vous avez fait n’est pas encore enregistré. Connectez-vous dans un autre onglet. Cette page reste ouverte et l’enregistre ensuite.",
    "proved.title": "C’est confirmé",
    "proved.meaning": "Vous pouvez fermer cet onglet et revenir à l’autre. Le changement s’y fait seul.",
  },
  en: {
    own: "Sign in with your hospital account",
    by: "Sign in with {label}",
    or: "or",
    again: "Start the sign-in again",
    reason: "For the IT department: {reason}",
    others: "You can also sign in another way, below.",
    running: "Whoever is signed in already is not affected, and calls go on.",
    waysUnknown: "The ways to sign in are not known at present.",
    "activity.title": "Where are you working now?",
    "activity.intro":
      "Your identity service names several places where you work. Choose the one for this sign-in. It is noted with what you do.",
    "activity.other": "Sign in another way",
    "fresh.title": "Confirm that it is you",
    "fresh.meaning":
      "This change holds for the whole hospital. Sign in once more. This page stays open, nothing is lost.",
    "fresh.go": "Sign in again",
    "fresh.tab": "(new tab)",
    "fresh.waiting": "Waiting for you to sign in in the other tab…",
    "fresh.cancel": "Cancel",
    "signedOut.title": "You are signed out",
    "signedOut.meaning":
      "What you did is not saved yet. Sign in in another tab. This page stays open and saves it then.",
    "proved.title": "That is confirmed",
    "proved.meaning": "You can close this tab and go back to the other one. The change is made there by itself.",
  },
});
