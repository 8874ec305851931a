/** Bytes as the gateway writes them in JSON: base64url without padding (RFC 4648 section 5). */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const plain = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(plain), (letter) => letter.charCodeAt(0));
}

export function toBase64Url(bytes: ArrayBuffer): string {
  const letters = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

interface Named {
  id: string;
  type: "public-key";
}

/** What differs in the gateway's JSON from what the browser takes: bytes are texts. */
interface CreationJson {
  publicKey: Omit<PublicKeyCredentialCreationOptions, "challenge" | "user" | "excludeCredentials"> & {
    challenge: string;
    user: { id: string; name: string; displayName: string };
    excludeCredentials?: Named[];
  };
}

interface RequestJson {
  publicKey: Omit<PublicKeyCredentialRequestOptions, "challenge" | "allowCredentials"> & {
    challenge: string;
    allowCredentials?: Named[];
  };
}

const named = (all: Named[] | undefined) =>
  (all ?? []).map((each) => ({ type: each.type, id: fromBase64Url(each.id) }));

/** Whether this browser can use passkeys at all. */
export const knowsPasskeys = (): boolean => typeof PublicKeyCredential !== "undefined";

/** The device makes a key; the answer is what the gateway reads. `undefined`: the person or the device did not want to. */
export async function makePasskey(options: string): Promise<string | undefined> {
  const { publicKey } = JSON.parse(options) as CreationJson;
  const made = await asked(
    navigator.credentials.create({
      publicKey: {
        ...publicKey,
        challenge: fromBase64Url(publicKey.challenge),
        user: { ...publicKey.user, id: fromBase64Url(publicKey.user.id) },
        excludeCredentials: named(publicKey.excludeCredentials),
      },
    }),
  );
  if (!(made?.response instanceof AuthenticatorAttestationResponse)) return undefined;
  return JSON.stringify({
    id: made.id,
    rawId: toBase64Url(made.rawId),
    type: made.type,
    response: {
      attestationObject: toBase64Url(made.response.attestationObject),
      clientDataJSON: toBase64Url(made.response.clientDataJSON),
      transports: made.response.getTransports?.() ?? [],
    },
    extensions: {},
  });
}

/** The device proves a key that it has. */
export async function provePasskey(options: string): Promise<string | undefined> {
  const { publicKey } = JSON.parse(options) as RequestJson;
  const proved = await asked(
    navigator.credentials.get({
      publicKey: {
        ...publicKey,
        challenge: fromBase64Url(publicKey.challenge),
        allowCredentials: named(publicKey.allowCredentials),
      },
    }),
  );
  if (!(proved?.response instanceof AuthenticatorAssertionResponse)) return undefined;
  const { authenticatorData, clientDataJSON, signature, userHandle } = proved.response;
  return JSON.stringify({
    id: proved.id,
    rawId: toBase64Url(proved.rawId),
    type: proved.type,
    response: {
      authenticatorData: toBase64Url(authenticatorData),
      clientDataJSON: toBase64Url(clientDataJSON),
      signature: toBase64Url(signature),
      userHandle: userHandle === null ? null : toBase64Url(userHandle),
    },
    extensions: {},
  });
}

async function asked(wanted: Promise<Credential | null>): Promise<PublicKeyCredential | undefined> {
  try {
    const credential = await wanted;
    return credential instanceof PublicKeyCredential ? credential : undefined;
  } catch (cause) {
    // Refused by the person, out of time, or nothing there that could.
    console.warn("no passkey", cause);
    return undefined;
  }
}
