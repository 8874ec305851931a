import { call } from "../../api";
import type { Activities, ActivityChoice, SignInWay } from "../../protocol";

/** The ways to sign in, the hospital's own first. */
export const ways = (): Promise<SignInWay[]> => call("GET", "/api/sign-in");

/** The activities of whoever has just signed in, of which they choose one. */
export const activities = (): Promise<Activities> => call("GET", "/api/sign-in/activities");

export const chooseActivity = (choice: number): Promise<void> =>
  call("POST", "/api/sign-in/activity", { json: { choice } satisfies ActivityChoice });
