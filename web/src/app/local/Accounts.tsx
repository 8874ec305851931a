import lock from "icon:lock";
import plus from "icon:plus";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type {
  InvitedEntry,
  LocalAccountEntry,
  LocalAccountsState,
  LocalInvitationEntry,
  LocalUseEntry,
  ProblemCode,
  StaffRoleWord,
} from "../../protocol";
import { Icon } from "../../ui/icon";
import { AdminPage } from "../admin/AdminPage";
import { digits, moment } from "../admin/moment";
import { Roles } from "../admin/Roles";
import { CopyLine } from "../parts/CopyLine";
import { Confirm, Dialog, Fault } from "../parts/Dialog";
import { Field } from "../parts/Field";
import { codeOf, sentenceOf, t as ta } from "../words";
import { t } from "./local.words";
import {
  closeAccount,
  invite,
  localAccounts,
  resetAccount,
  sawUses,
  unlockAccount,
  withdrawInvitation,
} from "./requests";

type Asked =
  | { what: "invite" }
  | { what: "reset"; account: LocalAccountEntry }
  | { what: "close"; account: LocalAccountEntry }
  | { what: "withdraw"; invitation: LocalInvitationEntry }
  | { what: "told"; invited: InvitedEntry };

/** The accounts of the gateway itself, the addresses that wait, and everything that was done with them. */
export function Accounts() {
  const state = useSignal<LocalAccountsState | undefined>(undefined);
  const problem = useSignal<ProblemCode | undefined>(undefined);
  const asked = useSignal<Asked | undefined>(undefined);
  const load = async () => {
    problem.value = undefined;
    try {
      state.value = await localAccounts();
    } catch (cause) {
      problem.value = codeOf(cause);
    }
  };
  const act = async (what: Promise<void>) => {
    try {
      await what;
      await load();
    } catch (cause) {
      problem.value = codeOf(cause);
    }
  };
  useEffect(() => {
    void load();
  }, []);
  const shown = state.value;
  const close = () => {
    asked.value = undefined;
  };
  const tell = async (invited: InvitedEntry) => {
    asked.value = { what: "told", invited };
    await load();
  };
  return (
    <AdminPage
      title={t("title")}
      intro={t("pageIntro")}
      action={
        <button
          type="button"
          class="button primary"
          onClick={() => {
            asked.value = { what: "invite" };
          }}
        >
          <Icon of={plus} />
          {t("invite")}
        </button>
      }
    >
      {problem.value && <Fault text={sentenceOf(problem.value)} onRetry={() => void load()} />}
      {!shown && !problem.value && <p class="muted">{ta("app.loading")}</p>}
      {shown && (
        <>
          <section aria-labelledby="accounts">
            <h2 id="accounts">{t("accounts")}</h2>
            {shown.accounts.length === 0 ? (
              <p>{t("none")}</p>
            ) : (
              <ul class="admin-list">
                {shown.accounts.map((account) => (
                  <Account
                    key={account.account}
                    account={account}
                    onUnlock={() => void act(unlockAccount(account.account))}
                    onReset={() => {
                      asked.value = { what: "reset", account };
                    }}
                    onClose={() => {
                      asked.value = { what: "close", account };
                    }}
                  />
                ))}
              </ul>
            )}
          </section>
          {shown.invitations.length > 0 && (
            <section aria-labelledby="invitations">
              <h2 id="invitations">{t("invitations")}</h2>
              <ul class="admin-list">
                {shown.invitations.map((invitation) => (
                  <li key={invitation.invitation}>
                    <p>
                      <strong>{invitation.name}</strong>
                      <br />
                      <span class="muted">
                        {invitation.roles.map((role) => ta(`staff.${role}`)).join(", ")} ·{" "}
                        {t("until", { date: moment(invitation.expiresAt) })}
                        {invitation.isReset && ` · ${t("isReset")}`}
                      </span>
                    </p>
                    <button
                      type="button"
                      class="button"
                      onClick={() => {
                        asked.value = { what: "withdraw", invitation };
                      }}
                    >
                      {t("withdraw")}
                      <span class="spoken"> {invitation.name}</span>
                    </button>
                  </li>
                ))}
              </ul>
            </section>
          )}
          <Uses state={shown} onSeen={(until) => void act(sawUses(until))} />
        </>
      )}
      {asked.value?.what === "invite" && <Invite onClose={close} onInvited={tell} />}
      {asked.value?.what === "told" && <Told invited={asked.value.invited} onClose={close} />}
      {asked.value?.what === "reset" && <Reset account={asked.value.account} onClose={close} onInvited={tell} />}
      {asked.value?.what === "close" && (
        <Confirm
          title={t("closeTitle")}
          meaning={`${asked.value.account.name} (${asked.value.account.userName}). ${t("closeMeaning")}`}
          confirm={t("close")}
          keep={t("keep")}
          onConfirm={async () => {
            if (asked.value?.what === "close") await closeAccount(asked.value.account.account);
            await load();
          }}
          onClose={close}
        />
      )}
      {asked.value?.what === "withdraw" && (
        <Confirm
          title={t("withdrawTitle")}
          meaning={`${asked.value.invitation.name}. ${t("withdrawMeaning")}`}
          confirm={t("withdraw")}
          keep={t("keep")}
          onConfirm={async () => {
            if (asked.value?.what === "withdraw") await withdrawInvitation(asked.value.invitation.invitation);
            await load();
          }}
          onClose={close}
        />
      )}
    </AdminPage>
  );
}

interface AccountProps {
  account: LocalAccountEntry;
  onUnlock(): void;
  onReset(): void;
  onClose(): void;
}

function Account({ account, onUnlock, onReset, onClose }: AccountProps) {
  const factors = [
    ...(account.passkeys > 0 ? [t.count("passkeys", account.passkeys)] : []),
    ...(account.hasTotp ? [t("app")] : []),
    t.count("codes", account.recoveryCodes),
  ];
  return (
    <li>
      <div>
        <p>
          <strong>{account.name}</strong> <span class="muted">{account.userName}</span>
          {account.isOwn && <span class="muted"> · {t("own")}</span>}
        </p>
        <p class="muted">
          {account.roles.map((role) => ta(`staff.${role}`)).join(", ")} · {factors.join(", ")}
        </p>
        <p class="muted">{account.usedAt ? t("used", { date: moment(account.usedAt) }) : t("neverUsed")}</p>
        {account.lockedUntil && (
          <p class="notice warn">
            <Icon of={lock} />
            {t("lockedUntil", { date: moment(account.lockedUntil) })}
          </p>
        )}
      </div>
      <div class="actions">
        {account.lockedUntil && (
          <button type="button" class="button" onClick={onUnlock}>
            {t("unlock")}
            <span class="spoken"> {account.userName}</span>
          </button>
        )}
        <button type="button" class="button" onClick={onReset}>
          {t("reset")}
          <span class="spoken"> {account.userName}</span>
        </button>
        {!account.isOwn && (
          <button type="button" class="button quiet-danger" onClick={onClose}>
            {t("close")}
            <span class="spoken"> {account.userName}</span>
          </button>
        )}
      </div>
    </li>
  );
}

function Uses({ state, onSeen }: { state: LocalAccountsState; onSeen(until: string): void }) {
  const newest = state.uses.find((line) => line.isNew);
  return (
    <section aria-labelledby="uses">
      <div class="admin-head">
        <h2 id="uses">{t("uses")}</h2>
        {newest && (
          <button type="button" class="button" onClick={() => onSeen(newest.at)}>
            {t("seen")}
          </button>
        )}
      </div>
      <p class="muted">
        {t("usesHint")} {state.isMailed ? t("mailed") : t("notMailed")}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section class="admin-scroll" tabIndex={0} aria-label={t("uses")} hidden={state.uses.length === 0}>
        <table>
          <thead>
            <tr>
              {(["at", "what", "who", "by", "address"] as const).map((column) => (
                <th key={column} scope="col">
                  {t(`column.${column}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {state.uses.map((line) => (
              <Use key={`${line.at}${line.what}${line.userName}`} line={line} />
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

function Use({ line }: { line: LocalUseEntry }) {
  return (
    <tr>
      <td>{digits(line.at)}</td>
      <td>
        {t(`what.${line.what}`)} {line.isNew && <span class="admin-mark">{t("new")}</span>}
      </td>
      <td>{line.userName}</td>
      <td>{line.by ?? "–"}</td>
      <td>{line.address ?? "–"}</td>
    </tr>
  );
}

interface InviteProps {
  onClose(): void;
  onInvited(invited: InvitedEntry): Promise<void>;
}

function Invite({ onClose, onInvited }: InviteProps) {
  const name = useSignal("");
  const roles = useSignal<StaffRoleWord[]>(["administrator"]);
  const fault = useSignal("");
  const send = async () => {
    fault.value = "";
    try {
      await onInvited(await invite({ name: name.value, roles: roles.value }));
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  return (
    <Dialog title={t("inviteTitle")} onClose={onClose}>
      <form
        class="admin-form"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Fault text={fault.value} />
        <Field
          label={t("name")}
          value={name.value}
          onValue={(value) => {
            name.value = value;
          }}
          input={{ maxLength: 120, autocomplete: "off" }}
        />
        <Roles
          legend={t("roles")}
          chosen={roles.value}
          onChosen={(chosen) => {
            roles.value = chosen;
          }}
        />
        <div class="actions">
          <button type="button" class="button" onClick={onClose}>
            {t("cancel")}
          </button>
          <button type="submit" class="button primary">
            {t("makeAddress")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Reset({ account, onClose, onInvited }: InviteProps & { account: LocalAccountEntry }) {
  const fault = useSignal("");
  const send = async () => {
    try {
      await onInvited(await resetAccount(account.account));
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  return (
    <Dialog title={t("resetTitle")} onClose={onClose}>
      <p>
        {account.name} ({account.userName}). {t("resetMeaning")}
      </p>
      <Fault text={fault.value} />
      <div class="actions">
        <button type="button" class="button" onClick={onClose}>
          {t("keep")}
        </button>
        <button type="button" class="button primary" onClick={() => void send()}>
          {t("makeAddress")}
        </button>
      </div>
    </Dialog>
  );
}

function Told({ invited, onClose }: { invited: InvitedEntry; onClose(): void }) {
  return (
    <Dialog title={t("addressTitle")} onClose={onClose}>
      <p>{t("addressMeaning", { date: moment(invited.expiresAt) })}</p>
      <CopyLine label={t("address")} text={invited.address} />
      <div class="actions">
        <button type="button" class="button primary" onClick={onClose}>
          {t("done")}
        </button>
      </div>
    </Dialog>
  );
}
