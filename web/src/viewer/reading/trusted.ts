/** Trusted Types, as far as they are used here; browsers that do not know them need nothing. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(address: string): string },
  ): {
    createScriptURL(address: string): unknown;
  };
}

/** The name that the policy of the pages lets through (src/web/headers.rs). */
const POLICY = "parvis-worker";

/**
 * The address of a worker of this site, in the form that the policy of the pages demands. There is no other way from a text to
 * something that runs.
 *
 * @throws TypeError when it is no built file of this site.
 */
function checked(address: string): string {
  const url = new URL(address, location.href);
  if (url.origin !== location.origin || !url.pathname.startsWith("/assets/"))
    throw new TypeError("no worker of this site");
  return url.href;
}

const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
const policy = types?.createPolicy(POLICY, { createScriptURL: checked });

export const workerAddress = (address: string): string =>
  (policy?.createScriptURL(address) ?? checked(address)) as string;
