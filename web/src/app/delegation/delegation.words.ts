import { dictionary } from "../../i18n";

/** Words of acting for somebody. */
export const t = dictionary({
  fr: {
    nav: "Délégations",
    title: "Délégations",
    intro:
      "La personne que vous choisissez voit vos rendez-vous, en prend, en déplace, et ouvre la salle à votre place si elle est praticienne. Tout est noté à son nom, pour vous.",
    give: "Déléguer",
    to: "À qui",
    choose: "Choisir une personne",
    from: "Du",
    until: "Au",
    fromHint: "Laissez vide pour commencer maintenant.",
    missing: "Choisissez une personne et la fin.",
    given: "Agissent pour vous",
    noneGiven: "Personne n’agit pour vous.",
    received: "Vous agissez pour",
    noneReceived: "Vous n’agissez pour personne.",
    span: "du {from} au {until}",
    later: "à venir",
    revoke: "Retirer",
    revokeQuestion: "Retirer cette délégation\u00a0?",
    revokeMeaning:
      "{name} n’agit plus pour vous, tout de suite. Si cette personne est dans un de vos appels à votre place, elle en sort.",
    keep: "Garder",
    bannerGiven: "{name} agit pour vous jusqu’au {until}.",
    bannerReceived: "Vous agissez pour {name} jusqu’au {until}.",
    manage: "Délégations",
  },
  en: {
    nav: "Delegations",
    title: "Delegations",
    intro:
      "The person you choose sees your appointments, books and moves them, and opens the room in your place if they are a practitioner. All of it is noted under their name, for you.",
    give: "Delegate",
    to: "To whom",
    choose: "Choose a person",
    from: "From",
    until: "Until",
    fromHint: "Leave empty to begin now.",
    missing: "Choose a person and the end.",
    given: "They act for you",
    noneGiven: "Nobody acts for you.",
    received: "You act for",
    noneReceived: "You act for nobody.",
    span: "from {from} until {until}",
    later: "to come",
    revoke: "Take back",
    revokeQuestion: "Take this delegation back?",
    revokeMeaning:
      "{name} acts for you no more, at once. If they are in one of your calls in your place, they leave it.",
    keep: "Keep it",
    bannerGiven: "{name} acts for you until {until}.",
    bannerReceived: "You act for {name} until {until}.",
    manage: "Delegations",
  },
});
