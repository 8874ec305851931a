import { expect, test } from "vitest";
import { told } from "../../src/app/admin/Changes";
import {
  mailDraft,
  mailRequest,
  smsDraft,
  smsRequest,
  withContent,
  withSecurity,
} from "../../src/app/admin/sender-form";
import { locale } from "../../src/i18n";

test("the port follows the protection unless somebody has chosen one of their own", () => {
  const draft = mailDraft();
  expect(withSecurity(draft, "tls").port).toBe("465");
  expect(withSecurity(withSecurity(draft, "tls"), "none").port).toBe("25");
  expect(withSecurity({ ...draft, port: "2525" }, "tls").port).toBe("2525");
});

test("a password that is not typed is not sent, and addresses come apart however they are written", () => {
  const draft = {
    ...mailDraft(),
    host: "mail.example",
    from: "a@b.example",
    administrators: "x@y.example; z@y.example",
  };
  expect(mailRequest(draft)).toEqual({
    host: "mail.example",
    port: 587,
    security: "starttls",
    user: "",
    from: "a@b.example",
    administrators: ["x@y.example", "z@y.example"],
  });
  expect(mailRequest({ ...draft, password: "x" }).password).toBe("x");
  for (const port of ["", "0", "70000", "x"]) expect(mailRequest({ ...draft, port }).port).toBe(0);
});

test("the body follows the form unless somebody has written one of their own; headers keep what is not typed", () => {
  const draft = smsDraft({
    isOfFile: false,
    url: "https://sms.example/",
    method: "put",
    content: "json",
    body: '{"to": "{to}", "text": "{text}"}',
    headers: ["Authorization"],
  });
  expect(withContent(draft, "form").body).toBe("to={to}&text={text}");
  expect(withContent({ ...draft, body: "own" }, "form").body).toBe("own");
  const headers = [...draft.headers, { name: "X-Key", value: "k" }, { name: " ", value: "" }];
  expect(smsRequest({ ...draft, headers }).headers).toEqual([{ name: "Authorization" }, { name: "X-Key", value: "k" }]);
});

test("a change of what sends messages is told in words", () => {
  locale.value = "fr";
  expect(told("mail_server", "host: mail.example; password: changed")).toBe("host: mail.example; mot de passe changé");
  expect(told("sms_gateway", "headers: changed; body: changed")).toBe("en-têtes changés; corps changé");
});
