import shieldAlert from "icon:shield-alert";
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { useLocation } from "preact-iso";
import { Icon } from "../../ui/icon";
import { t as tl } from "../local/local.words";
import { unseenUses } from "../local/requests";
import { Header } from "../parts/Header";
import { usePage } from "../parts/hooks";
import { PAGES, t } from "./admin.words";
import "./admin.css";

interface AdminPageProps {
  title: string;
  intro: string;
  /** Beside the title: what can be made here. */
  action?: ComponentChildren;
  children: ComponentChildren;
}

/** What all pages of the administration share: the way between them, and the note that an emergency account was used. */
export function AdminPage({ title, intro, action, children }: AdminPageProps) {
  const { path } = useLocation();
  const heading = usePage(title);
  const unseen = useSignal(0);
  useEffect(() => {
    unseenUses()
      .then(({ uses }) => {
        unseen.value = uses;
      })
      .catch((cause) => console.warn("nobody knows what there is to read", cause));
  }, []);
  return (
    <>
      <Header />
      <div class="admin">
        <nav class="admin-pages" aria-label={t("title")}>
          {PAGES.map((page) => (
            <a key={page} href={`/app/admin/${page}`} aria-current={path === `/app/admin/${page}` ? "page" : undefined}>
              {t(`page.${page}`)}
            </a>
          ))}
        </nav>
        <main class="admin-main" id="content">
          {unseen.value > 0 && path !== "/app/admin/accounts" && (
            <div class="notice warn">
              <Icon of={shieldAlert} />
              <p>{tl.count("unseen", unseen.value)}</p>
              <a class="button" href="/app/admin/accounts">
                {tl("read")}
              </a>
            </div>
          )}
          <div class="admin-head">
            <h1 ref={heading} tabIndex={-1}>
              {title}
            </h1>
            {action}
          </div>
          <p class="muted">{intro}</p>
          {children}
        </main>
      </div>
    </>
  );
}
