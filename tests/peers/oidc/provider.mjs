// A real OpenID provider for the tests, on loopback: prints its issuer, ends when its standard input does.
// PUBLIC_URL: the site that signs in. CLAIMS=token puts the claims into the ID token, CLAIMS=userinfo into userinfo only.
import http from "node:http";
import { exportJWK, generateKeyPair } from "jose";
import { Provider } from "oidc-provider";

const site = process.env.PUBLIC_URL;
const people = {
  house: { name: "Grégoire Maison", groups: ["medecins", "others"] },
  cuddy: { name: "Lise Cadi", groups: ["secretariat"] },
  nobody: { name: "Sans Rôle", groups: ["jardin"] },
};

let made = 0;
const key = async () => {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  return { ...(await exportJWK(privateKey)), alg: "RS256", use: "sig", kid: `key-${made++}` };
};
let keys = [await key()];

// Survives a change of keys, as a provider's database does.
const rows = new Map();
class Rows {
  constructor(name) {
    this.name = name;
  }
  at(id) {
    return `${this.name} ${id}`;
  }
  async upsert(id, payload) {
    rows.set(this.at(id), payload);
    if (payload.uid) rows.set(`uid ${this.name} ${payload.uid}`, id);
  }
  async find(id) {
    return rows.get(this.at(id));
  }
  async findByUid(uid) {
    return rows.get(this.at(rows.get(`uid ${this.name} ${uid}`)));
  }
  async findByUserCode() {}
  async consume(id) {
    rows.get(this.at(id)).consumed = Math.floor(Date.now() / 1000);
  }
  async destroy(id) {
    rows.delete(this.at(id));
  }
  async revokeByGrantId() {}
}

const server = http.createServer();
server.listen(0, "127.0.0.1");
await new Promise((ready) => server.once("listening", ready));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = () => {
  const made = new Provider(issuer, {
    adapter: Rows,
    jwks: { keys },
    clients: [
      {
        client_id: "parvis",
        client_secret: "a-secret-of-the-tests-only",
        redirect_uris: [`${site}/login/callback`],
        post_logout_redirect_uris: [`${site}/login/signed-out`],
        response_types: ["code"],
        grant_types: ["authorization_code"],
      },
    ],
    claims: { openid: ["sub"], profile: ["name"], groups: ["groups"] },
    scopes: ["openid", "profile", "groups"],
    conformIdTokenClaims: process.env.CLAIMS === "userinfo",
    findAccount: async (_, sub) => people[sub] && { accountId: sub, claims: async () => ({ sub, ...people[sub] }) },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
    interactions: { url: (_, interaction) => `/choose/${interaction.uid}` },
    cookies: { keys: ["a-key-of-the-tests-only"] },
  });
  return { made, answer: made.callback() };
};
let current = provider();

server.on("request", async (request, response) => {
  try {
    if (request.url === "/rotate") {
      // The old key is gone: whoever kept it cannot check a new token with it.
      keys = [await key()];
      current = provider();
      return response.end();
    }
    const chosen = /^\/choose\/[\w-]+\?person=(\w+)/.exec(request.url);
    if (!chosen) return current.answer(request, response);
    const { params } = await current.made.interactionDetails(request, response);
    const accountId = chosen[1];
    const grant = new current.made.Grant({ accountId, clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    const grantId = await grant.save();
    await current.made.interactionFinished(request, response, {
      login: { accountId, remember: false },
      consent: { grantId },
    });
  } catch (error) {
    response.statusCode = 500;
    response.end(String(error));
  }
});

// Whoever started it reads one line and no more.
process.stdout.on("error", () => {});
console.log(issuer);
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
