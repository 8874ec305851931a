import type { CertificateFact, DeploymentFacts, ProtectionFacts, ProviderFact } from "../protocol";
import { t } from "./protection.words";
import type { Sentence, Tone } from "./sentences";

const DAY_SECONDS = 86_400;

const say = (text: string, tone: Tone = "plain"): Sentence => ({ text, tone });

/** Whether the site is reached over TLS, and who does it. */
export function tlsSentences(facts: ProtectionFacts, deployment: DeploymentFacts): Sentence[] {
  if (!facts.isSiteEncrypted) return [say(t("tls.plain"), "care")];
  const site = say(t("tls.https", { site: facts.site }), "good");
  return deployment.certificates.length === 0 ? [site, say(t("tls.none"))] : [site];
}

export function certificateSentences(certificate: CertificateFact, day: (at: string) => string): Sentence[] {
  const { issuer, until, isSelfSigned, news } = certificate;
  const isBad = news === "expired" || news === "refused";
  return [
    ...(issuer !== undefined && until !== undefined
      ? [say(t("certificate.of", { issuer, date: day(until) }), news === undefined ? "good" : "plain")]
      : []),
    ...(isSelfSigned ? [say(t("certificate.self"), "limit")] : []),
    ...(news === undefined ? [] : [say(t(`certificate.${news}`), isBad ? "care" : "limit")]),
  ];
}

export function hstsSentence({ hstsSeconds }: DeploymentFacts): Sentence {
  return hstsSeconds === undefined
    ? say(t("tls.noHsts"), "limit")
    : say(t("tls.hsts", { days: Math.round(hstsSeconds / DAY_SECONDS) }), "good");
}

export function providerSentences({ classes, privilegedClasses }: ProviderFact): Sentence[] {
  const list = (all: readonly string[]) => all.join(", ");
  return [
    classes.length === 0 ? say(t("provider.any"), "limit") : say(t("provider.classes", { classes: list(classes) })),
    ...(privilegedClasses.length > 0 ? [say(t("provider.privileged", { classes: list(privilegedClasses) }))] : []),
  ];
}
