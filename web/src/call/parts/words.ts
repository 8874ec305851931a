import { dictionary } from "../../i18n";
import { en } from "../../i18n/call.en";
import { fr } from "../../i18n/call.fr";

/** The words of the call that patients and staff share. */
export const tc = dictionary({ fr, en });
