import type { GuestProblem } from "../problem";

const AGAIN = "Cela n’a pas fonctionné. Réessayez dans un instant, ou appelez-nous.";
const ASK_STAFF = "Seule l’équipe de l’hôpital peut faire cela. Appelez-nous si vous en avez besoin.";

/** What a patient reads for each code that a guest can meet: what happened and what to do. */
export const problems: Record<GuestProblem, string> = {
  bad_request: "Cette page n’est plus à jour. Rechargez-la, puis recommencez.",
  not_found: "Nous ne trouvons pas cette page. Ouvrez à nouveau le lien de votre message.",
  too_large: "C’est trop volumineux pour être envoyé.",
  too_many: "Trop d’essais en peu de temps. Attendez une minute, puis réessayez.",
  unsupported_protocol: "Cette page n’est plus à jour. Rechargez-la pour continuer.",
  out_of_order: "Cela n’est plus possible maintenant. Rechargez la page pour voir où vous en êtes.",
  internal: AGAIN,
  unavailable: "L’hôpital ne répond pas pour l’instant. Vérifiez votre connexion, puis réessayez.",
  sign_in_needed: "Ouvrez à nouveau le lien de votre message pour continuer.",
  not_allowed: ASK_STAFF,
  ticket_needed: "La connexion n’a pas pu être vérifiée. Rechargez la page.",
  foreign_origin: "Ouvrez à nouveau le lien de votre message, directement dans votre navigateur.",
  slot_taken: "Cette heure vient d’être prise. Choisissez-en une autre.",
  change_not_offered: "Ce rendez-vous ne se change pas ici. Appelez l’hôpital.",
  change_too_late: "Il est trop tard pour changer ce rendez-vous ici. Appelez l’hôpital.",
  wrong_status: "Votre rendez-vous a changé. Rechargez la page pour voir où il en est.",
  link_unknown: "Ce lien n’ouvre aucun rendez-vous. Vérifiez qu’il est complet, ou appelez-nous.",
  link_expired: "Ce lien a expiré. Appelez-nous pour en recevoir un nouveau.",
  link_revoked: "Ce lien a été remplacé. Utilisez le lien du message le plus récent, ou appelez-nous.",
  too_early: "Vous êtes en avance. Cette page s’ouvrira toute seule.",
  appointment_cancelled: "Ce rendez-vous a été annulé. Appelez-nous pour en fixer un autre.",
  pass_needed: "Il faut aussi votre code. Ouvrez à nouveau le lien de votre message.",
  consultation_over: "Cette consultation est terminée. Appelez-nous si vous avez une question.",
  not_admitted: "Votre médecin doit d’abord vous faire entrer. Gardez cette page ouverte.",
  not_waiting: "Vous n’êtes plus dans la salle d’attente. Rechargez la page pour y revenir.",
  not_in_call: "Vous n’êtes plus dans la consultation. Rechargez la page pour y revenir.",
  not_presenter: "C’est une autre personne qui montre les images.",
  nothing_shared: "Aucune image n’est montrée pour l’instant.",
  locked: "La consultation est verrouillée. Attendez un peu.",
  wrong_file_kind: "Envoyez un PDF ou une photo.",
  unknown_participant: "Cette personne n’est plus dans la consultation.",
  unknown_series: "Cette image n’est plus disponible.",
  bad_media: "Le son et l’image n’ont pas pu s’établir. Rechargez la page pour réessayer.",
  cannot_show: "Cette image ne peut pas être affichée. Votre médecin peut en montrer une autre.",
  storage_full: AGAIN,
  answered_before: "Nous avons déjà reçu votre avis. Merci.",
};
