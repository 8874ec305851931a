import type {
  BrandingRequest,
  BrandingState,
  ChannelWord,
  IssuedToken,
  MailSenderRequest,
  PacsEntry,
  PacsRequest,
  PacsSwitch,
  PacsTrial,
  PersonEntry,
  ProviderRequest,
  ProviderSwitch,
  ProvidersState,
  ProviderTrial,
  RolesRequest,
  SendersState,
  ServiceEntry,
  SettingChangeEntry,
  SiteEntry,
  SiteRequest,
  SmsSenderRequest,
  TokenEntry,
  TokenRequest,
  TrialOutcome,
  TrialRequest,
} from "../../protocol";
import { ask } from "../requests";

const id = encodeURIComponent;

export const people = (): Promise<PersonEntry[]> => ask("GET", "/api/admin/people");

/** What is said by hand of each role survives sign-ins. */
export const setRoles = (person: string, json: RolesRequest): Promise<PersonEntry> =>
  ask("PUT", `/api/admin/people/${id(person)}/roles`, { json });

export const disable = (person: string): Promise<void> => ask("POST", `/api/admin/people/${id(person)}/disable`);

export const enable = (person: string): Promise<void> => ask("POST", `/api/admin/people/${id(person)}/enable`);

export const tokens = (): Promise<TokenEntry[]> => ask("GET", "/api/admin/tokens");

/** The token itself is in the answer, this once. */
export const makeToken = (json: TokenRequest): Promise<IssuedToken> => ask("POST", "/api/admin/tokens", { json });

export const revokeToken = (token: string): Promise<void> => ask("DELETE", `/api/admin/tokens/${id(token)}`);

export const branding = (): Promise<BrandingState> => ask("GET", "/api/admin/branding");

export const setBranding = (json: BrandingRequest): Promise<void> => ask("PUT", "/api/admin/branding", { json });

export const setLogo = (file: Blob): Promise<void> => ask("PUT", "/api/admin/branding/logo", { body: file });

export const removeLogo = (): Promise<void> => ask("DELETE", "/api/admin/branding/logo");

export const sites = (): Promise<SiteEntry[]> => ask("GET", "/api/admin/sites");

export const renameSite = (json: SiteRequest): Promise<void> => ask("PUT", "/api/admin/sites", { json });

export const providers = (): Promise<ProvidersState> => ask("GET", "/api/admin/providers");

export const makeProvider = (json: ProviderRequest): Promise<void> => ask("POST", "/api/admin/providers", { json });

/** Without a secret the one that is set stays. */
export const setProvider = (provider: string, json: ProviderRequest): Promise<void> =>
  ask("PUT", `/api/admin/providers/${id(provider)}`, { json });

export const switchProvider = (provider: string, json: ProviderSwitch): Promise<void> =>
  ask("POST", `/api/admin/providers/${id(provider)}/switch`, { json });

export const removeProvider = (provider: string, endsLogins: boolean): Promise<void> =>
  ask("DELETE", `/api/admin/providers/${id(provider)}?endsLogins=${endsLogins}`);

/** Asks a provider that is set who it is. */
export const tryProvider = (provider: string): Promise<ProviderTrial> =>
  ask("POST", `/api/admin/providers/${id(provider)}/trial`, { timeoutMs: 15_000 });

/** The same of one that is not saved yet. */
export const tryDraft = (json: ProviderRequest): Promise<ProviderTrial> =>
  ask("POST", "/api/admin/provider-trial", { json, timeoutMs: 15_000 });

export const pacsNodes = (): Promise<PacsEntry[]> => ask("GET", "/api/admin/pacs");

export const makePacs = (json: PacsRequest): Promise<void> => ask("POST", "/api/admin/pacs", { json });

/** Without a secret the one that is set stays. */
export const setPacs = (pacs: string, json: PacsRequest): Promise<void> =>
  ask("PUT", `/api/admin/pacs/${id(pacs)}`, { json });

export const switchPacs = (pacs: string, json: PacsSwitch): Promise<void> =>
  ask("POST", `/api/admin/pacs/${id(pacs)}/switch`, { json });

export const removePacs = (pacs: string): Promise<void> => ask("DELETE", `/api/admin/pacs/${id(pacs)}`);

/** Asks an archive that is set for one study, and reads nothing of it. */
export const tryPacs = (pacs: string): Promise<PacsTrial> =>
  ask("POST", `/api/admin/pacs/${id(pacs)}/trial`, { timeoutMs: 20_000 });

/** The same of one that is not saved yet. */
export const tryPacsDraft = (json: PacsRequest): Promise<PacsTrial> =>
  ask("POST", "/api/admin/pacs-trial", { json, timeoutMs: 20_000 });

export const senders = (): Promise<SendersState> => ask("GET", "/api/admin/senders");

/** Without a password the one that is set stays, as long as server and user do. */
export const setMailServer = (json: MailSenderRequest): Promise<void> =>
  ask("PUT", "/api/admin/senders/email", { json });

export const setSmsGateway = (json: SmsSenderRequest): Promise<void> => ask("PUT", "/api/admin/senders/sms", { json });

export const removeSender = (channel: ChannelWord): Promise<void> => ask("DELETE", `/api/admin/senders/${channel}`);

/** Sends one message that says that it is a test. */
export const tryOut = (json: TrialRequest): Promise<TrialOutcome> =>
  ask("POST", "/api/admin/senders/test", { json, timeoutMs: 30_000 });

export const changes = (): Promise<SettingChangeEntry[]> => ask("GET", "/api/admin/changes");

export const allServices = (): Promise<ServiceEntry[]> => ask("GET", "/api/services");
