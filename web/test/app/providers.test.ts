import { expect, test } from "vitest";
import { told } from "../../src/app/admin/Changes";
import { stateOf } from "../../src/app/admin/Providers";
import { draftOf, findings, forWhom, keyOf, requestOf, withRule } from "../../src/app/admin/provider-form";
import { locale } from "../../src/i18n";
import type { ProviderEntry, ProviderTrial } from "../../src/protocol";

const ENTRY: ProviderEntry = {
  provider: "centre",
  label: "Centre de lutte",
  issuer: "https://id.example",
  clientId: "parvis",
  authentication: "client_secret_post",
  scopes: ["profile", "groups"],
  acrValues: ["eidas1"],
  freshAcrValues: [],
  roles: [{ claim: "groups", value: "médecins", role: "doctor" }],
  nameClaim: "name",
  subjectClaim: "sub",
  isForPatients: false,
  isOfFile: false,
  isOn: true,
  callbackUrl: "https://visio.example/login/callback/centre",
  logins: 0,
};

const GOOD: ProviderTrial = {
  about: "",
  keys: 2,
  authorizationHost: "id.example",
  hasUserinfo: true,
  hasSignOut: false,
  clockAheadS: -3,
};

test("what is not changed of a provider is sent as it was, and its secret not at all", () => {
  const request = requestOf(draftOf(ENTRY));
  expect(request).toEqual({
    provider: "centre",
    label: "Centre de lutte",
    issuer: "https://id.example",
    clientId: "parvis",
    authentication: "client_secret_post",
    scopes: ["profile", "groups"],
    acrValues: ["eidas1"],
    freshAcrValues: [],
    roles: [{ claim: "groups", value: "médecins", role: "doctor" }],
    nameClaim: "name",
    subjectClaim: "sub",
    isForPatients: false,
  });
  expect(requestOf({ ...draftOf(ENTRY), clientSecret: "x" }).clientSecret).toBe("x");
});

test("a provider of patients gives no role and asks for their civil status", () => {
  const draft = forWhom(draftOf(), true);
  expect(requestOf({ ...draft, roles: [{ claim: "groups", value: "it", role: "administrator" }] })).toMatchObject({
    isForPatients: true,
    roles: [],
    scopes: ["given_name", "family_name", "birthdate"],
    authentication: "client_secret_post",
  });
  expect(forWhom(draft, false).scopes).toBe("profile groups");
  expect(forWhom({ ...draft, scopes: "openid own" }, false).scopes).toBe("openid own");
});

test("a rule in which nothing is written is none, and the next is for the same claim", () => {
  const draft = draftOf();
  expect(requestOf(draft).roles).toEqual([]);
  const roles = withRule([{ claim: "realm_access.roles", value: "it", role: "administrator" }]);
  expect(roles[1]).toEqual({ claim: "realm_access.roles", value: "", role: "doctor" });
  expect(requestOf({ ...draft, roles, scopes: "  profile   groups " })).toMatchObject({
    roles: [roles[0]],
    scopes: ["profile", "groups"],
  });
  expect(ENTRY.roles).not.toBe(draftOf(ENTRY).roles);
});

test("a name for addresses is made of what people see", () => {
  expect(keyOf("Centre de lutte contre le cancer, Nîmes")).toBe("centre-de-lutte-contre-le-canc");
  expect(keyOf("  Pro Santé Connect ")).toBe("pro-sante-connect");
  expect(keyOf("病院")).toBe("");
});

test("a trial is told in sentences, what is wrong first", () => {
  locale.value = "fr";
  expect(findings(GOOD)[0]).toBe("Le service répond et se décrit comme il faut.");
  expect(findings(GOOD)).toContain("2 clés de signature");
  expect(findings(GOOD).at(-1)).toContain("3\u00a0s");
  const wrong = findings({ ...GOOD, keys: 0, fault: "host_not_named", about: "keys.example" });
  expect(wrong).toHaveLength(1);
  expect(wrong[0]).toContain("keys.example");
  expect(wrong[0]).toContain("[egress]");
  expect(findings({ ...GOOD, fault: "clock", clockAheadS: 400 })).toHaveLength(5);
});

test("a line says whether a provider answers", () => {
  locale.value = "en";
  const at = (reachedAt?: string, failingSince?: string) =>
    stateOf({ ...ENTRY, ...(reachedAt && { reachedAt }), ...(failingSince && { failingSince }) });
  expect(at()).toContain("Not asked yet");
  expect(at("2026-11-25T08:00:00Z")).toMatch(/^Reached: /);
  expect(at(undefined, "2026-11-25T08:00:00Z")).toMatch(/^Not reached since /);
  expect(at("2026-11-25T08:00:00Z", "2026-11-25T09:00:00Z")).toContain("the last time was");
});

test("a change of a provider is told in words, and never with its secret", () => {
  locale.value = "fr";
  expect(told("provider_off", "off; logins ended")).toBe("désactivé; personnes déconnectées");
  expect(told("provider_changed", "label: Centre; client_secret: changed")).toBe("label: Centre; secret changé");
});
