import { expect, test } from "@playwright/test";
import type { PathWord } from "../../src/protocol";
import { stats } from "../gateway";
import { admit, atHospital } from "./hospital";
import { expectAllLive, waysOf } from "./live";
import { figure, named } from "./network";

const TURNS = `turns:${named("FAR_NAME")}:443?transport=tcp`;
// To this port nobody listens, and the firewall does not let it through.
const NO_TCP = "tcp_port = 9";

const CASES: { name: string; words: string; extra: { media?: string; relay?: string }; ways: PathWord[] }[] = [
  { name: "without UDP", words: "block=udp", extra: {}, ways: ["tcp", "relay_tcp", "relay_tls"] },
  { name: "through port 443 alone", words: "only=443", extra: {}, ways: ["tcp", "relay_tcp", "relay_tls"] },
  // The firewall of the tests does not look into streams: that it takes nothing but TLS, the settings stand for.
  {
    name: "through TLS on port 443 alone",
    words: "only=443",
    extra: { media: NO_TCP, relay: `urls = ["${TURNS}"]` },
    ways: ["relay_tls"],
  },
];

for (const browser of ["chromium", "firefox"] as const)
  for (const { name, words, extra, ways } of CASES)
    test(`a patient with ${browser} is in the call ${name}, and reads why it may be worse`, async () => {
      await atHospital(2026_18, `0s both delay=20ms ${words}\n`, extra, async (hospital, network) => {
        network.go();
        const patient = await hospital.guest(await hospital.browsers.open(browser));
        await patient.goto(hospital.links.patient);
        await patient.getByRole("button", { name: "Continuer" }).click();
        await expect(patient.getByText("Relié à l’hôpital, réseau restreint")).toBeVisible();
        await patient.getByRole("button", { name: "Entrer dans la salle d’attente" }).click();
        await expect(patient.getByRole("heading", { level: 1 })).toContainText("bon endroit");
        const doctor = await hospital.doctor();
        await admit(doctor, patient);
        const ms = await expectAllLive({ doctor, patient });

        const restricted = { hasText: /^Réseau restreint/ };
        await expect(patient.locator(".call-notice").filter(restricted)).toBeVisible();
        await expect(doctor.locator(".call-notice").filter(restricted)).toHaveCount(0);
        // One connection sends, one receives.
        const found = await waysOf(patient);
        expect(found).toHaveLength(2);
        for (const way of found) expect(ways).toContain(way);
        expect(ways).toContain((await stats(patient)).path);
        expect(await waysOf(doctor)).toEqual(["udp", "udp"]);
        figure(`net.firewall.${browser}.live_ms`, [ms], `${name}, by ${found.join(" and ")}`);
      });
    });
