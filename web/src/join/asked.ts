import { lazily } from "./lazily";

// Pages that most people do not see, or not first: fetched when they are wanted.
export const Key = lazily(() => import("./Key").then((part) => part.Key));
export const Information = lazily(() => import("./Information").then((part) => part.Information));
export const Agreement = lazily(() => import("./Information").then((part) => part.Agreement));
export const Files = lazily(() => import("./Information").then((part) => part.Files));
export const Declined = lazily(() => import("./Information").then((part) => part.Declined));
export const Change = lazily(() => import("./Change").then((part) => part.Change));
export const Company = lazily(() => import("./Company").then((part) => part.Company));
export const AtHome = lazily(() => import("./AtHome").then((part) => part.AtHome));
export const OtherBrowser = lazily(() => import("./OtherBrowser").then((part) => part.OtherBrowser));
export const AfterPart = lazily(() => import("./After").then((part) => part.After));
