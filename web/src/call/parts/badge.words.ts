import { dictionary } from "../../i18n";

/** How sure it is who somebody is, as patients and staff read it beside the name. */
export const t = dictionary({
  fr: {
    signed_in: "vérifié par connexion",
    link_and_code: "lien et code",
    telephone: "vérifié par téléphone",
    link_only: "non vérifié",
  },
  en: {
    signed_in: "verified by sign-in",
    link_and_code: "link and code",
    telephone: "verified by telephone",
    link_only: "not verified",
  },
});
