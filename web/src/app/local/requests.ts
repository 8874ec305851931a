import { call } from "../../api";
import type {
  InvitedEntry,
  InviteRequest,
  LocalAccountsState,
  LocalFacts,
  LocalSignInRequest,
  LocalStepEntry,
  SecondStepRequest,
  SeenRequest,
  SetUpDone,
  SetUpFactors,
  SetUpFacts,
  SetUpLookRequest,
  SetUpRequest,
  UnseenUses,
} from "../../protocol";
import { ask } from "../requests";

const id = encodeURIComponent;

/** Whether there is a local account to sign in with. */
export const localFacts = (): Promise<LocalFacts> => call("GET", "/api/local");

export const beginSignIn = (json: LocalSignInRequest): Promise<LocalStepEntry> =>
  call("POST", "/api/local/sign-in", { json });

export const finishSignIn = (json: SecondStepRequest): Promise<void> =>
  call("POST", "/api/local/second-step", { json });

export const lookAtSetUp = (secret: string): Promise<SetUpFacts> =>
  call("POST", "/api/local/set-up/look", { json: { secret } satisfies SetUpLookRequest });

export const beginSetUp = (json: SetUpRequest): Promise<SetUpFactors> =>
  call("POST", "/api/local/set-up/begin", { json });

export const finishSetUp = (json: SecondStepRequest): Promise<SetUpDone> =>
  call("POST", "/api/local/set-up/finish", { json });

export const localAccounts = (): Promise<LocalAccountsState> => ask("GET", "/api/local/accounts");

export const invite = (json: InviteRequest): Promise<InvitedEntry> => ask("POST", "/api/local/accounts", { json });

/** An address at which an account is set up anew; until then it stays as it is. */
export const resetAccount = (account: string): Promise<InvitedEntry> =>
  ask("POST", `/api/local/accounts/${id(account)}/reset`);

export const unlockAccount = (account: string): Promise<void> =>
  ask("POST", `/api/local/accounts/${id(account)}/unlock`);

export const closeAccount = (account: string): Promise<void> => ask("DELETE", `/api/local/accounts/${id(account)}`);

export const withdrawInvitation = (invitation: string): Promise<void> =>
  ask("DELETE", `/api/local/invitations/${id(invitation)}`);

export const unseenUses = (): Promise<UnseenUses> => ask("GET", "/api/local/uses/unseen");

export const sawUses = (until: string): Promise<void> =>
  ask("POST", "/api/local/uses/seen", { json: { until } satisfies SeenRequest });
