import { readFileSync } from "node:fs";

/** The text of a file of cases, which the tests of the server check too. */
export const textOf = (name) => readFileSync(new URL(`cases/${name}`, import.meta.url), "utf8");

export const casesOf = (name) => JSON.parse(textOf(name));
