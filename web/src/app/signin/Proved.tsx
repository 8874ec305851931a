import check from "icon:check";
import { useEffect } from "preact/hooks";
import { Icon } from "../../ui/icon";
import { Header } from "../parts/Header";
import { usePage } from "../parts/hooks";
import { tellProof } from "./fresh";
import { t } from "./words";

/** The end of a sign-in that another tab waits for. */
export function Proved() {
  const heading = usePage(t("proved.title"));
  useEffect(tellProof, []);
  return (
    <>
      <Header />
      <main class="narrow" id="content">
        <h1 ref={heading} tabIndex={-1}>
          {t("proved.title")}
        </h1>
        <p class="notice good">
          <Icon of={check} />
          {t("proved.meaning")}
        </p>
      </main>
    </>
  );
}
