import { call } from "../api";
import type {
  CodeAnswer,
  CodeChannelWord,
  CodeRequest,
  CompanyRequest,
  ConsentRequest,
  Information,
  LookRequest,
  OpenAnswer,
  OpenRequest,
  RehearsalRequest,
} from "../protocol";

/** What is asked at the door over HTTP. The pass that is given there is in a cookie that no script reads. */
const proof = (link: string) => ({ authorization: `Link ${link}` });

export const askForCode = (link: string, channel: CodeChannelWord): Promise<CodeAnswer> =>
  call("POST", "/api/guest/code", { json: { link, channel } satisfies CodeRequest });

export const tryKey = (request: OpenRequest): Promise<OpenAnswer> => call("POST", "/api/guest/open", { json: request });

export const information = (link: string): Promise<Information> =>
  call("POST", "/api/guest/information", { json: { link } satisfies LookRequest });

export const tellConsent = (link: string, request: ConsentRequest): Promise<void> =>
  call("POST", "/api/guest/consent", { json: request, ...proof(link) });

export const tellCompany = (link: string, request: CompanyRequest): Promise<void> =>
  call("POST", "/api/guest/company", { json: request, ...proof(link) });

export const tellRehearsal = (link: string, request: RehearsalRequest): Promise<void> =>
  call("POST", "/api/guest/rehearsal", { json: request, ...proof(link) });
