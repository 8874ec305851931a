import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { locale } from "../../i18n";
import { dayInWords } from "../../i18n/time";
import { Keeping, Travelling } from "../../protection/Facts";
import { t } from "../../protection/protection.words";
import { Sentences } from "../../protection/Sentences";
import { certificateSentences, hstsSentence, providerSentences, tlsSentences } from "../../protection/server";
import type { DeploymentFacts, ProblemCode, ProtectionFacts } from "../../protocol";
import { Fault } from "../parts/Dialog";
import { Header } from "../parts/Header";
import { usePage } from "../parts/hooks";
import { ask } from "../requests";
import { facts } from "../who";
import { codeOf, sentenceOf, t as ta } from "../words";
import "../../protection/protection.css";

/** How calls and data are protected here; of what the server is made, for administrators and auditors. */
export function ProtectionPage() {
  const heading = usePage(t("pageTitle"));
  const known = useSignal<ProtectionFacts | undefined>(undefined);
  const problem = useSignal<ProblemCode | undefined>(undefined);
  const load = async () => {
    problem.value = undefined;
    try {
      known.value = await ask<ProtectionFacts>("GET", "/api/protection");
    } catch (cause) {
      problem.value = codeOf(cause);
    }
  };
  useEffect(() => void load(), []);
  const shown = known.value;
  return (
    <>
      <Header />
      <main class="protection-page" id="content">
        <h1 ref={heading} tabIndex={-1}>
          {t("pageTitle")}
        </h1>
        <p class="muted">{t("pageIntro")}</p>
        {problem.value && <Fault text={sentenceOf(problem.value)} onRetry={() => void load()} />}
        {!shown && !problem.value && <p class="muted">{ta("app.loading")}</p>}
        {shown && (
          <div class="protection">
            <Travelling facts={shown} Heading="h2" />
            <section>
              <h2>{t("people")}</h2>
              <p>{t("page.call")}</p>
            </section>
            <Keeping facts={shown} Heading="h2" />
            {shown.deployment && <Server facts={shown} deployment={shown.deployment} />}
          </div>
        )}
      </main>
    </>
  );
}

const number = (amount: number): string => new Intl.NumberFormat(locale.value).format(amount);

function Server({ facts: told, deployment }: { facts: ProtectionFacts; deployment: DeploymentFacts }) {
  const zone = facts.value?.timeZone ?? "UTC";
  const day = (at: string) => `${dayInWords(at, zone)} ${at.slice(0, 4)}`;
  const { trail, relayUrls, allowedHosts, frameAncestors } = deployment;
  return (
    <section>
      <h2>{t("deployment")}</h2>
      <dl class="protection-server">
        <Row what="TLS">
          <Sentences of={tlsSentences(told, deployment)} />
        </Row>
        {deployment.certificates.map((certificate) => (
          <Row key={`${certificate.issuer} ${certificate.until}`} what={t("row.certificate")}>
            <Sentences of={certificateSentences(certificate, day)} />
          </Row>
        ))}
        <Row what={t("row.hsts")}>
          <Sentences of={[hstsSentence(deployment)]} />
        </Row>
        <Row what={t("row.database")}>
          {deployment.database === "sqlite"
            ? t("database.sqlite")
            : deployment.database === "postgres"
              ? t("database.postgres")
              : deployment.database}
        </Row>
        <Row what={t("row.trail")}>
          <p>
            {trail.signed > 0
              ? t("trail.signed", { records: number(trail.records), signed: number(trail.signed) })
              : t("trail.unsigned", { records: number(trail.records) })}
          </p>
          <p class="protection-key muted">{t("trail.key", { key: trail.key })}</p>
        </Row>
        <Row what={t("row.providers")}>
          {deployment.providers.map((provider) => (
            <div key={provider.issuer}>
              <p>
                <strong>{provider.label ?? t("provider.own")}</strong>
                <br />
                <span class="muted protection-key">{provider.issuer}</span>
              </p>
              <Sentences of={providerSentences(provider)} />
            </div>
          ))}
        </Row>
        <Row what={t("row.relay")}>
          <p>
            {relayUrls.length === 0
              ? t("relay.none")
              : t(deployment.isRelayExternal ? "relay.isExternal" : "relay.isOwn")}
          </p>
          <Words of={relayUrls} />
        </Row>
        <Row what={t("row.allowed")}>{allowedHosts.length === 0 ? t("allowed.none") : <Words of={allowedHosts} />}</Row>
        <Row what={t("row.frames")}>
          {frameAncestors.length === 0 ? t("frames.none") : <Words of={frameAncestors} />}
        </Row>
      </dl>
    </section>
  );
}

function Row({ what, children }: { what: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{what}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Words({ of }: { of: readonly string[] }) {
  return (
    <ul class="protection-words">
      {of.map((word) => (
        <li key={word} class="protection-key">
          {word}
        </li>
      ))}
    </ul>
  );
}
