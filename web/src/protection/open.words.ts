import { dictionary } from "../i18n";

/** The way to the panel. Its other words are loaded with it. */
export const t = dictionary({
  fr: {
    open: "Comment cet appel est protégé",
    page: "Protection",
    loading: "Un instant…",
    failed: "Cette page n’a pas pu se charger. Vérifiez votre connexion.",
    retry: "Réessayer",
  },
  en: {
    open: "How this call is protected",
    page: "Protection",
    loading: "One moment…",
    failed: "This page could not be loaded. Check your connection.",
    retry: "Try again",
  },
});
