// A real OpenID provider for the tests, on loopback: prints its issuer, ends when its standard input does.
// PUBLIC_URL: the site that signs in; GET /site?url=... names another later. CLAIMS=token puts the claims into the ID token,
// CLAIMS=userinfo into userinfo only. PROFILE=franceconnect: it knows patients by their civil status, tells of it in a signed userinfo
// alone, and by which means they signed in (acr), as FranceConnect 2 does. CLIENT_KEY: the public key (JWK) of the client that signs what it shows.
import http from "node:http";
import { exportJWK, generateKeyPair } from "jose";
import { Provider } from "oidc-provider";

let site = process.env.PUBLIC_URL;
const people = {
  house: { name: "Grégoire Maison", groups: ["medecins", "others"] },
  cuddy: { name: "Lise Cadi", groups: ["secretariat"] },
  nobody: { name: "Sans Rôle", groups: ["jardin"] },
};
const isFranceConnect = process.env.PROFILE === "franceconnect";
const citizen = (family_name, given_names, birthdate, more) => ({
  family_name,
  given_name: given_names.join(" "),
  given_name_array: given_names,
  birthdate,
  gender: "female",
  birthplace: "75107",
  birthcountry: "99100",
  ...more,
});
if (isFranceConnect)
  Object.assign(people, {
    helene: citizen("LEFEVRE", ["Hélène", "Marie"], "1962-08-24"),
    // All the same as hers but one thing each.
    twin: citizen("LEFEVRE", ["Lucie"], "1962-08-24"),
    younger: citizen("LEFEVRE", ["Hélène"], "1962-08-25"),
    namesake: citizen("LEFEVRE", ["Hélène", "Marie"], "1962-08-24"),
    undated: citizen("LEFEVRE", ["Hélène"], "1962-00-00"),
    married: citizen("MOREAU", ["Hélène"], "1962-08-24", { preferred_username: "LEFEVRE" }),
  });

let made = 0;
const key = async (alg) => {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), alg, use: "sig", kid: `key-${made++}` };
};
const newKeys = async () => [await key("RS256"), ...(isFranceConnect ? [await key("ES256")] : [])];
let keys = await newKeys();

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

const client = (id, more) => ({
  client_id: id,
  client_secret: "a-secret-of-the-tests-only",
  redirect_uris: [`${site}/login/callback`, `${site}/login/callback/centre`],
  post_logout_redirect_uris: [`${site}/login/signed-out`],
  backchannel_logout_uri: `${site}/login/back-channel-logout`,
  backchannel_logout_session_required: true,
  response_types: ["code"],
  grant_types: ["authorization_code"],
  ...more,
});

const provider = () => {
  const made = new Provider(issuer, {
    adapter: Rows,
    jwks: { keys },
    clients: [
      client("parvis", { token_endpoint_auth_method: "client_secret_basic" }),
      client("parvis-post", { token_endpoint_auth_method: "client_secret_post" }),
      ...(isFranceConnect
        ? [
            client("parvis-patients", {
              token_endpoint_auth_method: "client_secret_post",
              redirect_uris: [`${site}/documents/callback/franceconnect`],
              post_logout_redirect_uris: [`${site}/documents/signed-out`],
              id_token_signed_response_alg: "ES256",
              userinfo_signed_response_alg: "ES256",
            }),
          ]
        : []),
      ...(process.env.CLIENT_KEY
        ? [
            client("parvis-key", {
              client_secret: undefined,
              token_endpoint_auth_method: "private_key_jwt",
              jwks: { keys: [JSON.parse(process.env.CLIENT_KEY)] },
            }),
          ]
        : []),
    ],
    claims: {
      acr: null,
      sid: null,
      auth_time: null,
      iss: null,
      openid: ["sub"],
      profile: ["name"],
      groups: ["groups"],
      given_name: ["given_name", "given_name_array"],
      family_name: ["family_name"],
      birthdate: ["birthdate"],
      preferred_username: ["preferred_username"],
    },
    scopes: ["openid", "profile", "groups", "given_name", "family_name", "birthdate", "preferred_username"],
    acrValues: isFranceConnect ? ["eidas1", "eidas2"] : [],
    conformIdTokenClaims: isFranceConnect || process.env.CLAIMS === "userinfo",
    findAccount: async (_, sub) => people[sub] && { accountId: sub, claims: async () => ({ sub, ...people[sub] }) },
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      jwtUserinfo: { enabled: isFranceConnect },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: async (context, form) => {
          context.body = form;
        },
      },
    },
    clientAuthMethods: ["client_secret_basic", "client_secret_post", "private_key_jwt"],
    // It refuses to speak to addresses of this machine unless told so.
    fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
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
      keys = await newKeys();
      current = provider();
      return response.end();
    }
    if (request.url.startsWith("/site?url=")) {
      site = decodeURIComponent(request.url.slice("/site?url=".length));
      current = provider();
      return response.end();
    }
    const chosen = /^\/choose\/[\w-]+\?person=(\w+)(?:&acr=(\w+))?/.exec(request.url);
    if (!chosen) return current.answer(request, response);
    const { params } = await current.made.interactionDetails(request, response);
    const accountId = chosen[1];
    const grant = new current.made.Grant({ accountId, clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    const grantId = await grant.save();
    await current.made.interactionFinished(request, response, {
      login: { accountId, remember: false, ...(isFranceConnect && { acr: chosen[2] ?? "eidas1" }) },
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
